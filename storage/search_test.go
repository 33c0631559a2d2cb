package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

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
