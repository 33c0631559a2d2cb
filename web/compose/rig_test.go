package compose

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/storage/storagetest"
	"stoa/web"
	"stoa/web/member"
)

const base = "http://node.localhost"

func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

// node is a site at which people write, on a database of its own.
type node struct {
	*testing.T
	db     *storage.DB
	forum  *forum.Forum
	server *httptest.Server
	site   *web.Site
	people map[string]forum.Person
	tokens map[string]string
}

func newNode(t *testing.T) *node {
	t.Helper()
	return newNodeThat(t, func(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil })
}

// newNodeThat is a node that renders Markdown in a way of its own.
func newNodeThat(t *testing.T, render func(source string) (forum.Text, error)) *node {
	t.Helper()
	return newNodeWith(t, render, media.NewUploads(t.TempDir()), nil)
}

// newNodeWith is a node that keeps pictures somewhere; look may be nil.
func newNodeWith(t *testing.T, render func(source string) (forum.Text, error), files *media.Uploads, look func(ctx context.Context, address string, raw []byte) (bool, error)) *node {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrate), storage.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{T: t, db: db, forum: forum.New(outbox.NewPublisher(address, nil), nil), people: map[string]forum.Person{}, tokens: map[string]string{}}
	sent := member.Pictures(db, files, 1<<30, time.Now)
	sent.Look = look
	site, err := web.New(web.Options{Reader: db.Reader(), BaseURL: address, NodeName: "Node", Version: "1", Own: member.Own(db, time.Now), Pictures: sent})
	if err != nil {
		t.Fatal(err)
	}
	n.site = site
	r := mux.NewRouter()
	keys := func() (string, string, error) { return "private", "public", nil }
	New(Options{Site: site, DB: db, Forum: n.forum, Keys: keys, Render: render}).Register(r)
	member.New(member.Options{Site: site, DB: db, Forum: n.forum, MinimumAge: 16, Keys: keys, Render: render}).Register(r)
	site.Register(r)
	n.server = httptest.NewServer(r)
	t.Cleanup(n.server.Close)
	return n
}

func (n *node) tx(do func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error)) forum.Outcome {
	n.Helper()
	var out forum.Outcome
	err := n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = do(ctx, tx)
		return err
	})
	if err != nil {
		n.Fatal(err)
	}
	if out.Refused != nil {
		n.Fatal(out.Refused)
	}
	return out
}

// lives makes somebody with an account who is signed in.
func (n *node) lives(name string, admin bool) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		out, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, PrivateKey: "private", PublicKey: "public"})
		if err == nil {
			_, err = private.In(tx).Open(ctx, out.ID, account.Account{Password: "none", Released: true, Admin: admin}, time.Now())
		}
		return out, err
	})
	p, err := n.db.Reader().Person(n.Context(), name, "")
	if err != nil {
		n.Fatal(err)
	}
	token, kept := account.NewToken()
	if err := private.Of(n.db).Begin(n.Context(), p.ID, account.Session{Token: kept, Made: time.Now()}); err != nil {
		n.Fatal(err)
	}
	n.people[name], n.tokens[name] = p, token
}

// waits has the account of somebody be one that no admin has released yet.
func (n *node) waits(name string) {
	n.Helper()
	if _, err := n.db.Pool().Exec(n.Context(), `update account set released = false where person_id = $1`, n.people[name].ID); err != nil {
		n.Fatal(err)
	}
}

// ask sends a form as somebody; as nobody with an empty name.
func (n *node) ask(who, path string, fields ...string) (status int, to string) {
	n.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(n.Context(), http.MethodPost, n.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token := n.tokens[who]; token != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // nobody reads it
	return res.StatusCode, res.Header.Get("Location")
}

// sees is what somebody sees at a path.
func (n *node) sees(who, path string) string {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), http.MethodGet, n.server.URL+path, http.NoBody)
	if err != nil {
		n.Fatal(err)
	}
	_, body := n.do(r, who)
	_, body, _ = strings.Cut(body, "\n") // its type
	return body
}
