package markup

import (
	"strconv"
	"strings"
	"testing"
)

const rel = ` rel="nofollow noopener noreferrer ugc"`

func TestFromHTML(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", " \n<p></p><p>&nbsp;</p><b></b><ul><li></li></ul>", ""},
		{"text gets a paragraph", "one\ntwo", "<p>one\ntwo</p>"},
		{"blanks at both ends", "<p>\n x <b> y </b>\n</p>", "<p>x <strong> y</strong></p>"},
		{"paragraphs", "<div>a</div><div>b<p>c</div>d", "<p>a</p><p>b</p><p>c</p><p>d</p>"},
		{"emphasis", "<b>b</b> <i>i</i> <strike>s</strike> <ins>u</ins> <tt>c</tt>", "<p><strong>b</strong> <em>i</em> <s>s</s> <u>u</u> <code>c</code></p>"},
		{"crossed tags", "<b>1<i>2</b>3</i>4", "<p><strong>1<em>2</em></strong><em>3</em>4</p>"},
		{"emphasis around blocks", "<b><p>x</p><p>y</p></b>z", "<p><strong>x</strong></p><p><strong>y</strong></p><p>z</p>"},
		{"emphasis ends with its block", "<p><b>x</p><p>y</p>", "<p><strong>x</strong></p><p>y</p>"},
		{"unclosed", "<ul><li><b>x", "<ul><li><strong>x</strong></li></ul>"},
		{"line breaks", "a<br>b<br/>c<br><br>", "<p>a<br>b<br>c</p>"},
		{"link", `<a href="https://x.test/a b?c=d&amp;e" target=_blank title=" t ">x</a>`, `<p><a href="https://x.test/a%20b?c=d&amp;e"` + rel + ` title="t">x</a></p>`},
		{"link to us", `<a href="https://stoa.test/post/1">x</a>`, `<p><a href="https://stoa.test/post/1">x</a></p>`},
		{"link to somebody whose host begins as ours", `<a href="https://stoa.test.evil.test/">x</a>`, `<p><a href="https://stoa.test.evil.test/"` + rel + `>x</a></p>`},
		{"//host", `<a href="//x.test/a">x</a>`, `<p><a href="https://x.test/a"` + rel + `>x</a></p>`},
		{"relative link", `<a href="../b">x</a>`, `<p><a href="https://far.test/b"` + rel + `>x</a></p>`},
		{"name of a community", `<a href="/c/Go@lemmy.test">x</a> <a href="/m/go@stoa.test">y</a>`, `<p><a href="https://stoa.test/c/go@lemmy.test">x</a> <a href="https://stoa.test/c/go">y</a></p>`},
		{"password in a link", `<a href="https://bank.test:x@evil.test/">x</a>`, `<p><a href="https://evil.test/"` + rel + `>x</a></p>`},
		{"bad scheme keeps the words", `<a href="magnet:?xt=1">x</a> <a href="javascript:y">y</a>`, `<p>x y</p>`},
		{"mention of Mastodon", `<p><span class="h-card" translate="no"><a class="u-url mention" href="https://m.test/@a">@<span>a</span></a></span> hi</p>`, `<p><a class="mention" href="https://m.test/@a"` + rel + `>@a</a> hi</p>`},
		{"hashtag of Mastodon", `<a class="mention hashtag" href="https://m.test/tags/Go" rel="tag">#<span>Go</span></a>`, `<p><a class="hashtag" href="https://stoa.test/tag/go">#Go</a></p>`},
		{"shortened link", `<a href="https://www.x.test/long/path"><span class="invisible">https://www.</span><span class="ellipsis">x.test/long</span><span class="invisible">/path</span></a>`, `<p><a href="https://www.x.test/long/path"` + rel + `>x.test/long…</a></p>`},
		{"link with nothing to see", `<a href="https://x.test/p"><span class="invisible">https://good.test</span></a>`, `<p><a href="https://x.test/p"` + rel + `>x.test/p</a></p>`},
		{"invisible text outside of links", `a <span class="invisible">b</span>`, `<p>a b</p>`},
		{"picture", `<p><img src="https://x.test/cat.png" alt="A  cat"></p>`, `<p><a class="picture-link" href="https://x.test/cat.png"` + rel + `>A cat</a></p>`},
		{"picture without description", `<img src="https://x.test/d/cat.png?x=1">`, `<p><a class="picture-link" href="https://x.test/d/cat.png?x=1"` + rel + `>cat.png</a></p>`},
		{"picture in a link", `<a href="https://x.test/"><img src="https://x.test/c.png" alt="cat"></a>`, `<p><a href="https://x.test/"` + rel + `>cat</a></p>`},
		{"emoji as a picture", `<img class="emoji" src="https://x.test/b.png" alt=":blob:">!`, `<p>:blob:!</p>`},
		{"emoji", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 :blobcat: ❤️", "<p>👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 :blobcat: ❤️</p>"},
		{"film", `<iframe src="https://v.test/embed/1"></iframe>`, `<p><a class="media-link" href="https://v.test/embed/1"` + rel + `>v.test/embed/1</a></p>`},
		{"headings begin at h2", "<h1>a</h1><h3>b</h3><h2>c</h2><h1>d</h1>", "<h2>a</h2><h3>b</h3><h3>c</h3><h2>d</h2>"},
		{"all headings", "<h1>1</h1><h2>2</h2><h3>3</h3><h4>4</h4><h5>5</h5><h6>6</h6>", "<h2>1</h2><h3>2</h3><h4>3</h4><h5>4</h5><h6>5</h6><h6>6</h6>"},
		{"lists", `<ol start=3><li>a<ul><li>b</ul><li>c</ol>`, `<ol start="3"><li>a<ul><li>b</li></ul></li><li>c</li></ol>`},
		{"list right inside a list", `<ul><li>a</li><ul><li>b</li></ul></ul>`, `<ul><li>a<ul><li>b</li></ul></li></ul>`},
		{"items without a list", `<li>a<li>b</li><p>c</p>`, `<ul><li>a</li><li>b</li></ul><p>c</p>`},
		{"paragraphs in items", `<ul><li><p>a</p><p>b</p></li></ul>`, `<ul><li><p>a</p><p>b</p></li></ul>`},
		{"divs in items", `<ul><li><div>a</div><div>b</div></li></ul>`, `<ul><li>a<p>b</p></li></ul>`},
		{"quote", `<blockquote>a<p>b</blockquote>c`, `<blockquote><p>a</p><p>b</p></blockquote><p>c</p>`},
		{"code", "<pre>\n\n<code class='language-go hljs'><span>x</span>\n  <b>y</b></code></pre>", "<pre>\n\n<code class=\"language-go\">x\n  y</code></pre>"},
		{"table", `<table border=1><caption>t</caption><tr><th style="text-align: right">a<td>b<tr><td colspan=2>c</table>`, `<table><caption>t</caption><tbody><tr><th align="right">a</th><td>b</td></tr><tr><td colspan="2">c</td></tr></tbody></table>`},
		{"text in a table", `<table>x<tr><td>a</table>`, `<table><tbody><tr><td>x</td></tr><tr><td>a</td></tr></tbody></table>`},
		{"details", `<details open class=x><summary>s</summary>b<p>c</details>d`, `<details><summary>s</summary><p>b</p><p>c</p></details><p>d</p>`},
		{"ruby", `<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>`, `<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>`},
		{"formula", `<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>`, `<p><code>x^2</code></p>`},
		{"tasks", `<ul><li><input type=checkbox checked>done<li><input type=checkbox>open</ul>`, `<ul><li>☑ done</li><li>☐ open</li></ul>`},
		{"quotation marks", `<q>x</q>`, `<p>“x”</p>`},
		{"abbreviation", `<abbr title="HyperText">HT</abbr>`, `<p><abbr title="HyperText">HT</abbr></p>`},
		{"footnotes of others", `<p>x<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup></p><div class="footnotes"><hr><ol><li id="fn:1">n <a class="footnote-backref" href="#fnref:1">↩</a></li></ol></div>`,
			`<p>x<sup id="fn-c1-fnref-1"><a class="footnote-ref" href="#fn-c1-fn-1">1</a></sup></p><section class="footnotes"><hr><ol><li id="fn-c1-fn-1">n <a class="footnote-backref" href="#fn-c1-fnref-1">↩</a></li></ol></section>`},
		{"ids that nothing points at", `<p id=x>a<sup id=y>b</sup></p><a href="#z">c</a>`, `<p>a<sup>b</sup></p><p>c</p>`},
		{"bidirectional overrides", "a\u202Eb\u2066c", "<p>abc</p>"},
		{"marks of direction stay", "a\u200Fb", "<p>a\u200Fb</p>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := FromHTML(c.in, local)
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			mustBeSafe(t, c.in, got, local)
		})
	}
}

func TestFootnotesNeedAPrefix(t *testing.T) {
	in := `<sup id="a"><a href="#b">1</a></sup><ul><li id="b">x <a href="#a">up</a></li></ul>`
	if got, want := FromHTML(in, Options{}), `<p><sup>1</sup></p><ul><li>x up</li></ul>`; got != want {
		t.Errorf("got %s", got)
	}
	one, two := FromHTML(in, Options{IDPrefix: "c1"}), FromHTML(in, Options{IDPrefix: "c2"})
	if !strings.Contains(one, `id="fn-c1-a"`) || !strings.Contains(two, `id="fn-c2-a"`) || strings.Contains(two, "fn-c1-") {
		t.Errorf("ids clash:\n%s\n%s", one, two)
	}
}

func TestDepthAndNumberOfElements(t *testing.T) {
	deep := strings.Repeat("<blockquote>", 5000) + "bottom"
	out := FromHTML(deep, local)
	mustBeSafe(t, "deep", out, local)
	if n := strings.Count(out, "<blockquote>"); n == 0 || n > maxDepth || !strings.Contains(out, "bottom") {
		t.Errorf("%d quotes", n)
	}
	many := strings.Repeat("<p>a</p>", maxElements+1)
	if out = FromHTML(many, local); !strings.HasPrefix(out, "<p>a</p>") {
		t.Errorf("got %.100s", out)
	}
	mustBeSafe(t, "many", out, local)
	long := strings.Repeat("word ", MaxHTML/5+1)
	out = FromHTML("<b>"+long, local)
	if len(out) > maxFallback+100 || !strings.HasPrefix(out, "<p>word") {
		t.Errorf("%d bytes: %.50s", len(out), out)
	}
	mustBeSafe(t, "long", out, local)
	attributes := "<p"
	for i := range 20000 {
		attributes += " a" + strconv.Itoa(i) + "=x"
	}
	if out = FromHTML(attributes+">x", local); out != "<p>x</p>" {
		t.Errorf("got %.100s", out)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		" a\r\nb \n\n\n<b>c</b> & '": "<p>a<br>b</p><p>&lt;b&gt;c&lt;/b&gt; &amp; &#39;</p>", //nolint:gocritic // the blanks are what is tested
		"x\u202Ey\x00":               "<p>xy</p>",
	} {
		got := Escape(in)
		if got != want {
			t.Errorf("Escape(%q) = %s", in, got)
		}
		mustBeSafe(t, in, got, Options{})
	}
}

// TestManyAtOnce: the sanitisers are shared by all requests; the race detector
// watches.
func TestManyAtOnce(t *testing.T) {
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for _, in := range hostile {
				out := FromHTML(in, local)
				if md, err := FromMarkdown(in, local); err != nil || unsafe(out, local)+unsafe(md, local) != "" {
					t.Errorf("%q: %v", in, err)
				}
			}
		})
	}
}
