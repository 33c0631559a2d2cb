package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// touchEvery is how exactly is known when a picture was last asked for.
	touchEvery = 24 * time.Hour
	// roomShare is which part of the budget is made free at once, so that not every new
	// picture looks through the whole folder.
	roomShare = 10
)

// Store keeps pictures in a folder, each under a hash of the URL that it came from.
// When they take more than the budget, those go that nobody asked for the longest.
// Several processes may share a folder. It is safe for concurrent use.
type Store struct {
	dir    string
	budget int64
	now    func() time.Time

	mu   sync.Mutex
	used int64 // -1 until the folder was looked through
}

// NewStore makes a Store of at most budget bytes in a folder, which is made when
// the first picture comes. now may be nil.
func NewStore(dir string, budget int64, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{dir: dir, budget: budget, now: now, used: -1}
}

// File is a picture that is kept. Close it.
type File struct {
	io.ReadSeekCloser
	Type string // JPEG or PNG
	Tag  string // changes when the picture does
	Size int64
	At   time.Time // when it was written
}

// Open finds a picture. Where it is not kept the error is fs.ErrNotExist.
func (s *Store) Open(url string, size Size) (*File, error) {
	name := s.path(url, size)
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	if now := s.now(); now.Sub(f.At) > touchEvery {
		_ = os.Chtimes(name, now, now) // it may have been taken away meanwhile
	}
	return f, nil
}

// openFile opens a file and tells what it is by its first bytes.
func openFile(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4)
	_, err = io.ReadFull(f, head)
	info, serr := f.Stat()
	if err = errors.Join(err, serr); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media: %s: %w", name, err), f.Close())
	}
	return &File{ReadSeekCloser: f, Type: TypeOf(head), Size: info.Size(), Tag: hex.EncodeToString(head) + fmt.Sprintf("-%x", info.Size()), At: info.ModTime()}, nil
}

// TypeOf tells what is kept by its first four bytes: JPEG or PNG.
func TypeOf(head []byte) string {
	if strings.HasPrefix(string(head), "\x89PNG") {
		return PNG
	}
	return JPEG
}

// Put keeps a picture. It is there whole or not at all.
func (s *Store) Put(ctx context.Context, url string, size Size, m Made) error {
	name := s.path(url, size)
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	temp, err := os.CreateTemp(s.dir, "new-*")
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	_, err = temp.Write(m.Bytes)
	if err = errors.Join(err, temp.Close()); err == nil {
		now := s.now()
		err = os.Chtimes(temp.Name(), now, now)
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("media: %w", err), os.Remove(temp.Name()))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used >= 0 {
		s.used += int64(len(m.Bytes))
	}
	if s.used < 0 || s.used > s.budget {
		return s.sweep(ctx)
	}
	return nil
}

// Forget takes a picture away in all sizes.
func (s *Store) Forget(url string) error {
	var failed error
	for _, size := range []Size{Avatar, Thumb, Whole} {
		if err := os.Remove(s.path(url, size)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, fmt.Errorf("media: %w", err))
		}
	}
	return failed
}

// Sweep counts what is kept, and takes away what is beyond the budget and what a
// killed program left half written.
func (s *Store) Sweep(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweep(ctx)
}

// Used is how many bytes are kept, as far as this process knows; -1 before the
// first Sweep.
func (s *Store) Used() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

func (s *Store) sweep(ctx context.Context) error {
	type kept struct {
		name string
		size int64
		at   time.Time
	}
	var all []kept
	var left []string
	var used int64
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return passOver(err)
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return passOver(err)
		}
		if strings.HasPrefix(d.Name(), "new-") && filepath.Dir(name) == filepath.Clean(s.dir) {
			if s.now().Sub(info.ModTime()) > time.Hour {
				left = append(left, name)
			}
			return nil
		}
		all = append(all, kept{name, info.Size(), info.ModTime()})
		used += info.Size()
		return nil
	})
	for _, name := range left {
		err = errors.Join(err, passOver(os.Remove(name)))
	}
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	if used > s.budget {
		slices.SortFunc(all, func(a, b kept) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
		for _, f := range all {
			if used <= s.budget-s.budget/roomShare {
				break
			}
			if err := passOver(os.Remove(f.name)); err != nil {
				return fmt.Errorf("media: %w", err)
			}
			used -= f.size
		}
	}
	s.used = used
	return nil
}

// passOver forgives what another process did meanwhile.
func passOver(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Store) path(url string, size Size) string {
	sum := sha256.Sum256([]byte(url))
	name := hex.EncodeToString(sum[:20])
	return filepath.Join(s.dir, name[:2], name+"."+string(size))
}
