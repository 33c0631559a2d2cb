package member

import (
	"fmt"
	"strings"
	"testing"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
)

// What somebody kept, began and blocked has pages of their own, from which it can be
// taken back.
func TestWhatIsOnesOwn(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.join("ann")
	bob.join("bob")
	u, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	other, err := n.own.Login(t.Context(), "bob")
	n.must(err)
	me := u.Person.ID
	for _, page := range []string{"/saved", "/drafts", "/settings/blocks"} {
		ann.get(page).has(t, 200, "<h1>")
		n.browser().get(page).has(t, 303)
	}
	n.must(n.own.SaveDraft(t.Context(), me, "post", account.Draft{Text: "The beginning of it.\nMore."}, n.clock()))
	n.must(n.own.SaveDraft(t.Context(), me, "reply post-7", account.Draft{Title: "<b>"}, n.clock()))
	ann.get("/drafts").has(t, 200, "The beginning of it.", `href="/submit"`, `href="/reply/post-7"`, "&lt;b&gt;")
	if strings.Contains(bob.get("/drafts").body, "beginning") {
		t.Error("drafts of others are seen")
	}
	if a := ann.post("/drafts", "place", "post"); a.status != 303 {
		t.Error(a.status)
	}
	if strings.Contains(ann.get("/drafts").body, "The beginning") {
		t.Error("a draft that was discarded is there")
	}
	n.must(n.own.Shun(t.Context(), me, private.ShunHost, 0, "far.example", true, n.clock()))
	n.must(n.own.Shun(t.Context(), me, private.ShunPerson, other.Person.ID, "", true, n.clock()))
	ann.get("/settings/blocks").has(t, 200, "far.example", "@bob", fmt.Sprintf(`value="unblock person-%d"`, other.Person.ID))
	ann.post("/settings/blocks", "host", "far.example")
	x, err := n.own.Shuns(t.Context(), me)
	if err != nil || len(x.Hosts) != 0 || !x.Of(&forum.Person{ID: other.Person.ID}) {
		t.Errorf("%+v %v", x, err)
	}
}

// A theme and a size of text hold on every page for whoever chose them.
func TestTheme(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("ann")
	if strings.Contains(b.get("/").body, "data-theme") {
		t.Error("a theme is set that nobody chose")
	}
	b.post("/settings", "theme", "dark", "text", "large").has(t, 200, `data-theme="dark"`, `data-text="large"`)
	b.get("/about").has(t, 200, `data-theme="dark"`, `data-text="large"`)
	b.post("/settings", "theme", `"><script>`).has(t, 200)
	if strings.Contains(b.get("/about").body, "data-theme") {
		t.Error("what is no theme is kept")
	}
}
