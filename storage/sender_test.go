package storage_test

import (
	"context"
	"testing"
	"time"

	"stoa/storage"
)

// What is remembered of senders ends with the commit that changes it, in the
// process that commits at once, and in others with the note of that commit.
func TestSenderRemembered(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	other := open(t, n.db.Pool().Config().ConnString())
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan bool, 100), make(chan struct{}, 2)
	for _, db := range []*storage.DB{n.db, other} {
		go func() {
			db.ListenLog(ctx, func(storage.Note) { ready <- true }, func(error) {})
			ended <- struct{}{}
		}()
	}
	<-ready
	<-ready
	defer func() { cancel(); <-ended; <-ended }()

	ann := n.stranger("ann", "peer.example")
	ask := func(db *storage.DB) storage.Sender {
		t.Helper()
		s, err := db.Sender(ctx, []string{ann.Host}, ann.KeyID)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	until := func(what string, holds func(storage.Sender) bool) {
		t.Helper()
		for end := time.Now().Add(5 * time.Minute); !holds(ask(other)); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the other process never learnt of %s", what)
			}
		}
	}
	secretly := func(sql string) {
		t.Helper()
		n.exec(`alter table actor_key disable trigger user`)
		n.exec(sql)
		n.exec(`alter table actor_key enable trigger user`)
	}
	check(n, "the key", ask(n.db).Key.PEM, "key of ann")
	check(n, "the key, elsewhere", ask(other).Key.PEM, "key of ann")
	secretly(`update actor_key set public_pem = 'unheard of'`)
	check(n, "a key that is remembered", ask(n.db).Key.PEM, "key of ann")
	check(n, "a key that is remembered elsewhere", ask(other).Key.PEM, "key of ann")

	if _, err := n.db.SavePerson(ctx, ann, []storage.Key{{ID: ann.KeyID, PEM: "new"}}); err != nil {
		t.Fatal(err)
	}
	check(n, "a key that was replaced", ask(n.db).Key.PEM, "new")
	until("the new key", func(s storage.Sender) bool { return s.Key.PEM == "new" })

	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Block(ctx, tx, "peer.example", "spam")
		return err
	})
	check(n, "blocked", ask(n.db).Blocked, true)
	until("the block", func(s storage.Sender) bool { return s.Blocked })
	blocked, err := n.db.Blocked(ctx, "peer.example")
	check(n, "the host blocked", blocked && err == nil, true)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Unblock(ctx, tx, "peer.example", "sorry")
		return err
	})
	check(n, "unblocked", ask(n.db).Blocked, false)
	blocked, err = n.db.Blocked(ctx, "peer.example")
	check(n, "the host unblocked", !blocked && err == nil, true)

	if err := n.db.SaveKeys(ctx, ann.URI, nil); err != nil {
		t.Fatal(err)
	}
	check(n, "a key that was taken back", ask(n.db).Held, false)
	until("the end of the key", func(s storage.Sender) bool { return !s.Held })
}

// Nothing is remembered while nobody listens for changes.
func TestSenderUnheard(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	bea := n.stranger("bea", "peer.example")
	for _, want := range []string{"key of bea", "changed"} {
		s, err := n.db.Sender(t.Context(), []string{bea.Host}, bea.KeyID)
		if err != nil || s.Key.PEM != want {
			t.Errorf("key = %q, %v, want %q", s.Key.PEM, err, want)
		}
		n.exec(`update actor_key set public_pem = 'changed'`)
	}
}
