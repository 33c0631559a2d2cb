package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// doorAddresses are the pages beside lists and threads.
func (w *world) doorAddresses() map[string]string {
	return map[string]string{
		"search": "/search", "search-posts": "/search?q=workshop+tidy", "search-comments": "/search?q=bell+vice&kind=comments",
		"search-communities": "/search?q=gardens&kind=communities", "search-people": "/search?q=mira&kind=people", "search-nothing": "/search?q=zzzzzz",
		"search-unknown": "/search?q=" + url.QueryEscape("https://elsewhere.example/post/"+strings.Repeat("1234567890", 20)),
	}
}

func TestSearchShowsWhatItFinds(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	n.post(c, draft{by: "ada", title: "Éclairs & <b>bells</b>", md: strings.Repeat("Many words come first. ", 60) + "Then the BELL tower, and tower <i>bells</i>."})
	p := n.post(c, draft{by: "sam@far.example", title: "Nothing of it", md: "A bellows is no bell.", warning: "", ago: hour})
	m := n.reply(c, p.URI, draft{by: "ada", md: "A remark on a bell."})
	a := n.wantStatus("/search?q=bell", http.StatusOK)
	if got := a.all("ol.remarks mark"); strings.Join(got, ",") != "BELL,bell" && strings.Join(got, ",") != "bell,BELL" {
		t.Errorf("marked %q", got)
	}
	a.want("main p.quiet", "2 found")
	if !strings.Contains(a.body, `<meta name="robots" content="noindex">`) {
		t.Error("it may be indexed")
	}
	if a = n.get("/search?q=eclairs"); strings.Join(a.all("mark"), ",") != "Éclairs" {
		t.Errorf("marked %q", a.all("mark"))
	}
	a = n.get("/search?q=bell&kind=comments")
	if got := a.attr("ol.remarks h2 a", "href"); got != fmt.Sprintf("/comment/%d", m.ID) {
		t.Errorf("a comment is at %q", got)
	}
	a = n.get("/search?q=cra&kind=communities")
	a.want(".directory h2", "Craft")
	if a = n.get("/search?q=ada&kind=people"); len(a.all(".directory h2")) != 1 {
		t.Errorf("people: %q", a.all(".directory h2"))
	}
	a = n.get("/search?q=zebra")
	a.want(".empty strong", "Nothing found")
	a = n.get("/search")
	if got := a.all("main dt"); len(got) != 6 || !strings.Contains(a.body, "author:name@host") {
		t.Errorf("explains %q", got)
	}
	for _, bad := range []string{"kind=stones", "sort=odd", "after=x", "after=1~99999999999"} {
		n.wantStatus("/search?q=x&"+bad, http.StatusBadRequest)
	}
}

func TestSearchPagesByKey(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	for i := range 30 {
		n.post(c, draft{by: "ada", title: fmt.Sprintf("bell %d", i), md: "x", ago: hour})
	}
	for _, sort := range []string{"", "&sort=new"} {
		seen := map[string]bool{}
		path, pages := "/search?q=bell"+sort, 0
		for ; path != ""; pages++ {
			a := n.wantStatus(path, http.StatusOK)
			for _, href := range find(t, a.root, "ol.remarks h2 a") {
				seen[attribute(href, "href")] = true
			}
			path = ""
			if more := find(t, a.root, ".pager a.button"); len(more) > 0 {
				path = attribute(more[0], "href")
			}
		}
		if pages != 2 || len(seen) != 30 {
			t.Errorf("%q: %d posts on %d pages", sort, len(seen), pages)
		}
	}
}

func TestAddressesLeadToTheirPages(t *testing.T) {
	n := newNode(t)
	craft := n.found("craft", "Craft", "")
	n.abroad("letters", "lemmy.example", "Letters")
	p := n.post(craft, draft{by: "sam@far.example", title: "x", md: "x", page: "https://far.example/@sam/1"})
	for q, want := range map[string]string{
		"!letters@lemmy.example": "/c/letters@lemmy.example", "@sam@far.example": "/u/sam@far.example", "sam@far.example": "/u/sam@far.example",
		"https://far.example/@sam/1": fmt.Sprintf("/post/%d", p.ID), "https://stoa.example/c/craft": "/c/craft", "web+ap://far.example/@sam/1": fmt.Sprintf("/post/%d", p.ID),
		"acct:sam@far.example": "/u/sam@far.example", p.URI: fmt.Sprintf("/post/%d", p.ID),
	} {
		for _, path := range []string{"/search?q=", "/open?url="} {
			if a := n.wantStatus(path+url.QueryEscape(q), http.StatusSeeOther); a.Header.Get("Location") != want {
				t.Errorf("%s%s leads to %q, want %q", path, q, a.Header.Get("Location"), want)
			}
		}
	}
	for q, original := range map[string]string{
		"https://evil.example/x": "https://evil.example/x", "!nobody@far.example": "https://far.example", "//evil.example": "", "javascript:alert(1)": "", "web+ap:javascript:alert(1)": "",
	} {
		a := n.wantStatus("/open?url="+url.QueryEscape(q), http.StatusNotFound)
		if a.Header.Get("Location") != "" {
			t.Errorf("%s leads to %q", q, a.Header.Get("Location"))
		}
		a.want(".empty strong", "This server does not know it yet")
		if original == "" {
			a.wantNone(".empty a")
		} else if got := a.attr(".empty a", "href"); got != original {
			t.Errorf("%s: the original is %q", q, got)
		}
	}
	n.wantStatus("/search?q="+url.QueryEscape("https://evil.example/x"), http.StatusOK).want(".empty strong", "This server does not know it yet")
	n.wantStatus("/search?q="+url.QueryEscape("!nobody@far.example"), http.StatusOK).want(".empty strong", "This server does not know it yet")
	if a := n.ask(http.MethodGet, "/open?ask&url=https://nowhere.example/x"); a.StatusCode != http.StatusNoContent || a.body != "" {
		t.Errorf("asked for what is unknown: %d %q", a.StatusCode, a.body)
	}
	n.wantStatus("/open", http.StatusNotFound)
}
