package web

import (
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
	p.About, p.Section = s.NodeSummary, view.SectionPosts
	p.Canonical, p.NoIndex = s.base+"/", p.Paged
	p.FeedAddress, p.FeedTitle = "/feeds/all.atom", s.NodeName
	return s.HTML(w, r, http.StatusOK, p)
}
