package compose

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// besides is a node with a post and a comment of ann's, and bob beside her at a browser,
// in which open marks a page, so that it is known whether it stays.
func besides(t *testing.T, width int64) (n *node, b browsing, open func(path string), complaints func() []string) {
	t.Helper()
	n = newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	n.done("ann", "/reply/post-1", "text", "Words.")
	ctx, complaints := n.signedIn(webtest.Browser(t), "bob", width, "light")
	b = browsing{t, ctx}
	return n, b, func(path string) {
		t.Helper()
		b.does("open", chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer.steps")))
		if err := webtest.Evaluate(ctx, `window.stays = "the same page"`); err != nil {
			t.Fatal(err)
		}
	}, complaints
}

// With script the same buttons turn, and points are right, while the page stays.
func TestButtonsTurnInChromium(t *testing.T) {
	n, b, open, complaints := besides(t, 1280)
	does, is := b.does, b.is
	marks := func(on forum.Subject) string {
		t.Helper()
		m, err := private.Of(n.db).Marks(t.Context(), n.people["bob"].ID, []int64{1}, []int64{1})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d, saved %t, hidden %t", m.Votes[on], m.Saved[on], m.Hidden[1])
	}
	open("/post/1")
	for place, on := range map[string]forum.Subject{"article.post": {Kind: forum.OnPost, ID: 1}, "#comment-1": {Kind: forum.OnComment, ID: 1}} {
		name := map[forum.SubjectKind]string{forum.OnPost: "post-1", forum.OnComment: "comment-1"}[on.Kind]
		shows := func(button string) string { return fmt.Sprintf("%s .acts button.%s", place, button) }
		state := fmt.Sprintf(`(here => [...here.querySelectorAll(".acts .up, .acts .down, .acts .keep")].map(b => b.value.split(" ")[0] + " " + b.getAttribute("aria-pressed")).join(", ") + ", " + here.querySelector(".keep").textContent + ", " + (here.querySelector(".points")?.textContent || "none"))(document.querySelector(%q))`, place)
		for _, step := range []struct{ button, value, shown, stored string }{
			{"keep", "unsave", "up false, down false, unsave true, Saved, none", "0, saved true, hidden false"},
			{"keep", "save", "up false, down false, save false, Save, none", "0, saved false, hidden false"},
			{"up", "unvote", "unvote true, down false, save false, Save, 2 points", "1, saved false, hidden false"},
			{"up", "up", "up false, down false, save false, Save, none", "0, saved false, hidden false"},
			{"down", "unvote", "up false, unvote true, save false, Save, 0 points", "-1, saved false, hidden false"},
			{"keep", "unsave", "up false, unvote true, unsave true, Saved, 0 points", "-1, saved true, hidden false"},
			{"up", "unvote", "unvote true, down false, unsave true, Saved, 2 points", "1, saved true, hidden false"},
		} {
			does(step.button, chromedp.Click(chromedp.CSS(shows(step.button))), chromedp.WaitReady(chromedp.CSS(fmt.Sprintf(`%s[value="%s %s"]:enabled`, shows(step.button), step.value, name))))
			what := fmt.Sprintf("%s: %s, which became %s", name, step.button, step.value)
			is(what, state, step.shown)
			if got := marks(on); got != step.stored {
				t.Errorf("%s: stored is %s, want %s", what, got, step.stored)
			}
		}
	}
	is("it stayed", `window.stays`, "the same page")

	open("/c/go")
	does("hide", chromedp.Click(chromedp.CSS(`button[value="hide post-1"]`)), chromedp.WaitVisible(chromedp.CSS(".hidden-note button")))
	is("hidden", `document.querySelectorAll("article.card").length + " " + document.querySelector(".hidden-note").textContent`, "0 Hidden. Undo")
	if got := marks(forum.Subject{Kind: forum.OnPost, ID: 1}); got != "1, saved true, hidden true" {
		t.Errorf("hidden: stored is %s", got)
	}
	does("undo", chromedp.Click(chromedp.CSS(".hidden-note button")), chromedp.WaitVisible(chromedp.CSS("article.card")))
	if got := marks(forum.Subject{Kind: forum.OnPost, ID: 1}); got != "1, saved true, hidden false" {
		t.Errorf("shown again: stored is %s", got)
	}
	is("it stayed", `window.stays`, "the same page")
	for _, c := range complaints() {
		t.Error(c)
	}
}
