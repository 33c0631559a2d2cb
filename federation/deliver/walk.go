package deliver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/fault"
)

const (
	saveEvery = time.Second     // marks are written at least as often while something is sent
	markTime  = 5 * time.Second // for writing them
	dbPause   = time.Second     // after the database failed
)

// walk serves one server while it has something to be sent. All its fields but
// those named otherwise belong to the goroutine of run.
type walk struct {
	d      *Deliverer
	server storage.Server
	lanes  []*lane
	to     storage.Horizon
	pass   *pass

	news        news         // of the log; any goroutine
	leasedUntil atomic.Int64 // nanoseconds of the clock; any goroutine
	lost        atomic.Bool  // any goroutine
	gone        chan struct{}
	loseOnce    sync.Once
	successor   *walk // begins when this ends; under d.mu

	results  chan result
	inFlight int

	failures   int // units that failed in a row
	lastFailed storage.UnitID
	retryAt    time.Time // nothing at all is sent before
	answeredAt time.Time // last answer that counts as one
	failedAt   time.Time
	failure    string

	dialects   storage.Dialects
	tells      dialect // what it is told, and how
	known      bool    // what it runs is, or that nobody knows
	identities chan identity
	asking     bool
	probing    atomic.Bool // and the question is on its way; any goroutine
	learned    *identity   // and not yet written down

	last  storage.LastAnswer
	spoke bool // last is not marked yet

	crowded  bool      // the gate let no more in
	awaiting bool      // something waits for the dialect
	due      time.Time // when the first unit that failed may be tried again
	dbRetry  time.Time
	unsaved  time.Time // since when something is not marked; zero when all is
}

func newWalk(d *Deliverer, s storage.Server, leased time.Time) *walk {
	w := &walk{
		d: d, server: s, to: s.Horizon, pass: newPass(), gone: make(chan struct{}),
		news:     news{poke: make(chan struct{}, 1)},
		results:  make(chan result, 3*d.o.Window),
		failures: s.Failures, dialects: s.Dialects, tells: dialectOf(s.Software, s.Version),
		known:      s.Probed || s.ProbeFailures >= len(d.o.ProbeWaits),
		identities: make(chan identity, 1),
	}
	w.leasedUntil.Store(leased.Add(storage.LeaseTime).UnixNano())
	for _, kind := range []forum.Lane{forum.LaneDirect, forum.LaneContent, forum.LaneVotes} {
		l := newLane(kind, s.Horizon)
		l.complete = !slices.Contains(s.Lanes, kind)
		w.lanes = append(w.lanes, l)
		for _, m := range s.Marks {
			if m.Lane == kind {
				l.resume(m, s.Resting)
				// The only one that fails does not stand for its server a second time.
				if len(m.Tried) == 1 {
					w.lastFailed = m.Tried[0].UnitID
				}
			}
		}
	}
	return w
}

// news is what happened in the log while a walk is under way.
type news struct {
	mu    sync.Mutex
	to    storage.Horizon
	from  int64
	lanes [4]bool
	heard bool // the server has sent something
	poke  chan struct{}
}

func (n *news) add(from int64, to storage.Horizon, lanes []forum.Lane) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.to.XID == 0:
		n.from = from
	case n.to.XID < from: // somebody else has read what lies between, or what became of it was not heard
		n.lanes = [4]bool{true, true, true, true}
	}
	n.to = to
	for _, l := range lanes {
		n.lanes[l] = true
	}
	poke(n.poke)
}

// hear tells that the server has sent something authentic.
func (n *news) hear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = true
	poke(n.poke)
}

// lose ends the walk at once and without marks: its server belongs, or may
// belong, to another process.
func (w *walk) lose() {
	w.loseOnce.Do(func() {
		w.lost.Store(true)
		close(w.gone)
	})
}

// run sends until nothing is left that can be sent now.
func (w *walk) run(hard context.Context) {
	ctx, cancel := context.WithCancel(hard)
	defer cancel()
	var due time.Time
	defer func() { w.d.ended(hard, w, due) }()
	if w.server.Blocked {
		w.passOver()
	} else if !w.known || w.server.ProbeDue {
		w.identify(ctx)
	}
	for {
		if w.lost.Load() || hard.Err() != nil {
			cancel()
		}
		w.learn(ctx)
		if ctx.Err() == nil && !w.stopping() {
			w.load(ctx)
			for more := true; more; {
				more = w.dispatch(ctx) && w.load(ctx)
			}
		}
		if w.saveDue() && !w.save(false) {
			continue
		}
		var idle time.Time
		if w.inFlight == 0 {
			if w.lost.Load() {
				return
			}
			var end bool
			if end, idle, due = w.rest(ctx); end && w.save(true) {
				return
			}
			if end {
				continue
			}
		}
		w.wait(ctx, idle)
	}
}

// rest decides what to do when nothing is in flight: give the server back, to be
// asked again at due if that is set, or wait until idle at the latest.
func (w *walk) rest(ctx context.Context) (end bool, idle, due time.Time) {
	now := time.Now()
	switch {
	case w.stopping(), ctx.Err() != nil:
		return true, now, time.Time{}
	case now.Before(w.dbRetry):
		return false, w.dbRetry, time.Time{}
	// Whoever ends while the answer is on its way would have to ask again. Questions
	// that wait for their turn hold nobody.
	case w.asking && (w.awaiting || w.probing.Load()):
		if now.Before(w.retryAt) {
			return false, w.retryAt, time.Time{}
		}
		return false, now.Add(storage.LeaseTime), time.Time{}
	case now.Before(w.retryAt):
		return true, now, w.retryAt
	case w.crowded:
		return false, now.Add(storage.LeaseTime), time.Time{}
	case now.Before(w.restsUntil()): // what comes now would not know that others have just gone
		return false, w.restsUntil(), time.Time{}
	case w.doneAll():
		if idle := w.lingerEnd(); now.Before(idle) {
			return false, idle, time.Time{}
		}
		return true, now, time.Time{}
	case w.due.Sub(now) > w.d.o.Linger:
		return true, now, w.due
	case w.due.IsZero(): // only a lease that could not be renewed in time is left
		return false, now.Add(dbPause), time.Time{}
	}
	return false, w.due, time.Time{}
}

// restsUntil is until when votes gather.
func (w *walk) restsUntil() (until time.Time) {
	for _, l := range w.lanes {
		until = later(until, l.restsUntil)
	}
	return until
}

// lingerEnd is until when a server is kept that has been told all. One for which votes
// have gathered is kept as long again, twice: they come in bursts, and a walk that
// begins anew would not know that there are many.
func (w *walk) lingerEnd() (until time.Time) {
	if !w.answeredAt.IsZero() {
		until = w.answeredAt.Add(w.d.o.Linger)
	}
	for _, l := range w.lanes {
		until = later(until, l.restsUntil.Add(2*l.rest))
	}
	return until
}

// wait returns when something has happened, and takes note of it.
func (w *walk) wait(ctx context.Context, idle time.Time) {
	until := idle
	for _, t := range []time.Time{w.due, w.restsUntil(), w.saveAt(), w.dbRetry} {
		if t.After(time.Now()) && (until.IsZero() || t.Before(until)) {
			until = t
		}
	}
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		alarm = timer.C
	}
	over, stop, gone := ctx.Done(), w.d.stop, w.gone
	if w.inFlight > 0 { // their ends are all there is to wait for
		if ctx.Err() != nil {
			over = nil
		}
		if w.stopping() {
			stop = nil
		}
		if w.lost.Load() {
			gone = nil
		}
	}
	select {
	case r := <-w.results:
		w.take(r)
		for more := true; more; { // whatever else is there
			select {
			case r := <-w.results:
				w.take(r)
			default:
				more = false
			}
		}
	case <-w.news.poke:
		w.extend()
	case id := <-w.identities:
		w.asking, w.learned = false, &id
	case <-w.pass.free:
	case <-alarm:
	case <-over:
	case <-stop:
	case <-gone:
	}
}

func (w *walk) stopping() bool {
	select {
	case <-w.d.stop:
		return true
	default:
		return false
	}
}

// extend takes in what the reader of the log has found.
func (w *walk) extend() {
	w.news.mu.Lock()
	from, to, lanes, heard := w.news.from, w.news.to, w.news.lanes, w.news.heard
	w.news.to, w.news.lanes, w.news.heard = storage.Horizon{}, [4]bool{}, false
	w.news.mu.Unlock()
	if heard {
		w.hear()
	}
	if to.XID <= w.to.XID {
		return
	}
	for _, l := range w.lanes {
		// Between this walk's horizon and from, another process may have been the reader.
		l.extend(to, lanes[l.kind] || w.to.XID < from)
	}
	w.to = to
}

// passOver finishes everything without a word.
func (w *walk) passOver() {
	for _, l := range w.lanes {
		l.units, l.noted, l.complete, l.changed = nil, nil, true, true
		l.low = l.to.End()
	}
}

// identify asks a server for its software. The question ends with the walk.
func (w *walk) identify(ctx context.Context) {
	w.asking = true
	server := w.server
	w.d.running.Go(func() { w.identities <- w.d.identify(ctx, &server, &w.probing) })
}

// load reads on in all lanes and reports whether there was anything to read.
func (w *walk) load(ctx context.Context) bool {
	if time.Now().Before(w.dbRetry) {
		return false
	}
	micro := w.known && w.dialects.Only(microblogs)
	read := false
	for _, l := range w.lanes {
		l.bulk = l.kind == forum.LaneVotes && w.known && w.tells.votes != single &&
			w.failures < storage.BreakerAfter && !time.Now().Before(l.restsUntil)
		r, err := l.load(ctx, w.d.o.DB, w.server.ID, micro)
		if err != nil {
			if ctx.Err() == nil {
				w.dbFailed(err)
			}
			return false
		}
		read = read || r
		if l.missed > 0 && w.unsaved.IsZero() {
			w.unsaved = time.Now()
			w.d.o.Log.Warn("a server is too far behind and is spared what is old", "host", w.server.Host, "lane", l.kind, "rows", l.missed)
		}
	}
	return read
}

func (w *walk) dbFailed(err error) {
	w.dbRetry = time.Now().Add(dbPause)
	w.d.o.Log.Warn("delivery waits for the database", "host", w.server.Host, "err", err)
}

func (w *walk) doneAll() bool {
	return !slices.ContainsFunc(w.lanes, func(l *lane) bool { return !l.done() })
}

func (w *walk) saveAt() time.Time {
	if w.unsaved.IsZero() {
		return time.Time{}
	}
	return later(w.unsaved.Add(saveEvery), w.dbRetry)
}

func (w *walk) saveDue() bool {
	now := time.Now()
	if w.lost.Load() || w.unsaved.IsZero() || now.Before(w.dbRetry) {
		return false
	}
	return !now.Before(w.saveAt()) || slices.ContainsFunc(w.lanes, func(l *lane) bool { return 4*l.unsaved >= w.d.o.Window })
}

// save writes marks. It returns false when they could not be written, or when
// the server was to be given back and there is more to do.
func (w *walk) save(release bool) bool {
	p := storage.Progress{
		Server: w.server.ID, Failures: w.failures, RetryAt: w.retryAt, WakeAt: w.due,
		OKAt: w.answeredAt, Error: w.failure, ErrorAt: w.failedAt, Release: release,
	}
	if p.RetryAt.Before(time.Now()) {
		p.RetryAt = time.Time{}
	}
	if w.doneAll() {
		p.Walked = w.to.XID
	}
	if w.spoke {
		p.Last = &storage.LastAnswer{Status: w.last.Status, Said: clip(w.last.Said)}
	}
	for _, l := range w.lanes {
		p.Missed += l.missed
		if l.changed {
			p.Marks = append(p.Marks, l.mark())
		}
	}
	// A mark is written also when everything else is being cancelled.
	ctx, cancel := context.WithTimeout(context.Background(), markTime)
	defer cancel()
	fault.At("deliver.mark.before")
	more, to, err := w.d.o.DB.Mark(ctx, w.d.o.Owner, p)
	fault.At("deliver.mark.after")
	if errors.Is(err, storage.ErrLeaseLost) {
		w.d.o.Log.Info("another process has the server now", "host", w.server.Host)
		w.lose()
		return false
	}
	if err != nil {
		w.dbFailed(err)
		// At the end of the process the next one finds the lease run out.
		return release && w.stopping()
	}
	for _, l := range w.lanes {
		l.unsaved, l.changed, l.missed = 0, false, 0
	}
	w.spoke = false
	w.unsaved, w.failure, w.failedAt = time.Time{}, "", time.Time{}
	if !more {
		return true
	}
	for _, l := range w.lanes {
		l.extend(to, true)
	}
	w.to = to
	return false
}
