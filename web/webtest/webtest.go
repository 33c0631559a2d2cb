// Package webtest looks at pages with Chromium, for the tests of the packages that have
// pages.
package webtest

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeCore is axe-core 4.14.1 as its makers publish it (MPL-2.0, notice at its
// head), so that the pages are held to the same rules on every machine, with
// nothing to fetch.
//
//go:embed axe.min.js.gz
var axeCore []byte

// idle are the parts of Chromium that chromedp leaves out, and the two that draw its
// address bar's suggestions: pages of their own in each window, which nobody sees here,
// and which take two seconds of a core to load.
const idle = "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxAimPopup"

// shell is the name under which Debian has Chromium without its windows: the same pages
// for two thirds of the work. chromedp looks for it by other names, and for Chromium.
const shell = "chromium-headless-shell"

// Browser starts Chromium. Without it the test fails: pages that nobody looked
// at are not tested.
func Browser(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.Flag("disable-features", idle)}
	if path, err := exec.LookPath(shell); err == nil {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, cancel := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("these tests need Chromium (Debian: apt-get install chromium-headless-shell, or chromium): %v", err)
	}
	return ctx
}

// Tab opens a tab that sees pages as a device of that width and theme does, and
// collects what the page complains of.
func Tab(t *testing.T, parent context.Context, width int64, theme string, script bool) (context.Context, func() []string) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var complaints []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			complaints = append(complaints, m.String())
			mu.Unlock()
		}
	}()
	view := []chromedp.EmulateViewportOption{}
	height := int64(900)
	if width < 500 {
		view, height = append(view, chromedp.EmulateMobile, chromedp.EmulateScale(2)), 740
	}
	// Against what hangs: a walk of half a minute takes two on a machine that others use.
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height, view...)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script}); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, complaints...)
	}
}

// LayoutShift tells which of a page's parts moved after they were first seen (CLS),
// how far, and from where to where.
const LayoutShift = `new Promise(done => {
	const moved = [], rect = r => [r.x, r.y, r.width, r.height].map(Math.round).join(",");
	new PerformanceObserver(list => {
		for (const e of list.getEntries()) moved.push(e.value + " " + e.sources.map(s =>
			(s.node ? s.node.nodeName + "." + s.node.className : "?") + " " + rect(s.previousRect) + " to " + rect(s.currentRect)).join("; "));
	}).observe({type: "layout-shift", buffered: true});
	requestAnimationFrame(() => setTimeout(() => done(moved.join(" | ")), 20));
})`

// StuckOut tells which parts of a field are wider than it is: such a part widens the
// column that it stands in, and when a script brought it, what stands above it wraps
// elsewhere and everything below moves.
const StuckOut = `[...document.querySelectorAll(".field > *")].filter(e => !e.matches(".vh")
	&& e.getBoundingClientRect().width > e.parentElement.getBoundingClientRect().width + 1).map(e => e.nodeName + "." + e.className + " of " + e.parentElement.textContent.trim().slice(0, 40)).join("; ")`

// Steady fails when a page, which at names, or a field of it is wider than what it
// stands in, or moved after it was first seen.
func Steady(t *testing.T, ctx context.Context, at string) {
	t.Helper()
	if sideways, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); err != nil || sideways > 0 {
		t.Errorf("%s: sticks out by %d pixels, %v", at, sideways, err)
	}
	if wide, err := chromedp.Run(ctx, chromedp.Evaluate[string](StuckOut)); err != nil || wide != "" {
		t.Errorf("%s: wider than its field: %s %v", at, wide, err)
	}
	if shift, err := chromedp.Run(ctx, chromedp.Evaluate[string](LayoutShift, chromedp.EvalAwaitPromise)); err != nil || shift != "" {
		t.Errorf("%s: the layout shifts while it loads: %s (%v)", at, shift, err)
	}
}

// RoofHeights tells how high the roof is while its entries arrive, one after the
// other, if that is not always the same: a browser paints what it has, and the page
// below would move.
const RoofHeights = `(() => {
	const roof = document.querySelector(".roof"), heights = [roof.offsetHeight];
	for (const li of [...roof.querySelectorAll("nav li")].reverse()) { li.remove(); heights.push(roof.offsetHeight); }
	return new Set(heights).size == 1 ? "" : heights.join(", ");
})()`

// axeScript is axe, unpacked.
var axeScript = sync.OnceValues(func() (string, error) {
	packed, err := gzip.NewReader(bytes.NewReader(axeCore))
	if err != nil {
		return "", err
	}
	axe, err := io.ReadAll(packed)
	return string(axe), err
})

// Violations are what axe finds in the page.
func Violations(t *testing.T, ctx context.Context) []string {
	t.Helper()
	axe, err := axeScript()
	if err != nil {
		t.Fatal(err)
	}
	if err := Evaluate(ctx, axe); err != nil {
		t.Fatalf("axe does not load: %v", err)
	}
	// What is in order, or for people to judge, is not written out: nobody reads it here.
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run({resultTypes: ["violations"], selectors: false, runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]})
		.then(r => JSON.stringify(r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " (" + n.failureSummary + ")").join(" | "))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("axe does not run: %v", err)
	}
	var found []string
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// Evaluate runs a script in the page.
func Evaluate(ctx context.Context, script string) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](script))
	return err
}

// Shoot keeps a picture of the page when STOA_SCREENSHOTS names a folder.
func Shoot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("STOA_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
