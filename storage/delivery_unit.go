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

// Units reads what comes after a unit in a lane of a server, in order, below a
// horizon, at most limit. since is the time of the mark the walk began at.
// complete is false when the limit cut it short. With micro, rows of followed
// communities that say nothing to microblogs are left out.
func (db *DB) Units(ctx context.Context, server int64, lane forum.Lane, after UnitID, since time.Time, to Horizon, micro bool, limit int) (units []Unit, complete bool, err error) {
	// Each interval is entered in the index where the walk stands or where it
	// begins, whichever is later: a second comparison would be a filter, and a new
	// follower would read everything the community ever did.
	rows, err := db.pool.Query(ctx, `with direct as (
			select o.at, o.xid, o.seq, o.inbox_id, o.form from outbox_direct o
			where o.server_id = $1 and o.lane = $2 and (o.xid, o.seq, o.inbox_id, o.form) > ($3, $4, $5, $6) and o.xid < $7
			order by o.xid, o.seq, o.inbox_id, o.form limit $8
		), span as (
			select a.community_id, a.inbox_id, a.since_xid, a.since_seq,
				case when (a.since_xid, a.since_seq) > ($3, $4) then a.since_xid else $3 end as from_xid,
				case when (a.since_xid, a.since_seq) > ($3, $4) then a.since_seq else $4 end as from_seq,
				least(coalesce(a.until_xid, $7), $7) as below, a.until_xid, a.until_seq
			from audience a where a.server_id = $1 and a.since_xid < $7 and (a.until_xid is null or a.until_xid >= $3)
		), followed as (
			select x.at, x.xid, x.seq, span.inbox_id, 2::smallint as form from span cross join lateral (
				select g.at, g.xid, g.seq from log g where g.community_id = span.community_id and g.lane = $2
				and g.at >= least($9::timestamptz, now()) - $10::interval
				and (g.xid, g.seq) >= (span.from_xid, span.from_seq) and g.xid <= span.below
				and (not $11 or g.micro_id is not null)
				order by g.xid, g.seq limit $8 + 1) x
			where (x.xid, x.seq, span.inbox_id, 2) > ($3, $4, $5, $6) and (x.xid, x.seq) > (span.since_xid, span.since_seq) and x.xid < $7
			and (span.until_xid is null or (x.xid, x.seq) < (span.until_xid, span.until_seq))
		), unit as (
			select distinct on (xid, seq, inbox_id, form) at, xid, seq, inbox_id, form
			from (select at, xid, seq, inbox_id, form from direct union all select at, xid, seq, inbox_id, form from followed) b
			order by xid, seq, inbox_id, form limit $8
		)
		select g.at, g.xid, g.seq, i.id, i.url, u.form, g.subject, g.parent, g.actor, g.verb, g.announcer, g.signer,
			g.forum_id, case when u.form = 2 then g.forum_doc end, g.micro_id, case when u.form = 2 then g.micro_doc end,
			g.direct_id, case when u.form = 1 then g.direct_doc end
		from unit u join log g on g.at = u.at and g.xid = u.xid and g.seq = u.seq
		join server_inbox i on i.id = u.inbox_id order by u.xid, u.seq, u.inbox_id, u.form`,
		server, lane, after.XID, after.Seq, after.Inbox, after.Form, to.XID, limit, since, clockSlack, micro)
	if err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	var u Unit
	var announcer, signer string
	var forumID, microID, directID *string
	var forumDoc, microDoc, directDoc []byte
	_, err = pgx.ForEachRow(rows, []any{
		&u.At, &u.XID, &u.Seq, &u.Inbox, &u.InboxURL, &u.Form, &u.Subject, &u.Parent, &u.Actor, &u.Verb, &announcer, &signer,
		&forumID, &forumDoc, &microID, &microDoc, &directID, &directDoc,
	}, func() error {
		u.Lane = lane
		u.Forum, u.Micro = document(forumID, forumDoc, announcer), document(microID, microDoc, announcer)
		u.Direct = document(directID, directDoc, signer)
		units = append(units, u)
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("storage.Units: %w", err)
	}
	return units, len(units) < limit, nil
}

func document(id *string, body []byte, signer string) *forum.Document {
	if id == nil || body == nil {
		return nil
	}
	return &forum.Document{ID: *id, Body: body, Signer: signer}
}
