package storage_test

import (
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
