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

// Uploads keeps pictures that people of this node have sent, in a folder, each under a
// hash of what is shown of it. It has no budget of its own: whoever calls it knows what
// belongs to whom. It is safe for concurrent use.
type Uploads struct {
	dir   string
	files *Store        // whose files have the same form
	one   chan struct{} // pictures are decoded one at a time
}

// NewUploads makes Uploads in a folder, which is made when the first picture comes.
func NewUploads(dir string) *Uploads {
	return &Uploads{dir: dir, files: &Store{dir: dir}, one: make(chan struct{}, 1)}
}

// Upload is a picture that somebody has sent, as it is kept.
type Upload struct {
	Name          string // of its file: 40 hexadecimal digits and .jpg or .png
	Type          string // JPEG or PNG
	Width, Height int
	Bytes         int64 // with its smaller size
}

var uploadName = regexp.MustCompile(`^[0-9a-f]{40}\.(jpg|png)$`)

// IsUpload reports whether a picture can have that name.
func IsUpload(name string) bool { return uploadName.MatchString(name) }

// Keep writes a picture anew, whole and small, so that nothing of the file but its
// pixels is kept. Errors about the picture are of type *Error.
func (u *Uploads) Keep(ctx context.Context, raw []byte) (Upload, error) {
	select {
	case u.one <- struct{}{}:
		defer func() { <-u.one }()
	case <-ctx.Done():
		return Upload{}, ctx.Err()
	}
	p, err := Decode(raw)
	if err != nil {
		return Upload{}, err
	}
	whole, err := p.Make(Whole)
	if err != nil {
		return Upload{}, err
	}
	thumb, err := p.Make(Thumb)
	if err != nil {
		return Upload{}, err
	}
	sum := sha256.Sum256(whole.Bytes)
	out := Upload{Name: hex.EncodeToString(sum[:20]) + ".jpg", Type: whole.Type, Width: whole.Width, Height: whole.Height, Bytes: int64(len(whole.Bytes) + len(thumb.Bytes))}
	if whole.Type == PNG {
		out.Name = out.Name[:40] + ".png"
	}
	for size, m := range map[Size]Made{Whole: whole, Thumb: thumb} {
		if err := u.write(u.path(out.Name, size), m.Bytes); err != nil {
			return Upload{}, err
		}
	}
	return out, nil
}

func (u *Uploads) path(name string, size Size) string {
	return filepath.Join(u.dir, name[:2], name+"."+string(size))
}

// write puts a file in its place, whole or not at all.
func (u *Uploads) write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	temp, err := os.CreateTemp(u.dir, "new-*")
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

// Open finds a picture, whole or small. Where it is not kept the error is
// fs.ErrNotExist.
func (u *Uploads) Open(name string, size Size) (*File, error) {
	if !IsUpload(name) || size != Whole && size != Thumb {
		return nil, fs.ErrNotExist
	}
	return u.files.open(u.path(name, size))
}

// Remove takes a picture away, unless somebody has sent it since a moment: then it
// belongs to them.
func (u *Uploads) Remove(name string, since time.Time) error {
	if !IsUpload(name) {
		return nil
	}
	if info, err := os.Stat(u.path(name, Whole)); err == nil && info.ModTime().After(since) {
		return nil
	}
	var failed error
	for _, size := range []Size{Whole, Thumb} {
		if err := os.Remove(u.path(name, size)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, fmt.Errorf("media: %w", err))
		}
	}
	return failed
}
