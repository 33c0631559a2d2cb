package main

import (
	"context"

	"stoa/federation/fedtest"
)

const replyTarget = 1.0

// reply measures notes by people who are known, in answer to posts of a
// community that nobody follows: accepted, verified, rendered, stored, counted.
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
	costs, err := r.costs(ctx, func(ctx context.Context) (work, error) {
		posts, err := r.addPosts(ctx, max(n/50, 1))
		if err != nil {
			return work{}, err
		}
		author := fedtest.Mention{ID: r.author.ID, Handle: r.author.Handle()}
		letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
			a := r.crew[i%len(r.crew)]
			return a, a.Create(fedtest.Post{
				Community: r.community("porch"), InReplyTo: posts[i%len(posts)], ParentBy: author,
				Markdown: text, HTML: "<p>" + text + "</p>",
			})
		})
		sample = letters
		return work{n, func(context.Context) error { return r.send(letters) }}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "comment", n*(runs+1)); err != nil {
		return err
	}
	b.say("%v", line{what: "reply note, known actor: CPU", unit: "ms", figures: of(costs, cost.each), target: replyTarget})
	return b.shares(r, costs, sample)
}
