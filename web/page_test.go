package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stoa/federation/forum"
)

// answer is a response, read to its end.
type answer struct {
	*http.Response
	t    testing.TB
	body string
	root *html.Node
}

// ask requests a path without following redirects; head holds pairs of names
// and values.
func (n *node) ask(method, path string, head ...string) *answer {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.server.URL+path, http.NoBody)
	if err != nil {
		n.t.Fatal(err)
	}
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	a := &answer{Response: res, t: n.t, body: string(body)}
	if a.root, err = html.Parse(strings.NewReader(a.body)); err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *node) get(path string) *answer {
	n.t.Helper()
	return n.ask(http.MethodGet, path)
}

// all is the text of each element that the selector names.
func (a *answer) all(selector string) []string {
	a.t.Helper()
	var out []string
	for _, n := range find(a.t, a.root, selector) {
		out = append(out, wordsIn(n))
	}
	return out
}

// one is the text of the only such element.
func (a *answer) one(selector string) string {
	a.t.Helper()
	found := a.all(selector)
	if len(found) != 1 {
		a.t.Fatalf("%s: %d times %s: %q\n%s", a.Request.URL, len(found), selector, found, a.body)
	}
	return found[0]
}

func (a *answer) attr(selector, key string) string {
	a.t.Helper()
	found := find(a.t, a.root, selector)
	if len(found) == 0 {
		a.t.Fatalf("%s: no %s", a.Request.URL, selector)
	}
	return attribute(found[0], key)
}

func (a *answer) want(selector, text string) {
	a.t.Helper()
	if got := a.one(selector); got != text {
		a.t.Errorf("%s: %s is %q, want %q", a.Request.URL, selector, got, text)
	}
}

func (a *answer) wantNone(selector string) {
	a.t.Helper()
	if got := a.all(selector); len(got) != 0 {
		a.t.Errorf("%s: there is %s: %q", a.Request.URL, selector, got)
	}
}

func (n *node) wantStatus(path string, status int) *answer {
	n.t.Helper()
	a := n.get(path)
	if a.StatusCode != status {
		n.t.Errorf("%s: status %d, want %d", path, a.StatusCode, status)
	}
	return a
}

func TestFrontPage(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making **things**")
	d := n.found("gardens", "Gardens", "")
	a := n.get("/")
	a.want(".empty strong", "Nothing has been posted here yet")
	p := n.post(c, draft{by: "Lin Far <lin@far.example>", title: "A title", link: "https://www.news.example/x", ago: 14 * time.Hour, up: 3, down: 1, also: []int64{d.ID}})
	n.reply(c, p.URI, draft{by: "ada", md: "Yes."})
	n.post(c, draft{by: "ada", title: "Alone", md: "x", ago: time.Minute})

	a = n.wantStatus("/?sort=new", http.StatusOK)
	if got := a.all(".card .title"); !slices.Equal(got, []string{"Alone", "A title"}) {
		t.Errorf("newest first: %q", got)
	}
	card := find(t, a.root, ".card")[1]
	for selector, want := range map[string]string{
		".link": "news.example", ".meta .community .handle": "craft", ".points": "3 points", "time": "14 hours ago",
		".count .vh": "1 comment", ".elsewhere summary": "also in 1 community", ".elsewhere li": "gardens",
	} {
		if got := find(t, card, selector); len(got) != 1 || wordsIn(got[0]) != want {
			t.Errorf("%s: want %q, got %d of them", selector, want, len(got))
		}
	}
	if got := wordsIn(find(t, card, ".meta")[0]); !strings.Contains(got, "lin@far.example") {
		t.Errorf("the author's host is missing: %q", got)
	}
	when := find(t, card, "time")[0]
	if attribute(when, "datetime") != "2026-11-20T01:30:00Z" || attribute(when, "title") != "2026-11-20 01:30 UTC" {
		t.Errorf("time: %v", when.Attr)
	}
	if got := attribute(find(t, card, ".title a")[0], "href"); got != fmt.Sprintf("/post/%d", p.ID) {
		t.Errorf("the title leads to %s", got)
	}
	if got := attribute(find(t, card, ".link a")[0], "href"); got != "https://www.news.example/x" {
		t.Errorf("the link leads to %s", got)
	}
	if got := find(t, find(t, a.root, ".card")[0], ".points"); len(got) != 0 {
		t.Error("a score made of the author's own vote is shown")
	}
}

func TestOrders(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "", "")
	n.post(c, draft{by: "ada", title: "old and loved", md: "x", ago: 20 * 24 * time.Hour, up: 9})
	n.post(c, draft{by: "ada", title: "new", md: "x", ago: time.Hour})
	n.post(c, draft{by: "ada", title: "liked", md: "x", ago: 24*time.Hour + time.Minute, up: 4})
	for query, want := range map[string][]string{
		"":                   {"new", "liked", "old and loved"},
		"?sort=hot":          {"new", "liked", "old and loved"},
		"?sort=new":          {"new", "liked", "old and loved"},
		"?sort=top":          {"liked", "new"},
		"?sort=top&t=day":    {"new"},
		"?sort=top&t=6hours": {"new"},
		"?sort=old":          {"old and loved", "liked", "new"},
		"?sort=top&t=month":  {"old and loved", "liked", "new"},
		"?sort=top&t=all":    {"old and loved", "liked", "new"},
		"?utm_source=letter": {"new", "liked", "old and loved"},
	} {
		for _, path := range []string{"/", "/c/craft"} {
			a := n.wantStatus(path+query, http.StatusOK)
			if got := a.all(".card .title"); !slices.Equal(got, want) {
				t.Errorf("%s%s: %q, want %q", path, query, got, want)
			}
			marked := 2 // the order and the layout
			if strings.Contains(query, "top") {
				marked++
			}
			if got := a.all(".choices [aria-current=true]"); len(got) != marked {
				t.Errorf("%s%s: marked are %q", path, query, got)
			}
		}
	}
}

// Every order has its link, which is marked on its page, and whoever chose the
// compact layout keeps it from link to link.
func TestOrdersAreLinked(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "", "")
	for i := range 26 {
		n.post(c, draft{by: "ada", title: fmt.Sprint("post ", i), md: "x", ago: time.Duration(i) * time.Minute})
	}
	for path, want := range map[string][]string{
		"/":        {"Hot", "Active", "New", "Top", "Small communities first", "Old", "Controversial", "Most comments", "Cards", "Compact"},
		"/c/craft": {"Hot", "Active", "New", "Top", "Old", "Controversial", "Most comments", "Cards", "Compact"},
		"/u/ada":   {"New", "Top", "Old", "Cards", "Compact"},
	} {
		links := find(t, n.get(path).root, ".choices a")
		var labels []string
		for _, l := range links {
			labels = append(labels, wordsIn(l))
			a := n.wantStatus(attribute(l, "href"), http.StatusOK)
			if got := a.all(".choices [aria-current=true]"); !slices.Contains(got, wordsIn(l)) {
				t.Errorf("%s: %q is not marked on its page: %q", path, wordsIn(l), got)
			}
		}
		if !slices.Equal(labels, want) {
			t.Errorf("%s: %q", path, labels)
		}
		a := n.get(path + "?view=compact")
		if len(find(t, a.root, "ol.cards.compact")) != 1 {
			t.Errorf("%s is not compact", path)
		}
		for _, selector := range []string{".choices a", "a[rel=next]"} {
			for _, l := range find(t, a.root, selector) {
				if href := attribute(l, "href"); strings.Contains(href, "view=compact") == (wordsIn(l) == "Cards") {
					t.Errorf("%s: %q leads to %s", path, wordsIn(l), href)
				}
			}
		}
	}
	windows := n.get("/?sort=comments&t=6hours").all(".choices.small a")
	if !slices.Equal(windows, []string{"Hour", "6 hours", "Day", "Week", "Month", "Year", "All time"}) {
		t.Errorf("windows: %q", windows)
	}
	if got := n.get("/communities?sort=name").all(".choices [aria-current=true]"); !slices.Equal(got, []string{"By name"}) {
		t.Errorf("communities: marked are %q", got)
	}
}

// Walking from page to page shows every post once, and what does not fit an
// address is refused with a page.
func TestPaging(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "", "")
	for i := range 60 {
		n.post(c, draft{by: "ada", title: fmt.Sprint("post ", i), md: "x", ago: time.Duration(i) * time.Hour})
	}
	for _, path := range []string{
		"/", "/?sort=new", "/?sort=top&t=all", "/?view=compact", "/?sort=active", "/?sort=old", "/?sort=scaled", "/?sort=comments&t=all", "/c/craft", "/u/ada", "/u/ada?sort=old", "/u/ada?sort=top&t=all&view=compact",
	} {
		seen := map[string]bool{}
		pages := 0
		for next := path; next != ""; pages++ {
			a := n.wantStatus(next, http.StatusOK)
			for _, title := range a.all(".card .title") {
				if seen[title] {
					t.Errorf("%s: %q twice", path, title)
				}
				seen[title] = true
			}
			next = ""
			if more := find(t, a.root, "a[rel=next]"); len(more) == 1 {
				next = attribute(more[0], "href")
			}
			if pages > 0 && len(find(t, a.root, "meta[name=robots]")) != 1 {
				t.Errorf("%s: a later page does not ask to stay out of indexes", path)
			}
		}
		if len(seen) != 60 || pages != 3 {
			t.Errorf("%s: %d posts on %d pages", path, len(seen), pages)
		}
	}
	for _, path := range []string{
		"/?after=nonsense", "/c/%00", "/u/%ff", "/u/a@%00", "/?after=1~x", "/?after=~", "/?after=NaN~1", "/?after=1~99999999999", "/?after=9999999999999999~1&sort=new", "/communities?after=9999999999999999~1", "/u/ada?view=comments&after=9223372036854775807~1", "/?after=1e9~1", "/?sort=best", "/?sort=top&t=century", "/c/craft?sort=scaled", "/u/ada?sort=hot", "/communities?sort=size", "/?sort=HOT", "/c/craft?after=%00",
		"/communities?after=x", "/u/ada?view=votes", "/u/ada?view=comments&after=1.5~2",
	} {
		n.wantStatus(path, http.StatusBadRequest).want("h1", "That address makes no sense")
	}
}

func TestAddresses(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	n.abroad("Letters", "far.example", "Letters")
	p := n.post(c, draft{by: "Lin@far.example", title: "t", md: "x"})
	m := n.reply(c, p.URI, draft{by: "ada", md: "y"})
	moved := map[string]string{
		"/c/Craft":                     "/c/craft",
		"/c/craft/":                    "/c/craft",
		"/c/CRAFT?sort=new":            "/c/craft?sort=new",
		"/c/craft@stoa.example":        "/c/craft",
		"/c/letters@FAR.example":       "/c/Letters@far.example",
		"/u/ADA":                       "/u/ada",
		"/u/lin@far.example":           "/u/Lin@far.example",
		"/u/ada/":                      "/u/ada",
		"/communities/":                "/communities",
		"/about/":                      "/about",
		"/feeds/c/Craft.atom":          "/feeds/c/craft.atom",
		fmt.Sprintf("/post/%d/", p.ID): fmt.Sprintf("/post/%d", p.ID),
	}
	for from, to := range moved {
		a := n.wantStatus(from, http.StatusMovedPermanently)
		if got := a.Header.Get("Location"); got != to {
			t.Errorf("%s leads to %q, want %q", from, got, to)
		}
	}
	n.wantStatus(fmt.Sprintf("/comment/%d", m.ID), http.StatusOK)
	for _, path := range []string{
		"/c/nobody", "/u/nobody", "/u/craft", "/c/ada", "/post/999", "/post/0", "/post/01", "/post/-1", "/post/1x", "/post/99999999999999999999",
		"/post/999999999999999999", "/comment/999", "/c/", "/nothing", "/c/a/b", "/assets/stoa.css", "/feeds/u/nobody.atom",
		"/feeds/c/nobody.atom", "/c/craft@evil.example",
	} {
		a := n.wantStatus(path, http.StatusNotFound)
		a.want("h1", "Not found")
	}
	for _, path := range []string{
		"//evil.example/", "/%2f%2fevil.example/", "/%5c%5cevil.example/", "/..//evil.example/", "/c//evil.example/", "/c/%2f%2fevil.example/",
		"/c/%0d%0aSet-Cookie:%20x/", "/c/craft/?x=%0d%0a//evil.example",
	} {
		at := n.get(path).Header.Get("Location")
		if at != "" && (at[0] != '/' || strings.HasPrefix(at, "//") || strings.HasPrefix(at, `/\`)) {
			t.Errorf("%s leads to another host: %s", path, at)
		}
	}
	a := n.ask(http.MethodPost, "/c/craft")
	if a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
	}
	a = n.ask(http.MethodHead, "/c/craft")
	if a.StatusCode != http.StatusOK || a.body != "" || a.ContentLength < 1000 {
		t.Errorf("HEAD: %d, %d bytes of %d", a.StatusCode, len(a.body), a.ContentLength)
	}
}

// Whatever an address leads to, no answer lets a script of somebody else run.
func TestHeaders(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "", "")
	n.post(c, draft{by: "ada", title: "t", md: "x"})
	style := n.get("/").attr("link[rel=stylesheet]", "href")
	for _, path := range []string{"/", "/communities", "/c/craft", "/u/ada", "/post/1", "/about", "/nothing", "/?sort=x", "/feeds/all.atom", "/robots.txt", "/favicon.ico", "/c/Craft", style} {
		h := n.get(path).Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: policy without %s: %q", path, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") || strings.Contains(csp, "*") {
			t.Errorf("%s: loose policy %q", path, csp)
		}
		for _, name := range []string{"X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"} {
			if h.Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
	}
	for _, path := range []string{"/", "/c/craft", "/u/ada", "/post/1"} {
		if got := n.get(path).Header.Values("Vary"); !slices.Contains(got, "Accept") {
			t.Errorf("%s: Vary is %q", path, got)
		}
	}
}

func TestCaching(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "", "")
	for _, path := range []string{"/", "/c/craft", "/feeds/all.atom"} {
		first := n.get(path)
		tag := first.Header.Get("ETag")
		if !strings.HasPrefix(tag, `W/"`) || first.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: ETag %q, Cache-Control %q", path, tag, first.Header.Get("Cache-Control"))
		}
		again := n.ask(http.MethodGet, path, "If-None-Match", `"other", `+tag)
		if again.StatusCode != http.StatusNotModified || again.body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: unchanged, but %d with %d bytes", path, again.StatusCode, len(again.body))
		}
		n.post(c, draft{by: "ada", title: "news", md: "x"})
		if changed := n.ask(http.MethodGet, path, "If-None-Match", tag); changed.StatusCode != http.StatusOK {
			t.Errorf("%s: changed, but %d", path, changed.StatusCode)
		}
	}
	a := n.get("/")
	total := len(a.body)
	for _, address := range []string{a.attr("link[rel=stylesheet]", "href"), a.attr("script", "src"), a.attr("link[rel=icon]", "href")} {
		asset := n.wantStatus(address, http.StatusOK)
		if got := asset.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") || !strings.Contains(got, "max-age=31536000") {
			t.Errorf("%s: Cache-Control %q", address, got)
		}
		total += len(asset.body)
	}
	if total > 100_000 {
		t.Errorf("a first visit takes %d bytes", total)
	}
}

// What breaks inside is not told outside, and a database that is away is not
// the end of the world.
func TestFailures(t *testing.T) {
	n := newNode(t)
	broken := n.site.Page(func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("reading: %w", fmt.Errorf("password of the database is hunter2"))
	})
	w := httptest.NewRecorder()
	broken.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "hunter2") || !strings.Contains(w.Body.String(), "Something broke") {
		t.Errorf("an untyped error: %d %s", w.Code, w.Body)
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Error("an error page may be kept")
	}
	for kind, status := range map[forum.Kind]int{
		forum.Invalid: 400, forum.Forbidden: 403, forum.NotFound: 404, forum.Gone: 410, forum.Unavailable: 503,
	} {
		w := httptest.NewRecorder()
		n.site.Page(func(http.ResponseWriter, *http.Request) error {
			return forum.Refuse(kind, "x", "Because <b>I</b> say so.")
		}).
			ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		if w.Code != status || strings.Contains(w.Body.String(), "<b>I") {
			t.Errorf("%s: %d %s", kind, w.Code, w.Body)
		}
		if status != 503 && !strings.Contains(w.Body.String(), "Because &lt;b&gt;I") {
			t.Errorf("%s: the reason is not shown", kind)
		}
	}
	if _, err := n.db.Pool().Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	if _, err := n.db.Pool().Exec(t.Context(), `alter table post rename to hidden`); err != nil {
		t.Fatal(err)
	}
	a := n.wantStatus("/", http.StatusInternalServerError)
	if strings.Contains(a.body, "relation") {
		t.Error("an SQL error is shown")
	}
}

func TestDatabaseAway(t *testing.T) {
	err := fmt.Errorf("storage.Reader.Posts: %w", &url.Error{Op: "dial", Err: fmt.Errorf("no: %w", io.ErrUnexpectedEOF)})
	n := newNode(t)
	w := httptest.NewRecorder()
	n.site.Page(func(http.ResponseWriter, *http.Request) error { return err }).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Back in a moment") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
