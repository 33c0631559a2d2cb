package storage

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"stoa/federation/forum"
)

// ranking is what a list of posts is sorted by: a column of a table that has an
// index of it beside the post's id, but for what among says.
type ranking struct {
	table, column string
	kind          keyKind
	ascending     bool
	windowed      bool   // List.Since counts
	where         string // what the index is limited to; may be empty
}

func rankingOf(l *forum.List) ranking {
	by := l.Sort
	switch {
	case l.AuthorID != 0 && by != forum.SortOld && by != forum.SortTop:
		by = forum.SortNew
	case l.CommunityID != 0 && by == forum.SortScaled:
		by = forum.SortHot // all are of one size
	}
	switch by {
	case forum.SortNew:
		return ranking{table: `post_pulse`, column: `r.submitted_at`, kind: moments}
	case forum.SortOld:
		return ranking{table: `post_pulse`, column: `r.submitted_at`, kind: moments, ascending: true}
	case forum.SortActive:
		return ranking{table: `post_pulse`, column: `r.active`, kind: ranks}
	case forum.SortComments:
		return ranking{table: `post_pulse`, column: `r.comments`, kind: counts, windowed: true}
	case forum.SortTop:
		return ranking{table: `post_rank`, column: `r.score`, kind: counts, windowed: true}
	case forum.SortControversial:
		return ranking{table: `post_rank`, column: `r.contention`, kind: ranks, windowed: true, where: ` and r.contention > 0`}
	case forum.SortScaled:
		return ranking{table: `post_rank`, column: `r.scaled`, kind: ranks}
	}
	return ranking{table: `post_rank`, column: `r.hot`, kind: ranks}
}

// shortWhile is a stretch of time whose posts are fewer than those that are passed
// by when the best of it are looked for among the best of all times. For a month
// it is the other way round: of 300,000 posts in three years, 120 ms against 2.
const shortWhile = 8 * 24 * time.Hour

// lowest is a score below which a post of a short while need not be found.
const lowest = -10_000

// ofAuthor is among how many of their newest posts, or comments, somebody's best
// are looked for. An index for all of them would be written with each vote.
const ofAuthor = 1000

// pick is how the posts of one page are found.
type pick struct {
	*forum.List
	ranking
	after  *cursor
	limit  int
	args   []any
	order  string // of both columns that it is sorted by
	beyond string // the operator between what follows and the cursor
}

func newPick(l *forum.List) (*pick, error) {
	// One more than is shown tells whether there is a next page.
	k := &pick{List: l, ranking: rankingOf(l), limit: clampLimit(l.Limit) + 1, order: ` desc`, beyond: ` < `}
	if k.ascending {
		k.order, k.beyond = ``, ` > `
	}
	var err error
	k.after, err = parseCursor(l.After, k.kind)
	return k, err
}

func (k *pick) arg(v any) string {
	k.args = append(k.args, v)
	return "$" + strconv.Itoa(len(k.args))
}

// following is what comes after the cursor.
func (k *pick) following(column, id string) string {
	if k.after == nil {
		return ``
	}
	return ` and (` + column + `, ` + id + `)` + k.beyond + `(` + k.arg(k.after.key) + `, ` + k.arg(k.after.id) + `)`
}

// sorted ends a statement that gives an id and a rank.
func (k *pick) sorted(limit int) string {
	return ` order by 2` + k.order + `, 1` + k.order + ` limit ` + strconv.Itoa(limit)
}

// statement gives the ids of the posts of a page and one more, with what they are
// sorted by.
func (k *pick) statement() string {
	while, short := k.while()
	switch {
	case k.Collection != 0:
		return k.among(`collected f join community x on x.id = f.community_id where f.collection_id = `+k.arg(k.Collection), while, short)
	case k.Follower != 0:
		return k.among(`follow f join community x on x.id = f.community_id where f.state > 0 and f.person_id = `+k.arg(k.Follower), while, short)
	case k.Local:
		return k.among(`community x where x.local and not x.wall`, while, short)
	case k.AuthorID != 0:
		return k.by()
	case short && k.CommunityID != 0:
		return k.among(`community x where x.id = `+k.arg(k.CommunityID), while, short)
	case short:
		return `select r.post_id, ` + k.column + ` from (select r.post_id, ` + k.column + ` from ` + k.table + ` r join community c on c.id = r.community_id and not c.removed
			where r.home` + k.where + while + ` offset 0) r where true` + k.following(k.column, `r.post_id`) + k.sorted(k.limit)
	}
	place := `r.home`
	if k.CommunityID != 0 {
		place = `r.community_id = ` + k.arg(k.CommunityID)
	}
	return `select r.post_id, ` + k.column + ` from ` + k.table + ` r join post p on p.id = r.post_id join community c on c.id = p.community_id
		where ` + place + k.where + while + k.following(k.column, `r.post_id`) + ` and not c.removed` + k.sorted(k.limit)
}

// by picks among what one author wrote.
func (k *pick) by() string {
	from, where, column, id := k.table+` r join post p on p.id = r.post_id`, ``, k.column, `r.post_id`
	if author := k.arg(k.AuthorID); k.column == `r.score` {
		from = `(select id, community_id from post where author_id = ` + author + ` and state = 0
			order by submitted_at desc, id desc limit ` + k.arg(ofAuthor) + `) p join post_rank r on r.post_id = p.id`
	} else { // the index of authors is walked
		where, column, id = ` and p.author_id = `+author, `p.submitted_at`, `p.id`
	}
	if k.CommunityID != 0 {
		where += ` and r.community_id = ` + k.arg(k.CommunityID)
	} else {
		where += ` and r.home`
	}
	return `select ` + id + `, ` + column + ` from ` + from + ` join community c on c.id = p.community_id
		where not c.removed` + where + k.following(column, id) + k.sorted(k.limit)
}

// while narrows a list to the stretch of time it asks for; short says that so few are
// left that they can all be read.
func (k *pick) while() (where string, short bool) {
	if k.Since.IsZero() || !k.windowed || k.AuthorID != 0 {
		return ``, false
	}
	short = time.Since(k.Since) < shortWhile
	if short && k.table == `post_rank` {
		// Whatever was submitted since then has at least this rank, so the index of hot
		// serves as one of time. Without the bound Postgres walks down all scores there
		// ever were to find those of today.
		where = ` and r.hot >= ` + k.arg(forum.Hot(lowest, k.Since))
	}
	return where + ` and r.submitted_at >= ` + k.arg(k.Since), short
}

// among picks from several communities. First comes the best post of each, by a short
// walk along an index; what is not above the one with which a page of these alone
// would end is on no page. So of most communities one post is looked at, however many
// there are and however quiet they are. A post that is in two of them is there once.
func (k *pick) among(communities, while string, short bool) string {
	places := `with place as materialized (select x.id from ` + communities + ` and not x.removed)`
	where := k.where + while + k.following(k.column, `r.post_id`)
	if short {
		return places + k.together(k.rows(`place`, where, ` offset 0`))
	}
	if k.column != `r.scaled` {
		steps, list := k.nearest(where)
		return places + steps + list
	}
	// No index leads to these by community, for votes would have to write it. But a post
	// has at least the rank of hot that it has here, and at most so much more: the
	// hottest tell how far down that of hot is to be read.
	if k.after != nil {
		where += ` and r.hot < ` + k.arg(k.after.key) + `::float8 + ` + strconv.Itoa(forum.MostScaled)
	}
	hottest := *k
	hottest.column = `r.hot`
	steps, list := hottest.nearest(where)
	return places + steps + `, hottest as materialized (` + list + `),
		least as materialized (select min(r.scaled) as rank from hottest h join post_rank r on r.post_id = h.post_id)` +
		k.together(k.rows(`place`, where+` and r.hot >= coalesce((select rank from least), '-infinity')`, ` offset 0`))
}

// nearest gives the steps and the end of a statement that picks from the communities
// of its table place.
func (k *pick) nearest(where string) (steps, list string) {
	best, above, end, endID := `max`, ` >= `, `'-infinity'`, `0`
	switch {
	case k.ascending:
		best, above, end, endID = `min`, ` <= `, `'infinity'`, strconv.Itoa(math.MaxInt32)
	case k.kind == counts:
		end = `'` + strconv.Itoa(math.MinInt32) + `'`
	}
	sorted := ` order by ` + k.column + k.order + `, r.post_id` + k.order + ` limit `
	edge := above + `(coalesce((select rank from edge), ` + end + `), coalesce((select post_id from edge), ` + endID + `))`
	steps = `,
		head as materialized (select place.id, n.post_id, n.rank from ` + k.rows(`place`, where, sorted+`1`) + `),
		edge as materialized (select post_id, ` + best + `(rank) as rank from head group by 1 order by 2` + k.order + `, 1` + k.order + ` limit 1 offset ` + strconv.Itoa(k.limit-1) + `)`
	return steps, k.together(k.rows(`head`, where+` and (`+k.column+`, r.post_id)`+edge, sorted+strconv.Itoa(k.limit)) + ` where (head.rank, head.post_id)` + edge)
}

// rows joins posts of each community of a table, some of them or all.
func (k *pick) rows(places, where, some string) string {
	// What is listed in one community may be at home in another that was taken away.
	return places + ` cross join lateral (select r.post_id, ` + k.column + ` as rank from ` + k.table + ` r where r.community_id = ` + places + `.id` + where + `
		and (r.home or not exists (select 1 from post p join community c on c.id = p.community_id where p.id = r.post_id and c.removed))` + some + `) n`
}

// together makes one list of rows.
func (k *pick) together(rows string) string {
	best := `max`
	if k.ascending {
		best = `min`
	}
	return `
		select n.post_id, ` + best + `(n.rank) from ` + rows + ` group by 1` + k.sorted(k.limit)
}

// Posts lists live posts, keyed so that a page costs the same however deep it is.
func (r *Reader) Posts(ctx context.Context, l forum.List) (forum.Listing, error) {
	k, err := newPick(&l)
	if err != nil {
		return forum.Listing{}, err
	}
	var out forum.Listing
	var ids []int64
	var keys []any
	var id int64
	var key any
	// In two steps: what is wide is read for what is shown, and a plan of few rows is
	// not chosen beside the great numbers that picking them is guessed to take.
	err = each(ctx, r.db.pool, "storage.Reader.Posts", []any{&id, &key}, func() { ids, keys = append(ids, id), append(keys, key) }, k.statement(), k.args...)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	if len(ids) == k.limit {
		ids = ids[:k.limit-1]
		out.Next = cursor{keys[k.limit-2], ids[k.limit-2]}.String()
	}
	out.Items, err = r.shown(ctx, ids)
	return out, err
}

// shown finds live posts, in the order of their ids as they are given.
func (r *Reader) shown(ctx context.Context, ids []int64) ([]forum.PostItem, error) {
	var out forum.Listing
	var p forum.Post
	found := make(map[int64]forum.Post, len(ids))
	err := each(ctx, r.db.pool, "storage.Reader.Posts", shownRow(&p), func() { found[p.ID] = p },
		`select `+shownColumns+postFrom+previewFrom+`where p.id = any($1) and p.state = 0 and not c.removed`, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids { // one that was taken away in between is missing
		if p, ok := found[id]; ok {
			out.Items = append(out.Items, forum.PostItem{Post: p})
		}
	}
	return out.Items, r.addElsewhere(ctx, out.Items)
}

// Topic lists live posts with a hashtag or a tag of their community.
func (r *Reader) Topic(ctx context.Context, l forum.TopicList) (forum.Listing, error) {
	var out forum.Listing
	limit := clampLimit(l.Limit)
	cur, err := parseCursor(l.After, moments)
	if err != nil {
		return out, err
	}
	if cur == nil {
		cur = &cursor{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0}
	}
	var ids []int64
	var at []time.Time
	var id int64
	var when time.Time
	// A tag counts in its own community alone: anybody can write its id on a post.
	err = each(ctx, r.db.pool, "storage.Reader.Topic", []any{&id, orZero{&when}}, func() { ids, at = append(ids, id), append(at, when) },
		`select t.post_id, t.submitted_at from topic t join post p on p.id = t.post_id join community c on c.id = p.community_id
		where t.name = $1 and (t.submitted_at, t.post_id) < ($3, $4) and p.state = 0 and not c.removed and ($2 = 0 or p.community_id = $2)
		order by t.submitted_at desc, t.post_id desc limit $5`, l.Name, l.CommunityID, cur.key, cur.id, limit+1)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	if len(ids) > limit {
		ids = ids[:limit]
		out.Next = cursor{at[limit-1], ids[limit-1]}.String()
	}
	out.Items, err = r.shown(ctx, ids)
	return out, err
}

// Quoted finds live posts and comments by id, in brief: Brief is the HTML of a text,
// or the title of a post. quotes has for each id who quotes it: what somebody wrote is
// not there for those whom they have blocked, themselves or with their server.
func (r *Reader) Quoted(ctx context.Context, quotes map[string][]int64) (map[string]forum.Quoted, error) {
	if len(quotes) == 0 {
		return nil, nil
	}
	var uris []string
	var by []int64
	for uri, authors := range quotes {
		for _, author := range authors {
			uris, by = append(uris, uri), append(by, author)
		}
	}
	out := map[string]forum.Quoted{}
	var uri string
	var q forum.Quoted
	var who int64
	fields := append([]any{&uri, &who, &q.PostID, &q.CommentID, &q.Brief, &q.Sensitive, &q.Warning}, personFields(&q.Author)...)
	err := each(ctx, r.db.pool, "storage.Reader.Quoted", fields, func() {
		by := out[uri].By
		by = append(by, who)
		q.By = by
		out[uri] = q
	},
		`select p.uri, x.by, p.id, 0, p.title, p.sensitive or c.sensitive, p.warning, `+personColumns+`
			from unnest($1::text[], $2::int[]) x(uri, by) join post p on p.uri = x.uri join community c on c.id = p.community_id join person a on a.id = p.author_id
			where p.state = 0 and not c.removed and not a.gone and not exists (select 1 from shun s join person w on w.id = x.by where s.person_id = a.id and (s.kind = 1 and s.target = w.id or s.kind = 3 and s.host = w.host))
		union all
		select m.uri, x.by, m.post_id, m.id, left(m.html, 2000), m.sensitive or c.sensitive, m.warning, `+personColumns+`
			from unnest($1::text[], $2::int[]) x(uri, by) join comment m on m.uri = x.uri join post p on p.id = m.post_id join community c on c.id = p.community_id join person a on a.id = m.author_id
			where m.state = 0 and p.state = 0 and not c.removed and not a.gone and not exists (select 1 from shun s join person w on w.id = x.by where s.person_id = a.id and (s.kind = 1 and s.target = w.id or s.kind = 3 and s.host = w.host))`, uris, by)
	return out, err
}

// PostsOf lists the newest live posts with a link, at most five.
func (r *Reader) PostsOf(ctx context.Context, link string) ([]forum.PostItem, error) {
	var out []forum.PostItem
	var p forum.Post
	err := each(ctx, r.db.pool, "storage.Reader.PostsOf", postRow(&p), func() { out = append(out, forum.PostItem{Post: p}) },
		`select `+postRowColumns+postFrom+`where p.link = $1 and p.link <> '' and p.state = 0 and not c.removed order by p.id desc limit 5`, link)
	return out, err
}

// maxPinned is how many posts stand first in a community.
const maxPinned = 5

// Pinned lists the posts that stand first in a community, the last pinned first.
func (r *Reader) Pinned(ctx context.Context, communityID int64) ([]forum.PostItem, error) {
	var out []forum.PostItem
	var p forum.Post
	err := each(ctx, r.db.pool, "storage.Reader.Pinned", shownRow(&p), func() { out = append(out, forum.PostItem{Post: p}) },
		`select `+shownColumns+postFrom+previewFrom+`where p.community_id = $1 and p.pinned_at is not null and p.state = 0
		order by p.pinned_at desc, p.id desc limit $2`, communityID, maxPinned)
	if err != nil {
		return nil, err
	}
	return out, r.addElsewhere(ctx, out)
}

// ModerationLog lists what moderators and admins did, the newest first: in one
// community, or with 0 everywhere; with before, what is older.
func (r *Reader) ModerationLog(ctx context.Context, communityID, before int64, limit int) ([]forum.ModerationLine, error) {
	var l forum.ModerationLine
	var out []forum.ModerationLine
	by, c, a := &l.By, &l.Community, &l.Person
	err := each(ctx, r.db.pool, "storage.Reader.ModerationLog", []any{
		&l.ID, &l.At, &l.Verb, &l.Reason, &l.Target, orZero{&l.Until}, &by.ID, &by.Name, &by.Host, &by.Local, &by.Title,
		&c.ID, &c.Name, &c.Host, &c.Local, &c.Title, &l.PostID, &l.PostTitle, &l.CommentID, &a.ID, &a.Name, &a.Host, &a.Local, &a.Title,
	}, func() { out = append(out, l) }, `select m.id, m.at, m.verb, m.reason, m.target, m.until,
			coalesce(b.id, 0), coalesce(b.name, ''), coalesce(b.host, ''), coalesce(b.local, false), coalesce(b.title, ''),
			coalesce(c.id, 0), coalesce(c.name, ''), coalesce(c.host, ''), coalesce(c.local, false), coalesce(c.title, ''),
			coalesce(p.id, 0), case when p.state = 0 then p.title else '' end, coalesce(m.comment_id, 0),
			coalesce(a.id, 0), coalesce(a.name, ''), coalesce(a.host, ''), coalesce(a.local, false), coalesce(a.title, '')
		from moderation m left join person b on b.id = m.actor_id left join community c on c.id = m.community_id
			left join post p on p.id = m.post_id left join comment x on x.id = m.comment_id
			left join person a on a.id = coalesce(m.person_id, x.author_id, p.author_id)
		where ($1 = 0 or m.community_id = $1) and ($2 = 0 or m.id < $2) order by m.id desc limit $3`, communityID, before, limit)
	return out, err
}

// addElsewhere fills in where else each post can be read: one query for a page.
func (r *Reader) addElsewhere(ctx context.Context, items []forum.PostItem) error {
	if len(items) == 0 {
		return nil
	}
	at := map[int64]int{}
	ids := make([]int64, len(items))
	for i := range items {
		ids[i], at[items[i].Post.ID] = items[i].Post.ID, i
	}
	var of int64
	var x forum.Crosspost
	return each(ctx, r.db.pool, "storage.Reader: crossposts", append([]any{&of, &x.Same, &x.PostID, &x.Comments}, communityFields(&x.Community)...), func() {
		item := &items[at[of]]
		item.Elsewhere = append(item.Elsewhere, x)
	}, `
		select l.post_id, true, l.post_id, p.comments, `+communityColumns+`
		from placement l join post p on p.id = l.post_id join community c on c.id = l.community_id
		where l.post_id = any($1) and not l.home and l.moved_at is null and not c.removed
		union all
		select p.id, false, o.id, o.comments, `+communityColumns+`
		from post p join lateral (
			select o.id, o.comments, o.community_id from (
				(select o.id, o.comments, o.community_id from post o where o.link = p.link and o.link <> '' and o.state = 0 order by o.id desc limit 10)
				-- What is posted again without a link of its own leads to where it stood first.
				union (select o.id, o.comments, o.community_id from post o where o.link = p.uri and o.link <> '' and o.state = 0 order by o.id desc limit 10)
				union select o.id, o.comments, o.community_id from post o where o.uri = p.link and p.link <> '' and o.state = 0
			) o where o.id <> p.id order by o.id desc limit 9) o on true
		join community c on c.id = o.community_id and not c.removed
		where p.id = any($1)
		order by 1, 3`, ids)
}

// CommentsBy lists somebody's live comments.
func (r *Reader) CommentsBy(ctx context.Context, l forum.CommentList) (forum.CommentListing, error) {
	limit := clampLimit(l.Limit)
	cur, err := parseCursor(l.After, moments)
	if err != nil {
		return forum.CommentListing{}, err
	}
	below, args := ``, []any{l.AuthorID, limit + 1}
	if cur != nil {
		below, args = ` and (m.published_at, m.id) < ($3, $4)`, append(args, cur.key, cur.id)
	}
	var out forum.CommentListing
	var it forum.CommentItem
	fields := append([]any{&it.PostTitle}, communityFields(&it.Community)...)
	err = each(ctx, r.db.pool, "storage.Reader.CommentsBy", append(fields, commentRow(&it.Comment)...), func() { out.Items = append(out.Items, it) },
		`select p.title, `+communityColumns+`, `+commentRowColumns+commentFrom+`
		where m.author_id = $1 and m.state = 0 and p.state = 0 and not c.removed`+below+`
		order by m.published_at desc, m.id desc limit $2`, args...)
	if err != nil {
		return out, err
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		last := out.Items[limit-1].Comment
		out.Next = cursor{last.Published.Time, last.ID}.String()
	}
	return out, nil
}

// Whom and what lists and searches leave out.
const (
	// A community of another server is shown once somebody here follows it or it has
	// posts here: strangers would like theirs to stand there.
	listedCommunity = `c.discoverable and not c.removed and not c.gone and (c.local or c.posts > 0 or c.followers > 0)`
	// So it is with people: to have voted is not enough.
	listedPerson = `a.discoverable and not a.gone and (a.local or a.posts > 0 or a.comments > 0)`
	// What may be found by its words.
	foundPost    = `p.state = 0 and not c.removed and a.indexable and c.indexable`
	foundComment = `m.state = 0 and p.state = 0 and not c.removed and a.indexable and c.indexable`
)

// Communities lists communities that can be read, ours and others'.
func (r *Reader) Communities(ctx context.Context, l forum.CommunityList) (forum.CommunityListing, error) {
	limit := clampLimit(l.Limit)
	cur, err := parseCursor(l.After, counts)
	if err != nil {
		return forum.CommunityListing{}, err
	}
	below, args := ``, []any{limit + 1}
	if cur != nil {
		below, args = ` and (c.followers, c.id) < ($2, $3)`, append(args, cur.key, cur.id)
	}
	var out forum.CommunityListing
	var c forum.Community
	err = each(ctx, r.db.pool, "storage.Reader.Communities", communityFields(&c), func() { out.Items = append(out.Items, c) },
		`select `+communityColumns+` from community c where `+listedCommunity+below+`
		order by c.followers desc, c.id desc limit $1`, args...)
	if err != nil {
		return out, err
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		last := out.Items[limit-1]
		out.Next = cursor{int32(last.Followers), last.ID}.String()
	}
	return out, nil
}

// Counts is what nodeinfo and the front page tell of this node.
func (r *Reader) Counts(ctx context.Context) (forum.NodeCounts, error) {
	var n forum.NodeCounts
	err := r.one(ctx, "Counts", `select
		(select count(*) from person where local and not gone),
		(select count(*) from person a where a.local and (
			exists (select 1 from post p where p.author_id = a.id and p.submitted_at > now() - interval '30 days') or
			exists (select 1 from comment m where m.author_id = a.id and m.published_at > now() - interval '30 days'))),
		(select count(*) from person a where a.local and (
			exists (select 1 from post p where p.author_id = a.id and p.submitted_at > now() - interval '180 days') or
			exists (select 1 from comment m where m.author_id = a.id and m.published_at > now() - interval '180 days'))),
		(select coalesce(sum(posts), 0) from person where local),
		(select coalesce(sum(comments), 0) from person where local),
		(select count(*) from community where local and not removed and not wall),
		(select count(*) from server)`,
		[]any{&n.People, &n.ActiveMonth, &n.ActiveHalfYear, &n.Posts, &n.Comments, &n.Communities, &n.ServersKnown})
	return n, err
}

// cursor is the key of the last row of a page, as Postgres compares it: what the
// list is sorted by, and an id.
type cursor struct {
	key any // time.Time, int32 or float64, by the keyKind of the list
	id  int64
}

// keyKind says what a list is sorted by.
type keyKind int

const (
	moments keyKind = iota // written in microseconds, which is all that Postgres keeps
	counts
	ranks
)

// parseCursor reads "KEY~ID"; nil for the first page. A cursor that makes no
// sense is a refusal, not an empty page: it was not made here.
func parseCursor(s string, kind keyKind) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	text, idText, ok := strings.Cut(s, "~")
	id, err := strconv.ParseInt(idText, 10, 32)
	key, good := parseKey(text, kind)
	if err != nil || !ok || !good {
		return nil, forum.Refuse(forum.Invalid, "bad-cursor", "The address of this page is not complete.")
	}
	return &cursor{key, id}, nil
}

func parseKey(s string, kind keyKind) (key any, ok bool) {
	switch kind {
	case moments:
		micros, err := strconv.ParseInt(s, 10, 64)
		return time.UnixMicro(micros).UTC(), err == nil && micros < 1<<53 && micros > -1<<53 // some years Postgres cannot write
	case counts:
		n, err := strconv.ParseInt(s, 10, 32)
		return int32(n), err == nil
	default:
		rank, err := strconv.ParseFloat(s, 64)
		return rank, err == nil && !math.IsNaN(rank) && !math.IsInf(rank, 0)
	}
}

func (c cursor) String() string {
	id := "~" + strconv.FormatInt(c.id, 10)
	switch key := c.key.(type) {
	case time.Time:
		return strconv.FormatInt(key.UnixMicro(), 10) + id
	case float64:
		return strconv.FormatFloat(key, 'f', -1, 64) + id
	default:
		return fmt.Sprint(key) + id
	}
}

func clampLimit(n int) int {
	switch {
	case n <= 0:
		return 20
	case n > 50:
		return 50
	}
	return n
}
