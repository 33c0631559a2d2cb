package inbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// multiply adds so many copies of a post, and as many comments by its author on another
// post, as if all had come long ago, and keeps the counters right.
func (b *board) multiply(post string, posts int, reply string, comments int) {
	b.t.Helper()
	for _, sql := range []string{
		`insert into post select (jsonb_populate_record(p, jsonb_build_object('id', nextval('post_id_seq'), 'uri', p.uri || '/' || n))).*
			from post p, generate_series(1, $2::int) n where p.uri = $1`,
		`insert into placement select (jsonb_populate_record(l, jsonb_build_object('post_id', x.id, 'announce_id', l.announce_id || '/' || x.id, 'boost_id', case l.boost_id when '' then '' else l.boost_id || '/' || x.id end))).*
			from post p join placement l on l.post_id = p.id join post x on x.uri like p.uri || '/%' where p.uri = $1 and $2::int is not null on conflict do nothing`,
		`insert into post_rank select (jsonb_populate_record(l, jsonb_build_object('post_id', x.id))).* from post p join post_rank l on l.post_id = p.id join post x on x.uri like p.uri || '/%' where p.uri = $1 and $2::int is not null on conflict do nothing`,
		`insert into post_pulse select (jsonb_populate_record(l, jsonb_build_object('post_id', x.id))).* from post p join post_pulse l on l.post_id = p.id join post x on x.uri like p.uri || '/%' where p.uri = $1 and $2::int is not null on conflict do nothing`,
		`update person set posts = posts + $2 where id = (select author_id from post where uri = $1)`,
		`update community set posts = posts + $2 where id = (select community_id from post where uri = $1)`,
	} {
		if _, err := b.db.Pool().Exec(b.ctx, sql, post, posts); err != nil {
			b.t.Fatalf("%v: %s", err, sql)
		}
	}
	for _, sql := range []string{
		`insert into comment select (jsonb_populate_record(m, jsonb_build_object('id', nextval('comment_id_seq'), 'uri', m.uri || '/' || n))).*
			from comment m, generate_series(1, $2::int) n where m.uri = $1`,
		`update post set comments = comments + $2 where id = (select post_id from comment where uri = $1)`,
		`update post_pulse set comments = comments + $2 where post_id = (select post_id from comment where uri = $1)`,
		`update person set comments = comments + $2 where id = (select author_id from comment where uri = $1)`,
		`update community set comments = comments + $2 where id = (select p.community_id from comment m join post p on p.id = m.post_id where m.uri = $1)`,
	} {
		if _, err := b.db.Pool().Exec(b.ctx, sql, reply, comments); err != nil {
			b.t.Fatalf("%v: %s", err, sql)
		}
	}
	b.counted()
}

// measure has somebody moderate, with what goes along.
func (b *board) measure(m forum.Moderation) {
	b.t.Helper()
	m.Along = true
	err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := b.forum.Moderate(ctx, tx, []forum.Moderation{m})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// sweeps does what is due of sweeps.
func (b *board) sweeps() {
	b.t.Helper()
	if err := b.in.sweepOn(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

// swept is a board whose node does nothing by itself, with a long history of eve: posts,
// and answers to a post of somebody else.
func swept(t *testing.T, posts, comments int) (b *board, eve, boss forum.Person, mine string) {
	t.Helper()
	b = &board{node: still(t, nil)}
	b.c = b.found("go")
	eve, boss = b.join("eve"), b.join("boss")
	b.account(boss, true)
	b.account(eve, false)
	c, err := b.db.Reader().CommunityByURI(b.ctx, b.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []forum.Person{eve, boss} {
		err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := b.forum.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{Author: by, Community: c, Title: "One", TitleGiven: true, Text: forum.Text{Source: "x", Format: forum.Markdown, HTML: "<p>x</p>"}}}})
			if err == nil && out[0].Refused != nil {
				err = out[0].Refused
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mine = b.text(`select uri from post where author_id = $1`, boss.ID)
	b.multiply(b.text(`select uri from post where author_id = $1`, eve.ID), posts-1, b.writes(eve, mine, "hers"), comments-1)
	return b, eve, boss, mine
}

// A ban of somebody who wrote a lot is in force at once, and with it goes as much of what
// they wrote as one transaction takes; the rest follows in pieces, also after a crash.
// Microblogs, which know of no ban, take back what they boosted, so many at a time.
func TestBansOfThoseWhoWroteALot(t *testing.T) {
	t.Parallel()
	const posts, comments = 620, 700
	b, eve, boss, _ := swept(t, posts, comments)
	const hidden, boosts = `select (select count(*) from post where state = 2) + (select count(*) from comment where state = 2)`, `select count(distinct subject) from log
		where verb = $1 and forum_id is null and direct_id is null and position(convert_to($2, 'UTF8') in micro_doc) > 0`
	due := func() {
		t.Helper()
		if _, err := b.db.Pool().Exec(b.ctx, `update sweep set next_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
	ban := forum.Moderation{Verb: forum.VerbBan, By: boss, Object: eve.URI, Community: b.c.ID, Reason: "spam"}
	b.measure(ban)
	b.want(1, `select count(*) from ban where person_id = $1`, eve.ID)
	b.want(1000, hidden)
	b.want(1, `select count(*) from sweep where done = 1000 and not back`)
	b.counted()

	// Killed in the middle of the next piece.
	crash := errors.New("crash")
	err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
		done, more, err := b.forum.SweepOn(ctx, tx)
		if err != nil || !more || done.N != 320 {
			t.Errorf("%+v, %v, %v", done, more, err)
		}
		return crash
	})
	if !errors.Is(err, crash) {
		t.Fatal(err)
	}
	b.want(1000, hidden)
	b.want(0, boosts, "remove", `"type":"Undo"`)
	b.sweeps()
	b.want(posts+comments, hidden)
	b.counted()
	b.want(posts, `select count(*) from notice where person_id = $1 and kind = 4 and comment_id is null`, eve.ID)

	// Microblogs are told so many at a time.
	b.want(100, boosts, "remove", `"type":"Undo"`)
	b.sweeps()
	b.want(100, boosts, "remove", `"type":"Undo"`)
	for range posts/100 + 1 {
		due()
		b.sweeps()
	}
	b.want(posts, boosts, "remove", `"type":"Undo"`)
	b.want(posts, `select count(*) from log where verb = 'remove'`)
	b.want(0, `select count(*) from log l join post p on p.uri = l.subject join placement x on x.post_id = p.id
		where l.verb = 'remove' and position(convert_to('"id":"' || x.boost_id || '"', 'UTF8') in l.micro_doc) = 0`)
	b.want(0, `select count(*) from sweep`)

	// Taken back, all of it comes again, and so do the boosts.
	ban.Verb = forum.VerbUnban
	b.measure(ban)
	b.want(1, `select count(*) from sweep where back`)
	for range posts/100 + 1 {
		due()
		b.sweeps()
	}
	b.want(0, hidden)
	b.want(posts, boosts, "restore", `"type":"Announce"`)
	b.want(0, `select count(*) from sweep`)
	b.want(0, `select count(*) from swept`)
	b.counted()
	b.want(0, `select count(*) from post_rank where hot = 0`)

	// Taken back before it was finished, nobody hears of what nobody had heard of.
	ban.Verb = forum.VerbBan
	b.measure(ban)
	ban.Verb = forum.VerbUnban
	b.measure(ban)
	for range posts/100 + 1 {
		due()
		b.sweeps()
	}
	b.want(0, hidden)
	b.counted()
	b.want(2*posts, `select count(*) from log where verb in ('remove', 'restore')`)
	b.want(0, `select (select count(*) from sweep) + (select count(*) from swept)`)
}

// So with all that is below something: what is written later stays, what was written
// before goes whenever it comes, and a node that begins anew goes on by itself.
func TestRemovalsOfLongThreads(t *testing.T) {
	t.Parallel()
	const comments = 1300
	b, _, boss, mine := swept(t, 1, comments)
	removal := forum.Moderation{Verb: forum.VerbRemove, By: boss, Object: mine, Reason: "all of it"}
	b.measure(removal)
	b.are("2", mine)
	b.want(500, `select count(*) from comment where state = 2`)
	b.want(1, `select count(*) from sweep where not back`)
	for _, late := range []string{`m.published_at`, `now() + interval '1 minute'`} {
		_, err := b.db.Pool().Exec(b.ctx, `insert into comment select (jsonb_populate_record(m, jsonb_build_object('id', nextval('comment_id_seq'), 'uri', m.uri || '/late/' || $1::text, 'published_at', `+late+`, 'received_at', `+late+`))).*
			from comment m where m.state = 0 order by m.id desc limit 1`, late)
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.db.Pool().Exec(b.ctx, `update post set comments = comments + 2 where uri = $1`, mine)
	if err != nil {
		t.Fatal(err)
	}
	b.work() // as a program does that was killed after it had said yes
	for range 300 {
		if b.number(`select count(*) from sweep`) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.want(0, `select count(*) from sweep`)
	b.want(comments+1, `select count(*) from comment where state = 2`)
	b.want(1, `select count(*) from comment where state = 0 and published_at > now()`)
	b.want(comments+1, `select count(*) from swept`)
	b.want(1, `select comments from post where uri = $1`, mine)
	b.want(1, `select count(*) from log where verb = 'remove'`)
}
