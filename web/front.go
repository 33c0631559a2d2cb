package web

import (
	"cmp"
	"net/http"
	"slices"

	"stoa/federation/forum"
	"stoa/web/view"
)

// neighbours is how many communities stand beside the posts of the front page.
const neighbours = 8

func (s *Site) front(w http.ResponseWriter, r *http.Request) error {
	twin(w)
	o, err := order(r, frontSorts)
	if err != nil {
		return err
	}
	l, err := list(r, o, s.Now())
	if err != nil {
		return err
	}
	collections, err := s.whose(r, &o, &l)
	if err != nil {
		return err
	}
	posts, err := s.Reader.Posts(r.Context(), l)
	if err != nil {
		return err
	}
	busiest, err := s.Reader.Communities(r.Context(), forum.CommunityList{Limit: neighbours})
	if err != nil {
		return err
	}
	p := view.FrontPage{
		Frame: s.Frame(r, ""), Summary: s.NodeSummary,
		Listing: posts, Order: o, Paged: l.After != "", Busiest: busiest.Items, Collections: collections,
	}
	if err := s.sift(r, &p.Frame, &p.Listing, 0); err != nil {
		return err
	}
	if err := s.offer(r, &p); err != nil {
		return err
	}
	p.About, p.Section = s.NodeSummary, view.SectionPosts
	p.Canonical, p.NoIndex = s.base+"/", p.Paged
	p.FeedAddress, p.FeedTitle = "/feeds/all.atom", s.NodeName
	return s.HTML(w, r, http.StatusOK, p)
}

// whose reads whose posts the front page is to list: what its viewer joined, unless
// they have it otherwise; for everybody else, all. A collection that is not the
// viewer's own is none to them.
func (s *Site) whose(r *http.Request, o *view.Order, l *forum.List) (collections []forum.Collection, err error) {
	v := s.Viewer(r)
	o.Feed = view.Feed(r.URL.Query().Get("feed"))
	if v == nil {
		switch o.Feed {
		case view.FeedAll, "":
			o.Feed = ""
		case view.FeedLocal:
			l.Local = true
		case view.FeedJoined:
			return nil, ErrSignIn
		default:
			if o.Feed.Collection() != 0 {
				return nil, ErrSignIn
			}
			return nil, errBadFeed
		}
		return nil, nil
	}
	if collections, err = s.Own.Collections(r.Context(), v.Person.ID, 0); err != nil {
		return nil, err
	}
	theirs := func(f view.Feed) bool {
		id := f.Collection()
		return id != 0 && slices.ContainsFunc(collections, func(k forum.Collection) bool { return k.ID == id })
	}
	o.Usual.Feed = cmp.Or(view.Feed(v.Settings.Feed), view.FeedJoined)
	if o.Usual.Feed.Collection() != 0 && !theirs(o.Usual.Feed) { // it was taken away since
		o.Usual.Feed = view.FeedJoined
	}
	o.Feed = cmp.Or(o.Feed, o.Usual.Feed)
	switch {
	case o.Feed == view.FeedJoined:
		l.Follower = v.Person.ID
	case o.Feed == view.FeedLocal:
		l.Local = true
	case theirs(o.Feed):
		l.Collection = o.Feed.Collection()
	case o.Feed != view.FeedAll:
		return nil, errBadFeed
	}
	return collections, nil
}

var errBadFeed = forum.Refuse(forum.Invalid, "bad-view", "There is no such list.")
