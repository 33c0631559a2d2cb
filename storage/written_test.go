package storage_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// logged lists what the log says of an object after it was made.
func (n *node) logged(object string) string {
	n.Helper()
	return n.text(`select verb || case when announcer <> '' then ' announced' else '' end || case when micro_id is not null then ' boosted' else '' end
		|| case when of_xid <> 0 then ' of it' else '' end
		from log where subject = $1 and verb not in ('submit', 'reply') order by xid, seq`, object)
}

func TestEdit(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	c := n.reply(bob, p.URI, "A comment")
	first := n.tick()
	edit := reworded(bob, p.URI, "Another title", "other words")
	edit.At, edit.Updated, edit.Origin.Activity = first, forum.Stamp{Time: first, Text: "then"}, "1"
	if o := n.edit(edit)[0]; o.Refused != nil || !o.Fresh || o.ID != p.ID {
		t.Fatalf("%+v", o)
	}
	now := n.post(p.ID)
	if now.Title != "Another title" || now.Text.Source != "other words" || now.Updated.Text != "then" || now.Published != p.Published {
		t.Errorf("the post is %+v", now)
	}
	check(n, "it said before", n.text(`select title || ': ' || source from revision where subject_kind = 1 and subject_id = $1`, p.ID), "A post: text of A post")
	check(n, "in the log", n.logged(p.URI), "edit announced of it")

	older := reworded(bob, p.URI, "Too late", "late words")
	older.At, older.Origin.Activity = first.Add(-time.Hour), "9"
	if o := n.edit(older)[0]; o.Refused != nil || o.Fresh {
		t.Errorf("an older edit: %+v", o)
	}
	if o := n.edit(edit)[0]; o.Refused != nil || o.Fresh {
		t.Errorf("the same again: %+v", o)
	}
	same := edit
	same.At, same.Origin.Activity = first.Add(time.Hour), "2"
	if o := n.edit(same)[0]; o.Refused != nil || o.Fresh {
		t.Errorf("the same words later: %+v", o)
	}
	check(n, "title", n.post(p.ID).Title, "Another title")
	check(n, "versions", n.number(`select count(*) from revision`), 1)
	check(n, "in the log still", n.logged(p.URI), "edit announced of it")

	var many []forum.Edit
	for i := range forum.MaxRevisions + 5 {
		e := reworded(bob, c.URI, "", fmt.Sprint("version ", i))
		e.Origin.Activity = fmt.Sprint("c", i)
		many = append(many, e)
	}
	for i := range many { // one by one: of a batch the last alone is written
		n.edit(many[i])
	}
	check(n, "the comment", n.comment(c.ID).Text.Source, fmt.Sprint("version ", forum.MaxRevisions+4))
	check(n, "versions of the comment", n.number(`select count(*) from revision where subject_kind = 2`), forum.MaxRevisions)
	n.sound()

	batch := n.edit(many[0], reworded(bob, c.URI, "", "x"), reworded(bob, "https://mastodon.test/none", "", "x"))
	if !batch[1].Fresh || batch[2].Refused == nil || batch[2].Refused.Needs != "https://mastodon.test/none" {
		t.Errorf("a batch: %+v", batch)
	}
	check(n, "the last of a batch", n.comment(c.ID).Text.Source, "x")
}

// What is deleted answers as gone, keeps its place, and its words are destroyed
// wherever else they were kept; it can be brought back with them for a while.
func TestDelete(t *testing.T) {
	n := newNode(t)
	bob, ada, place := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	c := n.reply(ada, p.URI, "An answer")
	n.edit(reworded(bob, p.URI, "Another title", "other words"))
	_, err := n.db.Receive(t.Context(), []storage.Arrival{{
		Verified: true, Actor: bob.URI, Activity: "https://mastodon.test/a/1", About: p.URI, Family: storage.Content, Body: []byte("secret words"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	n.exec(`update received set state = 3`)
	gone := forum.Delete{Object: p.URI, By: bob, Origin: forum.Origin{Activity: "https://mastodon.test/d/1"}}
	if o := n.delete(gone)[0]; o.Refused != nil || !o.Fresh {
		t.Fatalf("%+v", o)
	}
	check(n, "state", n.post(p.ID).State, forum.Deleted)
	check(n, "in the log", n.logged(p.URI), "edit announced of it\ndelete announced of it")
	check(n, "versions", n.number(`select count(*) from revision`), 0)
	check(n, "words in the log", n.text(`select coalesce(convert_from(forum_doc, 'UTF8'), '') from log where subject = $1 and verb in ('submit', 'edit')
		and (forum_doc is not null or micro_doc is not null or direct_doc is not null)`, p.URI), "announce submit of "+p.URI+": ")
	check(n, "words received", n.number(`select count(*) from received where body <> ''`), 0)
	check(n, "the answer keeps its place", n.comment(c.ID).State, forum.Live)
	n.sound()
	if o := n.delete(gone)[0]; o.Refused != nil || o.Fresh {
		t.Errorf("a repeat: %+v", o)
	}
	n.refusedFor(n.delete(forum.Delete{Object: c.URI, By: bob})[0], "not-author")

	n.edit(reworded(bob, p.URI, "While away", "third words"))
	check(n, "nobody is told meanwhile", n.logged(p.URI), "edit announced of it\ndelete announced of it")
	back := forum.Delete{Object: p.URI, By: bob, Undo: true, Undoes: "https://mastodon.test/d/1", Origin: forum.Origin{Activity: "https://mastodon.test/u/1"}}
	if o := n.delete(back)[0]; o.Refused != nil || !o.Fresh {
		t.Fatalf("%+v", o)
	}
	check(n, "it is back with its words", n.post(p.ID).Title, "While away")
	check(n, "and everybody hears of both", n.logged(p.URI), "edit announced of it\ndelete announced of it\nundelete announced of it\nedit announced of it")
	n.sound()

	n.delete(forum.Delete{Object: p.URI, By: bob, Origin: forum.Origin{Activity: "https://mastodon.test/d/2"}})
	n.exec(`update post set state_at = now() - interval '31 days' where id = $1`, p.ID)
	if blanked, err := n.db.BlankDeleted(t.Context()); err != nil || blanked != 1 {
		t.Fatalf("BlankDeleted: %d, %v", blanked, err)
	}
	if q := n.post(p.ID); q.Title+q.Text.Source+q.Text.HTML+q.Link != "" {
		t.Errorf("after a month it still says %+v", q)
	}
	n.refusedFor(n.delete(forum.Delete{Object: p.URI, By: bob, Undo: true, Origin: forum.Origin{Activity: "9"}})[0], "deleted")
	n.refusedFor(n.edit(reworded(bob, p.URI, "Back", "words"))[0], "deleted")
}

// An admin's removal and an author's deletion do not undo each other.
func TestDeleteAndRemove(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	moderate := func(do func(context.Context, forum.Tx, string, string) (forum.Outcome, error)) {
		n.Helper()
		n.tx(func(ctx context.Context, tx *storage.Tx) error { return accepted(do(ctx, tx, p.URI, "spam")) })
	}
	moderate(n.forum.Remove)
	n.delete(forum.Delete{Object: p.URI, By: bob, Origin: forum.Origin{Activity: "1"}})
	check(n, "after removal and deletion", n.post(p.ID).State, forum.Removed)
	moderate(n.forum.Restore)
	check(n, "restored", n.post(p.ID).State, forum.Deleted)
	n.delete(forum.Delete{Object: p.URI, By: bob, Undo: true, Origin: forum.Origin{Activity: "2"}})
	check(n, "and back", n.post(p.ID).State, forum.Live)
	moderate(n.forum.Remove)
	n.delete(forum.Delete{Object: p.URI, By: bob, Undo: true, Origin: forum.Origin{Activity: "3"}})
	check(n, "an author does not undo a removal", n.post(p.ID).State, forum.Removed)
	n.sound()
}

// A deletion that overtakes what it deletes holds, but only by the author's word.
func TestDeleteComesFirst(t *testing.T) {
	n := newNode(t)
	bob, eve, place := n.stranger("bob", "mastodon.test"), n.stranger("eve", "mastodon.test"), n.place()
	uri := func(path string) string { return "https://mastodon.test" + path }
	n.delete(
		forum.Delete{Object: uri("/1"), By: bob, Origin: forum.Origin{Activity: "1"}},
		forum.Delete{Object: uri("/2"), By: eve, Origin: forum.Origin{Activity: "2"}},
		forum.Delete{Object: uri("/3"), By: bob, Undo: true, Undoes: "3", Origin: forum.Origin{Activity: "4"}},
		forum.Delete{Object: uri("/3"), By: bob, Origin: forum.Origin{Activity: "3"}},
	)
	for path, want := range map[string]forum.State{"/1": forum.Deleted, "/2": forum.Live, "/3": forum.Live} {
		check(n, path, n.submit(from(said(bob, place, "Post "+path), path)).State, want)
	}
	c := n.reply(eve, uri("/1"), "It keeps its place")
	check(n, "an answer to it", c.State, forum.Live)
	n.sound()
}

func TestLeave(t *testing.T) {
	n := newNode(t)
	bob, ada, place := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place()
	n.follow(ask(bob, place, "1"))
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	theirs := n.submit(said(ada, place, "Hers"))
	for range 250 {
		n.reply(bob, theirs.URI, "words")
	}
	n.leave(bob)
	steps := 0
	for more := true; more; steps++ {
		var err error
		if more, err = n.db.EmptyGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 4 {
		t.Errorf("everything went in %d transactions", steps)
	}
	check(n, "what is left", n.number(`select count(*) from comment where state = 0`)+int(n.post(p.ID).State)-int(forum.Deleted), 0)
	check(n, "followers", n.number(`select followers from community where id = $1`, place.ID), 0)
	check(n, "inboxes told", n.number(`select count(*) from audience where until_xid is null`), 0)
	check(n, "hers", n.post(theirs.ID).State, forum.Live)
	n.refusedFor(n.try(from(said(bob, place, "From the grave"), "/3")), "author-gone")
	n.sound()
}

// What a moderator removed goes with its author all the same, but stays removed:
// why it was is told in its place.
func TestLeaveWithWhatWasRemoved(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	c := n.reply(bob, p.URI, "A comment")
	n.edit(reworded(bob, c.URI, "", "Other words"))
	kept := n.reply(n.person("ada"), p.URI, "Hers")
	for _, uri := range []string{p.URI, c.URI, kept.URI} {
		n.remove(uri)
	}
	n.leave(bob)
	for more := true; more; {
		var err error
		if more, err = n.db.EmptyGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check(n, "the post", n.post(p.ID).State, forum.Removed)
	check(n, "the comment", n.comment(c.ID).State, forum.Removed)
	check(n, "versions", n.number(`select count(*) from revision`), 0)
	check(n, "told of", n.number(`select count(*) from log where subject = any($1) and (micro_doc is not null or direct_doc is not null)`, []string{p.URI, c.URI}), 0)
	n.sound()
	if blanked, err := n.db.BlankDeleted(t.Context()); err != nil || blanked != 0 {
		t.Fatalf("within the time in which it may come back: %d, %v", blanked, err)
	}
	for _, table := range []string{"post", "comment"} {
		n.exec(`update ` + table + ` set state_at = state_at - interval '31 days', life_at = life_at - interval '31 days'`)
	}
	if blanked, err := n.db.BlankDeleted(t.Context()); err != nil || blanked != 2 {
		t.Fatalf("%d, %v", blanked, err)
	}
	if q := n.post(p.ID); q.Title+q.Text.Source+q.Text.HTML+q.Link != "" || q.State != forum.Removed {
		t.Errorf("it still says %+v", q)
	}
	if q := n.comment(c.ID); q.Text.Source+q.Text.HTML != "" || q.State != forum.Removed {
		t.Errorf("it still says %+v", q)
	}
	check(n, "what another wrote", n.comment(kept.ID).Text.Source, "Hers")
	n.restore(p.URI)
	check(n, "restored by the moderator", n.post(p.ID).State, forum.Deleted)
	n.sound()
}

func TestDescribe(t *testing.T) {
	n := newNode(t)
	place := n.place()
	describe := func(d forum.Describe) (o forum.Outcome) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			o, err = n.forum.Describe(ctx, tx, d)
			return err
		})
		return o
	}
	if o := describe(forum.Describe{Actor: place.URI, Title: "Agora"}); !o.Fresh {
		t.Errorf("%+v", o)
	}
	if o := describe(forum.Describe{Actor: place.URI, Title: "Agora"}); o.Fresh || o.Refused != nil {
		t.Errorf("the same again: %+v", o)
	}
	n.refusedFor(describe(forum.Describe{Actor: place.URI, Title: strings.Repeat("x", forum.MaxCommunityTitle+1)}), "title-too-long")
	n.refusedFor(describe(forum.Describe{Actor: n.elsewhere("away", "lemmy.test").URI, Title: "x"}), "no-such-actor")
	now := must(n.db.Reader().Community(t.Context(), place.Name, ""))
	if now.Title != "Agora" || now.Updated.IsZero() || now.SummarySource != place.SummarySource {
		t.Errorf("the community is %+v", now)
	}
	check(n, "in the log", n.text(`select verb || ' ' || announcer from log where subject = $1`, place.URI), "update-actor "+place.URI)

	ada, bob := n.person("ada"), n.stranger("bob", "mastodon.test")
	n.follow(ask(bob, place, "1"))
	told := func(uri string) string {
		return n.text(`select i.url from log g join outbox_direct d on d.xid = g.xid and d.seq = g.seq join server_inbox i on i.id = d.inbox_id
			where g.verb = 'update-actor' and g.subject = $1`, uri)
	}
	describe(forum.Describe{Actor: ada.URI, Title: "Ada"})
	check(n, "nobody knows her", told(ada.URI), "")
	n.submit(said(ada, place, "Hers"))
	describe(forum.Describe{Actor: ada.URI, Title: "Ada L."})
	check(n, "who has read her hears of her", told(ada.URI), bob.SharedInbox)

	self := forum.Person{URI: base + "/", Local: true}
	introduce := func(said string) bool {
		var o forum.Outcome
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			o, err = n.forum.Introduce(ctx, tx, self, said)
			return err
		})
		return o.Fresh
	}
	if !introduce("a name") || introduce("a name") {
		t.Error("the node says who it is once, and not again")
	}
	n.exec(`update node set alive_at = now() - interval '2 days'`)
	if !introduce("a name") || !introduce("another name") {
		t.Error("it does after an absence, and when it has changed")
	}
	check(n, "in the log", n.text(`select count(*)::text from log where subject = $1`, self.URI), "3")
}
