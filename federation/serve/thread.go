package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// How much of a thread is told in one document. Nobody reads more than 2,000
// items of one collection; Mastodon stops after 500 replies.
const (
	repliesPage = 200
	contextPage = 2000
)

var errTakenAway = forum.Refuse(forum.Gone, "taken-away", "This has been taken away.")

func (s *Server) postReplies(r *http.Request) (*answer, error) {
	p, err := s.findPost(r)
	switch {
	case err != nil:
		return nil, err
	case !p.Local:
		return nil, storage.ErrNotFound
	case !readable(p.State, &p.Community):
		return nil, errTakenAway
	}
	return s.replies(r, p.URI, forum.Subject{Kind: forum.OnPost, ID: p.ID})
}

func (s *Server) commentReplies(r *http.Request) (*answer, error) {
	c, in, err := s.findComment(r)
	switch {
	case err != nil:
		return nil, err
	case !c.Local:
		return nil, storage.ErrNotFound
	case !readable(c.State, &in):
		return nil, errTakenAway
	}
	return s.replies(r, c.URI, forum.Subject{Kind: forum.OnComment, ID: c.ID})
}

// replies lists the ids of what answers one object, without what answers those.
// Servers that backfill (Mastodon since 4.4) walk a thread by it. The first page
// is in the collection; each page has an address of its own, by key and without
// a query, which some peers leave out of what they sign.
func (s *Server) replies(r *http.Request, uri string, of forum.Subject) (*answer, error) {
	after := int64(0)
	_, paged := mux.Vars(r)["after"]
	if paged {
		var ok bool
		if after, ok = number(r, "after"); !ok {
			return nil, storage.ErrNotFound
		}
	}
	list, err := s.reader.Answers(r.Context(), of, after, repliesPage+1)
	if err != nil {
		return nil, err
	}
	id := uri + "/replies"
	page := ap.CollectionPage{ID: pageID(id, after), PartOf: id}
	if len(list) > repliesPage {
		list = list[:repliesPage]
		page.Next = pageID(id, list[repliesPage-1].ID)
	}
	page.Items = ap.IRIParts(uris(list))
	if paged {
		return document(page, keepObject)
	}
	total := len(list)
	if page.Next != "" {
		if total, err = s.reader.CountAnswers(r.Context(), of); err != nil {
			return nil, err
		}
	}
	return document(ap.Collection{ID: id, TotalItems: total, First: ap.Embed(page)}, keepObject)
}

func pageID(collection string, after int64) string {
	return collection + "/after/" + strconv.FormatInt(after, 10)
}

func uris(list []storage.Answer) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].URI
	}
	return out
}

// context lists the ids of a whole thread: the post, then every comment in the
// order in which they came (FEP-7888, FEP-f228). It is served for threads of our
// communities and for posts written here; others have their own at home.
func (s *Server) context(r *http.Request) (*answer, error) {
	p, err := s.findPost(r)
	switch {
	case err != nil:
		return nil, err
	case !p.Local && !p.Community.Local:
		return nil, storage.ErrNotFound
	case !readable(p.State, &p.Community):
		return nil, errTakenAway
	}
	id := s.publish.PostURI(p.ID) + "/context"
	if _, paged := mux.Vars(r)["after"]; paged {
		after, ok := number(r, "after")
		if !ok {
			return nil, storage.ErrNotFound
		}
		page, err := s.contextPage(r, &p, id, after)
		if err != nil {
			return nil, err
		}
		return document(page, keepObject)
	}
	page, err := s.contextPage(r, &p, id, 0)
	if err != nil {
		return nil, err
	}
	whole := ap.OrderedCollection{
		ID: id, Name: p.Title, AttributedTo: p.Community.URI, Audience: p.Community.URI, TotalItems: len(page.OrderedItems),
	}
	if page.Next != "" {
		n, err := s.reader.CountComments(r.Context(), p.ID)
		if err != nil {
			return nil, err
		}
		whole.TotalItems, whole.First = n+1, ap.Embed(page.OrderedCollectionPage)
		return document(whole, keepObject)
	}
	whole.OrderedItems = page.OrderedItems
	a, err := document(whole, keepObject)
	if a != nil {
		a.tag = digest(page.uris)
	}
	return a, err
}

// threadPage is a page of a thread with the ids on it.
type threadPage struct {
	ap.OrderedCollectionPage
	uris []string
}

// contextPage reads the page of a thread that begins behind a comment, the first
// one behind 0.
func (s *Server) contextPage(r *http.Request, p *forum.Post, id string, after int64) (threadPage, error) {
	page := threadPage{OrderedCollectionPage: ap.OrderedCollectionPage{ID: pageID(id, after), PartOf: id}}
	limit := contextPage
	if after == 0 {
		limit--
		page.uris = append(page.uris, p.URI)
	}
	list, err := s.reader.CommentIDs(r.Context(), p.ID, after, limit+1)
	if err != nil {
		return page, err
	}
	if len(list) > limit {
		list = list[:limit]
		page.Next = pageID(id, list[limit-1].ID)
	}
	page.uris = append(page.uris, uris(list)...)
	page.OrderedItems = ap.IRIParts(page.uris)
	return page, nil
}

// digest is the entity tag of a thread that is told whole: the SHA-256 of every
// id, combined by exclusive or, as FEP-8fcf does for followers. NodeBB tags its
// threads so; whoever makes the same of what it holds learns whether it lacks
// anything.
func digest(ids []string) string {
	var all [sha256.Size]byte
	for _, id := range ids {
		sum := sha256.Sum256([]byte(id))
		for i := range all {
			all[i] ^= sum[i]
		}
	}
	return hex.EncodeToString(all[:])
}

// commentContext leads to the context of the thread.
func (s *Server) commentContext(r *http.Request) (*answer, error) {
	c, _, err := s.findComment(r)
	if err != nil {
		return nil, err
	}
	return moved(s.publish.PostURI(c.PostID) + "/context")
}
