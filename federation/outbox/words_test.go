package outbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
)

// What texts name stands where each peer looks for it: hashtags and the community's own as
// tags, tags of the community in the shape of Lemmy and in that of PieFed, the language
// where forums and where microblogs have it, the warning as summary; everybody may quote.
func TestWhatTextsNameIsTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	c := porch
	c.PostTags = c.PostTags.With(forum.PostTag{ID: porch.URI + "/tag/news", Name: "news", Title: "News", Color: 3})
	post := &forum.Post{
		URI: "https://stoa.example/post/1", Local: true, Community: c, Title: "T", Language: "pt", Warning: "sharp edges", Sensitive: true,
		Text: forum.Text{Source: "#Käse", Format: forum.Markdown, HTML: "<p>#Käse</p>"},
		Tags: forum.Tags{Hashtags: forum.Hashtags("").With("Käse"), Flair: c.Flair([]string{"news"})},
	}
	note := &forum.Comment{
		URI: "https://stoa.example/comment/1", Local: true, CommunityURI: c.URI, InReplyTo: post.URI, Language: "pt", Warning: "sharp edges", Sensitive: true,
		Text: post.Text, Tags: forum.Tags{Hashtags: "käse"},
	}
	hashtag := `{"type":"Hashtag","href":"https://stoa.example/tag/k%C3%A4se","name":"#käse"}`
	quotes := `"interactionPolicy":{"canQuote":{"automaticApproval":["https://www.w3.org/ns/activitystreams#Public"]}}`
	both := []string{hashtag, `"contentMap":{"pt":"<p>#Käse</p>"}`, `"language":{"identifier":"pt","name":"pt"}`, `"summary":"sharp edges"`, `"sensitive":true`, quotes}
	for name, x := range map[string]struct {
		doc  any
		want []string
	}{
		"post": {p.Page(post), append(both,
			`{"type":"CommunityPostTag","id":"https://stoa.example/c/porch/tag/news","preferredUsername":"news","name":"News","color":"color03"}`,
			`{"type":"lemmy:CommunityTag","id":"https://stoa.example/c/porch/tag/news","display_name":"News","text_color":"#000000","background_color":"#f3e29b","blur_images":false}`,
			`{"type":"Hashtag","href":"https://stoa.example/post/1","name":"#porch"}`, `{"type":"Mention","href":"https://stoa.example/c/porch","name":"@porch@stoa.example"}`)},
		"note": {p.Note(note), both},
	} {
		body, doc := written(t, x.doc)
		for _, want := range x.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", name, want, body)
			}
		}
		if _, is := doc["tag"].([]any); !is {
			t.Errorf("%s: tag is no array", name)
		}
	}
	post.Language, post.Warning, post.Tags = "", "", forum.Tags{}
	if body, _ := written(t, p.Page(post)); strings.Contains(body, "contentMap") || strings.Contains(body, `"summary"`) || strings.Contains(body, "CommunityPostTag\",\"id") {
		t.Errorf("what is not said is told: %s", body)
	}
}

// Emoji of this node are told of by whatever has them in it; those of others are not.
func TestEmojiOfThisNodeAreTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	all := forum.Emojis("").With("cat", "https://far.example/cat.png").WithOwn(forum.Emoji{Name: "party", URL: "https://stoa.example/pictures/1.png", Made: at})
	want := `{"type":"Emoji","id":"https://stoa.example/emoji/party","name":":party:","icon":{"type":"Image","url":"https://stoa.example/pictures/1.png","mediaType":"image/png"},"updated":"2026-11-30T08:00:00Z"}`
	ann := forum.Person{URI: "https://stoa.example/u/ann", Name: "ann", Host: "stoa.example", Local: true, Title: "Ann :party:", Emoji: all}
	post := &forum.Post{URI: "https://stoa.example/post/1", Local: true, Community: porch, Author: ann, Title: "T", Tags: forum.Tags{Emoji: all}}
	for name, doc := range map[string]any{
		"post":    p.Page(post),
		"comment": p.Note(&forum.Comment{URI: "https://stoa.example/comment/1", Local: true, Author: ann, CommunityURI: porch.URI, InReplyTo: post.URI, Tags: forum.Tags{Emoji: all}}),
		"message": p.MessageNote(&forum.Message{URI: "https://stoa.example/message/1", From: ann, To: forum.Person{URI: "https://far.example/u/bo"}, Emoji: all}),
		"person":  p.Person(&ann),
	} {
		if body, _ := written(t, doc); strings.Count(body, want) != 1 || strings.Contains(body, "cat.png") {
			t.Errorf("%s: not %s once in %s", name, want, body)
		}
	}
}

// Whom somebody here names is mentioned and addressed by the object and by each activity
// about it, since Mastodon and GoToSocial tell nobody else; who is named no more is not.
func TestWhomTextsNameIsTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	bob := forum.Mention{Inbox: "https://far.example/bob/inbox", URI: "https://far.example/users/bob", Name: "Bob", Host: "far.example"}
	eve := forum.Mention{Inbox: "https://far.example/eve/inbox"}
	ann := forum.Person{URI: "https://stoa.example/u/ann", Name: "ann", Local: true}
	post := forum.Post{
		URI: "https://stoa.example/post/1", Local: true, Community: porch, Author: ann, Title: "T",
		Text: forum.Text{Source: "@Bob@far.example", Format: forum.Markdown, HTML: "<p>@Bob@far.example</p>"},
		Tags: forum.Tags{Mentions: forum.Mentions("").With(bob).After(forum.Mentions("").With(eve).With(bob))},
	}
	note := forum.Comment{
		URI: "https://stoa.example/comment/1", Local: true, CommunityURI: porch.URI, InReplyTo: post.URI, PostURI: post.URI, Author: ann,
		Text: post.Text, Tags: post.Tags,
	}
	for _, verb := range []forum.Verb{forum.VerbSubmit, forum.VerbReply, forum.VerbEdit, forum.VerbDelete} {
		e := &forum.Event{Verb: verb, Actor: ann, Community: porch, Post: &post, Announce: true, Origin: forum.Origin{Activity: "https://stoa.example/activities/1"}}
		if verb == forum.VerbReply {
			e.Comment = &note
		}
		r, err := p.Publish(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			CC     []string        `json:"cc"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(r.Direct.Body, &doc); err != nil || !slices.Contains(doc.CC, bob.URI) {
			t.Errorf("%s does not address who is named: %s", verb, r.Direct.Body)
		}
		if verb == forum.VerbDelete {
			continue
		}
		object := string(doc.Object)
		if !strings.Contains(object, `{"type":"Mention","href":"https://far.example/users/bob","name":"@Bob@far.example"}`) || !strings.Contains(object, `"cc":["https://far.example/users/bob"]`) {
			t.Errorf("%s: the object does not name them: %s", verb, object)
		}
		if strings.Contains(string(r.Forum.Body), "eve") {
			t.Errorf("%s names who is named no more: %s", verb, r.Forum.Body)
		}
	}
}

// Microblogs that drop links among attachments find the link in the text, once; forums
// read the source, which is as it was written. Several pictures are all attachments, and
// the first the picture of the post.
func TestPeerTrap49LinksAndPicturesStandWherePeersLook(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	const at = "https://a.example/?x=1&y=2"
	hung, repeated := `"attachment":[{"type":"Link","href":"https://a.example/?x=1&y=2","mediaType":"text/html"}]`, `<p><a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a></p>`
	for name, x := range map[string]struct{ source, html, content string }{
		"alone":       {"", "", repeated},
		"with words":  {"So.", "<p>So.</p>", "<p>So.</p>" + repeated},
		"in the text": {"<" + at + ">", `<p><a href="https://a.example/?x=1&amp;y=2">a</a></p>`, `<p><a href="https://a.example/?x=1&amp;y=2">a</a></p>`},
	} {
		body, doc := written(t, p.Page(&forum.Post{
			URI: "https://stoa.example/post/1", Local: true, Community: porch, Title: "T", Link: at,
			Text: forum.Text{Source: x.source, Format: forum.Markdown, HTML: x.html},
		}))
		source, _ := doc["source"].(map[string]any)
		if doc["content"] != x.content || !strings.Contains(body, hung) || x.source != "" && source["content"] != x.source || doc["url"] != doc["id"] {
			t.Errorf("%s: %s", name, body)
		}
	}
	pictures := []forum.Attachment{
		{Medium: forum.Picture, URL: "https://stoa.example/a.png", Type: "image/png", Alt: "A"}, {Medium: forum.Picture, URL: "https://stoa.example/b.png", Type: "image/png", Alt: "B"},
	}
	body, _ := written(t, p.Page(&forum.Post{URI: "https://stoa.example/post/1", Local: true, Community: porch, Title: "T", Attachments: pictures}))
	for _, want := range []string{
		`"attachment":[{"type":"Image","url":"https://stoa.example/a.png","mediaType":"image/png","name":"A"},{"type":"Image","url":"https://stoa.example/b.png","mediaType":"image/png","name":"B"}]`,
		`"image":{"type":"Image","url":"https://stoa.example/a.png"}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

// A reaction is an EmojiReact, its Undo has it inside, and for who knows none both are of a
// Like that has the emoji, without the proof that was made of something else.
func TestReactionsAreTold(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*Publisher{"bare": publisher(t), "proven": publisher(t).WithProofs([]byte("seed"))} {
		ann := forum.Person{URI: "https://stoa.example/u/ann", Local: true}
		post := &forum.Post{URI: "https://stoa.example/post/1", Community: porch}
		tell := func(e forum.Event) ([]byte, map[string]any) {
			t.Helper()
			e.Verb, e.Actor, e.Community, e.Post, e.Origin.Activity = forum.VerbVote, ann, porch, post, "https://stoa.example/activities/1"
			r, err := p.Publish(t.Context(), &e)
			if err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := json.Unmarshal(r.Direct.Body, &doc); err != nil {
				t.Fatal(err)
			}
			return r.Direct.Body, doc
		}
		body, doc := tell(forum.Event{Dir: 1, Emoji: "🙂"})
		if doc["type"] != "EmojiReact" || doc["content"] != "🙂" || doc["object"] != post.URI || doc["audience"] != porch.URI || (doc["proof"] != nil) != (name == "proven") {
			t.Errorf("%s: %s", name, body)
		}
		if like := string(Liked(body)); !strings.Contains(like, `"type":"Like"`) || !strings.Contains(like, `"content":"🙂"`) || strings.Contains(like, "EmojiReact\"") && !strings.Contains(like, "@context") || strings.Contains(like, `"proof"`) {
			t.Errorf("%s: as a Like it is %s", name, like)
		}
		body, doc = tell(forum.Event{Dir: 0, WasDir: 1, WasEmoji: "🙂", Undoes: "https://stoa.example/activities/0"})
		undone, _ := doc["object"].(map[string]any)
		if doc["type"] != "Undo" || undone["type"] != "EmojiReact" || undone["content"] != "🙂" || undone["id"] != "https://stoa.example/activities/0" || undone["actor"] != ann.URI {
			t.Errorf("%s: %s", name, body)
		}
		for _, plain := range []forum.Event{{Dir: 1}, {Dir: -1, WasDir: 1, WasEmoji: "🙂"}} {
			if body, doc := tell(plain); doc["type"] == "EmojiReact" || doc["content"] != nil {
				t.Errorf("%s: a vote without an emoji is %s", name, body)
			}
		}
	}
}

// What a post quotes stands in the field of each kind of software, and as a link first in
// the text and last in its source for those who know none; a request has the post in it.
func TestQuotesAreTold(t *testing.T) {
	t.Parallel()
	p := publisher(t)
	ann := forum.Person{URI: "https://stoa.example/u/ann", Local: true}
	const quoted = "https://m.example/notes/1?a=1&b=2"
	const line = `<p class="quote-inline">RE: <a href="https://m.example/notes/1?a=1&amp;b=2">https://m.example/notes/1?a=1&amp;b=2</a></p>`
	post := &forum.Post{
		URI: "https://stoa.example/post/1", Local: true, Author: ann, Community: porch, Title: "T", Language: "pt",
		Text: forum.Text{Source: "So.", Format: forum.Markdown, HTML: "<p>So.</p>"}, Tags: forum.Tags{Quote: forum.Quote{URI: quoted}},
	}
	fields := []string{"quote", "quoteUri", "quoteUrl", "_misskey_quote"}
	_, doc := written(t, p.Page(post))
	for _, f := range fields {
		if doc[f] != quoted {
			t.Errorf("%s is %v", f, doc[f])
		}
	}
	source, _ := doc["source"].(map[string]any)
	languages, _ := doc["contentMap"].(map[string]any)
	if doc["content"] != line+"<p>So.</p>" || languages["pt"] != doc["content"] || source["content"] != "So.\n\nRE: <"+quoted+">" || doc["quoteAuthorization"] != nil {
		t.Errorf("%v", doc)
	}
	post.Tags.Quote.Agreed, post.Tags.Quote.Approval = true, "https://m.example/auth/1"
	if _, doc := written(t, p.Page(post)); doc["quoteAuthorization"] != "https://m.example/auth/1" {
		t.Errorf("%v", doc)
	}
	post.Text = forum.Text{}
	if _, doc := written(t, p.Page(post)); doc["content"] != line || doc["source"].(map[string]any)["content"] != "RE: <"+quoted+">" {
		t.Errorf("without words: %v", doc)
	}
	for _, other := range []forum.Post{{URI: post.URI, Local: true, Community: porch, Title: "T"}, {URI: "https://m.example/1", Community: porch, Title: "T", Tags: post.Tags}} {
		if body, doc := written(t, p.Page(&other)); doc["quoteUri"] != nil || strings.Contains(body, "RE:") {
			t.Errorf("what quotes nothing, or speaks for itself, says %s", body)
		}
	}
	r, err := p.Publish(t.Context(), &forum.Event{
		Verb: forum.VerbAsk, Actor: ann, Post: post, Origin: forum.Origin{Activity: post.URI + "/quote-request"},
		Grant: &forum.Grant{ID: post.URI + "/quote-request", Object: quoted, Quoting: post.URI, Author: forum.Person{URI: "https://m.example/u/eve"}, By: ann},
	})
	if err != nil || r.Direct == nil || r.Direct.Public || r.Direct.Signer != ann.URI || r.Forum != nil {
		t.Fatalf("%+v %v", r, err)
	}
	var ask map[string]any
	if err := json.Unmarshal(r.Direct.Body, &ask); err != nil {
		t.Fatal(err)
	}
	instrument, _ := ask["instrument"].(map[string]any)
	if ask["type"] != "QuoteRequest" || ask["id"] != post.URI+"/quote-request" || ask["actor"] != ann.URI || ask["object"] != quoted || instrument["id"] != post.URI || instrument["quote"] != quoted || instrument["@context"] != nil {
		t.Errorf("asked with %s", r.Direct.Body)
	}
}
