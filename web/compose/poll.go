package compose

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// maxRows is how many choices are read of a form: one more than there may be, so that
// whoever sends them is told.
const maxRows = forum.MaxChoices + 1

// poll reads what a form says of one; nil where it has no fields for it. A press on the
// button for one more adds an empty choice.
func poll(f url.Values) *account.Poll {
	rows := f["choice"]
	if len(rows) == 0 {
		return nil
	}
	p := &account.Poll{Multiple: f.Get("multiple") != "", Hours: account.PollUsual}
	for _, c := range rows[:min(len(rows), maxRows)] {
		c = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(c, "\x00", ""), "\uFFFD")), " ")
		p.Choices = append(p.Choices, c)
	}
	if hours, err := strconv.Atoi(f.Get("hours")); err == nil {
		p.Hours = hours
	}
	if f.Has("more") && len(p.Choices) < forum.MaxChoices {
		p.Choices = append(p.Choices, "")
	}
	return p
}

// pollField is the part of a form in which a poll is made. more says that it was just
// asked for one more choice.
func pollField(t *words.Words, p *account.Poll, fault func(string) string, more bool) view.Field {
	c := &t.Poll
	if p == nil {
		p = &account.Poll{Hours: account.PollUsual}
	}
	group := view.Field{Kind: view.FieldGroup, Name: "poll", Label: c.Make, Hint: c.MakeHint, On: more || len(p.Asked()) > 0}
	rows := max(len(p.Choices), forum.MinChoices)
	for i := range rows {
		f := view.Field{Kind: view.FieldLine, Name: "choice", Number: i + 1, Label: c.Choice.With(strconv.Itoa(i + 1)), Fault: fault(account.ChoiceField(i)), Max: forum.MaxChoice}
		if i < len(p.Choices) {
			f.Value = p.Choices[i]
		}
		f.Focus = more && i == rows-1
		group.Fields = append(group.Fields, f)
	}
	group.Fields = append(group.Fields, view.Field{Kind: view.FieldCheck, Name: "multiple", Label: c.Multiple, On: p.Multiple})
	open := view.Field{Kind: view.FieldChoice, Name: "hours", Label: c.Open, Fault: fault("hours")}
	for _, h := range account.PollHours {
		label := c.Hours.Of(h)
		if h >= 24 {
			label = c.Days.Of(h / 24)
		}
		open.Choices = append(open.Choices, view.FieldOption{Value: strconv.Itoa(h), Label: label, On: h == p.Hours})
	}
	group.Fields = append(group.Fields, open)
	for _, f := range group.Fields {
		group.On = group.On || f.Fault != ""
	}
	return group
}

// asked is the poll of what was written; nil for none.
func asked(p *account.Poll) *forum.Poll {
	choices := p.Asked()
	if len(choices) == 0 {
		return nil
	}
	out := &forum.Poll{Multiple: p.Multiple}
	for _, c := range choices {
		out.Options = append(out.Options, forum.PollOption{Name: c})
	}
	return out
}

var errGonePoll = forum.Refuse(forum.Gone, "deleted", "What this vote is on has been deleted.")

var errNotReleased = forum.Refuse(forum.Forbidden, "vote-unreleased", "You can vote once an admin has released your first post.")

// ballot is the page on which somebody votes in a poll. The form on the page of the
// post is the same, and comes here when something is wrong with it.
func (d *Desk) ballot(r *http.Request, post *forum.Post, chosen []string, no *forum.Refusal) view.FormPage {
	t := d.Site.Words(r)
	p := view.FormPage{Frame: d.Site.Frame(r, t.Poll.Heading), Heading: t.Poll.Heading, Quote: template.HTML(post.Text.HTML), QuoteOf: post.Title} //nolint:gosec // sanitised when it came
	p.NoIndex, p.Address = true, ""
	fault := ""
	if no != nil {
		fault = t.Refusal(no.Reason, no.Text)
		if !slices.Contains([]string{"no-choice", "one-choice", "no-such-choice"}, no.Reason) {
			p.Wrong, fault = fault, ""
		}
	}
	p.Links = []view.Choice{{Label: t.Back, Href: view.PostPath(post.ID)}}
	if p.Wrong == "" {
		p.Forms = []view.Form{*p.Ballot(post, chosen, fault)}
	}
	return p
}

// asking finds the poll that an address names.
func (d *Desk) asking(r *http.Request) (forum.Post, error) {
	what, err := on(r)
	if err != nil {
		return forum.Post{}, err
	}
	post, err := d.Site.Reader.Post(r.Context(), what.ID)
	switch {
	case err != nil:
	case what.Kind != forum.OnPost, post.Poll == nil && post.State == forum.Live:
		err = errNoObject
	case post.State != forum.Live || post.Community.Removed:
		err = errGonePoll
	}
	return post, err
}

func (d *Desk) askVote(w http.ResponseWriter, r *http.Request) error {
	if _, err := d.Site.Self(r); err != nil {
		return err
	}
	post, err := d.asking(r)
	if err != nil {
		return err
	}
	return d.send(w, r, http.StatusOK, d.ballot(r, &post, nil, nil))
}

// vote takes what somebody chose in a poll.
func (d *Desk) vote(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	post, err := d.asking(r)
	if err != nil {
		return err
	}
	chosen := r.PostForm["choice"]
	err = errNotReleased
	if v.Released {
		err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			return d.Forum.Choose(ctx, tx, []forum.Choose{{Voter: v.Person, Object: post.URI, Choices: chosen}})
		})
	}
	if no := refused(err); no != nil {
		return d.send(w, r, no.Kind.Status(), d.ballot(r, &post, chosen, no))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, view.PostPath(post.ID)+"#poll")
}
