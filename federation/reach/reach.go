// Package reach asks other servers for what nobody has sent: who is behind a
// handle or an address, what was said in a community before anybody here followed
// it, and what is missing of a thread.
//
// Nothing here decides. What is read goes to the verbs by way of
// [inbox.Inbox.Adopt] and is judged there as if it had come by itself. Words count
// only from their own server: an object that stands in a collection of another
// origin is asked for at its own id. All of it is work of jobs, which can be killed
// at any instant and go on from what Postgres holds; and all of it is polite: so
// many requests a second to one domain, so many objects, pages and hosts to a job.
package reach

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/inbox"
	"stoa/storage"
)

// Options are what a Reach is made of. DB, Forum, Client and Inbox are required.
type Options struct {
	DB     *storage.DB
	Forum  *forum.Forum
	Client *fetch.Client
	Inbox  *inbox.Inbox
	Log    *slog.Logger

	// Rate is how many objects a second are asked of one registrable domain. 0
	// means 10.
	Rate float64
	// Waits says how long each request to follow is waited for before it is made
	// again, the last for all further ones. Nil means what FEDERATION.md says.
	Waits []time.Duration
	// Look is how often follows are looked at. 0 means half a minute.
	Look time.Duration
}

// Reach works on storage.Backfill, storage.CheckThread and storage.LookUp.
type Reach struct {
	o    Options
	pace *pace

	opened chan int64
	shown  chan string
}

// What is asked of others where nobody says otherwise.
const (
	usualRate  = 10 // objects a second of one registrable domain
	inlineRate = 50 // collections a second, from a server that puts the objects into them
	maxHinted  = 1_000
	dueMost    = 4 // communities whose past is read again, at each look
	staleAfter = 24 * time.Hour
)

// usualWaits are for the first Accept that Lemmy loses when it has never heard of a
// server (minutes), for PieFed, which accepts once and never again (an hour), and
// for servers that were away.
var usualWaits = []time.Duration{2 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour}

// New makes a Reach.
func New(o Options) *Reach {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rate <= 0 {
		o.Rate = usualRate
	}
	if o.Waits == nil {
		o.Waits = usualWaits
	}
	if o.Look <= 0 {
		o.Look = 30 * time.Second
	}
	return &Reach{o: o, pace: newPace(), opened: make(chan int64, maxHinted), shown: make(chan string, maxHinted)}
}

// AddWorkers registers who works on which job.
func (r *Reach) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, &backfills{r: r})
	river.AddWorker(workers, &checks{r: r})
	river.AddWorker(workers, &lookups{r: r})
	river.AddWorker(workers, &catalogues{r: r})
	river.AddWorker(workers, &joins{r: r})
	river.AddWorker(workers, &feeds{r: r})
}

// Opened notes that somebody opens a thread: it will be compared with its home,
// unless that was done not long ago. It never waits; where too many are noted
// already it does nothing.
func (r *Reach) Opened(postID int64) {
	select {
	case r.opened <- postID:
	default:
	}
}

// Shown notes that somebody looks at a person or community elsewhere of which was
// last heard at fetched: it will be asked for again if that is a day ago.
func (r *Reach) Shown(uri string, fetched time.Time) {
	if time.Since(fetched) < staleAfter || fetched.IsZero() {
		return
	}
	select {
	case r.shown <- uri:
	default:
	}
}

// Run asks for what was noted, and again for follows that nobody answered, until
// ctx ends.
func (r *Reach) Run(ctx context.Context) {
	look := time.NewTicker(r.o.Look)
	defer look.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case id := <-r.opened:
			_, err = r.o.DB.AskThread(ctx, id)
		case uri := <-r.shown:
			err = r.o.DB.EnqueueFetch(ctx, storage.FetchObject{IRI: uri, Asker: "readers", Refresh: true})
		case <-look.C:
			if err = r.askAgain(ctx); err == nil {
				err = r.o.DB.BeginDue(ctx, dueMost)
			}
			if err == nil {
				err = r.o.DB.AskStale(ctx)
			}
		}
		if err != nil && ctx.Err() == nil {
			r.o.Log.Warn("reach", "err", err)
		}
	}
}

// A job runs for at most slice and then lets others have its turn: what is killed
// is taken up after a minute and a half, and by then no job may be at work.
const (
	slice    = 40 * time.Second
	deadline = 58 * time.Second
)

// errTurn says that the time of a job's turn is over, and that it has more to do.
var errTurn = errors.New("the turn is over")

// again tells River what an error means: that a job goes on, later or now.
func again(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTurn), errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0)
	}
	if f, ok := errors.AsType[*fetch.Error](err); ok && f.RetryAfter > 0 {
		return river.JobSnooze(f.RetryAfter)
	}
	return err
}

// budget is what one turn of a job may ask of others.
type budget struct {
	home  string // the site that the job is about
	until time.Time
	most  int // requests that may be made

	mu      sync.Mutex
	gets    int             // made so far
	hosts   map[string]bool // registrable domains asked
	inlines map[string]bool // domains whose collections hold the objects
}

// made is how many requests were made so far.
func (b *budget) made() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gets
}

// inlined notes that a collection held the objects themselves; isInlined says
// whether one of that address is likely to.
func (b *budget) inlined(iri string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inlines[fetch.Site(ap.Host(iri))] = true
}

func (b *budget) isInlined(iri string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inlines[fetch.Site(ap.Host(iri))]
}

// take counts a request to a domain, or says that it must not be made.
func (b *budget) take(domain string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case time.Now().After(b.until):
		return errTurn
	case b.gets >= b.most, !b.hosts[domain] && len(b.hosts) >= maxHosts:
		return errTooMany
	}
	b.hosts[domain] = true
	b.gets++
	return nil
}

// Budgets of a job that reads a thread or a community, for one turn of it and in
// all. A stranger's collection can name anything.
const (
	turnGets     = 2_000
	maxHosts     = 200
	maxPages     = 500    // of one collection
	maxListed    = 20_000 // entries of one collection
	maxDepth     = 50     // of answers to answers
	maxAncestors = 50
)

func newBudget(home string) *budget {
	return &budget{home: fetch.Site(ap.Host(home)), until: time.Now().Add(slice), most: turnGets, hosts: map[string]bool{}, inlines: map[string]bool{}}
}

// isTurn reports whether a job may ask for nothing more in this turn.
func isTurn(err error) bool { return errors.Is(err, errTurn) || errors.Is(err, errTooMany) }

// errTooMany says that a job asked for all that it may.
var errTooMany = errors.New("too much to ask for")

// ask waits until a request may be made, or says that it must not.
func (r *Reach) ask(ctx context.Context, b *budget, iri string, rate float64) error {
	domain := fetch.Site(ap.Host(iri))
	if err := b.take(domain); err != nil {
		return err
	}
	return r.pace.wait(ctx, domain, rate)
}

// document gets an object or actor at its own id.
func (r *Reach) document(ctx context.Context, b *budget, iri string) (*fetch.Document, error) {
	if err := r.ask(ctx, b, iri, r.o.Rate); err != nil {
		return nil, err
	}
	return r.o.Client.Document(ctx, iri)
}

// meet makes the authors of objects known. Those who are not to be had are left
// out, and their objects with them.
func (r *Reach) meet(ctx context.Context, b *budget, objects []*ap.Object) error {
	strangers, err := r.o.Inbox.Strangers(ctx, objects)
	if err != nil {
		return err
	}
	for _, uri := range strangers {
		if err := r.ask(ctx, b, uri, r.o.Rate); err != nil {
			return err
		}
		if _, err := r.o.Inbox.Meet(ctx, uri); err != nil && ours(ctx, err) {
			return err
		}
	}
	return nil
}

// ours reports whether an error is of this node, or of its end, rather than what
// another server said.
func ours(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	if _, ok := errors.AsType[*fetch.Error](err); ok || errors.Is(err, errNoCollection) || errors.Is(err, errNoCommunity) || errors.Is(err, errSilent) {
		return false
	}
	_, refused := errors.AsType[*forum.Refusal](err)
	return !refused
}

// away reports whether a server may answer another time.
func away(err error) bool {
	f, ok := errors.AsType[*fetch.Error](err)
	return ok && f.Temporary()
}
