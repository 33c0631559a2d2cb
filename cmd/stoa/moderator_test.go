package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"stoa/federation/fedtest"
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
