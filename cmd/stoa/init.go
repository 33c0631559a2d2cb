package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stoa/federation/outbox"
)

type initCommand struct{}

// Run makes a node: its folder, its configuration file, its database and its key.
// What is there already is kept.
func (initCommand) Run(a *app) error {
	c := a.cfg
	if c.values["url"].From == "default" {
		return errors.New("say the node's public address: stoa init --url https://forum.example")
	}
	if err := os.MkdirAll(c.Data, 0o711); err != nil { //nolint:gosec // Postgres runs as another user and must pass
		return err
	}
	db, err := openDatabase(a.ctx, c, false, newLog(a.err, c))
	if err != nil {
		return err
	}
	_, err = nodeKey(context.WithoutCancel(a.ctx), db.DB, outbox.NewPublisher(c.URL, nil))
	if cerr := db.close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	written, err := c.write()
	if err != nil {
		return err
	}
	what := "kept as it is"
	if written {
		what = "written"
	}
	_, err = fmt.Fprintf(a.out, `The node %s is made.
  configuration  %s (%s)
Next:
  1. Let a proxy with a certificate for %s pass everything to %s, with the Host header unchanged.
  2. stoa serve --data %s
  3. stoa community create NAME --title "…" --data %s
  4. stoa doctor --data %s
`, c.URL, c.file, what, c.URL.Hostname(), c.Listen, c.Data, c.Data, c.Data)
	return err
}

// write writes the settings that differ from their defaults to the file, unless
// there is one.
func (c *config) write() (bool, error) {
	var b strings.Builder
	b.WriteString("# Settings of this node; stoa config explains each.\n")
	for _, s := range settings {
		v := c.values[s.Key]
		if v.From == "default" || s.Key == "data" {
			continue
		}
		fmt.Fprintf(&b, "\n# %s\n%s = %q\n", s.Help, s.Key, v.Text)
	}
	if err := os.MkdirAll(filepath.Dir(c.file), 0o711); err != nil { //nolint:gosec // Postgres runs as another user and must pass
		return false, err
	}
	f, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.WriteString(b.String())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err == nil, err
}
