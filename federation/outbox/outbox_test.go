package outbox

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

func publisher(t *testing.T) *Publisher {
	t.Helper()
	base, err := url.Parse("https://stoa.example")
	if err != nil {
		t.Fatal(err)
	}
	return NewPublisher(base, func() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 123456000, time.UTC) })
}

func person(host, name string) forum.Person {
	uri := "https://" + host + "/u/" + name
	return forum.Person{URI: uri, Name: name, Host: host, Local: host == "stoa.example", Inbox: uri + "/inbox"}
}

func read(t *testing.T, d *forum.Document) map[string]any {
	t.Helper()
	if d == nil {
		t.Fatal("no document")
	}
	var doc map[string]any
	if err := json.Unmarshal(d.Body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc["id"] != d.ID || !strings.HasPrefix(d.ID, "https://stoa.example/activities/") {
		t.Errorf("document %v is named %v", d.ID, doc["id"])
	}
	return doc
}

var porch = forum.Community{
	URI: "https://stoa.example/c/porch", Name: "porch", Host: "stoa.example", Local: true,
	FollowersURL: "https://stoa.example/c/porch/followers",
}

func TestPostsAreToldInBothDialects(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	raw := []byte(`{"id":"https://lemmy.example/a/1","type":"Create","actor":"https://lemmy.example/u/ann","zz":[1.50,"\u00e4"]}`)
	e := &forum.Event{
		Verb: forum.VerbSubmit, Actor: person("lemmy.example", "ann"), Community: porch, Announce: true,
		Post: &forum.Post{URI: "https://lemmy.example/post/1"}, Origin: forum.Origin{Activity: "https://lemmy.example/a/1", Raw: raw},
	}
	r, err := p.Publish(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if r.Direct != nil {
		t.Error("what came from elsewhere speaks for itself")
	}
	whole, boost := read(t, r.Forum), read(t, r.Micro)
	if !bytes.Contains(r.Forum.Body, raw) {
		t.Errorf("forums get the activity byte for byte as it came: %s", r.Forum.Body)
	}
	if boost["object"] != e.Post.URI {
		t.Errorf("microblogs get the id of the post, not %v", boost["object"])
	}
	if whole["id"] == boost["id"] {
		t.Error("each dialect has an id of its own, so that each can be undone")
	}
	for _, doc := range []map[string]any{whole, boost} {
		if doc["actor"] != porch.URI || doc["published"] != "2026-11-23T10:00:00.123456Z" {
			t.Errorf("announced by %v at %v", doc["actor"], doc["published"])
		}
	}
}

func TestOnlyPostsAreBoosted(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	post := &forum.Post{URI: "https://stoa.example/post/1", Community: porch}
	for _, e := range []*forum.Event{
		{Verb: forum.VerbReply, Comment: &forum.Comment{URI: "https://stoa.example/comment/1", CommunityURI: porch.URI, InReplyTo: post.URI}},
		{Verb: forum.VerbVote, Dir: 1},
		{Verb: forum.VerbVote, WasDir: 1},
	} {
		e.Actor, e.Community, e.Announce, e.Post = person("stoa.example", "bob"), porch, true, post
		e.Origin.Activity = p.NewActivity()
		r, err := p.Publish(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if r.Micro != nil {
			t.Errorf("a %s is nothing to microblogs", e.Verb)
		}
		inner, _ := read(t, r.Forum)["object"].(map[string]any)
		if own := read(t, r.Direct); inner["id"] != own["id"] || inner["type"] != own["type"] {
			t.Errorf("a %s is announced as %v and served as %v", e.Verb, inner["id"], own["id"])
		}
		if _, ok := inner["@context"]; ok {
			t.Error("what stands inside has no context of its own")
		}
	}
}

func TestAcceptHoldsTheBareFollow(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	ann := person("lemmy.example", "ann")
	r, err := p.Publish(t.Context(), &forum.Event{
		Verb: forum.VerbAccept, Actor: ann, Community: porch, Origin: forum.Origin{Activity: "https://lemmy.example/follow/1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	follow, _ := read(t, r.Direct)["object"].(map[string]any)
	want := map[string]any{"type": "Follow", "id": "https://lemmy.example/follow/1", "actor": ann.URI, "object": porch.URI}
	for key := range follow {
		if follow[key] != want[key] {
			t.Errorf("the Follow inside has %s %v, want %v", key, follow[key], want[key])
		}
	}
	if len(follow) != len(want) || r.Direct.Public || r.Direct.Signer != porch.URI {
		t.Errorf("Follow %v, public %v, signed by %s", follow, r.Direct.Public, r.Direct.Signer)
	}
}

// What is no actor has no key: the node rejects for it.
func TestRejectIsSignedByWhoeverCan(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	ann, bob := person("lemmy.example", "ann"), person("stoa.example", "bob")
	for _, c := range []struct {
		of     forum.Community
		signer string
	}{
		{forum.Community{ID: 7, URI: bob.URI, Local: true, Wall: true}, bob.URI},
		{forum.Community{URI: "https://stoa.example/post/1"}, "https://stoa.example/"},
	} {
		r, err := p.Publish(t.Context(), &forum.Event{Verb: forum.VerbReject, Actor: ann, Community: c.of, Origin: forum.Origin{Activity: "https://lemmy.example/follow/1"}})
		if err != nil {
			t.Fatal(err)
		}
		doc := read(t, r.Direct)
		follow, _ := doc["object"].(map[string]any)
		if doc["type"] != "Reject" || doc["actor"] != c.signer || r.Direct.Signer != c.signer || follow["object"] != c.of.URI || follow["id"] != "https://lemmy.example/follow/1" {
			t.Errorf("%v, signed by %s", doc, r.Direct.Signer)
		}
	}
}

// Mastodon wants the object of a Move to be its actor, and looks for the old account in
// alsoKnownAs of the new; the old one says movedTo.
func TestMoveNamesBothAccounts(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	bob, next := person("stoa.example", "bob"), person("mastodon.example", "bob")
	r, err := p.Publish(t.Context(), &forum.Event{Verb: forum.VerbMove, Actor: bob, Target: &next, Origin: forum.Origin{Activity: p.NewActivity()}})
	if err != nil {
		t.Fatal(err)
	}
	doc := read(t, r.Direct)
	if doc["type"] != "Move" || doc["actor"] != bob.URI || doc["object"] != bob.URI || doc["target"] != next.URI || r.Direct.Signer != bob.URI || r.Forum != nil || r.Micro != nil {
		t.Errorf("%v, signed by %s", doc, r.Direct.Signer)
	}
	if to, _ := doc["to"].([]any); len(to) != 1 || to[0] != bob.URI+"/followers" {
		t.Errorf("to %v", doc["to"])
	}
	bob.MovedTo, bob.AlsoKnownAs = next.URI, "https://third.example/u/bob"
	said, err := json.Marshal(p.Person(&bob))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(said), `"movedTo":"`+next.URI+`"`) || !strings.Contains(string(said), `"alsoKnownAs":["https://third.example/u/bob"]`) {
		t.Errorf("the actor says %s", said)
	}
}

func TestUndoNamesWhatWasCast(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	for was, want := range map[int]string{1: "Like", -1: "Dislike"} {
		r, err := p.Publish(t.Context(), &forum.Event{
			Verb: forum.VerbVote, Actor: person("stoa.example", "bob"), Community: porch, WasDir: was,
			Post: &forum.Post{URI: "https://stoa.example/post/1"}, Undoes: "https://stoa.example/activities/1",
			Origin: forum.Origin{Activity: p.NewActivity()},
		})
		if err != nil {
			t.Fatal(err)
		}
		doc := read(t, r.Direct)
		vote, _ := doc["object"].(map[string]any)
		if doc["type"] != "Undo" || vote["type"] != want || vote["id"] != "https://stoa.example/activities/1" || vote["object"] != "https://stoa.example/post/1" {
			t.Errorf("taken back: %v", doc)
		}
	}
}

// GoToSocial refuses an object for ever whose published comes back in other digits.
func TestForeignTimesKeepTheirText(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 120000000, time.UTC)
	page := p.Page(&forum.Post{URI: "https://a.example/1", Community: porch, Published: forum.Stamp{Time: at, Text: "2026-01-02T03:04:05.12+00:00"}})
	text, err := json.Marshal(page.Published)
	if err != nil || string(text) != `"2026-01-02T03:04:05.12+00:00"` {
		t.Errorf("published %s, %v", text, err)
	}
}

// Pictures are told with their descriptions, everything else as a link; a picture
// that is the link of its post stands there once.
func TestAttachmentsAreTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	picture := forum.Attachment{Medium: forum.Picture, URL: "https://stoa.example/a.png", Type: "image/png", Alt: "A porch", Width: 4, Height: 3}
	clip := forum.Attachment{Medium: forum.Video, URL: "https://stoa.example/b.mp4", Type: "video/mp4"}
	post := &forum.Post{URI: "https://stoa.example/post/1", Local: true, Community: porch, Title: "T", Link: picture.URL, Attachments: []forum.Attachment{picture, clip}}
	note := &forum.Comment{URI: "https://stoa.example/comment/1", Local: true, CommunityURI: porch.URI, InReplyTo: post.URI, Attachments: []forum.Attachment{picture}}
	for name, c := range map[string]struct {
		doc  any
		want string
	}{
		"post": {p.Page(post), `[{"type":"Image","url":"https://stoa.example/a.png","mediaType":"image/png","name":"A porch","width":4,"height":3},{"type":"Link","href":"https://stoa.example/b.mp4","mediaType":"video/mp4"}]`},
		"note": {p.Note(note), `[{"type":"Image","url":"https://stoa.example/a.png","mediaType":"image/png","name":"A porch","width":4,"height":3}]`},
	} {
		body, err := ap.Encode(c.doc)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(body, []byte(`"attachment":`+c.want)) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// GoToSocial drops an attachment that is a Link, so the link stands below the text as
// well, once; who keeps Markdown takes the text from its source, where it is not. The
// first attachment is what a post is about to Lemmy. Where there is no text, source says so.
func TestLinksStandWhereEachLooks(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	const link = "https://example.org/a?b=1&c=2"
	const below = `<p><a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a></p>`
	picture := forum.Attachment{Medium: forum.Picture, URL: "https://stoa.example/a.png", Type: "image/png"}
	for name, c := range map[string]struct {
		text                    forum.Text
		local                   bool
		wantContent, wantSource string
		wantSourceType          string
	}{
		"with words":        {forum.Text{Format: forum.Markdown, Source: "See *this*.", HTML: "<p>See <em>this</em>.</p>"}, true, "<p>See <em>this</em>.</p>" + below, "See *this*.", "text/markdown"},
		"without":           {forum.Text{}, true, below, "", "text/markdown"},
		"named in the text": {forum.Text{Format: forum.Markdown, Source: "<" + link + ">", HTML: below}, true, below, "<" + link + ">", "text/markdown"},
		"of another server": {forum.Text{Format: forum.HTML, Source: "<p>Hm.</p>", HTML: "<p>Hm.</p>"}, false, "<p>Hm.</p>", "", ""},
	} {
		post := &forum.Post{URI: "https://stoa.example/post/1", Local: c.local, Community: porch, Title: "T", Link: link, Text: c.text, Attachments: []forum.Attachment{picture}}
		page := p.Page(post)
		if page.Content != c.wantContent || page.Source.Content != c.wantSource || page.Source.MediaType != c.wantSourceType || page.MediaType != "text/html" {
			t.Errorf("%s: content %q, source %+v", name, page.Content, page.Source)
		}
		if len(page.Attachment) != 2 || page.Attachment[0] != (ap.Link{Href: link, MediaType: "text/html"}) {
			t.Errorf("%s: attached %+v", name, page.Attachment)
		}
	}
}

// Whatever is written here mentions the community in which it is, so that who answers
// from a microblog addresses it, and the whole of its title, link and pictures is where
// Mastodon shows them: a heading, a link to the thread, four pictures with descriptions.
func TestEverythingMentionsItsCommunity(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	pictures := make([]forum.Attachment, 5)
	for i := range pictures {
		pictures[i] = forum.Attachment{Medium: forum.Picture, URL: "https://stoa.example/" + string(rune('a'+i)) + ".png", Type: "image/png", Alt: "A column"}
	}
	bob := person("stoa.example", "bob")
	post := &forum.Post{URI: "https://stoa.example/post/1", Local: true, Community: porch, Author: bob, Title: "Columns", Attachments: pictures}
	poll := *post
	poll.Poll = &forum.Poll{Options: []forum.PollOption{{Name: "a"}, {Name: "b"}}}
	comment := &forum.Comment{
		URI: "https://stoa.example/comment/1", Local: true, CommunityURI: porch.URI, InReplyTo: post.URI, PostURI: post.URI, Author: bob, Answered: person("far.example", "ann"),
	}
	for _, e := range []*forum.Event{
		{Verb: forum.VerbSubmit, Post: post},
		{Verb: forum.VerbSubmit, Post: &poll},
		{Verb: forum.VerbEdit, Post: post},
		{Verb: forum.VerbReply, Post: post, Comment: comment},
		{Verb: forum.VerbEdit, Post: post, Comment: comment},
	} {
		e.Actor, e.Community, e.Announce, e.Origin.Activity = bob, porch, true, p.NewActivity()
		r, err := p.Publish(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		object, _ := read(t, r.Direct)["object"].(map[string]any)
		named := map[any]any{}
		for _, tag := range object["tag"].([]any) {
			m, _ := tag.(map[string]any)
			if m["type"] == "Mention" {
				named[m["href"]] = m["name"]
			}
		}
		if named[porch.URI] != "@porch@stoa.example" {
			t.Errorf("%s %v mentions %v", e.Verb, object["type"], named)
		}
		if e.Comment != nil {
			if named["https://far.example/u/ann"] != "@ann@far.example" {
				t.Errorf("%s of a comment mentions %v", e.Verb, named)
			}
			continue
		}
		attached, _ := object["attachment"].([]any)
		if object["name"] != "Columns" || object["url"] != post.URI || len(attached) != len(pictures) {
			t.Errorf("%s: %v at %v with %v", e.Verb, object["name"], object["url"], attached)
		}
		for i, a := range attached {
			if a, _ := a.(map[string]any); a["url"] != pictures[i].URL || a["mediaType"] != "image/png" || a["name"] != "A column" {
				t.Errorf("picture %d is %v", i, a)
			}
		}
	}
}
