package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

func TestMain(m *testing.M) {
	if os.Getenv("STOA_TEST_RUN") != "" {
		main() // this binary plays the program; see program_test.go
		return
	}
	stopGrace = 0
	reachRate = 5_000
	uploadRest = 0
	flag.Parse()
	if n := flag.Lookup("test.parallel"); n.Value.String() == n.DefValue {
		_ = n.Value.Set("4") // most wait for other processes most of the time
	}
	status := m.Run()
	removeFaulty()
	os.Exit(status)
}

// schema makes the template that every test database is copied from.
func schema(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err != nil {
		return err
	}
	db.Close()
	return nil
}

// testNode is a whole node in this process, with real HTTP on loopback.
type testNode struct {
	*node
	t      *testing.T
	listen net.Listener
	stop   func()
}

// newTestNode makes a node named NAME.localhost that runs until the test ends.
// front, if not nil, is put before its public door.
func newTestNode(t *testing.T, name string, front func(http.Handler) http.Handler) *testNode {
	t.Helper()
	return runTestNode(t, name, storagetest.DSN(t, schema), front)
}

func runTestNode(t *testing.T, name, dsn string, front func(http.Handler) http.Handler) *testNode {
	t.Helper()
	l := loopback(t)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return runNodeOn(t, l, "http://"+name+".localhost:"+port, dsn, front)
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func runNodeOn(t *testing.T, l net.Listener, url, dsn string, front func(http.Handler) http.Handler) *testNode {
	t.Helper()
	return runNodeAt(t, l, url, dsn, front, nil)
}

// runNodeAt runs a node by a clock of its own, if that is not nil.
func runNodeAt(t *testing.T, l net.Listener, url, dsn string, front func(http.Handler) http.Handler, clock func() time.Time) *testNode {
	t.Helper()
	c, err := readConfig(map[string]string{
		"url": url, "database-url": dsn, "dev-federation": "true", "listen-private": "off", "data": t.TempDir(), "registration": "open", "communities": "everybody",
	}, "", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	out := io.Discard
	if os.Getenv("STOA_TEST_LOG") != "" {
		out = os.Stderr
	}
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})).With("node", c.URL.Host)
	db, err := storage.Open(t.Context(), dsn, storage.Options{MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Bind(t.Context(), c.URL.String()); err != nil {
		t.Fatal(err)
	}
	n, err := newNode(t.Context(), c, db, log, clock)
	if err != nil {
		t.Fatal(err)
	}
	if front != nil {
		n.public = front(n.public)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.serve(ctx, l, nil) }()
	stopped := false
	tn := &testNode{node: n, t: t, listen: l}
	tn.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", c.URL.Host, err)
		}
		db.Close()
	}
	t.Cleanup(tn.stop)
	return tn
}

// second starts another process of the same node, on a door of its own.
func (n *testNode) second(dsn string) *testNode {
	n.t.Helper()
	return runNodeOn(n.t, loopback(n.t), n.cfg.URL.String(), dsn, nil)
}

// do runs a verb in a transaction of its own; a refusal fails the test.
func (n *testNode) do(verb func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error)) forum.Outcome {
	n.t.Helper()
	var out []forum.Outcome
	err := n.db.InTx(n.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		var err error
		out, err = verb(ctx, tx)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	if out[0].Refused != nil {
		n.t.Fatal(out[0].Refused)
	}
	return out[0]
}

func (n *testNode) found(name string, community bool) string {
	n.t.Helper()
	actor, err := newActor(name, strings.ToUpper(name), forum.Text{})
	if err != nil {
		n.t.Fatal(err)
	}
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		found := n.forum.FoundPerson
		if community {
			found = n.forum.FoundCommunity
		}
		out, err := found(ctx, tx, actor)
		return []forum.Outcome{out}, err
	})
	if community {
		return n.publisher.CommunityURI(name)
	}
	return n.publisher.PersonURI(name)
}

func (n *testNode) person(uri string) forum.Person {
	n.t.Helper()
	p, err := n.db.Reader().PersonByURI(n.t.Context(), uri)
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

func (n *testNode) community(uri string) forum.Community {
	n.t.Helper()
	c, err := n.db.Reader().CommunityByURI(n.t.Context(), uri)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// follow makes a person of this node follow a community elsewhere, and waits
// until it has accepted.
func (n *testNode) follow(person, community string) {
	n.t.Helper()
	if err := n.inbox.Discover(n.t.Context(), community); err != nil {
		n.t.Fatal(err)
	}
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Follow(ctx, tx, []forum.Follow{{Person: n.person(person), Community: community}})
	})
	eventually(n.t, person+" follows "+community, func() bool { return n.community(community).Followers == 1 })
}

func (n *testNode) text(source string) forum.Text {
	html, err := markup.FromMarkdown(source, markup.Options{LocalURL: n.cfg.URL.String()})
	if err != nil {
		n.t.Fatal(err)
	}
	return forum.Text{Source: source, Format: forum.Markdown, HTML: html, RenderVersion: markup.Version}
}

func (n *testNode) submit(person, community, title, source string) string {
	n.t.Helper()
	out := n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{
			Author: n.person(person), Community: n.community(community), Title: title, TitleGiven: true, Text: n.text(source),
		}}})
	})
	return n.publisher.PostURI(out.ID)
}

func (n *testNode) reply(person, to, source string) string {
	n.t.Helper()
	out := n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{
			Author: n.person(person), InReplyTo: to, Text: n.text(source),
		}}})
	})
	return n.publisher.CommentURI(out.ID)
}

func (n *testNode) vote(person, object string, dir int) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Vote(ctx, tx, []forum.Vote{{Voter: n.person(person), Object: object, Dir: dir}})
	})
}

// edit gives a post a title and text, or a comment, without a title, a text.
func (n *testNode) edit(person, object, title, source string) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Edit(ctx, tx, []forum.Edit{{
			Object: object, By: n.person(person), Reply: title == "",
			Words: forum.Words{Title: title, TitleGiven: title != "", Text: n.text(source)},
		}})
	})
}

func (n *testNode) delete(person, object string, undo bool) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Delete(ctx, tx, []forum.Delete{{Object: object, By: n.person(person), Undo: undo}})
	})
}

func (n *testNode) describe(actor, title string) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := n.forum.Describe(ctx, tx, forum.Describe{Actor: actor, Title: title})
		return []forum.Outcome{out}, err
	})
}

// knows waits until an object has reached this node.
func (n *testNode) knows(uri string) {
	n.t.Helper()
	eventually(n.t, n.cfg.URL.Host+" knows "+uri, func() bool {
		known := false
		err := n.db.InTx(n.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			objects, err := tx.KnownObjects(ctx, []string{uri})
			known = objects[uri]
			return err
		})
		return err == nil && known
	})
}

// get asks the node for an address as somebody with that Accept header.
func (n *testNode) get(path, accept string) *httptest.ResponseRecorder {
	n.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	n.public.ServeHTTP(w, r)
	return w
}

// eventually waits for a condition that other goroutines bring about. The bound
// only ends a test that would never end; it is no measure of speed.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !is(); {
		if time.Now().After(end) {
			t.Fatalf("never came about: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// timeless is a request's context that does not end with the connection it came on.
type timeless struct{ context.Context } //nolint:containedctx // it is a context

// Done implements context.Context.
func (timeless) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (timeless) Err() error { return nil }
