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
