package markup

import (
	"fmt"
	"slices"
	"testing"
)

func TestHashtagsInMarkdown(t *testing.T) {
	o := Options{LocalURL: "https://stoa.test"}
	link := func(path, text string) string {
		return `<a class="hashtag" href="https://stoa.test/tag/` + path + `">` + text + `</a>`
	}
	for src, want := range map[string]string{
		"#Go is #fun":                "<p>" + link("go", "#Go") + " is " + link("fun", "#fun") + "</p>",
		"# Go":                       "<h2>Go</h2>",
		"#1 and #2024":               "<p>#1 and #2024</p>",
		"#2024wishes":                "<p>" + link("2024wishes", "#2024wishes") + "</p>",
		"C#, a#b, https://x.test/#a": `<p>C#, a#b, <a href="https://x.test/#a" rel="nofollow noopener noreferrer ugc">https://x.test/#a</a></p>`,
		"`#code` and\n\n    #code":   "<p><code>#code</code> and</p><pre><code>#code\n</code></pre>",
		"[#go](https://x.test/)":     `<p><a href="https://x.test/" rel="nofollow noopener noreferrer ugc">#go</a></p>`,
		`\#go`:                       "<p>#go</p>",
		"(#Käse)":                    "<p>(" + link("k%C3%A4se", "#Käse") + ")</p>",
		"**#bold**":                  "<p><strong>" + link("bold", "#bold") + "</strong></p>",
		"##go":                       "<p>##go</p>",
	} {
		got, err := FromMarkdown(src, o)
		if err != nil || got != want {
			t.Errorf("%q gives %q, %v, want %q", src, got, err, want)
		}
	}
	if got, _ := FromMarkdown("#go", Options{}); got != "<p>#go</p>" {
		t.Errorf("without an address: %q", got)
	}
}

func TestMentionsOfATextAreListed(t *testing.T) {
	html, err := FromMarkdown("@Bob@far.example, @käte@far.example:8443 and @bob@far.example; @Bob@far.example, `@code@far.example`, !c@far.example, @ann", Options{LocalURL: "https://stoa.test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := Mentions(html); !slices.Equal(got, []string{"Bob@far.example", "käte@far.example:8443", "bob@far.example"}) {
		t.Errorf("%q of %q", got, html)
	}
	if got := Mentions("<p>@bob@far.example</p>"); got != nil {
		t.Errorf("%q of a text without links", got)
	}
}

func TestHashtagsOfATextAreListed(t *testing.T) {
	html, err := FromMarkdown("#Go and #käse and #go", Options{LocalURL: "https://stoa.test"})
	if err != nil {
		t.Fatal(err)
	}
	if got := Hashtags(html); !slices.Equal(got, []string{"Go", "käse", "go"}) {
		t.Errorf("%q of %q", got, html)
	}
	if got := Hashtags("<p>#go</p>"); got != nil {
		t.Errorf("%q of a text without links", got)
	}
}

func TestShortcodesOfATextAreListed(t *testing.T) {
	for html, want := range map[string][]string{
		"<p>:party: and :Cat_2::party:</p>":                                                             {"party", "Cat_2"},
		"<p>at 10:30:15, a: b :no:thing: :x: :käse: :a-b:</p>":                                          {"30", "no", "thing"},
		"<p><code>:code:</code> <a href=\"https://x.test\">:link:</a></p><pre><code>:pre:</code></pre>": nil,
		"<p>:par<em>ty:</em></p>":                                                                       nil,
		"<p>none</p>":                                                                                   nil,
		"<ul><li>:in_a_list:</li></ul>":                                                                 {"in_a_list"},
	} {
		if got := Shortcodes(html); !slices.Equal(got, want) {
			t.Errorf("%q of %q, want %q", got, html, want)
		}
	}
	if got := Shortcodes("<p>" + manyShortcodes(200) + "</p>"); len(got) != maxHashtags {
		t.Errorf("%d of a text with 200", len(got))
	}
}

func manyShortcodes(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf(":emoji_%d: ", i)
	}
	return text
}

func TestTheLineThatNamesAQuoteGoes(t *testing.T) {
	a := `<a href="https://m.test/1" rel="nofollow noopener noreferrer ugc">m.test/1</a>`
	for in, want := range map[string]string{
		"<p>RE: " + a + "</p><p>See?</p>":                       "<p>See?</p>",
		"<p>See?</p><p>RE: " + a + "</p>":                       "<p>See?</p>",
		"<p>See?<br><br>RE: " + a + "</p>":                      "<p>See?</p>",
		"<p>See?<br>re: " + a + "</p>":                          "<p>See?</p>",
		"<p>RE: " + a + "</p>":                                  "",
		"<p>I wrote RE: " + a + "</p>":                          "<p>I wrote RE: " + a + "</p>",
		"<p>RE: " + a + " and more</p>":                         "<p>RE: " + a + " and more</p>",
		"<p>one</p><p>RE: " + a + "</p><p>three</p>":            "<p>one</p><p>RE: " + a + "</p><p>three</p>",
		"<blockquote><p>RE: " + a + "</p></blockquote><p>x</p>": "<blockquote><p>RE: " + a + "</p></blockquote><p>x</p>",
	} {
		got, found := StripQuote(in)
		if got != want || found != (got != in) {
			t.Errorf("%q gives %q, %v, want %q", in, got, found, want)
		}
	}
}
