package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// membership is who is gone, and who is banned from where.
type membership struct {
	gone   map[int64]bool
	banned map[[2]int64]bool         // by person and community
	from   map[int64]map[string]bool // servers, by person; "" is this one, "*" means everywhere
}

// in tells whether somebody may not take part in a community, and whether this node
// has said so of all it has.
func (m *membership) in(person int64, c *forum.Community) (banned, barred bool) {
	from := m.from[person]
	return m.banned[[2]int64{person, c.ID}] || from["*"] || from[""] || from[c.Host], from[""]
}

// members, tombstones and blockedHosts are the facts that every act needs.
func (t *Tx) members(ctx context.Context, ids []int64) (membership, error) {
	batch := &pgx.Batch{}
	m := memberships(batch, ids)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return m, fmt.Errorf("storage: memberships: %w", err)
	}
	return m, nil
}

// memberships are the same, asked with other things.
func memberships(batch *pgx.Batch, ids []int64) membership {
	m := membership{gone: map[int64]bool{}, banned: map[[2]int64]bool{}, from: map[int64]map[string]bool{}}
	var id, community int64
	var host *string
	ask(batch, []any{&id, &community, &host}, func() {
		switch {
		case host != nil:
			if m.from[id] == nil {
				m.from[id] = map[string]bool{}
			}
			m.from[id][*host] = true
		case community == 0:
			m.gone[id] = true
		default:
			m.banned[[2]int64{id, community}] = true
		}
	}, predecessors+` select id, 0, null from person where id = any($1) and gone
		union all select person_id, community_id, null from ban where person_id = any($1) and (until is null or until > now())
		union all select o.id, b.community_id, null from old o join ban b on b.person_id = o.was and (b.until is null or b.until > now())
		union all select b.person_id, 0, case when b.host = a.host then '*' else b.host end from server_ban b join person a on a.id = b.person_id
			where b.person_id = any($1) and (b.until is null or b.until > now())
		union all select o.id, 0, b.host from old o join server_ban b on b.person_id = o.was and b.host <> o.host and (b.until is null or b.until > now())`, ids)
	return m
}

// predecessors are the accounts that people had before they moved, as old(id, was, host):
// what bans those bans them. Who moves further than this has waited for weeks.
const predecessors = `with recursive old(id, was, host, steps) as (
	select successor_id, id, host, 1 from person where successor_id = any($1)
	union all select o.id, p.id, p.host, o.steps + 1 from old o join person p on p.successor_id = o.was where o.steps < 5)`

func (t *Tx) tombstones(ctx context.Context, uris []string) (map[string]bool, error) {
	out := map[string]bool{}
	var uri string
	err := each(ctx, t.tx, "storage: tombstones", []any{&uri}, func() { out[uri] = true },
		`select uri from tombstone where uri = any($1)`, uris)
	return out, err
}

func (t *Tx) communities(ctx context.Context, ids []int64) (map[int64]forum.Community, error) {
	out := map[int64]forum.Community{}
	var c forum.Community
	err := each(ctx, t.tx, "storage: communities", communityFields(&c), func() { out[c.ID] = c },
		`select `+communityColumns+` from community c where c.id = any($1)`, ids)
	return out, err
}

// wordFacts are the facts that posts and comments share.
type wordFacts struct {
	existing   map[string]int64 // database ids of what is here already
	buried     map[string]bool
	early      map[string]forum.Life
	membership // of authors
	blocked    map[string]bool
}

// wordFacts gathers them for objects and, at the same index, the ids of their
// authors; known is the statement that finds what is here already. What else batch
// asks is asked with it.
func (t *Tx) wordFacts(ctx context.Context, batch *pgx.Batch, uris, authors []string, people []int64, hosts map[string]bool, known string) (w wordFacts, err error) {
	w.membership = memberships(batch, people)
	w.existing = map[string]int64{}
	if len(uris) > 0 {
		var uri string
		var id int64
		ask(batch, []any{&uri, &id}, func() { w.existing[uri] = id }, known, uris)
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return w, err
	}
	if w.blocked, err = t.blockedHosts(ctx, hosts); err != nil {
		return w, err
	}
	if len(uris) == 0 { // people of this node wrote all of it: it is named only now
		return w, nil
	}
	if w.buried, err = t.tombstones(ctx, uris); err != nil {
		return w, err
	}
	w.early, err = t.early(ctx, uris, authors)
	return w, err
}

// SubmitFacts implements forum.PostTx.
func (t *Tx) SubmitFacts(ctx context.Context, acts []forum.Submit) ([]forum.SubmitFacts, error) {
	var uris, authors []string
	var people, places []int64
	hosts := map[string]bool{}
	for i := range acts {
		p := &acts[i].Post
		if p.URI != "" {
			uris, authors = append(uris, p.URI), append(authors, p.Author.URI)
		}
		people = append(people, p.Author.ID)
		places = append(append(places, p.Community.ID), acts[i].Crossposts...)
		if !p.Author.Local {
			hosts[p.Author.Host] = true
		}
	}
	communities, err := t.communities(ctx, places)
	if err != nil {
		return nil, err
	}
	w, err := t.wordFacts(ctx, &pgx.Batch{}, uris, authors, people, hosts, `select uri, id from post where uri = any($1)`)
	if err != nil {
		return nil, fmt.Errorf("storage.SubmitFacts: %w", err)
	}
	facts := make([]forum.SubmitFacts, len(acts))
	for i := range acts {
		p := &acts[i].Post
		f := &facts[i]
		f.Community = communities[p.Community.ID]
		for _, x := range acts[i].Crossposts {
			if c, ok := communities[x]; ok {
				f.Crossposts = append(f.Crossposts, c)
			}
		}
		f.Existing, f.Tombstone, f.Early = w.existing[p.URI], w.buried[p.URI], w.early[p.URI]
		f.AuthorGone, f.Blocked = w.gone[p.Author.ID], w.blocked[p.Author.Host]
		f.Banned, f.Barred = w.in(p.Author.ID, &f.Community)
	}
	return facts, nil
}

// NewPostIDs implements forum.PostTx.
func (t *Tx) NewPostIDs(ctx context.Context, n int) ([]int64, error) {
	return t.newIDs(ctx, `post_id_seq`, n)
}

func (t *Tx) newIDs(ctx context.Context, sequence string, n int) ([]int64, error) {
	rows, err := t.tx.Query(ctx, `select nextval($1::regclass) from generate_series(1, $2)`, sequence, n)
	if err != nil {
		return nil, fmt.Errorf("storage: new ids: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func orNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// InsertPosts implements forum.PostTx.
func (t *Tx) InsertPosts(ctx context.Context, posts []forum.NewPost) ([]int, error) {
	batch := &pgx.Batch{}
	for i := range posts {
		n := &posts[i]
		p := &n.Post
		batch.Queue(`insert into post (id, uri, local, community_id, author_id, title, title_given, title_whole, link,
				source, format, html, render_version, language, sensitive, warning, page_url, published_at, published_text,
				updated_at, updated_text, submitted_at, received_at, create_id, shape, attachments, occasion, poll, tags, withheld, asked, up)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
				$25, $26, $27, $28, $29, $30, $31, 1)
			on conflict (uri) do nothing`,
			p.ID, p.URI, p.Local, p.Community.ID, p.Author.ID, p.Title, p.TitleGiven, p.TitleWhole, p.Link,
			p.Text.Source, p.Text.Format, p.Text.HTML, p.Text.RenderVersion, p.Language, p.Sensitive, p.Warning, p.URL,
			p.Published.Time, p.Published.Text, orNull(p.Updated.Time), p.Updated.Text, n.Submitted, n.Received, p.Create,
			p.Shape, attachmentsColumn(p.Attachments), occasionColumn(p.Occasion), pollColumn(p.Poll), tagsColumn(p.Tags), p.Withheld, n.Asked)
	}
	inserted, err := t.insertedOf(ctx, batch)
	if err != nil {
		return nil, fmt.Errorf("storage.InsertPosts: %w", err)
	}
	var s postSides
	var links []string
	for _, i := range inserted {
		s.add(&posts[i])
		if p := &posts[i].Post; p.Link != "" && !forum.Pictured(p.Link, p.Attachments) {
			links = append(links, p.Link)
		}
	}
	if len(links) > 0 {
		if err := t.askPages(ctx, links); err != nil {
			return nil, err
		}
	}
	if err := s.write(ctx, t.tx); err != nil {
		return nil, err
	}
	var topics topics
	var a approvals
	for _, i := range inserted {
		topics.add(posts[i].Post.ID, posts[i].Post.Tags)
		a.add(posts[i].Post.URI, posts[i].Post.Tags)
	}
	if err := a.ask(ctx, t); err != nil {
		return nil, err
	}
	if err := topics.write(ctx, t.tx); err != nil {
		return nil, err
	}
	return inserted, t.tellOfPosts(ctx, posts, inserted)
}

// insertedOf runs a batch of inserts and tells which of them wrote a row.
func (t *Tx) insertedOf(ctx context.Context, batch *pgx.Batch) ([]int, error) {
	results := t.tx.SendBatch(ctx, batch)
	var inserted []int
	for i := range batch.Len() {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close()
			return nil, err
		}
		if tag.RowsAffected() == 1 {
			inserted = append(inserted, i)
		}
	}
	return inserted, results.Close()
}

// postSides gathers what goes into other tables with new posts.
type postSides struct {
	postID, communityID []int64 // per place, as the next five
	isHome              []bool
	submitted, placed   []time.Time
	hot, scaled         []float64
	voted, authorID     []int64 // per post
	votedAt             []time.Time
	ours                bool // somebody of this node wrote one of them
}

func (s *postSides) add(n *forum.NewPost) {
	p := &n.Post
	for i, place := range append([]int64{p.Community.ID}, n.Crossposts...) {
		s.postID = append(s.postID, p.ID)
		s.communityID = append(s.communityID, place)
		s.isHome = append(s.isHome, i == 0)
		s.submitted = append(s.submitted, n.Submitted)
		s.placed = append(s.placed, n.Received)
		s.hot = append(s.hot, n.Ranks.Hot)
		s.scaled = append(s.scaled, n.Ranks.Scaled)
	}
	s.ours = s.ours || p.Author.Local
	s.voted = append(s.voted, p.ID)
	s.authorID = append(s.authorID, p.Author.ID)
	s.votedAt = append(s.votedAt, n.Submitted)
}

// An update of several rows locks them in whatever order its plan meets them.
// These come first where two transactions may update the same ones.
const (
	lockPeople      = `select 1 from person where id = any($1) order by id for no key update`
	lockCommunities = `select 1 from community where id = any($1) order by id for no key update`
)

func (s *postSides) write(ctx context.Context, tx pgx.Tx) error {
	if len(s.voted) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`insert into placement (post_id, community_id, home, placed_at)
		select p, c, h, t from unnest($1::int[], $2::int[], $3::boolean[], $4::timestamptz[]) x(p, c, h, t) on conflict do nothing`,
		s.postID, s.communityID, s.isHome, s.placed)
	// post_pulse follows by a trigger.
	batch.Queue(`insert into post_rank (post_id, community_id, home, submitted_at, hot, scaled, score)
		select p, c, h, s, r, d, 1 from unnest($1::int[], $2::int[], $3::boolean[], $4::timestamptz[], $5::float8[], $6::float8[]) x(p, c, h, s, r, d)
		on conflict do nothing`, s.postID, s.communityID, s.isHome, s.submitted, s.hot, s.scaled)
	if s.ours { // the walls of those who are followed; what they write is at home elsewhere
		batch.Queue(`insert into post_rank (post_id, community_id, home, submitted_at, hot, scaled, score)
			select r.post_id, w.id, false, r.submitted_at, r.hot, r.scaled, r.score
			from unnest($1::int[], $2::int[]) x(p, a) join person a on a.id = x.a and a.local join community w on w.uri = a.uri and w.wall and w.local
				join post_rank r on r.post_id = x.p and r.home
			on conflict do nothing`, s.voted, s.authorID)
	}
	batch.Queue(`insert into vote (subject_kind, subject_id, person_id, dir, at)
		select 1, p, a, 1, v from unnest($1::int[], $2::int[], $3::timestamptz[]) x(p, a, v) on conflict do nothing`,
		s.voted, s.authorID, s.votedAt)
	batch.Queue(lockPeople, s.authorID)
	batch.Queue(`update person a set posts = a.posts + n.by from (select id, count(*) by from unnest($1::int[]) id group by id) n
		where a.id = n.id`, s.authorID)
	batch.Queue(lockCommunities, s.communityID)
	batch.Queue(`update community c set posts = c.posts + n.by from (select id, count(*) by from unnest($1::int[]) id group by id) n
		where c.id = n.id`, s.communityID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage: placing posts: %w", err)
	}
	return nil
}

// topics gathers under which names posts are listed.
type topics struct {
	posts []int64
	names []string
}

func (s *topics) add(post int64, t forum.Tags) {
	for _, name := range append(t.Hashtags.All(), t.Flair.All()...) {
		s.posts, s.names = append(s.posts, post), append(s.names, name)
	}
}

func (s *topics) write(ctx context.Context, tx pgx.Tx) error {
	if len(s.posts) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into topic (name, post_id, submitted_at)
		select x.n, p.id, p.submitted_at from unnest($1::text[], $2::int[]) x(n, id) join post p on p.id = x.id on conflict do nothing`, s.names, s.posts)
	if err != nil {
		return fmt.Errorf("storage: topics: %w", err)
	}
	return nil
}

// announcements are what is kept of the ids under which things were announced. What has
// an id already keeps it: of several places in which a comment is told of, the first.
func announcements(batch *pgx.Batch, made []forum.Announcement) {
	var posts, communities, comments []int64
	var announces, boosts, told []string
	first := map[int64]bool{}
	for _, a := range made {
		switch {
		case a.Again:
			batch.Queue(`update placement set boost_id = $3 where post_id = $1 and community_id = $2`, a.PostID, a.CommunityID, a.Boost)
		case a.CommentID == 0:
			posts, communities = append(posts, a.PostID), append(communities, a.CommunityID)
			announces, boosts = append(announces, a.Announce), append(boosts, a.Boost)
		case !first[a.CommentID]:
			first[a.CommentID] = true
			comments, told = append(comments, a.CommentID), append(told, a.Announce)
		}
	}
	if len(comments) > 0 {
		batch.Queue(`update comment m set announce_id = x.a, told_xid = o.xid from unnest($1::int[], $2::text[]) x(id, a), (select log_xid() xid) o
			where m.id = x.id and m.announce_id = ''`, comments, told)
	}
	if len(posts) > 0 {
		batch.Queue(`update placement l set announce_id = x.a, boost_id = x.b, told_xid = o.xid
			from unnest($1::int[], $2::int[], $3::text[], $4::text[]) x(p, c, a, b), (select log_xid() xid) o
			where l.post_id = x.p and l.community_id = x.c and l.announce_id = ''`, posts, communities, announces, boosts)
	}
}

// MovePost implements forum.PostTx.
func (t *Tx) MovePost(ctx context.Context, postID, from, to int64, at time.Time) (told bool, err error) {
	var listed, live bool
	var comments int
	err = t.tx.QueryRow(ctx, `select p.state = 0, p.comments, l.post_id is not null and l.moved_at is null, coalesce(l.announce_id, '') <> '' and l.moved_at is null
		from post p left join placement l on l.post_id = p.id and l.community_id = $2 where p.id = $1`, postID, to).Scan(&live, &comments, &listed, &told)
	if err != nil {
		return false, fmt.Errorf("storage.MovePost: %w", err)
	}
	less, more := 1, 1
	switch {
	case !live:
		less, more = 0, 0 // counted once it is back
	case listed:
		more = 0 // as a crosspost
	}
	batch := &pgx.Batch{}
	batch.Queue(`update post set community_id = $2, pinned_at = case when pinned_at > $3 then pinned_at end, asked = '' where id = $1`, postID, to, at)
	batch.Queue(`update placement set home = false, moved_at = $3 where post_id = $1 and community_id = $2`, postID, from, at)
	// One that comes back is told of anew.
	batch.Queue(`insert into placement (post_id, community_id, home, placed_at) values ($1, $2, true, $3)
		on conflict (post_id, community_id) do update set home = true, moved_at = null,
			announce_id = case when placement.moved_at is null then placement.announce_id else '' end,
			boost_id = case when placement.moved_at is null then placement.boost_id else '' end`, postID, to, at)
	batch.Queue(`delete from post_rank where post_id = $1 and community_id in ($2, $3)`, postID, from, to)
	batch.Queue(`insert into post_rank (post_id, community_id, home, submitted_at, hot, score)
		select id, $2, true, submitted_at, 0, up - down from post where id = $1 and state = 0`, postID, to)
	batch.Queue(`update report set community_id = $2 where closed_at is null and community_id = $3
		and (post_id = $1 or comment_id in (select id from comment where post_id = $1))`, postID, to, from)
	batch.Queue(lockCommunities, []int64{from, to})
	batch.Queue(`update community set posts = posts - $3, comments = comments - $2 where id = $1`, from, comments, less)
	batch.Queue(`update community set posts = posts + $3, comments = comments + $2 where id = $1`, to, comments, more)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("storage.MovePost: %w", err)
	}
	return told, t.rerank(ctx, []int64{postID})
}

// Asking finds the post, by id, that waits for its author to allow this Announce of it;
// empty when none does.
func (t *Tx) Asking(ctx context.Context, announce string) (uri string, err error) {
	err = t.tx.QueryRow(ctx, `select coalesce(min(uri), '') from post where asked = $1 and asked <> ''`, announce).Scan(&uri)
	if err != nil {
		return "", fmt.Errorf("storage.Asking: %w", err)
	}
	return uri, nil
}

// Answer implements forum.PostTx.
func (t *Tx) Answer(ctx context.Context, postID int64, allowed bool, approval string) error {
	_, err := t.tx.Exec(ctx, `update post set asked = '', withheld = not $2, approval = $3 where id = $1`, postID, allowed, approval)
	if err != nil {
		return fmt.Errorf("storage.Answer: %w", err)
	}
	return nil
}

// ApprovedBy finds the post, by id, whose author gave this out for its Announce; empty when
// none was.
func (t *Tx) ApprovedBy(ctx context.Context, approval string) (uri string, err error) {
	err = t.tx.QueryRow(ctx, `select coalesce(min(uri), '') from post where approval = $1 and approval <> ''`, approval).Scan(&uri)
	if err != nil {
		return "", fmt.Errorf("storage.ApprovedBy: %w", err)
	}
	return uri, nil
}

// PostOfContext is the id of the post whose thread is listed at an address elsewhere; ""
// where none is known by it.
func (t *Tx) PostOfContext(ctx context.Context, thread string) (string, error) {
	var uri string
	err := t.tx.QueryRow(ctx, `select coalesce(min(p.uri), '') from thread_check c join post p on p.id = c.post_id where c.context = $1 and c.context <> ''`, thread).Scan(&uri)
	if err != nil {
		return "", fmt.Errorf("storage.PostOfContext: %w", err)
	}
	return uri, nil
}

// NoteContext keeps where the thread of a post elsewhere is listed. noted is false where
// no such post is known.
func (t *Tx) NoteContext(ctx context.Context, post, thread string) (noted bool, err error) {
	tag, err := t.tx.Exec(ctx, `insert into thread_check (post_id, context) select id, $2 from post where uri = $1 and not local
		on conflict (post_id) do update set context = excluded.context`, post, thread)
	if err != nil {
		return false, fmt.Errorf("storage.NoteContext: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
