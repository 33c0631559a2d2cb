package compose

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// lived makes a node at which people have lived for a while, and lists the pages of
// one of them, who moderates a community.
func lived(t *testing.T) (n *node, pages map[string]string) {
	n = newNode(t)
	n.lives("ann", true)
	for _, name := range []string{"bob", "cid"} {
		n.lives(name, false)
	}
	does := func(who, path string, fields ...string) string {
		t.Helper()
		status, to := n.ask(who, path, fields...)
		if status != 200 && status != 303 && status != 204 {
			t.Fatalf("%s %v by %s: %d", path, fields, who, status)
		}
		return to
	}
	const about = "For those who grow something, on a balcony or in a field."
	does("ann", "/communities/new", "name", "gardening", "title", "Gardening", "summary", about, "rules", "Be kind. Say where you live: what grows there may not grow here.", "language", "en")
	does("ann", "/communities/new", "name", "notes", "title", "Notes", "untitled", "1")
	banner := image.NewRGBA(image.Rect(0, 0, 800, 200))
	for x := range 800 {
		for y := range 200 {
			banner.Set(x, y, color.RGBA{uint8(40 + y/3), uint8(90 + x/8), 60, 255})
		}
	}
	var wide bytes.Buffer
	if err := png.Encode(&wide, banner); err != nil {
		t.Fatal(err)
	}
	for path, title := range map[string]string{"/c/gardening/edit": "Gardening", "/settings/profile": "Ann"} {
		status, _ := n.sends("ann", path, wide.Bytes(), "title", title, "summary", about, "rules", "Be kind. Say where you live.", "language", "en",
			"bio", "I grow beans.", "label-1", "My page", "link-1", "https://ann.example/a-rather-long-address-that-has-to-break-somewhere-on-a-phone")
		if status != 200 {
			t.Fatal(path, status)
		}
	}
	post := does("ann", "/submit", "to", "gardening", "title", "Beans that climbed", "text", "They reached the second floor.", "link", "https://beans.example/")
	on := "post-" + strings.TrimPrefix(post, "/post/")
	reply := does("bob", "/reply/"+on, "text", "Ours did not. What do you do?")
	of := reply[strings.Index(reply, "#")+1:]
	does("ann", "/reply/"+of, "text", "Water, @bob, and talk to them.")
	does("bob", "/reply/"+of, "text", "@ann I shall.")
	does("cid", "/reply/"+on, "text", "Cheap beans here!")
	does("ann", "/edit/"+on, "title", "Beans that climbed, and climbed", "text", "They reached the third floor.", "link", "https://beans.example/")
	does("ann", "/act", "do", "save "+on)
	does("ann", "/act", "do", "join community-1")
	does("ann", "/act", "do", fmt.Sprintf("block person-%d", n.people["cid"].ID))
	does("ann", "/draft", "place", "post", "to", "gardening", "title", "What to sow in March", "text", "A list, begun.")
	does("bob", "/report/"+on, "reason", "Too many beans.")
	does("bob", "/submit", "to", "gardening", "title", "Snails", "text", "All of them.")
	does("ann", "/report/post-2", "reason", "Snails, again.")
	does("ann", "/moderate/post-2", "verb", "lock", "reason", "Enough of snails.")
	if err := private.Of(n.db).Shun(t.Context(), n.people["ann"].ID, private.ShunHost, 0, "spam.example", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		out, err := n.forum.Remove(ctx, tx, base+"/comment/4", "advertising")
		return out, err
	})
	return n, map[string]string{
		"front-self": "/", "community-self": "/c/gardening", "person-self": "/u/ann", "thread-self": post, "comment-self": "/comment/" + strings.TrimPrefix(of, "comment-"),
		"submit": "/submit", "submit-to": "/submit?to=gardening&title=Beans", "reply": "/reply/" + of, "edit": "/edit/" + on, "report": "/report/" + on, "reported": "/report/post-2",
		"moderate": "/moderate/" + of, "history-self": post + "/history", "modlog": "/modlog", "modlog-community": "/modlog?in=gardening",
		"found": "/communities/new", "arrange": "/c/gardening/edit", "notices": "/notices", "saved": "/saved", "drafts": "/drafts",
		"settings": "/settings", "profile": "/settings/profile", "blocks": "/settings/blocks", "access": "/settings/account", "sessions": "/settings/sessions",
		"leave": "/settings/leave",
	}
}

// signedIn is a browser of somebody.
func (n *node) signedIn(chrome context.Context, who string, width int64, theme string) (ctx context.Context, complaints func() []string) {
	n.Helper()
	ctx, complaints = webtest.Tab(n.T, chrome, width, theme, true)
	if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: n.tokens[who], URL: n.server.URL}); err != nil {
		n.Fatal(err)
	}
	return ctx, complaints
}

// browsing is a tab in which a test does something.
type browsing struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // a tab is a context
}

func (b browsing) does(what string, acts ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range acts {
		if err := chromedp.Do(b.ctx, a); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
	}
}

// is compares what a script gives.
func (b browsing) is(what, script, want string) {
	b.t.Helper()
	if got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script)); err != nil || got != want {
		b.t.Errorf("%s: %q %v, want %q", what, got, err, want)
	}
}

// Each page of those who are signed in, at the width of a phone and of a desk, in the
// light and in the dark: nothing on the console, nothing that axe finds, nothing that
// sticks out sideways or moves.
func TestPagesOfMembers(t *testing.T) {
	n, pages := lived(t)
	chrome := webtest.Browser(t)
	for _, look := range []struct {
		width int64
		theme string
	}{{320, "light"}, {360, "dark"}, {1280, "light"}} {
		ctx, complaints := n.signedIn(chrome, "ann", look.width, look.theme)
		for name, path := range pages {
			before := len(complaints())
			if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			at := fmt.Sprintf("%s, %d, %s", name, look.width, look.theme)
			if title, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title`)); err != nil || strings.HasPrefix(title, "Not ") {
				t.Errorf("%s: %q %v", at, title, err)
			}
			webtest.Steady(t, ctx, at)
			if look.width != 320 {
				for _, v := range webtest.Violations(t, ctx) {
					t.Errorf("%s: axe: %s", at, v)
				}
			}
			for _, c := range complaints()[before:] {
				t.Errorf("%s: console: %s", at, c)
			}
		}
	}
}

// Pictures of those pages, as those of web are made.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("STOA_SHOTS")
	if folder == "" {
		t.Skip("make screenshots runs this")
	}
	n, pages := lived(t)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	chrome := webtest.Browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			ctx, _ := n.signedIn(chrome, "ann", width, theme)
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+pages[name]), chromedp.WaitReady(chromedp.CSS("footer.steps"))); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, theme, width)), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Logf("%d pages, each four times, in %s", len(pages), folder)
}
