package outbox

import (
	"encoding/json"
	"testing"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

const pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"

// asRead is a document as others read it.
func asRead(t *testing.T, doc any) fedtest.Doc {
	t.Helper()
	body, err := ap.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	return asDoc(t, body)
}

func asDoc(t *testing.T, body []byte) (d fedtest.Doc) {
	t.Helper()
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// readBy fails when a software could not read a document.
func readBy(t *testing.T, by fedtest.Software, d fedtest.Doc) {
	t.Helper()
	if no := fedtest.Refuses(by, d); no != "" {
		t.Errorf("%s: %s: %v", by, no, d)
	}
}

// square is a community of ours with all that it can say of itself.
func square() *forum.Community {
	c := porch
	c.Title, c.SummaryHTML, c.SummarySource = "The porch", "<p>Talk.</p>", "Talk."
	c.IconURL, c.Language = "https://stoa.example/pictures/a.png", "en"
	c.PublicKey, c.KeyID = pem, c.URI+"#main-key"
	return &c
}

var (
	ann = person("stoa.example", "ann")
	eve = person("lemmy.example", "eve")
)

// porches is a post of ann's, with a link and a recording.
func porches() *forum.Post {
	return &forum.Post{
		ID: 1, URI: "https://stoa.example/post/1", Local: true, Author: ann, Community: porch, Title: "Porches", TitleGiven: true, Language: "en",
		Text: forum.Text{Source: "*Nice.*", Format: forum.Markdown, HTML: "<p><em>Nice.</em></p>"}, Link: "https://porches.example/",
		Attachments: []forum.Attachment{{Medium: forum.Video, URL: "https://stoa.example/b.mp4", Type: "video/mp4"}},
		Published:   forum.Stamp{Time: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)},
	}
}

// answer is ann's to something of eve's.
func answer() *forum.Comment {
	return &forum.Comment{
		ID: 2, URI: "https://stoa.example/comment/2", Local: true, Author: ann, CommunityURI: porch.URI, PostID: 1, PostURI: "https://stoa.example/post/1",
		InReplyTo: "https://lemmy.example/comment/1", Answered: eve, Text: forum.Text{HTML: "<p>Yes.</p>"},
		Published: forum.Stamp{Time: time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)},
	}
}

// tell publishes an event in the porch.
func tell(t *testing.T, e forum.Event) forum.Rendering {
	t.Helper()
	p := publisher(t)
	e.Community, e.At = porch, p.now()
	if e.Post == nil && e.Verb != forum.VerbAccept {
		e.Post = porches()
	}
	if e.Origin.Activity == "" {
		e.Origin.Activity = p.NewActivity()
	}
	r, err := p.Publish(t.Context(), &e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// elsewhere is an event that came from eve's server.
func elsewhere(verb forum.Verb) forum.Event {
	return forum.Event{
		Verb: verb, Actor: eve, Announce: true, Boost: "https://stoa.example/activities/boost",
		Post: &forum.Post{URI: "https://lemmy.example/post/1", Author: eve, Community: porch, Published: forum.Stamp{Time: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)}},
		Origin: forum.Origin{
			Activity: "https://lemmy.example/activities/1",
			Raw:      []byte(`{"id":"https://lemmy.example/activities/1","type":"Create","actor":"https://lemmy.example/u/eve","object":{"id":"https://lemmy.example/post/1"}}`),
		},
	}
}
