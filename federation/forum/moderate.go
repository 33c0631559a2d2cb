package forum

import (
	"context"
	"strings"
	"time"
)

// Moderation is one thing that is done in a community by somebody who moderates it.
type Moderation struct {
	Verb Verb // VerbRemove, VerbRestore, VerbLock, VerbUnlock, VerbPin, VerbUnpin, VerbBan, VerbUnban, VerbAppoint or VerbDismiss
	By   Person
	// Object is the id of the post or comment; of bans, and of who is to moderate,
	// that of the person.
	Object    string
	Community string // where a person is concerned; else it is that of the thread
	Reason    string
	Until     time.Time // of a ban; zero means for good
	At        time.Time // zero means now
	Undoes    string    // id of the act that is taken back, if it was named
	Origin    Origin
}

// MaxReason is how long a reason may be, in runes.
const MaxReason = 500

// Ban keeps somebody from taking part in a community.
type Ban struct {
	Person Person
	Reason string
	At     time.Time
	Until  time.Time // zero means for good
}

// Standing is what somebody is in a community.
type Standing struct {
	Moderator bool
	Admin     bool // of this node
	Banned    bool // now
}

// Report is what somebody tells the moderators of a community.
type Report struct {
	By     Person
	Object string // id of a post or comment
	Reason string
	Origin Origin
	// Withdraw takes back what they reported of it before.
	Withdraw bool
}

// moderated is what an act of a moderator is about, as it is now.
type moderated struct {
	community Community
	written   *Written // a post or comment; nil where a person is concerned
	person    *Person
}

func (v Verb) ofPeople() bool {
	return v == VerbBan || v == VerbUnban || v == VerbAppoint || v == VerbDismiss
}

// Moderate does what moderators do: removing and restoring, locking, pinning,
// banning, and saying who else moderates. In a community of this node its moderators
// may, and the node's admins; in one of another server what its home announces, what
// its moderators who live here do, and, for readers here alone, the removals of this
// node's admins. Everything is kept for the public log of moderation.
func (f *Forum) Moderate(ctx context.Context, tx Tx, acts []Moderation) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		if a.At.IsZero() {
			a.At = f.Now()
		}
		if a.By.Local && a.Origin.Activity == "" {
			a.Origin.Activity = f.publisher.NewActivity()
		}
		on, no, err := f.moderated(ctx, tx, a)
		if err != nil {
			return nil, err
		}
		if no != nil {
			out[i].Refused = no
			continue
		}
		s, err := tx.Standing(ctx, a.By.URI, on.community.ID)
		if err != nil {
			return nil, err
		}
		here, no := judgeModeration(a, &on, s)
		if no != nil {
			out[i].Refused = no
			continue
		}
		changed, no, err := f.moderate(ctx, tx, a, &on)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{Fresh: changed, Refused: no, ID: on.id()}
		if no != nil || !changed {
			continue
		}
		if err := tx.RecordAction(ctx, on.action(a)); err != nil {
			return nil, err
		}
		if a.Verb == VerbRemove {
			if err := f.unquote(ctx, tx, on.written); err != nil {
				return nil, err
			}
		}
		if !here {
			events = append(events, on.event(a))
		}
	}
	return out, f.publish(ctx, tx, events)
}

// moderated finds what an act is about.
func (f *Forum) moderated(ctx context.Context, tx Tx, a *Moderation) (on moderated, no *Refusal, err error) {
	if a.Verb.ofPeople() {
		var ok bool
		if on.community, ok, err = tx.CommunityByURI(ctx, a.Community); err != nil || !ok {
			return on, &Refusal{Kind: NotFound, Reason: "no-such-community", Text: "There is no such community here."}, err
		}
		p, ok, err := tx.PersonByURI(ctx, a.Object)
		if err != nil || !ok {
			return on, needs(a.Object).Refused, err
		}
		on.person = &p
		return on, nil, nil
	}
	post, comment, err := tx.FindSubject(ctx, a.Object)
	if err != nil {
		return on, nil, err
	}
	if post == nil {
		return on, needs(a.Object).Refused, nil
	}
	_, id := subjectOf(post, comment)
	written, err := tx.Written(ctx, []string{id}, make([]Person, 1))
	if err != nil {
		return on, nil, err
	}
	on.written, on.community = &written[0], written[0].Post.Community
	return on, nil, nil
}

// judgeModeration says whether somebody may do what moderators do. here is true when
// it holds for readers of this node alone.
func judgeModeration(a *Moderation, on *moderated, s Standing) (here bool, no *Refusal) {
	c := &on.community
	refused := func(k Kind, reason, text string) (bool, *Refusal) {
		return false, &Refusal{Kind: k, Reason: reason, Text: text}
	}
	switch {
	case len([]rune(a.Reason)) > MaxReason && a.By.Local:
		return refused(Invalid, "reason-too-long", "A reason has at most 500 characters.")
	case on.written != nil && on.written.Comment != nil && a.Verb.ofPosts():
		return refused(Invalid, "posts-only", "That can be done with posts alone.")
	case c.Local && a.Origin.Via != 0:
		return refused(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case a.Origin.Via == c.ID && a.Origin.Via != 0:
		return false, nil // its home says so
	case a.Origin.Via != 0:
		return refused(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case s.Moderator && (c.Local || a.By.Local), s.Admin && c.Local:
		return false, nil
	case s.Admin && (a.Verb == VerbRemove || a.Verb == VerbRestore):
		return true, nil
	}
	return refused(Forbidden, "not-moderator", "Only those who moderate this community can do that.")
}

func (v Verb) ofPosts() bool {
	return v == VerbLock || v == VerbUnlock || v == VerbPin || v == VerbUnpin
}

// moderate writes the effect, and tells whether there is any.
func (f *Forum) moderate(ctx context.Context, tx Tx, a *Moderation, on *moderated) (changed bool, no *Refusal, err error) {
	switch a.Verb {
	case VerbRemove, VerbRestore:
		return f.setHidden(ctx, tx, on.written, a.Verb == VerbRemove, a.Reason, a.At)
	case VerbLock, VerbUnlock:
		changed, err = tx.SetLocked(ctx, on.written.Post.ID, a.Verb == VerbLock)
	case VerbPin, VerbUnpin:
		changed, err = tx.SetPinned(ctx, on.written.Post.ID, a.Verb == VerbPin, a.At)
	case VerbBan, VerbUnban:
		changed, err = tx.SetBan(ctx, on.community.ID, Ban{Person: *on.person, Reason: a.Reason, At: a.At, Until: a.Until}, a.Verb == VerbBan)
	case VerbAppoint, VerbDismiss:
		changed, err = tx.SetModerator(ctx, on.community.ID, on.person.URI, a.Verb == VerbAppoint, a.At)
	}
	return changed, nil, err
}

// setHidden takes something away from readers, or gives it back. What was deleted by
// its author or purged stays so.
func (f *Forum) setHidden(ctx context.Context, tx Tx, w *Written, removed bool, reason string, at time.Time) (bool, *Refusal, error) {
	from, to := Live, Removed
	if !removed {
		from, to = Removed, Live
	}
	if !removed && w.Life.Gone {
		to = Deleted // its author took it back meanwhile
	}
	switch w.State() {
	case to:
		return false, nil, nil
	case from:
		return true, nil, tx.SetState(ctx, w.Subject(), to, reason, at)
	}
	return false, &Refusal{Kind: Gone, Reason: "gone", Text: "It has been deleted or purged already."}, nil
}

func (on *moderated) id() int64 {
	if on.person != nil {
		return on.person.ID
	}
	return on.written.Subject().ID
}

// action is the line of the log of moderation.
func (on *moderated) action(a *Moderation) Action {
	act := Action{At: a.At, Verb: string(a.Verb), Target: a.Object, Reason: a.Reason, By: a.By.ID, Community: on.community.ID, Until: a.Until}
	if on.person != nil {
		act.Person = on.person.ID
	} else {
		act.On = on.written.Subject()
	}
	return act
}

// event tells the community's followers; the server of whoever is concerned hears it
// too, though nobody there may follow.
func (on *moderated) event(a *Moderation) *Event {
	e := &Event{
		Verb: a.Verb, At: a.At, Actor: a.By, Community: on.community, Target: on.person, Reason: a.Reason, Until: a.Until, Undoes: a.Undoes, Origin: a.Origin,
	}
	concerned := on.person
	if w := on.written; w != nil {
		post := w.Post
		e.Post, e.Comment, concerned = &post, w.Comment, w.author()
		for _, place := range w.Places {
			if place.Community.ID == on.community.ID && w.Comment == nil {
				e.Of, e.Boost = place.Told, place.Boost
			}
		}
		if w.Comment != nil {
			e.Of = w.Told
		}
	}
	address(e)
	if e.Announce && !concerned.Local && concerned.Inbox != "" {
		e.Echo = appendNew(e.Echo, concerned.DeliverTo())
	}
	return e
}

// Report tells those who moderate a community of something in it: at its own server,
// when that is another.
func (f *Forum) Report(ctx context.Context, tx Tx, acts []Report) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		a.Reason = strings.TrimSpace(a.Reason)
		if a.By.Local && a.Origin.Activity == "" {
			a.Origin.Activity = f.publisher.NewActivity()
		}
		post, comment, err := tx.FindSubject(ctx, a.Object)
		if err != nil {
			return nil, err
		}
		if r := judgeReport(a, post, comment); r != nil {
			out[i].Refused = r
			continue
		}
		s, _ := subjectOf(post, comment)
		e := &Event{
			Verb: VerbReport, At: f.Now(), Actor: a.By, Community: post.Community, Post: post, Comment: comment, Reason: a.Reason, Origin: a.Origin,
			Direct: []string{post.Community.DeliverTo()},
		}
		var fresh bool
		if a.Withdraw {
			e.Verb = VerbWithdraw
			e.Undoes, e.Reason, fresh, err = tx.CloseReport(ctx, s, a.By.ID, e.At)
		} else {
			fresh, err = tx.SaveReport(ctx, s, post.Community.ID, *a, e.At)
		}
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{Fresh: fresh, ID: s.ID}
		if fresh && a.By.Local && !post.Community.Local {
			events = append(events, e)
		}
	}
	return out, f.publish(ctx, tx, events)
}

func judgeReport(a *Report, p *Post, c *Comment) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case p == nil:
		return needs(a.Object).Refused
	case !a.By.Local && !p.Community.Local:
		return no(Forbidden, "not-our-community", "Reports go to the server of the community.")
	case a.Withdraw:
		return nil
	case a.By.Local && a.Reason == "":
		return no(Invalid, "no-reason", "Say what is wrong with it.")
	case a.By.Local && len([]rune(a.Reason)) > MaxReason:
		return no(Invalid, "reason-too-long", "A reason has at most 500 characters.")
	case c != nil && c.State != Live || c == nil && p.State != Live || p.Community.Removed:
		return no(Gone, "gone", "It has been deleted or purged already.")
	}
	return nil
}
