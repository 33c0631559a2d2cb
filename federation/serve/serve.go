// Package serve answers the GETs of other servers: who lives here (WebFinger,
// NodeInfo, actors), what was written here, and what was done here, at the id
// of each. It only reads.
//
// One URL may have a page for people too. Here only requests that ask for
// ActivityPub are matched; all others fall through to whatever is registered
// after it. What is not public is nowhere, whoever asks. Who may have what is public is
// for Options.Asked to say; the node's own actor and discovery are for everybody, since
// without them nobody could be asked who they are.
package serve

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	ap "stoa/activitypub"
	"stoa/federation/outbox"
	"stoa/storage"
)

// Options say what a Server serves. Reader, Publisher and Node are needed.
type Options struct {
	Reader    *storage.Reader
	Publisher *outbox.Publisher
	// Node tells what the node says of itself: its name, its public key.
	Node func(ctx context.Context) (outbox.Node, error)

	Version           string // of the program, for NodeInfo
	OpenRegistrations bool
	// Asked says why whoever sent a request does not get a document; nil when they do.
	// Without it everybody does.
	Asked func(r *http.Request) *Denial
	// Signed says that Asked wants everybody to prove who they are: then nobody on the
	// way may keep what one of them got.
	Signed bool

	Log *slog.Logger // nil means slog.Default
}

// Denial is why somebody does not get a document.
type Denial struct {
	Status       int
	Reason, Text string        // for machines, and for people
	Retry        time.Duration // when to ask again; 0 says nothing of that
}

// Server answers GET and HEAD. It is safe for concurrent use.
type Server struct {
	reader  *storage.Reader
	publish *outbox.Publisher
	node    func(ctx context.Context) (outbox.Node, error)
	version string
	open    bool
	asked   func(r *http.Request) *Denial
	signed  bool
	log     *slog.Logger
}

// New returns a Server.
func New(o Options) *Server {
	s := &Server{
		reader: o.Reader, publish: o.Publisher, node: o.Node,
		version: o.Version, open: o.OpenRegistrations, asked: o.Asked, signed: o.Signed, log: o.Log,
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.version == "" {
		s.version = "0"
	}
	return s
}

// How long others may keep an answer. Edits and removals must show soon, while
// names and activities hardly change.
const (
	keepObject    = time.Minute
	keepActor     = 5 * time.Minute
	keepDiscovery = time.Hour
)

// Register adds the routes. It must come before those of the pages, which have
// the same paths.
func (s *Server) Register(r *mux.Router) {
	// Discovery, in formats of its own.
	s.alone(r, "/.well-known/webfinger", s.webfinger)
	s.alone(r, "/.well-known/host-meta", s.hostMeta)
	s.alone(r, "/.well-known/host-meta.json", s.hostMetaJSON)
	s.alone(r, "/.well-known/nodeinfo", s.nodeInfoLinks)
	s.alone(r, "/nodeinfo/{version:2\\.[01]}", s.nodeInfo)

	// Documents that share their URL with a page.
	s.beside(r, "/", s.application)
	s.beside(r, "/c/{name}", s.guarded(s.group))
	s.beside(r, "/u/{name}", s.guarded(s.person))
	s.beside(r, "/post/{id}", s.guarded(s.post))
	s.beside(r, "/comment/{id}", s.guarded(s.comment))
	for _, path := range []string{"/c/{name}/", "/u/{name}/", "/post/{id}/", "/comment/{id}/"} {
		s.alone(r, path, s.withoutSlash)
	}

	// Documents without a page.
	s.alone(r, "/site_outbox", s.siteOutbox)
	s.alone(r, "/c/{name}/outbox", s.guarded(s.communityOutbox))
	s.alone(r, "/c/{name}/followers", s.guarded(s.communityFollowers))
	s.alone(r, "/c/{name}/following", s.guarded(s.communityFollowing))
	s.alone(r, "/c/{name}/moderators", s.guarded(s.moderators))
	s.alone(r, "/c/{name}/featured", s.guarded(s.featured))
	s.alone(r, "/u/{name}/outbox", s.guarded(s.personOutbox))
	s.alone(r, "/u/{name}/followers", s.guarded(s.personFollowers))
	s.alone(r, "/u/{name}/following", s.guarded(s.personFollowing))
	s.alone(r, "/post/{id}/replies", s.guarded(s.postReplies))
	s.alone(r, "/post/{id}/replies/after/{after:[0-9]+}", s.guarded(s.postReplies))
	s.alone(r, "/post/{id}/context", s.guarded(s.context))
	s.alone(r, "/post/{id}/context/after/{after:[0-9]+}", s.guarded(s.context))
	s.alone(r, "/comment/{id}/replies", s.guarded(s.commentReplies))
	s.alone(r, "/comment/{id}/replies/after/{after:[0-9]+}", s.guarded(s.commentReplies))
	s.alone(r, "/comment/{id}/context", s.guarded(s.commentContext))
	s.alone(r, "/activities/{uuid}", s.guarded(s.activity))
	s.alone(r, "/quotes/{uuid}", s.guarded(s.quote))
	s.alone(r, "/emoji/{name}", s.guarded(s.emoji))
	for _, path := range []string{"/inbox", "/c/{name}/inbox", "/u/{name}/inbox"} {
		s.alone(r, path, s.inbox)
	}

	// Anything else below those paths, asked for as ActivityPub, is not there; the
	// page that says so in HTML is for people.
	for _, path := range []string{"/c/", "/u/", "/post/", "/comment/", "/activities/", "/quotes/", "/emoji/", "/nodeinfo/", "/.well-known/"} {
		r.PathPrefix(path).MatcherFunc(forActivity).Handler(s.handler(true, nothing))
	}
}

// guarded asks who wants to know before it looks.
func (s *Server) guarded(find finder) finder {
	if s.asked == nil {
		return find
	}
	return func(r *http.Request) (*answer, error) {
		if no := s.asked(r); no != nil {
			a := complaint(no.Status, no.Reason, no.Text)
			a.retry = no.Retry
			return a, nil
		}
		a, err := find(r)
		if a != nil {
			a.private = s.signed
		}
		return a, err
	}
}

// beside registers a document whose URL is that of a page too.
func (s *Server) beside(r *mux.Router, path string, find finder) {
	r.Path(path).MatcherFunc(forActivity).Handler(s.handler(true, find))
}

// alone registers a document that is all there is at its URL.
func (s *Server) alone(r *mux.Router, path string, find finder) {
	r.Path(path).MatcherFunc(forReading).Handler(s.handler(false, find))
}

func forReading(r *http.Request, _ *mux.RouteMatch) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

func forActivity(r *http.Request, m *mux.RouteMatch) bool {
	return forReading(r, m) && wantsActivity(r)
}

// wantsActivity joins repeated Accept fields, as RFC 9110 §5.3 says.
func wantsActivity(r *http.Request) bool {
	return ap.WantsActivity(strings.Join(r.Header.Values("Accept"), ","))
}
