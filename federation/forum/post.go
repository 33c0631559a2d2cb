package forum

import "time"

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

	URL       string // its page at its server; display data only
	Published Stamp
	Updated   Stamp

	Create string // id of the Create it came with; empty when it was fetched

	Up, Down, Comments int
	LastComment        time.Time
	State              State
	Reason             string    // why it was removed
	StateAt            time.Time // when it left Live
	Locked             bool      // only moderators answer
	PinnedAt           time.Time // zero where it does not stand first in its community
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
