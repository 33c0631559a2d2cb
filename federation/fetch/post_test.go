package fetch

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
)

func readAll(t *testing.T, r *http.Request) []byte {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return body
}

func TestPostSaysExactlyWhatPeersCompare(t *testing.T) {
	var got http.Header
	var body string
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		got, body = r.Header.Clone(), string(readAll(t, r))
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "thanks\xff")
	})
	answer, err := devClient(t, Options{}).Post(t.Context(), srv.URL+"/inbox", []byte(`{"id":"x"}`), func(r *http.Request, b []byte) error {
		r.Header.Set("Signature", "over "+string(b))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if answer != (Answer{Status: 202, Body: "thanks\uFFFD"}) {
		t.Errorf("got %+v", answer)
	}
	want := map[string]string{
		"Content-Type": "application/activity+json", "Accept": "application/activity+json",
		"User-Agent": "Stoa/0; +https://stoa.example", "Signature": `over {"id":"x"}`, "Content-Length": "10",
	}
	for name, value := range want {
		if v := got.Values(name); len(v) != 1 || v[0] != value {
			t.Errorf("%s is %q", name, v)
		}
	}
	if body != `{"id":"x"}` {
		t.Errorf("body is %q", body)
	}
}

func TestPostDoesNotFollowRedirects(t *testing.T) {
	asked := 0
	var srvURL string
	srv := plainServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Location", srvURL+"/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	srvURL = srv.URL
	answer, err := devClient(t, Options{}).Post(t.Context(), srv.URL+"/inbox", []byte("{}"), nil)
	if err != nil || answer.Status != http.StatusTemporaryRedirect || asked != 1 {
		t.Errorf("got %+v, %v after %d requests", answer, err, asked)
	}
}

func TestPostRefusesWhatFetchesRefuse(t *testing.T) {
	c := New(Options{BaseURL: base, Version: "0"})
	t.Cleanup(c.Close)
	sign := func(*http.Request, []byte) error {
		t.Error("signed")
		return nil
	}
	for _, inbox := range []string{"http://peer.example/inbox", "https://127.0.0.1/inbox", "https://peer.example:8443/inbox", "https://u@peer.example/inbox", "https://localhost/", ""} {
		_, err := c.Post(t.Context(), inbox, nil, sign)
		wantKind(t, err, BadURL)
	}
	broken := errors.New("no key")
	_, err := c.Post(t.Context(), "https://peer.example/inbox", nil, func(*http.Request, []byte) error { return broken })
	if wantKind(t, err, Unsigned); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", r.URL.Query().Get("wait"))
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, strings.Repeat("a", 1<<20))
	})
	c := devClient(t, Options{})
	for wait, want := range map[string]time.Duration{
		"30": 30 * time.Second, "": 0, "-1": 0, "soon": 0, "99999999": longestWait, "999999999999999999999": 0,
		"Mon,%2001%20Jan%202001%2000:00:00%20GMT": 0, "Fri,%2001%20Jan%202100%2000:00:00%20GMT": longestWait,
	} {
		answer, err := c.Post(t.Context(), srv.URL+"/inbox?wait="+wait, nil, nil)
		if err != nil || answer.Status != 503 || answer.RetryAfter != want || len(answer.Body) != maxAnswer {
			t.Errorf("%q: got %v, %d bytes, %v", wait, answer.RetryAfter, len(answer.Body), err)
		}
	}
}

// TLS anew for each delivery is what a busy node can least afford.
func TestConnectionsAreUsedAgain(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("a", 8<<10)) })
	c := devClient(t, Options{})
	fresh := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if !i.Reused {
			fresh++
		}
	}})
	for range 5 {
		if _, err := c.Post(ctx, srv.URL+"/inbox", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if fresh != 1 {
		t.Errorf("%d connections for 5 deliveries", fresh)
	}
}

func TestOperationsAreObserved(t *testing.T) {
	p := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	var seen []string
	c := devClient(t, Options{Observe: func(operation string, failure Kind, _ time.Duration) {
		seen = append(seen, operation+" "+string(failure))
	}})
	_, _ = c.Document(t.Context(), p.URL+"/x")
	_, _ = c.Document(t.Context(), p.URL+"/y")
	_, _ = c.Post(t.Context(), p.URL+"/x", nil, nil)
	_, _ = c.NodeInfo(t.Context(), "a/b")
	if got := strings.Join(seen, ","); got != "document ,document not-found,post ,nodeinfo bad-url" {
		t.Errorf("got %s", got)
	}
}
