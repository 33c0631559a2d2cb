package private

import (
	"context"
	"errors"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// Marks tells what somebody did to posts and comments.
func (s Store) Marks(ctx context.Context, person int64, posts, comments []int64) (forum.Marks, error) {
	m := forum.Marks{Votes: map[forum.Subject]int{}, Reacted: map[forum.Subject]string{}, Saved: map[forum.Subject]bool{}, Read: map[int64]forum.ReadMark{}, Hidden: map[int64]bool{}, Watched: map[int64]bool{}, Muted: map[int64]bool{}, Reported: map[forum.Subject]bool{}}
	var on forum.Subject
	var dir int
	var emoji string
	var saved, read, hidden, watched, muted, reported bool
	var last forum.ReadMark
	err := s.each(ctx, "Marks", []any{&on.Kind, &on.ID, &dir, &saved, &read, &last.Last, &last.Comments, &hidden, &watched, &muted, &reported, &emoji}, func() {
		if dir != 0 {
			m.Votes[on] = dir
		}
		if saved {
			m.Saved[on] = true
		}
		if read {
			m.Read[on.ID] = last
		}
		if hidden {
			m.Hidden[on.ID] = true
		}
		if watched {
			m.Watched[on.ID] = true
		}
		if muted {
			m.Muted[on.ID] = true
		}
		if reported {
			m.Reported[on] = true
		}
		if emoji != "" {
			m.Reacted[on] = emoji
		}
	}, `select subject_kind, subject_id, dir, false as saved, false as read, 0, 0, false as hidden, false as watched, false as muted, false as reported, '' as emoji from vote
			where person_id = $1 and dir <> 0 and (subject_kind = 1 and subject_id = any($2) or subject_kind = 2 and subject_id = any($3))
		union all
		select subject_kind, subject_id, 0, false as saved, false as read, 0, 0, false as hidden, false as watched, false as muted, false as reported, emoji from reaction
			where person_id = $1 and (subject_kind = 1 and subject_id = any($2) or subject_kind = 2 and subject_id = any($3))
		union all
		select kind, subject_id, 0, saved_at is not null, kind = 1 and read_at is not null, last, comments, kind = 1 and hidden_at is not null, kind = 1 and watched_at is not null, kind = 1 and muted_at is not null, false, '' from mark
			where person_id = $1 and (kind = 1 and subject_id = any($2) or kind = 2 and subject_id = any($3))
		union all
		select case when comment_id is null then 1 else 2 end, coalesce(comment_id, post_id), 0, false as saved, false as read, 0, 0, false as hidden, false as watched, false as muted, true, '' from report
			where by_id = $1 and closed_at is null and (comment_id is null and post_id = any($2) or comment_id = any($3))`, person, posts, comments)
	return m, err
}

// Save keeps something for later, or undoes that.
func (s Store) Save(ctx context.Context, person int64, on forum.Subject, yes bool, at time.Time) error {
	_, err := s.do(ctx, "Save", `insert into mark (person_id, kind, subject_id, saved_at) values ($1, $2, $3, case when $4 then $5::timestamptz end)
		on conflict (person_id, kind, subject_id) do update set saved_at = case when $4 then coalesce(mark.saved_at, $5) end`, person, on.Kind, on.ID, yes, at)
	return err
}

// Saved is something that somebody kept for later.
type Saved struct {
	On     forum.Subject
	At     time.Time
	Post   int64        // itself, or that of the comment
	Title  string       // of the post
	Author forum.Person // id, name, host
}

// Saved lists what somebody kept for later and can still be read, the last saved first.
func (s Store) Saved(ctx context.Context, person int64, skip, limit int) ([]Saved, error) {
	var x Saved
	var list []Saved
	a := &x.Author
	err := s.each(ctx, "Saved", []any{&x.On.Kind, &x.On.ID, &x.At, &x.Post, &x.Title, &a.ID, &a.Name, &a.Host, &a.Local}, func() { list = append(list, x) },
		`select k.kind, k.subject_id, k.saved_at, p.id, p.title, a.id, a.name, a.host, a.local
		from mark k left join comment m on k.kind = 2 and m.id = k.subject_id
			join post p on p.id = case when k.kind = 1 then k.subject_id else m.post_id end join person a on a.id = coalesce(m.author_id, p.author_id)
		where k.person_id = $1 and k.saved_at is not null and p.state = 0 and coalesce(m.state, 0) = 0
		order by k.saved_at desc, k.kind, k.subject_id limit $3 offset $2`, person, skip, limit)
	return list, err
}

// Hide leaves a post out of somebody's lists, or undoes that.
func (s Store) Hide(ctx context.Context, person, post int64, yes bool, at time.Time) error {
	_, err := s.do(ctx, "Hide", `insert into mark (person_id, kind, subject_id, hidden_at) values ($1, 1, $2, case when $3 then $4::timestamptz end)
		on conflict (person_id, kind, subject_id) do update set hidden_at = case when $3 then $4 end`, person, post, yes, at)
	return err
}

// Read notes how somebody left a thread that they opened.
func (s Store) Read(ctx context.Context, person, post int64, m forum.ReadMark, at time.Time) error {
	_, err := s.do(ctx, "Read", `insert into mark (person_id, kind, subject_id, read_at, last, comments) values ($1, 1, $2, $3, $4, $5)
		on conflict (person_id, kind, subject_id) do update set read_at = $3, last = greatest(mark.last, $4), comments = $5`, person, post, at, m.Last, m.Comments)
	return err
}

// Following tells how far somebody's follow of a community has come.
func (s Store) Following(ctx context.Context, person, community int64) (forum.FollowState, error) {
	var state forum.FollowState
	err := s.one(ctx, "Following", `select state from follow where person_id = $1 and community_id = $2`, []any{&state}, person, community)
	if errors.Is(err, storage.ErrNotFound) {
		return forum.NotFollowing, nil
	}
	return state, err
}

// Follows tells how far somebody's follows of communities have come; those that they
// do not follow are left out.
func (s Store) Follows(ctx context.Context, person int64, communities []int64) (map[int64]forum.FollowState, error) {
	all := map[int64]forum.FollowState{}
	var id int64
	var state forum.FollowState
	err := s.each(ctx, "Follows", []any{&id, &state}, func() { all[id] = state },
		`select community_id, state from follow where person_id = $1 and community_id = any($2) and state > 0`, person, communities)
	return all, err
}

// Joins tells how many communities somebody follows or has asked to, and whether they
// asked one not long ago.
func (s Store) Joins(ctx context.Context, person int64) (n int, lately bool, err error) {
	err = s.one(ctx, "Joins", `select count(*), coalesce(bool_or(asked_at > now() - interval '2 minutes'), false) from follow where person_id = $1 and state > 0`, []any{&n, &lately}, person)
	return n, lately, err
}

// Wants lists the communities that somebody wants to join and that are looked for at
// their servers, or were not to be had in the last hour.
func (s Store) Wants(ctx context.Context, person int64) ([]forum.Want, error) {
	var x forum.Want
	var all []forum.Want
	err := s.each(ctx, "Wants", []any{&x.Name, &x.Host, &x.Reason, &x.At}, func() { all = append(all, x) },
		`select name, host, reason, at from wanted where person_id = $1 and (reason = '' and at > now() - interval '10 minutes' or reason <> '' and at > now() - interval '1 hour')
		order by at, host, name limit 100`, person)
	return all, err
}

// FollowingWall tells how far somebody's follow of a person elsewhere has come.
func (s Store) FollowingWall(ctx context.Context, person int64, uri string) (forum.FollowState, error) {
	var state forum.FollowState
	err := s.one(ctx, "FollowingWall", `select f.state from follow f join community c on c.id = f.community_id where f.person_id = $1 and c.uri = $2`, []any{&state}, person, uri)
	if errors.Is(err, storage.ErrNotFound) {
		return forum.NotFollowing, nil
	}
	return state, err
}

// Standing tells what somebody is in a community.
func (s Store) Standing(ctx context.Context, person forum.Person, community int64) (st forum.Standing, err error) {
	err = s.one(ctx, "Standing", storage.Standing, []any{&st.Moderator, &st.Admin, &st.Banned}, person.URI, community)
	return st, err
}

// Banned tells whether somebody, by number, is banned now from a community, and from this
// node: themselves, and not an account that moved to theirs.
func (s Store) Banned(ctx context.Context, person, community int64) (there, here bool, err error) {
	err = s.one(ctx, "Banned", `select exists (select 1 from ban where person_id = $1 and community_id = $2 and (until is null or until > now())),
		exists (select 1 from server_ban where person_id = $1 and host = '' and (until is null or until > now()))`, []any{&there, &here}, person, community)
	return there, here, err
}

// Object is what an act is on.
type Object struct {
	URI      string
	Author   int64 // of a post or comment
	Post     int64 // itself, or that of a comment
	Up, Down int
	Comments int
}

// Object finds a post or comment by its number.
func (s Store) Object(ctx context.Context, on forum.Subject) (Object, error) {
	var o Object
	fields := []any{&o.URI, &o.Author, &o.Post, &o.Up, &o.Down, &o.Comments}
	var err error
	if on.Kind == forum.OnComment {
		err = s.one(ctx, "Object", `select uri, author_id, post_id, up, down, 0 from comment where id = $1`, fields, on.ID)
	} else {
		err = s.one(ctx, "Object", `select uri, author_id, id, up, down, comments from post where id = $1`, fields, on.ID)
	}
	return o, err
}

// CommunityByID finds a community by its number: what it is called, and where it lives.
func (s Store) CommunityByID(ctx context.Context, id int64) (c forum.Community, err error) {
	err = s.one(ctx, "CommunityByID", `select id, uri, name, host, local, title from community where id = $1`, []any{&c.ID, &c.URI, &c.Name, &c.Host, &c.Local, &c.Title}, id)
	return c, err
}

// CommunityURI is the id of a community by its number.
func (s Store) CommunityURI(ctx context.Context, id int64) (string, error) {
	var uri string
	err := s.one(ctx, "CommunityURI", `select uri from community where id = $1`, []any{&uri}, id)
	return uri, err
}

// Reports lists what is open of reports of a post or comment, the newest first.
func (s Store) Reports(ctx context.Context, on forum.Subject) (list []forum.HeldReport, err error) {
	var h forum.HeldReport
	a := &h.By
	err = s.each(ctx, "Reports", []any{&h.Reason, &h.At, &a.ID, &a.Name, &a.Host, &a.Local, &a.Title}, func() { list = append(list, h) },
		`select r.reason, r.at, coalesce(a.id, 0), coalesce(a.name, ''), coalesce(a.host, r.server), coalesce(a.local, false), coalesce(a.title, '')
		from report r left join person a on a.id = r.by_id where r.closed_at is null
		and coalesce(r.comment_id, 0) = case $1::int when 2 then $2 else 0 end and coalesce(r.post_id, 0) = case $1::int when 1 then $2 else 0 end
		order by r.id desc limit 20`, on.Kind, on.ID)
	return list, err
}

// ReportedActor tells what somebody has reported of a person or a community, by number, and
// not taken back; one of them is 0.
func (s Store) ReportedActor(ctx context.Context, by, person, community int64) (reason string, yes bool, err error) {
	err = s.one(ctx, "ReportedActor", `select reason from report where by_id = $1 and closed_at is null and coalesce(comment_id, 0) = 0 and coalesce(post_id, 0) = 0
		and coalesce(person_id, 0) = $2 and coalesce(community_id, 0) = $3`, []any{&reason}, by, person, community)
	if errors.Is(err, storage.ErrNotFound) {
		return "", false, nil
	}
	return reason, err == nil, err
}

// Reported tells what somebody has reported of a post or comment, and not taken back.
func (s Store) Reported(ctx context.Context, person int64, on forum.Subject) (reason string, yes bool, err error) {
	err = s.one(ctx, "Reported", `select reason from report where by_id = $1 and closed_at is null
		and case $2::int when 1 then post_id = $3 and comment_id is null else comment_id = $3 end`, []any{&reason}, person, on.Kind, on.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return "", false, nil
	}
	return reason, err == nil, err
}
