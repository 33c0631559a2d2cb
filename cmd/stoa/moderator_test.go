package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// Who moderates is said by the admin, found by other servers, and marked in threads.
// Somebody else who claims to speak as a moderator is not marked.
func TestDistinctionIsNotTaken(t *testing.T) {
	d := newDesk(t)
	command := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		all := append([]string{"--database-url", d.dsn, "--url", d.cfg.URL.String(), "--data", d.cfg.Data, "community", "moderator"}, args...)
		if status := run(t.Context(), all, &out, &errs, func(string) string { return "" }); status != want {
			t.Fatalf("%v: %d: %s", args, status, errs.String())
		}
		return out.String() + errs.String()
	}
	post := d.submit(d.ann, d.community, "A porch", "text")
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	said := map[string]fedtest.Doc{}
	speak := func(activity fedtest.Doc) {
		t.Helper()
		if p := d.send(peer, activity); p.State != "applied" {
			t.Fatal(p.State, p.Reason)
		}
	}
	say := func(name string) {
		t.Helper()
		create := peer.Person(name).Create(fedtest.Post{Community: fedtest.CommunityAt(d.community), Markdown: "I am " + name, InReplyTo: post})
		said[name] = create["object"].(fedtest.Doc)
		said[name]["distinguished"] = true
		speak(create)
	}
	say("mia")
	say("max")
	marked := func() (who []string) {
		for part := range strings.SplitSeq(d.get("/post/1", "text/html").Body.String(), `<li class="comment `) {
			if strings.Contains(part, "speaks as moderator") {
				who = append(who, part[strings.Index(part, "I am ")+5:][:3])
			}
		}
		return who
	}
	if who := marked(); len(who) > 0 {
		t.Error("without a moderator are marked", who)
	}
	command(1, "add", "porch", "nobody@nowhere.example")
	command(1, "add", "nowhere", "ann")
	command(0, "add", "porch", "mia@"+peer.Host())
	command(0, "add", "porch", "ann", "--reason", "she asked")
	if said := command(0, "add", "porch", d.ann); !strings.Contains(said, "already") {
		t.Error("twice:", said)
	}
	// What was said before is not said as a moderator.
	if who := marked(); len(who) > 0 {
		t.Error("marked for what came before:", who)
	}
	for _, name := range []string{"mia", "max"} {
		speak(peer.Person(name).Update(said[name], fedtest.CommunityAt(d.community), func(o fedtest.Doc) { o["content"] = "<p>I am " + name + " still</p>"; delete(o, "source") }))
	}
	eventually(t, "the moderator is marked", func() bool { return slices.Equal(marked(), []string{"mia"}) })
	listed := func() (ids []string) {
		var c struct {
			TotalItems   int      `json:"totalItems"`
			OrderedItems []string `json:"orderedItems"`
		}
		if err := json.Unmarshal(d.get("/c/porch/moderators", "application/activity+json").Body.Bytes(), &c); err != nil || c.TotalItems != len(c.OrderedItems) {
			t.Fatal(c, err)
		}
		return c.OrderedItems
	}
	mia := peer.Person("mia").ID
	if ids := listed(); !slices.Equal(ids, []string{mia, d.ann}) {
		t.Error("others find", ids)
	}
	if ids := strings.Fields(command(0, "list", "porch")); !slices.Equal(ids, []string{mia, d.ann}) {
		t.Error("the admin finds", ids)
	}
	command(0, "remove", "porch", "mia@"+peer.Host())
	if ids := listed(); !slices.Equal(ids, []string{d.ann}) {
		t.Error("after remove:", ids)
	}
	eventually(t, "nobody is marked", func() bool { return len(marked()) == 0 })
}

// Somebody of another server is made a moderator on the page of a community, and dismissed
// there: their server is told, agrees on who moderates, and what they do in between holds
// in both places.
func TestModeratorOfAnotherServer(t *testing.T) {
	t.Parallel()
	a, b := newTestNode(t, "home", nil), newTestNode(t, "away", nil)
	ann, bob := a.lives("ann"), b.lives("bob")
	porch := a.found("porch", true)
	a.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := a.forum.Appoint(ctx, tx, porch, ann, "")
		return []forum.Outcome{out}, err
	})
	b.follow(bob, porch)
	post := a.submit(ann, porch, "A porch", "text")
	b.knows(post)
	moderates := func(n *testNode, who string) bool {
		return n.count(`select count(*) from moderator m join community c on c.id = m.community_id where c.uri = $1 and m.person_uri = $2`, porch, who) == 1
	}
	handle := "bob@" + b.cfg.URL.Host
	does := func(want int, pairs ...string) {
		t.Helper()
		if w := a.acts(ann, "/c/porch/edit/moderators", pairs...); w.Code != want {
			t.Fatalf("%v: %d, want %d: %s", pairs, w.Code, want, w.Body)
		}
	}
	// What goes out says who, by whom and where, in the words that other software knows.
	told := func(verb forum.Verb, kind string) {
		t.Helper()
		var doc []byte
		if err := a.db.Pool().QueryRow(t.Context(), `select forum_doc from log where verb = $1 order by xid desc, seq desc limit 1`, verb).Scan(&doc); err != nil {
			t.Fatal(err)
		}
		var announce struct {
			Type   string `json:"type"`
			Actor  string `json:"actor"`
			Object struct {
				Type     string `json:"type"`
				Actor    string `json:"actor"`
				Object   string `json:"object"`
				Target   string `json:"target"`
				Audience string `json:"audience"`
			} `json:"object"`
		}
		if err := json.Unmarshal(doc, &announce); err != nil {
			t.Fatal(err)
		}
		if o := announce.Object; announce.Type != "Announce" || announce.Actor != porch || o.Type != kind || o.Actor != ann || o.Object != bob || o.Target != porch+"/moderators" || o.Audience != porch {
			t.Errorf("%s is told as %s", verb, doc)
		}
		if a.count(`select count(*) from log where verb = $1`, verb) != 1 {
			t.Errorf("%s is told more than once", verb)
		}
	}
	removed := func(n *testNode) bool {
		return n.count(`select count(*) from post where uri = $1 and state = 2`, post) == 1
	}
	remove := forum.Moderation{Verb: forum.VerbRemove, By: b.person(bob), Object: post, Reason: "spam"}

	does(400, "person", "nobody@"+b.cfg.URL.Host)
	does(303, "person", "@"+handle)
	does(303, "person", handle) // twice changes nothing
	told(forum.VerbAppoint, "Add")
	eventually(t, "both agree that bob moderates", func() bool { return moderates(a, bob) && moderates(b, bob) })
	if page := a.page(ann, "/c/porch/edit"); !strings.Contains(page, "@"+handle) {
		t.Errorf("the page does not name him: %s", page)
	}
	b.moderate(remove)
	eventually(t, "what bob removes is removed in both places", func() bool { return removed(a) && removed(b) })
	remove.Verb = forum.VerbRestore
	b.moderate(remove)
	eventually(t, "and is back", func() bool { return !removed(a) && !removed(b) })

	does(303, "dismiss", bob)
	told(forum.VerbDismiss, "Remove")
	eventually(t, "both agree that bob does no more", func() bool { return !moderates(a, bob) && !moderates(b, bob) })
	if w := b.acts(bob, fmt.Sprintf("/moderate/post-%d", b.numberOf(post)), "verb", "remove"); w.Code != 403 {
		t.Errorf("bob still moderates: %d", w.Code)
	}
	if removed(a) || removed(b) {
		t.Error("what bob does who was dismissed holds")
	}
}

// Whoever moderates a community of another server changes what it says of itself from
// here: its home does it, and then it shows in both places. Where the home does not take
// their word nothing changes in either, and nobody else is let in.
func TestDescribedFromAnotherServer(t *testing.T) {
	t.Parallel()
	a, b := newTestNode(t, "home", nil), newTestNode(t, "away", nil)
	ann, bob := a.lives("ann"), b.lives("bob")
	porch := a.found("porch", true)
	b.follow(bob, porch)
	path := "/c/porch@" + a.cfg.URL.Host
	does := func(want int, fields ...string) string {
		t.Helper()
		w := b.acts(bob, path+"/edit", fields...)
		if w.Code != want {
			t.Fatalf("%v: %d, want %d: %s", fields, w.Code, want, w.Body)
		}
		return w.Body.String()
	}
	says := func(n *testNode) string {
		c := n.community(porch)
		return c.Title + "|" + c.SummaryHTML + "|" + fmt.Sprint(c.Sensitive, c.Restricted)
	}
	if page := b.page(bob, path); strings.Contains(page, path+"/edit") {
		t.Error("somebody who does not moderate is led to the form")
	}
	does(403, "title", "Mine")

	// He is taken for a moderator here, and not there.
	if _, err := b.db.Pool().Exec(t.Context(), `insert into moderator (community_id, person_uri, since) select id, $2, now() from community where uri = $1`, porch, bob); err != nil {
		t.Fatal(err)
	}
	before := says(a)
	if page := does(200, "title", "A porch"); !strings.Contains(page, "Sent to "+a.cfg.URL.Hostname()) {
		t.Error("the page does not say who decides")
	}
	eventually(t, "the home refuses", func() bool {
		return a.count(`select count(*) from received where type = 'Update' and actor = $1 and reason = 'not-moderator'`, bob) == 1
	})
	if says(a) != before || says(b) != before {
		t.Errorf("%s and %s, want %s", says(a), says(b), before)
	}

	a.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := a.forum.Appoint(ctx, tx, porch, bob, "")
		return []forum.Outcome{out}, err
	})
	page := b.page(bob, path)
	if !strings.Contains(page, path+"/edit") {
		t.Error("a moderator is not led to the form")
	}
	does(200, "title", "A porch", "summary", "Sit *down*.", "sensitive", "1", "restricted", "1")
	const want = "A porch|<p>Sit <em>down</em>.</p>|true true"
	eventually(t, "both say what he said", func() bool { return says(a) == want && says(b) == want })
	if form := b.page(bob, path+"/edit"); !strings.Contains(form, "Sit *down*.</textarea>") || strings.Contains(form, `name="rules"`) || strings.Contains(form, `name="tags"`) {
		t.Errorf("the form: %s", form)
	}
	does(200, "title", "The porch", "summary", "Sit *down*.", "restricted", "1")
	eventually(t, "both say that it is not sensitive any more", func() bool {
		return says(a) == "The porch|<p>Sit <em>down</em>.</p>|false true" && says(b) == says(a)
	})
	does(200, "title", "The porch", "summary", "Sit *down*.", "restricted", "1")
	if n := b.count(`select count(*) from log where verb = 'update-actor'`); n != 3 {
		t.Errorf("%d changes were sent, of which one changed nothing", n)
	}
	if w := a.acts(ann, "/c/porch/edit", "title", "Ann's"); w.Code != 403 {
		t.Errorf("somebody who does not moderate at home: %d", w.Code)
	}
}
