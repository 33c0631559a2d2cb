package inbox

import (
	"context"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// listed fails unless a live post stands in that community, and in no other list, and
// all counters are what there is.
func (n *node) listed(post, community string) {
	n.t.Helper()
	n.want(1, `select count(*) from post p join community c on c.id = p.community_id where p.uri = $1 and c.uri = $2 and p.state = 0`, post, community)
	n.want(1, `select count(*) from post_rank r join post p on p.id = r.post_id where p.uri = $1`, post)
	n.want(1, `select count(*) from post_rank r join post_pulse u using (post_id, community_id) join post p on p.id = r.post_id join community c on c.id = r.community_id
		where p.uri = $1 and c.uri = $2 and r.home and u.home and u.comments = p.comments and r.score = p.up - p.down and r.hot > 0`, post, community)
	n.want(1, `select count(*) from placement l join post p on p.id = l.post_id join community c on c.id = l.community_id
		where p.uri = $1 and c.uri = $2 and l.home and l.moved_at is null`, post, community)
	n.want(0, `select count(*) from community c where c.posts <> (select count(*) from placement l join post p on p.id = l.post_id
		where l.community_id = c.id and l.moved_at is null and p.state = 0)`)
	n.want(0, `select count(*) from community c where c.comments <> (select count(*) from comment m join post p on p.id = m.post_id
		where p.community_id = c.id and m.state = 0)`)
}

// logged fails unless so many rows of the log by that announcer hold these words.
func (n *node) logged(want int, announcer, column, words string) {
	n.t.Helper()
	n.want(want, `select count(*) from log where announcer = $1 and position(convert_to($2, 'UTF8') in `+column+`) > 0`, announcer, words)
}

// Whoever moderates two communities here moves a post from one to the other, of whatever
// server they are: its list, its counters and what is said of it from then on go along,
// the one that it leaves tells of the move, and the other of the post.
func TestPostsMoveBetweenCommunities(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	from, to := n.found("from"), n.found("to")
	p := peer(t, fedtest.Options{Software: fedtest.PieFed})
	eve, mod := p.Person("eve"), p.Person("mod")
	takes := func(what fedtest.Doc) fedtest.Doc {
		t.Helper()
		n.send(what, p)
		n.settle()
		n.applied(what)
		return what
	}
	refuses := func(what fedtest.Doc, why string) {
		t.Helper()
		n.send(what, p)
		n.settle()
		n.refused(what, why)
	}
	create := takes(eve.Create(fedtest.Post{Community: from, Title: "Of eve's", HTML: "<p>Hers.</p>"}))
	post := object(create)
	reply := takes(eve.Create(fedtest.Post{Community: from, InReplyTo: post, HTML: "<p>And more.</p>"}))
	takes(mod.Like(post, from))
	takes(eve.Flag(post, "in the wrong place", from))
	move := func() fedtest.Doc { return mod.Move(post, from.ID, to.ID, from) }

	refuses(eve.Move(post, from.ID, to.ID, from), "not-moderator")
	n.appoint(from.ID, mod.ID)
	refuses(move(), "not-moderator") // the other community has moderators of its own
	n.appoint(to.ID, mod.ID)
	refuses(mod.Move(object(reply), from.ID, to.ID, from), "posts-only")
	refuses(mod.Move(post, to.ID, from.ID+"2", from), "not-there")
	refuses(mod.Move(post, from.ID, to.ID+"2", from), "no such object here")
	refuses(mod.Move(post, from.ID, p.Group("theirs").ID, from), "other-server")
	n.listed(post, from.ID)

	takes(mod.Add(post, from.ID+"/featured", from))
	done := takes(move())
	n.listed(post, to.ID)
	n.want(0, `select count(*) from post where pinned_at is not null`)
	n.want(1, `select count(*) from moderation m join person a on a.id = m.actor_id join community c on c.id = m.community_id
		where m.verb = 'relocate' and m.target = $1 and a.uri = $2 and c.uri = $3`, post, mod.ID, from.ID)
	n.want(1, `select count(*) from report r join community c on c.id = r.community_id where c.uri = $1 and closed_at is null`, to.ID)
	n.logged(1, from.ID, "forum_doc", done["id"].(string))
	n.logged(1, from.ID, "micro_doc", `"Undo"`)
	n.logged(1, to.ID, "forum_doc", `"Create"`)
	n.logged(1, to.ID, "forum_doc", `"audience":"`+to.ID+`"`)
	n.logged(1, to.ID, "micro_doc", post)
	n.want(1, `select count(*) from placement l join log g on g.forum_id = l.announce_id and g.micro_id = l.boost_id join community c on c.id = l.community_id
		where c.uri = $1 and g.verb = 'submit'`, to.ID)
	again := move()
	takes(again)                                                         // it is there
	n.want(2, `select count(*) from moderation where verb = 'relocate'`) // or an older one would count when it comes
	n.want(1, `select count(*) from log where verb = 'relocate'`)

	// What is new is the other community's; what changes goes to all who were told.
	second := takes(eve.Create(fedtest.Post{Community: to, InReplyTo: post, HTML: "<p>Later.</p>"}))
	n.logged(0, from.ID, "forum_doc", object(second))
	n.logged(1, to.ID, "forum_doc", object(second))
	edit := takes(eve.Update(words(create), to, retext("<p>Changed.</p>")))
	n.logged(1, from.ID, "forum_doc", edit["id"].(string))
	n.logged(1, to.ID, "forum_doc", edit["id"].(string))
	n.listed(post, to.ID)
	deletion := takes(eve.Delete(post, to))
	takes(eve.Undo(deletion, to))
	n.listed(post, to.ID)
	removal := takes(mod.Remove(post, "oh", to))
	takes(mod.Undo(removal, to))
	n.listed(post, to.ID)

	// And back.
	takes(mod.Move(post, to.ID, from.ID, to))
	n.listed(post, from.ID)
	n.logged(2, from.ID, "forum_doc", `"Create"`+`,"id":"`+create["id"].(string))
}

// A post that is moved in a circle is where it was, counted once, and told as often as it
// was moved; a move that comes again, late, from where it is no more, moves nothing.
func TestMovesInACircle(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	places := []fedtest.Community{n.found("one"), n.found("two"), n.found("three")}
	p := peer(t, fedtest.Options{Software: fedtest.PieFed})
	eve, mod := p.Person("eve"), p.Person("mod")
	create := eve.Create(fedtest.Post{Community: places[0], Title: "Of eve's", HTML: "<p>Hers.</p>"})
	n.send(create, p)
	n.settle()
	n.send(mod.Like(object(create), places[0]), p)
	n.send(eve.Create(fedtest.Post{Community: places[0], InReplyTo: object(create), HTML: "<p>And more.</p>"}), p)
	n.settle()
	for _, c := range places {
		n.appoint(c.ID, mod.ID)
	}
	const rounds = 2
	var moves []fedtest.Doc
	for i := range rounds * len(places) {
		from, to := places[i%len(places)], places[(i+1)%len(places)]
		move := mod.Move(object(create), from.ID, to.ID, from)
		moves = append(moves, move)
		n.send(move, p)
		n.settle()
		n.applied(move)
		n.listed(object(create), to.ID)
	}
	n.want(len(moves), `select count(*) from moderation where verb = 'relocate'`)
	n.want(len(moves), `select count(*) from log where verb = 'relocate'`)
	n.want(len(places), `select count(*) from placement`)
	n.want(1, `select count(*) from comment`)
	for _, move := range moves[1:] {
		n.send(move, p)
	}
	n.settle()
	n.listed(object(create), places[0].ID)
	late := mod.Move(object(create), places[1].ID, places[2].ID, places[1])
	n.send(late, p)
	n.settle()
	n.refused(late, "not-there")
	n.listed(object(create), places[0].ID)
	n.want(len(moves), `select count(*) from log where verb = 'relocate'`)
}

// An admin moves posts between all communities of this node, and nobody a post that is
// gone.
func TestWhoMovesPosts(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	from, to := n.found("from"), n.found("to")
	boss, ann := n.join("boss"), n.join("ann")
	if _, err := n.db.Pool().Exec(n.ctx, `insert into account (person_id, password, admin, made_at, changed_at) values ($1, '', true, now(), now())`, boss.ID); err != nil {
		t.Fatal(err)
	}
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	eve := p.Person("eve")
	create := eve.Create(fedtest.Post{Community: from, Title: "One", HTML: "<p>One.</p>"})
	n.send(create, p)
	n.settle()
	post := object(create)
	for by, why := range map[*forum.Person]string{&ann: "not-moderator", &boss: ""} {
		if r := n.relocates(forum.Relocation{By: *by, Object: post, To: to.ID, Reason: "off topic"}); r == nil && why != "" || r != nil && r.Reason != why {
			t.Errorf("%s: %v, want %q", by.Name, r, why)
		}
	}
	n.listed(post, to.ID)
	n.logged(1, from.ID, "forum_doc", `"type":"Move"`)
	n.logged(1, from.ID, "forum_doc", `"target":"`+to.ID+`"`)
	n.send(eve.Delete(post, to), p)
	n.settle()
	if r := n.relocates(forum.Relocation{By: boss, Object: post, To: from.ID}); r == nil || r.Reason != "gone" {
		t.Errorf("of a deleted post: %v", r)
	}
}

func (n *node) relocates(a forum.Relocation) *forum.Refusal {
	n.t.Helper()
	return n.does(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Relocate(ctx, tx, []forum.Relocation{a})
	})
}

// A community elsewhere may say that a post of its own has moved to another of its own
// server, by the post's id or by that of its thread; nothing of others, and nothing into
// communities here.
func TestAnnouncedMoves(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	post := s.page()
	dogs := s.home.Group("dogs")
	ours := s.found("ours")
	said := func(by *fedtest.Actor, what fedtest.Doc, from *fedtest.Peer, why string) {
		t.Helper()
		announce := by.Announce(what)
		s.send(announce, from)
		s.settle()
		if why != "" {
			s.refused(announce, why)
		} else {
			s.applied(announce)
		}
	}
	birds := s.away.Group("birds")
	s.send(birds.Accept(s.follows(s.me, birds)), s.away)
	s.settle()
	said(birds, s.eve.Move(post, s.cats.ID, birds.ID, s.there), s.away, "other-server")
	said(s.cats, s.ann.Move(post, s.cats.ID, ours.ID, s.there), s.home, "other-server")
	said(s.cats, s.ann.Move(post, birds.ID, dogs.ID, s.there), s.home, "not-there")
	direct := s.eve.Move(post, s.cats.ID, dogs.ID, s.there)
	s.send(direct, s.away)
	s.settle()
	s.refused(direct, "not-announced")
	s.listed(post, s.cats.ID)

	said(s.cats, s.ann.Move(post, s.cats.ID, dogs.ID, s.there), s.home, "")
	s.listed(post, dogs.ID)
	s.want(1, `select count(*) from moderation m join person a on a.id = m.actor_id where m.verb = 'relocate' and m.target = $1 and a.uri = $2`, post, s.ann.ID)
	s.want(0, `select count(*) from log where verb = 'relocate'`)

	other := s.page()
	if _, err := s.db.Pool().Exec(s.ctx, `insert into thread_check (post_id, context) select id, uri || '/context' from post where uri = $1`, other); err != nil {
		t.Fatal(err)
	}
	said(s.cats, s.ann.Move(other+"/context", s.cats.ID, dogs.ID, s.there), s.home, "")
	s.listed(other, dogs.ID)
}

// A category of NodeBB announces neither that a thread has moved to another, nor that it
// has it no more: somebody of its server says so, naming the thread. Nobody of another
// server does.
func TestMovesOfCategories(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	me := n.join("me")
	p, away := peer(t, fedtest.Options{Software: fedtest.NodeBB}), peer(t, fedtest.Options{Name: "away"})
	cats, dogs, eve, zed := p.Hall("cats"), p.Hall("dogs"), p.Person("eve"), away.Person("zed")
	for _, c := range []*fedtest.Hall{cats, dogs} {
		n.send(c.Accept(n.follows(me, c.Actor)), p)
		n.settle()
	}
	create := cats.Post(eve, fedtest.Post{Title: "One", HTML: "<p>One.</p>"})
	n.send(cats.Announce(create["object"]), p)
	n.settle()
	post, _ := create["object"].(fedtest.Doc)["id"].(string)
	thread, _ := create["object"].(fedtest.Doc)["context"].(string)
	n.listed(post, cats.ID)
	n.want(0, `select count(*) from thread_check where context <> ''`) // it is asked for when it is named
	says := func(what fedtest.Doc, from *fedtest.Peer, why string) {
		t.Helper()
		n.send(what, from)
		n.settle()
		if why != "" {
			n.refused(what, why)
		} else {
			n.applied(what)
		}
	}
	says(zed.Move(away.URL("/nothing"), cats.ID, dogs.ID, cats.There), away, "not-found")
	says(zed.Move(thread, cats.ID, dogs.ID, cats.There), away, "not-announced")
	says(eve.Move(thread, cats.ID, dogs.ID, cats.There), p, "")
	n.listed(post, dogs.ID)
	says(zed.TakeOut(thread, dogs.ID, dogs.There), away, "not-moderator")
	says(eve.TakeOut(thread, cats.ID, cats.There), p, "foreign-announce") // where it is no more
	n.want(0, `select count(*) from post where state <> 0`)
	says(eve.TakeOut(thread, dogs.ID, dogs.There), p, "")
	n.want(1, `select count(*) from post p join moderation m on m.target = p.uri join community c on c.id = m.community_id
		where p.uri = $1 and p.state = 2 and m.verb = 'remove' and c.uri = $2`, post, dogs.ID)
}

// Somebody here who moderates two communities of another server tells the one that a
// post leaves.
func TestMovesElsewhere(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	post := s.page()
	dogs := s.home.Group("dogs")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.home)
	s.settle()
	move := forum.Relocation{By: s.me, Object: post, To: dogs.ID, Reason: "off topic"}
	if r := s.relocates(move); r == nil || r.Reason != "not-moderator" {
		t.Errorf("somebody who moderates neither: %v", r)
	}
	for _, c := range []*fedtest.Actor{s.cats, dogs} {
		announce := c.Announce(s.ann.Add(s.me.URI, c.ID+"/moderators", s.there))
		s.send(announce, s.home)
		s.settle()
		s.applied(announce)
	}
	if r := s.relocates(move); r != nil {
		t.Fatal(r)
	}
	s.listed(post, dogs.ID)
	s.want(1, `select count(*) from log g join outbox_direct o using (at, xid, seq) join server_inbox i on i.id = o.inbox_id
		where g.verb = 'relocate' and i.url = $1 and position(convert_to('"type":"Move"', 'UTF8') in g.direct_doc) > 0`, s.home.SharedInbox())
}

// What becomes of a post that goes on in another community of its server may come in any
// order: what that one announces of it is believed before the move is known, of moves the
// last stands, and a pin holds until the next of them.
func TestMovesInAnyOrder(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	dogs := s.home.Group("dogs")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.home)
	s.settle()
	there := fedtest.Community{ID: dogs.ID}
	start := time.Now().Add(-time.Hour)
	minute := 0
	at := func(doc fedtest.Doc) fedtest.Doc {
		minute++
		doc["published"] = start.Add(time.Duration(minute) * time.Minute).UTC().Format(time.RFC3339)
		return doc
	}
	says := func(by *fedtest.Actor, inner fedtest.Doc) {
		t.Helper()
		announce := by.Announce(inner)
		s.send(announce, s.home)
		s.settle()
		s.applied(announce)
	}
	id := s.page()
	pin := at(s.ann.Add(id, s.cats.ID+"/featured", s.there))
	away, pinThere := at(s.ann.Move(id, s.cats.ID, dogs.ID, s.there)), at(s.ann.Add(id, dogs.ID+"/featured", there))
	back, last := at(s.ann.Move(id, dogs.ID, s.cats.ID, there)), at(s.ann.Move(id, s.cats.ID, dogs.ID, s.there))
	pinLast := at(s.ann.Add(id, dogs.ID+"/featured", there))

	// All of it before any of the moves.
	says(dogs, s.ann.Like(id, there))
	reply := s.ann.Create(fedtest.Post{Community: there, HTML: "<p>There.</p>", InReplyTo: id})
	says(dogs, reply)
	s.want(1, `select count(*) from comment where uri = $1`, object(reply))
	s.listed(id, s.cats.ID)

	says(s.cats, last)
	s.listed(id, dogs.ID)
	says(dogs, pinLast)
	says(dogs, back)
	s.listed(id, dogs.ID)
	s.want(1, `select count(*) from post where uri = $1 and pinned_at is not null`, id)
	says(s.cats, away)
	says(s.cats, pin)
	says(dogs, at(s.ann.TakeOut(id, dogs.ID+"/featured", there)))
	says(dogs, pinThere)
	s.listed(id, dogs.ID)
	s.want(0, `select count(*) from post where pinned_at is not null`)
}

// A post that went on in another community of its server says so where it is read by way
// of the one it left, and is listed where it went; one of another server's is refused.
func TestMovedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	dogs, fish := s.home.Group("dogs"), s.away.Group("fish")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.home)
	s.send(fish.Accept(s.follows(s.me, fish)), s.away)
	s.settle()
	moved := s.eve.Create(fedtest.Post{Community: fedtest.Community{ID: dogs.ID}, Title: "Barks", HTML: "<p>Loud ones.</p>"})
	announce := s.cats.Announce(moved)
	s.send(announce, s.home)
	s.settle()
	s.applied(announce)
	s.listed(object(moved), dogs.ID)

	taken := s.eve.Create(fedtest.Post{Community: fedtest.Community{ID: fish.ID}, Title: "Scales", HTML: "<p>Wet ones.</p>"})
	theft := s.cats.Announce(taken)
	s.send(theft, s.home)
	s.settle()
	s.want(0, `select count(*) from post where uri = $1`, object(taken))
}

// A post is moved although its author had deleted it, as whoever moved it could not know yet.
func TestMoveOfWhatIsDeletedMeanwhile(t *testing.T) {
	w := newTrio(t)
	w.openOthers()
	w.finish()
	post := mustKnow(w, w.posts(w.c, 1, false))
	w.b.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Relocate(ctx, tx, []forum.Relocation{{By: w.b.person(w.b.people[1]), Object: post, From: w.a.community, To: w.a.other}}))
	})
	move := w.held(w.a)
	w.c.deletes(1, post)
	w.finish()
	w.bring(move...)
	w.finish()
	w.shows(1, `select count(*) from post where uri = $1 and state = 1`, post)
	w.c.undeletes(1, post)
	w.ends()
	w.shows(1, `select count(*) from post p join community c on c.id = p.community_id where p.uri = $1 and p.state = 0 and c.uri = $2`, post, w.a.other)
	w.shows(0, `select count(*) from community c where c.local and c.posts <> (select count(*) from placement l join post p on p.id = l.post_id
		where l.community_id = c.id and l.moved_at is null and p.state = 0)`)
}
