package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// profiles takes what actors say of themselves from now on: an Update of an
// actor by that very actor, signed with a key it had before. That is also how a
// new key is made known.
func (in *Inbox) profiles(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Update" || !ap.IsActorType(a.Object.Type) {
			continue
		}
		if err := in.profile(ctx, tx, a, people[a.Actor]); err != nil {
			return err
		}
	}
	return nil
}

func (in *Inbox) profile(ctx context.Context, tx *storage.Tx, a *act, held forum.Person) error {
	id := a.Object.ID
	switch {
	case in.Ours(id) && a.via != nil:
		a.done("said here")
		return nil
	case a.via != nil && id == a.via.URI:
		return in.askAgain(ctx, tx, a, id) // by one of its moderators
	case id != a.Actor:
		a.refuse("a profile of somebody else")
		return nil
	case in.Ours(id):
		a.refuse("local actor")
		return nil
	case a.via != nil:
		a.refuse("not to be announced: " + a.Type)
		return nil
	case held.Gone:
		a.refuse("author-gone") // its server may say otherwise when it is asked
		return nil
	}
	actor, why := in.actorIn(a)
	if why != "" {
		a.refuse(why)
		return nil
	}
	if actor.Updated.Valid && held.Updated.After(actor.Updated.Time) {
		a.done("older than what is known")
		return nil
	}
	err := in.keepActor(ctx, tx, actor)
	if refused, ok := asRefusal(err); ok {
		a.refuse(refused.Reason)
		return nil
	}
	if err != nil {
		return err
	}
	a.done("")
	return nil
}

// actorIn reads the actor that an activity embeds. why says why there is none.
func (in *Inbox) actorIn(a *act) (actor ap.Actor, why string) {
	actor, err := a.Object.Actor()
	if err == nil {
		actor, err = fetch.HoldToServer(actor, in.o.Dev)
	}
	if err != nil {
		return actor, "unreadable actor: " + err.Error()
	}
	return actor, ""
}

// leaves takes in that people deleted their accounts.
func (in *Inbox) leaves(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Delete" || a.Object.ID != a.Actor {
			continue
		}
		person, known := people[a.Actor]
		switch {
		case a.via != nil:
			a.refuse("not to be announced: Delete of an account")
		case in.Ours(a.Actor):
			a.refuse("local actor")
		case !known:
			a.done("unknown actor")
		default:
			outcomes, err := in.o.Forum.Leave(ctx, tx, []forum.Person{person}, a.row.At, a.RemoveData)
			if err != nil {
				return err
			}
			if outcomes[0].Fresh && in.o.Messages != nil {
				if err := in.o.Messages(tx).ForgetMessages(ctx, person.ID); err != nil {
					return err
				}
			}
			in.take(a, outcomes[0])
		}
	}
	return nil
}
