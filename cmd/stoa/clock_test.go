package main

import (
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage/storagetest"
)

// wrongClock is one that goes right but shows another time.
type wrongClock struct{ ahead atomic.Int64 }

func (c *wrongClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *wrongClock) put(ahead time.Duration) { c.ahead.Store(int64(ahead)) }

// nodeWithClock is a node with a community, porch, by a clock that can be put.
func nodeWithClock(t *testing.T) (*testNode, *wrongClock, fedtest.Community) {
	t.Helper()
	l, c := loopback(t), &wrongClock{}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n := runNodeAt(t, l, "http://node.localhost:"+port, storagetest.DSN(t, schema), nil, c.now)
	return n, c, fedtest.CommunityAt(n.found("porch", true))
}

func lemmyPeer(t *testing.T, name string) *fedtest.Peer {
	t.Helper()
	return fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: name, Keys: streamKeys, Lenient: true})
}

// votesOn reads how often an object was voted for and against.
func (n *testNode) votesOn(post string) (up, down int) {
	n.t.Helper()
	err := n.db.Pool().QueryRow(n.t.Context(), `select coalesce(sum(up), -1)::int, coalesce(sum(down), -1)::int from post where uri = $1`, post).Scan(&up, &down)
	if err != nil {
		n.t.Fatal(err)
	}
	return up, down
}

// Servers whose clock, or ours, is up to an hour off are listened to: summer time
// set wrong is the usual reason. Beyond that a signature may be one that somebody
// kept.
func TestClocksMayBeAnHourOff(t *testing.T) {
	t.Parallel()
	for _, whose := range []string{"theirs", "ours"} {
		t.Run(whose, func(t *testing.T) {
			t.Parallel()
			n, clock, community := nodeWithClock(t)
			p := lemmyPeer(t, "writer")
			bob := p.Person("bob")
			for _, step := range []struct {
				off    time.Duration // of the signature, as the node sees it
				status int
			}{
				{-55 * time.Minute, 202}, {0, 202}, {55 * time.Minute, 202}, {-70 * time.Minute, 401}, {65 * time.Minute, 401}, {-time.Minute, 202},
			} {
				as := fedtest.SignAs{Actor: bob}
				if whose == "theirs" {
					as.Date = time.Now().Add(step.off)
				} else {
					clock.put(-step.off)
				}
				post := bob.Create(fedtest.Post{Community: community, Title: step.off.String(), Markdown: "text"})
				answer, err := p.Send(t.Context(), community.ID+"/inbox", post, as)
				if err != nil || answer.Status != step.status {
					t.Errorf("a signature %v off: answered %d %s %v, want %d", step.off, answer.Status, answer.Body, err, step.status)
				}
				if step.status == 202 {
					n.knows(objectID(post))
				}
			}
		})
	}
}

// A server whose clock is an hour ahead dates what its people do in the future. As
// soon as they do something else that counts, and lists are not led by it.
func TestAPeerAheadHasNotTheLastWord(t *testing.T) {
	t.Parallel()
	n, _, community := nodeWithClock(t)
	p := lemmyPeer(t, "writer")
	bob, eve := p.Person("bob"), p.Person("eve")
	send := func(d fedtest.Doc, by *fedtest.Actor, published time.Time) {
		t.Helper()
		d["published"] = published.UTC().Format(time.RFC3339Nano)
		answer, err := p.Send(t.Context(), community.ID+"/inbox", d, fedtest.SignAs{Actor: by})
		if err != nil || answer.Status != http.StatusAccepted {
			t.Fatalf("%v: answered %d %s %v", d["id"], answer.Status, answer.Body, err)
		}
	}
	ahead := bob.Create(fedtest.Post{Community: community, Title: "From the future", Markdown: "text"})
	object, _ := ahead["object"].(fedtest.Doc)
	object["published"] = time.Now().Add(55 * time.Minute).UTC().Format(time.RFC3339Nano)
	id := objectID(ahead)
	send(ahead, bob, time.Now().Add(55*time.Minute))
	n.knows(id)
	send(eve.Like(id, community), eve, time.Now().Add(55*time.Minute))
	eventually(t, "the vote counts", func() bool { up, _ := n.votesOn(id); return up == 2 })
	send(eve.Dislike(id, community), eve, time.Now())
	eventually(t, "the later vote counts", func() bool { up, down := n.votesOn(id); return up == 1 && down == 1 })

	later := bob.Create(fedtest.Post{Community: community, Title: "Later", Markdown: "text"})
	send(later, bob, time.Now())
	n.knows(objectID(later))
	for _, sort := range []forum.Sort{forum.SortNew, forum.SortHot} {
		list, err := n.db.Reader().Posts(t.Context(), forum.List{CommunityID: n.community(community.ID).ID, Sort: sort, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != 2 || list.Items[0].Post.URI != objectID(later) {
			t.Errorf("sorted by %v, the post of the future comes first, or not once", sort)
		}
	}
}

// Our clock is put back by an hour between two acts: the follower is told of both
// in order, and what was announced can be read at its id.
func TestOurClockIsPutBack(t *testing.T) {
	t.Parallel()
	n, clock, community := nodeWithClock(t)
	reader, writer := lemmyPeer(t, "reader"), lemmyPeer(t, "writer")
	ann, local := reader.Person("ann"), n.found("lea", false)
	if _, err := reader.Send(t.Context(), community.ID+"/inbox", ann.Follow(community.ID), fedtest.SignAs{Actor: ann}); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.WaitType(t.Context(), "Accept"); err != nil {
		t.Fatal(err)
	}
	var said []string
	say := func(off time.Duration) {
		t.Helper()
		clock.put(off)
		post := n.submit(local, community.ID, "At "+off.String(), "text")
		said = append(said, post, n.reply(local, post, "a comment"))
		guest := writer.Person("bob").Create(fedtest.Post{Community: community, Title: "Guest at " + off.String(), Markdown: "text"})
		if answer, err := writer.Send(t.Context(), community.ID+"/inbox", guest, fedtest.SignAs{Actor: writer.Person("bob")}); err != nil || answer.Status != 202 {
			t.Fatalf("answered %d, %v", answer.Status, err)
		}
		said = append(said, objectID(guest))
		n.knows(objectID(guest))
	}
	say(0)
	say(-time.Hour)
	say(time.Hour)
	say(0)
	var told, ids []string
	eventually(t, "the follower is told of everything", func() bool {
		told, ids = nil, nil
		for _, r := range reader.Received() {
			if r.Type() == "Announce" {
				inner := r.Object()
				object, _ := inner["object"].(fedtest.Doc)
				id, _ := object["id"].(string)
				told, ids = append(told, id), append(ids, r.ID())
			}
		}
		return len(told) >= len(said)
	})
	at := func(id string) int { return slices.Index(told, id) }
	for i, id := range said {
		if at(id) < 0 {
			t.Errorf("nobody was told of %s", id)
		}
		if i%3 == 1 && at(id) < at(said[i-1]) {
			t.Errorf("a comment came before its post")
		}
	}
	for _, id := range ids {
		if w := n.get(id[len(n.cfg.URL.String()):], "application/activity+json"); w.Code != http.StatusOK {
			t.Errorf("%s is answered %d", id, w.Code)
		}
	}
}
