package fetch

import (
	"strings"
	"testing"
)

func TestAddressRefusesWhatIsNoPublicServer(t *testing.T) {
	for _, raw := range []string{
		"", "x", "/u/ann", "//peer.example/u/ann", "https:", "https://", "https:///u/ann", "https:peer.example/x",
		"http://peer.example/", "ftp://peer.example/", "file:///etc/passwd", "gopher://peer.example/", "javascript:alert(1)",
		"acct:ann@peer.example", "https://peer.example:8443/", "https://peer.example:80/", "https://peer.example:0/",
		"https://ann@peer.example/", "https://ann:pw@peer.example/", "https://peer.example@evil.example/", "https://@peer.example/",
		`https://peer.example\@evil.example/`, `https://peer.example\evil`, `https:\\peer.example\`,
		"https://peer.example /", "https://peer. example/", "https://peer.example/a b", "https://peer.example/\n", "\thttps://peer.example/",
		"https://peer%2eexample/", "https://peer.example%00.evil.example/", "https://peer.example%2f@evil.example/", "https://peer..example/", "https://.peer.example/",
		"https://peer.example../", "https://127.0.0.1/", "https://1.1.1.1/", "https://[::1]/", "https://[2606:4700::1111]/", "https://[fe80::1%25eth0]/",
		"https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://１２７.0.0.1/", "https://127。0。0。1/",
		"https://localhost/", "https://intranet/", "https://metadata/", "https://peer.example/%zz",
		"https://" + strings.Repeat("a", 64) + ".example/", "https://peer.example/" + strings.Repeat("a", 2048),
	} {
		if u, err := address(raw, false); KindOf(err) != BadURL {
			t.Errorf("%q: got %v, %v; want bad-url", raw, u, err)
		}
	}
}

// An address in which somebody else's host can be read once slashes vanish.
func TestAddressDoesNotRepairSlashesInHosts(t *testing.T) {
	u, err := address("https://a.so/cial", false)
	if err != nil || u.Host != "a.so" || u.Path != "/cial" {
		t.Errorf("got %v, %v", u, err)
	}
	for _, raw := range []string{"https://a.so%2Fcial/", `https://a.so\cial/`, "https://a.so∕cial/", "https://a.so⁄cial/"} {
		if u, err := address(raw, false); err == nil && !strings.Contains(u.Host, "xn--") {
			t.Errorf("%q: got host %q", raw, u.Host)
		}
	}
}

func TestAddressNormalises(t *testing.T) {
	for raw, want := range map[string]string{
		"https://Peer.Example":            "https://peer.example/",
		"HTTPS://peer.example:443/u/Ann":  "https://peer.example/u/Ann",
		"https://peer.example./u/ann#key": "https://peer.example/u/ann",
		"https://bücher.example/":         "https://xn--bcher-kva.example/",
		"https://peer.example/a%2Fb?c=d#": "https://peer.example/a%2Fb?c=d",
		"https://peer.example/é":          "https://peer.example/%C3%A9",
	} {
		u, err := address(raw, false)
		if err != nil || u.String() != want {
			t.Errorf("%q: got %v, %v; want %s", raw, u, err, want)
		}
	}
	for raw, want := range map[string]string{
		"http://127.0.0.1:8080/u/ann": "http://127.0.0.1:8080/u/ann",
		"http://[::1]:8080/":          "http://[::1]:8080/",
		"http://alpha.localhost:80/":  "http://alpha.localhost/",
		"http://beta/":                "http://beta/",
	} {
		u, err := address(raw, true)
		if err != nil || u.String() != want {
			t.Errorf("%q with dev: got %v, %v; want %s", raw, u, err, want)
		}
	}
}

// FuzzAddress: what passes has one host that reads the same when it is parsed
// again, and is no number.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"https://a.so/cial", "https://peer.example./x#y", `https://a\@b.example/`, "https://[::1]/", "https://１.example/", "https://ex%61mple.org/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := address(raw, false)
		if err != nil {
			return
		}
		again, err := address(u.String(), false)
		if err != nil || again.String() != u.String() {
			t.Errorf("%q: %s became %v, %v", raw, u, again, err)
		}
		if strings.ContainsAny(u.Host, "/\\@%:[] \t") || u.Scheme != "https" || u.User != nil || !strings.Contains(u.Host, ".") {
			t.Errorf("%q: %#v", raw, u)
		}
	})
}
