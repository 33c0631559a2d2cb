package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

func asked() *forum.Post {
	return &forum.Post{
		ID: 7, URI: "https://stoa.example/post/7", Local: true, Community: porch, Author: person("stoa.example", "ann"), Title: "Tea <or> coffee?", TitleGiven: true,
		Text: forum.Text{Source: "*Now.*", Format: forum.Markdown, HTML: "<p><em>Now.</em></p>"}, Shape: forum.Asks,
		Poll: &forum.Poll{Closes: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC), Voters: 3, Options: []forum.PollOption{{Name: "Tea", Votes: 2}, {Name: "*Coffee* <b>", Votes: 1}}},
	}
}

func written(t *testing.T, doc any) (string, map[string]any) {
	t.Helper()
	body, err := ap.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	return string(body), m
}

// A poll is a Question in the shape that Mastodon and PieFed read; the vocabulary has it.
func TestPollIsAQuestion(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	body, m := written(t, p.Page(asked()))
	for _, want := range []string{
		`"type":"Question"`, `"endTime":"2026-11-24T10:00:00Z"`, `"votersCount":3`, `"source":{"content":"*Now.*","mediaType":"text/markdown"}`,
		`"oneOf":[{"type":"Note","name":"Tea","replies":{"type":"Collection","totalItems":2}},{"type":"Note","name":"*Coffee* <b>","replies":{"type":"Collection","totalItems":1}}]`,
		`"content":"<p><strong>Tea &lt;or&gt; coffee?</strong></p><p><em>Now.</em></p>"`, `"name":"Tea <or> coffee?"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if strings.Contains(body, "anyOf") || strings.Contains(body, `"closed"`) {
		t.Error(body)
	}
	read, err := streams.ToType(context.Background(), m)
	if err != nil || read.GetTypeName() != "Question" {
		t.Error(read, err)
	}
	q, err := ap.ReadRareObject([]byte(body))
	if err != nil || len(q.Options) != 2 || q.Options[0] != (ap.Option{Name: "Tea", Votes: 2}) || q.Multiple || q.Voters != 3 {
		t.Errorf("%+v %v", q, err)
	}
	several := asked()
	several.Poll.Multiple, several.Poll.Closes = true, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	body, _ = written(t, p.Page(several))
	if strings.Contains(body, "oneOf") || !strings.Contains(body, `"anyOf":[`) || !strings.Contains(body, `"closed":"2026-11-23T10:00:00Z"`) {
		t.Error(body)
	}
}

// Who does not know a Question gets a Page that lists what may be chosen, within
// whatever it stands, and nothing else is changed.
func TestPlain(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	r, err := p.Publish(t.Context(), &forum.Event{
		Verb: forum.VerbSubmit, Actor: person("stoa.example", "ann"), Community: porch, Post: asked(), Announce: true, Origin: forum.Origin{Activity: p.NewActivity()},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []*forum.Document{r.Forum, r.Direct} {
		var m map[string]any
		if err := json.Unmarshal(Plain(doc.Body), &m); err != nil {
			t.Fatal(err)
		}
		if m["id"] != doc.ID || m["@context"] == nil {
			t.Errorf("%v is named %v", doc.ID, m["id"])
		}
		page, _ := m["object"].(map[string]any)
		if m["type"] == "Announce" {
			page, _ = page["object"].(map[string]any)
		}
		source, _ := page["source"].(map[string]any)
		if page["type"] != "Page" || page["name"] != "Tea <or> coffee?" || page["oneOf"] != nil || page["endTime"] != nil || page["votersCount"] != nil || page["published"] != nil {
			t.Errorf("%v", page)
		}
		const link = "https://stoa.example/post/7"
		if got, want := page["content"], `<p><em>Now.</em></p><ul><li>Tea</li><li>*Coffee* &lt;b&gt;</li></ul><p><a href="`+link+`">`+link+`</a></p>`; got != want {
			t.Errorf("content\n got %v\nwant %v", got, want)
		}
		if got, want := source["content"], "*Now.*\n\n- Tea\n- \\*Coffee\\* \\<b\\>\n\n<"+link+">"; got != want {
			t.Errorf("source\n got %q\nwant %q", got, want)
		}
	}
	other := []byte(`{"type":"Page","name":"\u0051uestion", "n":1.50}`)
	if got := Plain(other); !bytes.Equal(got, other) {
		t.Errorf("%s", got)
	}
}

// An answer goes to whoever asked, without words or a time, and is nobody else's to read.
func TestBallot(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	theirs := asked()
	theirs.URI, theirs.Local, theirs.Author = "https://mastodon.example/q/1", false, person("mastodon.example", "mia")
	r, err := p.Publish(t.Context(), &forum.Event{
		Verb: forum.VerbChoose, Actor: person("stoa.example", "ann"), Community: porch, Post: theirs, Choice: "Tea", Direct: []string{"x"}, Origin: forum.Origin{Activity: p.NewActivity()},
	})
	if err != nil || r.Forum != nil || r.Micro != nil || r.Direct.Public {
		t.Fatal(r, err)
	}
	m := read(t, r.Direct)
	note, _ := m["object"].(map[string]any)
	if m["type"] != "Create" || note["type"] != "Note" || note["name"] != "Tea" || note["inReplyTo"] != theirs.URI || note["attributedTo"] != m["actor"] || note["content"] != nil || note["published"] != nil {
		t.Errorf("%v", m)
	}
	if to, _ := note["to"].([]any); len(to) != 1 || to[0] != theirs.Author.URI {
		t.Errorf("to %v", note["to"])
	}
}

// Totals are told as an edit by the author, to microblogs by the author alone; of a poll
// of another server, as what is to be asked for there.
func TestTally(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	e := &forum.Event{
		Verb: forum.VerbTally, At: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Actor: person("stoa.example", "ann"), Community: porch, Post: asked(), Announce: true,
		Origin: forum.Origin{Activity: p.NewActivity()},
	}
	r, err := p.Publish(t.Context(), e)
	if err != nil || r.Micro != r.Direct {
		t.Fatal(r, err)
	}
	if m := read(t, r.Direct); m["type"] != "Update" || m["object"].(map[string]any)["votersCount"] != 3.0 || m["object"].(map[string]any)["updated"] != nil {
		t.Errorf("%v", m)
	}
	e.Post.URI, e.Post.Local, e.Post.Author, e.Actor = "https://mastodon.example/q/1", false, person("mastodon.example", "mia"), person("mastodon.example", "mia")
	e.Origin = forum.Origin{Fetched: true}
	if r, err = p.Publish(t.Context(), e); err != nil || r.Micro != nil || r.Direct != nil {
		t.Fatal(r, err)
	}
	inner, _ := read(t, r.Forum)["object"].(map[string]any)
	if inner["type"] != "Update" || inner["actor"] != e.Actor.URI || inner["object"].(map[string]any)["id"] != e.Post.URI {
		t.Errorf("%v", inner)
	}
}
