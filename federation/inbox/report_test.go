package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// account makes somebody of ours one who is told things; an admin, if so.
func (n *node) account(p forum.Person, admin bool) {
	n.t.Helper()
	if _, err := n.db.Pool().Exec(n.ctx, `insert into account (person_id, password, admin, made_at, changed_at) values ($1, '', $2, now(), now())`, p.ID, admin); err != nil {
		n.t.Fatal(err)
	}
}

// told are what somebody was told of a kind, the newest last, with by whom.
func (n *node) told(p forum.Person, kind int) string {
	n.t.Helper()
	return n.text(`select n.reason || ' of ' || coalesce(a.name, n.server) from notice n left join person a on a.id = n.actor_id where n.person_id = $1 and n.kind = $2 order by n.id`, p.ID, kind)
}

// sent is where a log row goes, and what it says to forums and to microblogs.
func (n *node) sent(verb string, servers ...string) (forums, micro fedtest.Doc) {
	n.t.Helper()
	want := strings.Join(servers, " ")
	have := n.text(`select coalesce(string_agg(s.host, ' ' order by s.host), '') from log g join outbox_direct o on o.at = g.at and o.xid = g.xid and o.seq = g.seq
		join server s on s.id = o.server_id where g.verb = $1 group by g.xid, g.seq order by g.xid, g.seq`, verb)
	if have != want {
		n.t.Errorf("%s goes to %q, want %q", verb, have, want)
	}
	n.want(0, `select count(*) from log where verb = $1 and (community_id is not null or public)`, verb)
	var a, b []byte
	if err := n.db.Pool().QueryRow(n.ctx, `select forum_doc, micro_doc from log where verb = $1 order by xid desc, seq desc limit 1`, verb).Scan(&a, &b); err != nil {
		n.t.Fatalf("%s: %v", verb, err)
	}
	for doc, to := range map[*fedtest.Doc][]byte{&forums: a, &micro: b} {
		if to == nil {
			continue
		}
		if err := json.Unmarshal(to, doc); err != nil {
			n.t.Fatal(err)
		}
		id, _ := (*doc)["id"].(string)
		if d, err := n.db.Reader().Sent(n.ctx, id); err != nil && !errors.Is(err, storage.ErrNotFound) || d.Public {
			n.t.Errorf("%s is served to everybody: %v", id, err)
		}
	}
	return forums, micro
}

// says writes a comment of somebody here and returns its id.
func (n *node) writes(by forum.Person, on, words string) string {
	n.t.Helper()
	if r := n.answer(by, on, words); r != nil {
		n.t.Fatal(r)
	}
	return n.text(`select uri from comment where author_id = $1 order by id desc limit 1`, by.ID)
}

// A report may come from a person or from the actor of a server, about one thing or about
// several: a post, a comment, a person, a community, or this node. Each reaches those whom
// it is for, once.
func TestReportsOfAllKinds(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	me, mod, boss := b.join("me"), b.join("ours"), b.join("boss")
	for _, p := range []forum.Person{me, mod, boss} {
		b.account(p, p.Name == "boss")
	}
	b.appoint(b.c.ID, mod.URI)
	m := peer(t, fedtest.Options{Software: fedtest.Mastodon, Host: "micro.localhost"})
	site, micro := m.Site().ID, strings.TrimPrefix(m.URL(""), "http://")
	flag := func(reason string, objects ...any) fedtest.Doc {
		d := m.Person("zed").Flag("x", reason, b.c)
		return with(d, "id", fmt.Sprintf("%s/%d", d["id"], b.number(`select count(*) from received`)), "object", objects)
	}
	takes := func(d fedtest.Doc) fedtest.Doc {
		t.Helper()
		b.send(d, m)
		b.settle()
		b.applied(d)
		return d
	}
	refuses := func(d fedtest.Doc, no string) {
		t.Helper()
		b.send(d, m)
		b.settle()
		b.refused(d, no)
	}
	post := b.posts(b.eve, "One")
	mine := b.writes(me, post, "Mine.")

	b.takes(b.eve.Flag(post, "my own", b.c))
	takes(flag("by a server", me.URI, mine))
	b.want(1, `select count(*) from report r join comment m on m.id = r.comment_id where m.uri = $1 and r.by_id is null and r.by_uri = $2 and r.server = $3`, mine, site, micro)
	both := "my own of eve\nby a server of " + micro
	if have := b.told(mod, 7); have != both {
		t.Errorf("the moderator was told %q, want %q", have, both)
	}
	if have := b.told(boss, 7); have != both {
		t.Errorf("the admin was told %q, want %q", have, both)
	}
	takes(flag("by a server again", mine)) // which changes nothing
	takes(flag("this one", me.URI))
	takes(flag("all of it", b.c.ID))
	takes(flag("this server", b.url+"/"))
	b.want(1, `select count(*) from report where person_id = $1 and community_id is null`, me.ID)
	b.want(1, `select count(*) from report where community_id is not null and post_id is null and comment_id is null and person_id is null`)
	b.want(1, `select count(*) from report where coalesce(post_id, comment_id, person_id, community_id) is null`)
	if have, want := b.told(boss, 7), both+strings.ReplaceAll("\nthis one of M\nall of it of M\nthis server of M", "M", micro); have != want {
		t.Errorf("the admin was told %q, want %q", have, want)
	}
	if have := b.told(mod, 7); have != both {
		t.Errorf("the moderator was told %q, want %q", have, both)
	}
	b.want(5, `select count(*) from report where closed_at is null`)
	refuses(flag("not ours", b.eve.ID), "not-our-community")
	refuses(flag("nothing", b.url+"/post/4711"), "reports nothing that is here")
	refuses(flag("nothing", site, m.URL("/x")), "reports nothing that is here")
	refuses(flag("none"), "reports nothing that is here")
	if asked(m, m.URL("/x")) {
		t.Error("what a report names was fetched")
	}

	// Of many, the first are looked at; and a server has a share for a day.
	var many []any
	for i := range forum.MaxReported + 1 {
		many = append(many, b.writes(me, post, fmt.Sprint("Number ", i)))
	}
	takes(flag("many", many...))
	b.want(forum.MaxReported, `select count(*) from report where reason = 'many'`)
	if _, err := b.db.Pool().Exec(b.ctx, `insert into report (at, by_uri, server, domain, person_id, reason, closed_at) select now(), '', server, domain, $2, '', now()
		from (select server, domain from report where server = $1 limit 1) r, generate_series(1, 500)`, micro, me.ID); err != nil {
		t.Fatal(err)
	}
	refuses(flag("too many", many[forum.MaxReported]), "too-many-reports")
	// Of whoever has one host below that domain and any number more.
	other := peer(t, fedtest.Options{Software: fedtest.Mastodon, Host: "another.micro.localhost"})
	again := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "type": "Flag", "id": other.URL("/flags/1"), "actor": other.Site().ID, "object": many[forum.MaxReported]}
	b.send(again, other)
	b.settle()
	b.refused(again, "too-many-reports")
	third := peer(t, fedtest.Options{Software: fedtest.Mastodon, Host: "micro2.localhost"})
	again = fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "type": "Flag", "id": third.URL("/flags/1"), "actor": third.Site().ID, "object": many[forum.MaxReported]}
	b.send(again, third)
	b.settle()
	b.applied(again)

	undo := with(m.Person("zed").Undo(flag("by a server", mine), b.c), "actor", site)
	takes(undo)
	b.want(0, `select count(*) from report where comment_id = (select id from comment where uri = $1) and closed_at is null`, mine)
}

// What is reported in a community of ours its moderators on other servers are told, and
// the server of its author, and nobody else: to forums as it came, inside an Announce, to
// microblogs by the node, without who reported it. So is that it is taken back, or dealt
// with, and the latter the reporter's server too.
func TestReportsArePassedOn(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	far, third := peer(t, fedtest.Options{Software: fedtest.Lemmy, Host: "far.localhost"}), peer(t, fedtest.Options{Software: fedtest.PieFed, Host: "third.localhost"})
	host := func(p *fedtest.Peer) string { return strings.TrimPrefix(p.URL(""), "http://") }
	ann, zed, fan := far.Person("ann"), third.Person("zed"), peer(t, fedtest.Options{Software: fedtest.Mbin, Host: "fan.localhost"})
	takes := func(d fedtest.Doc, p *fedtest.Peer) fedtest.Doc {
		t.Helper()
		b.send(d, p)
		b.settle()
		b.applied(d)
		return d
	}
	takes(fan.Person("fan").Follow(b.c.ID), fan) // who hears nothing of all this
	post := object(takes(zed.Create(fedtest.Post{Community: b.c, Title: "Bad", HTML: "<p>Bad.</p>"}), third))
	takes(ann.Like(post, b.c), far)
	b.appoint(b.c.ID, ann.ID)
	b.takes(b.mod.Like(post, b.c))
	b.appoint(b.c.ID, b.mod.ID) // of the reporter's server, which knows

	flag := b.takes(b.eve.Flag(post, "bad words", b.c))
	announce, micro := b.sent("report", host(far), host(third))
	inner, _ := announce["object"].(map[string]any)
	if announce["type"] != "Announce" || announce["actor"] != b.c.ID || inner["id"] != flag["id"] || inner["actor"] != b.eve.ID {
		t.Errorf("forums are told %v", announce)
	}
	objects, _ := micro["object"].([]any)
	if micro["type"] != "Flag" || micro["actor"] != b.url+"/" || micro["content"] != "bad words" || len(objects) != 2 || objects[0] != zed.ID || objects[1] != post ||
		strings.Contains(fmt.Sprint(micro), b.eve.ID) {
		t.Errorf("microblogs are told %v", micro)
	}

	back := b.takes(b.eve.Undo(flag, b.c))
	announce, micro = b.sent("withdraw", host(far), host(third))
	if inner, _ = announce["object"].(map[string]any); inner["id"] != back["id"] || micro != nil {
		t.Errorf("taken back as %v, %v", announce, micro)
	}

	// Somebody here reports, and a moderator elsewhere deals with it.
	me := b.join("me")
	b.account(me, false)
	if r := b.reports(me, post, "bad indeed"); r != nil {
		t.Fatal(r)
	}
	b.want(1, `select count(*) from report r where r.by_id = $1 and r.closed_at is null`, me.ID)
	again := b.takes(b.eve.Flag(post, "again", b.c))
	resolve := func(by *fedtest.Actor, of any) fedtest.Doc {
		d := by.Lock(post, b.c)
		return with(d, "type", "Resolve", "id", fmt.Sprint(d["id"], "resolve"), "object", of)
	}
	b.refuses(resolve(b.eve, again), "not-moderator")
	b.want(2, `select count(*) from report where closed_at is null`)
	takes(resolve(ann, again), far)
	announce, _ = b.sent("resolve", b.p.URL("")[len("http://"):]+" "+host(third))
	if inner, _ = announce["object"].(map[string]any); inner["type"] != "Resolve" || inner["actor"] != ann.ID {
		t.Errorf("resolved as %v", announce)
	}
	ours := b.text(`select activity from report where by_id = $1`, me.ID)
	takes(resolve(ann, ours), far) // by the id of the report alone
	b.want(0, `select count(*) from report where closed_at is null`)
	b.want(1, `select count(*) from notice where person_id = $1 and kind = 14`, me.ID)
	b.refuses(resolve(b.mod, "https://nowhere.example/flag/1"), "no report that is open here")
}

// reports tells moderators of something in somebody's name.
func (n *node) reports(by forum.Person, object, reason string) *forum.Refusal {
	n.t.Helper()
	return n.does(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Report(ctx, tx, []forum.Report{{By: by, Object: object, Reason: reason}})
	})
}

// does performs one act in a transaction, and returns why it was refused.
func (n *node) does(what func(context.Context, *storage.Tx) ([]forum.Outcome, error)) (no *forum.Refusal) {
	n.t.Helper()
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := what(ctx, tx)
		if err == nil {
			no = out[0].Refused
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return no
}

// What is reported in a community elsewhere is for this node where its author lives here,
// or somebody who moderates there. What somebody here reports there goes to its home.
func TestReportsInCommunitiesElsewhere(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	boss := s.join("boss")
	s.account(boss, true)
	s.account(s.me, false)
	id := s.page()
	mine := s.writes(s.me, id, "Mine.")
	flagged := func(what string) fedtest.Doc {
		announce := s.cats.Announce(s.eve.Flag(what, "look at "+what, s.there))
		s.send(announce, s.home)
		s.settle()
		return announce
	}
	s.applied(flagged(mine))
	if have := s.told(boss, 7); have != "look at "+mine+" of "+s.text(`select server from notice where person_id = $1`, boss.ID) {
		t.Errorf("the admin was told %q", have)
	}
	s.refused(flagged(id), "not-our-community")
	s.send(s.cats.Announce(s.ann.Add(s.me.URI, s.cats.ID+"/moderators", s.there)), s.home)
	s.settle()
	s.applied(flagged(id))
	if have := s.told(s.me, 7); !strings.HasPrefix(have, "look at "+id) {
		t.Errorf("the moderator was told %q", have)
	}

	// A community of another server says nothing about it.
	dogs := s.away.Group("dogs")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.away)
	s.settle()
	lie := dogs.Announce(s.eve.Flag(id, "I say so", s.there))
	s.send(lie, s.away)
	s.settle()
	s.refused(lie, "foreign-announce")

	if r := s.reports(boss, id, "off topic"); r != nil {
		t.Fatal(r)
	}
	flag, micro := s.sent("report", strings.TrimPrefix(s.home.URL(""), "http://"))
	if flag["type"] != "Flag" || flag["actor"] != boss.URI || flag["object"] != id || micro["actor"] != s.url+"/" {
		t.Errorf("the home is told %v, %v", flag, micro)
	}
	// Its home says that this is dealt with, or somebody of it.
	resolve := with(s.ann.Lock(id, s.there), "type", "Resolve", "object", flag)
	s.send(s.cats.Announce(resolve), s.home)
	s.settle()
	s.want(1, `select count(*) from notice where person_id = $1 and kind = 14`, boss.ID)
	s.want(0, `select count(*) from report where by_id = $1 and closed_at is null`, boss.ID)

	// Of somebody elsewhere: to their server.
	s.send(s.cats.Announce(s.eve.Create(fedtest.Post{Community: s.there, InReplyTo: id, HTML: "<p>Hers.</p>"})), s.home)
	s.settle() // now she is known
	if r := s.reports(s.me, s.eve.ID, "rude"); r != nil {
		t.Fatal(r)
	}
	s.want(1, `select count(*) from log g join outbox_direct o on o.at = g.at and o.xid = g.xid and o.seq = g.seq join server s on s.id = o.server_id
		where g.verb = 'report' and g.subject = $1 and s.host = $2`, s.eve.ID, strings.TrimPrefix(s.away.URL(""), "http://"))
	if have := s.told(boss, 7); !strings.HasSuffix(have, "rude of me") {
		t.Errorf("the admin was told %q", have)
	}
}

// A community that takes back what it announced has removed it; so has one that deletes
// it in its own name. Nobody else's boost counts.
func TestTakenBackAnnounces(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	mine := s.writes(s.me, id, "Mine.")
	says := func(d fedtest.Doc, p *fedtest.Peer) fedtest.Doc {
		t.Helper()
		s.send(d, p)
		s.settle()
		s.applied(d)
		return d
	}
	boost := says(s.cats.Announce(id), s.home)
	says(s.eve.Undo(with(s.eve.Announce(id), "object", id), fedtest.Community{}), s.away)
	s.are("0", id)
	says(s.cats.Undo(boost, fedtest.Community{}), s.home)
	s.are("2", id)
	s.want(1, `select count(*) from moderation where verb = 'recall' and target = $1 and actor_id is null`, id)
	deletion := says(with(s.cats.Delete(mine, fedtest.Community{}), "to", []any{fedtest.Public}), s.home)
	s.are("2", mine)
	says(s.cats.Undo(deletion, fedtest.Community{}), s.home)
	s.are("0", mine)

	dogs := s.home.Group("dogs")
	s.send(dogs.Accept(s.follows(s.me, dogs)), s.home)
	s.settle()
	lie := with(dogs.Delete(mine, fedtest.Community{}), "to", []any{fedtest.Public})
	s.send(lie, s.home)
	s.settle()
	s.refused(lie, "foreign-announce")
	s.are("0", mine)
}

// An author who does not let a community announce something (GoToSocial) has it removed
// there, and the boost with it. Nobody else has.
func TestAuthorsRefuseToBeAnnounced(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.GoToSocial)
	post := b.posts(b.eve, "One")
	boost := b.text(`select boost_id from placement`)
	reject := func(by *fedtest.Actor, what string) fedtest.Doc {
		d := by.Like(post, b.c)
		return with(d, "type", "Reject", "id", fmt.Sprint(d["id"], "reject"), "object", what)
	}
	b.refuses(reject(b.mod, boost), "not-author")
	b.refuses(reject(b.eve, b.url+"/activities/none"), "answers no follow of ours")
	b.are("0", post)
	b.takes(reject(b.eve, boost))
	b.are("2", post)
	b.want(1, `select count(*) from log where verb = 'remove' and position(convert_to($1, 'UTF8') in micro_doc) > 0 and position(convert_to('"Undo"', 'UTF8') in micro_doc) > 0`, boost)
	b.want(1, `select count(*) from log where verb = 'remove' and position(convert_to($1, 'UTF8') in direct_doc) > 0 and signer = $2`, `"actor":"`+b.c.ID+`"`, b.c.ID)
}

// Whose author wants to be asked first, as GoToSocial lets people, is shown here and told
// to nobody, nor is what is said below it; the author alone gets the boost, and what they
// answer by its id decides: with their consent, which goes along, it is announced under
// that id. Who says no, says nothing, or lets nobody, is not announced.
func TestAuthorsAreAskedBefore(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.GoToSocial)
	one, own := fedtest.Doc{}, []any{b.eve.ID, b.eve.ID + "/followers"}
	posts := func(title string, policy fedtest.Doc) string {
		t.Helper()
		one = b.eve.Create(fedtest.Post{Community: b.c, Title: title, HTML: "<p>" + title + "</p>"})
		one["object"].(fedtest.Doc)["interactionPolicy"] = fedtest.Doc{"canAnnounce": policy, "canLike": fedtest.Doc{"automaticApproval": []any{fedtest.Public}}}
		return object(b.takes(one))
	}
	answer := func(by *fedtest.Actor, kind, what, result string) fedtest.Doc {
		d := by.Like(what, b.c)
		delete(d, "content")
		return with(d, "type", kind, "id", fmt.Sprint(d["id"], kind), "object", what, "result", result)
	}
	told := func(want int) {
		t.Helper()
		b.want(want, `select count(*) from log where forum_doc is not null or micro_doc is not null`)
	}
	asked := func(post string) string {
		t.Helper()
		b.are("0", post)
		b.want(1, `select count(*) from log g join outbox_direct d using (at, xid, seq) join server_inbox i on i.id = d.inbox_id
			where g.verb = 'request' and g.subject = $1 and i.url = $2 and g.signer = $3 and position(convert_to('"Announce"', 'UTF8') in g.direct_doc) > 0`, post, b.eve.Inbox, b.c.ID)
		id := b.text(`select asked from post where uri = $1`, post)
		b.want(1, `select count(*) from log where verb = 'request' and position(convert_to($1, 'UTF8') in direct_doc) > 0`, id)
		return id
	}
	first := posts("One", fedtest.Doc{"automaticApproval": own, "manualApproval": []any{fedtest.Public}})
	boost := asked(first)
	reply := b.replies(b.mod, first, "below")
	b.takes(b.mod.Like(first, b.c))
	b.takes(b.mod.Like(reply, b.c))
	b.takes(b.eve.Update(one["object"].(fedtest.Doc), b.c, func(o fedtest.Doc) { o["content"] = "<p>Two</p>" }))
	b.takes(b.mod.Delete(reply, b.c))
	told(0)
	b.refuses(answer(b.mod, "Accept", boost, b.p.URL("/approvals/1")), "not-author")
	told(0)
	b.takes(answer(b.eve, "Accept", boost, b.p.URL("/approvals/1")))
	told(1)
	b.want(1, `select count(*) from log where verb = 'submit' and announcer = $1 and position(convert_to($2, 'UTF8') in micro_doc) > 0
		and position(convert_to($3, 'UTF8') in micro_doc) > 0 and position(convert_to('"Create"', 'UTF8') in forum_doc) > 0 and position(convert_to('Two', 'UTF8') in forum_doc) > 0`,
		b.c.ID, `"id":"`+boost+`"`, `"announceAuthorization":"`+b.p.URL("/approvals/1")+`"`)
	b.want(1, `select count(*) from placement where boost_id = $1 and announce_id <> '' and told_xid > 0`, boost)
	b.refuses(answer(b.mod, "Accept", b.url+"/activities/none", ""), "answers no follow of ours")
	b.replies(b.mod, first, "below again")
	told(2)
	b.takes(answer(b.eve, "Reject", boost, "")) // they have thought better of it
	b.are("2", first)
	told(3)

	second := posts("Two", fedtest.Doc{"manualApproval": []any{b.c.ID}})
	boost = asked(second)
	b.takes(answer(b.eve, "Reject", boost, ""))
	b.are("0", second)
	// Nor does that answer the follow of somebody here who waits for them.
	state := `select state from follow f join community c on c.id = f.community_id where c.uri = $1`
	if err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{b.eve.ID})
		if err != nil {
			return err
		}
		return tx.OpenWall(ctx, people[b.eve.ID])
	}); err != nil {
		t.Fatal(err)
	}
	b.follows(b.join("eager"), b.eve)
	for _, kind := range []string{"Accept", "Reject"} {
		b.refuses(answer(b.eve, kind, boost, b.p.URL("/approvals/2")), "answers no follow of ours")
		b.refuses(with(answer(b.eve, kind, boost, ""), "id", b.p.URL("/"+kind), "object", fedtest.Doc{"type": "Announce", "id": b.url + "/activities/none", "actor": b.c.ID, "object": second}), "answers no follow of ours")
		b.want(1, state, b.eve.ID)
	}
	told(3)

	third := posts("Three", fedtest.Doc{"approvalRequired": []any{fedtest.Public}})
	boost = asked(third)
	b.takes(answer(b.eve, "Accept", boost, "https://elsewhere.example/approvals/3")) // by no word of theirs
	b.want(1, `select count(*) from post where uri = $1 and approval = '' and not withheld`, third)
	told(4)

	b.are("0", posts("Four", fedtest.Doc{"automaticApproval": own}))
	b.are("0", posts("Five", fedtest.Doc{}))
	b.want(3, `select count(*) from log where verb = 'request'`)
	told(4)
	posts("Six", fedtest.Doc{"always": "as:Public"})
	posts("Seven", fedtest.Doc{"automaticApproval": []any{b.c.ID}, "manualApproval": []any{fedtest.Public}})
	told(6)
	b.want(3, `select count(*) from log where verb = 'request'`)
	b.counted()
}

// What authors say later counts: who lets a community announce what it could not has it
// announced then, with the words of now; who takes that back, by the policy or by deleting what they gave out,
// has it taken away. An Update that says nothing of it changes nothing, nor does one that came too late.
func TestAuthorsReconsiderAnnounces(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.GoToSocial)
	policy := func(who ...any) fedtest.Doc {
		return fedtest.Doc{"canAnnounce": fedtest.Doc{"automaticApproval": who}, "canLike": fedtest.Doc{"automaticApproval": []any{fedtest.Public}}}
	}
	posts := func(title string, allowed fedtest.Doc) (fedtest.Doc, string) {
		t.Helper()
		doc := b.eve.Create(fedtest.Post{Community: b.c, Title: title, HTML: "<p>" + title + "</p>"})
		doc["object"].(fedtest.Doc)["interactionPolicy"] = allowed
		return doc, object(b.takes(doc))
	}
	at := time.Now().Add(-time.Hour)
	says := func(doc fedtest.Doc, html string, change func(o fedtest.Doc)) fedtest.Doc {
		at = at.Add(time.Minute) // each later than the one before
		return b.eve.Update(doc["object"].(fedtest.Doc), b.c, func(o fedtest.Doc) {
			o["content"], o["updated"] = "<p>"+html+"</p>", at.UTC().Format(time.RFC3339)
			change(o)
		})
	}
	told := func(want int, verb string) {
		t.Helper()
		b.want(want, `select count(*) from log where verb = $1 and (forum_doc is not null or micro_doc is not null)`, verb)
	}
	one, first := posts("One", policy(b.eve.ID))
	early := says(one, "earlier", func(o fedtest.Doc) { o["interactionPolicy"] = policy(b.eve.ID) })
	b.takes(says(one, "later", func(o fedtest.Doc) { delete(o, "interactionPolicy") }))
	told(0, "submit")
	b.takes(says(one, "now", func(o fedtest.Doc) { o["interactionPolicy"] = policy(fedtest.Public) }))
	told(1, "submit")
	told(0, "edit")
	b.want(1, `select count(*) from log where verb = 'submit' and position(convert_to('now', 'UTF8') in forum_doc) > 0 and position(convert_to('"Announce"', 'UTF8') in micro_doc) > 0`)
	b.takes(early)
	b.are("0", first)
	b.takes(says(one, "open still", func(o fedtest.Doc) { o["interactionPolicy"] = policy(fedtest.Public) }))
	told(1, "submit")
	told(1, "edit")
	b.takes(says(one, "mine", func(o fedtest.Doc) { o["interactionPolicy"] = policy(b.eve.ID) }))
	b.are("2", first)
	told(1, "remove")

	// What was given out for it is deleted, by whom it is.
	asks := policy()
	asks["canAnnounce"] = fedtest.Doc{"manualApproval": []any{b.c.ID}}
	doc, second := posts("Two", asks)
	boost, approval := b.text(`select asked from post where uri = $1`, second), b.p.URL("/approvals/1")
	accept := b.eve.Like(boost, b.c)
	delete(accept, "content")
	b.takes(with(accept, "type", "Accept", "object", boost, "result", approval))
	told(2, "submit")
	b.takes(says(doc, "mine alone, but for whom I let", func(o fedtest.Doc) { o["interactionPolicy"] = policy(b.eve.ID) }))
	b.are("0", second)
	b.refuses(b.mod.Delete(approval, b.c), "not-author")
	b.are("0", second)
	b.takes(b.eve.Delete(approval, b.c))
	b.are("2", second)
	told(2, "remove")
	b.counted()
}

// Lemmy 0.19 removes a comment without a word: of a moderator it is a removal all the same.
func TestLemmyTrap31RemovalsMayLackASummary(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	post := b.posts(b.eve, "One")
	reply := b.replies(b.eve, post, "hers")
	b.takes(b.mod.Like(post, b.c))
	wordless := func() fedtest.Doc {
		d := b.mod.Remove(reply, "", b.c)
		delete(d, "summary")
		return d
	}
	b.refuses(wordless(), "not-author")
	b.appoint(b.c.ID, b.mod.ID)
	removal := b.takes(wordless())
	b.are("02", post, reply)
	b.takes(b.mod.Undo(removal, b.c))
	b.are("00", post, reply)
	b.takes(b.eve.Delete(reply, b.c))
	b.are("01", post, reply)
}

// That a report has been dealt with is for the server of whom it is about to say, but it
// takes nothing from before the eyes of the admins here.
func TestNobodyHidesReportsOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	me, boss := b.join("me"), b.join("boss")
	b.account(me, false)
	b.account(boss, true)
	b.posts(b.eve, "One")
	err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := b.forum.Report(ctx, tx, []forum.Report{{By: me, Object: b.eve.ID, Reason: "a bully"}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	id := b.text(`select activity from report`)
	b.takes(with(b.mod.Like(b.eve.ID, b.c), "type", "Resolve", "id", b.p.URL("/resolve/1"), "object", id))
	b.want(1, `select count(*) from report where closed_at is not null`)
	if have := b.told(boss, 7); have != "a bully of me" {
		t.Errorf("the admin was told %q", have)
	}
}
