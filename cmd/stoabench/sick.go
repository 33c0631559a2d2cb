package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
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
	a, err := r.newAudience(ctx, n, fedtest.Lemmy)
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

const (
	livingTarget = 5 // seconds
	creepAnswer  = 8 * time.Second
)

// living measures how soon a post is with 95 in 100 of those servers of a big audience
// that are well, a sixth being dead and a sixth so slow that it nearly counts as dead.
// Those who were well until now are in the first figure, and later ones tell what is so
// once that has shown.
func (b *bench) living(ctx context.Context) error {
	r, err := b.newRig(ctx, "living", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	if err := r.muster(ctx, 0); err != nil {
		return err
	}
	n := b.o.size(2000)
	a, err := r.newAudience(ctx, n, fedtest.Lemmy)
	if err != nil {
		return err
	}
	if err := a.follow(ctx, "porch", a.peers); err != nil {
		return err
	}
	// Not in the order in which they followed: a sick one among each three.
	var well []*fedtest.Peer
	for i, p := range a.peers {
		switch i % 6 {
		case 1:
			p.Close()
		case 4:
			a.answers(p, fedtest.Reply{Delay: creepAnswer})
		default:
			well = append(well, p)
		}
	}
	var most, last, server, postgres figures
	for range runs + 1 {
		time.Sleep(time.Second) // servers that have been told all are let go meanwhile
		before, err := r.usage()
		if err != nil {
			return err
		}
		doc := r.post("porch")
		accepted, err := a.speak(ctx, doc)
		if err != nil {
			return err
		}
		if _, err := a.came.last(ctx, objectID(doc), well); err != nil {
			return err
		}
		took := a.came.after(objectID(doc), accepted, well)
		most, last = append(most, took.slow()), append(last, took.greatest())
		time.Sleep(settle)
		used, err := r.usage()
		if err != nil {
			return err
		}
		server, postgres = append(server, (used.server-before.server).Seconds()), append(postgres, (used.postgres-before.postgres).Seconds())
	}
	b.sayf("%v", line{what: fmt.Sprintf("95 %% of the living of %d servers have a post", n), unit: "s", figures: most, target: livingTarget})
	b.sayf("  one after the other %s; the last of %d after %s (%s–%s) s", list(most), len(well), digits(last.median()), digits(last.least()), digits(last.greatest()))
	b.sayf("  CPU until then: server %s, Postgres %s s", digits(server.median()), digits(postgres.median()))
	return nil
}

func list(f figures) string {
	words := make([]string, len(f))
	for i, v := range f {
		words[i] = digits(v)
	}
	return strings.Join(words, ", ")
}
