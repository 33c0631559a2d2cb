package forum

import (
	"context"
	"time"
)

// Follow asks to be told what happens in a community, or takes that back.
type Follow struct {
	Person    Person
	Community string // id of the community
	Undo      bool
	At        time.Time // zero when nobody said: then it counts from its arrival
	Undoes    string    // with Undo: id of the Follow taken back, if it was named
	Origin    Origin
}

// FollowState says how far a follow has come.
type FollowState int8

// The states of a follow. One that was taken back is kept as NotFollowing, so
// that it is not revived by a Follow that arrives after its Undo.
const (
	NotFollowing FollowState = 0
	Pending      FollowState = 1 // asked, not answered yet
	Following    FollowState = 2
)

// HeldFollow is a follow as it is kept.
type HeldFollow struct {
	PersonID, CommunityID int64
	State                 FollowState
	At                    time.Time
	Activity, Undone      string
}

// FollowFacts is what the rule needs to judge a Follow.
type FollowFacts struct {
	Community Community // zero ID when it is not known here
	Held      HeldFollow
	Blocked   bool
	Gone      bool // the follower
	Banned    bool // the follower, from the community
}

// FollowTx is what the verbs need for follows.
type FollowTx interface {
	// FollowFacts answers for each act at its index and locks the follows.
	FollowFacts(ctx context.Context, acts []Follow) ([]FollowFacts, error)
	// SaveFollow writes a follow, the follower count of the community and, for a
	// community of ours, the interval of the log that the follower's inbox gets:
	// it opens at this moment with the first follower behind that inbox, and
	// closes with the last.
	SaveFollow(ctx context.Context, h HeldFollow, follower Person, community Community) error
}

func judgeFollow(a *Follow, f *FollowFacts) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the follower's server.")
	case f.Gone:
		return no(Gone, "author-gone", "The follower's account no longer exists.")
	case f.Community.ID == 0:
		return no(NotFound, "no-such-community", "There is no such community here.")
	case !f.Community.Local && !a.Person.Local:
		return no(Forbidden, "not-ours", "This community lives on another server.")
	case a.Undo: // leaving is always allowed
		return nil
	case f.Community.Removed || f.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case f.Banned && !a.Person.Local: // whoever lives here reads it anyway
		return no(Forbidden, "banned", "The moderators of this community have banned you from it.")
	}
	return nil
}

// on returns the follow held after an act, by the rules of votes: the later wins,
// one without a time is later than whatever is held, and one taken back by name
// stays so.
func (a *Follow) on(held HeldFollow, c Community, now time.Time) HeldFollow {
	next := HeldFollow{PersonID: a.Person.ID, CommunityID: c.ID, At: a.At, Activity: a.Origin.Activity}
	if next.At.IsZero() {
		next.At = after(held.At, now)
	}
	switch {
	case a.Undo:
		next.State, next.Undone = NotFollowing, a.Undoes
	case c.Local:
		next.State = Following
	default:
		next.State = max(held.State, Pending)
	}
	if held.PersonID == 0 || replaces(next.At, next.Activity, held.At, held.Activity, held.Undone) {
		return next
	}
	return held
}

// Follow begins or ends follows. A community of ours accepts at once, and again
// when it is asked again, since the first answer may have been lost; a community
// elsewhere is asked, and the follow is Pending until it answers.
func (f *Forum) Follow(ctx context.Context, tx Tx, acts []Follow) ([]Outcome, error) {
	for i := range acts {
		if acts[i].Person.Local && acts[i].Origin.Activity == "" {
			acts[i].Origin.Activity = f.publisher.NewActivity()
		}
	}
	facts, err := tx.FollowFacts(ctx, acts)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(acts))
	held := map[[2]int64]HeldFollow{}
	var events []*Event
	for i := range acts {
		a, fact := &acts[i], &facts[i]
		if r := judgeFollow(a, fact); r != nil {
			out[i].Refused = r
			if r.Reason == "banned" {
				e, err := f.reject(ctx, tx, a, fact)
				if err != nil {
					return nil, err
				}
				events = append(events, e)
			}
			continue
		}
		key := [2]int64{a.Person.ID, fact.Community.ID}
		if h, ok := held[key]; ok {
			fact.Held = h
		}
		h := a.on(fact.Held, fact.Community, f.Now())
		changed := h.State != fact.Held.State
		held[key] = h
		if err := tx.SaveFollow(ctx, h, a.Person, fact.Community); err != nil {
			return nil, err
		}
		out[i] = Outcome{Fresh: changed, ID: fact.Community.ID}
		if e := followEvent(a, fact, h); e != nil {
			events = append(events, e)
		}
	}
	return out, f.publish(ctx, tx, events)
}

// reject tells somebody that a community of ours does not let them in, and ends what
// they followed before: to their server that is over, too.
func (f *Forum) reject(ctx context.Context, tx Tx, a *Follow, fact *FollowFacts) (*Event, error) {
	if h := fact.Held; h.State == Following {
		h.State = NotFollowing
		if err := tx.SaveFollow(ctx, h, a.Person, fact.Community); err != nil {
			return nil, err
		}
	}
	return &Event{Verb: VerbReject, At: f.Now(), Community: fact.Community, Actor: a.Person, Origin: a.Origin, Direct: []string{a.Person.Inbox}}, nil
}

func followEvent(a *Follow, f *FollowFacts, h HeldFollow) *Event {
	e := &Event{At: h.At, Community: f.Community, Actor: a.Person, Origin: a.Origin, Undoes: a.Undoes}
	switch {
	case f.Community.Local && a.Person.Local, f.Community.Local && a.Undo:
		return nil
	case f.Community.Local:
		if h.State != Following {
			return nil
		}
		e.Verb = VerbAccept
		e.Direct = []string{a.Person.Inbox}
	case a.Undo:
		e.Verb = VerbUnfollow
		if e.Undoes == "" {
			e.Undoes = f.Held.Activity
		}
		e.Direct = []string{f.Community.Inbox}
	default:
		e.Verb = VerbFollow
		e.Direct = []string{f.Community.Inbox}
	}
	return e
}

// Answered records that a community elsewhere accepted or rejected a local
// person who had asked to follow it. An answer nobody asked for is refused.
func (f *Forum) Answered(ctx context.Context, tx Tx, community string, person Person, accepted bool) (Outcome, error) {
	facts, err := tx.FollowFacts(ctx, []Follow{{Person: person, Community: community}})
	if err != nil {
		return Outcome{}, err
	}
	fact := facts[0]
	if fact.Community.ID == 0 || fact.Held.PersonID == 0 || fact.Held.State == NotFollowing {
		return refuse(Invalid, "not-asked", "Nobody here has asked to follow that."), nil
	}
	h := fact.Held
	h.State = NotFollowing
	if accepted {
		h.State = Following
	}
	if h.State == fact.Held.State {
		return Outcome{ID: fact.Community.ID}, nil
	}
	return Outcome{Fresh: true, ID: fact.Community.ID}, tx.SaveFollow(ctx, h, person, fact.Community)
}
