package compose

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Without script: the page to react, the emoji below what it was given to, as a button for
// whoever is signed in, and its end. It is a vote up all the while.
func TestReacting(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	n.done("ann", "/reply/post-1", "text", "Words.")
	shows := func(who, path string, parts ...string) {
		t.Helper()
		n.has(path+" of "+who, n.sees(who, path), parts...)
	}
	for on, page := range map[string]string{"post-1": "/post/1", "comment-1": "/comment/1"} {
		shows("bob", page, `<a class="react" href="/react/`+on+`">React</a>`)
		shows("bob", "/react/"+on, "Reaction to", `value="🎉"`, `name="other"`)
		if to := n.done2("bob", "/react/"+on, map[string][]string{"other": {" 🌱 "}}); !strings.HasSuffix(to, "/post/1#"+on) {
			t.Errorf("%s leads to %s", on, to)
		}
		shows("ann", page, `<button form="acts" formaction="/react/`+on+`" name="emoji" value="🌱" aria-pressed="false"><span>🌱</span> <span class="count">1</span></button>`)
		shows("bob", page, `name="none" value="🌱" aria-pressed="true"`, `value="unvote `+on+`" class="up" aria-pressed="true"`)
		shows("", page, `<li><span>🌱</span> <span class="count">1</span></li>`)
		shows("bob", "/react/"+on, `value="🌱" checked`, `name="none"`)
		if to := n.done2("ann", "/react/"+on, map[string][]string{"emoji": {"🌱"}, "back": {page}}); !strings.HasSuffix(to, page+"#"+on) {
			t.Errorf("%s leads back to %s", on, to)
		}
		shows("bob", page, `<span class="count">2</span></button>`)
		n.done("bob", "/react/"+on, "none", "🌱")
		shows("bob", page, `value="🌱" aria-pressed="false"`, `value="up `+on+`" class="up" aria-pressed="false"`)
	}
	n.done("ann", "/act", "do", "delete post-1")
	shows("bob", "/react/post-1", "has been deleted")
	if strings.Contains(n.sees("bob", "/c/go"), `class="react"`) {
		t.Error("lists have a way to react")
	}
}

// With script the form stands where its link is; a vote by itself takes the emoji away.
func TestReactingInChromium(t *testing.T) {
	for _, width := range []int64{360, 1280} {
		_, b, open, complaints := besides(t, width)
		open("/post/1")
		for _, place := range []string{"article.post footer", "#comment-1"} {
			link := place + " > .acts a.react"
			b.does("asks", chromedp.Click(chromedp.CSS(link)), chromedp.WaitVisible(chromedp.CSS(place+" > form.react")))
			b.is("it stays", `window.stays`, "the same page")
			b.does("goes away", chromedp.Click(chromedp.CSS(link)), chromedp.WaitNotPresent(chromedp.CSS(place+" > form.react")))
			b.does("reacts", chromedp.Click(chromedp.CSS(link)), chromedp.WaitVisible(chromedp.CSS(place+" > form.react")),
				chromedp.Click(chromedp.CSS(place+` > form.react [value="🎉"]`)), chromedp.Click(chromedp.CSS(place+` > form.react .main`)),
				chromedp.WaitVisible(chromedp.CSS(place+` > .reactions button[aria-pressed=true]`)))
			b.is("counted", `document.querySelector("`+place+` > .reactions").textContent + document.querySelector("`+place+` > .acts .up").value.split(" ")[0]`, "🎉 1unvote")
			b.does("takes the vote back", chromedp.Click(chromedp.CSS(place+` > .acts .up`)), chromedp.WaitNotPresent(chromedp.CSS(place+` > .reactions`)))
			open("/post/1")
		}
		for _, c := range complaints() {
			t.Error(c)
		}
	}
}
