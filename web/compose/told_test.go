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
	"stoa/storage/private"
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

// People of other servers are followed, and no more, from their pages, and the follower
// is told when they are let in; those of this one are not followed.
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
	if status, _ := n.ask("ann", "/act", "do", fmt.Sprintf("follow person-%d", n.people["bob"].ID)); status != 400 {
		t.Errorf("somebody of this node is followed: %d", status)
	}
}
