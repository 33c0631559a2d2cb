package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// logChannel is where it is told that something was written to the log. heardNote, with
// its number behind, is the payload when it is a server that became due instead.
const (
	logChannel = "stoa_log"
	heardNote  = "due "
)

// bell tells readers of the log that something was written to it, a moment after the
// commit that wrote it. Postgres lets no two transactions that notify commit at once,
// and each holds the others up until its flush has reached the disk: told inside the
// transactions, whoever writes a comment waited for every batch of votes that was
// committing. What a killed process did not tell is found by the next look.
type bell struct {
	mu      sync.Mutex
	wanted  bool
	ringing sync.WaitGroup // one goroutine at most
	busy    bool
}

// ring returns at once. Of many calls during one round trip the next tells.
func (b *bell) ring(pool *pgxpool.Pool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wanted = true
	if b.busy {
		return
	}
	b.busy = true
	b.ringing.Go(func() {
		for b.again() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			// Nobody has to wait for the disk to have this.
			_, _ = pool.Exec(ctx, `select set_config('synchronous_commit', 'off', true), pg_notify('`+logChannel+`', '')`)
			cancel()
		}
	})
}

func (b *bell) again() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy, b.wanted = b.wanted, false
	return b.busy
}

// rest waits until everything has been told.
func (b *bell) rest() { b.ringing.Wait() }

// Heard closes the breaker of a server that has just sent us something authentic.
// Whoever listens is told, so that a walk under way learns of it as well.
func (db *DB) Heard(ctx context.Context, host string) error {
	_, err := db.pool.Exec(ctx, `with s as (
			update server set failures = 0, retry_at = null, wake_at = null
			where host = $1 and (failures > 0 and retry_at is not null or wake_at is not null) returning id)
		select pg_notify('`+logChannel+`', '`+heardNote+`' || id) from s`, host)
	if err != nil {
		return fmt.Errorf("storage.Heard(%q): %w", host, err)
	}
	return nil
}

// Dialect is in which form a server is told what a community announces.
type Dialect int16

// The dialects.
const (
	BothDialects     Dialect = iota // its software is not known, or takes either
	ForumDialect                    // the activity inside an Announce
	MicroblogDialect                // what is made for microblogs
)

// Dialects are in which form a server is told of which rows of the log.
type Dialects struct {
	since []int64 // ascending
	is    []Dialect
}

// At is the dialect in force for rows of one transaction. Before anything is
// known of a server that is both.
func (d Dialects) At(xid int64) Dialect {
	for i, since := range slices.Backward(d.since) {
		if since <= xid {
			return d.is[i]
		}
	}
	return BothDialects
}

// Only reports whether no other dialect was ever in force.
func (d Dialects) Only(one Dialect) bool {
	return len(d.is) > 0 && !slices.ContainsFunc(d.is, func(x Dialect) bool { return x != one })
}

// Known reports whether anything is recorded.
func (d Dialects) Known() bool { return len(d.is) > 0 }

// Add returns what holds once a server turns out to understand one, for rows
// from since on. A server of which nothing is known was told in both, unless
// since is 0: then it was told of nothing yet.
func (d Dialects) Add(since int64, one Dialect) Dialects {
	out := Dialects{since: slices.Clone(d.since), is: slices.Clone(d.is)}
	if len(out.is) == 0 && since > 0 {
		out.since, out.is = append(out.since, 0), append(out.is, BothDialects)
	}
	switch last := len(out.is) - 1; {
	case last >= 0 && out.is[last] == one:
	case last >= 0 && out.since[last] >= since:
		out.is[last] = one
	default:
		out.since, out.is = append(out.since, since), append(out.is, one)
	}
	return out
}

// Identity is what a server says it runs, and what follows from that.
type Identity struct {
	Software, Version string
	Dialects          Dialects
	Again             time.Time // when to ask again
}

// Probed records it, or returns ErrLeaseLost and records nothing: what form a
// row goes out in is decided by who sends it.
func (db *DB) Probed(ctx context.Context, owner uuid.UUID, server int64, id Identity) error {
	err := db.pool.QueryRow(ctx, `with s as (
			update server set probed_at = now(), probe_failures = 0, software = $3, version = $4, probe_at = $5, microblog = $6
			where id = $1 and lease_owner = $2 returning id
		), f as (
			insert into server_form (server_id, since_xid, form)
			select s.id, d.since, d.form from s, unnest($7::bigint[], $8::smallint[]) d(since, form)
			on conflict (server_id, since_xid) do update set form = excluded.form, at = now() where server_form.form <> excluded.form
		)
		select id from s`, server, owner, id.Software, id.Version, id.Again, id.Dialects.Only(MicroblogDialect),
		id.Dialects.since, id.Dialects.is).Scan(&server)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("storage.Probed: %w", err)
	}
	return nil
}

// Unprobed records that a server did not say what it runs, failures times now.
// What it said before holds.
func (db *DB) Unprobed(ctx context.Context, server int64, failures int, again time.Time) error {
	_, err := db.pool.Exec(ctx, `update server set probe_failures = $2, probe_at = $3 where id = $1`, server, failures, again)
	if err != nil {
		return fmt.Errorf("storage.Unprobed: %w", err)
	}
	return nil
}

// InboxRefused notes that an inbox says it does not exist: 404, 405 or 410. Whoever it
// belongs to is asked for anew, as it may have moved: communities, and of people the one concerned.
// Lemmy also says 404 where it knows not what is spoken of, so that is done once in an hour.
func (db *DB) InboxRefused(ctx context.Context, inbox int64, status int, concerned string) error {
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var fetches []FetchObject
		f := FetchObject{Asker: "inboxes", Refresh: true}
		err := each(ctx, tx.tx, "storage.InboxRefused", []any{&f.IRI}, func() { fetches = append(fetches, f) }, `with i as (
				select i.id, i.url, s.host, coalesce(i.refused_at < now() - interval '1 hour', true) as again
				from server_inbox i join server s on s.id = i.server_id where i.id = $1 for update of i
			), noted as (
				update server_inbox n set refused_status = $2, refused_at = case when i.again then now() else n.refused_at end from i where n.id = i.id
			)
			(select c.uri from i join community c on c.host collate "C" = i.host where i.again and not c.local and not c.gone and c.inbox = i.url limit 10)
			union all select a.uri from i join person a on a.uri = $3 where i.again and not a.local and not a.gone and a.inbox = i.url`, inbox, status, concerned)
		if err != nil {
			return err
		}
		may, err := tx.affordable(ctx, fetches)
		if err != nil {
			return err
		}
		return tx.enqueueFetches(ctx, slices.DeleteFunc(fetches, func(f FetchObject) bool { return !may[f] }), time.Time{})
	})
	if err != nil {
		return fmt.Errorf("storage.InboxRefused: %w", err)
	}
	return nil
}

// Skip is a unit that was given up.
type Skip struct {
	Server int64
	Unit   *Unit
	Tries  int
	Status int // last HTTP answer; 0 when there was none
	Reason string
}

// Skipped records a unit that was given up.
func (db *DB) Skipped(ctx context.Context, s Skip) error {
	u := s.Unit
	_, err := db.pool.Exec(ctx, `insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where not exists (
			select 1 from delivery_skip where server_id = $1 and inbox_id = $2 and form = $4 and xid = $6 and seq = $7)`,
		s.Server, u.Inbox, u.Lane, u.Form, u.At, u.XID, u.Seq, s.Tries, s.Status, s.Reason)
	if err != nil {
		return fmt.Errorf("storage.Skipped: %w", err)
	}
	return nil
}

// Note is what ListenLog tells: that the log has more, or that servers became due.
type Note struct {
	Due    bool  // servers are due, instead of rows of the log
	Server int64 // which has been heard from; 0 when any may be due
}

// ListenLog holds one connection of its own and calls wake after every commit
// that wrote to the log, and for every server that was heard from while it was
// let be. It reconnects by itself and calls wake after that too, since a note may
// have been missed. It returns when ctx ends. wake must not block; failed is told of
// every loss of the connection.
func (db *DB) ListenLog(ctx context.Context, wake func(Note), failed func(error)) {
	for ctx.Err() == nil {
		err := db.listen(ctx, wake)
		if ctx.Err() != nil {
			return
		}
		failed(fmt.Errorf("storage.ListenLog: %w", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (db *DB) listen(ctx context.Context, wake func(Note)) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	// The connection is closed at the end of ctx as well.
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(end)
	}()
	if _, err := conn.Exec(ctx, `listen `+senderChannel); err != nil {
		return err
	}
	// The last statement is what NodeRuns looks for.
	if _, err := conn.Exec(ctx, `listen `+logChannel); err != nil {
		return err
	}
	db.senders.trust(true)
	defer db.senders.trust(false)
	wake(Note{Due: true})
	for {
		note, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if note.Channel == senderChannel {
			db.senders.forget()
			continue
		}
		var n Note
		if id, ok := strings.CutPrefix(note.Payload, heardNote); ok {
			n.Due = true
			n.Server, _ = strconv.ParseInt(id, 10, 64) // any server, if it is no number
		}
		wake(n)
	}
}
