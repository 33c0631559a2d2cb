package markup

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func seed(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, s := range []string{essay(200), "@a@b.test, !c@d.test [x](y) ![z](//q)", "::: spoiler a\nb\n:::\n[^1]\n\n[^1]: c", "|a|b|\n|-|-|\n|c|",
		"<ul><li>a<p>b</p>c<ol><li>d</ol></ul><table><tr><td>x<th>y</table>", "<p><span class=h-card><a class=mention href=https://x.test/@a>@a</a></span> b</p>"} {
		f.Add(s)
	}
}

func FuzzFromHTML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		mustBeSafe(t, s, FromHTML(s, local), local)
		mustAgree(t, s, local)
		if title, _ := Opening(s, 80); utf8.RuneCountInString(title) > 80 {
			t.Fatalf("title %q", title)
		}
		if p := Plain(s, 50); utf8.RuneCountInString(p) > 50 || strings.ContainsAny(p, "\n\t") {
			t.Fatalf("plain %q", p)
		}
		mustBeSafe(t, s, Escape(s), Options{})
	})
}

func FuzzFromMarkdown(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		out, err := FromMarkdown(s, local)
		var limit *LimitError
		if err != nil && (!errors.As(err, &limit) || out != "") {
			t.Fatal(err)
		}
		mustBeSafe(t, s, out, local)
	})
}

// FuzzToMarkdown: whatever HTML comes in, its Markdown renders safely, and no
// word is lost on the way.
func FuzzToMarkdown(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		html := FromHTML(s, local)
		md := ToMarkdown(html)
		out, err := FromMarkdown(md, local)
		if err != nil {
			return
		}
		mustBeSafe(t, md, out, local)
	})
}

func FuzzStripLeadingMentions(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		out := StripLeadingMentions(s, []string{"https://x.test/@a"})
		mustBeSafe(t, s, out, Options{})
		if before, after := Plain(FromHTML(s, Options{}), 0), Plain(out, 0); !strings.HasSuffix(before, after) {
			t.Fatalf("%q is not the end of %q", after, before)
		}
	})
}
