package bucket_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stoa/storage/bucket"
	"stoa/storage/bucket/buckettest"
	"stoa/storage/media"
)

func dots(tb testing.TB, w, h int) []byte {
	tb.Helper()
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		p.Set(i%w, i/w, color.RGBA{uint8(i), uint8(i / w), 90, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func sent(tb testing.TB, u *media.Uploads, raw []byte) media.Upload {
	tb.Helper()
	made, err := u.Make(tb.Context(), raw)
	if err == nil {
		err = u.Keep(tb.Context(), made)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return made.Upload
}

func opened(tb testing.TB, u *media.Uploads, name string, size media.Size) (mediaType string, content []byte) {
	tb.Helper()
	f, err := u.Open(tb.Context(), name, size)
	if err != nil {
		tb.Fatal(err)
	}
	content, err = io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
	if f.Size != int64(len(content)) || f.Tag == "" {
		tb.Errorf("%s of %d bytes: says %d, tag %q", name, len(content), f.Size, f.Tag)
	}
	return f.Type, content
}

// in opens the bucket of a server, which can be used.
func in(tb testing.TB, s *buckettest.Server) *media.Uploads {
	tb.Helper()
	b, err := bucket.Open(s.Options(tb))
	if err == nil {
		err = b.Check(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
	return media.NewUploadsIn(b)
}

// depots are the places where uploads can lie, and what lies there.
func depots(t *testing.T) map[string]func(t *testing.T) (u *media.Uploads, files func() []string) {
	t.Helper()
	return map[string]func(t *testing.T) (*media.Uploads, func() []string){
		"folder": func(t *testing.T) (*media.Uploads, func() []string) {
			t.Helper()
			dir := t.TempDir()
			return media.NewUploads(dir), func() (names []string) {
				all, err := filepath.Glob(filepath.Join(dir, "*", "*"))
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range all {
					short, _ := filepath.Rel(dir, name)
					names = append(names, filepath.ToSlash(short))
				}
				return names
			}
		},
		"bucket": func(t *testing.T) (*media.Uploads, func() []string) {
			t.Helper()
			s := buckettest.NewServer(t)
			return in(t, s), s.Files
		},
	}
}

// A picture is kept whole and small, in a folder as in a bucket, under the same names.
// Equal pictures share their files, and both files go.
func TestUploads(t *testing.T) {
	for what, open := range depots(t) {
		t.Run(what, func(t *testing.T) {
			u, files := open(t)
			a := sent(t, u, dots(t, 600, 400))
			want := []string{a.Name[:2] + "/" + a.Name + ".thumb", a.Name[:2] + "/" + a.Name + ".whole"}
			if got := files(); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Fatalf("%v, want %v", got, want)
			}
			if b := sent(t, u, dots(t, 600, 400)); b != a || len(files()) != 2 {
				t.Errorf("an equal picture has files of its own: %+v %+v %v", a, b, files())
			}
			var bytes int64
			for size, width := range map[media.Size]int{media.Whole: 600, media.Thumb: 320} {
				mediaType, content := opened(t, u, a.Name, size)
				p, _, err := image.DecodeConfig(strings.NewReader(string(content)))
				if mediaType != media.JPEG && mediaType != media.PNG || err != nil || p.Width != width {
					t.Errorf("%s: %s %d %v", size, mediaType, p.Width, err)
				}
				bytes += int64(len(content))
			}
			if bytes != a.Bytes {
				t.Errorf("%d bytes, said %d", bytes, a.Bytes)
			}
			if gone, err := u.Remove(t.Context(), a.Name, time.Now().Add(-time.Hour)); err != nil || gone || len(files()) != 2 {
				t.Errorf("what somebody has sent since is taken away: %v %v", files(), err)
			}
			for range 2 {
				if gone, err := u.Remove(t.Context(), a.Name, time.Now().Add(time.Second)); err != nil || !gone || len(files()) != 0 {
					t.Errorf("%v are left: %v", files(), err)
				}
			}
			for name, size := range map[string]media.Size{a.Name: media.Whole, "../" + a.Name: media.Whole, strings.Repeat("0", 40) + ".png": media.Thumb} {
				if _, err := u.Open(t.Context(), name, size); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// What a bucket says of the type of a file is believed only where it is that of a
// picture: no file passes for a document.
func TestBucketSaysNoOtherType(t *testing.T) {
	s := buckettest.NewServer(t)
	u := in(t, s)
	a := sent(t, u, dots(t, 9, 9))
	before, content := opened(t, u, a.Name, media.Whole)
	for _, wrong := range []string{"application/activity+json", "text/html", "application/octet-stream"} {
		s.Retype(a.Name[:2]+"/"+a.Name+".whole", wrong)
		if now, same := opened(t, u, a.Name, media.Whole); now != before || !bytes.Equal(same, content) {
			t.Errorf("%s is %s", wrong, now)
		}
	}
}

// A bucket that cannot be used is told apart from one whose server is away, and says
// where it is.
func TestBucketFails(t *testing.T) {
	s := buckettest.NewServer(t)
	away := httpAway(t)
	for what, c := range map[string]struct {
		change func(b *bucket.Options)
		never  bool
	}{
		"wrong secret": {func(b *bucket.Options) { b.Secret = "other" }, true},
		"wrong key":    {func(b *bucket.Options) { b.Key = "other" }, true},
		"no bucket":    {func(b *bucket.Options) { b.Name = "other" }, true},
		"unreachable":  {func(b *bucket.Options) { b.Endpoint = away }, false},
	} {
		t.Run(what, func(t *testing.T) {
			about := s.Options(t)
			c.change(&about)
			b, err := bucket.Open(about)
			if err != nil {
				t.Fatal(err)
			}
			u := media.NewUploadsIn(b)
			begun := time.Now()
			err = b.Check(t.Context())
			if err == nil || errors.Is(err, bucket.ErrUnusable) != c.never || !strings.Contains(err.Error(), about.Endpoint.Host) || !strings.Contains(err.Error(), about.Name) {
				t.Errorf("check: %v", err)
			}
			made, err := u.Make(t.Context(), dots(t, 9, 9))
			if err != nil {
				t.Fatal(err)
			}
			if err := u.Keep(t.Context(), made); !errors.Is(err, media.ErrUnkept) || strings.Contains(err.Error(), "secret+") {
				t.Errorf("keep: %v", err)
			}
			if _, err := u.Open(t.Context(), made.Name, media.Whole); err == nil || what == "unreachable" && errors.Is(err, fs.ErrNotExist) {
				t.Errorf("open: %v", err)
			}
			if gone, err := u.Remove(t.Context(), made.Name, time.Now()); what != "no bucket" && (gone || err == nil) {
				t.Errorf("remove: %v %v", gone, err)
			}
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	if len(s.Files()) != 0 {
		t.Error(s.Files())
	}
}

// httpAway is an address where nobody listens.
func httpAway(tb testing.TB) *url.URL {
	tb.Helper()
	s := buckettest.NewServer(tb)
	u, err := url.Parse(s.URL)
	if err != nil {
		tb.Fatal(err)
	}
	s.Close()
	return u
}

// A disk that takes nothing is no fault of the picture.
func TestFolderFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	u := media.NewUploads(filepath.Join(file, "pictures"))
	made, err := u.Make(t.Context(), dots(t, 9, 9))
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Keep(t.Context(), made); !errors.Is(err, media.ErrUnkept) {
		t.Error(err)
	}
}
