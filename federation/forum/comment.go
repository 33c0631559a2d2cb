package forum

import "time"

// Comment is a reply to a post or to another comment.
type Comment struct {
	ID       int64
	URI      string
	Local    bool
	PostID   int64
	ParentID int64 // 0 when it answers the post itself
	Depth    int   // 1 for an answer to the post
	Author   Person

	// InReplyTo is the id of the object it answers, and PostURI that of its
	// thread; CommunityURI that of the thread's home.
	InReplyTo, PostURI, CommunityURI string

	// Answered is who wrote what this answers: id, name and host only.
	Answered Person

	Text      Text
	Language  string
	Sensitive bool
	Warning   string

	Attachments   []Attachment
	Distinguished bool // its author speaks as a moderator
	ByModerator   bool // its author moderates the thread's community
	Locked        bool // nobody but moderators answers it, or what is below it

	URL       string
	Published Stamp
	Updated   Stamp

	Create   string
	Announce string // id of the Announce by the home community, when that is ours

	Up, Down int
	State    State
	Reason   string
	StateAt  time.Time
}

// Score is upvotes less downvotes.
func (c Comment) Score() int { return c.Up - c.Down }

// OthersVoted reports whether anybody but the author has voted.
func (c Comment) OthersVoted() bool { return c.Up+c.Down > 1 }
