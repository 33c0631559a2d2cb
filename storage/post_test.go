package storage_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// A post is read as it was written, with its author's own vote, in its place.
func TestSubmit(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	s := from(said(bob, place, "Tomatoes"), "/notes/1")
	s.Received = n.tick()
	stated := forum.Stamp{Time: s.Received.Add(-time.Hour), Text: "2026-01-02T03:04:05.678901234Z"}
	s.Post.Published, s.Post.Updated = stated, forum.Stamp{Time: stated.Time.Add(time.Minute), Text: "later"}
	s.Post.TitleGiven, s.Post.TitleWhole, s.Post.Link = false, true, "https://example.test/tomatoes"
	s.Post.Language, s.Post.Sensitive, s.Post.Warning, s.Post.URL = "de", true, "red", "https://mastodon.test/@bob/1"
	s.Post.Text.RenderVersion = 3
	p := n.submit(s)

	want := s.Post
	want.ID, want.Up, want.Create = p.ID, 1, s.Origin.Activity
	want.Community, want.Author = place, bob
	want.Community.Posts, want.Author.Posts = 1, 1
	if !reflect.DeepEqual(p, want) {
		t.Errorf("read\n%+v, want\n%+v", p, want)
	}
	if byURI, err := n.db.Reader().PostByURI(t.Context(), p.URI); err != nil || !reflect.DeepEqual(byURI, p) {
		t.Errorf("by its id: %+v, %v", byURI, err)
	}
	check(n, "its vote", n.text(`select dir || ' ' || (at = $1) from vote`, stated.Time), "1 true")
	check(n, "its rank", n.text(`select (hot = $1 and submitted_at = $2 and home)::text from post_rank`, forum.Hot(1, stated.Time), stated.Time), "true")
	check(n, "its announces", n.text(`select (l.announce_id = g.forum_id and l.boost_id = g.micro_id)::text from placement l, log g`), "true")

	again := n.try(s)
	if again.Refused != nil || again.Fresh || again.ID != p.ID {
		t.Errorf("a repeat: %+v", again)
	}
	check(n, "rows of the log", n.number(`select count(*) from log`), 1)
	n.sound()
}

// What is dated tomorrow counts from its arrival, or it would stay on top.
func TestSubmitFromTheFuture(t *testing.T) {
	n := newNode(t)
	s := from(said(n.stranger("bob", "mastodon.test"), n.place(), "Tomorrow"), "/1")
	s.Received = n.tick()
	s.Post.Published = forum.Stamp{Time: s.Received.AddDate(1, 0, 0)}
	p := n.submit(s)
	check(n, "it says", p.Published.Time, s.Post.Published.Time)
	check(n, "it counts from its arrival", n.text(`select (p.submitted_at = $1 and r.submitted_at = $1 and v.at = $1)::text
		from post p join post_rank r on r.post_id = p.id join vote v on v.subject_id = p.id`, s.Received), "true")
	r := answer(p.Author, p.URI, "Also tomorrow")
	r.Received, r.Comment.Published = n.tick(), s.Post.Published
	n.tryReply(r)
	check(n, "its last comment", n.post(p.ID).LastComment, r.Received)
}

// One object in several communities of ours is one post, listed and announced in each.
func TestCrossposts(t *testing.T) {
	n := newNode(t)
	bob := n.stranger("bob", "mastodon.test")
	home, second, third, removed := n.community("home"), n.community("second"), n.community("third"), n.community("removed")
	away := n.elsewhere("away", "lemmy.test")
	n.exec(`update community set removed = true where id = $1`, removed.ID)
	s := from(said(bob, home, "Everywhere"), "/1")
	s.Post.Link = "https://example.test/story"
	s.Crossposts = []int64{second.ID, home.ID, second.ID, removed.ID, away.ID, 999, third.ID}
	p := n.submit(s)
	check(n, "places", n.text(`select c.name || ' ' || l.home || '/' || (l.announce_id <> '') from placement l join community c on c.id = l.community_id order by c.id`),
		"home true/true\nsecond false/true\nthird false/true")
	check(n, "announced in", n.text(`select announcer from log order by seq`), home.URI+"\n"+second.URI+"\n"+third.URI)
	check(n, "told back", n.number(`select count(*) from outbox_direct`), 3)

	other := said(n.author(), third, "The same link")
	other.Post.Link = s.Post.Link
	o := n.submit(other)
	thread, err := n.db.Reader().Thread(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere []string
	for _, x := range thread.Elsewhere {
		kind := "link"
		if x.Same {
			kind = "same"
		}
		elsewhere = append(elsewhere, kind+" "+x.Community.Name)
		if want := map[string]int64{"same": p.ID, "link": o.ID}[kind]; x.PostID != want {
			t.Errorf("%s in %s: post %d, want %d", kind, x.Community.Name, x.PostID, want)
		}
	}
	if len(elsewhere) != 3 || elsewhere[0] != "same second" || elsewhere[1] != "same third" || elsewhere[2] != "link third" {
		t.Errorf("elsewhere: %v", elsewhere)
	}
	// A reply and a vote are told in all places of the post.
	m := n.reply(n.author(), p.URI, "Hello")
	n.vote(forum.Vote{Voter: n.person("ada"), Object: m.URI, Dir: 1})
	for _, verb := range []string{"reply", "vote"} {
		check(n, verb+" told in", n.number(`select count(distinct community_id) from log where verb = $1`, verb), 3)
	}
	n.sound()
}

func TestSubmitRefused(t *testing.T) {
	n := newNode(t)
	bob, ada, place, away := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place(), n.elsewhere("away", "lemmy.test")
	n.refusedFor(n.try(said(ada, forum.Community{ID: 999}, "Nowhere")), "no-such-community")
	n.refusedFor(n.try(said(ada, place, " ")), "no-title")
	n.refusedFor(n.try(from(said(bob, away, "Not announced"), "/1")), "not-announced")
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return tx.Bury(ctx, []string{"https://mastodon.test/2"}, n.tick())
	})
	n.refusedFor(n.try(from(said(bob, place, "Buried"), "/2")), "deleted")
	n.leave(bob)
	n.refusedFor(n.try(from(said(bob, place, "From the grave"), "/3")), "author-gone")
	if o := n.submit(said(ada, away, "Over there")); !o.Local {
		t.Errorf("a local post elsewhere: %+v", o)
	}
	check(n, "it is sent to", n.text(`select i.url || ' ' || d.form || ' ' || d.lane from outbox_direct d join server_inbox i on i.id = d.inbox_id`),
		away.SharedInbox+" 1 2")
	check(n, "posts", n.number(`select count(*) from post`), 1)
	n.sound()
}

// A batch is judged act by act, and twins within it are one.
func TestSubmitBatch(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	old := n.submit(from(said(bob, place, "Old"), "/old"))
	batch := []forum.Submit{
		from(said(bob, place, "One"), "/1"), from(said(bob, place, "Old"), "/old"), from(said(bob, forum.Community{}, "Lost"), "/2"),
		from(said(bob, place, "One"), "/1"), from(said(bob, place, "Three"), "/3"),
	}
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Submit(ctx, tx, batch)
		return err
	})
	for i, want := range []string{"fresh", "known", "refused", "known", "fresh"} {
		got := "known"
		switch {
		case out[i].Refused != nil:
			got = "refused"
		case out[i].Fresh:
			got = "fresh"
		}
		if got != want {
			t.Errorf("act %d: %s, want %s (%+v)", i, got, want, out[i])
		}
	}
	check(n, "the old one", out[1].ID, old.ID)
	check(n, "the twin", out[3].ID, out[0].ID)
	check(n, "posts", n.number(`select count(*) from post`), 3)
	n.sound()
}
