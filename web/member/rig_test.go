package member

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/storage/storagetest"
	"stoa/web"
)

const base = "http://node.localhost"

// mute is a Publisher that says nothing to anybody.
type mute struct{}

func (mute) Publish(context.Context, *forum.Event) (forum.Rendering, error) {
	return forum.Rendering{}, nil
}
func (mute) NewActivity() string             { return base + "/activities/none" }
func (mute) NewMessage() string              { return base + "/message/" + rand.Text() }
func (mute) NewQuote() string                { return base + "/quotes/none" }
func (mute) PostURI(id int64) string         { return fmt.Sprintf("%s/post/%d", base, id) }
func (mute) CommentURI(id int64) string      { return fmt.Sprintf("%s/comment/%d", base, id) }
func (mute) CommunityURI(name string) string { return base + "/c/" + name }
func (mute) PersonURI(name string) string    { return base + "/u/" + name }
func (mute) Host() string                    { return "node.localhost" }

func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

// node is a site with its members, on a database of its own.
type node struct {
	*testing.T
	db     *storage.DB
	own    private.Store
	server *httptest.Server
	site   *web.Site

	mu  sync.Mutex
	now time.Time
}

func newNode(t *testing.T) *node {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrate), storage.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	n := &node{T: t, db: db, own: private.Of(db), now: time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)}
	address, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	n.site, err = web.New(web.Options{
		Pictures: Pictures(db, media.NewUploads(t.TempDir()), 1<<30, n.clock),
		Reader:   db.Reader(), BaseURL: address, NodeName: "Node", Version: "1", Now: n.clock, Joining: true, Own: Own(db, n.clock),
		Source: func(_ string, forwarded []string) string { return strings.Join(forwarded, "") },
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	r := mux.NewRouter()
	New(Options{
		Site: n.site, DB: db, Forum: forum.New(mute{}, n.clock), MinimumAge: 16,
		Render: func(s string) (forum.Text, error) { return forum.Text{Source: s, HTML: "<p>" + s + "</p>"}, nil },
		Keys: func() (string, string, error) {
			keys++
			return fmt.Sprint("secret", keys), fmt.Sprint("public", keys), nil
		},
	}).Register(r)
	n.site.Register(r)
	n.server = httptest.NewServer(r)
	t.Cleanup(n.server.Close)
	return n
}

func (n *node) clock() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *node) pass(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

func (n *node) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

// letter is the last one that was left to be sent; empty when there is none.
func (n *node) letter() storage.Letter {
	n.Helper()
	var raw string
	err := n.db.Pool().QueryRow(n.Context(), `select coalesce((select args::text from river_job where kind = 'letter' order by id desc limit 1), '{}')`).Scan(&raw)
	n.must(err)
	var l storage.Letter
	n.must(json.Unmarshal([]byte(raw), &l))
	return l
}

var linkPattern = regexp.MustCompile(base + `(/link/[\w-]{43})`)

// link is the path in the last letter to an address.
func (n *node) link(to string) string {
	n.Helper()
	l := n.letter()
	m := linkPattern.FindStringSubmatch(l.Text)
	if l.To != to || m == nil {
		n.Fatalf("the last letter is to %q: %s", l.To, l.Text)
	}
	return m[1]
}

// first makes the first admin's link.
func (n *node) first() string {
	n.Helper()
	token, kept := account.NewToken()
	n.must(n.own.Send(n.Context(), kept, account.Link{Purpose: account.ForFirstAdmin, Expires: n.clock().Add(time.Hour)}))
	return "/link/" + token
}

// browser is one with its own cookies.
type browser struct {
	*node
	client *http.Client
	from   string // network
	header http.Header
}

func (n *node) browser() *browser {
	jar, err := cookiejar.New(nil)
	n.must(err)
	return &browser{node: n, header: http.Header{}, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what a page said.
type answer struct {
	status int
	to     string // where it leads
	body   string
	header http.Header
}

func (a answer) has(t *testing.T, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Fatalf("%q is not in\n%s", p, a.body)
		}
	}
}

// inOrder holds that a page has some parts, each below the one before.
func (a answer) inOrder(t *testing.T, parts ...string) {
	t.Helper()
	rest := a.body
	for _, p := range parts {
		_, below, found := strings.Cut(rest, p)
		if !found {
			t.Fatalf("%q is not in its place in\n%s", p, a.body)
		}
		rest = below
	}
}

func (b *browser) send(method, path string, form url.Values) answer {
	b.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.Context(), method, b.server.URL+path, body)
	b.must(err)
	maps.Copy(req.Header, b.header)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.from != "" {
		req.Header.Set("X-Forwarded-For", b.from)
	}
	res, err := b.client.Do(req)
	b.must(err)
	defer func() { _ = res.Body.Close() }() // it has been read
	text, err := io.ReadAll(res.Body)
	b.must(err)
	if res.Header.Get("Content-Type") == "application/zip" {
		text = b.unpacked(text)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(text), res.Header}
}

// unpacked are the files of a ZIP, one behind the other, pictures by their names alone.
func (b *browser) unpacked(raw []byte) []byte {
	b.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	b.must(err)
	var all []byte
	for _, f := range z.File {
		r, err := f.Open()
		b.must(err)
		text, err := io.ReadAll(r)
		b.must(err)
		b.must(r.Close())
		if !strings.HasSuffix(f.Name, ".json") {
			_, kind, err := image.DecodeConfig(bytes.NewReader(text))
			b.must(err)
			text = []byte("\n" + f.Name + " " + kind)
		}
		all = append(all, text...)
	}
	return all
}

func (b *browser) get(path string) answer { b.Helper(); return b.send(http.MethodGet, path, nil) }

// post sends a form of names and values.
func (b *browser) post(path string, pairs ...string) answer {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, form)
}

const password = "correct horse battery"

// join makes an account by the way that everybody has.
func (b *browser) join(name string) {
	b.Helper()
	b.post("/join", "name", name, "email", name+"@mail.test", "password", password, "age", "1", "agree", "1").has(b.T, 200, "Look into your mail")
	path := b.link(name + "@mail.test")
	b.get(path).has(b.T, 200, "One click")
	b.post(path).has(b.T, 303)
}
