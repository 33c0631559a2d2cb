package deliver_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

const wellKnown = "/.well-known/nodeinfo"

// runs makes a peer say that it runs something else, and be asked at once.
func (n *node) runs(p *fedtest.Peer, software fedtest.Software) {
	n.t.Helper()
	p.Remove(wellKnown)
	p.PutAnswer("/nodeinfo/2.1", fedtest.Answer{ContentType: "application/json", Body: []byte(`{"version": "2.1", "software": {"name": "` + string(software) + `", "version": "1"}}`)})
	n.exec(`update server set probe_at = now() where host = $1`, p.Host())
}

func post(path string) act {
	return act{lane: forum.LaneContent, subject: nodeURL + path, micro: true}
}

// A server is told of a change in the form in which it was told of what changes,
// whatever it has become since, and of everything new in the form of today.
func TestChangesAreToldInTheFormThatWasSent(t *testing.T) {
	t.Parallel()
	const unknown = fedtest.Software("")
	for _, c := range []struct {
		name          string
		before, after fedtest.Software
		was, is       []string // what is behind the ids of the documents sent
	}{
		{"microblog, then forum", fedtest.Mastodon, fedtest.Lemmy, []string{"/id"}, []string{""}},
		{"forum, then microblog", fedtest.Lemmy, fedtest.Mastodon, []string{""}, []string{"/id"}},
		{"unknown, then microblog", unknown, fedtest.Mastodon, []string{"", "/id"}, []string{"/id"}},
		{"unknown, then forum", unknown, fedtest.Lemmy, []string{"", "/id"}, []string{""}},
		{"forum, and another forum", fedtest.Lemmy, fedtest.PieFed, []string{""}, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			p := n.peer(fedtest.Mastodon, "")
			n.follow(p)
			var want []string
			told := func(id string, forms []string) string {
				for _, f := range forms {
					want = append(want, id+f)
				}
				return id
			}
			_, stop := n.run(n.fast(n.db))
			if c.before == unknown {
				p.PutAnswer(wellKnown, fedtest.Answer{Status: http.StatusInternalServerError})
			} else {
				n.runs(p, c.before)
			}
			first := told(n.announce(post("/post/1"))[0], c.was)
			n.idle(p)
			n.runs(p, c.after)
			told(n.announce(post("/post/2"))[0], c.was) // read before it had answered
			n.idle(p)
			n.eventually("it is known", `select software = $2 from server where host = $1`, p.Host(), string(c.after))
			stop()

			// Another process knows it too.
			n.run(n.fast(n.open()))
			edit := post("/post/1")
			edit.of = n.toldAt(first)
			told(n.announce(edit)[0], c.was)
			third := told(n.announce(post("/post/3"))[0], c.is)
			n.idle(p)
			edit = post("/post/3")
			edit.of = n.toldAt(third)
			told(n.announce(edit)[0], c.is)
			n.idle(p)
			same(t, "arrived", sorted(idsOf(p)), sorted(want))
		})
	}
}

// A server that was never reached was told of nothing: what waits for it goes out
// in the form that it turns out to understand.
func TestDownAtFirstSight(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Mastodon, "")
	server := n.follow(p)
	p.PutAnswer(wellKnown, fedtest.Answer{Status: http.StatusServiceUnavailable})
	p.AnswerAll(http.StatusServiceUnavailable)
	ids := n.announce(post("/post/1"), post("/post/2"))
	n.run(n.fast(n.db))
	n.eventually("it counts as unknown, and as away", `select probe_failures >= 3 and failures >= 3 from server where id = $1`, server)
	n.runs(p, fedtest.Mastodon)
	n.eventually("it is known", `select probed_at is not null from server where id = $1`, server)
	p.AnswerAll(http.StatusAccepted)
	n.idle(p)
	var got []string
	for _, r := range p.Received() {
		if r.Status == http.StatusAccepted {
			got = append(got, r.ID())
		}
	}
	same(t, "arrived", sorted(got), []string{ids[0] + "/id", ids[1] + "/id"})
}

// What microblogs are told of a change is the author's own word, under the
// author's key.
func TestAuthorsSpeakForThemselves(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Mastodon, "")
	n.follow(p)
	n.known(p)
	first := n.announce(post("/post/1"))[0]
	edit := post("/post/1")
	edit.of, edit.microSigner = n.toldAt(first), ada
	n.announce(edit)
	n.run(n.fast(n.db))
	n.idle(p)
	var keys []string
	for _, r := range p.Received() {
		if r.Err != nil {
			t.Errorf("signature: %v", r.Err)
			continue
		}
		keys = append(keys, r.Signature.KeyID)
	}
	same(t, "signed by", keys, []string{community + "#main-key", ada + "#main-key"})
}

// Nothing but answers goes to a server before its software is known: what people
// here do in communities elsewhere waits as well.
func TestActsOfPeopleWaitForTheSoftware(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	p.PutAnswer(wellKnown, fedtest.Answer{Hang: true})
	vote := n.direct(p, forum.LaneVotes)
	reply := n.direct(p, forum.LaneContent)
	accept := n.direct(p, forum.LaneDirect)
	_, stop := n.run(n.fast(n.db))
	same(t, "at first", n.arrive(p, 1), []string{accept})
	stop()
	same(t, "before it is known", idsOf(p), []string{accept})
	p.Remove(wellKnown)
	n.run(n.fast(n.db))
	n.idle(p)
	same(t, "then", sorted(idsOf(p)), sorted([]string{vote, reply, accept}))
	var form storage.Dialect
	n.scan(&form, `select form from server_form where since_xid = 0`)
	if form != storage.ForumDialect {
		t.Errorf("recorded as %d from the beginning", form)
	}
}

// That our Postgres is away says nothing of a server, which is not known for that.
func TestPostgresAwayAtFirstSight(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	p := n.peer(fedtest.Lemmy, "")
	n.follow(p)
	id := n.announce(post("/post/1"))[0]
	o := n.fast(n.db)
	base, err := url.Parse(nodeURL)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	o.Client = fetch.New(fetch.Options{BaseURL: base, Version: "0", Dev: true, Blocked: func(context.Context, string) (bool, error) {
		if asked.Add(1) < 5 { // more often than it is asked until it counts as not to be known
			return false, errors.New("away")
		}
		return false, nil
	}})
	t.Cleanup(o.Client.Close)
	n.run(o)
	n.idle(p)
	same(t, "arrived", idsOf(p), []string{id})
}
