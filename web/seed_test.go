package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/jackc/pgx/v5/pgxpool"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/storagetest"
)

const testBase = "https://stoa.example"

// now is the time that all tests live at.
var now = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

// mute is a Publisher that says nothing to anybody.
type mute struct{}

func (mute) Publish(context.Context, *forum.Event) (forum.Rendering, error) {
	return forum.Rendering{}, nil
}
func (mute) NewActivity() string             { count++; return fmt.Sprintf("%s/activities/%d", testBase, count) }
func (mute) NewMessage() string              { return testBase + "/message/none" }
func (mute) NewQuote() string                { return testBase + "/quotes/none" }
func (mute) PostURI(id int64) string         { return fmt.Sprintf("%s/post/%d", testBase, id) }
func (mute) CommentURI(id int64) string      { return fmt.Sprintf("%s/comment/%d", testBase, id) }
func (mute) CommunityURI(name string) string { return testBase + "/c/" + name }
func (mute) PersonURI(name string) string    { return testBase + "/u/" + name }
func (mute) Host() string                    { return "stoa.example" }

func migrate(ctx context.Context, dsn string) error {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	return storage.Migrate(ctx, pool)
}

// node is a Site on a database of its own, to be filled through the forum's
// verbs.
type node struct {
	t      testing.TB
	db     *storage.DB
	forum  *forum.Forum
	site   *Site
	server *httptest.Server
	store  *media.Store
	people map[string]forum.Person
}

func newNode(t testing.TB) *node {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrate), storage.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Bind(t.Context(), testBase); err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, db: db, people: map[string]forum.Person{}}
	n.forum = forum.New(mute{}, func() time.Time { return now })
	base, err := url.Parse(testBase)
	if err != nil {
		t.Fatal(err)
	}
	n.store = media.NewStore(filepath.Join(t.TempDir(), "media"), 1<<30, nil)
	n.site, err = New(Options{
		Intents: func(context.Context, string, string) ([]Intent, error) { return nil, nil },
		Media:   &Media{Signer: media.NewSigner([]byte("a secret")), Store: n.store, Ask: n.bring},
		Reader:  db.Reader(), BaseURL: base, NodeName: "The Painted Porch",
		NodeSummary: "A place to stop and talk about things made with care.",
		Contact:     "hello@stoa.example", SourceURL: "https://code.example/stoa", Version: "0.1.0",
		Now: func() time.Time { return now },
		Own: &Own{},
	})
	if err != nil {
		t.Fatal(err)
	}
	router := mux.NewRouter()
	n.site.Register(router)
	n.server = httptest.NewServer(router)
	t.Cleanup(n.server.Close)
	return n
}

// bring is what fetches pictures on a node: here they are painted at once.
func (n *node) bring(_ context.Context, url string, size media.Size) (coming bool, err error) {
	return n.fetch(url, size), nil
}

// fetch keeps the picture of an address, if paint knows one.
func (n *node) fetch(url string, size media.Size) bool {
	raw, ok := paint(url)
	if !ok {
		return false
	}
	p, err := media.Decode(raw)
	if err != nil {
		n.t.Error(err)
		return false
	}
	made, err := p.Make(size)
	if err == nil {
		err = n.store.Put(n.t.Context(), url, size, made)
	}
	if err != nil {
		n.t.Error(err)
	}
	return err == nil
}

func (n *node) in(do func(ctx context.Context, tx *storage.Tx) error) {
	n.t.Helper()
	if err := n.db.InTx(n.t.Context(), do); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) check(o forum.Outcome) int64 {
	n.t.Helper()
	if o.Refused != nil {
		n.t.Fatal(o.Refused)
	}
	return o.ID
}

// found makes a community of this node.
func (n *node) found(name, title, summary string) forum.Community {
	n.t.Helper()
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{
			Name: name, Title: title, Summary: forum.Text{Source: summary, Format: forum.Markdown, HTML: n.markdown(summary)},
		})
		if err == nil {
			n.check(o)
		}
		return err
	})
	c, err := n.db.Reader().Community(n.t.Context(), name, "")
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// abroad makes a community of another server known here.
func (n *node) abroad(name, host, title string) forum.Community {
	n.t.Helper()
	uri := "https://" + host + "/c/" + name
	c, err := n.db.SaveCommunity(n.t.Context(), forum.Community{
		URI: uri, Name: name, Host: host, Title: title, Inbox: uri + "/inbox", FollowersURL: uri + "/followers",
		SummaryHTML: "<p>" + title + "</p>", FetchedAt: now, Discoverable: true, Indexable: true,
	}, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// who finds or makes a person: "ada" of this node, "lin@far.example" of another,
// "Lin Far <lin@far.example>" with a display name.
func (n *node) who(s string) forum.Person {
	n.t.Helper()
	if p, ok := n.people[s]; ok {
		return p
	}
	title, handle := "", s
	if before, after, ok := strings.Cut(s, " <"); ok {
		title, handle = before, strings.TrimSuffix(after, ">")
	}
	name, host, foreign := strings.Cut(handle, "@")
	var p forum.Person
	var err error
	if foreign {
		uri := "https://" + host + "/users/" + name
		p, err = n.db.SavePerson(n.t.Context(), forum.Person{
			URI: uri, Name: name, Host: host, Title: title, Inbox: uri + "/inbox", FetchedAt: now, Bot: name == "feedbot",
			Published: now.AddDate(-2, 0, 0), BioHTML: "<p>Writes from " + host + ".</p>", Discoverable: true, Indexable: true,
		}, nil)
	} else {
		n.in(func(ctx context.Context, tx *storage.Tx) error {
			o, err := n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name, Title: title})
			if err == nil {
				n.check(o)
			}
			return err
		})
		p, err = n.db.Reader().Person(n.t.Context(), name, "")
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.people[s] = p
	return p
}

func (n *node) markdown(src string) string {
	n.t.Helper()
	html, err := markup.FromMarkdown(src, markup.Options{LocalURL: testBase, IDPrefix: fmt.Sprint("p", len(src))})
	if err != nil {
		n.t.Fatal(err)
	}
	return html
}

// draft is a post to be written by the tests. Zero fields get sensible values.
type draft struct {
	by       string
	title    string
	md       string // or html
	html     string
	link     string
	lang     string
	warning  string
	page     string // page_url
	ago      time.Duration
	also     []int64
	up, down int // further votes
	nsfw     bool
	edited   bool
	with     func(*forum.Post) // last touches; may be nil
}

var count int

func (n *node) post(c forum.Community, d draft) forum.Post {
	n.t.Helper()
	count++
	author := n.who(d.by)
	p := forum.Post{
		Community: c, Author: author, Title: d.title, TitleGiven: d.title != "", Link: d.link,
		Language: d.lang, Sensitive: d.nsfw, Warning: d.warning, URL: d.page,
		Text:      forum.Text{Source: d.md, Format: forum.Markdown, HTML: n.markdown(d.md)},
		Published: forum.Stamp{Time: now.Add(-d.ago)},
	}
	if d.html != "" {
		p.Text = forum.Text{Source: d.html, Format: forum.HTML, HTML: markup.FromHTML(d.html, markup.Options{LocalURL: testBase})}
	}
	if !author.Local {
		p.URI = fmt.Sprintf("https://%s/objects/%d", author.Host, count)
	}
	if d.title == "" {
		p.Title, p.TitleWhole = markup.Opening(p.Text.HTML, 100)
	}
	if d.edited {
		p.Updated = forum.Stamp{Time: now.Add(-d.ago / 2)}
	}
	if d.with != nil {
		d.with(&p)
	}
	var id int64
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.Submit(ctx, tx, []forum.Submit{{Post: p, Crossposts: d.also, Received: now.Add(-d.ago), Origin: via(c)}})
		if err == nil {
			id = n.check(o[0])
		}
		return err
	})
	p, err := n.db.Reader().Post(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	n.vote(p.URI, c, d.up, d.down)
	return p
}

// via is how an act in a community of another server reaches this node.
func via(c forum.Community) forum.Origin {
	if c.Local {
		return forum.Origin{}
	}
	return forum.Origin{Via: c.ID}
}

func (n *node) vote(uri string, c forum.Community, up, down int) {
	n.t.Helper()
	votes := make([]forum.Vote, 0, up+down)
	for i := range up + down {
		v := forum.Vote{Voter: n.who(fmt.Sprintf("voter%d@crowd.example", i)), Object: uri, Dir: 1, At: now, Origin: via(c)}
		if i >= up {
			v.Dir = -1
		}
		votes = append(votes, v)
	}
	if len(votes) == 0 {
		return
	}
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Vote(ctx, tx, votes)
		return err
	})
}

// reply answers the object with that id.
func (n *node) reply(c forum.Community, to string, d draft) forum.Comment {
	n.t.Helper()
	count++
	author := n.who(d.by)
	m := forum.Comment{
		Author: author, InReplyTo: to, Language: d.lang, Sensitive: d.nsfw, Warning: d.warning, URL: d.page,
		Text:      forum.Text{Source: d.md, Format: forum.Markdown, HTML: n.markdown(d.md)},
		Published: forum.Stamp{Time: now.Add(-d.ago)},
	}
	if d.html != "" {
		m.Text = forum.Text{Source: d.html, Format: forum.HTML, HTML: markup.FromHTML(d.html, markup.Options{LocalURL: testBase})}
	}
	if !author.Local {
		m.URI = fmt.Sprintf("https://%s/objects/%d", author.Host, count)
	}
	if d.edited {
		m.Updated = forum.Stamp{Time: now.Add(-d.ago / 2)}
	}
	var id int64
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.Reply(ctx, tx, []forum.Reply{{Comment: m, Received: now, Origin: via(c)}})
		if err == nil {
			id = n.check(o[0])
		}
		return err
	})
	m, err := n.db.Reader().Comment(n.t.Context(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	n.vote(m.URI, c, d.up, d.down)
	return m
}

// edit changes what was written, as its author.
func (n *node) edit(e forum.Edit) {
	n.t.Helper()
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.Edit(ctx, tx, []forum.Edit{e})
		if err == nil {
			n.check(o[0])
		}
		return err
	})
}

func (n *node) remove(uri, reason string) {
	n.t.Helper()
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.Remove(ctx, tx, uri, reason)
		if err == nil {
			n.check(o)
		}
		return err
	})
}

// rules puts servers on a list.
func (n *node) rules(list forum.ServerList, rules ...forum.ServerRule) {
	n.t.Helper()
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		all, err := n.forum.RuleServers(ctx, tx, list, rules)
		for _, o := range all {
			n.check(o)
		}
		return err
	})
}

func (n *node) setState(s forum.Subject, state forum.State, reason string) {
	n.t.Helper()
	n.in(func(ctx context.Context, tx *storage.Tx) error { return tx.SetState(ctx, s, state, reason, now) })
}

// eventually waits for what other goroutines bring about. The bound only ends a test
// that would never end.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came about: ", what)
		}
	}
}
