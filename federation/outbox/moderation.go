package outbox

import (
	"net/url"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// moderated renders what a moderator of this node did, in the forms that Lemmy, PieFed
// and Mbin share: what undoes something carries it whole, since Lemmy 0.19 looks nothing up.
func (p *Publisher) moderated(e *forum.Event) (*act, error) {
	id, c := e.Origin.Activity, e.Community.URI
	to, cc, at, object := ap.IRIs{ap.Public}, ap.IRIs{c}, ap.NewTime(e.At), ap.IRI(e.Subject())
	var doc any
	switch e.Verb {
	case forum.VerbPin:
		doc = ap.Add{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: object, Target: c + "/featured"}
	case forum.VerbUnpin:
		doc = ap.Remove{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: object, Target: c + "/featured"}
	case forum.VerbAppoint:
		doc = ap.Add{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: object, Target: c + "/moderators"}
	case forum.VerbDismiss:
		doc = ap.Remove{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: object, Target: c + "/moderators"}
	case forum.VerbRemove, forum.VerbLock, forum.VerbBan:
		doc = p.measure(e, id, at)
	case forum.VerbBanish, forum.VerbReadmit:
		return p.banished(e)
	case forum.VerbWarn:
		return newAct(id, e.Actor.URI, false, ap.Warn{
			ID: id, Actor: e.Actor.URI, To: ap.IRIs{e.Author()}, Audience: c, Published: at, Summary: e.Reason, Object: object,
		})
	default:
		undone := e.Undoes
		if undone == "" {
			undone = p.NewActivity() // of whatever there was, as seen from here
		}
		undo := ap.Undo{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: ap.Embed(p.measure(e, undone, ap.Time{}))}
		undo.RestoreData = e.Along && e.Verb == forum.VerbUnban
		if e.Reason != "" {
			undo.Summary = &e.Reason
		}
		doc = undo
	}
	return newAct(id, e.Actor.URI, true, doc)
}

// measure is what a moderator takes against something or somebody.
func (p *Publisher) measure(e *forum.Event, id string, at ap.Time) any {
	c, object := e.Community.URI, ap.IRI(e.Subject())
	to, cc := ap.IRIs{ap.Public}, ap.IRIs{c}
	switch e.Verb {
	case forum.VerbLock, forum.VerbUnlock:
		return ap.Lock{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Summary: e.Reason, Object: object}
	case forum.VerbBan, forum.VerbUnban:
		b := ap.Block{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Summary: e.Reason, Object: object, Target: c}
		b.RemoveData = e.Along
		if !e.Until.IsZero() {
			b.EndTime, b.Expires = ap.NewTime(e.Until), ap.NewTime(e.Until)
		}
		return b
	}
	// A summary, be it empty, is what tells it from a deletion by the author.
	return ap.Delete{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Summary: &e.Reason, Object: object, WithReplies: e.Along}
}

// banished renders a ban from the whole node, or its end. Its target is the root of the
// server, by which Lemmy and PieFed tell it from one of a community.
func (p *Publisher) banished(e *forum.Event) (*act, error) {
	id, to, cc := e.Origin.Activity, ap.IRIs{ap.Public}, ap.IRIs{}
	block := ap.Block{
		ID: id, Actor: e.Actor.URI, To: to, CC: cc, Published: ap.NewTime(e.At), Summary: e.Reason, RemoveData: e.Along,
		Object: ap.IRI(e.Target.URI), Target: p.NodeURI(),
	}
	if !e.Until.IsZero() {
		block.EndTime, block.Expires = ap.NewTime(e.Until), ap.NewTime(e.Until)
	}
	if e.Verb == forum.VerbBanish {
		return newAct(id, e.Actor.URI, true, block)
	}
	block.ID, block.Published = e.Undoes, ap.Time{}
	if block.ID == "" {
		block.ID = p.NewActivity()
	}
	undo := ap.Undo{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Published: ap.NewTime(e.At), RestoreData: e.Along, Object: ap.Embed(block)}
	if e.Reason != "" {
		undo.Summary = &e.Reason
	}
	return newAct(id, e.Actor.URI, true, undo)
}

// apart renders what is for those alone who moderate, or run a server: a report, that one
// was taken back, and that it has been dealt with. To forums a community of ours passes it
// on in an Announce, as Lemmy does; without one it is told as it is. Mastodon and its kind
// want a report from a server's own actor, which does not say for whom it speaks, and the
// reported account first among its objects.
func (p *Publisher) apart(e *forum.Event, act *act) (r forum.Rendering, err error) {
	switch {
	case e.Community.Local && (e.Post != nil || act == nil):
		r.Forum, err = p.announceActivity(e, act)
	case act != nil:
		r.Forum = act.document
	}
	if err != nil || r.Forum == nil {
		return r, err
	}
	r.Forum.Public = false
	if e.Verb == forum.VerbReport {
		r.Micro, err = p.flaggedByNode(e)
	}
	return r, err
}

// flagTo is who is told of a report: Lemmy takes one that is addressed to a community, or
// to the root of a server.
func flagTo(e *forum.Event) ap.IRIs {
	if e.Community.URI != "" && e.Post != nil {
		return ap.IRIs{e.Community.URI}
	}
	return ap.IRIs{root(e.Subject())}
}

// root is the address of the server on which something lives.
func root(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return iri
	}
	return u.Scheme + "://" + u.Host + "/"
}

// flag is a report, or the one that something is about.
func (p *Publisher) flag(e *forum.Event, id, actor, reason string) ap.Flag {
	f := ap.Flag{ID: id, Actor: actor, To: flagTo(e), Summary: reason, Content: reason, Object: ap.IRI(e.Subject())}
	if e.Post != nil {
		f.Audience = e.Community.URI
	}
	return f
}

// flagged renders a report.
func (p *Publisher) flagged(e *forum.Event) (*act, error) {
	f := p.flag(e, e.Origin.Activity, e.Actor.URI, e.Reason)
	f.Published = ap.NewTime(e.At)
	return newAct(f.ID, f.Actor, false, f)
}

// flaggedByNode is the same without who reported.
func (p *Publisher) flaggedByNode(e *forum.Event) (*forum.Document, error) {
	f := ap.Flag{ID: p.NewActivity(), Actor: p.NodeURI(), Published: ap.NewTime(e.At), Content: e.Reason, Object: ap.IRI(e.Subject())}
	if author := e.Author(); author != "" {
		f.To, f.Object = ap.IRIs{author}, ap.Embed(ap.IRIs{author, e.Subject()})
	} else {
		f.To, f.Object = ap.IRIs{e.Subject()}, ap.Embed(ap.IRIs{e.Subject()})
	}
	a, err := newAct(f.ID, f.Actor, false, f)
	if err != nil {
		return nil, err
	}
	return a.document, nil
}

// unflagged takes a report back. Lemmy and Mastodon pass over it.
func (p *Publisher) unflagged(e *forum.Event) (*act, error) {
	id, f := e.Origin.Activity, p.flag(e, e.Undoes, e.Actor.URI, e.Reason)
	return newAct(id, e.Actor.URI, false, ap.Undo{ID: id, Actor: e.Actor.URI, To: f.To, Audience: f.Audience, Published: ap.NewTime(e.At), Object: ap.Embed(f)})
}

// resolved says that a report has been dealt with. Lemmy 1.0 has it so, with the report
// inside but for its reason; nobody else knows it.
func (p *Publisher) resolved(e *forum.Event) (*act, error) {
	id, f := e.Origin.Activity, p.flag(e, e.Undoes, e.Reporter, "")
	if f.ID == "" {
		f.ID = p.NewActivity() // of one from before its id was kept
	}
	return newAct(id, e.Actor.URI, false, ap.Resolve{ID: id, Actor: e.Actor.URI, To: f.To, Audience: f.Audience, Published: ap.NewTime(e.At), Object: ap.Embed(f)})
}
