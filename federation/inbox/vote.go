package inbox

import (
	"context"
	"maps"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// votes turns Like, Dislike and their Undo into the verb: all of a batch in one
// call, which is what the batch is for.
func (in *Inbox) votes(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Vote
	for _, a := range acts {
		if a.settled {
			continue
		}
		if verb, ok := in.vote(a, people); ok {
			todo, verbs = append(todo, a), append(verbs, verb)
		}
	}
	if len(verbs) == 0 {
		return nil
	}
	outcomes, err := in.o.Forum.Vote(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range todo {
		in.take(a, outcomes[i])
	}
	return nil
}

// voters makes those known whose votes a community announces and who are not.
func (in *Inbox) voters(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var strangers []forum.Person
	seen := map[string]bool{}
	for _, a := range acts {
		if a.settled || a.via == nil || !a.isVote() || in.Ours(a.Actor) || ap.ValidID(a.Actor, in.o.Dev) != nil {
			continue
		}
		if _, ok := people[a.Actor]; !ok && !seen[a.Actor] {
			seen[a.Actor] = true
			strangers = append(strangers, forum.Person{URI: a.Actor, Host: ap.Host(a.Actor)})
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	met, err := tx.Voters(ctx, strangers)
	maps.Copy(people, met)
	return err
}

// isVote reports whether an act is a vote or takes one back.
func (a *act) isVote() bool {
	kind := a.Type
	if kind == "Undo" {
		kind = a.Object.Type
	}
	_, is := direction(kind)
	return is
}

// direction of a vote by its type. A reaction is a vote up: it is the nearest
// thing that a count can show.
func direction(kind string) (int, bool) {
	switch kind {
	case "Like", "EmojiReact":
		return 1, true
	case "Dislike":
		return -1, true
	}
	return 0, false
}

func (in *Inbox) vote(a *act, people map[string]forum.Person) (forum.Vote, bool) {
	verb := forum.Vote{Object: a.Object.ID, Origin: a.origin()}
	dir, isVote := direction(a.Type)
	verb.Dir = dir
	if a.Type == "Undo" {
		undone, err := a.Object.Activity()
		if err != nil {
			return verb, false
		}
		if _, isVote = direction(undone.Type); isVote {
			if undone.Actor != a.Actor {
				a.refuse("undoes somebody else's vote")
				return verb, false
			}
			// Whatever vote is named, the actor's vote on the object is cleared:
			// Lemmy mints new ids here, and 0.19 takes a Dislike back as a Like.
			verb.Dir, verb.Object, verb.Undoes = 0, undone.Object.ID, undone.ID
		}
	}
	if !isVote {
		return verb, false
	}
	if verb.Object == "" {
		a.refuse("a vote on nothing")
		return verb, false
	}
	person, ok := in.by(a, people)
	if !ok {
		return verb, false
	}
	verb.Voter, verb.At = person, in.when(a)
	return verb, true
}
