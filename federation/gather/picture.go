package gather

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/riverqueue/river"

	"stoa/storage"
	"stoa/storage/media"
)

// How long a picture that cannot be shown is left alone at first; twice as long
// after each further failure.
const (
	afterFailure = 6 * time.Hour // its server may mend it
	afterBroken  = 7 * 24 * time.Hour
)

// Pictures works on storage.FetchPicture.
type Pictures struct {
	river.WorkerDefaults[storage.FetchPicture]
	g *Gatherer
}

// Pictures returns the worker for storage.FetchPicture.
func (g *Gatherer) Pictures() *Pictures { return &Pictures{g: g} }

// Timeout implements river.Worker.
func (p *Pictures) Timeout(*river.Job[storage.FetchPicture]) time.Duration { return time.Minute }

// Work implements river.Worker: it gets the picture, lets it be looked at, writes it
// anew and keeps it. What cannot be shown is noted.
func (p *Pictures) Work(ctx context.Context, job *river.Job[storage.FetchPicture]) error {
	g, address, size := p.g, job.Args.URL, media.Size(job.Args.Size)
	if !size.Known() {
		return river.JobCancel(errors.New("no such size"))
	}
	if refused, err := g.o.DB.PictureRefused(ctx, address); err != nil || refused {
		return err
	}
	if done, err := g.fromWhole(ctx, address, size); err != nil || done {
		return err
	}
	if !g.pace.spend(job.Args.Domain, time.Now()) {
		return river.JobSnooze(aMoment(pause))
	}
	raw, err := g.o.Client.Picture(ctx, address, media.MaxBytes)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(pause) // this program ends; that says nothing of the picture
	case err != nil && temporary(err) && job.Attempt < job.MaxAttempts:
		return err
	case err != nil:
		return g.failed(ctx, address, err.Error(), false, afterFailure)
	}
	reason, err := g.o.Refuse.look(ctx, address, raw)
	switch {
	case err != nil && job.Attempt < job.MaxAttempts:
		return err
	case err != nil: // unseen by who should look at it
		return g.failed(ctx, address, err.Error(), false, afterFailure)
	case reason != "":
		return g.failed(ctx, address, reason, true, 0)
	}
	sizes := []media.Size{size}
	if size == media.Thumb {
		sizes = append(sizes, media.Whole) // who sees the small one in a list may open the post
	}
	return g.keep(ctx, address, raw, sizes...)
}

// fromWhole makes a smaller size of what is kept.
func (g *Gatherer) fromWhole(ctx context.Context, address string, size media.Size) (done bool, err error) {
	f, err := g.o.Store.Open(address, media.Whole)
	if errors.Is(err, fs.ErrNotExist) || size == media.Whole {
		if err == nil {
			return true, f.Close()
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	raw, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	return true, g.keep(ctx, address, raw, size)
}

// keep writes a picture anew in some sizes and stores it.
func (g *Gatherer) keep(ctx context.Context, address string, raw []byte, sizes ...media.Size) error {
	select {
	case g.decoding <- struct{}{}:
		defer func() { <-g.decoding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	picture, err := media.Decode(raw)
	if unfit, ok := errors.AsType[*media.Error](err); ok {
		return g.failed(ctx, address, unfit.Error(), false, afterBroken)
	}
	for _, size := range sizes {
		made, err := picture.Make(size)
		if err == nil {
			err = g.o.Store.Put(ctx, address, size, made)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Gatherer) failed(ctx context.Context, address, reason string, refused bool, wait time.Duration) error {
	g.o.Log.Info("picture", "url", address, "reason", reason, "refused", refused)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pause)
	defer cancel()
	return g.o.DB.PictureFailed(ctx, address, reason, refused, wait)
}
