//go:build unix

package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	ctx := t.Context()
	whole, err := Find(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Major < MinMajor || whole.Version == "" || !filepath.IsAbs(whole.Dir) {
		t.Fatalf("found %+v", whole)
	}
	dir := t.TempDir()
	install := func(name string, files map[string]string) string {
		bin := filepath.Join(dir, name, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			path := filepath.Join(bin, file)
			var err error
			if target, link := text, filepath.IsAbs(text); link {
				err = os.Symlink(target, path)
			} else {
				err = os.WriteFile(path, []byte(text), 0o755)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return bin
	}
	server, initdb := filepath.Join(whole.Dir, "postgres"), filepath.Join(whole.Dir, "initdb")
	wrapper := install("wrapper", map[string]string{"postgres": "#!/bin/sh\nexec " + server + " \"$@\"\n", "initdb": initdb})
	broken := install("broken", map[string]string{"postgres": "\x7fELF no", "initdb": initdb})
	links := install("links", map[string]string{"postgres": server, "initdb": initdb})
	lone := install("lone", map[string]string{"postgres": server}) // the link's target has initdb beside it

	for name, c := range map[string]struct {
		path     string
		patterns []string
		want     int
	}{
		"wrapper script":    {path: wrapper, want: 0},
		"not a program":     {path: broken, want: 0},
		"links":             {path: links, want: 1},
		"only one link":     {path: lone, want: 1},
		"named twice":       {path: links + ":" + whole.Dir, patterns: []string{filepath.Join(dir, "*", "bin")}, want: 1},
		"in a package only": {path: wrapper, patterns: []string{filepath.Join(dir, "li*", "bin")}, want: 1},
		"relative":          {path: ".:bin", want: 0},
		"nothing":           {path: dir, patterns: []string{dir + "/none-*"}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			found := findAll(ctx, c.path, c.patterns)
			if len(found) != c.want {
				t.Fatalf("found %v, want %d", found, c.want)
			}
			for _, b := range found {
				if b != whole {
					t.Errorf("found %+v, want the real %+v", b, whole)
				}
			}
		})
	}
}

func TestServerLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postgres.log")
	l, err := openServerLog(path)
	if err != nil {
		t.Fatal(err)
	}
	line := append(make([]byte, 1<<20), "the last line\n"...)
	for range 30 {
		if n, err := l.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	l.Close()
	for _, p := range []string{path, path + ".1"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxLog+2*int64(len(line)) {
			t.Errorf("%s has %d bytes", p, info.Size())
		}
	}
	if got := l.lastWords(); len(got) > tailSize || got[len(got)-13:] != "the last line" {
		t.Errorf("last words: %q", got)
	}
}

func TestSweep(t *testing.T) {
	parent := t.TempDir()
	hour := time.Now().Add(-time.Hour)
	for name, age := range map[string]time.Duration{
		"stoa-socket-young": 0, "stoa-socket-old": 2 * time.Hour, "stoa-socket-used": 2 * time.Hour, "other": 2 * time.Hour,
	} {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if name == "stoa-socket-used" {
			if err := os.WriteFile(filepath.Join(dir, ".s.PGSQL.5432"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(dir, at, at); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent, hour)
	left, err := filepath.Glob(filepath.Join(parent, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 3 || slices.Contains(left, filepath.Join(parent, "stoa-socket-old")) {
		t.Errorf("left: %v, want all but the old one", left)
	}
}
