package fetch

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

const pem = `-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n`

// withKey is a person who lists a key under this id.
func withKey(id string) string {
	return person(`,"publicKey":{"id":"` + id + `","owner":"§/u/ann","publicKeyPem":"` + pem + `"}`)
}

func keyDocument(id, owner, pem string) string {
	return `{"id":"` + id + `","type":"CryptographicKey","owner":"` + owner + `","publicKeyPem":"` + pem + `"}`
}

func TestKeysAreFoundWhateverTheirIDLooksLike(t *testing.T) {
	for name, c := range map[string]struct {
		keyID string
		docs  map[string]string
	}{
		"fragment":      {"§/u/ann#main-key", map[string]string{"/u/ann": withKey("§/u/ann#main-key")}},
		"key document":  {"§/keys/7", map[string]string{"/u/ann": withKey("§/keys/7"), "/keys/7": keyDocument("§/keys/7", "§/u/ann", pem)}},
		"white space":   {"§/keys/7", map[string]string{"/u/ann": withKey("§/keys/7"), "/keys/7": keyDocument("§/keys/7", "§/u/ann", strings.ReplaceAll(pem, `\n`, `\r\n`))}},
		"fragment key":  {"§/k#7", map[string]string{"/u/ann": withKey("§/k#7"), "/k": keyDocument("§/k#7", "§/u/ann", pem)}},
		"actor at path": {"§/key", map[string]string{"/u/ann": withKey("§/key"), "/key": "302 §/u/ann"}},
		"listed by id": {"§/keys/7", map[string]string{
			"/u/ann": person(`,"publicKey":"§/keys/7"`), "/keys/7": keyDocument("§/keys/7", "§/u/ann", pem)}},
		// GoToSocial shows strangers this much of an actor and no more.
		"stub of an actor": {"§/u/ann/main-key", map[string]string{
			"/u/ann": withKey("§/u/ann/main-key"),
			"/u/ann/main-key": `{"id":"§/u/ann","type":"Person","preferredUsername":"ann","publicKey":` +
				`{"id":"§/u/ann/main-key","owner":"§/u/ann","publicKeyPem":"` + pem + `"}}`}},
		"one of several": {"§/u/ann#b", map[string]string{"/u/ann": person(`,"publicKey":[{"id":"§/u/ann#a","owner":"§/u/ann","publicKeyPem":"x"},` +
			`{"id":"§/u/ann#b","owner":"§/u/ann","publicKeyPem":"` + pem + `"}]`)}},
		"without owner": {"§/u/ann#k", map[string]string{"/u/ann": person(`,"publicKey":{"id":"§/u/ann#k","publicKeyPem":"` + pem + `"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, c.docs)
			id := strings.ReplaceAll(c.keyID, "§", p.URL)
			key, owner, raw, err := devClient(t, Options{}).Key(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if key.ID != id || key.Owner != p.URL+"/u/ann" || owner.ID != key.Owner || len(strings.Fields(key.PEM)) != len(strings.Fields(strings.ReplaceAll(pem, `\n`, "\n"))) {
				t.Errorf("got %+v of %s", key, owner.ID)
			}
			if !strings.Contains(string(raw), `"inbox"`) {
				t.Errorf("raw is %s", raw)
			}
		})
	}
}

// tootik signs requests with the key that it signs documents with, and lists it as that
// alone.
func TestKeysForDocumentsSignRequests(t *testing.T) {
	const multikey = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	list := func(id, controller, key string) string {
		return person(`,"assertionMethod":[{"type":"Multikey","id":"` + id + `","controller":"` + controller + `","publicKeyMultibase":"` + key + `"}]`)
	}
	for name, c := range map[string]struct {
		doc  string
		want Kind
	}{
		"its own":          {list("§/u/ann#ed", "§/u/ann", multikey), ""},
		"of somebody else": {list("§/u/ann#ed", "§/u/bob", multikey), KeyMismatch},
		"another":          {list("§/u/ann#other", "§/u/ann", multikey), KeyMismatch},
		"unreadable":       {list("§/u/ann#ed", "§/u/ann", "z6Mk"), KeyMismatch},
	} {
		p := newPeer(t, map[string]string{"/u/ann": c.doc})
		key, _, _, err := devClient(t, Options{}).Key(t.Context(), p.URL+"/u/ann#ed")
		if KindOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if c.want != "" {
			continue
		}
		if public, err := sig.ParsePublicKey(key.PEM); err != nil || key.Owner != p.URL+"/u/ann" {
			t.Errorf("%s: %v, %v of %s", name, public, err, key.Owner)
		}
	}
}

func TestKeyOfAnAccount(t *testing.T) {
	p := newPeer(t, map[string]string{
		"/u/ann":                 withKey("§/u/ann#main-key"),
		"/.well-known/webfinger": `{"subject":"acct:ann@h","links":[{"rel":"self","type":"application/activity+json","href":"§/u/ann"}]}`,
	})
	c := devClient(t, Options{})
	key, owner, _, err := c.Key(t.Context(), "acct:ann@"+mustURL(p.URL).Host)
	if err != nil || key.ID != p.URL+"/u/ann#main-key" || owner.ID != p.URL+"/u/ann" {
		t.Errorf("got %+v, %v", key, err)
	}
	for _, id := range []string{"acct:", "acct:ann", "acct:@h.localhost", "acct:ann@", "acct:ann@h/x", "acct:a@b@c"} {
		_, _, _, err := c.Key(t.Context(), id)
		if KindOf(err) != BadURL {
			t.Errorf("%s: got %v", id, err)
		}
	}
}

// A key document says who owns it; only the owner's own document decides.
func TestKeyThatItsOwnerDoesNotListIsRefused(t *testing.T) {
	victim := newPeer(t, map[string]string{"/u/ann": withKey("§/u/ann#main-key")})
	evil := newPeer(t, nil)
	c := devClient(t, Options{})
	for name, k := range map[string]struct {
		path, doc string
		want      Kind
	}{
		"owner elsewhere":        {"/key", keyDocument("§/key", victim.URL+"/u/ann", pem), KeyMismatch},
		"the victim's key id":    {"/key", keyDocument(victim.URL+"/u/ann#main-key", victim.URL+"/u/ann", "EVIL"), KeyMismatch},
		"the victim's actor":     {"/key", "302 " + victim.URL + "/u/ann", KeyMismatch},
		"owner's id differs":     {"/key", keyDocument("§/key", "§/alias", pem), KeyMismatch},
		"another pem":            {"/key", keyDocument("§/key", "§/u/ann", "EVIL"), KeyMismatch},
		"owner is an array":      {"/key", `{"id":"§/key","owner":["` + victim.URL + `/u/ann"],"publicKeyPem":"` + pem + `"}`, Malformed},
		"no owner":               {"/key", `{"id":"§/key","publicKeyPem":"` + pem + `"}`, Malformed},
		"owner is no address":    {"/key", keyDocument("§/key", "ann", pem), BadURL},
		"owner is the key":       {"/key", keyDocument("§/key", "§/key", pem), Malformed},
		"another key's document": {"/nick", "302 §/key2", KeyMismatch},
		"a document of others":   {"/key", `{"id":"§/key","type":"Note"}`, Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			evil.docs = map[string]string{k.path: k.doc, "/u/ann": withKey("§/key"), "/alias": "302 §/u/ann",
				"/key2":  keyDocument("§/key2", "§/u/bob", pem),
				"/u/bob": `{"id":"§/u/bob","type":"Person","inbox":"§/i","publicKey":["§/nick","§/key2"]}`}
			_, _, _, err := c.Key(t.Context(), evil.URL+k.path)
			wantKind(t, err, k.want)
		})
	}
}

func TestActorListingForeignKeysIsRefused(t *testing.T) {
	victim := newPeer(t, map[string]string{"/u/ann": withKey("§/u/ann#main-key")})
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for name, k := range map[string]struct {
		doc  string
		want Kind
	}{
		"not listed":          {withKey("§/u/ann#other"), KeyMismatch},
		"none":                {person(""), KeyMismatch},
		"owned by another":    {person(`,"publicKey":{"id":"§/u/ann#k","owner":"` + victim.URL + `/u/ann","publicKeyPem":"` + pem + `"}`), KeyMismatch},
		"without a pem":       {person(`,"publicKey":{"id":"§/u/ann#k","owner":"§/u/ann"}`), KeyMismatch},
		"only its id":         {person(`,"publicKey":"§/u/ann#k"`), KeyMismatch},
		"pem is not a string": {person(`,"publicKey":{"id":"§/u/ann#k","owner":"§/u/ann","publicKeyPem":["` + pem + `"]}`), KeyMismatch},
	} {
		p.docs = map[string]string{"/u/ann": k.doc}
		if _, _, _, err := c.Key(t.Context(), p.URL+"/u/ann#k"); KindOf(err) != k.want {
			t.Errorf("%s: got %v, want %s", name, err, k.want)
		}
	}
	// The actor of one server lists a key that is at another.
	front := newPeer(t, map[string]string{"/key": "302 " + p.URL + "/u/ann"})
	p.docs = map[string]string{"/u/ann": withKey(front.URL + "/key")}
	_, _, _, err := c.Key(t.Context(), front.URL+"/key")
	wantKind(t, err, WrongOrigin)
}

func TestKeyThatIsGoneSaysSo(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	_, _, _, err := devClient(t, Options{}).Key(t.Context(), srv.URL+"/u/ann#main-key")
	wantKind(t, err, Gone)
}

// From a real key to a verified request, as an inbox does it.
func TestFetchedKeyVerifiesWhatItsOwnerSigned(t *testing.T) {
	private, err := sig.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := sig.EncodePublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, map[string]string{"/u/ann": person(`,"publicKey":{"id":"§/u/ann#k","owner":"§/u/ann","publicKeyPem":"` + strings.ReplaceAll(text, "\n", `\n`) + `"}`)})
	verified := false
	c := devClient(t, Options{})
	inbox := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		body := readAll(t, r)
		s, err := sig.Examine(sig.FromRequest(r, body), sig.Policy{BaseURL: mustURL("http://" + r.Host)})
		if err != nil {
			t.Error(err)
			return
		}
		key, _, _, err := c.Key(r.Context(), s.KeyID)
		if err != nil {
			t.Error(err)
			return
		}
		public, err := sig.ParsePublicKey(key.PEM)
		if err != nil {
			t.Error(err)
			return
		}
		verified = s.Verify(public) == nil
		w.WriteHeader(http.StatusAccepted)
	})
	answer, err := c.Post(t.Context(), inbox.URL+"/inbox", []byte(`{}`), func(r *http.Request, body []byte) error {
		return sig.Sign(r, body, p.URL+"/u/ann#k", private, time.Now())
	})
	if err != nil || answer.Status != http.StatusAccepted || !verified {
		t.Errorf("got %+v, %v, verified %v", answer, err, verified)
	}
}
