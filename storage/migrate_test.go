package storage_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"stoa/storage"
	"stoa/storage/storagetest"
)

// Several processes may start on an empty database at once, and again later.
func TestMigrate(t *testing.T) {
	dsn := storagetest.DSN(t, nil)
	var together sync.WaitGroup
	for range 3 {
		together.Go(func() {
			db, err := storage.Open(t.Context(), dsn, storage.Options{MaxConns: 4})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	together.Wait()
	db := open(t, dsn)
	var steps, times int
	if err := db.Pool().QueryRow(t.Context(), `select count(*), count(distinct applied_at) from schema_step`).Scan(&steps, &times); err != nil {
		t.Fatal(err)
	}
	if steps == 0 || steps != times {
		t.Errorf("%d steps at %d moments, want one transaction each", steps, times)
	}
	var timeout string
	if err := db.Pool().QueryRow(t.Context(), `show statement_timeout`).Scan(&timeout); err != nil {
		t.Fatal(err)
	}
	if timeout != "30s" {
		t.Errorf("after migrating statements may take %s, want 30s", timeout)
	}
}

// A database whose schema was made by a text that is no longer there is not
// touched.
func TestMigrateChangedStep(t *testing.T) {
	db := open(t, storagetest.DSN(t, migrated))
	if _, err := db.Pool().Exec(t.Context(), `update schema_step set sum = 'of another text' where name = '0001_foundation'`); err != nil {
		t.Fatal(err)
	}
	err := storage.Migrate(t.Context(), db.Pool())
	if err == nil || !strings.Contains(err.Error(), "0001_foundation") {
		t.Errorf("got %v, want an error that names the step", err)
	}
}

// A step that fails leaves nothing of itself, and no lock.
func TestMigrateFails(t *testing.T) {
	dsn := storagetest.DSN(t, nil)
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), `create table comment (in_the_way int)`); err != nil {
		t.Fatal(err)
	}
	if err := storage.Migrate(t.Context(), pool); err == nil {
		t.Fatal("a table that exists was made again")
	}
	var left int
	if err := pool.QueryRow(t.Context(), `select count(*) from pg_tables where schemaname = 'public' and tablename in ('post', 'person', 'log')`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d tables of a failed step are there", left)
	}
	if _, err := pool.Exec(t.Context(), `drop table comment`); err != nil {
		t.Fatal(err)
	}
	if err := storage.Migrate(t.Context(), pool); err != nil {
		t.Errorf("with the cause gone: %v", err)
	}
}

// before makes a database with the schema as it was before a step, and a way to change it.
func before(t *testing.T, step string) (dsn string, exec func(sql string, args ...any)) {
	t.Helper()
	dsn = storagetest.DSN(t, nil)
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	exec = func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`create table schema_step (name text primary key, sum text not null, applied_at timestamptz not null default now())`)
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	next := slices.IndexFunc(files, func(file string) bool { return strings.HasPrefix(filepath.Base(file), step) })
	if next < 1 {
		t.Fatalf("%s is none of %v, or the first", step, files)
	}
	for _, file := range files[:next] {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		exec(string(text))
		exec(`insert into schema_step (name, sum) values ($1, $2)`, strings.TrimSuffix(filepath.Base(file), ".sql"), fmt.Sprintf("%x", sha256.Sum256(text)))
	}
	return dsn, exec
}

// What was owed and given up under the schema before 0007 is there after it.
func TestMigrateKeepsWhatIsOwed(t *testing.T) {
	dsn, exec := before(t, "0007")
	exec(`with s as (insert into server (host) values ('a.test') returning id), i as (insert into server_inbox (server_id, url) select id, 'https://a.test/inbox' from s returning *),
		o as (insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
			select server_id, id, 1, 1, now() - d * interval '1 day', 1, d from i, generate_series(0, 40) d)
		insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason, skipped_at)
			select server_id, id, 1, 1, now(), 1, d, 8, 500, '', now() - d * interval '1 day' from i, generate_series(0, 40) d`)
	db := open(t, dsn)
	for _, table := range []string{"outbox_direct", "delivery_skip"} {
		var rows int
		if err := db.Pool().QueryRow(t.Context(), `select count(*) from `+table).Scan(&rows); err != nil || rows != 41 {
			t.Errorf("%s has %d rows, %v", table, rows, err)
		}
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
}

// Whoever went before 0034 and left behind what a moderator had removed is emptied again.
func TestMigrateEmptiesWhatWasRemoved(t *testing.T) {
	dsn, exec := before(t, "0034")
	exec(`insert into person (uri, name, host, local, inbox, gone, gone_at, emptied) select 'https://a.test/' || x, x as name, 'a.test', false, 'i', true, now(), true from unnest(array['post', 'comment', 'both gone', 'nothing']) x;
		insert into community (uri, name, host, local) values ('https://a.test/c', 'c', 'a.test', true);
		insert into post (id, uri, local, community_id, author_id, published_at, submitted_at, state, life_gone)
			select a.id, 'p' || a.id, false, c.id, a.id, now() - interval '1 day', now(), 2, a.name <> 'post' from person a, community c where a.name <> 'nothing';
		insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, published_at, state)
			select a.id, 'm' || a.id, false, (select min(id) from post), 1, a.id, '', now(), 2 from person a where a.name = 'comment'`)
	db := open(t, dsn)
	var again string
	if err := db.Pool().QueryRow(t.Context(), `select string_agg(name, ', ' order by name) from person where not emptied`).Scan(&again); err != nil || again != "comment, post" {
		t.Errorf("%q are emptied again, %v", again, err)
	}
}
