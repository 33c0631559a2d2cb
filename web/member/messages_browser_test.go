package member

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/federation/account"
	"stoa/web/webtest"
)

// The pages of messages as people see them: on a phone in the dark and at a desk in the light,
// with nothing that axe finds, nothing that sticks out, and no complaint.
func TestMessagesInABrowser(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	_, err := n.db.Pool().Exec(t.Context(), `update person set title = 'Ann of the very long and winding name' where name = 'ann'`)
	n.must(err)
	ann.post("/messages/bob", "text", "Good morning. "+strings.Repeat("I have much to say about gardens and what grows in them. ", 6)).has(t, 303)
	ann.post("/messages/bob", "text", "https://example.org/"+strings.Repeat("long", 60)).has(t, 303)
	requests := "/messages?show=requests"
	token, kept := account.NewToken()
	n.must(n.own.Begin(t.Context(), n.id("bob"), account.Session{Token: kept, Made: n.clock().Add(-time.Minute)}))
	chrome := webtest.Browser(t)
	type device struct {
		ctx        context.Context //nolint:containedctx // a tab is a context
		complaints func() []string
		as         string
	}
	var devices []device
	for theme, width := range map[string]int64{"dark": 360, "light": 1280} { // a theme is colours, and they are the same at every width
		ctx, complaints := webtest.Tab(t, chrome, width, theme, true)
		n.must(chromedp.Do(ctx, chromedp.Navigate(n.server.URL+"/about")))
		n.must(webtest.Evaluate(ctx, fmt.Sprintf(`document.cookie = "session=%s; path=/"`, token)))
		devices = append(devices, device{ctx, complaints, fmt.Sprintf("%s-%d", theme, width)})
	}
	look := func(name, path string) {
		t.Helper()
		for _, d := range devices {
			before := len(d.complaints())
			n.must(chromedp.Do(d.ctx, chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer"))))
			wide, err := chromedp.Run(d.ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
			n.must(err)
			if wide > 0 {
				t.Errorf("%s, %s: %d pixels stick out", name, d.as, wide)
			}
			for _, v := range webtest.Violations(t, d.ctx) {
				t.Errorf("%s, %s: %s", name, d.as, v)
			}
			for _, c := range d.complaints()[before:] {
				t.Errorf("%s, %s: %s", name, d.as, c)
			}
			webtest.Shoot(t, d.ctx, name+"-"+d.as)
		}
	}
	look("requests", requests)
	look("request", "/messages/ann")
	bob.post("/messages/ann", "text", "And to you. What do you grow?").has(t, 303)
	ann.post("/messages/bob", "text", "Beans.").has(t, 303)
	look("messages", "/messages")
	look("conversation", "/messages/ann")
	look("edit", fmt.Sprintf("/messages/ann?edit=%d", n.number(`select max(m.id) from message m where author_id = $1`, n.id("bob"))))
	look("person", "/u/ann")
	look("report", fmt.Sprintf("/messages/report/%d", n.number(`select max(m.id) from message m where to_id = $1`, n.id("bob"))))
}

// A page to which more comes is loaded again, but takes nothing away that somebody is
// typing; with scripts off it has a link in the place of that.
func TestLoadingAgainLosesNothing(t *testing.T) {
	n := newNode(t)
	root := n.admin()
	root.post("/communities/servers", "host", "far.example").has(t, 303) // nobody reads it
	n.pass(time.Since(n.clock()))
	chrome := webtest.Browser(t)
	open := func(script bool) context.Context {
		ctx, _ := webtest.Tab(t, chrome, 360, "light", script)
		s := sight{n: n, who: root, path: "/communities/servers"}
		s.show(ctx)
		return ctx
	}
	is := func(ctx context.Context, what, script string) {
		t.Helper()
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil || !ok {
			t.Errorf("%s: %v %v", what, ok, err)
		}
	}
	const pause = `new Promise((done) => setTimeout(() => done(%s), 5000))` // in which it would be loaded twice
	ctx := open(true)
	is(ctx, "it waits", `document.documentElement.dataset.again === "2" && (window.stays = true)`)
	n.must(chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#field-host"), "near.exam")))
	is(ctx, "while one types it stays", fmt.Sprintf(pause, `window.stays && document.querySelector("#field-host").value === "near.exam"`))
	n.must(webtest.Evaluate(ctx, `document.activeElement.blur()`))
	is(ctx, "with something typed it stays", fmt.Sprintf(pause, `window.stays && document.querySelector("#field-host").value === "near.exam"`))
	n.must(webtest.Evaluate(ctx, `document.querySelector("#field-host").value = ""`))
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if gone, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!window.stays && document.readyState === "complete"`)); err == nil && gone {
			break
		}
		if time.Now().After(end) {
			t.Fatal("with nothing typed it is not loaded again")
		}
	}
	ctx = open(false)
	is(ctx, "without script there is a link", `document.querySelector("main .notice a").textContent.startsWith("More is on its way")`)
	is(ctx, "and nothing that loads it", `!document.querySelector("meta[http-equiv]")`)
	n.must(chromedp.Do(ctx, chromedp.Click(chromedp.CSS("main .notice a")), chromedp.WaitReady(chromedp.CSS("footer.steps"))))
}
