package inbox

import (
	"context"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// revised reads what an Update says of a post or comment, and settles those that
// must not be taken. Words are believed from their author's own server; what a
// community elsewhere announces of people of a third server is asked for there.
func (in *Inbox) revised(ctx context.Context, tx *storage.Tx, a *act, known bool) error {
	switch {
	case ap.IsActorType(a.Object.Type):
		return nil // a profile
	case a.via != nil && in.Ours(a.Object.ID):
		a.done("written here")
		return nil
	case known && (!a.Object.IsEmbedded() || !a.trusted()):
		return in.askAgain(ctx, tx, a, a.Object.ID)
	case known:
		ask, err := in.byModerator(ctx, tx, a)
		if err != nil {
			return err
		}
		if ask {
			return in.askAgain(ctx, tx, a, a.Object.ID)
		}
	}
	in.believe(a)
	if known && a.letter != nil {
		a.letter = nil
		a.refuse("not public") // what everybody has read does not become a message
	}
	return nil
}

// byModerator reports whether an Update is of a post by somebody else of the same server,
// and comes from who moderates its community or by its Announce: Lemmy 1.0 tells so of the
// tags and the content warning that moderators give. What that server has now counts, and no
// word of who tells of it.
func (in *Inbox) byModerator(ctx context.Context, tx *storage.Tx, a *act) (bool, error) {
	o, err := a.Object.Object()
	if err != nil || len(o.Authors) == 0 || o.Authors[0] == a.Actor || !ap.SameOrigin(o.ID, a.Actor) || !ap.SameOrigin(o.ID, o.Authors[0]) {
		return false, nil //nolint:nilerr // what cannot be read is refused where it is believed
	}
	written, err := tx.Written(ctx, []string{o.ID}, []forum.Person{{}})
	if err != nil || written[0].Comment != nil {
		return false, err
	}
	c := &written[0].Post.Community
	if a.via != nil {
		return a.via.Host == c.Host, nil
	}
	moderate, err := tx.Moderating(ctx, []string{a.Actor})
	return moderate[forum.Moderates{Person: a.Actor, Community: c.ID}], err
}

// askAgain settles an act by having its object looked at where it is from.
func (in *Inbox) askAgain(ctx context.Context, tx *storage.Tx, a *act, iri string) error {
	if !in.questions.may(registrable(a.row.Actor), iri) {
		a.refuse("too much asked for at once")
		return nil
	}
	f := storage.FetchObject{IRI: iri, Asker: in.asker(a.row.Actor), Refresh: true}
	if a.via != nil {
		f.Via = a.via.URI
	}
	asked, err := tx.AskAgain(ctx, f)
	if err != nil {
		return err
	}
	if !asked {
		a.refuse("too much asked for at once")
		return nil
	}
	a.done("its origin is asked")
	return nil
}

// edits turns Updates of posts and comments into the verb. What is not known
// here is taken like something new: Lemmy sends Updates of what nobody has seen.
// It is called again when the first of those has been taken in.
func (in *Inbox) edits(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Edit
	for _, a := range acts {
		if a.settled || a.Type != "Update" || a.words == nil || a.unheard {
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		if a.empty {
			a.unheard = true // a place without words, which must not count as an edit
			continue
		}
		verb := in.edit(a.words, person)
		verb.At, verb.Origin = in.editedAt(a), a.origin()
		verb.Words.Poll = verb.Words.Poll.As(in.when(a))
		todo, verbs = append(todo, a), append(verbs, verb)
	}
	if len(verbs) == 0 {
		return nil
	}
	outcomes, err := in.o.Forum.Edit(ctx, tx, verbs)
	if err != nil {
		return err
	}
	first := map[string]bool{}
	for i, a := range todo {
		if r := outcomes[i].Refused; r != nil && r.Needs == a.words.ID {
			if a.behind {
				a.wait(a.words.ID) // the first of them waits itself
				continue
			}
			a.unheard, a.behind = !first[a.words.ID], first[a.words.ID]
			first[a.words.ID] = true
			continue
		}
		in.take(a, outcomes[i])
	}
	return nil
}

// edit reads an object as new words for what has its id.
func (in *Inbox) edit(o *ap.Object, by forum.Person) forum.Edit {
	verb := forum.Edit{Object: o.ID, By: by, Reply: o.InReplyTo != "", Updated: stampOf(o.Updated)}
	if verb.Reply {
		c := in.comment(o, by)
		verb.Words = c.Words()
	} else {
		p := in.post(o, by)
		verb.Words = p.Words()
		if _, _, said := o.CanAnnounce(); said {
			verb.Consent = func(community string) forum.Consent { return consent(o, community) }
		}
	}
	return verb
}

// editedAt is the moment an edit counts from: Mbin states it in the object of
// some, in the activity of others.
func (in *Inbox) editedAt(a *act) time.Time {
	return in.stated(a, a.words.Updated, a.Updated, a.Published, a.viaTime)
}

// deletion is the Delete in an activity, or in the Undo of one.
func (a *act) deletion() (d ap.Activity, undo, ok bool) {
	switch {
	case a.Type == "Delete":
		return a.Activity, false, true
	case a.Type == "Undo" && a.Object.Type == "Delete":
		inner, err := a.Object.Activity()
		return inner, true, err == nil
	}
	return ap.Activity{}, false, false
}

// deletes turns Delete and its Undo into the verb. Those of a moderator have a
// summary, be it empty: Lemmy tells the two apart by nothing else.
func (in *Inbox) deletes(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var verbs []forum.Delete
	for _, a := range acts {
		if err := in.revokes(ctx, tx, a, people); err != nil {
			return err
		}
		if a.settled {
			continue
		}
		d, undo, ok := a.deletion()
		if !ok || d.Object.ID == a.Actor {
			continue // of an account: see leaves
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		switch {
		case d.Actor != a.Actor:
			a.refuse("undoes somebody else's deletion")
		case ap.ValidID(d.Object.ID, in.o.Dev) != nil:
			a.refuse("deletes nothing")
		case in.Ours(d.Object.ID) || !ap.SameOrigin(d.Object.ID, a.Actor):
			a.refuse("not-author")
		default:
			verb := forum.Delete{Object: d.Object.ID, By: person, Undo: undo, At: in.when(a), Origin: a.origin()}
			if undo {
				verb.Undoes = d.ID
			}
			todo, verbs = append(todo, a), append(verbs, verb)
		}
	}
	if len(verbs) == 0 {
		return nil
	}
	for i := range verbs {
		if v := &verbs[i]; !v.Undo && todo[i].trusted() {
			if err := in.unsend(ctx, tx, v.Object, v.By); err != nil {
				return err
			}
		}
	}
	outcomes, err := in.o.Forum.Delete(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range todo {
		in.take(a, outcomes[i])
		// What a community says of others' words holds until their server is heard.
		if outcomes[i].Fresh && !a.trusted() {
			if err := in.askAgain(ctx, tx, a, verbs[i].Object); err != nil {
				return err
			}
		}
	}
	return nil
}

// revokes takes in that somebody deletes what they gave out for a quote, an answer or an
// Announce by a community of ours.
func (in *Inbox) revokes(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) error {
	if a.settled || a.Type != "Delete" || a.via != nil || !ap.SameOrigin(a.Object.ID, a.Actor) {
		return nil
	}
	ended, err := tx.Disapprove(ctx, a.Object.ID, a.Actor)
	if err != nil {
		return err
	}
	if ended {
		a.done("")
		return nil
	}
	if found, err := in.permits(ctx, tx, a, people); err != nil || found {
		return err
	}
	post, err := tx.ApprovedBy(ctx, a.Object.ID)
	if err != nil || post == "" {
		return err
	}
	return in.withholds(ctx, tx, a, people, post)
}

// relocates turns the Move of a post into the verb. PieFed names the post, NodeBB the
// collection of its thread; who is moved is somebody, see moves of accounts elsewhere.
func (in *Inbox) relocates(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "Move" || a.Object.ID == a.Actor {
			continue
		}
		by, origin, ok, err := in.speaker(ctx, tx, a, people)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if _, somebody, err := tx.PersonByURI(ctx, a.Object.ID); err != nil {
			return err
		} else if somebody {
			a.refuse("moves somebody else")
			continue
		}
		object, err := in.moving(ctx, tx, a.Object.ID)
		if err != nil {
			return err
		}
		if ap.ValidID(object, in.o.Dev) != nil || ap.ValidID(a.Target.ID, in.o.Dev) != nil {
			a.refuse("moves nothing, or nowhere")
			continue
		}
		out, err := in.o.Forum.Relocate(ctx, tx, []forum.Relocation{{
			By: by, Object: object, From: a.Origin.ID, To: a.Target.ID, Reason: cut(a.Summary, forum.MaxReason), At: in.when(a), Origin: origin,
		}})
		if err != nil {
			return err
		}
		in.take(a, out[0])
	}
	return nil
}

// speaker is who does something with a thread of another server: somebody, or its
// community by itself (NodeBB), which counts as announced by it.
func (in *Inbox) speaker(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) (by forum.Person, o forum.Origin, ok bool, err error) {
	o = a.origin()
	if _, known := people[a.Actor]; !known && a.via == nil {
		places, err := tx.CommunitiesByURI(ctx, []string{a.Actor})
		if err != nil {
			return by, o, false, err
		}
		if c, known := places[a.Actor]; known && !c.Local && !c.Wall {
			o.Via, o.Server = c.ID, c.Host
			return forum.Person{URI: c.URI, Name: c.Name, Host: c.Host}, o, true, nil
		}
	}
	by, ok = in.by(a, people)
	return by, o, ok, nil
}

// moving is the id of the post that is meant, where its thread is named.
func (in *Inbox) moving(ctx context.Context, tx *storage.Tx, object string) (string, error) {
	if post, ok := strings.CutSuffix(object, "/context"); ok && in.Ours(object) {
		return post, nil
	}
	post, err := tx.PostOfContext(ctx, object)
	if err != nil || post == "" {
		return object, err
	}
	return post, nil
}
