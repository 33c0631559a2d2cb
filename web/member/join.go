package member

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

var errLinkUsed = forum.Refuse(forum.Gone, "link-used", "This link was used already, or has run out.")

func (m *Members) askJoin(w http.ResponseWriter, r *http.Request) error {
	if m.Site.Viewer(r) != nil {
		return web.SeeOther(w, "/")
	}
	if !m.Site.Joining {
		a := &m.Site.Words(r).Account
		p := m.page(r, a.JoinClosed)
		p.Lead = []string{a.JoinClosedText}
		return m.send(w, r, http.StatusForbidden, p)
	}
	return m.send(w, r, http.StatusOK, m.joinPage(r, account.Join{}, nil))
}

func (m *Members) joinPage(r *http.Request, j account.Join, f account.Faults) view.FormPage {
	t := m.Site.Words(r)
	a := &t.Account
	p := m.page(r, a.Join)
	p.Lead = []string{a.JoinLead.With(m.Site.NodeName)}
	fields := m.identity(t, j, f)
	if m.MinimumAge > 0 {
		fields = append(fields, view.Field{Kind: view.FieldCheck, Name: "age", Label: a.OldEnough.With(strconv.Itoa(m.MinimumAge)), On: j.OldEnough, Fault: fault(t, f["age"]), Required: true})
	}
	p.Forms = []view.Form{{Action: "/join", Button: a.JoinButton, Fields: append(fields,
		view.Field{Kind: view.FieldCheck, Name: "agree", Label: a.Agree, On: j.Agreed, Fault: fault(t, f["agree"]), Required: true},
		view.Field{Kind: view.FieldTrap, Name: "website", Label: a.Trap},
	)}}
	p.Links = []view.Choice{{Label: t.Terms, Href: "/terms"}, {Label: t.Privacy, Href: "/privacy"}, {Label: a.SignIn, Href: "/sign-in"}}
	return p
}

// identity are the fields for who somebody will be. A password is never sent back.
func (m *Members) identity(t *words.Words, j account.Join, f account.Faults) []view.Field {
	a := &t.Account
	return []view.Field{
		{Kind: view.FieldText, Name: "name", Label: a.Name, Hint: a.NameHint, Value: j.Name, Fault: fault(t, f["name"]), Autocomplete: "username", Required: true, Max: 20},
		{Kind: view.FieldEmail, Name: "email", Label: a.Email, Hint: a.EmailHint, Value: j.Email, Fault: fault(t, f["email"]), Autocomplete: "email", Required: true, Max: 254},
		{Kind: view.FieldPassword, Name: "password", Label: a.Password, Hint: a.PasswordHint, Fault: fault(t, f["password"]), Autocomplete: "new-password", Required: true},
	}
}

// join leaves a letter for who wants an account; the account is made when its link
// is followed. Of an address that is taken the page says nothing else than of one
// that is free: its owner is told by mail.
func (m *Members) join(w http.ResponseWriter, r *http.Request) error {
	if !m.Site.Joining {
		return m.askJoin(w, r)
	}
	t := m.Site.Words(r)
	form := r.PostForm
	j := account.Join{
		Name: form.Get("name"), Email: form.Get("email"), Password: form.Get("password"),
		Youngest: m.MinimumAge, OldEnough: form.Get("age") != "", Agreed: form.Get("agree") != "", Trap: form.Get("website"),
	}
	f := j.Check()
	if !j.Agreed {
		f = f.With("agree", &forum.Refusal{Kind: forum.Invalid, Reason: "not-agreed", Text: "Without that there is no account."})
	}
	if f == nil || f["name"] == nil {
		free, err := m.own.NameFree(r.Context(), j.Name)
		if err != nil {
			return err
		}
		if !free {
			f = f.With("name", &forum.Refusal{Kind: forum.Conflict, Reason: "name-taken", Text: "Somebody here has or had that name."})
		}
	}
	if len(f) > 0 {
		return m.send(w, r, http.StatusBadRequest, m.joinPage(r, j, f))
	}
	if m.asks.full(m.network(r), m.now()) {
		p := m.joinPage(r, j, nil)
		p.Wrong = t.TooMuchText
		return m.send(w, r, http.StatusTooManyRequests, p)
	}
	m.asks.add(m.network(r), m.now())
	if j.Trap == "" { // a program is told the same, and nothing happens
		if err := m.invite(r, t, &j); err != nil {
			return err
		}
	}
	return m.sent(w, r, t.Account.SentText)
}

func (m *Members) invite(r *http.Request, t *words.Words, j *account.Join) error {
	taken, err := m.own.EmailTaken(r.Context(), j.Email)
	if err != nil {
		return err
	}
	if taken {
		return m.letter(r, t, account.Link{Purpose: account.ForPassword, Email: j.Email, Expires: m.now().Add(account.KeepReset)})
	}
	return m.letter(r, t, account.Link{
		Purpose: account.ForJoining, Name: j.Name, Email: j.Email, Password: account.HashPassword(j.Password), Expires: m.now().Add(account.KeepLink),
	})
}

// letter keeps a link and has it sent, in one transaction. A link for another
// password goes to the owner of the address; where there is none, nothing is sent.
func (m *Members) letter(r *http.Request, t *words.Words, l account.Link) error {
	if l.Purpose == account.ForPassword && l.Person == 0 {
		u, err := m.own.Login(r.Context(), l.Email)
		if err != nil {
			return err
		}
		l.Person = u.Person.ID
	}
	a := &t.Account
	subject, text := a.JoinSubject, a.JoinLetter
	switch l.Purpose {
	case account.ForPassword:
		subject, text = a.ResetSubject, a.ResetLetter
	case account.ForEmail:
		subject, text = a.EmailSubject, a.EmailLetter
	}
	token, kept := account.NewToken()
	letter := storage.Letter{
		To: l.Email, Subject: subject.With(m.Site.NodeName),
		Text: text.With(m.Site.NodeName) + "\n\n" + m.Site.BaseURL.JoinPath("link", token).String() + "\n\n" + a.IgnoreLetter + "\n",
	}
	return m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if err := private.In(tx).Send(ctx, kept, l); err != nil {
			return err
		}
		return tx.Mail(ctx, letter)
	})
}

// sent says that a letter is on its way.
func (m *Members) sent(w http.ResponseWriter, r *http.Request, text string) error {
	a := &m.Site.Words(r).Account
	p := m.page(r, a.SentHeading)
	p.Lead = []string{text}
	if !m.Mails {
		p.Lead = append(p.Lead, a.LoggedHint)
	}
	return m.send(w, r, http.StatusOK, p)
}

func (m *Members) askReset(w http.ResponseWriter, r *http.Request) error {
	return m.send(w, r, http.StatusOK, m.resetPage(r, "", ""))
}

func (m *Members) resetPage(r *http.Request, name, wrong string) view.FormPage {
	a := &m.Site.Words(r).Account
	p := m.page(r, a.ResetHeading)
	p.Lead, p.Wrong = []string{a.ResetLead}, wrong
	p.Forms = []view.Form{{Action: "/reset", Button: a.ResetButton, Fields: []view.Field{
		{Kind: view.FieldText, Name: "name", Label: a.LoginName, Value: name, Autocomplete: "username", Mode: "email", Required: true, Max: 254},
	}}}
	return p
}

func (m *Members) reset(w http.ResponseWriter, r *http.Request) error {
	t := m.Site.Words(r)
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if m.asks.full(m.network(r), m.now()) {
		return m.send(w, r, http.StatusTooManyRequests, m.resetPage(r, name, t.TooMuchText))
	}
	m.asks.add(m.network(r), m.now())
	u, err := m.own.Login(r.Context(), name)
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && u.Email == "":
	case err != nil:
		return err
	default:
		if err := m.letter(r, t, account.Link{Purpose: account.ForPassword, Person: u.Person.ID, Email: u.Email, Expires: m.now().Add(account.KeepReset)}); err != nil {
			return err
		}
	}
	return m.sent(w, r, t.Account.ResetSent)
}

// found is the link in an address; errLinkUsed where it works no more.
func (m *Members) found(r *http.Request) (account.Link, []byte, error) {
	kept := account.Digest(mux.Vars(r)["token"])
	l, err := m.own.Link(r.Context(), kept, m.now())
	if errors.Is(err, storage.ErrNotFound) || err == nil && (l.Purpose == account.ForCode || l.Purpose == account.ForFactor) {
		err = errLinkUsed
	}
	return l, kept, err
}

// askLink shows what a link is for. It does nothing yet: programs that look at mail
// follow links too.
func (m *Members) askLink(w http.ResponseWriter, r *http.Request) error {
	l, _, err := m.found(r)
	if err != nil {
		return err
	}
	return m.send(w, r, http.StatusOK, m.linkPage(r, &l, account.Join{}, nil))
}

func (m *Members) linkPage(r *http.Request, l *account.Link, j account.Join, f account.Faults) view.FormPage {
	t := m.Site.Words(r)
	a := &t.Account
	form := view.Form{Action: r.URL.Path}
	var p view.FormPage
	switch l.Purpose {
	case account.ForFirstAdmin:
		p = m.page(r, a.FirstHeading)
		p.Lead, form.Fields, form.Button = []string{a.FirstLead}, m.identity(t, j, f), a.FirstButton
		form.Fields[1].Required = false
	case account.ForPassword:
		p = m.page(r, a.NewHeading)
		form.Button, form.Fields = a.ChangePassword, []view.Field{
			{Kind: view.FieldPassword, Name: "password", Label: a.NewPassword, Hint: a.PasswordHint, Fault: fault(t, f["password"]), Autocomplete: "new-password", Required: true},
		}
		// Whoever keeps passwords for somebody has to know of which account this is one.
		if u, err := m.own.Account(r.Context(), l.Person); err == nil {
			form.Fields = append([]view.Field{{Kind: view.FieldOwner, Name: "username", Value: u.Person.Name}}, form.Fields...)
		}
	case account.ForJoining:
		p = m.page(r, a.ConfirmHeading)
		p.Lead, form.Button = []string{a.ConfirmText}, a.ConfirmButton
		if refused := f["name"]; refused != nil { // taken since the letter was sent
			form.Fields = []view.Field{{Kind: view.FieldText, Name: "name", Label: a.Name, Hint: a.NameHint, Value: j.Name, Fault: fault(t, refused), Required: true, Max: 20}}
		}
	default:
		p = m.page(r, a.ConfirmHeading)
		form.Button = a.ChangeEmail
	}
	p.Forms = []view.Form{form}
	return p
}

// link does what a link is for.
func (m *Members) link(w http.ResponseWriter, r *http.Request) error {
	l, kept, err := m.found(r)
	if err != nil {
		return err
	}
	j := account.Join{Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email"), Password: r.PostForm.Get("password")}
	var f account.Faults
	var person int64
	switch l.Purpose {
	case account.ForFirstAdmin:
		person, f, err = m.first(r.Context(), kept, &j)
	case account.ForJoining:
		person, f, err = m.confirm(r.Context(), kept, &l, &j)
	case account.ForPassword:
		person, f, err = m.choose(r.Context(), kept, &l, j.Password)
	default:
		return m.moved(w, r, kept, &l)
	}
	switch {
	case err != nil:
		return err
	case f != nil:
		return m.send(w, r, http.StatusBadRequest, m.linkPage(r, &l, j, f))
	}
	u, err := m.own.Account(r.Context(), person)
	if err != nil {
		return err
	}
	if u.TOTP != "" { // a letter does not stand in for the second factor
		return web.SeeOther(w, "/sign-in")
	}
	return m.begin(w, r, person, "/")
}

// first makes the first admin. Their address is taken as it is: whoever reads the
// log of the node need not show that they get mail.
func (m *Members) first(ctx context.Context, kept []byte, j *account.Join) (int64, account.Faults, error) {
	given := j.Email
	if strings.TrimSpace(given) == "" {
		j.Email = "none@example.org" // judged, and dropped again
	}
	f := j.Check()
	if strings.TrimSpace(given) == "" {
		j.Email = ""
	}
	if f != nil {
		return 0, f, nil
	}
	return m.establish(ctx, kept, j.Name, account.Account{Email: j.Email, Password: account.HashPassword(j.Password), Admin: true, Released: true})
}

// confirm makes the account of somebody who gets mail at their address. What they
// post first waits for an admin.
func (m *Members) confirm(ctx context.Context, kept []byte, l *account.Link, j *account.Join) (int64, account.Faults, error) {
	if j.Name == "" {
		j.Name = l.Name
	}
	j.Name = strings.ToLower(strings.TrimSpace(j.Name))
	return m.establish(ctx, kept, j.Name, account.Account{Email: l.Email, Password: l.Password})
}

// establish makes a person and their account, and uses a link up, all or nothing.
func (m *Members) establish(ctx context.Context, kept []byte, name string, u account.Account) (int64, account.Faults, error) {
	secret, public, err := m.Keys()
	if err != nil {
		return 0, nil, err
	}
	var out forum.Outcome
	err = m.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		if _, err := own.TakeLink(ctx, kept, m.now()); err != nil {
			return errLinkUsed
		}
		out, err = m.Forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, PrivateKey: secret, PublicKey: public})
		if err != nil {
			return err
		}
		if out.Refused != nil {
			return out.Refused
		}
		if u.Admin { // no second first admin, by a link of an earlier start
			if err := own.DropLinks(ctx, account.ForFirstAdmin, 0); err != nil {
				return err
			}
		}
		free, err := own.Open(ctx, out.ID, u, m.now())
		if err == nil && !free {
			err = &forum.Refusal{Kind: forum.Conflict, Reason: "email-taken", Text: "That address belongs to another account."}
		}
		return err
	})
	if refused, ok := errors.AsType[*forum.Refusal](err); ok && refused.Reason != "link-used" {
		field := "name"
		if refused.Reason == "email-taken" {
			field = "email"
		}
		return 0, account.Faults{field: refused}, nil
	}
	return out.ID, nil, err
}

// choose sets a password for whoever got the letter, and ends all sessions.
func (m *Members) choose(ctx context.Context, kept []byte, l *account.Link, password string) (int64, account.Faults, error) {
	u, err := m.own.Account(ctx, l.Person)
	if err != nil {
		return 0, nil, err
	}
	if f := account.Faults(nil).With("password", account.CheckPassword(password, u.Person.Name, u.Email)); f != nil {
		return 0, f, nil
	}
	hash := account.HashPassword(password)
	err = m.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		if _, err := own.TakeLink(ctx, kept, m.now()); err != nil {
			return errLinkUsed
		}
		return own.SetPassword(ctx, l.Person, hash, nil, m.now())
	})
	return l.Person, nil, err
}

// moved gives an account another address.
func (m *Members) moved(w http.ResponseWriter, r *http.Request, kept []byte, l *account.Link) error {
	err := m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		if _, err := own.TakeLink(ctx, kept, m.now()); err != nil {
			return errLinkUsed
		}
		free, err := own.SetEmail(ctx, l.Person, l.Email)
		if err == nil && !free {
			err = &forum.Refusal{Kind: forum.Conflict, Reason: "email-taken", Text: "That address belongs to another account."}
		}
		return err
	})
	if err != nil {
		return err
	}
	a := &m.Site.Words(r).Account
	p := m.page(r, a.ConfirmHeading)
	p.Done = a.EmailChanged
	return m.send(w, r, http.StatusOK, p)
}
