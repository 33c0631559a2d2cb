package inbox

import (
	"context"
	"errors"
	"time"

	"stoa/storage"
	"stoa/storage/fault"
)

// A committer appends what arrives, as much of it in one commit as is there at
// the moment. What comes after a pause is committed at once. One commits at a time: a second one
// at its side would halve what a commit takes in, and most of what a commit costs
// is the same for one row and for thirty.
type committer struct {
	db      *storage.DB
	queue   chan pending
	stopped chan struct{} // closed when nobody commits any more

	repeated func(n int) // told how many were left out, seen before
}

const (
	maxCommit   = 256     // requests in one commit
	maxInCommit = 8 << 20 // bytes in one commit
	// commitRest lies between two commits. What comes meanwhile is in the next, which costs
	// hardly more: of a thousand votes a second, each in a commit of three took the node
	// and Postgres a quarter longer.
	commitRest = 8 * time.Millisecond
)

type pending struct {
	arrival storage.Arrival
	done    chan error // gets one value at most
}

var errStopping = errors.New("inbox: stopping")

func newCommitter(db *storage.DB) *committer {
	return &committer{db: db, queue: make(chan pending, maxCommit), stopped: make(chan struct{}), repeated: func(int) {}}
}

// keep returns when the arrival is in Postgres, or with the reason why it is not.
func (c *committer) keep(ctx context.Context, a storage.Arrival) error {
	p := pending{a, make(chan error, 1)}
	select {
	case c.queue <- p:
	case <-c.stopped:
		return errStopping
	case <-ctx.Done():
		return ctx.Err()
	}
	// Whoever sent it may be gone: as long as it is queued its bytes count.
	select {
	case err := <-p.done:
		return err
	case <-c.stopped:
		select {
		case err := <-p.done:
			return err
		default:
			return errStopping
		}
	}
}

// run commits until ctx ends and nothing is queued any more.
func (c *committer) run(ctx context.Context) {
	c.loop(ctx)
	close(c.stopped)
}

func (c *committer) loop(ctx context.Context) {
	for {
		select {
		case p := <-c.queue:
			c.flush(context.WithoutCancel(ctx), c.gather(p))
			select {
			case <-time.After(commitRest):
			case <-ctx.Done():
			}
		case <-ctx.Done():
			return
		}
	}
}

// gather takes what else is queued.
func (c *committer) gather(first pending) []pending {
	batch, size := []pending{first}, len(first.arrival.Body)
	for len(batch) < maxCommit && size < maxInCommit {
		select {
		case p := <-c.queue:
			batch, size = append(batch, p), size+len(p.arrival.Body)
		default:
			return batch
		}
	}
	return batch
}

// flush commits a batch; if that fails, each on its own, so that one bad row
// harms nobody else.
func (c *committer) flush(ctx context.Context, batch []pending) {
	arrivals := make([]storage.Arrival, len(batch))
	for i := range batch {
		arrivals[i] = batch[i].arrival
	}
	fault.At("inbox.commit.before")
	kept, err := c.db.Receive(ctx, arrivals)
	fault.At("inbox.commit.after")
	if err == nil {
		c.repeated(len(batch) - kept)
	}
	if err == nil || len(batch) == 1 || storage.Down(err) {
		for _, p := range batch {
			p.done <- err
		}
		return
	}
	for _, p := range batch {
		kept, err := c.db.Receive(ctx, []storage.Arrival{p.arrival})
		if err == nil {
			c.repeated(1 - kept)
		}
		p.done <- err
	}
}
