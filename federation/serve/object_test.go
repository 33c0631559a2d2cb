package serve_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
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
