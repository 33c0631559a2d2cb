package storage_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

const base = "https://node.test"

// node is a forum on a database of its own.
type node struct {
	*testing.T
	db    *storage.DB
	forum *forum.Forum
	pub   *publisher
	clock *clock
}

// migrated leaves the schema in an empty database.
func migrated(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

// open connects to a fresh database.
func open(t *testing.T, dsn string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), dsn, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{T: t, db: open(t, storagetest.DSN(t, migrated)), pub: &publisher{}, clock: &clock{now: time.Now().UTC().Truncate(time.Second)}}
	if err := n.db.Bind(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	n.forum = forum.New(n.pub, n.tick)
	return n
}

// clock is a node's time: a microsecond passes with every look at it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) tick() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (n *node) tick() time.Time { return n.clock.tick() }

// publisher renders documents that name what they are about.
type publisher struct{ minted atomic.Int64 }

func (p *publisher) NewActivity() string {
	return fmt.Sprintf("%s/activities/%d", base, p.minted.Add(1))
}
func (p *publisher) NewQuote() string {
	return fmt.Sprintf("%s/quotes/00000000-0000-0000-0000-%012d", base, p.minted.Add(1))
}

func (p *publisher) NewMessage() string {
	return fmt.Sprintf("%s/message/%d", base, p.minted.Add(1))
}
func (p *publisher) PostURI(id int64) string      { return fmt.Sprintf("%s/post/%d", base, id) }
func (p *publisher) CommentURI(id int64) string   { return fmt.Sprintf("%s/comment/%d", base, id) }
func (p *publisher) CommunityURI(n string) string { return base + "/c/" + n }
func (p *publisher) PersonURI(n string) string    { return base + "/u/" + n }
func (p *publisher) Host() string                 { return strings.TrimPrefix(base, "https://") }
func (p *publisher) document(e *forum.Event, kind string) *forum.Document {
	body := fmt.Sprintf("%s %s of %s", kind, e.Verb, e.Subject())
	switch {
	case e.Verb == forum.VerbVote:
	case e.Comment != nil:
		body += ": " + e.Comment.Text.Source
	case e.Post != nil:
		body += ": " + e.Post.Text.Source
	}
	return &forum.Document{ID: p.NewActivity(), Body: []byte(body), Public: true}
}

func (p *publisher) Publish(_ context.Context, e *forum.Event) (forum.Rendering, error) {
	var r forum.Rendering
	if e.Announce {
		r.Forum = p.document(e, "announce")
		r.Forum.Signer = e.Community.URI
		if e.Verb == forum.VerbSubmit || e.Actor.Local && e.Comment == nil && (e.Verb == forum.VerbEdit || e.Verb == forum.VerbDelete) {
			r.Micro = p.document(e, "boost")
			r.Micro.Signer = e.Community.URI
		}
	}
	switch {
	case e.Verb == forum.VerbAccept, e.Verb == forum.VerbReject:
		r.Direct = &forum.Document{ID: p.NewActivity(), Body: []byte(e.Verb), Signer: e.Community.URI}
	case e.Actor.Local:
		r.Direct = &forum.Document{ID: e.Origin.Activity, Body: []byte("act on " + e.Subject()), Signer: e.Actor.URI, Public: true}
	}
	return r, nil
}

// tx runs do in a transaction that must succeed.
func (n *node) tx(do func(ctx context.Context, tx *storage.Tx) error) {
	n.Helper()
	if err := n.db.InTx(n.Context(), do); err != nil {
		n.Fatal(err)
	}
}

// community founds a community of ours.
func (n *node) community(name string) forum.Community {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: name, Title: "The " + name, PrivateKey: "secret of " + name, PublicKey: "key of " + name})
		return accepted(o, err)
	})
	c, err := n.db.Reader().Community(n.Context(), name, "")
	if err != nil {
		n.Fatal(err)
	}
	return c
}

// person founds a person of ours.
func (n *node) person(name string) forum.Person {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, PrivateKey: "secret of " + name, PublicKey: "key of " + name})
		return accepted(o, err)
	})
	p, err := n.db.Reader().Person(n.Context(), name, "")
	if err != nil {
		n.Fatal(err)
	}
	return p
}

// stranger is a person of another server, as fetched.
func (n *node) stranger(name, host string) forum.Person {
	n.Helper()
	uri := "https://" + host + "/users/" + name
	p, err := n.db.SavePerson(n.Context(), forum.Person{
		URI: uri, Name: name, Host: host, Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox",
		PublicKey: "key of " + name, KeyID: uri + "#key", FetchedAt: n.tick(), Discoverable: true, Indexable: true,
	}, []storage.Key{{ID: uri + "#key", Owner: uri, PEM: "key of " + name}})
	if err != nil {
		n.Fatal(err)
	}
	return p
}

// elsewhere is a community of another server, as fetched.
func (n *node) elsewhere(name, host string) forum.Community {
	n.Helper()
	uri := "https://" + host + "/c/" + name
	c, err := n.db.SaveCommunity(n.Context(), forum.Community{
		URI: uri, Name: name, Host: host, Title: name, Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox",
		FollowersURL: uri + "/followers", FetchedAt: n.tick(), Discoverable: true, Indexable: true,
	}, nil)
	if err != nil {
		n.Fatal(err)
	}
	return c
}

// leave has somebody's account deleted at its server.
func (n *node) leave(p forum.Person) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Leave(ctx, tx, []forum.Person{p}, n.tick(), false)
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	})
}

func (n *node) edit(edits ...forum.Edit) []forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Edit(ctx, tx, edits)
		return err
	})
	return out
}

func (n *node) delete(deletes ...forum.Delete) []forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Delete(ctx, tx, deletes)
		return err
	})
	return out
}

// reworded is an edit of an object to a text and, of a post, a title.
func reworded(by forum.Person, object, title, text string) forum.Edit {
	return forum.Edit{Object: object, By: by, Reply: title == "", Words: forum.Words{
		Title: title, TitleGiven: title != "", Text: forum.Text{Source: text, Format: forum.Markdown, HTML: "<p>" + text + "</p>"},
	}}
}

func accepted(o forum.Outcome, err error) error {
	if err == nil && o.Refused != nil {
		err = o.Refused
	}
	return err
}

// submit puts one post somewhere and returns it as it is read.
func (n *node) submit(s forum.Submit) forum.Post {
	n.Helper()
	o := n.try(s)
	if o.Refused != nil {
		n.Fatal(o.Refused)
	}
	return n.post(o.ID)
}

func (n *node) try(s forum.Submit) forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Submit(ctx, tx, []forum.Submit{s})
		return err
	})
	return out[0]
}

func (n *node) post(id int64) forum.Post {
	n.Helper()
	p, err := n.db.Reader().Post(n.Context(), id)
	if err != nil {
		n.Fatal(err)
	}
	return p
}

func (n *node) comment(id int64) forum.Comment {
	n.Helper()
	m, err := n.db.Reader().Comment(n.Context(), id)
	if err != nil {
		n.Fatal(err)
	}
	return m
}

// said is a post of somebody in a community, with a title and text.
func said(by forum.Person, in forum.Community, title string) forum.Submit {
	return forum.Submit{Post: forum.Post{
		Community: in, Author: by, Title: title, TitleGiven: true,
		Text: forum.Text{Source: "text of " + title, Format: forum.Markdown, HTML: "<p>text of " + title + "</p>"},
	}}
}

// from makes an act one that came from the author's server.
func from(s forum.Submit, path string) forum.Submit {
	s.Post.URI = "https://" + s.Post.Author.Host + path
	s.Origin = forum.Origin{Activity: s.Post.URI + "/create", Raw: []byte(`{}`)}
	return s
}

// reply answers an object by its id and returns the comment.
func (n *node) reply(by forum.Person, to, text string) forum.Comment {
	n.Helper()
	o := n.tryReply(answer(by, to, text))
	if o.Refused != nil {
		n.Fatal(o.Refused)
	}
	return n.comment(o.ID)
}

func answer(by forum.Person, to, text string) forum.Reply {
	return forum.Reply{Comment: forum.Comment{
		Author: by, InReplyTo: to, Text: forum.Text{Source: text, Format: forum.Markdown, HTML: "<p>" + text + "</p>"},
	}}
}

func (n *node) tryReply(r forum.Reply) forum.Outcome {
	n.Helper()
	if !r.Comment.Author.Local && r.Comment.URI == "" {
		r.Comment.URI = fmt.Sprintf("https://%s/note/%d", r.Comment.Author.Host, n.pub.minted.Add(1))
		r.Origin = forum.Origin{Activity: r.Comment.URI + "/create"}
	}
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Reply(ctx, tx, []forum.Reply{r})
		return err
	})
	return out[0]
}

func (n *node) vote(votes ...forum.Vote) []forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Vote(ctx, tx, votes)
		return err
	})
	return out
}

func (n *node) follow(follows ...forum.Follow) []forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Follow(ctx, tx, follows)
		return err
	})
	return out
}

// number reads one number.
func (n *node) number(sql string, args ...any) int {
	n.Helper()
	var x int
	if err := n.db.Pool().QueryRow(n.Context(), sql, args...).Scan(&x); err != nil {
		n.Fatalf("%s: %v", sql, err)
	}
	return x
}

// text reads rows of one text column, joined by lines.
func (n *node) text(sql string, args ...any) string {
	n.Helper()
	rows, err := n.db.Pool().Query(n.Context(), sql, args...)
	if err != nil {
		n.Fatalf("%s: %v", sql, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		n.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(lines, "\n")
}

func (n *node) exec(sql string, args ...any) {
	n.Helper()
	if _, err := n.db.Pool().Exec(n.Context(), sql, args...); err != nil {
		n.Fatalf("%s: %v", sql, err)
	}
}

// check compares two values with ==.
func check[T comparable](n *node, what string, got, want T) {
	n.Helper()
	if got != want {
		n.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refusedFor checks the reason of a refusal.
func (n *node) refusedFor(o forum.Outcome, reason string) {
	n.Helper()
	switch {
	case o.Refused == nil:
		n.Errorf("accepted, want a refusal for %q", reason)
	case o.Refused.Reason != reason:
		n.Errorf("refused for %q, want %q", o.Refused.Reason, reason)
	}
}

// sound fails when a counter disagrees with what it counts.
func (n *node) sound() {
	n.Helper()
	for what, sql := range map[string]string{
		"votes of posts": `select count(*) from post p where (p.up, p.down) <> (select count(*) filter (where dir = 1), count(*) filter (where dir = -1)
			from vote where subject_kind = 1 and subject_id = p.id)`,
		"votes of comments": `select count(*) from comment m where (m.up, m.down) <> (select count(*) filter (where dir = 1), count(*) filter (where dir = -1)
			from vote where subject_kind = 2 and subject_id = m.id)`,
		"score in lists": `select count(*) from post_rank r join post p on p.id = r.post_id where r.score <> p.up - p.down`,
		"contention": `select count(*) from post_rank r join post p on p.id = r.post_id
			where (r.contention > 0) <> (p.up > 1 and p.down > 0)`,
		// The size is that of the last vote.
		"scaled": `select count(*) from post_rank r where r.scaled > r.hot or r.scaled < r.hot - 9`,
		"what has a pulse": `select count(*) from post_rank r full join post_pulse u using (post_id, community_id)
			where (r.home, r.submitted_at) is distinct from (u.home, u.submitted_at)`,
		"comments in lists": `select count(*) from post_pulse u join post p on p.id = u.post_id where u.comments <> p.comments`,
		"activity in lists": `select count(*) from post_pulse u join post p on p.id = u.post_id where abs(u.active - log(greatest(p.comments, 1)::float8)
			- (extract(epoch from least(greatest(p.last_comment_at, p.submitted_at), p.submitted_at + interval '2 days')) - 1704067200)::float8 / 45000) > 1e-9`,
		"what is listed": `select count(*) from post p join placement l on l.post_id = p.id left join post_rank r on r.post_id = p.id and r.community_id = l.community_id
			where (p.state = 0) <> (r.post_id is not null)`,
		"comments of posts":        `select count(*) from post p where comments <> (select count(*) from comment where post_id = p.id and state = 0)`,
		"posts of people":          `select count(*) from person a where posts <> (select count(*) from post where author_id = a.id and state = 0)`,
		"comments of people":       `select count(*) from person a where comments <> (select count(*) from comment where author_id = a.id and state = 0)`,
		"posts of communities":     `select count(*) from community c where posts <> (select count(*) from placement l join post p on p.id = l.post_id where l.community_id = c.id and p.state = 0)`,
		"comments of communities":  `select count(*) from community c where comments <> (select count(*) from comment m join post p on p.id = m.post_id where p.community_id = c.id and m.state = 0)`,
		"followers of communities": `select count(*) from community c where followers <> (select count(*) from follow where community_id = c.id and state = 2)`,
		"followers behind an inbox": `select count(*) from (
			select f.community_id, coalesce(nullif(a.shared_inbox, ''), a.inbox) url from follow f join person a on a.id = f.person_id join community c on c.id = f.community_id
				where f.state = 2 and not a.local and c.local group by 1, 2) want
			full join (select u.community_id, i.url from audience u join server_inbox i on i.id = u.inbox_id where u.until_xid is null) have using (community_id, url)
			where want.url is null or have.url is null or (select count(*) from audience u join server_inbox i on i.id = u.inbox_id
				where u.until_xid is null and u.community_id = have.community_id and i.url = have.url) <> 1`,
	} {
		if wrong := n.number(sql); wrong != 0 {
			n.Errorf("%s: wrong in %d rows", what, wrong)
		}
	}
}
