package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/bucket"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
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

type emojiCommand struct {
	Add    addEmoji    `cmd:"" help:"Have a word stand for a picture, in the place of what it stood for before, in what is written from now on."`
	List   listEmoji   `cmd:"" help:"Show which there are."`
	Remove removeEmoji `cmd:"" help:"Have a word stand for no picture any more. What was written keeps it."`
}

type addEmoji struct {
	Name string `arg:"" help:"What to write between two colons: letters, digits and underscores."`
	File string `arg:"" help:"A picture: JPEG, PNG, GIF (its first frame) or WebP. It is made as small as 128 pixels." type:"existingfile"`
}

// Run adds an emoji. Its row is written before its file, as with what people send.
func (e addEmoji) Run(a *app) error {
	name := strings.Trim(e.Name, ":")
	if no := forum.CheckEmoji(name); no != nil {
		return no
	}
	f, err := os.Open(e.File)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(f, media.MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	n := &node{cfg: a.cfg}
	if err := n.openUploads(); err != nil {
		return err
	}
	made, err := n.uploads.MakeSign(a.ctx, raw)
	if err != nil {
		return fmt.Errorf("%s: %w", e.File, err)
	}
	one := forum.Emoji{Name: name, URL: a.cfg.URL.String() + web.PicturePrefix + made.Name, Made: time.Now()}
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		var fresh, room bool
		err := db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			fresh, room, err = private.In(tx).AddEmoji(ctx, one, made.Bytes, a.cfg.UploadBudget)
			return err
		})
		if err == nil && !room {
			err = fmt.Errorf("there is no more room: a node has at most %d emoji, and all pictures that are sent to it upload-budget", forum.MaxOwnEmoji)
		}
		if err == nil {
			if err = n.uploads.Keep(ctx, made); err != nil {
				_, back := private.Of(db).RemoveEmoji(ctx, name)
				err = errors.Join(err, back)
			}
		}
		return a.tell(forum.Outcome{Fresh: fresh}, err, ":"+name+": is a picture in what is written here from now on.", ":"+name+": was that picture already.")
	})
}

type listEmoji struct{ asJSON }

// Run lists the emoji of the node.
func (e listEmoji) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		all, err := db.Reader().OwnEmoji(ctx)
		if err != nil {
			return err
		}
		return e.print(a.out, all, func(t *table) {
			t.row("NAME", "SINCE", "PICTURE")
			for _, one := range all {
				t.row(":"+one.Name+":", one.Made, one.URL)
			}
		})
	})
}

type removeEmoji struct {
	Name string `arg:"" help:"Its name."`
}

// Run removes an emoji.
func (e removeEmoji) Run(a *app) error {
	name := strings.Trim(e.Name, ":")
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		was, err := private.Of(db).RemoveEmoji(ctx, name)
		return a.tell(forum.Outcome{Fresh: was}, err, ":"+name+": is a word again. What was written with it keeps the picture.", "There is no emoji of that name.")
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
	if n.bucket, err = bucket.Open(*n.cfg.S3); err != nil {
		return fmt.Errorf("s3-endpoint: %w", err)
	}
	n.uploads = media.NewUploadsIn(n.bucket)
	return nil
}

// checkUploads asks the server of the bucket, if there is one. With a wrong key the node
// would take no picture, so it does not start; a server that does not answer may answer
// soon, and the node is more than its pictures.
func (n *node) checkUploads(ctx context.Context) error {
	if n.bucket == nil {
		return nil
	}
	err := n.bucket.Check(ctx)
	if errors.Is(err, bucket.ErrUnusable) {
		return fmt.Errorf("%w; look at s3-endpoint, s3-bucket, s3-region, s3-key, s3-secret and s3-path-style", err)
	}
	if err != nil {
		n.log.Warn("the server for pictures does not answer; none can be sent or shown until it does", "error", err)
	}
	return ctx.Err()
}

// uploadRest is how old a file is at least that is removed: whoever has sent the same
// picture again this moment keeps it. Tests have it shorter.
var uploadRest = time.Minute

// mostFailed is how many files may not be removed before the rest is left for later.
const mostFailed = 5

// dropUploads takes away pictures that belong to nothing any more. The rows go first, and
// leave the names of files until these are gone. A row is written before its file, so the
// file of a picture without a row is nobody's, unless it is very new.
func (n *node) dropUploads(ctx context.Context) error {
	own := private.Of(n.db)
	for more := true; more; {
		err := n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			names, err := private.In(tx).DropUploads(ctx, time.Now())
			more = len(names) > 0
			return err
		})
		if err != nil {
			return err
		}
	}
	var failed []error
	for last := ""; len(failed) < mostFailed; {
		names, err := own.GoneUploads(ctx, last)
		if err != nil || len(names) == 0 {
			return errors.Join(append(failed, err)...)
		}
		for _, last = range names {
			if err := n.removeUpload(ctx, own, last); err != nil {
				if failed = append(failed, err); len(failed) == mostFailed {
					break
				}
			}
		}
	}
	return errors.Join(failed...)
}

func (n *node) removeUpload(ctx context.Context, own private.Store, name string) error {
	gone, err := own.Uploaded(ctx, name) // somebody has it again
	if err == nil && !gone {
		gone, err = n.uploads.Remove(ctx, name, time.Now().Add(-uploadRest))
	}
	if err != nil || !gone {
		return err
	}
	return own.UploadRemoved(ctx, name)
}
