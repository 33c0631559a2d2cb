package inbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// accepts counts the answers to follows that go to an inbox.
const accepts = `select count(*) from outbox_direct d join log l using (at, xid, seq) join server_inbox i on i.id = d.inbox_id
	where l.verb = 'accept' and d.form = 1 and d.lane = 1 and i.url = $1`

func TestFollowIsAcceptedEachTime(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	follow := ann.Follow(c.ID)
	n.send(follow, p)
	n.settle()
	n.want(1, accepts, ann.Inbox)
	n.send(follow, p) // sent again, since no answer came
	n.settle()
	n.want(2, accepts, ann.Inbox)
	n.send(ann.Follow(c.ID), p) // and under another id
	n.settle()
	n.want(3, accepts, ann.Inbox)
	n.want(1, `select count(*) from audience where until_xid is null`)
	n.want(1, `select followers from community`)
}

// People here are followed as communities are.
func TestFollowOfAPerson(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	me := n.join("me")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	follow := ann.Follow(me.URI)
	n.send(follow, p)
	n.settle()
	n.want(1, accepts, ann.Inbox)
	n.send(ann.Follow(me.URI), p)
	n.settle()
	n.want(2, accepts, ann.Inbox)
	n.want(2, `select count(*) from log where verb = 'accept' and signer = $1 and direct_doc is not null`, me.URI)
	count := func(want int) {
		t.Helper()
		if have, err := n.db.Reader().FollowersOf(n.ctx, me.URI); err != nil || have != want {
			t.Errorf("%d followers, want %d: %v", have, want, err)
		}
	}
	count(1)
	n.want(1, `select count(*) from audience where until_xid is null`)
	// What is addressed to somebody is not put on their wall.
	toot := ann.Create(fedtest.Post{HTML: "<p>Hello</p>", Community: fedtest.Community{ID: me.URI}})
	n.send(toot, p)
	n.settle()
	n.refused(toot, "addressed to no community here")
	n.want(0, `select count(*) from post`)
	n.send(ann.Undo(follow, fedtest.Community{}), p)
	n.settle()
	count(0)
	n.want(0, `select count(*) from audience where until_xid is null`)

	// Nobody is followed by whom they have blocked.
	n.want(1, `with a as (insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now()) returning person_id),
		s as (insert into shun (person_id, kind, target, host, at) select a.person_id, 1, p.id, '', now() from a, person p where p.uri = $2 returning 1)
		select count(*) from s`, me.ID, ann.ID)
	again := ann.Follow(me.URI)
	n.send(again, p)
	n.settle()
	n.refused(again, "follow-refused")
	n.want(1, rejects, ann.Inbox, me.URI)
	count(0)
}

// rejects counts what somebody answers to follows that cannot be.
const rejects = `select count(*) from outbox_direct d join log l using (at, xid, seq) join server_inbox i on i.id = d.inbox_id
	where l.verb = 'reject' and d.form = 1 and d.lane = 1 and i.url = $1 and l.signer = $2`

// Friendica follows threads: who asks for what cannot be followed is told so.
func TestFollowOfWhatIsNoActor(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	n.join("me")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	for i, what := range []string{"/post/1", "/", "/c/nosuch", "/u/nobody"} {
		follow := ann.Follow(n.url + what)
		n.send(follow, p)
		n.settle()
		n.refused(follow, "no-such-community")
		n.want(i+1, rejects, ann.Inbox, n.url+"/")
		n.want(1, `select count(*) from log where verb = 'reject' and convert_from(direct_doc, 'utf8')::jsonb -> 'object' ->> 'id' = $1
			and convert_from(direct_doc, 'utf8')::jsonb -> 'object' ->> 'object' = $2`, follow["id"], n.url+what)
	}
	n.send(ann.Undo(ann.Follow(n.url+"/post/1"), fedtest.Community{}), p)
	n.settle()
	n.want(4, rejects, ann.Inbox, n.url+"/")
	n.want(0, `select count(*) from follow`)
}

func TestUnfollow(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	follow := ann.Follow(c.ID)
	n.send(follow, p)
	n.settle()
	n.send(ann.Undo(follow, c), p)
	n.settle()
	n.want(0, `select count(*) from follow where state > 0`)
	n.want(0, `select count(*) from audience where until_xid is null`)
	n.want(0, `select followers from community`)
	n.send(ann.Follow(c.ID), p)
	n.settle()
	n.want(1, `select followers from community`)
}

func TestUnfollowBeforeFollow(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	follow := ann.Follow(c.ID)
	n.send(ann.Undo(follow, c), p)
	n.settle()
	for range 2 { // however often it comes
		n.send(follow, p)
		n.settle()
		n.want(0, `select followers from community`)
	}
	n.want(0, `select count(*) from audience where until_xid is null`)
}

func TestWrongFollows(t *testing.T) {
	t.Parallel()
	s := meet(t)
	s.join("me")
	post := s.thread()
	group := s.other.Group("cats")
	for _, c := range []struct {
		name, reason string
		activity     fedtest.Doc
	}{
		{"of a post", "not ours to follow", s.eve.Follow(post)},
		{"of a community elsewhere", "not ours to follow", s.eve.Follow(group.ID)},
		{"of nothing", "not ours to follow", fedtest.Doc{"id": s.other.URL("/f/1"), "type": "Follow", "actor": s.eve.ID}},
		{"by a community", "not a person", group.Follow(s.community.ID)},
		{"by a server", "not a person", s.other.Site().Follow(s.community.ID)},
		{"an Undo of somebody else's", "undoes somebody else's follow", fedtest.Doc{
			"id": s.other.URL("/u/2"), "type": "Undo", "actor": s.eve.ID,
			"object": fedtest.Doc{"id": s.home.URL("/f/1"), "type": "Follow", "actor": s.bob.ID, "object": s.community.ID},
		}},
		{"an Accept of what nobody asked", "answers no follow of ours", s.eve.Accept(s.bob.Follow(s.eve.ID))},
		{"an Accept of what nobody here asked", "not-asked", fedtest.Doc{
			"id": s.other.URL("/a/1"), "type": "Accept", "actor": s.eve.ID,
			"object": fedtest.Doc{"id": s.url + "/activities/1", "type": "Follow", "actor": s.url + "/u/me", "object": s.eve.ID},
		}},
		{"a Reject by its name alone", "answers no follow of ours", fedtest.Doc{
			"id": s.other.URL("/a/2"), "type": "Reject", "actor": s.eve.ID, "object": s.url + "/activities/1",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before := s.snapshot("received", "person", "community", "actor_key")
			from := s.other
			s.send(c.activity, from)
			s.settle()
			s.refused(c.activity, c.reason)
			s.unchanged(before)
		})
	}
}

// follows makes a person of ours ask to follow a community elsewhere, and
// returns the Follow that was sent.
func (n *node) follows(p forum.Person, group *fedtest.Actor) fedtest.Doc {
	n.t.Helper()
	if err := n.in.Discover(n.ctx, group.ID); err != nil {
		n.t.Fatal(err)
	}
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Follow(ctx, tx, []forum.Follow{{Person: p, Community: group.ID}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	id := n.text(`select activity from follow f join community c on c.id = f.community_id where c.uri = $1 and f.person_id = $2`, group.ID, p.ID)
	return fedtest.Doc{"id": id, "type": "Follow", "actor": p.URI, "object": group.ID}
}

func TestAnswersToOurFollows(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	me := n.join("me")
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	cats, dogs, birds := p.Group("cats"), p.Group("dogs"), p.Group("birds")
	state := `select state from follow f join community c on c.id = f.community_id where c.uri = $1`

	follow := n.follows(me, cats)
	n.want(1, state, cats.ID)
	n.send(cats.Accept(follow), p)
	n.settle()
	n.want(2, state, cats.ID)

	follow = n.follows(me, dogs)
	n.send(fedtest.Doc{"id": p.URL("/a/1"), "type": "Accept", "actor": dogs.ID, "object": follow["id"]}, p)
	n.settle()
	n.want(2, state, dogs.ID)

	follow = n.follows(me, birds)
	// Nobody answers for another community.
	lie := cats.Accept(follow)
	n.send(lie, p)
	n.settle()
	n.want(1, state, birds.ID)
	n.send(birds.Reject(follow), p)
	n.settle()
	n.want(0, state, birds.ID)
}

// Who says yes or no to a comment of somebody here, as people on GoToSocial do, has not
// answered the follow that still waits for them.
func TestAnswersToSomethingElse(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	me := s.join("eager")
	birds := s.home.Group("birds")
	follow := s.follows(me, birds)
	comment := s.writes(me, s.page(), "Mine.")
	create := s.text(`select direct_id from log where verb = 'reply' and subject = $1`, comment)
	state := `select state from follow f join community c on c.id = f.community_id where c.uri = $1`
	for i, object := range []any{
		comment, create, fedtest.Doc{"id": create, "type": "Create", "actor": me.URI, "object": comment},
		fedtest.Doc{"id": s.text(`select activity from follow f join community c on c.id = f.community_id where c.uri = $1`, birds.ID) + "0", "type": "Like", "actor": me.URI, "object": birds.ID},
	} {
		for _, kind := range []string{"Accept", "Reject"} {
			a := fedtest.Doc{"id": birds.ID + fmt.Sprintf("/%s/%d", kind, i), "type": kind, "actor": birds.ID, "to": []any{me.URI}, "object": object}
			s.send(a, s.home)
			s.settle()
			s.refused(a, "answers no follow of ours")
			s.want(1, state, birds.ID)
		}
	}
	s.send(birds.Accept(follow), s.home)
	s.settle()
	s.want(2, state, birds.ID)
}

// A Follow dated before the Unfollow that came first does not revive it.
func TestFollowTimes(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	stamp := func(d fedtest.Doc, ago time.Duration) fedtest.Doc {
		d["published"] = time.Now().Add(-ago).UTC().Format(time.RFC3339Nano)
		return d
	}
	n.send(stamp(ann.Follow(c.ID), 3*time.Hour), p)
	n.settle()
	n.send(stamp(ann.Undo(ann.Follow(c.ID), c), time.Hour), p)
	n.settle()
	n.send(stamp(ann.Follow(c.ID), 2*time.Hour), p)
	n.settle()
	n.want(0, `select followers from community`)
	n.send(ann.Follow(c.ID), p)
	n.settle()
	n.want(1, `select followers from community`)
}

// moves makes the Move of an account, and has the new one name the old, or not.
func moves(from *fedtest.Actor, id string, to *fedtest.Actor, named bool) fedtest.Doc {
	if to.Extra = nil; named {
		to.Extra = fedtest.Doc{"alsoKnownAs": []any{"https://elsewhere.example/u/x", from.ID}}
	}
	return fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": from.ID + id, "type": "Move", "actor": from.ID,
		"to": []any{from.Followers}, "object": from.ID, "target": to.ID,
	}
}

// Who follows somebody that moves follows the new account, if that names the old one
// when it is asked; not again within a week, and not because an old copy said so.
func TestMoves(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	me := n.join("me")
	home, away := peer(t, fedtest.Options{}), peer(t, fedtest.Options{Name: "away"})
	old, next, third := home.Person("old"), away.Person("next"), away.Person("third")
	n.send(old.Follow(c.ID), home)
	n.send(next.Follow(c.ID), away) // so both are known here, as they were then
	n.settle()
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{old.ID})
		if err != nil {
			return err
		}
		if err := tx.OpenWall(ctx, people[old.ID]); err != nil {
			return err
		}
		_, err = n.forum.Follow(ctx, tx, []forum.Follow{{Person: me, Community: old.ID}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.want(1, `with a as (insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now()) returning 1) select count(*) from a`, me.ID)
	const follows = `select c.uri || ' ' || f.state from follow f join community c on c.id = f.community_id where f.person_id = $1 order by c.uri = $2 desc`

	unnamed := moves(old, "/m/1", next, false)
	n.send(unnamed, home)
	n.settle()
	n.refused(unnamed, "not-known-as")
	announced := moves(next, "/m/2", old, true) // in the name of somebody else
	announced["actor"] = old.ID
	announced["id"] = old.ID + "/m/2"
	n.send(announced, home)
	n.settle()
	n.refused(announced, "moves somebody else")
	if have := n.text(follows, me.ID, old.ID); have != old.ID+" 1" {
		t.Errorf("follows %q", have)
	}

	n.send(moves(old, "/m/3", next, true), home)
	n.settle()
	if have := n.text(follows, me.ID, old.ID); have != old.ID+" 0\n"+next.ID+" 1" {
		t.Errorf("follows %q\n%s", have, n.verdicts())
	}
	n.want(1, `select count(*) from outbox_direct d join log l using (at, xid, seq) join server_inbox i on i.id = d.inbox_id where l.verb = 'unfollow' and i.url = $1`, old.Inbox)
	n.want(1, `select count(*) from outbox_direct d join log l using (at, xid, seq) join server_inbox i on i.id = d.inbox_id where l.verb = 'follow' and i.url = $1`, next.Inbox)
	n.want(1, `select count(*) from notice where person_id = $1 and kind = 15`, me.ID)
	n.want(1, `select count(*) from person where uri = $1 and moved_to = $2`, old.ID, next.ID)

	// What bans the old account bans the new one.
	n.want(1, `with b as (insert into ban (community_id, person_id, at, reason) select c.id, p.id, now(), '' from community c, person p where c.uri = $1 and p.uri = $2 returning 1)
		select count(*) from b`, c.ID, old.ID)
	post := next.Create(fedtest.Post{Community: c, Title: "By the new account", HTML: "<p>x</p>"})
	n.send(post, away)
	n.settle()
	n.refused(post, "banned")

	n.send(moves(old, "/m/4", next, true), home) // said again, it changes nothing
	again := moves(old, "/m/5", third, true)
	n.send(again, home)
	n.settle()
	n.refused(again, "moved-lately")
	for _, r := range away.Fetched() {
		if away.URL(r.Target) == third.ID {
			t.Error("the third account was asked, for what could not be")
		}
	}
	n.want(1, `select count(*) from notice where kind = 15`)
	n.want(1, `with x as (update person set moved_at = moved_at - interval '8 days' where uri = $1 returning 1) select count(*) from x`, old.ID)
	later := moves(old, "/m/6", third, true)
	n.send(later, home)
	n.settle()
	n.applied(later)
	n.want(1, `select count(*) from person o join person s on s.id = o.successor_id where o.uri = $1 and s.uri = $2`, old.ID, third.ID)

	// Nor does it help to move on from there.
	fourth := away.Person("fourth")
	n.send(moves(third, "/m/1", fourth, true), away)
	n.settle()
	last := fourth.Create(fedtest.Post{Community: c, Title: "By the one after", HTML: "<p>x</p>"})
	n.send(last, away)
	n.settle()
	n.refused(last, "banned")

	// Nor are followers handed on for ever.
	fifth := away.Person("fifth")
	on := moves(fourth, "/m/1", fifth, true)
	n.send(on, away)
	n.settle()
	n.refused(on, "too-many-moves")
	n.want(1, `with x as (update person set moved_at = moved_at - interval '8 days' where uri = $1 returning 1) select count(*) from x`, third.ID)
	on = moves(fourth, "/m/2", fifth, true)
	n.send(on, away)
	n.settle()
	n.applied(on)

	// One account is the new one of so many.
	n.want(20, `with x as (insert into person (uri, name, host, local, inbox, successor_id, moved_at) select s.uri || '/' || n, 'x' || n, s.host, false, s.inbox, s.id, now()
		from person s, generate_series(1, 20) n where s.uri = $1 returning 1) select count(*) from x`, next.ID)
	other := home.Person("other")
	n.send(other.Follow(c.ID), home)
	n.settle()
	before := len(away.Fetched())
	many := moves(other, "/m/1", next, true)
	next.Extra = fedtest.Doc{"alsoKnownAs": []any{old.ID, other.ID}}
	n.send(many, home)
	n.settle()
	n.refused(many, "too-many-moves")
	n.want(20, `with x as (update person set moved_at = now() - interval '8 days' where uri like $1 || '/%' returning 1) select count(*) from x`, next.ID)
	many = moves(other, "/m/2", next, true)
	next.Extra = fedtest.Doc{"alsoKnownAs": []any{old.ID, other.ID}}
	n.send(many, home)
	n.settle()
	n.applied(many)

	// Said again, nobody is asked; and who follows the old account since stays there.
	if asked := len(away.Fetched()); asked == before {
		t.Error("the second did not ask")
	} else {
		before = asked
	}
	n.send(moves(other, "/m/3", next, true), home)
	n.settle()
	n.want(1, `with x as (update person set moved_at = moved_at - interval '2 hours', moved_to = '' where uri = $1 returning 1) select count(*) from x`, other.ID)
	if err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{other.ID})
		if err == nil {
			err = tx.OpenWall(ctx, people[other.ID])
		}
		if err == nil {
			_, err = n.forum.Follow(ctx, tx, []forum.Follow{{Person: me, Community: other.ID}})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n.send(moves(other, "/m/4", next, true), home)
	n.settle()
	if asked := len(away.Fetched()); asked != before {
		t.Errorf("%d more were asked", asked-before)
	}
	n.want(1, `select count(*) from follow f join community w on w.id = f.community_id where f.person_id = $1 and w.uri = $2 and f.state > 0`, me.ID, other.ID)
}

// Who follows an account elsewhere that moves here follows the one here, if that names
// the old; and somebody elsewhere who blocks somebody here neither follows them nor is
// followed by them any more, however little their server says of it.
func TestMovesHere(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	me, reader := n.join("me"), n.join("reader")
	p := peer(t, fedtest.Options{Software: fedtest.GoToSocial})
	old, eve := p.Person("old"), p.Person("eve")
	n.send(eve.Follow(me.URI), p)
	n.send(old.Follow(me.URI), p)
	n.settle()
	follow := func(who forum.Person, whom string) {
		t.Helper()
		err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
			people, err := tx.People(ctx, []string{whom})
			if err == nil {
				err = tx.OpenWall(ctx, people[whom])
			}
			if err == nil {
				_, err = n.forum.Follow(ctx, tx, []forum.Follow{{Person: who, Community: whom}})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	follow(reader, old.ID)
	follow(me, eve.ID)
	move := func(id string) fedtest.Doc {
		return fedtest.Doc{
			"@context": "https://www.w3.org/ns/activitystreams", "id": old.ID + id, "type": "Move", "actor": old.ID,
			"to": []any{old.Followers}, "object": old.ID, "target": me.URI,
		}
	}
	stolen := move("/m/1")
	n.send(stolen, p)
	n.settle()
	n.refused(stolen, "not-known-as")
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.Claim(ctx, tx, me.URI, []string{old.ID})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	n.send(move("/m/2"), p)
	n.settle()
	const follows = `select c.uri || ' ' || f.state from follow f join community c on c.id = f.community_id where f.person_id = $1 order by f.state`
	if have := n.text(follows, reader.ID); have != old.ID+" 0\n"+me.URI+" 2" {
		t.Errorf("follows %q\n%s", have, n.verdicts())
	}

	block := fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": eve.ID + "/b/1", "type": "Block", "actor": eve.ID, "object": me.URI, "to": []any{me.URI},
	}
	n.want(3, `select followers from community where uri = $1`, me.URI)
	n.send(block, p)
	n.settle()
	n.applied(block)
	n.want(2, `select followers from community where uri = $1`, me.URI)
	if have := n.text(follows, me.ID); have != eve.ID+" 0" {
		t.Errorf("follows %q\n%s", have, n.verdicts())
	}
	n.want(0, `select count(*) from log where verb in ('reject', 'unfollow') and (actor = $1 or subject = $1)`, eve.ID)
}
