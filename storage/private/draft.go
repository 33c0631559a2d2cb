package private

import (
	"context"
	"errors"
	"time"

	"stoa/federation/account"
	"stoa/storage"
)

// SaveDraft keeps what somebody has begun to write, in the place of what was kept for
// the same place before.
func (s Store) SaveDraft(ctx context.Context, person int64, place string, d account.Draft, at time.Time) error {
	_, err := s.do(ctx, "SaveDraft", `insert into draft (person_id, place, fields, at) values ($1, $2, $3, $4)
		on conflict (person_id, place) do update set fields = $3, at = $4`, person, place, d, at)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, "SaveDraft", `delete from draft where person_id = $1 and place in (
		select place from draft where person_id = $1 order by at desc offset $2)`, person, account.MaxDrafts)
	return err
}

// Draft finds what somebody has begun to write for a place; false when nothing is kept.
func (s Store) Draft(ctx context.Context, person int64, place string) (d account.Draft, ok bool, err error) {
	err = s.one(ctx, "Draft", `select fields from draft where person_id = $1 and place = $2`, []any{&d}, person, place)
	if errors.Is(err, storage.ErrNotFound) {
		return d, false, nil
	}
	return d, err == nil, err
}

// Drafts lists what somebody has begun to write, the newest first.
func (s Store) Drafts(ctx context.Context, person int64) ([]account.Kept, error) {
	var k account.Kept
	var list []account.Kept
	err := s.each(ctx, "Drafts", []any{&k.Place, &k.Draft, &k.At}, func() {
		list = append(list, k)
		k = account.Kept{}
	}, `select place, fields, at from draft where person_id = $1 order by at desc`, person)
	return list, err
}

// DropDraft forgets what was kept for a place.
func (s Store) DropDraft(ctx context.Context, person int64, place string) error {
	_, err := s.do(ctx, "DropDraft", `delete from draft where person_id = $1 and place = $2`, person, place)
	return err
}

// maxHeld is how much of one person waits for an admin at a time.
const maxHeld = 20

// Hold keeps what a new account posts until an admin releases it; false when enough of
// theirs waits already.
func (s Store) Hold(ctx context.Context, person int64, d account.Draft, at time.Time) (bool, error) {
	n, err := s.do(ctx, "Hold", `insert into held (person_id, fields, at) select $1, $2, $3 where (select count(*) from held where person_id = $1) < $4`, person, d, at, maxHeld)
	return n == 1, err
}

// Held lists what of somebody waits for an admin, the oldest first.
func (s Store) Held(ctx context.Context, person int64) ([]account.Kept, error) {
	var k account.Kept
	var list []account.Kept
	err := s.each(ctx, "Held", []any{&k.ID, &k.Draft, &k.At}, func() {
		list = append(list, k)
		k = account.Kept{}
	}, `select id, fields, at from held where person_id = $1 order by id`, person)
	return list, err
}

// DropHeld takes something out of what waits; false when somebody else has.
func (s Store) DropHeld(ctx context.Context, id int64) (bool, error) {
	n, err := s.do(ctx, "DropHeld", `delete from held where id = $1`, id)
	return n == 1, err
}
