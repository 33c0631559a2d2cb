package deliver

import (
	"sync/atomic"
	"time"

	"stoa/federation/forum"
)

// Outcome is what became of a unit.
type Outcome string

// The outcomes.
const (
	Delivered Outcome = "delivered" // 2xx
	Refused   Outcome = "refused"   // an answer that ends the matter
	Failed    Outcome = "failed"    // will be tried again
	Skipped   Outcome = "skipped"   // failed too often while others passed
	Dropped   Outcome = "dropped"   // could not or must not be sent at all
)

// Delivery is one unit that was tried.
type Delivery struct {
	Host    string
	Lane    forum.Lane
	Outcome Outcome
	Status  int           // last HTTP answer; 0 when there was none
	Took    time.Duration // signing, connecting, waiting
	Age     time.Duration // since the act, as the two clocks have it
}

// Stats counts since the start of the process.
type Stats struct {
	Delivered, Refused, Failed, Skipped, Dropped int64

	InFlight int // requests now
	Servers  int // served now
}

type counters struct {
	delivered, refused, failed, skipped, dropped atomic.Int64
}

func (c *counters) count(o Outcome) {
	switch o {
	case Delivered:
		c.delivered.Add(1)
	case Refused:
		c.refused.Add(1)
	case Failed:
		c.failed.Add(1)
	case Skipped:
		c.skipped.Add(1)
	case Dropped:
		c.dropped.Add(1)
	}
}

// Stats reads the counts.
func (d *Deliverer) Stats() Stats {
	s := Stats{
		Delivered: d.stats.delivered.Load(), Refused: d.stats.refused.Load(), Failed: d.stats.failed.Load(),
		Skipped: d.stats.skipped.Load(), Dropped: d.stats.dropped.Load(),
	}
	d.gate.mu.Lock()
	s.InFlight = d.gate.taken + d.gate.late
	d.gate.mu.Unlock()
	d.mu.Lock()
	s.Servers = len(d.walks)
	d.mu.Unlock()
	return s
}
