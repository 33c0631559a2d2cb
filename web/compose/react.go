package compose

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
)

// offered are the emoji that can be chosen without typing.
var offered = strings.Fields("👍 ❤️ 😂 😮 😢 😡 🎉 👀 🤔 🙏")

// ownOffered is how many of the node's own are offered as well; others are typed by their name.
const ownOffered = 20

// reacting is the page on which somebody reacts to a post or comment with an emoji. What
// others reacted with is offered too.
func (d *Desk) reacting(r *http.Request, v *web.Viewer, chosen, typed string, no *forum.Refusal) (view.FormPage, error) {
	t := d.Site.Words(r)
	k, err := d.answering(r)
	if err != nil {
		return view.FormPage{}, err
	}
	what, err := on(r)
	if err != nil {
		return view.FormPage{}, err
	}
	marks, err := d.own.Marks(r.Context(), v.Person.ID, []int64{what.ID}, []int64{what.ID})
	if err != nil {
		return view.FormPage{}, err
	}
	p := view.FormPage{Frame: d.Site.Frame(r, t.Topic.ReactHeading), Heading: t.Topic.ReactHeading}
	p.NoIndex, p.Address = true, ""
	if k.of != "" {
		p.Quote, p.QuoteOf = k.quote, t.Topic.ReactTo.With(k.of)
	}
	fault := ""
	if no != nil {
		fault = t.Refusal(no.Reason, no.Text)
		if no.Reason != "no-such-reaction" {
			p.Wrong, fault = fault, ""
		}
	}
	mine := marks.Reacted[what]
	if no == nil {
		chosen = mine
	}
	choice := view.Field{Kind: view.FieldSet, Name: "emoji", Label: t.Topic.ChooseEmoji, Inline: true}
	all := slices.Clone(offered)
	own, err := d.Site.Reader.OwnEmoji(r.Context())
	if err != nil {
		return view.FormPage{}, err
	}
	for _, one := range k.reactions.All() {
		if one.URL == "" && !slices.Contains(all, one.Emoji) {
			all = append(all, one.Emoji)
		}
	}
	for _, emoji := range all {
		choice.Choices = append(choice.Choices, view.FieldOption{Value: emoji, Label: emoji, On: emoji == chosen})
	}
	for _, one := range own[:min(len(own), ownOffered)] {
		word := ":" + one.Name + ":"
		option := view.FieldOption{Value: word, Label: word, On: chosen == word || chosen == forum.Pictogram(one)}
		if p.Picture != nil {
			option.Picture = p.Picture(one.URL, view.Thumb)
		}
		choice.Choices = append(choice.Choices, option)
	}
	other := view.Field{Kind: view.FieldLine, Name: "other", Label: t.Topic.OtherEmoji, Hint: t.Topic.ReactHint, Value: typed, Fault: fault, Max: 40}
	form := view.Form{T: t, Class: "react", Action: "/react/" + k.name, Fields: []view.Field{choice, other}, Button: t.Topic.React}
	if mine != "" {
		form.Also = []view.FormButton{{Name: "none", Label: t.Topic.Unreact}}
	}
	if p.Forms = []view.Form{form}; p.QuoteOf == "" {
		p.Forms, p.Wrong = nil, t.Refusal("deleted", "What this vote is on has been deleted.")
	}
	p.Links = []view.Choice{{Label: t.Back, Href: k.back}}
	return p, nil
}

func (d *Desk) askReact(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	p, err := d.reacting(r, v, "", "", nil)
	if err != nil {
		return err
	}
	return d.send(w, r, http.StatusOK, p)
}

// react gives an emoji, or takes it back with the vote that it is. An emoji that was
// typed counts before one that was chosen.
func (d *Desk) react(w http.ResponseWriter, r *http.Request) error {
	v, err := d.Site.Self(r)
	if err != nil {
		return err
	}
	k, err := d.answering(r)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(r.PostForm.Get("other"))
	vote := forum.Vote{Voter: v.Person, Object: k.answers, Dir: 1, Emoji: typed}
	switch {
	case r.PostForm.Has("none"):
		vote.Dir, vote.Emoji = 0, ""
	case typed == "":
		if vote.Emoji = r.PostForm.Get("emoji"); vote.Emoji == "" {
			vote.Emoji = "?" // a vote is not what this form is for
		}
	}
	err = d.say(r.Context(), func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		if name := strings.Trim(vote.Emoji, ":"); vote.Dir == 1 && vote.Emoji == ":"+name+":" {
			own, err := tx.Emoji(ctx, []string{name})
			if err != nil {
				return nil, err
			}
			for _, one := range own.Own() {
				vote.Own = one
			}
		}
		return d.Forum.Vote(ctx, tx, []forum.Vote{vote})
	})
	if no := refused(err); no != nil {
		p, err := d.reacting(r, v, r.PostForm.Get("emoji"), typed, no)
		if err != nil {
			return err
		}
		return d.send(w, r, no.Kind.Status(), p)
	}
	if err != nil {
		return err
	}
	if back := r.PostForm.Get("back"); back != "" {
		return web.SeeOther(w, web.Here(back)+"#"+k.name)
	}
	return web.SeeOther(w, k.thread+"#"+k.name)
}
