package serve_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

func texts(v any) []string {
	list, _ := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, _ := item.(string) // anything but an id is found to be missing
		out = append(out, text)
	}
	return out
}

// thread gets the ids of a whole thread, page by page if need be.
func (n *node) thread(post string) []string {
	n.t.Helper()
	doc := n.document(path(post) + "/context")
	if doc["type"] != "OrderedCollection" || doc["attributedTo"] != base+"/c/go" || doc["audience"] != base+"/c/go" {
		n.t.Errorf("context %v", doc)
	}
	ids := texts(doc["orderedItems"])
	page, _ := doc["first"].(map[string]any) // nil when the thread is told whole
	for pages := 0; page != nil && pages < 100; pages++ {
		some := texts(page["orderedItems"])
		if ids = append(ids, some...); len(some) > 2000 {
			n.t.Errorf("%d items in one page", len(some)) // PieFed reads no more than 2,000
		}
		next, more := page["next"].(string)
		if !more {
			break
		}
		page = n.document(path(next))
	}
	if doc["totalItems"] != float64(len(ids)) {
		n.t.Errorf("context of %d says %v", len(ids), doc["totalItems"])
	}
	return ids
}

// answers gets the ids of all that answers one object directly.
func (n *node) answers(object string) []string {
	n.t.Helper()
	doc := n.document(path(object) + "/replies")
	page, ok := doc["first"].(map[string]any)
	if doc["type"] != "Collection" || !ok || doc["items"] != nil {
		n.t.Fatalf("replies %v", doc)
	}
	// Mastodon fetches the first page under its own id too.
	if again := n.document(path(page["id"].(string))); fmt.Sprint(again["items"]) != fmt.Sprint(page["items"]) {
		n.t.Errorf("the first page differs: %v", again)
	}
	var ids []string
	for range 100 {
		if page["type"] != "CollectionPage" || page["partOf"] != doc["id"] {
			n.t.Errorf("page %v", page)
		}
		ids = append(ids, texts(page["items"])...)
		next, more := page["next"].(string)
		if !more {
			break
		}
		page = n.document(path(next))
	}
	if doc["totalItems"] != float64(len(ids)) {
		n.t.Errorf("replies of %d say %v", len(ids), doc["totalItems"])
	}
	return ids
}

func TestThread(t *testing.T) {
	n := newNode(t)
	post := n.publisher.PostURI(n.submit("Title", "<p>x</p>"))
	if got := n.answers(post); len(got) != 0 {
		t.Errorf("replies before any: %v", got)
	}
	one := n.publisher.CommentURI(n.reply(post, "one"))
	n.replyForeign("https://micro.example/2", one)
	two := n.publisher.CommentURI(n.reply(post, "two"))
	three := n.publisher.CommentURI(n.reply("https://micro.example/2", "three"))

	for object, want := range map[string][]string{
		post: {one, two}, one: {"https://micro.example/2"}, two: nil, three: nil,
	} {
		if got := n.answers(object); !slices.Equal(got, want) {
			t.Errorf("replies to %s: %v", object, got)
		}
	}
	all := []string{post, one, "https://micro.example/2", two, three}
	if got := n.thread(post); !slices.Equal(got, all) {
		t.Errorf("context %v", got)
	}
	if doc := n.document(path(post) + "/context"); doc["name"] != "Title" {
		t.Errorf("context %v", doc)
	}
	n.redirected(path(three)+"/context", post+"/context")

	// Whoever holds the same ids needs to read nothing.
	var sum [sha256.Size]byte
	for _, id := range all {
		one := sha256.Sum256([]byte(id))
		for i := range sum {
			sum[i] ^= one[i]
		}
	}
	tag := hex.EncodeToString(sum[:])
	if w := n.ask(http.MethodGet, path(post)+"/context", "Accept: "+activity, "If-None-Match: "+tag); w.Code != http.StatusNotModified {
		t.Errorf("%d for the digest of the thread, which is %s", w.Code, w.Header().Get("ETag"))
	}
	n.reply(post, "four")
	if w := n.ask(http.MethodGet, path(post)+"/context", "Accept: "+activity, "If-None-Match: "+tag); w.Code != http.StatusOK {
		t.Errorf("%d for the digest of another thread", w.Code)
	}
}

// A thread of ours that somebody elsewhere began is told here, whole: they do
// not know all of it.
func TestForeignThread(t *testing.T) {
	n := newNode(t)
	id := n.submitForeign("https://micro.example/1")
	answer := n.publisher.CommentURI(n.reply("https://micro.example/1", "y"))
	if got := n.thread(n.publisher.PostURI(id)); !slices.Equal(got, []string{"https://micro.example/1", answer}) {
		t.Errorf("context %v", got)
	}
	if doc := n.document(path(answer)); doc["context"] != n.publisher.PostURI(id)+"/context" {
		t.Errorf("note %v", doc)
	}
}

func TestLongThread(t *testing.T) {
	n := newNode(t)
	id := n.submit("Title", "<p>x</p>")
	post := n.publisher.PostURI(id)
	n.sql(`insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, published_at, state)
		select i, $1 || i, true, $2, 1, $3, $4, now(), (i % 100 = 7)::int from generate_series(1, 4500) i`,
		base+"/comment/", id, n.bob.ID, post)
	const live = 4500 - 45
	got := n.thread(post)
	if len(got) != live+1 || got[0] != post || got[1] != base+"/comment/1" || got[live] != base+"/comment/4500" {
		t.Errorf("context of %d, last %s", len(got), got[len(got)-1])
	}
	if slices.Sort(got); len(slices.Compact(got)) != live+1 {
		t.Error("some are told twice")
	}
	got = n.answers(post)
	if len(got) != live || got[0] != base+"/comment/1" || got[live-1] != base+"/comment/4500" {
		t.Errorf("%d replies", len(got))
	}
}
