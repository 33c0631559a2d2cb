package activitypub

import (
	"reflect"
	"testing"
)

func mustActivity(t *testing.T, fields string) Activity {
	t.Helper()
	a, err := ReadActivity([]byte(`{"id":"https://h.example/a","type":"Any","actor":"https://h.example/u",` + fields + `}`))
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	return a
}

func TestReadActivity(t *testing.T) {
	a := mustActivity(t, `"to":"as:Public","cc":["Public",null,{"id":"https://h.example/f","type":"Collection"},7],"audience":["https://h.example/c"],`+
		`"object":"https://h.example/1","target":"https://h.example/c/featured","origin":{"id":"https://h.example/o"},`+
		`"result":"https://h.example/r","instrument":{"type":"Note","id":"https://h.example/n"},`+
		`"summary":"spam","content":"🙂","published":"2026-01-02T03:04:05.5Z","updated":null,"removeData":true,"restoreData":"yes","withReplies":true,`+
		`"endTime":"2027-01-01T00:00:00Z","expires":"2028-01-01T00:00:00Z","tag":{"type":"Mention","href":"https://h.example/x","name":"@x"},"proof":{"type":"p"}`)
	if !reflect.DeepEqual(a.To, []string{Public}) || !reflect.DeepEqual(a.CC, []string{Public, "https://h.example/f"}) || !reflect.DeepEqual(a.Audience, []string{"https://h.example/c"}) {
		t.Errorf("addressing: %q %q %q", a.To, a.CC, a.Audience)
	}
	if a.Object.ID != "https://h.example/1" || a.Target.ID != "https://h.example/c/featured" || a.Origin.ID != "https://h.example/o" ||
		a.Result.ID != "https://h.example/r" || a.Instrument.Type != "Note" {
		t.Errorf("parts: %+v", a)
	}
	if a.Summary != "spam" || !a.HasSummary || a.Content != "🙂" || !a.RemoveData || a.RestoreData || !a.WithReplies {
		t.Errorf("moderation: %+v", a)
	}
	if !a.Published.Valid || a.Updated.Valid || a.Ends().Text != "2027-01-01T00:00:00Z" {
		t.Errorf("times: %+v %+v %+v", a.Published, a.Updated, a.Ends())
	}
	if len(a.Tag) != 1 || a.Tag[0].Name != "@x" {
		t.Errorf("tag: %+v", a.Tag)
	}
	if string(a.Field("proof")) != `{"type":"p"}` || a.Field("updated") != nil {
		t.Errorf("Field: %s %s", a.Field("proof"), a.Field("updated"))
	}
	if e := mustActivity(t, `"expires":"2028-01-01T00:00:00Z"`).Ends(); e.Text != "2028-01-01T00:00:00Z" {
		t.Errorf("expires alone: %+v", e)
	}
}

// Lemmy tells a moderator's removal from an author's deletion by the presence of summary.
func TestSummaryPresence(t *testing.T) {
	for fields, want := range map[string]bool{`"summary":""`: true, `"summary":"x"`: true, `"summary":null`: false, `"summary":1`: false, `"x":1`: false} {
		if a := mustActivity(t, fields); a.HasSummary != want {
			t.Errorf("%s: HasSummary %v", fields, a.HasSummary)
		}
	}
}

func TestReadActivityRefuses(t *testing.T) {
	tests := []struct {
		body string
		want Kind
	}{
		{`{"type":"Like","actor":"https://h.example/u"}`, ""}, // no id: for the caller to judge
		{`{"id":["x"],"type":"Like","actor":"https://h.example/u"}`, KindWrongType},
		{`{"id":"https://h.example/a","type":"Like"}`, KindMissing},
		{`{"id":"https://h.example/a","type":"Like","actor":"https://h.example/u","to":"a","to":"b"}`, KindDuplicateKey},
		{`{"id":"https://h.example/a","type":"Like","actor":"https://h.example/u"} `, ""},
		{`{"id":"https://h.example/a","type":"Like","actor":"https://h.example/u"}x`, KindMalformed},
	}
	for _, tt := range tests {
		if _, err := ReadActivity([]byte(tt.body)); kindOf(err) != tt.want {
			t.Errorf("%s: got %v, want %q", tt.body, err, tt.want)
		}
	}
}
