package serve_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// readBy fails when a software could not read what is served at an address.
func (n *node) readBy(by fedtest.Software, target string) map[string]any {
	n.t.Helper()
	d := n.document(target)
	if no := fedtest.Refuses(by, d); no != "" {
		n.t.Errorf("%s: %s: %s", target, by, no)
	}
	return d
}

func TestLemmyTrap03NamesFitIntoItsColumns(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		for title, reason := range map[string]string{strings.Repeat("ä", 51): "title-too-long", strings.Repeat("ö", 50): ""} {
			o, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: "long", Title: title, PrivateKey: "-", PublicKey: "-----BEGIN PUBLIC KEY-----\n"})
			if err != nil {
				return err
			}
			if (o.Refused == nil) != (reason == "") || o.Refused != nil && o.Refused.Reason != reason {
				t.Errorf("%d letters: %v", len([]rune(title)), o.Refused)
			}
		}
		return nil
	})
	n.readBy(fedtest.Lemmy, "/c/long")
	n.readBy(fedtest.Lemmy, "/")
	if forum.MaxNodeName > 20 || forum.MaxNodeSummary > 150 {
		t.Errorf("a node may be called %d long, and say %d of itself", forum.MaxNodeName, forum.MaxNodeSummary)
	}
}

func TestLemmyTrap04TheNodeIsAtTheRootOfItsHost(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	if d := n.readBy(fedtest.Lemmy, "/"); d["type"] != "Application" || d["id"] != base+"/" {
		t.Errorf("at the root: %v %v", d["type"], d["id"])
	}
}

// served are addresses of documents of every kind.
func (n *node) served() []string {
	n.t.Helper()
	post, comment, ids := n.history()
	targets := []string{
		"/", "/c/go", "/u/bob", path(post), path(comment), path(post) + "/replies", path(post) + "/context", path(comment) + "/replies", "/site_outbox",
		"/c/go/outbox", "/c/go/followers", "/c/go/following", "/c/go/moderators", "/c/go/featured", "/u/bob/outbox", "/u/bob/followers", "/u/bob/following",
	}
	for _, kind := range []string{"submit forum", "submit micro", "submit direct", "reply direct", "vote direct", "vote forum"} {
		if ids[kind] == "" {
			n.t.Fatalf("no %s in %v", kind, ids)
		}
		targets = append(targets, path(ids[kind]))
	}
	return targets
}

func TestLemmyTrap05TypeOfDocumentsHasNoParameter(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, target := range n.served() {
		if got := n.get(target).Header().Get("Content-Type"); got != "application/activity+json" {
			t.Errorf("%s: %q", target, got)
		}
	}
}

func TestLemmyTrap06DocumentsAreAtTheirOwnID(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, target := range n.served() {
		n.document(target) // fails when its id is another
	}
	far := n.submitForeign("https://micro.example/1")
	// What is elsewhere is one absolute redirect away.
	n.redirected(fmt.Sprint("/post/", far), "https://micro.example/1")
	for _, target := range []string{"/c/go/", "/u/bob/", fmt.Sprintf("/post/%d/", far)} {
		n.redirected(target, base+strings.TrimSuffix(target, "/"))
	}
	n.redirected("/c/GO", base+"/c/go")
}

func TestLemmyTrap23CollectionsAsItReadsThem(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.served()
	n.sql(`update post set pinned_at = now()`)
	n.sql(`insert into moderator (community_id, person_uri) select id, $1 from community`, n.bob.URI)
	if o := n.readBy(fedtest.Lemmy, "/c/go/outbox"); len(o["orderedItems"].([]any)) != 1 {
		t.Errorf("outbox %v", o)
	}
	n.readBy(fedtest.Lemmy, "/c/go/followers")
	for _, list := range []string{"featured", "moderators"} {
		if o := n.readBy(fedtest.Lemmy, "/c/go/"+list); len(o["orderedItems"].([]any)) != 1 {
			t.Errorf("%s %v", list, o)
		}
	}
}

// Lemmy gives up a comment when it has not got all its parents within nine seconds. An
// answer waits for nobody who is writing.
func TestLemmyTrap36ObjectsAreAnsweredBesideWriters(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	post, comment, _ := n.history()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.Written(ctx, []string{post, comment}, make([]forum.Person, 2)); err != nil { // locks them
			return err
		}
		for _, target := range []string{post, comment} {
			ctx, cancel := context.WithTimeout(ctx, 9*time.Second)
			r, w := httptest.NewRequestWithContext(ctx, http.MethodGet, path(target), nil), httptest.NewRecorder()
			r.Header.Set("Accept", activity)
			n.handler.ServeHTTP(w, r)
			if cancel(); w.Code != http.StatusOK {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
		return nil
	})
}

func TestLemmyTrap38AHandleLeadsToOneActor(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for acct, want := range map[string]string{"acct:go@stoa.example": base + "/c/go", "acct:bob@stoa.example": base + "/u/bob"} {
		jrd, ok := n.finger(acct)
		var documents []string
		for _, l := range jrd.Links { // Lemmy follows each whose type begins so
			if strings.HasPrefix(l.Type, "application/") {
				documents = append(documents, l.Href)
			}
		}
		if !ok || !slices.Equal(documents, []string{want}) {
			t.Errorf("%s: %q", acct, documents)
		}
	}
}

func TestPeerTrap05DocumentsAreServedAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, target := range n.served() {
		for _, accept := range []string{activity, "application/ld+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`} {
			w := n.ask(http.MethodGet, target, "Accept: "+accept)
			if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "application/activity+json" {
				t.Errorf("%s as %s: %d %q", target, accept, w.Code, got)
			}
		}
	}
}

func TestPeerTrap17PeopleAndCommunitiesShareNoName(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: "go", PrivateKey: "-", PublicKey: "-"})
		if err == nil && (o.Refused == nil || o.Refused.Reason != "name-taken") {
			t.Errorf("a person is called like a community: %v", o.Refused)
		}
		return err
	})
	if jrd, ok := n.finger("acct:go@stoa.example"); !ok || len(jrd.Actors()) != 1 {
		t.Errorf("go is %+v", jrd)
	}
}

func TestPeerTrap18SubjectIsWhatWasAsked(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, acct := range []string{"acct:go@stoa.example", "acct:Go@stoa.example", "acct:BOB@Stoa.Example"} {
		jrd, ok := n.finger(acct)
		if !ok || jrd.Subject != acct || len(jrd.Actors()) != 1 || !strings.HasPrefix(jrd.Actors()[0].Href, "https://stoa.example/") || jrd.Actors()[0].Type != activity {
			t.Errorf("%s: %+v", acct, jrd)
		}
	}
}

func TestPeerTrap23NodeInfoNamesNoMicroblog(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	links := n.ask(http.MethodGet, "/.well-known/nodeinfo").Body.String()
	for _, version := range []string{"2.0", "2.1"} {
		u, err := url.Parse(base + "/nodeinfo/" + version)
		if err != nil || !strings.Contains(links, `"`+u.String()+`"`) {
			t.Errorf("%s leads not to %s", links, u)
		}
		if said := n.ask(http.MethodGet, u.Path).Body.String(); !strings.Contains(said, `"software":{"name":"stoa","version":"1.2.3"`) {
			t.Error(said)
		}
	}
}

func TestPeerTrap48EveryActivityCanBeFetched(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	_, _, ids := n.history()
	for kind, want := range map[string]string{"submit direct": "Create", "reply direct": "Create", "vote direct": "Dislike", "submit forum": "Announce"} {
		if d := n.document(path(ids[kind])); d["type"] != want {
			t.Errorf("%s is %v", kind, d["type"])
		}
	}
}

func TestPeerTrap50RepliesAndContextAreThere(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	post, comment, _ := n.history()
	page := n.document(path(post))
	replies, _ := page["replies"].(string)
	whole, _ := page["context"].(string)
	if replies != post+"/replies" || whole != post+"/context" {
		t.Fatalf("replies %q, context %q", replies, whole)
	}
	if got := n.answers(post); !slices.Equal(got, []string{comment}) {
		t.Errorf("replies are %q", got)
	}
	if got := n.thread(post); !slices.Equal(got, []string{post, comment}) {
		t.Errorf("context is %q", got)
	}
	if d := n.document(path(comment)); d["replies"] != comment+"/replies" || d["context"] != whole {
		t.Errorf("of a comment: replies %v, context %v", d["replies"], d["context"])
	}
}

func TestPeerTrap56NamesAreNeverUsedAgain(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.sql(`update community set removed = true`)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: "go", PrivateKey: "-", PublicKey: "-"})
		if err == nil && (o.Refused == nil || o.Refused.Reason != "name-taken") {
			t.Errorf("a name is used again: %v", o.Refused)
		}
		return err
	})
	n.tombstone("/c/go")
}
