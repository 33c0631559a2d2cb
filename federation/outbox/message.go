package outbox

import (
	"github.com/google/uuid"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// NewMessage mints the id of a message. Nothing is ever served there, and it tells
// nobody how many messages there are.
func (p *Publisher) NewMessage() string { return p.base + "/message/" + uuid.NewString() }

// NewQuote mints the address of what allows to quote something.
func (p *Publisher) NewQuote() string { return p.base + "/quotes/" + uuid.Must(uuid.NewV7()).String() }

// quotes names what somebody here quotes.
func quotes(q forum.Quote) ap.Quotes {
	return ap.Quotes{Quote: q.URI, QuoteURI: q.URI, QuoteURL: q.URI, MisskeyQuote: q.URI, QuoteAuthorization: q.Approval}
}

// QuoteAuthorization is what allows to quote something, for whoever wants to see it.
func QuoteAuthorization(g *forum.Grant) ap.QuoteAuthorization {
	return ap.QuoteAuthorization{ID: g.ID, AttributedTo: g.Author.URI, InteractingObject: g.Quoting, InteractionTarget: g.Object}
}

// quoted renders that somebody may quote something of this node, or no more.
func (p *Publisher) quoted(e *forum.Event) (*act, error) {
	g, id, to := e.Grant, p.NewActivity(), ap.IRIs{e.Grant.By.URI}
	if e.Verb == forum.VerbAsk {
		return p.newAct(g.ID, e.Actor.URI, false, ap.QuoteRequest{
			ID: g.ID, Actor: e.Actor.URI, To: ap.IRIs{g.Author.URI}, Object: ap.IRI(g.Object), Instrument: ap.Embed(p.Page(e.Post)),
		})
	}
	if e.Verb == forum.VerbUnquote {
		return p.newAct(e.Origin.Activity, e.Actor.URI, false, ap.Delete{
			ID: e.Origin.Activity, Actor: e.Actor.URI, To: to, CC: ap.IRIs{}, Published: ap.NewTime(e.At), Object: ap.IRI(g.ID),
		})
	}
	return p.newAct(id, e.Actor.URI, false, ap.Accept{
		ID: id, Actor: e.Actor.URI, To: to, Published: ap.NewTime(e.At), Result: g.ID, Object: ap.Embed(ap.QuoteRequest{
			ID: e.Origin.Activity, Actor: g.By.URI, Object: ap.IRI(g.Object), Instrument: ap.IRI(g.Quoting),
		}),
	})
}

// messaged renders what happens to a message: for everybody but some forums as a Note
// to one person alone, with a Mention, without which Mastodon tells nobody.
func (p *Publisher) messaged(e *forum.Event) (r forum.Rendering, err error) {
	m, id := e.Message, e.Origin.Activity
	to, at := ap.IRIs{m.To.URI}, ap.NewTime(e.At)
	document := func(doc any) *forum.Document {
		var act *act
		if act, err = p.newAct(id, m.From.URI, false, doc); err != nil {
			return nil
		}
		return act.document
	}
	if e.Verb == forum.VerbMessageDelete {
		r.Direct = document(ap.Delete{ID: id, Actor: m.From.URI, To: to, CC: ap.IRIs{}, Published: at, Object: ap.IRI(m.URI)})
		return r, err
	}
	wrap := func(object ap.Part, tags ap.Tags) any {
		if e.Verb == forum.VerbMessageEdit {
			return ap.Update{ID: id, Actor: m.From.URI, To: to, CC: ap.IRIs{}, Published: at, Object: object, Tag: tags}
		}
		return ap.Create{ID: id, Actor: m.From.URI, To: to, CC: ap.IRIs{}, Published: at, Object: object, Tag: tags}
	}
	note := p.MessageNote(m)
	if r.Direct = document(wrap(ap.Embed(note), note.Tag)); err == nil {
		r.Chat = document(wrap(ap.Embed(p.ChatMessage(m)), nil))
	}
	return r, err
}

// MessageNote is a message as microblogs write them. It answers the last one of the
// other side, which is how these keep what belongs together.
func (p *Publisher) MessageNote(m *forum.Message) ap.Note {
	return ap.Note{
		ID: m.URI, AttributedTo: m.From.URI, To: ap.IRIs{m.To.URI}, CC: ap.IRIs{}, InReplyTo: m.InReplyTo, Summary: m.Warning, Sensitive: m.Warning != "",
		Content: m.Text.HTML, MediaType: "text/html", Source: source(m.Text), Published: stamp(m.Published), Updated: moment(m.Edited),
		Tag: append(ap.Tags{mention(m.To.URI, m.To.Name, m.To.Host)}, p.emojis(m.Emoji)...),
	}
}

// ChatMessage is a message for forums. It names nothing that it answers: Lemmy 1.0
// takes a Note that does for a comment.
func (p *Publisher) ChatMessage(m *forum.Message) ap.ChatMessage {
	return ap.ChatMessage{
		ID: m.URI, AttributedTo: m.From.URI, To: ap.IRIs{m.To.URI}, Content: m.Text.HTML, MediaType: "text/html", Source: source(m.Text),
		Published: stamp(m.Published), Updated: moment(m.Edited),
	}
}
