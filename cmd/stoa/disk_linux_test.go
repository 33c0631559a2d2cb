package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stoa/federation/fedtest"
)

// Small file systems are tmpfs, of their own for each test. Root mounts them, in a
// container too if it has CAP_SYS_ADMIN. An ordinary user may do so in a user
// namespace of one's own, in which the test runs again. Where neither is allowed
// STOA_SMALL_DISK names one that is there for this, such as docker run --tmpfs
// /small:size=200m makes; else the tests fail.
const (
	smallDiskVariable = "STOA_SMALL_DISK"
	againVariable     = "STOA_TEST_NAMESPACE"
	smallDiskSize     = "200m"
)

// onSmallDisk runs a test with a folder on a small, empty file system.
func onSmallDisk(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	dir := t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0711,size="+smallDiskSize)
	if err == nil {
		t.Cleanup(func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		test(t, dir)
		return
	}
	if given := os.Getenv(smallDiskVariable); given != "" {
		own, err := os.MkdirTemp(given, "stoa-")
		if err == nil {
			err = os.Chmod(own, 0o711)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(own) })
		test(t, own)
		return
	}
	if os.Getenv(againVariable) != "" {
		t.Fatalf("no small file system, in a namespace either: %v", err)
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	again.Env = append(os.Environ(), againVariable+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{
		// The user keeps the number, since Postgres does not run as root, and gets
		// the one right that mounting takes.
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN},
	}
	out, aerr := again.CombinedOutput()
	if aerr != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("there is no small file system to test with (mount: %v), unless %s names one; in a user namespace: %v\n%s", err, smallDiskVariable, aerr, out)
	}
}

// ballast fills a file system until only so many bytes are free.
func ballast(t *testing.T, dir string, left int64) (path string) {
	t.Helper()
	path = filepath.Join(dir, "ballast")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // all that is wanted is its size
	for block := make([]byte, 64<<10); ; {
		free, _, err := diskSpace(dir)
		if err != nil {
			t.Fatal(err)
		}
		if free <= left {
			return path
		}
		if _, err := f.Write(block[:min(int64(len(block)), free-left)]); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return path
			}
			t.Fatal(err)
		}
	}
}

// TestDiskNearlyFull lets little room be left for a program with its own Postgres:
// nothing more is taken in, while what was taken in is applied and delivered and
// pages are served. With room again it goes on.
func TestDiskNearlyFull(t *testing.T) {
	t.Parallel()
	onSmallDisk(t, func(t *testing.T, dir string) {
		port := freePort(t)
		p := startProgram(t, dir, "--url", "http://127.0.0.1:"+port, "--listen", "127.0.0.1:"+port,
			"--listen-private", "off", "--dev-federation", "true", "--log", "info")
		if out, ok := command(t, dir, "community", "create", "porch", "--url", p.url); !ok {
			t.Fatal(out)
		}
		s := newStream(t, p.url, 6, false)
		if err := s.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.check(ownDSN(t, dir))

		// A vote for a comment that is not to be had yet waits to be applied, and what
		// comes of it to be delivered.
		by, voter := s.waves[0][0].by, s.waves[0][1].by
		comment := by.Create(fedtest.Post{
			Community: s.community, Markdown: "Late", InReplyTo: objectID(s.waves[0][0].doc),
			ParentBy: fedtest.Mention{ID: by.ID, Handle: by.Handle()},
		})
		id := objectID(comment)
		s.writer.PutAnswer(id, fedtest.Answer{Status: http.StatusServiceUnavailable})
		if err := s.deliver(t.Context(), s.writer, streamed{voter.Like(id, s.community), voter}); err != nil {
			t.Fatal(err)
		}
		s.comments[id], s.votes[voter.ID+" "+id] = true, true

		_, size, err := diskSpace(dir)
		if err != nil {
			t.Fatal(err)
		}
		weight := ballast(t, dir, size/10-size/100)
		late := by.Create(fedtest.Post{Community: s.community, Title: "Late", Markdown: "text"})
		s.titles[objectID(late)] = "Late"
		var answer fedtest.Response
		eventually(t, "the inbox says 503", func() bool {
			answer, err = s.try(t.Context(), s.reader, streamed{s.ann.Follow(s.community.ID), s.ann}) // a Follow is always taken
			return err == nil && answer.Status == http.StatusServiceUnavailable
		})
		if !strings.Contains(string(answer.Body), `"disk"`) || answer.Header.Get("Retry-After") == "" {
			t.Errorf("answered %s, %v", answer.Body, answer.Header)
		}
		if answer, err := s.try(t.Context(), s.writer, streamed{late, by}); err != nil || answer.Status != http.StatusServiceUnavailable {
			t.Errorf("a post is answered %d, %v", answer.Status, err)
		}
		s.writer.Put(id, comment["object"])
		eventually(t, "what waited is applied and delivered", func() bool {
			for _, r := range s.reader.Received() {
				if inner := r.Object(); inner["type"] == "Like" && inner["object"] == id {
					return true
				}
			}
			return false
		})
		if status, _ := p.get("/c/porch"); status != http.StatusOK {
			t.Errorf("the page of the community is answered %d", status)
		}
		if n := strings.Count(p.log(), "under pressure, others are asked to come back later"); n != 1 {
			t.Errorf("the beginning is logged %d times\n%s", n, p.log())
		}
		if answer, err := s.try(t.Context(), s.writer, streamed{late, by}); err != nil || answer.Status != http.StatusServiceUnavailable {
			t.Errorf("a post is answered %d, %v", answer.Status, err)
		}
		if err := os.Remove(weight); err != nil {
			t.Fatal(err)
		}
		if err := s.deliver(t.Context(), s.writer, streamed{late, by}); err != nil {
			t.Fatal(err)
		}
		s.check(ownDSN(t, dir))
		if n := strings.Count(p.log(), "no longer under pressure"); n != 1 {
			t.Errorf("the end is logged %d times\n%s", n, p.log())
		}
	})
}

// TestDiskFull leaves no room at all to a Postgres that is not the node's own, in
// the middle of a stream. The node learns of it from what Postgres says; Postgres
// may end itself, and is started again when there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	onSmallDisk(t, func(t *testing.T, dir string) {
		e := newElsewhere(t, filepath.Join(dir, "pg"))
		n := runTestNode(t, "node", e.dsn(), nil)
		n.found("porch", true)
		s := newStream(t, n.cfg.URL.String(), 60, false)
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		sent := make(chan error, 1)
		go func() { sent <- s.run(ctx) }()
		eventually(t, "the stream goes on", func() bool { return s.acknowledged.Load() >= int64(s.size()/4) })
		weight := ballast(t, dir, 0)
		padded := s.waves[0][0].by.Like(n.cfg.URL.String()+"/post/999999", s.community)
		padded["pad"] = randomText(400_000) // its row needs new pages
		eventually(t, "the inbox says 503", func() bool {
			r, err := s.try(ctx, s.writer, streamed{padded, s.waves[0][0].by})
			return err == nil && r.Status == http.StatusServiceUnavailable
		})
		if err := os.Remove(weight); err != nil {
			t.Fatal(err)
		}
		select {
		case <-e.c.Done():
			t.Log("Postgres ended itself")
			_ = e.c.Stop(ctx)
			e.start()
		default:
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if _, err := n.db.Pool().Exec(ctx, `delete from received where activity = $1`, padded["id"]); err != nil {
			t.Fatal(err)
		}
		s.check(e.dsn())
	})
}

// randomText is text that does not compress.
func randomText(n int) string {
	f, err := os.Open("/dev/urandom")
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, n)
	_, _ = io.ReadFull(f, b)
	return fmt.Sprintf("%x", b)
}
