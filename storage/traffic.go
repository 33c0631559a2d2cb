package storage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Flow is one of the streams that are counted for the picture of a day.
type Flow int16

// What came in, by what became of it, and what went out.
const (
	FlowApplied  Flow = 1 // or without effect, since it was so already
	FlowRefused  Flow = 2 // at the door, or when it was worked on
	FlowRepeated Flow = 3 // seen before
	FlowDeferred Flow = 4 // the sender was told to come again

	FlowDelivered Flow = 11
	FlowAnswered  Flow = 12 // with an answer that ends the matter
	FlowFailed    Flow = 13 // and is tried again
	FlowGivenUp   Flow = 14
)

// Inward and Outward are the flows in the order in which they are shown.
var (
	Inward  = []Flow{FlowApplied, FlowRefused, FlowRepeated, FlowDeferred}
	Outward = []Flow{FlowDelivered, FlowAnswered, FlowFailed, FlowGivenUp}
)

const (
	// TrafficStep is how finely traffic is counted.
	TrafficStep = 5 * time.Minute
	trafficKept = 14 // days
)

// AddTraffic adds counts to the step that a moment lies in. Several processes
// may do so.
func (db *DB) AddTraffic(ctx context.Context, at time.Time, counts map[Flow]int64) error {
	kinds, n := make([]int16, 0, len(counts)), make([]int64, 0, len(counts))
	for kind, count := range counts {
		kinds, n = append(kinds, int16(kind)), append(n, count)
	}
	_, err := db.pool.Exec(ctx, `insert into traffic (at, kind, n)
		select $1, x.kind, x.n from unnest($2::smallint[], $3::bigint[]) x(kind, n) order by x.kind
		on conflict (at, kind) do update set n = traffic.n + excluded.n`, at.UTC().Truncate(TrafficStep), kinds, n)
	if err != nil {
		return fmt.Errorf("storage.AddTraffic: %w", err)
	}
	return nil
}

// Traffic is what was counted in one step.
type Traffic struct {
	At     time.Time
	Counts map[Flow]int64
}

// Traffic lists the steps from a moment on in which anything was counted, in order.
func (r *Reader) Traffic(ctx context.Context, since time.Time) ([]Traffic, error) {
	var all []Traffic
	var at time.Time
	var kind Flow
	var n int64
	err := each(ctx, r.db.pool, "storage.Reader.Traffic", []any{orZero{&at}, &kind, &n}, func() {
		if len(all) == 0 || !all[len(all)-1].At.Equal(at) {
			all = append(all, Traffic{At: at, Counts: map[Flow]int64{}})
		}
		all[len(all)-1].Counts[kind] += n
	}, `select at, kind, n from traffic where at >= $1 order by at, kind`, since)
	return all, err
}

// sweepTraffic takes old steps away. A year of them is smaller than an hour of
// the log, so they are not cut by day.
func sweepTraffic(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `delete from traffic where at < now() - make_interval(days => $1)`, trafficKept)
	return err
}

// TableBudget is what one of the tables that grow with traffic takes.
type TableBudget struct {
	Table    string `json:"table"`
	DaysKept int    `json:"days_kept"`
	Bytes    int64  `json:"bytes"`          // now, with indexes and what is stored out of line
	DayRows  int64  `json:"last_day_rows"`  // of the last full day, about
	DayBytes int64  `json:"last_day_bytes"` // of the last full day
}

// Expected is what the table comes to when every kept day is like the last full one.
func (b TableBudget) Expected() int64 { return b.DayBytes * int64(b.DaysKept) }

// Budget lists the tables that are emptied by age, with what they take. It reads
// sizes and statistics only, and no row of the large ones.
func (r *Reader) Budget(ctx context.Context) ([]TableBudget, error) {
	kept, err := r.db.Retention(ctx)
	if err != nil {
		return nil, err
	}
	days := make([]string, len(kept))
	all := make([]TableBudget, len(kept), len(kept)+1)
	for i, k := range kept {
		days[i] = partitionName(k.Table, time.Now().UTC().AddDate(0, 0, -1))
		all[i] = TableBudget{Table: k.Table, DaysKept: k.Days, Bytes: k.Bytes, DayBytes: k.LastDay}
	}
	var n int
	var rows int64
	err = each(ctx, r.db.pool, "storage.Reader.Budget", []any{&n, &rows}, func() { all[n-1].DayRows = rows },
		`select t.n, greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))::bigint
		from unnest($1::text[]) with ordinality t(name, n) join pg_class c on c.oid = to_regclass(t.name)`, days)
	if err != nil {
		return nil, err
	}
	b := TableBudget{Table: "traffic", DaysKept: trafficKept}
	err = r.one(ctx, "Budget", `select pg_total_relation_size('traffic'), y.n, y.n * pg_total_relation_size('traffic') / greatest((select count(*) from traffic), 1)
		from (select count(*) n from traffic where at >= current_date - 1 and at < current_date) y`, []any{&b.Bytes, &b.DayRows, &b.DayBytes})
	return append(all, b), err
}

// Parcel is an activity that came in, as an admin sees it.
type Parcel struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	State    string    `json:"state"`
	Host     string    `json:"host"`
	Type     string    `json:"type"`
	Actor    string    `json:"actor"`
	Activity string    `json:"activity"`
	Reason   string    `json:"reason"`
	Needs    string    `json:"needs,omitempty"` // the id it waits for
	Tries    int       `json:"tries"`
	NextAt   time.Time `json:"next_at,omitzero"` // it is looked at again, while it waits
	DoneAt   time.Time `json:"done_at,omitzero"`
	Bytes    int       `json:"bytes"` // of the body; 0 when that is not kept
}

var stateNames = map[int16]string{
	StateUnverified: "unverified", StateReady: "ready", StateWaiting: "waiting",
	StateApplied: "applied", StateRefused: "refused", StateFailed: "failed",
}

const parcelColumns = `r.id, r.at, r.state, r.host, r.type, r.actor, r.activity, r.reason, r.needs, r.tries, r.next_at, r.done_at, length(r.body)`

func parcelFields(p *Parcel, state *int16) []any {
	return []any{
		&p.ID, orZero{&p.At}, state, &p.Host, &p.Type, &p.Actor, &p.Activity, &p.Reason, &p.Needs, &p.Tries,
		orZero{&p.NextAt}, orZero{&p.DoneAt}, &p.Bytes,
	}
}

// named fills in what is not a column.
func (p Parcel) named(state int16) Parcel {
	p.State = stateNames[state]
	if state != StateUnverified && state != StateWaiting {
		p.NextAt = time.Time{}
	}
	return p
}

// Refused lists what could not be applied, newest first, before an id (0 for all),
// of one host or of all.
func (r *Reader) Refused(ctx context.Context, host string, before int64, limit int) ([]Parcel, error) {
	var all []Parcel
	var p Parcel
	var state int16
	fields, row := parcelFields(&p, &state), func() { all = append(all, p.named(state)) }
	if before <= 0 {
		before = math.MaxInt64
	}
	if host == "" {
		err := each(ctx, r.db.pool, "storage.Reader.Refused", fields, row, `select `+parcelColumns+` from received r
			where r.state in (4, 5) and r.id < $1 order by r.id desc limit $2`, before, limit)
		return all, err
	}
	err := each(ctx, r.db.pool, "storage.Reader.Refused", fields, row, `select `+parcelColumns+` from received r
		where r.state in (4, 5) and r.host = $3 and r.id < $1 order by r.id desc limit $2`, before, limit, host)
	return all, err
}

// Parcel finds one activity that came in, with its bytes.
func (r *Reader) Parcel(ctx context.Context, id int64) (Parcel, []byte, error) {
	var p Parcel
	var state int16
	var body []byte
	err := r.one(ctx, "Parcel", `select `+parcelColumns+`, r.body from received r where r.id = $1`, append(parcelFields(&p, &state), &body), id)
	if errors.Is(err, ErrNotFound) {
		err = forum.Refuse(forum.NotFound, "no-such-activity", "Nothing that was received has the number %d. It is kept for %d days.", id, daysKept("received"))
	}
	return p.named(state), body, err
}

func daysKept(table string) int {
	for _, p := range partitioned {
		if p.table == table {
			return p.keep
		}
	}
	return 0
}

// Replay lets an activity that could not be applied be judged once more, as if it
// had just been verified. Refused are one whose body is gone, one that is being
// worked on, and one that was applied, then or when it was sent again.
func (db *DB) Replay(ctx context.Context, id int64) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var state int16
		var at time.Time
		var bytes int
		var a Arrival
		var copies int
		rows, err := tx.tx.Query(ctx, `select r.state, r.at, length(r.body), r.actor, r.activity, r.type,
				(select count(*) from received o where o.activity = r.activity and o.actor = r.actor and o.id <> r.id and o.state in (1, 2, 3))
			from received r where r.id = $1 for update of r`, id)
		if err != nil {
			return fmt.Errorf("storage.Replay: %w", err)
		}
		found := rows.Next()
		if found {
			err = rows.Scan(&state, &at, &bytes, &a.Actor, &a.Activity, &a.Type, &copies)
		}
		rows.Close()
		if err == nil {
			err = rows.Err()
		}
		switch {
		case err != nil:
			return fmt.Errorf("storage.Replay: %w", err)
		case !found:
			return forum.Refuse(forum.NotFound, "no-such-activity", "Nothing that was received has the number %d. It is kept for %d days.", id, daysKept("received"))
		case state == StateApplied:
			return forum.Refuse(forum.Conflict, "applied", "Activity %d was applied; doing that once more would do nothing.", id)
		case state < StateApplied:
			return forum.Refuse(forum.Conflict, "under-way", "Activity %d is being worked on already.", id)
		case bytes == 0:
			return forum.Refuse(forum.Gone, "body-gone", "The body of activity %d is not kept: nobody vouched for it, or its content was deleted. "+
				"Only its sender can send it again.", id)
		case copies > 0 && a.Type != "Follow":
			return forum.Refuse(forum.Conflict, "sent-again", "Activity %d was sent again since, and that copy was taken.", id)
		}
		// What is refused may be sent again; what is about to be judged is a repeat.
		if _, err := tx.tx.Exec(ctx, `insert into seen (hash) select $1 where not exists (select 1 from seen where hash = $1
			and day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3])) on conflict do nothing`, a.hash()); err != nil {
			return fmt.Errorf("storage.Replay: %w", err)
		}
		_, err = tx.tx.Exec(ctx, `update received set state = 1, tries = 0, reason = '', needs = '', via = '', next_at = now(), done_at = null
			where id = $1 and at = $2`, id, at)
		if err != nil {
			return fmt.Errorf("storage.Replay: %w", err)
		}
		return nil
	})
}

// NodeRuns reports whether a process works on this database: each listens for
// what is written to the log.
func (r *Reader) NodeRuns(ctx context.Context) (bool, error) {
	var runs bool
	err := r.one(ctx, "NodeRuns", `select exists (select 1 from pg_stat_activity where datname = current_database() and query = $1)`,
		[]any{&runs}, `listen `+logChannel)
	return runs, err
}
