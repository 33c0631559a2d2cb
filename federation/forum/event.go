package forum

import (
	"context"
	"time"
)

// Verb names what happened, in the log and to its readers.
type Verb string

// The verbs of the log.
const (
	VerbAccept   Verb = "accept"   // our community accepted a follower
	VerbReject   Verb = "reject"   // or we do not let them follow, or no more
	VerbFollow   Verb = "follow"   // a local person asks to follow a community elsewhere
	VerbUnfollow Verb = "unfollow" // and takes it back
	VerbSubmit   Verb = "submit"   // a post
	VerbReply    Verb = "reply"    // a comment
	VerbVote     Verb = "vote"     // Dir is 1 or -1; 0 takes a vote back

	VerbEdit     Verb = "edit"         // its author changed a post or comment
	VerbDelete   Verb = "delete"       // or took it back
	VerbUndelete Verb = "undelete"     // and brought it back again
	VerbProfile  Verb = "update-actor" // an actor of this node says something else of itself

	VerbDepart Verb = "depart" // a person of this node is no more
	VerbMove   Verb = "move"   // or goes on as Target

	VerbRemove   Verb = "remove" // a moderator took a post or comment away
	VerbRestore  Verb = "restore"
	VerbLock     Verb = "lock" // nobody but moderators answers in the thread
	VerbUnlock   Verb = "unlock"
	VerbPin      Verb = "pin" // the post stands first in its community
	VerbUnpin    Verb = "unpin"
	VerbBan      Verb = "ban" // somebody may not take part in a community
	VerbUnban    Verb = "unban"
	VerbAppoint  Verb = "appoint" // somebody moderates a community
	VerbDismiss  Verb = "dismiss"
	VerbBanish   Verb = "banish" // somebody may not take part in anything of a server
	VerbReadmit  Verb = "readmit"
	VerbWarn     Verb = "warn"     // a moderator to an author
	VerbReport   Verb = "report"   // to those who moderate
	VerbWithdraw Verb = "withdraw" // a report
	VerbResolve  Verb = "resolve"  // a report has been dealt with

	VerbRelocate Verb = "relocate" // a post goes on in another community

	VerbMessage       Verb = "message" // to one person, who alone is told
	VerbMessageEdit   Verb = "message-edit"
	VerbMessageDelete Verb = "message-delete"

	VerbChoose Verb = "choose" // a local person votes in a poll elsewhere
	VerbTally  Verb = "tally"  // how many have voted in a poll

	VerbRequest Verb = "request" // asks the author of a post whether our community may announce it

	VerbQuote   Verb = "quote"   // somebody may quote what was written here
	VerbUnquote Verb = "unquote" // and no more
	VerbAsk     Verb = "ask"     // a local person asks to quote what was written elsewhere
)

// Lane is one of the three streams in which a server is told things. An
// activity never waits for one in another lane.
type Lane int8

// The lanes.
const (
	LaneDirect  Lane = 1 // Accept, Reject and what goes to named recipients
	LaneContent Lane = 2 // posts, comments, moderation
	LaneVotes   Lane = 3
)

// Lane returns the lane that announcements of the verb travel in.
func (v Verb) Lane() Lane {
	if v == VerbVote || v == VerbChoose {
		return LaneVotes
	}
	return LaneContent
}

// Origin tells how an act reached us. The zero Origin is an act begun here.
type Origin struct {
	Activity string // id of the activity; minted for acts begun here
	Raw      []byte // the activity exactly as it came, without any Announce around it
	Fetched  bool   // there was no activity: the object was fetched at its origin
	Via      int64  // the community whose Announce carried it; 0 when it came directly
	Server   string // host of that community, where it is one of another server
}

// within is the origin as a thread of that community has it: what another community of
// its server announced counts as announced by it. A post may be on its way from one to the
// other, and what is said of it where it goes may come before the move. One server holds
// the keys of both.
func (o Origin) within(c *Community) Origin {
	if o.Via != 0 && o.Server != "" && o.Server == c.Host && !c.Local && !c.Wall {
		o.Via = c.ID
	}
	return o
}

// Event is one accepted act, as the log and the Publisher see it.
type Event struct {
	Verb      Verb
	At        time.Time // when the act took effect: later wins
	Actor     Person
	Community Community // whose followers hear of it, when it is ours; else where it goes
	Post      *Post     // the thread concerned
	Comment   *Comment  // the comment concerned, if any
	Message   *Message  // of the verbs for messages
	Grant     *Grant    // of those for quotes
	Dir       int       // of a vote
	WasDir    int       // what a vote was before, so that an Undo can name it
	Emoji     string    // with which somebody here votes; empty for a plain vote
	WasEmoji  string    // with which they voted before
	Undoes    string    // id of the activity taken back, when it is known
	Choice    string    // what was chosen in a poll
	Of        int64     // told_xid of what this changes or undoes; 0 for what is new
	Boost     string    // id of the Announce by which microblogs were told of the post
	Target    *Person   // whom an act of a moderator is about; nil where that is what somebody wrote
	Reason    string    // of moderation and reports
	Until     time.Time // of a ban; zero means for good
	Along     bool      // as in Moderation
	Reporter  string    // id of whose report an event resolves
	Origin    Origin

	// To is where a post goes on that leaves Community.
	To *Community

	// Announce is true when our community tells its followers.
	Announce bool
	// Direct lists the inboxes of named recipients, who get the act itself.
	Direct []string
	// Readers is true when those who follow the actor, who is of this node, get the
	// act itself as well, but where they hear of it by the community.
	Readers bool
	// Echo lists inboxes that get the announcement although they may hold no
	// follower: the author's own server, which shows the act as pending until then.
	Echo []string
	// Apart is true of what those alone are told whom Echo lists: reports.
	Apart bool
	// Micro is true of what microblogs alone are told: forums hear of it by another event.
	Micro bool
}

// Subject is the id of the object an event is about; deliveries about one
// subject keep their order.
func (e *Event) Subject() string {
	switch {
	case e.Message != nil:
		return e.Message.URI
	case e.Verb == VerbMove: // after what the old account says of itself
		return e.Actor.URI
	case e.Grant != nil:
		return e.Grant.ID
	case e.Target != nil:
		return e.Target.URI
	case e.Comment != nil:
		return e.Comment.URI
	case e.Post != nil:
		return e.Post.URI
	case e.Community.URI != "":
		return e.Community.URI
	}
	return e.Actor.URI
}

// Author is the id of who wrote the post or comment that an event is about.
func (e *Event) Author() string {
	switch {
	case e.Comment != nil:
		return e.Comment.Author.URI
	case e.Post != nil:
		return e.Post.Author.URI
	}
	return ""
}

// Parent is the id of what the subject answers; empty when it answers nothing.
func (e *Event) Parent() string {
	if e.Comment != nil {
		return e.Comment.InReplyTo
	}
	return ""
}

// Document is something to send and to serve at its id.
type Document struct {
	ID     string // an address of ours
	Body   []byte
	Signer string // actor id whose key signs it
	Public bool   // addressed to Public: served to anybody who asks for its id
}

// Rendering is what an event says to other servers. Any part may be nil.
type Rendering struct {
	Forum  *Document // the whole activity inside an Announce (FEP-1b12)
	Micro  *Document // what microblogs are told of posts: an Announce of the id, its Undo, or what the author says
	Direct *Document // the act itself, of people here: for named recipients, and at its id
	Chat   *Document // the same for forums that take messages as ChatMessage alone
}

// Publisher turns events into documents. It is called inside the transaction
// of the act and must not block on anything.
type Publisher interface {
	Publish(ctx context.Context, e *Event) (Rendering, error)
	NewActivity() string // mints an id
	NewMessage() string  // likewise of a message
	NewQuote() string    // and of what allows to quote
	PostURI(id int64) string
	CommentURI(id int64) string
	CommunityURI(name string) string
	PersonURI(name string) string
	Host() string
}

// EventTx writes the log.
type EventTx interface {
	// AppendEvents adds one log row per event, in order, with its rendering, in
	// the same transaction as the effect. renderings has the length of events. With
	// them it records the ids under which new posts and comments were announced.
	AppendEvents(ctx context.Context, events []*Event, renderings []Rendering, made []Announcement) error
}

// publish renders events and appends them to the log.
func (f *Forum) publish(ctx context.Context, tx Tx, events []*Event) error {
	if len(events) == 0 {
		return nil
	}
	renderings := make([]Rendering, len(events))
	var made []Announcement
	for i, e := range events {
		r, err := f.publisher.Publish(ctx, e)
		if err != nil {
			return err
		}
		renderings[i] = r
		if a, ok := announcement(e, &r); ok {
			made = append(made, a)
		}
	}
	return tx.AppendEvents(ctx, events, renderings, made)
}

// announcement names the ids under which a new post or comment was announced, so
// that they can be served, and undone, when the log no longer holds them.
func announcement(e *Event, r *Rendering) (Announcement, bool) {
	again := e.Verb == VerbUndelete && r.Micro != nil
	if r.Forum == nil || (e.Verb != VerbSubmit && e.Verb != VerbReply && !again) {
		return Announcement{}, false
	}
	a := Announcement{PostID: e.Post.ID, CommunityID: e.Community.ID, Announce: r.Forum.ID, Again: again}
	if r.Micro != nil {
		a.Boost = r.Micro.ID
	}
	if e.Comment != nil {
		a.CommentID = e.Comment.ID
	}
	return a, true
}
