// Package fedtest plays other servers of the fediverse for tests and load: real
// HTTP on loopback, real keys and signatures, and documents in the shape that
// Mastodon, GoToSocial, Lemmy, PieFed, Mbin, NodeBB and Discourse give them. A
// [Peer] serves its actors and objects, records what is posted to its inboxes,
// refuses what the software it plays would refuse, and sends activities,
// signed as that software signs or deliberately wrong.
//
// All ids and keys follow from a seed and a counter. Nothing here needs
// package testing, so a load program can use it as well.
package fedtest

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options describe a peer. The zero value is a Mastodon called
// mastodon.localhost.
type Options struct {
	Software Software
	Version  string // as told by NodeInfo; "0.19.20" for a Lemmy of that line
	// Name is the first part of the host name, Name.localhost; by default the
	// software's. Host replaces the whole name; an IP address is listened on.
	Name, Host string
	Seed       uint64   // of ids, and of keys if there is no Keys
	Keys       *Keyring // by default one of its own
	// KeyOf finds the public key behind a key id, to verify what comes in.
	// Without it everything but the key is examined.
	KeyOf func(keyID string) (crypto.PublicKey, error)
	// Lenient peers answer 202 to whatever is posted to an inbox.
	Lenient bool
	// SignedFetch makes unsigned GETs of actors and objects fail with 401. A
	// GoToSocial always does so.
	SignedFetch bool
	// Ed25519 adds a second key of that type to each actor.
	Ed25519 bool
	// Discard keeps a count but no copy of what is received.
	Discard bool
	// Clock is the time of documents and signatures; by default time.Now.
	Clock func() time.Time
}

// Peer is one server. Its methods may be used by several goroutines.
type Peer struct {
	software Software
	version  string
	options  Options
	keys     *Keyring
	base     *url.URL
	server   *http.Server
	client   *http.Client
	closed   chan struct{}
	done     chan struct{} // the server's goroutine has ended

	mu       sync.Mutex
	counter  uint64
	actors   map[string]*Actor                     // by path
	names    map[string]*Actor                     // by kind and name
	inboxes  map[string]*Actor                     // by path; nil for the shared one
	answers  map[string]Answer                     // by request target
	handlers map[string]func(*http.Request) Answer // by path
	reply    func(Received) Reply
	keyOf    func(string) (crypto.PublicKey, error)
	received []Received
	fetched  []Received
	total    int
	changed  chan struct{} // closed and replaced whenever something arrives
}

// Start opens a peer on a free port of the loopback interface. Close ends it.
func Start(ctx context.Context, o Options) (*Peer, error) {
	if o.Software == "" {
		o.Software = Mastodon
	}
	if o.Version == "" {
		o.Version = o.Software.version()
	}
	if o.Name == "" {
		o.Name = string(o.Software)
	}
	if o.Host == "" {
		o.Host = o.Name + ".localhost"
	}
	if o.Keys == nil {
		o.Keys = NewKeyring(o.Seed)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	address := "127.0.0.1"
	if net.ParseIP(o.Host) != nil {
		address = o.Host
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return nil, fmt.Errorf("fedtest: start %s: %w", o.Host, err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("fedtest: start %s: %w", o.Host, err)
	}
	p := &Peer{
		software: o.Software, version: o.Version, options: o, keys: o.Keys,
		base:     &url.URL{Scheme: "http", Host: net.JoinHostPort(o.Host, port)},
		client:   &http.Client{Transport: Transport(), CheckRedirect: keepRedirect},
		closed:   make(chan struct{}),
		done:     make(chan struct{}),
		actors:   map[string]*Actor{},
		names:    map[string]*Actor{},
		inboxes:  map[string]*Actor{},
		answers:  map[string]Answer{},
		handlers: map[string]func(*http.Request) Answer{},
		changed:  make(chan struct{}),
		keyOf:    o.KeyOf,
	}
	if path := p.software.sharedInboxPath(); path != "" {
		p.inboxes[path] = nil
	}
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // tests break connections on purpose
	}
	p.Site()
	go func() {
		defer close(p.done)
		_ = p.server.Serve(listener) // ends with ErrServerClosed
	}()
	return p, nil
}

// TB is the part of testing.TB that New uses.
type TB interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
	Context() context.Context
}

// New starts a peer for the length of a test.
func New(t TB, o Options) *Peer {
	t.Helper()
	p, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Close breaks all connections, also those that hang, and frees the port. To
// everybody else the server is then down.
func (p *Peer) Close() {
	p.mu.Lock()
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	p.mu.Unlock()
	_ = p.server.Close() // the listener's error would say it is closed already
	<-p.done
	p.client.CloseIdleConnections()
}

// Software returns what the peer plays.
func (p *Peer) Software() Software { return p.software }

// Host returns host name and port, as in a Host header or behind the last @ of
// a handle.
func (p *Peer) Host() string { return p.base.Host }

// URL returns the absolute URL of a path on this peer.
func (p *Peer) URL(path string) string { return p.base.String() + path }

// SharedInbox returns its URL, or "" where the software has none.
func (p *Peer) SharedInbox() string {
	if path := p.software.sharedInboxPath(); path != "" {
		return p.URL(path)
	}
	return ""
}

// Transport returns a transport that reaches names ending in .localhost on the
// loopback interface, whatever the resolver thinks of them, and uses no proxy.
func Transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix("."+host, ".localhost") {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return dialer.DialContext(ctx, network, address)
		},
		MaxIdleConns:        4096,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     time.Minute,
	}
}

func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// path is the request target that leads to an IRI, a path or either with a
// fragment.
func (p *Peer) path(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return iri
	}
	return u.RequestURI()
}

func (p *Peer) now() time.Time { return p.options.Clock().UTC() }

// count returns the peer's next number.
func (p *Peer) count() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counter++
	return p.counter
}

// hex returns n hexadecimal digits that no other call on this peer returns.
func (p *Peer) hex(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d", p.options.Seed, p.options.Host, p.count()))
	return hex.EncodeToString(sum[:])[:n]
}

func (p *Peer) uuid() string {
	h := p.hex(32)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}
