package outbox

import (
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
	default:
		undone := e.Undoes
		if undone == "" {
			undone = p.NewActivity() // of whatever there was, as seen from here
		}
		undo := ap.Undo{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Object: ap.Embed(p.measure(e, undone, ap.Time{}))}
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
		if !e.Until.IsZero() {
			b.EndTime, b.Expires = ap.NewTime(e.Until), ap.NewTime(e.Until)
		}
		return b
	}
	// A summary, be it empty, is what tells it from a deletion by the author.
	return ap.Delete{ID: id, Actor: e.Actor.URI, To: to, CC: cc, Audience: c, Published: at, Summary: &e.Reason, Object: object}
}

// relocated renders that a post goes on in another community. It is addressed to both,
// and announced by the one that it leaves: so PieFed tells of it.
func (p *Publisher) relocated(e *forum.Event) (*act, error) {
	id, from, to := e.Origin.Activity, e.Community.URI, e.To.URI
	return newAct(id, e.Actor.URI, true, ap.Relocation{
		ID: id, Actor: e.Actor.URI, To: ap.IRIs{ap.Public}, CC: ap.IRIs{from, to}, Audience: from, Published: ap.NewTime(e.At), Summary: e.Reason,
		Object: ap.IRI(e.Subject()), Origin: from, Target: to,
	})
}

// flagged renders a report. It goes to the community alone.
func (p *Publisher) flagged(e *forum.Event) (*act, error) {
	id := e.Origin.Activity
	return newAct(id, e.Actor.URI, false, ap.Flag{
		ID: id, Actor: e.Actor.URI, To: ap.IRIs{e.Community.URI}, Audience: e.Community.URI, Published: ap.NewTime(e.At),
		Summary: e.Reason, Content: e.Reason, Object: ap.IRI(e.Subject()),
	})
}

// unflagged takes a report back. Lemmy and Mastodon pass over it.
func (p *Publisher) unflagged(e *forum.Event) (*act, error) {
	id := e.Origin.Activity
	flag := ap.Flag{
		ID: e.Undoes, Actor: e.Actor.URI, To: ap.IRIs{e.Community.URI}, Audience: e.Community.URI,
		Summary: e.Reason, Content: e.Reason, Object: ap.IRI(e.Subject()),
	}
	return newAct(id, e.Actor.URI, false, ap.Undo{ID: id, Actor: e.Actor.URI, To: flag.To, Audience: e.Community.URI, Published: ap.NewTime(e.At), Object: ap.Embed(flag)})
}
