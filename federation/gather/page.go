package gather

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"stoa/storage"
)

// Pages works on storage.FetchPage.
type Pages struct {
	river.WorkerDefaults[storage.FetchPage]
	g *Gatherer
}

// Pages returns the worker for storage.FetchPage.
func (g *Gatherer) Pages() *Pages { return &Pages{g: g} }

// Timeout implements river.Worker.
func (p *Pages) Timeout(*river.Job[storage.FetchPage]) time.Duration { return time.Minute }

// Work implements river.Worker: it reads what the page behind a link says of itself.
func (p *Pages) Work(ctx context.Context, job *river.Job[storage.FetchPage]) error {
	g, link := p.g, job.Args.URL
	if !g.o.Dev && !bytes.Contains(job.Metadata, []byte(`"snoozes"`)) {
		return river.JobSnooze(aMoment(spread / 2))
	}
	if !g.pace.spend(domainOf(link), time.Now()) {
		return river.JobSnooze(aMoment(pause))
	}
	page, err := g.o.Client.Page(ctx, link)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(pause) // this program ends; that says nothing of the page
	case err != nil && temporary(err) && job.Attempt < job.MaxAttempts:
		return err
	case err != nil:
		g.o.Log.Info("link", "url", link, "reason", err.Error())
		return g.o.DB.SavePreview(ctx, link, nil)
	}
	preview := describe(page)
	return g.o.DB.SavePreview(ctx, link, &preview)
}
