package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// logChannel is where a commit that wrote to the log notifies. heardNote is the
// payload when it is a server that became due instead.
const (
	logChannel = "stoa_log"
	heardNote  = "due"
)

// Heard closes the breaker of a server that has just sent us something authentic.
func (db *DB) Heard(ctx context.Context, host string) error {
	_, err := db.pool.Exec(ctx, `with s as (
			update server set failures = 0, retry_at = null, wake_at = null
			where host = $1 and (failures > 0 and retry_at is not null or wake_at is not null) returning id)
		select pg_notify('`+logChannel+`', '`+heardNote+`') from s`, host)
	if err != nil {
		return fmt.Errorf("storage.Heard(%q): %w", host, err)
	}
	return nil
}

// Probed records what a server says it runs, and when to ask again. microblog
// means that it is told of nothing but posts.
func (db *DB) Probed(ctx context.Context, server int64, software, version string, microblog bool, again time.Time) error {
	_, err := db.pool.Exec(ctx, `update server set probed_at = now(), probe_failures = 0, software = $2, version = $3,
		microblog = $4, probe_at = $5 where id = $1`, server, software, version, microblog, again)
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

// InboxRefused notes that an inbox says it does not exist: 404, 405 or 410.
func (db *DB) InboxRefused(ctx context.Context, inbox int64, status int) error {
	_, err := db.pool.Exec(ctx, `update server_inbox set refused_status = $2, refused_at = now() where id = $1`, inbox, status)
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
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
		s.Server, u.Inbox, u.Lane, u.Form, u.At, u.XID, u.Seq, s.Tries, s.Status, s.Reason)
	if err != nil {
		return fmt.Errorf("storage.Skipped: %w", err)
	}
	return nil
}

// ListenLog holds one connection of its own and calls wake after every commit
// that wrote to the log, with due when it was a server that became due instead.
// It reconnects by itself and calls wake after that too, since a note may have
// been missed. It returns when ctx ends. wake must not block; failed is told of
// every loss of the connection.
func (db *DB) ListenLog(ctx context.Context, wake func(due bool), failed func(error)) {
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

func (db *DB) listen(ctx context.Context, wake func(due bool)) error {
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
	if _, err := conn.Exec(ctx, `listen `+logChannel); err != nil {
		return err
	}
	wake(true)
	for {
		note, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		wake(note.Payload == heardNote)
	}
}
