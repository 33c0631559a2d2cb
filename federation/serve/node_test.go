package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-fed/activity/streams"
	"github.com/gorilla/mux"
	"github.com/jackc/pgx/v5"

	ap "stoa/activitypub"
	"stoa/activitypub/sig"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/federation/serve"
	"stoa/storage"
	"stoa/storage/storagetest"
)

const (
	base     = "https://stoa.example"
	activity = "application/activity+json"
	browser  = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
)

// node is one node on a database of its own, as others see it, with a community
// "go", a person "bob", and ann who lives elsewhere.
type node struct {
	t         testing.TB
	dsn       string
	db        *storage.DB
	forum     *forum.Forum
	publisher *outbox.Publisher
	handler   http.Handler
	logged    bytes.Buffer

	community forum.Community
	bob, ann  forum.Person
}

func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

var keys = sync.OnceValues(func() (private, public string) {
	key, err := sig.GenerateKey()
	if err != nil {
		panic(err)
	}
	if private, err = sig.EncodePrivateKey(key); err != nil {
		panic(err)
	}
	if public, err = sig.EncodePublicKey(key.Public()); err != nil {
		panic(err)
	}
	return private, public
})

func newNode(t testing.TB) *node {
	t.Helper()
	n := &node{t: t, dsn: storagetest.DSN(t, migrate)}
	var err error
	if n.db, err = storage.Open(t.Context(), n.dsn, storage.Options{MaxConns: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.db.Close)
	if err := n.db.Bind(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	n.publisher = outbox.NewPublisher(u, nil)
	n.forum = forum.New(n.publisher, nil)
	n.found()
	n.open(nil, false)
	return n
}

// open has the node answer, to whom asked lets it.
func (n *node) open(asked func(*http.Request) *serve.Denial, signed bool) {
	_, public := keys()
	router := mux.NewRouter()
	serve.New(serve.Options{
		Reader: n.db.Reader(), Publisher: n.publisher, Version: "1.2.3", Asked: asked, Signed: signed,
		Node: func(context.Context) (outbox.Node, error) {
			return outbox.Node{Name: "Stoa", Summary: "A test", PublicKey: public}, nil
		},
		Log: slog.New(slog.NewTextHandler(&n.logged, nil)),
	}).Register(router)
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><p>page") // a recorder takes everything
	}
	router.PathPrefix("/").HandlerFunc(page)
	n.handler = router
}

func (n *node) found() {
	n.t.Helper()
	private, public := keys()
	made := func(name, title string) forum.NewActor {
		return forum.NewActor{
			Name: name, Title: title, PrivateKey: private, PublicKey: public,
			Summary: forum.Text{Source: "hi", Format: forum.Markdown, HTML: "<p>hi</p>"},
		}
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		if _, err := n.forum.FoundCommunity(ctx, tx, made("go", "Go")); err != nil {
			return err
		}
		_, err := n.forum.FoundPerson(ctx, tx, made("bob", "Bob"))
		return err
	})
	var err error
	if n.community, err = n.db.Reader().Community(n.t.Context(), "go", ""); err != nil {
		n.t.Fatal(err)
	}
	if n.bob, err = n.db.Reader().Person(n.t.Context(), "bob", ""); err != nil {
		n.t.Fatal(err)
	}
	n.ann, err = n.db.SavePerson(n.t.Context(), forum.Person{
		URI: "https://micro.example/users/ann", Name: "ann", Host: "micro.example",
		Inbox: "https://micro.example/users/ann/inbox", SharedInbox: "https://micro.example/inbox", FetchedAt: n.forum.Now(),
	}, nil)
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) tx(do func(ctx context.Context, tx *storage.Tx) error) {
	n.t.Helper()
	if err := n.db.InTx(n.t.Context(), do); err != nil {
		n.t.Fatal(err)
	}
}

// sql changes the database behind the program's back.
func (n *node) sql(statement string, args ...any) {
	n.t.Helper()
	conn, err := pgx.Connect(n.t.Context(), n.dsn)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(n.t.Context())) }() // nothing was left open
	if _, err := conn.Exec(n.t.Context(), statement, args...); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) accepted(out []forum.Outcome, err error) []forum.Outcome {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, o := range out {
		if o.Refused != nil {
			n.t.Fatal(o.Refused)
		}
	}
	return out
}

// submit posts something of bob's and returns its id.
func (n *node) submit(title, html string) int64 {
	n.t.Helper()
	return n.submitted(forum.Submit{Post: forum.Post{
		Author: n.bob, Title: title, TitleGiven: true, Text: forum.Text{Source: html, Format: forum.Markdown, HTML: html},
	}})
}

// submitForeign posts something that ann wrote at her server.
func (n *node) submitForeign(uri string) int64 {
	n.t.Helper()
	create := uri + "/activity"
	raw := fmt.Appendf(nil, `{"id":%q,"type":"Create","actor":%q,"object":{"id":%q,"type":"Note","content":"<p>far</p>"}}`, create, n.ann.URI, uri)
	return n.submitted(forum.Submit{
		Post: forum.Post{
			URI: uri, Author: n.ann, Title: "far", Text: forum.Text{Source: "<p>far</p>", Format: forum.HTML, HTML: "<p>far</p>"},
			Published: forum.Stamp{Time: n.forum.Now(), Text: "2026-11-23T10:00:00.5+01:00"},
		},
		Origin: forum.Origin{Activity: create, Raw: raw},
	})
}

func (n *node) submitted(a forum.Submit) int64 {
	n.t.Helper()
	a.Post.Community = n.community
	var id int64
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		id = n.accepted(n.forum.Submit(ctx, tx, []forum.Submit{a}))[0].ID
		return nil
	})
	return id
}

// reply lets bob answer an object, and returns the comment's id.
func (n *node) reply(to, text string) int64 {
	n.t.Helper()
	return n.replied(forum.Reply{Comment: forum.Comment{
		Author: n.bob, InReplyTo: to, Text: forum.Text{Source: text, Format: forum.Markdown, HTML: "<p>" + text + "</p>"},
	}})
}

func (n *node) replyForeign(uri, to string) int64 {
	n.t.Helper()
	create := uri + "/activity"
	return n.replied(forum.Reply{
		Comment: forum.Comment{URI: uri, Author: n.ann, InReplyTo: to, Text: forum.Text{Source: "<p>re</p>", Format: forum.HTML, HTML: "<p>re</p>"}},
		Origin:  forum.Origin{Activity: create, Raw: fmt.Appendf(nil, `{"id":%q,"type":"Create","actor":%q,"object":{}}`, create, n.ann.URI)},
	})
}

func (n *node) replied(a forum.Reply) int64 {
	n.t.Helper()
	var id int64
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		id = n.accepted(n.forum.Reply(ctx, tx, []forum.Reply{a}))[0].ID
		return nil
	})
	return id
}

func (n *node) moderate(verb func(context.Context, forum.Tx, string, string) (forum.Outcome, error), uri string) {
	n.t.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := verb(ctx, tx, uri, "spam")
		n.accepted([]forum.Outcome{o}, err)
		return nil
	})
}

// ask sends a request with header fields given as "Name: value".
func (n *node) ask(method, target string, fields ...string) *httptest.ResponseRecorder {
	n.t.Helper()
	r := httptest.NewRequestWithContext(n.t.Context(), method, target, nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	n.handler.ServeHTTP(w, r)
	return w
}

func (n *node) get(target string) *httptest.ResponseRecorder {
	n.t.Helper()
	return n.ask(http.MethodGet, target, "Accept: "+activity)
}

// path is the address of an id of ours on this node.
func path(id string) string { return strings.TrimPrefix(id, base) }

// document gets an ActivityPub document that must be there, under its own id.
func (n *node) document(target string) map[string]any {
	n.t.Helper()
	w := n.get(target)
	if w.Code != http.StatusOK {
		n.t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != activity {
		n.t.Errorf("GET %s: Content-Type %q", target, got)
	}
	return n.checked(target, w.Body.Bytes(), base+target)
}

// checked reads a document as strictly as any reader could.
func (n *node) checked(target string, body []byte, id string) map[string]any {
	n.t.Helper()
	if err := ap.Check(body); err != nil {
		n.t.Fatalf("GET %s: %v", target, err)
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		n.t.Fatalf("GET %s: %v", target, err)
	}
	if doc["id"] != id {
		n.t.Errorf("GET %s: id %v is not its address", target, doc["id"])
	}
	noNulls(n.t, target, doc)
	if list, ok := doc["@context"].([]any); !ok || list[0] != "https://www.w3.org/ns/activitystreams" {
		n.t.Errorf("GET %s: @context %v", target, doc["@context"])
	}
	got, err := streams.ToType(context.Background(), maps.Clone(doc))
	if err != nil {
		n.t.Fatalf("GET %s: not ActivityStreams: %v\n%s", target, err, body)
	}
	if got.GetTypeName() != doc["type"] {
		n.t.Errorf("GET %s: read as %s", target, got.GetTypeName())
	}
	return doc
}

// noNulls fails for a null anywhere: PieFed and Mbin mishandle it.
func noNulls(t testing.TB, where string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", where)
	case map[string]any:
		for k, inner := range v {
			noNulls(t, where+"."+k, inner)
		}
	case []any:
		for i, inner := range v {
			noNulls(t, fmt.Sprintf("%s[%d]", where, i), inner)
		}
	}
}

func (n *node) tombstone(target string) {
	n.t.Helper()
	w := n.get(target)
	if w.Code != http.StatusGone || w.Header().Get("Content-Type") != activity {
		n.t.Fatalf("GET %s: %d %s %.200s", target, w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	doc := n.checked(target, w.Body.Bytes(), base+target)
	if doc["type"] != "Tombstone" || len(doc) != 3 {
		n.t.Errorf("GET %s: %v says more than that something is gone", target, doc)
	}
}

// refused expects an error in JSON, with its reason.
func (n *node) refused(w *httptest.ResponseRecorder, status int, reason string) {
	n.t.Helper()
	var told struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}
	err := json.Unmarshal(w.Body.Bytes(), &told)
	if err != nil || w.Code != status || told.Reason != reason || told.Error == "" || w.Header().Get("Content-Type") != "application/json" {
		n.t.Errorf("got %d %q %.200s (%v), want %d for %q", w.Code, w.Header().Get("Content-Type"), w.Body, err, status, reason)
	}
}

func (n *node) redirected(target, to string) {
	n.t.Helper()
	w := n.get(target)
	if w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != to || w.Body.Len() != 0 {
		n.t.Errorf("GET %s: %d to %q, want 308 to %q", target, w.Code, w.Header().Get("Location"), to)
	}
}
