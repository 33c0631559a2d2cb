package private

import (
	"context"
	"encoding/json"
)

// exports are the parts of what belongs to one person, each with the statement whose
// rows it lists as JSON objects. Passwords, secrets and tokens are in none.
var exports = []struct{ name, sql string }{
	{"account", `select jsonb_build_object('name', a.name, 'id', a.uri, 'title', a.title, 'biography', a.bio_source, 'bot', a.bot, 'discoverable', a.discoverable,
		'indexable', a.indexable, 'picture', a.avatar_url, 'banner', a.banner_url, 'links', a.links, 'otherAccounts', coalesce(to_jsonb(string_to_array(nullif(a.also_known_as, ''), chr(10))), '[]'), 'movedTo', a.moved_to, 'email', u.email, 'since', u.made_at, 'settings', u.settings) from account u join person a on a.id = u.person_id where u.person_id = $1`},
	{"communities", `select jsonb_build_object('id', c.uri, 'handle', '!' || c.name || '@' || c.host, 'pending', f.state = 1, 'since', f.at)
		from follow f join community c on c.id = f.community_id where f.person_id = $1 and f.state > 0 and not c.wall order by f.at`},
	{"following", `select jsonb_build_object('id', c.uri, 'handle', '@' || c.name || '@' || c.host, 'pending', f.state = 1, 'since', f.at)
		from follow f join community c on c.id = f.community_id where f.person_id = $1 and f.state > 0 and c.wall order by f.at`},
	{"followers", `select jsonb_build_object('id', a.uri, 'handle', '@' || a.name || '@' || a.host, 'since', f.at)
		from person me join community w on w.uri = me.uri and w.wall and w.local join follow f on f.community_id = w.id and f.state = 2 join person a on a.id = f.person_id
		where me.id = $1 order by f.at, f.person_id`},
	{"collections", `select jsonb_build_object('name', k.name, 'since', k.made_at, 'communities',
		(select coalesce(jsonb_agg(c.uri order by x.at, c.id), '[]') from collected x join community c on c.id = x.community_id where x.collection_id = k.id))
		from collection k where k.person_id = $1 order by k.id`},
	{"wanted", `select jsonb_strip_nulls(jsonb_build_object('handle', '!' || name || '@' || host, 'since', at, 'failed', nullif(reason, ''))) from wanted where person_id = $1 order by at`},
	{"posts", `select jsonb_build_object('id', p.uri, 'community', c.uri, 'title', p.title, 'link', p.link, 'text', p.source, 'language', p.language, 'sensitive', p.sensitive,
		'warning', p.warning, 'pictures', (select jsonb_agg(jsonb_build_object('url', x ->> 'url', 'description', x ->> 'alt')) from jsonb_array_elements(p.attachments) x), 'poll', p.poll, 'published', p.published_at, 'updated', p.updated_at, 'deleted', p.state = 1,
		'upvotes', p.up, 'downvotes', p.down)
		from post p join community c on c.id = p.community_id where p.author_id = $1 and p.state <> 3 order by p.id`},
	{"comments", `select jsonb_build_object('id', m.uri, 'post', p.uri, 'inReplyTo', m.in_reply_to, 'text', m.source, 'language', m.language, 'sensitive', m.sensitive,
		'warning', m.warning, 'published', m.published_at, 'updated', m.updated_at, 'deleted', m.state = 1, 'upvotes', m.up, 'downvotes', m.down)
		from comment m join post p on p.id = m.post_id where m.author_id = $1 and m.state <> 3 order by m.id`},
	{"earlierVersions", `select jsonb_build_object('of', coalesce(p.uri, m.uri), 'until', r.at, 'title', r.title, 'link', r.link, 'text', r.source)
		from revision r left join post p on r.subject_kind = 1 and p.id = r.subject_id left join comment m on r.subject_kind = 2 and m.id = r.subject_id
		where r.subject_kind = 1 and r.subject_id in (select id from post where author_id = $1 and state <> 3)
			or r.subject_kind = 2 and r.subject_id in (select id from comment where author_id = $1 and state <> 3) order by r.id`},
	{"votes", `select jsonb_strip_nulls(jsonb_build_object('on', coalesce(p.uri, m.uri), 'vote', v.dir, 'emoji', r.emoji, 'at', v.at)) from vote v left join post p on v.subject_kind = 1 and p.id = v.subject_id
		left join comment m on v.subject_kind = 2 and m.id = v.subject_id left join reaction r on r.subject_kind = v.subject_kind and r.subject_id = v.subject_id and r.person_id = v.person_id where v.person_id = $1 and v.dir <> 0 order by v.at`},
	{"pollVotes", `select jsonb_build_object('on', p.uri, 'chose', p.poll -> 'options' -> v.choice::int ->> 'name', 'at', v.at) from poll_vote v join post p on p.id = v.post_id
		where v.person_id = $1 order by v.at, v.post_id, v.choice`},
	{"marks", `select jsonb_strip_nulls(jsonb_build_object('on', coalesce(p.uri, m.uri), 'saved', k.saved_at, 'hidden', k.hidden_at, 'read', k.read_at, 'watched', k.watched_at, 'muted', k.muted_at))
		from mark k left join post p on k.kind = 1 and p.id = k.subject_id left join comment m on k.kind = 2 and m.id = k.subject_id where k.person_id = $1 order by k.kind, k.subject_id`},
	{"blocked", `select jsonb_build_object('id', coalesce(a.uri, c.uri, s.host), 'since', s.at) from shun s left join person a on s.kind = 1 and a.id = s.target
		left join community c on s.kind = 2 and c.id = s.target where s.person_id = $1 order by s.at`},
	{"drafts", `select jsonb_build_object('place', place, 'at', at, 'fields', fields) from draft where person_id = $1 order by at`},
	{"waiting", `select jsonb_build_object('at', at, 'fields', fields) from held where person_id = $1 order by id`},
	{"notifications", `select jsonb_strip_nulls(jsonb_build_object('at', n.at, 'kind', n.kind, 'by', a.uri, 'post', p.uri, 'comment', m.uri, 'community', c.uri, 'person', o.uri, 'reason', nullif(n.reason, '')))
		from notice n left join person a on a.id = n.actor_id left join person o on o.id = n.about_id left join post p on p.id = n.post_id left join comment m on m.id = n.comment_id left join community c on c.id = n.community_id
		where n.person_id = $1 order by n.id`},
	{"messages", `select jsonb_strip_nulls(jsonb_build_object('id', m.uri, 'from', a.uri, 'to', b.uri, 'inReplyTo', nullif(m.in_reply_to, ''), 'text', nullif(m.source, ''),
		'warning', nullif(m.warning, ''), 'at', m.published_at, 'edited', m.edited_at, 'deleted', nullif(m.deleted, false)))
		from conversation v join message m on (m.author_id = v.person_id and m.to_id = v.with_id or m.author_id = v.with_id and m.to_id = v.person_id) and m.id > v.cleared_id
		join person a on a.id = m.author_id join person b on b.id = m.to_id where v.person_id = $1 and v.state <> 3 order by m.id`},
	{"sessions", `select jsonb_build_object('since', made_at, 'used', seen_at, 'address', address, 'browser', agent) from session where person_id = $1 order by made_at`},
	{"reports", `select jsonb_build_object('at', r.at, 'on', coalesce(m.uri, p.uri, w.uri, c.uri), 'reason', r.reason) from report r left join post p on p.id = r.post_id left join comment m on m.id = r.comment_id
		left join person w on w.id = r.person_id left join community c on c.id = r.community_id
		where r.by_id = $1 order by r.id`},
	{"reportsOfMessages", `select jsonb_build_object('at', r.at, 'on', r.uri, 'by', a.uri, 'reason', r.reason) from message_report r join person a on a.id = r.author_id
		where r.by_id = $1 order by r.id`},
	{"moderates", `select jsonb_build_object('id', c.uri, 'handle', '!' || c.name || '@' || c.host, 'since', o.since)
		from moderator o join person a on a.uri = o.person_uri join community c on c.id = o.community_id where a.id = $1 order by o.since, c.id`},
	{"moderated", `select jsonb_strip_nulls(jsonb_build_object('at', g.at, 'did', g.verb, 'to', g.target, 'community', c.uri, 'until', g.until, 'reason', nullif(g.reason, '')))
		from moderation g left join community c on c.id = g.community_id where g.actor_id = $1 order by g.id`},
	{"bannedFrom", `select jsonb_strip_nulls(jsonb_build_object('id', c.uri, 'since', b.at, 'until', b.until, 'reason', nullif(b.reason, '')))
		from ban b join community c on c.id = b.community_id where b.person_id = $1
		union all select jsonb_strip_nulls(jsonb_build_object('server', coalesce(nullif(host, ''), 'this one'), 'since', at, 'until', until, 'reason', nullif(reason, '')))
		from server_ban where person_id = $1`},
}

// Export hands on all that belongs to one person, part by part and row by row, so that
// none of it has to be held whole.
func (s Store) Export(ctx context.Context, person int64, part func(name string) error, row func(json.RawMessage) error) error {
	for _, e := range exports {
		if err := part(e.name); err != nil {
			return err
		}
		var object json.RawMessage
		var failed error
		err := s.each(ctx, "Export", []any{&object}, func() {
			if failed == nil {
				failed = row(object)
			}
		}, e.sql, person)
		if err == nil {
			err = failed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close forgets an account with all that was its owner's alone, and the messages they
// wrote.
func (s Store) Close(ctx context.Context, person int64) error {
	if err := s.ForgetMessages(ctx, person); err != nil {
		return err
	}
	_, err := s.do(ctx, "Close", `delete from account where person_id = $1`, person)
	return err
}
