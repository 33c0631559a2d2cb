package compose

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// reasons are what somebody has said of the post and of the comment, as it stands.
func (n *node) reasons(who string) string {
	n.Helper()
	var all []string
	for _, on := range []forum.Subject{{Kind: forum.OnPost, ID: 1}, {Kind: forum.OnComment, ID: 1}} {
		reason, yes, err := private.Of(n.db).Reported(n.Context(), n.people[who].ID, on)
		if err != nil {
			n.Fatal(err)
		}
		if !yes {
			reason = "-"
		}
		all = append(all, reason)
	}
	return strings.Join(all, "|")
}

// press has a tab get a key, as a keyboard sends it, held with others by their bits: 2
// for Ctrl, 8 for Shift.
func (b browsing) press(key string, code, with int64) {
	b.t.Helper()
	text := map[string]string{"Enter": "\r"}[key]
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Modifiers: with, Key: key, Code: key, WindowsVirtualKeyCode: code, Text: text}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// Something is reported, and the report taken back, where it stands: by mouse and by
// keys, with what is wrong beside the field, and while the page stays.
func TestReportInPlace(t *testing.T) {
	n, b, open, complaints := besides(t, 360)
	ctx, does, is := b.ctx, b.does, b.is
	at := func(place, state string) string { return place + " a.report" + state }
	const focus = `document.activeElement.className || document.activeElement.name`
	for _, x := range []struct {
		page, place, href, said, none string
		keys                          bool
	}{
		{"/post/1", ".post footer", "/report/post-1", "Off\ntopic.|-", "-|-", false},
		{"/post/1", "#comment-1", "/report/comment-1", "-|Off\ntopic.", "-|-", true},
		{"/c/go", "#post-1", "/report/post-1", "Off\ntopic.|-", "-|-", true},
	} {
		open(x.page)
		use := func() {
			t.Helper()
			if x.keys {
				does("focus", chromedp.Focus(chromedp.CSS(at(x.place, ""))))
				b.press("Enter", 13, 0)
			} else {
				does("click", chromedp.Click(chromedp.CSS(at(x.place, ""))))
			}
		}
		field := x.place + " form textarea"
		use()
		does("opened", chromedp.WaitVisible(chromedp.CSS(field)))
		is("where one types", focus, "reason")
		is("it is labelled", `document.activeElement.labels[0].textContent`, "What is wrong with it?")
		webtest.Shoot(t, ctx, "report"+strings.ReplaceAll(x.href, "/", "-"))
		for _, v := range webtest.Violations(t, ctx) {
			t.Errorf("%s: axe: %s", x.href, v)
		}
		does("type", chromedp.SendKeys(chromedp.CSS(field), "Nothing"))
		b.press("Escape", 27, 0)
		is("closed", `document.querySelectorAll("[data-placed]").length + " " + (`+focus+`)`, "0 report")
		use()
		does("again", chromedp.WaitVisible(chromedp.CSS(field)), chromedp.SendKeys(chromedp.CSS(field), " "))
		if x.keys {
			b.press("Tab", 9, 0)
			b.press("Enter", 13, 0)
		} else {
			does("send", chromedp.Click(chromedp.CSS(x.place+" form .button.main")))
		}
		does("refused", chromedp.WaitVisible(chromedp.CSS(x.place+" form .fault")))
		is("what is wrong is beside it", `[document.activeElement.name, document.activeElement.value, document.activeElement.getAttribute("aria-invalid"), document.activeElement.getAttribute("aria-describedby").split(" ").map(id => document.getElementById(id).className).join(" ")].join("|")`, "reason| |true|fault hint")
		is("and once", `document.querySelectorAll("[data-placed]").length + " " + new Set([...document.querySelectorAll("[id]")].map(e => e.id)).size + " " + document.querySelector(".fault").textContent`,
			`1 `+evaluated(t, b, `document.querySelectorAll("[id]").length + ""`)+` Say what is wrong with it.`)
		for _, v := range webtest.Violations(t, ctx) {
			t.Errorf("%s, refused: axe: %s", x.href, v)
		}
		does("say why", chromedp.SendKeys(chromedp.CSS(field), "Off\ntopic."))
		if got := n.reasons("bob"); got != x.none {
			t.Errorf("%s: before it is sent: %q", x.href, got)
		}
		if x.keys {
			b.press("Tab", 9, 0)
			b.press("Enter", 13, 0)
		} else {
			does("send", chromedp.Click(chromedp.CSS(x.place+" form .button.main")))
		}
		does("reported", chromedp.WaitVisible(chromedp.CSS(at(x.place, "[data-done]"))))
		is("what is shown", `[document.querySelectorAll("form[data-placed]").length, `+focus+`, document.activeElement.textContent, document.querySelector("[data-placed][role=status]").textContent].join("|")`,
			"0|report|Take back the report|Thank you. Those who moderate the community have been told.")
		if got := strings.ReplaceAll(n.reasons("bob"), "\r", ""); got != x.said {
			t.Errorf("%s: stored is %q", x.href, got)
		}
		if page := n.sees("bob", x.page); !strings.Contains(page, `data-done href="`+x.href+`">Take back the report<`) {
			t.Errorf("%s: the page does not say that it is reported", x.href)
		}
		for _, v := range webtest.Violations(t, ctx) {
			t.Errorf("%s, reported: axe: %s", x.href, v)
		}
		use()
		does("taken back", chromedp.WaitVisible(chromedp.CSS(at(x.place, ":not([data-done])"))))
		is("what is shown", `[document.querySelectorAll("[data-placed]").length, `+focus+`, document.activeElement.textContent].join("|")`, "0|report|Report")
		if got := n.reasons("bob"); got != x.none {
			t.Errorf("%s: taken back, stored is %q", x.href, got)
		}
		is("it stayed", `window.stays`, "the same page")
	}
	for _, c := range complaints() {
		if !strings.Contains(c, "status of 400") {
			t.Error(c)
		}
	}

	// Without script, the way to report leads to its page, and so does the way back.
	if status, body := n.page("bob", "/report/post-1", url.Values{"reason": {"Off topic."}}); status != http.StatusOK || !strings.Contains(body, `name="withdraw"`) {
		t.Errorf("without script: %d", status)
	}
	if body := n.sees("bob", "/report/post-1"); lacks(body, "You said: Off topic.", `name="withdraw"`) != nil {
		t.Error("the page of what is reported does not take it back")
	}
	if to := n.done("bob", "/report/post-1", "withdraw", "1"); to != "/post/1" || n.reasons("bob") != "-|-" {
		t.Errorf("taken back: to %s, %s", to, n.reasons("bob"))
	}
}

func evaluated(t *testing.T, b browsing, script string) string {
	t.Helper()
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
