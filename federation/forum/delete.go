package forum

import (
	"context"
	"time"
)

// Delete takes back a post or comment of one's own, or, with Undo, brings it back.
type Delete struct {
	Object string // id of the post or comment
	By     Person
	Undo   bool
	At     time.Time // zero when nobody said: then it counts after whatever is held
	Undoes string    // with Undo: id of the Delete taken back, if it was named
	Origin Origin

	bare bool // nobody was told the words
}

// on returns the life after an act, by the rules of votes.
func (a *Delete) on(held Life, now time.Time) Life {
	next := Life{Gone: !a.Undo, At: a.At, Activity: a.Origin.Activity}
	if a.Undo {
		next.Undone = a.Undoes
	}
	if next.At.IsZero() {
		next.At = after(held.At, now)
	}
	if held.At.IsZero() || replaces(next.At, next.Activity, held.At, held.Activity, held.Undone) {
		return next
	}
	return held
}

// after adds what was said of an object before it came to what is to be done now
// that it is here. It is taken in all the same: what answers it has a place then.
func (l Life) after(todo []Delete, object string, by Person) []Delete {
	if l.At.IsZero() {
		return todo
	}
	return append(todo, Delete{
		Object: object, By: by, Undo: !l.Gone, At: l.At, Undoes: l.Undone, Origin: Origin{Activity: l.Activity, Fetched: true},
		bare: true,
	})
}

// departed is the life of what comes after its author's account has ended: its home took
// it before, and what answers it needs the place.
func (f *Forum) departed() Life { return Life{Gone: true, At: f.Now()} }

// told is how others are told of something new: of what its author has deleted
// already they get the place, for what answers it, and not the words: these bare takes away.
func (l Life) told(bare func(), o Origin) Origin {
	if !l.Gone {
		return o
	}
	bare()
	return Origin{Fetched: true, Via: o.Via}
}

// publishNew publishes new posts or comments, and takes back at once those that
// their authors deleted earlier.
func (f *Forum) publishNew(ctx context.Context, tx Tx, events []*Event, early []Delete) error {
	if err := f.publish(ctx, tx, events); err != nil || len(early) == 0 {
		return err
	}
	_, err := f.Delete(ctx, tx, early)
	return err
}

func judgeDelete(a *Delete, w *Written) *Refusal {
	if r := judgeAuthor(w, &a.By); r != nil && (r.Reason != "author-gone" || !a.bare) {
		return r
	}
	if a.Undo && w.Blanked {
		return &Refusal{Kind: Gone, Reason: "deleted", Text: "This was deleted too long ago to bring it back."}
	}
	return nil
}

// Delete takes posts and comments back, in the name of their authors, or brings
// them back. Whichever came later wins. What is not known here is remembered for
// a few days, so that it is not taken in when it arrives late. Once deleted, the
// words are destroyed in the log, in what was received and in the history; the
// row keeps them for a while, so that the deletion can be undone.
func (f *Forum) Delete(ctx context.Context, tx Tx, acts []Delete) ([]Outcome, error) {
	written, err := f.gather(ctx, tx, len(acts), func(i int) (string, Person, *Origin) { return acts[i].Object, acts[i].By, &acts[i].Origin })
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(acts))
	var events []*Event
	var gone []Blanked
	var away []*Written
	for i := range acts {
		a := &acts[i]
		w := written[i]
		if r := judgeDelete(a, w); r != nil {
			out[i].Refused = r
			continue
		}
		if w.Post.ID == 0 {
			life := a.on(w.Life, f.Now())
			if life == w.Life {
				continue
			}
			w.Life = life
			if err := tx.RememberDeletion(ctx, a.Object, a.By.URI, life); err != nil {
				return nil, err
			}
			continue
		}
		changed, told, err := f.setLife(ctx, tx, a, w)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{ID: w.Subject().ID, Fresh: changed}
		if changed && w.State() == Deleted {
			away = append(away, w)
		}
		if w.Life.Gone && !a.bare {
			blanked, err := f.skeleton(ctx, w)
			if err != nil {
				return nil, err
			}
			gone = append(gone, blanked)
		}
		events = append(events, told...)
	}
	if err := tx.BlankWords(ctx, gone); err != nil {
		return nil, err
	}
	if err := f.unquote(ctx, tx, away...); err != nil {
		return nil, err
	}
	return out, f.publish(ctx, tx, events)
}

// setLife writes what an act leaves, and returns whether the state changed with
// it, and what is to be told of that.
func (f *Forum) setLife(ctx context.Context, tx Tx, a *Delete, w *Written) (changed bool, told []*Event, err error) {
	life := a.on(w.Life, f.Now())
	if life == w.Life {
		return false, nil, nil
	}
	was, gone := w.State(), w.Life.Gone
	state := was
	switch {
	case was == Live && life.Gone:
		state = Deleted
	case was == Deleted && !life.Gone:
		state = Live
	}
	w.Life = life
	if err := tx.SaveLife(ctx, w.Subject(), life, state, life.At); err != nil {
		return false, nil, err
	}
	w.setState(state)
	switch {
	case state == was && was == Removed && life.Gone && !gone:
		return true, w.events(VerbDelete, life.At, a.Origin), nil // or it would be back with the others once it is given back
	case state == was && was == Removed && !life.Gone && gone:
		told = w.events(VerbUndelete, life.At, a.Origin)
		for _, e := range told {
			e.Undoes = a.Undoes
		}
		return true, told, nil
	case state == was:
		return false, nil, nil
	case state == Deleted:
		return true, w.events(VerbDelete, life.At, a.Origin), nil
	}
	told = w.events(VerbUndelete, life.At, a.Origin)
	for _, e := range told {
		e.Undoes = a.Undoes
	}
	// Others may have lost the words, or never had them, or missed an edit.
	at := w.EditedAt
	if at.IsZero() {
		at = w.published()
	}
	if err := f.tallyOfBack(ctx, tx, w); err != nil {
		return false, nil, err
	}
	return true, append(told, w.events(VerbEdit, at, Origin{Fetched: true})...), nil
}
