package storage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

func migrateForDelivery(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Bind(ctx, "https://stoa.example")
}

// outgoing is a database with one community and what tests of delivery do to it.
type outgoing struct {
	*storage.DB
	t         *testing.T
	community int64
}

func newOutgoing(t *testing.T) *outgoing {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrateForDelivery), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	o := &outgoing{DB: db, t: t}
	o.scan(&o.community, `insert into community (uri, name, host, local) values ('https://stoa.example/c/go', 'go', 'stoa.example', true) returning id`)
	return o
}

func (o *outgoing) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.Pool().Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outgoing) scan(into any, sql string, args ...any) {
	o.t.Helper()
	if err := o.Pool().QueryRow(o.t.Context(), sql, args...).Scan(into); err != nil {
		o.t.Fatal(err)
	}
}

// inbox makes an inbox of a server known.
func (o *outgoing) inbox(host, path string) (server, inbox int64) {
	o.t.Helper()
	o.scan(&server, `insert into server (host) values ($1) on conflict (host) do update set host = excluded.host returning id`, host)
	o.scan(&inbox, `insert into server_inbox (server_id, url) values ($1, 'https://' || $2::text || $3::text) returning id`, server, host, path)
	return server, inbox
}

func (o *outgoing) follow(server, inbox int64) {
	o.t.Helper()
	o.exec(`insert into audience (community_id, inbox_id, server_id, since_xid, since_seq)
		values ($1, $2, $3, log_xid(), nextval('log_seq'))`, o.community, inbox, server)
}

func (o *outgoing) leave(inbox int64) {
	o.t.Helper()
	o.exec(`update audience set until_xid = log_xid(), until_seq = nextval('log_seq') where inbox_id = $1 and until_xid is null`, inbox)
}

type execer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (o *outgoing) row(tx execer, lane forum.Lane, subject string) storage.Position {
	o.t.Helper()
	var p storage.Position
	err := tx.QueryRow(o.t.Context(), `insert into log (at, xid, seq, verb, lane, community_id, actor, subject, forum_id, forum_doc, announcer)
		values (now(), log_xid(), nextval('log_seq'), 'reply', $1, $2, 'https://a.example/u/ann', $3::text, $3::text || '/announce', '{}', 'https://stoa.example/c/go')
		returning at, xid, seq`, lane, o.community, subject).Scan(&p.At, &p.XID, &p.Seq)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *outgoing) advance(owner uuid.UUID) storage.Advance {
	o.t.Helper()
	a, err := o.Advance(o.t.Context(), owner, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func (o *outgoing) units(server int64, lane forum.Lane, after storage.UnitID, to storage.Horizon, limit int) ([]storage.Unit, bool) {
	o.t.Helper()
	units, complete, err := o.Units(o.t.Context(), server, lane, after, time.Time{}, to, false, limit)
	if err != nil {
		o.t.Fatal(err)
	}
	return units, complete
}

func subjects(units []storage.Unit) []string {
	var out []string
	for _, u := range units {
		out = append(out, u.Subject)
	}
	return out
}

// One writer takes its number and sleeps while another commits: a plain number
// as a cursor would pass over the first.
func TestNoRowIsSkippedThatCommitsLate(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	us := uuid.New()

	slow, err := o.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Rollback(context.WithoutCancel(t.Context())) }()
	first := o.row(slow, forum.LaneContent, "slow")
	second := o.row(o.Pool(), forum.LaneContent, "quick")
	if !first.Before(second) {
		t.Fatalf("numbers: %v is not before %v", first, second)
	}

	a := o.advance(us)
	if a.To.XID > first.XID || len(a.Leased) != 0 || !a.Above {
		t.Fatalf("Advance passed a row that is not committed: %+v, row %+v", a, first)
	}
	if units, _ := o.units(server, forum.LaneContent, storage.UnitID{}, a.To, 10); len(units) != 0 {
		t.Fatalf("Units passed the horizon: %v", subjects(units))
	}
	// A mark at the horizon must not be beyond what is still to come.
	if end := a.To.End(); !end.Before(first) {
		t.Fatalf("the end of the horizon %v is not before %v", end, first)
	}

	if err := slow.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	a = o.settled(us)
	if len(a.Leased) != 1 || a.Leased[0].ID != server {
		t.Fatalf("Advance leased %+v", a.Leased)
	}
	units, complete := o.units(server, forum.LaneContent, storage.UnitID{}, a.To, 10)
	if got := subjects(units); !slices.Equal(got, []string{"slow", "quick"}) || !complete {
		t.Fatalf("Units: %v, complete %v", got, complete)
	}
}

// settled calls Advance until nothing lies above the horizon: other tests write
// in the same cluster. Advance looks for that among what is new; rows that a test
// has made older are looked for here.
func (o *outgoing) settled(owner uuid.UUID) storage.Advance {
	o.t.Helper()
	var all storage.Advance
	for {
		a := o.advance(owner)
		a.Leased = append(all.Leased, a.Leased...)
		var old bool
		o.scan(&old, `select exists (select 1 from log where xid >= $1)`, a.To.XID)
		if all = a; !a.Above && !old {
			return all
		}
		time.Sleep(time.Millisecond)
	}
}

// A volatile function would take a later snapshot than the statement that
// compares rows with it.
func TestHorizonSharesTheSnapshot(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	var volatility string
	o.scan(&volatility, `select provolatile::text from pg_proc where proname = 'log_horizon'`)
	if volatility != "s" {
		t.Fatalf("log_horizon is %q", volatility)
	}
}

func TestUnitsKeepToTheInterval(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	other, otherInbox := o.inbox("other.example", "/inbox")
	o.row(o.Pool(), forum.LaneContent, "before")
	o.follow(server, inbox)
	o.follow(other, otherInbox)
	o.row(o.Pool(), forum.LaneContent, "one")
	o.row(o.Pool(), forum.LaneVotes, "vote")
	o.leave(inbox)
	o.row(o.Pool(), forum.LaneContent, "between")
	o.follow(server, inbox)
	o.row(o.Pool(), forum.LaneContent, "two")

	a := o.settled(uuid.New())
	for _, s := range a.Leased {
		if !slices.Contains(s.Lanes, forum.LaneVotes) || !slices.Contains(s.Lanes, forum.LaneContent) {
			t.Errorf("%s: lanes %v", s.Host, s.Lanes)
		}
	}
	want := map[int64][]string{server: {"one", "two"}, other: {"one", "between", "two"}}
	for id, subj := range want {
		units, _ := o.units(id, forum.LaneContent, storage.UnitID{}, a.To, 10)
		if got := subjects(units); !slices.Equal(got, subj) {
			t.Errorf("server %d is told %v, want %v", id, got, subj)
		}
	}
	if units, _ := o.units(server, forum.LaneVotes, storage.UnitID{}, a.To, 10); len(units) != 1 {
		t.Errorf("votes: %v", subjects(units))
	}
}

// A row to many inboxes may be cut anywhere by the limit.
func TestUnitsAreReadInPiecesWithoutLoss(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	var server int64
	for i := range 5 {
		s, inbox := o.inbox("peer.example", fmt.Sprintf("/u/%d/inbox", i))
		server = s
		o.follow(s, inbox)
	}
	_, direct := o.inbox("peer.example", "/direct")
	for i := range 4 {
		p := o.row(o.Pool(), forum.LaneContent, fmt.Sprint(i))
		o.exec(`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) values ($1, $2, 2, 2, $3, $4, $5)`,
			server, direct, p.At, p.XID, p.Seq)
	}
	to := o.settled(uuid.New()).To
	all, complete := o.units(server, forum.LaneContent, storage.UnitID{}, to, 100)
	if len(all) != 24 || !complete {
		t.Fatalf("%d units at once, complete %v", len(all), complete)
	}
	for limit := 1; limit <= 25; limit++ {
		var after storage.UnitID
		var got []storage.UnitID
		for {
			units, complete := o.units(server, forum.LaneContent, after, to, limit)
			for _, u := range units {
				got = append(got, u.ID())
				after = u.ID()
			}
			if complete {
				break
			}
		}
		if len(got) != len(all) {
			t.Fatalf("limit %d: %d units", limit, len(got))
		}
		for i, u := range all {
			if got[i] != u.ID() {
				t.Fatalf("limit %d: unit %d is %v, want %v", limit, i, got[i], u.ID())
			}
		}
	}
}

func TestMicroblogsAreNotTouchedForVotes(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("micro.example", "/inbox")
	o.follow(server, inbox)
	o.probed(server, 0, storage.MicroblogDialect)
	o.row(o.Pool(), forum.LaneVotes, "vote")
	if a := o.settled(uuid.New()); len(a.Leased) != 0 {
		t.Fatalf("leased for a vote: %+v", a.Leased)
	}
	p := o.row(o.Pool(), forum.LaneContent, "post")
	o.exec(`update log set micro_id = 'https://stoa.example/m', micro_doc = '{}' where seq = $1`, p.Seq)
	a := o.settled(uuid.New())
	if len(a.Leased) != 1 {
		t.Fatalf("leased for a post: %+v", a.Leased)
	}
	o.row(o.Pool(), forum.LaneContent, "reply")
	units, _, err := o.Units(t.Context(), server, forum.LaneContent, storage.UnitID{}, time.Time{}, o.settled(uuid.New()).To, true, 10)
	if err != nil || len(units) != 1 || units[0].Micro == nil {
		t.Fatalf("units for a microblog: %v, %v", subjects(units), err)
	}
}

func TestLeaseIsSharedAndTakenOver(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	for i := range 6 {
		server, inbox := o.inbox(fmt.Sprintf("peer%d.example", i), "/inbox")
		o.follow(server, inbox)
	}
	o.row(o.Pool(), forum.LaneContent, "post")
	one, two := uuid.New(), uuid.New()
	a, err := o.Advance(t.Context(), one, 2)
	for err == nil && a.Above && len(a.Leased) == 0 {
		a, err = o.Advance(t.Context(), one, 2)
	}
	if err != nil || len(a.Leased) != 2 || !a.Left {
		t.Fatalf("Advance with room for two: %+v, %v", a, err)
	}
	lease := func(owner uuid.UUID, limit int) []storage.Server {
		t.Helper()
		servers, _, err := o.Lease(t.Context(), owner, limit)
		if err != nil {
			t.Fatal(err)
		}
		return servers
	}
	if got := lease(two, 3); len(got) != 3 {
		t.Fatalf("second process leased %d", len(got))
	}
	if got := lease(one, 10); len(got) != 1 {
		t.Fatalf("first process leased %d more", len(got))
	}
	if got := lease(two, 10); len(got) != 0 {
		t.Fatalf("%d servers have two owners", len(got))
	}
	lost := a.Leased[0].ID
	o.exec(`update server set lease_until = now() - interval '1 second' where id = $1`, lost)
	o.exec(`update server set failures = 3 where id = $1`, a.Leased[1].ID)
	kept, err := o.Renew(t.Context(), one, []int64{lost, a.Leased[1].ID})
	if err != nil || !maps.Equal(kept, map[int64]int{a.Leased[1].ID: 3}) {
		t.Fatalf("Renew kept %v, %v", kept, err)
	}
	got := lease(two, 10)
	if len(got) != 1 || got[0].ID != lost {
		t.Fatalf("a lease that ran out was not taken over: %+v", got)
	}
	if _, _, err := o.Mark(t.Context(), one, storage.Progress{Server: lost, Walked: a.To.XID}); !errors.Is(err, storage.ErrLeaseLost) {
		t.Fatalf("Mark without the lease: %v", err)
	}
}

func TestMarkComesBackAsWritten(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	low := o.row(o.Pool(), forum.LaneContent, "low")
	us := uuid.New()
	a := o.settled(us)
	m := storage.LaneMark{
		Lane: forum.LaneContent, Low: low,
		Done:  []storage.UnitID{{XID: low.XID + 1, Seq: 7, Inbox: inbox, Form: 2}},
		Tried: []storage.Tried{{UnitID: storage.UnitID{XID: low.XID + 2, Seq: 8, Inbox: inbox, Form: 1}, Tries: 2, All: 3, Passed: true}},
	}
	// It was touched again since: the lease stays, and the new horizon comes back.
	o.row(o.Pool(), forum.LaneContent, "next")
	if b := o.settled(us); len(b.Nudged) != 1 {
		t.Fatalf("Advance did not nudge: %+v", b)
	}
	more, to, err := o.Mark(t.Context(), us, storage.Progress{Server: server, Marks: []storage.LaneMark{m}, Walked: a.To.XID, Release: true})
	if err != nil || !more || to.XID <= a.To.XID {
		t.Fatalf("Mark of a server touched again: more %v, to %v, %v", more, to, err)
	}
	// A failure is left: released, and due when it is due.
	more, _, err = o.Mark(t.Context(), us, storage.Progress{
		Server: server, Release: true, Failures: 1, WakeAt: time.Now().Add(time.Hour), Error: "HTTP 500", ErrorAt: time.Now(),
	})
	if err != nil || more {
		t.Fatalf("Mark with something left: more %v, %v", more, err)
	}
	servers, next, err := o.Lease(t.Context(), us, 10)
	if err != nil || len(servers) != 0 || time.Until(next) < time.Minute {
		t.Fatalf("Lease before its time: %+v, next %v, %v", servers, next, err)
	}
	if err := o.Heard(t.Context(), "peer.example"); err != nil {
		t.Fatal(err)
	}
	servers, _, err = o.Lease(t.Context(), us, 10)
	if err != nil || len(servers) != 1 {
		t.Fatalf("Lease after the server was heard: %+v, %v", servers, err)
	}
	s := servers[0]
	if s.Failures != 0 || s.Resting || len(s.Marks) != 1 {
		t.Fatalf("server came back as %+v", s)
	}
	got := s.Marks[0]
	if got.Low.XID != low.XID || got.Low.Seq != low.Seq || !slices.Equal(got.Done, m.Done) || len(got.Tried) != 1 || got.Tried[0] != m.Tried[0] {
		t.Fatalf("mark came back as %+v", got)
	}
	if more, _, err := o.Mark(t.Context(), us, storage.Progress{Server: server, Release: true, Walked: s.Horizon.XID}); err != nil || more {
		t.Fatalf("last Mark: more %v, %v", more, err)
	}
	if servers, _, err := o.Lease(t.Context(), us, 10); err != nil || len(servers) != 0 {
		t.Fatalf("a server that was told all has work: %+v, %v", servers, err)
	}
}

// Notices come after commits, after Heard, and again after the connection broke.
func TestListenLog(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	ctx, cancel := context.WithCancel(t.Context())
	notes, ended := make(chan storage.Note, 100), make(chan struct{})
	go func() {
		defer close(ended)
		o.ListenLog(ctx, func(n storage.Note) { notes <- n }, func(error) {})
	}()
	await := func(due storage.Note) {
		t.Helper()
		for {
			select {
			case got := <-notes:
				if got == due {
					return
				}
			case <-time.After(30 * time.Second):
				t.Fatal("no notice")
			}
		}
	}
	await(storage.Note{Due: true})
	o.exec(`select pg_notify('stoa_log', '')`)
	await(storage.Note{})
	server, _ := o.inbox("peer.example", "/inbox")
	o.exec(`update server set failures = 5, retry_at = now() + interval '1 hour' where id = $1`, server)
	if err := o.Heard(t.Context(), "peer.example"); err != nil {
		t.Fatal(err)
	}
	await(storage.Note{Due: true, Server: server})
	o.exec(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'`)
	await(storage.Note{Due: true})
	cancel()
	<-ended
}

// What an admin asks about comes with the marks.
func TestMarkTellsTheLastAnswer(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	o.row(o.Pool(), forum.LaneContent, "post")
	us := uuid.New()
	a := o.settled(us)
	says := func(want string) {
		t.Helper()
		var got string
		o.scan(&got, `select format('%s %s, %s missed %s, %s at a time up to %s', last_status, last_said, jumped_rows,
			case when jumped_at is null then 'never' else 'now' end, width, jump_xid) from server join delivery_lane on server_id = id where id = $1`, server)
		if got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	mark := func(p storage.Progress) {
		t.Helper()
		p.Server = server
		if _, _, err := o.Mark(t.Context(), us, p); err != nil {
			t.Fatal(err)
		}
	}
	jump := storage.Horizon{XID: 7, At: a.To.At}
	mark(storage.Progress{Last: &storage.LastAnswer{Status: 503, Said: "busy"}, Marks: []storage.LaneMark{{Lane: forum.LaneContent, Width: 2.5, Jump: jump}}})
	says("503 busy, 0 missed never, 2.5 at a time up to 7")
	mark(storage.Progress{Missed: 4})
	mark(storage.Progress{Missed: 3})
	says("503 busy, 7 missed now, 2.5 at a time up to 7")
	mark(storage.Progress{Last: &storage.LastAnswer{Said: "connection refused"}, Release: true, WakeAt: time.Now()})
	says("0 connection refused, 7 missed now, 2.5 at a time up to 7")
	servers, _, err := o.Lease(t.Context(), us, 1)
	if err != nil || len(servers) != 1 || len(servers[0].Marks) != 1 {
		t.Fatalf("Lease: %+v, %v", servers, err)
	}
	if m := servers[0].Marks[0]; m.Width != 2.5 || m.Jump.XID != 7 || !m.Jump.At.Equal(jump.At) {
		t.Errorf("mark came back as %+v", m)
	}
}

// A walk looks for direct rows, and for those of communities, on the days since
// where it stands, and not on all days that are kept.
func TestUnitsAreSoughtOnFewDays(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	// Today's come last: Advance, which says what lies above the horizon, looks only
	// at rows of the last days.
	for _, age := range []string{"3 days", "0"} {
		p := o.row(o.Pool(), forum.LaneContent, age)
		o.day("log", age)
		o.day("outbox_direct", age)
		o.exec(`update log set at = at - $2::interval where seq = $1`, p.Seq, age)
		d := o.row(o.Pool(), forum.LaneContent, age+" direct")
		o.exec(`update log set at = at - $2::interval, community_id = null where seq = $1`, d.Seq, age)
		o.exec(`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) select $1, $2, 2, 2, at, xid, seq from log where seq = $3`, server, inbox, d.Seq)
	}
	to := o.settled(uuid.New()).To
	for since, want := range map[time.Time][]string{
		{}:                           {"3 days", "3 days direct", "0", "0 direct"},
		to.At.Add(-50 * time.Hour):   {"3 days", "3 days direct", "0", "0 direct"},
		to.At:                        {"0", "0 direct"},
		to.At.Add(1000 * time.Hour):  {"0", "0 direct"},
		to.At.Add(-1000 * time.Hour): {"3 days", "3 days direct", "0", "0 direct"},
	} {
		units, _, err := o.Units(t.Context(), server, forum.LaneContent, storage.UnitID{}, since, to, false, 10)
		if got := subjects(units); err != nil || !slices.Equal(got, want) {
			t.Errorf("since %v: %v, %v, want %v", since, got, err, want)
		}
	}
}

// day makes the partition of a table for a day in the past.
func (o *outgoing) day(table, age string) {
	o.t.Helper()
	var day time.Time
	o.scan(&day, `select (now() - $1::interval)::date`, age)
	o.exec(fmt.Sprintf(`create table if not exists %s_%s partition of %s for values from ('%s') to ('%s')`,
		table, day.Format("20060102"), table, day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)))
}

// Below the edge of what a server is spared, what lasts is found and the rest is
// counted.
func TestMissedAndLastingUnits(t *testing.T) {
	t.Parallel()
	o := newOutgoing(t)
	server, inbox := o.inbox("peer.example", "/inbox")
	o.follow(server, inbox)
	for i := range 12 {
		p := o.row(o.Pool(), forum.LaneContent, fmt.Sprint(i))
		age := fmt.Sprint(20-i, " days")
		o.day("log", age)
		o.exec(`update log set at = at - $2::interval, lasting = $3 where seq = $1`, p.Seq, age, i%4 == 3)
	}
	// Not a follower's: addressed to it.
	o.day("outbox_direct", "18 days")
	d := o.row(o.Pool(), forum.LaneContent, "direct")
	o.exec(`update log set at = at - interval '18 days', community_id = null, xid = (select xid from log where subject = '2') where seq = $1`, d.Seq)
	o.exec(`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) select $1, $2, 2, 2, at, xid, seq from log where seq = $3`, server, inbox, d.Seq)
	to := o.settled(uuid.New()).To
	edge, missed, err := o.Missed(t.Context(), server, forum.LaneContent, storage.UnitID{}, time.Time{}, to, false)
	if err != nil {
		t.Fatal(err)
	}
	var first string
	o.scan(&first, `select min(subject::int)::text from log where subject <> 'direct' and xid >= $1`, edge.XID)
	if first != "7" || missed != 7 { // 0 to 6 without 3, and the direct one
		t.Errorf("everything from %s on, %d rows missed", first, missed)
	}
	units, complete, err := o.LastingUnits(t.Context(), server, forum.LaneContent, storage.UnitID{}, time.Time{}, edge, 10)
	if got := subjects(units); err != nil || !complete || !slices.Equal(got, []string{"3"}) {
		t.Errorf("lasting: %v, %v, %v", got, complete, err)
	}
	o.exec(`update log set lasting = true where subject = 'direct'`)
	units, complete, err = o.LastingUnits(t.Context(), server, forum.LaneContent, storage.UnitID{}, time.Time{}, edge, 1)
	if got := subjects(units); err != nil || complete || !slices.Equal(got, []string{"direct"}) {
		t.Errorf("lasting, one at a time: %v, %v, %v", got, complete, err)
	}
}
