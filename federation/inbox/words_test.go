package inbox

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// tagsOf are what the texts of a post or comment are kept to name.
func (n *node) tagsOf(uri string) forum.Tags {
	n.t.Helper()
	if p, err := n.db.Reader().PostByURI(n.ctx, uri); err == nil {
		return p.Tags
	}
	c, err := n.db.Reader().CommentByURI(n.ctx, uri)
	if err != nil {
		n.t.Fatalf("%s: %v\n%s", uri, err, n.verdicts())
	}
	return c.Tags
}

func emoji(name, url string) fedtest.Doc {
	return fedtest.Doc{"type": "Emoji", "name": name, "icon": fedtest.Doc{"type": "Image", "url": url}}
}

// Emoji are kept as far as their shortcodes stand in a text; all else that passes for
// one is not.
func TestEmojiOfTextsAreKept(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	at := p.URL("/blob.png")
	post := rework(p, ann.Create(fedtest.Post{HTML: "<p>Look :blob: :js: :none:</p>", Community: c}), func(_, o fedtest.Doc) {
		tags := []any{emoji(":blob:", at), emoji("js", "javascript:alert(1)"), emoji(":unused:", at), emoji(":bad name:", at), emoji(":blob:", p.URL("/other.png"))}
		o["tag"] = tags
	})
	n.send(post, p)
	n.settle()
	if got := n.tagsOf(object(post)).Emoji; got != forum.Emojis("blob "+at+"\n") {
		t.Errorf("%q", got)
	}
	reply := rework(p, ann.Create(fedtest.Post{HTML: "<p>:wave:</p>", InReplyTo: object(post), Community: c}), func(_, o fedtest.Doc) { o["tag"] = []any{emoji(":wave:", at)} })
	n.send(reply, p)
	n.settle()
	if got := n.tagsOf(object(reply)).Emoji.URL("wave"); got != at {
		t.Errorf("of a comment: %q", got)
	}
	// An edit brings others.
	update := ann.Update(words(post), c, func(o fedtest.Doc) {
		retext("<p>:new:</p>")(o)
		o["tag"] = []any{emoji(":new:", at)}
	})
	n.send(update, p)
	n.settle()
	if got := n.tagsOf(object(post)).Emoji; got != forum.Emojis("new "+at+"\n") {
		t.Errorf("after an edit: %q\n%s", got, n.verdicts())
	}
}

// More emoji than anybody needs are left out.
func TestEmojiAreBounded(t *testing.T) {
	var e forum.Emojis
	for i := range 3 * forum.MaxEmoji {
		e = e.With(strings.Repeat("x", i%60+1)+"a"+strings.Repeat("y", i/60), "https://x.test/a.png")
	}
	if n := strings.Count(string(e), "\n"); n != forum.MaxEmoji {
		t.Errorf("%d", n)
	}
	if e.With("a", "https://x.test/two\nb https://evil.test/").URL("b") != "" {
		t.Error("an address holds a line")
	}
}

func TestHashtagsAreKept(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	hashtag := func(name, href string) fedtest.Doc { return fedtest.Doc{"type": "Hashtag", "name": name, "href": href} }
	post := rework(p, ann.Create(fedtest.Post{HTML: `<p>On <a class="mention hashtag" rel="tag" href="` + p.URL("/tags/Columns") + `">#<span>Columns</span></a></p>`, Community: c}), func(_, o fedtest.Doc) {
		o["tag"] = []any{hashtag("#Columns", p.URL("/tags/columns")), hashtag("#COLUMNS", p.URL("/tags/x")), hashtag("Käse", p.URL("/k")), hashtag("#12", p.URL("/12")), hashtag("#a b", p.URL("/ab")), hashtag("#go", o["id"].(string))}
	})
	n.send(post, p)
	n.settle()
	if got := n.tagsOf(object(post)).Hashtags; got != "columns käse" {
		t.Errorf("%q", got)
	}
	held, err := n.db.Reader().PostByURI(n.ctx, object(post))
	if err != nil {
		t.Fatal(err)
	}
	if want := `<a class="hashtag" href="` + n.url + `/tag/columns"`; !strings.Contains(held.Text.HTML, want) {
		t.Errorf("the text %q does not lead to the page here", held.Text.HTML)
	}
	listed := func(name string, want int) {
		t.Helper()
		l, err := n.db.Reader().Topic(n.ctx, forum.TopicList{Name: name})
		if err != nil || len(l.Items) != want {
			t.Errorf("%s lists %d, %v, want %d", name, len(l.Items), err, want)
		}
	}
	listed("columns", 1)
	listed("go", 0)
	update := ann.Update(words(post), c, func(o fedtest.Doc) {
		retext("<p>On roofs</p>")(o)
		o["tag"] = []any{hashtag("#Roofs", p.URL("/tags/roofs"))}
	})
	n.send(update, p)
	n.settle()
	listed("columns", 0)
	listed("roofs", 1)
	n.send(ann.Delete(object(post), c), p)
	n.settle()
	listed("roofs", 0)
}

// The tags of a community are its last word, and those of a post count where its
// community knows them.
func TestPostTags(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	p := peer(t, fedtest.Options{})
	ann, group := p.Person("ann"), p.Group("craft")
	tag := func(name, title, color string) fedtest.Doc {
		return fedtest.Doc{"type": "CommunityPostTag", "id": group.ID + "/tag/" + name, "preferredUsername": name, "name": title, "color": color}
	}
	describe := func(tags []any, fields fedtest.Doc) forum.PostTags {
		t.Helper()
		doc := fedtest.Doc{}
		maps.Copy(doc, group.Document())
		doc["tag"] = tags
		maps.Copy(doc, fields)
		p.Put(group.ID, doc)
		actor, _, err := n.client.Actor(n.ctx, group.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.in.Keep(n.ctx, actor); err != nil {
			t.Fatal(err)
		}
		c, err := n.db.Reader().CommunityByURI(n.ctx, group.ID)
		if err != nil {
			t.Fatal(err)
		}
		return c.PostTags
	}
	all := describe([]any{tag("news", "News", "color03"), tag("help", "", "red"), fedtest.Doc{"type": "CommunityPostTag", "name": "without an id"}}, nil).All()
	if len(all) != 2 || all[0] != (forum.PostTag{ID: group.ID + "/tag/news", Name: "news", Title: "News", Color: 3}) || all[1].Title != "help" || all[1].Color != 0 {
		t.Fatalf("%+v", all)
	}
	if all := describe([]any{tag("news", "News", "color03")}, nil).All(); len(all) != 1 {
		t.Errorf("what is missing is still there: %+v", all)
	}
	pied := []any{fedtest.Doc{"type": "lemmy:CommunityTag", "id": group.ID + "/tag/7", "display_name": "Tools", "text_color": "#fff", "background_color": "#000"}}
	if all := describe(nil, fedtest.Doc{"lemmy:tagsForPosts": pied}).All(); len(all) != 1 || all[0].Title != "Tools" {
		t.Errorf("as PieFed has them: %+v", all)
	}
	describe([]any{tag("news", "News", "color03")}, nil)

	reader := n.join("reader")
	n.send(group.Accept(n.follows(reader, group)), p)
	create := rework(p, ann.Create(fedtest.Post{HTML: "<p>x</p>", Title: "X", Community: fedtest.CommunityAt(group.ID)}), func(_, o fedtest.Doc) {
		o["tag"] = []any{tag("news", "Anything", "color09"), fedtest.Doc{"type": "lemmy:CommunityTag", "id": "https://elsewhere.example/tag/1", "display_name": "Lies"}}
	})
	n.send(group.Announce(create), p)
	n.settle()
	held, err := n.db.Reader().PostByURI(n.ctx, object(create))
	if err != nil {
		t.Fatalf("%v\n%s", err, n.verdicts())
	}
	if shown := held.Community.PostTags.Of(held.Tags.Flair); len(shown) != 1 || shown[0].Title != "News" {
		t.Errorf("shown %+v of %q", shown, held.Tags.Flair)
	}
	for community, want := range map[int64]int{held.Community.ID: 1, held.Community.ID + 1: 0} {
		l, err := n.db.Reader().Topic(n.ctx, forum.TopicList{Name: group.ID + "/tag/news", CommunityID: community})
		if err != nil || len(l.Items) != want {
			t.Errorf("community %d lists %d, %v, want %d", community, len(l.Items), err, want)
		}
	}
}

func TestQuotesAreKept(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	m := peer(t, fedtest.Options{Software: fedtest.GoToSocial})
	quoted := m.URL("/notes/1")
	re := `<p>RE: <a href="` + quoted + `">` + quoted + `</a></p>`
	for name, x := range map[string]struct {
		fields   fedtest.Doc
		agreed   bool
		approval string
	}{
		"asked":      {fedtest.Doc{"quote": quoted, "quoteUri": quoted, "_misskey_quote": quoted, "quoteAuthorization": m.URL("/auth/1")}, false, m.URL("/auth/1")},
		"not asked":  {fedtest.Doc{"quote": quoted, "quoteUri": quoted}, false, ""},
		"by another": {fedtest.Doc{"quote": quoted, "quoteAuthorization": p.URL("/auth/1")}, false, ""},
		"by us":      {fedtest.Doc{"quote": quoted, "quoteAuthorization": n.url + "/quotes/1"}, false, ""},
		"misskey":    {fedtest.Doc{"_misskey_quote": quoted, "quoteUrl": quoted}, true, ""},
		"fep-e232": {fedtest.Doc{"tag": []any{fedtest.Doc{"type": "Link", "href": quoted, "name": "RE: " + quoted, "rel": []any{"https://misskey-hub.net/ns#_misskey_quote"},
			"mediaType": `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`}}}, true, ""},
	} {
		create := rework(p, ann.Create(fedtest.Post{HTML: re + "<p>As they said.</p>", Community: c}), func(_, o fedtest.Doc) {
			maps.Copy(o, x.fields)
		})
		n.send(create, p)
		n.settle()
		if got := n.tagsOf(object(create)).Quote; got != (forum.Quote{URI: quoted, Agreed: x.agreed, Approval: x.approval}) {
			t.Errorf("%s: %+v", name, got)
		}
		held, err := n.db.Reader().PostByURI(n.ctx, object(create))
		if err != nil || held.Text.HTML != "<p>As they said.</p>" || held.Title != "As they said." {
			t.Errorf("%s: %q called %q, %v", name, held.Text.HTML, held.Title, err)
		}
		if again := Rerender(n.url, held.URI, held.Text); again.HTML != held.Text.HTML {
			t.Errorf("%s: rendered anew it is %q", name, again.HTML)
		}
	}
	plain := ann.Create(fedtest.Post{HTML: "<p>So.</p>" + re, Community: c})
	n.send(plain, p)
	n.settle()
	if held, err := n.db.Reader().PostByURI(n.ctx, object(plain)); err != nil || !strings.Contains(held.Text.HTML, "RE:") {
		t.Errorf("what quotes nothing lost %q, %v", held.Text.HTML, err)
	}
}

// The emoji of a vote is kept with it, one for each person, and goes with it.
func TestReactions(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann, bob, eve := p.Person("ann"), p.Person("bob"), p.Person("eve")
	post := ann.Create(fedtest.Post{HTML: "<p>x</p>", Title: "X", Community: c})
	n.send(post, p)
	n.settle()
	on := object(post)
	reactions := func() string { return n.text(`select reactions from post where uri = $1`, on) }
	up := func() int { return n.number(`select up from post where uri = $1`, on) }
	react := func(like fedtest.Doc, kind, content string, tags ...any) fedtest.Doc {
		like["type"], like["content"] = kind, content
		if tags != nil {
			like["tag"] = tags
		}
		return like
	}
	n.send(ann.Like(on, c), p) // a plain one
	n.settle()
	if got := reactions(); got != "" {
		t.Errorf("a plain vote left %q", got)
	}
	blob := p.URL("/blob.png")
	bobs := react(bob.Like(on, c), "EmojiReact", ":blob:", emoji(":blob:", blob))
	n.send(bobs, p)
	n.send(react(eve.Like(on, c), "Like", "🙂"), p)
	n.settle()
	if got, want := reactions(), "1 :blob: "+blob+"\n1 🙂"; got != want && got != "1 🙂\n1 :blob: "+blob {
		t.Errorf("%q, want %q\n%s", got, want, n.verdicts())
	}
	if up() != 3 {
		t.Errorf("%d votes, want 3", up())
	}
	n.send(react(bob.Like(on, c), "EmojiReact", "🙂"), p)
	n.settle()
	if got := reactions(); got != "2 🙂" || up() != 3 {
		t.Errorf("after another of the same person: %q, %d votes", got, up())
	}
	for _, words := range []string{"two words", "<b>", "", "12", ":nope:", strings.Repeat("🙂", 20)} {
		n.send(react(eve.Like(on, c), "Like", words), p)
		n.settle()
		if got := reactions(); got != "1 🙂" {
			t.Errorf("%q left %q", words, got)
		}
	}
	n.send(bob.Undo(react(bob.Like(on, c), "EmojiReact", "🙂"), c), p)
	n.settle()
	if got := reactions(); got != "" || up() != 2 {
		t.Errorf("after an Undo: %q, %d votes", got, up())
	}
	n.want(0, `select count(*) from reaction`)
}

// The language of what was written is read wherever software says it, of each type.
func TestLanguageAndWarningOfAllTypes(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	for kind, fields := range map[string]fedtest.Doc{
		"Note":     {"contentMap": fedtest.Doc{"pt": "<p>x</p>"}},
		"Page":     {"language": fedtest.Doc{"identifier": "pt", "name": "Português"}},
		"Article":  {"contentMap": fedtest.Doc{"pt": "<p>x</p>"}},
		"Question": {"contentMap": fedtest.Doc{"pt": "<p>x</p>"}, "oneOf": []any{fedtest.Doc{"type": "Note", "name": "Sim"}}},
		"Event":    {"contentMap": fedtest.Doc{"pt": "<p>x</p>"}, "startTime": "2026-12-01T10:00:00Z"},
		"Video":    {"language": fedtest.Doc{"identifier": "pt", "name": "Português"}},
		"Image":    {"nameMap": fedtest.Doc{"pt": "Azulejos"}, "url": p.URL("/a.png")},
	} {
		create := rework(p, ann.Create(fedtest.Post{HTML: "<p>x</p>", Community: c}), func(_, o fedtest.Doc) {
			o["type"], o["name"], o["sensitive"], o["summary"] = kind, "Azulejos", true, "sharp edges"
			delete(o, "contentMap")
			delete(o, "language")
			maps.Copy(o, fields)
		})
		n.send(create, p)
		n.settle()
		held, err := n.db.Reader().PostByURI(n.ctx, object(create))
		if err != nil {
			t.Errorf("%s: %v\n%s", kind, err, n.verdicts())
			continue
		}
		if held.Language != "pt" || !held.Sensitive || held.Warning != "sharp edges" {
			t.Errorf("%s: language %q, sensitive %v, warning %q", kind, held.Language, held.Sensitive, held.Warning)
		}
	}
}

// A request to quote what was written here is granted at once, can be repeated, and what
// was granted is taken back with what is quoted or by its author's block.
func TestQuoteRequests(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	bea := n.join("bea")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	community, err := n.db.Reader().CommunityByURI(n.ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	say := func() (uri string) {
		t.Helper()
		err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := n.forum.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{Author: bea, Community: community, Title: "Quotable", TitleGiven: true, Text: forum.Text{Source: "x", Format: forum.Markdown, HTML: "<p>x</p>"}}}})
			if err == nil && out[0].Refused != nil {
				err = out[0].Refused
			}
			if err == nil {
				uri = fmt.Sprintf("%s/post/%d", n.url, out[0].ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return uri
	}
	asks := 0
	ask := func(object, quoting string) fedtest.Doc {
		t.Helper()
		asks++
		d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": p.URL(fmt.Sprint("/ask/", asks)), "type": "QuoteRequest", "actor": ann.ID, "object": object, "instrument": fedtest.Doc{"id": quoting, "type": "Note"}}
		n.send(d, p)
		n.settle()
		return d
	}
	told := func(verb string) (all []ap.Activity) {
		t.Helper()
		for body := range strings.SplitSeq(n.text(`select convert_from(l.direct_doc, 'UTF8') from log l join outbox_direct d on d.xid = l.xid and d.seq = l.seq where l.verb = $1 order by l.seq`, verb), "\n") {
			if body == "" {
				continue
			}
			a, err := ap.ReadActivity([]byte(body))
			if err != nil {
				t.Fatalf("%v: %s", err, body)
			}
			all = append(all, a)
		}
		return all
	}
	granted := func(a ap.Activity) forum.Grant {
		t.Helper()
		g, err := n.db.Reader().Grant(n.ctx, a.Result.ID[strings.LastIndexByte(a.Result.ID, '/')+1:])
		if err != nil || g.ID != a.Result.ID {
			t.Fatalf("%q: %+v, %v", a.Result.ID, g, err)
		}
		return g
	}
	first := say()
	request := ask(first, p.URL("/notes/q1"))
	all := told("quote")
	if len(all) != 1 {
		t.Fatalf("%d answers\n%s", len(all), n.verdicts())
	}
	answer := all[0]
	inner, err := answer.Object.Activity()
	if err != nil || answer.Type != "Accept" || answer.Actor != bea.URI || inner.Type != "QuoteRequest" || inner.ID != request["id"] || inner.Actor != ann.ID ||
		inner.Object.ID != first || inner.Instrument.ID != p.URL("/notes/q1") || len(answer.To) != 1 || answer.To[0] != ann.ID {
		t.Errorf("the answer is %s", answer.Raw)
	}
	if g := granted(answer); g.Ended || g.Object != first || g.Quoting != p.URL("/notes/q1") || g.Author.URI != bea.URI {
		t.Errorf("%+v", g)
	}
	ask(first, p.URL("/notes/q1"))
	if all = told("quote"); len(all) != 2 || all[1].Result.ID != answer.Result.ID {
		t.Errorf("asked again: %d answers", len(all))
	}
	n.refused(ask(first, "https://elsewhere.example/1"), "another server")
	n.refused(ask(p.URL("/notes/1"), p.URL("/notes/q2")), "not written here")
	n.refused(ask(n.url+"/post/999", p.URL("/notes/q2")), "no such object here")

	// Deleted, and the grant goes with it.
	err = n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Delete(ctx, tx, []forum.Delete{{Object: first, By: bea}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if gone := told("unquote"); len(gone) != 1 || gone[0].Type != "Delete" || gone[0].Object.ID != answer.Result.ID || gone[0].Actor != bea.URI {
		t.Errorf("told of the end: %+v", gone)
	}
	if g := granted(answer); !g.Ended {
		t.Error("what was deleted may still be quoted")
	}
	n.refused(ask(first, p.URL("/notes/q3")), "gone")

	// Blocked by its author.
	second := say()
	ask(second, p.URL("/notes/q4"))
	all = told("quote")
	last := all[len(all)-1]
	if g := granted(last); g.Ended {
		t.Fatal("not granted")
	}
	quoter, err := n.db.Reader().PersonByURI(n.ctx, ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Those who block have an account.
	if _, err := n.db.Pool().Exec(n.ctx, `insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now())`, bea.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := n.db.Pool().Exec(n.ctx, `insert into shun (person_id, kind, target, at) values ($1, 1, $2, now())`, bea.ID, quoter.ID); err != nil {
		t.Fatal(err)
	}
	if err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error { return n.forum.Unquote(ctx, tx, bea, quoter) }); err != nil {
		t.Fatal(err)
	}
	if gone := told("unquote"); len(gone) != 2 || gone[1].Object.ID != last.Result.ID {
		t.Errorf("told of the block: %d", len(gone))
	}
	if g := granted(last); !g.Ended {
		t.Error("who is blocked may still quote")
	}
	n.refused(ask(second, p.URL("/notes/q5")), "not-allowed-to-quote")
	n.want(0, `select count(*) from quote_grant where revoked_at is null`)

	// Others of that domain were granted as much as one domain is: of one post, and in a day.
	if _, err := n.db.Pool().Exec(n.ctx, `delete from shun where person_id = $1`, bea.ID); err != nil {
		t.Fatal(err)
	}
	third := say()
	ask(third, p.URL("/notes/q6"))
	more := func(rows int, sql string, args ...any) {
		t.Helper()
		if _, err := n.db.Pool().Exec(n.ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
		n.want(rows, `select count(*) from quote_grant where domain = $1`, storage.Registrable(quoter.Host))
	}
	const others = `insert into quote_grant (id, subject_kind, subject_id, person_id, quoting, at, domain) select gen_random_uuid(), g.subject_kind, g.subject_id + $3, $1, 'other ' || n, g.at, g.domain
		from quote_grant g, generate_series(1, $4::int) n where g.quoting = $2`
	more(502, others, bea.ID, p.URL("/notes/q6"), 0, forum.MaxQuotesOfServer-1)
	n.refused(ask(third, p.URL("/notes/q7")), "too-many-quotes")
	more(2000, others, bea.ID, p.URL("/notes/q6"), 1000, forum.MaxQuotesADay-502)
	fourth := say()
	n.refused(ask(fourth, p.URL("/notes/q8")), "too-many-quotes")
	more(2000, `update quote_grant set at = at - interval '25 hours'`)
	n.applied(ask(fourth, p.URL("/notes/q9")))
	n.refused(ask(third, p.URL("/notes/q10")), "too-many-quotes")
}

// What others say of who may quote them is kept; to say nothing is not to forbid it.
func TestQuotePoliciesAreKept(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	allow := func(field string, who ...any) fedtest.Doc {
		return fedtest.Doc{"canQuote": fedtest.Doc{field: who}}
	}
	for name, x := range map[string]struct {
		policy any
		want   forum.Quotable
	}{
		"everybody":                           {allow("automaticApproval", fedtest.Public), forum.QuotableAsked},
		"followers":                           {allow("automaticApproval", ann.ID+"/followers"), forum.QuotableAsked},
		"who asks":                            {allow("manualApproval", fedtest.Public), forum.QuotableAsked},
		"the author, as Mastodon says nobody": {allow("automaticApproval", ann.ID), forum.QuotableNot},
		"nobody":                              {fedtest.Doc{"canQuote": fedtest.Doc{"automaticApproval": []any{}, "manualApproval": []any{}}}, forum.QuotableNot},
		"nothing":                             {nil, forum.QuotableUnsaid},
		"of likes":                            {fedtest.Doc{"canLike": fedtest.Doc{"automaticApproval": []any{}}}, forum.QuotableUnsaid},
		"a wrong type":                        {"no", forum.QuotableUnsaid},
		"wrong within":                        {fedtest.Doc{"canQuote": 7}, forum.QuotableUnsaid},
	} {
		create := rework(p, ann.Create(fedtest.Post{HTML: "<p>x</p>", Title: name, Community: c}), func(_, o fedtest.Doc) {
			if o["interactionPolicy"] = x.policy; x.policy == nil {
				delete(o, "interactionPolicy")
			}
		})
		n.send(create, p)
		n.settle()
		if got := n.tagsOf(object(create)).Quotable; got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
}

// Whoever is asked to be quoted answers by the id of what they were asked, or with it
// inside; nobody answers for them, and what says that they agree is of their server.
func TestQuoteAnswers(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	bea := n.join("bea")
	p, other := peer(t, fedtest.Options{}), peer(t, fedtest.Options{})
	ann, eve := p.Person("ann"), other.Person("eve")
	quoted := rework(p, ann.Create(fedtest.Post{HTML: "<p>x</p>", Title: "X", Community: c}), func(_, o fedtest.Doc) {
		o["interactionPolicy"] = fedtest.Doc{"canQuote": fedtest.Doc{"manualApproval": []any{fedtest.Public}}}
	})
	n.send(quoted, p)
	n.settle()
	community, err := n.db.Reader().CommunityByURI(n.ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	say := func() (uri string) {
		t.Helper()
		err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := n.forum.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{Author: bea, Community: community, Title: "See", TitleGiven: true, Tags: forum.Tags{Quote: forum.Quote{URI: object(quoted)}}}}})
			if err == nil && out[0].Refused != nil {
				err = out[0].Refused
			}
			if err == nil {
				uri = fmt.Sprintf("%s/post/%d", n.url, out[0].ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return uri
	}
	answers := 0
	answer := func(by *fedtest.Actor, kind string, what any, result any) fedtest.Doc {
		t.Helper()
		answers++
		d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": by.Peer().URL(fmt.Sprint("/answers/", answers)), "type": kind, "actor": by.ID, "to": []any{bea.URI}, "object": what}
		if result != nil {
			d["result"] = result
		}
		n.send(d, by.Peer())
		n.settle()
		return d
	}
	first := say()
	request := first + "/quote-request"
	auth := p.URL("/auth/1")
	whole := fedtest.Doc{"id": request, "type": "QuoteRequest", "actor": bea.URI, "object": object(quoted), "instrument": first}
	n.refused(answer(eve, "Accept", whole, other.URL("/auth/1")), "not-asked")
	n.refused(answer(ann, "Accept", whole, nil), "says nowhere that it may be quoted")
	n.refused(answer(ann, "Accept", whole, other.URL("/auth/1")), "says nowhere that it may be quoted")
	n.refused(answer(ann, "Accept", n.url+"/post/999/quote-request", auth), "not-asked")
	n.refused(answer(ann, "Accept", p.URL("/post/1/quote-request"), auth), "answers no follow")
	if got := n.tagsOf(first).Quote; got != (forum.Quote{URI: object(quoted)}) {
		t.Errorf("nobody agreed: %+v", got)
	}
	answer(ann, "Accept", whole, auth)
	if got := n.tagsOf(first).Quote; got != (forum.Quote{URI: object(quoted), Agreed: true, Approval: auth}) {
		t.Errorf("%+v\n%s", got, n.verdicts())
	}
	second := say()
	answer(ann, "Reject", second+"/quote-request", nil)
	if got := n.tagsOf(second).Quote; got != (forum.Quote{URI: object(quoted), Declined: true}) {
		t.Errorf("%+v\n%s", got, n.verdicts())
	}
}
