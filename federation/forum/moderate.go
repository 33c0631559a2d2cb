package forum

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Moderation is one thing that is done in a community by somebody who moderates it.
type Moderation struct {
	// VerbRemove, VerbRestore, VerbLock, VerbUnlock, VerbPin, VerbUnpin, VerbBan, VerbUnban,
	// VerbAppoint, VerbDismiss, VerbWarn, VerbBanish or VerbReadmit
	Verb Verb
	By   Person
	// Object is the id of the post or comment; of bans, and of who is to moderate,
	// that of the person.
	Object    string
	Community string // where a person is concerned; else it is that of the thread
	Server    string // host of the server from which somebody is banned; empty for this one
	// Along has a removal take all that is below it, and a ban what its person wrote
	// where it holds; what takes such an act back then gives back what went with it.
	Along bool
	Admin bool // an act of the admin's commands: nobody asks who may
	// Withheld is true where By wrote it, and takes no announcement of it by our
	// community. The community says then that it is removed.
	Withheld bool
	Reason   string
	Until    time.Time // of a ban; zero means for good
	At       time.Time // zero means now
	Undoes   string    // id of the act that is taken back, if it was named
	Origin   Origin
}

// MaxReason is how long a reason may be, in runes.
const MaxReason = 500

// Ban keeps somebody from taking part in a community, or in all of a server.
type Ban struct {
	Person Person
	Reason string
	At     time.Time
	Until  time.Time // zero means for good
}

// Sweep is what goes along with an act of moderation: what is below something, or what
// somebody wrote in a community, in those of a server, or anywhere.
type Sweep struct {
	Below     Subject // else what Person wrote
	Person    int64
	Community int64  // in it alone
	Host      string // of the server that banned them; empty for this one, and where Community is set
	Anywhere  bool   // and not in that server's communities alone
}

// Swept is what one piece of a sweep did.
type Swept struct {
	N    int  // posts and comments
	More bool // something is left
	Back bool // was given back
	// Gone is what was taken, which nobody may quote from then on.
	Gone []Subject
	// Tell are the ids of posts of which microblogs are to be told.
	Tell []string
	// Polls are those that can be answered again.
	Polls []int64
}

// Standing is what somebody is in a community.
type Standing struct {
	Moderator bool
	Admin     bool // of this node
	Banned    bool // now
}

// moderated is what an act of a moderator is about, as it is now.
type moderated struct {
	community Community
	written   *Written // a post or comment; nil where a person is concerned
	person    *Person
}

func (v Verb) ofPeople() bool {
	return v == VerbBan || v == VerbUnban || v == VerbAppoint || v == VerbDismiss || v.ofServer()
}

func (v Verb) ofServer() bool { return v == VerbBanish || v == VerbReadmit }

// Moderate does what moderators do: removing and restoring, locking, pinning,
// banning, and saying who else moderates. In a community of this node its moderators
// may, and the node's admins; in one of another server what its home announces, what
// its moderators who live here do, and, for readers here alone, the removals of this
// node's admins. From a whole server bans whoever is of that server, as far as others
// can tell, and from this one its admins. Everything is kept for the public log of
// moderation.
func (f *Forum) Moderate(ctx context.Context, tx Tx, acts []Moderation) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		told, no, err := f.measure(ctx, tx, &acts[i], &out[i])
		if err != nil {
			return nil, err
		}
		out[i].Refused = no
		events = append(events, told...)
	}
	return out, f.publish(ctx, tx, events)
}

// measure does one act, and says of which others are to be told.
func (f *Forum) measure(ctx context.Context, tx Tx, a *Moderation, out *Outcome) ([]*Event, *Refusal, error) {
	if a.At.IsZero() {
		a.At = f.Now()
	}
	if a.By.Local && a.Origin.Activity == "" {
		a.Origin.Activity = f.publisher.NewActivity()
	}
	on, no, err := f.moderated(ctx, tx, a)
	if err != nil || no != nil {
		return nil, no, err
	}
	s, err := tx.Standing(ctx, a.By.URI, on.community.ID)
	if err != nil {
		return nil, nil, err
	}
	here, no := judgeModeration(a, &on, s)
	if no != nil {
		return nil, no, nil
	}
	late, err := overtaken(ctx, tx, a, &on, false)
	if err == nil && late && a.Along {
		late, err = overtaken(ctx, tx, a, &on, true)
		if err == nil && !late {
			return f.alongLate(ctx, tx, a, &on, out)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if late {
		out.ID = on.id()
		return nil, nil, nil
	}
	changed, swept, no, err := f.moderate(ctx, tx, a, &on)
	if err != nil {
		return nil, nil, err
	}
	*out = Outcome{Fresh: changed, ID: on.id()}
	if no != nil || !changed && a.By.Local {
		return nil, no, nil
	}
	// What changed nothing is kept too, or what it outdoes would count when it comes; and so
	// it would elsewhere, unless they are told.
	if err := tx.RecordAction(ctx, on.action(a)); err != nil {
		return nil, nil, err
	}
	if !changed && (!on.community.Local || a.Origin.Via != 0 || a.opposites() == nil) {
		return nil, nil, nil
	}
	if a.Verb == VerbRemove && changed {
		if err := f.unquote(ctx, tx, on.written); err != nil {
			return nil, nil, err
		}
	}
	boosts, err := f.tellOfSwept(ctx, tx, &swept)
	if err != nil || here || a.Verb.ofServer() && !a.By.Local {
		return boosts, nil, err // others hear of the act from whoever said so
	}
	told, err := f.tellOfAct(ctx, tx, a, &on, changed)
	return append(told, boosts...), nil, err
}

// alongLate does what goes along with an act, or is given back with it, where a later one on
// the same thing has come before it that left all else as it was.
func (f *Forum) alongLate(ctx context.Context, tx Tx, a *Moderation, on *moderated, out *Outcome) ([]*Event, *Refusal, error) {
	swept, err := f.goAlong(ctx, tx, a, on)
	if err != nil {
		return nil, nil, err
	}
	*out = Outcome{Fresh: swept.N > 0 || swept.More, ID: on.id()}
	if err := tx.RecordAction(ctx, on.action(a)); err != nil {
		return nil, nil, err
	}
	events, err := f.tellOfSwept(ctx, tx, &swept)
	if err != nil || !on.community.Local {
		return events, nil, err // others hear of it from its home
	}
	told, err := f.tellOfAct(ctx, tx, a, on, false)
	return append(told, events...), nil, err
}

// tellOfSwept ends what allows others to quote what has gone, and has microblogs, which know
// of no ban, take away what they boosted of it, or boost it again. How polls stand that are
// back is told.
func (f *Forum) tellOfSwept(ctx context.Context, tx Tx, s *Swept) ([]*Event, error) {
	if len(s.Gone) > 0 {
		ended, err := tx.EndGrants(ctx, s.Gone, f.Now())
		if err == nil {
			err = f.unquoted(ctx, tx, ended)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := f.tallied(ctx, tx, s.Polls); err != nil || len(s.Tell) == 0 {
		return nil, err
	}
	written, err := tx.Written(ctx, s.Tell, make([]Person, len(s.Tell)))
	if err != nil {
		return nil, err
	}
	verb := VerbRemove
	if s.Back {
		verb = VerbRestore
	}
	var events []*Event
	for i := range written {
		for _, e := range written[i].events(verb, f.Now(), Origin{Fetched: true}) {
			if e.Announce && e.Boost != "" {
				e.Micro, e.Echo, e.Direct = true, nil, nil
				events = append(events, e)
			}
		}
	}
	return events, nil
}

// SweepOn goes on with what went along with acts of moderators, or is given back, and was
// too much for one transaction. more is false when nothing of that is due.
func (f *Forum) SweepOn(ctx context.Context, tx Tx) (done Swept, more bool, err error) {
	done, more, err = tx.SweepOn(ctx)
	if err != nil || !more {
		return done, false, err
	}
	events, err := f.tellOfSwept(ctx, tx, &done)
	if err != nil {
		return done, false, err
	}
	return done, true, f.publish(ctx, tx, events)
}

// tellOfAct is what others are told of an act of a moderator, which may have changed what it is about.
func (f *Forum) tellOfAct(ctx context.Context, tx Tx, a *Moderation, on *moderated, changed bool) (events []*Event, err error) {
	e := on.event(a)
	if a.Withheld {
		e.Actor, e.Origin = on.community.voice(), Origin{Activity: f.publisher.NewActivity()}
	}
	if a.Verb.ofServer() {
		if e.Direct, err = tx.Acquainted(ctx, 0); err != nil {
			return nil, err
		}
		if p := on.person; !p.Local && p.Inbox != "" {
			e.Direct = appendNew(e.Direct, p.DeliverTo())
		}
	}
	if e.Announce || len(e.Direct) > 0 {
		events = append(events, e)
	}
	if w := on.written; changed && a.Verb == VerbRestore && w.State() == Live && !w.EditedAt.IsZero() && on.community.Local {
		// Nobody was told of an edit while it was away.
		events = append(events, w.events(VerbEdit, w.EditedAt, Origin{Fetched: true})...)
	}
	return events, nil
}

// opposites are the verbs of which the later wins.
var opposites = [][]Verb{
	{VerbRemove, VerbRestore, verbRecall, verbRelist},
	{VerbLock, VerbUnlock}, {VerbPin, VerbUnpin, VerbRelocate}, {VerbBan, VerbUnban}, {VerbAppoint, VerbDismiss},
	{VerbBanish, VerbReadmit},
}

// A community that says in its own name that something is removed.
const (
	verbRecall Verb = "recall"
	verbRelist Verb = "relist"
)

// opposites are the verbs of which a is one, and the later wins.
func (a *Moderation) opposites() []Verb {
	for _, verbs := range opposites {
		if slices.Contains(verbs, a.Verb) {
			return verbs
		}
	}
	return nil
}

// overtaken reports whether a later act on the same thing has come before this one: any, or
// one with which something went along too. Of two at one moment the greater verb wins, so
// that all nodes end alike.
func overtaken(ctx context.Context, tx Tx, a *Moderation, on *moderated, along bool) (bool, error) {
	verbs, act := a.opposites(), on.action(a)
	if verbs == nil {
		return false, nil
	}
	act.Along = along
	at, verb, err := tx.Newest(ctx, act, verbs)
	if err != nil || at.IsZero() {
		return false, err
	}
	if a.By.Local {
		a.At = after(at, a.At) // what somebody here sees and changes comes after it
	}
	return a.At.Before(at) || a.At.Equal(at) && a.Verb <= verb, nil
}

// moderated finds what an act is about.
func (f *Forum) moderated(ctx context.Context, tx Tx, a *Moderation) (on moderated, no *Refusal, err error) {
	if a.Verb.ofServer() {
		p, ok, err := tx.PersonByURI(ctx, a.Object)
		if err != nil || !ok {
			return on, &Refusal{Kind: NotFound, Reason: "no-such-person", Text: "Nobody here is known by that name."}, err
		}
		on.person = &p
		return on, nil, nil
	}
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
	c, via := &on.community, a.Origin.Via
	if on.written != nil {
		via = a.Origin.within(c).Via
	}
	refused := func(k Kind, reason, text string) (bool, *Refusal) {
		return false, &Refusal{Kind: k, Reason: reason, Text: text}
	}
	switch {
	case len([]rune(a.Reason)) > MaxReason && a.By.Local:
		return refused(Invalid, "reason-too-long", "A reason has at most 500 characters.")
	case a.Verb == VerbWarn && strings.TrimSpace(a.Reason) == "":
		return refused(Invalid, "no-reason", "Say what is wrong with it.")
	case a.Verb == VerbWarn && !a.By.Local && !on.written.author().Local:
		return refused(Invalid, "nobody-here", "Whoever wrote that does not live here.")
	case a.Verb.ofServer():
		return false, judgeBanish(a, s)
	case on.written != nil && on.written.Comment != nil && a.Verb.ofPosts():
		return refused(Invalid, "posts-only", "That can be done with posts alone.")
	case a.Withheld && on.written != nil && on.written.author().ID == a.By.ID && c.Local:
		return false, nil
	case a.Withheld:
		return refused(Forbidden, "not-author", "Only its author can change this.")
	case c.Local && a.Origin.Via != 0:
		return refused(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case via == c.ID && via != 0:
		return false, nil // its home says so
	case a.Origin.Via != 0:
		return refused(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case s.Moderator && (c.Local || a.By.Local), s.Admin && c.Local:
		return false, nil
	case a.Verb == VerbWarn && !a.By.Local && (s.Moderator || a.By.Host == c.Host):
		return true, nil // a word to somebody here, of which nobody else is told
	case s.Admin && (a.Verb == VerbRemove || a.Verb == VerbRestore):
		return true, nil
	}
	return refused(Forbidden, "not-moderator", "Only those who moderate this community can do that.")
}

func (v Verb) ofPosts() bool {
	return v == VerbPin || v == VerbUnpin
}

// judgeBanish says whether somebody may ban from a whole server. Who administers
// another cannot be known here: whoever is of it is believed, since their server let
// them say so.
func judgeBanish(a *Moderation, s Standing) *Refusal {
	switch {
	case a.Origin.Via != 0:
		return &Refusal{Kind: Forbidden, Reason: "foreign-announce", Text: "A community may announce only what happens in its own threads."}
	case a.Admin, a.By.Local && a.Server == "" && s.Admin, !a.By.Local && a.Server == a.By.Host:
		return nil
	}
	return &Refusal{Kind: Forbidden, Reason: "not-admin", Text: "Only those who run a server can ban from it."}
}

// moderate writes the effect, and tells whether there is any.
func (f *Forum) moderate(ctx context.Context, tx Tx, a *Moderation, on *moderated) (changed bool, swept Swept, no *Refusal, err error) {
	switch a.Verb {
	case VerbRemove, VerbRestore:
		changed, no, err = f.setHidden(ctx, tx, on.written, a.Verb == VerbRemove, a.By.Local, a.Reason, a.At)
		if err != nil || no != nil {
			return false, swept, no, err
		}
	case VerbLock, VerbUnlock:
		changed, err = tx.SetLocked(ctx, on.written.Subject(), a.Verb == VerbLock, a.By.ID, a.Reason, a.At)
	case VerbWarn:
		if changed = !on.written.author().Local; !changed { // else their own server tells them
			changed, err = tx.TellOfWarning(ctx, on.written.Subject(), on.written.AuthorID(), a.By.ID, a.Reason)
		}
	case VerbBanish, VerbReadmit:
		changed, err = tx.SetServerBan(ctx, a.Server, Ban{Person: *on.person, Reason: a.Reason, At: a.At, Until: a.Until}, a.Verb == VerbBanish)
	case VerbPin, VerbUnpin:
		changed, err = tx.SetPinned(ctx, on.written.Post.ID, a.Verb == VerbPin, a.At)
	case VerbBan, VerbUnban:
		changed, err = tx.SetBan(ctx, on.community.ID, Ban{Person: *on.person, Reason: a.Reason, At: a.At, Until: a.Until}, a.Verb == VerbBan)
	case VerbAppoint, VerbDismiss:
		changed, err = tx.SetModerator(ctx, on.community.ID, on.person.URI, a.Verb == VerbAppoint, a.At)
	}
	if err != nil || !a.Along {
		return changed, swept, nil, err
	}
	swept, err = f.goAlong(ctx, tx, a, on)
	return changed || swept.N > 0 || swept.More, swept, nil, err
}

// goAlong takes what goes along with an act, or gives it back.
func (*Forum) goAlong(ctx context.Context, tx Tx, a *Moderation, on *moderated) (Swept, error) {
	switch a.Verb {
	case VerbRemove, VerbBan, VerbBanish:
		return tx.TakeAlong(ctx, on.sweep(a), a.Reason, a.At)
	case VerbRestore, VerbUnban, VerbReadmit:
		return tx.GiveBack(ctx, on.sweep(a), a.At)
	}
	return Swept{}, nil
}

// sweep is what goes along with an act.
func (on *moderated) sweep(a *Moderation) Sweep {
	switch {
	case on.person == nil:
		return Sweep{Below: on.written.Subject()}
	case a.Verb.ofServer():
		return Sweep{Person: on.person.ID, Host: a.Server, Anywhere: a.Server == "" || a.Server == on.person.Host}
	}
	return Sweep{Person: on.person.ID, Community: on.community.ID}
}

// setHidden takes something away from readers, or gives it back. What was deleted by
// its author or purged stays so, and somebody here sees that it is.
func (f *Forum) setHidden(ctx context.Context, tx Tx, w *Written, removed, here bool, reason string, at time.Time) (bool, *Refusal, error) {
	from, to := Live, Removed
	if !removed {
		from, to = Removed, Live
	}
	if !removed && w.Life.Gone {
		to = Deleted // its author took it back meanwhile
	}
	switch w.State() {
	case to:
		if removed { // with something above it, perhaps; from now on by itself
			changed, err := tx.Detach(ctx, w.Subject(), reason, at)
			return changed, nil, err
		}
		return false, nil, nil
	case from:
		w.setState(to)
		if err := tx.SetState(ctx, w.Subject(), to, reason, at); err != nil {
			return false, nil, err
		}
		if !removed {
			if err := tx.SweepAgain(ctx, w.Subject(), at); err != nil {
				return false, nil, err
			}
		}
		return true, nil, f.tallyOfBack(ctx, tx, w)
	case Deleted:
		if removed && !here { // whichever of the two came first, nobody else reads it again
			return true, nil, tx.SetState(ctx, w.Subject(), to, reason, at)
		}
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
	act := Action{At: a.At, Verb: string(a.Verb), Target: a.Object, Reason: a.Reason, By: a.By.ID, Community: on.community.ID, Until: a.Until, Server: a.Server, Along: a.Along}
	switch {
	case a.Admin:
		act.By = 0
	case a.By.ID == 0 && a.Verb == VerbRemove: // in the community's own name
		act.Verb = string(verbRecall)
	case a.By.ID == 0 && a.Verb == VerbRestore:
		act.Verb = string(verbRelist)
	}
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
		Along: a.Along,
	}
	if a.Verb.ofServer() {
		return e
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
	if a.Verb == VerbWarn { // between two people
		e.Of, e.Boost = 0, ""
		if !concerned.Local && concerned.Inbox != "" {
			e.Direct = []string{concerned.Inbox}
		}
		return e
	}
	address(e)
	if e.Announce && !concerned.Local && concerned.Inbox != "" {
		e.Echo = appendNew(e.Echo, concerned.DeliverTo())
	}
	return e
}
