package compose

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
	"golang.org/x/text/language"

	"stoa/activitypub/markup"
	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
)

// founder is what a viewer is who wants to make communities.
func (d *Desk) founder(v *web.Viewer) *forum.Founder {
	return &forum.Founder{Admin: v.Admin, Newcomer: !v.Released, Open: d.Site.Founding}
}

// may finds out whether a viewer can make communities.
func (d *Desk) may(r *http.Request) (*web.Viewer, error) {
	v, err := d.Site.Self(r)
	if err != nil {
		return v, err
	}
	if no := d.founder(v).Judge(); no != nil {
		return v, no
	}
	return v, nil
}

// said reads what a community is to say of itself.
func (d *Desk) said(r *http.Request) (forum.Arrange, error) {
	f := r.PostForm
	a := forum.Arrange{
		Title: strings.TrimSpace(f.Get("title")), Language: f.Get("language"),
		Sensitive: f.Get("sensitive") != "", Restricted: f.Get("restricted") != "", Untitled: f.Get("untitled") != "",
	}
	for field, text := range map[string]*forum.Text{"summary": &a.Summary, "rules": &a.Rules} {
		source := strings.TrimSpace(strings.ReplaceAll(f.Get(field), "\r\n", "\n"))
		if source == "" {
			continue
		}
		var err error
		if *text, err = d.Render(source); err != nil {
			return a, err
		}
	}
	for line := range strings.Lines(f.Get("tags")) {
		if line = strings.TrimSpace(line); line != "" {
			a.PostTags = append(a.PostTags, line)
		}
	}
	if a.Language != "" {
		if _, err := language.Parse(a.Language); err != nil {
			a.Language = ""
		}
	}
	return a, nil
}

// communityForm is what a community says of itself, to be changed; with name, for one
// that is to be made.
func (d *Desk) communityForm(r *http.Request, name *string, a *forum.Arrange, f account.Faults) view.Form {
	t := d.Site.Words(r)
	c := &t.Found
	fault := func(field string) string {
		if no := f[field]; no != nil {
			return t.Refusal(no.Reason, no.Text)
		}
		return ""
	}
	tongue := languages(t, a.Language)
	tongue.Hint = c.LanguageHint
	form := view.Form{T: t, Action: r.URL.Path, Button: t.Account.Save, Files: name == nil && d.Site.Pictures != nil, Begun: communityDraft}
	_, host := d.split(mux.Vars(r)["place"], "!")
	if name == nil {
		form.Begun += " " + mux.Vars(r)["place"]
	} else {
		form.Button = c.Create
		form.Fields = append(form.Fields, view.Field{Kind: view.FieldText, Name: "name", Label: c.Name, Hint: c.NameHint, Value: *name, Fault: fault("name"), Required: true, Max: 20})
	}
	form.Fields = append(form.Fields,
		view.Field{Kind: view.FieldLine, Name: "title", Label: c.Title, Value: a.Title, Fault: fault("title"), Required: true, Max: forum.MaxCommunityTitle},
		view.Field{Kind: view.FieldArea, Name: "summary", Label: c.Summary, Hint: c.SummaryHint, Value: a.Summary.Source, Fault: fault("summary"), Rows: 8, Max: forum.MaxSummary, Markdown: true},
	)
	if host != "" {
		form.Text = []string{c.Elsewhere.With(host)}
	} else {
		form.Fields = append(form.Fields,
			view.Field{Kind: view.FieldArea, Name: "rules", Label: c.Rules, Hint: c.RulesHint, Value: a.Rules.Source, Fault: fault("rules"), Rows: 5, Max: forum.MaxSummary, Markdown: true},
			tongue,
		)
	}
	form.Fields = append(form.Fields,
		view.Field{Kind: view.FieldCheck, Name: "sensitive", Label: c.Sensitive, Hint: c.SensitiveHint, On: a.Sensitive},
		view.Field{Kind: view.FieldCheck, Name: "restricted", Label: c.Restricted, Hint: c.RestrictedHint, On: a.Restricted},
	)
	if host == "" {
		form.Fields = append(form.Fields, view.Field{Kind: view.FieldCheck, Name: "untitled", Label: c.Untitled, Hint: c.UntitledHint, On: a.Untitled})
	}
	if name == nil && host == "" {
		form.Fields = append(form.Fields, view.Field{Kind: view.FieldArea, Name: "tags", Label: t.Topic.PostTags, Hint: t.Topic.PostTagsHint, Value: strings.Join(a.PostTags, "\n"), Fault: fault("tags"), Rows: 4, Max: maxTagLines})
	}
	if name == nil {
		form.Fields = append(form.Fields, d.Site.PictureFields(r, web.PictureField, a.IconURL, fault(web.PictureField))...)
		form.Fields = append(form.Fields, d.Site.PictureFields(r, web.BannerField, a.BannerURL, fault(web.BannerField))...)
	}
	return form
}

// maxTagLines is how long the list of tags may be that is sent, in characters.
const maxTagLines = forum.MaxPostTags * (forum.MaxTagTitle + 10)

// fieldOf is the field that a refusal is about.
func fieldOf(no *forum.Refusal) string {
	switch no.Reason {
	case "bad-name", "name-taken":
		return "name"
	case "title-too-long", "no-name":
		return "title"
	case "text-too-long":
		return "summary"
	case "rules-too-long":
		return "rules"
	case "post-tags", "bad-post-tag", "post-tags-alike":
		return "tags"
	}
	return ""
}

// communityDraft is the place of what is begun of a community that is to be made, and,
// with its name behind it, of one that is there.
const communityDraft = "community"

func (d *Desk) askFound(w http.ResponseWriter, r *http.Request) error {
	v, err := d.may(r)
	if err != nil {
		return err
	}
	kept, ok, err := d.own.Draft(r.Context(), v.Person.ID, communityDraft)
	if err != nil {
		return err
	}
	p := d.foundPage(r, &kept.To, &forum.Arrange{Title: kept.Title, Summary: forum.Text{Source: kept.Text}, Rules: forum.Text{Source: kept.Rules}}, nil)
	if ok {
		p.Done = d.Site.Words(r).Write.Continued
	}
	return d.send(w, r, http.StatusOK, p)
}

func (d *Desk) foundPage(r *http.Request, name *string, a *forum.Arrange, f account.Faults) view.FormPage {
	t := d.Site.Words(r)
	p := view.FormPage{Frame: d.Site.Frame(r, t.Found.New), Heading: t.Found.New}
	p.NoIndex, p.Address = true, ""
	if no := f[""]; no != nil {
		p.Wrong = t.Refusal(no.Reason, no.Text)
	}
	p.Forms = []view.Form{d.communityForm(r, name, a, f)}
	return p
}

// found makes a community, whose maker moderates it and has joined it.
func (d *Desk) found(w http.ResponseWriter, r *http.Request) error {
	name := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(r.PostForm.Get("name")), "!"))
	if d.Site.Viewer(r) == nil {
		return d.lapsedCommunity(w, r, d.Site.Words(r).Found.New, &name)
	}
	v, err := d.may(r)
	if err != nil {
		return err
	}
	a, err := d.said(r)
	if err != nil {
		return err
	}
	no := forum.CheckName(name)
	if no == nil {
		no = a.Check()
	}
	if no == nil {
		no, err = d.make(r.Context(), v, name, &a)
		if err != nil {
			return err
		}
	}
	if no != nil {
		return d.send(w, r, http.StatusBadRequest, d.foundPage(r, &name, &a, account.Faults(nil).With(fieldOf(no), no)))
	}
	return web.SeeOther(w, "/c/"+name)
}

// lapsedCommunity is the answer to whoever says what a community is, and is signed in no
// more.
func (d *Desk) lapsedCommunity(w http.ResponseWriter, r *http.Request, heading string, name *string) error {
	a, err := d.said(r)
	if err != nil {
		return err
	}
	return d.Site.Lapsed(w, r, heading, d.communityForm(r, name, &a, nil))
}

func (d *Desk) make(ctx context.Context, v *web.Viewer, name string, a *forum.Arrange) (*forum.Refusal, error) {
	n := forum.NewActor{By: d.founder(v), Name: name, Title: a.Title, Summary: a.Summary, Rules: a.Rules, Language: a.Language, Sensitive: a.Sensitive, Restricted: a.Restricted, Untitled: a.Untitled}
	var err error
	if n.PrivateKey, n.PublicKey, err = d.Keys(); err != nil {
		return nil, err
	}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := d.Forum.FoundCommunity(ctx, tx, n)
		if err != nil {
			return err
		}
		if out.Refused != nil {
			return out.Refused
		}
		uri, err := private.In(tx).CommunityURI(ctx, out.ID)
		if err != nil {
			return err
		}
		if _, err := d.Forum.Appoint(ctx, tx, uri, v.Person.URI, ""); err != nil {
			return err
		}
		all, err := d.Forum.Follow(ctx, tx, []forum.Follow{{Person: v.Person, Community: uri}})
		if err == nil && all[0].Refused != nil { // who has moved away founds nothing
			err = all[0].Refused
		}
		if err != nil {
			return err
		}
		return private.In(tx).DropDraft(ctx, v.Person.ID, communityDraft)
	})
	if no := refused(err); no != nil {
		return no, nil
	}
	return nil, err
}

// kept finds a community for somebody who keeps it: of another server for its moderators
// alone.
func (d *Desk) kept(r *http.Request) (*web.Viewer, forum.Community, error) {
	v, err := d.Site.Self(r)
	if err != nil {
		return nil, forum.Community{}, err
	}
	name, host := d.split(mux.Vars(r)["place"], "!")
	c, err := d.Site.Reader.Community(r.Context(), name, host)
	if err != nil {
		return nil, c, err
	}
	s, err := d.own.Standing(r.Context(), v.Person, c.ID)
	if err == nil && !s.Moderator && (!s.Admin || !c.Local) {
		err = errNotModerator
	}
	return v, c, err
}

func (d *Desk) askArrange(w http.ResponseWriter, r *http.Request) error {
	v, c, err := d.kept(r)
	if err != nil {
		return err
	}
	begun, ok, err := d.own.Draft(r.Context(), v.Person.ID, communityDraft+" "+c.Handle())
	if err != nil {
		return err
	}
	if !ok {
		return d.sendArrange(w, r, http.StatusOK, &c, nil, nil, "")
	}
	a := d.asIs(&c)
	a.Title, a.Summary.Source, a.Rules.Source = begun.Title, begun.Text, begun.Rules
	return d.sendArrange(w, r, http.StatusOK, &c, a, nil, d.Site.Words(r).Write.Continued)
}

// inMarkdown is the description of a community to be changed. Of one elsewhere it may be
// kept as HTML.
func (d *Desk) inMarkdown(c *forum.Community) string {
	if text, err := d.Render(c.SummarySource); c.Local || err == nil && text.HTML == c.SummaryHTML {
		return c.SummarySource
	}
	return markup.ToMarkdown(c.SummaryHTML)
}

// asIs is what a community says of itself.
func (d *Desk) asIs(c *forum.Community) *forum.Arrange {
	a := &forum.Arrange{
		Title: c.Title, Summary: forum.Text{Source: d.inMarkdown(c)}, Rules: forum.Text{Source: c.RulesSource}, Language: c.Language,
		IconURL: c.IconURL, BannerURL: c.BannerURL, Sensitive: c.Sensitive, Restricted: c.Restricted, Untitled: c.Untitled,
	}
	for _, tag := range c.PostTags.All() {
		a.PostTags = append(a.PostTags, tag.Title+", "+strconv.Itoa(tag.Color))
	}
	return a
}

// sendArrange shows what a community says of itself, and who moderates it.
func (d *Desk) sendArrange(w http.ResponseWriter, r *http.Request, status int, c *forum.Community, a *forum.Arrange, f account.Faults, done string) error {
	t := d.Site.Words(r)
	p := view.FormPage{Frame: d.Site.Frame(r, t.Found.Edit), Heading: t.Found.Edit, Done: done}
	p.NoIndex, p.Address = true, ""
	if no := f[""]; no != nil {
		p.Wrong = t.Refusal(no.Reason, no.Text)
	}
	if a == nil {
		a = d.asIs(c)
	}
	form := d.communityForm(r, nil, a, f)
	form.Action, form.Begun = view.CommunityPath(*c)+"/edit", communityDraft+" "+c.Handle()
	moderators := form.Action + "/moderators"
	p.Forms = []view.Form{form, d.appointForm(r, moderators, f["person"])}
	uris, err := d.Site.Reader.Moderators(r.Context(), c.ID)
	if err != nil {
		return err
	}
	for _, uri := range uris {
		row := view.Row{Title: uri, Action: moderators, Name: "dismiss", Value: uri, Button: t.Found.Dismiss}
		if m, err := d.Site.Reader.PersonByURI(r.Context(), uri); err == nil {
			row.Title, row.Href = "@"+m.Handle(), view.PersonPath(m)
		}
		p.Rows = append(p.Rows, row)
	}
	if len(p.Rows) == 0 {
		p.Forms[1].Text = []string{t.Found.Alone}
	}
	p.Links = []view.Choice{{Label: t.Back, Href: view.CommunityPath(*c)}}
	return d.send(w, r, status, p)
}

// appointForm has somebody else moderate a community.
func (d *Desk) appointForm(r *http.Request, action string, no *forum.Refusal) view.Form {
	t := d.Site.Words(r)
	who := view.Field{Kind: view.FieldText, Name: "person", Label: t.Found.Person, Hint: t.Found.AppointHint, Value: r.PostForm.Get("person"), Required: true, Max: 320}
	if no != nil {
		who.Fault = t.Refusal(no.Reason, no.Text)
	}
	return view.Form{T: t, Heading: t.Found.Moderators, Action: action, Button: t.Found.Appoint, Fields: []view.Field{who}}
}

func (d *Desk) arrange(w http.ResponseWriter, r *http.Request) error {
	if d.Site.Viewer(r) == nil {
		return d.lapsedCommunity(w, r, d.Site.Words(r).Found.Edit, nil)
	}
	v, c, err := d.kept(r)
	if err != nil {
		return err
	}
	a, err := d.said(r)
	if err != nil {
		return err
	}
	a.Community, a.By = c.URI, v.Person
	saved := d.Site.Words(r).Found.Saved
	if !c.Local {
		saved = d.Site.Words(r).Found.Asked.With(c.Host)
		if a.Summary.Source == strings.TrimSpace(d.inMarkdown(&c)) { // nobody has touched it
			a.Summary = forum.Text{Source: c.SummarySource, HTML: c.SummaryHTML}
		}
	}
	icon, no, err := d.Site.OwnPicture(r, web.PictureField, v.Person.ID, c.IconURL)
	if err != nil {
		return err
	}
	banner, unfit, err := d.Site.OwnPicture(r, web.BannerField, v.Person.ID, c.BannerURL)
	if err != nil {
		return err
	}
	a.IconURL, a.BannerURL = icon, banner
	if f := account.Faults(nil).With(web.PictureField, no).With(web.BannerField, unfit); f != nil {
		return d.sendArrange(w, r, http.StatusBadRequest, &c, &a, f, "")
	}
	err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := d.Forum.Arrange(ctx, tx, a)
		if err == nil {
			err = private.In(tx).DropDraft(ctx, v.Person.ID, communityDraft+" "+c.Handle())
		}
		return []forum.Outcome{out}, err
	})
	if no := refused(err); no != nil {
		return d.sendArrange(w, r, http.StatusBadRequest, &c, &a, account.Faults(nil).With(fieldOf(no), no), "")
	}
	if err != nil {
		return err
	}
	return d.sendArrange(w, r, http.StatusOK, &c, &a, nil, saved)
}

// moderators says who else moderates a community, or does no more.
func (d *Desk) moderators(w http.ResponseWriter, r *http.Request) error {
	if d.Site.Viewer(r) == nil && r.PostForm.Get("dismiss") == "" {
		return d.Site.Lapsed(w, r, d.Site.Words(r).Found.Edit, d.appointForm(r, r.URL.Path, nil))
	}
	v, c, err := d.kept(r)
	if err != nil {
		return err
	}
	m := forum.Moderation{Verb: forum.VerbDismiss, By: v.Person, Community: c.URI, Object: r.PostForm.Get("dismiss")}
	if m.Object == "" {
		m.Verb = forum.VerbAppoint
		m.Object, err = d.personURI(r)
	}
	if err == nil {
		err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Moderate(ctx, tx, []forum.Moderation{m})
		})
	}
	if no := refused(err); no != nil {
		if no.Reason == "needs-object" {
			no = refused(errNoPerson)
		}
		field := ""
		if m.Verb == forum.VerbAppoint { // whatever it is, it is about whom they named
			field = "person"
		}
		return d.sendArrange(w, r, http.StatusBadRequest, &c, nil, account.Faults(nil).With(field, no), "")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, view.CommunityPath(c)+"/edit")
}

var errNoPerson = forum.Refuse(forum.NotFound, "no-such-person", "Nobody of that name is known here.")

// personURI is the id of whom a form names.
func (d *Desk) personURI(r *http.Request) (string, error) {
	name, host := d.split(r.PostForm.Get("person"), "@")
	p, err := d.Site.Reader.Person(r.Context(), name, host)
	if errors.Is(err, storage.ErrNotFound) {
		err = errNoPerson
	}
	return p.URI, err
}
