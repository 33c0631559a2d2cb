//go:build unix

package cluster

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// The three ways to end a postmaster. "Fast" cuts the clients and makes a checkpoint; "quit" does neither, and the next
// start recovers.
const (
	fastStop = syscall.SIGINT
	quitNow  = syscall.SIGQUIT
)

// command is one of Postgres' programs to be run.
type command struct {
	programs Binaries
	name     string
	args     []string
	user     account
	db       folder
	output   io.Writer      // gets standard output and error
	orphaned syscall.Signal // what it is sent when we end, where the system can do that
}

// child is one of Postgres' programs, running.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed at its end
	err  error         // how it ended; to be read after done
	log  *serverLog    // nil for initdb
}

// startChild runs a command that ends with us. ctx gives values only; the child outlives it.
func startChild(ctx context.Context, what command) (*child, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(what.programs.Dir, what.name), what.args...)
	cmd.Env = environment()
	cmd.Dir = "/" // the child changes its user before its folder, and may not enter ours
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true, // a terminal's Ctrl-C is for us alone
	}
	if what.user.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: what.user.uid, Gid: what.user.gid}
	}
	what.db.hand(cmd)
	dieWithParent(cmd.SysProcAttr, what.orphaned)

	// A pipe of our own: with exec's, Wait would last until the last process that inherited it has gone.
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(what.output, r) // ends with the writers; a fault of the log must not end Postgres
	}()

	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// On Linux "parent" is the thread that made the child: when this goroutine moved on, and Go ended the thread,
		// Postgres would be told to stop. So it stays on its thread for as long as the child lives.
		runtime.LockOSThread()
		err := cmd.Start()
		_ = w.Close() // the child has its own
		started <- err
		if err != nil {
			_ = r.Close()
			return
		}
		c.err = cmd.Wait()
		select {
		case <-copied:
		case <-time.After(time.Second): // a process left over still holds the pipe
		}
		_ = r.Close()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) signal(s os.Signal) {
	_ = c.cmd.Process.Signal(s) // fails only when it has ended, which is what the signal is for
}

func (c *child) killGroup() { _ = syscall.Kill(-c.pid(), syscall.SIGKILL) } // gone already is as good

func (c *child) lastWords() string { return c.log.lastWords() }
