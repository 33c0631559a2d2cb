package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// announced takes activities out of the Announces of communities that somebody
// here follows (FEP-1b12). A community is believed for what happens in its own
// threads, but not for the words of people elsewhere: those are fetched where
// they were written.
func (in *Inbox) announced(ctx context.Context, tx *storage.Tx, acts []*act) error {
	var uris []string
	for _, a := range acts {
		if !a.settled && a.Type == "Announce" {
			uris = append(uris, a.Actor)
		}
	}
	if len(uris) == 0 {
		return nil
	}
	communities, err := tx.CommunitiesByURI(ctx, uris)
	if err != nil {
		return err
	}
	followed := map[int64]bool{}
	for _, c := range communities {
		if followed[c.ID], err = tx.HasFollower(ctx, c.ID); err != nil {
			return err
		}
	}
	for _, a := range acts {
		if a.settled || a.Type != "Announce" {
			continue
		}
		c, ok := communities[a.Actor]
		switch {
		case !ok:
			a.refuse("announced by no community known here")
		case c.Local:
			a.refuse("local actor")
		case !followed[c.ID]:
			a.refuse("announced by a community nobody here follows")
		default:
			in.unwrap(a, c)
		}
	}
	return nil
}

// unwrap puts the inner activity in the place of its Announce.
func (in *Inbox) unwrap(a *act, c forum.Community) {
	inner, err := a.Object.Activity()
	if err != nil || isPost(inner.Type) || ap.IsRareObjectType(inner.Type) {
		// The microblog dialect: an id, or the object itself, which Lemmy gives an
		// actor. This community's forum dialect says the same.
		a.done("a boost")
		return
	}
	at := a.Published
	a.Activity, a.via, a.viaTime = inner, &c, at
	switch {
	case a.ID == "" || !ap.SameOrigin(a.ID, a.Actor):
		a.refuse("id and actor belong to different servers")
	case a.Type == "Announce" || a.Type == "Follow" || a.Type == "Accept" || a.Type == "Reject",
		a.Type == "Undo" && a.Object.Type == "Follow":
		a.refuse("not to be announced: " + a.Type)
	}
}

// trusted reports whether the words of a Create may be taken from the copy
// inside: it came from their author, or the announcer's server is also the
// author's.
func (a *act) trusted() bool { return a.via == nil || ap.SameOrigin(a.via.URI, a.Actor) }
