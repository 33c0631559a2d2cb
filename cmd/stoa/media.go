package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
)

type mediaCommand struct {
	Refuse refuseMedia `cmd:"" help:"Never show a picture of another server again."`
	Forget forgetMedia `cmd:"" help:"Throw away what is kept of a picture, so that it is fetched again. Undoes refuse."`
}

type refuseMedia struct {
	URL    string `arg:"" help:"Address of the picture, at its own server or as a page here shows it." name:"url"`
	Reason string `help:"Why." placeholder:"TEXT" default:"refused by the admin"`
}

// Run refuses a picture.
func (m refuseMedia) Run(a *app) error {
	return a.onPicture(m.URL, func(ctx context.Context, db *storage.DB, address string) (string, error) {
		return "It is not shown any more. Browsers may keep it for a day. Undo it with: stoa media forget " + address,
			db.PictureFailed(ctx, address, m.Reason, true, 0)
	})
}

type forgetMedia struct {
	URL string `arg:"" help:"Address of the picture, at its own server or as a page here shows it." name:"url"`
}

// Run forgets a picture.
func (m forgetMedia) Run(a *app) error {
	return a.onPicture(m.URL, func(ctx context.Context, db *storage.DB, address string) (string, error) {
		_, err := db.ForgetPicture(ctx, address)
		return "Forgotten: it is fetched again when somebody opens a page with it.", err
	})
}

// onPicture notes something about a picture, then throws away what is kept of it:
// in this order, so that nothing fetched meanwhile stays.
func (a *app) onPicture(text string, do func(ctx context.Context, db *storage.DB, address string) (string, error)) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not the address of a picture, such as https://far.example/cat.jpg", text)
	}
	address, ok := media.Shown(u.Path)
	if !ok || u.Host != a.cfg.URL.Host {
		address = text
	}
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		said, err := do(ctx, db, address)
		if err == nil {
			err = media.NewStore(filepath.Join(a.cfg.Data, mediaFolder), a.cfg.MediaBudget, nil).Forget(address)
		}
		if err == nil {
			_, err = fmt.Fprintln(a.out, said)
		}
		return err
	})
}

// mediaFolder is where pictures of other servers are kept, in the data folder.
const mediaFolder = "media"

// uploadFolder is where pictures are kept that people of this node have sent.
const uploadFolder = "pictures"

// openUploads prepares where pictures are kept that people of this node send.
func (n *node) openUploads() (err error) {
	if n.cfg.S3 == nil {
		n.uploads = media.NewUploads(filepath.Join(n.cfg.Data, uploadFolder))
		return nil
	}
	if n.uploads, err = media.OpenBucket(*n.cfg.S3); err != nil {
		return fmt.Errorf("s3-endpoint: %w", err)
	}
	return nil
}

// checkUploads asks the server of the bucket, if there is one. With a wrong key the node
// would take no picture, so it does not start; a server that does not answer may answer
// soon, and the node is more than its pictures.
func (n *node) checkUploads(ctx context.Context) error {
	err := n.uploads.Check(ctx)
	if errors.Is(err, media.ErrNoBucket) {
		return fmt.Errorf("%w; look at s3-endpoint, s3-bucket, s3-region, s3-key, s3-secret and s3-path-style", err)
	}
	if err != nil {
		n.log.Warn("the server for pictures does not answer; none can be sent or shown until it does", "error", err)
	}
	return ctx.Err()
}

// dropUploads takes away pictures that belong to nothing any more. The rows go first:
// a file that stays behind after a crash shows nothing that was deleted to whoever does
// not know its name, and goes when the same picture is sent and dropped again. Whoever
// sends the picture meanwhile writes its row before its file, so the file is younger.
func (n *node) dropUploads(ctx context.Context) error {
	own := private.Of(n.db)
	for {
		now := time.Now().Truncate(time.Second) // S3 tells no more
		var names []string
		err := n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			names, err = private.In(tx).DropUploads(ctx, time.Now())
			return err
		})
		if err != nil || len(names) == 0 {
			return err
		}
		var failed error
		for _, name := range names {
			known, err := own.Uploaded(ctx, name)
			if err == nil && !known {
				err = n.uploads.Remove(ctx, name, now)
			}
			failed = errors.Join(failed, err)
		}
		if failed != nil {
			return failed
		}
	}
}
