package main

import (
	"context"
	"errors"
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
