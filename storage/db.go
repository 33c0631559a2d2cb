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
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"
	"github.com/riverqueue/river"
	"golang.org/x/net/publicsuffix"

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
	_, err := conn.Exec(ctx, `set default_toast_compression = 'lz4'`)
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return nil // built without it
	}
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

// ErrOtherURL is returned by Bind for a database that belongs to another url.
type ErrOtherURL struct{ Have, Want string }

func (e *ErrOtherURL) Error() string {
	return fmt.Sprintf("this database belongs to the node %s; every id in it begins with that, so it cannot become %s. "+
		"Set url to %s, or use another database for the new node", e.Have, e.Want, e.Have)
}

// Bind ties the database to the node's public url: written at the first start,
// compared at every later one. It also keeps log positions growing when the
// database was restored into a cluster whose transaction ids are younger.
func (db *DB) Bind(ctx context.Context, base string) error {
	base = strings.TrimSuffix(base, "/")
	var have string
	err := db.pool.QueryRow(ctx, `insert into node (url) values ($1)
		on conflict (one) do update set url = node.url returning url`, base).Scan(&have)
	if err != nil {
		return fmt.Errorf("storage.Bind: %w", err)
	}
	if have != base {
		return &ErrOtherURL{Have: have, Want: base}
	}
	db.base = base
	// Positions are kept in more places than the log, which may be empty by now.
	_, err = db.pool.Exec(ctx, `update node set xid_offset = xid_offset + lag.by
		from (select greatest(
				(select max(xid) from log), (select max(xid) from outbox_direct), (select max(low_xid) from delivery_lane),
				(select max(greatest(since_xid, until_xid)) from audience), (select max(greatest(touched_xid, walked_xid)) from server),
				(select max(xid) from log_reader), 0) - log_xid() + 1 as by) lag
		where lag.by > 1`)
	if err != nil {
		return fmt.Errorf("storage.Bind: log positions: %w", err)
	}
	return nil
}

// URL is the node's public url that the database is tied to; empty before the
// first Bind.
func (db *DB) URL(ctx context.Context) (string, error) {
	var have string
	err := db.pool.QueryRow(ctx, `select url from node`).Scan(&have)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return have, err
}

// LocalKey is the private key of an actor that lives here.
type LocalKey struct {
	Owner, KeyID, PrivatePEM string
}

// LocalKey finds the key that signs for an actor of ours; false when there is none.
func (db *DB) LocalKey(ctx context.Context, owner string) (LocalKey, bool, error) {
	k := LocalKey{Owner: owner}
	err := db.pool.QueryRow(ctx, `select key_id, private_pem from local_key where owner = $1`, owner).Scan(&k.KeyID, &k.PrivatePEM)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("storage.LocalKey(%q): %w", owner, err)
	}
	return k, true, nil
}

// AddLocalKey keeps a key made for an actor of ours; one that is there already
// stays and is returned, so that of two processes that start at once both sign
// with the same key.
func (db *DB) AddLocalKey(ctx context.Context, k LocalKey) (LocalKey, error) {
	err := db.pool.QueryRow(ctx, `insert into local_key (owner, key_id, private_pem) values ($1, $2, $3)
		on conflict (owner) do update set owner = excluded.owner returning key_id, private_pem`,
		k.Owner, k.KeyID, k.PrivatePEM).Scan(&k.KeyID, &k.PrivatePEM)
	if err != nil {
		return k, fmt.Errorf("storage.AddLocalKey(%q): %w", k.Owner, err)
	}
	return k, nil
}

// ProofSeed keeps what the keys of this node's integrity proofs are made of, and
// returns what was kept first.
func (db *DB) ProofSeed(ctx context.Context, fresh []byte) (seed []byte, err error) {
	err = db.pool.QueryRow(ctx, `update node set proof_seed = coalesce(proof_seed, $1) returning proof_seed`, fresh).Scan(&seed)
	if err != nil {
		return nil, fmt.Errorf("storage.ProofSeed: %w", err)
	}
	return seed, nil
}

// ReserveName implements forum.FoundingTx.
func (t *Tx) ReserveName(ctx context.Context, name string, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `insert into local_name (name, taken_at) values ($1, $2) on conflict do nothing`, name, at)
	return err == nil && tag.RowsAffected() == 1, err
}

// InsertCommunity implements forum.FoundingTx.
func (t *Tx) InsertCommunity(ctx context.Context, c forum.Community, privateKey string) (int64, error) {
	var id int64
	err := t.tx.QueryRow(ctx, `insert into community (uri, name, host, local, title, summary_source, summary_html,
			inbox, shared_inbox, followers_url, public_key, key_id, published_at, sensitive, restricted,
			rules_source, rules_html, language, untitled)
		values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) returning id`,
		c.URI, c.Name, c.Host, c.Title, c.SummarySource, c.SummaryHTML, c.Inbox, t.base+"/inbox", c.FollowersURL,
		c.PublicKey, c.KeyID, c.Published, c.Sensitive, c.Restricted, c.RulesSource, c.RulesHTML, c.Language, c.Untitled).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("storage.InsertCommunity(%q): %w", c.Name, err)
	}
	return id, t.insertKey(ctx, c.URI, c.KeyID, privateKey)
}

// InsertPerson implements forum.FoundingTx.
func (t *Tx) InsertPerson(ctx context.Context, p forum.Person, privateKey string) (int64, error) {
	var id int64
	err := t.tx.QueryRow(ctx, `insert into person (uri, name, host, local, title, bio_source, bio_html,
			inbox, shared_inbox, public_key, key_id, published_at, bot, discoverable)
		values ($1, $2, $3, true, $4, $5, $6, $7, $8, $9, $10, $11, $12, not $12) returning id`,
		p.URI, p.Name, p.Host, p.Title, p.BioSource, p.BioHTML, p.Inbox, t.base+"/inbox",
		p.PublicKey, p.KeyID, p.Published, p.Bot).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("storage.InsertPerson(%q): %w", p.Name, err)
	}
	return id, t.insertKey(ctx, p.URI, p.KeyID, privateKey)
}

func (t *Tx) insertKey(ctx context.Context, owner, keyID, privatePEM string) error {
	_, err := t.tx.Exec(ctx, `insert into local_key (owner, key_id, private_pem) values ($1, $2, $3)`, owner, keyID, privatePEM)
	return err
}

// HostOf is the host[:port] of an id or url, lower case; empty when it has none.
func HostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// Registrable is the domain below which whoever owns a server has as many names as they
// like: budgets of servers are counted by it.
func Registrable(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
