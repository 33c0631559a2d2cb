package storage

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// namesHere finds who of this node a text names: what mentions them links to their
// page.
func (t *Tx) namesHere(html string) []string {
	begin := `href="` + t.base + `/u/`
	var out []string
	for rest := html; len(out) < maxNamed; {
		_, after, ok := strings.Cut(rest, begin)
		if !ok {
			break
		}
		name := localName.FindString(after)
		if name != "" && strings.HasPrefix(after[len(name):], `"`) {
			out = append(out, name)
		}
		rest = after
	}
	return out
}

var localName = regexp.MustCompile(`^[a-z0-9_]{2,20}`)

// maxNamed is how many people one text tells that it names them.
const maxNamed = 20

// tellOfComments tells people of this node who were answered or named, and those who
// watch the thread. What is fetched from years ago is no news.
func (t *Tx) tellOfComments(batch *pgx.Batch, comments []forum.NewComment, inserted []int) {
	var ids, in []int64
	var names []string
	for _, i := range inserted {
		c := &comments[i].Comment
		ids = append(ids, c.ID)
		for _, name := range t.namesHere(c.Text.HTML) {
			in, names = append(in, c.ID), append(names, name)
		}
	}
	batch.Queue(`insert into notice (person_id, kind, actor_id, post_id, comment_id)
		select distinct on (t.who, m.id) t.who, t.kind, m.author_id, m.post_id, m.id from (
			select coalesce(q.author_id, p.author_id) who, 1 kind, m.id
				from comment m join post p on p.id = m.post_id left join comment q on q.id = m.parent_id where m.id = any($1)
			union all
			select a.id, 2, x.m from unnest($2::int[], $3::text[]) x(m, name) join person a on a.local and a.name = x.name
			union all
			select k.person_id, 6, m.id from comment m join mark k on k.kind = 1 and k.subject_id = m.post_id and k.watched_at is not null where m.id = any($1)
		) t join account u on u.person_id = t.who join comment m on m.id = t.id join person a on a.id = m.author_id
		where t.who <> m.author_id and m.state = 0 and m.published_at > now() - interval '7 days'
			and not exists (select 1 from mark k where k.person_id = t.who and k.kind = 1 and k.subject_id = m.post_id and k.muted_at is not null)
			and not exists (select 1 from shun s where s.person_id = t.who and (s.kind = 1 and s.target = m.author_id or s.kind = 3 and s.host = a.host))
		order by t.who, m.id, t.kind
		on conflict do nothing`, ids, in, names)
}

// tellOfPosts tells people of this node whom posts name.
func (t *Tx) tellOfPosts(ctx context.Context, posts []forum.NewPost, inserted []int) error {
	var in []int64
	var names []string
	for _, i := range inserted {
		p := &posts[i].Post
		for _, name := range t.namesHere(p.Text.HTML) {
			in, names = append(in, p.ID), append(names, name)
		}
	}
	if len(in) == 0 {
		return nil
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, actor_id, post_id)
		select distinct a.id, 2, p.author_id, p.id from unnest($1::int[], $2::text[]) x(p, name) join person a on a.local and a.name = x.name
		join account u on u.person_id = a.id join post p on p.id = x.p join person w on w.id = p.author_id
		where a.id <> p.author_id and p.state = 0 and p.published_at > now() - interval '7 days'
			and not exists (select 1 from shun s where s.person_id = a.id and (s.kind = 1 and s.target = p.author_id or s.kind = 3 and s.host = w.host))`, in, names)
	if err != nil {
		return fmt.Errorf("storage: telling of posts: %w", err)
	}
	return nil
}

// tellOfFollow tells a follower of this node that a community elsewhere let them in.
func (t *Tx) tellOfFollow(ctx context.Context, follower, community int64) error {
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, community_id) select u.person_id, 3, $2 from account u
		where u.person_id = $1 and not exists (select 1 from notice n where n.person_id = $1 and n.kind = 3 and n.community_id = $2)`, follower, community)
	if err != nil {
		return fmt.Errorf("storage: telling of a follow: %w", err)
	}
	return nil
}

// tellOfState tells an author of this node that something of theirs was removed, or is
// back.
func (t *Tx) tellOfState(ctx context.Context, s forum.Subject, author int64, was, state forum.State, reason string) error {
	var kind int
	switch {
	case was == forum.Live && state == forum.Removed:
		kind = 4
	case was == forum.Removed && state == forum.Live:
		kind = 5
	default:
		return nil
	}
	post, comment := &s.ID, (*int64)(nil)
	if s.Kind == forum.OnComment {
		post, comment = nil, &s.ID
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, post_id, comment_id, reason)
		select u.person_id, $2, coalesce($3, (select m.post_id from comment m where m.id = $4)), $4, $5 from account u where u.person_id = $1`, author, kind, post, comment, reason)
	if err != nil {
		return fmt.Errorf("storage: telling of a removal: %w", err)
	}
	return nil
}

// tellOfReport tells those of this node who moderate a community of what was reported.
func (t *Tx) tellOfReport(ctx context.Context, s forum.Subject, communityID int64, r forum.Report) error {
	post, comment := s.ID, int64(0)
	if s.Kind == forum.OnComment {
		post, comment = 0, s.ID
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, actor_id, community_id, post_id, comment_id, reason)
		select u.person_id, 7, $1, $2, coalesce(nullif($3, 0), (select post_id from comment where id = $4)), nullif($4, 0), $5
		from account u join person a on a.id = u.person_id
		where a.uri in (select person_uri from moderator where community_id = $2) or u.admin and (select local from community where id = $2)`,
		r.By.ID, communityID, post, comment, r.Reason)
	if err != nil {
		return fmt.Errorf("storage: telling of a report: %w", err)
	}
	return nil
}

// tellOfLock tells the author of a thread, of this node, that somebody else closed it, or
// opened it again.
func (t *Tx) tellOfLock(ctx context.Context, post int64, locked bool, by int64, reason string, at time.Time) error {
	kind := 12
	if locked {
		kind = 11
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, post_id, reason)
		select u.person_id, $2, p.id, $4 from post p join account u on u.person_id = p.author_id
		where p.id = $1 and p.author_id <> $3 and $5::timestamptz > now() - interval '7 days'`, post, kind, by, reason, at)
	if err != nil {
		return fmt.Errorf("storage: telling of a closed thread: %w", err)
	}
	return nil
}

// tellOfBan tells somebody of this node that they may not take part in a community, or
// may again.
func (t *Tx) tellOfBan(ctx context.Context, community int64, b forum.Ban, banned bool) error {
	kind := 10
	if banned {
		kind = 9
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, community_id, reason)
		select u.person_id, $2, $3, $4 from account u where u.person_id = $1 and $5::timestamptz > now() - interval '7 days'`, b.Person.ID, kind, community, b.Reason, b.At)
	if err != nil {
		return fmt.Errorf("storage: telling of a ban: %w", err)
	}
	return nil
}
