package forum

import (
	"context"
	"net/url"
	"slices"
	"time"
)

// Post is a top-level object in a community.
type Post struct {
	ID        int64
	URI       string // ActivityPub id
	Local     bool
	Community Community // where its thread lives
	Author    Person

	ByModerator bool // Author moderates Community

	Title      string // as given, or the opening words of the text
	TitleGiven bool   // false when Title was taken from the text
	TitleWhole bool   // true when a taken Title is the whole text: it is not shown twice
	Link       string // what a link post points at; empty otherwise
	Text       Text
	Language   string // BCP 47; empty when unknown
	Sensitive  bool
	Warning    string // content warning

	Shape       Shape
	Attachments []Attachment // in their author's order
	Occasion    *Occasion    // of an event
	Poll        *Poll        // of a question
	Preview     Preview      // of Link
	Tags        Tags
	Reactions   Reactions

	URL       string // its page at its server; display data only
	Published Stamp
	Updated   Stamp

	Create string // id of the Create it came with; empty when it was fetched

	Up, Down, Comments int
	LastComment        time.Time
	// Withheld is true of a post in a community of ours whose author has not agreed that
	// it announces it: others are told of nothing in its thread. Approval is the id of what
	// its author gave out who has.
	Withheld bool
	Approval string

	State    State
	Reason   string    // why it was removed
	StateAt  time.Time // when it left Live
	Locked   bool      // only moderators answer
	PinnedAt time.Time // zero where it does not stand first in its community
}

// Score is upvotes less downvotes.
func (p Post) Score() int { return p.Up - p.Down }

// OthersVoted reports whether anybody but the author has voted: the author's own
// vote is always there, and a score made of it alone says nothing.
func (p Post) OthersVoted() bool { return p.Up+p.Down > 1 }

// Placement is a post's place in one community: its home, or a crosspost.
type Placement struct {
	Community Community
	Home      bool
	Announce  string // id of the Announce in the forum dialect; empty in communities of others
	Boost     string // id of the Announce in the microblog dialect
	At        time.Time
	Told      int64 // transaction of the log row that announced it; 0 when nothing did
}

// Medium says what an attachment is to a reader.
type Medium int8

// The kinds of attachments.
const (
	Picture Medium = 1
	Video   Medium = 2
	Sound   Medium = 3
	File    Medium = 4 // anything else that can be had at its address
	Link    Medium = 5 // a page; Alt is what it is called
)

// Attachment is a picture, a recording or a file that belongs to a post or comment.
// It is described here and lies at its server: a reader's browser never loads it
// from there by itself.
type Attachment struct {
	Medium        Medium
	URL           string
	Type          string // media type; empty when not said
	Alt           string // alternative text, at most MaxAlt runes
	Width, Height int    // pixels; 0 when not said
	Poster        string // URL of a still of a video or recording; may be empty
	Duration      time.Duration
}

// Bounds of what is kept of one object from elsewhere; texts are in runes.
const (
	MaxAlt         = 1500
	MaxAttachments = 20
	MaxPlace       = 300
	MaxOptions     = 50
	MaxOption      = 200
)

// Shape says what a post is, where that is more than words, a link and pictures.
type Shape int8

// The shapes of posts.
const (
	Plainly Shape = 0 // Page, Note
	Article Shape = 1
	Clip    Shape = 2 // Video or Audio: watched or heard at its server
	Happens Shape = 3 // Event
	Asks    Shape = 4 // Question
)

// Occasion is when and where something takes place.
type Occasion struct {
	Start, End time.Time // zero when not said
	Place      string    // in words; may be empty
	Cancelled  bool
}

func (o *Occasion) same(x *Occasion) bool {
	if o == nil || x == nil {
		return o == x
	}
	return o.Start.Equal(x.Start) && o.End.Equal(x.End) && o.Place == x.Place && o.Cancelled == x.Cancelled
}

// Pictured reports whether a link leads to one of the attachments: then it is shown,
// and there is no page behind it.
func Pictured(link string, attachments []Attachment) bool {
	return slices.ContainsFunc(attachments, func(a Attachment) bool { return a.URL == link })
}

// Preview is what the page behind a link says of itself. All of it is text of a
// stranger; it is empty until the page was read, and stays so when it says nothing.
type Preview struct {
	Title       string // at most 300 runes
	Description string // at most 500 runes
	Site        string // the name of the site
	Picture     string // URL
	PictureAlt  string
}

// Relocation moves a post, with all that answers it, from its community to another.
type Relocation struct {
	By     Person
	Object string // id of the post
	From   string // id of the community that it is said to be in; empty where nobody says
	To     string // id of the one in which it goes on
	Reason string
	At     time.Time // zero means now
	Origin Origin
}

var otherServer = &Refusal{Kind: Forbidden, Reason: "other-server", Text: "A post moves between communities of one server."}

// judgeDestination says what is wrong with a move from that community by its ids alone.
func judgeDestination(a *Relocation, from *Community) *Refusal {
	switch there, here := serverOf(a.To), serverOf(from.URI); {
	case a.From != "" && a.From != from.URI && a.To != from.URI && (from.Local || a.Origin.within(from).Via != from.ID || serverOf(a.From) != here):
		return &Refusal{Kind: Conflict, Reason: "not-there", Text: "The post is not in that community."}
	case there != here:
		return otherServer
	}
	return nil
}

// serverOf is the host, with its port, that an id names.
func serverOf(id string) string {
	u, err := url.Parse(id)
	if err != nil {
		return ""
	}
	return u.Host
}

// judgeRelocation says whether somebody may move a post; from and to is what they are in
// either community. One of this node stays on it: nobody could make another server take
// a post in, nor is one of another server pushed into ours. What a community elsewhere
// says of its own server's communities, it may.
func judgeRelocation(a *Relocation, p *Post, to *Community, from, there Standing) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	c := &p.Community
	home := c.Local == to.Local && c.Host == to.Host
	switch {
	case len([]rune(a.Reason)) > MaxReason && a.By.Local:
		return no(Invalid, "reason-too-long", "A reason has at most 500 characters.")
	case p.State == Purged, p.State != Live && a.By.Local && a.Origin.Via == 0:
		return no(Gone, "gone", "It has been deleted or purged already.") // what was deleted meanwhile may come back
	case c.Wall || to.Wall || !home:
		return otherServer
	case to.Removed || to.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case a.Origin.Via != 0 && a.Origin.within(c).Via == c.ID && !c.Local:
		return nil // its home says so
	case a.Origin.Via != 0:
		return no(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case !c.Local && !a.By.Local && a.By.Host == c.Host:
		return nil // so does its server, in somebody's name, as NodeBB does
	case !c.Local && !a.By.Local:
		return no(Forbidden, "not-announced", "Its community has not announced it.")
	case c.Local && from.Admin, from.Moderator && there.Moderator:
		return nil
	}
	return no(Forbidden, "not-moderator", "Only those who moderate both communities can do that.")
}

// Relocate moves posts between communities of one server, in the name of those who
// moderate both. The community that a post leaves tells of it, and takes it out of
// timelines; the other tells of the post as of a new one. It is kept for the public log
// of moderation. A post that is there already is accepted without effect.
func (f *Forum) Relocate(ctx context.Context, tx Tx, acts []Relocation) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		if a.At.IsZero() {
			a.At = f.Now()
		}
		if a.By.Local && a.Origin.Activity == "" {
			a.Origin.Activity = f.publisher.NewActivity()
		}
		told, o, err := f.relocate(ctx, tx, a)
		if err != nil {
			return nil, err
		}
		out[i], events = o, append(events, told...)
	}
	return out, f.publish(ctx, tx, events)
}

func (f *Forum) relocate(ctx context.Context, tx Tx, a *Relocation) (events []*Event, out Outcome, err error) {
	post, comment, err := tx.FindSubject(ctx, a.Object)
	switch {
	case err != nil:
		return nil, out, err
	case post == nil:
		return nil, needs(a.Object), nil
	case comment != nil:
		return nil, refuse(Invalid, "posts-only", "That can be done with posts alone."), nil
	}
	from := post.Community
	if out.Refused = judgeDestination(a, &from); out.Refused != nil { // before anything is fetched for it
		return nil, out, nil //nolint:nilerr // a refusal is an outcome
	}
	to, ok, err := tx.CommunityByURI(ctx, a.To)
	switch {
	case err != nil:
		return nil, out, err
	case !ok:
		return nil, needs(a.To), nil
	}
	leaves, enters, err := f.standings(ctx, tx, a.By.URI, from.ID, to.ID)
	if err != nil {
		return nil, out, err
	}
	if out.Refused = judgeRelocation(a, post, &to, leaves, enters); out.Refused != nil {
		return nil, out, nil //nolint:nilerr // likewise
	}
	out.ID = post.ID
	act := Action{At: a.At, Verb: string(VerbRelocate), Target: post.URI, Reason: a.Reason, By: a.By.ID, Community: from.ID, On: Subject{OnPost, post.ID}}
	if a.From != "" && a.From != from.URI && serverOf(a.From) == serverOf(from.URI) {
		// Where it was then, if that has come before, or after, a move that was done since.
		if left, ok, err := tx.CommunityByURI(ctx, a.From); err != nil {
			return nil, out, err
		} else if ok {
			act.Community = left.ID
		}
	}
	newest, _, err := tx.Newest(ctx, act, []Verb{VerbRelocate})
	switch {
	case err != nil:
		return nil, out, err
	case a.By.Local && a.Origin.Via == 0:
		act.At = after(newest, a.At)
		a.At = act.At
	case a.At.Before(newest): // it has gone on since
		if err := tx.RecordAction(ctx, act); err != nil {
			return nil, out, err
		}
		return nil, out, tx.SweepMoved(ctx, post.ID)
	case a.At.Equal(newest) && a.To <= from.URI:
		return nil, out, nil
	}
	if from.ID == to.ID {
		if a.By.Local && a.Origin.Via == 0 {
			return nil, out, nil
		}
		if err := tx.RecordAction(ctx, act); err != nil { // or an older one would count when it comes
			return nil, out, err
		}
		return nil, out, tx.SweepMoved(ctx, post.ID)
	}
	written, err := tx.Written(ctx, []string{post.URI}, make([]Person, 1))
	if err != nil {
		return nil, out, err
	}
	known, err := tx.MovePost(ctx, post.ID, from.ID, to.ID, a.At)
	if err != nil {
		return nil, out, err
	}
	out.Fresh = true
	if err := tx.RecordAction(ctx, act); err != nil {
		return nil, out, err
	}
	if err := tx.SweepMoved(ctx, post.ID); err != nil {
		return nil, out, err
	}
	if !from.Local && !a.By.Local {
		return nil, out, nil // others hear of it from its home
	}
	moved := *post
	moved.Community = to
	e := &Event{Verb: VerbRelocate, At: a.At, Actor: a.By, Community: from, Post: &moved, To: &to, Reason: a.Reason, Origin: a.Origin}
	for _, place := range written[0].Places {
		if place.Community.ID == from.ID {
			e.Of, e.Boost = place.Told, place.Boost
		}
	}
	address(e)
	if p := &moved.Author; e.Announce && !p.Local && p.Inbox != "" {
		e.Echo = appendNew(e.Echo, p.DeliverTo())
	}
	if e.Announce || len(e.Direct) > 0 {
		events = append(events, e)
	}
	if to.Local && !known && !moved.Withheld && moved.State == Live {
		events = append(events, arrival(&moved))
	}
	return events, out, nil
}

func (f *Forum) standings(ctx context.Context, tx Tx, person string, one, other int64) (a, b Standing, err error) {
	if a, err = tx.Standing(ctx, person, one); err != nil {
		return a, b, err
	}
	b, err = tx.Standing(ctx, person, other)
	return a, b, err
}
