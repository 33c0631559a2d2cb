//go:build unix

package storagetest_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/storagetest"
)

var migrations atomic.Int32

func migrate(ctx context.Context, dsn string) error {
	migrations.Add(1)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE TABLE post (id bigint PRIMARY KEY, title text)`)
	return errors.Join(err, conn.Close(ctx))
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // may have been cut by the drop
	return conn
}

// Tests in parallel each get an empty copy of what one migration made.
func TestDSN(t *testing.T) {
	var names sync.Map
	t.Run("parallel", func(t *testing.T) {
		for range 8 {
			t.Run("copy", func(t *testing.T) {
				t.Parallel()
				conn := connect(t, storagetest.DSN(t, migrate))
				var name string
				if err := conn.QueryRow(t.Context(), `SELECT current_database()`).Scan(&name); err != nil {
					t.Fatal(err)
				}
				if _, twice := names.LoadOrStore(name, true); twice {
					t.Errorf("%s was handed out twice", name)
				}
				if _, err := conn.Exec(t.Context(), `INSERT INTO post VALUES (1, 'only here')`); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
	if n := migrations.Load(); n != 1 {
		t.Errorf("migrated %d times, want once", n)
	}
	conn := connect(t, storagetest.DSN(t, nil))
	var left int
	if err := conn.QueryRow(t.Context(),
		`SELECT count(*) FROM pg_database WHERE datname LIKE 'test%' AND datname <> current_database()`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d databases outlived their tests", left)
	}
	var tables int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("a database without migrations holds %d tables", tables)
	}
}

// endingVariable makes this test binary, run again, end in the way it names while Postgres runs.
const endingVariable = "STORAGETEST_ENDING"

func TestEnding(t *testing.T) {
	ending := os.Getenv(endingVariable)
	if ending == "" {
		t.Log("run by TestNothingStays")
		return
	}
	storagetest.DSN(t, migrate)
	dirs, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "stoa-test-*", "pg", "db", "postmaster.pid"))
	if err != nil || len(dirs) != 1 {
		t.Fatal(dirs, err)
	}
	pid, err := os.ReadFile(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	os.Stdout.WriteString("\npostmaster " + first + "\n") // read by the test below, which fails without it
	switch ending {
	case "panic":
		panic("on purpose")
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "fail":
		t.Fail()
	}
}

// Whatever way a test binary ends, its Postgres and its folder go.
func TestNothingStays(t *testing.T) {
	for _, ending := range []string{"pass", "fail", "panic", "kill"} {
		t.Run(ending, func(t *testing.T) {
			tmp, err := os.MkdirTemp("", "stoa-ending-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(tmp) })
			if err := os.Chmod(tmp, 0o711); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEnding$", "-test.v")
			cmd.Env = append(os.Environ(), endingVariable+"="+ending, "TMPDIR="+tmp)
			out, err := cmd.Output()
			if passed := err == nil; passed != (ending == "pass") {
				t.Fatalf("the run ended with %v\n%s", err, out)
			}
			pid := ""
			for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
				if p, ok := strings.CutPrefix(lines.Text(), "postmaster "); ok {
					pid = p
				}
			}
			if pid == "" {
				t.Fatalf("Postgres had not started:\n%s", out)
			}
			for {
				left, err := os.ReadDir(tmp)
				if err != nil {
					t.Fatal(err)
				}
				// ps fails when there is no such process; Z is one that has ended and waits for init to take note.
				state, err := exec.CommandContext(t.Context(), "ps", "-o", "stat=", "-p", pid).Output()
				gone := err != nil || strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
				if gone && len(left) == 0 {
					return
				}
				select {
				case <-t.Context().Done(): // the runner's time is up
					t.Fatalf("left over: postgres %s gone: %v, files %v", pid, gone, left)
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
	}
}
