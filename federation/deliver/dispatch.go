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
	// doubtSteps is how many steps of the backoff each 401 takes: the first is soon
	// over, the last outlives a proxy before us that is being mended. 2 s, 32 s, 9 min.
	doubtSteps = 4
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
	if now.Before(w.retryAt) || now.UnixNano() > w.leasedUntil.Load() || w.learned != nil {
		return false
	}
	if w.failures >= storage.BreakerAfter {
		return w.inFlight == 0 && w.try(ctx, now)
	}
	for _, l := range w.lanes {
		l.limited = false
		var votes gathering
		l.ready(now, false, func(u *unit) bool {
			documents := w.documents(u)
			switch {
			case len(documents) == 0:
				return true
			case u.bundle == nil && w.gathers(l, u, documents):
				votes.add(l, u, documents[0], now)
				return true
			case w.full(l):
				l.limited = true
				return false
			}
			return w.again(ctx, l, u, documents)
		})
		if !w.crowded {
			w.sendGathered(ctx, l, &votes, now)
		}
		w.settle(l)
		if !l.due.IsZero() && (w.due.IsZero() || l.due.Before(w.due)) {
			w.due = l.due
		}
		if w.crowded {
			return false
		}
		short = short || !l.complete && !l.limited
	}
	return short
}

// full reports whether a lane has as many requests as it may have.
func (w *walk) full(l *lane) bool {
	return l.inFlight >= int(l.window) || l.inFlight+l.unsaved >= w.d.o.Window
}

// again starts the request for a unit, or for the bundle that it went out with before.
func (w *walk) again(ctx context.Context, l *lane, u *unit, documents []*forum.Document) bool {
	if b := u.bundle; b != nil {
		if w.tells.votes != single {
			return w.begin(ctx, l, b.units, []*forum.Document{b.doc})
		}
		for _, u := range b.units { // it runs something else by now
			u.bundle = nil
		}
	}
	return w.begin(ctx, l, []*unit{u}, documents)
}

// try sends one unit to a server that counts as away.
func (w *walk) try(ctx context.Context, now time.Time) (short bool) {
	var choice []func()
	for _, l := range w.lanes {
		l.ready(now, true, func(u *unit) bool {
			if documents := w.documents(u); len(documents) > 0 && (u.bundle == nil || u.bundle.units[0] == u) {
				choice = append(choice, func() { w.again(ctx, l, u, documents) })
			}
			return len(choice) < probeChoice
		})
		w.settle(l)
		short = short || !l.complete
	}
	if len(choice) == 0 {
		return short
	}
	choice[rand.IntN(len(choice))]() //nolint:gosec // nobody gains by knowing which
	return false
}

// documents is what is left to be said by a unit. One that has nothing to say to
// this server is finished; one that waits for the server's software stays.
func (w *walk) documents(u *unit) []*forum.Document {
	if !w.known && (u.Form != storage.FormAct || u.Lane != forum.LaneDirect) {
		w.awaiting = true
		return nil
	}
	all := w.tells.documents(&u.Unit, w.dialects.At(u.SpokenAt()))
	if len(all) <= u.sent {
		u.finished = true
		return nil
	}
	return all
}

// settle takes what was finished without a request off a lane.
func (w *walk) settle(l *lane) {
	n := len(l.units)
	l.settle()
	if len(l.units) < n && w.unsaved.IsZero() {
		w.unsaved = time.Now()
	}
}

func (w *walk) doubtful() bool {
	return w.failures > 0 || w.server.LastOK.IsZero() && w.answeredAt.IsZero()
}

// begin starts the request for a unit, or for several that one document tells of,
// unless the gate is full.
func (w *walk) begin(ctx context.Context, l *lane, units []*unit, documents []*forum.Document) bool {
	doubtful := w.doubtful()
	place := w.d.gate.take(w.pass, doubtful)
	if place == nil {
		w.crowded = true
		return false
	}
	for _, u := range units {
		u.inFlight = true
	}
	l.inFlight++
	w.inFlight++
	r := result{units: units, l: l, sent: units[0].sent, started: time.Now(), doubtful: doubtful}
	go func() {
		r := w.d.send(ctx, r, documents)
		w.d.gate.give(place)
		w.results <- r
	}()
	return true
}

// take takes in how a request ended.
func (w *walk) take(r result) {
	l, together := r.l, r.units[0].bundle
	for _, u := range r.units {
		u.inFlight = false
		if together == nil {
			u.sent = r.sent
		}
	}
	l.inFlight--
	w.inFlight--
	now := time.Now()
	if r.verdict != ours {
		w.last, w.spoke = storage.LastAnswer{Status: r.status, Said: r.said}, true
	}
	outcome := Failed
	switch r.verdict {
	case passed:
		outcome = Delivered
		if together != nil {
			l.most = min(2*l.most, maxBundle)
		}
	case refused:
		outcome = Refused
	case impossible, forbidden:
		outcome = Dropped
	case doubted:
		w.postpone(r.units, now, w.d.backoff(doubtSteps*r.units[0].all+1))
		if r.units[0].all >= maxDoubts {
			outcome = Refused
		}
	case throttled:
		w.postpone(r.units, now, r.wait)
		w.retryAt = r.units[0].next
		l.shrink(r.started)
	case failed:
		outcome = w.fail(r, now)
	case ours:
		for _, u := range r.units {
			u.next = now.Add(w.d.backoff(1))
		}
	}
	switch r.verdict {
	case passed, refused, doubted:
		w.answered(now)
		l.grow(max(w.d.o.Window*3/4, 1))
	default:
	}
	if together != nil && r.verdict != doubted && (outcome == Refused || outcome == Skipped) {
		outcome = Failed // perhaps for one of them alone
		w.takeApart(l, together)
	}
	if outcome != Failed {
		for _, u := range r.units {
			u.finished = true
		}
		l.unsaved++
	}
	l.changed = true
	if w.unsaved.IsZero() {
		w.unsaved = now
	}
	w.report(r, outcome, now)
	w.record(r, outcome)
	l.settle()
}

// postpone sets when units that failed are due again, after wait at least.
func (w *walk) postpone(units []*unit, now time.Time, wait time.Duration) {
	next := now.Add(max(wait, w.d.backoff(units[0].all+1)))
	for _, u := range units {
		u.all++
		u.next = next
	}
}

// fail takes in a failure of the server, or of the unit alone: which of the two
// shows in whether others pass.
func (w *walk) fail(r result, now time.Time) Outcome {
	w.postpone(r.units, now, r.wait)
	u := r.units[0]
	if u.tries == 0 || u.passed {
		for _, u := range r.units {
			u.tries++
			u.passed = false
		}
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
	if u.tries >= maxTries || u.bundle != nil && u.tries > 1 {
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

// hear closes the breaker of a server that has sent something authentic. What is
// on its way may still fail; that counts from one again.
func (w *walk) hear() {
	if w.failures == 0 {
		return // a pause that it asked for itself holds
	}
	w.failures, w.lastFailed, w.retryAt = 0, storage.UnitID{}, time.Time{}
	for _, l := range w.lanes {
		for _, u := range l.units {
			u.next = time.Time{}
		}
	}
}
