package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// LeaseTime is how long a process has a server to itself without renewing.
const LeaseTime = 30 * time.Second

// BreakerAfter is how many rows in a row must fail before a server counts as
// away. Until then a new row is tried at once, whatever happened to others.
const BreakerAfter = 3

// Server is another server as delivery sees it, leased to one process.
type Server struct {
	ID            int64
	Host          string
	Software      string // nodeinfo's software.name, lower case; empty while unknown
	Version       string
	Probed        bool // its nodeinfo has answered at some time
	ProbeFailures int  // since then
	ProbeDue      bool // it is time to ask for its nodeinfo
	Failures      int  // rows that failed in a row
	Resting       bool // rows that failed have times set before which they are not tried
	LastOK        time.Time
	Blocked       bool // by the admin, or a domain above it
	Dialects      Dialects

	Lanes   []forum.Lane // that may hold something new
	Marks   []LaneMark   // of the lanes that have one
	Horizon Horizon      // how far the log may be read
}

// Horizon is a moment of the log: no transaction can add a row below XID any more.
type Horizon struct {
	XID int64
	At  time.Time
}

const serverColumns = `s.id, s.host, s.software, s.version, s.probed_at is not null, s.probe_failures,
	s.probe_at is null or s.probe_at <= now(), s.failures, s.wake_at is not null, s.last_ok_at,
	array(select f.since_xid from server_form f where f.server_id = s.id order by f.since_xid),
	array(select f.form from server_form f where f.server_id = s.id order by f.since_xid)`

func serverFields(s *Server) []any {
	return []any{
		&s.ID, &s.Host, &s.Software, &s.Version, &s.Probed, &s.ProbeFailures,
		&s.ProbeDue, &s.Failures, &s.Resting, orZero{&s.LastOK},
		&s.Dialects.since, &s.Dialects.is,
	}
}

var allLanes = []forum.Lane{forum.LaneDirect, forum.LaneContent, forum.LaneVotes}

// Advance is what one look at the log found.
type Advance struct {
	Leased []Server               // servers that are told of new rows, now ours
	Nudged map[int64][]forum.Lane // servers that were ours already, with the lanes of the new rows
	Left   bool                   // limit left some out, or another process is reading: Lease may find more
	Above  bool                   // there are rows that cannot be read yet, since older transactions are open
	From   int64                  // the new rows begin here
	To     Horizon
}

// Advance reads which servers are told by the rows that became readable since
// the last call of any process, remembers it, and leases those that are free and
// due, at most limit of them. A call that finds nothing costs one query.
func (db *DB) Advance(ctx context.Context, owner uuid.UUID, limit int) (Advance, error) {
	var a Advance
	fail := func(err error) (Advance, error) { return Advance{}, fmt.Errorf("storage.Advance: %w", err) }
	var below bool
	// The first and no other, in order: asked whether there is any, Postgres takes it to be
	// anywhere, and reads the day from its beginning.
	err := db.pool.QueryRow(ctx, `with p as materialized (select xid, at - $1::interval as since, log_horizon() h from log_reader)
		select h, now(), coalesce((select l.xid from log l where l.at >= p.since and l.xid >= p.xid order by l.xid, l.seq limit 1) < h, false),
			exists (select from (select from log l where l.at >= p.since and l.xid >= h order by l.xid, l.seq limit 1) l)
		from p`, clockSlack).Scan(&a.To.XID, &a.To.At, &below, &a.Above)
	if err != nil {
		return fail(err)
	}
	if !below {
		return a, nil
	}
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: begin}, func(tx pgx.Tx) error {
		return a.walk(ctx, tx, owner, limit)
	})
	if err != nil {
		return fail(err)
	}
	if err := db.equip(ctx, a.Leased, a.To); err != nil {
		return fail(err)
	}
	return a, nil
}

func (a *Advance) walk(ctx context.Context, tx pgx.Tx, owner uuid.UUID, limit int) error {
	var since time.Time
	err := tx.QueryRow(ctx, `select xid, greatest(at - $1::interval, 'epoch') from log_reader for update skip locked`, clockSlack).Scan(&a.From, &since)
	if errors.Is(err, pgx.ErrNoRows) { // another process is reading
		a.Left = true
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `select log_horizon(), now()`).Scan(&a.To.XID, &a.To.At); err != nil {
		return err
	}
	if a.To.XID <= a.From {
		return nil
	}
	if _, err := tx.Exec(ctx, `update log_reader set xid = $1, at = $2`, a.To.XID, a.To.At); err != nil {
		return err
	}
	// Whole stretches of transactions are compared, not rows: a server named in
	// vain finds nothing to send. The bounds in time leave out days of the log. Rows of
	// servers are locked in order of id, here and wherever several are changed.
	rows, err := tx.Query(ctx, `
		with g as materialized (
			select community_id, lane, min(xid) lo, max(xid) hi, bool_or(micro_id is not null) micro
			from log where at >= $6 and at < $7 and xid >= $1 and xid < $2 group by community_id, lane
		), t as (
			select u.server_id id, g.lane from g join audience u on u.community_id = g.community_id
				and u.since_xid <= g.hi and `+untilXID+` >= g.lo
				join server s on s.id = u.server_id and (g.micro or not s.microblog)
			union select o.server_id, o.lane from outbox_direct o where o.at >= $6 and o.at < $7 and o.xid >= $1 and o.xid < $2
		), l as (
			select id, array_agg(lane) lanes from t group by id
		), locked as materialized (
			select s.id, l.lanes, s.touched_xid <= s.walked_xid as fresh,
				s.lease_owner = $3 and s.lease_until > now() as ours,
				(s.lease_until is null or s.lease_until <= now()) and (s.retry_at is null or s.retry_at <= now()) as free
			from l join server s on s.id = l.id order by s.id for no key update of s
		), n as (
			select id, lanes, fresh, ours, free, free and row_number() over (partition by free order by id) <= $5 as taken from locked
		)
		update server s set touched_xid = $2,
			lease_owner = case when n.taken then $3 else s.lease_owner end,
			lease_until = case when n.taken then now() + $4::interval else s.lease_until end
		from n where s.id = n.id
		returning `+serverColumns+`, case when n.fresh or n.ours then n.lanes else '{1,2,3}'::smallint[] end, n.taken, coalesce(n.ours, false), n.free`,
		a.From, a.To.XID, owner, LeaseTime, limit, since, a.To.At.Add(clockSlack))
	if err != nil {
		return err
	}
	a.Nudged = map[int64][]forum.Lane{}
	var s Server
	var taken, ours, free bool
	_, err = pgx.ForEachRow(rows, append(serverFields(&s), &s.Lanes, &taken, &ours, &free), func() error {
		switch {
		case taken:
			a.Leased = append(a.Leased, s)
		case ours:
			a.Nudged[s.ID] = s.Lanes
		case free:
			a.Left = true
		}
		s.Lanes, s.Dialects = nil, Dialects{}
		return nil
	})
	return err
}

// Lease takes servers that have something to send, are due and belong to nobody,
// those that wait longest first, at most limit of them. A lease that ran out
// means that its holder died, perhaps before it could note what is left. next is
// when the first of the others will be due; zero when none will.
func (db *DB) Lease(ctx context.Context, owner uuid.UUID, limit int) (leased []Server, next time.Time, err error) {
	fail := func(err error) ([]Server, time.Time, error) {
		return nil, time.Time{}, fmt.Errorf("storage.Lease: %w", err)
	}
	rows, err := db.pool.Query(ctx, `with d as materialized (
			select id from server where (touched_xid > walked_xid or lease_until <= now())
			and (lease_until is null or lease_until <= now())
			and (retry_at is null or retry_at <= now()) and (wake_at is null or wake_at <= now())
			order by walked_xid, id limit $3 for no key update skip locked)
		update server s set lease_owner = $1, lease_until = now() + $2::interval
		from d where s.id = d.id returning `+serverColumns+`, log_horizon(), now()`, owner, LeaseTime, limit)
	if err != nil {
		return fail(err)
	}
	var s Server
	_, err = pgx.ForEachRow(rows, append(serverFields(&s), &s.Horizon.XID, &s.Horizon.At), func() error {
		s.Lanes = allLanes
		leased = append(leased, s)
		s.Dialects = Dialects{}
		return nil
	})
	if err != nil {
		return fail(err)
	}
	if len(leased) > 0 {
		if err := db.equip(ctx, leased, leased[0].Horizon); err != nil {
			return fail(err)
		}
	}
	err = db.pool.QueryRow(ctx, `select min(greatest(retry_at, wake_at, lease_until)) from server
		where touched_xid > walked_xid and lease_owner is distinct from $1`, owner).Scan(orZero{&next})
	if err != nil {
		return fail(err)
	}
	return leased, next, nil
}

// equip adds to leased servers what a walk needs.
func (db *DB) equip(ctx context.Context, servers []Server, to Horizon) error {
	if len(servers) == 0 {
		return nil
	}
	byID := make(map[int64]*Server, len(servers))
	ids, hosts := make([]int64, len(servers)), make([]string, len(servers))
	for i := range servers {
		s := &servers[i]
		s.Horizon = to
		ids[i], hosts[i], byID[s.ID] = s.ID, s.Host, s
	}
	blocked, err := blockedAmong(ctx, db.pool, hosts)
	if err != nil {
		return err
	}
	for i := range servers {
		servers[i].Blocked = blocked[servers[i].Host]
	}
	return db.marks(ctx, ids, byID)
}

// Renew keeps leases; the servers it does not return are no longer ours. Of the
// others it returns how often in a row they have failed, as far as that is
// written down: 0 also for one that has been heard from meanwhile.
func (db *DB) Renew(ctx context.Context, owner uuid.UUID, ids []int64) (map[int64]int, error) {
	rows, err := db.pool.Query(ctx, `with m as materialized (
			select id from server where id = any($3) and lease_owner = $1 and lease_until > now() order by id for no key update)
		update server s set lease_until = now() + $2::interval from m where s.id = m.id returning s.id, s.failures`, owner, LeaseTime, ids)
	if err != nil {
		return nil, fmt.Errorf("storage.Renew: %w", err)
	}
	kept := map[int64]int{}
	var id int64
	var failures int
	_, err = pgx.ForEachRow(rows, []any{&id, &failures}, func() error { kept[id] = failures; return nil })
	if err != nil {
		return nil, fmt.Errorf("storage.Renew: %w", err)
	}
	return kept, nil
}
