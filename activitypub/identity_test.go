package activitypub

import (
	"strings"
	"testing"
)

func TestOrigin(t *testing.T) {
	tests := []struct {
		iri, want string
		kind      Kind
	}{
		{"https://h.example/u/ann#key", "https://h.example", ""},
		{"HTTPS://H.Example", "https://h.example", ""},
		{"https://h.example:443/x", "https://h.example", ""},
		{"https://h.example:0443/x", "https://h.example", ""},
		{"https://h.example:/x", "https://h.example", ""},
		{"http://h.example:80/x", "http://h.example", ""},
		{"http://h.example:443/x", "http://h.example:443", ""},
		{"https://h.example:8443/x", "https://h.example:8443", ""},
		{"https://h.example./x", "https://h.example", ""},
		{"https://h.example../x", "", KindBadHost},
		{"https://.h.example/x", "", KindBadHost},
		{"https://h.example?x", "https://h.example", ""},
		{"https://h.example#x", "https://h.example", ""},
		{"https://münchen.example/x", "https://xn--mnchen-3ya.example", ""},
		{"https://MÜNCHEN.example/x", "https://xn--mnchen-3ya.example", ""},
		{"https://faß.example/x", "https://xn--fa-hia.example", ""},
		{"https://h。example/x", "https://h.example", ""},
		{"https://h_1.example/x", "https://h_1.example", ""},
		{"https://[2001:DB8::1]:8080/x", "https://[2001:db8::1]:8080", ""},
		{"https://127.0.0.1:8080/x", "https://127.0.0.1:8080", ""},
		{"https://[fe80::1%25eth0]/x", "", KindBadHost},
		{"https://[1.2.3.4]/x", "", KindBadHost},
		{"https://user@h.example/x", "", KindUserinfo},
		{"https://user:pw@h.example/x", "", KindUserinfo},
		{"https://good.example\\@evil.example/x", "", KindBadIRI},
		{"https://a.so\\cial/x", "", KindBadIRI},
		{"https://a.so%2Fcial/x", "", KindBadHost},
		{"https://a.so\uff0fcial/x", "", KindBadHost}, // maps to a slash
		{"https://h.example\uff20evil.example/x", "", KindBadHost},
		{"https://h .example/x", "", KindBadIRI},
		{"https://h.example/a b", "", KindBadIRI},
		{"https://h.example/\n", "", KindBadIRI},
		{"https://h.example:99999/x", "", KindBadHost},
		{"https://h.example:0/x", "", KindBadHost},
		{"https://h.example:-1/x", "", KindBadHost},
		{"https://h.example:8o/x", "", KindBadHost},
		{"https:///x", "", KindBadHost},
		{"https://" + strings.Repeat("a", 64) + ".example/", "", KindBadHost},
		{"https:/h.example/x", "", KindNotAbsolute},
		{"ftp://h.example/x", "", KindNotAbsolute},
		{"acct:ann@h.example", "", KindNotAbsolute},
		{"/u/ann", "", KindNotAbsolute},
		{"", "", KindNotAbsolute},
		{"https://h.example/" + strings.Repeat("a", MaxIRI), "", KindTooLong},
	}
	for _, tt := range tests {
		got, err := Origin(tt.iri)
		if got != tt.want || kindOf(err) != tt.kind {
			t.Errorf("%.60q: got %q, %v, want %q, %q", tt.iri, got, err, tt.want, tt.kind)
		}
		if host := Host(tt.iri); host != strings.TrimPrefix(strings.TrimPrefix(tt.want, "https://"), "http://") {
			t.Errorf("%.60q: host %q", tt.iri, host)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://h.example/a", "https://H.example:443/b#c", true},
		{"https://h.example/a", "http://h.example/a", false},
		{"https://h.example/a", "https://h.example:8443/a", false},
		{"https://h.example/a", "https://sub.h.example/a", false},
		{"https://a.so/cial", "https://a.social/", false},
		{"nonsense", "nonsense", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if got := SameOrigin(tt.a, tt.b); got != tt.want {
			t.Errorf("%s, %s: got %v", tt.a, tt.b, got)
		}
	}
}

func TestValidID(t *testing.T) {
	tests := []struct {
		iri       string
		allowHTTP bool
		want      Kind
	}{
		{"https://h.example/u/ann#likes/1", false, ""},
		{"https://h.example/ünï", false, ""},
		{"http://h.example/u/ann", false, KindPlainHTTP},
		{"http://localhost:8080/u/ann", true, ""},
		{"https://h.example/%zz", false, KindBadIRI},
		{"https://h.example/\x00", false, KindBadIRI},
		{"magnet:?xt=urn:btih:1", false, KindNotAbsolute},
		{"https://h.example/" + strings.Repeat("a", MaxIRI-len("https://h.example/")), false, ""},
		{"https://h.example/" + strings.Repeat("a", MaxIRI-len("https://h.example/")+1), false, KindTooLong},
	}
	for _, tt := range tests {
		if got := kindOf(ValidID(tt.iri, tt.allowHTTP)); got != tt.want {
			t.Errorf("%.60q: got %q, want %q", tt.iri, got, tt.want)
		}
	}
}
