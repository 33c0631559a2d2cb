package storage_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// Many act at once on the same few posts, in batches of any order. Everything is
// counted in the end, and nothing fails: what deadlocks is left is tried again
// and told in numbers.
func TestManyAtOnce(t *testing.T) {
	const workers, rounds, batch = 16, 12, 6
	n := newNode(t)
	dice := seeded(t)
	places := []forum.Community{n.community("one"), n.community("two")}
	var people []forum.Person
	for i := range workers {
		people = append(people, n.stranger(fmt.Sprint("p", i), fmt.Sprintf("host%d.test", i%4)))
	}
	var objects []string
	for i := range 6 {
		s := said(people[i], places[i%2], "A post")
		s.Crossposts = []int64{places[(i+1)%2].ID}
		p := n.submit(from(s, fmt.Sprint("/first/", i)))
		objects = append(objects, p.URI, n.reply(people[i], p.URI, "A comment").URI)
	}
	deadlocks := n.number(`select deadlocks from pg_stat_database where datname = current_database()`)
	plans := make([]func() error, 0, workers*rounds)
	for i := range workers * rounds {
		var votes []forum.Vote
		var replies []forum.Reply
		var posts []forum.Submit
		var follows []forum.Follow
		for k := range batch {
			by, object := people[dice.IntN(workers)], objects[dice.IntN(len(objects))]
			id := fmt.Sprintf("act/%d/%d", i, k)
			votes = append(votes, like(by, object, dice.IntN(3)-1, n.tick(), id))
			r := answer(by, object, "hello")
			// Some are sent twice, by two batches at once.
			r.Comment.URI = fmt.Sprintf("https://%s/reply/%d", by.Host, dice.IntN(workers*rounds*batch/2))
			r.Origin.Activity = r.Comment.URI + "/create"
			replies = append(replies, r)
			s := said(by, places[dice.IntN(2)], "Another")
			posts = append(posts, from(s, fmt.Sprint("/post/", dice.IntN(workers*rounds*batch/2))))
			f := ask(by, places[dice.IntN(2)], id)
			f.Undo = dice.IntN(2) == 0
			follows = append(follows, f)
		}
		object := objects[dice.IntN(len(objects))]
		verb := func(ctx context.Context, tx *storage.Tx) (err error) {
			_, err = n.forum.Vote(ctx, tx, votes)
			return err
		}
		switch i % 5 {
		case 1:
			verb = func(ctx context.Context, tx *storage.Tx) (err error) {
				_, err = n.forum.Reply(ctx, tx, replies)
				return err
			}
		case 2:
			verb = func(ctx context.Context, tx *storage.Tx) (err error) {
				_, err = n.forum.Follow(ctx, tx, follows)
				return err
			}
		case 3:
			verb = func(ctx context.Context, tx *storage.Tx) (err error) {
				_, err = n.forum.Submit(ctx, tx, posts)
				return err
			}
		case 4:
			verb = func(ctx context.Context, tx *storage.Tx) error {
				if _, err := n.forum.Remove(ctx, tx, object, "on purpose"); err != nil {
					return err
				}
				_, err := n.forum.Restore(ctx, tx, object, "on purpose")
				return err
			}
		}
		plans = append(plans, func() error { return n.db.InTx(t.Context(), verb) })
	}
	var next, failed atomic.Int64
	var together sync.WaitGroup
	for range workers {
		together.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(plans); i = next.Add(1) - 1 {
				if err := plans[i](); err != nil && failed.Add(1) < 5 {
					t.Errorf("transaction %d: %v", i, err)
				}
			}
		})
	}
	together.Wait()
	n.sound()
	n.exec(`select pg_stat_force_next_flush()`)
	t.Logf("%d deadlocks in %d transactions", n.number(`select deadlocks from pg_stat_database where datname = current_database()`)-deadlocks, len(plans))
}

// Two transactions that lock the same posts and comments in opposite order of
// their acts do not wait for each other in a ring.
func TestVotesCrosswise(t *testing.T) {
	n := newNode(t)
	ada, place := n.person("ada"), n.place()
	bob, eve := n.stranger("bob", "mastodon.test"), n.stranger("eve", "lemmy.test")
	var there, back []forum.Vote
	for range 20 {
		p := n.submit(said(ada, place, "A post"))
		m := n.reply(ada, p.URI, "A comment")
		there = append(there, forum.Vote{Voter: bob, Object: p.URI, Dir: 1}, forum.Vote{Voter: bob, Object: m.URI, Dir: 1})
		back = append([]forum.Vote{{Voter: eve, Object: m.URI, Dir: 1}, {Voter: eve, Object: p.URI, Dir: 1}}, back...)
	}
	var together sync.WaitGroup
	for round := range 10 {
		for _, votes := range [][]forum.Vote{there, back} {
			mine := make([]forum.Vote, len(votes))
			copy(mine, votes)
			for i := range mine {
				mine[i].Dir = round%3 - 1
			}
			together.Go(func() {
				// Once, so that a deadlock is seen and not tried again.
				tries := 0
				err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
					tries++
					_, err := n.forum.Vote(ctx, tx, mine)
					return err
				})
				if err != nil || tries > 1 {
					t.Errorf("%d tries: %v", tries, err)
				}
			})
		}
	}
	together.Wait()
	n.sound()
}
