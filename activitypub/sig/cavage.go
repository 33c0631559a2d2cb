package sig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/httpsig"
)

func (s *Signature) examineCavage(m Message, p Policy) error {
	s.Form = Cavage
	values := m.Header.Values("Signature")
	switch {
	case len(values) == 0:
		return refuse(Missing, "no Signature header")
	case len(values) > 1:
		return refuse(SeveralSignatures, "%d Signature headers", len(values))
	}
	params, err := parseParameters(values[0])
	if err != nil {
		return err
	}
	if err := s.readCavage(params); err != nil {
		return err
	}
	if err := s.checkCavageCoverage(m); err != nil {
		return err
	}
	if err := s.keepCovered(m); err != nil {
		return err
	}
	digest := m.Header.Values("Digest")
	if needsDigest(m) || len(digest) > 0 {
		if err := checkDigest(digest, m.Body); err != nil {
			return err
		}
	}
	var created time.Time
	if s.covers("(created)") {
		if created, err = parseUnix("created", s.created); err != nil {
			return err
		}
	}
	if s.expires != "" {
		if s.Expires, err = parseUnix("expires", s.expires); err != nil {
			return err
		}
	}
	return s.checkTimes(m, p, created)
}

// readCavage fills in what stands in the Signature header itself.
func (s *Signature) readCavage(params map[string]string) error {
	s.KeyID = params["keyid"]
	if err := checkKeyID(s.KeyID); err != nil {
		return err
	}
	var err error
	s.value, err = base64.StdEncoding.DecodeString(params["signature"])
	if err != nil || len(s.value) == 0 {
		return refuse(Malformed, "signature is not base64")
	}
	s.Algorithm = strings.ToLower(params["algorithm"])
	switch s.Algorithm {
	case "", "hs2019", "rsa-sha256":
	default:
		return refuse(UnsupportedAlgorithm, "%.40q", s.Algorithm)
	}
	s.created, s.expires = params["created"], params["expires"]
	s.Covered = strings.Fields(strings.ToLower(params["headers"]))
	if _, given := params["headers"]; !given {
		s.Covered = []string{"date"} // §2.1.6, too little in any case
	}
	for i, name := range s.Covered {
		if slices.Contains(s.Covered[:i], name) {
			return refuse(DuplicateParameter, "%.40q is covered twice", name)
		}
		switch name {
		case "(request-target)":
		case "(created)", "(expires)":
			// §2.3 step 2: these came with hs2019 and must be refused beside
			// the algorithms that were named before it.
			if s.Algorithm == "rsa-sha256" {
				return refuse(Malformed, "%s needs algorithm hs2019", name)
			}
			if name == "(created)" && s.created == "" || name == "(expires)" && s.expires == "" {
				return refuse(Malformed, "%s is covered but not given", name)
			}
		default:
			if strings.ContainsAny(name, "()@:,\"") {
				return refuse(Malformed, "covered name %.40q", name)
			}
		}
	}
	return nil
}

// checkCavageCoverage asks for the least that ties a signature to this request
// alone: without target and host it could be sent elsewhere, without a time
// for ever, without the digest with another body.
func (s *Signature) checkCavageCoverage(m Message) error {
	for _, name := range []string{"(request-target)", "host"} {
		if !s.covers(name) {
			return refuse(NotCovered, "%s", name)
		}
	}
	if !s.covers("date") && !s.covers("(created)") {
		return refuse(NotCovered, "date or (created)")
	}
	if needsDigest(m) && !s.covers("digest") {
		if len(m.Header.Values("Digest")) == 0 {
			return refuse(DigestMissing, "no Digest header")
		}
		return refuse(NotCovered, "digest")
	}
	return nil
}

// verifyCavage tries the spellings of target and host that peers sign. GoToSocial
// and Mastodon sign the query, PieFed and Mbin leave it out.
func (s *Signature) verifyCavage(key crypto.PublicKey) error {
	var algorithm httpsig.Algorithm
	switch key.(type) {
	case *rsa.PublicKey:
		algorithm = httpsig.RSA_SHA256
	case ed25519.PublicKey:
		if s.Algorithm == "rsa-sha256" {
			return refuse(BadKey, "an Ed25519 key for algorithm rsa-sha256")
		}
		algorithm = httpsig.ED25519
	default:
		return refuse(BadKey, "%T is not used with draft-cavage", key)
	}
	targets := []string{s.target}
	if path, _, ok := strings.Cut(s.target, "?"); ok {
		targets = append(targets, path)
	}
	for _, host := range s.hosts {
		for _, target := range targets {
			if s.verifyCavageOnce(key, algorithm, host, target) == nil {
				return nil
			}
		}
	}
	return refuse(WrongSignature, "not made by the key %.200q", s.KeyID)
}

// verifyCavageOnce hands the signature to the library, rebuilt from what was
// parsed here so that both read the same: the library takes the last of
// doubled parameters, stumbles over blanks and over commas in key ids. It
// would also sign the decoded path, so the raw target is given to it as path.
func (s *Signature) verifyCavageOnce(key crypto.PublicKey, algorithm httpsig.Algorithm, host, target string) error {
	if s.covers("(created)") || s.covers("(expires)") {
		return verifyText(key, s.signingString(host, target), s.value)
	}
	header := make(http.Header, len(s.header)+2)
	maps.Copy(header, s.header)
	header["Host"] = []string{host}
	header["Signature"] = []string{`keyId="key",headers="` + strings.Join(s.Covered, " ") +
		`",signature="` + base64.StdEncoding.EncodeToString(s.value) + `"`}
	verifier, err := httpsig.NewVerifier(&http.Request{
		Method: s.method, URL: &url.URL{Path: target}, Host: host, Header: header,
	})
	if err != nil {
		return err
	}
	return verifier.Verify(key, algorithm)
}

// signingString builds the text of §2.3 for signatures that cover (created) or
// (expires). The library holds these against the present with ten seconds to
// spare, which would refuse a request that waited for its key, and it rewrites
// their numbers.
func (s *Signature) signingString(host, target string) string {
	lines := make([]string, len(s.Covered))
	for i, name := range s.Covered {
		var value string
		switch name {
		case "(request-target)":
			value = strings.ToLower(s.method) + " " + target
		case "(created)":
			value = s.created
		case "(expires)":
			value = s.expires
		case "host":
			value = host
		default:
			values := slices.Clone(s.header[textproto.CanonicalMIMEHeaderKey(name)])
			for j := range values {
				values[j] = strings.TrimSpace(values[j])
			}
			value = strings.Join(values, ", ")
		}
		lines[i] = name + ": " + value
	}
	return strings.Join(lines, "\n")
}

func verifyText(key crypto.PublicKey, text string, signature []byte) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	case ed25519.PublicKey:
		if ed25519.Verify(key, []byte(text), signature) {
			return nil
		}
	}
	return refuse(WrongSignature, "")
}
