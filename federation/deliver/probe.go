package deliver

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"stoa/federation/fetch"
	"stoa/storage"
)

const (
	reprobeAfter    = 24 * time.Hour
	firstProbeAgain = time.Hour // after a server counts as unknown; doubles to reprobeAfter
)

// identity is what came of asking a server for its software.
type identity struct {
	software, version string
	answered          bool
	failures          int
}

// identify asks a server for its software. One that has never answered is asked
// several times, so that its first announcement is in words it understands.
// probing is set while a question is on its way.
func (d *Deliverer) identify(ctx context.Context, s *storage.Server, probing *atomic.Bool) identity {
	id := identity{failures: s.ProbeFailures}
	first := !s.Probed && s.ProbeFailures < len(d.o.ProbeWaits)
	for {
		if first && !d.pause(ctx, d.o.ProbeWaits[id.failures]) {
			return id
		}
		select {
		case d.probe <- struct{}{}:
		case <-ctx.Done():
			return id
		case <-d.stop:
			return id
		}
		probing.Store(true)
		software, err := d.o.Client.NodeInfo(ctx, s.Host)
		<-d.probe
		if ctx.Err() != nil {
			return id
		}
		if err == nil {
			id.software, id.version, id.answered, id.failures = software.Name, software.Version, true, 0
			return id
		}
		probing.Store(false)
		if fetch.KindOf(err) == fetch.Unasked { // our Postgres is away, which says nothing of the server
			if !d.pause(ctx, dbPause) {
				return id
			}
			continue
		}
		id.failures++
		again := time.Now()
		if late := id.failures - len(d.o.ProbeWaits); late >= 0 {
			again = again.Add(min(firstProbeAgain<<min(late, 8), reprobeAfter))
		}
		d.o.Log.Info("a server does not say what it runs", "host", s.Host, "failures", id.failures, "err", err)
		if err := d.o.DB.Unprobed(ctx, s.ID, id.failures, again); err != nil {
			d.o.Log.Warn("software of a server could not be noted", "host", s.Host, "err", err)
		}
		if !first || id.failures >= len(d.o.ProbeWaits) {
			return id
		}
	}
}

// pause waits, and reports whether to go on.
func (d *Deliverer) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.stop:
	case <-ctx.Done():
	}
	return false
}

// learn takes in what a server says it runs: rows that may have been sent already
// keep their form, later ones get the new one. It is the walk that decides, since
// it alone knows which those are.
func (w *walk) learn(ctx context.Context) {
	id := w.learned
	if id == nil || time.Now().Before(w.dbRetry) {
		return
	}
	if !id.answered {
		w.learned, w.known = nil, w.known || id.failures >= len(w.d.o.ProbeWaits)
		return
	}
	var since int64
	switch {
	case !w.known: // it was told of nothing yet
	case w.dialects.Known(), !w.server.LastOK.IsZero(), !w.answeredAt.IsZero():
		since = w.to.XID
	case w.inFlight > 0:
		return // whether it was told of something shows when these have ended; dispatch waits
	}
	dialects := w.dialects.Add(since, dialectOf(id.software, id.version).form)
	wait := time.Duration(float64(reprobeAfter) * (0.9 + rand.Float64()/5)) //nolint:gosec // only spreads them
	err := w.d.o.DB.Probed(ctx, w.d.o.Owner, w.server.ID, storage.Identity{
		Software: id.software, Version: id.version, Dialects: dialects, Again: time.Now().Add(wait),
	})
	switch {
	case errors.Is(err, storage.ErrLeaseLost):
		w.lose()
	case err != nil:
		w.dbFailed(err)
	default:
		w.learned, w.known, w.dialects = nil, true, dialects
		w.tells = dialectOf(id.software, id.version)
	}
}
