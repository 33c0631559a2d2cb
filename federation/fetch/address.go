package fetch

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"stoa/activitypub"
)

var (
	errLiteral = errors.New("a server is named, not numbered")
	errBare    = errors.New("a name without a dot is somebody's own network")
	errPort    = errors.New("port must be the scheme's own")
)

// address reads an address somebody else gave us. What two parsers could read
// in two ways is refused, never repaired. The result has a lower-case ASCII
// host without the scheme's own port and without trailing dot, a path, and no
// fragment. With dev, http, ports, IP literals and bare names pass too.
func address(raw string, dev bool) (*url.URL, error) {
	bad := func(err error) (*url.URL, error) {
		return nil, &Error{Kind: BadURL, URL: clip(raw), Err: err}
	}
	if err := activitypub.ValidID(raw, dev); err != nil {
		return bad(err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return bad(err)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = activitypub.Host(raw)
	if !dev {
		if err := public(u); err != nil {
			return bad(err)
		}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment, u.RawFragment, u.ForceQuery = "", "", false
	return u, nil
}

// public refuses hosts that are no names in the public DNS. The guard would
// stop them too; this says so before anything is resolved.
func public(u *url.URL) error {
	host := u.Hostname()
	if u.Port() != "" {
		return errPort
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return errLiteral
	}
	dot := strings.LastIndexByte(host, '.')
	if numeric(host[dot+1:]) {
		return errLiteral
	}
	if dot < 0 {
		return errBare
	}
	return nil
}

// numeric says whether a resolver may take a name that ends in this label for
// an IPv4 address: inet_aton reads 127.1, 0x7f000001 and 2130706433.
func numeric(label string) bool {
	if rest, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// sameAddress says whether two addresses ask for the same thing of the same
// server. Fragments do not count.
func sameAddress(a, b *url.URL) bool { return a.String() == b.String() }

// clip keeps foreign text fit for a log line.
func clip(s string) string {
	if len(s) > 256 {
		return strings.ToValidUTF8(s[:256], "") + "…"
	}
	return s
}
