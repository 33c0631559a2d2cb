package deliver

import (
	"context"
	"math/rand/v2"
	"time"

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

// identify asks a server for its software and writes the answer down. One that
// has never been asked is asked several times, so that its first announcement is
// in words it understands.
func (d *Deliverer) identify(ctx context.Context, s *storage.Server) identity {
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
		software, err := d.o.Client.NodeInfo(ctx, s.Host)
		<-d.probe
		if ctx.Err() != nil {
			return id
		}
		if err == nil {
			id.software, id.version, id.answered, id.failures = software.Name, software.Version, true, 0
			wait := time.Duration(float64(reprobeAfter) * (0.9 + rand.Float64()/5)) //nolint:gosec // only spreads them
			if err := d.o.DB.Probed(ctx, s.ID, software.Name, software.Version, dialectOf(software.Name) == microblogs, time.Now().Add(wait)); err != nil {
				d.o.Log.Warn("software of a server could not be noted", "host", s.Host, "err", err)
			}
			return id
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
