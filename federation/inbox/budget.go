package inbox

import (
	"context"
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
	perSource  = 60              // keys to fetch, per source network and minute
	perDomain  = 120             // keys to fetch, per registrable domain and minute
	perOrigin  = 600             // objects and actors to fetch, per registrable domain and minute
	maxPending = 256 << 20       // bytes of requests kept unverified, in all
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
func (a *allowance) spend(name string) bool {
	if a.limit == 0 {
		return true // no limits on this node
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.clock(); now.After(a.until) {
		a.spent, a.until = map[string]int{}, now.Add(window)
	}
	if a.spent[name] >= a.limit || len(a.spent) >= maxBuckets {
		return false
	}
	a.spent[name]++
	return true
}

// budgets are those of whoever has not been vouched for. Who is known is not
// held to them.
type budgets struct {
	db               *storage.DB
	clock            func() time.Time
	sources, domains allowance

	mu      sync.Mutex
	pending int64
	looked  time.Time
}

func newBudgets(db *storage.DB, clock func() time.Time, off bool) *budgets {
	b := &budgets{db: db, clock: clock, sources: allowance{clock: clock}, domains: allowance{clock: clock}}
	if !off {
		b.sources.limit, b.domains.limit = perSource, perDomain
	}
	return b
}

// spend takes one from the budget of a source and from that of the domain it
// points at; false when either is used up.
func (b *budgets) spend(source, iri string) bool {
	return b.sources.spend(source) && b.domains.spend(registrable(iri))
}

// room says whether n more bytes may be kept unverified. The count is looked up
// every two seconds and carried on in between.
func (b *budgets) room(ctx context.Context, n int64) bool {
	b.mu.Lock()
	look := b.clock().Sub(b.looked) > lookEvery
	if look {
		b.looked = b.clock()
	}
	b.mu.Unlock()
	if look {
		if have, err := b.db.UnverifiedBytes(ctx); err == nil {
			b.mu.Lock()
			b.pending = have
			b.mu.Unlock()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending+n > maxPending {
		return false
	}
	b.pending += n
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
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// network cuts an address to what one party is likely to hold: /24 or /64.
func network(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	bits := 64
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
