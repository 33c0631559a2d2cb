package web

import (
	"cmp"
	"net/http"

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
	if err := s.whose(r, &o, &l); err != nil {
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
		Listing: posts, Order: o, Paged: l.After != "", Busiest: busiest.Items,
	}
	if err := s.sift(r, &p.Frame, &p.Listing, 0); err != nil {
		return err
	}
	p.About, p.Section = s.NodeSummary, view.SectionPosts
	p.Canonical, p.NoIndex = s.base+"/", p.Paged
	p.FeedAddress, p.FeedTitle = "/feeds/all.atom", s.NodeName
	return s.HTML(w, r, http.StatusOK, p)
}

// whose reads whose posts the front page is to list: what its viewer joined, unless
// they have it otherwise; for everybody else, all.
func (s *Site) whose(r *http.Request, o *view.Order, l *forum.List) error {
	v := s.Viewer(r)
	if v != nil {
		o.Usual.Feed = cmp.Or(view.Feed(v.Settings.Feed), view.FeedJoined)
	}
	o.Feed = view.Feed(r.URL.Query().Get("feed"))
	switch {
	case o.Feed == "":
		o.Feed = o.Usual.Feed
	case o.Feed == view.FeedAll && v == nil:
		o.Feed = ""
	case o.Feed == view.FeedJoined && v == nil:
		return ErrSignIn
	case o.Feed != view.FeedAll && o.Feed != view.FeedLocal && o.Feed != view.FeedJoined:
		return forum.Refuse(forum.Invalid, "bad-view", "There is no such list.")
	}
	switch o.Feed {
	case view.FeedJoined:
		l.Follower = v.Person.ID
	case view.FeedLocal:
		l.Local = true
	}
	return nil
}
