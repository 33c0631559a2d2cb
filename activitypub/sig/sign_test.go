package sig_test

import (
	"bytes"
	"crypto/rsa"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/httpsig"
	"github.com/yaronf/httpsign"

	"stoa/activitypub/sig"
)

const ourKey = "https://stoa.example/c/go#main-key"

func request(t testing.TB, method, target string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What we sign must be what we would accept, after a journey over real HTTP.
func TestSignRoundTrip(t *testing.T) {
	got := make(chan sig.Message, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- sig.FromRequest(r, body)
	}))
	defer server.Close()
	p := sig.Policy{BaseURL: must(url.Parse(server.URL)), Now: now}
	send := func(t *testing.T, r *http.Request) sig.Message {
		t.Helper()
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // nothing in it
		return <-got
	}
	for _, tt := range []struct{ name, method, target string }{
		{"POST", "POST", "/inbox"},
		{"POST to a percent-encoded path", "POST", "/c/caf%C3%A9%2Fx/inbox"},
		{"POST with query", "POST", "/inbox?a=%20b&c"},
		{"POST to a path without escapes", "POST", "/c/é/inbox"},
		{"GET", "GET", "/c/go"},
		{"GET with query", "GET", "/c/go/outbox?page=1"},
		{"GET of the root", "GET", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var payload []byte
			if tt.method == "POST" {
				payload = body
			}
			r := request(t, tt.method, server.URL+tt.target, payload)
			if err := sig.Sign(r, payload, ourKey, rsaKey(), now); err != nil {
				t.Fatal(err)
			}
			m := send(t, r)
			s, err := sig.Examine(m, p)
			if err != nil {
				t.Fatal(err)
			}
			if s.KeyID != ourKey || !s.Created.Equal(now) {
				t.Errorf("key id %q, created %v", s.KeyID, s.Created)
			}
			if err := s.Verify(rsaKey().Public()); err != nil {
				t.Error(err)
			}
			wantKind(t, s.Verify(otherKey().Public()), sig.WrongSignature)
			if (m.Header.Get("Digest") != "") != (tt.method == "POST") {
				t.Errorf("%s with Digest %q", tt.method, m.Header.Get("Digest"))
			}
		})
	}
	t.Run("again for a retry", func(t *testing.T) {
		r := request(t, "POST", server.URL+"/inbox", body)
		for _, at := range []time.Time{now.Add(-3 * time.Hour), now} {
			if err := sig.Sign(r, body, ourKey, rsaKey(), at); err != nil {
				t.Fatal(err)
			}
		}
		if err := verify(t, send(t, r), p, rsaKey().Public()); err != nil {
			t.Error(err)
		}
	})
}

// The text of the header is pinned: PieFed, Mbin, NodeBB and GoToSocial each
// fail on some other spelling of the same thing.
func TestSignSpelling(t *testing.T) {
	r := request(t, "POST", "https://peer.example/inbox", body)
	if err := sig.Sign(r, body, ourKey, rsaKey(), now); err != nil {
		t.Fatal(err)
	}
	const want = `keyId="` + ourKey + `",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="`
	if got := r.Header.Get("Signature"); !strings.HasPrefix(got, want) || strings.Contains(got, ", ") {
		t.Errorf("Signature: %s", got)
	}
	if got := r.Header.Get("Digest"); got != digestOf(body) {
		t.Errorf("Digest: %s", got)
	}
	if got := r.Header.Get("Date"); got != "Mon, 23 Nov 2026 10:00:00 GMT" {
		t.Errorf("Date: %s", got)
	}
	if _, ok := r.Header["Host"]; ok {
		t.Error("a Host header was left among the others")
	}
	get := request(t, "GET", "https://peer.example/u/ann", nil)
	if err := sig.Sign(get, nil, ourKey, rsaKey(), now); err != nil {
		t.Fatal(err)
	}
	if got := get.Header.Get("Signature"); !strings.Contains(got, `headers="(request-target) host date",`) {
		t.Errorf("Signature of a GET: %s", got)
	}
}

func TestSignRefuses(t *testing.T) {
	for name, try := range map[string]struct {
		want  sig.Kind
		keyID string
		key   *rsa.PrivateKey
		host  string
	}{
		"no key":         {sig.BadKey, ourKey, nil, "peer.example"},
		"no key id":      {sig.Malformed, "", rsaKey(), "peer.example"},
		"quote in it":    {sig.Malformed, `https://a/"b`, rsaKey(), "peer.example"},
		"comma in it":    {sig.Malformed, `https://a/,b`, rsaKey(), "peer.example"},
		"non-ASCII host": {sig.Malformed, ourKey, rsaKey(), "bücher.example"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, "POST", "https://peer.example/inbox", body)
			r.Host = try.host
			wantKind(t, sig.Sign(r, body, try.keyID, try.key, now), try.want)
			if r.Header.Get("Signature") != "" {
				t.Error("signed all the same")
			}
		})
	}
}

// The libraries' own signers stand for senders we did not write.
func TestAcceptsLibraries(t *testing.T) {
	t.Run("httpsig with created and expires", func(t *testing.T) {
		r := request(t, "POST", "https://stoa.example/inbox", body)
		at := time.Now().UTC()
		r.Header.Set("Date", at.Format(http.TimeFormat))
		r.Header.Set("Host", r.Host)
		covered := []string{"(request-target)", "(created)", "(expires)", "host", "date", "digest"}
		signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, covered, httpsig.Signature, 60)
		if err != nil {
			t.Fatal(err)
		}
		if err := signer.SignRequest(rsaKey(), ourKey, r, body); err != nil {
			t.Fatal(err)
		}
		m := sig.FromRequest(r, body)
		for _, wait := range []time.Duration{0, 10 * time.Minute} { // also when it waited for its key
			if err := verify(t, m, sig.Policy{BaseURL: base, Now: at.Add(wait)}, rsaKey().Public()); err != nil {
				t.Errorf("after %v: %v", wait, err)
			}
		}
	})
	t.Run("httpsign", func(t *testing.T) {
		r := request(t, "POST", "https://stoa.example/c/caf%C3%A9/inbox?x=1", body)
		r.Header.Set("Content-Digest", contentDigest(body))
		config := httpsign.NewSignConfig().SetKeyID(ourKey).SetExpires(time.Now().Unix() + 60).SetNonce("n").SetTag("t")
		signer, err := httpsign.NewRSASigner(*rsaKey(), config, httpsign.Headers("@method", "@target-uri", "@authority", "@path", "@query", "content-digest"))
		if err != nil {
			t.Fatal(err)
		}
		input, value, err := httpsign.SignRequest("sig1", *signer, r)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Signature-Input", input)
		r.Header.Set("Signature", value)
		if err := verify(t, sig.FromRequest(r, body), sig.Policy{BaseURL: base}, rsaKey().Public()); err != nil {
			t.Error(err)
		}
	})
}
