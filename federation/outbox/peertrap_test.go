package outbox

import (
	"bytes"
	"strings"
	"testing"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

func TestPeerTrap21AllOfAnActorIsOnItsHost(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	for _, d := range []fedtest.Doc{asRead(t, p.Group(square())), asRead(t, p.Person(&ann)), asRead(t, p.Page(porches())), asRead(t, p.Note(answer()))} {
		for _, field := range []string{"id", "url", "inbox", "outbox", "followers", "featured"} {
			if at, ok := d[field].(string); ok && ap.Host(at) != "stoa.example" {
				t.Errorf("%s of a %v is %s", field, d["type"], at)
			}
		}
		if d["url"] == nil {
			t.Errorf("a %v has no page", d["type"])
		}
	}
}

func TestPeerTrap27NothingIsBoostedAgainForAnAnswer(t *testing.T) {
	t.Parallel()
	for _, verb := range []forum.Verb{forum.VerbReply, forum.VerbEdit, forum.VerbVote} {
		e := forum.Event{Verb: verb, Dir: 1, Comment: answer(), Actor: ann, Announce: true}
		if r := tell(t, e); r.Micro != nil {
			t.Errorf("of a %s microblogs are told %s", verb, r.Micro.Body)
		}
	}
}

func TestPeerTrap28BoostsAreDatedWhenTheyAreMade(t *testing.T) {
	t.Parallel()
	e := elsewhere(forum.VerbSubmit)
	boost := read(t, tell(t, e).Micro)
	if at := boost["published"]; at != "2026-11-23T10:00:00.123456Z" {
		t.Errorf("dated %v, of a post of %v", at, e.Post.Published.Time)
	}
}

func TestPeerTrap29PublicIsSaidInFull(t *testing.T) {
	t.Parallel()
	e := forum.Event{Verb: forum.VerbSubmit, Actor: ann, Announce: true}
	r := tell(t, e)
	for _, d := range []*forum.Document{r.Direct, r.Forum, r.Micro} {
		if !strings.Contains(string(d.Body), `"https://www.w3.org/ns/activitystreams#Public"]`) || strings.Contains(string(d.Body), `"as:Public"`) {
			t.Errorf("%s", d.Body)
		}
	}
}

func TestPeerTrap31UndoHoldsWhatItUndoes(t *testing.T) {
	t.Parallel()
	readBy(t, fedtest.GoToSocial, read(t, tell(t, forum.Event{Verb: forum.VerbVote, WasDir: -1, Undoes: "https://stoa.example/activities/1", Actor: ann}).Direct))
	readBy(t, fedtest.GoToSocial, read(t, tell(t, elsewhere(forum.VerbDelete)).Micro))
	readBy(t, fedtest.GoToSocial, read(t, tell(t, forum.Event{Verb: forum.VerbUnfollow, Undoes: "https://stoa.example/activities/1", Actor: ann}).Direct))
}

func TestPeerTrap32BoostsAreUndoneAsTheyWereMade(t *testing.T) {
	t.Parallel()
	for _, verb := range []forum.Verb{forum.VerbDelete, forum.VerbRemove} {
		e := elsewhere(verb)
		if verb == forum.VerbRemove {
			e.Actor = ann
		}
		undo := read(t, tell(t, e).Micro)
		boost, ok := undo["object"].(fedtest.Doc)
		if undo["type"] != "Undo" || !ok || boost["type"] != "Announce" || boost["id"] != e.Boost || boost["object"] != e.Post.URI || undo["actor"] != porch.URI {
			t.Errorf("after a %s: %v", verb, undo)
		}
	}
}

func TestPeerTrap33AcceptHoldsTheFollowAlone(t *testing.T) {
	t.Parallel()
	raw := `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://lemmy.example/f#1","type":"Follow","actor":"https://lemmy.example/u/eve","to":["https://stoa.example/c/porch"],"object":"https://stoa.example/c/porch"}`
	accept := read(t, tell(t, forum.Event{Verb: forum.VerbAccept, Actor: eve, Origin: forum.Origin{Activity: "https://lemmy.example/f#1", Raw: []byte(raw)}}).Direct)
	follow, _ := accept["object"].(fedtest.Doc)
	if len(follow) != 4 || follow["id"] != "https://lemmy.example/f#1" || follow["actor"] != eve.URI || follow["object"] != porch.URI {
		t.Errorf("accepted is %v", follow)
	}
}

func TestPeerTrap36WhoIsAnsweredIsMentioned(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	mentioned := func(d fedtest.Doc, href, name string) {
		t.Helper()
		for _, tag := range d["tag"].([]any) {
			if m := tag.(fedtest.Doc); m["type"] == "Mention" && m["href"] == href && m["name"] == name {
				return
			}
		}
		t.Errorf("a %v does not mention %s: %v", d["type"], name, d["tag"])
	}
	note := asRead(t, p.Note(answer()))
	mentioned(note, eve.URI, "@eve@lemmy.example")
	mentioned(note, porch.URI, "@porch@stoa.example")
	mentioned(asRead(t, p.Page(porches())), porch.URI, "@porch@stoa.example")
}

func TestPeerTrap46EditsKeepWhenItWasPublished(t *testing.T) {
	t.Parallel()
	post := porches()
	post.Published.Text = "2026-11-01T10:00:00.00Z"
	post.Updated = forum.Stamp{Time: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	update := read(t, tell(t, forum.Event{Verb: forum.VerbEdit, Post: post, Actor: ann}).Direct)
	page := update["object"].(fedtest.Doc)
	if page["published"] != "2026-11-01T10:00:00.00Z" || page["updated"] != "2026-11-20T10:00:00Z" {
		t.Errorf("published %v, updated %v", page["published"], page["updated"])
	}
}

func TestPeerTrap47ActivitiesHavePaths(t *testing.T) {
	t.Parallel()
	for _, r := range []forum.Rendering{tell(t, forum.Event{Verb: forum.VerbSubmit, Actor: ann, Announce: true}), tell(t, elsewhere(forum.VerbDelete))} {
		for _, d := range []*forum.Document{r.Direct, r.Forum, r.Micro} {
			if d != nil && (strings.ContainsAny(d.ID, "#?") || !strings.HasPrefix(d.ID, "https://stoa.example/activities/")) {
				t.Error(d.ID)
			}
		}
	}
}

func TestPeerTrap49LinksAreInTheTextToo(t *testing.T) {
	t.Parallel()
	for _, words := range []forum.Text{{}, {Source: "*Nice.*", Format: forum.Markdown, HTML: "<p><em>Nice.</em></p>"}} {
		post := porches()
		post.Text = words
		page := asRead(t, publisher(t).Page(post))
		if text, _ := page["content"].(string); !strings.Contains(text, `href="https://porches.example/"`) || !strings.Contains(text, words.HTML) {
			t.Errorf("content %q", text)
		}
		if page["url"] != post.URI {
			t.Errorf("Mastodon shows nothing but name and url, which is %v", page["url"])
		}
	}
}

func TestPeerTrap51InventionsOfForumsAreForForums(t *testing.T) {
	t.Parallel()
	for _, verb := range []forum.Verb{forum.VerbLock, forum.VerbUnlock, forum.VerbPin, forum.VerbBan, forum.VerbAppoint, forum.VerbWarn} {
		e := forum.Event{Verb: verb, Actor: ann, Announce: true}
		if verb == forum.VerbBan || verb == forum.VerbAppoint {
			e.Target = &eve
		}
		r := tell(t, e)
		if r.Micro != nil {
			t.Errorf("of a %s microblogs are told %s", verb, r.Micro.Body)
		}
	}
}

// Forums read a report with one object, Mastodon one with the account first, from a
// server: which does not say who reports.
func TestPeerTrap44ReportsAreToldInTheShapeOfEach(t *testing.T) {
	t.Parallel()
	theirs := elsewhere(forum.VerbReport).Post
	r := tell(t, forum.Event{Verb: forum.VerbReport, Actor: ann, Post: theirs, Reason: "look", Apart: true, Echo: []string{"https://lemmy.example/inbox"}})
	announce := read(t, r.Forum)
	flag, _ := announce["object"].(map[string]any)
	if announce["type"] != "Announce" || flag["type"] != "Flag" || flag["actor"] != ann.URI || flag["object"] != theirs.URI {
		t.Errorf("forums are told %v", announce)
	}
	micro := read(t, r.Micro)
	objects, _ := micro["object"].([]any)
	if micro["type"] != "Flag" || micro["actor"] != publisher(t).NodeURI() || len(objects) != 2 || objects[0] != theirs.Author.URI || objects[1] != theirs.URI {
		t.Errorf("microblogs are told %v", micro)
	}
	if bytes.Contains(r.Micro.Body, []byte(ann.URI)) {
		t.Errorf("microblogs are told who reports: %s", r.Micro.Body)
	}
}
