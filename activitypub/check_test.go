package activitypub

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// kindOf returns the kind of any error of this package, "" for nil.
func kindOf(err error) Kind {
	var syntax *SyntaxError
	var field *FieldError
	var iri *IRIError
	switch {
	case errors.As(err, &syntax):
		return syntax.Kind
	case errors.As(err, &field):
		return field.Kind
	case errors.As(err, &iri):
		return iri.Kind
	case err != nil:
		return Kind("untyped: " + err.Error())
	}
	return ""
}

func manyDistinctKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	nested := func(n int) string { // n levels, the outer object included
		return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
	}
	tests := []struct {
		name string
		body string
		want Kind
	}{
		{"empty object", `{}`, ""},
		{"blanks around", " \r\n\t{ \"a\" : [ 1 , -0.5e+3 , true , false , null , { } , [ ] ] }\n", ""},
		{"escapes", `{"a":"\"\\\/\b\f\n\r\té\ud83d\ude00\ud800"}`, ""},
		{"nothing", ``, KindMalformed},
		{"array", `[]`, KindMalformed},
		{"string", `"a"`, KindMalformed},
		{"byte order mark", "\ufeff{}", KindMalformed},
		{"two values", `{}{}`, KindMalformed},
		{"trailing byte", `{}x`, KindMalformed},
		{"trailing NUL", "{}\x00", KindMalformed},
		{"unclosed", `{"a":[1`, KindMalformed},
		{"wrong bracket", `{"a":[1}`, KindMalformed},
		{"trailing comma in object", `{"a":1,}`, KindMalformed},
		{"trailing comma in array", `{"a":[1,]}`, KindMalformed},
		{"missing colon", `{"a" 1}`, KindMalformed},
		{"key without quotes", `{a:1}`, KindMalformed},
		{"leading zero", `{"a":01}`, KindMalformed},
		{"plus", `{"a":+1}`, KindMalformed},
		{"no fraction", `{"a":1.}`, KindMalformed},
		{"no exponent", `{"a":1e}`, KindMalformed},
		{"NaN", `{"a":NaN}`, KindMalformed},
		{"half a literal", `{"a":tru}`, KindMalformed},
		{"control character", "{\"a\":\"\n\"}", KindMalformed},
		{"unknown escape", `{"a":"\x"}`, KindMalformed},
		{"short escape", `{"a":"\u00g0"}`, KindMalformed},
		{"escape at the end", `{"a":"\`, KindMalformed},
		{"comment", `{/**/}`, KindMalformed},
		{"bad UTF-8", "{\"a\":\"\xff\"}", KindBadUTF8},
		{"UTF-8 of a surrogate", "{\"a\":\"\xed\xa0\x80\"}", KindBadUTF8},
		{"as deep as allowed", nested(MaxDepth), ""},
		{"too deep", nested(MaxDepth + 1), KindTooDeep},
		{"deep as a well", `{"a":` + strings.Repeat("[", 500_000), KindTooDeep},
		{"deep objects", strings.Repeat(`{"a":`, 100_000), KindTooDeep},
		{"as long as allowed", `{"a":[` + strings.Repeat("0,", MaxArray-1) + `0]}`, ""},
		{"too long", `{"a":[` + strings.Repeat("0,", MaxArray) + `0]}`, KindTooLargeArray},
		{"number at the bound", `{"a":` + strings.Repeat("1", MaxNumber) + `}`, ""},
		{"number too long", `{"a":` + strings.Repeat("1", MaxNumber+1) + `}`, KindBadNumber},
		{"huge exponent", `{"a":1e9999}`, KindBadNumber},
		{"key twice", `{"a":1,"a":2}`, KindDuplicateKey},
		{"key twice, once escaped", `{"a":1,"\u0061":2}`, KindDuplicateKey},
		{"key twice, both escaped", `{"\u00e9":1,"\u00E9":2}`, KindDuplicateKey},
		{"key twice below", `{"o":{"x":1,"y":[{"z":1,"z":1}]}}`, KindDuplicateKey},
		{"key after a closed object", `{"o":{"a":1},"a":1,"p":{"a":1}}`, ""},
		{"key twice around an object", `{"a":1,"o":{"a":1},"a":1}`, KindDuplicateKey},
		{"keys of different case", `{"id":1,"ID":2}`, ""},
		{"many keys", `{` + manyDistinctKeys(50_000) + `"last":0}`, ""},
		{"many keys, one twice", `{` + manyDistinctKeys(500) + `"k3":0}`, KindDuplicateKey},
		{"many keys, the last twice", `{` + manyDistinctKeys(500) + `"k499":0}`, KindDuplicateKey},
		{"graph", `{"@graph":[]}`, KindKeyword},
		{"included", `{"@included":[]}`, KindKeyword},
		{"reverse", `{"@reverse":{}}`, KindKeyword},
		{"id keyword", `{"@id":"x"}`, KindKeyword},
		{"type keyword, escaped", `{"\u0040type":"x"}`, KindKeyword},
		{"keyword below", `{"@context":{"x":{"@id":"as:x","@type":"@id"}}}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kindOf(Check([]byte(tt.body))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCheckSaysWhere(t *testing.T) {
	tests := []struct {
		body string
		want int
	}{
		{`{"a":1,"a":2}`, 7},
		{"{\"a\":\"\xff\"}", 6},
		{`{} x`, 3},
		{`{"a":[1 2]}`, 8},
	}
	for _, tt := range tests {
		var e *SyntaxError
		if err := Check([]byte(tt.body)); !errors.As(err, &e) || e.Offset != tt.want {
			t.Errorf("%q: got %v, want offset %d", tt.body, err, tt.want)
		}
	}
}

// create is a Create as Mastodon sends it, of the usual size.
var create = []byte(`{"@context":["https://www.w3.org/ns/activitystreams",{"ostatus":"http://ostatus.org#","atomUri":"ostatus:atomUri",` +
	`"conversation":"ostatus:conversation","sensitive":"as:sensitive","toot":"http://joinmastodon.org/ns#"}],` +
	`"id":"https://m.example/users/ann/statuses/1/activity","type":"Create","actor":"https://m.example/users/ann",` +
	`"published":"2026-01-02T03:04:05Z","to":["https://www.w3.org/ns/activitystreams#Public"],` +
	`"cc":["https://m.example/users/ann/followers","https://our.example/c/go"],` +
	`"object":{"id":"https://m.example/users/ann/statuses/1","type":"Note","summary":null,"inReplyTo":null,` +
	`"published":"2026-01-02T03:04:05Z","url":"https://m.example/@ann/1","attributedTo":"https://m.example/users/ann",` +
	`"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":["https://m.example/users/ann/followers","https://our.example/c/go"],` +
	`"sensitive":false,"atomUri":"https://m.example/users/ann/statuses/1","conversation":"tag:m.example,2026-01-02:objectId=1:objectType=Conversation",` +
	`"content":"<p>` + strings.Repeat("Some words about a \\u003cb\\u003ething\\u003c/b\\u003e. ", 12) + `</p>",` +
	`"contentMap":{"en":"<p>` + strings.Repeat("Some words about a thing. ", 12) + `</p>"},` +
	`"attachment":[{"type":"Document","mediaType":"image/png","url":"https://m.example/a.png","name":"a cat","blurhash":"UABC","width":100,"height":50}],` +
	`"tag":[{"type":"Mention","href":"https://our.example/c/go","name":"@go@our.example"}],` +
	`"replies":{"id":"https://m.example/users/ann/statuses/1/replies","type":"Collection","first":{"type":"CollectionPage","items":[]}}}}`)

func BenchmarkCheck(b *testing.B) {
	b.SetBytes(int64(len(create)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(create); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadEnvelope(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadEnvelope(create); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadActivityAndObject(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		a, err := ReadActivity(create)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.Object.Object(); err != nil {
			b.Fatal(err)
		}
	}
}
