package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Server is another server as delivery sees it.
type Server struct {
	ID            int64
	Host          string
	Software      string
	Probed        bool // its nodeinfo answered
	ProbeFailures int
	Failures      int // deliveries that failed in a row
	RetryAt       time.Time
	LastOK        time.Time
}

const serverColumns = `s.id, s.host, s.software, s.probed_at is not null, s.probe_failures, s.failures, s.retry_at, s.last_ok_at`

func serverFields(s *Server) []any {
	return []any{&s.ID, &s.Host, &s.Software, &s.Probed, &s.ProbeFailures, &s.Failures, orZero{&s.RetryAt}, orZero{&s.LastOK}}
}

// LeaseTime is how long a process has a server to itself without renewing.
const LeaseTime = 30 * time.Second

// Lease takes servers that have something to send, are due and belong to nobody,
// at most limit of them. among narrows the choice; nil means any.
func (db *DB) Lease(ctx context.Context, owner uuid.UUID, among []int64, limit int) ([]Server, error) {
	rows, err := db.pool.Query(ctx, `update server s set lease_owner = $1, lease_until = now() + $2::interval
		from (select id from server where (lease_until is null or lease_until < now())
			and (retry_at is null or retry_at <= now()) and ($3::bigint[] is null or id = any($3))
			and (`+serverHasWork+`)
			order by id limit $4 for update skip locked) d
		where s.id = d.id returning `+serverColumns, owner, LeaseTime, among, limit)
	if err != nil {
		return nil, fmt.Errorf("storage.Lease: %w", err)
	}
	var out []Server
	var s Server
	_, err = pgx.ForEachRow(rows, serverFields(&s), func() error { out = append(out, s); return nil })
	if err != nil {
		return nil, fmt.Errorf("storage.Lease: %w", err)
	}
	return out, nil
}

// serverHasWork is true for a server (of table server) that may have something
// to be sent: a direct row above its mark, or a community it follows with a row
// above its mark. It reads one index entry per lane and community.
const serverHasWork = `
	exists (select 1 from outbox_direct o left join delivery_lane d on d.server_id = o.server_id and d.lane = o.lane
		where o.server_id = server.id and (d.lane is null or (o.xid, o.seq) > (d.low_xid, d.low_seq)))
	or exists (select 1 from audience a cross join (values (2::smallint), (3::smallint)) l(lane)
		left join delivery_lane d on d.server_id = a.server_id and d.lane = l.lane
		where a.server_id = server.id and exists (select 1 from log g where g.community_id = a.community_id and g.lane = l.lane
			and (g.xid, g.seq) > (coalesce(d.low_xid, 0), coalesce(d.low_seq, 0)) and (g.xid, g.seq) > (a.since_xid, a.since_seq)
			and (a.until_xid is null or (g.xid, g.seq) < (a.until_xid, a.until_seq))))`

// Renew keeps leases; the servers it does not return are no longer ours.
func (db *DB) Renew(ctx context.Context, owner uuid.UUID, ids []int64) (map[int64]bool, error) {
	rows, err := db.pool.Query(ctx, `update server set lease_until = now() + $2::interval
		where id = any($3) and lease_owner = $1 and lease_until > now() returning id`, owner, LeaseTime, ids)
	if err != nil {
		return nil, fmt.Errorf("storage.Renew: %w", err)
	}
	kept := map[int64]bool{}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { kept[id] = true; return nil })
	return kept, err
}

// Release gives a server back.
func (db *DB) Release(ctx context.Context, owner uuid.UUID, id int64) error {
	_, err := db.pool.Exec(ctx, `update server set lease_owner = null, lease_until = null where id = $1 and lease_owner = $2`, id, owner)
	return err
}

// Unit is one thing to send: one log row to one inbox.
type Unit struct {
	Position
	Inbox     int64
	InboxURL  string
	Form      int    // FormAct or FormAnnouncement
	Subject   string // what it is about
	Parent    string
	Actor     string
	Verb      forum.Verb
	Forum     *forum.Document
	Micro     *forum.Document
	Direct    *forum.Document
	Announcer string
}

// Done names a unit that is finished.
type Done struct {
	XID   int64 `json:"x"`
	Seq   int64 `json:"s"`
	Inbox int64 `json:"i"`
}

// Done is the unit's name among the finished.
func (u *Unit) Done() Done { return Done{u.XID, u.Seq, u.Inbox} }

// LaneState is how far a lane has come.
type LaneState struct {
	Low  Position
	Done []Done // finished above Low
}

// LaneState finds how far a server has been told in a lane; a server that was
// never told anything begins at the beginning of what is addressed to it.
func (db *DB) LaneState(ctx context.Context, server int64, lane forum.Lane) (LaneState, error) {
	var st LaneState
	var done []byte
	err := db.pool.QueryRow(ctx, `select low_xid, low_seq, low_at, done from delivery_lane where server_id = $1 and lane = $2`,
		server, lane).Scan(&st.Low.XID, &st.Low.Seq, &st.Low.At, &done)
	if errors.Is(err, pgx.ErrNoRows) {
		return st, nil
	}
	if err != nil {
		return st, fmt.Errorf("storage.LaneState: %w", err)
	}
	return st, json.Unmarshal(done, &st.Done)
}

// SaveLane writes how far a lane has come, unless the server is no longer ours.
func (db *DB) SaveLane(ctx context.Context, owner uuid.UUID, server int64, lane forum.Lane, st LaneState) error {
	if st.Done == nil {
		st.Done = []Done{}
	}
	done, err := json.Marshal(st.Done)
	if err != nil {
		return err
	}
	tag, err := db.pool.Exec(ctx, `insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at, done)
		select $1, $2, $3, $4, $5, $6 from server where id = $1 and lease_owner = $7
		on conflict (server_id, lane) do update set low_xid = excluded.low_xid, low_seq = excluded.low_seq,
			low_at = excluded.low_at, done = excluded.done`,
		server, lane, st.Low.XID, st.Low.Seq, st.Low.At, done, owner)
	if err != nil {
		return fmt.Errorf("storage.SaveLane: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrLeaseLost
	}
	return nil
}

// ErrLeaseLost means that another process has the server now.
var ErrLeaseLost = errors.New("storage: the lease on this server is lost")

const unitColumns = `g.at, g.xid, g.seq, i.id, i.url, u.form, g.subject, g.parent, g.actor, g.verb, g.announcer, g.signer,
	g.forum_id, g.forum_doc, g.micro_id, g.micro_doc, g.direct_id, g.direct_doc`

// Units reads what comes after a position in a lane of a server, in order, up to
// the horizon. complete is false when the limit cut it short.
func (db *DB) Units(ctx context.Context, server int64, lane forum.Lane, after Position, limit int) (units []Unit, complete bool, err error) {
	// The hint on at lets Postgres skip the days before: a row is at most as much
	// older than its transaction's id as a transaction may last.
	since := after.At.Add(-time.Hour)
	rows, err := db.pool.Query(ctx, `with horizon as materialized (select log_horizon() h), u as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o, horizon
			where o.server_id = $1 and o.lane = $2 and (o.xid, o.seq) > ($3, $4) and o.xid < h
			order by o.xid, o.seq limit $5
		), w as (
			select x.at, x.xid, x.seq, a.inbox_id, 2::smallint form from audience a, horizon, lateral (
				select g.at, g.xid, g.seq from log g where g.community_id = a.community_id and g.lane = $2 and g.at >= $6
				and (g.xid, g.seq) > ($3, $4) and (g.xid, g.seq) > (a.since_xid, a.since_seq) and g.xid < h
				and (a.until_xid is null or (g.xid, g.seq) < (a.until_xid, a.until_seq))
				order by g.xid, g.seq limit $5) x
			where a.server_id = $1
		), n as (select distinct on (xid, seq, inbox_id, form) * from (select * from u union all select * from w) b
			order by xid, seq, inbox_id, form limit $5)
		select `+unitColumns+` from n u join log g on g.at = u.at and g.xid = u.xid and g.seq = u.seq
		join server_inbox i on i.id = u.inbox_id order by u.xid, u.seq, u.inbox_id, u.form`,
		server, lane, after.XID, after.Seq, limit, since)
	if err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	for rows.Next() {
		u, err := scanUnit(rows)
		if err != nil {
			rows.Close()
			return nil, false, fmt.Errorf("storage.Units: %w", err)
		}
		units = append(units, u)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	return units, len(units) < limit, nil
}

func scanUnit(rows pgx.Rows) (Unit, error) {
	var u Unit
	var signer string
	var forumID, microID, directID *string
	var forumDoc, microDoc, directDoc []byte
	err := rows.Scan(&u.At, &u.XID, &u.Seq, &u.Inbox, &u.InboxURL, &u.Form, &u.Subject, &u.Parent, &u.Actor, &u.Verb, &u.Announcer, &signer,
		&forumID, &forumDoc, &microID, &microDoc, &directID, &directDoc)
	if err != nil {
		return u, err
	}
	u.Forum = document(forumID, forumDoc, u.Announcer)
	u.Micro = document(microID, microDoc, u.Announcer)
	u.Direct = document(directID, directDoc, signer)
	return u, nil
}

func document(id *string, body []byte, signer string) *forum.Document {
	if id == nil || body == nil {
		return nil
	}
	return &forum.Document{ID: *id, Body: body, Signer: signer}
}

// Horizon is the position below which the log is complete.
func (db *DB) Horizon(ctx context.Context) (int64, error) {
	var h int64
	err := db.pool.QueryRow(ctx, `select log_horizon()`).Scan(&h)
	return h, err
}

// Touched reads which servers are told by the rows from one horizon to the next,
// the first included.
func (db *DB) Touched(ctx context.Context, from, to int64) ([]int64, error) {
	rows, err := db.pool.Query(ctx, `
		select distinct a.server_id from log g join audience a on a.community_id = g.community_id and a.until_xid is null
		where g.xid >= $1 and g.xid < $2
		union select distinct o.server_id from log g join outbox_direct o on o.xid = g.xid and o.seq = g.seq
		where g.xid >= $1 and g.xid < $2`, from, to)
	if err != nil {
		return nil, fmt.Errorf("storage.Touched: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// Delivered records an answer: success closes the breaker, failure opens it until
// retryAt.
func (db *DB) Delivered(ctx context.Context, server int64) error {
	_, err := db.pool.Exec(ctx, `update server set failures = 0, retry_at = null, last_ok_at = now() where id = $1`, server)
	return err
}

// Undelivered records a failure.
func (db *DB) Undelivered(ctx context.Context, server int64, failures int, retryAt time.Time, why string) error {
	_, err := db.pool.Exec(ctx, `update server set failures = $2, retry_at = $3, last_error = $4, last_error_at = now() where id = $1`,
		server, failures, orNull(retryAt), why)
	return err
}

// Heard closes the breaker of a server that has just sent us something authentic.
func (db *DB) Heard(ctx context.Context, host string) error {
	_, err := db.pool.Exec(ctx, `update server set failures = 0, retry_at = null where host = $1 and retry_at is not null`, host)
	return err
}

// Probed records what a server says it runs, or that it did not say.
func (db *DB) Probed(ctx context.Context, server int64, software, version string, failed bool) error {
	var err error
	if failed {
		_, err = db.pool.Exec(ctx, `update server set probe_failures = probe_failures + 1 where id = $1`, server)
	} else {
		_, err = db.pool.Exec(ctx, `update server set probed_at = now(), probe_failures = 0, software = $2, version = $3 where id = $1`,
			server, software, version)
	}
	return err
}
