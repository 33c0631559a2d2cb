package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/yaronf/httpsign"
)

func (s *Signature) examineRFC9421(m Message, p Policy) error {
	s.Form = RFC9421
	in, err := s.readRFC9421(m.Header)
	if err != nil {
		return err
	}
	if err := s.checkRFC9421Coverage(m); err != nil {
		return err
	}
	if err := s.keepCovered(m); err != nil {
		return err
	}
	digest := m.Header.Values("Content-Digest")
	if needsDigest(m) || len(digest) > 0 {
		if err := checkContentDigest(digest, m.Body); err != nil {
			return err
		}
	}
	return s.readInputParams(in, m, p)
}

// readRFC9421 reads both fields. There must be one signature and its input
// under the same label: with several, a verifier has to choose, and the sender
// decides which one it is to see.
func (s *Signature) readRFC9421(h http.Header) (signatureInput, error) {
	var none signatureInput
	if len(h.Values("Signature")) == 0 {
		return none, refuse(Missing, "Signature-Input without Signature")
	}
	inputs, err := parseSignatureInputs(strings.Join(h.Values("Signature-Input"), ", "))
	if err != nil {
		return none, refuse(Malformed, "Signature-Input: %v", err)
	}
	values, err := parseByteSequences(strings.Join(h.Values("Signature"), ", "))
	if err != nil {
		return none, refuse(Malformed, "Signature: %v", err)
	}
	switch {
	case len(inputs) > 1 && inputs[0].label == inputs[1].label, len(values) > 1 && values[0].key == values[1].key:
		return none, refuse(DuplicateParameter, "signature %.40q", inputs[0].label)
	case len(inputs) > 1, len(values) > 1:
		return none, refuse(SeveralSignatures, "%d inputs, %d signatures", len(inputs), len(values))
	case inputs[0].label != values[0].key:
		return none, refuse(Missing, "no signature for input %.40q", inputs[0].label)
	case len(values[0].value) == 0:
		return none, refuse(Malformed, "empty signature")
	}
	s.value, s.Covered, s.params = values[0].value, inputs[0].covered, inputs[0].canonical()
	for i, name := range s.Covered {
		if slices.Contains(s.Covered[:i], name) {
			return none, refuse(DuplicateParameter, "%.40q is covered twice", name)
		}
		switch name {
		case "@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query":
		default:
			if name == "" || name != strings.ToLower(name) || strings.ContainsAny(name, "()@:, \"\\") {
				return none, refuse(Malformed, "covered component %.40q", name)
			}
		}
	}
	return inputs[0], nil
}

// checkRFC9421Coverage asks for the method, where the request goes, and the
// digest of what it carries.
func (s *Signature) checkRFC9421Coverage(m Message) error {
	if !s.covers("@method") {
		return refuse(NotCovered, "@method")
	}
	hasQuery := strings.Contains(m.Target, "?")
	whole := s.covers("@request-target") || s.covers("@path") && (!hasQuery || s.covers("@query"))
	if !s.covers("@target-uri") && (!s.covers("@authority") || !whole) {
		return refuse(NotCovered, "@target-uri")
	}
	if needsDigest(m) && !s.covers("content-digest") {
		if len(m.Header.Values("Content-Digest")) == 0 {
			return refuse(DigestMissing, "no Content-Digest header")
		}
		return refuse(NotCovered, "content-digest")
	}
	return nil
}

// readInputParams reads the signature's parameters (RFC 9421 §2.3). Unknown
// ones are signed but mean nothing here.
func (s *Signature) readInputParams(in signatureInput, m Message, p Policy) error {
	params := make(map[string]string, len(in.params))
	for _, q := range in.params {
		if _, twice := params[q.key]; twice {
			return refuse(DuplicateParameter, "%.40q", q.key)
		}
		params[q.key] = q.raw
	}
	for _, name := range []string{"keyid", "alg"} {
		if raw, ok := params[name]; ok && !strings.HasPrefix(raw, `"`) {
			return refuse(Malformed, "%s is no string", name)
		}
	}
	if raw, ok := params["keyid"]; ok {
		s.KeyID = unquote(raw)
	}
	if err := checkKeyID(s.KeyID); err != nil {
		return err
	}
	if raw, ok := params["alg"]; ok {
		s.Algorithm = unquote(raw)
		switch s.Algorithm {
		case "rsa-v1_5-sha256", "rsa-pss-sha512", "ecdsa-p256-sha256", "ed25519":
		default:
			return refuse(UnsupportedAlgorithm, "%.40q", s.Algorithm)
		}
	}
	if _, ok := params["created"]; !ok {
		return refuse(NotCovered, "created")
	}
	created, err := parseUnix("created", params["created"])
	if err != nil {
		return err
	}
	if raw, ok := params["expires"]; ok {
		if s.Expires, err = parseUnix("expires", raw); err != nil {
			return err
		}
	}
	return s.checkTimes(m, p, created)
}

// verifyRFC9421 leaves the signature base and the arithmetic to the library,
// and gives it only what was checked here.
func (s *Signature) verifyRFC9421(key crypto.PublicKey) error {
	verifier, err := s.rfc9421Verifier(key)
	if err != nil {
		return err
	}
	for _, host := range s.hosts {
		message, err := httpsign.NewMessage(s.rfc9421Message(authority(host, s.scheme)))
		if err != nil {
			return refuse(Malformed, "%v", err)
		}
		if _, err := message.Verify("sig", *verifier); err == nil {
			return nil
		}
	}
	return refuse(WrongSignature, "not made by the key %.200q", s.KeyID)
}

// rfc9421Verifier picks the algorithm: what the signature states if it fits
// the key, else what the key's type implies; PKCS#1 v1.5 for RSA, which
// Mastodon uses without saying so.
func (s *Signature) rfc9421Verifier(key crypto.PublicKey) (*httpsign.Verifier, error) {
	// The times were held against the policy; the library's own window is ten
	// seconds round the present.
	config := httpsign.NewVerifyConfig().SetVerifyCreated(false).SetRejectExpired(false)
	fields := httpsign.Headers(s.Covered...)
	var verifier *httpsign.Verifier
	var err error
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch s.Algorithm {
		case "", "rsa-v1_5-sha256":
			verifier, err = httpsign.NewRSAVerifier(*key, config, fields)
		case "rsa-pss-sha512":
			verifier, err = httpsign.NewRSAPSSVerifier(*key, config, fields)
		}
	case ed25519.PublicKey:
		if s.Algorithm == "" || s.Algorithm == "ed25519" {
			verifier, err = httpsign.NewEd25519Verifier(key, config, fields)
		}
	case *ecdsa.PublicKey:
		if s.Algorithm == "" || s.Algorithm == "ecdsa-p256-sha256" {
			verifier, err = httpsign.NewP256Verifier(*key, config, fields)
		}
	}
	if err != nil {
		return nil, refuse(BadKey, "%v", err)
	}
	if verifier == nil {
		return nil, refuse(BadKey, "%T for algorithm %q", key, s.Algorithm)
	}
	return verifier, nil
}

// rfc9421Message rebuilds the message with the URL its sender saw, which
// behind a proxy is not the one we were called by. Opaque keeps the target
// byte for byte; parsed, unusual characters would be escaped anew.
func (s *Signature) rfc9421Message(host string) *httpsign.MessageConfig {
	path, query, hasQuery := strings.Cut(s.target, "?")
	u := &url.URL{
		Scheme: s.scheme, Host: host, Opaque: "//" + host + path,
		RawQuery: query, ForceQuery: hasQuery,
	}
	u.Path, u.RawPath = path, ""
	if decoded, err := url.PathUnescape(path); err == nil && s.covers("@path") {
		u.Path, u.RawPath = decoded, path // the library reads @request-target from Path, @path from RawPath
	}
	header := make(http.Header, len(s.header)+3)
	maps.Copy(header, s.header)
	header["Host"] = []string{s.hosts[0]}
	header["Signature-Input"] = []string{"sig=" + s.params}
	header["Signature"] = []string{"sig=:" + base64.StdEncoding.EncodeToString(s.value) + ":"}
	return httpsign.NewMessageConfig().WithMethod(s.method).WithURL(u).WithHeaders(header).
		WithAuthority(host).WithScheme(s.scheme)
}
