//go:build unix

package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// folder is a cluster's folder under the name by which Postgres' own user can reach it.
//
// Root's home is usually closed to everybody else, and a clone with its data often lies there. On Linux the folder is
// then opened by root and handed down as an open file: /proc/self/fd/3 leads straight into it, past the closed folders
// above. Postgres steps into its folder once and uses relative names from there on; the few absolute ones (its
// configuration, read again on reload) go through the same link, since every one of its processes inherits the file.
// The alternatives were worse: data elsewhere is missed by a backup of the data folder and lost with a container; wider
// permissions on somebody's home are not ours to give.
type folder struct {
	path string
	open *os.File // nil when path itself can be used
}

const throughFile = "/proc/self/fd/3" // the first of exec.Cmd's ExtraFiles

func openFolder(path string, user account) (folder, error) {
	f := folder{path: path}
	if !user.switched {
		return f, nil
	}
	closed, err := user.closedTo(path)
	if err != nil || closed == "" {
		return f, err
	}
	if runtime.GOOS != "linux" {
		return f, fmt.Errorf("postgres runs as the user %s, who cannot pass through %s: choose a data folder elsewhere, "+
			"or let others pass (chmod o+x %s)", user.name, closed, closed)
	}
	f.open, err = os.Open(path)
	return f, err
}

// name is what Postgres is told, once hand has been called for its command.
func (f folder) name() string {
	if f.open != nil {
		return throughFile
	}
	return f.path
}

func (f folder) hand(cmd *exec.Cmd) {
	if f.open != nil {
		cmd.ExtraFiles = []*os.File{f.open}
	}
}

func (f folder) Close() {
	if f.open != nil {
		_ = f.open.Close() // only a name, nothing was written through it
	}
}

// maxSocketFolder is the longest path of a socket's folder, in bytes: 107 for all, less "/.s.PGSQL.5432".
const maxSocketFolder = 107 - len("/.s.PGSQL.5432")

const socketPrefix = "socket-"

// makeSocketFolder makes a new folder for the socket, which only the account (and root) may enter; that is all the
// authentication there is. It lies in dir, where sweepers of temporary folders do not find it and a private /tmp of the
// service does not hide it from the admin's commands; in a temporary folder when the path is too long, closed to the
// account, or on a file system without sockets.
func makeSocketFolder(dir string, user account) (string, error) {
	var faults []error
	for _, parent := range []string{dir, os.TempDir(), "/tmp", "/var/tmp"} {
		path, err := trySocketFolder(parent, parent == dir, user)
		if err == nil {
			return path, nil
		}
		faults = append(faults, err)
	}
	return "", fmt.Errorf("no place for a socket: %w", errors.Join(faults...))
}

func trySocketFolder(parent string, own bool, user account) (string, error) {
	pattern := "stoa-" + socketPrefix
	if own {
		pattern = socketPrefix
	}
	parent, err := filepath.EvalSymlinks(parent)
	if err != nil {
		return "", err
	}
	if !own {
		sweep(parent, time.Now().Add(-time.Hour))
	}
	path, err := os.MkdirTemp(parent, pattern) // 0700
	if err != nil {
		return "", err
	}
	if err := usableForSocket(path, user); err != nil {
		_ = os.Remove(path) // empty; the error at hand is the one to tell
		return "", err
	}
	return path, nil
}

// sweep deletes what killed programs that never came back have left in a temporary folder: the empty folders of
// sockets, unless they are so young that a server may be about to use them. One in use is not empty.
func sweep(parent string, before time.Time) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(parent), "stoa-"+socketPrefix+"*"))
	if err != nil {
		return // only a malformed pattern fails
	}
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && info.IsDir() && info.ModTime().Before(before) {
			_ = os.Remove(path) // fails when it is in use or another user's
		}
	}
}

func usableForSocket(path string, user account) error {
	if len(path) > maxSocketFolder {
		return fmt.Errorf("%s is longer than the %d bytes a socket's folder may have", path, maxSocketFolder)
	}
	if strings.ContainsAny(path, ",\"") {
		return fmt.Errorf("%s: Postgres and its clients take a comma or a quotation mark for the end of the name", path)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(path, "probe"), Net: "unix"})
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil { // removes the file, too
		return err
	}
	if err := user.give(path); err != nil {
		return err
	}
	closed, err := user.closedTo(path)
	if err != nil {
		return err
	}
	if closed != "" {
		return fmt.Errorf("%s cannot pass through %s", user.name, closed)
	}
	return nil
}

// removeSocketFolder deletes a socket's folder with what Postgres leaves in it after a crash. Anything else of the
// same name stays.
func removeSocketFolder(path string) {
	if !strings.HasPrefix(strings.TrimPrefix(filepath.Base(path), "stoa-"), socketPrefix) {
		return
	}
	for _, name := range []string{".s.PGSQL.5432", ".s.PGSQL.5432.lock", "probe"} {
		_ = os.Remove(filepath.Join(path, name)) // mostly not there
	}
	_ = os.Remove(path) // what cannot be removed does no harm: the next socket has a folder of its own
}

func removeSocketFolders(dir string) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(dir), socketPrefix+"*"))
	if err != nil {
		return // only a malformed pattern fails
	}
	for _, path := range left {
		removeSocketFolder(path)
	}
}

var globEscaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func escapeGlob(path string) string { return globEscaper.Replace(path) }
