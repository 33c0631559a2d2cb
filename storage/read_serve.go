package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// This file holds what is read to be served to other servers at its id.

// AnnouncedPost is a post with the place under whose ids it was announced.
type AnnouncedPost struct {
	Post      forum.Post
	Placement forum.Placement // without its Community
}

// Announced lists the newest live posts of a community of ours that were
// announced, at most n, and only as many as have maxBytes of text together. A
// post with more than half of that is left out, so that it does not hide all others.
func (r *Reader) Announced(ctx context.Context, communityID int64, n, maxBytes int) ([]AnnouncedPost, error) {
	rows, err := r.db.pool.Query(ctx, `select l.home, l.announce_id, l.boost_id, l.placed_at, `+postRowColumns+` from (
			select post_id, submitted_at, sum(weight) over (order by submitted_at desc, post_id desc) as weight from (
				select n.post_id, n.submitted_at, octet_length(o.html) + octet_length(o.source) as weight from (
					select post_id, submitted_at from post_pulse where community_id = $1 order by submitted_at desc, post_id desc limit $2
				) n join post o on o.id = n.post_id
			) w where weight <= $3 / 2
		) r
		join placement l on l.post_id = r.post_id and l.community_id = $1 and l.announce_id <> ''
		join post p on p.id = r.post_id join community c on c.id = p.community_id join person a on a.id = p.author_id
		where r.weight <= $3 and p.state = 0 order by r.submitted_at desc, r.post_id desc`, communityID, n, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.Announced: %w", err)
	}
	var out []AnnouncedPost
	var x AnnouncedPost
	l := &x.Placement
	_, err = pgx.ForEachRow(rows, append([]any{&l.Home, &l.Announce, &l.Boost, orZero{&l.At}}, postRow(&x.Post)...), func() error {
		out = append(out, x)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.Announced: %w", err)
	}
	return out, nil
}

// Moderators lists the ids of those who moderate a community, who came first first.
func (r *Reader) Moderators(ctx context.Context, communityID int64) ([]string, error) {
	var uris []string
	var uri string
	err := each(ctx, r.db.pool, "storage.Reader.Moderators", []any{&uri}, func() { uris = append(uris, uri) },
		`select person_uri from moderator where community_id = $1 order by since, person_uri`, communityID)
	return uris, err
}

// CreatesBy lists the ids of the Creates of somebody's live posts and comments,
// newest first.
func (r *Reader) CreatesBy(ctx context.Context, personID int64, n int) ([]string, error) {
	rows, err := r.db.pool.Query(ctx, `select id from (
			(select p.create_id id, p.submitted_at at from post p join community c on c.id = p.community_id
				where p.author_id = $1 and p.state = 0 and not c.removed and p.create_id <> '' order by p.submitted_at desc, p.id desc limit $2)
			union all
			(select m.create_id, m.published_at from comment m join post p on p.id = m.post_id join community c on c.id = p.community_id
				where m.author_id = $1 and m.state = 0 and not c.removed and m.create_id <> '' order by m.published_at desc, m.id desc limit $2)
		) x order by at desc, id desc limit $2`, personID, n)
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.CreatesBy: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.CreatesBy: %w", err)
	}
	return ids, nil
}

// Following counts the communities that somebody follows.
func (r *Reader) Following(ctx context.Context, personID int64) (int, error) {
	var n int
	err := r.one(ctx, "Following", `select count(*) from follow where person_id = $1 and state = 2`, []any{&n}, personID)
	return n, err
}

// CommentIn finds a comment in whatever state it is, with the home of its thread.
func (r *Reader) CommentIn(ctx context.Context, id int64) (forum.Comment, forum.Community, error) {
	return r.commentIn(ctx, "CommentIn", `m.id = $1`, id)
}

func (r *Reader) commentIn(ctx context.Context, what, where string, arg any) (m forum.Comment, c forum.Community, err error) {
	err = r.one(ctx, what, `select `+communityColumns+`, `+commentRowColumns+commentFrom+`where `+where,
		append(communityFields(&c), commentRow(&m)...), arg)
	return m, c, err
}

// Answer is a comment by its ids alone.
type Answer struct {
	ID  int64
	URI string
}

// direct is the condition for the live answers to a post or to a comment.
func direct(to forum.Subject) string {
	if to.Kind == forum.OnPost {
		return `m.post_id = $1 and m.parent_id is null and m.state = 0`
	}
	return `m.parent_id = $1 and m.state = 0`
}

// Answers lists the live direct answers to a post or comment in the order in
// which they came, from the one after that id.
func (r *Reader) Answers(ctx context.Context, to forum.Subject, after int64, n int) ([]Answer, error) {
	return r.answers(ctx, "Answers", direct(to), to.ID, after, n)
}

// CountAnswers counts the live direct answers to a post or comment.
func (r *Reader) CountAnswers(ctx context.Context, to forum.Subject) (int, error) {
	var n int
	err := r.one(ctx, "CountAnswers", `select count(*) from comment m where `+direct(to), []any{&n}, to.ID)
	return n, err
}

// CommentIDs lists the live comments of a post in the order in which they came,
// from the one after that id.
func (r *Reader) CommentIDs(ctx context.Context, postID, after int64, n int) ([]Answer, error) {
	return r.answers(ctx, "CommentIDs", `m.post_id = $1 and m.state = 0`, postID, after, n)
}

// CountComments counts the live comments of a post.
func (r *Reader) CountComments(ctx context.Context, postID int64) (int, error) {
	var n int
	err := r.one(ctx, "CountComments", `select count(*) from comment m where m.post_id = $1 and m.state = 0`, []any{&n}, postID)
	return n, err
}

func (r *Reader) answers(ctx context.Context, what, where string, of, after int64, n int) ([]Answer, error) {
	rows, err := r.db.pool.Query(ctx, `select m.id, m.uri from comment m where `+where+` and m.id > $2 order by m.id limit $3`, of, after, n)
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.%s: %w", what, err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Answer])
	if err != nil {
		return nil, fmt.Errorf("storage.Reader.%s: %w", what, err)
	}
	return out, nil
}

// Sent is a document of the log, and whether it may still be shown.
type Sent struct {
	Body   []byte
	Public bool
	Blank  bool // purged: it was here, and its content is gone
	Away   bool // the post or comment it brought, or the community that told of it, has been taken away since
}

// Sent finds a document of the log by its id; ErrNotFound when the log does not
// hold it, or no longer.
func (r *Reader) Sent(ctx context.Context, id string) (Sent, error) {
	var d Sent
	// Three indexes, one per kind of document: an OR would read the whole log.
	err := r.one(ctx, "Sent", `select coalesce(l.doc, ''), l.public, l.doc is null, l.verb in ('submit', 'reply', 'edit', 'tally') and (not coalesce(
			(select p.state = 0 and not c.removed from post p join community c on c.id = p.community_id where p.uri = l.subject),
			(select m.state = 0 and not c.removed from comment m join post p on p.id = m.post_id join community c on c.id = p.community_id
				where m.uri = l.subject), false)
			or exists (select 1 from community c where c.id = l.teller and c.removed))
		from (
			select forum_doc doc, public or community_id is not null public, verb, subject, community_id teller from log where forum_id = $1
			union all select micro_doc, public or community_id is not null, verb, subject, community_id from log where micro_id = $1
			union all select direct_doc, public, verb, subject, null from log where direct_id = $1
			limit 1
		) l`, []any{&d.Body, &d.Public, &d.Blank, &d.Away}, id)
	return d, err
}

// PostOfActivity finds the post, in whatever state, that was created or
// announced by the activity of ours with that id. The place is the one it was
// announced in; its home, when the id is that of the Create.
func (r *Reader) PostOfActivity(ctx context.Context, id string) (forum.Post, forum.Placement, error) {
	var p forum.Post
	var l forum.Placement
	var in int64
	err := r.one(ctx, "PostOfActivity", `select l.community_id, l.home, l.announce_id, l.boost_id, l.placed_at, `+postRowColumns+` from (
			select post_id, community_id from placement where announce_id = $1 and announce_id <> ''
			union all select post_id, community_id from placement where boost_id = $1 and boost_id <> ''
			union all select id, community_id from post where create_id = $1 and local
			limit 1
		) f
		join placement l on l.post_id = f.post_id and l.community_id = f.community_id
		join post p on p.id = f.post_id join community c on c.id = p.community_id join person a on a.id = p.author_id`,
		append([]any{&in, &l.Home, &l.Announce, &l.Boost, orZero{&l.At}}, postRow(&p)...), id)
	if err != nil {
		return p, l, err
	}
	if l.Community = p.Community; in != p.Community.ID {
		err = r.one(ctx, "PostOfActivity", `select `+communityColumns+` from community c where c.id = $1`, communityFields(&l.Community), in)
	}
	return p, l, err
}

// CommentOfActivity finds the comment, in whatever state, that was created or
// announced by the activity of ours with that id, and the home of its thread.
func (r *Reader) CommentOfActivity(ctx context.Context, id string) (forum.Comment, forum.Community, error) {
	return r.commentIn(ctx, "CommentOfActivity", `m.id = (
		select id from comment where announce_id = $1 and announce_id <> ''
		union all select id from comment where create_id = $1 and local
		limit 1)`, id)
}

const grantNamed = `'/quotes/' || g.id as id, g.subject_kind, g.subject_id, g.quoting, g.revoked_at is not null as ended,
	coalesce(p.uri, m.uri) as object, o.id as author, o.uri as author_uri, a.id as by, a.uri as by_uri, a.inbox, a.host
	from quote_grant g join person a on a.id = g.person_id left join post p on g.subject_kind = 1 and p.id = g.subject_id
	left join comment m on g.subject_kind = 2 and m.id = g.subject_id join person o on o.id = coalesce(p.author_id, m.author_id)`

func grantFields(g *forum.Grant) []any {
	return []any{&g.ID, &g.Subject.Kind, &g.Subject.ID, &g.Quoting, &g.Ended, &g.Object, &g.Author.ID, &g.Author.URI, &g.By.ID, &g.By.URI, &g.By.Inbox, &g.By.Host}
}

// Grant finds what allows to quote something by the last part of its address. It has
// Ended where what is quoted can be read no more, or its author has blocked who quotes.
func (r *Reader) Grant(ctx context.Context, id string) (forum.Grant, error) {
	var g forum.Grant
	var readable, shunned bool
	err := r.one(ctx, "Grant", `select (select p.state = 0 and not c.removed and coalesce(m.state, 0) = 0 from post p join community c on c.id = p.community_id
			left join comment m on x.subject_kind = 2 and m.id = x.subject_id where p.id = case x.subject_kind when 1 then x.subject_id else (select post_id from comment where id = x.subject_id) end),
			exists (select 1 from shun s where s.person_id = x.author and (s.kind = 1 and s.target = x.by or s.kind = 3 and s.host = x.host)), x.* from (
		select `+grantNamed+` where g.id = $1) x`, append([]any{&readable, &shunned}, grantFields(&g)...), id)
	g.ID = r.db.base + g.ID
	g.Ended = g.Ended || !readable || shunned
	return g, err
}

// Emoji finds a picture of this node by the word that it stands for, or last stood for.
func (r *Reader) Emoji(ctx context.Context, name string) (forum.Emoji, error) {
	var e forum.Emoji
	err := r.one(ctx, "Emoji", `select name, url, at from emoji where name = $1 order by removed, at desc limit 1`, []any{&e.Name, &e.URL, &e.Made}, name)
	return e, err
}

// OwnEmoji lists the pictures of this node that words stand for now, by name.
func (r *Reader) OwnEmoji(ctx context.Context) (all []forum.Emoji, err error) {
	var e forum.Emoji
	err = each(ctx, r.db.pool, "storage.OwnEmoji", []any{&e.Name, &e.URL, &e.Made}, func() { all = append(all, e) },
		`select name, url, at from emoji where not removed order by lower(name), name limit $1`, forum.MaxOwnEmoji)
	return all, err
}
