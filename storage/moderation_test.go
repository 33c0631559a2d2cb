package storage_test

import (
	"context"
	"errors"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// admin runs one act of an admin.
func (n *node) admin(do func(f *forum.Forum, ctx context.Context, tx forum.Tx) (forum.Outcome, error)) (o forum.Outcome) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		o, err = do(n.forum, ctx, tx)
		return err
	})
	return o
}

func (n *node) remove(uri string) forum.Outcome {
	n.Helper()
	return n.admin(func(f *forum.Forum, ctx context.Context, tx forum.Tx) (forum.Outcome, error) {
		return f.Remove(ctx, tx, uri, "off topic")
	})
}

func (n *node) restore(uri string) forum.Outcome {
	n.Helper()
	return n.admin(func(f *forum.Forum, ctx context.Context, tx forum.Tx) (forum.Outcome, error) {
		return f.Restore(ctx, tx, uri, "on topic")
	})
}

func (n *node) purge(uri string) forum.Outcome {
	n.Helper()
	return n.admin(func(f *forum.Forum, ctx context.Context, tx forum.Tx) (forum.Outcome, error) {
		return f.Purge(ctx, tx, uri, "unlawful")
	})
}

// What is removed leaves lists and counts with its reason, and comes back as it was.
func TestRemove(t *testing.T) {
	n := newNode(t)
	ada, bob, place, second := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place(), n.community("second")
	s := said(ada, place, "A post")
	s.Crossposts = []int64{second.ID}
	p := n.submit(s)
	m := n.reply(bob, p.URI, "A comment")
	n.reply(ada, m.URI, "An answer")
	n.vote(like(bob, p.URI, 1, n.tick(), "1"))
	ranks := func() string { return n.text(`select row(r.*)::text from post_rank r order by community_id`) }
	listed := ranks()

	for _, uri := range []string{base + "/post/1/", m.URI} { // by the address of a page too
		o := n.remove(uri)
		if o.Refused != nil || !o.Fresh || o.ID != 1 {
			t.Errorf("removing %s: %+v", uri, o)
		}
		if o := n.remove(uri); o.Refused != nil || o.Fresh {
			t.Errorf("removing %s twice: %+v", uri, o)
		}
		n.sound()
	}
	check(n, "ranks of what is removed", ranks(), "")
	gone := n.post(p.ID)
	check(n, "state", gone.State, forum.Removed)
	check(n, "reason", gone.Reason, "off topic")
	check(n, "its text is kept", gone.Text.Source, p.Text.Source)
	n.refusedFor(n.tryReply(answer(bob, p.URI, "still there?")), "thread-removed")
	n.refusedFor(n.vote(like(p.Author, m.URI, 1, n.tick(), "2"))[0], "deleted")
	n.restore(m.URI)
	n.refusedFor(n.vote(like(p.Author, m.URI, 1, n.tick(), "3"))[0], "thread-removed")
	before := n.number(`select up from comment where uri = $1`, m.URI)
	check(n, "a vote from elsewhere counts, since it may come back", n.vote(like(bob, m.URI, -1, n.tick(), "4"))[0].Refused, nil)
	check(n, "the votes before it", n.number(`select up from comment where uri = $1`, m.URI) <= before, true)
	n.sound()
	check(n, "back", n.restore(p.URI).Fresh, true)
	n.sound()
	check(n, "ranks of what is back", ranks(), listed)
	check(n, "back twice", n.restore(p.URI).Fresh, false)
	check(n, "lines of the moderation log", n.text(`select verb || ' ' || target from moderation order by id`),
		"remove "+base+"/post/1/\nremove "+m.URI+"\nrestore "+m.URI+"\nrestore "+p.URI)

	n.exec(`update comment set state = 1 where id = $1`, m.ID) // by its author
	n.refusedFor(n.remove(m.URI), "gone")
	n.refusedFor(n.restore(m.URI), "gone")
	n.refusedFor(n.remove("https://a.test/nothing"), "no-such-thing")
	n.refusedFor(n.remove(base+"/post/999"), "no-such-thing")
}

func TestRemoveCommunity(t *testing.T) {
	n := newNode(t)
	ada, place, away := n.person("ada"), n.place(), n.elsewhere("away", "lemmy.test")
	n.submit(said(ada, place, "A post"))
	r := n.db.Reader()
	shown := func() (posts, communities int) {
		t.Helper()
		l, err := r.Posts(t.Context(), forum.List{})
		c, err2 := r.Communities(t.Context(), forum.CommunityList{})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		return len(l.Items), len(c.Items)
	}
	check(n, "removed", n.remove(place.URI).Fresh, true)
	check(n, "removed by the address of its page", n.remove(base+"/c/away@lemmy.test").ID, away.ID)
	if posts, communities := shown(); posts != 0 || communities != 0 {
		t.Errorf("%d posts and %d communities are shown", posts, communities)
	}
	n.refusedFor(n.try(said(ada, place, "Another")), "community-removed")
	n.restore(place.URI)
	if posts, communities := shown(); posts != 1 || communities != 1 {
		t.Errorf("after the return %d posts and %d communities are shown", posts, communities)
	}
}

// received appends what came in, as if just applied.
func (n *node) received(activity, body string) {
	n.Helper()
	if _, err := n.db.Receive(n.Context(), []storage.Arrival{{
		Verified: true, Host: "mastodon.test", Type: "Create", Actor: "https://mastodon.test/users/bob", Activity: activity,
		About: activity, Family: storage.Content, Body: []byte(body),
	}}); err != nil {
		n.Fatal(err)
	}
}

// A purge leaves nothing of the words, wherever they are kept, and nothing comes
// back.
func TestPurge(t *testing.T) {
	n := newNode(t)
	bob, ada, place := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place()
	n.follow(ask(n.stranger("eve", "lemmy.test"), place, "1"))
	s := from(said(bob, place, "unspeakable title"), "/notes/1")
	s.Post.Text = forum.Text{Source: "unspeakable source", Format: forum.HTML, HTML: "unspeakable html"}
	s.Post.Link, s.Post.Warning, s.Post.URL = "https://unspeakable.test/", "unspeakable warning", "https://mastodon.test/unspeakable"
	p := n.submit(s)
	m := n.reply(ada, p.URI, "unspeakable reply")
	kept := n.submit(said(ada, place, "a kind word"))
	n.received("https://mastodon.test/notes/1/create", `{"object":{"id":"https://mastodon.test/notes/1","content":"unspeakable"}}`)
	n.received("https://mastodon.test/notes/1/again", `{"object":{"id":"https:\/\/mastodon.test\/notes\/1","content":"unspeakable"}}`)
	n.received("https://mastodon.test/notes/2/create", `{"object":{"id":"https://mastodon.test/notes/2","content":"kind"}}`)

	for _, uri := range []string{p.URI, m.URI} {
		if o := n.purge(uri); o.Refused != nil || !o.Fresh {
			t.Errorf("purging %s: %+v", uri, o)
		}
		n.sound()
	}
	for _, table := range []string{"post", "comment"} {
		check(n, "words left in "+table, n.number(`select count(*) from `+table+` x where x::text ilike '%unspeakable%'`), 0)
	}
	check(n, "words left in the log", n.number(`select count(*) from log where position('unspeakable'::bytea in forum_doc) > 0
		or position('unspeakable'::bytea in micro_doc) > 0 or position('unspeakable'::bytea in direct_doc) > 0`), 0)
	check(n, "words left in what came in", n.number(`select count(*) from received where position('unspeakable'::bytea in body) > 0`), 0)
	check(n, "other words", n.number(`select count(*) from log where position('kind'::bytea in forum_doc) > 0`), 1)
	check(n, "other words that came in", n.number(`select count(*) from received where position('kind'::bytea in body) > 0`), 1)
	check(n, "purged arrivals that would still be applied", n.number(`select count(*) from received where body = '' and state < 3`), 0)
	sent, err := n.db.Reader().Sent(t.Context(), n.text(`select forum_id from log where subject = $1 and verb = 'submit'`, p.URI))
	if err != nil || !sent.Blank || len(sent.Body) != 0 {
		t.Errorf("what was sent of it: %+v, %v", sent, err)
	}
	purged := n.post(p.ID)
	check(n, "state", purged.State, forum.Purged)
	check(n, "what is left of the words", purged.Title+purged.Text.Source+purged.Text.HTML+purged.Link+purged.Warning+purged.URL, "")
	check(n, "its id stays", purged.URI, p.URI)
	check(n, "the other post", n.post(kept.ID).State, forum.Live)
	n.refusedFor(n.restore(p.URI), "gone")
	if o := n.try(s); o.Fresh {
		t.Error("a purged post was taken in again")
	}
	n.refusedFor(n.purge("https://a.test/nothing"), "no-such-thing")
}

// With a person go their profile and all they wrote, for good.
func TestPurgePerson(t *testing.T) {
	n := newNode(t)
	bob, ada, place := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place()
	bob.Title, bob.BioSource, bob.BioHTML, bob.AvatarURL = "unspeakable", "unspeakable", "unspeakable", "https://unspeakable.test/"
	if _, err := n.db.SavePerson(t.Context(), bob, nil); err != nil {
		t.Fatal(err)
	}
	mine := n.submit(said(ada, place, "Hers"))
	his := n.submit(from(said(bob, place, "His"), "/1"))
	n.remove(n.submit(from(said(bob, place, "His, removed"), "/2")).URI)
	answer := n.reply(bob, mine.URI, "his answer")
	hers := n.reply(ada, answer.URI, "her answer")
	n.received("https://mastodon.test/update", `{"type":"Update","object":{"id":"`+bob.URI+`","summary":"unspeakable"}}`)

	if o := n.purge(base + "/u/bob@mastodon.test"); o.Refused != nil || !o.Fresh {
		t.Fatalf("%+v", o)
	}
	n.sound()
	check(n, "his posts left", n.number(`select count(*) from post where author_id = $1 and state <> 3`, bob.ID), 0)
	check(n, "his comment", n.comment(answer.ID).State, forum.Purged)
	check(n, "her comment", n.comment(hers.ID).State, forum.Live)
	check(n, "her post", n.post(mine.ID).Comments, 1)
	check(n, "words left of his profile", n.number(`select count(*) from person a where a::text like '%unspeakable%'`), 0)
	check(n, "words left in what came in", n.number(`select count(*) from received where position('unspeakable'::bytea in body) > 0`), 0)
	check(n, "his post", n.post(his.ID).Text.Source, "")
	var refusal *forum.Refusal
	if _, err := n.db.SavePerson(t.Context(), bob, nil); !errors.As(err, &refusal) {
		t.Errorf("his profile was taken in again: %v", err)
	}
	n.refusedFor(n.try(from(said(bob, place, "Back"), "/3")), "author-gone")
	n.refusedFor(n.vote(like(bob, mine.URI, 1, n.tick(), "1"))[0], "author-gone")
	n.refusedFor(n.follow(ask(bob, place, "1"))[0], "author-gone")
	check(n, "the moderation log", n.text(`select verb || ' ' || target from moderation order by id desc limit 1`), "purge "+base+"/u/bob@mastodon.test")
}
