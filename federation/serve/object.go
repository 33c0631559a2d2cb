package serve

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
)

func isNotFound(err error) bool {
	var no *forum.Refusal
	return errors.As(err, &no) && no.Kind == forum.NotFound
}

// number reads the id in an address: a number of ours as it is written in ids,
// without signs or zeros before it.
func number(r *http.Request, name string) (int64, bool) {
	text := mux.Vars(r)[name]
	n, err := strconv.ParseInt(text, 10, 32)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == text
}

// findPost finds the post an address names, in whatever state it is.
func (s *Server) findPost(r *http.Request) (forum.Post, error) {
	id, ok := number(r, "id")
	if !ok {
		return forum.Post{}, storage.ErrNotFound
	}
	return s.reader.Post(r.Context(), id)
}

func (s *Server) findComment(r *http.Request) (forum.Comment, forum.Community, error) {
	id, ok := number(r, "id")
	if !ok {
		return forum.Comment{}, forum.Community{}, storage.ErrNotFound
	}
	return s.reader.CommentIn(r.Context(), id)
}

// readable reports whether a post or comment can be shown to others. What is in
// a community that was taken away was taken away with it.
func readable(state forum.State, in *forum.Community) bool {
	return state == forum.Live && !in.Removed
}

// post serves a post that was written here. One from elsewhere is served there:
// nobody should take our word for it.
func (s *Server) post(r *http.Request) (*answer, error) {
	p, err := s.findPost(r)
	switch {
	case err != nil:
		return nil, err
	case !p.Local:
		return moved(p.URI)
	case !readable(p.State, &p.Community):
		return gone(p.URI)
	}
	return document(s.publish.Page(&p), keepObject)
}

// emoji serves one of this node, also one that nobody is given any more: texts name it.
func (s *Server) emoji(r *http.Request) (*answer, error) {
	e, err := s.reader.Emoji(r.Context(), mux.Vars(r)["name"])
	if err != nil {
		return nil, err
	}
	return document(s.publish.Emoji(e), keepActor)
}

func (s *Server) comment(r *http.Request) (*answer, error) {
	c, in, err := s.findComment(r)
	switch {
	case err != nil:
		return nil, err
	case !c.Local:
		return moved(c.URI)
	case !readable(c.State, &in):
		return gone(c.URI)
	}
	return document(s.publish.Note(&c), keepObject)
}
