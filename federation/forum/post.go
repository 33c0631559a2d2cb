package forum

import (
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
