//go:build unix

package cluster_test

import (
	"context"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/cluster"
)

func TestProgramKilled(t *testing.T) {
	dir := made(t)
	runHelper(t, dir).kill(t)
	c := start(t, dir)
	kept(t, c)
	onePostmaster(t, dir)
	if left, err := filepath.Glob(filepath.Join(dir, "socket-*")); err != nil || len(left) > 1 {
		t.Errorf("folders of sockets: %v, %v, want one at most", left, err)
	}
}

// Killed while initdb works, at several moments: the next start begins anew.
func TestProgramKilledWhileMaking(t *testing.T) {
	for _, until := range []string{"db.new", "db.new/PG_VERSION", "db.new/base/1", "db"} {
		t.Run(until, func(t *testing.T) {
			dir := filepath.Join(place(t), "pg")
			p := startHelper(t, dir)
			for {
				if _, err := os.Stat(filepath.Join(dir, until)); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
			p.kill(t)
			c := start(t, dir)
			keep(t, c)
			onePostmaster(t, dir)
			if _, err := os.Stat(filepath.Join(dir, "db.new")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("db.new stays: %v", err)
			}
		})
	}
}

// A postmaster that no kernel stopped (they do not everywhere) is stopped in good order, and its data are there.
func TestOrphanedPostmaster(t *testing.T) {
	dir := made(t)
	orphan := runOrphan(t, dir)
	exec(t, orphan.conn, `CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)`)
	c := start(t, dir)
	kept(t, c)
	<-orphan.ended
	onePostmaster(t, dir)
}

// The postmaster is dead and one of its children works on: nothing starts before that has ended, too.
func TestOrphanedBackend(t *testing.T) {
	dir := made(t)
	orphan := runOrphan(t, dir)
	exec(t, orphan.conn, `CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)`)
	backend := int(orphan.conn.PgConn().PID())
	cut := make(chan error, 1)
	go func() {
		_, err := orphan.conn.Exec(context.Background(), `SELECT count(*) FROM generate_series(1, 1000000000)`)
		cut <- err
	}()
	kill(t, orphan.pid)
	<-orphan.ended
	kept(t, start(t, dir))
	if err := <-cut; err == nil {
		t.Error("the orphaned backend finished its query")
	}
	if err := syscall.Kill(backend, 0); err == nil && !isZombie(t, backend) {
		t.Error("the orphaned backend is still there")
	}
	onePostmaster(t, dir)
}

// An admin's shell in the folder is nobody's orphan.
func TestOthersInTheFolder(t *testing.T) {
	dir := made(t)
	cmd := osexec.CommandContext(t.Context(), "sleep", "600")
	cmd.Dir = filepath.Join(dir, "db")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if isZombie(t, cmd.Process.Pid) {
		t.Error("was ended with the orphans")
	}
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait() // says that it was killed
}

func TestStalePidFile(t *testing.T) {
	dir := made(t)
	db := filepath.Join(dir, "db")
	alive := osexec.CommandContext(t.Context(), "sleep", "600") // a pid of the same user, given to somebody else since
	alive.SysProcAttr = asOwner(t, db)
	alive.Dir = "/"
	if err := alive.Start(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":  "",
		"torn":   "12",
		"reused": strconv.Itoa(alive.Process.Pid) + "\n" + db + "\n1700000000\n5432\n/tmp\n\n  1234 1234\nready   \n",
		"noise":  "\x00\xff\n\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(db, "postmaster.pid"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			start(t, dir)
		})
	}
	if isZombie(t, alive.Process.Pid) {
		t.Error("the process that has the pid now was ended")
	}
	kill(t, alive.Process.Pid)
	_ = alive.Wait() // says that it was killed
}

func TestHalfMade(t *testing.T) {
	dir := filepath.Join(place(t), "pg")
	for _, name := range []string{"db.new/base", "db"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "db.new", "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep(t, start(t, dir))
}

// Files that are not ours are never taken for a cluster, nor deleted.
func TestForeignFiles(t *testing.T) {
	dir := filepath.Join(place(t), "pg")
	letter := filepath.Join(dir, "db", "letter")
	if err := os.MkdirAll(filepath.Dir(letter), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(letter, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), options(dir))
	if err == nil {
		stop(t, c)
		t.Fatal("started over somebody's files")
	}
	if !strings.Contains(err.Error(), "holds files but no Postgres cluster") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(letter); err != nil {
		t.Error(err)
	}
}

// orphan is a postmaster without a program.
type orphan struct {
	pid   int
	conn  *pgx.Conn
	ended chan struct{}
}

func runOrphan(t *testing.T, dir string) *orphan {
	t.Helper()
	programs, err := cluster.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(dir, "db")
	socket, err := os.MkdirTemp("/tmp", "stoa-orphan-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(socket) })
	attr := asOwner(t, db)
	if attr.Credential != nil {
		if err := os.Chown(socket, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := osexec.CommandContext(context.Background(), filepath.Join(programs.Dir, "postgres"),
		"-D", db, "-k", socket, "-c", "listen_addresses=", "-c", "fsync=off")
	cmd.Dir, cmd.SysProcAttr = "/", attr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &orphan{pid: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		defer close(o.ended)
		_ = cmd.Wait() // however it ends
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(o.pid, syscall.SIGQUIT) // mostly gone
		<-o.ended
	})
	for o.conn == nil {
		select {
		case <-o.ended:
			t.Fatal("the orphan ended at its start")
		case <-time.After(10 * time.Millisecond):
			o.conn, _ = pgx.Connect(t.Context(), "postgres://stoa@/postgres?sslmode=disable&host="+socket)
		}
	}
	t.Cleanup(func() { _ = o.conn.Close(context.Background()) }) // cut before
	return o
}

// asOwner runs a command as the owner of a file.
func asOwner(t *testing.T, path string) *syscall.SysProcAttr {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no owner")
	}
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: st.Uid, Gid: st.Gid}
	}
	return attr
}

func isZombie(t *testing.T, pid int) bool {
	t.Helper()
	out, err := osexec.CommandContext(t.Context(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// onePostmaster fails when more or less than one postmaster runs on the folder, by its arguments.
func onePostmaster(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "db", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	out, err := osexec.CommandContext(t.Context(), "ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		// A child shows its parent's arguments until it has written its own title.
		if strings.Contains(line, "postgres -D "+filepath.Join(dir, "db")+" ") && words[1] != first {
			found = append(found, words[0])
		}
	}
	if len(found) != 1 || found[0] != first {
		t.Errorf("postmasters %v, want the one with pid %s", found, first)
	}
}
