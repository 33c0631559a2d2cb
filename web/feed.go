package web

import (
	"encoding/xml"
	"html"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/web/view"
	"stoa/web/words"
)

// Atom (RFC 4287). Written with encoding/xml: a feed needs a link to itself and
// one to its page, which gorilla/feeds cannot both write.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Icon    string      `xml:"icon"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomPerson struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Lang string `xml:"xml:lang,attr,omitempty"`
	Body string `xml:",chardata"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr,omitempty"`
}

type atomEntry struct {
	ID         string       `xml:"id"`
	Title      string       `xml:"title"`
	Published  string       `xml:"published"`
	Updated    string       `xml:"updated"`
	Links      []atomLink   `xml:"link"`
	Author     atomPerson   `xml:"author"`
	Category   atomCategory `xml:"category"`
	Content    *atomText    `xml:"content,omitempty"`
	Commentary *atomText    `xml:"summary,omitempty"`

	community *jsonCommunity // of the feed of communities; Atom has no place for it
}

// feedAddress is the feed of a community (kind "c") or person ("u").
func feedAddress(kind, handle string) string { return "/feeds/" + kind + "/" + handle + ".atom" }

// feedIn is a feed in the form that was asked for.
func feedIn(r *http.Request, kind, handle string) string {
	return "/feeds/" + kind + "/" + handle + "." + mux.Vars(r)["as"]
}

func (s *Site) feedAll(w http.ResponseWriter, r *http.Request) error {
	return s.feed(w, r, s.NodeName, "/", forum.List{})
}

func (s *Site) feedCommunity(w http.ResponseWriter, r *http.Request) error {
	asked := mux.Vars(r)["handle"]
	c, err := s.findCommunity(r, asked)
	if err != nil {
		return err
	}
	if asked != c.Handle() {
		return redirect(w, r, feedIn(r, "c", c.Handle()))
	}
	title := c.Title
	if title == "" {
		title = c.Handle()
	}
	return s.feed(w, r, title, view.CommunityPath(c), forum.List{CommunityID: c.ID})
}

func (s *Site) feedPerson(w http.ResponseWriter, r *http.Request) error {
	asked := mux.Vars(r)["handle"]
	p, err := s.findPerson(r, asked)
	if err != nil {
		return err
	}
	if asked != p.Handle() {
		return redirect(w, r, feedIn(r, "u", p.Handle()))
	}
	title := p.Title
	if title == "" {
		title = p.Handle()
	}
	return s.feed(w, r, title, view.PersonPath(p), forum.List{AuthorID: p.ID})
}

// feed lists the newest posts of a page, as Atom or as JSON Feed.
func (s *Site) feed(w http.ResponseWriter, r *http.Request, title, page string, l forum.List) error {
	l.Sort, l.Limit = forum.SortNew, pageSize
	posts, err := s.Reader.Posts(r.Context(), l)
	if err != nil {
		return err
	}
	entries := make([]atomEntry, len(posts.Items))
	for i := range posts.Items {
		entries[i] = s.entry(s.Words(r), &posts.Items[i].Post)
	}
	return s.sendFeed(w, r, title, page, entries)
}

// sendFeed sends entries in the form that was asked for.
func (s *Site) sendFeed(w http.ResponseWriter, r *http.Request, title, page string, entries []atomEntry, more ...atomLink) error {
	self := s.base + r.URL.EscapedPath()
	f := atomFeed{
		Lang: s.Words(r).Tag, ID: self, Title: title, Icon: s.base + "/favicon.ico",
		Links: append([]atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: self},
			{Rel: "alternate", Type: "text/html", Href: s.base + page},
		}, more...),
		Updated: stamp(time.Unix(0, 0)), Entries: entries,
	}
	for i := range entries {
		f.Updated = max(f.Updated, entries[i].Updated) // as texts they are ordered as in time
	}
	if mux.Vars(r)["as"] == "json" {
		return sendJSONFeed(w, r, f)
	}
	body, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), body...))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// entry is a post in a feed. What is behind a warning stays behind it: a feed
// reader would show it at once.
func (s *Site) entry(t *words.Words, p *forum.Post) atomEntry {
	address := s.base + view.PostPath(p.ID)
	e := atomEntry{
		ID: p.URI, Title: p.Title, Published: stamp(p.Published.Time), Updated: changed(p.Published, p.Updated),
		Links:    []atomLink{{Rel: "alternate", Type: "text/html", Href: address}},
		Author:   atomPerson{Name: p.Author.Handle(), URI: s.base + view.PersonPath(p.Author)},
		Category: atomCategory{Term: p.Community.Handle(), Label: p.Community.Title},
	}
	if e.Title == "" {
		e.Title = t.Untitled
	}
	warning := p.Warning
	if warning == "" && p.Sensitive {
		warning = t.Sensitive
	}
	if warning != "" {
		if !p.TitleGiven {
			e.Title = warning
		}
		e.Commentary = &atomText{Type: "text", Body: warning}
		return e
	}
	link := view.WebURL(p.Link)
	body := p.Text.HTML
	if link != "" {
		e.Links = append(e.Links, atomLink{Rel: "related", Href: link})
		body = `<p><a href="` + html.EscapeString(link) + `">` + html.EscapeString(link) + `</a></p>` + body
	}
	e.Content = &atomText{Type: "html", Lang: p.Language, Body: body}
	return e
}

// changed is when something was last said, as a feed writes it.
func changed(published, updated forum.Stamp) string {
	return max(stamp(published.Time), stamp(updated.Time))
}
