package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/web/view"
)

// number is the id in an address; the pattern let only digits through. Ids are
// 32 bits wide: what does not fit names nothing.
func number(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 32)
	if err != nil {
		return 0, errNoPage
	}
	return n, nil
}

// post shows a thread. When the post itself can no longer be read, what was
// said to it still can; the status says that the post is gone.
func (s *Site) post(w http.ResponseWriter, r *http.Request) error {
	twin(w)
	n, err := number(r)
	if err != nil {
		return err
	}
	sort, err := commentSort(r)
	if err != nil {
		return err
	}
	thread, err := s.Reader.Thread(r.Context(), n)
	if err != nil {
		return err
	}
	post := &thread.Post
	if post.Community.Removed {
		return errCommunityRemoved
	}
	s.opened(post)
	p := view.ThreadPage{Frame: s.Frame(r, post.Title), Thread: thread, Words: length(post.Text.HTML), Sort: sort}
	if p.Quoted, err = s.quoted(r.Context(), &p.Thread); err != nil {
		return err
	}
	if err := s.mark(r, &p.Frame, []forum.PostItem{thread.PostItem}, thread.Comments); err != nil {
		return err
	}
	if err := s.stand(r, &p.Frame, post.Community.ID); err != nil {
		return err
	}
	if v := s.Viewer(r); v != nil && post.Poll != nil {
		if p.Chosen, err = s.Reader.Chosen(r.Context(), v.Person.ID, post.ID); err != nil {
			return err
		}
	}
	if v := s.Viewer(r); v != nil && v.Person.ID == post.Author.ID {
		if p.Spread, err = s.Reader.Spread(r.Context(), post.URI); err != nil {
			return err
		}
	}
	if err := s.read(r, &thread); err != nil {
		return err
	}
	if answer := p.Answer(); answer != nil {
		begun, _, err := s.Own.Draft(r.Context(), p.Self.Person.ID, answer.Place)
		if err != nil {
			return err
		}
		p.Begun = begun.Text
	}
	p.Section, p.JSONAddress, p.Canonical = view.SectionPosts, post.URI, s.base+view.PostPath(n)
	p.FeedAddress = threadFeed(n)
	hidden := post.Sensitive || post.Warning != ""
	p.Share = view.ShareArticle
	if !hidden {
		p.About, p.Image = markup.Plain(post.Text.HTML, 200), shareImage(post)
	}
	switch {
	case post.State != forum.Live:
		p.Title, p.About, p.Image, p.NoIndex = s.Words(r).Gone, "", "", true
	case hidden && !post.TitleGiven:
		p.Title = s.Words(r).Sensitive
	}
	p.FeedTitle = p.Title
	if !post.Local && !post.Community.Local {
		if p.State, err = s.Reader.ThreadState(r.Context(), n); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if post.State != forum.Live {
		status = http.StatusGone
		w.Header().Set("Cache-Control", "no-store")
	}
	if p.State.Fetching && p.State.Missing > 0 && status == http.StatusOK {
		p.Refresh, p.Writes = fillAgain, p.Answer() != nil || p.Self == nil && p.Form() != nil
		return s.Once(w, r, status, p)
	}
	return s.HTML(w, r, status, p)
}

// mostQuoted is how many quotes of one thread are shown with what they quote; the rest
// lead there.
const mostQuoted = 200

// quoted finds what is quoted in a thread, as far as it is here.
func (s *Site) quoted(ctx context.Context, t *forum.Thread) (map[string]forum.Quoted, error) {
	by := map[string][]int64{}
	add := func(q forum.Quote, author int64) {
		if q.URI != "" && len(by) < mostQuoted {
			by[q.URI] = append(by[q.URI], author)
		}
	}
	add(t.Post.Tags.Quote, t.Post.Author.ID)
	for i := range t.Comments {
		add(t.Comments[i].Tags.Quote, t.Comments[i].Author.ID)
	}
	all, err := s.Quoted(ctx, by)
	if err == nil && len(all) > 0 {
		err = s.approve(ctx, t, all)
	}
	return all, err
}

// Quoted finds what is quoted, by its id and for those who quote it, as far as it is here.
func (s *Site) Quoted(ctx context.Context, by map[string][]int64) (map[string]forum.Quoted, error) {
	all, err := s.Reader.Quoted(ctx, by)
	for uri, q := range all {
		q.Brief = markup.Plain(q.Brief, 280)
		all[uri] = q
	}
	return all, err
}

// approve marks the quotes of a thread whose authors have asked, and that whoever wrote
// what is quoted allows.
func (s *Site) approve(ctx context.Context, t *forum.Thread, all map[string]forum.Quoted) error {
	quotes := map[string]*forum.Quote{}
	var uris []string
	add := func(uri string, q *forum.Quote) {
		if q.Approval != "" && !q.Agreed {
			quotes[uri], uris = q, append(uris, uri)
		}
	}
	add(t.Post.URI, &t.Post.Tags.Quote)
	for i := range t.Comments {
		add(t.Comments[i].URI, &t.Comments[i].Tags.Quote)
	}
	found, err := s.Reader.Approved(ctx, uris)
	for uri, a := range found {
		q := quotes[uri]
		q.Agreed = a.ID == q.Approval && a.Quoted == q.URI && a.By == all[q.URI].Author.URI
	}
	return err
}

// tag lists posts with a hashtag. Of several ways to write it one has the page.
func (s *Site) tag(w http.ResponseWriter, r *http.Request) error {
	asked := mux.Vars(r)["tag"]
	name := forum.Hashtag(asked)
	if name == "" {
		return errNoPage
	}
	if asked != name {
		return redirect(w, r, view.TagPath(name))
	}
	p := view.TagPage{Heading: s.Words(r).Topic.Heading.With(name), Path: view.TagPath(name)}
	return s.topic(w, r, p, forum.TopicList{Name: name})
}

// flair lists posts of a community with one of its tags. The address of the tags of
// communities of this node is their id.
func (s *Site) flair(w http.ResponseWriter, r *http.Request) error {
	c, err := s.findCommunity(r, mux.Vars(r)["handle"])
	if err != nil {
		return err
	}
	t, ok := c.PostTags.ByName(mux.Vars(r)["tag"])
	if !ok {
		return errNoPage
	}
	p := view.TagPage{Heading: t.Title, Path: r.URL.EscapedPath(), Community: &c}
	return s.topic(w, r, p, forum.TopicList{Name: t.ID, CommunityID: c.ID})
}

func (s *Site) topic(w http.ResponseWriter, r *http.Request, p view.TagPage, l forum.TopicList) error {
	var err error
	if p.Order, err = order(r, []forum.Sort{forum.SortNew}); err != nil {
		return err
	}
	if l.After, err = cursor(r); err != nil {
		return err
	}
	l.Limit = pageSize
	if p.Listing, err = s.Reader.Topic(r.Context(), l); err != nil {
		return err
	}
	p.Frame = s.Frame(r, p.Heading)
	if err := s.sift(r, &p.Frame, &p.Listing, l.CommunityID); err != nil {
		return err
	}
	p.Paged = l.After != ""
	p.Section, p.NoIndex = view.SectionPosts, p.Paged || len(p.Listing.Items) == 0
	p.Canonical = s.base + p.Path
	return s.HTML(w, r, http.StatusOK, p)
}

// history shows what a post or comment said before it was edited.
func (s *Site) history(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	p := view.HistoryPage{Frame: s.Frame(r, s.Words(r).History.Heading)}
	p.NoIndex = true
	if mux.Vars(r)["kind"] == "comment" {
		c, err := s.Reader.Comment(r.Context(), n)
		if err != nil {
			return err
		}
		p.Comment = &c
		n = c.PostID
	}
	if p.Post, err = s.Reader.Post(r.Context(), n); err != nil {
		return err
	}
	switch {
	case p.Post.Community.Removed:
		return errCommunityRemoved
	case !p.Readable():
		return forum.Refuse(forum.Gone, "deleted", "This has been deleted.")
	}
	if p.Before, err = s.Reader.Revisions(r.Context(), p.Subject()); err != nil {
		return err
	}
	return s.HTML(w, r, http.StatusOK, p)
}

// opened tells that a thread of a community elsewhere is read.
func (s *Site) opened(p *forum.Post) {
	if s.Opened != nil && !p.Local && !p.Community.Local {
		s.Opened(p.ID)
	}
}

// shown tells that somebody looks at a person or community elsewhere.
func (s *Site) shown(uri string, local bool, fetched time.Time) {
	if s.Shown != nil && !local {
		s.Shown(uri, fetched)
	}
}

// shareImage is the picture that stands for a post.
func shareImage(p *forum.Post) string {
	for i := range p.Attachments {
		switch a := &p.Attachments[i]; {
		case a.Medium == forum.Picture:
			return a.URL
		case a.Poster != "":
			return a.Poster
		}
	}
	return p.Preview.Picture
}

// length is the number of words of a text that may be long enough to be folded;
// 0 for one that is too short whatever its words are.
func length(html string) int {
	if len(html) < 2*view.FoldWords {
		return 0
	}
	return markup.WordCount(html)
}
