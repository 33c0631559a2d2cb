package inbox

import (
	"context"
	"html"
	"slices"
	"strings"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

// chatMessage is what Lemmy before 1.0, Mbin and Pleroma write to one person. It is
// never a post.
const chatMessage = "ChatMessage"

// maxAddressed is to how many people a message may be.
const maxAddressed = 20

// letter is a message that an act brings, with the people of this node to whom it is.
type letter struct {
	ap.Object
	to     []string
	others int
}

// sealed takes what is not public as a message, or settles the act. It is one if it
// names people alone, some of them of this node, whatever it answers: words for a list
// of followers, a community, or nobody are refused, and never become a post.
func (in *Inbox) sealed(a *act, o *ap.Object) {
	l := letter{Object: *o}
	all := slices.Concat(o.To, o.CC, a.To, a.CC)
	slices.Sort(all)
	for _, id := range slices.Compact(all) {
		name, person := strings.CutPrefix(id, in.base+"/u/")
		switch {
		case id == a.Actor: // some name themselves
		case person && name != "" && !strings.Contains(name, "/"):
			l.to = append(l.to, id)
		case in.Ours(id) || id == ap.Public || !slices.Contains(mentions(o), id):
			a.refuse("not public") // elsewhere nothing but a Mention tells a person from a list
			return
		default:
			l.others++
		}
	}
	switch {
	case in.o.Messages == nil || a.via != nil || o.Type != "Note" || len(l.to) == 0 || len(o.Audience)+len(a.Audience) > 0:
		a.refuse("not public")
	case len(l.to)+l.others > maxAddressed:
		a.refuse("to too many people")
	default:
		a.letter = &l
	}
}

// messages turns what people elsewhere write to people here into the verb.
func (in *Inbox) messages(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var names []string
	for _, a := range acts {
		if a.settled || a.letter == nil {
			continue
		}
		if _, ok := in.by(a, people); ok {
			todo, names = append(todo, a), append(names, a.letter.to...)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	here, err := tx.People(ctx, names)
	if err != nil {
		return err
	}
	// Two workers take conversations in one order, and do not lock each other out.
	slices.SortStableFunc(todo, func(a, b *act) int {
		return strings.Compare(a.letter.to[0]+" "+a.Actor, b.letter.to[0]+" "+b.Actor)
	})
	for _, a := range todo {
		if err := in.deliver(ctx, tx, a, people[a.Actor], here); err != nil {
			return err
		}
	}
	return nil
}

// deliver brings a message to each of the people here to whom it is.
func (in *Inbox) deliver(ctx context.Context, tx *storage.Tx, a *act, from forum.Person, here map[string]forum.Person) error {
	a.refuse("to nobody here")
	m := in.message(&a.letter.Object, from)
	for _, id := range a.letter.to {
		to, ok := here[id]
		if !ok || !to.Local {
			continue
		}
		one := m
		one.To, one.Others = to, len(a.letter.to)+a.letter.others-1
		out, err := in.o.Forum.Send(ctx, tx, in.o.Messages(tx), forum.Send{Message: one, Edit: a.Type == "Update", Received: a.row.At, At: in.stated(a, a.letter.Updated, a.Updated, a.Published)})
		if err != nil {
			return err
		}
		if a.verdict.State != storage.StateApplied || out.Fresh {
			in.take(a, out)
		}
	}
	return nil
}

// message reads a message. Pictures and files become links below the text.
func (in *Inbox) message(o *ap.Object, from forum.Person) forum.Message {
	m := forum.Message{
		URI: o.ID, From: from, InReplyTo: o.InReplyTo, Published: stampOf(o.Published),
		Warning: cut(oneLine(markup.Plain(o.Summary, maxWarning)), maxWarning),
	}
	m.Emoji = emojis(o.Tag, o.Content, o.Source.Content)
	said := *o
	if list := attachments(o.Attachments); len(list) > 0 {
		said.Source = ap.Source{}
		if said.MediaType == "text/markdown" || said.MediaType == "text/plain" {
			said.Content, said.MediaType = "<p>"+html.EscapeString(said.Content)+"</p>", ""
		}
		for _, one := range list {
			name := one.Alt
			if name == "" {
				name = one.URL
			}
			said.Content += `<p><a href="` + html.EscapeString(one.URL) + `">` + html.EscapeString(name) + `</a></p>`
		}
	}
	m.Text = in.text(&said)
	return m
}

// unsend takes back a message at the word of its author.
func (in *Inbox) unsend(ctx context.Context, tx *storage.Tx, object string, by forum.Person) error {
	if in.o.Messages == nil {
		return nil
	}
	_, err := in.o.Forum.Unsend(ctx, tx, in.o.Messages(tx), object, by)
	return err
}

// quoting is the post here about whose quote an Accept or Reject is; empty when it is about
// something else.
func (in *Inbox) quoting(a *act) string {
	id := a.Object.ID
	if inner, err := a.Object.Activity(); err == nil && id == "" {
		id = inner.ID
	}
	if !in.Ours(id) {
		return ""
	}
	return forum.QuotingIn(id)
}

// agrees takes what the author of something answers to somebody here who quotes it.
func (in *Inbox) agrees(ctx context.Context, tx *storage.Tx, a *act, quoting string, people map[string]forum.Person) error {
	answer := forum.QuoteAnswer{Quoting: quoting}
	valid := ap.ValidID(a.Result.ID, in.o.Dev) == nil && ap.SameOrigin(a.Result.ID, a.Actor)
	switch {
	case a.via != nil:
		a.refuse("not to be announced: " + a.Type)
		return nil
	case a.Type != "Accept":
	case !valid:
		a.refuse("says nowhere that it may be quoted")
		return nil
	default:
		answer.Approval = a.Result.ID
	}
	person, ok := in.by(a, people)
	if !ok {
		return nil
	}
	answer.By = person
	out, err := in.o.Forum.Agree(ctx, tx, answer)
	if err == nil {
		in.take(a, out)
	}
	return err
}

// permits takes what the author of something says to an answer by somebody here
// (GoToSocial): by its id, by that of its Create, or to the ReplyRequest of software that
// takes it for one. Deleting what they gave out for it is a no. It reports whether it was
// that.
func (in *Inbox) permits(ctx context.Context, tx *storage.Tx, a *act, people map[string]forum.Person) (bool, error) {
	id := a.Object.ID
	if inner, err := a.Object.Activity(); err == nil && inner.Type == "ReplyRequest" {
		id = inner.Instrument.ID
	}
	if a.via != nil || a.Type != "Delete" && !in.Ours(id) {
		return false, nil
	}
	reply, err := tx.AnsweredBy(ctx, id)
	if err != nil || reply == "" {
		return false, err
	}
	places, err := tx.CommunitiesByURI(ctx, []string{a.Actor})
	if c, ok := places[a.Actor]; err != nil || ok && !c.Wall {
		return false, err // no community wrote what was answered
	}
	by, ok := in.by(a, people)
	if !ok {
		return true, nil
	}
	answer := forum.ReplyAnswer{By: by, Reply: reply, Agrees: a.Type == "Accept"}
	if result := a.Result.ID; ap.ValidID(result, in.o.Dev) == nil && ap.SameOrigin(result, a.Actor) {
		answer.Approval = result
	}
	out, err := in.o.Forum.Permit(ctx, tx, answer)
	if err == nil {
		in.take(a, out)
	}
	return true, err
}

// quotes answers those who ask to quote what was written here (FEP-044f).
func (in *Inbox) quotes(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	for _, a := range acts {
		if a.settled || a.Type != "QuoteRequest" {
			continue
		}
		quoting := a.Instrument.ID
		switch {
		case a.via != nil:
			a.refuse("not to be announced: " + a.Type)
			continue
		case !in.Ours(a.Object.ID):
			a.refuse("asks to quote what was not written here")
			continue
		case a.ID == "" || ap.ValidID(quoting, in.o.Dev) != nil || !ap.SameOrigin(quoting, a.Actor):
			a.refuse("asks to quote in something of another server")
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		out, err := in.o.Forum.Quote(ctx, tx, []forum.QuoteRequest{{By: person, Object: a.Object.ID, Quoting: quoting, Origin: a.origin()}})
		if err != nil {
			return err
		}
		in.take(a, out[0])
	}
	return nil
}
