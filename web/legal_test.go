package web

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Each page about the node has a default text in every language, and the admin's
// own where there is one, made harmless like anybody's.
func TestPagesAboutTheNode(t *testing.T) {
	n := newNode(t)
	for path, heading := range map[string]string{"/privacy": "Privacy", "/terms": "Terms", "/contact": "Contact"} {
		a := n.wantStatus(path, http.StatusOK)
		a.want("h1", heading)
		if got := len(strings.Join(a.all("main .prose p"), " ")); got < 80 {
			t.Errorf("%s says little: %d bytes", path, got)
		}
		german := n.ask(http.MethodGet, path, "Accept-Language", "de")
		if !strings.Contains(german.body, `<html lang="de"`) || strings.Contains(german.body, heading+"</h1>") {
			t.Errorf("%s in German:\n%s", path, german.body)
		}
	}
	for _, path := range []string{"/privacy/", "/terms/"} {
		n.wantStatus(path, http.StatusMovedPermanently)
	}
	site := *n.site
	site.Texts = map[string]string{"terms": "Be **kind**.<script>x</script>"}
	if err := site.ownTexts(); err != nil {
		t.Fatal(err)
	}
	n.site.own = site.own
	a := n.get("/terms")
	a.want("main strong", "kind")
	if strings.Contains(a.body, "<script>x") || strings.Contains(a.body, "Short version") {
		t.Errorf("own terms:\n%s", a.body)
	}
}

func TestManifest(t *testing.T) {
	n := newNode(t)
	href := n.get("/").attr("link[rel=manifest]", "href")
	a := n.wantStatus(href, http.StatusOK)
	var m struct {
		Name  string `json:"name"`
		Icons []struct {
			Src string `json:"src"`
		} `json:"icons"`
	}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || m.Name == "" || len(m.Icons) == 0 {
		t.Fatalf("%v: %s", err, a.body)
	}
	n.wantStatus(m.Icons[0].Src, http.StatusOK)
}

// Search engines are told of what is ours and may be found, and of nothing else.
func TestSitemaps(t *testing.T) {
	n := newNode(t)
	ours, theirs := n.found("craft", "Craft", ""), n.abroad("letters", "lemmy.example", "Letters")
	p := n.post(ours, draft{by: "ada", title: "Here", md: "x"})
	q := n.post(theirs, draft{by: "sam@far.example", title: "There", md: "x"})
	if robots := n.get("/robots.txt").body; !strings.Contains(robots, "Sitemap: "+testBase+"/sitemap.xml\n") {
		t.Errorf("robots.txt: %s", robots)
	}
	var index sitemapIndex
	if err := xml.Unmarshal([]byte(n.get("/sitemap.xml").body), &index); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range index.Maps {
		var found sitemap
		a := n.wantStatus(strings.TrimPrefix(m.Location, testBase), http.StatusOK)
		if err := xml.Unmarshal([]byte(a.body), &found); err != nil {
			t.Fatalf("%s: %v", m.Location, err)
		}
		for _, u := range found.URLs {
			all = append(all, u.Location)
		}
	}
	got := strings.Join(all, " ")
	want := fmt.Sprintf("%[1]s/ %[1]s/communities %[1]s/c/craft %[1]s/post/%d", testBase, p.ID)
	if got != want {
		t.Errorf("told of %s, want %s (and nothing of %d)", got, want, q.ID)
	}
	n.wantStatus("/sitemaps/posts-7.xml", http.StatusNotFound)
}
