package private_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

func (n *node) inTx(do func(own private.Store) error) error {
	return n.db.InTx(n.Context(), func(_ context.Context, tx *storage.Tx) error { return do(private.In(tx)) })
}

func (n *node) community(name string) (id int64) {
	n.Helper()
	n.must(n.db.Pool().QueryRow(n.Context(), `insert into community (uri, name, host, local, inbox, followers_url, key_id, published_at)
		values ('https://node.test/c/' || $1, $1, 'node.test', true, 'i', 'f', 'k', now()) returning id`, name).Scan(&id))
	return id
}

func (n *node) collect(person int64, name string) (id int64) {
	n.Helper()
	n.must(n.inTx(func(own private.Store) (err error) {
		id, err = own.Collect(n.Context(), person, name, noon)
		return err
	}))
	return id
}

func (n *node) put(person, collection, community int64) error {
	return n.inTx(func(own private.Store) error { return own.Put(n.Context(), person, collection, community, noon) })
}

// A collection is its owner's: nobody else lists, fills, renames or drops it. It goes
// with the account.
func TestCollections(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	n.open(n.bob, "")
	goes, cats := n.community("go"), n.community("cats")
	reading := n.collect(n.ann, "Reading")
	n.collect(n.bob, "Reading")
	for i := range 2 { // twice is once
		if err := n.put(n.ann, reading, goes); err != nil {
			t.Fatal(i, err)
		}
	}
	n.must(n.put(n.ann, reading, cats))
	if list, err := n.own.Collections(t.Context(), n.ann, cats); err != nil || len(list) != 1 || list[0] != (forum.Collection{ID: reading, Name: "Reading", Communities: 2, Has: true}) {
		t.Errorf("%+v %v", list, err)
	}
	for what, err := range map[string]error{
		"fills":           n.put(n.bob, reading, goes),
		"renames":         n.own.RenameCollection(t.Context(), n.bob, reading, "Mine"),
		"drops":           n.own.DropCollection(t.Context(), n.bob, reading),
		"of no such id":   n.put(n.ann, reading, 999),
		"no collection":   n.put(n.ann, 999, goes),
		"renames nothing": n.own.RenameCollection(t.Context(), n.ann, 999, "x"),
	} {
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	n.must(n.own.Take(t.Context(), n.bob, reading, cats))
	if list, err := n.own.Collected(t.Context(), n.bob, reading); err != nil || len(list) != 0 {
		t.Errorf("another sees %+v %v", list, err)
	}
	list, err := n.own.Collected(t.Context(), n.ann, reading)
	if err != nil || len(list) != 2 || list[0].Name != "cats" || list[1].Name != "go" {
		t.Errorf("%+v %v", list, err)
	}
	n.must(n.own.Take(t.Context(), n.ann, reading, cats))
	other := n.collect(n.ann, "Other")
	if err := n.own.RenameCollection(t.Context(), n.ann, other, "READING"); !errors.Is(err, account.ErrCollectionTaken) {
		t.Errorf("two have one name: %v", err)
	}
	n.must(n.own.RenameCollection(t.Context(), n.ann, other, "Second"))
	n.must(n.own.DropCollection(t.Context(), n.ann, other))
	n.must(n.own.Close(t.Context(), n.ann))
	var left int
	n.must(n.db.Pool().QueryRow(t.Context(), `select (select count(*) from collection) * 100 + (select count(*) from collected)`).Scan(&left))
	if left != 100 {
		t.Errorf("of the account are left: %d", left)
	}
}

// The bounds hold, also against requests at the same moment.
func TestCollectionBounds(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	for i := range account.MaxCollections - 2 {
		n.collect(n.ann, fmt.Sprint("Number ", i))
	}
	n.collect(n.ann, "The last but one")
	// Of two at the same moment one waits for the other.
	second := make(chan error, 1)
	waits := true
	n.must(n.inTx(func(own private.Store) error {
		if _, err := own.Collect(t.Context(), n.ann, "The last", noon); err != nil {
			return err
		}
		go func() {
			second <- n.inTx(func(own private.Store) error {
				_, err := own.Collect(n.Context(), n.ann, "One too many", noon)
				return err
			})
		}()
		select {
		case err := <-second:
			waits = false
			second <- err
		case <-time.After(200 * time.Millisecond): // as long as nobody has ended first
		}
		return nil
	}))
	list, err := n.own.Collections(t.Context(), n.ann, 0)
	if no := <-second; !waits || !errors.Is(no, account.ErrCollections) || err != nil || len(list) != account.MaxCollections {
		t.Errorf("%d collections, the last of them: %v %v", len(list), no, err)
	}
	_, err = n.db.Pool().Exec(t.Context(), `insert into community (uri, name, host, local, inbox, followers_url, key_id, published_at)
		select 'https://node.test/c/' || x, 'n' || x, 'node.test', true, '', 'f', 'k', now() from generate_series(1, $1) x`, account.MaxCollected+3)
	n.must(err)
	_, err = n.db.Pool().Exec(t.Context(), `insert into collected select $1, id, now() from community order by id limit $2`, list[0].ID, account.MaxCollected-1)
	n.must(err)
	last := int64(account.MaxCollected)
	n.must(n.put(n.ann, list[0].ID, last))
	if err := n.put(n.ann, list[0].ID, last+1); !errors.Is(err, account.ErrCollectionFull) {
		t.Errorf("one more than fits: %v", err)
	}
	n.must(n.put(n.ann, list[0].ID, last)) // which is in it
	for name, want := range map[string]string{"": "no-collection-name", " \t": "no-collection-name", strings.Repeat("x", 51): "collection-name-too-long", " a  b ": ""} {
		is, no := account.CheckCollection(name)
		if no != nil && no.Reason != want || no == nil && (want != "" || is != "a b") {
			t.Errorf("%q: %q %v", name, is, no)
		}
	}
}
