package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gorilla/mux"

	"stoa/federation/outbox"
	"stoa/federation/serve"
	"stoa/web/webtest"
)

// document is what other servers are answered at a path.
func (n *node) document(path string, doc any) {
	n.Helper()
	r := mux.NewRouter()
	publisher := outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil)
	serve.New(serve.Options{Reader: n.db.Reader(), Publisher: publisher, Node: func(context.Context) (outbox.Node, error) { return outbox.Node{}, nil }}).Register(r)
	q := httptest.NewRequestWithContext(n.Context(), http.MethodGet, base+path, http.NoBody)
	q.Header.Set("Accept", "application/activity+json")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	if err := json.Unmarshal(w.Body.Bytes(), doc); err != nil || w.Code != 200 {
		n.Fatalf("%s: %d %s %v", path, w.Code, w.Body, err)
	}
}

// logged tells whether the log of moderation has a line with all of these parts.
func (n *node) logged(parts ...string) bool {
	n.Helper()
	_, list, _ := strings.Cut(n.sees("", "/modlog"), `<ol class="remarks done">`)
	for line := range strings.SplitSeq(list, "<p class=\"deed\">") {
		if lacks(line, parts...) == nil {
			return true
		}
	}
	return false
}

// Where only moderators post, somebody else is told so beside the community and keeps
// what they wrote; a moderator posts, everybody answers.
func TestWhoMayPost(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "news", "title", "News", "restricted", "1")
	if page := n.sees("bob", "/c/news"); strings.Contains(page, "/submit?to=news") || !strings.Contains(page, "Only its moderators post here.") {
		t.Error("the page offers bob to post")
	}
	post := []string{"to", "news", "title", "Late news", "text", "Typed for an hour.", "link", "https://news.example/", "warning", "Loud", "language", "de"}
	status, form := n.sends("bob", "/submit", nil, post...)
	gone := lacks(form, `<p class="fault" id="field-to-fault">Only its moderators post in this community.</p>`, `value="news"`, `value="Late news"`, "Typed for an hour.</textarea>", `value="https://news.example/"`, `value="Loud"`, `<option value="de" selected>`)
	if status != 400 || gone != nil {
		t.Errorf("%d lacks %q", status, gone)
	}
	if got := n.done("ann", "/submit", post...); got != "/post/1" { // a post of bob's would have been the first
		t.Errorf("a moderator posts, and it is at %s", got)
	}
	n.done("bob", "/reply/post-1", "text", "Everybody answers.")
	n.done("ann", "/c/news/edit/moderators", "person", "bob")
	n.done("bob", "/submit", post...)
	n.done("ann", "/c/news/edit/moderators", "dismiss", n.people["bob"].URI)
	if status, _ := n.sends("bob", "/submit", nil, post...); status != 400 {
		t.Errorf("one who moderates no more posts: %d", status)
	}
	if status, _ := n.sends("ann", "/c/news/edit", nil, "title", "News"); status != 200 {
		t.Fatal(status)
	}
	n.done("bob", "/submit", post...)
}

// What is not for everybody's eyes says so on its page and to other servers: the
// community, and each post there, whatever its author says of it. One that is made so
// later leaves alone what is there.
func TestSensitiveCommunity(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "spiders", "title", "Spiders", "sensitive", "1")
	posts := func() (path string) {
		t.Helper()
		_, form := n.sends("ann", "/submit", pngOf(n, drawing(60, 40, color.White)), "to", "spiders")
		name := sent.FindStringSubmatch(form)
		if name == nil {
			t.Fatal(form)
		}
		return n.done("ann", "/submit", "to", "spiders", "title", "Eight legs", "text", "And eight eyes.", "picture", name[1], "alt-"+name[1], "A spider")
	}
	is := func(path string, want bool) {
		t.Helper()
		var doc struct {
			Sensitive bool `json:"sensitive"`
		}
		if n.document(path, &doc); doc.Sensitive != want {
			t.Errorf("others are told that %s is sensitive: %v, want %v", path, doc.Sensitive, want)
		}
		page := n.sees("", path)
		cover := `<details class="veil">`
		if path == "/c/spiders" {
			cover = `<p class="notice">Sensitive</p>`
			if thumb := strings.Contains(page, `class="thumb"`); thumb == want {
				t.Errorf("a list shows the picture: %v", thumb)
			}
		}
		if said := strings.Contains(page, cover); said != want {
			t.Errorf("%s is behind a cover: %v, want %v", path, said, want)
		}
	}
	first := posts()
	is("/c/spiders", true)
	is(first, true)
	n.done("ann", "/edit/post-1", "title", "Eight legs", "text", "And a net.")
	is(first, true)
	if status, _ := n.sends("ann", "/c/spiders/edit", nil, "title", "Spiders"); status != 200 {
		t.Fatal(status)
	}
	n.done("ann", "/edit/post-1", "title", "Eight legs", "text", "Of a friend.")
	is("/c/spiders", false)
	is(first, false)
	second := posts()
	if status, _ := n.sends("ann", "/c/spiders/edit", nil, "title", "Spiders", "sensitive", "1"); status != 200 {
		t.Fatal(status)
	}
	is("/c/spiders", true)
	is(second, false)
}

// A community has a picture, which other servers are told of, and has none again.
func TestCommunityPicture(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	icon := func() string {
		t.Helper()
		var doc struct {
			Icon *struct {
				URL string `json:"url"`
			} `json:"icon"`
		}
		if n.document("/c/go", &doc); doc.Icon == nil {
			return ""
		}
		return doc.Icon.URL
	}
	if status, form := n.sends("ann", "/c/go/edit", []byte("<svg/>"), "title", "Gone", "summary", "About."); status != 400 || lacks(form, `id="field-file-fault"`, `value="Gone"`, "About.</textarea>") != nil || icon() != "" {
		t.Errorf("no picture: %d", status)
	}
	if status, _ := n.sends("ann", "/c/go/edit", pngOf(n, drawing(300, 200, color.White)), "title", "Go"); status != 200 {
		t.Fatal(status)
	}
	at := icon()
	if !strings.HasPrefix(at, base+"/pictures/") {
		t.Fatal(at)
	}
	path := strings.TrimPrefix(at, base)
	if status, _ := n.get(path); status != 200 {
		t.Errorf("the picture: %d", status)
	}
	_, head, _ := strings.Cut(n.sees("", "/c/go"), `<header class="place head">`)
	head, _, _ = strings.Cut(head, "</header>")
	if !strings.Contains(head, `<img src="`+path) {
		t.Errorf("its page does not show it: %s", head)
	}
	if status, _ := n.sends("ann", "/c/go/edit", nil, "title", "Go", "no-file", "1"); status != 200 || icon() != "" {
		t.Errorf("%d %s", status, icon())
	}
}

// Who moderates a community appoints others by its page, and dismisses them: others are
// told who does, and the log says who did it.
func TestAppointing(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	is := func(who ...string) {
		t.Helper()
		var doc struct {
			Items []string `json:"orderedItems"`
		}
		n.document("/c/go/moderators", &doc)
		var want []string
		for _, name := range who {
			want = append(want, n.people[name].URI)
		}
		slices.Sort(doc.Items)
		if !slices.Equal(doc.Items, want) {
			t.Errorf("%q moderate, want %q", doc.Items, want)
		}
		status, _ := n.ask("bob", "/moderate/post-1", "verb", "lock")
		if may := status == 303; may != slices.Contains(who, "bob") {
			t.Errorf("bob moderates: %d", status)
		}
	}
	is("ann")
	if to := n.done("ann", "/c/go/edit/moderators", "person", "@bob@node.localhost"); to != "/c/go/edit" {
		t.Error(to)
	}
	is("ann", "bob")
	if gone := lacks(n.sees("ann", "/c/go/edit"), fmt.Sprintf(`name="dismiss" value=%q`, n.people["bob"].URI)); gone != nil {
		t.Errorf("the page lacks %q", gone)
	}
	if !n.logged(`<bdi>@ann</bdi></a> made a moderator of <a href="/u/bob"><bdi>@bob</bdi></a>`, `<bdi>!go</bdi>`) {
		t.Errorf("the log does not say that ann appointed bob: %s", n.sees("", "/modlog"))
	}
	n.done("ann", "/c/go/edit/moderators", "dismiss", n.people["bob"].URI)
	is("ann")
	if !n.logged(`<bdi>@ann</bdi></a> dismissed as moderator <a href="/u/bob"><bdi>@bob</bdi></a>`, `<bdi>!go</bdi>`) {
		t.Errorf("the log does not say that ann dismissed bob: %s", n.sees("", "/modlog"))
	}
}

// What a moderator does by the form holds for others until it is taken back, and the
// log says who did it and why.
func TestMeasures(t *testing.T) {
	n := newNode(t)
	n.lives("adm", true)
	for _, name := range []string{"mod", "bob", "cid"} {
		n.lives(name, false)
	}
	n.done("adm", "/communities/new", "name", "go", "title", "Go")
	n.done("adm", "/c/go/edit/moderators", "person", "mod")
	n.done("bob", "/submit", "to", "go", "title", "The first")
	n.done("cid", "/submit", "to", "go", "title", "The second")
	n.done("bob", "/reply/post-2", "text", "Words.")
	does := func(on, verb, did, what string) {
		t.Helper()
		if page := n.sees("mod", "/moderate/"+on); !strings.Contains(page, fmt.Sprintf(`<option value=%q`, verb)) {
			t.Errorf("%s is not offered for %s", verb, on)
		}
		reason := "Because of " + verb
		n.done("mod", "/moderate/"+on, "verb", verb, "reason", reason)
		if !n.logged(`<a href="/u/mod"><bdi>@mod</bdi></a> `+did, what, `<p class="reason" dir="auto">`+reason+"</p>", "<bdi>!go</bdi>") {
			t.Errorf("the log does not say that mod %s %s", did, what)
		}
	}
	may := func(who, path string, want int, fields ...string) {
		t.Helper()
		if status, _ := n.ask(who, path, fields...); status != want {
			t.Errorf("%s %v by %s: %d, want %d", path, fields, who, status, want)
		}
	}
	const first, bob = `<a href="/post/1"><bdi>The first</bdi></a>`, `<a href="/u/bob"><bdi>@bob</bdi></a>`

	does("post-1", "lock", "closed", first)
	may("cid", "/reply/post-1", 403, "text", "Words.")
	may("mod", "/reply/post-1", 303, "text", "Words.")
	if page := n.sees("cid", "/post/1"); !strings.Contains(page, "The moderators have closed this thread.") || strings.Contains(page, `action="/reply/post-1"`) {
		t.Error("the page does not say that the thread is closed")
	}
	does("post-1", "unlock", "opened", first)
	may("cid", "/reply/post-1", 303, "text", "Words.")

	tops := func(want string) {
		t.Helper()
		page := n.sees("", "/c/go")
		one, two := strings.Index(page, ">The first</a>"), strings.Index(page, ">The second</a>")
		if one < 0 || two < 0 || one < two != (want == "The first") || strings.Contains(page, `<span class="tag">Pinned</span>`) != (want == "The first") {
			t.Errorf("at %d and %d of the page; %s should be first", one, two, want)
		}
	}
	tops("The second")
	does("post-1", "pin", "pinned", first)
	tops("The first")
	does("post-1", "unpin", "unpinned", first)
	tops("The second")

	// By a comment: its author is banned, not that of the thread.
	does("comment-1", "ban", "banned", bob)
	may("bob", "/submit", 403, "to", "go", "title", "The third")
	may("bob", "/reply/post-2", 403, "text", "Words.")
	may("bob", "/act", 403, "do", "up post-2")
	may("cid", "/submit", 303, "to", "go", "title", "The third")
	does("comment-1", "unban", "ended the ban of", bob)
	may("bob", "/submit", 303, "to", "go", "title", "The fourth")
	may("bob", "/reply/post-2", 303, "text", "Words.")
	may("bob", "/act", 303, "do", "up post-2")

	does("comment-1", "remove", "removed", `<a href="/comment/1"><bdi>a comment</bdi></a>`)
	may("cid", "/reply/comment-1", 410, "text", "Words.")
	if strings.Contains(n.sees("cid", "/post/2"), `action="/reply/comment-1"`) || strings.Contains(n.sees("cid", "/post/2"), `value="up comment-1"`) {
		t.Error("what was removed can be voted on")
	}
	does("comment-1", "restore", "gave back", `<a href="/comment/1"><bdi>a comment</bdi></a>`)
	may("cid", "/reply/comment-1", 303, "text", "Words.")
}

// Where something is read, moderators take it away with all answers, close a comment and
// warn its author; an admin bans from the whole server.
func TestMeasuresFromWhereOneReads(t *testing.T) {
	n := newNode(t)
	n.lives("adm", true)
	n.lives("bob", false)
	n.lives("mod", false)
	n.done("adm", "/communities/new", "name", "go", "title", "Go")
	n.done("adm", "/c/go/edit/moderators", "person", "mod")
	n.done("bob", "/submit", "to", "go", "title", "The first")
	n.done("bob", "/reply/post-1", "text", "Top.")
	n.done("bob", "/reply/comment-1", "text", "Below.")
	count := func(want int, sql string) {
		t.Helper()
		var have int
		if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from `+sql).Scan(&have); err != nil || have != want {
			t.Errorf("%s: %d, %v; want %d", sql, have, err, want)
		}
	}
	n.done("mod", "/moderate/comment-1", "verb", "remove", "reason", "no", "along", "1")
	count(2, `comment where state = 2`)
	n.done("mod", "/moderate/comment-1", "verb", "restore", "along", "1")
	count(2, `comment where state = 0`)
	n.done("mod", "/moderate/comment-1", "verb", "lock")
	if status, _ := n.ask("bob", "/reply/comment-2", "text", "No?"); status != 403 {
		t.Errorf("an answer below a closed comment: %d", status)
	}
	if status, _ := n.ask("mod", "/moderate/comment-1", "verb", "warn"); status != 400 {
		t.Errorf("a warning without a reason: %d", status)
	}
	n.done("mod", "/moderate/comment-1", "verb", "warn", "reason", "Mind it.")
	count(1, `notice where kind = 13 and reason = 'Mind it.'`)
	if status, _ := n.ask("mod", "/moderate/post-1", "verb", "banish"); status != 403 && status != 400 {
		t.Errorf("a moderator bans from the server: %d", status)
	}
	count(0, `server_ban`)
	n.done("adm", "/moderate/post-1", "verb", "banish", "days", "3", "along", "1")
	count(1, `server_ban where host = '' and until > now()`)
	count(0, `post where state = 0`)
	if status, _ := n.ask("bob", "/submit", "to", "go", "title", "Again"); status != 403 && status != 400 {
		t.Errorf("somebody who is banned posts: %d", status)
	}
	n.done("adm", "/moderate/post-1", "verb", "readmit", "along", "1")
	count(1, `post where state = 0`)
}

// Of the ways to ban and to end that, each is offered while it would change something: for
// the community as it stands in the community, for the server as it stands there.
func TestOnlyTheBanThatAppliesIsOffered(t *testing.T) {
	n := newNode(t)
	n.lives("adm", true)
	n.lives("mod", false)
	n.lives("bob", false)
	n.done("adm", "/communities/new", "name", "go", "title", "Go")
	n.done("adm", "/communities/new", "name", "rust", "title", "Rust")
	n.done("adm", "/c/go/edit/moderators", "person", "mod")
	n.done("bob", "/submit", "to", "go", "title", "The first")
	n.done("bob", "/submit", "to", "rust", "title", "The second")
	offers := func(who, on, want string) {
		t.Helper()
		page, have := n.sees(who, "/moderate/"+on), []string{}
		for _, verb := range []string{"ban", "unban", "banish", "readmit"} {
			if strings.Contains(page, `<option value="`+verb+`"`) {
				have = append(have, verb)
			}
		}
		if got := strings.Join(have, " "); got != want {
			t.Errorf("%s is offered %q for %s, want %q", who, got, on, want)
		}
		if strings.Contains(page, `name="days"`) != (slices.Contains(have, "ban") || slices.Contains(have, "banish")) {
			t.Errorf("%s, %s: the days of a ban are asked for where there is none, or not where there is", who, on)
		}
	}
	offers("mod", "post-1", "ban")
	offers("adm", "post-1", "ban banish")
	n.done("mod", "/moderate/post-1", "verb", "ban", "days", "3")
	offers("mod", "post-1", "unban")
	offers("adm", "post-1", "unban banish")
	offers("adm", "post-2", "ban banish")
	n.done("adm", "/moderate/post-2", "verb", "banish")
	offers("adm", "post-1", "unban readmit")
	offers("adm", "post-2", "ban readmit")
	if _, err := n.db.Pool().Exec(t.Context(), `with b as (update ban set until = now() - interval '1 minute') update server_ban set until = now() - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	offers("adm", "post-1", "ban banish") // both have ended
}

// What only some acts of moderators ask for is asked with those, and with what is wrong in
// it however things stand.
func TestMeasuresAskForTheirOwn(t *testing.T) {
	n := newNode(t)
	n.lives("adm", true)
	n.lives("bob", false)
	n.done("adm", "/communities/new", "name", "go", "title", "Go")
	n.done("bob", "/submit", "to", "go", "title", "The first")
	ctx, _ := n.signedIn(webtest.Browser(t), "adm", 360, "light")
	b := browsing{t, ctx}
	b.sees(n.server.URL+"/moderate/post-1", "")
	const asked = `[...document.querySelectorAll(".measures .field")].filter(e => e.offsetHeight).map(e => e.querySelector("[name]").name).join(" ")`
	for verb, want := range map[string]string{
		"": "verb reason", "lock": "verb reason", "warn": "verb reason", "remove": "verb reason along", "ban": "verb reason along days", "banish": "verb reason along days", "relocate": "verb reason to",
	} {
		b.does(verb, chromedp.SetValue(chromedp.CSS("#field-verb"), verb))
		b.is("with "+verb, asked, want)
	}
	b.sees(n.server.URL+"/moderate/post-1", `f.verb.value = "ban"; f.days.value = "many"`)
	b.is("with what is wrong", `document.querySelector("#field-days-fault").offsetHeight > 0 ? "seen" : "hidden"`, "seen")
	b.does("another", chromedp.SetValue(chromedp.CSS("#field-verb"), "lock"))
	b.is("with what is wrong, and another act", asked, "verb reason days")
}
