package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Unit is one thing to send: one log row to one inbox.
type Unit struct {
	Position
	Inbox    int64
	InboxURL string
	Form     int // FormAct or FormAnnouncement
	Lane     forum.Lane
	Verb     forum.Verb
	Subject  string // what it is about
	Parent   string // what that answers
	Actor    string
	OfXID    int64           // transaction of the row that it changes or undoes; 0 when it is new
	Lasting  bool            // told also to who is too far behind for the rest
	Forum    *forum.Document // for FormAnnouncement
	Micro    *forum.Document // for FormAnnouncement
	Direct   *forum.Document // for FormAct and FormMessage
	Chat     *forum.Document // for FormMessage
}

// ID is the unit's name among those of its server and lane.
func (u *Unit) ID() UnitID { return UnitID{u.XID, u.Seq, u.Inbox, u.Form} }

// clockSlack is how much older a log row's time may be than the mark before it:
// as long as a transaction may last, and a day for a clock that was put back. It
// only decides how many days of the log are looked into.
const clockSlack = 26 * time.Hour

// SpokenAt is the transaction whose dialect a unit is told in: what changes or
// undoes something is told in the form in which that was.
func (u *Unit) SpokenAt() int64 {
	if u.OfXID != 0 {
		return u.OfXID
	}
	return u.XID
}

// The pieces of the statements below. Each interval is entered in the index
// where the walk stands or where it begins, whichever is later: a second
// comparison would be a filter, and a new follower would read everything the
// community ever did.
const (
	unitSpans = `span as (
			select u.community_id, u.inbox_id, u.since_xid, u.since_seq,
				case when (u.since_xid, u.since_seq) > ($3, $4) then u.since_xid else $3 end as from_xid,
				case when (u.since_xid, u.since_seq) > ($3, $4) then u.since_seq else $4 end as from_seq,
				least(coalesce(u.until_xid, $7), $7) as below, u.until_xid, u.until_seq
			from audience u where u.server_id = $1 and u.since_xid < $7 and ` + untilXID + ` >= $3
		), followed as (
			select x.at, x.xid, x.seq, span.inbox_id, 2::smallint as form from span cross join lateral (
				select g.at, g.xid, g.seq from log g where g.community_id = span.community_id and g.lane = $2
				and g.at >= least($9::timestamptz, now()) - $10::interval and g.at < $11::timestamptz
				and (g.xid, g.seq) >= (span.from_xid, span.from_seq) and g.xid <= span.below`
	spansEnd = ` order by g.xid, g.seq limit $8 + 1) x
			where (x.xid, x.seq, span.inbox_id, 2) > ($3, $4, $5, $6) and (x.xid, x.seq) > (span.since_xid, span.since_seq) and x.xid < $7
			and (span.until_xid is null or (x.xid, x.seq) < (span.until_xid, span.until_seq))
		)`
	unitTail = spansEnd + `, unit as (
			select distinct on (xid, seq, inbox_id, form) at, xid, seq, inbox_id, form
			from (select at, xid, seq, inbox_id, form from direct union all select at, xid, seq, inbox_id, form from followed) b
			order by xid, seq, inbox_id, form limit $8
		)
		select g.at, g.xid, g.seq, i.id, i.url, u.form, g.subject, g.parent, g.actor, g.verb, g.announcer, g.signer,
			case when g.micro_signer = '' then g.announcer else g.micro_signer end, g.of_xid, g.lasting,
			g.forum_id, case when u.form in (2, 3) then g.forum_doc end, g.micro_id, case when u.form = 2 then g.micro_doc end,
			g.direct_id, case when u.form in (1, 3) then g.direct_doc end
		from unit u join log g on g.at = u.at and g.xid = u.xid and g.seq = u.seq
		join server_inbox i on i.id = u.inbox_id order by u.xid, u.seq, u.inbox_id, u.form`
	directUnits = ` o.server_id = $1 and o.lane = $2 and (o.xid, o.seq, o.inbox_id, o.form) > ($3, $4, $5, $6) and o.xid < $7
			and o.at >= least($9::timestamptz, now()) - $10::interval and o.at < $11::timestamptz
			order by o.xid, o.seq, o.inbox_id, o.form limit $8
		), `
)

// Units reads what comes after a unit in a lane of a server, in order, below a
// horizon, at most limit. since is the time of the row the walk stands at, or of
// an earlier one. complete is false when the limit cut it short. With micro, rows
// of followed communities that say nothing to microblogs are left out.
func (db *DB) Units(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, micro bool, limit int) (units []Unit, complete bool, err error) {
	rows, err := db.pool.Query(ctx, `with direct as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o where`+directUnits+unitSpans+`
				and (not $12 or g.micro_id is not null)`+unitTail,
		server, lane, after.XID, after.Seq, after.Inbox, after.Form, to.XID, limit, since, clockSlack, to.At.Add(clockSlack), micro)
	if err == nil {
		units, err = collectUnits(rows, lane)
	}
	if err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	return units, len(units) < limit, nil
}

// LastingUnits is Units without all that a server need not be told once it is too
// far behind.
func (db *DB) LastingUnits(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, limit int) (units []Unit, complete bool, err error) {
	rows, err := db.pool.Query(ctx, `with direct as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o
			join log g on g.at = o.at and g.xid = o.xid and g.seq = o.seq and g.lasting where`+directUnits+unitSpans+`
				and g.lasting`+unitTail,
		server, lane, after.XID, after.Seq, after.Inbox, after.Form, to.XID, limit, since, clockSlack, to.At.Add(clockSlack))
	if err == nil {
		units, err = collectUnits(rows, lane)
	}
	if err != nil {
		return nil, false, fmt.Errorf("storage.LastingUnits: %w", err)
	}
	return units, len(units) < limit, nil
}

func collectUnits(rows pgx.Rows, lane forum.Lane) ([]Unit, error) {
	var units []Unit
	u := Unit{Lane: lane}
	var announcer, signer, microSigner string
	var forumID, microID, directID *string
	var forumDoc, microDoc, directDoc []byte
	_, err := pgx.ForEachRow(rows, []any{
		&u.At, &u.XID, &u.Seq, &u.Inbox, &u.InboxURL, &u.Form, &u.Subject, &u.Parent, &u.Actor, &u.Verb, &announcer, &signer,
		&microSigner, &u.OfXID, &u.Lasting, &forumID, &forumDoc, &microID, &microDoc, &directID, &directDoc,
	}, func() error {
		u.Forum, u.Micro = document(forumID, forumDoc, announcer), document(microID, microDoc, microSigner)
		u.Direct, u.Chat = document(directID, directDoc, signer), nil
		if u.Form == FormMessage {
			u.Chat = document(directID, forumDoc, signer)
		}
		units = append(units, u)
		return nil
	})
	return units, err
}

// Reach is how far behind a server may be. One that is behind by more is spared
// what is older, but for what lasts: after two weeks hardly anybody reads on where
// they left off, and a server that comes back would be busy for hours with
// nothing but votes of long ago.
const Reach = 14 * 24 * time.Hour

// maxMissed is up to how many rows of one jump are counted.
const maxMissed = 100_000

// Missed finds the row from which on a server that is too far behind is told
// everything again, and counts what comes after a unit and before that, at most
// maxMissed.
func (db *DB) Missed(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, micro bool) (edge Horizon, missed int64, err error) {
	edge.At = to.At.Add(-Reach)
	err = db.pool.QueryRow(ctx, `select least(coalesce((select g.xid from log g where g.at >= $1 order by g.at limit 1), $2), $2)`,
		edge.At, to.XID).Scan(&edge.XID)
	if err == nil {
		err = db.pool.QueryRow(ctx, `with direct as (
				select from outbox_direct o join log g on g.at = o.at and g.xid = o.xid and g.seq = o.seq and not g.lasting where`+directUnits+unitSpans+`
				and not g.lasting and (not $12 or g.micro_id is not null)`+spansEnd+`
			select count(*) from (select from direct union all select from followed limit $8) m`,
			server, lane, after.XID, after.Seq, after.Inbox, after.Form, edge.XID, maxMissed, since, clockSlack, edge.At.Add(clockSlack), micro).Scan(&missed)
	}
	if err != nil {
		return Horizon{}, 0, fmt.Errorf("storage.Missed: %w", err)
	}
	return edge, missed, nil
}

func document(id *string, body []byte, signer string) *forum.Document {
	if id == nil || body == nil {
		return nil
	}
	return &forum.Document{ID: *id, Body: body, Signer: signer}
}

// UnitID names a unit within a server and lane: a log row, an inbox and a form.
type UnitID struct {
	XID   int64 `json:"x"`
	Seq   int64 `json:"s"`
	Inbox int64 `json:"i"`
	Form  int   `json:"f"`
}

// Before orders units as Units returns them.
func (u UnitID) Before(v UnitID) bool {
	switch {
	case u.XID != v.XID:
		return u.XID < v.XID
	case u.Seq != v.Seq:
		return u.Seq < v.Seq
	case u.Inbox != v.Inbox:
		return u.Inbox < v.Inbox
	}
	return u.Form < v.Form
}

// After is the name that follows all units at and before a position.
func After(p Position) UnitID {
	return UnitID{XID: p.XID, Seq: p.Seq, Inbox: math.MaxInt64, Form: math.MaxInt16}
}

// End is the position that everything below a horizon is at or before.
func (h Horizon) End() Position { return Position{XID: h.XID - 1, Seq: math.MaxInt64, At: h.At} }

// Tried is a unit that failed and will be tried again.
type Tried struct {
	UnitID
	Tries  int       `json:"n"` // failures while others passed
	All    int       `json:"a"` // all failures
	Passed bool      `json:"p"` // others have passed since the last one
	Next   time.Time `json:"t"` // not before
}

// LaneMark is how far a server has been told in a lane: everything at and before
// Low is finished, and so are the units of Done above it.
type LaneMark struct {
	Lane  forum.Lane
	Low   Position
	Done  []UnitID
	Tried []Tried
	Width float64 // of the window: requests at a time
	// Jump is up to where rows are left out, since the server was too far behind,
	// but for those that last.
	Jump Horizon
}

func (db *DB) marks(ctx context.Context, ids []int64, byID map[int64]*Server) error {
	rows, err := db.pool.Query(ctx, `select server_id, lane, low_xid, low_seq, low_at, done, tried, width, jump_xid, jump_at from delivery_lane where server_id = any($1)`, ids)
	if err != nil {
		return err
	}
	var id int64
	var m LaneMark
	var done, tried []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &m.Lane, &m.Low.XID, &m.Low.Seq, &m.Low.At, &done, &tried, &m.Width, &m.Jump.XID, orZero{&m.Jump.At}}, func() error {
		m.Done, m.Tried = nil, nil
		if err := errors.Join(json.Unmarshal(done, &m.Done), json.Unmarshal(tried, &m.Tried)); err != nil {
			return err
		}
		byID[id].Marks = append(byID[id].Marks, m)
		return nil
	})
	return err
}

// Progress is what became of a server's rows since the last Mark.
type Progress struct {
	Server   int64
	Marks    []LaneMark // lanes that came further
	Failures int
	RetryAt  time.Time // nothing at all is sent before; zero for no limit
	WakeAt   time.Time // a row that failed is due then; zero for none
	OKAt     time.Time // of the last answer; zero when there was none
	Error    string    // what the last failure was; empty when there was none
	ErrorAt  time.Time
	Last     *LastAnswer // nil when nothing was sent
	Missed   int64       // rows that it will not be told of, since it was too far behind

	Walked  int64 // everything below is finished; 0 when something is left
	Release bool  // give the lease back, unless there is new work
}

// LastAnswer is how a request ended.
type LastAnswer struct {
	Status int    // 0 when no answer came
	Said   string // the beginning of its text, or why none came
}

// touchedAgain is true in Mark for a server with rows above what is walked.
const touchedAgain = `$8::bigint > 0 and s.touched_xid > $8`

// ErrLeaseLost means that another process has the server now.
var ErrLeaseLost = errors.New("storage: the lease on this server is lost")

// Mark writes progress, or ErrLeaseLost and nothing. more is true when the lease
// was to be given back and is kept, since the server has been touched again:
// the log is then read up to the horizon to.
func (db *DB) Mark(ctx context.Context, owner uuid.UUID, p Progress) (more bool, to Horizon, err error) {
	n := len(p.Marks)
	lanes, xids, seqs, at := make([]int16, n), make([]int64, n), make([]int64, n), make([]time.Time, n)
	done, tried := make([]string, n), make([]string, n)
	widths, jumps, jumpsAt := make([]float32, n), make([]int64, n), make([]*time.Time, n)
	for i, m := range p.Marks {
		lanes[i], xids[i], seqs[i], at[i] = int16(m.Lane), m.Low.XID, m.Low.Seq, m.Low.At
		widths[i], jumps[i] = float32(m.Width), m.Jump.XID
		if !m.Jump.At.IsZero() {
			jumpsAt[i] = &m.Jump.At
		}
		if done[i], err = list(m.Done); err != nil {
			return false, to, fmt.Errorf("storage.Mark: %w", err)
		}
		if tried[i], err = list(m.Tried); err != nil {
			return false, to, fmt.Errorf("storage.Mark: %w", err)
		}
	}
	var status, said any
	if p.Last != nil {
		status, said = p.Last.Status, p.Last.Said
	}
	err = db.pool.QueryRow(ctx, `with s as (
			update server s set failures = $3, retry_at = $4, wake_at = $5, last_ok_at = coalesce($6, s.last_ok_at),
				last_error = coalesce($9, s.last_error), last_error_at = coalesce($10, s.last_error_at),
				last_status = coalesce($17, s.last_status), last_said = coalesce($18, s.last_said),
				jumped_at = case when $19::bigint > 0 then now() else s.jumped_at end, jumped_rows = s.jumped_rows + $19,
				walked_xid = greatest(s.walked_xid, $8),
				lease_owner = case when $7 and not (`+touchedAgain+`) then null else s.lease_owner end,
				lease_until = case when $7 and not (`+touchedAgain+`) then null else s.lease_until end
			where s.id = $1 and s.lease_owner = $2 returning s.id, $7 and `+touchedAgain+` as more
		), l as (
			insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at, done, tried, width, jump_xid, jump_at)
			select s.id, m.lane, m.xid, m.seq, m.at, m.done::jsonb, m.tried::jsonb, m.width, m.jump_xid, m.jump_at
			from s, unnest($11::smallint[], $12::bigint[], $13::bigint[], $14::timestamptz[], $15::text[], $16::text[], $20::real[], $21::bigint[],
				$22::timestamptz[]) m(lane, xid, seq, at, done, tried, width, jump_xid, jump_at)
			on conflict (server_id, lane) do update set low_xid = excluded.low_xid, low_seq = excluded.low_seq,
				low_at = excluded.low_at, done = excluded.done, tried = excluded.tried,
				width = excluded.width, jump_xid = excluded.jump_xid, jump_at = excluded.jump_at
		)
		select more, log_horizon(), now() from s`,
		p.Server, owner, p.Failures, orNull(p.RetryAt), orNull(p.WakeAt), orNull(p.OKAt), p.Release, p.Walked,
		nullText(p.Error), orNull(p.ErrorAt), lanes, xids, seqs, at, done, tried,
		status, said, p.Missed, widths, jumps, jumpsAt).Scan(&more, &to.XID, &to.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, to, ErrLeaseLost
	}
	if err != nil {
		return false, to, fmt.Errorf("storage.Mark: %w", err)
	}
	return more, to, nil
}

func list[T any](items []T) (string, error) {
	if len(items) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(items)
	return string(text), err
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}
