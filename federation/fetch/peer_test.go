package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"stoa/activitypub"
)

var base = mustURL("https://stoa.example")

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// devClient is a client that may reach the test's own servers.
func devClient(t *testing.T, o Options) *Client {
	t.Helper()
	o.BaseURL, o.Version, o.Dev = base, "0", true
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

func plainServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func tlsServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// reach leads connections for some names to test servers, past the guard, and
// trusts their certificate. All other names go through it.
func reach(c *Client, where map[string]string, srv *httptest.Server) {
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	c.transport.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	guarded := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if to, ok := where[address]; ok {
			return new(net.Dialer).DialContext(ctx, network, to)
		}
		return guarded(ctx, network, address)
	}
}

func serve(w http.ResponseWriter, doc string) {
	w.Header().Set("Content-Type", activitypub.ContentType)
	_, _ = io.WriteString(w, doc)
}

// peer serves documents by path. In them "§" stands for its own address.
type peer struct {
	*httptest.Server
	docs map[string]string
	got  []string // paths asked, in order; for tests that ask one after another
}

func newPeer(t *testing.T, docs map[string]string) *peer {
	t.Helper()
	p := &peer{docs: docs}
	p.Server = plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		p.got = append(p.got, r.URL.RequestURI())
		doc, ok := p.docs[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if status, rest, ok := strings.Cut(doc, " "); ok && len(status) == 3 {
			code := 0
			if _, err := fmt.Sscanf(status, "%d", &code); err == nil {
				w.Header().Set("Location", strings.ReplaceAll(rest, "§", p.URL))
				w.WriteHeader(code)
				return
			}
		}
		serve(w, strings.ReplaceAll(doc, "§", p.URL))
	})
	return p
}

func wantKind(t *testing.T, err error, kind Kind) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error of kind %s", err, kind)
	}
	if e.Kind != kind {
		t.Fatalf("got %v, want kind %s", err, kind)
	}
	return e
}

// soon is a timeout that a test waits for.
const soon = 150 * time.Millisecond
