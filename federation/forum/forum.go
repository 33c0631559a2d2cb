// Package forum is the heart of Stoa: the nouns of a discussion server, the
// rules that say who may do what, and one function per act.
//
// A form on a page and a signed activity from another server are two ways of
// saying the same verb, so both doors call the same functions here. A verb takes
// a slice of acts of one kind, because votes arrive by the thousand: facts for
// all of them are gathered by one query, a pure rule judges each, the effects
// are written as sets, and each accepted act leaves one event in the log. All of
// it happens in the transaction the caller passes in.
//
// The package knows no SQL, no HTTP and no JSON. What it needs of the database
// is the interface Tx; what it needs of the wire is the interface Publisher.
package forum

import (
	"time"
)

// Limits on what is written here. Text from other servers is only held to the
// bounds of a request, and cut where a peer could not store it.
const (
	MaxTitle          = 200    // runes of a post's title; Lemmy cuts there
	MaxCommunityTitle = 50     // runes; Lemmy 1.0 cannot store a longer one
	MaxNodeName       = 20     // runes; Lemmy keeps no site row otherwise
	MaxNodeSummary    = 150    // runes; likewise
	MaxPostSource     = 50_000 // bytes of a local post's text
	MaxCommentSource  = 10_000 // bytes of a local comment's text
	MaxDepth          = 50     // replies; deeper foreign ones hang at this depth
	MaxCrossposts     = 5      // further communities one object may be put into
)

// Forum carries out acts. It holds no state of its own and is safe for
// concurrent use.
type Forum struct {
	publisher Publisher
	clock     func() time.Time

	// TallyRest is how long the totals of a poll are left to change before others are
	// told of them. 3 min.
	TallyRest time.Duration
}

// New returns a Forum whose accepted acts are rendered by p. A nil clock means
// time.Now.
func New(p Publisher, clock func() time.Time) *Forum {
	if clock == nil {
		clock = time.Now
	}
	return &Forum{publisher: p, clock: clock, TallyRest: tallyRest}
}

// Now is the forum's time: UTC, cut to the microseconds that Postgres keeps and
// that documents carry, so that a time is the same in both.
func (f *Forum) Now() time.Time { return f.clock().UTC().Truncate(time.Microsecond) }

// Tx is what the verbs need of one database transaction. Every method works
// inside that transaction; none opens or ends one.
type Tx interface {
	PostTx
	CommentTx
	VoteTx
	PollTx
	FollowTx
	ModerationTx
	ReportTx
	WrittenTx
	ProfileTx
	EventTx
}

// Outcome tells what became of one act, at the index the act had.
type Outcome struct {
	// Refused is why the act had no effect; nil when it was accepted.
	Refused *Refusal
	// Fresh is true when the act changed something. An act that repeats what is
	// already so is accepted without effect.
	Fresh bool
	// Gone is true when what was made was deleted by its author before it came: it
	// has a place, and its words should be kept nowhere else.
	Gone bool
	// ID is the database id of what was made, where the verb makes something.
	ID int64
}

// refuse fills an outcome with a refusal.
func refuse(kind Kind, reason, text string) Outcome {
	return Outcome{Refused: &Refusal{Kind: kind, Reason: reason, Text: text}}
}

// intake sorts the acts of a batch that bring new objects: what is here already,
// what is refused, what repeats another of the batch, and what is to be written.
type intake struct {
	out   []Outcome
	todo  []int          // indexes of the acts to write
	first map[string]int // acts to write by the id of their object
	twins map[int]int    // acts that repeat one of those
}

func newIntake(acts int) *intake {
	return &intake{out: make([]Outcome, acts), first: map[string]int{}, twins: map[int]int{}}
}

// sort puts one act where it belongs. uri is empty for what is written here.
func (in *intake) sort(act int, uri string, existing int64, r *Refusal) {
	one, again := in.first[uri]
	switch {
	case existing != 0:
		in.out[act].ID = existing
	case r != nil:
		in.out[act].Refused = r
	case again && uri != "":
		in.twins[act] = one
	default:
		in.first[uri] = act
		in.todo = append(in.todo, act)
	}
}

// written notes what became of an act, and of those that repeat it.
func (in *intake) written(act int, id int64) {
	in.out[act] = Outcome{Fresh: true, ID: id}
	for twin, one := range in.twins {
		if one == act {
			in.out[twin].ID = id
		}
	}
}
