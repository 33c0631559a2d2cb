package member

import (
	"fmt"
	"strings"
	"testing"
)

// What somebody was told is counted until they have looked, in pages, and nobody else
// sees it.
func TestNotices(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.join("ann")
	bob.join("bob")
	ann.get("/notices").has(t, 200, "Nothing yet", `aria-label="Notifications"`)
	u, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	for i := range noticesOnPage + 1 {
		_, err := n.db.Pool().Exec(t.Context(), `insert into notice (person_id, kind, reason) values ($1, 4, $2)`, u.Person.ID, fmt.Sprintf("reason %d.", i))
		n.must(err)
	}
	ann.get("/").has(t, 200, `aria-label="Notifications, 31 new"`, `<span class="many" aria-hidden="true">31</span>`)
	bob.get("/notices").has(t, 200, "Nothing yet")
	first := ann.get("/notices")
	first.has(t, 200, "What you wrote was removed", "reason 30.", `class="unseen"`, "Older notifications", `aria-label="Notifications"`)
	if strings.Contains(first.body, "reason 0.") || strings.Contains(ann.get("/notices").body, "unseen") {
		t.Error("more than a page, or seen again")
	}
	ann.get("/notices?before=2").has(t, 200, "reason 0.")
	ann.get("/notices?before=x").has(t, 400)
	n.browser().get("/notices").has(t, 303)
}
