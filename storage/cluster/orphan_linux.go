package cluster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processesIn lists Postgres' processes whose working folder is db, by the folder itself and not its name. Zombies have
// none and do not count. Others (an admin's shell) are left alone.
func processesIn(_ context.Context, db string) ([]process, error) {
	want, err := os.Stat(db)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		// Each of the files may be closed to us, or gone in the meantime: then it is none of ours.
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if name := strings.TrimSpace(string(comm)); err != nil || name != "postgres" && name != "initdb" {
			continue
		}
		at, err := os.Stat(filepath.Join(dir, "cwd"))
		if err != nil || !os.SameFile(at, want) {
			continue
		}
		args, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			continue
		}
		// Its children write what they are over their arguments ("postgres: checkpointer").
		found = append(found, process{pid: pid, postmaster: bytes.Contains(args, []byte("\x00-D\x00"))})
	}
	return found, nil
}
