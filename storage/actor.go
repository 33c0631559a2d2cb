package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/forum"
)

// Key is a public key and the actor it was verified to belong to.
type Key struct {
	ID, Owner, PEM string
	Proves         bool // its owner signs documents with it, not only requests
	CheckedAt      time.Time
}

// Key finds a key by its id; false when it is not held.
func (db *DB) Key(ctx context.Context, id string) (Key, bool, error) {
	k := Key{ID: id}
	err := db.pool.QueryRow(ctx, `select owner, public_pem, proves, checked_at from actor_key where key_id = $1`, id).Scan(&k.Owner, &k.PEM, &k.Proves, &k.CheckedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("storage.Key(%q): %w", id, err)
	}
	return k, true, nil
}

// Sender is what is known of whoever signed a request, before it is believed.
type Sender struct {
	Blocked bool // this node does not speak with one of the hosts
	Held    bool // the key is, and Key is it
	Key     Key
}

// Sender looks up a key, and whether any of the hosts concerned is blocked.
func (db *DB) Sender(ctx context.Context, hosts []string, keyID string) (Sender, error) {
	name := strings.Join(hosts, " ") + " " + keyID
	if s, ok := db.senders.get(name); ok {
		return s, nil
	}
	since := db.senders.since()
	s := Sender{Key: Key{ID: keyID}}
	var holds float64
	var owner, pem *string
	var checked *time.Time
	err := db.pool.QueryRow(ctx, `select exists (select 1 from unnest($1::text[]) h where host_refused(h)), k.owner, k.public_pem, k.checked_at, coalesce(lists_hold_for(), 0)
		from (select 1) one left join actor_key k on k.key_id = $2`, hosts, keyID).Scan(&s.Blocked, &owner, &pem, &checked, &holds)
	if err != nil {
		return s, fmt.Errorf("storage.Sender(%q): %w", keyID, err)
	}
	if owner != nil && pem != nil && checked != nil {
		s.Held = true
		s.Key.Owner, s.Key.PEM, s.Key.CheckedAt = *owner, *pem, *checked
		db.senders.keep(name, s, since, holds)
	}
	return s, nil
}

// KnownActor says whether anything is held of an actor: a profile or a key.
func (db *DB) KnownActor(ctx context.Context, uri string) (bool, error) {
	var known bool
	err := db.pool.QueryRow(ctx, `select exists (select 1 from person where uri = $1) or exists (select 1 from community where uri = $1)
		or exists (select 1 from actor_key where owner = $1)`, uri).Scan(&known)
	return known, err
}

// SavePerson writes what another server says of a person, as fetched at that
// moment, with the keys that were verified to be theirs. The id is kept. A
// profile of somebody of this node is refused, and so is one that was purged.
func (t *Tx) SavePerson(ctx context.Context, p forum.Person, keys []Key) (forum.Person, error) {
	p, replaced, err := savePerson(ctx, t.tx, p, keys)
	t.forget = t.forget || replaced
	return p, err
}

// SavePerson is Tx.SavePerson in a transaction of its own.
func (db *DB) SavePerson(ctx context.Context, p forum.Person, keys []Key) (forum.Person, error) {
	p, replaced, err := savePerson(ctx, db.pool, p, keys)
	if replaced {
		db.senders.forget()
	}
	return p, err
}

func savePerson(ctx context.Context, q querier, p forum.Person, keys []Key) (_ forum.Person, replaced bool, err error) {
	ids, pems, proves := columnsOf(keys)
	// One statement, since most people are met one by one and each step between
	// here and Postgres costs as much as what it does there.
	err = q.QueryRow(ctx, `with a as (
			insert into person as a (uri, name, host, local, bot, title, bio_source, bio_html, avatar_url,
				inbox, shared_inbox, public_key, key_id, published_at, updated_at, fetched_at, discoverable, indexable, banner_url, links, also_known_as, moved_to, emoji)
			values ($1, $2, $3, false, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $18, $19, $20, $21, $23, $24, $25)
			on conflict (uri) do update set name = excluded.name, bot = excluded.bot, title = excluded.title,
				bio_source = excluded.bio_source, bio_html = excluded.bio_html, avatar_url = excluded.avatar_url,
				inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, public_key = excluded.public_key, key_id = excluded.key_id, gone = false,
				gone_at = null, published_at = excluded.published_at, updated_at = excluded.updated_at, fetched_at = excluded.fetched_at,
				discoverable = excluded.discoverable, indexable = excluded.indexable, banner_url = excluded.banner_url, links = excluded.links,
				also_known_as = excluded.also_known_as, moved_to = excluded.moved_to, emoji = excluded.emoji
			where not a.local and not exists (select 1 from tombstone t where t.uri = a.uri)
			returning `+personColumns+`
		), unlisted as (
			delete from actor_key where owner = (select uri from a) and key_id <> all($16) returning 1
		), listed as (
			insert into actor_key as k (key_id, owner, public_pem, proves, checked_at)
			select x.id, a.uri, x.pem, x.proves, now() from a, unnest($16::text[], $17::text[], $22::bool[]) x(id, pem, proves)
			on conflict (key_id) do update set public_pem = excluded.public_pem, proves = excluded.proves, checked_at = excluded.checked_at
			where k.owner = excluded.owner returning k.xmax <> 0 as held
		)
		select `+personColumns+`, exists (select 1 from unlisted) or exists (select 1 from listed where held) from a`,
		p.URI, p.Name, p.Host, p.Bot, p.Title, p.BioSource, p.BioHTML, p.AvatarURL, p.Inbox, p.SharedInbox,
		p.PublicKey, p.KeyID, orNull(p.Published), orNull(p.Updated), p.FetchedAt, ids, pems, p.Discoverable, p.Indexable, p.BannerURL, linksColumn(p.Links),
		proves, p.AlsoKnownAs, p.MovedTo, p.Emoji).Scan(append(personFields(&p), &replaced)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, false, forum.Refuse(forum.Forbidden, "kept-actor", "%s lives here, or was purged, and is not taken from elsewhere.", p.URI)
	}
	if err != nil {
		return p, false, fmt.Errorf("storage.SavePerson(%q): %w", p.URI, err)
	}
	return p, replaced, nil
}

// SaveCommunity writes what another server says of a community, likewise.
func (t *Tx) SaveCommunity(ctx context.Context, c forum.Community, keys []Key) (forum.Community, error) {
	err := t.tx.QueryRow(ctx, `insert into community as c (uri, name, host, local, title, summary_source, summary_html, icon_url,
			sensitive, inbox, shared_inbox, followers_url, public_key, key_id, published_at, updated_at, fetched_at,
			discoverable, indexable, restricted, banner_url, language, emoji, post_tags, said)
		values ($1, $2, $3, false, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		on conflict (uri) do update set name = excluded.name, title = excluded.title, summary_source = excluded.summary_source,
			summary_html = excluded.summary_html, icon_url = excluded.icon_url, sensitive = excluded.sensitive,
			inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, followers_url = excluded.followers_url,
			public_key = excluded.public_key, key_id = excluded.key_id, published_at = excluded.published_at,
			updated_at = excluded.updated_at, fetched_at = excluded.fetched_at, gone = false,
			discoverable = excluded.discoverable, indexable = excluded.indexable, restricted = excluded.restricted,
			banner_url = excluded.banner_url, language = excluded.language, emoji = excluded.emoji, post_tags = excluded.post_tags,
			said = excluded.said
		where not c.local
		returning `+communityColumns,
		c.URI, c.Name, c.Host, c.Title, c.SummarySource, c.SummaryHTML, c.IconURL, c.Sensitive, c.Inbox, c.SharedInbox,
		c.FollowersURL, c.PublicKey, c.KeyID, orNull(c.Published), orNull(c.Updated), c.FetchedAt,
		c.Discoverable, c.Indexable, c.Restricted, c.BannerURL, c.Language, c.Emoji, c.PostTags, c.Said).Scan(communityFields(&c)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, forum.Refuse(forum.Forbidden, "kept-actor", "%s lives here and is not taken from elsewhere.", c.URI)
	}
	if err != nil {
		return c, fmt.Errorf("storage.SaveCommunity(%q): %w", c.URI, err)
	}
	return c, t.SaveKeys(ctx, c.URI, keys)
}

// SaveCommunity is Tx.SaveCommunity in a transaction of its own.
func (db *DB) SaveCommunity(ctx context.Context, c forum.Community, keys []Key) (forum.Community, error) {
	err := db.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		c, err = tx.SaveCommunity(ctx, c, keys)
		return err
	})
	return c, err
}

// SaveKeys replaces an actor's keys: one that is no longer listed is no longer
// good. A key id that belongs to somebody else stays theirs.
func (t *Tx) SaveKeys(ctx context.Context, owner string, keys []Key) error {
	ids, pems, proves := columnsOf(keys)
	batch := &pgx.Batch{}
	batch.Queue(`delete from actor_key where owner = $1 and key_id <> all($2)`, owner, ids)
	batch.Queue(`insert into actor_key (key_id, owner, public_pem, proves, checked_at)
		select k, $1, p, v, now() from unnest($2::text[], $3::text[], $4::bool[]) x(k, p, v)
		on conflict (key_id) do update set public_pem = excluded.public_pem, proves = excluded.proves, checked_at = excluded.checked_at
		where actor_key.owner = excluded.owner returning xmax <> 0`, owner, ids, pems, proves)
	// What was replaced may be remembered; what is new is not.
	batch.QueuedQueries[0].Exec(func(tag pgconn.CommandTag) error {
		t.forget = t.forget || tag.RowsAffected() > 0
		return nil
	})
	batch.QueuedQueries[1].Query(func(rows pgx.Rows) error {
		var replaced bool
		_, err := pgx.ForEachRow(rows, []any{&replaced}, func() error { t.forget = t.forget || replaced; return nil })
		return err
	})
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: keys of %q: %w", owner, err)
	}
	return nil
}

// SaveKeys is Tx.SaveKeys in a transaction of its own.
func (db *DB) SaveKeys(ctx context.Context, owner string, keys []Key) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveKeys(ctx, owner, keys) })
}

func columnsOf(keys []Key) (ids, pems []string, proves []bool) {
	ids, pems, proves = make([]string, len(keys)), make([]string, len(keys)), make([]bool, len(keys))
	for i, k := range keys {
		ids[i], pems[i], proves[i] = k.ID, k.PEM, k.Proves
	}
	return ids, pems, proves
}

// ProofKeys finds those of some keys with which documents are signed, by id.
func (t *Tx) ProofKeys(ctx context.Context, ids []string) (map[string]Key, error) {
	out := map[string]Key{}
	k := Key{Proves: true}
	err := each(ctx, t.tx, "storage.ProofKeys", []any{&k.ID, &k.Owner, &k.PEM, &k.CheckedAt}, func() { out[k.ID] = k },
		`select key_id, owner, public_pem, checked_at from actor_key where key_id = any($1) and proves`, ids)
	return out, err
}

// People finds people by id, for a batch of acts: those of whom more is known than
// that they voted. See Voters for the others.
func (t *Tx) People(ctx context.Context, uris []string) (map[string]forum.Person, error) {
	out := map[string]forum.Person{}
	var a forum.Person
	err := each(ctx, t.tx, "storage.People", personFields(&a), func() { out[a.URI] = a },
		`select `+personColumns+` from person a where a.uri = any($1) and a.name <> ''`, uris)
	return out, err
}

// Voters finds people by id, and keeps of those who are not known that they are
// there: a community is believed for votes in its threads, and need not be asked
// who each voter is. They have no name until something of theirs is read. Those of
// blocked servers are left out.
func (t *Tx) Voters(ctx context.Context, voters []forum.Person) (map[string]forum.Person, error) {
	uris := make([]string, len(voters))
	for i := range voters {
		uris[i] = voters[i].URI
	}
	out := map[string]forum.Person{}
	var a forum.Person
	find := func(uris []string) error {
		return each(ctx, t.tx, "storage.Voters", personFields(&a), func() { out[a.URI] = a }, `select `+personColumns+` from person a where a.uri = any($1)`, uris)
	}
	if err := find(uris); err != nil || len(out) == len(voters) {
		return out, err
	}
	at := map[string]bool{}
	for i := range voters {
		at[voters[i].Host] = true
	}
	blocked, err := t.blockedHosts(ctx, at)
	if err != nil {
		return nil, err
	}
	var fresh, hosts []string
	for i := range voters {
		if _, ok := out[voters[i].URI]; !ok && !blocked[voters[i].Host] {
			fresh, hosts = append(fresh, voters[i].URI), append(hosts, voters[i].Host)
		}
	}
	_, err = t.tx.Exec(ctx, `insert into person (uri, local, name, discoverable, host, indexable)
		select distinct on (u) u, false, '', false, h, false from unnest($1::text[], $2::text[]) x(u, h)
		where not exists (select 1 from tombstone b where b.uri = u)
		order by u on conflict do nothing`, fresh, hosts)
	if err != nil {
		return nil, fmt.Errorf("storage.Voters: %w", err)
	}
	return out, find(fresh)
}

// CommunitiesByURI finds communities by id, for a batch of acts, and the walls of people
// elsewhere. Nothing is put onto those of people here, so they are left out.
func (t *Tx) CommunitiesByURI(ctx context.Context, uris []string) (map[string]forum.Community, error) {
	out := map[string]forum.Community{}
	var c forum.Community
	err := each(ctx, t.tx, "storage.CommunitiesByURI", communityFields(&c), func() { out[c.URI] = c },
		`select `+communityColumns+` from community c where c.uri = any($1) and not (c.wall and c.local)`, uris)
	return out, err
}

// KnownObjects says which of these ids are posts or comments here, or buried.
func (t *Tx) KnownObjects(ctx context.Context, uris []string) (map[string]bool, error) {
	out := map[string]bool{}
	var uri string
	err := each(ctx, t.tx, "storage.KnownObjects", []any{&uri}, func() { out[uri] = true },
		`select uri from post where uri = any($1) union all select uri from comment where uri = any($1)
		union all select uri from tombstone where uri = any($1)`, uris)
	return out, err
}

// HasFollower says whether anybody of this node follows a community.
func (t *Tx) HasFollower(ctx context.Context, communityID int64) (bool, error) {
	var has bool
	err := t.tx.QueryRow(ctx, `select exists (select 1 from follow f join person a on a.id = f.person_id
		where f.community_id = $1 and f.state > 0 and a.local)`, communityID).Scan(&has)
	return has, err
}

// FollowerByActivity finds who of this node sent the Follow with that id; the
// zero Person when nobody did.
func (t *Tx) FollowerByActivity(ctx context.Context, activity string) (forum.Person, error) {
	var a forum.Person
	err := t.tx.QueryRow(ctx, `select `+personColumns+` from follow f join person a on a.id = f.person_id
		where f.activity = $1 and f.activity <> '' and a.local limit 1`, activity).Scan(personFields(&a)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return forum.Person{}, nil
	}
	return a, err
}

// senderChannel is where every change of a key or of the block list notifies.
const senderChannel = "stoa_senders"

const (
	// maxSenders bounds how many are remembered: about 1 KB each.
	maxSenders = 8192
	// senderLife bounds how long one is remembered, should a note be lost.
	senderLife = time.Minute
)

// senders remembers what Sender and Blocked have found. In a profile of votes the
// query for each request took 15 % of the server's processor time (0.31 s of 2.13)
// and, in Postgres, 0.024 ms of execution each; in one of deliveries 4 % of the
// server's, and 0.008 ms. It answers only while changes are listened for, so that a block or a
// changed key counts at once here, and elsewhere as soon as the note of its
// commit has come. Keys that are not held are never remembered: anybody could
// fill it with them.
type senders struct {
	mu      sync.Mutex
	trusted bool
	changes int // counts what made earlier findings doubtful
	found   map[string]foundSender
}

type foundSender struct {
	Sender
	until time.Time
}

func (s *senders) get(name string) (Sender, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.found[name]
	return f.Sender, ok && time.Now().Before(f.until)
}

// since is to be taken before the database is asked: what changes meanwhile
// keeps the answer from being remembered.
func (s *senders) since() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// What is found may be kept for holds seconds, or for any time when that is 0: then a
// line of the lists ends.
func (s *senders) keep(name string, found Sender, since int, holds float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.trusted || s.changes != since {
		return
	}
	if s.found == nil {
		s.found = map[string]foundSender{}
	}
	if len(s.found) >= maxSenders {
		for other := range s.found { // any: the order of a map is as good as random
			delete(s.found, other)
			break
		}
	}
	life := senderLife
	if holds != 0 && holds < life.Seconds() {
		life = time.Duration(holds * float64(time.Second))
	}
	s.found[name] = foundSender{found, time.Now().Add(life)}
}

// forget drops everything.
func (s *senders) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	clear(s.found)
}

// trust says whether changes are listened for.
func (s *senders) trust(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trusted = yes
	s.changes++
	clear(s.found)
}

// SetCommunity implements forum.ProfileTx.
func (t *Tx) SetCommunity(ctx context.Context, c forum.Community) error {
	_, err := t.tx.Exec(ctx, `update community set title = $2, summary_source = $3, summary_html = $4, updated_at = $5,
		sensitive = $6, restricted = $7, icon_url = $8, banner_url = $9, rules_source = $10, rules_html = $11, language = $12, untitled = $13, post_tags = $14
		where id = $1 and local`, c.ID, c.Title, c.SummarySource, c.SummaryHTML, c.Updated, c.Sensitive, c.Restricted, c.IconURL,
		c.BannerURL, c.RulesSource, c.RulesHTML, c.Language, c.Untitled, c.PostTags)
	if err != nil {
		return fmt.Errorf("storage.SetCommunity: %w", err)
	}
	return nil
}

// CommunitySays implements forum.ProfileTx.
func (t *Tx) CommunitySays(ctx context.Context, id int64) (said string, err error) {
	if err := t.tx.QueryRow(ctx, `select said from community where id = $1`, id).Scan(&said); err != nil {
		return "", fmt.Errorf("storage.CommunitySays: %w", err)
	}
	return said, nil
}

// SetProfile implements forum.ProfileTx.
func (t *Tx) SetProfile(ctx context.Context, p forum.Person) error {
	_, err := t.tx.Exec(ctx, `update person set title = $2, bio_source = $3, bio_html = $4, updated_at = $5,
		bot = $6, discoverable = $7, indexable = $8, avatar_url = $9, banner_url = $10, links = $11, also_known_as = $12, moved_to = $13, emoji = $14 where id = $1 and local`,
		p.ID, p.Title, p.BioSource, p.BioHTML, p.Updated, p.Bot, p.Discoverable, p.Indexable, p.AvatarURL, p.BannerURL, linksColumn(p.Links), p.AlsoKnownAs, p.MovedTo, p.Emoji)
	if err != nil {
		return fmt.Errorf("storage.SetProfile: %w", err)
	}
	return nil
}

// Acquainted implements forum.ProfileTx.
func (t *Tx) Acquainted(ctx context.Context, personID int64) ([]string, error) {
	rows, err := t.tx.Query(ctx, `with reader as (select u.server_id, i.url from person a join community w on w.uri = a.uri and w.wall and w.local
				join audience u on u.community_id = w.id and u.until_xid is null join server_inbox i on i.id = u.inbox_id where a.id = $1)
		select url from reader
		union select min(i.url) from audience u join server_inbox i on i.id = u.inbox_id
		where u.until_xid is null and u.server_id not in (select server_id from reader) and ($1 = 0 or u.community_id in (
			select community_id from post where author_id = $1
			union select p.community_id from comment m join post p on p.id = m.post_id where m.author_id = $1))
		group by u.server_id order by 1`, personID)
	if err != nil {
		return nil, fmt.Errorf("storage.Acquainted: %w", err)
	}
	urls, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("storage.Acquainted: %w", err)
	}
	return urls, nil
}

// Reached implements forum.ProfileTx.
func (t *Tx) Reached(ctx context.Context, personID int64) ([]string, error) {
	var all []string
	var url string
	err := each(ctx, t.tx, "storage.Reached", []any{&url}, func() { all = append(all, url) }, `with place as (
			select community_id id from post where author_id = $1
			union select p.community_id from comment m join post p on p.id = m.post_id where m.author_id = $1
			union select p.community_id from vote v join post p on v.subject_kind = 1 and p.id = v.subject_id where v.person_id = $1
			union select p.community_id from vote v join comment m on v.subject_kind = 2 and m.id = v.subject_id join post p on p.id = m.post_id where v.person_id = $1
			union select p.community_id from poll_vote v join post p on p.id = v.post_id where v.person_id = $1
			union select community_id from follow where person_id = $1
			union select w.id from community w join person a on a.uri = w.uri where w.wall and w.local and a.id = $1)
		select min(i.url) from audience u join server_inbox i on i.id = u.inbox_id where u.until_xid is null and u.community_id in (select id from place) group by u.server_id
		union select distinct coalesce(nullif(c.shared_inbox, ''), c.inbox) from community c where c.id in (select id from place) and not c.local
		union select a.inbox from message m join person a on a.id = m.to_id where m.author_id = $1 and not a.local and a.inbox <> ''
		union select coalesce(nullif(a.shared_inbox, ''), a.inbox) from poll_vote v join post p on p.id = v.post_id join person a on a.id = p.author_id
			where v.person_id = $1 and not a.local and a.inbox <> ''
		union select min(url) from server_inbox where exists (select 1 from place p join community c on c.id = p.id where not c.local) group by server_id
		order by 1`, personID)
	return all, err
}

// NodeSays implements forum.ProfileTx.
func (t *Tx) NodeSays(ctx context.Context, said string) (bool, error) {
	var due bool
	err := t.tx.QueryRow(ctx, `with was as (select said, alive_at from node for update)
		update node n set said = $1, alive_at = now() from was
		returning was.said <> $1 or was.alive_at < now() - interval '1 day'`, said).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("storage.NodeSays: %w", err)
	}
	return due, nil
}

// SetGone implements forum.ProfileTx.
func (t *Tx) SetGone(ctx context.Context, p forum.Person, at time.Time, erase bool) (bool, error) {
	tag, err := t.tx.Exec(ctx, `update person set gone = true, gone_at = $2, emptied = false, erase = $3, title = '', bio_source = '', bio_html = '', avatar_url = '', banner_url = '', links = '',
		also_known_as = '', moved_to = '' where id = $1 and gone_at is null`, p.ID, at, erase)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	if _, err := t.tx.Exec(ctx, `update community set gone = true where uri = $1 and wall`, p.URI); err != nil {
		return false, fmt.Errorf("storage.SetGone: %w", err)
	}
	if _, err := t.tx.Exec(ctx, `update log set forum_doc = null, micro_doc = null, direct_doc = null where subject = $1 and verb = 'profile'`, p.URI); err != nil {
		return false, fmt.Errorf("storage.SetGone: %w", err)
	}
	type followed struct {
		held      forum.HeldFollow
		community forum.Community
	}
	var all []followed
	var f followed
	err = each(ctx, t.tx, "storage.SetGone", append([]any{&f.held.Activity}, communityFields(&f.community)...), func() { all = append(all, f) },
		`select f.activity, `+communityColumns+` from follow f join community c on c.id = f.community_id
			where f.person_id = $1 and f.state > 0 order by c.id for no key update of f`, p.ID)
	if err != nil {
		return false, err
	}
	for _, f := range all {
		f.held = forum.HeldFollow{PersonID: p.ID, CommunityID: f.community.ID, At: at, Activity: f.held.Activity, Undone: f.held.Activity}
		if err := t.SaveFollow(ctx, f.held, p, f.community); err != nil {
			return false, err
		}
	}
	return true, nil
}
