package view

import (
	"html/template"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Card is a post as a list shows it, and as the head of its thread.
type Card struct {
	T     *words.Words
	Href  string
	Title string        // never empty
	Rich  template.HTML // Title with its emoji; empty where it has none
	Lang  string
	// Veil, when not empty, is what to show in place of the title until the
	// reader asks: the title was taken from a text that is behind a warning.
	Veil string
	// State is what became of a post that cannot be read any more, and Reason
	// why; both empty while it can be read.
	State, Reason string

	Link, LinkHost  string
	Community       Who
	InCommunity     bool // the list is that community's own
	Author          Who
	ByAuthor        bool // the list is that person's own
	At              Moment
	Edited          Moment // zero when it never was
	Points          string // empty while only the author has voted
	Comments, Count string // in words, and as a number
	Quiet           bool   // nothing was said yet
	Sensitive       bool
	Warning         string
	Kind            string    // "Event", "4 pictures"; empty for words and links
	Thumb           string    // address on this node; empty for none
	Occasion        *Occasion // of an event
	Elsewhere       []Place
	AlsoIn          string // "also in 2 communities"; empty when nowhere else

	Locked, Pinned bool // by the moderators
	Flair          []Topic

	Acts   *Acts  // of whoever is signed in
	Anchor string // "post-12"
	Read   bool   // they opened its thread
	Fresh  string // "3 new": comments since then; empty for none
}

// Place is another community where the same thing can be read.
type Place struct {
	Community Who
	Href      string
	Comments  string
	Same      bool
}

func (f Frame) card(it *forum.PostItem, known langs) Card {
	p := &it.Post
	c := Card{
		T:         f.T,
		Href:      PostPath(p.ID),
		Lang:      known.of(p.Language),
		Community: f.community(p.Community),
		Author:    f.person(p.Author),
		At:        f.Moment(p.Published.Time),
		Comments:  f.T.Comments.Of(p.Comments),
		Count:     f.T.Number(p.Comments),
		Quiet:     p.Comments == 0,
		Sensitive: p.Sensitive,
		Warning:   p.Warning,
	}
	f.elsewhere(&c, it.Elsewhere)
	c.Anchor, c.Acts = "post-"+itoa(p.ID), f.acts(forum.Subject{Kind: forum.OnPost, ID: p.ID}, p.Author.ID, p.State)
	if mark, ok := f.Marks.Read[p.ID]; ok {
		c.Read = !f.Self.KeepBright
		if n := mark.Fresh(p.Comments); n > 0 {
			c.Fresh = f.T.Act.New.Of(n)
		}
	}
	if p.State != forum.Live {
		c.Title, c.State = f.postState(p.State)
		c.Reason, c.Lang, c.Author, c.Warning, c.Sensitive = p.Reason, "", Who{}, "", false
		return c
	}
	if c.Link = WebURL(p.Link); c.Link != "" {
		c.LinkHost = hostOf(c.Link)
	}
	switch {
	case strings.TrimSpace(p.Title) != "":
		c.Title = p.Title
	case c.LinkHost != "":
		c.Title = c.LinkHost
	default:
		c.Title = f.T.Untitled
	}
	if p.OthersVoted() {
		c.Points = f.T.Points.Of(p.Score())
	}
	c.Edited = f.edited(p.Published, p.Updated)
	c.Locked, c.Pinned = p.Locked, !p.PinnedAt.IsZero()
	c.Rich, c.Flair = f.emoji(c.Title, p.Tags.Emoji), f.flair(p)
	c.Kind, c.Thumb, c.Occasion = f.kind(p), f.thumb(p), f.occasion(p.Occasion)
	if !p.TitleGiven {
		c.Veil = f.veil(p.Sensitive, p.Warning)
	}
	return c
}

func (f Frame) elsewhere(c *Card, places []forum.Crosspost) {
	communities := map[int64]bool{}
	for _, x := range places {
		communities[x.Community.ID] = true
		c.Elsewhere = append(c.Elsewhere, Place{
			Community: f.community(x.Community),
			Href:      PostPath(x.PostID),
			Comments:  f.T.Comments.Of(x.Comments),
			Same:      x.Same,
		})
	}
	if len(c.Elsewhere) > 0 {
		c.AlsoIn = f.T.AlsoIn.Of(len(communities))
	}
}

// postState says what became of a post: as a title, and as a sentence.
func (f Frame) postState(s forum.State) (title, text string) {
	switch s {
	case forum.Deleted:
		return f.T.DeletedPost, f.T.DeletedByAuthor
	case forum.Removed:
		return f.T.RemovedPost, f.T.RemovedByAdmin
	default:
		return f.T.PurgedPost, f.T.PurgedBy
	}
}

// edited is when something was last changed by its author; zero when that is
// within a minute of its publication, since some servers touch what they store.
func (f Frame) edited(published, updated forum.Stamp) Moment {
	if updated.IsZero() || updated.Time.Sub(published.Time) < time.Minute {
		return Moment{}
	}
	return f.Moment(updated.Time)
}

// scrollers can be wider than the page and scroll by themselves, so the keyboard
// must reach them. Sanitised HTML holds a "<" only where a tag begins.
var scrollers = strings.NewReplacer("<pre>", `<pre tabindex="0">`, "<table>", `<table tabindex="0">`)

// safe passes on HTML that was sanitised when it arrived.
func safe(html string) template.HTML {
	if !strings.Contains(html, "<pre>") && !strings.Contains(html, "<table>") {
		return template.HTML(html) //nolint:gosec // as below
	}
	return template.HTML(scrollers.Replace(html)) //nolint:gosec // forum.Text.HTML and its like are sanitised by the door that made them
}
