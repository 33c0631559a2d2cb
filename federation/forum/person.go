package forum

import "time"

// MaxLinks is how many links a profile has at most: as many as Mastodon shows.
const MaxLinks = 4

// ProfileLink is a page elsewhere that somebody names as theirs.
type ProfileLink struct {
	Label string // at most MaxLabel runes; empty for the address alone
	URL   string
}

// MaxLabel is how long the label of a link may be, in runes.
const MaxLabel = 50

// Links are those of a profile; empty ones are none.
type Links [MaxLinks]ProfileLink

// Person is somebody who writes, votes or follows, here or on another server.
type Person struct {
	ID    int64
	URI   string // ActivityPub id
	Name  string // preferredUsername, as written by its server
	Host  string // host[:port] of URI, ours for local people
	Local bool
	Bot   bool // type Service: its votes do not count on some peers

	Title       string // display name; empty when none was given
	BioSource   string // Markdown, or the HTML that came in
	BioHTML     string // sanitised
	AvatarURL   string // as served by its server; never loaded by a reader directly
	BannerURL   string // likewise
	Links       Links
	Emoji       Emojis // in Title
	Inbox       string
	SharedInbox string // empty when its server has none

	Discoverable bool // may be found by name and listed
	Indexable    bool // what they write may be found by its words (FEP-5feb)

	PublicKey string // SPKI PEM; empty when not known
	KeyID     string

	Published time.Time // when the account was made; zero when unknown
	Updated   time.Time
	FetchedAt time.Time // zero for local people
	Gone      bool      // its server said 410, or it was purged
	Posts     int
	Comments  int
}

// Handle is "name" for local people and "name@host" for others, the form used
// in page addresses.
func (p Person) Handle() string { return handle(p.Name, p.Host, p.Local) }

// DeliverTo is the inbox that activities for this person go to when they need
// not reach it alone: the shared inbox where its server has one.
func (p Person) DeliverTo() string {
	if p.SharedInbox != "" {
		return p.SharedInbox
	}
	return p.Inbox
}

func handle(name, host string, local bool) string {
	if local {
		return name
	}
	return name + "@" + host
}
