//go:build unix

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"stoa/storage/cluster"
)

// place makes a folder that any user can reach, in memory where there is such a thing.
func place(t *testing.T) string {
	t.Helper()
	dir, err := makePlace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func makePlace() (string, error) {
	parent := ""
	const memory, plenty = "/dev/shm", 1 << 30 // bytes
	var free unix.Statfs_t
	if os.Getenv("TMPDIR") == "" && unix.Statfs(memory, &free) == nil && free.Bavail*uint64(free.Bsize) >= plenty {
		parent = memory
	}
	dir, err := os.MkdirTemp(parent, "stoa-cluster-test-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// made gives a folder with a stopped cluster. It is a copy of one, which is quicker than initdb.
func made(t *testing.T) string {
	t.Helper()
	from, err := original()
	if err != nil {
		t.Fatal(err)
	}
	dir := place(t)
	if out, err := osexec.CommandContext(t.Context(), "cp", "-Rp", filepath.Join(from, "pg"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "pg")
}

// original makes the cluster that made copies; TestMain removes it.
var original = sync.OnceValues(func() (string, error) {
	dir, err := makePlace()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	c, err := cluster.Start(ctx, options(filepath.Join(dir, "pg")))
	if err != nil {
		return "", err
	}
	return dir, c.Stop(ctx)
})

func options(dir string) cluster.Options {
	return cluster.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler), NoFsync: true}
}

func start(t *testing.T, dir string) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, c *cluster.Cluster) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // mostly cut by Stop before
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T comparable](t *testing.T, conn *pgx.Conn, sql string) T {
	t.Helper()
	var answer T
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

// keep writes a row that kept looks for.
func keep(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	conn := connect(t, c)
	exec(t, conn, `CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)`)
}

func kept(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if n := ask[int](t, connect(t, c), `SELECT n FROM kept`); n != 42 {
		t.Errorf("the row holds %d, want 42", n)
	}
}

func TestStartAgain(t *testing.T) {
	dir := filepath.Join(place(t), "pg")
	c := start(t, dir)
	keep(t, c)
	if addresses := ask[string](t, connect(t, c), `SHOW listen_addresses`); addresses != "" {
		t.Errorf("listens on %q, want no TCP at all", addresses)
	}
	socket := ask[string](t, connect(t, c), `SHOW unix_socket_directories`)
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder: %v, %v, want mode 0700", info, err)
	}
	for range 2 {
		if err := c.EnsureDatabase(t.Context(), `o"dd`); err != nil {
			t.Fatal(err)
		}
	}
	if conn, err := pgx.Connect(t.Context(), c.DSN(`o"dd`)); err != nil {
		t.Error(err)
	} else if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	stop(t, c) // with connections open
	select {
	case <-c.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if err := c.Err(); err != nil {
		t.Errorf("after a clean stop: %v", err)
	}
	if _, err := os.Stat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder stays: %v", err)
	}
	kept(t, start(t, dir))
}

func TestSettings(t *testing.T) {
	o := options(filepath.Join(place(t), "pg"))
	o.Settings = map[string]string{"work_mem": "3MB"}
	c, err := cluster.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, c)
	if v := ask[string](t, connect(t, c), `SHOW work_mem`); v != "3MB" {
		t.Errorf("work_mem = %s, want 3MB", v)
	}
	if v := ask[string](t, connect(t, c), `SHOW data_checksums`); v != "on" {
		t.Errorf("data_checksums = %s, want on", v)
	}
}

// A wrong setting ends Postgres before it answers: the error tells what it said.
func TestLastWords(t *testing.T) {
	o := options(made(t))
	o.Settings = map[string]string{"shared_buffers": "plenty"}
	c, err := cluster.Start(t.Context(), o)
	if err == nil {
		stop(t, c)
		t.Fatal("started with shared_buffers = plenty")
	}
	if !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Errorf("the error does not tell what Postgres said: %v", err)
	}
	start(t, o.Dir) // and the folder is free
}

func TestInUse(t *testing.T) {
	dir := made(t)
	ctx := t.Context()
	if _, err := cluster.Attach(ctx, dir); !errors.Is(err, cluster.ErrNotRunning) {
		t.Errorf("attached to nothing: %v", err)
	}
	other := runHelper(t, dir)
	c, err := cluster.Start(ctx, options(dir))
	if err == nil {
		stop(t, c)
		t.Fatal("two programs run one cluster")
	}
	var inUse *cluster.InUseError
	if !errors.As(err, &inUse) || !errors.Is(err, cluster.ErrInUse) {
		t.Fatalf("got %v, want an InUseError", err)
	}
	if inUse.Dir != dir || inUse.PID != other.cmd.Process.Pid {
		t.Errorf("names %s and pid %d, want %s and %d", inUse.Dir, inUse.PID, dir, other.cmd.Process.Pid)
	}
	if text := err.Error(); !strings.Contains(text, dir) || !strings.Contains(text, fmt.Sprint(inUse.PID)) {
		t.Errorf("the message lacks folder or pid: %s", text)
	}

	beside, err := cluster.Attach(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	kept(t, beside)
	stop(t, beside)
	kept(t, beside) // which left it running
	other.end(t)
	if _, err := cluster.Attach(ctx, dir); !errors.Is(err, cluster.ErrNotRunning) {
		t.Errorf("attached to a stopped cluster: %v", err)
	}
	kept(t, start(t, dir))
}

func TestDone(t *testing.T) {
	dir := made(t)
	c := start(t, dir)
	keep(t, c)
	kill(t, ask[int](t, connect(t, c), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`))
	<-c.Done()
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("postgres was killed, and Err says %v", err)
	}
	stop(t, c)
	kept(t, start(t, dir))
}

func TestStopInTime(t *testing.T) {
	dir := made(t)
	c := start(t, dir)
	keep(t, c)
	late, cancel := context.WithCancel(t.Context())
	cancel()
	_ = c.Stop(late) // an error only if the clean stop was not quicker
	kept(t, start(t, dir))
}

// The address of a socket has 107 bytes and may not hold every character; the paths of people's folders do.
func TestOddPath(t *testing.T) {
	for name, path := range map[string]string{
		"long":   strings.Repeat("long name [*]", 15),
		"spaces": " a  b+c%20 ",
		"signs":  "ä ö'$&\\%",
		"comma":  `a,b"c`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(place(t), path, "pg")
			if err := os.Mkdir(filepath.Dir(dir), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(made(t), dir); err != nil {
				t.Fatal(err)
			}
			keep(t, start(t, dir))
		})
	}
}

func TestMajor(t *testing.T) {
	dir := made(t)
	version := filepath.Join(dir, "db", "PG_VERSION")
	made, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = cluster.Start(t.Context(), options(dir))
	var refused *cluster.MajorError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a MajorError", err)
	}
	if refused.Made != 9 || len(refused.Found) == 0 || !strings.Contains(err.Error(), "install Postgres 9") {
		t.Errorf("no way out in: %v", err)
	}
	if err := os.WriteFile(version, made, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
}
