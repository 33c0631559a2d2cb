package private

import (
	"context"
	"time"

	"stoa/federation/account"
)

// AddUpload notes a picture that somebody has sent, if there is room for it: in their
// share, and in that of the node. One that they sent before costs nothing.
func (s Store) AddUpload(ctx context.Context, person int64, u account.Upload, budget int64, at time.Time) (bool, error) {
	var had bool
	if err := s.one(ctx, "AddUpload", `select exists (select 1 from upload where name = $1 and person_id = $2)`, []any{&had}, u.Name, person); err != nil || had {
		return had, err
	}
	n, err := s.do(ctx, "AddUpload", `insert into upload (name, person_id, bytes, type, width, height, at) select $1, $2, $3::bigint, $4, $5, $6, $7
		where (select coalesce(sum(bytes), 0) from upload where person_id = $2) + $3 <= $8 and (select coalesce(sum(bytes), 0) from upload) + $3 <= $9
		on conflict do nothing`, u.Name, person, u.Bytes, u.Type, u.Width, u.Height, at, account.MaxUploads, budget)
	return n == 1, err
}

// Uploaded tells whether anybody has sent a picture.
func (s Store) Uploaded(ctx context.Context, name string) (yes bool, err error) {
	err = s.one(ctx, "Uploaded", `select exists (select 1 from upload where name = $1)`, []any{&yes}, name)
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

// UseUploads says that pictures belong to a post.
func (s Store) UseUploads(ctx context.Context, person int64, names []string, post int64) error {
	_, err := s.do(ctx, "UseUploads", `update upload set post_id = coalesce(post_id, $3) where person_id = $1 and name = any($2)`, person, names, post)
	return err
}

// looseAfter is how long a picture may belong to nothing.
const looseAfter = 24 * time.Hour

// DropUploads forgets some pictures that belong to nothing any more, and names those
// that nobody else has sent: their files can go.
func (s Store) DropUploads(ctx context.Context, now time.Time) (names []string, err error) {
	var name string
	err = s.each(ctx, "DropUploads", []any{&name}, func() { names = append(names, name) }, `with gone as (
			delete from upload where (name, person_id) in (
				select u.name, u.person_id from upload u left join post p on p.id = u.post_id
				where u.post_id is null and u.at < $1
						and not exists (select 1 from draft d where d.person_id = u.person_id and d.fields::text like '%' || u.name || '%')
						and not exists (select 1 from person a where a.local and (a.avatar_url like '%/pictures/' || u.name or a.banner_url like '%/pictures/' || u.name))
						and not exists (select 1 from community c where c.local and (c.icon_url like '%/pictures/' || u.name or c.banner_url like '%/pictures/' || u.name))
						and not exists (select 1 from held h where h.person_id = u.person_id and h.fields::text like '%' || u.name || '%')
					or p.state = 3 or p.blanked limit 500)
			returning name, person_id)
		select distinct g.name from gone g where not exists (select 1 from upload u where u.name = g.name and (u.name, u.person_id) not in (select name, person_id from gone))`, now.Add(-looseAfter))
	return names, err
}
