package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

// served is a database in which one community of ours, 1, and another one, 2,
// list what persons 1 and 2 wrote. It is filled by SQL, row by row as each test
// needs it.
type served struct {
	*testing.T
	reader *storage.Reader
	conn   *pgx.Conn
}

func migratedToServe(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

func newServed(t *testing.T) *served {
	t.Helper()
	dsn := storagetest.DSN(t, migratedToServe)
	db, err := storage.Open(t.Context(), dsn, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), "https://h.example"); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) }) // the database goes in any case
	s := &served{t, db.Reader(), conn}
	s.exec(`insert into community (uri, name, host, local) select 'https://h.example/c/c' || i, 'c' || i, 'h.example', true from generate_series(1, 2) i`)
	s.exec(`insert into person (uri, name, host, local) select 'https://h.example/u/p' || i, 'p' || i, 'h.example', true from generate_series(1, 2) i`)
	return s
}

func (s *served) exec(sql string, args ...any) {
	s.Helper()
	if _, err := s.conn.Exec(s.Context(), sql, args...); err != nil {
		s.Fatal(err)
	}
}

// post adds a post of person 1 in community 1, as long as weight, submitted at
// second id and announced as a1, b1 and so on.
func (s *served) post(id, weight int) {
	s.Helper()
	s.exec(`insert into post (id, uri, local, community_id, author_id, html, published_at, submitted_at, create_id)
		select i, 'post' || i, true, 1, 1, $2, now(), to_timestamp(i), 'create' || i from (select $1::int as i) x`, id, strings.Repeat("x", weight))
	s.exec(`insert into placement (post_id, community_id, home, announce_id, boost_id, placed_at)
		values ($1::int, 1, true, 'a' || $1::int, 'b' || $1::int, to_timestamp($1::int))`, id)
	s.exec(`insert into post_rank (post_id, community_id, home, submitted_at, hot, score) values ($1::int, 1, true, to_timestamp($1::int), 0, 1)`, id)
}

// comment adds a comment of person 2 below a post, or below a comment when that is not 0.
func (s *served) comment(id, post, parent int) {
	s.Helper()
	s.exec(`insert into comment (id, uri, local, post_id, parent_id, depth, author_id, in_reply_to, published_at, create_id, announce_id)
		values ($1::int, 'comment' || $1::int, true, $2, nullif($3::int, 0), 1, 2, 'x', to_timestamp($1::int), 'ccreate' || $1::int, 'ca' || $1::int)`, id, post, parent)
}

func TestAnnounced(t *testing.T) {
	s := newServed(t)
	for id, weight := range []int{0, 100, 300, 600, 100, 0, 400} {
		if id > 0 {
			s.post(id, weight)
		}
	}
	s.exec(`update post set state = 2 where id = 5`)
	s.exec(`insert into placement (post_id, community_id, home, placed_at) values (6, 2, false, now())`)
	s.exec(`insert into post_rank (post_id, community_id, home, submitted_at, hot, score) values (6, 2, false, now(), 0, 1)`)
	for _, c := range []struct {
		community int64
		n, bytes  int
		want      string
	}{
		{1, 50, 1_000_000, "a6 a4 a3 a2 a1"},
		{1, 2, 1_000_000, "a6"}, // the second newest is hidden
		{1, 50, 1_000, "a6 a4 a2 a1"},
		{1, 50, 850, "a6 a4 a2"},
		{1, 50, 600, "a4 a2 a1"},
		{1, 50, 0, ""},
		{2, 50, 1_000_000, ""}, // never announced there
		{3, 50, 1_000_000, ""},
	} {
		list, err := s.reader.Announced(t.Context(), c.community, c.n, c.bytes)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range list {
			got = append(got, x.Placement.Announce)
			if x.Post.Community.Name != "c1" || x.Post.Author.Name != "p1" || "b"+strings.TrimPrefix(x.Placement.Announce, "a") != x.Placement.Boost || x.Placement.At.Unix() != x.Post.ID {
				t.Errorf("%+v", x)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	s := newServed(t)
	s.post(1, 0)
	s.post(2, 0)
	s.comment(1, 1, 0)
	s.comment(2, 1, 1)
	s.comment(3, 1, 0)
	s.comment(4, 1, 1)
	s.comment(5, 1, 0)
	s.comment(6, 2, 0)
	s.comment(7, 1, 2)
	s.exec(`update comment set state = 1 where id = 3`)
	post, comment := forum.Subject{Kind: forum.OnPost, ID: 1}, forum.Subject{Kind: forum.OnComment, ID: 1}
	for _, c := range []struct {
		name  string
		list  func() ([]storage.Answer, error)
		want  string
		count func() (int, error)
		total int
	}{
		{"post", func() ([]storage.Answer, error) { return s.reader.Answers(t.Context(), post, 0, 9) }, "comment1 comment5",
			func() (int, error) { return s.reader.CountAnswers(t.Context(), post) }, 2},
		{"post, later", func() ([]storage.Answer, error) { return s.reader.Answers(t.Context(), post, 1, 9) }, "comment5", nil, 0},
		{"post, first", func() ([]storage.Answer, error) { return s.reader.Answers(t.Context(), post, 0, 1) }, "comment1", nil, 0},
		{"comment", func() ([]storage.Answer, error) { return s.reader.Answers(t.Context(), comment, 0, 9) }, "comment2 comment4",
			func() (int, error) { return s.reader.CountAnswers(t.Context(), comment) }, 2},
		{"thread", func() ([]storage.Answer, error) { return s.reader.CommentIDs(t.Context(), 1, 0, 9) }, "comment1 comment2 comment4 comment5 comment7",
			func() (int, error) { return s.reader.CountComments(t.Context(), 1) }, 5},
		{"thread, later", func() ([]storage.Answer, error) { return s.reader.CommentIDs(t.Context(), 1, 2, 2) }, "comment4 comment5", nil, 0},
	} {
		list, err := c.list()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range list {
			got = append(got, a.URI)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if c.count == nil {
			continue
		}
		if n, err := c.count(); err != nil || n != c.total {
			t.Errorf("%s: %d, %v", c.name, n, err)
		}
	}
}

func TestOfActivity(t *testing.T) {
	s := newServed(t)
	s.post(1, 0)
	s.post(2, 0)
	s.comment(1, 1, 0)
	s.exec(`insert into placement (post_id, community_id, home, announce_id, boost_id, placed_at) values (1, 2, false, 'x1', 'y1', now())`)
	s.exec(`insert into placement (post_id, community_id, home, placed_at) values (2, 2, false, now())`)
	s.exec(`update post set local = false, create_id = '' where id = 2`)
	for id, place := range map[string]string{"a1": "c1", "b1": "c1", "create1": "c1", "x1": "c2", "y1": "c2"} {
		p, l, err := s.reader.PostOfActivity(t.Context(), id)
		if err != nil || p.ID != 1 || l.Community.Name != place || l.Home != (place == "c1") || p.Community.Name != "c1" {
			t.Errorf("%s: post %d in %s, %v", id, p.ID, l.Community.Name, err)
		}
	}
	for _, id := range []string{"", "create2", "ca1", "nothing"} {
		if p, _, err := s.reader.PostOfActivity(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q: post %d, %v", id, p.ID, err)
		}
	}
	for _, id := range []string{"ca1", "ccreate1"} {
		m, c, err := s.reader.CommentOfActivity(t.Context(), id)
		if err != nil || m.ID != 1 || c.Name != "c1" || m.Author.Name != "p2" || m.Answered.Name != "p1" {
			t.Errorf("%s: comment %d in %s, %v", id, m.ID, c.Name, err)
		}
	}
	for _, id := range []string{"", "a1", "create1"} {
		if m, _, err := s.reader.CommentOfActivity(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q: comment %d, %v", id, m.ID, err)
		}
	}
}

func TestSent(t *testing.T) {
	s := newServed(t)
	s.post(1, 0)
	s.comment(1, 1, 0)
	s.exec(`insert into log (at, xid, seq, verb, lane, community_id, actor, subject) values
		(now(), 1, 1, 'submit', 2, 2, 'p', 'post1'), (now(), 1, 2, 'reply', 2, 1, 'p', 'comment1'), (now(), 1, 3, 'vote', 3, 1, 'p', 'post1'),
		(now(), 1, 4, 'accept', 1, null, 'p', 'c'), (now(), 1, 5, 'submit', 2, 1, 'p', 'nothing')`)
	s.exec(`update log set forum_id = 'f' || seq, forum_doc = 'forum' where seq in (1, 2, 3)`)
	s.exec(`update log set micro_id = 'm' || seq, micro_doc = 'micro' where seq = 1`)
	s.exec(`update log set direct_id = 'd' || seq, direct_doc = 'direct', public = seq < 4 where seq in (1, 2, 4)`)
	s.exec(`update log set forum_id = 'f5' where seq = 5`)
	// What each document is: its text, * when it is not public, - when it is
	// blank, ! when it has been taken away.
	look := func(when string, want map[string]string) {
		t.Helper()
		for id, want := range want {
			d, err := s.reader.Sent(t.Context(), id)
			got := string(d.Body)
			for _, sign := range []struct {
				is   bool
				text string
			}{{!d.Public, "*"}, {d.Blank, "-"}, {d.Away, "!"}, {errors.Is(err, storage.ErrNotFound), "?"}} {
				if sign.is {
					got += sign.text
				}
			}
			if err != nil && !errors.Is(err, storage.ErrNotFound) || got != want {
				t.Errorf("%s, %s: %q, %v", when, id, got, err)
			}
		}
	}
	look("at first", map[string]string{
		"f1": "forum", "m1": "micro", "d1": "direct", "f2": "forum", "d2": "direct", "f3": "forum", "d4": "direct*", "f5": "-!", "": "*?", "none": "*?",
	})
	s.exec(`update community set removed = id = 2`)
	look("the teller removed", map[string]string{"f1": "forum!", "m1": "micro!", "d1": "direct", "f2": "forum", "f3": "forum"})
	s.exec(`update community set removed = id = 1`)
	look("the home removed", map[string]string{"f1": "forum!", "d1": "direct!", "f2": "forum!", "d2": "direct!", "f3": "forum"})
	s.exec(`update community set removed = false`)
	s.exec(`update comment set state = 2`)
	look("the comment removed", map[string]string{"d1": "direct", "f2": "forum!", "d2": "direct!", "f3": "forum"})
	s.exec(`update post set state = 1`)
	look("the post deleted", map[string]string{"f1": "forum!", "m1": "micro!", "d1": "direct!", "f3": "forum"})
}

func TestWrittenBy(t *testing.T) {
	s := newServed(t)
	s.post(1, 0)
	s.post(5, 0)
	s.comment(3, 1, 0)
	s.exec(`update comment set author_id = 1`)
	s.exec(`insert into follow (person_id, community_id, state, at) values (1, 1, 2, now()), (1, 2, 1, now()), (2, 1, 2, now())`)
	for n, want := range map[int]string{9: "create5 ccreate3 create1", 2: "create5 ccreate3"} {
		ids, err := s.reader.CreatesBy(t.Context(), 1, n)
		if err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%v, %v", ids, err)
		}
	}
	if n, err := s.reader.Following(t.Context(), 1); err != nil || n != 1 {
		t.Errorf("follows %d, %v", n, err)
	}
	s.exec(`update post set state = 2 where id = 5`)
	if ids, err := s.reader.CreatesBy(t.Context(), 1, 9); err != nil || strings.Join(ids, " ") != "ccreate3 create1" {
		t.Errorf("%v, %v", ids, err)
	}
	if m, c, err := s.reader.CommentIn(t.Context(), 3); err != nil || m.URI != "comment3" || c.Name != "c1" {
		t.Errorf("%+v in %s, %v", m, c.Name, err)
	}
}
