package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/fedtest"
	"stoa/storage/cluster"
)

// rig is a node on a database of its own, in a process of its own.
type rig struct {
	b          *bench
	cluster    *cluster.Cluster
	name       string
	dsn        string
	url        string
	private    string // address of the private listener
	settings   []string
	postmaster int
	server     *child
	watch      *pgx.Conn // looks on; what it uses is not counted
	watchPID   int
	peers      []*fedtest.Peer
	author     *fedtest.Actor   // of all posts
	crew       []*fedtest.Actor // those who vote and reply; known to the node, as the author is
	posts      int              // made so far
	profiled   string           // file of the profile, if one was taken
}

// newRig starts a node with the communities named. The database is a copy of the
// template in the cluster, or empty.
func (b *bench) newRig(ctx context.Context, name, clusterName, template string, communities ...string) (_ *rig, err error) {
	c, err := b.cluster(ctx, clusterName)
	if err != nil {
		return nil, err
	}
	r := &rig{b: b, cluster: c, name: name, dsn: c.DSN("bench " + name)}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if r.postmaster, err = b.postmaster(clusterName); err != nil {
		return nil, err
	}
	if err := createDatabase(ctx, c, "bench "+name, template); err != nil {
		return nil, err
	}
	public, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	if r.private, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	r.url = "http://" + public
	settings := []string{
		"--url", r.url, "--listen", public, "--listen-private", r.private, "--dev-federation", "true",
		"--database-url", r.dsn, "--data", filepath.Join(b.o.data, "node"),
	}
	r.settings = settings
	for _, community := range communities {
		if out, err := b.stoa(ctx, append([]string{"community", "create", community}, settings...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("stoa community create: %w\n%s", err, out)
		}
	}
	if r.server, err = b.serve(ctx, name, settings...); err != nil {
		return nil, err
	}
	if err := r.server.ready(ctx, r.private); err != nil {
		return nil, err
	}
	if r.watch, err = pgx.Connect(ctx, r.dsn); err != nil {
		return nil, err
	}
	return r, r.watch.QueryRow(ctx, "select pg_backend_pid()").Scan(&r.watchPID)
}

// community is one of this node's, as others see it.
func (r *rig) community(name string) fedtest.Community {
	return fedtest.CommunityAt(r.url + "/c/" + name)
}

func (r *rig) inbox() string { return r.url + "/inbox" }

// peer starts another server in this process. Peers accept whatever comes, and
// end with the rig.
func (r *rig) peer(ctx context.Context, o fedtest.Options) (*fedtest.Peer, error) {
	o.Keys, o.Lenient = r.b.keys, true
	p, err := fedtest.Start(ctx, o)
	if err == nil {
		r.peers = append(r.peers, p)
	}
	return p, err
}

func (r *rig) close() {
	if r.watch != nil {
		_ = r.watch.Close(context.Background()) // its server is about to go
	}
	if r.server != nil {
		r.server.kill()
	}
	for _, p := range r.peers {
		p.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := dropDatabase(ctx, r.cluster, "bench "+r.name); err != nil {
		r.b.sayf("dropping the database of %s: %v", r.name, err)
	}
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
