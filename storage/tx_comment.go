package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// answered are the posts in which acts that answer one of $1 stand.
const answered = `(select id from post where uri = any($1) union select post_id from comment where uri = any($1))`

// parent is what a comment answers: a post (comment 0) or a comment.
type parent struct {
	post, comment, grandparent int64
	depth                      int
	state                      forum.State
	locked                     bool
	author                     forum.Person
	tags                       forum.Tags
}

// thread is what is known of the posts in which replies will stand.
type thread struct {
	parents map[string]parent
	posts   map[int64]forum.Post
	places  map[int64][]forum.Community // of ours, other than the home, that list the post
}

// threads finds what is answered, and locks the posts in ascending order.
func threads(batch *pgx.Batch, uris []string) *thread {
	found := &thread{map[string]parent{}, map[int64]forum.Post{}, map[int64][]forum.Community{}}
	var uri string
	var p parent
	ask(batch, append([]any{&uri, &p.post, &p.comment, &p.grandparent, &p.depth, &p.state, &p.locked, tags{&p.tags}}, personFields(&p.author)...),
		func() { found.parents[uri] = p }, `
		select p.uri, p.id, 0::int, 0::int, 0::smallint, p.state, false, p.tags, `+personColumns+` from post p join person a on a.id = p.author_id where p.uri = any($1)
		union all
		select m.uri, m.post_id, m.id, coalesce(m.parent_id, 0), m.depth, m.state, m.locked, m.tags, `+personColumns+` from comment m join person a on a.id = m.author_id where m.uri = any($1)`,
		uris)
	var post forum.Post
	ask(batch, postRow(&post), func() { found.posts[post.ID] = post },
		`select `+postRowColumns+postFrom+`where p.id in `+answered+` order by p.id for no key update of p`, uris)
	var id int64
	var c forum.Community
	ask(batch, append([]any{&id}, communityFields(&c)...), func() { found.places[id] = append(found.places[id], c) },
		placed+`and l.post_id in `+answered+` order by l.post_id, c.id`, uris)
	return found
}

// placed are the communities of ours, other than the home, that list posts.
const placed = `select l.post_id, ` + communityColumns + ` from placement l join community c on c.id = l.community_id
	where not l.home and l.moved_at is null and c.local and not c.removed `

// places finds those of each post.
func places(batch *pgx.Batch, postIDs []int64) map[int64][]forum.Community {
	out := map[int64][]forum.Community{}
	var id int64
	var c forum.Community
	ask(batch, append([]any{&id}, communityFields(&c)...), func() { out[id] = append(out[id], c) },
		placed+`and l.post_id = any($1) order by l.post_id, c.id`, postIDs)
	return out
}

// lockPosts finds posts by database id and locks them in ascending order.
func (t *Tx) lockPosts(ctx context.Context, ids []int64) (map[int64]forum.Post, error) {
	out := map[int64]forum.Post{}
	var p forum.Post
	err := each(ctx, t.tx, "storage: lock posts", postRow(&p), func() { out[p.ID] = p },
		`select `+postRowColumns+postFrom+`where p.id = any($1) order by p.id for no key update of p`, ids)
	return out, err
}

// ReplyFacts implements forum.CommentTx.
func (t *Tx) ReplyFacts(ctx context.Context, acts []forum.Reply) ([]forum.ReplyFacts, error) {
	var uris, authors, parentURIs []string
	var people []int64
	hosts := map[string]bool{}
	for i := range acts {
		c := &acts[i].Comment
		if c.URI != "" {
			uris, authors = append(uris, c.URI), append(authors, c.Author.URI)
		}
		parentURIs = append(parentURIs, c.InReplyTo)
		people = append(people, c.Author.ID)
		if !c.Author.Local {
			hosts[c.Author.Host] = true
		}
	}
	batch := &pgx.Batch{}
	in := threads(batch, parentURIs)
	w, err := t.wordFacts(ctx, batch, uris, authors, people, hosts, `select uri, id from comment where uri = any($1)`)
	if err != nil {
		return nil, fmt.Errorf("storage.ReplyFacts: %w", err)
	}
	facts := make([]forum.ReplyFacts, len(acts))
	for i := range acts {
		c := &acts[i].Comment
		f := &facts[i]
		f.Existing, f.Tombstone, f.Early = w.existing[c.URI], w.buried[c.URI], w.early[c.URI]
		f.AuthorGone, f.Blocked = w.gone[c.Author.ID], w.blocked[c.Author.Host]
		if p, ok := in.parents[c.InReplyTo]; ok {
			f.Post, f.Places = in.posts[p.post], in.places[p.post]
			f.Banned, f.Barred = w.in(c.Author.ID, &f.Post.Community)
			f.ParentID, f.ParentDepth, f.Grandparent = p.comment, p.depth, p.grandparent
			f.ParentAuthor, f.ParentState, f.Closed, f.Answers = p.author, p.state, p.locked, p.tags.Answers
		}
	}
	return facts, nil
}

// Moderating implements forum.CommentTx.
func (t *Tx) Moderating(ctx context.Context, people []string) (map[forum.Moderates]bool, error) {
	out := map[forum.Moderates]bool{}
	var m forum.Moderates
	err := each(ctx, t.tx, "storage.Moderating", []any{&m.Person, &m.Community}, func() { out[m] = true },
		`select person_uri, community_id from moderator where person_uri = any($1)`, people)
	return out, err
}

// NewCommentIDs implements forum.CommentTx.
func (t *Tx) NewCommentIDs(ctx context.Context, n int) ([]int64, error) {
	return t.newIDs(ctx, `comment_id_seq`, n)
}

// InsertComments implements forum.CommentTx.
func (t *Tx) InsertComments(ctx context.Context, comments []forum.NewComment) ([]int, error) {
	pulse := pulses{}
	inserted, err := t.insertComments(ctx, comments, &pulse)
	if err != nil || len(inserted) == 0 {
		return nil, err
	}
	var ids, authors, posts []int64
	var at []time.Time
	for _, i := range inserted {
		c := &comments[i].Comment
		ids, authors, posts = append(ids, c.ID), append(authors, c.Author.ID), append(posts, c.PostID)
		at = append(at, comments[i].Submitted)
	}
	sides := &pgx.Batch{}
	pulse.queue(sides)
	sides.Queue(`insert into vote (subject_kind, subject_id, person_id, dir, at)
		select 2, m, a, 1, v from unnest($1::int[], $2::int[], $3::timestamptz[]) x(m, a, v) on conflict do nothing`, ids, authors, at)
	sides.Queue(lockPeople, authors)
	sides.Queue(`update person a set comments = a.comments + n.by from (select id, count(*) by from unnest($1::int[]) id group by id) n
		where a.id = n.id`, authors)
	sides.Queue(`select 1 from community where id in (select community_id from post where id = any($1)) order by id for no key update`, posts)
	sides.Queue(`update community c set comments = c.comments + n.by from (select p.community_id id, count(*) by
		from unnest($1::int[]) x(id) join post p on p.id = x.id group by 1) n where c.id = n.id`, posts)
	var a approvals
	for _, i := range inserted {
		a.add(comments[i].Comment.URI, comments[i].Comment.Tags)
	}
	if err := a.ask(ctx, t); err != nil {
		return nil, err
	}
	t.tellOfComments(sides, comments, inserted)
	if err := t.tx.SendBatch(ctx, sides).Close(); err != nil {
		return nil, fmt.Errorf("storage.InsertComments: %w", err)
	}
	return inserted, nil
}

// pulses are what comments change of the places of posts in lists.
type pulses struct {
	posts    []int64
	comments []int
	active   []float64
}

// gather asks a statement that gives the posts whose comments changed.
func (u *pulses) gather(batch *pgx.Batch, sql string, args ...any) {
	var id int64
	var comments int
	var last, submitted time.Time
	ask(batch, []any{&id, &comments, orZero{&last}, &submitted}, func() {
		u.posts, u.comments = append(u.posts, id), append(u.comments, comments)
		u.active = append(u.active, forum.Active(comments, last, submitted))
	}, sql, args...)
}

func (u *pulses) queue(batch *pgx.Batch) {
	batch.Queue(`update post_pulse u set comments = x.comments, active = x.active
		from unnest($1::int[], $2::int[], $3::float8[]) x(id, comments, active) where u.post_id = x.id`, u.posts, u.comments, u.active)
}

// newComments are comments about to be written, column by column.
type newComments struct {
	ids, posts, authors                                []int64
	parents                                            []*int64
	depths, formats, versions                          []int16
	local, sensitive, distinguished, locked            []bool
	uris, answers, sources, htmls, languages, warnings []string
	pages, publishedTexts, updatedTexts, creates       []string
	published, received                                []time.Time
	updated                                            []*time.Time
	attachments, tags                                  []*string
}

func (k *newComments) add(n *forum.NewComment) {
	c := &n.Comment
	var parent *int64
	if c.ParentID != 0 {
		parent = &c.ParentID
	}
	var updated *time.Time
	if !c.Updated.IsZero() {
		updated = &c.Updated.Time
	}
	k.ids, k.posts, k.authors = append(k.ids, c.ID), append(k.posts, c.PostID), append(k.authors, c.Author.ID)
	k.parents, k.depths = append(k.parents, parent), append(k.depths, int16(c.Depth))
	k.formats, k.versions = append(k.formats, int16(c.Text.Format)), append(k.versions, int16(c.Text.RenderVersion))
	k.local, k.sensitive = append(k.local, c.Local), append(k.sensitive, c.Sensitive)
	k.uris, k.answers = append(k.uris, c.URI), append(k.answers, c.InReplyTo)
	k.sources, k.htmls = append(k.sources, c.Text.Source), append(k.htmls, c.Text.HTML)
	k.languages, k.warnings, k.pages = append(k.languages, c.Language), append(k.warnings, c.Warning), append(k.pages, c.URL)
	k.published, k.publishedTexts = append(k.published, c.Published.Time), append(k.publishedTexts, c.Published.Text)
	k.updated, k.updatedTexts = append(k.updated, updated), append(k.updatedTexts, c.Updated.Text)
	k.creates, k.received = append(k.creates, c.Create), append(k.received, n.Received)
	k.attachments, k.distinguished = append(k.attachments, attachmentsColumn(c.Attachments)), append(k.distinguished, c.Distinguished)
	k.tags = append(k.tags, tagsColumn(c.Tags))
	k.locked = append(k.locked, c.Locked)
}

// insertComments writes comments themselves and what they change of their posts, and
// says which were not here before. In order of their ids on the wire: two transactions
// that bring the same ones wait for each other in one order.
func (t *Tx) insertComments(ctx context.Context, comments []forum.NewComment, pulse *pulses) ([]int, error) {
	var k newComments
	index := make(map[int64]int, len(comments))
	submitted := make([]time.Time, len(comments))
	for i := range comments {
		k.add(&comments[i])
		submitted[i] = comments[i].Submitted
		index[comments[i].Comment.ID] = i
	}
	var inserted []int
	var id int64
	batch := &pgx.Batch{}
	ask(batch, []any{&id}, func() { inserted = append(inserted, index[id]) }, `
		insert into comment (id, uri, local, post_id, parent_id, depth, author_id, in_reply_to, source, format, html,
			render_version, language, sensitive, warning, page_url, published_at, published_text, updated_at, updated_text, create_id, received_at,
			attachments, distinguished, locked, tags, up)
		select id, uri, local, post, parent, depth, author, answers, source, format, html,
			version, language, sensitive, warning, page, published, published_text, updated, updated_text, created, received,
			attachments::jsonb, distinguished, locked, tags::jsonb, 1
		from unnest($1::int[], $2::text[], $3::boolean[], $4::int[], $5::int[], $6::smallint[], $7::int[], $8::text[], $9::text[], $10::smallint[],
			$11::text[], $12::smallint[], $13::text[], $14::boolean[], $15::text[], $16::text[], $17::timestamptz[], $18::text[],
			$19::timestamptz[], $20::text[], $21::text[], $22::timestamptz[], $23::text[], $24::boolean[], $25::boolean[], $26::text[]) x(id, uri, local, post, parent, depth, author, answers, source, format,
			html, version, language, sensitive, warning, page, published, published_text, updated, updated_text, created, received,
			attachments, distinguished, locked, tags)
		order by uri on conflict (uri) do nothing returning id`,
		k.ids, k.uris, k.local, k.posts, k.parents, k.depths, k.authors, k.answers, k.sources, k.formats,
		k.htmls, k.versions, k.languages, k.sensitive, k.warnings, k.pages, k.published, k.publishedTexts,
		k.updated, k.updatedTexts, k.creates, k.received, k.attachments, k.distinguished, k.locked, k.tags)
	// Of these ids, which were given out just now, those are there that were inserted.
	pulse.gather(batch, `update post p set comments = p.comments + n.by, last_comment_at = greatest(p.last_comment_at, n.last)
		from (select m.post_id id, count(*) by, max(x.v) last from unnest($1::int[], $2::timestamptz[]) x(id, v) join comment m on m.id = x.id group by 1) n
		where p.id = n.id returning p.id, p.comments, p.last_comment_at, p.submitted_at`, k.ids, submitted)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("storage.InsertComments: %w", err)
	}
	slices.Sort(inserted)
	return inserted, nil
}

// Shunned implements forum.QuoteTx.
func (t *Tx) Shunned(ctx context.Context, by, person forum.Person) (shunned, blocked bool, err error) {
	hosts, err := t.blockedHosts(ctx, map[string]bool{person.Host: true})
	if err != nil {
		return false, false, err
	}
	err = t.tx.QueryRow(ctx, `select exists (select 1 from shun where person_id = $1 and (kind = 1 and target = $2 or kind = 3 and host = $3))`,
		by.ID, person.ID, person.Host).Scan(&shunned)
	if err != nil {
		return false, false, fmt.Errorf("storage.Shunned: %w", err)
	}
	return shunned, hosts[person.Host], nil
}

// SaveGrant implements forum.QuoteTx.
func (t *Tx) SaveGrant(ctx context.Context, g forum.Grant, at time.Time) (held forum.Grant, room bool, err error) {
	domain := Registrable(g.By.Host)
	if g.By.Local { // each has a budget of their own here
		domain = ""
	}
	_, err = t.tx.Exec(ctx, `insert into quote_grant (id, subject_kind, subject_id, person_id, quoting, at, domain) select $1, $2, $3, $4, $5, $6, $9
		where (select count(*) from (select 1 from quote_grant where subject_kind = $2 and subject_id = $3 limit $7) x) < $7
		and (select count(*) from (select 1 from quote_grant where subject_kind = $2 and subject_id = $3 and person_id = $4 limit $8) x) < $8
		and ($9 = '' or (select count(*) from (select 1 from quote_grant where subject_kind = $2 and subject_id = $3 and domain = $9 limit $10) x) < $10)
		and ($9 = '' or (select count(*) from (select 1 from quote_grant where domain = $9 and at > $6::timestamptz - interval '1 day' limit $11) x) < $11)
		on conflict do nothing`, g.ID[strings.LastIndexByte(g.ID, '/')+1:], g.Subject.Kind, g.Subject.ID, g.By.ID, g.Quoting, at, forum.MaxQuotes, forum.MaxQuotesBy,
		domain, forum.MaxQuotesOfServer, forum.MaxQuotesADay)
	if err != nil {
		return held, false, fmt.Errorf("storage.SaveGrant: %w", err)
	}
	err = each(ctx, t.tx, "storage.SaveGrant", grantFields(&held), func() { room = true },
		`select `+grantNamed+` where g.subject_kind = $1 and g.subject_id = $2 and g.quoting = $3 and g.person_id = $4`, g.Subject.Kind, g.Subject.ID, g.Quoting, g.By.ID)
	held.ID = t.base + held.ID
	return held, room, err
}

// EndGrants implements forum.QuoteTx.
func (t *Tx) EndGrants(ctx context.Context, of []forum.Subject, at time.Time) ([]forum.Grant, error) {
	var kinds []int16
	var ids []int64
	for _, s := range of {
		kinds, ids = append(kinds, int16(s.Kind)), append(ids, s.ID)
	}
	return t.ended(ctx, `with e as (update quote_grant q set revoked_at = $3 from unnest($1::smallint[], $2::int[]) x(k, s)
		where q.subject_kind = x.k and q.subject_id = x.s and q.revoked_at is null returning q.id)
		select `+grantNamed+` where g.id in (select id from e)`, kinds, ids, at)
}

// EndGrantsOf implements forum.QuoteTx.
func (t *Tx) EndGrantsOf(ctx context.Context, author int64, by forum.Person, at time.Time) ([]forum.Grant, error) {
	return t.ended(ctx, `with e as (update quote_grant q set revoked_at = $4 from person a
		where a.id = q.person_id and (a.id = $2 or $2 = 0 and a.host = $3) and q.revoked_at is null
		and $1 = case q.subject_kind when 1 then (select author_id from post where id = q.subject_id) else (select author_id from comment where id = q.subject_id) end
		returning q.id)
		select `+grantNamed+` where g.id in (select id from e)`, author, by.ID, by.Host, at)
}

// WroteIt implements forum.QuoteTx.
func (t *Tx) WroteIt(ctx context.Context, person, object string) (wrote bool, err error) {
	err = t.tx.QueryRow(ctx, `select exists (select 1 from (select author_id from post where uri = $2 union all select author_id from comment where uri = $2) w
		join person a on a.id = w.author_id where a.uri = $1)`, person, object).Scan(&wrote)
	if err != nil {
		return false, fmt.Errorf("storage.WroteIt: %w", err)
	}
	return wrote, nil
}

// AnsweredBy finds the comment of somebody here that has an id, was brought by the Create
// with that, or has what was given out for it at that; empty when there is none.
func (t *Tx) AnsweredBy(ctx context.Context, id string) (uri string, err error) {
	err = t.tx.QueryRow(ctx, `select coalesce(min(uri), '') from (select uri from comment where local and uri = $1
		union all select uri from comment where local and create_id = $1 and create_id <> ''
		union all select uri from comment where tags->>'l' = $1) c`, id).Scan(&uri)
	if err != nil {
		return "", fmt.Errorf("storage.AnsweredBy: %w", err)
	}
	return uri, nil
}

func (t *Tx) ended(ctx context.Context, sql string, args ...any) ([]forum.Grant, error) {
	var out []forum.Grant
	var g forum.Grant
	err := each(ctx, t.tx, "storage: quotes", grantFields(&g), func() {
		g.ID = t.base + g.ID
		out = append(out, g)
	}, sql, args...)
	return out, err
}

// idsBy runs a query for ids.
func (t *Tx) idsBy(ctx context.Context, sql string, args ...any) (ids []int64, err error) {
	var id int64
	err = each(ctx, t.tx, "storage: what goes along", []any{&id}, func() { ids = append(ids, id) }, sql, args...)
	return ids, err
}

// hide removes comments that are live or deleted, whose rows are locked.
func (t *Tx) hide(ctx context.Context, ids []int64, reason string, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	live, err := t.idsBy(ctx, `update comment m set state = 2, reason = $2, state_at = $3 from (select id, state from comment where id = any($1)) o
		where m.id = o.id and m.id = any($1) returning case o.state when 0 then o.id else 0 end`, ids, reason, at)
	if err != nil {
		return err
	}
	if live = slices.DeleteFunc(live, func(id int64) bool { return id == 0 }); len(live) == 0 {
		return nil
	}
	return t.recountComments(ctx, live, -1, 4, reason)
}

// recountComments keeps lists and counters in line with comments that left Live (by -1)
// or came back (by 1), and tells their authors of this node.
func (t *Tx) recountComments(ctx context.Context, ids []int64, by int, notice int, reason string) error {
	batch, pulse := &pgx.Batch{}, pulses{}
	pulse.gather(batch, `update post p set comments = p.comments + n.by from (
			select post_id id, count(*) * $2::int by from comment where id = any($1) group by 1) n where p.id = n.id
		returning p.id, p.comments, p.last_comment_at, p.submitted_at`, ids, by)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: counting comments: %w", err)
	}
	batch = &pgx.Batch{}
	pulse.queue(batch)
	batch.Queue(`select 1 from person where id in (select author_id from comment where id = any($1)) order by id for no key update`, ids)
	batch.Queue(`update person a set comments = a.comments + n.by from (
		select author_id id, count(*) * $2::int by from comment where id = any($1) group by 1) n where a.id = n.id`, ids, by)
	batch.Queue(`select 1 from community where id in (select p.community_id from comment m join post p on p.id = m.post_id where m.id = any($1))
		order by id for no key update`, ids)
	batch.Queue(`update community c set comments = c.comments + n.by from (
		select p.community_id id, count(*) * $2::int by from comment m join post p on p.id = m.post_id where m.id = any($1) group by 1) n where c.id = n.id`, ids, by)
	batch.Queue(`delete from notice n using comment m where m.id = any($1) and n.person_id = m.author_id and n.comment_id = m.id and n.kind = $2 and not n.seen`, ids, notice)
	batch.Queue(`insert into notice (person_id, kind, post_id, comment_id, reason)
		select u.person_id, $2, m.post_id, m.id, $3 from comment m join account u on u.person_id = m.author_id where m.id = any($1) order by m.id`, ids, notice, reason)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: counting comments: %w", err)
	}
	return nil
}

// below lists the comments below a post or comment, in ascending order, and locks them.
func (t *Tx) below(ctx context.Context, s forum.Subject) (ids []int64, err error) {
	sql := `select id from comment where post_id = $1 order by id for no key update`
	if s.Kind == forum.OnComment {
		sql = `with recursive b as (select id from comment where parent_id = $1 union all select m.id from comment m join b on m.parent_id = b.id)
			select id from comment where id in (select id from b) order by id for no key update`
	}
	var id int64
	err = each(ctx, t.tx, "storage: comments below", []any{&id}, func() { ids = append(ids, id) }, sql, s.ID)
	return ids, err
}

// belowAgain has comments that are live or deleted go with what is above them, where that went with all
// below it later than a moment, and later than they were written; unless something nearer
// was given back with all below it since.
func (t *Tx) belowAgain(ctx context.Context, comments []int64, after time.Time) error {
	if len(comments) == 0 {
		return nil
	}
	again, err := t.idsBy(ctx, `with recursive up (id, parent_id, over, post_id, depth, written, since) as (
			select m.id, m.parent_id, m.id, m.post_id, m.depth, least(m.published_at, m.received_at), greatest($2::timestamptz, (select max(o.at) from moderation o
				where o.post_id = m.post_id and coalesce(o.comment_id, 0) = m.id and o.verb = 'restore'))
			from comment m where m.id = any($1) and m.state in (0, 1)
				and exists (select 1 from moderation o where o.post_id = m.post_id and o.verb = 'remove' and o.along) -- few threads have that
			union all select u.id, m.parent_id, m.id, m.post_id, m.depth, u.written, u.since from up u join comment m on m.id = u.parent_id
		), acts as (
			select u.id, u.written, u.since, x.kind, x.over, x.depth, n.verb, n.at from up u
				cross join lateral (select 2 kind, u.over, u.depth where u.over <> u.id union all select 1, u.post_id, -1 where u.parent_id is null) x
				cross join lateral (select o.verb, o.at from moderation o where o.post_id = u.post_id and coalesce(o.comment_id, 0) = case x.kind when 2 then x.over else 0 end
					and o.along and o.verb in ('remove', 'restore') order by o.at desc, o.verb desc limit 1) n
		), kept as (
			insert into swept (kind, subject_id, by_kind, by_id, at)
			select distinct on (a.id) 2, a.id, a.kind, a.over, a.at from acts a where a.verb = 'remove' and a.at >= a.written and a.at > a.since
				and not exists (select 1 from acts n where n.id = a.id and n.depth > a.depth and n.verb = 'restore' and n.at >= a.at)
			order by a.id, a.depth desc
			on conflict (kind, subject_id) do update set by_kind = excluded.by_kind, by_id = excluded.by_id, person_id = 0, host = '', at = excluded.at returning subject_id
		) select subject_id from kept order by 1`, comments, orLongAgo(after))
	if err != nil {
		return err
	}
	return t.hide(ctx, again, "", time.Now())
}
