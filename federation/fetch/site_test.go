package fetch

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOneSiteCannotHoldAllWorkers(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			continue
		}
		<-release
		serve(w, `{"id":"http://`+r.Host+r.URL.Path+`"}`)
	})
	other := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	c := devClient(t, Options{})
	var all sync.WaitGroup
	for i := range maxPerSite + maxWaiting {
		all.Go(func() {
			if _, err := c.Document(t.Context(), fmt.Sprintf("%s/%d", srv.URL, i)); err != nil {
				t.Error(err)
			}
		})
	}
	host := mustURL(srv.URL).Host
	waitFor(t, func() bool { return running.Load() == maxPerSite && c.sites.users(host) == maxPerSite+maxWaiting })
	_, err := c.Document(t.Context(), srv.URL+"/late")
	wantKind(t, err, Unavailable)
	if _, err := c.Document(t.Context(), other.URL+"/x"); err != nil {
		t.Errorf("another site has to wait: %v", err)
	}
	close(release)
	all.Wait()
	if n := most.Load(); n != maxPerSite {
		t.Errorf("%d ran at a time", n)
	}
	if n := len(c.sites.open); n != 0 {
		t.Errorf("%d sites are kept", n)
	}
}

func (s *sites) users(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.open[Site(host)]; at != nil {
		return at.users
	}
	return 0
}

func TestHostsOfOneDomainAreOneSite(t *testing.T) {
	for host, want := range map[string]string{
		"a.evil.example": "evil.example", "b.c.evil.example": "evil.example", "evil.example": "evil.example",
		"a.peer.co.uk": "peer.co.uk", "peer.github.io": "peer.github.io", "com": "com",
		"127.0.0.1:80": "127.0.0.1:80", "127.0.0.1": "127.0.0.1", "alpha.localhost:81": "alpha.localhost:81",
	} {
		if got := Site(host); got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}
