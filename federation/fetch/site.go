package fetch

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// sites bounds how many fetches run at a time against one site, so that one
// slow server cannot hold all workers. A site is a registrable domain: a
// wildcard record makes host names for free. It holds entries only for what
// runs or waits, hence stays as small as that.
type sites struct {
	mu   sync.Mutex
	open map[string]*site
}

type site struct {
	slots chan struct{}
	users int // running and waiting; guarded by sites.mu
}

// enter waits for a slot at host's site and returns how to leave it. It does
// not wait when too many wait already.
func (s *sites) enter(ctx context.Context, host string) (leave func(), err error) {
	name := Site(host)
	s.mu.Lock()
	if s.open == nil {
		s.open = make(map[string]*site)
	}
	at := s.open[name]
	if at == nil {
		at = &site{slots: make(chan struct{}, maxPerSite)}
		s.open[name] = at
	}
	if at.users >= maxPerSite+maxWaiting {
		s.mu.Unlock()
		return nil, fail(Unavailable, host, "too many requests wait for this site")
	}
	at.users++
	s.mu.Unlock()

	done := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if at.users--; at.users == 0 {
			delete(s.open, name)
		}
	}
	select {
	case at.slots <- struct{}{}:
		return func() { <-at.slots; done() }, nil
	case <-ctx.Done():
		done()
		return nil, fromNetwork(ctx, host, ctx.Err())
	}
}

// Site is the registrable domain of a host, or the host itself where it has
// none, such as test beds with ports.
func Site(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
