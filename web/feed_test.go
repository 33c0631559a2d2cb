package web

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
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

func (n *node) jsonFeed(path string) jsonFeed {
	n.t.Helper()
	a := n.wantStatus(path, http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != "application/feed+json; charset=utf-8" {
		n.t.Errorf("%s: %s", path, got)
	}
	var f jsonFeed
	if err := json.Unmarshal([]byte(a.body), &f); err != nil {
		n.t.Fatalf("%s: %v\n%s", path, err, a.body)
	}
	return f
}

func TestJSONFeedsSayWhatAtomSays(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft & more", "")
	if a := n.get("/feeds/all.json"); !strings.Contains(a.body, `"items":[]`) {
		t.Errorf("an empty feed: %s", a.body)
	}
	n.post(c, draft{by: "Lin <Lin@far.example>", title: "A <b> & title\x02", md: "Text & *more*.", link: "https://news.example/?a=1&b=2", lang: "de", edited: true})
	n.post(c, draft{by: "Lin <Lin@far.example>", title: "Hidden", md: "Unseen words", nsfw: true})
	for _, path := range []string{"/feeds/all", "/feeds/c/craft", "/feeds/u/Lin@far.example"} {
		atom, f := n.feed(path+".atom"), n.jsonFeed(path+".json")
		if f.Version != "https://jsonfeed.org/version/1.1" || f.Self != testBase+path+".json" || f.Home != linkOf(atom.Links, "alternate") || f.Title != atom.Title {
			t.Errorf("%s: %+v", path, f)
		}
		if len(f.Items) != 2 || len(atom.Entries) != 2 {
			t.Fatalf("%s: %d items, %d entries", path, len(f.Items), len(atom.Entries))
		}
		for i, e := range atom.Entries {
			it := f.Items[i]
			if it.ID != e.ID || it.URL != linkOf(e.Links, "alternate") || it.External != linkOf(e.Links, "related") || it.Modified != e.Updated || it.Authors[0].Name != e.Author.Name {
				t.Errorf("%s: %+v, but Atom has %+v", path, it, e)
			}
			switch {
			case e.Content == nil:
				if it.HTML != nil || it.Text == nil || *it.Text != e.Commentary.Body {
					t.Errorf("%s: what is behind a warning: %+v", path, it)
				}
			case it.HTML == nil || *it.HTML != e.Content.Body || it.Language != "de": // encoding/xml does not read xml:lang back
				t.Errorf("%s: %+v", path, it)
			}
		}
	}
	a := n.get("/feeds/all.json")
	if again := n.ask(http.MethodGet, "/feeds/all.json", "If-None-Match", a.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
}

// What is said in a thread, what somebody says, and which communities there are can
// be followed too.
func TestFeedsOfComments(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making **things**.")
	n.found("gardens", "Gardens", "")
	p := n.post(c, draft{by: "ada", title: "A joint", md: "x", ago: 9 * time.Hour})
	first := n.reply(c, p.URI, draft{by: "Lin <Lin@far.example>", md: "It *holds*.", ago: 3 * time.Hour})
	n.reply(c, first.URI, draft{by: "sam@piefed.example", md: "Show it.", ago: 2 * time.Hour, warning: "glue"})
	gone := n.reply(c, first.URI, draft{by: "sam@piefed.example", md: "Secret.", ago: time.Hour})
	n.setState(forum.Subject{Kind: forum.OnComment, ID: gone.ID}, forum.Deleted, "")
	for page, want := range map[string]struct{ feed, entries string }{
		"/post/1":                             {"/feeds/post/1.atom", "Comment by sam@piefed.example | Comment by Lin@far.example: It holds."},
		"/u/Lin@far.example?view=comments":    {"/feeds/u/Lin@far.example/comments.atom", "Comment by Lin@far.example: It holds."},
		"/u/sam@piefed.example?view=comments": {"/feeds/u/sam@piefed.example/comments.atom", "Comment by sam@piefed.example"},
		"/communities":                        {"/feeds/communities.atom", "Gardens | Craft"},
	} {
		address := n.get(page).attr("link[type=application/atom+xml]", "href")
		if address != want.feed {
			t.Errorf("%s: its feed is %q", page, address)
		}
		f := n.feed(address)
		var titles []string
		for _, e := range f.Entries {
			titles = append(titles, e.Title)
			if e.ID == "" || e.Updated < e.Published || f.Updated < e.Updated || linkOf(e.Links, "alternate") == "" || strings.Contains(e.Title, "Secret") {
				t.Errorf("%s: %+v", address, e)
			}
		}
		if got := strings.Join(titles, " | "); got != want.entries {
			t.Errorf("%s: %q", address, got)
		}
		if j := n.jsonFeed(strings.Replace(address, ".atom", ".json", 1)); len(j.Items) != len(f.Entries) || j.Home == "" {
			t.Errorf("%s as JSON: %+v", address, j)
		}
	}
	e := n.feed("/feeds/post/1.atom").Entries
	if e[0].Content != nil || e[0].Commentary == nil || e[0].Commentary.Body != "glue" || e[1].Content.Body != "<p>It <em>holds</em>.</p>" ||
		linkOf(e[1].Links, "alternate") != testBase+"/comment/1" {
		t.Errorf("%+v %+v", e[0], e[1])
	}
	n.wantStatus("/feeds/post/999.atom", http.StatusNotFound)
	n.wantStatus("/feeds/u/nobody/comments.atom", http.StatusNotFound)
}
