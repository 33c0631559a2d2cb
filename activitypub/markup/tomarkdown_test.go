package markup

import (
	"strings"
	"testing"
)

func TestToMarkdown(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"<p>a</p><p>b<br>c</p>", "a\n\nb\\\nc"},
		{"<h2>a</h2><p><strong>b</strong> <em>c</em> <del>d</del> H<sub>2</sub>O</p>", "## a\n\n**b** *c* ~~d~~ H~2~O"},
		{"<p>a<b> b </b>c</p>", "a **b** c"},
		{"<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
		{`<ol start="3"><li><p>a</p><p>b</p></li><li>c</li></ol>`, "3. a\n\n   b\n\n4. c"},
		{"<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n+ b"},
		{"<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>", "> a\n>\n> > b"},
		{"<pre><code class=\"language-go\">a\n```\n</code></pre>", "````go\na\n```\n````"},
		{"<p><code>a`b</code> <code>c</code></p>", "`` a`b `` `c`"},
		{`<p><a href="https://x.test/(a)">b</a> <a href="https://x.test/">https://x.test/</a></p>`, "[b](https://x.test/(a)) <https://x.test/>"},
		{`<p><a href="https://x.test/c.png" class="picture-link">A cat</a></p>`, "![A cat](https://x.test/c.png)"},
		{`<p><a href="https://stoa.test/u/a@b.test" class="mention">@a@b.test</a> <a class="mention" href="https://m.test/@a">@a</a></p>`, "@a@b.test [@a](https://m.test/@a)"},
		{`<table><thead><tr><th>a</th><th align="right">b</th></tr></thead><tbody><tr><td>1|2</td><td></td></tr></tbody></table>`, "| a | b |\n|---|---:|\n| 1\\|2 |  |"},
		{"<details><summary>t</summary><p>x</p><details><summary>u</summary><p>y</p></details></details>", ":::: spoiler t\nx\n\n::: spoiler u\ny\n:::\n::::"},
		{"<p># a *b* _c_ d_e [f] 1. g &lt;h&gt; &amp;amp; ~i~ ^j^</p>", `\# a \*b\* \_c\_ d_e \[f\] 1. g \<h> \&amp; \~i\~ \^j\^`},
		{"<p>1. a</p><p>- b</p><p>+ c</p><p>&gt; d</p>", "1\\. a\n\n\\- b\n\n\\+ c\n\n\\> d"},
		{`<p>a<br>
b<br><br>c <a href="https://x.test/)?a&amp;copy=1">d</a></p>`, "a\\\nb\\\n\\\nc [d](https://x.test/%29?a&amp;copy=1)"},
		{"plain", "plain"},
		{"", ""},
	} {
		got := ToMarkdown(c.in)
		if got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.in, got, c.want)
		}
		back, err := FromMarkdown(got, local)
		if words(Plain(back, 0)) != words(Plain(c.in, 0)) {
			t.Errorf("%s came back as %s (%v)", c.in, back, err)
		}
	}
}

// words are the letters and digits of a text.
func words(s string) string { return strings.Map(wordOnly, s) }

func TestRoundTripFromMarkdown(t *testing.T) {
	for _, src := range []string{
		"# a\n\n## b\n\ntext **b**, *i*, ~~s~~ x^2^ H~2~O `code` [l](https://x.test \"title\")",
		"- a\n- b\n\n  c\n- d\n\n1. x\n2. y",
		"| a | b |\n|:--|--:|\n| *c* | `d` |",
		"::: spoiler t\na\n\n- b\n:::\n\nc[^1] d[^2]\n\n[^1]: One\n[^2]: Two\n\n    more",
		"> a\n> \n> ```\n> b\n> ```\n>\n> - c\n>   > d",
		"@a@b.test !c@d.test https://x.test/y ![p](https://x.test/p.png)",
		"a\\\nb\n\n***\n\nc",
	} {
		html, err := FromMarkdown(src, local)
		if err != nil {
			t.Fatal(err)
		}
		again, err := FromMarkdown(ToMarkdown(html), local)
		if err != nil || again != html {
			t.Errorf("%q by way of %q:\n%s", src, ToMarkdown(html), difference(html, again))
		}
	}
}
