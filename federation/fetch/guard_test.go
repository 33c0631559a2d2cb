package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Every family that other servers forgot at some time.
func TestGuardRefusesAddressesThatAreNotPublic(t *testing.T) {
	for _, ip := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1",
		"192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::2", "::127.0.0.1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0.0.0.0",
		"::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
		"2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "5f00::1",
		"fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
	} {
		addr := netip.MustParseAddr(ip)
		network := "tcp6"
		if addr.Is4() {
			network = "tcp4"
		}
		to := netip.AddrPortFrom(addr, 443).String()
		if err := newGuard(false).check(network, to); !errors.Is(err, errForbidden) {
			t.Errorf("%s: got %v, want a refusal", ip, err)
		}
		if loop := addr.Unmap().IsLoopback(); !loop {
			if err := newGuard(true).check(network, to); !errors.Is(err, errForbidden) {
				t.Errorf("%s with dev: got %v, want a refusal", ip, err)
			}
		}
	}
}

func TestGuardRefusesPortsAndNetworksOtherThanHTTPS(t *testing.T) {
	g := newGuard(false)
	for _, c := range []struct{ network, to string }{
		{"tcp4", "93.184.216.34:80"}, {"tcp4", "93.184.216.34:22"}, {"tcp4", "93.184.216.34:0"},
		{"udp4", "93.184.216.34:443"}, {"unix", "/run/docker.sock"}, {"tcp4", "93.184.216.34"}, {"tcp4", ""},
	} {
		if err := g.check(c.network, c.to); !errors.Is(err, errForbidden) {
			t.Errorf("%s %s: got %v, want a refusal", c.network, c.to, err)
		}
	}
}

func TestGuardLetsPublicAddressesPass(t *testing.T) {
	for _, c := range []struct{ network, to string }{
		{"tcp4", "93.184.216.34:443"}, {"tcp4", "1.1.1.1:443"}, {"tcp4", "100.63.255.255:443"}, {"tcp4", "172.32.0.1:443"},
		{"tcp6", "[2606:4700::1111]:443"}, {"tcp6", "[2a01:4f8::1]:443"}, {"tcp6", "[2001:200::1]:443"}, {"tcp6", "[::ffff:1.1.1.1]:443"},
	} {
		if err := newGuard(false).check(c.network, c.to); err != nil {
			t.Errorf("%s: %v", c.to, err)
		}
	}
	for _, to := range []string{"127.0.0.1:8080", "127.9.9.9:1"} {
		if err := newGuard(true).check("tcp4", to); err != nil {
			t.Errorf("%s with dev: %v", to, err)
		}
	}
	if err := newGuard(true).check("tcp6", "[::1]:8080"); err != nil {
		t.Errorf("::1 with dev: %v", err)
	}
}

// A name that is harmless when it is looked at may answer with a local address
// when it is dialled.
func TestNamesThatResolveToPrivateAddressesAreRefused(t *testing.T) {
	for name, answers := range map[string][]string{
		"loopback":        {"127.0.0.1"},
		"metadata":        {"169.254.169.254"},
		"private twice":   {"10.0.0.1", "192.168.1.1"},
		"nat64":           {"64:ff9b::7f00:1"},
		"unique local":    {"fd00::1"},
		"everything zero": {"0.0.0.0", "::"},
	} {
		t.Run(name, func(t *testing.T) {
			c := New(Options{BaseURL: base, Version: "0"})
			t.Cleanup(c.Close)
			c.dialer.Resolver = answering(t, answers...)
			_, err := c.Document(t.Context(), "https://peer.example/u/ann")
			wantKind(t, err, ForbiddenAddress)
			_, err = c.Post(t.Context(), "https://peer.example/inbox", []byte("{}"), nil)
			wantKind(t, err, ForbiddenAddress)
		})
	}
}

func TestRedirectToLoopbackIsRefused(t *testing.T) {
	inner := 0
	local := tlsServer(t, func(http.ResponseWriter, *http.Request) { inner++ })
	front := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://inner.example/secret")
		w.WriteHeader(http.StatusFound)
	})
	c := New(Options{BaseURL: base, Version: "0"})
	t.Cleanup(c.Close)
	reach(c, map[string]string{"front.example:443": front.Listener.Addr().String()}, front)
	c.dialer.Resolver = answering(t, "127.0.0.1")

	_, err := c.Document(t.Context(), "https://front.example/u/ann")
	e := wantKind(t, err, ForbiddenAddress)
	if e.URL != "https://inner.example/secret" {
		t.Errorf("refused at %s", e.URL)
	}
	for _, location := range []string{local.URL + "/", "https://127.0.0.1/", "http://front.example/", "https://[::1]/", "https://localhost/"} {
		if _, err := follow(mustURL("https://front.example/"), location, false); KindOf(err) != BadURL {
			t.Errorf("redirect to %s: got %v", location, err)
		}
	}
	if inner != 0 {
		t.Errorf("the loopback server was asked %d times", inner)
	}
}

func TestLocalhostNamesGoToLoopbackOnlyInDev(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, r *http.Request) {
		serve(w, `{"id":"http://`+r.Host+`/u/ann","type":"Note"}`)
	})
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := devClient(t, Options{})
	if _, err := c.Document(t.Context(), "http://alpha.localhost:"+port+"/u/ann"); err != nil {
		t.Error(err)
	}
	c = New(Options{BaseURL: base, Version: "0"})
	t.Cleanup(c.Close)
	for _, iri := range []string{"http://alpha.localhost:" + port + "/u/ann", "https://alpha.localhost:" + port + "/u/ann", "https://localhost/"} {
		_, err := c.Document(t.Context(), iri)
		wantKind(t, err, BadURL)
	}
	_, err = c.Document(t.Context(), "https://alpha.localhost/u/ann")
	if k := KindOf(err); k != ForbiddenAddress && k != Unavailable {
		t.Errorf("got %v", err)
	}
}

// answering is a resolver whose server gives every name these addresses.
func answering(t *testing.T, ips ...string) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerDNS(theirs, ips)
		return ours, nil
	}}
}

// answerDNS speaks DNS over a stream (RFC 1035 §4.2.2), which the resolver does
// on any connection that is no packet connection.
func answerDNS(conn net.Conn, ips []string) {
	defer func() { _ = conn.Close() }() // a pipe
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		var p dnsmessage.Parser
		header, err := p.Start(query)
		if err != nil {
			return
		}
		q, err := p.Question()
		if err != nil {
			return
		}
		b := dnsmessage.NewBuilder([]byte{0, 0}, dnsmessage.Header{ID: header.ID, Response: true, RecursionAvailable: true})
		_ = b.StartQuestions()
		_ = b.Question(q)
		_ = b.StartAnswers()
		rr := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 1}
		for _, ip := range ips {
			addr := netip.MustParseAddr(ip)
			switch {
			case addr.Is4() && q.Type == dnsmessage.TypeA:
				_ = b.AResource(rr, dnsmessage.AResource{A: addr.As4()})
			case addr.Is6() && q.Type == dnsmessage.TypeAAAA:
				_ = b.AAAAResource(rr, dnsmessage.AAAAResource{AAAA: addr.As16()})
			}
		}
		answer, err := b.Finish()
		if err != nil {
			return
		}
		answer[0], answer[1] = byte((len(answer)-2)>>8), byte(len(answer)-2)
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}
