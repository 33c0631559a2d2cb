package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"stoa/activitypub/sig"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
	"stoa/storage/cluster"
)

// databaseName is the database in the node's own Postgres.
const databaseName = "stoa"

// database is an open database, with the private Postgres it may live in.
type database struct {
	*storage.DB
	cluster *cluster.Cluster // nil when database-url names one, or when another process runs it
}

// openDatabase opens the node's database. serving says whether this process is
// the node: it then runs the private Postgres; a command beside a running node
// uses that node's.
func openDatabase(ctx context.Context, c *config, serving bool, log *slog.Logger) (*database, error) {
	dsn := c.DatabaseURL
	var own *cluster.Cluster
	if dsn == "" {
		var err error
		dir := filepath.Join(c.Data, "postgres")
		if !serving {
			own, err = cluster.Attach(ctx, dir)
		}
		if serving || errors.Is(err, cluster.ErrNotRunning) {
			own, err = cluster.Start(ctx, cluster.Options{Dir: dir, Logger: log})
		}
		if err != nil {
			return nil, err
		}
		if err := own.EnsureDatabase(ctx, databaseName); err != nil {
			_ = own.Stop(context.WithoutCancel(ctx))
			return nil, err
		}
		dsn = own.DSN(databaseName)
	}
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		if err = db.Bind(ctx, c.URL.String()); err != nil {
			db.Close()
		}
	}
	if err != nil {
		if own != nil {
			_ = own.Stop(context.WithoutCancel(ctx))
		}
		return nil, err
	}
	return &database{DB: db, cluster: own}, nil
}

// close ends the connections, and the private Postgres if it is ours.
func (d *database) close() error {
	d.Close()
	if d.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return d.cluster.Stop(ctx)
}

// nodeKey finds the key of the node's own actor, or makes it at the first start.
func nodeKey(ctx context.Context, db *storage.DB, p *outbox.Publisher) (storage.LocalKey, error) {
	key, ok, err := db.LocalKey(ctx, p.NodeURI())
	if err != nil || ok {
		return key, err
	}
	private, err := sig.GenerateKey()
	if err != nil {
		return key, err
	}
	pem, err := sig.EncodePrivateKey(private)
	if err != nil {
		return key, err
	}
	return db.AddLocalKey(ctx, storage.LocalKey{Owner: p.NodeURI(), KeyID: p.NodeKeyID(), PrivatePEM: pem})
}

// newActor makes an actor with a key of its own.
func newActor(name, title string, about forum.Text) (forum.NewActor, error) {
	a := forum.NewActor{Name: name, Title: title, Summary: about}
	var err error
	a.PrivateKey, a.PublicKey, err = newKeys()
	return a, err
}

// newKeys makes a pair of keys, as PEM.
func newKeys() (private, public string, err error) {
	key, err := sig.GenerateKey()
	if err != nil {
		return "", "", err
	}
	if private, err = sig.EncodePrivateKey(key); err != nil {
		return "", "", err
	}
	public, err = sig.EncodePublicKey(&key.PublicKey)
	return private, public, err
}

// withForum runs do in one transaction of the node's database, beside a node
// that may be running.
func (a *app) withForum(do func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error)) (forum.Outcome, error) {
	log := newLog(a.err, a.cfg)
	db, err := openDatabase(a.ctx, a.cfg, false, log)
	if err != nil {
		return forum.Outcome{}, err
	}
	publisher, err := newPublisher(a.ctx, a.cfg, db.DB, nil)
	if err != nil {
		return forum.Outcome{}, errors.Join(err, db.close())
	}
	f := forum.New(publisher, nil)
	var out forum.Outcome
	err = db.InTx(a.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err = do(ctx, f, tx)
		if err == nil && out.Refused != nil {
			return out.Refused
		}
		return err
	})
	if cerr := db.close(); err == nil && cerr != nil {
		err = fmt.Errorf("closing: %w", cerr)
	}
	return out, err
}
