package outbox

import (
	"strconv"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// object renders what an event is about, as it is now.
func (p *Publisher) object(e *forum.Event) (part ap.Part, note *ap.Note) {
	if e.Comment != nil {
		n := p.Note(e.Comment)
		return ap.Embed(n), &n
	}
	return ap.Embed(p.Page(e.Post)), nil
}

// audience is whom an act on a post or comment is addressed to, which is whom
// that is addressed to itself.
func (p *Publisher) audience(e *forum.Event, note *ap.Note) (to, cc ap.IRIs, tags ap.Tags) {
	if note != nil {
		return note.To, note.CC, note.Tag
	}
	return ap.IRIs{e.Post.Community.URI, ap.Public}, named(e.Post), nil
}

// updated is an Update of a post or comment, by its author.
func (p *Publisher) updated(e *forum.Event, id string) ap.Update {
	object, note := p.object(e)
	to, cc, tags := p.audience(e, note)
	return ap.Update{
		ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: e.Post.Community.URI, Published: ap.NewTime(e.At), Object: object, Tag: tags,
	}
}

// deleted is a Delete of a post or comment, by its author. It has no summary:
// with one it would be a moderator's to Lemmy.
func (p *Publisher) deleted(e *forum.Event, id string) ap.Delete {
	_, note := p.object(e)
	to, cc, _ := p.audience(e, note)
	return ap.Delete{
		ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: e.Post.Community.URI, Published: ap.NewTime(e.At), Object: ap.IRI(e.Subject()),
	}
}

// changed renders an edit, a deletion or its Undo by somebody of this node.
func (p *Publisher) changed(e *forum.Event) (*act, error) {
	id := e.Origin.Activity
	if e.Origin.Fetched || id == "" {
		id = p.NewActivity()
	}
	switch e.Verb {
	case forum.VerbEdit, forum.VerbTally:
		return p.newAct(id, e.Actor.URI, true, p.updated(e, id))
	case forum.VerbDelete:
		return p.newAct(id, e.Actor.URI, true, p.deleted(e, id))
	}
	undone := p.deleted(e, e.Undoes)
	if undone.ID == "" {
		undone.ID = e.Subject() + "/delete"
	}
	undone.Published = ap.Time{}
	return p.newAct(id, e.Actor.URI, true, ap.Undo{
		ID: id, Actor: e.Actor.URI, To: undone.To, CC: undone.CC, Audience: undone.Audience,
		Published: ap.NewTime(e.At), Object: ap.Embed(undone),
	})
}

// described renders what an actor of this node says of itself from now on.
func (p *Publisher) described(e *forum.Event) (*act, error) {
	u := ap.Update{ID: e.Origin.Activity, Actor: e.Subject(), To: ap.IRIs{ap.Public}, CC: ap.IRIs{}, Published: ap.NewTime(e.At)}
	switch {
	case e.Community.URI != "" && !e.Community.Local:
		group, err := wanted(&e.Community)
		if err != nil {
			return nil, err
		}
		u.Actor, u.CC, u.Audience, u.Object = e.Actor.URI, ap.IRIs{e.Community.URI}, e.Community.URI, group
	case e.Community.URI != "":
		u.CC, u.Object = ap.IRIs{e.Community.FollowersURL}, ap.Embed(p.Group(&e.Community))
	case e.Actor.URI == p.NodeURI():
		u.Object = ap.Embed(p.Application(p.node))
	default:
		u.CC, u.Object = ap.IRIs{e.Actor.URI + "/followers"}, ap.Embed(p.Person(&e.Actor))
	}
	return p.newAct(u.ID, u.Actor, true, u)
}

// departed is the Delete of a person of this node by themselves. removeData has Lemmy
// delete what they wrote, which others do without being asked.
func (p *Publisher) departed(e *forum.Event) (*act, error) {
	return p.newAct(e.Origin.Activity, e.Actor.URI, true, ap.Delete{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: ap.IRIs{ap.Public}, CC: ap.IRIs{}, Published: ap.NewTime(e.At), RemoveData: true, Object: ap.IRI(e.Actor.URI),
	})
}

// moved is the Move of a person of this node (FEP-7628), to whom their followers are to
// follow from now on.
func (p *Publisher) moved(e *forum.Event) (*act, error) {
	return p.newAct(e.Origin.Activity, e.Actor.URI, true, ap.Move{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: readers(&e.Actor), CC: ap.IRIs{}, Published: ap.NewTime(e.At),
		Object: ap.IRI(e.Actor.URI), Target: e.Target.URI,
	})
}

// madeUp is the activity that an object which was fetched came without, since
// forums refuse a bare object: what its own server says of it byte for byte, in
// an activity that is named after it.
func (p *Publisher) madeUp(e *forum.Event) ap.Part {
	switch e.Verb {
	case forum.VerbEdit, forum.VerbTally:
		u := p.updated(e, e.Subject()+"/update/"+strconv.FormatInt(e.At.UnixMicro(), 10))
		if len(e.Origin.Raw) > 0 {
			u.Object = ap.Verbatim(e.Origin.Raw)
		}
		return ap.Embed(u)
	case forum.VerbDelete:
		return ap.Embed(p.deleted(e, e.Subject()+"/delete"))
	}
	return p.createOf(e)
}

// micro is what microblogs are told: they hear of posts alone, and believe
// nobody but the author about what the author wrote. So they get the words of
// people here from these people; what somebody elsewhere took back is taken out
// of their timelines by undoing the boost, under the id that it had.
func (p *Publisher) micro(e *forum.Event, act *act) (*forum.Document, error) {
	if e.Comment != nil {
		return nil, nil
	}
	switch e.Verb {
	case forum.VerbSubmit:
		return p.announceID(e)
	case forum.VerbEdit, forum.VerbTally, forum.VerbDelete, forum.VerbProfile:
		if act != nil {
			return act.document, nil
		}
		if e.Verb == forum.VerbDelete && e.Boost != "" {
			return p.undoneBoost(e)
		}
	case forum.VerbRemove, forum.VerbRelocate:
		if e.Boost != "" && e.Target == nil {
			return p.undoneBoost(e)
		}
	case forum.VerbUndelete, forum.VerbRestore:
		if e.Boost != "" && e.Post.Approval == "" { // which was of the boost that was undone
			return p.announceID(e)
		}
	}
	return nil, nil
}

func (p *Publisher) undoneBoost(e *forum.Event) (*forum.Document, error) {
	boost := ap.Announce{
		ID: e.Boost, Actor: e.Community.URI, To: ap.IRIs{ap.Public}, CC: ap.IRIs{e.Community.FollowersURL, e.Actor.URI},
		Object: ap.IRI(e.Subject()),
	}
	id := p.NewActivity()
	body, err := ap.Encode(ap.Undo{
		ID: id, Actor: e.Community.URI, To: boost.To, CC: boost.CC, Published: ap.NewTime(p.now()), Object: ap.Embed(boost),
	})
	if err != nil {
		return nil, err
	}
	return &forum.Document{ID: id, Body: body, Signer: e.Community.URI, Public: true}, nil
}
