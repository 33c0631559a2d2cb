package storage_test

import (
	"context"
	"errors"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// The row of the log, the acts that it tells of and those it is addressed to are
// one transaction.
func TestAppendEvents(t *testing.T) {
	n := newNode(t)
	bob, place := n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(from(said(bob, place, "A post"), "/1"))
	echo := `select count(*) from outbox_direct where form = 2`
	check(n, "told back to where it came from", n.number(echo), 1)
	n.follow(ask(n.stranger("eve", "mastodon.test"), place, "1"))
	m := n.reply(bob, p.URI, "A comment")
	check(n, "told back where somebody follows anyway", n.number(echo), 1)
	check(n, "row", n.text(`select verb || ' ' || lane || ' ' || (community_id = $1) || ' ' || actor || ' ' || subject || ' ' || parent || ' ' || announcer
		|| ' ' || signer || ' ' || (public and micro_doc is null and direct_doc is null) from log where verb = 'reply'`, place.ID),
		"reply 2 true "+bob.URI+" "+m.URI+" "+p.URI+" "+place.URI+"  true")
	check(n, "accept", n.text(`select lane || ' ' || (community_id is null) || ' ' || signer || ' ' || public from log where verb = 'accept'`), "2 true "+place.URI+" false")

	failed := errors.New("on purpose")
	late := n.stranger("late", "pixelfed.test")
	err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Submit(ctx, tx, []forum.Submit{from(said(late, place, "A post"), "/2")})
		return errors.Join(accepted(out[0], err), failed)
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	check(n, "rows after a rollback", n.number(`select count(*) from log where verb = 'submit'`), 1)
	check(n, "posts after a rollback", n.number(`select count(*) from post`), 1)
	check(n, "servers after a rollback", n.number(`select count(*) from server where host = 'pixelfed.test'`), 0)
}

// A transaction that began before somebody followed, and writes after, sorts
// before the follow: the follower's server is not told of it as a follower, and
// must be told directly if the author is there.
func TestEchoBesideFollow(t *testing.T) {
	n := newNode(t)
	bob, eve, place := n.stranger("bob", "mastodon.test"), n.stranger("eve", "mastodon.test"), n.place()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.Bury(ctx, []string{"https://a.test/1"}, n.tick()); err != nil { // takes its place in the log
			return err
		}
		n.follow(ask(eve, place, "1"))
		out, err := n.forum.Submit(ctx, tx, []forum.Submit{from(said(bob, place, "A post"), "/1")})
		return accepted(out[0], err)
	})
	check(n, "the row sorts before the follow", n.text(`select ((g.xid, g.seq) < (u.since_xid, u.since_seq))::text from log g, audience u where g.verb = 'submit'`), "true")
	check(n, "told back", n.number(`select count(*) from outbox_direct where form = 2`), 1)
}
