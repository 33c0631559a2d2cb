package forum

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxRevisions is how many earlier versions of a post or comment are kept.
const MaxRevisions = 50

// Edit changes the words of a post or comment of one's own.
type Edit struct {
	Object  string // id of the post or comment
	By      Person
	Words   Words
	Reply   bool      // the words are a comment's
	Updated Stamp     // as its author states it; none when nobody did
	At      time.Time // when it counts from; zero for now, after whatever is held
	Origin  Origin
	// Consent is what the author of a post elsewhere says now to an Announce of it by a
	// community of ours, by its id; nil where they say nothing.
	Consent func(community string) Consent
}

// Edited is an edit to be written.
type Edited struct {
	Subject Subject
	Object  string // its id
	Words   Words
	Updated Stamp
	At      time.Time // effective: later wins
	By      string    // id of the activity, breaks ties
	Keep    bool      // what it said before is kept
	Anew    bool      // it is a poll that leaves another choice than before: what was chosen counts no more
}

// Revision is what a post or comment said before it was edited.
type Revision struct {
	Title, Link string // of posts
	HTML        string
	Until       time.Time // when it was edited
}

func judgeEdit(a *Edit, w *Written) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	if r := judgeAuthor(w, &a.By); r != nil {
		return r
	}
	if r := judgeBan(w.Banned, w.Barred, a.Origin); r != nil && (w.Post.ID == 0 || w.Comment != nil || a.Words.Poll == nil || !a.Words.Same(w.Post.Words())) {
		return r // but how others voted in a poll is no word of whoever made it
	}
	switch {
	case w.Post.ID == 0:
		return needs(a.Object).Refused
	case w.Blanked:
		return no(Gone, "deleted", "This has been deleted.")
	case a.Reply != (w.Comment != nil):
		return no(Invalid, "moved", "A post does not become a comment, nor a comment a post.")
	}
	text, most := strings.TrimSpace(a.Words.Text.Source), MaxCommentSource
	if !a.Reply {
		most = MaxPostSource
	}
	if !a.Reply && text == "" && strings.TrimSpace(a.Words.Title) == "" && a.Words.Link == "" {
		return no(Invalid, "empty", "A post needs a title, a text or a link.")
	}
	if !a.By.Local {
		return nil
	}
	if r := judgeMoved(&a.By); r != nil {
		return r
	}
	switch {
	case w.State() != Live:
		return no(Gone, "deleted", "This has been deleted.")
	case a.Reply && text == "":
		return no(Invalid, "empty", "A comment needs a text.")
	case !a.Reply && (strings.TrimSpace(a.Words.Title) == "" || !a.Words.TitleGiven && !w.Post.Community.Untitled):
		return no(Invalid, "no-title", "A post needs a title.")
	case utf8.RuneCountInString(a.Words.Title) > MaxTitle:
		return no(Invalid, "title-too-long", "A title has at most 200 characters.")
	case len(a.Words.Text.Source) > most:
		return no(Invalid, "text-too-long", "This text is too long.")
	}
	return nil
}

// Edit changes posts and comments. Of two edits the later wins, of equal ones the
// greater id; an older one is accepted without effect, and so is one that says
// what is there already. Words of what is deleted or removed are changed where
// they are kept, and nobody is told until it is back. An act on something that is
// not known here is refused with Needs set.
func (f *Forum) Edit(ctx context.Context, tx Tx, acts []Edit) ([]Outcome, error) {
	written, err := f.gather(ctx, tx, len(acts), func(i int) (string, Person, *Origin) { return acts[i].Object, acts[i].By, &acts[i].Origin })
	if err != nil {
		return nil, err
	}
	if err := undistinguish(ctx, tx, acts, written); err != nil {
		return nil, err
	}
	out := make([]Outcome, len(acts))
	batch := map[Subject]int{} // where in edits
	var edits []Edited
	var events []*Event
	var polls []int64
	var withdrawn []Moderation
	for i := range acts {
		a := &acts[i]
		w := written[i]
		if r := judgeEdit(a, w); r != nil {
			out[i].Refused = r
			continue
		}
		out[i].ID = w.Subject().ID
		if a.By.Local { // what is quoted was asked for, and stays
			a.Words.Tags.Quote, a.Words.Tags.Leave = w.words().Tags.Quote, w.words().Tags.Leave
			a.Words.Tags.Mentions = a.Words.Tags.Mentions.After(w.words().Tags.Mentions)
		}
		a.Words.Sensitive = a.Words.Sensitive || w.Comment == nil && w.Post.Community.Sensitive
		if w.Comment == nil && w.Post.Local {
			// Who has voted has voted for what stood there, and the votes are counted here.
			a.Words.Poll, a.Words.Shape = w.Post.Poll, w.Post.Shape
		}
		before := w.Post.Poll
		edit, changed := a.on(w, f.Now())
		if edit == nil {
			continue
		}
		edit.Anew = w.Comment == nil && before != nil && !before.offersSame(edit.Words.Poll)
		if !changed && w.Comment == nil && w.Post.Community.Local && !w.Post.Local && edit.Words.Poll != nil {
			// Also when it stands as it does here: a vote of somebody here was counted before.
			polls = append(polls, w.Post.ID)
		}
		// One row is written once: the last edit of a batch stands for all before it.
		if n, again := batch[edit.Subject]; again {
			edit.Keep, edit.Anew = edit.Keep || edits[n].Keep, edit.Anew || edits[n].Anew
			edits[n] = *edit
		} else {
			batch[edit.Subject] = len(edits)
			edits = append(edits, *edit)
		}
		out[i].Fresh = changed
		switch a.reconsidered(w) {
		case reconsideredYes:
			if err := tx.Answer(ctx, w.Post.ID, true, ""); err != nil {
				return nil, err
			}
			if w.Post.Withheld = false; w.State() == Live {
				post := w.Post
				events = append(events, arrival(&post))
			}
			continue
		case reconsideredNo:
			withdrawn = append(withdrawn, Moderation{Verb: VerbRemove, By: a.By, Object: a.Object, Withheld: true, At: edit.At, Origin: a.Origin})
		}
		if changed && w.State() == Live {
			events = append(events, w.events(VerbEdit, edit.At, a.Origin)...)
		}
	}
	if err := tx.SaveWords(ctx, edits); err != nil {
		return nil, err
	}
	if len(withdrawn) > 0 {
		if _, err := f.Moderate(ctx, tx, withdrawn); err != nil {
			return nil, err
		}
	}
	if err := f.tallied(ctx, tx, polls); err != nil {
		return nil, err
	}
	return out, f.publish(ctx, tx, events)
}

// What the author of a post in a community of ours says now to its Announce of it, where
// that is something else than before.
const (
	reconsideredYes = iota + 1
	reconsideredNo
)

// reconsidered says whether an edit lets our community announce what it could not, or takes that back.
// What was allowed when its author was asked stays so, until they take that back by itself.
func (a *Edit) reconsidered(w *Written) int {
	if a.Consent == nil || w.Comment != nil || w.Post.Local || !w.Post.Community.Local || w.Post.Community.Wall {
		return 0
	}
	switch now := a.Consent(w.Post.Community.URI); {
	case w.Post.Withheld && now == Given:
		return reconsideredYes
	case !w.Post.Withheld && now == Withheld && w.Post.Approval == "":
		return reconsideredNo
	}
	return 0
}

// undistinguish takes the word of moderators alone for their speaking as such.
func undistinguish(ctx context.Context, tx Tx, acts []Edit, written []*Written) error {
	var claims []string
	for i := range acts {
		if acts[i].Words.Distinguished {
			claims = append(claims, acts[i].By.URI)
		}
	}
	if len(claims) == 0 {
		return nil
	}
	moderate, err := tx.Moderating(ctx, claims)
	if err != nil {
		return err
	}
	for i := range acts {
		a := &acts[i]
		a.Words.Distinguished = a.Words.Distinguished && moderate[Moderates{a.By.URI, written[i].Post.Community.ID}]
	}
	return nil
}

// on applies an edit to what is held. It returns nil for one that comes too late.
func (a *Edit) on(w *Written, now time.Time) (e *Edited, changed bool) {
	at := a.At
	if at.IsZero() {
		at = after(w.EditedAt, now)
	}
	if before := w.Post.Words(); w.Comment == nil && a.Words.Counted(before) && !at.Before(w.EditedAt) {
		// How many voted is said again and again, with the time of the last edit or none:
		// it neither counts as one nor takes the place of one. Of two such the later wins.
		if a.Words.Poll.Said.Before(before.Poll.Said) {
			return nil, false
		}
		w.Post = w.Post.With(a.Words)
		return &Edited{Subject: w.Subject(), Object: w.uri(), Words: a.Words, Updated: w.Post.Updated, At: w.EditedAt, By: w.EditedBy}, false
	}
	if !w.EditedAt.IsZero() && (a.Origin.Activity != "" && a.Origin.Activity == w.EditedBy || !wins(at, a.Origin.Activity, w.EditedAt, w.EditedBy)) {
		return nil, false
	}
	w.EditedAt, w.EditedBy = at, a.Origin.Activity
	before := w.words()
	changed = !a.Words.Same(before)
	// What others name in their texts says nothing else when more of it is understood here
	// than before. Of people here it is new to everybody.
	anew := before
	anew.Tags = a.Words.Tags
	worded := changed && (a.By.Local || !a.Words.Same(anew))
	updated := a.Updated
	switch {
	case !worded && w.Comment != nil:
		updated = w.Comment.Updated
	case !worded:
		updated = w.Post.Updated
	case updated.IsZero():
		updated = Stamp{Time: at}
	}
	if w.Comment != nil {
		*w.Comment = w.Comment.With(a.Words)
		w.Comment.Updated = updated
	} else {
		w.Post = w.Post.With(a.Words)
		w.Post.Updated = updated
	}
	return &Edited{
		Object:  w.uri(),
		Subject: w.Subject(), Words: a.Words, Updated: updated, At: at, By: a.Origin.Activity,
		Keep: worded && w.State() == Live,
	}, changed
}

// Flair are the tags of a community that somebody chose by their names. What is none is
// left out.
func (c Community) Flair(names []string) (out Flair) {
	for _, name := range names {
		if t, ok := c.PostTags.ByName(name); ok {
			out = out.With(t.ID)
		}
	}
	return out
}

// Mark gives a post the tags of its community that one of those who moderate it chose, by
// their names. It is not an edit by its author. Of somebody of this node other servers are
// told at once, in their name; of others when the author next changes the post.
func (f *Forum) Mark(ctx context.Context, tx Tx, object string, by Person, names []string) (Outcome, error) {
	all, err := tx.Written(ctx, []string{object}, []Person{by})
	if err != nil {
		return Outcome{}, err
	}
	w := &all[0]
	switch {
	case w.Post.ID == 0 || w.Comment != nil || !w.Post.Community.Local:
		return refuse(Invalid, "posts-only", "That can be done with posts alone."), nil
	case w.State() != Live:
		return refuse(Gone, "gone", "It has been deleted or purged already."), nil
	}
	s, err := tx.Standing(ctx, by.URI, w.Post.Community.ID)
	if err != nil {
		return Outcome{}, err
	}
	if !s.Moderator && !s.Admin {
		return refuse(Forbidden, "not-moderator", "Only those who moderate this community can do that."), nil
	}
	words := w.Post.Words()
	flair := w.Post.Community.Flair(names)
	if words.Tags.Flair == flair {
		return Outcome{ID: w.Post.ID}, nil
	}
	words.Tags.Flair = flair
	if err := tx.SaveWords(ctx, []Edited{{Subject: w.Subject(), Object: w.uri(), Words: words, Updated: w.Post.Updated, At: w.EditedAt, By: w.EditedBy}}); err != nil {
		return Outcome{}, err
	}
	out := Outcome{ID: w.Post.ID, Fresh: true}
	if w.Post = w.Post.With(words); !w.author().Local {
		return out, nil
	}
	return out, f.publish(ctx, tx, w.events(VerbEdit, f.Now(), Origin{Activity: f.publisher.NewActivity()}))
}
