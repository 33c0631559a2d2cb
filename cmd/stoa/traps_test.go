package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every trap that is known of other servers has a test or a line in FEDERATION.md, and
// the breaks with which these tests turn red (make traps) fit the sources of today.
func TestTraps(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files, err := filepath.Glob(filepath.Join(root, ".ci", "traps", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		files[i] = strings.TrimPrefix(files[i], root+string(filepath.Separator))
	}
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"run", "-buildvcs=false"}, files, []string{"-check"})...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
