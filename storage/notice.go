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

// Named finds those of the people of other servers whom this node knows by their accounts,
// which are name@host, in that order.
func (t *Tx) Named(ctx context.Context, accounts []string) (named forum.Mentions, err error) {
	var names, hosts []string
	for _, account := range accounts {
		name, host, _ := strings.Cut(account, "@")
		names, hosts = append(names, name), append(hosts, host)
	}
	var one forum.Mention
	err = each(ctx, t.tx, "storage.Named", []any{&one.Inbox, &one.URI, &one.Name, &one.Host}, func() { named = named.With(one) },
		`select a.inbox, a.uri, a.name, a.host from unnest($1::text[], $2::text[]) with ordinality x(name, host, n)
		join person a on lower(a.name) = lower(x.name) and a.host = lower(x.host) where not a.local and not a.gone and a.inbox <> '' order by x.n, a.id`, names, hosts)
	return named, err
}

// Emoji finds the pictures of this node that words stand for now, in that order.
func (t *Tx) Emoji(ctx context.Context, names []string) (all forum.Emojis, err error) {
	if len(names) == 0 {
		return "", nil
	}
	var one forum.Emoji
	err = each(ctx, t.tx, "storage.Emoji", []any{&one.Name, &one.URL, &one.Made}, func() { all = all.WithOwn(one) },
		`select e.name, e.url, e.at from unnest($1::text[]) with ordinality x(name, n) join emoji e on e.name = x.name and not e.removed order by x.n`, names)
	return all, err
}

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
// back. Of what moderators of other servers do, and may do as often as they like, the last
// word alone waits to be read: here, and in what is told of locks, bans and warnings.
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
	_, err := t.tx.Exec(ctx, `with said as (delete from notice where person_id = $1 and kind = $2 and not seen and comment_id is not distinct from $4 and ($4::int is not null or post_id = $3))
		insert into notice (person_id, kind, post_id, comment_id, reason)
		select u.person_id, $2, coalesce($3, (select m.post_id from comment m where m.id = $4)), $4, $5 from account u where u.person_id = $1`, author, kind, post, comment, reason)
	if err != nil {
		return fmt.Errorf("storage: telling of a removal: %w", err)
	}
	return nil
}

// Reportable implements forum.ReportTx.
func (t *Tx) Reportable(ctx context.Context, r *forum.Report) (on forum.Reportable, err error) {
	if on.Post, on.Comment, err = t.FindSubject(ctx, r.Object); err != nil {
		return on, err
	}
	if on.Post == nil {
		if err := t.reportedActor(ctx, r.Object, &on); err != nil {
			return on, err
		}
	}
	hosts := map[string]bool{}
	for _, host := range []string{r.By.Host, r.Server} {
		if host != "" && !r.By.Local {
			hosts[host] = true
		}
	}
	blocked, err := t.blockedHosts(ctx, hosts)
	if err != nil {
		return on, err
	}
	on.Blocked = blocked[r.By.Host] || blocked[r.Server]
	err = t.tx.QueryRow(ctx, `select exists (select 1 from moderator m join person a on a.uri = m.person_uri where m.community_id = $1 and a.local),
		(select count(*) from report where domain = $2 and at > now() - interval '1 day' and ($2 <> '' or by_id = $3))`,
		reported(&on).community, Registrable(r.Server), r.By.ID).Scan(&on.Moderated, &on.Today)
	if err != nil {
		return on, fmt.Errorf("storage.Reportable: %w", err)
	}
	return on, nil
}

// reportedActor finds a person, a community or this node.
func (t *Tx) reportedActor(ctx context.Context, uri string, on *forum.Reportable) error {
	person, ok, err := t.PersonByURI(ctx, uri)
	if err != nil {
		return err
	}
	if ok {
		on.Person = &person
		return nil
	}
	community, ok, err := t.CommunityByURI(ctx, uri)
	if err != nil {
		return err
	}
	if ok {
		on.Community = &community
		return nil
	}
	on.Node = strings.TrimSuffix(uri, "/") == t.base
	return nil
}

// IsActor reports whether an id is that of a person or community that is known here, or of
// this node.
func (t *Tx) IsActor(ctx context.Context, uri string) (is bool, err error) {
	if strings.TrimSuffix(uri, "/") == t.base {
		return true, nil
	}
	err = t.tx.QueryRow(ctx, `select exists (select 1 from person where uri = $1) or exists (select 1 from community where uri = $1)`, uri).Scan(&is)
	return is, err
}

// reported are the columns that say what a report is about.
func reported(on *forum.Reportable) (ids reportedIDs) {
	switch {
	case on.Comment != nil:
		return reportedIDs{comment: on.Comment.ID, community: on.Post.Community.ID}
	case on.Post != nil:
		return reportedIDs{post: on.Post.ID, community: on.Post.Community.ID}
	case on.Person != nil:
		return reportedIDs{person: on.Person.ID}
	case on.Community != nil:
		return reportedIDs{community: on.Community.ID}
	}
	return ids
}

// reportedIDs are rows, zero where a report is not of such a thing.
type reportedIDs struct{ post, comment, person, community int64 }

// ofReport says which reports are of something, and by whom, by the parameters of reportedIDs.of.
const ofReport = `coalesce(r.comment_id, 0) = $2 and coalesce(r.post_id, 0) = $1 and coalesce(r.person_id, 0) = $3
			and ($1::int + $2::int + $3::int > 0 or coalesce(r.community_id, 0) = $4)
			and ($5 = '' or r.by_uri = $5 or r.by_id = (select id from person where uri = $5))`

func (i reportedIDs) of(reporter string) []any {
	return []any{i.post, i.comment, i.person, i.community, reporter}
}

// ReportTimes implements forum.ReportTx.
func (t *Tx) ReportTimes(ctx context.Context, on *forum.Reportable, reporter string) (said, ended time.Time, err error) {
	var s, e *time.Time
	err = t.tx.QueryRow(ctx, `select max(r.said_at) filter (where r.closed_at is null), max(r.ended_at) from report r where (r.closed_at is null or r.ended_at is not null) and `+ofReport,
		reported(on).of(reporter)...).Scan(&s, &e)
	if err != nil {
		return said, ended, fmt.Errorf("storage.ReportTimes: %w", err)
	}
	if s != nil {
		said = *s
	}
	if e != nil {
		ended = *e
	}
	return said, ended, nil
}

// SaveReport implements forum.ReportTx.
func (t *Tx) SaveReport(ctx context.Context, on *forum.Reportable, r *forum.Report, at time.Time) (fresh bool, err error) {
	ids := reported(on)
	unknown := ""
	if r.By.ID == 0 {
		unknown = r.By.URI
	}
	err = each(ctx, t.tx, "storage.SaveReport", []any{&fresh}, func() {}, `
		insert into report (at, by_id, by_uri, server, post_id, comment_id, person_id, community_id, reason, activity, domain, said_at)
		values ($1, nullif($2, 0), $3, $4, nullif($5, 0), nullif($6, 0), nullif($7, 0), nullif($8, 0), $9, $10, $11, $12)
		on conflict (coalesce(comment_id, 0), coalesce(post_id, 0), coalesce(person_id, 0), coalesce(community_id, 0), coalesce(by_id, 0), by_uri) where closed_at is null
			do update set said_at = excluded.said_at, reason = excluded.reason, activity = excluded.activity
			where report.server <> '' and excluded.said_at > report.said_at
		returning xmax = 0`, at, r.By.ID, unknown, r.Server, ids.post, ids.comment, ids.person, ids.community, r.Reason, r.Origin.Activity, Registrable(r.Server), r.At)
	if err != nil || !fresh {
		return false, err
	}
	return true, t.tellOfReport(ctx, on, r)
}

// CloseReports implements forum.ReportTx.
func (t *Tx) CloseReports(ctx context.Context, on *forum.Reportable, e forum.Ending, at time.Time) ([]forum.HeldReport, error) {
	ids := reported(on)
	var resolver int64
	if e.By != nil {
		resolver = e.By.ID
	}
	var closed []forum.HeldReport
	var h forum.HeldReport
	a := &h.By
	err := each(ctx, t.tx, "storage.CloseReports", []any{&h.Activity, &h.Reason, &h.At, &a.ID, &a.URI, &a.Host, &a.Local, &a.Inbox, &a.SharedInbox},
		func() { closed = append(closed, h) }, `
		with done as (
			update report r set closed_at = $7, closed_by = nullif($6, 0), ended_at = greatest(r.said_at, $10) where r.closed_at is null
			and (r.said_at <= $10 or r.activity = $11 and $11 <> '') and `+ofReport+` returning r.*
		), forgotten as (
			delete from notice n using done d where n.kind = 7 and not n.seen and (d.server <> '' or not $9) and n.actor_id is not distinct from d.by_id
				and (d.by_id is not null or n.server <> '') and n.comment_id is not distinct from d.comment_id
				and (d.comment_id is not null or n.post_id is not distinct from d.post_id) and n.about_id is not distinct from d.person_id
				and n.community_id is not distinct from d.community_id
		), told as (
			insert into notice (person_id, kind, community_id, post_id, comment_id, about_id, reason)
			select u.person_id, 14, d.community_id, coalesce(d.post_id, (select m.post_id from comment m where m.id = d.comment_id)), d.comment_id, d.person_id, ''
			from done d join account u on u.person_id = d.by_id where $8 and u.person_id <> $6
		)
		select d.activity, d.reason, d.at, coalesce(a.id, 0), coalesce(a.uri, d.by_uri), coalesce(a.host, d.server), coalesce(a.local, false), coalesce(a.inbox, ''), coalesce(a.shared_inbox, '')
		from done d left join person a on a.id = d.by_id order by d.id`,
		append(ids.of(e.Reporter), resolver, at, e.By != nil, e.By != nil && !e.By.Local && on.Post == nil, e.At, e.Report)...)
	if err != nil || len(closed) > 0 || e.Reporter == "" || e.Server == "" || on.Today >= forum.MaxReportsOfServer {
		return closed, err
	}
	// It came before what it ends. Of people here that cannot be, and where one is open that
	// is newer, it outdoes the older ones.
	_, err = t.tx.Exec(ctx, `insert into report (at, by_id, by_uri, server, post_id, comment_id, person_id, community_id, reason, domain, closed_at, closed_by, said_at, ended_at)
		select $7, a.id, case when a.id is null then $5 else '' end, $8, nullif($1, 0), nullif($2, 0), nullif($3, 0), nullif($4, 0), '', $9, $7, nullif($6, 0), $10, $10
		from (select 1) x left join person a on a.uri = $5 where not coalesce(a.local, false)
		and not exists (select 1 from report r where (r.closed_at is null or r.ended_at >= $10) and `+ofReport+`)`,
		append(ids.of(e.Reporter), resolver, at, e.Server, Registrable(e.Server), e.At)...)
	if err != nil {
		return nil, fmt.Errorf("storage.CloseReports: %w", err)
	}
	return nil, nil
}

// ReportNamed finds what was reported by an activity, and by whom, by ids; empty when
// nothing is open.
func (t *Tx) ReportNamed(ctx context.Context, activity string) (objects []string, reporter string, err error) {
	var object string
	err = each(ctx, t.tx, "storage.ReportNamed", []any{&object, &reporter}, func() { objects = append(objects, object) }, `
		select coalesce(m.uri, p.uri, w.uri, c.uri, $2), coalesce(a.uri, r.by_uri) from report r left join comment m on m.id = r.comment_id left join post p on p.id = r.post_id
		left join person w on w.id = r.person_id left join community c on c.id = r.community_id left join person a on a.id = r.by_id
		where r.activity = $1 and r.closed_at is null order by r.id limit 20`, activity, t.base+"/")
	return objects, reporter, err
}

// maxModerators is how many moderators elsewhere are told of a report.
const maxModerators = 50

// ModeratorsElsewhere implements forum.ReportTx.
func (t *Tx) ModeratorsElsewhere(ctx context.Context, communityID int64) (all []forum.Person, err error) {
	var a forum.Person
	err = each(ctx, t.tx, "storage.ModeratorsElsewhere", personFields(&a), func() { all = append(all, a) }, `select `+personColumns+`
		from moderator m join person a on a.uri = m.person_uri where m.community_id = $1 and not a.local and not a.gone order by a.id limit $2`, communityID, maxModerators)
	return all, err
}

// tellOfReport tells those of this node whom a report is for: who moderates the community,
// and who runs the node where it is about something of its own, or where somebody here
// reports a person or community elsewhere. Nobody is told what they said themselves.
func (t *Tx) tellOfReport(ctx context.Context, on *forum.Reportable, r *forum.Report) error {
	ids := reported(on)
	server := ""
	if r.By.ID == 0 {
		server = r.By.Host
	}
	_, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, actor_id, server, community_id, post_id, comment_id, about_id, reason)
		select u.person_id, 7, nullif($1, 0), $2, nullif($3, 0), coalesce(nullif($4, 0), (select post_id from comment where id = $5)), nullif($5, 0), nullif($6, 0), $7
		from account u join person a on a.id = u.person_id
		where ($9 and a.uri in (select person_uri from moderator where community_id = $3) or u.admin and $8) and u.person_id <> $1`,
		r.By.ID, server, ids.community, ids.post, ids.comment, ids.person, r.Reason, on.ForAdmins() || r.By.Local && on.Post == nil, on.Post != nil)
	if err != nil {
		return fmt.Errorf("storage: telling of a report: %w", err)
	}
	return nil
}

// TellOfWarning implements forum.ModerationTx.
func (t *Tx) TellOfWarning(ctx context.Context, s forum.Subject, author, by int64, reason string) (told bool, err error) {
	post, comment := s.ID, int64(0)
	if s.Kind == forum.OnComment {
		post, comment = 0, s.ID
	}
	tag, err := t.tx.Exec(ctx, `insert into notice (person_id, kind, actor_id, post_id, comment_id, reason)
		select u.person_id, 13, nullif($2, 0), coalesce(nullif($3, 0), (select post_id from comment where id = $4)), nullif($4, 0), $5 from account u where u.person_id = $1
			and (select count(*) from notice n where n.person_id = $1 and n.kind = 13 and not n.seen
				and n.comment_id is not distinct from nullif($4, 0) and ($4 > 0 or n.post_id = $3)) < $6`,
		author, by, post, comment, reason, maxWarnings)
	if err != nil {
		return false, fmt.Errorf("storage: telling of a warning: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// maxWarnings is how many of one post or comment may wait to be read.
const maxWarnings = 3

// tellOfLock tells the author of a thread, of this node, that somebody else closed it, or
// opened it again.
func (t *Tx) tellOfLock(ctx context.Context, post int64, locked bool, by int64, reason string, at time.Time) error {
	kind := 12
	if locked {
		kind = 11
	}
	_, err := t.tx.Exec(ctx, `with said as (delete from notice n using post p where p.id = $1 and n.person_id = p.author_id and n.kind = $2 and not n.seen and n.post_id = $1)
		insert into notice (person_id, kind, post_id, reason)
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
	_, err := t.tx.Exec(ctx, `with said as (delete from notice where person_id = $1 and kind = $2 and not seen and community_id = $3)
		insert into notice (person_id, kind, community_id, reason)
		select u.person_id, $2, $3, $4 from account u where u.person_id = $1 and $5::timestamptz > now() - interval '7 days'`, b.Person.ID, kind, community, b.Reason, b.At)
	if err != nil {
		return fmt.Errorf("storage: telling of a ban: %w", err)
	}
	return nil
}
