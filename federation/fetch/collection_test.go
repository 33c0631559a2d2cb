package fetch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const thread = `{"id":"§/post/1/context","type":"OrderedCollection","orderedItems":[]}`

// A document that is held already is not sent again, and its tag is that of its own
// address.
func TestDocumentsAreNotSentTwice(t *testing.T) {
	var asked []string
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match"))
		w.Header().Set("ETag", `"7f"`)
		if r.Header.Get("If-None-Match") == `"7f"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		serve(w, strings.ReplaceAll(thread, "§", "http://"+r.Host))
	})
	c := devClient(t, Options{})
	address := srv.URL + "/post/1/context"
	v, same, err := c.DocumentUnless(t.Context(), address, "")
	if err != nil || same || v.Tag != `"7f"` || v.Type != "OrderedCollection" {
		t.Fatalf("at first: %+v %v %v", v, same, err)
	}
	if v, same, err = c.DocumentUnless(t.Context(), address, v.Tag); err != nil || !same || v.Body != nil {
		t.Errorf("again: %+v %v %v", v, same, err)
	}
	if v, same, err = c.DocumentUnless(t.Context(), address, `"80"`); err != nil || same || v.Body == nil {
		t.Errorf("after a change: %+v %v %v", v, same, err)
	}
	if len(asked) != 3 || asked[0] != "" {
		t.Errorf("asked with %q", asked)
	}
}

// "Not modified" is an answer to a tag and to nothing else; a tag of any length is
// not carried about; and what stands elsewhere has no tag here.
func TestTagsThatAreNoneAreNotBelieved(t *testing.T) {
	long := strings.Repeat("x", 300)
	other := newPeer(t, map[string]string{"/post/1/context": thread})
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/unasked":
			w.WriteHeader(http.StatusNotModified)
		case "/long":
			w.Header().Set("ETag", long)
			serve(w, `{"id":"http://`+r.Host+`/long","type":"Collection"}`)
		case "/gone":
			serve(w, `{"id":"http://`+r.Host+`/gone","type":"Tombstone"}`)
		case "/away":
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Location", other.URL+"/post/1/context")
			w.WriteHeader(http.StatusFound)
		}
	})
	c := devClient(t, Options{})
	_, _, err := c.DocumentUnless(t.Context(), srv.URL+"/unasked", "")
	wantKind(t, err, Refused)
	if v, _, err := c.DocumentUnless(t.Context(), srv.URL+"/long", ""); err != nil || v.Tag != "" {
		t.Errorf("a long tag: %q %v", v.Tag, err)
	}
	_, _, err = c.DocumentUnless(t.Context(), srv.URL+"/gone", "")
	wantKind(t, err, Gone)
	if v, _, err := c.DocumentUnless(t.Context(), srv.URL+"/away", ""); err != nil || v.Tag != "" || v.URL != other.URL+"/post/1/context" {
		t.Errorf("what stands elsewhere: %+v %v", v, err)
	}
}

func TestListsComeFromTheirHost(t *testing.T) {
	other := newPeer(t, map[string]string{"/api/v3/post/list": `{"posts":[]}`})
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v3/post/list":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"posts":[{"page":"` + r.URL.Query().Get("page") + `"}]}`))
		case "/away":
			w.Header().Set("Location", other.URL+"/api/v3/post/list")
			w.WriteHeader(http.StatusFound)
		case "/bad":
			_, _ = w.Write([]byte(`{"posts":[}`))
		}
	})
	c := devClient(t, Options{})
	host := strings.TrimPrefix(srv.URL, "http://")
	body, err := c.List(t.Context(), host, "/api/v3/post/list", url.Values{"page": {"2"}})
	if err != nil || string(body) != `{"posts":[{"page":"2"}]}` {
		t.Errorf("%s %v", body, err)
	}
	_, err = c.List(t.Context(), host, "/away", nil)
	wantKind(t, err, WrongOrigin)
	_, err = c.List(t.Context(), host, "/bad", nil)
	wantKind(t, err, Malformed)
	_, err = c.List(t.Context(), host+"/x?", "/bad", nil)
	wantKind(t, err, BadURL)
}
