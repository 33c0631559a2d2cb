package inbox

import (
	"maps"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// every is each kind of software whose edits and deletions look different.
var every = []fedtest.Software{
	fedtest.Mastodon, fedtest.Lemmy, fedtest.PieFed, fedtest.Mbin, fedtest.NodeBB, fedtest.Discourse, fedtest.GoToSocial,
}

// words is the object of a Create, to be changed.
func words(create fedtest.Doc) fedtest.Doc {
	o, _ := create["object"].(fedtest.Doc)
	return o
}

func retext(html string) func(fedtest.Doc) {
	return func(o fedtest.Doc) {
		o["content"] = html
		delete(o, "source")
		delete(o, "contentMap")
	}
}

// What a moderator changed of a post by somebody of their own server is taken as that server
// has it, and not as they say; of a post of a third server nothing is taken.
func TestPostsThatModeratorsChange(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	p, far := peer(t, fedtest.Options{}), peer(t, fedtest.Options{})
	ann, mod, group := p.Person("ann"), p.Person("mod"), p.Group("craft")
	there := fedtest.CommunityAt(group.ID)
	n.send(group.Accept(n.follows(n.join("reader"), group)), p)
	post := ann.Create(fedtest.Post{HTML: "<p>x</p>", Title: "X", Community: there})
	foreign := far.Person("bo").Create(fedtest.Post{HTML: "<p>y</p>", Title: "Y", Community: there})
	n.send(group.Announce(post), p)
	n.send(group.Announce(foreign), p)
	n.settle()
	update := mod.Update(words(post), there, func(o fedtest.Doc) { o["sensitive"] = true })
	n.send(group.Announce(rework(far, update, func(_, o fedtest.Doc) { retext("<p>lies</p>")(o) })), p)
	claim := mod.Update(words(foreign), there, func(o fedtest.Doc) { o["sensitive"] = true })
	n.send(group.Announce(claim), p)
	n.settle()
	for create, sensitive := range map[string]bool{object(post): true, object(foreign): false} {
		held, err := n.db.Reader().PostByURI(n.ctx, create)
		if err != nil || held.Sensitive != sensitive || strings.Contains(held.Text.HTML, "lies") {
			t.Errorf("%s: %v, sensitive %v, %q\n%s", create, err, held.Sensitive, held.Text.HTML, n.verdicts())
		}
	}
	// Who moderates nothing has nobody asked.
	lie := p.Person("eve").Update(words(post), there, retext("<p>lies</p>"))
	n.send(lie, p)
	n.settle()
	n.refused(lie, "an object of somebody else")
}

func TestEditsAndDeletionsOfEverySoftware(t *testing.T) {
	t.Parallel()
	for _, software := range every {
		t.Run(string(software), func(t *testing.T) {
			t.Parallel()
			n := start(t, nil)
			c := n.found("go")
			p := peer(t, fedtest.Options{Software: software})
			ann := p.Person("ann")
			post := ann.Create(fedtest.Post{Community: c, Title: "First words", HTML: "<p>First words</p>"})
			n.send(post, p)
			reply := ann.Create(fedtest.Post{Community: c, HTML: "<p>An answer</p>", InReplyTo: object(post)})
			n.send(reply, p)
			n.settle()
			n.want(1, `select count(*) from post where state = 0`)
			n.want(1, `select count(*) from comment where state = 0`)
			published := n.text(`select published_text from post`)

			n.send(ann.Update(words(post), c, retext("<p>Other words</p>")), p)
			n.send(ann.Update(words(reply), c, retext("<p>Another answer</p>")), p)
			n.settle()
			if html := n.text(`select html from post union all select html from comment`); !strings.Contains(html, "Other words") || !strings.Contains(html, "Another answer") {
				t.Errorf("after the edits: %s\n%s", html, n.verdicts())
			}
			if now := n.text(`select published_text from post`); now != published {
				t.Errorf("published was %q and is %q", published, now)
			}
			n.want(2, `select count(*) from revision`)
			n.want(2, `select count(*) from log where verb = 'edit' and forum_doc is not null and of_xid <> 0`)

			gone := ann.Delete(object(reply), c)
			n.send(gone, p)
			n.send(ann.Delete(object(post), c), p)
			n.settle()
			n.want(2, `select count(*) from (select state from post union all select state from comment) x where state = 1`)
			n.want(0, `select count(*) from revision`)
			n.want(0, `select count(*) from received where position('nswer</p>' in convert_from(body, 'UTF8')) > 0`)
			n.want(0, `select count(*) from log where verb in ('submit', 'reply', 'edit') and convert_from(forum_doc, 'UTF8') ~ '(First|Other) words|nswer'`)
			n.want(2, `select count(*) from log where verb = 'delete' and forum_doc is not null`)
			n.want(1, `select count(*) from log where verb = 'delete' and micro_doc is not null`) // the boost is undone

			n.send(ann.Undo(gone, c), p)
			n.settle()
			n.want(1, `select count(*) from comment where state = 0 and html like '%Another answer%'`)
			n.want(1, `select count(*) from log where verb = 'undelete'`)
		})
	}
}

// Mbin states the time of an edit in the activity, or nowhere.
func TestEditWithoutATime(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{Software: fedtest.Mbin})
	ann := p.Person("ann")
	post := ann.Create(fedtest.Post{Community: c, Title: "Title", HTML: "<p>one</p>"})
	n.send(post, p)
	n.settle() // from here on her key is held, and what she sends is worked on as it came
	for _, html := range []string{"<p>two</p>", "<p>three</p>"} {
		update := ann.Update(words(post), c, func(o fedtest.Doc) {
			retext(html)(o)
			delete(o, "updated")
		})
		delete(update, "published")
		n.send(update, p)
	}
	n.settle()
	if html := n.text(`select html from post`); !strings.Contains(html, "three") {
		t.Errorf("the last that came is %s\n%s", html, n.verdicts())
	}
	n.want(1, `select count(*) from post where updated_at is not null`)
}

// An Update of what nobody here has seen is something new to us.
func TestEditOfTheUnknown(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	ann := p.Person("ann")
	post := ann.Create(fedtest.Post{Community: c, Title: "Title", HTML: "<p>one</p>"})
	update := ann.Update(words(post), c, retext("<p>two</p>"))
	n.send(update, p)
	n.settle()
	n.applied(update)
	n.want(1, `select count(*) from post where html like '%two%'`)
	n.want(1, `select count(*) from log where verb = 'submit' and convert_from(forum_doc, 'UTF8') like '%"Create"%'`)
	n.send(post, p) // the Create comes late
	n.settle()
	n.want(1, `select count(*) from post where html like '%two%'`)
}

func TestNobodyEditsOrDeletesForOthers(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	me := n.join("me")
	p, q := peer(t, fedtest.Options{}), peer(t, fedtest.Options{})
	ann, bob, eve := p.Person("ann"), p.Person("bob"), q.Person("eve")
	post := ann.Create(fedtest.Post{Community: c, HTML: "<p>Mine.</p>"})
	n.send(post, p)
	n.settle()
	mine := n.url + "/post/999"
	forge := func(by *fedtest.Actor, from *fedtest.Peer, what fedtest.Doc, why string) {
		t.Helper()
		n.send(what, from)
		n.settle()
		n.refused(what, why)
		_ = by
	}
	take := func(by *fedtest.Actor) fedtest.Doc { // says who wrote it truly
		return fedtest.Doc{"@context": words(post)["@context"], "id": by.ID + "/u/" + by.Name, "type": "Update", "actor": by.ID, "to": []any{fedtest.Public}, "object": func() fedtest.Doc {
			o := maps.Clone(words(post))
			o["content"], o["updated"] = "<p>Not mine.</p>", time.Now().UTC().Format(time.RFC3339)
			return o
		}()}
	}
	forge(bob, p, take(bob), "an object of somebody else")
	forge(eve, q, take(eve), "an object of somebody else")
	own := take(bob) // says that he wrote it
	words(own)["attributedTo"] = bob.ID
	own["id"] = bob.ID + "/u/2"
	forge(bob, p, own, "not-author")
	gone := func(by *fedtest.Actor, id string) fedtest.Doc {
		return fedtest.Doc{"@context": words(post)["@context"], "id": by.ID + "/d/" + by.Name + id[len(id)-1:], "type": "Delete", "actor": by.ID, "to": []any{fedtest.Public}, "object": id}
	}
	forge(bob, p, gone(bob, object(post)), "not-author")
	forge(eve, q, gone(eve, object(post)), "not-author")
	forge(eve, q, gone(eve, mine), "not-author")
	forge(eve, q, gone(eve, me.URI), "not-author")
	removal := gone(bob, object(post))
	removal["id"], removal["summary"] = bob.ID+"/d/r", ""
	forge(bob, p, removal, "not-moderator")
	theirs := fedtest.Doc{"@context": words(post)["@context"], "id": bob.ID + "/undo", "type": "Undo", "actor": bob.ID, "object": ann.Delete(p.URL("/nothing"), c)}
	forge(bob, p, theirs, "somebody else's deletion")
	n.want(1, `select count(*) from post where state = 0 and html like '%Mine.%'`)
	n.want(0, `select count(*) from early_delete`)
}

// A deletion that overtakes its Create holds.
func TestDeletionComesFirst(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	ann, bob := p.Person("ann"), p.Person("bob")
	post := ann.Create(fedtest.Post{Community: c, Title: "Title", HTML: "<p>gone</p>"})
	n.send(ann.Delete(object(post), c), p)
	n.settle()
	n.send(post, p)
	n.send(bob.Create(fedtest.Post{Community: c, HTML: "<p>an answer</p>", InReplyTo: object(post)}), p)
	n.settle()
	n.want(1, `select count(*) from post where state = 1`)
	n.want(1, `select count(*) from comment where state = 0`) // in its place
	n.want(0, `select count(*) from log where verb = 'submit' and convert_from(forum_doc, 'UTF8') like '%gone%'`)
}

// What is said of others' words by a community, or passed on by anybody, is
// looked at where the words are from.
func TestAnnouncedChanges(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
	s.send(s.cats.Announce(create), s.home)
	s.settle()
	id := object(create)

	lie := maps.Clone(words(create))
	lie["content"], lie["updated"] = "<p>A lie.</p>", time.Now().UTC().Format(time.RFC3339)
	s.send(s.cats.Announce(fedtest.Doc{"id": s.eve.ID + "/u/1", "type": "Update", "actor": s.eve.ID, "to": []any{fedtest.Public}, "object": lie}), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and html like '%What I wrote%'`, id)
	s.eve.Update(words(create), s.there, retext("<p>What I mean.</p>"))
	s.send(s.cats.Announce(fedtest.Doc{"id": s.eve.ID + "/u/2", "type": "Update", "actor": s.eve.ID, "to": []any{fedtest.Public}, "object": lie}), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and html like '%What I mean%'`, id)

	denied := fedtest.Doc{"id": s.eve.ID + "/d/1", "type": "Delete", "actor": s.eve.ID, "to": []any{fedtest.Public}, "object": id}
	s.send(s.cats.Announce(denied), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and state = 0`, id) // its origin still has it
	s.away.Gone(id)
	denied["id"] = s.eve.ID + "/d/2"
	s.send(s.cats.Announce(denied), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and state = 1`, id)

	near := s.page() // of the community's own server: believed at once
	s.send(s.cats.Announce(fedtest.Doc{"id": s.ann.ID + "/d/1", "type": "Delete", "actor": s.ann.ID, "to": []any{fedtest.Public}, "object": near}), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and state = 1`, near)
}

// A Delete passed on by somebody else is a hint: the origin decides.
func TestForwardedDelete(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p, q := peer(t, fedtest.Options{}), peer(t, fedtest.Options{})
	ann, eve := p.Person("ann"), q.Person("eve")
	post := ann.Create(fedtest.Post{Community: c, HTML: "<p>Mine.</p>"})
	n.send(post, p)
	n.send(eve.Follow(c.ID), q)
	n.settle()
	forward := func(id string) {
		t.Helper()
		d := fedtest.Doc{"@context": words(post)["@context"], "id": ann.ID + id, "type": "Delete", "actor": ann.ID, "to": []any{fedtest.Public}, "object": object(post)}
		if r := n.post(d, q, fedtest.SignAs{Actor: eve}); r.Status != 202 {
			t.Fatalf("forwarded: %d %s", r.Status, r.Body)
		}
		n.settle()
	}
	forward("#d1")
	n.want(1, `select count(*) from post where state = 0`)
	n.ahead.Add(int64(2 * time.Minute)) // the same is not asked for twice in a minute
	p.Gone(object(post))
	forward("#d2")
	n.want(1, `select count(*) from post where state = 1`)
}

// A thread keeps the place of what was deleted before it was ever read here, so
// that what answers it has one too.
func TestAnnouncedAfterItWasDeleted(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	gone := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>Said, and taken back.</p>", InReplyTo: id})
	answer := s.ann.Create(fedtest.Post{Community: s.there, HTML: "<p>Why?</p>", InReplyTo: object(gone)})
	s.away.Gone(object(gone))
	s.send(s.cats.Announce(answer), s.home)
	s.send(s.cats.Announce(gone), s.home)
	s.settle()
	s.want(1, `select count(*) from comment where uri = $1 and state = 1 and source = '' and html = ''`, object(gone))
	s.want(1, `select count(*) from comment a join comment p on p.id = a.parent_id where a.uri = $1 and p.uri = $2`, object(answer), object(gone))
	s.want(0, `select count(*) from received where position('taken back' in convert_from(body, 'UTF8')) > 0`)
}
