package view

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stoa/federation/forum"
	"stoa/web/words"
)

func toMedia(at string, size PictureSize) string {
	return "/media/" + string(size) + "?url=" + url.QueryEscape(at)
}

// written is a page as its template writes it, as a tree.
func written(t *testing.T, p Page) (string, *html.Node) {
	t.Helper()
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := v.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return string(body), root
}

// elements are those of one name within n.
func elements(n *html.Node, name string) []map[string]string {
	var out []map[string]string
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data != name {
			continue
		}
		attrs := map[string]string{}
		for _, a := range d.Attr {
			attrs[a.Key] = a.Val
		}
		for up := d.Parent; up != nil; up = up.Parent {
			if up.Data == "details" {
				attrs["veiled"] = "yes"
			}
		}
		out = append(out, attrs)
	}
	return out
}

func pictured(n int) forum.Post {
	p := forum.Post{ID: 7, Title: "Pictures", TitleGiven: true, Author: forum.Person{Name: "ada", Local: true}, Community: forum.Community{Name: "craft", Local: true}}
	for i := range n {
		p.Attachments = append(p.Attachments, forum.Attachment{
			Medium: forum.Picture, URL: fmt.Sprintf("https://far.example/%d.png", i), Alt: strings.Repeat("A bench", i), Width: 1200, Height: 800,
		})
	}
	return p
}

func threadOf(p forum.Post, picture func(string, PictureSize) string) ThreadPage {
	return ThreadPage{Frame: Frame{T: words.English, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Picture: picture}, Thread: forum.Thread{PostItem: forum.PostItem{Post: p}}}
}

// Pictures come by our own path alone, at a size that is known before they are
// there, when they are looked at, and each with words.
func TestPictures(t *testing.T) {
	for n := range 7 {
		_, root := written(t, threadOf(pictured(n), toMedia))
		images := elements(root, "img")
		if len(images) != n {
			t.Fatalf("%d pictures became %d", n, len(images))
		}
		for _, i := range images {
			if !strings.HasPrefix(i["src"], "/media/") || i["width"] == "" || i["height"] == "" || i["loading"] != "lazy" || i["decoding"] != "async" || i["alt"] == "" {
				t.Errorf("%d pictures: %v", n, i)
			}
		}
		if n > 0 && images[0]["alt"] != "Picture without a description" {
			t.Errorf("nobody described it, and it says %q", images[0]["alt"])
		}
	}
	body, root := written(t, threadOf(pictured(2), nil))
	if len(elements(root, "img")) != 0 || !strings.Contains(body, `href="https://far.example/1.png" rel="nofollow noopener noreferrer ugc">A bench</a>`) {
		t.Error("without a path for pictures there is no link with its words")
	}
}

// What is behind a warning is in a closed details, its pictures too, and lists
// show nothing of it.
func TestPicturesBehindWarnings(t *testing.T) {
	p := pictured(3)
	p.Sensitive, p.Preview = true, forum.Preview{Title: "t", Picture: "https://far.example/p.png"}
	p.Link = "https://far.example/"
	_, root := written(t, threadOf(p, toMedia))
	images := elements(root, "img")
	if len(images) != 4 {
		t.Fatalf("%d pictures", len(images))
	}
	for _, i := range images {
		if i["veiled"] == "" {
			t.Errorf("in the open: %v", i)
		}
	}
	_, root = written(t, FrontPage{Frame: threadOf(p, toMedia).Frame, Listing: forum.Listing{Items: []forum.PostItem{{Post: p}}}})
	if got := elements(root, "img"); len(got) != 0 {
		t.Errorf("the list shows %v", got)
	}
	p.Sensitive = false
	_, root = written(t, FrontPage{Frame: threadOf(p, toMedia).Frame, Listing: forum.Listing{Items: []forum.PostItem{{Post: p}}}})
	if got := elements(root, "img"); len(got) != 1 || got[0]["src"] != toMedia("https://far.example/0.png", Thumb) {
		t.Errorf("the list shows %v", got)
	}
}

func TestFit(t *testing.T) {
	for _, c := range [][5]int{
		{1200, 800, 736, 490, 1}, {800, 1200, 426, 640, 1}, {100, 50, 100, 50, 1}, {2400, 300, 736, 92, 1}, {100000, 1, guessWidth, guessHeight, 0},
		{0, 0, guessWidth, guessHeight, 0}, {-5, 10, guessWidth, guessHeight, 0}, {60000, 1, 736, 1, 1}, {1, 60000, 1, 640, 1},
	} {
		w, h, sized := fit(c[0], c[1], figureWidth, figureHeight)
		if w != c[2] || h != c[3] || sized != (c[4] == 1) {
			t.Errorf("%d × %d fits as %d × %d, %v", c[0], c[1], w, h, sized)
		}
	}
}

func TestPolls(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f := Frame{T: words.English, Now: now}
	for _, c := range []struct {
		poll forum.Poll
		want string
	}{
		{forum.Poll{Options: []forum.PollOption{{Name: "a", Votes: 1}, {Name: "b", Votes: 2}}}, "33 67 3 votes"},
		{forum.Poll{Options: []forum.PollOption{{Name: "a"}, {Name: "b"}}}, "0 0 0 votes"},
		{forum.Poll{Multiple: true, Voters: 4, Options: []forum.PollOption{{Name: "a", Votes: 4}, {Name: "b", Votes: 2}}}, "100 50 4 people voted"},
		{forum.Poll{Multiple: true, Voters: 1, Options: []forum.PollOption{{Name: "a", Votes: 9}, {Name: "b", Votes: -2}}}, "100 0 1 person voted"},
	} {
		p := f.poll(&c.poll, "")
		if got := fmt.Sprint(p.Options[0].Percent, p.Options[1].Percent, " ", p.Voters); got != c.want {
			t.Errorf("%v: %q, want %q", c.poll, got, c.want)
		}
	}
	if p := f.poll(&forum.Poll{Closes: now.Add(-time.Hour)}, ""); !p.Closed {
		t.Error("a poll is open after its end")
	}
	if p := f.poll(&forum.Poll{Closes: now.Add(time.Hour)}, ""); p.Closed {
		t.Error("a poll is closed before its end")
	}
}

// What a text of a megabyte costs that has nothing between its colons but what is no
// emoji does not grow with how many emoji it names, and how long their addresses are.
func TestLongTextsWithManyEmoji(t *testing.T) {
	t.Parallel()
	var e forum.Emojis
	for i := range 500 {
		e = e.With(fmt.Sprint("e", i), "https://far.example/"+strings.Repeat("x", 2000)+fmt.Sprint(i))
	}
	f := Frame{T: words.English, Picture: func(url string, _ PictureSize) string {
		if url == "" {
			return ""
		}
		return "/media/" + url[len(url)-2:]
	}}
	html := "<p>" + strings.Repeat(":a", 1<<16) + ":e0:" + "</p>"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := string(f.prose(html, e))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
		t.Errorf("%d MiB for one text of %d KiB", used>>20, len(html)>>10)
	}
	if strings.Count(out, "<img") != 1 || !strings.Contains(out, `src="/media/x0"`) || strings.Count(out, ":a") != 1<<16 {
		t.Errorf("%d pictures", strings.Count(out, "<img"))
	}
	if out := string(f.prose("<p>"+strings.Repeat(":e1:", 1<<18)+"</p>", e)); strings.Count(out, "<img") != mostEmoji {
		t.Errorf("%d pictures in one text", strings.Count(out, "<img"))
	}
}
