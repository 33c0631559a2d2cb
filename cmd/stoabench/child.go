package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// child is a running server.
type child struct {
	cmd   *exec.Cmd
	log   string
	ended chan error
}

// stoa prepares a command of the program. Settings of whoever runs this are none
// of its business, nor is the checkout: in its folder a node in development reads
// its templates anew for each page.
func (b *bench) stoa(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Dir = b.o.data
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "STOA_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// serve starts a server that logs to a file, as much as it does by default.
func (b *bench) serve(ctx context.Context, name string, args ...string) (*child, error) {
	return b.serveWith(ctx, name, nil, args...)
}

func (b *bench) serveWith(ctx context.Context, name string, environment []string, args ...string) (*child, error) {
	c := &child{log: filepath.Join(b.o.data, name+".log"), ended: make(chan error, 1)}
	log, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	c.cmd = b.stoa(context.WithoutCancel(ctx), append([]string{"serve"}, args...)...)
	c.cmd.Env = append(c.cmd.Env, environment...)
	c.cmd.Stdout, c.cmd.Stderr = log, log
	ended, err := startLeashed(c.cmd)
	if err != nil {
		return nil, err
	}
	go func() { c.ended <- <-ended }()
	return c, nil
}

// ready waits until the server serves, as its private listener tells.
func (c *child) ready(ctx context.Context, private string) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+private+"/readyz", http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close() // only the status is of interest
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-c.ended:
			c.ended <- err
			return fmt.Errorf("the server ended: %w; see %s", err, c.log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// kill ends a server whose data nobody needs any more.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // an error means that it has ended
	c.ended <- <-c.ended
}

// stop ends a server in good order.
func (c *child) stop() {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return
	}
	select {
	case err := <-c.ended:
		c.ended <- err
	case <-time.After(20 * time.Second):
		c.kill()
	}
}
