package main

import (
	"context"
	"fmt"
	"strings"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

type communityCommand struct {
	Create    createCommunity  `cmd:"" help:"Make a community."`
	Edit      editCommunity    `cmd:"" help:"Change what a community says of itself; its followers' servers are told."`
	Moderator moderatorCommand `cmd:"" help:"Who moderates a community."`
}

type moderatorCommand struct {
	Add    addModerator    `cmd:"" help:"Make somebody a moderator. Threads mark what they write; other servers find them in the community's list."`
	Remove removeModerator `cmd:"" help:"Undo add."`
	List   listModerators  `cmd:"" help:"List the ids of the moderators."`
}

// moderatorOf names a community and a person.
type moderatorOf struct {
	Community string `arg:"" help:"Name of the community."`
	Person    string `arg:"" help:"Name of the person, name@host for one of another server, or an id."`
	Reason    string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// ids are those of both, or addresses of their pages here.
func (m moderatorOf) ids(c *config) (community, person string) {
	return c.URL.JoinPath("c", m.Community).String(), personID(m.Person, c)
}

// personID is the id of somebody, or the address of their page here.
func personID(person string, c *config) string {
	if strings.Contains(person, "/") {
		return person
	}
	person = c.URL.JoinPath("u", strings.TrimPrefix(person, "@")).String()
	return strings.TrimSuffix(person, "@"+c.URL.Host)
}

type addModerator struct{ moderatorOf }

// Run makes a moderator.
func (m addModerator) Run(a *app) error {
	community, person := m.ids(a.cfg)
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Appoint(ctx, tx, community, person, m.Reason)
	})
	return a.tell(out, err, m.Person+" moderates "+m.Community+" now.", "That was so already.")
}

type removeModerator struct{ moderatorOf }

// Run dismisses a moderator.
func (m removeModerator) Run(a *app) error {
	community, person := m.ids(a.cfg)
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Dismiss(ctx, tx, community, person, m.Reason)
	})
	return a.tell(out, err, m.Person+" no longer moderates "+m.Community+".", "That was no moderator.")
}

type listModerators struct {
	Community string `arg:"" help:"Name of the community."`
}

// Run lists moderators.
func (l listModerators) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		r := db.Reader()
		c, err := r.Community(ctx, l.Community, "")
		if err != nil {
			return fmt.Errorf("the community %q: %w", l.Community, err)
		}
		uris, err := r.Moderators(ctx, c.ID)
		for _, uri := range uris {
			if _, err := fmt.Fprintln(a.out, uri); err != nil {
				return err
			}
		}
		return err
	})
}

type createCommunity struct {
	Name  string `arg:"" help:"Name in its address: 2 to 20 of a-z, 0-9 and _. It can never be changed or used again."`
	Title string `help:"Title for people, at most 50 characters." placeholder:"TEXT"`
	About string `help:"What it is for, in Markdown." placeholder:"TEXT"`
}

// Run makes a community.
func (c createCommunity) Run(a *app) error {
	about, err := markdown(c.About, a.cfg)
	if err != nil {
		return err
	}
	actor, err := newActor(c.Name, c.Title, about)
	if err != nil {
		return err
	}
	_, err = a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.FoundCommunity(ctx, tx, actor)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s/c/%s is there. From other servers it is found as !%s@%s\n", a.cfg.URL, c.Name, c.Name, a.cfg.URL.Host)
	return err
}

type editCommunity struct {
	Name  string `arg:"" help:"Name in its address."`
	Title string `help:"Another title, at most 50 characters." placeholder:"TEXT"`
	About string `help:"What it is for, in Markdown." placeholder:"TEXT"`
}

// Run changes a community.
func (c editCommunity) Run(a *app) error {
	about, err := markdown(c.About, a.cfg)
	if err != nil {
		return err
	}
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Describe(ctx, tx, forum.Describe{Actor: a.cfg.URL.JoinPath("c", c.Name).String(), Title: c.Title, Summary: about})
	})
	return a.tell(out, err, "Changed; servers that follow it are told.", "It says that already.")
}

// markdown renders what is written here.
func markdown(source string, c *config) (forum.Text, error) {
	html, err := markup.FromMarkdown(source, markup.Options{LocalURL: c.URL.String()})
	if err != nil {
		return forum.Text{}, fmt.Errorf("the text cannot be shown: %w", err)
	}
	return forum.Text{Source: source, Format: forum.Markdown, HTML: html, RenderVersion: markup.Version}, nil
}
