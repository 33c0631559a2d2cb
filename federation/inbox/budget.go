package inbox

import (
	"context"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"stoa/storage"
)

// Budgets of what strangers can make this server do.
const (
	perSource  = 120             // keys to fetch, asked for by one source network in a minute
	perPair    = 60              // keys to fetch, asked for by one source network of one domain in a minute
	perKnown   = 40_000          // activities of actors with a known key, per registrable domain and minute: a large community announces 500 votes a second
	bytesKnown = 128 << 20       // bytes of them
	perDomain  = 120             // keys fetched from one registrable domain in a minute
	perOrigin  = 600             // objects and actors to fetch, per registrable domain and minute
	maxPending = 256 << 20       // bytes of requests kept unverified, in all
	sourceRows = 200             // requests kept unverified, of one source network
	sourceRoom = 16 << 20        // bytes of them
	maxBuckets = 20_000          // sources and domains remembered at once
	lookEvery  = 2 * time.Second // how often the bytes are counted anew
	window     = 1 * time.Minute
)

// allowance counts what is spent per name, in windows of a minute.
type allowance struct {
	clock func() time.Time
	limit int

	mu    sync.Mutex
	until time.Time
	spent map[string]int
}

// spend takes one from what a name has left; false when that is nothing.
func (a *allowance) spend(name string) bool { return a.take(name, 1) }

// take takes n from what a name has left; false, and nothing, when that is less.
func (a *allowance) take(name string, n int) bool {
	if a.limit == 0 {
		return true // no limits on this node
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn()
	spent, known := a.spent[name]
	if spent+n > a.limit || !known && len(a.spent) >= maxBuckets {
		return false
	}
	a.spent[name] += n
	return true
}

// left is what a name may still spend.
func (a *allowance) left(name string) int {
	if a.limit == 0 {
		return math.MaxInt
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn()
	return a.limit - a.spent[name]
}

// turn begins a new window when the last is over.
func (a *allowance) turn() {
	if now := a.clock(); now.After(a.until) {
		a.spent, a.until = map[string]int{}, now.Add(window)
	}
}

// budgets are those of whoever has not been vouched for. Who is known is not
// held to them.
type budgets struct {
	db    *storage.DB
	clock func() time.Time
	off   bool

	sources, pairs allowance // at the door: what somebody asks for is charged to that one
	domains        allowance // when fetching: what is asked for is chosen by whoever asks
	rows, bytes    allowance // of registrable domains that are known

	mu      sync.Mutex
	total   int64
	pending map[string]storage.Pending
	looked  time.Time
}

func newBudgets(db *storage.DB, clock func() time.Time, off bool) *budgets {
	b := &budgets{
		db: db, clock: clock, off: off, pending: map[string]storage.Pending{},
		sources: allowance{clock: clock}, pairs: allowance{clock: clock}, domains: allowance{clock: clock},
		rows: allowance{clock: clock}, bytes: allowance{clock: clock},
	}
	if !off {
		b.sources.limit, b.pairs.limit, b.domains.limit = perSource, perPair, perDomain
		b.rows.limit, b.bytes.limit = perKnown, bytesKnown
	}
	return b
}

// spend takes one from the budget of a source, and from what it has for the
// domain it points at; false when either is used up. The domain itself pays
// nothing here: else anybody could use up what it has.
func (b *budgets) spend(source, iri string) bool {
	return b.sources.spend(source) && b.pairs.spend(source+" "+registrable(iri))
}

// room says whether one more request of n bytes may be kept unverified. The count
// is looked up every two seconds and carried on in between.
func (b *budgets) room(ctx context.Context, source string, n int64) bool {
	b.mu.Lock()
	look := b.clock().Sub(b.looked) > lookEvery
	if look {
		b.looked = b.clock()
	}
	b.mu.Unlock()
	if look {
		if have, err := b.db.PendingBySource(ctx); err == nil {
			b.mu.Lock()
			b.pending, b.total = have, 0
			for _, p := range have {
				b.total += p.Bytes
			}
			b.mu.Unlock()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pending[source]
	if b.total+n > maxPending || !b.off && (p.Rows >= sourceRows || p.Bytes+n > sourceRoom) {
		return false
	}
	b.total += n
	b.pending[source] = storage.Pending{Rows: p.Rows + 1, Bytes: p.Bytes + n}
	return true
}

// registrable is the domain somebody had to register, under which any number of
// hosts can be made up.
func registrable(iri string) string {
	host := strings.TrimPrefix(iri, "acct:")
	if u, err := url.Parse(iri); err == nil && u.Host != "" {
		host = u.Hostname()
	} else if _, after, ok := strings.Cut(host, "@"); ok {
		host = after
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return network(host, 64)
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// network cuts an address to what one party is likely to hold: /24 of IPv4, and of IPv6
// so many bits: 64, or fewer in a log, which need not know a household.
func network(remote string, v6 int) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	bits := v6
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

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
