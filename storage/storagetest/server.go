//go:build unix

package storagetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"stoa/storage/cluster"
)

// shared starts the server at the first call. That it is the test binary's own, for as long as that lives, is what
// makes a call of DSN cheap.
var shared = sync.OnceValues(start)

// server is the Postgres of this test binary.
type server struct {
	cluster   *cluster.Cluster
	count     atomic.Int64 // databases made so far
	templates templates

	asking sync.Mutex
	conn   *pgx.Conn // of who has asking

	// reaper is held open until the kernel closes it: a file nobody refers to is closed by the garbage collector.
	reaper *os.File
}

func start() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir, err := os.MkdirTemp(place(), "stoa-test-")
	if err != nil {
		return nil, err
	}
	reaper, err := removeAtEnd(dir)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the user Postgres runs as must pass
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Options{
		Dir:      filepath.Join(dir, "pg"),
		Logger:   slog.New(slog.DiscardHandler),
		NoFsync:  true,
		Settings: settings,
	})
	if err != nil {
		return nil, err
	}
	return &server{cluster: c, reaper: reaper}, nil
}

// place is where the server's folder goes: into memory if there is plenty, since making a cluster on a disk takes two to
// three times as long; where TMPDIR says, or the system, otherwise.
func place() string {
	const memory, plenty = "/dev/shm", 1 << 30 // bytes; a server with its databases takes some 100 MB
	var free unix.Statfs_t
	if os.Getenv("TMPDIR") != "" || unix.Statfs(memory, &free) != nil || free.Bavail*uint64(free.Bsize) < plenty {
		return ""
	}
	return memory
}

var settings = map[string]string{
	"max_connections": "200", // tests run in parallel, several nodes each
	"shared_buffers":  "32MB",
	// A vacuum that starts in a template's copy, or in the middle of a test of plans, makes no test better.
	"autovacuum": "off",
}

// reaperScript waits until its input ends, which it does when the test binary does, whatever way. Postgres is told to stop
// by the kernel then, on Linux, and here where the kernel does not do it.
const reaperScript = `
cat > /dev/null
pid=$(head -n 1 "$1/pg/db/postmaster.pid" 2> /dev/null)
if [ -n "$pid" ]; then kill -QUIT "$pid" 2> /dev/null; fi
i=0
until rm -rf -- "$1" 2> /dev/null || [ $i -ge 100 ]; do sleep 0.1; i=$((i+1)); done
`

// removeAtEnd has a process of its own delete dir when this one has ended, and Postgres in it. A cleanup of a test's
// would run too early, and one in TestMain not after a panic.
func removeAtEnd(dir string) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // the reaper has its own
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", reaperScript, "reaper", dir)
	cmd.Stdin = r
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // survives the Ctrl-C that ends the tests
	if err := cmd.Start(); err != nil {
		_ = w.Close() // nobody listens
		return nil, fmt.Errorf("starting the reaper: %w", err)
	}
	return w, nil
}
