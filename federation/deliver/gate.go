package deliver

import (
	"context"
	"sync"
	"time"

	"stoa/federation/forum"
)

// gate shares the requests in flight of a process among servers. A server may
// have as many as there are places left: whoever holds many needs many free, so
// one that answers slowly comes to rest at half of all, two at a third each, and
// there is always room for those that hold none. Servers that have not answered
// lately share a half among them; if they all hang, the others do not notice.
//
// What has had no answer for a while gives its place away: it costs nothing but a
// connection, and servers that are slow, but well, would hold all places together.
type gate struct {
	limit int

	mu       sync.Mutex
	taken    int // places
	doubtful int
	late     int // requests that have given theirs away; at most lateShare*limit
	waiting  []*pass
}

const (
	lateAfter = time.Second
	lateShare = 4
)

// place is what a request holds at the gate.
type place struct {
	pass     *pass
	doubtful bool // when it was taken
	late     bool
	given    bool
	timer    *time.Timer
}

// pass is a server's standing at the gate. Its owner alone calls take; give may
// be called from anywhere.
type pass struct {
	held   int // late ones too
	queued bool
	free   chan struct{} // told when it is worth trying again
}

func newPass() *pass { return &pass{free: make(chan struct{}, 1)} }

// take asks for one request. When there is none, it is nil, and p.free is told once
// there is.
func (g *gate) take(p *pass, doubtful bool) *place {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fits(p, doubtful) {
		g.taken++
		p.held++
		if doubtful {
			g.doubtful++
		}
		t := &place{pass: p, doubtful: doubtful}
		t.timer = time.AfterFunc(lateAfter, func() { g.tardy(t) })
		return t
	}
	if !p.queued {
		p.queued = true
		g.waiting = append(g.waiting, p)
	}
	return nil
}

func (g *gate) fits(p *pass, doubtful bool) bool {
	if doubtful && 2*g.doubtful >= g.limit {
		return false
	}
	return g.taken+p.held < g.limit
}

// tardy has a request that is still under way give its place away.
func (g *gate) tardy(t *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.given || t.late || g.late >= lateShare*g.limit {
		return
	}
	t.late = true
	g.late++
	g.free(t)
}

// give ends a request.
func (g *gate) give(t *place) {
	t.timer.Stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	t.given = true
	t.pass.held--
	if t.late {
		g.late--
		return
	}
	g.free(t)
}

// free gives a place to whoever may have it. All who wait are told: who may go depends on
// what each holds, and there are few. g.mu is held.
func (g *gate) free(t *place) {
	g.taken--
	if t.doubtful {
		g.doubtful--
	}
	for _, w := range g.waiting {
		w.queued = false
		poke(w.free)
	}
	g.waiting = g.waiting[:0]
}

// turns shares the processors among signatures, which are most of what a request takes.
// Were all signed at once that may be under way, everything else in the process would
// stand in one queue with them, at each step a transaction takes. Votes, of which there
// are many, leave half of the processors to what is not votes.
type turns struct{ all, votes chan struct{} }

func newTurns(processors int) turns {
	return turns{all: make(chan struct{}, max(processors, 1)), votes: make(chan struct{}, max(processors/2, 1))}
}

// take waits for a turn to sign something of a lane; give ends it. The error is that of
// ctx.
func (t turns) take(ctx context.Context, lane forum.Lane) (give func(), err error) {
	give = func() { <-t.all }
	if lane == forum.LaneVotes {
		select {
		case t.votes <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		give = func() { <-t.all; <-t.votes }
	}
	select {
	case t.all <- struct{}{}:
		return give, nil
	case <-ctx.Done():
		if lane == forum.LaneVotes {
			<-t.votes
		}
		return nil, ctx.Err()
	}
}
