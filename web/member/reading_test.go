package member

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

// writes has somebody write a comment under a post.
func (n *node) writes(author forum.Person, under int64, text string) {
	n.Helper()
	n.does(func(ctx context.Context, tx *storage.Tx, f *forum.Forum) ([]forum.Outcome, error) {
		return f.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: author, InReplyTo: mute{}.PostURI(under), Text: forum.Text{Source: text, HTML: "<p>" + text + "</p>"}}}})
	})
}

// does runs a verb; a refusal fails the test.
func (n *node) does(verb func(ctx context.Context, tx *storage.Tx, f *forum.Forum) ([]forum.Outcome, error)) {
	n.Helper()
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := verb(ctx, tx, forum.New(mute{}, n.clock))
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	}))
}

// card is how a list shows a post; empty when it does not.
func (a answer) card(t *testing.T, title string) string {
	t.Helper()
	for _, c := range regexp.MustCompile(`(?s)<article class="card.*?</article>`).FindAllString(a.body, -1) {
		if strings.Contains(c, title) {
			return c
		}
	}
	return ""
}

// What somebody has set for themselves holds in every list: how dense it is, what
// becomes of what they read and of what is sensitive; and what is new is counted.
func TestReadingAsOneself(t *testing.T) {
	n := newNode(t)
	n.site.Source = nil // which would let nobody look this often
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	author, err := n.db.Reader().Person(t.Context(), "bob", "")
	n.must(err)
	c := n.place("cats", author)
	submit := func(title string, change func(p *forum.Post)) int64 {
		p := forum.Post{Author: author, Community: c, Title: title, TitleGiven: title != "", Text: forum.Text{Source: "x", HTML: "<p>Its text.</p>"}}
		change(&p)
		n.does(func(ctx context.Context, tx *storage.Tx, f *forum.Forum) ([]forum.Outcome, error) {
			return f.Submit(ctx, tx, []forum.Submit{{Post: p}})
		})
		return n.number(`select max(id) from post`)
	}
	plain := submit("A plain one", func(*forum.Post) {})
	submit("A second one", func(*forum.Post) {})
	delicate := submit("A delicate one", func(p *forum.Post) { p.Sensitive = true })
	warned := submit("A warned one", func(p *forum.Post) { p.Warning = "Spiders" })
	lists := []string{"/?feed=all", "/?feed=local", "/c/cats", "/u/bob"}
	path := func(post int64) string { return "/post/" + strconv.FormatInt(post, 10) }
	set := func(pairs ...string) { t.Helper(); ann.post("/settings", pairs...).has(t, 200, "Saved.") }
	compact := `<ol class="cards compact"`

	// Density.
	for _, list := range lists {
		if strings.Contains(ann.get(list).body, compact) {
			t.Errorf("%s is dense though nobody wanted that", list)
		}
	}
	set("layout", "compact")
	for _, list := range lists {
		ann.get(list).has(t, 200, compact)
		if strings.Contains(bob.get(list).body, compact) || strings.Contains(n.browser().get(list).body, compact) {
			t.Errorf("%s is dense for others", list)
		}
		sep := "?"
		if strings.Contains(list, "?") {
			sep = "&"
		}
		if strings.Contains(ann.get(list+sep+"view=cards").body, compact) {
			t.Errorf("%s cannot be looked at in cards", list)
		}
	}

	// What is new since the last visit.
	fresh := func(want string) {
		t.Helper()
		for _, list := range lists {
			card := ann.get(list).card(t, "A plain one")
			got := ""
			if m := regexp.MustCompile(`<span class="fresh">([^<]*)</span>`).FindStringSubmatch(card); m != nil {
				got = m[1]
			}
			if got != want {
				t.Errorf("%s says %q is new, want %q", list, got, want)
			}
		}
	}
	n.writes(author, plain, "Before.")
	fresh("") // nothing is new in what was never opened
	n.pass(time.Minute)
	ann.get(path(plain)).has(t, 200, "Before.")
	fresh("")
	n.pass(time.Minute)
	for _, text := range []string{"One.", "Two.", "Three."} {
		n.writes(author, plain, text)
	}
	fresh("3 new")
	if page := ann.get(path(plain)).body; strings.Count(page, `class="tag new"`) != 3 {
		t.Errorf("%d are marked in the thread", strings.Count(page, `class="tag new"`))
	}
	fresh("")
	n.writes(author, plain, "Four.")
	fresh("1 new")
	if strings.Contains(bob.get("/c/cats").body, `class="fresh"`) {
		t.Error("what is new to ann is new to bob")
	}

	// What was read: grey, as all else, or hidden.
	read := regexp.MustCompile(`^<article class="card( pictured)? read"`)
	for _, list := range lists {
		page := ann.get(list)
		if !read.MatchString(page.card(t, "A plain one")) || page.card(t, "A second one") == "" || read.MatchString(page.card(t, "A second one")) {
			t.Errorf("%s: what was read is not grey, or all is", list)
		}
	}
	set("read", "show")
	for _, list := range lists {
		if card := ann.get(list).card(t, "A plain one"); card == "" || read.MatchString(card) {
			t.Errorf("%s: what was read is grey against her will: %s", list, card)
		}
	}
	set("read", "hide")
	for _, list := range lists[:3] {
		page := ann.get(list)
		if page.card(t, "A plain one") != "" || page.card(t, "A second one") == "" {
			t.Errorf("%s: what was read is there, or nothing is", list)
		}
		page.has(t, 200, "1 post hidden", `class="sifted"`, "You have read it")
	}

	// What is sensitive: covered, as all else, or hidden.
	veil := func(post int64) bool {
		return strings.Contains(ann.get(path(post)).body, `<details class="veil">`)
	}
	for setting, covered := range map[string]bool{"": true, "show": false} {
		set("sensitive", setting)
		if veil(delicate) != covered || veil(warned) != covered || veil(plain) {
			t.Errorf("%q: covered are %v and %v, want %v; and a plain one: %v", setting, veil(delicate), veil(warned), covered, veil(plain))
		}
		for _, list := range lists {
			if page := ann.get(list); page.card(t, "A delicate one") == "" || page.card(t, "A warned one") == "" {
				t.Errorf("%q: %s leaves out what is sensitive", setting, list)
			}
		}
	}
	set("sensitive", "hide")
	for _, list := range lists[:3] {
		page := ann.get(list)
		if page.card(t, "A delicate one") != "" || page.card(t, "A warned one") != "" || page.card(t, "A plain one") == "" {
			t.Errorf("%s: what is sensitive is there, or nothing is", list)
		}
		page.has(t, 200, "2 posts hidden")
	}

	// Theme and size of text, in every list and thread.
	set("theme", "light", "text", "small")
	for _, page := range append(lists, path(plain), "/communities", "/search?q=one") {
		ann.get(page).has(t, 200, `data-theme="light"`, `data-text="small"`)
		if body := bob.get(page).body; strings.Contains(body, "data-theme") || strings.Contains(body, "data-text") {
			t.Errorf("%s: bob has what ann set", page)
		}
	}
}

// Posts in other languages, and with words that somebody does not want to read, in the
// title or in the text, are left out of every list; each list says how many, which and
// why. One's own and those of others' lists are as they were.
func TestFiltersInLists(t *testing.T) {
	n := newNode(t)
	n.site.Source = nil
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	author, err := n.db.Reader().Person(t.Context(), "bob", "")
	n.must(err)
	c := n.place("cats", author)
	for _, p := range []forum.Post{
		{Title: "Auf Deutsch", Language: "de"}, {Title: "In English", Language: "en-GB"}, {Title: "En français", Language: "fr"}, {Title: "In none"},
		{Title: "Of elections", Language: "en"}, {Title: "Of something", Language: "en", Text: forum.Text{HTML: "<p>About the <em>Elec</em>tions &amp; all.</p>"}},
		{Title: "Of selections", Language: "en", Text: forum.Text{HTML: `<p>About <a href="/elections">selections</a>.</p>`}},
	} {
		p.Author, p.Community, p.TitleGiven = author, c, true
		if p.Text.HTML == "" {
			p.Text.HTML = "<p>Its text.</p>"
		}
		p.Text.Source = "x"
		n.does(func(ctx context.Context, tx *storage.Tx, f *forum.Forum) ([]forum.Outcome, error) {
			return f.Submit(ctx, tx, []forum.Submit{{Post: p}})
		})
	}
	lists := []string{"/?feed=all", "/?feed=local", "/c/cats"}
	is := func(says string, hidden, shown []string, why ...string) {
		t.Helper()
		for _, list := range lists {
			page := ann.get(list)
			for _, title := range hidden {
				if page.card(t, title) != "" {
					t.Errorf("%s shows %q", list, title)
				}
				page.has(t, 200, title) // where it says why
				if bob.get(list).card(t, title) == "" || n.browser().get(list).card(t, title) == "" {
					t.Errorf("%s: %q is hidden from others", list, title)
				}
			}
			for _, title := range shown {
				if page.card(t, title) == "" {
					t.Errorf("%s hides %q", list, title)
				}
			}
			page.has(t, 200, append([]string{says, `<details class="sifted"`}, why...)...)
		}
	}
	ann.post("/settings", "languages", "de, en").has(t, 200, "Saved.")
	is("1 post hidden", []string{"En français"}, []string{"Auf Deutsch", "In English", "In none", "Of elections"}, "Not in your languages:")
	ann.post("/settings", "languages", "de").has(t, 200, "Saved.")
	is("5 posts hidden", []string{"En français", "In English", "Of elections"}, []string{"Auf Deutsch", "In none"})
	ann.post("/settings", "keywords", "Elections\nBrexit").has(t, 200, "Saved.", "in the title or at the beginning of the text")
	is("2 posts hidden", []string{"Of elections", "Of something"}, []string{"Of selections", "En français"}, "One of your keywords:", "elections")
	bob.post("/settings", "keywords", "elections").has(t, 200, "Saved.")
	if bob.get("/c/cats").card(t, "Of elections") == "" {
		t.Error("one's own is hidden")
	}
}

// The feed of this node has what was said in its own communities, whoever said it, and
// nothing that was said elsewhere; so does the one that visitors see.
func TestThisNodeAlone(t *testing.T) {
	n := newNode(t)
	ann := n.browser()
	ann.lives("ann")
	author, err := n.db.Reader().Person(t.Context(), "ann", "")
	n.must(err)
	n.place("here", author)
	n.place("moved", author)
	n.place("from", author)
	for sql, args := range map[string][]any{
		`update community set local = false, host = 'far.example', uri = 'https://far.example/c/moved' where name = 'moved'`:                                                   nil,
		`insert into person (uri, name, host, local, inbox, fetched_at) values ('https://far.example/u/eve', 'eve', 'far.example', false, 'https://far.example/inbox', now())`: nil,
		`insert into follow (person_id, community_id, state, at) select $1, id, 2, now() from community on conflict do nothing`:                                                {author.ID},
	} {
		_, err := n.db.Pool().Exec(t.Context(), sql, args...)
		n.must(err)
	}
	_, err = n.db.Pool().Exec(t.Context(), `update post set author_id = (select id from person where name = 'eve') where title = 'News of from'`)
	n.must(err)
	for _, b := range []*browser{ann, n.browser()} {
		page := b.get("/?feed=local")
		if page.card(t, "News of here") == "" || page.card(t, "News of from") == "" {
			t.Errorf("what was said here is not there: %s", page.body)
		}
		if strings.Contains(page.body, "News of moved") {
			t.Error("what was said elsewhere is there")
		}
		if all := b.get("/?feed=all"); all.card(t, "News of moved") == "" || all.card(t, "News of here") == "" {
			t.Error("not everything is in the feed of everything")
		}
	}
}

// Whether somebody may be listed, and what they write be searched for, is theirs to
// say, and other servers are told; both hold until they say otherwise.
func TestDiscoverableAndIndexable(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("bob")
	is := func(discoverable, indexable bool) {
		t.Helper()
		p, err := n.db.Reader().Person(t.Context(), "bob", "")
		n.must(err)
		doc, err := json.Marshal(outbox.NewPublisher(&url.URL{Scheme: "http", Host: "node.localhost"}, nil).Person(&p))
		n.must(err)
		for name, on := range map[string]bool{"discoverable": discoverable, "indexable": indexable} {
			if said := fmt.Sprintf("%q:%v", name, on); !strings.Contains(string(doc), said) {
				t.Errorf("%s is not in %s", said, doc)
			}
		}
	}
	for _, name := range []string{"discoverable", "indexable"} {
		if box := regexp.MustCompile(`<input[^>]*name="` + name + `"[^>]*>`).FindString(b.get("/settings/profile").body); !strings.Contains(box, "checked") {
			t.Errorf("the form begins with %q", box)
		}
	}
	is(true, true) // until they say otherwise
	for _, want := range []struct{ discoverable, indexable bool }{{false, false}, {true, false}, {false, true}, {true, true}, {false, false}} {
		var form []string
		if want.discoverable {
			form = append(form, "discoverable", "1")
		}
		if want.indexable {
			form = append(form, "indexable", "1")
		}
		b.post("/settings/profile", form...).has(t, 200)
		page := b.get("/settings/profile").body
		for name, on := range map[string]bool{"discoverable": want.discoverable, "indexable": want.indexable} {
			box := regexp.MustCompile(`<input[^>]*name="` + name + `"[^>]*>`).FindString(page)
			if box == "" || strings.Contains(box, "checked") != on {
				t.Errorf("%+v: the form shows %q", want, box)
			}
		}
		p, err := n.db.Reader().Person(t.Context(), "bob", "")
		n.must(err)
		if p.Discoverable != want.discoverable || p.Indexable != want.indexable {
			t.Errorf("%+v is kept as %v, %v", want, p.Discoverable, p.Indexable)
		}
		is(want.discoverable, want.indexable)
	}
	b.post("/settings/profile", "discoverable", "1", "bot", "1").has(t, 200)
	is(false, false) // programs are not listed among people
}
