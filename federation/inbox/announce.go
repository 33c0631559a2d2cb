package inbox

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	ap "stoa/activitypub"
	"stoa/activitypub/proof"
	"stoa/federation/forum"
	"stoa/storage"
)

// announced takes activities out of the Announces of communities that somebody
// here follows (FEP-1b12). A community is believed for what happens in its own
// threads, but not for the words of people elsewhere: those are fetched where
// they were written.
func (in *Inbox) announced(ctx context.Context, tx *storage.Tx, acts []*act) error {
	var uris []string
	for _, a := range acts {
		if !a.settled && a.Type == "Announce" {
			uris = append(uris, a.Actor)
		}
	}
	if len(uris) == 0 {
		return nil
	}
	communities, err := tx.CommunitiesByURI(ctx, uris)
	if err != nil {
		return err
	}
	followed := map[int64]bool{}
	for _, c := range communities {
		if followed[c.ID], err = tx.HasFollower(ctx, c.ID); err != nil {
			return err
		}
	}
	var parts []storage.Arrival
	for _, a := range acts {
		if a.settled || a.Type != "Announce" {
			continue
		}
		c, ok := communities[a.Actor]
		switch {
		case !ok:
			a.refuse("announced by no community known here")
		case c.Local:
			a.refuse("local actor")
		case c.Wall:
			a.done("a boost") // of somebody who is followed for what they write
		case !followed[c.ID] && !isReport(a.Object):
			a.refuse("announced by a community nobody here follows")
		default:
			parts = append(parts, in.unwrap(a, c)...)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	defer ring(in.ready)
	return tx.TakeApart(ctx, parts)
}

// isReport reports whether a community passes on a report, or what became of one: who
// wrote what is reported, or moderates there, need not follow it.
func isReport(inner ap.Ref) bool {
	if inner.Type == "Undo" {
		undone, err := inner.Activity()
		return err == nil && undone.Object.Type == "Flag"
	}
	return inner.Type == "Flag" || inner.Type == "Resolve"
}

// maxParts is how many activities one Announce may bring; PieFed sends votes so.
const maxParts = 1_000

// unwrap puts the inner activity in the place of its Announce. It returns the parts
// of one that brings several.
func (in *Inbox) unwrap(a *act, c forum.Community) []storage.Arrival {
	if parts := a.Object.Many; parts != nil {
		return in.takeApart(a, parts)
	}
	inner, err := a.Object.Activity()
	if err != nil || isPost(inner.Type) || ap.IsRareObjectType(inner.Type) {
		in.boost(a, c)
		return nil
	}
	at := a.Published
	a.Activity, a.via, a.viaTime = inner, &c, at
	switch {
	case a.ID == "" || !ap.SameOrigin(a.ID, a.Actor):
		a.refuse("id and actor belong to different servers")
	case a.Type == "Announce" || a.Type == "Follow" || a.Type == "Accept" || a.Type == "Reject" || a.Type == "Warn",
		a.Type == "Undo" && a.Object.Type == "Follow":
		a.refuse("not to be announced: " + a.Type)
	}
	return nil
}

// boost reads an Announce of an object, or of its id, as the Create of it: so the
// channels of PeerTube and blogs of WordPress tell of what is new, Guppe and NodeBB
// of everything, and Lemmy of posts besides the activity. Whichever of the two comes
// second finds the object known.
func (in *Inbox) boost(a *act, c forum.Community) {
	author := ""
	if o, err := a.Object.Object(); err == nil && len(o.Authors) > 0 {
		author = o.Authors[0]
	}
	at := a.Published
	a.Activity = ap.Activity{Raw: a.Raw, ID: a.ID, Type: "Create", Actor: author, Object: a.Object}
	a.via, a.viaTime, a.boosted = &c, at, true
}

// bundled is what a collection holds that is announced in the place of a list, as
// Discourse and PieFed do.
func bundled(object ap.Ref) ap.Ref {
	if !ap.IsCollectionType(object.Type) {
		return object
	}
	list, err := object.Collection()
	if err != nil || len(list.Items) == 0 {
		return object
	}
	if len(list.Items) == 1 {
		return list.Items[0]
	}
	return ap.Ref{Many: list.Items}
}

// takeApart makes an Announce of each part of one that brings several, so that each
// is judged, and waits, by itself.
func (in *Inbox) takeApart(a *act, parts []ap.Ref) []storage.Arrival {
	if len(parts) > maxParts {
		a.refuse("too many activities in one Announce")
		return nil
	}
	if !in.budgets.rows.take(registrable(a.row.Actor), len(parts)) {
		a.refuse("too much at once")
		return nil
	}
	arrivals := make([]storage.Arrival, 0, len(parts))
	for i, part := range parts {
		if env, ok := in.repeats(a, part); ok {
			arrivals = append(arrivals, a.part(env, part.Raw))
			continue
		}
		body, err := json.Marshal(announcement{
			ID: a.ID + "#" + strconv.Itoa(i), Type: a.Type, Actor: a.Actor, To: a.To, CC: a.CC, Published: a.Field("published"), Object: asListed(part),
		})
		if err != nil {
			continue // it was read, so it can be written
		}
		env, err := ap.ReadEnvelope(body)
		if err != nil {
			continue
		}
		arrivals = append(arrivals, a.part(env, body))
	}
	a.done("taken apart")
	return arrivals
}

// part is an activity that came within another, as if it had come by itself.
func (a *act) part(env ap.Envelope, body []byte) storage.Arrival {
	one := storage.Arrival{
		Verified: true, Host: a.row.Host, Source: a.row.Source, Type: env.Type, Actor: env.Actor, Activity: env.ID, Body: body,
	}
	one.Family, one.About = sortOut(env)
	return one
}

// repeats reports whether a part is an Announce of the announcer itself. It is then
// taken as it is: under its own id, by which it is known when it comes, or came, alone,
// and with its own time. It brings one thing, so that nothing is taken apart twice.
func (in *Inbox) repeats(a *act, part ap.Ref) (ap.Envelope, bool) {
	if part.Type != "Announce" || !part.IsEmbedded() {
		return ap.Envelope{}, false
	}
	env, err := ap.ReadEnvelope(part.Raw)
	return env, err == nil && env.Actor == a.Actor && ap.SameOrigin(env.ID, env.Actor) && env.Object.Many == nil && !ap.IsCollectionType(env.Object.Type)
}

// announcement is one part of an Announce, as a document of its own.
type announcement struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Actor     string          `json:"actor"`
	To        []string        `json:"to,omitempty"`
	CC        []string        `json:"cc,omitempty"`
	Published json.RawMessage `json:"published,omitempty"`
	Object    json.RawMessage `json:"object"`
}

// asListed is a part as it stood in the list.
func asListed(part ap.Ref) json.RawMessage {
	if part.IsEmbedded() {
		return part.Raw
	}
	iri, err := json.Marshal(part.ID)
	if err != nil {
		return json.RawMessage("null") // a string can always be written
	}
	return iri
}

// doubted keeps what is announced and waits for its own server to confirm it, so
// that its thread can say so.
func (in *Inbox) doubted(ctx context.Context, tx *storage.Tx, acts []*act) error {
	var all []storage.Unconfirmed
	for _, a := range acts {
		if a.via == nil || a.Type != "Create" || a.verdict.State != storage.StateWaiting || a.verdict.Needs != a.Object.ID {
			continue
		}
		if o, err := a.Object.Object(); err == nil && o.InReplyTo != "" {
			all = append(all, storage.Unconfirmed{URI: a.Object.ID, Parent: o.InReplyTo, Community: a.via.ID})
		}
	}
	return tx.NoteUnconfirmed(ctx, all)
}

// trusted reports whether the words of a Create may be taken from the copy
// inside: it came from their author, or bears a proof that it did, or the
// announcer's server is also the author's.
func (a *act) trusted() bool {
	return a.via == nil || a.proven || ap.SameOrigin(a.via.URI, a.Actor)
}

// provenFor is how long after it was signed something is taken from whoever brings it.
const provenFor = 24 * time.Hour

// proven marks what communities announce of people of third servers and what these
// have signed themselves (FEP-8b32). A proof that is wrong, or whose key is not
// held, counts as none: what it is in is looked at where it is from.
//
// A community could keep what somebody signed and announce it again when it suits,
// so what states no time counts from that of its proof, and what has neither is
// not proven. Nor is what is older than a day: its author may have deleted it since, and
// nobody here been told.
func (in *Inbox) proven(ctx context.Context, tx *storage.Tx, acts []*act) error {
	proofs := map[*act]*proof.Proof{}
	var keys []string
	for _, a := range acts {
		if a.settled || a.boosted || a.trusted() || in.Ours(a.Actor) || a.Field("proof") == nil {
			continue
		}
		p, err := proof.Examine(a.Raw, a.row.At)
		if err != nil || !ap.SameOrigin(p.Method, a.Actor) || p.Created.IsZero() && !a.Published.Valid {
			continue
		}
		signed := p.Created
		if signed.IsZero() {
			signed = a.Published.Time
		}
		if signed.Before(a.row.At.Add(-provenFor)) {
			continue
		}
		proofs[a] = p
		keys = append(keys, p.Method)
	}
	if len(keys) == 0 {
		return nil
	}
	held, err := tx.ProofKeys(ctx, keys)
	if err != nil {
		return err
	}
	for a, p := range proofs {
		if key := held[p.Method]; key.Owner != a.Actor || in.proofs.prove(p, key.PEM) != nil {
			continue
		}
		a.proven = true
		if !a.Published.Valid {
			a.Published = ap.NewTime(p.Created)
		}
	}
	return nil
}
