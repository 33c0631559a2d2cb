package web

import (
	"bytes"
	lru "container/list"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"stoa/storage"
)

const (
	cacheBytes = 16 << 20
	// keepFor bounds how old a page gets of which the log says nothing: ages pass,
	// and what jobs fetch is no act.
	keepFor = 30 * time.Second
	// longestKey keeps addresses made up to fill the memory out.
	longestKey = 512
	lookEvery  = time.Second
)

// cache holds finished pages of readers without a session. It is used only while
// Site.Run reads the log.
type cache struct {
	on     atomic.Bool
	render singleflight.Group

	mu      sync.Mutex
	pages   map[string]*lru.Element // of *finished
	recent  *lru.List               // the last used first
	bytes   int
	flights map[*flight]struct{}
}

// finished is a whole answer.
type finished struct {
	key    string
	thread int64 // the post of a thread; 0 for all other pages
	header http.Header
	status int
	body   []byte
	packed []byte // body in gzip, if it is to be kept; nil where that gains nothing
	until  time.Time
}

func (f *finished) size() int { return len(f.key) + len(f.body) + len(f.packed) + 1024 }

// flight is a page being rendered. What is touched meanwhile may be missing in it.
type flight struct {
	thread int64
	stale  bool
}

func newCache() *cache {
	return &cache{pages: map[string]*lru.Element{}, recent: lru.New(), flights: map[*flight]struct{}{}}
}

func (c *cache) get(key string, now time.Time) *finished {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.pages[key]
	if e == nil {
		return nil
	}
	f, _ := e.Value.(*finished)
	if now.After(f.until) {
		c.remove(e)
		return nil
	}
	c.recent.MoveToFront(e)
	return f
}

func (c *cache) begin(thread int64) *flight {
	f := &flight{thread: thread}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flights[f] = struct{}{}
	return f
}

// land ends a flight, and keeps its page unless that may be out of date already.
func (c *cache) land(from *flight, f *finished) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, from)
	if f == nil || from.stale || f.size() > cacheBytes/4 {
		return
	}
	if e := c.pages[f.key]; e != nil {
		c.remove(e)
	}
	c.pages[f.key] = c.recent.PushFront(f)
	for c.bytes += f.size(); c.bytes > cacheBytes; {
		c.remove(c.recent.Back())
	}
}

func (c *cache) remove(e *lru.Element) {
	f, _ := c.recent.Remove(e).(*finished)
	delete(c.pages, f.key)
	c.bytes -= f.size()
}

// drop forgets what was touched. Votes and comments show in their thread and in
// lists, of which any may hold the post; all else may show anywhere.
func (c *cache) drop(t *storage.Touched) {
	if t.Nothing {
		return
	}
	touched := map[int64]bool{0: true}
	for _, id := range t.Threads {
		touched[id] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.flights {
		f.stale = f.stale || t.Everything || touched[f.thread]
	}
	for e := c.recent.Front(); e != nil; {
		next := e.Next()
		if f, _ := e.Value.(*finished); t.Everything || touched[f.thread] {
			c.remove(e)
		}
		e = next
	}
}

// Run keeps finished pages, and drops them as the log tells of changes, until ctx
// ends. While the log cannot be read, pages get as old as keepFor.
func (s *Site) Run(ctx context.Context) {
	var at storage.Look
	defer s.cache.on.Store(false)
	for {
		t, end, err := s.Reader.Touched(ctx, at)
		switch {
		case err == nil:
			s.cache.drop(&t)
			at = end
			s.cache.on.Store(true)
		case ctx.Err() == nil:
			s.Log.LogAttrs(ctx, slog.LevelWarn, "the page cache cannot read the log", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
	}
}

// kept answers from the cache, and renders for all who wait for the same page at
// once. Who sends a cookie that is not the language's is somebody, and gets a page
// of their own.
func (s *Site) kept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := s.Words(r).Tag + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery
		mayKeep := s.cache.on.Load() && len(key) <= longestKey && !personal(r)
		if mayKeep {
			if f := s.cache.get(key, s.Now()); f != nil {
				f.write(w, r)
				return
			}
		}
		if s.Source != nil && limited(r.URL.Path) && !s.crawl.admit(r, s.Source(r.RemoteAddr, r.Header.Values("X-Forwarded-For")), s.Now()) {
			s.Page(func(http.ResponseWriter, *http.Request) error { return errTooMuch }).ServeHTTP(w, r)
			return
		}
		if !mayKeep {
			s.answer(r.Context(), next, r, key).write(w, r)
			return
		}
		made, _, _ := s.cache.render.Do(key, func() (any, error) {
			// Others wait for it too, so it is finished although the first of them leaves.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), keepFor)
			defer cancel()
			from := s.cache.begin(threadOf(r))
			var f *finished
			defer func() {
				if f != nil && !f.lasts() {
					s.cache.land(from, nil)
					return
				}
				s.cache.land(from, f)
			}()
			f = s.answer(ctx, next, r, key)
			if f.lasts() && compressible(f.header.Get("Content-Type")) {
				f.packed = packWell.pack(f.body)
			}
			return f, nil
		})
		if f, ok := made.(*finished); ok {
			f.write(w, r)
		}
	})
}

// personal reports whether a request may be answered differently from others to
// the same address.
func personal(r *http.Request) bool {
	for _, c := range r.Cookies() {
		if c.Name != languageCookie {
			return true
		}
	}
	return r.Header.Get("Authorization") != ""
}

// threadOf is the post in the address of a thread, and 0 for other addresses.
func threadOf(r *http.Request) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(r.URL.Path, "/post/"), 10, 64)
	if err != nil || !strings.HasPrefix(r.URL.Path, "/post/") {
		return 0
	}
	return n
}

// answer is the whole answer of a handler, as to a GET of somebody who has nothing yet.
func (s *Site) answer(ctx context.Context, next http.Handler, r *http.Request, key string) *finished {
	plain := r.Clone(ctx)
	plain.Method = http.MethodGet
	plain.Header.Del("If-None-Match")
	rec := &recorder{header: http.Header{}}
	next.ServeHTTP(rec, plain)
	f := &finished{key: key, thread: threadOf(r), header: rec.header, status: rec.status, body: rec.body, until: s.Now().Add(keepFor)}
	f.header.Del("Content-Length")
	f.header.Add("Vary", "Accept-Encoding, Accept-Language, Cookie")
	return f
}

func (f *finished) lasts() bool {
	return f.status == http.StatusOK && strings.HasPrefix(f.header.Get("Cache-Control"), "public")
}

// write sends the answer in the form that the reader takes.
func (f *finished) write(w http.ResponseWriter, r *http.Request) {
	if f.status == 0 {
		return // the reader has gone
	}
	h := w.Header()
	maps.Copy(h, f.header)
	if tag := f.header.Get("ETag"); tag != "" && matches(r.Header.Values("If-None-Match"), tag) {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if takesGzip(r) {
		packed := f.packed
		if packed == nil && compressible(f.header.Get("Content-Type")) {
			packed = packFast.pack(body)
		}
		if packed != nil {
			body = packed
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(body).WriteTo(w) // the reader has gone; nobody is left to tell
	}
}

// recorder takes an answer down. A page, which is large and whole, is handed over
// without being copied, see send.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, b...)
	return len(b), nil
}
