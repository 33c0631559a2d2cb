package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

type serveCommand struct{}

// stopGrace is how long a stopping node still answers 503 before the listener
// closes, so that whoever was about to deliver learns to come back.
var stopGrace = 2 * time.Second

// Run runs the node until it is told to stop.
func (serveCommand) Run(a *app) error {
	log := newLog(a.err, a.cfg)
	if err := os.MkdirAll(a.cfg.Data, 0o711); err != nil { //nolint:gosec // Postgres runs as another user and must pass
		return err
	}
	db, err := openDatabase(a.ctx, a.cfg, true, log)
	if err != nil {
		return err
	}
	err = serve1(a, db, log)
	if cerr := db.close(); err == nil && cerr != nil {
		err = fmt.Errorf("closing the database: %w", cerr)
	}
	return err
}

func serve1(a *app, db *database, log *slog.Logger) error {
	n, err := newNode(a.ctx, a.cfg, db.DB, log, nil)
	if err != nil {
		return err
	}
	if err := n.checkUploads(a.ctx); err != nil {
		return err
	}
	if a.cfg.values["url"].From == "default" {
		if err := n.furnish(a.ctx); err != nil {
			return fmt.Errorf("the trial node's first community: %w", err)
		}
	}
	public, err := listen(a.ctx, "listen", a.cfg.Listen)
	if err != nil {
		return err
	}
	var private net.Listener
	if a.cfg.ListenPrivate != "" {
		if private, err = listen(a.ctx, "listen-private", a.cfg.ListenPrivate); err != nil {
			_ = public.Close()
			return err
		}
	}
	_, _ = fmt.Fprintf(a.out, "Stoa %s: %s (listening on %s)\n", version, a.cfg.URL, public.Addr())
	if link, err := n.firstAdmin(a.ctx); err != nil {
		return err
	} else if link != "" {
		_, _ = fmt.Fprintf(a.out, "Nobody looks after this node yet. Whoever opens this link within a day becomes its first admin:\n  %s\n", link)
	}
	ctx, cancel := context.WithCancelCause(a.ctx)
	defer cancel(nil)
	if db.cluster != nil {
		go func() {
			select {
			case <-db.cluster.Done():
				cancel(fmt.Errorf("the node's Postgres ended by itself: %w", db.cluster.Err()))
			case <-ctx.Done():
			}
		}()
	}
	debug.FreeOSMemory() // what starting took, which is more than serving takes
	err = n.serve(ctx, public, private)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		if err != nil { // without a database hardly anything ends well
			log.Warn("stopping", "err", err)
		}
		err = cause
	}
	return err
}

func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --%s", address, err, key)
	}
	return l, nil
}

// serve answers on the listeners and works until ctx ends. private may be nil.
func (n *node) serve(ctx context.Context, public, private net.Listener) error {
	front := server(n.public)
	servers := []*http.Server{front}
	failed := make(chan error, 2)
	start := func(s *http.Server, l net.Listener) {
		go func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	start(front, public)
	if private != nil {
		back := server(n.privateHandler())
		servers = append(servers, back)
		start(back, private)
	}
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	var all sync.WaitGroup
	var workErr error
	all.Go(func() { workErr = n.work(working) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	n.stopping.Store(true)
	n.log.Info("stopping")
	time.Sleep(stopGrace)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, s := range servers {
		if serr := s.Shutdown(end); serr != nil {
			_ = s.Close()
		}
	}
	stopWorking()
	all.Wait()
	return errors.Join(err, workErr)
}

func server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second, // of a body nobody reads, too: it would hold the connection for ever
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
