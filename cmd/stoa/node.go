package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"stoa/activitypub/sig"
	"stoa/federation/deliver"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/gather"
	"stoa/federation/inbox"
	"stoa/federation/outbox"
	"stoa/federation/reach"
	"stoa/federation/serve"
	"stoa/storage"
	"stoa/storage/bucket"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/compose"
	"stoa/web/member"

	"github.com/jackc/pgx/v5"
)

// node is a running server: the rooms of the house, wired.
type node struct {
	cfg     *config
	log     *slog.Logger
	db      *storage.DB
	metrics *prometheus.Registry

	publisher *outbox.Publisher
	forum     *forum.Forum
	client    *fetch.Client
	inbox     *inbox.Inbox
	deliverer *deliver.Deliverer
	gatherer  *gather.Gatherer
	reach     *reach.Reach
	media     *web.Media
	uploads   *media.Uploads
	bucket    *bucket.Bucket // nil where uploads lie in the data folder
	pictures  *web.Pictures
	jobs      *river.Client[pgx.Tx]
	public    http.Handler
	site      *web.Site
	about     outbox.Node
	admin     *web.Admin // nil on a node that nobody looks after
	traffic   *traffic

	stopping atomic.Bool
}

// sweepEvery is how often coming days are made and old ones dropped.
var sweepEvery = time.Hour

// newNode wires a node on an open database. clock may be nil.
func newNode(ctx context.Context, c *config, db *storage.DB, log *slog.Logger, clock func() time.Time) (*node, error) {
	n := &node{cfg: c, log: log, db: db, metrics: prometheus.NewRegistry(), traffic: &traffic{}}
	n.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newBacklog(n))

	n.publisher = outbox.NewPublisher(c.URL, clock)
	key, err := nodeKey(ctx, db, n.publisher)
	if err != nil {
		return nil, fmt.Errorf("the node's key: %w", err)
	}
	if n.about, err = n.describe(ctx, key); err != nil {
		return nil, err
	}
	n.publisher = n.publisher.About(n.about)
	n.forum = forum.New(n.publisher, clock)
	if c.DevFederation {
		n.forum.TallyRest = time.Second
	}
	keyring := deliver.NewKeyring(db)
	n.client = fetch.New(fetch.Options{
		BaseURL: c.URL, Version: version, Dev: c.DevFederation, Blocked: db.Blocked, Logger: log,
		Sign: func(ctx context.Context, r *http.Request, body []byte) error {
			return keyring.Sign(ctx, r, body, n.publisher.NodeURI())
		},
	})
	n.inbox = inbox.New(inbox.Options{
		DB: db, Forum: n.forum, Client: n.client, BaseURL: c.URL, Log: log, Clock: clock,
		Dev: c.DevFederation, NoLimits: c.DevFederation, Source: c.source, Registry: n.metrics, Observe: n.traffic.came,
		Disk: c.disk(), Messages: func(tx *storage.Tx) forum.MessageTx { return private.In(tx) },
	})
	n.deliverer = deliver.New(n.deliveryOptions(keyring))
	n.reach = reach.New(n.reachOptions())
	if err := n.openUploads(); err != nil {
		return nil, err
	}
	if err := n.gather(key); err != nil {
		return nil, err
	}
	if n.jobs, err = n.newJobs(); err != nil {
		return nil, err
	}
	if n.public, err = n.publicHandler(); err != nil {
		return nil, err
	}
	n.admin, err = n.adminPages()
	return n, err
}

// describe is what the node's own actor says of the node.
func (n *node) describe(ctx context.Context, key storage.LocalKey) (outbox.Node, error) {
	about := outbox.Node{Name: n.cfg.Name, Summary: n.cfg.Summary}
	private, err := sig.ParsePrivateKey(key.PrivatePEM)
	if err != nil {
		return about, fmt.Errorf("the node's key: %w", err)
	}
	if about.PublicKey, err = sig.EncodePublicKey(&private.PublicKey); err != nil {
		return about, fmt.Errorf("the node's key: %w", err)
	}
	about.Published.Time, err = n.db.Reader().Since(ctx)
	return about, err
}

// introduce tells other servers what the node says of itself, where they do not
// know yet.
func (n *node) introduce(ctx context.Context) error {
	return n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Introduce(ctx, tx, forum.Person{URI: n.publisher.NodeURI(), Local: true}, n.about.Name+"\n"+n.about.Summary+"\n"+n.about.PublicKey)
		return err
	})
}

// deliveryOptions hurries on a test bed, where nobody is harmed by it.
func (n *node) deliveryOptions(keys *deliver.Keyring) deliver.Options {
	measure := observeDeliveries(n.metrics)
	o := deliver.Options{DB: n.db, Client: n.client, Keys: keys, Log: n.log, Observe: func(d deliver.Delivery) {
		measure(d)
		n.traffic.went(d.Outcome)
	}}
	if n.cfg.DevFederation {
		o.Backoff, o.MaxBackoff, o.Poll = 200*time.Millisecond, 2*time.Second, 500*time.Millisecond
		o.ProbeWaits = []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond}
	}
	return o
}

// reachRate is how many objects a second are asked of one server; 0 means what is
// polite. Tests set it.
var reachRate float64

// reachOptions ask again for a follow sooner on a test bed.
func (n *node) reachOptions() reach.Options {
	o := reach.Options{DB: n.db, Forum: n.forum, Client: n.client, Inbox: n.inbox, Log: n.log, Rate: reachRate}
	if n.cfg.DevFederation {
		o.Waits, o.Look = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute}, time.Second
	}
	return o
}

// gather prepares what gets and keeps pictures. Their addresses are signed with what
// only the node knows and never changes, its private key.
func (n *node) gather(key storage.LocalKey) error {
	refuse, err := gather.NewRefuser(n.cfg.MediaRefuse, n.cfg.MediaCheck)
	if err != nil {
		return err
	}
	store := media.NewStore(filepath.Join(n.cfg.Data, mediaFolder), n.cfg.MediaBudget, nil)
	n.gatherer = gather.New(gather.Options{
		DB: n.db, Client: n.client, Store: store, Refuse: refuse, Dev: n.cfg.DevFederation, Log: n.log,
	})
	n.pictures = member.Pictures(n.db, n.uploads, n.cfg.UploadBudget, time.Now)
	n.pictures.Look = refuse.Look
	n.media = &web.Media{Signer: media.NewSigner([]byte(key.PrivatePEM)), Store: store, Ask: n.gatherer.Ask}
	return nil
}

// newJobs registers who works on which job.
func (n *node) newJobs() (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, n.inbox.Fetcher())
	river.AddWorker(workers, n.gatherer.Pictures())
	river.AddWorker(workers, n.gatherer.Pages())
	n.reach.AddWorkers(workers)
	river.AddWorker(workers, &postman{n: n})
	river.AddWorker(workers, &teller{n: n})
	return river.NewClient(riverpgxv5.New(n.db.Pool()), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: 8}, storage.PictureQueue: {MaxWorkers: 3}, storage.PageQueue: {MaxWorkers: 2},
			storage.BackfillQueue: {MaxWorkers: 2}, storage.ThreadQueue: {MaxWorkers: 2}, storage.LookupQueue: {MaxWorkers: 2},
		},
		Workers:           workers,
		Logger:            slog.New(warnings{n.log.Handler()}),
		FetchPollInterval: 2 * time.Second,
		JobTimeout:        time.Minute,
		// One that asks a slow server for much is cut off then; it is done again after
		// the next start, from where it was.
		SoftStopTimeout:             4 * time.Second,
		RescueStuckJobsAfter:        90 * time.Second, // a killed process's jobs are taken up again; the default is an hour
		CompletedJobRetentionPeriod: time.Hour,
	})
}

// teller tells other servers how polls stand.
type teller struct {
	river.WorkerDefaults[storage.TellPoll]
	n *node
}

// Work implements river.Worker.
func (t *teller) Work(ctx context.Context, job *river.Job[storage.TellPoll]) error {
	return t.n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := t.n.forum.Tally(ctx, tx, job.Args.Post); err != nil {
			return err
		}
		return tx.PollTold(ctx, job)
	})
}

// publicHandler puts the doors in order: what stops, what is logged, inboxes,
// documents, pages.
func (n *node) publicHandler() (http.Handler, error) {
	r := mux.NewRouter()
	n.inbox.Register(r)
	serve.New(serve.Options{
		Reader: n.db.Reader(), Publisher: n.publisher, Version: version, Log: n.log,
		Node: func(context.Context) (outbox.Node, error) { return n.about, nil },
	}).Register(r)
	site, err := web.New(n.webOptions())
	if err != nil {
		return nil, err
	}
	member.New(member.Options{
		Site: site, DB: n.db, Forum: n.forum, Mails: n.cfg.SMTP != nil, Keys: newKeys, MinimumAge: n.cfg.MinimumAge,
		Render: func(source string) (forum.Text, error) { return markdown(source, n.cfg) },
	}).Register(r)
	n.desk(site).Register(r)
	site.Register(r)
	n.site = site
	return n.logged(n.refuseWhileStopping(r)), nil
}

// desk is where people of this node write.
func (n *node) desk(site *web.Site) *compose.Desk {
	return compose.New(compose.Options{
		Site: site, DB: n.db, Forum: n.forum, Keys: newKeys, Render: func(source string) (forum.Text, error) { return markdown(source, n.cfg) },
	})
}

func (n *node) webOptions() web.Options {
	source := n.cfg.source
	if n.cfg.DevFederation {
		source = nil // a test bed has no limits
	}
	return web.Options{
		Source: source, Intents: n.intents, Opened: n.reach.Opened, Shown: n.reach.Shown, Look: n.db.AskLookup,
		Reader: n.db.Reader(), BaseURL: n.cfg.URL, NodeName: n.cfg.Name, NodeSummary: n.cfg.Summary, Contact: n.cfg.Contact, SourceURL: n.cfg.Source,
		Own: member.Own(n.db, time.Now), Joining: n.cfg.Joining, Suggest: n.cfg.Suggest, Begin: n.cfg.Begin, Founding: n.cfg.Founding,
		Version: version, Dev: n.cfg.DevFederation, Log: n.log, Texts: n.texts(), Media: n.media, Pictures: n.pictures,
	}
}

// intents asks the server of a visitor how to do something there.
func (n *node) intents(ctx context.Context, name, host string) ([]web.Intent, error) {
	found, err := n.client.Intents(ctx, name, host)
	out := make([]web.Intent, len(found))
	for i, f := range found {
		out[i] = web.Intent(f)
	}
	return out, err
}

// texts are the pages that the admin wrote: DATA/pages/privacy.md, terms.md and
// contact.md, where they are. They are read at the start.
func (n *node) texts() map[string]string {
	found := map[string]string{}
	for _, name := range []string{"privacy", "terms", "contact"} {
		file := filepath.Join(n.cfg.Data, "pages", name+".md")
		text, err := os.ReadFile(file)
		switch {
		case err == nil:
			found[name] = string(text)
		case !errors.Is(err, fs.ErrNotExist):
			n.log.Warn("a page of yours cannot be read; the default text stands there", "file", file, "error", err)
		}
	}
	return found
}

// adminPages makes the pages of the private listener.
func (n *node) adminPages() (*web.Admin, error) {
	return web.NewAdmin(n.webOptions(), web.AdminOptions{
		Replay: n.db.Replay, Names: namesIn, Host: n.cfg.ListenPrivate,
	})
}

// work applies, fetches, delivers and sweeps until ctx ends, and then until what
// was begun is finished.
func (n *node) work(ctx context.Context) error {
	if err := n.introduce(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("introducing the node: %w", err)
	}
	if err := n.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	count, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var all, counting sync.WaitGroup
	counting.Go(func() {
		n.traffic.run(count, n.db, func(err error) { n.log.Warn("traffic could not be noted", "err", err) })
	})
	all.Go(func() { n.inbox.Run(ctx) })
	all.Go(func() {
		if err := n.deliverer.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			n.log.Error("deliver", "err", err)
		}
	})
	all.Go(func() { n.sweep(ctx) })
	all.Go(func() { n.reach.Run(ctx) })
	all.Go(func() { n.site.Run(ctx) })
	all.Wait()
	// Last, since what was under way is counted too.
	end()
	counting.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := n.jobs.Stop(stop)
	n.client.Close()
	return err
}

func (n *node) sweep(ctx context.Context) {
	for {
		if err := n.db.Sweep(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep", "err", err)
		}
		if err := n.db.SweepReach(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep of what is asked of others", "err", err)
		}
		if err := n.db.SweepDirectory(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep of the directory", "err", err)
		}
		if err := private.Of(n.db).Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			n.log.Error("sweep of sessions", "err", err)
		}
		if err := n.dropUploads(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep of pictures that were sent", "err", err)
		}
		if err := n.media.Store.Sweep(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("sweep of pictures", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery):
		}
	}
}

// warnings lets only warnings and errors of the job queue through: it reports
// each of its own steps at the level of ours.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
