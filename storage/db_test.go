package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/forum"
	"stoa/storage"
)

// What says that Postgres is away, and what it or others merely refused.
func TestDown(t *testing.T) {
	n := newNode(t)
	query := func(sql string) error {
		_, err := n.db.Pool().Exec(t.Context(), sql)
		if err == nil {
			t.Fatalf("%s: no error", sql)
		}
		return err
	}
	_, refusedConnection := pgx.Connect(t.Context(), "postgres://127.0.0.1:1/none?connect_timeout=5")
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	terminated := query(`select pg_terminate_backend(pg_backend_pid())`)
	divided, tooBig, noTable := query(`select 1/0`), query(`select 100000::smallint`), query(`select 1 from nothing`)
	slow := query(`set statement_timeout = 1; select pg_sleep(1)`)
	n.db.Close()
	for name, c := range map[string]struct {
		err  error
		down bool
	}{
		"a closed pool":               {n.db.Ping(t.Context()), true},
		"a closed pool, changed":      {n.db.InTx(t.Context(), func(context.Context, *storage.Tx) error { return nil }), true},
		"no time to ask":              {n.db.Ping(late), true},
		"nobody listens":              {refusedConnection, true},
		"an administrator's hand":     {terminated, true},
		"a cut line":                  {io.ErrUnexpectedEOF, true},
		"disk full":                   {&pgconn.PgError{Code: "53100"}, true},
		"a division by nothing":       {divided, false},
		"a number too big":            {tooBig, false},
		"a table that is not there":   {noTable, false},
		"a statement that takes long": {slow, false},
		"no row":                      {pgx.ErrNoRows, false},
		"a refusal":                   {forum.Refuse(forum.Invalid, "x", "x"), false},
		"the end of a file":           {io.EOF, false},
		"something else":              {errors.New("x"), false},
		"another server is away":      {&url.Error{Op: "Get", URL: "x", Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}, false},
	} {
		if err := fmt.Errorf("wrapped: %w", c.err); c.err == nil || storage.Down(err) != c.down {
			t.Errorf("%s: %v: down is %v", name, c.err, !c.down)
		}
	}
}
