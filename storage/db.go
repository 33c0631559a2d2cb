// Package storage keeps Stoa's world in Postgres: the forum's nouns, the log of
// what happened, what came in and how far each server has been told. SQL stands
// beside the function that needs it. A DB can change things, inside transactions
// that are passed on as values; a Reader can only show them.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"
	"github.com/riverqueue/river"

	"stoa/federation/forum"
)

// DB is a pool of connections to one node's database. It is safe for
// concurrent use.
type DB struct {
	pool *pgxpool.Pool
	base string                // the node's public url, without a slash at the end
	jobs *river.Client[pgx.Tx] // only adds jobs; who works on them is wired elsewhere

	senders senders
	bell    bell
}

// Options tune a pool. The zero value suits a small machine.
type Options struct {
	MaxConns int32 // 0 means 16
}

// statementTimeout and idleTimeout bound every transaction: the log is read only
// up to the oldest open one, so a stuck writer would hold up all delivery.
const (
	statementTimeout = 30 * time.Second
	idleTimeout      = 15 * time.Second
)

// Open connects to dsn and migrates the schema to the newest version.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("storage.Open: %w", err)
	}
	cfg.MaxConns = 16
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "stoa"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(statementTimeout.Milliseconds())
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = fmt.Sprint(idleTimeout.Milliseconds())
	// No disk of today reads four times slower out of order, which is the default.
	// With it a long thread is joined with everybody known instead of its authors.
	cfg.ConnConfig.RuntimeParams["random_page_cost"] = "1.1"
	cfg.AfterConnect = compressFast
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("storage.Open: %w", err)
	}
	db := &DB{pool: pool}
	if err := Migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	if db.jobs, err = newInserter(db); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

// compressFast has long values compressed with LZ4 where Postgres was built with
// it. Documents of the log are as long as that; with the default a row of it takes
// 60 µs of Postgres, with LZ4 30.
func compressFast(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `select set_config(name, 'lz4', false) from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)`)
	return err
}

// Close ends all connections.
func (db *DB) Close() {
	db.bell.rest()
	db.pool.Close()
}

// Pool gives the connections to the job queue, which keeps tables of its own.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping says whether Postgres answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Tx is one transaction. It implements forum.Tx and forum.FoundingTx, and has
// what the inbox needs besides.
type Tx struct {
	tx   pgx.Tx
	base string
	jobs *river.Client[pgx.Tx]

	forget bool // with its commit, what is remembered of senders may be wrong
	logged bool // whoever reads the log is told, once it has committed
}

// SQL is the transaction itself, for storage/private, whose tables change together
// with those of this package.
func (t *Tx) SQL() pgx.Tx { return t.tx }

// InTx runs do in one transaction: committed when do returns nil, rolled back
// otherwise. After a deadlock it runs again, up to eight times in all and after a
// longer pause each time, so do must have no effect outside the transaction. Rows are
// locked in one order everywhere, posts, comments, people, communities, servers, each
// by ascending id; what is left of deadlocks are ids inserted by two at once.
func (db *DB) InTx(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	const tries = 8 // three were too few when sixteen wrote to the same dozen rows
	for n := 1; ; n++ {
		err := db.once(ctx, do)
		if err == nil || n == tries || !Retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(n) * 20 * time.Millisecond)): //nolint:gosec // no secret: those who met are not to meet again
		}
	}
}

// begin has statements planned once for all their parameters: what is written is found
// by its keys, whatever they are, and planning it anew each time took a third of
// what somebody waited for their comment.
const begin = `begin; set local plan_cache_mode = force_generic_plan`

func (db *DB) once(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("storage: begin: %w", err)
	}
	// The rollback must reach Postgres also when ctx is what ended the work.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	t := &Tx{tx: tx, base: db.base, jobs: db.jobs}
	if err := do(ctx, t); err != nil {
		return err
	}
	if t.forget {
		// Also of a commit whose answer is lost.
		defer db.senders.forget()
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("storage: commit: %w", err)
	}
	if t.logged {
		db.bell.ring(db.pool)
	}
	return nil
}

// Retryable reports whether the same transaction may succeed when it is tried
// again at once: a deadlock, or a serialization failure.
func Retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001")
}

// Down reports whether an error means that Postgres cannot be reached or cannot
// work just now, as opposed to having refused a statement for what it says, and
// to anything that has nothing to do with Postgres. Only then may the same work
// be tried again and again.
func Down(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if pg.Code == "57014" { // a statement that takes too long may do so every time
			return false
		}
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58": // connection, deadlock, resources, locks, operator, system
			return true
		}
		return pg.Severity == "FATAL" // the connection is gone, whatever it is called
	}
	if errors.As(err, new(*url.Error)) {
		return false // what HTTP clients return: another server is away
	}
	var network net.Error
	return errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, puddle.ErrClosedPool) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// Full reports whether Postgres has no room left on its disk. That is one of the
// ways of being Down.
func Full(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "53100"
}

// Unstorable reports whether Postgres refused a text for its bytes: not UTF-8, a
// NUL, a character that its encoding lacks. The same will be refused for ever.
func Unstorable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "22021" || pg.Code == "22P05")
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// each runs a query and calls row for every row, with fields filled from it.
// what names the caller in errors.
func each(ctx context.Context, q querier, what string, fields []any, row func(), sql string, args ...any) error {
	rows, err := q.Query(ctx, sql, args...)
	if err == nil {
		_, err = pgx.ForEachRow(rows, fields, func() error { row(); return nil })
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// ask puts a query into a batch; when it is answered row is called for every row, as
// in each. Statements of one batch cost one round trip.
func ask(batch *pgx.Batch, fields []any, row func(), sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, fields, func() error { row(); return nil })
		return err
	})
}

var (
	_ forum.Tx         = (*Tx)(nil)
	_ forum.FoundingTx = (*Tx)(nil)
)
