package inbox

import (
	"strings"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

func keptIn(tx *storage.Tx) forum.MessageTx { return private.In(tx) }

// live makes a person of ours who can sign in.
func (n *node) live(name string) forum.Person {
	n.t.Helper()
	p := n.join(name)
	if _, err := private.Of(n.db).Open(n.ctx, p.ID, account.Account{Password: "none", Released: true}, time.Now()); err != nil {
		n.t.Fatal(err)
	}
	return p
}

// writing is a node that takes messages, with somebody here and somebody elsewhere.
type writing struct {
	*node
	p        *fedtest.Peer
	ann, eve *fedtest.Actor
	bob      forum.Person
}

func write(t *testing.T) *writing {
	t.Helper()
	w := &writing{node: start(t, func(o *Options) { o.Messages = keptIn })}
	w.p = peer(t, fedtest.Options{Software: fedtest.Mastodon})
	w.ann, w.eve, w.bob = w.p.Person("ann"), w.p.Person("eve"), w.live("bob")
	return w
}

// letter is a Create of a message to some people.
func (w *writing) letter(name string, by *fedtest.Actor, text string, to ...string) fedtest.Doc {
	var all, tags []any
	for _, id := range to {
		all, tags = append(all, id), append(tags, fedtest.Doc{"type": "Mention", "href": id, "name": "@somebody"})
	}
	return fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": w.p.URL("/create/" + name), "type": "Create", "actor": by.ID, "to": all, "cc": []any{},
		"published": "2026-01-01T00:00:00Z", "object": fedtest.Doc{
			"id": w.p.URL("/message/" + name), "type": "Note", "attributedTo": by.ID, "to": all, "cc": []any{}, "tag": tags,
			"content": "<p>" + text + "</p>", "published": "2026-01-01T00:00:00Z",
		},
	}
}

// sends has a message sent, and waits for what comes of it.
func (w *writing) sends(create fedtest.Doc) {
	w.t.Helper()
	w.send(create, w.p)
	w.settle()
}

// letters are shapes in which messages come, as other software writes them.
var letters = []struct {
	name   string
	change func(w *writing, create, o fedtest.Doc)
	words  string
}{
	{"Mastodon, with the name of whom it is to", func(w *writing, _, o fedtest.Doc) {
		o["content"] = `<p><span class="h-card" translate="no"><a href="` + w.bob.URI + `" class="u-url mention">@<span>bob</span></a></span> good morning</p>`
		o["inReplyTo"], o["conversation"], o["sensitive"], o["summary"] = nil, "tag:x:objectType=Conversation", false, nil
	}, "good morning"},
	{"Lemmy before 1.0", func(_ *writing, create, o fedtest.Doc) {
		o["type"], o["mediaType"], o["source"] = "ChatMessage", "text/html", fedtest.Doc{"content": "**hi**", "mediaType": "text/markdown"}
		delete(o, "tag")
		delete(o, "cc")
		delete(create, "cc")
	}, "<strong>hi</strong>"},
	{"Lemmy 1.0", func(_ *writing, _, o fedtest.Doc) {
		o["mediaType"], o["source"] = "text/html", fedtest.Doc{"content": "**hi**", "mediaType": "text/markdown"}
		delete(o, "tag")
	}, "<strong>hi</strong>"},
	{"Pleroma, addressed in the activity alone", func(_ *writing, create, o fedtest.Doc) {
		o["type"], create["directMessage"] = "ChatMessage", true
		delete(o, "to")
		delete(o, "cc")
	}, "good morning"},
	{"GoToSocial, with whoever wrote it among those to whom it is", func(w *writing, create, o fedtest.Doc) {
		create["cc"], o["cc"] = w.ann.ID, []any{w.ann.ID}
		create["to"], o["to"] = w.bob.URI, w.bob.URI
	}, "good morning"},
	{"with a picture", func(w *writing, _, o fedtest.Doc) {
		o["attachment"] = []any{fedtest.Doc{"type": "Document", "mediaType": "image/png", "url": w.p.URL("/cat.png"), "name": "A <cat>"}}
	}, "A &lt;cat&gt;</a>"},
	{"answering a post that everybody reads", func(w *writing, _, o fedtest.Doc) { o["inReplyTo"] = w.url + "/post/1" }, "good morning"},
	{"answering what nobody knows", func(_ *writing, _, o fedtest.Doc) { o["inReplyTo"] = "http://nowhere.localhost/1" }, "good morning"},
	{"with script", func(_ *writing, _, o fedtest.Doc) {
		o["content"] = `<p>good <script>alert(1)</script><b onclick="x()">morning</b></p>`
	}, "good <strong>morning</strong>"},
}

// Messages come in many shapes, and never become posts or comments.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, c := range letters {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := write(t)
			community := w.found("go")
			w.send(w.p.Person("cid").Create(fedtest.Post{Community: community, Title: "Public", HTML: "<p>x</p>"}), w.p)
			w.settle()
			create := w.letter("1", w.ann, "good morning", w.bob.URI)
			c.change(w, create, words(create))
			w.sends(create)
			w.applied(create)
			if html := w.text(`select html from message`); !strings.Contains(html, c.words) || strings.Contains(html, "script") || strings.Contains(html, "onclick") {
				t.Errorf("%s\n%s", html, w.verdicts())
			}
			w.want(1, `select count(*) from message m join person a on a.id = author_id where a.uri = $1 and to_id = $2 and not seen`, w.ann.ID, w.bob.ID)
			w.want(1, `select count(*) from conversation where person_id = $1 and state = 1`, w.bob.ID)
			w.want(1, `select count(*) from notice where person_id = $1 and kind = 8`, w.bob.ID)
			w.want(1, `select (select count(*) from post) + (select count(*) from comment)`)
			w.want(0, `select count(*) from log where convert_from(coalesce(forum_doc, micro_doc, direct_doc, ''), 'UTF8') like '%morning%'`)
			w.want(0, `select count(*) from received where convert_from(body, 'UTF8') ~ 'morning|hi'`) // nor does it lie about
			w.sends(create)
			w.want(1, `select count(*) from message`)
		})
	}
}

// misaddressed are Creates of words for few that are no messages, or not to be taken.
var misaddressed = []struct {
	name, reason string
	change       func(w *writing, create, o fedtest.Doc)
}{
	{"to followers too", "not public", func(w *writing, _, o fedtest.Doc) { o["cc"] = []any{w.ann.Followers} }},
	{"to followers, whom the activity names", "not public", func(w *writing, create, _ fedtest.Doc) { create["cc"] = []any{w.ann.Followers} }},
	{"private words in a public activity", "not public", func(_ *writing, create, _ fedtest.Doc) { create["cc"] = []any{fedtest.Public} }},
	{"to a community", "not public", func(w *writing, _, o fedtest.Doc) { o["to"] = []any{w.bob.URI, w.url + "/c/go"} }},
	{"for a community", "not public", func(w *writing, _, o fedtest.Doc) { o["audience"] = w.url + "/c/go" }},
	{"a page", "not public", func(_ *writing, _, o fedtest.Doc) { o["type"] = "Page" }},
	{"to nobody", "not public", func(_ *writing, create, o fedtest.Doc) { o["to"], create["to"] = []any{}, []any{} }},
	{"to somebody elsewhere", "not public", func(w *writing, create, o fedtest.Doc) { o["to"], create["to"] = []any{w.eve.ID}, []any{} }},
	{"to somebody who is not", "to nobody here", func(w *writing, create, o fedtest.Doc) {
		o["to"], create["to"] = []any{w.url + "/u/nobody"}, []any{w.url + "/u/nobody"}
	}},
	{"to far too many", "to too many people", func(_ *writing, _, o fedtest.Doc) {
		var to, tags []any
		for _, c := range "abcdefghijklmnopqrstuvwxyz" {
			id := "https://far.example/u/" + string(c)
			to, tags = append(to, id), append(tags, fedtest.Doc{"type": "Mention", "href": id})
		}
		o["to"], o["tag"] = to, tags
	}},
	{"by somebody else", "an object of somebody else", func(w *writing, _, o fedtest.Doc) { o["attributedTo"] = w.eve.ID }},
	{"by somebody here", "an object of somebody else", func(w *writing, _, o fedtest.Doc) { o["attributedTo"] = w.bob.URI }},
	{"with an id of this server", "an object with an id of this server", func(w *writing, _, o fedtest.Doc) { o["id"] = w.url + "/message/1" }},
	{"with an id elsewhere", "object and author belong to different servers", func(_ *writing, _, o fedtest.Doc) { o["id"] = "http://far.localhost/1" }},
	{"too long", "text-too-long", func(_ *writing, _, o fedtest.Doc) { o["content"] = strings.Repeat("long ", forum.MaxMessage) }},
	{"with hidden recipients", "has hidden recipients", func(w *writing, _, o fedtest.Doc) { o["bcc"] = []any{w.eve.ID} }},
	{"a choice in a poll that nobody made", "no such object here", func(w *writing, _, o fedtest.Doc) {
		o["name"], o["inReplyTo"] = "yes", w.url+"/post/1"
		delete(o, "content")
	}},
	{"nothing at all", "empty", func(_ *writing, _, o fedtest.Doc) { delete(o, "content") }},
}

func TestMisaddressedMessages(t *testing.T) {
	t.Parallel()
	w := write(t)
	w.found("go")
	w.sends(w.letter("0", w.ann, "so that she is known", w.bob.URI))
	for i, c := range misaddressed {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			before := w.snapshot("received", "seen", "actor_key", "server", "person", "early_delete")
			create := w.letter(string(rune('a'+i)), w.ann, "hush", w.bob.URI)
			c.change(w, create, words(create))
			w.sends(create)
			w.refused(create, c.reason)
			w.unchanged(before)
		})
	}
	w.t = t
	// What is announced is no message, whoever may have announced it.
	create := w.letter("z", w.ann, "hush", w.bob.URI)
	group := w.p.Group("cats")
	w.follows(w.bob, group)
	w.sends(group.Accept(w.follows(w.bob, group)))
	announce := group.Announce(create)
	w.sends(announce)
	w.want(0, `select count(*) from message where html like '%hush%'`)
	// Nor is it kept among what came in, whyever it was refused.
	w.want(0, `select count(*) from received where position('hush'::bytea in body) > 0`)
}

// A message to several is with each of them who lives here.
func TestMessageToSeveral(t *testing.T) {
	t.Parallel()
	w := write(t)
	cid := w.live("cid")
	create := w.letter("1", w.ann, "to all of you", w.bob.URI, cid.URI, w.eve.ID)
	w.sends(create)
	w.applied(create)
	w.want(2, `select count(*) from message where others = 2 and to_id in ($1, $2)`, w.bob.ID, cid.ID)
	w.sends(w.ann.Delete(object(create), fedtest.Community{}))
	w.want(2, `select count(*) from message where deleted and html = '' and source = ''`)
}

// Only whoever wrote a message changes it or takes it back.
func TestMessagesChange(t *testing.T) {
	t.Parallel()
	w := write(t)
	create := w.letter("1", w.ann, "one", w.bob.URI)
	w.sends(create)
	update := func(name string, by *fedtest.Actor, text, at string) {
		t.Helper()
		u := w.letter("1", by, text, w.bob.URI)
		u["id"], u["type"] = w.p.URL("/update/"+name), "Update"
		words(u)["updated"] = at
		w.sends(u)
	}
	says := func(want string) {
		t.Helper()
		if html := w.text(`select html from message`); html != "<p>"+want+"</p>" {
			t.Errorf("it says %s, want %s\n%s", html, want, w.verdicts())
		}
	}
	update("1", w.ann, "two", "2026-02-01T00:00:00Z")
	says("two")
	update("2", w.ann, "one and a half", "2026-01-15T00:00:00Z")
	says("two")
	update("3", w.eve, "forged", "2026-03-01T00:00:00Z")
	says("two")
	w.sends(w.eve.Delete(object(create), fedtest.Community{}))
	says("two")
	w.want(0, `select count(*) from message where deleted`)
	w.sends(w.ann.Delete(object(create), fedtest.Community{}))
	w.want(1, `select count(*) from message where deleted and html = '' and source = ''`)
	update("4", w.ann, "back", "2026-04-01T00:00:00Z")
	w.want(1, `select count(*) from message where deleted and html = ''`)
	// One that was deleted before it came does not come.
	late := w.letter("2", w.ann, "late", w.bob.URI)
	w.sends(w.ann.Delete(object(late), fedtest.Community{}))
	w.sends(late)
	w.want(0, `select count(*) from message where html like '%late%'`)
}

// What everybody has read does not become a message, and stays as it was.
func TestPublicWordsDoNotBecomeMessages(t *testing.T) {
	t.Parallel()
	w := write(t)
	c := w.found("go")
	post := w.ann.Create(fedtest.Post{Community: c, Title: "Public", HTML: "<p>public</p>"})
	w.sends(post)
	u := w.letter("1", w.ann, "private", w.bob.URI)
	u["type"] = "Update"
	words(u)["id"] = object(post)
	w.sends(u)
	w.refused(u, "not public")
	w.want(1, `select count(*) from post where html like '%public%'`)
	w.want(0, `select count(*) from message`)
}

// Strangers are heard a little, the blocked not at all, and the gone no more.
func TestStrangersMessages(t *testing.T) {
	t.Parallel()
	w := write(t)
	for i := range forum.MaxUnanswered + 1 {
		create := w.letter(string(rune('a'+i)), w.ann, "knock", w.bob.URI)
		w.sends(create)
		if i == forum.MaxUnanswered {
			w.refused(create, "wait-for-answer")
		}
	}
	w.want(forum.MaxUnanswered, `select count(*) from message`)
	w.want(1, `select count(*) from notice`)
	own := private.Of(w.db)
	var ann int64
	if err := w.db.Pool().QueryRow(w.ctx, `select id from person where uri = $1`, w.ann.ID).Scan(&ann); err != nil {
		t.Fatal(err)
	}
	if ok, err := own.Refuse(w.ctx, w.bob.ID, ann); !ok || err != nil {
		t.Fatal(ok, err)
	}
	w.want(0, `select (select count(*) from message) + (select count(*) from notice)`)
	w.sends(w.letter("r", w.ann, "knock", w.bob.URI))
	w.want(0, `select count(*) from message`)

	w.sends(w.letter("e", w.eve, "hello", w.bob.URI))
	w.want(1, `select count(*) from message`)
	if err := own.Shun(w.ctx, w.bob.ID, private.ShunHost, 0, w.p.Host(), true, time.Now()); err != nil {
		t.Fatal(err)
	}
	shunned := w.letter("f", w.eve, "hello", w.bob.URI)
	w.sends(shunned)
	w.refused(shunned, "takes-no-messages")
	w.sends(w.eve.DeleteSelf())
	w.want(0, `select (select count(*) from message) + (select count(*) from notice)`)
}

// A report of a message reaches nobody: moderators and admins do not get to see what was
// said between two people.
func TestMessagesAreNotReported(t *testing.T) {
	t.Parallel()
	w := write(t)
	boss := w.join("boss")
	w.account(boss, true)
	letter := w.letter("1", w.ann, "between us", w.bob.URI)
	w.sends(letter)
	w.applied(letter)
	flag := w.ann.Flag(object(letter), "look at this", fedtest.Community{})
	flag["to"] = []any{w.bob.URI}
	w.sends(flag)
	w.refused(flag, "reports nothing that is here")
	w.want(0, `select count(*) from report`)
	w.want(0, `select count(*) from notice where person_id = $1`, boss.ID)
}
