package compose

import (
	"archive/zip"
	"bytes"
	"html"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"stoa/federation/outbox"
)

// A post is posted again in one step: its page leads to a form that has its title and
// link, and each of the two then leads to the other.
func TestPostAgain(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	for _, name := range []string{"cats", "dogs"} {
		if status, _ := n.ask("ann", "/communities/new", "name", name, "title", name); status != 303 {
			t.Fatal(status)
		}
	}
	for _, link := range []string{"https://news.example/a", ""} {
		_, first := n.ask("ann", "/submit", "to", "cats", "title", "A <title>", "text", "Words.", "link", link)
		page := n.sees("ann", first)
		m := regexp.MustCompile(`href="(/submit\?[^"]*url=[^"]*)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatal("no way to post it again: ", page)
		}
		form := n.sees("ann", html.UnescapeString(m[1]))
		if link == "" {
			link = base + first
		}
		if !strings.Contains(form, `value="A &lt;title&gt;"`) || !strings.Contains(form, `value="`+link+`"`) {
			t.Errorf("%s: the form does not have it: %s", m[1], form)
		}
		_, second := n.ask("ann", "/submit", "to", "dogs", "title", "A <title>", "link", link)
		for one, other := range map[string]string{first: second, second: first} {
			if page := n.sees("ann", one); !strings.Contains(page, "also in 1 community") || !strings.Contains(page, `href="`+other+`"`) {
				t.Errorf("%s does not lead to %s", one, other)
			}
		}
	}
}

// The banner of a community stands on its page and in its document.
func TestCommunityBanner(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	if status, _ := n.ask("ann", "/communities/new", "name", "gardening", "title", "Gardening"); status != 303 {
		t.Fatal(status)
	}
	var wide bytes.Buffer
	if err := png.Encode(&wide, image.NewGray(image.Rect(0, 0, 400, 100))); err != nil {
		t.Fatal(err)
	}
	if status, body := n.sends("ann", "/c/gardening/edit", wide.Bytes(), "title", "Gardening"); status != 200 {
		t.Fatal(status, body)
	}
	c, err := n.db.Reader().Community(t.Context(), "gardening", "")
	if err != nil || !strings.HasPrefix(c.BannerURL, base+"/pictures/") {
		t.Fatal(c.BannerURL, err)
	}
	if page := n.sees("", "/c/gardening"); !strings.Contains(page, `<img class="banner" src="`+strings.TrimPrefix(c.BannerURL, base)+`"`) {
		t.Error("it is not on the page")
	}
	if g := outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil).Group(&c); g.Image.URL != c.BannerURL {
		t.Errorf("its document says %q", g.Image.URL)
	}
}

// What is taken along has the descriptions of pictures, polls, and what was said before.
func TestExportOfPosts(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	if status, _ := n.ask("ann", "/communities/new", "name", "go", "title", "Go"); status != 303 {
		t.Fatal(status)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	status, form := n.sends("ann", "/submit", picture.Bytes(), "to", "go", "title", "A picture")
	m := regexp.MustCompile(`name="picture" value="([0-9a-f]{40}\.png)"`).FindStringSubmatch(form)
	if status != 200 || m == nil {
		t.Fatal(status, form)
	}
	if status, _ := n.ask("ann", "/submit", "to", "go", "title", "A picture", "text", "First words.", "picture", m[1], "alt-"+m[1], "A grey wall"); status != 303 {
		t.Fatal(status)
	}
	if status, _ := n.ask("ann", "/edit/post-1", "title", "A picture", "text", "Better words."); status != 303 {
		t.Fatal(status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.server.URL+"/settings/export", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_, raw := n.do(r, "ann")
	_, raw, _ = strings.Cut(raw, "\n") // its type
	z, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var all string
	for _, f := range z.File {
		all += f.Name + "\n"
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		out, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	for _, want := range []string{`"description": "A grey wall"`, "First words.", "Better words.", "/pictures/" + m[1] + "\n", `"community": "` + base + `/c/go"`} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in %s", want, all)
		}
	}
}
