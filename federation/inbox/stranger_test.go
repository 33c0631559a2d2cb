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

// Who asks for a document: where all must sign, whoever proves to be somebody, by a key
// that is held or fetched; and nowhere a server with which this node does not speak.
func TestWhoMayAskForDocuments(t *testing.T) {
	t.Parallel()
	s := meet(t)
	ask := func(signed bool, from *fedtest.Peer, as fedtest.SignAs) string {
		t.Helper()
		var sent *http.Request
		as.Tamper = func(r *http.Request) { sent = r.Clone(s.ctx) }
		if _, err := from.Get(s.ctx, s.url+"/post/1", as); err != nil { // there is nothing; the request is what is wanted
			t.Fatal(err)
		}
		no := s.in.Asked(sent, signed)
		if no == nil {
			return ""
		}
		if no.Text == "" || (no.Status == 429 || no.Status == 503) != (no.Retry > 0) {
			t.Errorf("%+v", no)
		}
		return fmt.Sprint(no.Status, " ", no.Reason)
	}
	mallory := fedtest.SignAs{Actor: s.ann, Key: keys.RSA("mallory")}
	nobody := fedtest.SignAs{KeyID: s.home.URL("/u/nobody#main-key"), Key: keys.RSA("mallory")}
	away := fedtest.SignAs{KeyID: "http://away.localhost:1/u#main-key", Key: keys.RSA("mallory")}
	for _, c := range []struct {
		who                string
		from               *fedtest.Peer
		as                 fedtest.SignAs
		optional, required string
	}{
		{"somebody known", s.home, fedtest.SignAs{Actor: s.ann}, "", ""},
		{"a server whose key is not held", s.home, fedtest.SignAs{}, "", ""},
		{"the same again", s.home, fedtest.SignAs{}, "", ""},
		{"by RFC 9421", s.home, fedtest.SignAs{Style: fedtest.AsRFC9421}, "", ""},
		{"nobody", s.home, fedtest.SignAs{Style: fedtest.Unsigned}, "", "401 missing"},
		{"an impostor", s.home, mallory, "", "401 wrong-signature"},
		{"long ago", s.home, fedtest.SignAs{Actor: s.ann, Date: time.Now().Add(-3 * time.Hour)}, "", "401 expired"},
		{"somebody who is not there", s.home, nobody, "", "401 no-key"},
		{"somebody of a server that is away", s.home, away, "", "503 no-key"},
	} {
		if got := ask(false, c.from, c.as); got != c.optional {
			t.Errorf("%s, when nobody must sign: %q", c.who, got)
		}
		if got := ask(true, c.from, c.as); got != c.required {
			t.Errorf("%s, when all must: %q", c.who, got)
		}
	}
	site := 0
	for _, r := range s.home.Fetched() {
		if r.Target == "/" || strings.HasPrefix(r.Target, "/?") {
			site++
		}
	}
	if site > 1 {
		t.Errorf("a key was fetched %d times", site)
	}

	list := func(sql string) {
		t.Helper()
		if _, err := s.db.Pool().Exec(s.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	both := func(what, want string) {
		t.Helper()
		for _, signed := range []bool{false, true} {
			if got := ask(signed, s.other, fedtest.SignAs{Actor: s.eve}); got != want {
				t.Errorf("%s, signed %v: %q, want %q", what, signed, got, want)
			}
		}
	}
	both("before", "")
	list(`insert into domain_block (host, blocked_at) values ('other.localhost', now())`)
	both("blocked", "403 blocked")
	list(`update domain_block set until_at = now()`)
	both("the block is over", "")
	list(`update node set allow_only = true`)
	both("not on the list", "403 blocked")
	list(`insert into domain_allow (host, allowed_at) values ('other.localhost', now())`)
	both("on the list", "")
	list(`update node set allow_only = false`)
	// A key may stand elsewhere than its owner lives.
	list(`update actor_key set owner = 'https://bad.example/u/x' where key_id = '` + s.eve.KeyID + `'`)
	list(`insert into domain_block (host, blocked_at) values ('bad.example', now())`)
	if got := ask(true, s.other, fedtest.SignAs{Actor: s.eve}); got != "403 blocked" {
		t.Errorf("the owner of the key is blocked: %q", got)
	}

	last := ""
	for i := 0; i <= perPair && last != "429 budget"; i++ {
		last = ask(true, s.home, fedtest.SignAs{KeyID: s.home.URL(fmt.Sprintf("/u/made-up-%d#main-key", i)), Key: keys.RSA("mallory")})
	}
	if last != "429 budget" {
		t.Errorf("keys without end: %q", last)
	}
	if got := ask(true, s.home, fedtest.SignAs{Actor: s.ann}); got != "" {
		t.Errorf("somebody known, after that: %q", got)
	}
}
