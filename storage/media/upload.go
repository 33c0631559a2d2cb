package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Uploads keeps pictures that people of this node have sent, in a folder or a bucket,
// each under a hash of what is shown of it. It has no budget of its own: whoever calls it
// knows what belongs to whom. It is safe for concurrent use.
type Uploads struct {
	files Depot
	one   chan struct{} // pictures are decoded one at a time
}

// Depot is where files lie, under names with one slash.
type Depot interface {
	// Put writes a file, whole or not at all.
	Put(ctx context.Context, name, mediaType string, content []byte) error
	// Open finds a file; fs.ErrNotExist where there is none. It is of no other type than
	// JPEG and PNG, whatever is said where it lies.
	Open(ctx context.Context, name string) (*File, error)
	// Remove takes a file away, if there is one.
	Remove(ctx context.Context, name string) error
}

// ErrUnkept means that a picture could not be written: the disk is full, or the server of
// the bucket does not answer. Another try may succeed.
var ErrUnkept = errors.New("media: a picture cannot be kept now")

// NewUploads makes Uploads in a folder, which is made when the first picture comes.
func NewUploads(dir string) *Uploads { return NewUploadsIn(folder(dir)) }

// NewUploadsIn makes Uploads somewhere else.
func NewUploadsIn(files Depot) *Uploads { return &Uploads{files: files, one: make(chan struct{}, 1)} }

// Upload is a picture that somebody has sent, as it is kept.
type Upload struct {
	Name          string // of its file: 40 hexadecimal digits and .jpg or .png
	Type          string // JPEG or PNG
	Width, Height int
	Bytes         int64 // with its smaller size
}

// Sent is a picture that was written anew, and is not kept yet.
type Sent struct {
	Upload
	sizes map[Size]Made
}

var uploadName = regexp.MustCompile(`^[0-9a-f]{40}\.(jpg|png)$`)

// IsUpload reports whether a picture can have that name.
func IsUpload(name string) bool { return uploadName.MatchString(name) }

// Make writes a picture anew, whole and small, so that nothing of the file but its
// pixels is kept. Errors about the picture are of type *Error.
func (u *Uploads) Make(ctx context.Context, raw []byte) (*Sent, error) {
	return u.make(ctx, raw, Whole, Thumb)
}

// MakeSign does the same with a picture that is to stand among words, where it is small.
func (u *Uploads) MakeSign(ctx context.Context, raw []byte) (*Sent, error) {
	return u.make(ctx, raw, sign, sign)
}

func (u *Uploads) make(ctx context.Context, raw []byte, large, small Size) (*Sent, error) {
	select {
	case u.one <- struct{}{}:
		defer func() { <-u.one }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p, err := Decode(raw)
	if err != nil {
		return nil, err
	}
	whole, err := p.Make(large)
	if err != nil {
		return nil, err
	}
	thumb, err := p.Make(small)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(whole.Bytes)
	out := &Sent{sizes: map[Size]Made{Whole: whole, Thumb: thumb}}
	out.Upload = Upload{Name: hex.EncodeToString(sum[:20]) + ".jpg", Type: whole.Type, Width: whole.Width, Height: whole.Height, Bytes: int64(len(whole.Bytes) + len(thumb.Bytes))}
	if whole.Type == PNG {
		out.Name = out.Name[:40] + ".png"
	}
	return out, nil
}

// Keep keeps a picture, also one that is here already: it is as new then. The error is
// ErrUnkept, or that of ctx.
func (u *Uploads) Keep(ctx context.Context, s *Sent) error {
	for size, m := range s.sizes {
		if err := u.files.Put(ctx, place(s.Name, size), m.Type, m.Bytes); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w: %w", ErrUnkept, err)
		}
	}
	return nil
}

// place is the name of a file. It is the same in a folder and in a bucket, so that the
// files can be taken from one to the other.
func place(name string, size Size) string { return name[:2] + "/" + name + "." + string(size) }

// Open finds a picture, whole or small. Where it is not kept the error is
// fs.ErrNotExist. The file can be read as long as ctx lives.
func (u *Uploads) Open(ctx context.Context, name string, size Size) (*File, error) {
	if !IsUpload(name) || size != Whole && size != Thumb {
		return nil, fs.ErrNotExist
	}
	return u.files.Open(ctx, place(name, size))
}

// Remove takes a picture away, unless somebody has sent it since a moment: then it may
// belong to them, and gone is false.
func (u *Uploads) Remove(ctx context.Context, name string, since time.Time) (gone bool, err error) {
	if !IsUpload(name) {
		return true, nil
	}
	f, err := u.files.Open(ctx, place(name, Whole))
	switch {
	case err == nil:
		_ = f.Close() // it was not read
		if f.At.After(since) {
			return false, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	// The small one first: what is left of a removal that broke off is found by the whole.
	if err = u.files.Remove(ctx, place(name, Thumb)); err == nil {
		err = u.files.Remove(ctx, place(name, Whole))
	}
	return err == nil, err
}

// folder is a Depot on the disk of the node.
type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

func (d folder) Put(_ context.Context, name, _ string, content []byte) error {
	path := d.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	temp, err := os.CreateTemp(string(d), "new-*")
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Sync() // it is in no other server's hands
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("media: %w", err), os.Remove(temp.Name()))
	}
	return nil
}

func (d folder) Open(_ context.Context, name string) (*File, error) { return openFile(d.path(name)) }

func (d folder) Remove(_ context.Context, name string) error {
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}
