package forum

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

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

	// Said is what the server of a community elsewhere wrote of it, whole. It is read by
	// CommunitySays alone.
	Said string

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

// voice is a community as whoever acts: what it says is not said by anybody in it.
func (c Community) voice() Person {
	return Person{URI: c.URI, Name: c.Name, Host: c.Host, Local: c.Local, Inbox: c.Inbox, SharedInbox: c.SharedInbox}
}

// NewActor is a community or person to be made here.
type NewActor struct {
	Name       string // 2 to 20 of a–z, 0–9 and _, never changed and never used again
	Title      string
	Summary    Text
	PrivateKey string // PKCS#8 PEM, RSA-2048
	PublicKey  string // SPKI PEM
	Bot        bool   // of a person: a program acts in its name

	// Of a community; see Community.
	Sensitive, Restricted, Untitled bool
	Rules                           Text
	Language                        string
	// By is who makes a community by a page; nil for the admin's commands.
	By *Founder
}

// Founder is what somebody here is who wants to make a community.
type Founder struct {
	Admin    bool
	Newcomer bool // with an account that nobody has released yet
	Open     bool // the node lets everybody with an account
}

// Judge says why somebody may not make communities. A newcomer would be the moderator of
// one, and what they said of it would be told to everybody unseen.
func (f Founder) Judge() *Refusal {
	switch {
	case f.Admin:
		return nil
	case !f.Open:
		return &Refusal{Kind: Forbidden, Reason: "not-allowed", Text: "On this server only admins make communities."}
	case f.Newcomer:
		return &Refusal{Kind: Forbidden, Reason: "found-unreleased", Text: "You can make communities once an admin has released your first post."}
	}
	return nil
}

// FoundingTx is what making communities and people needs.
type FoundingTx interface {
	// ReserveName takes a name for ever; false when it was ever taken, by a
	// person or a community.
	ReserveName(ctx context.Context, name string, at time.Time) (bool, error)
	InsertCommunity(ctx context.Context, c Community, privateKey string) (int64, error)
	InsertPerson(ctx context.Context, p Person, privateKey string) (int64, error)
}

// CheckName says whether a name can be given to a community or person here.
// Ids are lower case, since some peers compare them so.
func CheckName(name string) *Refusal {
	if len(name) < 2 || len(name) > 20 {
		return &Refusal{Kind: Invalid, Reason: "bad-name", Text: "A name has 2 to 20 characters."}
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return &Refusal{Kind: Invalid, Reason: "bad-name", Text: "A name is made of a–z, 0–9 and _."}
		}
	}
	return nil
}

func (f *Forum) checkActor(ctx context.Context, tx FoundingTx, a *NewActor, maxTitle int) (*Refusal, error) {
	if r := CheckName(a.Name); r != nil {
		return r, nil
	}
	a.Title = strings.TrimSpace(a.Title)
	if utf8.RuneCountInString(a.Title) > maxTitle {
		return &Refusal{Kind: Invalid, Reason: "title-too-long", Text: "The title is too long: at most 50 characters."}, nil
	}
	free, err := tx.ReserveName(ctx, a.Name, f.Now())
	if err != nil {
		return nil, err
	}
	if !free {
		return &Refusal{Kind: Conflict, Reason: "name-taken", Text: "The name " + a.Name + " is or was in use by a person or community here."}, nil
	}
	return nil, nil
}

// FoundCommunity makes a community of ours.
func (f *Forum) FoundCommunity(ctx context.Context, tx FoundingTx, a NewActor) (Outcome, error) {
	if a.By != nil {
		if out, no := refusedBy(a.By.Judge()); no {
			return out, nil
		}
	}
	r, err := f.checkActor(ctx, tx, &a, MaxCommunityTitle)
	if err != nil || r != nil {
		return Outcome{Refused: r}, err
	}
	if a.Title == "" {
		a.Title = a.Name
	}
	uri := f.publisher.CommunityURI(a.Name)
	id, err := tx.InsertCommunity(ctx, Community{
		URI: uri, Name: a.Name, Host: f.publisher.Host(), Local: true, Title: a.Title,
		SummarySource: a.Summary.Source, SummaryHTML: a.Summary.HTML,
		Inbox: uri + "/inbox", FollowersURL: uri + "/followers",
		PublicKey: a.PublicKey, KeyID: uri + "#main-key", Published: f.Now(), Sensitive: a.Sensitive, Restricted: a.Restricted,
		Untitled: a.Untitled, RulesSource: a.Rules.Source, RulesHTML: a.Rules.HTML, Language: a.Language,
	}, a.PrivateKey)
	return Outcome{Fresh: err == nil, ID: id}, err
}

// FoundPerson makes a person of ours.
func (f *Forum) FoundPerson(ctx context.Context, tx FoundingTx, a NewActor) (Outcome, error) {
	if a.By != nil {
		if out, no := refusedBy(a.By.Judge()); no {
			return out, nil
		}
	}
	r, err := f.checkActor(ctx, tx, &a, MaxCommunityTitle)
	if err != nil || r != nil {
		return Outcome{Refused: r}, err
	}
	uri := f.publisher.PersonURI(a.Name)
	id, err := tx.InsertPerson(ctx, Person{
		URI: uri, Name: a.Name, Host: f.publisher.Host(), Local: true, Title: a.Title,
		BioSource: a.Summary.Source, BioHTML: a.Summary.HTML, Inbox: uri + "/inbox",
		PublicKey: a.PublicKey, KeyID: uri + "#main-key", Published: f.Now(), Bot: a.Bot,
	}, a.PrivateKey)
	return Outcome{Fresh: err == nil, ID: id}, err
}
