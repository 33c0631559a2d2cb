package fetch

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/activitypub"
)

// drip sends a byte now and then until the client goes away.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", activitypub.ContentType)
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestSlowAnswersEndAtTheDeadline(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"dripping body": drip, "no headers": hang} {
		t.Run(name, func(t *testing.T) {
			srv := plainServer(t, h)
			c := devClient(t, Options{Timeout: soon, PostTimeout: soon})
			_, err := c.Document(t.Context(), srv.URL+"/x")
			if e := wantKind(t, err, Timeout); !e.Temporary() {
				t.Error("not temporary")
			}
			_, err = c.NodeInfo(t.Context(), mustURL(srv.URL).Host)
			wantKind(t, err, Timeout)
			_, err = c.WebFinger(t.Context(), "ann", mustURL(srv.URL).Host)
			wantKind(t, err, Timeout)
		})
	}
	srv := plainServer(t, hang)
	_, err := devClient(t, Options{PostTimeout: soon}).Post(t.Context(), srv.URL+"/inbox", nil, nil)
	wantKind(t, err, Timeout)
}

// One deadline for all hops: each of these is well within it.
func TestSlowRedirectsEndAtTheDeadline(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(soon / 2):
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	_, err := devClient(t, Options{Timeout: soon}).Document(t.Context(), srv.URL+"/x")
	wantKind(t, err, Timeout)
}

func TestLargeBodiesAreRefused(t *testing.T) {
	const limit = 4096
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", activitypub.ContentType)
		doc := `{"id":"http://` + r.Host + r.URL.Path + `","name":"`
		end := `"}`
		size := limit - len(doc) - len(end)
		if r.URL.Path != "/fits" {
			size++
		}
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", fmt.Sprint(limit+1))
		}
		_, _ = io.WriteString(w, doc)
		if f, ok := w.(http.Flusher); ok {
			f.Flush() // chunked, so that no length is announced
		}
		_, _ = io.WriteString(w, strings.Repeat("a", size)+end)
	})
	c := devClient(t, Options{MaxBody: limit})
	if _, err := c.Document(t.Context(), srv.URL+"/fits"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/announced", "/unannounced"} {
		_, err := c.Document(t.Context(), srv.URL+path)
		wantKind(t, err, TooLarge)
	}
}

func TestBodiesAreCountedAfterUnpacking(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", activitypub.ContentType)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		doc := `{"id":"http://` + r.Host + r.URL.Path + `"}`
		_, _ = io.WriteString(z, doc)
		if r.URL.Path == "/bomb" {
			for range 64 { // 64 MB in 64 KB
				_, _ = io.WriteString(z, strings.Repeat(" ", 1<<20))
			}
		}
		_ = z.Close()
	})
	c := devClient(t, Options{})
	if _, err := c.Document(t.Context(), srv.URL+"/fine"); err != nil {
		t.Error(err)
	}
	_, err := c.Document(t.Context(), srv.URL+"/bomb")
	wantKind(t, err, TooLarge)
}

func TestLargeHeadersAreRefused(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range 40 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 4096))
		}
		serve(w, `{"id":"http://`+r.Host+`/x"}`)
	})
	_, err := devClient(t, Options{}).Document(t.Context(), srv.URL+"/x")
	wantKind(t, err, Unavailable)
}

func TestOneRequestServesAllWhoAskAtOnce(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-release
		serve(w, `{"id":"http://`+r.Host+`/x"}`)
	})
	c := devClient(t, Options{})

	// The first to ask gives up; the others get their answer all the same.
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := c.Document(ctx, srv.URL+"/x")
		gaveUp <- err
	}()
	waitFor(t, func() bool { return asked.Load() == 1 })
	cancel()
	wantKind(t, <-gaveUp, Cancelled)

	docs := make(chan *Document, 5)
	for range cap(docs) {
		go func() {
			doc, err := c.Document(t.Context(), srv.URL+"/x")
			if err != nil {
				t.Error(err)
			}
			docs <- doc
		}()
	}
	time.Sleep(soon / 3) // let them join; if they came late they would only ask anew
	close(release)
	first := <-docs
	first.Body[0] = 'X'
	for range cap(docs) - 1 {
		if doc := <-docs; doc.Body[0] != '{' {
			t.Error("two callers share one body")
		}
	}
	if n := asked.Load(); n > 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	started := make(chan struct{})
	srv := plainServer(t, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	c := devClient(t, Options{})
	done := make(chan error, 1)
	go func() {
		_, err := c.Document(context.Background(), srv.URL+"/x")
		done <- err
	}()
	<-started
	c.Close()
	wantKind(t, <-done, Cancelled)
}

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
	if at := s.open[siteOf(host)]; at != nil {
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
		if got := siteOf(host); got != want {
			t.Errorf("%s: got %s, want %s", host, got, want)
		}
	}
}

func TestDeadHostsAreNotAskedAgainAtOnce(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := devClient(t, Options{})
	now := time.Now()
	c.now = func() time.Time { return now }
	var dialled int
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled++
		return dial(ctx, network, address)
	}
	for _, path := range []string{"/1", "/2", "/3"} {
		_, err := c.Document(t.Context(), dead+path)
		if e := wantKind(t, err, Unavailable); !e.Temporary() || e.URL != dead+path {
			t.Errorf("got %+v", e)
		}
	}
	if dialled != 1 {
		t.Errorf("dialled %d times", dialled)
	}
	// When to try a delivery again is for its sender to say.
	_, err = c.Post(t.Context(), dead+"/inbox", nil, nil)
	wantKind(t, err, Unavailable)
	if dialled != 2 {
		t.Errorf("the delivery was not tried")
	}
	now = now.Add(shunFor)
	_, err = c.Document(t.Context(), dead+"/4")
	wantKind(t, err, Unavailable)
	if dialled != 3 {
		t.Errorf("not asked again after %v", shunFor)
	}
}

// Otherwise anybody could make us shun a server by naming its slowest page.
func TestSlowHostsAreNotTakenForDead(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		serve(w, `{"id":"http://`+r.Host+r.URL.Path+`"}`)
	})
	c := devClient(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	_, err := c.document(ctx, srv.URL+"/slow") // not Document, whose flight may land later
	wantKind(t, err, Timeout)
	if _, err := c.Document(t.Context(), srv.URL+"/x"); err != nil {
		t.Error(err)
	}
}

func TestHurriedCallersDoNotDeclareHostsDead(t *testing.T) {
	p := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	c := devClient(t, Options{})
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	_, err := c.document(ctx, p.URL+"/x")
	wantKind(t, err, Timeout)
	c.transport.DialContext = dial
	if _, err := c.Document(t.Context(), p.URL+"/x"); err != nil {
		t.Error(err)
	}
}

func TestMemoryOfDeadHostsIsBounded(t *testing.T) {
	var s shunned
	start := time.Now()
	for i := range maxShunned + 100 {
		s.add(fmt.Sprintf("h%d.example", i), Unavailable, io.EOF, start)
	}
	if len(s.hosts) != maxShunned {
		t.Errorf("remembers %d", len(s.hosts))
	}
	last := fmt.Sprintf("h%d.example", maxShunned+99)
	if err := s.refuse(last, "https://"+last+"/", start); err == nil || err.Kind != Unavailable {
		t.Errorf("the latest is forgotten: %v", err)
	}
	s.add("new.example", Unavailable, io.EOF, start.Add(shunFor))
	if len(s.hosts) != 1 {
		t.Errorf("remembers %d, but all but one have expired", len(s.hosts))
	}
	s.forget("new.example")
	if err := s.refuse("new.example", "https://new.example/", start.Add(shunFor)); err != nil {
		t.Errorf("not forgotten: %v", err)
	}
}

func TestNoProxyStandsBetweenTheGuardAndTheServer(t *testing.T) {
	if devClient(t, Options{}).transport.Proxy != nil {
		t.Error("a proxy may be used")
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for range 500 {
		if ready() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never came")
}
