//go:build unix

package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"syscall"
	"time"
)

// process is one of Postgres' that works in a cluster's folder.
type process struct {
	pid        int
	postmaster bool
}

// endOrphans stops what a killed program left running in db, in good order where it can, and returns when all of it is
// gone. The caller holds the lock, so nobody else's server can be among it. Taking the old server over instead would
// save a twentieth of a second and leave us with one that is not our child: it would not end with us, and would run
// with the settings of another release.
func endOrphans(ctx context.Context, db string, log *slog.Logger) error {
	began := time.Now()
	var told []syscall.Signal
	for {
		left, err := processesIn(ctx, db)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return nil
		}
		s := signalFor(left, time.Since(began))
		for _, p := range left {
			if !slices.Contains(told, s) && (p.postmaster || !hasPostmaster(left)) {
				log.Warn("stopping a postgres that a killed program left behind", "dir", db, "pid", p.pid, "signal", s.String())
				_ = syscall.Kill(p.pid, s) // gone already is as good; what stays is seen in the next round
			}
		}
		told = append(told, s)
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the orphaned postgres in %s to end (pid %d): %w", db, left[0].pid, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// signalFor says how hard to press after that time: a postmaster ends its children; children without one finish soon by
// themselves, mostly.
func signalFor(left []process, waited time.Duration) syscall.Signal {
	switch {
	case hasPostmaster(left) && waited < 30*time.Second:
		return fastStop
	case hasPostmaster(left) && waited < 40*time.Second:
		return quitNow
	case !hasPostmaster(left) && waited < 3*time.Second:
		return syscall.SIGTERM
	default:
		return syscall.SIGKILL
	}
}

func hasPostmaster(left []process) bool {
	return slices.ContainsFunc(left, func(p process) bool { return p.postmaster })
}
