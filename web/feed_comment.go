package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/web/view"
	"stoa/web/words"
)

// threadFeed is the feed of what is said to a post.
func threadFeed(id int64) string { return "/feeds" + view.PostPath(id) + ".atom" }

// remarksFeed is the feed of somebody's comments.
func remarksFeed(handle string) string { return "/feeds/u/" + handle + "/comments.atom" }

// directoryFeed is the feed of the communities that are known here.
const directoryFeed = "/feeds/communities.atom"

// feedThread lists the newest comments of a thread.
func (s *Site) feedThread(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r)
	if err != nil {
		return err
	}
	thread, err := s.Reader.Thread(r.Context(), id)
	if err != nil {
		return err
	}
	post := &thread.Post
	if post.Community.Removed {
		return errCommunityRemoved
	}
	title := post.Title
	if post.State != forum.Live || !post.TitleGiven && (post.Sensitive || post.Warning != "") {
		title = s.NodeName
	}
	var entries []atomEntry
	for i := range slices.Backward(thread.Comments) {
		if c := &thread.Comments[i]; c.State == forum.Live && len(entries) < pageSize {
			entries = append(entries, s.remark(s.Words(r), c, post.Community))
		}
	}
	return s.sendFeed(w, r, title, view.PostPath(id), entries)
}

// feedRemarks lists the newest comments of a person.
func (s *Site) feedRemarks(w http.ResponseWriter, r *http.Request) error {
	asked := mux.Vars(r)["handle"]
	p, err := s.findPerson(r, asked)
	if err != nil {
		return err
	}
	if asked != p.Handle() {
		return redirect(w, r, "/feeds/u/"+p.Handle()+"/comments."+mux.Vars(r)["as"])
	}
	list, err := s.Reader.CommentsBy(r.Context(), forum.CommentList{AuthorID: p.ID, Sort: forum.SortNew, Limit: pageSize})
	if err != nil {
		return err
	}
	entries := make([]atomEntry, len(list.Items))
	for i := range list.Items {
		c := &list.Items[i].Comment
		c.Author = p
		entries[i] = s.remark(s.Words(r), c, list.Items[i].Community)
	}
	return s.sendFeed(w, r, p.Handle()+" · "+s.Words(r).TabComments, view.PersonPath(p)+"?view=comments", entries)
}

// listedAtOnce is how many communities a page of the list for other servers has.
const listedAtOnce = 50

// feedDirectory lists the communities that became known last; with of=here those of
// this node, the largest first and page by page: so other servers list them.
func (s *Site) feedDirectory(w http.ResponseWriter, r *http.Request) error {
	d := forum.Directory{Sort: forum.CommunitiesByAge, Known: true, Sensitive: true, Limit: pageSize}
	if r.URL.Query().Get("of") == "here" {
		d.Sort, d.Local, d.Limit, d.After = forum.CommunitiesByFollowers, true, listedAtOnce, r.URL.Query().Get("after")
	}
	list, err := s.Reader.Directory(r.Context(), d)
	if err != nil {
		return err
	}
	var entries []atomEntry
	for i := range list.Items {
		it := &list.Items[i]
		c := &it.Community
		name := c.Title
		if name == "" {
			name = c.Handle()
		}
		at := c.Published
		if at.IsZero() {
			at = c.FetchedAt
		}
		entries = append(entries, atomEntry{
			ID: c.URI, Title: name, Published: stamp(at), Updated: max(stamp(at), stamp(c.Updated)),
			Links:  []atomLink{{Rel: "alternate", Type: "text/html", Href: s.base + view.CommunityPath(*c)}},
			Author: atomPerson{Name: c.Handle()}, Category: atomCategory{Term: c.Handle(), Label: c.Title},
			Content:   &atomText{Type: "html", Body: c.SummaryHTML},
			community: &jsonCommunity{it.Followers, c.Posts, it.Active, c.Sensitive, it.Language},
		})
	}
	if list.Next != "" && d.Local {
		next := url.Values{"of": {"here"}, "after": {list.Next}}
		return s.sendFeed(w, r, s.Words(r).Communities, "/communities", entries, atomLink{Rel: "next", Href: s.base + r.URL.EscapedPath() + "?" + next.Encode()})
	}
	return s.sendFeed(w, r, s.Words(r).Communities, "/communities?sort=new", entries)
}

// remark is a comment in a feed, by the same rule as a post.
func (s *Site) remark(t *words.Words, c *forum.Comment, in forum.Community) atomEntry {
	e := atomEntry{
		ID: c.URI, Title: t.OneComment.With(c.Author.Handle()), Published: stamp(c.Published.Time), Updated: changed(c.Published, c.Updated),
		Links:    []atomLink{{Rel: "alternate", Type: "text/html", Href: s.base + view.CommentPath(c.ID)}},
		Author:   atomPerson{Name: c.Author.Handle(), URI: s.base + view.PersonPath(c.Author)},
		Category: atomCategory{Term: in.Handle(), Label: in.Title},
	}
	switch {
	case c.Warning != "":
		e.Commentary = &atomText{Type: "text", Body: c.Warning}
	case c.Sensitive:
		e.Commentary = &atomText{Type: "text", Body: t.Sensitive}
	default:
		if opening, _ := markup.Opening(c.Text.HTML, 80); opening != "" {
			e.Title += ": " + opening
		}
		e.Content = &atomText{Type: "html", Lang: c.Language, Body: c.Text.HTML}
	}
	return e
}
