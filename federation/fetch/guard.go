package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// errForbidden marks a connection that was refused before its first packet.
var errForbidden = errors.New("address is not open to federation")

// public6 is the one block IANA gives out for IPv6 unicast on the internet.
// What lies outside is private, local, or an IPv4 address in disguise: ::/96,
// ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48, fc00::/7, fe80::/10, fec0::/10.
var public6 = netip.MustParsePrefix("2000::/3")

// closed lists what no public server has, from the special-purpose registries
// of IANA (RFC 6890 and successors). Several of them carry an IPv4 address
// inside (Teredo, 6to4), so that a gateway could turn them into a local one.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // "this network": reaches loopback on Linux
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // shared between carrier and customer
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, metadata services of clouds
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, with Teredo 2001::/32
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("5f00::/16"),       // segment routing
}

// guard decides on each connection, after the name has been resolved and for
// exactly the address about to be dialled: a check on the name alone is undone
// by a second DNS answer. It holds two lists against each other, that of
// package ssrf and its own, because every list of this kind has had holes.
type guard struct {
	dev     bool
	outside *ssrf.Guardian
}

func newGuard(dev bool) *guard {
	ports := ssrf.WithPorts(443)
	if dev {
		ports = ssrf.WithAnyPort()
	}
	return &guard{dev: dev, outside: ssrf.New(ports)}
}

// check refuses what is not a public unicast address; dev adds loopback.
func (g *guard) check(network, address string) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", errForbidden, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errForbidden, address)
	}
	ip := to.Addr().Unmap()
	if g.dev && ip.IsLoopback() {
		return nil
	}
	if ip.Zone() != "" || !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !public6.Contains(ip) {
		return fmt.Errorf("%w: %s", errForbidden, address)
	}
	for _, p := range closed {
		if p.Contains(ip) {
			return fmt.Errorf("%w: %s is in %s", errForbidden, address, p)
		}
	}
	if err := g.outside.SafeAddrPort(netip.AddrPortFrom(ip, to.Port())); err != nil {
		return fmt.Errorf("%w: %w", errForbidden, err)
	}
	return nil
}

// control is net.Dialer.ControlContext.
func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	return g.check(network, address)
}

// dialer connects through the guard.
type dialer struct {
	net.Dialer
	dev bool
}

func newDialer(g *guard) *dialer {
	return &dialer{
		Dialer: net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, ControlContext: g.control},
		dev:    g.dev,
	}
}

// DialContext is http.Transport.DialContext. With dev, names under "localhost"
// need no entry in any hosts file: RFC 6761 §6.3 gives them to the machine, but
// resolvers differ on names below it.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.dev {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("dial %s: %w", address, err)
		}
		if isLocalhost(host) {
			address = net.JoinHostPort("127.0.0.1", port)
		}
	}
	return d.Dialer.DialContext(ctx, network, address)
}

func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
