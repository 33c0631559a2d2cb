package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// FindSubject implements forum.ModerationTx.
func (t *Tx) FindSubject(ctx context.Context, uri string) (*forum.Post, *forum.Comment, error) {
	uri = strings.TrimSuffix(uri, "/")
	var p forum.Post
	err := t.tx.QueryRow(ctx, `select `+postRowColumns+postFrom+`where p.uri = $1 or p.id = $2 for no key update of p`,
		uri, t.pageID(uri, "/post/")).Scan(postRow(&p)...)
	if err == nil {
		return &p, nil, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, fmt.Errorf("storage.FindSubject(%q): %w", uri, err)
	}
	var m forum.Comment
	err = t.tx.QueryRow(ctx, `select `+commentRowColumns+commentFrom+`where m.uri = $1 or m.id = $2 for no key update of m`,
		uri, t.pageID(uri, "/comment/")).Scan(commentRow(&m)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, nil
	}
	if err == nil {
		err = t.tx.QueryRow(ctx, `select `+postRowColumns+postFrom+`where p.id = $1`, m.PostID).Scan(postRow(&p)...)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("storage.FindSubject(%q): %w", uri, err)
	}
	return &p, &m, nil
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
		blank = `, source = '', html = '', warning = '', page_url = ''`
		if table == "post" {
			blank += `, title = '', link = ''`
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
	by := 0
	switch {
	case was == forum.Live && state != forum.Live:
		by = -1
	case was != forum.Live && state == forum.Live:
		by = 1
	default:
		return nil
	}
	return t.recount(ctx, s, author, by)
}

// recount keeps lists and counters in line with a post or comment that left Live
// (by -1) or came back (by 1).
func (t *Tx) recount(ctx context.Context, s forum.Subject, author int64, by int) error {
	batch := &pgx.Batch{}
	if s.Kind == forum.OnComment {
		batch.Queue(`update post p set comments = p.comments + $2 from comment m where m.id = $1 and p.id = m.post_id`, s.ID, by)
		batch.Queue(`update person set comments = comments + $2 where id = $1`, author, by)
		batch.Queue(`update community c set comments = c.comments + $2 from comment m join post p on p.id = m.post_id
			where m.id = $1 and c.id = p.community_id`, s.ID, by)
		return t.tx.SendBatch(ctx, batch).Close()
	}
	if by < 0 {
		batch.Queue(`delete from post_rank where post_id = $1`, s.ID)
	} else {
		batch.Queue(`insert into post_rank (post_id, community_id, home, submitted_at, hot, score)
			select p.id, l.community_id, l.home, p.submitted_at, 0, p.up - p.down
			from post p join placement l on l.post_id = p.id where p.id = $1 on conflict do nothing`, s.ID)
	}
	batch.Queue(`update person set posts = posts + $2 where id = $1`, author, by)
	batch.Queue(`update community c set posts = c.posts + $2 from placement l where l.post_id = $1 and c.id = l.community_id`, s.ID, by)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: recount: %w", err)
	}
	if s.Kind == forum.OnPost && by > 0 {
		return t.rerank(ctx, s.ID)
	}
	return nil
}

// rerank gives a post that came back the rank its score deserves.
func (t *Tx) rerank(ctx context.Context, postID int64) error {
	var up, down int
	var submitted time.Time
	err := t.tx.QueryRow(ctx, `select up, down, submitted_at from post where id = $1`, postID).Scan(&up, &down, &submitted)
	if err != nil {
		return fmt.Errorf("storage: rerank: %w", err)
	}
	_, err = t.tx.Exec(ctx, `update post_rank set hot = $2 where post_id = $1`, postID, forum.Hot(up-down, submitted))
	return err
}

// BlankDocuments implements forum.ModerationTx.
func (t *Tx) BlankDocuments(ctx context.Context, uri string) error {
	batch := &pgx.Batch{}
	batch.Queue(`update log set forum_doc = null, micro_doc = null, direct_doc = null where subject = $1 and verb in ('submit', 'reply')`, uri)
	// The raw bytes hold the id as JSON may write it: with or without escaped slashes.
	batch.Queue(`update received set body = '', reason = 'purged' where family = 2 and (position(convert_to($1, 'UTF8') in body) > 0
		or position(convert_to(replace($1, '/', '\/'), 'UTF8') in body) > 0)`, uri)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.BlankDocuments: %w", err)
	}
	return nil
}

// Bury implements forum.ModerationTx.
func (t *Tx) Bury(ctx context.Context, uri string, at time.Time) error {
	_, err := t.tx.Exec(ctx, `insert into tombstone (uri, at) values ($1, $2) on conflict do nothing`, uri, at)
	return err
}

// PersonByURI implements forum.ModerationTx. It also knows the address a person's
// page has here.
func (t *Tx) PersonByURI(ctx context.Context, uri string) (forum.Person, bool, error) {
	var a forum.Person
	name, host, _ := strings.Cut(strings.TrimPrefix(uri, t.base+"/u/"), "@")
	err := t.tx.QueryRow(ctx, `select `+personColumns+` from person a where a.uri = $1 or lower(a.name) = lower($2) and a.host = $3 limit 1`,
		uri, name, host).Scan(personFields(&a)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, false, nil
	}
	return a, err == nil, err
}

// PurgePerson implements forum.ModerationTx.
func (t *Tx) PurgePerson(ctx context.Context, id int64, _ time.Time) (posts, comments []string, err error) {
	_, err = t.tx.Exec(ctx, `update person set gone = true, title = '', bio_source = '', bio_html = '', avatar_url = '' where id = $1`, id)
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
	rows, err = t.tx.Query(ctx, `select uri from comment where author_id = $1 order by id`, id)
	if err != nil {
		return nil, nil, fmt.Errorf("storage.PurgePerson: %w", err)
	}
	comments, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return posts, comments, err
}

// CommunityByURI implements forum.ModerationTx.
func (t *Tx) CommunityByURI(ctx context.Context, uri string) (forum.Community, bool, error) {
	var c forum.Community
	err := t.tx.QueryRow(ctx, `select `+communityColumns+` from community c where c.uri = $1`, uri).Scan(communityFields(&c)...)
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

// BlockHost implements forum.ModerationTx.
func (t *Tx) BlockHost(ctx context.Context, host, reason string, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `insert into domain_block (host, reason, blocked_at) values (lower($1), $2, $3) on conflict do nothing`, host, reason, at)
	return err == nil && tag.RowsAffected() == 1, err
}

// UnblockHost implements forum.ModerationTx.
func (t *Tx) UnblockHost(ctx context.Context, host string) (bool, error) {
	tag, err := t.tx.Exec(ctx, `delete from domain_block where host = lower($1)`, host)
	return err == nil && tag.RowsAffected() == 1, err
}

// RecordAction implements forum.ModerationTx.
func (t *Tx) RecordAction(ctx context.Context, a forum.Action) error {
	_, err := t.tx.Exec(ctx, `insert into moderation (at, verb, target, reason) values ($1, $2, $3, $4)`, a.At, a.Verb, a.Target, a.Reason)
	return err
}

// Blocked says whether a host or a domain above it is blocked.
func (db *DB) Blocked(ctx context.Context, host string) (bool, error) {
	blocked, err := blockedAmong(ctx, db.pool, []string{strings.ToLower(host)})
	return blocked[strings.ToLower(host)], err
}
