package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/federation/fedtest"
)

// streamKeys is shared, so that each actor's key is made once for all streams.
var streamKeys = fedtest.NewKeyring(31)

// A stream is what one server tells a node, in order where one thing is about
// another, while a second server follows: posts, comments on them, edits and
// votes, some of them for comments that the node has to fetch. It knows what the
// node must hold in the end, and what the follower must have been told.
type stream struct {
	t              *testing.T
	url            string // of the node
	community      fedtest.Community
	reader, writer *fedtest.Peer
	ann            *fedtest.Actor
	waves          [3][]streamed
	acknowledged   atomic.Int64
	door           atomic.Pointer[string] // host and port that requests go to, where that is not the url's
	patience       time.Duration          // with the node, until it has done and told everything
	tells          int                    // how often something was sent, repeats included

	titles   map[string]string // of posts, by id
	comments map[string]bool   // by id
	votes    map[string]bool   // person and object
}

// streamed is an activity on its way.
type streamed struct {
	doc fedtest.Doc
	by  *fedtest.Actor
}

const streamVoters = 3

// newStream prepares a stream to the community porch. hidden says whether votes
// are to name comments that the node has to fetch.
func newStream(t *testing.T, url string, posts int, hidden bool) *stream {
	t.Helper()
	s := &stream{
		t: t, url: url, community: fedtest.CommunityAt(url + "/c/porch"),
		reader:   fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "reader", Keys: streamKeys, Lenient: true}),
		writer:   fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "writer", Keys: streamKeys, Lenient: true}),
		patience: 6 * time.Minute,
		titles:   map[string]string{}, comments: map[string]bool{}, votes: map[string]bool{},
	}
	s.ann = s.reader.Person("ann")
	people := make([]*fedtest.Actor, streamVoters)
	for i := range people {
		people[i] = s.writer.Person(fmt.Sprintf("p%d", i))
	}
	add := func(wave int, by *fedtest.Actor, d fedtest.Doc) {
		s.waves[wave] = append(s.waves[wave], streamed{d, by})
	}
	for i := range posts {
		by, other := people[i%streamVoters], people[(i+1)%streamVoters]
		post := by.Create(fedtest.Post{Community: s.community, Title: fmt.Sprintf("Post %d", i), Markdown: "text"})
		id := objectID(post)
		reply := fedtest.Post{Community: s.community, Markdown: fmt.Sprintf("Comment on %d", i), InReplyTo: id, ParentBy: fedtest.Mention{ID: by.ID, Handle: by.Handle()}}
		comment := other.Create(reply)
		s.titles[id], s.comments[objectID(comment)] = fmt.Sprintf("Post %d", i), true
		add(0, by, post)
		add(1, other, comment)
		liked := id
		if hidden && i%3 == 0 {
			// A comment that the node hears of by a vote, and has to fetch.
			liked = objectID(other.Create(reply))
			s.comments[liked] = true
		}
		for _, voter := range people {
			if voter != by && voter != other {
				add(2, voter, voter.Like(liked, s.community))
				s.votes[voter.ID+" "+liked] = true
			}
		}
		if i%4 == 1 {
			object, _ := post["object"].(fedtest.Doc)
			s.titles[id] = fmt.Sprintf("Post %d, edited", i)
			add(2, by, by.Update(object, s.community, func(d fedtest.Doc) { d["name"] = s.titles[id] }))
		}
	}
	return s
}

// objectID is the id of what a Create made.
func objectID(create fedtest.Doc) string {
	o, _ := create["object"].(fedtest.Doc)
	id, _ := o["id"].(string)
	return id
}

// size is how many activities there are.
func (s *stream) size() int { return len(s.waves[0]) + len(s.waves[1]) + len(s.waves[2]) }

// run lets the reader follow and then sends everything. What is not answered 2xx
// is sent again, as servers do.
func (s *stream) run(ctx context.Context) error {
	if err := s.deliver(ctx, s.reader, streamed{s.ann.Follow(s.community.ID), s.ann}); err != nil {
		return err
	}
	if _, err := s.reader.WaitType(ctx, "Accept"); err != nil {
		return err
	}
	for _, wave := range s.waves {
		var next atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(wave)); i = next.Add(1) - 1 {
					if s.deliver(ctx, s.writer, wave[i]) != nil {
						return
					}
					s.acknowledged.Add(1)
				}
			})
		}
		all.Wait()
	}
	return ctx.Err()
}

// deliver sends one activity until it is answered 2xx.
func (s *stream) deliver(ctx context.Context, from *fedtest.Peer, a streamed) error {
	for ctx.Err() == nil {
		answer, err := s.try(ctx, from, a)
		if err == nil && answer.Status/100 == 2 {
			return nil
		}
		if err == nil && answer.Status != 503 && answer.Status != 429 {
			return fmt.Errorf("%v: answered %d %s", a.doc["id"], answer.Status, answer.Body)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// try sends one activity once.
func (s *stream) try(ctx context.Context, from *fedtest.Peer, a streamed) (fedtest.Response, error) {
	r, err := from.Request(ctx, s.url+"/inbox", a.doc, fedtest.SignAs{Actor: a.by})
	if err != nil {
		return fedtest.Response{}, err
	}
	if door := s.door.Load(); door != nil {
		r.URL.Host = *door // signed for the name, sent to another door
	}
	return from.Do(r)
}

// check waits until nothing is left to do, and holds what the node has, and what
// it told others, against what it was told.
func (s *stream) check(dsn string) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(s.t.Context())) }()
	column := func(sql string, args ...any) []string {
		s.t.Helper()
		rows, err := conn.Query(s.t.Context(), sql, args...)
		if err != nil {
			s.t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			s.t.Fatal(err)
		}
		return all
	}
	none := func(what, sql string) {
		s.t.Helper()
		if got := column(sql); len(got) > 0 {
			s.t.Errorf("%s:\n%s", what, strings.Join(got, "\n"))
		}
	}
	const undone = `select concat_ws(' ', state, type, activity, needs, reason, next_at - now(), tries) from received where state < 3
		union all select concat_ws(' ', state, args->>'iri', scheduled_at - now()) from river_job where state not in ('completed', 'cancelled', 'discarded')`
	waitFor(s.t, s.patience, "everything that was acknowledged is worked on", func() bool { return len(column(undone)) == 0 },
		func() string { return strings.Join(column(undone), "\n") })

	// What came in is there, and once. A post that was lost could have been fetched
	// as what a comment answers, so the activities themselves are looked for.
	kept := map[string]bool{}
	for _, id := range column(`select activity from received`) {
		kept[id] = true
	}
	for _, wave := range s.waves {
		for _, a := range wave {
			if id, _ := a.doc["id"].(string); !kept[id] {
				s.t.Errorf("acknowledged, and lost: %s", id)
			}
		}
	}
	none("not applied", `select concat_ws(' ', state, type, activity, reason) from received where state <> 3`)
	none("applied twice", `select activity || ' ' || count(*) from received where state = 3 and reason = '' group by activity having count(*) > 1`)
	s.same("posts", column(`select uri || ' ' || title from post`), joined(s.titles))
	s.same("comments", column(`select uri from comment`), slices.Collect(maps.Keys(s.comments)))
	const votes = `select p.uri || ' ' || o.uri from vote v join person p on p.id = v.person_id
		join (select 1 as kind, id, uri, author_id from post union all select 2, id, uri, author_id from comment) o
			on o.kind = v.subject_kind and o.id = v.subject_id where v.dir = 1 and v.person_id <> o.author_id`
	s.same("votes", column(votes), slices.Collect(maps.Keys(s.votes)))
	none("miscounted", `select o.uri || ' ' || o.up || ' ' || o.down from (select 1 as kind, id, uri, up, down from post union all select 2, id, uri, up, down from comment) o
		where o.down <> 0 or o.up <> (select count(*) from vote v where v.subject_kind = o.kind and v.subject_id = o.id and v.dir = 1)`)
	none("miscounted comments", `select uri || ' ' || comments from post p where comments <> (select count(*) from comment c where c.post_id = p.id)`)

	// What goes out was logged once, and everybody was told all of it.
	none("logged twice", `select concat_ws(' ', verb, actor, subject, count(*)) from log where verb <> 'accept' group by verb, actor, subject having count(*) > 1`)
	s.told("the follower", s.reader, func() []string {
		return column(`select forum_id from log where forum_id is not null`)
	})
	s.told("the authors' server", s.writer, func() []string {
		return column(`select l.forum_id from outbox_direct d join log l on (l.at, l.xid, l.seq) = (d.at, d.xid, d.seq)
			join server_inbox i on i.id = d.inbox_id where d.form = 2 and i.url = $1`, s.writer.SharedInbox())
	})
	s.model()
}

// told waits until a peer has all of these announcements, and looks that it has
// no other, and each in one form only.
func (s *stream) told(who string, p *fedtest.Peer, ids func() []string) {
	s.t.Helper()
	var want, have []string
	waitFor(s.t, s.patience, who+" has been told everything", func() bool {
		want, have = ids(), slices.Collect(maps.Keys(announcements(p)))
		slices.Sort(want)
		slices.Sort(have)
		return len(want) > 0 && slices.Equal(want, have) // more may be logged and told while this looks
	}, func() string { return diff(have, want) })
	s.same("told "+who, have, want)
	for id, bodies := range announcements(p) {
		s.tells += len(bodies)
		if len(slices.CompactFunc(bodies, bytes.Equal)) > 1 {
			s.t.Errorf("%s was sent in different words: %s", id, bytes.Join(bodies, []byte("\n")))
		}
	}
}

// announcements are the bodies of what a peer was sent, by the id of the Announce.
func announcements(p *fedtest.Peer) map[string][][]byte {
	told := map[string][][]byte{}
	for _, r := range p.Received() {
		if r.Type() == "Announce" {
			told[r.ID()] = append(told[r.ID()], r.Body)
		}
	}
	return told
}

// model is what a server makes of what the follower was told, once repeats are
// left out: the same as was sent in the beginning.
func (s *stream) model() {
	s.t.Helper()
	titles, comments, votes := map[string]string{}, map[string]bool{}, map[string]bool{}
	seen := map[string]bool{}
	for _, r := range s.reader.Received() {
		if r.Type() != "Announce" || seen[r.ID()] {
			continue
		}
		seen[r.ID()] = true
		var inner struct {
			Type   string          `json:"type"`
			Actor  string          `json:"actor"`
			Object json.RawMessage `json:"object"`
		}
		var announce struct {
			Object json.RawMessage `json:"object"`
		}
		var object struct {
			ID   string `json:"id"`
			Type string `json:"type"`
			Name string `json:"name"`
		}
		var id string
		err := json.Unmarshal(r.Body, &announce)
		if err == nil {
			err = json.Unmarshal(announce.Object, &inner)
		}
		if err == nil && json.Unmarshal(inner.Object, &id) != nil {
			err = json.Unmarshal(inner.Object, &object)
		}
		if err != nil {
			s.t.Fatalf("%v: %s", err, r.Body)
		}
		switch {
		case inner.Type == "Like":
			votes[inner.Actor+" "+id] = true
		case object.Type == "Page":
			if inner.Type == "Create" && titles[object.ID] != "" {
				s.t.Errorf("%s was announced twice under two ids, or after its edit", object.ID)
			}
			titles[object.ID] = object.Name
		case comments[object.ID]:
			s.t.Errorf("%s was announced twice under two ids", object.ID)
		default:
			comments[object.ID] = true
		}
	}
	s.same("the follower's posts", joined(titles), joined(s.titles))
	s.same("the follower's comments", slices.Collect(maps.Keys(comments)), slices.Collect(maps.Keys(s.comments)))
	s.same("the follower's votes", slices.Collect(maps.Keys(votes)), slices.Collect(maps.Keys(s.votes)))
}

func joined(m map[string]string) []string {
	all := make([]string, 0, len(m))
	for k, v := range m {
		all = append(all, k+" "+v)
	}
	return all
}

func (s *stream) same(what string, have, want []string) {
	s.t.Helper()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		s.t.Errorf("%s: %d, want %d\n%s", what, len(have), len(want), diff(have, want))
	}
}

// diff lists what is in one of two lists only.
func diff(have, want []string) string {
	count := map[string]int{}
	for _, x := range have {
		count[x]++
	}
	for _, x := range want {
		count[x]--
	}
	var b strings.Builder
	for _, x := range slices.Sorted(maps.Keys(count)) {
		if n := count[x]; n != 0 {
			fmt.Fprintf(&b, "%+d %s\n", n, x)
		}
	}
	return b.String()
}

// waitFor is eventually with a bound of its own, and says how things stand when
// that is reached.
func waitFor(t *testing.T, bound time.Duration, what string, is func() bool, standing func() string) {
	t.Helper()
	for end := time.Now().Add(bound); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came about: %s\n%s", what, standing())
		}
	}
}
