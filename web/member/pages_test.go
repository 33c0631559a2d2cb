package member

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/mux"
	"github.com/pquerna/otp/totp"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/web/compose"
	"stoa/web/webtest"
)

// A sight is a page as somebody sees it.
type sight struct {
	n    *node
	who  *browser // nil for somebody who is not signed in
	path string
	do   string // done on that page, and leads to the one that is looked at
	// What is made anew each time, for what works once: such a do.
	doing func() string
}

// fills puts values into fields of a page by their names, ticks those without a value,
// and sends the form with that action, whatever the browser would say of it.
func fills(action string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `const form = document.querySelector("form[action='%s']"); form.noValidate = true;`, action)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			fmt.Fprintf(&b, "form.elements[%q].checked = true;", pairs[i])
		} else {
			fmt.Fprintf(&b, "form.elements[%q].value = %q;", pairs[i], pairs[i+1])
		}
	}
	return b.String() + "form.requestSubmit()"
}

// sends has a page send a form that it has not.
func sends(action string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `const form = document.createElement("form"); form.method = "post"; form.action = %q;`, action)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, `form.append(Object.assign(document.createElement("input"), {name: %q, value: %q}));`, pairs[i], pairs[i+1])
	}
	return b.String() + "document.body.append(form); form.submit()"
}

// reported makes the report of a deletion have a server of each kind.
func (n *node) reported() {
	n.Helper()
	for _, sql := range []string{
		`insert into server (host) values ('lemmy.example'), ('mastodon.example'), ('a-server-with-a-rather-long-name.of-some-university.example'), ('gone.example')`,
		`insert into server_inbox (server_id, url) select id, 'https://' || host || '/inbox' from server where host like '%.example' on conflict do nothing`,
		`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
			select i.server_id, i.id, g.lane, 1, g.at, g.xid, g.seq from log g, server_inbox i join server s on s.id = i.server_id where g.verb = 'depart' and s.host like '%.example'`,
		`insert into delivery_lane (server_id, lane, low_at, low_xid, low_seq) select s.id, g.lane, g.at, g.xid, g.seq from log g, server s where g.verb = 'depart' and s.host in ('lemmy.example', 'mastodon.example')`,
		`insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
			select s.id, i.id, g.lane, 1, g.at, g.xid, g.seq, 8, 0, '' from log g, server_inbox i join server s on s.id = i.server_id where g.verb = 'depart' and s.host = 'gone.example'`,
	} {
		_, err := n.db.Pool().Exec(n.Context(), sql)
		n.must(err)
	}
}

// speaking has the node keep what it would tell others.
func (n *node) speaking() {
	n.Helper()
	publisher := outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil)
	r, verbs := mux.NewRouter(), forum.New(publisher, n.clock)
	render := func(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil }
	keys := func() (string, string, error) { return "secret", "public", nil }
	New(Options{Site: n.site, DB: n.db, Forum: verbs, MinimumAge: 16, Render: render, Keys: keys}).Register(r)
	compose.New(compose.Options{Site: n.site, DB: n.db, Forum: verbs, Render: render, Keys: keys}).Register(r)
	n.site.Register(r)
	n.server = httptest.NewServer(r)
	n.Cleanup(n.server.Close)
}

// sights are the pages of this package that those of web/compose do not show: of a
// node at which people live, and of one where nobody has written yet.
func sights(t *testing.T) map[string]sight {
	t.Helper()
	n := newNode(t)
	n.speaking()
	n.site.Source = nil // which would let nobody look this often
	n.pass(time.Since(n.clock()))
	n.site.Suggest = []string{"large.example", "small.example"}
	root, ann, bob, cid := n.admin(), n.browser(), n.browser(), n.browser()
	for name, b := range map[string]*browser{"ann": ann, "bob": bob, "cid": cid} {
		b.lives(name)
	}
	author, err := n.db.Reader().Person(t.Context(), "bob", "")
	n.must(err)
	cats, dogs := n.place("cats", author), n.place("dogs", author)
	root.post("/communities/servers", "host", "large.example").has(t, 303)
	n.list("large.example", forum.Listed{Name: "birds", Title: "Birds of the northern and of the southern hemisphere", Followers: 12345, Active: 678},
		forum.Listed{Name: "a_name_of_twenty_char", Title: "Trains"})
	ann.post("/collections", "name", "For Sundays", "community", fmt.Sprint(cats.ID)).has(t, 303)
	ann.post("/collections", "name", "Tidings from everywhere and nowhere in particular", "community", fmt.Sprint(dogs.ID)).has(t, 303)
	for i, name := range []string{"All about trains", "Gardens of the north", "Kept elsewhere"} {
		ann.post("/collections", "name", name, "feed", fmt.Sprintf("https://piefed.example/f/a-list-with-a-rather-long-address/%d", i+1)).has(t, 303)
	}
	for _, sql := range []string{
		`update collection set feed_state = 2 where name like 'Gardens%'`, `update collection set feed_state = 3 where name like 'All%'`, // the third is asked for still
		`insert into collected (collection_id, community_id, at) select k.id, c.id, now() from collection k, community c where k.name like 'Gardens%' and c.name in ('cats', 'dogs')`,
	} {
		_, err := n.db.Pool().Exec(t.Context(), sql)
		n.must(err)
	}
	if a := ann.post("/messages/bob", "text", "Good morning. Do your cats sleep?"); a.status != 303 {
		t.Fatal(a)
	}
	bob.post("/messages/ann", "text", "All day long. "+strings.Repeat("And yours? ", 30)).has(t, 303)
	ann.post("/messages/bob", "text", "https://cats.example/"+strings.Repeat("sleeping", 20)).has(t, 303)
	cid.post("/messages/ann", "text", "You do not know me.").has(t, 303)

	ann.post(fmt.Sprintf("/messages/report/%d", n.number(`select max(id) from message where author_id = $1`, n.id("cid"))), "reason", "A stranger, and rude.").has(t, 200)

	root.post("/settings/move/claim", "add", base+"/u/ann").has(t, 303)
	ann.get("/settings/move?to=root").has(t, 200, "names this account")
	bob.post("/settings/move/claim", "add", base+"/u/cid").has(t, 303)
	cid.post("/settings/move/to", "go", base+"/u/bob", "move-present", password).has(t, 303)

	n.must(n.own.SetTOTP(t.Context(), n.id("bob"), secret, nil))
	link := func(l account.Link) string {
		token, kept := account.NewToken()
		l.Expires = n.clock().Add(time.Hour)
		n.must(n.own.Send(t.Context(), kept, l))
		return "/link/" + token
	}
	gone := n.browser()
	gone.join("dan")
	left := gone.post("/settings/leave", "name", "dan", "leave-present", password)
	left.has(t, 303)

	n.reported()

	gil, hal, ida, kim, lea := n.browser(), n.browser(), n.browser(), n.browser(), n.browser()
	for name, b := range map[string]*browser{"gil": gil, "hal": hal, "kim": kim, "lea": lea} { // two for what is wrong, which may not be often
		b.lives(name)
	}
	ida.join("ida")
	token := func(l account.Link) string { return strings.TrimPrefix(link(l), "/link/") }
	code := func() string {
		c, err := totp.GenerateCode(secret, n.clock())
		n.must(err)
		return c
	}

	empty := newNode(t)
	empty.site.Source = nil
	empty.pass(time.Since(empty.clock()))
	empty.site.Suggest = n.site.Suggest
	chief, eve := empty.admin(), empty.browser()
	eve.join("eve")
	const in = `document.querySelector("#field-name").value = "bob"; document.querySelector("#field-password").value = "` + password + `"; document.querySelector(".form form, form.form").requestSubmit()`
	const fail = `document.querySelector("#field-name").value = "bob"; document.querySelector("#field-password").value = "wrong"; document.querySelector(".form form, form.form").requestSubmit()`
	all := map[string]sight{
		"sign-in": {n: n, path: "/sign-in"}, "sign-in-wrong": {n: n, path: "/sign-in", do: fail}, "sign-in-code": {n: n, path: "/sign-in", do: in},
		"join": {n: n, path: "/join"}, "reset": {n: n, path: "/reset"},
		"link-admin": {n: n, path: link(account.Link{Purpose: account.ForFirstAdmin})}, "link-password": {n: n, path: link(account.Link{Purpose: account.ForPassword, Person: n.id("ann")})},
		"link-join": {n: n, path: link(account.Link{Purpose: account.ForJoining, Name: "fay", Email: "fay@mail.test"})}, "link-email": {n: n, path: link(account.Link{Purpose: account.ForEmail, Person: n.id("ann"), Email: "new@mail.test"})},
		"link-used": {n: n, path: "/link/" + strings.Repeat("x", 43)}, "farewell": {n: n, path: left.to},
		"messages": {n: n, who: ann, path: "/messages"}, "message-requests": {n: n, who: ann, path: "/messages?show=requests"}, "conversation": {n: n, who: ann, path: "/messages/bob"}, "conversation-request": {n: n, who: ann, path: "/messages/cid"},
		"message-report": {n: n, who: ann, path: fmt.Sprintf("/messages/report/%d", n.number(`select max(id) from message where to_id = $1`, n.id("ann")))},
		"collections":    {n: n, who: ann, path: "/collections"}, "collection": {n: n, who: ann, path: "/collections/1"}, "collection-edit": {n: n, who: ann, path: "/collections/1/edit"},
		"feed-failed": {n: n, who: ann, path: "/collections/3"}, "feed": {n: n, who: ann, path: "/collections/4"}, "feed-asked": {n: n, who: ann, path: "/collections/5"},
		"directory-self": {n: n, who: ann, path: "/communities"}, "message-reported": {n: n, who: root, path: "/messages/reported/1"}, "servers-read": {n: n, who: root, path: "/communities/servers"}, "front-collection": {n: n, who: ann, path: "/?feed=collection-1"},
		"move": {n: n, who: bob, path: "/settings/move"}, "move-wrong": {n: n, who: bob, path: "/settings/move?claim=nobody"}, "move-sure": {n: n, who: ann, path: "/settings/move?to=root"},
		"move-unnamed": {n: n, who: bob, path: "/settings/move?to=ann"}, "move-done": {n: n, who: cid, path: "/settings/move"}, "moved": {n: n, path: "/u/cid"},
		"empty-visitor": {n: empty, path: "/"}, "empty-member": {n: empty, who: eve, path: "/"}, "empty-admin": {n: empty, who: chief, path: "/"},
		"empty-messages": {n: n, who: root, path: "/messages"}, "empty-collections": {n: n, who: root, path: "/collections"}, "empty-notices": {n: n, who: root, path: "/notices"},
	}
	maps.Copy(all, map[string]sight{
		"sign-in-code-wrong": {n: n, path: "/sign-in", doing: func() string {
			return sends("/sign-in/code", "token", token(account.Link{Purpose: account.ForCode, Person: n.id("gil")}), "code", "000000")
		}},
		"join-wrong":  {n: n, path: "/join", do: fills("/join", "name", "b", "email", "bea@", "password", "bea")},
		"letter-sent": {n: n, path: "/join", do: fills("/join", "name", "bea", "email", "bea@mail.test", "password", password, "age", "", "agree", "")},
		"reset-sent":  {n: n, path: "/reset", do: fills("/reset", "name", "ann")},
		"link-password-wrong": {n: n, path: link(account.Link{Purpose: account.ForPassword, Person: n.id("ann")}), do: `
			const form = document.querySelector("form:has(#field-password)"); form.noValidate = true; form.elements.password.value = "ann"; form.requestSubmit()`},
		"factor":    {n: n, who: gil, path: "/settings/account", do: fills("/settings/factor", "factor-present", password)},
		"factor-on": {n: n, who: bob, path: "/settings/account"},
		"factor-wrong": {n: n, who: hal, path: "/settings/account", doing: func() string {
			return sends("/settings/factor/code", "token", token(account.Link{Purpose: account.ForFactor, Person: n.id("hal"), Password: secret}), "code", "000000")
		}},
		"recovery": {n: n, who: hal, path: "/settings/account", doing: func() string {
			return sends("/settings/factor/code", "token", token(account.Link{Purpose: account.ForFactor, Person: n.id("hal"), Password: secret}), "code", code())
		}},
		"access-wrong":        {n: n, who: kim, path: "/settings/account", do: fills("/settings/password", "password-present", "wrong", "password", "kim")},
		"address-wrong":       {n: n, who: lea, path: "/settings/account", do: fills("/settings/email", "email", "lea@", "email-present", "wrong")},
		"profile-wrong":       {n: n, who: gil, path: "/settings/profile", do: fills("/settings/profile", "title", strings.Repeat("Gil of the long name ", 5))},
		"profile-links-wrong": {n: n, who: gil, path: "/settings/profile", do: fills("/settings/profile", "label-1", "My page", "link-1", "no address")},
		"leave-wrong":         {n: n, who: lea, path: "/settings/leave", do: fills("/settings/leave", "name", "leah", "leave-present", "wrong")},
		"held":                {n: n, who: ida, path: "/submit?to=cats", do: fills("/submit", "title", "My first post", "text", "Hello.")},
	})
	return all
}

// roofInPieces takes what is in the roof for whoever is signed in away from its end, as
// a slow network brings it, and tells the heights that it has then if they differ.
const roofInPieces = `(() => {
	const roof = document.querySelector(".roof"), heights = [roof.offsetHeight];
	for (const e of [roof.querySelector(".self"), ...roof.querySelectorAll(".self > *")].reverse()) { if (e) { e.remove(); heights.push(roof.offsetHeight); } }
	return new Set(heights).size == 1 ? "" : heights.join(", ");
})()`

// show has a browser show a page.
func (s *sight) show(ctx context.Context) {
	s.n.Helper()
	_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
	s.n.must(err)
	if s.who != nil {
		at, err := url.Parse(s.n.server.URL)
		s.n.must(err)
		for _, c := range s.who.client.Jar.Cookies(at) {
			_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: s.n.server.URL})
			s.n.must(err)
		}
	}
	s.n.must(chromedp.Do(ctx, chromedp.Navigate(s.n.server.URL+s.path), chromedp.WaitReady(chromedp.CSS("footer.steps"))))
	do := s.do
	if s.doing != nil {
		do = s.doing()
	}
	if do == "" {
		return
	}
	s.n.must(webtest.Evaluate(ctx, `{ document.documentElement.dataset.before = "1"; `+do+` }`))
	for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!document.documentElement.dataset.before && document.readyState == "complete"`)); err == nil && ok {
			return
		}
		if time.Now().After(end) {
			s.n.Fatalf("%s leads nowhere", s.path)
		}
	}
}

// Each of these pages, at the width of a phone and of a desk, in the light and in the
// dark: nothing on the console, nothing that axe finds, nothing that sticks out
// sideways or moves.
func TestPagesOfAccounts(t *testing.T) {
	all := sights(t)
	chrome := webtest.Browser(t)
	// What is refused is no error of the page.
	refused := map[string]bool{"link-used": true}
	for name := range all {
		refused[name] = refused[name] || strings.HasSuffix(name, "-wrong")
	}
	for _, look := range []struct {
		width int64
		theme string
	}{{320, "light"}, {360, "dark"}, {1280, "light"}} {
		ctx, complaints := webtest.Tab(t, chrome, look.width, look.theme, true)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			s, before := all[name], len(complaints())
			s.show(ctx)
			at := fmt.Sprintf("%s, %d, %s", name, look.width, look.theme)
			if title, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title`)); err != nil || strings.HasPrefix(title, "Not ") || strings.HasPrefix(title, "Sign in") != strings.HasPrefix(name, "sign-in") && !strings.HasPrefix(name, "sign-in-code") {
				t.Errorf("%s: %q %v", at, title, err)
			}
			webtest.Steady(t, ctx, at)
			if look.width != 320 {
				for _, v := range webtest.Violations(t, ctx) {
					t.Errorf("%s: axe: %s", at, v)
				}
			}
			if look.theme != "dark" { // a theme is colours, which have no height
				if heights, err := chromedp.Run(ctx, chromedp.Evaluate[string](roofInPieces)); err != nil || heights != "" {
					t.Errorf("%s: the roof is not of one height while it comes: %s %v", at, heights, err)
				}
			}
			for _, c := range complaints()[before:] {
				if !refused[name] || !strings.Contains(c, "the server responded with a status of") {
					t.Errorf("%s: console: %s", at, c)
				}
			}
		}
	}
}

// Pictures of those pages, as those of web are made.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("STOA_SHOTS")
	if folder == "" {
		t.Skip("make screenshots runs this")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	all := sights(t)
	chrome := webtest.Browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			ctx, _ := webtest.Tab(t, chrome, width, theme, true)
			for _, name := range slices.Sorted(maps.Keys(all)) {
				s := all[name]
				s.show(ctx)
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, theme, width)), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Logf("%d pages, each four times, in %s", len(all), folder)
}
