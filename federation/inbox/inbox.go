// Package inbox is the door through which other servers speak (ActivityPub §7).
//
// A request is judged, kept and answered without waiting for anybody else:
// bounds, envelope, signature, key, one commit, 202. Workers then translate what
// was kept into the verbs of the forum. What needs an actor or a parent that is
// not known here waits for a fetch, and nothing else waits for it. What cannot
// be applied is kept with its reason.
package inbox

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// Options are what an Inbox is made of. DB, Forum, Client and BaseURL are required.
type Options struct {
	DB      *storage.DB
	Forum   *forum.Forum
	Client  *fetch.Client
	BaseURL *url.URL
	Log     *slog.Logger
	Clock   func() time.Time // nil means time.Now

	// Messages keeps what people write to each other. Nil takes no messages.
	Messages func(tx *storage.Tx) forum.MessageTx

	// Dev lets ids be plain http, as on a test bed.
	Dev bool
	// NoLimits turns the budgets of strangers off, for test beds and load.
	NoLimits bool
	// Source names the address a request came from, where proxies of ours stand
	// before the node: forwarded is X-Forwarded-For. Nil means remoteAddr.
	Source func(remoteAddr string, forwarded []string) string

	// Disk says how much room there is where the database lies, in bytes. Nil
	// where that cannot be seen.
	Disk func() (free, size int64, err error)

	Workers     int           // 0 means 2
	ReadTimeout time.Duration // of a request body; 0 means 10 s
	Registry    prometheus.Registerer
	// Observe is told what became of how many activities. It is called from many
	// goroutines and must not block. May be nil.
	Observe func(Passage, int)
}

// Inbox accepts and applies what other servers send.
type Inbox struct {
	o        Options
	base     string // without a slash at the end
	commit   *committer
	budgets  *budgets
	fetches  *allowance
	render   markup.Options
	counts   counts
	pressure *pressure
	heard    heard
	proofs   proofs

	questions *questions
	running   running
	crowd     crowd

	ready chan struct{} // something was made ready
	keys  chan struct{} // something unverified was kept
}

// New makes an Inbox. Nothing is applied until Run.
func New(o Options) *Inbox {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = 10 * time.Second
	}
	fetches := &allowance{clock: o.Clock, limit: perOrigin}
	asked := &questions{askers: allowance{clock: o.Clock, limit: perAsker}, asked: allowance{clock: o.Clock, limit: 1}}
	if o.NoLimits {
		fetches.limit, asked.askers.limit = 0, 0
	}
	base := strings.TrimSuffix(o.BaseURL.String(), "/")
	counts := newCounts(o.Registry)
	in := &Inbox{
		o: o, base: base,
		commit:   newCommitter(o.DB),
		budgets:  newBudgets(o.DB, o.Clock, o.NoLimits),
		fetches:  fetches,
		render:   markup.Options{LocalURL: base},
		counts:   counts,
		pressure: newPressure(&o, counts.pressure),

		questions: asked,
		running:   running{off: o.NoLimits},

		ready: make(chan struct{}, 1),
		keys:  make(chan struct{}, 1),
	}
	in.commit.repeated = func(n int) { in.observe(Repeated, n) }
	return in
}

// Register adds the inboxes to r: one for all, one per actor. What arrives is
// the same wherever it arrives: addressing is read from the document, since some
// servers deliver to whichever inbox they know.
func (in *Inbox) Register(r *mux.Router) {
	for _, path := range []string{"/inbox", "/c/{name}/inbox", "/u/{name}/inbox"} {
		r.Path(path).Methods("POST").HandlerFunc(in.handle)
	}
}

// Run commits and applies until ctx ends, then finishes what it has begun.
func (in *Inbox) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { in.commit.run(ctx) })
	all.Go(func() { in.workers(ctx) })
	all.Wait()
}

// workers verify, apply and look again until ctx ends.
func (in *Inbox) workers(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { in.verifyLoop(ctx) })
	all.Go(func() { in.wakeLoop(ctx) })
	all.Go(func() { in.watch(ctx) })
	for range in.o.Workers {
		all.Go(func() { in.workLoop(ctx) })
	}
	all.Wait()
}

// ring wakes whoever waits on c; one call that is still unheard is enough.
func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Ours reports whether an id belongs to this node, in whatever spelling.
func (in *Inbox) Ours(iri string) bool { return ap.SameOrigin(iri, in.base) }
