package inbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/storage"
)

func TestBudgetOfAStranger(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	p := peer(t, fedtest.Options{})
	like := func(i int) fedtest.Doc {
		return p.Person(fmt.Sprintf("p%d", i)).Like(n.url+"/post/1", fedtest.Community{})
	}
	key := keys.RSA("mallory") // nobody looks at it here
	for i := range perPair {
		checkAnswer(t, n.post(like(i), p, fedtest.SignAs{Key: key}), 202, "")
	}
	before := n.snapshot()
	checkAnswer(t, n.post(like(perPair), p, fedtest.SignAs{Key: key}), 429, "budget")
	n.unchanged(before)
	n.ahead.Add(int64(61 * time.Second))
	checkAnswer(t, n.post(like(perPair), p, fedtest.SignAs{Key: key}), 202, "")
}

// bySource lets a test say where a request comes from.
func bySource(o *Options) {
	o.Source = func(_ string, forwarded []string) string { return forwarded[0] }
}

func from(source string) fedtest.SignAs {
	return fedtest.SignAs{Tamper: header("X-Forwarded-For", source)}
}

// However much is sent under a server's name from elsewhere, its newcomers are
// let in: at the door everybody pays for oneself.
func TestNobodyUsesUpTheBudgetOfAnother(t *testing.T) {
	t.Parallel()
	n := still(t, bySource)
	victim, key := peer(t, fedtest.Options{}), keys.RSA("mallory")
	send := func(who, source string) fedtest.Response {
		d := fedtest.Doc{"id": victim.URL("/likes/" + who), "type": "Like", "actor": victim.URL("/users/" + who), "object": n.url + "/post/1"}
		as := from(source)
		as.Key, as.KeyID = key, victim.URL("/users/"+who+"#main-key")
		return n.post(d, victim, as)
	}
	for i := range perDomain + 1 {
		checkAnswer(t, send(fmt.Sprintf("x%d", i), fmt.Sprintf("203.0.%d.9", i/perPair)), 202, "")
	}
	checkAnswer(t, send("zoe", "198.51.100.7"), 202, "")
}

// What a domain has is spent where its keys are fetched: the rest waits, and none
// of that counts as a try.
func TestBudgetOfADomain(t *testing.T) {
	t.Parallel()
	s := meet(t)
	domain := registrable(s.home.URL(""))
	for s.in.budgets.domains.spend(domain) {
		continue
	}
	asked := len(s.home.Fetched())
	follow := s.zoe.Follow(s.community.ID)
	s.send(follow, s.home)
	row := storage.Received{Actor: s.zoe.ID, Domain: domain}
	err := s.db.Pool().QueryRow(s.ctx, `update received set tries = 4 where state = 0 returning id, at, body, request, tries`).
		Scan(&row.ID, &row.At, &row.Body, &row.Request, &row.Tries)
	if err != nil {
		t.Fatal(err)
	}
	row.Tries++ // as leased
	s.in.verifyRows(s.ctx, []storage.Received{row})
	s.want(1, `select count(*) from received where state = 0 and tries = 3 and next_at > now()`)
	if got := len(s.home.Fetched()); got != asked {
		t.Error("a key was fetched beyond the budget")
	}
	s.send(s.other.Person("kim").Follow(s.community.ID), s.other) // who is elsewhere pays nothing
	s.until(4, `select count(*) from follow where state = 2`)
	s.ahead.Add(int64(61 * time.Second))
	if _, err := s.db.Pool().Exec(s.ctx, `update received set next_at = now() where state = 0`); err != nil {
		t.Fatal(err)
	}
	s.settle()
	s.applied(follow)
}

func TestBudgetOfBytes(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	now := time.Now()
	b := newBudgets(n.db, func() time.Time { return now }, false)
	for i := range maxPending / sourceRoom {
		if !b.room(n.ctx, fmt.Sprint(i), sourceRoom) {
			t.Fatalf("no room for source %d", i)
		}
	}
	if b.room(n.ctx, "another", 1) {
		t.Error("the bytes kept unverified are not counted")
	}
	now = now.Add(lookEvery + time.Second) // and nothing was kept
	if !b.room(n.ctx, "another", 1) {
		t.Error("the bytes are not counted anew")
	}
}

// What one network has pending is bounded, in bytes and in rows.
func TestRoomOfASource(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	b := newBudgets(n.db, time.Now, false)
	if !b.room(n.ctx, "a", sourceRoom) || b.room(n.ctx, "a", 1) {
		t.Error("the bytes of a source are not counted")
	}
	for range sourceRows {
		if !b.room(n.ctx, "b", 1) {
			t.Fatal("refused too early")
		}
	}
	if b.room(n.ctx, "b", 1) {
		t.Error("the rows of a source are not counted")
	}
	if !b.room(n.ctx, "c", 1) {
		t.Error("a second source pays for the first")
	}
	_, err := n.db.Pool().Exec(n.ctx, `insert into received (state, host, source, actor, activity, family, shard, key, body)
		select 0, 'h', 'd', 'a', i::text, 3, 1, 1, '' from generate_series(1, $1) i`, sourceRows)
	if err != nil {
		t.Fatal(err)
	}
	b.looked = time.Time{}
	if b.room(n.ctx, "d", 1) {
		t.Error("the rows in the database are not counted")
	}
}

// Where all names that can be remembered are, those go on as before.
func TestTooManyNames(t *testing.T) {
	t.Parallel()
	a := allowance{clock: time.Now, limit: 2}
	for i := range maxBuckets {
		if !a.spend(fmt.Sprint(i)) {
			t.Fatal("refused too early")
		}
	}
	if a.spend("new") {
		t.Error("more names are remembered than there is room for")
	}
	if !a.spend("7") || a.spend("7") {
		t.Error("a name that is known pays for the others")
	}
}

func TestRegistrable(t *testing.T) {
	t.Parallel()
	for iri, want := range map[string]string{
		"https://a.b.example.co.uk/u": "example.co.uk", "https://example.org:8443/u": "example.org", "acct:ann@x.example.org": "example.org",
		"http://192.0.2.7:80/u": "192.0.2.0/24", "https://[2001:db8::1]/u": "2001:db8::/64", "https://localhost/u": "localhost",
	} {
		if got := registrable(iri); got != want {
			t.Errorf("registrable(%q) = %q, want %q", iri, got, want)
		}
	}
}

// slowly makes answers of a tarpit take longer than any test.
func slowly(t *testing.T, o *Options) {
	o.Client = fetch.New(fetch.Options{BaseURL: o.BaseURL, Version: "test", Dev: true, Timeout: 2 * time.Minute})
	t.Cleanup(o.Client.Close)
}

// A server that never answers, or a network that names many of them, does not
// keep the keys of others from being fetched.
func TestKeysOfOthersAreFetchedMeanwhile(t *testing.T) {
	t.Parallel()
	n := start(t, func(o *Options) { slowly(t, o); bySource(o) })
	c := n.found("go")
	p, good := peer(t, fedtest.Options{}), peer(t, fedtest.Options{Name: "good"})
	key, tar := keys.RSA("mallory"), tarpit(t)
	port := tar[strings.LastIndex(tar, ":")+1:]
	send := func(host, who, source string) {
		at := "http://" + host + ":" + port
		d := fedtest.Doc{"id": at + "/like/" + who, "type": "Like", "actor": at + "/" + who, "object": n.url + "/post/1"}
		as := from(source)
		as.Key, as.KeyID = key, at+"/"+who+"#key"
		checkAnswer(t, n.post(d, p, as), 202, "")
	}
	for i := range verifyAtOnce + 1 {
		send("tarpit.localhost", fmt.Sprintf("a%d", i), "203.0.113.1") // one domain
	}
	for i := range verifyAtOnce + 1 {
		send(fmt.Sprintf("t%d.localhost", i), fmt.Sprintf("b%d", i), "198.51.100.1") // one source
	}
	n.until(verifyDomain+verifySource, `select count(*) from received where state = 0 and tries > 0`)
	checkAnswer(t, n.post(good.Person("zoe").Follow(c.ID), good, from("192.0.2.1")), 202, "")
	n.until(1, `select count(*) from follow where state = 2`)
	n.want(verifyDomain+verifySource, `select count(*) from received where state = 0 and tries > 0`)
}
