package inbox

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// proving is a subscriber whose third server signs its documents, and of which eve
// is known here.
func proving(t *testing.T) *subscriber {
	t.Helper()
	s := subscribe(t)
	s.away = peer(t, fedtest.Options{Ed25519: true})
	s.eve = s.away.Person("eve")
	s.meet(s.eve)
	return s
}

// meet makes somebody known, as anything of theirs does that is read.
func (s *subscriber) meet(a *fedtest.Actor) {
	s.t.Helper()
	if reason, err := s.in.Meet(s.ctx, a.ID); reason != "" || err != nil {
		s.t.Fatal(reason, err)
	}
	a.Peer().Forget()
}

// unasked fails if a server was asked for anything.
func (s *subscriber) unasked(p *fedtest.Peer) {
	s.t.Helper()
	for _, r := range p.Fetched() {
		s.t.Errorf("%s was asked for %s\n%s", p.Host(), r.Target, s.verdicts())
	}
}

func TestKeysOfProofsAreKept(t *testing.T) {
	t.Parallel()
	s := proving(t)
	s.want(1, `select count(*) from actor_key where key_id = $1 and owner = $2 and proves and public_pem like '%PUBLIC KEY%'`, s.eve.Ed25519KeyID(), s.eve.ID)
	s.want(0, `select count(*) from actor_key where key_id = $1 and proves`, s.eve.KeyID)
	listed := s.eve.Document()["assertionMethod"].([]any)[0].(fedtest.Doc)
	mallory := s.away.Person("mallory")
	changed := func(change fedtest.Doc) fedtest.Doc {
		d := maps.Clone(listed)
		d["id"], d["controller"] = mallory.ID+"#second", mallory.ID
		maps.Copy(d, change)
		return d
	}
	for name, c := range map[string]struct {
		keys any
		want int
	}{
		"her own":           {[]any{changed(nil)}, 1},
		"one alone":         {changed(nil), 1},
		"of somebody else":  {[]any{changed(fedtest.Doc{"controller": s.eve.ID})}, 0},
		"named elsewhere":   {[]any{changed(fedtest.Doc{"id": "https://else.example/key"})}, 0},
		"that is eve's":     {[]any{changed(fedtest.Doc{"id": s.eve.Ed25519KeyID()})}, 0},
		"another type":      {[]any{changed(fedtest.Doc{"type": "JsonWebKey"})}, 0},
		"that expires":      {[]any{changed(fedtest.Doc{"expires": "2050-01-01T00:00:00Z"})}, 0},
		"unreadable":        {[]any{changed(fedtest.Doc{"publicKeyMultibase": "z6Mk"})}, 0},
		"by its name alone": {[]any{mallory.ID + "#second"}, 0},
		"none":              {nil, 0},
	} {
		mallory.Extra = fedtest.Doc{"assertionMethod": c.keys}
		s.meet(mallory)
		if have := s.number(`select count(*) from actor_key where owner = $1 and proves`, mallory.ID); have != c.want {
			t.Errorf("%s: %d keys, want %d", name, have, c.want)
		}
	}
	s.want(1, `select count(*) from actor_key where key_id = $1 and owner = $2 and proves`, s.eve.Ed25519KeyID(), s.eve.ID)
}

// What a community announces of a third server's people counts as if that server had
// sent it, if they signed it themselves.
func TestProvenAnnounces(t *testing.T) {
	t.Parallel()
	s := proving(t)
	create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
	announce := func(inner fedtest.Doc) {
		t.Helper()
		a := s.cats.Announce(inner)
		s.send(a, s.home)
		s.settle()
		s.applied(a)
		s.unasked(s.away)
	}
	whole := s.eve.Prove(create)
	a := s.cats.Announce(whole)
	a["object"] = whole // with its @context, which most leave where it is
	s.send(a, s.home)
	s.settle()
	s.unasked(s.away)
	s.want(1, `select count(*) from post p join community c on c.id = p.community_id where p.uri = $1 and c.uri = $2 and html like '%What I wrote%'`, object(create), s.cats.ID)
	reply := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>And this.</p>", InReplyTo: object(create)})
	announce(s.eve.Prove(reply))
	s.want(1, `select comments from post`)
	update := s.eve.Update(create["object"].(fedtest.Doc), s.there, func(o fedtest.Doc) { o["content"] = "<p>What I meant.</p>" })
	announce(s.eve.Prove(update))
	s.want(1, `select count(*) from post where html like '%What I meant%'`)
	s.want(0, `select count(*) from unconfirmed`)
	bundle := s.cats.Announce(object(create))
	second := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>a &lt; b &amp; c</p>", InReplyTo: object(create)})
	bundle["object"] = []any{s.eve.Prove(second), s.eve.Prove(s.eve.Like(object(create), s.there))}
	s.send(bundle, s.home)
	s.settle()
	s.want(2, `select comments from post`)
	announce(s.eve.Prove(s.eve.Delete(object(reply), s.there)))
	s.want(1, `select comments from post`)
}

// A proof that is wrong in whatever way counts as none: what it is in is read where it
// was written.
func TestWrongProofsCountAsNone(t *testing.T) {
	t.Parallel()
	s := proving(t)
	mallory := s.away.Person("mallory")
	s.meet(mallory)
	stranger := peer(t, fedtest.Options{Ed25519: true}).Person("sam")
	s.meet(stranger)
	in := func(path string, value any) func(fedtest.Doc) {
		return func(d fedtest.Doc) {
			names := strings.Split(path, ".")
			for _, name := range names[:len(names)-1] {
				d = d[name].(fedtest.Doc)
			}
			d[names[len(names)-1]] = value
		}
	}
	cases := map[string]func(fedtest.Doc){
		"words":       in("object.content", "<p>What the community would like.</p>"),
		"title":       in("object.name", "A title"),
		"answer":      in("object.inReplyTo", s.page()),
		"address":     in("to", []any{s.cats.ID}),
		"time":        in("published", "2020-01-01T00:00:00Z"),
		"id":          in("id", s.away.URL("/other")),
		"purpose":     in("proof.proofPurpose", "authentication"),
		"created":     in("proof.created", "2020-01-01T00:00:00Z"),
		"expired":     in("proof.expires", "2020-01-01T00:00:00Z"),
		"ahead":       in("proof.created", "2090-01-01T00:00:00Z"),
		"context":     in("@context", []any{"https://www.w3.org/ns/activitystreams", fedtest.Doc{"content": "x:y"}}),
		"unknown key": in("proof.verificationMethod", s.eve.ID+"#third"),
		"RSA key":     in("proof.verificationMethod", s.eve.KeyID),
		"several":     func(d fedtest.Doc) { d["proof"] = []any{d["proof"], d["proof"]} },
		"no proof":    func(d fedtest.Doc) { delete(d, "proof") },
		"of another activity": func(d fedtest.Doc) {
			d["proof"] = s.eve.Prove(s.eve.Like("https://a.example/1", s.there))["proof"]
		},
		"by a neighbour": func(d fedtest.Doc) { delete(d, "proof"); maps.Copy(d, mallory.Prove(d)) },
		"by a stranger":  func(d fedtest.Doc) { delete(d, "proof"); maps.Copy(d, stranger.Prove(d)) },
	}
	for name, spoil := range cases {
		create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
		proven := s.eve.Prove(create)
		spoil(proven)
		s.away.Forget()
		a := s.cats.Announce(proven)
		a["object"] = proven // whose @context it keeps
		s.send(a, s.home)
		s.settle()
		if !asked(s.away, object(create)) {
			t.Errorf("%s: the object was not read where it was written\n%s", name, s.verdicts())
		}
		if html := s.text(`select html from post where uri = $1`, object(create)); !strings.Contains(html, "What I wrote") {
			t.Errorf("%s: %q", name, html)
		}
	}
}

// Somebody who proves what is not theirs proves nothing.
func TestProofsAreOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := proving(t)
	mallory := s.away.Person("mallory")
	s.meet(mallory)
	create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
	theirs := maps.Clone(create)
	theirs["actor"], theirs["id"] = mallory.ID, mallory.ID+"#create"
	a := s.cats.Announce(mallory.Prove(theirs))
	s.send(a, s.home)
	s.settle()
	s.refused(a, "an object of somebody else")
	s.want(0, `select count(*) from post where uri = $1`, object(create))
}

func TestProvenAnnouncesOfBlockedServers(t *testing.T) {
	t.Parallel()
	s := proving(t)
	host, _, _ := strings.Cut(s.away.Host(), ":")
	err := s.db.InTx(s.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.SaveServerRules(ctx, forum.ListBlocked, []forum.ServerRule{{Host: host, At: time.Now()}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	create := s.eve.Prove(s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>"}))
	a := s.cats.Announce(create)
	s.send(a, s.home)
	s.settle()
	s.refused(a, "blocked")
	if r := s.post(create, s.home, fedtest.SignAs{Actor: s.ann}); r.Status != 403 {
		t.Errorf("forwarded: answered %d, want 403", r.Status)
	}
	s.want(0, `select count(*) from post`)
	s.unasked(s.away)
}

// What somebody signed once has no effect whenever a community finds it again: it
// counts from when it was signed.
func TestOldProofsAreOld(t *testing.T) {
	t.Parallel()
	s := proving(t)
	create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>first</p>"})
	o := create["object"].(fedtest.Doc)
	// Without a time of its own, as some software sends it.
	timeless := func(words string, ago time.Duration) fedtest.Doc {
		d := s.eve.Update(o, s.there, func(o fedtest.Doc) { o["content"] = words; delete(o, "updated") })
		delete(d, "published")
		return s.eve.ProveAt(d, time.Now().Add(-ago))
	}
	old, young := timeless("<p>second</p>", 2*time.Hour), timeless("<p>third</p>", time.Hour)
	for _, d := range []fedtest.Doc{s.eve.Prove(create), young, old} {
		s.send(s.cats.Announce(d), s.home)
		s.settle()
	}
	if html := s.text(`select html from post where uri = $1`, object(create)); !strings.Contains(html, "third") {
		t.Errorf("html %q\n%s", html, s.verdicts())
	}
}

// What was signed long ago is asked for where it was written, since it may be deleted.
func TestProofsAreNotKeptForLater(t *testing.T) {
	t.Parallel()
	s := proving(t)
	for ago, want := range map[time.Duration]bool{23 * time.Hour: false, 25 * time.Hour: true} {
		create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
		s.send(s.cats.Announce(s.eve.ProveAt(create, time.Now().Add(-ago))), s.home)
		s.settle()
		if have := asked(s.away, object(create)); have != want {
			t.Errorf("signed %v ago: asked %v, want %v\n%s", ago, have, want, s.verdicts())
		}
	}
}

// What somebody else passes on counts if its actor signed it within the hour; else it
// is a hint, as ever.
func TestForwardedProofs(t *testing.T) {
	t.Parallel()
	s := proving(t)
	gardens := s.found("gardens")
	forward := func(d fedtest.Doc) {
		t.Helper()
		if r := s.post(d, s.home, fedtest.SignAs{Actor: s.ann}); r.Status != 202 {
			t.Fatalf("answered %d %s", r.Status, r.Body)
		}
		s.settle()
	}
	create := s.eve.Create(fedtest.Post{Community: gardens, HTML: "<p>What I wrote.</p>"})
	proven := s.eve.Prove(create)
	forward(proven) // ann's key is not known yet
	s.want(1, `select count(*) from post where uri = $1 and html like '%What I wrote%'`, object(create))
	like := s.eve.Prove(s.eve.Dislike(object(create), gardens))
	forward(like)
	s.score(object(create), 0, 1)
	s.unasked(s.away)
	forward(like)
	s.want(1, `select count(*) from received where activity = $1 and state = 3`, like["id"])
	lie := maps.Clone(proven)
	lie["object"] = fedtest.Doc{"id": s.away.URL("/lie"), "type": "Note", "attributedTo": s.eve.ID, "to": []any{fedtest.Public, gardens.ID}, "content": "lie"}
	lie["id"] = s.away.URL("/lie/activity")
	forward(lie)
	old := s.eve.Create(fedtest.Post{Community: gardens, HTML: "<p>old</p>"})
	forward(s.eve.ProveAt(old, time.Now().Add(-3*time.Hour)))
	if !asked(s.away, s.away.URL("/lie")) || !asked(s.away, object(old)) {
		t.Errorf("what is not proven was not looked at\n%s", s.verdicts())
	}
	s.want(1, `select count(*) from post where uri = $1`, object(old))
	s.want(2, `select count(*) from post`)
}

// The key of proofs signs requests as well, whether or not it was known before.
func TestRequestsSignedWithTheKeyOfProofs(t *testing.T) {
	t.Parallel()
	s := proving(t)
	gardens := s.found("gardens")
	kim := s.away.Person("kim")
	for _, a := range []*fedtest.Actor{s.eve, kim} { // kim is not known here
		a.Extra = fedtest.Doc{"publicKey": fedtest.Doc{"id": a.KeyID, "owner": a.ID, "publicKeyPem": a.Document()["publicKey"].([]any)[0].(fedtest.Doc)["publicKeyPem"]}}
		create := a.Create(fedtest.Post{Community: gardens, HTML: "<p>x</p>"})
		if r := s.post(create, s.away, fedtest.SignAs{Style: fedtest.AsRFC9421Ed25519}); r.Status != 202 {
			t.Fatalf("answered %d %s", r.Status, r.Body)
		}
		s.settle()
		s.applied(create)
	}
	s.want(1, `select count(*) from actor_key where owner = $1 and proves`, kim.ID)
}
