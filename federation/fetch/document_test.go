package fetch

import (
	"net/http"
	"strings"
	"testing"
)

const note = `{"@context":"https://www.w3.org/ns/activitystreams","id":"§/post/1","type":"Page","name":"Hello"}`

func TestDocumentAtItsOwnID(t *testing.T) {
	p := newPeer(t, map[string]string{"/post/1": note})
	doc, err := devClient(t, Options{}).Document(t.Context(), p.URL+"/post/1")
	if err != nil {
		t.Fatal(err)
	}
	if doc.URL != p.URL+"/post/1" || doc.Type != "Page" || !strings.Contains(string(doc.Body), `"Hello"`) {
		t.Errorf("got %+v", doc)
	}
	if len(p.got) != 1 {
		t.Errorf("asked %q", p.got)
	}
}

func TestFetchesSayWhoAsksAndForWhat(t *testing.T) {
	var got http.Header
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		serve(w, `{"id":"http://`+r.Host+`/post/1"}`)
	})
	if _, err := devClient(t, Options{}).Document(t.Context(), srv.URL+"/post/1"); err != nil {
		t.Fatal(err)
	}
	// A reverse proxy in front of Lemmy compares the whole Accept header.
	if a := got.Values("Accept"); len(a) != 1 || a[0] != "application/activity+json" {
		t.Errorf("Accept is %q", a)
	}
	if ua := got.Get("User-Agent"); ua != "Stoa/0; +https://stoa.example" {
		t.Errorf("User-Agent is %q", ua)
	}
}

// Mastodon once believed a document under the id it stated itself.
func TestForgedDocumentOfAnotherServerIsNotBelieved(t *testing.T) {
	victim := newPeer(t, map[string]string{"/u/ann": `{"id":"§/u/ann","type":"Person","name":"Ann"}`})
	forged := func(path string) string { return `{"id":"` + victim.URL + path + `","type":"Person","name":"Forged"}` }
	evil := newPeer(t, map[string]string{"/forged": forged("/u/ann"), "/ghost": forged("/u/ghost"), "/lie": forged("/lie")})
	c := devClient(t, Options{})

	doc, err := c.Document(t.Context(), evil.URL+"/forged")
	if err != nil {
		t.Fatal(err)
	}
	if doc.URL != victim.URL+"/u/ann" || strings.Contains(string(doc.Body), "Forged") {
		t.Errorf("got %s: %s", doc.URL, doc.Body)
	}
	// That the victim knows nothing of it says nothing of the address asked for.
	_, err = c.Document(t.Context(), evil.URL+"/ghost")
	wantKind(t, err, IDMismatch)
	victim.docs["/lie"] = `{"id":"` + evil.URL + `/lie","type":"Person"}`
	_, err = c.Document(t.Context(), evil.URL+"/lie")
	wantKind(t, err, IDMismatch)
}

func TestIDIsLookedUpOnlyOnce(t *testing.T) {
	p := newPeer(t, map[string]string{
		"/@ann":  `{"id":"§/u/ann","type":"Person"}`,
		"/u/ann": `{"id":"§/u/ann","type":"Person"}`,
		"/1":     `{"id":"§/2"}`, "/2": `{"id":"§/3"}`, "/3": `{"id":"§/3"}`,
		"/moved": `{"id":"§/old"}`, "/old": `302 §/3`, // the id leads to a third document
		"/self": `{"id":"§/back"}`, "/back": `302 §/self`,
	})
	c := devClient(t, Options{})
	doc, err := c.Document(t.Context(), p.URL+"/@ann")
	if err != nil || doc.URL != p.URL+"/u/ann" {
		t.Errorf("got %v, %v", doc, err)
	}
	for _, path := range []string{"/1", "/moved", "/self"} {
		p.got = nil
		_, err := c.Document(t.Context(), p.URL+path)
		wantKind(t, err, IDMismatch)
		if len(p.got) > 3 {
			t.Errorf("%s: asked %q", path, p.got)
		}
	}
}

func TestFragmentIDsStandOnlyWhenAskedFor(t *testing.T) {
	p := newPeer(t, map[string]string{
		"/key":  `{"id":"§/key#main"}`,
		"/post": `{"id":"§/post"}`,
	})
	c := devClient(t, Options{})
	for asked, want := range map[string]string{
		"/key#main":      "/key#main",
		"/key":           "/key#main", // by looking it up at its id
		"/post#activity": "/post",     // the caller sees that it is something else
	} {
		doc, err := c.Document(t.Context(), p.URL+asked)
		if err != nil || doc.URL != p.URL+want {
			t.Errorf("%s: got %v, %v", asked, doc, err)
		}
	}
	if stands(p.URL+"/key#other", mustURL(p.URL+"/key"), p.URL+"/key#main", true) {
		t.Error("an id with another fragment stands")
	}
}

// Misskey took ids wrapped in arrays past its checks.
func TestIDsThatAreNoStringsAreRefused(t *testing.T) {
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for _, id := range []string{`["§/x"]`, `{"id":"§/x"}`, `1`, `true`, `null`, `""`, `"not an address"`, `"/x"`, `"§/x\\y"`, `"ftp://peer.example/"`, `"https://user@peer.example/"`} {
		p.docs = map[string]string{"/x": `{"id":` + id + `,"type":"Note"}`}
		_, err := c.Document(t.Context(), p.URL+"/x")
		wantKind(t, err, Malformed)
	}
	p.docs = map[string]string{"/x": `{"type":"Note"}`}
	_, err := c.Document(t.Context(), p.URL+"/x")
	wantKind(t, err, Malformed)
}

// Files that people upload come back under such types.
func TestDocumentsOfOtherContentTypesAreRefused(t *testing.T) {
	var kind string
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{kind}
		_, _ = w.Write([]byte(`{"id":"http://` + r.Host + `/x"}`))
	})
	c := devClient(t, Options{})
	for _, kind = range []string{
		"", "application/json", "application/ld+json", `application/ld+json; profile="https://example.com/"`, "text/html",
		"text/plain", "application/octet-stream", "image/png", "application/activity+jsonx", "multipart/form-data; boundary=x",
	} {
		_, err := c.Document(t.Context(), srv.URL+"/x")
		wantKind(t, err, WrongType)
	}
	for _, kind = range []string{
		"application/activity+json", "application/activity+json; charset=utf-8", "Application/Activity+JSON",
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
	} {
		if _, err := c.Document(t.Context(), srv.URL+"/x"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestDocumentsThatParsersReadDifferentlyAreRefused(t *testing.T) {
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for name, doc := range map[string]string{
		"nothing":        ``,
		"html":           `<!DOCTYPE html><html></html>`,
		"array":          `[{"id":"§/x"}]`,
		"trailing bytes": `{"id":"§/x"}{}`,
		"duplicate key":  `{"id":"§/x","id":"§/y"}`,
		"hidden key":     `{"id":"§/x","\u0069d":"§/y"}`,
		"bad utf-8":      "{\"id\":\"§/x\",\"name\":\"\xff\"}",
		"graph":          `{"id":"§/x","@graph":[]}`,
		"alias":          `{"id":"§/x","@id":"§/y"}`,
		"too deep":       `{"id":"§/x","a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
		"cut off":        `{"id":"§/x"`,
	} {
		p.docs = map[string]string{"/x": doc}
		if _, err := c.Document(t.Context(), p.URL+"/x"); KindOf(err) != Malformed {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestStatusesAreAnswers(t *testing.T) {
	var status int
	srv := plainServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(status)
	})
	c := devClient(t, Options{})
	for s, want := range map[int]Kind{
		404: NotFound, 410: Gone, 401: Refused, 403: Refused, 400: Refused, 406: Refused, 418: Refused, 304: Refused, 302: Refused,
		408: Unavailable, 425: Unavailable, 429: Unavailable, 500: Unavailable, 502: Unavailable, 503: Unavailable,
	} {
		status = s
		_, err := c.Document(t.Context(), srv.URL+"/x")
		e := wantKind(t, err, want)
		if e.Status != s || e.RetryAfter.Seconds() != 17 || e.URL != srv.URL+"/x" {
			t.Errorf("%d: got %+v", s, e)
		}
		if e.Temporary() != (want == Unavailable) {
			t.Errorf("%d: temporary is %v", s, e.Temporary())
		}
	}
}

func TestTombstoneAtItsOwnIDIsGone(t *testing.T) {
	p := newPeer(t, map[string]string{
		"/post/1": `{"id":"§/post/1","type":"Tombstone"}`,
		"/post/2": `{"id":"§/post/2","type":["Tombstone","Note"]}`,
		"/post/3": `{"id":"§/post/4","type":"Tombstone"}`, "/post/4": `{"id":"§/post/4","type":"Note"}`,
	})
	c := devClient(t, Options{})
	for _, path := range []string{"/post/1", "/post/2"} {
		_, err := c.Document(t.Context(), p.URL+path)
		wantKind(t, err, Gone)
	}
	if doc, err := c.Document(t.Context(), p.URL+"/post/3"); err != nil || doc.Type != "Note" {
		t.Errorf("a Tombstone elsewhere was believed: %v, %v", doc, err)
	}
}

func TestAnotherServerCannotDeclareADocumentGone(t *testing.T) {
	other := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
			return
		}
		http.NotFound(w, r)
	})
	p := newPeer(t, map[string]string{
		"/gone": "302 " + other.URL + "/gone", "/missing": "302 " + other.URL + "/missing", "/here": "302 §/nothing",
	})
	c := devClient(t, Options{})
	for path, want := range map[string]Kind{"/gone": WrongOrigin, "/missing": WrongOrigin, "/here": NotFound} {
		_, err := c.Document(t.Context(), p.URL+path)
		wantKind(t, err, want)
	}
}
