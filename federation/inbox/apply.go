package inbox

import (
	"bytes"
	"context"
	"fmt"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// act is one received activity on its way to a verb.
type act struct {
	row         storage.Received
	ap.Activity                  // the inner one, when it was announced
	words       *ap.Object       // what a Create or Update says, once it may be believed
	letter      *letter          // the same of what is for few, who are people of this node
	gone, fresh bool             // what it brought was deleted before, or is new here
	empty       bool             // its object is deleted where it is from
	unheard     bool             // an Update of something that is not known here
	behind      bool             // another one, which comes after that
	boosted     bool             // its community announced the object, or its id, and no activity
	ballot      *ballot          // what it chooses in a poll of ours
	private     bool             // what it says is not for everybody, and is not kept
	via         *forum.Community // the community that announced it
	viaTime     ap.Time          // when it did
	proven      bool             // it bears a proof by its own actor
	verdict     storage.Verdict
	settled     bool // verdict stands; no verb is called
}

func (a *act) refuse(reason string) {
	a.settled, a.verdict = true, storage.Verdict{State: storage.StateRefused, Reason: reason}
}

func (a *act) wait(iri string) {
	a.settled, a.verdict = true, storage.Verdict{State: storage.StateWaiting, Needs: iri}
	if a.via != nil {
		a.verdict.Via = a.via.URI
	}
}

// done settles an act that is as good as applied; why says what was special.
func (a *act) done(why string) {
	a.settled, a.verdict = true, storage.Verdict{State: storage.StateApplied, Reason: why}
}

// isNew reports whether an act brings something that is not known here.
func (a *act) isNew() bool {
	return !a.settled && a.words != nil && (a.Type == "Create" || a.unheard)
}

// origin is what the forum is told of how the act got here. An Update of what
// nobody has heard of yet is no Create, so it is as if it had been fetched.
func (a *act) origin() forum.Origin {
	o := forum.Origin{Activity: a.ID, Raw: a.Raw}
	if a.unheard || a.boosted {
		o = forum.Origin{Raw: a.words.Raw, Fetched: true}
	}
	if a.via != nil {
		o.Via, o.Server = a.via.ID, a.via.Host
	}
	return o
}

// take writes an outcome down as the act's verdict.
func (in *Inbox) take(a *act, o forum.Outcome) {
	a.gone, a.fresh = o.Gone, o.Fresh
	switch r := o.Refused; {
	case r == nil && o.Fresh:
		a.done("")
	case r == nil:
		a.done("no change")
	case r.Needs != "" && in.Ours(r.Needs):
		a.refuse("no such object here: " + r.Needs)
	case r.Needs != "":
		a.wait(r.Needs)
	default:
		a.refuse(r.Reason)
	}
}

// apply is what Work calls: rows of one family, in order, become calls of verbs
// in the transaction that marks them.
func (in *Inbox) apply(ctx context.Context, tx *storage.Tx, rows []storage.Received) (verdicts []storage.Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	acts := make([]*act, len(rows))
	for i, row := range rows {
		acts[i] = in.open(row)
	}
	if err := in.announced(ctx, tx, acts); err != nil {
		return nil, err
	}
	if err := in.proven(ctx, tx, acts); err != nil {
		return nil, err
	}
	in.ballots(acts)
	if err := in.created(ctx, tx, acts); err != nil {
		return nil, err
	}
	people, err := in.people(ctx, tx, acts)
	if err != nil {
		return nil, err
	}
	if err := in.voters(ctx, tx, acts, people); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *storage.Tx, []*act, map[string]forum.Person) error{
		in.messages, in.moves, in.answers, in.follows, in.submits, in.replies, in.edits, in.submits, in.replies, in.edits, in.blocks, in.relocates, in.closes, in.moderates, in.deletes, in.reports, in.profiles, in.leaves, in.votes, in.chooses, in.quotes,
	} {
		if err := step(ctx, tx, acts, people); err != nil {
			return nil, err
		}
	}
	var arrived []string
	verdicts = make([]storage.Verdict, len(acts))
	for i, a := range acts {
		if !a.settled {
			a.refuse("not understood: " + cut(a.Type, maxNamed))
		}
		in.afford(a)
		a.verdict.Blank = a.words != nil && (a.gone || a.verdict.Reason == "deleted")
		a.verdict.Private = a.private || a.ballot != nil || forFew(a.row)
		if a.fresh && a.words != nil {
			arrived = append(arrived, a.words.ID)
		}
		verdicts[i] = a.verdict
	}
	if err := in.doubted(ctx, tx, acts); err != nil {
		return nil, err
	}
	if len(arrived) == 0 {
		return verdicts, nil
	}
	return verdicts, tx.Wake(ctx, arrived...) // what came before what it answers
}

// forFew reports whether an activity brings words that are not for everybody, although
// nobody has read it: what is names Public somewhere.
func forFew(row storage.Received) bool {
	return (row.Type == "Create" || row.Type == "Update") && !bytes.Contains(row.Body, []byte("Public"))
}

// open reads a row. What came inside an Announce is taken out later, once it is
// known who announced it.
func (in *Inbox) open(row storage.Received) *act {
	a := &act{row: row}
	doc, err := ap.ReadActivity(row.Body)
	if err != nil {
		a.refuse(fmt.Sprintf("unreadable: %v", err))
		return a
	}
	if doc.Type == "Announce" && doc.Object.Many == nil {
		doc.Object = bundled(doc.Object)
	}
	if doc.Type != "Announce" && hasHidden(row.Body) {
		a.refuse(hiddenReason)
		return a
	}
	a.Activity = doc
	return a
}

// people finds the actors of all acts that are still open.
func (in *Inbox) people(ctx context.Context, tx *storage.Tx, acts []*act) (map[string]forum.Person, error) {
	var uris []string
	for _, a := range acts {
		if !a.settled {
			uris = append(uris, a.Actor)
		}
	}
	if len(uris) == 0 {
		return nil, nil
	}
	return tx.People(ctx, uris)
}

// by finds the person behind an act, or settles it. Somebody unknown is fetched,
// and the act waits for that.
func (in *Inbox) by(a *act, people map[string]forum.Person) (forum.Person, bool) {
	p, ok := people[a.Actor]
	switch {
	case in.Ours(a.Actor) && a.via != nil:
		// What people here did is known here; a community elsewhere can only
		// repeat it, or lie.
		a.done("done here")
	case in.Ours(a.Actor) || p.Local:
		a.refuse("local actor")
	case ok:
		return p, true
	case ap.ValidID(a.Actor, in.o.Dev) != nil:
		a.refuse("bad actor")
	default:
		a.wait(a.Actor)
	}
	return forum.Person{}, false
}
