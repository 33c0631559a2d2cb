package serve

import (
	"net/http"

	ap "stoa/activitypub"
)

// application is the node's own actor. Lemmy asks for it at the root of the host
// before it keeps anything of anybody here.
func (s *Server) application(r *http.Request) (*answer, error) {
	n, err := s.node(r.Context())
	if err != nil {
		return nil, err
	}
	return document(s.publish.Application(n), keepActor)
}

// siteOutbox is empty: the node itself says nothing.
func (s *Server) siteOutbox(*http.Request) (*answer, error) {
	return document(ap.OrderedCollection{ID: s.publish.Base() + "/site_outbox"}, keepActor)
}
