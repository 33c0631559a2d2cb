// Package sig signs HTTP requests and judges signed ones, in the two forms the
// fediverse uses: draft-cavage-http-signatures-12 (sent and accepted) and
// RFC 9421 (accepted).
//
// Judging has two halves. [Examine] reads everything that can be known without
// a key: that there is exactly one signature, in an algorithm we verify, over
// enough of the message, of the right age, for our host, and that the digest
// is that of the body. [Signature.Verify] then applies the key. The first half
// must pass before anybody goes to fetch a key, because the key id is chosen
// by the sender. Both work on a plain [Message] rather than on *http.Request,
// so that a request kept until its key arrives is judged exactly as it would
// have been on arrival.
//
// What this package cannot know, and its caller must check: that the key
// belongs to the actor who is said to act.
package sig

import (
	"crypto"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Message is what of an HTTP request its signature may speak of.
type Message struct {
	Method string
	Target string // request target as it stood on the request line: "/inbox?x=1"
	Host   string // Host header, with port if it had one
	Header http.Header
	Body   []byte // every byte that was received, before any decoding
}

// FromRequest takes the message out of a received request whose body has been
// read. The header is shared with r, not copied.
func FromRequest(r *http.Request, body []byte) Message {
	target := r.RequestURI
	if target == "" { // a request made here, not received
		target = r.URL.RequestURI()
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return Message{Method: r.Method, Target: target, Host: host, Header: r.Header, Body: body}
}

// The window Mastodon accepts, and with it most of the fediverse: a plain date
// is good for five minutes, and clocks may be wrong by an hour either way.
const (
	DefaultMaxAge  = 65 * time.Minute
	DefaultMaxSkew = time.Hour
)

// Policy is what a message is held against.
type Policy struct {
	// BaseURL is our public URL; scheme and host (with port) count. Required.
	BaseURL *url.URL
	// Now is the moment of arrival, also when a stored message is examined
	// later. Zero means the present.
	Now time.Time
	// MaxAge is how old a signature may be. Zero means DefaultMaxAge.
	MaxAge time.Duration
	// MaxSkew is how far ahead a signature may be dated, and how long it
	// outlives its own expiry. Zero means DefaultMaxSkew.
	MaxSkew time.Duration
}

// Form is the standard a signature follows.
type Form int

// The two forms.
const (
	Cavage  Form = 1 // draft-cavage-http-signatures-12
	RFC9421 Form = 2
)

func (f Form) String() string {
	switch f {
	case Cavage:
		return "draft-cavage"
	case RFC9421:
		return "RFC 9421"
	}
	return "unknown"
}

// Signature is a signature that lacks only the proof by its key. It keeps no
// reference to the message. Its methods may be used by several goroutines.
type Signature struct {
	// KeyID is the sender's name for the key, byte for byte: an http or https
	// URL with or without fragment, or an acct: URI. Nothing may be concluded
	// from its form.
	KeyID string
	Form  Form
	// Algorithm as stated: "" (the key's type decides), "hs2019" (likewise),
	// "rsa-sha256", or one of RFC 9421 §6.2.2 that we accept.
	Algorithm string
	// Created is the signed moment: the covered creation time, else the Date.
	Created time.Time
	// Expires is the sender's own limit; zero if there was none.
	Expires time.Time
	// Covered lists what was signed, lower case, in order.
	Covered []string

	method string
	scheme string
	target string
	hosts  []string    // spellings of our host the sender may have signed
	header http.Header // the covered fields only
	value  []byte      // the signature itself

	created, expires string // draft-cavage: as written, for the signing string
	params           string // RFC 9421: parameters as written, canonical
}

// Examine judges all of a message's signature that can be judged without the
// key. The error is always an *Error; a nil error says nothing about who sent
// the message until Verify has.
func Examine(m Message, p Policy) (*Signature, error) {
	if p.Now.IsZero() {
		p.Now = time.Now()
	}
	if p.MaxAge == 0 {
		p.MaxAge = DefaultMaxAge
	}
	if p.MaxSkew == 0 {
		p.MaxSkew = DefaultMaxSkew
	}
	if err := checkRequestLine(m); err != nil {
		return nil, err
	}
	hosts, err := ourHosts(m.Host, p.BaseURL)
	if err != nil {
		return nil, err
	}
	s := &Signature{method: m.Method, scheme: p.BaseURL.Scheme, target: m.Target, hosts: hosts}
	// A message with Signature-Input is never tried as draft-cavage: peers
	// knock first with RFC 9421 and come back with the older form only if the
	// first knock was refused.
	if len(m.Header.Values("Signature-Input")) > 0 {
		err = s.examineRFC9421(m, p)
	} else {
		err = s.examineCavage(m, p)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Verify returns nil if and only if the signature was made with the private
// half of key: *rsa.PublicKey of 2048 to 8192 bits, ed25519.PublicKey, or, for
// RFC 9421, *ecdsa.PublicKey on P-256. The error is always an *Error, of kind
// BadKey or WrongSignature.
func (s *Signature) Verify(key crypto.PublicKey) error {
	if s == nil {
		return refuse(Missing, "no signature was examined")
	}
	if err := checkKey(key); err != nil {
		return err
	}
	switch s.Form {
	case Cavage:
		return s.verifyCavage(key)
	case RFC9421:
		return s.verifyRFC9421(key)
	}
	return refuse(UnsupportedAlgorithm, "unknown form of signature")
}

// covers reports whether a name is among what was signed.
func (s *Signature) covers(name string) bool { return slices.Contains(s.Covered, name) }

// needsDigest: requests that change something, and any that has a body.
func needsDigest(m Message) bool {
	return m.Method != http.MethodGet && m.Method != http.MethodHead || len(m.Body) > 0
}

// checkRequestLine holds for messages from net/http by themselves; a stored
// message has made a journey since.
func checkRequestLine(m Message) error {
	if m.Method == "" || strings.ContainsFunc(m.Method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		return refuse(Malformed, "method %.20q", m.Method)
	}
	if !strings.HasPrefix(m.Target, "/") || strings.ContainsFunc(m.Target, notVisible) {
		return refuse(Malformed, "request target %.80q", m.Target)
	}
	return nil
}

func notVisible(c rune) bool { return c <= ' ' || c == 0x7f }

// keepCovered copies the covered fields out of a message. Each must be there:
// a signature over an absent field is a signature over something else.
func (s *Signature) keepCovered(m Message) error {
	s.header = make(http.Header, len(s.Covered)+1)
	for _, name := range s.Covered {
		if name == "host" || name[0] == '(' || name[0] == '@' {
			continue
		}
		if name == "signature" || name == "signature-input" {
			return refuse(Malformed, "the signature covers itself")
		}
		key := textproto.CanonicalMIMEHeaderKey(name)
		values := m.Header[key]
		if len(values) == 0 {
			return refuse(Malformed, "covered header %.40q is not in the message", name)
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n") {
				return refuse(Malformed, "line break in header %.40q", name)
			}
		}
		s.header[key] = slices.Clone(values)
	}
	return nil
}

// checkKeyID asks only that the id can name a key at all. Where to look for it
// is for others to say.
func checkKeyID(id string) error {
	if id == "" {
		return refuse(Malformed, "no key id")
	}
	if len(id) > 2048 || !utf8.ValidString(id) || strings.ContainsFunc(id, notVisible) || strings.ContainsFunc(id, unicode.IsControl) {
		return refuse(Malformed, "key id %.80q", id)
	}
	if name, ok := strings.CutPrefix(id, "acct:"); ok {
		user, host, _ := strings.Cut(name, "@")
		if user == "" || host == "" || strings.ContainsAny(host, "@/") {
			return refuse(Malformed, "key id %.80q is no account", id)
		}
		return nil
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || !utf8.ValidString(u.Host) || u.User != nil {
		return refuse(Malformed, "key id %.80q is no http URL", id)
	}
	return nil
}
