package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// SetCommunity implements forum.ProfileTx.
func (t *Tx) SetCommunity(ctx context.Context, c forum.Community) error {
	_, err := t.tx.Exec(ctx, `update community set title = $2, summary_source = $3, summary_html = $4, updated_at = $5 where id = $1 and local`,
		c.ID, c.Title, c.SummarySource, c.SummaryHTML, c.Updated)
	if err != nil {
		return fmt.Errorf("storage.SetCommunity: %w", err)
	}
	return nil
}

// SetProfile implements forum.ProfileTx.
func (t *Tx) SetProfile(ctx context.Context, p forum.Person) error {
	_, err := t.tx.Exec(ctx, `update person set title = $2, bio_source = $3, bio_html = $4, updated_at = $5 where id = $1 and local`,
		p.ID, p.Title, p.BioSource, p.BioHTML, p.Updated)
	if err != nil {
		return fmt.Errorf("storage.SetProfile: %w", err)
	}
	return nil
}

// Acquainted implements forum.ProfileTx.
func (t *Tx) Acquainted(ctx context.Context, personID int64) ([]string, error) {
	rows, err := t.tx.Query(ctx, `select min(i.url) from audience u join server_inbox i on i.id = u.inbox_id
		where u.until_xid is null and ($1 = 0 or u.community_id in (
			select community_id from post where author_id = $1
			union select p.community_id from comment m join post p on p.id = m.post_id where m.author_id = $1))
		group by u.server_id order by 1`, personID)
	if err != nil {
		return nil, fmt.Errorf("storage.Acquainted: %w", err)
	}
	urls, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("storage.Acquainted: %w", err)
	}
	return urls, nil
}

// NodeSays implements forum.ProfileTx.
func (t *Tx) NodeSays(ctx context.Context, said string) (bool, error) {
	var due bool
	err := t.tx.QueryRow(ctx, `with was as (select said, alive_at from node for update)
		update node n set said = $1, alive_at = now() from was
		returning was.said <> $1 or was.alive_at < now() - interval '1 day'`, said).Scan(&due)
	if err != nil {
		return false, fmt.Errorf("storage.NodeSays: %w", err)
	}
	return due, nil
}

// SetGone implements forum.ProfileTx.
func (t *Tx) SetGone(ctx context.Context, p forum.Person, at time.Time) (bool, error) {
	tag, err := t.tx.Exec(ctx, `update person set gone = true, gone_at = $2, emptied = false, title = '', bio_source = '', bio_html = '', avatar_url = ''
		where id = $1 and not local and gone_at is null`, p.ID, at)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	type followed struct {
		held      forum.HeldFollow
		community forum.Community
	}
	var all []followed
	var f followed
	err = each(ctx, t.tx, "storage.SetGone", append([]any{&f.held.Activity}, communityFields(&f.community)...), func() { all = append(all, f) },
		`select f.activity, `+communityColumns+` from follow f join community c on c.id = f.community_id
			where f.person_id = $1 and f.state > 0 order by c.id for no key update of f`, p.ID)
	if err != nil {
		return false, err
	}
	for _, f := range all {
		f.held = forum.HeldFollow{PersonID: p.ID, CommunityID: f.community.ID, At: at, Activity: f.held.Activity, Undone: f.held.Activity}
		if err := t.SaveFollow(ctx, f.held, p, f.community); err != nil {
			return false, err
		}
	}
	return true, nil
}
