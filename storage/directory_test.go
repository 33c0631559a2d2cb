package storage_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// list keeps a list of a server, as if it had been read.
func (n *node) list(host string, all ...forum.Listed) {
	n.Helper()
	if full := must(n.db.AskCatalogue(n.Context(), host)); full {
		n.Fatal("no room for", host)
	}
	began := time.Now().Add(-time.Second)
	if err := n.db.SaveListed(n.Context(), host, began, all); err != nil {
		n.Fatal(err)
	}
	n.endList(forum.Catalogue{Host: host, Software: "lemmy", State: forum.CatalogueRead}, began)
}

func (n *node) endList(k forum.Catalogue, began time.Time) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error { return tx.EndCatalogue(ctx, &k, began) })
}

// handles walks all pages of the directory.
func (n *node) handles(d forum.Directory) []string {
	n.Helper()
	var all []string
	for range 200 {
		l, err := n.db.Reader().Directory(n.Context(), d)
		if err != nil {
			n.Fatal(err)
		}
		for _, it := range l.Items {
			all = append(all, it.Community.Name+"@"+it.Community.Host)
		}
		if d.After = l.Next; d.After == "" {
			break
		}
	}
	return all
}

// The directory has each community once, whoever told of it, in every order and on
// pages of every size.
func TestDirectory(t *testing.T) {
	n := newNode(t)
	ann, ours := n.person("ann"), n.community("ours")
	n.submit(forum.Submit{Post: forum.Post{Author: ann, Community: ours, Title: "A post", TitleGiven: true, Language: "de"}})
	var large []forum.Listed
	for i := range 60 {
		large = append(large, forum.Listed{Name: fmt.Sprint("c", i), Title: fmt.Sprint("Title ", i%7, " Übung"), Followers: i * 7 % 5, Posts: i % 3, Active: i % 4, Sensitive: i == 29, Language: []string{"", "en"}[i%2]})
	}
	n.list("large.test", large...)
	n.list("small.test", forum.Listed{Name: "c1", Title: "100% pure_", Followers: 3}, forum.Listed{Name: "shy", Title: "Shy"})
	for i := range 20 {
		n.elsewhere(fmt.Sprint("c", i), "large.test") // which stands in the list: once
	}
	n.elsewhere("shy", "small.test")
	n.exec(`update community set discoverable = false where name = 'shy'`)
	n.elsewhere("stranger", "spam.test") // nobody here has anything to do with it
	n.exec(`update community set followers = 2 where name = 'c3' and host = 'large.test'`)
	n.exec(`update community set removed = true where name = 'c4' and host = 'large.test'`)
	n.exec(`update community set gone = true where name = 'c5' and host = 'large.test'`)
	n.list("large.test", large...) // now that they are known
	if err := n.db.SweepDirectory(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := must(n.db.Reader().Directory(t.Context(), forum.Directory{Limit: 50}))
	if first := all.Items[0]; first.Followers != 4 || first.Community.Host != "large.test" {
		t.Errorf("the first is %+v", first)
	}
	var items []forum.DirectoryItem
	d := forum.Directory{Limit: 50}
	for {
		l := must(n.db.Reader().Directory(t.Context(), d))
		items = append(items, l.Items...)
		if d.After = l.Next; d.After == "" {
			break
		}
	}
	if len(items) != 1+60-3+1 { // less those removed, gone and sensitive
		t.Errorf("%d communities", len(items))
	}
	for _, it := range items {
		switch c := &it.Community; {
		case c.Name == "ours" && (it.Language != "de" || it.Active != 1 || c.URI != ours.URI || !c.Local):
			t.Errorf("ours: %+v", it)
		case c.Name == "c3" && (it.Followers != 2 || c.ID == 0 || it.Active != 3):
			t.Errorf("of what is known: %+v", it)
		case c.Name == "c30" && (c.ID != 0 || it.Followers != 0 || it.Active != 2 || c.Title != "Title 2 Übung"):
			t.Errorf("of what is listed: %+v", it)
		}
	}
	name := func(it forum.DirectoryItem) string {
		return strings.NewReplacer("Ü", "u").Replace(strings.ToLower(cmp.Or(strings.ReplaceAll(it.Community.Title, "Ü", "u"), it.Community.Name)))
	}
	for sort, by := range map[forum.CommunitySort]func(a, b forum.DirectoryItem) int{
		"":                           func(a, b forum.DirectoryItem) int { return b.Followers - a.Followers },
		forum.CommunitiesByFollowers: func(a, b forum.DirectoryItem) int { return b.Followers - a.Followers },
		forum.CommunitiesByActivity:  func(a, b forum.DirectoryItem) int { return b.Active - a.Active },
		forum.CommunitiesByPosts:     func(a, b forum.DirectoryItem) int { return b.Community.Posts - a.Community.Posts },
		forum.CommunitiesByAge:       func(a, b forum.DirectoryItem) int { return int(b.Community.ID - a.Community.ID) },
		forum.CommunitiesByName:      func(a, b forum.DirectoryItem) int { return strings.Compare(name(a), name(b)) },
		forum.CommunitiesByServer:    func(a, b forum.DirectoryItem) int { return strings.Compare(a.Community.Host, b.Community.Host) },
	} {
		want := slices.Clone(items)
		if sort == forum.CommunitiesByAge {
			want = slices.DeleteFunc(want, func(it forum.DirectoryItem) bool { return it.Community.ID == 0 })
		}
		slices.SortFunc(want, func(a, b forum.DirectoryItem) int {
			return cmp.Or(by(a, b), strings.Compare(a.Community.Name, b.Community.Name), strings.Compare(a.Community.Host, b.Community.Host))
		})
		var handles []string
		for _, it := range want {
			handles = append(handles, it.Community.Name+"@"+it.Community.Host)
		}
		for _, limit := range []int{7, 50} {
			if got := n.handles(forum.Directory{Sort: sort, Limit: limit}); !slices.Equal(got, handles) {
				t.Errorf("by %q, %d to a page:\n%v\nwant\n%v", sort, limit, got, handles)
			}
		}
	}
	for what, c := range map[string]struct {
		asked forum.Directory
		want  int
	}{
		"sensitive too": {forum.Directory{Sensitive: true}, len(items) + 1}, "of a server": {forum.Directory{Host: "SMALL.test"}, 1}, "of none": {forum.Directory{Host: "test"}, 0},
		"by words": {forum.Directory{Text: "ubung C5"}, 10}, "by no words": {forum.Directory{Text: "nowhere"}, 0}, "literally": {forum.Directory{Text: "100% pure_"}, 1},
		"no wildcard": {forum.Directory{Text: "p%re"}, 0}, "by handle": {forum.Directory{Text: "!C1@small.test"}, 1}, "in a language": {forum.Directory{Language: "de"}, 1},
		"in a listed language": {forum.Directory{Language: "en", Sensitive: true}, 29}, "known": {forum.Directory{Known: true}, 1 + 20 - 2}, "ours": {forum.Directory{Local: true}, 1},
	} {
		if got := n.handles(c.asked); len(got) != c.want {
			t.Errorf("%s: %d, want %d: %v", what, len(got), c.want, got)
		}
	}
	for _, after := range []string{"x", "1~", "1~x", "~x@y", "9999999999999999999~x@y", "x~x@y", "1~@y", "AA~x@y\x00", strings.Repeat("1", 3000)} {
		_, err := n.db.Reader().Directory(t.Context(), forum.Directory{After: after})
		wantRefusal(t, "the directory", after, err)
		if _, err := n.db.Reader().Directory(t.Context(), forum.Directory{After: after, Sort: forum.CommunitiesByName}); err == nil && after != "AA~x@y" {
			t.Logf("%q is taken", after)
		}
	}
	_ = n.handles(forum.Directory{Text: `\ ' " -- ) or %`, Language: "x'", Host: "'", After: "0~'@'"})
}

// A list that was read loses what stands in it no more; one that could not be read is
// kept for a month; a server nobody speaks with is not shown; there is room for so many.
func TestCatalogues(t *testing.T) {
	n := newNode(t)
	n.list("far.test", forum.Listed{Name: "cats", Followers: 4}, forum.Listed{Name: "Dogs"})
	check(n, "listed", len(n.handles(forum.Directory{})), 2)
	n.list("far.test", forum.Listed{Name: "dogs", Followers: 1})
	check(n, "read again", fmt.Sprint(n.handles(forum.Directory{})), "[dogs@far.test]")

	must(n.db.AskCatalogue(t.Context(), "far.test"))
	k := must(n.db.Reader().Catalogues(t.Context()))
	check(n, "asked again", fmt.Sprint(len(k), k[0].State, k[0].Found), "1 1 0")
	n.endList(forum.Catalogue{Host: "far.test", State: forum.CatalogueFailed, Reason: forum.LookupAway}, time.Now())
	check(n, "away", len(n.handles(forum.Directory{})), 1)
	sweep := func() {
		t.Helper()
		if err := n.db.SweepDirectory(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	jobs := func() string { return n.text(`select count(*)::text from river_job where kind = 'read_catalogue'`) }
	before := jobs()
	if err := n.db.AskStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(n, "fresh", jobs(), before)
	n.exec(`delete from river_job`)
	n.exec(`update catalogue set asked_at = now() - interval '8 days'`)
	if err := n.db.AskStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(n, "after a week", jobs(), "1")
	n.exec(`update catalogue set read_at = now() - interval '29 days'`)
	sweep()
	check(n, "away for a while", len(n.handles(forum.Directory{})), 1)
	n.exec(`insert into domain_block (host, blocked_at) values ('test', now())`)
	check(n, "blocked", len(n.handles(forum.Directory{})), 0)
	n.exec(`delete from domain_block`)
	check(n, "unblocked", len(n.handles(forum.Directory{})), 1)
	n.exec(`update catalogue set read_at = now() - interval '31 days'`)
	sweep()
	check(n, "away for a month", len(n.handles(forum.Directory{})), 0)

	for i := range forum.MaxCatalogues - 1 {
		check(n, "room", must(n.db.AskCatalogue(t.Context(), fmt.Sprintf("h%d.test", i))), false)
	}
	check(n, "no room", must(n.db.AskCatalogue(t.Context(), "more.test")), true)
	check(n, "one that is there", must(n.db.AskCatalogue(t.Context(), "h1.test")), false)
	if err := n.db.ForgetCatalogue(t.Context(), "h1.test"); err != nil {
		t.Fatal(err)
	}
	if err := n.db.SaveListed(t.Context(), "h1.test", time.Now(), []forum.Listed{{Name: "late"}}); err == nil {
		t.Error("a list that nobody wants is kept")
	}
	check(n, "room again", must(n.db.AskCatalogue(t.Context(), "more.test")), false)
}

// Somebody may have so many communities looked for, and none again and again.
func TestWants(t *testing.T) {
	n := newNode(t)
	ann := n.person("ann")
	n.exec(`insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now())`, ann.ID)
	want := func(name string) (full bool) {
		t.Helper()
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			full, err = tx.Want(ctx, ann.ID, "far.test", name)
			return err
		})
		return full
	}
	jobs := func(is int) {
		t.Helper()
		check(n, "jobs", n.text(`select count(*)::text from river_job where kind = 'join_wanted' and state = 'available'`), fmt.Sprint(is))
	}
	job := storage.JoinWanted{Person: ann.ID, Host: "far.test", Name: "c0"}
	end := func(reason string) {
		t.Helper()
		n.exec(`delete from river_job`)
		n.tx(func(ctx context.Context, tx *storage.Tx) error { return tx.EndWant(ctx, job, reason) })
	}
	check(n, "first", want("c0"), false)
	check(n, "second", want("c0"), false)
	jobs(1)
	if who := must(n.db.Wanted(t.Context(), job)); who.URI != ann.URI {
		t.Errorf("%+v wants it", who)
	}
	end(forum.LookupAway)
	if _, err := n.db.Wanted(t.Context(), job); err == nil {
		t.Error("what was not to be had is wanted")
	}
	want("c0")
	jobs(0)
	n.exec(`update wanted set at = at - interval '2 minutes'`)
	want("c0")
	jobs(1)
	n.list("far.test", forum.Listed{Name: "C0", Followers: 70, Active: 7})
	n.elsewhere("c0", "far.test")
	end("")
	it := must(n.db.Reader().Directory(t.Context(), forum.Directory{Text: "!c0@far.test"})).Items[0]
	check(n, "as large as the list says", fmt.Sprint(it.Followers, it.Active, it.Community.ID != 0), "70 7 true")
	check(n, "left", n.text(`select count(*)::text from wanted`), "0")
	for i := range 100 {
		check(n, "room", want(fmt.Sprint("c", i)), false)
	}
	check(n, "no room", want("c100"), true)
	jobs(100)
	n.exec(`update wanted set at = at - interval '25 hours'`)
	if err := n.db.SweepDirectory(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(n, "after a day", n.text(`select count(*)::text from wanted`), "0")
}
