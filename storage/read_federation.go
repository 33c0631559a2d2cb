package storage

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Peer is another server as an admin sees it.
type Peer struct {
	ID            int64     `json:"-"`
	Host          string    `json:"host"`
	Software      string    `json:"software"` // empty while unknown
	Version       string    `json:"version"`
	Dialect       string    `json:"dialect"` // both, forums or microblogs; empty while nothing is known
	ProbedAt      time.Time `json:"probed_at,omitzero"`
	ProbeFailures int       `json:"probe_failures"`

	Breaker  string    `json:"breaker"` // closed, paused, open or blocked
	Failures int       `json:"failures"`
	NextTry  time.Time `json:"next_try,omitzero"` // nothing is sent before

	LastOK     time.Time `json:"last_ok,omitzero"`
	LastStatus int       `json:"last_status"`        // of the last answer; 0 when there was none
	LastSaid   string    `json:"last_said"`          // its words, or why there was no answer
	LastAt     time.Time `json:"last_at,omitzero"`   // of the last answer or failure
	JumpedAt   time.Time `json:"jumped_at,omitzero"` // it was too far behind
	JumpedRows int64     `json:"jumped_rows"`        // and missed so many

	Behind  bool       `json:"behind"`          // there is, or may be, something to send
	Oldest  time.Time  `json:"oldest,omitzero"` // act that it has not been told of
	Lag     int        `json:"lag_seconds"`     // the age of that
	Skipped int        `json:"skipped"`         // rows given up, counted up to 1,000
	Lanes   []PeerLane `json:"lanes"`           // direct, content, votes
}

// PeerLane is one of the three streams to a server.
type PeerLane struct {
	Lane   string  `json:"lane"`
	Window float64 `json:"window"` // requests at a time
	Rows   int     `json:"rows"`   // that wait, each counted once per inbox
	More   bool    `json:"more"`   // than Rows: the count was cut short
	Tried  int     `json:"tried"`  // of them, tried in vain
	Lag    int     `json:"lag_seconds"`
}

var laneNames = map[int16]string{int16(forum.LaneDirect): "direct", int16(forum.LaneContent): "content", int16(forum.LaneVotes): "votes"}

// PeerQuery says which servers are listed.
type PeerQuery struct {
	Host   string // the only one
	Text   string // part of its name or software
	Behind bool   // only those with something to send
	Limit  int    // 50 when zero
	Count  int    // rows that wait are counted so far, per lane; 1,000 when zero
	After  string // Next of the page before
}

// PeerList is a page of servers.
type PeerList struct {
	Items []Peer
	Next  string // empty at the end
}

// What a lane of a server has not finished: rows addressed to it, and rows of
// followed communities. s, l and d are the server, the lane and its mark; a server
// that is not behind is not looked into. Of what microblogs are not told, as much
// is passed over as ten times the limit.
const (
	unfinishedDirect = `select o.at, o.xid, o.seq from outbox_direct o where s.touched_xid > s.walked_xid and o.server_id = s.id and o.lane = l.lane
		and (o.xid, o.seq) > (coalesce(d.low_xid, 0), coalesce(d.low_seq, 0)) order by o.xid, o.seq limit `
	unfinishedFollowed = `select h.at, h.xid, h.seq from audience a cross join lateral (
			select g.at, g.xid, g.seq from (
				select g.at, g.xid, g.seq, g.micro_id from log g where g.community_id = a.community_id and g.lane = l.lane
				and g.at >= coalesce(d.low_at, '-infinity') - interval '26 hours'
				and (g.xid, g.seq) > (
					case when (a.since_xid, a.since_seq) > (d.low_xid, d.low_seq) or d.low_xid is null then a.since_xid else d.low_xid end,
					case when (a.since_xid, a.since_seq) > (d.low_xid, d.low_seq) or d.low_xid is null then a.since_seq else d.low_seq end)
				and g.xid <= coalesce(a.until_xid, 9223372036854775807) and (a.until_xid is null or (g.xid, g.seq) < (a.until_xid, a.until_seq))
				order by g.xid, g.seq limit 10 * `
	unfinishedOfServer = `) g where g.micro_id is not null or not s.microblog limit `
	unfinishedEnd      = `) h where s.touched_xid > s.walked_xid and a.server_id = s.id and (l.lane <> 3 or not s.microblog)
			and (a.until_xid is null or a.until_xid >= coalesce(d.low_xid, 0))`
)

// Peers lists servers, those that are furthest behind first.
func (r *Reader) Peers(ctx context.Context, q PeerQuery) (PeerList, error) {
	var out PeerList
	// What waits is found by going along an index in its order, and stopping. To
	// the planner a few rows of a server it knows nothing of look as cheap to
	// collect and sort, which reads whole days.
	err := pgx.BeginTxFunc(ctx, r.db.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `set local enable_sort = off`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `set local jit = off`); err != nil { // it is made for costs that are meant
			return err
		}
		var err error
		out, err = peers(ctx, tx, q)
		return err
	})
	return out, err
}

func peers(ctx context.Context, tx pgx.Tx, q PeerQuery) (PeerList, error) {
	var out PeerList
	after, err := parseCursor(q.After, moments)
	if err != nil {
		return out, err
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	if q.Count <= 0 {
		q.Count = 1000
	}
	var afterKey any
	var afterID int64
	if after != nil {
		afterKey, afterID = after.key, after.id
	}
	var p Peer
	var form *int16
	var status *int16
	var errorText string
	var retryAt, errorAt, now, key time.Time
	var keys []cursor
	err = each(ctx, tx, "storage.Reader.Peers", []any{
		&p.ID, &p.Host, &p.Software, &p.Version, &form, orZero{&p.ProbedAt}, &p.ProbeFailures, &p.Failures, orZero{&retryAt},
		orZero{&p.LastOK}, &errorText, orZero{&errorAt}, &status, &p.LastSaid, orZero{&p.JumpedAt}, &p.JumpedRows,
		&p.Behind, orZero{&p.Oldest}, orZero{&key}, &p.Skipped, orZero{&now},
	}, func() {
		p.Dialect = dialectName(form)
		p.LastStatus = 0
		if status != nil {
			p.LastStatus = int(*status)
		}
		p.LastAt = p.LastOK
		if errorAt.After(p.LastOK) {
			p.LastAt = errorAt
			if p.LastSaid == "" {
				p.LastSaid = errorText
			}
		}
		p.Breaker, p.NextTry = "closed", time.Time{}
		if retryAt.After(now) {
			p.Breaker, p.NextTry = "paused", retryAt
		}
		if p.Failures >= BreakerAfter {
			p.Breaker = "open"
		}
		p.Lag = secondsBetween(p.Oldest, now)
		p.Lanes = nil
		out.Items = append(out.Items, p)
		keys = append(keys, cursor{key, p.ID})
	}, `with oldest as materialized (
			select s.id, min(x.at) as at from server s cross join unnest('{1,2,3}'::smallint[]) l(lane)
			left join delivery_lane d on d.server_id = s.id and d.lane = l.lane
			cross join lateral ((`+unfinishedDirect+`1) union all (`+unfinishedFollowed+`100`+unfinishedOfServer+`1`+unfinishedEnd+`)) x
			where s.touched_xid > s.walked_xid and ($1 = '' or s.host = $1) group by s.id
		), listed as (
			select s.id, o.at, coalesce(o.at, '2200-01-01') as key from server s left join oldest o on o.id = s.id
			where ($1 = '' or s.host = $1) and (not $2 or o.at is not null)
			and ($3 = '' or position(lower($3) in lower(s.host)) > 0 or position(lower($3) in lower(s.software)) > 0)
		)
		select s.id, s.host, s.software, s.version, f.form, s.probed_at, s.probe_failures, s.failures, s.retry_at,
			s.last_ok_at, s.last_error, s.last_error_at, s.last_status, s.last_said, s.jumped_at, s.jumped_rows,
			n.at is not null, n.at, n.key, k.n, now()
		from listed n join server s on s.id = n.id
		left join lateral (select form from (
				select form, since_xid from server_form where server_id = s.id
				union all select 2::smallint, -1 where s.microblog) f order by since_xid desc limit 1) f on true
		cross join lateral (select count(*)::int n from (select 1 from delivery_skip where server_id = s.id limit 1000) k) k
		where $4::timestamptz is null or (n.key, n.id) > ($4, $5)
		order by n.key, n.id limit $6`, q.Host, q.Behind, q.Text, afterKey, afterID, q.Limit+1)
	if err != nil {
		return out, err
	}
	if len(out.Items) > q.Limit {
		out.Items, out.Next = out.Items[:q.Limit], keys[q.Limit-1].String()
	}
	return out, equipPeers(ctx, tx, out.Items, q.Count)
}

func dialectName(form *int16) string {
	if form == nil {
		return ""
	}
	return map[int16]string{0: "both", 1: "forums", 2: "microblogs"}[*form]
}

func secondsBetween(from, to time.Time) int {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return int(to.Sub(from) / time.Second)
}

// equipPeers adds lanes, counting at most so many rows in each, and who is blocked.
func equipPeers(ctx context.Context, tx pgx.Tx, peers []Peer, count int) error {
	ids, hosts, byID := make([]int64, len(peers)), make([]string, len(peers)), map[int64]*Peer{}
	for i := range peers {
		ids[i], hosts[i], byID[peers[i].ID] = peers[i].ID, peers[i].Host, &peers[i]
	}
	var id int64
	var lane int16
	var l PeerLane
	var oldest, now time.Time
	err := each(ctx, tx, "storage.Reader.Peers: lanes", []any{&id, &lane, &l.Window, &l.Tried, &l.Rows, &l.More, orZero{&oldest}, orZero{&now}}, func() {
		l.Lane, l.Lag = laneNames[lane], secondsBetween(oldest, now)
		byID[id].Lanes = append(byID[id].Lanes, l)
	}, `select s.id, l.lane, coalesce(d.width, 1)::float8, coalesce(jsonb_array_length(d.tried), 0),
			least(greatest(c.n - coalesce(jsonb_array_length(d.done), 0), 0), $2), c.n > $2, o.at, now()
		from server s cross join unnest('{1,2,3}'::smallint[]) l(lane)
		left join delivery_lane d on d.server_id = s.id and d.lane = l.lane
		cross join lateral (select count(*)::int n from (
			(`+unfinishedDirect+`$2 + 1) union all (`+unfinishedFollowed+`($2 + 1)`+unfinishedOfServer+`$2 + 1`+unfinishedEnd+`) limit $2 + 1) x) c
		cross join lateral (select min(x.at) as at from (
			(`+unfinishedDirect+`1) union all (`+unfinishedFollowed+`100`+unfinishedOfServer+`1`+unfinishedEnd+`)) x) o
		where s.id = any($1) order by s.id, l.lane`, ids, count)
	if err != nil {
		return err
	}
	blocked, err := blockedAmong(ctx, tx, hosts)
	for i := range peers {
		if blocked[peers[i].Host] {
			peers[i].Breaker = "blocked"
		}
	}
	return err
}

// PeerInbox is an inbox of a server.
type PeerInbox struct {
	URL       string    `json:"url"`
	Follows   int       `json:"follows"` // communities it is told of
	Refused   int       `json:"refused_status,omitempty"`
	RefusedAt time.Time `json:"refused_at,omitzero"`
}

// PeerSkip is a row of the log that was given up for an inbox.
type PeerSkip struct {
	At       time.Time `json:"at"` // of the act
	Skipped  time.Time `json:"skipped_at"`
	Inbox    string    `json:"inbox"`
	Verb     string    `json:"verb"` // empty when the row is gone
	Subject  string    `json:"subject"`
	Activity string    `json:"activity"` // id of what was sent
	Tries    int       `json:"tries"`
	Status   int       `json:"status"` // 0 when there was no answer
	Reason   string    `json:"reason"`
}

// PeerDetail is all that is known of one server.
type PeerDetail struct {
	Peer
	Inboxes []PeerInbox `json:"inboxes"`      // at most 100, those that refuse first
	Skips   []PeerSkip  `json:"skipped_rows"` // the newest 100
}

// Peer finds a server by its host.
func (r *Reader) Peer(ctx context.Context, host string) (PeerDetail, error) {
	var d PeerDetail
	list, err := r.Peers(ctx, PeerQuery{Host: host, Limit: 1, Count: 10_000})
	if err != nil {
		return d, err
	}
	if len(list.Items) == 0 {
		return d, forum.Refuse(forum.NotFound, "no-such-server", "No server called %s is known here.", host)
	}
	d.Peer = list.Items[0]
	var in PeerInbox
	err = each(ctx, r.db.pool, "storage.Reader.Peer: inboxes", []any{&in.URL, &in.Follows, &in.Refused, orZero{&in.RefusedAt}},
		func() { d.Inboxes = append(d.Inboxes, in) },
		`select i.url, (select count(*)::int from audience a where a.server_id = i.server_id and a.inbox_id = i.id and a.until_xid is null),
			coalesce(i.refused_status, 0), i.refused_at
		from server_inbox i where i.server_id = $1 order by i.refused_at desc nulls last, i.id limit 100`, d.ID)
	if err != nil {
		return d, err
	}
	var s PeerSkip
	err = each(ctx, r.db.pool, "storage.Reader.Peer: skipped", []any{orZero{&s.At}, orZero{&s.Skipped}, &s.Inbox, &s.Verb, &s.Subject, &s.Activity, &s.Tries, &s.Status, &s.Reason},
		func() { d.Skips = append(d.Skips, s) },
		`select k.at, k.skipped_at, i.url, coalesce(g.verb, ''), coalesce(g.subject, ''),
			coalesce(case when k.form = 1 then g.direct_id when s.microblog then g.micro_id else coalesce(g.forum_id, g.micro_id) end, ''),
			k.tries, k.status, k.reason
		from delivery_skip k join server s on s.id = k.server_id join server_inbox i on i.id = k.inbox_id
		left join log g on g.at = k.at and g.xid = k.xid and g.seq = k.seq
		where k.server_id = $1 order by k.xid desc, k.seq desc limit 100`, d.ID)
	return d, err
}

// spreadNames is how many servers of each kind Spread names.
const spreadNames = 20

// Spread tells how far a post written here has come, by its id. Of what is older than
// Reach it tells nothing: a server that was away for that long was spared it, and it
// cannot be told from one that was there.
func (r *Reader) Spread(ctx context.Context, uri string) (forum.Spread, error) {
	var out forum.Spread
	var host string
	var state, count int
	err := each(ctx, r.db.pool, "storage.Reader.Spread", []any{&host, &state, &count}, func() {
		switch state {
		case 1:
			out.Seen = count
		case 2:
			out.Declined, out.Declines = append(out.Declined, host), count
		case 3:
			out.Waiting, out.Waits = append(out.Waiting, host), count
		}
	}, `with told as (
			select g.xid, g.seq, g.lane, g.community_id, g.micro_id is not null as micro from log g
			where g.subject = $1 and g.verb = 'submit' and g.at > now() - $2::interval
		), aimed as (
			select t.xid, t.seq, t.lane, t.micro, a.server_id, a.inbox_id, 2::smallint as form from told t join audience a on a.community_id = t.community_id
				and (a.since_xid, a.since_seq) < (t.xid, t.seq) and (a.until_xid is null or (t.xid, t.seq) < (a.until_xid, a.until_seq))
			union select t.xid, t.seq, o.lane, t.micro, o.server_id, o.inbox_id, o.form from told t join outbox_direct o on o.xid = t.xid and o.seq = t.seq
		), reached as (
			select s.host, max(case when k.server_id is not null then 2
					when s.walked_xid > m.xid or (m.xid, m.seq) <= (d.low_xid, d.low_seq)
						or d.done @> jsonb_build_array(jsonb_build_object('x', m.xid, 's', m.seq, 'i', m.inbox_id, 'f', m.form)) then 1
					else 3 end) as state
			from aimed m join server s on s.id = m.server_id
			left join delivery_lane d on d.server_id = m.server_id and d.lane = m.lane
			left join delivery_skip k on k.server_id = m.server_id and k.xid = m.xid and k.seq = m.seq and k.inbox_id = m.inbox_id and k.form = m.form
			where m.form <> 2 or m.micro or not s.microblog
			group by s.host having not host_refused(s.host)
		), numbered as (
			select *, count(*) over (partition by state)::int as n, row_number() over (partition by state order by host) as place from reached
		)
		select host, state, n from numbered where place <= case state when 1 then 1 else $3 end order by state, host`, uri, Reach, spreadNames)
	out.Of = out.Seen + out.Declines + out.Waits
	return out, err
}

// Trace is one activity followed through its steps.
type Trace struct {
	Parcels []TraceParcel `json:"received"` // at most 20, newest first
	Rows    []TraceRow    `json:"log"`      // at most 20, oldest first
}

// TraceParcel is an activity that came in, with the fetches that it waits for.
type TraceParcel struct {
	Parcel
	Fetches []TraceFetch `json:"fetches,omitempty"`
}

// TraceFetch is a job that gets what an activity needs.
type TraceFetch struct {
	IRI     string    `json:"iri"`
	State   string    `json:"state"` // as River names it
	Attempt int       `json:"attempt"`
	Most    int       `json:"max_attempts"`
	Next    time.Time `json:"next_at,omitzero"`
	Error   string    `json:"error"` // of the last attempt
}

// TraceRow is a row of the log, with how far it got.
type TraceRow struct {
	At        time.Time `json:"at"`
	XID       int64     `json:"xid"`
	Seq       int64     `json:"seq"`
	Verb      string    `json:"verb"`
	Lane      string    `json:"lane"`
	Community string    `json:"community"` // whose followers are told; empty when nobody's
	Actor     string    `json:"actor"`
	Subject   string    `json:"subject"`
	Forum     string    `json:"forum_id"` // ids of its documents
	Micro     string    `json:"micro_id"`
	Direct    string    `json:"direct_id"`

	community int32
	lane      int16

	Told    map[string]int `json:"told"`    // inboxes by state, see TraceStop
	Servers []TraceStop    `json:"servers"` // at most 200, those with trouble first
}

// TraceStop is how far a row of the log got at one inbox. State is skipped, tried,
// waiting, finished (it was delivered, or an answer ended the matter), or
// nothing-to-say.
type TraceStop struct {
	Host   string    `json:"host"`
	Inbox  string    `json:"inbox"`
	Form   string    `json:"form"` // act or announcement
	State  string    `json:"state"`
	Tries  int       `json:"tries,omitempty"`
	Next   time.Time `json:"next_at,omitzero"`
	Status int       `json:"status,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Above  bool      `json:"above_mark,omitempty"` // finished, while an earlier row is not
}

const (
	traceLimit = 20
	stopLimit  = 200
)

// Trace follows an activity by its id, by that of an announcement of it, or by
// that of its object. names lists the ids that a document says: its own, and
// those of what it is about. The row of the log and the activity that led to it
// name each other only there.
func (r *Reader) Trace(ctx context.Context, id string, names func(document []byte) []string) (Trace, error) {
	var t Trace
	ids := []string{id}
	rows, documents, err := r.traceRows(ctx, ids, nil, "")
	if err != nil {
		return t, err
	}
	t.Rows = rows
	for _, document := range documents {
		ids = append(ids, names(document)...)
	}
	parcels, bodies, err := r.traceParcels(ctx, ids, id)
	if err != nil {
		return t, err
	}
	t.Parcels = parcels
	for i, body := range bodies {
		rows, documents, err := r.traceRows(ctx, nil, names(body), parcels[i].Actor)
		if err != nil {
			return t, err
		}
		for j, row := range rows {
			known := slices.ContainsFunc(t.Rows, func(k TraceRow) bool { return k.XID == row.XID && k.Seq == row.Seq })
			if !known && slices.Contains(names(documents[j]), parcels[i].Activity) {
				t.Rows = append(t.Rows, row)
			}
		}
	}
	for i := range t.Rows {
		if err := r.traceStops(ctx, &t.Rows[i]); err != nil {
			return t, err
		}
	}
	if len(t.Parcels)+len(t.Rows) == 0 {
		return t, forum.Refuse(forum.NotFound, "no-such-activity", "Nothing with this id has come in or gone out lately: %s", id)
	}
	return t, nil
}

// traceRows finds rows of the log by the ids of their documents or, votes apart,
// of their subject; and what an actor did about subjects. Each comes with the
// document that says which activity it is.
func (r *Reader) traceRows(ctx context.Context, ids, subjects []string, actor string) (rows []TraceRow, documents [][]byte, err error) {
	var t TraceRow
	var lane int16
	var document []byte
	err = each(ctx, r.db.pool, "storage.Reader.Trace: log", []any{
		orZero{&t.At}, &t.XID, &t.Seq, &t.Verb, &lane, &t.community, &t.Community, &t.Actor, &t.Subject, &t.Forum, &t.Micro, &t.Direct, &document,
	}, func() {
		t.Lane, t.lane = laneNames[lane], lane
		rows, documents = append(rows, t), append(documents, document)
		document = nil
	}, `select g.at, g.xid, g.seq, g.verb, g.lane, coalesce(g.community_id, 0), coalesce(c.uri, ''), g.actor, g.subject,
			coalesce(g.forum_id, ''), coalesce(g.micro_id, ''), coalesce(g.direct_id, ''), coalesce(g.forum_doc, g.direct_doc)
		from (select at, xid, seq from log where forum_id = any($1)
			union select at, xid, seq from log where micro_id = any($1)
			union select at, xid, seq from log where direct_id = any($1)
			union (select at, xid, seq from log where subject = any($1) and lane <> 3 order by xid, seq limit $4)
			union (select at, xid, seq from log where subject = any($2) and actor = $3 order by xid desc, seq desc limit $4)) f
		join log g on g.at = f.at and g.xid = f.xid and g.seq = f.seq
		left join community c on c.id = g.community_id order by g.xid, g.seq limit $4`, ids, subjects, actor, traceLimit)
	return rows, documents, err
}

// traceParcels finds what came in by the ids of activities, or by the object it
// is about, with the bodies and with the fetches it waits for.
func (r *Reader) traceParcels(ctx context.Context, ids []string, about string) (parcels []TraceParcel, bodies [][]byte, err error) {
	var p TraceParcel
	var state int16
	var body []byte
	err = each(ctx, r.db.pool, "storage.Reader.Trace: received", append(parcelFields(&p.Parcel, &state), &body), func() {
		parcels, bodies = append(parcels, TraceParcel{Parcel: p.named(state)}), append(bodies, body)
		body = nil
	}, `select `+parcelColumns+`, r.body from (
			(select id, at from received where activity = any($1) order by id desc limit $3)
			union (select id, at from received where about = $2 and about <> '' and family <> 3 order by id desc limit $3)) f
		join received r on r.id = f.id and r.at = f.at order by r.id desc limit $3`, ids, about, traceLimit)
	if err != nil {
		return nil, nil, err
	}
	needs := map[string][]int{}
	for i, p := range parcels {
		if p.Needs != "" {
			needs[p.Needs] = append(needs[p.Needs], i)
		}
	}
	var f TraceFetch
	for iri, of := range needs {
		err := each(ctx, r.db.pool, "storage.Reader.Trace: fetches", []any{&f.State, &f.Attempt, &f.Most, orZero{&f.Next}, &f.Error}, func() {
			f.IRI = iri
			if f.State == "running" || f.State == "completed" || f.State == "discarded" || f.State == "cancelled" {
				f.Next = time.Time{}
			}
			for _, i := range of {
				parcels[i].Fetches = append(parcels[i].Fetches, f)
			}
		}, `select state::text, attempt::int, max_attempts::int, scheduled_at, coalesce(errors[array_upper(errors, 1)]->>'error', '')
			from river_job where kind = $1 and args @> jsonb_build_object('iri', $2::text) order by id desc limit 3`, FetchObject{}.Kind(), iri)
		if err != nil {
			return nil, nil, err
		}
	}
	return parcels, bodies, nil
}

// traceStops adds how far a row got at each inbox it is meant for.
func (r *Reader) traceStops(ctx context.Context, t *TraceRow) error {
	t.Told = map[string]int{}
	var s TraceStop
	var count int
	return each(ctx, r.db.pool, "storage.Reader.Trace: servers", []any{
		&s.Host, &s.Inbox, &s.Form, &s.State, &s.Tries, orZero{&s.Next}, &s.Status, &s.Reason, &s.Above, &count,
	}, func() {
		t.Told[s.State] = count
		if len(t.Servers) < stopLimit {
			t.Servers = append(t.Servers, s)
		}
	}, `with aimed as (
			select a.server_id, a.inbox_id, 2::smallint as form, $3::smallint as lane from audience a where a.community_id = $4
				and (a.since_xid, a.since_seq) < ($1, $2) and (a.until_xid is null or ($1, $2) < (a.until_xid, a.until_seq))
			union select o.server_id, o.inbox_id, o.form, o.lane from outbox_direct o where o.xid = $1 and o.seq = $2
		), stop as (
			select s.host, i.url, m.form, k.tries as given_up, k.status, k.reason, v.tries, v.next, done.above,
				case when k.server_id is not null then 1 when v.tries is not null then 2
					when m.form = 2 and s.microblog and not $5 then 5
					when s.walked_xid > $1 or ($1, $2) <= (d.low_xid, d.low_seq) or done.above then 4 else 3 end as state
			from aimed m join server s on s.id = m.server_id join server_inbox i on i.id = m.inbox_id
			left join delivery_lane d on d.server_id = m.server_id and d.lane = m.lane
			left join delivery_skip k on k.server_id = m.server_id and k.xid = $1 and k.seq = $2 and k.inbox_id = m.inbox_id and k.form = m.form
			cross join lateral (select coalesce(d.done @> jsonb_build_array(jsonb_build_object('x', $1::bigint, 's', $2::bigint, 'i', m.inbox_id, 'f', m.form)), false) as above) done
			left join lateral (select (e->>'a')::int as tries, (e->>'t')::timestamptz as next from jsonb_array_elements(d.tried) e
				where (e->>'x')::bigint = $1 and (e->>'s')::bigint = $2 and (e->>'i')::bigint = m.inbox_id and (e->>'f')::int = m.form limit 1) v on true
		), numbered as (
			select *, count(*) over (partition by state)::int as n, row_number() over (partition by state order by host, url) as place from stop
		)
		select host, url, case form when 1 then 'act' else 'announcement' end,
			(array['skipped', 'tried', 'waiting', 'finished', 'nothing-to-say'])[state],
			coalesce(given_up, tries, 0), next, coalesce(status, 0), coalesce(reason, ''), above, n
		from numbered where place <= $6 order by state, host, url`, t.XID, t.Seq, t.lane, t.community, t.Micro != "", stopLimit)
}
