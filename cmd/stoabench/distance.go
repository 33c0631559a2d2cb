package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"stoa/federation/fedtest"
)

const (
	distanceTarget = 200
	roundTrip      = 300 * time.Millisecond
)

// distance measures how fast a server far away is told of votes, once the window
// has grown.
func (b *bench) distance(ctx context.Context) error {
	r, err := b.newRig(ctx, "distance", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	told, err := r.newReplay(ctx, max(b.o.size(1000), 400))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var at []time.Time
	told.peer.OnPost(func(rec fedtest.Received) fedtest.Reply {
		mu.Lock()
		defer mu.Unlock()
		at = append(at, rec.Time)
		return fedtest.Reply{Delay: roundTrip}
	})
	var steady, whole figures
	costs, err := r.costs(ctx, 0, func(context.Context) (work, error) {
		return work{n: told.n, do: func(ctx context.Context) error {
			mu.Lock()
			at = nil
			mu.Unlock()
			err := told.again(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && len(at) != told.n {
				err = fmt.Errorf("%d deliveries, want %d", len(at), told.n)
			}
			steady, whole = append(steady, steadyRate(at)), append(whole, float64(told.n)/at[len(at)-1].Sub(at[0]).Seconds())
			return err
		}}, nil
	})
	if err != nil {
		return err
	}
	b.sayf("%v", line{
		what: "one server at 300 ms round trip, steady", unit: "/s", figures: steady[1 : runs+1], target: distanceTarget, atLeast: true,
	})
	b.sayf("  %s/s from the first delivery of %d on; %s ms CPU each", digits(whole[1:runs+1].median()), told.n, digits(of(costs, cost.each).median()))
	return nil
}

// steadyRate is how many a second arrived in the later part: the slope of the
// count over time, since they come in bursts of a window.
func steadyRate(at []time.Time) float64 {
	slices.SortFunc(at, time.Time.Compare)
	var x, y []float64
	for i := len(at) * 2 / 5; i < len(at); i++ {
		x, y = append(x, at[i].Sub(at[0]).Seconds()), append(y, float64(i))
	}
	return slope(x, y)
}

const deliveryTarget = 0.95

// delivery measures votes announced to one server over kept-alive plain HTTP.
func (b *bench) delivery(ctx context.Context) error {
	r, err := b.newRig(ctx, "delivery", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	told, err := r.newReplay(ctx, b.o.size(2000))
	if err != nil {
		return err
	}
	costs, err := r.costs(ctx, deliveryTarget, func(context.Context) (work, error) { return work{n: told.n, do: told.again}, nil })
	if err != nil {
		return err
	}
	sign, err := signTime(ctx, r.author)
	if err != nil {
		return err
	}
	b.sayf("%v", line{what: "delivery over kept-alive plain HTTP: CPU", unit: "ms", figures: of(costs, cost.each), target: deliveryTarget})
	one := sign.Seconds() * 1000
	server, postgres := of(costs, serverShare).median(), of(costs, postgresShare).median()
	b.sayf("%v", line{
		what: "  all but the RSA signature", unit: "ms", target: deliveryTarget - referenceSign,
		figures: of(costs, func(c cost) float64 { return c.each() - one }),
	})
	b.sayf("  of which RSA signature %s, rest of the server %s, Postgres %s ms", digits(one), digits(server-one), digits(postgres))
	r.report(costs, deliveryTarget)
	return nil
}
