package fedtest

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// Style is a way of signing, named after who signs so. Signing is written out
// here rather than left to the code under test.
type Style string

// The styles. The empty one is that of the peer's own software.
const (
	AsMastodon       Style = "mastodon"
	AsGoToSocial     Style = "gotosocial"
	AsLemmy          Style = "lemmy"
	AsPieFed         Style = "piefed"
	AsMbin           Style = "mbin"
	AsNodeBB         Style = "nodebb"
	AsDiscourse      Style = "discourse"
	AsRFC9421        Style = "rfc9421"         // RSA, algorithm not named, as Mastodon does
	AsRFC9421Ed25519 Style = "rfc9421-ed25519" // with the actor's second key
	Unsigned         Style = "unsigned"
)

// AllStyles lists every style that signs.
func AllStyles() []Style {
	return []Style{AsMastodon, AsGoToSocial, AsLemmy, AsPieFed, AsMbin, AsNodeBB, AsDiscourse, AsRFC9421, AsRFC9421Ed25519}
}

// cavageStyle is a hand in draft-cavage.
type cavageStyle struct {
	post, get string // covered names
	algorithm string
	pathOnly  bool // the query is not signed
	noPort    bool // nor is the port
	digestGet bool // GETs carry the digest of nothing
}

func (s Style) cavage() cavageStyle {
	const plainGet = "(request-target) host date"
	switch s {
	case AsLemmy:
		return cavageStyle{
			post: "(request-target) content-type date digest host", get: "(request-target) accept date digest host",
			algorithm: "hs2019", digestGet: true,
		}
	case AsGoToSocial:
		return cavageStyle{post: "(request-target) host date digest", get: plainGet, algorithm: "hs2019"}
	case AsDiscourse:
		return cavageStyle{
			post: "host date digest (request-target) (created) (expires)", get: "host date (request-target) (created) (expires)",
			algorithm: "hs2019", pathOnly: true, noPort: true,
		}
	case AsPieFed:
		return cavageStyle{
			post: "(request-target) host date digest content-type", get: "(request-target) host date accept",
			algorithm: "rsa-sha256", pathOnly: true, noPort: true,
		}
	case AsMbin:
		return cavageStyle{
			post: "(request-target) host date digest content-type", get: plainGet,
			algorithm: "rsa-sha256", pathOnly: true, noPort: true,
		}
	case AsNodeBB:
		return cavageStyle{post: "(request-target) host date digest", get: plainGet, algorithm: "rsa-sha256"}
	default:
		return cavageStyle{post: "(request-target) host date digest content-type", get: plainGet, algorithm: "rsa-sha256"}
	}
}

// sign puts signature, Date and digest on a request.
func (as SignAs) sign(r *http.Request, body []byte) error {
	r.Header.Set("Date", as.Date.UTC().Format(http.TimeFormat))
	switch as.Style {
	case Unsigned:
		return nil
	case AsRFC9421, AsRFC9421Ed25519:
		return as.signRFC9421(r, body)
	}
	style := as.Style.cavage()
	names := style.post
	if r.Method == http.MethodGet {
		names = style.get
	}
	sum := sha256.Sum256(body)
	if r.Method != http.MethodGet || style.digestGet {
		r.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	}
	if as.Digest != "" {
		r.Header.Set("Digest", as.Digest)
	}
	target, host := r.URL.RequestURI(), r.URL.Host
	if style.pathOnly {
		target = r.URL.EscapedPath()
	}
	if style.noPort {
		host = r.URL.Hostname()
	}
	created, expires := as.Date.Unix(), as.Date.Add(5*time.Minute).Unix()
	covered := slices.DeleteFunc(strings.Fields(names), func(n string) bool { return slices.Contains(as.Uncovered, n) })
	lines := make([]string, len(covered))
	for i, name := range covered {
		value := r.Header.Get(textproto.CanonicalMIMEHeaderKey(name))
		switch name {
		case "(request-target)":
			value = strings.ToLower(r.Method) + " " + target
		case "(created)":
			value = fmt.Sprint(created)
		case "(expires)":
			value = fmt.Sprint(expires)
		case "host":
			value = host
		}
		lines[i] = name + ": " + value
	}
	signature, err := signText(as.Key, strings.Join(lines, "\n"))
	if err != nil {
		return err
	}
	times := ""
	if slices.Contains(covered, "(created)") || slices.Contains(covered, "(expires)") {
		times = fmt.Sprintf(`created="%d",expires="%d",`, created, expires)
	}
	r.Header.Set("Signature", `keyId="`+as.KeyID+`",algorithm="`+style.algorithm+`",`+times+
		`headers="`+strings.Join(covered, " ")+`",signature="`+signature+`"`)
	return nil
}

func (as SignAs) signRFC9421(r *http.Request, body []byte) error {
	covered := []string{"@method", "@target-uri"}
	if r.Method != http.MethodGet {
		sum := sha256.Sum256(body)
		r.Header.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
		covered = append(covered, "content-digest")
	}
	if as.Digest != "" {
		r.Header.Set("Content-Digest", as.Digest)
	}
	covered = slices.DeleteFunc(covered, func(n string) bool { return slices.Contains(as.Uncovered, n) })
	var base strings.Builder
	for _, name := range covered {
		value := r.Header.Get(name)
		switch name {
		case "@method":
			value = r.Method
		case "@target-uri":
			value = r.URL.Scheme + "://" + r.URL.Host + r.URL.RequestURI()
		}
		fmt.Fprintf(&base, "%q: %s\n", name, value)
	}
	params := ""
	if len(covered) > 0 {
		params = `"` + strings.Join(covered, `" "`) + `"`
	}
	params = fmt.Sprintf("(%s);created=%d;keyid=", params, as.Date.Unix()) + `"` + as.KeyID + `"`
	base.WriteString(`"@signature-params": ` + params)
	signature, err := signText(as.Key, base.String())
	if err != nil {
		return err
	}
	r.Header.Set("Signature-Input", "sig1="+params)
	r.Header.Set("Signature", "sig1=:"+signature+":")
	return nil
}

func signText(key crypto.Signer, text string) (string, error) {
	var signature []byte
	var err error
	if _, ok := key.(ed25519.PrivateKey); ok {
		signature, err = key.Sign(nil, []byte(text), crypto.Hash(0))
	} else {
		sum := sha256.Sum256([]byte(text))
		signature, err = key.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	if err != nil {
		return "", fmt.Errorf("fedtest: sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}
