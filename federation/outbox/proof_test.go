package outbox

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	ap "stoa/activitypub"
	"stoa/activitypub/proof"
	"stoa/federation/forum"
)

// proven fails unless an activity bears a proof by the key that its actor lists.
func proven(t *testing.T, d *forum.Document, by any) {
	t.Helper()
	if d == nil {
		t.Fatal("no document")
	}
	body, err := ap.Encode(by)
	if err != nil {
		t.Fatal(err)
	}
	actor, err := ap.ReadActor(body)
	if err != nil || len(actor.Asserts) != 1 || actor.Asserts[0].Controller != actor.ID || !ap.SameOrigin(actor.Asserts[0].ID, actor.ID) {
		t.Fatalf("%v in %s", err, body)
	}
	if !bytes.Contains(body, []byte(`"https://w3id.org/security/multikey/v1"`)) {
		t.Error("the actor's @context does not know its keys")
	}
	key, err := proof.ParseMultikey(actor.Asserts[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	activity, err := ap.ReadActivity(d.Body) // as whoever gets it does
	if err != nil || activity.Actor != actor.ID {
		t.Errorf("%v: acted by %s, not %s", err, activity.Actor, actor.ID)
	}
	p, err := proof.Examine(d.Body, time.Date(2026, 11, 23, 10, 0, 1, 0, time.UTC))
	if err != nil {
		t.Fatalf("%v\n%s", err, d.Body)
	}
	if p.Method != actor.Asserts[0].ID || p.Created.IsZero() || p.Verify(key) != nil {
		t.Errorf("not proven by %s: %s", actor.ID, d.Body)
	}
}

func TestWhatIsSaidHereIsProven(t *testing.T) {
	t.Parallel()
	p := publisher(t).WithProofs([]byte("a seed that tests may know......"))
	bob := person("stoa.example", "bob")
	post := &forum.Post{URI: "https://stoa.example/post/1", Community: porch, Author: bob, Title: "Is a < b & c?", Text: forum.Text{HTML: "<p>\u2028 ü 😀</p>"}}
	comment := &forum.Comment{URI: "https://stoa.example/comment/1", Author: bob, CommunityURI: porch.URI, InReplyTo: post.URI}
	for _, e := range []*forum.Event{
		{Verb: forum.VerbSubmit},
		{Verb: forum.VerbReply, Comment: comment},
		{Verb: forum.VerbVote, Dir: -1},
		{Verb: forum.VerbVote, WasDir: 1},
		{Verb: forum.VerbEdit},
		{Verb: forum.VerbDelete},
		{Verb: forum.VerbUndelete},
	} {
		e.Actor, e.Community, e.Announce, e.Post = bob, porch, true, post
		e.Origin.Activity = p.NewActivity()
		r, err := p.Publish(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		proven(t, r.Direct, p.Person(&bob))
		if !bytes.Contains(r.Forum.Body, append([]byte(`"object":`), r.Direct.Body...)) {
			t.Errorf("a %s is not announced as it is: %s", e.Verb, r.Forum.Body)
		}
	}
	r, err := p.Publish(t.Context(), &forum.Event{Verb: forum.VerbProfile, Community: porch, Origin: forum.Origin{Activity: p.NewActivity()}})
	if err != nil {
		t.Fatal(err)
	}
	proven(t, r.Direct, p.Group(&porch))
}

// Each actor has a key of its own, which is the same again at the next start.
func TestKeysForProofs(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	seen := map[string]bool{}
	for _, seed := range []string{"one", "two"} {
		for _, name := range []string{"ann", "bob"} {
			who := person("stoa.example", name)
			key := p.WithProofs([]byte(seed)).Person(&who).AssertionMethod[0].Key
			if seen[key] || key != p.WithProofs([]byte(seed)).Person(&who).AssertionMethod[0].Key {
				t.Errorf("%s of %s has the key %s", name, seed, key)
			}
			seen[key] = true
		}
	}
}

func TestWhatIsNotProven(t *testing.T) {
	t.Parallel()
	bob, ann := person("stoa.example", "bob"), person("lemmy.example", "ann")
	post := &forum.Post{URI: "https://stoa.example/post/1", Community: porch, Author: bob, Title: "x"}
	off, on := publisher(t), publisher(t).WithProofs([]byte("seed"))
	bare := func(d *forum.Document) {
		t.Helper()
		if d == nil || bytes.Contains(d.Body, []byte(`"proof"`)) {
			t.Errorf("got %+v", d)
		}
	}
	// Unless it is asked for.
	r, err := off.Publish(t.Context(), &forum.Event{Verb: forum.VerbSubmit, Actor: bob, Community: porch, Announce: true, Post: post, Origin: forum.Origin{Activity: off.NewActivity()}})
	if err != nil {
		t.Fatal(err)
	}
	bare(r.Direct)
	bare(r.Forum)
	if len(off.Person(&bob).AssertionMethod)+len(off.Group(&porch).AssertionMethod)+len(off.Application(Node{}).AssertionMethod) != 0 {
		t.Error("actors list keys that sign nothing")
	}
	// What is for few, which nobody needs to be able to prove.
	for _, e := range []*forum.Event{
		{Verb: forum.VerbFollow, Actor: bob, Community: porch},
		{Verb: forum.VerbAccept, Actor: ann, Community: porch},
		{Verb: forum.VerbMessage, Message: &forum.Message{URI: on.NewMessage(), From: bob, To: ann, Text: forum.Text{HTML: "<p>x</p>"}}},
	} {
		e.Origin.Activity = on.NewActivity()
		r, err := on.Publish(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		bare(r.Direct)
	}
	// What others said is passed on as it came.
	raw := []byte(`{"id":"https://lemmy.example/a/1","type":"Create","actor":"https://lemmy.example/u/ann","zz":[1.50,"\u00e4"],"proof":{"proofValue":"z1"}}`)
	r, err = on.Publish(t.Context(), &forum.Event{
		Verb: forum.VerbSubmit, Actor: ann, Community: porch, Announce: true, Post: &forum.Post{URI: "https://lemmy.example/post/1"},
		Origin: forum.Origin{Activity: "https://lemmy.example/a/1", Raw: raw},
	})
	if err != nil || !bytes.Contains(r.Forum.Body, append([]byte(`"object":`), raw...)) {
		t.Errorf("%v: %s", err, r.Forum.Body)
	}
}

// What is rewritten for software that reads no polls has lost what was proven.
func TestPlainHasNoProof(t *testing.T) {
	t.Parallel()
	p := publisher(t).WithProofs([]byte("seed"))
	bob := person("stoa.example", "bob")
	post := &forum.Post{
		URI: "https://stoa.example/post/1", Community: porch, Author: bob, Title: "Tea?", Shape: forum.Asks,
		Poll: &forum.Poll{Options: []forum.PollOption{{Name: "yes"}, {Name: "no"}}},
	}
	r, err := p.Publish(t.Context(), &forum.Event{Verb: forum.VerbSubmit, Actor: bob, Community: porch, Announce: true, Post: post, Origin: forum.Origin{Activity: p.NewActivity()}})
	if err != nil {
		t.Fatal(err)
	}
	proven(t, r.Direct, p.Person(&bob))
	for _, d := range []*forum.Document{r.Direct, r.Forum} {
		if plain := Plain(d.Body); bytes.Contains(plain, []byte(`"proof"`)) || bytes.Contains(plain, []byte(`"Question"`)) {
			t.Errorf("%s", plain)
		}
	}
}

// The node tells that it takes signatures of RFC 9421, so that others need not try.
func TestFeaturesAreAnnounced(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	bob := person("stoa.example", "bob")
	for name, c := range map[string]struct {
		doc  any
		path []string
	}{
		"node":      {p.Application(Node{}), []string{"implements"}},
		"community": {p.Group(&porch), []string{"generator", "implements"}},
		"person":    {p.Person(&bob), []string{"generator", "implements"}},
	} {
		body, err := ap.Encode(c.doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ap.ReadActor(body); err != nil {
			t.Errorf("%s: %v", name, err) // it is not in the vocabulary
		}
		for _, step := range c.path {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(body, &fields); err != nil {
				t.Fatal(err)
			}
			body = fields[step]
		}
		var features []struct {
			Type string `json:"type"`
			Href string `json:"href"`
			Name string `json:"name"`
		}
		if err := json.Unmarshal(body, &features); err != nil || len(features) != 2 ||
			features[0].Href != "https://datatracker.ietf.org/doc/html/rfc9421" || features[0].Type != "Link" || features[0].Name == "" {
			t.Errorf("%s: %v %s", name, err, body)
		}
	}
}
