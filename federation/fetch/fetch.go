// Package fetch is everything this node asks of other servers by HTTP:
// documents, actors, keys, WebFinger, NodeInfo, pictures, the pages behind links,
// and the POST of a delivery.
//
// What others name, others choose: every address here may have been picked to
// make this node reach into its own network, wait for ever, fill its memory, or
// take one server's word for another's. So each connection is checked after its
// name was resolved, each redirect is treated as a new request, one deadline
// covers an operation with all its hops and bodies, bodies are bounded after
// unpacking, and a document counts only at its own id.
//
// The package knows nothing of the forum's rules and stores nothing but a short
// bounded memory of hosts that did not answer.
package fetch

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/singleflight"

	"stoa/activitypub"
)

// Options are the settings of a Client. BaseURL and Version are required.
type Options struct {
	// BaseURL is this node's own address, named in User-Agent. Its host is
	// never asked.
	BaseURL *url.URL
	// Version of this program, named in User-Agent.
	Version string
	// Dev opens plain http, any port, IP literals, bare names and loopback
	// addresses, for test beds. Names under localhost go to 127.0.0.1. Other
	// private addresses stay closed.
	Dev bool
	// Sign puts a signature on a GET, as the node's actor. body is empty. Nil
	// sends GETs unsigned. Called once per hop, on a fresh request.
	Sign func(ctx context.Context, r *http.Request, body []byte) error
	// Blocked is asked before every request and every redirect hop. host is
	// lower-case ASCII, with a port only where Dev allows one. Nil blocks none.
	Blocked func(ctx context.Context, host string) (bool, error)
	// BlockedPage is asked in its place for pictures, and for pages behind links:
	// those stand anywhere, and nobody speaks with where they stand. Nil means Blocked.
	BlockedPage func(ctx context.Context, host string) (bool, error)
	// Timeout of a whole fetch with all its hops and bodies. 0 means 10 s.
	Timeout time.Duration
	// PostTimeout of one delivery. 0 means 20 s.
	PostTimeout time.Duration
	// MaxBody of a document in bytes, counted after unpacking. 0 means 1 MiB.
	MaxBody int64
	// Logger for what an admin may want to know. Nil discards.
	Logger *slog.Logger
	// Observe is told of every finished operation ("document", "actor",
	// "key", "webfinger", "nodeinfo", "list", "picture", "page", "post"), for metrics. failure is "" on success.
	// Nil observes nothing.
	Observe func(operation string, failure Kind, took time.Duration)
}

const (
	maxRedirects = 3
	maxHeader    = 64 << 10 // bytes of response headers
	maxDiscovery = 64 << 10 // bytes of a JRD, host-meta or NodeInfo document
	maxList      = 4 << 20  // bytes of a list in a server's own interface: 50 posts with all that belongs to them
	maxTag       = 256      // bytes of an entity tag that is kept
	maxPerSite   = 8        // fetches running at a time against one registrable domain
	maxWaiting   = 64       // fetches waiting for one of those
	maxShunned   = 4096     // hosts remembered as dead
	shunFor      = 30 * time.Second
	shunInDev    = time.Second    // peers of a test bed come and go
	longestWait  = 24 * time.Hour // longest Retry-After believed
)

// Client asks other servers. It is safe for concurrent use.
type Client struct {
	o         Options
	agent     string
	own       string // our host, as address writes it
	shun      time.Duration
	dialer    *dialer
	transport *http.Transport
	sites     sites
	dead      shunned
	flights   singleflight.Group
	running   context.Context //nolint:containedctx // the Client's own, of no caller: it ends with Close, and shared fetches hang on it
	stop      context.CancelFunc
	now       func() time.Time
}

// New makes a Client. Close it to end what still runs.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.PostTimeout <= 0 {
		o.PostTimeout = 20 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := newDialer(newGuard(o.Dev))
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would be checked in place of the server
		DialContext:            d.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		MaxIdleConns:           4096, // with the default of 100 a node of 2,000 peers does TLS anew each round
		MaxIdleConnsPerHost:    128,  // as many as one server may be told at once
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
	c := &Client{
		o: o, agent: "Stoa/" + o.Version + "; +" + o.BaseURL.String(),
		own:    activitypub.Host(o.BaseURL.String()),
		shun:   shunFor,
		dialer: d, transport: transport, now: time.Now,
	}
	if o.Dev {
		c.shun = shunInDev
	}
	c.running, c.stop = context.WithCancel(context.Background())
	return c
}

// Close ends fetches that are under way and closes idle connections.
func (c *Client) Close() {
	c.stop()
	c.transport.CloseIdleConnections()
}

// begin puts an operation under its one deadline and under Close.
func (c *Client) begin(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	release := context.AfterFunc(c.running, cancel)
	return ctx, func() { release(); cancel() }
}

// observe reports a finished operation. Used as a deferred call, so it takes
// the error by reference.
func (c *Client) observe(operation string, since time.Time, err *error) { //nolint:gocritic // a deferred call must see the error its caller ends with
	failure := KindOf(*err)
	if *err != nil {
		c.o.Logger.Debug("fetch failed", "operation", operation, "kind", string(failure), "err", *err)
	}
	if c.o.Observe != nil {
		c.o.Observe(operation, failure, c.now().Sub(since))
	}
}
