package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
)

// excerptFrom is how many runes of a text are looked through for the words that
// were looked for.
const excerptFrom = 5000

// search finds posts, comments, communities and people. An address or a handle
// leads to its page where it is known.
func (s *Site) search(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	q := strings.TrimSpace(strings.ToValidUTF8(in.Get("q"), ""))
	p := s.searchPage(r, q)
	if address(q) {
		place, err := s.Reader.Lookup(r.Context(), plainAddress(q))
		if err == nil {
			return there(w, place)
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if done, err := s.elsewhere(w, r, &p, plainAddress(q)); done || err != nil {
			return err
		}
		if strings.Contains(q, "/") { // nobody is called that
			p.Query = ""
			return s.Once(w, r, http.StatusOK, p)
		}
	}
	p.Search = forum.ParseSearch(q)
	p.Search.Limit = pageSize
	switch kind := forum.SearchKind(in.Get("kind")); kind {
	case forum.FindPosts, forum.FindComments, forum.FindCommunities, forum.FindPeople:
		p.Search.Kind = kind
	case "":
	default:
		return forum.Refuse(forum.Invalid, "bad-kind", "There are posts, comments, communities and people to look for.")
	}
	switch sort := forum.SearchSort(in.Get("sort")); sort {
	case forum.ByRelevance, forum.ByNewest:
		p.Search.Sort = sort
	case "":
	default:
		return forum.Refuse(forum.Invalid, "bad-sort", "There is no such order.")
	}
	var err error
	if p.Search.After, err = cursor(r); err != nil {
		return err
	}
	p.Paged = p.Search.After != ""
	if q != "" {
		if p.Found, err = s.Reader.Search(r.Context(), p.Search); err != nil {
			return err
		}
	}
	for i := range p.Found.Posts {
		p.Excerpts = append(p.Excerpts, markup.Plain(p.Found.Posts[i].Post.Text.HTML, excerptFrom))
	}
	for i := range p.Found.Comments {
		p.Excerpts = append(p.Excerpts, markup.Plain(p.Found.Comments[i].Comment.Text.HTML, excerptFrom))
	}
	if p.Unknown != "" {
		return s.Once(w, r, http.StatusOK, p)
	}
	return s.HTML(w, r, http.StatusOK, p)
}

// elsewhere has something that is not known here looked for at its server. While that
// goes on the answer is a page that loads itself again; once it is found, the way
// there. done says that there was an answer.
func (s *Site) elsewhere(w http.ResponseWriter, r *http.Request, p *view.SearchPage, text string) (done bool, err error) {
	p.Unknown = text
	if s.Look == nil || len(text) > maxLooked {
		return false, nil
	}
	l, busy, err := s.Look(r.Context(), text)
	if err != nil {
		return false, err
	}
	p.Looked, p.LookBusy = l, busy
	switch {
	case l.Found != "":
		place, err := s.Reader.Lookup(r.Context(), l.Found)
		if err == nil {
			return true, there(w, place)
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return false, err
		}
	case l.Pending:
		p.Query, p.Refresh = "", lookAgain
		return true, s.Once(w, r, http.StatusOK, *p)
	}
	return false, nil
}

// lookAgain is after how many seconds a page that waits for another server is loaded
// again, and maxLooked the longest text that is looked for there.
const (
	lookAgain = 2
	maxLooked = 1_000
)

// Once answers with a page that nobody may keep.
func (s *Site) Once(w http.ResponseWriter, r *http.Request, status int, p view.Page) error {
	body, err := s.view.Render(p)
	if err != nil {
		return err
	}
	return sendOnce(w, r, status, "text/html; charset=utf-8", body)
}

func (s *Site) searchPage(r *http.Request, q string) view.SearchPage {
	t := &s.Words(r).Search
	title := t.Title
	if q != "" {
		title = q + " · " + t.Title
	}
	p := view.SearchPage{Frame: s.Frame(r, title), Query: q, Search: forum.Search{Kind: forum.FindPosts}}
	p.Section, p.NoIndex, p.Canonical = view.SectionSearch, true, s.base+"/search"
	return p
}

// open leads to the page here of an address anywhere, and says so where this
// node does not know it. It never leads elsewhere. With ask it only tells: the path
// as plain text, or 204.
func (s *Site) open(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("url"), ""))
	place, err := s.Reader.Lookup(r.Context(), plainAddress(q))
	ask := r.URL.Query().Has("ask")
	switch {
	case err == nil && ask:
		return sendOnce(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(view.PlacePath(place)))
	case err == nil:
		return there(w, place)
	case ask && errors.Is(err, storage.ErrNotFound):
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	p := s.searchPage(r, "")
	if address(q) {
		if done, err := s.elsewhere(w, r, &p, plainAddress(q)); done || err != nil {
			return err
		}
	}
	p.Unknown = plainAddress(q)
	return s.Once(w, r, http.StatusNotFound, p)
}

func there(w http.ResponseWriter, place forum.Place) error {
	w.Header().Set("Location", view.PlacePath(place))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// address reports whether a search is for one thing by its address or handle.
func address(q string) bool {
	if strings.ContainsAny(q, " \t\n\"") {
		return false
	}
	if u, err := url.Parse(plainAddress(q)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return true
	}
	name, host, ok := strings.Cut(strings.TrimLeft(plainAddress(q), "@!"), "@")
	return ok && name != "" && host != "" && !strings.Contains(name, ":")
}

// plainAddress takes the scheme off with which a browser hands an address to its
// handler.
func plainAddress(q string) string {
	for _, scheme := range []string{"web+ap:", "web+activitypub:"} {
		if len(q) > len(scheme) && strings.EqualFold(q[:len(scheme)], scheme) {
			q = q[len(scheme):]
			if strings.HasPrefix(q, "//") {
				return "https:" + q
			}
			return q
		}
	}
	return strings.TrimPrefix(q, "acct:")
}
