package activitypub

import (
	"strings"
	"testing"
)

func TestPeerTrap06EveryAcceptOfAServer(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		`application/activity+json`: true,
		`application/ld+json`:       true, // PieFed, once it was refused
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                            true,
		`application/activity+json, application/ld+json`:                                                  true,
		`application/activity+json, application/ld+json, text/html;q=0.1`:                                 true, // Mastodon
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json`: true,
		`text/html,application/xhtml+xml,*/*;q=0.8`:                                                       false,
	} {
		if WantsActivity(accept) != want {
			t.Errorf("%s: %v", accept, !want)
		}
	}
}

func TestPeerTrap20SharedInboxIsNotEverywhere(t *testing.T) {
	t.Parallel()
	for where, c := range map[string]struct{ fields, want string }{
		"at the top (Discourse)": {`"sharedInbox":"https://h.example/inbox"`, "https://h.example/inbox"},
		"nowhere (GoToSocial)":   {`"endpoints":{}`, ""},
		"nothing at all":         {`"endpoints":null`, ""},
		"where it should be":     {`"endpoints":{"sharedInbox":"https://h.example/inbox"}`, "https://h.example/inbox"},
	} {
		a, err := ReadActor([]byte(`{"id":"https://h.example/u/ann","type":"Person","inbox":"https://h.example/u/ann/inbox",` + c.fields + `}`))
		if err != nil || a.SharedInbox != c.want {
			t.Errorf("%s: %q, %v", where, a.SharedInbox, err)
		}
	}
}

func TestPeerTrap22NothingIsNull(t *testing.T) {
	t.Parallel()
	for name, doc := range documents() {
		out, err := EncodeBare(doc)
		if err != nil {
			t.Fatal(err)
		}
		if name != "Announce, verbatim" && strings.Contains(string(out), "null") {
			t.Errorf("%s: %s", name, out)
		}
	}
	out, err := EncodeBare(Page{ID: "https://h.example/1", AttributedTo: "https://h.example/u/ann", Name: "Title"})
	if err != nil || strings.Contains(string(out), "null") {
		t.Errorf("%s, %v", out, err)
	}
}

func TestPeerTrap30RecipientsAndNameAreAlwaysThere(t *testing.T) {
	t.Parallel()
	out, err := EncodeBare(Page{ID: "https://h.example/1", AttributedTo: "https://h.example/u/ann"})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"to":[]`, `"cc":[]`, `"name":""`} {
		if !strings.Contains(string(out), field) {
			t.Errorf("%s without %s", out, field)
		}
	}
	for said, want := range map[string]string{
		`"to":"` + Public + `"`: Public, `"to":["` + Public + `"]`: Public, `"to":{"id":"` + Public + `"}`: Public, `"to":"as:Public"`: Public, `"to":null`: "", `"cc":null`: "",
	} {
		o, err := ReadObject([]byte(`{"id":"https://h.example/1","type":"Page",` + said + `}`))
		if err != nil || strings.Join(o.To, " ") != want {
			t.Errorf("%s: %q, %v", said, o.To, err)
		}
	}
}

func TestPeerTrap42WhoActsMayBeEmbedded(t *testing.T) {
	t.Parallel()
	for _, actor := range []string{`"https://h.example/u/ann"`, `{"type":"Person","id":"https://h.example/u/ann","inbox":"https://h.example/u/ann/inbox"}`} {
		e, err := ReadEnvelope([]byte(`{"id":"https://h.example/1","type":"Like","actor":` + actor + `,"object":"https://h.example/2"}`))
		if err != nil || e.Actor != "https://h.example/u/ann" {
			t.Errorf("%s: %q, %v", actor, e.Actor, err)
		}
	}
	o, err := ReadObject([]byte(`{"id":"https://h.example/1","type":"Video","attributedTo":[{"type":"Person","id":"https://h.example/u/ann"},{"type":"Group","id":"https://h.example/c/go"}]}`))
	if err != nil || len(o.Authors) != 1 || o.Authors[0] != "https://h.example/u/ann" || len(o.Groups) != 1 {
		t.Errorf("by %q in %q, %v", o.Authors, o.Groups, err)
	}
	out, err := EncodeBare(Like{ID: "https://h.example/1", Actor: "https://h.example/u/ann", Object: IRI("https://h.example/2")})
	if err != nil || !strings.Contains(string(out), `"actor":"https://h.example/u/ann"`) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestPeerTrap43SourceMayBeAString(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]Source{
		`"https://x.example/"`:                          {Content: "https://x.example/"}, // a link post of Mbin
		`{"content":"*x*","mediaType":"text/markdown"}`: {"*x*", "text/markdown"},
		`null`: {}, `[]`: {},
	} {
		o, err := ReadObject([]byte(`{"id":"https://h.example/1","type":"Page","source":` + said + `}`))
		if err != nil || o.Source != want {
			t.Errorf("%s: %+v, %v", said, o.Source, err)
		}
	}
}
