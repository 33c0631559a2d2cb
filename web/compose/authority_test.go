package compose

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
	"stoa/storage/private"
)

// Who can do what, with what is in which state. Each cell is asked for at the door,
// with a form; a refusal changes nothing.
func TestWhoMayDoWhat(t *testing.T) {
	n := newNode(t)
	n.site.Founding = true
	for _, name := range []string{"ann", "bob", "cid", "mod", "dan", "new", "odd"} {
		n.lives(name, false)
	}
	n.lives("adm", true)
	n.waits("new")
	for name, moderator := range map[string]string{"go": "mod", "other": "odd"} {
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: name, PrivateKey: "private", PublicKey: "public"})
		})
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.Appoint(ctx, tx, base+"/c/"+name, n.people[moderator].URI, "")
		})
	}
	community := base + "/c/go"
	moderate := func(m forum.Moderation) {
		t.Helper()
		m.By = n.people["mod"]
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			out, err := n.forum.Moderate(ctx, tx, []forum.Moderation{m})
			return out[0], err
		})
	}
	moderate(forum.Moderation{Verb: forum.VerbBan, Object: n.people["cid"].URI, Community: community})
	// Blocked by the author: that is between the two and hinders nobody.
	if err := private.Of(n.db).Shun(t.Context(), n.people["ann"].ID, private.ShunPerson, n.people["dan"].ID, "", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	n.wrote("bob", "ann") // so that she can write to him as much as she likes
	c, err := n.db.Reader().Community(t.Context(), "go", "")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]func(uri string){
		"live": func(string) {},
		"deleted": func(uri string) {
			n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
				out, err := n.forum.Delete(ctx, tx, []forum.Delete{{Object: uri, By: n.people["ann"]}})
				return out[0], err
			})
		},
		"removed": func(uri string) { moderate(forum.Moderation{Verb: forum.VerbRemove, Object: uri, Reason: "spam"}) },
		"of a banned author": func(string) {
			moderate(forum.Moderation{Verb: forum.VerbBan, Object: n.people["ann"].URI, Community: community})
		},
		"in a removed thread": func(uri string) { moderate(forum.Moderation{Verb: forum.VerbRemove, Object: uri, Reason: "spam"}) },
		"in a removed community": func(string) {
			n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
				return n.forum.Remove(ctx, tx, community, "spam")
			})
		},
		"pinned": func(uri string) { moderate(forum.Moderation{Verb: forum.VerbPin, Object: uri}) },
		"closed": func(uri string) { moderate(forum.Moderation{Verb: forum.VerbLock, Object: uri}) },
	}
	var far int64
	err = n.db.Pool().QueryRow(t.Context(), `insert into person (uri, name, host, local, inbox, fetched_at) values ('https://far.example/u/eve', 'eve', 'far.example', false, 'https://far.example/inbox', now()) returning id`).Scan(&far)
	if err != nil {
		t.Fatal(err)
	}
	// A community elsewhere that mod moderates, and no admin can arrange.
	_, err = n.db.Pool().Exec(t.Context(), `with c as (insert into community (uri, name, host, local, inbox, fetched_at, title, said) values ('https://far.example/c/far', 'far', 'far.example', false, 'https://far.example/inbox', now(), 'Far',
		'{"type":"Group","id":"https://far.example/c/far","preferredUsername":"far","inbox":"https://far.example/inbox"}') returning id)
		insert into moderator (community_id, person_uri, since) select id, $1, now() from c`, n.people["mod"].URI)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody, the author, anybody, banned, blocked by the author, a moderator, an admin,
	// somebody whom no admin has released yet, a moderator of another community.
	who := []string{"", "ann", "bob", "cid", "dan", "mod", "adm", "new", "odd"}
	rows := []tableRow{
		{"live", "/act", []string{"do", "up POST"}, "403 303 303 403 303 303 303 303 303"},
		{"deleted", "/act", []string{"do", "up POST"}, "403 410 410 410 410 410 410 410 410"},
		{"removed", "/act", []string{"do", "up POST"}, "403 410 410 410 410 410 410 410 410"},
		{"closed", "/act", []string{"do", "down POST"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/act", []string{"do", "save POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "hide POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "watch POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "delete POST"}, "403 303 403 403 403 403 403 403 403"},
		{"deleted", "/act", []string{"do", "restore POST"}, "403 303 403 403 403 403 403 403 403"},
		{"live", "/act", []string{"do", "nonsense POST"}, "403 400 400 400 400 400 400 400 400"},
		{"live", "/reply/POST", []string{"text", "Words."}, "403 303 303 403 303 303 303 200 303"},
		{"live", "/reply/POST", []string{"text", ""}, "403 400 400 403 400 400 400 400 400"},
		{"deleted", "/reply/POST", []string{"text", "Words."}, "403 410 410 403 410 410 410 410 410"},
		{"removed", "/reply/POST", []string{"text", "Words."}, "403 410 410 410 410 410 410 410 410"},
		{"closed", "/reply/POST", []string{"text", "Words."}, "403 403 403 403 403 303 403 403 403"},
		{"live", "/edit/POST", []string{"title", "New", "text", "Words."}, "403 303 403 403 403 403 403 403 403"},
		{"removed", "/edit/POST", []string{"title", "New", "text", "Words."}, "403 410 403 403 403 403 403 403 403"},
		{"closed", "/edit/POST", []string{"title", "New", "text", "Words."}, "403 303 403 403 403 403 403 403 403"},
		{"of a banned author", "/edit/POST", []string{"title", "New", "text", "Words."}, "403 403 403 403 403 403 403 403 403"},
		{"of a banned author", "/act", []string{"do", "delete POST"}, "403 303 403 403 403 403 403 403 403"},
		{"of a banned author", "/act", []string{"do", "up POST"}, "403 403 303 403 303 303 303 303 303"},
		{"live", "/edit/POST", []string{"title", "", "text", "Words."}, "403 400 403 403 403 403 403 403 403"},
		{"live", "/report/POST", []string{"reason", "Look."}, "403 200 200 200 200 200 200 200 200"},
		{"live", "/report/POST", []string{"reason", " "}, "403 400 400 400 400 400 400 400 400"},
		{"live", "/report/POST", []string{"withdraw", "1"}, "403 303 303 303 303 303 303 303 303"},
		{"removed", "/report/POST", []string{"reason", "Look."}, "403 410 410 410 410 410 410 410 410"},
		{"live", "/moderate/POST", []string{"verb", "remove", "reason", "spam"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "lock"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "pin"}, "403 403 403 403 403 303 303 403 403"},
		{"removed", "/moderate/POST", []string{"verb", "restore"}, "403 403 403 403 403 303 303 403 403"},
		{"deleted", "/moderate/POST", []string{"verb", "restore"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "appoint"}, "403 403 403 403 403 400 400 403 403"},
		{"live", "/moderate/POST", []string{"verb", "relocate", "to", "none"}, "403 403 403 403 403 400 400 403 403"},
		{"live", "/moderate/POST", []string{"verb", "relocate", "to", "other"}, "403 403 403 403 403 400 303 403 403"},
		{"deleted", "/moderate/POST", []string{"verb", "relocate", "to", "other"}, "403 403 403 403 403 400 400 403 403"},
		{"live", "/vote/POST", []string{"choice", "tea"}, "403 303 303 403 303 303 303 403 303"},
		{"live", "/vote/POST", []string{"choice", "beer"}, "403 400 400 403 400 400 400 403 400"},
		{"deleted", "/vote/POST", []string{"choice", "tea"}, "403 410 410 410 410 410 410 410 410"},
		{"removed", "/vote/POST", []string{"choice", "tea"}, "403 410 410 410 410 410 410 410 410"},
		{"closed", "/vote/POST", []string{"choice", "tea"}, "403 303 303 403 303 303 303 403 303"},
		{"live", "/react/POST", []string{"emoji", "🙂"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/react/POST", []string{"none", "🙂"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/react/POST", []string{"other", "no"}, "403 400 400 400 400 400 400 400 400"},
		{"deleted", "/react/POST", []string{"emoji", "🙂"}, "403 410 410 410 410 410 410 410 410"},
		{"removed", "/react/POST", []string{"emoji", "🙂"}, "403 410 410 410 410 410 410 410 410"},
		{"closed", "/react/POST", []string{"emoji", "🙂"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/react/COMMENT", []string{"emoji", "🙂"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/react/COMMENT", []string{"none", "🙂"}, "403 303 303 303 303 303 303 303 303"},
		{"deleted", "/react/COMMENT", []string{"emoji", "🙂"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed thread", "/react/COMMENT", []string{"emoji", "🙂"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/react/POST", []string{"emoji", "🙂"}, "403 410 410 410 410 410 410 410 410"},
		{"live", "/submit", []string{"to", "go", "title", "A title"}, "403 303 303 403 303 303 303 200 303"},
		{"live", "/submit", []string{"to", "go", "title", "A title", "quote", "POST"}, "403 303 303 403 403 303 303 200 303"}, // dan is blocked
		{"deleted", "/submit", []string{"to", "go", "title", "A title", "quote", "POST"}, "403 410 410 403 410 410 410 410 410"},
		{"removed", "/submit", []string{"to", "go", "title", "A title", "quote", "COMMENT"}, "403 410 410 403 410 410 410 410 410"},
		{"live", "/submit", []string{"to", "go", "title", "A title", "quote", "COMMENT"}, "403 303 303 403 403 303 303 200 303"},
		{"live", "/submit", []string{"to", "none", "title", "A title"}, "403 400 400 400 400 400 400 400 400"},
		{"live", "/draft", []string{"place", "post", "text", "Words."}, "403 204 204 204 204 204 204 204 204"},
		{"live", "/act", []string{"do", fmt.Sprintf("join community-%d", c.ID)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("block person-%d", n.people["bob"].ID)}, "403 303 400 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("leave community-%d", c.ID)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("nonsense community-%d", c.ID)}, "403 400 400 400 400 400 400 400 400"},
		{"live", "/act", []string{"do", fmt.Sprintf("follow person-%d", far)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("unfollow person-%d", far)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("follow person-%d", n.people["bob"].ID)}, "403 303 400 303 303 303 303 303 303"}, // nobody follows themselves
		{"live", "/act", []string{"do", "unsave POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unhide POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unvote POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "mute POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/moderate/POST", []string{"verb", "ban", "reason", "spam"}, "403 403 403 403 403 303 303 403 403"},
		{"of a banned author", "/moderate/POST", []string{"verb", "unban"}, "403 403 403 403 403 303 303 403 403"},
		{"closed", "/moderate/POST", []string{"verb", "unlock"}, "403 403 403 403 403 303 303 403 403"},
		{"pinned", "/moderate/POST", []string{"verb", "unpin"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/act", []string{"do", "up COMMENT"}, "403 303 303 403 303 303 303 303 303"},
		{"deleted", "/act", []string{"do", "up COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"removed", "/act", []string{"do", "up COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"closed", "/act", []string{"do", "up COMMENT"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/act", []string{"do", "down COMMENT"}, "403 303 303 403 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unvote COMMENT"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "save COMMENT"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unsave COMMENT"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "hide COMMENT"}, "403 400 400 400 400 400 400 400 400"},
		{"live", "/act", []string{"do", "delete COMMENT"}, "403 303 403 403 403 403 403 403 403"},
		{"deleted", "/act", []string{"do", "restore COMMENT"}, "403 303 403 403 403 403 403 403 403"},
		{"live", "/reply/COMMENT", []string{"text", "Words."}, "403 303 303 403 303 303 303 200 303"},
		{"deleted", "/reply/COMMENT", []string{"text", "Words."}, "403 410 410 403 410 410 410 410 410"},
		{"removed", "/reply/COMMENT", []string{"text", "Words."}, "403 410 410 403 410 410 410 410 410"},
		{"closed", "/reply/COMMENT", []string{"text", "Words."}, "403 403 403 403 403 303 403 403 403"},
		{"live", "/edit/COMMENT", []string{"text", "New words."}, "403 303 403 403 403 403 403 403 403"},
		{"live", "/edit/COMMENT", []string{"text", ""}, "403 400 403 403 403 403 403 403 403"},
		{"removed", "/edit/COMMENT", []string{"text", "New words."}, "403 410 403 403 403 403 403 403 403"},
		{"of a banned author", "/edit/COMMENT", []string{"text", "New words."}, "403 403 403 403 403 403 403 403 403"},
		{"of a banned author", "/act", []string{"do", "delete COMMENT"}, "403 303 403 403 403 403 403 403 403"},
		{"live", "/report/COMMENT", []string{"reason", "Look."}, "403 200 200 200 200 200 200 200 200"},
		{"removed", "/report/COMMENT", []string{"reason", "Look."}, "403 410 410 410 410 410 410 410 410"},
		{"live", "/moderate/COMMENT", []string{"verb", "remove", "reason", "spam"}, "403 403 403 403 403 303 303 403 403"},
		{"removed", "/moderate/COMMENT", []string{"verb", "restore"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/COMMENT", []string{"verb", "ban"}, "403 403 403 403 403 303 303 403 403"},
		{"of a banned author", "/moderate/COMMENT", []string{"verb", "unban"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "warn", "reason", "spam"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "banish", "reason", "spam"}, "403 403 403 403 403 400 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "readmit"}, "403 403 403 403 403 400 303 403 403"},
		{"live", "/moderate/POST", []string{"verb", "resolve"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/POST", []string{"mark", "1"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/moderate/COMMENT", []string{"verb", "lock"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/act", []string{"do", fmt.Sprintf("unblock person-%d", n.people["bob"].ID)}, "403 303 400 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("block community-%d", c.ID)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("unblock community-%d", c.ID)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unwatch POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unmute POST"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/c/go/edit", []string{"title", "Go", "summary", "About."}, "403 403 403 403 403 200 200 403 403"},
		{"live", "/c/far@far.example/edit", []string{"title", "Farther"}, "403 403 403 403 403 200 403 403 403"},
		{"live", "/c/far@far.example/edit", []string{"title", ""}, "403 403 403 403 403 400 403 403 403"},
		{"live", "/c/go/edit/moderators", []string{"person", "dan"}, "403 403 403 403 403 303 303 403 403"},
		{"live", "/c/go/edit/moderators", []string{"dismiss", n.people["dan"].URI}, "403 403 403 403 303 303 303 403 403"},
		{"live", "/c/go/edit/moderators", []string{"person", "nobody"}, "403 403 403 403 403 400 400 403 403"},
		{"in a removed thread", "/act", []string{"do", "up POST"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed thread", "/act", []string{"do", "up COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed thread", "/act", []string{"do", "unvote COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed thread", "/reply/COMMENT", []string{"text", "Words."}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed thread", "/act", []string{"do", "delete COMMENT"}, "403 303 403 403 403 403 403 403 403"},
		{"in a removed community", "/act", []string{"do", "up POST"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/act", []string{"do", "down COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/reply/POST", []string{"text", "Words."}, "403 400 400 400 400 400 400 400 400"},
		{"in a removed community", "/vote/POST", []string{"choice", "tea"}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/report/POST", []string{"reason", "Look."}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/submit", []string{"to", "go", "title", "A title"}, "403 400 400 400 400 400 400 400 400"},
		{"in a removed community", "/act", []string{"do", fmt.Sprintf("join community-%d", c.ID)}, "403 410 410 410 410 410 410 410 410"},
		{"in a removed community", "/c/go/edit", []string{"title", "Go"}, "403 403 403 403 403 400 400 403 403"},
		{"removed", "/act", []string{"do", "down COMMENT"}, "403 410 410 410 410 410 410 410 410"},
		{"removed", "/act", []string{"do", "unvote POST"}, "403 410 410 410 410 410 410 410 410"},
		{"deleted", "/act", []string{"do", "down POST"}, "403 410 410 410 410 410 410 410 410"},
		{"live", "/moderate/COMMENT", []string{"verb", "pin"}, "403 403 403 403 403 400 400 403 403"},
		{"live", "/report/COMMENT", []string{"withdraw", "1"}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "up post-999999"}, "403 404 404 404 404 404 404 404 404"}, // what waits for an admin is no post yet
		{"live", "/act", []string{"do", "up comment-999999"}, "403 404 404 404 404 404 404 404 404"},
		{"live", "/act", []string{"do", fmt.Sprintf("blockserver person-%d", far)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("unblockserver person-%d", far)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", fmt.Sprintf("blockserver person-%d", n.people["bob"].ID)}, "403 400 400 400 400 400 400 400 400"}, // which is this one
		{"live", "/act", []string{"do", fmt.Sprintf("accept person-%d", far)}, "403 303 303 303 303 303 303 303 303"},                     // who did not ask: nothing is to be done
		{"live", "/act", []string{"do", fmt.Sprintf("refuse person-%d", far)}, "403 303 303 303 303 303 303 303 303"},
		{"live", "/act", []string{"do", "unsend message-MESSAGE"}, "403 303 403 404 404 404 404 404 404"},
		{"live", "/messages/bob", []string{"text", "Words.", "message", "MESSAGE"}, "403 303 403 404 404 404 404 404 404"},
		{"live", "/messages/ann", []string{"text", "Words."}, "403 400 303 303 403 303 303 403 303"}, // who has blocked dan
		{"live", "/messages/bob", []string{"text", ""}, "403 400 400 400 400 400 400 400 400"},
		{"live", fmt.Sprintf("/report/community-%d", c.ID), []string{"reason", "Look."}, "403 200 200 200 200 200 200 200 200"},
		{"live", fmt.Sprintf("/report/person-%d", n.people["bob"].ID), []string{"reason", "Look."}, "403 200 200 200 200 200 200 200 200"},
		{"live", "/communities/new", []string{"name", "x", "title", "X"}, "403 400 400 400 400 400 400 403 400"},
	}
	complete(t, n, rows)
	for _, row := range rows {
		wants := strings.Fields(row.want)
		for i, name := range who {
			post := n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
				out, err := n.forum.Submit(ctx, tx, []forum.Submit{{Open: time.Hour, Post: forum.Post{
					Community: c, Author: n.people["ann"], Title: "Of ann's", TitleGiven: true, Poll: &forum.Poll{Options: []forum.PollOption{{Name: "tea"}, {Name: "coffee"}}},
				}}})
				return out[0], err
			})
			uri := fmt.Sprintf("%s/post/%d", base, post.ID)
			names := []string{"POST", fmt.Sprintf("post-%d", post.ID)}
			if strings.Contains(strings.Join(row.fields, " "), "MESSAGE") {
				names = append(names, "MESSAGE", fmt.Sprint(n.wrote("ann", "bob")))
			}
			if strings.Contains(row.path+strings.Join(row.fields, " "), "COMMENT") {
				said := n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
					out, err := n.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: n.people["ann"], InReplyTo: uri, Text: forum.Text{Source: "Of ann's", HTML: "<p>Of ann's</p>"}}}})
					return out[0], err
				})
				names = append(names, "COMMENT", fmt.Sprintf("comment-%d", said.ID))
				if row.state != "closed" && row.state != "in a removed thread" { // that is said of threads
					uri = fmt.Sprintf("%s/comment/%d", base, said.ID)
				}
			}
			named := strings.NewReplacer(names...)
			states[row.state](uri)
			fields := make([]string, len(row.fields))
			for j, f := range row.fields {
				fields[j] = named.Replace(f)
			}
			status, _ := n.ask(name, named.Replace(row.path), fields...)
			if got := fmt.Sprint(status); got != wants[i] {
				t.Errorf("%s %v of something %s by %q: %s, want %s", row.path, row.fields, row.state, name, got, wants[i])
			}
			if slices.Contains(row.fields, "banish") {
				n.ask("adm", named.Replace(row.path), "verb", "readmit")
			}
			if row.state == "in a removed community" {
				n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
					return n.forum.Restore(ctx, tx, community, "")
				})
			}
			if row.state == "of a banned author" || slices.Contains(row.fields, "ban") {
				moderate(forum.Moderation{Verb: forum.VerbUnban, Object: n.people["ann"].URI, Community: community})
			}
		}
	}
}

// What a community says of itself reaches its page, its document and whoever begins a
// post; where posts need no title, those without one are called by their first words.
func TestCharter(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	long := strings.Repeat("a", forum.MaxSummary+1)
	for _, wrong := range [][]string{
		{"name", "go", "title", "Go", "rules", long}, {"name", "go", "title", ""}, {"name", "go", "title", "Go", "summary", long},
	} {
		if status, _ := n.ask("ann", "/communities/new", wrong...); status != 400 {
			t.Errorf("%d", status)
		}
	}
	if status, to := n.ask("ann", "/communities/new", "name", "go", "title", "Go", "summary", "About Go.", "rules", "Be kind.", "language", "de", "untitled", "1"); status != 303 || to != "/c/go" {
		t.Fatal(status, to)
	}
	c, err := n.db.Reader().Community(t.Context(), "go", "")
	if err != nil || c.RulesHTML != "<p>Be kind.</p>" || c.Language != "de" || !c.Untitled {
		t.Fatalf("%+v %v", c, err)
	}
	g := outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil).Group(&c)
	if g.Summary != "<p>About Go.</p><h2>Regeln</h2>\n<p>Be kind.</p>" || g.Source.Content != "About Go.\n\n## Regeln\n\nBe kind." || len(g.Language) != 1 {
		t.Errorf("%+v", g)
	}
	for path, want := range map[string]string{
		"/c/go": "<h3>Rules</h3>", "/submit?to=go": "Rules of !go", "/submit?to=go&title=x": `<option value="de" selected>`,
	} {
		if body := n.sees("ann", path); !strings.Contains(body, want) || !strings.Contains(body, "Be kind.") {
			t.Errorf("%s lacks %q", path, want)
		}
	}
	status, to := n.ask("ann", "/submit", "to", "go", "text", "Just a thought. And more.")
	if status != 303 {
		t.Fatal(status)
	}
	if body := n.sees("", to); !strings.Contains(body, "Just a thought") {
		t.Error("a post without a title is not there")
	}
	if body := n.sees("ann", "/edit"+to[:5]+"-"+to[6:]); strings.Contains(body, `value="Just a thought`) {
		t.Error("its first words are taken for a title when it is edited")
	}
	if status, _ := n.ask("ann", "/c/go/edit", "title", "Go"); status != 200 { // what is empty is said no more
		t.Error(status)
	}
	if status, _ := n.ask("ann", "/submit", "to", "go", "text", "Just a thought."); status != 400 {
		t.Errorf("a post without a title: %d", status)
	}
}

// A form of another site is refused before anything is read of it.
func TestFormsOfOtherSites(t *testing.T) {
	n := newNode(t)
	n.lives("ann", false)
	for _, path := range []string{"/act", "/submit", "/draft", "/reply/post-1", "/edit/post-1", "/moderate/post-1", "/report/post-1", "/vote/post-1", "/react/post-1", "/communities/new", "/c/go/edit", "/c/go/edit/moderators"} {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.server.URL+path, strings.NewReader("do=up+post-1"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(header, value)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "session", Value: n.tokens["ann"]})
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close() // nobody reads it
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %s: %d", path, header, res.StatusCode)
			}
		}
	}
}

// Whoever posts a link learns where it was posted before.
func TestPostedAlready(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	if status, to := n.ask("ann", "/communities/new", "name", "go", "title", "Go"); status != 303 || to != "/c/go" {
		t.Fatal(status, to)
	}
	const link = "https://news.example/a?b=c"
	if status, _ := n.ask("ann", "/submit", "to", "go", "title", "The <first>", "link", link); status != 303 {
		t.Fatal(status)
	}
	for path, want := range map[string]string{
		"/links?url=" + url.QueryEscape(link):    `[{"title":"The \u003cfirst\u003e · !go","href":"/post/1"}]`,
		"/links?url=https%3A%2F%2Fnews.example/": `[]`,
		"/links":                                 `[]`,
	} {
		if body := n.sees("ann", path); strings.TrimSpace(body) != want {
			t.Errorf("%s: %s; want %s", path, body, want)
		}
	}
}

// Nobody learns by a form what was said in what is gone, signed in or not.
func TestFormsTellNothing(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"ann", "bob"} {
		n.lives(name, name == "ann")
	}
	for _, name := range []string{"go", "gone"} {
		if status, _ := n.ask("ann", "/communities/new", "name", name, "title", name); status != 303 {
			t.Fatal(status)
		}
	}
	for _, in := range []string{"go", "gone"} {
		status, post := n.ask("ann", "/submit", "to", in, "title", "Hush one", "text", "Hush two.")
		if status != 303 {
			t.Fatal(status)
		}
		if status, _ := n.ask("ann", "/reply/post-"+strings.TrimPrefix(post, "/post/"), "text", "Hush three."); status != 303 {
			t.Fatal(status)
		}
	}
	remove := func(uri string) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.Remove(ctx, tx, uri, "spam")
		})
	}
	paths := []string{"/reply/post-1", "/reply/comment-1", "/edit/post-1", "/edit/comment-1", "/reply/post-2", "/reply/comment-2", "/report/post-2", "/report/comment-2"}
	seen := func(who string) (all string) {
		for _, path := range paths {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.server.URL+path, strings.NewReader("text=x"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			_, body := n.do(r, who)
			all += body + n.sees(who, path)
		}
		return all
	}
	if !strings.Contains(seen("bob"), "Hush two.") {
		t.Error("what can be read is not shown to whoever answers it")
	}
	remove(base + "/post/1")
	remove(base + "/comment/1")
	remove(base + "/c/gone")
	for _, who := range []string{"", "bob"} {
		if i := strings.Index(seen(who), "Hush"); i >= 0 {
			t.Errorf("%q reads: %s", who, seen(who)[max(0, i-200):i+40])
		}
	}
}

// A report is taken back where it was made: who moderates is told no more, and it can be
// made again.
func TestReportTakenBack(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	if status, _ := n.ask("ann", "/communities/new", "name", "go", "title", "Go"); status != 303 {
		t.Fatal(status)
	}
	for range 2 {
		if status, _ := n.ask("ann", "/submit", "to", "go", "title", "A title"); status != 303 {
			t.Fatal(status)
		}
	}
	open := func(want int) {
		t.Helper()
		var got int
		err := n.db.Pool().QueryRow(t.Context(), `select count(*) from report where closed_at is null`).Scan(&got)
		if told := strings.Count(n.sees("ann", "/notices"), "bob reports something"); err != nil || got != want || told != want {
			t.Errorf("%d reports are open, %d are told of, want %d, %v", got, told, want, err)
		}
	}
	report := func(path string, fields ...string) {
		t.Helper()
		if status, _ := n.ask("bob", path, fields...); status != 200 && status != 303 {
			t.Fatal(path, status)
		}
	}
	report("/report/post-1", "reason", "Look at that.")
	report("/report/post-2", "reason", "And that.")
	var seen int64
	if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from notice`).Scan(&seen); err != nil || seen != 2 {
		t.Fatal(seen, err)
	}
	if page := n.sees("bob", "/report/post-1"); !strings.Contains(page, "You said: Look at that.") || !strings.Contains(page, "Take it back") {
		t.Error(page)
	}
	report("/report/post-1", "withdraw", "1")
	open(1)
	report("/report/post-1", "withdraw", "1") // twice
	if page := n.sees("bob", "/report/post-1"); strings.Contains(page, "You said") {
		t.Error(page)
	}
	report("/report/post-1", "reason", "Look again.")
	open(2)

	// Who moderates reads what was said, and says that it is dealt with.
	page := n.sees("ann", "/moderate/post-1")
	if !strings.Contains(page, "Look again.") || !strings.Contains(page, `value="resolve"`) || strings.Contains(n.sees("ann", "/moderate/post-2"), "Look again.") {
		t.Error(page)
	}
	if first := strings.Index(page, "Look again."); first > strings.Index(page, `<select id="field-verb"`) || strings.Index(page, `value="resolve"`) > strings.Index(page, `value="remove"`) {
		t.Error("what was reported stands below what is done about it: ", page)
	}
	if status, _ := n.ask("bob", "/moderate/post-1", "verb", "resolve"); status != 403 {
		t.Errorf("anybody resolves: %d", status)
	}
	if status, _ := n.ask("ann", "/moderate/post-1", "verb", "resolve"); status != 303 {
		t.Error(status)
	}
	if page := n.sees("ann", "/moderate/post-1"); strings.Contains(page, "Look again.") || strings.Contains(page, `value="resolve"`) {
		t.Error(page)
	}
	if page := n.sees("bob", "/notices"); strings.Count(page, "What you reported has been dealt with") != 1 {
		t.Error(page)
	}

	// People and communities are reported to the admins.
	for path, name := range map[string]string{"/report/person-1": "ann", "/report/community-1": "go"} {
		if page := n.sees("bob", path); !strings.Contains(page, ">"+name+"<") {
			t.Errorf("%s: %s", path, page)
		}
		report(path, "reason", "About "+name+".")
		if page := n.sees("bob", path); !strings.Contains(page, "You said: About "+name+".") {
			t.Errorf("%s: %s", path, page)
		}
		if page := n.sees("ann", "/notices"); !strings.Contains(page, "About "+name+".") {
			t.Errorf("%s: %s", path, page)
		}
		report(path, "withdraw", "1")
		if page := n.sees("bob", path); strings.Contains(page, "You said") {
			t.Errorf("%s: %s", path, page)
		}
	}
	if !strings.Contains(n.sees("bob", "/u/ann"), `href="/report/person-1"`) || !strings.Contains(n.sees("bob", "/c/go"), `href="/report/community-1"`) ||
		strings.Contains(n.sees("ann", "/u/ann"), "/report/person-") {
		t.Error("the way to report a person or community is missing, or offered on one's own page")
	}
}
