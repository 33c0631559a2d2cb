package forum

import (
	"errors"
	"strings"
	"testing"
)

// Somebody here and somebody elsewhere, a community of ours and one of others.
var (
	ada  = Person{ID: 1, URI: "https://here.test/u/ada", Name: "ada", Host: "here.test", Local: true}
	bob  = Person{ID: 2, URI: "https://there.test/users/bob", Name: "bob", Host: "there.test", Inbox: "https://there.test/users/bob/inbox", SharedInbox: "https://there.test/inbox"}
	home = Community{ID: 1, URI: "https://here.test/c/home", Name: "home", Host: "here.test", Local: true}
	away = Community{ID: 2, URI: "https://there.test/c/away", Name: "away", Host: "there.test", Inbox: "https://there.test/c/away/inbox"}
)

func wants(t *testing.T, name string, got *Refusal, reason string) {
	t.Helper()
	switch {
	case got == nil && reason != "":
		t.Errorf("%s: accepted, want %q", name, reason)
	case got != nil && got.Reason != reason:
		t.Errorf("%s: refused for %q, want %q", name, got.Reason, reason)
	case got != nil && (got.Text == "" || got.Kind.Status() == 500 || got.Error() == ""):
		t.Errorf("%s: a refusal nobody can show: %+v", name, got)
	}
}

func untitled(c Community) Community { c.Untitled = true; return c }

func removed(c Community) Community { c.Removed = true; return c }
func gone(c Community) Community    { c.Gone = true; return c }

// Whose word counts: anybody's for themselves in communities of ours, the home's
// in its own threads, and what people here do anywhere.
func TestJudgeAuthority(t *testing.T) {
	for _, c := range []struct {
		name   string
		by     Person
		in     Community
		origin Origin
		reason string
	}{
		{"here, in ours", ada, home, Origin{}, ""},
		{"here, elsewhere", ada, away, Origin{}, ""},
		{"there, in ours", bob, home, Origin{Activity: "x"}, ""},
		{"there, in ours, fetched", bob, home, Origin{Fetched: true}, ""},
		{"there, in ours, announced by ours", bob, home, Origin{Via: home.ID}, ""},
		{"there, in ours, announced by others", bob, home, Origin{Via: away.ID}, "foreign-announce"},
		{"here, in ours, announced by others", ada, home, Origin{Via: away.ID}, "foreign-announce"},
		{"there, elsewhere, announced by its home", bob, away, Origin{Via: away.ID}, ""},
		{"there, elsewhere, announced by another", bob, away, Origin{Via: 3}, "foreign-announce"},
		{"there, elsewhere, by itself", bob, away, Origin{Activity: "x"}, "not-announced"},
		{"there, elsewhere, fetched", bob, away, Origin{Fetched: true}, "not-announced"},
	} {
		wants(t, c.name, judgeAuthority(&c.by, &c.in, c.origin), c.reason)
	}
}

func TestJudgeSubmit(t *testing.T) {
	title := Post{Author: ada, Title: "A title", TitleGiven: true}
	foreign := Post{Author: bob, Text: Text{Source: "words"}}
	with := func(p Post, change func(*Post)) Submit { change(&p); return Submit{Post: p} }
	for _, c := range []struct {
		name   string
		act    Submit
		facts  SubmitFacts
		reason string
	}{
		{"a title", Submit{Post: title}, SubmitFacts{Community: home}, ""},
		{"nowhere", Submit{Post: title}, SubmitFacts{}, "no-such-community"},
		{"removed", Submit{Post: title}, SubmitFacts{Community: removed(home)}, "community-removed"},
		{"gone", Submit{Post: title}, SubmitFacts{Community: gone(away)}, "community-removed"},
		{"blocked", Submit{Post: foreign}, SubmitFacts{Community: home, Blocked: true}, "server-blocked"},
		{"author gone", Submit{Post: foreign}, SubmitFacts{Community: home, AuthorGone: true}, "author-gone"},
		{"buried", Submit{Post: foreign}, SubmitFacts{Community: home, Tombstone: true}, "deleted"},
		{"not announced", Submit{Post: foreign}, SubmitFacts{Community: away}, "not-announced"},
		{"nothing in it", with(foreign, func(p *Post) { p.Text.Source = " \n" }), SubmitFacts{Community: home}, "empty"},
		{"a link alone", with(foreign, func(p *Post) { p.Text.Source, p.Link = "", "https://x.test/" }), SubmitFacts{Community: home}, ""},
		{"a text alone, foreign", Submit{Post: foreign}, SubmitFacts{Community: home}, ""},
		{"a text alone, ours", Submit{Post: Post{Author: ada, Text: Text{Source: "words"}}}, SubmitFacts{Community: home}, "no-title"},
		{"called by its first words", with(title, func(p *Post) { p.TitleGiven = false }), SubmitFacts{Community: home}, "no-title"},
		{"called by its first words where that is enough", with(title, func(p *Post) { p.TitleGiven = false }), SubmitFacts{Community: untitled(home)}, ""},
		{"200 letters", with(title, func(p *Post) { p.Title = strings.Repeat("ü", 200) }), SubmitFacts{Community: home}, ""},
		{"201 letters", with(title, func(p *Post) { p.Title = strings.Repeat("ü", 201) }), SubmitFacts{Community: home}, "title-too-long"},
		{"201 letters, foreign", with(foreign, func(p *Post) { p.Title = strings.Repeat("ü", 201) }), SubmitFacts{Community: home}, ""},
		{"a book", with(title, func(p *Post) { p.Text.Source = strings.Repeat("x", MaxPostSource+1) }), SubmitFacts{Community: home}, "text-too-long"},
		{"a book, foreign", with(foreign, func(p *Post) { p.Text.Source = strings.Repeat("x", MaxPostSource+1) }), SubmitFacts{Community: home}, ""},
	} {
		wants(t, c.name, judgeSubmit(&c.act, &c.facts), c.reason)
	}
}

func TestJudgeReply(t *testing.T) {
	ours := Comment{Author: ada, Text: Text{Source: "words"}, InReplyTo: "https://here.test/post/1"}
	foreign := ours
	foreign.Author = bob
	in := func(c Community, s State) ReplyFacts { return ReplyFacts{Post: Post{ID: 1, Community: c, State: s}} }
	with := func(f ReplyFacts, change func(*ReplyFacts)) ReplyFacts { change(&f); return f }
	long := ours
	long.Text.Source = strings.Repeat("x", MaxCommentSource+1)
	empty := ours
	empty.Text.Source = "  "
	for _, c := range []struct {
		name    string
		comment Comment
		facts   ReplyFacts
		reason  string
	}{
		{"ours", ours, in(home, Live), ""},
		{"foreign", foreign, in(home, Live), ""},
		{"to nothing known", foreign, ReplyFacts{}, "needs-object"},
		{"elsewhere, not announced", foreign, in(away, Live), "not-announced"},
		{"removed community", ours, in(removed(home), Live), "community-removed"},
		{"removed thread", foreign, in(home, Removed), "thread-removed"},
		{"purged thread", foreign, in(home, Purged), "thread-removed"},
		{"deleted post, foreign", foreign, in(home, Deleted), ""},
		{"deleted post, ours", ours, in(home, Deleted), "parent-deleted"},
		{"deleted parent, foreign", foreign, with(in(home, Live), func(f *ReplyFacts) { f.ParentState = Deleted }), ""},
		{"deleted parent, ours", ours, with(in(home, Live), func(f *ReplyFacts) { f.ParentState = Deleted }), "parent-deleted"},
		{"blocked", foreign, with(in(home, Live), func(f *ReplyFacts) { f.Blocked = true }), "server-blocked"},
		{"author gone", foreign, with(in(home, Live), func(f *ReplyFacts) { f.AuthorGone = true }), "author-gone"},
		{"buried", foreign, with(in(home, Live), func(f *ReplyFacts) { f.Tombstone = true }), "deleted"},
		{"blocked, to nothing known", foreign, ReplyFacts{Blocked: true}, "server-blocked"},
		{"empty", empty, in(home, Live), "empty"},
		{"long", long, in(home, Live), "text-too-long"},
	} {
		r := judgeReply(&Reply{Comment: c.comment}, &c.facts)
		wants(t, c.name, r, c.reason)
		if r != nil && (r.Needs != "") != (c.reason == "needs-object") {
			t.Errorf("%s: needs %q", c.name, r.Needs)
		}
	}
}

func TestJudgeVote(t *testing.T) {
	on := func(c Community) VoteFacts {
		return VoteFacts{Subject: Subject{OnPost, 1}, Post: Post{ID: 1, Community: c}}
	}
	with := func(f VoteFacts, change func(*VoteFacts)) VoteFacts { change(&f); return f }
	bot := bob
	bot.Bot = true
	for _, c := range []struct {
		name   string
		act    Vote
		facts  VoteFacts
		reason string
	}{
		{"up", Vote{Voter: bob, Dir: 1}, on(home), ""},
		{"down", Vote{Voter: ada, Dir: -1}, on(away), ""},
		{"back", Vote{Voter: bob, Dir: 0}, on(home), ""},
		{"twice", Vote{Voter: bob, Dir: 2}, on(home), "no-such-vote"},
		{"a bot's", Vote{Voter: bot, Dir: 1}, on(home), "bot-vote"},
		{"a bot's, back", Vote{Voter: bot, Dir: 0}, on(home), ""},
		{"on nothing known", Vote{Voter: bob, Dir: 1, Object: "https://x.test/1"}, VoteFacts{}, "needs-object"},
		{"on what is buried", Vote{Voter: bob, Dir: 1}, VoteFacts{Tombstone: true}, "deleted"},
		{"blocked", Vote{Voter: bob, Dir: 1}, VoteFacts{Blocked: true}, "server-blocked"},
		{"voter gone", Vote{Voter: bob, Dir: 1}, with(on(home), func(f *VoteFacts) { f.VoterGone = true }), "author-gone"},
		{"deleted, and perhaps back later", Vote{Voter: bob, Dir: 1}, with(on(home), func(f *VoteFacts) { f.State = Deleted }), ""},
		{"deleted, by somebody who sees that", Vote{Voter: ada, Dir: 1}, with(on(home), func(f *VoteFacts) { f.State = Deleted }), "deleted"},
		{"removed, and perhaps back later", Vote{Voter: bob, Dir: 1}, with(on(home), func(f *VoteFacts) { f.State = Removed }), ""},
		{"removed, by somebody who sees that", Vote{Voter: ada, Dir: 1}, with(on(home), func(f *VoteFacts) { f.State = Removed }), "deleted"},
		{"voter gone, counted at home before", Vote{Voter: bob, Dir: 1, Origin: Origin{Via: away.ID}}, with(on(away), func(f *VoteFacts) { f.VoterGone = true }), ""},
		{"purged", Vote{Voter: bob, Dir: 1}, with(on(home), func(f *VoteFacts) { f.State = Purged }), "deleted"},
		{"in a removed thread", Vote{Voter: ada, Dir: 1}, with(on(home), func(f *VoteFacts) { f.Post.State = Removed }), "thread-removed"},
		{"in a removed thread, from elsewhere", Vote{Voter: bob, Dir: 1}, with(on(home), func(f *VoteFacts) { f.Post.State = Removed }), ""},
		{"in a removed community", Vote{Voter: bob, Dir: 1}, on(removed(home)), "community-removed"},
		{"elsewhere, not announced", Vote{Voter: bob, Dir: 1}, on(away), "not-announced"},
		{"elsewhere, announced", Vote{Voter: bob, Dir: 1, Origin: Origin{Via: away.ID}}, on(away), ""},
		{"in ours, announced by others", Vote{Voter: bob, Dir: 1, Origin: Origin{Via: away.ID}}, on(home), "foreign-announce"},
		{"with an emoji", Vote{Voter: ada, Dir: 1, Emoji: "👩🏽‍🚀"}, on(home), ""},
		{"with two", Vote{Voter: ada, Dir: 1, Emoji: "🙂🙂"}, on(home), "no-such-reaction"},
		{"with two, elsewhere", Vote{Voter: bob, Dir: 1, Emoji: "🙂🙂"}, on(home), ""},
		{"with a word", Vote{Voter: ada, Dir: 1, Emoji: "no"}, on(home), "no-such-reaction"},
		{"with a picture", Vote{Voter: ada, Dir: 1, Emoji: ":blob: https://x.test/a.png"}, on(home), "no-such-reaction"},
		{"down, with an emoji", Vote{Voter: ada, Dir: -1, Emoji: "🙂"}, on(home), "no-such-reaction"},
	} {
		wants(t, c.name, judgeVote(&c.act, &c.facts), c.reason)
	}
}

func TestJudgeFollow(t *testing.T) {
	for _, c := range []struct {
		name   string
		act    Follow
		facts  FollowFacts
		reason string
	}{
		{"foreign, ours", Follow{Person: bob}, FollowFacts{Community: home}, ""},
		{"ours, foreign", Follow{Person: ada}, FollowFacts{Community: away}, ""},
		{"ours, ours", Follow{Person: ada}, FollowFacts{Community: home}, ""},
		{"foreign, foreign", Follow{Person: bob}, FollowFacts{Community: away}, "not-ours"},
		{"nothing known", Follow{Person: bob}, FollowFacts{}, "no-such-community"},
		{"removed", Follow{Person: bob}, FollowFacts{Community: removed(home)}, "community-removed"},
		{"leaving what is removed", Follow{Person: bob, Undo: true}, FollowFacts{Community: removed(home)}, ""},
		{"gone", Follow{Person: ada}, FollowFacts{Community: gone(away)}, "community-removed"},
		{"blocked", Follow{Person: bob}, FollowFacts{Community: home, Blocked: true}, "server-blocked"},
		{"follower gone", Follow{Person: bob}, FollowFacts{Community: home, Gone: true}, "author-gone"},
	} {
		wants(t, c.name, judgeFollow(&c.act, &c.facts), c.reason)
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"ab": true, "a_1": true, "12345678901234567890": true, "": false, "a": false, "123456789012345678901": false,
		"Ada": false, "a-b": false, "a.b": false, "ünal": false, "a b": false, "a/b": false, "a\x00": false,
	} {
		if r := CheckName(name); (r == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, r)
		}
	}
}

func TestRefusal(t *testing.T) {
	err := Refuse(Gone, "deleted", "%s is gone", "it")
	var r *Refusal
	if !errors.As(err, &r) || r.Text != "it is gone" || r.Kind.Status() != 410 {
		t.Errorf("%+v", r)
	}
	for kind, status := range map[Kind]int{Invalid: 400, Forbidden: 403, NotFound: 404, Gone: 410, Conflict: 409, Unavailable: 503, "": 500} {
		if kind.Status() != status {
			t.Errorf("%q: %d, want %d", kind, kind.Status(), status)
		}
	}
}

func TestJudgeEdit(t *testing.T) {
	t.Parallel()
	home := Community{ID: 1, Local: true}
	ada, bob := Person{ID: 1, Local: true}, Person{ID: 2}
	post := func(by Person, change func(*Written)) Written {
		w := Written{Post: Post{ID: 7, Author: by, Community: home}}
		change(&w)
		return w
	}
	as := func(*Written) {}
	comment := func(w *Written) { w.Comment = &Comment{ID: 9, Author: w.Post.Author} }
	long := strings.Repeat("a", MaxPostSource+1)
	words := Words{Title: "Title", TitleGiven: true, Text: Text{Source: "text"}}
	for _, c := range []struct {
		name   string
		act    Edit
		held   Written
		reason string
	}{
		{"one's own", Edit{By: ada, Words: words}, post(ada, as), ""},
		{"somebody's from elsewhere", Edit{By: bob, Words: words}, post(bob, as), ""},
		{"somebody else's", Edit{By: bob, Words: words}, post(ada, as), "not-author"},
		{"a comment in somebody else's thread", Edit{By: bob, Words: words, Reply: true}, Written{Post: Post{ID: 7, Author: ada}, Comment: &Comment{ID: 9, Author: bob}}, ""},
		{"somebody else's comment in one's own thread", Edit{By: ada, Words: words, Reply: true}, Written{Post: Post{ID: 7, Author: ada}, Comment: &Comment{ID: 9, Author: bob}}, "not-author"},
		{"of nothing known", Edit{By: bob, Object: "https://x.test/1", Words: words}, Written{}, "needs-object"},
		{"buried", Edit{By: bob, Words: words}, Written{Tombstone: true}, "deleted"},
		{"purged", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Post.State = Purged }), "deleted"},
		{"deleted long ago", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Post.State, w.Blanked = Deleted, true }), "deleted"},
		{"deleted, and perhaps back later", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Post.State = Deleted }), ""},
		{"deleted, by somebody who sees that", Edit{By: ada, Words: words}, post(ada, func(w *Written) { w.Post.State = Deleted }), "deleted"},
		{"removed", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Post.State = Removed }), ""},
		{"blocked", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Blocked = true }), "server-blocked"},
		{"a post to a comment", Edit{By: bob, Words: words, Reply: true}, post(bob, as), "moved"},
		{"a comment to a post", Edit{By: bob, Words: words}, post(bob, comment), "moved"},
		{"to nothing", Edit{By: bob}, post(bob, as), "empty"},
		{"without a title", Edit{By: ada, Words: Words{Text: Text{Source: "text"}}}, post(ada, as), "no-title"},
		{"with a long title", Edit{By: ada, Words: Words{Title: strings.Repeat("ä", MaxTitle+1), TitleGiven: true}}, post(ada, as), "title-too-long"},
		{"too long", Edit{By: ada, Words: Words{Title: "Title", TitleGiven: true, Text: Text{Source: long}}}, post(ada, as), "text-too-long"},
		{"too long elsewhere", Edit{By: bob, Words: Words{Title: "Title", Text: Text{Source: long}}}, post(bob, as), ""},
		{"its title taken away", Edit{By: ada, Words: Words{Title: "text", Text: Text{Source: "text"}}}, post(ada, as), "no-title"},
		{"its title taken away where none is needed", Edit{By: ada, Words: Words{Title: "text", Text: Text{Source: "text"}}}, post(ada, func(w *Written) { w.Post.Community.Untitled = true }), ""},
		{"banned", Edit{By: ada, Words: words}, post(ada, func(w *Written) { w.Banned = true }), "banned"},
		{"banned, elsewhere", Edit{By: bob, Words: words}, post(bob, func(w *Written) { w.Banned = true }), "banned"},
		{"banned, but announced by its home", Edit{By: bob, Words: words, Origin: Origin{Via: 1}}, post(bob, func(w *Written) { w.Banned = true }), ""},
		{"a comment to nothing", Edit{By: ada, Reply: true}, post(ada, comment), "empty"},
	} {
		wants(t, c.name, judgeEdit(&c.act, &c.held), c.reason)
	}
}

func TestJudgeDelete(t *testing.T) {
	t.Parallel()
	ada, bob := Person{ID: 1, Local: true}, Person{ID: 2}
	for _, c := range []struct {
		name   string
		act    Delete
		held   Written
		reason string
	}{
		{"one's own", Delete{By: bob}, Written{Post: Post{ID: 7, Author: bob}}, ""},
		{"somebody else's", Delete{By: bob}, Written{Post: Post{ID: 7, Author: ada}}, "not-author"},
		{"a comment in one's own thread", Delete{By: bob}, Written{Post: Post{ID: 7, Author: bob}, Comment: &Comment{Author: ada}}, "not-author"},
		{"of nothing known: remembered", Delete{By: bob}, Written{}, ""},
		{"back", Delete{By: bob, Undo: true}, Written{Post: Post{ID: 7, Author: bob, State: Deleted}}, ""},
		{"back, by somebody else", Delete{By: ada, Undo: true}, Written{Post: Post{ID: 7, Author: bob, State: Deleted}}, "not-author"},
		{"back, too late", Delete{By: bob, Undo: true}, Written{Post: Post{ID: 7, Author: bob, State: Deleted}, Blanked: true}, "deleted"},
		{"purged", Delete{By: bob, Undo: true}, Written{Post: Post{ID: 7, Author: bob, State: Purged}}, "deleted"},
		{"blocked", Delete{By: bob}, Written{Post: Post{ID: 7, Author: bob}, Blocked: true}, "server-blocked"},
	} {
		wants(t, c.name, judgeDelete(&c.act, &c.held), c.reason)
	}
}
