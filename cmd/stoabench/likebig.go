package main

import (
	"context"
	"fmt"
)

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
