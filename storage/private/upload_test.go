package private_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"stoa/federation/account"
)

// A share of each account and a budget of the node bound what is kept, and a picture
// that is here already costs nothing more.
func TestUploadsHaveABudget(t *testing.T) {
	n := newNode(t)
	bob := n.person("dora")
	send := func(person int64, name string, bytes, budget int64, want bool) {
		t.Helper()
		ok, err := n.own.AddUpload(t.Context(), person, account.Upload{Name: name, Type: "image/png", Bytes: bytes}, budget, noon)
		if n.must(err); ok != want {
			t.Errorf("%s of %d bytes with %d in all: %v", name, bytes, budget, ok)
		}
	}
	send(n.ann, "a", 60, 100, true)
	send(bob, "b", 60, 100, false)
	send(bob, "c", 40, 100, true)
	send(bob, "d", 1, 100, false)
	send(bob, "d", 1, 101, true)
	send(n.ann, "e", account.MaxUploads-60, 1<<40, true)
	send(n.ann, "f", 1, 1<<40, false)
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
		if ok, err := n.own.AddUpload(t.Context(), n.ann, account.Upload{Name: name, Type: "image/png", Bytes: 1}, 1<<30, noon); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	at := func(i int) string { return "https://node.test/pictures/" + names[i] }
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := n.db.Pool().Exec(t.Context(), sql, args...)
		n.must(err)
	}
	exec(`insert into community (uri, name, host, local) values ('https://node.test/c/go', 'go', 'node.test', true)`)
	exec(`update person set avatar_url = $1, banner_url = $2 where id = $3`, at(0), at(1), n.ann)
	exec(`update community set icon_url = $1, banner_url = $2`, at(2), at(3))
	exec(`insert into draft (person_id, place, fields, at) values ($1, 'post', jsonb_build_object('pictures', jsonb_build_array(jsonb_build_object('name', $2::text))), $3)`, n.ann, names[4], noon)
	exec(`insert into held (person_id, fields, at) values ($1, jsonb_build_object('pictures', jsonb_build_array(jsonb_build_object('name', $2::text))), $3)`, n.ann, names[5], noon)
	dropped := func(after time.Duration) []string {
		t.Helper()
		all, err := n.own.DropUploads(t.Context(), noon.Add(after))
		n.must(err)
		slices.Sort(all)
		return all
	}
	if got := dropped(23 * time.Hour); len(got) != 0 {
		t.Errorf("%v go within a day", got)
	}
	if got := dropped(25 * time.Hour); !slices.Equal(got, names[6:]) {
		t.Errorf("%v go, want what nothing has", got)
	}
	exec(`update person set avatar_url = '', banner_url = ''`)
	exec(`update community set icon_url = '', banner_url = ''`)
	exec(`delete from draft`)
	exec(`delete from held`)
	if got := dropped(25 * time.Hour); !slices.Equal(got, names[:6]) {
		t.Errorf("%v go, want all that is left", got)
	}
}
