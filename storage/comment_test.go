package storage_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

func TestReply(t *testing.T) {
	n := newNode(t)
	bob, ada, place := n.stranger("bob", "mastodon.test"), n.person("ada"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	r := answer(bob, p.URI, "First")
	r.Comment.URI, r.Origin.Activity, r.Received = "https://mastodon.test/2", "https://mastodon.test/2/create", n.tick()
	r.Comment.Published = forum.Stamp{Time: r.Received.Add(-time.Minute), Text: "as written"}
	r.Comment.Language, r.Comment.Sensitive, r.Comment.Warning, r.Comment.URL = "fr", true, "hot", "https://mastodon.test/@bob/2"
	o := n.tryReply(r)
	m := n.comment(o.ID)
	want := r.Comment
	want.ID, want.PostID, want.Depth, want.Up, want.Create = o.ID, p.ID, 1, 1, r.Origin.Activity
	want.PostURI, want.CommunityURI = p.URI, place.URI
	want.Author = bob
	want.Author.Posts, want.Author.Comments = 1, 1
	want.Answered = forum.Person{ID: bob.ID, URI: bob.URI, Name: bob.Name, Host: bob.Host}
	want.Announce = n.text(`select forum_id from log where verb = 'reply'`)
	if !reflect.DeepEqual(m, want) || want.Announce == "" {
		t.Errorf("read\n%+v, want\n%+v", m, want)
	}
	if byURI, err := n.db.Reader().CommentByURI(t.Context(), m.URI); err != nil || !reflect.DeepEqual(byURI, m) {
		t.Errorf("by its id: %+v, %v", byURI, err)
	}
	if again := n.tryReply(r); again.Refused != nil || again.Fresh || again.ID != m.ID {
		t.Errorf("a repeat: %+v", again)
	}
	second := n.reply(ada, m.URI, "Second")
	check(n, "its parent", second.ParentID, m.ID)
	check(n, "its depth", second.Depth, 2)
	check(n, "whom it answers", second.Answered.URI, bob.URI)
	check(n, "told whom it answers", n.text(`select i.url from outbox_direct d join server_inbox i on i.id = d.inbox_id where d.form = 1`), bob.Inbox)
	check(n, "comments of the post", n.post(p.ID).Comments, 2)
	check(n, "last comment of the post", n.post(p.ID).LastComment, second.Published.Time)

	lost := n.tryReply(answer(bob, "https://mastodon.test/unknown", "To whom?"))
	n.refusedFor(lost, "needs-object")
	check(n, "what it needs", lost.Refused.Needs, "https://mastodon.test/unknown")
	n.sound()
}

// A thread is read oldest first, every parent before its answers, and answers
// deeper than fifty hang at fifty.
func TestThread(t *testing.T) {
	n := newNode(t)
	ada, place := n.person("ada"), n.place()
	p := n.submit(said(ada, place, "A post"))
	to := p.URI
	for i := range forum.MaxDepth + 5 {
		to = n.reply(ada, to, fmt.Sprint("depth ", i+1)).URI
	}
	n.reply(ada, p.URI, "beside")
	thread, err := n.db.Reader().Thread(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	check(n, "comments", len(thread.Comments), forum.MaxDepth+6)
	seen := map[int64]int{0: 0}
	for i, m := range thread.Comments {
		above, ok := seen[m.ParentID]
		if !ok {
			t.Fatalf("comment %d comes before what it answers", i)
		}
		if m.Depth != above+1 || m.Depth > forum.MaxDepth {
			t.Errorf("comment %d has depth %d below %d", i, m.Depth, above)
		}
		seen[m.ID] = m.Depth
	}
	deepest := n.comment(thread.Comments[forum.MaxDepth+4].ID)
	check(n, "what the deepest answers", deepest.InReplyTo, thread.Comments[forum.MaxDepth+3].URI)
	check(n, "where it hangs", deepest.ParentID, thread.Comments[forum.MaxDepth-2].ID)
	if _, err := n.db.Reader().Thread(t.Context(), 999); err == nil {
		t.Error("a thread that is not there was read")
	}
	n.sound()
}

func TestReplyBatch(t *testing.T) {
	n := newNode(t)
	ada, place := n.person("ada"), n.place()
	one, two := n.submit(said(ada, place, "One")), n.submit(said(ada, place, "Two"))
	m := n.reply(ada, one.URI, "known")
	foreign := func(to, uri string) forum.Reply {
		r := answer(n.stranger("bob", "mastodon.test"), to, "hello")
		r.Comment.URI, r.Origin.Activity = uri, uri+"/create"
		return r
	}
	batch := []forum.Reply{
		foreign(two.URI, "https://mastodon.test/1"), foreign(m.URI, "https://mastodon.test/2"), foreign(two.URI, "https://mastodon.test/1"),
		foreign("https://mastodon.test/0", "https://mastodon.test/3"), foreign(one.URI, "https://mastodon.test/4"), answer(ada, two.URI, ""),
	}
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Reply(ctx, tx, batch)
		return err
	})
	check(n, "fresh", [4]bool{out[0].Fresh, out[1].Fresh, out[2].Fresh, out[4].Fresh}, [4]bool{true, true, false, true})
	check(n, "the twin", out[2].ID, out[0].ID)
	n.refusedFor(out[3], "needs-object")
	n.refusedFor(out[5], "empty")
	check(n, "comments of one", n.post(one.ID).Comments, 3)
	check(n, "comments of two", n.post(two.ID).Comments, 1)
	n.sound()
}
