//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ErrInUse is what every InUseError is, for errors.Is.
var ErrInUse = errors.New("in use by another program")

// ErrNotRunning says that no program runs the cluster one wants to attach to.
var ErrNotRunning = errors.New("no program runs this cluster")

// InUseError refuses a folder whose cluster another program runs.
type InUseError struct {
	Dir string // the folder given to Start
	PID int    // the program that holds it; 0 if unknown
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the data folder %s is in use by another program", e.Dir)
	}
	return fmt.Sprintf("the data folder %s is in use by another program (pid %d)", e.Dir, e.PID)
}

// Is makes errors.Is(err, ErrInUse) true.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// lock is the flock on Dir/lock. The kernel gives it back whatever way its holder ends. The file is never deleted:
// two programs could otherwise hold locks on two files of that name.
type lock struct {
	file *os.File
	last holder // who held it before us
}

// holder is the text of the lock file.
type holder struct {
	pid    int
	socket string // empty until Postgres answers
}

func takeLock(dir string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f, unix.LOCK_EX)
	for try := 0; try < 3 && errors.Is(err, unix.EWOULDBLOCK); try++ { // isHeld of another program lasts an instant
		time.Sleep(20 * time.Millisecond)
		err = flock(f, unix.LOCK_EX)
	}
	if err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, unix.EWOULDBLOCK) {
			h, _ := readHolder(dir) // a message without the pid is better than none
			return nil, &InUseError{Dir: dir, PID: h.pid}
		}
		return nil, err
	}
	l := &lock{file: f}
	if l.last, err = readHolder(dir); err != nil {
		l.release()
		return nil, err
	}
	if err := l.record(""); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// record says who holds the lock and where the socket is. It is one short write, so a reader sees it whole or cut, and
// a cut text has no closing line break.
func (l *lock) record(socket string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt(fmt.Appendf(nil, "%d\n%s\n", os.Getpid(), socket), 0)
	return err
}

// release gives the folder free. The text stays, and is ignored without the lock.
func (l *lock) release() { _ = l.file.Close() }

// readHolder reads the lock file; a cut or missing text is an empty holder.
func readHolder(dir string) (holder, error) {
	text, err := os.ReadFile(filepath.Join(dir, "lock"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return holder{}, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 3 {
		return holder{}, nil
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil {
		return holder{}, nil //nolint:nilerr // not a text of ours, so nothing is known of the holder
	}
	return holder{pid: pid, socket: lines[1]}, nil
}

// Attach uses the cluster that another program runs from dir, for commands beside a running server. It waits while
// that program is still starting, until ctx ends. The error is ErrNotRunning when none does: then Start it.
func Attach(ctx context.Context, dir string) (_ *Cluster, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cluster.Attach(%q): %w", dir, err)
		}
	}()
	at, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	for {
		held, err := isHeld(at)
		if err != nil {
			return nil, err
		}
		if !held {
			return nil, ErrNotRunning
		}
		h, err := readHolder(at)
		if err != nil {
			return nil, err
		}
		if h.socket != "" {
			return &Cluster{dir: at, socket: h.socket}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isHeld reports whether a program holds the lock, by trying for a shared one, which is given back at once.
func isHeld(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // gives the lock back, if we got it
	err = flock(f, unix.LOCK_SH)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
