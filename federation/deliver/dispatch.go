package deliver

import (
	"context"
	"math/rand/v2"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

const (
	// maxTries is how often a unit may fail while others pass.
	maxTries = 8
	// maxDoubts is how often a 401 is taken for a key that was kept too long.
	maxDoubts = 4
	// probeChoice is among how many units the one is chosen that tries a server
	// again: were it always the first, a row that nobody can take would keep the
	// server away for ever.
	probeChoice = 16
)

// dispatch starts every request that may start now. It returns true when there
// is perhaps more to be read.
func (w *walk) dispatch(ctx context.Context) (short bool) {
	w.crowded, w.awaiting, w.due = false, false, time.Time{}
	now := time.Now()
	if now.Before(w.retryAt) || now.UnixNano() > w.leasedUntil.Load() {
		return false
	}
	away := w.failures >= storage.BreakerAfter
	if away && w.inFlight > 0 {
		return false
	}
	var choice []func()
	for _, l := range w.lanes {
		l.limited, l.stuck = false, 0
		busy := map[key]storage.Position{} // the first unfinished about an object
		for _, u := range l.units {
			if u.finished {
				continue
			}
			about, answers := u.keys()
			ready := !u.inFlight && !waits(busy, u, about) && !waits(busy, u, answers)
			if _, ok := busy[about]; !ok {
				busy[about] = u.Position
			}
			if !ready {
				if !u.inFlight {
					l.stuck++
				}
				continue
			}
			if !away && now.Before(u.next) {
				if w.due.IsZero() || u.next.Before(w.due) {
					w.due = u.next
				}
				l.stuck++
				continue
			}
			if u.Form == storage.FormAnnouncement && !w.known {
				w.awaiting = true
				continue
			}
			documents := documents(&u.Unit, w.dialect)
			if len(documents) <= u.sent {
				u.finished = true // nothing that this server would understand
				if busy[about] == u.Position {
					delete(busy, about)
				}
				continue
			}
			if away {
				if choice = append(choice, func() { w.begin(ctx, l, u, documents) }); len(choice) == probeChoice {
					break
				}
				continue
			}
			if l.inFlight >= int(l.window) || l.inFlight+l.unsaved >= w.d.o.Window {
				l.limited = true
				break
			}
			if !w.begin(ctx, l, u, documents) {
				return false
			}
		}
		if n := len(l.units); n > 0 {
			l.settle()
			if len(l.units) < n {
				w.touch()
			}
		}
		short = short || !l.complete && !l.limited
	}
	if len(choice) > 0 {
		choice[rand.IntN(len(choice))]()
	}
	return short
}

// waits reports whether an earlier row about that object is unfinished. Units of
// one row say the same thing to several inboxes and do not wait for each other;
// nor do inboxes, which is part of the key.
func waits(busy map[key]storage.Position, u *unit, k key) bool {
	first, ok := busy[k]
	return ok && first.Before(u.Position)
}

func (w *walk) doubtful() bool {
	return w.failures > 0 || w.server.LastOK.IsZero() && w.answeredAt.IsZero()
}

// begin starts the request for a unit, unless the gate is full.
func (w *walk) begin(ctx context.Context, l *lane, u *unit, documents []*forum.Document) bool {
	doubtful := w.doubtful()
	if !w.d.gate.take(w.pass, doubtful) {
		w.crowded = true
		return false
	}
	u.inFlight = true
	l.inFlight++
	w.inFlight++
	r := result{u: u, l: l, sent: u.sent, started: time.Now(), doubtful: doubtful}
	go func() {
		r := w.d.send(ctx, r, documents)
		w.d.gate.give(w.pass, doubtful)
		w.results <- r
	}()
	return true
}

// touch notes that there is something to be marked.
func (w *walk) touch() {
	if w.unsaved.IsZero() {
		w.unsaved = time.Now()
	}
}

// take takes in how a request ended.
func (w *walk) take(r result) {
	u, l := r.u, r.l
	u.inFlight = false
	l.inFlight--
	w.inFlight--
	u.sent = r.sent
	now := time.Now()
	outcome := Failed
	switch r.verdict {
	case passed:
		outcome = Delivered
	case refused:
		outcome = Refused
	case impossible, forbidden:
		outcome = Dropped
	case doubted:
		w.postpone(u, now, 0)
		if u.all >= maxDoubts {
			outcome = Refused
		}
	case throttled:
		w.postpone(u, now, r.wait)
		w.retryAt = u.next
		l.shrink(r.started)
	case failed:
		outcome = w.fail(r, now)
	case ours:
		u.next = now.Add(w.d.backoff(1))
	}
	switch r.verdict {
	case passed, refused, doubted:
		w.answered(now)
		l.grow(w.d.o.Window)
	default:
	}
	if outcome != Failed {
		u.finished = true
		l.unsaved++
	}
	l.changed = true
	w.touch()
	w.report(r, outcome, now)
	w.record(r, outcome)
	l.settle()
}

// postpone sets when a unit that failed is due again, after wait at least.
func (w *walk) postpone(u *unit, now time.Time, wait time.Duration) {
	u.all++
	u.next = now.Add(max(wait, w.d.backoff(u.all)))
}

// fail takes in a failure of the server, or of the unit alone: which of the two
// shows in whether others pass.
func (w *walk) fail(r result, now time.Time) Outcome {
	u := r.u
	w.postpone(u, now, r.wait)
	if u.tries == 0 || u.passed {
		u.tries++
		u.passed = false
	}
	r.l.shrink(r.started)
	w.failure, w.failedAt = r.said, now
	if r.status != 0 {
		w.failure = statusText(r.status)
	}
	if id := u.ID(); id != w.lastFailed || w.failures >= storage.BreakerAfter {
		w.failures++
		w.lastFailed = id
	}
	if w.failures >= storage.BreakerAfter {
		w.retryAt = now.Add(max(r.wait, w.d.backoff(w.failures-storage.BreakerAfter+1)))
	} else if r.wait > 0 {
		w.retryAt = now.Add(r.wait)
	}
	if u.tries >= maxTries {
		return Skipped
	}
	return Failed
}

// answered closes the breaker. What failed while it was open is due at once.
func (w *walk) answered(now time.Time) {
	away := w.failures >= storage.BreakerAfter
	w.failures, w.answeredAt, w.lastFailed = 0, now, storage.UnitID{}
	if away {
		w.retryAt = time.Time{}
	}
	for _, l := range w.lanes {
		for _, u := range l.units {
			if u.all > 0 && !u.finished {
				u.passed = true
				if away {
					u.next = time.Time{}
				}
			}
		}
	}
}
