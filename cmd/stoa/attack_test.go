package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
)

// Attacks by way of what this node asks for itself. FEDERATION.md lists all known
// ways in which others were broken, and the test that shows each.

// besieged is a node that follows a community whose home lies.
func besieged(t *testing.T) (v *visit, post string) {
	t.Helper()
	v = newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	post = idOf(v.hall.Post(v.ann, fedtest.Post{Title: "Whiskers", HTML: "<p>Long.</p>"}))
	v.join()
	v.agrees("the past", map[string]string{post: ""})
	return v, post
}

// reopen has a thread compared with its home, and waits until that is done.
func (v *visit) reopen(post string) forum.ThreadState {
	v.t.Helper()
	if _, err := v.db.Pool().Exec(v.t.Context(), `update thread_check set checked_at = now() - interval '8 days'`); err != nil {
		v.t.Fatal(err)
	}
	id := v.number(post)
	if asked, err := v.db.AskThread(v.t.Context(), id); err != nil || !asked {
		v.t.Fatalf("the thread is not compared: %v %v", asked, err)
	}
	var s forum.ThreadState
	eventually(v.t, "the thread is compared", func() bool {
		var err error
		s, err = v.db.Reader().ThreadState(v.t.Context(), id)
		return err == nil && !s.Fetching
	})
	return s
}

func document(kind, id string, more fedtest.Doc) fedtest.Doc {
	d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": kind}
	maps.Copy(d, more)
	return d
}

// The context of a thread lists what somebody elsewhere never said, what belongs to
// other threads, and what is ours: GHSA-x58x-xx7h-7rh4, GHSA-h3jv-px69-2gpj, FEP-171b.
func TestPoisonedContext(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	another := v.hall.Post(v.ann, fedtest.Post{Title: "Another", HTML: "<p>x</p>"})
	other := idOf(another)
	v.tell(another)
	v.agrees("another thread", map[string]string{post: "", other: ""})
	said := v.eve.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>What I said.</p>", InReplyTo: post})
	forged := maps.Clone(said["object"].(fedtest.Doc))
	forged["content"] = "<p>What they would like me to have said.</p>"
	invented := maps.Clone(forged)
	invented["id"] = v.eve.ID + "/statuses/1"
	astray := v.bob.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>Elsewhere</p>", InReplyTo: other})
	unasked := v.away.Person("kim").Create(fedtest.Post{HTML: "<p>Nobody asked me</p>"})
	private := maps.Clone(v.bob.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>Psst</p>", InReplyTo: post})["object"].(fedtest.Doc))
	private["to"], private["cc"] = []any{v.ann.ID}, []any{}
	v.peer.Put(private["id"].(string), private)
	borrowed := maps.Clone(v.bob.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>Not mine</p>", InReplyTo: post})["object"].(fedtest.Doc))
	borrowed["attributedTo"] = v.eve.ID // of another server than its id
	v.peer.Put(borrowed["id"].(string), borrowed)
	numbered := maps.Clone(borrowed)
	numbered["id"], numbered["attributedTo"] = v.peer.URL("/comment/numbered"), 1
	anonymous := maps.Clone(borrowed)
	delete(anonymous, "id")
	listed := maps.Clone(borrowed)
	listed["id"], listed["attributedTo"] = []any{v.peer.URL("/comment/listed")}, v.bob.ID
	ours := maps.Clone(borrowed)
	ours["id"], ours["attributedTo"] = v.cfg.URL.JoinPath("comment", "1").String(), v.cfg.URL.JoinPath("u", "reader").String()
	context := post + "/context"
	v.peer.Put(context, document("OrderedCollection", context, fedtest.Doc{"totalItems": 12, "orderedItems": []any{
		post, forged, invented, astray["object"], idOf(astray), idOf(unasked), private, borrowed, numbered, anonymous, listed, ours,
		v.cfg.URL.JoinPath("post", "1").String(), "javascript:alert(1)", 7, nil,
	}}))
	s := v.reopen(post)
	want := map[string]string{post: "", other: "", idOf(said): post}
	if d := difference(v.holds(), want); d != "" {
		t.Errorf("after the poison:\n%s", d)
	}
	if html := v.html(idOf(said)); !strings.Contains(html, "What I said") {
		t.Errorf("eve said %q", html)
	}
	if s.Unhad == 0 || s.Missing != 0 {
		t.Errorf("what could not be had is not said: %+v", s)
	}
}

// Words of others that stand in an outbox, and posts that their authors did not give
// to the community: CVE-2025-32946, GHSA-r388-57j3-5fgp.
func TestPoisonedOutbox(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	victim := v.eve.Create(fedtest.Post{HTML: "<p>To my followers and everybody</p>"})
	given := v.eve.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>To the cats</p>"})
	lie := maps.Clone(given["object"].(fedtest.Doc))
	lie["content"] = "<p>To the dogs</p>"
	outbox := v.hall.Outbox
	announce := func(object any) any {
		return fedtest.Doc{"type": "Announce", "id": v.peer.URL("/a/1"), "actor": v.hall.ID, "to": []any{fedtest.Public}, "cc": []any{}, "object": object}
	}
	create := maps.Clone(given)
	create["object"] = lie
	v.peer.Put(outbox, document("OrderedCollection", outbox, fedtest.Doc{"totalItems": 3, "orderedItems": []any{
		announce(create), announce(lie), announce(idOf(victim)), announce(victim), announce(announce(announce(announce(lie)))),
	}}))
	v.join()
	if d := difference(v.holds(), map[string]string{idOf(given): ""}); d != "" {
		t.Errorf("after the poison:\n%s", d)
	}
	if html := v.html(idOf(given)); !strings.Contains(html, "To the cats") {
		t.Errorf("eve said %q", html)
	}
}

// Collections that never end, go in a circle, lead to another server or are no
// collections: CVE-2025-32947, CVE-2025-32948.
func TestEndlessCollections(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	context := post + "/context"
	asked := func(p *fedtest.Peer, part string) (n int) {
		for _, r := range p.Fetched() {
			if strings.Contains(r.Target, part) {
				n++
			}
		}
		return n
	}
	page := func(id, next string) fedtest.Doc {
		return document("OrderedCollectionPage", id, fedtest.Doc{"orderedItems": []any{}, "next": next})
	}
	// In a circle.
	v.peer.Put(context, document("OrderedCollection", context, fedtest.Doc{"first": context + "/1"}))
	v.peer.Put(context+"/1", page(context+"/1", context+"/2"))
	v.peer.Put(context+"/2", page(context+"/2", context+"/1"))
	v.reopen(post)
	if n := asked(v.peer, "/context/"); n != 2 {
		t.Errorf("the pages of a circle of two were asked for %d times", n)
	}
	// To another server.
	v.peer.Put(context+"/2", page(context+"/2", v.away.URL("/context/3")))
	v.peer.Forget()
	v.reopen(post)
	if n := asked(v.away, "/context/3"); n != 0 {
		t.Error("a page of another server was asked for")
	}
	v.peer.Redirect(context+"/2", v.away.URL("/context/3"))
	v.away.Put("/context/3", page(v.away.URL("/context/3"), v.away.URL("/context/4")))
	v.reopen(post)
	if n := asked(v.away, "/context/4"); n != 0 {
		t.Error("what stands behind a redirect to another server was read")
	}
	// Without an end.
	v.peer.Put(context+"/1", page(context+"/1", context+"/endless/1"))
	for i := range 700 {
		id := fmt.Sprintf("%s/endless/%d", context, i)
		v.peer.Put(id, page(id, fmt.Sprintf("%s/endless/%d", context, i+1)))
	}
	v.peer.Forget()
	v.reopen(post)
	if n := asked(v.peer, "/endless/"); n < 100 || n > 500 {
		t.Errorf("%d pages of an endless collection were read", n)
	}
	// No collection at all.
	v.peer.PutAnswer(context, fedtest.Answer{ContentType: "text/html", Body: []byte("<!doctype html>")})
	v.reopen(post)
	if d := difference(v.holds(), map[string]string{post: ""}); d != "" {
		t.Error(d)
	}
}

// Answers to answers without an end, each at another name of one wildcard domain or
// with another port: Mastodon's follow bomb, and CVE-2026-69132.
func TestWildcardHosts(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	trap := fedtest.New(t, fedtest.Options{Name: "trap"})
	_, port, _ := strings.Cut(trap.Host(), ":")
	context := post + "/context"
	var ids []any
	for i := range 600 {
		ids = append(ids, fmt.Sprintf("http://h%d.trap.localhost:%s/note", i, port))
	}
	v.peer.Put(context, document("OrderedCollection", context, fedtest.Doc{"orderedItems": ids}))
	v.reopen(post)
	if n := len(trap.Fetched()); n == 0 || n > 200 {
		t.Errorf("%d hosts of a wildcard domain were asked", n)
	}
}

// Answers whose parents go on for ever.
func TestEndlessParents(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	bob := v.bob
	at := func(i int) string { return v.peer.URL(fmt.Sprintf("/comment/deep/%d", i)) }
	for i := range 200 {
		v.peer.Put(at(i), document("Note", at(i), fedtest.Doc{
			"attributedTo": bob.ID, "to": []any{fedtest.Public}, "cc": []any{v.hall.ID}, "content": "<p>x</p>", "inReplyTo": at(i + 1), "published": "2026-01-01T00:00:00Z",
		}))
	}
	context := post + "/context"
	v.peer.Put(context, document("OrderedCollection", context, fedtest.Doc{"orderedItems": []any{post, at(0)}}))
	v.peer.Forget()
	v.reopen(post)
	n := 0
	for _, r := range v.peer.Fetched() {
		if strings.Contains(r.Target, "/comment/deep/") {
			n++
		}
	}
	if n == 0 || n > 60 {
		t.Errorf("%d parents were asked for", n)
	}
	if d := difference(v.holds(), map[string]string{post: ""}); d != "" {
		t.Error(d)
	}
}

// Who is blocked does not come back by way of what is fetched: CVE-2026-23961.
func TestBlockedAuthorsDoNotComeBack(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	reply := v.eve.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>x</p>", InReplyTo: post})
	v.hall.Hear(reply)
	host, _, _ := strings.Cut(v.away.Host(), ":")
	if _, err := v.db.Pool().Exec(t.Context(), `insert into domain_block (host, reason, blocked_at) values ($1, '', now())`, host); err != nil {
		t.Fatal(err)
	}
	v.away.Forget()
	v.reopen(post)
	if n := len(v.away.Fetched()); n != 0 {
		t.Errorf("a blocked server was asked %d times", n)
	}
	if d := difference(v.holds(), map[string]string{post: ""}); d != "" {
		t.Error(d)
	}
	if got := v.find("@eve@" + v.away.Host()); got != forum.LookupBlocked {
		t.Errorf("somebody of a blocked server: %s", got)
	}
}

// A block ends a backfill that is under way, whoever makes it: what is on its way is not
// taken in, and nothing else is asked for. After the block it is read as if for the first
// time.
func TestABlockEndsABackfill(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "peertube", options: fedtest.Options{Software: fedtest.PeerTube}})
	var held fedtest.Doc
	for i := range 6 {
		post := v.hall.Post(v.ann, fedtest.Post{Title: fmt.Sprint("Post ", i), HTML: "<p>x</p>"})
		if i == 3 {
			held = maps.Clone(post["object"].(fedtest.Doc))
			held["@context"] = "https://www.w3.org/ns/activitystreams"
		}
	}
	body, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	v.peer.PutAnswer(held["id"].(string), fedtest.Answer{Body: body, Until: release})
	reader, err := v.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, out, err := v.reach.Follow(t.Context(), reader, v.hall.ID); err != nil || out.Refused != nil {
		t.Fatal(out.Refused, err)
	}
	if _, err := v.peer.WaitFetch(t.Context(), func(r fedtest.Received) bool { return strings.HasSuffix(held["id"].(string), r.Target) }); err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(v.peer.Host(), ":")
	if _, err := v.db.Pool().Exec(t.Context(), `insert into domain_block (host, reason, blocked_at) values ($1, '', now())`, host); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the block counts", func() bool {
		_, err := v.client.Document(t.Context(), v.ann.ID)
		return fetch.KindOf(err) == fetch.BlockedHost
	})
	v.peer.Forget()
	close(release)
	eventually(t, "the backfill ends", func() bool { return v.backfill().State != forum.BackfillUnder })
	for _, r := range v.peer.Fetched() {
		t.Errorf("after the block it was asked for %s", r.Target)
	}
	if d := difference(v.holds(), map[string]string{}); d != "" {
		t.Error(d)
	}
	if b := v.backfill(); b.State != forum.BackfillBroken {
		t.Errorf("the backfill ended as %+v", b)
	}
	for _, sql := range []string{`delete from domain_block`, `update backfill set ended_at = ended_at - interval '2 days'`} {
		if _, err := v.db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if begun, err := v.db.BeginBackfill(t.Context(), v.community(v.hall.ID).ID); err != nil || !begun {
		t.Fatalf("not read again: %v %v", begun, err)
	}
	v.agrees("after the block", v.hall.Truth())
}

// A document that says it is somebody else's, and a profile that lies about where its
// inbox is: CVE-2024-23832, CVE-2023-42451, Misskey's list of primitives.
func TestLyingDocuments(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	evil := fedtest.New(t, fedtest.Options{Name: "evil"})
	eve := v.eve.Document()
	eve["name"] = "Not Eve"
	evil.Put("/eve", eve)
	if got := v.find(evil.URL("/eve")); got != v.eve.ID { // her own server was asked
		t.Errorf("a false profile leads to %s", got)
	}
	if name := v.person(v.eve.ID).Title; name != "eve" {
		t.Errorf("eve is called %q", name)
	}
	mallory := evil.Person("mallory")
	mallory.Extra = fedtest.Doc{"inbox": v.eve.Inbox}
	if got := v.find(mallory.ID); got != forum.LookupForeign {
		t.Errorf("somebody with the inbox of another server: %s", got)
	}
	evil.PutAnswer("/upload.json", fedtest.Answer{ContentType: "application/json", Body: []byte(`{"id":"` + evil.URL("/upload.json") + `","type":"Person"}`)})
	if got := v.find(evil.URL("/upload.json")); got != forum.LookupForeign {
		t.Errorf("an upload: %s", got)
	}
	graph := mallory.Document()
	graph["id"], graph["@graph"] = evil.URL("/graph"), []any{eve}
	delete(graph, "inbox")
	evil.Put("/graph", graph)
	if got := v.find(evil.URL("/graph")); got == v.eve.ID || strings.HasPrefix(got, "http") {
		t.Errorf("a graph: %s", got)
	}
	for _, text := range []string{"!cats@" + strings.Replace(v.peer.Host(), ".", "/.", 1), "!cats@evil\\@" + v.peer.Host(), "!cats@" + v.peer.Host() + "/x", "http://evil@" + v.peer.Host() + "\\/c/cats"} {
		if got := v.find(text); got != forum.LookupNothing {
			t.Errorf("%s: %s", text, got)
		}
	}
	evil.PutAnswer("/slow", fedtest.Answer{Hang: true})
	for i := range 5 {
		evil.Redirect(fmt.Sprintf("/hop/%d", i), evil.URL(fmt.Sprintf("/hop/%d", i+1)))
	}
	if got := v.find(evil.URL("/hop/0")); got != forum.LookupAway {
		t.Errorf("five redirects: %s", got)
	}
}

// The interface of a Lemmy is a list of ids and nothing else: what it says of posts
// is not taken from it.
func TestLyingLists(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy, Version: "0.19.20"}})
	post := idOf(v.hall.Post(v.ann, fedtest.Post{Title: "Whiskers", HTML: "<p>Long.</p>"}))
	theirs := idOf(v.eve.Create(fedtest.Post{HTML: "<p>To everybody</p>"}))
	v.peer.Put(v.hall.Outbox, document("OrderedCollection", v.hall.Outbox, fedtest.Doc{"totalItems": 2, "orderedItems": []any{}}))
	v.peer.PutAnswer("/api/v3/post/list?community_name=cats&limit=50&page=1&sort=New&type_=All", fedtest.Answer{ContentType: "application/json", Body: []byte(
		`{"posts":[{"post":{"id":1,"ap_id":"` + post + `","name":"Forged"},"counts":{"comments":-5}},{"post":{"id":2,"ap_id":"` + theirs + `"},"counts":{"comments":1e9}},
		{"post":{"id":"x","ap_id":7}},{"post":{"id":3,"ap_id":"file:///etc/passwd"}},{"post":{"id":4,"ap_id":"` + v.cfg.URL.JoinPath("post", "1").String() + `"}}]}`)})
	v.join()
	if d := difference(v.holds(), map[string]string{}); d != "" { // a list that cannot be read is none
		t.Error(d)
	}
	v.peer.PutAnswer("/api/v3/post/list?community_name=cats&limit=50&page=1&sort=New&type_=All", fedtest.Answer{ContentType: "application/json", Body: []byte(
		`{"posts":[{"post":{"id":1,"ap_id":"` + post + `","name":"Forged"},"counts":{"comments":-5}},{"post":{"id":2,"ap_id":"` + theirs + `"},"counts":{"comments":1}},
		{"post":{"id":3,"ap_id":"file:///etc/passwd"}},{"post":{"id":4,"ap_id":"` + v.cfg.URL.JoinPath("post", "1").String() + `"}}]}`)})
	if _, err := v.db.Pool().Exec(t.Context(), `update backfill set state = 3, ended_at = now() - interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	if begun, err := v.db.BeginBackfill(t.Context(), v.community(v.hall.ID).ID); err != nil || !begun {
		t.Fatal(begun, err)
	}
	eventually(t, "the list is read", func() bool { return v.backfill().State == forum.BackfillDone })
	if d := difference(v.holds(), map[string]string{post: ""}); d != "" {
		t.Error(d)
	}
	var title string
	if err := v.db.Pool().QueryRow(t.Context(), `select title from post`).Scan(&title); err != nil || title != "Whiskers" {
		t.Errorf("it is called %q, %v", title, err)
	}
}

// Words of people elsewhere that a community announces are not shown until their own
// server confirms them. What it has not within a day the thread says, and no longer
// once it has.
func TestUnverifiedIsSaid(t *testing.T) {
	t.Parallel()
	v, post := besieged(t)
	reply := v.eve.Create(fedtest.Post{Community: v.hall.There, HTML: "<p>Late, but mine.</p>", InReplyTo: post})
	id := idOf(reply)
	v.away.PutAnswer(id, fedtest.Answer{Status: 503, Body: []byte(`{}`)})
	v.say(v.hall.Announce(reply), v.hall.Actor)
	kept := func() (n int) {
		if err := v.db.Pool().QueryRow(t.Context(), `select count(*) from unconfirmed where uri = $1`, id).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "it waits", func() bool { return kept() == 1 })
	page := func(sort string) string {
		return v.get(fmt.Sprintf("/post/%d?sort=%s", v.number(post), sort), "text/html").Body.String()
	}
	const said = "1 comment could not be verified with its server."
	if text := page("new"); strings.Contains(text, said) || strings.Contains(text, "Late, but mine") {
		t.Error("within the day it is not said, nor are the words shown")
	}
	if _, err := v.db.Pool().Exec(t.Context(), `update unconfirmed set since = now() - interval '25 hours'`); err != nil {
		t.Fatal(err)
	}
	if text := page("old"); !strings.Contains(text, said) || strings.Contains(text, "Late, but mine") {
		t.Errorf("after a day:\n%s", text)
	}
	v.away.Put(id, reply["object"])
	v.agrees("once its server answers", map[string]string{post: "", id: post})
	if text := page("controversial"); strings.Contains(text, said) || !strings.Contains(text, "Late, but mine") {
		t.Error("what came is still called unverified")
	}
	if err := v.db.SweepReach(t.Context()); err != nil || kept() != 0 {
		t.Error("what was confirmed is kept as unconfirmed", err)
	}
}
