package storage

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is an advisory lock: of several processes that start on one
// database, one migrates and the others wait.
const migrationLock = 0x73746f61 // "stoa"

// Migrate brings the schema to the newest version. Steps are forward only, each
// in a transaction of its own; a step that was changed after it had been applied
// is an error, since the schema it made is not the one its text describes.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("storage.Migrate: %w", err)
	}
	defer conn.Release()
	// A step may take as long as it takes, and so may waiting for another process.
	if _, err := conn.Exec(ctx, `set statement_timeout = 0`); err != nil {
		return fmt.Errorf("storage.Migrate: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `reset statement_timeout`) }() // closed when that fails
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("storage.Migrate: lock: %w", err)
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1)`, migrationLock)
	}()
	if err := migrateSchema(ctx, conn.Conn()); err != nil {
		return fmt.Errorf("storage.Migrate: %w", err)
	}
	if err := migrateJobs(ctx, pool, conn.Conn()); err != nil {
		return fmt.Errorf("storage.Migrate: jobs: %w", err)
	}
	return ensurePartitions(ctx, conn.Conn(), 1)
}

// migrateJobs brings the tables of the job queue to its newest version. What it asks to find out
// whether they are takes a tenth of a start, so that is looked up first.
func migrateJobs(ctx context.Context, pool *pgxpool.Pool, conn *pgx.Conn) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	all := migrator.AllVersions()
	var have int
	if err := conn.QueryRow(ctx, `select count(*) from pg_class where oid = to_regclass('river_migration')`).Scan(&have); err != nil {
		return err
	}
	if have > 0 {
		if err := conn.QueryRow(ctx, `select count(*) from river_migration`).Scan(&have); err != nil {
			return err
		}
	}
	if have == len(all) {
		return nil
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func migrateSchema(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `create table if not exists schema_step (
		name text primary key, sum text not null, applied_at timestamptz not null default now())`); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, `select name, sum from schema_step`)
	if err != nil {
		return err
	}
	applied := map[string]string{}
	var name, sum string
	if _, err := pgx.ForEachRow(rows, []any{&name, &sum}, func() error { applied[name] = sum; return nil }); err != nil {
		return err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	sort.Strings(names)
	for _, file := range names {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return err
		}
		step := strings.TrimSuffix(strings.TrimPrefix(file, "migrations/"), ".sql")
		digest := sha256.Sum256(text)
		want := hex.EncodeToString(digest[:])
		if have, ok := applied[step]; ok {
			if have != want {
				return fmt.Errorf("step %s was changed after it had been applied to this database", step)
			}
			continue
		}
		if err := applyStep(ctx, conn, step, want, string(text)); err != nil {
			return fmt.Errorf("step %s: %w", step, err)
		}
	}
	return nil
}

func applyStep(ctx context.Context, conn *pgx.Conn, step, sum, text string) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, text); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into schema_step (name, sum) values ($1, $2)`, step, sum)
		return err
	})
}

// partitioned are the tables that grow with traffic. They are cut by day and
// emptied by dropping days.
var partitioned = []struct {
	table string
	keep  int // days
}{
	{"log", LogRetention},
	{"outbox_direct", LogRetention}, // points into the log
	{"delivery_skip", LogRetention},
	{"received", 14},
	{"seen", 4},         // a signature is good for little more than an hour
	{"early_delete", 4}, // longer than what was deleted is still on its way
}

// LogRetention is how many days of the log are kept: activities, votes among
// them, answer at their ids for thirty days.
const LogRetention = 31

// daysAhead is how far ahead days are made, so that a node whose sweep stands
// still, or whose clock is put forward, can still take things in.
// Each costs a little whenever a table is asked for all its days. A start makes the first alone.
const daysAhead = 3

// ensurePartitions makes the days from yesterday to so many ahead.
func ensurePartitions(ctx context.Context, conn *pgx.Conn, ahead int) error {
	var today time.Time
	var have []string
	err := conn.QueryRow(ctx, `select current_date::timestamptz, coalesce(array_agg(c.relname::text), '{}') from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent in (select to_regclass(x) from unnest($1::text[]) x)`, partitionedNames()).Scan(&today, &have)
	if err != nil {
		return err
	}
	for _, p := range partitioned {
		for d := -1; d <= ahead; d++ {
			day := today.AddDate(0, 0, d)
			if slices.Contains(have, partitionName(p.table, day)) {
				continue
			}
			_, err := conn.Exec(ctx, fmt.Sprintf(`create table if not exists %s partition of %s for values from ('%s') to ('%s')`,
				partitionName(p.table, day), p.table, day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)))
			if err != nil {
				return fmt.Errorf("partition of %s: %w", p.table, err)
			}
		}
	}
	return nil
}

func partitionedNames() []string {
	names := make([]string, len(partitioned))
	for i, p := range partitioned {
		names[i] = p.table
	}
	return names
}

func partitionName(table string, day time.Time) string {
	return table + "_" + day.Format("20060102")
}

// Sweep makes the coming days of the partitioned tables and drops the days that
// are older than each table keeps.
func (db *DB) Sweep(ctx context.Context) error {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	defer conn.Release()
	// Making and dropping a day locks the whole table, and everybody queues behind
	// who waits for that: a backup that reads for an hour must not stop the node
	// for as long. There are days enough ahead for the next sweep to try again.
	if _, err := conn.Exec(ctx, `set lock_timeout = '2s'`); err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `reset lock_timeout`) }() // closed when that fails
	if _, err := conn.Exec(ctx, `update node set alive_at = now()`); err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	if err := ensurePartitions(ctx, conn.Conn(), daysAhead); err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	for _, p := range partitioned {
		rows, err := conn.Query(ctx, `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
			where i.inhparent = $1::regclass and c.relname < $2`,
			p.table, partitionName(p.table, time.Now().UTC().AddDate(0, 0, -p.keep)))
		if err != nil {
			return fmt.Errorf("storage.Sweep: %w", err)
		}
		old, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("storage.Sweep: %w", err)
		}
		for _, name := range old {
			if _, err := conn.Exec(ctx, `drop table if exists `+pgx.Identifier{name}.Sanitize()); err != nil {
				return fmt.Errorf("storage.Sweep: %w", err)
			}
		}
	}
	if err := sweepTraffic(ctx, conn.Conn()); err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	// Whoever asks for the picture again learns why it failed again.
	if _, err := conn.Exec(ctx, `delete from picture_failure where not refused and retry_at < now() - interval '30 days'`); err != nil {
		return fmt.Errorf("storage.Sweep: %w", err)
	}
	return nil
}

// Kept is what one of the tables that are cut by day takes on disk.
type Kept struct {
	Table   string
	Days    int   // that are kept
	Have    int   // days with a partition of their own, those ahead included
	Bytes   int64 // with indexes
	LastDay int64 // bytes of the last day that is over
}

// Budget is what the table comes to when every day is like the last one.
func (k Kept) Budget() int64 { return int64(k.Days) * k.LastDay }

// Retention says how much is kept of what grows with traffic. It asks the
// catalog alone and costs the same whatever there is.
func (db *DB) Retention(ctx context.Context) ([]Kept, error) {
	tables := partitionedNames()
	kept := make([]Kept, len(partitioned))
	var k Kept
	var n int
	err := each(ctx, db.pool, "storage.Retention", []any{&n, &k.Have, &k.Bytes, &k.LastDay}, func() {
		k.Table, k.Days = partitioned[n-1].table, partitioned[n-1].keep
		kept[n-1] = k
	}, `select t.n, count(c.oid), coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint,
			coalesce(sum(pg_total_relation_size(c.oid)) filter (where c.relname = t.name || '_' || to_char(current_date - 1, 'YYYYMMDD')), 0)::bigint
		from unnest($1::text[]) with ordinality t(name, n)
		left join pg_inherits i on i.inhparent = t.name::regclass left join pg_class c on c.oid = i.inhrelid
		group by t.n`, tables)
	return kept, err
}
