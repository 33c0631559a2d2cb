package deliver

import "sync"

// gate shares the requests in flight of a process among servers. A server may
// have as many as there are places left: whoever holds many needs many free, so
// one that answers slowly comes to rest at half of all, two at a third each, and
// there is always room for those that hold none. Servers that have not answered
// lately share a half among them; if they all hang, the others do not notice.
type gate struct {
	limit int

	mu       sync.Mutex
	taken    int
	doubtful int
	waiting  []*pass
}

// pass is a server's standing at the gate. Its owner alone calls take; give may
// be called from anywhere.
type pass struct {
	held    int
	doubted int // of those held, taken while doubtful
	queued  bool
	free    chan struct{} // told when it is worth trying again
}

func newPass() *pass { return &pass{free: make(chan struct{}, 1)} }

// take asks for one request. When there is none, p.free is told once there is.
func (g *gate) take(p *pass, doubtful bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fits(p, doubtful) {
		g.taken++
		p.held++
		if doubtful {
			g.doubtful++
			p.doubted++
		}
		return true
	}
	if !p.queued {
		p.queued = true
		g.waiting = append(g.waiting, p)
	}
	return false
}

func (g *gate) fits(p *pass, doubtful bool) bool {
	if doubtful && 2*g.doubtful >= g.limit {
		return false
	}
	return g.taken+p.held < g.limit
}

// give ends one request that was taken with this doubtful.
func (g *gate) give(p *pass, doubtful bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken--
	p.held--
	if doubtful {
		g.doubtful--
		p.doubted--
	}
	// All are told: who may go depends on what each holds, and there are few.
	for _, w := range g.waiting {
		w.queued = false
		poke(w.free)
	}
	g.waiting = g.waiting[:0]
}
