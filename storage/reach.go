package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"stoa/federation/forum"
)

// The queues of the jobs that get what nobody has sent: Backfill, CheckThread and
// LookUp. Whoever looks for something does not wait behind ten thousand posts.
const (
	BackfillQueue = "backfills"
	ThreadQueue   = "threads"
	LookupQueue   = "lookups"
)

// Backfill is the job of reading the past of a community elsewhere.
type Backfill struct {
	Community int64 `json:"community" river:"unique"`
}

// Kind implements river.JobArgs.
func (Backfill) Kind() string { return "backfill" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (Backfill) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 12, UniqueOpts: onceAtATime, Queue: BackfillQueue}
}

// CheckThread is the job of comparing a thread with what its home has.
type CheckThread struct {
	Post int64 `json:"post" river:"unique"`
}

// Kind implements river.JobArgs.
func (CheckThread) Kind() string { return "check_thread" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (CheckThread) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 4, UniqueOpts: onceAtATime, Queue: ThreadQueue}
}

// LookUp is the job of looking for a handle or address at its server.
type LookUp struct {
	Text string `json:"text" river:"unique"`
}

// Kind implements river.JobArgs.
func (LookUp) Kind() string { return "look_up" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (LookUp) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 2, UniqueOpts: onceAtATime, Queue: LookupQueue}
}

// Jobs of one kind that are asked for at a time. Whoever opens pages makes them.
const openReach = 1_000

// askReach adds a job, unless as many of its kind as may be are open, and reports
// whether it did.
func (t *Tx) askReach(ctx context.Context, job river.JobArgs) (bool, error) {
	var open int
	err := t.tx.QueryRow(ctx, `select count(*) from (select 1 from river_job where kind = $1
		and state in ('available', 'pending', 'running', 'scheduled', 'retryable') limit $2) open`, job.Kind(), openReach).Scan(&open)
	if err != nil || open >= openReach {
		return false, err
	}
	made, err := t.jobs.InsertTx(ctx, t.tx, job, nil)
	if err != nil {
		return false, fmt.Errorf("storage: ask for %s: %w", job.Kind(), err)
	}
	return !made.UniqueSkippedAsDuplicate, nil
}

// EndReach completes a job of these queues in the transaction of its last effect,
// so that it can be asked for again from that moment on.
func EndReach[A river.JobArgs](ctx context.Context, t *Tx, job *river.Job[A]) error {
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, t.tx, job); err != nil {
		return fmt.Errorf("storage: complete %s: %w", job.Args.Kind(), err)
	}
	return nil
}

// backfillAgain is how long a community is left alone once its past was read.
const backfillAgain = 24 * time.Hour

// BeginBackfill asks for the past of a community elsewhere, unless that is being
// read or was read within a day, and reports whether it did.
func (t *Tx) BeginBackfill(ctx context.Context, communityID int64) (bool, error) {
	tag, err := t.tx.Exec(ctx, `insert into backfill as b (community_id, state)
		select id, 1 from community where id = $1 and not local and not gone and not removed and not wall
		on conflict (community_id) do update set state = 1, step = '', place = '', pages = 0, gets = 0, failed = 0, notes = '{}', began_at = now(), touched_at = now(),
			ended_at = case when b.state = 2 and 'peek' <> all(b.notes) then b.ended_at end
		where b.state = 1 and b.touched_at < now() - interval '1 day' or b.state = 3 and b.ended_at < now() - interval '1 minute' or b.state = 2 and (b.ended_at < now() - $2::interval
			or 'peek' = any(b.notes) and exists (select 1 from follow f join person a on a.id = f.person_id where f.community_id = $1 and f.state > 0 and a.local))`,
		communityID, backfillAgain)
	if err != nil {
		return false, fmt.Errorf("storage.BeginBackfill: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	if _, err := t.tx.Exec(ctx, `delete from backfill_thread where community_id = $1`, communityID); err != nil {
		return false, fmt.Errorf("storage.BeginBackfill: %w", err)
	}
	return t.askReach(ctx, Backfill{Community: communityID})
}

// BeginDue asks for the past of communities that somebody here follows and of which
// it was read a day ago or longer: what was announced while this node or theirs was
// away is among the newest posts.
func (db *DB) BeginDue(ctx context.Context, limit int) error {
	var due []int64
	var id int64
	err := each(ctx, db.pool, "storage.BeginDue", []any{&id}, func() { due = append(due, id) }, `select b.community_id from backfill b join community c on c.id = b.community_id
		where b.state > 1 and b.ended_at < now() - $2::interval and not c.gone and not c.removed
			and exists (select 1 from follow f join person a on a.id = f.person_id where f.community_id = c.id and f.state = 2 and a.local)
		order by b.ended_at limit $1`, limit, backfillAgain)
	for _, id := range due {
		if err == nil {
			_, err = db.BeginBackfill(ctx, id)
		}
	}
	return err
}

// BeginBackfill is Tx.BeginBackfill in a transaction of its own.
func (db *DB) BeginBackfill(ctx context.Context, communityID int64) (begun bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		begun, err = tx.BeginBackfill(ctx, communityID)
		return err
	})
	return begun, err
}

const backfillColumns = `b.community_id, b.state, b.step, b.place, b.pages, b.gets, b.posts, b.comments, b.failed, b.said, b.followers, b.notes, b.began_at, b.touched_at, b.ended_at,
	(select count(*) from backfill_thread x where x.community_id = b.community_id)`

func backfillFields(b *forum.Backfill) []any {
	return []any{&b.CommunityID, &b.State, &b.Step, &b.Place, &b.Pages, &b.Gets, &b.Posts, &b.Comments, &b.Failed, &b.Said, &b.Followers, &b.Notes, &b.BeganAt, &b.TouchedAt,
		orZero{&b.EndedAt}, &b.Left}
}

// Backfill tells how far the past of a community has been read; the zero Backfill
// when it was never asked for.
func (r *Reader) Backfill(ctx context.Context, communityID int64) (forum.Backfill, error) {
	b := forum.Backfill{Said: -1, Followers: -1}
	err := r.one(ctx, "Backfill", `select `+backfillColumns+` from backfill b where b.community_id = $1`, backfillFields(&b), communityID)
	if errors.Is(err, ErrNotFound) {
		return b, nil
	}
	return b, err
}

// SaveBackfill writes how far a backfill has come, but for Left.
func (t *Tx) SaveBackfill(ctx context.Context, b *forum.Backfill) error {
	_, err := t.tx.Exec(ctx, `with here as (update community set there = $12 where id = $1 and $12 >= 0 and there <> $12)
		update backfill set state = $2::smallint, step = $3, place = $4, pages = $5, gets = $6, posts = $7, comments = $8, failed = $9,
			said = $10, notes = $11, followers = $12, touched_at = now(), ended_at = case when $2::smallint > 1 then now() else ended_at end where community_id = $1`,
		b.CommunityID, b.State, b.Step, b.Place, b.Pages, b.Gets, b.Posts, b.Comments, b.Failed, b.Said, b.Notes, b.Followers)
	if err != nil {
		return fmt.Errorf("storage.SaveBackfill: %w", err)
	}
	return nil
}

// SaveBackfill is Tx.SaveBackfill in a transaction of its own.
func (db *DB) SaveBackfill(ctx context.Context, b *forum.Backfill) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveBackfill(ctx, b) })
}

// PostAddress is where a post is at its home.
type PostAddress struct {
	URI, Context, Replies string
	Said                  int // comments that it counts; of NoteLists alone
}

// NoteThreads keeps where threads are at their home, of posts that are known here,
// and, with a community that is being read, puts them at the end of what is to be
// read of it. It returns how many were put there.
func (t *Tx) NoteThreads(ctx context.Context, communityID int64, posts []PostAddress) (int, error) {
	uris, contexts, replies := make([]string, len(posts)), make([]string, len(posts)), make([]string, len(posts))
	for i, p := range posts {
		uris[i], contexts[i], replies[i] = p.URI, p.Context, p.Replies
	}
	_, err := t.tx.Exec(ctx, `insert into thread_check as c (post_id, context, replies)
		select p.id, x.context, x.replies from unnest($1::text[], $2::text[], $3::text[]) x(uri, context, replies) join post p on p.uri = x.uri
		where not p.local order by p.id
		on conflict (post_id) do update set context = excluded.context, replies = excluded.replies`, uris, contexts, replies)
	if err != nil {
		return 0, fmt.Errorf("storage.NoteThreads: %w", err)
	}
	if communityID == 0 {
		return 0, nil
	}
	tag, err := t.tx.Exec(ctx, `insert into backfill_thread (community_id, post_id)
		select $1, p.id from unnest($2::text[]) with ordinality x(uri, n) join post p on p.uri = x.uri
		where p.community_id = $1 order by x.n on conflict do nothing`, communityID, uris)
	if err != nil {
		return 0, fmt.Errorf("storage.NoteThreads: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// Thread is a thread of a community elsewhere, as far as it can be compared with
// what its home has.
type Thread struct {
	PostID    int64
	URI       string // of the post
	Community string // id of its community
	Context   string
	Replies   string
	Tag       string
	Said      int
	Missing   int
	Unhad     int
	Swept     int64 // comment up to which words were compared
	Comments  int   // that are here and live
}

const threadColumns = `p.id, p.uri, c.uri, coalesce(t.context, ''), coalesce(t.replies, ''), coalesce(t.tag, ''), coalesce(t.said, -1), coalesce(t.missing, 0),
	coalesce(t.unhad, 0), coalesce(t.swept, 0), p.comments`

func threadFields(t *Thread) []any {
	return []any{&t.PostID, &t.URI, &t.Community, &t.Context, &t.Replies, &t.Tag, &t.Said, &t.Missing, &t.Unhad, &t.Swept, &t.Comments}
}

// NextThreads lists threads that are to be read of a community, in order, with
// the last of them.
func (db *DB) NextThreads(ctx context.Context, communityID int64, limit int) (threads []Thread, last int64, err error) {
	var t Thread
	err = each(ctx, db.pool, "storage.NextThreads", append(threadFields(&t), &last), func() { threads = append(threads, t) },
		`select `+threadColumns+`, b.seq from backfill_thread b join post p on p.id = b.post_id join community c on c.id = p.community_id
			left join thread_check t on t.post_id = p.id where b.community_id = $1 order by b.seq limit $2`, communityID, limit)
	return threads, last, err
}

// ThreadsRead takes threads off what is to be read of a community, up to one.
func (t *Tx) ThreadsRead(ctx context.Context, communityID, last int64) error {
	_, err := t.tx.Exec(ctx, `delete from backfill_thread where community_id = $1 and seq <= $2`, communityID, last)
	if err != nil {
		return fmt.Errorf("storage.ThreadsRead: %w", err)
	}
	return nil
}

// Thread finds a thread of a community elsewhere, or of a post from elsewhere that
// no community of ours is the home of; ErrNotFound for all others.
func (db *DB) Thread(ctx context.Context, postID int64) (Thread, error) {
	var t Thread
	err := db.pool.QueryRow(ctx, `select `+threadColumns+` from post p join community c on c.id = p.community_id
		left join thread_check t on t.post_id = p.id where p.id = $1 and not c.local and not p.local and p.state < 2`, postID).Scan(threadFields(&t)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, ErrNotFound
	}
	if err != nil {
		return t, fmt.Errorf("storage.Thread: %w", err)
	}
	return t, nil
}

// How often a thread is compared with its home: at most so often while people
// write in it, and less the longer nobody has.
const (
	checkSoonest = 15 * time.Minute
	checkLatest  = 7 * 24 * time.Hour
)

// AskThread asks for a thread to be compared with its home, unless that is under
// way, was done not long ago, or the thread is at home here. A thread that has been
// quiet for a day is compared every few hours, one that has been for a month once a
// week.
func (db *DB) AskThread(ctx context.Context, postID int64) (asked bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var due bool
		err := tx.tx.QueryRow(ctx, `select coalesce(t.state = 0 and t.checked_at < now() - least($3::interval, greatest($2::interval,
				(now() - greatest(p.last_comment_at, p.submitted_at)) / 6)) or t.state > 0 and t.checked_at < now() - interval '10 minutes' or t.checked_at is null and coalesce(t.state, 0) = 0, true)
			from post p join community c on c.id = p.community_id left join thread_check t on t.post_id = p.id
			where p.id = $1 and not c.local and not p.local and not c.gone and not c.wall and p.state < 2`, postID, checkSoonest, checkLatest).Scan(&due)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !due {
			return nil
		}
		if err != nil {
			return err
		}
		if asked, err = tx.askReach(ctx, CheckThread{Post: postID}); err != nil || !asked {
			return err
		}
		_, err = tx.tx.Exec(ctx, `insert into thread_check (post_id, state, checked_at) values ($1, 1, now())
			on conflict (post_id) do update set state = 1, checked_at = now()`, postID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("storage.AskThread: %w", err)
	}
	return asked, nil
}

// SaveThread writes what was learned of a thread. ended is whether nothing is done
// about it just now.
func (t *Tx) SaveThread(ctx context.Context, h *Thread, ended bool) error {
	state := 2
	if ended {
		state = 0
	}
	_, err := t.tx.Exec(ctx, `insert into thread_check (post_id, context, replies, tag, said, missing, unhad, swept, state, checked_at)
		select id, $2, $3, $4, $5, $6, $7, $8, $9, now() from post where id = $1
		on conflict (post_id) do update set context = excluded.context, replies = excluded.replies, tag = excluded.tag, said = excluded.said,
			missing = excluded.missing, unhad = excluded.unhad, swept = excluded.swept, state = excluded.state, checked_at = now()`,
		h.PostID, h.Context, h.Replies, h.Tag, h.Said, h.Missing, h.Unhad, h.Swept, state)
	if err != nil {
		return fmt.Errorf("storage.SaveThread: %w", err)
	}
	return nil
}

// SaveThread is Tx.SaveThread in a transaction of its own.
func (db *DB) SaveThread(ctx context.Context, h *Thread, ended bool) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveThread(ctx, h, ended) })
}

// HeldComment is a comment of a thread from elsewhere, as it is held here.
type HeldComment struct {
	ID      int64
	URI     string
	State   forum.State
	Updated time.Time // as its author says; zero when it was never edited
}

// HeldComments lists what is held of a thread from elsewhere, in order of id.
func (db *DB) HeldComments(ctx context.Context, postID int64) ([]HeldComment, error) {
	var all []HeldComment
	var h HeldComment
	err := each(ctx, db.pool, "storage.HeldComments", []any{&h.ID, &h.URI, &h.State, orZero{&h.Updated}}, func() { all = append(all, h) },
		`select id, uri, state, updated_at from comment where post_id = $1 and not local order by id limit 20000`, postID)
	return all, err
}

// Unconfirmed is something that a community announced and that is not taken from
// it: the words of people elsewhere.
type Unconfirmed struct {
	URI       string
	Parent    string // id of what it answers
	Community int64
}

// NoteUnconfirmed keeps what is announced and not confirmed yet, where its thread
// is known here. Of one community at most 10,000 are kept.
func (t *Tx) NoteUnconfirmed(ctx context.Context, all []Unconfirmed) error {
	if len(all) == 0 {
		return nil
	}
	uris, parents, communities := make([]string, len(all)), make([]string, len(all)), make([]int64, len(all))
	for i, u := range all {
		uris[i], parents[i], communities[i] = u.URI, u.Parent, u.Community
	}
	_, err := t.tx.Exec(ctx, `insert into unconfirmed (uri, post_id, community_id)
		select distinct on (x.uri) x.uri, coalesce(p.id, m.post_id), x.community from unnest($1::text[], $2::text[], $3::int[]) x(uri, parent, community)
			left join post p on p.uri = x.parent left join comment m on m.uri = x.parent
		where coalesce(p.id, m.post_id) is not null and 10000 > (select count(*) from (select 1 from unconfirmed u where u.community_id = x.community limit 10000) u)
		order by x.uri on conflict do nothing`, uris, parents, communities)
	if err != nil {
		return fmt.Errorf("storage.NoteUnconfirmed: %w", err)
	}
	return nil
}

// Denied counts against a community that it announced something of which its own
// server says that there is no such thing.
func (t *Tx) Denied(ctx context.Context, community, uri string) error {
	_, err := t.tx.Exec(ctx, `with d as (update community set denials = denials + 1 where uri = $1 and not local returning id)
		update unconfirmed u set denied = true from d where u.uri = $2 and u.community_id = d.id`, community, uri)
	if err != nil {
		return fmt.Errorf("storage.Denied: %w", err)
	}
	return nil
}

// Disregard forgets that something waits to be confirmed: nobody here wants it.
func (t *Tx) Disregard(ctx context.Context, uri string) error {
	_, err := t.tx.Exec(ctx, `delete from unconfirmed where uri = $1`, uri)
	if err != nil {
		return fmt.Errorf("storage.Disregard: %w", err)
	}
	return nil
}

// confirmWithin is how long words that were announced may wait for their own
// server before their thread says that they could not be verified.
const confirmWithin = 24 * time.Hour

// ThreadState tells what is known of a thread at its home.
func (r *Reader) ThreadState(ctx context.Context, postID int64) (forum.ThreadState, error) {
	s := forum.ThreadState{Said: -1}
	err := r.one(ctx, "ThreadState", `select coalesce(t.said, -1), coalesce(t.missing, 0), coalesce(t.unhad, 0),
			coalesce(t.state > 0 and t.checked_at > now() - interval '10 minutes', false), t.checked_at,
			(select count(*) from unconfirmed u where u.post_id = $1 and (u.denied or u.since < now() - $2::interval)
				and not exists (select 1 from comment m where m.uri = u.uri))
		from (select 1) one left join thread_check t on t.post_id = $1`,
		[]any{&s.Said, &s.Missing, &s.Unhad, &s.Fetching, orZero{&s.Checked}, &s.Unverified}, postID, confirmWithin)
	return s, err
}

// lookupKeeps is how long the end of looking for something is remembered, and
// lookupAgain how soon it may be looked for again when there was nothing.
const (
	lookupKeeps = time.Hour
	lookupAgain = time.Minute
	openLookups = 500
	lookupFresh = 10 * time.Second // how soon it may be looked for anew
)

// AskLookup asks for something to be looked for at its server, unless it is being
// looked for, and returns how that has gone so far. full is true when too much is
// looked for already.
func (db *DB) AskLookup(ctx context.Context, text string) (l forum.LookedUp, full bool, err error) {
	return db.askLookup(ctx, text, lookupKeeps, lookupAgain)
}

// AskAnew is AskLookup for what may have changed a moment ago: what was found longer
// ago than some seconds is looked for once more.
func (db *DB) AskAnew(ctx context.Context, text string) (l forum.LookedUp, full bool, err error) {
	return db.askLookup(ctx, text, lookupFresh, lookupFresh)
}

func (db *DB) askLookup(ctx context.Context, text string, keeps, again time.Duration) (l forum.LookedUp, full bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		found, err := lookup(ctx, tx.tx, text, keeps, again)
		if err == nil && (found.Pending || found.Found != "" || found.Reason != "") {
			l = found
			return nil
		}
		if err != nil {
			return err
		}
		tag, err := tx.tx.Exec(ctx, `insert into lookup (text) select $1
			where $2 > (select count(*) from (select 1 from lookup where state = 1 and asked_at > now() - interval '2 minutes' limit $2) open)
			on conflict (text) do update set state = 1, found = '', reason = '', asked_at = now()`, text, openLookups)
		if err != nil {
			return err
		}
		if full = tag.RowsAffected() == 0; full {
			return nil
		}
		asked, err := tx.askReach(ctx, LookUp{Text: text})
		full = !asked
		l = forum.LookedUp{Text: text, Pending: asked}
		return err
	})
	if err != nil {
		return l, false, fmt.Errorf("storage.AskLookup: %w", err)
	}
	return l, full, nil
}

// lookup finds how looking for something has gone, as long as that counts.
func lookup(ctx context.Context, q querier, text string, keeps, again time.Duration) (forum.LookedUp, error) {
	l := forum.LookedUp{Text: text}
	err := q.QueryRow(ctx, `select state = 1, found, reason from lookup where text = $1
		and (state = 1 and asked_at > now() - interval '2 minutes' or state = 2 and asked_at > now() - $2::interval or state = 3 and asked_at > now() - $3::interval)`,
		text, keeps, again).Scan(&l.Pending, &l.Found, &l.Reason)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, nil
	}
	return l, err
}

// EndLookup writes down how looking for something ended.
func (t *Tx) EndLookup(ctx context.Context, l forum.LookedUp) error {
	state := 3
	if l.Reason == "" {
		state = 2
	}
	_, err := t.tx.Exec(ctx, `update lookup set state = $2, found = $3, reason = $4, asked_at = now() where text = $1`, l.Text, state, l.Found, l.Reason)
	if err != nil {
		return fmt.Errorf("storage.EndLookup: %w", err)
	}
	return nil
}

// SweepReach forgets what was looked for and what has been confirmed, or never will be.
func (db *DB) SweepReach(ctx context.Context) error {
	_, err := db.pool.Exec(ctx, `delete from lookup where asked_at < now() - interval '1 day'`)
	if err == nil {
		_, err = db.pool.Exec(ctx, `delete from unconfirmed u where since < now() - interval '90 days'
			or exists (select 1 from comment m where m.uri = u.uri) or exists (select 1 from tombstone b where b.uri = u.uri)`)
	}
	if err != nil {
		return fmt.Errorf("storage.SweepReach: %w", err)
	}
	return nil
}

// SetModerators makes the moderators of a community elsewhere those that its home
// names.
func (t *Tx) SetModerators(ctx context.Context, communityID int64, people []string) error {
	_, err := t.tx.Exec(ctx, `with gone as (delete from moderator where community_id = $1 and person_uri <> all($2) returning 1)
		insert into moderator (community_id, person_uri) select $1, u from unnest($2::text[]) u on conflict do nothing`, communityID, people)
	if err != nil {
		return fmt.Errorf("storage.SetModerators: %w", err)
	}
	return nil
}

// CommunityGone notes that the server of a community has it no more, and ends the
// follows of people here.
func (t *Tx) CommunityGone(ctx context.Context, uri string) error {
	_, err := t.tx.Exec(ctx, `with c as (update community set gone = true where uri = $1 and not local returning id)
		update follow f set state = 0 from c where f.community_id = c.id`, uri)
	if err != nil {
		return fmt.Errorf("storage.CommunityGone: %w", err)
	}
	return nil
}

// NoteLists keeps where the comments of posts are listed that have no collection of
// them, and how many there are.
func (t *Tx) NoteLists(ctx context.Context, communityID int64, posts []PostAddress) error {
	uris, replies, said := make([]string, len(posts)), make([]string, len(posts)), make([]int, len(posts))
	for i, p := range posts {
		uris[i], replies[i], said[i] = p.URI, p.Replies, p.Said
	}
	_, err := t.tx.Exec(ctx, `insert into thread_check as c (post_id, replies, said)
		select p.id, x.replies, x.said from unnest($2::text[], $3::text[], $4::int[]) x(uri, replies, said) join post p on p.uri = x.uri
		where not p.local and p.community_id = $1 order by p.id
		on conflict (post_id) do update set replies = excluded.replies, said = excluded.said where c.context = '' and c.replies = ''`,
		communityID, uris, replies, said)
	if err != nil {
		return fmt.Errorf("storage.NoteLists: %w", err)
	}
	return nil
}

// Known says which of these ids are posts or comments here, or buried.
func (db *DB) Known(ctx context.Context, uris []string) (known map[string]bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		known, err = tx.KnownObjects(ctx, uris)
		return err
	})
	return known, err
}

// Followed says whether anybody of this node follows a community, or has asked to.
func (db *DB) Followed(ctx context.Context, communityID int64) (has bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		has, err = tx.HasFollower(ctx, communityID)
		return err
	})
	return has, err
}

// CommunityOf is the id of the community of a thread that a post or comment is in;
// ErrNotFound where there is no such thing.
func (db *DB) CommunityOf(ctx context.Context, uri string) (community string, err error) {
	err = db.pool.QueryRow(ctx, `select c.uri from post p join community c on c.id = p.community_id
		where p.id = coalesce((select id from post where uri = $1), (select post_id from comment where uri = $1))`, uri).Scan(&community)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("storage.CommunityOf: %w", err)
	}
	return community, nil
}

// ActorURI is the id of the person or community at a place; ErrNotFound for others.
func (db *DB) ActorURI(ctx context.Context, place forum.Place) (uri string, err error) {
	err = db.pool.QueryRow(ctx, `select uri from community where id = $1 and $2 = 'community' union all select uri from person where id = $1 and $2 = 'person'`,
		place.ID, string(place.Kind)).Scan(&uri)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("storage.ActorURI: %w", err)
	}
	return uri, nil
}
