package main

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// diskSpace says how many bytes are free to programs that are not root's where a
// folder lies, and how many there are.
func diskSpace(dir string) (free, size int64, err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, 0, err
	}
	block := int64(fs.Bsize) //nolint:unconvert // the types differ between systems
	return int64(fs.Bavail) * block, int64(fs.Blocks) * block, nil
}

// disk looks at the disk that the node's own Postgres writes to. Where another's
// lies cannot be seen from here: it is nil then, and Postgres says when it is full.
func (c *config) disk() func() (free, size int64, err error) {
	if c.DatabaseURL != "" {
		return nil
	}
	return func() (free, size int64, err error) { return diskSpace(filepath.Join(c.Data, "postgres")) }
}
