package gather

import (
	"strings"
	"testing"

	"stoa/federation/fetch"
	"stoa/federation/forum"
)

func TestDescribe(t *testing.T) {
	const at = "https://far.example/a/b.html"
	for name, c := range map[string]struct {
		kind, body string
		want       forum.Preview
	}{
		"title alone":          {"text/html", `<title> A &amp; B </title>`, forum.Preview{Title: "A & B"}},
		"nothing":              {"text/html", `<p>words</p>`, forum.Preview{}},
		"no page":              {"application/pdf", `<title>A</title>`, forum.Preview{}},
		"no type":              {"", `<title>A</title>`, forum.Preview{}},
		"a picture":            {"image/png", "\x89PNG", forum.Preview{Picture: at}},
		"what others read":     {"text/html", `<meta name="twitter:title" content="T"><meta name="twitter:image" content="//cdn.example/i.png">`, forum.Preview{Title: "T", Picture: "https://cdn.example/i.png"}},
		"the first counts":     {"text/html", `<meta property="og:title" content=""><meta property="og:title" content="A"><meta property="og:title" content="B">`, forum.Preview{Title: "A"}},
		"base":                 {"text/html", `<base href="/c/"><meta property="og:image" content="i.png">`, forum.Preview{Picture: "https://far.example/c/i.png"}},
		"relative":             {"text/html", `<meta property="og:image" content="i.png">`, forum.Preview{Picture: "https://far.example/a/i.png"}},
		"script for a picture": {"text/html", `<meta property="og:image" content="javascript:alert(1)"><title>A</title>`, forum.Preview{Title: "A"}},
		"data for a picture":   {"text/html", `<meta property="og:image" content="data:image/png;base64,AA">`, forum.Preview{}},
		"secret in a picture":  {"text/html", `<meta property="og:image" content="https://u:p@far.example/i.png#x">`, forum.Preview{Picture: "https://far.example/i.png"}},
		"Latin-1":              {"text/html; charset=iso-8859-1", "<title>caf\xe9</title>", forum.Preview{Title: "café"}},
		"said in the page":     {"text/html", "<meta charset=windows-1251><title>\xcf\xf0\xe8\xe2\xe5\xf2</title>", forum.Preview{Title: "Привет"}},
		"only the head":        {"text/html", `<head></head><body><title>late</title><meta property="og:title" content="later">`, forum.Preview{}},
		"unseen signs":         {"text/html", "<title>a\u202eb\u200bc\u0007\n d</title>", forum.Preview{Title: "abc d"}},
		"tags in a title":      {"text/html", `<title><b>x</b></title>`, forum.Preview{Title: "<b>x</b>"}}, // a title holds text; pages escape it
	} {
		if got := describe(&fetch.Page{URL: at, Type: c.kind, Body: []byte(c.body)}); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	long := describe(&fetch.Page{URL: at, Type: "text/html", Body: []byte("<title>" + strings.Repeat("ö ", 400) + `</title><meta name=description content="` + strings.Repeat("ü", 900) + `">`)})
	if n := len([]rune(long.Title)); n > maxTitle || !strings.HasSuffix(long.Title, "…") {
		t.Errorf("a title of %d", n)
	}
	if n := len([]rune(long.Description)); n != maxDescription {
		t.Errorf("a description of %d", n)
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add("text/html", []byte(`<title>a</title><meta property="og:image" content="/x">`))
	f.Add("text/html; charset=utf-16", []byte("\xff\xfe<\x00t\x00i\x00"))
	f.Add("text/html; charset=gbk", []byte("<title>\x81\x30\x81"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		p := describe(&fetch.Page{URL: "https://far.example/", Type: kind, Body: body})
		if len([]rune(p.Title)) > maxTitle || len([]rune(p.Description)) > maxDescription || strings.ContainsAny(p.Title+p.Description+p.Site, "\n\r\x00\u202e") {
			t.Errorf("%+v", p)
		}
		if p.Picture != "" && !strings.HasPrefix(p.Picture, "https://") && !strings.HasPrefix(p.Picture, "http://") {
			t.Errorf("picture %q", p.Picture)
		}
	})
}
