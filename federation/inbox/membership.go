package inbox

import (
	"context"
	"maps"
	"slices"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// follows turns Follow and Undo{Follow} into the verb.
func (in *Inbox) follows(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Follow
	for _, a := range acts {
		if a.settled {
			continue
		}
		verb, ok := in.follow(a, people)
		if ok {
			todo, verbs = append(todo, a), append(verbs, verb)
		}
	}
	if len(verbs) == 0 {
		return nil
	}
	if err := in.walls(ctx, tx, verbs); err != nil {
		return err
	}
	outcomes, err := in.o.Forum.Follow(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range todo {
		in.take(a, outcomes[i])
	}
	return nil
}

// walls opens those of the people here whom somebody asks to follow.
func (in *Inbox) walls(ctx context.Context, tx *storage.Tx, verbs []forum.Follow) error {
	var asked []string
	for i := range verbs {
		if !verbs[i].Undo {
			asked = append(asked, verbs[i].Community)
		}
	}
	people, err := tx.People(ctx, asked)
	if err != nil {
		return err
	}
	for _, uri := range slices.Sorted(maps.Keys(people)) {
		if p := people[uri]; p.Local && !p.Gone {
			if err := tx.OpenWall(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *Inbox) follow(a *act, people map[string]forum.Person) (forum.Follow, bool) {
	follow, undo := a.Activity, false
	if a.Type == "Undo" && a.Object.Type == "Follow" {
		inner, err := a.Object.Activity()
		if err != nil || inner.Actor != a.Actor {
			a.refuse("undoes somebody else's follow")
			return forum.Follow{}, false
		}
		follow, undo = inner, true
	}
	if follow.Type != "Follow" {
		return forum.Follow{}, false
	}
	person, ok := in.by(a, people)
	if !ok {
		return forum.Follow{}, false
	}
	if !in.Ours(follow.Object.ID) {
		a.refuse("not ours to follow: " + follow.Object.ID)
		return forum.Follow{}, false
	}
	verb := forum.Follow{Person: person, Community: follow.Object.ID, Undo: undo, At: in.when(a), Origin: a.origin()}
	if undo {
		verb.Undoes = follow.ID
	}
	return verb, true
}

// answers takes Accept and Reject of follows that somebody here asked for. Guppe
// and others name the Follow by its id alone.
func (in *Inbox) answers(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Accept" && a.Type != "Reject" {
			continue
		}
		if quoting := in.quoting(a); quoting != "" {
			if err := in.agrees(ctx, tx, a, quoting, people); err != nil {
				return err
			}
			continue
		}
		if done, err := in.permits(ctx, tx, a, people); err != nil {
			return err
		} else if done {
			continue
		}
		if in.Ours(a.Object.ID) {
			done, err := in.withheld(ctx, tx, a, people)
			if err != nil {
				return err
			}
			if done {
				continue
			}
		}
		follower, err := in.asked(ctx, tx, a)
		if err != nil {
			return err
		}
		if follower.ID == 0 {
			a.refuse("answers no follow of ours")
			continue
		}
		outcome, err := in.o.Forum.Answered(ctx, tx, a.Actor, follower, a.Type == "Accept")
		if err != nil {
			return err
		}
		in.take(a, outcome)
	}
	return nil
}

// asked finds who of this node is being answered; the zero Person when nobody is.
func (in *Inbox) asked(ctx context.Context, tx *storage.Tx, a *act) (forum.Person, error) {
	if inner, err := a.Object.Activity(); err == nil && inner.Type == "Follow" && in.Ours(inner.Actor) {
		people, err := tx.People(ctx, []string{inner.Actor})
		return people[inner.Actor], err
	}
	if a.Object.ID == "" || !in.Ours(a.Object.ID) || a.Object.Type != "" && a.Object.Type != "Follow" {
		return forum.Person{}, nil
	}
	follower, err := tx.FollowerByActivity(ctx, a.Object.ID)
	if err != nil || follower.ID != 0 {
		return follower, err
	}
	// The follow may have been asked for again since, under another id. It may be something
	// else as well: GoToSocial lets its people say yes and no to votes and comments.
	return tx.PendingFollower(ctx, a.Actor, a.Object.ID)
}

// blocks takes in that people elsewhere want nothing to do with people here. One with a
// target is a moderator's, and the end of one brings no follow back.
func (in *Inbox) blocks(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Block" || a.Target.ID != "" || a.via != nil || !in.Ours(a.Object.ID) {
			continue
		}
		a.private = true // that is between the two
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		known, err := tx.People(ctx, []string{a.Object.ID})
		if err != nil {
			return err
		}
		whom := known[a.Object.ID]
		if !whom.Local {
			a.refuse("blocks nobody here")
			continue
		}
		out, err := in.o.Forum.Blocked(ctx, tx, person, whom)
		if err != nil {
			return err
		}
		in.take(a, out)
	}
	return nil
}

// moves takes in that people have moved to other accounts (FEP-7628). What the new one
// says of itself is asked for anew, since it is what makes a Move true.
func (in *Inbox) moves(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Move" || a.Object.ID != a.Actor {
			continue
		}
		if a.via != nil {
			a.refuse("not to be announced: " + a.Type)
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		if err := in.move(ctx, tx, a, person); err != nil {
			return err
		}
	}
	return nil
}

func (in *Inbox) move(ctx context.Context, tx *storage.Tx, a *act, person forum.Person) error {
	to := a.Target.ID
	if names := ap.ValidID(to, in.o.Dev) == nil && to != a.Actor; !names {
		a.refuse("moves nowhere")
		return nil
	}
	move := forum.Move{Person: person, Target: to, Origin: a.origin()}
	if !in.Ours(to) {
		move.Asked = a.row.At
	}
	out, more, err := in.o.Forum.Move(ctx, tx, move)
	for range moveTurns {
		if err == nil && more {
			out, more, err = in.o.Forum.Move(ctx, tx, move)
		}
	}
	if err != nil {
		return err
	}
	in.take(a, out)
	switch {
	case more:
		a.wait(to)
		a.verdict.Anew = true
	case out.Refused != nil && out.Refused.Reason == "target-not-asked":
		known, err := tx.People(ctx, []string{to})
		if err != nil {
			return err
		}
		a.wait(to)
		a.verdict.Anew = known[to].ID != 0
	}
	return nil
}

// moveTurns is how often more followers are moved before others have their turn.
const moveTurns = 3

// when is the moment an act counts from: the time it states, else the time at
// which its community counted it, else its arrival here: acts that waited for what
// they are about are not applied in the order in which they came. Nothing counts
// from the future, or its author could have the last word for ever.
func (in *Inbox) when(a *act) time.Time { return in.stated(a, a.Published, a.viaTime) }

// stated is the first of these times that is there, unless that lies ahead of when
// the act came; the arrival otherwise.
func (in *Inbox) stated(a *act, times ...ap.Time) time.Time {
	for _, stated := range times {
		if stated.Valid {
			if stated.Time.After(a.row.At) {
				break
			}
			return stated.Time
		}
	}
	return a.row.At
}
