package private

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
)

// Collections lists somebody's collections by name. Has says whether a community is in
// each; with 0 none is.
func (s Store) Collections(ctx context.Context, person, community int64) ([]forum.Collection, error) {
	var k forum.Collection
	var list []forum.Collection
	err := s.each(ctx, "Collections", []any{&k.ID, &k.Name, &k.Communities, &k.Has, &k.Feed, &k.State}, func() { list = append(list, k) },
		`select k.id, k.name, (select count(*) from collected x where x.collection_id = k.id),
			exists (select 1 from collected x where x.collection_id = k.id and x.community_id = $2), k.feed, k.feed_state
		from collection k where k.person_id = $1 order by lower(k.name), k.id limit $3`, person, community, account.MaxCollections)
	return list, err
}

// Collected lists the communities of one of somebody's collections by title.
func (s Store) Collected(ctx context.Context, person, collection int64) ([]forum.Community, error) {
	var c forum.Community
	var list []forum.Community
	err := s.each(ctx, "Collected", []any{&c.ID, &c.URI, &c.Name, &c.Host, &c.Local, &c.Title, &c.IconURL, &c.Gone, &c.Removed}, func() { list = append(list, c) },
		`select c.id, c.uri, c.name, c.host, c.local, c.title, c.icon_url, c.gone, c.removed
		from collection k join collected x on x.collection_id = k.id join community c on c.id = x.community_id
		where k.person_id = $1 and k.id = $2 order by lower(coalesce(nullif(c.title, ''), c.name)), c.id limit $3`, person, collection, account.MaxCollected)
	return list, err
}

// Collect makes a collection, whose name was checked. What would go beyond the bounds
// of account is refused. It is to be part of a transaction: two requests at one moment
// wait for each other.
func (s Store) Collect(ctx context.Context, person int64, name string, at time.Time) (id int64, err error) {
	if _, err := s.do(ctx, "Collect", `select 1 from account where person_id = $1 for update`, person); err != nil {
		return 0, err
	}
	err = s.one(ctx, "Collect", `insert into collection (person_id, name, made_at) select $1, $2, $3
		where (select count(*) from collection where person_id = $1) < $4 returning id`, []any{&id}, person, name, at, account.MaxCollections)
	if errors.Is(err, storage.ErrNotFound) {
		return 0, account.ErrCollections
	}
	return id, named(err)
}

// Feed has one of somebody's collections hold what a Feed elsewhere is made of, once it
// is read, and no longer what was put into it by hand.
func (s Store) Feed(ctx context.Context, person, collection int64, feed string) error {
	n, err := s.do(ctx, "Feed", `update collection set feed = $3 where person_id = $1 and id = $2`, person, collection, feed)
	if err == nil && n == 0 {
		return storage.ErrNotFound
	}
	return err
}

// named tells a name that is taken from an error.
func named(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" && pg.ConstraintName == "collection_name" {
		return account.ErrCollectionTaken
	}
	return err
}

// RenameCollection gives one of somebody's collections another name, which was checked.
func (s Store) RenameCollection(ctx context.Context, person, collection int64, name string) error {
	n, err := s.do(ctx, "RenameCollection", `update collection set name = $3 where person_id = $1 and id = $2`, person, collection, name)
	if err == nil && n == 0 {
		return storage.ErrNotFound
	}
	return named(err)
}

// DropCollection takes one of somebody's collections away.
func (s Store) DropCollection(ctx context.Context, person, collection int64) error {
	n, err := s.do(ctx, "DropCollection", `delete from collection where person_id = $1 and id = $2`, person, collection)
	if err == nil && n == 0 {
		return storage.ErrNotFound
	}
	return err
}

// Put puts a community into one of somebody's collections. It is to be part of a
// transaction, as Collect is.
func (s Store) Put(ctx context.Context, person, collection, community int64, at time.Time) error {
	n, err := s.do(ctx, "Put", `select 1 from collection where person_id = $1 and id = $2 for update`, person, collection)
	if err == nil && n == 0 {
		return storage.ErrNotFound
	}
	if err != nil {
		return err
	}
	var known, has bool
	var size int
	err = s.one(ctx, "Put", `select exists (select 1 from community where id = $2 and not removed and not wall),
		exists (select 1 from collected where collection_id = $1 and community_id = $2), (select count(*) from collected where collection_id = $1)`,
		[]any{&known, &has, &size}, collection, community)
	switch {
	case err != nil || has:
		return err
	case !known:
		return storage.ErrNotFound
	case size >= account.MaxCollected:
		return account.ErrCollectionFull
	}
	_, err = s.do(ctx, "Put", `insert into collected (collection_id, community_id, at) values ($1, $2, $3)`, collection, community, at)
	return err
}

// Take takes a community out of one of somebody's collections.
func (s Store) Take(ctx context.Context, person, collection, community int64) error {
	_, err := s.do(ctx, "Take", `delete from collected x using collection k
		where k.id = x.collection_id and k.person_id = $1 and k.id = $2 and x.community_id = $3`, person, collection, community)
	return err
}
