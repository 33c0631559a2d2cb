package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// One comment is read with what it answers and what answers it, without the rest.
func TestCommentThread(t *testing.T) {
	n := newNode(t)
	ann, ben, c := n.person("ann"), n.person("ben"), n.community("go")
	post := n.submit(said(ann, c, "A talk"))
	top := n.reply(ann, post.URI, "top")
	n.reply(ben, post.URI, "beside")
	mid := n.reply(ben, top.URI, "middle")
	n.reply(ann, top.URI, "beside the middle")
	low := n.reply(ann, mid.URI, "low")
	lower := n.reply(ben, low.URI, "lower")
	n.remove(mid.URI)
	for _, x := range []struct {
		of   forum.Comment
		want []int64
	}{
		{top, []int64{top.ID, mid.ID, mid.ID + 1, low.ID, lower.ID}},
		{low, []int64{top.ID, mid.ID, low.ID, lower.ID}},
		{lower, []int64{top.ID, mid.ID, low.ID, lower.ID}},
	} {
		thread := must(n.db.Reader().CommentThread(t.Context(), x.of.ID))
		var got []int64
		for _, m := range thread.Comments {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("around %d: got %v, want %v", x.of.ID, got, x.want)
		}
		check(n, "missing", thread.Missing, 0)
		check(n, "its post", thread.Post.ID, post.ID)
		check(n, "whom the last answers", thread.Comments[len(got)-1].Answered.URI, ann.URI)
	}
	if _, err := n.db.Reader().CommentThread(t.Context(), 999); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a comment that is not there: %v", err)
	}
}

// Of a comment with very many answers the oldest are shown and the others counted.
func TestCommentThreadIsBounded(t *testing.T) {
	n := newNode(t)
	ann, c := n.person("ann"), n.community("go")
	post := n.submit(said(ann, c, "A talk"))
	top := n.reply(ann, post.URI, "top")
	n.exec(`insert into comment (id, uri, local, post_id, parent_id, depth, author_id, in_reply_to, published_at)
		select nextval('comment_id_seq'), 'https://far.test/' || i, false, $1, $2, 2, $3, '', now() from generate_series(1, 1200) i`, post.ID, top.ID, ann.ID)
	thread := must(n.db.Reader().CommentThread(t.Context(), top.ID))
	check(n, "shown", len(thread.Comments), 1001)
	check(n, "missing", thread.Missing, 200)
}

func TestLookup(t *testing.T) {
	n := newNode(t)
	ada, bob := n.person("ada"), n.stranger("bob", "mastodon.test")
	place, away := n.place(), n.elsewhere("away", "lemmy.test")
	post := n.submit(said(ada, place, "Ours"))
	far := n.submit(from(said(bob, place, "Theirs"), "/objects/7"))
	comment := n.reply(ada, post.URI, "hello")
	n.exec(`update post set page_url = 'https://mastodon.test/@bob/7' where id = $1`, far.ID)
	n.exec(`update comment set page_url = 'https://pages.test/hello?x=1' where id = $1`, comment.ID)
	at := func(kind forum.PlaceKind, id int64, handle string) string {
		return fmt.Sprint(kind, " ", id, " ", handle)
	}
	nothing := at("", 0, "")
	for text, want := range map[string]string{
		post.URI:                               at(forum.AtPost, post.ID, ""),
		" " + post.URI + "/ ":                  at(forum.AtPost, post.ID, ""),
		far.URI:                                at(forum.AtPost, far.ID, ""),
		far.URI + "/?utm=1#top":                at(forum.AtPost, far.ID, ""),
		"http" + far.URI[5:]:                   at(forum.AtPost, far.ID, ""),
		"https://mastodon.test/@bob/7":         at(forum.AtPost, far.ID, ""),
		"https://MASTODON.test/@bob/7":         at(forum.AtPost, far.ID, ""),
		"https://pages.test/hello?x=1":         at(forum.AtComment, comment.ID, ""),
		"https://pages.test/hello":             nothing,
		fmt.Sprint(base, "/post/", far.ID):     at(forum.AtPost, far.ID, ""),
		comment.URI + "?context=3":             at(forum.AtComment, comment.ID, ""),
		base + "/c/place":                      at(forum.AtCommunity, place.ID, "place"),
		base + "/c/away@lemmy.test":            at(forum.AtCommunity, away.ID, "away@lemmy.test"),
		base + "/u/bob@mastodon.test":          at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		"https://other.test/u/ada@node.test":   at(forum.AtPerson, ada.ID, "ada"),
		"https://mastodon.test/@bob":           at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		"https://lemmy.test/c/away":            at(forum.AtCommunity, away.ID, "away@lemmy.test"),
		"https://other.test/c/away@lemmy.test": at(forum.AtCommunity, away.ID, "away@lemmy.test"),
		bob.URI:                                at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		away.URI:                               at(forum.AtCommunity, away.ID, "away@lemmy.test"),
		"@bob@mastodon.test":                   at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		"bob@mastodon.test":                    at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		"acct:Bob@Mastodon.test":               at(forum.AtPerson, bob.ID, "bob@mastodon.test"),
		"!away@lemmy.test":                     at(forum.AtCommunity, away.ID, "away@lemmy.test"),
		"!place@node.test":                     at(forum.AtCommunity, place.ID, "place"),
		"@ada":                                 at(forum.AtPerson, ada.ID, "ada"),
		"!bob@mastodon.test":                   nothing,
		"bob":                                  nothing,
		"":                                     nothing,
		"https://":                             nothing,
		base + "/":                             nothing,
		base + "/post/99999999999":             nothing,
		"https://lemmy.test/post/1":            nothing,
		"words@ with blanks":                   nothing,
		"ftp://mastodon.test/@bob/7":           nothing,
	} {
		got, err := n.db.Reader().Lookup(t.Context(), text)
		if want == nothing != errors.Is(err, storage.ErrNotFound) || want != nothing && err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := at(got.Kind, got.ID, got.Handle); want != nothing && got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// found is what a search finds, by title, text or name.
func (n *node) found(kind forum.SearchKind, sort forum.SearchSort, q string) string {
	n.Helper()
	s := forum.ParseSearch(q)
	s.Kind, s.Sort, s.Limit = kind, sort, 2
	var out []string
	for range 20 {
		f, err := n.db.Reader().Search(n.Context(), s)
		if err != nil {
			n.Fatalf("%s: %v", q, err)
		}
		for _, p := range f.Posts {
			out = append(out, p.Post.Title)
		}
		for _, m := range f.Comments {
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(m.Comment.Text.HTML, "<p>"), "</p>"))
		}
		for _, c := range f.Communities {
			out = append(out, c.Handle())
		}
		for _, p := range f.People {
			out = append(out, p.Handle())
		}
		if s.After = f.Next; s.After == "" {
			return strings.Join(out, ", ")
		}
	}
	n.Fatalf("%s: pages without end", q)
	return ""
}

func TestSearch(t *testing.T) {
	n := newNode(t)
	ada, bob := n.person("ada"), n.stranger("bob", "mastodon.test")
	place, away := n.place(), n.elsewhere("away", "lemmy.test")
	post := func(by forum.Person, in forum.Community, title, html string, ago time.Duration) forum.Post {
		s := said(by, in, title)
		s.Post.Text.HTML, s.Post.Published.Time = html, n.clock.now.Add(-ago)
		if !by.Local {
			s = from(s, "/"+title)
			s.Origin.Via = 0
		}
		return n.submit(s)
	}
	const day = 24 * time.Hour
	one := post(ada, place, "One", "<p>The quick brown fox. Straße &amp; café</p>", 0)
	post(ada, place, "Two", "<p>A slow brown bear, 東京都に行く</p>", 3*day)
	post(bob, place, "Three", `<p class="hidden">quick, not brown</p>`, 40*day)
	post(ada, place, "Brown", "<p>ancient</p>", 4000*day)
	linked := said(ada, away, "Linked")
	linked.Post.Link, linked.Post.Published.Time = "https://news.test/story", n.clock.now.Add(-20*day)
	n.submit(linked)
	n.remove(n.submit(said(ada, place, "Brown but removed")).URI)
	n.reply(bob, one.URI, "a brown answer")
	n.reply(ada, one.URI, "猫")

	year := func(d time.Duration) string { return n.clock.now.Add(-d).Format("2006-01-02") }
	for _, c := range []struct {
		kind    forum.SearchKind
		q, want string
	}{
		{forum.FindPosts, "brown", "One, Two, Three, Brown"},
		{forum.FindPosts, "BROWN quick", "One, Three"},
		{forum.FindPosts, `"quick brown"`, "One"},
		{forum.FindPosts, "brown -quick", "Two, Brown"},
		{forum.FindPosts, "strasse cafe", "One"},
		{forum.FindPosts, "Cafés", ""},
		{forum.FindPosts, "京都", "Two"},
		{forum.FindPosts, "行", "Two"},
		{forum.FindPosts, "東都", ""},
		{forum.FindPosts, "amp", ""},
		{forum.FindPosts, "hidden", ""},
		{forum.FindPosts, "author:bob@mastodon.test", "Three"},
		{forum.FindPosts, "brown author:@ada", "One, Two, Brown"},
		{forum.FindPosts, "brown author:nobody", ""},
		{forum.FindPosts, "in:!away@lemmy.test", "Linked"},
		{forum.FindPosts, "has:link", "Linked"},
		{forum.FindPosts, "news.test", "Linked"},
		{forum.FindPosts, "brown before:" + year(2*day), "Two, Three, Brown"},
		{forum.FindPosts, "brown after:" + year(41*day), "One, Two, Three"},
		{forum.FindPosts, "brown after:" + year(41*day) + " before:" + year(2*day), "Two, Three"},
		{forum.FindPosts, "brown after:" + year(2*day) + " before:" + year(41*day), ""},
		{forum.FindPosts, "", ""},
		{forum.FindPosts, "-", ""},
		{forum.FindPosts, "😀", ""},
		{forum.FindPosts, `') & ''' \ %_ :* | !`, ""},
		{forum.FindComments, "brown", "a brown answer"},
		{forum.FindComments, "猫", "猫"},
		{forum.FindComments, "author:ada", "猫"},
		{forum.FindComments, "brown in:place", "a brown answer"},
	} {
		check(n, "newest for "+c.q, n.found(c.kind, forum.ByNewest, c.q), c.want)
		sorted := func(s string) string {
			words := strings.Split(s, ", ")
			slices.Sort(words)
			return strings.Join(words, ", ")
		}
		check(n, "best for "+c.q, sorted(n.found(c.kind, forum.ByRelevance, c.q)), sorted(c.want))
	}
	check(n, "the best match", strings.Split(n.found(forum.FindPosts, forum.ByRelevance, "brown"), ",")[0], "Brown")

	// What is edited is found by its new words, what is purged by none.
	n.edit(reworded(ada, one.URI, "One", "a zebra"))
	check(n, "old words", n.found(forum.FindPosts, forum.ByNewest, "fox"), "")
	check(n, "new words", n.found(forum.FindPosts, forum.ByNewest, "zebra"), "One")
	n.purge(one.URI)
	check(n, "words of what was purged", n.number(`select count(*) from post_words where words @@ 'zebra'::tsquery`), 0)
	check(n, "comments of what was purged", n.found(forum.FindComments, forum.ByNewest, "brown"), "")
}

func TestSearchNames(t *testing.T) {
	n := newNode(t)
	ada := n.person("adamant")
	n.person("ad")
	bob := n.stranger("adams", "mastodon.test")
	n.stranger("adamvoted", "mastodon.test") // and did nothing else
	gardens, place := n.community("gardens"), n.place()
	n.elsewhere("gardeners", "spam.test")
	n.submit(from(said(bob, place, "One"), "/1"))
	n.submit(from(said(bob, place, "Two"), "/2"))
	n.submit(said(ada, gardens, "Three"))
	n.exec(`update community set title = 'Blühende Gärten 100%' where id = $1`, gardens.ID)
	for _, c := range []struct {
		kind    forum.SearchKind
		q, want string
	}{
		{forum.FindPeople, "adam", "adams@mastodon.test, adamant"},
		{forum.FindPeople, "Adamant", "adamant"},
		{forum.FindPeople, "adam -mant", "adams@mastodon.test"},
		{forum.FindPeople, "ad", "ad"},
		{forum.FindPeople, "@adams@mastodon.test", "adams@mastodon.test"},
		{forum.FindPeople, "a_am", ""},
		{forum.FindPeople, "", ""},
		{forum.FindCommunities, "garden", "gardens"},
		{forum.FindCommunities, "garten bluhende", "gardens"},
		{forum.FindCommunities, "100%", "gardens"},
		{forum.FindCommunities, "!gardens", "gardens"},
	} {
		check(n, string(c.kind)+" for "+c.q, n.found(c.kind, forum.ByRelevance, c.q), c.want)
	}
}
