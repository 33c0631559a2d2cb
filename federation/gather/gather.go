// Package gather gets what is looked at beside the words: pictures of other servers,
// and what the pages behind links say of themselves.
//
// Each is a job, so no page and no activity waits for it. What comes is made safe
// by storage/media, or cut down to plain text, before anybody sees it. The package
// decides nothing about posts and people; that something cannot be had is noted,
// so that it is not asked for again and again.
package gather

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"stoa/federation/fetch"
	"stoa/storage"
	"stoa/storage/media"
)

const (
	// perMinute is how much is fetched of one registrable domain.
	perMinute = 240
	// spread is the time over which those who hear of a link at the same moment
	// should come to its page: a post reaches hundreds of servers within seconds.
	spread = 30 * time.Second
	pause  = 10 * time.Second // when the budget of a domain is used up
)

// Options are the settings of a Gatherer. DB, Client and Store are required.
type Options struct {
	DB     *storage.DB
	Client *fetch.Client
	Store  *media.Store
	// Refuse looks at each picture before anybody sees it. Nil lets all pass.
	Refuse *Refuser
	// Dev hurries, and counts nothing: for test beds.
	Dev bool
	Log *slog.Logger // nil means slog.Default
}

// Gatherer does the jobs. It is safe for concurrent use.
type Gatherer struct {
	o        Options
	pace     pace
	decoding chan struct{} // one at a time: a picture can take 200 MB
}

// New makes a Gatherer.
func New(o Options) *Gatherer {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Gatherer{o: o, pace: pace{off: o.Dev}, decoding: make(chan struct{}, 1)}
}

// Ask asks for a picture in a size. coming says whether it is on its way; what
// failed or was refused is not.
func (g *Gatherer) Ask(ctx context.Context, address string, size media.Size) (coming bool, err error) {
	return g.o.DB.AskPicture(ctx, storage.FetchPicture{URL: address, Size: string(size), Domain: domainOf(address)})
}

// domainOf is the registrable domain of a URL: a wildcard record makes host names
// for free.
func domainOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if net.ParseIP(host) != nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

// temporary reports whether the same question may be answered later.
func temporary(err error) bool {
	switch fetch.KindOf(err) {
	case fetch.Unavailable, fetch.Timeout, fetch.Cancelled, fetch.Unasked:
		return true
	}
	return false
}

// pace counts what is fetched of each domain in the minute.
type pace struct {
	off    bool
	mu     sync.Mutex
	minute int64
	spent  map[string]int
}

func (p *pace) spend(domain string, now time.Time) bool {
	if p.off {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if minute := now.Unix() / 60; minute != p.minute {
		p.minute, p.spent = minute, map[string]int{}
	}
	p.spent[domain]++
	return p.spent[domain] <= perMinute
}

// aMoment is a pause of no fixed length, so that not all come back at once.
func aMoment(about time.Duration) time.Duration {
	return about + rand.N(about) //nolint:gosec // nobody gains by guessing it
}
