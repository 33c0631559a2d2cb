package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// With script a list goes on by itself, for five pages; then a button does it. Each
// entry comes once and in order, nothing above moves, and the footer can be reached.
func TestListsGoOn(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	const all = 7*pageSize + 3
	for i := range all {
		n.post(c, draft{by: "ada", title: fmt.Sprintf("Post %03d", i), md: "x", ago: time.Duration(i) * time.Minute})
	}
	ctx, complaints := webtest.Tab(t, webtest.Browser(t), 1280, "light", true)
	if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+"/?sort=new")); err != nil {
		t.Fatal(err)
	}
	cards := func() (titles []string) {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll(".card .title")].map((e) => e.textContent.trim()).join("|")`))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(text, "|")
	}
	scroll := func() {
		t.Helper()
		// The end is near and not yet seen, as for somebody who reads.
		if err := webtest.Evaluate(ctx, `window.scrollTo(0, document.querySelector("main .pager").getBoundingClientRect().top + scrollY - innerHeight - 300)`); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "five more pages", func() bool { scroll(); return len(cards()) == 6*pageSize })
	scroll()
	for range 5 { // it does not go on by itself
		if got := len(cards()); got != 6*pageSize {
			t.Fatalf("%d entries without asking", got)
		}
	}
	shift, err := chromedp.Run(ctx, chromedp.Evaluate[string](webtest.LayoutShift, chromedp.EvalAwaitPromise))
	if err != nil || shift != "" {
		t.Errorf("it moves: %s (%v)", shift, err)
	}
	if err := chromedp.Do(ctx, chromedp.Click(`main .pager a[rel="next"]`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one page more", func() bool { return len(cards()) == 7*pageSize })
	if err := chromedp.Do(ctx, chromedp.Click(`main .pager a[rel="next"]`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rest", func() bool { return len(cards()) == all })
	for i, title := range cards() {
		if title != fmt.Sprintf("Post %03d", i) {
			t.Fatalf("entry %d is %q", i, title)
		}
	}
	told, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main [role=status]").textContent + (document.querySelector('main .pager a[rel="next"]') ? " more" : "")`))
	if err != nil || !strings.HasPrefix(told, "3 ") || strings.HasSuffix(told, "more") {
		t.Errorf("at the end it says %q: %v", told, err)
	}
	if c := complaints(); len(c) > 0 {
		t.Error(c)
	}
}
