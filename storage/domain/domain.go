// Package domain has the one way in which names of servers are written, and the
// names under which a server can stand on the lists of an admin.
package domain

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Plain writes a host the one way it is compared in. A dot at the end names
// the same server, and must not be a way around a block; nor must its letters, in which
// an admin reads the name, and which ids have as they are asked for ("xn--").
func Plain(host string) string {
	name, port := cutPort(strings.ToLower(strings.TrimSpace(host)))
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		if ascii, err := spelled.ToASCII(name); err == nil {
			name = ascii
		}
	}
	return strings.TrimRight(name, ".") + port
}

// Names are all names under which a host can be listed: with its port and without,
// and the domains above it; none for no host. Postgres has the same as host_names.
func Names(host string) []string {
	name, port := cutPort(strings.ToLower(strings.Trim(host, " ")))
	name = strings.TrimRight(name, ".")
	if name == "" {
		return nil
	}
	var names []string
	if port != "" {
		names = append(names, name+port)
	}
	for more := true; more; _, name, more = strings.Cut(name, ".") {
		names = append(names, name)
	}
	return names
}

// spelled maps names as whatever asks for them does (activitypub).
var spelled = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

// cutPort parts a host from its port, which keeps its colon.
func cutPort(host string) (name, port string) {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') { // an IPv6 address has colons within
		return host[:i], host[i:]
	}
	return host, ""
}
