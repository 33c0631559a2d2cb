package main

import (
	"context"
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
	costs, err := r.costs(ctx, func(ctx context.Context) (work, error) {
		letters, err := r.likes(ctx, n)
		sample = letters
		return work{n, func(context.Context) error { return r.send(letters) }}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "vote", n*(runs+1)+r.posts); err != nil {
		return err
	}
	b.sayf("%v", line{what: "signed Like, known actor: CPU", unit: "ms", figures: of(costs, cost.each), target: likeTarget})
	return b.shares(r, costs, sample)
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

// shares prints where the time goes. The checks are measured by themselves, in
// this process; the rest of the server is what remains.
func (b *bench) shares(r *rig, costs []cost, sample []letter) error {
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
	server, postgres := of(costs, serverShare), of(costs, postgresShare)
	check, read := signature.Seconds()*1000, decode.Seconds()*1000
	b.sayf("  of which signature %s, decoding %s, rest of the server (HTTP, rules, documents, log lines) %s, Postgres %s (%s–%s) ms",
		digits(check), digits(read), digits(server.median()-check-read), digits(postgres.median()), digits(postgres.least()), digits(postgres.greatest()))
	b.sayf("  accepted, applied and counted at %.0f/s with the load on the same cores", of(costs, func(c cost) float64 { return float64(c.n) / c.wall.Seconds() }).median())
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
