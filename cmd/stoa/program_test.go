package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A program is this test binary playing stoa in a process of its own.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	mu    sync.Mutex
	said  bytes.Buffer
	ended chan error
}

// stoa prepares a command line of the program on a data folder.
func stoa(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "STOA_TEST_RUN=1", "STOA_DATA="+filepath.Join(dir, "data"))
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// command runs a command of the program to its end.
func command(t *testing.T, dir string, args ...string) (output string, ok bool) {
	t.Helper()
	out, err := stoa(t.Context(), dir, args...).CombinedOutput()
	return string(out), err == nil
}

var listening = regexp.MustCompile(`listening on (\S+)\)`)

// startProgram starts the program and waits until it listens.
func startProgram(t *testing.T, dir string, args ...string) *program {
	t.Helper()
	return launch(t, dir, stoa(context.WithoutCancel(t.Context()), dir, append([]string{"serve"}, args...)...))
}

// launch starts a command line that serves, and waits until it listens.
func launch(t *testing.T, dir string, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, cmd: cmd, ended: make(chan error, 1)}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = &lockedWriter{mu: &p.mu, w: &p.said}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			p.mu.Lock()
			_, _ = p.said.WriteString(lines.Text() + "\n") // never fails
			p.mu.Unlock()
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				heard <- m[1] // it says so once
			}
		}
		_, _ = io.Copy(io.Discard, out)
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		// Postgres learns of it from the kernel and needs a moment to end; the
		// folder is removed after that.
		pid := filepath.Join(dir, "data", "postgres", "db", "postmaster.pid")
		for range 1000 {
			if _, err := os.Stat(pid); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	select {
	case address := <-heard:
		p.url = "http://" + address
	case err := <-p.ended:
		p.ended <- err
		t.Fatalf("the program ended: %v\n%s", err, p.log())
	case <-time.After(time.Minute):
		t.Fatalf("the program does not listen:\n%s", p.log())
	}
	return p
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (p *program) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// kill ends the process at this instant, if it still runs.
func (p *program) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	err := <-p.ended
	p.ended <- err
}

func (p *program) get(path string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.answer(r)
}

// request asks for an address as another server would.
func request(ctx context.Context, address string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err == nil {
		r.Header.Set("Accept", "application/activity+json")
	}
	return r, err
}

func (p *program) answer(r *http.Request) (int, string) {
	p.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// postLinks are the addresses of the posts on the front page, in order.
func (p *program) postLinks() []string {
	_, body := p.get("/?sort=new")
	var links []string
	seen := map[string]bool{}
	for _, link := range regexp.MustCompile(`href="(/post/\d+)["#]`).FindAllStringSubmatch(body, -1) {
		if !seen[link[1]] {
			seen[link[1]] = true
			links = append(links, link[1])
		}
	}
	return links
}

var trial = []string{"--listen", "127.0.0.1:0", "--listen-private", "off"}

func TestTrialNodeKeepsItsDataThroughKillAndRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startProgram(t, dir, trial...)
	posts := first.postLinks()
	if len(posts) < 3 {
		t.Fatalf("a trial node has something to read, got %v", posts)
	}

	// A second program on the same folder says so and ends.
	out, ok := command(t, dir, append([]string{"serve"}, trial...)...)
	if ok || !strings.Contains(out, "in use") {
		t.Errorf("a second program on one folder should say that it is in use, and fail; it said: %s", out)
	}

	// Killed, its Postgres may be left behind; the next start takes the data over.
	first.kill()
	second := startProgram(t, dir, trial...)
	if again := second.postLinks(); fmt.Sprint(again) != fmt.Sprint(posts) {
		t.Errorf("after a kill: posts %v, want %v", again, posts)
	}

	// Told to stop, it answers 503 for a while, and ends well.
	if err := second.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "503 while stopping", func() bool { status, _ := second.get("/"); return status == http.StatusServiceUnavailable })
	if err := <-second.ended; err != nil {
		t.Errorf("told to stop it ended with %v:\n%s", err, second.log())
	}
	second.ended <- nil

	third := startProgram(t, dir, trial...)
	if again := third.postLinks(); fmt.Sprint(again) != fmt.Sprint(posts) {
		t.Errorf("after a stop: posts %v, want %v", again, posts)
	}
}

func TestCommandsWorkBesideARunningNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startProgram(t, dir, trial...)
	must := func(want string, args ...string) {
		t.Helper()
		out, ok := command(t, dir, args...)
		if !ok || !strings.Contains(out, want) {
			t.Fatalf("stoa %v: ok=%v\n%s", args, ok, out)
		}
	}
	mustFail := func(want string, args ...string) {
		t.Helper()
		out, ok := command(t, dir, args...)
		if ok || !strings.Contains(out, want) {
			t.Fatalf("stoa %v should fail with %q, got ok=%v\n%s", args, want, ok, out)
		}
	}
	must("/c/gardens is there", "community", "create", "gardens", "--title", "Gardens & sheds")
	if status, body := p.get("/c/gardens"); status != 200 || !strings.Contains(body, "Gardens &amp; sheds") {
		t.Errorf("the new community's page: %d", status)
	}
	mustFail("is or was in use", "community", "create", "gardens")
	mustFail("a–z", "community", "create", "Gärten")

	post := p.postLinks()[0]
	address := "http://localhost:8080" + post
	_, before := p.get(post)
	must("Removed", "remove", address, "--reason", "off topic & rude")
	// Kept pages hear of it from the log, within a second.
	eventually(t, "the page of a removed post says why", func() bool {
		_, body := p.get(post)
		return strings.Contains(body, "off topic &amp; rude")
	})
	eventually(t, "a removed post is in no list", func() bool { return !strings.Contains(strings.Join(p.postLinks(), " "), post) })
	if got, _ := p.getActivity(post); got != http.StatusGone {
		t.Errorf("a removed post is 410 to other servers, got %d", got)
	}
	must("Restored", "restore", address)
	eventually(t, "a restored post is whole again", func() bool {
		_, after := p.get(post)
		return len(after) >= len(before)/2
	})
	must("Purged", "purge", address)
	if got, _ := p.getActivity(post); got != http.StatusGone {
		t.Errorf("a purged post is 410 to other servers, got %d", got)
	}
	mustFail("Nothing here has the address", "remove", "http://localhost:8080/post/999", "--reason", "x")
	must("is blocked", "block", "https://Spam.Example/", "--reason", "spam")
	must("was blocked already", "block", "spam.example")
	must("no longer blocked", "unblock", "spam.example")
	mustFail("not blocked", "unblock", "spam.example")
	mustFail("not the name of a host", "block", "a b")
	must("is banned", "ban", "guide", "--reason", "enough", "--all")
	must("was so already", "ban", "guide", "--reason", "enough", "--all")
	must("no longer banned", "unban", "guide", "--all")
	must("were not banned", "unban", "guide")
	mustFail("Nobody here is known", "ban", "nobody@far.example", "--reason", "x")
}

func TestInitMakesARealNodeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, ok := command(t, dir, "init", "--url", "https://forum.example", "--name", "Forum")
	if !ok || !strings.Contains(out, "is made") {
		t.Fatalf("init: %s", out)
	}
	out, ok = command(t, dir, "config")
	if !ok || !strings.Contains(out, `url = "https://forum.example"`) || !strings.Contains(out, "stoa.toml") {
		t.Errorf("config should name the file that init wrote:\n%s", out)
	}
	// The address is fixed: every id hangs on it.
	out, ok = command(t, dir, "community", "create", "go", "--url", "https://other.example")
	if ok || !strings.Contains(out, "belongs to the node https://forum.example") {
		t.Errorf("another url should be refused with the way out: %s", out)
	}
	out, ok = command(t, dir, "doctor")
	if ok || !strings.Contains(out, "ok   Postgres") || !strings.Contains(out, "FAIL DNS") {
		t.Errorf("doctor should say what is missing: %s", out)
	}
	p := startProgram(t, dir, trial...)
	if posts := p.postLinks(); len(posts) != 0 {
		t.Errorf("a real node starts empty, not with %v", posts)
	}
}
