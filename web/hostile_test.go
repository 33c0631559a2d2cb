package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"stoa/federation/forum"
	"stoa/storage/media"
	"stoa/web/webtest"
)

// attacks try to run a script from wherever they are put. Each would set the
// page's name to "pwned".
var attacks = []string{
	`"><script>window.name="pwned"</script>`,
	`"><img src=x onerror='window.name="pwned"'>`,
	`' onmouseover='window.name="pwned"' autofocus onfocus='window.name="pwned"`,
	`javascript:window.name="pwned"`,
	`</title></style></textarea></bdi><svg onload=window.name="pwned">`,
	"{{.T.Home}}<script>window.name=`pwned`</script>",
	`<!--><script>window.name="pwned"</script>-->`,
	"\u202E<script>window.name='pwned'</script>\u2066",
}

// besieged is a node where everything a stranger may choose is an attack.
func besieged(t *testing.T) (*node, []string) {
	t.Helper()
	n := newNode(t)
	craft := n.found("craft", "Craft", "")
	paths := []string{"/", "/?sort=new", "/communities", "/c/craft", "/feeds/all.atom", "/feeds/all.json", "/feeds/c/craft.atom", "/feeds/communities.atom", "/feeds/communities.json"}
	for i, attack := range attacks {
		c, err := n.db.SaveCommunity(t.Context(), forum.Community{
			URI: fmt.Sprintf("https://evil%d.example/c", i), Name: fmt.Sprint("c", i), Host: fmt.Sprintf("evil%d.example", i), Title: attack,
			Inbox: "https://evil.example/inbox", FetchedAt: now, SummaryHTML: "<p>safe</p>", Discoverable: true, Indexable: true,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		n.people[fmt.Sprint("evil", i)], err = n.db.SavePerson(t.Context(), forum.Person{
			URI: fmt.Sprintf("https://evil%d.example/u", i), Name: "e" + strings.ReplaceAll(attack, "/", ""), Host: fmt.Sprintf("evil%d.example", i), Title: attack,
			AvatarURL: attack, Inbox: "https://evil.example/inbox", FetchedAt: now, Discoverable: true, Indexable: true,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := draft{by: fmt.Sprint("evil", i), title: attack, html: attack, link: attack, page: attack, lang: attack, warning: "", ago: time.Hour, also: []int64{craft.ID}}
		p := n.post(c, d)
		d.warning, d.title = attack, ""
		q := n.post(craft, d)
		to := p.URI
		for range 2 {
			to = n.reply(c, to, d).URI
		}
		d.warning = ""
		m := n.reply(c, to, d)
		n.remove(m.URI, attack)
		paths = append(paths, fmt.Sprintf("/feeds/post/%d.atom", p.ID), fmt.Sprintf("/feeds/post/%d.json", p.ID), fmt.Sprintf("/post/%d", p.ID), fmt.Sprintf("/post/%d", q.ID), fmt.Sprintf("/c/c%d@evil%d.example", i, i), "/search?q="+url.QueryEscape(attack), "/search?kind=comments&q=script+"+url.QueryEscape(attack))
	}
	paths = append(paths, n.stormed(craft)...)
	paths = append(paths, "/search?q=window+name", "/search?kind=people&q=e", "/search?kind=communities&q=script")
	for _, a := range find(t, n.get("/?sort=new").root, ".meta a") {
		if href := attribute(a, "href"); strings.HasPrefix(href, "/u/") {
			paths = append(paths, href, href+"?view=comments", "/feeds"+href+".atom", "/feeds"+href+"/comments.json")
		}
	}
	return n, paths
}

// No page has a script, a handler or an address that a stranger wrote.
func TestHostileText(t *testing.T) {
	n, paths := besieged(t)
	if len(paths) < 40 {
		t.Fatalf("only %d pages to look at", len(paths))
	}
	for _, path := range paths {
		a := n.get(path)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
		if strings.HasPrefix(path, "/feeds/") { // both readers are strict
			if strings.HasSuffix(path, ".json") {
				n.jsonFeed(path)
			} else {
				n.feed(path)
			}
			continue
		}
		for e := range a.root.Descendants() {
			if e.Type != html.ElementNode {
				continue
			}
			if e.Data == "script" && !strings.HasPrefix(attribute(e, "src"), "/assets/stoa.") || e.Data == "img" && !strings.HasPrefix(attribute(e, "src"), "/media/") || e.Data == "style" || e.Data == "iframe" || e.Data == "base" {
				t.Errorf("%s: <%s> %v", path, e.Data, e.Attr)
			}
			for _, at := range e.Attr {
				if strings.HasPrefix(at.Key, "on") || at.Key == "style" || at.Key == "srcdoc" {
					t.Errorf("%s: <%s %s=%q>", path, e.Data, at.Key, at.Val)
				}
				if (at.Key == "href" || at.Key == "src") && !strings.HasPrefix(at.Val, "/") && !strings.HasPrefix(at.Val, "#") &&
					!strings.HasPrefix(at.Val, "https://") {
					t.Errorf("%s: <%s %s=%q>", path, e.Data, at.Key, at.Val)
				}
			}
		}
	}
}

// provoke does what a reader may do with all there is on a page, and tells its name.
const provoke = `for (const d of document.querySelectorAll("details")) d.open = true
for (const e of document.querySelectorAll("main *")) for (const type of ["mouseover", "pointerenter", "focus", "toggle"]) e.dispatchEvent(new Event(type))
for (const e of document.querySelectorAll("main a[href]")) if (!/^(https?|mailto):$/.test(new URL(e.href).protocol)) window.name = e.href
window.name`

// And in a browser nothing of it runs, even without the policy that would stop it.
func TestHostileTextInChromium(t *testing.T) {
	n, paths := besieged(t)
	n.site.Media.Ask = func(context.Context, string, media.Size) (bool, error) { return true, nil } // a picture that is missing complains
	ctx, complaints := webtest.Tab(t, webtest.Browser(t), 1280, "light", true)
	for _, path := range paths {
		if strings.HasPrefix(path, "/feeds/") {
			continue
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		name, err := chromedp.Run(ctx, chromedp.Evaluate[string](provoke))
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			t.Errorf("%s: a script ran: %q", path, name)
		}
	}
	for _, c := range complaints() {
		t.Errorf("console: %s", c)
	}
}
