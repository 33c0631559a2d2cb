package fetch

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const jrd = `{"subject":"acct:go@h","links":[` +
	`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"§/c/go"},` +
	`{"rel":"self","type":"application/activity+json","href":"§/u/go","properties":{"https://www.w3.org/ns/activitystreams#type":"Person"}},` +
	`{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"§/c/go","properties":{"https://www.w3.org/ns/activitystreams#type":"Group","x":null}}]}`

func TestWebFingerFindsActors(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/webfinger": jrd})
	host := mustURL(p.URL).Host
	a, err := devClient(t, Options{}).WebFinger(t.Context(), "go", host)
	if err != nil {
		t.Fatal(err)
	}
	if a.Subject != "acct:go@h" || len(a.Actors) != 2 || a.Actors[0] != (AccountActor{p.URL + "/u/go", "Person"}) || a.Actors[1] != (AccountActor{p.URL + "/c/go", "Group"}) {
		t.Errorf("got %+v", a)
	}
	if len(p.got) != 1 || p.got[0] != "/.well-known/webfinger?resource=acct%3Ago%40"+strings.ReplaceAll(host, ":", "%3A") {
		t.Errorf("asked %q", p.got)
	}
}

func TestWebFingerEndlessRedirectsAreRefused(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/webfinger": "302 §/.well-known/webfinger"})
	_, err := devClient(t, Options{}).WebFinger(t.Context(), "go", mustURL(p.URL).Host)
	wantKind(t, err, TooManyRedirects)
	if len(p.got) != 1+maxRedirects {
		t.Errorf("asked %q", p.got)
	}
}

func TestWebFingerAsksHostMeta(t *testing.T) {
	xrd := `<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/jrd+json" template="TEMPLATE"/></XRD>`
	p := newPeer(t, nil)
	host := mustURL(p.URL).Host
	c := devClient(t, Options{})
	for name, k := range map[string]struct {
		template string
		want     Kind
	}{
		"another path":   {"§/finger?q={uri}", ""},
		"the same again": {"§/.well-known/webfinger?resource={uri}", NotFound},
		"no place":       {"§/finger", NotFound},
		"elsewhere":      {"file:///etc/passwd?{uri}", BadURL},
		"inside":         {"http://169.254.169.254/{uri}", ForbiddenAddress},
	} {
		p.docs = map[string]string{"/.well-known/host-meta": strings.Replace(xrd, "TEMPLATE", k.template, 1), "/finger": jrd}
		p.got = nil
		a, err := c.WebFinger(t.Context(), "go", host)
		if len(p.got) > 2 && k.want != "" {
			t.Errorf("%s: asked %q", name, p.got)
		}
		if KindOf(err) != k.want || k.want == "" && len(a.Actors) != 2 {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
}

func TestWebFingerLeavesOutLinksThatCannotBeFollowed(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/webfinger": `{"subject":"acct:go@h","links":[` +
		`{"rel":"self","type":"application/activity+json","href":"javascript:alert(1)"},` +
		`{"rel":"self","type":"application/activity+json","href":"http://u@127.0.0.1/"},` +
		`{"rel":"self","type":"text/html","href":"§/c/go"},{"rel":"alternate","type":"application/activity+json","href":"§/c/go"}]}`})
	_, err := devClient(t, Options{}).WebFinger(t.Context(), "go", mustURL(p.URL).Host)
	wantKind(t, err, NotFound)
}

func TestWebFingerRefusesNamesAndHostsThatChangeTheRequest(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/webfinger": jrd})
	host := mustURL(p.URL).Host
	c := devClient(t, Options{})
	for _, k := range []struct{ name, host string }{
		{"", host}, {"a@b", host}, {"a/b", host}, {"a b", host}, {"a\nb", host}, {strings.Repeat("a", 1000), host},
		{"go", ""}, {"go", host + "/x"}, {"go", host + "?x"}, {"go", host + "#x"}, {"go", "u@" + host}, {"go", host + `\x`}, {"go", " " + host}, {"go", "a b"},
	} {
		_, err := c.WebFinger(t.Context(), k.name, k.host)
		wantKind(t, err, BadURL)
		if k.name == "go" {
			_, err = c.NodeInfo(t.Context(), k.host)
			wantKind(t, err, BadURL)
		}
	}
	if len(p.got) != 0 {
		t.Errorf("asked %q", p.got)
	}
	if _, err := c.WebFinger(t.Context(), "g&resource=acct:x", host); err != nil {
		t.Error(err)
	}
	if len(p.got) != 1 || strings.Contains(p.got[0], "&") {
		t.Errorf("asked %q", p.got)
	}
	strict := New(Options{BaseURL: base, Version: "0"})
	t.Cleanup(strict.Close)
	for _, h := range []string{"127.0.0.1", "localhost", "peer.example:8080", "[::1]", "10.0.0.1"} {
		_, err := strict.WebFinger(t.Context(), "go", h)
		wantKind(t, err, BadURL)
	}
}

func TestDiscoveryDocumentsAreBounded(t *testing.T) {
	srv := plainServer(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"subject":"acct:go@h","links":[],"x":"` + strings.Repeat("a", maxDiscovery) + `"}`))
	})
	c := devClient(t, Options{})
	host := mustURL(srv.URL).Host
	_, err := c.WebFinger(t.Context(), "go", host)
	wantKind(t, err, TooLarge)
	_, err = c.NodeInfo(t.Context(), host)
	wantKind(t, err, TooLarge)
}

const (
	links   = `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.0","href":"§/nodeinfo/2.0"}]}`
	details = `{"version":"2.0","software":{"name":"Lemmy","version":"1.0.0"}}`
)

func TestNodeInfoNamesTheSoftware(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/nodeinfo": links, "/nodeinfo/2.0": details})
	s, err := devClient(t, Options{}).NodeInfo(t.Context(), mustURL(p.URL).Host)
	if err != nil || s != (Software{"lemmy", "1.0.0"}) {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestNodeInfoElsewhereIsNotAsked(t *testing.T) {
	other := newPeer(t, map[string]string{"/nodeinfo/2.0": details})
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for href, want := range map[string]Kind{
		other.URL + "/nodeinfo/2.0": WrongOrigin, "http://169.254.169.254/latest/meta-data": WrongOrigin,
		"http://localhost/": WrongOrigin, "file:///etc/passwd": BadURL, "/nodeinfo/2.0": BadURL, "": NotFound,
	} {
		p.docs = map[string]string{"/.well-known/nodeinfo": strings.Replace(links, "§/nodeinfo/2.0", href, 1)}
		if _, err := c.NodeInfo(t.Context(), mustURL(p.URL).Host); KindOf(err) != want {
			t.Errorf("%q: got %v, want %s", href, err, want)
		}
	}
	if len(other.got) != 0 {
		t.Errorf("asked %q", other.got)
	}
}

func TestNodeInfoThatSaysNothingIsRefused(t *testing.T) {
	p := newPeer(t, nil)
	c := devClient(t, Options{})
	for _, k := range []struct {
		links, details string
		want           Kind
	}{
		{"", "", Malformed}, {"<html>", "", Malformed}, {"[]", "", Malformed}, {"{}", "", NotFound},
		{links, "<html>", Malformed}, {links, "{}", Malformed}, {links, `{"software":"lemmy"}`, Malformed}, {links, `{"software":{"name":1}}`, Malformed},
	} {
		p.docs = map[string]string{"/.well-known/nodeinfo": k.links, "/nodeinfo/2.0": k.details}
		if _, err := c.NodeInfo(t.Context(), mustURL(p.URL).Host); KindOf(err) != k.want {
			t.Errorf("%q, %q: got %v, want %s", k.links, k.details, err, k.want)
		}
	}
	p.docs = nil
	_, err := c.NodeInfo(t.Context(), mustURL(p.URL).Host)
	wantKind(t, err, NotFound)
}

// Of what a server offers its people, only what leads to a place this client would
// ask itself is passed on.
func TestIntentsAreAddresses(t *testing.T) {
	p := newPeer(t, map[string]string{"/.well-known/webfinger": `{"subject":"acct:mira@h","links":[
		{"rel":"self","type":"application/activity+json","href":"§/u/mira"},
		{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"§/authorize?uri={uri}"},
		{"rel":"https://w3id.org/fep/3b86/Follow","href":"§/follow?o={object}&s={on-success}"},
		{"rel":"https://w3id.org/fep/3b86/Object","template":"javascript:alert('{object}')"},
		{"rel":"https://w3id.org/fep/3b86/Like","template":"ftp://h/{object}"},
		{"rel":"https://w3id.org/fep/3b86/Create","template":"§/share"},
		{"rel":"x","template":7}]}`})
	got, err := devClient(t, Options{}).Intents(t.Context(), "mira", mustURL(p.URL).Host)
	if err != nil {
		t.Fatal(err)
	}
	want := []Intent{
		{"http://ostatus.org/schema/1.0/subscribe", p.URL + "/authorize?uri={uri}"},
		{"https://w3id.org/fep/3b86/Follow", p.URL + "/follow?o={object}&s={on-success}"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	_, err = devClient(t, Options{}).Intents(t.Context(), "mira", "h/../x")
	wantKind(t, err, BadURL)
}
