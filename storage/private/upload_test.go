package private_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/storage"
	"stoa/storage/private"
)

// add sends a picture of so many bytes.
func (n *node) add(person int64, name string, bytes, budget int64, at time.Time) (full account.Room) {
	n.Helper()
	n.step(func(own private.Store) (err error) {
		full, err = own.AddUpload(n.Context(), person, account.Upload{Name: name, Type: "image/png", Bytes: bytes}, budget, at)
		return err
	})
	return full
}

// step does something in a transaction.
func (n *node) step(do func(own private.Store) error) {
	n.Helper()
	n.must(n.db.InTx(n.Context(), func(_ context.Context, tx *storage.Tx) error { return do(private.In(tx)) }))
}

// dropped names the files that can go some time after noon.
func (n *node) dropped(after time.Duration) (all []string) {
	n.Helper()
	n.step(func(own private.Store) (err error) {
		all, err = own.DropUploads(n.Context(), noon.Add(after))
		return err
	})
	slices.Sort(all)
	return all
}

func (n *node) exec(sql string, args ...any) {
	n.Helper()
	_, err := n.db.Pool().Exec(n.Context(), sql, args...)
	n.must(err)
}

// A share of each account and a budget of the node bound what is kept, and a picture
// that is here already costs nothing more.
func TestUploadsHaveABudget(t *testing.T) {
	n := newNode(t)
	bob := n.person("dora")
	send := func(person int64, name string, bytes, budget int64, want account.Room) {
		t.Helper()
		if full := n.add(person, name, bytes, budget, noon); full != want {
			t.Errorf("%s of %d bytes with %d in all: %+v", name, bytes, budget, full)
		}
	}
	room, share, node := account.Room{}, account.Room{Share: true}, account.Room{Node: true}
	send(n.ann, "a", 60, 100, room)
	send(bob, "b", 60, 100, node)
	send(bob, "c", 40, 100, room)
	send(bob, "d", 1, 100, node)
	send(bob, "d", 1, 101, room)
	send(n.ann, "e", account.MaxUploads-60, 1<<40, room)
	send(n.ann, "f", 1, 1<<40, share)
	send(n.ann, "a", 60, 1, room)
}

// Of two pictures that come at once, and for which there is room for one, one is kept:
// in the share of an account, and in the budget of the node.
func TestUploadsAtOnce(t *testing.T) {
	n := newNode(t)
	const half = account.MaxUploads/2 + 1
	for what, of := range map[string]struct {
		people [2]int64
		budget int64
	}{"share": {[2]int64{n.ann, n.ann}, 1 << 40}, "budget": {[2]int64{n.ann, n.bob}, account.MaxUploads}} {
		n.exec(`delete from upload`)
		var taken atomic.Int32
		var both, ready sync.WaitGroup
		ready.Add(2)
		for i, person := range of.people {
			both.Go(func() {
				first := true
				err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
					if first { // both transactions have begun before either counts
						first = false
						ready.Done()
						ready.Wait()
					}
					full, err := private.In(tx).AddUpload(ctx, person, account.Upload{Name: fmt.Sprint(i), Type: "image/png", Bytes: half}, of.budget, noon)
					if err == nil && full == (account.Room{}) {
						taken.Add(1)
						time.Sleep(100 * time.Millisecond) // the other would count now
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if taken.Load() != 1 {
			t.Errorf("%s: %d pictures are kept, with room for one", what, taken.Load())
		}
	}
}

// post makes a post of somebody.
func (n *node) post(author int64) (id int64) {
	n.Helper()
	n.exec(`insert into community (uri, name, host, local) values ('https://node.test/c/go', 'go', 'node.test', true) on conflict do nothing`)
	n.must(n.db.Pool().QueryRow(n.Context(), `insert into post (id, uri, community_id, author_id, title, submitted_at, published_at, local)
		select nextval('post_id_seq'), 'https://node.test/post/' || gen_random_uuid(), c.id, $1, 'Post', $2, $2, true from community c limit 1 returning id`, author, noon).Scan(&id))
	return id
}

// A picture stays while any post has it, and goes with the last of them: when that is
// purged, when its words are blanked, when it has the picture no more. What its author
// still uses elsewhere, and what others have sent too, stays.
func TestUploadsOfSeveralPosts(t *testing.T) {
	n := newNode(t)
	name := func(i int) string { return fmt.Sprintf("%040d.png", i) }
	use := func(person, post int64, pictures ...int) {
		t.Helper()
		var names []string
		for _, i := range pictures {
			names = append(names, name(i))
		}
		n.step(func(own private.Store) error { return own.UseUploads(t.Context(), person, names, post) })
	}
	goes := func(what string, want ...int) {
		t.Helper()
		var names []string
		for _, i := range want {
			names = append(names, name(i))
		}
		if got := n.dropped(48 * time.Hour); !slices.Equal(got, names) {
			t.Errorf("%s: %v go, want %v", what, got, names)
		}
	}
	for i := range 4 {
		n.add(n.ann, name(i), 1, 1<<30, noon)
	}
	n.add(n.bob, name(3), 1, 1<<30, noon)
	a, b, c, d := n.post(n.ann), n.post(n.ann), n.post(n.ann), n.post(n.bob)
	use(n.ann, a, 0, 1, 2, 3)
	use(n.ann, b, 0, 1)
	use(n.ann, c, 0)
	use(n.bob, d, 3)
	n.exec(`update person set avatar_url = 'https://node.test/pictures/' || $1 where id = $2`, name(2), n.ann)
	goes("all are used")
	n.exec(`update post set state = 3 where id = $1`, a)
	goes("the first post is purged; the profile has one of its pictures, bob another", 3)
	if files, err := n.own.GoneUploads(t.Context(), ""); err != nil || len(files) != 0 {
		t.Errorf("the file of another goes: %v %v", files, err)
	}
	use(n.ann, b, 0)
	goes("the second post has it no more", 1)
	n.exec(`update post set state = 1 where id = $1`, b)
	n.exec(`update post set state = 3 where id = $1`, c)
	goes("the deletion of the last post can still be taken back")
	n.exec(`update post set blanked = true where id = $1`, b)
	goes("the last post is blanked", 0)
	n.exec(`update person set avatar_url = ''`)
	goes("the profile has another one", 2)
	n.exec(`update post set state = 3 where id = $1`, d)
	goes("bob's is purged too", 3)
	all := []string{name(0), name(1), name(2), name(3)}
	if files, err := n.own.GoneUploads(t.Context(), ""); err != nil || !slices.Equal(files, all) {
		t.Errorf("%v go: %v", files, err)
	}
	n.must(n.own.UploadRemoved(t.Context(), name(3)))
	if files, err := n.own.GoneUploads(t.Context(), name(0)); err != nil || !slices.Equal(files, all[1:3]) {
		t.Errorf("%v are left to go: %v", files, err)
	}
	if err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return private.In(tx).UseUploads(ctx, n.ann, []string{name(0)}, c)
	}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("what is gone is used: %v", err)
	}
}

// What was sent long ago and is sent again is as good as new: whoever writes has a day.
func TestUploadSentAgain(t *testing.T) {
	n := newNode(t)
	n.add(n.ann, "a", 1, 1<<30, noon)
	n.add(n.ann, "a", 1, 1<<30, noon.Add(40*time.Hour))
	if got := n.dropped(48 * time.Hour); len(got) != 0 {
		t.Errorf("%v go within a day", got)
	}
	if got := n.dropped(65 * time.Hour); len(got) != 1 {
		t.Errorf("%v go", got)
	}
}

// A picture stays while anything has it: a profile, a banner, a community, a draft, what
// waits for release. A day after nothing has it, it goes.
func TestUploadsGoWithWhatHasThem(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "ann@mail.test")
	names := []string{}
	for i := range 7 {
		name := fmt.Sprintf("%040d.png", i)
		names = append(names, name)
		n.add(n.ann, name, 1, 1<<30, noon)
	}
	at := func(i int) string { return "https://node.test/pictures/" + names[i] }
	n.exec(`insert into community (uri, name, host, local) values ('https://node.test/c/go', 'go', 'node.test', true)`)
	n.exec(`update person set avatar_url = $1, banner_url = $2 where id = $3`, at(0), at(1), n.ann)
	n.exec(`update community set icon_url = $1, banner_url = $2`, at(2), at(3))
	n.exec(`insert into draft (person_id, place, fields, at) values ($1, 'post', jsonb_build_object('pictures', jsonb_build_array(jsonb_build_object('name', $2::text))), $3)`, n.ann, names[4], noon)
	n.exec(`insert into held (person_id, fields, at) values ($1, jsonb_build_object('pictures', jsonb_build_array(jsonb_build_object('name', $2::text))), $3)`, n.ann, names[5], noon)
	if got := n.dropped(23 * time.Hour); len(got) != 0 {
		t.Errorf("%v go within a day", got)
	}
	if got := n.dropped(25 * time.Hour); !slices.Equal(got, names[6:]) {
		t.Errorf("%v go, want what nothing has", got)
	}
	n.exec(`update person set avatar_url = '', banner_url = ''`)
	n.exec(`update community set icon_url = '', banner_url = ''`)
	n.exec(`delete from draft`)
	n.exec(`delete from held`)
	if got := n.dropped(25 * time.Hour); !slices.Equal(got, names[:6]) {
		t.Errorf("%v go, want all that is left", got)
	}
}
