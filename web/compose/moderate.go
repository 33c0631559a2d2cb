package compose

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
)

var (
	errNotModerator = forum.Refuse(forum.Forbidden, "not-moderator", "Only those who moderate this community can do that.")

	errChoose  = forum.Refuse(forum.Invalid, "choose", "Choose what to do.")
	errBadDays = forum.Refuse(forum.Invalid, "bad-days", "That is no number of days.")
)

// maxDays is how long a ban with an end may last.
const maxDays = 3650

// dealt is what a moderator or somebody who reports looks at.
type dealt struct {
	what    forum.Subject
	written forum.Written
	uri     string
	author  forum.Person
	back    string
}

func (d *Desk) dealt(r *http.Request) (dealt, error) {
	w, what, err := d.written(r, forum.Person{})
	if err != nil {
		return dealt{}, err
	}
	x := dealt{what: what, written: w, uri: w.Post.URI, author: w.Post.Author, back: view.PostPath(w.Post.ID)}
	if c := w.Comment; c != nil {
		x.uri, x.author = c.URI, c.Author
		x.back += "#" + mux.Vars(r)["on"]
	}
	return x, nil
}

// quote shows what it is about.
func (x *dealt) quote(p *view.FormPage) {
	html := x.written.Post.Text.HTML
	p.QuoteOf = x.written.Post.Title
	if c := x.written.Comment; c != nil {
		html, p.QuoteOf = c.Text.HTML, c.Author.Handle()
	}
	if x.written.State() != forum.Purged {
		p.Quote = template.HTML(html) //nolint:gosec // sanitised when it came
	}
}

// measures are the acts that make sense as things are, and what each is called.
func (d *Desk) measures(r *http.Request, x *dealt, s forum.Standing) (verbs []forum.Verb, labels []string) {
	t := &d.Site.Words(r).Moderate
	add := func(v forum.Verb, label string) { verbs, labels = append(verbs, v), append(labels, label) }
	if x.written.State() == forum.Removed {
		add(forum.VerbRestore, t.Restore)
	} else {
		add(forum.VerbRemove, t.Remove)
	}
	p := &x.written.Post
	if !s.Moderator && !p.Community.Local {
		return verbs, labels
	}
	if x.what.Kind == forum.OnPost {
		switch {
		case p.Locked:
			add(forum.VerbUnlock, t.Unlock)
		default:
			add(forum.VerbLock, t.Lock)
		}
		switch {
		case p.PinnedAt.IsZero():
			add(forum.VerbPin, t.Pin)
		default:
			add(forum.VerbUnpin, t.Unpin)
		}
		add(forum.VerbRelocate, d.Site.Words(r).Relocate.Move)
	}
	add(forum.VerbBan, t.Ban)
	add(forum.VerbUnban, t.Unban)
	return verbs, labels
}

// moderating shows what can be done, to whoever may.
func (d *Desk) moderating(r *http.Request) (*web.Viewer, *dealt, forum.Standing, error) {
	v, err := d.Site.Self(r)
	if err != nil {
		return nil, nil, forum.Standing{}, err
	}
	x, err := d.dealt(r)
	if err != nil {
		return nil, nil, forum.Standing{}, err
	}
	s, err := d.own.Standing(r.Context(), v.Person, x.written.Post.Community.ID)
	if err == nil && !s.Moderator && !s.Admin {
		err = errNotModerator
	}
	return v, &x, s, err
}

func (d *Desk) askModerate(w http.ResponseWriter, r *http.Request) error {
	_, x, s, err := d.moderating(r)
	if err != nil {
		return err
	}
	return d.send(w, r, http.StatusOK, d.moderationPage(r, x, s, nil))
}

func (d *Desk) moderationPage(r *http.Request, x *dealt, s forum.Standing, f account.Faults) view.FormPage {
	t := d.Site.Words(r)
	c := &t.Moderate
	p := view.FormPage{Frame: d.Site.Frame(r, c.Heading), Heading: c.Heading}
	p.NoIndex, p.Address = true, ""
	x.quote(&p)
	if !s.Moderator && !x.written.Post.Community.Local {
		p.Lead = []string{c.OnlyHere}
	}
	fault := func(field string) string {
		if no := f[field]; no != nil {
			return t.Refusal(no.Reason, no.Text)
		}
		return ""
	}
	p.Wrong = fault("")
	verbs, labels := d.measures(r, x, s)
	what := view.Field{Kind: view.FieldChoice, Name: "verb", Label: c.What, Fault: fault("verb"), Choices: []view.FieldOption{{Label: c.Choose}}}
	for i, v := range verbs {
		what.Choices = append(what.Choices, view.FieldOption{Value: string(v), Label: labels[i], On: string(v) == r.PostForm.Get("verb")})
	}
	fields := []view.Field{
		what,
		{Kind: view.FieldLine, Name: "reason", Label: c.Reason, Hint: c.ReasonHint, Value: r.PostForm.Get("reason"), Fault: fault("reason"), Max: forum.MaxReason},
	}
	if len(verbs) > 1 {
		fields = append(fields, view.Field{Kind: view.FieldText, Name: "days", Label: c.Days, Hint: c.DaysHint, Value: r.PostForm.Get("days"), Fault: fault("days"), Mode: "numeric", Max: 4})
	}
	if slices.Contains(verbs, forum.VerbRelocate) {
		fields = append(fields, view.Field{Kind: view.FieldText, Name: "to", Label: t.Relocate.To, Hint: t.Relocate.ToHint, Value: r.PostForm.Get("to"), Fault: fault("to"), Max: maxHandle})
	}
	p.Forms = []view.Form{{T: t, Action: r.URL.Path, Fields: fields, Button: c.Do, Danger: true}}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p
}

func (d *Desk) moderate(w http.ResponseWriter, r *http.Request) error {
	v, x, s, err := d.moderating(r)
	if err != nil {
		return err
	}
	if forum.Verb(r.PostForm.Get("verb")) == forum.VerbRelocate {
		return d.relocate(w, r, v, x, s)
	}
	m := forum.Moderation{Verb: forum.Verb(r.PostForm.Get("verb")), By: v.Person, Object: x.uri, Reason: strings.TrimSpace(r.PostForm.Get("reason"))}
	var f account.Faults
	switch m.Verb {
	case forum.VerbRemove, forum.VerbRestore, forum.VerbLock, forum.VerbUnlock, forum.VerbPin, forum.VerbUnpin:
	case forum.VerbBan, forum.VerbUnban:
		m.Object, m.Community = x.author.URI, x.written.Post.Community.URI
	default:
		f = f.With("verb", refused(errChoose))
	}
	if days := strings.TrimSpace(r.PostForm.Get("days")); days != "" && m.Verb == forum.VerbBan {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > maxDays {
			f = f.With("days", refused(errBadDays))
		}
		m.Until = d.Site.Now().Add(time.Duration(n) * 24 * time.Hour)
	}
	if f == nil {
		err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Moderate(ctx, tx, []forum.Moderation{m})
		})
		if no := refused(err); no != nil {
			field := ""
			if no.Reason == "reason-too-long" {
				field = "reason"
			}
			f, err = f.With(field, no), nil
		}
		if err != nil {
			return err
		}
	}
	if f != nil {
		return d.send(w, r, http.StatusBadRequest, d.moderationPage(r, x, s, f))
	}
	return web.SeeOther(w, x.back)
}

// maxHandle is how long what somebody writes for a community may be.
const maxHandle = 300

// relocate moves a post to another community of the server that its own is on.
func (d *Desk) relocate(w http.ResponseWriter, r *http.Request, v *web.Viewer, x *dealt, s forum.Standing) error {
	home := &x.written.Post.Community
	handle := strings.TrimSpace(r.PostForm.Get("to"))
	if !home.Local && handle != "" && !strings.Contains(handle, "@") {
		handle += "@" + home.Host
	}
	to, err := d.community(r.Context(), handle)
	if err == nil {
		a := forum.Relocation{By: v.Person, Object: x.uri, From: home.URI, To: to.URI, Reason: strings.TrimSpace(r.PostForm.Get("reason"))}
		err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Relocate(ctx, tx, []forum.Relocation{a})
		})
	}
	no := refused(err)
	switch {
	case no == nil && err != nil:
		return err
	case no == nil:
		return web.SeeOther(w, x.back)
	}
	field := "to"
	if no.Reason == "reason-too-long" {
		field = "reason"
	}
	return d.send(w, r, http.StatusBadRequest, d.moderationPage(r, x, s, account.Faults(nil).With(field, no)))
}

func (d *Desk) reportPage(r *http.Request, x *dealt, f account.Faults) view.FormPage {
	t := d.Site.Words(r)
	c := &t.Moderate
	p := view.FormPage{Frame: d.Site.Frame(r, c.ReportHeading), Heading: c.ReportHeading}
	p.NoIndex, p.Address = true, ""
	if x.written.State() == forum.Live && !x.written.Post.Community.Removed {
		x.quote(&p)
	}
	reason := view.Field{Kind: view.FieldArea, Name: "reason", Label: c.ReportReason, Hint: c.ReportHint, Value: r.PostForm.Get("reason"), Rows: 3, Max: forum.MaxReason, Required: true}
	if no := f["reason"]; no != nil {
		reason.Fault = t.Refusal(no.Reason, no.Text)
	}
	p.Forms = []view.Form{{T: t, Action: r.URL.Path, Fields: []view.Field{reason}, Button: c.Send}}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p
}

func (d *Desk) askReport(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	x, err := d.dealt(r)
	if err != nil {
		return err
	}
	reason, yes, err := d.own.Reported(r.Context(), v.Person.ID, x.what)
	if err != nil {
		return err
	}
	if yes {
		return d.send(w, r, http.StatusOK, d.reportedPage(r, &x, reason))
	}
	return d.send(w, r, http.StatusOK, d.reportPage(r, &x, nil))
}

// reportedPage says that something is reported, and takes that back.
func (d *Desk) reportedPage(r *http.Request, x *dealt, reason string) view.FormPage {
	t := d.Site.Words(r)
	c := &t.Moderate
	p := view.FormPage{Frame: d.Site.Frame(r, c.Reported), Heading: c.Reported, Lead: []string{c.ReportedText}}
	p.NoIndex, p.Address = true, ""
	p.Forms = []view.Form{{T: t, Action: r.URL.Path, Text: []string{c.YouSaid.With(reason)}, Fields: []view.Field{{Kind: view.FieldHidden, Name: "withdraw", Value: "1"}}, Button: c.Withdraw}}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p
}

// report tells those who moderate the community.
func (d *Desk) report(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	x, err := d.dealt(r)
	if err != nil {
		return err
	}
	a := forum.Report{By: v.Person, Object: x.uri, Reason: r.PostForm.Get("reason"), Withdraw: r.PostForm.Get("withdraw") != ""}
	err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return d.Forum.Report(ctx, tx, []forum.Report{a})
	})
	if no := refused(err); no != nil && no.Kind == forum.Invalid {
		return d.send(w, r, http.StatusBadRequest, d.reportPage(r, &x, account.Faults(nil).With("reason", no)))
	}
	if err != nil {
		return err
	}
	if a.Withdraw {
		return web.SeeOther(w, x.back)
	}
	return d.send(w, r, http.StatusOK, d.reportedPage(r, &x, strings.TrimSpace(a.Reason)))
}
