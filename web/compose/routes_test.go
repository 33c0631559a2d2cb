package compose

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web/member"
)

// examples stand for what is variable in the addresses of pages, by the pattern.
var examples = map[string]string{
	`{on:(?:post|comment)-[1-9][0-9]{0,9}}`:     "post-1",
	`{on:(?:person|community)-[1-9][0-9]{0,9}}`: "community-1",
	`{token:[A-Za-z0-9_-]{43}}`:                 strings.Repeat("x", 43),
	`{id:[0-9a-f-]{36}}`:                        "00000000-0000-4000-8000-000000000000",
	`{id:[1-9][0-9]{0,17}}`:                     "1",
	`{id:[1-9][0-9]{0,9}}`:                      "1",
	`{id:[1-9][0-9]{0,8}}`:                      "1",
	`{handle:[^/]{1,320}}`:                      "cid",
	place:                                       "beans",
}

var variable = regexp.MustCompile(`\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}`)

// A door is a method at an address.
type door struct{ method, path string }

// doors are all that a router has by which something is read, or something is done,
// with an example of each address.
func doors(t *testing.T, r *mux.Router, read bool) (all []door) {
	t.Helper()
	err := r.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		pattern, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := route.GetMethods()
		if err != nil {
			methods = []string{http.MethodGet, http.MethodPost} // it takes any
		}
		for _, m := range methods {
			if (m == http.MethodGet || m == http.MethodHead) != read {
				continue
			}
			path := variable.ReplaceAllStringFunc(pattern, func(v string) string {
				if examples[v] == "" {
					t.Errorf("%s: there is no example of %s; add one", pattern, v)
				}
				return examples[v]
			})
			var match mux.RouteMatch
			if !r.Match(httptest.NewRequest(m, path, http.NoBody), &match) || match.Route != route {
				t.Errorf("%s %s does not reach %s", m, path, pattern)
			}
			all = append(all, door{m, path})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// signedInDoors are the doors of those who live on a node, without what everybody
// reads.
func (n *node) signedInDoors() *mux.Router {
	r := mux.NewRouter()
	keys := func() (string, string, error) { return "private", "public", nil }
	render := func(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil }
	New(Options{Site: n.site, DB: n.db, Forum: n.forum, Keys: keys, Render: render}).Register(r)
	member.New(member.Options{Site: n.site, DB: n.db, Forum: n.forum, Keys: keys, Render: render}).Register(r)
	return r
}

// secret is in all that ann keeps for herself.
const secret = "nobody-but-ann"

// overseen is in what those who moderate are told.
const overseen = "those-who-moderate"

// overseers are those to whom it is told: ann, who made the community and is an admin,
// who else moderates it, and who else is an admin.
var overseers = []string{"ann", "mod", "adm"}

// furnished is a node at which ann has something of every kind.
func furnished(t *testing.T) *node {
	t.Helper()
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.lives("cid", false)
	does := func(who, path string, fields ...string) {
		t.Helper()
		if status, _ := n.ask(who, path, fields...); status != 200 && status != 303 && status != 204 {
			t.Fatalf("%s %v by %s: %d", path, fields, who, status)
		}
	}
	does("ann", "/communities/new", "name", "beans", "title", "Beans")
	does("ann", "/submit", "to", "beans", "title", "Beans", "text", "They climb.")
	does("bob", "/reply/post-1", "text", "Do they?")
	does("ann", "/draft", "place", "post", "title", secret, "text", secret)
	does("ann", "/collections", "name", secret[:14], "community", "1", "back", "/")
	does("ann", "/messages/cid", "text", secret)
	does("cid", "/messages/ann", "text", "No, "+secret)
	for _, name := range []string{"mod", "odd", "ban", "new"} {
		n.lives(name, false)
	}
	n.lives("adm", true)
	n.waits("new")
	does("adm", "/communities/new", "name", "other", "title", "Other")
	does("ann", "/c/beans/edit/moderators", "person", "mod")
	does("adm", "/c/other/edit/moderators", "person", "odd")
	does("ban", "/reply/post-1", "text", "Rude.")
	does("mod", "/moderate/comment-2", "verb", "ban", "reason", "Rude.")
	does("cid", "/report/comment-1", "reason", overseen)
	if err := private.Of(n.db).Shun(t.Context(), n.people["ann"].ID, private.ShunHost, 0, secret+".example", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	return n
}

// unread is a body that must not be read.
type unread struct{ read bool }

func (u *unread) Read([]byte) (int, error) {
	u.read = true
	return 0, errors.New("it is read")
}

func (n *node) comes(r *mux.Router, d door, who string, header http.Header, body io.Reader) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(n.Context(), d.method, base+d.path, body)
	maps.Copy(req.Header, header)
	if token := n.tokens[who]; token != "" {
		req.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// Every door by which something is done refuses what a page of another site sends,
// before it reads any of it, and whoever's browser it is. The doors are those that the
// router has, so that a new one is not forgotten.
func TestEveryDoorRefusesOtherSites(t *testing.T) {
	n := furnished(t)
	router, ok := n.server.Config.Handler.(*mux.Router) // with the public pages
	if !ok {
		t.Fatal("no router")
	}
	tried := 0
	for _, d := range doors(t, router, false) {
		tried++
		for _, who := range []string{"", "bob", "ann"} {
			for _, h := range []http.Header{
				{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}},
			} {
				h.Set("Content-Type", "application/x-www-form-urlencoded")
				body := &unread{}
				w := n.comes(router, d, who, h, body)
				if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "another site") || body.read {
					t.Errorf("%s %s of %q with %v: %d, read: %v", d.method, d.path, who, h, w.Code, body.read)
				}
				if w.Header().Get("Set-Cookie") != "" {
					t.Errorf("%s %s: sets a cookie", d.method, d.path)
				}
			}
		}
		// The same from a page of this site comes in.
		w := n.comes(router, d, "", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader(""))
		if strings.Contains(w.Body.String(), "another site") {
			t.Errorf("%s %s: refused from this site", d.method, d.path)
		}
		if w.Code < http.StatusMultipleChoices && d.path != "/reset" { // which says the same to everybody
			t.Errorf("%s %s: %d for somebody who is not signed in", d.method, d.path, w.Code)
		}
	}
	if tried < 25 {
		t.Errorf("%d doors were tried", tried)
	}
}

// No page of those who live on a node tells anything of theirs to somebody who is not
// signed in, nor to somebody else.
func TestEveryDoorAsksWhoIsThere(t *testing.T) {
	n := furnished(t)
	r := n.signedInDoors()
	// What is for those who are not signed in, or cannot be any more, and what it says
	// at the example of its address.
	open := map[string]int{"/sign-in": 200, "/reset": 200, "/join": 403, "/link/" + examples[`{token:[A-Za-z0-9_-]{43}}`]: 410}
	seen := map[string]bool{}
	mine := 0
	for _, d := range doors(t, r, true) {
		w := n.comes(r, d, "", nil, http.NoBody)
		want, is := open[d.path]
		seen[d.path] = true
		switch {
		case is && w.Code != want:
			t.Errorf("%s: %d, want %d", d.path, w.Code, want)
		case !is && w.Code == http.StatusSeeOther && !strings.HasPrefix(w.Header().Get("Location"), "/sign-in?back="):
			t.Errorf("%s: leads to %q", d.path, w.Header().Get("Location"))
		case !is && w.Code != http.StatusSeeOther && w.Code != http.StatusForbidden && w.Code != http.StatusNotFound:
			t.Errorf("%s: %d for somebody who is not signed in\n%s", d.path, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), secret[:14]) {
			t.Errorf("%s: tells what is somebody's own", d.path)
		}
		if w.Header().Get("Cache-Control") == "public, max-age=30" && w.Code == 200 && !is {
			t.Errorf("%s: may be kept", d.path)
		}
		if w := n.comes(r, d, "ann", nil, http.NoBody); strings.Contains(w.Body.String(), secret[:14]) {
			mine++
			if c := w.Header().Get("Cache-Control"); c != "no-store" {
				t.Errorf("%s: a page of her own may be kept: %q", d.path, c)
			}
		}
		for _, who := range []string{"bob", "mod", "odd", "adm", "ban", "new"} {
			if w := n.comes(r, d, who, nil, http.NoBody); strings.Contains(w.Body.String(), secret[:14]) {
				t.Errorf("%s: tells %s what is ann's", d.path, who)
			}
		}
	}
	for path := range open {
		if !seen[path] {
			t.Errorf("%s is no door any more", path)
		}
	}
	if mine < 6 {
		t.Errorf("only %d pages show ann what is hers: the test proves little", mine)
	}
}

// only says for whom alone there is something behind a door; all others are for
// everybody who is signed in.
var only = map[string][]string{
	"GET /c/beans/edit":             overseers,
	"POST /c/beans/edit":            overseers,
	"POST /c/beans/edit/moderators": overseers,
	"GET /moderate/post-1":          overseers,
	"POST /moderate/post-1":         overseers,
	"GET /edit/post-1":              {"ann"},
	"POST /edit/post-1":             {"ann"},
	"GET /communities/new":          {"ann", "adm"},
	"POST /communities/new":         {"ann", "adm"},
	"GET /communities/servers":      {"ann", "adm"},
	"POST /communities/servers":     {"ann", "adm"},
	"POST /reply/post-1":            {"ann", "bob", "mod", "odd", "adm", "new"}, // not for who is banned
	"POST /sign-in":                 {},                                         // whose password is wrong
}

// Each door of those who live here opens for those alone for whom it is: the author,
// anybody, a moderator, one of another community, an admin, somebody who is banned and
// somebody whom no admin has released. What is told to moderators, moderators are told.
func TestEveryDoorKnowsForWhomItIs(t *testing.T) {
	n := furnished(t)
	r := n.signedInDoors()
	all := append(doors(t, r, true), doors(t, r, false)...)
	told, found := map[string]bool{}, map[string]bool{}
	for _, d := range all {
		name := d.method + " " + d.path
		found[name] = true
		if d.method == http.MethodHead || d.path == "/sign-out" || d.path == "/settings/sessions" && d.method == http.MethodPost { // which end what the test needs
			continue
		}
		for _, who := range []string{"ann", "bob", "mod", "odd", "adm", "ban", "new"} {
			w := n.comes(r, d, who, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}, strings.NewReader(""))
			if w.Code >= http.StatusInternalServerError {
				t.Errorf("%s by %s: %d", name, who, w.Code)
			}
			if let, is := only[name]; (w.Code == http.StatusForbidden) != (is && !slices.Contains(let, who)) {
				t.Errorf("%s by %s: %d", name, who, w.Code)
			}
			if strings.Contains(w.Body.String(), overseen) {
				if told[who] = true; !slices.Contains(overseers, who) {
					t.Errorf("%s: tells %s what moderators are told", name, who)
				}
			}
		}
	}
	if len(told) != len(overseers) {
		t.Errorf("what moderators are told is seen by %v", told)
	}
	for name := range only {
		if !found[name] {
			t.Errorf("%s is no door any more", name)
		}
	}
}
