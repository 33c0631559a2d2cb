package fetch

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/activitypub"
)

// drip sends a byte now and then until the client goes away.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", activitypub.ContentType)
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestSlowAnswersEndAtTheDeadline(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{"dripping body": drip, "no headers": hang} {
		t.Run(name, func(t *testing.T) {
			srv := plainServer(t, h)
			c := devClient(t, Options{Timeout: soon, PostTimeout: soon})
			_, err := c.Document(t.Context(), srv.URL+"/x")
			if e := wantKind(t, err, Timeout); !e.Temporary() {
				t.Error("not temporary")
			}
			_, err = c.NodeInfo(t.Context(), mustURL(srv.URL).Host)
			wantKind(t, err, Timeout)
			_, err = c.WebFinger(t.Context(), "ann", mustURL(srv.URL).Host)
			wantKind(t, err, Timeout)
		})
	}
	srv := plainServer(t, hang)
	_, err := devClient(t, Options{PostTimeout: soon}).Post(t.Context(), srv.URL+"/inbox", nil, nil)
	wantKind(t, err, Timeout)
}

// One deadline for all hops: each of these is well within it.
func TestSlowRedirectsEndAtTheDeadline(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(soon / 2):
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	_, err := devClient(t, Options{Timeout: soon}).Document(t.Context(), srv.URL+"/x")
	wantKind(t, err, Timeout)
}

func TestLargeBodiesAreRefused(t *testing.T) {
	const limit = 4096
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", activitypub.ContentType)
		doc := `{"id":"http://` + r.Host + r.URL.Path + `","name":"`
		end := `"}`
		size := limit - len(doc) - len(end)
		if r.URL.Path != "/fits" {
			size++
		}
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", fmt.Sprint(limit+1))
		}
		_, _ = io.WriteString(w, doc)
		if f, ok := w.(http.Flusher); ok {
			f.Flush() // chunked, so that no length is announced
		}
		_, _ = io.WriteString(w, strings.Repeat("a", size)+end)
	})
	c := devClient(t, Options{MaxBody: limit})
	if _, err := c.Document(t.Context(), srv.URL+"/fits"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/announced", "/unannounced"} {
		_, err := c.Document(t.Context(), srv.URL+path)
		wantKind(t, err, TooLarge)
	}
}

func TestBodiesAreCountedAfterUnpacking(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", activitypub.ContentType)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		doc := `{"id":"http://` + r.Host + r.URL.Path + `"}`
		_, _ = io.WriteString(z, doc)
		if r.URL.Path == "/bomb" {
			for range 64 { // 64 MB in 64 KB
				_, _ = io.WriteString(z, strings.Repeat(" ", 1<<20))
			}
		}
		_ = z.Close()
	})
	c := devClient(t, Options{})
	if _, err := c.Document(t.Context(), srv.URL+"/fine"); err != nil {
		t.Error(err)
	}
	_, err := c.Document(t.Context(), srv.URL+"/bomb")
	wantKind(t, err, TooLarge)
}

func TestLargeHeadersAreRefused(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range 40 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 4096))
		}
		serve(w, `{"id":"http://`+r.Host+`/x"}`)
	})
	_, err := devClient(t, Options{}).Document(t.Context(), srv.URL+"/x")
	wantKind(t, err, Unavailable)
}

func TestNoProxyStandsBetweenTheGuardAndTheServer(t *testing.T) {
	if devClient(t, Options{}).transport.Proxy != nil {
		t.Error("a proxy may be used")
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for range 500 {
		if ready() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never came")
}
