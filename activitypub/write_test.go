package activitypub

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/streams"
)

var moment = NewTime(time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC))

func followed() Follow {
	return Follow{ID: "https://l.example/f/1", Actor: "https://l.example/u/ann", Object: IRI("https://h.example/c/go")}
}

func fullGroup() Group {
	return Group{
		ID: "https://h.example/c/go", PreferredUsername: "go", Name: "Go", URL: "https://h.example/c/go", Summary: "<p>hi</p>",
		Source: Source{"hi", "text/markdown"}, Icon: Image{URL: "https://h.example/i.png", MediaType: "image/png"},
		Inbox: "https://h.example/c/go/inbox", Outbox: "https://h.example/c/go/outbox", Followers: "https://h.example/c/go/followers",
		Featured: "https://h.example/c/go/featured", AttributedTo: "https://h.example/c/go/moderators", Moderators: "https://h.example/c/go/moderators",
		Endpoints: Endpoints{"https://h.example/inbox"}, Discoverable: true, Indexable: true, Language: []Language{{"en", "English"}}, Published: moment,
		PublicKey: PublicKey{"https://h.example/c/go#main-key", "https://h.example/c/go", "-----BEGIN PUBLIC KEY-----\n"},
	}
}

func fullPage() Page {
	return Page{
		ID: "https://h.example/post/7", AttributedTo: "https://h.example/u/bob", To: IRIs{"https://h.example/c/go", Public}, Audience: "https://h.example/c/go",
		Name: "Title <b>", Content: "<p>a & b</p>", ContentMap: map[string]string{"en": "<p>a & b</p>"}, MediaType: "text/html", Source: Source{"a & b", "text/markdown"},
		URL: "https://h.example/post/7", Attachment: Attachments{Link{Href: "https://x.example/?a=1&b=2", MediaType: "text/html"}}, Image: Image{URL: "https://h.example/t.png"},
		Tag:             Tags{Mention{Href: "https://h.example/c/go", Name: "@go@h.example"}, Hashtag{Href: "https://h.example/t/x", Name: "#x"}},
		CommentsEnabled: true, Language: Language{"en", "English"}, Published: moment, Context: "https://h.example/post/7/context", Replies: "https://h.example/post/7/replies",
		InteractionPolicy: QuotesAllowed(),
	}
}

// documents holds every kind of document we send, once full and once as empty as it may be.
func documents() map[string]any {
	reason := ""
	id, actor, object := "https://h.example/a/1", "https://h.example/u/bob", IRI("https://h.example/post/7")
	return map[string]any{
		"Application":           Application{ID: "https://h.example/", PreferredUsername: "h.example", Name: "h.example", Inbox: "https://h.example/inbox", Outbox: "https://h.example/outbox", Published: moment, PublicKey: PublicKey{"k", "https://h.example/", "PEM"}},
		"Group":                 fullGroup(),
		"Group, empty":          Group{ID: "https://h.example/c/go", AttributedTo: "https://h.example/c/go/moderators", PublicKey: PublicKey{"k", "o", "PEM"}},
		"Person":                Person{ID: actor, PreferredUsername: "bob", Inbox: actor + "/inbox", Outbox: actor + "/outbox", Endpoints: Endpoints{"https://h.example/inbox"}, PublicKey: PublicKey{actor + "#main-key", actor, "PEM"}},
		"Page":                  fullPage(),
		"Page, empty":           Page{ID: "https://h.example/post/7", AttributedTo: actor, Name: "Title"},
		"Note":                  Note{ID: "https://h.example/comment/1", AttributedTo: actor, To: IRIs{Public}, InReplyTo: "https://h.example/post/7", Content: "x", Tag: Tags{Mention{Href: actor, Name: "@bob@h.example"}}, Published: moment},
		"Note, empty":           Note{ID: "https://h.example/comment/1", AttributedTo: actor},
		"Tombstone":             Tombstone{ID: "https://h.example/post/7"},
		"Create":                Create{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(fullPage()), Published: moment},
		"Update":                Update{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(fullGroup())},
		"Announce, id":          Announce{ID: id, Actor: "https://h.example/c/go", To: IRIs{Public}, CC: IRIs{"https://h.example/c/go/followers"}, Object: object, Published: moment},
		"Announce, whole":       Announce{ID: id, Actor: "https://h.example/c/go", To: IRIs{Public}, Object: Embed(Create{ID: id + "2", Actor: actor, Object: Embed(fullPage())})},
		"Announce, verbatim":    Announce{ID: id, Actor: "https://h.example/c/go", Object: Verbatim(create)},
		"Follow":                Follow{ID: id, Actor: actor, To: IRIs{"https://l.example/c/x"}, Object: IRI("https://l.example/c/x"), Published: moment},
		"Accept":                Accept{ID: id, Actor: "https://h.example/c/go", To: IRIs{"https://l.example/u/ann"}, Object: Embed(followed())},
		"Reject":                Reject{ID: id, Actor: "https://h.example/c/go", Object: Embed(followed())},
		"Like":                  Like{ID: id, Actor: actor, Object: object, Audience: "https://h.example/c/go", Published: moment},
		"Dislike":               Dislike{ID: id, Actor: actor, Object: object},
		"Undo":                  Undo{ID: id, Actor: actor, Object: Embed(Like{ID: id + "2", Actor: actor, Object: object})},
		"Delete":                Delete{ID: id, Actor: actor, To: IRIs{Public}, Object: Embed(Tombstone{ID: "https://h.example/post/7"})},
		"Delete by a moderator": Delete{ID: id, Actor: actor, Summary: &reason, Object: object, WithReplies: true},
		"Add":                   Add{ID: id, Actor: actor, Object: object, Target: "https://h.example/c/go/featured"},
		"Remove":                Remove{ID: id, Actor: actor, Object: object, Target: "https://h.example/c/go/featured"},
		"Lock":                  Lock{ID: id, Actor: actor, Object: object},
		"Block":                 Block{ID: id, Actor: actor, Object: IRI("https://l.example/u/ann"), Target: "https://h.example/c/go", EndTime: moment, Expires: moment},
		"Flag":                  Flag{ID: id, Actor: actor, Object: Embed(IRIs{"https://l.example/u/ann", "https://l.example/1"}), Summary: "spam", Content: "spam"},
		"Collection":            Collection{ID: "https://h.example/c/go/followers", TotalItems: 3},
		"Collection in pages":   Collection{ID: "https://h.example/r", TotalItems: 1, First: Embed(CollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r", Items: IRIParts([]string{"https://h.example/1"})})},
		"OrderedCollection":     OrderedCollection{ID: "https://h.example/o", TotalItems: 1, OrderedItems: Parts{Embed(Announce{ID: id, Actor: actor, Object: object})}},
		"CollectionPage":        CollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r"},
		"OrderedCollectionPage": OrderedCollectionPage{ID: "https://h.example/r?1", PartOf: "https://h.example/r"},
	}
}

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
		"Announce, id":          {"to", "cc", "published"},
		"Announce, verbatim":    {"to", "cc"},
		"Add":                   {"to", "cc", "target"},
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
