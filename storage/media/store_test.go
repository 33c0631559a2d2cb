package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// shelf is a Store with a clock.
func shelf(t *testing.T, budget int64) (*Store, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return NewStore(filepath.Join(t.TempDir(), "media"), budget, func() time.Time { return now }), &now
}

func picture(n int) Made {
	return Made{Bytes: append([]byte("\xff\xd8\xff\xe0"), make([]byte, n-4)...), Type: JPEG}
}

func has(s *Store, url string, size Size) bool {
	f, err := s.Open(url, size)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

func TestKeptAsItWasPut(t *testing.T) {
	s, _ := shelf(t, 1<<20)
	ctx := context.Background()
	if _, err := s.Open("https://far.example/a.png", Thumb); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	want := Made{Bytes: asPNG(t, quarters(20, 10)), Type: PNG}
	if err := s.Put(ctx, "https://far.example/a.png", Thumb, want); err != nil {
		t.Fatal(err)
	}
	f, err := s.Open("https://far.example/a.png", Thumb)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, want.Bytes) || f.Type != PNG || f.Size != int64(len(got)) {
		t.Errorf("%d bytes of %s, %v", len(got), f.Type, err)
	}
	_ = f.Close()
	if has(s, "https://far.example/a.png", Whole) || has(s, "https://far.example/b.png", Thumb) {
		t.Error("kept under another size or address")
	}
	if err := s.Forget("https://far.example/a.png"); err != nil || has(s, "https://far.example/a.png", Thumb) {
		t.Error("not forgotten:", err)
	}
}

// Beyond the budget goes what nobody asked for the longest.
func TestBudget(t *testing.T) {
	s, now := shelf(t, 10_000)
	ctx := context.Background()
	url := func(n int) string { return fmt.Sprintf("https://far.example/%d", n) }
	for n := range 9 {
		if err := s.Put(ctx, url(n), Whole, picture(1000)); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Hour)
	}
	*now = now.Add(48 * time.Hour)
	if !has(s, url(0), Whole) { // somebody looks at the oldest
		t.Fatal("gone below the budget")
	}
	for n := 9; n < 12; n++ {
		*now = now.Add(time.Hour)
		if err := s.Put(ctx, url(n), Whole, picture(1000)); err != nil {
			t.Fatal(err)
		}
	}
	var kept []string
	for n := range 12 {
		if has(s, url(n), Whole) {
			kept = append(kept, fmt.Sprint(n))
		}
	}
	if got := strings.Join(kept, " "); got != "0 4 5 6 7 8 9 10 11" && got != "0 3 4 5 6 7 8 9 10 11" {
		t.Error("kept", got)
	}
	if s.Used() > 10_000 {
		t.Error("used", s.Used())
	}
}

// What a killed program left half written goes, what another one writes just now
// stays.
func TestHalfWritten(t *testing.T) {
	s, now := shelf(t, 1<<20)
	if err := s.Put(context.Background(), "https://far.example/a", Whole, picture(100)); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(s.dir, "new-old"), filepath.Join(s.dir, "new-young")
	for name, at := range map[string]time.Time{old: now.Add(-2 * time.Hour), young: *now} {
		if err := os.WriteFile(name, make([]byte, 50), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the old one stays:", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("the young one:", err)
	}
	if s.Used() != 100 {
		t.Error("used", s.Used())
	}
}

// A new process knows what is there before it keeps more.
func TestBudgetOverRestarts(t *testing.T) {
	s, now := shelf(t, 10_000)
	for n := range 9 {
		if err := s.Put(context.Background(), fmt.Sprint("https://far.example/", n), Whole, picture(1000)); err != nil {
			t.Fatal(err)
		}
	}
	next := NewStore(s.dir, 5000, func() time.Time { return *now })
	if err := next.Put(context.Background(), "https://far.example/x", Whole, picture(1000)); err != nil {
		t.Fatal(err)
	}
	if next.Used() > 5000 {
		t.Error("used", next.Used())
	}
}

func TestManyAtOnce(t *testing.T) {
	s, _ := shelf(t, 20_000)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 40 {
				url := fmt.Sprint("https://far.example/", (n+i)%50)
				if err := s.Put(context.Background(), url, Thumb, picture(1000)); err != nil {
					t.Error(err)
				}
				if f, err := s.Open(url, Thumb); err == nil {
					if b, err := io.ReadAll(f); err != nil || len(b) != 1000 {
						t.Errorf("%d bytes: %v", len(b), err)
					}
					_ = f.Close()
				}
			}
		})
	}
	all.Wait()
}

func TestSigner(t *testing.T) {
	s, other := NewSigner([]byte("a")), NewSigner([]byte("b"))
	const url = "https://far.example/ü?a=b&c"
	part := func(address string) (size Size, mac, encoded string) {
		parts := strings.Split(strings.TrimPrefix(address, Prefix), "/")
		return Size(parts[0]), parts[1], parts[2]
	}
	size, mac, encoded := part(s.Address(url, Thumb))
	if got, ok := s.Read(size, mac, encoded); !ok || got != url {
		t.Errorf("%q %v", got, ok)
	}
	if again := NewSigner([]byte("a")).Address(url, Thumb); again != s.Address(url, Thumb) {
		t.Error("addresses change with the process")
	}
	_, _, elsewhere := part(s.Address("https://far.example/x", Thumb))
	_, foreign, _ := part(other.Address(url, Thumb))
	for name, c := range map[string]struct {
		size         Size
		mac, encoded string
	}{
		"another size": {Whole, mac, encoded}, "no size": {"", mac, encoded}, "another picture": {size, mac, elsewhere},
		"another node's": {size, foreign, encoded}, "a shorter mac": {size, mac[:4], encoded}, "no mac": {size, "", encoded},
		"no base64": {size, mac, "!"}, "padding": {size, mac, encoded + "="},
	} {
		if got, ok := s.Read(c.size, c.mac, c.encoded); ok {
			t.Errorf("%s is read as %q", name, got)
		}
	}
}
