package inbox

import (
	"fmt"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/storage"
)

// Who is known may send much, but not all that fits through the wire; servers do
// not pay for each other.
func TestBudgetOfThoseWhoAreKnown(t *testing.T) {
	t.Parallel()
	s := meet(t)
	like := func(a *fedtest.Actor) fedtest.Doc { return a.Like(s.url+"/post/1", s.community) }
	s.in.budgets.rows.limit, s.in.budgets.bytes.limit = 5, 10_000
	checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 202, "")
	long := like(s.bob)
	long["pad"] = strings.Repeat("a", 9_900)
	checkAnswer(t, s.post(long, s.home, fedtest.SignAs{}), 429, "budget")
	checkAnswer(t, s.post(like(s.bob), s.home, fedtest.SignAs{}), 202, "")
	for range 2 { // what was refused counts as an activity too
		checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 202, "")
	}
	s.settle()
	before := s.snapshot()
	checkAnswer(t, s.post(like(s.ann), s.home, fedtest.SignAs{}), 429, "budget")
	s.unchanged(before)
	checkAnswer(t, s.post(like(s.eve), s.other, fedtest.SignAs{}), 202, "")
}

// Behind one act that waits, only so many queue up. What does not have to queue
// is taken from the same actor, and from everybody else.
func TestCrowdsAreBounded(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	tar := tarpit(t) + "/1"
	eves := storage.Arrival{Actor: s.eve.ID, About: tar}
	crowded := func(rows int) {
		t.Helper()
		_, err := s.db.Pool().Exec(s.ctx, `insert into received (state, host, actor, activity, family, shard, key, body, needs)
			select case i when 0 then 2 else 1 end, 'h', $1, 'x' || i, 3, 1, $2, '', case i when 0 then $3 else '' end from generate_series(0, $4) i`,
			s.eve.ID, eves.Key(), tar, rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.in.lookAtCrowds(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	crowded(crowdActor - 1)
	checkAnswer(t, s.post(s.eve.Like(tar, s.community), s.other, fedtest.SignAs{}), 202, "")
	if err := s.in.lookAtCrowds(s.ctx); err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, s.post(s.eve.Like(tar, s.community), s.other, fedtest.SignAs{}), 429, "budget")
	fine := s.eve.Like(root, s.community)
	checkAnswer(t, s.post(fine, s.other, fedtest.SignAs{}), 202, "")
	checkAnswer(t, s.post(s.ann.Like(tar, s.community), s.home, fedtest.SignAs{}), 202, "")
	s.until(1, `select count(*) from received where activity = $1 and state = 3`, fine["id"])

	if _, err := s.db.Pool().Exec(s.ctx, `delete from received where state in (1, 2)`); err != nil {
		t.Fatal(err)
	}
	if err := s.in.lookAtCrowds(s.ctx); err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, s.post(s.eve.Like(tar, s.community), s.other, fedtest.SignAs{}), 202, "")
}

// Recipients that were to stay hidden are not told of to a community's followers.
func TestHiddenRecipients(t *testing.T) {
	t.Parallel()
	s := meet(t)
	secret := []any{s.home.URL("/users/secret")}
	post := func(change func(create, o fedtest.Doc)) fedtest.Doc {
		return rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"}), change)
	}
	root := s.thread()
	like := s.ann.Like(root, s.community)
	like["bto"] = secret[0]
	for _, bad := range []fedtest.Doc{
		post(func(create, _ fedtest.Doc) { create["bcc"] = secret }),
		post(func(_, o fedtest.Doc) { o["bto"] = secret }),
		like,
	} {
		s.send(bad, s.home)
		s.settle()
		s.refused(bad, hiddenReason)
	}
	nobody := post(func(create, o fedtest.Doc) { create["bcc"], o["bto"] = []any{}, nil })
	s.send(nobody, s.home)
	s.settle()
	s.applied(nobody)

	// Fetched, it would be embedded in a Create of ours.
	o := post(func(_, o fedtest.Doc) { o["bcc"] = secret })["object"].(fedtest.Doc)
	s.home.Put(o["id"].(string), o)
	vote := s.eve.Like(o["id"].(string), s.community)
	s.send(vote, s.other)
	s.settle()
	s.refused(vote, hiddenReason)
	s.want(0, `select count(*) from log where log::text like '%' || encode('/users/secret', 'hex') || '%'`)

	if !hasHidden([]byte(`{"\u0062to":"x"}`)) || hasHidden([]byte(`{"content":"bto and bcc"}`)) {
		t.Error("hidden recipients are looked for in the wrong place")
	}
}

// A panic over one request sets that request aside.
func TestPanicsOverStrangersAreSetAside(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	p := peer(t, fedtest.Options{})
	like := p.Person("ann").Like(n.url+"/post/1", fedtest.Community{})
	n.send(like, p)
	rows, err := n.db.Unverified(n.ctx, storage.Lease{Rows: 1, Domains: map[string]int{registrable(p.URL("")): 1}, PerSource: 1})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	n.in.o.Client = nil // whatever uses it panics
	n.in.verifyRows(n.ctx, rows)
	n.want(1, `select count(*) from received where state = 5 and reason like 'panic: %'`)
	if _, err := n.in.Obtain(n.ctx, p.URL("/1"), ""); err == nil || stackOf(err) == "" {
		t.Errorf("%v, want a panic with its stack", err)
	}
}

// What brings several at once counts as several.
func TestBudgetOfBundles(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	s.in.budgets.rows.limit = 100
	said := 0
	bundle := func(votes int) fedtest.Doc {
		var parts []any
		for range votes {
			said++
			parts = append(parts, fedtest.Doc{"id": s.away.URL(fmt.Sprint("/l/", said)), "type": "Like", "actor": s.away.URL(fmt.Sprint("/users/p", said)), "object": id})
		}
		d := s.cats.Announce(id)
		d["object"] = parts
		return d
	}
	list := bundle(30)
	list["object"] = fedtest.Doc{"type": "OrderedCollection", "id": s.home.URL("/list"), "orderedItems": list["object"]}
	s.send(list, s.home)
	s.send(bundle(30), s.home)
	s.settle()
	over := bundle(60)
	s.send(over, s.home)
	s.settle()
	s.refused(over, "too much at once")
	s.score(id, 61, 0)
}
