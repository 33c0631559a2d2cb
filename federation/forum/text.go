package forum

import "time"

// Format says how a Text's source is written.
type Format int8

// The formats of what people write. What came in is kept as it came.
const (
	Markdown Format = 1
	HTML     Format = 2
	Plain    Format = 3
)

// Text is what somebody wrote, as they wrote it, with the HTML it was rendered
// to when it arrived. HTML is sanitised by the door that made the Text; the
// forum stores it and never renders.
type Text struct {
	Source        string
	Format        Format
	HTML          string
	RenderVersion int
}

// Stamp is a time that another server wrote: the moment, and its text as it
// came, because some peers refuse an object for ever when a time they know comes
// back in other digits. Text is empty for times of our own.
type Stamp struct {
	Time time.Time
	Text string
}

// IsZero reports whether there is no time.
func (s Stamp) IsZero() bool { return s.Time.IsZero() }

// State says whether a post or comment can be read.
type State int8

// The states of a post or comment. In all but Live its place in a thread is
// kept, and its id answers with a Tombstone.
const (
	Live    State = 0
	Deleted State = 1 // by its author
	Removed State = 2 // by a moderator or admin, with a reason
	Purged  State = 3 // by an admin, its content destroyed
)
