package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stoa/federation/forum"
)

func (n *node) thread(p forum.Post, status int) *answer {
	n.t.Helper()
	return n.wantStatus(fmt.Sprintf("/post/%d", p.ID), status)
}

// outline is the tree of comments as text: each comment's first paragraph or
// state, its answers in brackets.
func outline(t testing.TB, list *html.Node) string {
	var parts []string
	for li := range list.ChildNodes() {
		if li.Type != html.ElementNode {
			continue
		}
		text := ""
		for c := range li.ChildNodes() {
			switch {
			case fits(c, "div.byline"):
				if gone := find(t, c, ".gone"); len(gone) == 1 {
					text = wordsIn(gone[0])
				}
			case fits(c, "div.prose"):
				text += wordsIn(c)
			case fits(c, "details.branch"):
				for d := range c.ChildNodes() {
					if fits(d, "div.prose") {
						text += wordsIn(d)
					}
					if fits(d, "ol.replies") {
						text += " [" + outline(t, d) + "]"
					}
				}
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func TestThread(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making **things**")
	p := n.post(c, draft{by: "Lin Far <lin@far.example>", title: "A question", md: "With *text*.", lang: "en", ago: 3 * time.Hour, page: "https://far.example/@lin/1"})
	a := n.thread(p, http.StatusOK)
	a.want(".comments h2", "No comments yet")

	one := n.reply(c, p.URI, draft{by: "ada", md: "one", ago: 2 * time.Hour})
	n.reply(c, p.URI, draft{by: "Lin Far <lin@far.example>", md: "two", ago: time.Hour, up: 3})
	n.reply(c, one.URI, draft{by: "lin@far.example", md: "one-one"})
	oneTwo := n.reply(c, one.URI, draft{by: "ada", md: "one-two", up: 1})
	n.reply(c, oneTwo.URI, draft{by: "ada", md: "one-two-one"})

	a = n.thread(p, http.StatusOK)
	a.want("h1", "A question")
	a.want(".post .prose", "With text.")
	a.want(".comments h2", "5 comments")
	if got, want := outline(t, find(t, a.root, "ol.thread")[0]), "two, one [one-two [one-two-one], one-one]"; got != want {
		t.Errorf("the tree is %q, want %q", got, want)
	}
}

func TestThreadParts(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "Lin Far <lin@far.example>", title: "A question", md: "x", ago: 3 * time.Hour, page: "https://far.example/@lin/1"})
	one := n.reply(c, p.URI, draft{by: "ada", md: "one", ago: 2 * time.Hour})
	two := n.reply(c, one.URI, draft{by: "Lin Far <lin@far.example>", md: "two", ago: time.Hour, up: 3, edited: true, lang: "de", page: "javascript:alert(1)"})
	a := n.thread(p, http.StatusOK)

	at := fmt.Sprintf("#comment-%d ", one.ID)
	if got := a.all(at + "summary"); len(got) != 1 || got[0] != "Comment by ada, 1 reply" {
		t.Errorf("the branch is called %q", got)
	}
	if got := a.attr(at+"ol.replies", "aria-label"); got != "Replies to ada" {
		t.Errorf("the list of answers is called %q", got)
	}
	at = fmt.Sprintf("#comment-%d ", two.ID)
	a.want(at+".who .name", "Lin Far")
	a.want(at+".who .handle", "lin@far.example")
	a.want(at+".op", "original poster")
	a.want(at+".points", "4 points")
	if got := a.attr(at+".who", "href"); got != "/u/lin@far.example" {
		t.Errorf("the author leads to %s", got)
	}
	if got := a.all(at + "time"); !slices.Equal(got, []string{"1 hour ago", "30 minutes ago"}) {
		t.Errorf("times: %q", got)
	}
	if got := a.attr(at+".prose", "lang"); got != "de" {
		t.Errorf("lang is %q", got)
	}
	links := map[string]string{}
	for _, l := range find(t, a.root, at+".acts a") {
		links[wordsIn(l)] = attribute(l, "href")
	}
	// A javascript: page is not a page: its id is where the original is.
	if links["Link"] != fmt.Sprintf("/comment/%d", two.ID) || links["Parent"] != fmt.Sprintf("#comment-%d", one.ID) || links["Original"] != two.URI {
		t.Errorf("links: %v", links)
	}
	if got := a.attr(".post .acts a", "href"); got != "https://far.example/@lin/1" {
		t.Errorf("the post's original is %s", got)
	}
	if got := a.attr("link[type=application/activity+json]", "href"); got != p.URI {
		t.Errorf("the document is %s", got)
	}
	if got := a.attr("link[rel=canonical]", "href"); got != fmt.Sprintf("%s/post/%d", testBase, p.ID) {
		t.Errorf("canonical is %s", got)
	}
}

// A place in a thread is kept, whatever became of what stood there.
func TestWhatIsGone(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "lin@far.example", title: "Secret title", md: "secret text", link: "https://secret.example/", ago: time.Hour})
	one := n.reply(c, p.URI, draft{by: "mallory@far.example", md: "secret words"})
	n.reply(c, one.URI, draft{by: "ada", md: "an answer"})
	gone := n.reply(c, p.URI, draft{by: "mallory@far.example", md: "secret too"})
	n.setState(forum.Subject{Kind: forum.OnComment, ID: gone.ID}, forum.Deleted, "")
	n.remove(one.URI, "spam & <lies>")
	a := n.thread(p, http.StatusOK)
	if got, want := outline(t, find(t, a.root, "ol.thread")[0]), "Removed by a moderator or admin [an answer], Deleted by its author"; got != want {
		t.Errorf("the tree is %q, want %q", got, want)
	}
	a.want(fmt.Sprintf("#comment-%d .reason", one.ID), "spam & <lies>")
	for _, word := range []string{"secret words", "secret too", "mallory"} {
		if strings.Contains(a.body, word) {
			t.Errorf("%q is still there", word)
		}
	}
	states := map[forum.State][2]string{
		forum.Deleted: {"Deleted post", "Deleted by its author"},
		forum.Removed: {"Removed post", "Removed by a moderator or admin"},
		forum.Purged:  {"Purged post", "Removed for good by an admin"},
	}
	for state, want := range states {
		n.setState(forum.Subject{Kind: forum.OnPost, ID: p.ID}, state, "")
		a := n.thread(p, http.StatusGone)
		a.want("h1", want[0])
		a.want(".post .gone", want[1])
		if got := outline(t, find(t, a.root, "ol.thread")[0]); !strings.Contains(got, "an answer") {
			t.Errorf("what was said is gone too: %q", got)
		}
		for _, word := range []string{"Secret title", "secret text", "secret.example", "lin@far.example"} {
			if strings.Contains(a.body, word) {
				t.Errorf("state %d: %q is still there", state, word)
			}
		}
		if front := n.get("/"); len(front.all(".card")) != 0 {
			t.Errorf("state %d: still listed", state)
		}
	}
	n.remove(c.URI, "closed")
	for _, path := range []string{"/c/craft", fmt.Sprintf("/post/%d", p.ID), "/feeds/c/craft.atom"} {
		if a := n.wantStatus(path, http.StatusGone); !strings.Contains(a.body, "This community has been taken away.") {
			t.Errorf("%s does not say why", path)
		}
	}
}

// A title that was taken from the text is not shown twice.
func TestTitles(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	whole := n.post(c, draft{by: "lin@far.example", html: "<p>Short and whole.</p>"})
	part := n.post(c, draft{by: "lin@far.example", html: "<p>" + strings.Repeat("Long enough to be cut. ", 30) + "</p>"})
	empty := n.post(c, draft{by: "lin@far.example", link: "https://www.news.example/only-a-link"})
	a := n.thread(whole, http.StatusOK)
	if got := a.attr("h1", "class"); got != "vh" {
		t.Errorf("the title is shown though it is the text: class %q", got)
	}
	a.want("h1", "Short and whole.")
	a.want(".post .prose", "Short and whole.")
	if got := n.thread(part, http.StatusOK).attr("h1", "class"); got != "title" {
		t.Errorf("a part of the text as title: class %q", got)
	}
	n.thread(empty, http.StatusOK).want("h1", "news.example")
}

// What is behind a warning is nowhere in sight, not even in its title.
func TestWarnings(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "lin@far.example", html: "<p>He dies in the end.</p>", warning: "spoiler for <the film>"})
	m := n.reply(c, p.URI, draft{by: "lin@far.example", md: "And she too.", warning: "more"})
	titled := n.post(c, draft{by: "lin@far.example", title: "A life class", md: "A nude.", nsfw: true})

	front := n.get("/?sort=new")
	if strings.Contains(front.body, "dies") {
		t.Error("the front page gives it away")
	}
	if got := front.all(".card .title"); got[0] != "A life class" && got[0] != "Content warning spoiler for <the film>" {
		t.Errorf("titles: %q", got)
	}
	a := n.thread(p, http.StatusOK)
	a.want("h1", "spoiler for <the film>")
	a.want(".post details.veil .prose", "He dies in the end.")
	a.want(fmt.Sprintf("#comment-%d details.veil .prose", m.ID), "And she too.")
	if got := a.all("title"); strings.Contains(got[0], "dies") {
		t.Errorf("title: %q", got)
	}
	a.wantNone("meta[name=description]")
	a.wantNone("details.veil[open]")
	n.thread(titled, http.StatusOK).want(".post details.veil .prose", "A nude.")
	feed := n.get("/feeds/all.atom")
	for _, word := range []string{"dies", "nude"} {
		if strings.Contains(feed.body, word) {
			t.Errorf("the feed gives away %q", word)
		}
	}
}

func TestLongTextIsFolded(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	a := n.thread(n.post(c, draft{by: "ada", title: "Essay", md: essay(3000)}), http.StatusOK)
	a.want("details.fold .length", "about 2,900 words · 13 minutes")
	a.wantNone("details.fold[open]")
	if got := len(strings.Fields(a.one("details.fold .prose"))); got < 2700 {
		t.Errorf("%d words of the essay are there", got)
	}
	n.thread(n.post(c, draft{by: "ada", title: "Note", md: essay(300)}), http.StatusOK).wantNone("details.fold")
}

func TestDeepThread(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "ada", title: "t", md: "x"})
	to := p.URI
	for i := range 55 {
		to = n.reply(c, to, draft{by: "lin@far.example", md: fmt.Sprintf("reply %d.", i)}).URI
	}
	a := n.thread(p, http.StatusOK)
	if got := len(a.all(".comment")); got != 12 {
		t.Errorf("%d comments", got)
	}
	a.want(".continue a", "Continue this thread: 43 more replies")
	if got := a.attr(".continue a", "href"); got != "/comment/12" {
		t.Errorf("it goes on at %s", got)
	}
	deepest := 0
	for _, n := range find(t, a.root, ".comment") {
		depth := 0
		for up := n; up != nil; up = up.Parent {
			if up.Type == html.ElementNode && up.Data == "ol" {
				depth++
			}
		}
		deepest = max(deepest, depth)
	}
	if deepest != 12 {
		t.Errorf("the deepest stands at %d", deepest)
	}
	shown := 12
	for at := a.attr(".continue a", "href"); ; {
		page := n.wantStatus(at, http.StatusOK)
		shown += len(page.all(".comment")) - 1
		more := page.all(".continue a")
		if len(more) == 0 {
			break
		}
		at = page.attr(".continue a", "href")
	}
	if shown != 55 {
		t.Errorf("%d comments are reached", shown)
	}
}

// The page of a comment shows what it answers, itself, what answers it, and
// nothing else of the thread.
func TestCommentPage(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "lin@far.example", title: "A question", md: "x", ago: 3 * time.Hour})
	to := p.URI
	var above []forum.Comment
	for i := range 6 {
		m := n.reply(c, to, draft{by: "ada", md: fmt.Sprintf("above %d", i)})
		above, to = append(above, m), m.URI
	}
	n.reply(c, p.URI, draft{by: "ada", md: "beside"})
	n.remove(above[4].URI, "spam")
	m := n.reply(c, to, draft{by: "lin@far.example", md: "itself"})
	below := n.reply(c, m.URI, draft{by: "ada", md: "below"})
	n.reply(c, m.URI, draft{by: "ada", md: "better", up: 2})

	path := fmt.Sprintf("/comment/%d", m.ID)
	a := n.wantStatus(path, http.StatusOK)
	a.want("h1", "Comment by lin@far.example")
	a.want(".crumb", "On “A question”")
	a.want(".context .quiet", "2 comments between")
	if got := a.all(".context .brief"); !slices.Equal(got, []string{"above 2", "above 3", "above 5"}) {
		t.Errorf("above it stand %q", got)
	}
	a.want(".context .gone", "Removed by a moderator or admin")
	if got, want := outline(t, find(t, a.root, "ol.thread")[0]), "itself [better, below]"; got != want {
		t.Errorf("the tree is %q, want %q", got, want)
	}
	if strings.Contains(a.body, "beside") {
		t.Error("another branch is there")
	}
	if got, want := a.attr(".remark header .acts a", "href"), fmt.Sprintf("/post/%d#comment-%d", p.ID, above[0].ID); got != want {
		t.Errorf("the thread is at %s, want %s", got, want)
	}
	if got := a.attr("link[rel=canonical]", "href"); got != testBase+path {
		t.Errorf("canonical is %s", got)
	}
	if got := a.attr("link[type=application/activity+json]", "href"); got != m.URI {
		t.Errorf("the document is %s", got)
	}
	a = n.wantStatus(path+"?sort=old", http.StatusOK)
	if got, want := outline(t, find(t, a.root, "ol.thread")[0]), "itself [below, better]"; got != want {
		t.Errorf("the oldest first: %q, want %q", got, want)
	}
	n.remove(m.URI, "spam")
	a = n.wantStatus(path, http.StatusGone)
	a.want("h1", "Removed by a moderator or admin")
	if strings.Contains(a.body, "itself") {
		t.Error("what was removed can be read")
	}
	n.wantStatus(fmt.Sprintf("/comment/%d", below.ID), http.StatusOK)
}

func TestCommentOrder(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "ada", title: "t", md: "x", ago: 9 * time.Hour})
	n.reply(c, p.URI, draft{by: "ada", md: "plain", ago: 3 * time.Hour})
	n.reply(c, p.URI, draft{by: "ada", md: "liked", ago: 2 * time.Hour, up: 5})
	n.reply(c, p.URI, draft{by: "ada", md: "disputed", ago: time.Hour, up: 3, down: 4})
	path := fmt.Sprintf("/post/%d", p.ID)
	for sort, want := range map[string]string{
		"": "liked, plain, disputed", "?sort=best": "liked, plain, disputed", "?sort=new": "disputed, liked, plain",
		"?sort=old": "plain, liked, disputed", "?sort=controversial": "disputed, plain, liked",
	} {
		a := n.wantStatus(path+sort, http.StatusOK)
		if got := outline(t, find(t, a.root, "ol.thread")[0]); got != want {
			t.Errorf("%s: %s, want %s", sort, got, want)
		}
		if got := a.all(".comments .choices a[aria-current]"); len(got) != 1 {
			t.Errorf("%s: %q are in force", sort, got)
		}
	}
	n.wantStatus(path+"?sort=hot", http.StatusBadRequest)
}

// What a post and a comment said before can be read, but not once they are gone.
func TestHistory(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	p := n.post(c, draft{by: "ada", title: "First title", md: "first words", ago: 9 * time.Hour})
	m := n.reply(c, p.URI, draft{by: "mira@microblog.example", md: "said once", ago: 8 * time.Hour})
	path, remark := fmt.Sprintf("/post/%d/history", p.ID), fmt.Sprintf("/comment/%d/history", m.ID)
	n.wantStatus(path, http.StatusOK).want(".versions .prose", "first words")
	if a := n.wantStatus(path, http.StatusOK); !strings.Contains(a.body, "not known here") {
		t.Error("a post that was never edited has a history")
	}
	for i, title := range []string{"Second title", "Third title"} {
		w := p.Words()
		w.Title, w.Text = title, forum.Text{Source: title, HTML: "<p>words " + title + "</p>"}
		n.edit(forum.Edit{Object: p.URI, By: p.Author, Words: w, At: now.Add(time.Duration(i-3) * time.Hour)})
	}
	w := m.Words()
	w.Text = forum.Text{Source: "said better", HTML: "<p>said better</p>"}
	n.edit(forum.Edit{Object: m.URI, By: m.Author, Reply: true, Words: w, At: now.Add(-time.Hour)})
	a := n.wantStatus(path, http.StatusOK)
	if got, want := a.all(".versions .prose"), []string{"words Third title", "words Second title", "first words"}; !slices.Equal(got, want) {
		t.Errorf("versions: %q, want %q", got, want)
	}
	if got, want := a.all(".versions .on"), []string{"Third title", "Second title", "First title"}; !slices.Equal(got, want) {
		t.Errorf("titles: %q, want %q", got, want)
	}
	if got, want := a.all(".versions time"), []string{"2 hours ago", "3 hours ago", "9 hours ago"}; !slices.Equal(got, want) {
		t.Errorf("times: %q, want %q", got, want)
	}
	if got, want := n.wantStatus(remark, http.StatusOK).all(".versions .prose"), []string{"said better", "said once"}; !slices.Equal(got, want) {
		t.Errorf("versions of a comment: %q, want %q", got, want)
	}
	thread := n.wantStatus(fmt.Sprintf("/post/%d", p.ID), http.StatusOK)
	for _, at := range []string{path, remark} {
		if !strings.Contains(thread.body, `href="`+at+`"`) {
			t.Errorf("the thread does not lead to %s", at)
		}
	}
	n.remove(p.URI, "spam")
	n.remove(m.URI, "spam")
	for _, at := range []string{path, remark} {
		if a := n.wantStatus(at, http.StatusGone); strings.Contains(a.body, "first words") || strings.Contains(a.body, "said once") {
			t.Errorf("%s still tells", at)
		}
	}
	n.wantStatus("/post/99999/history", http.StatusNotFound)
}

// What of a thread or community elsewhere is not here yet is said, with how far it is;
// and the page loads itself anew while more comes.
func TestWhatIsMissingIsSaid(t *testing.T) {
	w := newWorld(t)
	again := func(a *answer) bool { return strings.Contains(a.body, ` data-again="4"`) }
	page := func(path string) *answer { t.Helper(); return w.wantStatus(path, http.StatusOK) }
	does := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.db.Pool().Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	thread := fmt.Sprintf("/post/%d", w.gaps.ID)
	a := page(thread)
	for _, want := range []string{"12 more comments at lemmy.example", "2 comments could not be had", "1 comment could not be verified"} {
		if !strings.Contains(strings.Join(a.all(".gaps li"), " | "), want) {
			t.Errorf("%q is not said: %q", want, a.all(".gaps li"))
		}
	}
	if again(a) {
		t.Error("a thread of which nothing comes loads itself anew")
	}
	does(`update thread_check set state = 2, checked_at = now() where post_id = $1`, w.gaps.ID)
	if a = page(thread); !strings.Contains(strings.Join(a.all(".gaps li"), " "), "fetching") || !again(a) || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q, again: %v", a.all(".gaps li"), again(a))
	}
	const place = "/c/letters@lemmy.example"
	a = page(place)
	if text := strings.Join(a.all(".past"), " "); !strings.Contains(text, "2 things could not be had") || again(a) {
		t.Errorf("%q, again: %v", text, again(a))
	}
	does(`update backfill set state = 1, ended_at = null`)
	a = page(place)
	if len(a.all(".past progress")) != 1 || a.attr(".past progress", "value") != "50" || !again(a) {
		t.Errorf("%q, again: %v", a.all(".past"), again(a))
	}
}
