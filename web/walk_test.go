package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// With keys alone: from the front page into a deep comment, and back.
func TestWalkByKeys(t *testing.T) {
	w := newWorld(t)
	ctx, complaints := tab(t, browser(t), 1280, "light", true)
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
	press("o", "true", `String(location.pathname.startsWith("/comment/") && document.readyState === "complete")`)
	press("g h", "/", `location.pathname`)
	for _, c := range complaints() {
		t.Errorf("console: %s", c)
	}
}
