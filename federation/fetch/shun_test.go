package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

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
	now = now.Add(shunInDev)
	_, err = c.Document(t.Context(), dead+"/4")
	wantKind(t, err, Unavailable)
	if dialled != 3 {
		t.Errorf("not asked again after %v", shunInDev)
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
	var away atomic.Bool
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if away.Load() {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return dial(ctx, network, address)
	}
	away.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	_, err := c.document(ctx, p.URL+"/x")
	wantKind(t, err, Timeout)
	away.Store(false)
	if _, err := c.Document(t.Context(), p.URL+"/x"); err != nil {
		t.Error(err)
	}
}

func TestMemoryOfDeadHostsIsBounded(t *testing.T) {
	var s shunned
	start := time.Now()
	for i := range maxShunned + 100 {
		s.add(fmt.Sprintf("h%d.example", i), Unavailable, io.EOF, start, start.Add(shunFor))
	}
	if len(s.hosts) != maxShunned {
		t.Errorf("remembers %d", len(s.hosts))
	}
	last := fmt.Sprintf("h%d.example", maxShunned+99)
	if err := s.refuse(last, "https://"+last+"/", start); err == nil || err.Kind != Unavailable {
		t.Errorf("the latest is forgotten: %v", err)
	}
	s.add("new.example", Unavailable, io.EOF, start.Add(shunFor), start.Add(2*shunFor))
	if len(s.hosts) != 1 {
		t.Errorf("remembers %d, but all but one have expired", len(s.hosts))
	}
	s.forget("new.example")
	if err := s.refuse("new.example", "https://new.example/", start.Add(shunFor)); err != nil {
		t.Errorf("not forgotten: %v", err)
	}
}
