package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// created reads the object of a Create and settles what must not be taken.
func (in *Inbox) created(a *act) (*ap.Object, bool) {
	if a.settled || a.Type != "Create" {
		return nil, false
	}
	if !a.Object.IsEmbedded() || !a.trusted() {
		// The words of somebody elsewhere are read where they were written.
		switch {
		case a.Object.ID == "" || ap.ValidID(a.Object.ID, in.o.Dev) != nil:
			a.refuse("nothing was created")
		case in.isOurs(a.Object.ID):
			a.ignore("written here")
		default:
			a.wait(a.Object.ID)
		}
		return nil, false
	}
	o, err := a.Object.Object()
	if err != nil {
		a.refuse("unreadable object: " + err.Error())
		return nil, false
	}
	if why := in.checkWords(&o, a.Actor); why != "" {
		a.refuse(why)
		return nil, false
	}
	if !isPublic(&o, &a.Activity) {
		a.refuse("not public")
		return nil, false
	}
	return &o, true
}

// submits turns Creates of top-level objects into the verb.
func (in *Inbox) submits(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	if err := in.skipKnown(ctx, tx, acts); err != nil {
		return err
	}
	var todo []*act
	var objects []*ap.Object
	var names []string
	for _, a := range acts {
		o, ok := in.created(a)
		if !ok || o.InReplyTo != "" {
			continue
		}
		if _, ok := in.by(a, people); !ok {
			continue
		}
		todo, objects = append(todo, a), append(objects, o)
		names = append(names, addressees(o, &a.Activity)...)
	}
	if len(todo) == 0 {
		return nil
	}
	communities, err := tx.CommunitiesByURI(ctx, names)
	if err != nil {
		return err
	}
	var verbs []forum.Submit
	var open []*act
	for i, a := range todo {
		places := placesOf(a.via, addressees(objects[i], &a.Activity), communities)
		if len(places) == 0 {
			a.refuse("addressed to no community here")
			continue
		}
		p := in.post(objects[i], people[a.Actor])
		p.Community, p.Create = places[0], a.ID
		verb := forum.Submit{Post: p, Received: a.row.At, Origin: a.origin()}
		for _, c := range places[1:] {
			verb.Crossposts = append(verb.Crossposts, c.ID)
		}
		verbs, open = append(verbs, verb), append(open, a)
	}
	outcomes, err := in.o.Forum.Submit(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range open {
		in.take(a, outcomes[i])
	}
	return nil
}

// placesOf chooses where a post goes: the community that announced it, or the
// communities of ours that it is addressed to, in that order.
func placesOf(via *forum.Community, addressed []string, known map[string]forum.Community) []forum.Community {
	if via != nil {
		return []forum.Community{*via}
	}
	var places []forum.Community
	seen := map[int64]bool{}
	for _, uri := range addressed {
		if c, ok := known[uri]; ok && c.Local && !seen[c.ID] {
			seen[c.ID] = true
			places = append(places, c)
		}
	}
	return places
}

// skipKnown settles Creates of what is here already, before anything of them is
// fetched.
func (in *Inbox) skipKnown(ctx context.Context, tx *storage.Tx, acts []*act) error {
	var uris []string
	for _, a := range acts {
		if !a.settled && a.Type == "Create" && a.Object.ID != "" {
			uris = append(uris, a.Object.ID)
		}
	}
	if len(uris) == 0 {
		return nil
	}
	known, err := tx.KnownObjects(ctx, uris)
	if err != nil {
		return err
	}
	for _, a := range acts {
		if !a.settled && a.Type == "Create" && known[a.Object.ID] {
			a.ignore("known already")
		}
	}
	return nil
}

// replies turns Creates of answers into the verb: what others of the batch answer
// comes first.
func (in *Inbox) replies(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	verbs := map[*act]forum.Reply{}
	for _, a := range acts {
		o, ok := in.created(a)
		if !ok {
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		c := in.comment(o, person)
		c.Create = a.ID
		verbs[a] = forum.Reply{Comment: c, Received: a.row.At, Origin: a.origin()}
		todo = append(todo, a)
	}
	for len(todo) > 0 {
		var now, later []*act
		open := map[string]bool{}
		for _, a := range todo {
			open[verbs[a].Comment.URI] = true
		}
		for _, a := range todo {
			if open[verbs[a].Comment.InReplyTo] && verbs[a].Comment.InReplyTo != verbs[a].Comment.URI {
				later = append(later, a)
				continue
			}
			now = append(now, a)
		}
		if len(now) == 0 {
			// A ring of answers answers nothing.
			for _, a := range later {
				a.refuse("answers itself")
			}
			return nil
		}
		batch := make([]forum.Reply, len(now))
		for i, a := range now {
			batch[i] = verbs[a]
		}
		outcomes, err := in.o.Forum.Reply(ctx, tx, batch)
		if err != nil {
			return err
		}
		for i, a := range now {
			in.take(a, outcomes[i])
		}
		todo = later
	}
	return nil
}
