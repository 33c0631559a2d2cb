package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/forum"
	"stoa/storage/domain"
)

// FindSubject implements forum.ModerationTx. It locks the post before the
// comment, as votes do.
func (t *Tx) FindSubject(ctx context.Context, uri string) (*forum.Post, *forum.Comment, error) {
	uri = strings.TrimSuffix(uri, "/")
	var postID, commentID int64
	err := t.tx.QueryRow(ctx, `select p.id, 0 from post p where p.uri = $1 or p.id = $2
		union all select m.post_id, m.id from comment m where m.uri = $1 or m.id = $3 limit 1`,
		uri, t.pageID(uri, "/post/"), t.pageID(uri, "/comment/")).Scan(&postID, &commentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("storage.FindSubject(%q): %w", uri, err)
	}
	posts, err := t.lockPosts(ctx, []int64{postID})
	if err != nil {
		return nil, nil, err
	}
	p := posts[postID]
	if commentID == 0 {
		return &p, nil, nil
	}
	var m forum.Comment
	err = t.tx.QueryRow(ctx, `select `+commentRowColumns+commentFrom+`where m.id = $1 for no key update of m`, commentID).Scan(commentRow(&m)...)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.FindSubject(%q): %w", uri, err)
	}
	return &p, &m, nil
}

// Moderates reports whether somebody, by id, may take away what somebody else wrote: they
// moderate its community, or that is the one that says so.
func (t *Tx) Moderates(ctx context.Context, person, object string, via int64) (may bool, err error) {
	err = t.tx.QueryRow(ctx, `select exists (select 1 from (
			select p.community_id, p.author_id from post p where p.uri = $2
			union all select p.community_id, m.author_id from comment m join post p on p.id = m.post_id where m.uri = $2) w join person a on a.id = w.author_id
		where a.uri <> $1 and (w.community_id = $3 or exists (select 1 from moderator o where o.community_id = w.community_id and o.person_uri = $1)))`,
		person, object, via).Scan(&may)
	return may, err
}

// Announced finds the post or comment that an activity of ours announced, by ids; empty
// when there is none.
func (t *Tx) Announced(ctx context.Context, activity string) (uri string, err error) {
	err = t.tx.QueryRow(ctx, `select p.uri from placement l join post p on p.id = l.post_id where l.boost_id = $1 and l.boost_id <> ''
		union all select p.uri from placement l join post p on p.id = l.post_id where l.announce_id = $1 and l.announce_id <> ''
		union all select uri from comment where announce_id = $1 and announce_id <> '' limit 1`, activity).Scan(&uri)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return uri, err
}

// pageID reads the database id out of the address of a page of ours; 0 when the
// address is no such page.
func (t *Tx) pageID(uri, path string) int64 {
	rest, ok := strings.CutPrefix(uri, t.base+path)
	if !ok {
		return 0
	}
	id, err := strconv.ParseInt(rest, 10, 32)
	if err != nil {
		return 0
	}
	return id
}

// SetState implements forum.ModerationTx.
func (t *Tx) SetState(ctx context.Context, s forum.Subject, state forum.State, reason string, at time.Time) error {
	table := "post"
	if s.Kind == forum.OnComment {
		table = "comment"
	}
	blank := ``
	if state == forum.Purged {
		blank = `, source = '', html = '', warning = '', page_url = '', attachments = null, tags = null`
		if table == "post" {
			blank += `, title = '', link = '', occasion = null, poll = null`
		}
	}
	var was forum.State
	var author int64
	// The state before is read from the row the caller has locked.
	err := t.tx.QueryRow(ctx, `update `+table+` t set state = $2, reason = $3, state_at = $4`+blank+`
		from (select id, state, author_id from `+table+` where id = $1) o where t.id = o.id returning o.state, o.author_id`,
		s.ID, state, reason, at).Scan(&was, &author)
	if err != nil {
		return fmt.Errorf("storage.SetState: %w", err)
	}
	if state == forum.Purged {
		if _, err := t.tx.Exec(ctx, `delete from revision where subject_kind = $1 and subject_id = $2`, s.Kind, s.ID); err != nil {
			return fmt.Errorf("storage.SetState: %w", err)
		}
		if _, err := t.tx.Exec(ctx, `delete from topic where $1 = 1 and post_id = $2`, s.Kind, s.ID); err != nil {
			return fmt.Errorf("storage.SetState: %w", err)
		}
	}
	// What is dealt with by itself goes with nothing else any more.
	if _, err := t.tx.Exec(ctx, `delete from swept where kind = $1 and subject_id = $2`, s.Kind, s.ID); err != nil {
		return fmt.Errorf("storage.SetState: %w", err)
	}
	if err := t.tellOfState(ctx, s, author, was, state, reason); err != nil {
		return err
	}
	switch {
	case was == forum.Live && state != forum.Live:
		return t.recount(ctx, s, author, -1)
	case was != forum.Live && state == forum.Live:
		return t.recount(ctx, s, author, 1)
	}
	return nil
}

// recount keeps lists and counters in line with a post or comment that left Live
// (by -1) or came back (by 1).
func (t *Tx) recount(ctx context.Context, s forum.Subject, author int64, by int) error {
	batch := &pgx.Batch{}
	if s.Kind == forum.OnComment {
		pulse := pulses{}
		first := &pgx.Batch{}
		pulse.gather(first, `update post p set comments = p.comments + $2 from comment m where m.id = $1 and p.id = m.post_id
			returning p.id, p.comments, p.last_comment_at, p.submitted_at`, s.ID, by)
		if err := t.tx.SendBatch(ctx, first).Close(); err != nil {
			return fmt.Errorf("storage: recount: %w", err)
		}
		pulse.queue(batch)
		batch.Queue(`update person set comments = comments + $2 where id = $1`, author, by)
		batch.Queue(`update community c set comments = c.comments + $2 from comment m join post p on p.id = m.post_id
			where m.id = $1 and c.id = p.community_id`, s.ID, by)
		return t.tx.SendBatch(ctx, batch).Close()
	}
	if by < 0 {
		batch.Queue(`delete from post_rank where post_id = $1`, s.ID)
	} else {
		batch.Queue(rankAgain, []int64{s.ID})
	}
	batch.Queue(`update person set posts = posts + $2 where id = $1`, author, by)
	batch.Queue(`update community c set posts = c.posts + $2 from placement l where l.post_id = $1 and l.moved_at is null and c.id = l.community_id`, s.ID, by)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: recount: %w", err)
	}
	if s.Kind == forum.OnPost && by > 0 {
		return t.rerank(ctx, []int64{s.ID})
	}
	return nil
}

// rankAgain gives posts their places in lists.
const rankAgain = `insert into post_rank (post_id, community_id, home, submitted_at, hot, score)
	select p.id, l.community_id, l.home, p.submitted_at, 0, p.up - p.down
	from post p join placement l on l.post_id = p.id and l.moved_at is null where p.id = any($1)
	union all select p.id, w.id, false, p.submitted_at, 0, p.up - p.down
	from post p join person a on a.id = p.author_id and a.local join community w on w.uri = a.uri and w.wall where p.id = any($1)
	on conflict do nothing`

// rerank gives posts that came back the ranks their votes and comments deserve.
func (t *Tx) rerank(ctx context.Context, posts []int64) error {
	var id int64
	var up, down int
	var submitted time.Time
	var home forum.Community
	var ids []int64
	var hot, scaled, contention []float64
	pulse := pulses{}
	batch := &pgx.Batch{}
	pulse.gather(batch, `select id, comments, last_comment_at, submitted_at from post where id = any($1)`, posts)
	ask(batch, []any{&id, &up, &down, &submitted, &home.Followers, &home.Posts}, func() {
		r := forum.RanksOf(up, down, submitted, &home)
		ids, hot, scaled, contention = append(ids, id), append(hot, r.Hot), append(scaled, r.Scaled), append(contention, r.Contention)
	}, `select p.id, p.up, p.down, p.submitted_at, c.followers, c.posts from post p join community c on c.id = p.community_id where p.id = any($1)`, posts)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: rerank: %w", err)
	}
	batch = &pgx.Batch{}
	batch.Queue(`update post_rank r set hot = x.hot, scaled = x.scaled, contention = x.contention
		from unnest($1::int[], $2::float8[], $3::float8[], $4::float8[]) x(id, hot, scaled, contention) where r.post_id = x.id`, ids, hot, scaled, contention)
	pulse.queue(batch)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: rerank: %w", err)
	}
	return nil
}

// BlankDocuments implements forum.ModerationTx.
func (t *Tx) BlankDocuments(ctx context.Context, uris []string) error {
	// Ids are looked for in the raw bytes, as JSON may write them: with or without
	// escaped slashes. One walk over everything received serves for all of them.
	patterns := make([][]byte, 0, 2*len(uris))
	for _, uri := range uris {
		patterns = append(patterns, []byte(uri), []byte(strings.ReplaceAll(uri, "/", `\/`)))
	}
	batch := &pgx.Batch{}
	batch.Queue(`set local statement_timeout = 0`)
	batch.Queue(`update log set forum_doc = null, micro_doc = null, direct_doc = null where subject = any($1) and verb in ('submit', 'reply', 'edit', 'tally', 'profile')`, uris)
	batch.Queue(`update received set body = '', request = null, reason = 'purged', state = case when state < 3 then 4 else state end
		where family = 2 and exists (select 1 from unnest($1::bytea[]) x where position(x in body) > 0)`, patterns)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.BlankDocuments: %w", err)
	}
	return nil
}

// Bury implements forum.ModerationTx.
func (t *Tx) Bury(ctx context.Context, uris []string, at time.Time) error {
	_, err := t.tx.Exec(ctx, `insert into tombstone (uri, at) select u, $2 from unnest($1::text[]) u on conflict do nothing`, uris, at)
	if err != nil {
		return fmt.Errorf("storage.Bury: %w", err)
	}
	return nil
}

// PersonByURI implements forum.ModerationTx.
func (t *Tx) PersonByURI(ctx context.Context, uri string) (forum.Person, bool, error) {
	var a forum.Person
	name, host := t.pageHandle(uri, "/u/")
	err := t.tx.QueryRow(ctx, `select `+personColumns+` from person a where a.uri = $1 or lower(a.name) = lower($2) and a.host = $3
		order by a.uri = $1 desc, a.id limit 1`, uri, name, host).Scan(personFields(&a)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil, err
}

// pageHandle reads name and host out of the address that somebody of another
// server has here; empty when the address is no such page.
func (t *Tx) pageHandle(uri, path string) (name, host string) {
	handle, ok := strings.CutPrefix(uri, t.base+path)
	if !ok {
		return "", ""
	}
	name, host, _ = strings.Cut(handle, "@")
	return name, strings.ToLower(host)
}

// PurgePerson implements forum.ModerationTx.
func (t *Tx) PurgePerson(ctx context.Context, id int64) (posts, comments []string, err error) {
	// Everything is locked first, in the order in which votes and replies do it.
	_, err = t.tx.Exec(ctx, `select 1 from post where author_id = $1 or id in (select post_id from comment where author_id = $1)
		order by id for no key update`, id)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	rows, err := t.tx.Query(ctx, `select uri from post where author_id = $1 order by id`, id)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	if posts, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	rows, err = t.tx.Query(ctx, `select uri from comment where author_id = $1 order by id for no key update`, id)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	if comments, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	_, err = t.tx.Exec(ctx, `update person set gone = true, title = '', bio_source = '', bio_html = '', avatar_url = '', banner_url = '', links = '' where id = $1`, id)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	return posts, comments, nil
}

// CommunityByURI implements forum.ModerationTx.
func (t *Tx) CommunityByURI(ctx context.Context, uri string) (forum.Community, bool, error) {
	var c forum.Community
	name, host := t.pageHandle(uri, "/c/")
	err := t.tx.QueryRow(ctx, `select `+communityColumns+` from community c where (c.uri = $1 or lower(c.name) = lower($2) and c.host = $3) and not (c.wall and c.local)
		order by c.uri = $1 desc, c.id limit 1`, uri, name, host).Scan(communityFields(&c)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

// SetCommunityRemoved implements forum.ModerationTx.
func (t *Tx) SetCommunityRemoved(ctx context.Context, id int64, removed bool, reason string) error {
	_, err := t.tx.Exec(ctx, `update community set removed = $2, removed_reason = $3 where id = $1`, id, removed, reason)
	return err
}

// SetModerator implements forum.ModerationTx.
func (t *Tx) SetModerator(ctx context.Context, communityID int64, person string, moderates bool, at time.Time) (bool, error) {
	var tag pgconn.CommandTag
	var err error
	if moderates {
		tag, err = t.tx.Exec(ctx, `insert into moderator (community_id, person_uri, since) values ($1, $2, $3) on conflict do nothing`, communityID, person, at)
	} else {
		tag, err = t.tx.Exec(ctx, `delete from moderator where community_id = $1 and person_uri = $2`, communityID, person)
	}
	if err != nil {
		return false, fmt.Errorf("storage.SetModerator: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// RecordAction implements forum.ModerationTx.
func (t *Tx) RecordAction(ctx context.Context, a forum.Action) error {
	var post, comment int64
	switch a.On.Kind {
	case forum.OnPost:
		post = a.On.ID
	case forum.OnComment:
		comment = a.On.ID
	}
	_, err := t.tx.Exec(ctx, `insert into moderation (at, verb, target, reason, actor_id, community_id, post_id, comment_id, person_id, until, along)
		select $1, $2, $3, $4, nullif($5, 0), nullif($6, 0), coalesce(nullif($7, 0), (select post_id from comment where id = $8)), nullif($8, 0), nullif($9, 0), $10, $11
		where $2 <> 'relocate' or not exists (select 1 from moderation where post_id = $7 and verb = 'relocate' and at = $1)`, // moves are told by several
		a.At, a.Verb, a.Target, a.Reason, a.By, a.Community, post, comment, a.Person, orNull(a.Until), a.Along)
	return err
}

// Newest implements forum.ModerationTx.
func (t *Tx) Newest(ctx context.Context, a forum.Action, verbs []forum.Verb) (at time.Time, verb forum.Verb, err error) {
	switch {
	case a.On.Kind == forum.OnPost: // in whichever community it was then
		err = t.tx.QueryRow(ctx, `select at, verb from moderation where post_id = $1 and coalesce(comment_id, 0) = 0 and verb = any($2) and (along or not $3)
			order by at desc, verb desc limit 1`, a.On.ID, verbs, a.Along).Scan(&at, &verb)
	case a.On.Kind == forum.OnComment:
		err = t.tx.QueryRow(ctx, `select at, verb from moderation where post_id = (select post_id from comment where id = $1) and coalesce(comment_id, 0) = $1 and verb = any($2)
			and (along or not $3) order by at desc, verb desc limit 1`, a.On.ID, verbs, a.Along).Scan(&at, &verb)
	case a.Community == 0:
		// Of bans from a server, whoever says so is of it, see judgeBanish.
		err = t.tx.QueryRow(ctx, `select at, verb from moderation where community_id is null and verb = any($1) and person_id = $2
			and coalesce((select host from person where id = actor_id and not local), '') = $3 and (along or not $4) order by at desc, verb desc limit 1`,
			verbs, a.Person, a.Server, a.Along).Scan(&at, &verb)
	default:
		err = t.tx.QueryRow(ctx, `select at, verb from moderation where community_id = $1 and verb = any($2) and person_id = $3 and (along or not $4)
			order by at desc, verb desc limit 1`, a.Community, verbs, a.Person, a.Along).Scan(&at, &verb)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, "", nil
	}
	if err != nil {
		return time.Time{}, "", fmt.Errorf("storage.Newest: %w", err)
	}
	return at, verb, nil
}

// Standing implements forum.ModerationTx.
func (t *Tx) Standing(ctx context.Context, person string, communityID int64) (s forum.Standing, err error) {
	err = t.tx.QueryRow(ctx, Standing, person, communityID).Scan(&s.Moderator, &s.Admin, &s.Banned)
	return s, err
}

// Standing is the statement for what somebody, by id, is in a community, by number: a
// moderator, an admin of this node, banned.
const Standing = `with recursive was(id, host, steps) as (
		select id, host, 0 from person where uri = $1
		union all select p.id, p.host, o.steps + 1 from was o join person p on p.successor_id = o.id where o.steps < 5)
	select exists (select 1 from moderator m where m.community_id = $2 and m.person_uri = $1),
	exists (select 1 from account u join person a on a.id = u.person_id where a.uri = $1 and u.admin),
	exists (select 1 from ban b join was a on a.id = b.person_id where b.community_id = $2 and (b.until is null or b.until > now()))
	or exists (select 1 from server_ban b join was a on a.id = b.person_id left join community c on c.id = $2
		where (b.until is null or b.until > now()) and (b.host in ('', c.host) and b.host <> a.host or b.host = a.host and a.steps = 0))`

// SetLocked implements forum.ModerationTx.
func (t *Tx) SetLocked(ctx context.Context, s forum.Subject, locked bool, byID int64, reason string, at time.Time) (bool, error) {
	if s.Kind == forum.OnPost {
		tag, err := t.tx.Exec(ctx, `update post set locked = $2 where id = $1 and locked <> $2`, s.ID, locked)
		if err != nil || tag.RowsAffected() == 0 {
			return false, err
		}
		return true, t.tellOfLock(ctx, s.ID, locked, byID, reason, at)
	}
	ids, err := t.below(ctx, s)
	if err != nil {
		return false, err
	}
	// Of acts on what is above each other the later holds for what is below both.
	tag, err := t.tx.Exec(ctx, `with recursive chain as (select id as bottom, id from comment where id = any($1)
			union all select c.bottom, m.parent_id from chain c join comment m on m.id = c.id where m.parent_id is not null)
		update comment set locked = $2 where id = any($1) and locked <> $2 and id not in (select c.bottom from chain c join moderation o on o.comment_id = c.id
			where o.verb in ('lock', 'unlock') and o.at > $3)`, append(ids, s.ID), locked, at)
	return err == nil && tag.RowsAffected() > 0, err
}

// SetPinned implements forum.ModerationTx.
func (t *Tx) SetPinned(ctx context.Context, postID int64, pinned bool, at time.Time) (bool, error) {
	if !pinned {
		at = time.Time{}
	}
	tag, err := t.tx.Exec(ctx, `update post set pinned_at = $2 where id = $1 and (pinned_at is null) <> ($2::timestamptz is null)`, postID, orNull(at))
	return err == nil && tag.RowsAffected() > 0, err
}

// SetBan implements forum.ModerationTx.
func (t *Tx) SetBan(ctx context.Context, communityID int64, b forum.Ban, banned bool) (bool, error) {
	if !banned {
		tag, err := t.tx.Exec(ctx, `delete from ban where community_id = $1 and person_id = $2`, communityID, b.Person.ID)
		if err != nil || tag.RowsAffected() == 0 {
			return false, err
		}
		return true, t.tellOfBan(ctx, communityID, b, false)
	}
	tag, err := t.tx.Exec(ctx, `insert into ban (community_id, person_id, at, until, reason) values ($1, $2, $3, $4, $5)
		on conflict (community_id, person_id) do update set at = $3, until = $4, reason = $5
		where ban.until is distinct from $4 or ban.reason <> $5`, communityID, b.Person.ID, b.At, orNull(b.Until), b.Reason)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	return true, t.tellOfBan(ctx, communityID, b, true)
}

// SetServerBan implements forum.ModerationTx.
func (t *Tx) SetServerBan(ctx context.Context, host string, b forum.Ban, banned bool) (bool, error) {
	if !banned {
		tag, err := t.tx.Exec(ctx, `delete from server_ban where person_id = $1 and host = $2 and at <= $3`, b.Person.ID, host, b.At)
		return err == nil && tag.RowsAffected() > 0, err
	}
	tag, err := t.tx.Exec(ctx, `insert into server_ban (person_id, host, at, until, reason) values ($1, $2, $3, $4, $5)
		on conflict (person_id, host) do update set at = $3, until = $4, reason = $5
		where server_ban.at <= $3 and (server_ban.until is distinct from $4 or server_ban.reason <> $5)`, b.Person.ID, host, b.At, orNull(b.Until), b.Reason)
	return err == nil && tag.RowsAffected() > 0, err
}

// SaveServerRules implements forum.ModerationTx.
func (t *Tx) SaveServerRules(ctx context.Context, list forum.ServerList, rules []forum.ServerRule) ([]bool, error) {
	place := make(map[string][]int, len(rules))
	hosts, reasons, ats, untils := make([]string, len(rules)), make([]string, len(rules)), make([]time.Time, len(rules)), make([]*time.Time, len(rules))
	bys, quiets := make([]int64, len(rules)), make([]bool, len(rules))
	for i := range rules {
		r := &rules[i]
		hosts[i], reasons[i], ats[i], bys[i], quiets[i] = domain.Plain(r.Host), r.Reason, r.At, r.By.ID, r.Quiet
		if !r.Until.IsZero() {
			untils[i] = &r.Until
		}
		place[hosts[i]] = append(place[hosts[i]], i)
	}
	changed := make([]bool, len(rules))
	var host string
	mark := func() { changed[place[host][0]] = true }
	t.forget = true
	if list == forum.ListAllowed {
		return changed, each(ctx, t.tx, "storage.SaveServerRules", []any{&host}, mark, `insert into domain_allow as b (host, reason, allowed_at, until_at, by_id)
			select distinct on (h) h, r, a, u, nullif(p, 0) from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int[]) x(h, r, a, u, p) order by h
			on conflict (host) do update set reason = coalesce(nullif(excluded.reason, ''), b.reason), allowed_at = excluded.allowed_at, until_at = excluded.until_at, by_id = excluded.by_id
			where b.until_at is distinct from excluded.until_at or excluded.reason not in ('', b.reason) returning host`, hosts, reasons, ats, untils, bys)
	}
	return changed, each(ctx, t.tx, "storage.SaveServerRules", []any{&host}, mark, `insert into domain_block as b (host, reason, blocked_at, until_at, by_id, quiet)
		select distinct on (h) h, r, a, u, nullif(p, 0), q from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int[], $6::bool[]) x(h, r, a, u, p, q) order by h
		on conflict (host) do update set reason = coalesce(nullif(excluded.reason, ''), b.reason), blocked_at = excluded.blocked_at, until_at = excluded.until_at,
			by_id = excluded.by_id, quiet = excluded.quiet
		where (b.until_at, b.quiet) is distinct from (excluded.until_at, excluded.quiet) or excluded.reason not in ('', b.reason) returning host`,
		hosts, reasons, ats, untils, bys, quiets)
}

// DropServerRules implements forum.ModerationTx.
func (t *Tx) DropServerRules(ctx context.Context, list forum.ServerList, hosts []string) ([]forum.ServerRule, error) {
	plain := make([]string, len(hosts))
	for i, h := range hosts {
		plain[i] = domain.Plain(h)
	}
	var r forum.ServerRule
	var out []forum.ServerRule
	add := func() { out = append(out, r) }
	t.forget = true
	if list == forum.ListAllowed {
		err := each(ctx, t.tx, "storage.DropServerRules", []any{&r.Host, &r.Reason}, add, `delete from domain_allow where host = any($1) returning host, reason`, plain)
		return out, err
	}
	err := each(ctx, t.tx, "storage.DropServerRules", []any{&r.Host, &r.Reason, &r.Quiet}, add, `delete from domain_block where host = any($1) returning host, reason, quiet`, plain)
	return out, err
}

// SetAllowOnly implements forum.ModerationTx.
func (t *Tx) SetAllowOnly(ctx context.Context, only bool) (bool, error) {
	tag, err := t.tx.Exec(ctx, `update node set allow_only = $1 where allow_only <> $1`, only)
	t.forget = true
	return err == nil && tag.RowsAffected() == 1, err
}

// ServerRules lists a list, by host, from after a host on; with public, blocks that
// readers are told of and lines that hold now. only says whether nobody is spoken with
// but those that may be.
func (r *Reader) ServerRules(ctx context.Context, list forum.ServerList, public bool, after string, limit int) (rules []forum.ServerRule, only bool, err error) {
	if err := r.db.pool.QueryRow(ctx, `select coalesce((select allow_only from node), false)`).Scan(&only); err != nil {
		return nil, false, fmt.Errorf("storage.Reader.ServerRules: %w", err)
	}
	var l forum.ServerRule
	fields := []any{&l.Host, &l.Reason, &l.At, orZero{&l.Until}, &l.By.ID, &l.By.Name, &l.Quiet}
	add := func() { rules = append(rules, l) }
	if list == forum.ListAllowed {
		err = each(ctx, r.db.pool, "storage.Reader.ServerRules", fields, add, `select b.host, b.reason, b.allowed_at, b.until_at, coalesce(a.id, 0), coalesce(a.name, ''), false
			from domain_allow b left join person a on a.id = b.by_id where b.host > $1 and (not $2 or b.until_at is null or b.until_at > now()) order by b.host limit $3`, after, public, limit)
		return rules, only, err
	}
	err = each(ctx, r.db.pool, "storage.Reader.ServerRules", fields, add, `select b.host, b.reason, b.blocked_at, b.until_at, coalesce(a.id, 0), coalesce(a.name, ''), b.quiet
		from domain_block b left join person a on a.id = b.by_id where b.host > $1 and (not $2 or not b.quiet and (b.until_at is null or b.until_at > now())) order by b.host limit $3`, after, public, limit)
	return rules, only, err
}

// Blocked says whether this node does not speak with a server: it or a domain above
// it is blocked, or is not among those with whom alone it speaks.
func (db *DB) Blocked(ctx context.Context, host string) (bool, error) {
	return db.remembered(ctx, host, `select host_refused($1), coalesce(lists_hold_for(), 0)`, domain.Plain(host))
}

// BlockedPage says whether nothing is got from a host that is no server of others
// but shows them pictures and pages: only a block keeps it away.
func (db *DB) BlockedPage(ctx context.Context, host string) (bool, error) {
	return db.remembered(ctx, "page "+host, `select host_blocked($1), coalesce(lists_hold_for(), 0)`, domain.Plain(host))
}

func (db *DB) remembered(ctx context.Context, name, sql, host string) (bool, error) {
	if s, ok := db.senders.get(name); ok {
		return s.Blocked, nil
	}
	since := db.senders.since()
	var s Sender
	var holds float64
	if err := db.pool.QueryRow(ctx, sql, host).Scan(&s.Blocked, &holds); err != nil {
		return false, fmt.Errorf("storage.Blocked(%q): %w", host, err)
	}
	db.senders.keep(name, s, since, holds)
	return s.Blocked, nil
}

// blockedHosts says with which of the hosts this node does not speak.
func (t *Tx) blockedHosts(ctx context.Context, hosts map[string]bool) (map[string]bool, error) {
	list := make([]string, 0, len(hosts))
	for h := range hosts {
		list = append(list, h)
	}
	return blockedAmong(ctx, t.tx, list)
}

// blockedAmong is host_refused for many hosts at once: as a function for each of them
// it was a fifth of what a vote by somebody new costs. It asks by the names under
// which a host can be listed, so that the size of the lists costs nothing.
func blockedAmong(ctx context.Context, q querier, hosts []string) (map[string]bool, error) {
	out := map[string]bool{}
	var of, names []string
	for _, host := range hosts {
		for _, name := range domain.Names(host) {
			of, names = append(of, host), append(names, name)
		}
	}
	if len(names) == 0 {
		return out, nil
	}
	var host string
	err := each(ctx, q, "storage: blocked hosts", []any{&host}, func() { out[host] = true }, `
		with named as materialized (select n.host, n.name from unnest($1::text[], $2::text[]) n(host, name)),
		refused as (
			select n.host from named n join domain_block b on b.host = n.name where b.until_at is null or b.until_at > now()
			union select n.host from named n where (select allow_only from node) and not exists (
				select 1 from named o join domain_allow a on a.host = o.name where o.host = n.host and (a.until_at is null or a.until_at > now())))
		select host from refused where not exists (select 1 from node where split_part(url, '/', 3) = lower(host))`, of, names)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// communityThen begins the community in which post p was at the time that follows;
// communityThenEnd ends it. Acts on a thread hold where it was when they were done.
const (
	communityThen    = `coalesce((select r.community_id from moderation r where r.post_id = p.id and coalesce(r.comment_id, 0) = 0 and r.verb = 'relocate' and r.at > `
	communityThenEnd = ` order by r.at limit 1), p.community_id)`
)
