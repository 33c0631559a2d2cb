package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/jackc/pgx/v5"

	"stoa/activitypub/sig"
	"stoa/federation/account"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/federation/serve"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/storage/storagetest"
)

// seedVariable repeats a run that failed, as in storage.
const seedVariable = "STOA_TEST_SEED"

// together is several nodes of Stoa, the people on them, and the network between
// them, which is whatever the dice say: what is sent comes in any order, in batches
// of any size and more than once, and processes die wherever that hurts.
type together struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // it ends with the test, as the nodes do
	seed   uint64
	dice   *rand.Rand
	nodes  []*member
	flight []*parcel
	minted int
	told   []string // what was done, for when the test fails
	calm   bool     // nothing dies, and everything comes once
}

// member is one node: one database, and the processes that work on it.
type member struct {
	*together
	name, host, url, dsn string
	processes            []*process
	people               []string // ids of those who live here
	guests               []string // likewise of those who leave for good; the last stays
	community            string   // id of the community here
	other                string   // and of another, if there is one
	sent                 map[lane]storage.UnitID
}

// process is one program of a node.
type process struct {
	m       *member
	db      *storage.DB
	forum   *forum.Forum
	publish *outbox.Publisher
	client  *fetch.Client
	in      *Inbox
}

// lane is one of those in which a node tells another of what happened.
type lane struct {
	to   string
	lane forum.Lane
}

// parcel is an activity on its way.
type parcel struct {
	from, to *member
	body     []byte
	left     int // how often it arrives
}

var errDied = errors.New("the process died here")

// same is the seed of what is to be played the same each time, anew of what is not: make
// soak alone plays that, until all of its runs have been green for long enough.
const (
	same = uint64(1)
	anew = uint64(0)
)

// newTogether starts nodes with as many processes each, whose people know each other.
// A test that makes several tells them apart by a number.
func newTogether(t *testing.T, seed, number uint64, processes ...int) *together {
	t.Helper()
	if seed == anew || os.Getenv("STOA_SOAK") != "" {
		seed = uint64(time.Now().UnixNano())
	}
	if text := os.Getenv(seedVariable); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	w := &together{t: t, ctx: t.Context(), seed: seed, dice: rand.New(rand.NewPCG(seed, number))}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was done:\n%s\nto see it again: %s=%d", strings.Join(w.told, "\n"), seedVariable, seed)
		}
	})
	for i, n := range processes {
		w.nodes = append(w.nodes, w.start(string(rune('a'+i)), n))
	}
	for _, m := range w.nodes {
		m.settleIn()
	}
	w.meet()
	return w
}

// start makes a node.
func (w *together) start(name string, processes int) *member {
	w.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	w.t.Cleanup(server.Close)
	// What is in which shard depends on the ids, and these on the port.
	var lc net.ListenConfig
	if l, err := lc.Listen(w.ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", 12_000+w.seed*7%18_000+uint64(len(w.nodes)))); err == nil {
		_ = server.Listener.Close()
		server.Listener = l
	}
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	m := &member{together: w, name: name, host: name + ".localhost:" + port, dsn: w.seededDSN(), sent: map[lane]storage.UnitID{}}
	m.url = "http://" + m.host
	for range processes {
		m.processes = append(m.processes, m.run())
	}
	_, public := ourKey()
	router := mux.NewRouter()
	serve.New(serve.Options{
		Reader: m.open(2).Reader(), Publisher: m.processes[0].publish, Log: slog.New(slog.DiscardHandler),
		Node: func(context.Context) (outbox.Node, error) { return outbox.Node{Name: name, PublicKey: public}, nil },
	}).Register(router)
	server.Config.Handler = router
	server.Start()
	return m
}

// seededDSN is a new database, whose dice are thrown again with ours.
func (w *together) seededDSN() string {
	u, err := url.Parse(storagetest.DSN(w.t, migrate))
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	q.Set("seed", fmt.Sprint(float64(w.seed%1000)/1000))
	u.RawQuery = q.Encode()
	return u.String()
}

func (m *member) open(conns int32) *storage.DB {
	m.t.Helper()
	db, err := storage.Open(m.ctx, m.dsn, storage.Options{MaxConns: conns})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(db.Close)
	if err := db.Bind(m.ctx, m.url); err != nil {
		m.t.Fatal(err)
	}
	return db
}

// run starts a process of the node.
func (m *member) run() *process {
	m.t.Helper()
	base, err := url.Parse(m.url)
	if err != nil {
		m.t.Fatal(err)
	}
	p := &process{m: m, db: m.open(4), publish: outbox.NewPublisher(base, nil)}
	p.forum = forum.New(p.publish, nil)
	p.client = fetch.New(fetch.Options{
		BaseURL: base, Version: "test", Dev: true, Blocked: p.db.Blocked, Timeout: 10 * time.Second,
		Sign: func(_ context.Context, r *http.Request, body []byte) error {
			return sig.Sign(r, body, m.url+"/#main-key", keys.RSA("stoa"), time.Now())
		},
	})
	m.t.Cleanup(p.client.Close)
	p.in = New(Options{
		DB: p.db, Forum: p.forum, Client: p.client, BaseURL: base, Dev: true, NoLimits: true,
		Log:      slog.New(slog.NewTextHandler(teller{m}, nil)),
		Messages: func(tx *storage.Tx) forum.MessageTx { return private.In(tx) },
	})
	return p
}

// any is one of the processes that runs.
func (m *member) any() *process { return m.processes[m.dice.IntN(len(m.processes))] }

// kill ends a process where it stands and starts another: what it knew by itself is lost.
func (m *member) kill() {
	i := m.dice.IntN(len(m.processes))
	m.say("a process of %s is killed", m.name)
	m.processes[i].db.Close()
	m.processes[i].client.Close()
	m.processes[i] = m.run()
}

// teller has what a node logs among what was done.
type teller struct{ m *member }

func (l teller) Write(line []byte) (int, error) {
	_, text, _ := strings.Cut(string(line), "level=")
	l.m.say("%s logs: %s", l.m.name, strings.TrimSpace(text))
	return len(line), nil
}

func (w *together) say(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

// settleIn founds the people and the community of a node.
func (m *member) settleIn() {
	m.t.Helper()
	p := m.processes[0]
	secret, public := ourKey()
	for i := range 6 {
		name := fmt.Sprintf("%s%d", m.name, i)
		if i < 3 {
			m.people = append(m.people, p.publish.PersonURI(name))
		} else {
			m.guests = append(m.guests, p.publish.PersonURI(name))
		}
		m.must(p, func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return p.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, PrivateKey: secret, PublicKey: public})
		})
		if _, err := private.Of(p.db).Open(m.ctx, m.person(p.publish.PersonURI(name)).ID, account.Account{Password: "none", Released: true}, time.Now()); err != nil {
			m.t.Fatal(err)
		}
	}
	m.community = m.found("place" + m.name)
}

// found makes a community.
func (m *member) found(name string) string {
	m.t.Helper()
	p := m.processes[0]
	secret, public := ourKey()
	m.must(p, func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return p.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: name, PrivateKey: secret, PublicKey: public})
	})
	return p.publish.CommunityURI(name)
}

// meet makes everybody known everywhere. The first of each node moderates its
// community and follows those of the others for good, so that each node gets all of
// it; the second of the next node moderates it too.
func (w *together) meet() {
	w.t.Helper()
	for _, m := range w.nodes {
		for _, o := range w.nodes {
			if o == m {
				continue
			}
			for _, uri := range slices.Concat(o.people, o.guests, []string{o.community}) {
				if err := m.processes[0].in.Discover(w.ctx, uri); err != nil {
					w.t.Fatal(err)
				}
			}
		}
	}
	w.join(func(m *member) string { return m.community })
}

// openOthers founds a second community on each node, with the same moderators and followers.
func (w *together) openOthers() {
	w.t.Helper()
	for _, m := range w.nodes {
		m.other = m.found("other" + m.name)
		for _, o := range w.nodes {
			if o == m {
				continue
			}
			if err := o.processes[0].in.Discover(w.ctx, m.other); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.join(func(m *member) string { return m.other })
}

// join gives a community of each node its moderators and followers.
func (w *together) join(community func(*member) string) {
	w.t.Helper()
	for i, m := range w.nodes {
		next := w.nodes[(i+1)%len(w.nodes)]
		for _, o := range w.nodes {
			moderators := []string{m.people[0], next.people[1]}
			c := o.number(`select id from community where uri = $1`, community(m))
			if err := o.processes[0].db.InTx(w.ctx, func(ctx context.Context, tx *storage.Tx) error {
				return tx.SetModerators(ctx, int64(c), moderators)
			}); err != nil {
				w.t.Fatal(err)
			}
			if o == m {
				continue
			}
			p := o.processes[0]
			o.must(p, func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
				out, err := p.forum.Follow(ctx, tx, []forum.Follow{{Person: o.person(o.people[0]), Community: community(m)}})
				return first(out), err
			})
		}
	}
	w.finish()
}

func (m *member) must(p *process, do func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error)) {
	m.t.Helper()
	err := p.db.InTx(m.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := do(ctx, tx)
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *member) person(uri string) forum.Person {
	m.t.Helper()
	p, err := m.processes[0].db.Reader().PersonByURI(m.ctx, uri)
	if err != nil {
		m.t.Fatalf("%s: %s: %v", m.name, uri, err)
	}
	return p
}

// lines reads rows of one text column.
func (m *member) lines(sql string, args ...any) []string {
	m.t.Helper()
	rows, err := m.processes[0].db.Pool().Query(m.ctx, sql, args...)
	if err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	return all
}

func (m *member) number(sql string, args ...any) int {
	m.t.Helper()
	var n int
	if err := m.processes[0].db.Pool().QueryRow(m.ctx, sql, args...).Scan(&n); err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// finish lets everything come to an end.
func (w *together) finish() {
	w.t.Helper()
	for busy := true; busy; {
		busy = false
		for _, m := range w.nodes {
			m.post()
		}
		for len(w.flight) > 0 {
			w.arrive()
			busy = true
		}
		for _, m := range w.nodes {
			for m.work() || m.ask(false) {
				busy = true
			}
		}
		if busy {
			continue
		}
		for _, m := range w.nodes {
			if err := m.any().in.tidy(w.ctx); err != nil {
				w.t.Fatal(err)
			}
			busy = m.tally() || m.ask(true) || busy
		}
	}
}

// go on for so many steps: somebody does something, something arrives, somebody
// works, a process is killed.
func (w *together) steps(n int) {
	w.t.Helper()
	for range n {
		m := w.nodes[w.dice.IntN(len(w.nodes))]
		switch roll := w.dice.IntN(20); {
		case roll < 7:
			m.act()
			if w.dice.IntN(3) > 0 { // or what is changed meanwhile is told as it is then
				m.post()
			}
		case roll < 12 && len(w.flight) > 0:
			w.arrive()
		case roll < 17:
			m.work()
		case roll < 18:
			m.ask(false)
		case roll < 19:
			m.tally()
		case w.dice.IntN(4) == 0:
			m.kill()
		}
	}
}

// votes are those in a line of a picture.
var votes = regexp.MustCompile(` up \d+ down \d+`)

// agree fails unless all nodes show the same.
func (w *together) agree() {
	w.t.Helper()
	for _, m := range w.nodes {
		for _, line := range m.lines(`select state || ' ' || type || ' ' || activity || ' needs ' || coalesce(needs, '') || ' ' || coalesce(reason, '') || ' ' || coalesce(about, '') from received where state < 3`) {
			m.say("%s is left with %s", m.name, line)
		}
	}
	for _, home := range w.nodes {
		// Who quotes what was written here is known here alone.
		for _, granted := range home.lines(`select q.quoting from quote_grant q left join post p on q.subject_kind = 1 and p.id = q.subject_id
			left join comment c on q.subject_kind = 2 and c.id = q.subject_id where q.revoked_at is null and coalesce(c.state, p.state) > 0`) {
			w.t.Errorf("%s: %s may quote what is not there", home.name, granted)
		}
		for _, m := range w.nodes {
			want, have := home.picture(home), m.picture(home)
			if m != home {
				maps.Copy(want, home.between(home, m))
				maps.Copy(have, m.between(home, m))
			}
			for _, on := range home.lines(`select distinct coalesce(b #>> '{object,object}', b ->> 'object') from received r,
				lateral (select convert_from(r.body, 'utf8')::jsonb) x(b) where r.state = 4 and r.host = $1 and r.family = $2 and r.body <> ''`, m.host, int16(storage.Votes)) {
				// What the home refused of somebody's votes, as on what it had removed, they have themselves.
				for _, key := range []string{"post " + on, "comment " + on} {
					want[key], have[key] = votes.ReplaceAllString(want[key], ""), votes.ReplaceAllString(have[key], "")
				}
			}
			for _, key := range slices.Sorted(maps.Keys(want)) {
				if have[key] != want[key] {
					w.t.Errorf("%s:\n\t%s has %q\n\t%s, its home, %q", key, m.name, have[key], home.name, want[key])
				}
			}
			for _, key := range slices.Sorted(maps.Keys(have)) {
				if _, ok := want[key]; !ok {
					w.t.Errorf("%s:\n\t%s has %q\n\t%s, its home, has no such thing", key, m.name, have[key], home.name)
				}
			}
		}
	}
}

const knownThere = `select uri from post union all select uri from comment`

// picture is all that can be seen of the communities of a node, in words that do not depend on the
// node. What its home has not taken is on the node of its author alone.
func (m *member) picture(home *member) map[string]string {
	m.t.Helper()
	known := home.lines(knownThere)
	all := map[string]string{}
	for _, line := range m.lines(`with place as (select id, uri, title from community where uri = any($1))
		select 'community ' || uri || E'\n' || title from place
		union all select 'post ' || p.uri || E'\n' || c.uri || ' ' || p.state || ' up ' || p.up || ' down ' || p.down || ' locked ' || p.locked || ' pinned ' || (p.pinned_at is not null)
				|| case when p.state = 0 then ' ' || p.title || ' ' || p.html || ' ' || coalesce((p.poll - 'said')::text, '') else '' end
			from post p join place c on c.id = p.community_id where p.uri = any($2)
		union all select 'comment ' || m.uri || E'\n' || m.in_reply_to || ' depth ' || m.depth || ' ' || m.state || ' up ' || m.up || ' down ' || m.down || ' locked ' || m.locked
				|| case when m.state = 0 then ' ' || m.html else '' end
			from comment m join post p on p.id = m.post_id join place c on c.id = p.community_id where m.uri = any($2)
		union all select 'banned ' || a.uri || ' from ' || c.uri || E'\n' || b.reason from ban b join person a on a.id = b.person_id join place c on c.id = b.community_id
		union all select 'moderator ' || m.person_uri || ' of ' || c.uri || E'\n' from moderator m join place c on c.id = m.community_id`, []string{home.community, home.other}, known) {
		key, value, _ := strings.Cut(line, "\n")
		all[key] = value
	}
	return all
}

// between is what a node shows of its people and what these do with those of another,
// and which of its communities are followed, and what it has of them complained about. A message that
// was taken back before it came is nowhere but where it was written, without its words.
func (m *member) between(home, guest *member) map[string]string {
	m.t.Helper()
	// What comes before what it is about is no report there, nor is it taken back.
	refused := home.lines(`select activity from received where state = 4 and activity <> ''
		union all select coalesce(convert_from(body, 'utf8')::jsonb #>> '{object,id}', '') from received where state = 4 and type = 'Undo'`)
	// Who never took part where somebody there reads is known there as they were met.
	told := home.lines(`select actor from (select distinct on (actor) actor, xid, seq from log where verb in ('profile', 'move', 'depart') order by actor, xid desc, seq desc) x
		where exists (select 1 from outbox_direct d join server s on s.id = d.server_id where d.xid = x.xid and d.seq = x.seq and s.host = $1)`, guest.host)
	all := map[string]string{}
	for _, line := range m.lines(`
		select 'person ' || uri || E'\n' || title || ' ' || bio_html || ' moved to ' || moved_to || ' gone ' || gone from person where host = $1 and uri = any($5)
		union all select 'banned from ' || $1 || ' ' || a.uri || E'\n' || b.reason from server_ban b join person a on a.id = b.person_id
			where b.host = case when $3 then '' else $1 end
		union all select 'follow of ' || c.uri || ' by ' || a.uri || E'\n' || f.state from follow f join community c on c.id = f.community_id join person a on a.id = f.person_id
			where c.host = $1 and a.host = $2 and f.state > 0
		union all select 'message ' || x.uri || E'\n' || x.html from message x join person a on a.id = x.author_id join person b on b.id = x.to_id
			where a.host = $1 and b.host = $2 and not x.deleted
		union all select 'report of ' || coalesce(c.uri, p.uri) || ' by ' || a.uri || E'\n' || r.reason from report r left join comment c on c.id = r.comment_id
			join post p on p.id = coalesce(r.post_id, c.post_id) join community x on x.id = r.community_id join person a on a.id = r.by_id
			where x.host = $1 and a.host = $2 and r.closed_at is null and not (r.activity = any($4)) and coalesce(c.uri, p.uri) = any($6)`,
		home.host, guest.host, m == home, refused, told, home.lines(knownThere)) {
		key, value, _ := strings.Cut(line, "\n")
		all[key] = value
	}
	return all
}

// Whatever nodes of Stoa say to each other, in whatever order and how often it comes,
// and wherever processes die, they end alike.
func TestTogether(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{same, 2} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newTogether(t, seed, 0, 2, 1, 1)
			w.openOthers()
			w.steps(200)
			w.finish()
			w.agree()
		})
	}
}

// TestSoakTogether is the same for longer, with more nodes; make soak runs it.
func TestSoakTogether(t *testing.T) {
	if os.Getenv("STOA_SOAK") == "" {
		t.Skip("make soak runs this")
	}
	for i := range uint64(40) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			w := newTogether(t, anew, i, 2, 1, 2, 1)
			w.openOthers()
			for range 3 {
				w.steps(400)
				w.finish()
				w.agree()
			}
		})
	}
}
