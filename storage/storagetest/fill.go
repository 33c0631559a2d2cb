//go:build unix

package storagetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Rare is a word in the text of exactly one post of Fill; w1, w2 and so on up to w20000 are in ever fewer.
const Rare = "only7"

// Fill puts a large forum of the server base into a database of Stoa's schema in which there is nothing else: that many posts over three
// years in 500 communities, and about that many votes on them; one person in ten is of another server than the others,
// and one post in four is not in English. Sizes of communities, votes, comments and words are as
// uneven as people make them. There is half a comment a post; post 1 has a thread of 10,000 and post 2 one of 1,000, if
// there are 10,000 posts. Nothing is written to the log. A million posts and ten million votes take minutes. The
// user of the connection must be a superuser: triggers are passed by, and indexes made at the end.
func Fill(ctx context.Context, conn *pgx.Conn, base string, posts, votes int) error {
	_, host, _ := strings.Cut(base, "://")
	here := strings.NewReplacer("https://node.test", base, "node.test", host)
	var indexes, names []string
	err := conn.QueryRow(ctx, `select array_agg(pg_get_indexdef(i.indexrelid)), array_agg(c.relname::text)
		from pg_index i join pg_class c on c.oid = i.indexrelid
		where i.indrelid = any(array['post', 'comment', 'vote', 'placement', 'post_rank', 'post_pulse', 'post_words', 'comment_words']::regclass[])
		and not i.indisunique`).Scan(&indexes, &names)
	if err != nil {
		return fmt.Errorf("storagetest.Fill: %w", err)
	}
	steps := []string{`set statement_timeout = 0`, `set session_replication_role = replica`, `set maintenance_work_mem = '256MB'`, `select setseed(0.5)`}
	for _, name := range names {
		steps = append(steps, `drop index `+name)
	}
	steps = append(steps, fmt.Sprintf(seeds, posts, votes))
	steps = append(append(steps, filling...), indexes...)
	steps = append(steps, `set session_replication_role = default`, `vacuum analyze`)
	for _, sql := range steps {
		if _, err := conn.Exec(ctx, here.Replace(sql)); err != nil {
			return fmt.Errorf("storagetest.Fill: %w in %.300s", err, sql)
		}
	}
	return nil
}

// seeds decides everything by chance that the tables agree on.
const seeds = `
	create temp table paragraph as select i, text, to_tsvector('simple', text) words from (
		select i, string_agg('w' || floor(20000 ^ random())::int, ' ') as text from generate_series(0, 9999) i, generate_series(1, 30) k group by i) x;
	alter table paragraph add primary key (i);
	create temp table seed as
		select i, n, floor(n * d)::int downs, 1 + floor(500 * r ^ 3)::int community, 1 + (i::bigint * 7919 %% people)::int author, people,
			now() - interval '3 years' * ((posts - i + random()) / (posts + 1)) as at,
			case when i = 1 and posts >= 10000 then 10000 when i = 2 and posts >= 10000 then 1000
				when c < 0.5 then 0 else least(500, floor(0.24 * random() ^ -0.7)::int) end comments
		from (select i, posts, people, least(people, 1 + floor(votes / 2.0 / posts * (random() + 1e-6) ^ -0.5))::int n,
			random() ^ 4 * 0.6 d, random() r, random() c
			from (values (%d, %d)) x(posts, votes), lateral (select greatest(100, posts / 50) people) y, generate_series(1, posts) i) x`

// filling writes the tables, one after the other.
var filling = []string{
	`insert into person (uri, name, host, local, title)
		select 'https://' || host || '/users/p' || i, 'p' || i, host, false, 'Person ' || (i % 1000)
		from generate_series(1, (select max(people) from seed)) i, lateral (select case when i % 10 = 0 then 'else.test' else 'far.test' end host) h`,
	`insert into community (uri, name, host, local, title)
		select 'https://node.test/c/c' || i, 'c' || i, 'node.test', true, 'Community ' || i from generate_series(1, 500) i`,
	`insert into post (id, uri, local, community_id, author_id, title, link, html, language, render_version, page_url, published_at, submitted_at, up, down, comments, last_comment_at)
		select s.i, 'https://far.test/post/' || s.i, false, s.community, s.author, left(t.text, 40), case when s.i % 4 = 0 then 'https://news.test/' || s.i else '' end,
			'<p>' || a.text || ' only' || s.i || '</p><p>' || b.text || '</p>', (array['en', 'en', 'de', 'en', 'en', 'fr', 'en', 'en'])[1 + s.i % 8], 1, 'https://far.test/page/' || s.i, s.at published, s.at submitted, s.n - s.downs as up, s.downs as down, s.comments,
			case when s.comments > 0 then s.at + interval '1 day' end
		from seed s join paragraph t on t.i = s.i % 9973 join paragraph a on a.i = s.i % 9967 join paragraph b on b.i = s.i / 7 % 9949`,
	`select setval('post_id_seq', (select max(id) from post))`,
	`insert into placement (post_id, community_id, home, placed_at) select i, community, true, at from seed`,
	`insert into vote (subject_kind, subject_id, person_id, dir, at)
		select 1, i, 1 + (author + k - 1) % people, case when k <= n - downs then 1 else -1 end, at from seed, generate_series(1, n) k`,
	`update community c set posts = n.posts, comments = n.comments, followers = n.posts / 3
		from (select community, count(*) posts, sum(comments) comments from seed group by 1) n where c.id = n.community`,
	`update person a set posts = n.posts from (select author, count(*) posts from seed group by 1) n where a.id = n.author`,
	`insert into post_rank (post_id, community_id, home, submitted_at, score, hot, scaled, contention)
		select x.i, x.community, true, x.at, x.score, x.hot, x.hot - log(1 + (c.posts + c.followers) / 10.0::float8),
			case when x.up > 1 and x.downs > 0 then (x.up - 1 + x.downs) ^ (least(x.up - 1, x.downs)::float8 / greatest(x.up - 1, x.downs)) else 0 end
		from (select *, n - downs up, n - 2 * downs score, sign(n - 2 * downs) * log(greatest(abs(n - 2 * downs), 1)::float8)
			+ (extract(epoch from at) - 1704067200)::float8 / 45000 hot from seed) x join community c on c.id = x.community`,
	`insert into post_pulse (post_id, community_id, home, submitted_at, comments, active)
		select i, community, true, at, comments, log(greatest(comments, 1)::float8)
			+ (extract(epoch from at + case when comments > 0 then interval '1 day' else '0' end) - 1704067200)::float8 / 45000 from seed`,
	// Each comment of a thread has three answers, as far as there are that many.
	`insert into comment (id, uri, local, post_id, parent_id, depth, author_id, in_reply_to, html, render_version, published_at, up)
		select id, 'https://far.test/comment/' || id, false, x.i, case when k > 0 then id - k + (k - 1) / 3 end, 1 + floor(log(3, 2 * k + 1) + 1e-9), 1 + (author + k) % people,
			'', '<p>' || p.text || '</p>', 1, at + interval '1 day' * k / comments, 1
		from (select s.*, k, row_number() over (order by s.i, k) id from seed s, generate_series(0, comments - 1) k where comments > 0) x
		join paragraph p on p.i = x.id % 9941`,
	`select setval('comment_id_seq', (select max(id) from comment))`,
	`insert into post_words (id, at, words)
		select s.i, s.at, setweight(t.words, 'A') || a.words || b.words || array_to_tsvector(array['only' || s.i]) || search_marks(s.at, s.author, s.community, s.i % 4 = 0)
		from seed s join paragraph t on t.i = s.i % 9973 join paragraph a on a.i = s.i % 9967 join paragraph b on b.i = s.i / 7 % 9949`,
	`insert into comment_words (id, at, words)
		select m.id, m.published_at, p.words || search_marks(m.published_at, m.author_id, s.community, false)
		from comment m join seed s on s.i = m.post_id join paragraph p on p.i = m.id % 9941`,
	`drop table seed, paragraph`,
}
