package storage_test

import (
	"context"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// Mastodon sends nothing to a server that was away until it hears from it.
func TestPeerTrap52AfterAnAbsenceTheNodeSpeaksFirst(t *testing.T) {
	n := newNode(t)
	bob := n.stranger("bob", "mastodon.test")
	n.follow(ask(bob, n.place(), "1"))
	self := forum.Person{URI: base + "/", Local: true}
	starts := func() int {
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			_, err := n.forum.Introduce(ctx, tx, self, "the same as ever")
			return err
		})
		return n.number(`select count(*) from log g join outbox_direct d on d.xid = g.xid and d.seq = g.seq join server_inbox i on i.id = d.inbox_id
			where g.verb = 'update-actor' and g.subject = $1 and i.url = $2`, self.URI, bob.SharedInbox)
	}
	check(n, "told at first", starts(), 1)
	check(n, "told when it started again at once", starts(), 1)
	n.exec(`update node set alive_at = now() - interval '2 days'`)
	check(n, "told after two days", starts(), 2)
}

// Lemmy looks at a key again after a day only, GoToSocial never.
func TestLemmyTrap12KeysStayWhatTheyAre(t *testing.T) {
	n := newNode(t)
	first := storage.LocalKey{Owner: base + "/", KeyID: base + "/#main-key", PrivatePEM: "the first"}
	for _, pem := range []string{"the first", "another", "a third"} { // at each start
		again := first
		again.PrivatePEM = pem
		got, err := n.db.AddLocalKey(t.Context(), again)
		if err != nil || got != first {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
