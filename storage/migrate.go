package storage

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sort"
	"strings"

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
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("storage.Migrate: jobs: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("storage.Migrate: jobs: %w", err)
	}
	return ensurePartitions(ctx, conn.Conn())
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
