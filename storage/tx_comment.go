package storage

import (
	"context"
	"fmt"
	"slices"
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
	author                     forum.Person
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
	ask(batch, append([]any{&uri, &p.post, &p.comment, &p.grandparent, &p.depth, &p.state}, personFields(&p.author)...),
		func() { found.parents[uri] = p }, `
		select p.uri, p.id, 0::int, 0::int, 0::smallint, p.state, `+personColumns+` from post p join person a on a.id = p.author_id where p.uri = any($1)
		union all
		select m.uri, m.post_id, m.id, coalesce(m.parent_id, 0), m.depth, m.state, `+personColumns+` from comment m join person a on a.id = m.author_id where m.uri = any($1)`,
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
			f.Banned = w.banned[[2]int64{c.Author.ID, f.Post.Community.ID}]
			f.ParentID, f.ParentDepth, f.Grandparent = p.comment, p.depth, p.grandparent
			f.ParentAuthor, f.ParentState = p.author, p.state
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
	local, sensitive, distinguished                    []bool
	uris, answers, sources, htmls, languages, warnings []string
	pages, publishedTexts, updatedTexts, creates       []string
	published, received                                []time.Time
	updated                                            []*time.Time
	attachments                                        []*string
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
			attachments, distinguished, up)
		select id, uri, local, post, parent, depth, author, answers, source, format, html,
			version, language, sensitive, warning, page, published, published_text, updated, updated_text, created, received,
			attachments::jsonb, distinguished, 1
		from unnest($1::int[], $2::text[], $3::boolean[], $4::int[], $5::int[], $6::smallint[], $7::int[], $8::text[], $9::text[], $10::smallint[],
			$11::text[], $12::smallint[], $13::text[], $14::boolean[], $15::text[], $16::text[], $17::timestamptz[], $18::text[],
			$19::timestamptz[], $20::text[], $21::text[], $22::timestamptz[], $23::text[], $24::boolean[]) x(id, uri, local, post, parent, depth, author, answers, source, format,
			html, version, language, sensitive, warning, page, published, published_text, updated, updated_text, created, received,
			attachments, distinguished)
		order by uri on conflict (uri) do nothing returning id`,
		k.ids, k.uris, k.local, k.posts, k.parents, k.depths, k.authors, k.answers, k.sources, k.formats,
		k.htmls, k.versions, k.languages, k.sensitive, k.warnings, k.pages, k.published, k.publishedTexts,
		k.updated, k.updatedTexts, k.creates, k.received, k.attachments, k.distinguished)
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
