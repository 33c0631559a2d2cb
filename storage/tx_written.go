package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// blankAfter is how long a row keeps the words of what its author deleted, so
// that the deletion can be undone. Lemmy keeps them as long.
const blankAfter = 30 * 24 * time.Hour

// keptFields are the fields of Written that posts and comments have alike.
const keptColumns = `, coalesce(x.edited_at, case when x.updated_at is not null then least(x.updated_at, x.received_at) end), x.edited_act, x.life_gone, x.life_at, x.life_act, x.life_undone, x.blanked`

func keptFields(w *forum.Written) []any {
	return []any{orZero{&w.EditedAt}, &w.EditedBy, &w.Life.Gone, orZero{&w.Life.At}, &w.Life.Activity, &w.Life.Undone, &w.Blanked}
}

// Written implements forum.WrittenTx.
func (t *Tx) Written(ctx context.Context, ids []string, by []forum.Person) ([]forum.Written, error) {
	hosts := map[string]bool{}
	for _, p := range by {
		if !p.Local && p.Host != "" {
			hosts[p.Host] = true
		}
	}
	blocked, err := t.blockedHosts(ctx, hosts)
	if err != nil {
		return nil, err
	}
	found := map[string]*forum.Written{}
	if err := t.writtenPosts(ctx, ids, found); err != nil {
		return nil, err
	}
	if err := t.writtenComments(ctx, ids, found); err != nil {
		return nil, err
	}
	if err := t.placements(ctx, found); err != nil {
		return nil, err
	}
	if err := t.bannedAuthors(ctx, found); err != nil {
		return nil, err
	}
	var buried map[string]bool
	var early map[string]forum.Life
	if len(found) < len(ids) {
		if buried, err = t.tombstones(ctx, ids); err != nil {
			return nil, err
		}
		authors := make([]string, len(by))
		for i := range by {
			authors[i] = by[i].URI
		}
		if early, err = t.early(ctx, ids, authors); err != nil {
			return nil, err
		}
	}
	out := make([]forum.Written, len(ids))
	for i, id := range ids {
		out[i].Life = early[id]
		if w := found[id]; w != nil {
			out[i] = *w
		}
		out[i].Tombstone, out[i].Blocked = buried[id], blocked[by[i].Host]
	}
	return out, nil
}

// bannedAuthors marks what was written by somebody who is banned from where it stands.
func (t *Tx) bannedAuthors(ctx context.Context, found map[string]*forum.Written) error {
	authors := make([]int64, 0, len(found))
	for _, w := range found {
		authors = append(authors, w.AuthorID())
	}
	if len(authors) == 0 {
		return nil
	}
	m, err := t.members(ctx, authors)
	for _, w := range found {
		w.Banned, w.Barred = m.in(w.AuthorID(), &w.Post.Community)
	}
	return err
}

// WrittenPost implements forum.PollTx.
func (t *Tx) WrittenPost(ctx context.Context, id int64) (forum.Written, error) {
	var uri string
	if err := t.tx.QueryRow(ctx, `select coalesce((select uri from post where id = $1), '')`, id).Scan(&uri); err != nil {
		return forum.Written{}, fmt.Errorf("storage.WrittenPost: %w", err)
	}
	all, err := t.Written(ctx, []string{uri}, []forum.Person{{}})
	if err != nil {
		return forum.Written{}, err
	}
	return all[0], nil
}

// writtenPosts adds the posts among ids, and locks them with the threads of the
// comments among ids: posts come before comments in every transaction.
func (t *Tx) writtenPosts(ctx context.Context, ids []string, found map[string]*forum.Written) error {
	// With an "or" in place of the union Postgres reads all posts there are.
	_, err := t.tx.Exec(ctx, `select 1 from post where id in (select id from post where uri = any($1) union all select post_id from comment where uri = any($1))
		order by id for no key update`, ids)
	if err != nil {
		return fmt.Errorf("storage.Written: %w", err)
	}
	var w forum.Written
	return each(ctx, t.tx, "storage.Written", append(postRow(&w.Post), keptFields(&w)...), func() {
		one := w
		found[w.Post.URI] = &one
	}, `select `+postRowColumns+keptColumns+` from post p join post x on x.id = p.id
		join community c on c.id = p.community_id join person a on a.id = p.author_id where p.uri = any($1)`, ids)
}

func (t *Tx) writtenComments(ctx context.Context, ids []string, found map[string]*forum.Written) error {
	if len(found) == len(ids) {
		return nil
	}
	if _, err := t.tx.Exec(ctx, `select 1 from comment where uri = any($1) order by id for no key update`, ids); err != nil {
		return fmt.Errorf("storage.Written: %w", err)
	}
	var w forum.Written
	var m forum.Comment
	var threads []int64
	var comments []*forum.Written
	fields := append(commentRow(&m), append(keptFields(&w), &w.Told, &w.Answered.Inbox, &w.Answered.SharedInbox)...)
	err := each(ctx, t.tx, "storage.Written", fields, func() {
		one, comment := w, m
		one.Comment = &comment
		answered := comment.Answered
		answered.Inbox, answered.SharedInbox = w.Answered.Inbox, w.Answered.SharedInbox
		one.Answered = answered
		found[comment.URI] = &one
		threads, comments = append(threads, comment.PostID), append(comments, &one)
	}, `select `+commentRowColumns+keptColumns+`, m.told_xid, pa.inbox, pa.shared_inbox
		from comment m join comment x on x.id = m.id join person a on a.id = m.author_id join post p on p.id = m.post_id
		join community c on c.id = p.community_id left join comment pm on pm.id = m.parent_id
		join person pa on pa.id = coalesce(pm.author_id, p.author_id)
		where m.uri = any($1)`, ids)
	if err != nil || len(comments) == 0 {
		return err
	}
	// Apart: of ten tables in one statement Postgres joins the last as they stand, with
	// all posts there are.
	posts := map[int64]forum.Post{}
	var p forum.Post
	err = each(ctx, t.tx, "storage.Written", postRow(&p), func() { posts[p.ID] = p }, `select `+postRowColumns+postFrom+`where p.id = any($1)`, threads)
	for _, c := range comments {
		c.Post = posts[c.Comment.PostID]
	}
	return err
}

// placements adds where posts are listed, their homes first.
func (t *Tx) placements(ctx context.Context, found map[string]*forum.Written) error {
	if len(found) == 0 {
		return nil
	}
	byPost := map[int64][]*forum.Written{}
	ids := make([]int64, 0, len(found))
	for _, w := range found {
		byPost[w.Post.ID] = append(byPost[w.Post.ID], w)
		ids = append(ids, w.Post.ID)
	}
	var post int64
	var l forum.Placement
	return each(ctx, t.tx, "storage: placements", append([]any{&post, &l.Home, &l.Announce, &l.Boost, orZero{&l.At}, &l.Told}, communityFields(&l.Community)...), func() {
		for _, w := range byPost[post] {
			w.Places = append(w.Places, l)
		}
	}, `select l.post_id, l.home, l.announce_id, l.boost_id, l.placed_at, l.told_xid, `+communityColumns+`
		from placement l join community c on c.id = l.community_id where l.post_id = any($1) order by l.post_id, l.home desc, c.id`, ids)
}

// SaveWords implements forum.WrittenTx.
func (t *Tx) SaveWords(ctx context.Context, edits []forum.Edited) error {
	batch := &pgx.Batch{}
	var topics topics
	var a approvals
	for i := range edits {
		e := &edits[i]
		w := &e.Words
		a.add(e.Object, w.Tags)
		if e.Subject.Kind == forum.OnPost {
			if e.Keep {
				batch.Queue(`insert into revision (subject_kind, subject_id, at, title, link, source, format, html)
					select 1, id, $2, title, link, source, format, html from post where id = $1`, e.Subject.ID, e.At)
			}
			batch.Queue(`update post set title = $2, title_given = $3, title_whole = $4, link = $5, source = $6, format = $7, html = $8,
					render_version = $9, language = $10, sensitive = $11, warning = $12, page_url = $13, updated_at = $14, updated_text = $15,
					edited_at = $16, edited_act = $17, shape = $18, attachments = $19, occasion = $20, poll = $21, tags = $22 where id = $1`,
				e.Subject.ID, w.Title, w.TitleGiven, w.TitleWhole, w.Link, w.Text.Source, w.Text.Format, w.Text.HTML,
				w.Text.RenderVersion, w.Language, w.Sensitive, w.Warning, w.URL, orNull(e.Updated.Time), e.Updated.Text, orNull(e.At), e.By,
				w.Shape, attachmentsColumn(w.Attachments), occasionColumn(w.Occasion), pollColumn(w.Poll), tagsColumn(w.Tags))
			batch.Queue(`delete from topic where post_id = $1`, e.Subject.ID)
			topics.add(e.Subject.ID, w.Tags)
		} else {
			if e.Keep {
				batch.Queue(`insert into revision (subject_kind, subject_id, at, source, format, html)
					select 2, id, $2, source, format, html from comment where id = $1`, e.Subject.ID, e.At)
			}
			batch.Queue(`update comment set source = $2, format = $3, html = $4, render_version = $5, language = $6, sensitive = $7,
					warning = $8, page_url = $9, updated_at = $10, updated_text = $11, edited_at = $12, edited_act = $13,
					attachments = $14, distinguished = $15, tags = $16 where id = $1`,
				e.Subject.ID, w.Text.Source, w.Text.Format, w.Text.HTML, w.Text.RenderVersion, w.Language, w.Sensitive,
				w.Warning, w.URL, orNull(e.Updated.Time), e.Updated.Text, orNull(e.At), e.By, attachmentsColumn(w.Attachments), w.Distinguished, tagsColumn(w.Tags))
		}
		if e.Anew {
			batch.Queue(`delete from poll_vote where post_id = $1`, e.Subject.ID)
		}
		if e.Keep {
			batch.Queue(`delete from revision where subject_kind = $1 and subject_id = $2 and id <= (
				select id from revision where subject_kind = $1 and subject_id = $2 order by id desc offset $3 limit 1)`,
				e.Subject.Kind, e.Subject.ID, forum.MaxRevisions)
		}
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.SaveWords: %w", err)
	}
	if err := topics.write(ctx, t.tx); err != nil {
		return err
	}
	if err := a.ask(ctx, t); err != nil {
		return err
	}
	var links []string
	for i := range edits {
		if w := &edits[i].Words; edits[i].Subject.Kind == forum.OnPost && w.Link != "" && !forum.Pictured(w.Link, w.Attachments) {
			links = append(links, w.Link)
		}
	}
	if len(links) == 0 {
		return nil
	}
	return t.askPages(ctx, links)
}

// Rendered is a text with what it belongs to.
type Rendered struct {
	ID   int64
	URI  string
	Text forum.Text
	Was  string // the HTML that was read
}

// OldRenderings lists texts of posts or comments that were rendered before a
// version, at most n, by id.
func (db *DB) OldRenderings(ctx context.Context, on forum.SubjectKind, version int, after int64, n int) ([]Rendered, error) {
	var out []Rendered
	var r Rendered
	sql := `select id, uri, source, format, html, render_version from post where render_version < $1 and id > $2 order by id limit $3`
	if on == forum.OnComment {
		sql = `select id, uri, source, format, html, render_version from comment where render_version < $1 and id > $2 order by id limit $3`
	}
	err := each(ctx, db.pool, "storage.OldRenderings", []any{&r.ID, &r.URI, &r.Text.Source, &r.Text.Format, &r.Text.HTML, &r.Text.RenderVersion},
		func() { r.Was = r.Text.HTML; out = append(out, r) }, sql, version, after, n)
	return out, err
}

// CountOldRenderings counts what OldRenderings lists.
func (db *DB) CountOldRenderings(ctx context.Context, version int) (posts, comments int, err error) {
	err = db.pool.QueryRow(ctx, `select (select count(*) from post where render_version < $1), (select count(*) from comment where render_version < $1)`,
		version).Scan(&posts, &comments)
	if err != nil {
		return 0, 0, fmt.Errorf("storage.CountOldRenderings: %w", err)
	}
	return posts, comments, nil
}

// SaveRenderings keeps what texts were rendered to, but of those that were edited or
// deleted meanwhile: what was read and is no longer there must not come back.
func (db *DB) SaveRenderings(ctx context.Context, on forum.SubjectKind, texts []Rendered) error {
	var ids []int64
	var sources, htmls, were []string
	var versions []int32
	for i := range texts {
		t := &texts[i]
		ids, sources, htmls = append(ids, t.ID), append(sources, t.Text.Source), append(htmls, t.Text.HTML)
		were = append(were, t.Was)
		versions = append(versions, int32(t.Text.RenderVersion))
	}
	sql := `update post p set html = n.html, render_version = n.version
		from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[]) n(id, source, html, version, was)
		where p.id = n.id and p.source = n.source and p.html = n.was`
	if on == forum.OnComment {
		sql = `update comment m set html = n.html, render_version = n.version
			from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[]) n(id, source, html, version, was)
			where m.id = n.id and m.source = n.source and m.html = n.was`
	}
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		// Locked by id, as everywhere; the update locks in whatever order its plan meets them.
		lock := `select 1 from post where id = any($1) order by id for update`
		if on == forum.OnComment {
			lock = `select 1 from comment where id = any($1) order by id for update`
		}
		if _, err := tx.tx.Exec(ctx, lock, ids); err != nil {
			return fmt.Errorf("storage.SaveRenderings: %w", err)
		}
		if _, err := tx.tx.Exec(ctx, sql, ids, sources, htmls, versions, were); err != nil {
			return fmt.Errorf("storage.SaveRenderings: %w", err)
		}
		return nil
	})
}

// SaveLife implements forum.WrittenTx.
func (t *Tx) SaveLife(ctx context.Context, s forum.Subject, life forum.Life, state forum.State, at time.Time) error {
	batch := &pgx.Batch{}
	if s.Kind == forum.OnPost {
		batch.Queue(`update post set life_gone = $2, life_at = $3, life_act = $4, life_undone = $5 where id = $1`,
			s.ID, life.Gone, life.At, life.Activity, life.Undone)
	} else {
		batch.Queue(`update comment set life_gone = $2, life_at = $3, life_act = $4, life_undone = $5 where id = $1`,
			s.ID, life.Gone, life.At, life.Activity, life.Undone)
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.SaveLife: %w", err)
	}
	if state == forum.Removed || state == forum.Purged {
		return nil // by somebody else, with a reason of theirs
	}
	return t.SetState(ctx, s, state, "", at)
}

// BlankWords implements forum.WrittenTx.
func (t *Tx) BlankWords(ctx context.Context, blanked []forum.Blanked) error {
	if len(blanked) == 0 {
		return nil
	}
	objects := make([]string, len(blanked))
	var of []string
	var communities []int64
	var ids, here []string
	var docs, direct [][]byte
	for i, b := range blanked {
		objects[i] = b.Object
		if b.Direct != nil {
			here, direct = append(here, b.Object), append(direct, b.Direct.Body)
		}
		for community, doc := range b.Instead {
			of, communities, ids, docs = append(of, b.Object), append(communities, community), append(ids, doc.ID), append(docs, doc.Body)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from revision r using post p where r.subject_kind = 1 and r.subject_id = p.id and p.uri = any($1)`, objects)
	batch.Queue(`delete from revision r using comment m where r.subject_kind = 2 and r.subject_id = m.id and m.uri = any($1)`, objects)
	if len(of) > 0 {
		batch.Queue(`update log g set forum_id = x.id, forum_doc = x.doc from unnest($1::text[], $2::int[], $3::text[], $4::bytea[]) x(of, community, id, doc)
			where g.subject = x.of and g.community_id = x.community and g.verb in ('submit', 'reply') and g.forum_doc is not null`, of, communities, ids, docs)
	}
	if len(here) > 0 {
		batch.Queue(`update log g set direct_doc = x.doc from unnest($1::text[], $2::bytea[]) x(of, doc)
			where g.subject = x.of and g.verb in ('submit', 'reply') and g.direct_doc is not null`, here, direct)
	}
	batch.Queue(`update log set micro_doc = null, direct_doc = case when verb in ('submit', 'reply') and subject = any(coalesce($3::text[], '{}')) then direct_doc end,
			forum_doc = case when forum_id = any(coalesce($2::text[], '{}')) then forum_doc end
		where subject = any($1) and verb in ('submit', 'reply', 'edit', 'tally') and (forum_doc is not null or direct_doc is not null)`, objects, ids, here)
	// What is still to be judged is refused then, and blanked with that.
	batch.Queue(`update received set body = '' where about = any($1) and about <> '' and state >= 3 and body <> ''`, objects)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.BlankWords: %w", err)
	}
	return nil
}

// RememberDeletion implements forum.WrittenTx.
func (t *Tx) RememberDeletion(ctx context.Context, object, by string, life forum.Life) error {
	_, err := t.tx.Exec(ctx, `insert into early_delete (uri, by, at, activity, undone, undoes) values ($1, $2, $3, $4, $5, $6)
		on conflict (day, uri, by) do update set at = excluded.at, activity = excluded.activity, undone = excluded.undone, undoes = excluded.undoes`,
		object, by, life.At, life.Activity, !life.Gone, life.Undone)
	if err != nil {
		return fmt.Errorf("storage.RememberDeletion: %w", err)
	}
	return nil
}

// GoneAtOrigin says which of these objects were deleted before they came here, by
// the word of their own server.
func (t *Tx) GoneAtOrigin(ctx context.Context, objects []string) (map[string]bool, error) {
	out := map[string]bool{}
	var uri string
	err := each(ctx, t.tx, "storage.GoneAtOrigin", []any{&uri}, func() { out[uri] = true }, `select uri from early_delete
		where uri = any($1) and by = '' and not undone and day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3])`, objects)
	return out, err
}

// GoneWhileAwaited keeps the word of an object's own server that it is deleted, where
// something here brings the object, and makes that ready if it waits for it. It does so
// once: what only tells of the object would ask for it until its tries are used up. What
// has waited for something else before, as for what the object answers, has not had its once.
func (t *Tx) GoneWhileAwaited(ctx context.Context, object string) error {
	_, err := t.tx.Exec(ctx, `with ready as (update received set state = 1 where state = 2 and needs = $1 and about = $1 and about <> ''
			and (tries <= 1 or not exists (select 1 from early_delete e where e.uri = $1 and e.by = '' and not e.undone
				and e.day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3]))) returning 1)
		insert into early_delete (uri, by, at, undone) select $1, '', now(), false
			where exists (select 1 from ready) or exists (select 1 from received where state = 1 and about = $1 and about <> '')
		on conflict (day, uri, by) do update set at = excluded.at`, object)
	if err != nil {
		return fmt.Errorf("storage.GoneWhileAwaited: %w", err)
	}
	return nil
}

// early finds what authors, at the same index as their objects, said of objects
// before these came.
func (t *Tx) early(ctx context.Context, objects, authors []string) (map[string]forum.Life, error) {
	out := map[string]forum.Life{}
	var object string
	var undone bool
	var l forum.Life
	// The newest word stands last.
	err := each(ctx, t.tx, "storage: early deletions", []any{&object, &undone, orZero{&l.At}, &l.Activity, &l.Undone}, func() {
		l.Gone = !undone
		out[object] = l
	}, `select e.uri, e.undone, e.at, e.activity, e.undoes from unnest($1::text[], $2::text[]) x(uri, by)
		join early_delete e on e.uri = x.uri and (e.by = x.by or e.by = '')
			and e.day = any(array[current_date, current_date - 1, current_date - 2, current_date - 3]) order by e.at, e.activity`, objects, authors)
	return out, err
}

// emptyAtOnce is how many posts and how many comments EmptyGone deletes in one
// transaction.
const emptyAtOnce = 100

// EmptyGone deletes some of what somebody wrote who is gone. What a moderator has
// removed stays removed, and is its author's deletion besides. It reports whether there
// was anything to do.
func (db *DB) EmptyGone(ctx context.Context) (more bool, err error) {
	err = db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var person int64
		var at time.Time
		var erase bool
		// Nobody is locked before what they wrote: two processes may do the same, and
		// the second finds it done.
		err := tx.tx.QueryRow(ctx, `select id, coalesce(gone_at, now()), erase from person where gone and not emptied order by id limit 1`).Scan(&person, &at, &erase)
		if errors.Is(err, pgx.ErrNoRows) {
			more = false
			return nil
		}
		if err != nil {
			return fmt.Errorf("storage.EmptyGone: %w", err)
		}
		more = true
		return tx.empty(ctx, person, at, erase)
	})
	return more, err
}

func (t *Tx) empty(ctx context.Context, person int64, at time.Time, erase bool) error {
	var blanked []forum.Blanked
	var subjects []forum.Subject
	var states []forum.State
	s := forum.Subject{Kind: forum.OnPost}
	var uri string
	var state forum.State
	add := func() {
		if state == forum.Live {
			state = forum.Deleted
		}
		blanked, subjects, states = append(blanked, forum.Blanked{Object: uri}), append(subjects, s), append(states, state)
	}
	err := each(ctx, t.tx, "storage.EmptyGone", []any{&s.ID, &uri, &state}, add, `select id, uri, state from post
		where author_id = $1 and (state = 0 or state = 2 and not life_gone) order by id limit $2 for no key update`, person, emptyAtOnce)
	if err != nil {
		return err
	}
	if len(subjects) == 0 {
		s.Kind = forum.OnComment
		// The threads are locked before the comments, as everywhere.
		if _, err := t.tx.Exec(ctx, `select 1 from post where id in (
			select post_id from comment where author_id = $1 and (state = 0 or state = 2 and not life_gone) order by id limit $2) order by id for no key update`, person, emptyAtOnce); err != nil {
			return fmt.Errorf("storage.EmptyGone: %w", err)
		}
		err = each(ctx, t.tx, "storage.EmptyGone", []any{&s.ID, &uri, &state}, add, `select id, uri, state from comment
			where author_id = $1 and (state = 0 or state = 2 and not life_gone) order by id limit $2 for no key update`, person, emptyAtOnce)
		if err != nil {
			return err
		}
	}
	if len(subjects) == 0 {
		// What moderators have removed stays so, without its words.
		const whose = ` where author_id = $1 and state in (1, 2) and not blanked and $2`
		for _, sql := range []string{blankPosts + whose + unlisted, blankComments + whose} {
			if _, err := t.tx.Exec(ctx, sql, person, erase); err != nil {
				return fmt.Errorf("storage.EmptyGone: %w", err)
			}
		}
		_, err := t.tx.Exec(ctx, `update person set emptied = true where id = $1`, person)
		return err
	}
	for i, s := range subjects {
		if err := t.SaveLife(ctx, s, forum.Life{Gone: true, At: at}, states[i], at); err != nil {
			return err
		}
	}
	// Who was allowed to quote it is not told: that the account is gone, they are.
	if _, err := t.EndGrants(ctx, subjects, at); err != nil {
		return err
	}
	if erase {
		ids := make([]int64, len(subjects))
		for i := range subjects {
			ids[i] = subjects[i].ID
		}
		sql := blankPosts + ` where id = any($1)` + unlisted
		if s.Kind == forum.OnComment {
			sql = blankComments + ` where id = any($1)`
		}
		if _, err := t.tx.Exec(ctx, sql, ids); err != nil {
			return fmt.Errorf("storage.EmptyGone: %w", err)
		}
	}
	return t.BlankWords(ctx, blanked)
}

const (
	blankPosts = `with gone as (update post set blanked = true, title = '', link = '', source = '', html = '', warning = '', page_url = '',
			attachments = null, occasion = null, poll = null, tags = null`
	unlisted      = ` returning id), listed as (delete from topic where post_id in (select id from gone)) select 1 from gone` // behind its condition
	blankComments = `update comment set blanked = true, source = '', html = '', warning = '', page_url = '', attachments = null, tags = null`
)

// BlankDeleted destroys the words of what its author deleted long ago, also where a
// moderator had removed it. It reports how many posts and comments these were, at most
// 1,000 of each kind.
func (db *DB) BlankDeleted(ctx context.Context) (int64, error) {
	before := time.Now().Add(-blankAfter)
	posts, err := db.pool.Exec(ctx, blankPosts+`
		where id = any(array(select id from post where state = 1 and not blanked and state_at < $1 order by state_at limit 1000 for no key update skip locked)
			|| array(select id from post where state = 2 and life_gone and not blanked and life_at < $1 order by life_at limit 1000 for no key update skip locked))`+unlisted, before)
	if err != nil {
		return 0, fmt.Errorf("storage.BlankDeleted: %w", err)
	}
	comments, err := db.pool.Exec(ctx, blankComments+`
		where id = any(array(select id from comment where state = 1 and not blanked and state_at < $1 order by state_at limit 1000 for no key update skip locked)
			|| array(select id from comment where state = 2 and life_gone and not blanked and life_at < $1 order by life_at limit 1000 for no key update skip locked))`, before)
	if err != nil {
		return 0, fmt.Errorf("storage.BlankDeleted: %w", err)
	}
	return posts.RowsAffected() + comments.RowsAffected(), nil
}
