package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/federation/forum"
)

// picture is all that a reader can see of a community on one node, in words that
// do not depend on the node: ids of objects, not of rows.
func (n *testNode) picture(community string) string {
	n.t.Helper()
	ctx := n.t.Context()
	c := n.community(community)
	list, err := n.db.Reader().Posts(ctx, forum.List{CommunityID: c.ID, Sort: forum.SortNew, Limit: 50})
	if err != nil {
		n.t.Fatal(err)
	}
	var lines []string
	for _, item := range list.Items {
		th, err := n.db.Reader().Thread(ctx, item.Post.ID)
		if err != nil {
			n.t.Fatal(err)
		}
		p := th.Post
		lines = append(lines, fmt.Sprintf("post %s by %s %q %q +%d -%d %s comments %d closed %v pinned %v", p.URI, p.Author.URI, p.Title, p.Text.Source,
			p.Up, p.Down, p.Published.Time.UTC().Format(time.RFC3339Nano), p.Comments, p.Locked, !p.PinnedAt.IsZero()))
		for _, m := range th.Comments {
			if m.State != forum.Live { // its place is seen, and no more
				m.Text.HTML, m.Up, m.Down = "", 0, 0
			}
			lines = append(lines, fmt.Sprintf("  comment %s to %s by %s depth %d state %d %q +%d -%d", m.URI, m.InReplyTo, m.Author.URI, m.Depth,
				m.State, m.Text.HTML, m.Up, m.Down))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// world is a community on one node with members on two others.
type world struct {
	a, b, c         *testNode
	ann, bob, carol string
	community       string
}

func newWorld(t *testing.T, front func(http.Handler) http.Handler) *world {
	w := &world{a: newTestNode(t, "node-a", front), b: newTestNode(t, "node-b", front), c: newTestNode(t, "node-c", front)}
	w.community = w.a.found("porch", true)
	w.ann, w.bob, w.carol = w.a.found("ann", false), w.b.found("bob", false), w.c.found("carol", false)
	w.b.follow(w.bob, w.community)
	w.c.follow(w.carol, w.community)
	return w
}

// agree waits until all three show the same, which must be want lines.
func (w *world) agree(t *testing.T, lines int) {
	t.Helper()
	var a, b, c string
	eventually(t, "all three nodes show the same", func() bool {
		a, b, c = w.a.picture(w.community), w.b.picture(w.community), w.c.picture(w.community)
		ok := a == b && b == c && strings.Count(a, "\n")+1 == lines
		if !ok && t.Context().Err() != nil {
			return true
		}
		return ok
	})
	if a != b || b != c {
		t.Fatalf("the nodes differ:\n--- a\n%s\n--- b\n%s\n--- c\n%s", a, b, c)
	}
}

func TestThreeNodesShowOneThread(t *testing.T) {
	w := newWorld(t, nil)
	home := w.a.submit(w.ann, w.community, "From home", "written **here**")
	w.b.knows(home)
	w.c.knows(home)
	guest := w.b.submit(w.bob, w.community, "From elsewhere", "written at *b*")
	w.c.knows(guest)
	w.a.knows(guest)

	// A chain that goes round the three nodes.
	to := guest
	for i := range 9 {
		n, who := []*testNode{w.a, w.b, w.c}[i%3], []string{w.ann, w.bob, w.carol}[i%3]
		n.knows(to)
		to = n.reply(who, to, fmt.Sprintf("answer %d", i))
	}
	w.a.knows(to)
	w.b.vote(w.bob, home, 1)
	w.c.vote(w.carol, home, -1)
	w.c.vote(w.carol, guest, 1)
	w.a.vote(w.ann, guest, 1)
	w.b.knows(to)
	w.b.vote(w.bob, to, -1)
	w.agree(t, 11)
	eventually(t, "all votes are counted at home", func() bool {
		p := w.a.picture(w.community)
		return strings.Contains(p, `"written **here**" +2 -1`) && strings.Contains(p, `"written at *b*" +3 -0`) && strings.Contains(p, `"<p>answer 8</p>" +1 -1`)
	})
	w.agree(t, 11)

	// What was voted can be taken back, and by its author too.
	w.c.vote(w.carol, home, 0)
	w.b.vote(w.bob, to, 0)
	w.b.vote(w.bob, guest, 0)
	eventually(t, "the votes taken back are gone at home", func() bool {
		p := w.a.picture(w.community)
		return strings.Contains(p, `"written **here**" +2 -0`) && strings.Contains(p, `"<p>answer 8</p>" +1 -0`) && strings.Contains(p, `"written at *b*" +2 -0`)
	})
	w.agree(t, 11)

	// What was written can be changed, taken back and brought back, on any node.
	w.b.edit(w.bob, guest, "From elsewhere, edited", "written again at *b*")
	w.c.edit(w.carol, to, "", "the last answer, edited")
	w.a.edit(w.ann, home, "From home", "written here, edited")
	w.a.delete(w.ann, home, false)
	w.agree(t, 10)
	for _, n := range []*testNode{w.a, w.b, w.c} {
		if p := n.picture(w.community); !strings.Contains(p, "From elsewhere, edited") || !strings.Contains(p, "the last answer, edited") || strings.Contains(p, "From home") {
			t.Errorf("%s shows\n%s", n.cfg.URL.Host, p)
		}
	}
	w.c.delete(w.carol, to, false)
	w.a.delete(w.ann, home, true)
	eventually(t, "the post is back and the comment gone at home", func() bool {
		p := w.a.picture(w.community)
		return strings.Contains(p, "written here, edited") && strings.Contains(p, "state 1")
	})
	w.agree(t, 11)

	// Nobody is told anything twice: what is known is not announced again.
	if n := countLog(t, w.a, "submit"); n != 2 {
		t.Errorf("home announced %d posts, want 2", n)
	}
}

func countLog(t *testing.T, n *testNode, verb string) int {
	t.Helper()
	var count int
	if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from log where verb = $1`, verb).Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

// A shuffler stands before an inbox and plays the worst network: what comes is
// acknowledged at once, kept, and handed on later in any order, each message
// twice.
type shuffler struct {
	mu   sync.Mutex
	on   bool
	rand *rand.Rand
	held []func()
}

func (s *shuffler) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.on || r.Method != http.MethodPost {
			s.mu.Unlock()
			next.ServeHTTP(w, r)
			s.mu.Lock()
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		kept := r.Clone(r.Context())
		send := func() {
			again := kept.Clone(kept.Context())
			again = again.WithContext(timeless{again.Context()})
			again.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(httptest.NewRecorder(), again)
		}
		s.held = append(s.held, send, send)
		w.WriteHeader(http.StatusAccepted)
	})
}

// release hands on what is held, in random order; false when there was nothing.
func (s *shuffler) release() bool {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.rand.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	s.mu.Unlock()
	for _, send := range held {
		send()
	}
	return len(held) > 0
}

func TestThreeNodesAgreeThoughMessagesAreShuffledAndDoubled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := &shuffler{rand: rand.New(rand.NewPCG(seed, 1))}
	w := newWorld(t, s.front)
	home := w.a.submit(w.ann, w.community, "From home", "written here")
	w.b.knows(home)
	w.c.knows(home)
	s.mu.Lock()
	s.on = true
	s.mu.Unlock()

	lines := 1
	for i := range 3 {
		guest := w.b.submit(w.bob, w.community, fmt.Sprintf("Guest %d", i), "from b")
		one := w.b.reply(w.bob, guest, "first")
		two := w.b.reply(w.bob, one, "second")
		mine := w.c.reply(w.carol, home, fmt.Sprintf("carol %d", i))
		w.a.reply(w.ann, home, fmt.Sprintf("ann %d", i))
		w.b.vote(w.bob, home, 1)
		w.b.vote(w.bob, home, 0)
		w.b.vote(w.bob, home, -1)
		w.c.vote(w.carol, home, -1)
		w.c.vote(w.carol, home, 1)
		w.b.vote(w.bob, two, -1)
		w.b.vote(w.bob, two, 0)
		w.c.vote(w.carol, mine, 0)
		w.b.edit(w.bob, guest, "Guest, edited", "from b, edited")
		w.b.edit(w.bob, guest, fmt.Sprintf("Guest %d, edited", i), "from b, edited again")
		w.c.edit(w.carol, mine, "", "carol, edited")
		w.b.delete(w.bob, one, false)
		w.c.delete(w.carol, mine, false)
		w.c.delete(w.carol, mine, true)
		lines += 5
	}
	var a, b, c string
	quiet := 0
	defer func() {
		if t.Failed() {
			t.Logf("--- a\n%s\n--- b\n%s\n--- c\n%s", a, b, c)
		}
	}()
	eventually(t, "all three nodes show the same", func() bool {
		if s.release() {
			quiet = 0
		} else {
			quiet++
		}
		a, b, c = w.a.picture(w.community), w.b.picture(w.community), w.c.picture(w.community)
		return quiet > 30 && a == b && b == c && strings.Count(a, "\n")+1 == lines
	})
	if !strings.Contains(a, `"written here" +2 -1`) {
		t.Errorf("seed %d: the votes on the first post should end at +2 -1:\n%s", seed, a)
	}
}
