//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// initialize makes a cluster in db. A program killed on the way leaves db.new, never a db that only looks whole.
func initialize(ctx context.Context, programs Binaries, user account, db string, noFsync bool) error {
	fresh := db + ".new"
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := user.give(fresh); err != nil {
		return err
	}
	f, err := openFolder(fresh, user)
	if err != nil {
		return err
	}
	defer f.Close()
	args := []string{
		"-D", f.name(), "-U", superuser, "-E", "UTF8", "--auth=trust", "--data-checksums", "--no-instructions",
	}
	if runtime.GOOS == "darwin" { // has no C.UTF-8
		args = append(args, "--lc-collate=C", "--lc-ctype=UTF-8")
	} else {
		args = append(args, "--locale=C.UTF-8")
	}
	if noFsync {
		args = append(args, "--no-sync")
	}
	said := &tail{}
	c, err := startChild(ctx, command{
		programs: programs, name: "initdb", args: args, user: user, db: f, output: said,
		// On a gentler signal it would clear away its folder, which may by then be the next start's.
		orphaned: syscall.SIGKILL,
	})
	if err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.killGroup()
		<-c.done
	}
	if err := errors.Join(ctx.Err(), c.err); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(said.String()))
	}
	if err := os.Rename(fresh, db); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(db))
}

// syncFolder makes a rename in dir last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
