package reach

import (
	"context"
	"sync"
	"time"
)

// pace spaces out the requests to each registrable domain, whichever jobs make
// them. It remembers a domain no longer than a request to it is due.
type pace struct {
	mu   sync.Mutex
	next map[string]time.Time
}

func newPace() *pace { return &pace{next: map[string]time.Time{}} }

// longestQueue is how far ahead requests to one domain are planned; who comes later
// waits as long and asks again.
const longestQueue = 30 * time.Second

// wait returns when the next request to a domain may be made, at so many a second.
func (p *pace) wait(ctx context.Context, domain string, rate float64) error {
	for {
		pause, planned := p.plan(domain, time.Now(), rate)
		if pause > 0 {
			timer := time.NewTimer(pause)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		}
		if planned {
			return ctx.Err()
		}
	}
}

// plan takes the next moment for a request to a domain and says how far off it is.
// When that is too far nothing is taken.
func (p *pace) plan(domain string, now time.Time, rate float64) (pause time.Duration, planned bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.next[domain]
	if at.Before(now) {
		at = now
	}
	if at.Sub(now) > longestQueue {
		return longestQueue / 2, false
	}
	p.next[domain] = at.Add(time.Duration(float64(time.Second) / rate))
	if len(p.next) > 1_000 {
		for name, t := range p.next {
			if t.Before(now) {
				delete(p.next, name)
			}
		}
	}
	return at.Sub(now), true
}
