package outbox

import (
	"net/url"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

func TestLemmyTrap01CollectionsAtTheirSuffix(t *testing.T) {
	t.Parallel()
	g := asRead(t, publisher(t).Group(square()))
	readBy(t, fedtest.Lemmy, g)
	for field, want := range map[string]string{"followers": "/followers", "attributedTo": "/moderators", "featured": "/featured"} {
		if g[field] != porch.URI+want {
			t.Errorf("%s at %v", field, g[field])
		}
	}
	for verb, want := range map[forum.Verb]any{forum.VerbPin: g["featured"], forum.VerbAppoint: g["attributedTo"]} {
		add := read(t, tell(t, forum.Event{Verb: verb, Target: &eve, Actor: ann, Announce: true}).Direct)
		if add["target"] != want {
			t.Errorf("added to %v", add["target"])
		}
	}
}

func TestLemmyTrap02IDsWithoutASlashAtTheEnd(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://stoa.example/")
	if err != nil {
		t.Fatal(err)
	}
	p := NewPublisher(base, nil)
	longest := strings.Repeat("a", 20)
	c := square()
	c.URI = p.CommunityURI(longest)
	g := asRead(t, p.Group(c))
	readBy(t, fedtest.Lemmy, g)
	if c.URI != "https://stoa.example/c/"+longest {
		t.Error(c.URI)
	}
}

func TestLemmyTrap10EachActorSignsItsOwn(t *testing.T) {
	t.Parallel()
	vote := tell(t, forum.Event{Verb: forum.VerbVote, Dir: 1, Actor: ann, Announce: true})
	theirs := tell(t, elsewhere(forum.VerbSubmit))
	accept := tell(t, forum.Event{Verb: forum.VerbAccept, Actor: eve})
	for _, d := range []*forum.Document{vote.Direct, vote.Forum, theirs.Forum, theirs.Micro, accept.Direct} {
		if actor := read(t, d)["actor"]; actor != d.Signer {
			t.Errorf("of %v, signed by %s", actor, d.Signer)
		}
	}
}

func TestLemmyTrap13AnnouncesNameWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	for _, r := range []forum.Rendering{tell(t, forum.Event{Verb: forum.VerbVote, Dir: 1, Actor: ann, Announce: true}), tell(t, elsewhere(forum.VerbSubmit))} {
		readBy(t, fedtest.Lemmy, read(t, r.Forum))
	}
}

func TestLemmyTrap14WhatWasFetchedIsAnnouncedInACreate(t *testing.T) {
	t.Parallel()
	e := elsewhere(forum.VerbSubmit)
	e.Origin = forum.Origin{Fetched: true, Raw: []byte(`{"id":"https://lemmy.example/post/1","type":"Page","name":"Far","attributedTo":"https://lemmy.example/u/eve"}`)}
	d := read(t, tell(t, e).Forum)
	readBy(t, fedtest.Lemmy, d)
	if inner, ok := d["object"].(fedtest.Doc); !ok || inner["type"] != "Create" || inner["actor"] != eve.URI {
		t.Errorf("announced is %v", d["object"])
	}
}

func TestLemmyTrap15PostsArePages(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	readBy(t, fedtest.Lemmy, asRead(t, p.Page(porches())))
	create := read(t, tell(t, forum.Event{Verb: forum.VerbSubmit, Actor: ann, Announce: true}).Direct)
	readBy(t, fedtest.Lemmy, create)
	if page := create["object"].(fedtest.Doc); page["type"] != "Page" || page["inReplyTo"] != nil {
		t.Errorf("a post is a %v", page["type"])
	}
}

func TestLemmyTrap16WhatIsUndoneOrAcceptedStandsInside(t *testing.T) {
	t.Parallel()
	readBy(t, fedtest.Lemmy, read(t, tell(t, forum.Event{Verb: forum.VerbAccept, Actor: eve, Origin: forum.Origin{Activity: "https://lemmy.example/follow/1"}}).Direct))
	readBy(t, fedtest.Lemmy, read(t, tell(t, forum.Event{Verb: forum.VerbVote, WasDir: 1, Undoes: "https://stoa.example/activities/1", Actor: ann}).Direct))
	readBy(t, fedtest.Lemmy, read(t, tell(t, forum.Event{Verb: forum.VerbUndelete, Undoes: "https://stoa.example/activities/1", Actor: ann}).Direct))
	readBy(t, fedtest.Lemmy, read(t, tell(t, forum.Event{Verb: forum.VerbUnlock, Actor: ann}).Direct))
	readBy(t, fedtest.Lemmy, read(t, tell(t, forum.Event{Verb: forum.VerbUnfollow, Undoes: "https://stoa.example/activities/1", Actor: ann}).Direct))
}

func TestLemmyTrap17CommentsAreAddressedInArrays(t *testing.T) {
	t.Parallel()
	create := read(t, tell(t, forum.Event{Verb: forum.VerbReply, Comment: answer(), Actor: ann}).Direct)
	readBy(t, fedtest.Lemmy, create)
	for _, d := range []fedtest.Doc{create, create["object"].(fedtest.Doc)} {
		if to, ok := d["to"].([]any); !ok || len(to) != 2 || to[0] != porch.URI || to[1] != fedtest.Public {
			t.Errorf("to is %v", d["to"])
		}
		if cc, ok := d["cc"].([]any); !ok || len(cc) == 0 || cc[0] != eve.URI {
			t.Errorf("cc is %v", d["cc"])
		}
	}
}

func TestLemmyTrap18AudienceIsTheCommunity(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	for _, d := range []fedtest.Doc{
		asRead(t, p.Note(answer())), asRead(t, p.Page(porches())),
		read(t, tell(t, forum.Event{Verb: forum.VerbVote, Dir: 1, Actor: ann}).Direct),
		read(t, tell(t, forum.Event{Verb: forum.VerbEdit, Comment: answer(), Actor: ann}).Direct),
	} {
		if d["audience"] != porch.URI {
			t.Errorf("audience of a %v is %v", d["type"], d["audience"])
		}
	}
}

func TestLemmyTrap19FieldsHaveTheTypeThatItReads(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	page := asRead(t, p.Page(porches()))
	readBy(t, fedtest.Lemmy, page)
	readBy(t, fedtest.Lemmy, asRead(t, p.Note(answer())))
	if list := page["attachment"].([]any); len(list) != 2 {
		t.Errorf("attached are %v", list)
	}
	for _, field := range []string{"language", "mediaType", "context"} {
		if page[field] == nil {
			t.Errorf("nothing was said of %s", field)
		}
	}
}

func TestLemmyTrap20EndpointsHaveASharedInbox(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	someone := ann
	someone.PublicKey, someone.KeyID, someone.AvatarURL = pem, ann.URI+"#main-key", "https://stoa.example/pictures/b.png"
	for _, d := range []fedtest.Doc{asRead(t, p.Group(square())), asRead(t, p.Person(&someone)), asRead(t, p.Application(Node{Name: "Stoa", PublicKey: pem}))} {
		readBy(t, fedtest.Lemmy, d)
		if e, ok := d["endpoints"].(fedtest.Doc); !ok || e["sharedInbox"] != "https://stoa.example/inbox" {
			t.Errorf("endpoints of a %v: %v", d["type"], d["endpoints"])
		}
	}
}

func TestLemmyTrap21CommunitiesArePublicAndListed(t *testing.T) {
	t.Parallel()
	g := asRead(t, publisher(t).Group(square()))
	readBy(t, fedtest.Lemmy, g)
	if g["manuallyApprovesFollowers"] != false || g["discoverable"] != true {
		t.Errorf("approves %v, discoverable %v", g["manuallyApprovesFollowers"], g["discoverable"])
	}
}

func TestLemmyTrap31OnlyRemovalsHaveASummary(t *testing.T) {
	t.Parallel()
	for _, on := range []*forum.Comment{nil, answer()} {
		if d := read(t, tell(t, forum.Event{Verb: forum.VerbDelete, Comment: on, Actor: ann}).Direct); d["type"] != "Delete" || d["summary"] != nil {
			t.Errorf("by its author: %v", d)
		}
		if d := read(t, tell(t, forum.Event{Verb: forum.VerbRemove, Comment: on, Actor: ann}).Direct); d["type"] != "Delete" || d["summary"] == nil {
			t.Errorf("by a moderator: %v", d)
		}
	}
}

func TestLemmyTrap42WhatOthersWroteGoesOutWrapped(t *testing.T) {
	t.Parallel()
	r := tell(t, elsewhere(forum.VerbSubmit))
	if r.Direct != nil {
		t.Errorf("passed on: %s", r.Direct.Body)
	}
	for _, d := range []*forum.Document{r.Forum, r.Micro} {
		if doc := read(t, d); doc["type"] != "Announce" || doc["actor"] != porch.URI || d.Signer != porch.URI {
			t.Errorf("by %s: %v", d.Signer, doc)
		}
	}
}

func TestLemmyTrap40BansAreFromTheCommunity(t *testing.T) {
	t.Parallel()
	ban := read(t, tell(t, forum.Event{Verb: forum.VerbBan, Target: &eve, Actor: ann, Announce: true}).Direct)
	if ban["type"] != "Block" || ban["object"] != eve.URI || ban["target"] != porch.URI {
		t.Errorf("%v", ban)
	}
}

// Bans from a whole site are from this one, whoever is banned: Lemmy refuses one from
// another than that of whoever says so. They name it by its root, and no community.
func TestLemmyTrap40BansFromASiteAreFromThisOne(t *testing.T) {
	t.Parallel()
	there := eve
	there.URI, there.Host, there.Local = "https://lemmy.example/u/eve", "lemmy.example", false
	for _, who := range []forum.Person{eve, there} {
		for _, verb := range []forum.Verb{forum.VerbBanish, forum.VerbReadmit} {
			ban := read(t, tell(t, forum.Event{Verb: verb, Target: &who, Actor: ann, Direct: []string{"https://lemmy.example/inbox"}}).Direct)
			if verb == forum.VerbReadmit {
				if ban["type"] != "Undo" || ban["actor"] != ann.URI {
					t.Errorf("%v", ban)
				}
				ban, _ = ban["object"].(map[string]any)
			}
			if ban["type"] != "Block" || ban["actor"] != ann.URI || ban["object"] != who.URI || ban["target"] != publisher(t).NodeURI() || ban["audience"] != nil {
				t.Errorf("not a ban from this site: %v", ban)
			}
		}
	}
}
