package inbox

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// rework returns a Create whose object was changed, under ids of its own, and
// serves it so.
func rework(p *fedtest.Peer, create fedtest.Doc, change func(create, object fedtest.Doc)) fedtest.Doc {
	create = maps.Clone(create)
	o := maps.Clone(create["object"].(fedtest.Doc))
	change(create, o)
	create["object"] = o
	if id, ok := o["id"].(string); ok && strings.HasPrefix(id, p.URL("/")) {
		served := maps.Clone(o)
		served["@context"] = "https://www.w3.org/ns/activitystreams"
		p.Put(id, served)
	}
	return create
}

func TestHomeIsTheFirstOfOurs(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	first, second, third := n.found("first"), n.found("second"), n.found("third")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	for _, c := range []struct {
		to, cc []any
		home   string
		also   string
	}{
		{[]any{fedtest.Public, second.ID, first.ID}, []any{third.ID}, second.ID, first.ID + "\n" + third.ID},
		{[]any{fedtest.Public}, []any{third.ID, first.ID}, third.ID, first.ID},
		{[]any{fedtest.Public, "https://elsewhere.example/c/x"}, []any{first.ID, first.ID}, first.ID, ""},
	} {
		create := rework(p, ann.Create(fedtest.Post{HTML: "<p>x</p>"}), func(create, o fedtest.Doc) {
			o["to"], o["cc"] = c.to, c.cc
			create["to"], create["cc"] = c.to, c.cc
		})
		n.send(create, p)
		n.settle()
		placed := `select c.uri from placement l join post p on p.id = l.post_id join community c on c.id = l.community_id where p.uri = $1 and l.home = $2 order by c.id`
		if home := n.text(placed, object(create), true); home != c.home {
			t.Errorf("to %v cc %v: home %q, want %q\n%s", c.to, c.cc, home, c.home, n.verdicts())
		}
		if also := n.text(placed, object(create), false); also != c.also {
			t.Errorf("to %v cc %v: crossposts %q, want %q", c.to, c.cc, also, c.also)
		}
	}
	// Each community tells its followers.
	n.want(3, `select count(*) from log where verb = 'submit' and subject = (select uri from post order by id limit 1) and community_id is not null`)
}

func TestTitleOfANote(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann, bob := p.Person("ann"), p.Person("bob")
	for _, x := range []struct {
		post   fedtest.Post
		title  string
		whole  bool
		absent string // from the text that is shown
	}{
		{fedtest.Post{HTML: "<p>Columns hold roofs.</p>"}, "Columns hold roofs.", true, "@go"},
		{fedtest.Post{HTML: "<p>Columns hold roofs.</p><p>Most do.</p>"}, "Columns hold roofs.", false, "@go"},
		{fedtest.Post{HTML: "<p>" + strings.Repeat("long ", 100) + "</p>"}, strings.TrimSpace(strings.Repeat("long ", 40)), false, "@go"},
		{fedtest.Post{HTML: "<h2>Stoa</h2><p>A colonnade.</p>"}, "Stoa", false, ""},
		{fedtest.Post{HTML: "<p>See this.</p>", Mentions: []fedtest.Mention{{ID: bob.ID, Handle: bob.Handle()}}}, "See this.", true, "@go"},
	} {
		x.post.Community = c
		create := ann.Create(x.post)
		n.send(create, p)
		n.settle()
		title := n.text(`select title from post where uri = $1`, object(create))
		if !strings.HasPrefix(title, strings.TrimSuffix(x.title, " ")) || len(title) > 210 {
			t.Errorf("title %q, want %q", title, x.title)
		}
		if whole := n.number(`select title_whole::int from post where uri = $1 and not title_given`, object(create)) == 1; whole != x.whole {
			t.Errorf("%q is the whole text: %v, want %v", title, whole, x.whole)
		}
		if html := n.text(`select html from post where uri = $1`, object(create)); x.absent != "" && strings.Contains(html, x.absent) {
			t.Errorf("text %q has %q", html, x.absent)
		}
		if source := n.text(`select source from post where uri = $1`, object(create)); x.absent != "" && !strings.Contains(source, `class="u-url mention"`) {
			t.Errorf("source %q is not as it came", source)
		}
	}
}

func TestTitleOfAPageIsItsName(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	create := p.Person("ann").Create(fedtest.Post{
		Community: c, Title: strings.Repeat("t", 300), HTML: "<p>html</p>", Markdown: "**md**", Link: "https://example.org/a",
	})
	n.send(create, p)
	n.settle()
	n.want(1, `select count(*) from post where length(title) = 200 and title_given and not title_whole and link = 'https://example.org/a'
		and format = 1 and source = '**md**' and html like '%<strong>md</strong>%' and language = 'en'`)
}

// Where source says that there is no text, what stands in content is the link, for
// servers that show nothing else of a post.
func TestLinkAloneIsNoText(t *testing.T) {
	t.Parallel()
	s := meet(t)
	link := `<p><a href="https://example.org/a">https://example.org/a</a></p>`
	create := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, Title: "A link", HTML: link, Link: "https://example.org/a"}), func(_, o fedtest.Doc) {
		o["source"] = fedtest.Doc{"content": "", "mediaType": "text/markdown"}
		o["type"], o["name"], o["content"] = "Page", "A link", link
		o["attachment"] = []any{fedtest.Doc{"type": "Link", "href": "https://example.org/a", "mediaType": "text/html"}}
	})
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and link = 'https://example.org/a' and html = '' and source = ''`, object(create))

	// An empty source beside other words is none.
	worded := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, Title: "Words", Link: "https://example.org/a"}), func(_, o fedtest.Doc) {
		o["source"] = fedtest.Doc{"content": "", "mediaType": "text/markdown"}
		o["type"], o["name"], o["content"] = "Page", "Words", "<p>Read this.</p>"+link
		o["attachment"] = []any{fedtest.Doc{"type": "Link", "href": "https://example.org/a", "mediaType": "text/html"}}
	})
	s.send(worded, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and html like '<p>Read this.</p>%'`, object(worded))
}

// wrongPosts are Creates that ann's server signs rightly, and that say something
// they may not say.
var wrongPosts = []struct {
	name, reason string
	change       func(s *strangers, create, o fedtest.Doc)
}{
	{"addressed to nobody here", "addressed to no community here", func(_ *strangers, create, o fedtest.Doc) {
		for _, d := range []fedtest.Doc{create, o} {
			d["to"], d["cc"], d["tag"] = []any{fedtest.Public}, []any{}, []any{}
		}
	}},
	{"addressed to a community that is not", "addressed to no community here", func(s *strangers, create, o fedtest.Doc) {
		for _, d := range []fedtest.Doc{create, o} {
			d["to"], d["cc"], d["tag"] = []any{fedtest.Public, s.url + "/c/nosuch"}, []any{s.ann.ID}, []any{}
		}
	}},
	{"for followers only", "not public", func(s *strangers, create, o fedtest.Doc) {
		for _, d := range []fedtest.Doc{create, o} {
			d["to"], d["cc"] = []any{s.ann.Followers}, []any{s.community.ID}
		}
	}},
	{"direct", "not public", func(s *strangers, create, o fedtest.Doc) {
		for _, d := range []fedtest.Doc{create, o} {
			d["to"], d["cc"] = []any{s.community.ID, s.community.Followers}, []any{}
		}
	}},
	{"private words in a public envelope", "not public", func(s *strangers, _, o fedtest.Doc) {
		o["to"], o["cc"] = []any{s.community.ID}, []any{}
	}},
	{"an id on another server", "object and author belong to different servers", func(s *strangers, _, o fedtest.Doc) {
		o["id"] = s.other.URL("/post/1")
	}},
	{"an id on this server", "an object with an id of this server", func(s *strangers, _, o fedtest.Doc) { o["id"] = s.url + "/post/1" }},
	{"an id on this server, shouted", "an object with an id of this server", func(s *strangers, _, o fedtest.Doc) {
		o["id"] = strings.Replace(s.url, "stoa.localhost", "STOA.LocalHost", 1) + "/post/1"
	}},
	{"no id", "nothing was said", func(_ *strangers, _, o fedtest.Doc) { delete(o, "id") }},
	{"an id in an array", "nothing was said", func(_ *strangers, _, o fedtest.Doc) { o["id"] = []any{o["id"]} }},
	{"by somebody else of that server", "an object of somebody else", func(s *strangers, _, o fedtest.Doc) { o["attributedTo"] = s.bob.ID }},
	{"by somebody else elsewhere", "an object of somebody else", func(s *strangers, _, o fedtest.Doc) { o["attributedTo"] = s.eve.ID }},
	{"by somebody here", "an object of somebody else", func(s *strangers, _, o fedtest.Doc) { o["attributedTo"] = s.url + "/u/me" }},
	{"by nobody", "an object without an author", func(_ *strangers, _, o fedtest.Doc) { delete(o, "attributedTo") }},
	{"by a number", "unreadable object", func(_ *strangers, _, o fedtest.Doc) { o["attributedTo"] = 1 }},
	{"of a type that is no post", "not understood yet: ChatMessage", func(_ *strangers, _, o fedtest.Doc) { o["type"] = "ChatMessage" }},
	{"answering something without an id", "answers something without an id", func(_ *strangers, _, o fedtest.Doc) {
		o["inReplyTo"] = fedtest.Doc{"type": "Note"}
	}},
	{"answering itself", "answers itself", func(_ *strangers, _, o fedtest.Doc) { o["inReplyTo"] = o["id"] }},
	{"a choice in a poll elsewhere", "an answer without words", func(s *strangers, _, o fedtest.Doc) {
		o["inReplyTo"], o["name"] = s.other.URL("/post/1"), "yes"
		delete(o, "content")
		delete(o, "contentMap")
	}},
	{"nothing at all", "nothing to show", func(_ *strangers, _, o fedtest.Doc) {
		delete(o, "content")
		delete(o, "contentMap")
	}},
}

func TestWrongPosts(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for _, c := range wrongPosts {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before := s.snapshot("received")
			create := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"}), func(create, o fedtest.Doc) {
				c.change(s, create, o)
			})
			s.send(create, s.home)
			s.settle()
			s.refused(create, c.reason)
			s.unchanged(before)
		})
	}
}

func TestQuietPostsArePublic(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>psst</p>", Audience: fedtest.Quiet})
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1`, object(create))
}

// The reader of a post is sent only where its author lives.
func TestPageIsAtTheAuthorsServer(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"}), func(_, o fedtest.Doc) {
		o["url"] = s.other.URL("/phish")
	})
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and page_url = $1`, object(create))
}

func TestAttachmentsAreKept(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>Look</p>"}), func(_, o fedtest.Doc) {
		o["attachment"] = []any{
			fedtest.Doc{"type": "Document", "mediaType": "image/png", "url": "https://files.example/1.png", "name": "A <b>column</b>", "width": 640, "height": 480},
			fedtest.Doc{"type": "Document", "mediaType": "image/png", "url": "javascript:alert(1)", "name": "no"},
			fedtest.Doc{"type": "Image", "url": "https://files.example/2", "width": 1000000, "height": 5},
			fedtest.Doc{"type": "Document", "mediaType": "application/pdf", "url": "https://files.example/3.pdf"},
			fedtest.Doc{"type": "Link", "href": "https://files.example/a<b>", "name": "A <i>page</i>"},
		}
	})
	s.send(create, s.home)
	s.settle()
	have := s.text(`select string_agg(concat_ws(' ', a->>'m', a->>'url', a->>'alt', a->>'w', a->>'h'), E'\n' order by n)
		from post, jsonb_array_elements(attachments) with ordinality as x(a, n) where uri = $1`, object(create))
	want := fmt.Sprintf("%d https://files.example/1.png A <b>column</b> 640 480\n%d https://files.example/2\n%d https://files.example/3.pdf\n%d https://files.example/a<b> A <i>page</i>",
		forum.Picture, forum.Picture, forum.File, forum.Link)
	if have != want {
		t.Errorf("kept\n%s\nwant\n%s", have, want)
	}
	html := s.text(`select html from post where uri = $1`, object(create))
	if html != "<p>Look</p>" {
		t.Errorf("html %s", html)
	}
}

// Discourse sends whole actors, and addresses each copy to an inbox.
func TestEmbeddedActor(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{Software: fedtest.Discourse})
	create := p.Person("ann").Create(fedtest.Post{Community: c, Title: "T", HTML: "<p>x</p>"})
	if _, ok := create["actor"].(fedtest.Doc); !ok {
		t.Fatal("the actor is not embedded")
	}
	n.send(create, p)
	n.settle()
	n.want(1, `select count(*) from post p join person a on a.id = p.author_id where a.uri = $1`, p.Person("ann").ID)
}

// A copy of what came in goes back to the author's server, byte for byte.
func TestAcceptedPostsAreAnnouncedAsTheyCame(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	create["odd"] = fedtest.Doc{"kept": []any{1, "two"}}
	s.send(create, s.home)
	s.settle()
	announced := s.text(`select convert_from(forum_doc, 'UTF8') from log where verb = 'submit'`)
	if !strings.Contains(announced, `"odd":{"kept":[1,"two"]}`) || !strings.Contains(announced, `"type":"Announce"`) {
		t.Errorf("announced %s", announced)
	}
	boost := s.text(`select convert_from(micro_doc, 'UTF8') from log where verb = 'submit'`)
	if !strings.Contains(boost, `"object":"`+object(create)+`"`) {
		t.Errorf("boosted %s", boost)
	}
}
