package web

import (
	"errors"
	"net/http"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
)

// findPerson finds the person of a handle. One whose account is no more is
// refused as gone.
func (s *Site) findPerson(r *http.Request, handle string) (forum.Person, error) {
	name, host := s.named(handle)
	p, err := s.Reader.Person(r.Context(), name, host)
	if err == nil && p.Gone {
		err = forum.Refuse(forum.Gone, "person-gone", "This account no longer exists.")
	}
	return p, err
}

func (s *Site) person(w http.ResponseWriter, r *http.Request) error {
	twin(w)
	asked := mux.Vars(r)["handle"]
	who, err := s.findPerson(r, asked)
	if err != nil {
		return err
	}
	if asked != who.Handle() {
		return redirect(w, r, view.PersonPath(who))
	}
	s.shown(who.URI, who.Local, who.FetchedAt)
	title := who.Title
	if title == "" {
		title = who.Handle()
	}
	after, err := cursor(r)
	if err != nil {
		return err
	}
	p := view.PersonPage{Frame: s.Frame(r, title), Person: who, Paged: after != ""}
	switch r.URL.Query().Get("view") {
	case "comments":
		p.ShowComments = true
		if p.Order, err = order(r, remarkSorts); err == nil {
			p.Remarks, err = s.Reader.CommentsBy(r.Context(), forum.CommentList{AuthorID: who.ID, Sort: p.Order.Sort, After: after, Limit: pageSize})
		}
	case "", "posts", "compact":
		if p.Order, err = order(r, authorSorts); err == nil {
			var l forum.List
			if l, err = list(r, p.Order, s.Now()); err == nil {
				l.AuthorID = who.ID
				p.Listing, err = s.Reader.Posts(r.Context(), l)
			}
		}
	default:
		err = forum.Refuse(forum.Invalid, "bad-view", "There are posts and comments to see here.")
	}
	if err != nil {
		return err
	}
	if err := s.mark(r, &p.Frame, p.Listing.Items, nil); err != nil {
		return err
	}

	if v := s.Viewer(r); v != nil && v.Person.ID != who.ID {
		if p.Following, err = s.Own.FollowingWall(r.Context(), v.Person.ID, who.URI); err != nil {
			return err
		}
	}
	if who.MovedTo != "" {
		next, err := s.Reader.PersonByURI(r.Context(), who.MovedTo)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if next.Name != "" && !next.Gone {
			p.Successor = next
		}
	}
	p.NoIndex, p.JSONAddress, p.Canonical = p.Paged || p.ShowComments, who.URI, s.base+view.PersonPath(who)
	p.Share, p.About, p.Image = view.ShareProfile, markup.Plain(who.BioHTML, 200), who.AvatarURL
	p.FeedAddress, p.FeedTitle = feedAddress("u", who.Handle()), title
	if p.ShowComments {
		p.FeedAddress = remarksFeed(who.Handle())
	}
	return s.HTML(w, r, http.StatusOK, p)
}
