package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const idleTarget = 45

// idling is a trial node with its demonstration data, left alone.
type idling struct {
	server *child
	data   string
	result chan idleResult
}

type idleResult struct {
	mib float64
	err error
}

// startIdling starts a trial node; its memory is read when it has idled.
func (b *bench) startIdling(ctx context.Context) (*idling, error) {
	i := &idling{data: filepath.Join(b.o.data, "idle"), result: make(chan idleResult, 1)}
	if err := os.RemoveAll(i.data); err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	private, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	// No url: only then it is a trial node.
	if i.server, err = b.serve(ctx, "idle", "--listen", address, "--listen-private", private, "--data", i.data); err != nil {
		return nil, err
	}
	go func() {
		mib, err := i.wait(ctx, b.idleTime())
		i.result <- idleResult{mib, err}
	}()
	return i, nil
}

func (b *bench) idleTime() time.Duration {
	if b.o.quick {
		return 10 * time.Second
	}
	return time.Minute
}

func (i *idling) wait(ctx context.Context, idle time.Duration) (float64, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case err := <-i.server.ended:
		i.server.ended <- err
		return 0, fmt.Errorf("the server ended: %w; see %s", err, i.server.log)
	case <-time.After(idle):
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.server.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	kib, err := residentKiB(status)
	return float64(kib) / 1024, err
}

func (i *idling) stop() {
	i.server.stop() // its Postgres goes with it
	_ = os.RemoveAll(i.data)
}

// idle measures the memory of a trial node that nobody uses. It has idled beside
// the other measurements.
func (b *bench) idle(context.Context) error {
	got := <-b.idling.result
	if got.err != nil {
		return got.err
	}
	b.sayf("%v", line{what: fmt.Sprintf("idle memory, %v after start (VmRSS)", b.idleTime()), unit: "MiB", figures: figures{got.mib}, target: idleTarget})
	return nil
}
