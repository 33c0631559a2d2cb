package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"stoa/federation/fedtest"
	"stoa/storage"
	"stoa/storage/storagetest"
)

func TestPrivateListenerTellsHowTheNodeIs(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	ask := func(path string) (int, string) {
		w := httptest.NewRecorder()
		n.privateHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w.Code, w.Body.String()
	}
	if status, body := ask("/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d %q", status, body)
	}
	if status, body := ask("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz: %d %q", status, body)
	}
	if status, body := ask("/metrics"); status != http.StatusOK || !strings.Contains(body, `stoa_inbox_waiting{state="ready"} 0`) ||
		!strings.Contains(body, "process_cpu_seconds_total") {
		t.Errorf("/metrics: %d\n%s", status, body)
	}
	if status, _ := ask("/debug/pprof/heap"); status != http.StatusNotFound {
		t.Errorf("profiles are served only on a loopback listener, got %d", status)
	}
	// Nothing of it is to be had at the public door.
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/"} {
		if w := n.get(path, "*/*"); w.Code != http.StatusNotFound {
			t.Errorf("the public door answers %s with %d", path, w.Code)
		}
	}
	n.stopping.Store(true)
	if status, _ := ask("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz of a stopping node: %d", status)
	}
	w := n.get("/", "text/html")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("the public door of a stopping node: %d %v", w.Code, w.Header())
	}
	n.stopping.Store(false)

	away, err := storage.Open(t.Context(), storagetest.DSN(t, schema), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	away.Close()
	lost := &node{cfg: n.cfg, log: n.log, db: away, metrics: n.metrics}
	w = httptest.NewRecorder()
	lost.privateHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz without a database: %d", w.Code)
	}
}

func TestLogHasALinePerRequestAndActivity(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var text bytes.Buffer
	n := runTestNode(t, "node", storagetest.DSN(t, schema), nil)
	n.log = slog.New(slog.NewJSONHandler(&lockedWriter{&mu, &text}, nil))
	n.get("/communities", "text/html")
	lines := func(message string) (found []map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		for line := range strings.Lines(text.String()) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			if fields["msg"] == message {
				found = append(found, fields)
			}
		}
		return found
	}
	got := lines("request")
	if len(got) != 1 || got[0]["path"] != "/communities" || got[0]["status"] != 200.0 || got[0]["method"] != "GET" {
		t.Errorf("the lines of one request: %v", got)
	}
}

func TestProgramLogsActivities(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	p := startProgram(t, dir, "--url", "http://127.0.0.1:"+port, "--listen-private", "off", "--dev-federation", "true", "--log", "info,json")
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Mastodon})
	ann := peer.Person("ann")
	follow := ann.Follow(p.url + "/c/none")
	if _, err := peer.Send(t.Context(), p.url+"/inbox", follow, fedtest.SignAs{Actor: ann}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the activity has its line", func() bool {
		for line := range strings.Lines(p.log()) {
			var fields map[string]any
			if json.Unmarshal([]byte(line), &fields) == nil && fields["msg"] == "activity" {
				return fields["id"] == follow["id"] && fields["outcome"] == "refused" && fields["reason"] == "no-such-community"
			}
		}
		return false
	})
}
