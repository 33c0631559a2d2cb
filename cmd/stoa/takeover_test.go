package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/fedtest"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// TestSoakTakeOver runs two processes on one database and kills one while it
// applies and delivers: the other applies at once, and takes the servers over as
// soon as the leases have run out. Nothing is lost or doubled.
func TestSoakTakeOver(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	dsn, port := storagetest.DSN(t, schema), freePort(t)
	args := []string{
		"--url", "http://127.0.0.1:" + port, "--database-url", dsn,
		"--listen-private", "off", "--dev-federation", "true", "--log", "warn", "--listen",
	}
	one := t.TempDir()
	if out, ok := command(t, one, "community", "create", "porch", "--url", "http://127.0.0.1:"+port, "--database-url", dsn); !ok {
		t.Fatal(out)
	}
	first := startProgram(t, one, append(args, "127.0.0.1:"+port)...)
	s := newStream(t, "http://127.0.0.1:"+port, 400, false)
	// Every answer takes a while, so that the first process always has the servers.
	slow := func(fedtest.Received) fedtest.Reply { return fedtest.Reply{Delay: 100 * time.Millisecond} }
	s.reader.OnPost(slow)
	s.writer.OnPost(slow)
	sent := make(chan error, 1)
	go func() { sent <- s.run(t.Context()) }()
	eventually(t, "the first process delivers", func() bool { return len(announcements(s.reader)) > 20 })
	second := startProgram(t, t.TempDir(), append(args, "127.0.0.1:0")...)
	eventually(t, "the stream goes on", func() bool { return s.acknowledged.Load() > int64(s.size()/3) })

	first.kill()
	killed := time.Now()
	door := strings.TrimPrefix(second.url, "http://")
	s.door.Store(&door)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var held int
	err = conn.QueryRow(t.Context(), `select count(*) from server where lease_until > now()`).Scan(&held)
	if err != nil || held != 2 {
		t.Fatalf("the process that was killed held %d servers, want both (%v)", held, err)
	}
	told := func() int { return len(announcements(s.reader)) }
	var owed string // something that the first process had taken in, and not delivered
	err = conn.QueryRow(t.Context(), `select forum_id from log where forum_id is not null order by xid desc, seq desc limit 1`).Scan(&owed)
	if err != nil {
		t.Fatal(err)
	}
	// The bound is that of the wait: the lease, and what the second needs besides.
	waitFor(t, time.Until(killed.Add(storage.LeaseTime+15*time.Second)), "the second process takes over", func() bool {
		return announcements(s.reader)[owed] != nil
	}, func() string { return second.log() })
	t.Logf("taken over %.1f s after the kill, with %d announcements told", time.Since(killed).Seconds(), told())
	if err := <-sent; err != nil {
		t.Fatalf("%v\n%s", err, second.log())
	}
	s.reader.OnPost(nil)
	s.writer.OnPost(nil)
	s.check(dsn)
}
