package inbox

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/forum"
)

// bare is an Inbox that can translate, and nothing else.
func bare() *Inbox {
	base := &url.URL{Scheme: "https", Host: "stoa.example"}
	return New(Options{BaseURL: base})
}

// FuzzTranslate holds for any object: no panic, nothing shown that the sanitiser
// would not let through, nothing longer than it may be, and no text that
// Postgres cannot hold.
func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{
		`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","content":"<p>x</p>","to":"as:Public"}`,
		`{"id":"https://a.example/1","type":"Page","attributedTo":["https://a.example/u"],"name":"T","source":{"content":"*x*","mediaType":"text/markdown"},"attachment":[{"type":"Link","href":"https://b.example/"}]}`,
		`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","inReplyTo":"https://a.example/0","content":"<a href=javascript:x>","summary":"<b>cw","tag":{"type":"Mention","href":"https://a.example/u"}}`,
		`{"id":"https://a.example/1","type":"Article","attributedTo":"https://a.example/u","content":"a\u0000b","mediaType":"text/plain","language":{"identifier":"\"><script>"}}`,
		`{"id":"https://a.example/1","type":"Note","attributedTo":"https://a.example/u","attachment":[{"type":"Image","url":"https://b.example/\"onload=","name":"<script>"}],"url":"https://b.example/"}`,
	} {
		f.Add([]byte(seed))
	}
	made, err := filepath.Glob("testdata/made/*/objects/*.json")
	if err != nil || len(made) == 0 {
		f.Fatal(len(made), err)
	}
	for _, name := range made {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	in := bare()
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := ap.ReadObject(body)
		if err != nil {
			return
		}
		addressed := addressees(&o, nil)
		isPublic(&o, nil)
		if in.checkWords(&o, "") != "" {
			return
		}
		author := forum.Person{ID: 1, URI: o.Authors[0]}
		p, c := in.post(&o, author), in.comment(&o, author)
		if !ap.SameOrigin(o.ID, p.URL) || !ap.SameOrigin(o.ID, p.Author.URI) || in.Ours(o.ID) {
			t.Errorf("taken: %q at %q by %q", o.ID, p.URL, p.Author.URI)
		}
		checkText(t, p.Text)
		checkText(t, c.Text)
		for what, s := range map[string]string{
			"title": p.Title, "link": p.Link, "warning": p.Warning, "language": p.Language, "page": p.URL,
			"comment's warning": c.Warning, "comment's page": c.URL, "reply to": c.InReplyTo, "published": p.Published.Text,
		} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 8192 {
				t.Errorf("%s is %q", what, s)
			}
		}
		if n := utf8.RuneCountInString(p.Title); n > forum.MaxTitle+1 || strings.ContainsAny(p.Title, "\n\r") {
			t.Errorf("a title of %d: %q", n, p.Title)
		}
		if p.Link != "" && !isWeb(p.Link) {
			t.Errorf("link %q", p.Link)
		}
		known := map[string]forum.Community{"https://stoa.example/c/go": {ID: 1, Local: true}, "https://a.example/c": {ID: 2}}
		for _, place := range placesOf(&p, nil, addressed, known) {
			if !place.Local {
				t.Errorf("placed in %v", place)
			}
		}
	})
}

// shown says once more, apart from the sanitiser, what may be in a text.
var shown = map[string]string{
	"p": "", "br": "", "hr": "", "strong": "", "em": "", "del": "", "s": "", "u": "", "sup": "id", "sub": "",
	"code": "class", "kbd": "", "abbr": "title", "dfn": "title", "mark": "", "ruby": "", "rb": "", "rt": "", "rp": "",
	"pre": "", "blockquote": "", "ul": "", "ol": "start", "li": "id", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "",
	"table": "", "caption": "", "thead": "", "tbody": "", "tfoot": "", "tr": "", "td": "align colspan rowspan",
	"th": "align colspan rowspan", "details": "", "summary": "", "section": "class", "a": "href class id title rel",
}

func checkText(t *testing.T, text forum.Text) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(text.HTML))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Type {
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%v in %q", token, text.HTML)
		case html.TextToken:
			continue
		}
		attributes, ok := shown[token.Data]
		if !ok {
			t.Errorf("<%s> in %q", token.Data, text.HTML)
		}
		for _, a := range token.Attr {
			if !slices.Contains(strings.Fields(attributes), a.Key) {
				t.Errorf("%s of <%s> in %q", a.Key, token.Data, text.HTML)
			}
			u, err := url.Parse(a.Val)
			if a.Key == "href" && (err != nil || !slices.Contains([]string{"", "http", "https", "mailto", "gemini", "xmpp"}, u.Scheme)) {
				t.Errorf("a link to %q in %q", a.Val, text.HTML)
			}
		}
	}
	if len(text.HTML) > 2*markup.MaxOutput || !utf8.ValidString(text.HTML) || strings.ContainsRune(text.HTML, 0) {
		t.Errorf("html of %d bytes: %.200q", len(text.HTML), text.HTML)
	}
	if strings.ContainsRune(text.Source, 0) || !utf8.ValidString(text.Source) {
		t.Errorf("source %q", text.Source)
	}
}

// FuzzAccept holds for any body: an answer that is JSON with a reason, and never
// an acknowledgement without a signature.
func FuzzAccept(f *testing.F) {
	for _, seed := range []string{
		`{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u","object":{"id":"https://a.example/2","type":"Note"}}`,
		`{"id":"https://a.example/1","type":"Undo","actor":{"id":"https://a.example/u"},"object":{"type":"Like","actor":"https://a.example/u","object":"x"}}`,
		`{"id":"https://a.example/1","type":["Announce","x"],"actor":"https://a.example/c","object":{"type":"Undo","actor":"https://a.example/u","object":{"type":"Like","actor":"https://a.example/u","object":{"id":"https://a.example/3"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	in := bare()
	f.Fuzz(func(t *testing.T, body []byte) {
		env, no := in.envelope(body)
		if no != nil {
			if no.status != 400 && no.status != 403 || no.reason == "" || no.text == "" {
				t.Errorf("answer %+v", no)
			}
			return
		}
		if in.Ours(env.Actor) || !ap.SameOrigin(env.ID, env.Actor) {
			t.Errorf("taken: %q by %q", env.ID, env.Actor)
		}
		if family, about := sortOut(env); family < 1 || family > 3 || len(about) > ap.MaxIRI {
			t.Errorf("family %d about %q", family, about)
		}
		if hint := in.hint(env); hint != "" && (ap.ValidID(hint, false) != nil || in.Ours(hint)) {
			t.Errorf("would ask for %q", hint)
		}
	})
}
