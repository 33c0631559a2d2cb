package compose

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"stoa/storage/private"
	"stoa/web/webtest"
)

// What somebody types is completed to people, communities and emoji, and never to whom
// they do not want to read.
func TestComplete(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "annabel", "annette", "bob"} {
		n.lives(name, name == "ann")
	}
	for _, c := range []string{"gardening", "garage"} {
		if status, _ := n.ask("ann", "/communities/new", "name", c, "title", "All about "+c); status != 303 {
			t.Fatal(status)
		}
	}
	if err := private.Of(n.db).Shun(t.Context(), n.people["bob"].ID, private.ShunPerson, n.people["annette"].ID, "", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"@anna": `[{"text":"@annabel@node.localhost","label":""}]`, "@annet": `[]`, "@bob": `[]`, "@zz": `[]`, "@": `[]`, "": `[]`, "ann": `[]`,
		"!garde": `[{"text":"!gardening@node.localhost","label":"All about gardening"}]`,
		"!gar":   `[{"text":"!garage@node.localhost","label":"All about garage"},{"text":"!gardening@node.localhost","label":"All about gardening"}]`,
		":beer":  `[{"text":"🍺","label":"beer"},{"text":"🍻","label":"beers"}`, ":": `[]`, ":zzzz": `[]`, "@-ann": `[]`, "!%": `[]`, ":<b>": `[]`,
		"@" + strings.Repeat("a", 80): `[]`,
	} {
		if got := strings.TrimSpace(n.sees("bob", "/complete?q="+url.QueryEscape(typed))); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
	if got := n.sees("", "/complete?q=@anna"); strings.Contains(got, "annabel") {
		t.Error("nobody who is not signed in is told")
	}
}

// By keyboard alone: a name is begun, one is chosen, and the form is not sent by that.
func TestCompleteInChromium(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "annabel", "annette"} {
		n.lives(name, name == "ann")
	}
	if status, _ := n.ask("ann", "/communities/new", "name", "gardening", "title", "Gardening"); status != 303 {
		t.Fatal(status)
	}
	ctx, complaints := webtest.Tab(t, webtest.Browser(t), 360, "light", true)
	_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: n.tokens["ann"], URL: n.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	const text = `document.querySelector("textarea").value`
	does := browsing{t, ctx}.does
	offered := func() {
		t.Helper()
		does("what is offered", chromedp.WaitVisible(chromedp.CSS(".complete [aria-selected=true]")))
	}
	does("open", chromedp.Navigate(n.server.URL+"/submit"), chromedp.WaitReady(chromedp.CSS(".tools")))
	does("type", chromedp.SendKeys(chromedp.CSS("textarea"), "Hello @ann"))
	offered()
	for _, v := range webtest.Violations(t, ctx) {
		t.Errorf("axe: %s", v)
	}
	webtest.Shoot(t, ctx, "complete")
	before, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".complete bdi")].map(i => i.textContent)`))
	if err != nil || len(before) != 2 {
		t.Fatalf("%q %v", before, err)
	}
	does("choose", chromedp.KeyEvent(kb.ArrowDown))
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeChar, input.DispatchKeyEventTypeKeyUp} { // as a keyboard does it
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}); err != nil {
			t.Fatal(err)
		}
	}
	does("go on", chromedp.SendKeys(chromedp.CSS("textarea"), "look :tada"))
	offered()
	does("choose", chromedp.KeyEvent(kb.Tab))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](text))
	if want := "Hello " + before[1] + " look 🎉 "; err != nil || got != want {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	does("a community", chromedp.SendKeys(chromedp.CSS("#field-to"), "garde"))
	offered()
	does("choose", chromedp.KeyEvent(kb.Tab))
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#field-to").value`)); err != nil || got != "gardening@node.localhost" {
		t.Errorf("%q %v", got, err)
	}
	does("type", chromedp.SendKeys(chromedp.CSS("textarea"), "@anna"))
	offered()
	does("close", chromedp.KeyEvent(kb.Escape))
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.querySelectorAll(".complete").length`)); err != nil || n != 0 {
		t.Errorf("%d lists after Escape, %v", n, err)
	}
	for _, c := range complaints() {
		t.Error(c)
	}
}

// Of the communities that a post may move to, one is chosen by keyboard: that sends
// nothing yet, what was chosen is not offered again, and the button is never covered.
func TestCommunityToMoveToInChromium(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	for _, name := range []string{"gardening", "gardens", "rust"} {
		n.done("ann", "/communities/new", "name", name, "title", strings.ToUpper(name))
	}
	n.done("ann", "/submit", "to", "rust", "title", "The first")
	chrome := webtest.Browser(t)
	for _, width := range []int64{360, 1280} {
		ctx, complaints := n.signedIn(chrome, "ann", width, "light")
		b := browsing{t, ctx}
		b.sees(n.server.URL+"/moderate/post-1", "")
		b.does("a move", chromedp.SetValue(chromedp.CSS("#field-verb"), "relocate"))
		for _, key := range []string{"Enter", "Tab"} {
			b.does("begin", chromedp.Evaluate[chromedp.Void](`document.querySelector("#field-to").value = ""`), chromedp.SendKeys(chromedp.CSS("#field-to"), "garde"), chromedp.WaitVisible(chromedp.CSS(".complete [aria-selected=true]")))
			b.is("the button beside what is offered", `(() => {
				const button = document.querySelector(".measures .send .button");
				button.scrollIntoView({ block: "end", behavior: "instant" });
				const at = button.getBoundingClientRect();
				return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) === button ? "free" : "covered";
			})()`, "free")
			b.does("what is asked for", chromedp.Evaluate[chromedp.Void](`{ window.asked = 0; const real = window.fetch; window.fetch = (...all) => { asked++; return real(...all); } }`))
			if key == "Enter" {
				webtest.Shoot(t, ctx, fmt.Sprint("relocate-", width))
			}
			name, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".complete [aria-selected=true]").dataset.text.slice(1)`))
			if err != nil || !strings.HasPrefix(name, "garde") {
				t.Fatalf("%d, %s: %q %v", width, key, name, err)
			}
			b.press(key, map[string]int64{"Enter": 13, "Tab": 9}[key], 0)
			b.is("what was chosen with "+key, `document.querySelector("#field-to").value`, name)
			// Timers of one length go off in the order in which they were set: this one after
			// that of the script.
			again, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
				await new Promise((done) => setTimeout(done, 150));
				return asked + " " + document.querySelectorAll(".complete").length + " " + location.pathname + " " + document.activeElement.id;
			})()`, chromedp.EvalAwaitPromise))
			if err != nil || again != "0 0 /moderate/post-1 field-to" {
				t.Errorf("%d, %s: %q %v", width, key, again, err)
			}
		}
		b.press("Enter", 13, 0)
		b.does("the post where it is", chromedp.WaitVisible(chromedp.CSS(`.post .crumb a[href^="/c/garde"]`)))
		for _, c := range complaints() {
			t.Error(c)
		}
		n.done("ann", "/moderate/post-1", "verb", "relocate", "to", "rust")
	}
}
