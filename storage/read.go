package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
)

// Reader shows what is stored. It has no method that writes.
type Reader struct{ db *DB }

// Reader returns the reading half of a DB.
func (db *DB) Reader() *Reader { return &Reader{db: db} }

// ErrNotFound means that there is no such thing here. It is what forum.Refuse
// makes, so that doors answer it like any other refusal.
var ErrNotFound = forum.Refuse(forum.NotFound, "no-such-thing", "There is nothing here with that name.")

// The columns of each noun, in the order of its scan function. a, c, p and m are
// the tables' names in every query.
const (
	personColumns = `a.id, a.uri, a.name, a.host, a.local, a.bot, a.title, a.bio_source, a.bio_html, a.avatar_url,
		a.inbox, a.shared_inbox, a.public_key, a.key_id, a.published_at, a.updated_at, a.fetched_at, a.gone, a.posts, a.comments,
		a.discoverable, a.indexable, a.banner_url, a.links, a.also_known_as, a.moved_to, a.emoji`
	communityColumns = `c.id, c.uri, c.name, c.host, c.local, c.title, c.summary_source, c.summary_html, c.icon_url, c.sensitive,
		c.inbox, c.shared_inbox, c.followers_url, c.public_key, c.key_id, c.published_at, c.updated_at, c.fetched_at,
		c.removed, c.gone, c.followers, c.posts, c.comments, c.discoverable, c.indexable, c.restricted, c.wall,
		c.banner_url, c.rules_source, c.rules_html, c.language, c.untitled, c.emoji, c.post_tags`
	postColumns = `p.id, p.uri, p.local, p.title, p.title_given, p.title_whole, p.link, p.source, p.format, p.html, p.render_version,
		p.language, p.sensitive, p.warning, p.page_url, p.published_at, p.published_text, p.updated_at, p.updated_text,
		p.create_id, p.up, p.down, p.comments, p.last_comment_at, p.state, p.reason, p.state_at,
		p.shape, p.attachments, p.occasion, p.poll, p.locked, p.pinned_at, p.tags, p.reactions,
		p.withheld, p.approval`
	commentHead = `m.id, m.uri, m.local, m.post_id, m.parent_id, m.depth, m.in_reply_to, `
	commentTail = `, m.format, m.html, m.render_version,
		m.language, m.sensitive, m.warning, m.page_url, m.published_at, m.published_text, m.updated_at, m.updated_text,
		m.create_id, m.announce_id, m.up, m.down, m.state, m.reason, m.state_at,
		m.attachments, m.distinguished, m.locked, m.tags, m.reactions`
	commentColumns = commentHead + `m.source` + commentTail
	pageComment    = commentHead + `''` + commentTail // as it is shown: without its source
)

// orZero scans a nullable time.
type orZero struct{ t *time.Time }

func (z orZero) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*z.t = time.Time{}
	case time.Time:
		*z.t = v.UTC()
	default:
		return fmt.Errorf("not a time: %T", v)
	}
	return nil
}

// links scans and writes those of a profile: a line each, what it is called, a tab, and
// the address. Neither holds a tab or a line's end.
type links struct{ all *forum.Links }

func (l links) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("not a text: %T", v)
	}
	*l.all = forum.Links{}
	for i, line := range strings.Split(text, "\n") {
		if label, url, ok := strings.Cut(line, "\t"); ok && i < forum.MaxLinks {
			l.all[i] = forum.ProfileLink{Label: label, URL: url}
		}
	}
	return nil
}

func linksColumn(all forum.Links) string {
	var lines []string
	for _, l := range all {
		if l.URL != "" {
			lines = append(lines, l.Label+"\t"+l.URL)
		}
	}
	return strings.Join(lines, "\n")
}

type orNoID struct{ id *int64 }

func (z orNoID) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*z.id = 0
	case int64:
		*z.id = v
	default:
		return fmt.Errorf("not an id: %T", v)
	}
	return nil
}

// What a post or comment is besides words stands in its row as JSON, or as null. The
// names are kept short: each row has them.
type (
	attachments struct{ list *[]forum.Attachment }
	occasion    struct{ one **forum.Occasion }
	poll        struct{ one **forum.Poll }
	tags        struct{ all *forum.Tags }

	tagsJSON struct {
		Emoji    forum.Emojis   `json:"e,omitempty"`
		Hashtags forum.Hashtags `json:"h,omitempty"`
		Mentions forum.Mentions `json:"m,omitempty"`
		Flair    forum.Flair    `json:"f,omitempty"`
		Quote    string         `json:"q,omitempty"`
		Agreed   bool           `json:"ok,omitempty"`
		Approval string         `json:"a,omitempty"`
		Declined bool           `json:"no,omitempty"`
		Quotable forum.Quotable `json:"w,omitempty"`
		Answers  forum.Allowed  `json:"r,omitempty"`
		Asked    bool           `json:"l?,omitempty"`
		Refused  bool           `json:"l-,omitempty"`
		Leave    string         `json:"l,omitempty"`
	}

	attachmentJSON struct {
		Medium   forum.Medium `json:"m"`
		URL      string       `json:"url"`
		Type     string       `json:"type,omitempty"`
		Alt      string       `json:"alt,omitempty"`
		Width    int          `json:"w,omitempty"`
		Height   int          `json:"h,omitempty"`
		Poster   string       `json:"poster,omitempty"`
		Duration int64        `json:"ms,omitempty"`
	}
	occasionJSON struct {
		Start     time.Time `json:"start,omitzero"`
		End       time.Time `json:"end,omitzero"`
		Place     string    `json:"place,omitempty"`
		Cancelled bool      `json:"cancelled,omitempty"`
	}
	pollJSON struct {
		Options  []optionJSON `json:"options"`
		Multiple bool         `json:"multiple,omitempty"`
		Closes   time.Time    `json:"closes,omitzero"`
		Voters   int          `json:"voters,omitempty"`
		Said     time.Time    `json:"said,omitzero"`
	}
	optionJSON struct {
		Name  string `json:"name"`
		Votes int    `json:"votes,omitempty"`
	}
)

// scanJSON reads a column of JSON; a null leaves to as it is.
func scanJSON(v, to any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), to)
	case []byte:
		return json.Unmarshal(v, to)
	}
	return fmt.Errorf("not JSON: %T", v)
}

func (z attachments) Scan(v any) error {
	var all []attachmentJSON
	if err := scanJSON(v, &all); err != nil {
		return err
	}
	*z.list = nil
	for _, a := range all {
		*z.list = append(*z.list, forum.Attachment{
			Medium: a.Medium, URL: a.URL, Type: a.Type, Alt: a.Alt, Width: a.Width, Height: a.Height,
			Poster: a.Poster, Duration: time.Duration(a.Duration) * time.Millisecond,
		})
	}
	return nil
}

func (z occasion) Scan(v any) error {
	*z.one = nil
	if v == nil {
		return nil
	}
	var o occasionJSON
	if err := scanJSON(v, &o); err != nil {
		return err
	}
	*z.one = &forum.Occasion{Start: o.Start, End: o.End, Place: o.Place, Cancelled: o.Cancelled}
	return nil
}

func (z poll) Scan(v any) error {
	*z.one = nil
	if v == nil {
		return nil
	}
	var o pollJSON
	if err := scanJSON(v, &o); err != nil {
		return err
	}
	p := &forum.Poll{Multiple: o.Multiple, Closes: o.Closes, Voters: o.Voters, Said: o.Said}
	for _, option := range o.Options {
		p.Options = append(p.Options, forum.PollOption(option))
	}
	*z.one = p
	return nil
}

func (z tags) Scan(v any) error {
	*z.all = forum.Tags{}
	if v == nil {
		return nil
	}
	var o tagsJSON
	if err := scanJSON(v, &o); err != nil {
		return err
	}
	*z.all = forum.Tags{Emoji: o.Emoji, Hashtags: o.Hashtags, Mentions: o.Mentions, Flair: o.Flair, Quote: forum.Quote{URI: o.Quote, Agreed: o.Agreed, Approval: o.Approval, Declined: o.Declined}, Quotable: o.Quotable, Answers: o.Answers, Leave: forum.Leave{Asked: o.Asked, Declined: o.Refused, Approval: o.Leave}}
	return nil
}

func tagsColumn(t forum.Tags) *string {
	if t == (forum.Tags{}) {
		return nil
	}
	return columnOf(tagsJSON{Emoji: t.Emoji, Hashtags: t.Hashtags, Mentions: t.Mentions, Flair: t.Flair, Quote: t.Quote.URI, Agreed: t.Quote.Agreed, Approval: t.Quote.Approval, Declined: t.Quote.Declined, Quotable: t.Quotable, Answers: t.Answers, Asked: t.Leave.Asked, Refused: t.Leave.Declined, Leave: t.Leave.Approval})
}

// columnOf writes a value as JSON for a column; null when there is none. Nothing
// that is given here can fail to be written.
func columnOf(v any) *string {
	body, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	text := string(body)
	return &text
}

func attachmentsColumn(list []forum.Attachment) *string {
	if len(list) == 0 {
		return nil
	}
	all := make([]attachmentJSON, len(list))
	for i, a := range list {
		all[i] = attachmentJSON{
			Medium: a.Medium, URL: a.URL, Type: a.Type, Alt: a.Alt, Width: a.Width, Height: a.Height,
			Poster: a.Poster, Duration: a.Duration.Milliseconds(),
		}
	}
	return columnOf(all)
}

func occasionColumn(o *forum.Occasion) *string {
	if o == nil {
		return nil
	}
	return columnOf(occasionJSON{Start: o.Start.UTC(), End: o.End.UTC(), Place: o.Place, Cancelled: o.Cancelled})
}

func pollColumn(p *forum.Poll) *string {
	if p == nil {
		return nil
	}
	out := pollJSON{Options: make([]optionJSON, len(p.Options)), Multiple: p.Multiple, Closes: p.Closes.UTC(), Voters: p.Voters, Said: p.Said.UTC()}
	for i, option := range p.Options {
		out.Options[i] = optionJSON(option)
	}
	return columnOf(out)
}

func personFields(a *forum.Person) []any {
	return []any{&a.ID, &a.URI, &a.Name, &a.Host, &a.Local, &a.Bot, &a.Title, &a.BioSource, &a.BioHTML, &a.AvatarURL,
		&a.Inbox, &a.SharedInbox, &a.PublicKey, &a.KeyID, orZero{&a.Published}, orZero{&a.Updated}, orZero{&a.FetchedAt},
		&a.Gone, &a.Posts, &a.Comments, &a.Discoverable, &a.Indexable, &a.BannerURL, links{&a.Links}, &a.AlsoKnownAs, &a.MovedTo, &a.Emoji}
}

func communityFields(c *forum.Community) []any {
	return []any{&c.ID, &c.URI, &c.Name, &c.Host, &c.Local, &c.Title, &c.SummarySource, &c.SummaryHTML, &c.IconURL, &c.Sensitive,
		&c.Inbox, &c.SharedInbox, &c.FollowersURL, &c.PublicKey, &c.KeyID, orZero{&c.Published}, orZero{&c.Updated}, orZero{&c.FetchedAt},
		&c.Removed, &c.Gone, &c.Followers, &c.Posts, &c.Comments, &c.Discoverable, &c.Indexable, &c.Restricted, &c.Wall,
		&c.BannerURL, &c.RulesSource, &c.RulesHTML, &c.Language, &c.Untitled, &c.Emoji, &c.PostTags}
}

func postFields(p *forum.Post) []any {
	return []any{&p.ID, &p.URI, &p.Local, &p.Title, &p.TitleGiven, &p.TitleWhole, &p.Link, &p.Text.Source, &p.Text.Format, &p.Text.HTML,
		&p.Text.RenderVersion, &p.Language, &p.Sensitive, &p.Warning, &p.URL, orZero{&p.Published.Time}, &p.Published.Text,
		orZero{&p.Updated.Time}, &p.Updated.Text, &p.Create, &p.Up, &p.Down, &p.Comments, orZero{&p.LastComment},
		&p.State, &p.Reason, orZero{&p.StateAt}, &p.Shape, attachments{&p.Attachments}, occasion{&p.Occasion}, poll{&p.Poll}, &p.Locked, orZero{&p.PinnedAt}, tags{&p.Tags}, &p.Reactions, &p.Withheld, &p.Approval}
}

func commentFields(m *forum.Comment) []any {
	return []any{&m.ID, &m.URI, &m.Local, &m.PostID, orNoID{&m.ParentID}, &m.Depth, &m.InReplyTo, &m.Text.Source, &m.Text.Format,
		&m.Text.HTML, &m.Text.RenderVersion, &m.Language, &m.Sensitive, &m.Warning, &m.URL, orZero{&m.Published.Time}, &m.Published.Text,
		orZero{&m.Updated.Time}, &m.Updated.Text, &m.Create, &m.Announce, &m.Up, &m.Down, &m.State, &m.Reason, orZero{&m.StateAt},
		attachments{&m.Attachments}, &m.Distinguished, &m.Locked, tags{&m.Tags}, &m.Reactions}
}

// one runs a query that finds one row or ErrNotFound.
func (r *Reader) one(ctx context.Context, what, sql string, fields []any, args ...any) error {
	err := r.db.pool.QueryRow(ctx, sql, args...).Scan(fields...)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("storage.Reader.%s: %w", what, err)
	}
	return nil
}

// Community finds a community by name; host is empty for ours. Names are
// compared without regard to case.
func (r *Reader) Community(ctx context.Context, name, host string) (forum.Community, error) {
	var c forum.Community
	err := r.one(ctx, "Community", `select `+communityColumns+` from community c
		where lower(c.name) = lower($1) and (c.local and $2 = '' or c.host = lower($2)) and not c.wall order by c.id limit 1`, communityFields(&c), name, host)
	return c, err
}

// CommunityByURI finds a community by its ActivityPub id.
func (r *Reader) CommunityByURI(ctx context.Context, uri string) (forum.Community, error) {
	var c forum.Community
	err := r.one(ctx, "CommunityByURI", `select `+communityColumns+` from community c where c.uri = $1 and not (c.wall and c.local)`, communityFields(&c), uri)
	return c, err
}

// CommunityByID finds a community by its database id.
func (r *Reader) CommunityByID(ctx context.Context, id int64) (forum.Community, error) {
	var c forum.Community
	err := r.one(ctx, "CommunityByID", `select `+communityColumns+` from community c where c.id = $1`, communityFields(&c), id)
	return c, err
}

// Person finds a person by name; host is empty for people of this node.
func (r *Reader) Person(ctx context.Context, name, host string) (forum.Person, error) {
	var a forum.Person
	err := r.one(ctx, "Person", `select `+personColumns+` from person a
		where lower(a.name) = lower($1) and (a.local and $2 = '' or a.host = lower($2)) order by a.id limit 1`, personFields(&a), name, host)
	return a, err
}

// PersonByURI finds a person by ActivityPub id.
func (r *Reader) PersonByURI(ctx context.Context, uri string) (forum.Person, error) {
	var a forum.Person
	err := r.one(ctx, "PersonByURI", `select `+personColumns+` from person a where a.uri = $1`, personFields(&a), uri)
	return a, err
}

const postFrom = ` from post p join community c on c.id = p.community_id join person a on a.id = p.author_id `

func postRow(p *forum.Post) []any {
	return append(append(postFields(p), communityFields(&p.Community)...), personFields(&p.Author)...)
}

const postRowColumns = postColumns + `, ` + communityColumns + `, ` + personColumns

// What a page shows of a post besides its row. Acts on a post have no use for it.
const (
	shownColumns = postRowColumns + `, exists (select 1 from moderator d where d.community_id = p.community_id and d.person_uri = a.uri),
		coalesce(v.title, ''), coalesce(v.description, ''), coalesce(v.site, ''), coalesce(v.picture, ''), coalesce(v.picture_alt, '')`
	previewFrom = ` left join link_preview v on v.url = p.link and p.link <> '' and v.state = 1 `
)

func shownRow(p *forum.Post) []any {
	v := &p.Preview
	return append(postRow(p), &p.ByModerator, &v.Title, &v.Description, &v.Site, &v.Picture, &v.PictureAlt)
}

// Post finds a post in whatever state it is.
func (r *Reader) Post(ctx context.Context, id int64) (forum.Post, error) {
	var p forum.Post
	err := r.one(ctx, "Post", `select `+shownColumns+postFrom+previewFrom+`where p.id = $1`, shownRow(&p), id)
	return p, err
}

// PostByURI finds a post by its ActivityPub id.
func (r *Reader) PostByURI(ctx context.Context, uri string) (forum.Post, error) {
	var p forum.Post
	err := r.one(ctx, "PostByURI", `select `+postRowColumns+postFrom+`where p.uri = $1`, postRow(&p), uri)
	return p, err
}

const commentFrom = ` from comment m join person a on a.id = m.author_id join post p on p.id = m.post_id join community c on c.id = p.community_id
	left join comment pm on pm.id = m.parent_id join person pa on pa.id = coalesce(pm.author_id, p.author_id) `

func commentRow(m *forum.Comment) []any {
	return append(append(commentFields(m), personFields(&m.Author)...), &m.PostURI, &m.CommunityURI, &m.ByModerator,
		&m.Answered.ID, &m.Answered.URI, &m.Answered.Name, &m.Answered.Host, &m.Answered.Local)
}

const commentRowColumns = commentColumns + `, ` + personColumns + `, p.uri, c.uri,
	exists (select 1 from moderator d where d.community_id = p.community_id and d.person_uri = a.uri), pa.id, pa.uri, pa.name, pa.host, pa.local`

// Comment finds a comment in whatever state it is.
func (r *Reader) Comment(ctx context.Context, id int64) (forum.Comment, error) {
	var m forum.Comment
	err := r.one(ctx, "Comment", `select `+commentRowColumns+commentFrom+`where m.id = $1`, commentRow(&m), id)
	return m, err
}

// CommentByURI finds a comment by its ActivityPub id.
func (r *Reader) CommentByURI(ctx context.Context, uri string) (forum.Comment, error) {
	var m forum.Comment
	err := r.one(ctx, "CommentByURI", `select `+commentRowColumns+commentFrom+`where m.uri = $1`, commentRow(&m), uri)
	return m, err
}

// Revisions lists what a post or comment said before, newest first. Of what can no
// longer be read there are none.
func (r *Reader) Revisions(ctx context.Context, of forum.Subject) ([]forum.Revision, error) {
	var out []forum.Revision
	var v forum.Revision
	err := each(ctx, r.db.pool, "storage.Reader.Revisions", []any{&v.Title, &v.Link, &v.HTML, orZero{&v.Until}}, func() { out = append(out, v) },
		`select title, link, html, at from revision where subject_kind = $1 and subject_id = $2
			and case subject_kind when 1 then (select state from post where id = subject_id) else (select state from comment where id = subject_id) end = 0
			order by id desc limit $3`, of.Kind, of.ID, forum.MaxRevisions)
	return out, err
}

// maxThread is how many bytes of comments one page of a thread holds. It is far
// above any talk between people: it keeps a few hundred giant comments, which
// anybody can send, from filling the memory of whoever shows them.
const maxThread = 8 << 20

// Thread finds a post with its comments, whatever their state, ordered by id; a
// parent always comes before its answers, since it was here first. The sources of
// the comments are left out, and what is beyond 8 MiB of comments is counted in
// Missing.
func (r *Reader) Thread(ctx context.Context, postID int64) (forum.Thread, error) {
	t, err := r.threadOf(ctx, postID)
	if err != nil {
		return t, err
	}
	live, err := r.addComments(ctx, &t, `select `+pageComment+`, `+personColumns+` from comment m join person a on a.id = m.author_id
		where m.post_id = $1 and m.id <= (select max(id) from (
			select id, sum(octet_length(html) + 500) over (order by id) upto from comment where post_id = $1) n where upto <= $2)
		order by m.id`, postID, maxThread)
	// Comments taken away keep their place but are not counted.
	t.Missing = max(0, t.Post.Comments-live)
	return t, err
}

// Of one comment's answers, at all depths, so many are shown, and so many looked
// for to say how many are not.
const (
	shownBelow   = 1000
	countedBelow = 5000
)

// CommentThread finds a comment with what it answers, up to the post, and what
// answers it, as Thread does. Its cost does not depend on the rest of the thread.
// Of more than 1,000 answers the newest are left out and counted in Missing, up to
// 5,000.
func (r *Reader) CommentThread(ctx context.Context, commentID int64) (forum.Thread, error) {
	var postID int64
	if err := r.one(ctx, "CommentThread", `select post_id from comment where id = $1`, []any{&postID}, commentID); err != nil {
		return forum.Thread{}, err
	}
	t, err := r.threadOf(ctx, postID)
	if err != nil {
		return t, err
	}
	var ids []int64
	err = r.one(ctx, "CommentThread", `with recursive above as (
			select id, parent_id from comment where id = $1
			union all select m.id, m.parent_id from above x join comment m on m.id = x.parent_id
		), below as (
			select $1::int id
			union all select m.id from below x join comment m on m.parent_id = x.id
		)
		select array(select id from above) || array(select id from below where id <> $1 limit $2)`, []any{&ids}, commentID, countedBelow)
	if err != nil {
		return t, err
	}
	slices.Sort(ids)
	shown := ids[:min(len(ids), slices.Index(ids, commentID)+1+shownBelow)]
	_, err = r.addComments(ctx, &t, `select `+pageComment+`, `+personColumns+` from comment m join person a on a.id = m.author_id
		where m.id = any($1) and m.id <= (select max(id) from (
			select id, sum(octet_length(html) + 500) over (order by id) upto from comment where id = any($1)) n where upto <= $2)
		order by m.id`, shown, maxThread)
	t.Missing = len(ids) - len(t.Comments)
	return t, err
}

// threadOf finds a post without its comments.
func (r *Reader) threadOf(ctx context.Context, postID int64) (forum.Thread, error) {
	post, err := r.Post(ctx, postID)
	if err != nil {
		return forum.Thread{}, err
	}
	items := []forum.PostItem{{Post: post}}
	err = r.addElsewhere(ctx, items)
	return forum.Thread{PostItem: items[0]}, err
}

// addComments reads comments into a thread and says how many of them are live.
func (r *Reader) addComments(ctx context.Context, t *forum.Thread, sql string, args ...any) (live int, err error) {
	moderates := map[string]bool{}
	var uri string
	err = each(ctx, r.db.pool, "storage.Reader.Thread: moderators", []any{&uri}, func() { moderates[uri] = true },
		`select person_uri from moderator where community_id = $1`, t.Post.Community.ID)
	if err != nil {
		return 0, err
	}
	t.Comments = make([]forum.Comment, 0, min(max(t.Post.Comments, 0), shownBelow)) // a guess, and a large struct to copy
	// Whom a comment answers is in the thread itself.
	at := make(map[int64]int, cap(t.Comments))
	var m forum.Comment
	err = each(ctx, r.db.pool, fmt.Sprintf("storage.Reader.Thread(%d)", t.Post.ID), append(commentFields(&m), personFields(&m.Author)...), func() {
		m.PostURI, m.CommunityURI, m.ByModerator = t.Post.URI, t.Post.Community.URI, moderates[m.Author.URI]
		to := &t.Post.Author
		if m.ParentID != 0 {
			to = nil
			if i, ok := at[m.ParentID]; ok {
				to = &t.Comments[i].Author
			}
		}
		m.Answered = forum.Person{}
		if to != nil {
			m.Answered = forum.Person{ID: to.ID, URI: to.URI, Name: to.Name, Host: to.Host, Local: to.Local}
		}
		at[m.ID] = len(t.Comments)
		t.Comments = append(t.Comments, m)
		if m.State == forum.Live {
			live++
		}
	}, sql, args...)
	return live, err
}

// Since is when this node was made.
func (r *Reader) Since(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := r.one(ctx, "Since", `select created_at from node`, []any{orZero{&at}})
	return at, err
}
