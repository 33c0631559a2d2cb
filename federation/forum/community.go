package forum

import "time"

// Community is a place for posts: an ActivityPub Group, ours or another
// server's.
type Community struct {
	ID    int64
	URI   string
	Name  string
	Host  string
	Local bool

	Title         string // display name
	SummarySource string // Markdown, or the HTML that came in
	SummaryHTML   string // sanitised
	IconURL       string
	BannerURL     string
	RulesSource   string // Markdown; of ours alone, as with others they are a part of the summary
	RulesHTML     string
	Language      string // in which people write there; empty when not said
	Emoji         Emojis // in Title
	PostTags      PostTags
	Untitled      bool // posts that people of this node write there need no title
	Sensitive     bool
	Inbox         string
	SharedInbox   string
	FollowersURL  string // for addressing; {URI}/followers for ours
	PublicKey     string
	KeyID         string

	Discoverable bool // may be found by name and listed
	Indexable    bool // what is written there may be found by its words (FEP-5feb)

	Restricted bool // only its moderators post there, as in a channel of videos
	Wall       bool // of a person elsewhere who is followed here: what they write into no community

	Published time.Time
	Updated   time.Time
	FetchedAt time.Time // zero for ours
	Removed   bool      // taken away by an admin; nothing can be posted
	Gone      bool      // its server said 410

	Followers int // accepted follows known here
	Posts     int
	Comments  int
}

// Handle is "name" for our communities and "name@host" for others.
func (c Community) Handle() string { return handle(c.Name, c.Host, c.Local) }

// DeliverTo is the inbox that activities for this community go to.
func (c Community) DeliverTo() string {
	if c.SharedInbox != "" {
		return c.SharedInbox
	}
	return c.Inbox
}
