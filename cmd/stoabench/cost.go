package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// settle is how long after the last visible change a cost is read: marks and
// leases are written behind.
const settle = 300 * time.Millisecond

// usage is processor time.
type usage struct{ server, postgres time.Duration }

func (r *rig) usage() (usage, error) {
	server, err := readStat(r.server.cmd.Process.Pid)
	if err != nil {
		return usage{}, err
	}
	postgres, err := family(r.postmaster, r.watchPID)
	return usage{server.own + server.ended, postgres}, err
}

// work is what the clock runs over: n acts, and how they are brought about.
type work struct {
	n     int
	do    func(context.Context) error
	after func(context.Context) error // once the clock stands; may be nil
}

// cost is what some work took.
type cost struct {
	usage
	n    int
	wall time.Duration // until all was applied and delivered
}

// each is the processor time of one act, in milliseconds.
func (c cost) each() float64 { return c.per(c.server + c.postgres) }

func (c cost) per(d time.Duration) float64 { return d.Seconds() * 1000 / float64(c.n) }

func (r *rig) cost(ctx context.Context, w work) (cost, error) {
	before, err := r.usage()
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	if err := w.do(ctx); err != nil {
		return cost{}, err
	}
	if err := r.quiet(ctx); err != nil {
		return cost{}, err
	}
	wall := time.Since(start)
	time.Sleep(settle)
	after, err := r.usage()
	if err == nil && w.after != nil {
		err = w.after(ctx)
	}
	return cost{usage{after.server - before.server, after.postgres - before.postgres}, w.n, wall}, err
}

// held is for how long delivery is kept from servers by hold.
const held = "10 years"

// hold keeps servers from being told anything, as if each had asked for a pause.
func (r *rig) hold(ctx context.Context) error {
	if err := r.letGo(ctx); err != nil {
		return err
	}
	_, err := r.watch.Exec(ctx, `update server set retry_at = now() + interval '`+held+`'`)
	return err
}

// letGo waits until no server is being served.
func (r *rig) letGo(ctx context.Context) error {
	for {
		var busy bool
		err := r.watch.QueryRow(ctx, `select exists (select 1 from server where lease_owner is not null)`).Scan(&busy)
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// release ends what hold began.
func (r *rig) release(ctx context.Context) error {
	_, err := r.watch.Exec(ctx, `update server set retry_at = null`)
	return err
}

// quiet waits until everything that came in is judged and everything that must
// go out is delivered, but for servers that are held.
func (r *rig) quiet(ctx context.Context) error {
	const bound = 3 * time.Minute
	ctx, cancel := context.WithTimeoutCause(ctx, bound, errors.New("the node does not come to rest"))
	defer cancel()
	for {
		var busy bool
		err := r.watch.QueryRow(ctx, `select exists (select 1 from received where state = 0)
			or exists (select 1 from received where state = 1) or exists (select 1 from received where state = 2)
			or exists (select 1 from log where xid >= (select xid from log_reader))
			or exists (select 1 from server where touched_xid > walked_xid
				and (retry_at is null or retry_at < now() + interval '1 year'))`).Scan(&busy)
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if !busy {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// applied checks that a rig has accepted what was sent, and nothing was refused.
func (r *rig) applied(ctx context.Context, table string, atLeast int) error {
	var rows, refused int
	var reason *string
	err := r.watch.QueryRow(ctx, `select (select count(*) from `+quote(table)+`),
		count(*), min(reason) from received where state in (4, 5)`).Scan(&rows, &refused, &reason)
	switch {
	case err != nil:
		return err
	case refused > 0:
		return fmt.Errorf("%d activities were refused: %s", refused, *reason)
	case rows < atLeast:
		return fmt.Errorf("%d rows in %s, want %d", rows, table, atLeast)
	}
	return nil
}

// costs prepares and measures work again and again: once to warm up, then the
// runs that count, then once under the profiler if that was asked for or their
// median is above the target. A target of 0 is none.
func (r *rig) costs(ctx context.Context, target float64, prepare func(context.Context) (work, error)) ([]cost, error) {
	var all []cost
	for i := range runs + 1 {
		w, err := prepare(ctx)
		if err != nil {
			return nil, err
		}
		c, err := r.cost(ctx, w)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			all = append(all, c)
		}
	}
	missed := target > 0 && of(all, cost.each).median() > target
	if !r.b.o.profile && !missed {
		return all, nil
	}
	w, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.profile(ctx, all[len(all)-1].wall, w.do); err != nil {
		return nil, err
	}
	if w.after != nil {
		err = w.after(ctx)
	}
	return all, err
}

// of collects one figure of each run.
func of(costs []cost, value func(cost) float64) figures {
	f := make(figures, len(costs))
	for i, c := range costs {
		f[i] = value(c)
	}
	return f
}

func serverShare(c cost) float64   { return c.per(c.server) }
func postgresShare(c cost) float64 { return c.per(c.postgres) }

// always is a target that no figure meets: a profile is taken in any case.
const always = 1e-9

// kinds are what a server's processor does, by the functions it is found in: of
// a stack, from the innermost function on, the first that is named decides.
var kinds = []struct {
	name  string
	under []string
}{
	{"SQL", []string{"stoa/storage.", "github.com/jackc/"}},
	{"signature", []string{"stoa/activitypub/sig.", "stoa/federation/inbox.(*proofs)", "stoa/federation/deliver.(*Keyring)"}},
	{"decoding", []string{"stoa/activitypub.Check", "stoa/activitypub.ReadEnvelope", "stoa/activitypub.ReadActivity", "stoa/activitypub.ReadObject"}},
	{"documents", []string{"stoa/federation/outbox.", "stoa/activitypub.Encode", "stoa/activitypub/markup."}},
	{"log lines", []string{"log/slog."}},
	{"rules", []string{"stoa/federation/forum.", "stoa/federation/inbox.(*Inbox).apply", "stoa/federation/inbox.(*Inbox).accept", "stoa/federation/inbox.sortOut"}},
	{"delivery", []string{"stoa/federation/deliver.", "stoa/federation/fetch."}},
	{"HTTP", []string{"net/http.", "stoa/federation/inbox."}},
	{"garbage", []string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge"}},
}

const otherKind = "the rest"

// sharesOf reads which part of the samples in `pprof -traces` belongs to which
// kind.
func sharesOf(traces []byte) map[string]float64 {
	spent, sum := map[string]time.Duration{}, time.Duration(0)
	var value time.Duration
	var stack []string
	end := func() {
		if value > 0 {
			spent[kindOf(stack)] += value
			sum += value
		}
		value, stack = 0, nil
	}
	lines := bufio.NewScanner(bytes.NewReader(traces))
	begun := false
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "-----------+"):
			end()
			begun = true
		case !begun || len(fields) == 0:
		default:
			if d, err := time.ParseDuration(fields[0]); err == nil && len(fields) > 1 {
				value, fields = d, fields[1:]
			}
			stack = append(stack, fields[0])
		}
	}
	end()
	shares := map[string]float64{}
	for kind, d := range spent {
		shares[kind] = d.Seconds() / sum.Seconds()
	}
	return shares
}

func kindOf(stack []string) string {
	for _, function := range stack {
		for _, k := range kinds {
			if slices.ContainsFunc(k.under, func(p string) bool { return strings.HasPrefix(function, p) }) {
				return k.name
			}
		}
	}
	return otherKind
}

// shares prints where the time goes: the server's by its profile, Postgres'
// beside it.
func (b *bench) shares(r *rig, costs []cost) error {
	traces, err := os.ReadFile(r.profiled + ".traces.txt")
	if err != nil {
		return err
	}
	server, postgres := of(costs, serverShare).median(), of(costs, postgresShare)
	part := sharesOf(traces)
	ms := func(kind string) string { return digits(part[kind] * server) }
	b.sayf("  of which signature %s, decoding %s, rules %s, SQL %s (Postgres %s (%s–%s), asking it %s) ms",
		ms("signature"), ms("decoding"), ms("rules"), digits(part["SQL"]*server+postgres.median()),
		digits(postgres.median()), digits(postgres.least()), digits(postgres.greatest()), ms("SQL"))
	b.sayf("  and HTTP %s, documents %s, log lines %s, delivery %s, garbage %s, the rest %s ms",
		ms("HTTP"), ms("documents"), ms("log lines"), ms("delivery"), ms("garbage"), ms(otherKind))
	b.sayf("  accepted, applied and counted at %.0f/s with the load on the same cores", of(costs, func(c cost) float64 { return float64(c.n) / c.wall.Seconds() }).median())
	return nil
}
