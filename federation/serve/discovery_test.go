package serve_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	ap "stoa/activitypub"
)

func (n *node) finger(resource string) (ap.JRD, bool) {
	n.t.Helper()
	// As Mastodon asks; the others differ in nothing that counts.
	w := n.ask(http.MethodGet, "/.well-known/webfinger?resource="+url.QueryEscape(resource), "Accept: application/jrd+json, application/json")
	if w.Code != http.StatusOK {
		return ap.JRD{}, false
	}
	if w.Header().Get("Content-Type") != "application/jrd+json" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		n.t.Errorf("%s: %v", resource, w.Header())
	}
	jrd, err := ap.ReadJRD(w.Body.Bytes())
	if err != nil {
		n.t.Fatalf("%s: %v", resource, err)
	}
	return jrd, true
}

func TestWebFinger(t *testing.T) {
	n := newNode(t)
	for _, c := range []struct{ resource, subject, self, kind string }{
		{"acct:go@stoa.example", "acct:go@stoa.example", base + "/c/go", "Group"},
		{"acct:bob@stoa.example", "acct:bob@stoa.example", base + "/u/bob", "Person"},
		{"acct:stoa.example@stoa.example", "acct:stoa.example@stoa.example", base + "/", "Application"},
		// GoToSocial and Lemmy's debug build want back what they asked for.
		{"acct:Go@stoa.example", "acct:Go@stoa.example", base + "/c/go", "Group"},
		{"acct:BOB@Stoa.Example", "acct:BOB@Stoa.Example", base + "/u/bob", "Person"},
		{"go@stoa.example", "acct:go@stoa.example", base + "/c/go", "Group"},
		{base + "/c/go", "acct:go@stoa.example", base + "/c/go", "Group"},
		{base + "/u/bob", "acct:bob@stoa.example", base + "/u/bob", "Person"},
		{base + "/", "acct:stoa.example@stoa.example", base + "/", "Application"},
		{base, "acct:stoa.example@stoa.example", base + "/", "Application"},
	} {
		jrd, ok := n.finger(c.resource)
		if !ok {
			t.Errorf("%s: nobody", c.resource)
			continue
		}
		if jrd.Subject != c.subject || !slices.Contains(jrd.Aliases, c.self) {
			t.Errorf("%s: subject %s, aliases %v", c.resource, jrd.Subject, jrd.Aliases)
		}
		// Mastodon: one self link, of that very type. Lemmy follows every link
		// whose type begins with application/, so there must be no other.
		self := 0
		for _, l := range jrd.Links {
			if !strings.HasPrefix(l.Type, "application/") {
				continue
			}
			if self++; l.Rel != "self" || l.Type != activity || l.Href != c.self || l.Properties[ap.PropertyType] != c.kind {
				t.Errorf("%s: %+v", c.resource, l)
			}
		}
		if self != 1 {
			t.Errorf("%s: %d links to documents", c.resource, self)
		}
	}
	for _, resource := range []string{
		"acct:nobody@stoa.example", "acct:go@other.example", "acct:go@", "acct:@stoa.example", "acct:go", "go", "acct:", "acct:g\x00o@stoa.example",
		"acct:\u212Ao@stoa.example", "acct:%@stoa.example", "https://other.example/c/go", base + "/c/bob", base + "/u/go", base + "/c/", base + "/post/1",
		base + ".evil.example/c/go", strings.Repeat("x", 5000), "acct:stoa.example@stoa.example.evil",
	} {
		n.refused(n.ask(http.MethodGet, "/.well-known/webfinger?resource="+url.QueryEscape(resource)), http.StatusNotFound, "no-such-thing")
	}
	for _, target := range []string{"/.well-known/webfinger", "/.well-known/webfinger?resource=", "/.well-known/webfinger?rel=self"} {
		n.refused(n.get(target), http.StatusBadRequest, "no-resource")
	}
	n.sql(`update community set removed = true`)
	n.refused(n.ask(http.MethodGet, "/.well-known/webfinger?resource=acct:go@stoa.example"), http.StatusGone, "taken-away")
}

// What Mastodon does before it believes an actor: from the document's name and
// host back to the same id.
func TestWebFingerLeadsBack(t *testing.T) {
	n := newNode(t)
	for _, target := range []string{"/c/go", "/u/bob", "/"} {
		doc := n.document(target)
		acct := "acct:" + doc["preferredUsername"].(string) + "@stoa.example"
		jrd, ok := n.finger(acct)
		if !ok || jrd.Subject != acct || len(jrd.Actors()) != 1 || jrd.Actors()[0].Href != doc["id"] {
			t.Errorf("%s: %+v", acct, jrd)
		}
		if said := doc["webfinger"]; "acct:"+fmt.Sprint(said) != acct { // FEP-2c59
			t.Errorf("%s says it is %v", acct, said)
		}
	}
}

func TestNodeInfo(t *testing.T) {
	n := newNode(t)
	n.reply(n.publisher.PostURI(n.submit("Title", "<p>x</p>")), "y")
	n.submitForeign("https://micro.example/1")
	w := n.ask(http.MethodGet, "/.well-known/nodeinfo")
	var links ap.NodeInfoLinks
	if err := json.Unmarshal(w.Body.Bytes(), &links); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatal(err, w.Header())
	}
	found := map[string]string{}
	for _, l := range links.Links {
		found[l.Rel] = l.Href
	}
	if found["https://www.w3.org/ns/activitystreams#Application"] != base+"/" || len(found) != 3 {
		t.Errorf("links %v", found)
	}
	for _, version := range []string{"2.0", "2.1"} {
		href := found["http://nodeinfo.diaspora.software/ns/schema/"+version]
		w := n.ask(http.MethodGet, path(href), "Accept: application/json")
		if got, want := w.Header().Get("Content-Type"), `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/`+version+`#"`; got != want {
			t.Errorf("%s: %s", href, got)
		}
		var doc ap.NodeInfo
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		want := ap.NewNodeInfo(version, ap.NodeInfoSoftware{Name: "stoa", Version: "1.2.3"}, false, ap.NodeInfoUsage{
			Users: ap.NodeInfoUsers{Total: 1, ActiveHalfyear: 1, ActiveMonth: 1}, LocalPosts: 1, LocalComments: 1,
		})
		if doc.Version != want.Version || doc.Software != want.Software || doc.Usage != want.Usage || doc.OpenRegistrations || !slices.Equal(doc.Protocols, want.Protocols) {
			t.Errorf("%s: %+v", href, doc)
		}
	}
}

func TestHostMeta(t *testing.T) {
	n := newNode(t)
	const template = base + "/.well-known/webfinger?resource={uri}"
	w := n.ask(http.MethodGet, "/.well-known/host-meta")
	var xrd struct {
		Link struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &xrd); err != nil || xrd.Link.Rel != "lrdd" || xrd.Link.Template != template {
		t.Errorf("%v %+v", err, xrd)
	}
	var jrd ap.NodeInfoLinks
	w = n.ask(http.MethodGet, "/.well-known/host-meta.json")
	if err := json.Unmarshal(w.Body.Bytes(), &jrd); err != nil || len(jrd.Links) != 1 || jrd.Links[0].Rel != "lrdd" || jrd.Links[0].Template != template {
		t.Errorf("%v %+v", err, jrd)
	}
}
