package main

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stoa/storage/cluster"
)

// TestKilledInAStream is what "acknowledged is never lost" means: whatever was
// answered 2xx is applied once and announced, though the program is killed in
// the middle of the stream, and its Postgres with it.
func TestKilledInAStream(t *testing.T) {
	t.Parallel()
	killInAStream(t, 3, 60, false)
}

// TestSoakKilledInAStream is the same for longer; make soak runs it.
func TestSoakKilledInAStream(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	killInAStream(t, 20, 1500, true)
}

func killInAStream(t *testing.T, kills, posts int, soak bool) {
	dir, port := t.TempDir(), freePort(t)
	args := []string{
		"--url", "http://127.0.0.1:" + port, "--listen", "127.0.0.1:" + port,
		"--listen-private", "off", "--dev-federation", "true", "--log", "warn",
	}
	p := startProgram(t, dir, args...)
	if out, ok := command(t, dir, "community", "create", "porch", "--url", p.url); !ok {
		t.Fatal(out)
	}
	s := newStream(t, p.url, posts, true)
	if soak {
		s.patience = 10 * time.Minute // the jobs of a process that was killed are taken up after 90 s
	}
	sent := make(chan error, 1)
	go func() { sent <- s.run(t.Context()) }()
	for k := range kills {
		// Somewhere in the stream, not at the same place in each run.
		at := int64((k+1)*s.size()/(kills+1)) + rand.Int64N(5)
		waitFor(t, s.patience, "the stream goes on", func() bool { return s.acknowledged.Load() >= at }, p.log)
		p.kill()
		if !soak {
			runOutOwn(t, dir)
		}
		p = startProgram(t, dir, args...)
	}
	if err := <-sent; err != nil {
		t.Fatalf("%v\n%s", err, p.log())
	}
	s.check(ownDSN(t, dir))
	t.Logf("%d kills, %d activities came in, %d deliveries of %d announcements went out", kills, s.size(), s.tells,
		len(announcements(s.reader))+len(announcements(s.writer)))
}

// ownDSN is where the running program has its own Postgres.
func ownDSN(t *testing.T, dir string) string {
	t.Helper()
	c, err := cluster.Attach(t.Context(), filepath.Join(dir, "data", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return c.DSN(databaseName)
}

func (p *program) getActivity(path string) (int, string) {
	p.t.Helper()
	r, err := request(p.t.Context(), p.url+path)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answer(r)
}

func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]
}
