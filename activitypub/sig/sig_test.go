package sig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/activitypub/sig"
)

var (
	now     = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	body    = []byte(`{"id":"https://peer.example/a/1","type":"Like"}`)
	base    = &url.URL{Scheme: "https", Host: "stoa.example"}
	baseDev = &url.URL{Scheme: "http", Host: "stoa.localhost:8080"}

	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return must(sig.GenerateKey()) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return must(sig.GenerateKey()) })
	edKey    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	p256Key  = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func policy() sig.Policy { return sig.Policy{BaseURL: base, Now: now} }

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// draft describes a draft-cavage signature to be made by hand, independently
// of the code under test.
type draft struct {
	method, target, host string
	body                 []byte
	header               map[string]string // fields beside Date and Digest
	covered              string
	signedTarget         string // if other than target
	signedHost           string // if other than host
	keyID                string
	algorithm            string // "-" leaves the parameter out
	created, expires     string // as they go into the signing string
	format               string // of the header; see message
	key                  crypto.Signer
}

func post() draft {
	return draft{
		method: "POST", target: "/inbox", host: "stoa.example", body: body,
		covered: "(request-target) host date digest", keyID: "https://peer.example/u/ann#main-key",
		algorithm: "rsa-sha256", key: rsaKey(),
	}
}

func get() draft {
	d := post()
	d.method, d.target, d.body, d.covered = "GET", "/c/go", nil, "(request-target) host date"
	return d
}

func (d draft) message() sig.Message {
	h := http.Header{"Date": {now.Format(http.TimeFormat)}, "Content-Type": {"application/activity+json"}}
	if d.body != nil {
		h.Set("Digest", digestOf(d.body))
	}
	for k, v := range d.header {
		h.Set(k, v)
	}
	target, host := d.target, d.host
	if d.signedTarget != "" {
		target = d.signedTarget
	}
	if d.signedHost != "" {
		host = d.signedHost
	}
	var lines []string
	for name := range strings.FieldsSeq(d.covered) {
		var value string
		switch name {
		case "(request-target)":
			value = strings.ToLower(d.method) + " " + target
		case "host":
			value = host
		case "(created)":
			value = d.created
		case "(expires)":
			value = d.expires
		default:
			value = strings.Join(h[textproto.CanonicalMIMEHeaderKey(name)], ", ")
		}
		lines = append(lines, name+": "+value)
	}
	signature := base64.StdEncoding.EncodeToString(rawSign(d.key, strings.Join(lines, "\n")))
	if d.format == "" {
		d.format = `keyId="{k}",algorithm="{a}",headers="{h}",signature="{s}"`
		if d.algorithm == "-" {
			d.format = `keyId="{k}",headers="{h}",signature="{s}"`
		}
	}
	h.Set("Signature", strings.NewReplacer("{k}", d.keyID, "{a}", d.algorithm, "{h}", d.covered, "{s}", signature,
		"{c}", d.created, "{e}", d.expires).Replace(d.format))
	return sig.Message{Method: d.method, Target: d.target, Host: d.host, Header: h, Body: d.body}
}

func rawSign(key crypto.Signer, text string) []byte {
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(text))
	default:
		sum := sha256.Sum256([]byte(text))
		return must(key.Sign(rand.Reader, sum[:], crypto.SHA256))
	}
}

func verify(t *testing.T, m sig.Message, p sig.Policy, key crypto.PublicKey) error {
	t.Helper()
	s, err := sig.Examine(m, p)
	if err != nil {
		if s != nil {
			t.Error("Examine returned a signature beside its error")
		}
		return err
	}
	return s.Verify(key)
}

func wantKind(t *testing.T, err error, want sig.Kind) {
	t.Helper()
	var e *sig.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want kind %s", err, want)
	}
	if e.Kind != want {
		t.Errorf("got %v, want kind %s", e, want)
	}
}

// structured describes an RFC 9421 signature made by hand.
type structured struct {
	method, target, host, scheme string
	signedURI                    string
	body                         []byte
	header                       map[string]string
	covered                      []string
	params                       string // after the list, canonical
	label                        string
	sign                         func(base string) []byte
}

func post9421() structured {
	return structured{
		method: "POST", target: "/inbox", host: "stoa.example", scheme: "https", body: body,
		covered: []string{"@method", "@target-uri", "content-digest"}, label: "sig1",
		params: fmt.Sprintf(`;created=%d;keyid="https://peer.example/u/ann#main-key"`, now.Unix()),
		sign:   signV15,
	}
}

func signV15(base string) []byte { return rawSign(rsaKey(), base) }

func signPSS(base string) []byte {
	sum := sha512.Sum512([]byte(base))
	return must(rsa.SignPSS(rand.Reader, rsaKey(), crypto.SHA512, sum[:], &rsa.PSSOptions{SaltLength: 64}))
}

func signEd(base string) []byte { return ed25519.Sign(edKey, []byte(base)) }

func signP256(base string) []byte {
	sum := sha256.Sum256([]byte(base))
	r, s, err := ecdsa.Sign(rand.Reader, p256Key(), sum[:])
	if err != nil {
		panic(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func contentDigest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func (d structured) message() sig.Message {
	h := http.Header{"Date": {now.Format(http.TimeFormat)}}
	if d.body != nil {
		h.Set("Content-Digest", contentDigest(d.body))
	}
	for k, v := range d.header {
		h.Set(k, v)
	}
	path, query, hasQuery := strings.Cut(d.target, "?")
	uri := d.scheme + "://" + d.host + d.target
	if d.signedURI != "" {
		uri = d.signedURI
	}
	if hasQuery {
		query = "?" + query
	} else {
		query = "?"
	}
	derived := map[string]string{
		"@method": d.method, "@target-uri": uri, "@authority": d.host, "@scheme": d.scheme,
		"@path": path, "@query": query, "@request-target": d.target, "host": d.host,
	}
	var text strings.Builder
	quoted := make([]string, len(d.covered))
	for i, name := range d.covered {
		quoted[i] = `"` + name + `"`
		value, ok := derived[name]
		if !ok {
			value = strings.Join(h[textproto.CanonicalMIMEHeaderKey(name)], ", ")
		}
		text.WriteString(quoted[i] + ": " + value + "\n")
	}
	input := "(" + strings.Join(quoted, " ") + ")" + d.params
	text.WriteString(`"@signature-params": ` + input)
	h.Set("Signature-Input", d.label+"="+input)
	h.Set("Signature", d.label+"=:"+base64.StdEncoding.EncodeToString(d.sign(text.String()))+":")
	return sig.Message{Method: d.method, Target: d.target, Host: d.host, Header: h, Body: d.body}
}

// changed returns m with an independent header, ready to be spoiled.
func changed(m sig.Message, change func(*sig.Message)) sig.Message {
	m.Header = maps.Clone(m.Header)
	for k, v := range m.Header {
		m.Header[k] = slices.Clone(v)
	}
	m.Body = slices.Clone(m.Body)
	change(&m)
	return m
}
