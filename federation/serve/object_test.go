package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

func TestObjects(t *testing.T) {
	n := newNode(t)
	post := n.publisher.PostURI(n.submit("Title", "<p>x</p>"))
	far := n.submitForeign("https://micro.example/1")
	comment := n.publisher.CommentURI(n.reply(post, "y"))
	farComment := n.replyForeign("https://micro.example/2", comment)
	answer := n.publisher.CommentURI(n.reply("https://micro.example/2", "z"))

	page := n.document(path(post))
	if page["type"] != "Page" || page["name"] != "Title" || page["content"] != "<p>x</p>" || page["attributedTo"] != base+"/u/bob" || page["audience"] != base+"/c/go" {
		t.Errorf("page %v", page)
	}
	// Mastodon and NodeBB backfill from these, so they must lead somewhere.
	for _, doc := range []map[string]any{page, n.document(path(comment)), n.document(path(answer))} {
		if doc["context"] != post+"/context" {
			t.Errorf("%v: context %v", doc["id"], doc["context"])
		}
		n.document(path(doc["context"].(string)))
		n.document(path(doc["replies"].(string)))
	}
	note := n.document(path(answer))
	if note["type"] != "Note" || note["inReplyTo"] != "https://micro.example/2" || !strings.Contains(fmt.Sprint(note["cc"]), n.ann.URI) {
		t.Errorf("note %v", note)
	}
	// What others wrote is served by them.
	n.redirected(fmt.Sprint("/post/", far), "https://micro.example/1")
	n.redirected(fmt.Sprint("/comment/", farComment), "https://micro.example/2")
	n.refused(n.get(fmt.Sprintf("/post/%d/replies", far)), http.StatusNotFound, "no-such-thing")
	n.refused(n.get(fmt.Sprintf("/comment/%d/replies", farComment)), http.StatusNotFound, "no-such-thing")
}

func TestTombstones(t *testing.T) {
	n := newNode(t)
	for _, c := range []struct {
		name string
		end  func(uri string)
	}{
		{"removed", func(uri string) { n.moderate(n.forum.Remove, uri) }},
		{"purged", func(uri string) { n.moderate(n.forum.Purge, uri) }},
		{"deleted", func(uri string) {
			n.sql(`update post set state = 1 where uri = $1`, uri)
			n.sql(`update comment set state = 1 where uri = $1`, uri)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			post := n.publisher.PostURI(n.submit("Secret", "<p>secret</p>"))
			comment := n.publisher.CommentURI(n.reply(post, "secret"))
			kept := n.publisher.CommentURI(n.reply(comment, "kept"))
			c.end(comment)
			n.tombstone(path(comment))
			n.refused(n.get(path(comment)+"/replies"), http.StatusGone, "taken-away")
			n.document(path(kept)) // its place in the tree stays
			if items := n.thread(post); len(items) != 2 || items[0] != post || items[1] != kept {
				t.Errorf("context %v", items)
			}
			c.end(post)
			n.tombstone(path(post))
			n.refused(n.get(path(post)+"/replies"), http.StatusGone, "taken-away")
			n.refused(n.get(path(post)+"/context"), http.StatusGone, "taken-away")
		})
	}
}

// What allows to quote something is served while it does.
func TestQuoteAuthorization(t *testing.T) {
	n := newNode(t)
	post := n.publisher.PostURI(n.submit("Quotable", "<p>x</p>"))
	var quoter forum.Person
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		var err error
		quoter, err = tx.SavePerson(ctx, forum.Person{URI: "https://micro.example/u/q", Name: "q", Host: "micro.example", Inbox: "https://micro.example/inbox"}, nil)
		if err != nil {
			return err
		}
		out, err := n.forum.Quote(ctx, tx, []forum.QuoteRequest{{By: quoter, Object: post, Quoting: "https://micro.example/9", Origin: forum.Origin{Activity: "https://micro.example/ask"}}})
		n.accepted(out, err)
		return err
	})
	var id string
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		g, _, err := tx.SaveGrant(ctx, forum.Grant{ID: n.publisher.NewQuote(), Object: post, Subject: forum.Subject{Kind: forum.OnPost, ID: number(t, post)}, By: quoter, Quoting: "https://micro.example/9"}, n.forum.Now())
		id = g.ID
		return err
	})
	var doc map[string]any // no vocabulary has the type
	if w := n.get(path(id)); w.Code != http.StatusOK || w.Header().Get("Content-Type") != activity || json.Unmarshal(w.Body.Bytes(), &doc) != nil {
		t.Fatalf("%s: %d %s", id, w.Code, w.Body)
	}
	for field, want := range map[string]string{"type": "QuoteAuthorization", "id": id, "attributedTo": base + "/u/bob", "interactingObject": "https://micro.example/9", "interactionTarget": post} {
		if doc[field] != want {
			t.Errorf("%s is %v, want %q", field, doc[field], want)
		}
	}
	n.refused(n.get("/quotes/00000000-0000-0000-0000-000000000000"), http.StatusNotFound, "no-such-thing")
	n.refused(n.get("/quotes/x"), http.StatusNotFound, "no-such-thing")
	n.refused(n.get("/emoji/none"), http.StatusNotFound, "no-such-thing")
	n.moderate(n.forum.Remove, post)
	n.tombstone(path(id))
}

func number(t *testing.T, uri string) (id int64) {
	t.Helper()
	if _, err := fmt.Sscanf(path(uri), "/post/%d", &id); err != nil {
		t.Fatal(err)
	}
	return id
}
