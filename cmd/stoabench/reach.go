package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/federation/inbox"
	"stoa/federation/outbox"
	"stoa/storage"
)

// What communities of other servers must cost.
const (
	announcedTarget = 0.4   // ms of processor time for a vote that is announced
	backfillTarget  = 60    // seconds for the past of a community
	backfillGets    = 1_100 // requests for it, with 1,000 posts
	adoptTarget     = 2_000 // documents a second, once they are here
)

// hall opens a community on a peer of its own, follows it and waits until it is asked.
func (r *rig) hall(ctx context.Context, name string) (*fedtest.Hall, error) {
	p, err := r.peer(ctx, fedtest.Options{Software: fedtest.PieFed, Name: name})
	if err != nil {
		return nil, err
	}
	return p.Hall("cats"), nil
}

// join has the node follow a community, as its admin does.
func (r *rig) join(ctx context.Context, h *fedtest.Hall) error {
	if out, err := r.b.stoa(ctx, append([]string{"follow", h.ID}, r.settings...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("stoa follow: %w\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	asked, err := h.Peer().WaitType(ctx, "Follow")
	if err != nil {
		return err
	}
	answer, err := h.Peer().Send(ctx, r.inbox(), h.Accept(asked.Activity), fedtest.SignAs{Actor: h.Actor})
	if err == nil && answer.Status/100 != 2 {
		err = fmt.Errorf("accepting was answered %d: %s", answer.Status, answer.Body)
	}
	return err
}

// announced measures votes by people nobody here has heard of, on a post of a
// community elsewhere, that the community announces.
func (b *bench) announced(ctx context.Context) error {
	r, err := b.newRig(ctx, "announced", "main", "")
	if err != nil {
		return err
	}
	defer r.close()
	h, err := r.hall(ctx, "busy")
	if err != nil {
		return err
	}
	if err := r.join(ctx, h); err != nil {
		return err
	}
	const voters = 1000
	n := b.o.size(5000)
	ann := h.Peer().Person("ann")
	votes := 0
	costs, err := r.costs(ctx, announcedTarget, func(ctx context.Context) (work, error) {
		var ids []string
		for range (n + voters - 1) / voters {
			create := h.Post(ann, fedtest.Post{Title: "A post", HTML: "<p>" + text + "</p>"})
			ids = append(ids, objectID(create))
			letters, err := r.sign(ctx, 1, func(int) (*fedtest.Actor, fedtest.Doc) { return h.Actor, h.Announce(create) })
			if err == nil {
				err = r.send(letters)
			}
			if err != nil {
				return work{}, err
			}
		}
		if err := r.quiet(ctx); err != nil {
			return work{}, err
		}
		letters, err := r.sign(ctx, n, func(i int) (*fedtest.Actor, fedtest.Doc) {
			voter := fmt.Sprintf("https://far%d.example/u/voter%d", i%40, i%voters)
			return h.Actor, h.Announce(fedtest.Doc{
				"id": fmt.Sprintf("https://far%d.example/activities/like/%d", i%40, votes+i), "type": "Like", "actor": voter, "object": ids[i/voters], "audience": h.ID,
			})
		})
		votes += n
		return work{n: n, do: func(context.Context) error { return r.send(letters) }}, err
	})
	if err != nil {
		return err
	}
	if err := r.applied(ctx, "vote", n*(runs+1)); err != nil {
		return err
	}
	b.sayf("%v", line{what: "announced Like, unknown voter: CPU", unit: "ms", figures: of(costs, cost.each), target: announcedTarget})
	b.sayf("%v", line{what: "  as many a second", unit: "", figures: of(costs, func(c cost) float64 { return float64(c.n) / c.wall.Seconds() }), target: 500, atLeast: true})
	r.report(costs, announcedTarget)
	return nil
}

// backfill measures reading the past of a community whose home puts the objects into
// its collections.
func (b *bench) backfill(ctx context.Context) error {
	r, err := b.newRig(ctx, "backfill", "main", "")
	if err != nil {
		return err
	}
	defer r.close()
	h, err := r.hall(ctx, "old")
	if err != nil {
		return err
	}
	h.Inline, h.PageSize = true, 25
	posts := b.o.size(1000)
	fill(h, posts, 10)
	before, err := r.usage()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := r.join(ctx, h); err != nil {
		return err
	}
	var got struct{ posts, comments, gets, failed, state int }
	for got.state < 2 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		err := r.watch.QueryRow(ctx, `select state, posts, comments, gets, failed from backfill`).Scan(&got.state, &got.posts, &got.comments, &got.gets, &got.failed)
		if err != nil {
			return err
		}
		if time.Since(start) > 5*time.Minute {
			return fmt.Errorf("it does not end: %+v", got)
		}
	}
	took := time.Since(start)
	after, err := r.usage()
	if err != nil {
		return err
	}
	if got.posts != posts || got.comments != 10*posts || got.failed > 0 {
		return fmt.Errorf("of %d posts there are %+v", posts, got)
	}
	what := fmt.Sprintf("%d posts with %d comments, inlined", posts, 10*posts)
	b.sayf("%v", line{what: what, unit: "s", figures: figures{took.Seconds()}, target: float64(b.o.size(backfillTarget))})
	b.sayf("%v", line{what: "  requests for that", unit: "", figures: figures{float64(len(h.Peer().Fetched()))}, target: float64(posts + backfillGets - 1_000)})
	b.sayf("  it counts %d requests; CPU of the server %s s, of Postgres %s s", got.gets, digits((after.server - before.server).Seconds()), digits((after.postgres - before.postgres).Seconds()))
	return nil
}

// fill writes posts with so many comments each, by ten people, in threads of some
// depth.
func fill(h *fedtest.Hall, posts, comments int) {
	people := make([]*fedtest.Actor, 10)
	for i := range people {
		people[i] = h.Peer().Person(fmt.Sprintf("member%d", i))
	}
	for i := range posts {
		parent := objectID(h.Post(people[i%10], fedtest.Post{Title: fmt.Sprintf("Post %d of a long day", i), Markdown: text, HTML: "<p>" + text + "</p>"}))
		top := parent
		for j := range comments {
			if j%3 == 0 {
				parent = top
			}
			parent = objectID(h.Reply(people[(i+j)%10], parent, "<p>"+text+"</p>"))
		}
	}
}

// adopt measures how fast documents are applied that have been fetched: read,
// judged, rendered, stored. It runs in this process, on a database of its own.
func (b *bench) adopt(ctx context.Context) error {
	c, err := b.cluster(ctx, "main")
	if err != nil {
		return err
	}
	const name = "bench adopt"
	var rates figures
	posts := b.o.size(1000)
	for i := range runs + 1 {
		if err := createDatabase(ctx, c, name, ""); err != nil {
			return err
		}
		rate, err := b.adoptOnce(ctx, c.DSN(name), posts)
		if err := errors.Join(err, dropDatabase(ctx, c, name)); err != nil {
			return err
		}
		if i > 0 {
			rates = append(rates, rate)
		}
	}
	b.sayf("%v", line{what: "fetched documents applied a second", unit: "", figures: rates, target: adoptTarget, atLeast: true})
	return nil
}

func (b *bench) adoptOnce(ctx context.Context, dsn string, posts int) (float64, error) {
	const origin, threads = "https://old.example", 20
	base := &url.URL{Scheme: "https", Host: "here.example"}
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if err := db.Bind(ctx, base.String()); err != nil {
		return 0, err
	}
	client := fetch.New(fetch.Options{BaseURL: base, Version: "bench"})
	defer client.Close()
	in := inbox.New(inbox.Options{DB: db, Forum: forum.New(outbox.NewPublisher(base, nil), nil), Client: client, BaseURL: base, NoLimits: true})
	community := origin + "/c/cats"
	if _, err := db.SaveCommunity(ctx, forum.Community{URI: community, Name: "cats", Host: "old.example", Inbox: community + "/inbox", FetchedAt: time.Now()}, nil); err != nil {
		return 0, err
	}
	for i := range 10 {
		id := fmt.Sprintf("%s/u/member%d", origin, i)
		if _, err := db.SavePerson(ctx, forum.Person{URI: id, Name: fmt.Sprintf("member%d", i), Host: "old.example", Inbox: id + "/inbox", FetchedAt: time.Now()}, nil); err != nil {
			return 0, err
		}
	}
	bodies := make([][]byte, posts)
	for i := range bodies {
		if bodies[i], err = threadOf(origin, community, i); err != nil {
			return 0, err
		}
	}
	start := time.Now()
	done := 0
	for i := 0; i < posts; i += threads {
		var objects []*ap.Object
		for _, body := range bodies[i:min(i+threads, posts)] {
			list, err := ap.ReadCollection(body)
			if err != nil {
				return 0, err
			}
			for _, item := range list.Items {
				if o, _ := in.ReadInside(item, list.ID); o != nil {
					objects = append(objects, o)
				}
			}
		}
		d, err := in.Adopt(ctx, objects, community)
		if err != nil {
			return 0, err
		}
		done += d.Posts + d.Comments
	}
	took := time.Since(start)
	if done != 11*posts {
		return 0, fmt.Errorf("%d of %d documents were applied", done, 11*posts)
	}
	return float64(done) / took.Seconds(), nil
}

// threadOf is a thread as its home lists it: a post and ten comments.
func threadOf(origin, community string, n int) ([]byte, error) {
	at := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC).Format(time.RFC3339)
	post := fmt.Sprintf("%s/post/%d", origin, n)
	object := func(id, kind string, i int) fedtest.Doc {
		return fedtest.Doc{
			"id": id, "type": kind, "attributedTo": fmt.Sprintf("%s/u/member%d", origin, i%10), "to": []any{community, fedtest.Public}, "cc": []any{}, "audience": community,
			"content": "<p>" + text + "</p>", "mediaType": "text/html", "source": fedtest.Doc{"content": text, "mediaType": "text/markdown"}, "published": at,
		}
	}
	first := object(post, "Page", n)
	first["name"] = fmt.Sprintf("Post %d of a long day", n)
	items := []any{first}
	parent := post
	for i := range 10 {
		id := fmt.Sprintf("%s/comment/%d", origin, n*10+i)
		note := object(id, "Note", n+i)
		if i%3 == 0 {
			parent = post
		}
		note["inReplyTo"] = parent
		parent = id
		items = append(items, note)
	}
	return json.Marshal(fedtest.Doc{"id": post + "/context", "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items})
}
