package view

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"stoa/federation/forum"
)

func TestWebURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.org/a?b=c#d":     "https://example.org/a?b=c#d",
		"HTTPS://Example.org":             "https://Example.org",
		"http://user:secret@example.org/": "http://example.org/",
		"https://example.org/a b'(c)":     "https://example.org/a%20b%27%28c%29",
		"https://example.org/ü":           "https://example.org/%C3%BC",
		"javascript:alert(1)":             "",
		" javascript:alert(1)":            "",
		"data:text/html,x":                "",
		"//example.org":                   "",
		"/path":                           "",
		"https://":                        "",
		"https:example.org":               "",
		"mailto:a@b.example":              "",
		"":                                "",
		"https://example.org/\x00":        "",
		"https://example.org/%zz":         "",
	} {
		if got := WebURL(raw); got != want {
			t.Errorf("WebURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

// What WebURL lets through is a web address, and html/template has nothing left
// to change in it.
func FuzzWebURL(f *testing.F) {
	for _, s := range append(hostile, "https://a.example/%41?x=%zz&y='\"", "http://[::1]:80/", "https://a.example\\@b.example/", "https://a-b.example/c/D_1~x") {
		f.Add(s)
	}
	link := template.Must(template.New("").Parse(`<a href="{{.}}">`))
	f.Fuzz(func(t *testing.T, raw string) {
		got := WebURL(raw)
		if want := parsed(raw); got != want {
			t.Fatalf("%q became %q unparsed, %q parsed", raw, got, want)
		}
		if got == "" {
			return
		}
		if !strings.HasPrefix(got, "https://") && !strings.HasPrefix(got, "http://") {
			t.Fatalf("%q became %q", raw, got)
		}
		var b strings.Builder
		if err := link.Execute(&b, got); err != nil {
			t.Fatal(err)
		}
		w := treeWriter{&bytes.Buffer{}}
		w.raw(`<a href="`)
		w.text(got)
		w.raw(`">`)
		if b.String() != w.String() {
			t.Fatalf("%q: template writes %s, writer %s", got, b.String(), w.String())
		}
	})
}

func TestPathsStayOnTheNode(t *testing.T) {
	for _, name := range []string{"a/b", "..", ".", "a?b", "a#b", `a"b`, "a b", "ü", "%2F"} {
		for _, path := range []string{
			PersonPath(forum.Person{Name: name, Local: true}),
			CommunityPath(forum.Community{Name: name, Host: "h.example"}),
		} {
			if rest := path[3:]; strings.ContainsAny(rest, `/?#" `) || rest == "." || rest == ".." {
				t.Errorf("%q: %q leads elsewhere", name, path)
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	known := langs{}
	for tag, want := range map[string]string{
		"de": "de", "EN-us": "en-US", "zh-Hant": "zh-Hant", "": "", "und": "", "klingonish": "", `"><x`: "", "x-y": "",
	} {
		if got := known.of(tag); got != want {
			t.Errorf("%q = %q, want %q", tag, got, want)
		}
	}
}
