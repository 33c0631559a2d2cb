package private

import (
	"context"
	"time"

	"stoa/federation/forum"
)

// NoticeKind says what a notice tells.
type NoticeKind int8

// What notices tell.
const (
	Answered NoticeKind = 1
	Named    NoticeKind = 2
	LetIn    NoticeKind = 3 // by a community that they follow
	Removed  NoticeKind = 4
	Restored NoticeKind = 5
	Said     NoticeKind = 6 // in a thread that they watch
	Reported NoticeKind = 7 // to them, who moderate
	Wrote    NoticeKind = 8 // a message, or asks to
	Banned   NoticeKind = 9 // from a community
	Unbanned NoticeKind = 10
	Closed   NoticeKind = 11 // a thread of theirs
	Reopened NoticeKind = 12
	Warned   NoticeKind = 13 // by a moderator
	Resolved NoticeKind = 14 // a report of theirs
	Moved    NoticeKind = 15 // whom they follow
)

// Notice is one thing that somebody is told.
type Notice struct {
	ID        int64
	Kind      NoticeKind
	At        time.Time
	Seen      bool
	Actor     forum.Person // id, name, host, title with its emoji, avatar; zero for moderation
	Community forum.Community
	PostID    int64
	PostTitle string
	CommentID int64  // 0 where it is about a post
	HTML      string // what was said; sanitised
	State     forum.State
	Reason    string
	Report    int64        // of a message; 0 for everything else
	Asks      bool         // whoever wrote a message is a stranger
	Server    string       // that reports, in the place of Actor
	About     forum.Person // who was reported: id, name, host, title
}

// Notices lists what somebody is told, the newest first; with before, what is older.
func (s Store) Notices(ctx context.Context, person, before int64, limit int) ([]Notice, error) {
	var n Notice
	var list []Notice
	a, c := &n.Actor, &n.Community
	err := s.each(ctx, "Notices", []any{
		&n.ID, &n.Kind, &n.At, &n.Seen, &n.Reason, &a.ID, &a.Name, &a.Host, &a.Local, &a.Title, &a.Emoji, &a.AvatarURL, &a.Bot,
		&c.ID, &c.Name, &c.Host, &c.Local, &c.Title, &c.Wall, &n.PostID, &n.PostTitle, &n.CommentID, &n.HTML, &n.State, &n.Report, &n.Asks,
		&n.Server, &n.About.ID, &n.About.Name, &n.About.Host, &n.About.Local, &n.About.Title,
	}, func() { list = append(list, n) },
		`select n.id, n.kind, n.at, n.seen, n.reason,
			coalesce(a.id, 0), coalesce(a.name, ''), coalesce(a.host, ''), coalesce(a.local, false), coalesce(a.title, ''), coalesce(a.emoji, ''), coalesce(a.avatar_url, ''), coalesce(a.bot, false),
			coalesce(c.id, 0), coalesce(c.name, ''), coalesce(c.host, ''), coalesce(c.local, false), coalesce(c.title, ''), coalesce(c.wall, false),
			coalesce(p.id, 0), coalesce(p.title, ''), coalesce(m.id, 0), coalesce(m.html, p.html, ''), coalesce(m.state, p.state, 0), coalesce(n.message_report_id, 0),
			n.kind = 8 and exists (select 1 from conversation v where v.person_id = n.person_id and v.with_id = n.actor_id and v.state = 1),
			n.server, coalesce(w.id, 0), coalesce(w.name, ''), coalesce(w.host, ''), coalesce(w.local, false), coalesce(w.title, '')
		from notice n left join person w on w.id = n.about_id left join person a on a.id = n.actor_id left join post p on p.id = n.post_id left join comment m on m.id = n.comment_id
			left join community c on c.id = coalesce(n.community_id, p.community_id)
		where n.person_id = $1 and ($2 = 0 or n.id < $2) order by n.id desc limit $3`, person, before, limit)
	return list, err
}

// See marks as seen what somebody was told up to a notice.
func (s Store) See(ctx context.Context, person, newest int64) error {
	_, err := s.do(ctx, "See", `update notice set seen = true where person_id = $1 and id <= $2 and not seen`, person, newest)
	return err
}

// Watch has somebody told of all that is said in a thread, and Mute of nothing. One
// undoes the other.
func (s Store) Watch(ctx context.Context, person, post int64, yes bool, at time.Time) error {
	_, err := s.do(ctx, "Watch", `insert into mark (person_id, kind, subject_id, watched_at) values ($1, 1, $2, case when $3 then $4::timestamptz end)
		on conflict (person_id, kind, subject_id) do update set watched_at = case when $3 then $4 end, muted_at = case when $3 then null else mark.muted_at end`, person, post, yes, at)
	return err
}

// Mute has somebody told of nothing that is said in a thread.
func (s Store) Mute(ctx context.Context, person, post int64, yes bool, at time.Time) error {
	_, err := s.do(ctx, "Mute", `insert into mark (person_id, kind, subject_id, muted_at) values ($1, 1, $2, case when $3 then $4::timestamptz end)
		on conflict (person_id, kind, subject_id) do update set muted_at = case when $3 then $4 end, watched_at = case when $3 then null else mark.watched_at end`, person, post, yes, at)
	return err
}
