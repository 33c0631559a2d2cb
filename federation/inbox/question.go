package inbox

import (
	"sync"
	"time"

	"stoa/storage"
)

// Bounds of what one domain can make this server ask of others. Whoever is known
// here can name any object anywhere, one that is never answered among them.
const (
	perAsker  = 240             // objects to ask for, per asker's registrable domain and minute
	runTarget = 2               // jobs at one time that ask one registrable domain
	runAsker  = 4               // jobs at one time on behalf of one; there are eight in all
	turnPause = 2 * time.Second // till a job asks again for its turn
)

// questions counts which objects are asked for on whose behalf.
type questions struct {
	askers, asked allowance
}

// may says whether an object may be asked for now. Asking twice within a minute
// counts once: a thousand votes may wait for one post.
func (q *questions) may(asker, iri string) bool {
	if q.askers.left(asker) <= 0 {
		return false
	}
	return !q.asked.spend(asker+" "+iri) || q.askers.spend(asker)
}

// asker is the domain that pays for what an actor refers to; empty where nobody
// is held to anything.
func (in *Inbox) asker(actor string) string {
	if in.o.NoLimits {
		return ""
	}
	return registrable(actor)
}

// afford lets an act wait without asking for what it needs when its sender's
// domain has asked for enough. It is looked at again later.
func (in *Inbox) afford(a *act) {
	if a.verdict.State != storage.StateWaiting {
		return
	}
	a.verdict.Asker = in.asker(a.row.Actor)
	a.verdict.Later = !in.questions.may(registrable(a.row.Actor), a.verdict.Needs)
}

// running counts the jobs that are at work, by whom they ask and for whom.
type running struct {
	off bool

	mu              sync.Mutex
	targets, askers map[string]int
}

// begin takes a place for a job, if there is one for it; end gives it back.
func (r *running) begin(target, asker string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.targets == nil {
		r.targets, r.askers = map[string]int{}, map[string]int{}
	}
	if !r.off && (r.targets[target] >= runTarget || asker != "" && r.askers[asker] >= runAsker) {
		return false
	}
	count(r.targets, target, 1)
	count(r.askers, asker, 1)
	return true
}

func (r *running) end(target, asker string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count(r.targets, target, -1)
	count(r.askers, asker, -1)
}
