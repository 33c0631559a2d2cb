package outbox

import (
	"encoding/json"
	"testing"
	"time"

	"stoa/federation/forum"
)

// What moderators do is said in the forms of Lemmy (O/activities of its source): a
// removal has a summary, be it empty; what undoes something holds it whole; a ban says
// its end twice; a report goes to the community alone.
func TestModerationIsToldAsLemmyReadsIt(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	post := &forum.Post{URI: "https://lemmy.example/post/1", Author: person("lemmy.example", "ann"), Community: porch}
	comment := &forum.Comment{URI: "https://lemmy.example/comment/2", InReplyTo: post.URI}
	ann := person("lemmy.example", "ann")
	until := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		verb    forum.Verb
		on      *forum.Comment
		whom    *forum.Person
		reason  string
		along   bool
		boost   string
		want    map[string]any
		inside  map[string]any // of an Undo
		micro   string         // type of what microblogs are told; empty for nothing
		private bool
	}{
		{verb: forum.VerbRemove, reason: "spam", boost: "https://stoa.example/activities/boost", want: map[string]any{"type": "Delete", "object": post.URI, "summary": "spam"}, micro: "Undo"},
		{verb: forum.VerbRemove, on: comment, want: map[string]any{"type": "Delete", "object": comment.URI, "summary": ""}},
		{verb: forum.VerbRemove, on: comment, along: true, want: map[string]any{"type": "Delete", "object": comment.URI, "withReplies": true}},
		{verb: forum.VerbRestore, on: comment, along: true, want: map[string]any{"type": "Undo"}, inside: map[string]any{"type": "Delete", "withReplies": true}},
		{verb: forum.VerbLock, on: comment, want: map[string]any{"type": "Lock", "object": comment.URI}},
		{verb: forum.VerbBan, whom: &ann, along: true, want: map[string]any{"type": "Block", "removeData": true}},
		{verb: forum.VerbUnban, whom: &ann, along: true, want: map[string]any{"type": "Undo", "restoreData": true}, inside: map[string]any{"type": "Block", "removeData": true}},
		{verb: forum.VerbWarn, on: comment, reason: "mind it", want: map[string]any{"type": "Warn", "object": comment.URI, "summary": "mind it"}, private: true},
		{verb: forum.VerbRestore, reason: "was none", boost: "https://stoa.example/activities/boost", want: map[string]any{"type": "Undo", "summary": "was none"},
			inside: map[string]any{"type": "Delete", "object": post.URI, "summary": "was none"}, micro: "Announce"},
		{verb: forum.VerbLock, reason: "enough", want: map[string]any{"type": "Lock", "object": post.URI, "summary": "enough"}},
		{verb: forum.VerbUnlock, want: map[string]any{"type": "Undo"}, inside: map[string]any{"type": "Lock", "object": post.URI}},
		{verb: forum.VerbPin, want: map[string]any{"type": "Add", "object": post.URI, "target": porch.URI + "/featured"}},
		{verb: forum.VerbUnpin, want: map[string]any{"type": "Remove", "object": post.URI, "target": porch.URI + "/featured"}},
		{verb: forum.VerbAppoint, whom: &ann, want: map[string]any{"type": "Add", "object": ann.URI, "target": porch.URI + "/moderators"}},
		{verb: forum.VerbDismiss, whom: &ann, want: map[string]any{"type": "Remove", "object": ann.URI, "target": porch.URI + "/moderators"}},
		{verb: forum.VerbBan, whom: &ann, reason: "rude", want: map[string]any{
			"type": "Block", "object": ann.URI, "target": porch.URI, "summary": "rude", "endTime": "2026-12-24T18:00:00Z", "expires": "2026-12-24T18:00:00Z",
		}},
		{verb: forum.VerbUnban, whom: &ann, want: map[string]any{"type": "Undo"}, inside: map[string]any{"type": "Block", "object": ann.URI, "target": porch.URI}},
		{verb: forum.VerbReport, on: comment, reason: "look", want: map[string]any{"type": "Flag", "object": comment.URI, "summary": "look", "content": "look"}, private: true},
		{verb: forum.VerbWithdraw, on: comment, reason: "look", want: map[string]any{"type": "Undo"}, inside: map[string]any{"type": "Flag", "object": comment.URI, "content": "look"}, private: true},
	} {
		e := &forum.Event{
			Verb: c.verb, At: p.now(), Actor: person("stoa.example", "mod"), Community: porch, Post: post, Comment: c.on, Target: c.whom,
			Reason: c.reason, Along: c.along, Until: until, Boost: c.boost, Announce: !c.private, Origin: forum.Origin{Activity: "https://stoa.example/activities/one"},
		}
		r, err := p.Publish(t.Context(), e)
		if err != nil {
			t.Fatalf("%s: %v", c.verb, err)
		}
		act := read(t, r.Direct)
		has := func(doc, want map[string]any) {
			t.Helper()
			for field, value := range want {
				if doc[field] != value {
					t.Errorf("%s: %s is %v, want %v", c.verb, field, doc[field], value)
				}
			}
		}
		has(act, c.want)
		has(act, map[string]any{"id": "https://stoa.example/activities/one", "actor": "https://stoa.example/u/mod", "audience": porch.URI})
		if c.inside != nil {
			inside, ok := act["object"].(map[string]any)
			if !ok || inside["id"] == nil || inside["actor"] != act["actor"] {
				t.Fatalf("%s: holds %v", c.verb, act["object"])
			}
			has(inside, c.inside)
		}
		if c.private {
			if r.Direct.Public || r.Forum != nil {
				t.Errorf("%s: is for everybody", c.verb)
			}
			continue
		}
		if whole := read(t, r.Forum); whole["type"] != "Announce" || whole["actor"] != porch.URI {
			t.Errorf("%s: announced as %v", c.verb, whole)
		}
		switch {
		case c.micro == "" && r.Micro != nil:
			t.Errorf("%s: microblogs are told %s", c.verb, r.Micro.Body)
		case c.micro != "" && read(t, r.Micro)["type"] != c.micro:
			t.Errorf("%s: microblogs are told %s", c.verb, r.Micro.Body)
		}
	}
}

// A ban from the whole node has its root as target, by which Lemmy and PieFed know it,
// and no community; its end holds it whole.
func TestBansFromTheNodeAreTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	ann := person("lemmy.example", "ann")
	e := &forum.Event{
		Verb: forum.VerbBanish, At: p.now(), Actor: person("stoa.example", "boss"), Target: &ann, Reason: "spam", Along: true,
		Until: time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC), Origin: forum.Origin{Activity: "https://stoa.example/activities/one"},
	}
	has := func(doc map[string]any) {
		t.Helper()
		for field, value := range map[string]any{
			"type": "Block", "object": ann.URI, "target": "https://stoa.example/", "summary": "spam", "removeData": true,
			"endTime": "2026-12-24T18:00:00Z", "expires": "2026-12-24T18:00:00Z", "audience": nil,
		} {
			if doc[field] != value {
				t.Errorf("%s is %v, want %v", field, doc[field], value)
			}
		}
	}
	r, err := p.Publish(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	has(read(t, r.Direct))
	e.Verb = forum.VerbReadmit
	if r, err = p.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	undo := read(t, r.Direct)
	inside, ok := undo["object"].(map[string]any)
	if !ok || undo["type"] != "Undo" || undo["restoreData"] != true {
		t.Fatalf("%v", undo)
	}
	has(inside)
}

// Who may not follow is told so, with the bare Follow inside.
func TestFollowsAreRejected(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	e := &forum.Event{Verb: forum.VerbReject, At: p.now(), Actor: person("far.example", "ann"), Community: porch, Origin: forum.Origin{Activity: "https://far.example/follow/1"}}
	r, err := p.Publish(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	doc := read(t, r.Direct)
	inside, ok := doc["object"].(map[string]any)
	if !ok || doc["type"] != "Reject" || doc["actor"] != porch.URI || inside["id"] != "https://far.example/follow/1" || r.Direct.Public {
		t.Errorf("%v", doc)
	}
}

// Whoever here moderates a community of another server sends the whole of what that says
// of itself, as its server wrote it: what is not read here too, since Lemmy takes the
// Group for the new state. What is different is what they changed.
func TestCommunitiesElsewhereAreDescribedWhole(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	c := forum.Community{
		URI: "https://lemmy.example/c/go", Name: "go", Host: "lemmy.example", Title: "Gone", Restricted: true, Updated: p.now(),
		SummarySource: "*New*", SummaryHTML: "<p><em>New</em></p>", IconURL: "https://lemmy.example/i.png", BannerURL: "https://stoa.example/pictures/a.png",
		Said: `{"@context":["https://www.w3.org/ns/activitystreams"],"type":"Group","id":"https://lemmy.example/c/go","preferredUsername":"go","name":"Go",
			"summary":"<p>Old</p>","source":{"content":"Old","mediaType":"text/markdown"},"description":"Short","sensitive":true,"odd":12345678901234567890,
			"inbox":"https://lemmy.example/inbox","outbox":"https://lemmy.example/c/go/outbox","followers":"https://lemmy.example/c/go/followers",
			"attributedTo":"https://lemmy.example/c/go/moderators","featured":"https://lemmy.example/c/go/featured","icon":{"type":"Image","mediaType":"image/png","url":"https://lemmy.example/i.png"},"image":{"type":"Image","url":"https://lemmy.example/b.png"},
			"language":[{"identifier":"de","name":"Deutsch"},{"identifier":"fr","name":"Français"}],
			"publicKey":{"id":"https://lemmy.example/c/go#main-key","owner":"https://lemmy.example/c/go","publicKeyPem":"-----BEGIN PUBLIC KEY-----"},"published":"2024-01-01T00:00:00.123456Z"}`,
	}
	e := &forum.Event{Verb: forum.VerbProfile, At: p.now(), Actor: person("stoa.example", "mod"), Community: c, Direct: []string{c.Inbox}, Origin: forum.Origin{Activity: "https://stoa.example/activities/one"}}
	r, err := p.Publish(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if r.Forum != nil || r.Micro != nil || r.Direct.Signer != e.Actor.URI || !r.Direct.Public {
		t.Errorf("%+v", r)
	}
	act := read(t, r.Direct)
	for field, want := range map[string]string{
		"type": `"Update"`, "id": `"https://stoa.example/activities/one"`, "actor": `"https://stoa.example/u/mod"`, "to": `["https://www.w3.org/ns/activitystreams#Public"]`, "cc": `["` + c.URI + `"]`, "audience": `"` + c.URI + `"`,
	} {
		if have, _ := json.Marshal(act[field]); string(have) != want {
			t.Errorf("%s is %s, want %s", field, have, want)
		}
	}
	var whole struct {
		Object map[string]json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(r.Direct.Body, &whole); err != nil {
		t.Fatal(err)
	}
	var said map[string]json.RawMessage
	if err := json.Unmarshal([]byte(c.Said), &said); err != nil {
		t.Fatal(err)
	}
	delete(said, "@context")
	for field, raw := range map[string]string{
		"name": `"Gone"`, "summary": `"<p><em>New</em></p>"`, "source": `{"content":"*New*","mediaType":"text/markdown"}`, "sensitive": "false", "postingRestrictedToMods": "true",
		"image": `{"type":"Image","url":"https://stoa.example/pictures/a.png"}`, "updated": `"2026-11-23T10:00:00.123456Z"`,
	} {
		said[field] = json.RawMessage(raw)
	}
	for field, want := range said {
		if have := whole.Object[field]; string(have) != string(want) {
			t.Errorf("%s is %s, want %s", field, have, want)
		}
	}
	for field := range whole.Object {
		if said[field] == nil {
			t.Errorf("%s is there: %s", field, whole.Object[field])
		}
	}
	e.Community.IconURL, e.Community.SummarySource, e.Community.SummaryHTML = "", "", ""
	if r, err = p.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if group, ok := read(t, r.Direct)["object"].(map[string]any); !ok || group["icon"] != nil || group["summary"] != nil || group["source"] != nil || group["description"] != "Short" {
		t.Errorf("what is to be said no more: %v", group)
	}
}
