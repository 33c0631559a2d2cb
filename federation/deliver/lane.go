package deliver

import (
	"context"
	"slices"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

const (
	// firstWindow is one, so that a server that hangs holds one place per lane; it
	// doubles with every answer.
	firstWindow = 1
	// maxHeld bounds what a lane holds above a row that keeps failing.
	maxHeld = 512
	// markAge is when a mark is moved although nothing was sent: an old one lets
	// more days of the log be searched.
	markAge = 12 * time.Hour
	// lookAgain is when to look again whether a lane is too far behind.
	lookAgain = time.Hour
)

// unit is a unit on its way.
type unit struct {
	storage.Unit
	finished bool
	inFlight bool
	sent     int     // documents that need not be sent again, counted from the first
	bundle   *bundle // with which it goes out
	alone    bool    // it goes out by itself

	tries  int       // failures while others passed
	all    int       // all failures
	passed bool      // others have passed since the last failure
	next   time.Time // not before
}

// key is what the order of units is kept by, within one inbox.
type key struct {
	inbox         int64
	actor, object string
}

// keys are what a unit is about, and what it waits for besides.
func (u *unit) keys() (about, answers key) {
	switch u.Lane {
	case forum.LaneVotes:
		about = key{u.Inbox, u.Actor, u.Subject}
		return about, about
	case forum.LaneDirect:
		// Many people's Accepts name one community: they do not wait for each other.
		about = key{u.Inbox, u.Actor, u.Subject}
	default:
		about = key{u.Inbox, "", u.Subject}
	}
	if u.Parent == "" {
		return about, about
	}
	return about, key{u.Inbox, about.actor, u.Parent}
}

// lane is one of a server's three streams. Units stand in it in the order of the
// log, from the low-water mark on.
type lane struct {
	kind     forum.Lane
	low      storage.Position // everything at and before is finished
	cursor   storage.UnitID   // the last unit that was read
	to       storage.Horizon  // how far the log may be read
	since    time.Time        // of the last row that was read
	complete bool             // and has been
	jump     storage.Horizon  // below, only what lasts is told
	looked   time.Time        // when it was last seen to be too far behind
	missed   int64            // rows left out since the last mark
	units    []*unit
	noted    map[storage.UnitID]storage.Tried // of the mark; Tries < 0 for finished

	window   float64   // requests at a time
	climbing bool      // the window still doubles
	limited  bool      // the window was the limit
	stuck    int       // units that wait for another one or for their time
	due      time.Time // the first such time
	cut      time.Time
	inFlight int  // requests
	unsaved  int  // requests that finished something since the last mark
	changed  bool // since the last mark

	most       int           // votes that go out in one Announce
	rest       time.Duration // how long votes gather
	restsUntil time.Time     // until then votes gather
	bulk       bool          // as many units are read as fit
}

func newLane(kind forum.Lane, to storage.Horizon) *lane {
	return &lane{kind: kind, to: to, window: firstWindow, climbing: true, most: maxBundle}
}

// resume continues from a mark. rested units keep the times set for them.
func (l *lane) resume(m storage.LaneMark, rested bool) {
	l.low, l.cursor, l.jump = m.Low, storage.After(m.Low), m.Jump
	l.noted = make(map[storage.UnitID]storage.Tried, len(m.Done)+len(m.Tried))
	for _, id := range m.Done {
		l.noted[id] = storage.Tried{Tries: -1}
	}
	for _, t := range m.Tried {
		if !rested {
			t.Next = time.Time{}
		}
		l.noted[t.UnitID] = t
	}
}

// extend lets the lane read on to a later horizon. news is false when nothing
// was added for it in between.
func (l *lane) extend(to storage.Horizon, news bool) {
	if to.XID > l.to.XID {
		l.to = to
		l.complete = l.complete && !news
	}
}

// load reads on when little is left that could be sent, and reports whether it did.
func (l *lane) load(ctx context.Context, db *storage.DB, server int64, micro bool) (bool, error) {
	if l.complete || len(l.units) >= maxHeld {
		return false, nil
	}
	want, left := max(16, 2*int(l.window)), -l.stuck
	if l.bulk {
		want = maxHeld
	}
	for _, u := range l.units {
		if !u.finished {
			left++
		}
	}
	if 2*left > want {
		return false, nil
	}
	lasting := l.cursor.Before(storage.After(l.jump.End()))
	units, complete, err := l.read(ctx, db, server, micro, lasting, want-left)
	if err != nil {
		return false, err
	}
	for i := range units {
		u := &unit{Unit: units[i]}
		l.cursor, l.since = u.ID(), u.At
		if n, ok := l.noted[l.cursor]; ok {
			delete(l.noted, l.cursor)
			u.finished = n.Tries < 0
			u.tries, u.all, u.passed, u.next = max(n.Tries, 0), n.All, n.Passed, n.Next
		}
		l.units = append(l.units, u)
	}
	switch {
	case !lasting:
		l.complete = complete
		err = l.keepUp(ctx, db, server, micro)
	case complete: // all that lasts; from the edge on everything is read
		l.cursor, l.since = storage.After(l.jump.End()), l.jump.At
	}
	l.settle()
	return true, err
}

// read reads on: only what lasts, up to the edge of a jump, or everything.
func (l *lane) read(ctx context.Context, db *storage.DB, server int64, micro, lasting bool, limit int) ([]storage.Unit, bool, error) {
	since := later(l.since, l.low.At)
	if lasting {
		return db.LastingUnits(ctx, server, l.kind, l.cursor, since, l.jump, limit)
	}
	return db.Units(ctx, server, l.kind, l.cursor, since, l.to, micro, limit)
}

// keepUp leaves out what is old when the lane is too far behind. Answers are
// never too old: they are few, and nobody would say them again.
func (l *lane) keepUp(ctx context.Context, db *storage.DB, server int64, micro bool) error {
	old := l.to.At.Add(-storage.Reach)
	if l.kind == forum.LaneDirect || l.to.At.Sub(l.looked) < lookAgain ||
		!slices.ContainsFunc(l.units, func(u *unit) bool { return u.At.Before(old) && !u.Lasting && !u.finished }) {
		return nil
	}
	edge, missed, err := db.Missed(ctx, server, l.kind, l.cursor, l.since, l.to, micro)
	if err != nil {
		return err
	}
	for _, u := range l.units {
		if u.XID < edge.XID && !u.Lasting && !u.finished && !u.inFlight {
			u.finished = true
			missed++
		}
	}
	l.jump, l.looked, l.changed = edge, l.to.At, true
	l.missed += missed
	return nil
}

// ready goes through the units that may be sent now, in order, until yield says
// no. With all, also through those whose time has not come. yield may finish a
// unit: what waits for it may then go.
func (l *lane) ready(now time.Time, all bool, yield func(*unit) bool) {
	l.stuck, l.due = 0, time.Time{}
	busy := map[key]storage.Position{} // the first unfinished about an object
	for _, u := range l.units {
		if u.finished {
			continue
		}
		about, answers := u.keys()
		free := !u.inFlight && !waits(busy, u, about) && !waits(busy, u, answers)
		early := !all && now.Before(u.next)
		switch {
		case u.inFlight:
		case !free:
			l.stuck++
		case early:
			l.stuck++
			if l.due.IsZero() || u.next.Before(l.due) {
				l.due = u.next
			}
		case !yield(u):
			return
		}
		if _, ok := busy[about]; !ok && !u.finished {
			busy[about] = u.Position
		}
	}
}

// waits reports whether an earlier row about that object is unfinished. Units of
// one row say the same thing to several inboxes and do not wait for each other;
// nor do inboxes, which are part of the key.
func waits(busy map[key]storage.Position, u *unit, k key) bool {
	first, ok := busy[k]
	return ok && first.Before(u.Position)
}

// settle moves the low-water mark over what is finished.
func (l *lane) settle() {
	n := slices.IndexFunc(l.units, func(u *unit) bool { return !u.finished })
	if n < 0 {
		if l.complete {
			end := l.to.End()
			if len(l.units) > 0 || end.At.Sub(l.low.At) > markAge {
				l.changed = true
			}
			l.units = l.units[:0]
			if l.low.Before(end) {
				l.low = end
			}
			l.noted = nil
			return
		}
		n = len(l.units) - 1 // more units of the last row may come
	}
	if n <= 0 {
		return
	}
	// A row counts once all its units are finished.
	edge := l.units[n].Position
	for n > 0 && !l.units[n-1].Before(edge) {
		n--
	}
	if n > 0 {
		l.low = l.units[n-1].Position
		l.units = slices.Delete(l.units, 0, n)
		l.changed = true
	}
}

// done reports whether nothing is left below the horizon.
func (l *lane) done() bool { return l.complete && len(l.units) == 0 }

// mark is what is to be remembered of the lane.
func (l *lane) mark() storage.LaneMark {
	m := storage.LaneMark{Lane: l.kind, Low: l.low, Width: l.window, Jump: l.jump}
	for _, u := range l.units {
		switch {
		case u.finished:
			m.Done = append(m.Done, u.ID())
		case u.all > 0:
			m.Tried = append(m.Tried, storage.Tried{UnitID: u.ID(), Tries: u.tries, All: u.all, Passed: u.passed, Next: u.next})
		}
	}
	// What an earlier mark says of units that were not read again still holds.
	for id, t := range l.noted {
		switch {
		case !l.cursor.Before(id): // its day is gone from the log
		case t.Tries < 0:
			m.Done = append(m.Done, id)
		default:
			t.UnitID = id
			m.Tried = append(m.Tried, t)
		}
	}
	return m
}

// grow widens the window after a success, shrink halves it after a failure of a
// request that began at started: once for all that were under way together.
func (l *lane) grow(most int) {
	switch {
	case !l.limited:
	case l.climbing:
		l.window = min(l.window+1, float64(most))
	default:
		l.window = min(l.window+1/l.window, float64(most))
	}
}

func (l *lane) shrink(started time.Time) {
	if started.Before(l.cut) {
		return
	}
	l.cut, l.climbing = time.Now(), false
	l.window = max(l.window/2, 1)
}
