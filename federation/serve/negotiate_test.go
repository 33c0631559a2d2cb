package serve_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/federation/serve"
	"stoa/storage"
)

// What peers and browsers say they want, and what they get where one address is
// that of a page and of a document.
func TestNegotiation(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	comment := n.reply(n.publisher.PostURI(post), "y")
	targets := []string{"/", "/c/go", "/u/bob", fmt.Sprint("/post/", post), fmt.Sprint("/comment/", comment)}
	for _, c := range []struct {
		who, accept string
		document    bool
	}{
		{"Lemmy, NodeBB", `application/activity+json`, true},
		{"Mastodon", `application/activity+json, application/ld+json`, true},
		{"Mastodon, resolving", `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1`, true},
		{"GoToSocial", `application/activity+json,application/ld+json;profile="https://www.w3.org/ns/activitystreams"`, true},
		{"PieFed, signed", `application/ld+json`, true},
		{"Misskey", `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true},
		{"NodeBB, with charset", `application/activity+json; charset=utf-8`, true},
		{"capitals", `Application/Activity+JSON`, true},
		{"Firefox", browser, false},
		{"Chromium", `text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7`, false},
		{"curl", `*/*`, false},
		{"nothing", ``, false},
		{"a client", `application/json`, false},
		{"another profile", `application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"`, false},
		{"a page rather", `application/activity+json;q=0.5, text/html`, false},
	} {
		for _, target := range targets {
			w := n.ask(http.MethodGet, target, "Accept: "+c.accept)
			kind := w.Header().Get("Content-Type")
			if got := kind == activity; w.Code != http.StatusOK || got != c.document {
				t.Errorf("%s gets %d %s at %s", c.who, w.Code, kind, target)
			}
			if c.document && w.Header().Get("Vary") != "Accept" {
				t.Errorf("%s: no Vary at %s", c.who, target)
			}
		}
	}
	if w := n.ask(http.MethodGet, "/c/go", "Accept: text/html;q=0.1", "Accept: application/activity+json"); w.Header().Get("Content-Type") != activity {
		t.Error("a second Accept field was not read")
	}
	// What has no page is a document for everybody.
	for _, target := range []string{"/c/go/outbox", "/site_outbox", fmt.Sprintf("/post/%d/replies", post)} {
		if w := n.ask(http.MethodGet, target, "Accept: "+browser); w.Code != http.StatusOK || w.Header().Get("Content-Type") != activity {
			t.Errorf("%s: %d %s", target, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestHeaders(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	for _, target := range []string{"/", "/c/go", "/c/go/followers", "/u/bob", fmt.Sprint("/post/", post), fmt.Sprintf("/post/%d/context", post), "/nodeinfo/2.1"} {
		first := n.get(target)
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || !strings.HasPrefix(tag, `W/"`) {
			t.Fatalf("%s: %d, ETag %q", target, first.Code, tag)
		}
		if !strings.HasPrefix(first.Header().Get("Cache-Control"), "public, max-age=") || first.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", target, first.Header())
		}
		if got := first.Header().Get("Content-Length"); got != fmt.Sprint(first.Body.Len()) {
			t.Errorf("%s: Content-Length %s of %d", target, got, first.Body.Len())
		}
		head := n.ask(http.MethodHead, target, "Accept: "+activity)
		if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("ETag") != tag || head.Header().Get("Content-Length") != first.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v", target, head.Code, head.Header())
		}
		for _, match := range []string{tag, strings.TrimPrefix(tag, "W/"), strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), `"other", ` + tag, `*`} {
			w := n.ask(http.MethodGet, target, "Accept: "+activity, "If-None-Match: "+match)
			if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
				t.Errorf("%s, If-None-Match %s: %d", target, match, w.Code)
			}
		}
		if w := n.ask(http.MethodGet, target, "Accept: "+activity, `If-None-Match: "other"`); w.Code != http.StatusOK {
			t.Errorf("%s: %d for another tag", target, w.Code)
		}
	}
}

// Nothing that asks for a document gets a page, not even that there is none.
func TestNothingThere(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	for _, target := range []string{
		"/c/nobody", "/u/nobody", "/c/bob", "/u/go", "/c/go/nothing", "/c/go/outbox/1", "/u/bob/nothing", "/u/bob/moderators",
		"/c/nobody/outbox", "/c/go@far.example", "/c/go@", "/c/a%00b", "/c/%ff", "/c/G%C3%96", "/c/" + strings.Repeat("x", 1000),
		"/post/0", "/post/99", "/post/abc", "/post/-1", "/post/01", "/post/99999999999999999999", "/post/4294967297",
		fmt.Sprintf("/post/%d/likes", post), fmt.Sprintf("/post/%d/replies/after/x", post), fmt.Sprintf("/post/%d/replies/after/99999999999", post),
		"/comment/1", "/comment/1/replies", "/comment/1/context", "/post/99/context", "/post/99/replies",
		"/activities/1", "/activities/", "/activities/00000000-0000-7000-8000-000000000000", "/activities/%7B00000000-0000-7000-8000-000000000000%7D",
		"/nodeinfo/1.0", "/.well-known/nothing",
	} {
		n.refused(n.get(target), http.StatusNotFound, "no-such-thing")
	}
	for _, target := range []string{"/inbox", "/c/go/inbox", "/u/bob/inbox"} {
		w := n.get(target)
		n.refused(w, http.StatusMethodNotAllowed, "not-readable")
		if w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: Allow %q", target, w.Header().Get("Allow"))
		}
	}
	// A POST is for others to answer.
	if w := n.ask(http.MethodPost, "/c/go/inbox", "Accept: "+activity); !strings.Contains(w.Body.String(), "page") {
		t.Errorf("a POST was taken: %d %s", w.Code, w.Body)
	}
}

// What fails inside stays inside.
func TestFailure(t *testing.T) {
	n := newNode(t)
	n.sql(`alter table placement rename column announce_id to secret_column`)
	w := n.get("/c/go/outbox")
	n.refused(w, http.StatusInternalServerError, "internal")
	if strings.Contains(w.Body.String(), "announce_id") || !strings.Contains(n.logged.String(), "announce_id") {
		t.Errorf("told %s, logged %s", w.Body, n.logged.String())
	}
	n.db.Close()
	w = n.get("/c/go")
	n.refused(w, http.StatusServiceUnavailable, "unavailable")
	if w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%v", w.Header())
	}
}

// Documents are for those whom Options.Asked lets have them, and what they get is kept by
// nobody else when all must sign. The node's own actor, discovery and pages are for all.
func TestDocumentsAreForWhomTheyAreGivenTo(t *testing.T) {
	n := newNode(t)
	post := n.submit("Title", "<p>x</p>")
	comment := n.reply(n.publisher.PostURI(post), "y")
	var create string
	n.tx(func(ctx context.Context, _ *storage.Tx) error {
		return n.db.Pool().QueryRow(ctx, `select create_id from post where id = $1`, post).Scan(&create)
	})
	documents := []string{
		"/c/go", "/c/go/outbox", "/c/go/followers", "/c/go/following", "/c/go/moderators", "/c/go/featured",
		"/u/bob", "/u/bob/outbox", "/u/bob/followers", "/u/bob/following", path(create),
		fmt.Sprint("/post/", post), fmt.Sprintf("/post/%d/replies", post), fmt.Sprintf("/post/%d/context", post),
		fmt.Sprint("/comment/", comment), fmt.Sprintf("/comment/%d/replies", comment), fmt.Sprintf("/comment/%d/context", comment),
	}
	open := []string{"/", "/.well-known/webfinger?resource=acct:bob@stoa.example", "/.well-known/host-meta", "/.well-known/nodeinfo", "/nodeinfo/2.1"}
	n.open(func(r *http.Request) *serve.Denial {
		if r.Header.Get("Signature") == "" {
			return &serve.Denial{Status: http.StatusTooManyRequests, Reason: "budget", Text: "Later.", Retry: time.Minute}
		}
		return nil
	}, true)
	for _, target := range documents {
		w := n.get(target)
		n.refused(w, http.StatusTooManyRequests, "budget")
		if w.Header().Get("Retry-After") != "60" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", target, w.Header())
		}
		w = n.ask(http.MethodGet, target, "Accept: "+activity, "Signature: of somebody")
		if keep := w.Header().Get("Cache-Control"); w.Code >= 400 || !strings.HasPrefix(keep, "private") {
			t.Errorf("%s, signed: %d, %q", target, w.Code, keep)
		}
	}
	for _, target := range open {
		if w := n.get(target); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Cache-Control"), "public") {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
	}
	if w := n.ask(http.MethodGet, "/c/go", "Accept: "+browser); w.Code != http.StatusOK {
		t.Errorf("a page: %d", w.Code)
	}
	n.open(func(*http.Request) *serve.Denial { return nil }, false)
	if keep := n.get("/c/go").Header().Get("Cache-Control"); !strings.HasPrefix(keep, "public") {
		t.Errorf("nobody has to sign: %q", keep)
	}
}

// What is for few looks as if it was not there, and whoever is not given anything is told
// the same of what is there, what is gone, what is for few and what never was.
func TestNothingTellsWhatIsHidden(t *testing.T) {
	n := newNode(t)
	post, gone := n.submit("Title", "<p>x</p>"), n.submit("Gone", "<p>x</p>")
	comment := n.reply(n.publisher.PostURI(post), "y")
	n.moderate(n.forum.Remove, n.publisher.PostURI(gone))
	var few, many string
	n.tx(func(ctx context.Context, _ *storage.Tx) error {
		return n.db.Pool().QueryRow(ctx, `select (select create_id from comment where id = $1), (select create_id from post where id = $2)`, comment, post).Scan(&few, &many)
	})
	n.sql(`update log set public = false, community_id = null where direct_id = '` + few + `'`)
	n.sql(`update comment set create_id = '' where create_id = '` + few + `'`)
	const never = "/activities/01890000-0000-7000-8000-000000000000"
	told := func(target string, fields ...string) string {
		w := n.ask(http.MethodGet, target, append([]string{"Accept: " + activity}, fields...)...)
		w.Header().Del("Date")
		w.Header().Del("Vary") // which is by the address
		return fmt.Sprint(w.Code, w.Header(), w.Body)
	}
	if w := n.get(path(many)); w.Code != http.StatusOK {
		t.Fatalf("what is for all: %d", w.Code)
	}
	if few, never := told(path(few)), told(never); few != never || !strings.HasPrefix(few, "404") {
		t.Errorf("what is for few: %s\nwhat never was: %s", few, never)
	}

	asked := 0
	n.open(func(*http.Request) *serve.Denial {
		asked++
		return &serve.Denial{Status: http.StatusForbidden, Reason: "blocked", Text: "Not to you."}
	}, true)
	want := told(never)
	if !strings.HasPrefix(want, "403") {
		t.Fatal(want)
	}
	targets := []string{
		path(few), path(many), fmt.Sprint("/post/", post), fmt.Sprint("/post/", gone), "/post/99999", fmt.Sprintf("/post/%d/replies", post), "/post/99999/replies", "/post/99999/context",
		fmt.Sprint("/comment/", comment), "/comment/99999", "/u/bob", "/u/nobody", "/u/nobody/outbox", "/u/nobody/followers", "/u/nobody/following",
		"/c/go", "/c/nowhere", "/c/nowhere/outbox", "/c/nowhere/followers", "/c/nowhere/following", "/c/nowhere/moderators", "/c/nowhere/featured",
		"/post/99999/replies/after/1", "/post/99999/context/after/1", "/comment/99999/replies", "/comment/99999/replies/after/1", "/comment/99999/context",
		"/quotes/01890000-0000-7000-8000-000000000000", "/emoji/none",
	}
	for _, target := range targets {
		if have := told(target, "Signature: of somebody"); have != want {
			t.Errorf("%s: %s\nwant %s", target, have, want)
		}
	}
	if asked != len(targets)+1 {
		t.Errorf("%d of %d were decided by who asks", asked, len(targets)+1)
	}
}
