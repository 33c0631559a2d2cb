package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// subject is what a vote is on, with the counts it has.
type subject struct {
	forum.Subject
	state     forum.State
	submitted time.Time
	up, down  int
	reacted   bool
	post      int64
	comment   *forum.Comment
}

// lockSubjects finds what votes are on and locks it: posts first, then
// comments, each in ascending order, the same in every transaction.
func (t *Tx) lockSubjects(ctx context.Context, uris []string) (map[string]*subject, error) {
	out := map[string]*subject{}
	var uri string
	var s subject
	err := each(ctx, t.tx, "storage: lock posts", []any{&uri, &s.ID, &s.state, &s.submitted, &s.up, &s.down, &s.reacted}, func() {
		found := s
		found.Kind, found.post = forum.OnPost, s.ID
		out[uri] = &found
	}, `select uri, id, state, submitted_at, up, down, reactions <> '' from post
		where uri = any($1) order by id for no key update`, uris)
	if err != nil {
		return nil, err
	}
	if len(out) == len(uris) {
		return out, nil
	}
	var reply string
	err = each(ctx, t.tx, "storage: lock comments", []any{&uri, &s.ID, &s.state, &s.submitted, &s.up, &s.down, &s.reacted, &s.post, &reply}, func() {
		found := s
		found.Kind = forum.OnComment
		found.comment = &forum.Comment{ID: s.ID, URI: uri, PostID: s.post, InReplyTo: reply}
		out[uri] = &found
	}, `select uri, id, state, published_at, up, down, reactions <> '', post_id, in_reply_to from comment
		where uri = any($1) order by id for no key update`, uris)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// VoteFacts implements forum.VoteTx.
func (t *Tx) VoteFacts(ctx context.Context, acts []forum.Vote) ([]forum.VoteFacts, error) {
	var uris []string
	var people []int64
	hosts, seen := map[string]bool{}, map[string]bool{}
	for i := range acts {
		a := &acts[i]
		if !seen[a.Object] {
			seen[a.Object] = true
			uris = append(uris, a.Object)
		}
		people = append(people, a.Voter.ID)
		if !a.Voter.Local {
			hosts[a.Voter.Host] = true
		}
	}
	subjects, err := t.lockSubjects(ctx, uris)
	if err != nil {
		return nil, err
	}
	var postIDs []int64
	for _, s := range subjects {
		postIDs = append(postIDs, s.post)
	}
	batch := &pgx.Batch{}
	posts, listed, held, who := postsOfVotes(batch, postIDs), places(batch, postIDs), heldVotes(batch, acts, subjects), memberships(batch, people)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("storage.VoteFacts: %w", err)
	}
	blocked, err := t.blockedHosts(ctx, hosts)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, uri := range uris {
		if subjects[uri] == nil {
			missing = append(missing, uri)
		}
	}
	buried := map[string]bool{}
	if len(missing) > 0 {
		if buried, err = t.tombstones(ctx, missing); err != nil {
			return nil, err
		}
	}
	facts := make([]forum.VoteFacts, len(acts))
	for i := range acts {
		a, f := &acts[i], &facts[i]
		f.VoterGone, f.Blocked, f.Tombstone = who.gone[a.Voter.ID], blocked[a.Voter.Host], buried[a.Object]
		if s := subjects[a.Object]; s != nil && a.Voter.Local {
			if err := t.voting(ctx, s.Subject, a.Voter.ID, f); err != nil {
				return nil, err
			}
		}
		s := subjects[a.Object]
		if s == nil {
			continue
		}
		f.Subject, f.State, f.Submitted, f.Up, f.Down = s.Subject, s.state, s.submitted, s.up, s.down
		f.Reacted = s.reacted
		f.Post, f.Comment, f.Places = posts[s.post], s.comment, listed[s.post]
		f.Held = held[heldKey{s.Subject, a.Voter.ID}]
		f.Banned, f.Barred = who.in(a.Voter.ID, &f.Post.Community)
	}
	return facts, nil
}

// voting finds what is asked of people of this node alone, who come one by one.
func (t *Tx) voting(ctx context.Context, on forum.Subject, voter int64, f *forum.VoteFacts) error {
	p := &f.Author
	return each(ctx, t.tx, "storage: who votes", []any{&f.Emoji, &p.ID, &p.URI, &p.Local, &p.Inbox, &p.SharedInbox, &f.Microblog}, func() {},
		`select coalesce((select emoji from reaction where subject_kind = $1 and subject_id = $2 and person_id = $3), ''), a.id, a.uri, a.local, a.inbox, a.shared_inbox,
			exists (select 1 from server s where s.host = a.host and s.microblog)
		from person a where a.id = case when $1 = 1 then (select author_id from post where id = $2) else (select author_id from comment where id = $2) end`, on.Kind, on.ID, voter)
}

// postsOfVotes finds what the rules and the documents of votes need of posts:
// not their text.
func postsOfVotes(batch *pgx.Batch, ids []int64) map[int64]forum.Post {
	out := map[int64]forum.Post{}
	var p forum.Post
	ask(batch, append([]any{&p.ID, &p.URI, &p.Local, &p.State, &p.Withheld}, communityFields(&p.Community)...), func() {
		out[p.ID] = p
	}, `select p.id, p.uri, p.local, p.state, p.withheld, `+communityColumns+`
		from post p join community c on c.id = p.community_id where p.id = any($1)`, ids)
	return out
}

type heldKey struct {
	forum.Subject
	person int64
}

func heldVotes(batch *pgx.Batch, acts []forum.Vote, subjects map[string]*subject) map[heldKey]forum.CastVote {
	var kinds []int16
	var ids, people []int64
	for i := range acts {
		if s := subjects[acts[i].Object]; s != nil {
			kinds, ids, people = append(kinds, int16(s.Kind)), append(ids, s.ID), append(people, acts[i].Voter.ID)
		}
	}
	out := map[heldKey]forum.CastVote{}
	if len(ids) == 0 {
		return out
	}
	var v forum.CastVote
	ask(batch, []any{&v.Subject.Kind, &v.Subject.ID, &v.PersonID, &v.Dir, &v.At, &v.Activity, &v.Undone}, func() {
		out[heldKey{v.Subject, v.PersonID}] = v
	}, `select v.subject_kind, v.subject_id, v.person_id, v.dir, v.at, v.activity, v.undone
		from (select distinct * from unnest($1::smallint[], $2::int[], $3::int[]) x(k, s, p)) x
		join vote v on v.subject_kind = x.k and v.subject_id = x.s and v.person_id = x.p`, kinds, ids, people)
	return out
}

// SaveVotes implements forum.VoteTx.
func (t *Tx) SaveVotes(ctx context.Context, votes []forum.CastVote) error {
	n := len(votes)
	kinds, dirs := make([]int16, n), make([]int16, n)
	ids, people := make([]int64, n), make([]int64, n)
	at := make([]time.Time, n)
	activities, undone := make([]string, n), make([]string, n)
	for i, v := range votes {
		kinds[i], dirs[i], ids[i], people[i] = int16(v.Subject.Kind), int16(v.Dir), v.Subject.ID, v.PersonID
		at[i], activities[i], undone[i] = v.At, v.Activity, v.Undone
	}
	_, err := t.tx.Exec(ctx, `insert into vote (subject_kind, subject_id, person_id, dir, at, activity, undone)
		select k, s, p, d, t, y, u from unnest($1::smallint[], $2::int[], $3::int[], $4::smallint[], $5::timestamptz[], $6::text[], $7::text[]) x(k, s, p, d, t, y, u)
		on conflict (subject_kind, subject_id, person_id) do update
		set dir = excluded.dir, at = excluded.at, activity = excluded.activity, undone = excluded.undone`,
		kinds, ids, people, dirs, at, activities, undone)
	if err != nil {
		return fmt.Errorf("storage.SaveVotes: %w", err)
	}
	return nil
}

// SaveTallies implements forum.VoteTx.
func (t *Tx) SaveTallies(ctx context.Context, tallies []forum.Tally) error {
	var postIDs, commentIDs []int64
	var postUp, postDown, commentUp, commentDown []int
	var hot, scaled, contention []float64
	for _, y := range tallies {
		if y.Subject.Kind == forum.OnPost {
			postIDs, postUp, postDown = append(postIDs, y.Subject.ID), append(postUp, y.Up), append(postDown, y.Down)
			hot, scaled, contention = append(hot, y.Ranks.Hot), append(scaled, y.Ranks.Scaled), append(contention, y.Ranks.Contention)
			continue
		}
		commentIDs, commentUp, commentDown = append(commentIDs, y.Subject.ID), append(commentUp, y.Up), append(commentDown, y.Down)
	}
	batch := &pgx.Batch{}
	if len(postIDs) > 0 {
		batch.Queue(`update post p set up = x.up, down = x.down from unnest($1::int[], $2::int[], $3::int[]) x(id, up, down)
			where p.id = x.id`, postIDs, postUp, postDown)
		batch.Queue(`update post_rank r set hot = x.hot, scaled = x.scaled, contention = x.contention, score = x.up - x.down
			from unnest($1::int[], $2::int[], $3::int[], $4::float8[], $5::float8[], $6::float8[]) x(id, up, down, hot, scaled, contention)
			where r.post_id = x.id`, postIDs, postUp, postDown, hot, scaled, contention)
	}
	if len(commentIDs) > 0 {
		batch.Queue(`update comment m set up = x.up, down = x.down from unnest($1::int[], $2::int[], $3::int[]) x(id, up, down)
			where m.id = x.id`, commentIDs, commentUp, commentDown)
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.SaveTallies: %w", err)
	}
	return nil
}

// countedReactions are those of the subject t, which is of the kind o.k.
const countedReactions = `select string_agg(n || ' ' || emoji, E'\n' order by n desc, emoji) from (
	select emoji, count(*) n from reaction where subject_kind = o.k and subject_id = o.s group by emoji order by n desc, emoji limit $3) x`

// SaveReactions implements forum.VoteTx. Of more kinds than are counted those that most
// people gave stay; the others are kept, and counted when there is room.
func (t *Tx) SaveReactions(ctx context.Context, all []forum.Reacted) error {
	n := len(all)
	kinds, ids, people, emoji := make([]int16, n), make([]int64, n), make([]int64, n), make([]string, n)
	for i, r := range all {
		kinds[i], ids[i], people[i], emoji[i] = int16(r.Subject.Kind), r.Subject.ID, r.PersonID, r.Emoji
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from reaction r using unnest($1::smallint[], $2::int[], $3::int[], $4::text[]) x(k, s, p, e)
		where x.e = '' and r.subject_kind = x.k and r.subject_id = x.s and r.person_id = x.p`, kinds, ids, people, emoji)
	batch.Queue(`insert into reaction (subject_kind, subject_id, person_id, emoji)
		select k, s, p, e from unnest($1::smallint[], $2::int[], $3::int[], $4::text[]) x(k, s, p, e) where e <> ''
		on conflict (subject_kind, subject_id, person_id) do update set emoji = excluded.emoji`, kinds, ids, people, emoji)
	batch.Queue(`update post t set reactions = coalesce((`+countedReactions+`), '')
		from (select distinct k, s from unnest($1::smallint[], $2::int[]) x(k, s) where k = 1) o where t.id = o.s`, kinds, ids, forum.MaxReactions)
	batch.Queue(`update comment t set reactions = coalesce((`+countedReactions+`), '')
		from (select distinct k, s from unnest($1::smallint[], $2::int[]) x(k, s) where k = 2) o where t.id = o.s`, kinds, ids, forum.MaxReactions)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.SaveReactions: %w", err)
	}
	return nil
}

// PollFacts implements forum.PollTx.
func (t *Tx) PollFacts(ctx context.Context, acts []forum.Choose) ([]forum.PollFacts, error) {
	var uris []string
	people := make([]int64, len(acts))
	hosts := map[string]bool{}
	for i := range acts {
		a := &acts[i]
		uris, people[i] = append(uris, a.Object), a.Voter.ID
		if !a.Voter.Local {
			hosts[a.Voter.Host] = true
		}
	}
	if _, err := t.tx.Exec(ctx, `select 1 from post where uri = any($1) order by id for no key update`, uris); err != nil {
		return nil, fmt.Errorf("storage.PollFacts: %w", err)
	}
	posts := map[string]forum.Post{}
	var p forum.Post
	fields := append([]any{&p.ID, &p.URI, &p.Local, &p.State, poll{&p.Poll}, &p.Author.ID, &p.Author.URI, &p.Author.Local, &p.Author.Inbox, &p.Author.SharedInbox}, communityFields(&p.Community)...)
	err := each(ctx, t.tx, "storage.PollFacts", fields, func() { posts[p.URI] = p },
		`select p.id, p.uri, p.local, p.state, p.poll, a.id, a.uri, a.local, a.inbox, a.shared_inbox, `+communityColumns+`
		from post p join community c on c.id = p.community_id join person a on a.id = p.author_id where p.uri = any($1)`, uris)
	if err != nil {
		return nil, err
	}
	type key struct{ post, person int64 }
	held := map[key][]int{}
	var ids []int64
	for _, p := range posts {
		ids = append(ids, p.ID)
	}
	var k key
	var choice int
	err = each(ctx, t.tx, "storage: what was chosen", []any{&k.post, &k.person, &choice}, func() { held[k] = append(held[k], choice) },
		`select post_id, person_id, choice from poll_vote where post_id = any($1) and person_id = any($2) order by choice`, ids, people)
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
	buried := map[string]bool{}
	if len(posts) < len(uris) {
		if buried, err = t.tombstones(ctx, uris); err != nil {
			return nil, err
		}
	}
	facts := make([]forum.PollFacts, len(acts))
	for i := range acts {
		a, f := &acts[i], &facts[i]
		f.VoterGone, f.Blocked, f.Tombstone = who.gone[a.Voter.ID], blocked[a.Voter.Host], buried[a.Object]
		f.Post = posts[a.Object]
		f.Held = held[key{f.Post.ID, a.Voter.ID}]
		f.Banned, f.Barred = who.in(a.Voter.ID, &f.Post.Community)
	}
	return facts, nil
}

// SaveChoices implements forum.PollTx.
func (t *Tx) SaveChoices(ctx context.Context, chosen []forum.Chosen) error {
	n := len(chosen)
	posts, people, choices, at := make([]int64, n), make([]int64, n), make([]int16, n), make([]time.Time, n)
	for i, c := range chosen {
		posts[i], people[i], choices[i], at[i] = c.PostID, c.PersonID, int16(c.Choice), c.At
	}
	_, err := t.tx.Exec(ctx, `insert into poll_vote (post_id, person_id, choice, at)
		select p, v, c, t from unnest($1::int[], $2::int[], $3::smallint[], $4::timestamptz[]) x(p, v, c, t) on conflict do nothing`, posts, people, choices, at)
	if err != nil {
		return fmt.Errorf("storage.SaveChoices: %w", err)
	}
	return nil
}

// SavePolls implements forum.PollTx.
func (t *Tx) SavePolls(ctx context.Context, polls []forum.Counted) error {
	batch := &pgx.Batch{}
	var tell []int64
	var at []time.Time
	for i := range polls {
		c := &polls[i]
		batch.Queue(`update post set poll = $2 where id = $1`, c.PostID, pollColumn(c.Poll))
		if !c.TellAt.IsZero() {
			tell, at = append(tell, c.PostID), append(at, c.TellAt)
		}
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.SavePolls: %w", err)
	}
	return t.TellPolls(ctx, tell, at, false)
}

// PollVoters implements forum.PollTx.
func (t *Tx) PollVoters(ctx context.Context, post int64, n int) ([]string, error) {
	var all []string
	var url string
	err := each(ctx, t.tx, "storage.PollVoters", []any{&url}, func() { all = append(all, url) },
		`select distinct coalesce(nullif(a.shared_inbox, ''), a.inbox) from poll_vote v join person a on a.id = v.person_id
		where v.post_id = $1 and not a.local and not a.gone and a.inbox <> '' order by 1 limit $2`, post, n)
	return all, err
}

// Chosen tells what somebody chose in a poll, by the numbers of the choices.
func (r *Reader) Chosen(ctx context.Context, person, post int64) ([]int, error) {
	var choices []int
	var choice int
	err := each(ctx, r.db.pool, "storage.Chosen", []any{&choice}, func() { choices = append(choices, choice) },
		`select choice from poll_vote where post_id = $1 and person_id = $2 order by choice`, post, person)
	return choices, err
}

// approvals gathers what is said to allow quotes and has to be read first.
type approvals struct{ quoting, ids, quoted []string }

func (a *approvals) add(uri string, t forum.Tags) {
	if q := t.Quote; uri != "" && q.Approval != "" && !q.Agreed {
		a.quoting, a.ids, a.quoted = append(a.quoting, uri), append(a.ids, q.Approval), append(a.quoted, q.URI)
	}
}

// ask has each read by a job, unless too many are asked for already: then it is a link
// until its author says it again.
func (a *approvals) ask(ctx context.Context, t *Tx) error {
	if len(a.ids) == 0 {
		return nil
	}
	var fetches []FetchObject
	var f FetchObject
	err := each(ctx, t.tx, "storage: approvals of quotes", []any{&f.IRI, &f.Quoting}, func() { fetches = append(fetches, f) }, `
		insert into quote_approval as q (quoting, id, quoted)
		select distinct on (u) u, i, o from unnest($1::text[], $2::text[], $3::text[]) x(u, i, o)
		where octet_length(u) <= $4 and octet_length(i) <= $4 and $5 > (select count(*) from (select 1 from river_job where kind = $6 and args ? 'quoting'
			and state in ('available', 'pending', 'running', 'scheduled', 'retryable') limit $5) open)
		order by u
		on conflict (quoting) do update set id = excluded.id, quoted = excluded.quoted, good = false, attributed = ''
		where not q.good or (q.id, q.quoted) is distinct from (excluded.id, excluded.quoted)
		returning id, quoting`, a.quoting, a.ids, a.quoted, longestLink, forum.MaxApprovals, FetchObject{}.Kind())
	if err != nil {
		return err
	}
	return t.enqueueFetches(ctx, fetches, time.Time{})
}

// Approve keeps that what is said to allow a quote does.
func (db *DB) Approve(ctx context.Context, a forum.Approval) error {
	_, err := db.pool.Exec(ctx, `update quote_approval set good = true, attributed = $4 where quoting = $1 and id = $2 and quoted = $3`, a.Quoting, a.ID, a.Quoted, a.By)
	if err != nil {
		return fmt.Errorf("storage.Approve: %w", err)
	}
	return nil
}

// Disapprove ends what allowed a quote, at the word of who gave it; false when there is
// no such thing. Where it was not read yet its server says who that is.
func (t *Tx) Disapprove(ctx context.Context, id, by string) (bool, error) {
	tag, err := t.tx.Exec(ctx, `update quote_approval set id = '', good = false where id = $1 and attributed in ('', $2)`, id, by)
	if err != nil {
		return false, fmt.Errorf("storage.Disapprove: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// Approved finds what allows posts and comments to quote, by their ids.
func (r *Reader) Approved(ctx context.Context, quoting []string) (map[string]forum.Approval, error) {
	if len(quoting) == 0 {
		return nil, nil
	}
	out := map[string]forum.Approval{}
	var a forum.Approval
	err := each(ctx, r.db.pool, "storage.Reader.Approved", []any{&a.Quoting, &a.ID, &a.Quoted, &a.By}, func() { out[a.Quoting] = a },
		`select quoting, id, quoted, attributed from quote_approval where quoting = any($1) and good`, quoting)
	return out, err
}
