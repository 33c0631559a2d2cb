package deliver_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// crowd counts the requests that a peer is busy with.
type crowd struct {
	mu            sync.Mutex
	running, most int
	away          bool // it answers 503
	failed        int  // how often it did
	rested        bool // and was idle since it did so often enough
}

func (c *crowd) answer(fedtest.Received) fedtest.Reply {
	c.mu.Lock()
	c.running++
	c.most = max(c.most, c.running)
	away := c.away
	c.mu.Unlock()
	time.Sleep(time.Millisecond) // so that requests can meet
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if away {
		c.failed++
		if c.running == 0 && !c.rested && c.failed > 10 { // all that were sent before the breaker opened have failed
			c.rested, c.most = true, 0
		}
		return fedtest.Reply{Status: http.StatusServiceUnavailable}
	}
	return fedtest.Reply{}
}

// Many requests run at a time while all is well. Once three in a row have failed,
// one at a time tries the server again.
func TestBreakerTriesOneAtATime(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	c := &crowd{}
	p.OnPost(c.answer)
	n.run(n.fast(n.db))
	n.announce(subjects(300)...)
	n.idle(p)
	if c.most < 4 {
		t.Errorf("at most %d requests at a time", c.most)
	}
	c.mu.Lock()
	c.away = true
	c.mu.Unlock()
	n.announce(subjects(200)...)
	n.announce(act{lane: forum.LaneVotes, subject: "a"}, act{lane: forum.LaneVotes, subject: "b"})
	n.accept(p)
	n.eventually("it has been tried for a while", `select failures > 20 from server where id = $1`, server)
	c.mu.Lock()
	if !c.rested || c.most != 1 {
		t.Errorf("%d requests at a time to a server that is away", c.most)
	}
	c.away = false
	c.mu.Unlock()
	n.idle(p)
}

// Who tries a server again is chosen at random: a row that it can never take does
// not keep it away.
func TestBadRowDoesNotKeepItsServerAway(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	ids := n.announce(subjects(12)...)
	n.exec(`update server set failures = 5, retry_at = now() where id = $1`, server)
	a := answer(p, map[string][]int{ids[0]: make500(1000)}, nil)
	n.run(n.fast(n.db))
	for _, id := range ids[1:] {
		for deadline := time.Now().Add(patience); a.count(id) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s waits for a row that fails", id)
			}
		}
	}
}

// A server that sends something while it is being tried counts as there again at
// once, whatever becomes of that request, and also when the notice of it is lost
// with the connection that would have brought it.
func TestHeardDuringATry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		heard func(t *testing.T, n *node, p *fedtest.Peer)
	}{
		{"noted", func(t *testing.T, n *node, p *fedtest.Peer) {
			t.Helper()
			if err := n.db.Heard(t.Context(), p.Host()); err != nil {
				t.Fatal(err)
			}
		}},
		{"missed", func(_ *testing.T, n *node, p *fedtest.Peer) {
			n.eventually("the log is listened to", `select exists (select 1 from pg_stat_activity
				where datname = current_database() and query = 'listen stoa_log')`)
			n.exec(`update server set failures = 0, retry_at = null where host = $1`, p.Host())
			n.exec(`select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and query = 'listen stoa_log'`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(fedtest.Lemmy, "")
			server := n.follow(p)
			n.known(p)
			n.exec(`update server set failures = 40, retry_at = now() where id = $1`, server)
			content := n.announce(subjects(1)...)[0]
			hold, first := make(chan struct{}), make(chan struct{})
			release := sync.OnceFunc(func() { close(hold) })
			t.Cleanup(release)
			tried := sync.OnceFunc(func() { close(first) })
			p.OnPost(func(r fedtest.Received) fedtest.Reply {
				if r.ID() != content {
					return fedtest.Reply{}
				}
				tried()
				<-hold
				return fedtest.Reply{Status: http.StatusServiceUnavailable}
			})
			o := n.fast(n.db)
			o.Backoff, o.MaxBackoff = time.Hour, time.Hour // what is not heard of waits for longer than this test
			n.run(o)
			select {
			case <-first:
			case <-time.After(patience):
				t.Fatal("it is not tried")
			}
			c.heard(t, n, p)
			vote := n.announce(act{lane: forum.LaneVotes, subject: "vote"})
			same(t, "while the one that tries it hangs", n.arrive(p, 1), vote)
			release()
			n.eventually("the one that failed waits alone", `select lease_owner is null and failures <= 1 and wake_at is not null from server where id = $1`, server)
		})
	}
}

// What an admin can look up of the last answer, whatever it was.
func TestLastAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		reply     fedtest.Reply
		status    int
		said      string
		delivered bool
	}{
		{"accepted", fedtest.Reply{Status: http.StatusAccepted}, 202, "", true},
		{"a page", fedtest.Reply{Status: http.StatusOK, Body: "<!DOCTYPE html><title>Welcome</title>"}, 200, "<!DOCTYPE html>", true},
		{"refused", fedtest.Reply{Status: http.StatusBadRequest, Body: `{"error": "couldnt_find_post"}`}, 400, `{"error": "couldnt`, true},
		{"gone", fedtest.Reply{Status: http.StatusGone}, 410, "", true},
		{"an error", fedtest.Reply{Status: http.StatusBadGateway, Body: strings.Repeat("x", 1000)}, 502, strings.Repeat("x", 300) + "…", false},
		{"none", fedtest.Reply{Hang: true}, 0, "fetch ", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(fedtest.Lemmy, "")
			n.follow(p)
			n.known(p)
			n.announce(subjects(1)...)
			p.OnPost(func(fedtest.Received) fedtest.Reply { return c.reply })
			o := n.fast(n.db)
			o.MaxBackoff, o.Backoff = time.Hour, time.Hour
			if c.reply.Hang {
				o.Client = n.client(100 * time.Millisecond)
			}
			n.run(o)
			n.eventually("it has answered and was given back", `select last_status is not null and lease_owner is null from server where host = $1`, p.Host())
			var status, finished int
			var said string
			n.scan(&status, `select last_status from server where host = $1`, p.Host())
			n.scan(&said, `select last_said from server where host = $1`, p.Host())
			n.scan(&finished, `select count(*) from server where walked_xid >= touched_xid and host = $1`, p.Host())
			if status != c.status || !strings.HasPrefix(said, c.said) || c.said == "" && said != "" || (finished == 1) != c.delivered {
				t.Errorf("%d %q, finished %d", status, said, finished)
			}
		})
	}
}

// The width of the window is there to be looked up.
func TestWindowIsTold(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	p.OnPost((&crowd{}).answer)
	n.announce(subjects(300)...)
	n.run(n.fast(n.db))
	n.idle(p)
	var wide, idle float64
	n.scan(&wide, `select width from delivery_lane where server_id = $1 and lane = 2`, server)
	n.scan(&idle, `select coalesce(max(width), 1) from delivery_lane where server_id = $1 and lane = 3`, server)
	if wide < 8 || idle != 1 {
		t.Errorf("windows of %v and %v", wide, idle)
	}
}

// A vote waits for the same person's vote on the same object, a comment for what
// it answers, and neither for anything else.
func TestOnlyTheSameObjectIsWaitedFor(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	vote := func(actor, subject string) act {
		return act{lane: forum.LaneVotes, actor: actor, subject: subject}
	}
	content := func(subject, parent string) act {
		return act{lane: forum.LaneContent, subject: subject, parent: parent}
	}
	// First what widens the windows: in one that lets a single request through, the
	// first that hangs holds all others.
	var warm []act
	for i := range 40 {
		warm = append(warm, vote("eve", fmt.Sprint("w", i)), content(fmt.Sprint("w", i), ""))
	}
	others := n.announce(warm...)
	held := n.announce(vote("ann", "o1"), content("o1", ""))
	behind := n.announce(vote("ann", "o1"), content("o1", ""), content("answer", "o1"))
	var free []act
	for i := range 20 {
		free = append(free, vote("bob", "o1"), vote("ann", fmt.Sprint("o", 2+i)), content(fmt.Sprint("o", 2+i), fmt.Sprint("elsewhere", i)), vote("bob", "o1"))
	}
	others = append(others, n.announce(free...)...)
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	p.OnPost(func(r fedtest.Received) fedtest.Reply {
		if r.ID() == held[0] || r.ID() == held[1] {
			<-hold
		}
		return fedtest.Reply{}
	})
	n.run(n.fast(n.db))
	n.arrive(p, len(others)) // counts what was answered
	same(t, "meanwhile", sorted(idsOf(p)), sorted(others))
	release()
	n.idle(p)
	same(t, "in the end", sorted(idsOf(p)), sorted(slices.Concat(others, held, behind)))
}

// Servers that were well and now let every request hang hold all places for a moment
// only: whoever answers is told beside them.
func TestSlowServersHoldNobodyUp(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	const places = 8
	var hanging sync.WaitGroup
	hanging.Add(places)
	var once [places + 2]sync.Once
	var mu sync.Mutex
	came := 0
	for i := range once {
		p := n.peer(fedtest.Lemmy, fmt.Sprint("slow", i))
		n.follow(p)
		n.known(p)
		p.OnPost(func(fedtest.Received) fedtest.Reply {
			once[i].Do(func() {
				mu.Lock()
				defer mu.Unlock()
				if came++; came <= places {
					hanging.Done()
				}
			})
			return fedtest.Reply{Hang: true}
		})
	}
	n.exec(`update server set last_ok_at = now()`)
	n.announce(subjects(1)...)
	o := n.fast(n.db)
	o.Requests = places
	n.run(o)
	hanging.Wait()
	well := n.peer(fedtest.Lemmy, "well")
	n.follow(well)
	n.known(well)
	ids := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/99"})
	if got := n.arrive(well, 1); !slices.Contains(got, ids[0]) {
		t.Errorf("it was told of %q", got)
	}
}
