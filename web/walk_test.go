package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// With keys alone: from the front page into a deep comment, and back.
func TestWalkByKeys(t *testing.T) {
	w := newWorld(t)
	ctx, complaints := webtest.Tab(t, webtest.Browser(t), 1280, "light", true)
	if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+"/?sort=new")); err != nil {
		t.Fatal(err)
	}
	press := func(keys, want, script string) {
		t.Helper()
		for k := range strings.FieldsSeq(keys) {
			if err := chromedp.Do(ctx, chromedp.KeyEvent(k)); err != nil {
				t.Fatal(err)
			}
		}
		var got string
		for range 50 {
			if got, _ = chromedp.Run(ctx, chromedp.Evaluate[string](script)); got == want {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("after %s: %q, want %q", keys, got, want)
	}
	at := func(selector string) string {
		return fmt.Sprintf(`String(document.activeElement === document.querySelectorAll(%q)[0])`, selector)
	}
	press("j", "true", at(".card"))
	press("j", "true", `String(document.activeElement === document.querySelectorAll(".card")[1])`)
	press("k", "true", at(".card"))
	for n := 0; ; n++ { // down to the lively one
		here, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.querySelector(".title a").getAttribute("href")`))
		if err != nil || n > 40 {
			t.Fatalf("the lively thread is not reached: %v", err)
		}
		if here == fmt.Sprintf("/post/%d", w.lively.ID) {
			break
		}
		if err := chromedp.Do(ctx, chromedp.KeyEvent("j")); err != nil {
			t.Fatal(err)
		}
	}
	press("o", fmt.Sprintf("/post/%d complete", w.lively.ID), `location.pathname + " " + document.readyState`)
	press("j", "true", at(".comment"))
	press("j", "true", at(".comment .comment"))
	press("u", "true", at(".comment"))
	press("c", "false", `String(document.activeElement.querySelector(".branch").open)`)
	press("c", "true", `String(document.activeElement.querySelector(".branch").open)`)
	press("n", "true", at(".thread > .comment + .comment"))
	press("p", "true", at(".thread > .comment"))
	press("?", "true", `String(document.querySelector("dialog.keys").open)`)
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("dialog.keys button"))); err != nil {
		t.Fatal(err)
	}
	press("j", "true", at(".comment .comment"))
	press("j", "true", at(".comment .comment .comment"))
	press("j", "true", at(".comment .comment .comment .comment"))
	deep, err := chromedp.Run(ctx, chromedp.Evaluate[string](`"/comment/" + document.activeElement.id.replace("comment-", "") + " complete"`))
	if err != nil {
		t.Fatal(err)
	}
	press("o", deep, `location.pathname + " " + document.readyState`)
	press("g h", "/", `location.pathname`)
	for _, c := range complaints() {
		t.Errorf("console: %s", c)
	}
}

// The same walk without script, by links and forms alone: from the front page down a
// thread of fifty answers to the last, and back.
func TestWalkWithoutScript(t *testing.T) {
	w := newWorld(t)
	for _, width := range []int64{360, 1280} {
		ctx, complaints := webtest.Tab(t, webtest.Browser(t), width, "dark", false)
		at := func(want string) {
			t.Helper()
			for end := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
				here, err := chromedp.Run(ctx, chromedp.Location())
				if path, _, _ := strings.Cut(strings.TrimPrefix(here, w.server.URL), "#"); err == nil && path == want {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("width %d: at %s instead of %s: %v", width, here, want, err)
				}
			}
		}
		click := func(selector string) {
			t.Helper()
			if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
				t.Fatalf("width %d: %s: %v", width, selector, err)
			}
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+"/")); err != nil {
			t.Fatal(err)
		}
		post := fmt.Sprintf("/post/%d", w.deep.ID)
		for page := w.get("/"); !strings.Contains(page.body, `href="`+post+`"`); {
			older := page.attr("main .pager a[rel=next]", "href")
			click(`main .pager a[rel="next"]`)
			at(older)
			page = w.get(older)
		}
		click(`.card .title a[href="` + post + `"]`)
		at(post)
		thread, err := w.db.Reader().Thread(t.Context(), w.deep.ID)
		if err != nil {
			t.Fatal(err)
		}
		comment := func(depth int) string { return fmt.Sprintf("/comment/%d", thread.Comments[depth-1].ID) }
		for depth := 12; depth < 50; depth += 11 { // the first of a page was the last of the one before
			click(".continue a")
			at(comment(depth))
		}
		last := fmt.Sprintf("#comment-%d", thread.Comments[49].ID)
		click(last + " > .acts a") // its own page
		at(comment(50))
		if text := w.get(comment(50)).one(".prose"); !strings.HasPrefix(text, "Reply number 50:") {
			t.Errorf("the last is %q", text)
		}
		click(`main a[href="` + comment(49) + `"]`)
		at(comment(49))
		click(`main a[href^="` + post + `#"], main a[href="` + post + `"]`)
		at(post)
		click("details.branch > summary")
		click("a.wordmark")
		at("/")
		for _, c := range complaints() {
			t.Errorf("console: %s", c)
		}
	}
}
