package forum

import "time"

// Sort is an order of posts.
type Sort string

// The orders of posts.
const (
	SortHot           Sort = "hot"    // score and age together
	SortActive        Sort = "active" // as hot, by the last comment
	SortNew           Sort = "new"
	SortOld           Sort = "old"
	SortTop           Sort = "top"           // by score, within List.Since
	SortControversial Sort = "controversial" // many votes both ways first, within List.Since
	SortComments      Sort = "comments"      // most comments first, within List.Since
	SortScaled        Sort = "scaled"        // as hot, small communities standing level with large ones
)

// List asks for posts. The zero value lists everything, hottest first.
type List struct {
	CommunityID int64 // 0: all
	AuthorID    int64 // 0: all; always newest first
	Sort        Sort
	Since       time.Time // for SortTop; zero means ever
	After       string    // Next of the page before; empty for the first page
	Limit       int       // 1 to 50; 0 means 20
}

// Listing is a page of posts.
type Listing struct {
	Items []PostItem
	Next  string // cursor of the next page; empty at the end
}

// PostItem is a post as lists and threads show it.
type PostItem struct {
	Post Post
	// Elsewhere lists where else the same thing can be read: communities this
	// very object was also put into, and other posts with the same link.
	Elsewhere []Crosspost
}

// Crosspost is another place of the same thing.
type Crosspost struct {
	Community Community
	PostID    int64 // the post itself when it is the same object
	Comments  int
	Same      bool // the same object, listed in a second community
}

// Thread is a post with all its comments: oldest first, every parent before its
// answers.
type Thread struct {
	PostItem
	Comments []Comment
	Missing  int // comments that are there but not in Comments, since there are too many
}

// CommentItem is a comment outside its thread.
type CommentItem struct {
	Comment   Comment
	PostTitle string
	Community Community
}

// CommentListing is a page of somebody's comments, newest first.
type CommentListing struct {
	Items []CommentItem
	Next  string
}

// CommunityListing is a page of communities, most followed first.
type CommunityListing struct {
	Items []Community
	Next  string
}

// NodeCounts is what nodeinfo tells of this node.
type NodeCounts struct {
	People, ActiveMonth, ActiveHalfYear int // of this node
	Posts, Comments                     int // written by them
	Communities                         int
	ServersKnown                        int
}
