package inbox

import (
	"context"
	"testing"
	"time"

	"stoa/federation/fedtest"
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

func TestMeasureSweep(t *testing.T) {
	b := newBoard(t, fedtest.Lemmy)
	boss := b.join("boss")
	post, mine := b.posts(b.eve, "One"), b.posts(b.mod, "Two")
	reply := b.replies(b.eve, mine, "hers")
	b.account(boss, true)
	b.multiply(post, 5000, reply, 5000)
	b.takes(b.mod.Follow(b.c.ID))
	if _, err := b.db.Pool().Exec(b.ctx, `analyze`); err != nil {
		t.Fatal(err)
	}
	for _, v := range []forum.Verb{forum.VerbBan, forum.VerbUnban, forum.VerbBan, forum.VerbUnban} {
		at := time.Now()
		err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := b.forum.Moderate(ctx, tx, []forum.Moderation{{Verb: v, By: boss, Object: b.eve.ID, Community: b.c.ID, Reason: "spam", Along: true}})
			if err == nil && out[0].Refused != nil {
				t.Fatal(out[0].Refused)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", v, time.Since(at))
	}
	b.counted()
}
