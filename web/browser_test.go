package web

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/web/webtest"
)

// addresses are the pages to look at.
func (w *world) addresses() map[string]string {
	p := func(id int64) string { return fmt.Sprintf("/post/%d", id) }
	all := w.hardAddresses()
	maps.Copy(all, w.doorAddresses())
	maps.Copy(all, map[string]string{
		"front": "/", "front-top": "/?sort=top&t=all", "communities": "/communities", "community": "/c/craft",
		"community-abroad": "/c/letters@lemmy.example", "person": "/u/mira@microblog.example", "person-local": "/u/ada",
		"person-comments": "/u/mira@microblog.example?view=comments", "about": "/about", "privacy": "/privacy", "terms": "/terms", "contact": "/contact", "error": "/nothing-here",
		"essay": p(w.essay.ID), "lively": p(w.lively.ID), "untitled": p(w.untitled.ID), "link": p(w.link.ID), "warned": p(w.warned.ID),
		"code": p(w.code.ID), "arabic": p(w.arabic.ID), "japanese": p(w.japanese.ID), "emoji": p(w.emoji.ID),
		"styleguide": "/styleguide", "follow": "/follow?of=" + w.craft.URI, "follow-unknown": "/follow?as=mira@far.example&of=" + w.craft.URI,
		"follow-wrong": "/follow?as=mira&of=" + w.craft.URI, "removed": p(w.removed.ID), "history": fmt.Sprintf("/comment/%d/history", w.reworded.ID), "deep": p(w.deep.ID), "long": p(w.long.ID),
		"named": p(w.named.ID), "tag": "/tag/kilns", "tag-community": "/c/kilns@forum.example/tag/news", "tag-none": "/tag/nothing",
	})
	return all
}

// german are pages to look at in German as well, where words are longer.
var german = []string{"front", "about", "event", "poll", "video", "named", "gaps", "history", "follow-wrong", "person", "communities", "search-people", "community-abroad"}

// Each page, at the width of a phone and of a desk, and in the dark: nothing on
// the console, nothing that axe finds, nothing that sticks out sideways.
func TestPagesInChromium(t *testing.T) {
	w := newWorld(t)
	chrome := webtest.Browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{320, 360, 1280} {
			if theme == "dark" && width != 1280 {
				continue // a theme is colours, and they are the same at every width
			}
			t.Run(fmt.Sprintf("%s-%d", theme, width), func(t *testing.T) {
				ctx, complaints := webtest.Tab(t, chrome, width, theme, true)
				look := func(name, path string) {
					before := len(complaints())
					if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if strings.HasPrefix(name, "follow") { // which asks another server, and loads itself anew until it knows
						if err := chromedp.Do(ctx, chromedp.WaitReady(chromedp.CSS("html:not([data-again]) footer.steps"))); err != nil {
							t.Fatalf("%s: %v", name, err)
						}
					}
					webtest.Shoot(t, ctx, fmt.Sprintf("%s-%s-%d", name, theme, width))
					webtest.Steady(t, ctx, name)
					if width == 320 {
						roof, err := chromedp.Run(ctx, chromedp.Evaluate[string](webtest.RoofHeights))
						if err != nil || roof != "" {
							t.Errorf("%s: the roof grows while the page loads: %s (%v)", name, roof, err)
						}
					} else if theme == "dark" || width == 360 { // for axe the desk in the light is one of these, or the other
						for _, v := range webtest.Violations(t, ctx) {
							t.Errorf("%s: axe: %s", name, v)
						}
					}
					for _, c := range complaints()[before:] {
						if name == "error" && strings.Contains(c, "404") || name == "removed" && strings.Contains(c, "410") {
							continue // the browser remarks on the status itself
						}
						t.Errorf("%s: console: %s", name, c)
					}
				}
				all := w.addresses()
				for name, path := range all {
					look(name, path)
				}
				if width != 320 {
					return // words are as long there, and have more room
				}
				if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+"/language?to=de&back=/about"), chromedp.WaitReady(chromedp.CSS("html[lang=de] footer.steps"))); err != nil {
					t.Fatal(err)
				}
				for _, name := range german {
					look(name+"-german", all[name])
				}
			})
		}
	}
}

// A page arrives in pieces and is painted as it comes: a browser that has the start of
// a branch, and not yet its summary, puts one of its own there, and what follows moved
// by a line when the real one came; in half a roof its parts moved each other; and half
// a footer, at the foot of a short page, was moved up by its other half. In a list the
// number of comments comes last and makes a column of its own.
func TestPageInPieces(t *testing.T) {
	w := newWorld(t)
	slow := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		whole := w.get(r.URL.Path)
		out.Header().Set("Content-Type", whole.Header.Get("Content-Type"))
		if !strings.HasPrefix(whole.Header.Get("Content-Type"), "text/html") {
			_, _ = io.WriteString(out, whole.body)
			return
		}
		body, wait := whole.body, 400*time.Millisecond // until the styles are there
		for _, after := range []string{`<details class="branch" open>`, `</form>`, `<nav aria-label="Site">`, `<footer class="steps">`, `</li>` + "\n" + `<li><a href="/privacy">`} {
			body = strings.Replace(body, after, after+"\x00", 8)
		}
		body = strings.Replace(body, `<a class="count`, "\x00"+`<a class="count`, 8)
		body = strings.Replace(body, `<span aria-hidden="true">`, "\x00"+`<span aria-hidden="true">`, 8) // in the middle of a count
		for part := range strings.SplitSeq(body, "\x00") {
			_, _ = io.WriteString(out, part)
			_ = http.NewResponseController(out).Flush()
			if strings.Contains(part, "<main") {
				wait = 60 * time.Millisecond // a few frames
			}
			if part != body {
				time.Sleep(wait)
			}
		}
	}))
	defer slow.Close()
	chrome := webtest.Browser(t)
	for path, width := range map[string]int64{fmt.Sprintf("/post/%d", w.deep.ID): 1280, "/contact": 360, "/": 360} {
		ctx, _ := webtest.Tab(t, chrome, width, "light", true)
		if err := chromedp.Do(ctx, chromedp.Navigate(slow.URL+path), chromedp.WaitReady(chromedp.CSS("#keys"))); err != nil {
			t.Fatal(err)
		}
		if shift, err := chromedp.Run(ctx, chromedp.Evaluate[string](webtest.LayoutShift, chromedp.EvalAwaitPromise)); err != nil || shift != "" {
			t.Errorf("%s shifts while it loads: %s (%v)", path, shift, err)
		}
	}
}

// With scripts off a thread is all there: every comment can be seen, the long
// text opens, a branch closes.
func TestReadingWithoutScript(t *testing.T) {
	w := newWorld(t)
	chrome := webtest.Browser(t)
	for _, width := range []int64{360, 1280} {
		ctx, complaints := webtest.Tab(t, chrome, width, "light", false)
		for _, p := range []forum.Post{w.lively, w.deep} {
			thread, err := w.db.Reader().Thread(t.Context(), p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := chromedp.Do(ctx, chromedp.Navigate(fmt.Sprintf("%s/post/%d", w.server.URL, p.ID))); err != nil {
				t.Fatal(err)
			}
			for _, c := range thread.Comments {
				if c.Depth > 12 {
					continue // on the page of a comment above it
				}
				box, err := chromedp.Run(ctx, chromedp.Dimensions(chromedp.CSS(fmt.Sprintf("#comment-%d .byline", c.ID))))
				if err != nil {
					t.Fatalf("comment %d is not there: %v", c.ID, err)
				}
				if box.Width < 120 || box.Height < 16 {
					t.Errorf("width %d: comment %d at depth %d is %d × %d", width, c.ID, c.Depth, box.Width, box.Height)
				}
				if c.State != forum.Live || c.Warning != "" {
					continue
				}
				if box, err = chromedp.Run(ctx, chromedp.Dimensions(chromedp.CSS(fmt.Sprintf("#comment-%d .prose", c.ID)))); err != nil || box.Width < 120 || box.Height < 16 {
					t.Errorf("width %d: the text of comment %d at depth %d: %+v %v", width, c.ID, c.Depth, box, err)
				}
			}
		}
		webtest.Shoot(t, ctx, fmt.Sprintf("noscript-deep-%d", width))
		w.clickThrough(t, ctx, width)
		for _, c := range complaints() {
			t.Errorf("console: %s", c)
		}
	}
}

// What script adds takes no more room than was kept for it, so nothing moves however
// late it comes.
func TestScriptMovesNothing(t *testing.T) {
	w := newWorld(t)
	chrome := webtest.Browser(t)
	for _, width := range []int64{360, 1280} {
		for path, part := range map[string]string{"/c/" + w.craft.Name: "section.follow", "/follow?of=" + w.craft.URI: "main .copyable"} {
			var heights [2]float64
			for i, script := range []bool{false, true} {
				ctx, _ := webtest.Tab(t, chrome, width, "light", script)
				if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
					t.Fatal(err)
				}
				box, err := chromedp.Run(ctx, chromedp.Dimensions(chromedp.CSS(part)))
				if err != nil {
					t.Fatal(err)
				}
				heights[i] = float64(box.Height)
			}
			if heights[0] != heights[1] {
				t.Errorf("%s, width %d: the way to follow is %v high without script and %v with it", path, width, heights[0], heights[1])
			}
		}
	}
}

// clickThrough opens what is closed and closes what is open.
func (w *world) clickThrough(t *testing.T, ctx context.Context, width int64) {
	t.Helper()
	height := func(selector string) int64 {
		box, err := chromedp.Run(ctx, chromedp.Dimensions(chromedp.CSS(selector)))
		if err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
		return box.Height
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(fmt.Sprintf("%s/post/%d", w.server.URL, w.essay.ID))); err != nil {
		t.Fatal(err)
	}
	folded := height("details.fold")
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("details.fold summary"))); err != nil {
		t.Fatal(err)
	}
	webtest.Shoot(t, ctx, fmt.Sprintf("noscript-essay-open-%d", width))
	if open := height("details.fold"); folded > 700 || open < 5*folded {
		t.Errorf("width %d: the essay is %d high when folded and %d when open", width, folded, open)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(fmt.Sprintf("%s/post/%d", w.server.URL, w.lively.ID))); err != nil {
		t.Fatal(err)
	}
	before := height("ol.thread")
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("details.branch summary"))); err != nil {
		t.Fatal(err)
	}
	webtest.Shoot(t, ctx, fmt.Sprintf("noscript-branch-closed-%d", width))
	if after := height("ol.thread"); after > before-300 {
		t.Errorf("width %d: closing a branch took the thread from %d to %d", width, before, after)
	}
}
