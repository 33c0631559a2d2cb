package serve_test

import (
	"net/http"
	"strings"
	"testing"

	"stoa/activitypub/sig"
	"stoa/federation/forum"
)

// What Lemmy, Mastodon, PieFed and GoToSocial need of actors before they follow.
func TestActors(t *testing.T) {
	n := newNode(t)
	for target, kind := range map[string]string{"/": "Application", "/c/go": "Group", "/u/bob": "Person"} {
		doc := n.document(target)
		if doc["type"] != kind {
			t.Errorf("%s is a %v", target, doc["type"])
		}
		for _, field := range []string{"preferredUsername", "inbox", "outbox", "name", "published"} {
			if target == "/" && field == "published" {
				continue // only when the node knows it
			}
			if s, ok := doc[field].(string); !ok || s == "" {
				t.Errorf("%s: %s is %v", target, field, doc[field])
			}
		}
		if shared, ok := doc["endpoints"].(map[string]any); !ok || shared["sharedInbox"] != base+"/inbox" {
			t.Errorf("%s: endpoints %v", target, doc["endpoints"])
		}
		key, ok := doc["publicKey"].(map[string]any)
		if !ok || key["owner"] != doc["id"] || key["id"] != doc["id"].(string)+"#main-key" {
			t.Fatalf("%s: publicKey %v", target, doc["publicKey"])
		}
		if _, err := sig.ParsePublicKey(key["publicKeyPem"].(string)); err != nil || !strings.HasPrefix(key["publicKeyPem"].(string), "-----BEGIN PUBLIC KEY-----") {
			t.Errorf("%s: %v", target, err)
		}
	}
	group := n.document("/c/go")
	for field, suffix := range map[string]string{
		"outbox": "/outbox", "followers": "/followers", "following": "/following", "featured": "/featured",
		"attributedTo": "/moderators", "moderators": "/moderators", "inbox": "/inbox", "url": "",
	} {
		if group[field] != base+"/c/go"+suffix {
			t.Errorf("%s is %v", field, group[field])
		}
	}
	if group["manuallyApprovesFollowers"] != false || group["discoverable"] != true {
		t.Error("Lemmy takes the community for a private or unlisted one")
	}
	// Every collection an actor names can be fetched under that very id.
	for _, target := range []string{"/", "/c/go", "/u/bob"} {
		for _, field := range []string{"outbox", "followers", "following", "featured", "attributedTo"} {
			if id, ok := n.document(target)[field].(string); ok {
				n.document(path(id))
			}
		}
	}
}

// An id has one spelling, and everything else leads to it.
func TestOneAddress(t *testing.T) {
	n := newNode(t)
	post := n.publisher.PostURI(n.submit("Title", "<p>x</p>"))
	n.redirected("/c/Go", base+"/c/go")
	n.redirected("/c/GO/outbox", base+"/c/go/outbox")
	n.redirected("/c/go/", base+"/c/go")
	n.redirected("/u/Bob", base+"/u/bob")
	n.redirected("/u/bob/", base+"/u/bob")
	n.redirected("/u/Bob/following", base+"/u/bob/following")
	n.redirected("/c/go@stoa.example", base+"/c/go")
	n.redirected("/c/go@STOA.example/followers", base+"/c/go/followers")
	n.redirected("/u/bob@stoa.example", base+"/u/bob")
	n.redirected(path(post)+"/", post)
	n.redirected("/u/ann@micro.example", n.ann.URI)
	n.redirected("/u/Ann@Micro.Example", n.ann.URI)
	n.refused(n.get("/u/ann@micro.example/outbox"), http.StatusNotFound, "no-such-thing")
	n.refused(n.get("/u/ann"), http.StatusNotFound, "no-such-thing")

	far, err := n.db.SaveCommunity(t.Context(), forum.Community{
		URI: "https://far.example/c/go", Name: "go", Host: "far.example", Title: "Go", Inbox: "https://far.example/inbox", FetchedAt: n.forum.Now(),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.redirected("/c/go@far.example", far.URI)
	n.refused(n.get("/c/go@far.example/moderators"), http.StatusNotFound, "no-such-thing")
	n.document("/c/go")
}

func TestActorsTakenAway(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	n.moderate(n.forum.Remove, base+"/c/go")
	n.tombstone("/c/go")
	n.refused(n.get("/c/go/outbox"), http.StatusGone, "taken-away")
	n.redirected("/c/Go", base+"/c/go")
	// Its threads went with it.
	n.tombstone(path(n.publisher.PostURI(post)))
	n.refused(n.get(path(n.publisher.PostURI(post))+"/context"), http.StatusGone, "taken-away")

	n.moderate(n.forum.Restore, base+"/c/go")
	n.document("/c/go")
	n.document(path(n.publisher.PostURI(post)))

	n.moderate(n.forum.Purge, base+"/u/bob")
	n.tombstone("/u/bob")
	n.tombstone(path(n.publisher.PostURI(post)))
	if w := n.get("/u/bob"); strings.Contains(w.Body.String(), "Bob") {
		t.Error("the Tombstone tells what was there")
	}
}
