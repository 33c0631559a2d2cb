package serve

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	ap "stoa/activitypub"
	"stoa/federation/outbox"
	"stoa/storage"
)

// activity serves what was done here at its id: Mbin, NodeBB, Mastodon and
// PieFed all fetch activities they were told of by others. The log holds the
// document as it was sent; when it no longer does, posts and comments keep the
// ids of their Create and Announces, and the document is made anew.
//
// What was not for everybody is not there, whoever asks. What brought a post or
// comment that is gone is gone too.
func (s *Server) activity(r *http.Request) (*answer, error) {
	asked := mux.Vars(r)["uuid"]
	if _, err := uuid.Parse(asked); err != nil || len(asked) != len("00000000-0000-0000-0000-000000000000") {
		return nil, storage.ErrNotFound
	}
	id := s.publish.Base() + "/activities/" + strings.ToLower(asked)
	if id != s.publish.Base()+"/activities/"+asked {
		return moved(id)
	}
	sent, err := s.reader.Sent(r.Context(), id)
	switch {
	case isNotFound(err):
		return s.rebuilt(r, id)
	case err != nil:
		return nil, err
	case !sent.Public:
		return nil, storage.ErrNotFound
	case sent.Away:
		return gone(id)
	case sent.Blank: // deleted, or purged; if it came back it is said anew
		a, err := s.rebuilt(r, id)
		if isNotFound(err) {
			return gone(id)
		}
		return a, err
	}
	return &answer{kind: ap.ContentType, body: sent.Body, keep: keepActor}, nil
}

// quote serves what allows to quote something of this node, while it does.
func (s *Server) quote(r *http.Request) (*answer, error) {
	id := mux.Vars(r)["uuid"]
	if _, err := uuid.Parse(id); err != nil || len(id) != len("00000000-0000-0000-0000-000000000000") {
		return nil, storage.ErrNotFound
	}
	g, err := s.reader.Grant(r.Context(), id)
	switch {
	case err != nil:
		return nil, err
	case g.Ended:
		return gone(g.ID)
	}
	return document(outbox.QuoteAuthorization(&g), keepObject)
}

// rebuilt makes the document of an activity that the log no longer holds.
func (s *Server) rebuilt(r *http.Request, id string) (*answer, error) {
	for _, try := range []func(*http.Request, string) (any, error){s.rebuiltPost, s.rebuiltComment} {
		doc, err := try(r, id)
		switch {
		case isNotFound(err):
			continue
		case errors.Is(err, errTakenAway):
			return gone(id)
		case err != nil:
			return nil, err
		}
		return document(doc, keepActor)
	}
	return nil, storage.ErrNotFound
}

func (s *Server) rebuiltPost(r *http.Request, id string) (any, error) {
	post, place, err := s.reader.PostOfActivity(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if !readable(post.State, &post.Community) || place.Community.Removed {
		return nil, errTakenAway
	}
	switch id {
	case place.Announce:
		return s.publish.AnnouncedPost(&post, place), nil
	case place.Boost:
		return s.publish.BoostedPost(&post, place), nil
	}
	return s.publish.CreatedPost(&post), nil
}

func (s *Server) rebuiltComment(r *http.Request, id string) (any, error) {
	c, in, err := s.reader.CommentOfActivity(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if !readable(c.State, &in) {
		return nil, errTakenAway
	}
	if id == c.Announce {
		return s.publish.AnnouncedComment(&c, &in), nil
	}
	return s.publish.CreatedComment(&c), nil
}
