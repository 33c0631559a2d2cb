package compose

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"stoa/federation/forum"
	"stoa/storage/private"
)

// unreleased makes somebody with an account whose posts wait for an admin.
func (n *node) unreleased(name string) {
	n.Helper()
	n.lives(name, false)
	if _, err := n.db.Pool().Exec(n.Context(), `update account set released = false where person_id = $1`, n.people[name].ID); err != nil {
		n.Fatal(err)
	}
}

// releases is what stoa account release does.
func (n *node) releases(name string) (released, dropped int) {
	n.Helper()
	if _, err := private.Of(n.db).Release(n.Context(), n.people[name].ID); err != nil {
		n.Fatal(err)
	}
	desk := New(Options{Site: n.site, DB: n.db, Forum: n.forum, Render: func(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil }})
	released, dropped, err := desk.Release(n.Context(), n.people[name])
	if err != nil {
		n.Fatal(err)
	}
	return released, dropped
}

// What a new account answers is read by nobody and told to nobody until an admin has
// released it, and then stands where it belongs, in the order in which it was written.
func TestHeldAnswers(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.unreleased("bob")
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	to := n.done("ann", "/submit", "to", "go", "title", "Tea?")
	n.done("ann", "/reply/post-1", "text", "From Assam.")
	n.done("ann", "/reply/post-1", "text", "Gone soon.")
	logged := func() (count int) {
		t.Helper()
		if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from log where verb in ('submit', 'reply')`).Scan(&count); err != nil {
			t.Fatal(err)
		}
		return count
	}
	before, notices := logged(), len(n.told("ann"))
	for on, text := range map[string]string{"post-1": "Green, to the post.", "comment-1": "Black, to the comment.", "comment-2": "To what will be gone."} {
		status, page := n.page("bob", "/reply/"+on, url.Values{"text": {text}})
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", on, status, page)
		}
		n.has(on, page, "Waiting for release", "once an admin has released it", `href="/post/1`)
	}
	for _, who := range []string{"ann", "bob", ""} {
		_, page := n.page(who, to, nil)
		n.has("the thread to "+who, page, "From Assam.", "!Green, to", "!Black, to", "2 comments")
	}
	if logged() != before || len(n.told("ann")) != notices {
		t.Error("somebody is told of what waits")
	}
	n.done("ann", "/act", "do", "delete comment-2")
	if released, dropped := n.releases("bob"); released != 2 || dropped != 1 {
		t.Errorf("%d released, %d dropped", released, dropped)
	}
	_, page := n.page("", to, nil)
	n.has("the thread", page, "Green, to the post.", "Black, to the comment.", "!To what will be gone")
	var parents string
	if err := n.db.Pool().QueryRow(t.Context(), `select string_agg(source || ' < ' || coalesce(parent_id, 0), '; ' order by source) from comment where author_id = $1`, n.people["bob"].ID).Scan(&parents); err != nil {
		t.Fatal(err)
	}
	if want := "Black, to the comment. < 1; Green, to the post. < 0"; parents != want {
		t.Errorf("they answer %s, want %s", parents, want)
	}
	if logged() != before+2 || len(n.told("ann")) != notices+2 {
		t.Errorf("%d rows of the log for two answers, %d notices", logged()-before, len(n.told("ann"))-notices)
	}
	if released, dropped := n.releases("bob"); released != 0 || dropped != 0 {
		t.Errorf("a second time: %d, %d", released, dropped)
	}
	n.done("bob", "/reply/post-1", "text", "At once.") // a redirect, and not the notice
}

// Twenty posts and answers of one account wait, and no more; nothing of the next is lost,
// and nobody else has less room.
func TestHeldHasABound(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.unreleased("bob")
	n.unreleased("cid")
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "Tea?")
	write := func(who string, i int) (status int, page string) {
		if i%2 == 0 {
			return n.page(who, "/submit", url.Values{"to": {"go"}, "title": {fmt.Sprint("Number ", i)}})
		}
		return n.page(who, "/reply/post-1", url.Values{"text": {fmt.Sprint("Number ", i)}})
	}
	for i := range 20 {
		if status, page := write("bob", i); status != http.StatusOK {
			t.Fatalf("%d: %d %s", i, status, page)
		}
	}
	for i := 20; i < 22; i++ {
		status, page := write("bob", i)
		if status != http.StatusForbidden {
			t.Errorf("%d: %d", i, status)
		}
		n.has("the form", page, "Enough of yours waits for an admin already.", fmt.Sprint("Number ", i))
	}
	if status, _ := write("cid", 0); status != http.StatusOK {
		t.Errorf("cid has no room: %d", status)
	}
	if released, dropped := n.releases("bob"); released != 20 || dropped != 0 {
		t.Errorf("%d released, %d dropped", released, dropped)
	}
	var order string
	if err := n.db.Pool().QueryRow(t.Context(), `select string_agg(title, ', ' order by id) from post where author_id = $1`, n.people["bob"].ID).Scan(&order); err != nil {
		t.Fatal(err)
	}
	if want := "Number 0, Number 2, Number 4, Number 6, Number 8, Number 10, Number 12, Number 14, Number 16, Number 18"; order != want {
		t.Errorf("in the order %s", order)
	}
}
