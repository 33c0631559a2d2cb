package deliver

import (
	"context"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

const (
	// together is the shortest time between two looks at the log.
	together = 10 * time.Millisecond
	// behindOthers is when to look again while rows lie above the horizon: the
	// end of the transaction that holds it down is not notified.
	behindOthers = 25 * time.Millisecond
)

// read looks for servers that have something to be sent and starts a walk for
// each, until ctx ends.
func (d *Deliverer) read(ctx, hard context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var nextSweep time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return
		}
		took := time.Now()
		a, err := d.advance(hard)
		if err != nil {
			d.o.Log.Warn("the log could not be read", "err", err)
		}
		for id, lanes := range a.Nudged {
			d.nudge(id, a.From, a.To, lanes)
		}
		for i := range a.Leased {
			d.start(hard, a.Leased[i], took)
		}
		if due := d.takeDue(); !due.IsZero() && due.Before(nextSweep) {
			nextSweep = due
		}
		if a.Left || d.sweep.Swap(false) || !time.Now().Before(nextSweep) {
			nextSweep = d.lease(hard)
		}
		wait := min(d.o.Poll, time.Until(nextSweep))
		if a.Above {
			wait = min(wait, behindOthers)
		}
		// Under load many commits are read at once.
		select {
		case <-ctx.Done():
			return
		case <-time.After(together):
		}
		timer.Reset(max(wait-together, 0))
	}
}

// advance and lease do not end with the context of Run: a lease whose answer
// nobody waits for is a server that nobody serves until it has run out.
func (d *Deliverer) advance(hard context.Context) (storage.Advance, error) {
	ctx, cancel := context.WithTimeout(hard, markTime)
	defer cancel()
	return d.o.DB.Advance(ctx, d.o.Owner, d.room())
}

// lease starts walks for servers that are due and returns when to look again.
func (d *Deliverer) lease(hard context.Context) time.Time {
	took := time.Now()
	again := took.Add(d.o.Poll)
	room := d.room()
	if room <= 0 {
		return again // a walk that ends asks for a sweep
	}
	ctx, cancel := context.WithTimeout(hard, markTime)
	defer cancel()
	servers, next, err := d.o.DB.Lease(ctx, d.o.Owner, room)
	if err != nil {
		d.o.Log.Warn("servers could not be leased", "err", err)
		return again
	}
	for i := range servers {
		d.start(hard, servers[i], took)
	}
	if !next.IsZero() && next.Before(again) {
		again = later(next, took.Add(together))
	}
	return again
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// room is how many more servers may be served here.
func (d *Deliverer) room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.o.Servers - len(d.walks)
}

// start begins a walk for a server that was leased at took. A walk that is still
// about to end, or does not know yet that its lease ran out, ends first.
func (d *Deliverer) start(hard context.Context, s storage.Server, took time.Time) {
	w := newWalk(d, s, took)
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.walks[s.ID]; old != nil {
		old.lose()
		old.successor = w
		return
	}
	d.walks[s.ID] = w
	d.running.Go(func() { w.run(hard) })
}

// ended takes a walk off the books. due is when its server may be asked again;
// zero when there is no need.
func (d *Deliverer) ended(hard context.Context, w *walk, due time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.walks, w.server.ID)
	if next := w.successor; next != nil {
		d.walks[w.server.ID] = next
		d.running.Go(func() { next.run(hard) })
	}
	switch {
	case len(d.walks) == d.o.Servers-1:
		d.sweep.Store(true)
		poke(d.wake)
	case !due.IsZero() && (d.due.IsZero() || due.Before(d.due)):
		d.due = due
		poke(d.wake)
	}
}

// takeDue is when the first of the servers let go since the last call may be
// asked again; zero when none was.
func (d *Deliverer) takeDue() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	due := d.due
	d.due = time.Time{}
	return due
}

// nudge tells the walk of a server that the log has more. A walk that is gone
// has seen so itself, in giving its server back.
func (d *Deliverer) nudge(id, from int64, to storage.Horizon, lanes []forum.Lane) {
	d.mu.Lock()
	w := d.walks[id]
	d.mu.Unlock()
	if w != nil {
		w.news.add(from, to, lanes)
	}
}
