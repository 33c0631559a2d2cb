package compose

import (
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
