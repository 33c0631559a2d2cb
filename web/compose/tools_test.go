package compose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"stoa/web/webtest"
)

// Each tool beside a text, and each key that does the same, writes the Markdown of its
// name around what is chosen; the preview of all of it is what is stored and shown.
func TestToolsInChromium(t *testing.T) {
	n := newNodeThat(t, rendered)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	ctx, complaints := n.signedIn(webtest.Browser(t), "ann", 1280, "light")
	b := browsing{t, ctx}
	const text = `document.querySelector("#field-text").value`
	evaluate := func(script string) {
		t.Helper()
		if err := webtest.Evaluate(ctx, script); err != nil {
			t.Fatalf("%s: %v", script, err)
		}
	}
	choose := func(from, to int) {
		t.Helper()
		evaluate(fmt.Sprintf(`{ const area = document.querySelector("#field-text"); area.focus(); area.setSelectionRange(%d, %d) }`, from, to))
	}
	b.does("open", chromedp.Navigate(n.server.URL+"/submit?to=go&title=Tools"), chromedp.WaitReady(chromedp.CSS(".tools")))
	tools := []struct{ tool, becomes, html string }{
		{"Bold", "**W**", "<strong>W</strong>"}, {"Italic", "*W*", "<em>W</em>"}, {"Struck through", "~~W~~", "<del>W</del>"},
		{"Link", "[W](https://)", `<a href="https://beans.example"`}, {"Quote", "> W", "<blockquote><p>W</p></blockquote>"}, {"List", "- W", "<ul><li>W</li></ul>"},
		{"Numbered list", "1. W", "<ol><li>W</li></ol>"}, {"Heading", "## W", "W</h"}, {"Code", "`W`", "<code>W</code>"}, {"Spoiler", "::: spoiler …\nW\n:::\n", "<details><summary>…</summary><p>W</p></details>"},
		{"Ctrl+b", "**W**", "<strong>W</strong>"}, {"Ctrl+i", "*W*", "<em>W</em>"}, {"Ctrl+k", "[W](https://)", `<a href="https://beans.example"`},
	}
	b.is("which there are", `[...document.querySelectorAll(".tools button")].map(b => b.title).join("|")`, func() string {
		var all []string
		for _, x := range tools[:10] {
			all = append(all, x.tool)
		}
		return strings.Join(all, "|")
	}())
	word := func(i int) string { return fmt.Sprintf("bean%02d", i) }
	var paragraphs []string
	for i := range tools {
		paragraphs = append(paragraphs, word(i))
	}
	written := strings.Join(paragraphs, "\n\n")
	evaluate(fmt.Sprintf(`document.querySelector("#field-text").value = %q`, written))
	for i, x := range tools {
		at := strings.Index(strings.ReplaceAll(written, "…", "."), word(i)) // as UTF-16 counts
		choose(at, at+len(word(i)))
		if key, ok := strings.CutPrefix(x.tool, "Ctrl+"); ok {
			b.press(key, int64(strings.ToUpper(key)[0]), 2)
		} else {
			b.does(x.tool, chromedp.Click(chromedp.CSS(fmt.Sprintf(".tools [title=%q]", x.tool))))
		}
		written = strings.Replace(written, word(i), strings.ReplaceAll(x.becomes, "W", word(i)), 1)
		b.is(x.tool, text, written)
		if strings.Contains(x.becomes, "https://") { // where it leads, typed into its place
			at := strings.Index(strings.ReplaceAll(written, "…", "."), "https://)") + len("https://")
			choose(at, at)
			b.does("address", chromedp.KeyEvent("beans.example"))
			written = strings.Replace(written, "https://)", "https://beans.example)", 1)
			b.is(x.tool+", with its address", text, written)
		} else if !strings.ContainsAny(x.becomes, ">-1#") {
			b.is(x.tool+": what is chosen", `(a => a.value.slice(a.selectionStart, a.selectionEnd))(document.querySelector("#field-text"))`, word(i))
		}
	}
	b.does("preview", chromedp.Click(chromedp.CSS("button[name=preview]")), chromedp.WaitVisible(chromedp.CSS("form.write .shown .prose")))
	shown := evaluated(t, b, `document.querySelector(".shown .prose").innerHTML`)
	for i, x := range tools {
		if want := strings.ReplaceAll(x.html, "W", word(i)); !strings.Contains(strings.ReplaceAll(shown, "\n", ""), want) {
			t.Errorf("%s: the preview lacks %s:\n%s", x.tool, want, shown)
		}
	}

	// In the middle of a line, before an empty first one, and over several.
	for _, x := range []struct {
		text, tool string
		from, to   int
		want       string
	}{
		{"a b c", "Spoiler", 2, 3, "a \n::: spoiler …\nb\n:::\n c"}, {"\na", "List", 0, 0, "- \na"}, {"a\nb\nc", "Quote", 1, 3, "> a\n> b\nc"}, {"", "Numbered list", 0, 0, "1. "},
	} {
		evaluate(fmt.Sprintf(`document.querySelector("#field-text").value = %q`, x.text))
		choose(x.from, x.to)
		b.does(x.tool, chromedp.Click(chromedp.CSS(fmt.Sprintf(".tools [title=%q]", x.tool))))
		b.is(x.tool+" in "+x.text, text, x.want)
	}

	evaluate(fmt.Sprintf(`document.querySelector("#field-text").value = %q`, written))
	choose(0, 0)
	b.press("Enter", 13, 2)
	b.does("sent by Ctrl+Enter", chromedp.WaitReady(chromedp.CSS("article.post")))
	b.is("what is shown is the preview", `document.querySelector("article.post .prose").innerHTML`, shown)
	p, err := n.db.Reader().Post(t.Context(), 1)
	if err != nil || strings.TrimSpace(strings.ReplaceAll(p.Text.Source, "\r", "")) != strings.TrimSpace(written) {
		t.Errorf("stored is %q %v, want %q", p.Text.Source, err, written)
	}
	if want, err := rendered(p.Text.Source); err != nil || p.Text.HTML != want.HTML {
		t.Errorf("stored is %s %v", p.Text.HTML, err)
	}
	for _, c := range complaints() {
		t.Error(c)
	}
}
