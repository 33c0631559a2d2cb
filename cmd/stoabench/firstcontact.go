package main

import (
	"context"
	"fmt"

	"stoa/federation/fedtest"
)

const (
	contactTarget = 3.0
	contactGets   = 2
)

// firstContact measures a vote by somebody nobody has heard of: kept, the key
// fetched, verified, the person stored, the vote counted.
func (b *bench) firstContact(ctx context.Context) error {
	r, err := b.newRig(ctx, "first-contact", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.muster(ctx, 0); err != nil {
		return err
	}
	home, err := r.peer(ctx, fedtest.Options{Software: fedtest.Lemmy, Name: "strangers"})
	if err != nil {
		return err
	}
	n := b.o.size(400)
	posts, err := r.addPosts(ctx, 1)
	if err != nil {
		return err
	}
	var gets figures
	batch := 0
	costs, err := r.costs(ctx, contactTarget, func(ctx context.Context) (work, error) {
		batch++
		letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
			a := home.Person(fmt.Sprintf("stranger%d_%d", batch, i))
			like := a.Like(posts[0], r.community("porch"))
			return a, like
		})
		home.Forget()
		return work{n: n, do: func(ctx context.Context) error {
			err := r.send(letters)
			if err == nil {
				err = r.quiet(ctx)
			}
			gets = append(gets, float64(len(home.Fetched()))/float64(n))
			return err
		}}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "vote", n*(runs+1)+r.posts); err != nil {
		return err
	}
	b.sayf("%v", line{what: "first contact, a Like by an unknown actor: CPU", unit: "ms", figures: of(costs, cost.each), target: contactTarget})
	b.sayf("%v", line{what: "  GETs at the actor's server", unit: "", figures: gets[1 : runs+1], target: contactGets})
	b.sayf("  server %s, Postgres %s ms", digits(of(costs, serverShare).median()), digits(of(costs, postgresShare).median()))
	r.report(costs, contactTarget)
	return nil
}
