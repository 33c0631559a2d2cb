package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	jar "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"stoa/web/webtest"
)

// hand is somebody at a browser: with script or without, at some width, with a mouse
// or with keys alone.
type hand struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // a tab is a context
	keys bool
}

func (h *hand) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v\n%s", err, h.page())
	}
}

// page is what the browser shows, in words.
func (h *hand) page() string {
	text, err := chromedp.Run(h.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.querySelector("main").innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (h *hand) yes(script string) bool {
	h.t.Helper()
	ok, err := chromedp.Run(h.ctx, chromedp.Evaluate[bool](`Boolean(`+script+`)`))
	return err == nil && ok
}

func (h *hand) open(address string) {
	h.t.Helper()
	h.must(chromedp.Do(h.ctx, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("footer.steps"))))
}

// as has the browser come to a node as somebody who is signed in there.
func (h *hand) as(who *http.Cookie, node string) {
	h.t.Helper()
	_, err := chromedp.Call(h.ctx, jar.SetCookie, jar.SetCookieParams{Name: who.Name, Value: who.Value, URL: node})
	h.must(err)
}

// sees waits until there is something on the page, which may load anew meanwhile.
func (h *hand) sees(what, selector, text string) {
	h.t.Helper()
	script := fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))`, selector, text)
	for end := time.Now().Add(5 * time.Minute); !h.yes(script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s is not seen:\n%s", what, h.page())
		}
	}
}

// reach moves the focus to something with the Tab key alone.
func (h *hand) reach(selector string) {
	h.t.Helper()
	for range 300 {
		if h.yes(fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent("\t")))
	}
	h.t.Fatalf("%s cannot be reached by keys:\n%s", selector, h.page())
}

// press activates something, and waits for the page that it leads to if it leads to
// one.
func (h *hand) press(selector string) {
	h.t.Helper()
	if h.keys {
		h.reach(selector)
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent("\r")))
	} else {
		ctx, cancel := context.WithTimeout(h.ctx, 5*time.Minute)
		defer cancel()
		if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
			h.t.Fatalf("pressing %s: %v\n%s", selector, err, h.page())
		}
	}
}

// follow presses what leads to another page, and waits for that.
func (h *hand) follow(selector string) {
	h.t.Helper()
	h.must(webtest.Evaluate(h.ctx, `document.documentElement.dataset.before = "1"`))
	h.press(selector)
	for end := time.Now().Add(5 * time.Minute); !h.yes(`!document.documentElement.dataset.before && document.readyState == "complete"`); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s leads nowhere:\n%s", selector, h.page())
		}
	}
}

// write fills a field in, in the place of what is in it.
func (h *hand) write(selector, text string) {
	h.t.Helper()
	if h.keys {
		h.reach(selector)
	} else {
		h.must(chromedp.Do(h.ctx, chromedp.Focus(chromedp.CSS(selector))))
	}
	h.must(webtest.Evaluate(h.ctx, `document.activeElement.select && document.activeElement.select()`))
	h.must(chromedp.Do(h.ctx, chromedp.SendKeys(chromedp.CSS(selector), text)))
}

// choose picks one of the options of a field.
func (h *hand) choose(selector, value string) {
	h.t.Helper()
	if !h.keys {
		h.must(chromedp.Do(h.ctx, chromedp.SetValue(chromedp.CSS(selector), value)))
		return
	}
	h.reach(selector)
	for range 20 {
		if h.yes(fmt.Sprintf(`document.activeElement.value == %q`, value)) {
			return
		}
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent(kb.ArrowDown)))
	}
	h.t.Fatalf("%s has no %s:\n%s", selector, value, h.page())
}

// obeys looks for what axe finds in a page. It is a script itself: what a tab without
// shows is copied into another, in which the scripts of a copy do not run.
func (h *hand) obeys(other context.Context) {
	h.t.Helper()
	ctx := h.ctx
	if other != nil {
		seen, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[location.origin, document.documentElement.lang, document.documentElement.innerHTML]`))
		h.must(err)
		ctx = other
		script := fmt.Sprintf(`document.documentElement.lang = %q; document.documentElement.innerHTML = %q`, seen[1], seen[2])
		_, err = chromedp.Call(ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // which keeps strings out of pages
		h.must(err)
		h.must(chromedp.Do(ctx, chromedp.Navigate(seen[0]+"/about")))
		h.must(webtest.Evaluate(ctx, script))
		eventually(h.t, "the copy has its style", func() bool {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`[...document.querySelectorAll("link[rel=stylesheet]")].every(l => l.sheet)`))
			return err == nil && ok
		})
	}
	for _, v := range webtest.Violations(h.t, ctx) {
		h.t.Errorf("axe: %s\n%s", v, h.page())
	}
}

// downloads is held by who waits for one: where they go is set for the whole browser.
var downloads sync.Mutex

// takesAlong presses the link to the file of all that belongs to somebody, and reads
// what the browser stored.
func (h *hand) takesAlong(selector string) (all map[string][]json.RawMessage, pictures int) {
	h.t.Helper()
	downloads.Lock()
	defer downloads.Unlock()
	folder := h.t.TempDir()
	_, err := chromedp.Call(h.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
	h.must(err)
	h.press(selector)
	var z *zip.Reader
	eventually(h.t, "the file is there, whole", func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*.zip"))
		h.must(err)
		if len(files) != 1 {
			return false
		}
		raw, err := os.ReadFile(files[0])
		h.must(err)
		z, err = zip.NewReader(bytes.NewReader(raw), int64(len(raw))) // its table stands at its end
		return err == nil
	})
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			pictures++
			continue
		}
		out, err := f.Open()
		h.must(err)
		h.must(json.NewDecoder(out).Decode(&all))
		_ = out.Close() // it has been read
	}
	return all, pictures
}
