package serve

import (
	"net/http"

	"github.com/gorilla/mux"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// somebody finds the person an address names; the answer is not nil when there
// is nothing further to look for.
func (s *Server) somebody(r *http.Request) (forum.Person, *answer, error) {
	h, ok := s.readHandle(mux.Vars(r)["name"])
	if !ok {
		return forum.Person{}, nil, storage.ErrNotFound
	}
	p, err := s.reader.Person(r.Context(), h.name, h.host)
	if err != nil {
		return p, nil, err
	}
	a, err := place(r, "/u/", actor{p.URI, p.Name, p.Local, p.Gone})
	return p, a, err
}

func (s *Server) person(r *http.Request) (*answer, error) {
	p, a, err := s.somebody(r)
	if a != nil || err != nil {
		return a, err
	}
	return document(s.publish.Person(&p), keepActor)
}

// personOutbox lists the ids of what somebody wrote last, as Creates, newest
// first. They can be fetched one by one.
func (s *Server) personOutbox(r *http.Request) (*answer, error) {
	p, a, err := s.somebody(r)
	if a != nil || err != nil {
		return a, err
	}
	ids, err := s.reader.CreatesBy(r.Context(), p.ID, outboxPosts)
	if err != nil {
		return nil, err
	}
	return document(ap.OrderedCollection{
		ID: p.URI + "/outbox", TotalItems: p.Posts + p.Comments, OrderedItems: ap.IRIParts(ids),
	}, keepObject)
}

// personFollowers tells how many follow somebody, and not who.
func (s *Server) personFollowers(r *http.Request) (*answer, error) {
	p, a, err := s.somebody(r)
	if a != nil || err != nil {
		return a, err
	}
	n, err := s.reader.FollowersOf(r.Context(), p.URI)
	if err != nil {
		return nil, err
	}
	return document(ap.Collection{ID: p.URI + "/followers", TotalItems: n}, keepActor)
}

// personFollowing tells how many communities somebody follows, and not which.
func (s *Server) personFollowing(r *http.Request) (*answer, error) {
	p, a, err := s.somebody(r)
	if a != nil || err != nil {
		return a, err
	}
	n, err := s.reader.Following(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	return document(ap.Collection{ID: p.URI + "/following", TotalItems: n}, keepActor)
}
