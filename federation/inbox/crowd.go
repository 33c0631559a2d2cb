package inbox

import (
	"context"
	"sync"
)

// Bounds of the acts that are held back by earlier ones of their actor on the
// same object: whoever looks for work passes all of them by.
const (
	crowdActor  = 1_000 // of one actor
	crowdDomain = 5_000 // of one registrable domain
)

// crowd knows behind which acts too many wait. It is looked up every so often,
// since an actor's next acts are no surprise.
type crowd struct {
	mu   sync.Mutex
	keys map[int64]bool
}

// holds says whether no more may queue up behind a key.
func (c *crowd) holds(key int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys[key]
}

// lookAtCrowds counts anew who is held back. Where that is too much more of the
// same is not taken for a while; what can be worked on at once is.
func (in *Inbox) lookAtCrowds(ctx context.Context) error {
	if in.o.NoLimits {
		return nil
	}
	all, err := in.o.DB.Crowds(ctx)
	if err != nil {
		return err
	}
	actors, domains := map[string]int{}, map[string]int{}
	for _, c := range all {
		actors[c.Actor] += c.Rows
		domains[registrable(c.Actor)] += c.Rows
	}
	keys := map[int64]bool{}
	for _, c := range all {
		if actors[c.Actor] >= crowdActor || domains[registrable(c.Actor)] >= crowdDomain {
			keys[c.Key] = true
		}
	}
	in.crowd.mu.Lock()
	in.crowd.keys = keys
	in.crowd.mu.Unlock()
	return nil
}
