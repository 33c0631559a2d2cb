package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"stoa/federation/fedtest"
)

const (
	sickTarget = 1.25
	slowAnswer = 2 * time.Second
)

// sick measures what servers that are slow, broken or away cost the others: one
// community is followed by healthy servers, another one by the same and by sick
// ones, and posts go to the two in turns.
func (b *bench) sick(ctx context.Context) error {
	r, err := b.newRig(ctx, "sick", "main", "", "alone", "mixed")
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.muster(ctx, 0); err != nil {
		return err
	}
	n := max(b.o.size(200), 40)
	a, err := r.newAudience(ctx, n)
	if err != nil {
		return err
	}
	slow, broken, away, healthy := a.peers[:n/10], a.peers[n/10:n/10+n/20], a.peers[n/10+n/20:n/5], a.peers[n/5:]
	if err := a.follow(ctx, "mixed", a.peers); err != nil {
		return err
	}
	if err := a.follow(ctx, "alone", healthy); err != nil {
		return err
	}
	for _, p := range away {
		p.Close() // for good: whoever refuses connections does so between the runs as well
	}
	ails := append(append([]*fedtest.Peer(nil), slow...), broken...)
	var without, with, ratios figures
	for i := range runs + 1 {
		for _, p := range ails {
			a.healthy(p)
		}
		time.Sleep(time.Second)
		_, alone, err := a.tell(ctx, "alone", healthy)
		if err != nil {
			return fmt.Errorf("without sick servers: %w", err)
		}
		time.Sleep(time.Second)
		for _, p := range slow {
			a.answers(p, fedtest.Reply{Delay: slowAnswer})
		}
		for _, p := range broken {
			a.answers(p, fedtest.Reply{Status: http.StatusServiceUnavailable})
		}
		_, mixed, err := a.tell(ctx, "mixed", healthy)
		if err != nil {
			return fmt.Errorf("with sick servers: %w", err)
		}
		// A moment of sickness more, then they recover and are told what they missed.
		time.Sleep(slowAnswer + settle)
		for _, p := range ails {
			a.healthy(p)
		}
		object, _, err := a.tell(ctx, "mixed", ails)
		if err != nil {
			return fmt.Errorf("sick servers that recovered, post %s: %w", object, err)
		}
		if i > 0 {
			without, with = append(without, alone.Seconds()), append(with, mixed.Seconds())
			ratios = append(ratios, mixed.Seconds()/alone.Seconds())
		}
	}
	b.sayf("%v", line{
		what: "healthy servers' last delivery, a fifth being sick", unit: "×", figures: ratios,
		middle: with.median() / without.median(), target: sickTarget,
	})
	b.sayf("  %s (%s–%s) to %s (%s–%s) s for %d healthy servers", digits(with.median()), digits(with.least()), digits(with.greatest()),
		digits(without.median()), digits(without.least()), digits(without.greatest()), len(healthy))
	return nil
}
