package markup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFromMarkdown(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", " \n\n", ""},
		{"emphasis", "**a** *b* ~~c~~ H~2~O x^2^ ~d e~", "<p><strong>a</strong> <em>b</em> <del>c</del> H<sub>2</sub>O x<sup>2</sup> ~d e~</p>"},
		{"angle brackets are text", "List<String> <b>x</b>\n\n<div>\n", "<p>List&lt;String&gt; &lt;b&gt;x&lt;/b&gt;</p><p>&lt;div&gt;</p>"},
		{"headings", "# a\n\nb\n=\n\n### c", "<h2>a</h2><h2>b</h2><h3>c</h3>"},
		{"lists", "1. a\n2. b\n   - c\n\n7) d", `<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol><ol start="7"><li>d</li></ol>`},
		{"code", "`a<b>`\n\n```go\nx := \"<y>\"\n```", "<p><code>a&lt;b&gt;</code></p><pre><code class=\"language-go\">x := &#34;&lt;y&gt;&#34;\n</code></pre>"},
		{"quote", "> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"},
		{"table", "| a | b |\n|:-:|---|\n| 1 |", `<table><thead><tr><th align="center">a</th><th>b</th></tr></thead><tbody><tr><td align="center">1</td><td></td></tr></tbody></table>`},
		{"bare links", "see https://x.test/a_b_c, www.y.test.", `<p>see <a href="https://x.test/a_b_c"` + rel + `>https://x.test/a_b_c</a>, <a href="http://www.y.test"` + rel + `>www.y.test</a>.</p>`},
		{"pictures", "![A cat](https://x.test/c.png)", `<p><a class="picture-link" href="https://x.test/c.png"` + rel + `>A cat</a></p>`},
		{"mentions", "@Ann@Far.test and @bob@stoa.test, @c@localhost:8080.", `<p><a class="mention" href="https://stoa.test/u/ann@far.test">@Ann@Far.test</a> and <a class="mention" href="https://stoa.test/u/bob">@bob@stoa.test</a>, <a class="mention" href="https://stoa.test/u/c@localhost:8080">@c@localhost:8080</a>.</p>`},
		{"communities", "(!go@lemmy.test)", `<p>(<a class="community" href="https://stoa.test/c/go@lemmy.test">!go@lemmy.test</a>)</p>`},
		{"no mentions", "x@y @a a@@b.test @a@b @a@b.test/c `@a@b.test` @a@.b.test", "<p>x@y @a a@@b.test @a@b @a@b.test/c <code>@a@b.test</code> @a@.b.test</p>"},
		{"mention in a link", "[to @a@b.test](https://x.test)", `<p><a href="https://x.test"` + rel + `>to @a@b.test</a></p>`},
		{"e-mail", "me@b.test", `<p><a href="mailto:me@b.test"` + rel + `>me@b.test</a></p>`},
		{"spoiler", "a\n::: spoiler The *end* <b>\nIt was\n\n- b\n:::\nc", `<p>a</p><details><summary>The *end* &lt;b&gt;</summary><p>It was</p><ul><li>b</li></ul></details><p>c</p>`},
		{"spoiler in a spoiler", ":::: spoiler a\n::: spoiler b\nc\n:::\nd\n::::", `<details><summary>a</summary><details><summary>b</summary><p>c</p></details><p>d</p></details>`},
		{"spoiler left open", "::: spoiler a\nb", `<details><summary>a</summary><p>b</p></details>`},
		{"no spoiler", "::: warning\nb\n:::\n\n:: spoiler x", "<p>::: warning\nb\n:::</p><p>:: spoiler x</p>"},
		{"footnotes", "a[^n]\n\n[^n]: b", `<p>a<sup id="fn-c1-fnref-1"><a class="footnote-ref" href="#fn-c1-fn-1">1</a></sup></p><section class="footnotes"><hr><ol><li id="fn-c1-fn-1"><p>b <a class="footnote-backref" href="#fn-c1-fnref-1">↩︎</a></p></li></ol></section>`},
		{"right to left", "**שלום** عالم", "<p><strong>שלום</strong> عالم</p>"},
		{"emoji", ":blobcat: 👩‍👩‍👧‍👦", "<p>:blobcat: 👩‍👩‍👧‍👦</p>"},
		{"relative link", "[c](/c/go@lemmy.test)", `<p><a href="https://stoa.test/c/go@lemmy.test">c</a></p>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := FromMarkdown(c.in, local)
			if err != nil || got != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
			mustBeSafe(t, c.in, got, local)
		})
	}
	got, err := FromMarkdown("@a@b.test", Options{})
	if err != nil || got != "<p>@a@b.test</p>" {
		t.Errorf("without our own address: %s %v", got, err)
	}
}

// TestBombs: texts that are cheap to write and dear to render end in a typed
// refusal or in bounded output. Unguarded, most of them take seconds to minutes,
// which the time limit of the test run shows.
func TestBombs(t *testing.T) {
	o := Options{LocalURL: "https://stoa.test", IDPrefix: "c1"}
	fill := func(s string) string { return strings.Repeat(s, MaxMarkdown/len(s)) }
	staircase := ""
	for i := 1; len(staircase) < MaxMarkdown-1000; i++ {
		staircase += strings.Repeat(">", i%400) + "a\n"
	}
	indented := ""
	for i := 0; len(indented) < MaxMarkdown-1000; i++ {
		indented += strings.Repeat("  ", i) + "- a\n"
	}
	for _, c := range []struct {
		in   string
		kind Kind // 0: rendered
	}{
		{strings.Repeat("a", MaxMarkdown+1), TooLarge},
		{fill(">"), TooDeep}, {fill("1. "), TooDeep}, {fill("- "), TooDeep}, {fill("- > "), TooDeep}, {fill("[^a]:"), TooDeep}, {staircase, TooDeep}, {indented, TooDeep},
		{fill("[]("), TooExpensive}, {fill("[a](b"), TooExpensive}, {fill("*a_"), TooExpensive}, {fill("^a"), TooExpensive}, {fill("[a]:\n"), TooExpensive}, {fill("``\\"), TooExpensive}, {fill("\n[^1]"), TooExpensive},
		{"[a]: https://x.test/" + strings.Repeat("b", 5000) + "\n\n" + strings.Repeat("[a] ", 2000), TooExpensive},
		{"|" + strings.Repeat("a|", 2000) + "\n|" + strings.Repeat("-|", 2000) + "\n" + strings.Repeat("|\n", 2000), 0},
		{fill("::: spoiler\n"), 0}, {fill("[["), 0}, {fill("![["), 0}, {fill("<a"), 0}, {fill("&#"), 0}, {fill("~~"), 0},
		{fill("a@"), 0}, {fill("@a@b"), 0}, {fill("@a@b.c "), 0}, {fill("(http://a.b)"), 0}, {fill("a|b\n"), 0}, {fill("\\"), 0}, {fill("`"), 0},
		{fill("#"), 0}, {fill("👩‍👩‍👧‍👦"), 0},
	} {
		out, err := FromMarkdown(c.in, o)
		var limit *LimitError
		switch {
		case c.kind == 0 && err != nil:
			t.Errorf("%.20q: %v", c.in, err)
		case c.kind != 0 && (!errors.As(err, &limit) || limit.Kind != c.kind || !errors.Is(err, &LimitError{Kind: c.kind})):
			t.Errorf("%.20q: got %v, want %v", c.in, err, c.kind)
		case len(out) > MaxOutput:
			t.Errorf("%.20q: %d bytes", c.in, len(out))
		}
		// The same as HTML, and back.
		html := FromHTML(c.in, o)
		_ = ToMarkdown(html)
	}
	for _, tag := range []string{"<b>", "<p>", "<a href=//a.b>", "<table>", "<td>", "<li>", "<ul>", "<b><p>", "<b x=1><i><p>", "<!--", "<", "</", "<ruby><rt>", "<span>",
		"<details>", "<svg>", "<pre>", "<br>", "<table><td>", "<blockquote>a", "<img src=//a.b>", "&", "[", "* ", "<em>*", "<sup id=a><a href=#a>x"} {
		in := fill(tag)
		out := FromHTML(in, o)
		if complaint := unsafe(out, o); complaint != "" {
			t.Errorf("%s: %.200s", tag, complaint)
		}
		_ = ToMarkdown(in)
		_ = Plain(in, 200)
		_, _ = Opening(in, 100)
		_ = StripLeadingMentions(in, nil)
	}
}

// TestLimitsSpareHonestText: the guards are for bombs, not for long writers.
func TestLimitsSpareHonestText(t *testing.T) {
	var b strings.Builder
	for i := range 600 {
		fmt.Fprintf(&b, "- [Link %d](https://example.org/a/%d) with `code`, **bold** and *more* words in an item of a long tight list\n", i, i)
	}
	b.WriteString(essay(1500))
	if _, err := FromMarkdown(b.String(), local); err != nil {
		t.Errorf("%d bytes: %v", b.Len(), err)
	}
	if _, err := FromMarkdown("- "+strings.Repeat("- ", 90)+"x", local); err == nil {
		t.Log("90 lists deep are flattened")
	}
	if out, err := FromMarkdown(strings.Repeat("> ", 60)+"x", local); err != nil || strings.Count(out, "<blockquote>") != 60 {
		t.Errorf("60 quotes: %v", err)
	}
}

// essay is a text of about n words as somebody with much to say writes it.
func essay(n int) string {
	words := strings.Fields("the porch was open on one side so that whoever crossed the square could stop beneath it and hear what was being said about harvests laws ships grammar or the stars")
	var b strings.Builder
	b.WriteString("# On porches\n\n")
	for i := range n {
		b.WriteString(words[(i*7+i/5)%len(words)])
		switch {
		case i%331 == 330:
			fmt.Fprintf(&b, ".\n\n## Part %d of the *story*\n\n", i/331)
		case i%151 == 150:
			b.WriteString(":\n\n1. first **bold** thing\n2. second thing\n   - inner thing with `code`\n\n")
		case i%97 == 96:
			b.WriteString(".\n\n> quoted words, said [elsewhere](https://example.org/said_(once)) 🎉\n\n")
		case i%211 == 210:
			b.WriteString(".\n\n```go\nfunc main() {\n\tfmt.Println(\"hi\")\n}\n```\n\nשלום עולם, مرحبا بالعالم.\n\n")
		case i%53 == 52:
			b.WriteString(". ")
		case i%13 == 12:
			b.WriteString(",\n")
		default:
			b.WriteString(" ")
		}
	}
	return b.String() + ".\n"
}

func TestEssay(t *testing.T) {
	src := essay(3000)
	html, err := FromMarkdown(src, local)
	if err != nil {
		t.Fatal(err)
	}
	mustBeSafe(t, "essay", html, local)
	for _, part := range []string{"<h2>On porches</h2>", "<h3>Part 3 of the <em>story</em></h3>", "<li>first <strong>bold</strong> thing</li>",
		"<li>second thing<ul><li>inner thing with <code>code</code></li></ul></li>", `href="https://example.org/said_(once)"`,
		"🎉", "<pre><code class=\"language-go\">func main() {\n\tfmt.Println(&#34;hi&#34;)\n}\n</code></pre>", "שלום עולם, مرحبا بالعالم."} {
		if !strings.Contains(html, part) {
			t.Errorf("missing %s", part)
		}
	}
	if n := WordCount(html); n < 3000 || n > 3600 {
		t.Errorf("%d words", n)
	}
	back := ToMarkdown(html)
	again, err := FromMarkdown(back, local)
	if err != nil || again != html {
		t.Errorf("%v: the way to Markdown and back changes it\n%.3000s", err, difference(html, again))
	}
}

// difference shows where two texts part.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-100)
	return fmt.Sprintf("…%q\n…%q", a[from:min(len(a), i+200)], b[from:min(len(b), i+200)])
}
