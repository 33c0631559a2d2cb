package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

// saveActor keeps what an actor says of itself, as it was read at its own id.
func (in *Inbox) saveActor(ctx context.Context, a ap.Actor) error {
	keys := make([]storage.Key, 0, len(a.Keys))
	for _, k := range a.Keys {
		// A key under another server's name is not this actor's to give.
		if k.PEM != "" && (k.Owner == "" || k.Owner == a.ID) && ap.SameOrigin(k.ID, a.ID) {
			keys = append(keys, storage.Key{ID: k.ID, Owner: a.ID, PEM: k.PEM})
		}
	}
	switch a.Type {
	case "Person", "Service", "Organization":
		_, err := in.o.DB.SavePerson(ctx, in.person(a, keys), keys)
		return err
	case "Group":
		_, err := in.o.DB.SaveCommunity(ctx, in.community(a, keys), keys)
		return err
	}
	return in.o.DB.SaveKeys(ctx, a.ID, keys)
}

func (in *Inbox) person(a ap.Actor, keys []storage.Key) forum.Person {
	p := forum.Person{
		URI: a.ID, Name: a.PreferredUsername, Host: ap.Host(a.ID), Bot: a.Type == "Service",
		Title: cut(oneLine(a.Name), forum.MaxTitle), Inbox: a.Inbox, SharedInbox: a.SharedInbox, AvatarURL: a.Icon.URL,
		Published: a.Published.Time, Updated: a.Updated.Time, FetchedAt: in.o.Clock().UTC(),
	}
	p.BioSource, p.BioHTML = in.about(a)
	if len(keys) > 0 {
		p.PublicKey, p.KeyID = keys[0].PEM, keys[0].ID
	}
	return p
}

func (in *Inbox) community(a ap.Actor, keys []storage.Key) forum.Community {
	c := forum.Community{
		URI: a.ID, Name: a.PreferredUsername, Host: ap.Host(a.ID), Title: cut(oneLine(a.Name), forum.MaxTitle),
		Inbox: a.Inbox, SharedInbox: a.SharedInbox, FollowersURL: a.Followers, IconURL: a.Icon.URL, Sensitive: a.Sensitive,
		Published: a.Published.Time, Updated: a.Updated.Time, FetchedAt: in.o.Clock().UTC(),
	}
	c.SummarySource, c.SummaryHTML = in.about(a)
	if len(keys) > 0 {
		c.PublicKey, c.KeyID = keys[0].PEM, keys[0].ID
	}
	return c
}

// about renders what an actor says of itself.
func (in *Inbox) about(a ap.Actor) (source, rendered string) {
	options := in.render
	options.Base = a.ID
	if a.Source.MediaType == "text/markdown" && a.Source.Content != "" {
		if rendered, err := markup.FromMarkdown(a.Source.Content, options); err == nil {
			return a.Source.Content, rendered
		}
	}
	return a.Summary, markup.FromHTML(a.Summary, options)
}
