package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// FollowFacts implements forum.FollowTx. The communities are locked in ascending
// order, so that of two followers behind one inbox exactly one opens its interval.
func (t *Tx) FollowFacts(ctx context.Context, acts []forum.Follow) ([]forum.FollowFacts, error) {
	var uris []string
	var people []int64
	hosts := map[string]bool{}
	for i := range acts {
		uris, people = append(uris, acts[i].Community), append(people, acts[i].Person.ID)
		if !acts[i].Person.Local {
			hosts[acts[i].Person.Host] = true
		}
	}
	communities := map[string]forum.Community{}
	var c forum.Community
	err := each(ctx, t.tx, "storage.FollowFacts", communityFields(&c), func() { communities[c.URI] = c },
		`select `+communityColumns+` from community c where c.uri = any($1) order by c.id for no key update`, uris)
	if err != nil {
		return nil, err
	}
	held := map[[2]int64]forum.HeldFollow{}
	var h forum.HeldFollow
	err = each(ctx, t.tx, "storage.FollowFacts", []any{&h.PersonID, &h.CommunityID, &h.State, &h.At, &h.Activity, &h.Undone}, func() {
		held[[2]int64{h.PersonID, h.CommunityID}] = h
	}, `select f.person_id, f.community_id, f.state, f.at, f.activity, f.undone
		from follow f join community c on c.id = f.community_id where f.person_id = any($1) and c.uri = any($2)`, people, uris)
	if err != nil {
		return nil, err
	}
	who, err := t.members(ctx, people)
	if err != nil {
		return nil, err
	}
	blocked, err := t.blockedHosts(ctx, hosts)
	if err != nil {
		return nil, err
	}
	shunned := map[[2]int64]bool{}
	var follower, wall int64
	err = each(ctx, t.tx, "storage.FollowFacts", []any{&follower, &wall}, func() { shunned[[2]int64{follower, wall}] = true },
		`select f.id, w.id from community w join person a on a.uri = w.uri join shun s on s.person_id = a.id
			join person f on s.kind = 1 and s.target = f.id or s.kind = 3 and s.host = f.host
			where w.uri = any($2) and w.wall and w.local and f.id = any($1)`, people, uris)
	if err != nil {
		return nil, err
	}
	moved := map[string]bool{}
	var uri string
	err = each(ctx, t.tx, "storage.FollowFacts", []any{&uri}, func() { moved[uri] = true },
		`select a.uri from community w join person a on a.uri = w.uri where w.uri = any($1) and w.wall and a.moved_to <> ''`, uris)
	if err != nil {
		return nil, err
	}
	facts := make([]forum.FollowFacts, len(acts))
	for i := range acts {
		f := &facts[i]
		f.Community, f.Moved = communities[acts[i].Community], moved[acts[i].Community]
		f.Held = held[[2]int64{acts[i].Person.ID, f.Community.ID}]
		f.Gone, f.Blocked = who.gone[acts[i].Person.ID], blocked[acts[i].Person.Host]
		f.Shunned = shunned[[2]int64{acts[i].Person.ID, f.Community.ID}]
		f.Banned, _ = who.in(acts[i].Person.ID, &f.Community)
	}
	return facts, nil
}

// SaveFollow implements forum.FollowTx.
func (t *Tx) SaveFollow(ctx context.Context, h forum.HeldFollow, follower forum.Person, community forum.Community) error {
	told := community.Local && !follower.Local
	var inbox inboxRef
	var inboxID any
	if told {
		inboxes, err := t.inboxes(ctx, []string{follower.DeliverTo()})
		if err != nil {
			return err
		}
		inbox = inboxes[follower.DeliverTo()]
		inboxID = inbox.id
	}
	// The community is locked, so nobody else changes this follow or the count.
	_, err := t.tx.Exec(ctx, `with was as (select coalesce((select state from follow where person_id = $1 and community_id = $2), 0) state),
		saved as (insert into follow (person_id, community_id, state, at, activity, undone, inbox_id) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (person_id, community_id) do update
			set state = excluded.state, at = excluded.at, activity = excluded.activity, undone = excluded.undone, inbox_id = excluded.inbox_id,
				asked_at = case when excluded.activity = follow.activity then follow.asked_at else now() end,
				asks = case when excluded.activity = follow.activity then follow.asks else 1 end)
		update community set followers = followers + case when $3 = 2 then 1 else -1 end
		from was where id = $2 and (was.state = 2) <> ($3 = 2)`,
		h.PersonID, h.CommunityID, h.State, h.At, h.Activity, h.Undone, inboxID)
	if err != nil {
		return fmt.Errorf("storage.SaveFollow: %w", err)
	}
	if h.State == forum.Following && follower.Local && !community.Local {
		return t.tellOfFollow(ctx, h.PersonID, h.CommunityID)
	}
	if !told {
		return nil
	}
	if h.State == forum.Following {
		if err := t.openAudience(ctx, h.CommunityID, inbox); err != nil {
			return err
		}
	}
	return t.closeAudience(ctx, h.CommunityID, inbox.server)
}

// FollowersFrom implements forum.FollowTx.
func (t *Tx) FollowersFrom(ctx context.Context, owner string, person int64, host string, most int) (wall forum.Community, all []forum.Follower, err error) {
	err = t.tx.QueryRow(ctx, `select `+communityColumns+` from community c where c.uri = $1 and c.wall and c.local for no key update`, owner).Scan(communityFields(&wall)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return forum.Community{}, nil, nil
	}
	if err != nil {
		return wall, nil, fmt.Errorf("storage.FollowersFrom: %w", err)
	}
	var f forum.Follower
	h := &f.Held
	err = each(ctx, t.tx, "storage.FollowersFrom", append(personFields(&f.Person), &h.PersonID, &h.CommunityID, &h.State, &h.At, &h.Activity, &h.Undone), func() { all = append(all, f) },
		`select `+personColumns+`, f.person_id, f.community_id, f.state, f.at, f.activity, f.undone from follow f join person a on a.id = f.person_id
			where f.community_id = $1 and f.state > 0 and (f.person_id = $2 or $2 = 0 and a.host = $3) order by f.person_id limit $4`, wall.ID, person, host, most)
	return wall, all, err
}

// Unanswered is a follow of somebody here that its community has not answered.
type Unanswered struct {
	Person    forum.Person
	Community string // id
	Asks      int    // how often it was asked
}

// Unanswered lists follows that are to be asked for again, the oldest first: waits
// says how long each ask is waited for, the last for all further ones.
func (db *DB) Unanswered(ctx context.Context, waits []time.Duration, limit int) ([]Unanswered, error) {
	var all []Unanswered
	var u Unanswered
	err := each(ctx, db.pool, "storage.Unanswered", append([]any{&u.Community, &u.Asks}, personFields(&u.Person)...), func() { all = append(all, u) },
		`select c.uri, f.asks, `+personColumns+` from follow f join person a on a.id = f.person_id join community c on c.id = f.community_id
			where f.state = 1 and a.local and not c.local and not c.gone and not c.removed
				and f.asked_at < now() - ($1::interval[])[least(f.asks, cardinality($1::interval[]))]
			order by f.asked_at limit $2`, waits, limit)
	return all, err
}

// AskedAgain notes that a follow was asked for once more than before.
func (t *Tx) AskedAgain(ctx context.Context, u *Unanswered) error {
	_, err := t.tx.Exec(ctx, `update follow f set asks = least($3 + 1, 1000), asked_at = now() from community c
		where f.person_id = $1 and f.community_id = c.id and c.uri = $2`, u.Person.ID, u.Community, u.Asks)
	if err != nil {
		return fmt.Errorf("storage.AskedAgain: %w", err)
	}
	return nil
}

// PendingFollower finds somebody here who waits for a community to answer; the zero
// Person when nobody does, and where what is answered is known to be no follow.
func (t *Tx) PendingFollower(ctx context.Context, community, answered string) (forum.Person, error) {
	var a forum.Person
	err := t.tx.QueryRow(ctx, `select `+personColumns+` from follow f join person a on a.id = f.person_id join community c on c.id = f.community_id
		where c.uri = $1 and f.state = 1 and a.local and not exists (select 1 from log g where g.direct_id = $2 and g.verb <> 'follow')
			and not exists (select 1 from post p where p.uri = $2) and not exists (select 1 from comment m where m.uri = $2)
		order by f.asked_at limit 1`, community, answered).Scan(personFields(&a)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return forum.Person{}, nil
	}
	return a, err
}

// wallPosts is how many of the posts that somebody here has written already are on
// their wall when it is opened.
const wallPosts = 1000

// OpenWall makes the wall of somebody, so that they can be followed. That of somebody
// here lists what they write, wherever that is; nothing has its home there.
func (t *Tx) OpenWall(ctx context.Context, p forum.Person) error {
	var wall int64
	var fresh bool
	err := t.tx.QueryRow(ctx, `insert into community (uri, name, host, local, title, inbox, shared_inbox, followers_url, fetched_at, discoverable, indexable, restricted, wall)
		select uri, name, host, local, title, inbox, shared_inbox, case when local then uri || '/followers' else '' end, fetched_at, false, indexable, true, true
			from person where id = $1 and not (local and gone)
		on conflict (uri) do update set inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, title = excluded.title, gone = false where community.wall
		returning id, xmax = 0`, p.ID).Scan(&wall, &fresh)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil && fresh && p.Local {
		_, err = t.tx.Exec(ctx, `insert into post_rank (post_id, community_id, home, submitted_at, hot, scaled, contention, score)
			select r.post_id, $2, false, r.submitted_at, r.hot, r.scaled, r.contention, r.score
			from (select id from post where author_id = $1 and state = 0 order by submitted_at desc, id desc limit $3) p
			join post_rank r on r.post_id = p.id and r.home on conflict do nothing`, p.ID, wall, wallPosts)
	}
	if err != nil {
		return fmt.Errorf("storage.OpenWall: %w", err)
	}
	return nil
}

// FollowersOf counts who follows somebody of this node, by the id of the person.
func (r *Reader) FollowersOf(ctx context.Context, uri string) (int, error) {
	var n int
	err := r.one(ctx, "FollowersOf", `select coalesce(max(followers), 0) from community where uri = $1 and wall and local`, []any{&n}, uri)
	return n, err
}

// openAudience begins the stretch of the log that an inbox gets, at this very
// moment, unless it has begun already.
func (t *Tx) openAudience(ctx context.Context, communityID int64, in inboxRef) error {
	_, err := t.tx.Exec(ctx, `insert into audience (community_id, inbox_id, server_id, since_xid, since_seq)
		values ($1, $2, $3, log_xid(), nextval('log_seq')) on conflict (community_id, inbox_id) where until_xid is null do nothing`,
		communityID, in.id, in.server)
	if err != nil {
		return fmt.Errorf("storage: open audience: %w", err)
	}
	return nil
}

// maxLeft is how many stretches that ended are kept of one inbox and community.
// They are kept for ever, since what they brought may be changed at any time; who
// leaves and comes back all day must not make every such change cost more. Of
// more than that the two oldest become one, with the gap between them: somebody
// may be told of a change to something that was never sent there, which has no
// effect.
const maxLeft = 8

// closeAudience ends it for the inboxes of a server behind which nobody follows
// any more: because the last one left, or because their server names another
// inbox now. It ends above every row that is there: one that was written by a
// transaction younger than this, and found the follower, is still told.
func (t *Tx) closeAudience(ctx context.Context, communityID, serverID int64) error {
	_, err := t.tx.Exec(ctx, `with ended as (
			update audience u set until_xid = greatest(log_xid(), log_frontier()), until_seq = nextval('log_seq')
			where u.community_id = $1 and u.server_id = $2 and u.until_xid is null and not exists (
				select 1 from follow f where f.community_id = $1 and f.inbox_id = u.inbox_id and f.state = 2)
			returning u.inbox_id
		), before as (
			select u.inbox_id, u.since_xid, u.since_seq, u.until_xid, u.until_seq,
				row_number() over (partition by u.inbox_id order by u.since_xid, u.since_seq) place, count(*) over (partition by u.inbox_id) held
			from audience u join ended on ended.inbox_id = u.inbox_id where u.community_id = $1 and u.until_xid is not null
		), taken as (
			delete from audience u using before b where b.place = 2 and b.held >= $3
			and u.community_id = $1 and u.inbox_id = b.inbox_id and u.since_xid = b.since_xid and u.since_seq = b.since_seq
			returning b.inbox_id, b.until_xid, b.until_seq
		)
		update audience u set until_xid = greatest(u.until_xid, t.until_xid), until_seq = t.until_seq
		from before b join taken t on t.inbox_id = b.inbox_id
		where b.place = 1 and u.community_id = $1 and u.inbox_id = b.inbox_id and u.since_xid = b.since_xid and u.since_seq = b.since_seq`,
		communityID, serverID, maxLeft)
	if err != nil {
		return fmt.Errorf("storage: close audience: %w", err)
	}
	return nil
}

// inboxRef names an inbox and its server by database id.
type inboxRef struct{ id, server int64 }

// inboxes finds inboxes, or makes them and their servers known.
func (t *Tx) inboxes(ctx context.Context, urls []string) (map[string]inboxRef, error) {
	out := map[string]inboxRef{}
	var url string
	var ref inboxRef
	err := each(ctx, t.tx, "storage: inboxes", []any{&url, &ref.id, &ref.server}, func() { out[url] = ref },
		`select url, id, server_id from server_inbox where url = any($1)`, urls)
	if err != nil {
		return nil, err
	}
	slices.Sort(urls) // two transactions that meet the same new servers do so in one order
	for _, url := range urls {
		if _, ok := out[url]; ok {
			continue
		}
		host := HostOf(url)
		if host == "" {
			return nil, forum.Refuse(forum.Invalid, "bad-inbox", "The inbox %q is not a URL.", url)
		}
		err := t.tx.QueryRow(ctx, `with s as (
				insert into server (host) values ($1) on conflict (host) do update set host = excluded.host returning id)
			insert into server_inbox (server_id, url) select id, $2 from s
			on conflict (url) do update set url = excluded.url returning id, server_id`, host, url).Scan(&ref.id, &ref.server)
		if err != nil {
			return nil, fmt.Errorf("storage: inbox %q: %w", url, err)
		}
		out[url] = ref
	}
	return out, nil
}

// Followed is a community elsewhere that somebody here follows or has asked to.
type Followed struct {
	Community forum.Community
	State     forum.FollowState
	AskedAt   time.Time
	Asks      int
	Denials   int // announcements whose origin said that there is no such thing
	Backfill  forum.Backfill
}

// Following lists what people here follow elsewhere, the most followed state of each.
func (db *DB) Following(ctx context.Context) ([]Followed, error) {
	var all []Followed
	var f Followed
	fields := append([]any{&f.State, &f.AskedAt, &f.Asks, &f.Denials}, communityFields(&f.Community)...)
	err := each(ctx, db.pool, "storage.Following", append(fields, backfillFields(&f.Backfill)...), func() { all = append(all, f) },
		`select f.state, f.asked_at, f.asks, c.denials, `+communityColumns+`, `+backfillColumns+` from (
				select distinct on (community_id) community_id, state, asked_at, asks from follow f join person a on a.id = f.person_id
				where a.local and f.state > 0 order by community_id, state desc, asked_at) f
			join community c on c.id = f.community_id
			left join lateral (select b.community_id, b.state, b.step, b.place, b.pages, b.gets, b.posts, b.comments, b.failed, b.said, b.followers, b.notes,
					b.began_at, b.touched_at, b.ended_at from backfill b where b.community_id = c.id
				union all select c.id, 0, '', '', 0, 0, 0, 0, 0, -1, -1, '{}', now(), current_timestamp, null
					where not exists (select 1 from backfill b where b.community_id = c.id)) b on true
			where not c.local order by c.host, c.name`)
	return all, err
}

// MoveFacts implements forum.MoveTx.
func (t *Tx) MoveFacts(ctx context.Context, a forum.Move, lately time.Time) (f forum.MoveFacts, err error) {
	var p forum.Person
	var successor int64
	var at time.Time
	hosts := map[string]bool{}
	err = each(ctx, t.tx, "storage.MoveFacts", append(personFields(&p), &successor, orZero{&at}), func() {
		if !p.Local {
			hosts[p.Host] = true
		}
		if p.URI == a.Target {
			f.Target = p
		}
		if p.ID == a.Person.ID {
			f.Person, f.Successor, f.MovedAt = p, successor, at
		}
	}, `select `+personColumns+`, coalesce(a.successor_id, 0), a.moved_at from person a
		where (a.id = $1 or a.uri = $2) and a.name <> '' order by a.id for no key update`, a.Person.ID, a.Target)
	if err != nil {
		return f, err
	}
	blocked, err := t.blockedHosts(ctx, hosts)
	if err != nil {
		return f, err
	}
	f.Blocked = len(blocked) > 0
	err = t.tx.QueryRow(ctx, `with recursive came(id, hops) as (
			select $1::int, 0 union all select p.id, c.hops + 1 from came c join person p on p.successor_id = c.id where p.moved_at > $4 and c.hops < 3
		)
		select exists (select 1 from community w join follow f on f.community_id = w.id and f.state > 0 join person a on a.id = f.person_id where w.uri = $2 and w.wall and a.local),
			(select count(*) from (select 1 from person where successor_id = $3 and id <> $1 and moved_at > $4 limit 100) x), (select max(hops) from came)`,
		f.Person.ID, f.Person.URI, f.Target.ID, lately).Scan(&f.Left, &f.Arrived, &f.Hops)
	if err != nil {
		return f, fmt.Errorf("storage.MoveFacts: %w", err)
	}
	return f, nil
}

// SetMoved implements forum.MoveTx.
func (t *Tx) SetMoved(ctx context.Context, p forum.Person, successor int64, at time.Time) error {
	_, err := t.tx.Exec(ctx, `update person set moved_to = $2, successor_id = $3, moved_at = $4, updated_at = coalesce($5, updated_at) where id = $1`,
		p.ID, p.MovedTo, successor, at, orNull(p.Updated))
	if err == nil {
		_, err = t.tx.Exec(ctx, `insert into shun (person_id, kind, target, at) select s.person_id, 1, $2, $3 from shun s
			where s.kind = 1 and s.target = $1 and s.person_id <> $2 and not exists (select 1 from follow f join community w on w.id = f.community_id
				join person n on n.uri = w.uri where n.id = $2 and f.person_id = s.person_id and f.state > 0)
			on conflict do nothing`, p.ID, successor, at)
	}
	if err != nil {
		return fmt.Errorf("storage.SetMoved: %w", err)
	}
	return nil
}

// FollowersToMove implements forum.MoveTx.
func (t *Tx) FollowersToMove(ctx context.Context, from, to string, most int) (people []forum.Person, already []bool, err error) {
	var a forum.Person
	var also bool
	err = each(ctx, t.tx, "storage.FollowersToMove", append(personFields(&a), &also), func() { people, already = append(people, a), append(already, also) },
		`select `+personColumns+`, exists (select 1 from follow g join community n on n.id = g.community_id where g.person_id = a.id and g.state > 0 and n.uri = $2)
			or exists (select 1 from shun s join person n on s.kind = 1 and s.target = n.id or s.kind = 3 and s.host = n.host where s.person_id = a.id and n.uri = $2)
		from community w join follow f on f.community_id = w.id and f.state > 0 join person a on a.id = f.person_id
		where w.uri = $1 and w.wall and a.local order by a.id limit $3`, from, to, most)
	return people, already, err
}

// TellOfMove implements forum.MoveTx.
func (t *Tx) TellOfMove(ctx context.Context, people []forum.Person, moved int64) error {
	ids := make([]int64, len(people))
	for i := range people {
		ids[i] = people[i].ID
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, actor_id) select u.person_id, 15, $2 from account u where u.person_id = any($1)`, ids, moved)
	if err != nil {
		return fmt.Errorf("storage.TellOfMove: %w", err)
	}
	return nil
}
