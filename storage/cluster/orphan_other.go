//go:build unix && !linux

package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// processesIn finds the postmaster by the pid it wrote into its folder, since the system does not tell other programs'
// working folders. A pid that belongs to another program by now is passed over.
func processesIn(ctx context.Context, db string) ([]process, error) {
	text, err := os.ReadFile(filepath.Join(db, "postmaster.pid"))
	if err != nil {
		return nil, nil //nolint:nilerr // no file: no server
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 {
		return nil, nil //nolint:nilerr // an empty or torn file names nobody
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "comm=", "-p", first).Output()
	if err != nil || filepath.Base(strings.TrimSpace(string(out))) != "postgres" {
		return nil, nil //nolint:nilerr // ps fails when there is no such process
	}
	return []process{{pid: pid, postmaster: true}}, nil
}
