// Package proof makes and judges integrity proofs inside documents (FEP-8b32,
// W3C Data Integrity), in the one cryptosuite that the fediverse uses:
// eddsa-jcs-2022. A document with such a proof says who wrote it whoever brings
// it.
//
// Judging has two halves, as with HTTP signatures. [Examine] reads all that can
// be known without a key; [Proof.Verify] applies one. What this package cannot
// know, and its caller must check: that the key belongs to whoever is said to
// have written the document, and that its owner means it for this
// (assertionMethod).
package proof

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// What a proof says of itself.
const (
	kind    = "DataIntegrityProof"
	suite   = "eddsa-jcs-2022"
	purpose = "assertionMethod"
)

// MaxSkew is how far ahead a proof may be dated: as much as clocks differ
// elsewhere in the fediverse.
const MaxSkew = time.Hour

// Proof is a proof that lacks only its key.
type Proof struct {
	// Method is the id of the key, byte for byte. Nothing may be concluded from
	// its form.
	Method  string
	Created time.Time // zero when not said

	signed    [2 * sha256.Size]byte
	signature []byte
}

// options are the members of a proof that have a meaning here. All others are
// covered by the signature as they stand.
type options struct {
	Type, Suite, Purpose, Method, Created, Expires, Value string
}

// Examine reads the proof of a document, which must be one JSON object, and
// judges it but for the key. now is when the document arrived.
//
// There must be exactly one proof: of several, nothing says which one somebody
// else would believe. A @context in the proof must be that of the document: the
// standard lets a document have more, but then what is kept is not what was
// signed. Where the document has none it stands in that of its proof, since some
// software takes it off what it embeds; nothing is read by it here. Numbers must be written as ECMAScript writes
// them, because two spellings of a number have one signature and may be read
// as two things. A linked data signature is no part of what is proven.
//
// The error is always an *[Error].
func Examine(document []byte, now time.Time) (*Proof, error) {
	fields, err := unequivocal(document)
	if err != nil {
		return nil, err
	}
	raw := fields["proof"]
	if len(raw) == 0 || string(raw) == "null" {
		return nil, refuse(Missing, "no proof")
	}
	if raw[0] == '[' {
		return nil, refuse(Several, "a list of proofs")
	}
	config, err := members(raw)
	if err != nil {
		return nil, err
	}
	o, err := readOptions(config)
	if err != nil {
		return nil, err
	}
	p := &Proof{Method: o.Method}
	if err := p.judge(o, now); err != nil {
		return nil, err
	}
	if inside, ok := config["@context"]; ok {
		if fields["@context"] == nil {
			fields["@context"] = inside
		}
		if same, err := equal(inside, fields["@context"]); err != nil || !same {
			return nil, refuse(WrongContext, "the proof has another @context than the document")
		}
	}
	delete(config, "proofValue")
	delete(fields, "proof")
	delete(fields, "signature")
	if p.signed, err = digest(config, fields); err != nil {
		return nil, err
	}
	return p, nil
}

// Verify returns nil if and only if the proof was made with the private half of
// key. The error is an *[Error] of kind WrongSignature.
func (p *Proof) Verify(key ed25519.PublicKey) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, p.signed[:], p.signature) {
		return refuse(WrongSignature, "the key did not sign this")
	}
	return nil
}

// judge holds what a proof says of itself against what is believed here.
func (p *Proof) judge(o options, now time.Time) error {
	switch {
	case o.Type != kind || o.Suite != suite:
		return refuse(Unsupported, "%.40q, %.40q", o.Type, o.Suite)
	case o.Purpose != purpose:
		return refuse(WrongPurpose, "%.40q", o.Purpose)
	case o.Method == "":
		return refuse(Malformed, "no verificationMethod")
	}
	var err error
	if p.Created, err = moment(o.Created); err != nil {
		return err
	}
	expires, err := moment(o.Expires)
	switch {
	case err != nil:
		return err
	case p.Created.After(now.Add(MaxSkew)):
		return refuse(InFuture, "created %.40q", o.Created)
	case !expires.IsZero() && !expires.After(now):
		return refuse(Expired, "expires %.40q", o.Expires)
	}
	p.signature, err = fromMultibase(o.Value)
	if err != nil || len(p.signature) != ed25519.SignatureSize {
		return refuse(Malformed, "proofValue")
	}
	return nil
}

// readOptions reads what has a meaning here. What binds a proof to something
// that is not looked at is refused.
func readOptions(config map[string]json.RawMessage) (options, error) {
	var o options
	for name, to := range map[string]*string{
		"type": &o.Type, "cryptosuite": &o.Suite, "proofPurpose": &o.Purpose, "verificationMethod": &o.Method,
		"created": &o.Created, "expires": &o.Expires, "proofValue": &o.Value,
	} {
		if raw, ok := config[name]; ok && (raw[0] != '"' || json.Unmarshal(raw, to) != nil) {
			return o, refuse(Malformed, "%s is no string", name)
		}
	}
	for _, name := range []string{"domain", "challenge", "previousProof"} {
		if _, ok := config[name]; ok {
			return o, refuse(Unsupported, "%s", name)
		}
	}
	return o, nil
}

func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, refuse(Malformed, "the time %.40q", text)
	}
	return t, nil
}

// Sign returns a document with a proof as its last member; all other bytes stay
// as they are. The document is one JSON object that has none yet.
func Sign(document []byte, method string, key ed25519.PrivateKey, created time.Time) ([]byte, error) {
	fields, err := unequivocal(document)
	if err != nil {
		return nil, err
	}
	if _, ok := fields["proof"]; ok {
		return nil, refuse(Several, "the document has a proof")
	}
	config := map[string]json.RawMessage{}
	for name, text := range map[string]string{
		"type": kind, "cryptosuite": suite, "proofPurpose": purpose, "verificationMethod": method,
		"created": created.UTC().Format(time.RFC3339),
	} {
		if config[name], err = json.Marshal(text); err != nil {
			return nil, refuse(Malformed, "%s", name)
		}
	}
	if context, ok := fields["@context"]; ok {
		config["@context"] = context
	}
	signed, err := digest(config, fields)
	if err != nil {
		return nil, err
	}
	config["proofValue"] = json.RawMessage(`"` + toMultibase(ed25519.Sign(key, signed[:])) + `"`)
	written, err := canonicalOf(config)
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndexByte(document, '}')
	out := make([]byte, 0, len(document)+len(written)+len(`,"proof":`))
	out = append(out, document[:end]...)
	if len(fields) > 0 {
		out = append(out, ',')
	}
	out = append(append(out, `"proof":`...), written...)
	return append(out, document[end:]...), nil
}

// digest is what is signed: the hash of what the proof says of itself, and that
// of the document without it.
func digest(config, fields map[string]json.RawMessage) (out [2 * sha256.Size]byte, err error) {
	for i, part := range []map[string]json.RawMessage{config, fields} {
		text, err := canonicalOf(part)
		if err != nil {
			return out, err
		}
		sum := sha256.Sum256(text)
		copy(out[i*sha256.Size:], sum[:])
	}
	return out, nil
}

// unequivocal reads a document that everybody reads alike: what is said twice in it
// would be gone once it is taken apart.
func unequivocal(document []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(document) {
		return nil, refuse(Malformed, "not UTF-8")
	}
	fields, err := members(document)
	if err != nil {
		return nil, err
	}
	_, err = canonical(document)
	return fields, err
}

func members(object []byte) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil || fields == nil {
		return nil, refuse(Malformed, "not an object")
	}
	return fields, nil
}

func canonicalOf(fields map[string]json.RawMessage) ([]byte, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, refuse(Malformed, "%v", err)
	}
	return canonical(text)
}

// canonical writes JSON as RFC 8785 says. Half surrogates, keys that are said
// twice and numbers that are too large are refused, and so are those that are
// written in another way than there.
func canonical(text []byte) ([]byte, error) {
	if number := oddNumber(text); number != "" {
		return nil, refuse(Malformed, "the number %.40s", number)
	}
	out, err := jcs.Transform(text)
	if err != nil {
		return nil, refuse(Malformed, "%.200v", err)
	}
	return out, nil
}

// oddNumber finds a number that ECMAScript would write in another way.
func oddNumber(text []byte) string {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
		case c == '-' || '0' <= c && c <= '9':
			start := i
			for i < len(text) && strings.IndexByte("+-.eE0123456789", text[i]) >= 0 {
				i++
			}
			number := string(text[start:i])
			value, err := strconv.ParseFloat(number, 64)
			if plain, odd := jcs.NumberToJSON(value); err != nil || odd != nil || plain != number {
				return number
			}
		default:
			i++
		}
	}
	return ""
}

func equal(a, b []byte) (bool, error) {
	first, err := canonical(a)
	if err != nil {
		return false, err
	}
	second, err := canonical(b)
	return bytes.Equal(first, second), err
}
