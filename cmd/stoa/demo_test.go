package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"stoa/cmd/stoa/demo/talk"
)

// demonstration is `stoa demo` in this process.
type demonstration struct {
	t     *testing.T
	mu    sync.Mutex
	said  bytes.Buffer
	port  int
	stop  context.CancelFunc
	ended chan int
}

func startDemo(t *testing.T, dir string, port int) *demonstration {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &demonstration{t: t, port: port, stop: cancel, ended: make(chan int, 1)}
	w := &lockedWriter{mu: &d.mu, w: &d.said}
	go func() {
		d.ended <- run(ctx, []string{"demo", "--data", dir, "--port", strconv.Itoa(port), "--posts", "6", "--long", "20"}, w, w, func(string) string { return "" })
	}()
	t.Cleanup(func() { cancel(); d.ended <- <-d.ended })
	return d
}

// hears waits until it has said something.
func (d *demonstration) hears(what string) {
	d.t.Helper()
	eventually(d.t, "stoa demo says "+what, func() bool {
		select {
		case status := <-d.ended:
			d.ended <- status
			d.t.Fatalf("it ended with %d:\n%s", status, d.words())
		default:
		}
		return strings.Contains(d.words(), what)
	})
}

func (d *demonstration) words() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.String()
}

// end tells it to stop, as Ctrl-C does.
func (d *demonstration) end() {
	d.t.Helper()
	d.stop()
	status := <-d.ended
	d.ended <- status
	if status != 0 {
		d.t.Fatalf("told to stop it ended with %d:\n%s", status, d.words())
	}
}

var (
	titleLink = regexp.MustCompile(`href="(/post/\d+)"[^>]*>([^<]+)</a>`)
	remark    = regexp.MustCompile(`(?s)id="comment-\d+".*?class="prose[^"]*"[^>]*>(.*?)</div>`)
)

// shows is what the page of a post says on one of the nodes: its comments,
// sorted, since nothing says which of two of the same second comes first.
func (d *demonstration) shows(node int, title string) string {
	d.t.Helper()
	base := fmt.Sprintf("http://127.0.0.1:%d", d.port+node)
	for _, m := range titleLink.FindAllStringSubmatch(fetched(d.t, base+"/?sort=new"), -1) {
		if m[2] != title {
			continue
		}
		var texts []string
		for _, r := range remark.FindAllStringSubmatch(fetched(d.t, base+m[1]), -1) {
			texts = append(texts, r[1])
		}
		slices.Sort(texts)
		return strings.Join(texts, "\n---\n")
	}
	d.t.Fatalf("%s does not list %q", base, title)
	return ""
}

func fetched(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, resp.StatusCode, err)
	}
	return string(body)
}

// threePorts finds three free ports in a row.
func threePorts(t *testing.T) int {
	t.Helper()
	for first := 21000 + os.Getpid()%1000*10; first < 60000; first += 3 {
		free := true
		for i := range 3 {
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if err == nil {
				err = l.Close()
			}
			free = free && err == nil
		}
		if free {
			return first
		}
	}
	t.Fatal("no three free ports")
	return 0
}

// All three nodes show one thread, though it was written on all of them; an
// interrupted start does no harm, and a second one finds everything there.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), threePorts(t)
	cut := startDemo(t, dir, port)
	cut.hears("6 posts")
	cut.end()

	first := startDemo(t, dir, port)
	first.hears("Ctrl-C")
	const title = "What did you mend this year, and what did it teach you?"
	here := first.shows(0, title)
	if n := strings.Count(here, "\n---\n") + 1; n != 20 {
		t.Errorf("%d comments, want 20:\n%s", n, here)
	}
	for node := 1; node < 3; node++ {
		if there := first.shows(node, title); there != here {
			t.Errorf("node %d shows\n%s\n\nand node 0\n%s", node, there, here)
		}
	}
	first.end()

	second := startDemo(t, dir, port)
	second.hears("Ctrl-C")
	if strings.Contains(second.words(), "begin to talk") {
		t.Errorf("a second start makes nothing anew:\n%s", second.words())
	}
	if again := second.shows(2, title); again != here {
		t.Errorf("after a second start:\n%s\n\nbefore:\n%s", again, here)
	}
	second.end()
}

// The conversation is as large as it is said to be, and the same every time.
func TestDemoScript(t *testing.T) {
	write := func() talk.Script {
		s, err := talk.Write(talk.Size{Posts: 102, Long: 500}, demoSeed)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := write()
	if again := write(); fmt.Sprint(again) != fmt.Sprint(s) {
		t.Error("the same seed should give the same conversation")
	}
	longest, here := 0, map[string]bool{}
	home := map[string]int{}
	for _, p := range s.People {
		home[p.Name] = p.Node
	}
	if len(home) != len(s.People) {
		t.Error("two people have one name")
	}
	for _, p := range s.Posts {
		longest = max(longest, len(p.Remarks))
		here[p.Language] = true
		for i, r := range p.Remarks {
			above := p.Ago
			if r.To >= i {
				t.Fatalf("%q: remark %d answers one that comes after it", p.Title, i)
			}
			if r.To >= 0 {
				above = p.Remarks[r.To].Ago
			}
			if r.Ago >= above || r.Ago < 0 {
				t.Errorf("%q: remark %d is %v old, and what it answers %v", p.Title, i, r.Ago, above)
			}
		}
	}
	if len(s.Posts) < 100 || longest < 500 || !here["de"] || !here["ar"] || !here["ja"] {
		t.Errorf("%d posts, %d comments in the longest thread, languages %v", len(s.Posts), longest, here)
	}
}
