package compose

import (
	"context"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// Whoever is released makes communities where everybody may; whoever waits for an admin
// makes none, and what they write there is judged before it waits.
func TestNewcomers(t *testing.T) {
	n := newNode(t)
	n.lives("adm", true)
	n.lives("ann", false)
	n.lives("new", false)
	n.waits("new")
	founds := func(who, name string, want int, says string) {
		t.Helper()
		if status, _ := n.ask(who, "/communities/new", "name", name, "title", "Mine"); status != want {
			t.Errorf("%s makes a community: %d, want %d", who, status, want)
		}
		if page := n.sees(who, "/communities/new"); (want == 403) != strings.Contains(page, says) {
			t.Errorf("%s is told: %s", who, page)
		}
		_, err := n.db.Reader().Community(t.Context(), name, "")
		if (err == nil) != (want == 303) {
			t.Errorf("the community of %s: %v", who, err)
		}
	}
	founds("ann", "one", 403, "only admins make communities")
	founds("new", "two", 403, "only admins make communities")
	founds("adm", "three", 303, "only admins")
	n.site.Founding = true
	founds("ann", "four", 303, "once an admin has released")
	founds("new", "five", 403, "once an admin has released")

	// The rule is the forum's, whichever door is used.
	err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: "six", By: &forum.Founder{Open: true, Newcomer: true}})
		if out.Refused == nil || out.Refused.Reason != "found-unreleased" {
			t.Errorf("%+v", out)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	waiting := func() int {
		t.Helper()
		list, err := private.Of(n.db).Held(t.Context(), n.people["new"].ID)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for _, wrong := range [][]string{{"to", "none", "title", "A title"}, {"to", "three", "text", "Without a title."}} {
		if status, _ := n.ask("new", "/submit", wrong...); status != 400 || waiting() != 0 {
			t.Errorf("%v: %d, and %d wait", wrong, status, waiting())
		}
	}
	if status, _ := n.ask("new", "/submit", "to", "three", "title", "A title"); status != 200 || waiting() != 1 {
		t.Errorf("%d, and %d wait", status, waiting())
	}
	var posts, rows int
	if err := n.db.Pool().QueryRow(t.Context(), `select (select count(*) from post), (select count(*) from log where actor = $1)`, n.people["new"].URI).Scan(&posts, &rows); err != nil || posts+rows != 0 {
		t.Errorf("what waits is seen already: %d posts, %d acts, %v", posts, rows, err)
	}

	// Whom those of a community have moderate it is trusted by them, and moderates.
	n.done("ann", "/submit", "to", "three", "title", "Of ann's")
	path := n.newest()
	if status, _ := n.ask("new", "/moderate/post-"+path, "verb", "remove"); status != 403 {
		t.Errorf("a newcomer removes: %d", status)
	}
	n.done("adm", "/c/three/edit/moderators", "person", "new")
	n.done("new", "/moderate/post-"+path, "verb", "remove")
}

// newest is the number of the newest post.
func (n *node) newest() (id string) {
	n.Helper()
	if err := n.db.Pool().QueryRow(n.Context(), `select max(id)::text from post`).Scan(&id); err != nil {
		n.Fatal(err)
	}
	return id
}
