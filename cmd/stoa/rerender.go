package main

import (
	"context"
	"fmt"
	"math"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/federation/inbox"
	"stoa/storage"
)

// renderAtOnce is how many texts are rendered in one transaction, which holds their
// rows.
const renderAtOnce = 200

type rerenderCommand struct {
	All bool `help:"Also what this version rendered."`
}

// Run renders what posts and comments hold anew. Each step is kept as it is done, so
// one that was stopped has less to do when it is run again.
func (r rerenderCommand) Run(a *app) error {
	below := markup.Version
	if r.All {
		below = math.MaxInt16
	}
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		posts, comments, err := db.CountOldRenderings(ctx, below)
		if err != nil {
			return err
		}
		if posts+comments == 0 {
			_, err := fmt.Fprintln(a.out, "All texts are rendered by this version.")
			return err
		}
		for _, step := range []struct {
			on   forum.SubjectKind
			what string
			all  int
		}{{forum.OnPost, "posts", posts}, {forum.OnComment, "comments", comments}} {
			if err := a.rerender(ctx, db, step.on, below, func(done int) error {
				_, err := fmt.Fprintf(a.out, "%d of %d %s\n", done, step.all, step.what)
				return err
			}); err != nil {
				return fmt.Errorf("%w (what is done is kept; the same command goes on)", err)
			}
		}
		return nil
	})
}

func (a *app) rerender(ctx context.Context, db *storage.DB, on forum.SubjectKind, below int, tell func(done int) error) error {
	done := 0
	for after := int64(0); ; {
		texts, err := db.OldRenderings(ctx, on, below, after, renderAtOnce)
		if err != nil || len(texts) == 0 {
			return err
		}
		for i := range texts {
			texts[i].Text = inbox.Rerender(a.cfg.URL.String(), texts[i].URI, texts[i].Text)
		}
		if err := db.SaveRenderings(ctx, on, texts); err != nil {
			return err
		}
		after = texts[len(texts)-1].ID
		done += len(texts)
		if err := tell(done); err != nil {
			return err
		}
	}
}
