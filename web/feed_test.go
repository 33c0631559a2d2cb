package web

import (
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"
)

func (n *node) feed(path string) atomFeed {
	n.t.Helper()
	a := n.wantStatus(path, http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		n.t.Errorf("%s: %s", path, got)
	}
	var f atomFeed
	if err := xml.Unmarshal([]byte(a.body), &f); err != nil {
		n.t.Fatalf("%s: %v\n%s", path, err, a.body)
	}
	return f
}

func TestFeeds(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft & more", "")
	if f := n.feed("/feeds/all.atom"); len(f.Entries) != 0 || f.Updated == "" {
		t.Errorf("an empty feed: %+v", f)
	}
	p := n.post(c, draft{by: "Lin <Lin@far.example>", title: "A <b> & title\x02", md: "Text & *more*.", link: "https://news.example/?a=1&b=2", lang: "de", ago: 4 * time.Hour, edited: true})
	n.post(c, draft{by: "ada", title: "other", md: "x"})
	for page, want := range map[string]struct {
		feed    string
		entries int
	}{
		"/": {"/feeds/all.atom", 2}, "/c/craft": {"/feeds/c/craft.atom", 2}, "/u/Lin@far.example": {"/feeds/u/Lin@far.example.atom", 1},
		"/post/1": {"/feeds/c/craft.atom", 2},
	} {
		address := n.get(page).attr("link[type=application/atom+xml]", "href")
		if address != want.feed {
			t.Errorf("%s: its feed is %q", page, address)
		}
		f := n.feed(address)
		if len(f.Entries) != want.entries {
			t.Fatalf("%s: %d entries", address, len(f.Entries))
		}
		links := map[string]string{}
		for _, l := range f.Links {
			links[l.Rel] = l.Href
		}
		if links["self"] != testBase+address || f.ID != testBase+address || links["alternate"] == "" {
			t.Errorf("%s: id %q, links %v", address, f.ID, links)
		}
		e := f.Entries[len(f.Entries)-1]
		if e.ID != p.URI || !strings.HasPrefix(e.Title, "A <b> & title") || e.Published != "2026-11-20T11:30:00Z" || e.Updated != "2026-11-20T13:30:00Z" {
			t.Errorf("%s: entry %+v", address, e)
		}
		if f.Updated < e.Updated {
			t.Errorf("%s: feed updated %s", address, f.Updated)
		}
		if e.Author.Name != "Lin@far.example" || e.Category.Term != "craft" || e.Content == nil || e.Content.Type != "html" ||
			!strings.Contains(e.Content.Body, `<a href="https://news.example/?a=1&amp;b=2">`) || !strings.Contains(e.Content.Body, "<em>more</em>") {
			t.Errorf("%s: entry %+v %+v", address, e, e.Content)
		}
	}
}
