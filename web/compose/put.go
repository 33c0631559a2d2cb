package compose

import (
	"context"
	"errors"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// hold keeps what a new account writes until an admin has released it.
func (d *Desk) hold(w http.ResponseWriter, r *http.Request, v *web.Viewer, k *task, a account.Draft) error {
	t := d.Site.Words(r)
	if !k.post {
		a.To = mux.Vars(r)["on"]
	}
	room, err := d.own.Hold(r.Context(), v.Person.ID, a, d.Site.Now())
	if err != nil {
		return err
	}
	if !room {
		f := account.Faults(nil).With("", &forum.Refusal{Kind: forum.Unavailable, Reason: "held-enough", Text: "Enough of yours waits for an admin already."})
		return d.again(w, r, v, k, http.StatusForbidden, d.page(r, k, a, f), a)
	}
	if err := d.own.DropDraft(r.Context(), v.Person.ID, k.place); err != nil {
		return err
	}
	p := view.FormPage{Frame: d.Site.Frame(r, t.Write.HeldHeading), Heading: t.Write.HeldHeading, Lead: []string{t.Account.HeldNotice}}
	p.Links = []view.Choice{{Label: t.Back, Href: k.back}}
	p.NoIndex, p.Address = true, ""
	return d.send(w, r, http.StatusOK, p)
}

// Release puts what an account wrote, and what waited until now, where it belongs. What
// is refused, since its community has gone meanwhile, is dropped and counted.
func (d *Desk) Release(ctx context.Context, person forum.Person) (released, dropped int, err error) {
	list, err := d.own.Held(ctx, person.ID)
	if err != nil {
		return 0, 0, err
	}
	for i := range list {
		a := &list[i].Draft
		text, err := d.Render(a.Text)
		if err != nil {
			return released, dropped, err
		}
		no := false
		err = d.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			mine, err := private.In(tx).DropHeld(ctx, list[i].ID)
			if err != nil || !mine {
				return err
			}
			_, err = d.put(ctx, tx, person, text, *a)
			if no = refused(err) != nil; no {
				err = nil
			}
			return err
		})
		if err != nil {
			return released, dropped, err
		}
		if no {
			dropped++
		} else {
			released++
		}
	}
	return released, dropped, nil
}

var errNoCommunity = forum.Refuse(forum.NotFound, "no-such-community", "No community of that name is known here.")

// put writes a new post or comment.
func (d *Desk) put(ctx context.Context, tx *storage.Tx, by forum.Person, text forum.Text, a account.Draft) (path string, err error) {
	kind, number, _ := strings.Cut(a.To, "-")
	if id, err := strconv.ParseInt(number, 10, 32); err == nil && (kind == "post" || kind == "comment") {
		on := forum.Subject{Kind: forum.OnPost, ID: id}
		if kind == "comment" {
			on.Kind = forum.OnComment
		}
		o, err := private.In(tx).Object(ctx, on)
		if err != nil {
			return "", err
		}
		return d.putReply(ctx, tx, by, view.PostPath(o.Post), o.URI, text, a)
	}
	return d.putPost(ctx, tx, by, text, a)
}

func (d *Desk) putPost(ctx context.Context, tx *storage.Tx, by forum.Person, text forum.Text, a account.Draft) (string, error) {
	c, err := d.community(ctx, a.To)
	if err != nil {
		return "", err
	}
	title, given, whole := titled(a.Title, text)
	post := forum.Post{
		Community: c, Author: by, Title: title, TitleGiven: given, TitleWhole: whole, Link: a.Link, Text: text, Language: a.Language, Sensitive: a.Sensitive, Warning: a.Warning,
	}
	if post.Tags, err = tagged(ctx, tx, title, text, c.Flair(a.Flair)); err != nil {
		return "", err
	}
	if a.Quote != "" {
		if post.Tags.Quote.URI, err = d.quotes(ctx, private.In(tx), a.Quote); err != nil {
			return "", err
		}
	}
	var names []string
	if post.Attachments, names, err = d.attach(ctx, tx, by.ID, a.Pictures, nil); err != nil {
		return "", err
	}
	submit := forum.Submit{Post: post}
	if submit.Post.Poll = asked(a.Poll); submit.Post.Poll != nil {
		submit.Open = a.Poll.Open()
	}
	out, err := d.Forum.Submit(ctx, tx, []forum.Submit{submit})
	if err != nil {
		return "", err
	}
	if out[0].Refused != nil {
		return "", out[0].Refused
	}
	if len(names) > 0 {
		if err := use(ctx, tx, by.ID, names, out[0].ID); err != nil {
			return "", err
		}
	}
	return "/post/" + strconv.FormatInt(out[0].ID, 10), nil
}

// quotes is the id on the wire of what a post quotes, by its name here.
func (d *Desk) quotes(ctx context.Context, own private.Store, name string) (string, error) {
	kind, number, _ := strings.Cut(name, "-")
	on, err := named(kind, number)
	if err != nil {
		return "", err
	}
	o, err := own.Object(ctx, on)
	return o.URI, err
}

// quoted is what a post is about to quote, as it will be shown once whoever wrote it
// agrees; nil where there is nothing to show.
func (d *Desk) quoted(r *http.Request, f *view.Frame, name string) *view.Quoted {
	v := d.Site.Viewer(r)
	if v == nil {
		return nil
	}
	uri, err := d.quotes(r.Context(), d.own, name)
	if err != nil {
		return nil
	}
	all, err := d.Site.Quoted(r.Context(), map[string][]int64{uri: {v.Person.ID}})
	if err != nil {
		return nil
	}
	return f.Quoting(forum.Quote{URI: uri, Agreed: true}, &v.Person, all)
}

// tagged is whom and what a text that somebody here wrote names.
func tagged(ctx context.Context, tx *storage.Tx, title string, text forum.Text, flair forum.Flair) (t forum.Tags, err error) {
	t.Flair = flair
	for _, name := range markup.Hashtags(text.HTML) {
		t.Hashtags = t.Hashtags.With(name)
	}
	if accounts := markup.Mentions(text.HTML); len(accounts) > 0 {
		if t.Mentions, err = tx.Named(ctx, accounts); err != nil {
			return t, err
		}
	}
	t.Emoji, err = tx.Emoji(ctx, append(markup.Shortcodes(html.EscapeString(title)), markup.Shortcodes(text.HTML)...))
	return t, err
}

// flairField is where somebody chooses among the tags of a community.
func flairField(t *words.Words, tags forum.PostTags, chosen []string) (view.Field, bool) {
	f := view.Field{Kind: view.FieldSet, Name: "flair", Label: t.Topic.Choose, Many: true}
	for _, p := range tags.All() {
		f.Choices = append(f.Choices, view.FieldOption{Value: p.Name, Label: p.Title, On: slices.Contains(chosen, p.Name)})
	}
	return f, len(f.Choices) > 0
}

// flairOf are the names of the tags that a post has.
func flairOf(p *forum.Post) (names []string) {
	for _, t := range p.Community.PostTags.Of(p.Tags.Flair) {
		names = append(names, t.Name)
	}
	return names
}

// titled is what a post is called: by its first words, where it was given no title.
func titled(title string, text forum.Text) (_ string, given, whole bool) {
	if title != "" {
		return title, true, false
	}
	title, whole = markup.Opening(text.HTML, forum.MaxTitle)
	return title, false, whole
}

// split takes a handle apart that somebody wrote. The host of this node is as good as none.
func (d *Desk) split(handle, sign string) (name, host string) {
	name, host, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(handle), sign), "@")
	if strings.EqualFold(host, d.Site.BaseURL.Host) {
		host = ""
	}
	return name, host
}

// community finds where a post is to go.
func (d *Desk) community(ctx context.Context, handle string) (forum.Community, error) {
	name, host := d.split(handle, "!")
	c, err := d.Site.Reader.Community(ctx, name, host)
	if errors.Is(err, storage.ErrNotFound) {
		err = errNoCommunity
	}
	return c, err
}

// putReply writes an answer to the object of that id on the wire, in the thread at path.
func (d *Desk) putReply(ctx context.Context, tx *storage.Tx, by forum.Person, thread, to string, text forum.Text, a account.Draft) (string, error) {
	tags, err := tagged(ctx, tx, "", text, "")
	if err != nil {
		return "", err
	}
	out, err := d.Forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{
		Author: by, InReplyTo: to, Text: text, Language: a.Language, Sensitive: a.Sensitive, Warning: a.Warning, Tags: tags,
	}}})
	if err != nil {
		return "", err
	}
	if out[0].Refused != nil {
		return "", out[0].Refused
	}
	return thread + "#comment-" + strconv.FormatInt(out[0].ID, 10), nil
}
