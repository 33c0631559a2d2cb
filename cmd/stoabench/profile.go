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
	"time"
)

// profile does some work that should take as long as expected, and writes what
// the server's processor did meanwhile and which statements took Postgres' time.
func (r *rig) profile(ctx context.Context, expected time.Duration, do func(context.Context) error) error {
	const statements = "pg_stat_statements"
	if _, err := r.watch.Exec(ctx, "create extension if not exists "+statements); err != nil {
		return err
	}
	if _, err := r.watch.Exec(ctx, "select pg_stat_statements_reset()"); err != nil {
		return err
	}
	got := make(chan error, 1)
	path := filepath.Join(r.b.o.data, r.name+".pprof")
	go func() { got <- r.download(ctx, int(math.Ceil(expected.Seconds())), path) }()
	if err := errors.Join(do(ctx), r.quiet(ctx), <-got); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-cum", "-nodecount=120", r.b.program, path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pprof: %w\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(r.b.o.data, r.name+".pprof.txt"), out, 0o600); err != nil {
		return err
	}
	r.b.sayf("  profile: %s, beside it .pprof.txt and .sql.txt", path)
	return r.statements(ctx)
}

func (r *rig) download(ctx context.Context, seconds int, path string) error {
	address := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", r.private, min(max(seconds, 1), 50))
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
	rows, err := r.watch.Query(ctx, `select calls, rows, total_exec_time, mean_exec_time, regexp_replace(query, '\s+', ' ', 'g')
		from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
		and query not like '%from log_reader))%' order by total_exec_time desc limit 30`)
	if err != nil {
		return err
	}
	defer rows.Close()
	out, err := os.Create(filepath.Join(r.b.o.data, r.name+".sql.txt"))
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%8s %8s %10s %9s  statement\n", "calls", "rows", "total ms", "mean ms")
	for rows.Next() {
		var calls, n int64
		var total, mean float64
		var query string
		if err := rows.Scan(&calls, &n, &total, &mean, &query); err != nil {
			return errors.Join(err, out.Close())
		}
		_, _ = fmt.Fprintf(out, "%8d %8d %10.1f %9.3f  %s\n", calls, n, total, mean, query)
	}
	return errors.Join(rows.Err(), out.Close())
}
