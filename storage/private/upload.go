package private

import (
	"context"
	"time"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
)

// lockUploads has whoever counts, uses or drops pictures wait for each other until the end
// of the transaction. Those who only use some do not wait for one another.
func (s Store) lockUploads(ctx context.Context, alone bool) error {
	_, err := s.do(ctx, "lockUploads", `select case when $1 then pg_advisory_xact_lock(hashtext('upload')) else pg_advisory_xact_lock_shared(hashtext('upload')) end`, alone)
	return err
}

// AddUpload notes a picture that somebody has sent, if there is room for it: in their
// share, and in the budget of the node, in bytes. One that they sent before costs nothing,
// and is as good as new. It is a step of a transaction (In), since it reads sums that
// others add to.
func (s Store) AddUpload(ctx context.Context, person int64, u account.Upload, budget int64, at time.Time) (account.Room, error) {
	if err := s.lockUploads(ctx, true); err != nil {
		return account.Room{}, err
	}
	had, err := s.do(ctx, "AddUpload", `update upload set at = greatest(at, $3) where name = $1 and person_id = $2`, u.Name, person, at)
	if err != nil || had > 0 {
		return account.Room{}, err
	}
	var own, all int64
	if err := s.one(ctx, "AddUpload", `select coalesce(sum(bytes) filter (where person_id = $1), 0)::bigint, coalesce(sum(bytes), 0)::bigint + (select coalesce(sum(bytes), 0)::bigint from emoji) from upload`, []any{&own, &all}, person); err != nil {
		return account.Room{}, err
	}
	full := account.Room{Share: own+u.Bytes > account.MaxUploads, Node: all+u.Bytes > budget}
	if full != (account.Room{}) {
		return full, nil
	}
	_, err = s.do(ctx, "AddUpload", `insert into upload (name, person_id, bytes, type, width, height, at) values ($1, $2, $3, $4, $5, $6, $7)`, u.Name, person, u.Bytes, u.Type, u.Width, u.Height, at)
	return account.Room{}, err
}

// AddEmoji has a word stand for a picture of this node, in the place of what it stood for
// before, if there is room for it in the budget of the node, in bytes. fresh is false where
// it does already. It is a step of a transaction (In).
func (s Store) AddEmoji(ctx context.Context, e forum.Emoji, bytes, budget int64) (fresh, room bool, err error) {
	if err := s.lockUploads(ctx, true); err != nil {
		return false, false, err
	}
	var all int64
	var others int
	if err := s.one(ctx, "AddEmoji", `select (select coalesce(sum(bytes), 0)::bigint from upload) + coalesce(sum(bytes) filter (where (name, url) <> ($1, $2)), 0)::bigint,
			count(*) filter (where not removed and name <> $1) from emoji`, []any{&all, &others}, e.Name, e.URL); err != nil {
		return false, false, err
	}
	if all+bytes > budget || others >= forum.MaxOwnEmoji {
		return false, false, nil
	}
	if _, err := s.do(ctx, "AddEmoji", `update emoji set removed = true where name = $1 and url <> $2`, e.Name, e.URL); err != nil {
		return false, false, err
	}
	n, err := s.do(ctx, "AddEmoji", `insert into emoji (name, url, bytes, at) values ($1, $2, $3, $4)
		on conflict (name, url) do update set removed = false, at = excluded.at where emoji.removed`, e.Name, e.URL, bytes, e.Made)
	return n > 0, true, err
}

// RemoveEmoji has a word stand for no picture any more; false where it does not. What was
// written keeps the picture.
func (s Store) RemoveEmoji(ctx context.Context, name string) (bool, error) {
	n, err := s.do(ctx, "RemoveEmoji", `update emoji set removed = true where name = $1 and not removed`, name)
	return n > 0, err
}

// Uploaded tells whether anybody has sent a picture, or words here stood for it.
func (s Store) Uploaded(ctx context.Context, name string) (yes bool, err error) {
	err = s.one(ctx, "Uploaded", `select exists (select 1 from upload where name = $1) or exists (select 1 from emoji where right(url, length($1) + 1) = '/' || $1)`, []any{&yes}, name)
	return yes, err
}

// Uploads finds pictures that somebody has sent, by name.
func (s Store) Uploads(ctx context.Context, person int64, names []string) (map[string]account.Upload, error) {
	out := map[string]account.Upload{}
	var u account.Upload
	err := s.each(ctx, "Uploads", []any{&u.Name, &u.Bytes, &u.Type, &u.Width, &u.Height}, func() { out[u.Name] = u },
		`select name, bytes, type, width, height from upload where person_id = $1 and name = any($2)`, person, names)
	return out, err
}

// UploadsOf names the pictures that somebody has sent, the oldest first.
func (s Store) UploadsOf(ctx context.Context, person int64) (names []string, err error) {
	var name string
	err = s.each(ctx, "UploadsOf", []any{&name}, func() { names = append(names, name) }, `select name from upload where person_id = $1 order by at, name`, person)
	return names, err
}

// UseUploads says which pictures belong to a post, in the place of those that did before.
// storage.ErrNotFound means that one of them is gone. It is a step of a transaction (In).
func (s Store) UseUploads(ctx context.Context, person int64, names []string, post int64) error {
	if err := s.lockUploads(ctx, false); err != nil {
		return err
	}
	names = append([]string{}, names...) // none is not null
	if _, err := s.do(ctx, "UseUploads", `delete from upload_use where post_id = $1 and not (person_id = $2 and name = any($3))`, post, person, names); err != nil {
		return err
	}
	var missing bool
	err := s.one(ctx, "UseUploads", `with used as (
			insert into upload_use (post_id, name, person_id) select $1, name, person_id from upload where person_id = $2 and name = any($3) on conflict do nothing)
		select exists (select 1 from unnest($3::text[]) n where not exists (select 1 from upload where person_id = $2 and name = n))`, []any{&missing}, post, person, names)
	if err == nil && missing {
		err = storage.ErrNotFound
	}
	return err
}

// looseAfter is how long a picture may belong to nothing.
const looseAfter = 24 * time.Hour

// DropUploads forgets some pictures that belong to nothing any more, and names them. The
// files of those that nobody else has sent are among GoneUploads from then on. It is a step
// of a transaction (In).
func (s Store) DropUploads(ctx context.Context, now time.Time) (names []string, err error) {
	if err := s.lockUploads(ctx, true); err != nil {
		return nil, err
	}
	var name string
	err = s.each(ctx, "DropUploads", []any{&name}, func() { names = append(names, name) }, `with use as (
			select x.name, x.person_id, not (p.state = 3 or p.blanked or a.gone and (p.state = 1 or p.life_gone)) as lives
			from upload_use x join post p on p.id = x.post_id join person a on a.id = x.person_id),
		gone as (
			delete from upload where (name, person_id) in (
				select u.name, u.person_id from upload u join person o on o.id = u.person_id
				where (u.at < $1 or o.gone or exists (select 1 from use x where x.name = u.name and x.person_id = u.person_id))
					and not exists (select 1 from use x where x.name = u.name and x.person_id = u.person_id and x.lives)
					and not exists (select 1 from draft d where d.person_id = u.person_id and d.fields::text like '%' || u.name || '%')
					and not exists (select 1 from person a where a.local and (a.avatar_url like '%/pictures/' || u.name or a.banner_url like '%/pictures/' || u.name))
					and not exists (select 1 from community c where (c.icon_url like '%/pictures/' || u.name or c.banner_url like '%/pictures/' || u.name))
					and not exists (select 1 from held h where h.person_id = u.person_id and h.fields::text like '%' || u.name || '%')
				limit 500)
			returning name, person_id),
		files as (
			insert into upload_gone (name) select distinct g.name from gone g where not exists (select 1 from upload u where u.name = g.name and (u.name, u.person_id) not in (select name, person_id from gone))
			on conflict do nothing)
		select distinct name from gone`, now.Add(-looseAfter))
	return names, err
}

// GoneUploads names some files that can go, in order, after one.
func (s Store) GoneUploads(ctx context.Context, after string) (names []string, err error) {
	var name string
	err = s.each(ctx, "GoneUploads", []any{&name}, func() { names = append(names, name) }, `select name from upload_gone where name > $1 order by name limit 500`, after)
	return names, err
}

// UploadRemoved says that a file is gone, or that it is somebody's again.
func (s Store) UploadRemoved(ctx context.Context, name string) error {
	_, err := s.do(ctx, "UploadRemoved", `delete from upload_gone where name = $1`, name)
	return err
}
