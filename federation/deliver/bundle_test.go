package deliver_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// heard is a vote as it came, alone or among others.
type heard struct {
	id, actor, object string
	announce          string // its own, where that came
	by, published     string // of that
}

// votesIn reads the votes of a request, and who announced them.
func votesIn(r fedtest.Received) (votes []heard, by string) {
	by, _ = r.Activity["actor"].(string)
	parts, several := r.Activity["object"].([]any)
	if !several {
		parts = []any{r.Activity["object"]}
	}
	for _, part := range parts {
		vote, _ := part.(map[string]any)
		h := heard{announce: r.ID(), by: by}
		if several {
			h.announce = ""
		}
		if vote["type"] == "Announce" {
			h.announce, _ = vote["id"].(string)
			h.by, _ = vote["actor"].(string)
			h.published, _ = vote["published"].(string)
			vote, _ = vote["object"].(map[string]any)
		}
		h.id, _ = vote["id"].(string)
		h.actor, _ = vote["actor"].(string)
		h.object, _ = vote["object"].(string)
		votes = append(votes, h)
	}
	return votes, by
}

// ballots are votes of many people on one thing.
func ballots(n int, object string) []act {
	acts := make([]act, n)
	for i := range acts {
		acts[i] = act{lane: forum.LaneVotes, subject: nodeURL + object, actor: fmt.Sprintf("https://a.example/u/p%d", i)}
	}
	return acts
}

func votesOf(ids []string) (votes []string) {
	for _, id := range ids {
		votes = append(votes, id+"/vote")
	}
	return votes
}

// Votes that wait for a server go out in one Announce where its software takes that:
// each once, no more at a time than it may be, and never those of two communities in one.
func TestVotesGoTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		software        fedtest.Software
		most            int  // requests
		ownID, verified bool // what comes is the Announces themselves
	}{
		{fedtest.PieFed, 12, false, true}, {"stoa", 12, true, true}, {fedtest.Lemmy, 620, true, true},
	} {
		t.Run(string(c.software), func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(c.software, "")
			n.follow(p)
			n.exec(`update server set software = $2, version = '1.0', probed_at = now(), probe_at = now() + interval '1 day' where host = $1`, p.Host(), string(c.software))
			n.exec(`insert into server_form (server_id, since_xid, form) select id, 0, 1 from server where host = $1`, p.Host())
			acts := ballots(620, "/post/1")
			for i := range acts {
				if i%10 == 0 {
					acts[i].signer = ada
				}
			}
			want := n.announce(acts...)
			n.run(n.fast(n.db))
			n.idle(p)
			got, own := []string{}, map[string]int{}
			for _, r := range p.Received() {
				if r.Err != nil {
					t.Errorf("signature: %v", r.Err)
				}
				votes, by := votesIn(r)
				if len(votes) > 500 || len(r.Body) > 256<<10 {
					t.Errorf("%d votes of %d bytes at once", len(votes), len(r.Body))
				}
				if len(votes) > 1 && (fmt.Sprint(r.Activity["to"], r.Activity["cc"]) != "[https://www.w3.org/ns/activitystreams#Public] ["+community+"/followers]" || r.Activity["published"] == nil) {
					t.Errorf("an Announce of several is %s", r.Body[:500])
				}
				for _, v := range votes {
					got = append(got, v.id)
					if v.by != by {
						t.Errorf("%s announces a vote of %s", by, v.by)
					}
					if v.announce != "" {
						own[v.announce]++
					}
				}
				if by != r.Signature.KeyID[:strings.IndexByte(r.Signature.KeyID, '#')] {
					t.Errorf("%s is signed by %s", by, r.Signature.KeyID)
				}
			}
			same(t, "votes", sorted(got), sorted(votesOf(want)))
			if p.Total() > c.most {
				t.Errorf("%d requests", p.Total())
			}
			for _, id := range want {
				if c.ownID && own[id] != 1 {
					t.Fatalf("%s came %d times under its own id", id, own[id])
				}
			}
		})
	}
}

// One vote goes at once, as it always did; only what comes right after it waits, and
// that for nothing but votes.
func TestOneVoteIsNotHeldBack(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.PieFed, "")
	server := n.follow(p)
	n.known(p)
	o := n.fast(n.db)
	o.Gather = time.Hour
	_, stop := n.run(o)
	lone := n.announce(ballots(1, "/post/1")...)
	same(t, "at once", n.arrive(p, 1), lone)
	gathered := n.announce(ballots(3, "/post/2")...)
	content := n.announce(subjects(2)...)
	same(t, "what does not gather", sorted(n.arrive(p, 3)[1:]), content)
	n.eventually("the votes have been seen", `select touched_xid > (select max(xid) from log where lane = 3) from server where id = $1`, server)
	stop()
	if p.Total() != 3 {
		t.Errorf("%q arrived while votes gather", idsOf(p))
	}
	n.run(n.fast(n.open()))
	n.idle(p)
	var got []string
	for _, r := range p.Received()[3:] {
		votes, _ := votesIn(r)
		for _, v := range votes {
			got = append(got, v.id)
		}
	}
	same(t, "gathered", sorted(got), votesOf(gathered))
}

// holds reports whether a vote is among those of a request.
func holds(r fedtest.Received, id string) bool {
	votes, _ := votesIn(r)
	return slices.ContainsFunc(votes, func(v heard) bool { return v.id == id })
}

// Votes that are refused together are sent in halves, until the one at fault is found:
// it alone is given up. So it is with one that makes a server fail; the same is first
// tried again, as it was and under its id.
func TestOneVoteSpoilsNoOthers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(fedtest.PieFed, "")
			n.follow(p)
			n.known(p)
			ids := n.announce(ballots(240, "/post/1")...)
			bad := ids[111] + "/vote"
			p.OnPost(func(r fedtest.Received) fedtest.Reply {
				if holds(r, bad) {
					return fedtest.Reply{Status: status}
				}
				return fedtest.Reply{}
			})
			d, _ := n.run(n.fast(n.db))
			var more []string
			if status == http.StatusInternalServerError { // which of two it is shows in that others pass
				for skipped := 0; skipped == 0; n.scan(&skipped, `select count(*) from delivery_skip`) {
					more = append(more, n.announce(act{lane: forum.LaneVotes, actor: "https://a.example/u/eve", subject: fmt.Sprint(len(more))})...)
					n.eventually("it has come", `select xid > (select max(xid) from log) from log_reader`)
				}
			}
			n.idle(p)
			took, last, requests := []string{}, "", map[string][]string{}
			for _, r := range p.Received() {
				votes, _ := votesIn(r)
				if r.Status == http.StatusAccepted {
					for _, v := range votes {
						took = append(took, v.id)
					}
				}
				if holds(r, bad) {
					last = r.ID()
					requests[r.ID()] = append(requests[r.ID()], string(r.Body))
				}
			}
			good := slices.DeleteFunc(votesOf(append(ids, more...)), func(id string) bool { return id == bad })
			same(t, "taken", sorted(took), sorted(good))
			if last != ids[111] {
				t.Errorf("the one at fault was last sent in %s", last)
			}
			for id, bodies := range requests {
				if len(slices.Compact(bodies)) != 1 {
					t.Errorf("%s was not the same each time", id)
				}
				if status < 500 && len(bodies) != 1 {
					t.Errorf("%s was refused and sent again", id)
				}
			}
			if len(requests) > 30 { // nine, and more where a walk ended meanwhile and the next began with all of them
				t.Errorf("it took %d Announces to find one of 240", len(requests))
			}
			if s := d.Stats(); s.Delivered != int64(len(good)) || s.Refused+s.Skipped != 1 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// Whatever dies or fails, no vote is lost, and what a person said last on a thing is
// what was last said to a server that takes votes in the order in which they come.
func TestVotesTogetherKeepTheirOrder(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.PieFed, "")
	n.follow(p)
	n.known(p)
	random := rand.New(rand.NewPCG(3, 4))
	var acts []act
	for range 900 {
		acts = append(acts, act{
			lane: forum.LaneVotes, subject: fmt.Sprintf("%s/post/%d", nodeURL, random.IntN(4)), actor: fmt.Sprintf("https://a.example/u/p%d", random.IntN(60)),
		})
	}
	ids := n.announce(acts...)
	var mu sync.Mutex
	number := map[string]int{}
	for i, id := range ids {
		number[id+"/vote"] = i
	}
	state, seen := map[string]int{}, map[int]bool{}
	var calm atomic.Bool
	most := 0
	take := func(r fedtest.Received) fedtest.Reply {
		mu.Lock()
		defer mu.Unlock()
		votes, _ := votesIn(r)
		most = max(most, len(votes))
		keys := map[string]bool{}
		for _, v := range votes {
			k := v.actor + " " + v.object
			if keys[k] {
				t.Errorf("two votes by %s in one Announce", k)
			}
			keys[k] = true
			state[k], seen[number[v.id]] = number[v.id], true
		}
		if !calm.Load() && random.IntN(4) == 0 {
			return fedtest.Reply{Status: http.StatusBadGateway} // although it has taken them
		}
		return fedtest.Reply{}
	}
	for crash := range 4 {
		var left atomic.Int64
		left.Store(6)
		died := make(chan struct{})
		die := sync.OnceFunc(func() { close(died) })
		p.OnPost(func(r fedtest.Received) fedtest.Reply {
			if left.Add(-1) == 0 {
				die()
			}
			return take(r)
		})
		_, stop := n.run(n.fast(n.open()))
		select {
		case <-died:
		case <-time.After(patience):
			t.Fatalf("nothing arrives after %d crashes", crash)
		}
		n.exec(`update server set lease_owner = gen_random_uuid(), lease_until = now() + interval '1 hour'`)
		stop()
		n.exec(`update server set lease_until = now() - interval '1 second'`)
	}
	calm.Store(true)
	n.run(n.fast(n.db))
	n.idle(p)
	last := map[string]int{}
	for i, a := range acts {
		last[a.actor+" "+a.subject] = i
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != len(acts) || most < 20 {
		t.Errorf("%d of %d votes came, %d at once at most", len(seen), len(acts), most)
	}
	for k, i := range last {
		if state[k] != i {
			t.Errorf("%s: last said %d, last told of %d", k, i, state[k])
		}
	}
}
