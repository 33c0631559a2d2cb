package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Unit is one thing to send: one log row to one inbox.
type Unit struct {
	Position
	Inbox    int64
	InboxURL string
	Form     int // FormAct or FormAnnouncement
	Lane     forum.Lane
	Verb     forum.Verb
	Subject  string // what it is about
	Parent   string // what that answers
	Actor    string
	OfXID    int64           // transaction of the row that it changes or undoes; 0 when it is new
	Lasting  bool            // told also to who is too far behind for the rest
	Forum    *forum.Document // for FormAnnouncement
	Micro    *forum.Document // for FormAnnouncement
	Direct   *forum.Document // for FormAct
}

// ID is the unit's name among those of its server and lane.
func (u *Unit) ID() UnitID { return UnitID{u.XID, u.Seq, u.Inbox, u.Form} }

// clockSlack is how much older a log row's time may be than the mark before it:
// as long as a transaction may last, and a day for a clock that was put back. It
// only decides how many days of the log are looked into.
const clockSlack = 26 * time.Hour

// SpokenAt is the transaction whose dialect a unit is told in: what changes or
// undoes something is told in the form in which that was.
func (u *Unit) SpokenAt() int64 {
	if u.OfXID != 0 {
		return u.OfXID
	}
	return u.XID
}

// The pieces of the statements below. Each interval is entered in the index
// where the walk stands or where it begins, whichever is later: a second
// comparison would be a filter, and a new follower would read everything the
// community ever did.
const (
	unitSpans = `span as (
			select u.community_id, u.inbox_id, u.since_xid, u.since_seq,
				case when (u.since_xid, u.since_seq) > ($3, $4) then u.since_xid else $3 end as from_xid,
				case when (u.since_xid, u.since_seq) > ($3, $4) then u.since_seq else $4 end as from_seq,
				least(coalesce(u.until_xid, $7), $7) as below, u.until_xid, u.until_seq
			from audience u where u.server_id = $1 and u.since_xid < $7 and ` + untilXID + ` >= $3
		), followed as (
			select x.at, x.xid, x.seq, span.inbox_id, 2::smallint as form from span cross join lateral (
				select g.at, g.xid, g.seq from log g where g.community_id = span.community_id and g.lane = $2
				and g.at >= least($9::timestamptz, now()) - $10::interval and g.at < $11::timestamptz
				and (g.xid, g.seq) >= (span.from_xid, span.from_seq) and g.xid <= span.below`
	spansEnd = ` order by g.xid, g.seq limit $8 + 1) x
			where (x.xid, x.seq, span.inbox_id, 2) > ($3, $4, $5, $6) and (x.xid, x.seq) > (span.since_xid, span.since_seq) and x.xid < $7
			and (span.until_xid is null or (x.xid, x.seq) < (span.until_xid, span.until_seq))
		)`
	unitTail = spansEnd + `, unit as (
			select distinct on (xid, seq, inbox_id, form) at, xid, seq, inbox_id, form
			from (select at, xid, seq, inbox_id, form from direct union all select at, xid, seq, inbox_id, form from followed) b
			order by xid, seq, inbox_id, form limit $8
		)
		select g.at, g.xid, g.seq, i.id, i.url, u.form, g.subject, g.parent, g.actor, g.verb, g.announcer, g.signer,
			case when g.micro_signer = '' then g.announcer else g.micro_signer end, g.of_xid, g.lasting,
			g.forum_id, case when u.form = 2 then g.forum_doc end, g.micro_id, case when u.form = 2 then g.micro_doc end,
			g.direct_id, case when u.form = 1 then g.direct_doc end
		from unit u join log g on g.at = u.at and g.xid = u.xid and g.seq = u.seq
		join server_inbox i on i.id = u.inbox_id order by u.xid, u.seq, u.inbox_id, u.form`
	directUnits = ` o.server_id = $1 and o.lane = $2 and (o.xid, o.seq, o.inbox_id, o.form) > ($3, $4, $5, $6) and o.xid < $7
			and o.at >= least($9::timestamptz, now()) - $10::interval and o.at < $11::timestamptz
			order by o.xid, o.seq, o.inbox_id, o.form limit $8
		), `
)

// Units reads what comes after a unit in a lane of a server, in order, below a
// horizon, at most limit. since is the time of the row the walk stands at, or of
// an earlier one. complete is false when the limit cut it short. With micro, rows
// of followed communities that say nothing to microblogs are left out.
func (db *DB) Units(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, micro bool, limit int) (units []Unit, complete bool, err error) {
	rows, err := db.pool.Query(ctx, `with direct as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o where`+directUnits+unitSpans+`
				and (not $12 or g.micro_id is not null)`+unitTail,
		server, lane, after.XID, after.Seq, after.Inbox, after.Form, to.XID, limit, since, clockSlack, to.At.Add(clockSlack), micro)
	if err == nil {
		units, err = collectUnits(rows, lane)
	}
	if err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	return units, len(units) < limit, nil
}

// LastingUnits is Units without all that a server need not be told once it is too
// far behind.
func (db *DB) LastingUnits(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, limit int) (units []Unit, complete bool, err error) {
	rows, err := db.pool.Query(ctx, `with direct as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o
			join log g on g.at = o.at and g.xid = o.xid and g.seq = o.seq and g.lasting where`+directUnits+unitSpans+`
				and g.lasting`+unitTail,
		server, lane, after.XID, after.Seq, after.Inbox, after.Form, to.XID, limit, since, clockSlack, to.At.Add(clockSlack))
	if err == nil {
		units, err = collectUnits(rows, lane)
	}
	if err != nil {
		return nil, false, fmt.Errorf("storage.LastingUnits: %w", err)
	}
	return units, len(units) < limit, nil
}

func collectUnits(rows pgx.Rows, lane forum.Lane) ([]Unit, error) {
	var units []Unit
	u := Unit{Lane: lane}
	var announcer, signer, microSigner string
	var forumID, microID, directID *string
	var forumDoc, microDoc, directDoc []byte
	_, err := pgx.ForEachRow(rows, []any{
		&u.At, &u.XID, &u.Seq, &u.Inbox, &u.InboxURL, &u.Form, &u.Subject, &u.Parent, &u.Actor, &u.Verb, &announcer, &signer,
		&microSigner, &u.OfXID, &u.Lasting, &forumID, &forumDoc, &microID, &microDoc, &directID, &directDoc,
	}, func() error {
		u.Forum, u.Micro = document(forumID, forumDoc, announcer), document(microID, microDoc, microSigner)
		u.Direct = document(directID, directDoc, signer)
		units = append(units, u)
		return nil
	})
	return units, err
}

// Reach is how far behind a server may be. One that is behind by more is spared
// what is older, but for what lasts: after two weeks hardly anybody reads on where
// they left off, and a server that comes back would be busy for hours with
// nothing but votes of long ago.
const Reach = 14 * 24 * time.Hour

// maxMissed is up to how many rows of one jump are counted.
const maxMissed = 100_000

// Missed finds the row from which on a server that is too far behind is told
// everything again, and counts what comes after a unit and before that, at most
// maxMissed.
func (db *DB) Missed(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, micro bool) (edge Horizon, missed int64, err error) {
	edge.At = to.At.Add(-Reach)
	err = db.pool.QueryRow(ctx, `select least(coalesce((select g.xid from log g where g.at >= $1 order by g.at limit 1), $2), $2)`,
		edge.At, to.XID).Scan(&edge.XID)
	if err == nil {
		err = db.pool.QueryRow(ctx, `with direct as (
				select from outbox_direct o join log g on g.at = o.at and g.xid = o.xid and g.seq = o.seq and not g.lasting where`+directUnits+unitSpans+`
				and not g.lasting and (not $12 or g.micro_id is not null)`+spansEnd+`
			select count(*) from (select from direct union all select from followed limit $8) m`,
			server, lane, after.XID, after.Seq, after.Inbox, after.Form, edge.XID, maxMissed, since, clockSlack, edge.At.Add(clockSlack), micro).Scan(&missed)
	}
	if err != nil {
		return Horizon{}, 0, fmt.Errorf("storage.Missed: %w", err)
	}
	return edge, missed, nil
}

func document(id *string, body []byte, signer string) *forum.Document {
	if id == nil || body == nil {
		return nil
	}
	return &forum.Document{ID: *id, Body: body, Signer: signer}
}
