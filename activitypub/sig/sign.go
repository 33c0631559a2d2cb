package sig

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/httpsig"
)

// Signer signs requests for one key.
type Signer struct {
	// KeyID is the URL at which peers find the public half.
	KeyID string
	Key   *rsa.PrivateKey
}

// Sign signs r as every peer accepts it; see Signer.Sign.
func Sign(r *http.Request, body []byte, keyID string, key *rsa.PrivateKey, now time.Time) error {
	return Signer{KeyID: keyID, Key: key}.Sign(r, body, now)
}

// Sign sets Date, Digest (unless r is a GET or HEAD) and Signature on a request
// that is about to be sent with exactly this body. The form is draft-cavage
// over "(request-target) host date digest" with algorithm="rsa-sha256", capital
// "SHA-256=" and no blanks after commas, each of which some peer insists on. A
// request may be signed anew, for a retry: what an earlier Sign set is replaced.
func (s Signer) Sign(r *http.Request, body []byte, now time.Time) error {
	if s.Key == nil {
		return refuse(BadKey, "no private key")
	}
	if err := checkKeyID(s.KeyID); err != nil {
		return err
	}
	if strings.ContainsAny(s.KeyID, `",\`) {
		return refuse(Malformed, "key id %.80q", s.KeyID)
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	if host == "" || strings.ContainsFunc(host, func(c rune) bool { return notVisible(c) || c > 0x7e }) {
		return refuse(Malformed, "host %.80q is not ASCII", host)
	}
	covered := []string{httpsig.RequestTarget, "host", "date"}
	get := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == ""
	if get && len(body) == 0 {
		body = nil // the library adds no digest then
	} else {
		covered = append(covered, "digest")
		if body == nil {
			body = []byte{}
		}
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Del("Digest")
	r.Header.Del("Signature")
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))

	// The library signs URL.Path, which is decoded. What goes over the wire is
	// RequestURI, so a copy carries that as its path.
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	signed := &http.Request{Method: method, URL: &url.URL{Path: r.URL.RequestURI()}, Header: r.Header.Clone()}
	signed.Header.Set("Host", host)
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.RSA_SHA256}, httpsig.DigestSha256, covered, httpsig.Signature, 0)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if err := signer.SignRequest(s.Key, s.KeyID, signed, body); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	// The library always states hs2019, which NodeBB and PieFed know less well.
	// The parameter itself is not signed.
	r.Header.Set("Signature", strings.Replace(signed.Header.Get("Signature"), `algorithm="hs2019"`, `algorithm="rsa-sha256"`, 1))
	if digest := signed.Header.Get("Digest"); digest != "" {
		r.Header.Set("Digest", digest)
	}
	return nil
}
