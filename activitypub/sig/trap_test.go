package sig_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

// posted is a signed delivery of ours.
func posted(t *testing.T) *http.Request {
	t.Helper()
	r := request(t, http.MethodPost, "https://peer.example/inbox", body)
	if err := sig.Sign(r, body, ourKey, rsaKey(), now); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLemmyTrap09DigestIsSignedWithARSAKey(t *testing.T) {
	t.Parallel()
	r := posted(t)
	if got := r.Header.Get("Digest"); got != digestOf(body) {
		t.Errorf("Digest %q", got)
	}
	_, covered, _ := strings.Cut(r.Header.Get("Signature"), `headers="`)
	covered, _, _ = strings.Cut(covered, `"`)
	if !slices.Contains(strings.Fields(covered), "digest") {
		t.Errorf("covered are %q", covered)
	}
	if r.Header.Get("Signature-Input") != "" {
		t.Error("signed in the newer form, which Lemmy does not know")
	}
	pem, err := sig.EncodePublicKey(rsaKey().Public())
	if err != nil || !strings.HasPrefix(pem, "-----BEGIN PUBLIC KEY-----\n") {
		t.Errorf("%s %v", pem, err)
	}
}

func TestPeerTrap01NoBlankAfterAComma(t *testing.T) {
	t.Parallel()
	if got := posted(t).Header.Get("Signature"); strings.Contains(got, ", ") || strings.Count(got, `",`) != 3 {
		t.Error(got)
	}
	spaced := post() // as others have it
	spaced.format = `keyId="{k}", algorithm="{a}", headers="{h}", signature="{s}"`
	if err := verify(t, spaced.message(), policy(), rsaKey().Public()); err != nil {
		t.Errorf("with blanks: %v", err)
	}
}

func TestPeerTrap02AlgorithmIsSaid(t *testing.T) {
	t.Parallel()
	if got := posted(t).Header.Get("Signature"); !strings.Contains(got, `algorithm="rsa-sha256"`) {
		t.Error(got)
	}
	for _, said := range []string{"hs2019", "rsa-sha256", "-"} {
		d := post()
		d.algorithm = said
		if err := verify(t, d.message(), policy(), rsaKey().Public()); err != nil {
			t.Errorf("algorithm %s: %v", said, err)
		}
	}
}

func TestPeerTrap03DigestIsNamedInCapitals(t *testing.T) {
	t.Parallel()
	if got := posted(t).Header.Get("Digest"); !strings.HasPrefix(got, "SHA-256=") {
		t.Error(got)
	}
	small := post()
	small.header = map[string]string{"Digest": "sha-256" + digestOf(body)[7:]}
	if err := verify(t, small.message(), policy(), rsaKey().Public()); err != nil {
		t.Errorf("in small letters: %v", err)
	}
}

func TestPeerTrap07QueryMayBeSignedOrNot(t *testing.T) {
	t.Parallel()
	for _, signed := range []string{"/c/go/outbox?page=1", "/c/go/outbox"} {
		d := get()
		d.target, d.signedTarget = "/c/go/outbox?page=1", signed
		if err := verify(t, d.message(), policy(), rsaKey().Public()); err != nil {
			t.Errorf("signed as %s: %v", signed, err)
		}
	}
}

func TestPeerTrap14DatesAreInGMT(t *testing.T) {
	t.Parallel()
	r := request(t, http.MethodPost, "https://peer.example/inbox", body)
	berlin := time.FixedZone("CET", 3600)
	if err := sig.Sign(r, body, ourKey, rsaKey(), now.In(berlin)); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Date"); got != "Mon, 23 Nov 2026 10:00:00 GMT" {
		t.Error(got)
	}
}

func TestPeerTrap15OldFormFirst(t *testing.T) {
	t.Parallel()
	r := posted(t)
	if r.Header.Get("Signature-Input") != "" || r.Header.Get("Content-Digest") != "" || !strings.HasPrefix(r.Header.Get("Signature"), "keyId=") {
		t.Error(r.Header)
	}
}

func TestPeerTrap16HostIsTheOneInTheAddress(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]sig.Kind{
		"stoa.example": "", "STOA.example": "", "stoa.example:443": "",
		"127.0.0.1:8080": sig.WrongHost, "stoa": sig.WrongHost, // as a proxy may ask
	} {
		d := post()
		d.host = host
		m := d.message()
		_, err := sig.Examine(m, policy())
		if want == "" && err != nil {
			t.Errorf("%s: %v", host, err)
		} else if want != "" {
			wantKind(t, err, want)
		}
	}
}
