package forum

import (
	"slices"
	"time"
)

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
