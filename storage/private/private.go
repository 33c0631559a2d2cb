// Package private keeps in Postgres what belongs to one person of this node and is
// told to nobody: how they sign in, how they want to read, what they saved, hid,
// drafted and were told. What the world sees is in package storage.
package private

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"stoa/storage"
)

// Store reads and writes the tables of this package. It is safe for concurrent use
// if it was made by Of.
type Store struct{ q querier }

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Of returns a Store each of whose steps is a transaction of its own.
func Of(db *storage.DB) Store { return Store{db.Pool()} }

// In returns a Store whose steps are part of a transaction.
func In(tx *storage.Tx) Store { return Store{tx.SQL()} }

// one reads one row; storage.ErrNotFound when there is none.
func (s Store) one(ctx context.Context, what, sql string, fields []any, args ...any) error {
	err := s.q.QueryRow(ctx, sql, args...).Scan(fields...)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return storage.ErrNotFound
	case err != nil:
		return fmt.Errorf("private.%s: %w", what, err)
	}
	return nil
}

// each calls row for every row, with fields filled from it.
func (s Store) each(ctx context.Context, what string, fields []any, row func(), sql string, args ...any) error {
	rows, err := s.q.Query(ctx, sql, args...)
	if err == nil {
		_, err = pgx.ForEachRow(rows, fields, func() error { row(); return nil })
	}
	if err != nil {
		return fmt.Errorf("private.%s: %w", what, err)
	}
	return nil
}

// do changes rows and tells how many.
func (s Store) do(ctx context.Context, what, sql string, args ...any) (int, error) {
	tag, err := s.q.Exec(ctx, sql, args...)
	if err != nil {
		return 0, fmt.Errorf("private.%s: %w", what, err)
	}
	return int(tag.RowsAffected()), nil
}
