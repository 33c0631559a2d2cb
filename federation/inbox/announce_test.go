package inbox

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// subscriber is a node with somebody who follows a community elsewhere.
type subscriber struct {
	*node
	me    forum.Person
	home  *fedtest.Peer  // of the community
	cats  *fedtest.Actor // followed
	there fedtest.Community
	ann   *fedtest.Actor // of the community's server
	away  *fedtest.Peer
	eve   *fedtest.Actor // of another
}

func subscribe(t *testing.T) *subscriber {
	t.Helper()
	n := start(t, nil)
	s := &subscriber{node: n, me: n.join("me"), home: peer(t, fedtest.Options{Software: fedtest.Lemmy}), away: peer(t, fedtest.Options{})}
	s.cats, s.ann, s.eve = s.home.Group("cats"), s.home.Person("ann"), s.away.Person("eve")
	s.there = fedtest.Community{ID: s.cats.ID, Followers: s.cats.Followers, Handle: s.cats.Handle()}
	s.send(s.cats.Accept(s.follows(s.me, s.cats)), s.home)
	s.settle()
	s.want(1, `select count(*) from follow where state = 2`)
	return s
}

// page announces a post of ann's and returns its id.
func (s *subscriber) page() string {
	s.t.Helper()
	create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
	s.send(s.cats.Announce(create), s.home)
	s.settle()
	s.want(1, `select count(*) from post p join community c on c.id = p.community_id where p.uri = $1 and c.uri = $2`, object(create), s.cats.ID)
	return object(create)
}

// asked says whether a peer was asked for an address.
func asked(p *fedtest.Peer, iri string) bool {
	for _, r := range p.Fetched() {
		if p.URL(r.Target) == iri {
			return true
		}
	}
	return false
}

func TestAnnouncedPostOfTheSameServer(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	if asked(s.home, id) {
		t.Error("what the community's own server said was fetched")
	}
	s.want(0, `select count(*) from log where verb = 'submit'`) // it is theirs to announce
}

func TestAnnouncedPostOfAnotherServer(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	create := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>What I wrote.</p>"})
	lie := maps.Clone(create)
	o := maps.Clone(create["object"].(fedtest.Doc))
	o["content"] = "<p>What the community would like her to have written.</p>"
	lie["object"] = o
	s.send(s.cats.Announce(lie), s.home)
	s.settle()
	if !asked(s.away, object(create)) {
		t.Error("the words of somebody elsewhere were not fetched where they were written")
	}
	if html := s.text(`select html from post where uri = $1`, object(create)); !strings.Contains(html, "What I wrote") {
		t.Errorf("html %q\n%s", html, s.verdicts())
	}
	s.want(1, `select count(*) from post p join community c on c.id = p.community_id where c.uri = $1`, s.cats.ID)
}

func TestAnnouncedAnswers(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	reply := s.ann.Create(fedtest.Post{Community: s.there, HTML: "<p>one</p>", InReplyTo: id})
	second := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>two</p>", InReplyTo: object(reply)})
	s.send(s.cats.Announce(second), s.home) // the order is theirs
	s.send(s.cats.Announce(reply), s.home)
	s.settle()
	s.want(2, `select comments from post`)
	s.want(2, `select max(depth) from comment`)
}

func TestAnnouncedVotes(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	up, down := s.eve.Like(id, s.there), s.home.Person("bob").Dislike(id, s.there)
	s.send(s.cats.Announce(up), s.home)
	s.send(s.cats.Announce(down), s.home)
	s.settle()
	s.score(id, 2, 1)
	s.send(s.cats.Announce(s.eve.Undo(up, s.there)), s.home)
	s.settle()
	s.score(id, 1, 1)
}

// A vote without a time counts from when its community counted it.
func TestAnnouncedVotesTakeTheTimeOfTheirAnnounce(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	at := func(vote fedtest.Doc, ago time.Duration) fedtest.Doc {
		a := s.cats.Announce(vote)
		a["published"] = time.Now().Add(-ago).UTC().Format(time.RFC3339Nano)
		return a
	}
	up, down := s.eve.Like(id, s.there), s.eve.Dislike(id, s.there)
	s.send(at(down, time.Minute), s.home)
	s.settle()
	s.send(at(up, time.Hour), s.home)
	s.settle()
	s.score(id, 1, 1)
}

// What a community tells microblogs of a post is the post: whichever of the two
// comes second finds it known. Lemmy gives the object an actor, and NodeBB sends
// both at once.
func TestBoostsAreTheirPosts(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	told := func(a fedtest.Doc, says string) {
		t.Helper()
		s.send(a, s.home)
		s.settle()
		s.want(1, `select count(*) from received where activity = $1 and state = 3 and reason = $2`, a["id"], says)
	}
	told(s.cats.Announce(s.page()), "known already")
	create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Tails", HTML: "<p>x</p>"})
	embedded := maps.Clone(create["object"].(fedtest.Doc))
	embedded["actor"] = s.ann.ID
	told(s.cats.Announce(embedded), "")
	told(s.cats.Announce(create), "known already")
	named := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>y</p>"})
	told(s.cats.Announce(object(named)), "known already") // once it was fetched
	told(s.cats.Announce(named), "known already")
	s.want(3, `select count(*) from post`)
	s.want(3, `select count(*) from vote`)
	if asked(s.home, object(create)) {
		t.Error("what the community's own server said was fetched")
	}
}

// A list of activities is each of them, and so is a collection: one that is refused
// does not harm the others.
func TestBundles(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	post := s.ann.Create(fedtest.Post{Community: s.there, Title: "Tails", HTML: "<p>x</p>"})
	lie := s.eve.Like(id, s.there)
	lie["id"] = s.home.URL("/activities/like/lie") // of another server than its actor
	bob, kim := s.home.Person("bob"), s.away.Person("kim")
	bundle := s.cats.Announce(id)
	bundle["object"] = []any{s.eve.Like(id, s.there), lie, bob.Dislike(id, s.there), post}
	s.send(bundle, s.home)
	s.settle()
	s.score(id, 2, 1)
	s.want(2, `select count(*) from post`)
	s.want(1, `select count(*) from received where activity like $1 || '#%' and state = 4`, bundle["id"])
	listed := s.cats.Announce(id)
	listed["object"] = fedtest.Doc{"type": "OrderedCollection", "orderedItems": []any{kim.Like(id, s.there), s.eve.Dislike(id, s.there)}}
	s.send(listed, s.home)
	s.settle()
	s.score(id, 2, 2)
	var many []any
	for range maxParts + 1 {
		many = append(many, kim.Dislike(id, s.there))
	}
	listed = s.cats.Announce(id)
	listed["object"] = many
	s.send(listed, s.home)
	s.settle()
	s.refused(listed, "too many activities in one Announce")
	s.score(id, 2, 2)
}

// What came alone and comes in a list again counts once, whichever is first; an
// Announce in a list is the same as that Announce, but only its own community's.
func TestVotesInListsAndAlone(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	bob, kim, lou := s.home.Person("bob"), s.away.Person("kim"), s.away.Person("lou")
	bundle := func(parts ...any) fedtest.Doc {
		b := s.cats.Announce(id)
		b["object"] = parts
		return b
	}
	told := func(a fedtest.Doc, up, down int) {
		t.Helper()
		s.send(a, s.home)
		s.settle()
		s.score(id, up, down)
	}
	at := func(vote fedtest.Doc, ago time.Duration) fedtest.Doc {
		a := s.cats.Announce(vote)
		a["published"] = time.Now().Add(-ago).UTC().Format(time.RFC3339Nano)
		return a
	}
	first, second := s.eve.Like(id, s.there), kim.Like(id, s.there)
	told(s.cats.Announce(first), 2, 0)
	told(bundle(first, second), 3, 0)
	told(s.cats.Announce(second), 3, 0)
	up, down := at(bob.Like(id, s.there), time.Minute), at(lou.Dislike(id, s.there), time.Minute)
	told(bundle(up, down), 4, 1)
	told(up, 4, 1)
	s.want(1, `select count(*) from received where activity = $1`, up["id"])
	s.want(1, `select count(*) from received where activity = $1`, down["id"])
	// The times of those inside count, not that of the list, which is later.
	told(bundle(at(bob.Undo(bob.Like(id, s.there), s.there), time.Hour), at(lou.Like(id, s.there), time.Hour)), 4, 1)

	dogs := s.home.Group("dogs")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.home)
	s.settle()
	foreign := bundle(dogs.Announce(bob.Dislike(id, s.there)), s.eve.Announce(s.eve.Dislike(id, s.there)))
	told(foreign, 4, 1)
	s.want(2, `select count(*) from received where activity like $1 || '#%' and state = 4 and reason like 'not to be announced%'`, foreign["id"])
	deep := s.cats.Announce(id)
	deep["object"] = []any{bob.Dislike(id, s.there), s.eve.Dislike(id, s.there)}
	whole := s.cats.Announce(deep)
	nested := bundle(deep, whole)
	told(nested, 4, 1)
	s.want(1, `select count(*) from received where activity like $1 || '#%' and state = 4`, nested["id"])
	s.refused(whole, "not to be announced: Announce")
}

// As many votes as one Announce may bring are a few batches, not a thousand acts: who
// cast them is not asked for, and what they change is written once a batch.
func TestManyVotesInOneAnnounce(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		s := subscribe(t)
		id := s.page()
		var parts []any
		for i := range maxParts {
			vote := fedtest.Doc{
				"id": s.away.URL(fmt.Sprintf("/l/%d", i)), "type": "Like", "actor": s.away.URL(fmt.Sprintf("/users/p%d", i)), "object": id,
			}
			if whole {
				parts = append(parts, fedtest.Doc{"id": s.home.URL(fmt.Sprintf("/a/%d", i)), "type": "Announce", "actor": s.cats.ID, "object": vote})
				continue
			}
			parts = append(parts, vote)
		}
		bundle := s.cats.Announce(id)
		bundle["object"] = parts
		s.send(bundle, s.home)
		s.settle()
		s.score(id, 1+maxParts, 0)
		s.want(0, `select count(*) from received where state > 3`)
		if batches := s.number(`select count(distinct xmin::text) from vote`); batches > 1+2*(maxParts/workBatch+1) {
			t.Errorf("%d votes took %d transactions", maxParts, batches)
		}
		s.want(1, `select count(distinct xmin::text) from received where activity = $1`, bundle["id"])
		if n := len(s.away.Fetched()); n > 5 {
			t.Errorf("%d fetches from the server of the voters", n)
		}
	}
}

// An activity that is announced by its id counts as it stands at its own server.
func TestActivitiesAnnouncedByID(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	bob := s.home.Person("bob")
	like := bob.Like(id, s.there) // served at its id
	a := s.cats.Announce(like["id"])
	s.send(a, s.home)
	s.settle()
	s.score(id, 2, 0)
	s.want(1, `select count(*) from received where activity = $1 and state = 3 and reason = $2`, a["id"], tookActivity)
	lie := maps.Clone(s.eve.Like(id, s.there))
	lie["id"] = s.home.URL("/activities/like/of-eve")
	s.home.Put(lie["id"].(string), lie)
	s.send(s.cats.Announce(lie["id"]), s.home)
	s.settle()
	s.score(id, 2, 0)
}

// A community is believed for votes in its threads: who voted is not asked for, and
// is somebody as soon as they say something.
func TestVotersAreNotFetched(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	kim := s.away.Person("kim")
	s.send(s.cats.Announce(kim.Like(id, s.there)), s.home)
	s.settle()
	s.score(id, 2, 0)
	if asked(s.away, kim.ID) {
		t.Error("a voter was fetched")
	}
	s.want(1, `select count(*) from person where uri = $1 and name = ''`, kim.ID)
	s.send(s.cats.Announce(kim.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>", InReplyTo: id})), s.home)
	s.settle()
	s.want(1, `select count(*) from person where uri = $1 and name = 'kim'`, kim.ID)
	s.want(1, `select comments from post where uri = $1`, id)
	s.send(s.cats.Announce(kim.Dislike(id, s.there)), s.home)
	s.settle()
	s.score(id, 1, 1)
}

// What a community announces and its own server denies is not taken in, is counted
// against the community, and the thread says so; so is a deletion that is none.
func TestDenied(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	made := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>I never wrote this.</p>", InReplyTo: id})
	s.away.PutAnswer(object(made), fedtest.Answer{Status: 404, Body: []byte(`{}`)})
	s.send(s.cats.Announce(made), s.home)
	s.settle()
	s.want(0, `select comments from post where uri = $1`, id)
	s.want(1, `select denials from community where uri = $1`, s.cats.ID)
	s.want(1, `select count(*) from unconfirmed where uri = $1 and denied`, object(made))

	said := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>I did write this.</p>", InReplyTo: id})
	s.send(s.cats.Announce(said), s.home)
	s.settle()
	kept := s.eve.Delete(object(said), s.there)
	s.away.Put(object(said), said["object"])
	s.send(s.cats.Announce(kept), s.home)
	s.settle()
	s.want(1, `select count(*) from comment where uri = $1 and state = 0`, object(said))
	s.want(2, `select denials from community where uri = $1`, s.cats.ID)
}

func TestWrongAnnounces(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	ours := s.found("go")
	theirs := s.page()
	mine := s.away.Person("kim")
	local := mine.Create(fedtest.Post{Community: ours, HTML: "<p>Here</p>"})
	s.send(local, s.away)
	s.settle()
	dogs := s.away.Group("dogs") // followed too
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.away)
	birds := s.home.Group("birds") // known, followed by nobody
	if err := s.in.Discover(s.ctx, birds.ID); err != nil {
		t.Fatal(err)
	}
	fish := s.home.Group("fish") // never heard of
	s.settle()
	s.send(s.cats.Announce(s.eve.Like(theirs, s.there)), s.home) // eve is known
	s.settle()

	elsewhere := s.eve.Create(fedtest.Post{HTML: "<p>To my followers and everybody, but to no community</p>"})
	unwritten := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>"})
	s.away.Remove(object(unwritten))
	quiet := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>", Audience: fedtest.FollowersOnly})
	for _, c := range []struct {
		name, reason string
		activity     fedtest.Doc
		from         *fedtest.Peer
	}{
		{"words nobody wrote", "not-found", s.cats.Announce(unwritten), s.home},
		{"words for others", "not addressed to the community that announced it", s.cats.Announce(elsewhere), s.home},
		{"words for few", "not public", s.cats.Announce(quiet), s.home},
		{"an answer in another community", "foreign-announce", dogs.Announce(s.eve.Create(fedtest.Post{
			Community: s.there, HTML: "<p>x</p>", InReplyTo: theirs,
		})), s.away},
		{"an answer in a community of ours", "foreign-announce", s.cats.Announce(s.ann.Create(fedtest.Post{
			Community: s.there, HTML: "<p>x</p>", InReplyTo: object(local),
		})), s.home},
		{"a vote in another community", "foreign-announce", dogs.Announce(s.ann.Like(theirs, s.there)), s.away},
		{"a vote in a community of ours", "foreign-announce", s.cats.Announce(s.eve.Like(object(local), ours)), s.home},
		{"by a community nobody follows", "nobody here follows", birds.Announce(s.ann.Like(theirs, s.there)), s.home},
		{"by a community never heard of", "nobody here follows", fish.Announce(s.ann.Like(theirs, s.there)), s.home},
		{"by a person", "no community known here", s.eve.Announce(theirs), s.away},
		{"a vote under another server's name", "different servers", s.cats.Announce(fedtest.Doc{
			"id": s.home.URL("/l/1"), "type": "Like", "actor": s.eve.ID, "object": theirs,
		}), s.home},
		{"a vote without an id", "different servers", s.cats.Announce(fedtest.Doc{"type": "Like", "actor": s.eve.ID, "object": theirs}), s.home},
		{"a Follow", "not to be announced", s.cats.Announce(s.eve.Follow(ours.ID)), s.home},
		{"an unfollow", "not to be announced", s.cats.Announce(s.eve.Undo(s.eve.Follow(ours.ID), ours)), s.home},
		{"an Accept", "not to be announced", s.cats.Announce(s.cats.Accept(s.eve.Follow(s.cats.ID))), s.home},
		{"a Reject", "not to be announced", s.cats.Announce(fedtest.Doc{
			"id": s.home.URL("/r/1"), "type": "Reject", "actor": s.cats.ID, "object": s.follows(s.me, s.cats),
		}), s.home},
		{"an unfollow in the name of somebody here", "not to be announced", s.cats.Announce(fedtest.Doc{
			"id": s.url + "/activities/9", "type": "Undo", "actor": s.me.URI, "object": fedtest.Doc{
				"id": s.url + "/activities/8", "type": "Follow", "actor": s.me.URI, "object": s.cats.ID,
			},
		}), s.home},
		{"an Announce", "not to be announced", s.cats.Announce(dogs.Announce(s.ann.Like(theirs, s.there))), s.home},
		{"an Undo of somebody else's vote", "somebody else's", s.cats.Announce(fedtest.Doc{
			"id": s.home.URL("/u/1"), "type": "Undo", "actor": s.ann.ID,
			"object": fedtest.Doc{"id": s.away.URL("/l/1"), "type": "Like", "actor": s.eve.ID, "object": theirs},
		}), s.home},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before := s.snapshot("received", "person", "community", "actor_key")
			s.send(c.activity, c.from)
			s.settle()
			s.refused(c.activity, c.reason)
			s.unchanged(before)
		})
	}
}

// What people here did is known here; a community elsewhere may only repeat it.
func TestAnnouncesOfOurOwnActs(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	before := s.snapshot("received", "seen")
	for _, inner := range []fedtest.Doc{
		{"id": s.url + "/activities/1", "type": "Dislike", "actor": s.me.URI, "object": id},
		{"id": s.url + "/activities/2", "type": "Undo", "actor": s.me.URI, "object": fedtest.Doc{
			"id": s.url + "/activities/1", "type": "Like", "actor": s.me.URI, "object": id,
		}},
		{"id": s.url + "/activities/3", "type": "Create", "actor": s.me.URI, "to": []any{fedtest.Public}, "object": fedtest.Doc{
			"id": s.url + "/comment/77", "type": "Note", "attributedTo": s.me.URI, "content": "never said", "inReplyTo": id,
			"to": []any{fedtest.Public, s.cats.ID},
		}},
	} {
		s.send(s.cats.Announce(inner), s.home)
		s.settle()
	}
	s.unchanged(before)
	s.want(3, `select count(*) from received where reason in ('done here', 'written here')`)
}

// Only the home of a thread says what is in it.
func TestAnswersOfOthersWaitForTheirAnnounce(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	reply := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>", InReplyTo: id, Mentions: []fedtest.Mention{{ID: s.me.URI, Handle: "@me@here"}}})
	s.send(reply, s.away)
	s.settle()
	s.refused(reply, "not-announced")
	s.want(0, `select count(*) from comment`)
	s.send(s.cats.Announce(reply), s.home)
	s.settle()
	s.want(1, `select count(*) from comment`)
}

// An object that one way could not be had may be had by another.
func TestAnnounceAfterADirectCopy(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	page := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
	reply := s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>", InReplyTo: object(page)})
	s.send(reply, s.away) // its post is in no community of ours
	s.send(s.cats.Announce(reply), s.home)
	s.settle()
	s.want(1, `select count(*) from post`)
	s.want(1, `select count(*) from comment`)
}

// A blocked server's people do not come in by way of a community.
func TestAnnouncesOfBlockedServers(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	s.send(s.cats.Announce(s.eve.Like(id, s.there)), s.home)
	s.settle()
	host, _, _ := strings.Cut(s.away.Host(), ":")
	err := s.db.InTx(s.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.SaveServerRules(ctx, forum.ListBlocked, []forum.ServerRule{{Host: host, At: time.Now()}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.away.Forget()
	before := s.snapshot("received")
	kim := s.away.Person("kim")
	for _, inner := range []fedtest.Doc{
		s.eve.Dislike(id, s.there),
		kim.Like(id, s.there),
		s.eve.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>"}),
		kim.Create(fedtest.Post{Community: s.there, HTML: "<p>x</p>", InReplyTo: id}),
	} {
		a := s.cats.Announce(inner)
		s.send(a, s.home)
		s.settle()
		s.refused(a, "blocked")
	}
	s.unchanged(before)
	if got := len(s.away.Fetched()); got != 0 {
		t.Errorf("asked a blocked server %d times", got)
	}
}

// PieFed and others repeat what they announce.
func TestAnnouncesUnderOtherIDs(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
	like := s.eve.Like(object(create), s.there)
	for range 3 {
		s.send(s.cats.Announce(create), s.home)
		s.send(s.cats.Announce(like), s.home)
	}
	s.settle()
	s.want(1, `select count(*) from post`)
	s.score(object(create), 2, 0)
}
