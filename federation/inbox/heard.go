package inbox

import (
	"context"
	"sync"
	"time"
)

// heardEvery is how often delivery is told that a server lives: once is enough
// to end a wait, and a busy server sends a hundred times a second.
const heardEvery = time.Minute

// maxHeard bounds how many servers are remembered at once.
const maxHeard = 10_000

// heard remembers when each server was last reported as alive.
type heard struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// due says whether a server has not been reported for a while, and notes that it
// is now.
func (h *heard) due(host string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last, ok := h.last[host]; ok && now.Sub(last) < heardEvery {
		return false
	}
	if h.last == nil || len(h.last) >= maxHeard {
		h.last = map[string]time.Time{}
	}
	h.last[host] = now
	return true
}

// hear ends the wait that delivery keeps for a server which did not answer: it
// has just sent something authentic. Failing to note that harms nothing, since
// the wait ends by itself.
func (in *Inbox) hear(ctx context.Context, host string) {
	if !in.heard.due(host, in.o.Clock()) {
		return
	}
	if err := in.o.DB.Heard(ctx, host); err != nil {
		in.o.Log.Warn("inbox: noting that a server lives", "host", host, "err", err)
	}
}
