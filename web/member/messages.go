package member

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
)

// How much a page shows.
const (
	conversationsOnPage = 30
	messagesOnPage      = 50
)

// before is the cursor of a list; 0 for its beginning.
func before(r *http.Request) (int64, error) {
	q := r.URL.Query().Get("before")
	if q == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(q, 10, 64)
	if err != nil || n < 1 {
		return 0, forum.Refuse(forum.Invalid, "bad-cursor", "That is no place in this list.")
	}
	return n, nil
}

// messages lists with whom somebody exchanges messages, strangers who ask apart.
func (m *Members) messages(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	from, err := before(r)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Message
	state, path := forum.Welcome, "/messages?"
	p := view.MessagesPage{Frame: m.Site.Frame(r, c.Heading), None: c.None, NoneHint: c.NoneHint}
	if r.URL.Query().Get("show") == "requests" {
		state, path = forum.Requested, "/messages?show=requests&"
		p.Lead, p.None, p.NoneHint = c.RequestsHint, c.NoRequests, ""
	}
	p.NoIndex = true
	list, err := m.own.Conversations(r.Context(), v.Person.ID, state, from, conversationsOnPage+1)
	if err != nil {
		return err
	}
	asking, err := m.own.Requests(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	requests := c.Requests
	if asking > 0 {
		requests += " (" + t.Number(asking) + ")"
	}
	p.Tabs = []view.Choice{
		{Label: c.Conversations, Href: "/messages", On: state == forum.Welcome}, {Label: requests, Href: "/messages?show=requests", On: state == forum.Requested},
	}
	for i := range list[:min(len(list), conversationsOnPage)] {
		x := &list[i]
		line := view.ConversationLine{Who: p.Person(x.With), Href: view.MessagesPath(x.With) + "#answer", Mine: x.Mine, At: p.Moment(x.At)}
		if !x.Gone {
			line.Brief = markup.Plain(x.HTML, 240)
		}
		if x.Unseen > 0 {
			line.New = c.Unread.Of(x.Unseen)
		}
		p.Lines = append(p.Lines, line)
	}
	if len(list) > conversationsOnPage {
		p.Older = path + "before=" + strconv.FormatInt(list[conversationsOnPage-1].Cursor, 10)
	}
	return m.Site.Once(w, r, http.StatusOK, p)
}

// other finds with whom a page is about an exchange.
func (m *Members) other(r *http.Request) (forum.Person, error) {
	name, host, _ := strings.Cut(mux.Vars(r)["handle"], "@")
	if strings.EqualFold(host, m.Site.BaseURL.Host) {
		host = ""
	}
	return m.Site.Reader.Person(r.Context(), name, host)
}

// letter is what a conversation's form has in it.
type letter struct {
	text   string
	change int64 // the message that says this instead; 0 for a new one
	shown  template.HTML
	fault  *forum.Refusal
}

// askConversation shows what somebody exchanged with another, and notes that they have
// seen it.
func (m *Members) askConversation(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	with, err := m.other(r)
	if err != nil {
		return err
	}
	if with.ID == v.Person.ID {
		return forum.Refuse(forum.Invalid, "to-oneself", "That is yourself.")
	}
	var l letter
	if q := r.URL.Query().Get("edit"); q != "" {
		id, err := strconv.ParseInt(q, 10, 64)
		if err != nil {
			return storage.ErrNotFound
		}
		said, err := m.own.Message(r.Context(), v.Person.ID, id)
		if err != nil {
			return err
		}
		if said.From.ID != v.Person.ID || said.Deleted {
			return forum.Refuse(forum.Forbidden, "not-author", "Only its author can change this.")
		}
		l.text, l.change = said.Text.Source, id
	} else if d, ok, err := m.own.Draft(r.Context(), v.Person.ID, draftOf(with)); err != nil {
		return err
	} else if ok {
		l.text = d.Text
	}
	if r.Method == http.MethodGet {
		messages, notices, err := m.own.SeeMessages(r.Context(), v.Person.ID, with.ID)
		if err != nil {
			return err
		}
		v.Messages, v.Notices = max(v.Messages-messages, 0), max(v.Notices-notices, 0)
	}
	return m.sendConversation(w, r, http.StatusOK, v, with, l)
}

// draftOf is the place of what somebody has begun to write to another.
func draftOf(with forum.Person) string { return "message person-" + strconv.FormatInt(with.ID, 10) }

func (m *Members) sendConversation(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, with forum.Person, l letter) error {
	from, err := before(r)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Message
	ctx := r.Context()
	list, err := m.own.MessagesWith(ctx, v.Person.ID, with.ID, from, messagesOnPage+1)
	if err != nil {
		return err
	}
	state, err := m.own.HowTo(ctx, v.Person.ID, with.ID)
	if err != nil {
		return err
	}
	path := view.MessagesPath(with)
	name := with.Title
	if name == "" {
		name = with.Handle()
	}
	p := view.ConversationPage{Frame: m.Site.Frame(r, c.With.With(name)), With: with, Shown: l.shown}
	p.NoIndex, p.Address = true, path
	if p.Shuns, err = m.own.Shuns(ctx, v.Person.ID); err != nil {
		return err
	}
	if state == forum.Requested {
		p.Asks = c.AsksHint.With(name)
	}
	if len(list) > messagesOnPage {
		list = list[1:]
		p.Older = path + "?before=" + strconv.FormatInt(list[0].ID, 10)
	}
	if p.Lines, err = m.lines(ctx, &p.Frame, v, list); err != nil {
		return err
	}
	p.Form = view.Form{T: t, Action: path + "#answer", Button: c.Send, Place: draftOf(with), Also: []view.FormButton{{Name: "preview", Label: t.Write.Preview}}, Fields: []view.Field{
		{Kind: view.FieldArea, Name: "text", Label: c.Text, Hint: t.Write.TextHint, Value: l.text, Fault: fault(t, l.fault), Rows: 5, Max: forum.MaxMessageSource, Required: true, Markdown: true},
	}}
	if l.change != 0 {
		p.Form.Button, p.Form.Place, p.Form.Heading = c.Save, "", c.Change
		p.Form.Fields = append(p.Form.Fields, view.Field{Kind: view.FieldHidden, Name: "message", Value: strconv.FormatInt(l.change, 10)})
	}
	return m.Site.Once(w, r, status, p)
}

// lines are messages as a page shows them, with the post that one of them is about.
func (m *Members) lines(ctx context.Context, f *view.Frame, v *web.Viewer, list []forum.Message) ([]view.MessageLine, error) {
	var uris []string
	for i := range list {
		if uri := list[i].InReplyTo; uri != "" {
			uris = append(uris, uri)
		}
	}
	on := map[string]private.Remarked{}
	if len(uris) > 0 {
		var err error
		if on, err = m.own.Remarked(ctx, uris); err != nil {
			return nil, err
		}
	}
	var out []view.MessageLine
	for i := range list {
		line := f.Message(&list[i], list[i].From.ID == v.Person.ID)
		if x, ok := on[list[i].InReplyTo]; ok {
			title := x.Title
			if title == "" {
				title = f.T.Untitled
			}
			line.On, line.OnHref = f.T.Message.On.With(title), view.PostPath(x.Post)
			if x.Comment != 0 {
				line.OnHref = view.CommentPath(x.Comment)
			}
		}
		out = append(out, line)
	}
	return out, nil
}

// sendMessage writes to somebody, or changes what was written.
func (m *Members) sendMessage(w http.ResponseWriter, r *http.Request) error {
	t := m.Site.Words(r)
	l := letter{text: account.Draft{Text: r.PostForm.Get("text")}.Tidy().Text}
	v := m.Site.Viewer(r)
	if v == nil { // nothing typed is lost, and nothing said of who there is
		p := m.page(r, t.Message.Heading)
		p.Wrong = t.Message.Lapsed
		p.Forms = []view.Form{{Action: r.URL.Path, Button: t.Message.Send, Fields: []view.Field{
			{Kind: view.FieldArea, Name: "text", Label: t.Message.Text, Value: l.text, Rows: 5, Max: forum.MaxMessageSource, Required: true, Markdown: true},
		}}}
		if id, err := strconv.ParseInt(r.PostForm.Get("message"), 10, 64); err == nil { // it was to change one
			p.Forms[0].Fields = append(p.Forms[0].Fields, view.Field{Kind: view.FieldHidden, Name: "message", Value: strconv.FormatInt(id, 10)})
		}
		p.Links = []view.Choice{{Label: t.Account.SignIn, Href: "/sign-in"}}
		return m.send(w, r, http.StatusForbidden, p)
	}
	with, err := m.other(r)
	if err != nil {
		return err
	}
	text, err := m.Render(l.text)
	if err != nil {
		return err
	}
	one := forum.Message{From: v.Person, To: with, Text: text}
	if l.text == "" {
		one.Text = forum.Text{}
	}
	edit := r.PostForm.Get("message")
	if edit != "" {
		id, err := strconv.ParseInt(edit, 10, 64)
		if err != nil {
			return storage.ErrNotFound
		}
		was, err := m.own.Message(r.Context(), v.Person.ID, id)
		if err != nil {
			return err
		}
		if was.To.ID != with.ID && was.From.ID != with.ID {
			return storage.ErrNotFound
		}
		l.change, one.URI, one.To = id, was.URI, was.To
	}
	if r.PostForm.Has("preview") {
		l.shown = template.HTML(one.Text.HTML) //nolint:gosec // Render sanitises
		return m.sendConversation(w, r, http.StatusOK, v, with, l)
	}
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		var err error
		if one.Emoji, err = tx.Emoji(ctx, markup.Shortcodes(one.Text.HTML)); err != nil {
			return err
		}
		if edit == "" {
			if one.InReplyTo, err = own.LastFrom(ctx, v.Person.ID, with.ID); err != nil {
				return err
			}
		}
		out, err := m.Forum.Send(ctx, tx, own, forum.Send{Message: one, Edit: edit != "", Newcomer: !v.Released})
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		if err == nil && edit == "" { // what was begun besides stays
			err = own.DropDraft(ctx, v.Person.ID, draftOf(with))
		}
		return err
	})
	if no, ok := errors.AsType[*forum.Refusal](err); ok {
		l.fault = no
		return m.sendConversation(w, r, no.Kind.Status(), v, with, l)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, view.MessagesPath(with)+"#answer")
}

// toMessages leads from the number of a person to what is exchanged with them: drafts
// know nothing else.
func (m *Members) toMessages(w http.ResponseWriter, r *http.Request) error {
	if _, err := m.Site.Self(r); err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 32)
	if err != nil {
		return storage.ErrNotFound
	}
	with, err := m.own.PersonByID(r.Context(), id)
	if err != nil {
		return err
	}
	return web.SeeOther(w, view.MessagesPath(with)+"#answer")
}

// reported finds the message that a page is about, which whoever looks has got.
func (m *Members) toReport(r *http.Request) (*web.Viewer, forum.Message, error) {
	v, err := m.Site.Self(r)
	if err != nil {
		return nil, forum.Message{}, err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil {
		return nil, forum.Message{}, storage.ErrNotFound
	}
	one, err := m.own.Message(r.Context(), v.Person.ID, id)
	if err == nil && (one.To.ID != v.Person.ID || one.Deleted) {
		err = storage.ErrNotFound
	}
	return v, one, err
}

func (m *Members) sendReport(w http.ResponseWriter, r *http.Request, status int, one *forum.Message, no *forum.Refusal) error {
	t := m.Site.Words(r)
	c := &t.Message
	p := m.page(r, c.ReportHeading)
	p.QuoteOf, p.Quote = c.ReportOf.With(one.From.Handle()), template.HTML(one.Text.HTML) //nolint:gosec // sanitised when it came
	p.Forms = []view.Form{m.reportForm(r, no)}
	p.Links = []view.Choice{{Label: c.BackToThem, Href: view.MessagesPath(one.From)}}
	return m.send(w, r, status, p)
}

func (m *Members) reportForm(r *http.Request, no *forum.Refusal) view.Form {
	t := m.Site.Words(r)
	return view.Form{Action: r.URL.Path, Button: t.Moderate.Send, Fields: []view.Field{
		{Kind: view.FieldArea, Name: "reason", Label: t.Moderate.ReportReason, Hint: t.Message.ReportHint, Value: r.PostForm.Get("reason"), Fault: fault(t, no), Rows: 3, Max: forum.MaxReason, Required: true},
	}}
}

func (m *Members) askReportMessage(w http.ResponseWriter, r *http.Request) error {
	_, one, err := m.toReport(r)
	if err != nil {
		return err
	}
	return m.sendReport(w, r, http.StatusOK, &one, nil)
}

// reportMessage shows a message to the admins.
func (m *Members) reportMessage(w http.ResponseWriter, r *http.Request) error {
	if m.Site.Viewer(r) == nil {
		return m.Site.Lapsed(w, r, m.Site.Words(r).Message.ReportHeading, m.reportForm(r, nil))
	}
	v, one, err := m.toReport(r)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(r.PostForm.Get("reason"))
	var no *forum.Refusal
	switch {
	case reason == "":
		no = &forum.Refusal{Kind: forum.Invalid, Reason: "no-reason", Text: "Say why."}
	case utf8.RuneCountInString(reason) > forum.MaxReason:
		no = &forum.Refusal{Kind: forum.Invalid, Reason: "reason-too-long", Text: "A reason has at most 500 characters."}
	}
	if no != nil {
		return m.sendReport(w, r, http.StatusBadRequest, &one, no)
	}
	if _, err := m.own.ReportMessage(r.Context(), v.Person.ID, one.ID, reason, m.now()); err != nil {
		return err
	}
	c := &m.Site.Words(r).Message
	p := m.page(r, c.Reported)
	p.Lead = []string{c.ReportedText}
	p.Links = []view.Choice{{Label: c.BackToThem, Href: view.MessagesPath(one.From)}}
	return m.send(w, r, http.StatusOK, p)
}

// reportedMessage shows an admin what was shown to them.
func (m *Members) reportedMessage(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(mux.Vars(r)["id"], 10, 64)
	if err != nil || !v.Admin {
		return storage.ErrNotFound
	}
	x, err := m.own.MessageReport(r.Context(), id)
	if err != nil {
		return err
	}
	c := &m.Site.Words(r).Message
	p := m.page(r, c.ReportHeading)
	p.Lead = slices.DeleteFunc([]string{c.ReportBy.With(x.By.Handle()), x.Reason}, func(s string) bool { return s == "" })
	p.QuoteOf, p.Quote = c.ReportOf.With(x.Author.Handle()), template.HTML(x.HTML) //nolint:gosec // sanitised when it came
	p.Links = []view.Choice{{Label: x.Author.Handle(), Href: view.PersonPath(x.Author)}, {Label: x.By.Handle(), Href: view.PersonPath(x.By)}}
	return m.send(w, r, http.StatusOK, p)
}
