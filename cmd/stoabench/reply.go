package main

import (
	"context"

	"stoa/federation/fedtest"
)

const replyTarget = 1.0

// reply measures notes by people who are known, in answer to posts of a
// community that nobody follows: accepted, verified, rendered, stored, counted.
// Each is announced to the server of whoever wrote it, as all notes are: that is
// delivery, for which there is a target of its own, so servers are held
// meanwhile, and what telling them takes is measured by itself.
func (b *bench) reply(ctx context.Context) error {
	r, err := b.newRig(ctx, "reply", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	n := b.o.size(1500)
	if err := r.muster(ctx, min(n, 500)); err != nil {
		return err
	}
	var sample []letter
	var told []cost
	var echoes figures
	costs, err := r.costs(ctx, always, func(ctx context.Context) (work, error) {
		posts, err := r.addPosts(ctx, max(n/50, 1))
		if err != nil {
			return work{}, err
		}
		author := fedtest.Mention{ID: r.author.ID, Handle: r.author.Handle()}
		letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
			a := r.crew[i%len(r.crew)]
			note := a.Create(fedtest.Post{
				Community: r.community("porch"), InReplyTo: posts[i%len(posts)], ParentBy: author,
				Markdown: text, HTML: "<p>" + text + "</p>",
			})
			return a, note
		})
		if err != nil {
			return work{}, err
		}
		sample = letters
		if len(told) > 0 { // the run before it has made their servers known
			if err := r.hold(ctx); err != nil {
				return work{}, err
			}
		}
		return work{
			n:  n,
			do: func(context.Context) error { return r.send(letters) },
			after: func(ctx context.Context) error {
				had := r.deliveries()
				c, err := r.cost(ctx, work{n: n, do: r.release})
				told = append(told, c)
				echoes = append(echoes, float64(r.deliveries()-had)/float64(n))
				return err
			},
		}, nil
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "comment", n*(runs+1)); err != nil {
		return err
	}
	told, echoes = told[1:runs+1], echoes[1:runs+1]
	b.sayf("%v", line{what: "reply note, known actor: CPU", unit: "ms", figures: of(costs, cost.each), target: replyTarget})
	sign, err := signTime(ctx, r.author)
	if err != nil {
		return err
	}
	b.sayf("  and for %s announcements of each to the author's server %s (%s–%s) ms, of which RSA signatures %s",
		digits(echoes.median()), digits(of(told, cost.each).median()), digits(of(told, cost.each).least()), digits(of(told, cost.each).greatest()),
		digits(echoes.median()*sign.Seconds()*1000))
	if err := b.shares(r, costs); err != nil {
		return err
	}
	r.report(costs, replyTarget)
	return b.alone(r, sample)
}

// deliveries counts what all peers of the rig were sent.
func (r *rig) deliveries() int {
	n := 0
	for _, p := range r.peers {
		n += p.Total()
	}
	return n
}
