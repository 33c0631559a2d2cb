package deliver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
)

// answering makes a peer give each activity the answers listed, then 202, and
// counts how often each was sent.
type answering struct {
	mu   sync.Mutex
	sent map[string]int
}

func (a *answering) count(id string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sent[id]
}

func answer(p *fedtest.Peer, statuses map[string][]int, header http.Header) *answering {
	a := &answering{sent: map[string]int{}}
	p.OnPost(func(r fedtest.Received) fedtest.Reply {
		a.mu.Lock()
		defer a.mu.Unlock()
		times := a.sent[r.ID()]
		a.sent[r.ID()]++
		if list := statuses[r.ID()]; times < len(list) {
			return fedtest.Reply{Status: list[times], Header: header}
		}
		return fedtest.Reply{Status: http.StatusAccepted}
	})
	return a
}

// Which answers end the matter, and which are tried again.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statuses []int
		sent     int
	}{
		{[]int{200}, 1}, {[]int{202}, 1}, {[]int{204}, 1},
		{[]int{400}, 1}, {[]int{403}, 1}, {[]int{404}, 1}, {[]int{405}, 1}, {[]int{406}, 1}, {[]int{410}, 1}, {[]int{413}, 1}, {[]int{422}, 1},
		{[]int{500}, 2}, {[]int{502, 503}, 3}, {[]int{302}, 2}, {[]int{408}, 2}, {[]int{429}, 2},
		{[]int{401}, 2}, {[]int{401, 401, 401}, 4}, {[]int{401, 401, 401, 401, 401}, 4},
	} {
		t.Run(strings.Trim(fmt.Sprint(c.statuses), "[]"), func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(fedtest.Lemmy, "")
			n.follow(p)
			n.known(p)
			id := n.announce(subjects(1)...)[0]
			a := answer(p, map[string][]int{id: c.statuses}, nil)
			n.run(n.fast(n.db))
			n.idle(p)
			if got := a.count(id); got != c.sent {
				t.Errorf("sent %d times, want %d", got, c.sent)
			}
			var refused, skipped int
			n.scan(&refused, `select coalesce(max(refused_status), 0) from server_inbox`)
			n.scan(&skipped, `select count(*) from delivery_skip`)
			switch status := c.statuses[0]; {
			case status == 404, status == 405, status == 410:
				if refused != status {
					t.Errorf("recorded of the inbox: %d", refused)
				}
			case refused != 0:
				t.Errorf("recorded of the inbox: %d", refused)
			}
			if want := len(c.statuses) > c.sent; (skipped == 1) != want {
				t.Errorf("%d rows recorded as given up", skipped)
			}
		})
	}
}

// 429 holds the whole server for as long as it asks, and is no failure of it.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	id := n.announce(subjects(1)...)[0]
	a := answer(p, map[string][]int{id: {http.StatusTooManyRequests}}, http.Header{"Retry-After": {"3600"}})
	n.run(n.fast(n.db))
	n.eventually("the server rests", `select lease_owner is null and failures = 0 and retry_at > now() + interval '50 minutes'
		and retry_at < now() + interval '70 minutes' from server where id = $1`, server)
	more := n.announce(act{lane: forum.LaneVotes, subject: "vote"})[0]
	n.eventually("the log is read", `select xid > (select max(xid) from log) from log_reader`)
	if err := n.db.Heard(t.Context(), p.Host()); err != nil { // it asked for the pause itself
		t.Fatal(err)
	}
	if got := a.count(id) + a.count(more); got != 1 {
		t.Errorf("sent %d during the pause", got)
	}
	n.exec(`update server set retry_at = now(), wake_at = now() where id = $1`, server)
	n.exec(`update delivery_lane set tried = '[]'`)
	n.arrive(p, 3)
}

// One row that fails while others pass is given up after eight tries, and what
// waits for it goes out then. It keeps nobody else.
func TestPoisonousRowIsSkipped(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	bad := n.announce(act{lane: forum.LaneContent, subject: "bad"})[0]
	behind := n.announce(act{lane: forum.LaneContent, subject: "answer", parent: "bad"})[0]
	a := answer(p, map[string][]int{bad: make500(100)}, nil)
	n.run(n.fast(n.db))
	others := 0
	for deadline := time.Now().Add(patience); a.count(behind) == 0; others++ {
		id := n.announce(act{lane: forum.LaneContent, subject: fmt.Sprint(others)})[0]
		for a.count(id) == 0 {
			if time.Now().After(deadline) {
				t.Fatalf("row %d waits for the one that fails", others)
			}
			time.Sleep(time.Millisecond)
		}
	}
	n.idle(p)
	var tries, status int
	n.scan(&tries, `select tries from delivery_skip`)
	n.scan(&status, `select status from delivery_skip`)
	if got := a.count(bad); got < 8 || tries != got || status != http.StatusInternalServerError {
		t.Errorf("sent %d times, recorded %d tries and status %d", got, tries, status)
	}
}

func make500(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = http.StatusInternalServerError
	}
	return list
}

// While a server is away no row counts as poisonous, and it is only probed.
// Hearing from it brings everything at once.
func TestBreakerIsClosedByHearing(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	var mu sync.Mutex
	away, running, most := true, 0, 0
	p.OnPost(func(fedtest.Received) fedtest.Reply {
		mu.Lock()
		defer mu.Unlock()
		if away {
			return fedtest.Reply{Status: http.StatusServiceUnavailable}
		}
		running++
		most = max(most, running)
		return fedtest.Reply{}
	})
	ids := n.announce(subjects(40)...)
	o := n.fast(n.db)
	o.Backoff, o.MaxBackoff = time.Millisecond, time.Hour
	n.run(o)
	n.eventually("the breaker is open for long", `select failures >= 10 and lease_owner is null and retry_at is not null from server where id = $1`, server)
	sent := p.Total()
	// Until the breaker opened a window was sent, since then one at a time.
	if sent > 4+16 {
		t.Errorf("%d requests to a server that is away", sent)
	}
	n.announce(act{lane: forum.LaneVotes, subject: "vote"})
	mu.Lock()
	away = false
	mu.Unlock()
	n.exec(`update server set retry_at = now() + interval '1 hour' where id = $1 and lease_owner is null`, server)
	n.eventually("the breaker rests", `select lease_owner is null and retry_at > now() + interval '10 minutes' from server where id = $1`, server)
	if err := n.db.Heard(t.Context(), p.Host()); err != nil {
		t.Fatal(err)
	}
	n.idle(p)
	var skipped, failures int
	n.scan(&skipped, `select count(*) from delivery_skip`)
	n.scan(&failures, `select failures from server where id = $1`, server)
	if skipped != 0 || failures != 0 {
		t.Errorf("%d rows given up, %d failures left", skipped, failures)
	}
	got := map[string]bool{}
	for _, r := range p.Received() {
		if r.Status == http.StatusAccepted {
			got[r.ID()] = true
		}
	}
	for _, id := range ids {
		if !got[id] {
			t.Errorf("%s never arrived", id)
		}
	}
}

// One row that fails alone does not make its server count as away: a new row is
// tried at once.
func TestLoneFailureDoesNotHoldNewRows(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	bad := n.announce(act{lane: forum.LaneContent, subject: "bad"})[0]
	a := answer(p, map[string][]int{bad: make500(1000)}, nil)
	o := n.fast(n.db)
	o.Backoff, o.MaxBackoff = time.Millisecond, time.Hour
	n.run(o)
	n.eventually("it fails for the tenth time", `select jsonb_path_exists(tried, '$[*] ? (@.a >= 8)') from delivery_lane where server_id = $1 and lane = 2`, server)
	n.eventually("it rests", `select lease_owner is null and wake_at is not null from server where id = $1`, server)
	var failures int
	n.scan(&failures, `select failures from server where id = $1`, server)
	if failures != 1 {
		t.Errorf("one row that fails counts as %d", failures)
	}
	id := n.announce(act{lane: forum.LaneContent, subject: "good"})[0]
	for deadline := time.Now().Add(patience); a.count(id) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a new row waits for one that fails")
		}
	}
}

// A server that is down, and comes back with what was said meanwhile.
func TestRefusedConnections(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	p.Close()
	n.announce(subjects(5)...)
	n.run(n.fast(n.db))
	n.eventually("the breaker opened", `select failures >= 3 and last_error <> '' from server where id = $1`, server)
	var skipped int
	n.scan(&skipped, `select count(*) from delivery_skip`)
	if skipped != 0 {
		t.Errorf("%d rows given up while the server is away", skipped)
	}
}

// Without a key nothing can be sent: the row is put aside, not the server.
func TestMissingKey(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	n.announce(act{lane: forum.LaneContent, subject: "a", signer: nodeURL + "/c/gone"})
	id := n.announce(act{lane: forum.LaneContent, subject: "b"})
	n.run(n.fast(n.db))
	n.idle(p)
	same(t, "arrived", idsOf(p), id)
	var skipped int
	n.scan(&skipped, `select count(*) from delivery_skip`)
	if skipped != 1 {
		t.Errorf("%d rows recorded", skipped)
	}
}

// A server that cannot get the key of a node, since its Postgres is away, answers 401. That
// is no word on what it was sent.
func TestNobodyIsDoubtedWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	id := n.announce(subjects(1)...)[0]
	own, err := pgx.ParseConfig(n.dsn)
	if err != nil {
		t.Fatal(err)
	}
	beside := own.Copy()
	beside.Database = "postgres"
	conn, err := pgx.ConnectConfig(t.Context(), beside)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	away := func(is bool) {
		if _, err := conn.Exec(t.Context(), "alter database "+own.Database+" with allow_connections "+strconv.FormatBool(!is)); err != nil {
			t.Error(err)
		}
		if _, err := conn.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", own.Database); is && err != nil {
			t.Error(err)
		}
	}
	const times = 8 // twice as often as a 401 is believed
	var asked atomic.Int64
	p.OnPost(func(fedtest.Received) fedtest.Reply {
		switch n := asked.Add(1); {
		case n == 1:
			away(true)
		case n == times:
			away(false)
		case n > times:
			return fedtest.Reply{Status: http.StatusAccepted}
		}
		return fedtest.Reply{Status: http.StatusUnauthorized}
	})
	o := n.fast(n.db)
	base, err := url.Parse(nodeURL)
	if err != nil {
		t.Fatal(err)
	}
	o.Client = fetch.New(fetch.Options{BaseURL: base, Version: "0", Dev: true}) // blocks are remembered for a second
	t.Cleanup(o.Client.Close)
	_, stop := n.run(o)
	for deadline := time.Now().Add(20 * time.Second); asked.Load() <= times && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	away(false)
	if ids := idsOf(p); len(ids) <= times || ids[len(ids)-1] != id {
		t.Errorf("sent %d times, and then given up", len(ids))
	}
}
