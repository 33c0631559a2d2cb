package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/cmd/stoa/demo/talk"
	"stoa/storage"
	"stoa/storage/cluster"
)

type demoCommand struct {
	Port  int `default:"8081" help:"port of the first node; the others take the next two"`
	Posts int `default:"102" hidden:"" help:"how many posts are made at the first start"`
	Long  int `default:"500" hidden:"" help:"comments in the longest thread"`
}

// demoSeed decides who speaks in the conversation, so that it is always the same.
const demoSeed = 1

// Run runs three nodes that federate with each other, with a conversation among
// them that is made at the first start and kept.
func (d demoCommand) Run(a *app) (err error) {
	folder := a.cfg.Data
	if a.cfg.values["data"].From == "default" {
		folder = filepath.Join(folder, "demo")
	}
	script, err := talk.Write(talk.Size{Posts: d.Posts, Long: d.Long}, demoSeed)
	if err != nil {
		return err
	}
	s := &stage{folder: folder, port: d.Port, script: script, log: newLog(a.err, a.cfg)}
	if a.cfg.values["log"].From == "default" {
		s.log = slog.New(warnings{s.log.Handler()}) // three nodes at once say more than anybody reads
	}
	s.sayf = func(format string, args ...any) { _, _ = fmt.Fprintf(a.out, format+"\n", args...) }
	defer func() {
		if cerr := s.close(); err == nil {
			err = cerr
		}
	}()
	ctx, cancel := context.WithCancelCause(a.ctx)
	defer cancel(nil)
	if err := s.open(ctx); err != nil {
		return err
	}
	go func() {
		select {
		case <-s.cluster.Done():
			cancel(fmt.Errorf("the nodes' Postgres ended by itself: %w", s.cluster.Err()))
		case <-ctx.Done():
		}
	}()
	var all sync.WaitGroup
	for i, n := range s.nodes {
		all.Go(func() {
			if err := n.serve(ctx, s.doors[i], nil); err != nil {
				cancel(fmt.Errorf("%s: %w", n.cfg.URL, err))
			}
		})
	}
	if err := s.perform(ctx); err != nil && ctx.Err() == nil {
		cancel(fmt.Errorf("the conversation: %w", err))
	}
	<-ctx.Done()
	all.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// stage is the three nodes of the demonstration, each with a database of its own
// in one Postgres.
type stage struct {
	folder  string
	port    int
	script  talk.Script
	log     *slog.Logger
	sayf    func(format string, args ...any)
	cluster *cluster.Cluster
	nodes   []*node
	doors   []net.Listener
}

// open starts Postgres, makes the databases and wires the nodes. What an
// interrupted start has left is made anew.
func (s *stage) open(ctx context.Context) error {
	// Without a door nothing is begun.
	for i, n := range s.script.Nodes {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port+i))
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("%s cannot listen on %s: %w; choose other ports with --port", n.Title, address, err)
		}
		s.doors = append(s.doors, l)
	}
	if err := os.MkdirAll(s.folder, 0o711); err != nil { //nolint:gosec // Postgres runs as another user and must pass
		return err
	}
	var err error
	s.cluster, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(s.folder, "postgres"), Logger: s.log})
	if err != nil {
		return err
	}
	if !s.finished() {
		if err := s.clear(ctx); err != nil {
			return err
		}
	}
	for i := range s.script.Nodes {
		n, err := s.wire(ctx, i)
		if err != nil {
			return err
		}
		s.nodes = append(s.nodes, n)
	}
	return nil
}

func (s *stage) wire(ctx context.Context, i int) (*node, error) {
	about := s.script.Nodes[i]
	if err := s.cluster.EnsureDatabase(ctx, about.Name); err != nil {
		return nil, err
	}
	c, err := readConfig(map[string]string{
		"url":          fmt.Sprintf("http://%s.localhost:%d", about.Name, s.port+i),
		"database-url": s.cluster.DSN(about.Name), "data": filepath.Join(s.folder, about.Name),
		"dev-federation": "true", "listen-private": "off", "name": about.Title, "summary": about.Summary,
	}, "", func(string) string { return "" })
	if err != nil {
		return nil, err
	}
	db, err := storage.Open(ctx, c.DatabaseURL, storage.Options{})
	if err != nil {
		return nil, err
	}
	n, err := newBound(ctx, c, db, s.log.With("node", about.Name))
	if err != nil {
		db.Close()
	}
	return n, err
}

// newBound wires a node on a database that is, or becomes, that of its address.
func newBound(ctx context.Context, c *config, db *storage.DB, log *slog.Logger) (*node, error) {
	if err := db.Bind(ctx, c.URL.String()); err != nil {
		return nil, err
	}
	return newNode(ctx, c, db, log, nil)
}

// mark is the file that says that the conversation is whole.
func (s *stage) mark() string { return filepath.Join(s.folder, "complete") }

func (s *stage) finished() bool {
	_, err := os.Stat(s.mark())
	return err == nil
}

// clear drops the databases.
func (s *stage) clear(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.cluster.DSN("postgres"))
	if err != nil {
		return err
	}
	for _, n := range s.script.Nodes {
		if _, err = conn.Exec(ctx, "drop database if exists "+pgx.Identifier{n.Name}.Sanitize()+" with (force)"); err != nil {
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

func (s *stage) close() error {
	for _, n := range s.nodes {
		n.db.Close()
	}
	for _, l := range s.doors {
		_ = l.Close() // closed already, unless no node came to serve on it
	}
	if s.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return s.cluster.Stop(ctx)
}

// perform has everything said, unless that is done, and tells where to read it.
func (s *stage) perform(ctx context.Context) error {
	if !s.finished() {
		began := time.Now()
		s.sayf("Three nodes begin to talk to each other. This is done once, and takes about half a minute.")
		t := &troupe{stage: s, began: began}
		if err := t.play(ctx); err != nil {
			return err
		}
		if err := os.WriteFile(s.mark(), []byte(began.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
			return err
		}
		s.sayf("  all three show the same, after %v", time.Since(began).Round(time.Second))
	}
	s.sayf("\nThe same threads on three nodes:")
	for i, n := range s.nodes {
		s.sayf("  %-34s %s", n.cfg.URL, s.script.Nodes[i].Summary)
	}
	where, err := s.longest(ctx)
	if err != nil {
		return err
	}
	s.sayf("The longest thread: %s\nData in %s; Ctrl-C stops, the next start shows the same.", where, s.folder)
	return nil
}

// longest is where the longest thread begins on the first node.
func (s *stage) longest(ctx context.Context) (string, error) {
	var post int64
	err := s.nodes[0].db.Pool().QueryRow(ctx, `select id from post order by comments desc, id limit 1`).Scan(&post)
	return fmt.Sprintf("%s/post/%d", s.nodes[0].cfg.URL, post), err
}
