package main

import (
	"bufio"
	"bytes"
	"os"
	"slices"
	"strings"
	"time"
)

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
