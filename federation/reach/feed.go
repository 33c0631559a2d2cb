package reach

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/storage"
)

// mostFed is how many communities of a Feed are looked at; a collection holds no more.
const mostFed = 300

// feeds works on storage.ReadFeed.
type feeds struct {
	river.WorkerDefaults[storage.ReadFeed]
	r *Reach
}

// Timeout implements river.Worker.
func (*feeds) Timeout(*river.Job[storage.ReadFeed]) time.Duration { return deadline }

// Work implements river.Worker: it reads which communities a Feed is made of, and makes
// those known that are not. Cut off, it goes on with those that are still unknown.
func (w *feeds) Work(ctx context.Context, job *river.Job[storage.ReadFeed]) error {
	communities, err := w.r.feed(ctx, job.Args.Feed)
	if err != nil && (ours(ctx, err) || away(err)) && job.Attempt < job.MaxAttempts {
		return again(ctx, err)
	}
	return w.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := storage.EndReach(ctx, tx, job); err != nil {
			return err
		}
		return tx.EndFeed(ctx, job.Args.Feed, communities, err == nil)
	})
}

// feed is which communities a Feed is made of, as its own server lists them (Lemmy and
// PieFed, following). What is no community, or not to be had, is left out later: it is
// not known here.
func (r *Reach) feed(ctx context.Context, iri string) ([]string, error) {
	b := newBudget(iri)
	if err := r.ask(ctx, b, iri, r.o.Rate); err != nil {
		return nil, err
	}
	actor, _, err := r.o.Client.Actor(ctx, iri)
	if err != nil {
		return nil, err
	}
	if actor.Type != "Feed" || !ap.SameOrigin(actor.Following, actor.ID) {
		return nil, errNoCollection
	}
	e, err := r.walk(ctx, b, actor.Following, "", maxPages)
	if err != nil {
		return nil, err
	}
	listed := slices.Compact(slices.Concat(e.ours, e.ids))
	listed = listed[:min(len(listed), mostFed)]
	for _, uri := range listed {
		_, err := r.o.DB.Reader().CommunityByURI(ctx, uri)
		if err == nil || ap.Host(uri) == "" || r.o.Inbox.Ours(uri) {
			continue
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
		if err := r.ask(ctx, b, uri, r.o.Rate); err != nil {
			return nil, err
		}
		if err := r.o.Inbox.Discover(ctx, uri); err != nil && ours(ctx, err) {
			return nil, err
		}
	}
	return listed, nil
}
