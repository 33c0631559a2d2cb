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

// Budgets of what strangers can make this server do before anybody has vouched
// for them. Whoever is known is not held to them.
const (
	perSource  = 60              // keys to fetch, per source network and minute
	perDomain  = 120             // keys to fetch, per registrable domain and minute
	maxPending = 256 << 20       // bytes of requests kept unverified, in all
	maxBuckets = 20_000          // sources and domains remembered at once
	lookEvery  = 2 * time.Second // how often the bytes are counted anew
	window     = 1 * time.Minute
)

// budgets counts per source and per domain in windows of a minute.
type budgets struct {
	db    *storage.DB
	clock func() time.Time
	off   bool

	mu      sync.Mutex
	until   time.Time
	spent   map[string]int
	pending int64
	looked  time.Time
}

func newBudgets(db *storage.DB, clock func() time.Time, off bool) *budgets {
	return &budgets{db: db, clock: clock, off: off, spent: map[string]int{}}
}

// spend takes one from the budget of a source and from that of the domain it
// points at; false when either is used up.
func (b *budgets) spend(source, iri string) bool {
	if b.off {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	if now.After(b.until) {
		b.spent, b.until = map[string]int{}, now.Add(window)
	}
	source, domain := "from "+source, "to "+registrable(iri)
	if b.spent[source] >= perSource || b.spent[domain] >= perDomain || len(b.spent) >= maxBuckets {
		return false
	}
	b.spent[source]++
	b.spent[domain]++
	return true
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
		return host
	}
	bits := 64
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return host
	}
	return prefix.String()
}
