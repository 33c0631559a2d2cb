package storage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

func ask(by forum.Person, c forum.Community, id string) forum.Follow {
	return forum.Follow{Person: by, Community: c.URI, Origin: forum.Origin{Activity: "https://" + by.Host + "/follow/" + id}}
}

func leave(by forum.Person, c forum.Community, id, undone string) forum.Follow {
	f := ask(by, c, id)
	f.Undo, f.Undoes = true, "https://"+by.Host+"/follow/"+undone
	return f
}

// A follow is accepted, again when it is asked again; the inbox behind it is told
// what happens from then on, until the last follower behind it has left.
func TestFollow(t *testing.T) {
	n := newNode(t)
	place := n.place()
	bob, eve := n.stranger("bob", "mastodon.test"), n.stranger("eve", "mastodon.test")
	state := func(followers, open, intervals, accepts int) {
		t.Helper()
		c, err := n.db.Reader().Community(t.Context(), "place", "")
		if err != nil {
			t.Fatal(err)
		}
		check(n, "followers", c.Followers, followers)
		check(n, "open intervals", n.number(`select count(*) from audience where until_xid is null`), open)
		check(n, "intervals", n.number(`select count(*) from audience`), intervals)
		check(n, "accepts", n.number(`select count(*) from outbox_direct where lane = 1 and form = 1`), accepts)
		n.sound()
	}
	check(n, "fresh", n.follow(ask(bob, place, "1"))[0].Fresh, true)
	state(1, 1, 1, 1)
	check(n, "a repeat", n.follow(ask(bob, place, "1"))[0].Fresh, false)
	state(1, 1, 1, 2)
	n.follow(ask(eve, place, "2"))
	state(2, 1, 1, 3)
	n.follow(leave(bob, place, "3", "1"))
	state(1, 1, 1, 3)
	n.follow(ask(bob, place, "1")) // late: it has been taken back
	state(1, 1, 1, 3)
	n.follow(leave(eve, place, "4", "unknown"))
	state(0, 0, 1, 3)
	n.follow(leave(eve, place, "5", "unknown"))
	state(0, 0, 1, 3)
	// All in one batch.
	n.follow(ask(eve, place, "6"), leave(eve, place, "7", "6"), ask(bob, place, "8"), ask(eve, place, "9"))
	state(2, 1, 3, 6)
	check(n, "every interval ends after its beginning",
		n.number(`select count(*) from audience where (until_xid, until_seq) <= (since_xid, since_seq)`), 0)

	// Their server has no shared inbox any more.
	eve.SharedInbox = ""
	if _, err := n.db.SavePerson(t.Context(), eve, nil); err != nil {
		t.Fatal(err)
	}
	bob.SharedInbox = ""
	if _, err := n.db.SavePerson(t.Context(), bob, nil); err != nil {
		t.Fatal(err)
	}
	n.follow(ask(eve, place, "10"), ask(bob, place, "11"))
	check(n, "told now", n.text(`select url from audience u join server_inbox i on i.id = u.inbox_id where until_xid is null order by url`), bob.Inbox+"\n"+eve.Inbox)
	n.sound()
}

// Leaving is possible also when there is nothing left to follow.
func TestLeaveRemoved(t *testing.T) {
	n := newNode(t)
	place, bob := n.place(), n.stranger("bob", "mastodon.test")
	n.follow(ask(bob, place, "1"))
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return accepted(n.forum.Remove(ctx, tx, place.URI, "closed"))
	})
	n.refusedFor(n.follow(ask(bob, place, "2"))[0], "community-removed")
	if o := n.follow(leave(bob, place, "3", "1"))[0]; o.Refused != nil || !o.Fresh {
		t.Errorf("%+v", o)
	}
	n.sound()
}

// People here ask to follow a community elsewhere and wait for its answer.
func TestFollowElsewhere(t *testing.T) {
	n := newNode(t)
	ada, away := n.person("ada"), n.elsewhere("away", "lemmy.test")
	answered := func(yes bool) (o forum.Outcome) {
		t.Helper()
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			o, err = n.forum.Answered(ctx, tx, away.URI, ada, yes)
			return err
		})
		return o
	}
	has := func(want bool) {
		t.Helper()
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			got, err := tx.HasFollower(ctx, away.ID)
			check(n, "has a follower here", got, want)
			return err
		})
	}
	n.refusedFor(answered(true), "not-asked")
	has(false)
	n.follow(forum.Follow{Person: ada, Community: away.URI})
	has(true) // what it sends may come before its Accept
	asked := n.text(`select activity from follow`)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		who, err := tx.FollowerByActivity(ctx, asked)
		check(n, "who asked", who.URI, ada.URI)
		nobody, err2 := tx.FollowerByActivity(ctx, "https://other.test/1")
		check(n, "who asked something else", nobody.ID, 0)
		if err == nil {
			err = err2
		}
		return err
	})
	count := func(want int) {
		t.Helper()
		c, err := n.db.Reader().Community(t.Context(), "away", "lemmy.test")
		if err != nil || c.Followers != want {
			t.Errorf("%d followers known here, %v, want %d", c.Followers, err, want)
		}
		n.sound()
	}
	count(0)
	check(n, "accepted", answered(true).Fresh, true)
	count(1)
	check(n, "accepted twice", answered(true).Fresh, false)
	count(1)
	n.follow(forum.Follow{Person: ada, Community: away.URI, Undo: true})
	count(0)
	n.refusedFor(answered(true), "not-asked")
	has(false)
	n.follow(forum.Follow{Person: ada, Community: away.URI})
	check(n, "rejected", answered(false).Fresh, true)
	has(false)
	check(n, "sent to its own inbox, in the first lane",
		n.text(`select g.verb || ' ' || i.url || ' ' || d.lane from outbox_direct d join server_inbox i on i.id = d.inbox_id join log g on g.seq = d.seq order by g.seq`),
		"follow "+away.Inbox+" 1\nunfollow "+away.Inbox+" 1\nfollow "+away.Inbox+" 1")
	following, err := n.db.Reader().Following(t.Context(), ada.ID)
	check(n, "following", following, 0)
	if err != nil {
		t.Error(err)
	}
	n.refusedFor(n.follow(ask(n.stranger("bob", "mastodon.test"), away, "1"))[0], "not-ours")
	n.refusedFor(n.follow(forum.Follow{Person: ada, Community: "https://lemmy.test/c/unknown", At: time.Now()})[0], "no-such-community")
}

// toldOf lists the hosts that a row of the log reaches: by a stretch that they
// follow, or addressed to them.
func (n *node) toldOf(verb, subject string) string {
	n.Helper()
	return n.text(`select distinct s.host from log g join server s on s.id in (
			select u.server_id from audience u where u.community_id = g.community_id
				and (u.since_xid, u.since_seq) < (g.xid, g.seq) and (u.until_xid is null or (u.until_xid, u.until_seq) > (g.xid, g.seq))
			union select d.server_id from outbox_direct d where d.xid = g.xid and d.seq = g.seq and d.form = 2 and d.lane = g.lane)
		where g.verb = $1 and g.subject = $2 order by s.host`, verb, subject)
}

// Who got something is told when it changes, also having left; nobody else is,
// but who follows now.
func TestThoseWhoLeftAreToldOfChanges(t *testing.T) {
	n := newNode(t)
	place, ada := n.place(), n.person("ada")
	early, left, back, late := n.stranger("a", "early.test"), n.stranger("b", "left.test"), n.stranger("c", "back.test"), n.stranger("d", "late.test")
	between := n.stranger("e", "between.test")
	n.follow(ask(early, place, "1"), ask(left, place, "1"), ask(back, place, "1"))
	n.follow(leave(early, place, "2", "1"))
	// Who leaves counts as told of what the very next transaction writes, too, which may
	// be one of others.
	pass := func() { n.exec(`select log_xid()`) }
	pass()
	p := n.submit(said(ada, place, "A post"))
	c := n.reply(ada, p.URI, "A comment")
	n.follow(leave(left, place, "2", "1"), leave(back, place, "2", "1"))
	n.follow(ask(between, place, "1"))
	n.follow(leave(between, place, "2", "1"))
	pass()
	q := n.submit(said(ada, place, "Another post"))
	n.follow(ask(back, place, "3"), ask(late, place, "1"))
	n.edit(reworded(ada, p.URI, "Changed", "x"), reworded(ada, c.URI, "", "changed"), reworded(ada, q.URI, "Changed", "x"))
	n.delete(forum.Delete{Object: p.URI, By: ada})
	n.delete(forum.Delete{Object: p.URI, By: ada, Undo: true})
	check(n, "told of the post", n.toldOf("submit", p.URI), "back.test\nleft.test")
	for _, verb := range []string{"edit", "delete", "undelete"} {
		check(n, verb+" of the post", n.toldOf(verb, p.URI), "back.test\nlate.test\nleft.test")
	}
	check(n, "edit of the comment", n.toldOf("edit", c.URI), "back.test\nlate.test\nleft.test")
	check(n, "edit of what came after they left", n.toldOf("edit", q.URI), "back.test\nlate.test")
	check(n, "told twice", n.number(`select count(*) from outbox_direct d join server s on s.id = d.server_id where s.host <> 'left.test' and d.form = 2`), 0)

	// Nothing of this ends with the log.
	n.exec(`delete from log`)
	if err := n.db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.edit(reworded(ada, c.URI, "", "again"))
	check(n, "when the log is gone", n.toldOf("edit", c.URI), "back.test\nlate.test\nleft.test")
}

// Somebody leaves while somebody else edits: whichever is first, the edit arrives.
func TestLeavingBesideAnEdit(t *testing.T) {
	n := newNode(t)
	place, ada, eve := n.place(), n.person("ada"), n.stranger("eve", "mastodon.test")
	n.follow(ask(eve, place, "1"))
	p := n.submit(said(ada, place, "A post"))
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.Bury(ctx, []string{"https://a.test/1"}, n.tick()); err != nil { // takes its place in the log
			return err
		}
		n.edit(reworded(ada, p.URI, "Changed", "x"))
		out, err := n.forum.Follow(ctx, tx, []forum.Follow{leave(eve, place, "2", "1")})
		return accepted(out[0], err)
	})
	check(n, "she left", n.number(`select count(*) from audience where until_xid is null`), 0)
	check(n, "told of the edit", n.toldOf("edit", p.URI), "mastodon.test")

	// The other way round: the edit waits until it is known who has left.
	n.follow(ask(eve, place, "3"))
	edited := make(chan error, 1)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Follow(ctx, tx, []forum.Follow{leave(eve, place, "4", "3")})
		if err := accepted(out[0], err); err != nil {
			return err
		}
		go func() {
			edited <- n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
				out, err := n.forum.Edit(ctx, tx, []forum.Edit{reworded(ada, p.URI, "Changed again", "y")})
				return accepted(out[0], err)
			})
		}()
		n.waits(`select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`)
		return nil
	})
	if err := <-edited; err != nil {
		t.Fatal(err)
	}
	check(n, "edits", n.number(`select count(*) from log where verb = 'edit'`), 2)
	check(n, "told of the second", n.number(`select count(*) from outbox_direct d join log g on g.xid = d.xid and g.seq = d.seq
		where g.verb = 'edit' and d.form = 2`), 1)
}

// waits returns when a condition of the database holds.
func (n *node) waits(sql string) {
	n.Helper()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		var ok bool
		if err := n.db.Pool().QueryRow(n.Context(), sql).Scan(&ok); err != nil {
			n.Fatal(err)
		}
		if ok {
			return
		}
		if time.Now().After(deadline) {
			n.Fatalf("waited in vain: %s", sql)
		}
	}
}

// Who comes and goes all day is told of changes all the same, and leaves a bounded
// number of rows.
func TestComingAndGoing(t *testing.T) {
	n := newNode(t)
	place, ada, eve := n.place(), n.person("ada"), n.stranger("eve", "mastodon.test")
	var posts []forum.Post
	for i := range 20 {
		n.follow(ask(eve, place, fmt.Sprint("f", i)))
		posts = append(posts, n.submit(said(ada, place, fmt.Sprint("Post ", i))))
		n.follow(leave(eve, place, fmt.Sprint("u", i), fmt.Sprint("f", i)))
	}
	check(n, "stretches", n.number(`select count(*) from audience`), 8)
	for _, p := range posts {
		n.edit(reworded(ada, p.URI, "Changed", "x"))
		check(n, "told of the edit", n.toldOf("edit", p.URI), "mastodon.test")
	}
	n.sound()
}
