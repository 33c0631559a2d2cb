package inbox

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/prometheus/client_golang/prometheus"

	"stoa/federation/fedtest"
	"stoa/storage"
)

// diary is a log that can be read while it is written.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *diary) count(line string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Count(d.text.String(), line)
}

const (
	beginning = "under pressure, others are asked"
	ending    = "no longer under pressure"
)

// shows fails unless the metric of a pressure is as it should be, and it began
// and ended as often as given.
func (n *node) shows(d *diary, what string, value float64, began, ended int) {
	n.t.Helper()
	n.in.pressure.mu.Lock()
	defer n.in.pressure.mu.Unlock()
	families, err := n.in.o.Registry.(*prometheus.Registry).Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	have := -1.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "stoa_inbox_pressure" && m.GetLabel()[0].GetValue() == what {
				have = m.GetGauge().GetValue()
			}
		}
	}
	if have != value {
		n.t.Errorf("metric of %s is %v, want %v", what, have, value)
	}
	if b, e := d.count(beginning), d.count(ending); b != began || e != ended {
		n.t.Errorf("%d beginnings and %d ends are logged, want %d and %d", b, e, began, ended)
	}
}

func kept(d *diary) func(*Options) {
	return func(o *Options) {
		o.Log, o.Registry = slog.New(slog.NewTextHandler(d, nil)), prometheus.NewRegistry()
		o.Source = func(remote string, forwarded []string) string { return append(forwarded, remote)[0] }
	}
}

// slowBody begins a request, sends so many bytes of a body, and returns when the
// inbox holds them.
func (n *node) slowBody(source string, bytes int) net.Conn {
	n.t.Helper()
	u, err := url.Parse(n.url)
	if err != nil {
		n.t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(n.ctx, "tcp", "127.0.0.1:"+u.Port())
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = conn.Close() })
	before := n.heldBytes()
	_, err = fmt.Fprintf(conn, "POST /inbox HTTP/1.1\r\nHost: %s\r\nContent-Type: application/activity+json\r\nSignature: x\r\n"+
		"X-Forwarded-For: %s\r\nContent-Length: %d\r\n\r\n%s", u.Host, source, maxBody, strings.Repeat("a", bytes))
	if err != nil {
		n.t.Fatal(err)
	}
	n.comes("the body is held", func() bool { return n.heldBytes() >= before+bytes })
	return conn
}

func (n *node) heldBytes() int {
	n.in.pressure.mu.Lock()
	defer n.in.pressure.mu.Unlock()
	return n.in.pressure.memory
}

func (n *node) comes(what string, is func() bool) {
	n.t.Helper()
	for !is() {
		select {
		case <-n.ctx.Done():
			n.t.Fatalf("never came about: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Bodies that are read and not yet committed take so much memory and no more; a
// small one finds room beside large ones, and one network cannot take it all.
func TestBodiesInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	d := &diary{}
	n := still(t, kept(d))
	p := peer(t, fedtest.Options{})
	key := keys.RSA("mallory")
	post := func(i int, source string, pad int) fedtest.Response {
		like := p.Person(fmt.Sprintf("p%d", i)).Like(n.url+"/post/1", fedtest.Community{})
		like["pad"] = strings.Repeat("a", pad)
		as := from(source)
		as.Key = key
		return n.post(like, p, as)
	}
	n.in.pressure.maxMemory, n.in.pressure.sourceMemory = 1<<20, 300_000
	large := []net.Conn{n.slowBody("192.0.2.1", 200_000), n.slowBody("198.51.100.1", 200_000)}
	before := n.snapshot()
	checkAnswer(t, post(0, "192.0.2.2", 60_000), 429, "budget") // of the same network
	n.shows(d, pressMemory, 0, 0, 0)
	checkAnswer(t, post(0, "203.0.113.1", 100_000), 503, "memory") // large ones have used up their half
	n.unchanged(before)
	n.shows(d, pressMemory, 1, 1, 0)
	checkAnswer(t, post(0, "203.0.113.1", 10), 202, "") // a small one is let in
	var small []net.Conn
	for i := 0; n.heldBytes()+65_000 < 1<<20; i++ {
		small = append(small, n.slowBody(fmt.Sprintf("203.0.%d.1", i), 60_000))
	}
	before = n.snapshot()
	r := post(1, "203.0.113.1", 60_000)
	checkAnswer(t, r, 503, "memory")
	if r.Header.Get("Retry-After") == "" {
		t.Error("nobody is told when to come back")
	}
	n.unchanged(before)
	for _, c := range append(large, small...) {
		_ = c.Close()
	}
	n.comes("all is given back", func() bool { return n.heldBytes() == 0 })
	n.shows(d, pressMemory, 0, 1, 1)
	checkAnswer(t, post(1, "192.0.2.1", 200_000), 202, "")
	n.want(2, `select count(*) from received`)
}

// What is read comes out as it went in, whatever its length and however it comes.
func TestBodiesAreReadWhole(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	for _, size := range []int{0, 1, firstRead - 1, firstRead, firstRead + 1, smallBody, 3*smallBody + 7} {
		want := bytes.Repeat([]byte("ab"), size)[:size]
		for _, stated := range []int64{int64(size), -1} {
			h := n.in.pressure.hold("x")
			got, no, err := h.readAll(io.MultiReader(bytes.NewReader(want[:size/2]), bytes.NewReader(want[size/2:])), stated)
			if no != nil || err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %d stated: %d came, %v %v", size, stated, len(got), no, err)
			}
			if h.n < cap(got) {
				t.Errorf("%d bytes are allocated, %d are counted", cap(got), h.n)
			}
			h.free()
		}
	}
	if p := n.in.pressure; p.memory != 0 || p.big != 0 || len(p.sources) != 0 {
		t.Errorf("left over: %d, %d, %v", p.memory, p.big, p.sources)
	}
}

// fill puts rows that are not applied into the database, from so many hosts.
func (n *node) fill(rows int, host string) {
	n.t.Helper()
	_, err := n.db.Pool().Exec(n.ctx, `insert into received (state, host, source, actor, activity, family, shard, key, body, needs)
		select 2, $2, '', 'a', gen_random_uuid()::text, 3, 1, 1, 'abc', 'x' from generate_series(1, $1) i`, rows, host)
	if err == nil {
		err = n.in.look(n.ctx)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// When workers cannot keep up nothing more is taken in, until they are well below
// the bound again.
func TestBacklogIsBounded(t *testing.T) {
	t.Parallel()
	d := &diary{}
	s := meetWith(t, kept(d))
	s.settle()
	s.in.pressure.maxUndone = 100
	like := func(a *fedtest.Actor) fedtest.Doc { return a.Like(s.url+"/post/1", s.community) }
	s.fill(99, "tar.example")
	checkAnswer(t, s.post(like(s.ann), s.home, from("192.0.2.1")), 202, "")
	s.comes("the vote has its verdict", func() bool { return s.number(`select count(*) from received where type = 'Like' and state = 4`) == 1 })
	s.fill(1, "tar.example")
	before := s.snapshot("river_leader")
	for _, a := range []*fedtest.Actor{s.ann, s.eve, s.home.Person("new")} {
		r := s.post(like(a), a.Peer(), from("192.0.2.1"))
		checkAnswer(t, r, 503, "backlog")
		if r.Header.Get("Retry-After") == "" {
			t.Error("nobody is told when to come back")
		}
	}
	s.unchanged(before)
	s.shows(d, pressBacklog, 1, 1, 0)
	less := func(left int) {
		t.Helper()
		_, err := s.db.Pool().Exec(s.ctx, `delete from received where id in (select id from received where state = 2 and host = 'tar.example' order by id offset $1)`, left)
		if err != nil {
			t.Fatal(err)
		}
		s.fill(0, "")
	}
	less(80)
	checkAnswer(t, s.post(like(s.eve), s.other, from("192.0.2.1")), 503, "backlog")
	less(70)
	s.shows(d, pressBacklog, 0, 1, 1)
	checkAnswer(t, s.post(like(s.eve), s.other, from("192.0.2.1")), 202, "")
}

// Of what waits to be applied one domain has a share; others do not notice. In
// between two looks what comes in is counted on.
func TestBacklogOfADomain(t *testing.T) {
	t.Parallel()
	s := meet(t)
	s.settle()
	s.in.pressure.domainUndone = 10
	s.fill(8, "x."+registrable(s.home.URL("")))
	like := func(a *fedtest.Actor) fedtest.Doc { return a.Like(s.url+"/post/1", s.community) }
	s.in.pressure.mu.Lock()
	share := s.in.pressure.undone[registrable(s.home.URL(""))].Rows
	s.in.pressure.mu.Unlock()
	if share != 8 {
		t.Errorf("the share of the domain is %d, want 8", share)
	}
	s.fill(1, registrable(s.home.URL("")))
	checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 202, "")
	s.comes("it is worked on", func() bool { return s.number(`select count(*) from received where state = 1`) == 0 })
	s.fill(1, registrable(s.home.URL("")))
	before := s.snapshot("river_leader")
	checkAnswer(t, s.post(like(s.bob), s.home, fedtest.SignAs{}), 429, "budget")
	s.unchanged(before)
	checkAnswer(t, s.post(like(s.eve), s.other, fedtest.SignAs{}), 202, "")
	if _, err := s.db.Pool().Exec(s.ctx, `delete from received where state = 2`); err != nil {
		t.Fatal(err)
	}
	s.fill(9, registrable(s.home.URL("")))
	s.in.pressure.looking.Lock() // what is let in between two looks is counted on
	defer s.in.pressure.looking.Unlock()
	checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 202, "")
	checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 429, "budget")
}

// What is verified and not applied is counted by host.
func TestUndone(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	_, err := n.db.Pool().Exec(n.ctx, `insert into received (state, host, source, actor, activity, family, shard, key, body)
		select i % 6, case when i < 12 then 'a' else 'b' end, '', 'a', i::text, 3, 1, 1, 'abc' from generate_series(0, 23) i`)
	if err != nil {
		t.Fatal(err)
	}
	have, err := n.db.Undone(n.ctx)
	if want := (storage.Pending{Rows: 4, Bytes: 12}); err != nil || len(have) != 2 || have["a"] != want || have["b"] != want {
		t.Errorf("counted %v, %v", have, err)
	}
}

// Below a bound of free space nothing is taken in, and well above it again.
func TestDiskIsWatched(t *testing.T) {
	t.Parallel()
	d := &diary{}
	var free int64
	n := still(t, func(o *Options) {
		kept(d)(o)
		o.Disk = func() (int64, int64, error) { return free, 100 << 30, nil }
	})
	p := peer(t, fedtest.Options{})
	like := func() fedtest.Doc { return p.Person("ann").Like(n.url+"/post/1", fedtest.Community{}) }
	for _, step := range []struct {
		free       int64
		status     int
		reason     string
		began, end int
	}{
		{minFree, 202, "", 0, 0}, {minFree - 1, 503, "disk", 1, 0}, {minFree * 6 / 5, 503, "disk", 1, 0},
		{minFree * 5 / 4, 202, "", 1, 1}, {minFree, 202, "", 1, 1},
	} {
		free = step.free
		if err := n.in.look(n.ctx); err != nil {
			t.Fatal(err)
		}
		before := n.number(`select count(*) from received`)
		checkAnswer(t, n.post(like(), p, from("192.0.2.1")), step.status, step.reason)
		if step.status == 503 {
			n.want(before, `select count(*) from received`)
		}
		n.shows(d, pressDisk, float64(step.began-step.end), step.began, step.end)
	}
}

// Where the disk cannot be seen, what Postgres says of it closes the door for a
// while. Somebody may try then.
func TestPostgresSaysThatItsDiskIsFull(t *testing.T) {
	t.Parallel()
	d := &diary{}
	n := still(t, kept(d))
	p := peer(t, fedtest.Options{})
	like := func() fedtest.Doc { return p.Person("ann").Like(n.url+"/post/1", fedtest.Community{}) }
	a := n.in.unavailable(fmt.Errorf("storage.Receive: %w", &pgconn.PgError{Code: "53100"}))
	if a.status != 503 || a.reason != "disk" || a.retry == 0 {
		t.Errorf("answered %+v", a)
	}
	if !storage.Down(&pgconn.PgError{Code: "53100"}) {
		t.Error("a full disk is no reason to wait")
	}
	if err := n.in.look(n.ctx); err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, n.post(like(), p, from("192.0.2.1")), 503, "disk")
	n.ahead.Add(int64(fullWait + time.Second))
	if err := n.in.look(n.ctx); err != nil {
		t.Fatal(err)
	}
	n.shows(d, pressDisk, 0, 1, 1)
	checkAnswer(t, n.post(like(), p, from("192.0.2.1")), 202, "")
}
