package storage_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// Reading costs the same however much there is to read: each list, a page deep in
// it, a search and a thread are held to a number of buffers, which a walk over the
// data here exceeds many times. STOA_LARGE=1000000 fills in as many posts and ten
// times as many votes.
func TestReadingIsBounded(t *testing.T) {
	posts := 50_000
	if n, err := strconv.Atoi(os.Getenv("STOA_LARGE")); err == nil {
		posts = n
	}
	dsn := storagetest.DSN(t, migrated)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if err := storagetest.Fill(t.Context(), conn, base, posts, posts*map[bool]int{true: 2, false: 10}[posts == 50_000]); err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(t.Context(), dsn, storage.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	// With one connection left, what it read is counted before it is asked for.
	other, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Release)
	r := db.Reader()
	count := func() (n int) {
		const all = `select (select sum(heap_blks_hit + heap_blks_read + coalesce(toast_blks_hit + toast_blks_read, 0)) from pg_statio_user_tables)
			+ (select sum(idx_blks_hit + idx_blks_read) from pg_statio_user_indexes)`
		if _, err := db.Pool().Exec(t.Context(), `select pg_stat_force_next_flush()`); err != nil {
			t.Fatal(err)
		}
		if err := db.Pool().QueryRow(t.Context(), all).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	bound := func(what string, most int, read func() (int, error)) {
		t.Helper()
		if _, err := read(); err != nil { // also plans
			t.Fatalf("%s: %v", what, err)
		}
		before := count()
		began := time.Now()
		found, err := read()
		took := time.Since(began)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		buffers := count() - before
		t.Logf("%-32s %6d buffers, %3d found, %v", what, buffers, found, took.Round(10*time.Microsecond))
		// What the whole database reads is counted, and a vacuum may be passing.
		for again := 0; again < 3 && buffers > most; again++ {
			before = count()
			if _, err := read(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			buffers = count() - before
		}
		if buffers > most || buffers == 0 {
			t.Errorf("%s: read %d buffers, want at most %d", what, buffers, most)
		}
		if found == 0 {
			t.Errorf("%s: nothing found", what)
		}
	}
	list := func(what string, most int, l forum.List) {
		t.Helper()
		l.Limit = 25
		bound(what, most, func() (int, error) {
			page, err := r.Posts(t.Context(), l)
			return len(page.Items), err
		})
		for range 20 {
			page, err := r.Posts(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			if page.Next == "" {
				return
			}
			l.After = page.Next
		}
		bound(what+", deep", most, func() (int, error) {
			page, err := r.Posts(t.Context(), l)
			return len(page.Items), err
		})
	}
	// Somebody who follows every other community, quiet ones among them.
	const follower = 1
	for _, sql := range []string{
		`insert into community (uri, name, host, local, title) select 'https://far.test/c/quiet' || k, 'quiet' || k, 'far.test', false, '' from generate_series(1, 100) k`,
		`insert into follow (person_id, community_id, state, at) select 1, id, 2, now() from community where id % 2 = 0`,
		`analyze community, follow`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	// What was submitted in a short while is read whole, so it grows with the posts of
	// a day, though not with those of all times.
	window := 6000 * max(1, posts/50_000)
	ago := func(days int) time.Time { return time.Now().AddDate(0, 0, -days) }
	for _, sort := range []forum.Sort{forum.SortHot, forum.SortActive, forum.SortNew, forum.SortOld, forum.SortTop, forum.SortControversial, forum.SortComments, forum.SortScaled} {
		list(string(sort), 1200, forum.List{Sort: sort})
		list(string(sort)+" in one", 1200, forum.List{Sort: sort, CommunityID: 3})
		list(string(sort)+" of what one follows", map[bool]int{false: 2500, true: window}[sort == forum.SortScaled], forum.List{Sort: sort, Follower: follower})
	}
	for _, sort := range []forum.Sort{forum.SortTop, forum.SortControversial, forum.SortComments} {
		for _, days := range []int{1, 7, 30, 365} {
			list(string(sort)+" of days "+strconv.Itoa(days), window, forum.List{Sort: sort, Since: ago(days)})
			list(string(sort)+" followed, of days "+strconv.Itoa(days), max(window, 9000), forum.List{Sort: sort, Since: ago(days), Follower: follower})
		}
		list(string(sort)+" of a week in one", window, forum.List{Sort: sort, CommunityID: 1, Since: ago(7)})
	}
	for _, sort := range []forum.Sort{forum.SortNew, forum.SortOld, forum.SortTop} {
		list(string(sort)+" of one author", 6000, forum.List{Sort: sort, AuthorID: 5})
	}
	for _, q := range []string{"w1", "w1 w2 w3", `"w1 w1"`, "w40", "w300", "w3000", "w19000 -w9000", storagetest.Rare, "in:c3 w5", "author:p5@far.test", "has:link w2", "w1 before:2025-06-01", "w1 -w2"} {
		for _, sort := range []forum.SearchSort{forum.ByRelevance, forum.ByNewest} {
			s := forum.ParseSearch(q)
			s.Sort, s.Limit = sort, 25
			bound("search "+string(sort)+" "+q, 20_000, func() (int, error) {
				found, err := r.Search(t.Context(), s)
				return len(found.Posts), err
			})
		}
	}
	for _, kind := range []forum.SearchKind{forum.FindPeople, forum.FindCommunities, forum.FindComments} {
		s := forum.Search{Kind: kind, Text: map[forum.SearchKind]string{forum.FindPeople: "p77", forum.FindCommunities: "community 17", forum.FindComments: "w2"}[kind]}
		bound("search "+string(kind), 20_000, func() (int, error) {
			found, err := r.Search(t.Context(), s)
			return len(found.People) + len(found.Communities) + len(found.Comments), err
		})
	}
	bound("a thread of 1,000", 15_000, func() (int, error) {
		thread, err := r.Thread(t.Context(), 2)
		return len(thread.Comments), err
	})
	bound("a deep comment among 10,000", 500, func() (int, error) {
		thread, err := r.CommentThread(t.Context(), 3000)
		return len(thread.Comments), err
	})
	// So does what an act needs to know.
	facts := func(what string, ask func(ctx context.Context, tx *storage.Tx) (int, error)) {
		t.Helper()
		bound("facts of "+what, 300, func() (n int, err error) {
			err = db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
				n, err = ask(ctx, tx)
				return err
			})
			return n, err
		})
	}
	by := forum.Person{ID: 5, URI: "https://far.test/users/p5", Host: "far.test"}
	for _, on := range []string{"https://far.test/post/4711", "https://far.test/comment/4711"} {
		facts("an edit of "+on, func(ctx context.Context, tx *storage.Tx) (int, error) {
			w, err := tx.Written(ctx, []string{on}, []forum.Person{by})
			return int(w[0].Post.ID), err
		})
		facts("a vote on "+on, func(ctx context.Context, tx *storage.Tx) (int, error) {
			f, err := tx.VoteFacts(ctx, []forum.Vote{{Voter: by, Object: on, Dir: 1}})
			return int(f[0].Subject.ID), err
		})
		facts("an answer to "+on, func(ctx context.Context, tx *storage.Tx) (int, error) {
			f, err := tx.ReplyFacts(ctx, []forum.Reply{{Comment: forum.Comment{Author: by, InReplyTo: on, URI: "https://far.test/comment/new"}}})
			return int(f[0].Post.ID), err
		})
	}
	bound("where an address leads", 100, func() (int, error) {
		place, err := r.Lookup(t.Context(), "https://far.test/page/4711")
		return int(place.ID), err
	})
}
