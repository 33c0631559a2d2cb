package inbox

import (
	"context"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// Refresh looks at what is known here where it is from, since somebody else than
// its author said that it changed: what it says now is an edit, and its absence
// a deletion. reason says why nothing came of it.
func (in *Inbox) Refresh(ctx context.Context, iri, via string) (reason string, err error) {
	if in.Ours(iri) {
		return "written here", nil
	}
	doc, err := in.o.Client.Document(ctx, iri)
	absent := false
	switch fetch.KindOf(err) {
	case fetch.Gone:
		if err := in.Gone(ctx, iri); err != nil {
			return "", err
		}
		absent = true
	case fetch.NotFound:
		absent = true
	default:
		if err != nil {
			return "", err
		}
	}
	var o *ap.Object
	if !absent {
		if ap.IsActorType(doc.Type) {
			return in.Meet(ctx, iri)
		}
		if o, reason = in.ReadFetched(doc); reason == "not public" {
			absent = true // to everybody here
		} else if reason != "" {
			return reason, nil
		}
	}
	unknown := false
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		written, err := tx.Written(ctx, []string{iri}, make([]forum.Person, 1))
		if err != nil {
			return err
		}
		if unknown = written[0].Post.ID == 0; unknown {
			return nil
		}
		reason, err = in.bringInLine(ctx, tx, &written[0], o, via)
		return err
	})
	if err == nil && unknown && !absent {
		return in.Obtain(ctx, iri, via)
	}
	return reason, err
}

// bringInLine makes what is held what its origin has: o, or nothing.
func (in *Inbox) bringInLine(ctx context.Context, tx *storage.Tx, w *forum.Written, o *ap.Object, via string) (reason string, err error) {
	author, iri := w.Post.Author, w.Post.URI
	if w.Comment != nil {
		author, iri = w.Comment.Author, w.Comment.URI
	}
	origin := forum.Origin{Fetched: true}
	if via != "" {
		communities, err := tx.CommunitiesByURI(ctx, []string{via})
		if err != nil {
			return "", err
		}
		origin.Via = communities[via].ID
	}
	if o == nil || w.Life.Gone {
		outcomes, err := in.o.Forum.Delete(ctx, tx, []forum.Delete{{Object: iri, By: author, Undo: o != nil, Origin: origin}})
		if err != nil || o == nil {
			return reasonOf(outcomes), err
		}
		if via != "" && first(outcomes).Fresh {
			// It was announced as deleted, and its own server still has it.
			if err := tx.Denied(ctx, via, iri); err != nil {
				return "", err
			}
		}
	}
	if len(o.Authors) == 0 || o.Authors[0] != author.URI {
		return "an object of somebody else", nil
	}
	verb := in.edit(o, author)
	verb.Words.Poll = verb.Words.Poll.As(in.o.Clock())
	verb.Origin = origin
	verb.Origin.Raw = o.Raw
	held := w.Post.Words()
	if w.Comment != nil {
		held = w.Comment.Words()
	}
	switch {
	case verb.Words.Same(held) && !verb.Words.Counted(held):
		return "", nil // nor may it count as an edit of now, later than those before
	case o.Updated.Valid && o.Updated.Time.Before(in.o.Clock()):
		verb.At = o.Updated.Time
	}
	outcomes, err := in.o.Forum.Edit(ctx, tx, []forum.Edit{verb})
	return reasonOf(outcomes), err
}

func reasonOf(outcomes []forum.Outcome) string {
	if r := first(outcomes).Refused; r != nil {
		return r.Reason
	}
	return ""
}

// Gone takes in that the server of somebody, or of a community, has them no
// more. What is no actor known here is left alone.
func (in *Inbox) Gone(ctx context.Context, iri string) error {
	if err := in.departed(ctx, iri, in.o.Clock()); err != nil {
		return err
	}
	return in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.CommunityGone(ctx, iri) })
}

// departed takes in that somebody's own server has nobody of that name any more.
func (in *Inbox) departed(ctx context.Context, uri string, at time.Time) error {
	return in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{uri})
		if err != nil || people[uri].ID == 0 || people[uri].Local {
			return err
		}
		_, err = in.o.Forum.Leave(ctx, tx, []forum.Person{people[uri]}, at, false)
		return err
	})
}
