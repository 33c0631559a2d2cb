package markup

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"<h1>a</h1><p>b<br>c</p><ul><li>d</li><li>e</li></ul>", 0, "a b c d e"},
		{"<table><tr><td>a<td>b</table>", 0, "a b"},
		{"a<script>b</script><style>c</style>&lt;d&gt;", 0, "a<d>"},
		{"<p>one two three four</p>", 12, "one two…"},
		{"<p>one two three four</p>", 18, "one two three four"},
		{"<p>onetwothreefour</p>", 6, "onetw…"},
		{"aaaa👩‍👩‍👧‍👦", 8, "aaaa…"},
		{"aaaa🇩🇪🇫🇷", 7, "aaaa🇩🇪…"},
		{"aaaae\u0301x", 6, "aaaa…"},
		{"<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", 0, "漢(kan)"},
	} {
		got := Plain(c.in, c.max)
		if got != c.want {
			t.Errorf("Plain(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
		if c.max > 0 && utf8.RuneCountInString(got) > c.max {
			t.Errorf("%q is longer than %d", got, c.max)
		}
	}
}

func TestOpening(t *testing.T) {
	for _, c := range []struct {
		in    string
		title string
		whole bool
	}{
		{"<p>Hello there</p>", "Hello there", true},
		{"<h1>Title</h1><p>Text</p>", "Title", false},
		{"<h1>Title</h1>", "Title", true},
		{"<p>First line<br>second</p>", "First line", false},
		{"<p>a</p><p>b</p>", "a", false},
		{"<p>a <b>b</b>\nc</p>", "a b c", true},
		{"<p>one two three four five six</p>", "one two three four…", false},
		{`<p>See <a href="https://x.test">this</a></p>`, "See this", false},
		{`<p>Hi <a class="hashtag" href="https://x.test/t/go">#go</a></p>`, "Hi #go", true},
		{"<ul><li>a</li></ul>", "a", false},
		{"<blockquote>q</blockquote>", "q", false},
		{"<p>a</p><hr>", "a", false},
		{`<img src="https://x.test/cat.png" alt="A cat">`, "A cat", false},
		{"<pre>a\nb</pre>", "a", false},
		{"", "", false},
		{"<p> </p>", "", false},
	} {
		title, whole := Opening(c.in, 20)
		if title != c.title || whole != c.whole {
			t.Errorf("Opening(%q) = %q, %v; want %q, %v", c.in, title, whole, c.title, c.whole)
		}
	}
}

func TestWordCount(t *testing.T) {
	for in, want := range map[string]int{
		"":                                      0,
		"<p>one two-three don't</p><p>four</p>": 4,
		"<p>— … !</p>":                          0,
		"<p>你好世界</p>":                           2,
		"<p>" + strings.Repeat("a ", 3000):      3000,
	} {
		if got := WordCount(in); got != want {
			t.Errorf("WordCount(%.30q) = %d, want %d", in, got, want)
		}
	}
}
