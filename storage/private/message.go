package private

import (
	"context"
	"errors"
	"slices"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// Correspondence implements forum.MessageTx.
func (s Store) Correspondence(ctx context.Context, from, to forum.Person, now time.Time) (forum.Correspondence, error) {
	var c forum.Correspondence
	err := s.one(ctx, "Correspondence", `select
			host_refused($3) or host_refused($4),
			coalesce((select gone from person where id = $2), true), exists (select 1 from account where person_id = $2),
			exists (select 1 from shun where person_id = $2 and (kind = 1 and target = $1 or kind = 3 and host = $3)),
			exists (select 1 from shun where person_id = $1 and (kind = 1 and target = $2 or kind = 3 and host = $4)),
			coalesce((select settings->>'messages' from account where person_id = $2), ''),
			exists (select 1 from follow f join community w on w.id = f.community_id join person a on a.uri = w.uri where f.person_id = $2 and a.id = $1 and f.state > 0),
			coalesce((select state from conversation where person_id = $2 and with_id = $1), 0),
			exists (select 1 from message where author_id = $2 and to_id = $1), exists (select 1 from message where author_id = $1 and to_id = $2),
			(select count(*) from (select 1 from message where author_id = $1 and to_id = $2
				and id > coalesce((select max(id) from message where author_id = $2 and to_id = $1), 0) limit 100) x),
			(select count(*) from message where author_id = $1 and to_id = $2 and arrived_at > $5),
			case when $6 then (select count(*) from conversation v where v.person_id = $1 and v.began_at > $5
					and not exists (select 1 from message m where m.author_id = v.with_id and m.to_id = v.person_id))
				else (select count(*) from conversation v where v.with_id = $1 and v.began_at > $5 and v.state <> 2) end,
			(select count(*) from conversation v join person a on a.id = v.with_id where v.began_at > $5 and v.state <> 2 and (a.host = $3 or right(split_part(a.host, ':', 1), length($7) + 1) = '.' || $7 or a.host = $7)),
			(select count(*) from conversation where person_id = $2 and state = 1),
			(select count(*) from conversation v join person a on a.id = v.with_id where v.person_id = $2 and v.state = 1 and (a.host = $3 or right(split_part(a.host, ':', 1), length($7) + 1) = '.' || $7 or a.host = $7))`,
		[]any{
			&c.Blocked, &c.Gone, &c.Account, &c.Shunned, &c.Shuns, &c.Takes, &c.Follows, &c.State, &c.Wrote, &c.Before,
			&c.Unanswered, &c.Today, &c.Strangers, &c.ServerToday, &c.Requests, &c.ServerRequests,
		}, from.ID, to.ID, from.Host, to.Host, now.Add(-24*time.Hour), from.Local, storage.Registrable(from.Host))
	return c, err
}

const messageColumns = `m.id, m.uri, m.in_reply_to, m.source, m.format, m.html, m.emoji, m.warning, m.others, m.published_at, m.edited_at, m.edits, m.deleted,
	a.id, a.uri, a.name, a.host, a.local, a.title, a.avatar_url, a.bot, b.id, b.uri, b.name, b.host, b.local, b.title, b.avatar_url, b.bot, b.inbox`

func messageFields(m *forum.Message, edited **time.Time) []any {
	a, b := &m.From, &m.To
	return []any{
		&m.ID, &m.URI, &m.InReplyTo, &m.Text.Source, &m.Text.Format, &m.Text.HTML, &m.Emoji, &m.Warning, &m.Others, &m.Published.Time, edited, &m.Edits, &m.Deleted,
		&a.ID, &a.URI, &a.Name, &a.Host, &a.Local, &a.Title, &a.AvatarURL, &a.Bot, &b.ID, &b.URI, &b.Name, &b.Host, &b.Local, &b.Title, &b.AvatarURL, &b.Bot, &b.Inbox,
	}
}

// at is the time behind a pointer; zero for none.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Messages implements forum.MessageTx.
func (s Store) Messages(ctx context.Context, uri string) ([]forum.Message, error) {
	var m forum.Message
	var edited *time.Time
	var list []forum.Message
	err := s.each(ctx, "Messages", messageFields(&m, &edited), func() {
		m.Edited = at(edited)
		list, edited = append(list, m), nil
	}, `select `+messageColumns+` from message m join person a on a.id = m.author_id join person b on b.id = m.to_id where m.uri = $1 order by m.id for update of m`, uri)
	return list, err
}

// KeepMessage implements forum.MessageTx.
func (s Store) KeepMessage(ctx context.Context, m *forum.Message, state forum.MessageState, now time.Time) (int64, error) {
	var id int64
	err := s.one(ctx, "KeepMessage", `insert into message (uri, author_id, to_id, in_reply_to, source, format, html, warning, others, published_at, arrived_at, seen, emoji)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14 where not exists (select 1 from early_delete e where e.uri = $1 and e.by = $13 and not e.undone
			and e.day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3]))
		on conflict do nothing returning id`, []any{&id},
		m.URI, m.From.ID, m.To.ID, m.InReplyTo, m.Text.Source, m.Text.Format, m.Text.HTML, m.Warning, m.Others, m.Published.Time, now,
		!m.To.Local || state == forum.Unwanted, m.From.URI, m.Emoji)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// Both sides in one order, so that two who write to each other do not lock each other out.
	_, err = s.do(ctx, "KeepMessage", `insert into conversation (person_id, with_id, state, began_at, last_id)
		select x.p, x.w, x.s, $4, $5 from unnest($1::int[], $2::int[], $3::smallint[]) x(p, w, s) join account u on u.person_id = x.p where x.s <> 3 order by x.p
		on conflict (person_id, with_id) do update set last_id = excluded.last_id,
			state = case when excluded.person_id = $6 then 2 else greatest(conversation.state, excluded.state) end,
			cleared_id = case when excluded.person_id = $6 and conversation.state = 3 then excluded.last_id - 1 else conversation.cleared_id end`,
		[]int64{m.From.ID, m.To.ID}, []int64{m.To.ID, m.From.ID}, []int16{int16(forum.Welcome), int16(state)}, now, id, m.From.ID)
	if err == nil && state != forum.Unwanted {
		_, err = s.do(ctx, "KeepMessage", `insert into notice (person_id, kind, actor_id) select u.person_id, 8, $2 from account u where u.person_id = $1
			and ($3 or not exists (select 1 from message where author_id = $2 and to_id = $1 and id <> $4)) on conflict do nothing`,
			m.To.ID, m.From.ID, state == forum.Welcome, id)
	}
	return id, err
}

// ReviseMessage implements forum.MessageTx.
func (s Store) ReviseMessage(ctx context.Context, m *forum.Message) error {
	_, err := s.do(ctx, "ReviseMessage", `update message set source = $2, format = $3, html = $4, warning = $5, edited_at = $6, edits = edits + 1, emoji = $7 where id = $1`,
		m.ID, m.Text.Source, m.Text.Format, m.Text.HTML, m.Warning, m.Edited, m.Emoji)
	return err
}

// EmptyMessages implements forum.MessageTx.
func (s Store) EmptyMessages(ctx context.Context, uri string) error {
	_, err := s.do(ctx, "EmptyMessages", `update message set deleted = true, seen = true, source = '', html = '', emoji = '', warning = '', in_reply_to = '' where uri = $1`, uri)
	if err == nil {
		_, err = s.do(ctx, "EmptyMessages", `update log set direct_doc = null, forum_doc = null where subject = $1 and verb in ('message', 'message-edit')`, uri)
	}
	return err
}

// ForgetMessages implements forum.MessageTx. What others here wrote to whoever is gone
// stays with these.
func (s Store) ForgetMessages(ctx context.Context, person int64) error {
	_, err := s.do(ctx, "ForgetMessages", `update log set direct_doc = null, forum_doc = null from message m
		where m.author_id = $1 and log.subject = m.uri and log.verb in ('message', 'message-edit')`, person)
	if err == nil {
		_, err = s.do(ctx, "ForgetMessages", `delete from message m where m.author_id = $1 or m.to_id = $1 and not exists (select 1 from account u where u.person_id = m.author_id)`, person)
	}
	if err == nil {
		_, err = s.do(ctx, "ForgetMessages", `delete from conversation v where v.with_id = $1 and not exists (select 1 from message m where m.author_id = v.person_id and m.to_id = $1)`, person)
	}
	if err == nil {
		_, err = s.do(ctx, "ForgetMessages", `delete from notice where kind = 8 and actor_id = $1`, person)
	}
	return err
}

// Conversation is what somebody here exchanged with another, in a list.
type Conversation struct {
	With   forum.Person // id, name, host, title, avatar
	State  forum.MessageState
	Mine   bool   // the last message is theirs
	HTML   string // of the last message; sanitised
	Gone   bool   // it was deleted
	At     time.Time
	Unseen int // up to 100
	Cursor int64
}

// shunned leaves out whoever the owner of v does not read.
const shunned = `exists (select 1 from shun s where s.person_id = v.person_id and (s.kind = 1 and s.target = a.id or s.kind = 3 and s.host = a.host))`

// Conversations lists what somebody exchanged, of one state, the last written in
// first; with before, what comes after that cursor.
func (s Store) Conversations(ctx context.Context, person int64, state forum.MessageState, before int64, limit int) ([]Conversation, error) {
	var c Conversation
	var list []Conversation
	a := &c.With
	err := s.each(ctx, "Conversations", []any{
		&a.ID, &a.URI, &a.Name, &a.Host, &a.Local, &a.Title, &a.AvatarURL, &a.Bot, &c.State, &c.Cursor, &c.Mine, &c.HTML, &c.Gone, &c.At, &c.Unseen,
	}, func() { list = append(list, c) }, `select a.id, a.uri, a.name, a.host, a.local, a.title, a.avatar_url, a.bot, v.state, v.last_id, m.author_id = $1, m.html, m.deleted, m.arrived_at,
			(select count(*) from (select 1 from message n where n.to_id = $1 and n.author_id = a.id and not n.seen limit 100) x)
		from conversation v join person a on a.id = v.with_id join lateral (
				(select id, author_id, html, deleted, arrived_at from message where author_id = v.person_id and to_id = v.with_id and id > v.cleared_id order by id desc limit 1)
				union all (select id, author_id, html, deleted, arrived_at from message where author_id = v.with_id and to_id = v.person_id and id > v.cleared_id order by id desc limit 1)
				order by id desc limit 1) m on true
		where v.person_id = $1 and v.state = $2 and ($3 = 0 or v.last_id < $3) and not `+shunned+`
		order by v.last_id desc limit $4`, person, state, before, limit)
	return list, err
}

// Requests counts strangers who ask to write to somebody.
func (s Store) Requests(ctx context.Context, person int64) (n int, err error) {
	err = s.one(ctx, "Requests", `select count(*) from conversation v join person a on a.id = v.with_id where v.person_id = $1 and v.state = 1 and not `+shunned, []any{&n}, person)
	return n, err
}

// HowTo tells how somebody stands to another.
func (s Store) HowTo(ctx context.Context, person, with int64) (state forum.MessageState, err error) {
	err = s.one(ctx, "HowTo", `select state from conversation where person_id = $1 and with_id = $2`, []any{&state}, person, with)
	if errors.Is(err, storage.ErrNotFound) {
		return forum.NoMessages, nil
	}
	return state, err
}

// MessagesWith lists what somebody exchanged with another and has not refused, the
// newest last; with before, what came before that message.
func (s Store) MessagesWith(ctx context.Context, person, with, before int64, limit int) ([]forum.Message, error) {
	var m forum.Message
	var edited *time.Time
	var list []forum.Message
	err := s.each(ctx, "MessagesWith", messageFields(&m, &edited), func() {
		m.Edited = at(edited)
		list, edited = append(list, m), nil
	}, `select `+messageColumns+` from conversation v
		join message m on (m.author_id = v.person_id and m.to_id = v.with_id or m.author_id = v.with_id and m.to_id = v.person_id) and m.id > v.cleared_id
		join person a on a.id = m.author_id join person b on b.id = m.to_id
		where v.person_id = $1 and v.with_id = $2 and v.state <> 3 and ($3 = 0 or m.id < $3) order by m.id desc limit $4`, person, with, before, limit)
	slices.Reverse(list)
	return list, err
}

// Message finds a message that somebody wrote or got; storage.ErrNotFound for those of
// others, and for what they refused.
func (s Store) Message(ctx context.Context, person, id int64) (forum.Message, error) {
	var m forum.Message
	var edited *time.Time
	err := s.one(ctx, "Message", `select `+messageColumns+` from message m join person a on a.id = m.author_id join person b on b.id = m.to_id
		join conversation v on v.person_id = $1 and v.with_id = case when m.author_id = $1 then m.to_id else m.author_id end
		where m.id = $2 and (m.author_id = $1 or m.to_id = $1) and m.id > v.cleared_id and v.state <> 3`, messageFields(&m, &edited), person, id)
	m.Edited = at(edited)
	return m, err
}

// SeeMessages notes that somebody has read what another wrote to them, and tells how
// many messages, and notices of them, were new.
func (s Store) SeeMessages(ctx context.Context, person, with int64) (messages, notices int, err error) {
	if messages, err = s.do(ctx, "SeeMessages", `update message set seen = true where to_id = $1 and author_id = $2 and not seen`, person, with); err != nil {
		return 0, 0, err
	}
	notices, err = s.do(ctx, "SeeMessages", `update notice set seen = true where person_id = $1 and kind = 8 and actor_id = $2 and not seen`, person, with)
	return messages, notices, err
}

// LastFrom is the id of the last message that somebody got from another; empty when
// there is none.
func (s Store) LastFrom(ctx context.Context, person, with int64) (uri string, err error) {
	err = s.one(ctx, "LastFrom", `select coalesce((select m.uri from message m join conversation v on v.person_id = $1 and v.with_id = $2
		where m.author_id = $2 and m.to_id = $1 and not m.deleted and m.id > v.cleared_id order by m.id desc limit 1), '')`, []any{&uri}, person, with)
	return uri, err
}

// Accept lets a stranger in who asks; false when none does.
func (s Store) Accept(ctx context.Context, person, with int64) (bool, error) {
	n, err := s.do(ctx, "Accept", `update conversation set state = 2 where person_id = $1 and with_id = $2 and state = 1`, person, with)
	return n == 1, err
}

// Refuse has somebody see nothing of a stranger who asks, from now on; false when none
// does. The stranger is not told.
func (s Store) Refuse(ctx context.Context, person, with int64) (bool, error) {
	n, err := s.do(ctx, "Refuse", `update conversation set state = 3 where person_id = $1 and with_id = $2 and state = 1`, person, with)
	if err != nil || n == 0 {
		return false, err
	}
	if _, _, err := s.SeeMessages(ctx, person, with); err != nil {
		return false, err
	}
	// A stranger of this node keeps what they wrote; of another, only their server does.
	_, err = s.do(ctx, "Refuse", `with n as (delete from notice where person_id = $1 and kind = 8 and actor_id = $2)
		delete from message m where m.to_id = $1 and m.author_id = $2 and not exists (select 1 from account u where u.person_id = $2)`, person, with)
	return err == nil, err
}

// keepReports is how long the copy of a message is kept that was shown to the admins.
const keepReports = 90 * 24 * time.Hour

// MessageReport is a message that was shown to the admins.
type MessageReport struct {
	By, Author forum.Person // id, name, host
	URI        string
	HTML       string // sanitised
	Reason     string
	At         time.Time
}

// ReportMessage shows a message that somebody got to the admins; false when there is
// none, or they have it already.
func (s Store) ReportMessage(ctx context.Context, person, id int64, reason string, now time.Time) (bool, error) {
	n, err := s.do(ctx, "ReportMessage", `with r as (
			insert into message_report (by_id, author_id, uri, html, reason, at)
			select $1, author_id, uri, html, $3, $4 from message where id = $2 and to_id = $1 and not deleted
			on conflict do nothing returning id)
		insert into notice (person_id, kind, actor_id, reason, message_report_id) select u.person_id, 7, $1, $3, r.id from r, account u where u.admin and u.person_id <> $1`, person, id, reason, now)
	return n > 0, err
}

// MessageReport finds what was shown to the admins.
func (s Store) MessageReport(ctx context.Context, id int64) (MessageReport, error) {
	var r MessageReport
	a, b := &r.Author, &r.By
	err := s.one(ctx, "MessageReport", `select r.uri, r.html, r.reason, r.at, a.id, a.name, a.host, a.local, a.title, b.id, b.name, b.host, b.local, b.title
		from message_report r join person a on a.id = r.author_id join person b on b.id = r.by_id where r.id = $1`,
		[]any{&r.URI, &r.HTML, &r.Reason, &r.At, &a.ID, &a.Name, &a.Host, &a.Local, &a.Title, &b.ID, &b.Name, &b.Host, &b.Local, &b.Title}, id)
	return r, err
}

// Remarked is what a message answers: a post, or a comment to it.
type Remarked struct {
	Post, Comment int64 // Comment is 0 for a post
	Title         string
}

// Remarked finds the posts and comments among what messages answer.
func (s Store) Remarked(ctx context.Context, uris []string) (map[string]Remarked, error) {
	out := map[string]Remarked{}
	var uri string
	var x Remarked
	err := s.each(ctx, "Remarked", []any{&uri, &x.Post, &x.Comment, &x.Title}, func() { out[uri] = x },
		`select p.uri, p.id, 0, p.title from post p join community c on c.id = p.community_id where p.uri = any($1) and p.state = 0 and not c.removed
		union all select m.uri, p.id, m.id, p.title from comment m join post p on p.id = m.post_id join community c on c.id = p.community_id
			where m.uri = any($1) and m.state = 0 and p.state = 0 and not c.removed`, uris)
	return out, err
}
