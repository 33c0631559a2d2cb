package member

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
)

const movePath = "/settings/move"

// askMove shows what somebody may do to move here or away. With claim or to it is the
// page of one other account: it is looked for, and then there is one thing to say yes to.
func (m *Members) askMove(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	for _, way := range []string{"claim", "to"} {
		if text := plainHandle(q.Get(way)); text != "" {
			return m.askOther(w, r, v, way, text)
		}
	}
	return m.sendMove(w, r, http.StatusOK, v, nil, "")
}

// plainHandle is a handle or address as its server is asked for it: of a name that a
// person and a community share, the person is meant.
func plainHandle(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(strings.ToValidUTF8(text, "")), "acct:")
	if text == "" || len(text) > 1000 || strings.ContainsAny(text, " \t\r\n\"") || strings.Contains(text, "://") {
		return text
	}
	return "@" + strings.TrimLeft(text, "@!")
}

// sendMove is the page with all there is to choose.
func (m *Members) sendMove(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, f account.Faults, typed string) error {
	me, err := m.Site.Reader.PersonByURI(r.Context(), v.Person.URI)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Move
	p := m.settingsPage(r, c.Heading, "/settings/account")
	away := view.Form{Heading: c.Away, Text: []string{c.AwayText, c.AwayAfter, c.AwayStays}, Action: movePath + "/to", Button: c.Look, Fields: []view.Field{
		{Kind: view.FieldText, Name: "to", Label: c.NewAccount, Hint: c.AccountHint, Fault: fault(t, f["to"]), Required: true, Max: 1000, Autocomplete: "off"},
	}}
	here := view.Form{Heading: c.Here, Text: []string{c.HereText}, Action: movePath + "/claim", Button: c.Look, Fields: []view.Field{
		{Kind: view.FieldText, Name: "claim", Label: c.OldAccount, Hint: c.AccountHint, Fault: fault(t, f["claim"]), Required: true, Max: 1000, Autocomplete: "off"},
	}}
	if f["to"] != nil {
		away.Fields[0].Value = typed
	} else {
		here.Fields[0].Value = typed
	}
	if me.MovedTo != "" {
		label, _, err := m.otherAccount(r, me.MovedTo)
		if err != nil {
			return err
		}
		away = view.Form{Heading: c.MovedFar.With(label), Text: []string{c.MovedText, c.ReturnText}, Action: movePath + "/return", Button: c.Return}
		p.Forms = []view.Form{away, here} // what holds now comes first
	} else {
		p.Forms, p.After = []view.Form{here}, []view.Form{away}
	}
	for _, uri := range me.Aliases() {
		label, href, err := m.otherAccount(r, uri)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, view.Row{Title: label, Href: href, Action: movePath + "/claim", Name: "drop", Value: uri, Button: c.Drop})
	}
	p.RowsOf = c.Claimed
	return m.send(w, r, status, p)
}

// otherAccount is what an account is called, and its page here; its address where it is
// not known here.
func (m *Members) otherAccount(r *http.Request, uri string) (label, href string, err error) {
	p, err := m.Site.Reader.PersonByURI(r.Context(), uri)
	if errors.Is(err, storage.ErrNotFound) || err == nil && p.Gone {
		return uri, "", nil
	}
	return "@" + p.Name + "@" + p.Host, view.PersonPath(p), err
}

// seek reads which account is meant, and leads to its page.
func seek(w http.ResponseWriter, way, text string) error {
	return web.SeeOther(w, movePath+"?"+url.Values{way: {text}}.Encode())
}

// sought is another account as it was found, or why it was not; pending is true while
// its server is being asked.
type sought struct {
	person  forum.Person
	no      *forum.Refusal
	pending bool
}

// find looks for another account. Where somebody is to move what was heard of it some
// moments ago counts for nothing, since they may just have changed it.
func (m *Members) find(r *http.Request, way, text string) (s sought, err error) {
	ctx := r.Context()
	place, err := m.Site.Reader.Lookup(ctx, text)
	if err == nil && place.Kind == forum.AtPerson {
		if s.person, err = m.own.PersonByID(ctx, place.ID); err == nil {
			s.person, err = m.Site.Reader.PersonByURI(ctx, s.person.URI)
		}
		if err == nil && (s.person.Local || way == "claim" && !s.person.Gone) {
			return s, nil
		}
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return s, err
	}
	s.person = forum.Person{}
	if len(text) > 1000 || !strings.Contains(strings.TrimPrefix(text, "@"), "@") && !strings.Contains(text, "://") {
		s.no = &forum.Refusal{Kind: forum.NotFound, Reason: "no-such-person", Text: "Nobody of that name is known here."}
		return s, nil
	}
	l, busy, err := m.DB.AskAnew(ctx, text)
	switch {
	case err != nil:
		return s, err
	case l.Pending:
		s.pending = true
		return s, nil
	case busy:
		s.no = &forum.Refusal{Kind: forum.Unavailable, Reason: "looks-busy", Text: "Too much is looked for just now."}
		return s, nil
	case l.Found == "":
		s.no = &forum.Refusal{Kind: forum.NotFound, Reason: "lookup-" + l.Reason, Text: "There is no such account."}
		return s, nil
	}
	s.person, err = m.Site.Reader.PersonByURI(ctx, l.Found)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (s.person.Name == "" || s.person.Gone) {
		s.no, err = &forum.Refusal{Kind: forum.Invalid, Reason: "not-a-person", Text: "That is not the account of a person."}, nil
	}
	return s, err
}

// askOther is the page of one other account.
func (m *Members) askOther(w http.ResponseWriter, r *http.Request, v *web.Viewer, way, text string) error {
	s, err := m.find(r, way, text)
	if err != nil {
		return err
	}
	if s.no == nil && !s.pending && s.person.URI == v.Person.URI {
		s.no = &forum.Refusal{Kind: forum.Invalid, Reason: "moves-nowhere", Text: "That is the same account."}
	}
	if s.no != nil {
		return m.sendMove(w, r, http.StatusOK, v, account.Faults{way: s.no}, text)
	}
	t := m.Site.Words(r)
	c := &t.Move
	p := m.settingsPage(r, c.Heading, "/settings/account")
	p.Links = []view.Choice{{Label: c.Cancel, Href: movePath}}
	if s.pending {
		_, host, _ := strings.Cut(strings.TrimPrefix(text, "@"), "@")
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			host = u.Host
		}
		p.Lead, p.Refresh = []string{t.Reach.Looking.With(host)}, lookAgain
		return m.send(w, r, http.StatusOK, p)
	}
	return m.sendOther(w, r, http.StatusOK, v, way, &s.person, nil)
}

// lookAgain is after how many seconds a page that waits for another server is loaded
// again.
const lookAgain = 2

// sendOther asks whether it is this account, and for the password where somebody is to
// move to it.
func (m *Members) sendOther(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, way string, other *forum.Person, f account.Faults) error {
	t := m.Site.Words(r)
	c := &t.Move
	p := m.settingsPage(r, c.Heading, "/settings/account")
	name := "@" + other.Name + "@" + other.Host
	p.Rows, p.RowsOf = []view.Row{{Title: name, Href: view.PersonPath(*other)}}, c.FoundAccount
	if other.Title != "" {
		p.Rows[0].Facts = []string{other.Title}
	}
	p.Links = []view.Choice{{Label: c.Cancel, Href: movePath}}
	if no := f[""]; no != nil {
		p.Wrong = t.Refusal(no.Reason, no.Text)
	}
	switch {
	case way == "claim":
		p.After = []view.Form{{Text: []string{c.MineText.With(name)}, Action: movePath + "/claim", Button: c.Mine, Fields: []view.Field{{Kind: view.FieldHidden, Name: "add", Value: other.URI}}}}
	case other.MovedTo != "":
		p.Wrong = t.Refusal("target-moved", "The account to move to has moved itself.")
	case !other.KnownAs(v.Person.URI):
		p.Lead = []string{c.NotNamed.With(name), c.NameIt.With("@" + v.Person.Name + "@" + v.Person.Host), v.Person.URI}
		p.Links = append([]view.Choice{{Label: c.Again, Href: movePath + "?" + url.Values{"to": {name}}.Encode()}}, p.Links...)
	default:
		p.After = []view.Form{{Text: []string{c.Sure.With(name), c.AwayAfter, c.AwayStays}, Action: movePath + "/to", Button: c.Go, Danger: true, Fields: []view.Field{
			{Kind: view.FieldHidden, Name: "go", Value: other.URI}, {Kind: view.FieldOwner, Name: "username", Value: v.Person.Name},
			{Kind: view.FieldPassword, Name: "move-present", Label: t.Account.OldPassword, Fault: fault(t, f["move-present"]), Autocomplete: "current-password", Required: true},
		}}}
	}
	return m.send(w, r, status, p)
}

// claim adds an account to those that somebody names as theirs, or takes one away. With
// the handle of one it leads to the page where that is looked for.
func (m *Members) claim(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	if text := plainHandle(r.PostForm.Get("claim")); text != "" {
		return seek(w, "claim", text)
	}
	me, err := m.Site.Reader.PersonByURI(r.Context(), v.Person.URI)
	if err != nil {
		return err
	}
	all := me.Aliases()
	if add := r.PostForm.Get("add"); add != "" && !me.KnownAs(add) {
		other, err := m.Site.Reader.PersonByURI(r.Context(), add)
		if err != nil {
			return err
		}
		all = append(all, other.URI)
	}
	drop := r.PostForm.Get("drop")
	all = slices.DeleteFunc(all, func(uri string) bool { return uri == drop })
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := m.Forum.Claim(ctx, tx, v.Person.URI, all)
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		return err
	})
	if no, refused := errors.AsType[*forum.Refusal](err); refused {
		return m.sendMove(w, r, no.Kind.Status(), v, account.Faults{"claim": no}, "")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, movePath)
}

// moveAway has somebody go on under another account, which was asked just before
// whether it names this one. With its handle it leads to the page where that is done.
func (m *Members) moveAway(w http.ResponseWriter, r *http.Request) error {
	to := r.PostForm.Get("go")
	if to == "" {
		if _, err := m.Site.Self(r); err != nil {
			return err
		}
		return seek(w, "to", plainHandle(r.PostForm.Get("to")))
	}
	v, f, err := m.proven(r, "move")
	if err != nil {
		return err
	}
	other, err := m.Site.Reader.PersonByURI(r.Context(), to)
	if err != nil {
		return err
	}
	if f != nil {
		return m.sendOther(w, r, http.StatusBadRequest, v, "to", &other, f)
	}
	for more := true; more; {
		var out forum.Outcome
		err := m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
			out, more, err = m.Forum.Move(ctx, tx, forum.Move{Person: v.Person, Target: to})
			return err
		})
		if err != nil {
			return err
		}
		switch no := out.Refused; {
		case no != nil && no.Reason == "target-not-asked":
			return seek(w, "to", "@"+other.Name+"@"+other.Host)
		case no != nil:
			return m.sendOther(w, r, no.Kind.Status(), v, "to", &other, account.Faults{"": no})
		}
	}
	return web.SeeOther(w, movePath)
}

// moveBack takes back that somebody has moved.
func (m *Members) moveBack(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := m.Forum.Return(ctx, tx, v.Person.URI)
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		return err
	})
	if err != nil {
		return err
	}
	return web.SeeOther(w, movePath)
}
