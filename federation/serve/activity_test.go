package serve_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// sent lists the ids of what the log holds, by verb and kind of document.
func (n *node) sent() map[string]string {
	n.t.Helper()
	rows, err := n.db.Pool().Query(n.t.Context(), `select verb, coalesce(forum_id, ''), coalesce(micro_id, ''), coalesce(direct_id, '') from log`)
	if err != nil {
		n.t.Fatal(err)
	}
	defer rows.Close()
	ids := map[string]string{}
	for rows.Next() {
		var verb, forumID, microID, directID string
		if err := rows.Scan(&verb, &forumID, &microID, &directID); err != nil {
			n.t.Fatal(err)
		}
		for kind, id := range map[string]string{"forum": forumID, "micro": microID, "direct": directID} {
			if id != "" {
				ids[verb+" "+kind] = id
			}
		}
	}
	if err := rows.Err(); err != nil {
		n.t.Fatal(err)
	}
	return ids
}

// history does one of everything and returns the ids of what was sent of it.
func (n *node) history() (post, comment string, ids map[string]string) {
	n.t.Helper()
	post = n.publisher.PostURI(n.submit("Title", "<p>x</p>"))
	comment = n.publisher.CommentURI(n.reply(post, "y"))
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		n.accepted(n.forum.Follow(ctx, tx, []forum.Follow{{
			Person: n.ann, Community: n.community.URI, Origin: forum.Origin{Activity: "https://micro.example/follow/1"},
		}}))
		n.accepted(n.forum.Vote(ctx, tx, []forum.Vote{{Voter: n.bob, Object: post, Dir: -1}}))
		return nil
	})
	return post, comment, n.sent()
}

func TestActivities(t *testing.T) {
	n := newNode(t)
	_, _, ids := n.history()
	for kind, want := range map[string]string{
		"submit forum": "Announce", "submit micro": "Announce", "submit direct": "Create",
		"reply forum": "Announce", "reply direct": "Create", "vote forum": "Announce", "vote direct": "Dislike",
	} {
		if doc := n.document(path(ids[kind])); doc["type"] != want {
			t.Errorf("%s is a %v", kind, doc["type"])
		}
	}
	// Not for everybody: for nobody.
	if ids["accept direct"] == "" {
		t.Fatal("nothing was accepted")
	}
	n.refused(n.get(path(ids["accept direct"])), http.StatusNotFound, "no-such-thing")
	n.redirected("/activities/"+strings.ToUpper(strings.TrimPrefix(ids["vote direct"], base+"/activities/")), ids["vote direct"])
}

// When the log has been swept, what posts and comments keep of it is enough to
// say the same again.
func TestActivitiesAreRebuilt(t *testing.T) {
	n := newNode(t)
	post, comment, ids := n.history()
	kept := []string{"submit forum", "submit micro", "submit direct", "reply forum", "reply direct"}
	before := map[string]map[string]any{}
	for _, kind := range kept {
		before[kind] = n.document(path(ids[kind]))
	}
	n.sql(`delete from log`)
	for _, kind := range kept {
		now := n.document(path(ids[kind]))
		if kind != "submit direct" && kind != "reply direct" {
			delete(now, "published") // an Announce is dated when it is made
			delete(before[kind], "published")
		}
		if !reflect.DeepEqual(now, before[kind]) {
			t.Errorf("%s was\n%s\nand is\n%s", kind, indent(before[kind]), indent(now))
		}
	}
	for _, kind := range []string{"vote forum", "vote direct", "accept direct"} {
		n.refused(n.get(path(ids[kind])), http.StatusNotFound, "no-such-thing")
	}
	n.moderate(n.forum.Remove, comment)
	n.tombstone(path(ids["reply forum"]))
	n.tombstone(path(ids["reply direct"]))
	n.document(path(ids["submit forum"]))
	n.moderate(n.forum.Purge, post)
	for _, kind := range kept {
		n.tombstone(path(ids[kind]))
	}
}

func TestForeignActivitiesAreRebuilt(t *testing.T) {
	n := newNode(t)
	n.submitForeign("https://micro.example/1")
	submitted := n.sent()
	n.replyForeign("https://micro.example/2", "https://micro.example/1")
	replied := n.sent()
	n.sql(`delete from log`)
	for id, inner := range map[string]string{
		submitted["submit forum"]: "https://micro.example/1/activity",
		replied["reply forum"]:    "https://micro.example/2/activity",
	} {
		doc := n.document(path(id))
		create, ok := doc["object"].(map[string]any)
		if doc["type"] != "Announce" || doc["actor"] != base+"/c/go" || !ok || create["type"] != "Create" || create["id"] != inner || create["actor"] != n.ann.URI {
			t.Errorf("%s", indent(doc))
		}
	}
	if doc := n.document(path(submitted["submit micro"])); doc["object"] != "https://micro.example/1" {
		t.Errorf("%s", indent(doc))
	}
}

// What is announced in a second community is announced by that one, for ever.
func TestCrosspostIsRebuilt(t *testing.T) {
	n := newNode(t)
	private, public := keys()
	var other int64
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: "rust", PrivateKey: private, PublicKey: public})
		other = n.accepted([]forum.Outcome{o}, err)[0].ID
		return nil
	})
	n.submitted(forum.Submit{Post: forum.Post{Author: n.bob, Title: "Both", TitleGiven: true}, Crossposts: []int64{other}})
	o := n.outbox("/c/rust/outbox")
	if len(o.OrderedItems) != 1 || o.OrderedItems[0].Actor != base+"/c/rust" || o.OrderedItems[0].Object.Audience != base+"/c/go" {
		t.Fatalf("%+v", o)
	}
	// Told of by two communities, the Create is one.
	create := o.OrderedItems[0].Object.ID
	inner := n.document(path(o.OrderedItems[0].ID))["object"].(map[string]any)
	outer := n.document(path(create))
	if delete(outer, "@context"); !reflect.DeepEqual(inner, outer) {
		t.Errorf("%s is announced as\n%s\nand served as\n%s", create, indent(inner), indent(outer))
	}
	n.moderate(n.forum.Remove, base+"/c/rust")
	n.tombstone(path(o.OrderedItems[0].ID))
	n.document(path(create))
	n.moderate(n.forum.Restore, base+"/c/rust")

	n.sql(`delete from log`)
	doc := n.document(path(o.OrderedItems[0].ID))
	if doc["actor"] != base+"/c/rust" || n.outbox("/c/go/outbox").OrderedItems[0].ID == doc["id"] {
		t.Errorf("%s", indent(doc))
	}
	n.moderate(n.forum.Remove, base+"/c/rust")
	n.tombstone(path(o.OrderedItems[0].ID))
}

// What has been taken away is not told by what once brought it.
func TestActivitiesTakenAway(t *testing.T) {
	n := newNode(t)
	post, comment, ids := n.history()
	n.moderate(n.forum.Remove, comment)
	n.tombstone(path(ids["reply forum"]))
	n.tombstone(path(ids["reply direct"]))
	n.moderate(n.forum.Restore, comment)
	n.document(path(ids["reply direct"]))

	n.moderate(n.forum.Purge, post)
	for _, kind := range []string{"submit forum", "submit micro", "submit direct"} {
		n.tombstone(path(ids[kind]))
	}
	n.document(path(ids["vote forum"])) // says only that there was a vote

	n.moderate(n.forum.Remove, base+"/c/go")
	n.tombstone(path(ids["reply direct"]))
}

func indent(doc map[string]any) string {
	out, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// What was deleted is gone at every id that told of it, and what is brought back
// is there again, with its words.
func TestActivitiesOfChanges(t *testing.T) {
	n := newNode(t)
	post, _, ids := n.history()
	author := n.bob
	if p, err := n.db.Reader().PostByURI(t.Context(), post); err != nil {
		t.Fatal(err)
	} else {
		author = p.Author
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		n.accepted(n.forum.Edit(ctx, tx, []forum.Edit{{Object: post, By: author, Words: forum.Words{
			Title: "Another", TitleGiven: true, Text: forum.Text{Source: "other words", Format: forum.Markdown, HTML: "<p>other words</p>"},
		}}}))
		return nil
	})
	told := n.sent()
	if doc := n.document(path(told["edit direct"])); doc["type"] != "Update" || doc["actor"] != author.URI {
		t.Errorf("an edit is %v by %v", doc["type"], doc["actor"])
	}
	if doc := n.document(path(told["edit forum"])); doc["type"] != "Announce" || told["edit micro"] != told["edit direct"] {
		t.Errorf("to forums %v; to microblogs %s", doc["type"], told["edit micro"])
	}
	set := func(undo bool) {
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			n.accepted(n.forum.Delete(ctx, tx, []forum.Delete{{Object: post, By: author, Undo: undo}}))
			return nil
		})
	}
	set(false)
	told = n.sent()
	for kind, want := range map[string]string{"delete forum": "Announce", "delete direct": "Delete"} {
		if doc := n.document(path(told[kind])); doc["type"] != want {
			t.Errorf("%s is a %v", kind, doc["type"])
		}
	}
	for _, kind := range []string{"submit forum", "submit micro", "submit direct"} {
		if w := n.get(path(ids[kind])); w.Code != http.StatusGone {
			t.Errorf("%s of what is deleted: %d %s", kind, w.Code, w.Body)
		}
	}
	set(true)
	told = n.sent()
	for kind, want := range map[string]string{"undelete forum": "Announce", "undelete direct": "Undo", "undelete micro": "Announce"} {
		if doc := n.document(path(told[kind])); doc["type"] != want {
			t.Errorf("%s is a %v", kind, doc["type"])
		}
	}
	for _, kind := range []string{"submit forum", "submit direct"} {
		if w := n.get(path(ids[kind])); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "other words") {
			t.Errorf("%s of what is back: %d %s", kind, w.Code, w.Body)
		}
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		n.accepted(one(n.forum.Describe(ctx, tx, forum.Describe{Actor: n.community.URI, Title: "Said anew"})))
		n.accepted(one(n.forum.Describe(ctx, tx, forum.Describe{Actor: author.URI, Title: "Said anew"})))
		return nil
	})
	for kind, want := range map[string]string{"update-actor forum": "Announce", "update-actor direct": "Update"} {
		if doc := n.document(path(n.sent()[kind])); doc["type"] != want {
			t.Errorf("%s is a %v", kind, doc["type"])
		}
	}
}

func one(o forum.Outcome, err error) ([]forum.Outcome, error) { return []forum.Outcome{o}, err }
