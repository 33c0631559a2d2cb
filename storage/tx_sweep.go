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

// How much of a sweep is done in one transaction: the first of them is that of the act,
// and others wait for what it has locked.
const (
	sweptAtOnce = 500 // posts, and as many comments
	// toldAtOnce is of how many posts microblogs are told, which is a request to each of
	// their servers; those that are left follow toldPause later.
	toldAtOnce = 100
	toldPause  = 10 * time.Second
)

// The sweeps of table swept that are no removals of what something is below.
const (
	sweptByBan       = 3
	sweptByServerBan = 4
)

// sweeper names a sweep in the table.
func sweeper(s forum.Sweep) (kind, id, person int64) {
	switch {
	case s.Below.ID != 0:
		return int64(s.Below.Kind), s.Below.ID, 0
	case s.Community != 0:
		return sweptByBan, s.Community, s.Person
	}
	return sweptByServerBan, 0, s.Person
}

// sweeping is a sweep at one moment: what it takes, or what it gives back.
type sweeping struct {
	forum.Sweep
	kind, by, person int64
	reason           string
	at               time.Time // of the act
	back             bool
	// What came after these is not taken, unless it was written before the act: 0 for all
	// that is there.
	lastPost, lastComment int64
}

func newSweeping(s forum.Sweep, reason string, at time.Time, back bool) *sweeping {
	w := &sweeping{Sweep: s, reason: reason, at: at, back: back}
	w.kind, w.by, w.person = sweeper(s)
	return w
}

// TakeAlong implements forum.ModerationTx. What went with something further up goes
// with this from now on: the nearest act is the one whose Undo gives it back. What its
// author deleted goes too, since elsewhere that may be heard of after the removal. What was
// written later stays, as where it was heard of later.
func (t *Tx) TakeAlong(ctx context.Context, s forum.Sweep, reason string, at time.Time) (forum.Swept, error) {
	return t.begin(ctx, newSweeping(s, reason, at, false))
}

// GiveBack implements forum.ModerationTx.
func (t *Tx) GiveBack(ctx context.Context, s forum.Sweep, at time.Time) (forum.Swept, error) {
	return t.begin(ctx, newSweeping(s, "", at, true))
}

// begin does the first piece, and keeps what is to be done of the rest. What was begun
// before on the same account ends with it.
func (t *Tx) begin(ctx context.Context, w *sweeping) (forum.Swept, error) {
	done, err := t.piece(ctx, w)
	if err != nil {
		return done, err
	}
	if !done.More {
		_, err = t.tx.Exec(ctx, `delete from sweep where by_kind = $1 and by_id = $2 and person_id = $3 and host = $4`, w.kind, w.by, w.person, w.Host)
	} else {
		_, err = t.tx.Exec(ctx, `insert into sweep (by_kind, by_id, person_id, host, back, anywhere, reason, at, last_post, last_comment, done, next_at)
			select $1, $2, $3, $4, $5, $6, $7, $8, coalesce((select max(id) from post), 0), coalesce((select max(id) from comment), 0), $9, now() + $10::interval
			on conflict (by_kind, by_id, person_id, host) do update set back = excluded.back, anywhere = excluded.anywhere, reason = excluded.reason, at = excluded.at,
				last_post = excluded.last_post, last_comment = excluded.last_comment, done = excluded.done, next_at = excluded.next_at`,
			w.kind, w.by, w.person, w.Host, w.back, w.Anywhere, w.reason, w.at, done.N, pause(&done))
	}
	if err != nil {
		return done, fmt.Errorf("storage: beginning a sweep: %w", err)
	}
	return done, nil
}

// pause is how long the next piece waits.
func pause(done *forum.Swept) time.Duration {
	if len(done.Tell) == 0 {
		return 0
	}
	return toldPause
}

// SweepOn implements forum.ModerationTx. The row of the sweep is locked before what is
// swept: two processes take turns, and an act that takes it back waits for the piece.
func (t *Tx) SweepOn(ctx context.Context) (done forum.Swept, found bool, err error) {
	var w sweeping
	err = t.tx.QueryRow(ctx, `select by_kind, by_id, person_id, host, back, anywhere, reason, at, last_post, last_comment from sweep
		where next_at <= now() order by next_at limit 1 for update skip locked`).Scan(&w.kind, &w.by, &w.person, &w.Host, &w.back, &w.Anywhere, &w.reason, &w.at, &w.lastPost, &w.lastComment)
	if errors.Is(err, pgx.ErrNoRows) {
		return done, false, nil
	}
	if err != nil {
		return done, false, fmt.Errorf("storage.SweepOn: %w", err)
	}
	switch w.kind {
	case sweptByBan:
		w.Person, w.Community = w.person, w.by
	case sweptByServerBan:
		w.Person = w.person
	default:
		w.Below = forum.Subject{Kind: forum.SubjectKind(w.kind), ID: w.by}
	}
	if done, err = t.piece(ctx, &w); err != nil {
		return done, true, err
	}
	sql := `delete from sweep where by_kind = $1 and by_id = $2 and person_id = $3 and host = $4 and $5::int is not null and $6::interval is not null`
	if done.More {
		sql = `update sweep set done = done + $5, next_at = now() + $6::interval where by_kind = $1 and by_id = $2 and person_id = $3 and host = $4`
	}
	if _, err := t.tx.Exec(ctx, sql, w.kind, w.by, w.person, w.Host, done.N, pause(&done)); err != nil {
		return done, true, fmt.Errorf("storage.SweepOn: %w", err)
	}
	return done, true, nil
}

// piece does some of a sweep. Posts are locked before comments.
func (t *Tx) piece(ctx context.Context, w *sweeping) (done forum.Swept, err error) {
	switch {
	case w.back:
		return t.giveBack(ctx, w)
	case w.Below.ID != 0:
		return t.takeBelow(ctx, w)
	}
	return t.takeWords(ctx, w)
}

// takeBelow takes what is live or deleted below something, and what had gone with something
// further up. What was given back by itself later than that stays, whichever came first.
func (t *Tx) takeBelow(ctx context.Context, w *sweeping) (done forum.Swept, err error) {
	thread, below := `select $1::int`, `select id from comment where post_id = $1 and parent_id is null`
	if w.Below.Kind == forum.OnComment {
		thread = `select post_id from comment where id = $1`
		below = `select id from comment where parent_id = $1`
	}
	// Not what is below something that was given back with all below it since.
	below += ` union all select m.id from comment m join b on m.parent_id = b.id where not exists (select 1 from moderation o
		where o.post_id = m.post_id and coalesce(o.comment_id, 0) = b.id and o.verb = 'restore' and o.along and o.at > $4)`
	if _, err := t.tx.Exec(ctx, `select 1 from post where id = (`+thread+`) for no key update`, w.by); err != nil {
		return done, fmt.Errorf("storage.TakeAlong: %w", err)
	}
	all, err := t.idsBy(ctx, `with recursive b as (`+below+`)
		select m.id from b join comment m on m.id = b.id left join swept w on w.kind = 2 and w.subject_id = m.id
		where m.state in (0, 1) and least(m.published_at, m.received_at) <= $4 and not exists (select 1 from moderation o join post p on p.community_id = o.community_id
				where p.id = m.post_id and coalesce(o.person_id, 0) = 0 and coalesce(o.comment_id, 0) = m.id and o.at > $4 and o.verb = 'restore') and ($3 = 0 or m.state = 1 or coalesce(m.state_at, '-infinity') <= $4)
			or w.by_kind < 3 and not (w.by_kind = $2 and w.by_id = $1) and not (w.by_kind = 2 and exists (select 1 from b x where x.id = w.by_id))
		order by m.id limit $5`, w.by, w.kind, w.lastComment, w.at, sweptAtOnce)
	if err != nil {
		return done, err
	}
	there, err := t.lockThere(ctx, all)
	if err != nil {
		return done, err
	}
	if err := t.hide(ctx, there, w.reason, w.at); err != nil {
		return done, err
	}
	_, err = t.tx.Exec(ctx, `update swept set by_kind = $2, by_id = $3, at = $4 where kind = 2 and subject_id = any($1) and by_kind < 3`, all, w.kind, w.by, w.at)
	if err != nil {
		return done, fmt.Errorf("storage.TakeAlong: %w", err)
	}
	done.More = len(all) == sweptAtOnce
	err = t.keep(ctx, w, &done, nil, nil, there)
	return done, err
}

// lockThere locks comments, and says which of them are live or deleted.
func (t *Tx) lockThere(ctx context.Context, ids []int64) ([]int64, error) {
	if _, err := t.tx.Exec(ctx, `select 1 from comment where id = any($1) order by id for no key update`, ids); err != nil {
		return nil, fmt.Errorf("storage: what goes along: %w", err)
	}
	return t.idsBy(ctx, `select id from comment where id = any($1) and state in (0, 1) order by id`, ids)
}

// keep writes down with what something went, and of which posts, that were live, microblogs
// are to be told.
func (t *Tx) keep(ctx context.Context, w *sweeping, done *forum.Swept, posts, live, comments []int64) error {
	_, err := t.tx.Exec(ctx, `insert into swept (kind, subject_id, by_kind, by_id, person_id, host, at, untold)
		select 1, id, $3::smallint, $4::int, $5::int, $6::text, $7::timestamptz,
			coalesce(x.id = any($8), false) and exists (select 1 from placement l join community c on c.id = l.community_id where l.post_id = x.id and c.local and not c.removed and l.boost_id <> '' and l.moved_at is null)
		from unnest($1::int[]) x(id) union all select 2, id, $3, $4, $5, $6, $7, false from unnest($2::int[]) x(id)
		on conflict (kind, subject_id) do update set by_kind = $3, by_id = $4, person_id = $5, host = $6, at = $7, untold = excluded.untold`,
		posts, comments, w.kind, w.by, w.person, w.Host, w.at, live)
	if err != nil {
		return fmt.Errorf("storage.TakeAlong: %w", err)
	}
	for _, id := range posts {
		done.Gone = append(done.Gone, forum.Subject{Kind: forum.OnPost, ID: id})
	}
	for _, id := range comments {
		done.Gone = append(done.Gone, forum.Subject{Kind: forum.OnComment, ID: id})
	}
	done.N = len(done.Gone)
	return nil
}

// takeWords takes what is live or deleted of somebody where a ban holds, and what went with
// something above it; but for what was written later, or was given back by itself later.
// Microblogs are told of it once all of it is gone.
func (t *Tx) takeWords(ctx context.Context, w *sweeping) (done forum.Swept, err error) {
	const there = ` and ($2 = 0 or ` + communityThen + `$5` + communityThenEnd + ` = $2) and ($3 or $2 <> 0 or exists (
			select 1 from community c where c.id = ` + communityThen + `$5` + communityThenEnd + ` and c.host = $4))`
	posts, err := t.idsBy(ctx, `select p.id from post p where p.author_id = $1 and p.state in (0, 1) and least(p.published_at, p.received_at) <= $5`+there+`
		and not exists (select 1 from moderation o where o.post_id = p.id and coalesce(o.comment_id, 0) = 0 and o.at > $5 and o.verb = 'restore')
		order by p.id desc limit $6`, w.Person, w.Community, w.Anywhere, w.Host, w.at, sweptAtOnce)
	if err != nil {
		return done, err
	}
	comments, err := t.idsBy(ctx, `select m.id from comment m join post p on p.id = m.post_id left join swept s on s.kind = 2 and s.subject_id = m.id
		where m.author_id = $1 and (m.state in (0, 1) or s.by_kind < 3)
			and least(m.published_at, m.received_at) <= $5`+there+`
			and not exists (select 1 from moderation o where o.post_id = p.id and coalesce(o.comment_id, 0) = m.id and o.at > $5 and o.verb = 'restore')
		order by m.id desc limit $6`, w.Person, w.Community, w.Anywhere, w.Host, w.at, sweptAtOnce)
	if err != nil {
		return done, err
	}
	left := len(posts) == sweptAtOnce || len(comments) == sweptAtOnce
	if done, err = t.take(ctx, w, posts, comments); err != nil {
		return done, err
	}
	if done.More = left; !left {
		err = t.untold(ctx, w, &done)
	}
	return done, err
}

// take has posts and comments go with a ban.
func (t *Tx) take(ctx context.Context, w *sweeping, posts, comments []int64) (done forum.Swept, err error) {
	if _, err := t.tx.Exec(ctx, `select 1 from post where id = any($1) or id in (select post_id from comment where id = any($2)) order by id for no key update`, posts, comments); err != nil {
		return done, fmt.Errorf("storage.TakeAlong: %w", err)
	}
	if posts, err = t.idsBy(ctx, `select id from post where id = any($1) and state in (0, 1) order by id`, posts); err != nil {
		return done, err
	}
	live, err := t.idsBy(ctx, `select id from post where id = any($1) and state = 0 order by id`, posts)
	if err != nil {
		return done, err
	}
	there, err := t.lockThere(ctx, comments)
	if err != nil {
		return done, err
	}
	if len(posts) > 0 {
		if _, err := t.tx.Exec(ctx, `update post set state = 2, reason = $2, state_at = $3 where id = any($1)`, posts, w.reason, w.at); err != nil {
			return done, fmt.Errorf("storage.TakeAlong: %w", err)
		}
	}
	if len(live) > 0 {
		if err := t.recountPosts(ctx, live, -1, 4, w.reason); err != nil {
			return done, err
		}
	}
	if err := t.hide(ctx, there, w.reason, w.at); err != nil {
		return done, err
	}
	// What had gone with something above it is given back with the ban from now on.
	above, err := t.idsBy(ctx, `select subject_id from swept where kind = 2 and subject_id = any($1) and by_kind < 3 order by 1`, comments)
	if err != nil {
		return done, err
	}
	err = t.keep(ctx, w, &done, posts, live, append(there, above...))
	return done, err
}

// untold takes some of the posts of which microblogs have not been told.
func (t *Tx) untold(ctx context.Context, w *sweeping, done *forum.Swept) error {
	var id int64
	var uri string
	var ids []int64
	err := each(ctx, t.tx, "storage.TakeAlong", []any{&id, &uri}, func() { ids, done.Tell = append(ids, id), append(done.Tell, uri) },
		`select p.id, p.uri from swept w join post p on p.id = w.subject_id where w.kind = 1 and w.untold and w.by_kind = $1 and w.by_id = $2 and w.person_id = $3 and w.host = $4
		order by p.id desc limit $5`, w.kind, w.by, w.person, w.Host, toldAtOnce)
	if err != nil || len(ids) == 0 {
		return err
	}
	done.More = len(ids) == toldAtOnce
	if _, err := t.tx.Exec(ctx, `update swept set untold = false where kind = 1 and subject_id = any($1)`, ids); err != nil {
		return fmt.Errorf("storage.TakeAlong: %w", err)
	}
	return nil
}

// giveBack gives back what went with an act, or below a comment with an older one further up.
func (t *Tx) giveBack(ctx context.Context, w *sweeping) (done forum.Swept, err error) {
	done.Back = true
	const went = `select w.subject_id from swept w where w.by_kind = $1 and w.by_id = $2 and w.person_id = $3 and w.host = $4`
	posts, err := t.idsBy(ctx, went+` and w.kind = 1 order by 1 limit $5`, w.kind, w.by, w.person, w.Host, toldAtOnce)
	if err != nil {
		return done, err
	}
	comments, err := t.idsBy(ctx, `with recursive b as (select id from comment where parent_id = $2 and $1 = 2 union all select m.id from comment m join b on m.parent_id = b.id)
		`+went+` and w.kind = 2 union select w.subject_id from b join swept w on w.kind = 2 and w.subject_id = b.id
			where w.by_kind < 3 and w.at < $6 and not (w.by_kind = 2 and exists (select 1 from b x where x.id = w.by_id))
		order by 1 limit $5`, w.kind, w.by, w.person, w.Host, sweptAtOnce, w.at)
	if err != nil {
		return done, err
	}
	done.More = len(posts) == toldAtOnce || len(comments) == sweptAtOnce
	if err := t.back(ctx, w.at, posts, comments, &done); err != nil {
		return done, err
	}
	if !done.More {
		_, err = t.tx.Exec(ctx, `delete from swept where by_kind = $1 and by_id = $2 and person_id = $3 and host = $4`, w.kind, w.by, w.person, w.Host)
		if err != nil {
			return done, fmt.Errorf("storage.GiveBack: %w", err)
		}
	}
	if w.Below.ID != 0 {
		return done, t.belowAgain(ctx, comments, w.at)
	}
	return done, t.settle(ctx, posts, comments, settling{not: w})
}

// back has what went with something be there again.
func (t *Tx) back(ctx context.Context, at time.Time, posts, comments []int64, done *forum.Swept) error {
	_, err := t.tx.Exec(ctx, `select 1 from post where id = any($1) or id in (select post_id from comment where id = any($2)) order by id for no key update`, posts, comments)
	if err != nil {
		return fmt.Errorf("storage.GiveBack: %w", err)
	}
	if _, err = t.tx.Exec(ctx, `select 1 from comment where id = any($1) order by id for no key update`, comments); err != nil {
		return fmt.Errorf("storage.GiveBack: %w", err)
	}
	if err := t.showPosts(ctx, at, posts, done); err != nil {
		return err
	}
	var live []int64
	var id int64
	err = each(ctx, t.tx, "storage.GiveBack", []any{&id}, func() {
		if done.N++; id != 0 { // else its author took it back meanwhile
			live = append(live, id)
		}
	}, `update comment set state = case when life_gone then 1 else 0 end, reason = '', state_at = $2
		where id = any($1) and state = 2 returning case when life_gone then 0 else id end`, comments, at)
	if err != nil {
		return err
	}
	if len(live) > 0 {
		if err := t.recountComments(ctx, live, 1, 5, ""); err != nil {
			return err
		}
	}
	if err := t.lookAgain(ctx, posts, comments); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, `delete from swept where kind = 1 and subject_id = any($1) or kind = 2 and subject_id = any($2)`, posts, comments); err != nil {
		return fmt.Errorf("storage.GiveBack: %w", err)
	}
	return nil
}

// BackPause is how long the server of whoever wrote something gets to hear, too, that it
// is given back.
const BackPause = 2 * time.Minute

// lookAgain has looked at where it is from what is given back and counts as deleted without
// a word of its author: read there while it was removed there, too, it looked so.
func (t *Tx) lookAgain(ctx context.Context, posts, comments []int64) error {
	var fetches []FetchObject
	f := FetchObject{Refresh: true, Late: true}
	var host string
	err := each(ctx, t.tx, "storage.GiveBack", []any{&f.IRI, &f.Via, &host}, func() {
		f.Asker = Registrable(host)
		fetches = append(fetches, f)
	}, `select x.uri, c.uri, c.host from (
			select uri, community_id, author_id from post where id = any($1) and state = 1 and not local and life_act = '' and not blanked
			union all select m.uri, p.community_id, m.author_id from comment m join post p on p.id = m.post_id
				where m.id = any($2) and m.state = 1 and not m.local and m.life_act = '' and not m.blanked) x
		join community c on c.id = x.community_id join person a on a.id = x.author_id where not c.local and not a.gone order by x.uri`, posts, comments)
	if err != nil || len(fetches) == 0 {
		return err
	}
	may, err := t.affordable(ctx, fetches)
	if err != nil {
		return err
	}
	fetches = slices.DeleteFunc(fetches, func(f FetchObject) bool { return !may[f] })
	return t.enqueueFetches(ctx, fetches, time.Now().Add(BackPause))
}

// showPosts puts posts back, which are locked; microblogs are told again of what they were
// told is gone.
func (t *Tx) showPosts(ctx context.Context, at time.Time, ids []int64, done *forum.Swept) error {
	var id int64
	var uri string
	var gone, untold, poll bool
	var live []int64
	err := each(ctx, t.tx, "storage.GiveBack", []any{&id, &uri, &gone, &poll, &untold}, func() {
		done.N++
		if !gone {
			live = append(live, id)
		}
		if !gone && poll {
			done.Polls = append(done.Polls, id)
		}
		if !gone && !untold {
			done.Tell = append(done.Tell, uri)
		}
	}, `update post p set state = case when p.life_gone then 1 else 0 end, reason = '', state_at = $2 from swept w
		where p.id = any($1) and p.state = 2 and w.kind = 1 and w.subject_id = p.id returning p.id, p.uri, p.life_gone, p.poll is not null,
			w.untold or not exists (select 1 from placement l join community c on c.id = l.community_id where l.post_id = p.id and c.local and l.boost_id <> '')`, ids, at)
	if err != nil || len(live) == 0 {
		return err
	}
	if err := t.recountPosts(ctx, live, 1, 5, ""); err != nil {
		return err
	}
	return t.rerank(ctx, live)
}

// recountPosts keeps lists and counters in line with posts that left Live (by -1) or came
// back (by 1), and tells their authors of this node. Ranks are not right yet after the latter.
func (t *Tx) recountPosts(ctx context.Context, ids []int64, by, notice int, reason string) error {
	batch := &pgx.Batch{}
	if by < 0 {
		batch.Queue(`delete from post_rank where post_id = any($1)`, ids)
	} else {
		batch.Queue(rankAgain, ids)
	}
	batch.Queue(`select 1 from person where id in (select author_id from post where id = any($1)) order by id for no key update`, ids)
	batch.Queue(`update person a set posts = a.posts + n.by from (
		select author_id id, count(*) * $2::int by from post where id = any($1) group by 1) n where a.id = n.id`, ids, by)
	batch.Queue(`select 1 from community where id in (select community_id from placement where post_id = any($1) and moved_at is null) order by id for no key update`, ids)
	batch.Queue(`update community c set posts = c.posts + n.by from (
		select community_id id, count(*) * $2::int by from placement where post_id = any($1) and moved_at is null group by 1) n where c.id = n.id`, ids, by)
	batch.Queue(`delete from notice n using post p where p.id = any($1) and n.person_id = p.author_id and n.post_id = p.id and n.comment_id is null and n.kind = $2 and not n.seen`, ids, notice)
	batch.Queue(`insert into notice (person_id, kind, post_id, reason)
		select u.person_id, $2, p.id, $3 from post p join account u on u.person_id = p.author_id where p.id = any($1) order by p.id`, ids, notice, reason)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: counting posts: %w", err)
	}
	return nil
}

// settling is how what was just given back, or has just come, is looked at: acts until a
// moment hold no more, nor does the ban that is being taken back.
type settling struct {
	after time.Time // zero for none
	not   *sweeping // may be nil
}

// gone is what a ban takes: one post or comment.
type gone struct {
	kind forum.SubjectKind
	id   int64
}

// settle has posts and comments go with a ban that holds over them, or comments with what is
// above them, as if they had been there when that was done.
func (t *Tx) settle(ctx context.Context, posts, comments []int64, s settling) error {
	byBan := map[sweeping][]gone{}
	var order []sweeping
	var w sweeping
	var g gone
	var host string
	err := each(ctx, t.tx, "storage: bans that hold", []any{&g.kind, &g.id, &w.kind, &w.by, &w.person, &host, &w.at, &w.reason}, func() {
		w.Host, w.Person, w.Community = host, w.person, w.by
		if s.not != nil && s.not.kind == w.kind && s.not.by == w.by && s.not.Host == w.Host {
			return
		}
		for _, gone := range byBan {
			if slices.Contains(gone, g) {
				return
			}
		}
		if byBan[w] == nil {
			order = append(order, w)
		}
		byBan[w] = append(byBan[w], g)
	}, bansOver, posts, comments, orLongAgo(s.after))
	if err != nil {
		return err
	}
	for _, w := range order {
		var itsPosts, itsComments []int64
		for _, g := range byBan[w] {
			if g.kind == forum.OnPost {
				itsPosts = append(itsPosts, g.id)
			} else {
				itsComments = append(itsComments, g.id)
			}
		}
		if _, err := t.take(ctx, &w, itsPosts, itsComments); err != nil {
			return err
		}
		comments = slices.DeleteFunc(slices.Clone(comments), func(id int64) bool { return slices.Contains(itsComments, id) })
	}
	return t.belowAgain(ctx, comments, s.after)
}

// bansOver are the bans that hold over posts ($1) and comments ($2) with what their authors
// wrote, later than $3.
const bansOver = `with x as (
		select 1 kind, p.id, p.author_id, p.id post_id, 0 comment_id, least(p.published_at, p.received_at) written from post p where p.id = any($1)
		union all select 2, m.id, m.author_id, m.post_id, m.id, least(m.published_at, m.received_at) from comment m where m.id = any($2)
	), acts as (
		select x.kind, x.id, 3 by_kind, c.id by_id, '' host, n.at, n.reason from x join post p on p.id = x.post_id
			cross join lateral (select p.community_id id union select r.community_id from moderation r
				where r.post_id = p.id and coalesce(r.comment_id, 0) = 0 and r.verb = 'relocate') c
			cross join lateral (select o.at, o.verb, o.reason from moderation o where o.community_id = c.id and o.person_id = x.author_id and o.along
				and o.verb in ('ban', 'unban') order by o.at desc, o.verb desc limit 1) n
		where n.verb = 'ban' and ` + communityThen + `n.at` + communityThenEnd + ` = c.id
		union all
		select x.kind, x.id, 4, 0, n.host, n.at, n.reason from x join post p on p.id = x.post_id join person a on a.id = x.author_id
			cross join lateral (select distinct on (b.host) b.host, o.at, o.verb, o.reason from moderation o
				cross join lateral (select coalesce((select host from person where id = o.actor_id and not local), '') host) b
				where o.community_id is null and o.person_id = x.author_id and o.along and o.verb in ('banish', 'readmit')
				order by b.host, o.at desc, o.verb desc) n
		where n.verb = 'banish' and (n.host in ('', a.host) or n.host = (select c.host from community c where c.id = ` + communityThen + `n.at` + communityThenEnd + `))
	)
	select x.kind, x.id, w.by_kind, w.by_id, x.author_id, w.host, w.at, w.reason from x join acts w on w.kind = x.kind and w.id = x.id
	where w.at >= x.written and w.at > $3 and not exists (select 1 from moderation o
		where o.post_id = x.post_id and coalesce(o.comment_id, 0) = x.comment_id and o.verb = 'restore' and o.at > w.at)
	order by w.by_kind, w.at desc, x.kind, x.id`

// orLongAgo is a time, or one before all others.
func orLongAgo(at time.Time) time.Time {
	if at.IsZero() {
		return time.Unix(0, 0)
	}
	return at
}

// SweepLate implements forum.ModerationTx.
func (t *Tx) SweepLate(ctx context.Context, posts, comments []int64) error {
	return t.settle(ctx, posts, comments, settling{})
}

// SweepAgain implements forum.ModerationTx.
func (t *Tx) SweepAgain(ctx context.Context, s forum.Subject, at time.Time) error {
	if s.Kind == forum.OnPost {
		return t.settle(ctx, []int64{s.ID}, nil, settling{after: at})
	}
	return t.settle(ctx, nil, []int64{s.ID}, settling{after: at})
}

// SweepMoved implements forum.ModerationTx. Most threads have nobody in them whose words
// went with a ban.
func (t *Tx) SweepMoved(ctx context.Context, postID int64) error {
	const concerned = `exists (select 1 from moderation o where o.person_id = x.author_id and o.along and o.verb in ('ban', 'banish')
		and (o.community_id is null or o.community_id in (select p.community_id from post p where p.id = $1
			union select r.community_id from moderation r where r.post_id = $1 and coalesce(r.comment_id, 0) = 0 and r.verb = 'relocate')))`
	posts, err := t.idsBy(ctx, `select x.id from post x where x.id = $1 and `+concerned, postID)
	if err != nil {
		return err
	}
	comments, err := t.idsBy(ctx, `select x.id from comment x where x.post_id = $1 and `+concerned+` order by x.id`, postID)
	if err != nil || len(posts)+len(comments) == 0 {
		return err
	}
	// What went with a ban is given back, and goes again where that ban, or another, still holds.
	ours := map[forum.SubjectKind][]int64{}
	for kind, ids := range map[forum.SubjectKind][]int64{forum.OnPost: posts, forum.OnComment: comments} {
		if ours[kind], err = t.idsBy(ctx, `select subject_id from swept where kind = $1 and subject_id = any($2) and by_kind > 2 order by 1`, kind, ids); err != nil {
			return err
		}
	}
	if err := t.back(ctx, time.Now(), ours[forum.OnPost], ours[forum.OnComment], &forum.Swept{}); err != nil {
		return err
	}
	return t.settle(ctx, posts, comments, settling{})
}

// Detach implements forum.ModerationTx.
func (t *Tx) Detach(ctx context.Context, s forum.Subject, reason string, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `delete from swept where kind = $1 and subject_id = $2`, s.Kind, s.ID)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	table := "post"
	if s.Kind == forum.OnComment {
		table = "comment"
	}
	if _, err := t.tx.Exec(ctx, `update `+table+` set reason = $2, state_at = $3 where id = $1`, s.ID, reason, at); err != nil {
		return false, fmt.Errorf("storage.Detach: %w", err)
	}
	return true, nil
}
