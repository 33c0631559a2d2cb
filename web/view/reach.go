package view

import (
	"strings"

	"stoa/federation/forum"
)

// LookingText says that something is being looked for; empty when it is not.
func (p SearchPage) LookingText() string {
	if !p.Looked.Pending {
		return ""
	}
	return p.T.Reach.Looking.With(hostIn(p.Unknown))
}

// hostIn is the server in a handle or address.
func hostIn(text string) string {
	if strings.Contains(text, "/") {
		return hostOf(text)
	}
	_, host, _ := strings.Cut(strings.TrimLeft(text, "@!"), "@")
	return host
}

// WhyNot says why what was looked for is not shown.
func (p SearchPage) WhyNot() string {
	t := &p.T.Reach
	switch p.Looked.Reason {
	case forum.LookupNothing:
		return t.Nothing
	case forum.LookupGone:
		return t.Gone
	case forum.LookupAway:
		return t.Away
	case forum.LookupForeign:
		return t.Foreign
	case forum.LookupHomeless:
		return t.Homeless
	case forum.LookupBlocked:
		return t.Blocked
	}
	if p.LookBusy {
		return t.Busy
	}
	return p.UnknownText()
}

// Past is how far the past of a community elsewhere has been read.
type Past struct {
	Heading    string // empty when it is not being read
	Done, Most int    // posts, for a bar; Most is 0 when nobody knows
	Counts     []string
	Notes      []string // what cannot be had
}

// Past says how far this community's past has been read; nil where there is nothing
// to say.
func (p CommunityPage) Past() *Past {
	t, b := &p.T.Reach, &p.Backfill
	out := &Past{}
	host := p.Community.Host
	switch b.State {
	case forum.BackfillNone:
		return nil
	case forum.BackfillUnder:
		out.Heading = t.Reading.With(host)
		if !b.EndedAt.IsZero() {
			out.Heading = t.Fresh.With(host)
		}
		posts := t.PostsSoFar.Of(b.Posts)
		if b.Said > b.Posts {
			posts = t.PostsOf.With(posts) + p.T.Number(b.Said)
			out.Done, out.Most = b.Posts, b.Said
		}
		out.Counts = []string{posts, t.CommentsSoFar.Of(b.Comments)}
		if b.Left > 0 {
			out.Counts = append(out.Counts, t.ThreadsLeft.Of(b.Left))
		}
	case forum.BackfillBroken:
		out.Notes = append(out.Notes, t.Broken.With(host))
	case forum.BackfillDone:
	}
	for _, note := range b.Notes {
		switch note {
		case forum.BackfillNoOutbox:
			out.Notes = append(out.Notes, t.NoOutbox.With(host))
		case forum.BackfillFirstPosts:
			out.Notes = append(out.Notes, t.FirstPosts.With(host))
		case forum.BackfillNoComments:
			out.Notes = append(out.Notes, t.NoComments.With(host))
		case forum.BackfillBudget:
			out.Notes = append(out.Notes, t.Budget.With(host))
		case forum.BackfillPeek:
			out.Notes = append(out.Notes, t.Peek)
		}
	}
	if b.Failed > 0 {
		out.Notes = append(out.Notes, t.Failed.Of(b.Failed))
	}
	if out.Heading == "" && len(out.Notes) == 0 {
		return nil
	}
	return out
}

// Gaps says what is missing of a thread that lives elsewhere.
func (p ThreadPage) Gaps() []string {
	t, s := &p.T.Reach, &p.State
	host := p.Thread.Post.Community.Host
	var out []string
	if s.Missing > 0 {
		text := t.MissingAt.With(t.Missing.Of(s.Missing)) + host
		if s.Fetching {
			text += t.Fetching
		} else {
			text += "."
		}
		out = append(out, text)
	}
	if s.Unhad > 0 {
		out = append(out, t.Lost.Of(s.Unhad))
	}
	if s.Unverified > 0 {
		out = append(out, t.Unverified.Of(s.Unverified))
	}
	return out
}
