package compose

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
)

// told lists what somebody was told, as kinds, the newest first.
func (n *node) told(who string) (kinds []private.NoticeKind) {
	n.Helper()
	list, err := private.Of(n.db).Notices(n.Context(), n.people[who].ID, 0, 100)
	if err != nil {
		n.Fatal(err)
	}
	for i := range list {
		kinds = append(kinds, list[i].Kind)
	}
	return kinds
}

func (n *node) done(who, path string, fields ...string) string {
	n.Helper()
	status, to := n.ask(who, path, fields...)
	if status != 303 {
		n.Fatalf("%s %v by %s: %d", path, fields, who, status)
	}
	return to
}

// Who wrote what is answered, who is named, and who watches is told, once; who muted
// the thread or blocked whoever writes is not, and nobody is told of themselves.
func TestWhoIsTold(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "bob", "cid", "dan", "eve"} {
		n.lives(name, name == "ann")
	}
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	is := func(who string, want ...private.NoticeKind) {
		t.Helper()
		if have := n.told(who); !slices.Equal(have, want) {
			t.Errorf("%s was told %v, want %v", who, have, want)
		}
	}
	n.done("bob", "/reply/post-1", "text", "To ann.")
	is("ann", private.Answered)
	is("bob")
	n.done("cid", "/act", "do", "watch post-1")
	n.done("dan", "/reply/comment-1", "text", fmt.Sprintf(`To bob, and <a href="%s/u/ann">@ann</a>, and <a href="%s/u/annette">@annette</a>.`, base, base))
	is("bob", private.Answered)
	is("cid", private.Said)
	is("ann", private.Named, private.Answered)
	n.done("bob", "/reply/post-1", "text", fmt.Sprintf(`<a href="%s/u/ann">@ann</a>, again.`, base))
	is("ann", private.Answered, private.Named, private.Answered) // answered and named at once, told once
	n.done("cid", "/act", "do", "mute post-1")
	n.done("bob", "/act", "do", "mute post-1")
	n.done("dan", "/reply/comment-1", "text", "To bob, who does not listen.")
	is("bob", private.Answered)
	is("cid", private.Said, private.Said)
	if err := private.Of(n.db).Shun(t.Context(), n.people["ann"].ID, private.ShunPerson, n.people["eve"].ID, "", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	before := len(n.told("ann"))
	n.done("eve", "/reply/post-1", "text", "To ann, who reads nothing of it.")
	if got := len(n.told("ann")); got != before {
		t.Error("somebody is told of whom they blocked")
	}
	n.done("ann", "/moderate/comment-1", "verb", "remove", "reason", "no")
	is("bob", private.Removed, private.Answered)
	n.done("ann", "/moderate/comment-1", "verb", "restore")
	is("bob", private.Restored, private.Removed, private.Answered)
}

// Whoever is banned from a community, and whoever's thread is closed, is told, and told
// when that ends: with the reason, in their language, and counted until they have looked.
// Nobody is told twice of the same, of what they do to themselves, or of what is old.
func TestModerationIsTold(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "bob", "cid"} {
		n.lives(name, name == "ann")
	}
	n.done("ann", "/communities/new", "name", "go", "title", "Go & more")
	n.done("bob", "/submit", "to", "go", "title", "Of bob's")
	n.done("ann", "/submit", "to", "go", "title", "Of ann's")
	n.done("cid", "/reply/post-1", "text", "Rude.")
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) { // old news
		old := forum.Moderation{Verb: forum.VerbBan, By: n.people["ann"], Object: n.people["cid"].URI, Community: base + "/c/go", At: time.Now().AddDate(0, 0, -8)}
		out, err := n.forum.Moderate(ctx, tx, []forum.Moderation{old})
		return out[0], err
	})
	var have []private.NoticeKind
	if have = n.told("cid"); len(have) != 0 {
		t.Errorf("cid is told of what is old: %v", have)
	}
	for range 2 { // the second time nothing changes
		n.done("ann", "/moderate/comment-1", "verb", "ban", "reason", "Too rude.", "days", "3")
		n.done("ann", "/moderate/post-1", "verb", "lock", "reason", "Too heated.")
		n.done("ann", "/moderate/post-2", "verb", "lock")
		if have = n.told("cid"); len(have) == 0 || have[0] != private.Banned {
			t.Errorf("cid was told %v", have)
		}
	}
	seen := func(who string, wants ...string) {
		t.Helper()
		if page := n.sees(who, "/c/go"); !strings.Contains(page, `aria-label="Notifications, 1 new"`) {
			t.Errorf("%s: it is not counted, or counted twice", who)
		}
		n.shows(who, "/notices", wants...)
		if page := n.sees(who, "/c/go"); !strings.Contains(page, `aria-label="Notifications"`) {
			t.Errorf("%s: it is counted still", who)
		}
	}
	if _, err := n.db.Pool().Exec(t.Context(), `delete from notice where person_id = $1 and id <> (select max(id) from notice where person_id = $1)`, n.people["cid"].ID); err != nil { // a ban says another end each time
		t.Fatal(err)
	}
	if _, err := n.db.Pool().Exec(t.Context(), `delete from notice where kind = 1`); err != nil { // bob was answered
		t.Fatal(err)
	}
	seen("cid", "You were banned from Go &amp; more", `href="/c/go"`, "Too rude.")
	seen("bob", "A thread of yours was closed", "In Of bob&#39;s", `href="/post/1"`, "Too heated.")
	for range 2 {
		n.done("ann", "/moderate/comment-1", "verb", "unban", "reason", "Was calm.")
		n.done("ann", "/moderate/post-1", "verb", "unlock")
	}
	seen("cid", "You can take part in Go &amp; more again", "Was calm.")
	seen("bob", "A thread of yours is open again")
	if have = n.told("ann"); len(have) != 0 {
		t.Errorf("ann is told of what she did: %v", have)
	}
	if have = n.told("bob"); !slices.Equal(have, []private.NoticeKind{private.Reopened, private.Closed}) {
		t.Errorf("bob was told %v", have)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.server.URL+"/notices", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "de")
	if _, page := n.do(r, "cid"); !strings.Contains(page, "Du kannst in Go &amp; more wieder mitmachen") || !strings.Contains(page, "Du wurdest aus Go &amp; more ausgeschlossen") {
		t.Errorf("in German: %s", page)
	}
}

// shows fails unless a page that somebody sees has all these words.
func (n *node) shows(who, path string, words ...string) {
	n.Helper()
	page := n.sees(who, path)
	for _, w := range words {
		if !strings.Contains(page, w) {
			n.Errorf("%s lacks %q for %s", path, w, who)
		}
	}
}

// People are followed, and no more, from their pages, those of this node at once; who asks
// elsewhere is told when they are let in.
func TestFollowingPeople(t *testing.T) {
	n := newNode(t)
	n.lives("ann", false)
	n.lives("bob", false)
	var far int64
	err := n.db.Pool().QueryRow(t.Context(), `insert into person (uri, name, host, local, inbox, fetched_at) values ('https://far.example/u/eve', 'eve', 'far.example', false, 'https://far.example/inbox', now()) returning id`).Scan(&far)
	if err != nil {
		t.Fatal(err)
	}
	is := func(want forum.FollowState) {
		t.Helper()
		if state, err := private.Of(n.db).FollowingWall(t.Context(), n.people["ann"].ID, "https://far.example/u/eve"); err != nil || state != want {
			t.Errorf("%v, %v; want %v", state, err, want)
		}
	}
	// The button on the page of somebody that does this is pressed.
	presses := func(act string) {
		t.Helper()
		page := n.sees("ann", "/u/eve@far.example")
		form := regexp.MustCompile(`<form id="acts" method="post" action="([^"]+)"[^>]*><input type="hidden" name="back" value="([^"]+)">`).FindStringSubmatch(page)
		if button := fmt.Sprintf(`form="acts" name="do" value="%s person-%d"`, act, far); form == nil || !strings.Contains(page, button) {
			t.Fatalf("no button %s on the page: %s", button, page)
		}
		if to := n.done("ann", form[1], "do", fmt.Sprintf("%s person-%d", act, far), "back", form[2]); to != "/u/eve@far.example" {
			t.Errorf("%q leads to %s", form[2], to)
		}
	}
	is(forum.NotFollowing)
	if page := n.sees("", "/u/eve@far.example"); strings.Contains(page, "follow person-") {
		t.Error("visitors have a button to follow")
	}
	presses("follow")
	is(forum.Pending)
	presses("unfollow")
	is(forum.NotFollowing)
	presses("follow")
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.Answered(ctx, tx, "https://far.example/u/eve", n.people["ann"], true)
	})
	is(forum.Following)
	n.shows("ann", "/", `aria-label="Notifications, 1 new"`)
	n.shows("ann", "/notices", "eve@far.example has let you in", `href="/u/eve@far.example"`)
	if page := n.sees("bob", "/notices"); strings.Contains(page, "let you in") {
		t.Error("bob is told whom ann follows")
	}
	bob := n.people["bob"]
	n.done("ann", "/act", "do", fmt.Sprintf("follow person-%d", bob.ID))
	if state, err := private.Of(n.db).FollowingWall(t.Context(), n.people["ann"].ID, bob.URI); err != nil || state != forum.Following {
		t.Errorf("somebody of this node: %v, %v", state, err)
	}
	if status, _ := n.ask("ann", "/act", "do", fmt.Sprintf("follow person-%d", n.people["ann"].ID)); status != 400 {
		t.Errorf("somebody follows themselves: %d", status)
	}
}

// Whoever has moved away writes, votes and follows no more at any door, and can delete
// what they wrote, and read; with the move taken back they go on.
func TestMovedAway(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	n.done("bob", "/submit", "to", "go", "title", "Two")
	ann, bob := n.people["ann"], n.people["bob"]
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.Claim(ctx, tx, bob.URI, []string{ann.URI})
	})
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		out, _, err := n.forum.Move(ctx, tx, forum.Move{Person: ann, Target: bob.URI})
		return out, err
	})
	for _, try := range [][]string{
		{"/submit", "to", "go", "title", "Three"}, {"/reply/post-2", "text", "Hello"}, {"/edit/post-1", "title", "Else"},
		{"/act", "do", "up post-2"}, {"/act", "do", fmt.Sprintf("follow person-%d", bob.ID)},
	} {
		if status, _ := n.ask("ann", try[0], try[1:]...); status != 403 {
			t.Errorf("%v: %d", try, status)
		}
	}
	if status, _ := n.ask("ann", "/communities/new", "name", "went", "title", "Went"); status != 400 {
		t.Errorf("founding a community: %d", status)
	}
	if page := n.sees("ann", "/c/go"); !strings.Contains(page, "Two") {
		t.Error("she cannot read")
	}
	n.done("ann", "/act", "do", "delete post-1")
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.Return(ctx, tx, ann.URI)
	})
	n.done("ann", "/reply/post-2", "text", "Here again")
}

// A block ends that somebody follows, and one of their server that anybody there does.
func TestBlocksEndFollows(t *testing.T) {
	n := newNode(t)
	n.lives("ann", false)
	n.lives("bob", false)
	ann := n.people["ann"]
	n.done("bob", "/act", "do", fmt.Sprintf("follow person-%d", ann.ID))
	ids := map[string]int64{}
	for _, name := range []string{"eve", "mia"} {
		p, err := n.db.SavePerson(t.Context(), forum.Person{
			URI: "https://far.example/u/" + name, Name: name, Host: "far.example", Inbox: "https://far.example/inbox", KeyID: "https://far.example/u/" + name + "#key", FetchedAt: time.Now(),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = p.ID
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			out, err := n.forum.Follow(ctx, tx, []forum.Follow{{Person: p, Community: ann.URI, Origin: forum.Origin{Activity: p.URI + "/follow"}}})
			return out[0], err
		})
	}
	is := func(want int) {
		t.Helper()
		if have, err := n.db.Reader().FollowersOf(t.Context(), ann.URI); err != nil || have != want {
			t.Errorf("%d followers, want %d: %v", have, want, err)
		}
	}
	is(3)
	n.done("ann", "/act", "do", fmt.Sprintf("block person-%d", n.people["bob"].ID))
	is(2)
	n.done("ann", "/act", "do", fmt.Sprintf("blockserver person-%d", ids["eve"]))
	is(0)
	n.done("ann", "/act", "do", fmt.Sprintf("unblock person-%d", n.people["bob"].ID))
	is(0)
	n.done("bob", "/act", "do", fmt.Sprintf("follow person-%d", ann.ID))
	is(1)
}

// On a post of one's own stands how many servers have it, and which do not yet.
func TestAuthorsSeeHowFarAPostHasCome(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	exec := func(sql string) {
		t.Helper()
		if _, err := n.db.Pool().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`with s as (insert into server (host) select x || '.example' from unnest('{far,near}'::text[]) x returning id, host),
			i as (insert into server_inbox (server_id, url) select id, 'https://' || host || '/inbox' from s returning *)
		insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) select (select id from community where name = 'go'), id, server_id, 0, 0 from i`)
	n.done("ann", "/submit", "to", "go", "title", "One")
	sees := func(who string, want ...string) {
		t.Helper()
		page := n.sees(who, "/post/1")
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not see %q", who, text)
			}
		}
		if len(want) == 0 && (strings.Contains(page, "Seen by") || strings.Contains(page, "far.example")) {
			t.Errorf("%s sees how far a post of somebody else has come", who)
		}
	}
	sees("ann", "Seen by 0 of 2 servers.", "Not yet by far.example, near.example.")
	exec(`update server set walked_xid = 9000000000000 where host = 'near.example'`)
	sees("ann", "Seen by 1 of 2 servers.", "Not yet by far.example.")
	exec(`insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
		select i.server_id, i.id, 2, 2, g.at, g.xid, g.seq, 1, 403, 'no' from log g, server_inbox i where g.verb = 'submit' and i.url like '%far%'`)
	sees("ann", "Seen by 1 of 2 servers.", "Not taken by far.example.")
	sees("bob")
	sees("")
}

// Of a report those are told who moderate, but for whoever made it.
func TestNobodyIsToldOfTheirOwnReport(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"adm", "mod", "bob"} {
		n.lives(name, name == "adm")
	}
	n.done("adm", "/communities/new", "name", "go", "title", "Go")
	n.done("adm", "/c/go/edit/moderators", "person", "mod")
	n.done("bob", "/submit", "to", "go", "title", "One")
	is := func(who string, want ...private.NoticeKind) {
		t.Helper()
		if have := n.told(who); !slices.Equal(have, want) {
			t.Errorf("%s was told %v, want %v", who, have, want)
		}
	}
	post := func(who, path string, want int) {
		t.Helper()
		if status, _ := n.ask(who, path, "reason", "Rude."); status != want {
			t.Fatalf("%s by %s: %d", path, who, status)
		}
	}
	post("mod", "/report/post-1", http.StatusOK)
	is("mod")
	is("adm", private.Reported)
	post("adm", fmt.Sprintf("/report/person-%d", n.people["bob"].ID), http.StatusOK)
	is("adm", private.Reported)
	n.done("bob", "/messages/mod", "text", "Rude.")
	n.done("bob", "/messages/adm", "text", "Rude.")
	post("mod", "/messages/report/1", http.StatusOK)
	is("adm", private.Reported, private.Wrote, private.Reported)
	post("adm", "/messages/report/2", http.StatusOK)
	is("adm", private.Reported, private.Wrote, private.Reported)
}

// A picture in somebody's name stands in what one is told of them.
func TestNamesInNoticesHaveTheirPictures(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.site.Media = &web.Media{Signer: media.NewSigner([]byte("a secret"))}
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	n.exec(`update person set title = 'Bob :sprout: <b>', emoji = $1 where name = 'bob'`, string(forum.Emojis("").With("sprout", "https://far.example/sprout.png")))
	n.done("bob", "/reply/post-1", "text", "To ann.")
	picture := n.site.Media.Signer.Address("https://far.example/sprout.png", media.Thumb)
	n.shows("ann", "/notices", `>Bob <img class="emoji" src="`+picture+`"`, `&lt;b&gt; answered you</a>`)
}
