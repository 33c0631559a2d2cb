package activitypub

import (
	"reflect"
	"testing"
)

func TestReadEnvelope(t *testing.T) {
	const rest = `"id":"https://h.example/a/1","type":"Like","actor":"https://h.example/u/ann"`
	tests := []struct {
		name, body string
		want       Envelope // Object aside
		kind       Kind
	}{
		{"plain", `{` + rest + `}`, Envelope{ID: "https://h.example/a/1", Type: "Like", Actor: "https://h.example/u/ann"}, ""},
		{"blanks", "{ \"id\" : \"https:\\/\\/h.example\\/a\" ,\n\"type\":\t\"Like\" , \"actor\" : \"https://h.example/u\" }", Envelope{ID: "https://h.example/a", Type: "Like", Actor: "https://h.example/u"}, ""},
		{"embedded actor", `{"id":"https://h.example/a","type":"Like","actor":{"type":"Person","id":"https://h.example/u"}}`, Envelope{ID: "https://h.example/a", Type: "Like", Actor: "https://h.example/u"}, ""},
		{"type array", `{"id":"https://h.example/a","type":[1,"Like","Thing"],"actor":"https://h.example/u"}`, Envelope{ID: "https://h.example/a", Type: "Like", Actor: "https://h.example/u"}, ""},
		{"other case does not count", `{` + rest + `,"ID":"https://evil.example/","Actor":"https://evil.example/u"}`, Envelope{ID: "https://h.example/a/1", Type: "Like", Actor: "https://h.example/u/ann"}, ""},
		{"inner fields do not count", `{"object":{"id":"https://x.example/","type":"Note","actor":"https://x.example/u"},` + rest + `}`, Envelope{ID: "https://h.example/a/1", Type: "Like", Actor: "https://h.example/u/ann"}, ""},
		{"no id", `{"type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindMissing},
		{"null id", `{"id":null,"type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindMissing},
		{"id array", `{"id":["https://h.example/a"],"type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindWrongType},
		{"id object", `{"id":{"id":"https://h.example/a"},"type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindWrongType},
		{"id number", `{"id":1,"type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindWrongType},
		{"id with a blank", `{"id":"https://h.example/ a","type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindBadIRI},
		{"id with a line break", `{"id":"https://h.example/\na","type":"Like","actor":"https://h.example/u"}`, Envelope{}, KindBadIRI},
		{"no actor", `{"id":"https://h.example/a","type":"Like"}`, Envelope{}, KindMissing},
		{"actor array", `{"id":"https://h.example/a","type":"Like","actor":["https://h.example/u"]}`, Envelope{}, KindWrongType},
		{"actor without id", `{"id":"https://h.example/a","type":"Like","actor":{"type":"Person"}}`, Envelope{}, KindWrongType},
		{"actor with a nested id", `{"id":"https://h.example/a","type":"Like","actor":{"id":{"id":"https://h.example/u"}}}`, Envelope{}, KindWrongType},
		{"no type", `{"id":"https://h.example/a","actor":"https://h.example/u"}`, Envelope{}, KindMissing},
		{"type number", `{"id":"https://h.example/a","type":1,"actor":"https://h.example/u"}`, Envelope{}, KindWrongType},
		{"empty type array", `{"id":"https://h.example/a","type":[],"actor":"https://h.example/u"}`, Envelope{}, KindWrongType},
		{"no object at all", `[]`, Envelope{}, KindMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadEnvelope([]byte(tt.body))
			got.Object = Ref{}
			if kindOf(err) != tt.kind || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v, %q", got, err, tt.want, tt.kind)
			}
		})
	}
}

func TestRef(t *testing.T) {
	read := func(object string) Ref {
		e, err := ReadEnvelope([]byte(`{"id":"https://h.example/a","type":"Announce","actor":"https://h.example/u","object":` + object + `}`))
		if err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		return e.Object
	}
	if r := read(`"https://h.example/1"`); !r.IsIRI() || r.IsEmbedded() || r.ID != "https://h.example/1" || len(r.All()) != 1 {
		t.Errorf("IRI: %+v", r)
	}
	if r := read(`["https://h.example/1"]`); !r.IsIRI() || r.Many != nil {
		t.Errorf("array of one IRI: %+v", r)
	}
	r := read(`{"type":["Create"],"id":"https://h.example/1","actor":"https://h.example/u", "n":1.50}`)
	if r.IsIRI() || !r.IsEmbedded() || r.ID != "https://h.example/1" || r.Type != "Create" {
		t.Errorf("embedded: %+v", r)
	}
	if string(r.Raw) != `{"type":["Create"],"id":"https://h.example/1","actor":"https://h.example/u", "n":1.50}` {
		t.Errorf("the embedded bytes were changed: %s", r.Raw)
	}
	if a, err := r.Activity(); err != nil || a.Type != "Create" {
		t.Errorf("embedded activity: %+v, %v", a, err)
	}
	if r := read(`["https://h.example/1",null,{"type":"Like","id":"https://h.example/2"},3]`); len(r.All()) != 2 || r.IsIRI() || r.IsEmbedded() ||
		r.Many[0].ID != "https://h.example/1" || r.Many[1].Type != "Like" {
		t.Errorf("several: %+v", r)
	}
	for _, nothing := range []string{`null`, `[]`, `[null]`, `1`, `true`, `"no iri"`, `[[["https://h.example/1"]]]`} {
		if r := read(nothing); !r.IsZero() || r.IsIRI() || r.IsEmbedded() || r.All() != nil {
			t.Errorf("%s: %+v", nothing, r)
		}
	}
	if _, err := read(`"https://h.example/1"`).Object(); kindOf(err) != KindMissing {
		t.Errorf("an IRI was read as an object: %v", err)
	}
	if r := read(`{"id":7,"type":"Note"}`); r.ID != "" || !r.IsEmbedded() {
		t.Errorf("embedded with a wrong id: %+v", r)
	}
	if _, err := read(`{"id":7,"type":"Note"}`).Object(); kindOf(err) != KindWrongType {
		t.Errorf("a wrong inner id passed: %v", err)
	}
}
