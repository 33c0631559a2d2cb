package main

import (
	"context"
	_ "embed"
	"fmt"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

//go:embed demo/welcome.md
var demoWelcome string

//go:embed demo/porch.md
var demoPorch string

//go:embed demo/threads.md
var demoThreads string

// furnish gives a trial node a community with something to read, through the
// verbs that everybody uses. A node that has a community already is left alone.
func (n *node) furnish(ctx context.Context) error {
	there, err := n.db.Reader().Communities(ctx, forum.CommunityList{Limit: 1})
	if err != nil || len(there.Items) > 0 {
		return err
	}
	about, err := markdown("Talk about this trial node, and about places to talk. Everything here was made when the node first started.", n.cfg)
	if err != nil {
		return err
	}
	agora, err := newActor("agora", "Agora", about)
	if err != nil {
		return err
	}
	host, err := newActor("stoa", "Stoa", forum.Text{})
	if err != nil {
		return err
	}
	guide, err := newActor("guide", "Guide", forum.Text{})
	if err != nil {
		return err
	}
	return n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		d := demo{n: n, tx: tx}
		d.community(ctx, agora)
		d.person(ctx, host)
		d.person(ctx, guide)
		d.fill(ctx)
		return d.err
	})
}

// demo says things until one of them fails.
type demo struct {
	n      *node
	tx     *storage.Tx
	err    error
	place  forum.Community
	people map[string]forum.Person
}

func (d *demo) community(ctx context.Context, a forum.NewActor) {
	out, err := d.n.forum.FoundCommunity(ctx, d.tx, a)
	d.note(out, err)
	d.place.ID = out.ID
}

func (d *demo) person(ctx context.Context, a forum.NewActor) {
	out, err := d.n.forum.FoundPerson(ctx, d.tx, a)
	d.note(out, err)
	if d.err != nil {
		return
	}
	people, err := d.tx.People(ctx, []string{d.n.publisher.PersonURI(a.Name)})
	d.note(forum.Outcome{}, err)
	if d.people == nil {
		d.people = map[string]forum.Person{}
	}
	d.people[a.Name] = people[d.n.publisher.PersonURI(a.Name)]
}

func (d *demo) note(out forum.Outcome, err error) {
	if d.err == nil {
		d.err = err
	}
	if d.err == nil && out.Refused != nil {
		d.err = out.Refused
	}
}

func (d *demo) text(source, prefix string) forum.Text {
	html, err := markup.FromMarkdown(source, markup.Options{LocalURL: d.n.cfg.URL.String(), IDPrefix: prefix})
	d.note(forum.Outcome{}, err)
	return forum.Text{Source: source, Format: forum.Markdown, HTML: html, RenderVersion: markup.Version}
}

func (d *demo) post(ctx context.Context, by, title, link, source string) string {
	if d.err != nil {
		return ""
	}
	p := forum.Post{Author: d.people[by], Community: d.place, Title: title, TitleGiven: true, Link: link, Language: "en"}
	if source != "" {
		p.Text = d.text(source, "p")
	}
	out, err := d.n.forum.Submit(ctx, d.tx, []forum.Submit{{Post: p}})
	if err != nil {
		d.note(forum.Outcome{}, err)
		return ""
	}
	d.note(out[0], nil)
	return d.n.publisher.PostURI(out[0].ID)
}

func (d *demo) reply(ctx context.Context, by, to, source string) string {
	if d.err != nil {
		return ""
	}
	c := forum.Comment{Author: d.people[by], InReplyTo: to, Text: d.text(source, "c"), Language: "en"}
	out, err := d.n.forum.Reply(ctx, d.tx, []forum.Reply{{Comment: c}})
	if err != nil {
		d.note(forum.Outcome{}, fmt.Errorf("reply to %s: %w", to, err))
		return ""
	}
	d.note(out[0], nil)
	return d.n.publisher.CommentURI(out[0].ID)
}

func (d *demo) like(ctx context.Context, by, what string) {
	if d.err != nil {
		return
	}
	out, err := d.n.forum.Vote(ctx, d.tx, []forum.Vote{{Voter: d.people[by], Object: what, Dir: 1}})
	if err != nil {
		d.note(forum.Outcome{}, err)
		return
	}
	d.note(out[0], nil)
}

func (d *demo) fill(ctx context.Context) {
	d.post(ctx, "guide", "The specification that all of this rests on", "https://www.w3.org/TR/activitypub/", "")
	threads := d.post(ctx, "guide", "How do you like your threads?", "", demoThreads)
	first := d.reply(ctx, "stoa", threads, "As a tree that folds, with the newest branch a tap away. It fails me **when the best answer hangs eleven levels deep** under a joke.")
	second := d.reply(ctx, "guide", first, "Then the link to a single comment, with what it answers above it, is what you want:\n\n> “Link” below every comment")
	d.reply(ctx, "stoa", second, "It is, and it opens at the right place without any script.")
	d.reply(ctx, "stoa", threads, "Flat, oldest first, when it is about *what happened*; as a tree when it is about *what to think of it*.")
	porch := d.post(ctx, "stoa", "The painted porch: a short history of a room without a door", "", demoPorch)
	d.like(ctx, "guide", porch)
	question := d.reply(ctx, "guide", porch, "Did people only talk there?")
	d.reply(ctx, "stoa", question, "They played, too. *Pente grammai*, “five lines”, was pushed along parallel scratches; boards for it are found on the steps of public buildings all over Greece, usually where there is shade.")
	welcome := d.post(ctx, "stoa", "Welcome to this trial node", "", demoWelcome)
	d.like(ctx, "guide", welcome)
	d.reply(ctx, "guide", welcome, "If the page looks wrong on your screen, that is a defect: say at which width, in which browser, and whether it is light or dark.")
}
