package sig_test

import (
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

// What the servers of the fediverse send, each in its own hand.
func TestAcceptsPeers(t *testing.T) {
	created, expires := strconv.FormatInt(now.Unix(), 10), strconv.FormatInt(now.Unix()+300, 10)
	discourse := func(d *draft) {
		d.algorithm, d.covered = "hs2019", "host date digest (request-target) (created) (expires)"
		d.created, d.expires = created, expires
		d.format = `keyId="{k}",algorithm="{a}",created="{c}",expires="{e}",headers="{h}",signature="{s}"`
	}
	tests := []struct {
		name   string
		start  draft
		change func(*draft)
	}{
		{"Mastodon POST", post(), func(d *draft) { d.covered = "(request-target) host date digest content-type" }},
		{"Mastodon GET with query", get(), func(d *draft) { d.target = "/c/go/outbox?page=true&min_id=0" }},
		{"Mastodon older GET, query not signed", get(), func(d *draft) { d.target, d.signedTarget = "/c/go/outbox?page=1", "/c/go/outbox" }},
		{"Lemmy POST", post(), func(d *draft) {
			d.algorithm, d.covered = "hs2019", "(request-target) content-type date digest host"
		}},
		{"Lemmy GET with the digest of nothing", get(), func(d *draft) {
			d.algorithm, d.covered = "hs2019", "(request-target) accept date digest host"
			d.header = map[string]string{"Accept": "application/activity+json", "Digest": digestOf(nil)}
		}},
		{"GoToSocial", post(), func(d *draft) {
			d.keyID, d.algorithm = "https://peer.example/users/ann/main-key", "hs2019"
			d.header = map[string]string{"Digest": "sha-256" + digestOf(body)[7:]}
		}},
		{"GoToSocial GET with query", get(), func(d *draft) { d.algorithm, d.target = "hs2019", "/c/go/followers?page=2" }},
		{"Discourse", post(), discourse},
		{"Discourse on a rig with ports", post(), func(d *draft) {
			discourse(d)
			d.host, d.signedHost = "stoa.localhost:8080", "stoa.localhost"
		}},
		{"created without quotes", post(), func(d *draft) {
			discourse(d)
			d.format = `keyId="{k}",algorithm="{a}",created={c},expires={e},headers="{h}",signature="{s}"`
		}},
		{"created in place of date", post(), func(d *draft) {
			discourse(d)
			d.covered = "(request-target) (created) host digest"
		}},
		{"created without an algorithm", post(), func(d *draft) {
			discourse(d)
			d.covered, d.format = "(request-target) (created) host digest", `keyId="{k}",created={c},headers="{h}",signature="{s}"`
		}},
		{"fraction in expires", post(), func(d *draft) {
			discourse(d)
			d.expires += ".5"
		}},
		{"NodeBB", post(), func(d *draft) { d.keyID = "https://peer.example/uid/1#key" }},
		{"PieFed", get(), func(d *draft) {
			d.covered, d.header = "(request-target) host date accept", map[string]string{"Accept": "application/ld+json"}
			d.target, d.signedTarget = "/post/1?x=1", "/post/1"
		}},
		{"Mbin without port and query", post(), func(d *draft) {
			d.keyID = "https://peer.example/u/ann#main-key"
			d.host, d.signedHost = "stoa.localhost:8080", "stoa.localhost"
			d.target, d.signedTarget = "/f/inbox?a=b", "/f/inbox"
		}},
		{"no algorithm", post(), func(d *draft) { d.algorithm = "-" }},
		{"algorithm in capitals", post(), func(d *draft) { d.algorithm = "RSA-SHA256" }},
		{"blanks round commas and equal signs", post(), func(d *draft) {
			d.format = `keyId = "{k}" , algorithm="{a}",  headers= "{h}",` + "\t" + `signature="{s}"`
		}},
		{"unknown parameter", post(), func(d *draft) { d.format = `opaque="x",keyId="{k}",headers="{h}",signature="{s}"` }},
		{"comma in the key id", post(), func(d *draft) { d.keyID = "https://peer.example/u/a,b#main-key" }},
		{"account as key id", post(), func(d *draft) { d.keyID = "acct:ann@peer.example" }},
		{"percent-encoded path", post(), func(d *draft) { d.target = "/c/caf%C3%A9%2Fbar/inbox" }},
		{"percent-encoded path, small letters", get(), func(d *draft) { d.target = "/c/caf%c3%a9?q=%20a" }},
		{"question mark alone", get(), func(d *draft) { d.target = "/c/go?" }},
		{"characters Go would escape", get(), func(d *draft) { d.target = "/c/a|b" }},
		{"content-length and user-agent covered", post(), func(d *draft) {
			d.covered += " content-length user-agent"
			d.header = map[string]string{"Content-Length": strconv.Itoa(len(body)), "User-Agent": "x/1 (+https://peer.example)"}
		}},
		{"several digests", post(), func(d *draft) {
			d.header = map[string]string{"Digest": "SHA-512=AAAA, " + digestOf(body) + "," + digestOf(body)}
		}},
		{"capitals among the covered names", post(), func(d *draft) {
			d.format = `keyId="{k}",headers="(request-target) Host Date  Digest",signature="{s}"`
		}},
		{"default port in Host", post(), func(d *draft) { d.host = "stoa.example:443" }},
		{"capitals in Host", post(), func(d *draft) { d.host = "STOA.example" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.start
			tt.change(&d)
			p := policy()
			if d.host == baseDev.Host {
				p.BaseURL = baseDev
			}
			m := d.message()
			s, err := sig.Examine(m, p)
			if err != nil {
				t.Fatal(err)
			}
			if s.KeyID != d.keyID || s.Form != sig.Cavage || !s.Created.Equal(now) {
				t.Errorf("got key id %q, form %v, created %v", s.KeyID, s.Form, s.Created)
			}
			if err := s.Verify(rsaKey().Public()); err != nil {
				t.Error(err)
			}
			wantKind(t, s.Verify(otherKey().Public()), sig.WrongSignature)
		})
	}
}

func TestAcceptsEd25519Cavage(t *testing.T) {
	for _, covered := range []string{"(request-target) host date digest", "(request-target) host (created) digest"} {
		d := post()
		d.algorithm, d.key, d.covered, d.created = "hs2019", edKey, covered, strconv.FormatInt(now.Unix(), 10)
		d.format = `keyId="{k}",algorithm="{a}",created={c},headers="{h}",signature="{s}"`
		if err := verify(t, d.message(), policy(), edKey.Public()); err != nil {
			t.Errorf("%s: %v", covered, err)
		}
		wantKind(t, verify(t, d.message(), policy(), ed25519.PublicKey(make([]byte, 32))), sig.WrongSignature)
	}
}

func TestWindow(t *testing.T) {
	kindAt := func(d draft, later time.Duration) sig.Kind {
		p := policy()
		p.Now = now.Add(later)
		err := verify(t, d.message(), p, rsaKey().Public())
		if err == nil {
			return ""
		}
		var e *sig.Error
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		return e.Kind
	}
	dated := post()
	created := post()
	created.algorithm, created.covered = "hs2019", "(request-target) host (created) digest"
	created.created = strconv.FormatInt(now.Unix(), 10)
	created.format = `keyId="{k}",algorithm="{a}",created={c},headers="{h}",signature="{s}"`
	created.header = map[string]string{"Date": "Tue, 01 Jan 2019 00:00:00 GMT"} // not covered, so nobody's word
	expiring := created
	expiring.expires = strconv.FormatInt(now.Add(time.Minute).Unix(), 10)
	expiring.covered += " (expires)"
	expiring.format = `keyId="{k}",algorithm="{a}",created={c},expires={e},headers="{h}",signature="{s}"`
	loose := expiring // a limit nobody signed can only shorten
	loose.covered = created.covered
	for _, tt := range []struct {
		name  string
		d     draft
		later time.Duration
		want  sig.Kind
	}{
		{"date, 65 minutes", dated, 65 * time.Minute, ""},
		{"date, older", dated, 65*time.Minute + time.Second, sig.Expired},
		{"date, an hour ahead", dated, -time.Hour, ""},
		{"date, further ahead", dated, -time.Hour - time.Second, sig.InFuture},
		{"created, 65 minutes", created, 65 * time.Minute, ""},
		{"created, older", created, 65*time.Minute + time.Second, sig.Expired},
		{"created, an hour ahead", created, -time.Hour, ""},
		{"created, further ahead", created, -time.Hour - time.Second, sig.InFuture},
		{"expires and the skew", expiring, 61 * time.Minute, ""},
		{"expired", expiring, 61*time.Minute + time.Second, sig.Expired},
		{"expired, limit not signed", loose, 61*time.Minute + time.Second, sig.Expired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := kindAt(tt.d, tt.later); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	t.Run("own limits", func(t *testing.T) {
		p := sig.Policy{BaseURL: base, Now: now.Add(2 * time.Second), MaxAge: time.Second}
		wantKind(t, verify(t, dated.message(), p, rsaKey().Public()), sig.Expired)
		p = sig.Policy{BaseURL: base, Now: now.Add(-2 * time.Second), MaxSkew: time.Second}
		wantKind(t, verify(t, dated.message(), p, rsaKey().Public()), sig.InFuture)
	})
	t.Run("present by default", func(t *testing.T) {
		d := post()
		d.header = map[string]string{"Date": time.Now().UTC().Format(time.RFC1123Z)}
		if err := verify(t, d.message(), sig.Policy{BaseURL: base}, rsaKey().Public()); err != nil {
			t.Error(err)
		}
	})
}

func TestRFC9421Algorithms(t *testing.T) {
	keys := map[string]crypto.PublicKey{
		"rsa-v1_5-sha256": rsaKey().Public(), "rsa-pss-sha512": rsaKey().Public(),
		"ed25519": edKey.Public(), "ecdsa-p256-sha256": p256Key().Public(),
	}
	signers := map[string]func(string) []byte{
		"rsa-v1_5-sha256": signV15, "rsa-pss-sha512": signPSS, "ed25519": signEd, "ecdsa-p256-sha256": signP256,
	}
	for alg, key := range keys {
		t.Run(alg, func(t *testing.T) {
			d := post9421()
			d.params += `;alg="` + alg + `"`
			d.sign = signers[alg]
			m := d.message()
			s, err := sig.Examine(m, policy())
			if err != nil {
				t.Fatal(err)
			}
			if s.Form != sig.RFC9421 || s.Algorithm != alg || !s.Created.Equal(now) || s.KeyID != "https://peer.example/u/ann#main-key" {
				t.Errorf("got %+v", s)
			}
			if err := s.Verify(key); err != nil {
				t.Error(err)
			}
			for other, wrong := range keys {
				if fmt.Sprintf("%T", wrong) != fmt.Sprintf("%T", key) {
					wantKind(t, s.Verify(wrong), sig.BadKey)
				} else if other != alg { // the right key, the other RSA padding
					d := d
					d.sign = signers[other]
					wantKind(t, verify(t, d.message(), policy(), key), sig.WrongSignature)
				}
			}
		})
		if alg == "rsa-pss-sha512" {
			continue // has to be named
		}
		t.Run(alg+" by key type", func(t *testing.T) {
			d := post9421()
			d.sign = signers[alg]
			if err := verify(t, d.message(), policy(), key); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAcceptsRFC9421(t *testing.T) {
	created := fmt.Sprintf(";created=%d", now.Unix())
	tests := []struct {
		name   string
		change func(*structured)
	}{
		{"Mastodon", func(*structured) {}},
		{"Fedify", func(d *structured) {
			d.covered = []string{"@method", "@target-uri", "@authority", "host", "date", "content-digest"}
			d.params = `;alg="rsa-v1_5-sha256";keyid="https://peer.example/u/ann#main-key"` + created
		}},
		{"authority and path", func(d *structured) {
			d.covered = []string{"@method", "@authority", "@path", "content-digest"}
		}},
		{"authority, path and query", func(d *structured) {
			d.covered, d.target = []string{"@method", "@authority", "@path", "@query", "content-digest"}, "/inbox?a=b"
		}},
		{"authority and request target", func(d *structured) {
			d.covered, d.target = []string{"@method", "@authority", "@request-target", "content-digest"}, "/inbox?a=b"
		}},
		{"percent-encoded request target", func(d *structured) {
			d.covered, d.target = []string{"@method", "@authority", "@request-target", "content-digest"}, "/c/caf%C3%A9%2F/inbox"
		}},
		{"percent-encoded path", func(d *structured) {
			d.covered, d.target = []string{"@method", "@authority", "@path", "content-digest"}, "/c/caf%c3%a9%2F/inbox"
		}},
		{"percent-encoded URI", func(d *structured) { d.target = "/c/caf%c3%a9%2F/inbox?q=%2f" }},
		{"question mark alone", func(d *structured) { d.target = "/inbox?" }},
		{"characters Go would escape", func(d *structured) { d.target = "/in|box" }},
		{"GET", func(d *structured) { d.method, d.body, d.covered = "GET", nil, []string{"@method", "@target-uri"} }},
		{"nonce, tag, expiry and an unknown parameter", func(d *structured) {
			d.params += fmt.Sprintf(`;expires=%d;nonce="a\"\\b";tag="x";future;bin=:AAAA:;n=-1.5;t=tok/en:x;b=?0`, now.Unix()+60)
		}},
		{"port", func(d *structured) { d.host, d.scheme = "stoa.localhost:8080", "http" }},
		{"port left out", func(d *structured) {
			d.host, d.scheme, d.signedURI = "stoa.localhost:8080", "http", "http://stoa.localhost/inbox"
		}},
		{"account as key id", func(d *structured) { d.params = created + `;keyid="acct:ann@peer.example"` }},
		{"other label", func(d *structured) { d.label = "*wp-1" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := post9421()
			tt.change(&d)
			p := policy()
			if d.host == baseDev.Host {
				p.BaseURL = baseDev
			}
			if err := verify(t, d.message(), p, rsaKey().Public()); err != nil {
				t.Fatal(err)
			}
			wantKind(t, verify(t, d.message(), p, otherKey().Public()), sig.WrongSignature)
		})
	}
	t.Run("blanks in Signature-Input", func(t *testing.T) {
		m := changed(post9421().message(), func(m *sig.Message) {
			in := m.Header.Get("Signature-Input")
			m.Header.Set("Signature-Input", "  "+in[:6]+"  "+in[6:]+" ")
		})
		if err := verify(t, m, policy(), rsaKey().Public()); err != nil {
			t.Error(err)
		}
	})
	t.Run("behind a proxy the message names no scheme", func(t *testing.T) {
		d := post9421()
		d.scheme = "http" // what the sender would have signed had it used http
		wantKind(t, verify(t, d.message(), policy(), rsaKey().Public()), sig.WrongSignature)
	})
}
