package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// TestTwoProcessesShareOneDatabase lets two nodes of one name take in and
// deliver side by side: everything is applied once, and sent once.
func TestTwoProcessesShareOneDatabase(t *testing.T) {
	t.Parallel()
	dsn := storagetest.DSN(t, schema)
	one := runTestNode(t, "node", dsn, nil)
	// The second answers at its own door, under the name of the first.
	two := one.second(dsn)
	community := fedtest.CommunityAt(one.found("porch", true))

	keys := fedtest.NewKeyring(2)
	reader := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "reader", Keys: keys, Lenient: true})
	writer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "writer", Keys: keys, Lenient: true})
	ann, bob := reader.Person("ann"), writer.Person("bob")
	if _, err := reader.Send(t.Context(), community.ID+"/inbox", ann.Follow(community.ID), fedtest.SignAs{Actor: ann}); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.WaitType(t.Context(), "Accept"); err != nil {
		t.Fatal(err)
	}
	const posts = 60
	for i := range posts {
		post := bob.Create(fedtest.Post{Community: community, Title: fmt.Sprintf("Post %d", i), Markdown: "text"})
		r, err := writer.Request(t.Context(), community.ID+"/inbox", post, fedtest.SignAs{Actor: bob})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			r.URL.Host = two.listen.Addr().String() // signed for the name, sent to the second door
		}
		answer, err := writer.Do(r)
		if err != nil || answer.Status != http.StatusAccepted {
			t.Fatalf("post %d: %v %v", i, answer.Status, err)
		}
	}
	eventually(t, "the follower is told of all posts", func() bool { return len(announced(reader)) == posts })
	eventually(t, "nothing is left to send", func() bool { return one.deliverer.Stats().InFlight+two.deliverer.Stats().InFlight == 0 })
	for id, ids := range announced(reader) {
		if len(ids) != 1 {
			t.Errorf("%s was sent %d times", id, len(ids))
		}
	}
	if n := countLog(t, one, "submit"); n != posts {
		t.Errorf("%d posts were announced, want %d", n, posts)
	}
	if s1, s2 := one.deliverer.Stats(), two.deliverer.Stats(); s1.Delivered+s2.Delivered < posts {
		t.Errorf("delivered %d and %d", s1.Delivered, s2.Delivered)
	}
}

// TestBlocksCountInEveryProcess has a server blocked and spoken with again, by a command:
// both processes learn of it for what comes in, what they fetch, what they serve and
// what they send.
func TestBlocksCountInEveryProcess(t *testing.T) {
	t.Parallel()
	dsn := storagetest.DSN(t, schema)
	one := runTestNode(t, "node", dsn, nil)
	both := []*testNode{one, one.second(dsn)}
	porch, ada := fedtest.CommunityAt(one.found("porch", true)), one.found("ada", false)

	keys := fedtest.NewKeyring(2)
	far := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "far", Keys: keys, Lenient: true})
	near := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "near", Keys: keys, Lenient: true})
	for _, p := range []*fedtest.Peer{far, near} {
		if _, err := p.Send(t.Context(), porch.ID+"/inbox", p.Person("ann").Follow(porch.ID), fedtest.SignAs{}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.WaitType(t.Context(), "Accept"); err != nil {
			t.Fatal(err)
		}
	}
	ann := far.Person("ann")
	post := one.submit(ada, porch.ID, "First", "text")
	told := func(p *fedtest.Peer, uri string) bool {
		return slices.ContainsFunc(p.Received(), func(r fedtest.Received) bool { return strings.Contains(fmt.Sprint(r.Activity), uri) })
	}
	eventually(t, "both are told", func() bool { return told(far, post) && told(near, post) })

	// state is how a process speaks with far: it is sent a vote, fetches, is asked.
	state := func(n *testNode) string {
		t.Helper()
		door := func(r *http.Request) { r.URL.Host = n.listen.Addr().String() } // signed for the name
		pushed, err := far.Request(t.Context(), porch.ID+"/inbox", ann.Like(post, porch), fedtest.SignAs{Actor: ann, Tamper: door})
		if err != nil {
			t.Fatal(err)
		}
		push, err := far.Do(pushed)
		if err != nil {
			t.Fatal(err)
		}
		_, fetched := n.client.Document(t.Context(), ann.ID)
		asked, err := far.Get(t.Context(), porch.ID, fedtest.SignAs{Actor: ann, Tamper: door})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d %s %d", push.Status, fetch.KindOf(fetched), asked.Status)
	}
	spoken, silent := "202  200", "403 blocked-host 403"
	becomes := func(what, want string) {
		t.Helper()
		for i, n := range both {
			eventually(t, fmt.Sprint(what, ", process ", i+1), func() bool { return state(n) == want })
		}
	}
	list := func(sql string) {
		t.Helper()
		if _, err := one.db.Pool().Exec(t.Context(), sql); err != nil { // past both processes
			t.Fatal(err)
		}
	}
	sends := func(what string, tells bool) {
		t.Helper()
		uri := one.submit(ada, porch.ID, what, "text")
		eventually(t, what+": near is told", func() bool { return told(near, uri) })
		eventually(t, what+": all is walked", func() bool {
			var done bool
			err := one.db.Pool().QueryRow(t.Context(), `select walked_xid >= touched_xid and touched_xid > (select max(xid) from log where subject = $2) and lease_owner is null
				from server where host = $1`, far.Host(), uri).Scan(&done)
			return err == nil && done
		})
		if told(far, uri) != tells {
			t.Errorf("%s: far is told: %v, want %v", what, !tells, tells)
		}
	}
	becomes("before", spoken)
	list(`insert into domain_block (host, reason, blocked_at) values ('far.localhost', 'spam', now())`)
	becomes("blocked", silent)
	sends("blocked", false)
	list(`delete from domain_block`)
	becomes("spoken with again", spoken)
	sends("spoken with again", true)
	list(`insert into domain_allow (host, allowed_at) values ('near.localhost', now())`)
	list(`update node set allow_only = true`)
	becomes("not on the list", silent)
	sends("not on the list", false)
	list(`insert into domain_allow (host, allowed_at) values ('far.localhost', now())`)
	becomes("on the list", spoken)
	sends("on the list", true)
}

// announced lists the ids of the Announces a peer was sent, for each inner
// activity, in order of arrival.
func announced(p *fedtest.Peer) map[string][]string {
	told := map[string][]string{}
	for _, r := range p.Received() {
		if object, ok := r.Activity["object"].(map[string]any); ok && r.Type() == "Announce" {
			inner, _ := object["id"].(string)
			told[inner] = append(told[inner], r.ID())
		}
	}
	return told
}

// Both processes of a node, and each of its starts, prove with the same keys, and with
// none unless that is asked for.
func TestKeysForProofsAreKept(t *testing.T) {
	t.Parallel()
	dsn := storagetest.DSN(t, schema)
	db, err := storage.Open(t.Context(), dsn, storage.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Bind(t.Context(), "https://forum.example"); err != nil {
		t.Fatal(err)
	}
	keys := func(proofs string) []activitypub.Multikey {
		t.Helper()
		c, err := readConfig(map[string]string{"url": "https://forum.example", "data": t.TempDir(), "proofs": proofs}, "", func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPublisher(t.Context(), c, db, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p.Group(&forum.Community{URI: "https://forum.example/c/go", Local: true}).AssertionMethod
	}
	if off := keys("false"); len(off) != 0 {
		t.Errorf("keys without being asked: %v", off)
	}
	first, second := keys("true"), keys("true")
	if len(first) != 1 || len(second) != 1 || first[0] != second[0] || first[0].ID != "https://forum.example/c/go#ed25519-key" {
		t.Errorf("keys %v, then %v", first, second)
	}
}
