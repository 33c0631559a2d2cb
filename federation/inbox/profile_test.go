package inbox

import (
	"fmt"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// update is an Update of an actor by itself.
func update(a *fedtest.Actor, id string, change func(fedtest.Doc)) fedtest.Doc {
	doc := a.Document()
	doc["updated"] = time.Now().UTC().Format(time.RFC3339)
	if change != nil {
		change(doc)
	}
	return fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": a.ID + id, "type": "Update", "actor": a.ID,
		"to": []any{fedtest.Public}, "object": doc,
	}
}

func TestProfilesChange(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	s.page()
	s.send(update(s.ann, "/u/1", func(d fedtest.Doc) { d["name"], d["summary"] = "Ann B.", "<p>Hello</p>" }), s.home)
	s.send(update(s.cats, "/u/1", func(d fedtest.Doc) { d["name"] = "All cats" }), s.home)
	s.send(update(s.home.Site(), "u/1", nil), s.home)
	s.settle()
	s.want(1, `select count(*) from person where title = 'Ann B.' and bio_html like '%Hello%'`)
	s.want(1, `select count(*) from community where title = 'All cats'`)
	s.want(0, `select count(*) from received where state <> 3`)

	old := update(s.ann, "/u/2", func(d fedtest.Doc) { d["name"], d["updated"] = "Ann A.", "2026-01-02T00:00:00Z" })
	s.send(old, s.home)
	bob := s.home.Person("bob")
	forged := update(s.ann, "/u/3", func(d fedtest.Doc) { d["name"] = "Mallory" })
	forged["actor"], forged["id"] = bob.ID, bob.ID+"/u/1"
	s.send(forged, s.home)
	elsewhere := update(s.ann, "/u/4", func(d fedtest.Doc) { d["inbox"] = s.away.URL("/inbox") })
	s.send(elsewhere, s.home)
	s.settle()
	s.applied(old)
	s.refused(forged, "a profile of somebody else")
	s.refused(elsewhere, "inbox")
	s.want(1, `select count(*) from person where title = 'Ann B.'`)
}

// The banner and the links of a profile come too, and of the lines of a profile those
// alone that lead somewhere.
func TestProfilesHaveLinks(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	s.page()
	line := func(name, value string) fedtest.Doc {
		return fedtest.Doc{"type": "PropertyValue", "name": name, "value": value}
	}
	s.send(update(s.ann, "/u/1", func(d fedtest.Doc) {
		d["image"] = fedtest.Doc{"type": "Image", "url": "https://pictures.example/wide.png"}
		d["attachment"] = []any{
			line("Pronouns", "she"), line("Home\n<b>page</b>", `<a href="https://ann.example/" rel="me"><span>ann.example</span></a>`),
			line("Trap", `<a href="javascript:alert(1)">x</a>`), line("Bare", " https://ann.example/bare "),
			fedtest.Doc{"type": "Image", "url": "https://ann.example/x.png"},
			line("3", `<p><a href="https://ann.example/3">3</a></p>`), line("4", "https://ann.example/4"), line("5", "https://ann.example/5"),
		}
	}), s.home)
	s.settle()
	s.want(1, `select count(*) from person where banner_url = 'https://pictures.example/wide.png'
		and links = E'Home page\thttps://ann.example/\nBare\thttps://ann.example/bare\n3\thttps://ann.example/3\n4\thttps://ann.example/4'`)
}

// Who no longer wants to be found is not found from then on, nor what they wrote; and
// they may change their mind.
func TestPeopleSayWhetherTheyAreFound(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	s.page()
	found := func() (posts, people int) {
		t.Helper()
		for kind, n := range map[forum.SearchKind]*int{forum.FindPosts: &posts, forum.FindPeople: &people} {
			got, err := s.db.Reader().Search(t.Context(), forum.Search{Kind: kind, Text: map[forum.SearchKind]string{forum.FindPosts: "whiskers", forum.FindPeople: "ann"}[kind]})
			if err != nil {
				t.Fatal(err)
			}
			*n = len(got.Posts) + len(got.People)
		}
		return posts, people
	}
	if posts, people := found(); posts != 1 || people != 1 {
		t.Fatalf("at first %d posts and %d people are found", posts, people)
	}
	for i, wants := range []bool{false, true} {
		s.send(update(s.ann, fmt.Sprint("/u/", i), func(d fedtest.Doc) {
			d["indexable"], d["discoverable"], d["updated"] = wants, wants, time.Now().Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339)
		}), s.home)
		s.settle()
		want := map[bool]int{true: 1}[wants]
		if posts, people := found(); posts != want || people != want {
			t.Errorf("indexable and discoverable %v: %d posts and %d people are found", wants, posts, people)
		}
	}
}

// GoToSocial and others take a new key only from an Update that the old one
// signed; so do we, and the old one is no good from then on.
func TestKeyIsChangedByItsOwner(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	n.send(ann.Follow(c.ID), p)
	n.settle()
	old := ann.Key()
	ann.Rekey(keys.RSA("ann's next"))
	if r := n.post(ann.Like(p.URL("/x"), c), p, fedtest.SignAs{}); r.Status != 401 {
		t.Errorf("a key nobody has heard of, while the old one is fresh: %d", r.Status)
	}
	told := update(ann, "#u1", nil) // lists the new key
	if r := n.post(told, p, fedtest.SignAs{Key: old}); r.Status != 202 {
		t.Fatalf("signed with the old key: %d %s", r.Status, r.Body)
	}
	n.settle()
	n.applied(told)
	post := ann.Create(fedtest.Post{Community: c, HTML: "<p>With the new key.</p>"})
	n.send(post, p)
	n.settle()
	n.want(1, `select count(*) from post`)
	if r := n.post(ann.Like(object(post), c), p, fedtest.SignAs{Key: old}); r.Status != 401 {
		t.Errorf("the old key: %d", r.Status)
	}
}

// A key that does not fit is fetched again once it is old enough, and not sooner.
func TestKeyIsFetchedAgainWhenStale(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	n.send(ann.Follow(c.ID), p)
	n.settle()
	ann.Rekey(keys.RSA("ann's next"))
	n.ahead.Store(int64(keyFresh + time.Minute))
	post := ann.Create(fedtest.Post{Community: c, HTML: "<p>With the new key.</p>"})
	n.send(post, p)
	n.settle()
	n.want(1, `select count(*) from post`)
}

func TestAccountsAreDeleted(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann, bob := p.Person("ann"), p.Person("bob")
	post := ann.Create(fedtest.Post{Community: c, HTML: "<p>Mine.</p>"})
	n.send(ann.Follow(c.ID), p)
	n.send(post, p)
	n.send(bob.Create(fedtest.Post{Community: c, HTML: "<p>An answer.</p>", InReplyTo: object(post)}), p)
	n.settle()
	forged := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": bob.ID + "#d", "type": "Delete", "actor": bob.ID, "object": ann.ID}
	n.send(forged, p)
	n.settle()
	n.want(0, `select count(*) from person where gone`)
	n.want(1, `select count(*) from post where state = 0`)
	n.send(ann.DeleteSelf(), p)
	n.settle()
	if err := n.in.tidy(n.ctx); err != nil {
		t.Fatal(err)
	}
	n.want(1, `select count(*) from person where gone and uri = $1`, ann.ID)
	n.want(1, `select count(*) from post where state = 1`)
	n.want(1, `select count(*) from comment where state = 0`)
	n.want(0, `select followers from community`)
	late := ann.Create(fedtest.Post{Community: c, HTML: "<p>Late.</p>"})
	n.send(late, p)
	n.settle()
	n.refused(late, "author-gone")
	back := update(ann, "#back", nil)
	n.send(back, p)
	n.settle()
	n.refused(back, "author-gone")
}

// Somebody elsewhere who moderates a community here changes what it says of itself, but
// not its pictures; it says so to all who follow it. Nobody else can, and an older word
// changes nothing.
func TestModeratorsElsewhereDescribeCommunities(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("agora")
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	mod, eve := p.Person("mod"), p.Person("eve")
	post := eve.Create(fedtest.Post{Community: c, Title: "Mine", HTML: "<p>Mine.</p>"})
	n.send(post, p)
	n.send(mod.Like(object(post), c), p) // so that they are known
	n.settle()
	n.appoint(c.ID, mod.ID)
	if _, err := n.db.Pool().Exec(n.ctx, `update community set icon_url = 'x.png', rules_source = 'Be kind.', rules_html = '<p>Be kind.</p>' where uri = $1`, c.ID); err != nil {
		t.Fatal(err)
	}
	says := func(by *fedtest.Actor, name, source, updated string) fedtest.Doc {
		t.Helper()
		_, public := ourKey()
		d := fedtest.Doc{
			"id": p.URL("/activities/update/" + name), "type": "Update", "actor": by.ID, "to": []any{c.ID, fedtest.Public}, "cc": []any{c.ID}, "audience": c.ID,
			"object": fedtest.Doc{
				"type": "Group", "id": c.ID, "preferredUsername": "agora", "name": name, "inbox": c.ID + "/inbox", "summary": "<p>x</p>",
				"source": fedtest.Doc{"content": source, "mediaType": "text/markdown"}, "postingRestrictedToMods": true, "updated": updated,
				"publicKey": fedtest.Doc{"id": c.ID + "#main-key", "owner": c.ID, "publicKeyPem": public},
			},
		}
		n.send(d, p)
		n.settle()
		return d
	}
	is := func(want string) {
		t.Helper()
		if have := n.text(`select title || '|' || summary_html || '|' || rules_source || '|' || restricted || '|' || icon_url from community where uri = $1`, c.ID); have != want {
			t.Errorf("the community says %q, want %q", have, want)
		}
	}
	soon := n.now().Add(time.Minute).UTC().Format(time.RFC3339)
	n.refused(says(eve, "eves", "Mine now.", soon), "not-moderator")
	n.applied(says(mod, "market", "*New* words.\n\n## Rules\n\nBe kinder.", soon))
	is("market|<p><em>New</em> words.</p>|Be kinder.|true|x.png")
	n.want(1, `select count(*) from log where verb = 'update-actor' and position(convert_to('market', 'UTF8') in forum_doc) > 0 and position(convert_to($1, 'UTF8') in forum_doc) > 0`,
		`"actor":"`+c.ID+`"`)
	n.applied(says(mod, "stale", "Old words.", "2021-01-01T00:00:00Z"))
	is("market|<p><em>New</em> words.</p>|Be kinder.|true|x.png")
}

// Somebody who runs or moderates a community elsewhere takes it away, with a reason or
// without: its own server says whether that is so. Then nobody here follows it any more.
// Who is of another server, and not announced by it, has nothing asked.
func TestCommunitiesElsewhereGo(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	gone := `select count(*) from community c left join follow f on f.community_id = c.id and f.state > 0 where c.uri = $1 and c.gone and f.community_id is null`
	taken := func(by *fedtest.Actor, id string) fedtest.Doc {
		return fedtest.Doc{
			"@context": "https://www.w3.org/ns/activitystreams", "id": by.ID + id, "type": "Delete", "actor": by.ID, "to": []any{fedtest.Public}, "cc": []any{s.cats.ID},
			"object": s.cats.ID, "audience": s.cats.ID,
		}
	}
	s.send(s.ann.Create(fedtest.Post{Community: s.there, Title: "x", HTML: "<p>x</p>"}), s.home) // so that she is known
	s.settle()
	lie := taken(s.eve, "/delete/1")
	s.send(lie, s.away)
	s.settle()
	s.refused(lie, "not-announced")
	said := taken(s.ann, "/delete/2")
	s.send(s.cats.Announce(said), s.home)
	s.settle()
	s.want(0, gone, s.cats.ID) // it is there
	s.ahead.Add(int64(2 * time.Minute))
	s.home.Gone(s.cats.ID)
	removed := taken(s.ann, "/delete/3")
	removed["summary"] = "spam"
	s.send(s.cats.Announce(removed), s.home)
	s.settle()
	s.want(1, gone, s.cats.ID)
}
