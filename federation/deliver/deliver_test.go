package deliver_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/deliver"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
)

// What a peer gets is signed by the community, for this peer, over this body.
func TestDeliveriesAreSigned(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	ids := n.announce(subjects(3)...)
	n.run(n.fast(n.db))
	same(t, "arrived", sorted(n.arrive(p, 3)), ids)
	for _, r := range p.Received() {
		if r.Err != nil {
			t.Errorf("signature: %v", r.Err)
		}
		if got := r.Header.Get("Content-Type"); got != "application/activity+json" {
			t.Errorf("Content-Type %q", got)
		}
	}
	n.idle(p)
}

func TestDialectFollowsTheSoftware(t *testing.T) {
	t.Parallel()
	for software, want := range map[fedtest.Software][2]bool{ // forum form, id form
		fedtest.Lemmy: {true, false}, fedtest.PieFed: {true, false}, fedtest.Mbin: {true, false}, fedtest.NodeBB: {true, false},
		fedtest.Discourse: {true, false}, fedtest.Mastodon: {false, true}, fedtest.GoToSocial: {false, true}, "unheardof": {true, true},
	} {
		t.Run(string(software), func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(software, "")
			n.follow(p)
			post := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/1", micro: true})[0]
			reply := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/comment/1"})[0]
			vote := n.announce(act{lane: forum.LaneVotes, subject: nodeURL + "/post/1"})[0]
			last := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/2", micro: true})[0]
			var ids []string
			if want[0] {
				ids = append(ids, post, reply, vote, last)
			}
			if want[1] {
				ids = append(ids, post+"/id", last+"/id")
			}
			n.run(n.fast(n.db))
			n.arrive(p, len(ids))
			n.idle(p)
			same(t, "arrived", sorted(idsOf(p)), sorted(ids))
		})
	}
}

// Nothing but what names its recipient goes to a server before its software is
// known, or known to be unknown.
func TestOnlyDirectRowsBeforeTheSoftwareIsKnown(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	p.PutAnswer("/.well-known/nodeinfo", fedtest.Answer{Hang: true})
	n.follow(p)
	announced := n.announce(subjects(2)...)
	accepted := n.accept(p)
	o := n.fast(n.db)
	_, stop := n.run(o)
	same(t, "before", n.arrive(p, 1), []string{accepted})
	stop()
	same(t, "before the end", idsOf(p), []string{accepted})

	p.PutAnswer("/.well-known/nodeinfo", fedtest.Answer{Status: http.StatusInternalServerError})
	n.run(n.fast(n.db))
	same(t, "after three failures", sorted(n.arrive(p, 3)), sorted(append(announced, accepted)))
	asked := 0
	for _, r := range p.Fetched() {
		if r.Target == "/.well-known/nodeinfo" {
			asked++
		}
	}
	if asked != 3 && asked != 4 { // once in vain by the first run, where that came so far
		t.Errorf("asked for the software %d times", asked)
	}
	n.idle(p)
}

func TestBlockedServerGetsNothing(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	blocked, other := n.peer(fedtest.Lemmy, "bad"), n.peer(fedtest.Lemmy, "good")
	n.follow(blocked)
	n.follow(other)
	n.exec(`insert into domain_block (host, blocked_at) values ('bad.localhost', now())`)
	n.announce(subjects(3)...)
	n.run(n.fast(n.db))
	n.arrive(other, 3)
	n.idle(blocked)
	if blocked.Total() != 0 || len(blocked.Fetched()) != 0 {
		t.Errorf("a blocked server was asked: %d posts, %d fetches", blocked.Total(), len(blocked.Fetched()))
	}
	n.exec(`delete from domain_block`)
	id := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/new"})
	same(t, "after the block", n.arrive(blocked, 1), id)
}

// A server that is not on the list gets nothing, when those on it are spoken with
// alone; its follows rest, so that it hears of what is new once it is.
func TestServersThatAreNotOnTheListGetNothing(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	stranger, friend := n.peer(fedtest.Lemmy, "far"), n.peer(fedtest.Lemmy, "near")
	n.follow(stranger)
	n.follow(friend)
	n.exec(`insert into domain_allow (host, allowed_at) values ('near.localhost', now())`)
	n.exec(`update node set allow_only = true`)
	n.announce(subjects(3)...)
	n.run(n.fast(n.db))
	n.arrive(friend, 3)
	n.idle(stranger)
	if stranger.Total() != 0 || len(stranger.Fetched()) != 0 {
		t.Errorf("a server that is not on the list was asked: %d posts, %d fetches", stranger.Total(), len(stranger.Fetched()))
	}
	n.exec(`insert into domain_allow (host, allowed_at) values ('far.localhost', now())`)
	id := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/new"})
	same(t, "once it is", n.arrive(stranger, 1), id)
}

// A block that another process makes counts for a server that is being served: what is on
// its way ends, and nothing else is sent.
func TestABlockCountsWhileAServerIsServed(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	bad := n.peer(fedtest.Lemmy, "bad")
	n.follow(bad)
	n.known(bad)
	begun, release := make(chan struct{}), make(chan struct{})
	begin, let := sync.OnceFunc(func() { close(begun) }), sync.OnceFunc(func() { close(release) })
	defer let()
	bad.OnPost(func(fedtest.Received) fedtest.Reply {
		begin()
		<-release
		return fedtest.Reply{Status: http.StatusAccepted}
	})
	o := n.fast(n.db)
	o.Window = 1
	first := n.announce(subjects(10)...)[0]
	n.run(o)
	<-begun                                                                               // it is recorded once it is answered
	n.exec(`insert into domain_block (host, blocked_at) values ('bad.localhost', now())`) // as another process does
	for blocked := false; !blocked; time.Sleep(time.Millisecond) {
		var err error
		if blocked, err = n.db.Blocked(t.Context(), bad.Host()); err != nil {
			t.Fatal(err)
		}
	}
	let()
	n.idle(bad)
	same(t, "arrived", idsOf(bad), []string{first})
	n.exec(`delete from domain_block`)
	again := n.announce(act{lane: forum.LaneContent, subject: nodeURL + "/post/new"})[0]
	same(t, "after the block", n.arrive(bad, 2), []string{first, again})
}

// Of posts it is kept which servers would not have them, for their authors; of what else
// is refused it is not.
func TestPostsThatAreRefusedAreNoted(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	p.AnswerAll(http.StatusForbidden)
	n.announce(
		act{verb: forum.VerbSubmit, lane: forum.LaneContent, subject: nodeURL + "/post/1"},
		act{lane: forum.LaneContent, subject: nodeURL + "/comment/1"},
	)
	n.run(n.fast(n.db))
	n.arrive(p, 2)
	n.idle(p)
	var refused []string
	n.scan(&refused, `select array_agg(g.subject || ' ' || k.status) from delivery_skip k join log g on g.at = k.at and g.xid = k.xid and g.seq = k.seq`)
	same(t, "refused", refused, []string{nodeURL + "/post/1 403"})
}

// While requests of one lane hang, the others go on.
func TestLanesDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	hold := make(chan struct{})
	release := sync.OnceFunc(func() { close(hold) })
	t.Cleanup(release)
	var votes []act
	for i := range 30 {
		votes = append(votes, act{lane: forum.LaneVotes, subject: fmt.Sprint(i)})
	}
	held := map[string]bool{}
	for _, id := range n.announce(votes...) {
		held[id] = true
	}
	p.OnPost(func(r fedtest.Received) fedtest.Reply {
		if held[r.ID()] {
			<-hold
		}
		return fedtest.Reply{}
	})
	o := n.fast(n.db)
	n.run(o)
	ids := n.announce(subjects(5)...)
	ids = append(ids, n.accept(p))
	n.arrive(p, len(ids)) // counts what was answered
	same(t, "while votes hang", sorted(idsOf(p)), sorted(ids))
	release()
	n.arrive(p, len(ids)+len(votes))
	n.idle(p)
}

// Acts on one object, and on what it answers, arrive in the order of the log,
// whatever each request takes; others overtake.
func TestOrderPerObject(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	random := rand.New(rand.NewPCG(1, 2))
	var acts []act
	for i := range 240 {
		a := act{lane: forum.LaneContent, subject: fmt.Sprintf("o%d", random.IntN(12))}
		if random.IntN(3) == 0 {
			a.parent = fmt.Sprintf("o%d", random.IntN(12))
		}
		if i%2 == 1 {
			a = act{lane: forum.LaneVotes, subject: fmt.Sprintf("o%d", random.IntN(4)), actor: fmt.Sprintf("u%d", random.IntN(4))}
		}
		acts = append(acts, a)
	}
	number := map[string]int{}
	for i, id := range n.announce(acts...) {
		number[id] = i
	}
	var mu sync.Mutex
	running := map[int]bool{}
	answered := map[int]bool{}
	most := 0
	p.OnPost(func(r fedtest.Received) fedtest.Reply {
		i := number[r.ID()]
		mu.Lock()
		running[i] = true
		most = max(most, len(running))
		for j := range i {
			if !answered[j] && conflicts(acts[j], acts[i]) {
				t.Errorf("%d %+v was sent before the answer to %d %+v", i, acts[i], j, acts[j])
			}
		}
		fail := random.IntN(10) == 0
		wait := time.Duration(random.IntN(2000)) * time.Microsecond
		mu.Unlock()
		time.Sleep(wait)
		mu.Lock()
		defer mu.Unlock()
		delete(running, i)
		if fail {
			return fedtest.Reply{Status: http.StatusBadGateway}
		}
		answered[i] = true
		return fedtest.Reply{}
	})
	n.run(n.fast(n.db))
	n.idle(p)
	if len(answered) != len(acts) {
		t.Errorf("%d of %d arrived", len(answered), len(acts))
	}
	if most < 2 {
		t.Error("nothing was sent at the same time")
	}
}

func conflicts(first, second act) bool {
	if first.lane != second.lane {
		return false
	}
	if second.lane == forum.LaneVotes {
		return first.subject == second.subject && first.actor == second.actor
	}
	return first.subject == second.subject || first.subject == second.parent
}

// A process that dies sends at most a window again, under the same ids, and
// loses nothing. Losing all leases at once is what a death looks like to the
// database: no mark is taken any more.
func TestCrashSendsAtMostAWindowAgain(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	const window, total = 8, 300
	ids := n.announce(subjects(total)...)
	crashes := 0
	for arrived := 0; arrived < total*3/4; crashes++ {
		at := int64(p.Total() + 40)
		crash := make(chan struct{})
		once := sync.OnceFunc(func() { close(crash) })
		var seen atomic.Int64
		seen.Store(int64(p.Total()))
		p.OnPost(func(fedtest.Received) fedtest.Reply {
			if seen.Add(1) >= at {
				once()
			}
			return fedtest.Reply{}
		})
		o := n.fast(n.db)
		o.Window = window
		_, stop := n.run(o)
		select {
		case <-crash:
		case <-time.After(patience):
			t.Fatal("nothing arrives")
		}
		n.exec(`update server set lease_owner = gen_random_uuid(), lease_until = now() + interval '1 hour'`)
		stop()
		n.exec(`update server set lease_until = now() - interval '1 second'`)
		arrived = p.Total()
	}
	n.run(n.fast(n.db))
	n.idle(p)
	times := map[string]int{}
	for _, id := range idsOf(p) {
		times[id]++
	}
	again := 0
	for _, id := range ids {
		if times[id] == 0 {
			t.Errorf("%s was lost", id)
		}
		again += max(times[id]-1, 0)
	}
	if len(times) != total {
		t.Errorf("%d ids arrived, of %d", len(times), total)
	}
	if again > crashes*window {
		t.Errorf("%d were sent again after %d crashes, with a window of %d", again, crashes, window)
	}
	t.Logf("%d crashes, %d sent again", crashes, again)
}

// Told to stop, it sends nothing twice and gives its leases back.
func TestStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	ids := n.announce(subjects(200)...)
	for round := 1; round <= 4; round++ {
		_, stop := n.run(n.fast(n.db))
		n.arrive(p, 40*round)
		stop()
		var held int
		n.scan(&held, `select count(*) from server where lease_owner is not null`)
		if held != 0 {
			t.Errorf("%d leases are held after the end", held)
		}
	}
	n.run(n.fast(n.db))
	n.idle(p)
	same(t, "arrived", sorted(idsOf(p)), ids)
}

// Some software has no shared inbox: each row goes to each follower, once, also
// when a process stops in the middle of a row.
func TestRowsToManyInboxes(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.GoToSocial, "")
	var server int64
	n.scan(&server, `insert into server (host) values ($1) returning id`, p.Host())
	const followers, rows = 7, 60
	for i := range followers {
		n.exec(`with i as (insert into server_inbox (server_id, url) values ($1, $2) returning id)
			insert into audience (community_id, inbox_id, server_id, since_xid, since_seq)
			select $3, id, $1, log_xid(), nextval('log_seq') from i`, server, p.Person(fmt.Sprintf("u%d", i)).Inbox, n.community)
	}
	acts := subjects(rows)
	for i := range acts {
		acts[i].micro = true
	}
	ids := n.announce(acts...)
	for round := 1; round <= 4; round++ {
		o := n.fast(n.db)
		o.Window = 1 + 3*round
		_, stop := n.run(o)
		n.arrive(p, 90*round)
		stop()
	}
	n.run(n.fast(n.db))
	n.idle(p)
	times := map[string]int{}
	for _, r := range p.Received() {
		times[r.Target+" "+r.ID()]++
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("%s arrived %d times", what, n)
		}
	}
	if len(times) != followers*rows || p.Total() != followers*rows {
		t.Errorf("%d arrived, %d different ones, of %d to %d", p.Total(), len(times), len(ids), followers)
	}
}

func TestTwoProcessesShareWithoutDoubling(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	var peers []*fedtest.Peer
	for i := range 6 {
		p := n.peer(fedtest.Lemmy, fmt.Sprintf("peer%d", i))
		n.follow(p)
		peers = append(peers, p)
	}
	var both [2]*deliver.Deliverer
	for i := range both {
		o := n.fast(n.open())
		o.Servers = 3
		both[i], _ = n.run(o)
	}
	var ids []string
	for i := range 20 {
		ids = append(ids, n.announce(act{lane: forum.LaneContent, subject: fmt.Sprint(i)}, act{lane: forum.LaneVotes, subject: fmt.Sprint(i)})...)
	}
	for _, p := range peers {
		n.arrive(p, len(ids))
		n.idle(p)
		same(t, p.Host(), sorted(idsOf(p)), ids)
	}
	one, two := both[0].Stats(), both[1].Stats()
	if one.Delivered == 0 || two.Delivered == 0 || one.Delivered+two.Delivered != int64(len(ids)*len(peers)) {
		t.Errorf("shared as %d and %d", one.Delivered, two.Delivered)
	}
}

// Its lease runs out, and somebody else goes on.
func TestDeadProcessIsReplaced(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	ids := n.announce(subjects(5)...)
	// A process that was here and left no trace but its lease and the log read.
	n.exec(`update log_reader set xid = log_horizon()`)
	n.exec(`update server set lease_owner = gen_random_uuid(), lease_until = now() + interval '1 second'`)
	n.run(n.fast(n.db))
	same(t, "arrived", sorted(n.arrive(p, 5)), ids)
}

// Half of all servers never answer. The others get everything meanwhile.
func TestDeadServersCostOthersNothing(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	var healthy, dead []*fedtest.Peer
	for i := range 20 {
		p := n.peer(fedtest.Lemmy, fmt.Sprintf("peer%d", i))
		n.follow(p)
		n.known(p)
		if i%2 == 0 {
			dead = append(dead, p)
			p.OnPost(func(fedtest.Received) fedtest.Reply { return fedtest.Reply{Hang: true} })
		} else {
			healthy = append(healthy, p)
		}
	}
	o := n.fast(n.db)
	o.Requests, o.Grace = 32, time.Millisecond // fewer than rows wait for the dead
	_, stop := n.run(o)
	const rows = 60
	for range rows / 10 {
		n.announce(subjects(10)...)
	}
	for _, p := range healthy {
		n.arrive(p, rows)
		n.idle(p)
	}
	stop()
	for _, p := range dead {
		for _, r := range p.Received() {
			if r.Status != 0 {
				t.Errorf("%s answered", p.Host())
			}
		}
	}
}

func TestStatsAndObserve(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	n.known(p)
	ids := n.announce(subjects(3)...)
	p.OnPost(func(r fedtest.Received) fedtest.Reply {
		if r.ID() == ids[0] {
			return fedtest.Reply{Status: http.StatusBadRequest}
		}
		return fedtest.Reply{}
	})
	var mu sync.Mutex
	var seen []deliver.Outcome
	o := n.fast(n.db)
	o.Observe = func(d deliver.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, d.Outcome)
	}
	d, _ := n.run(o)
	n.idle(p)
	s := d.Stats()
	if s.Delivered != 2 || s.Refused != 1 || s.Failed != 0 || s.InFlight != 0 {
		t.Errorf("stats %+v", s)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(seen)
	if !slices.Equal(seen, []deliver.Outcome{deliver.Delivered, deliver.Delivered, deliver.Refused}) {
		t.Errorf("observed %v", seen)
	}
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	keys := deliver.NewKeyring(n.db)
	for _, owner := range []string{community, community, nodeURL + "/u/nobody"} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://peer.example/x", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		err = keys.Sign(t.Context(), r, nil, owner)
		if signed := r.Header.Get("Signature") != ""; signed != (owner == community) || (err == nil) != signed {
			t.Errorf("%s: signed %v, %v", owner, signed, err)
		}
	}
}
