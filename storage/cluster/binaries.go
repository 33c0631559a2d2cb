//go:build unix

package cluster

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MinMajor is the oldest major version of Postgres that is used.
const MinMajor = 15

// Binaries are the programs of one installed Postgres server.
type Binaries struct {
	Dir     string // the folder of initdb and postgres, absolute, no link
	Major   int    // 15
	Version string // "15.14"
}

// ErrNotFound says that no usable Postgres server programs are on this machine. Its text says what to install.
var ErrNotFound = errors.New("found no Postgres server programs (initdb, postgres) of version " + strconv.Itoa(MinMajor) +
	" or newer; install them (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; " +
	"Alpine: apk add postgresql; Arch: pacman -S postgresql; macOS: brew install postgresql@17)")

// MajorError refuses a cluster that another major version of Postgres has made: their files are not compatible.
type MajorError struct {
	Dir   string // the folder given to Start
	Made  int    // version that made the cluster
	Found []int  // versions on this machine
}

func (e *MajorError) Error() string {
	found := make([]string, len(e.Found))
	for i, v := range e.Found {
		found[i] = strconv.Itoa(v)
	}
	return fmt.Sprintf("the database in %s was made by Postgres %d, and this machine has only %s; either install Postgres %d "+
		"beside it (it is found by itself), or carry the data over: dump it with the old version (pg_dump), move the "+
		"folder away, start anew and restore (psql)", e.Dir, e.Made, strings.Join(found, " and "), e.Made)
}

// Find names the Postgres that a new cluster is made with: the first in PATH, else the newest one in the places where
// packages put it. The error is ErrNotFound if there is none.
func Find(ctx context.Context) (Binaries, error) {
	all := findAll(ctx, os.Getenv("PATH"), installed())
	if len(all) == 0 {
		return Binaries{}, ErrNotFound
	}
	return all[0], nil
}

// findFor names the Postgres to run a cluster of that major version; 0 means a cluster still to be made.
func findFor(ctx context.Context, major int, dir string) (Binaries, error) {
	all := findAll(ctx, os.Getenv("PATH"), installed())
	if len(all) == 0 {
		return Binaries{}, ErrNotFound
	}
	if major == 0 {
		return all[0], nil
	}
	refused := &MajorError{Dir: dir, Made: major}
	for _, b := range all {
		if b.Major == major {
			return b, nil
		}
		if !slices.Contains(refused.Found, b.Major) {
			refused.Found = append(refused.Found, b.Major)
		}
	}
	return Binaries{}, refused
}

// installed gives the folders of packages that do not put the server's programs into PATH: Debian, the PGDG packages for
// Red Hat, Homebrew on both kinds of Mac, Alpine, Postgres.app, FreeBSD's and source builds.
func installed() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/usr/libexec/postgresql*",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/usr/local/pgsql/bin",
		"/usr/lib/postgresql/bin",
	}
}

// findAll lists what is usable: from path in its order, then from the patterns, newest first.
func findAll(ctx context.Context, path string, patterns []string) []Binaries {
	var found, packaged []Binaries
	seen := map[string]bool{}
	look := func(dir string) (Binaries, bool) {
		b, ok := inspect(ctx, dir)
		if !ok || seen[b.Dir] {
			return Binaries{}, false
		}
		seen[b.Dir] = true
		return b, true
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue // a program in the current folder may be anybody's
		}
		if b, ok := look(dir); ok {
			found = append(found, b)
		}
	}
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern fails, and the list above is fixed
		}
		for _, dir := range dirs {
			if b, ok := look(dir); ok {
				packaged = append(packaged, b)
			}
		}
	}
	slices.SortStableFunc(packaged, func(a, b Binaries) int { return cmp.Compare(b.Major, a.Major) })
	return append(found, packaged...)
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) ((\d+)\S*)`)

// inspect looks for a whole Postgres in dir. A link is followed to the real program, since postgres finds its own
// files beside itself; a wrapper script is passed over, since signals would reach the shell and not Postgres.
func inspect(ctx context.Context, dir string) (Binaries, bool) {
	server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil || !isProgram(server) || !isProgram(filepath.Join(filepath.Dir(server), "initdb")) {
		return Binaries{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, server, "--version")
	cmd.Env = environment()
	out, err := cmd.Output()
	if err != nil {
		return Binaries{}, false
	}
	m := versionLine.FindStringSubmatch(string(out))
	if m == nil {
		return Binaries{}, false
	}
	major, err := strconv.Atoi(m[2])
	if err != nil || major < MinMajor {
		return Binaries{}, false
	}
	return Binaries{Dir: filepath.Dir(server), Major: major, Version: m[1]}, true
}

// isProgram reports whether the file is executable and not a script.
func isProgram(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read from
	head := make([]byte, 2)
	_, err = io.ReadFull(f, head)
	return err == nil && !bytes.Equal(head, []byte("#!"))
}

// environment is ours without what would steer Postgres: PGDATA, PGOPTIONS and the like, and the language, since its
// messages are read here.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "PG") || strings.HasPrefix(kv, "LC_") || strings.HasPrefix(kv, "LANG")
	})
	return append(env, "LC_ALL=C")
}

// majorOf says which major version made the cluster in db; 0 if there is none yet.
func majorOf(db string) (int, error) {
	text, err := os.ReadFile(filepath.Join(db, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		if err := os.Remove(db); err == nil || errors.Is(err, os.ErrNotExist) {
			return 0, nil // none, or an empty folder
		}
		return 0, fmt.Errorf("%s holds files but no Postgres cluster; move it away", db)
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s/PG_VERSION: %w", db, err)
	}
	return major, nil
}
