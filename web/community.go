package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/web/view"
)

// named splits a handle into name and host; the host of this node is as good as
// none.
func (s *Site) named(handle string) (name, host string) {
	name, host, _ = strings.Cut(handle, "@")
	if strings.EqualFold(host, s.BaseURL.Host) {
		host = ""
	}
	return name, host
}

// findCommunity finds the community of a handle. One that was taken away here
// is refused as gone.
func (s *Site) findCommunity(r *http.Request, handle string) (forum.Community, error) {
	name, host := s.named(handle)
	c, err := s.Reader.Community(r.Context(), name, host)
	if err == nil && c.Removed {
		err = errCommunityRemoved
	}
	return c, err
}

func (s *Site) community(w http.ResponseWriter, r *http.Request) error {
	twin(w)
	asked := mux.Vars(r)["handle"]
	c, err := s.findCommunity(r, asked)
	if err != nil {
		return err
	}
	if asked != c.Handle() {
		return redirect(w, r, view.CommunityPath(c))
	}
	s.shown(c.URI, c.Local, c.FetchedAt)
	o, err := order(r, communitySorts)
	if err != nil {
		return err
	}
	l, err := list(r, o, s.Now())
	if err != nil {
		return err
	}
	l.CommunityID = c.ID
	posts, err := s.Reader.Posts(r.Context(), l)
	if err != nil {
		return err
	}
	if l.After == "" && o.Sort == "" {
		if err := s.pin(r, c.ID, &posts); err != nil {
			return err
		}
	}
	title := c.Title
	if title == "" {
		title = c.Handle()
	}
	p := view.CommunityPage{Frame: s.Frame(r, title), Community: c, Listing: posts, Order: o, Paged: l.After != ""}
	if err := s.sift(r, &p.Frame, &p.Listing, c.ID); err != nil {
		return err
	}
	if err := s.stand(r, &p.Frame, c.ID); err != nil {
		return err
	}
	if v := s.Viewer(r); v != nil {
		if p.Following, err = s.Own.Following(r.Context(), v.Person.ID, c.ID); err != nil {
			return err
		}
		if p.Collections, err = s.Own.Collections(r.Context(), v.Person.ID, c.ID); err != nil {
			return err
		}
	}
	p.Section, p.NoIndex, p.JSONAddress = view.SectionCommunities, p.Paged, c.URI
	if !c.Local {
		if p.Backfill, err = s.Reader.Backfill(r.Context(), c.ID); err != nil {
			return err
		}
	}
	p.Canonical = s.base + view.CommunityPath(c)
	p.About = markup.Plain(c.SummaryHTML, 200)
	if !c.Sensitive {
		p.Image = c.IconURL
	}
	p.FeedAddress, p.FeedTitle = feedAddress("c", c.Handle()), title
	if p.Backfill.State == forum.BackfillUnder && p.Backfill.EndedAt.IsZero() && !p.Paged {
		p.Refresh = fillAgain
		return s.Once(w, r, http.StatusOK, p)
	}
	return s.HTML(w, r, http.StatusOK, p)
}

// pin has what moderators have pinned stand first.
func (s *Site) pin(r *http.Request, community int64, l *forum.Listing) error {
	pinned, err := s.Reader.Pinned(r.Context(), community)
	if err != nil || len(pinned) == 0 {
		return err
	}
	for i := range l.Items {
		if !slices.ContainsFunc(pinned, func(it forum.PostItem) bool { return it.Post.ID == l.Items[i].Post.ID }) {
			pinned = append(pinned, l.Items[i])
		}
	}
	l.Items = pinned
	return nil
}

// fillAgain is after how many seconds a page is loaded again that fills while it is
// looked at.
const fillAgain = 4

func (s *Site) communities(w http.ResponseWriter, r *http.Request) error {
	after, err := cursor(r)
	if err != nil {
		return err
	}
	by := forum.CommunitySort(r.URL.Query().Get("sort"))
	switch by {
	case "":
		by = forum.CommunitiesByFollowers
	case forum.CommunitiesByFollowers, forum.CommunitiesByPosts, forum.CommunitiesByAge, forum.CommunitiesByName:
	default:
		return forum.Refuse(forum.Invalid, "bad-sort", "Communities can be sorted by followers, posts, new or name.")
	}
	found, err := s.Reader.Communities(r.Context(), forum.CommunityList{Sort: by, After: after, Limit: pageSize})
	if err != nil {
		return err
	}
	p := view.CommunitiesPage{Frame: s.Frame(r, s.Words(r).Communities), Listing: found, Sort: by, Paged: after != ""}
	p.Section, p.NoIndex, p.Canonical = view.SectionCommunities, p.Paged, s.base+"/communities"
	p.FeedAddress, p.FeedTitle = directoryFeed, s.Words(r).Communities
	return s.HTML(w, r, http.StatusOK, p)
}
