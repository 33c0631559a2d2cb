package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// find looks for something by what a reader types, and returns the id found or why
// there is none.
func (v *visit) find(text string) string {
	v.t.Helper()
	found, err := v.reach.Find(v.t.Context(), text)
	if err != nil {
		v.t.Fatalf("%s: %v", text, err)
	}
	if found.Reason != "" {
		return found.Reason
	}
	return found.Found
}

// A name that a person and a community share is decided by the sign before it. Every
// address of something leads to it, whoever wrote it down.
func TestFind(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	cats := v.peer.Person("cats") // as the community is called
	host, away := v.peer.Host(), v.away.Host()
	post := idOf(v.hall.Post(v.ann, fedtest.Post{Title: "Whiskers", HTML: "<p>Long.</p>"}))
	reply := idOf(v.hall.Reply(v.bob, post, "<p>Indeed.</p>"))
	toot := idOf(v.eve.Create(fedtest.Post{HTML: "<p>To nobody in particular.</p>"}))
	foreign := idOf(v.hall.Post(v.eve, fedtest.Post{HTML: "<p>To the cats.</p>"}))
	v.peer.PutAnswer("/c/lost", fedtest.Answer{Status: http.StatusNotFound, Body: []byte(`{}`)})
	gone := v.peer.Person("gone")
	v.peer.Gone(gone.ID)
	v.peer.PutAnswer("/page", fedtest.Answer{ContentType: "text/html", Body: []byte("<!doctype html><title>x</title>")})
	down := fedtest.New(t, fedtest.Options{Name: "down"})
	downHost := down.Host()
	down.Close()
	for _, c := range []struct{ text, want string }{
		{"!cats@" + host, v.hall.ID},
		{"@cats@" + host, cats.ID},
		{"cats@" + host, v.hall.ID}, // communities are what people join
		{"acct:cats@" + host, v.hall.ID},
		{"@eve@" + away, v.eve.ID},
		{"eve@" + away, v.eve.ID},
		{"!eve@" + away, forum.LookupNothing}, // nobody calls a person so
		{"!ann@" + host, forum.LookupNothing},
		{"@nobody@" + host, forum.LookupNothing},
		{v.hall.ID, v.hall.ID},
		{v.hall.ID + "#about", v.hall.ID},
		{v.eve.ID, v.eve.ID},
		{v.peer.URL("/page"), forum.LookupForeign},
		{post, post},
		{reply, reply},
		{toot, forum.LookupHomeless},
		{foreign, forum.LookupHomeless}, // its author says where it is, and the community has not
		{v.peer.URL("/c/lost"), forum.LookupNothing},
		{gone.ID, forum.LookupGone},
		{"!cats@" + downHost, forum.LookupAway},
		{"cats@nowhere/x", forum.LookupNothing},
		{"!@" + host, forum.LookupNothing},
		{v.cfg.URL.JoinPath("c", "x").String(), forum.LookupNothing}, // it never asks itself
	} {
		if got := v.find(c.text); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	if got := v.holds(); len(got) != 2 || got[reply] != post {
		t.Errorf("there are %v", got)
	}
}

// An account that is called otherwise elsewhere counts only if that place says the
// same.
func TestFindAliases(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	jrd := func(subject, id string) fedtest.Answer {
		return fedtest.Answer{ContentType: "application/jrd+json", Body: []byte(`{"subject":"acct:` + subject + `","links":[{"rel":"self","type":"application/activity+json","href":"` + id + `"}]}`)}
	}
	alias := fedtest.New(t, fedtest.Options{Name: "alias"})
	at := func(p *fedtest.Peer, name string) string {
		return "/.well-known/webfinger?resource=acct%3A" + name + "%40" + strings.ReplaceAll(p.Host(), ":", "%3A")
	}
	alias.PutAnswer(at(alias, "cats"), jrd("cats@"+v.peer.Host(), v.hall.ID))
	if got := v.find("!cats@" + alias.Host()); got != v.hall.ID {
		t.Errorf("a true alias leads to %s", got)
	}
	alias.PutAnswer(at(alias, "dogs"), jrd("cats@"+v.peer.Host(), alias.Person("mallory").ID))
	if got := v.find("dogs@" + alias.Host()); got != forum.LookupNothing {
		t.Errorf("an alias of which its place knows nothing leads to %s", got)
	}
}

// Whoever looks for a community in the browser waits on a page that loads itself
// again, is led to it, and sees it fill.
func TestLookingForACommunity(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "nodebb", options: fedtest.Options{Software: fedtest.NodeBB}})
	v.past()
	address := "/search?q=%21cats%40" + strings.ReplaceAll(v.peer.Host(), ":", "%3A")
	first := v.get(address, "text/html")
	if first.Code != http.StatusOK || !strings.Contains(first.Body.String(), `http-equiv="refresh"`) || !strings.Contains(first.Body.String(), "Looking at nodebb.localhost") {
		t.Fatalf("the first answer: %d\n%s", first.Code, first.Body)
	}
	if kept := first.Header().Get("Cache-Control"); !strings.Contains(kept, "no-store") {
		t.Errorf("a page that waits may be kept: %q", kept)
	}
	var to string
	eventually(t, "it is found", func() bool {
		w := v.get(address, "text/html")
		to = w.Header().Get("Location")
		return w.Code == http.StatusSeeOther
	})
	if want := "/c/cats@" + v.peer.Host(); to != want {
		t.Fatalf("led to %s, want %s", to, want)
	}
	eventually(t, "its newest posts are here", func() bool { return v.backfill().State == forum.BackfillDone })
	page := v.get(to, "text/html").Body.String()
	if !strings.Contains(page, "Post 26") || !strings.Contains(page, "Nobody here follows this community yet") || strings.Contains(page, "data-again") {
		t.Errorf("the community's page:\n%s", page)
	}
	if b := v.backfill(); b.Posts > 23 || b.Comments != 0 { // a page, and those on top
		t.Errorf("without a follower %+v", b)
	}
	nobody := v.get(strings.Replace(address, "cats", "dogs", 1), "text/html")
	_ = nobody // asked for
	eventually(t, "that there is none is said", func() bool {
		return strings.Contains(v.get(strings.Replace(address, "cats", "dogs", 1), "text/html").Body.String(), "knows nothing of that name")
	})
	// It fills as soon as somebody follows.
	v.join()
	v.agrees("once it is followed", v.hall.Truth())
}

// A follow that nobody answers is asked for again: once as it is, then behind an
// Undo. An answer to any of them counts, also one that names it by its id alone.
func TestFollowIsAskedForAgain(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "piefed", options: fedtest.Options{Software: fedtest.PieFed}})
	reader, err := v.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, out, err := v.reach.Follow(t.Context(), reader, v.hall.ID); err != nil || out.Refused != nil {
		t.Fatal(out.Refused, err)
	}
	came := func(want ...string) (ids []string) {
		t.Helper()
		eventually(t, strings.Join(want, ", "), func() bool {
			var kinds []string
			ids = nil
			for _, r := range v.peer.Received() {
				kinds, ids = append(kinds, r.Type()), append(ids, r.ID())
			}
			return slices.Equal(kinds, want)
		})
		return ids
	}
	age := func() {
		t.Helper()
		if _, err := v.db.Pool().Exec(t.Context(), `update follow set asked_at = now() - interval '1 year'`); err != nil {
			t.Fatal(err)
		}
	}
	first := came("Follow")
	age()
	second := came("Follow", "Follow")
	if second[1] == first[0] {
		t.Error("the same Follow was sent again: others drop what they have seen")
	}
	age()
	third := came("Follow", "Follow", "Undo", "Follow")
	if third[3] == second[1] {
		t.Error("the same Follow was sent again")
	}
	v.say(fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": v.peer.URL("/accept/1"), "type": "Accept", "actor": v.hall.ID, "object": first[0]}, v.hall.Actor)
	eventually(t, "the follow is accepted", func() bool { return v.community(v.hall.ID).Followers == 1 })
	age()
	v.find("!cats@" + v.peer.Host()) // some time passes
	came("Follow", "Follow", "Undo", "Follow")

	// Rejected, it is over.
	v.say(fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": v.peer.URL("/reject/1"), "type": "Reject", "actor": v.hall.ID, "object": third[3]}, v.hall.Actor)
	eventually(t, "the follow is over", func() bool { return v.community(v.hall.ID).Followers == 0 })
}

// stoa discover, follow, following and unfollow, beside the running node.
func TestFollowCommands(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	v.past()
	for _, name := range []string{"birds", "dogs"} {
		v.peer.Hall(name)
	}
	command := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		all := append([]string{
			"--database-url", v.db.Pool().Config().ConnString(), "--url", v.cfg.URL.String(), "--data", v.cfg.Data, "--dev-federation", "true",
		}, args...)
		if status := run(t.Context(), all, &out, &errs, func(string) string { return "" }); status != want {
			t.Fatalf("%v: %d\n%s%s", args, status, &out, &errs)
		}
		return out.String() + errs.String()
	}
	if said := command(0, "following"); !strings.Contains(said, "Nothing yet") {
		t.Error(said)
	}
	host := v.peer.Host()
	list := command(0, "discover", host)
	for _, name := range []string{"birds", "cats", "dogs"} {
		if !strings.Contains(list, "!"+name+"@"+host) || !strings.Contains(list, "All about "+name) {
			t.Errorf("%s is missing:\n%s", name, list)
		}
	}
	said := command(0, "discover", host, "--follow", "20")
	if strings.Count(said, "Asked !") != 3 {
		t.Error(said)
	}
	eventually(t, "all are asked", func() bool {
		n := 0
		for _, r := range v.peer.Received() {
			if r.Type() == "Follow" {
				n++
				v.say(v.peer.Group(nameIn(r.Activity["object"])).Accept(r.Activity), v.peer.Group(nameIn(r.Activity["object"])))
			}
		}
		return n >= 3
	})
	eventually(t, "all have accepted, and the past is read", func() bool {
		said := command(0, "following")
		return strings.Count(said, "accepted") == 3 && strings.Contains(said, "27 posts")
	})
	if said := command(1, "follow", "!nobody@"+host); !strings.Contains(said, "nothing of that name") {
		t.Error(said)
	}
	if said := command(0, "unfollow", "!dogs@"+host); !strings.Contains(said, "no longer followed") {
		t.Error(said)
	}
	if _, err := v.peer.WaitType(t.Context(), "Undo"); err != nil {
		t.Error(err)
	}
	if said := command(1, "discover", v.away.Host()); !strings.Contains(said, "no list of communities is known") {
		t.Error(said)
	}
	// Who follows is a bot, and no name of a person who is looked for.
	doc := v.get("/u/reader", "application/activity+json").Body.String()
	if !strings.Contains(doc, `"Service"`) {
		t.Error(doc)
	}
}

func nameIn(object any) string {
	id, _ := object.(string)
	return id[strings.LastIndexByte(id, '/')+1:]
}

// What is shown is asked for again after a day; what its server has no more is gone
// here too.
func TestStaleActors(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	v.find("!cats@" + v.peer.Host())
	v.find("@eve@" + v.away.Host())
	community, person := "/c/cats@"+v.peer.Host(), "/u/eve@"+v.away.Host()
	v.hall.Extra = fedtest.Doc{"name": "All cats"}
	v.eve.Extra = fedtest.Doc{"name": "Eve the Second"}
	looks := 0
	look := func() { // at a page that nobody has kept
		looks++
		v.get(fmt.Sprintf("%s?look=%d", community, looks), "text/html")
		v.get(fmt.Sprintf("%s?look=%d", person, looks), "text/html")
	}
	look()
	if strings.Contains(v.get(community, "text/html").Body.String(), "All cats") {
		t.Error("asked again although it was just asked")
	}
	age := func() {
		t.Helper()
		for _, table := range []string{"person", "community"} {
			if _, err := v.db.Pool().Exec(t.Context(), `update `+table+` set fetched_at = now() - interval '25 hours' where not local`); err != nil {
				t.Fatal(err)
			}
		}
	}
	age()
	look()
	eventually(t, "both are up to date", func() bool {
		return v.community(v.hall.ID).Title == "All cats" && v.person(v.eve.ID).Title == "Eve the Second"
	})
	age()
	v.peer.Gone(v.hall.ID)
	v.away.Gone(v.eve.ID)
	look()
	eventually(t, "both are gone", func() bool { return v.community(v.hall.ID).Gone && v.person(v.eve.ID).Gone })
	if w := v.get(person, "text/html"); w.Code != http.StatusGone {
		t.Errorf("the page of somebody gone: %d", w.Code)
	}
}

// Somebody who is followed accepts, and what they write to everybody and into no
// community is on their page; what others say to it too. It is no community to
// anybody.
func TestFollowAPerson(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	reader, err := v.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	handle := "@eve@" + v.away.Host()
	uri, out, err := v.reach.Follow(t.Context(), reader, handle)
	if err != nil || out.Refused != nil || uri != v.eve.ID {
		t.Fatal(uri, out.Refused, err)
	}
	asked, err := v.away.WaitType(t.Context(), "Follow")
	if err != nil || asked.Activity["object"] != v.eve.ID {
		t.Fatal(asked.Activity, err)
	}
	v.say(v.eve.Accept(asked.Activity), v.eve)
	toot := v.eve.Create(fedtest.Post{HTML: "<p>Good morning, everybody.</p>"})
	private := v.eve.Create(fedtest.Post{HTML: "<p>To those who follow.</p>", Audience: fedtest.FollowersOnly})
	v.say(toot, v.eve)
	v.say(private, v.eve)
	want := map[string]string{idOf(toot): ""}
	v.agrees("what eve wrote", want)
	reply := v.ann.Create(fedtest.Post{HTML: "<p>Good morning.</p>", InReplyTo: idOf(toot)})
	v.say(reply, v.ann)
	want[idOf(reply)] = idOf(toot)
	v.agrees("an answer to it", want)
	stranger := v.away.Person("kim").Create(fedtest.Post{HTML: "<p>Nobody here follows me.</p>"})
	v.say(stranger, v.away.Person("kim"))
	boost := v.eve.Announce(idOf(stranger))
	v.say(boost, v.eve)
	v.say(v.eve.Update(toot["object"].(fedtest.Doc), fedtest.Community{}, func(o fedtest.Doc) { o["content"] = "<p>Good evening.</p>" }), v.eve)
	eventually(t, "an edit", func() bool { return strings.Contains(v.html(idOf(toot)), "evening") })
	v.agrees("after strangers and boosts", want)
	page := v.get("/u/eve@"+v.away.Host()+"?sort=old", "text/html").Body.String()
	if !strings.Contains(page, "Good evening") || strings.Contains(page, "/c/eve") {
		t.Errorf("her page:\n%s", page)
	}
	if w := v.get("/c/eve@"+v.away.Host(), "text/html"); w.Code != http.StatusNotFound {
		t.Errorf("she is a community: %d", w.Code)
	}
	if strings.Contains(v.get("/communities", "text/html").Body.String(), "eve@") {
		t.Error("she is listed as a community")
	}
	if got := v.find(handle); got != v.eve.ID {
		t.Error(got)
	}
	v.say(v.eve.Delete(idOf(toot), fedtest.Community{}), v.eve)
	delete(want, idOf(toot))
	v.agrees("a deletion", want)
	if _, err := v.db.Pool().Exec(t.Context(), `update follow set state = 0`); err != nil {
		t.Fatal(err)
	}
	late := v.eve.Create(fedtest.Post{HTML: "<p>Is anybody there?</p>"})
	v.say(late, v.eve)
	eventually(t, "it is refused", func() bool {
		var refused bool
		err := v.db.Pool().QueryRow(t.Context(), `select exists (select 1 from received where activity = $1 and state = 4)`, late["id"]).Scan(&refused)
		return err == nil && refused
	})
	v.agrees("when nobody follows her any more", want)
}

// Somebody of one node is followed from another: what they write arrives there, changed
// too. When they move, to an account that names theirs, they are followed there instead.
func TestPeopleBetweenNodes(t *testing.T) {
	t.Parallel()
	a, b := newTestNode(t, "a", nil), newTestNode(t, "b", nil)
	porch, ann := a.found("porch", true), a.found("ann", false)
	bob, next := b.found("bob", false), b.found("anna", false)
	whom := b.meets(ann)
	b.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		if err := tx.OpenWall(ctx, whom); err != nil {
			return nil, err
		}
		return b.forum.Follow(ctx, tx, []forum.Follow{{Person: b.person(bob), Community: ann}})
	})
	follows := func(person string) string {
		t.Helper()
		state, err := private.Of(b.db).FollowingWall(t.Context(), b.person(bob).ID, person)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(state)
	}
	following, not := fmt.Sprint(forum.Following), fmt.Sprint(forum.NotFollowing)
	eventually(t, "the follow is accepted", func() bool { return follows(ann) == following })
	if w := a.get("/u/ann/followers", "application/activity+json"); !strings.Contains(w.Body.String(), `"totalItems":1`) {
		t.Errorf("followers: %s", w.Body.String())
	}
	post := a.submit(ann, porch, "Told to readers", "as it was")
	b.knows(post)
	a.edit(ann, post, "Told to readers", "as it is")
	says := func() string {
		var source string
		if err := b.db.Pool().QueryRow(t.Context(), `select source from post where uri = $1`, post).Scan(&source); err != nil {
			t.Fatal(err)
		}
		return source
	}
	eventually(t, "the edit is read", func() bool { return says() == "as it is" })

	b.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := b.forum.Claim(ctx, tx, next, []string{ann})
		return []forum.Outcome{out}, err
	})
	a.meets(next)
	a.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, _, err := a.forum.Move(ctx, tx, forum.Move{Person: a.person(ann), Target: next})
		return []forum.Outcome{out}, err
	})
	eventually(t, "the new account is followed", func() bool { return follows(next) == following && follows(ann) == not })
	eventually(t, "the old account is followed no more", func() bool {
		n, err := a.db.Reader().FollowersOf(t.Context(), ann)
		return err == nil && n == 0
	})
	if w := a.get("/u/ann", "application/activity+json"); !strings.Contains(w.Body.String(), `"movedTo":"`+next+`"`) {
		t.Errorf("the old account says %s", w.Body.String())
	}
	eventually(t, "the old account is known to have moved", func() bool { return b.person(ann).MovedTo == next })
}
