package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/cluster"
	"stoa/storage/storagetest"
)

// points are the instants at which the program is let die, each with the passing
// at which it does, far enough into the stream to be amidst other work. What they are: the names of storage/fault in the code.
var points = map[string]int{
	"inbox.commit.before":    9,  // accepting: nothing is stored, and nobody was told
	"inbox.commit.after":     9,  // stored, and the sender does not know
	"inbox.key.fetched":      2,  // a stranger's key is known to this process alone
	"inbox.key.saved":        2,  // known, and what it signed not yet judged
	"work.claimed":           5,  // applying: the rows of a shard are taken
	"work.done":              5,  // all written, nothing committed
	"work.committed":         5,  // committed, and nobody was told
	"log.append.before":      4,  // rendering: rendered, and not in the log
	"log.append.after":       4,  // in the log, and not committed
	"inbox.fetch.got":        1,  // fetching: the object is there, what waits for it does not know
	"inbox.fetch.ending":     1,  // the job is done, in a transaction that is not
	"inbox.fetch.ended":      1,  // all is done, and the job queue does not know
	"deliver.request.before": 12, // sending: the unit is taken
	"deliver.request.after":  12, // the other server has it, and nobody here knows
	"deliver.mark.before":    2,  // marking: known, and not written down
	"deliver.mark.after":     2,  // written down, and not known
}

// steps are one point of each thing the program does for others: the last one at
// which a crash could cost what was done.
var steps = map[string]string{
	"accepting": "inbox.commit.after",
	"verifying": "inbox.key.saved",
	"applying":  "work.done",
	"rendering": "log.append.after",
	"fetching":  "inbox.fetch.ending",
	"sending":   "deliver.request.after",
	"marking":   "deliver.mark.before",
}

// TestKilledAtEachStep lets the program die in the midst of each step, and shows
// that nothing is lost or doubled by it.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for step, point := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dieAt(t, point, points[point], "late", 12)
		})
	}
}

// TestSoakKilledAtEachPoint is the same at every point, with longer streams and
// more passings.
func TestSoakKilledAtEachPoint(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	for _, point := range slices.Sorted(maps.Keys(points)) {
		for _, n := range []int{1, 2, 3, points[point] + 10} {
			if n > 3 && points[point] < 3 {
				continue // not passed as often
			}
			for _, how := range []string{"kill", "late"} {
				t.Run(fmt.Sprintf("%s:%d=%s", point, n, how), func(t *testing.T) {
					t.Parallel()
					dieAt(t, point, n, how, 60)
				})
			}
		}
	}
}

// Every point in the code is in the table, and the other way round: one without
// a test is none.
func TestPointsAreTested(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`fault\.At\(([^)]*)\)`)
	found := map[string]int{}
	for _, dir := range []string{"activitypub", "cmd", "federation", "storage", "web"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range call.FindAllStringSubmatch(string(text), -1) {
				found[strings.Trim(m[1], `"`)]++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, n := range found {
		if points[name] == 0 {
			t.Errorf("%s: no test lets the program die there", name)
		}
		if n != 1 {
			t.Errorf("%s: %d places have this name", name, n)
		}
	}
	for name := range points {
		if found[name] == 0 {
			t.Errorf("%s: no such point in the code", name)
		}
	}
}

// faulty builds the program that can be told to die, once for all tests.
var faulty = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "stoa-faults-")
	if err != nil {
		return "", err
	}
	faultyDir = dir
	path := filepath.Join(dir, "stoa")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-buildvcs=false", "-tags", "faults", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build -tags faults: %w\n%s", err, out)
	}
	return path, nil
})

var faultyDir string

func removeFaulty() {
	if faultyDir != "" {
		_ = os.RemoveAll(faultyDir) // a leftover among temporary files, no more
	}
}

func dieAt(t *testing.T, point string, passing int, how string, posts int) {
	binary, err := faulty()
	if err != nil {
		t.Fatal(err)
	}
	dsn, dir, port := storagetest.DSN(t, schema), t.TempDir(), freePort(t)
	args := []string{
		"--url", "http://127.0.0.1:" + port, "--listen", "127.0.0.1:" + port, "--database-url", dsn,
		"--listen-private", "off", "--dev-federation", "true", "--log", "warn",
	}
	if out, ok := command(t, dir, append([]string{"community", "create", "porch"}, args[:6]...)...); !ok {
		t.Fatal(out)
	}
	program := func(fault string) *program {
		cmd := stoa(context.WithoutCancel(t.Context()), dir, append([]string{"serve"}, args...)...)
		cmd.Path = binary
		cmd.Env = append(cmd.Env, "STOA_FAULT="+fault)
		return launch(t, dir, cmd)
	}
	p := program(fmt.Sprintf("%s:%d=%s", point, passing, how))
	s := newStream(t, p.url, posts, true)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- s.run(ctx) }()

	select {
	case err := <-p.ended:
		p.ended <- err
	case <-ctx.Done():
		t.Fatalf("%s was not passed %d times in a stream of %d activities", point, passing, s.size())
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the program ended by itself: %v\n%s", p.cmd.ProcessState, p.log())
	}
	runOut(t, dsn)
	p = program("")
	if err := <-sent; err != nil {
		t.Fatalf("%v\n%s", err, p.log())
	}
	s.check(dsn)
}

// runOutOwn does that in the Postgres of a program that does not run.
func runOutOwn(t *testing.T, dir string) {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Options{Dir: filepath.Join(dir, "data", "postgres"), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	runOut(t, c.DSN(databaseName))
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// runOut lets the time pass at once after which others take over what a dead
// process held: leases of servers and of unverified requests, its jobs, and its
// turn in the job queue. That they do hold for that long, and no longer, is
// shown where they are made.
func runOut(t *testing.T, dsn string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	eventually(t, "Postgres notices that the process is gone", func() bool {
		var n int
		err := conn.QueryRow(t.Context(), `select count(*) from pg_stat_activity where datname = current_database()
			and pid <> pg_backend_pid() and backend_type = 'client backend'`).Scan(&n)
		return err == nil && n == 0
	})
	for _, sql := range []string{
		`update server set lease_until = now() - interval '1 second' where lease_until is not null`,
		`update received set next_at = now() where state = 0`,
		`update river_job set attempted_at = now() - interval '1 hour' where state = 'running'`,
		`delete from river_leader`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}
