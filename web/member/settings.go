package member

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"

	"stoa/activitypub/markup"
	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// bytesOf is what hexOf wrote; nil for anything else, which names no session.
func bytesOf(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

// settingsPage begins one of the pages of settings, with the way to the others.
func (m *Members) settingsPage(r *http.Request, heading, path string) view.FormPage {
	a := &m.Site.Words(r).Account
	p := m.page(r, heading)
	for _, c := range []view.Choice{
		{Label: a.TabReading, Href: "/settings"}, {Label: a.TabProfile, Href: "/settings/profile"},
		{Label: m.Site.Words(r).Filter.Tab, Href: "/settings/blocks"}, {Label: a.TabAccount, Href: "/settings/account"}, {Label: a.TabSessions, Href: "/settings/sessions"},
	} {
		c.On = c.Href == path
		p.Tabs = append(p.Tabs, c)
	}
	return p
}

// option is a choice with what each of its values is called.
func option(name, label, now string, values, labels []string) view.Field {
	f := view.Field{Kind: view.FieldChoice, Name: name, Label: label}
	for i, v := range values {
		f.Choices = append(f.Choices, view.FieldOption{Value: v, Label: labels[i], On: v == now})
	}
	return f
}

func (m *Members) askReading(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	return m.sendReading(w, r, v, "")
}

func (m *Members) sendReading(w http.ResponseWriter, r *http.Request, v *web.Viewer, done string) error {
	s := &v.Settings
	own, err := m.own.Collections(r.Context(), v.Person.ID, 0)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	a := &t.Account
	p := m.settingsPage(r, a.Settings, "/settings")
	p.Done = done
	tags, names := []string{""}, []string{a.LanguageAuto}
	for _, l := range words.Languages {
		tags, names = append(tags, l.Tag), append(names, l.Itself)
	}
	sorts, orders := []string{""}, []string{t.SortHot}
	for _, o := range []forum.Sort{forum.SortActive, forum.SortNew, forum.SortTop, forum.SortScaled} {
		sorts, orders = append(sorts, string(o)), append(orders, view.SortName(t, o))
	}
	who := option("messages", t.Message.Who, s.Messages, account.Choices("messages"), []string{t.Message.WhoAll, t.Message.WhoFollowed, t.Message.WhoNobody})
	who.Hint = t.Message.WhoHint
	feeds, called := slices.Clone(account.Choices("feed")), []string{a.FeedSubscribed, a.FeedLocal, a.FeedAll}
	for _, k := range own {
		feeds, called = append(feeds, string(view.FeedOf(k.ID))), append(called, t.Collection.Is.With(k.Name))
	}
	p.Forms = []view.Form{{Action: "/settings", Button: a.Save, Fields: []view.Field{
		option("feed", a.Feed, s.Feed, feeds, called),
		option("sort", a.SortPosts, s.Sort, sorts, orders),
		option("layout", a.Density, s.Layout, account.Choices("layout"), []string{a.Cards, a.Compact}),
		option("theme", a.Theme, s.Theme, account.Choices("theme"), []string{a.ThemeAuto, a.ThemeLight, a.ThemeDark}),
		option("text", a.TextSize, s.TextSize, account.Choices("text"), []string{a.TextUsual, a.TextSmall, a.TextLarge}),
		option("language", a.PageLanguage, s.Language, tags, names),
		option("sensitive", a.Sensitive, s.Sensitive, account.Choices("sensitive"), []string{a.SensitiveBlur, a.SensitiveShow, a.SensitiveHide}),
		option("read", a.ReadPosts, s.Read, account.Choices("read"), []string{a.ReadGrey, a.ReadShow, a.ReadHide}),
		who,
		{Kind: view.FieldArea, Name: "keywords", Label: a.Keywords, Hint: a.KeywordsHint, Value: strings.Join(s.Keywords, "\n"), Rows: 5},
		{Kind: view.FieldText, Name: "languages", Label: a.PostLanguages, Hint: a.PostLanguagesHint, Value: strings.Join(s.Languages, " "), Max: 300},
	}}}
	return m.send(w, r, http.StatusOK, p)
}

func (m *Members) reading(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	s := account.Settings{
		Feed: f.Get("feed"), Sort: f.Get("sort"), Layout: f.Get("layout"), Theme: f.Get("theme"), TextSize: f.Get("text"), Language: f.Get("language"),
		Sensitive: f.Get("sensitive"), Read: f.Get("read"), Messages: f.Get("messages"), Keywords: strings.Split(f.Get("keywords"), "\n"), Languages: strings.Fields(strings.ReplaceAll(f.Get("languages"), ",", " ")),
	}.Tidy()
	if words.Of(s.Language) == nil {
		s.Language = ""
	}
	if !slices.Contains([]forum.Sort{forum.SortActive, forum.SortNew, forum.SortTop, forum.SortScaled}, forum.Sort(s.Sort)) {
		s.Sort = ""
	}
	if err := m.own.SetSettings(r.Context(), v.Person.ID, s); err != nil {
		return err
	}
	v.Settings = s // the answer shows them in force
	return m.sendReading(w, r, v, m.Site.Words(r).Account.Saved)
}

// profileDraft is the place of what somebody has begun to say of themselves.
const profileDraft = "profile"

func (m *Members) askProfile(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	p, err := m.Site.Reader.PersonByURI(r.Context(), v.Person.URI)
	if err != nil {
		return err
	}
	a := forum.Present{
		Title: p.Title, Bio: forum.Text{Source: p.BioSource}, AvatarURL: p.AvatarURL, BannerURL: p.BannerURL, Links: p.Links, Bot: p.Bot, Discoverable: p.Discoverable, Indexable: p.Indexable,
	}
	done := ""
	if begun, ok, err := m.own.Draft(r.Context(), v.Person.ID, profileDraft); err != nil {
		return err
	} else if ok {
		a.Title, a.Bio.Source, done = begun.Title, begun.Text, m.Site.Words(r).Write.Continued
	}
	return m.sendProfile(w, r, http.StatusOK, &a, nil, done)
}

func (m *Members) sendProfile(w http.ResponseWriter, r *http.Request, status int, a *forum.Present, f account.Faults, done string) error {
	t := m.Site.Words(r)
	c := &t.Account
	p := m.settingsPage(r, c.TabProfile, "/settings/profile")
	p.Done = done
	p.Forms = []view.Form{m.profileForm(r, a, f)}
	return m.send(w, r, status, p)
}

func (m *Members) profileForm(r *http.Request, a *forum.Present, f account.Faults) view.Form {
	t := m.Site.Words(r)
	c := &t.Account
	return view.Form{Action: "/settings/profile", Button: c.Save, Begun: profileDraft, Files: m.Site.Pictures != nil, Fields: slices.Concat([]view.Field{
		{Kind: view.FieldText, Name: "title", Label: c.DisplayName, Value: a.Title, Fault: fault(t, f["title"]), Autocomplete: "nickname", Max: forum.MaxCommunityTitle},
	}, m.Site.PictureFields(r, web.PictureField, a.AvatarURL, fault(t, f[web.PictureField])), m.Site.PictureFields(r, web.BannerField, a.BannerURL, fault(t, f[web.BannerField])), []view.Field{
		{Kind: view.FieldArea, Name: "bio", Label: c.Bio, Hint: c.BioHint, Value: a.Bio.Source, Fault: fault(t, f["bio"]), Rows: 6, Max: forum.MaxBio},
	}, linkFields(c, a.Links, fault(t, f["links"])), []view.Field{
		{Kind: view.FieldCheck, Name: "discoverable", Label: c.Discoverable, Hint: c.DiscoverableHint, On: a.Discoverable},
		{Kind: view.FieldCheck, Name: "indexable", Label: c.Indexable, Hint: c.IndexableHint, On: a.Indexable},
		{Kind: view.FieldCheck, Name: "bot", Label: c.BotLabel, Hint: c.BotHint, On: a.Bot},
	})}
}

// linkFields are those for the links of a profile: what each is called, and its address.
func linkFields(c *words.AccountWords, links forum.Links, fault string) []view.Field {
	out := make([]view.Field, 0, 2*len(links))
	for i, l := range links {
		n := strconv.Itoa(i + 1)
		url := view.Field{Kind: view.FieldURL, Name: "link-" + n, Label: c.LinkURL.With(n), Value: l.URL, Max: 2000}
		if l != (forum.ProfileLink{}) && !forum.WebAddress(l.URL) {
			url.Fault = fault
		}
		label := view.Field{Kind: view.FieldLine, Name: "label-" + n, Label: c.LinkLabel.With(n), Value: l.Label, Max: forum.MaxLabel}
		if utf8.RuneCountInString(l.Label) > forum.MaxLabel {
			label.Fault = fault
		}
		out = append(out, label, url)
	}
	out[0].Hint = c.LinksHint
	return out
}

// linksOf reads them.
func linksOf(r *http.Request) (out forum.Links) {
	n := 0
	for i := range out {
		k := strconv.Itoa(i + 1)
		l := forum.ProfileLink{Label: strings.Join(strings.Fields(r.PostForm.Get("label-"+k)), " "), URL: strings.TrimSpace(r.PostForm.Get("link-" + k))}
		if l.URL != "" && !strings.Contains(l.URL, "://") {
			l.URL = "https://" + l.URL
		}
		if l != (forum.ProfileLink{}) {
			out[n] = l
			n++
		}
	}
	return out
}

func (m *Members) profile(w http.ResponseWriter, r *http.Request) error {
	v := m.Site.Viewer(r)
	f := r.PostForm
	bio := forum.Text{Source: strings.TrimSpace(strings.ReplaceAll(f.Get("bio"), "\r\n", "\n"))}
	a := forum.Present{
		Title: f.Get("title"), Bio: bio, Links: linksOf(r),
		Bot: f.Get("bot") != "", Discoverable: f.Get("discoverable") != "", Indexable: f.Get("indexable") != "",
	}
	if v == nil {
		return m.Site.Lapsed(w, r, m.Site.Words(r).Account.TabProfile, m.profileForm(r, &a, nil))
	}
	a.Person = v.Person.URI
	var err error
	if bio.Source != "" {
		if a.Bio, err = m.Render(bio.Source); err != nil {
			return err
		}
	}
	before, err := m.Site.Reader.PersonByURI(r.Context(), v.Person.URI)
	if err != nil {
		return err
	}
	var no, unfit *forum.Refusal
	if a.AvatarURL, no, err = m.Site.OwnPicture(r, web.PictureField, v.Person.ID, before.AvatarURL); err != nil {
		return err
	}
	if a.BannerURL, unfit, err = m.Site.OwnPicture(r, web.BannerField, v.Person.ID, before.BannerURL); err != nil {
		return err
	}
	if f := account.Faults(nil).With(web.PictureField, no).With(web.BannerField, unfit); f != nil {
		return m.sendProfile(w, r, http.StatusBadRequest, &a, f, "")
	}
	var out forum.Outcome
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
		if a.Emoji, err = tx.Emoji(ctx, append(markup.Shortcodes(html.EscapeString(a.Title)), markup.Shortcodes(a.Bio.HTML)...)); err != nil {
			return err
		}
		out, err = m.Forum.Present(ctx, tx, a)
		if err == nil && out.Refused == nil {
			err = private.In(tx).DropDraft(ctx, v.Person.ID, profileDraft)
		}
		return err
	})
	if err != nil {
		return err
	}
	if out.Refused != nil {
		field := "bio"
		switch out.Refused.Reason {
		case "title-too-long":
			field = "title"
		case "bad-link", "label-too-long":
			field = "links"
		}
		return m.sendProfile(w, r, out.Refused.Kind.Status(), &a, account.Faults{field: out.Refused}, "")
	}
	return m.sendProfile(w, r, http.StatusOK, &a, nil, m.Site.Words(r).Account.ProfileSaved)
}

func (m *Members) askAccess(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	return m.sendAccess(w, r, http.StatusOK, v, nil, "")
}

// sendAccess shows how somebody gets in: password, address, second factor.
func (m *Members) sendAccess(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, f account.Faults, done string) error {
	t := m.Site.Words(r)
	a := &t.Account
	p := m.settingsPage(r, a.TabAccount, "/settings/account")
	p.Done = done
	owner := view.Field{Kind: view.FieldOwner, Name: "username", Value: v.Person.Name}
	present := func(of string) view.Field {
		return view.Field{Kind: view.FieldPassword, Name: of + "-present", Label: a.OldPassword, Fault: fault(t, f[of+"-present"]), Autocomplete: "current-password", Required: true}
	}
	typed := ""
	if f != nil {
		typed = r.PostForm.Get("email")
	}
	email := view.Form{Heading: a.ChangeEmail, Action: "/settings/email", Button: a.ChangeEmail, Fields: []view.Field{
		{Kind: view.FieldEmail, Name: "email", Label: a.Email, Hint: a.EmailHint, Value: typed, Fault: fault(t, f["email"]), Autocomplete: "email", Required: true, Max: 254}, owner, present("email"),
	}}
	if f != nil {
		email.Fields[0].Value = r.PostForm.Get("email")
	}
	if v.Email != "" {
		email.Text = []string{a.EmailNow + " " + v.Email}
	}
	factor := view.Form{Heading: a.Factor, Action: "/settings/factor", Text: []string{a.FactorOff}, Button: a.FactorStart, Fields: []view.Field{owner, present("factor")}}
	if v.TOTP != "" {
		factor.Text, factor.Button, factor.Danger = []string{a.FactorOn}, a.FactorEnd, true
		factor.Fields = append(factor.Fields, view.Field{Kind: view.FieldHidden, Name: "end", Value: "1"})
	}
	p.Forms = []view.Form{
		{Heading: a.ChangePassword, Action: "/settings/password", Button: a.ChangePassword, Fields: []view.Field{
			owner, present("password"),
			{Kind: view.FieldPassword, Name: "password", Label: a.NewPassword, Hint: a.PasswordHint, Fault: fault(t, f["password"]), Autocomplete: "new-password", Required: true},
		}},
		email, factor,
	}
	p.Links = []view.Choice{{Label: t.Leave.ExportText, Href: "/settings/export"}, {Label: t.Move.Heading, Href: movePath}, {Label: t.Leave.Heading, Href: "/settings/leave"}}
	return m.send(w, r, status, p)
}

// proven checks the present password again, before anything that could lock its
// owner out.
func (m *Members) proven(r *http.Request, of string) (*web.Viewer, account.Faults, error) {
	v, err := m.Site.Self(r)
	if err != nil {
		return nil, nil, err
	}
	key := strings.ToLower(v.Person.URI)
	wrong := &forum.Refusal{Kind: forum.Forbidden, Reason: "wrong-password", Text: "That is not your present password."}
	if !m.tries.take(key, m.now()) {
		return v, account.Faults{of + "-present": {Kind: forum.Unavailable, Reason: "too-many-tries", Text: "Too many attempts."}}, nil
	}
	if !account.VerifyPassword(v.Password, r.PostForm.Get(of+"-present")) {
		return v, account.Faults{of + "-present": wrong}, nil
	}
	m.tries.give(key)
	return v, nil, nil
}

func (m *Members) password(w http.ResponseWriter, r *http.Request) error {
	v, f, err := m.proven(r, "password")
	if err != nil {
		return err
	}
	next := r.PostForm.Get("password")
	f = f.With("password", account.CheckPassword(next, v.Person.Name, v.Email))
	if f != nil {
		return m.sendAccess(w, r, http.StatusBadRequest, v, f, "")
	}
	if err := m.own.SetPassword(r.Context(), v.Person.ID, account.HashPassword(next), v.Session, m.now()); err != nil {
		return err
	}
	return m.sendAccess(w, r, http.StatusOK, v, nil, m.Site.Words(r).Account.PasswordChanged)
}

// email sends a letter to the new address. If somebody has it already nothing is
// sent, and the page says the same.
func (m *Members) email(w http.ResponseWriter, r *http.Request) error {
	v, f, err := m.proven(r, "email")
	if err != nil {
		return err
	}
	address := strings.TrimSpace(r.PostForm.Get("email"))
	f = f.With("email", account.CheckEmail(address))
	if f != nil {
		return m.sendAccess(w, r, http.StatusBadRequest, v, f, "")
	}
	t := m.Site.Words(r)
	taken, err := m.own.EmailTaken(r.Context(), address)
	if err == nil && !taken && !m.asks.full(v.Person.URI, m.now()) {
		m.asks.add(v.Person.URI, m.now())
		err = m.letter(r, t, account.Link{Purpose: account.ForEmail, Person: v.Person.ID, Email: address, Expires: m.now().Add(account.KeepLink)})
	}
	if err != nil {
		return err
	}
	return m.sendAccess(w, r, http.StatusOK, v, nil, t.Account.EmailSent)
}

// factor sets a second factor up, or ends it.
func (m *Members) factor(w http.ResponseWriter, r *http.Request) error {
	v, f, err := m.proven(r, "factor")
	if err != nil {
		return err
	}
	switch {
	case f != nil:
		return m.sendAccess(w, r, http.StatusBadRequest, v, f, "")
	case r.PostForm.Get("end") != "":
		if err := m.own.SetTOTP(r.Context(), v.Person.ID, "", nil); err != nil {
			return err
		}
		v.TOTP = ""
		return m.sendAccess(w, r, http.StatusOK, v, nil, m.Site.Words(r).Account.FactorEnded)
	}
	secret, err := account.NewTOTP(m.Site.NodeName, v.Person.Name)
	if err != nil {
		return err
	}
	token, kept := account.NewToken()
	err = m.own.Send(r.Context(), kept, account.Link{Purpose: account.ForFactor, Person: v.Person.ID, Password: secret, Expires: m.now().Add(account.KeepCode)})
	if err != nil {
		return err
	}
	return m.sendFactor(w, r, http.StatusOK, v, secret, token, "")
}

func (m *Members) sendFactor(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, secret, token, wrong string) error {
	a := &m.Site.Words(r).Account
	p := m.settingsPage(r, a.FactorStart, "/settings/account")
	p.Lead, p.Secret = []string{a.FactorLead}, secret
	var err error
	if p.QR, p.QRSize, err = squares(account.TOTPAddress(m.Site.NodeName, v.Person.Name, secret)); err != nil {
		return err
	}
	p.Forms = []view.Form{{Action: "/settings/factor/code", Button: a.FactorConfirm, Fields: []view.Field{
		{Kind: view.FieldHidden, Name: "token", Value: token},
		{Kind: view.FieldText, Name: "code", Label: a.Code, Fault: wrong, Autocomplete: "one-time-code", Mode: "numeric", Required: true, Max: 10},
	}}}
	return m.send(w, r, status, p)
}

// confirmFactor turns a second factor on once its owner has shown a code of it.
func (m *Members) confirmFactor(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	a := &m.Site.Words(r).Account
	token := r.PostForm.Get("token")
	l, err := m.own.Link(r.Context(), account.Digest(token), m.now())
	if errors.Is(err, storage.ErrNotFound) || err == nil && (l.Purpose != account.ForFactor || l.Person != v.Person.ID) {
		err = errLinkUsed
	}
	if err != nil {
		return err
	}
	step, ok := account.CheckTOTP(l.Password, r.PostForm.Get("code"), 0, m.now())
	if !ok {
		return m.sendFactor(w, r, http.StatusBadRequest, v, l.Password, token, a.WrongCode)
	}
	codes, kept := account.NewRecovery()
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		if _, err := own.TakeLink(ctx, account.Digest(token), m.now()); err != nil {
			return errLinkUsed
		}
		if err := own.SetTOTP(ctx, v.Person.ID, l.Password, kept); err != nil {
			return err
		}
		_, err := own.TakeStep(ctx, v.Person.ID, step)
		return err
	})
	if err != nil {
		return err
	}
	p := m.settingsPage(r, a.RecoveryHeading, "/settings/account")
	p.Lead, p.Codes = []string{a.RecoveryLead}, codes
	p.Links = []view.Choice{{Label: a.RecoveryDone, Href: "/settings/account"}}
	return m.send(w, r, http.StatusOK, p)
}

// squares are the dark squares of a QR code as the path of an SVG.
func squares(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	size = code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String(), size, nil
}
