package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
)

const likeTarget = 0.28

// like measures votes by people who are known, on posts of a community that
// nobody follows: accepted, verified, stored, counted.
func (b *bench) like(ctx context.Context) error {
	r, err := b.newRig(ctx, "like", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	n := b.o.size(5000)
	if err := r.muster(ctx, min(n, 1000)); err != nil {
		return err
	}
	var sample []letter
	costs, err := r.costs(ctx, always, func(ctx context.Context) (work, error) {
		letters, err := r.likes(ctx, n)
		sample = letters
		return work{n: n, do: func(context.Context) error { return r.send(letters) }}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "vote", n*(runs+1)+r.posts); err != nil {
		return err
	}
	b.sayf("%v", line{what: "signed Like, known actor: CPU", unit: "ms", figures: of(costs, cost.each), target: likeTarget})
	if err := errors.Join(b.shares(r, costs), b.alone(r, sample)); err != nil {
		return err
	}
	r.report(costs, likeTarget)
	return nil
}

// likes prepares n votes: everybody of the crew on each of some new posts.
func (r *rig) likes(ctx context.Context, n int) ([]letter, error) {
	posts, err := r.addPosts(ctx, (n+len(r.crew)-1)/len(r.crew))
	if err != nil {
		return nil, err
	}
	return r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
		a := r.crew[i%len(r.crew)]
		like := a.Like(posts[i/len(r.crew)], r.community("porch"))
		return a, like
	})
}

// alone prints what the checks take by themselves, in this process: what there is
// to be saved round them is the difference to the shares above.
func (b *bench) alone(r *rig, sample []letter) error {
	signature, err := checkTime(r.url, sample)
	if err != nil {
		return err
	}
	bodies := make([][]byte, len(sample))
	for i := range sample {
		if bodies[i], err = bodyOf(sample[i].request); err != nil {
			return err
		}
	}
	decode, err := perCall(len(bodies), func(i int) error { return decodeOnce(bodies[i%len(bodies)]) })
	if err != nil {
		return err
	}
	b.sayf("  by themselves a signature with its key's text takes %s, decoding %s ms", digits(signature.Seconds()*1000), digits(decode.Seconds()*1000))
	return nil
}

// decodeOnce reads a body as the inbox does in all: bounds and envelope before
// the answer, the activity behind it.
func decodeOnce(body []byte) error {
	if err := ap.Check(body); err != nil {
		return err
	}
	if _, err := ap.ReadEnvelope(body); err != nil {
		return err
	}
	_, err := ap.ReadActivity(body)
	return err
}

func bodyOf(r *http.Request) ([]byte, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(body)
}

// bigTarget is how much dearer a vote may be among very many.
const bigTarget = 1.3

// likeBig measures votes on a node whose vote table is big, in turns with one
// whose is empty. Each has a Postgres of its own.
func (b *bench) likeBig(ctx context.Context) error {
	crowd, err := b.crowd(ctx)
	if err != nil {
		return err
	}
	n := b.o.size(2000)
	var sides [2]*rig
	defer func() {
		for _, r := range sides {
			if r != nil {
				r.close()
			}
		}
	}()
	for i, from := range []struct{ name, cluster, template string }{{"like-empty", "main", ""}, {"like-big", "crowd", crowd}} {
		if sides[i], err = b.newRig(ctx, from.name, from.cluster, from.template, "porch"); err != nil {
			return err
		}
		if err := sides[i].muster(ctx, min(n, 1000)); err != nil {
			return err
		}
	}
	var all [2][]cost
	var ratios figures
	for i := range runs + 1 {
		var pair [2]cost
		for s, r := range sides {
			letters, err := r.likes(ctx, n)
			if err != nil {
				return err
			}
			w := work{n: n, do: func(context.Context) error { return r.send(letters) }}
			if pair[s], err = r.cost(ctx, w); err != nil {
				return err
			}
		}
		if i > 0 {
			all[0], all[1] = append(all[0], pair[0]), append(all[1], pair[1])
			ratios = append(ratios, pair[1].each()/pair[0].each())
		}
	}
	for s, want := range []int{0, b.o.votes} {
		if err := sides[s].applied(ctx, "vote", want+n*(runs+1)+sides[s].posts); err != nil {
			return err
		}
	}
	big, empty := of(all[1], cost.each), of(all[0], cost.each)
	b.sayf("%v", line{what: fmt.Sprintf("the same among %d votes, to an empty table", b.o.votes), unit: "×", figures: ratios, middle: big.median() / empty.median(), target: bigTarget})
	b.sayf("  %s (%s–%s) to %s (%s–%s) ms; Postgres alone %s to %s ms",
		digits(big.median()), digits(big.least()), digits(big.greatest()), digits(empty.median()), digits(empty.least()), digits(empty.greatest()),
		digits(of(all[1], postgresShare).median()), digits(of(all[0], postgresShare).median()))
	if !b.o.profile && big.median()/empty.median() <= bigTarget {
		return nil
	}
	r := sides[1]
	letters, err := r.likes(ctx, n)
	if err != nil {
		return err
	}
	err = r.profile(ctx, all[1][0].wall, func(context.Context) error { return r.send(letters) })
	r.report(all[1], 0)
	return err
}
