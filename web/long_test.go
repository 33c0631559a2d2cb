package web

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// A thread of a thousand comments stays quick to the hand: a key lays the page out a
// few times however many comments there are, and a page has few elements for each.
func TestLongThreadAnswersKeys(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	chrome := webtest.Browser(t)
	cost := map[int]float64{}
	for _, all := range []int{40, 1000} {
		p := n.post(c, draft{by: "ada", title: fmt.Sprint(all, " comments"), md: "x"})
		to := p.URI
		for i := range all {
			m := n.reply(c, to, draft{by: []string{"ada", "sam@piefed.example"}[i%2], md: "A remark, as long as most are, about one thing and another.", ago: time.Duration(i) * time.Second})
			if to = m.URI; i%8 == 7 {
				to = p.URI
			}
		}
		ctx, complaints := webtest.Tab(t, chrome, 1280, "light", true)
		if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+fmt.Sprintf("/post/%d", p.ID)), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
			t.Fatal(err)
		}
		if _, err := chromedp.Call(ctx, performance.Enable, performance.EnableParams{}); err != nil {
			t.Fatal(err)
		}
		layouts := func() (sum float64) {
			t.Helper()
			got, err := chromedp.Call(ctx, performance.GetMetrics, cdp.Empty{})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range got.Metrics {
				if m.Name == "LayoutCount" || m.Name == "RecalcStyleCount" {
					sum += m.Value
				}
			}
			return sum
		}
		const keys = 40
		before := layouts()
		for i := range keys {
			if err := chromedp.Do(ctx, chromedp.KeyEvent([]string{"j", "j", "c", "c", "n"}[i%5])); err != nil {
				t.Fatal(err)
			}
		}
		cost[all] = (layouts() - before) / keys
		elements, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".thread *").length`))
		if err != nil || elements > 40*all {
			t.Errorf("%d elements for %d comments: %v", elements, all, err)
		}
		for _, c := range complaints() {
			t.Error(c)
		}
	}
	t.Logf("layouts and styles a key: %.1f among 40 comments, %.1f among 1,000", cost[40], cost[1000])
	if cost[1000] > 2*cost[40]+5 {
		t.Errorf("a key lays out %.1f times among 1,000 comments, %.1f among 40", cost[1000], cost[40])
	}
}
