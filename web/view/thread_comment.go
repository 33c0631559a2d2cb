package view

import (
	"bytes"
	"html/template"
	"slices"

	"stoa/federation/forum"
)

// nearest is how many of the comments above one are shown on its page.
const nearest = 4

// CommentPage is one comment with what it answers and what answers it.
type CommentPage struct {
	ThreadPage // the comments above it, itself, and those below, by id
	ID         int64
	Briefs     map[int64]string // beginnings of the texts above it, by id
}

func (CommentPage) template() string { return "comment" }

func (p CommentPage) into(b *bytes.Buffer) Page {
	p.out = b
	return p
}

// at is where in Thread.Comments it stands: behind what it answers.
func (p CommentPage) at() int {
	return max(0, slices.IndexFunc(p.Thread.Comments, func(c forum.Comment) bool { return c.ID == p.ID }))
}

// Heading names whose comment it is.
func (p CommentPage) Heading() string {
	c := &p.Thread.Comments[p.at()]
	if c.State != forum.Live {
		_, state := p.postState(c.State)
		return state
	}
	who := p.person(c.Author)
	return p.T.OneComment.With(who.Handle())
}

// PostHref leads to the whole thread.
func (p CommentPage) PostHref() string { return PostPath(p.Thread.Post.ID) }

// InThread leads to the whole thread, where its first comment above this stands.
func (p CommentPage) InThread() string {
	return p.PostHref() + "#comment-" + itoa(p.Thread.Comments[0].ID)
}

// On names the post.
func (p CommentPage) On() string {
	switch post := p.card(&p.Thread.PostItem, langs{}); {
	case post.Veil != "":
		return p.T.OnPost.With(post.Veil)
	case p.Thread.Post.State != forum.Live:
		return post.State
	default:
		return p.T.OnPost.With(post.Title)
	}
}

// Above is a comment that the one of the page answers, in brief.
type Above struct {
	Anchor, Href, Name, State string
	Brief                     string // empty when it is gone or behind a warning
	At                        Moment
}

// Context is what the comment answers, nearest last.
func (p CommentPage) Context() []Above {
	var out []Above
	for _, c := range p.Thread.Comments[max(0, p.at()-nearest):p.at()] {
		a := Above{Anchor: "comment-" + itoa(c.ID), Href: CommentPath(c.ID), At: p.Moment(c.Published.Time)}
		switch veil := p.veil(c.Sensitive, c.Warning); {
		case c.State != forum.Live:
			_, a.State = p.postState(c.State)
		case veil != "":
			a.Brief = veil
		default:
			a.Brief = p.Briefs[c.ID]
		}
		if c.State == forum.Live {
			who := p.person(c.Author)
			a.Name = who.Handle()
		}
		out = append(out, a)
	}
	return out
}

// Between says how many comments stand between the post and the context.
func (p CommentPage) Between() string {
	if n := p.at() - nearest; n > 0 {
		return p.T.AncestorsHidden.Of(n)
	}
	return ""
}

// Tree writes the comment and all below it, as ThreadPage.Tree does.
func (p CommentPage) Tree() template.HTML {
	q, at := p.ThreadPage, p.at()
	q.above = max(0, q.Thread.Comments[at].Depth-1)
	q.Thread.Comments = q.Thread.Comments[at:]
	writeTree(q.out, q.tree())
	return ""
}

// Sorts are the orders of what answers it.
func (p CommentPage) Sorts() []Choice {
	return p.sorts(CommentPath(p.ID), len(p.Thread.Comments)-p.at()-1)
}
