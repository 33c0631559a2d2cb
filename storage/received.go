package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/fault"
)

// Family sorts what comes in by what it touches, so that one transaction touches
// rows of one kind in one order.
type Family int16

// The families, in the order in which they are worked on.
const (
	Membership Family = 1
	Content    Family = 2
	Votes      Family = 3
)

// The states of what came in.
const (
	StateUnverified int16 = 0 // its key is not known yet
	StateReady      int16 = 1
	StateWaiting    int16 = 2 // for something that must be fetched
	StateApplied    int16 = 3
	StateRefused    int16 = 4
	StateFailed     int16 = 5
)

// shards is how many parts a family is worked on in. It is fixed: inbox_claim
// has a row for each.
const shards = 16

// Arrival is a request that is about to be acknowledged.
type Arrival struct {
	Verified bool
	Host     string // of the actor
	Source   string // network the request came from
	Domain   string // where the key is to be fetched; only while unverified
	Type     string
	Actor    string
	Activity string
	About    string // id of the object the activity is about; orders acts
	Family   Family
	Body     []byte
	Request  []byte // method, target and header; only while unverified
}

// hash is what an activity is recognised by: its actor and id, since an id alone
// could be burnt by somebody else.
func (a *Arrival) hash() []byte {
	sum := sha256.Sum256([]byte(a.Actor + "\x00" + a.Activity))
	return sum[:16]
}

// Key orders acts of one actor on one object. Whoever could choose an object so
// that its key is that of somebody else's act could hold that act back, so it is
// taken from a hash that cannot be steered.
func (a *Arrival) Key() int64 {
	sum := sha256.Sum256([]byte(a.Actor + "\x00" + a.About))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// shard is which part of its family an arrival is worked on in. Votes on one
// thing are kept together: they all change its row, so that transactions with
// votes on it wait for each other, and what a batch costs is shared by its votes.
func (a *Arrival) shard(key int64) int16 {
	if a.Family == Votes {
		key = int64(crc32.ChecksumIEEE([]byte(a.About)))
	}
	return int16(uint64(key) % shards)
}

// Receive appends arrivals in one commit, all or none. A verified activity that
// was seen before is left out: a repeat has no effect. But a Follow is always
// taken, since whoever repeats it has not got the answer. It returns how many
// rows were written.
func (db *DB) Receive(ctx context.Context, arrivals []Arrival) (int, error) {
	return receive(ctx, db.pool, arrivals)
}

// TakeApart appends what came within one activity as activities of their own, in
// the transaction that has read it.
func (t *Tx) TakeApart(ctx context.Context, parts []Arrival) error {
	_, err := receive(ctx, t.tx, parts)
	return err
}

func receive(ctx context.Context, q querier, arrivals []Arrival) (int, error) {
	n := len(arrivals)
	states, families, shard := make([]int16, 0, n), make([]int16, 0, n), make([]int16, 0, n)
	hosts, sources, types := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n)
	actors, ids := make([]string, 0, n), make([]string, 0, n)
	keys := make([]int64, 0, n)
	domains, about := make([]string, 0, n), make([]string, 0, n)
	bodies, requests, hashes := make([][]byte, 0, n), make([][]byte, 0, n), make([][]byte, 0, n)
	twins := map[string]bool{}
	for i := range arrivals {
		a := &arrivals[i]
		hash := a.hash()
		state := StateUnverified
		if a.Verified {
			state = StateReady
			if twins[string(hash)] && a.Type != "Follow" {
				continue
			}
			twins[string(hash)] = true
		}
		key := a.Key()
		states, families, shard = append(states, state), append(families, int16(a.Family)), append(shard, a.shard(key))
		hosts, sources, types = append(hosts, a.Host), append(sources, a.Source), append(types, a.Type)
		actors, ids, keys = append(actors, a.Actor), append(ids, a.Activity), append(keys, key)
		domains = append(domains, a.Domain)
		if a.Family == Content { // all others have no words that could be deleted
			about = append(about, a.About)
		} else {
			about = append(about, "")
		}
		bodies, requests, hashes = append(bodies, a.Body), append(requests, a.Request), append(hashes, hash)
	}
	tag, err := q.Exec(ctx, `
		with x as (
			select state, family, shard, host, source, type, actor, activity, key, body, request, hash, domain, about, n
			from unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[],
				$8::text[], $9::bigint[], $10::bytea[], $11::bytea[], $12::bytea[], $13::text[], $14::text[])
			with ordinality x(state, family, shard, host, source, type, actor, activity, key, body, request, hash, domain, about, n)
		), fresh as (
			insert into seen (hash) select hash from x
			where state = 1 and not exists (select 1 from seen s where s.hash = x.hash
				and s.day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3]))
			order by hash on conflict do nothing returning hash
		)
		insert into received (state, family, shard, host, source, type, actor, activity, key, body, request, domain, about, next_at, at)
		select state, family, shard, host, source, type, actor, activity, key, body, request, domain, about, now(), now() + n * interval '1 microsecond'
		from x where state = 0 or type = 'Follow' or hash in (select hash from fresh) order by n`,
		states, families, shard, hosts, sources, types, actors, ids, keys, bodies, requests, hashes, domains, about)
	if err != nil {
		return 0, fmt.Errorf("storage.Receive: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// Received is a row of what came in.
type Received struct {
	ID       int64
	At       time.Time
	Host     string
	Source   string
	Domain   string
	Type     string
	Actor    string
	Activity string
	Key      int64
	Body     []byte
	Request  []byte
	Tries    int
}

const receivedColumns = `r.id, r.at, r.host, r.source, r.domain, r.type, r.actor, r.activity, r.key, r.body, r.request, r.tries`

func receivedFields(r *Received) []any {
	return []any{&r.ID, &r.At, &r.Host, &r.Source, &r.Domain, &r.Type, &r.Actor, &r.Activity, &r.Key, &r.Body, &r.Request, &r.Tries}
}

// Verdict says what became of a received activity.
type Verdict struct {
	State  int16
	Reason string
	Needs  string // with StateWaiting: id of the object to fetch
	Via    string // with StateWaiting: the community whose Announce asked for it
	Asker  string // with StateWaiting: the domain that pays for the fetch; see FetchObject
	Anew   bool   // with StateWaiting: it may be known here, and is asked for all the same
	Later  bool   // with StateWaiting: it is not asked for now, but looked at again
	Blank  bool   // its words have been deleted, and are not kept
	// Private says that its words are not for everybody: once it waits for nothing, they
	// are not kept here besides.
	Private bool
}

func (v *Verdict) fetch() FetchObject {
	return FetchObject{IRI: v.Needs, Via: v.Via, Asker: v.Asker, Refresh: v.Anew}
}

// maxTries is how often an activity is tried before what it waits for is given up.
const maxTries = 8

// maxWorkBytes bounds the bodies of one batch: what they become is rendered
// inside the transaction, and delivery reads the log only up to the oldest
// transaction that is open.
const maxWorkBytes = 2 << 20

// ready are rows that can be worked on: acts with one key keep their order, so
// that one waiting for a fetch holds back the later ones with its key, and no others.
const ready = `r.state = 1 and not ` + heldBack

// heldBack are rows before which another one waits, but for what that one waits for.
const heldBack = `exists (select 1 from received w
	where w.state = 2 and w.key = r.key and w.actor = r.actor and w.id < r.id and (r.about = '' or w.needs <> r.about))`

// ReadyFamilies says in which families there is something to be worked on, in
// order. Work is not worth its claim elsewhere.
func (db *DB) ReadyFamilies(ctx context.Context) ([]Family, error) {
	var all []Family
	var f Family
	err := each(ctx, db.pool, "storage.ReadyFamilies", []any{&f}, func() { all = append(all, f) },
		`select f from unnest(array[1, 2, 3]::smallint[]) f where exists (select 1 from received r where r.family = f and r.state = 1) order by f`)
	return all, err
}

// Work takes a part of a family that nobody else works on and hands its oldest
// ready rows to do, in one transaction with what do changes. It returns how far
// it got: attempted names the rows, with their verdicts if all went well. When
// it fails nothing has changed. do may be called again after a deadlock.
func (db *DB) Work(ctx context.Context, family Family, limit int,
	do func(ctx context.Context, tx *Tx, rows []Received) ([]Verdict, error),
) (attempted []Received, verdicts []Verdict, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		attempted, verdicts = nil, nil
		var shard int16
		// In no fixed order: a flood in one shard must not starve those behind it.
		err := tx.tx.QueryRow(ctx, `select c.shard from inbox_claim c, lateral (
				select 1 from received r where r.family = c.family and r.shard = c.shard and `+ready+` limit 1) any_row
			where c.family = $1 order by random() limit 1 for update of c skip locked`, family).Scan(&shard)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("storage.Work: claim: %w", err)
		}
		rows, err := tx.tx.Query(ctx, `select `+receivedColumns+` from (
				select `+receivedColumns+`, sum(length(r.body)) over (order by r.id) - length(r.body) as before from (
					select `+receivedColumns+` from received r where r.family = $1 and r.shard = $2 and `+ready+` order by r.id limit $3) r) r
			where r.before < $4 order by r.id`, family, shard, limit, maxWorkBytes)
		if err != nil {
			return fmt.Errorf("storage.Work: %w", err)
		}
		var r Received
		if _, err := pgx.ForEachRow(rows, receivedFields(&r), func() error { attempted = append(attempted, r); return nil }); err != nil {
			return fmt.Errorf("storage.Work: %w", err)
		}
		if len(attempted) == 0 {
			return nil
		}
		fault.At("work.claimed")
		if verdicts, err = do(ctx, tx, attempted); err != nil {
			return err
		}
		if err := tx.judge(ctx, attempted, verdicts); err != nil {
			return err
		}
		fault.At("work.done")
		return nil
	})
	if len(attempted) > 0 {
		fault.At("work.committed")
	}
	return attempted, verdicts, err
}

// judge writes down what became of rows. It changes verdicts that give up, and
// those that the asker's open fetches leave no room for.
func (t *Tx) judge(ctx context.Context, rows []Received, verdicts []Verdict) error {
	n := len(rows)
	ids, at := make([]int64, n), make([]time.Time, n)
	states, reasons, needs, vias := make([]int16, n), make([]string, n), make([]string, n), make([]string, n)
	later, blank := make([]bool, n), make([]bool, n)
	var again [][]byte
	var fetches []FetchObject
	for _, v := range verdicts {
		if v.State == StateWaiting && !v.Later {
			fetches = append(fetches, v.fetch())
		}
	}
	may, err := t.affordable(ctx, fetches)
	if err != nil {
		return err
	}
	fetches = fetches[:0]
	for i, r := range rows {
		v := &verdicts[i]
		if v.State == StateWaiting && r.Tries >= maxTries {
			*v = Verdict{State: StateRefused, Reason: "gave up waiting for " + v.Needs, Private: v.Private}
		}
		ids[i], at[i], states[i], reasons[i], needs[i], vias[i] = r.ID, r.At, v.State, v.Reason, v.Needs, v.Via
		blank[i] = v.Blank || v.Private && v.State != StateWaiting
		switch v.State {
		case StateWaiting:
			if v.Later = v.Later || !may[v.fetch()]; !v.Later {
				fetches = append(fetches, v.fetch())
			}
			later[i] = v.Later
		case StateRefused, StateFailed:
			if r.Request != nil {
				continue // nobody vouched for it, so it may not unsay what was seen
			}
			a := Arrival{Actor: r.Actor, Activity: r.Activity}
			again = append(again, a.hash())
		}
	}
	// r.at is named by itself so that only the days concerned are looked at. What
	// nobody vouched for leaves no body behind: with a key that is nobody's, anyone
	// could fill the disk.
	_, err = t.tx.Exec(ctx, `update received r set state = x.state, reason = x.reason, needs = x.needs, via = x.via,
			tries = r.tries + case when x.state = 3 then 0 else 1 end,
			next_at = case when x.later then now() + interval '1 minute' * power(2, r.tries) * (0.5 + random())
				when x.state = 2 then now() + interval '20 seconds' * power(2, r.tries) end,
			done_at = case when x.state in (3, 4, 5) then now() end,
			body = case when x.blank or x.state in (4, 5) and r.request is not null then ''::bytea else r.body end,
			request = case when x.state in (3, 4, 5) then null else r.request end
		from unnest($1::bigint[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::bool[])
			x(id, at, state, reason, needs, via, later, blank)
		where r.id = x.id and r.at = x.at and r.at = any($2)`, ids, at, states, reasons, needs, vias, later, blank)
	if err != nil {
		return fmt.Errorf("storage: verdicts: %w", err)
	}
	if len(again) > 0 {
		// An activity that failed may be sent again under the same id.
		if _, err := t.tx.Exec(ctx, `delete from seen where hash = any($1) and day >= current_date - 3`, again); err != nil {
			return fmt.Errorf("storage: verdicts: %w", err)
		}
	}
	return t.enqueueFetches(ctx, fetches, time.Time{})
}

// Judge writes down what became of rows outside Work.
func (db *DB) Judge(ctx context.Context, rows []Received, verdicts []Verdict) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.judge(ctx, rows, verdicts) })
}

// inTurn are the locks of those who bring objects, and of those who let rows wait for them
// without asking for them again: a part of all ids each, since there are only so many locks.
const inTurn = `(hashtext('waiting'), part) from (select distinct hashtext(u) & 63 as part from unnest($1::text[]) u order by 1) parts`

// Wake makes rows that wait for objects ready again, since these are known now. Call it
// last: it holds up Come for these objects until the transaction ends.
func (t *Tx) Wake(ctx context.Context, iris ...string) error {
	var b pgx.Batch
	b.Queue(`select pg_advisory_xact_lock_shared`+inTurn, iris)
	b.Queue(`update received set state = 1 where state = 2 and needs = any($1)`, iris) // and sees what was written before its turn
	if err := t.tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("storage.Wake: %w", err)
	}
	return nil
}

// Come reports whether an object is known after all, to whoever is about to let rows wait
// for it, or to refuse them, though nobody fetches it any more. What comes while this
// transaction lasts finds the rows as it leaves them, so none waits for what is here.
func (t *Tx) Come(ctx context.Context, iri string) (bool, error) {
	if _, err := t.tx.Exec(ctx, `select pg_advisory_xact_lock`+inTurn, []string{iri}); err != nil {
		return false, fmt.Errorf("storage.Come(%q): %w", iri, err)
	}
	known, err := t.KnownObjects(ctx, []string{iri})
	return known[iri], err
}

// WakeDue makes rows ready whose wait has lasted long enough to look again: the
// fetch may have failed, or its end may have been missed.
func (db *DB) WakeDue(ctx context.Context) (int, error) {
	tag, err := db.pool.Exec(ctx, `update received set state = 1 where state = 2 and next_at <= now()`)
	return int(tag.RowsAffected()), err
}

// Backlog counts what came in and is not done, by state.
func (db *DB) Backlog(ctx context.Context) (unverified, ready, waiting int, err error) {
	err = db.pool.QueryRow(ctx, `select count(*) filter (where state = 0), count(*) filter (where state = 1), count(*) filter (where state = 2)
		from received where state < 3`).Scan(&unverified, &ready, &waiting)
	return unverified, ready, waiting, err
}

// Undone counts what is verified and not applied, by the host of the actor.
func (db *DB) Undone(ctx context.Context) (map[string]Pending, error) {
	all := map[string]Pending{}
	var host string
	var p Pending
	// Each of the states has an index of its own.
	err := each(ctx, db.pool, "storage.Undone", []any{&host, &p.Rows, &p.Bytes}, func() { all[host] = p }, `select host, count(*), sum(length(body)) from (
			select host, body from received where state = 1 union all select host, body from received where state = 2) r group by host`)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// unlessPrivate is the body of a row that nobody has judged, and which is judged by no
// one any more: of what is not for everybody nothing is kept. Whatever is for everybody
// names ActivityStreams' Public (§5.6), in one spelling or another.
const unlessPrivate = `case when family = 2 and position('Public'::bytea in body) = 0 then ''::bytea else body end`

// GiveUp refuses what waits for an object that is not to be had. Where a
// community announced what waits, another way to the object may still lead
// there, so only what came by the same way is refused. With a host, what comes
// from there goes on waiting, and so does what a community announced: they may
// still bring the object themselves.
func (t *Tx) GiveUp(ctx context.Context, iri, via, reason, but string) error {
	_, err := t.tx.Exec(ctx, `with gone as (
			update received set state = 4, reason = $3, done_at = now(), body = `+unlessPrivate+` where state = 2 and needs = $1 and via = $2
				and ($4 = '' or via = '' and host <> $4) returning actor, activity)
		delete from seen where day >= current_date - 3
			and hash in (select substring(sha256(convert_to(actor, 'UTF8') || '\x00'::bytea || convert_to(activity, 'UTF8')) for 16) from gone)`,
		iri, via, reason, but)
	if err != nil {
		return fmt.Errorf("storage.GiveUp(%q): %w", iri, err)
	}
	return nil
}

// Settle ends the wait for something that has come in another way.
func (t *Tx) Settle(ctx context.Context, iri, via, reason string) error {
	_, err := t.tx.Exec(ctx, `update received set state = 3, reason = $3, done_at = now(), body = `+unlessPrivate+` where state = 2 and needs = $1 and via = $2`, iri, via, reason)
	if err != nil {
		return fmt.Errorf("storage.Settle(%q): %w", iri, err)
	}
	return nil
}

// WaitInstead has what still waits for an object wait for another, without which
// that is not to be had either.
func (t *Tx) WaitInstead(ctx context.Context, iri, via, other string) error {
	_, err := t.tx.Exec(ctx, `update received set needs = $3 where state = 2 and needs = $1 and via = $2`, iri, via, other)
	return err
}

// Crowd is how many acts of one actor on one object are held back by an earlier
// one that waits.
type Crowd struct {
	Actor string
	Key   int64
	Rows  int
}

// Crowds lists what is held back.
func (db *DB) Crowds(ctx context.Context) ([]Crowd, error) {
	var all []Crowd
	var c Crowd
	err := each(ctx, db.pool, "storage.Crowds", []any{&c.Actor, &c.Key, &c.Rows}, func() { all = append(all, c) }, `select r.actor, r.key, count(*)
		from received r where r.state = 1 and `+heldBack+` group by r.actor, r.key`)
	return all, err
}

// UnverifiedDomains lists domains at which keys are to be fetched, in order, the
// first after the given one.
func (db *DB) UnverifiedDomains(ctx context.Context, after string, limit int) ([]string, error) {
	// Each step is one look into the index, however many rows a domain has.
	rows, err := db.pool.Query(ctx, `with recursive names(domain, n) as (
			(select domain, 1 from received where state = 0 and domain > $1 order by domain limit 1)
			union all
			select d.domain, names.n + 1 from names, lateral (
				select domain from received where state = 0 and domain > names.domain order by domain limit 1) d
			where names.n < $2)
		select domain from names order by n`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("storage.UnverifiedDomains: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("storage.UnverifiedDomains: %w", err)
	}
	return names, nil
}

// Lease says which rows Unverified may take.
type Lease struct {
	Rows      int            // at most, in all
	Domains   map[string]int // of these, and of each at most so many
	PerSource int            // at most, with those that Sources counts
	Sources   map[string]int // rows that are being worked on already
}

// Unverified leases rows whose key is not known: nobody else gets them for a
// minute. Fetching a key takes no longer. Within a domain the sources take turns.
func (db *DB) Unverified(ctx context.Context, l Lease) ([]Received, error) {
	var domains, sources, full []string
	var most, busy []int
	for domain, n := range l.Domains {
		domains, most = append(domains, domain), append(most, n)
	}
	for source, n := range l.Sources {
		sources, busy = append(sources, source), append(busy, n)
		if n >= l.PerSource {
			full = append(full, source)
		}
	}
	batch := &pgx.Batch{}
	// Postgres would plan this anew each time, which takes it seven times as long
	// as to run it (4.2 ms beside 0.6).
	batch.Queue(`select set_config('plan_cache_mode', 'force_generic_plan', true)`)
	batch.Queue(`update received r set next_at = now() + interval '1 minute', tries = r.tries + 1
		from (
			select r.id, r.at from (
				select c.id, c.at, c.source, c.next_at, row_number() over (partition by c.source order by c.next_at, c.id) as place
				from unnest($1::text[], $2::int[]) d(domain, most), lateral (
					select t.id, t.at, t.source, t.next_at from (
						select o.id, o.at, o.source, o.next_at, row_number() over (partition by o.source order by o.next_at, o.id) as turn from (
							select u.id, u.at, u.source, u.next_at from received u
							where u.state = 0 and u.domain = d.domain and u.next_at <= now() and u.source <> all(coalesce($3::text[], '{}'))
							order by u.next_at, u.id limit 1000) o) t
					order by t.turn, t.next_at, t.id limit d.most) c
			) c
			left join unnest($4::text[], $5::int[]) b(source, n) on b.source = c.source
			join received r on r.id = c.id and r.at = c.at
			where c.place + coalesce(b.n, 0) <= $6 and r.state = 0 and r.next_at <= now()
			order by c.next_at, c.id limit $7 for update of r skip locked) c
		where r.id = c.id and r.at = c.at returning `+receivedColumns, domains, most, full, sources, busy, l.PerSource, l.Rows)
	var out []Received
	batch.QueuedQueries[1].Query(func(rows pgx.Rows) error {
		var r Received
		_, err := pgx.ForEachRow(rows, receivedFields(&r), func() error { out = append(out, r); return nil })
		return err
	})
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("storage.Unverified: %w", err)
	}
	return out, nil
}

// Postpone gives leased rows back for a while. That is no try.
func (db *DB) Postpone(ctx context.Context, rows []Received, wait time.Duration) error {
	ids, at := make([]int64, len(rows)), make([]time.Time, len(rows))
	for i, r := range rows {
		ids[i], at[i] = r.ID, r.At
	}
	_, err := db.pool.Exec(ctx, `update received r set next_at = now() + $3 * interval '1 second', tries = r.tries - 1
		from unnest($1::bigint[], $2::timestamptz[]) x(id, at)
		where r.id = x.id and r.at = x.at and r.at = any($2) and r.state = 0`, ids, at, wait.Seconds())
	if err != nil {
		return fmt.Errorf("storage.Postpone: %w", err)
	}
	return nil
}

// Verified makes a row ready whose signature turned out right. A repeat of
// something seen before is applied without effect.
func (db *DB) Verified(ctx context.Context, r Received) error {
	a := Arrival{Actor: r.Actor, Activity: r.Activity}
	_, err := db.pool.Exec(ctx, `with fresh as (
			insert into seen (hash) select $3 where not exists (select 1 from seen where hash = $3
				and day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3])) on conflict do nothing returning 1
		)
		update received set tries = 0, request = null,
			state = case when type = 'Follow' or exists (select 1 from fresh) then 1 else 3 end,
			reason = case when type = 'Follow' or exists (select 1 from fresh) then '' else 'a repeat' end,
			body = case when type = 'Follow' or exists (select 1 from fresh) then body else `+unlessPrivate+` end
		where id = $1 and at = $2 and state = 0`, r.ID, r.At, a.hash())
	if err != nil {
		return fmt.Errorf("storage.Verified: %w", err)
	}
	return nil
}

// Pending is what is kept of requests that nobody has vouched for.
type Pending struct {
	Rows  int
	Bytes int64
}

// PendingBySource counts what is kept unverified, by the network it came from.
func (db *DB) PendingBySource(ctx context.Context) (map[string]Pending, error) {
	rows, err := db.pool.Query(ctx, `select source, count(*), sum(length(body) + coalesce(length(request), 0)) from received where state = 0 group by source`)
	if err != nil {
		return nil, fmt.Errorf("storage.PendingBySource: %w", err)
	}
	all := map[string]Pending{}
	var source string
	var p Pending
	if _, err := pgx.ForEachRow(rows, []any{&source, &p.Rows, &p.Bytes}, func() error { all[source] = p; return nil }); err != nil {
		return nil, fmt.Errorf("storage.PendingBySource: %w", err)
	}
	return all, nil
}
