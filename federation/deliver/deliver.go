// Package deliver tells other servers what happened here. It walks the log, once
// per server: each server has marks of its own in three lanes, a window of
// concurrent requests of its own and a breaker of its own, so that one that is
// slow or away costs the others nothing.
//
// A row of the log to one inbox is the unit. What two units say about the same
// object goes out in order; everything else overtakes freely. Marks are written
// behind the requests: a process that is killed sends at most a window again,
// under the same ids, which peers recognise. A server belongs to one process at
// a time, by a lease on its row.
package deliver

import (
	"context"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"stoa/federation/fetch"
	"stoa/storage"
)

// Options are the settings of a Deliverer. DB, Client and Keys are required; of
// the others, zero stands for the value named.
type Options struct {
	DB     *storage.DB
	Client *fetch.Client
	Keys   *Keyring
	Log    *slog.Logger // discards

	// Owner names this process on its leases; a random one. Two processes must
	// not share it.
	Owner uuid.UUID
	// Observe is told of every unit that came to an end or failed, for metrics.
	// It is called from many goroutines and must not block.
	Observe func(Delivery)

	// Window is the most requests in flight, or answered and not yet noted, per
	// server and lane: what a crash may send again. 128, of which 96 in flight:
	// 200 activities a second to a server 300 ms away take 60.
	Window int
	// Requests is the most requests in flight in this process. 256.
	Requests int
	// Servers is the most servers served at a time by this process. 2,000.
	Servers int

	// Backoff is the wait after a first failure; it doubles with each. 2 s.
	Backoff time.Duration
	// MaxBackoff bounds it. 1 h.
	MaxBackoff time.Duration
	// ProbeWaits are the pauses before each of the first questions for a server's
	// software; when the last has failed it counts as unknown. 0, 2 s, 10 s.
	ProbeWaits []time.Duration
	// Linger is how long a server is kept when everything is sent, since more may
	// come. 300 ms.
	Linger time.Duration
	// Gather is how long after a vote others wait for each other, where a server takes
	// several at once; up to fifteen times that while many come. 1 s.
	Gather time.Duration
	// Grace is what requests in flight get when Run is told to end. 5 s.
	Grace time.Duration
	// Poll is how often the log and the servers are looked at without any notice. 5 s.
	Poll time.Duration
}

// Deliverer delivers for one process. Make it with New.
type Deliverer struct {
	o     Options
	gate  gate
	turns turns
	stats counters
	probe chan struct{} // a place for each nodeinfo question that may run

	mu      sync.Mutex
	walks   map[int64]*walk
	running sync.WaitGroup
	due     time.Time // when the first server let go here may be asked again

	wake  chan struct{} // there is something to look at
	look  chan struct{} // servers under way may have been heard from
	sweep atomic.Bool   // servers that wait may have become due
	stop  chan struct{} // no new rows
}

// concurrentProbes bounds the nodeinfo questions running at a time.
const concurrentProbes = 32

// New makes a Deliverer that does nothing until Run.
func New(o Options) *Deliverer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Owner == uuid.Nil {
		o.Owner = uuid.New()
	}
	if o.Observe == nil {
		o.Observe = func(Delivery) {}
	}
	if o.ProbeWaits == nil {
		o.ProbeWaits = []time.Duration{0, 2 * time.Second, 10 * time.Second}
	}
	orDefault(&o.Window, 128)
	orDefault(&o.Requests, 256)
	orDefault(&o.Servers, 2000)
	orDefault(&o.Backoff, 2*time.Second)
	orDefault(&o.MaxBackoff, time.Hour)
	orDefault(&o.Linger, 300*time.Millisecond)
	orDefault(&o.Gather, time.Second)
	orDefault(&o.Grace, 5*time.Second)
	orDefault(&o.Poll, 5*time.Second)
	return &Deliverer{
		o: o, gate: gate{limit: o.Requests}, turns: newTurns(runtime.GOMAXPROCS(0)),
		walks: map[int64]*walk{},
		probe: make(chan struct{}, concurrentProbes),
		wake:  make(chan struct{}, 1), look: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

func orDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Run delivers until ctx ends. It then takes no new rows, lets what is in flight
// end within Grace, writes all marks and gives the leases back. It may be called
// once. The error is nil: what goes wrong is logged and tried again.
func (d *Deliverer) Run(ctx context.Context) error {
	// Requests and marks outlive ctx by the grace.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	var side sync.WaitGroup
	side.Go(func() {
		d.o.DB.ListenLog(ctx, d.noted, func(err error) { d.o.Log.Warn("delivery is not notified of new rows", "err", err) })
	})
	side.Go(func() { d.renew(hard) })
	d.read(ctx, hard)

	close(d.stop)
	patience := time.AfterFunc(d.o.Grace, cancel)
	d.running.Wait()
	patience.Stop()
	cancel()
	side.Wait()
	return nil
}

// noted is called for every notice of the database.
func (d *Deliverer) noted(n storage.Note) {
	if n.Due {
		d.mu.Lock()
		w := d.walks[n.Server]
		d.mu.Unlock()
		if w != nil {
			w.news.hear()
		}
		if n.Server == 0 { // what was said of single servers may have been missed
			poke(d.look)
		}
		d.sweep.Store(true)
	}
	poke(d.wake)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// renew keeps the leases of all servers served here, and stops those walks whose
// server now belongs to another process.
func (d *Deliverer) renew(ctx context.Context) {
	ticker := time.NewTicker(storage.LeaseTime / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-d.look:
		}
		asked := time.Now()
		walks := d.current()
		if len(walks) == 0 {
			continue
		}
		ids := make([]int64, 0, len(walks))
		for id := range walks {
			ids = append(ids, id)
		}
		kept, err := d.o.DB.Renew(ctx, d.o.Owner, ids)
		if err != nil {
			d.o.Log.Warn("leases could not be renewed", "err", err)
		}
		for id, w := range walks {
			failures, ours := kept[id]
			switch {
			case ours:
				w.leasedUntil.Store(asked.Add(storage.LeaseTime).UnixNano())
				if failures == 0 {
					w.news.hear()
				}
			case err == nil, time.Now().UnixNano() > w.leasedUntil.Load():
				w.lose()
			}
		}
	}
}

func (d *Deliverer) current() map[int64]*walk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.walks)
}
