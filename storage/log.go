package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage/fault"
)

// Position is a place in the log. Sequence numbers alone commit out of order, so
// a position leads with the transaction's id, and a reader that stops below
// log_horizon() never meets a row that sorts before one it has passed.
type Position struct {
	XID, Seq int64
	At       time.Time // of the row; only narrows which days of the log are read
}

// Before orders positions.
func (p Position) Before(q Position) bool {
	return p.XID < q.XID || p.XID == q.XID && p.Seq < q.Seq
}

// logColumns are log rows about to be written, column by column.
type logColumns struct {
	verbs, actors, subjects, parents, announcers, signers, microSigners []string

	lanes                            []int16
	of                               []int64
	communities                      []*int64
	forumIDs, microIDs, directIDs    []*string
	forumDocs, microDocs, directDocs [][]byte
	public, lasting                  []bool
}

// lasts reports whether a server is told of a verb also when it is so far behind
// that it is spared the rest: what takes something away, or gives it back.
func lasts(v forum.Verb) bool {
	switch v {
	case forum.VerbRemove, forum.VerbRestore, forum.VerbDelete, forum.VerbUndelete, forum.VerbBan, forum.VerbUnban, forum.VerbBanish, forum.VerbReadmit, forum.VerbDepart:
		return true
	}
	return false
}

func (c *logColumns) add(e *forum.Event, r *forum.Rendering) {
	var community *int64
	announcer, signer, microSigner, public := "", "", "", true
	if e.Announce {
		community, announcer = &e.Community.ID, e.Community.URI
	}
	if r.Direct != nil {
		signer, public = r.Direct.Signer, r.Direct.Public
	}
	if e.Apart && r.Forum != nil { // in the name of who acts, where no community passes it on
		announcer, public = r.Forum.Signer, false
	}
	if r.Micro != nil && r.Micro.Signer != announcer {
		microSigner = r.Micro.Signer
	}
	c.of, c.microSigners, c.lasting = append(c.of, e.Of), append(c.microSigners, microSigner), append(c.lasting, lasts(e.Verb))
	c.verbs, c.lanes, c.communities = append(c.verbs, string(e.Verb)), append(c.lanes, int16(e.Verb.Lane())), append(c.communities, community)
	c.actors, c.subjects, c.parents = append(c.actors, e.Actor.URI), append(c.subjects, e.Subject()), append(c.parents, e.Parent())
	c.announcers, c.signers, c.public = append(c.announcers, announcer), append(c.signers, signer), append(c.public, public)
	for _, d := range []struct {
		ids  *[]*string
		docs *[][]byte
		of   *forum.Document
	}{{&c.forumIDs, &c.forumDocs, r.Forum}, {&c.microIDs, &c.microDocs, r.Micro}, {&c.directIDs, &c.directDocs, r.Direct}} {
		var id *string
		var doc []byte
		if d.of != nil {
			id, doc = &d.of.ID, d.of.Body
		}
		*d.ids, *d.docs = append(*d.ids, id), append(*d.docs, doc)
	}
	if r.Chat != nil { // the same activity as Direct, in other words
		c.forumDocs[len(c.forumDocs)-1] = r.Chat.Body
	}
}

// AppendEvents implements forum.EventTx.
func (t *Tx) AppendEvents(ctx context.Context, events []*forum.Event, renderings []forum.Rendering, made []forum.Announcement) error {
	fault.At("log.append.before")
	var c logColumns
	for i, e := range events {
		c.add(e, &renderings[i])
	}
	positions := make([]Position, 0, len(events))
	var p Position
	t.logged = true
	batch := &pgx.Batch{}
	announcements(batch, made)
	ask(batch, []any{&p.At, &p.XID, &p.Seq}, func() { positions = append(positions, p) }, `
		insert into log (at, xid, seq, verb, lane, community_id, actor, subject, parent,
			forum_id, forum_doc, micro_id, micro_doc, direct_id, direct_doc, announcer, signer, public, micro_signer, of_xid, lasting)
		select now(), o.xid, nextval('log_seq'), verb, lane, community, actor, subject, parent,
			forum_id, forum_doc, micro_id, micro_doc, direct_id, direct_doc, announcer, signer, public, micro_signer, of_xid, lasting
		from (select log_xid() as xid) o, unnest($1::text[], $2::smallint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
			$9::text[], $10::bytea[], $11::text[], $12::bytea[], $13::text[], $14::text[], $15::boolean[], $16::text[], $17::bigint[], $18::boolean[]) with ordinality
			x(verb, lane, community, actor, subject, parent, forum_id, forum_doc, micro_id, micro_doc, direct_id, direct_doc,
				announcer, signer, public, micro_signer, of_xid, lasting, n)
		order by n returning at, xid, seq`,
		c.verbs, c.lanes, c.communities, c.actors, c.subjects, c.parents, c.forumIDs, c.forumDocs, c.microIDs, c.microDocs,
		c.directIDs, c.directDocs, c.announcers, c.signers, c.public, c.microSigners, c.of, c.lasting)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.AppendEvents: %w", err)
	}
	// Numbers are given after the rows are ordered, so their order is that of the events.
	slices.SortFunc(positions, func(a, b Position) int { return cmp.Compare(a.Seq, b.Seq) })
	if err := t.addDirect(ctx, events, renderings, positions); err != nil {
		return err
	}
	if err := t.addLeft(ctx, events, renderings, positions); err != nil {
		return err
	}
	fault.At("log.append.after")
	return nil
}

// The forms a direct row can ask for.
const (
	FormAct          = 1 // the act itself
	FormAnnouncement = 2 // what the community announced of it
	FormMessage      = 3 // the act, or the same for forums: see forum.Rendering.Chat
)

// addressed is a log row on its way to one inbox.
type addressed struct {
	url  string
	form int16
	lane forum.Lane
	at   Position
	// unlessFollowing is a community: where its followers have that server told
	// anyway, the row is not needed.
	unlessFollowing int64
}

// directLane keeps the votes that people here cast elsewhere from holding up
// what they write, and both from holding up an Accept.
func directLane(e *forum.Event) forum.Lane {
	switch e.Verb {
	case forum.VerbSubmit, forum.VerbReply, forum.VerbVote, forum.VerbChoose, forum.VerbTally:
		return e.Verb.Lane()
	}
	return forum.LaneDirect
}

// addDirect addresses log rows to the inboxes that their events name.
func (t *Tx) addDirect(ctx context.Context, events []*forum.Event, renderings []forum.Rendering, at []Position) error {
	var all []addressed
	for i, e := range events {
		if renderings[i].Direct != nil {
			form := int16(FormAct)
			if renderings[i].Chat != nil {
				form = FormMessage
			}
			for _, url := range e.Direct {
				all = append(all, addressed{url, form, directLane(e), at[i], 0})
			}
		}
		if renderings[i].Forum != nil {
			unless := e.Community.ID
			if e.Apart {
				unless = 0
			}
			for _, url := range e.Echo {
				all = append(all, addressed{url, FormAnnouncement, e.Verb.Lane(), at[i], unless})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	urls := make([]string, len(all))
	for i, d := range all {
		urls[i] = d.url
	}
	inboxes, err := t.inboxes(ctx, urls)
	if err != nil {
		return err
	}
	n := len(all)
	servers, ids := make([]int64, n), make([]int64, n)
	lanes, forms := make([]int16, n), make([]int16, n)
	times, xids, seqs := make([]time.Time, n), make([]int64, n), make([]int64, n)
	unless := make([]int64, n)
	for i, d := range all {
		in := inboxes[d.url]
		servers[i], ids[i], lanes[i], forms[i] = in.server, in.id, int16(d.lane), d.form
		times[i], xids[i], seqs[i], unless[i] = d.at.At, d.at.XID, d.at.Seq, d.unlessFollowing
	}
	_, err = t.tx.Exec(ctx, `insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
		select s, i, l, f, t, x, q
		from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::timestamptz[], $6::bigint[], $7::bigint[], $8::int[]) d(s, i, l, f, t, x, q, c)
		where not exists (select 1 from audience a where a.community_id = d.c and a.server_id = d.s and a.until_xid is null
			and (a.since_xid, a.since_seq) < (d.x, d.q))
		on conflict do nothing`, servers, ids, lanes, forms, times, xids, seqs, unless)
	if err != nil {
		return fmt.Errorf("storage: addressing: %w", err)
	}
	return nil
}

// addLeft addresses what changes something to the inboxes that got that and
// follow no more: the new words, and that it is gone, reach everybody who has the
// old. The community is locked against follows meanwhile: who leaves before is
// seen here, and who leaves after has this row in the stretch that ends.
func (t *Tx) addLeft(ctx context.Context, events []*forum.Event, renderings []forum.Rendering, at []Position) error {
	var communities, of, xids, seqs []int64
	var lanes []int16
	var times []time.Time
	for i, e := range events {
		if e.Of != 0 && e.Announce && (renderings[i].Forum != nil || renderings[i].Micro != nil) {
			communities, of, lanes = append(communities, e.Community.ID), append(of, e.Of), append(lanes, int16(e.Verb.Lane()))
			times, xids, seqs = append(times, at[i].At), append(xids, at[i].XID), append(seqs, at[i].Seq)
		}
	}
	if len(of) == 0 {
		return nil
	}
	_, err := t.tx.Exec(ctx, `select from community where id = any($1) order by id for share`, communities)
	if err == nil {
		_, err = t.tx.Exec(ctx, `insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
			select distinct u.server_id, u.inbox_id, e.lane, 2, e.at, e.xid, e.seq
			from unnest($1::integer[], $2::bigint[], $3::smallint[], $4::timestamptz[], $5::bigint[], $6::bigint[]) e(community_id, of_xid, lane, at, xid, seq)
			join audience u on u.community_id = e.community_id and `+untilXID+` >= e.of_xid and u.since_xid <= e.of_xid and u.until_xid is not null
			where not exists (select 1 from audience o where o.community_id = e.community_id and o.inbox_id = u.inbox_id and o.until_xid is null)
			on conflict do nothing`, communities, of, lanes, times, xids, seqs)
	}
	if err != nil {
		return fmt.Errorf("storage: addressing those who have left: %w", err)
	}
	return nil
}

// untilXID is when an interval of audience u ends, in the words of its indexes.
const untilXID = `coalesce(u.until_xid, 9223372036854775807)`

// Touched is what acts changed between two looks at the log.
type Touched struct {
	Nothing bool
	// Threads are the posts that got votes and comments. With Everything, what
	// changed may show anywhere.
	Threads    []int64
	Everything bool
}

// mostTouched is how many acts are told apart in one look.
const mostTouched = 2000

// Look is how far somebody has followed what changes.
type Look struct {
	at      Position
	actions int64 // sum of the last numbers in moderation, of which one can come late
}

// Touched reads what changed since a look, and returns the next one. The zero
// Look has seen all that is there.
func (r *Reader) Touched(ctx context.Context, after Look) (Touched, Look, error) {
	var end Look
	if err := r.db.pool.QueryRow(ctx, `select log_horizon(), now(), (select coalesce(sum(id), 0)::bigint
		from (select id from moderation order by id desc limit 100) m)`).Scan(&end.at.XID, &end.at.At, &end.actions); err != nil {
		return Touched{}, after, fmt.Errorf("storage.Touched: %w", err)
	}
	if after.at.XID == 0 {
		return Touched{Nothing: true}, end, nil
	}
	if after.actions != end.actions { // what admins do is not in the log
		return Touched{Everything: true}, end, nil
	}
	if after.at.XID >= end.at.XID {
		return Touched{Nothing: true}, end, nil
	}
	var t Touched
	var verb string
	var id int64
	n := 0
	err := each(ctx, r.db.pool, "storage.Touched", []any{&verb, &id}, func() {
		n++
		switch v := forum.Verb(verb); {
		case v == forum.VerbMessage, v == forum.VerbMessageEdit, v == forum.VerbMessageDelete: // on no page but one's own
		case v == forum.VerbChoose: // its voter alone sees it, and keeps no page
		case id == 0, v != forum.VerbVote && v != forum.VerbReply && v != forum.VerbTally:
			t.Everything = true
		default:
			t.Threads = append(t.Threads, id)
		}
	}, `select l.verb, coalesce(p.id, m.post_id, 0)
		from (select verb, subject from log where xid >= $1 and xid < $2 and at > $3::timestamptz - interval '26 hours' limit $4) l
		left join post p on p.uri = l.subject left join comment m on m.uri = l.subject`, after.at.XID, end.at.XID, after.at.At, mostTouched)
	if err != nil {
		return Touched{}, after, err
	}
	slices.Sort(t.Threads)
	t.Threads = slices.Compact(t.Threads)
	t.Nothing, t.Everything = n == 0, t.Everything || n == mostTouched
	return t, end, nil
}
