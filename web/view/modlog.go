package view

import (
	"net/url"

	"stoa/federation/forum"
)

// ModerationPage is the public log of moderation.
type ModerationPage struct {
	Frame
	Community *forum.Community // nil for that of the whole node
	Log       []forum.ModerationLine
	More      bool
}

func (ModerationPage) template() string { return "modlog" }

// ModerationLine is a line of the log as the page shows it.
type ModerationLine struct {
	By, Did    string
	ByHref     string // empty for the admin
	What, Href string // empty where the act names nothing else
	Whom       string // whose it was, or who is concerned; empty for nobody
	WhomHref   string
	In, InHref string
	Until      string
	Reason     string
	At         Moment
}

// Lines are the lines of the page.
func (p ModerationPage) Lines() []ModerationLine {
	c := &p.T.Moderate
	out := make([]ModerationLine, len(p.Log))
	for i := range p.Log {
		m := &p.Log[i]
		l := ModerationLine{By: c.ByAdmin, Did: c.Did[m.Verb], Reason: m.Reason, At: p.Moment(m.At)}
		if m.By.ID != 0 {
			l.By, l.ByHref = "@"+m.By.Handle(), PersonPath(m.By)
		}
		if m.By.ID == 0 && (m.Verb == "recall" || m.Verb == "relist") { // in the community's own name
			l.By, l.ByHref = "!"+m.Community.Handle(), CommunityPath(m.Community)
		}
		switch {
		case m.CommentID != 0:
			l.What, l.Href = c.AComment, CommentPath(m.CommentID)
		case m.PostID != 0:
			l.What, l.Href = m.PostTitle, PostPath(m.PostID)
			if l.What == "" {
				l.What = c.Untitled
			}
		case m.Person.ID == 0 && m.Community.ID == 0:
			l.What = m.Target
		}
		if m.Person.ID != 0 {
			l.Whom, l.WhomHref = "@"+m.Person.Handle(), PersonPath(m.Person)
		}
		if m.Community.ID != 0 && p.Community == nil {
			l.In, l.InHref = "!"+m.Community.Handle(), CommunityPath(m.Community)
		}
		if !m.Until.IsZero() {
			l.Until = c.Until.With(p.T.Date(m.Until))
		}
		out[i] = l
	}
	return out
}

// Older leads to what was done before; empty at the end.
func (p ModerationPage) Older() string {
	if !p.More {
		return ""
	}
	q := url.Values{"before": {itoa(p.Log[len(p.Log)-1].ID)}}
	if p.Community != nil {
		q.Set("in", p.Community.Handle())
	}
	return at("/modlog", q)
}

// ModerationHref is the log of what was moderated in the community.
func (p CommunityPage) ModerationHref() string {
	return at("/modlog", url.Values{"in": {p.Community.Handle()}})
}
