package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/fedtest"
	"stoa/storage/cluster"
)

// What a signature and its proof took, in milliseconds, where the targets were set.
const (
	referenceSign  = 0.77
	referenceProof = 0.033
)

const (
	runs    = 5 // that count; one before them warms up
	keySeed = 7
	keys    = 8 // RSA keys that all actors share; making one costs a tenth of a second
)

// bench is what all measurements share.
type bench struct {
	o        options
	out      io.Writer
	program  string
	keys     *fedtest.Keyring
	clusters map[string]*cluster.Cluster
	idling   *idling
}

func newBench(ctx context.Context, o options, out io.Writer) (*bench, error) {
	data, err := filepath.Abs(o.data)
	if err != nil {
		return nil, err
	}
	o.data = data
	if err := os.MkdirAll(data, 0o755); err != nil { //nolint:gosec // the user that Postgres runs as must pass
		return nil, err
	}
	b := &bench{o: o, out: out, keys: fedtest.NewSharedKeyring(keySeed, keys), clusters: map[string]*cluster.Cluster{}}
	if o.program == "" {
		err = b.build(ctx)
	} else {
		b.program, err = filepath.Abs(o.program)
	}
	if err != nil {
		return nil, err
	}
	if o.wants("idle") {
		// A minute passes meanwhile: it idles beside the others.
		if b.idling, err = b.startIdling(ctx); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) build(ctx context.Context) error {
	b.program = filepath.Join(b.o.data, "stoa")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", b.program, "./cmd/stoa")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building ./cmd/stoa: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) close() {
	if b.idling != nil {
		b.idling.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for name, c := range b.clusters {
		if err := c.Stop(ctx); err != nil {
			b.sayf("stopping the cluster %s: %v", name, err)
		}
	}
}

func (b *bench) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(b.out, format+"\n", args...) // nobody is left to be told
}

// cluster returns a running private Postgres, set up as a node's own, except
// that it could count its statements. It does so in runs that are profiled.
func (b *bench) cluster(ctx context.Context, name string) (*cluster.Cluster, error) {
	if c := b.clusters[name]; c != nil {
		return c, nil
	}
	o := cluster.Options{Dir: b.clusterDir(name), Logger: slog.New(slog.DiscardHandler)}
	o.Settings = map[string]string{"shared_preload_libraries": statementsLibrary}
	c, err := cluster.Start(ctx, o)
	if err != nil {
		return nil, err
	}
	b.clusters[name] = c
	return c, admin(ctx, c, func(conn *pgx.Conn) error { return countStatements(ctx, conn, "none") })
}

func (b *bench) clusterDir(name string) string { return filepath.Join(b.o.data, "postgres-"+name) }

// postmaster is the pid of a running cluster's first process.
func (b *bench) postmaster(name string) (int, error) {
	text, err := os.ReadFile(filepath.Join(b.clusterDir(name), "db", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	var pid int
	_, err = fmt.Sscan(string(first), &pid)
	return pid, err
}

// createDatabase makes a database anew, as a copy of another one if template is
// not empty.
func createDatabase(ctx context.Context, c *cluster.Cluster, name, template string) error {
	if err := dropDatabase(ctx, c, name); err != nil {
		return err
	}
	return admin(ctx, c, func(conn *pgx.Conn) error {
		sql := "create database " + quote(name)
		if template != "" {
			sql += " template " + quote(template) + " strategy file_copy"
		}
		_, err := conn.Exec(ctx, sql)
		return err
	})
}

func dropDatabase(ctx context.Context, c *cluster.Cluster, name string) error {
	return admin(ctx, c, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "drop database if exists "+quote(name)+" with (force)")
		return err
	})
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// admin runs do on the database that every cluster has.
func admin(ctx context.Context, c *cluster.Cluster, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(ctx))
}

// facts prints what the figures depend on.
func (b *bench) facts(ctx context.Context, took time.Duration) {
	postgres := "not used"
	for _, c := range b.clusters {
		err := admin(ctx, c, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, "show server_version").Scan(&postgres) })
		if err != nil {
			postgres = err.Error()
		}
		break
	}
	sign, prove, err := bareRSA(b.keys.RSA("any"))
	if err != nil {
		b.sayf("RSA: %v", err)
	}
	b.sayf("\nRSA-2048 alone, just now: signing %s ms, proof %s ms (where the targets were set: %s and %s)",
		digits(sign.Seconds()*1000), digits(prove.Seconds()*1000), digits(referenceSign), digits(referenceProof))
	b.sayf("%d cores (%s), load %s, %s, Postgres %s (fsync and synchronous_commit on), %d senders, quick %t, in %v",
		runtime.NumCPU(), processor(), loadAverage(), runtime.Version(), postgres, b.o.senders, b.o.quick, took.Round(time.Second))
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimLeft(strings.TrimSpace(name), ": \t")
		}
	}
	return runtime.GOARCH
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}
