package activitypub

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-fed/activity/streams"
)

func encode(t *testing.T, doc any) (string, map[string]any) {
	t.Helper()
	out, err := Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(out); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var m map[string]any
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	return string(out), m
}

// Everything we emit whose type is in ActivityStreams can be read by the vocabulary's library, under its own context.
func TestDocumentsAreActivityStreams(t *testing.T) {
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			_, m := encode(t, doc)
			want := m["type"].(string)
			if want == "Lock" {
				return // an invention of forums
			}
			got, err := streams.ToType(context.Background(), m)
			if err != nil {
				t.Fatal(err)
			}
			if got.GetTypeName() != want || !strings.HasPrefix(name, want) {
				t.Errorf("written as %s, read as %s", want, got.GetTypeName())
			}
			if id := got.GetJSONLDId(); id == nil || id.Get() == nil || id.Get().String() != m["id"] {
				t.Errorf("id %v was lost", m["id"])
			}
		})
	}
}

// No null anywhere, to, cc, tag and attachment are arrays wherever they stand, @context stands at the top alone.
func TestDocumentsKeepTheirShape(t *testing.T) {
	for name, doc := range documents() {
		t.Run(name, func(t *testing.T) {
			out, m := encode(t, doc)
			if !strings.HasPrefix(out, `{"@context":["https://www.w3.org/ns/activitystreams",`) || strings.HasSuffix(out, "\n") {
				t.Errorf("frame: %.80s", out)
			}
			if name == "Announce, verbatim" {
				return // repeats whatever the sender wrote
			}
			if strings.Count(out, "@context") != 1 {
				t.Error("@context in an embedded document")
			}
			delete(m, "@context")
			shape(t, name, m)
		})
	}
}

func shape(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s: null", path)
	case []any:
		for _, e := range v {
			shape(t, path+"[]", e)
		}
	case map[string]any:
		for k, e := range v {
			switch k {
			case "to", "cc", "tag", "attachment", "items", "orderedItems", "automaticApproval":
				if _, ok := e.([]any); !ok {
					t.Errorf("%s.%s is no array: %v", path, k, e)
				}
			case "audience", "attributedTo", "inReplyTo", "context", "url", "target", "id", "type":
				if s, ok := e.(string); !ok || s == "" {
					t.Errorf("%s.%s is no string: %v", path, k, e)
				}
			}
			shape(t, path+"."+k, e)
		}
	}
}

func TestRequiredFields(t *testing.T) {
	required := map[string][]string{ // what peers read without asking
		"Page, empty":           {"to", "cc", "name", "attachment", "tag", "sensitive", "commentsEnabled"},
		"Note, empty":           {"to", "cc", "content", "attachment", "tag", "sensitive"},
		"Create":                {"to", "cc"},
		"Question, one of":      {"to", "cc", "name", "attachment", "tag", "oneOf", "endTime"},
		"Note, an answer":       {"to", "name", "inReplyTo", "attributedTo"},
		"Announce, id":          {"to", "cc", "published"},
		"Announce, verbatim":    {"to", "cc"},
		"Add":                   {"to", "cc", "target"},
		"Move, of a post":       {"to", "cc", "origin", "target"},
		"Lock":                  {"to", "cc"},
		"Block":                 {"to", "cc", "target", "endTime", "expires"},
		"Delete":                {"to", "cc"},
		"Delete by a moderator": {"summary"},
		"Group, empty":          {"name", "manuallyApprovesFollowers", "discoverable", "postingRestrictedToMods", "sensitive", "publicKey"},
		"Collection":            {"items", "totalItems"},
		"CollectionPage":        {"items"},
	}
	absent := map[string][]string{
		"Page, empty":         {"summary", "content", "source", "image", "language", "published", "updated", "interactionPolicy", "url", "contentMap"},
		"Question, one of":    {"anyOf", "closed"},
		"Note, an answer":     {"content", "published", "audience"},
		"Page":                {"oneOf", "anyOf", "endTime", "votersCount"},
		"Group, empty":        {"endpoints", "icon", "image", "summary", "source", "language", "published"},
		"Like":                {"to", "cc"},
		"Undo":                {"to", "cc", "summary"},
		"Delete":              {"summary", "removeData"},
		"Collection in pages": {"items"},
		"Note, empty":         {"inReplyTo", "distinguished"},
	}
	docs := documents()
	for name, fields := range required {
		_, m := encode(t, docs[name])
		for _, f := range fields {
			if _, ok := m[f]; !ok {
				t.Errorf("%s lacks %s", name, f)
			}
		}
	}
	for name, fields := range absent {
		_, m := encode(t, docs[name])
		for _, f := range fields {
			if v, ok := m[f]; ok {
				t.Errorf("%s has %s: %v", name, f, v)
			}
		}
	}
}

func TestEncodeExactly(t *testing.T) {
	tests := []struct {
		name string
		doc  any
		want string
	}{
		{"Accept holds the bare Follow", Accept{ID: "https://h.example/a/3", Actor: "https://h.example/c/go", To: IRIs{"https://l.example/u/ann"}, Object: Embed(followed())},
			`{"type":"Accept","id":"https://h.example/a/3","actor":"https://h.example/c/go","to":["https://l.example/u/ann"],` +
				`"object":{"type":"Follow","id":"https://l.example/f/1","actor":"https://l.example/u/ann","object":"https://h.example/c/go"}}`},
		{"Announce of an id", Announce{ID: "https://h.example/a/1", Actor: "https://h.example/c/go", To: IRIs{Public}, CC: IRIs{"https://h.example/c/go/followers"}, Published: moment, Object: IRI("https://h.example/post/7")},
			`{"type":"Announce","id":"https://h.example/a/1","actor":"https://h.example/c/go","to":["https://www.w3.org/ns/activitystreams#Public"],` +
				`"cc":["https://h.example/c/go/followers"],"published":"2026-01-02T03:04:05.678901Z","object":"https://h.example/post/7"}`},
		{"Announce verbatim", Announce{ID: "https://h.example/a/1", Actor: "https://h.example/c/go", Object: Verbatim([]byte(`{"z":9007199254740993,"a":1.50,"s":"\u003cb>&\/é","n":null,"@context":"x"}`))},
			`{"type":"Announce","id":"https://h.example/a/1","actor":"https://h.example/c/go","to":[],"cc":[],"object":{"z":9007199254740993,"a":1.50,"s":"\u003cb>&\/é","n":null,"@context":"x"}}`},
		{"vote", Like{ID: "https://h.example/l/1", Actor: "https://h.example/u/bob", Object: IRI("https://h.example/post/7"), Audience: "https://h.example/c/go"},
			`{"type":"Like","id":"https://h.example/l/1","actor":"https://h.example/u/bob","audience":"https://h.example/c/go","object":"https://h.example/post/7"}`},
		{"no HTML escapes", Tombstone{ID: "https://h.example/?a&b<>"}, `{"type":"Tombstone","id":"https://h.example/?a&b<>"}`},
		{"no HTML escapes further in", Update{Object: Embed(Tags{Mention{Name: "<&>"}})}, `{"type":"Update","id":"","actor":"","to":[],"cc":[],"object":[{"type":"Mention","href":"","name":"<&>"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := EncodeBare(tt.doc)
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
			whole, err := Encode(tt.doc)
			if want := `{"@context":` + Context + `,` + tt.want[1:]; err != nil || string(whole) != want {
				t.Errorf("got  %s, %v\nwant %s", whole, err, want)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, doc := range map[string]any{
		"no object":       Like{ID: "https://h.example/l/1"},
		"an empty IRI":    Like{Object: IRI("")},
		"no bytes":        Announce{Object: Verbatim(nil)},
		"broken bytes":    Announce{Object: Verbatim([]byte(`{"a":`))},
		"an empty item":   Collection{Items: Parts{IRI("https://h.example/1"), {}}},
		"not an object":   IRIs{"https://h.example/1"},
		"nothing":         nil,
		"invalid context": json.RawMessage(`"x"`),
	} {
		if out, err := Encode(doc); err == nil {
			t.Errorf("%s: written as %s", name, out)
		}
	}
	own := json.RawMessage(`{"id":"x","@context":null}`)
	if out, err := Encode(own); err != nil || string(out) != string(own) {
		t.Errorf("a document with a context of its own: %s, %v", out, err)
	}
}

// What we write, we read.
func TestWrittenDocumentsReadBack(t *testing.T) {
	out, _ := encode(t, fullPage())
	o, err := ReadObject([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	p := fullPage()
	if o.ID != p.ID || o.Type != "Page" || !reflect.DeepEqual(o.Authors, []string{p.AttributedTo}) || !reflect.DeepEqual(o.To, []string(p.To)) || o.CC != nil ||
		o.Name != p.Name || o.Content != p.Content || o.Source != p.Source || o.URL != p.URL || o.Published != p.Published || o.Language != "en" ||
		o.Attachments[0].URL != "https://x.example/?a=1&b=2" || o.Tag[0].Name != "@go@h.example" || o.Image.URL != p.Image.URL || !*o.CommentsEnabled || o.Context != p.Context {
		t.Errorf("got %+v", o)
	}
	out, _ = encode(t, fullGroup())
	a, err := ReadActor([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	g := fullGroup()
	if a.ID != g.ID || a.Moderators != g.Moderators || a.SharedInbox != g.Endpoints.SharedInbox || a.Keys[0] != g.PublicKey || a.Name != g.Name ||
		a.Icon != g.Icon || !reflect.DeepEqual(a.Languages, g.Language) || a.ManuallyApprovesFollowers || !*a.Discoverable {
		t.Errorf("got %+v", a)
	}
}
