package main

import (
	"context"
	"fmt"
	"time"

	"stoa/federation/fedtest"
)

const fanoutTarget = 0.3

// audience is many servers of different names that follow communities of a rig.
type audience struct {
	r     *rig
	peers []*fedtest.Peer
	came  *arrivals
}

func (r *rig) newAudience(ctx context.Context, n int) (*audience, error) {
	a := &audience{r: r, peers: make([]*fedtest.Peer, n), came: newArrivals()}
	for i := range a.peers {
		p, err := r.peer(ctx, fedtest.Options{Software: fedtest.Lemmy, Name: fmt.Sprintf("s%03d", i+1), Discard: true})
		if err != nil {
			return nil, err
		}
		a.peers[i] = p
		a.healthy(p)
	}
	return a, nil
}

// answers has a peer note what it is told, and answer as said.
func (a *audience) answers(p *fedtest.Peer, reply fedtest.Reply) {
	p.OnPost(func(rec fedtest.Received) fedtest.Reply {
		a.came.note(p, rec)
		return reply
	})
}

func (a *audience) healthy(p *fedtest.Peer) { a.answers(p, fedtest.Reply{}) }

// follow has some of the servers follow a community.
func (a *audience) follow(ctx context.Context, community string, peers []*fedtest.Peer) error {
	err := parallel(16, len(peers), func(i int) error { return a.r.follow(ctx, peers[i], community) })
	if err != nil {
		return fmt.Errorf("following: %w", err)
	}
	return a.r.quiet(ctx)
}

// tell has a post written and returns how long after it was accepted the last of
// some servers was told.
func (a *audience) tell(ctx context.Context, community string, peers []*fedtest.Peer) (object string, took time.Duration, err error) {
	doc := a.r.post(community)
	object = objectID(doc)
	letters, err := a.r.sign(ctx, 1, func(int) (*fedtest.Actor, fedtest.Doc) { return a.r.author, doc })
	if err != nil {
		return object, 0, err
	}
	if err := a.r.send(letters); err != nil {
		return object, 0, err
	}
	accepted := time.Now()
	last, err := a.came.last(ctx, object, peers)
	return object, last.Sub(accepted), err
}

// fanout measures one post to many servers, from its acceptance to the last
// delivery.
func (b *bench) fanout(ctx context.Context) error {
	r, err := b.newRig(ctx, "fanout", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	n := max(b.o.size(200), 40)
	if err := r.muster(ctx, 0); err != nil {
		return err
	}
	a, err := r.newAudience(ctx, n)
	if err != nil {
		return err
	}
	if err := a.follow(ctx, "porch", a.peers); err != nil {
		return err
	}
	var took figures
	costs, err := r.costs(ctx, 0, func(context.Context) (work, error) {
		time.Sleep(time.Second) // servers that have been told all are let go meanwhile
		return work{n: n, do: func(ctx context.Context) error {
			_, d, err := a.tell(ctx, "porch", a.peers)
			took = append(took, d.Seconds())
			return err
		}}, nil
	})
	if err != nil {
		return err
	}
	b.sayf("%v", line{what: fmt.Sprintf("one post to %d servers: last delivery", n), unit: "s", figures: took[1 : runs+1], target: fanoutTarget})
	b.sayf("  CPU of each delivery: server %s, Postgres %s ms", digits(of(costs, serverShare).median()), digits(of(costs, postgresShare).median()))
	return nil
}
