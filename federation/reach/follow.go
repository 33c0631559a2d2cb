package reach

import (
	"context"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// askMost is how many follows are asked for again at a time.
const askMost = 50

// askAgain asks again for follows that nobody has answered. The second request is a
// Follow of its own, since a Lemmy that had never heard of this node may have lost
// its answer to the first; all further ones come behind an Undo, since PieFed
// answers a Follow it knows with nothing.
func (r *Reach) askAgain(ctx context.Context) error {
	due, err := r.o.DB.Unanswered(ctx, r.o.Waits, askMost)
	if err != nil {
		return err
	}
	for i := range due {
		u := &due[i]
		err := r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			acts := []forum.Follow{{Person: u.Person, Community: u.Community}}
			if u.Asks > 1 {
				acts = []forum.Follow{{Person: u.Person, Community: u.Community, Undo: true}, acts[0]}
			}
			out, err := r.o.Forum.Follow(ctx, tx, acts)
			if err != nil {
				return err
			}
			for _, o := range out {
				if o.Refused != nil {
					r.o.Log.Info("reach: a follow cannot be asked for again", "community", u.Community, "reason", o.Refused.Reason)
				}
			}
			return tx.AskedAgain(ctx, u)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Follow has somebody here follow a community, channel, blog or person that
// a handle or address names, which is looked up
// if it is not known, and begins to read its past. The refusal of an Outcome says
// why that cannot be.
func (r *Reach) Follow(ctx context.Context, person forum.Person, text string) (uri string, out forum.Outcome, err error) {
	found, err := r.Find(ctx, text)
	if err != nil {
		return "", out, err
	}
	if found.Reason != "" {
		return "", forum.Outcome{Refused: &forum.Refusal{Kind: forum.NotFound, Reason: found.Reason, Text: text + ": " + Explain(found.Reason)}}, nil
	}
	err = r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{found.Found})
		if err != nil {
			return err
		}
		if target := people[found.Found]; target.ID != 0 && !target.Local {
			if err := tx.OpenWall(ctx, target); err != nil {
				return err
			}
		}
		outcomes, err := r.o.Forum.Follow(ctx, tx, []forum.Follow{{Person: person, Community: found.Found}})
		if err != nil {
			return err
		}
		if out = outcomes[0]; out.Refused == nil {
			_, err = tx.BeginBackfill(ctx, out.ID)
		}
		return err
	})
	return found.Found, out, err
}

// Explain says in a sentence why something that was looked for is not there.
func Explain(reason string) string {
	switch reason {
	case forum.LookupGone:
		return "it is no longer there."
	case forum.LookupAway:
		return "its server does not answer."
	case forum.LookupForeign:
		return "what is there is nothing that a forum can show."
	case forum.LookupHomeless:
		return "it is in no community that has told this node of it."
	case forum.LookupBlocked:
		return "this node does not speak with its server."
	}
	return "there is nothing of that name or address."
}

// findTimeout bounds a search that somebody waits for.
const findTimeout = 30 * time.Second
