package activitypub

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func mustObject(t *testing.T, fields string) Object {
	t.Helper()
	o, err := ReadObject([]byte(`{"id":"https://h.example/1","type":"Page",` + fields + `}`))
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	return o
}

func TestReadAttribution(t *testing.T) {
	tests := []struct {
		value           string
		authors, groups []string
		kind            Kind
	}{
		{`"https://h.example/u"`, []string{"https://h.example/u"}, nil, ""},
		{`["https://h.example/u","https://h.example/v"]`, []string{"https://h.example/u", "https://h.example/v"}, nil, ""},
		{`[{"type":"Person","id":"https://h.example/u"},{"type":"Group","id":"https://h.example/c"}]`, []string{"https://h.example/u"}, []string{"https://h.example/c"}, ""},
		{`{"id":"https://h.example/u"}`, []string{"https://h.example/u"}, nil, ""},
		{`null`, nil, nil, ""},
		{`1`, nil, nil, KindWrongType},
		{`[1]`, nil, nil, KindWrongType},
		{`["https://h.example/u",{"id":1}]`, nil, nil, KindWrongType},
		{`{"type":"Person"}`, nil, nil, KindWrongType},
		{`[["https://h.example/u"]]`, nil, nil, KindWrongType},
		{`true`, nil, nil, KindWrongType},
		{`""`, nil, nil, KindBadIRI},
	}
	for _, tt := range tests {
		o, err := ReadObject([]byte(`{"type":"Note","attributedTo":` + tt.value + `}`))
		if kindOf(err) != tt.kind || !reflect.DeepEqual(o.Authors, tt.authors) || !reflect.DeepEqual(o.Groups, tt.groups) {
			t.Errorf("%s: got %q, %q, %v", tt.value, o.Authors, o.Groups, err)
		}
	}
}

func TestReadObjectFields(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name, fields string
		got          func(Object) any
		want         any
	}{
		{"source object", `"source":{"content":"*x*","mediaType":"text/markdown"}`, func(o Object) any { return o.Source }, Source{"*x*", "text/markdown"}},
		{"source string (Mbin)", `"source":"https://x.example/"`, func(o Object) any { return o.Source }, Source{Content: "https://x.example/"}},
		{"language object", `"language":{"identifier":"de","name":"Deutsch"}`, func(o Object) any { return o.Language }, "de"},
		{"language string", `"language":"de"`, func(o Object) any { return o.Language }, "de"},
		{"language from contentMap", `"content":"x","contentMap":{"fr":"x","en":"y"}`, func(o Object) any { return o.Language }, "fr"},
		{"language before contentMap", `"language":"de","contentMap":{"fr":"x"}`, func(o Object) any { return o.Language }, "de"},
		{"content from contentMap", `"content":null,"contentMap":{"fr":"x","en":"y"}`, func(o Object) any { return o.Content }, "x"},
		{"name from nameMap", `"nameMap":{"fr":"titre"}`, func(o Object) any { return o.Name }, "titre"},
		{"contentMap beside content", `"content":"x","contentMap":{"fr":"x","en":"y","de":null,"it":3}`, func(o Object) any { return o.ContentMap }, []LanguageText{{"fr", "x"}, {"en", "y"}}},
		{"url string", `"url":"https://h.example/p"`, func(o Object) any { return o.URL }, "https://h.example/p"},
		{"url link", `"url":{"type":"Link","href":"https://h.example/p"}`, func(o Object) any { return o.URL }, "https://h.example/p"},
		{"url array, page last", `"url":[{"type":"Link","mediaType":"video/mp4","href":"https://h.example/v.mp4"},"https://h.example/plain",{"type":"Link","mediaType":"text/html; charset=utf-8","href":"https://h.example/p"}]`, func(o Object) any { return o.URL }, "https://h.example/p"},
		{"url without page", `"url":[{"type":"Link","mediaType":"video/mp4","href":"https://h.example/v.mp4"},"https://h.example/plain"]`, func(o Object) any { return o.URL }, "https://h.example/plain"},
		{"url of another scheme", `"url":"javascript:alert(1)"`, func(o Object) any { return o.URL }, ""},
		{"media links", `"url":[{"type":"Link","mediaType":"video/mp4","href":"https://h.example/v.mp4","height":720}]`, func(o Object) any { return o.Links }, []Link{{Href: "https://h.example/v.mp4", MediaType: "video/mp4", Height: 720}}},
		{"attachment array", `"attachment":[{"type":"Link","href":"https://x.example/"},{"type":"PropertyValue","name":"a","value":"b","url":"https://y.example/"},{"type":"Document","mediaType":"image/png","url":"https://h.example/a.png","name":"cat","width":3,"height":2,"blurhash":"U"},null,5]`, func(o Object) any { return o.Attachments }, []Attachment{{Type: "Link", URL: "https://x.example/"}, {Type: "Document", URL: "https://h.example/a.png", MediaType: "image/png", Name: "cat", Width: 3, Height: 2, Blurhash: "U"}}},
		{"attachment single", `"attachment":{"type":"Image","url":[{"type":"Link","href":"https://h.example/a.png","mediaType":"image/png"}]}`, func(o Object) any { return o.Attachments }, []Attachment{{Type: "Image", URL: "https://h.example/a.png", MediaType: "image/png"}}},
		{"attachment string", `"attachment":["https://x.example/"]`, func(o Object) any { return o.Attachments }, []Attachment{{Type: "Link", URL: "https://x.example/"}}},
		{"references in addresses, WordPress", `"attachment":[{"type":"Image","url":"https://h.example/a.png?w=1&#038;h=2"},"https://h.example/?a=1&amp;b=2#c"],"url":"https://h.example/?p=1&#038;q=2"`, func(o Object) any {
			return []string{o.Attachments[0].URL, o.Attachments[1].URL, o.URL}
		}, []string{"https://h.example/a.png?w=1&h=2", "https://h.example/?a=1&b=2#c", "https://h.example/?p=1&q=2"}},
		{"magnet link", `"attachment":[{"type":"Link","href":"magnet:?xt=urn:btih:1"}]`, func(o Object) any { return o.Attachments[0].URL }, "magnet:?xt=urn:btih:1"},
		{"image object", `"image":{"type":"Image","url":"https://h.example/i.png"}`, func(o Object) any { return o.Image.URL }, "https://h.example/i.png"},
		{"image string", `"image":"https://h.example/i.png"`, func(o Object) any { return o.Image.URL }, "https://h.example/i.png"},
		{"icon array, widest", `"icon":[{"type":"Image","url":"https://h.example/s.png","width":48},{"type":"Image","url":"https://h.example/l.png","width":120}]`, func(o Object) any { return o.Icon.URL }, "https://h.example/l.png"},
		{"icon of a wrong type", `"icon":[7]`, func(o Object) any { return o.Icon }, Image{}},
		{"tag single", `"tag":{"type":"Hashtag","name":"#go","href":"https://h.example/t"}`, func(o Object) any { return o.Tag }, []Tag{{Type: "Hashtag", Name: "#go", Href: "https://h.example/t"}}},
		{"tags", `"tag":[{"type":"Emoji","id":"https://h.example/e","name":":x:","icon":{"type":"Image","url":"https://h.example/x.png"}},{"type":"CommunityPostTag","id":"https://h.example/t","preferredUsername":"news"},"x",{"name":"no type"}]`, func(o Object) any { return o.Tag }, []Tag{{Type: "Emoji", ID: "https://h.example/e", Name: ":x:", Icon: Image{URL: "https://h.example/x.png"}}, {Type: "CommunityPostTag", ID: "https://h.example/t", Name: "news", Username: "news"}}},
		{"to null (PieFed)", `"to":null,"cc":[]`, func(o Object) any { return len(o.To) + len(o.CC) }, 0},
		{"to string", `"to":"as:Public"`, func(o Object) any { return o.To }, []string{Public}},
		{"audience string", `"audience":"https://h.example/c"`, func(o Object) any { return o.Audience }, []string{"https://h.example/c"}},
		{"inReplyTo object", `"inReplyTo":{"id":"https://h.example/0","type":"Note"}`, func(o Object) any { return o.InReplyTo }, "https://h.example/0"},
		{"inReplyTo array", `"inReplyTo":["https://h.example/0"]`, func(o Object) any { return o.InReplyTo }, "https://h.example/0"},
		{"inReplyTo null", `"inReplyTo":null`, func(o Object) any { return o.InReplyTo }, ""},
		{"context object", `"context":{"type":"OrderedCollection","id":"https://h.example/x"}`, func(o Object) any { return o.Context }, "https://h.example/x"},
		{"conversation", `"conversation":"tag:h.example,2026:1"`, func(o Object) any { return o.Conversation }, "tag:h.example,2026:1"},
		{"replies embedded", `"replies":{"type":"Collection","id":"https://h.example/r"}`, func(o Object) any { return o.Replies.ID + o.Replies.Type }, "https://h.example/rCollection"},
		{"commentsEnabled true", `"commentsEnabled":true`, func(o Object) any { return o.CommentsEnabled }, &yes},
		{"commentsEnabled false", `"commentsEnabled":false`, func(o Object) any { return o.CommentsEnabled }, &no},
		{"commentsEnabled wrong", `"commentsEnabled":"no"`, func(o Object) any { return o.CommentsEnabled }, (*bool)(nil)},
		{"sensitive wrong", `"sensitive":"true"`, func(o Object) any { return o.Sensitive }, false},
		{"flags", `"sensitive":true,"distinguished":true,"stickied":true`, func(o Object) any { return []bool{o.Sensitive, o.Distinguished, o.Stickied} }, []bool{true, true, true}},
		{"quote", `"_misskey_quote":"https://h.example/q1","quoteUri":"https://h.example/q2","quote":"https://h.example/q3"`, func(o Object) any { return o.Quote }, "https://h.example/q3"},
		{"policy", `"interactionPolicy":{"canQuote":{}}`, func(o Object) any { return string(o.InteractionPolicy) }, `{"canQuote":{}}`},
		{"published fraction", `"published":"2026-01-02T03:04:05.123456789Z"`, func(o Object) any { return o.Published.Text }, "2026-01-02T03:04:05.123456789Z"},
		{"name of a wrong type", `"name":{"x":1},"content":["x"],"summary":7,"mediaType":false`, func(o Object) any { return o.Name + o.Content + o.Summary + o.MediaType }, ""},
		{"NUL taken out", `"content":"a\u0000b"`, func(o Object) any { return o.Content }, "ab"},
		{"escapes", `"content":"\ud83d\ude00 \u00e9\n\u003cb\u003e \ud800x"`, func(o Object) any { return o.Content }, "😀 é\n<b> \ufffdx"},
		{"other case", `"Content":"x","CONTENT":"y"`, func(o Object) any { return o.Content }, ""},
		{"escaped key", `"c\u006fntent":"x"`, func(o Object) any { return o.Content }, "x"},
		{"any field", `"endTime":"2026"`, func(o Object) any { return string(o.Field("endTime")) }, `"2026"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.got(mustObject(t, tt.fields)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestReadObjectLimits(t *testing.T) {
	long := strings.Repeat("é", MaxContent)
	o := mustObject(t, `"name":"`+long+`","content":"a`+long+`","url":"https://h.example/`+strings.Repeat("a", MaxIRI)+`",`+
		`"to":["`+strings.Repeat(`https://h.example/u","`, MaxAddressees)+`x"],`+
		`"tag":[`+strings.Repeat(`{"type":"Hashtag","name":"#x"},`, MaxTags)+`{}],`+
		`"attachment":[`+strings.Repeat(`"https://x.example/",`, MaxAttachments)+`"https://x.example/"]`)
	if len(o.Name) != MaxName || len(o.Content) != MaxContent-1 || !utf8.ValidString(o.Name+o.Content) {
		t.Errorf("name of %d bytes, content of %d", len(o.Name), len(o.Content))
	}
	if o.URL != "" || len(o.Links) != 0 {
		t.Errorf("an IRI beyond the limit was kept")
	}
	if len(o.To) != MaxAddressees || len(o.Tag) != MaxTags || len(o.Attachments) != MaxAttachments {
		t.Errorf("%d addressees, %d tags, %d attachments", len(o.To), len(o.Tag), len(o.Attachments))
	}
}

func TestReadRareObject(t *testing.T) {
	question, err := ReadRareObject([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"https://h.example/q","type":"Question",` +
		`"attributedTo":"https://h.example/u","content":"x","contentMap":{"de":"x"},"published":"2026-01-02T03:04:05.123Z","endTime":"2026-02-02T03:04:05Z",` +
		`"anyOf":[{"type":"Note","name":"yes","replies":{"type":"Collection","totalItems":3}},{"type":"Note","name":"no"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Option{{"yes", 3}, {"no", 0}}; !reflect.DeepEqual(question.Options, want) || !question.Multiple || !question.EndTime.Valid {
		t.Errorf("question: %+v", question)
	}
	if question.Vocabulary == nil || question.Vocabulary.GetTypeName() != "Question" || question.Language != "de" || question.Published.Text != "2026-01-02T03:04:05.123Z" {
		t.Errorf("question: %+v", question)
	}
	video, err := ReadRareObject([]byte(`{"id":"https://h.example/v","type":"Video","duration":"PT1H2S"}`)) // no @context
	if err != nil || video.Duration.Seconds() != 3602 {
		t.Errorf("video: %v, %v", video.Duration, err)
	}
	event, err := ReadRareObject([]byte(`{"id":"https://h.example/e","type":"Event","startTime":"2026-01-02T03:04:05+01:00","location":{"type":"Place","name":"The agora"}}`))
	if err != nil || event.Place != "The agora" || FormatTime(event.StartTime.Time) != "2026-01-02T02:04:05Z" {
		t.Errorf("event: %+v, %v", event, err)
	}
	off, err := ReadRareObject([]byte(`{"id":"https://h.example/e","type":"Event","actor":"https://h.example/ann","attributedTo":"https://h.example/club","ical:status":"CANCELLED",` +
		`"location":{"type":"Place","name":"The agora","address":{"type":"PostalAddress","streetAddress":"Steps 1","addressLocality":"Athens"}}}`))
	if err != nil || off.Place != "The agora, Steps 1, Athens" || !off.Cancelled || !reflect.DeepEqual(off.Authors, []string{"https://h.example/ann"}) {
		t.Errorf("a cancelled event: %+v, %v", off, err)
	}
	if _, err := ReadRareObject([]byte(`{"type":"Note"}`)); kindOf(err) != KindUnexpected {
		t.Errorf("a Note: %v", err)
	}
	// The library panics on an empty duration.
	if _, err := ReadRareObject([]byte(`{"type":"Video","duration":""}`)); kindOf(err) != KindVocabulary {
		t.Errorf("an empty duration: %v", err)
	}
}
