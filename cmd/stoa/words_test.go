package main

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/fedtest"
	"stoa/storage/private"
)

// speaker is somebody of another server who writes in a community here.
type speaker struct {
	*fedtest.Actor
	t         *testing.T
	n         *testNode
	community fedtest.Community
}

func speakerOf(t *testing.T, n *testNode, community string, software fedtest.Software) *speaker {
	t.Helper()
	p := fedtest.New(t, fedtest.Options{Software: software, Lenient: true})
	p.VerifyWith(func(id string) (crypto.PublicKey, error) { return p.FetchKey(t.Context(), id) })
	return &speaker{Actor: p.Person("zoe"), t: t, n: n, community: fedtest.CommunityAt(community)}
}

func (s *speaker) tells(d fedtest.Doc) {
	s.t.Helper()
	r, err := s.Peer().Send(s.t.Context(), s.n.cfg.URL.String()+"/inbox", d, fedtest.SignAs{})
	if err != nil || r.Status != 202 {
		s.t.Fatal(r.Status, err)
	}
}

// writes sends a post as its software makes it, with other fields, and returns its page
// here.
func (s *speaker) writes(post fedtest.Post, fields fedtest.Doc) (id, page string) {
	s.t.Helper()
	post.Community = s.community
	create := maps.Clone(s.Create(post))
	object := maps.Clone(create["object"].(fedtest.Doc))
	for k, v := range fields {
		if object[k] = v; v == nil {
			delete(object, k)
		}
	}
	create["object"], id = object, object["id"].(string)
	s.tells(create)
	s.n.knows(id)
	var number int64
	if err := s.n.db.Pool().QueryRow(s.t.Context(), `select id from post where uri = $1`, id).Scan(&number); err != nil {
		s.t.Fatal(err)
	}
	return id, fmt.Sprintf("/post/%d", number)
}

// shows looks at a page for pieces of it.
func (s *speaker) shows(what, path string, want ...string) {
	s.t.Helper()
	w := s.n.get(path, "text/html")
	for _, piece := range want {
		if !strings.Contains(w.Body.String(), piece) {
			s.t.Errorf("%s: %s has no %s: %s", what, path, piece, w.Body)
		}
	}
}

// Each kind of object arrives signed, as its software writes it, and is shown as what it
// is.
func TestEveryKindOfObjectIsShown(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch := n.found("porch", true)
	mastodon, piefed := speakerOf(t, n, porch, fedtest.Mastodon), speakerOf(t, n, porch, fedtest.PieFed)
	at := func(path string) string { return mastodon.Peer().URL(path) }
	picture := func(path, alt string) fedtest.Doc {
		return fedtest.Doc{"type": "Document", "mediaType": "image/png", "url": at(path), "name": alt, "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH", "width": 600, "height": 400, "focalPoint": []any{0, 0}}
	}
	_, page := mastodon.writes(fedtest.Post{HTML: `<p>Look :kiln: <a href="` + at("/tags/Kilns") + `" class="mention hashtag" rel="tag">#<span>Kilns</span></a></p>`, Sensitive: true, Language: "pt"}, fedtest.Doc{
		"summary": "Very hot", "attachment": []any{picture("/one.png", "The first"), picture("/two.png", "The second")},
		"tag": []any{
			fedtest.Doc{"type": "Mention", "href": porch, "name": "@porch"}, fedtest.Doc{"type": "Hashtag", "href": at("/tags/kilns"), "name": "#kilns"},
			fedtest.Doc{"id": at("/emojis/7"), "type": "Emoji", "name": ":kiln:", "updated": "2024-01-01T00:00:00Z", "icon": fedtest.Doc{"type": "Image", "mediaType": "image/png", "url": at("/kiln.png")}},
		},
	})
	mastodon.shows("a Note", page, "Very hot", `lang="pt"`, `alt="The first"`, `alt="The second"`, `alt=":kiln:"`, `href="`+n.cfg.URL.String()+`/tag/kilns"`, `class="veil"`)
	mastodon.shows("its hashtag", "/tag/kilns", `href="`+page+`"`)

	video := func(kind, media, href string) fedtest.Doc {
		return fedtest.Doc{"type": kind, "duration": "PT1145S", "mediaType": "text/markdown", "content": "**Slowly**", "icon": []any{fedtest.Doc{"type": "Image", "url": at("/still.jpg"), "mediaType": "image/jpeg", "width": 280, "height": 157}}, "url": []any{
			fedtest.Doc{"type": "Link", "mediaType": "text/html", "href": piefed.Peer().URL("/w/1")}, fedtest.Doc{"type": "Link", "mediaType": media, "href": at(href), "height": 1080},
		}}
	}
	for what, x := range map[string]struct {
		fields fedtest.Doc
		want   []string
	}{
		"an Event of Mobilizon": {fedtest.Doc{
			"type": "Event", "startTime": "2027-01-02T03:04:05+01:00", "endTime": "2027-01-02T05:04:05+01:00", "ical:status": "CONFIRMED", "timezone": "Europe/Paris",
			"location":   fedtest.Doc{"type": "Place", "name": "The old depot", "address": fedtest.Doc{"type": "PostalAddress", "addressLocality": "Lyon"}},
			"attachment": []any{fedtest.Doc{"type": "Document", "mediaType": "image/png", "url": at("/depot.png"), "name": "Banner"}, fedtest.Doc{"type": "Link", "mediaType": "text/html", "href": at("/events/1"), "name": "Website"}},
		}, []string{`class="occasion"`, "2027-01-02T02:04:05Z", "2027-01-02T04:04:05Z", "The old depot", `alt="Banner"`}},
		"a Video of PeerTube":       {video("Video", "video/mp4", "/v.mp4"), []string{`class="recording"`, "19:05", "<strong>Slowly</strong>", "Watch at", `href="` + piefed.Peer().URL("/w/1")}},
		"an Audio of Castopod":      {video("Audio", "audio/mpeg", "/a.mp3"), []string{`class="recording"`, "19:05", "Listen at"}},
		"an Image of Friendica":     {fedtest.Doc{"type": "Image", "mediaType": "image/png", "url": []any{fedtest.Doc{"type": "Link", "mediaType": "image/png", "href": at("/tile.png"), "width": 300, "height": 200}}}, []string{`width="300" height="200"`}},
		"an Article of WordPress":   {fedtest.Doc{"type": "Article", "content": "<h2>Chapter</h2><p>Long.</p>", "image": fedtest.Doc{"type": "Image", "url": at("/front.jpg"), "name": "In front"}}, []string{"Chapter", `alt="In front"`}},
		"a Question of Mastodon":    {fedtest.Doc{"type": "Question", "content": "<p>Tea?</p>", "oneOf": []any{fedtest.Doc{"type": "Note", "name": "Sencha", "replies": fedtest.Doc{"type": "Collection", "totalItems": 2}}, fedtest.Doc{"type": "Note", "name": "None"}}, "votersCount": 2}, []string{`id="poll"`, "Sencha"}},
		"a Page with several links": {fedtest.Doc{"attachment": []any{fedtest.Doc{"type": "Link", "href": "https://a.example/1"}, fedtest.Doc{"type": "Image", "url": at("/p.png"), "name": "P"}}}, []string{`href="https://a.example/1"`, `alt="P"`}},
	} {
		fields := maps.Clone(x.fields)
		fields["name"], fields["source"] = "Shown", nil
		_, page := piefed.writes(fedtest.Post{Title: "Shown", HTML: "<p>x</p>"}, fields)
		piefed.shows(what, page, append(x.want, "Shown")...)
	}
	kind := func(name string) string { return `<span class="tag">` + name + `</span>` }
	piefed.shows("the community", "/c/porch", kind("Event"), kind("Video"), kind("Sound"), kind("Article"), kind("Poll"), kind("1 picture"), kind("2 pictures"))
}

// A reaction arrives as Pleroma and as PieFed send it, is shown, and goes with its Undo.
func TestReactionsAreShown(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.found("ann", false)
	post := n.submit(ann, porch, "Cats", "words")
	page := strings.TrimPrefix(post, n.cfg.URL.String())
	pleroma, piefed := speakerOf(t, n, porch, fedtest.Mastodon), speakerOf(t, n, porch, fedtest.PieFed)
	like := func(s *speaker, fields fedtest.Doc) fedtest.Doc {
		d := maps.Clone(s.Like(post, s.community))
		maps.Copy(d, fields)
		return d
	}
	blob := like(pleroma, fedtest.Doc{"type": "EmojiReact", "content": ":blob:", "tag": []any{fedtest.Doc{"id": nil, "type": "Emoji", "name": ":blob:", "icon": fedtest.Doc{"type": "Image", "url": pleroma.Peer().URL("/blob.png")}}}})
	pleroma.tells(blob)
	piefed.tells(like(piefed, fedtest.Doc{"content": "🙂"}))
	has := func(want ...string) func() bool {
		return func() bool {
			w := n.get(page, "text/html").Body.String()
			for _, piece := range want {
				if !strings.Contains(w, piece) {
					return false
				}
			}
			return true
		}
	}
	eventually(t, "both are shown", has(`class="reactions"`, `alt=":blob:"`, `<span>🙂</span> <span class="count">1</span>`, "3 points"))
	pleroma.tells(pleroma.Undo(blob, pleroma.community))
	eventually(t, "one is taken back", func() bool { return has("🙂", "2 points")() && !has(":blob:")() })
}

// Somebody here reacts on a page: who wrote what it is on is told in a form that their
// software takes for a favourite, forums that follow the community of the emoji, and both
// of its end.
func TestReactionsGoOut(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.lives("ann")
	mastodon, piefed := speakerOf(t, n, porch, fedtest.Mastodon), speakerOf(t, n, porch, fedtest.PieFed)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	piefed.tells(piefed.Follow(porch))
	if _, err := piefed.Peer().WaitType(ctx, "Accept"); err != nil {
		t.Fatal(err)
	}
	note, page := mastodon.writes(fedtest.Post{HTML: "<p>Cats</p>"}, nil)
	told := func(kind, inner string) {
		t.Helper()
		if _, err := mastodon.Peer().Wait(ctx, func(r fedtest.Received) bool {
			d := r.Activity
			if kind == "Undo" && d["type"] == "Undo" {
				d, _ = d["object"].(fedtest.Doc)
			}
			return d["type"] == "Like" && d["content"] == "🎉" && d["actor"] == ann && d["object"] == note
		}); err != nil {
			t.Errorf("who wrote it is not told of a %s: %v", kind, err)
		}
		if _, err := piefed.Peer().Wait(ctx, func(r fedtest.Received) bool {
			text, _ := json.Marshal(r.Activity)
			return r.Type() == "Announce" && strings.Contains(string(text), inner) && strings.Contains(string(text), `"content":"🎉"`)
		}); err != nil {
			t.Errorf("PieFed is not told of a %s: %v", kind, err)
		}
	}
	if w := n.acts(ann, "/react/post-"+page[len("/post/"):], "other", "🎉"); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	told("EmojiReact", `"EmojiReact"`)
	if w := n.acts(ann, "/react/post-"+page[len("/post/"):], "none", "1"); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	told("Undo", `"Undo"`)
}

// Whom somebody here names in a post or a comment is told of it, and of what becomes of
// it, although nobody there follows the community and nothing of theirs is answered: by an
// act that mentions them, which is what their software tells them by. Also of an edit that
// names them no more.
func TestNamedElsewhereAreTold(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.lives("ann")
	zoe := speakerOf(t, n, porch, fedtest.GoToSocial)
	zoe.writes(fedtest.Post{HTML: "<p>Cats</p>"}, nil) // she is known here
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	account := "@ZOE@" + zoe.Peer().Host()
	told := func(kind, object string, mentions bool) {
		t.Helper()
		r, err := zoe.Peer().Wait(ctx, func(r fedtest.Received) bool {
			id := r.Activity["object"]
			if o, is := id.(fedtest.Doc); is {
				id = o["id"]
			}
			return r.Type() == kind && id == object
		})
		if err != nil {
			t.Fatalf("not told of a %s of %s: %v", kind, object, err)
		}
		text, _ := json.Marshal(r.Activity)
		if got := strings.Contains(string(text), `"href":"`+zoe.ID+`"`) && strings.Contains(string(text), `"cc":["`+zoe.ID+`"`); r.Activity["actor"] != ann || got != mentions {
			t.Errorf("a %s of %s that mentions her: %v, want %v: %s", kind, object, got, mentions, text)
		}
	}
	id := func(to string, fields ...string) string {
		t.Helper()
		w := n.acts(ann, to, fields...)
		if w.Code != 303 {
			t.Fatal(w.Code, w.Body)
		}
		at := w.Header().Get("Location")
		if _, comment, is := strings.Cut(at, "#comment-"); is {
			at = "/comment/" + comment
		}
		return n.cfg.URL.String() + at
	}
	post := id("/submit", "to", "porch", "title", "One", "text", "See "+account+", and @nobody@nowhere.example.")
	told("Create", post, true)
	number := post[strings.LastIndexByte(post, '/')+1:]
	comment := id("/reply/post-"+number, "text", "Or "+account+"?")
	told("Create", comment, true)
	of := comment[strings.LastIndexByte(comment, '/')+1:]
	id("/edit/comment-"+of, "text", "Or not.")
	told("Update", comment, false)
	id("/edit/post-"+number, "title", "Two", "text", "See "+account)
	told("Update", post, true)
	if w := n.acts(ann, "/act", "do", "delete comment-"+of); w.Code != 303 {
		t.Fatal(w.Code, w.Body)
	}
	told("Delete", comment, false)
}

// Somebody here quotes on a page what somebody elsewhere wrote: they are asked with the
// post, it is a link until they agree and a card from then on, and whoever has the post is
// told where the authorization is. Who declines stays a link, and who quotes sees why.
func TestQuotingGoesOut(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.lives("ann")
	s, reader := speakerOf(t, n, porch, fedtest.Mastodon), speakerOf(t, n, porch, fedtest.PieFed)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	reader.tells(reader.Follow(porch))
	if _, err := reader.Peer().WaitType(ctx, "Accept"); err != nil {
		t.Fatal(err)
	}
	note, page := s.writes(fedtest.Post{HTML: "<p>Cats climb</p>"}, nil)
	on := "post-" + page[len("/post/"):]
	if got := n.page(ann, page); !strings.Contains(got, `href="/submit?quote=`+on+`"`) {
		t.Errorf("nothing to quote with: %s", got)
	}
	if got := n.page(ann, "/submit?to=porch&quote="+on); !strings.Contains(got, `class="quoted"`) || !strings.Contains(got, `name="quote" value="`+on+`"`) {
		t.Errorf("the page to write on does not show it: %s", got)
	}
	quotes := func() (uri, path string, request fedtest.Doc) {
		t.Helper()
		before := s.Peer().Total()
		w := n.acts(ann, "/submit", "to", "porch", "title", "See", "text", "They do.", "quote", on)
		if path = w.Header().Get("Location"); w.Code != 303 {
			t.Fatal(w.Code, w.Body)
		}
		uri = n.cfg.URL.String() + path
		r, err := s.Peer().Wait(ctx, func(r fedtest.Received) bool {
			in, _ := r.Activity["instrument"].(fedtest.Doc)
			return r.Type() == "QuoteRequest" && in["id"] == uri
		})
		if err != nil {
			t.Fatalf("nobody is asked, in %d: %v", s.Peer().Total()-before, err)
		}
		return uri, path, r.Activity
	}
	uri, path, request := quotes()
	in, _ := request["instrument"].(fedtest.Doc)
	if request["actor"] != ann || request["object"] != note || in["quote"] != note || in["quoteAuthorization"] != nil {
		t.Errorf("asked with %v", request)
	}
	if got := n.page(ann, path); strings.Contains(got, `class="quoted"`) || !strings.Contains(got, "once its author agrees") {
		t.Errorf("shown before anybody agreed: %s", got)
	}
	if got := n.get(path, "text/html").Body.String(); strings.Contains(got, "once its author agrees") {
		t.Error("said to others than who quotes")
	}
	auth := s.Peer().URL("/quote_authorizations/1")
	answer := func(kind string, request any, fields fedtest.Doc) {
		d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": s.Peer().URL("/answers/" + kind), "type": kind, "actor": s.ID, "to": ann, "object": request}
		maps.Copy(d, fields)
		s.tells(d)
	}
	answer("Accept", request, fedtest.Doc{"result": auth})
	r, err := reader.Peer().Wait(ctx, func(r fedtest.Received) bool {
		text, _ := json.Marshal(r.Activity)
		return strings.Contains(string(text), `"Update"`) && strings.Contains(string(text), `"quoteAuthorization":"`+auth+`"`)
	})
	if err != nil || r.Type() != "Announce" {
		t.Errorf("who has the post is not told: %v", err)
	}
	if got := n.page(ann, path); !strings.Contains(got, `class="quoted"`) || !strings.Contains(got, "Cats climb") {
		t.Errorf("not shown: %s", got)
	}
	var doc fedtest.Doc
	if w := n.get(path, "application/activity+json"); json.Unmarshal(w.Body.Bytes(), &doc) != nil || doc["quoteAuthorization"] != auth || doc["id"] != uri || doc["updated"] != nil {
		t.Errorf("%s", w.Body)
	}
	_, path, request = quotes()
	answer("Reject", request["id"], nil)
	eventually(t, "who quotes sees why it is a link", func() bool {
		got := n.page(ann, path)
		return strings.Contains(got, "does not want to be quoted") && !strings.Contains(got, `class="quoted"`)
	})
	_, page = s.writes(fedtest.Post{HTML: "<p>Not me</p>"}, fedtest.Doc{"interactionPolicy": fedtest.Doc{"canQuote": fedtest.Doc{"automaticApproval": []any{s.ID}}}})
	on = "post-" + page[len("/post/"):]
	if strings.Contains(n.page(ann, page), "quote="+on) {
		t.Error("there is a way to quote who does not want it")
	}
	if w := n.acts(ann, "/submit", "to", "porch", "title", "See", "quote", on); w.Code != 403 || !strings.Contains(w.Body.String(), "does not want to be quoted") {
		t.Error(w.Code, w.Body)
	}
}

// Of two nodes like this one, one asks and the other agrees, and both show the quote.
func TestQuoteBetweenNodes(t *testing.T) {
	w := newWorld(t, nil)
	post := w.a.submit(w.ann, w.community, "Quotable", "words")
	w.b.knows(post)
	if _, err := private.Of(w.b.db).Open(t.Context(), w.b.person(w.bob).ID, account.Account{Password: "none", Released: true}, time.Now()); err != nil {
		t.Fatal(err)
	}
	place := w.b.community(w.community)
	r := w.b.acts(w.bob, "/submit", "to", place.Handle(), "title", "See", "text", "As ann says.", "quote", fmt.Sprintf("post-%d", w.b.numberOf(post)))
	path := r.Header().Get("Location")
	if r.Code != 303 {
		t.Fatal(r.Code, r.Body)
	}
	uri := w.b.cfg.URL.String() + path
	w.a.knows(uri)
	shows := func(n *testNode) bool {
		got := n.get(fmt.Sprintf("/post/%d?sort=new", n.numberOf(uri)), "text/html").Body.String()
		return strings.Contains(got, `class="quoted"`) && strings.Contains(got, "Quotable") && !strings.Contains(got, "RE: ")
	}
	eventually(t, "the node that asked shows it", func() bool { return shows(w.b) })
	eventually(t, "the node that agreed shows it", func() bool { return shows(w.a) })
	var doc fedtest.Doc
	if r := w.b.get(path, "application/activity+json"); json.Unmarshal(r.Body.Bytes(), &doc) != nil || !strings.HasPrefix(fmt.Sprint(doc["quoteAuthorization"]), w.a.cfg.URL.String()+"/quotes/") {
		t.Errorf("%s", r.Body)
	}
	w.a.delete(w.ann, post, false)
	eventually(t, "what is deleted is quoted nowhere", func() bool { return !shows(w.a) && !shows(w.b) })
}

// The handshake of FEP-044f: what somebody writes here says that it may be quoted; who
// asks is told where the authorization is; it is there; what quotes with it is shown with
// what it quotes; and once that is deleted, who quoted is told, and it is there no more.
func TestQuoteHandshake(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.found("ann", false)
	quoted := n.submit(ann, porch, "Quotable", "words")
	local := func(uri string) string {
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatal(err)
		}
		return u.Path
	}
	const activity = "application/activity+json"
	if w := n.get(local(quoted), activity); !strings.Contains(w.Body.String(), `"canQuote":{"automaticApproval":["`+fedtest.Public+`"]}`) {
		t.Errorf("what may be quoted does not say so: %s", w.Body)
	}
	s := speakerOf(t, n, porch, fedtest.Mastodon)
	quoting := s.ID + "/statuses/116000000000000777"
	ask := s.Peer().URL("/quote_requests/1")
	instrument := fedtest.Doc{"id": quoting, "type": "Note", "attributedTo": s.ID, "content": "<p>See</p>", "quote": quoted, "_misskey_quote": quoted, "quoteUri": quoted}
	s.tells(fedtest.Doc{
		"@context": []any{"https://www.w3.org/ns/activitystreams", fedtest.Doc{"QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest"}},
		"id":       ask, "type": "QuoteRequest", "actor": s.ID, "object": quoted, "instrument": instrument,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := s.Peer().WaitTotal(ctx, 1); err != nil {
		t.Fatal(err)
	}
	answer := s.Peer().Received()[0].Activity
	request, _ := answer["object"].(fedtest.Doc)
	id, _ := answer["result"].(string)
	if answer["type"] != "Accept" || answer["actor"] != ann || request["type"] != "QuoteRequest" || request["id"] != ask || request["instrument"] != quoting || !strings.HasPrefix(id, n.cfg.URL.String()+"/quotes/") {
		t.Fatalf("the answer is %v", answer)
	}
	var doc fedtest.Doc
	if w := n.get(local(id), activity); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &doc) != nil || doc["type"] != "QuoteAuthorization" || doc["attributedTo"] != ann || doc["interactingObject"] != quoting || doc["interactionTarget"] != quoted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	re := `<p class="quote-inline">RE: <a href="` + quoted + `">` + quoted + `</a></p><p>See</p>`
	_, page := s.writes(fedtest.Post{HTML: "<p>See</p>"}, fedtest.Doc{
		"content": re, "contentMap": fedtest.Doc{"en": re}, "quote": quoted, "_misskey_quote": quoted, "quoteUri": quoted, "quoteAuthorization": id,
	})
	s.shows("what quotes", page, `class="quoted"`, "Quotable", `href="`+local(quoted)+`"`)
	if strings.Contains(n.get(page, "text/html").Body.String(), "RE: ") {
		t.Error("the line for those who cannot show quotes is shown")
	}
	n.delete(ann, quoted, false)
	if _, err := s.Peer().Wait(ctx, func(r fedtest.Received) bool {
		return r.Type() == "Delete" && r.Activity["object"] == id && r.Activity["actor"] == ann
	}); err != nil {
		t.Errorf("who quotes is not told of the end: %v", err)
	}
	if w := n.get(local(id), activity); w.Code != 410 {
		t.Errorf("what is deleted may be quoted: %d", w.Code)
	}
	if strings.Contains(n.get(page+"?sort=new", "text/html").Body.String(), `class="quoted"`) { // the page of before may be kept for 30 s
		t.Error("what is deleted is shown in a quote")
	}
}

// A quote of somebody elsewhere is shown once what is said to allow it was read where it
// stands, and says so: of this quote, and by who wrote what is quoted. Till then, and
// otherwise, it is a link; and so again once they have taken it back, which nobody else can.
func TestQuotesAreAllowedByWhoIsQuoted(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "node", nil)
	porch := n.found("porch", true)
	quoted, quoting := speakerOf(t, n, porch, fedtest.Mastodon), speakerOf(t, n, porch, fedtest.Mastodon)
	words, _ := quoted.writes(fedtest.Post{HTML: "<p>Quotable words.</p>"}, nil)
	other, _ := quoted.writes(fedtest.Post{HTML: "<p>Other words.</p>"}, nil)
	someone := quoted.Peer().Person("max")
	at := func(name string) string { return quoted.Peer().URL("/quote_authorizations/" + name) }
	pages := map[string]string{}
	for name, wrong := range map[string]fedtest.Doc{
		"good":            {},
		"embedded":        {"interactingObject": fedtest.Doc{"id": "QUOTING", "type": "Note"}},
		"of another":      {"interactingObject": quoting.Peer().URL("/statuses/1")},
		"of other words":  {"interactionTarget": other},
		"by another":      {"attributedTo": someone.ID},
		"by another host": {"attributedTo": quoting.ID},
		"no allowance":    {"type": "Note"},
		"not there":       nil,
	} {
		iri := at(strings.ReplaceAll(name, " ", "-"))
		create := quoting.Create(fedtest.Post{Community: quoting.community, HTML: "<p>" + name + "</p>"})
		id := create["object"].(fedtest.Doc)["id"].(string)
		if wrong != nil {
			d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": iri, "type": "QuoteAuthorization", "attributedTo": quoted.ID, "interactingObject": id, "interactionTarget": words}
			maps.Copy(d, wrong)
			if embedded, ok := d["interactingObject"].(fedtest.Doc); ok {
				embedded["id"] = id
			}
			quoted.Peer().Put(iri, d)
		}
		maps.Copy(create["object"].(fedtest.Doc), fedtest.Doc{"quote": words, "quoteUri": words, "_misskey_quote": words, "quoteAuthorization": iri})
		quoting.tells(create)
		n.knows(id)
		eventually(t, name+": it is read", func() bool {
			return n.count(`select count(*) from river_job where args->>'quoting' = $1 and state in ('completed', 'discarded', 'cancelled')`, id) == 1
		})
		pages[name] = fmt.Sprintf("/post/%d", n.numberOf(id))
	}
	shown := func(name string) bool {
		page := n.get(pages[name]+"?sort=new", "text/html").Body.String()
		if card := strings.Contains(page, "Quoted: "); card {
			return strings.Contains(page, "Quotable words.")
		}
		if !strings.Contains(page, "Quotes something at") {
			t.Errorf("%s: there is no link", name)
		}
		return false
	}
	for name := range pages {
		if want := name == "good" || name == "embedded"; shown(name) != want {
			t.Errorf("%s: it is shown: %v", name, !want)
		}
	}
	gone := func(by string, number int) {
		t.Helper()
		d := fedtest.Doc{
			"@context": "https://www.w3.org/ns/activitystreams", "id": quoted.Peer().URL(fmt.Sprint("/deletes/", number)), "type": "Delete", "actor": by,
			"to": []any{fedtest.Public}, "object": fedtest.Doc{"id": at("good"), "type": "QuoteAuthorization"},
		}
		quoted.tells(d)
		eventually(t, "it is heard", func() bool {
			return n.count(`select count(*) from received where activity = $1 and state > 2`, d["id"]) == 1
		})
	}
	gone(someone.ID, 1)
	if n.count(`select count(*) from quote_approval where good and id = $1`, at("good")) != 1 {
		t.Error("somebody else has taken it back")
	}
	gone(quoted.ID, 2)
	eventually(t, "it is a link again", func() bool { return !shown("good") })
	if n.count(`select count(*) from quote_approval where good`) == 0 {
		t.Error("so are the others")
	}
}
