package web

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"stoa/storage"
	"stoa/web/view"
)

// look lets the cache read the log as Run does every second.
func (n *node) look(at *storage.Look) storage.Touched {
	n.t.Helper()
	t, end, err := n.site.Reader.Touched(n.t.Context(), *at)
	if err != nil {
		n.t.Fatal(err)
	}
	n.site.cache.drop(&t)
	n.site.cache.on.Store(true)
	*at = end
	return t
}

func (n *node) keeps(path string) bool {
	return n.site.cache.get("en "+path+"?", now) != nil
}

func TestCacheDropsWhatWasTouched(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	one := n.post(c, draft{by: "ada", title: "One", md: "x"})
	two := n.post(c, draft{by: "ada", title: "Two", md: "x"})
	var at storage.Look
	n.look(&at)
	paths := []string{"/", "/c/craft", "/u/ada", "/feeds/all.atom", view.PostPath(one.ID), view.PostPath(two.ID)}
	fill := func() {
		for _, p := range paths {
			n.get(p)
			if !n.keeps(p) {
				t.Fatalf("%s is not kept", p)
			}
		}
	}
	fill()
	if got := n.look(&at); !got.Nothing || !n.keeps("/") {
		t.Fatalf("nothing happened, and it was %+v", got)
	}

	n.reply(c, one.URI, draft{by: "sam@far.example", md: "An answer."})
	if !strings.Contains(n.get("/").body, "0 comments") {
		t.Error("the front page was rendered anew before the log was read")
	}
	n.look(&at)
	for _, p := range paths[:5] {
		if n.keeps(p) {
			t.Errorf("a comment left %s", p)
		}
	}
	if !n.keeps(paths[5]) {
		t.Error("a comment dropped another thread")
	}
	if a := n.get(view.PostPath(one.ID)); !strings.Contains(a.body, "An answer.") {
		t.Error("the thread lacks its comment")
	}

	fill()
	n.vote(two.URI, c, 3, 0)
	n.look(&at)
	if n.keeps(view.PostPath(two.ID)) || n.keeps("/") || !n.keeps(view.PostPath(one.ID)) {
		t.Error("a vote drops its thread and lists, and nothing else")
	}

	fill()
	n.remove(one.URI, "advertising")
	n.look(&at)
	if n.keeps(view.PostPath(two.ID)) || n.keeps(view.PostPath(one.ID)) {
		t.Error("a removal may show anywhere")
	}
	if a := n.get(view.PostPath(one.ID)); a.StatusCode != http.StatusGone || n.keeps(view.PostPath(one.ID)) {
		t.Errorf("a removed post: %d, or it is kept", a.StatusCode)
	}
	if n.get("/nowhere"); n.keeps("/nowhere") {
		t.Error("an error is kept")
	}
}

// What is touched while a page is rendered may be missing in it.
func TestCacheRefusesStale(t *testing.T) {
	c := newCache()
	page := func(thread int64) *finished { return &finished{key: "k", thread: thread, until: now} }
	f := c.begin(7)
	c.drop(&storage.Touched{Threads: []int64{8}})
	if c.land(f, page(7)); c.get("k", now) == nil {
		t.Error("another thread was touched, and the page is lost")
	}
	f = c.begin(7)
	c.drop(&storage.Touched{Threads: []int64{7}})
	if c.land(f, page(7)); c.get("k", now) != nil {
		t.Error("the page may be older than what was touched")
	}
	f = c.begin(0)
	c.drop(&storage.Touched{Threads: []int64{7}})
	if c.land(f, page(0)); c.get("k", now) != nil {
		t.Error("the list may be older than what was touched")
	}
}

func TestCacheHasABudget(t *testing.T) {
	c := newCache()
	for i := range 100 {
		c.land(c.begin(0), &finished{key: strconv.Itoa(i), body: make([]byte, 1<<20), until: now})
		c.get("0", now)
	}
	if c.bytes > cacheBytes || len(c.pages) != c.recent.Len() || len(c.pages) < 10 {
		t.Errorf("%d bytes in %d pages", c.bytes, len(c.pages))
	}
	if c.get("0", now) == nil || c.get("50", now) != nil {
		t.Error("what was used last goes last")
	}
	if c.get("0", now.Add(keepFor+1)) != nil {
		t.Error("a page gets older than it may")
	}
	if c.land(c.begin(0), &finished{key: "huge", body: make([]byte, cacheBytes/2), until: now}); c.get("huge", now) != nil {
		t.Error("one page takes half of the cache")
	}
	if len(c.flights) != 0 {
		t.Error("flights are left over")
	}
}

func TestCacheRendersOnce(t *testing.T) {
	n := newNode(t)
	n.site.cache.on.Store(true)
	var mu sync.Mutex
	renders, begun, release := 0, make(chan struct{}), make(chan struct{})
	h := n.site.kept(n.site.Page(func(w http.ResponseWriter, r *http.Request) error {
		mu.Lock()
		renders++
		if renders == 1 {
			close(begun)
		}
		mu.Unlock()
		<-release
		return send(w, r, http.StatusOK, "text/html", []byte("page"))
	}))
	ask := func(method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody))
		return w
	}
	var all sync.WaitGroup
	all.Go(func() { ask(http.MethodGet) })
	<-begun
	for range 20 {
		all.Go(func() {
			if w := ask(http.MethodGet); w.Body.String() != "page" {
				t.Errorf("answered %q", w.Body)
			}
		})
	}
	close(release)
	all.Wait()
	if renders != 1 {
		t.Errorf("rendered %d times", renders)
	}
	if w := ask(http.MethodHead); w.Body.Len() != 0 || w.Header().Get("Content-Length") != "4" {
		t.Errorf("HEAD: %d bytes, Content-Length %q", w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestCacheLeavesSomebodyAlone(t *testing.T) {
	n := newNode(t)
	n.site.cache.on.Store(true)
	n.ask(http.MethodGet, "/", "Cookie", "session=1")
	if n.keeps("/") {
		t.Error("what somebody saw is kept for all")
	}
	n.ask(http.MethodGet, "/", "Cookie", "lang=en")
	if !n.keeps("/") {
		t.Error("a language makes nobody somebody")
	}
}

func TestCompression(t *testing.T) {
	n := newNode(t)
	css := n.site.view.Assets()["stoa.css"].Address
	for _, on := range []bool{false, true, true} {
		n.site.cache.on.Store(on)
		for _, path := range []string{"/", css} {
			plain, packed := n.ask(http.MethodGet, path, "Accept-Encoding", "identity"), n.ask(http.MethodGet, path, "Accept-Encoding", "br, gzip;q=0.5")
			if packed.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
				t.Errorf("%s: encoded %q and %q", path, packed.Header.Get("Content-Encoding"), plain.Header.Get("Content-Encoding"))
				continue
			}
			z, err := gzip.NewReader(strings.NewReader(packed.body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(z); err != nil || string(body) != plain.body {
				t.Errorf("%s: what was packed is not what is sent plain: %v", path, err)
			}
			if !strings.Contains(strings.Join(plain.Header.Values("Vary"), ","), "Accept-Encoding") {
				t.Errorf("%s: Vary is %q", path, plain.Header.Values("Vary"))
			}
			if packed.Header.Get("Content-Length") != strconv.Itoa(len(packed.body)) {
				t.Errorf("%s: Content-Length %s of %d", path, packed.Header.Get("Content-Length"), len(packed.body))
			}
		}
		tag := n.get("/").Header.Get("ETag")
		if a := n.ask(http.MethodGet, "/", "If-None-Match", tag); tag == "" || a.StatusCode != http.StatusNotModified || a.body != "" {
			t.Errorf("with the tag %q: %d", tag, a.StatusCode)
		}
	}
	for accept, want := range map[string]bool{"": false, "gzip": true, "GZIP ; q=0.1": true, "gzip;q=0": false, "gzip;q=0, *": false, "*": true, "*;q=0": false, "br": false, "gzip;q=x": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept-Encoding", accept)
		if takesGzip(r) != want {
			t.Errorf("%q: %v", accept, !want)
		}
	}
}

// Two processes on one database: what one writes the other shows.
func TestCacheOfTwoProcesses(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "")
	other, err := New(n.site.Options)
	if err != nil {
		t.Fatal(err)
	}
	router := mux.NewRouter()
	other.Register(router)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { other.Run(ctx) })
	defer running.Wait()
	defer cancel()
	for !other.cache.on.Load() {
		time.Sleep(time.Millisecond)
	}
	show := func() string {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody))
		return w.Body.String()
	}
	show()
	n.post(c, draft{by: "ada", title: "Written elsewhere", md: "x"})
	for deadline := time.Now().Add(keepFor - 10*time.Second); !strings.Contains(show(), "Written elsewhere"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the other process never shows it")
		}
	}
}

// From the handler's entry to its last byte, out of the cache.
func BenchmarkKept(b *testing.B) {
	n := newNode(b)
	c := n.found("craft", "Craft", "")
	for i := range 40 {
		n.post(c, draft{by: "ada", title: "post " + strconv.Itoa(i), md: "x"})
	}
	router := mux.NewRouter()
	n.site.Register(router)
	for _, on := range []bool{false, true} {
		b.Run("cache="+strconv.FormatBool(on), func(b *testing.B) {
			n.site.cache.on.Store(on)
			for b.Loop() {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
				r.Header.Set("Accept-Encoding", "gzip, br")
				router.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
