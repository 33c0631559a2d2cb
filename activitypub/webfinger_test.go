package activitypub

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"
)

func TestJRD(t *testing.T) {
	j := NewJRD("acct:go@h.example", "https://h.example/c/go", "Group", "https://h.example/c/go")
	out, err := EncodeBare(j)
	want := `{"subject":"acct:go@h.example","aliases":["https://h.example/c/go"],"links":[` +
		`{"rel":"self","type":"application/activity+json","href":"https://h.example/c/go","properties":{"https://www.w3.org/ns/activitystreams#type":"Group"}},` +
		`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://h.example/c/go"}]}`
	if err != nil || string(out) != want {
		t.Errorf("got  %s, %v\nwant %s", out, err, want)
	}
	back, err := ReadJRD(out)
	if err != nil || !reflect.DeepEqual(back, j) {
		t.Errorf("read back as %+v, %v", back, err)
	}
}

func TestReadJRD(t *testing.T) {
	// Lemmy: a person and a community of one name, and a subscribe link without href.
	j, err := ReadJRD([]byte(`{"subject":"acct:rust@h.example","aliases":null,"links":[` +
		`{"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://h.example/u/rust","template":null},` +
		`{"rel":"self","type":"application/activity+json","href":"https://h.example/u/rust","properties":{"https://www.w3.org/ns/activitystreams#type":"Person","x":null,"y":1}},` +
		`{"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://h.example/x?uri={uri}"},` +
		`{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"https://h.example/c/rust","properties":{"https://www.w3.org/ns/activitystreams#type":"Group"}},` +
		`{"rel":"self","type":"text/html","href":"https://h.example/html"},7,{"href":"https://h.example/norel"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	actors := j.Actors()
	if len(actors) != 2 || actors[0].Href != "https://h.example/u/rust" || actors[1].Properties[PropertyType] != "Group" || len(actors[0].Properties) != 1 {
		t.Errorf("got %+v", actors)
	}
	if j.Links[2].Template != "https://h.example/x?uri={uri}" || len(j.Links) != 5 {
		t.Errorf("got %+v", j.Links)
	}
	many, err := ReadJRD([]byte(`{"subject":"acct:a@h.example","links":[` + strings.Repeat(`{"rel":"x"},`, MaxJRDLinks) + `{"rel":"self"}]}`))
	if err != nil || len(many.Links) != MaxJRDLinks {
		t.Errorf("%d links, %v", len(many.Links), err)
	}
	for body, want := range map[string]Kind{
		`{"links":[]}`:                  KindMissing,
		`{"subject":1}`:                 KindMissing,
		`[]`:                            KindMalformed,
		`<XRD/>`:                        KindMalformed,
		`{"subject":"a","subject":"b"}`: KindDuplicateKey,
		`{"subject":"acct:a@h.example","@id":"x"}`: "",
	} {
		if _, err := ReadJRD([]byte(body)); kindOf(err) != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestHostMeta(t *testing.T) {
	var x struct {
		Links []struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(HostMeta(`https://h.example`), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Links) != 1 || x.Links[0].Rel != "lrdd" || x.Links[0].Template != "https://h.example/.well-known/webfinger?resource={uri}" {
		t.Errorf("got %+v", x)
	}
	if strings.Contains(string(HostMeta(`https://h"<x`)), `h"<x`) {
		t.Error("not escaped")
	}
}

func TestNodeInfo(t *testing.T) {
	software := NodeInfoSoftware{Name: "stoa", Version: "0.1.0", Repository: "https://h.example/git"}
	for version, repository := range map[string]string{"2.0": "", "2.1": `,"repository":"https://h.example/git"`} {
		out, err := EncodeBare(NewNodeInfo(version, software, true, NodeInfoUsage{Users: NodeInfoUsers{3, 2, 1}, LocalPosts: 4, LocalComments: 5}))
		want := `{"version":"` + version + `","software":{"name":"stoa","version":"0.1.0"` + repository + `},"protocols":["activitypub"],` +
			`"services":{"inbound":[],"outbound":[]},"openRegistrations":true,` +
			`"usage":{"users":{"total":3,"activeHalfyear":2,"activeMonth":1},"localPosts":4,"localComments":5},"metadata":{}}`
		if err != nil || string(out) != want {
			t.Errorf("got  %s, %v\nwant %s", out, err, want)
		}
		if s, err := ReadNodeInfo(out); err != nil || s.Name != "stoa" || s.Version != "0.1.0" {
			t.Errorf("read back as %+v, %v", s, err)
		}
	}
	for body, want := range map[string]NodeInfoSoftware{
		`{"software":{"name":"lemmy","version":null}}`: {Name: "lemmy"},
		`{"software":{"name":1,"version":"2"}}`:        {Version: "2"},
		`{"software":"lemmy"}`:                         {},
		`{}`:                                           {},
	} {
		if got, err := ReadNodeInfo([]byte(body)); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
	if _, err := ReadNodeInfo([]byte(`no`)); kindOf(err) != KindMalformed {
		t.Errorf("got %v", err)
	}
}

func TestReadNodeInfoLinks(t *testing.T) {
	for body, want := range map[string]string{
		`{"links":[{"rel":"` + RelNodeInfo20 + `","href":"https://h.example/2.0"},{"rel":"` + RelNodeInfo21 + `","href":"https://h.example/2.1"}]}`: "https://h.example/2.1",
		`{"links":{"rel":"` + RelNodeInfo20 + `","href":"https://h.example/2.0"}}`:                                                                  "https://h.example/2.0",
		`{"links":[{"rel":"` + RelNodeInfo21 + `"},{"rel":"x","href":"https://h.example/x"}]}`:                                                      "",
		`{}`: "",
	} {
		if got, err := ReadNodeInfoLinks([]byte(body)); err != nil || got != want {
			t.Errorf("%s: got %q, %v", body, got, err)
		}
	}
	out, err := EncodeBare(NodeInfoLinks{Links: []JRDLink{{Rel: RelNodeInfo21, Href: "https://h.example/nodeinfo/2.1"}}})
	if want := `{"links":[{"rel":"http://nodeinfo.diaspora.software/ns/schema/2.1","href":"https://h.example/nodeinfo/2.1"}]}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v", out, err)
	}
}
