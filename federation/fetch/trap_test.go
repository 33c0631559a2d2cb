package fetch

import (
	"context"
	"crypto"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/sig"
	"stoa/federation/fedtest"
)

var keys = fedtest.NewKeyring(9)

// signing is a client that signs what it asks for as the node does.
func signing(t *testing.T) *Client {
	t.Helper()
	return devClient(t, Options{Sign: func(_ context.Context, r *http.Request, body []byte) error {
		return sig.Sign(r, body, base.String()+"/#main-key", keys.RSA("node"), time.Now())
	}})
}

func TestLemmyTrap07OneTypeIsAskedFor(t *testing.T) {
	t.Parallel()
	p := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Keys: keys})
	if _, err := signing(t).Document(t.Context(), p.Group("cats").ID); err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Fetched() {
		if got := r.Header.Values("Accept"); len(got) != 1 || got[0] != "application/activity+json" {
			t.Errorf("Accept %q", got)
		}
	}
	if len(p.Fetched()) == 0 {
		t.Error("nothing was asked")
	}
}

func TestPeerTrap04TypeOfADeliveryIsBare(t *testing.T) {
	t.Parallel()
	for _, software := range fedtest.AllSoftware() {
		p := fedtest.New(t, fedtest.Options{Software: software, Keys: keys, KeyOf: func(string) (crypto.PublicKey, error) { return &keys.RSA("node").PublicKey, nil }})
		body := `{"@context":"https://www.w3.org/ns/activitystreams","id":"https://stoa.example/a/1","type":"Like","actor":"https://stoa.example/u/ann","object":"` + p.URL("/post/1") + `"}`
		at := p.SharedInbox()
		if at == "" {
			at = p.Person("ann").Inbox
		}
		_, err := devClient(t, Options{}).Post(t.Context(), at, []byte(body), func(r *http.Request, b []byte) error {
			return sig.Sign(r, b, "https://stoa.example/u/ann#main-key", keys.RSA("node"), time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		got := p.Received()
		if len(got) != 1 || got[0].Status >= 300 || got[0].Header.Get("Content-Type") != "application/activity+json" || got[0].Header.Get("Accept") != "application/activity+json" {
			t.Errorf("%s: %+v", software, got)
		}
	}
}

func TestPeerTrap08NothingIsReadOutOfAKeysName(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"§/u/ann#main-key", "§/u/ann#key", "§/u/ann/main-key", "§/keys/7"} {
		p := newPeer(t, map[string]string{
			"/u/ann": withKey(id),
			"/u/ann/main-key": `{"id":"§/u/ann","type":"Person","preferredUsername":"ann","publicKey":` +
				`{"id":"§/u/ann/main-key","owner":"§/u/ann","publicKeyPem":"` + pem + `"}}`,
			"/keys/7": keyDocument("§/keys/7", "§/u/ann", pem),
		})
		key, owner, _, err := devClient(t, Options{}).Key(t.Context(), strings.ReplaceAll(id, "§", p.URL))
		if err != nil || key.Owner != p.URL+"/u/ann" || owner.ID != key.Owner {
			t.Errorf("%s: %+v, %v", id, key, err)
		}
	}
}

func TestPeerTrap09EverythingIsAskedForWithASignature(t *testing.T) {
	t.Parallel()
	p := fedtest.New(t, fedtest.Options{SignedFetch: true, Keys: keys, KeyOf: func(string) (crypto.PublicKey, error) { return &keys.RSA("node").PublicKey, nil }})
	c := signing(t)
	ann := p.Person("ann")
	if _, _, err := c.Actor(t.Context(), ann.ID); err != nil {
		t.Error(err)
	}
	create := ann.Create(fedtest.Post{HTML: "<p>x</p>"})
	if _, err := c.Document(t.Context(), create["object"].(fedtest.Doc)["id"].(string)); err != nil {
		t.Error(err)
	}
	for _, r := range p.Fetched() {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Target, r.Err)
		}
	}
}
