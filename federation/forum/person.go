package forum

import (
	"context"
	"slices"
	"strings"
	"time"
)

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
	Emoji       Emojis // in Title and BioHTML
	Inbox       string
	SharedInbox string // empty when its server has none

	AlsoKnownAs string // ids of other accounts of theirs, one a line
	MovedTo     string // id of the account that they have moved to; empty for none

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

// MaxAliases is how many other accounts somebody of this node names as theirs, and of
// others how many are kept.
const MaxAliases = 10

// MaxAliasesElsewhere is the same for people elsewhere.
const MaxAliasesElsewhere = 256

// Aliases are the ids of other accounts that somebody names as theirs.
func (p Person) Aliases() []string { return strings.Fields(p.AlsoKnownAs) }

// KnownAs reports whether somebody names another account as theirs.
func (p Person) KnownAs(uri string) bool { return uri != "" && slices.Contains(p.Aliases(), uri) }

// judgeMoved keeps who has moved away from going on in both places.
func judgeMoved(p *Person) *Refusal {
	if p.Local && p.MovedTo != "" {
		return &Refusal{Kind: Forbidden, Reason: "moved-away", Text: "This account has moved. Take the move back to go on here."}
	}
	return nil
}

// Move says that somebody goes on under another account, which must name this one as
// theirs: each has to say it, or anybody could take over the followers of anybody.
type Move struct {
	Person Person
	Target string // id
	// Asked is since when the target must have been asked what it says of itself; zero
	// where moveFresh tells.
	Asked  time.Time
	Origin Origin
}

// MoveFacts is what the rule needs to judge a Move.
type MoveFacts struct {
	Person    Person // as it is now
	Target    Person // zero ID when it is not known here
	Successor int64  // the account they have moved to before; 0 for none
	MovedAt   time.Time
	Blocked   bool // the server of one of them
	Left      bool // people here still follow the old account
	// Arrived is how many other accounts have moved to the target within moveAgain, and
	// Hops by how many moves within that time somebody came to the account that is to move.
	Arrived, Hops int
}

// moveAgain is how long somebody who has moved stays where they are. Mastodon has as
// much: followers should not be handed on from hand to hand.
const moveAgain = 7 * 24 * time.Hour

// maxArrivals is how many accounts may move to one within moveAgain, and maxHops over how
// many accounts followers are handed on within it: each of them is told each time.
const (
	maxArrivals = 20
	maxHops     = 2
)

// moveGoesOn is how long a Move that is said again moves who had not been moved yet.
const moveGoesOn = time.Hour

// again reports whether somebody elsewhere says once more what has been done: nobody is
// asked for that, nor moved who follows the old account since.
func (f *MoveFacts) again(now time.Time) bool {
	return !f.Person.Local && f.Target.ID != 0 && f.Successor == f.Target.ID && (!f.Left || now.Sub(f.MovedAt) > moveGoesOn)
}

// moveMost is how many followers are moved, or turned away, in one transaction.
const moveMost = 250

// moveFresh is how long ago the target of somebody who moves may have been asked what it
// says of itself.
const moveFresh = 10 * time.Minute

// MoveTx is what the verb needs for moves.
type MoveTx interface {
	// MoveFacts locks both accounts. lately is since when moves are counted.
	MoveFacts(ctx context.Context, a Move, lately time.Time) (MoveFacts, error)
	// SetMoved writes down where somebody is now, and when that was. Who reads nothing of
	// the old account reads nothing of the new one, unless they follow it.
	SetMoved(ctx context.Context, p Person, successor int64, at time.Time) error
	// FollowersToMove lists people of this node who follow the first of two, or have asked
	// to; stay is true at the index of who follows the second already, or reads nothing of it.
	FollowersToMove(ctx context.Context, from, to string, most int) (people []Person, stay []bool, err error)
	// OpenWall makes it possible to follow somebody.
	OpenWall(ctx context.Context, p Person) error
	// TellOfMove tells people that somebody they follow has moved.
	TellOfMove(ctx context.Context, people []Person, moved int64) error
}

func judgeMove(a *Move, f *MoveFacts, now time.Time) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from that server.")
	case f.Person.ID == 0 || f.Person.Gone:
		return no(Gone, "author-gone", "The account that is to move no longer exists.")
	case f.Target.ID == f.Person.ID:
		return no(Invalid, "moves-nowhere", "That is the same account.")
	case f.Successor != 0 && f.Successor != f.Target.ID && now.Sub(f.MovedAt) < moveAgain: // before anybody is asked
		return no(Forbidden, "moved-lately", "This account has moved within the last seven days.")
	case f.Successor != f.Target.ID && (f.Arrived >= maxArrivals || f.Hops >= maxHops):
		return no(Unavailable, "too-many-moves", "Too many accounts have moved there within the last seven days.")
	case f.Target.ID == 0 && a.Asked.IsZero():
		return no(NotFound, "no-such-actor", "The account to move to is not known.")
	case f.Target.Gone:
		return no(Gone, "person-gone", "The account to move to no longer exists.")
	case !f.Target.Local && f.Target.FetchedAt.Before(a.askedSince(now)):
		return no(Conflict, "target-not-asked", "What the account to move to says must be asked for anew.")
	case !f.Target.KnownAs(f.Person.URI):
		return no(Forbidden, "not-known-as", "The account to move to does not name this one as its own.")
	case f.Target.MovedTo != "":
		return no(Invalid, "target-moved", "The account to move to has moved itself.")
	}
	return nil
}

func (a *Move) askedSince(now time.Time) time.Time {
	if a.Asked.IsZero() {
		return now.Add(-moveFresh)
	}
	return a.Asked
}

// Move takes in that somebody has moved. Who follows the old account here follows the
// new one instead, and is told; what bans the old one in a community bans the new one.
// Of somebody of this node others are told, and they write here no more. more is true
// when not all followers were moved yet: the same act moves the next.
func (f *Forum) Move(ctx context.Context, tx Tx, a Move) (out Outcome, more bool, err error) {
	at := f.Now()
	facts, err := tx.MoveFacts(ctx, a, at.Add(-moveAgain))
	if err != nil {
		return out, false, err
	}
	if !facts.Blocked && facts.again(at) {
		return Outcome{ID: facts.Target.ID}, false, nil
	}
	if out, no := refusedBy(judgeMove(&a, &facts, at)); no {
		return out, false, nil
	}
	out.ID = facts.Target.ID
	if facts.Successor != facts.Target.ID || facts.Person.MovedTo != facts.Target.URI {
		out.Fresh = true
		p := facts.Person
		p.MovedTo, p.Updated = facts.Target.URI, at
		if !p.Local {
			p.Updated = facts.Person.Updated
		}
		if err := tx.SetMoved(ctx, p, facts.Target.ID, at); err != nil {
			return out, false, err
		}
		if err := f.tellMoved(ctx, tx, p, facts.Target); err != nil {
			return out, false, err
		}
	}
	moved, err := f.moveFollowers(ctx, tx, facts.Person, facts.Target)
	out.Fresh = out.Fresh || moved > 0
	return out, moved == moveMost, err
}

// tellMoved has somebody of this node say to everybody who knows them that they have moved.
func (f *Forum) tellMoved(ctx context.Context, tx Tx, p, target Person) error {
	if !p.Local {
		return nil
	}
	inboxes, err := tx.Acquainted(ctx, p.ID)
	if err != nil {
		return err
	}
	// What the document says comes first: who is told of the move looks at it.
	said := f.profile(p.Updated, func(e *Event) { e.Actor, e.Direct = p, inboxes })
	moved := &Event{Verb: VerbMove, At: p.Updated, Actor: p, Target: &target, Direct: inboxes, Origin: Origin{Activity: f.publisher.NewActivity()}}
	return f.publish(ctx, tx, []*Event{said, moved})
}

// moveFollowers has people of this node follow somebody's new account instead of the
// old, and tells them.
func (f *Forum) moveFollowers(ctx context.Context, tx Tx, from, to Person) (moved int, err error) {
	people, stay, err := tx.FollowersToMove(ctx, from.URI, to.URI, moveMost)
	if err != nil || len(people) == 0 {
		return 0, err
	}
	if err := tx.OpenWall(ctx, to); err != nil {
		return 0, err
	}
	var acts []Follow
	for i, p := range people {
		acts = append(acts, Follow{Person: p, Community: from.URI, Undo: true})
		if !stay[i] && p.ID != to.ID {
			acts = append(acts, Follow{Person: p, Community: to.URI})
		}
	}
	if _, err := f.Follow(ctx, tx, acts); err != nil {
		return 0, err
	}
	return len(people), tx.TellOfMove(ctx, people, from.ID)
}

// Return takes back that somebody of this node has moved. Whom their followers elsewhere
// follow now is not this node's to say.
func (f *Forum) Return(ctx context.Context, tx Tx, person string) (Outcome, error) {
	p, ok, err := tx.PersonByURI(ctx, person)
	if err != nil {
		return Outcome{}, err
	}
	if !ok || !p.Local || p.Gone {
		return refuse(NotFound, "no-such-actor", "No community or person of this node has that address."), nil
	}
	before := p
	p.MovedTo = ""
	return f.setProfile(ctx, tx, before, p)
}

// Claim is all the other accounts that somebody of this node names as theirs, so that
// these can move here.
func (f *Forum) Claim(ctx context.Context, tx Tx, person string, accounts []string) (Outcome, error) {
	p, ok, err := tx.PersonByURI(ctx, person)
	if err != nil {
		return Outcome{}, err
	}
	switch {
	case !ok || !p.Local || p.Gone:
		return refuse(NotFound, "no-such-actor", "No community or person of this node has that address."), nil
	case slices.Contains(accounts, p.URI):
		return refuse(Invalid, "moves-nowhere", "That is the same account."), nil
	case len(accounts) > MaxAliases:
		return refuse(Invalid, "too-many-aliases", "At most ten accounts can be named."), nil
	}
	before := p
	p.AlsoKnownAs = strings.Join(accounts, "\n")
	return f.setProfile(ctx, tx, before, p)
}
