package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// UnverifiedDomains lists domains at which keys are to be fetched, in order, the
// first after the given one.
func (db *DB) UnverifiedDomains(ctx context.Context, after string, limit int) ([]string, error) {
	// Each step is one look into the index, however many rows a domain has.
	rows, err := db.pool.Query(ctx, `with recursive names(domain, n) as (
			(select domain, 1 from received where state = 0 and domain > $1 order by domain limit 1)
			union all
			select d.domain, names.n + 1 from names, lateral (
				select domain from received where state = 0 and domain > names.domain order by domain limit 1) d
			where names.n < $2)
		select domain from names order by n`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("storage.UnverifiedDomains: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("storage.UnverifiedDomains: %w", err)
	}
	return names, nil
}

// Lease says which rows Unverified may take.
type Lease struct {
	Rows      int            // at most, in all
	Domains   map[string]int // of these, and of each at most so many
	PerSource int            // at most, with those that Sources counts
	Sources   map[string]int // rows that are being worked on already
}

// Unverified leases rows whose key is not known: nobody else gets them for a
// minute. Fetching a key takes no longer. Within a domain the sources take turns.
func (db *DB) Unverified(ctx context.Context, l Lease) ([]Received, error) {
	var domains, sources, full []string
	var most, busy []int
	for domain, n := range l.Domains {
		domains, most = append(domains, domain), append(most, n)
	}
	for source, n := range l.Sources {
		sources, busy = append(sources, source), append(busy, n)
		if n >= l.PerSource {
			full = append(full, source)
		}
	}
	batch := &pgx.Batch{}
	// Postgres would plan this anew each time, which takes it seven times as long
	// as to run it (4.2 ms beside 0.6).
	batch.Queue(`select set_config('plan_cache_mode', 'force_generic_plan', true)`)
	batch.Queue(`update received r set next_at = now() + interval '1 minute', tries = r.tries + 1
		from (
			select r.id, r.at from (
				select c.id, c.at, c.source, c.next_at, row_number() over (partition by c.source order by c.next_at, c.id) as place
				from unnest($1::text[], $2::int[]) d(domain, most), lateral (
					select t.id, t.at, t.source, t.next_at from (
						select o.id, o.at, o.source, o.next_at, row_number() over (partition by o.source order by o.next_at, o.id) as turn from (
							select u.id, u.at, u.source, u.next_at from received u
							where u.state = 0 and u.domain = d.domain and u.next_at <= now() and u.source <> all(coalesce($3::text[], '{}'))
							order by u.next_at, u.id limit 1000) o) t
					order by t.turn, t.next_at, t.id limit d.most) c
			) c
			left join unnest($4::text[], $5::int[]) b(source, n) on b.source = c.source
			join received r on r.id = c.id and r.at = c.at
			where c.place + coalesce(b.n, 0) <= $6 and r.state = 0 and r.next_at <= now()
			order by c.next_at, c.id limit $7 for update of r skip locked) c
		where r.id = c.id and r.at = c.at returning `+receivedColumns, domains, most, full, sources, busy, l.PerSource, l.Rows)
	var out []Received
	batch.QueuedQueries[1].Query(func(rows pgx.Rows) error {
		var r Received
		_, err := pgx.ForEachRow(rows, receivedFields(&r), func() error { out = append(out, r); return nil })
		return err
	})
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("storage.Unverified: %w", err)
	}
	return out, nil
}

// Postpone gives leased rows back for a while. That is no try.
func (db *DB) Postpone(ctx context.Context, rows []Received, wait time.Duration) error {
	ids, at := make([]int64, len(rows)), make([]time.Time, len(rows))
	for i, r := range rows {
		ids[i], at[i] = r.ID, r.At
	}
	_, err := db.pool.Exec(ctx, `update received r set next_at = now() + $3 * interval '1 second', tries = r.tries - 1
		from unnest($1::bigint[], $2::timestamptz[]) x(id, at)
		where r.id = x.id and r.at = x.at and r.at = any($2) and r.state = 0`, ids, at, wait.Seconds())
	if err != nil {
		return fmt.Errorf("storage.Postpone: %w", err)
	}
	return nil
}

// Verified makes a row ready whose signature turned out right. A repeat of
// something seen before is applied without effect.
func (db *DB) Verified(ctx context.Context, r Received) error {
	a := Arrival{Actor: r.Actor, Activity: r.Activity}
	_, err := db.pool.Exec(ctx, `with fresh as (
			insert into seen (hash) select $3 where not exists (select 1 from seen where hash = $3
				and day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3])) on conflict do nothing returning 1
		)
		update received set tries = 0, request = null,
			state = case when type = 'Follow' or exists (select 1 from fresh) then 1 else 3 end,
			reason = case when type = 'Follow' or exists (select 1 from fresh) then '' else 'a repeat' end
		where id = $1 and at = $2 and state = 0`, r.ID, r.At, a.hash())
	if err != nil {
		return fmt.Errorf("storage.Verified: %w", err)
	}
	return nil
}

// Pending is what is kept of requests that nobody has vouched for.
type Pending struct {
	Rows  int
	Bytes int64
}

// PendingBySource counts what is kept unverified, by the network it came from.
func (db *DB) PendingBySource(ctx context.Context) (map[string]Pending, error) {
	rows, err := db.pool.Query(ctx, `select source, count(*), sum(length(body) + coalesce(length(request), 0)) from received where state = 0 group by source`)
	if err != nil {
		return nil, fmt.Errorf("storage.PendingBySource: %w", err)
	}
	all := map[string]Pending{}
	var source string
	var p Pending
	if _, err := pgx.ForEachRow(rows, []any{&source, &p.Rows, &p.Bytes}, func() error { all[source] = p; return nil }); err != nil {
		return nil, fmt.Errorf("storage.PendingBySource: %w", err)
	}
	return all, nil
}
