package view

import (
	"html/template"

	"stoa/federation/forum"
	"stoa/web/words"
)

// NoticesPage lists what somebody was told, the newest first.
type NoticesPage struct {
	Frame
	Notices []NoticeLine
	Older   string // empty at the end
}

func (NoticesPage) template() string { return "notices" }

// NoticeLine is one thing that somebody was told.
type NoticeLine struct {
	Text   string        // what happened
	Rich   template.HTML // Text with the pictures in somebody's name; empty where it has none
	On     string        // in which post; empty for none
	Href   string
	Brief  string // the beginning of what was said; empty for nothing
	Reason string // of moderators
	At     Moment
	New    bool
}

// Pictured is a text that names somebody, with the pictures in their name; empty where it
// has none.
func (f Frame) Pictured(text string, who *forum.Person) template.HTML {
	return f.emoji(text, who.Emoji)
}

// mostNotices is the number from which they are not counted.
const mostNotices = 100

// NoticesCount is how many things somebody was told and has not seen; empty for none.
func (f Frame) NoticesCount() string {
	switch n := f.Self.Notices; {
	case n == 0:
		return ""
	case n >= mostNotices:
		return f.T.Notice.Many
	default:
		return itoa(int64(n))
	}
}

// NoticesLabel names the way to them.
func (f Frame) NoticesLabel() string {
	if f.Self.Notices == 0 {
		return f.T.Notice.Heading
	}
	return f.T.Notice.Unseen.Of(f.Self.Notices)
}

// MessagesCount is how many messages somebody has not seen; empty for none.
func (f Frame) MessagesCount() string {
	switch n := f.Self.Messages; {
	case n == 0:
		return ""
	case n >= mostNotices:
		return f.T.Notice.Many
	default:
		return itoa(int64(n))
	}
}

// MessagesLabel names the way to them.
func (f Frame) MessagesLabel() string { return f.T.Message.Unseen.Of(f.Self.Messages) }

// MessagesPage lists with whom somebody exchanges messages.
type MessagesPage struct {
	Frame
	Tabs     []Choice
	Lead     string // above the list; empty for nothing
	Lines    []ConversationLine
	None     string // said of an empty list
	NoneHint string
	Older    string // empty at the end
}

func (MessagesPage) template() string { return "messages" }

// ConversationLine is a conversation in a list.
type ConversationLine struct {
	Who   Who
	Href  string
	Brief string // the beginning of what was said last; empty for what was deleted
	Mine  bool   // by whoever looks
	At    Moment
	New   string // how much is new; empty for nothing
}

// ConversationPage is what somebody exchanged with another, the newest at the bottom.
type ConversationPage struct {
	Frame
	With  forum.Person
	Asks  string // a stranger, and what to do with them; empty for everybody else
	Lines []MessageLine
	Older string // empty at the beginning
	Shown template.HTML
	Form  Form
}

func (ConversationPage) template() string { return "conversation" }

// Who names the other.
func (p ConversationPage) Who() Who { return p.person(p.With) }

// AcceptAct is the value of the button to let a stranger in.
func (p ConversationPage) AcceptAct() string { return "accept person-" + itoa(p.With.ID) }

// RefuseAct is the value of the button to see no more of a stranger.
func (p ConversationPage) RefuseAct() string { return "refuse person-" + itoa(p.With.ID) }

// Block is the button to read no more of the other anywhere.
func (p ConversationPage) Block() JoinButton {
	return block(p.Shuns.People[p.With.ID], "block person-"+itoa(p.With.ID), p.T.Filter.Block, p.T.Filter.Unblock)
}

// Person is how the page shows somebody.
func (f Frame) Person(p forum.Person) Who { return f.person(p) }

// MessageLine is a message.
type MessageLine struct {
	T      *words.Words
	ID     string // "message-12"
	Mine   bool
	By     Who
	At     Moment
	Edited bool
	Gone   bool
	Text   template.HTML
	Veil   string // shown before the text; empty for a text that is shown at once
	On     string // the post that it is about; empty for none
	OnHref string
	Others string
	Edit   string // addresses of the pages to change and to report it; empty for none
	Report string
}

// DeleteAct is the value of the button to take a message back.
func (l MessageLine) DeleteAct() string { return "unsend " + l.ID }

// Message shows a message to whoever wrote or got it.
func (f Frame) Message(m *forum.Message, mine bool) MessageLine {
	l := MessageLine{
		T: f.T, ID: "message-" + itoa(m.ID), Mine: mine, By: f.person(m.From), At: f.Moment(m.Published.Time), Edited: !m.Edited.IsZero(), Gone: m.Deleted,
		Text: f.prose(m.Text.HTML, m.Emoji), Veil: f.veil(m.Warning != "", m.Warning),
	}
	if m.Others > 0 {
		l.Others = f.T.Message.Others.Of(m.Others)
	}
	switch {
	case m.Deleted:
	case mine:
		l.Edit = MessagesPath(m.To) + "?edit=" + itoa(m.ID) + "#answer"
	default:
		l.Report = "/messages/report/" + itoa(m.ID)
	}
	return l
}
