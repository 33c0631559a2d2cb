package member

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/federation/account"
	"stoa/web/webtest"
)

// The pages of messages as people see them: on a phone and at a desk, light and dark,
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
	look := func(name, path string) {
		t.Helper()
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 1280} {
				ctx, complaints := webtest.Tab(t, chrome, width, theme, true)
				n.must(chromedp.Do(ctx, chromedp.Navigate(n.server.URL+"/about")))
				n.must(webtest.Evaluate(ctx, fmt.Sprintf(`document.cookie = "session=%s; path=/"`, token)))
				n.must(chromedp.Do(ctx, chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer"))))
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
				n.must(err)
				if wide > 0 {
					t.Errorf("%s at %d: %d pixels stick out", name, width, wide)
				}
				for _, v := range webtest.Violations(t, ctx) {
					t.Errorf("%s at %d, %s: %s", name, width, theme, v)
				}
				for _, c := range complaints() {
					t.Errorf("%s: %s", name, c)
				}
				webtest.Shoot(t, ctx, fmt.Sprintf("%s-%s-%d", name, theme, width))
			}
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
