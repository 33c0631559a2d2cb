package forum

import (
	"context"
	"time"
)

// Message is what one person writes to another, and nobody else reads.
type Message struct {
	ID        int64
	URI       string
	From, To  Person
	Text      Text
	Emoji     Emojis // in Text
	Warning   string // shown before the text; may be empty
	InReplyTo string // id of a message, or of a post or comment; may be empty
	Others    int    // further people to whom it was addressed
	Published Stamp
	Edited    time.Time // zero when it never was
	Edits     int       // how often it was
	Deleted   bool      // by its author: the words are gone
}

// Bounds of messages, and of what somebody can do who is not wanted yet.
const (
	MaxMessageSource  = 10_000 // bytes, written here; Lemmy stores no longer one
	MaxMessage        = 50_000 // bytes, from elsewhere
	MaxMessagesADay   = 500    // of one person to another
	MaxMessageEdits   = 20     // of one message
	MaxUnanswered     = 5      // of a stranger, until they are answered or let in
	MaxStrangersADay  = 20     // people whom one person writes to for the first time
	MaxOfServerADay   = 200    // people here to whom the people of one server do
	MaxRequests       = 100    // open ones of one person
	MaxServerRequests = 20     // of those, from one server
)

// MessageState is how somebody here stands to another who writes to them.
type MessageState int8

// The states of a conversation, of each side apart.
const (
	NoMessages MessageState = 0
	Requested  MessageState = 1 // a stranger asks
	Welcome    MessageState = 2
	Unwanted   MessageState = 3
)

// From whom somebody here takes messages, as they set it. Whom they have written to
// can always answer.
const (
	TakesAll      = "" // strangers' as requests
	TakesFollowed = "follows"
	TakesNone     = "nobody"
)

// Correspondence is what the rule needs to judge a message.
type Correspondence struct {
	Blocked bool         // the server of one of the two
	Gone    bool         // whom it is to
	Account bool         // whom it is to can read it here
	Shunned bool         // by whom it is to
	Shuns   bool         // whoever writes does not read whom it is to
	Takes   string       // by whom it is to
	Follows bool         // whom it is to follows whoever writes
	State   MessageState // of whom it is to
	Wrote   bool         // whom it is to has written to whoever writes
	Before  bool         // there were messages before

	Unanswered     int // messages since they were last answered
	Today          int // messages to this one in a day
	Strangers      int // to whom whoever writes wrote for the first time, in a day
	ServerToday    int // the same of all of their server, to people here
	Requests       int // open ones of whom it is to
	ServerRequests int // of those, from the server of whoever writes
}

// MessageTx is what the verbs for messages need. What people write to each other
// belongs to them alone, so it is kept apart from all else and is no part of Tx.
type MessageTx interface {
	// Correspondence answers for who writes to whom, as of a moment.
	Correspondence(ctx context.Context, from, to Person, now time.Time) (Correspondence, error)
	// Messages finds a message by its id, one for each to whom it is, and locks them.
	Messages(ctx context.Context, uri string) ([]Message, error)
	// KeepMessage writes a message. For whom it is to, it stands in a conversation of
	// that state; whoever writes has it among those they want. It returns 0 when it is
	// here already, or was deleted before it came.
	KeepMessage(ctx context.Context, m *Message, state MessageState, now time.Time) (int64, error)
	// ReviseMessage writes the words of a message anew, at Edited.
	ReviseMessage(ctx context.Context, m *Message) error
	// EmptyMessages takes the words away from all messages with an id.
	EmptyMessages(ctx context.Context, uri string) error
	// ForgetMessages takes away all that somebody wrote who is gone.
	ForgetMessages(ctx context.Context, person int64) error
}

// Send is a message to be written, or to say something else.
type Send struct {
	Message  Message
	Edit     bool      // it may be here already, and says something else now
	Newcomer bool      // whoever writes has an account that nobody has released yet
	Received time.Time // of one from elsewhere
	At       time.Time // of an edit; zero when nobody said
}

// judgeApart says why two people exchange nothing, neither new words nor others in the
// place of old ones. Nobody learns by it that they were blocked or refused.
func judgeApart(m *Message, c *Correspondence) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case c.Blocked:
		return no(Forbidden, "server-blocked", "This server does not exchange anything with the other one.")
	case m.From.Gone:
		return no(Gone, "author-gone", "The author's account no longer exists.")
	case c.Gone:
		return no(Gone, "person-gone", "This account no longer exists.")
	case c.Shuns:
		return no(Forbidden, "you-block-them", "You have blocked this person.")
	case c.Shunned:
		return no(Forbidden, "takes-no-messages", "This person takes no messages from you.")
	}
	return nil
}

// judgeMessage says why a message may not be written.
func judgeMessage(a *Send, c *Correspondence) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	m := &a.Message
	if r := judgeMoved(&m.From); r != nil {
		return r
	}
	shut := no(Forbidden, "takes-no-messages", "This person takes no messages from you.")
	if r := judgeApart(m, c); r != nil {
		return r
	}
	switch {
	case m.From.ID == m.To.ID:
		return no(Invalid, "to-oneself", "That is yourself.")
	case m.To.Local && !c.Account:
		return shut
	}
	if r := judgeMessageText(m); r != nil {
		return r
	}
	if c.Today >= MaxMessagesADay {
		return no(Unavailable, "messages-enough", "That is enough for a day.")
	}
	if c.State == Welcome || c.Follows || c.Wrote {
		return nil
	}
	switch {
	case c.Takes == TakesNone, c.Takes == TakesFollowed:
		return shut
	case a.Newcomer:
		return no(Forbidden, "not-released", "Your account is new. You can answer messages; to begin some, wait until an admin has released it.")
	case c.Unanswered >= MaxUnanswered:
		return no(Unavailable, "wait-for-answer", "Wait until you are answered.")
	case c.Before:
		return nil
	case c.Strangers >= MaxStrangersADay, !m.From.Local && c.ServerToday >= MaxOfServerADay:
		return no(Unavailable, "strangers-enough", "You have written to enough people for a day who do not know you.")
	case c.Requests >= MaxRequests, !m.From.Local && c.ServerRequests >= MaxServerRequests:
		return shut
	}
	return nil
}

// judgeMessageEdit says why a message may not be changed.
func judgeMessageEdit(m, was *Message, c *Correspondence) *Refusal {
	if r := judgeApart(m, c); r != nil {
		return r
	}
	if was.Edits >= MaxMessageEdits {
		return &Refusal{Kind: Unavailable, Reason: "edits-enough", Text: "That has been changed often enough."}
	}
	return judgeMessageText(m)
}

func judgeMessageText(m *Message) *Refusal {
	most := MaxMessageSource
	if !m.From.Local {
		most = MaxMessage
	}
	switch {
	case m.Text.HTML == "":
		return &Refusal{Kind: Invalid, Reason: "empty", Text: "A message needs a text."}
	case len(m.Text.Source) > most:
		return &Refusal{Kind: Invalid, Reason: "text-too-long", Text: "This text is too long."}
	}
	return nil
}

// refusedBy is the outcome of what was judged, if that was a no.
func refusedBy(r *Refusal) (Outcome, bool) { return Outcome{Refused: r}, r != nil }

// Send writes a message, and tells the server of whom it is to, and no other. What
// somebody writes who was refused is taken without effect.
func (f *Forum) Send(ctx context.Context, tx Tx, box MessageTx, a Send) (Outcome, error) {
	m := &a.Message
	if m.URI != "" {
		all, err := box.Messages(ctx, m.URI)
		if err != nil {
			return Outcome{}, err
		}
		for i := range all {
			if all[i].To.ID == m.To.ID {
				return f.resend(ctx, tx, box, &a, &all[i])
			}
		}
	}
	now := f.Now()
	c, err := box.Correspondence(ctx, m.From, m.To, now)
	if err != nil {
		return Outcome{}, err
	}
	if out, no := refusedBy(judgeMessage(&a, &c)); no {
		return out, nil
	}
	state := Requested
	switch {
	case c.State == Unwanted && !m.From.Local:
		return Outcome{}, nil
	case c.State == Unwanted:
		state = Unwanted // whoever wrote it has it all the same
	case c.State == Welcome || c.Follows || c.Wrote:
		state = Welcome
	}
	if m.From.Local {
		m.URI, m.Published = f.publisher.NewMessage(), Stamp{Time: now}
	} else if m.Published.IsZero() || m.Published.Time.After(a.Received) {
		m.Published = Stamp{Time: a.Received}
	}
	if m.ID, err = box.KeepMessage(ctx, m, state, now); err != nil || m.ID == 0 {
		return Outcome{}, err
	}
	return Outcome{Fresh: true, ID: m.ID}, f.tell(ctx, tx, VerbMessage, m, m.Published.Time)
}

// resend takes in a message that is here: nothing new, or an edit.
func (f *Forum) resend(ctx context.Context, tx Tx, box MessageTx, a *Send, was *Message) (Outcome, error) {
	m := &a.Message
	switch {
	case was.From.ID != m.From.ID:
		return refuse(Forbidden, "not-author", "Only its author can change this."), nil
	case was.Deleted:
		return refuse(Gone, "deleted", "This has been deleted."), nil
	case !a.Edit:
		return Outcome{ID: was.ID}, nil
	}
	c, err := box.Correspondence(ctx, m.From, m.To, f.Now())
	if err != nil {
		return Outcome{}, err
	}
	if out, no := refusedBy(judgeMessageEdit(m, was, &c)); no {
		return out, nil
	}
	if c.State == Unwanted && !m.From.Local {
		return Outcome{ID: was.ID}, nil
	}
	at := f.Now()
	if !a.At.IsZero() && a.At.Before(at) {
		at = a.At
	}
	if !at.After(was.Edited) || was.Text == m.Text && was.Warning == m.Warning {
		return Outcome{ID: was.ID}, nil
	}
	now := *was
	now.Text, now.Emoji, now.Warning, now.Edited = m.Text, m.Emoji, m.Warning, at
	if err := box.ReviseMessage(ctx, &now); err != nil {
		return Outcome{}, err
	}
	return Outcome{Fresh: true, ID: was.ID}, f.tell(ctx, tx, VerbMessageEdit, &now, at)
}

// Unsend takes back a message for good, by its author.
func (f *Forum) Unsend(ctx context.Context, tx Tx, box MessageTx, uri string, by Person) (Outcome, error) {
	all, err := box.Messages(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if len(all) == 0 {
		return refuse(NotFound, "no-such-thing", "There is nothing here with that name."), nil
	}
	if all[0].From.ID != by.ID {
		return refuse(Forbidden, "not-author", "Only its author can change this."), nil
	}
	if all[0].Deleted {
		return Outcome{ID: all[0].ID}, nil
	}
	if err := box.EmptyMessages(ctx, uri); err != nil {
		return Outcome{}, err
	}
	all[0].Text, all[0].Warning = Text{}, ""
	return Outcome{Fresh: true, ID: all[0].ID}, f.tell(ctx, tx, VerbMessageDelete, &all[0], f.Now())
}

// tell has the server of whom a message is to hear of it: nobody else does, and
// nobody at all where both live here.
func (f *Forum) tell(ctx context.Context, tx Tx, verb Verb, m *Message, at time.Time) error {
	if !m.From.Local || m.To.Local || m.To.Inbox == "" {
		return nil
	}
	return f.publish(ctx, tx, []*Event{{
		Verb: verb, At: at, Actor: m.From, Message: m, Direct: []string{m.To.Inbox}, Origin: Origin{Activity: f.publisher.NewActivity()},
	}})
}
