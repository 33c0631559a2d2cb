package inbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// thread posts something of ann's in the community and returns its id.
func (s *strangers) thread() string {
	s.t.Helper()
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>A thread</p>"})
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1`, object(create))
	return object(create)
}

// answering writes an answer, which nobody has sent yet.
func answering(by *fedtest.Actor, to, words string) fedtest.Doc {
	return by.Create(fedtest.Post{HTML: "<p>" + words + "</p>", InReplyTo: to})
}

// Replies from microblogs often mention nobody but whom they answer.
func TestReplyNeedNotNameTheCommunity(t *testing.T) {
	t.Parallel()
	s := meet(t)
	reply := answering(s.eve, s.thread(), "yes")
	s.send(reply, s.other)
	s.settle()
	s.want(1, `select count(*) from comment where uri = $1 and depth = 1`, object(reply))
	s.want(1, `select count(*) from log where verb = 'reply' and community_id is not null and micro_doc is null`)
}

func TestLeadingMentionsAreTakenOff(t *testing.T) {
	t.Parallel()
	s := meet(t)
	reply := s.eve.Create(fedtest.Post{
		Community: s.community, InReplyTo: s.thread(), HTML: "<p>I think so.</p>",
		ParentBy: fedtest.Mention{ID: s.ann.ID, Handle: s.ann.Handle()},
	})
	s.send(reply, s.other)
	s.settle()
	if html := s.text(`select html from comment`); html != "<p>I think so.</p>" {
		t.Errorf("html %q", html)
	}
}

// Whatever order a conversation arrives in, also within one batch.
func TestRepliesBeforeWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	var chain []fedtest.Doc
	for parent, i := root, 0; i < 5; i++ {
		chain = append(chain, answering([]*fedtest.Actor{s.eve, s.ann}[i%2], parent, fmt.Sprint("number ", i)))
		parent = object(chain[i])
	}
	for i := range chain {
		a := chain[len(chain)-1-i]
		s.send(a, []*fedtest.Peer{s.other, s.home}[(len(chain)-1-i)%2])
	}
	s.settle()
	s.want(5, `select max(depth) from comment`)
	s.want(5, `select comments from post`)
	for _, a := range chain {
		s.applied(a)
	}
}

func TestMissingParentsAreFetched(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	// Three answers that nobody delivered here, by people nobody here knows.
	one := answering(s.zoe, root, "one")
	two := answering(s.other.Person("kim"), object(one), "two")
	three := answering(s.other.Person("lee"), object(two), "three")
	four := answering(s.eve, object(three), "four")
	s.send(four, s.other)
	s.settle()
	s.applied(four)
	s.want(4, `select count(*) from comment`)
	s.want(1, `select count(*) from comment c join comment p on p.id = c.parent_id where c.uri = $1 and p.uri = $2 and c.depth = 4`, object(four), object(three))
	s.want(1, `select count(*) from person where uri = $1`, s.other.Person("lee").ID)
	// They are announced like any other, each as a whole activity: forums refuse a
	// bare object.
	s.want(4, `select count(*) from log where verb = 'reply'`)
	s.want(4, `select count(*) from log where verb = 'reply' and convert_from(forum_doc, 'UTF8')::jsonb #>> '{object,type}' = 'Create'
		and convert_from(forum_doc, 'UTF8')::jsonb #>> '{object,object,id}' = subject`)
}

func TestReplyToAWholeThreadElsewhere(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.zoe.Create(fedtest.Post{HTML: "<p>Not about this community</p>"})
	reply := s.eve.Create(fedtest.Post{Community: s.community, HTML: "<p>You there</p>", InReplyTo: object(root)})
	s.send(reply, s.other)
	s.settle()
	s.refused(reply, "addressed to no community here")
	s.want(0, `select count(*) from post`)
	s.want(0, `select count(*) from comment`)
}

// A post that was addressed here, but not delivered, is found through its answer.
func TestReplyBringsItsPost(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>Lost on the way</p>"})
	reply := answering(s.eve, object(root), "found")
	s.send(reply, s.other)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and comments = 1`, object(root))
	s.send(root, s.home) // and here it comes
	s.settle()
	s.want(1, `select count(*) from post`)
	s.want(1, `select count(*) from log where verb = 'submit'`)
}

// brokenParents are ways in which what is answered is not to be had.
var brokenParents = []struct {
	name, reason string
	parent       func(s *strangers) string
}{
	{"deleted", "gone", func(s *strangers) string {
		a := answering(s.zoe, s.url+"/post/1", "x")
		s.home.Gone(object(a))
		return object(a)
	}},
	{"never written", "not-found", func(s *strangers) string { return s.home.URL("/users/zoe/statuses/1") }},
	{"ours, never written", "no such object here", func(s *strangers) string { return s.url + "/post/99999" }},
	{"an actor", "its id", func(s *strangers) string { return s.home.URL("/users/zoe#note") }},
	{"for followers only", "not public", func(s *strangers) string {
		return object(s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>", Audience: fedtest.FollowersOnly}))
	}},
	{"served by another server", "id-mismatch", func(s *strangers) string {
		a := answering(s.zoe, s.url+"/post/1", "x")
		s.other.Put("/copy", a["object"])
		s.home.Remove(object(a))
		return s.other.URL("/copy")
	}},
	{"by an author elsewhere", "different servers", func(s *strangers) string {
		return object(rework(s.home, answering(s.zoe, s.url+"/post/1", "x"), func(_, o fedtest.Doc) { o["attributedTo"] = s.eve.ID }))
	}},
	{"a ring", "answers itself", func(s *strangers) string {
		a := answering(s.zoe, s.url+"/post/1", "x")
		b := answering(s.zoe, object(a), "y")
		rework(s.home, a, func(_, o fedtest.Doc) { o["inReplyTo"] = object(b) })
		return object(b)
	}},
	{"fifty-one deep", "too many parents", func(s *strangers) string {
		parent := s.url + "/post/1"
		for range maxParents + 1 {
			parent = object(answering(s.zoe, parent, "x"))
		}
		return parent
	}},
	{"not a document", "wrong-type", func(s *strangers) string {
		s.home.PutAnswer("/upload", fedtest.Answer{ContentType: "application/json", Body: []byte(`{"id":"` + s.home.URL("/upload") + `","type":"Note"}`)})
		return s.home.URL("/upload")
	}},
	{"no address", "bad-url", func(*strangers) string { return "tag:example.org,2026:1" }},
}

func TestBrokenParents(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for _, c := range brokenParents {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before := s.snapshot("received", "person", "actor_key")
			reply := answering(s.eve, c.parent(s), "really?")
			s.send(reply, s.other)
			s.settle()
			s.refused(reply, c.reason)
			s.unchanged(before)
		})
	}
}

// One answer must not make this server ask any number of made-up hosts.
func TestParentsOnManyHosts(t *testing.T) {
	t.Parallel()
	s := meet(t)
	parent := s.url + "/post/1"
	var peers []*fedtest.Peer
	for i := range maxHosts + 1 {
		p := peer(t, fedtest.Options{Name: fmt.Sprintf("h%d.wild", i)})
		peers = append(peers, p)
		parent = object(answering(p.Person("ann"), parent, "x"))
	}
	reply := answering(s.eve, parent, "x")
	s.send(reply, s.other)
	s.settle()
	s.refused(reply, "too many parents")
	if got := len(peers[0].Fetched()); got != 0 {
		t.Errorf("asked host number %d", maxHosts+1)
	}
}

// What waits for one server holds up nobody else, and not even its author's other
// acts.
func TestWaitingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	slow := answering(s.zoe, root, "slow")
	s.home.PutAnswer(object(slow), fedtest.Answer{Hang: true})
	stuck := answering(s.eve, object(slow), "stuck")
	s.send(stuck, s.other)
	s.until(1, `select count(*) from received where state = 2`)
	free := answering(s.eve, root, "free")
	s.send(free, s.other)
	s.until(1, `select count(*) from comment where uri = $1`, object(free))
	s.want(1, `select count(*) from received where state = 2`)
	// It is there at last.
	s.home.Put(object(slow), slow["object"])
	s.until(1, `select count(*) from comment where uri = $1`, object(stuck))
}

// The end of a fetch that nobody heard of is made up for.
func TestWaitingIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	parent := answering(s.zoe, root, "parent")
	late := answering(s.eve, object(parent), "late")
	s.home.PutAnswer(object(parent), fedtest.Answer{Status: 503})
	s.send(late, s.other)
	s.until(1, `select count(*) from received where state = 2`)
	s.home.Put(object(parent), parent["object"])
	s.send(parent, s.home) // it comes by itself; the job still sleeps
	s.until(1, `select count(*) from comment where uri = $1`, object(parent))
	if _, err := s.db.Pool().Exec(s.ctx, `update received set next_at = now() where state = 2`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.WakeDue(s.ctx); err != nil {
		t.Fatal(err)
	}
	ring(s.in.ready)
	s.until(1, `select count(*) from comment where uri = $1`, object(late))
}

func TestGivingUpAfterManyTries(t *testing.T) {
	t.Parallel()
	s := meet(t)
	late := answering(s.eve, s.home.URL("/users/zoe/statuses/1"), "late")
	s.home.PutAnswer("/users/zoe/statuses/1", fedtest.Answer{Status: 503})
	s.send(late, s.other)
	s.until(1, `select count(*) from received where state = 2`)
	if _, err := s.db.Pool().Exec(s.ctx, `update received set tries = 8, state = 1 where state = 2`); err != nil {
		t.Fatal(err)
	}
	ring(s.in.ready)
	s.until(1, `select count(*) from received where state = 4 and reason like 'gave up waiting for %'`)
	// The same answer may come again later.
	s.want(0, `select count(*) from seen where hash = substring(sha256(convert_to($1, 'UTF8') || '\x00'::bytea || convert_to($2, 'UTF8')) for 16)`, s.eve.ID, late["id"])
}

func TestVeryLongThreadsEndAtOneDepth(t *testing.T) {
	t.Parallel()
	s := meet(t)
	parent := s.thread()
	for i := range 55 {
		reply := answering(s.eve, parent, fmt.Sprint(i))
		s.send(reply, s.other)
		parent = object(reply)
	}
	s.settle()
	s.want(50, `select max(depth) from comment`)
	s.want(55, `select count(*) from comment`)
}

// until waits for a number of the database.
func (n *node) until(want int, sql string, args ...any) {
	n.t.Helper()
	for n.number(sql, args...) != want {
		select {
		case <-n.ctx.Done():
			n.t.Fatalf("%s %v never became %d\n%s", sql, args, want, n.verdicts())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestHTMLOfRepliesIsSafe(t *testing.T) {
	t.Parallel()
	s := meet(t)
	reply := answering(s.eve, s.thread(), `<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">y</a> words`)
	s.send(reply, s.other)
	s.settle()
	html := s.text(`select html from comment`)
	for _, bad := range []string{"<script", "onerror", "javascript:", "<img"} {
		if strings.Contains(html, bad) {
			t.Errorf("%q in %s", bad, html)
		}
	}
	if !strings.Contains(html, "words") {
		t.Errorf("html %s", html)
	}
}

// Whoever wants to be asked before others answer them (GoToSocial) agrees by the id of the
// answer, by that of its Create, or to a ReplyRequest; what they give out for it goes along
// with the answer from then on, until they take that back. Nobody else agrees for them, and
// who takes no answers gets none.
func TestAuthorsAreAskedForAnswers(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.GoToSocial)
	me := b.join("me")
	posts := func(title string, policy any, mentions ...any) string {
		t.Helper()
		one := b.eve.Create(fedtest.Post{Community: b.c, Title: title, HTML: "<p>" + title + "</p>"})
		o := one["object"].(fedtest.Doc)
		o["interactionPolicy"] = fedtest.Doc{"canReply": policy}
		for _, m := range mentions {
			o["tag"] = []any{fedtest.Doc{"type": "Mention", "href": b.c.ID}, fedtest.Doc{"type": "Mention", "href": m}}
		}
		return object(b.takes(one))
	}
	answered := 0
	answer := func(by *fedtest.Actor, kind string, what, result any) fedtest.Doc {
		answered++
		d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": b.p.URL(fmt.Sprint("/answers/", answered)), "type": kind, "actor": by.ID, "to": me.URI, "object": what}
		if result != nil {
			d["result"] = result
		}
		return d
	}
	leave := func(reply string, want forum.Leave) {
		t.Helper()
		if have := b.tagsOf(reply).Leave; have != want {
			t.Errorf("%+v, want %+v", have, want)
		}
	}
	told := func(want int, reply, approval string) {
		t.Helper()
		b.want(want, `select count(*) from log where verb = 'edit' and subject = $1 and position(convert_to($2, 'UTF8') in direct_doc) > 0
			and position(convert_to('"updated"', 'UTF8') in direct_doc) = 0`, reply, `"replyAuthorization":"`+approval+`"`)
	}
	first, second := b.p.URL("/authorizations/1"), b.p.URL("/authorizations/2")
	own := []any{b.eve.ID}

	asked := posts("One", fedtest.Doc{"automaticApproval": own, "manualApproval": []any{fedtest.Public}})
	one := b.writes(me, asked, "Mine.")
	leave(one, forum.Leave{Asked: true})
	b.want(1, `select count(*) from log where verb = 'reply' and subject = $1 and direct_doc is not null and forum_doc is not null`, one)
	b.refuses(answer(b.mod, "Accept", one, first), "not-asked")
	leave(one, forum.Leave{Asked: true})
	b.takes(answer(b.eve, "Accept", one, first))
	leave(one, forum.Leave{Approval: first})
	told(1, one, first)
	b.takes(answer(b.eve, "Accept", one, first))
	told(1, one, first)
	b.refuses(answer(b.mod, "Delete", first, nil), "not-asked")
	leave(one, forum.Leave{Approval: first})
	b.takes(answer(b.eve, "Delete", first, nil))
	leave(one, forum.Leave{Declined: true})

	two := b.writes(me, asked, "Again.")
	b.takes(answer(b.eve, "Accept", b.text(`select create_id from comment where uri = $1`, two), second))
	leave(two, forum.Leave{Approval: second})
	three := b.writes(me, asked, "And again.")
	b.takes(answer(b.eve, "Reject", fedtest.Doc{"type": "ReplyRequest", "id": b.url + "/requests/1", "actor": me.URI, "object": asked, "instrument": three}, nil))
	leave(three, forum.Leave{Declined: true})
	four := b.writes(me, asked, "Once more.")
	b.takes(answer(b.eve, "Accept", four, "https://elsewhere.example/authorizations/1")) // by no word of theirs
	leave(four, forum.Leave{})
	b.writes(me, posts("Followers", fedtest.Doc{"automaticApproval": []any{b.eve.ID, b.eve.ID + "/followers"}}), "Asked for.")
	b.want(1, `select count(*) from comment m join post p on p.id = m.post_id where p.title = 'Followers' and m.tags->>'l?' = 'true'`)

	for title, x := range map[string]struct {
		policy   any
		mentions []any
		refused  string
	}{
		"nobody":      {fedtest.Doc{"automaticApproval": own}, nil, "no-answers"},
		"nobody, old": {fedtest.Doc{"always": b.eve.ID}, nil, "no-answers"},
		"others":      {fedtest.Doc{"manualApproval": []any{b.url + "/u/somebody"}}, nil, "no-answers"},
		"me":          {fedtest.Doc{"automaticApproval": []any{me.URI}, "manualApproval": []any{fedtest.Public}}, nil, ""},
		"mentioned":   {fedtest.Doc{"automaticApproval": own}, []any{me.URI}, ""},
		"everybody":   {fedtest.Doc{"automaticApproval": []any{fedtest.Public}}, nil, ""},
		"unsaid":      {nil, nil, ""},
	} {
		post := posts(title, x.policy, x.mentions...)
		err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := b.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: me, InReplyTo: post, Text: forum.Text{Source: "Mine.", HTML: "<p>Mine.</p>", Format: forum.Markdown}}}})
			have := ""
			if err == nil && out[0].Refused != nil {
				have = out[0].Refused.Reason
			}
			if have != x.refused {
				t.Errorf("%s: %q, want %q", title, have, x.refused)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		b.want(0, `select count(*) from comment m join post p on p.id = m.post_id where p.uri = $1 and m.tags ? 'l?'`, post)
	}

	// Who thinks better of it says so by changing what they wrote.
	closed := b.eve.Create(fedtest.Post{Community: b.c, Title: "Open", HTML: "<p>Open</p>"})
	b.takes(closed)
	b.takes(b.eve.Update(closed["object"].(fedtest.Doc), b.c, func(o fedtest.Doc) {
		o["interactionPolicy"] = fedtest.Doc{"canReply": fedtest.Doc{"automaticApproval": own}}
	}))
	if have := b.tagsOf(object(closed)).Answers.Of(me.URI); have != forum.Withheld {
		t.Errorf("after the Update: %d", have)
	}
	b.counted()
}
