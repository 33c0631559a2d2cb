package member

import (
	"context"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// heard keeps what the server of somebody elsewhere says of them, and ends the search for
// them by a handle.
func (n *node) heard(name, handle, knownAs string) forum.Person {
	n.Helper()
	uri := "https://far.example/users/" + name
	p, err := n.db.SavePerson(n.Context(), forum.Person{
		URI: uri, Name: name, Host: "far.example", Inbox: uri + "/inbox", KeyID: uri + "#key", FetchedAt: n.clock(), AlsoKnownAs: knownAs,
	}, nil)
	n.must(err)
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return tx.EndLookup(ctx, forum.LookedUp{Text: handle, Found: uri})
	}))
	_, err = n.db.Pool().Exec(n.Context(), `delete from river_job where kind = 'look_up'`) // it is done
	n.must(err)
	return p
}

// later lets what was found of other servers be older than it may be.
func (n *node) later() {
	n.Helper()
	_, err := n.db.Pool().Exec(n.Context(), `update lookup set asked_at = now() - interval '11 seconds'`)
	n.must(err)
}

// Without script: somebody says which accounts elsewhere are theirs, looked for at their
// server first; and takes that back.
func TestClaimingAccounts(t *testing.T) {
	n := newNode(t)
	ann := n.browser()
	ann.lives("ann")
	n.browser().get("/settings/move").has(t, 303)
	ann.get("/settings/account").has(t, 200, `href="/settings/move"`)
	ann.get("/settings/move").has(t, 200, "Move here", "Move away")

	asked := ann.post("/settings/move/claim", "claim", "old@far.example")
	asked.has(t, 303)
	ann.get(asked.to).has(t, 200, "Looking at far.example", `http-equiv="refresh"`)
	old := n.heard("old", "@old@far.example", "")
	ann.get(asked.to).has(t, 200, "This is mine", "@old@far.example", old.URI)
	ann.post("/settings/move/claim", "add", "https://far.example/users/nobody").has(t, 404)
	ann.post("/settings/move/claim", "add", old.URI).has(t, 303)
	ann.get("/settings/move").has(t, 200, "Accounts that are yours", "@old@far.example")
	if have := n.aliases("ann"); have != old.URI {
		t.Errorf("aliases %q", have)
	}
	ann.post("/settings/move/claim", "add", old.URI).has(t, 303) // twice is once
	if have := n.aliases("ann"); have != old.URI {
		t.Errorf("aliases %q", have)
	}
	if a := ann.get("/settings/export"); !strings.Contains(a.body, old.URI) {
		t.Errorf("the export does not name it: %s", a.body)
	}
	ann.get("/settings/move?claim=ann").has(t, 200, "That is the account you are using")
	ann.get("/settings/move?claim=nobody").has(t, 200, "field-claim-fault")
	ann.post("/settings/move/claim", "drop", old.URI).has(t, 303)
	if have := n.aliases("ann"); have != "" {
		t.Errorf("aliases %q", have)
	}

	gone := ann.post("/settings/move/claim", "claim", "https://far.example/@gone")
	ann.get(gone.to).has(t, 200, "Looking at far.example")
	n.must(n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return tx.EndLookup(ctx, forum.LookedUp{Text: "https://far.example/@gone", Reason: forum.LookupGone})
	}))
	ann.get(gone.to).has(t, 200, "That account no longer exists", `value="https://far.example/@gone"`)
}

func (n *node) aliases(name string) string {
	n.Helper()
	p, err := n.db.Reader().Person(n.Context(), name, "")
	n.must(err)
	return p.AlsoKnownAs
}

// Somebody moves to an account elsewhere once that names this one, which is asked for
// anew each time; the profile says so, and the move can be taken back.
func TestMovingAway(t *testing.T) {
	n := newNode(t)
	ann := n.browser()
	ann.lives("ann")
	me, err := n.db.Reader().Person(t.Context(), "ann", "")
	n.must(err)
	asked := ann.post("/settings/move/to", "to", "@new@far.example")
	asked.has(t, 303)
	ann.get(asked.to).has(t, 200, "Looking at far.example")
	next := n.heard("new", "@new@far.example", "")
	ann.get(asked.to).has(t, 200, "@new@far.example does not name this account", me.URI, "Ask again")
	ann.post("/settings/move/to", "go", next.URI, "move-present", password).has(t, 403, "The new account does not name this one")

	n.later()
	ann.get(asked.to).has(t, 200, "Looking at far.example") // it may say something else by now
	n.heard("new", "@new@far.example", "https://third.example/u/x\n"+me.URI)
	ann.get(asked.to).has(t, 200, "@new@far.example names this account", "move-present")
	ann.post("/settings/move/to", "go", next.URI, "move-present", "wrong").has(t, 400, "field-move-present-fault")
	n.pass(11 * time.Minute)
	late := ann.post("/settings/move/to", "go", next.URI, "move-present", password)
	late.has(t, 303)
	if late.to != asked.to {
		t.Errorf("after eleven minutes it leads to %s", late.to)
	}
	if a := ann.get("/u/ann"); strings.Contains(a.body, "has moved") {
		t.Error("it has moved already")
	}
	n.heard("new", "@new@far.example", me.URI)
	ann.post("/settings/move/to", "go", next.URI, "move-present", password).has(t, 303)
	n.browser().get("/u/ann").has(t, 200, "This account has moved to", `href="/u/new@far.example"`)
	ann.get("/settings/move").has(t, 200, "This account has moved to @new@far.example", "Take the move back")
	if a := ann.get("/settings/export"); !strings.Contains(a.body, `"movedTo": "`+next.URI) {
		t.Errorf("the export does not say where to: %s", a.body)
	}

	ann.post("/settings/move/return").has(t, 303)
	ann.get("/settings/move").has(t, 200, "Your new account")
	if a := ann.get("/u/ann"); strings.Contains(a.body, "has moved") {
		t.Error("the profile still says that it has moved")
	}
}

// Between accounts of one node nobody has to be asked.
func TestMovingWithinANode(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	ann.get("/settings/move?to=bob").has(t, 200, "does not name this account")
	bob.post("/settings/move/claim", "add", base+"/u/ann").has(t, 303)
	bob.get("/settings/move").inOrder(t, "Move here", "Accounts that are yours", "@ann@", "Move away")
	ann.get("/settings/move?to=bob").inOrder(t, "The account", "@bob@", "names this account", "move-present")
	ann.post("/settings/move/to", "go", base+"/u/bob", "move-present", password).has(t, 303)
	ann.get("/settings/move").inOrder(t, "This account has moved to", "Take the move back", "Move here")
	n.browser().get("/u/ann").has(t, 200, "This account has moved to", `href="/u/bob"`)
}
