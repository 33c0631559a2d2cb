package outbox

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// A message is addressed to one person and to nobody else, in both forms, and says
// nothing of any community.
func TestMessageShapes(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	m := &forum.Message{
		URI: p.NewMessage(), From: person("stoa.example", "ann"), To: person("far.example", "bob"), InReplyTo: "https://far.example/m/1", Warning: "cake",
		Text: forum.Text{Source: "*hi*", Format: forum.Markdown, HTML: "<p><em>hi</em></p>"}, Published: forum.Stamp{Time: at},
	}
	for _, verb := range []forum.Verb{forum.VerbMessage, forum.VerbMessageEdit, forum.VerbMessageDelete} {
		if verb == forum.VerbMessageEdit {
			m.Edited = at.Add(time.Hour)
		}
		r, err := p.Publish(t.Context(), &forum.Event{Verb: verb, At: at, Actor: m.From, Message: m, Direct: []string{m.To.Inbox}, Origin: forum.Origin{Activity: p.NewActivity()}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Forum != nil || r.Micro != nil || r.Direct.Public || r.Direct.Signer != m.From.URI {
			t.Fatalf("%s: %+v", verb, r)
		}
		if verb == forum.VerbMessageDelete {
			is(t, r.Direct, `{"type":"Delete","actor":"https://stoa.example/u/ann","to":["https://far.example/u/bob"],"cc":[],"object":"`+m.URI+`","published":"2026-11-23T09:00:00Z"}`)
			continue
		}
		kind, updated := "Create", ""
		if verb == forum.VerbMessageEdit {
			kind, updated = "Update", `,"updated":"2026-11-23T10:00:00Z"`
		}
		if r.Chat.ID != r.Direct.ID || r.Chat.Signer != r.Direct.Signer {
			t.Error("the two are not one activity")
		}
		body := `"id":"` + m.URI + `","attributedTo":"https://stoa.example/u/ann","to":["https://far.example/u/bob"],"content":"<p><em>hi</em></p>",
			"mediaType":"text/html","source":{"content":"*hi*","mediaType":"text/markdown"},"published":"2026-11-23T09:00:00Z"` + updated
		around := `{"type":"` + kind + `","actor":"https://stoa.example/u/ann","to":["https://far.example/u/bob"],"cc":[],"published":"2026-11-23T09:00:00Z",`
		tag := `"tag":[{"type":"Mention","href":"https://far.example/u/bob","name":"@bob@far.example"}]`
		is(t, r.Direct, around+tag+`,"object":{"type":"Note","cc":[],"attachment":[],"inReplyTo":"https://far.example/m/1","summary":"cake","sensitive":true,`+tag+`,`+body+`}}`)
		is(t, r.Chat, around+`"object":{"type":"ChatMessage",`+body+`}}`)
		if again, err := ap.ReadActivity(r.Chat.Body); err != nil || again.Object.Type != "ChatMessage" {
			t.Error(again.Object.Type, err)
		}
	}
}

// is fails unless a document is that, but for its id and context.
func is(t *testing.T, d *forum.Document, want string) {
	t.Helper()
	have := read(t, d)
	delete(have, "id")
	delete(have, "@context")
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	a, errA := json.Marshal(have)
	b, errB := json.Marshal(w)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("\n%s, want\n%s", a, b)
	}
}
