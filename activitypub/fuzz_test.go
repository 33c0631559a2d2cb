package activitypub

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func seeds(f *testing.F) {
	f.Helper()
	f.Add(create)
	made, err := filepath.Glob("../federation/inbox/testdata/made/*/*/*.json")
	if err != nil || len(made) == 0 {
		f.Fatal(len(made), err)
	}
	for _, name := range made {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, doc := range documents() {
		out, err := Encode(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out)
	}
	for _, s := range []string{
		``, `{`, `{}`, `[]`, `{"a":"\ud83d\ude00\ud800"}`, `{"a":1,"\u0061":2}`, `{"a":[1,2e5,-0.1,null,true]}`, "{\"a\":\"\xff\"}",
		`{"type":"Video","duration":""}`, `{"type":["x"],"id":"https://h.example/","published":"2026-01-02T03:04:05"}`, `{"@id":1}`,
		`{"id":"https://h.example/x","type":"Person","icon":[[]],"url":{},"tag":[{}],"publicKey":[{}]}`, `{"a":"\`, `{"a":"\u12`, `{"a":n`, `{"a":}`,
	} {
		f.Add([]byte(s))
	}
}

// FuzzCheck holds Check and the walk to encoding/json.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		err := Check(body)
		sound := json.Valid(body) && utf8.Valid(body) && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
		kind := kindOf(err)
		if err == nil && !sound {
			t.Fatalf("passed, but encoding/json refuses it: %q", body)
		}
		if kind == KindMalformed && sound || kind == KindBadUTF8 && utf8.Valid(body) {
			t.Fatalf("%v, but encoding/json accepts it: %q", err, body)
		}
		if err != nil {
			eachField(body, func(_, value []byte) { eachItem(value, func([]byte) bool { return true }) }) // must neither panic nor loop
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatal(err)
		}
		n := 0
		if !eachMember(body, func(key, value []byte) {
			n++
			if raw, ok := want[string(key)]; !ok || !bytes.Equal(raw, value) {
				t.Fatalf("%q: walked to %q, want %q", key, value, raw)
			}
			var s string
			if got, ok := readString(value); ok {
				if err := json.Unmarshal(value, &s); err != nil || strings.ReplaceAll(s, "\x00", "") != got {
					t.Fatalf("%s: read as %q, want %q", value, got, s)
				}
			}
		}) || n != len(want) {
			t.Fatalf("walked over %d members of %d: %q", n, len(want), body)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ReadEnvelope(body)
		if err != nil {
			if kind := kindOf(err); strings.HasPrefix(string(kind), "untyped") {
				t.Fatal(err)
			}
			return
		}
		if Check(body) != nil {
			return // the envelope of an unchecked body means nothing
		}
		if e.ID == "" || e.Type == "" || e.Actor == "" {
			t.Fatalf("%+v of %q", e, body)
		}
		a, err := ReadActivity(body)
		if err != nil || a.ID != e.ID || a.Type != e.Type || a.Actor != e.Actor {
			t.Fatalf("envelope %+v, activity %+v, %v", e, a, err)
		}
		for _, r := range e.Object.All() {
			if r.IsEmbedded() == r.IsIRI() || r.Many != nil {
				t.Fatalf("object: %+v", r)
			}
			if r.IsEmbedded() && !json.Valid(r.Raw) {
				t.Fatalf("object: %q", r.Raw)
			}
		}
	})
}

func FuzzReadObject(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := ReadObject(body)
		if err != nil {
			return
		}
		for _, s := range append(append([]string{o.ID, o.Name, o.Content, o.Summary, o.URL, o.InReplyTo, o.Context, o.Language, o.Quote}, o.Authors...), o.To...) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > MaxContent {
				t.Fatalf("%q of %q", s, body)
			}
		}
		if o.Type == "" {
			t.Fatalf("no type: %q", body)
		}
		if IsRareObjectType(o.Type) {
			r, err := ReadRareObject(body)
			if err == nil && r.ID != o.ID {
				t.Fatalf("%q and %q of %q", r.ID, o.ID, body)
			}
		}
	})
}

func FuzzReadActor(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := ReadActor(body)
		if err != nil {
			if kind := kindOf(err); strings.HasPrefix(string(kind), "untyped") {
				t.Fatal(err)
			}
			return
		}
		if a.ID == "" || !IsActorType(a.Type) || len(a.Keys) > MaxKeys {
			t.Fatalf("%+v of %q", a, body)
		}
	})
}

func FuzzReadJRD(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"subject":"acct:a@h.example","aliases":["x"],"links":[{"rel":"self","type":"application/activity+json","href":"https://h.example/","properties":{"x":"y"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		j, err := ReadJRD(body)
		if err != nil {
			return
		}
		out, err := EncodeBare(j)
		if err != nil || j.Subject == "" {
			t.Fatalf("%+v, %v", j, err)
		}
		if _, err := ReadJRD(out); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	})
}

func FuzzWantsActivity(f *testing.F) {
	for _, s := range []string{"", "*/*", "application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, `text/html;q="\`, ",;=,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if WantsActivity(accept) && !strings.Contains(strings.ToLower(accept), "application/") {
			t.Fatalf("%q", accept)
		}
		if IsActivityContentType(accept) && !strings.Contains(strings.ToLower(accept), "json") {
			t.Fatalf("%q", accept)
		}
		_, _ = Origin(accept) // must not panic
		_, _ = ParseTime(accept)
	})
}
