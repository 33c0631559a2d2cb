package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// axeVersion is the axe-core that pages are held to.
const axeVersion = "4.14.1"

// axeSource is the text of axe-core: from the cache of an earlier run, else from
// the package registry. It is not part of this repository, for its size and its
// licence (MPL-2.0).
func axeSource(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	file := filepath.Join(cache, "stoa-test", "axe-core-"+axeVersion+".js")
	if text, err := os.ReadFile(file); err == nil && len(text) > 100_000 {
		return string(text)
	}
	text, err := fetchAxe(t.Context(), t.TempDir())
	if err != nil {
		t.Fatalf("these tests need axe-core %s. It was neither in %s nor could npm bring it (Debian: apt-get install npm): %v", axeVersion, file, err)
	}
	// Another run may be doing the same: the file appears whole or not at all.
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
		part := fmt.Sprintf("%s.%d", file, os.Getpid())
		if os.WriteFile(part, text, 0o600) == nil {
			_ = os.Rename(part, file) // without the cache the next run fetches again
		}
	}
	return string(text)
}

func fetchAxe(ctx context.Context, dir string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"npm", "pack", "--silent", "--pack-destination", dir, "axe-core@" + axeVersion},
		{"tar", "-xzf", filepath.Join(dir, "axe-core-"+axeVersion+".tgz"), "-C", dir, "package/axe.min.js"},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s %s: %w: %s", args[0], args[1], err, out)
		}
	}
	return os.ReadFile(filepath.Join(dir, "package", "axe.min.js"))
}
