//go:build unix

// Package cluster runs a private Postgres: found on this machine, made in a folder of the caller's, reachable through
// a Unix socket only, and gone when the program goes.
//
// A folder given to Start belongs to this package. In it lie
//
//	db/           the cluster itself, owned by the user Postgres runs as, mode 0700
//	db.new/       one that is being made; renamed to db when whole, deleted at the next start otherwise
//	lock          flocked by the program that runs the cluster; holds its pid and the socket's folder
//	socket-*/     the socket's folder, new at every start (in the temporary folder when the path here is too long)
//	postgres.log  what Postgres says, at most 8 MiB, with the file before it as postgres.log.1
//
// One program at a time runs a cluster: a second one gets an InUseError and may Attach to the first one's. A
// Postgres left behind by a program that was killed is never doubled: on Linux it is told to shut down by the kernel
// when its parent dies, and whatever of it is still there at the next start is stopped in good order and waited for
// before a new one starts on the same files. What had been committed is there again.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// superuser is the role initdb makes and every connection uses. Who may connect is decided by the socket's folder.
const superuser = "stoa"

// Options say where a cluster lives and how it runs. Only Dir must be set.
type Options struct {
	// Dir is the folder of the cluster, made when missing. It may lie anywhere the program itself can write, also
	// beneath a home that is closed to the user Postgres runs as (on Linux).
	Dir string

	// Logger gets starts, stops and warnings; nil means slog.Default. Postgres' own log goes to Dir/postgres.log.
	Logger *slog.Logger

	// NoFsync makes a cluster that does not survive a crash of the machine, and is faster to make. For tests only.
	NoFsync bool

	// Settings override those this package gives to Postgres, such as "shared_buffers": "256MB".
	Settings map[string]string
}

// Cluster is a running Postgres.
type Cluster struct {
	dir    string
	socket string // folder of the socket
	log    *slog.Logger
	child  *child // nil when another program runs it
	lock   *lock
}

// Start runs the cluster in o.Dir, making it first if there is none, and returns once it answers. ctx bounds the start
// alone, which takes tens of milliseconds, about half a second for a new cluster, longer when Postgres must recover
// after a crash. Errors: InUseError when another program runs it, ErrNotFound without Postgres programs on this
// machine, MajorError when those found are of another major version than the one that made the cluster.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("cluster.Start(%q): %w", o.Dir, err)
		}
	}()
	c := &Cluster{log: o.Logger}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.dir, err = realDir(o.Dir); err != nil {
		return nil, err
	}
	if c.lock, err = takeLock(c.dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.release()
		}
	}()
	removeSocketFolder(c.lock.last.socket)
	removeSocketFolders(c.dir)

	programs, user, err := c.prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	db, err := openFolder(filepath.Join(c.dir, "db"), user)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if c.socket, err = makeSocketFolder(c.dir, user); err != nil {
		return nil, err
	}
	if c.child, err = startServer(ctx, programs, user, db, c, o); err != nil {
		return nil, err
	}
	err = c.awaitReady(ctx)
	if err == nil {
		err = c.lock.record(c.socket)
	}
	if err != nil {
		c.child.signal(quitNow)
		<-c.child.done
		return nil, err
	}
	c.log.Info("postgres started", "dir", c.dir, "version", programs.Version, "user", user.name, "pid", c.child.pid())
	return c, nil
}

// prepare leaves a whole, unused cluster in db, and says which programs run it, and as whom.
func (c *Cluster) prepare(ctx context.Context, o Options) (Binaries, account, error) {
	db := filepath.Join(c.dir, "db")
	user, err := serverAccount(c.dir, db)
	if err != nil {
		return Binaries{}, account{}, err
	}
	if user.warning != "" {
		c.log.Warn(user.warning, "dir", c.dir)
	}
	for _, dir := range []string{db, db + ".new"} {
		if err := endOrphans(ctx, dir, c.log); err != nil {
			return Binaries{}, account{}, err
		}
	}
	if err := os.RemoveAll(db + ".new"); err != nil {
		return Binaries{}, account{}, err
	}
	major, err := majorOf(db)
	if err != nil {
		return Binaries{}, account{}, err
	}
	programs, err := findFor(ctx, major, c.dir)
	if err != nil {
		return Binaries{}, account{}, err
	}
	if major == 0 {
		if err := initialize(ctx, programs, user, db, o.NoFsync); err != nil {
			return Binaries{}, account{}, err
		}
		c.log.Info("postgres cluster made", "dir", c.dir, "version", programs.Version, "user", user.name)
	}
	// With the orphans gone the file can only be stale: empty, or naming a pid that has since been given to another
	// process, on which Postgres would refuse to start.
	if err := os.Remove(filepath.Join(db, "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return Binaries{}, account{}, err
	}
	return programs, user, nil
}

// awaitReady returns when Postgres answers on its socket, when it has ended, or when ctx ends.
func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began, said := time.Now(), time.Now()
	refusals := 0 // after Postgres itself said that it is ready
	for {
		last := c.ping(ctx)
		if last == nil {
			return nil
		}
		if c.saysReady() {
			refusals++
		}
		if refusals > 300 { // about three seconds, not the fault of a start that takes long
			return fmt.Errorf("postgres runs but cannot be reached: %w", last)
		}
		select {
		case <-c.child.done:
			return fmt.Errorf("postgres ended at its start (%w): %s", c.child.err, c.child.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("waiting for postgres: %w (last answer: %w)", ctx.Err(), last)
		case <-tick.C:
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			c.log.Info("postgres is starting, perhaps recovering after a crash", "seconds", int(time.Since(began).Seconds()))
		}
	}
}

// saysReady reports whether Postgres wrote into its file that it takes connections.
func (c *Cluster) saysReady() bool {
	text, err := os.ReadFile(filepath.Join(c.dir, "db", "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && strings.TrimSpace(lines[7]) == "ready"
}

func (c *Cluster) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// DSN is the connection URL of one of the cluster's databases, for pgx or psql. It stays good until the cluster stops.
func (c *Cluster) DSN(database string) string {
	q := url.Values{"host": {c.socket}, "port": {"5432"}, "sslmode": {"disable"}}
	// pgx and psql, other than browsers, take a plus for a plus.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: query}
	return u.String()
}

// EnsureDatabase makes an empty database of that name unless there is one. The name may hold any character.
func (c *Cluster) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("cluster.EnsureDatabase(%q): %w", name, err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is left to be told
	var there bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "42P04" || refused.Code == "23505") {
		return nil // somebody else made it in between
	}
	if err != nil {
		return fmt.Errorf("cluster.EnsureDatabase(%q): %w", name, err)
	}
	return nil
}

// Done is closed when Postgres has ended, whether it was stopped or died. For an attached cluster it is never closed.
func (c *Cluster) Done() <-chan struct{} {
	if c.child == nil {
		return nil
	}
	return c.child.done
}

// Err says why Postgres ended, with its last words; nil while it runs and after a clean stop.
func (c *Cluster) Err() error {
	select {
	case <-c.Done():
		if c.child.err == nil {
			return nil
		}
		return fmt.Errorf("postgres in %s ended (%w): %s", c.dir, c.child.err, c.child.lastWords())
	default:
		return nil
	}
}

// Stop ends Postgres, cutting connections that are still open, and returns when it is gone and the folder free. When
// ctx ends first, Postgres is told to quit without a checkpoint: nothing committed is lost, the next start recovers.
// Stop of an attached cluster leaves it running. A second Stop does nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.child == nil {
		return nil
	}
	// The "smart" stop (SIGTERM) waits for every client, and hangs for as long as one pool holds a connection.
	c.child.signal(fastStop)
	var late error
	select {
	case <-c.child.done:
	case <-ctx.Done():
		late = fmt.Errorf("cluster.Stop(%q): %w", c.dir, ctx.Err())
		c.child.signal(quitNow)
		select {
		case <-c.child.done:
		case <-time.After(10 * time.Second):
			c.child.killGroup()
			<-c.child.done
		}
	}
	c.release()
	return late
}

// release gives up what Start took, except the child.
func (c *Cluster) release() {
	removeSocketFolder(c.socket)
	c.lock.release()
}

// realDir makes dir and gives its absolute path without links.
func realDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no folder given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(abs, "\x00\n") {
		return "", errors.New("the folder's name holds a line break")
	}
	// Others may pass through, so that Postgres' own user reaches db, but not list.
	if err := os.MkdirAll(abs, 0o711); err != nil { //nolint:gosec // more than 0750, for the reason above
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
