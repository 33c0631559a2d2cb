package forum

import (
	"context"
	"time"
)

// Follow asks to be told what happens in a community, or what somebody writes, or takes
// that back.
type Follow struct {
	Person    Person
	Community string // id of the community, or of the person
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
	Shunned   bool // whoever would be followed reads nothing of the follower, or of their server
	Banned    bool // the follower, from the community
	Moved     bool // whoever would be followed has moved away
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
	// FollowersFrom locks the wall of somebody of this node and lists who follows them of
	// one person, or where that is 0 of a server. The wall has no ID where there is none.
	FollowersFrom(ctx context.Context, owner string, person int64, host string, most int) (wall Community, all []Follower, err error)
}

// Follower is somebody who follows, and the follow.
type Follower struct {
	Person Person
	Held   HeldFollow
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
	case judgeMoved(&a.Person) != nil:
		return judgeMoved(&a.Person)
	case f.Community.Removed || f.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case f.Shunned:
		return no(Forbidden, "follow-refused", "They do not want to be followed by you.")
	case f.Moved && f.Held.State != Following:
		return no(Forbidden, "has-moved", "This account has moved. Follow the new one.")
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

// Follow begins or ends follows. A community or person of ours accepts at once, and
// again when it is asked again, since the first answer may have been lost; one
// elsewhere is asked, and the follow is Pending until it answers. Who asks from
// elsewhere for what cannot be followed here is told so, or would ask for days.
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
			e, err := f.reject(ctx, tx, a, fact)
			if err != nil {
				return nil, err
			}
			if e != nil {
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

// reject answers a Follow that was refused, and of who is not wanted ends what they
// followed before: to their server that is over, too. A community that was taken away may
// come back. nil where nobody waits for an answer.
func (f *Forum) reject(ctx context.Context, tx Tx, a *Follow, fact *FollowFacts) (*Event, error) {
	if a.Person.Local || a.Undo || fact.Blocked || fact.Gone || fact.Community.ID != 0 && !fact.Community.Local {
		return nil, nil
	}
	if h := fact.Held; h.State == Following && (fact.Banned || fact.Shunned) {
		h.State = NotFollowing
		if err := tx.SaveFollow(ctx, h, a.Person, fact.Community); err != nil {
			return nil, err
		}
	}
	c := fact.Community
	c.URI = a.Community // also of what is none
	return &Event{Verb: VerbReject, At: f.Now(), Community: c, Actor: a.Person, Origin: a.Origin, Direct: []string{a.Person.Inbox}}, nil
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

// TurnAway ends that somebody, or with an empty person everybody of a server, follows a
// person of this node who reads nothing of them. They are told as if they had not been
// accepted: there is no other way to say it that all software understands. more is true
// when not all were turned away yet: the same call turns away the next.
func (f *Forum) TurnAway(ctx context.Context, tx Tx, owner Person, person int64, host string) (more bool, err error) {
	wall, followers, err := tx.FollowersFrom(ctx, owner.URI, person, host, moveMost)
	if err != nil || len(followers) == 0 {
		return false, err
	}
	var events []*Event
	for i := range followers {
		who, h := followers[i].Person, followers[i].Held
		h.State, h.At = NotFollowing, after(h.At, f.Now())
		if err := tx.SaveFollow(ctx, h, who, wall); err != nil {
			return false, err
		}
		if !who.Local {
			events = append(events, &Event{
				Verb: VerbReject, At: h.At, Community: wall, Actor: who, Origin: Origin{Activity: h.Activity}, Direct: []string{who.Inbox},
			})
		}
	}
	return len(followers) == moveMost, f.publish(ctx, tx, events)
}

// Blocked takes in that somebody elsewhere wants nothing to do with a person of this
// node: neither follows the other any more. Their server has said so to itself, so it is
// told nothing; not all software takes back its follows, and ours, besides.
func (f *Forum) Blocked(ctx context.Context, tx Tx, by, person Person) (Outcome, error) {
	if by.Local || !person.Local {
		return refuse(Forbidden, "not-ours", "This is not for this server to know."), nil
	}
	wall, followers, err := tx.FollowersFrom(ctx, person.URI, by.ID, "", 1)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{ID: person.ID, Fresh: len(followers) > 0}
	for i := range followers {
		h := followers[i].Held
		h.State, h.At = NotFollowing, after(h.At, f.Now())
		if err := tx.SaveFollow(ctx, h, by, wall); err != nil {
			return Outcome{}, err
		}
	}
	other, err := f.Answered(ctx, tx, by.URI, person, false)
	out.Fresh = out.Fresh || other.Fresh
	return out, err
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
