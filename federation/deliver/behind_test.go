package deliver_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

const day = 24 * time.Hour

// keep makes the days of the log since a while ago.
func (n *node) keep(ago time.Duration) {
	n.t.Helper()
	n.exec(`do $$ declare d date; begin
		for d in select generate_series((now() - make_interval(secs => ` + fmt.Sprint(int(ago.Seconds())) + `))::date, now()::date - 2, interval '1 day')::date loop
			execute format('create table if not exists %I partition of log for values from (%L) to (%L)', 'log_' || to_char(d, 'YYYYMMDD'), d, d + 1);
		end loop; end $$`)
}

func aged(age time.Duration, acts ...act) []act {
	for i := range acts {
		acts[i].age = age
	}
	return acts
}

func (n *node) missed(p *fedtest.Peer) (rows int) {
	n.t.Helper()
	n.scan(&rows, `select jumped_rows from server where host = $1 and (jumped_at is not null) = (jumped_rows > 0)`, p.Host())
	return rows
}

// A server that is behind by more than two weeks is spared what is older, but for
// what takes something back. What it missed is counted once, whatever becomes of
// the process.
func TestTooFarBehind(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	server := n.follow(p)
	n.known(p)
	n.keep(21 * day)
	n.announce(aged(20*day, subjects(40)...)...)
	n.announce(aged(20*day, act{lane: forum.LaneVotes, subject: "vote"}, act{lane: forum.LaneVotes, subject: "another"})...)
	gone := act{lane: forum.LaneContent, subject: nodeURL + "/post/3", lasting: true}
	want := n.announce(aged(19*day, gone)...)
	n.announce(aged(15*day, subjects(7)...)...)
	want = append(want, n.announce(aged(13*day, subjects(3)...)...)...)
	want = append(want, n.announce(act{lane: forum.LaneVotes, subject: "new"})...)

	// Transactions of other tests may hold the horizon back; what is above it is not
	// walked yet, and a jump would come in two steps.
	n.eventually("all of it is below the horizon", `select max(xid) < log_horizon() from log`)

	p.AnswerAll(http.StatusServiceUnavailable)
	_, stop := n.run(n.fast(n.db))
	const spared = 40 + 2 + 7
	n.eventually("it is counted while the server is away", `select jumped_rows = $2 from server where id = $1`, server, spared)
	n.eventually("it is tried again and again", `select failures > 8 from server where id = $1`, server)
	stop()
	before := p.Total()
	p.AnswerAll(http.StatusAccepted)
	n.run(n.fast(n.open()))
	n.idle(p)
	same(t, "arrived", sorted(idsOf(p)[before:]), want)
	if got := n.missed(p); got != spared {
		t.Errorf("%d rows counted as missed, want %d", got, spared)
	}
	var given int
	n.scan(&given, `select count(*) from delivery_skip`)
	if given != 0 {
		t.Errorf("%d of them recorded as given up one by one", given)
	}
}

// Answers are never too old, and what is not too old is not left out, however
// much of it there is.
func TestNotTooFarBehind(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	n.keep(21 * day)
	accepted := n.accept(p)
	n.exec(`create table outbox_direct_old partition of outbox_direct for values from (now() - interval '21 days') to (now() - interval '20 days')`)
	n.exec(`with o as (update outbox_direct set at = at - interval '20 days 12 hours') update log set at = at - interval '20 days 12 hours'`)
	want := append([]string{accepted}, n.announce(aged(13*day, subjects(300)...)...)...)
	n.run(n.fast(n.db))
	n.idle(p)
	same(t, "arrived", sorted(idsOf(p)), want)
	if got := n.missed(p); got != 0 {
		t.Errorf("%d rows counted as missed", got)
	}
}
