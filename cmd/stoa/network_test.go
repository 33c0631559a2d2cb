package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage/storagetest"
)

// A network is what lies between nodes, and can be cut. Who asks is told by the key
// that signs, so each pair of nodes can be kept apart.
type network struct {
	mu  sync.Mutex
	cut map[[2]string]bool // names of nodes, each pair both ways
}

// between cuts the line between two nodes, or heals it.
func (w *network) between(a, b string, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[[2]string{a, b}], w.cut[[2]string{b, a}] = cut, cut
}

// door stands before a node. What comes over a line that is cut ends without an answer,
// half of it after the node has done what it was asked: then the answer is lost.
func (w *network) door(to string, n *atomic.Int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			cut := false
			for pair, is := range w.cut {
				cut = cut || is && pair[1] == to && strings.Contains(r.Header.Get("Signature"), "//"+pair[0]+".localhost")
			}
			w.mu.Unlock()
			if cut {
				panic(http.ErrAbortHandler)
			}
			if w.loses(n.Add(1)) && r.Method == http.MethodPost {
				next.ServeHTTP(lost{rw}, r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(rw, r)
		})
	}
}

// loses says of which requests the answer is lost.
func (*network) loses(n int64) bool { return n%11 == 0 }

// lost is an answer that nobody gets.
type lost struct{ http.ResponseWriter }

func (lost) Write(b []byte) (int, error) { return len(b), nil }
func (lost) WriteHeader(int)             {}

// TestNetworkIsCutAndHealed lets three nodes, one of them of two processes, act while
// they do not hear each other, each of them alone and then two of them apart. When the
// network is healed, all show the same, and so does one that has read what was there
// before it came.
func TestNetworkIsCutAndHealed(t *testing.T) {
	t.Parallel()
	networkCut(t, 2)
}

// TestSoakNetworkIsCutAndHealed is the same for longer; make soak runs it.
func TestSoakNetworkIsCutAndHealed(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	networkCut(t, 30)
}

func networkCut(t *testing.T, rounds int) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("STOA_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was done, to do it again: STOA_TEST_SEED=%d", seed)
		}
	})
	lines, counts := &network{cut: map[[2]string]bool{}}, [3]atomic.Int64{}
	dsn := storagetest.DSN(t, schema)
	var other atomic.Pointer[testNode] // the second process of a, which answers every other request
	turn := atomic.Int64{}
	shared := func(next http.Handler) http.Handler {
		return lines.door("a", &counts[0])(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if second := other.Load(); second != nil && turn.Add(1)%2 == 0 {
				second.public.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		}))
	}
	w := &world{a: runTestNode(t, "a", dsn, shared), b: newTestNode(t, "b", lines.door("b", &counts[1]))}
	other.Store(w.a.second(dsn))
	w.community = w.a.found("porch", true)
	w.ann, w.bob = w.a.found("ann", false), w.b.found("bob", false)
	w.b.follow(w.bob, w.community)
	for _, n := range []*testNode{w.a, w.b} { // both moderate, and know it
		must(t, n, w.community, w.ann, w.bob)
	}

	// What was there before the third came. What a copy reads tells no votes.
	first := w.a.submit(w.ann, w.community, "The first", "words")
	w.b.knows(first)
	before := w.b.reply(w.bob, first, "an answer")
	w.a.knows(before)
	w.a.knows(w.b.reply(w.bob, before, "another"))
	w.b.edit(w.bob, before, "", "an answer, edited")
	eventually(t, "the edit is at home", func() bool { return strings.Contains(w.a.picture(w.community), "edited") })

	w.c = newTestNode(t, "c", lines.door("c", &counts[2]))
	w.carol = w.c.found("carol", false)
	reader, err := w.c.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, out, err := w.c.reach.Follow(t.Context(), reader, w.community); err != nil || out.Refused != nil {
		t.Fatal(out.Refused, err)
	}
	w.alike(t, 3)

	p := &partition{world: w, t: t, dice: rand.New(rand.NewPCG(seed, 2)), lines: 3}
	for round := range rounds {
		apart := [][2]string{{"a", "b"}, {"b", "c"}, {"a", "c"}}
		if round%2 == 1 {
			apart = apart[1:2] // what one of them says reaches the other through the home alone
		}
		for _, pair := range apart {
			lines.between(pair[0], pair[1], true)
		}
		for range 2 {
			for _, n := range []*testNode{w.a, w.b, w.c} {
				p.act(n, round)
			}
		}
		// A process ends while nobody can be reached, and another begins.
		second := other.Swap(nil)
		second.stop()
		other.Store(w.a.second(dsn))
		for _, pair := range apart {
			lines.between(pair[0], pair[1], false)
		}
		w.alike(t, p.lines)
	}
}

// alike waits until all three show the same, and tells what they do not.
func (w *world) alike(t *testing.T, lines int) {
	t.Helper()
	var shown [3]string
	waitFor(t, 50*time.Second, "all three nodes show the same", func() bool {
		for i, n := range []*testNode{w.a, w.b, w.c} {
			shown[i] = n.picture(w.community)
		}
		return shown[0] == shown[1] && shown[1] == shown[2] && strings.Count(shown[0], "\n")+1 == lines
	}, func() string {
		var out strings.Builder
		fmt.Fprintf(&out, "want %d lines", lines)
		for i, name := range []string{"a", "b", "c"} {
			for line := range strings.SplitSeq(shown[i], "\n") {
				for k, other := range []string{"a", "b", "c"} {
					if !strings.Contains(shown[k]+"\n", line+"\n") {
						fmt.Fprintf(&out, "\n%s, and not %s: %s", name, other, line)
					}
				}
			}
		}
		for i, n := range []*testNode{w.a, w.b, w.c} {
			rows, err := n.db.Pool().Query(t.Context(), `select id || ' state ' || state || ' ' || type || ' about ' || about || ' needs ' || needs || ' ' || reason || coalesce(' again at ' || next_at || ' tries ' || tries, '')
				from received where state <> 3 or reason not in ('', 'done here', 'written here', 'known already') order by id`)
			if err != nil {
				return err.Error()
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			fmt.Fprintf(&out, "\n%s was told %v\n%s", []string{"a", "b", "c"}[i], err, strings.Join(lines, "\n"))
		}
		return out.String()
	})
}

// must has a community moderated by these people as far as a node knows.
func must(t *testing.T, n *testNode, community string, people ...string) {
	t.Helper()
	if _, err := n.db.Pool().Exec(t.Context(), `insert into moderator (community_id, person_uri, since)
		select c.id, u, now() from community c, unnest($2::text[]) u where c.uri = $1 on conflict do nothing`, community, people); err != nil {
		t.Fatal(err)
	}
}

// partition is what people do who do not hear of each other.
type partition struct {
	*world
	t     *testing.T
	dice  *rand.Rand
	lines int // how many posts and comments there are
}

// act has somebody of a node write, vote, change and take back, and a moderator
// moderate. Nobody does what the home refuses because of what they cannot know.
func (p *partition) act(n *testNode, round int) {
	p.t.Helper()
	who := map[*testNode]string{p.a: p.ann, p.b: p.bob, p.c: p.carol}[n]
	name := fmt.Sprintf("round %d", round)
	post := n.submit(who, p.community, name, "words")
	comment := n.reply(who, post, "mine")
	p.lines += 2
	for _, to := range p.some(n, who, 3) {
		answer := n.reply(who, to, "an answer")
		p.lines++
		n.vote(who, to, p.dice.IntN(3)-1)
		if p.dice.IntN(2) == 0 {
			n.edit(who, answer, "", "edited "+name)
		}
	}
	n.edit(who, post, name+", edited", "other words")
	n.delete(who, comment, false)
	if p.dice.IntN(2) == 0 {
		n.delete(who, comment, true)
	}
	if n == p.c {
		return
	}
	for _, verbs := range [][2]forum.Verb{{forum.VerbPin, forum.VerbUnpin}, {forum.VerbLock, forum.VerbUnlock}, {forum.VerbRemove, forum.VerbRestore}} {
		for _, verb := range verbs { // what both moderate at once ends as the later said
			n.moderate(forum.Moderation{Verb: verb, By: n.person(who), Object: p.old(n), Reason: "so"})
		}
	}
}

// some are ids of posts and comments that somebody of a node can answer. What others write
// to delete it may be gone before it is answered.
func (p *partition) some(n *testNode, who string, most int) []string {
	p.t.Helper()
	rows, err := n.db.Pool().Query(p.t.Context(), `select uri from (select uri, state from post union all
		select m.uri, m.state from comment m join post p on p.id = m.post_id join person a on a.id = m.author_id
			where p.uri <> $1 and (m.source <> 'mine' or a.uri = $2)) x where state = 0 and uri <> $1 order by uri`, p.old(n), who)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var uri string
		if err := rows.Scan(&uri); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, uri)
	}
	p.dice.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all[:min(most, len(all))]
}

// old is the post that is moderated: the first.
func (p *partition) old(n *testNode) string {
	p.t.Helper()
	var uri string
	if err := n.db.Pool().QueryRow(p.t.Context(), `select uri from post where title = 'The first'`).Scan(&uri); err != nil {
		p.t.Fatal(err)
	}
	return uri
}
