package main

import (
	"context"

	"stoa/federation/fedtest"
)

const replyTarget = 1.0

// reply measures notes by people who are known, in answer to posts of a
// community that nobody follows: accepted, verified, rendered, stored, counted,
// and announced to the server of whoever wrote them, as all notes are.
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
	var echoes figures
	costs, err := r.costs(ctx, func(ctx context.Context) (work, error) {
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
		sample = letters
		return work{n, func(ctx context.Context) error {
			had := r.deliveries()
			err := r.send(letters)
			if err == nil {
				err = r.quiet(ctx)
			}
			echoes = append(echoes, float64(r.deliveries()-had)/float64(n))
			return err
		}}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "comment", n*(runs+1)); err != nil {
		return err
	}
	b.sayf("%v", line{what: "reply note, known actor: CPU", unit: "ms", figures: of(costs, cost.each), target: replyTarget})
	sign, err := signTime(ctx, r.author)
	if err != nil {
		return err
	}
	echo := echoes[1 : runs+1].median()
	b.sayf("  each with %s announcements to the author's server, whose RSA signatures alone take %s ms of it", digits(echo), digits(echo*sign.Seconds()*1000))
	return b.shares(r, costs, sample)
}

// deliveries counts what all peers of the rig were sent.
func (r *rig) deliveries() int {
	n := 0
	for _, p := range r.peers {
		n += p.Total()
	}
	return n
}
