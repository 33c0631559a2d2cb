package fetch

import (
	"context"
	"fmt"

	"stoa/activitypub"
)

// Actor gets an actor and holds it to its own server: an inbox on another
// origin is an error of kind WrongOrigin, since what is sent there would tell a
// third party everything; outbox, followers, featured and the other collections
// of another origin, and a shared inbox of another host, are left out. The
// bytes are the document as served, with nothing left out.
//
// Actor.ID need not be iri, see [Document].
func (c *Client) Actor(ctx context.Context, iri string) (actor activitypub.Actor, raw []byte, err error) {
	defer c.observe("actor", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	return c.actor(ctx, iri)
}

func (c *Client) actor(ctx context.Context, iri string) (activitypub.Actor, []byte, error) {
	doc, err := c.shared(ctx, iri)
	if err != nil {
		return activitypub.Actor{}, nil, err
	}
	return c.readActor(doc)
}

// readActor reads a document as the actor it stands for.
func (c *Client) readActor(doc *Document) (activitypub.Actor, []byte, error) {
	actor, err := activitypub.ReadActor(doc.Body)
	if err != nil {
		return activitypub.Actor{}, nil, &Error{Kind: Malformed, URL: doc.URL, Err: err}
	}
	if actor.ID != doc.URL {
		return activitypub.Actor{}, nil, fail(IDMismatch, doc.URL, "the actor's id is %q", clip(actor.ID))
	}
	if actor, err = HoldToServer(actor, c.o.Dev); err != nil {
		return activitypub.Actor{}, nil, err
	}
	return actor, doc.Body, nil
}

// HoldToServer judges where an actor says its inbox and collections are, as
// [Client.Actor] promises. dev allows plain http.
func HoldToServer(actor activitypub.Actor, dev bool) (activitypub.Actor, error) {
	if _, err := address(actor.Inbox, dev); err != nil {
		return actor, &Error{Kind: Malformed, URL: actor.ID, Err: fmt.Errorf("inbox: %w", err)}
	}
	if !activitypub.SameOrigin(actor.Inbox, actor.ID) {
		return actor, fail(WrongOrigin, actor.ID, "inbox is %q", clip(actor.Inbox))
	}
	for _, field := range []*string{
		&actor.Outbox, &actor.Followers, &actor.Following, &actor.Featured, &actor.Moderators, &actor.SharedInbox,
	} {
		if *field != "" && !activitypub.SameOrigin(*field, actor.ID) {
			*field = ""
		}
	}
	return actor, nil
}
