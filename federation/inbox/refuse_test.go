package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// strangers is a node at rest that knows some people elsewhere.
type strangers struct {
	*node
	community fedtest.Community
	home      *fedtest.Peer  // ann's and bob's server
	ann, bob  *fedtest.Actor // known here, their keys held
	other     *fedtest.Peer
	eve       *fedtest.Actor // known here, of another server
	zoe       *fedtest.Actor // of home, never heard of
}

func meet(t *testing.T) *strangers {
	t.Helper()
	return meetWith(t, nil)
}

func meetWith(t *testing.T, change func(*Options)) *strangers {
	t.Helper()
	n := start(t, change)
	s := &strangers{node: n, community: n.found("go"), home: peer(t, fedtest.Options{}), other: peer(t, fedtest.Options{Name: "other"})}
	s.ann, s.bob, s.zoe, s.eve = s.home.Person("ann"), s.home.Person("bob"), s.home.Person("zoe"), s.other.Person("eve")
	for _, a := range []*fedtest.Actor{s.ann, s.bob, s.eve} {
		n.send(a.Follow(s.community.ID), a.Peer())
	}
	n.settle()
	n.want(3, `select count(*) from follow where state = 2`)
	return s
}

// spoilt is a request that must change nothing.
type spoilt struct {
	name   string
	status int
	reason string // in the answer
	send   func(s *strangers) fedtest.Response
}

// as sends an honest post of ann's in whatever dishonest way.
func as(how fedtest.SignAs) func(*strangers) fedtest.Response {
	return func(s *strangers) fedtest.Response {
		return s.post(s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>honest</p>"}), s.home, how)
	}
}

// body sends bytes that ann signed.
func body(text string) func(*strangers) fedtest.Response {
	return func(s *strangers) fedtest.Response {
		text := strings.NewReplacer("ANN", s.ann.ID, "HOME", s.home.URL("/x/1"), "EVE", s.eve.ID, "US", s.url).Replace(text)
		return s.post([]byte(text), s.home, fedtest.SignAs{Actor: s.ann})
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

var styles = map[string]fedtest.Style{"": fedtest.AsMastodon, " (lemmy)": fedtest.AsLemmy, " (discourse)": fedtest.AsDiscourse, " (rfc9421)": fedtest.AsRFC9421}

// unsignedInSomeWay: by what is wrong with the signature, for each way to sign.
func unsignedInSomeWay() []spoilt {
	var all []spoilt
	for name, style := range styles {
		digest := "digest"
		wrong := "SHA-256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
		if style == fedtest.AsRFC9421 {
			digest, wrong = "content-digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"
		}
		all = append(all,
			spoilt{"wrong digest" + name, 401, "digest-mismatch", as(fedtest.SignAs{Style: style, Digest: wrong})},
			spoilt{"digest not covered" + name, 401, "not-covered", as(fedtest.SignAs{Style: style, Uncovered: []string{digest}})},
			spoilt{"four weeks old" + name, 401, "expired", as(fedtest.SignAs{Style: style, Date: time.Now().Add(-28 * 24 * time.Hour)})},
			spoilt{"two hours ahead" + name, 401, "in-future", as(fedtest.SignAs{Style: style, Date: time.Now().Add(2 * time.Hour)})},
			spoilt{"another body" + name, 401, "digest-mismatch", func(s *strangers) fedtest.Response {
				return as(fedtest.SignAs{Style: style, Body: []byte(fmt.Sprintf(`{"id":"%s/lie","type":"Like","actor":%q,"object":"x"}`, s.home.URL(""), s.ann.ID))})(s)
			}},
			spoilt{"signature by another key" + name, 401, "wrong-signature", as(fedtest.SignAs{Style: style, Key: keys.RSA("mallory")})},
		)
	}
	return append(all,
		spoilt{"unsigned", 401, "missing", as(fedtest.SignAs{Style: fedtest.Unsigned})},
		spoilt{"target not covered", 401, "not-covered", as(fedtest.SignAs{Uncovered: []string{"(request-target)"}})},
		spoilt{"host not covered", 401, "not-covered", as(fedtest.SignAs{Uncovered: []string{"host"}})},
		spoilt{"date not covered", 401, "not-covered", as(fedtest.SignAs{Uncovered: []string{"date"}})},
		spoilt{"two signatures", 401, "several-signatures", as(fedtest.SignAs{Tamper: func(r *http.Request) {
			r.Header.Add("Signature", r.Header.Get("Signature"))
		}})},
		spoilt{"a parameter twice", 401, "duplicate-parameter", as(fedtest.SignAs{Tamper: func(r *http.Request) {
			r.Header.Set("Signature", r.Header.Get("Signature")+`,keyId="https://elsewhere.example/key"`)
		}})},
		spoilt{"no algorithm that is accepted", 401, "unsupported-algorithm", as(fedtest.SignAs{Tamper: func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), "rsa-sha256", "hmac-sha256", 1))
		}})},
		spoilt{"for another server", 401, "wrong-host", as(fedtest.SignAs{Tamper: func(r *http.Request) { r.Host = "elsewhere.example" }})},
		spoilt{"for another address", 401, "wrong-signature", as(fedtest.SignAs{Tamper: func(r *http.Request) { r.URL.Path = "/c/go/inbox" }})},
		spoilt{"date changed", 401, "wrong-signature", as(fedtest.SignAs{Tamper: func(r *http.Request) {
			r.Header.Set("Date", time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat))
		}})},
	)
}

func malformed() []spoilt {
	const good = `"id":"HOME","type":"Like","actor":"ANN","object":"https://x.example/1"`
	deep := func(n int) string {
		return `{` + good + `,"x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	return []spoilt{
		{"10,000 deep", 400, "too-deep", body(deep(10_000))},
		{"33 deep", 400, "too-deep", body(deep(33))},
		{"a key twice", 400, "duplicate-key", body(`{` + good + `,"actor":"EVE"}`)},
		{"a key twice, once in escapes", 400, "duplicate-key", body(`{` + good + `,"\u0061ctor":"EVE"}`)},
		{"a key twice inside", 400, "duplicate-key", body(`{` + good + `,"x":{"a":1,"\u0061":2}}`)},
		{"bad UTF-8", 400, "bad-utf8", body(`{` + good + `,"content":"` + "\xff\xfe" + `"}`)},
		{"half a character", 400, "bad-utf8", body(`{` + good + `,"content":"` + "\xe2\x82" + `"}`)},
		{"two values", 400, "malformed", body(`{` + good + `}{}`)},
		{"cut short", 400, "malformed", body(`{` + good)},
		{"an array", 400, "malformed", body(`[{` + good + `}]`)},
		{"nothing", 400, "malformed", body(``)},
		{"rearranged by JSON-LD", 400, "json-ld-keyword", body(`{` + good + `,"@included":[]}`)},
		{"no id", 400, "malformed", body(`{"type":"Like","actor":"ANN"}`)},
		{"no type", 400, "malformed", body(`{"id":"HOME","actor":"ANN"}`)},
		{"no actor", 400, "malformed", body(`{"id":"HOME","type":"Like"}`)},
		{"an id in an array", 400, "malformed", body(`{"id":["HOME"],"type":"Like","actor":"ANN"}`)},
		{"actors in an array", 400, "malformed", body(`{"id":"HOME","type":"Like","actor":["ANN","EVE"]}`)},
		{"a number for an actor", 400, "malformed", body(`{"id":"HOME","type":"Like","actor":1}`)},
		{"an id that is none", 400, "bad-id", body(`{"id":"x","type":"Like","actor":"ANN"}`)},
		{"a user name in the actor", 400, "bad-id", body(`{"id":"HOME","type":"Like","actor":"https://a@x.example/u"}`)},
		{"2 MiB", 413, "too-large", body(`{` + good + `,"content":"` + strings.Repeat("a", 2<<20) + `"}`)},
		{"id of another server", 403, "origin", body(`{"id":"https://elsewhere.example/1","type":"Like","actor":"ANN"}`)},
		{"actor of another server", 403, "origin", body(`{"id":"HOME","type":"Like","actor":"EVE"}`)},
		{"somebody of ours", 403, "origin", body(`{"id":"US/1","type":"Like","actor":"US/u/me"}`)},
	}
}

func wrongTypes() []spoilt {
	var all []spoilt
	for _, kind := range []string{
		"", "text/html", "text/plain", "application/json", "application/ld+json", "application/octet-stream",
		`application/ld+json; profile="https://elsewhere.example/ns"`, "multipart/form-data; boundary=x", "application/activity+jsonp",
	} {
		all = append(all, spoilt{"content type " + kind, 415, "content-type", as(fedtest.SignAs{Tamper: header("Content-Type", kind)})})
	}
	return all
}

// forwarded by somebody whose word does not count: acknowledged, since that is
// how relays and replies travel, and nothing is believed of it.
func forwarded() []spoilt {
	return []spoilt{
		{"a post signed by another actor of that server", 202, "", func(s *strangers) fedtest.Response {
			lie := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>honest</p>"})
			s.home.Remove(object(lie)) // ann never wrote it
			return s.post(lie, s.home, fedtest.SignAs{Actor: s.bob})
		}},
		{"a post signed by an actor of another server", 202, "", func(s *strangers) fedtest.Response {
			lie := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>honest</p>"})
			s.home.Remove(object(lie))
			return s.post(lie, s.other, fedtest.SignAs{Actor: s.eve})
		}},
		{"an unfollow signed by another actor of that server", 202, "", func(s *strangers) fedtest.Response {
			follow := s.ann.Follow(s.community.ID)
			return s.post(s.ann.Undo(follow, s.community), s.home, fedtest.SignAs{Actor: s.bob})
		}},
		{"an unfollow signed by an actor of another server", 202, "", func(s *strangers) fedtest.Response {
			follow := s.ann.Follow(s.community.ID)
			return s.post(s.ann.Undo(follow, s.community), s.other, fedtest.SignAs{Actor: s.eve})
		}},
		{"the end of an account never heard of", 202, "", func(s *strangers) fedtest.Response {
			return s.post(s.zoe.DeleteSelf(), s.home, fedtest.SignAs{})
		}},
		{"a repeat", 202, "", func(s *strangers) fedtest.Response {
			var raw []byte
			if err := s.db.Pool().QueryRow(s.ctx, `select body from received where actor = $1 and type = 'Create' limit 1`, s.ann.ID).Scan(&raw); err != nil {
				s.t.Fatal(err)
			}
			return s.post(raw, s.home, fedtest.SignAs{Actor: s.ann})
		}},
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := meet(t)
	s.send(s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>to be repeated</p>"}), s.home)
	s.settle()
	for _, list := range [][]spoilt{unsignedInSomeWay(), malformed(), wrongTypes(), forwarded()} {
		for _, r := range list {
			t.Run(r.name, func(t *testing.T) {
				s.t = t
				before := s.snapshot()
				answer := r.send(s)
				checkAnswer(t, answer, r.status, r.reason)
				s.settle()
				s.unchanged(before)
			})
		}
	}
}

func TestRefuseRepeats(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	s.send(create, s.home)
	s.settle()
	before := s.snapshot()
	for range 3 {
		checkAnswer(t, s.post(create, s.home, fedtest.SignAs{}), 202, "")
	}
	s.settle()
	s.unchanged(before)
}

// checkAnswer holds an answer to what every inbox answer must be: JSON with a
// reason, or nothing.
func checkAnswer(t *testing.T, r fedtest.Response, status int, reason string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if status == http.StatusAccepted {
		if len(r.Body) != 0 {
			t.Errorf("body %q, want none", r.Body)
		}
		return
	}
	var said struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(r.Body, &said); err != nil || said.Error == "" || said.Reason != reason {
		t.Errorf("body %q, want JSON with reason %q (%v)", r.Body, reason, err)
	}
	if kind := r.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %q", kind)
	}
	if again := r.Header.Get("Retry-After"); (status == 429 || status == 503) != (again != "") {
		t.Errorf("Retry-After %q with status %d", again, status)
	}
}

func TestRefuseBlockedHosts(t *testing.T) {
	t.Parallel()
	s := meet(t)
	sub := peer(t, fedtest.Options{Host: "deep.other.localhost"})
	host, _, _ := strings.Cut(s.other.Host(), ":")
	err := s.db.InTx(s.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.SaveServerRules(ctx, forum.ListBlocked, []forum.ServerRule{{Host: host, At: time.Now()}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before := s.snapshot()
	create := func(a *fedtest.Actor) fedtest.Doc {
		return a.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	}
	checkAnswer(t, s.post(create(s.eve), s.other, fedtest.SignAs{}), 403, "blocked")
	checkAnswer(t, s.post(create(sub.Person("kim")), sub, fedtest.SignAs{}), 403, "blocked")
	// Somebody else's words, brought by a blocked server.
	checkAnswer(t, s.post(create(s.ann), s.other, fedtest.SignAs{Actor: s.eve}), 403, "blocked")
	s.settle()
	s.unchanged(before)
	if got := len(sub.Fetched()); got != 0 {
		t.Errorf("asked a blocked server %d times", got)
	}
}

func TestRefuseTwoMebibytesWithoutALength(t *testing.T) {
	t.Parallel()
	s := meet(t)
	before := s.snapshot()
	long := fmt.Sprintf(`{"id":%q,"type":"Like","actor":%q,"content":%q}`, s.home.URL("/x/2"), s.ann.ID, strings.Repeat("a", 2<<20))
	r, err := s.home.Request(s.ctx, s.inbox(), []byte(long), fedtest.SignAs{Actor: s.ann})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength, r.Body = -1, io.NopCloser(struct{ io.Reader }{bytes.NewReader([]byte(long))})
	answer, err := s.home.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, answer, 413, "too-large")
	s.unchanged(before)
}

func TestRefuseSlowBody(t *testing.T) {
	t.Parallel()
	n := still(t, func(o *Options) { o.ReadTimeout = 100 * time.Millisecond })
	before := n.snapshot()
	host := strings.TrimPrefix(n.url, "http://")
	_, port, _ := net.SplitHostPort(host)
	conn, err := new(net.Dialer).DialContext(n.ctx, "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /inbox HTTP/1.1\r\nHost: %s\r\nContent-Type: application/activity+json\r\nSignature: x\r\nContent-Length: 100\r\n\r\n{\"id\":", host)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn) // the server closes: what comes after is not another request
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") || !strings.Contains(string(answer), `"reason":"slow-body"`) {
		t.Errorf("answer %q", answer)
	}
	n.unchanged(before)
}

// Whoever signs with a key that is not known is answered before it is fetched;
// the fetch then shows what the signature is worth.
func TestRefuseUnknownKeyThatProvesWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		send         func(s *strangers) (fedtest.Doc, fedtest.Response)
	}{
		{"another key than its owner lists", "wrong-signature", func(s *strangers) (fedtest.Doc, fedtest.Response) {
			a := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
			return a, s.post(a, s.home, fedtest.SignAs{Key: keys.RSA("mallory")})
		}},
		{"another actor's", "signed by", func(s *strangers) (fedtest.Doc, fedtest.Response) {
			a := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
			s.home.Remove(object(a))
			return a, s.post(a, s.home, fedtest.SignAs{Actor: s.zoe})
		}},
		{"nobody's", "not-found", func(s *strangers) (fedtest.Doc, fedtest.Response) {
			a := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
			return a, s.post(a, s.home, fedtest.SignAs{KeyID: s.home.URL("/users/nobody#main-key"), Key: keys.RSA("mallory")})
		}},
		{"a key document that names a victim", "key-mismatch", func(s *strangers) (fedtest.Doc, fedtest.Response) {
			keyID := s.other.URL("/files/key")
			mallory := s.other.Person("mallory")
			document := maps.Clone(mallory.Document()["publicKey"].(fedtest.Doc))
			document["id"], document["owner"] = keyID, s.zoe.ID
			s.other.Put(keyID, document)
			a := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
			return a, s.post(a, s.home, fedtest.SignAs{KeyID: keyID, Key: mallory.Key()})
		}},
		{"a redirect to a private address", "forbidden-address", func(s *strangers) (fedtest.Doc, fedtest.Response) {
			s.home.Redirect("/users/zoe", "http://169.254.169.254/latest/meta-data")
			a := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
			return a, s.post(a, s.home, fedtest.SignAs{})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := meet(t)
			before := s.snapshot("received", "person", "actor_key")
			activity, answer := c.send(s)
			checkAnswer(t, answer, 202, "")
			s.settle()
			s.refused(activity, c.reason)
			s.unchanged(before)
			s.want(0, `select count(*) from received where request is not null`)
		})
	}
}

// A real node asks nothing of loopback addresses, whatever a signature names.
func TestRefuseKeyOnLoopback(t *testing.T) {
	t.Parallel()
	p := peer(t, fedtest.Options{})
	n := start(t, func(o *Options) { o.Dev = false; o.Client = production(t) })
	_, port, _ := net.SplitHostPort(p.Host())
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "2130706433"} {
		at := "https://" + host + ":" + port
		a := fedtest.Doc{"id": at + "/1", "type": "Like", "actor": at + "/users/ann", "object": n.url + "/post/1"}
		r := n.post(a, p, fedtest.SignAs{Key: keys.RSA("mallory"), KeyID: at + "/users/ann#main-key"})
		checkAnswer(t, r, 202, "")
		n.settle()
		n.refused(a, "bad-url")
	}
	if got := len(p.Fetched()); got != 0 {
		t.Errorf("%d requests reached loopback", got)
	}
	plain := fedtest.Doc{"id": p.URL("/1"), "type": "Like", "actor": p.URL("/users/ann"), "object": n.url + "/post/1"}
	checkAnswer(t, n.post(plain, p, fedtest.SignAs{Key: keys.RSA("mallory"), KeyID: p.URL("/users/ann#main-key")}), 400, "bad-id")
}

func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s := meet(t)
	asked := len(s.home.Fetched())
	s.ann.Rekey(keys.RSA("ann's second key"))
	first := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	checkAnswer(t, s.post(first, s.home, fedtest.SignAs{}), 401, "wrong-signature")
	if got := len(s.home.Fetched()); got != asked {
		t.Error("a key checked a moment ago was fetched again")
	}
	s.ahead.Add(int64(11 * time.Minute))
	second := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	s.send(second, s.home)
	s.settle()
	s.applied(second)
	s.want(1, `select count(*) from post where uri = $1`, object(second))
	s.send(first, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1`, object(first))
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:4711": "192.0.2.0/24", "[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64", "[::ffff:192.0.2.7]:80": "192.0.2.0/24",
		"192.0.2.7": "192.0.2.0/24", "@": "unknown", "\xff": "unknown",
	} {
		if got := network(remote, 64); got != want {
			t.Errorf("network(%q) = %q, want %q", remote, got, want)
		}
	}
}

// What the log has of a request is less than what the budget of its network goes by.
func TestLogHasNoHousehold(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	in := &Inbox{o: Options{Source: func(string, []string) string { return "2001:db8:1:2:3::4" }}}
	in.o.Log = slog.New(slog.NewTextHandler(&text, nil))
	r := httptest.NewRequest(http.MethodPost, "/inbox", http.NoBody)
	in.tell(r, answer{status: http.StatusAccepted})
	if got := text.String(); !strings.Contains(got, "from=2001:db8:1::/48") || in.source(r) != "2001:db8:1:2::/64" {
		t.Errorf("%s, and for the budget %s", got, in.source(r))
	}
}

func TestAwayIs503(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	p := peer(t, fedtest.Options{})
	create := p.Person("ann").Create(fedtest.Post{HTML: "<p>x</p>"})
	n.db.Close()
	checkAnswer(t, n.post(create, p, fedtest.SignAs{}), 503, "storage")
}

// What is answered 202 is in Postgres: a failing commit is no acknowledgement.
func TestUnwritableIs503(t *testing.T) {
	t.Parallel()
	s := meet(t)
	if _, err := s.db.Pool().Exec(s.ctx, `create function no_memory() returns trigger language plpgsql as
		$$ begin raise exception 'no memory' using errcode = '53200'; end $$`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Pool().Exec(s.ctx, `create trigger no_memory before insert on received for each row execute function no_memory()`); err != nil {
		t.Fatal(err)
	}
	before := s.snapshot()
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	checkAnswer(t, s.post(create, s.home, fedtest.SignAs{}), 503, "storage")
	s.unchanged(before)
	if _, err := s.db.Pool().Exec(s.ctx, `drop trigger no_memory on received`); err != nil {
		t.Fatal(err)
	}
	s.send(create, s.home)
	s.settle()
	s.applied(create)
}

func TestStoppingIs503(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	c := newCommitter(n.db)
	ctx, stop := context.WithCancel(n.ctx)
	stop()
	c.run(ctx)
	err := c.keep(n.ctx, storage.Arrival{Verified: true})
	if a := n.in.unavailable(err); a.status != 503 {
		t.Errorf("%v is %d", err, a.status)
	}
}

// Only a database that is away is worth a second try; what it refuses to store
// would be refused for ever.
func TestWhatIs503(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	_, refusedConnection := pgx.Connect(n.ctx, "postgres://127.0.0.1:1/none?connect_timeout=5")
	for err, want := range map[error]int{
		refusedConnection:                503,
		&pgconn.PgError{Code: "57P01"}:   503, // terminated by the administrator
		&pgconn.PgError{Code: "57P03"}:   503, // starting up
		&pgconn.PgError{Code: "53300"}:   503, // too many connections
		&pgconn.PgError{Code: "53100"}:   503, // disk full
		io.ErrUnexpectedEOF:              503,
		context.DeadlineExceeded:         503,
		&pgconn.PgError{Code: "23505"}:   500,
		&pgconn.PgError{Code: "22021"}:   400, // bytes that are no text
		&pgconn.PgError{Code: "22P05"}:   400, // a character that cannot be kept
		errors.New("cannot encode that"): 500,
		&url.Error{Op: "Get", Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}: 500, // another server is away
		forum.Refuse(forum.Invalid, "x", "x"):                                            500,
	} {
		if a := n.in.unavailable(fmt.Errorf("storage.Receive: %w", err)); a.status != want {
			t.Errorf("%v is %d, want %d", err, a.status, want)
		}
	}
}

// What other software says and nothing here is done by is taken in without an error, kept
// with the reason, and changes nothing: lists of communities of Lemmy and PieFed, of which
// what they have is read again by itself; answers that PeerTube approves or refuses, which
// are its own to show; and threads of Hubzilla and streams that are kept as containers.
func TestWhatNobodyHereUnderstands(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.PieFed)
	post := b.posts(b.eve, "One")
	reply := b.replies(b.eve, post, "below")
	feed := b.p.URL("/f/reading")
	all := func() string {
		return b.text(`select concat_ws(' ', (select count(*) from post), (select count(*) from comment), (select count(*) from community), (select count(*) from person), (select count(*) from moderation),
			(select count(*) from moderator), (select count(*) from log), (select count(*) from follow), (select string_agg(uri || state || html || locked || coalesce(pinned_at::text, ''), ' ' order by id) from post))`)
	}
	before, n := all(), 0
	for _, x := range []struct {
		what, reason string
		says         fedtest.Doc
	}{
		{"a Feed gets a community", "not understood: Add", fedtest.Doc{"type": "Add", "object": fedtest.Doc{"type": "Group", "id": b.c.ID}, "target": fedtest.Doc{"type": "Collection", "id": feed + "/following"}}},
		{"a Feed loses one", "not understood: Remove", fedtest.Doc{"type": "Remove", "object": b.c.ID, "target": feed + "/following"}},
		{"a Feed is another", "a profile of somebody else", fedtest.Doc{"type": "Update", "object": fedtest.Doc{"type": "Feed", "id": feed, "preferredUsername": "reading", "following": feed + "/following", "inbox": b.p.URL("/inbox")}}},
		{"an answer is approved", "not understood: ApproveReply", fedtest.Doc{"type": "ApproveReply", "object": reply, "inReplyTo": post}},
		{"an answer is refused", "not understood: RejectReply", fedtest.Doc{"type": "RejectReply", "object": reply, "inReplyTo": post}},
		{"a container gets an answer", "not understood: Add", fedtest.Doc{"type": "Add", "target": fedtest.Doc{"type": "Collection", "id": b.p.URL("/conversation/1"), "attributedTo": b.eve.ID},
			"object": fedtest.Doc{"type": "Create", "id": b.p.URL("/create/9"), "actor": b.mod.ID, "object": fedtest.Doc{"type": "Note", "id": b.p.URL("/note/9"), "attributedTo": b.mod.ID, "content": "<p>In it.</p>", "inReplyTo": post, "to": []any{fedtest.Public}}}}},
		{"a container loses one", "not understood: Remove", fedtest.Doc{"type": "Remove", "object": reply, "target": b.p.URL("/conversation/1")}},
	} {
		n++
		d := with(x.says, "@context", "https://www.w3.org/ns/activitystreams", "id", b.p.URL(fmt.Sprint("/unknown/", n)), "actor", b.eve.ID, "to", []any{fedtest.Public}, "cc", []any{b.c.ID})
		b.send(d, b.p) // and is answered 202
		b.settle()
		if have := b.text(`select coalesce(max(reason), '') from received where activity = $1`, d["id"]); have != x.reason {
			t.Errorf("%s: %q, want %q", x.what, have, x.reason)
		}
		if after := all(); after != before {
			t.Errorf("%s: changes something\n%s\n%s", x.what, before, after)
		}
	}
}
