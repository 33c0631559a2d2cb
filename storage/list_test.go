package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
)

// posts makes many posts, with scores and times of which many are equal and
// others are a microsecond apart.
func (n *node) posts(count int) (places []forum.Community, authors []forum.Person) {
	n.Helper()
	places = []forum.Community{n.community("one"), n.community("two"), n.elsewhere("three", "lemmy.test")}
	authors = []forum.Person{n.person("ada"), n.person("ben")}
	began := n.tick().Add(-time.Hour)
	for i := range count {
		s := said(authors[i%2], places[i%3], fmt.Sprint("post ", i))
		s.Post.Published.Time = began.Add(time.Duration(i/4) * time.Microsecond)
		if i%5 == 0 {
			s.Crossposts = []int64{places[(i+1)%2].ID}
		}
		n.submit(s)
	}
	n.exec(`update post set up = 1 + id % 4, down = id % 3`)
	n.exec(`update post_rank r set score = p.up - p.down, hot = 1234.000000000001 * (1 + (p.id % 4) - (p.id % 3)) + 1.0 / 3 from post p where p.id = r.post_id`)
	n.exec(`update post_rank set contention = (post_id % 5) / 3.0, scaled = hot - community_id`)
	n.exec(`update post_pulse set comments = post_id % 6, active = 1234.000000000001 * (post_id % 4) + 1.0 / 3`)
	n.exec(`update post set state = 1 where id % 7 = 0`)
	n.exec(`delete from post_rank where post_id % 7 = 0`)
	return places, authors
}

// Walking through the pages shows every post once, in order, whatever is equal.
func TestPosts(t *testing.T) {
	n := newNode(t)
	places, authors := n.posts(120)
	n.exec(`update post_rank set submitted_at = submitted_at - interval '2 days' where post_id > 90`)
	n.exec(`update post_pulse set submitted_at = submitted_at - interval '2 days' where post_id > 90`)
	// What has the rank of its time is found by it.
	n.exec(`update post_rank set hot = extract(epoch from submitted_at - '2024-01-01Z') / 45000 + score`)
	since, long := n.tick().Add(-24*time.Hour), n.tick().Add(-50*24*time.Hour)
	while := ` and r.submitted_at >= '` + since.Format(time.RFC3339Nano) + `'`
	n.exec(`insert into follow (person_id, community_id, state, at) values (2, 1, 2, now()), (2, 3, 1, now()), (2, 2, 0, now()), (1, 2, 2, now())`)
	n.exec(`insert into account (person_id, password, made_at, changed_at) values (1, '', now(), now())`)
	n.exec(`insert into collection (person_id, name, made_at) values (1, 'other', now()), (1, 'both', now())`)
	n.exec(`insert into collected (collection_id, community_id, at) values (1, 2, now()), (2, 1, now()), (2, 3, now())`)
	const joined = `(r.community_id = 1 or r.community_id = 3 and not exists (select 1 from post_rank o where o.post_id = r.post_id and o.community_id = 1))`
	here := strings.ReplaceAll(joined, `= 3`, `= 2`) // the third is elsewhere
	const ids = `select coalesce(string_agg(post_id::text, ' '), '') from (select r.post_id from post_rank r join post_pulse u using (post_id, community_id) join post p on p.id = r.post_id where `
	for name, c := range map[string]struct {
		list  forum.List
		where string
		order string
	}{
		"hot":               {forum.List{}, `r.home`, `r.hot desc`},
		"new":               {forum.List{Sort: forum.SortNew}, `r.home`, `r.submitted_at desc`},
		"top":               {forum.List{Sort: forum.SortTop}, `r.home`, `r.score desc`},
		"top of a while":    {forum.List{Sort: forum.SortTop, Since: since}, `r.home` + while, `r.score desc`},
		"top of long":       {forum.List{Sort: forum.SortTop, Since: long}, `r.home`, `r.score desc`},
		"old":               {forum.List{Sort: forum.SortOld}, `r.home`, `r.submitted_at`},
		"active":            {forum.List{Sort: forum.SortActive}, `r.home`, `u.active desc`},
		"controversial":     {forum.List{Sort: forum.SortControversial}, `r.home and r.contention > 0`, `r.contention desc`},
		"controversy today": {forum.List{Sort: forum.SortControversial, Since: since}, `r.home and r.contention > 0` + while, `r.contention desc`},
		"comments":          {forum.List{Sort: forum.SortComments}, `r.home`, `u.comments desc`},
		"comments today":    {forum.List{Sort: forum.SortComments, Since: since}, `r.home` + while, `u.comments desc`},
		"comments of long":  {forum.List{Sort: forum.SortComments, Since: long}, `r.home`, `u.comments desc`},
		"scaled":            {forum.List{Sort: forum.SortScaled}, `r.home`, `r.scaled desc`},
		"scaled in one":     {forum.List{CommunityID: places[0].ID, Sort: forum.SortScaled}, `r.community_id = 1`, `r.hot desc`},
		"old in one":        {forum.List{CommunityID: places[0].ID, Sort: forum.SortOld}, `r.community_id = 1`, `r.submitted_at`},
		"active in one":     {forum.List{CommunityID: places[0].ID, Sort: forum.SortActive}, `r.community_id = 1`, `u.active desc`},
		"disputed in one":   {forum.List{CommunityID: places[0].ID, Sort: forum.SortControversial}, `r.community_id = 1 and r.contention > 0`, `r.contention desc`},
		"comments in one":   {forum.List{CommunityID: places[0].ID, Sort: forum.SortComments}, `r.community_id = 1`, `u.comments desc`},
		"comments while":    {forum.List{CommunityID: places[0].ID, Sort: forum.SortComments, Since: since}, `r.community_id = 1` + while, `u.comments desc`},
		"best of one":       {forum.List{AuthorID: authors[0].ID, Sort: forum.SortTop}, `r.home and p.author_id = 1`, `r.score desc`},
		"first of one":      {forum.List{AuthorID: authors[0].ID, Sort: forum.SortOld}, `r.home and p.author_id = 1`, `p.submitted_at`},
		"hot of one":        {forum.List{AuthorID: authors[0].ID, Sort: forum.SortHot}, `r.home and p.author_id = 1`, `p.submitted_at desc`},
		"best, elsewhere":   {forum.List{AuthorID: authors[1].ID, CommunityID: places[2].ID, Sort: forum.SortTop}, `p.author_id = 2 and r.community_id = 3`, `r.score desc`},
		"hot in one":        {forum.List{CommunityID: places[0].ID, Sort: forum.SortHot}, `r.community_id = 1`, `r.hot desc`},
		"new in one":        {forum.List{CommunityID: places[0].ID, Sort: forum.SortNew}, `r.community_id = 1`, `r.submitted_at desc`},
		"top in one":        {forum.List{CommunityID: places[1].ID, Sort: forum.SortTop}, `r.community_id = 2`, `r.score desc`},
		"top while in one":  {forum.List{CommunityID: places[1].ID, Sort: forum.SortTop, Since: since}, `r.community_id = 2` + while, `r.score desc`},
		"what one follows":  {forum.List{Follower: 2}, joined, `r.hot desc`},
		"newest followed":   {forum.List{Follower: 2, Sort: forum.SortNew}, joined, `r.submitted_at desc`},
		"oldest followed":   {forum.List{Follower: 2, Sort: forum.SortOld}, joined, `r.submitted_at`},
		"best followed":     {forum.List{Follower: 2, Sort: forum.SortTop, Since: since}, joined + while, `r.score desc`},
		"of a collection":   {forum.List{Collection: 2}, joined, `r.hot desc`},
		"oldest collected":  {forum.List{Collection: 2, Sort: forum.SortOld}, joined, `r.submitted_at`},
		"of this node":      {forum.List{Local: true, Sort: forum.SortActive}, here, `u.active desc`},
		"of one author":     {forum.List{AuthorID: authors[0].ID}, `r.home and p.author_id = 1`, `p.submitted_at desc`},
		"of one, elsewhere": {forum.List{AuthorID: authors[1].ID, CommunityID: places[2].ID, Sort: forum.SortNew}, `p.author_id = 2 and r.community_id = 3`, `p.submitted_at desc`},
	} {
		t.Run(name, func(t *testing.T) {
			n := *n
			n.T = t
			downwards := ""
			if strings.HasSuffix(c.order, " desc") {
				downwards = " desc"
			}
			want := n.text(ids + c.where + ` order by ` + c.order + `, r.post_id` + downwards + `) x`)
			for _, limit := range []int{7, 50} {
				got, pages := "", 0
				l := c.list
				l.Limit = limit
				for {
					page, err := n.db.Reader().Posts(t.Context(), l)
					if err != nil {
						t.Fatal(err)
					}
					for _, it := range page.Items {
						got += fmt.Sprint(it.Post.ID, " ")
					}
					pages++
					if l.After = page.Next; l.After == "" || pages > 200 {
						break
					}
				}
				if got != want+" " {
					t.Errorf("%d to a page: got\n%s, want\n%s", limit, got, want)
				}
			}
		})
	}
}

// What somebody joined, the communities of this node, and all lists of a while are
// picked from many places at once. Page after page they are what a plain statement
// lists: with many places or few, with nearly all posts in one, with posts in several
// of them, with places that were taken away, and with much that is equal.
func TestPostsAmong(t *testing.T) {
	n := newNode(t)
	dice := seeded(t)
	ada := n.person("ada")
	conn := must(n.db.Pool().Acquire(t.Context())) // one, so that its dice fall as they did
	defer conn.Release()
	run := func(sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run(fmt.Sprint(`select setseed(`, dice.Float64(), `)`))
	run(`insert into community (id, uri, name, host, local, title, removed) overriding system value
		select 1000 + i, 'https://node.test/c/x' || i, 'x' || i, 'node.test', i % 3 > 0, '', i % 11 = 7 from generate_series(0, 79) i`)
	run(`insert into post (id, uri, local, community_id, author_id, title, published_at, submitted_at) overriding system value
		select 1000 + i, 'https://far.test/' || i, false, 1000 + floor(80 * random() ^ 3)::int, $1, 'Post', t, t
		from generate_series(1, 900) i, lateral (select now() - interval '1 hour' * floor(24 * 60 * random() ^ 2) as t) x`, ada.ID)
	run(`insert into placement (post_id, community_id, home, placed_at) select id, community_id, true, now() from post where id > 1000`)
	run(`insert into placement (post_id, community_id, home, placed_at)
		select id, 1000 + floor(80 * random())::int, false, now() from post, generate_series(1, 3) k where id > 1000 and id % 4 = 0 on conflict do nothing`)
	run(`create table dice as select id, floor(6 * random())::int - 2 as score, floor(4 * random())::int as comments, floor(3 * random()) / 2 as even, random() * 8 as size from post`)
	run(`insert into post_rank (post_id, community_id, home, submitted_at, score, hot, scaled, contention)
		select l.post_id, l.community_id, l.home, p.submitted_at, d.score, h.hot, h.hot - floor(d.size * 2) / 2, d.even
		from placement l join post p on p.id = l.post_id join dice d on d.id = p.id,
			lateral (select sign(d.score) * log(greatest(abs(d.score), 1)::float8) + (extract(epoch from p.submitted_at) - 1704067200)::float8 / 45000 as hot) h where l.post_id > 1000`)
	run(`update post_pulse u set comments = d.comments, active = d.comments from dice d where d.id = u.post_id and u.post_id > 1000`)
	now := time.Now().UTC().Truncate(time.Second)
	sorts := []struct {
		by     forum.Sort
		column string
	}{
		{forum.SortHot, `r.hot`},
		{forum.SortNew, `r.submitted_at`},
		{forum.SortOld, `r.submitted_at`},
		{forum.SortActive, `u.active`},
		{forum.SortScaled, `r.scaled`},
		{forum.SortTop, `r.score`},
		{forum.SortControversial, `r.contention`},
		{forum.SortComments, `u.comments`},
	}
	for round := range 8 {
		follows := []int{0, 1, 3, 8, 25, 60, 78, 80}[round]
		run(`delete from follow where person_id = $1`, ada.ID)
		run(`insert into follow (person_id, community_id, state, at) select $1, id, 2, now() from community where id >= 1000 order by random() limit $2`, ada.ID, follows)
		for _, s := range sorts {
			sort, column := s.by, s.column
			l := forum.List{Sort: sort, Limit: 3 + dice.IntN(48), Follower: ada.ID}
			where := `r.community_id in (select f.community_id from follow f join community c on c.id = f.community_id where f.person_id = ` + fmt.Sprint(ada.ID) + ` and not c.removed)`
			switch dice.IntN(5) {
			case 0:
				l.Follower, l.Local, where = 0, true, `r.community_id in (select id from community where local and not removed)`
			case 1:
				l.Follower, where = 0, `r.home`
			case 2:
				l.Follower, l.CommunityID, where = 0, 1000, `r.community_id = 1000`
				if sort == forum.SortScaled {
					column = `r.hot`
				}
			}
			if days := []int{0, 1, 7, 7, 30}[dice.IntN(5)]; days > 0 {
				l.Since = now.AddDate(0, 0, -days)
				if sort == forum.SortTop || sort == forum.SortControversial || sort == forum.SortComments {
					where += ` and r.submitted_at >= '` + l.Since.Format(time.RFC3339) + `'`
				}
			}
			if sort == forum.SortControversial {
				where += ` and r.contention > 0`
			}
			order := ` order by 2 desc, 1 desc`
			if sort == forum.SortOld {
				order = ` order by 2, 1`
			}
			want := n.text(`select coalesce(string_agg(id::text, ' ' ` + strings.NewReplacer(`2`, `rank`, `1`, `id`).Replace(order) + `), '') from (
				select r.post_id as id, max(` + column + `) as rank from post_rank r join post_pulse u using (post_id, community_id) join post p on p.id = r.post_id join community h on h.id = p.community_id
				where not h.removed and ` + where + ` group by 1) x`)
			var got []string
			for range 1000 {
				page, err := n.db.Reader().Posts(t.Context(), l)
				if err != nil {
					t.Fatal(err)
				}
				for i := range page.Items {
					got = append(got, fmt.Sprint(page.Items[i].Post.ID))
				}
				if l.After = page.Next; l.After == "" {
					break
				}
				check(n, "posts on a page that is not the last", len(page.Items), l.Limit)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%+v of %d followed: got\n%s, want\n%s", l, follows, strings.Join(got, " "), want)
			}
		}
	}
}

func TestBadCursors(t *testing.T) {
	n := newNode(t)
	r := n.db.Reader()
	for _, after := range []string{"x", "1", "~", "1~", "~1", "1~x", "NaN~1", "Inf~1", "1e999~1", "1~99999999999", "1;drop~1"} {
		for _, sort := range []forum.Sort{forum.SortHot, forum.SortNew, forum.SortTop, forum.SortOld, forum.SortActive, forum.SortControversial, forum.SortComments, forum.SortScaled} {
			_, err := r.Posts(t.Context(), forum.List{Sort: sort, After: after})
			wantRefusal(t, "posts by "+string(sort), after, err)
		}
		_, err := r.CommentsBy(t.Context(), forum.CommentList{AuthorID: 1, After: after})
		wantRefusal(t, "comments", after, err)
		_, err = r.Communities(t.Context(), forum.CommunityList{After: after})
		wantRefusal(t, "communities", after, err)
	}
	for _, after := range []string{"9007199254740991~1", "-9007199254740991~1"} {
		if _, err := r.Posts(t.Context(), forum.List{Sort: forum.SortNew, After: after}); err != nil {
			t.Errorf("%s: %v", after, err)
		}
	}
}

func wantRefusal(t *testing.T, what, after string, err error) {
	t.Helper()
	var refusal *forum.Refusal
	if !errors.As(err, &refusal) || refusal.Kind != forum.Invalid {
		t.Errorf("%s after %q: got %v, want a refusal", what, after, err)
	}
}

func TestCommentsBy(t *testing.T) {
	n := newNode(t)
	ada, ben, place := n.person("ada"), n.person("ben"), n.place()
	p := n.submit(said(ada, place, "A post"))
	dead := n.submit(said(ada, place, "A dead one"))
	at := time.Date(2026, 5, 6, 7, 8, 9, 1000, time.UTC)
	var want []int64
	for i := range 70 {
		r := answer(ada, p.URI, "hello")
		switch i % 10 {
		case 3:
			r.Comment.Author = ben
		case 4:
			r.Comment.InReplyTo = dead.URI
		}
		r.Comment.Published.Time = at.Add(time.Duration(i/3) * time.Microsecond)
		id := n.tryReply(r).ID
		if i%10 != 3 && i%10 != 4 {
			want = append([]int64{id}, want...)
		}
	}
	n.remove(dead.URI)
	// Of those at one moment the greater id comes first, which is the order made.
	for _, limit := range []int{1, 4, 50} {
		var got []int64
		after := ""
		for {
			page, err := n.db.Reader().CommentsBy(t.Context(), forum.CommentList{AuthorID: ada.ID, After: after, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range page.Items {
				got = append(got, it.Comment.ID)
				if it.PostTitle != "A post" || it.Community.URI != place.URI || it.Comment.PostURI != p.URI {
					t.Fatalf("around the comment: %+v", it)
				}
			}
			if after = page.Next; after == "" || len(got) > 200 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d to a page: got %v, want %v", limit, got, want)
		}
	}
}

func TestCommunities(t *testing.T) {
	n := newNode(t)
	for i := range 45 {
		n.elsewhere(fmt.Sprint("c", i), "lemmy.test")
	}
	n.exec(`update community set followers = (id * 7) % 5, posts = 1, removed = id = 11, gone = id = 12`)
	want := n.text(`select string_agg(id::text, ' ') from (select id from community where id not in (11, 12) order by followers desc, id desc) x`)
	for _, limit := range []int{4, 50} {
		got, after := "", ""
		for {
			page, err := n.db.Reader().Communities(t.Context(), forum.CommunityList{After: after, Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.Items {
				if got != "" {
					got += " "
				}
				got += fmt.Sprint(c.ID)
			}
			if after = page.Next; after == "" || len(got) > 1000 {
				break
			}
		}
		check(n, fmt.Sprint(limit, " to a page"), got, want)
	}
	check(n, "a page without a limit", len(must(n.db.Reader().Communities(t.Context(), forum.CommunityList{})).Items), 20)
	check(n, "a page with a huge limit", len(must(n.db.Reader().Communities(t.Context(), forum.CommunityList{Limit: 1000})).Items), 43)

	// What strangers make known stands in no list until somebody here cares.
	n.elsewhere("casino", "spam.test")
	check(n, "with a stranger's community", len(must(n.db.Reader().Communities(t.Context(), forum.CommunityList{Limit: 1000})).Items), 43)
}

// A thread of giant comments is cut before it fills the memory.
func TestThreadIsBounded(t *testing.T) {
	n := newNode(t)
	ann, c := n.person("ann"), n.community("go")
	post := n.submit(forum.Submit{Post: forum.Post{Author: ann, Community: c, Title: "A talk", TitleGiven: true}})
	for range 4 {
		n.reply(ann, post.URI, "answer")
	}
	n.exec(`update comment set html = repeat('x', 5 << 20) where id in (select id from comment order by id desc limit 2)`)
	thread := must(n.db.Reader().Thread(t.Context(), post.ID))
	check(n, "comments shown", len(thread.Comments), 3)
	check(n, "comments missing", thread.Missing, 1)
	check(n, "sources shown", thread.Comments[0].Text.Source, "")
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func TestCounts(t *testing.T) {
	n := newNode(t)
	ada, ben, bob, place := n.person("ada"), n.person("ben"), n.stranger("bob", "mastodon.test"), n.place()
	n.person("quiet")
	p := n.submit(said(ada, place, "A post"))
	n.submit(from(said(bob, place, "Not ours"), "/1"))
	m := n.reply(ben, p.URI, "A comment")
	n.exec(`update comment set published_at = now() - interval '60 days' where id = $1`, m.ID)
	n.follow(ask(bob, place, "1"))
	got := must(n.db.Reader().Counts(t.Context()))
	want := forum.NodeCounts{People: 3, ActiveMonth: 1, ActiveHalfYear: 2, Posts: 1, Comments: 1, Communities: 1, ServersKnown: 1}
	check(n, "counts", got, want)
}
