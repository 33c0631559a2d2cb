package fedtest_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/activitypub/sig"
	"stoa/federation/fedtest"
)

// keys is shared, so that each actor's key is made once.
var keys = fedtest.NewKeyring(1)

func peer(t *testing.T, o fedtest.Options) *fedtest.Peer {
	t.Helper()
	if o.Keys == nil {
		o.Keys = keys
	}
	return fedtest.New(t, o)
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return c
}

// inbox is a server that judges as Stoa does.
func inbox(t *testing.T, keyOf func(string) (crypto.PublicKey, error)) (base *url.URL, verdicts <-chan error) {
	t.Helper()
	out := make(chan error, 16)
	server := httptest.NewUnstartedServer(nil)
	base = &url.URL{Scheme: "http", Host: "stoa.localhost:" + portOf(server.Listener.Addr().String())}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		body, err := io.ReadAll(r.Body)
		if err == nil {
			var s *sig.Signature
			if s, err = sig.Examine(sig.FromRequest(r, body), sig.Policy{BaseURL: base}); err == nil {
				var key crypto.PublicKey
				if key, err = keyOf(s.KeyID); err == nil {
					err = s.Verify(key)
				}
			}
		}
		out <- err
	})
	server.Start()
	t.Cleanup(server.Close)
	return base, out
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func TestStylesAreAccepted(t *testing.T) {
	p := peer(t, fedtest.Options{Ed25519: true})
	ann := p.Person("ann")
	base, verdicts := inbox(t, fedtest.KeysOf(p))
	for _, style := range fedtest.AllStyles() {
		for _, path := range []string{"/inbox", "/c/go/inbox?a=b", "/c/caf%C3%A9%2F/inbox"} {
			t.Run(string(style)+path, func(t *testing.T) {
				as := fedtest.SignAs{Style: style, Actor: ann}
				res, err := p.Send(ctx(t), base.String()+path, ann.Follow(base.String()+"/c/go"), as)
				if err != nil || res.Status != http.StatusAccepted {
					t.Fatalf("got %v, %v", res, err)
				}
				if err := <-verdicts; err != nil {
					t.Errorf("POST: %v", err)
				}
				if _, err := p.Get(ctx(t), base.String()+path, as); err != nil {
					t.Fatal(err)
				}
				if err := <-verdicts; err != nil {
					t.Errorf("GET: %v", err)
				}
			})
		}
	}
}

func TestSpoiledSignatures(t *testing.T) {
	p := peer(t, fedtest.Options{Ed25519: true})
	ann, eve := p.Person("ann"), p.Person("eve")
	base, verdicts := inbox(t, fedtest.KeysOf(p))
	for name, spoil := range map[string]struct {
		want   sig.Kind
		change func(*fedtest.SignAs)
	}{
		"body":           {sig.DigestMismatch, func(as *fedtest.SignAs) { as.Body = []byte(`{}`) }},
		"old":            {sig.Expired, func(as *fedtest.SignAs) { as.Date = time.Now().Add(-2 * time.Hour) }},
		"in future":      {sig.InFuture, func(as *fedtest.SignAs) { as.Date = time.Now().Add(2 * time.Hour) }},
		"other key":      {sig.WrongSignature, func(as *fedtest.SignAs) { as.Key = eve.Key() }},
		"other's key id": {sig.WrongSignature, func(as *fedtest.SignAs) { as.KeyID = eve.KeyID }},
		"unsigned":       {sig.Missing, func(as *fedtest.SignAs) { as.Style = fedtest.Unsigned }},
		"uncovered":      {sig.NotCovered, func(as *fedtest.SignAs) { as.Uncovered = []string{"digest", "content-digest"} }},
		"tampered": {sig.WrongSignature, func(as *fedtest.SignAs) {
			as.Tamper = func(r *http.Request) { r.Method = http.MethodPut }
		}},
	} {
		for _, style := range fedtest.AllStyles() {
			t.Run(name+" "+string(style), func(t *testing.T) {
				as := fedtest.SignAs{Style: style, Actor: ann}
				spoil.change(&as)
				if style == fedtest.AsRFC9421Ed25519 && (name == "other key" || name == "other's key id") {
					as.Key, as.KeyID = eve.Ed25519(), ann.Ed25519KeyID()
				}
				if _, err := p.Send(ctx(t), base.String()+"/inbox", ann.Follow(base.String()), as); err != nil {
					t.Fatal(err)
				}
				var e *sig.Error
				if err := <-verdicts; !errors.As(err, &e) || e.Kind != spoil.want {
					t.Errorf("got %v, want %s", err, spoil.want)
				}
			})
		}
	}
	t.Run("wrong digest", func(t *testing.T) {
		as := fedtest.SignAs{Actor: ann, Digest: "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}
		if _, err := p.Send(ctx(t), base.String()+"/inbox", ann.Follow(base.String()), as); err != nil {
			t.Fatal(err)
		}
		var e *sig.Error
		if err := <-verdicts; !errors.As(err, &e) || e.Kind != sig.DigestMismatch {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nobody to sign", func(t *testing.T) {
		if _, err := p.Send(ctx(t), base.String()+"/inbox", fedtest.Doc{"actor": "https://other.example/u/x"}, fedtest.SignAs{}); err == nil {
			t.Error("signed for a stranger")
		}
	})
}

// What this project sends must pass the habits of all of them.
func TestSoftwareAcceptsOurSignature(t *testing.T) {
	for _, software := range fedtest.AllSoftware() {
		t.Run(string(software), func(t *testing.T) {
			us := peer(t, fedtest.Options{Name: "us"})
			p := peer(t, fedtest.Options{Software: software, KeyOf: fedtest.KeysOf(us)})
			group, ann := us.Group("go"), p.Person("ann")
			body, err := json.Marshal(fedtest.Doc{
				"@context": "https://www.w3.org/ns/activitystreams", "id": us.URL("/a/1"), "type": "Accept",
				"actor": group.ID, "object": fedtest.Doc{"id": ann.ID + "/f", "type": "Follow"},
			})
			if err != nil {
				t.Fatal(err)
			}
			post := func(change func(*http.Request)) fedtest.Response {
				r, err := http.NewRequestWithContext(ctx(t), http.MethodPost, ann.Inbox, bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/activity+json")
				if err := sig.Sign(r, body, group.KeyID, group.Key(), time.Now()); err != nil {
					t.Fatal(err)
				}
				change(r)
				res, err := us.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				return res
			}
			if res := post(func(*http.Request) {}); res.Status/100 != 2 {
				t.Fatalf("refused: %d %s", res.Status, res.Body)
			}
			got, err := p.WaitType(ctx(t), "Accept")
			if err != nil {
				t.Fatal(err)
			}
			if got.Err != nil || got.Signature.KeyID != group.KeyID || !bytes.Equal(got.Body, body) {
				t.Errorf("recorded %+v", got)
			}
			if res := post(func(r *http.Request) { r.Header.Set("Digest", "SHA-256=AAAA") }); res.Status/100 != 4 {
				t.Errorf("a wrong digest got %d", res.Status)
			}
			// The traps: each is refused by those that are known to refuse it.
			refuses := func(what string, who string, change func(*http.Request)) {
				res := post(change)
				if want := strings.Contains(who, string(software)); (res.Status/100 == 4) != want {
					t.Errorf("%s: got %d %s, refused must be %v", what, res.Status, res.Body, want)
				}
			}
			refuses("blank after commas", "gotosocial piefed mbin nodebb", func(r *http.Request) {
				r.Header.Set("Signature", strings.ReplaceAll(r.Header.Get("Signature"), `",`, `", `))
			})
			refuses("no algorithm", "piefed nodebb", func(r *http.Request) {
				r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), `algorithm="rsa-sha256",`, "", 1))
			})
			refuses("charset", "nodebb", func(r *http.Request) {
				r.Header.Set("Content-Type", "application/activity+json; charset=utf-8")
			})
			refuses("plain JSON", "gotosocial nodebb", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
		})
	}
}

func TestReplies(t *testing.T) {
	us := peer(t, fedtest.Options{Name: "us"})
	p := peer(t, fedtest.Options{})
	bob, follow := us.Person("bob"), us.Person("bob").Follow(p.Person("ann").ID)
	p.AnswerAll(http.StatusServiceUnavailable)
	if res, err := us.Send(ctx(t), p.SharedInbox(), follow, fedtest.SignAs{}); err != nil || res.Status != 503 {
		t.Fatalf("got %v, %v", res, err)
	}
	p.OnPost(func(fedtest.Received) fedtest.Reply {
		return fedtest.Reply{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Body: `{"error":"slowly"}`}
	})
	res, err := us.Send(ctx(t), p.Person("ann").Inbox, follow, fedtest.SignAs{})
	if err != nil || res.Status != 429 || res.Header.Get("Retry-After") != "7" || string(res.Body) != `{"error":"slowly"}` {
		t.Fatalf("got %v, %v", res, err)
	}
	p.OnPost(func(fedtest.Received) fedtest.Reply { return fedtest.Reply{Hang: true} })
	short, cancel := context.WithCancel(ctx(t))
	done := make(chan error, 1)
	go func() {
		_, err := us.Send(short, p.SharedInbox(), bob.Undo(follow, fedtest.Community{}), fedtest.SignAs{})
		done <- err
	}()
	if _, err := p.WaitType(ctx(t), "Undo"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("a hanging inbox gave %v", err)
	}
	p.OnPost(nil)
	if res, err := us.Send(ctx(t), p.SharedInbox(), follow, fedtest.SignAs{Style: fedtest.Unsigned}); err != nil || res.Status != 401 {
		t.Errorf("unsigned: got %v, %v", res, err)
	}
	if res, err := us.Send(ctx(t), p.URL("/nowhere"), follow, fedtest.SignAs{}); err != nil || res.Status != 404 {
		t.Errorf("no inbox: got %v, %v", res, err)
	}
	all := p.Received()
	if len(all) != 4 || p.Total() != 4 || all[0].Status != 503 || all[1].Status != 429 || all[2].Status != 0 || all[3].Status != 401 {
		t.Errorf("recorded %d: %+v", len(all), all)
	}
	if all[0].To != nil || all[1].To != p.Person("ann") {
		t.Error("wrong owner of an inbox")
	}
	p.Forget()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Wait(gone, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("waited for nothing: %v", err)
	}
	if err := p.WaitTotal(ctx(t), 4); err != nil {
		t.Error(err)
	}
	p.Close()
	if _, err := us.Send(ctx(t), p.SharedInbox(), follow, fedtest.SignAs{}); err == nil {
		t.Error("a closed peer answered")
	}
}

func TestLoad(t *testing.T) {
	const n = 200
	us := peer(t, fedtest.Options{Name: "us", Keys: fedtest.NewSharedKeyring(2, 2)})
	p := peer(t, fedtest.Options{Discard: true, KeyOf: fedtest.KeysOf(us)})
	if key := us.Person("a1").Key(); key == nil || us.Person("a1").Key() != key {
		t.Fatal("a key must stay the same")
	}
	requests := make([]*http.Request, n)
	for i := range requests {
		r, err := us.Request(ctx(t), p.SharedInbox(), us.Person("a"+string(rune('a'+i%26))).Like(p.URL("/x"), fedtest.Community{}), fedtest.SignAs{})
		if err != nil {
			t.Fatal(err)
		}
		requests[i] = r
	}
	var all sync.WaitGroup
	for _, r := range requests {
		all.Go(func() {
			if res, err := us.Do(r); err != nil || res.Status != http.StatusAccepted {
				t.Errorf("got %v, %v", res, err)
			}
		})
	}
	if err := p.WaitTotal(ctx(t), n); err != nil {
		t.Error(err)
	}
	all.Wait()
	if len(p.Received()) != 0 {
		t.Error("kept what was to be discarded")
	}
}
