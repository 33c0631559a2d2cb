package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/federation/deliver"
	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage/storagetest"
)

// watched is what one node asks of another, which can be made to wait for its answers.
type watched struct {
	mu    sync.Mutex
	asked []string
	hold  chan struct{} // nil holds nothing; closed, it lets all go that wait
	first chan string   // what is held first
}

// front is put before the door of the node that is asked.
func (w *watched) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, r.Method+" "+r.URL.Path)
		hold := w.hold
		w.mu.Unlock()
		if hold != nil && strings.HasPrefix(r.URL.Path, "/comment/") {
			select {
			case w.first <- r.URL.Path:
			default:
			}
			<-hold
		}
		next.ServeHTTP(rw, r)
	})
}

// stall has everything wait that is asked about comments, until let is called.
func (w *watched) stall() (let func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	hold := make(chan struct{})
	w.hold, w.first = hold, make(chan string, 1)
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.hold = nil
		close(hold)
	})
}

// taken is what was asked since it was last taken.
func (w *watched) taken() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

// pair are two nodes that speak with each other; the admin of here decides whether.
type pair struct {
	*visit
	there *testNode
	watched
	porch, hall string // communities of here and of there
	ada, bob    string // people of here and of there
	post        string // in porch
	unsigned    int    // what here answers to those who do not sign
	votes       int
}

func newPair(t *testing.T, signedFetch string, unsigned int) *pair {
	t.Helper()
	p := &pair{unsigned: unsigned}
	p.there = newTestNode(t, "there", p.front)
	here := runTestNode(t, "here", storagetest.DSN(t, schema), nil, "signed-fetch", signedFetch)
	p.porch, p.ada = here.found("porch", true), here.found("ada", false)
	p.hall, p.bob = p.there.found("hall", true), p.there.found("bob", false)
	p.visit = &visit{testNode: here, home: home{name: "stoa"}, hall: &fedtest.Hall{Actor: &fedtest.Actor{ID: p.hall}}}
	p.post = here.submit(p.ada, p.porch, "First", "words")
	p.there.follow(p.bob, p.porch)
	return p
}

// How the two stand to each other.
const (
	spoken = "push 202, fetch , asked "
	silent = "push 403, fetch blocked-host, asked refused"
)

// state tries all ways: there sends a vote, here asks there for a document, there asks
// here for one, each signing as it always does.
func (p *pair) state() string {
	p.t.Helper()
	p.votes++
	vote, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "type": "Like", "id": fmt.Sprintf("%s/votes/%d", p.bob, p.votes),
		"actor": p.bob, "object": p.post, "to": []string{fedtest.Public}, "cc": []string{p.porch}, "audience": p.porch,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	keys := deliver.NewKeyring(p.there.db)
	answer, err := p.there.client.Post(p.t.Context(), p.porch+"/inbox", vote, func(r *http.Request, body []byte) error {
		return keys.Sign(p.t.Context(), r, body, p.bob)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	_, fetched := p.client.Document(p.t.Context(), p.bob)
	_, asked := p.there.client.Document(p.t.Context(), p.porch)
	return fmt.Sprintf("push %d, fetch %s, asked %s", answer.Status, fetch.KindOf(fetched), fetch.KindOf(asked))
}

// becomes waits until all ways are as wanted. What is begun a second after since has to
// find them so.
func (p *pair) becomes(what, want string, since time.Time) {
	p.t.Helper()
	for {
		begun := time.Now()
		got := p.state()
		if got == want {
			p.t.Logf("%s: seen by what began after %s", what, begun.Sub(since).Round(time.Millisecond))
			break
		}
		if begun.Sub(since) > time.Second {
			p.t.Fatalf("%s: after %s: %s; want %s", what, begun.Sub(since), got, want)
		}
	}
	if got := p.get("/c/porch", "application/activity+json").Code; got != p.unsigned {
		p.t.Errorf("%s: who does not sign got %d", what, got)
	}
}

// says gives a command beside the running node, and waits until it counts.
func (p *pair) says(want string, command ...string) {
	p.t.Helper()
	p.stoa(command...)
	p.becomes(strings.Join(command, " "), want, time.Now())
}

// ends gives a command that has an end: until then all is as it was, and afterwards as
// wanted.
func (p *pair) ends(was, want string, command ...string) {
	p.t.Helper()
	end := time.Now().Add(3 * time.Second)
	p.stoa(append(command, "--until", end.Format(time.RFC3339Nano))...)
	for {
		got, at := p.state(), time.Now()
		if !at.Before(end) {
			break
		}
		if got != was {
			p.t.Errorf("%s, before its end: %s", strings.Join(command, " "), got)
			break
		}
	}
	p.becomes(strings.Join(command, " ")+", at its end", want, end)
}

// Whom a running node speaks with is what its admin last said, and within a second: for
// what it is sent, what it fetches, what it is asked for, what it sends, and for a
// past that it is reading. It ends by itself when the admin said until when.
func TestListsCountBetweenRunningNodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signedFetch string
		unsigned    int
	}{{"optional", http.StatusOK}, {"required", http.StatusUnauthorized}} {
		t.Run(c.signedFetch, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, c.signedFetch, c.unsigned)
			eventually(t, "they speak", func() bool { return p.state() == spoken })

			p.says(silent, "block", "there.localhost", "--reason", "spam")
			p.taken()
			unsaid := p.submit(p.ada, p.porch, "While blocked", "words")
			p.says(spoken, "unblock", "there.localhost")
			said := p.submit(p.ada, p.porch, "Afterwards", "words")
			p.there.knows(said)

			p.says(silent, "block", "there.localhost")
			p.ends(silent, spoken, "block", "there.localhost")

			p.says(silent, "allow", "--only", "on")
			p.says(spoken, "allow", "there.localhost")
			p.says(silent, "block", "there.localhost")
			p.says(spoken, "unblock", "there.localhost")
			p.ends(spoken, silent, "allow", "there.localhost")
			p.says(spoken, "allow", "there.localhost")
			p.says(silent, "disallow", "there.localhost")
			p.says(spoken, "allow", "--only", "off")

			last := p.submit(p.ada, p.porch, "At last", "words")
			p.there.knows(last)
			if n := p.there.count(`select count(*) from post where uri = $1`, unsaid); n != 0 {
				t.Error("what was said while it was blocked was sent")
			}
		})
	}
}

// What is being read of a community's past ends when its server is not spoken with any
// more, takes in nothing of what is on its way, and begins anew when it is.
func TestListsEndWhatIsBeingRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		answers    int // of each post, of which the first is on its way
		shut, open func(p *pair)
	}{
		{
			"block", 4, func(p *pair) { p.says(silent, "block", "there.localhost") },
			func(p *pair) { p.ends(silent, spoken, "block", "there.localhost") },
		},
		{
			"list", 1, func(p *pair) { p.says(silent, "allow", "--only", "on") },
			func(p *pair) { p.says(spoken, "allow", "there.localhost") },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, "required", http.StatusUnauthorized)
			want := map[string]string{}
			for i := range 3 {
				post := p.there.submit(p.bob, p.hall, fmt.Sprint("Post ", i), "words")
				want[post] = ""
				for j := range c.answers {
					want[p.there.reply(p.bob, post, fmt.Sprint("answer ", j))] = post
				}
			}
			eventually(t, "they speak", func() bool { return p.state() == spoken })
			let := p.stall()
			defer let()
			reader, err := p.reader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, out, err := p.reach.Follow(t.Context(), reader, p.hall); err != nil || out.Refused != nil {
				t.Fatal(out.Refused, err)
			}
			first := <-p.first
			c.shut(p)
			p.taken()
			let()
			eventually(t, "the reading ends", func() bool { return p.backfill().State != forum.BackfillUnder })
			if asked := p.taken(); len(asked) > 0 {
				t.Errorf("after the block it was asked for %q", asked)
			}
			if b := p.backfill(); b.State != forum.BackfillBroken {
				t.Errorf("the reading ended as %+v", b)
			}
			if n := p.count(`select count(*) from comment`); n != 0 {
				t.Errorf("%d comments were taken in, and %s was held", n, first)
			}
			c.open(p)
			if _, err := p.db.Pool().Exec(t.Context(), `update backfill set ended_at = ended_at - interval '2 days'`); err != nil {
				t.Fatal(err)
			}
			// The node looks for what is due as well, and may come first.
			if begun, err := p.db.BeginBackfill(t.Context(), p.community(p.hall).ID); err != nil || !begun && p.backfill().State == forum.BackfillBroken {
				t.Fatalf("not read again: %v %v", begun, err)
			}
			want[p.post] = ""
			p.agrees("the past", want)
		})
	}
}
