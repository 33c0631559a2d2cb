package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"stoa/activitypub/sig"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// keys is shared, so that each actor's key is made once.
var keys = fedtest.NewKeyring(7)

// ourKey signs for whoever lives here; nothing in these tests sends.
var ourKey = sync.OnceValues(func() (private, public string) {
	key := keys.RSA("stoa")
	private, err := sig.EncodePrivateKey(key)
	if err != nil {
		panic(err)
	}
	if public, err = sig.EncodePublicKey(&key.PublicKey); err != nil {
		panic(err)
	}
	return private, public
})

// node is a Stoa with nothing but an inbox: a real database, real HTTP, a
// worker for its fetches.
type node struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // it ends with the test, as the node does
	db     *storage.DB
	dsn    string
	forum  *forum.Forum
	client *fetch.Client
	in     *Inbox
	url    string
	ahead  atomic.Int64 // how far the clock was put forward
}

func (n *node) now() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }

// migrate leaves the schema that every test begins with.
func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	db.Close()
	return nil
}

// still is a node whose inbox accepts and does not work on anything.
func still(t *testing.T, change func(*Options)) *node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	n := &node{t: t, ctx: ctx, dsn: storagetest.DSN(t, migrate)}
	server := httptest.NewUnstartedServer(nil)
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	base := &url.URL{Scheme: "http", Host: "stoa.localhost:" + port}
	n.url = base.String()
	n.open(base, change)
	router := mux.NewRouter()
	n.in.Register(router)
	server.Config.Handler = router
	server.Start()
	return n
}

// open connects n to its database and makes its inbox.
func (n *node) open(base *url.URL, change func(*Options)) {
	n.t.Helper()
	db, err := storage.Open(n.ctx, n.dsn, storage.Options{MaxConns: 4})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(db.Close)
	if err := db.Bind(n.ctx, base.String()); err != nil {
		n.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("STOA_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(n.t.Output(), nil))
	}
	n.db = db
	n.forum = forum.New(outbox.NewPublisher(base, n.now), n.now)
	n.client = fetch.New(fetch.Options{
		BaseURL: base, Version: "test", Dev: true, Blocked: db.Blocked, Timeout: 5 * time.Second,
		Sign: func(_ context.Context, r *http.Request, body []byte) error {
			return sig.Sign(r, body, base.String()+"/#main-key", keys.RSA("stoa"), time.Now())
		},
	})
	n.t.Cleanup(n.client.Close)
	o := Options{DB: db, Forum: n.forum, Client: n.client, BaseURL: base, Log: log, Clock: n.now, Dev: true, ReadTimeout: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	n.in = New(o)
	// Only what commits is running: what is accepted stays as it came.
	ctx, stop := context.WithCancel(n.ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); n.in.commit.run(ctx) }()
	n.t.Cleanup(func() { stop(); <-ended })
}

// start is a node that works on what comes in.
func start(t *testing.T, change func(*Options)) *node {
	t.Helper()
	n := still(t, change)
	n.work()
	return n
}

// work begins to apply and to fetch.
func (n *node) work() {
	n.t.Helper()
	n.workWith(n.in.Fetcher())
}

func (n *node) workWith(fetcher river.Worker[storage.FetchObject]) {
	n.t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, fetcher)
	jobs, err := river.NewClient(riverpgxv5.New(n.db.Pool()), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 8}},
		Workers: workers, FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 50 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	if err := jobs.Start(n.ctx); err != nil {
		n.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(n.ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); n.in.workers(ctx) }()
	n.t.Cleanup(func() {
		stop()
		<-ended
		if err := jobs.StopAndCancel(context.WithoutCancel(n.ctx)); err != nil {
			n.t.Error(err)
		}
	})
}

// production is the client of a node that is no test bed.
func production(t *testing.T) *fetch.Client {
	t.Helper()
	c := fetch.New(fetch.Options{BaseURL: &url.URL{Scheme: "https", Host: "stoa.example"}, Version: "test"})
	t.Cleanup(c.Close)
	return c
}

// inbox is where everybody sends to.
func (n *node) inbox() string { return n.url + "/inbox" }

// found makes a community of ours.
func (n *node) found(name string) fedtest.Community {
	n.t.Helper()
	private, public := ourKey()
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: name, PrivateKey: private, PublicKey: public})
		if err == nil && o.Refused != nil {
			err = o.Refused
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return fedtest.CommunityAt(n.url + "/c/" + name)
}

// join makes a person of ours.
func (n *node) join(name string) forum.Person {
	n.t.Helper()
	private, public := ourKey()
	var p forum.Person
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, PrivateKey: private, PublicKey: public})
		if err == nil && o.Refused != nil {
			err = o.Refused
		}
		if err != nil {
			return err
		}
		p, _, err = tx.PersonByURI(ctx, n.url+"/u/"+name)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// peer starts another server.
func peer(t *testing.T, o fedtest.Options) *fedtest.Peer {
	t.Helper()
	o.Keys, o.Lenient = keys, true
	return fedtest.New(t, o)
}

// send delivers an activity as its actor's server does, and wants 202.
func (n *node) send(a fedtest.Doc, from *fedtest.Peer) {
	n.t.Helper()
	if r := n.post(a, from, fedtest.SignAs{}); r.Status != 202 {
		n.t.Fatalf("%v %v: answered %d %s, want 202", a["type"], a["id"], r.Status, r.Body)
	}
}

// post delivers an activity, or bytes, in whatever way as says.
func (n *node) post(a any, from *fedtest.Peer, as fedtest.SignAs) fedtest.Response {
	n.t.Helper()
	r, err := from.Send(n.ctx, n.inbox(), a, as)
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

// settle waits until nothing that came in is undone.
func (n *node) settle() {
	n.t.Helper()
	for {
		// What was kept comes first: a job may make rows ready, and rows jobs.
		undone := n.number(`select count(*) from received where state < 3`) + n.number(
			`select count(*) from river_job where kind = 'fetch_object' and state in ('available', 'running', 'pending')`) + n.number(
			`select count(*) from river_job where kind = 'fetch_object' and state in ('scheduled', 'retryable') and not coalesce((args ->> 'late')::bool, false)`) // a second look is minutes away
		if undone == 0 {
			return
		}
		select {
		case <-n.ctx.Done():
			n.t.Fatalf("not settled:\n%s", n.dump(`select state, type, activity, needs, reason from received where state < 3`))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// number asks the database for one.
func (n *node) number(sql string, args ...any) int {
	n.t.Helper()
	var have int
	if err := n.db.Pool().QueryRow(n.ctx, sql, args...).Scan(&have); err != nil {
		n.t.Fatalf("%s: %v", sql, err)
	}
	return have
}

// text asks the database for one; "" when there is no row.
func (n *node) text(sql string, args ...any) string {
	n.t.Helper()
	rows, err := n.db.Pool().Query(n.ctx, sql, args...)
	if err != nil {
		n.t.Fatalf("%s: %v", sql, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		n.t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(all, "\n")
}

// dump shows rows, for messages.
func (n *node) dump(sql string, args ...any) string {
	rows, err := n.db.Pool().Query(context.WithoutCancel(n.ctx), sql, args...)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return err.Error()
		}
		fmt.Fprintln(&b, values...)
	}
	return b.String()
}

// want fails unless a number of the database is as it should be.
func (n *node) want(want int, sql string, args ...any) {
	n.t.Helper()
	if have := n.number(sql, args...); have != want {
		n.t.Errorf("%s %v = %d, want %d\n%s", sql, args, have, want, n.verdicts())
	}
}

// verdicts shows what became of everything.
func (n *node) verdicts() string {
	return n.dump(`select state, type, activity, reason, needs from received order by id`)
}

// refused fails unless an activity was refused for a reason with these words.
func (n *node) refused(a fedtest.Doc, words string) {
	n.t.Helper()
	reason := n.text(`select reason from received where activity = $1 and state = 4`, a["id"])
	if reason == "" || !strings.Contains(reason, words) {
		n.t.Errorf("%v %v: reason %q, want %q\n%s", a["type"], a["id"], reason, words, n.verdicts())
	}
}

// applied fails unless an activity was applied.
func (n *node) applied(a fedtest.Doc) {
	n.t.Helper()
	n.want(1, `select count(*) from received where activity = $1 and state = 3`, a["id"])
}

// known are the tables whose rows say what this node knows and does. What is
// left out is the job queue's own.
const known = `select c.relname from pg_class c join pg_namespace s on s.oid = c.relnamespace
	where s.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'river%' order by 1`

// snapshot is everything in the database, by table.
func (n *node) snapshot(without ...string) map[string]string {
	n.t.Helper()
	all := map[string]string{}
	for table := range strings.FieldsSeq(n.text(known)) {
		all[table] = n.text(`select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from ` + table + ` t`)
	}
	for _, table := range without {
		delete(all, table)
	}
	return all
}

// unchanged fails unless the database is as it was.
func (n *node) unchanged(before map[string]string) {
	n.t.Helper()
	after := n.snapshot()
	for table, was := range before {
		if after[table] != was {
			n.t.Errorf("table %s changed: %s, was %s\n%s", table, after[table], was, n.dump(`table `+table))
		}
	}
}

// object is the id of what a Create made.
func object(create fedtest.Doc) string {
	o, _ := create["object"].(fedtest.Doc)
	id, _ := o["id"].(string)
	return id
}
