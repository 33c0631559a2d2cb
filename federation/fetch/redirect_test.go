package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

// hops redirects /n to /n-1 and serves /0.
func hops(t *testing.T, asked *[]string) *peer {
	p := &peer{}
	p.Server = plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		switch {
		case err != nil:
			http.NotFound(w, r)
		case n == 0:
			serve(w, `{"id":"`+p.URL+`/0"}`)
		default:
			w.Header().Set("Location", fmt.Sprintf("/%d", n-1))
			w.WriteHeader([]int{301, 302, 303, 307, 308}[n%5])
		}
	})
	return p
}

func TestMoreThanThreeRedirectsAreRefused(t *testing.T) {
	var asked []string
	p := hops(t, &asked)
	c := devClient(t, Options{})
	if doc, err := c.Document(t.Context(), p.URL+"/3"); err != nil || doc.URL != p.URL+"/0" {
		t.Errorf("three redirects: %v, %v", doc, err)
	}
	asked = nil
	_, err := c.Document(t.Context(), p.URL+"/9")
	wantKind(t, err, TooManyRedirects)
	if len(asked) != 4 {
		t.Errorf("asked %q", asked)
	}
}

func TestRedirectLoopsEnd(t *testing.T) {
	p := newPeer(t, map[string]string{"/a": "302 §/b", "/b": "302 §/a", "/self": "301 §/self"})
	c := devClient(t, Options{})
	for _, path := range []string{"/a", "/self"} {
		p.got = nil
		_, err := c.Document(t.Context(), p.URL+path)
		wantKind(t, err, TooManyRedirects)
		if len(p.got) != 4 {
			t.Errorf("asked %q", p.got)
		}
	}
}

func TestRedirectsToTrickAddressesAreRefused(t *testing.T) {
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for _, location := range []string{
		`http://user@127.0.0.1/`, `http:\\127.0.0.1\x`, `//evil.example\@127.0.0.1/`, "ftp://127.0.0.1/", "file:///etc/passwd",
		"javascript:alert(1)", "data:,x", "http://127.0.0.1%2f@evil.example/", "http:///x", `/a\b`, "/a b", "http://a b/", "gopher://127.0.0.1/",
	} {
		p.docs = map[string]string{"/x": "302 " + location}
		if _, err := c.Document(t.Context(), p.URL+"/x"); KindOf(err) != BadURL {
			t.Errorf("%q: got %v", location, err)
		}
	}
}

func TestRedirectFromHTTPSToHTTPIsRefused(t *testing.T) {
	plain := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	front := tlsServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL+"/x", http.StatusFound) })
	c := devClient(t, Options{})
	reach(c, nil, front)
	_, err := c.Document(t.Context(), front.URL+"/x")
	wantKind(t, err, BadURL)
	if len(plain.got) != 0 {
		t.Errorf("asked %q", plain.got)
	}
}

// A signed request that is redirected must be signed for where it goes, or the
// next server refuses it, or worse, can use it.
func TestEveryHopIsSignedForItsOwnHost(t *testing.T) {
	key, err := sig.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	verify := func(r *http.Request) error {
		s, err := sig.Examine(sig.FromRequest(r, nil), sig.Policy{BaseURL: mustURL("http://" + r.Host)})
		if err != nil {
			return err
		}
		return s.Verify(&key.PublicKey)
	}
	var verified []error
	back := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		verified = append(verified, verify(r))
		serve(w, `{"id":"http://`+r.Host+`/c/r%C3%BCbe?page=1"}`)
	})
	front := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		verified = append(verified, verify(r))
		http.Redirect(w, r, back.URL+"/c/r%C3%BCbe?page=1", http.StatusFound)
	})
	c := devClient(t, Options{Sign: func(_ context.Context, r *http.Request, body []byte) error {
		return sig.Sign(r, body, "https://stoa.example/#main-key", key, time.Now())
	}})
	if _, err := c.Document(t.Context(), front.URL+"/x"); err != nil {
		t.Fatal(err)
	}
	if len(verified) != 2 || verified[0] != nil || verified[1] != nil {
		t.Errorf("signatures: %v", verified)
	}
}

func TestNothingIsSentUnsignedWhenSigningFails(t *testing.T) {
	p := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	broken := errors.New("no key")
	c := devClient(t, Options{Sign: func(context.Context, *http.Request, []byte) error { return broken }})
	_, err := c.Document(t.Context(), p.URL+"/x")
	wantKind(t, err, Unsigned)
	if !errors.Is(err, broken) || len(p.got) != 0 {
		t.Errorf("got %v, asked %q", err, p.got)
	}
}

// Pictures and pages may stand where nobody is spoken with, but not where somebody is
// blocked.
func TestPicturesAndPagesHaveABlockOfTheirOwn(t *testing.T) {
	far := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	var shut bool
	c := devClient(t, Options{
		Blocked:     func(context.Context, string) (bool, error) { return true, nil },
		BlockedPage: func(context.Context, string) (bool, error) { return shut, nil },
	})
	for _, shut = range []bool{false, true} {
		_, document := c.Document(t.Context(), far.URL+"/x")
		_, picture := c.Picture(t.Context(), far.URL+"/x", 1<<20)
		_, page := c.Page(t.Context(), far.URL+"/x")
		if KindOf(document) != BlockedHost || (KindOf(picture) == BlockedHost) != shut || (KindOf(page) == BlockedHost) != shut {
			t.Errorf("%v: document %v, picture %v, page %v", shut, document, picture, page)
		}
	}
}

func TestBlockedHostsAreNotAskedOnAnyHop(t *testing.T) {
	blocked := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`, "/.well-known/webfinger": `{}`, "/.well-known/nodeinfo": `{}`})
	front := newPeer(t, map[string]string{"/x": "302 " + blocked.URL + "/x", "/y": `{"id":"` + blocked.URL + `/x"}`})
	host := mustURL(blocked.URL).Host
	var asked []string
	c := devClient(t, Options{Blocked: func(_ context.Context, h string) (bool, error) {
		asked = append(asked, h)
		return h == host, nil
	}})
	_, direct := c.Document(t.Context(), blocked.URL+"/x")
	_, redirected := c.Document(t.Context(), front.URL+"/x")
	_, restated := c.Document(t.Context(), front.URL+"/y")
	_, posted := c.Post(t.Context(), blocked.URL+"/inbox", nil, nil)
	_, named := c.WebFinger(t.Context(), "ann", host)
	_, software := c.NodeInfo(t.Context(), host)
	for i, err := range []error{direct, redirected, restated, posted, named, software} {
		if KindOf(err) != BlockedHost {
			t.Errorf("%d: got %v", i, err)
		}
	}
	_, picture := c.Picture(t.Context(), blocked.URL+"/x", 1<<20)
	_, page := c.Page(t.Context(), front.URL+"/x")
	for i, err := range []error{picture, page} {
		if KindOf(err) != BlockedHost {
			t.Errorf("picture, page: %d: got %v", i, err)
		}
	}
	if len(blocked.got) != 0 {
		t.Errorf("the blocked host was asked %q", blocked.got)
	}
	if len(asked) != 11 {
		t.Errorf("asked about %q", asked)
	}
}

func TestNoRequestWhenTheBlockListCannotBeRead(t *testing.T) {
	p := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	c := devClient(t, Options{Blocked: func(context.Context, string) (bool, error) { return false, errors.New("database away") }})
	_, err := c.Document(t.Context(), p.URL+"/x")
	if e := wantKind(t, err, Unasked); !e.Temporary() {
		t.Error("not temporary")
	}
	if len(p.got) != 0 {
		t.Errorf("asked %q", p.got)
	}
}

func TestWeDoNotAskOurselves(t *testing.T) {
	srv := newPeer(t, map[string]string{"/x": `{"id":"§/x"}`})
	front := newPeer(t, map[string]string{"/x": "302 " + srv.URL + "/x", "/y": `{"id":"` + srv.URL + `/x"}`})
	c := New(Options{BaseURL: mustURL(srv.URL), Version: "0", Dev: true})
	t.Cleanup(c.Close)
	_, direct := c.Document(t.Context(), srv.URL+"/x")
	_, redirected := c.Document(t.Context(), front.URL+"/x")
	_, restated := c.Document(t.Context(), front.URL+"/y")
	_, posted := c.Post(t.Context(), srv.URL+"/inbox", nil, nil)
	for i, err := range []error{direct, redirected, restated, posted} {
		if KindOf(err) != BadURL {
			t.Errorf("%d: got %v", i, err)
		}
	}
	if len(srv.got) != 0 {
		t.Errorf("asked %q", srv.got)
	}
}
