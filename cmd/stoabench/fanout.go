package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"stoa/federation/fedtest"
)

const fanoutTarget = 0.3

// audience is many servers of different names that follow communities of a rig.
type audience struct {
	r     *rig
	peers []*fedtest.Peer
	came  *arrivals
}

func (r *rig) newAudience(ctx context.Context, n int, runs fedtest.Software) (*audience, error) {
	a := &audience{r: r, peers: make([]*fedtest.Peer, n), came: newArrivals()}
	for i := range a.peers {
		p, err := r.peer(ctx, fedtest.Options{Software: runs, Name: fmt.Sprintf("%.1s%03d", runs, i+1), Discard: true})
		if err != nil {
			return nil, err
		}
		a.peers[i] = p
		a.healthy(p)
	}
	return a, nil
}

// answers has a peer note what it is told, and answer as said.
func (a *audience) answers(p *fedtest.Peer, reply fedtest.Reply) {
	p.OnPost(func(rec fedtest.Received) fedtest.Reply {
		a.came.note(p, rec)
		return reply
	})
}

func (a *audience) healthy(p *fedtest.Peer) { a.answers(p, fedtest.Reply{}) }

// follow has some of the servers follow a community.
func (a *audience) follow(ctx context.Context, community string, peers []*fedtest.Peer) error {
	err := parallel(16, len(peers), func(i int) error { return a.r.follow(ctx, peers[i], community) })
	if err != nil {
		return fmt.Errorf("following: %w", err)
	}
	return a.r.quiet(ctx)
}

// tell has a post written and returns how long after it was accepted the last of
// some servers was told.
func (a *audience) tell(ctx context.Context, community string, peers []*fedtest.Peer) (object string, took time.Duration, err error) {
	return a.say(ctx, a.r.post(community), peers)
}

// say has the author say something, likewise.
func (a *audience) say(ctx context.Context, doc fedtest.Doc, peers []*fedtest.Peer) (object string, took time.Duration, err error) {
	object = objectID(doc)
	accepted, err := a.speak(ctx, doc)
	if err != nil {
		return object, 0, err
	}
	last, err := a.came.last(ctx, object, peers)
	return object, last.Sub(accepted), err
}

// speak has the author say something, and returns when it was accepted.
func (a *audience) speak(ctx context.Context, doc fedtest.Doc) (time.Time, error) {
	letters, err := a.r.sign(ctx, 1, func(int) (*fedtest.Actor, fedtest.Doc) { return a.r.author, doc })
	if err == nil {
		err = a.r.send(letters)
	}
	return time.Now(), err
}

const (
	togetherRequests = 1_000 // of 100 servers that take votes together
	togetherTime     = 120   // seconds
	meanwhileTarget  = 2     // seconds
)

// together measures how many votes on one post reach servers that take several at
// once, while others, as many requests as votes, take each alone; and how long posts and
// comments are on their way to all of them meanwhile.
func (b *bench) together(ctx context.Context) error {
	r, err := b.newRig(ctx, "together", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	votes, takers, others := b.o.size(1500), b.o.size(100), b.o.size(20)
	if err := r.muster(ctx, votes); err != nil {
		return err
	}
	a, err := r.newAudience(ctx, takers, fedtest.PieFed)
	if err != nil {
		return err
	}
	single, err := r.newAudience(ctx, others, fedtest.Lemmy)
	if err != nil {
		return err
	}
	all := append(append([]*fedtest.Peer(nil), a.peers...), single.peers...)
	count := newBallots()
	for _, p := range all {
		p.OnPost(func(rec fedtest.Received) fedtest.Reply {
			if !count.note(p, rec) {
				a.came.note(p, rec)
			}
			return fedtest.Reply{}
		})
	}
	if err := a.follow(ctx, "porch", all); err != nil {
		return err
	}
	post := r.post("porch")
	var alone, posts, comments figures
	for range runs + 1 {
		_, took, err := a.tell(ctx, "porch", all)
		if err != nil {
			return err
		}
		alone = append(alone, took.Seconds())
	}
	if _, _, err := a.say(ctx, post, all); err != nil {
		return err
	}
	letters, err := r.sign(ctx, votes, func(i int) (*fedtest.Actor, fedtest.Doc) {
		return r.crew[i], r.crew[i].Like(objectID(post), r.community("porch"))
	})
	if err != nil {
		return err
	}
	start := time.Now()
	sent := make(chan error, 1)
	go func() { sent <- r.send(letters) }()
	for i := 0; !count.complete(votes, all) && time.Since(start) < 2*togetherTime*time.Second; i++ {
		doc, list := r.post("porch"), &posts
		if i%2 == 1 {
			doc, list = r.author.Create(fedtest.Post{Community: r.community("porch"), InReplyTo: objectID(post), Markdown: text, HTML: "<p>" + text + "</p>"}), &comments
		}
		_, took, err := a.say(ctx, doc, all)
		if err != nil {
			return fmt.Errorf("while votes are told: %w", err)
		}
		*list = append(*list, took.Seconds())
		time.Sleep(time.Second)
	}
	if err := <-sent; err != nil {
		return err
	}
	last, requests, err := count.told(votes, a.peers)
	if err != nil {
		return err
	}
	end, each, err := count.told(votes, single.peers)
	if err != nil {
		return err
	}
	b.sayf("%v", line{
		what: fmt.Sprintf("%d votes to %d servers that take many: requests", votes, takers), figures: figures{float64(requests)},
		target: float64(b.o.size(togetherRequests)),
	})
	b.sayf("%v", line{what: "  all are there after", unit: "s", figures: figures{last.Sub(start).Seconds()}, target: togetherTime})
	b.sayf("%v", line{what: "  a post to all servers meanwhile", unit: "s", figures: posts, target: meanwhileTarget})
	b.sayf("%v", line{what: "  a comment likewise", unit: "s", figures: comments, target: meanwhileTarget})
	b.sayf("  %d servers that take one at a time have all, in %d requests, after %s s; a post alone takes %s (%s–%s) s",
		others, each, digits(end.Sub(start).Seconds()), digits(alone[1:].median()), digits(alone[1:].least()), digits(alone[1:].greatest()))
	return nil
}

// ballots counts the votes that servers are told of.
type ballots struct {
	mu       sync.Mutex
	votes    map[*fedtest.Peer]map[string]bool // by the id of the vote
	requests map[*fedtest.Peer]int
	last     map[*fedtest.Peer]time.Time // when the last that was new came
}

func newBallots() *ballots {
	return &ballots{votes: map[*fedtest.Peer]map[string]bool{}, requests: map[*fedtest.Peer]int{}, last: map[*fedtest.Peer]time.Time{}}
}

// note takes in a request; false when there are no votes in it.
func (c *ballots) note(p *fedtest.Peer, rec fedtest.Received) bool {
	parts, several := rec.Activity["object"].([]any)
	if !several {
		parts = []any{rec.Activity["object"]}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := false
	for _, part := range parts {
		vote, _ := part.(fedtest.Doc)
		id, _ := vote["id"].(string)
		if vote["type"] != "Like" {
			continue
		}
		if found = true; c.votes[p] == nil {
			c.votes[p] = map[string]bool{}
		}
		if !c.votes[p][id] {
			c.votes[p][id], c.last[p] = true, rec.Time
		}
	}
	if found {
		c.requests[p]++
	}
	return found
}

// complete reports whether each of some servers was told of so many votes.
func (c *ballots) complete(votes int, all []*fedtest.Peer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !slices.ContainsFunc(all, func(p *fedtest.Peer) bool { return len(c.votes[p]) < votes })
}

// told is when the last of some servers had heard of all votes, and in how many requests.
func (c *ballots) told(votes int, all []*fedtest.Peer) (last time.Time, requests int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range all {
		if len(c.votes[p]) != votes {
			return last, requests, fmt.Errorf("%s was told of %d of %d votes", p.Host(), len(c.votes[p]), votes)
		}
		requests += c.requests[p]
		if c.last[p].After(last) {
			last = c.last[p]
		}
	}
	return last, requests, nil
}

// fanout measures one post to many servers, from its acceptance to the last
// delivery.
func (b *bench) fanout(ctx context.Context) error {
	r, err := b.newRig(ctx, "fanout", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	n := max(b.o.size(200), 40)
	if err := r.muster(ctx, 0); err != nil {
		return err
	}
	a, err := r.newAudience(ctx, n, fedtest.Lemmy)
	if err != nil {
		return err
	}
	if err := a.follow(ctx, "porch", a.peers); err != nil {
		return err
	}
	var took figures
	costs, err := r.costs(ctx, 0, func(context.Context) (work, error) {
		time.Sleep(time.Second) // servers that have been told all are let go meanwhile
		return work{n: n, do: func(ctx context.Context) error {
			_, d, err := a.tell(ctx, "porch", a.peers)
			took = append(took, d.Seconds())
			return err
		}}, nil
	})
	if err != nil {
		return err
	}
	b.sayf("%v", line{what: fmt.Sprintf("one post to %d servers: last delivery", n), unit: "s", figures: took[1 : runs+1], target: fanoutTarget})
	b.sayf("  CPU of each delivery: server %s, Postgres %s ms", digits(of(costs, serverShare).median()), digits(of(costs, postgresShare).median()))
	return nil
}
