package inbox

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"stoa/federation/fedtest"
	"stoa/storage"
)

// tarpit is a server that takes every request and never answers.
func tarpit(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	return "http://tarpit.localhost:" + port
}

// Whoever has no key at all cannot fill the disk with what was refused.
func TestNothingIsKeptOfRefusedStrangers(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	p := peer(t, fedtest.Options{})
	nobody := p.URL("/users/nobody")
	like := fedtest.Doc{"id": p.URL("/like"), "type": "Like", "actor": nobody, "object": n.url + "/post/1", "pad": strings.Repeat("A", 100<<10)}
	checkAnswer(t, n.post(like, p, fedtest.SignAs{Key: keys.RSA("mallory"), KeyID: nobody + "#main-key"}), 202, "")
	n.settle()
	n.refused(like, "no key")
	n.want(0, `select sum(length(body) + coalesce(length(request), 0)) from received`)
	// What somebody vouched for is kept with the reason it was refused for.
	odd := p.Person("ann").Like(n.url+"/post/1", fedtest.Community{})
	n.send(odd, p)
	n.settle()
	n.refused(odd, "no such object here")
	n.want(1, `select count(*) from received where activity = $1 and length(body) > 0`, odd["id"])
}

// Nobody is read to who does not even claim to be somebody.
func TestUnsignedBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	body := &counted{Reader: strings.NewReader(strings.Repeat("a", maxBody))}
	r := httptest.NewRequestWithContext(n.ctx, http.MethodPost, n.inbox(), body)
	r.Header.Set("Content-Type", "application/activity+json")
	w := httptest.NewRecorder()
	n.in.handle(w, r)
	checkAnswer(t, fedtest.Response{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}, 401, "missing")
	if body.read > 0 {
		t.Errorf("%d bytes were read", body.read)
	}
}

type counted struct {
	io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// What Postgres does not take is the sender's fault, wherever it stands.
func TestBytesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	for i, c := range []struct {
		as      fedtest.SignAs
		change  func(fedtest.Doc)
		status  int
		reason  string
		comment string
	}{
		{fedtest.SignAs{KeyID: p.URL("/u/\xff")}, nil, 401, "malformed", "a key id that is no text"},
		{fedtest.SignAs{KeyID: "https://%ff.example/u"}, nil, 401, "malformed", "a host that is no text"},
		{fedtest.SignAs{KeyID: "acct:\xff@x.example"}, nil, 401, "malformed", "an account that is no text"},
		{fedtest.SignAs{}, func(d fedtest.Doc) { d["type"] = "Li\x00ke" }, 202, "", "a NUL in the type"},
		{fedtest.SignAs{}, func(d fedtest.Doc) { d["id"] = p.URL("/\x00") }, 400, "malformed", "a NUL in the id"},
		{fedtest.SignAs{}, func(d fedtest.Doc) { d["object"] = "\x00" }, 202, "", "a NUL in the object"},
		{fedtest.SignAs{Tamper: func(r *http.Request) { r.Header.Set("X-Odd", "\xff") }}, nil, 202, "", "a header that is no text"},
	} {
		d := ann.Like(fmt.Sprintf("%s/post/%d", n.url, i), fedtest.Community{})
		if c.change != nil {
			c.change(d)
		}
		c.as.Actor = ann
		t.Log(c.comment)
		checkAnswer(t, n.post(d, p, c.as), c.status, c.reason)
	}
}

// hurried gives jobs less time than any answer takes.
type hurried struct{ *Fetcher }

func (hurried) Timeout(*river.Job[storage.FetchObject]) time.Duration { return 100 * time.Millisecond }

// What waits is told how a fetch ended also when the job's time is over by then.
func TestFetchesEndAfterTheirTime(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	iri := tarpit(t) + "/1"
	if err := n.db.EnqueueFetch(n.ctx, storage.FetchObject{IRI: iri}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.db.Pool().Exec(n.ctx, `update river_job set attempt = max_attempts - 1`); err != nil {
		t.Fatal(err)
	}
	_, err := n.db.Pool().Exec(n.ctx, `insert into received (state, host, actor, activity, family, shard, key, body, needs)
		values (2, 'h', 'a', 'like', 3, 1, 1, '', $1)`, iri)
	if err != nil {
		t.Fatal(err)
	}
	n.workWith(hurried{n.in.Fetcher()})
	n.settle()
	n.want(1, `select count(*) from river_job where state = 'completed'`)
	n.want(1, `select count(*) from received where state = 4 and reason like '%timeout%'`)
}
