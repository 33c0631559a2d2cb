package markup

import "testing"

func TestStripLeadingMentions(t *testing.T) {
	ann := `<span class="h-card"><a href="https://m.test/@ann" class="u-url mention">@<span>ann</span></a></span>`
	club := `<a href="https://stoa.test/c/club" class="u-url mention">@<span>club</span></a>`
	for _, c := range []struct{ name, in, want string }{
		{"one", "<p>" + ann + " text</p>", "<p>text</p>"},
		{"two", "<p>" + ann + " " + club + " text <b>b</b></p>", "<p>text <strong>b</strong></p>"},
		{"only leading ones", "<p>" + ann + " hi " + club + "</p>", `<p>hi <a class="mention" href="https://stoa.test/c/club"` + rel + `>@club</a></p>`},
		{"none", "<p>hi</p>", "<p>hi</p>"},
		{"in a paragraph of their own", "<p>" + ann + "</p><p>" + club + "<br>text</p>", "<p>text</p>"},
		{"nothing else", "<p>" + ann + " " + club + "</p>", ""},
		{"separators", "<p>" + ann + ", " + club + ": text</p>", "<p>text</p>"},
		{"in text", "<p>@a@b.test @c@d.test, text @e@f.test</p>", "<p>text @e@f.test</p>"},
		{"no host", "<p>@a text</p>", "<p>@a text</p>"},
		{"e-mail", "<p>a@b.test text</p>", "<p>a@b.test text</p>"},
		{"by href", `<p><a href="https://l.test/u/x">@x@l.test</a> text</p>`, "<p>text</p>"},
		{"link that is nobody", `<p><a href="https://l.test/y">@x@l.test</a></p>`, `<p><a href="https://l.test/y"` + rel + `>@x@l.test</a></p>`},
		{"sign before the link", `<p>@<a href="https://f.test/x" class="mention">Ann</a> text</p>`, "<p>text</p>"},
		{"hashtag", `<p><a href="https://m.test/tags/go" class="mention hashtag">#go</a> text</p>`, `<p><a class="hashtag" href="https://m.test/tags/go"` + rel + `>#go</a> text</p>`},
		{"before other blocks", "<p>" + ann + "</p><ul><li>x</li></ul>", "<ul><li>x</li></ul>"},
		{"quote", "<blockquote>" + ann + " x</blockquote>", `<blockquote><p><a class="mention" href="https://m.test/@ann"` + rel + `>@ann</a> x</p></blockquote>`},
		{"time of day", "<p>" + ann + " :) text</p>", "<p>:) text</p>"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			hrefs := []string{"https://l.test/u/x", "::", "javascript:x"}
			for _, in := range []string{c.in, FromHTML(c.in, Options{})} {
				got := StripLeadingMentions(in, hrefs)
				if got != c.want {
					t.Errorf("\n got %s\nwant %s", got, c.want)
				}
				mustBeSafe(t, in, got, Options{})
				if again := StripLeadingMentions(got, hrefs); again != got {
					t.Errorf("again: %s", again)
				}
			}
		})
	}
}

func TestStripLeadingMentionsKeepsFootnotes(t *testing.T) {
	in := FromHTML(`<p>@a@b.test x<sup id=r><a href="#n">1</a></sup></p><ol><li id=n>note</ol>`, local)
	want := `<p>x<sup><a href="#fn-c1-n">1</a></sup></p><ol><li id="fn-c1-n">note</li></ol>`
	if got := StripLeadingMentions(in, nil); got != want {
		t.Errorf("got %s", got)
	}
}
