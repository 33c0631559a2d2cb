package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// places lists the communities of ours, other than the home, that list each post.
func (t *Tx) places(ctx context.Context, postIDs []int64) (map[int64][]forum.Community, error) {
	out := map[int64][]forum.Community{}
	var id int64
	var c forum.Community
	err := each(ctx, t.tx, "storage: places", append([]any{&id}, communityFields(&c)...), func() {
		out[id] = append(out[id], c)
	}, `select l.post_id, `+communityColumns+` from placement l join community c on c.id = l.community_id
		where l.post_id = any($1) and not l.home and c.local and not c.removed order by l.post_id, c.id`, postIDs)
	return out, err
}

// lockPosts finds posts by database id and locks them in ascending order.
func (t *Tx) lockPosts(ctx context.Context, ids []int64) (map[int64]forum.Post, error) {
	out := map[int64]forum.Post{}
	var p forum.Post
	err := each(ctx, t.tx, "storage: lock posts", postRow(&p), func() { out[p.ID] = p },
		`select `+postRowColumns+postFrom+`where p.id = any($1) order by p.id for no key update of p`, ids)
	return out, err
}

// parent is what a comment answers: a post (comment 0) or a comment.
type parent struct {
	post, comment, grandparent int64
	depth                      int
	state                      forum.State
	author                     forum.Person
}

func (t *Tx) parents(ctx context.Context, uris []string) (map[string]parent, error) {
	rows, err := t.tx.Query(ctx, `
		select p.uri, p.id, 0::int, 0::int, 0::smallint, p.state, `+personColumns+` from post p join person a on a.id = p.author_id where p.uri = any($1)
		union all
		select m.uri, m.post_id, m.id, coalesce(m.parent_id, 0), m.depth, m.state, `+personColumns+` from comment m join person a on a.id = m.author_id where m.uri = any($1)`,
		uris)
	if err != nil {
		return nil, fmt.Errorf("storage: parents: %w", err)
	}
	out := map[string]parent{}
	var uri string
	var p parent
	_, err = pgx.ForEachRow(rows, append([]any{&uri, &p.post, &p.comment, &p.grandparent, &p.depth, &p.state}, personFields(&p.author)...),
		func() error { out[uri] = p; return nil })
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
	parents, err := t.parents(ctx, parentURIs)
	if err != nil {
		return nil, err
	}
	var postIDs []int64
	for _, p := range parents {
		postIDs = append(postIDs, p.post)
	}
	posts, err := t.lockPosts(ctx, postIDs)
	if err != nil {
		return nil, err
	}
	places, err := t.places(ctx, postIDs)
	if err != nil {
		return nil, err
	}
	w, err := t.wordFacts(ctx, uris, authors, people, hosts, `select uri, id from comment where uri = any($1)`)
	if err != nil {
		return nil, fmt.Errorf("storage.ReplyFacts: %w", err)
	}
	facts := make([]forum.ReplyFacts, len(acts))
	for i := range acts {
		c := &acts[i].Comment
		f := &facts[i]
		f.Existing, f.Tombstone, f.Early = w.existing[c.URI], w.buried[c.URI], w.early[c.URI]
		f.AuthorGone, f.Blocked = w.gone[c.Author.ID], w.blocked[c.Author.Host]
		if p, ok := parents[c.InReplyTo]; ok {
			f.Post, f.Places = posts[p.post], places[p.post]
			f.ParentID, f.ParentDepth, f.Grandparent = p.comment, p.depth, p.grandparent
			f.ParentAuthor, f.ParentState = p.author, p.state
		}
	}
	return facts, nil
}

// NewCommentIDs implements forum.CommentTx.
func (t *Tx) NewCommentIDs(ctx context.Context, n int) ([]int64, error) {
	return t.newIDs(ctx, `comment_id_seq`, n)
}

// InsertComments implements forum.CommentTx.
func (t *Tx) InsertComments(ctx context.Context, comments []forum.NewComment) ([]int, error) {
	batch := &pgx.Batch{}
	for i := range comments {
		c := &comments[i].Comment
		var parentID any
		if c.ParentID != 0 {
			parentID = c.ParentID
		}
		batch.Queue(`insert into comment (id, uri, local, post_id, parent_id, depth, author_id, in_reply_to, source, format, html,
				render_version, language, sensitive, warning, page_url, published_at, published_text, updated_at, updated_text, create_id, received_at, up)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1)
			on conflict (uri) do nothing`,
			c.ID, c.URI, c.Local, c.PostID, parentID, c.Depth, c.Author.ID, c.InReplyTo, c.Text.Source, c.Text.Format, c.Text.HTML,
			c.Text.RenderVersion, c.Language, c.Sensitive, c.Warning, c.URL, c.Published.Time, c.Published.Text,
			orNull(c.Updated.Time), c.Updated.Text, c.Create, comments[i].Received)
	}
	inserted, err := t.insertedOf(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("storage.InsertComments: %w", err)
	}
	if len(inserted) == 0 {
		return nil, nil
	}
	var ids, authors, posts []int64
	var at []time.Time
	for _, i := range inserted {
		c := &comments[i].Comment
		ids, authors, posts = append(ids, c.ID), append(authors, c.Author.ID), append(posts, c.PostID)
		at = append(at, comments[i].Submitted)
	}
	sides := &pgx.Batch{}
	sides.Queue(`insert into vote (subject_kind, subject_id, person_id, dir, at)
		select 2, m, a, 1, v from unnest($1::int[], $2::int[], $3::timestamptz[]) x(m, a, v) on conflict do nothing`, ids, authors, at)
	sides.Queue(`update post p set comments = p.comments + n.by, last_comment_at = greatest(p.last_comment_at, n.last)
		from (select id, count(*) by, max(v) last from unnest($1::int[], $2::timestamptz[]) x(id, v) group by id) n where p.id = n.id`,
		posts, at)
	sides.Queue(lockPeople, authors)
	sides.Queue(`update person a set comments = a.comments + n.by from (select id, count(*) by from unnest($1::int[]) id group by id) n
		where a.id = n.id`, authors)
	sides.Queue(`select 1 from community where id in (select community_id from post where id = any($1)) order by id for no key update`, posts)
	sides.Queue(`update community c set comments = c.comments + n.by from (select p.community_id id, count(*) by
		from unnest($1::int[]) x(id) join post p on p.id = x.id group by 1) n where c.id = n.id`, posts)
	if err := t.tx.SendBatch(ctx, sides).Close(); err != nil {
		return nil, fmt.Errorf("storage.InsertComments: %w", err)
	}
	return inserted, nil
}
