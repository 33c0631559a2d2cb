package compose

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
)

// rendered is what a program makes of Markdown: the way of cmd/stoa.
func rendered(source string) (forum.Text, error) {
	text, err := markup.FromMarkdown(source, markup.Options{LocalURL: base})
	return forum.Text{Source: source, Format: forum.Markdown, HTML: text, RenderVersion: markup.Version}, err
}

// everything is a text with all that Markdown has here.
const everything = `# A heading

Some **bold**, *slanted*, ~~struck~~ and ` + "`code`" + `, @ann@node.localhost, !go@node.localhost and 🎉.[^1]

| Bean | Height |
|------|-------:|
| Runner | 3 m |

` + "```go\nfunc main() { println(\"<b>\") }\n```" + `

> Quoted & noted.

1. One
2. [Two](https://beans.example/?a=b&c=d), https://bare.example/

::: spoiler How it ends
The snail **wins**.
:::

<script>alert(1)</script> 5 < 6

[^1]: A note at the foot.
`

var prose = regexp.MustCompile(`(?s)<section class="shown".*?<div class="prose" dir="auto">(.*?)</div>\n`)

// What the preview shows is what is stored and what the page shows, to the byte, for
// posts, answers and edits.
func TestPreviewIsWhatIsStored(t *testing.T) {
	n := newNodeThat(t, rendered)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	source := strings.ReplaceAll(everything, "\n", "\r\n") // as browsers send it
	stored := func(table string, id int) (text string) {
		t.Helper()
		if err := n.db.Pool().QueryRow(t.Context(), `select html from `+table+` where id = $1`, id).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	shown := func(path string, fields ...string) string {
		t.Helper()
		status, page := n.sends("ann", path, nil, append(fields, "preview", "1")...)
		m := prose.FindStringSubmatch(page)
		if status != 200 || m == nil {
			t.Fatalf("%s: %d %s", path, status, page)
		}
		if !strings.Contains(page, html.EscapeString("[^1]: A note")) {
			t.Errorf("%s: the text is not in the form any more", path)
		}
		return m[1]
	}
	same := func(what, preview, table, page string) {
		t.Helper()
		text := stored(table, 1)
		if plain := strings.ReplaceAll(preview, ` tabindex="0"`, ""); plain != text { // what is wide can be scrolled by keys
			t.Errorf("%s: the preview shows\n%s\nand stored is\n%s", what, plain, text)
		}
		if body := n.sees("", page); !strings.Contains(body, preview) {
			t.Errorf("%s: the page does not show what the preview showed", what)
		}
	}
	before := shown("/submit", "to", "go", "title", "All of it", "text", source)
	for _, part := range []string{`<table tabindex="0">`, `<pre tabindex="0">`, "<del>", "<blockquote>", "<ol>", "<details>", `href="https://beans.example/?a=b&amp;c=d"`, base + "/u/ann", base + "/c/go", "🎉", "<sup"} {
		if !strings.Contains(before, part) {
			t.Errorf("the preview lacks %s: %s", part, before)
		}
	}
	if strings.Contains(before, "<script") {
		t.Error("a script is shown")
	}
	if got := n.done("ann", "/submit", "to", "go", "title", "All of it", "text", source); got != "/post/1" {
		t.Fatal(got)
	}
	same("a post", before, "post", "/post/1")
	before = shown("/reply/post-1", "text", source)
	n.done("ann", "/reply/post-1", "text", source)
	same("an answer", before, "comment", "/comment/1")
	source = "Changed.\r\n\r\n" + source
	before = shown("/edit/post-1", "title", "All of it", "text", source)
	n.done("ann", "/edit/post-1", "title", "All of it", "text", source)
	same("an edit", before, "post", "/post/1")
}
