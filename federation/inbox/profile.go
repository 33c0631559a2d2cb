package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/outbox"
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
		arranges := a.Object.Type == "Group" && a.via == nil && in.Ours(a.Object.ID)
		var err error
		if arranges {
			err = in.arrange(ctx, tx, a, people)
		} else {
			err = in.profile(ctx, tx, a, people[a.Actor])
		}
		if err != nil {
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

// arrange takes what a moderator who lives elsewhere says of a community of ours: what it
// is called, its words, and who may post there. Pictures, languages and tags stay, since
// Lemmy sends those of its own copy, in which some are missing or have other addresses.
func (in *Inbox) arrange(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) error {
	by, ok := in.by(a, people)
	if !ok {
		return nil
	}
	doc, why := in.actorIn(a)
	if why != "" {
		a.refuse(why)
		return nil
	}
	c, ok, err := tx.CommunityByURI(ctx, doc.ID)
	if err != nil {
		return err
	}
	if ok && doc.Updated.Valid && c.Updated.After(doc.Updated.Time) {
		a.done("older than what is known")
		return nil
	}
	r := forum.Rearrange{
		Community: doc.ID, By: by, Title: cut(oneLine(doc.Name), forum.MaxCommunityTitle), Sensitive: doc.Sensitive, Restricted: doc.PostingRestrictedToMods,
		Summary: forum.Text{Source: c.SummarySource, HTML: c.SummaryHTML}, Rules: forum.Text{Source: c.RulesSource, HTML: c.RulesHTML},
	}
	if doc.Source.MediaType == "text/markdown" {
		summary, rules := outbox.SplitRules(&c, doc.Source.Content)
		for into, words := range map[*forum.Text]string{&r.Summary: summary, &r.Rules: rules} {
			options := in.render
			options.Base = doc.ID
			into.Source = words
			if into.HTML, err = markup.FromMarkdown(words, options); err != nil {
				a.refuse("unreadable text")
				return nil //nolint:nilerr // the refusal says it
			}
		}
	}
	out, err := in.o.Forum.Rearrange(ctx, tx, r)
	if err == nil {
		in.take(a, out)
	}
	return err
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

// closes takes it as a hint that somebody took a community of their server away, or gave
// it back, as moderators and admins of Lemmy and PieFed do, or that it went by itself: its
// own server is asked whether it is there.
func (in *Inbox) closes(ctx context.Context, tx *storage.Tx, acts []*act, _ map[string]forum.Person) error {
	deletions := map[*act]string{}
	var uris []string
	for _, a := range acts {
		if d, _, ok := a.deletion(); ok && !a.settled && d.Object.ID != "" {
			deletions[a], uris = d.Object.ID, append(uris, d.Object.ID)
		}
	}
	if len(uris) == 0 {
		return nil
	}
	places, err := tx.CommunitiesByURI(ctx, uris)
	if err != nil {
		return err
	}
	for _, a := range acts {
		c, ok := places[deletions[a]]
		switch {
		case !ok || c.Local || c.Wall:
		case !ap.SameOrigin(a.Actor, c.URI) && (a.via == nil || a.via.ID != c.ID):
			a.refuse("not-announced")
		default:
			if err := in.askAgain(ctx, tx, a, c.URI); err != nil {
				return err
			}
		}
	}
	return nil
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
