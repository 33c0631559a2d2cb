package storage_test

import (
	"context"
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
