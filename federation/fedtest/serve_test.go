package fedtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

func fetch(t *testing.T, us *fedtest.Peer, address string, as fedtest.SignAs) (fedtest.Response, fedtest.Doc) {
	t.Helper()
	res, err := us.Get(ctx(t), address, as)
	if err != nil {
		t.Fatal(err)
	}
	var d fedtest.Doc
	if err := json.Unmarshal(res.Body, &d); err != nil && strings.Contains(res.Header.Get("Content-Type"), "json") && res.Status == 200 {
		t.Errorf("%s: %v in %s", address, err, res.Body)
	}
	return res, d
}

// Somebody who knows only a handle must find the actor and its key.
func TestDiscovery(t *testing.T) {
	for _, software := range fedtest.AllSoftware() {
		t.Run(string(software), func(t *testing.T) {
			us := peer(t, fedtest.Options{Name: "us", Software: fedtest.Lemmy}) // asks in the form all understand
			p := peer(t, fedtest.Options{Software: software, Ed25519: true, KeyOf: fedtest.KeysOf(us)})
			for _, a := range []*fedtest.Actor{p.Person("ann"), p.Group("cats"), p.Site()} {
				_, jrd := fetch(t, us, p.URL("/.well-known/webfinger?resource=acct:"+a.Handle()[1:]), fedtest.SignAs{})
				self := ""
				for _, l := range jrd["links"].([]any) {
					if l := l.(fedtest.Doc); l["rel"] == "self" && l["type"] == "application/activity+json" {
						self = l["href"].(string)
					}
				}
				if self != a.ID {
					t.Fatalf("%s is %q, not %q", a.Handle(), self, a.ID)
				}
				res, d := fetch(t, us, self, fedtest.SignAs{})
				if res.Status != 200 || d["id"] != a.ID || d["type"] != a.Type || d["inbox"] != a.Inbox || res.Header.Get("Content-Type") != "application/activity+json" {
					t.Errorf("got %d %v", res.Status, d)
				}
				for _, id := range []string{a.KeyID, a.Ed25519KeyID()} {
					key, err := us.FetchKey(ctx(t), id)
					if err != nil {
						t.Fatal(err)
					}
					if !a.Key().PublicKey.Equal(key) && id == a.KeyID {
						t.Error("another key")
					}
				}
				if res, _ := fetch(t, us, a.Outbox, fedtest.SignAs{}); res.Status != 200 {
					t.Errorf("outbox: %d", res.Status)
				}
			}
			_, links := fetch(t, us, p.URL("/.well-known/nodeinfo"), fedtest.SignAs{})
			_, info := fetch(t, us, links["links"].([]any)[0].(fedtest.Doc)["href"].(string), fedtest.SignAs{})
			if info["software"].(fedtest.Doc)["name"] != string(software) {
				t.Errorf("nodeinfo: %v", info)
			}
			if res, _ := fetch(t, us, p.URL("/.well-known/webfinger?resource=acct:nobody@"+p.Host()), fedtest.SignAs{}); res.Status != 404 {
				t.Errorf("nobody is there: %d", res.Status)
			}
			if res, _ := fetch(t, us, p.URL("/nothing/here"), fedtest.SignAs{}); res.Status != 404 {
				t.Errorf("nothing is there: %d", res.Status)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	us := peer(t, fedtest.Options{Name: "us"})
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")

	p.Put("/x", fedtest.Doc{"id": p.URL("/x"), "content": "<b>"})
	if _, d := fetch(t, us, p.URL("/x"), fedtest.SignAs{}); d["content"] != "<b>" {
		t.Errorf("got %v", d)
	}
	p.Put(p.URL("/x?page=1"), `{"raw":1e400}`)
	if res, err := us.Get(ctx(t), p.URL("/x?page=1"), fedtest.SignAs{}); err != nil || string(res.Body) != `{"raw":1e400}` {
		t.Errorf("got %s, %v", res.Body, err)
	}
	p.Put(ann.ID, fedtest.Doc{"id": "https://evil.example/u"}) // before what it would say by itself
	if _, d := fetch(t, us, ann.ID, fedtest.SignAs{}); d["id"] != "https://evil.example/u" {
		t.Errorf("got %v", d)
	}
	p.Remove(ann.ID)
	if _, d := fetch(t, us, ann.ID, fedtest.SignAs{}); d["id"] != ann.ID {
		t.Errorf("got %v", d)
	}
	p.Gone("/x")
	if res, d := fetch(t, us, p.URL("/x"), fedtest.SignAs{}); res.Status != http.StatusGone || d["type"] != "Tombstone" {
		t.Errorf("got %d %v", res.Status, d)
	}
	p.Redirect("/x", us.URL("/y"))
	if res, _ := fetch(t, us, p.URL("/x"), fedtest.SignAs{}); res.Status != http.StatusFound || res.Header.Get("Location") != us.URL("/y") {
		t.Errorf("got %v", res)
	}
	p.PutAnswer("/x", fedtest.Answer{ContentType: "text/html", Body: []byte("{}"), Header: http.Header{"X-A": {"b"}}, Drip: time.Millisecond, Delay: time.Millisecond})
	if res, _ := fetch(t, us, p.URL("/x"), fedtest.SignAs{}); res.Header.Get("Content-Type") != "text/html" || res.Header.Get("X-A") != "b" || string(res.Body) != "{}" {
		t.Errorf("got %v", res)
	}
	p.PutAnswer("/x", fedtest.Answer{Body: []byte("{}"), Padding: 3<<20 + 1})
	if res, _ := fetch(t, us, p.URL("/x"), fedtest.SignAs{}); len(res.Body) != 3<<20+3 {
		t.Errorf("got %d bytes", len(res.Body))
	}
	p.PutAnswer("/x", fedtest.Answer{Hang: true})
	p.Forget()
	hung := make(chan error, 1)
	go func() {
		_, err := us.Get(ctx(t), p.URL("/x"), fedtest.SignAs{})
		hung <- err
	}()
	if _, err := p.WaitFetch(ctx(t), func(r fedtest.Received) bool { return r.Target == "/x" }); err != nil {
		t.Fatal(err)
	}
	p.Close() // frees whoever hangs
	if err := <-hung; err == nil || errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("got %v", err)
	}
}

func TestAuthorizedFetch(t *testing.T) {
	us := peer(t, fedtest.Options{Name: "us"})
	for _, o := range []fedtest.Options{{SignedFetch: true}, {Software: fedtest.GoToSocial}} {
		p := peer(t, o)
		ann := p.Person("ann")
		p.Put("/note", fedtest.Doc{"id": p.URL("/note")})
		for _, address := range []string{ann.ID, p.URL("/note")} {
			if res, _ := fetch(t, us, address, fedtest.SignAs{Style: fedtest.Unsigned}); res.Status != 401 {
				t.Errorf("unsigned: got %d", res.Status)
			}
			if res, _ := fetch(t, us, address, fedtest.SignAs{}); res.Status != 200 {
				t.Errorf("signed: got %d", res.Status)
			}
		}
	}
	gts := peer(t, fedtest.Options{Software: fedtest.GoToSocial})
	ann := gts.Person("ann")
	if !strings.HasSuffix(ann.KeyID, "/main-key") {
		t.Errorf("key id %s", ann.KeyID)
	}
	// The key's own document is open: else two strict servers could never meet.
	if res, d := fetch(t, us, ann.KeyID, fedtest.SignAs{Style: fedtest.Unsigned}); res.Status != 200 || d["id"] != ann.ID {
		t.Errorf("got %d %v", res.Status, d)
	}
	lemmy := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	if res, _ := fetch(t, us, lemmy.Group("go").ID, fedtest.SignAs{}); !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Error("a list in Accept must get Lemmy's web page")
	}
}
