package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// statementsLibrary is Postgres' own count of what its statements cost.
const statementsLibrary = "pg_stat_statements"

// countStatements says which statements a cluster counts: none or top.
func countStatements(ctx context.Context, conn *pgx.Conn, which string) error {
	for _, setting := range []string{"track = " + quote(which), "track_planning = on"} {
		if _, err := conn.Exec(ctx, "alter system set pg_stat_statements."+setting); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, "select pg_reload_conf()")
	return err
}

// profile does some work that should take as long as expected, and writes what
// the server's processor did meanwhile and which statements took Postgres' time.
// What is printed of both, by report, comes below the figure.
func (r *rig) profile(ctx context.Context, expected time.Duration, do func(context.Context) error) error {
	for _, sql := range []string{"create extension if not exists " + statementsLibrary, "select pg_stat_statements_reset()"} {
		if _, err := r.watch.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := countStatements(ctx, r.watch, "top"); err != nil {
		return err
	}
	got := make(chan error, 1)
	path := filepath.Join(r.b.o.data, r.name+".pprof")
	go func() { got <- download(ctx, r.private, expected, path) }()
	if err := errors.Join(do(ctx), r.quiet(ctx), <-got, countStatements(ctx, r.watch, "none")); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := r.b.spellOut(ctx, path); err != nil {
		return err
	}
	r.profiled = path
	return r.statements(ctx)
}

// shown is how many lines of a profile are printed.
const shown = 10

// report prints the head of what a profile has shown, if a target was missed or
// profiles were asked for.
func (r *rig) report(costs []cost, target float64) {
	if r.profiled != "" && (r.b.o.profile || of(costs, cost.each).median() > target) {
		r.show()
	}
}

// show prints the head of what a profile has shown.
func (r *rig) show() {
	r.b.sayf("  profile: %s, beside it .txt and .traces.txt; what its %d first functions and statements took:", r.profiled, shown)
	for _, path := range []string{r.profiled + ".flat.txt", filepath.Join(r.b.o.data, r.name+".sql.txt")} {
		text, err := os.ReadFile(path)
		if err != nil {
			r.b.sayf("  %v", err)
			continue
		}
		_, table, found := strings.Cut(string(text), "  flat%")
		if found {
			table = "      flat  flat%" + table
		} else {
			table = string(text)
		}
		n := 0
		for l := range strings.Lines(table) {
			if n++; n <= shown+1 {
				r.b.sayf("  %.140s", strings.TrimRight(l, "\n"))
			}
		}
	}
}

// spellOut writes what a profile says into text files beside it.
func (b *bench) spellOut(ctx context.Context, path string) error {
	for suffix, how := range map[string][]string{".txt": {"-top", "-cum", "-nodecount=120"}, ".traces.txt": {"-traces"}, ".flat.txt": {"-top", "-nodecount=" + strconv.Itoa(shown)}} {
		out, err := exec.CommandContext(ctx, "go", slices.Concat([]string{"tool", "pprof"}, how, []string{b.program, path})...).Output()
		if err != nil {
			return fmt.Errorf("pprof: %w", err)
		}
		if err := os.WriteFile(path+suffix, out, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// download takes a profile of the processor for some time, which has to begin now.
func download(ctx context.Context, private string, expected time.Duration, path string) error {
	seconds := int(math.Ceil(expected.Seconds()))
	address := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", private, min(max(seconds, 1), 50))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, answer.Status)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o600)
}

// statements writes which statements took longest, this program's own left out.
func (r *rig) statements(ctx context.Context) error {
	rows, err := r.watch.Query(ctx, `select calls, rows, total_plan_time + total_exec_time, total_plan_time, regexp_replace(query, '\s+', ' ', 'g')
		from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
		and query not like '%from log_reader))%' and query not like 'alter system%'
		order by total_exec_time + total_plan_time desc limit 30`)
	if err != nil {
		return err
	}
	defer rows.Close()
	out, err := os.Create(filepath.Join(r.b.o.data, r.name+".sql.txt"))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%8s %8s %10s %9s  statement\n", "calls", "rows", "total ms", "planning")
	for rows.Next() {
		var calls, n int64
		var total, planning float64
		var query string
		if err := rows.Scan(&calls, &n, &total, &planning, &query); err != nil {
			return errors.Join(err, out.Close())
		}
		_, _ = fmt.Fprintf(out, "%8d %8d %10.1f %9.1f  %s\n", calls, n, total, planning, query)
	}
	return errors.Join(rows.Err(), out.Close())
}
