package web

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// Pictures of every page, in both themes, as a phone and as a desk shows it, into
// the folder that STOA_SHOTS names.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("STOA_SHOTS")
	if folder == "" {
		t.Skip("make screenshots runs this")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	chrome := webtest.Browser(t)
	pages := w.addresses()
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			ctx, _ := webtest.Tab(t, chrome, width, theme, true)
			keep := func(name, as string) {
				if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+pages[name]), chromedp.WaitReady(chromedp.CSS("footer"))); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := webtest.Evaluate(ctx, `Promise.all([...document.images].map(i => { i.loading = "eager"; return i.decode().catch(() => null) }))`); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", as, theme, width)), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				keep(name, name)
			}
			if theme == "dark" {
				continue // its words are as long
			}
			if err := chromedp.Do(ctx, chromedp.Navigate(w.server.URL+"/language?to=de&back=/about"), chromedp.WaitReady(chromedp.CSS("html[lang=de] footer"))); err != nil {
				t.Fatal(err)
			}
			for _, name := range german {
				keep(name, name+"-german")
			}
		}
	}
	t.Logf("%d pages, each four times, in %s", len(pages), folder)
}
