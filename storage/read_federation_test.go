package storage_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// peer makes a server with an inbox that follows a community from a position on.
func (n *node) peer(host string, c forum.Community, since int) {
	n.Helper()
	n.exec(`with s as (insert into server (host, touched_xid, walked_xid) values ($1, 10000000, 1) returning id),
			i as (insert into server_inbox (server_id, url) select id, 'https://' || $1::text || '/inbox' from s returning *)
		insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) select $2, id, server_id, $3, 0 from i`, host, c.ID, since)
}

// rows writes rows of the log at positions from on, a minute apart, the last one
// a minute ago.
func (n *node) rows(c forum.Community, lane, from, count int, micro bool) {
	n.Helper()
	n.exec(`insert into log (at, xid, seq, verb, lane, community_id, actor, subject, forum_id, micro_id)
		select now() - make_interval(mins => $4 - i), $3 + i, 1, 'reply', $2, $1, 'https://a.test/u', 'https://a.test/o', 'https://n.test/f/' || ($3 + i),
			case when $5 then 'https://n.test/m/' || ($3 + i) end from generate_series(0, $4 - 1) i`, c.ID, lane, from, count, micro)
}

func (n *node) peers(q storage.PeerQuery) map[string]storage.Peer {
	n.Helper()
	list, err := n.db.Reader().Peers(n.Context(), q)
	if err != nil {
		n.Fatal(err)
	}
	out := map[string]storage.Peer{}
	for _, p := range list.Items {
		out[p.Host] = p
	}
	return out
}

// What waits for a server is counted as delivery would read it, and no further
// than asked for.
func TestPeersCountWhatWaits(t *testing.T) {
	n := newNode(t)
	c := n.community("porch")
	for _, host := range []string{"old.test", "half.test", "new.test", "left.test", "micro.test", "done.test"} {
		n.peer(host, c, 5)
	}
	n.rows(c, 2, 100, 30, false)
	n.rows(c, 2, 200, 10, true)
	n.rows(c, 3, 300, 20, false)
	n.exec(`insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at, width, done, tried)
		select id, 2, 119, 1, now(), 12, '[{"x":125,"s":1,"i":1,"f":2}]', '[{"x":120,"s":1,"i":1,"f":2}]' from server where host = 'half.test'`)
	n.exec(`update audience a set since_xid = 205, since_seq = 0 from server s where s.id = a.server_id and host = 'new.test'`)
	n.exec(`update audience a set until_xid = 110, until_seq = 1 from server s where s.id = a.server_id and host = 'left.test'`)
	n.exec(`update server set microblog = true where host = 'micro.test'`)
	n.exec(`update server set walked_xid = touched_xid where host = 'done.test'`)
	n.exec(`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) select server_id, id, 1, 1, now() - interval '5 h', 90, 1 from server_inbox where url like '%old.test%'`)

	all := n.peers(storage.PeerQuery{})
	for host, want := range map[string][3]int{
		"old.test": {1, 40, 20}, "half.test": {0, 19, 20}, "new.test": {0, 5, 20}, "left.test": {0, 10, 0}, "micro.test": {0, 10, 0}, "done.test": {0, 0, 0},
	} {
		p := all[host]
		got := [3]int{p.Lanes[0].Rows, p.Lanes[1].Rows, p.Lanes[2].Rows}
		if got != want {
			t.Errorf("%s waits for %v, want %v", host, got, want)
		}
		if p.Behind != (host != "done.test") || p.Behind == p.Oldest.IsZero() {
			t.Errorf("%s: behind %v since %v", host, p.Behind, p.Oldest)
		}
	}
	half := all["half.test"]
	if half.Lanes[1].Window != 12 || half.Lanes[1].Tried != 1 || half.Lanes[1].Lag < 9*60 {
		t.Errorf("half.test: %+v", half.Lanes[1])
	}
	if first := n.peers(storage.PeerQuery{Limit: 1}); first["old.test"].Lag < 5*3600 {
		t.Errorf("furthest behind: %v", first)
	}
	if cut := n.peers(storage.PeerQuery{Count: 7})["old.test"].Lanes; cut[1].Rows != 7 || !cut[1].More || cut[0].More {
		t.Errorf("counted up to 7: %+v", cut)
	}
	if behind := n.peers(storage.PeerQuery{Behind: true, Text: "NE"}); len(behind) != 1 { // new, and done, which is not behind
		t.Errorf("behind, with ne: %v", behind)
	}
	if _, err := n.db.Reader().Peers(t.Context(), storage.PeerQuery{After: "x"}); err == nil {
		t.Error("a cursor of nobody's was taken")
	}
	seen := map[string]bool{}
	for q := (storage.PeerQuery{Limit: 2}); ; {
		list, err := n.db.Reader().Peers(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Items {
			if seen[p.Host] {
				t.Errorf("%s is listed twice", p.Host)
			}
			seen[p.Host] = true
		}
		if q.After = list.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 6 {
		t.Errorf("page by page: %v", seen)
	}
}

// Counting for one far behind looks at no more rows than it says.
func TestCountingIsBounded(t *testing.T) {
	n := newNode(t)
	c := n.community("porch")
	n.peer("far.test", c, 5)
	n.exec(`insert into log (at, xid, seq, verb, lane, community_id, actor, subject) select now(), 100 + i, 1, 'vote', 3, $1, '', '' from generate_series(1, 20000) i`, c.ID)
	n.rows(c, 2, 50000, 20, false)
	n.exec(`analyze log`)
	if l := n.peers(storage.PeerQuery{Host: "far.test", Count: 100})["far.test"].Lanes[2]; l.Rows != 100 || !l.More {
		t.Errorf("%+v", l)
	}
	read := func() int {
		n.exec(`select pg_stat_force_next_flush()`)
		return n.number(`select coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::int from pg_stat_user_tables where relname like 'log\_2%'`)
	}
	before := read()
	for range 10 {
		n.peers(storage.PeerQuery{Host: "far.test", Count: 100})
	}
	if rows := read() - before; rows > 10*1000 { // several readings, and a page of the index more or less
		t.Errorf("%d rows of the log were read to count up to 100, ten times", rows)
	}
}

// How far a post has come is counted by servers, without those that were not to have it,
// and with which nobody speaks.
func TestSpread(t *testing.T) {
	n := newNode(t)
	c := n.community("porch")
	spread := func(uri string) forum.Spread {
		t.Helper()
		s, err := n.db.Reader().Spread(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	submit := func(uri string, xid int, micro any) {
		t.Helper()
		n.exec(`insert into log (at, xid, seq, verb, lane, community_id, actor, subject, forum_id, micro_id) values (now(), $1, 1, 'submit', 2, $2, '', $3, 'f', $4)`, xid, c.ID, uri, micro)
	}
	const one, two = "https://n.test/post/1", "https://n.test/post/2"
	submit(one, 500, "m")
	check(n, "for nobody", spread(one).Of, 0)
	for _, host := range []string{"all.test", "low.test", "done.test", "behind.test", "half.test", "left.test", "no.test", "bad.test", "micro.test"} {
		n.peer(host, c, 5)
	}
	n.peer("late.test", c, 600)
	n.peer("named.test", c, 600)
	mark := func(host string, low int, done string) {
		n.exec(`insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at, done)
			select i.server_id, 2, $2, 1, now(), replace($3, 'ID', i.id::text)::jsonb from server_inbox i where i.url = 'https://' || $1::text || '/inbox'`, host, low, done)
	}
	n.exec(`update server set walked_xid = 501 where host = 'all.test'`)
	mark("low.test", 500, "[]")
	mark("done.test", 400, `[{"x":500,"s":1,"i":ID,"f":2}]`)
	mark("behind.test", 499, `[{"x":499,"s":1,"i":ID,"f":2}]`)
	mark("half.test", 400, `[{"x":500,"s":1,"i":ID,"f":2}]`)
	n.exec(`with i as (insert into server_inbox (server_id, url) select id, 'https://half.test/other' from server where host = 'half.test' returning *)
		insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) select $1, id, server_id, 5, 0 from i`, c.ID)
	n.exec(`update audience a set until_xid = 400, until_seq = 1 from server s where s.id = a.server_id and host = 'left.test'`)
	n.exec(`insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
		select server_id, id, 2, 2, now(), 500, 1, 1, 403, 'no' from server_inbox where url like '%no.test%'`)
	n.exec(`update server set walked_xid = 501, microblog = host = 'micro.test' where host in ('no.test', 'bad.test', 'micro.test')`)
	n.exec(`insert into domain_block (host, blocked_at) values ('bad.test', now())`)
	n.exec(`insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) select server_id, id, 1, 1, now(), 500, 1 from server_inbox where url like '%named.test%'`)
	want := forum.Spread{Of: 8, Seen: 4, Waiting: []string{"behind.test", "half.test", "named.test"}, Waits: 3, Declined: []string{"no.test"}, Declines: 1}
	if got := spread(one); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}

	for i := range 25 {
		n.peer(fmt.Sprintf("many-%02d.test", i), c, 550)
	}
	submit(two, 560, nil)
	n.exec(`update server set walked_xid = 501`)
	got := spread(two) // nothing for microblogs, and late.test follows from later on
	if got.Of != 25+6 || got.Seen != 0 || got.Waits != got.Of || len(got.Waiting) != 20 || got.Waiting[0] != "all.test" || slices.Contains(got.Waiting, "micro.test") {
		t.Errorf("%+v", got)
	}
	n.exec(`update node set allow_only = true`)
	check(n, "when nobody is spoken with", spread(two).Of, 0)
	n.exec(`update node set allow_only = false`)
	check(n, "what is not known", spread("https://n.test/post/3").Of, 0)
}

// Who is refused may be sent again; what is replayed is a repeat from then on.
func TestReplay(t *testing.T) {
	n := newNode(t)
	receive := func(kind string) int {
		written, err := n.db.Receive(t.Context(), []storage.Arrival{{
			Verified: true, Host: "a.test", Type: kind, Actor: "https://a.test/u", Activity: "https://a.test/" + kind, Family: storage.Votes, Body: []byte("{}"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		return written
	}
	refuse := func(kind string) int64 {
		receive(kind)
		id := int64(n.number(`select max(id)::int from received where type = $1`, kind))
		p, _, err := n.db.Reader().Parcel(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		row := storage.Received{ID: p.ID, At: p.At, Actor: p.Actor, Activity: p.Activity}
		if err := n.db.Judge(t.Context(), []storage.Received{row}, []storage.Verdict{{State: storage.StateRefused, Reason: "no"}}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	id := refuse("Like")
	n.exec(`update received set tries = 8, needs = 'x', via = 'y' where id = $1`, id)
	if err := n.db.Replay(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	check(n, "ready again", n.number(`select count(*) from received where id = $1 and state = 1 and tries = 0 and reason = '' and needs = '' and via = '' and done_at is null`, id), 1)
	check(n, "sent again while it is judged", receive("Like"), 0)
	if err := n.db.Replay(t.Context(), id); reasonOf(err) != "under-way" {
		t.Errorf("twice: %v", err)
	}
	second := refuse("Create")
	check(n, "sent again after it was refused", receive("Create"), 1)
	if err := n.db.Replay(t.Context(), second); reasonOf(err) != "sent-again" {
		t.Errorf("a copy is under way: %v", err)
	}
	n.exec(`update received set state = 5, body = '' where id = $1`, id)
	if err := n.db.Replay(t.Context(), id); reasonOf(err) != "body-gone" {
		t.Errorf("without a body: %v", err)
	}
	n.exec(`update received set state = 3 where id = $1`, id)
	if err := n.db.Replay(t.Context(), id); reasonOf(err) != "applied" {
		t.Errorf("applied: %v", err)
	}
	if err := n.db.Replay(t.Context(), 1<<40); reasonOf(err) != "no-such-activity" {
		t.Errorf("nothing: %v", err)
	}
}

func reasonOf(err error) string {
	if r, ok := errors.AsType[*forum.Refusal](err); ok {
		return r.Reason
	}
	return fmt.Sprint(err)
}

// Steps add up, whoever counted, and go after a while.
func TestTraffic(t *testing.T) {
	n := newNode(t)
	at := time.Now().UTC().Truncate(storage.TrafficStep)
	for range 2 {
		if err := n.db.AddTraffic(t.Context(), at.Add(time.Minute), map[storage.Flow]int64{storage.FlowApplied: 2, storage.FlowFailed: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.db.AddTraffic(t.Context(), at.Add(-15*24*time.Hour), map[storage.Flow]int64{storage.FlowApplied: 9}); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(n, "steps after a sweep", n.number(`select count(*) from traffic`), 2)
	steps, err := n.db.Reader().Traffic(t.Context(), at)
	if err != nil || len(steps) != 1 || !steps[0].At.Equal(at) || steps[0].Counts[storage.FlowApplied] != 4 || steps[0].Counts[storage.FlowFailed] != 2 {
		t.Errorf("%+v %v", steps, err)
	}
}

func TestBudget(t *testing.T) {
	n := newNode(t)
	c := n.community("porch")
	yesterday := strings.ReplaceAll(time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly), "-", "")
	n.rows(c, 2, 100, 10, false)
	n.exec(`update log set at = current_date - interval '1 h'`)
	n.exec(`insert into log (at, xid, seq, verb, lane, actor, subject, forum_doc) select current_date - interval '2 h', 9000 + i, 1, 'reply', 2, '', '', convert_to(repeat(md5(i::text), 100), 'UTF8') from generate_series(1, 1000) i`)
	n.exec(`analyze log_` + yesterday)
	budget, err := n.db.Reader().Budget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range budget {
		if b.Table != "log" {
			continue
		}
		size := n.number(`select pg_total_relation_size('log_` + yesterday + `')::int`)
		if b.DaysKept != storage.LogRetention || b.DayRows != 1010 || b.DayBytes != int64(size) || b.Bytes <= b.DayBytes || b.Expected() != int64(size)*storage.LogRetention {
			t.Errorf("%+v, the day has %d bytes", b, size)
		}
	}
	if len(budget) < 4 || budget[len(budget)-1].Table != "traffic" {
		t.Errorf("%+v", budget)
	}
}
