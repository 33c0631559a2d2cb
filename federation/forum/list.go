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
	Follower    int64 // 0: all; else, in communities that somebody here follows or has asked to
	Collection  int64 // 0: all; else, in communities of a Collection
	Local       bool  // in communities of this node
	AuthorID    int64 // 0: all; then new, old and top are the sorts there are, and new any other
	Sort        Sort
	Since       time.Time // for top, controversial and comments; zero means ever
	After       string    // Next of the page before; empty for the first page
	Limit       int       // 1 to 50; 0 means 20
}

// TopicList asks for posts with a hashtag, or with a tag of their community, the newest
// first.
type TopicList struct {
	Name        string // a hashtag as Hashtag gives it, or the id of a tag
	CommunityID int64  // of a tag; 0 for hashtags
	After       string
	Limit       int // 1 to 50; 0 means 20
}

// Quoted is a post or comment that another quotes, in brief.
type Quoted struct {
	PostID, CommentID int64   // CommentID is 0 for a post
	By                []int64 // who quotes it, of those who may
	Author            Person
	Brief             string // the title of a post, or the beginning of a text
	Sensitive         bool
	Warning           string
}

// Collection is a number of communities that somebody reads together.
type Collection struct {
	ID          int64
	Name        string
	Communities int
	Has         bool // the community that was asked about

	Feed  string // whose communities it has: the id of a list elsewhere; empty for one's own
	State FeedState
}

// FeedState is how far a list of communities elsewhere was read.
type FeedState int8

// The states of such a list; 0 where there is none.
const (
	FeedAsked  FeedState = 1
	FeedRead   FeedState = 2
	FeedFailed FeedState = 3 // what was read before stays
)

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

// CommentList asks for somebody's comments.
type CommentList struct {
	AuthorID int64
	Sort     Sort // new, or top among their newest; any other means new
	After    string
	Limit    int // 1 to 50; 0 means 20
}

// CommentListing is a page of somebody's comments.
type CommentListing struct {
	Items []CommentItem
	Next  string
}

// CommunitySort is an order of communities.
type CommunitySort string

// The orders of communities.
const (
	CommunitiesByFollowers CommunitySort = "followers" // most first, as posts
	CommunitiesByPosts     CommunitySort = "posts"
	CommunitiesByAge       CommunitySort = "new" // by when they became known here
	CommunitiesByName      CommunitySort = "name"
	CommunitiesByActivity  CommunitySort = "active" // by DirectoryItem.Active
	CommunitiesByServer    CommunitySort = "server"
)

// CommunityList asks for communities that are known here, the most followed first.
type CommunityList struct {
	After string
	Limit int // 1 to 50; 0 means 20
}

// CommunityListing is a page of communities.
type CommunityListing struct {
	Items []Community
	Next  string
}

// Directory asks for communities of all servers: those known here, and those that only
// the public list of their server has told of. The zero value lists the largest.
type Directory struct {
	Text      string // in name or title; or name@host
	Host      string // of one server
	Language  string // spoken there
	Sensitive bool   // also what is sensitive
	Local     bool   // only those of this node
	Known     bool   // only those known here
	Sort      CommunitySort
	After     string
	Limit     int // 1 to 50; 0 means 20
}

// DirectoryItem is a community of the directory.
type DirectoryItem struct {
	Community Community // ID is 0 where only its server's list has told of it
	Followers int       // as its home says, or as known here if that is more
	Active    int       // people active there in a month; 0 where nobody says
	Language  string    // spoken there; empty where nobody says
}

// DirectoryListing is a page of the directory.
type DirectoryListing struct {
	Items []DirectoryItem
	Next  string
}

// Listed is a community as its server's public list has it. Nothing of it is taken for
// true but its name.
type Listed struct {
	Name, Host, Title        string
	Followers, Posts, Active int // Active is people in a month
	Sensitive                bool
	Language                 string
}

// Handle is "!name@host".
func (l Listed) Handle() string { return "!" + l.Name + "@" + l.Host }

// Catalogue is a server whose list of communities an admin has asked for.
type Catalogue struct {
	Host     string
	Software string
	State    CatalogueState
	Reason   string // why it is not to be had: one of the Lookup… words, or CatalogueNone
	Found    int    // communities that were read so far, or the last time
	AskedAt  time.Time
	ReadAt   time.Time // when it was last read to its end; zero before
}

// CatalogueState says how far a list has been read.
type CatalogueState int8

// The states of a catalogue.
const (
	CatalogueAsked  CatalogueState = 1
	CatalogueRead   CatalogueState = 2
	CatalogueFailed CatalogueState = 3
)

// CatalogueNone is the reason where the software of a server has no list that is known.
const CatalogueNone = "no-list"

// MaxCatalogues is how many servers' lists are kept, and MaxListed how many communities
// of each.
const (
	MaxCatalogues = 200
	MaxListed     = 500
)

// Want is a community that somebody wants to join and that is looked for at its server
// first.
type Want struct {
	Name, Host string
	Reason     string // why it was not to be had, a Lookup… word or that of a refusal; empty while it is looked for
	At         time.Time
}

// PlaceKind says what an address or handle leads to.
type PlaceKind string

// What there can be at an address.
const (
	AtPost      PlaceKind = "post"
	AtComment   PlaceKind = "comment"
	AtCommunity PlaceKind = "community"
	AtPerson    PlaceKind = "person"
)

// Place is where something known here has its page.
type Place struct {
	Kind   PlaceKind
	ID     int64
	Handle string // of a community or person
}

// SitePage is a page of what search engines are told of.
type SitePage struct {
	Items []SiteItem
	Next  int64 // the id to go on after; 0 at the end
}

// SiteItem is one post or community, and when it last changed.
type SiteItem struct {
	ID      int64
	Handle  string // of a community
	Changed time.Time
}

// NodeCounts is what nodeinfo tells of this node.
type NodeCounts struct {
	People, ActiveMonth, ActiveHalfYear int // of this node
	Posts, Comments                     int // written by them
	Communities                         int
	ServersKnown                        int
}

// ModerationLine is a line of the public log of moderation.
type ModerationLine struct {
	ID        int64
	At        time.Time
	Verb      string
	Reason    string
	By        Person    // zero ID for the admin of the node
	Community Community // zero ID where none is concerned
	Target    string    // id or host of what was acted on
	PostID    int64     // 0 for none
	PostTitle string
	CommentID int64
	Person    Person // who was banned, appointed or dismissed; else who wrote it
	Until     time.Time
}

// Marks are what one person did to the posts and comments of a page.
type Marks struct {
	Votes map[Subject]int // 1 up, -1 down
	// Reacted is with which emoji they voted, where with one.
	Reacted map[Subject]string
	Saved   map[Subject]bool
	Read    map[int64]ReadMark // by post
	Hidden  map[int64]bool     // posts that they left out of their lists
	// Reported is what they reported, and nobody has dealt with yet.
	Reported map[Subject]bool
	// Watched and Muted are threads of which they want to hear all, or nothing.
	Watched, Muted map[int64]bool
}

// Shuns are whom somebody does not want to read: people and communities by number,
// servers by host.
type Shuns struct {
	People, Communities map[int64]bool
	Hosts               map[string]bool
}

// Of reports whether what somebody writes is not to be read.
func (s Shuns) Of(p *Person) bool { return s.People[p.ID] || !p.Local && s.Hosts[p.Host] }

// HiddenItem is a post that is left out of a list, with the reason.
type HiddenItem struct {
	Post  Post
	Why   string
	Which string // the keyword, language or server; empty for others
}

// ReadMark is how somebody left a thread when they last opened it.
type ReadMark struct {
	Last     int64 // the newest comment that was there
	Comments int   // how many there were
}

// Fresh is how many comments have come since.
func (m ReadMark) Fresh(now int) int { return max(0, now-m.Comments) }
