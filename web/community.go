package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

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
	if l.After == "" && r.URL.Query().Get("sort") == "" { // nobody asked for another order
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
		p.Refresh, p.Writes = fillAgain, p.Self != nil || p.CanFollow
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

// communities is the directory: communities of all servers that this node has heard of.
func (s *Site) communities(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	field := func(name string, most int) string {
		return clip(strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(q.Get(name), ""), "\x00", "")), most)
	}
	d := forum.Directory{
		Text: field("q", forum.MaxSearch), Host: strings.ToLower(field("server", maxHost)), Language: strings.ToLower(field("language", maxTag)),
		Sensitive: q.Get("nsfw") == "1", Sort: forum.CommunitySort(q.Get("sort")), After: q.Get("after"), Limit: pageSize,
	}
	switch d.Sort {
	case "":
		d.Sort = forum.CommunitiesByFollowers
	case forum.CommunitiesByFollowers, forum.CommunitiesByActivity, forum.CommunitiesByPosts, forum.CommunitiesByAge, forum.CommunitiesByName, forum.CommunitiesByServer:
	default:
		return forum.Refuse(forum.Invalid, "bad-sort", "There is no such order of communities.")
	}
	found, err := s.Reader.Directory(r.Context(), d)
	if err != nil {
		return err
	}
	p := view.CommunitiesPage{Frame: s.Frame(r, s.Words(r).Communities), Listing: found, Asked: d, Paged: d.After != ""}
	tags, err := s.Reader.Spoken(r.Context())
	if err != nil {
		return err
	}
	p.Spoken = languageNames(tags, d.Language)
	if p.Servers, err = s.Reader.Catalogues(r.Context()); err != nil {
		return err
	}
	if p.Joins, err = s.joining(r, &p.Frame, found.Items); err != nil {
		return err
	}
	p.Section, p.Canonical = view.SectionCommunities, s.base+"/communities"
	p.NoIndex = p.Paged || d.Text != "" || d.Host != "" || d.Language != "" || d.Sensitive
	p.FeedAddress, p.FeedTitle = directoryFeed, s.Words(r).Communities
	if p.Joins.Waits() {
		p.Refresh, p.Writes = fillAgain, true
	}
	return s.HTML(w, r, http.StatusOK, p)
}

// The longest name of a host (RFC 1035 §2.3.4), and of a language (RFC 5646 §4.4.1).
const (
	maxHost = 253
	maxTag  = 35
)

// clip is the beginning of a text.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// languageNames are languages by what they call themselves, with the one that is asked
// for among them.
func languageNames(tags []string, now string) []view.FieldOption {
	if now != "" && !slices.Contains(tags, now) {
		tags = append(tags, now)
	}
	var out []view.FieldOption
	for _, tag := range tags {
		name := tag
		if parsed, err := language.Parse(tag); err == nil {
			name = cmp.Or(display.Self.Name(parsed), tag)
		}
		out = append(out, view.FieldOption{Value: tag, Label: name, On: tag == now})
	}
	return out
}

// joining tells how far the viewer has come with communities of the directory. Whom
// they do not want to read is marked in the frame.
func (s *Site) joining(r *http.Request, f *view.Frame, items []forum.DirectoryItem) (view.Joins, error) {
	var j view.Joins
	v := s.Viewer(r)
	if v == nil {
		return j, nil
	}
	var ids []int64
	for i := range items {
		if id := items[i].Community.ID; id != 0 {
			ids = append(ids, id)
		}
	}
	var err error
	if j.Follows, err = s.Own.Follows(r.Context(), v.Person.ID, ids); err != nil {
		return j, err
	}
	if f.Shuns, err = s.Own.Shuns(r.Context(), v.Person.ID); err != nil {
		return j, err
	}
	j.Wants, err = s.Own.Wants(r.Context(), v.Person.ID)
	return j, err
}

// offered is how many communities the front page offers to join; so many can be joined
// in one step.
const offered = 20

// offer fills in what the front page offers to whoever reads nothing yet: communities
// to join, or to look at for those who cannot join any, and, to an admin, servers to
// look at.
func (s *Site) offer(r *http.Request, p *view.FrontPage) error {
	v := s.Viewer(r)
	if !p.Lonely() && !p.Bare() {
		return nil
	}
	all, err := s.Reader.Directory(r.Context(), forum.Directory{Limit: 50})
	if err != nil {
		return err
	}
	if p.Shipped = len(all.Items) == 0; p.Shipped {
		for _, c := range s.Begin {
			c.Title = c.Name
			all.Items = append(all.Items, forum.DirectoryItem{Community: c})
		}
	}
	if v == nil {
		p.Offered = all.Items[:min(len(all.Items), offered)]
		return nil
	}
	if p.Joins, err = s.joining(r, &p.Frame, all.Items); err != nil {
		return err
	}
	for i := range all.Items {
		it := &all.Items[i]
		if c := &it.Community; len(p.Offered) < offered && p.Joins.Follows[c.ID] == forum.NotFollowing && !p.Joins.Wanted(c) && !p.Shuns.Communities[c.ID] && !p.Shuns.Hosts[c.Host] {
			p.Offered = append(p.Offered, *it)
		}
	}
	var lately bool
	if p.Joined, lately, err = s.Own.Joins(r.Context(), v.Person.ID); err != nil {
		return err
	}
	if v.Admin {
		p.Suggest = s.Suggest
		if p.Servers, err = s.Reader.Catalogues(r.Context()); err != nil {
			return err
		}
	}
	if lately || p.Joins.Waits() || p.Reads() {
		p.Refresh = fillAgain
	}
	return nil
}
