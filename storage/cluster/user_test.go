//go:build unix

package cluster_test

import (
	"io"
	"os"
	osexec "os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/cluster"
)

// The same tests once more as an ordinary user, where root runs them.
func TestOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("all of them ran as an ordinary user")
		return
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	dir := place(t)
	program := filepath.Join(dir, "tests") // the original lies in a folder closed to others
	copyProgram(t, program)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, uid, uid); err != nil {
		t.Fatal(err)
	}
	cmd := osexec.CommandContext(t.Context(), program, "-test.v", "-test.skip=TestFind|TestServerLog")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"TestStartAgain", "TestInUse", "TestProgramKilled", "TestOrphanedPostmaster"} {
		if !strings.Contains(string(out), "--- PASS: "+name+" ") {
			t.Errorf("%s did not pass:\n%s", name, out)
		}
	}
}

func copyProgram(t *testing.T, to string) {
	t.Helper()
	from, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }() // only read from
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, from); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Root's home is closed to the user Postgres runs as. All that Postgres does in its folder works nonetheless.
func TestClosedHome(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("an ordinary user's Postgres runs as that user")
		return
	}
	home := filepath.Join(place(t), "root")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "clone", "data", "pg")
	c := start(t, dir)
	keep(t, c)
	conn := connect(t, c)
	if at := ask[string](t, conn, `SHOW data_directory`); !strings.HasPrefix(at, "/proc/") {
		t.Errorf("data_directory = %s: the test does not test the way round", at)
	}
	for _, sql := range []string{
		`ALTER SYSTEM SET cursor_tuple_fraction = 0.25`,
		`SELECT pg_reload_conf()`, // reads its files again by their absolute names
		`CHECKPOINT`,
		`CREATE DATABASE copy STRATEGY file_copy`,
		`VACUUM FULL kept`,
	} {
		exec(t, conn, sql)
	}
	for ask[string](t, conn, `SHOW cursor_tuple_fraction`) != "0.25" {
		time.Sleep(time.Millisecond) // the reload reaches a session between two statements
	}
	exec(t, conn, `CREATE INDEX ON kept (n); SET work_mem = '64kB'`)
	ask[int](t, conn, `SELECT count(*) FROM (SELECT n FROM generate_series(1, 200000) n ORDER BY n DESC OFFSET 1) spilled`)

	// A crashed backend makes the postmaster end all the others and start anew.
	other := connect(t, c)
	kill(t, int(conn.PgConn().PID()))
	for other.Ping(t.Context()) == nil {
		time.Sleep(time.Millisecond)
	}
	for {
		again, err := pgx.Connect(t.Context(), c.DSN("postgres"))
		if err == nil {
			_ = again.Close(t.Context()) // its answer was all that counts
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	kept(t, c)
	stop(t, c)

	p := startHelper(t, dir)
	if !p.lines.Scan() {
		t.Fatal("the second program did not start")
	}
	p.kill(t)
	kept(t, start(t, dir))
}

// Root's cluster belongs to the owner of the folder it is made in, if that is not root.
func TestFolderOfSystemUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("an ordinary user's Postgres runs as that user")
		return
	}
	dir := filepath.Join(place(t), "pg")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, uid, -1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := cluster.Start(t.Context(), options(dir))
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "db"))
		if err != nil {
			t.Fatal(err)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != uid {
			t.Errorf("db belongs to %d, want %d", st.Uid, uid)
		}
		stop(t, c)
	}
}
