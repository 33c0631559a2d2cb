package member

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"stoa/federation/account"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

func (m *Members) askLogin(w http.ResponseWriter, r *http.Request) error {
	back := web.Here(r.URL.Query().Get("back"))
	if m.Site.Viewer(r) != nil {
		return web.SeeOther(w, back)
	}
	return m.send(w, r, http.StatusOK, m.loginPage(r, "", back, ""))
}

func (m *Members) loginPage(r *http.Request, name, back, wrong string) view.FormPage {
	t := m.Site.Words(r)
	a := &t.Account
	p := m.page(r, a.SignIn)
	p.Wrong = wrong
	p.Forms = []view.Form{{Action: "/sign-in", Button: a.SignIn, Text: []string{a.Remembered}, Fields: []view.Field{
		{Kind: view.FieldHidden, Name: "back", Value: back},
		{Kind: view.FieldText, Name: "name", Label: a.LoginName, Value: name, Autocomplete: "username", Mode: "email", Required: true, Max: 254},
		{Kind: view.FieldPassword, Name: "password", Label: a.Password, Autocomplete: "current-password", Required: true},
	}}}
	p.Links = []view.Choice{{Label: a.Forgot, Href: "/reset"}}
	if m.Site.Joining {
		p.Links = append(p.Links, view.Choice{Label: a.Join, Href: "/join"})
	}
	return p
}

// login checks a name and a password. A name that nobody has takes as long as a
// wrong password, and says the same.
func (m *Members) login(w http.ResponseWriter, r *http.Request) error {
	t := m.Site.Words(r)
	name, back := strings.TrimSpace(r.PostForm.Get("name")), web.Here(r.PostForm.Get("back"))
	now, from := m.now(), m.network(r)
	u, err := m.own.Login(r.Context(), name)
	known := err == nil
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	key := name
	if known { // by whichever of the two
		key = strconv.FormatInt(u.Person.ID, 10)
	}
	if m.doors.full(from, now) || !m.tries.take(key, now) {
		return m.send(w, r, http.StatusTooManyRequests, m.loginPage(r, name, back, t.Account.TooManyTries))
	}
	if !account.VerifyPassword(u.Password, r.PostForm.Get("password")) || !known {
		m.doors.add(from, now)
		return m.send(w, r, http.StatusForbidden, m.loginPage(r, name, back, t.Account.WrongLogin))
	}
	if u.TOTP == "" {
		m.tries.forget(key)
		return m.begin(w, r, u.Person.ID, back)
	}
	m.tries.give(key)
	token, kept := account.NewToken()
	if err := m.own.Send(r.Context(), kept, account.Link{Purpose: account.ForCode, Person: u.Person.ID, Expires: now.Add(account.KeepCode)}); err != nil {
		return err
	}
	return m.send(w, r, http.StatusOK, m.codePage(r, token, back, ""))
}

func (m *Members) codePage(r *http.Request, token, back, wrong string) view.FormPage {
	a := &m.Site.Words(r).Account
	p := m.page(r, a.CodeHeading)
	p.Lead = []string{a.CodeLead}
	p.Forms = []view.Form{{Action: "/sign-in/code", Button: a.SignIn, Fields: []view.Field{
		{Kind: view.FieldHidden, Name: "back", Value: back},
		{Kind: view.FieldHidden, Name: "token", Value: token},
		{Kind: view.FieldText, Name: "code", Label: a.Code, Hint: a.CodeHint, Fault: wrong, Autocomplete: "one-time-code", Required: true, Max: 40},
	}}}
	return p
}

// code checks the second factor of somebody whose password was right.
func (m *Members) code(w http.ResponseWriter, r *http.Request) error {
	t := m.Site.Words(r)
	token, back := r.PostForm.Get("token"), web.Here(r.PostForm.Get("back"))
	now, from := m.now(), m.network(r)
	l, err := m.own.Link(r.Context(), account.Digest(token), now)
	if err != nil || l.Purpose != account.ForCode {
		if err == nil || errors.Is(err, storage.ErrNotFound) {
			return web.SeeOther(w, "/sign-in")
		}
		return err
	}
	key := strconv.FormatInt(l.Person, 10)
	if m.doors.full(from, now) || !m.tries.take(key, now) {
		return m.send(w, r, http.StatusTooManyRequests, m.codePage(r, token, back, t.Account.TooManyTries))
	}
	good, err := m.factorGood(r.Context(), l.Person, r.PostForm.Get("code"))
	if err != nil {
		return err
	}
	if !good {
		m.doors.add(from, now)
		return m.send(w, r, http.StatusForbidden, m.codePage(r, token, back, t.Account.WrongCode))
	}
	switch _, err := m.own.TakeLink(r.Context(), account.Digest(token), now); {
	case errors.Is(err, storage.ErrNotFound): // by the same form, sent twice
		return web.SeeOther(w, "/sign-in")
	case err != nil:
		return err
	}
	m.tries.forget(key)
	return m.begin(w, r, l.Person, back)
}

// factorGood takes a code of an authenticator, or of those for the day it is lost.
func (m *Members) factorGood(ctx context.Context, person int64, code string) (bool, error) {
	u, err := m.own.Account(ctx, person)
	if err != nil {
		return false, err
	}
	if step, ok := account.CheckTOTP(u.TOTP, code, u.TOTPStep, m.now()); ok {
		return m.own.TakeStep(ctx, person, step)
	}
	if left, ok := account.TakeRecovery(u.Recovery, code); ok {
		return m.own.TakeRecovery(ctx, person, u.Recovery, left)
	}
	return false, nil
}

// begin signs somebody in and leads them to where they came from.
func (m *Members) begin(w http.ResponseWriter, r *http.Request, person int64, back string) error {
	token, kept := account.NewToken()
	if err := m.own.Begin(r.Context(), person, account.Session{Token: kept, Made: m.now(), Address: m.network(r), Agent: cut(r.UserAgent(), 300)}); err != nil {
		return err
	}
	m.Site.SetSession(w, token)
	return web.SeeOther(w, back)
}

func cut(s string, most int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

func (m *Members) logout(w http.ResponseWriter, r *http.Request) error {
	if v := m.Site.Viewer(r); v != nil {
		if _, err := m.own.End(r.Context(), v.Person.ID, v.Session); err != nil {
			return err
		}
	}
	m.Site.SetSession(w, "")
	return web.SeeOther(w, "/")
}

// sessions lists where somebody is signed in.
func (m *Members) sessions(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	return m.sendSessions(w, r, v, "")
}

func (m *Members) sendSessions(w http.ResponseWriter, r *http.Request, v *web.Viewer, done string) error {
	list, err := m.own.Sessions(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	a := &m.Site.Words(r).Account
	p := m.settingsPage(r, a.TabSessions, "/settings/sessions")
	p.Lead, p.Done = []string{a.SessionsLead}, done
	for i := range list {
		s := &list[i]
		row := view.Row{
			Title: agentName(a, s.Agent), At: p.Moment(s.Seen), Action: "/settings/sessions", Name: "end", Value: hexOf(s.Token), Button: a.EndSession,
		}
		if s.Address != "" {
			row.Facts = append(row.Facts, s.Address)
		}
		if bytes.Equal(s.Token, v.Session) {
			row.Mark = a.ThisSession
		}
		p.Rows = append(p.Rows, row)
	}
	if len(list) > 1 {
		p.Forms = []view.Form{{Action: "/settings/sessions", Button: a.EndOthers, Fields: []view.Field{{Kind: view.FieldHidden, Name: "end", Value: "others"}}}}
	}
	return m.send(w, r, http.StatusOK, p)
}

func (m *Members) endSession(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	which := r.PostForm.Get("end")
	if which == "others" {
		_, err = m.own.EndOthers(r.Context(), v.Person.ID, v.Session)
	} else {
		_, err = m.own.End(r.Context(), v.Person.ID, bytesOf(which))
	}
	if err != nil {
		return err
	}
	if which == hexOf(v.Session) {
		m.Site.SetSession(w, "")
		return web.SeeOther(w, "/")
	}
	return m.sendSessions(w, r, v, m.Site.Words(r).Account.SessionEnded)
}

// agentName names a program by what it says of itself.
func agentName(a *words.AccountWords, agent string) string {
	name := ""
	for _, known := range [][2]string{{"Firefox/", "Firefox"}, {"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, known[0]) {
			name = known[1]
			break
		}
	}
	if name == "" {
		return a.UnknownBrowser
	}
	for _, known := range [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}} {
		if strings.Contains(agent, known[0]) {
			return name + ", " + known[1]
		}
	}
	return name
}
