package compose

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// task is one way of writing: what it is called, where it is sent, and what it is
// about.
type task struct {
	place   string // of its draft
	heading string
	button  string
	path    string
	post    bool           // it has a title, a link and a community
	fixed   bool           // the community cannot be chosen any more
	quote   template.HTML  // what is answered
	answers string         // the id of that on the wire
	name    string         // and here: "post-12"
	thread  string         // where it stands
	of      string         // who wrote that, or in which post
	back    string         // where to go when nothing comes of it
	lead    string         // what to know before; empty for nothing
	polled  bool           // it has a poll, which stays as it is
	tags    forum.PostTags // of the community, where that is fixed

	reactions forum.Reactions // to what is answered
}

// read takes what was written out of a form.
func read(r *http.Request) account.Draft {
	f := r.PostForm
	d := account.Draft{
		To: f.Get("to"), Title: f.Get("title"), Link: f.Get("link"), Text: f.Get("text"), Language: f.Get("language"), Warning: f.Get("warning"), Sensitive: f.Get("sensitive") != "",
	}.Tidy()
	if subjectPattern.MatchString(f.Get("quote")) {
		d.Quote = f.Get("quote")
	}
	d.Pictures, d.Pictured, d.Poll, d.Flair = pictures(f), f.Has("pictured"), poll(f), f["flair"][:min(len(f["flair"]), forum.MaxPostTags)]
	return d
}

// spoken are the languages that are offered for what is written.
var spoken = strings.Fields("en de fr es it pt nl pl cs da sv nb fi el hu ro bg uk ru tr ar he fa hi bn ja ko zh id vi th eo la")

func languages(t *words.Words, now string) view.Field {
	f := view.Field{Kind: view.FieldChoice, Name: "language", Label: t.Write.Language, Choices: []view.FieldOption{{Label: t.Write.NoLanguage, On: now == ""}}}
	tags := spoken
	if now != "" && !slices.Contains(tags, now) {
		tags = append([]string{now}, tags...)
	}
	for _, tag := range tags {
		name := tag
		if parsed, err := language.Parse(tag); err == nil {
			name = display.Self.Name(parsed)
		}
		f.Choices = append(f.Choices, view.FieldOption{Value: tag, Label: name, On: tag == now})
	}
	return f
}

// page shows the form of a task with what is in it.
func (d *Desk) page(r *http.Request, k *task, w account.Draft, f account.Faults) view.FormPage {
	t := d.Site.Words(r)
	c := &t.Write
	p := view.FormPage{Frame: d.Site.Frame(r, k.heading), Heading: k.heading}
	p.NoIndex, p.Address = true, ""
	fault := func(field string) string {
		if refusal := f[field]; refusal != nil {
			return t.Refusal(refusal.Reason, refusal.Text)
		}
		return ""
	}
	if f[""] != nil {
		p.Wrong = fault("")
	}
	if k.lead != "" {
		p.Lead = []string{k.lead}
	}
	var fields []view.Field
	most, rows := forum.MaxCommentSource, 8
	if k.post {
		most, rows = forum.MaxPostSource, 12
		if !k.fixed {
			fields = append(fields, view.Field{Kind: view.FieldText, Name: "to", Label: c.Community, Hint: c.CommunityHint, Value: w.To, Fault: fault("to"), Required: true, Max: 320})
		}
		posted := c.Posted
		if k.fixed {
			posted = "" // it would be this post
		}
		fields = append(fields,
			view.Field{Kind: view.FieldLine, Name: "title", Label: c.Title, Value: w.Title, Fault: fault("title"), Max: forum.MaxTitle},
			view.Field{Kind: view.FieldURL, Name: "link", Label: c.Link, Hint: c.LinkHint, Value: w.Link, Posted: posted, Fault: fault("link"), Max: maxLink},
		)
	}
	if k.post && d.Site.Pictures != nil {
		if k.fixed {
			fields = append(fields, view.Field{Kind: view.FieldHidden, Name: "pictured", Value: "1"})
		}
		fields = append(fields, d.pictureFields(t, w.Pictures, fault("file"))...)
	}
	fields = append(fields,
		view.Field{Kind: view.FieldArea, Name: "text", Label: c.Text, Hint: c.TextHint, Value: w.Text, Fault: fault("text"), Rows: rows, Max: most, Required: !k.post, Markdown: true},
		languages(t, w.Language),
		view.Field{Kind: view.FieldCheck, Name: "sensitive", Label: t.Sensitive, Hint: c.SensitiveHint, On: w.Sensitive},
		view.Field{Kind: view.FieldLine, Name: "warning", Label: t.ContentWarning, Hint: c.WarningHint, Value: w.Warning, Fault: fault("warning"), Max: account.MaxWarning},
	)
	tags := k.tags
	var place forum.Community
	if k.post && w.To != "" {
		if found, err := d.community(r.Context(), w.To); err == nil {
			place, tags = found, found.PostTags
		}
	}
	if field, has := flairField(t, tags, w.Flair); has && k.post {
		fields = append(fields, field)
	}
	asks := k.post && !k.fixed
	if asks {
		fields = append(fields, pollField(t, w.Poll, fault, r.PostForm.Has("more")))
	}
	if k.post && !k.fixed && w.Quote != "" {
		fields = append(fields, view.Field{Kind: view.FieldHidden, Name: "quote", Value: w.Quote})
		p.Card = d.quoted(r, &p.Frame, w.Quote)
	}
	if k.polled {
		p.Lead = append(p.Lead, t.Poll.Fixed)
	}
	p.Forms = []view.Form{{T: t, Action: k.path, Fields: fields, Button: k.button, Place: k.place, Also: []view.FormButton{
		{Name: "preview", Label: c.Preview}, {Name: "draft", Label: c.Draft},
	}}}
	if k.post && d.Site.Pictures != nil {
		p.Forms[0].Files = true
		p.Forms[0].Also = append(p.Forms[0].Also, view.FormButton{Name: "attach", Label: c.Attach})
	}
	if asks && (w.Poll == nil || len(w.Poll.Choices) < forum.MaxChoices) {
		p.Forms[0].Also = append(p.Forms[0].Also, view.FormButton{Name: "more", Label: t.Poll.More})
	}
	if k.of != "" {
		p.Quote, p.QuoteOf = k.quote, c.Answering.With(k.of)
	}
	if place.RulesHTML != "" {
		p.Quote, p.QuoteOf = template.HTML(place.RulesHTML), c.RulesOf.With("!"+place.Handle()) //nolint:gosec // Render sanitised it
	}
	if k.back != "" {
		p.Links = []view.Choice{{Label: t.Back, Href: k.back}}
	}
	return p
}

func (d *Desk) send(w http.ResponseWriter, r *http.Request, status int, p view.FormPage) error {
	return d.Site.Once(w, r, status, p)
}

// began shows a form with what was kept of it, if anything was.
func (d *Desk) began(w http.ResponseWriter, r *http.Request, v *web.Viewer, k *task, start account.Draft) error {
	kept, ok, err := d.own.Draft(r.Context(), v.Person.ID, k.place)
	if err != nil {
		return err
	}
	if ok {
		if k.fixed && !kept.Pictured {
			kept.Pictures = start.Pictures
		}
		start = kept
	}
	p := d.page(r, k, start, nil)
	if ok {
		p.Done = d.Site.Words(r).Write.Continued
	}
	return d.send(w, r, http.StatusOK, p)
}

// lapsed keeps what somebody wrote on the page when they are signed in no more.
func (d *Desk) lapsed(w http.ResponseWriter, r *http.Request, k *task) error {
	p := d.page(r, k, read(r), nil)
	p.Wrong = d.Site.Words(r).Account.LapsedText
	p.Links = append(p.Links, view.Choice{Label: d.Site.Words(r).Account.SignIn, Href: "/sign-in"})
	return d.send(w, r, http.StatusForbidden, p)
}

// errWaits ends the transaction in which it is tried whether what somebody wrote can be
// written, who is released by no admin yet.
var errWaits = errors.New("compose: waits for an admin")

// finish carries out what the pressed button says: it shows a preview, keeps a draft,
// or has it written by do, which returns the path of what was made.
func (d *Desk) finish(w http.ResponseWriter, r *http.Request, v *web.Viewer, k *task, do func(ctx context.Context, tx *storage.Tx, text forum.Text, a account.Draft) (string, error)) error {
	t := d.Site.Words(r)
	a := read(r)
	text, err := d.Render(a.Text)
	if err != nil {
		return err
	}
	came, no, err := d.take(r, v, &a)
	if err != nil {
		return err
	}
	if came > 0 || no != nil || r.PostForm.Has("attach") || r.PostForm.Has("more") {
		p := d.page(r, k, a, account.Faults(nil).With("file", no))
		if came > 0 && no == nil {
			p.Done = t.Write.Describe
		}
		status := http.StatusOK
		if no != nil {
			status = http.StatusBadRequest
		}
		return d.again(w, r, v, k, status, p, a)
	}
	switch {
	case r.PostForm.Has("preview"):
		p := d.page(r, k, a, a.Check())
		p.Shown, p.ShownTitle = template.HTML(text.HTML), a.Title //nolint:gosec // Render sanitises
		if q := asked(a.Poll); q != nil && k.post && !k.fixed {
			q.Closes = d.Site.Now().Add(a.Poll.Open())
			p.ShownPoll = p.Asks(q)
		}
		if p.Posted, err = d.posted(r, a.Link); err != nil {
			return err
		}
		return d.again(w, r, v, k, http.StatusOK, p, a)
	case r.PostForm.Has("draft"):
		p := d.page(r, k, a, nil)
		p.Done = t.Write.DraftSaved
		return d.again(w, r, v, k, http.StatusOK, p, a)
	}
	f := a.Check()
	if k.post && !k.fixed && a.To == "" {
		f = f.With("to", refused(errNoCommunity))
	}
	if f != nil {
		return d.again(w, r, v, k, http.StatusBadRequest, d.page(r, k, a, f), a)
	}
	waits := !v.Released && !strings.HasPrefix(k.place, "edit")
	var path string
	err = d.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		// The draft first: others wait from do on until the commit.
		err := private.In(tx).DropDraft(ctx, v.Person.ID, k.place)
		if err == nil {
			path, err = do(ctx, tx, text, a)
		}
		if err == nil && waits {
			err = errWaits // all is undone: what is refused is not kept waiting for an admin
		}
		return err
	})
	if errors.Is(err, errWaits) {
		return d.hold(w, r, v, k, a)
	}
	if no := refused(err); no != nil {
		f = f.With(account.Field(no), no)
		status := no.Kind.Status()
		if f[""] == nil { // what is wrong is in the form
			status = http.StatusBadRequest
		}
		return d.again(w, r, v, k, status, d.page(r, k, a, f), a)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, path)
}

func (d *Desk) submission(r *http.Request) *task {
	t := d.Site.Words(r)
	return &task{place: "post", heading: t.Write.NewPost, button: t.Write.Post, path: "/submit", post: true, back: "/"}
}

func (d *Desk) askSubmit(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	start := account.Draft{To: q.Get("to"), Title: q.Get("title"), Link: q.Get("url"), Text: q.Get("text")}.Tidy()
	if c, err := d.community(r.Context(), start.To); err == nil {
		start.Language = c.Language
	}
	k := d.submission(r)
	if subjectPattern.MatchString(q.Get("quote")) {
		start.Quote = q.Get("quote")
		if _, err := d.quotes(r.Context(), d.own, start.Quote); err != nil {
			return err
		}
	}
	if !start.Empty() || start.Quote != "" { // somebody shares something: that is not what they began before
		return d.send(w, r, http.StatusOK, d.page(r, k, start, nil))
	}
	return d.began(w, r, v, k, start)
}

func (d *Desk) submit(w http.ResponseWriter, r *http.Request) error {
	k := d.submission(r)
	v := d.Site.Viewer(r)
	if v == nil {
		return d.lapsed(w, r, k)
	}
	return d.finish(w, r, v, k, func(ctx context.Context, tx *storage.Tx, text forum.Text, a account.Draft) (string, error) {
		return d.putPost(ctx, tx, v.Person, text, a)
	})
}

// written finds what is answered or changed, as it is now.
func (d *Desk) written(r *http.Request, by forum.Person) (forum.Written, forum.Subject, error) {
	var w forum.Written
	what, err := on(r)
	if err != nil {
		return w, what, err
	}
	o, err := d.own.Object(r.Context(), what)
	if err != nil {
		return w, what, err
	}
	err = d.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		all, err := tx.Written(ctx, []string{o.URI}, []forum.Person{by})
		if err == nil {
			w = all[0]
		}
		return err
	})
	if err == nil && w.Post.ID == 0 {
		err = errNoObject
	}
	return w, what, err
}

// answering is the task of a reply. What is answered is only read: to lock it would
// have whoever answers wait for the votes on it, and for a commit.
func (d *Desk) answering(r *http.Request) (*task, error) {
	t := d.Site.Words(r)
	what, err := on(r)
	if err != nil {
		return nil, err
	}
	name := mux.Vars(r)["on"]
	k := &task{place: "reply " + name, heading: t.Write.Answer, button: t.Act.Reply, path: "/reply/" + name, name: name}
	var of, html string
	var readable bool
	var answers forum.Allowed
	if what.Kind == forum.OnComment {
		var c forum.Comment
		var place forum.Community
		c, place, err = d.Site.Reader.CommentIn(r.Context(), what.ID)
		of, k.answers, k.thread, html = c.Author.Handle(), c.URI, view.PostPath(c.PostID), c.Text.HTML
		k.reactions, answers = c.Reactions, c.Tags.Answers
		k.back = k.thread + "#" + name
		readable = c.State == forum.Live && !place.Removed
	} else {
		var p forum.Post
		p, err = d.Site.Reader.Post(r.Context(), what.ID)
		of, k.answers, k.thread, html = p.Title, p.URI, view.PostPath(p.ID), p.Text.HTML
		k.reactions, answers = p.Reactions, p.Tags.Answers
		k.back = k.thread
		readable = p.State == forum.Live && !p.Community.Removed
	}
	if errors.Is(err, storage.ErrNotFound) {
		err = errNoObject
	}
	if readable {
		k.of, k.quote = of, template.HTML(html) //nolint:gosec // sanitised when it came
	}
	if v := d.Site.Viewer(r); v != nil {
		k.lead = d.Site.Frame(r, "").Consent(answers.Of(v.Person.URI))
	}
	return k, err
}

func (d *Desk) askReply(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	k, err := d.answering(r)
	if err != nil {
		return err
	}
	return d.began(w, r, v, k, account.Draft{})
}

func (d *Desk) reply(w http.ResponseWriter, r *http.Request) error {
	k, err := d.answering(r)
	if err != nil {
		return err
	}
	v := d.Site.Viewer(r)
	if v == nil {
		return d.lapsed(w, r, k)
	}
	return d.finish(w, r, v, k, func(ctx context.Context, tx *storage.Tx, text forum.Text, a account.Draft) (string, error) {
		return d.putReply(ctx, tx, v.Person, k.thread, k.answers, text, a)
	})
}

// changing is the task of an edit, with the words as they are now.
func (d *Desk) changing(r *http.Request, by forum.Person) (*task, *forum.Written, error) {
	t := d.Site.Words(r)
	w, what, err := d.written(r, by)
	if err != nil {
		return nil, nil, err
	}
	k := change(t, what)
	k.back, k.polled, k.tags = view.PostPath(w.Post.ID), k.post && w.Post.Poll != nil, w.Post.Community.PostTags
	if what.Kind == forum.OnComment {
		k.back += "#" + mux.Vars(r)["on"]
	}
	return k, &w, nil
}

// change is the task of an edit, whatever is changed.
func change(t *words.Words, what forum.Subject) *task {
	k := &task{heading: t.Write.Change, button: t.Account.Save, post: what.Kind == forum.OnPost, fixed: true, lead: t.Write.ChangeHint}
	name := "comment-" + strconv.FormatInt(what.ID, 10)
	if k.back = view.CommentPath(what.ID); k.post {
		name, k.back = "post-"+strconv.FormatInt(what.ID, 10), view.PostPath(what.ID)
	}
	k.place, k.path = "edit "+name, "/edit/"+name
	return k
}

func (d *Desk) askEdit(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	k, now, err := d.changing(r, v.Person)
	if err != nil {
		return err
	}
	if (now.Comment != nil && now.Comment.Author.ID != v.Person.ID) || (now.Comment == nil && now.Post.Author.ID != v.Person.ID) {
		return forum.Refuse(forum.Forbidden, "not-author", "Only its author can change this.")
	}
	said := now.Post.Words()
	var flair []string
	if now.Comment != nil {
		said = now.Comment.Words()
	} else if flair = flairOf(&now.Post); !said.TitleGiven {
		said.Title = ""
	}
	return d.began(w, r, v, k, account.Draft{
		Title: said.Title, Link: said.Link, Text: said.Text.Source, Language: said.Language, Warning: said.Warning, Sensitive: said.Sensitive,
		Pictures: d.picturesOf(said.Attachments), Pictured: true, Flair: flair,
	})
}

func (d *Desk) edit(w http.ResponseWriter, r *http.Request) error {
	v := d.Site.Viewer(r)
	if v == nil {
		what, err := on(r)
		if err != nil {
			return err
		}
		return d.lapsed(w, r, change(d.Site.Words(r), what))
	}
	k, now, err := d.changing(r, v.Person)
	if err != nil {
		return err
	}
	return d.finish(w, r, v, k, func(ctx context.Context, tx *storage.Tx, text forum.Text, a account.Draft) (string, error) {
		uri, said := now.Post.URI, now.Post.Words()
		if now.Comment != nil {
			uri, said = now.Comment.URI, now.Comment.Words()
		} else {
			said.Title, said.TitleGiven, said.TitleWhole = titled(a.Title, text)
			said.Link = a.Link
			if a.Pictured {
				var names []string
				var err error
				if said.Attachments, names, err = d.attach(ctx, tx, v.Person.ID, a.Pictures, said.Attachments); err != nil {
					return "", err
				}
				if now.Post.Author.ID == v.Person.ID { // who may not is told below
					if err := use(ctx, tx, v.Person.ID, names, now.Post.ID); err != nil {
						return "", err
					}
				}
			}
		}
		said.Text, said.Language, said.Warning, said.Sensitive = text, a.Language, a.Warning, a.Sensitive
		tags, err := tagged(ctx, tx, said.Title, text, "")
		if err != nil {
			return "", err
		}
		said.Tags = tags
		if now.Comment == nil {
			said.Tags.Flair = now.Post.Community.Flair(a.Flair)
		}
		out, err := d.Forum.Edit(ctx, tx, []forum.Edit{{Object: uri, By: v.Person, Words: said, Reply: now.Comment != nil}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return k.back, err
	})
}

var placePattern = regexp.MustCompile(`^(post|(reply|edit) (post|comment)-[1-9][0-9]{0,9}|message person-[1-9][0-9]{0,9}|profile|community( [^ /]{2,320})?)$`)

// draft keeps what is being written, while it is. What has become empty is forgotten.
func (d *Desk) draft(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	place, a := r.PostForm.Get("place"), read(r)
	switch kind, _, _ := strings.Cut(place, " "); kind {
	case "profile":
		a = account.Draft{Title: a.Title, Text: r.PostForm.Get("bio")}.Tidy()
	case "community":
		a = account.Draft{To: r.PostForm.Get("name"), Title: a.Title, Text: r.PostForm.Get("summary"), Rules: r.PostForm.Get("rules")}.Tidy()
	}
	switch {
	case !placePattern.MatchString(place):
		return errNoAct
	case a.Empty():
		err = d.own.DropDraft(r.Context(), v.Person.ID, place)
	default:
		err = d.own.SaveDraft(r.Context(), v.Person.ID, place, a, d.Site.Now())
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
