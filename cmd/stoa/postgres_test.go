package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stoa/storage/cluster"
)

// elsewhere is a Postgres that is not the node's own: it ends and begins again
// while the node runs, at one address.
type elsewhere struct {
	t    *testing.T
	dir  string
	link string // leads to the folder of the socket, which is new at every start
	c    *cluster.Cluster
}

func newElsewhere(t *testing.T, dir string) *elsewhere {
	t.Helper()
	short, err := os.MkdirTemp("", "stoa-pg-") // the path of a socket has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{t: t, dir: dir, link: filepath.Join(short, "s")}
	t.Cleanup(func() {
		_ = e.c.Stop(context.WithoutCancel(t.Context())) // may have ended already
		_ = os.RemoveAll(short)
	})
	e.start()
	if err := e.c.EnsureDatabase(t.Context(), databaseName); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *elsewhere) start() {
	e.t.Helper()
	c, err := cluster.Start(e.t.Context(), cluster.Options{Dir: e.dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		e.t.Fatal(err)
	}
	e.c = c
	at, err := url.Parse(c.DSN(databaseName))
	if err == nil {
		if err = os.Remove(e.link); os.IsNotExist(err) {
			err = nil
		}
	}
	if err == nil {
		err = os.Symlink(at.Query().Get("host"), e.link)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *elsewhere) dsn() string {
	return "postgres://stoa@/" + databaseName + "?" + url.Values{"host": {e.link}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()
}

// end sends the postmaster a signal and waits until it is gone.
func (e *elsewhere) end(s syscall.Signal) {
	e.t.Helper()
	signalPostmaster(e.t, e.dir, s)
	<-e.c.Done()
	_ = e.c.Stop(e.t.Context()) // gives the folder back
}

func signalPostmaster(t *testing.T, dir string, s syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "db", "postmaster.pid"))
	first, _, _ := strings.Cut(string(text), "\n")
	pid := 0
	if err == nil {
		pid, err = strconv.Atoi(first)
	}
	if err == nil {
		err = syscall.Kill(pid, s)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPostgresElsewhereRestarts takes the database away from a node twice, in the
// middle of a stream: the node stays, says 503 meanwhile, and loses nothing.
func TestPostgresElsewhereRestarts(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t, filepath.Join(t.TempDir(), "pg"))
	n := runTestNode(t, "node", e.dsn(), nil)
	n.found("porch", true)
	s := newStream(t, n.cfg.URL.String(), 30, false)
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- s.run(ctx) }()
	for i, how := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		eventually(t, "the stream goes on", func() bool { return s.acknowledged.Load() >= int64(s.size()*(i+1)/3) })
		e.end(how)
		eventually(t, "the inbox says 503", func() bool {
			answer, err := s.try(ctx, s.writer, s.waves[0][0])
			if err != nil {
				t.Fatalf("the node does not answer: %v", err)
			}
			if answer.Status == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") == "" {
				t.Error("nobody is told when to come back")
			}
			return answer.Status == http.StatusServiceUnavailable
		})
		if w := n.get("/c/porch", "text/html"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("a page is answered %d, want 503", w.Code)
		}
		e.start()
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	s.check(e.dsn())
}

// TestOwnPostgresEnds ends the node's own Postgres in the middle of a stream. The
// program ends with it, so that its supervisor starts both, and nothing is lost.
func TestOwnPostgresEnds(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	args := []string{
		"--url", "http://127.0.0.1:" + port, "--listen", "127.0.0.1:" + port,
		"--listen-private", "off", "--dev-federation", "true", "--log", "warn",
	}
	p := startProgram(t, dir, args...)
	if out, ok := command(t, dir, "community", "create", "porch", "--url", p.url); !ok {
		t.Fatal(out)
	}
	s := newStream(t, p.url, 30, false)
	sent := make(chan error, 1)
	go func() { sent <- s.run(t.Context()) }()
	for i, how := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		eventually(t, "the stream goes on", func() bool { return s.acknowledged.Load() >= int64(s.size()*(i+1)/3) })
		signalPostmaster(t, filepath.Join(dir, "data", "postgres"), how)
		err := <-p.ended
		p.ended <- err
		if err == nil || !strings.Contains(p.log()+fmt.Sprint(err), "Postgres ended by itself") {
			t.Errorf("the program ended with %v, saying\n%s", err, p.log())
		}
		runOutOwn(t, dir)
		p = startProgram(t, dir, args...)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	s.check(ownDSN(t, dir))
}
