package web

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stoa/web/words"
)

func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	n := newNode(t)
	n.found("craft", "Craft", "")
	for _, on := range []bool{false, true, true} {
		n.site.cache.on.Store(on)
		for _, path := range []string{"/", "/c/craft", "/communities", "/about", "/nowhere", "/c/craft?sort=odd"} {
			a := n.ask(http.MethodGet, path, "Accept-Language", "de-CH, en;q=0.5")
			if !strings.Contains(a.body, `<html lang="de"`) || !strings.Contains(a.body, "Zum Inhalt springen") {
				t.Errorf("%s is not in German", path)
			}
			if strings.Contains(a.body, "There is") {
				t.Errorf("%s speaks English too", path)
			}
			if a.StatusCode == http.StatusOK && !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Accept-Language, Cookie") {
				t.Errorf("%s: Vary is %q", path, a.Header.Values("Vary"))
			}
			if a = n.get(path); !strings.Contains(a.body, `<html lang="en"`) {
				t.Errorf("%s is not in English", path)
			}
			if a = n.ask(http.MethodGet, path, "Accept-Language", "de", "Cookie", "lang=en"); !strings.Contains(a.body, `<html lang="en"`) {
				t.Errorf("%s: what was chosen does not count", path)
			}
		}
	}
}

func TestChoosingALanguage(t *testing.T) {
	n := newNode(t)
	a := n.get("/communities?after=1~1")
	if !strings.Contains(a.body, `href="/language?back=%2Fcommunities%3Fafter%3D1~1&amp;to=de"`) {
		t.Error("no way to the same page in German")
	}
	a = n.get("/language?back=%2Fcommunities%3Fafter%3D1~1&to=de")
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != "/communities?after=1~1" {
		t.Errorf("%d to %q", a.StatusCode, got)
	}
	if c := a.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "lang=de; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("the cookie is %q", c)
	}
	if a = n.get("/language?to=tlh"); a.StatusCode != http.StatusBadRequest || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("an unknown language: %d, %q", a.StatusCode, a.Header.Get("Set-Cookie"))
	}
	for back, want := range map[string]string{
		"": "/", "/": "/", "/c/x?sort=new": "/c/x?sort=new", "/c/a%2Fb": "/c/a%2Fb", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/%5Cevil.example",
		`\\evil.example`: "/", "javascript:alert(1)": "/", "/%5Cevil.example": "/%5Cevil.example", "///evil.example": "/", "x": "/", "/a\r\nb": "/", "/.//evil.example": "/.//evil.example", "?x": "/",
	} {
		if got := Here(back); got != want {
			t.Errorf("%q leads to %q, want %q", back, got, want)
		}
	}
}

// Whatever a page refuses has words in every language.
func TestRefusalsHaveWords(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	reason := regexp.MustCompile(`forum\.Refuse\([^,]+, "([^"]+)"`)
	seen := 0
	for _, file := range append(files, "../storage/read.go", "../storage/read_list.go", "../storage/read_lookup.go", "../storage/read_search.go", "../federation/forum/search.go") {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "federation") { // the admin's own pages show ids
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range reason.FindAllStringSubmatch(string(text), -1) {
			seen++
			if words.English.Refusals[m[1]] == "" {
				t.Errorf("%s: %q is not in the catalogue", file, m[1])
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d refusals were found", seen)
	}
}
