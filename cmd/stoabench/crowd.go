package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage"
)

const (
	crowdPeople = 50_000
	crowdVotes  = 100 // on each post, on average
)

// crowd makes sure of a database with a big vote table, and returns its name.
// Measurements take copies.
func (b *bench) crowd(ctx context.Context) (string, error) {
	what := fmt.Sprintf("%d votes", b.o.votes)
	return b.kept(ctx, "crowd", fmt.Sprintf("crowd %d", b.o.votes), what, func(conn *pgx.Conn) error { return fillCrowd(ctx, conn, b.o.votes) })
}

// kept makes sure of a database of the name in the cluster. It is made once, by
// fill, and kept for later runs.
func (b *bench) kept(ctx context.Context, clusterName, name, what string, fill func(*pgx.Conn) error) (string, error) {
	c, err := b.cluster(ctx, clusterName)
	if err != nil {
		return "", err
	}
	var there bool
	err = admin(ctx, c, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "select exists (select 1 from pg_database where datname = $1)", name).Scan(&there)
	})
	if err != nil {
		return "", err
	}
	if there {
		err := migrate(ctx, c.DSN(name))
		if err == nil {
			return name, nil
		}
		b.sayf("  the %s that were kept are of no use: %v", what, err)
	}
	b.sayf("  making %s, once", what)
	unfinished := name + " unfinished"
	if err := createDatabase(ctx, c, unfinished, ""); err != nil {
		return "", err
	}
	if err := migrate(ctx, c.DSN(unfinished)); err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, c.DSN(unfinished))
	if err != nil {
		return "", err
	}
	if err := errors.Join(fill(conn), conn.Close(ctx)); err != nil {
		return "", err
	}
	if err := dropDatabase(ctx, c, name); err != nil {
		return "", err
	}
	return name, admin(ctx, c, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "alter database "+quote(unfinished)+" rename to "+quote(name))
		return err
	})
}

// migrate brings a database to the schema of this program.
func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

// fillCrowd writes people, posts and votes of other servers. Who votes on what
// is scattered, as it is on a node that has grown: rows that come together in
// time lie together, those of one post do not.
func fillCrowd(ctx context.Context, conn *pgx.Conn, votes int) error {
	people, posts := min(crowdPeople, max(votes, 1)), max(votes/crowdVotes, 1)
	per := (votes + posts - 1) / posts
	if per > people {
		people = per
	}
	start := time.Now().Add(-300 * 24 * time.Hour)
	var community int
	err := conn.QueryRow(ctx, `insert into community (uri, name, host, local) values ('https://crowd.example/c/crowd', 'crowd', 'crowd.example', false)
		returning id`).Scan(&community)
	if err != nil {
		return err
	}
	if _, err := copyRows(ctx, conn, "person", []string{"id", "uri", "name", "host", "local"}, people, func(i int) []any {
		return []any{i + 1_000_001, fmt.Sprintf("https://crowd.example/u/p%d", i), fmt.Sprintf("p%d", i), "crowd.example", false}
	}); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	if _, err := copyRows(ctx, conn, "post", []string{"id", "uri", "local", "community_id", "author_id", "title", "published_at", "submitted_at", "up"}, posts, func(i int) []any {
		at := start.Add(time.Duration(i) * time.Second)
		return []any{i + 1_000_001, fmt.Sprintf("https://crowd.example/post/%d", i), false, community, i%people + 1_000_001, "A post", at, at, per}
	}); err != nil {
		return fmt.Errorf("posts: %w", err)
	}
	if _, err := copyRows(ctx, conn, "vote", []string{"subject_kind", "subject_id", "person_id", "dir", "at", "activity"}, votes, func(i int) []any {
		post, nth := i%posts, i/posts // one vote on each post, then the next
		person := (post*7919 + nth) % people
		return []any{1, post + 1_000_001, person + 1_000_001, 1, start.Add(time.Duration(i) * time.Millisecond), fmt.Sprintf("https://crowd.example/activities/like/%08x-%04x-4000-8000-%012x", i, i%65536, i)}
	}); err != nil {
		return fmt.Errorf("votes: %w", err)
	}
	_, err = conn.Exec(ctx, "vacuum (freeze, analyze)")
	return err
}

func copyRows(ctx context.Context, conn *pgx.Conn, table string, columns []string, n int, row func(i int) []any) (int64, error) {
	i := 0
	return conn.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if i == n {
			return nil, ctx.Err()
		}
		i++
		return row(i - 1), ctx.Err()
	}))
}
