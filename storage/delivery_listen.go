package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

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
