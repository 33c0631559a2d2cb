package member

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whoever goes takes everything along, says so twice, and is gone: signed out
// everywhere, with a name that nobody can have again.
func TestLeaving(t *testing.T) {
	n := newNode(t)
	ann, phone := n.browser(), n.browser()
	ann.join("ann")
	if a := phone.post("/sign-in", "name", "ann", "password", password); a.status != 303 {
		t.Fatal(a)
	}
	file := ann.get("/settings/export")
	var all map[string][]map[string]any
	if err := json.Unmarshal([]byte(file.body), &all); err != nil || all["account"][0]["name"] != "ann" || len(all["sessions"]) != 2 {
		t.Fatalf("%v: %s", err, file.body)
	}
	if strings.Contains(file.body, "argon2") {
		t.Error("the file holds the password")
	}
	n.browser().get("/settings/export").has(t, 303)
	ann.get("/settings/account").has(t, 200, `href="/settings/leave"`, `href="/settings/export"`)
	ann.get("/settings/leave").has(t, 200, "write your name: ann")
	ann.post("/settings/leave", "name", "anne", "leave-present", "wrong").has(t, 400, "field-leave-present-fault")
	ann.post("/settings/leave", "name", "anne", "leave-present", password).has(t, 400, "field-name-fault", `value="anne"`)
	ann.get("/u/ann").has(t, 200)
	gone := ann.post("/settings/leave", "name", "ann", "leave-present", password)
	if gone.status != 303 || !strings.HasPrefix(gone.to, "/farewell/") {
		t.Fatal(gone)
	}
	for _, b := range []*browser{ann, phone} {
		b.get("/settings").has(t, 303)
	}
	n.browser().get("/u/ann").has(t, 410)
	phone.post("/sign-in", "name", "ann", "password", password).has(t, 403)
	ann.post("/join", "name", "ann", "email", "new@mail.test", "password", password, "age", "1", "agree", "1").has(t, 400, "Somebody here has or had that name")
	var left int
	n.must(n.db.Pool().QueryRow(t.Context(), `select (select count(*) from account) + (select count(*) from session) + (select count(*) from one_time_link)`).Scan(&left))
	if left != 0 {
		t.Errorf("%d rows are left", left)
	}
}
