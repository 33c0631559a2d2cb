package serve

import (
	"net/http"

	"github.com/gorilla/mux"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// community finds the community an address names; the answer is not nil when
// there is nothing further to look for.
func (s *Server) community(r *http.Request) (forum.Community, *answer, error) {
	h, ok := s.readHandle(mux.Vars(r)["name"])
	if !ok {
		return forum.Community{}, nil, storage.ErrNotFound
	}
	c, err := s.reader.Community(r.Context(), h.name, h.host)
	if err != nil {
		return c, nil, err
	}
	a, err := place(r, "/c/", actor{c.URI, c.Name, c.Local, c.Removed || c.Gone})
	return c, a, err
}

// ofCommunity answers with a document made of a community of ours.
func (s *Server) ofCommunity(r *http.Request, tell func(c *forum.Community) (any, error)) (*answer, error) {
	c, a, err := s.community(r)
	if a != nil || err != nil {
		return a, err
	}
	doc, err := tell(&c)
	if err != nil {
		return nil, err
	}
	return document(doc, keepObject)
}

func (s *Server) group(r *http.Request) (*answer, error) {
	c, a, err := s.community(r)
	if a != nil || err != nil {
		return a, err
	}
	return document(s.publish.Group(&c), keepActor)
}

// What Lemmy 0.19 reads of an outbox: documents of at most 204,800 bytes, and
// of their posts the first 50.
const (
	outboxPosts = 50
	outboxBytes = 200_000 // of the posts; the rest is for the frame around them
)

// communityOutbox lists the newest posts, each as the Announce by which it was
// first told, under the same id. It has no pages and nothing else in it, since
// Lemmy drops the whole of an outbox that does.
func (s *Server) communityOutbox(r *http.Request) (*answer, error) {
	return s.ofCommunity(r, func(c *forum.Community) (any, error) {
		posts, err := s.reader.Announced(r.Context(), c.ID, outboxPosts, outboxBytes)
		if err != nil {
			return nil, err
		}
		items, size := ap.Parts{}, 0
		for i := range posts {
			posts[i].Placement.Community = *c
			item, err := ap.EncodeBare(s.publish.AnnouncedPost(&posts[i].Post, posts[i].Placement))
			if err != nil {
				return nil, err
			}
			if size += len(item) + 1; size > outboxBytes {
				break
			}
			items = append(items, ap.Verbatim(item))
		}
		return ap.OrderedCollection{ID: c.URI + "/outbox", TotalItems: c.Posts, OrderedItems: items}, nil
	})
}

// communityFollowers tells how many there are, and not who. Lemmy wants an
// unordered collection and the empty list in it.
func (s *Server) communityFollowers(r *http.Request) (*answer, error) {
	return s.ofCommunity(r, func(c *forum.Community) (any, error) {
		return ap.Collection{ID: c.URI + "/followers", TotalItems: c.Followers}, nil
	})
}

// communityFollowing is empty: a community follows nobody.
func (s *Server) communityFollowing(r *http.Request) (*answer, error) {
	return s.ofCommunity(r, func(c *forum.Community) (any, error) {
		return ap.Collection{ID: c.URI + "/following"}, nil
	})
}

// moderators lists ids of people, which is all that Lemmy reads there.
func (s *Server) moderators(r *http.Request) (*answer, error) {
	return s.ofCommunity(r, func(c *forum.Community) (any, error) {
		uris, err := s.reader.Moderators(r.Context(), c.ID)
		if err != nil {
			return nil, err
		}
		return ap.OrderedCollection{ID: c.URI + "/moderators", AttributedTo: c.URI, TotalItems: len(uris), OrderedItems: ap.IRIParts(uris)}, nil
	})
}

// featured lists pinned posts, whole, as Lemmy wants them.
func (s *Server) featured(r *http.Request) (*answer, error) {
	return s.ofCommunity(r, func(c *forum.Community) (any, error) {
		pinned, err := s.reader.Pinned(r.Context(), c.ID)
		if err != nil {
			return nil, err
		}
		items := ap.Parts{}
		for i := range pinned {
			if post := &pinned[i].Post; !post.Withheld { // which its author has not agreed to
				items = append(items, ap.Embed(s.publish.Page(post)))
			}
		}
		return ap.OrderedCollection{ID: c.URI + "/featured", AttributedTo: c.URI, TotalItems: len(items), OrderedItems: items}, nil
	})
}
