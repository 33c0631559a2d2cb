package member

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// admin makes the first admin of a node and signs them in.
func (n *node) admin() *browser {
	n.Helper()
	b := n.browser()
	path := n.first()
	b.get(path).has(n.T, 200)
	b.post(path, "name", "root", "password", password).has(n.T, 303)
	return b
}

// list has the list of a server read, as its job would.
func (n *node) list(host string, all ...forum.Listed) {
	n.Helper()
	began := time.Now().Add(-time.Minute)
	n.must(n.db.SaveListed(n.Context(), host, began, all))
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return tx.EndCatalogue(ctx, &forum.Catalogue{Host: host, Software: "lemmy", State: forum.CatalogueRead}, began)
	}))
}

func (n *node) count(sql string, args ...any) (is int) {
	n.Helper()
	n.must(n.db.Pool().QueryRow(n.Context(), sql, args...).Scan(&is))
	return is
}

const openJobs = `select count(*) from river_job where kind = $1`

// An empty node says so to everybody; to its admin it offers what to begin with, and
// asks nobody anything until a button is pressed.
func TestEmptyNode(t *testing.T) {
	n := newNode(t)
	n.site.Suggest = []string{"large.example", "small.example"}
	n.pass(time.Since(n.clock())) // jobs go by the clock of the database
	n.browser().get("/").has(t, 200, "Nothing has been posted here yet", `href="/communities"`, `href="/join"`)
	if body := n.browser().get("/").body; strings.Contains(body, "large.example") || strings.Contains(body, "/communities/servers") {
		t.Error("visitors are offered to look at servers")
	}
	// Before a list was read, what the settings name is offered to everybody.
	n.site.Begin = []forum.Community{{Name: "cats", Host: "far.example"}, {Name: "dogs", Host: "far.example"}}
	for _, page := range []string{"/", "/?feed=all"} {
		visitor := n.browser().get(page)
		visitor.has(t, 200, "Communities to look at", `href="/search?q=%21cats%40far.example" rel="nofollow"`, "!dogs@far.example")
		if strings.Contains(visitor.body, "subscriber") || strings.Contains(visitor.body, `name="pick"`) {
			t.Error("visitors can join, or are told what nobody knows")
		}
	}
	root, ann := n.admin(), n.browser()
	ann.join("ann")
	ann.get("/").has(t, 200, "You have not joined a community yet", "Nothing is asked of these before", `value="!cats@far.example"`, `value="!dogs@far.example"`)
	root.get("/").has(t, 200, `value="!cats@far.example"`, `name="host" value="large.example"`)
	if got := n.count(openJobs, "join_wanted") + n.count(openJobs, "lookup"); got != 0 {
		t.Errorf("%d servers are asked before anybody wanted that", got)
	}
	if a := ann.post("/communities/join", "pick", "!cats@far.example", "back", "/"); a.status != 303 || a.to != "/" {
		t.Fatal(a)
	}
	ann.get("/").has(t, 200, "What you are joining", "!cats@far.example")
	if got := n.count(openJobs, "join_wanted"); got != 1 {
		t.Errorf("%d jobs", got)
	}
	n.must(n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return tx.EndWant(ctx, storage.JoinWanted{Person: n.id("ann"), Host: "far.example", Name: "cats"}, forum.LookupAway)
	}))
	_, err := n.db.Pool().Exec(t.Context(), `delete from river_job where kind = 'join_wanted'; delete from wanted`)
	n.must(err)
	ann.get("/").has(t, 200, "You have not joined a community yet", `href="/communities"`)
	if strings.Contains(ann.get("/").body, "large.example") {
		t.Error("somebody who is no admin is offered to look at servers")
	}
	for _, page := range []string{"/", "/?feed=all"} {
		root.get(page).has(t, 200, "Make a community", `href="/communities/new"`, `name="host" value="large.example"`, "Nothing is asked of a server until")
	}
	if n.count(openJobs, "read_catalogue") != 0 {
		t.Fatal("a server is asked before anybody wanted that")
	}
	if a := root.post("/communities/servers", "host", "large.example", "back", "/"); a.status != 303 || a.to != "/" {
		t.Fatal(a)
	}
	root.get("/").has(t, 200, "Its list is being read: 0 communities so far", `data-again="4"`, `<noscript><meta http-equiv="refresh" content="4"></noscript>`, `name="host" value="small.example"`)
	if n.count(openJobs, "read_catalogue") != 1 {
		t.Error("nobody reads the list")
	}
	var all []forum.Listed
	for i := range 30 {
		all = append(all, forum.Listed{Name: fmt.Sprint("c", i), Title: fmt.Sprintf("Number <%d>", i), Followers: 100 - i})
	}
	n.list("large.example", all...)
	page := root.get("/")
	page.has(t, 200, "Number &lt;0&gt;", `value="!c19@large.example"`, "100 subscribers", "Join those chosen", "30 communities")
	if strings.Contains(page.body, "!c20@") || strings.Contains(page.body, "data-again") {
		t.Error("more than twenty are offered, or the page loads itself for ever")
	}
	ann.get("/").has(t, 200, "Number &lt;0&gt;", "Join those chosen") // and to everybody who reads nothing yet
	if strings.Contains(page.body, "far.example") {
		t.Error("what the settings name is offered beside what is known")
	}
	n.browser().get("/").has(t, 200, "Communities to look at", "Number &lt;0&gt;", "100 subscribers")

	// Several at a time, and not more than that.
	picks := url.Values{"back": {"/"}}
	for i := range 21 {
		picks.Add("pick", fmt.Sprintf("!c%d@large.example", i))
	}
	ann.send("POST", "/communities/join", picks).has(t, 400, "At most 20")
	picks["pick"] = picks["pick"][:2]
	if a := ann.send("POST", "/communities/join", picks); a.status != 303 || a.to != "/" {
		t.Fatal(a)
	}
	ann.get("/").has(t, 200, "What you are joining", "!c0@large.example", "!c1@large.example", "Looking for it at its server", `data-again="4"`, `<noscript><meta http-equiv="refresh" content="4"></noscript>`)
	if strings.Contains(ann.get("/").body, `value="!c0@large.example"`) {
		t.Error("what is being joined is offered again")
	}
	if got := n.count(openJobs, "join_wanted"); got != 2 {
		t.Errorf("%d jobs", got)
	}
	ann.send("POST", "/communities/join", picks) // pressed twice
	if got := n.count(openJobs, "join_wanted"); got != 2 {
		t.Errorf("%d jobs after pressing twice", got)
	}
	me, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	n.must(n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return tx.EndWant(ctx, storage.JoinWanted{Person: me.Person.ID, Host: "large.example", Name: "c0"}, forum.LookupAway)
	}))
	ann.get("/communities").has(t, 200, "The server does not answer")
	if strings.Contains(ann.get("/").body, "Join those chosen") {
		t.Error("what is chosen is lost when the page loads itself again")
	}
}

// The directory is searched, narrowed and sorted by addresses alone; each community in
// it has a button of what can be done.
func TestDirectoryPage(t *testing.T) {
	n := newNode(t)
	n.pass(time.Since(n.clock()))
	root, ann := n.admin(), n.browser()
	ann.join("ann")
	me, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	cats := n.place("cats", me.Person)
	root.post("/communities/servers", "host", "far.example").has(t, 303)
	n.list("far.example", forum.Listed{Name: "birds", Title: "Birds", Followers: 9, Active: 3}, forum.Listed{Name: "adults", Title: "Adults", Sensitive: true}, forum.Listed{Name: "evil", Title: `"><script>alert(1)</script>`})
	visitor := n.browser()
	page := visitor.get("/communities")
	page.has(t, 200, "Birds", "CATS", "9 subscribers", "3 active in a month", "Not here yet", `href="/search?q=%21birds%40far.example" rel="nofollow"`, `href="/c/cats"`, `<option value="far.example">`, "&lt;script&gt;")
	if strings.Contains(page.body, "Adults") || strings.Contains(page.body, "/communities/join") || strings.Contains(page.body, "/communities/servers") {
		t.Errorf("visitors are shown too much:\n%s", page.body)
	}
	for address, want := range map[string]string{
		"?nsfw=1": "Adults", "?q=bird": "Birds", "?q=%21birds%40far.example": "Birds", "?server=far.example": "Birds", "?sort=server": "Birds", "?sort=active": "Birds", "?sort=name": "CATS", "?sort=posts": "CATS", "?sort=new": "CATS",
		"?q=nothing": "No community like that is known here", "?language=de": "No community like that is known here", "?server=none.example": "No community like that is known here",
	} {
		visitor.get("/communities"+address).has(t, 200, want)
	}
	if strings.Contains(visitor.get("/communities?server=far.example").body, "CATS") {
		t.Error("another server's are listed")
	}
	visitor.get("/communities?q=bird&sort=name&nsfw=1").has(t, 200, `value="bird"`, `name="sort" value="name"`, `checked`, `href="/communities?nsfw=1&amp;q=bird&amp;sort=active"`, "noindex")
	for _, bad := range []string{"?sort=size", "?after=x", "?after=1~1"} {
		visitor.get("/communities"+bad).has(t, 400)
	}

	ann.get("/communities").has(t, 200, `formaction="/communities/join" name="pick" value="!birds@far.example"`, `value="!cats@node.localhost"`)
	ann.post("/communities/join", "pick", "!cats@node.localhost", "back", "/communities?q=cats").has(t, 303)
	ann.get("/communities").has(t, 200, "Joined", fmt.Sprintf(`value="leave community-%d"`, cats.ID))
	for _, pick := range []string{"", "cats", "!nobody@node.localhost", "!x@", "!a/b@far.example", "!x@127.0.0.1", "!x@10.0.0.1", "!x@localhost", "!x@far.example:22", "!x@FAR.example", "!x@evil/far.example"} {
		if a := ann.post("/communities/join", "pick", pick); a.status != 404 {
			t.Errorf("%q: %d", pick, a.status)
		}
	}
	visitor.post("/communities/join", "pick", "!cats@node.localhost").has(t, 403)
	n.must(n.own.Shun(t.Context(), me.Person.ID, 3, 0, "far.example", true, n.clock()))
	if strings.Contains(ann.get("/communities").body, "Birds") {
		t.Error("what somebody blocked is listed to them")
	}
}

// Lists of servers are read for admins alone, of real names of other servers.
func TestSurvey(t *testing.T) {
	n := newNode(t)
	n.site.Suggest = []string{"large.example"}
	n.pass(time.Since(n.clock()))
	root, ann := n.admin(), n.browser()
	ann.join("ann")
	ann.get("/communities/servers").has(t, 403)
	ann.post("/communities/servers", "host", "far.example").has(t, 403)
	n.browser().get("/communities/servers").has(t, 303)
	n.browser().post("/communities/servers", "host", "far.example").has(t, 403)
	for _, host := range []string{"", " ", "x", "localhost", "127.0.0.1", "[::1]", "10.0.0.1", "far.example:8080", "node.localhost", "far example", "https://", "a@b@", "..", strings.Repeat("a.", 200) + "b", "far.example\x00"} {
		root.post("/communities/servers", "host", host).has(t, 400, "That is not the name of another server")
	}
	if got := n.count(openJobs, "read_catalogue"); got != 0 {
		t.Fatalf("%d jobs", got)
	}
	_, err := n.db.Pool().Exec(t.Context(), `insert into domain_block (host, blocked_at) values ('bad.example', now())`)
	n.must(err)
	root.post("/communities/servers", "host", "sub.bad.example").has(t, 403, "does not speak")
	root.get("/communities/servers").has(t, 200, "No list has been read yet", `name="host" value="large.example"`)
	for _, typed := range []string{"FAR.example", "https://far.example/communities?x=1", "!cats@far.example"} {
		root.post("/communities/servers", "host", typed).has(t, 303)
	}
	if got := n.count(openJobs, "read_catalogue"); got != 1 {
		t.Errorf("%d jobs for one server", got)
	}
	root.get("/communities/servers").has(t, 200, "far.example", "being read", `data-again="2"`, `<noscript><p class="notice"><a href="">`)
	root.get("/communities").has(t, 200, `href="/communities/servers"`)
	n.list("far.example", forum.Listed{Name: "birds", Title: "Birds"})
	page := root.get("/communities/servers")
	page.has(t, 200, "1 community", `href="/communities?server=far.example"`, `name="forget" value="far.example"`)
	if strings.Contains(page.body, "data-again") {
		t.Error("the page loads itself for ever")
	}
	root.post("/communities/servers", "forget", "far.example").has(t, 303)
	if strings.Contains(n.browser().get("/communities?sort=name").body, "Birds") {
		t.Error("what was forgotten is listed")
	}
}
