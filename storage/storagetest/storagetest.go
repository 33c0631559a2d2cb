//go:build unix

// Package storagetest gives tests a real Postgres.
//
// Each test binary has a server of its own, without fsync, made when the first test asks for it and gone, with its
// folder, when the binary ends: whether it passes, panics, or is killed. Each schema is migrated once into a template;
// each call of DSN copies it into a database of its own, so tests may commit what they like and run in parallel.
// Without Postgres on the machine tests fail, and never skip.
package storagetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds each of the steps here. They take milliseconds; a machine that builds beside them takes longer.
const patience = 2 * time.Minute

// DSN gives the connection URL of a fresh database in the shape that migrate leaves, dropped when the test ends,
// whoever is still connected to it. migrate is called once in the life of the test binary for each function given, on
// an empty database that serves as the template; nil means an empty database. Two closures written at one place count
// as one function, so what migrate does must not depend on the variables around it.
func DSN(t testing.TB, migrate func(ctx context.Context, dsn string) error) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience) // t.Context has ended when a cleanup runs
	defer cancel()
	s, err := shared()
	if err != nil {
		t.Fatalf("storagetest: no Postgres to test with: %v", err)
	}
	template, err := s.template(ctx, migrate)
	if err != nil {
		t.Fatalf("storagetest: making the template: %v", err)
	}
	name := fmt.Sprintf("test_%d", s.count.Add(1))
	if err := s.admin(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy"); err != nil {
		t.Fatalf("storagetest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.admin(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("storagetest: %v", err)
		}
	})
	return s.cluster.DSN(name)
}

// templates are the migrated databases by what migrated them.
type templates struct {
	mu   sync.Mutex
	made map[string]*template
}

// template is a database nobody may connect to, or the reason why there is none.
type template struct {
	once sync.Once
	err  error
}

// template makes the database for migrate, once, and gives its name.
func (s *server) template(ctx context.Context, migrate func(context.Context, string) error) (string, error) {
	if migrate == nil {
		return "template0", nil
	}
	name := "template_" + nameOf(migrate)
	s.templates.mu.Lock()
	if s.templates.made == nil {
		s.templates.made = map[string]*template{}
	}
	t := s.templates.made[name]
	if t == nil {
		t = &template{}
		s.templates.made[name] = t
	}
	s.templates.mu.Unlock()
	t.once.Do(func() { t.err = s.makeTemplate(ctx, name, migrate) })
	return name, t.err
}

func (s *server) makeTemplate(ctx context.Context, name string, migrate func(context.Context, string) error) error {
	if err := s.admin(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 STRATEGY file_copy"); err != nil {
		return err
	}
	if err := migrate(ctx, s.cluster.DSN(name)); err != nil {
		return err
	}
	// A connection left open, a pool's or autovacuum's, would keep the database from being copied.
	return s.admin(ctx,
		"ALTER DATABASE "+name+" ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '"+name+"'")
}

// nameOf tells functions apart by where they are written, in letters a database's name may have.
func nameOf(migrate func(context.Context, string) error) string {
	pc := reflect.ValueOf(migrate).Pointer()
	f := runtime.FuncForPC(pc)
	file, line := f.FileLine(pc)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s:%d", f.Name(), file, line))
	return fmt.Sprintf("%x", sum[:8])
}

// admin runs statements on the server's own database, each in its own transaction. All
// calls share a connection, which one that failed does not leave behind: a new one costs a
// third of what copying a template does.
func (s *server) admin(ctx context.Context, statements ...string) (err error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.conn == nil || s.conn.IsClosed() {
		if s.conn, err = pgx.Connect(ctx, s.cluster.DSN("postgres")); err != nil {
			return err
		}
	}
	for _, sql := range statements {
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
