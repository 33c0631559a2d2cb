package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// lemmyAnnounce reads an element of an outbox as strictly as Lemmy does: to and
// cc must be there and be lists, the object a whole Create, its object a Page
// with each field of its one JSON type.
type lemmyAnnounce struct {
	ID     string   `json:"id"`
	Type   string   `json:"type"`
	Actor  string   `json:"actor"`
	To     []string `json:"to"`
	CC     []string `json:"cc"`
	Object struct {
		ID       string   `json:"id"`
		Type     string   `json:"type"`
		Actor    string   `json:"actor"`
		To       []string `json:"to"`
		CC       []string `json:"cc"`
		Audience string   `json:"audience"`
		Object   struct {
			ID           string           `json:"id"`
			Type         string           `json:"type"`
			AttributedTo string           `json:"attributedTo"`
			To           []string         `json:"to"`
			CC           []string         `json:"cc"`
			Name         string           `json:"name"`
			Audience     string           `json:"audience"`
			MediaType    string           `json:"mediaType"`
			Attachment   []any            `json:"attachment"`
			Tag          []map[string]any `json:"tag"`
			Sensitive    bool             `json:"sensitive"`
			Published    string           `json:"published"`
			Context      string           `json:"context"`
		} `json:"object"`
	} `json:"object"`
}

type lemmyOutbox struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	TotalItems   int             `json:"totalItems"`
	OrderedItems []lemmyAnnounce `json:"orderedItems"`
	First        any             `json:"first"`
}

func (n *node) outbox(target string) lemmyOutbox {
	n.t.Helper()
	n.document(target)
	var o lemmyOutbox
	d := json.NewDecoder(n.get(target).Body)
	if err := d.Decode(&o); err != nil {
		n.t.Fatal(err)
	}
	return o
}

func TestCommunityOutbox(t *testing.T) {
	n := newNode(t)
	if o := n.outbox("/c/go/outbox"); o.OrderedItems == nil || len(o.OrderedItems) != 0 || o.TotalItems != 0 {
		t.Errorf("empty: %+v", o)
	}
	first := n.submit("First", "<p>one</p>")
	n.submitForeign("https://micro.example/1")
	n.reply(n.publisher.PostURI(first), "a comment has no place there")
	removed := n.submit("Removed", "<p>x</p>")
	n.moderate(n.forum.Remove, n.publisher.PostURI(removed))

	o := n.outbox("/c/go/outbox")
	if o.Type != "OrderedCollection" || o.TotalItems != 2 || len(o.OrderedItems) != 2 || o.First != nil {
		t.Fatalf("%+v", o)
	}
	for i, want := range []struct{ id, author string }{{"https://micro.example/1", n.ann.URI}, {n.publisher.PostURI(first), n.bob.URI}} {
		a := o.OrderedItems[i]
		page := a.Object.Object
		if a.Type != "Announce" || a.Actor != base+"/c/go" || len(a.To) != 1 || len(a.CC) != 1 || a.CC[0] != base+"/c/go/followers" {
			t.Errorf("announce %+v", a)
		}
		if a.Object.Type != "Create" || a.Object.Actor != want.author || a.Object.CC == nil || a.Object.Audience != base+"/c/go" {
			t.Errorf("create %+v", a.Object)
		}
		if page.Type != "Page" || page.ID != want.id || page.AttributedTo != want.author || page.Name == "" || page.Attachment == nil || page.To[0] != base+"/c/go" {
			t.Errorf("page %+v", page)
		}
		// Announced under the ids under which they can be fetched.
		n.document(path(a.ID))
	}
	if o.OrderedItems[0].Object.Object.Published != "2026-11-23T10:00:00.5+01:00" {
		t.Error("a time from elsewhere was written in other digits")
	}
}

// Lemmy 0.19 reads no document of more than 200 KiB and takes 50 posts at most.
func TestCommunityOutboxIsBounded(t *testing.T) {
	n := newNode(t)
	for i := range 60 {
		n.submit(fmt.Sprint("Post ", i), "<p>short</p>")
	}
	if o := n.outbox("/c/go/outbox"); len(o.OrderedItems) != 50 || o.TotalItems != 60 || o.OrderedItems[0].Object.Object.Name != "Post 59" {
		t.Errorf("%d of %d, first %q", len(o.OrderedItems), o.TotalItems, o.OrderedItems[0].Object.Object.Name)
	}
	// Texts that grow when they are written as JSON.
	for i := range 10 {
		n.submit(fmt.Sprint("Long ", i), strings.Repeat(`"\`, 8_000))
	}
	w := n.get("/c/go/outbox")
	o := n.outbox("/c/go/outbox")
	if w.Body.Len() >= 200<<10 || len(o.OrderedItems) < 2 || o.OrderedItems[0].Object.Object.Name != "Long 9" {
		t.Errorf("%d bytes in %d posts", w.Body.Len(), len(o.OrderedItems))
	}
	// One that is too long by itself does not hide the others.
	n.submitted(forum.Submit{Post: forum.Post{
		URI: "https://micro.example/essay", Author: n.ann, Title: "Essay", Text: forum.Text{Format: forum.HTML, HTML: strings.Repeat("x", 250_000)},
	}, Origin: forum.Origin{Activity: "https://micro.example/essay/create", Raw: []byte(`{}`)}})
	if o := n.outbox("/c/go/outbox"); len(o.OrderedItems) < 2 || o.OrderedItems[0].Object.Object.Name != "Long 9" {
		t.Errorf("%d posts", len(o.OrderedItems))
	}
}

func TestCommunityCollections(t *testing.T) {
	n := newNode(t)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		n.accepted(n.forum.Follow(ctx, tx, []forum.Follow{{
			Person: n.ann, Community: n.community.URI, Origin: forum.Origin{Activity: "https://micro.example/follow/1"},
		}}))
		return nil
	})
	// Lemmy: an unordered collection with the empty list in it, else no count.
	f := n.document("/c/go/followers")
	if items, ok := f["items"].([]any); f["type"] != "Collection" || !ok || len(items) != 0 || f["totalItems"] != 1.0 {
		t.Errorf("followers %v", f)
	}
	if f := n.document("/c/go/following"); f["totalItems"] != 0.0 {
		t.Errorf("following %v", f)
	}
	for _, target := range []string{"/c/go/moderators", "/c/go/featured"} {
		c := n.document(target)
		if items, ok := c["orderedItems"].([]any); c["type"] != "OrderedCollection" || !ok || len(items) != 0 || c["totalItems"] != 0.0 {
			t.Errorf("%s: %v", target, c)
		}
	}
}

func TestPersonCollections(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	n.reply(n.publisher.PostURI(post), "y")
	gone := n.reply(n.publisher.PostURI(post), "z")
	n.moderate(n.forum.Remove, n.publisher.CommentURI(gone))
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		n.accepted(n.forum.Follow(ctx, tx, []forum.Follow{{Person: n.bob, Community: n.community.URI}}))
		return nil
	})
	o := n.document("/u/bob/outbox")
	items, ok := o["orderedItems"].([]any)
	if o["type"] != "OrderedCollection" || !ok || len(items) != 2 || o["totalItems"] != 2.0 {
		t.Fatalf("outbox %v", o)
	}
	for i, kind := range []string{"Note", "Page"} {
		create := n.document(path(items[i].(string)))
		if object, ok := create["object"].(map[string]any); create["type"] != "Create" || create["actor"] != base+"/u/bob" || !ok || object["type"] != kind {
			t.Errorf("%v", create)
		}
	}
	if f := n.document("/u/bob/followers"); f["totalItems"] != 0.0 {
		t.Errorf("followers %v", f)
	}
	if f := n.document("/u/bob/following"); f["totalItems"] != 1.0 {
		t.Errorf("following %v", f)
	}
	if o := n.document("/site_outbox"); o["type"] != "OrderedCollection" || o["totalItems"] != 0.0 {
		t.Errorf("site outbox %v", o)
	}
}
