package compose

import (
	"encoding/base64"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"stoa/federation/account"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// The editor as somebody with script has it: tools, a word about the link, pictures
// that are pasted and dropped, a preview in place, and a draft of which nobody has to
// think.
func TestEditorInChromium(t *testing.T) {
	n := newNodeThat(t, rendered)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	const link = "https://news.example/a"
	n.done("ann", "/submit", "to", "go", "title", "The first", "link", link)
	ctx, complaints := n.signedIn(webtest.Browser(t), "ann", 1280, "light")
	b := browsing{t, ctx}
	does, is := b.does, b.is
	evaluate := func(script string) {
		t.Helper()
		if err := webtest.Evaluate(ctx, script); err != nil {
			t.Fatalf("%s: %v", script, err)
		}
	}
	const area, text = `document.querySelector("#field-text")`, `document.querySelector("#field-text").value`
	choose := func(from, to int) {
		t.Helper()
		evaluate(fmt.Sprintf(`%s.focus(); %s.setSelectionRange(%d, %d)`, area, area, from, to))
	}
	// kept waits until the draft is as it should be, or is none.
	kept := func(what string, fits func(d account.Draft, ok bool) bool) {
		t.Helper()
		var d account.Draft
		var ok bool
		for range 200 {
			var err error
			if d, ok, err = private.Of(n.db).Draft(t.Context(), n.people["ann"].ID, "post"); err != nil {
				t.Fatal(err)
			}
			if fits(d, ok) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s: the draft is %v %+v", what, ok, d)
	}
	begun := func() {
		t.Helper()
		does("open", chromedp.Navigate(n.server.URL+"/submit"), chromedp.WaitReady(chromedp.CSS(".tools")))
	}

	begun()
	does("type", chromedp.SendKeys(chromedp.CSS("#field-text"), "one\ntwo"))
	choose(4, 7)
	does("bold", chromedp.Click(chromedp.CSS(`.tools [data-wrap="**|**"]`)))
	is("bold", text, "one\n**two**")
	choose(0, 8)
	does("a list", chromedp.Click(chromedp.CSS(`.tools [data-line="- "]`)))
	is("a list", text, "- one\n- **two**")
	choose(2, 5)
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Modifiers: 2, Key: "b", Code: "KeyB", WindowsVirtualKeyCode: 66}); err != nil {
			t.Fatal(err)
		}
	}
	is("by key", text, "- **one**\n- **two**")
	is("what is chosen", fmt.Sprintf(`%s.slice(%s.selectionStart, %s.selectionEnd)`, text, area, area), "one")

	// Nothing is pressed, and it is kept; and when the page is left before that.
	kept("typed", func(d account.Draft, _ bool) bool { return d.Text == "- **one**\n- **two**" })
	does("title", chromedp.SendKeys(chromedp.CSS("#field-title"), "The second"), chromedp.SendKeys(chromedp.CSS("#field-to"), "go"))
	does("leave", chromedp.Navigate(n.server.URL+"/c/go"), chromedp.WaitReady(chromedp.CSS("footer.steps")))
	kept("left", func(d account.Draft, _ bool) bool { return d.Title == "The second" && d.To == "go" })
	begun()
	is("what is said", `document.querySelector(".notice.done").textContent`, "You began this earlier; here it is.")
	is("what was begun", `["to", "title", "text"].map(f => document.querySelector("#field-" + f).value).join("|")`, "go|The second|- **one**\n- **two**")

	does("link", chromedp.SendKeys(chromedp.CSS("#field-link"), link), chromedp.WaitVisible(chromedp.CSS(".posted a")))
	is("posted already", `document.querySelector(".posted").textContent + document.querySelector(".posted a").getAttribute("href")`, "This link was posted already:The first · !go/post/1")

	does("preview", chromedp.Click(chromedp.CSS("button[name=preview]")), chromedp.WaitVisible(chromedp.CSS("form.write .shown")))
	is("in place", `document.querySelectorAll(".shown").length + " " + document.querySelector(".shown .title").textContent + " " + document.querySelector(".shown .prose").innerHTML.replaceAll("\n", "")`,
		"1 The second <ul><li><strong>one</strong></li><li><strong>two</strong></li></ul>")
	is("and the form is there", text, "- **one**\n- **two**")

	// A picture is pasted, another dropped: both come back to be described, and what was
	// typed right before is there, too.
	file := func(c color.Color) string {
		return fmt.Sprintf(`const files = new DataTransfer(); files.items.add(new File([Uint8Array.from(atob(%q), c => c.charCodeAt(0))], "a.png", { type: "image/png" }));`,
			base64.StdEncoding.EncodeToString(pngOf(n, drawing(60, 40, c))))
	}
	const typed = "- **one**\n- **two**"
	choose(len(typed), len(typed))
	does("type", chromedp.KeyEvent("!"))
	evaluate(`{` + file(color.White) + area + `.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })) }`)
	does("pasted", chromedp.WaitReady(chromedp.CSS(".upload")), chromedp.WaitReady(chromedp.CSS(".tools")))
	choose(len(typed)+1, len(typed)+1)
	does("type", chromedp.KeyEvent("?"))
	evaluate(`{` + file(color.Black) + `document.querySelector("form.write").dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })) }`)
	does("dropped", chromedp.WaitReady(chromedp.CSS(".upload ~ .upload")), chromedp.WaitReady(chromedp.CSS(".tools")))
	is("all that was typed", `["to", "title", "link", "text"].map(f => document.querySelector("#field-" + f).value).join("|")`, "go|The second|"+link+"|"+typed+"!?")
	is("what is said", `document.querySelector(".notice.done").textContent`, "Here are your pictures. Describe them for those who do not see them.")
	does("close", chromedp.Navigate("about:blank")) // nothing was touched since
	kept("closed", func(d account.Draft, _ bool) bool { return d.Text == typed+"!?" && len(d.Pictures) == 2 })
	begun()
	does("describe", chromedp.SendKeys(chromedp.CSS(".upload input[name^=alt-]"), "White"), chromedp.SendKeys(chromedp.CSS(".upload ~ .upload input[name^=alt-]"), "Black"))
	webtest.Shoot(t, ctx, "editor")
	does("post", chromedp.Click(chromedp.CSS("form.write .button.main")), chromedp.WaitReady(chromedp.CSS("article.post")))
	p, err := n.db.Reader().Post(t.Context(), 2)
	if err != nil || len(p.Attachments) != 2 || p.Attachments[0].Alt != "White" || p.Attachments[1].Alt != "Black" || strings.ReplaceAll(p.Text.Source, "\r", "") != typed+"!?" || p.Link != link {
		t.Errorf("%+v %v", p, err)
	}
	kept("sent", func(_ account.Draft, ok bool) bool { return !ok })
	for _, c := range complaints() {
		t.Error(c)
	}
}
