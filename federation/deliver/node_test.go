package deliver_test

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"stoa/activitypub/sig"
	"stoa/federation/deliver"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

const (
	nodeURL   = "https://stoa.example"
	community = nodeURL + "/c/go"
	ada       = nodeURL + "/u/ada"
	patience  = 5 * time.Minute // against what hangs: machines that others use may stand still
)

func migrate(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Bind(ctx, nodeURL)
}

// node is a database with one community that others follow.
type node struct {
	t         *testing.T
	db        *storage.DB
	dsn       string
	community int64
	key       crypto.PublicKey

	mu    sync.Mutex
	count int
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{t: t, dsn: storagetest.DSN(t, migrate)}
	n.db = n.open()
	private, err := communityKey()
	if err != nil {
		t.Fatal(err)
	}
	n.key = private.Public()
	pem, err := sig.EncodePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	n.scan(&n.community, `insert into community (uri, name, host, local) values ($1, 'go', 'stoa.example', true) returning id`, community)
	for _, owner := range []string{community, ada} {
		if _, err := n.db.AddLocalKey(t.Context(), storage.LocalKey{Owner: owner, KeyID: owner + "#main-key", PrivatePEM: pem}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

var communityKey = sync.OnceValues(sig.GenerateKey)

func (n *node) open() *storage.DB {
	n.t.Helper()
	db, err := storage.Open(n.t.Context(), n.dsn, storage.Options{})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(db.Close)
	return db
}

func (n *node) exec(sql string, args ...any) {
	n.t.Helper()
	if _, err := n.db.Pool().Exec(n.t.Context(), sql, args...); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) scan(into any, sql string, args ...any) {
	n.t.Helper()
	if err := n.db.Pool().QueryRow(n.t.Context(), sql, args...).Scan(into); err != nil {
		n.t.Fatal(err)
	}
}

// peer starts a server whose inboxes take everything.
func (n *node) peer(software fedtest.Software, name string) *fedtest.Peer {
	n.t.Helper()
	return fedtest.New(n.t, fedtest.Options{
		Software: software, Name: name, Lenient: true,
		KeyOf: func(id string) (crypto.PublicKey, error) {
			switch id {
			case community + "#main-key", ada + "#main-key":
				return n.key, nil // both have one, which does no harm here
			}
			return nil, fmt.Errorf("unknown key %q", id)
		},
	})
}

// inbox makes the inbox of a peer known, the shared one if it has one.
func (n *node) inbox(p *fedtest.Peer) (server, inbox int64) {
	n.t.Helper()
	at := p.SharedInbox()
	if at == "" {
		at = p.Person("ann").Inbox
	}
	n.scan(&server, `insert into server (host) values ($1) on conflict (host) do update set host = excluded.host returning id`, p.Host())
	n.scan(&inbox, `insert into server_inbox (server_id, url) values ($1, $2) on conflict (url) do update set url = excluded.url returning id`, server, at)
	return server, inbox
}

func (n *node) follow(p *fedtest.Peer) (server int64) {
	n.t.Helper()
	server, inbox := n.inbox(p)
	n.exec(`insert into audience (community_id, inbox_id, server_id, since_xid, since_seq)
		values ($1, $2, $3, log_xid(), nextval('log_seq'))`, n.community, inbox, server)
	return server
}

// known makes the software of a peer known, so that nothing waits for it.
func (n *node) known(p *fedtest.Peer) {
	n.t.Helper()
	form := storage.ForumDialect
	if p.Software() == fedtest.Mastodon || p.Software() == fedtest.GoToSocial {
		form = storage.MicroblogDialect
	}
	n.exec(`with s as (update server set software = $2, microblog = $3 = 2, probed_at = now(), probe_at = now() + interval '1 day' where host = $1 returning id)
		insert into server_form (server_id, since_xid, form) select id, 0, $3 from s`, p.Host(), string(p.Software()), form)
}

// act is one row of the log.
type act struct {
	verb                   forum.Verb // reply
	lane                   forum.Lane
	subject, parent, actor string
	micro                  bool
	signer                 string // of the announcement; the community
	microSigner            string // of what microblogs get, where that is somebody else
	of                     int64  // transaction of what it changes
	age                    time.Duration
	lasting                bool
}

// announce writes rows to the log in one transaction and returns the ids of
// their announcements.
func (n *node) announce(acts ...act) []string {
	n.t.Helper()
	tx, err := n.db.Pool().Begin(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(n.t.Context())) }()
	var ids []string
	for _, a := range acts {
		if a.signer == "" {
			a.signer = community
		}
		if a.actor == "" {
			a.actor = "https://a.example/u/ann"
		}
		if a.verb == "" {
			a.verb = forum.VerbReply
			if a.lane == forum.LaneVotes {
				a.verb = forum.VerbVote
			}
		}
		id := n.id()
		ids = append(ids, id)
		var microID, microDoc any
		if a.micro {
			microID, microDoc = id+"/id", document(id+"/id", a.subject)
		}
		body := document(id, a.subject)
		if a.lane == forum.LaneVotes {
			body = ballot(id, a)
		}
		_, err := tx.Exec(n.t.Context(), `insert into log (at, xid, seq, verb, lane, community_id, actor, subject, parent,
				forum_id, forum_doc, micro_id, micro_doc, announcer, micro_signer, of_xid, lasting)
			values (now() - $11::interval, log_xid(), nextval('log_seq'), $15, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12, $13, $14)`,
			a.lane, n.community, a.actor, a.subject, a.parent, id, body, microID, microDoc, a.signer, a.age, a.microSigner, a.of, a.lasting, a.verb)
		if err != nil {
			n.t.Fatal(err)
		}
	}
	if _, err := tx.Exec(n.t.Context(), `select pg_notify('stoa_log', '')`); err != nil {
		n.t.Fatal(err)
	}
	if err := tx.Commit(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
	return ids
}

// toldAt is the transaction that wrote a row.
func (n *node) toldAt(id string) (xid int64) {
	n.t.Helper()
	n.scan(&xid, `select xid from log where forum_id = $1`, id)
	return xid
}

// accept writes a row to one inbox, in the lane of answers.
func (n *node) accept(p *fedtest.Peer) string {
	n.t.Helper()
	return n.direct(p, forum.LaneDirect)
}

// direct writes a row to one inbox.
func (n *node) direct(p *fedtest.Peer, lane forum.Lane) string {
	n.t.Helper()
	server, inbox := n.inbox(p)
	id := n.id()
	n.exec(`with l as (
			insert into log (at, xid, seq, verb, lane, actor, subject, direct_id, direct_doc, signer)
			values (now(), log_xid(), nextval('log_seq'), 'accept', $7, $3, $4, $5, $6, $4) returning at, xid, seq)
		insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) select $1, $2, $7, 1, at, xid, seq from l`,
		server, inbox, p.URL("/u/ann"), community, id, document(id, community), lane)
	n.exec(`select pg_notify('stoa_log', '')`)
	return id
}

func (n *node) id() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count++
	return fmt.Sprintf("%s/activities/%06d", nodeURL, n.count)
}

func document(id, object string) []byte {
	body, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Announce", "actor": community, "object": object,
	})
	if err != nil {
		panic(err)
	}
	return body
}

// ballot is the announcement of a vote.
func ballot(id string, a act) []byte {
	body, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Announce", "actor": a.signer, "published": "2026-01-02T03:04:05Z",
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{community + "/followers"},
		"object": map[string]any{"id": id + "/vote", "type": "Like", "actor": a.actor, "object": a.subject},
	})
	if err != nil {
		panic(err)
	}
	return body
}

// fast are options under which nothing takes long.
func (n *node) fast(db *storage.DB) deliver.Options {
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("STOA_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(n.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return deliver.Options{
		DB: db, Client: n.client(patience), Keys: deliver.NewKeyring(db), Log: log, Owner: uuid.New(),
		Backoff: 5 * time.Millisecond, MaxBackoff: 50 * time.Millisecond, ProbeWaits: []time.Duration{0, time.Millisecond, time.Millisecond},
		Linger: 20 * time.Millisecond, Gather: 20 * time.Millisecond, Poll: 100 * time.Millisecond, Grace: 2 * time.Second,
	}
}

// client gives an inbox that long to answer.
func (n *node) client(wait time.Duration) *fetch.Client {
	n.t.Helper()
	base, err := url.Parse(nodeURL)
	if err != nil {
		n.t.Fatal(err)
	}
	client := fetch.New(fetch.Options{BaseURL: base, Version: "0", Dev: true, PostTimeout: wait, Blocked: n.db.Blocked})
	n.t.Cleanup(client.Close)
	return client
}

// run delivers until stop is called or the test ends.
func (n *node) run(o deliver.Options) (d *deliver.Deliverer, stop func()) {
	n.t.Helper()
	d = deliver.New(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(n.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := d.Run(ctx); err != nil {
			n.t.Errorf("Run: %v", err)
		}
	}()
	stop = func() { cancel(); <-ended }
	n.t.Cleanup(stop)
	return d, stop
}

// arrive waits for posts and returns the ids of all that came, in order.
func (n *node) arrive(p *fedtest.Peer, count int) []string {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	if err := p.WaitTotal(ctx, count); err != nil {
		n.t.Fatal(err)
	}
	return idsOf(p)
}

func idsOf(p *fedtest.Peer) []string {
	var ids []string
	for _, r := range p.Received() {
		ids = append(ids, r.ID())
	}
	return ids
}

// eventually waits for something in the database.
func (n *node) eventually(what, sql string, args ...any) {
	n.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var ok bool
		n.scan(&ok, `select coalesce((`+sql+`), false)`, args...)
		if ok {
			return
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// idle waits until a server has been told all and given back.
func (n *node) idle(p *fedtest.Peer) {
	n.t.Helper()
	n.eventually(p.Host()+" has been told all", `select walked_xid >= touched_xid and touched_xid > coalesce((select max(xid) from log), 0)
		and lease_owner is null from server where host = $1`, p.Host())
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func subjects(n int) []act {
	acts := make([]act, n)
	for i := range acts {
		acts[i] = act{lane: forum.LaneContent, subject: fmt.Sprintf("%s/post/%d", nodeURL, i)}
	}
	return acts
}
