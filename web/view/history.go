package view

import (
	"html/template"
	"time"

	"stoa/federation/forum"
)

// HistoryPage is what a post or comment said before it was edited.
type HistoryPage struct {
	Frame
	Post    forum.Post     // itself, or that which Comment is on
	Comment *forum.Comment // nil for posts
	Before  []forum.Revision
}

func (HistoryPage) template() string { return "history" }

// Subject is what the page is about.
func (p HistoryPage) Subject() forum.Subject {
	if p.Comment != nil {
		return forum.Subject{Kind: forum.OnComment, ID: p.Comment.ID}
	}
	return forum.Subject{Kind: forum.OnPost, ID: p.Post.ID}
}

// Readable reports whether it can still be read.
func (p HistoryPage) Readable() bool {
	if p.Comment != nil {
		return p.Comment.State == forum.Live
	}
	return p.Post.State == forum.Live
}

// Back leads to what the page is about, and On names it.
func (p HistoryPage) Back() string {
	if p.Comment != nil {
		return CommentPath(p.Comment.ID)
	}
	return PostPath(p.Post.ID)
}

// On names what the page is about.
func (p HistoryPage) On() string {
	if p.Comment != nil {
		return p.T.CommentBy.With(p.person(p.Comment.Author).Handle())
	}
	card := p.card(&forum.PostItem{Post: p.Post}, langs{})
	if card.Veil != "" {
		return card.Veil
	}
	return card.Title
}

// Version is one state of the words.
type Version struct {
	Title, Link, LinkHost string // of posts
	Text                  template.HTML
	From                  Moment
	Now                   bool
}

// Versions are all that is known, newest first.
func (p HistoryPage) Versions() []Version {
	published, updated, now := p.Post.Published.Time, p.Post.Updated.Time, forum.Revision{Title: p.Post.Title, Link: p.Post.Link, HTML: p.Post.Text.HTML}
	if c := p.Comment; c != nil {
		published, updated, now = c.Published.Time, c.Updated.Time, forum.Revision{HTML: c.Text.HTML}
	}
	if len(p.Before) > 0 {
		updated = p.Before[0].Until
	}
	if updated.IsZero() {
		updated = published
	}
	out := []Version{p.version(now, updated)}
	out[0].Now = true
	for i, r := range p.Before {
		from := published
		if i+1 < len(p.Before) {
			from = p.Before[i+1].Until
		}
		out = append(out, p.version(r, from))
	}
	return out
}

func (p HistoryPage) version(r forum.Revision, from time.Time) Version {
	v := Version{Title: r.Title, Link: WebURL(r.Link), Text: safe(r.HTML), From: p.Moment(from)}
	v.LinkHost = hostOf(v.Link)
	return v
}

// Covered is the warning before the words; empty when there is none.
func (p HistoryPage) Covered() string {
	if p.Comment != nil {
		return p.veil(p.Comment.Sensitive, p.Comment.Warning)
	}
	return p.veil(p.Post.Sensitive, p.Post.Warning)
}

// Unknown reports whether it was edited before it came here: what it said then, only
// its own server knows.
func (p HistoryPage) Unknown() bool { return len(p.Before) == 0 }
