package activitypub

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Kinds of an [IRIError].
const (
	KindNotAbsolute Kind = "not-absolute" // no absolute http or https IRI
	KindPlainHTTP   Kind = "plain-http"   // http where only https is allowed
	KindTooLong     Kind = "too-long"     // more than MaxIRI bytes
	KindBadHost     Kind = "bad-host"     // a host or port that must not be repaired
	KindUserinfo    Kind = "userinfo"     // user name or password before the host
	KindBadIRI      Kind = "bad-iri"      // blanks, control characters, backslashes, broken escapes
)

// An IRIError says why a text is not accepted as the id of a thing on another server.
type IRIError struct {
	Kind Kind
	IRI  string // at most the first 200 bytes
}

func (e *IRIError) Error() string { return fmt.Sprintf("activitypub: %s: %q", e.Kind, e.IRI) }

func iriError(kind Kind, iri string) error {
	return &IRIError{Kind: kind, IRI: cut(iri, 200)}
}

// Origin returns the origin of an http or https IRI, "scheme://host" with ":port" unless it is the scheme's own. Two
// things may speak for each other only when their origins are equal. The host comes out in lower case, as IDNA ASCII,
// without the one trailing dot it may have. Hosts with a slash, backslash, at sign, percent sign, blank or control
// character are refused, never repaired: a server that removed slashes from a host once took a.so/cial for a.social.
//
// The error is an *[IRIError].
func Origin(iri string) (string, error) {
	scheme, host, err := split(iri)
	if err != nil {
		return "", err
	}
	return scheme + "://" + host, nil
}

// SameOrigin reports whether a and b are both acceptable to [Origin] and have one origin.
func SameOrigin(a, b string) bool {
	oa, err := Origin(a)
	if err != nil {
		return false
	}
	ob, err := Origin(b)
	return err == nil && oa == ob
}

// Host returns the host of [Origin], with ":port" unless it is the scheme's own; "" when iri has no origin.
func Host(iri string) string {
	_, host, err := split(iri)
	if err != nil {
		return ""
	}
	return host
}

// ValidID reports whether iri can be the id of an actor, object or activity: an absolute https IRI (or http, where
// allowHTTP says so) of at most MaxIRI bytes whose host [Origin] accepts. A fragment is allowed. The error is an
// *[IRIError].
func ValidID(iri string, allowHTTP bool) error {
	scheme, _, err := split(iri)
	if err != nil {
		return err
	}
	if scheme == "http" && !allowHTTP {
		return iriError(KindPlainHTTP, iri)
	}
	if _, err := url.Parse(iri); err != nil {
		return iriError(KindBadIRI, iri)
	}
	return nil
}

// split returns scheme and normalised host of an IRI.
func split(iri string) (scheme, host string, err error) {
	if len(iri) > MaxIRI {
		return "", "", iriError(KindTooLong, iri)
	}
	if !cleanIRI(iri) {
		return "", "", iriError(KindBadIRI, iri)
	}
	scheme, rest, ok := strings.Cut(iri, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return "", "", iriError(KindNotAbsolute, iri)
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if strings.Contains(authority, "@") {
		return "", "", iriError(KindUserinfo, iri)
	}
	name, port, ok := splitPort(authority)
	if !ok {
		return "", "", iriError(KindBadHost, iri)
	}
	if name, ok = hostASCII(name); !ok {
		return "", "", iriError(KindBadHost, iri)
	}
	if port != "" && (scheme != "https" || port != "443") && (scheme != "http" || port != "80") {
		name += ":" + port
	}
	return scheme, name, nil
}

// cleanIRI reports whether s has no blanks, control characters or backslashes. Browsers read a backslash as a slash.
func cleanIRI(s string) bool {
	for _, r := range s {
		if r <= ' ' || r == '\\' || r == 0x7f || r == '\uFFFD' || r >= 0x80 && r < 0xa1 || isWideSpace(r) {
			return false
		}
	}
	return true
}

func isWideSpace(r rune) bool {
	return r == 0x1680 || r >= 0x2000 && r <= 0x200f || r >= 0x2028 && r <= 0x202f || r == 0x205f || r == 0x3000 || r == 0xfeff
}

// splitPort takes the port off an authority, without leading zeros.
func splitPort(authority string) (host, port string, ok bool) {
	host = authority
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	if port == "" {
		return host, "", true
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return "", "", false
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", "", false
	}
	return host, strconv.FormatUint(n, 10), true
}

// lookup maps names as browsers do before they ask for an address. STD3 rules are off for the underscore, which names
// inside private networks have.
var lookup = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

func hostASCII(host string) (string, bool) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		addr, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", false
		}
		return "[" + addr.String() + "]", true
	}
	host = strings.TrimSuffix(host, ".")
	if !isASCII(host) {
		mapped, err := lookup.ToASCII(host)
		if err != nil {
			return "", false
		}
		host = mapped
	}
	host = strings.ToLower(host)
	if host == "" || len(host) > 253 {
		return "", false
	}
	label := 0
	for i := range len(host) {
		switch b := host[i]; {
		case b == '.':
			if label == 0 {
				return "", false
			}
			label = 0
			continue
		case 'a' <= b && b <= 'z', isDigit(b), b == '-', b == '_':
			label++
		default:
			return "", false
		}
		if label > 63 {
			return "", false
		}
	}
	return host, label > 0
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
