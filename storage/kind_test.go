package storage_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// whole is a post that has everything that a post can have.
func whole(by forum.Person, in forum.Community) forum.Submit {
	s := said(by, in, "Everything")
	s.Post.Link = "https://news.test/story"
	s.Post.Shape = forum.Happens
	s.Post.Attachments = []forum.Attachment{
		{Medium: forum.Picture, URL: "https://far.test/a.png", Type: "image/png", Alt: "A \"quoted\" tree", Width: 800, Height: 600},
		{Medium: forum.Video, URL: "https://far.test/b.mp4", Poster: "https://far.test/b.jpg", Duration: 90*time.Second + 500*time.Millisecond},
	}
	s.Post.Occasion = &forum.Occasion{Start: time.Date(2027, 3, 1, 18, 0, 0, 0, time.UTC), Place: "The hall", Cancelled: true}
	s.Post.Poll = &forum.Poll{Options: []forum.PollOption{{Name: "Yes", Votes: 3}, {Name: "No"}}, Multiple: true, Voters: 3, Closes: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)}
	return s
}

// besides is what a post has besides words.
func besides(p forum.Post) []any {
	return []any{p.Shape, p.Attachments, p.Occasion, p.Poll}
}

func alike(n *node, what string, got, want any) {
	n.Helper()
	if !reflect.DeepEqual(got, want) {
		n.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// What a post is besides words is read as it was written, wherever posts are read,
// and one row leaves nothing in the next.
func TestEveryKindOfPost(t *testing.T) {
	n := newNode(t)
	ann, talk := n.person("ann"), n.community("talk")
	plain := n.submit(said(ann, talk, "Plain"))
	s := from(whole(n.stranger("eve", "far.test"), talk), "/whole")
	p := n.submit(s)
	last := n.submit(said(ann, talk, "Plain too"))
	want := besides(s.Post)
	alike(n, "by id", besides(p), want)
	none := besides(forum.Post{})
	alike(n, "of a plain post", besides(plain), none)
	check(n, "rows with nulls", n.number(`select count(*) from post where attachments is null and occasion is null and poll is null`), 2)
	list, err := n.db.Reader().Posts(t.Context(), forum.List{Sort: forum.SortNew})
	if err != nil || len(list.Items) != 3 {
		t.Fatal(err, len(list.Items))
	}
	for i, id := range []int64{last.ID, p.ID, plain.ID} {
		check(n, "order", list.Items[i].Post.ID, id)
	}
	alike(n, "before it in a list", besides(list.Items[0].Post), none)
	alike(n, "in a list", besides(list.Items[1].Post), want)
	alike(n, "after it in a list", besides(list.Items[2].Post), none)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		w, err := tx.Written(ctx, []string{p.URI}, make([]forum.Person, 1))
		alike(n, "to be edited", besides(w[0].Post), want)
		return err
	})
}

// An edit changes it too; how a poll stands changes without an edit.
func TestEditKinds(t *testing.T) {
	n := newNode(t)
	ann, talk := n.stranger("ann", "far.test"), n.community("talk")
	p := n.submit(from(whole(ann, talk), "/1"))
	e := forum.Edit{Object: p.URI, By: ann, Words: p.Words()}
	e.Words.Poll = &forum.Poll{Options: []forum.PollOption{{Name: "Yes", Votes: 5}, {Name: "No", Votes: 1}}, Multiple: true, Voters: 6, Closes: p.Poll.Closes}
	check(n, "a count is an edit", n.edit(e)[0].Fresh, false)
	got := n.post(p.ID)
	alike(n, "poll", got.Poll, e.Words.Poll)
	check(n, "edited", got.Updated.IsZero(), true)
	check(n, "revisions", n.number(`select count(*) from revision`), 0)

	e.Words.Poll = &forum.Poll{Options: []forum.PollOption{{Name: "Never"}, {Name: "No"}}}
	e.Words.Attachments, e.Words.Occasion, e.Words.Shape = got.Attachments[:1], nil, forum.Asks
	check(n, "another question is an edit", n.edit(e)[0].Fresh, true)
	got = n.post(p.ID)
	alike(n, "edited", besides(got), []any{forum.Asks, e.Words.Attachments, (*forum.Occasion)(nil), e.Words.Poll})
	check(n, "marked", got.Updated.IsZero(), false)
	check(n, "revisions", n.number(`select count(*) from revision`), 1)
}

func TestKindsOfComments(t *testing.T) {
	n := newNode(t)
	ann, talk := n.stranger("ann", "far.test"), n.community("talk")
	p := n.submit(said(n.person("ben"), talk, "One"))
	r := answer(ann, p.URI, "See")
	r.Comment.Attachments = []forum.Attachment{{Medium: forum.Sound, URL: "https://far.test/a.ogg", Duration: time.Minute}}
	r.Comment.Distinguished = true
	n.exec(`insert into moderator (community_id, person_uri) values ($1, $2)`, talk.ID, ann.URI)
	m := n.comment(n.tryReply(r).ID)
	plain := n.reply(ann, p.URI, "And this")
	alike(n, "attachments", m.Attachments, r.Comment.Attachments)
	check(n, "distinguished", m.Distinguished, true)
	check(n, "attachments of another", len(plain.Attachments), 0)
	check(n, "another distinguished", plain.Distinguished, false)
	thread, err := n.db.Reader().Thread(t.Context(), p.ID)
	if err != nil || len(thread.Comments) != 2 {
		t.Fatal(err, len(thread.Comments))
	}
	alike(n, "in the thread", thread.Comments[0].Attachments, r.Comment.Attachments)
	check(n, "of the next in the thread", len(thread.Comments[1].Attachments), 0)

	words := m.Words()
	words.Attachments, words.Distinguished = nil, false
	check(n, "edit", n.edit(forum.Edit{Object: m.URI, By: ann, Reply: true, Words: words})[0].Fresh, true)
	m = n.comment(m.ID)
	check(n, "attachments, edited", len(m.Attachments), 0)
	check(n, "distinguished, edited", m.Distinguished, false)
}

// What is purged, and what was deleted long ago, has nothing left.
func TestKindsAreBlanked(t *testing.T) {
	n := newNode(t)
	ann, talk := n.stranger("ann", "far.test"), n.community("talk")
	purged := n.submit(from(whole(ann, talk), "/1"))
	deleted := n.submit(from(whole(ann, talk), "/2"))
	r := answer(ann, deleted.URI, "See")
	r.Comment.Attachments = purged.Attachments
	comment := n.comment(n.tryReply(r).ID)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return tx.SetState(ctx, forum.Subject{Kind: forum.OnPost, ID: purged.ID}, forum.Purged, "", n.tick())
	})
	n.delete(forum.Delete{Object: deleted.URI, By: ann}, forum.Delete{Object: comment.URI, By: ann})
	n.exec(`update post set state_at = state_at - interval '31 days' where state = 1`)
	n.exec(`update comment set state_at = state_at - interval '31 days'`)
	if blanked, err := n.db.BlankDeleted(t.Context()); err != nil || blanked != 2 {
		t.Fatal(blanked, err)
	}
	for _, id := range []int64{purged.ID, deleted.ID} {
		alike(n, "what is left", besides(n.post(id))[1:], besides(forum.Post{})[1:])
	}
	check(n, "attachments of the comment", len(n.comment(comment.ID).Attachments), 0)
	again := n.submit(from(whole(ann, talk), "/3"))
	r = answer(ann, again.URI, "See")
	r.Comment.Attachments = purged.Attachments
	comment = n.comment(n.tryReply(r).ID)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return tx.SetState(ctx, forum.Subject{Kind: forum.OnComment, ID: comment.ID}, forum.Purged, "", n.tick())
	})
	check(n, "attachments of the purged comment", len(n.comment(comment.ID).Attachments), 0)
}

// A page shows of a link what was read of it, and who moderates.
func TestPreviewAndModerators(t *testing.T) {
	n := newNode(t)
	ann, ben, talk, other := n.person("ann"), n.person("ben"), n.community("talk"), n.community("other")
	s := whole(ann, talk)
	s.Post.Poll = nil // whose time nobody has set
	linked := n.submit(s)
	s.Post.Link = "https://news.test/unread"
	unread := n.submit(s)
	abroad := n.submit(said(ann, other, "Elsewhere"))
	n.exec(`insert into moderator (community_id, person_uri) values ($1, $2)`, talk.ID, ann.URI)
	want := forum.Preview{Title: "T", Description: "D", Site: "S", Picture: "P", PictureAlt: "A"}
	if err := n.db.SavePreview(t.Context(), "https://news.test/story", &want); err != nil {
		t.Fatal(err)
	}
	check(n, "pages asked for", n.number(`select count(*) from river_job where kind = 'fetch_page'`), 2)
	check(n, "preview", n.post(linked.ID).Preview, want)
	check(n, "preview of what was not read", n.post(unread.ID).Preview, forum.Preview{})
	check(n, "by a moderator", n.post(linked.ID).ByModerator, true)
	check(n, "in another community", n.post(abroad.ID).ByModerator, false)
	list, err := n.db.Reader().Posts(t.Context(), forum.List{Sort: forum.SortNew})
	if err != nil || len(list.Items) != 3 {
		t.Fatal(err, len(list.Items))
	}
	check(n, "preview in a list", list.Items[2].Post.Preview, want)
	check(n, "preview of the next", list.Items[1].Post.Preview, forum.Preview{})
	check(n, "by a moderator, in a list", list.Items[2].Post.ByModerator, true)
	check(n, "not by one, in a list", list.Items[0].Post.ByModerator, false)

	first, second := n.reply(ann, linked.URI, "Mine"), n.reply(ben, linked.URI, "Yours")
	check(n, "comment by a moderator", first.ByModerator, true)
	check(n, "comment by somebody", second.ByModerator, false)
	thread, err := n.db.Reader().Thread(t.Context(), linked.ID)
	if err != nil {
		t.Fatal(err)
	}
	check(n, "in the thread", thread.Comments[0].ByModerator, true)
	check(n, "of somebody in the thread", thread.Comments[1].ByModerator, false)
	check(n, "its post", thread.Post.ByModerator, true)
}

// Who does not want to be found is not, by words or by name.
func TestNotToBeFound(t *testing.T) {
	n := newNode(t)
	talk := n.community("talk")
	found := func(kind forum.SearchKind, words string) int {
		n.Helper()
		out, err := n.db.Reader().Search(t.Context(), forum.Search{Kind: kind, Text: words})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Posts) + len(out.Comments) + len(out.People) + len(out.Communities)
	}
	ann := n.stranger("hermit", "far.test")
	p := n.submit(from(said(ann, talk, "Mushrooms"), "/1"))
	n.reply(ann, p.URI, "Chanterelles")
	for _, step := range []struct {
		may  bool
		want int
	}{{true, 1}, {false, 0}, {true, 1}} {
		ann.Indexable, ann.Discoverable = step.may, step.may
		saved, err := n.db.SavePerson(t.Context(), ann, nil)
		if err != nil || saved.Indexable != step.may || saved.Discoverable != step.may {
			t.Fatal(err, saved)
		}
		check(n, "posts", found(forum.FindPosts, "mushrooms"), step.want)
		check(n, "comments", found(forum.FindComments, "chanterelles"), step.want)
		check(n, "people", found(forum.FindPeople, "hermit"), step.want)
	}
	n.exec(`update community set indexable = false, discoverable = false`)
	check(n, "posts of a community", found(forum.FindPosts, "mushrooms"), 0)
	check(n, "communities", found(forum.FindCommunities, "talk"), 0)
}

// What is edited or blanked while it is rendered anew stays as it is then: a deleted
// text must not come back.
func TestRenderingGivesWay(t *testing.T) {
	n := newNode(t)
	ann, talk := n.stranger("ann", "far.test"), n.community("talk")
	p := n.submit(said(n.person("ben"), talk, "One"))
	edited, blanked, left := n.reply(ann, p.URI, "Edited"), n.reply(ann, p.URI, "Blanked"), n.reply(ann, p.URI, "Left")
	n.exec(`update comment set source = '' where id = $1`, blanked.ID)
	texts, err := n.db.OldRenderings(t.Context(), forum.OnComment, 1000, 0, 10)
	if err != nil || len(texts) != 3 {
		t.Fatal(err, len(texts))
	}
	n.exec(`update comment set html = '<p>meanwhile</p>', source = 'meanwhile' where id = $1`, edited.ID)
	n.exec(`update comment set html = '' where id = $1`, blanked.ID)
	for i := range texts {
		texts[i].Text.RenderVersion = 1000
		if texts[i].ID == left.ID {
			texts[i].Text.HTML = "<p>anew</p>"
		}
	}
	if err := n.db.SaveRenderings(t.Context(), forum.OnComment, texts); err != nil {
		t.Fatal(err)
	}
	check(n, "edited", n.comment(edited.ID).Text.HTML, "<p>meanwhile</p>")
	check(n, "blanked", n.comment(blanked.ID).Text.HTML, "")
	check(n, "left", n.comment(left.ID).Text.HTML, "<p>anew</p>")
}
