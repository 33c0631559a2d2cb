package main

import (
	"context"
	"fmt"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

type communityCommand struct {
	Create createCommunity `cmd:"" help:"Make a community."`
	Edit   editCommunity   `cmd:"" help:"Change what a community says of itself; its followers' servers are told."`
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
