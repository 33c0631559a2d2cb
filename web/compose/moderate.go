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
	"stoa/web/words"
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
	name    string // of a person or community that is reported; empty for what was written

	banned, banished bool // the author, from the community and from this node; for those who moderate
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
func (d *Desk) measures(r *http.Request, x *dealt, s forum.Standing, reported bool) (verbs []forum.Verb, labels []string) {
	t := &d.Site.Words(r).Moderate
	add := func(v forum.Verb, label string) { verbs, labels = append(verbs, v), append(labels, label) }
	p := &x.written.Post
	mine := s.Moderator || p.Community.Local
	if reported && (mine || x.author.Local) {
		add(forum.VerbResolve, d.Site.Words(r).Report.Resolve)
	}
	if x.written.State() == forum.Removed {
		add(forum.VerbRestore, t.Restore)
	} else {
		add(forum.VerbRemove, t.Remove)
	}
	if !mine {
		return verbs, labels
	}
	locked, lock, unlock := p.Locked, t.Lock, t.Unlock
	if c := x.written.Comment; c != nil {
		locked, lock, unlock = c.Locked, t.LockComment, t.UnlockComment
	}
	if locked {
		add(forum.VerbUnlock, unlock)
	} else {
		add(forum.VerbLock, lock)
	}
	if x.what.Kind == forum.OnPost {
		switch {
		case p.PinnedAt.IsZero():
			add(forum.VerbPin, t.Pin)
		default:
			add(forum.VerbUnpin, t.Unpin)
		}
		add(forum.VerbRelocate, d.Site.Words(r).Relocate.Move)
	}
	add(forum.VerbWarn, t.Warn)
	if x.banned {
		add(forum.VerbUnban, t.Unban)
	} else {
		add(forum.VerbBan, t.Ban)
	}
	switch {
	case !s.Admin:
	case x.banished:
		add(forum.VerbReadmit, t.Readmit)
	default:
		add(forum.VerbBanish, t.Banish)
	}
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
	if err == nil {
		x.banned, x.banished, err = d.own.Banned(r.Context(), x.author.ID, x.written.Post.Community.ID)
	}
	return v, &x, s, err
}

func (d *Desk) askModerate(w http.ResponseWriter, r *http.Request) error {
	_, x, s, err := d.moderating(r)
	if err != nil {
		return err
	}
	p, err := d.moderationPage(r, x, s, nil)
	if err != nil {
		return err
	}
	return d.send(w, r, http.StatusOK, p)
}

func (d *Desk) moderationPage(r *http.Request, x *dealt, s forum.Standing, f account.Faults) (view.FormPage, error) {
	t := d.Site.Words(r)
	c := &t.Moderate
	p := view.FormPage{Frame: d.Site.Frame(r, c.Heading), Heading: c.Heading}
	reports, err := d.own.Reports(r.Context(), x.what)
	if err != nil {
		return p, err
	}
	for i := range reports {
		h := &reports[i]
		row := view.Row{Title: h.By.Handle(), Said: h.Reason, At: p.Moment(h.At)}
		if h.By.ID == 0 {
			row.Title = h.By.Host
		} else {
			row.Href = view.PersonPath(h.By)
		}
		p.Rows, p.RowsOf = append(p.Rows, row), t.Report.Open
	}
	p.NoIndex, p.Address = true, ""
	x.quote(&p)
	if !s.Moderator && !x.written.Post.Community.Local {
		p.Lead = []string{c.OnlyHere}
	}
	if no := f[""]; no != nil {
		p.Wrong = t.Refusal(no.Reason, no.Text)
	}
	verbs, labels := d.measures(r, x, s, len(reports) > 0)
	p.After = []view.Form{d.moderationForm(r, verbs, labels, f)} // below what was reported
	if field, has := flairField(t, x.written.Post.Community.PostTags, flairOf(&x.written.Post)); has && x.what.Kind == forum.OnPost && x.written.Post.Community.Local {
		p.After = append(p.After, view.Form{T: t, Heading: t.Topic.ModerateTags, Action: r.URL.Path, Text: []string{t.Topic.ModerateTagsHint}, Button: t.Account.Save,
			Fields: []view.Field{{Kind: view.FieldHidden, Name: "mark", Value: "1"}, field}})
	}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p, nil
}

// moderationForm has one of some acts done, each with what it is called.
func (d *Desk) moderationForm(r *http.Request, verbs []forum.Verb, labels []string, f account.Faults) view.Form {
	t := d.Site.Words(r)
	c := &t.Moderate
	fault := func(field string) string {
		if no := f[field]; no != nil {
			return t.Refusal(no.Reason, no.Text)
		}
		return ""
	}
	what := view.Field{Kind: view.FieldChoice, Name: "verb", Label: c.What, Fault: fault("verb"), Choices: []view.FieldOption{{Label: c.Choose}}}
	for i, v := range verbs {
		what.Choices = append(what.Choices, view.FieldOption{Value: string(v), Label: labels[i], On: string(v) == r.PostForm.Get("verb")})
	}
	fields := []view.Field{
		what,
		{Kind: view.FieldLine, Name: "reason", Label: c.Reason, Hint: c.ReasonHint, Value: r.PostForm.Get("reason"), Fault: fault("reason"), Max: forum.MaxReason},
	}
	fields = append(fields, view.Field{Kind: view.FieldCheck, Name: "along", Label: c.Along, Hint: c.AlongHint, On: r.PostForm.Get("along") != ""})
	if slices.Contains(verbs, forum.VerbBan) || slices.Contains(verbs, forum.VerbBanish) {
		fields = append(fields, view.Field{Kind: view.FieldText, Name: "days", Label: c.Days, Hint: c.DaysHint, Value: r.PostForm.Get("days"), Fault: fault("days"), Mode: "numeric", Max: 4})
	}
	if slices.Contains(verbs, forum.VerbRelocate) {
		fields = append(fields, view.Field{Kind: view.FieldText, Name: "to", Label: t.Relocate.To, Hint: t.Relocate.ToHint, Value: r.PostForm.Get("to"), Fault: fault("to"), Max: maxHandle})
	}
	return view.Form{T: t, Class: "measures", Action: r.URL.Path, Fields: fields, Button: c.Do, Danger: true}
}

// called are the acts by what each is called, whatever they are done to.
func called(t *words.Words) ([]forum.Verb, []string) {
	c := &t.Moderate
	return []forum.Verb{
			forum.VerbRemove, forum.VerbRestore, forum.VerbLock, forum.VerbUnlock, forum.VerbPin, forum.VerbUnpin, forum.VerbWarn, forum.VerbBan, forum.VerbUnban,
			forum.VerbBanish, forum.VerbReadmit, forum.VerbResolve, forum.VerbRelocate,
		},
		[]string{c.Remove, c.Restore, c.Lock, c.Unlock, c.Pin, c.Unpin, c.Warn, c.Ban, c.Unban, c.Banish, c.Readmit, t.Report.Resolve, t.Relocate.Move}
}

func (d *Desk) moderate(w http.ResponseWriter, r *http.Request) error {
	if d.Site.Viewer(r) == nil { // nothing is said of how things are
		c := &d.Site.Words(r).Moderate
		verbs, labels := called(d.Site.Words(r))
		return d.Site.Lapsed(w, r, c.Heading, d.moderationForm(r, verbs, labels, nil))
	}
	v, x, s, err := d.moderating(r)
	if err != nil {
		return err
	}
	if r.PostForm.Has("mark") {
		err := d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			out, err := d.Forum.Mark(ctx, tx, x.uri, v.Person, r.PostForm["flair"])
			return []forum.Outcome{out}, err
		})
		if err != nil {
			return err
		}
		return web.SeeOther(w, x.back)
	}
	if forum.Verb(r.PostForm.Get("verb")) == forum.VerbRelocate {
		return d.relocate(w, r, v, x, s)
	}
	m := forum.Moderation{Verb: forum.Verb(r.PostForm.Get("verb")), By: v.Person, Object: x.uri, Reason: strings.TrimSpace(r.PostForm.Get("reason"))}
	m.Along = r.PostForm.Get("along") != ""
	var f account.Faults
	switch m.Verb {
	case forum.VerbRemove, forum.VerbRestore, forum.VerbLock, forum.VerbUnlock, forum.VerbPin, forum.VerbUnpin, forum.VerbWarn, forum.VerbResolve:
	case forum.VerbBanish, forum.VerbReadmit:
		m.Object = x.author.URI
	case forum.VerbBan, forum.VerbUnban:
		m.Object, m.Community = x.author.URI, x.written.Post.Community.URI
	default:
		f = f.With("verb", refused(errChoose))
	}
	if days := strings.TrimSpace(r.PostForm.Get("days")); days != "" && (m.Verb == forum.VerbBan || m.Verb == forum.VerbBanish) {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > maxDays {
			f = f.With("days", refused(errBadDays))
		}
		m.Until = d.Site.Now().Add(time.Duration(n) * 24 * time.Hour)
	}
	if f == nil {
		err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			if m.Verb == forum.VerbResolve {
				return d.Forum.Resolve(ctx, tx, []forum.Resolve{{By: v.Person, Object: x.uri}})
			}
			return d.Forum.Moderate(ctx, tx, []forum.Moderation{m})
		})
		if no := refused(err); no != nil {
			field := ""
			switch no.Reason {
			case "reason-too-long", "no-reason":
				field = "reason"
			case "posts-only":
				field = "verb"
			}
			f, err = f.With(field, no), nil
		}
		if err != nil {
			return err
		}
	}
	if f != nil {
		p, err := d.moderationPage(r, x, s, f)
		if err != nil {
			return err
		}
		return d.send(w, r, http.StatusBadRequest, p)
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
	p, err := d.moderationPage(r, x, s, account.Faults(nil).With(field, no))
	if err != nil {
		return err
	}
	return d.send(w, r, http.StatusBadRequest, p)
}

func (d *Desk) reportPage(r *http.Request, x *dealt, f account.Faults) view.FormPage {
	t := d.Site.Words(r)
	c := &t.Moderate
	p := view.FormPage{Frame: d.Site.Frame(r, c.ReportHeading), Heading: c.ReportHeading}
	p.NoIndex, p.Address = true, ""
	hint := c.ReportHint
	switch {
	case x.name != "":
		p.Lead, hint = []string{x.name}, t.Report.ActorHint
	case x.written.State() == forum.Live && !x.written.Post.Community.Removed:
		x.quote(&p)
	}
	p.Forms = []view.Form{d.reportForm(r, hint, f)}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p
}

func (d *Desk) reportForm(r *http.Request, hint string, f account.Faults) view.Form {
	t := d.Site.Words(r)
	c := &t.Moderate
	reason := view.Field{Kind: view.FieldArea, Name: "reason", Label: c.ReportReason, Hint: hint, Value: r.PostForm.Get("reason"), Rows: 3, Max: forum.MaxReason, Required: true}
	if no := f["reason"]; no != nil {
		reason.Fault = t.Refusal(no.Reason, no.Text)
	}
	return view.Form{T: t, Action: r.URL.Path, Fields: []view.Field{reason}, Button: c.Send}
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
	if x.name != "" {
		p.Lead = []string{t.Report.ActorText}
	}
	p.NoIndex, p.Address = true, ""
	p.Forms = []view.Form{{T: t, Action: r.URL.Path, Text: []string{c.YouSaid.With(reason)}, Fields: []view.Field{{Kind: view.FieldHidden, Name: "withdraw", Value: "1"}}, Button: c.Withdraw}}
	p.Links = []view.Choice{{Label: t.Back, Href: x.back}}
	return p
}

// lapsedReport is the answer to whoever reports something, and is signed in no more.
func (d *Desk) lapsedReport(w http.ResponseWriter, r *http.Request) error {
	t := d.Site.Words(r)
	return d.Site.Lapsed(w, r, t.Moderate.ReportHeading, d.reportForm(r, t.Moderate.ReportHint, nil))
}

// report tells those who moderate the community.
func (d *Desk) report(w http.ResponseWriter, r *http.Request) error {
	if d.Site.Viewer(r) == nil && r.PostForm.Get("withdraw") == "" {
		return d.lapsedReport(w, r)
	}
	if _, err := d.Site.Self(r); err != nil {
		return err
	}
	x, err := d.dealt(r)
	if err != nil {
		return err
	}
	return d.tell(w, r, &x)
}

// tell reports something, or takes that back.
func (d *Desk) tell(w http.ResponseWriter, r *http.Request, x *dealt) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	a := forum.Report{By: v.Person, Object: x.uri, Reason: r.PostForm.Get("reason"), Withdraw: r.PostForm.Get("withdraw") != ""}
	err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return d.Forum.Report(ctx, tx, []forum.Report{a})
	})
	if no := refused(err); no != nil && no.Kind == forum.Invalid {
		return d.send(w, r, http.StatusBadRequest, d.reportPage(r, x, account.Faults(nil).With("reason", no)))
	}
	if err != nil {
		return err
	}
	if a.Withdraw && forScript(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if a.Withdraw {
		return web.SeeOther(w, x.back)
	}
	return d.send(w, r, http.StatusOK, d.reportedPage(r, x, strings.TrimSpace(a.Reason)))
}

// reportable is the person or community that somebody reports, and what they have said of
// it already.
func (d *Desk) reportable(r *http.Request) (x dealt, said string, yes bool, err error) {
	v, err := d.Site.Self(r)
	if err != nil {
		return x, "", false, err
	}
	kind, number, _ := strings.Cut(mux.Vars(r)["on"], "-")
	what, err := named(kind, number)
	if err != nil {
		return x, "", false, err
	}
	if kind == "person" {
		if x.author, err = d.own.PersonByID(r.Context(), what.ID); err != nil {
			return x, "", false, err
		}
		x.uri, x.name, x.back = x.author.URI, x.author.Handle(), view.PersonPath(x.author)
		said, yes, err = d.own.ReportedActor(r.Context(), v.Person.ID, what.ID, 0)
		return x, said, yes, err
	}
	c, err := d.own.CommunityByID(r.Context(), what.ID)
	if err != nil {
		return x, "", false, err
	}
	x.uri, x.name, x.back = c.URI, c.Handle(), view.CommunityPath(c)
	said, yes, err = d.own.ReportedActor(r.Context(), v.Person.ID, 0, what.ID)
	return x, said, yes, err
}

func (d *Desk) askReportActor(w http.ResponseWriter, r *http.Request) error {
	x, said, yes, err := d.reportable(r)
	if err != nil {
		return err
	}
	if yes {
		return d.send(w, r, http.StatusOK, d.reportedPage(r, &x, said))
	}
	return d.send(w, r, http.StatusOK, d.reportPage(r, &x, nil))
}

// reportActor tells those who run the servers.
func (d *Desk) reportActor(w http.ResponseWriter, r *http.Request) error {
	x, _, _, err := d.reportable(r)
	if err != nil {
		return err
	}
	return d.tell(w, r, &x)
}
