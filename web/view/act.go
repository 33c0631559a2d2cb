package view

import (
	"net/url"
	"strconv"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Acts are what somebody who is signed in can do with a post or comment. Each is a
// button of the one form of its page, named "acts": its value says what is to become
// so, not what is to be turned over, so that a button pressed twice does no harm.
type Acts struct {
	T        *words.Words
	On       string // "post-12"
	Up, Down bool   // how they voted
	Saved    bool
	Reply    string // address of the page to answer on; empty for none here
	React    string // likewise to react with an emoji
	Quote    string // likewise to quote it in a post
	Edit     string // likewise to edit; empty for what others wrote
	Report   string // likewise; empty for their own
	Reported bool   // by them, which the same page takes back
	Gone     bool   // they deleted it, and can have it back
	Closed   bool   // nobody can do anything with it but what moderators do
	Moderate string // address of the page on which moderators act; empty for everybody else
	Hides    bool   // it can be left out of their lists
	Bot      bool   // bots do not vote
	Again    string // address to post the same elsewhere; empty but on its thread
	Thread   bool   // the page is that thread: they can watch or mute it
	Watched  bool
	Muted    bool
}

// act is the value of a button.
func (a *Acts) act(now bool, do, undo string) string {
	if now {
		do = undo
	}
	return do + " " + a.On
}

// UpAct is the value of the button to vote up, and to take that back.
func (a *Acts) UpAct() string { return a.act(a.Up, "up", "unvote") }

// DownAct is the value of the button to vote down.
func (a *Acts) DownAct() string { return a.act(a.Down, "down", "unvote") }

// SaveAct is the value of the button to save.
func (a *Acts) SaveAct() string { return a.act(a.Saved, "save", "unsave") }

// HideAct is the value of the button to leave it out of lists.
func (a *Acts) HideAct() string { return "hide " + a.On }

// DeleteAct is the value of the button to delete it.
func (a *Acts) DeleteAct() string { return "delete " + a.On }

// RestoreAct is the value of the button to have it back.
func (a *Acts) RestoreAct() string { return "restore " + a.On }

// WatchAct is the value of the button to be told of all that is said in the thread.
func (a *Acts) WatchAct() string { return a.act(a.Watched, "watch", "unwatch") }

// MuteAct is the value of the button to be told of nothing that is said there.
func (a *Acts) MuteAct() string { return a.act(a.Muted, "mute", "unmute") }

// WatchLabel says what the button to watch shows.
func (a *Acts) WatchLabel() string {
	if a.Watched {
		return a.T.Notice.Watching
	}
	return a.T.Notice.Watch
}

// MuteLabel says what the button to mute shows.
func (a *Acts) MuteLabel() string {
	if a.Muted {
		return a.T.Notice.Muted
	}
	return a.T.Notice.Mute
}

// SaveLabel says what the button to save shows.
func (a *Acts) SaveLabel() string {
	if a.Saved {
		return a.T.Act.Unsave
	}
	return a.T.Act.Save
}

// ReportLabel says what the way to report shows.
func (a *Acts) ReportLabel() string {
	if a.Reported {
		return a.T.Act.Unreport
	}
	return a.T.Act.Report
}

// acts are what whoever looks at the page can do; nil for nobody.
func (f Frame) acts(on forum.Subject, author int64, state forum.State) *Acts {
	if f.Self == nil {
		return nil
	}
	kind := "post-"
	if on.Kind == forum.OnComment {
		kind = "comment-"
	}
	number := strconv.FormatInt(on.ID, 10)
	a := &Acts{T: f.T, On: kind + number, Bot: f.Self.Person.Bot}
	mine := author == f.Self.Person.ID
	if f.Standing.Moderator || f.Standing.Admin {
		a.Moderate = "/moderate/" + a.On
	}
	if state != forum.Live {
		a.Closed, a.Gone = true, mine && state == forum.Deleted
		if state != forum.Removed {
			a.Moderate = ""
		}
		if !a.Gone && a.Moderate == "" {
			return nil
		}
		return a
	}
	dir := f.Marks.Votes[on]
	a.Up, a.Down, a.Saved = dir > 0, dir < 0, f.Marks.Saved[on]
	if mine {
		a.Edit = "/edit/" + a.On
	} else {
		a.Report, a.Reported = "/report/"+a.On, f.Marks.Reported[on]
	}
	return a
}

// reacts has what somebody can do on the page of a thread include reactions and quotes.
func (a *Acts) reacts(q forum.Quotable) {
	if a == nil || a.Closed {
		return
	}
	if !a.Bot {
		a.React = "/react/" + a.On
	}
	if q != forum.QuotableNot {
		a.Quote = "/submit?quote=" + a.On
	}
}

// Report is the address to report somebody to those who run their server; empty for
// nobody, and on one's own page.
func (p PersonPage) Report() string {
	if p.Self == nil || p.Self.Person.ID == p.Person.ID {
		return ""
	}
	return "/report/person-" + itoa(p.Person.ID)
}

// Report is the same of a community.
func (p CommunityPage) Report() string {
	if p.Self == nil {
		return ""
	}
	return "/report/community-" + itoa(p.Community.ID)
}

// JoinButton joins a community, or leaves it.
type JoinButton struct {
	Act, Label string
	Main       bool
}

// Join is the button of whoever is signed in; nil for nobody, and where nothing can be
// joined.
func (p CommunityPage) Join() *JoinButton {
	c := &p.Community
	switch {
	case p.Self == nil:
		return nil
	case p.Following != forum.NotFollowing:
		return &JoinButton{Act: "leave community-" + itoa(c.ID), Label: p.T.Act.LeaveIt}
	case c.Gone:
		return nil
	}
	return &JoinButton{Act: "join community-" + itoa(c.ID), Label: p.T.Act.JoinIt, Main: true}
}

// Join is the button to follow somebody; nil for nobody, for oneself, and where they have
// moved away.
func (p PersonPage) Join() *JoinButton {
	switch on := "person-" + itoa(p.Person.ID); {
	case p.Self == nil || p.Self.Person.ID == p.Person.ID:
		return nil
	case p.Following != forum.NotFollowing:
		return &JoinButton{Act: "unfollow " + on, Label: p.T.Act.Unfollow}
	case p.Person.MovedTo != "":
		return nil
	default:
		return &JoinButton{Act: "follow " + on, Label: p.T.Act.Follow, Main: true}
	}
}

// Waiting reports whether their server has not answered yet.
func (p PersonPage) Waiting() bool { return p.Following == forum.Pending }

// Blocks are the buttons to read no more of somebody; none for nobody, and on one's
// own page.
func (p PersonPage) Blocks() []JoinButton {
	if p.Self == nil || p.Self.Person.ID == p.Person.ID {
		return nil
	}
	w := &p.T.Filter
	list := []JoinButton{block(p.Shuns.People[p.Person.ID], "block person-"+itoa(p.Person.ID), w.Block, w.Unblock)}
	if !p.Person.Local {
		list = append(list, block(p.Shuns.Hosts[p.Person.Host], "blockserver person-"+itoa(p.Person.ID), w.BlockServer, w.UnblockServer))
	}
	return list
}

// Block is the button to read no more of a community; nil for nobody.
func (p CommunityPage) Block() *JoinButton {
	if p.Self == nil {
		return nil
	}
	b := block(p.Shuns.Communities[p.Community.ID], "block community-"+itoa(p.Community.ID), p.T.Filter.Block, p.T.Filter.Unblock)
	return &b
}

func block(now bool, act, does, undoes string) JoinButton {
	if now {
		return JoinButton{Act: "un" + act, Label: undoes}
	}
	return JoinButton{Act: act, Label: does}
}

// CollectButton puts a community into a collection, or takes it out.
type CollectButton struct {
	Name, Action string
	Field        string // "put" or "take"
	Has          bool
}

// Collect are the buttons for the viewer's collections, and Collects whether there is
// anything to collect.
func (p CommunityPage) Collect() []CollectButton {
	var out []CollectButton
	for _, k := range p.Collections {
		b := CollectButton{Name: k.Name, Action: CollectionPath(k.ID), Field: "put", Has: k.Has}
		if k.Has {
			b.Field = "take"
		}
		out = append(out, b)
	}
	return out
}

// Collects reports whether the viewer may put the community into a collection.
func (p CommunityPage) Collects() bool { return p.Self != nil && !p.Community.Removed }

// Waiting reports whether the community's server has not answered yet.
func (p CommunityPage) Waiting() bool { return p.Following == forum.Pending }

// Answer is the form to answer the post of a thread; nil for nobody, and where nothing
// can be answered.
func (p ThreadPage) Answer() *Form {
	post := &p.Thread.Post
	if p.Self == nil || post.State != forum.Live || post.Community.Removed || post.Community.Gone || p.Standing.Banned || p.Closed() && !p.Standing.Moderator {
		return nil
	}
	consent := post.Tags.Answers.Of(p.Self.Person.URI)
	if consent == forum.Withheld {
		return nil
	}
	on := "post-" + itoa(post.ID)
	return &Form{
		T: p.T, Action: "/reply/" + on, Button: p.T.Act.Reply, Place: "reply " + on,
		Fields: []Field{{Kind: FieldArea, Name: "text", Label: p.T.Write.YourAnswer, Hint: p.Consent(consent), Value: p.Begun, Rows: 3, Max: forum.MaxCommentSource, Required: true, Markdown: true}},
		Also:   []FormButton{{Name: "preview", Label: p.T.Write.Preview}},
	}
}

// Consent says what to know of somebody who wants to be asked before others answer them.
func (f Frame) Consent(c forum.Consent) string {
	return [...]string{forum.Given: "", forum.Asked: f.T.Topic.AnswersAsk, forum.Withheld: f.T.Topic.NoAnswers}[c]
}

// NoAnswers says that the author of a post takes no answers to it by whoever reads it;
// empty where they do.
func (p ThreadPage) NoAnswers() string {
	post := &p.Thread.Post
	if p.Self == nil || post.State != forum.Live || post.Tags.Answers.Of(p.Self.Person.URI) != forum.Withheld {
		return ""
	}
	return p.Consent(forum.Withheld)
}

// Closed reports whether nobody but moderators answers in the thread.
func (p ThreadPage) Closed() bool {
	return p.Thread.Post.Locked && p.Thread.Post.State == forum.Live
}

// Submit is the address to post here.
func (p CommunityPage) Submit() string {
	if p.Self == nil || p.Community.Gone || p.Standing.Banned || p.Community.Restricted && !p.Standing.Moderator {
		return ""
	}
	return at("/submit", url.Values{"to": {p.Community.Handle()}})
}

// Arrange is the address to change the community; empty for those who may not.
func (p CommunityPage) Arrange() string {
	if p.Self == nil || p.Community.Gone || !p.Standing.Moderator && (!p.Standing.Admin || !p.Community.Local) {
		return ""
	}
	return CommunityPath(p.Community) + "/edit"
}

// Found is the address to make a community; empty for those who may not.
func (f Frame) Found() string {
	if f.Self == nil || !f.Self.Admin && !f.Self.Founds {
		return ""
	}
	return "/communities/new"
}

// Tool writes Markdown for who does not know it: around what is chosen, with Wrap, or
// before each of its lines.
type Tool struct{ Sign, Label, Wrap, Line string }

// Tools are those beside a text.
func (f Frame) Tools() []Tool {
	t := &f.T.Write
	return []Tool{
		{"B", t.Bold, "**|**", ""}, {"I", t.Italic, "*|*", ""}, {"S", t.Struck, "~~|~~", ""}, {"[ ]", t.Linked, "[|](https://)", ""},
		{"”", t.Quoted, "", "> "}, {"•", t.List, "", "- "}, {"1.", t.Numbers, "", "1. "}, {"H", t.Heading, "", "## "},
		{"</>", t.Code, "`|`", ""}, {"▒", t.Spoiler, `::: spoiler …\n|\n:::\n`, ""},
	}
}
