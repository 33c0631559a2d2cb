package main

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/storage"
)

// troupe says what is in the script: each person at the node where they live, by
// the verbs that everybody uses. What reaches the other nodes gets there as it
// would anywhere: signed, delivered, judged.
type troupe struct {
	*stage
	began       time.Time
	people      map[string]forum.Person // by name, as their own node has them
	home        map[string]int          // index of the node of a person
	communities []map[string]int64      // by node and name
	posts       []string                // URIs, by index of the script's post
	remarks     [][]string              // URIs, by post and remark
}

// sayMost is how many acts are said in one transaction.
const sayMost = 32

func (t *troupe) play(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.found, t.follow, t.submit, t.reply, t.vote} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return t.await(ctx, "votes", t.agree)
}

// found makes communities and people. Keys take longest, so nodes work side by side.
func (t *troupe) found(ctx context.Context) error {
	t.people, t.home = map[string]forum.Person{}, map[string]int{}
	var mu sync.Mutex
	err := t.each(func(i int, n *node) error {
		for _, c := range t.script.Communities {
			if c.Node != i {
				continue
			}
			if err := n.foundActor(ctx, c.Name, c.Title, c.About, n.forum.FoundCommunity); err != nil {
				return err
			}
		}
		for _, p := range t.script.People {
			if p.Node != i {
				continue
			}
			if err := n.foundActor(ctx, p.Name, p.Title, p.About, n.forum.FoundPerson); err != nil {
				return err
			}
			person, err := n.db.Reader().PersonByURI(ctx, n.publisher.PersonURI(p.Name))
			if err != nil {
				return err
			}
			mu.Lock()
			t.people[p.Name], t.home[p.Name] = person, i
			mu.Unlock()
		}
		return nil
	})
	t.sayf("  %d communities, %d people", len(t.script.Communities), len(t.script.People))
	return err
}

// foundActor makes a community or person of the node.
func (n *node) foundActor(ctx context.Context, name, title, about string, found func(context.Context, forum.FoundingTx, forum.NewActor) (forum.Outcome, error)) error {
	var summary forum.Text
	var err error
	if about != "" {
		if summary, err = markdown(about, n.cfg); err != nil {
			return err
		}
	}
	actor, err := newActor(name, title, summary)
	if err != nil {
		return err
	}
	return n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := found(ctx, tx, actor)
		return []forum.Outcome{out}, err
	})
}

// say runs a verb in a transaction of its own. A refusal is an error: nothing in
// the script should meet one.
func (n *node) say(ctx context.Context, verb func(context.Context, *storage.Tx) ([]forum.Outcome, error)) error {
	return n.db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		outcomes, err := verb(ctx, tx)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Refused != nil {
				return o.Refused
			}
		}
		return nil
	})
}

// each does something with all nodes at the same time.
func (t *troupe) each(do func(i int, n *node) error) error {
	errs := make([]error, len(t.nodes))
	var all sync.WaitGroup
	for i, n := range t.nodes {
		all.Go(func() { errs[i] = do(i, n) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", t.nodes[i].cfg.URL, err)
		}
	}
	return nil
}

// follow has everybody follow all communities of the other nodes that they have
// to do with; one follower would do for a thread to come over, but a community
// should have some.
func (t *troupe) follow(ctx context.Context) error {
	err := t.each(func(i int, n *node) error {
		for k, c := range t.script.Communities {
			if c.Node == i {
				continue
			}
			uri := t.nodes[c.Node].publisher.CommunityURI(c.Name)
			if err := n.inbox.Discover(ctx, uri); err != nil {
				return err
			}
			var acts []forum.Follow
			for j, p := range t.script.People {
				if p.Node == i && (j+k)%3 != 0 {
					acts = append(acts, forum.Follow{Person: t.people[p.Name], Community: uri})
				}
			}
			if err := n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				return n.forum.Follow(ctx, tx, acts)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = t.await(ctx, "follows", func(ctx context.Context) (bool, error) {
		open := 0
		for _, n := range t.nodes {
			var pending int
			if err := n.db.Pool().QueryRow(ctx, `select count(*) from follow where state = $1`, forum.Pending).Scan(&pending); err != nil {
				return false, err
			}
			open += pending
		}
		return open == 0, nil
	})
	if err != nil {
		return err
	}
	t.communities = make([]map[string]int64, len(t.nodes))
	return t.each(func(i int, n *node) error {
		t.communities[i] = map[string]int64{}
		for _, c := range t.script.Communities {
			community, err := n.db.Reader().CommunityByURI(ctx, t.nodes[c.Node].publisher.CommunityURI(c.Name))
			if err != nil {
				return err
			}
			t.communities[i][c.Name] = community.ID
		}
		return nil
	})
}

func (t *troupe) text(n *node, source, prefix string) (forum.Text, error) {
	html, err := markup.FromMarkdown(source, markup.Options{LocalURL: n.cfg.URL.String(), IDPrefix: prefix})
	return forum.Text{Source: source, Format: forum.Markdown, HTML: html, RenderVersion: markup.Version}, err
}

// submit has all posts written, and waits until every node has them.
func (t *troupe) submit(ctx context.Context) error {
	t.posts = make([]string, len(t.script.Posts))
	err := t.each(func(i int, n *node) error {
		var acts []forum.Submit
		var which []int
		for k, p := range t.script.Posts {
			if t.home[p.By] != i {
				continue
			}
			text, err := t.text(n, p.Text, fmt.Sprint("p", k))
			if err != nil {
				return err
			}
			acts, which = append(acts, forum.Submit{Post: forum.Post{
				Author: t.people[p.By], Community: forum.Community{ID: t.communities[i][p.In]}, Title: p.Title, TitleGiven: true, Link: p.Link, Text: text,
				Language: p.Language, Sensitive: p.Sensitive, Warning: p.Warning, Published: t.at(p.Ago),
			}}), append(which, k)
		}
		return inParts(len(acts), func(from, to int) error {
			return n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				out, err := n.forum.Submit(ctx, tx, acts[from:to])
				for j := range out {
					t.posts[which[from+j]] = n.publisher.PostURI(out[j].ID)
				}
				return out, err
			})
		})
	})
	if err != nil {
		return err
	}
	return t.await(ctx, fmt.Sprintf("%d posts", len(t.posts)), t.everywhere(t.posts))
}

func (t *troupe) at(ago time.Duration) forum.Stamp { return forum.Stamp{Time: t.began.Add(-ago)} }

func inParts(n int, do func(from, to int) error) error {
	for from := 0; from < n; from += sayMost {
		if err := do(from, min(from+sayMost, n)); err != nil {
			return err
		}
	}
	return nil
}

// reply has everything answered, one depth after the other: whoever answers must
// have what they answer on their own node.
func (t *troupe) reply(ctx context.Context) error {
	t.remarks = make([][]string, len(t.script.Posts))
	for k, p := range t.script.Posts {
		t.remarks[k] = make([]string, len(p.Remarks))
	}
	for depth, said := 1, 0; ; depth++ {
		uris, err := t.replyAt(ctx, depth)
		if err != nil || len(uris) == 0 {
			return err
		}
		said += len(uris)
		if err := t.await(ctx, fmt.Sprintf("%d comments, down to depth %d", said, depth), t.everywhere(uris)); err != nil {
			return err
		}
	}
}

func (t *troupe) replyAt(ctx context.Context, depth int) ([]string, error) {
	err := t.each(func(i int, n *node) error {
		var acts []forum.Reply
		var which [][2]int
		for k, p := range t.script.Posts {
			for m, r := range p.Remarks {
				if r.Depth != depth || t.home[r.By] != i {
					continue
				}
				text, err := t.text(n, r.Text, fmt.Sprintf("c%d-%d", k, m))
				if err != nil {
					return err
				}
				to := t.posts[k]
				if r.To >= 0 {
					to = t.remarks[k][r.To]
				}
				acts, which = append(acts, forum.Reply{Comment: forum.Comment{
					Author: t.people[r.By], InReplyTo: to, Text: text, Language: r.Language, Warning: r.Warning, Sensitive: r.Warning != "", Published: t.at(r.Ago),
				}}), append(which, [2]int{k, m})
			}
		}
		return inParts(len(acts), func(from, to int) error {
			return n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				out, err := n.forum.Reply(ctx, tx, acts[from:to])
				for j := range out {
					w := which[from+j]
					t.remarks[w[0]][w[1]] = n.publisher.CommentURI(out[j].ID)
				}
				return out, err
			})
		})
	})
	var uris []string
	for k, p := range t.script.Posts {
		for m, r := range p.Remarks {
			if r.Depth == depth {
				uris = append(uris, t.remarks[k][m])
			}
		}
	}
	return uris, err
}

func (t *troupe) vote(ctx context.Context) error {
	return t.each(func(i int, n *node) error {
		var acts []forum.Vote
		add := func(who []string, object string, ago time.Duration, dir int) {
			for j, name := range who {
				if t.home[name] == i {
					acts = append(acts, forum.Vote{Voter: t.people[name], Object: object, Dir: dir, At: t.at(ago * time.Duration(j+1) / time.Duration(len(who)+1)).Time})
				}
			}
		}
		for k, p := range t.script.Posts {
			add(p.Likes, t.posts[k], p.Ago, 1)
			add(p.Dislikes, t.posts[k], p.Ago, -1)
			for m, r := range p.Remarks {
				add(r.Likes, t.remarks[k][m], r.Ago, 1)
			}
		}
		return inParts(len(acts), func(from, to int) error {
			return n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				return n.forum.Vote(ctx, tx, acts[from:to])
			})
		})
	})
}

// await asks until something is so, and says that it is.
func (t *troupe) await(ctx context.Context, what string, is func(context.Context) (bool, error)) error {
	for {
		if ok, err := is(ctx); err != nil || ok {
			if ok {
				t.sayf("  %s", what)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// everywhere asks whether all nodes have all of these objects.
func (t *troupe) everywhere(uris []string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		for _, n := range t.nodes {
			var known int
			if err := n.db.Pool().QueryRow(ctx, `select (select count(*) from post where uri = any($1)) + (select count(*) from comment where uri = any($1))`,
				uris).Scan(&known); err != nil || known < len(uris) {
				return false, err
			}
		}
		return true, nil
	}
}

// agree asks whether every vote of the script is counted on all nodes.
func (t *troupe) agree(ctx context.Context) (bool, error) {
	type count struct{ up, down int }
	want := map[string]count{}
	for k, p := range t.script.Posts {
		want[t.posts[k]] = count{1 + len(p.Likes), len(p.Dislikes)}
		for m, r := range p.Remarks {
			want[t.remarks[k][m]] = count{1 + len(r.Likes), 0}
		}
	}
	for _, n := range t.nodes {
		rows, err := n.db.Pool().Query(ctx, `select uri, up, down from post union all select uri, up, down from comment`)
		if err != nil {
			return false, err
		}
		got := map[string]count{}
		for rows.Next() {
			var uri string
			var c count
			if err := rows.Scan(&uri, &c.up, &c.down); err != nil {
				return false, err
			}
			got[uri] = c
		}
		if rows.Err() != nil || !maps.Equal(got, want) {
			return false, rows.Err()
		}
	}
	return true, nil
}
