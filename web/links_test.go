package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// What people link to opens here if it is here, and else where it says; without
// script always where it says.
func TestForeignLinksOpenHere(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making things.")
	var asked []string
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/favicon.ico" {
			asked = append(asked, r.URL.Path+" "+r.Referer())
		}
		_, _ = w.Write([]byte("<title>away</title>"))
	}))
	t.Cleanup(away.Close)
	known := n.post(c, draft{by: "jo@lemmy.example", title: "The bell", ago: hour})
	if _, err := n.db.Pool().Exec(t.Context(), `update post set page_url = $2 where id = $1`, known.ID, away.URL+"/post/7"); err != nil {
		t.Fatal(err)
	}
	p := n.post(c, draft{by: "ada", title: "Two links", ago: hour, md: fmt.Sprintf("[known](%s/post/7) and [unknown](%s/elsewhere)", away.URL, away.URL)})
	chromium := webtest.Browser(t)
	for _, step := range []struct {
		script bool
		nth    int
		title  string
		away   int
	}{{true, 1, "The bell", 0}, {true, 2, "away", 1}, {false, 1, "away", 2}} {
		ctx, complaints := webtest.Tab(t, chromium, 1280, "light", step.script)
		if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+fmt.Sprintf("/post/%d", p.ID))); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.Click(fmt.Sprintf(".prose a:nth-of-type(%d)", step.nth))); err != nil {
			t.Fatal(err)
		}
		title := ""
		for end := time.Now().Add(5 * time.Minute); !strings.Contains(title, step.title); {
			now, err := chromedp.Run(ctx, chromedp.Title()) // fails between two pages
			if err == nil {
				title = now
			}
			if time.Now().After(end) {
				t.Fatalf("%+v: at %q: %v", step, title, err)
			}
		}
		if len(asked) != step.away {
			t.Errorf("%+v: asked for %v", step, asked)
		}
		if c := complaints(); len(c) > 0 {
			t.Error(c)
		}
	}
	for _, a := range asked {
		if strings.Contains(a, n.server.URL) {
			t.Errorf("away they learn whence: %s", a)
		}
	}
}
