package inbox

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/federation/outbox"
)

// Postgres holds no NUL in text, and JSON can say one.
func TestNulIsTakenOut(t *testing.T) {
	t.Parallel()
	s := meet(t)
	const nul = "a\x00b"
	post := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community}), func(create, o fedtest.Doc) {
		o["type"], o["name"], o["content"], o["summary"] = "Page", nul, "<p>"+nul+" &#0; </p>", nul
		o["source"] = fedtest.Doc{"content": nul + " &#0;", "mediaType": "text/markdown"}
		o["language"], o["published"], o["updated"] = nul, nul, "2026-01-01T00:00:00Z\x00"
		o["url"], o["attachment"] = s.home.URL("/a\x00b"), []any{fedtest.Doc{"type": "Link", "href": "https://x.example/\x00", "name": nul}}
		o["tag"] = []any{fedtest.Doc{"type": "Mention", "href": "https://x.example/\x00", "name": nul}}
		create["summary"] = nul
	})
	delete(post["object"].(fedtest.Doc), "contentMap")
	s.send(post, s.home)
	s.settle()
	s.applied(post)
	s.want(1, `select count(*) from post where title = 'ab' and source like 'ab%' and html like '%ab%'`)

	reply := rework(s.other, answering(s.eve, object(post), "x"), func(_, o fedtest.Doc) {
		o["content"], o["mediaType"] = nul, "text/plain"
		delete(o, "contentMap")
	})
	s.send(reply, s.other)
	s.settle()
	s.want(1, `select count(*) from comment where html like '%ab%'`)

	kim := s.other.Person("kim")
	kim.Extra = fedtest.Doc{"name": nul, "summary": nul, "icon": fedtest.Doc{"type": "Image", "url": "https://x.example/\x00"}}
	s.send(kim.Follow(s.community.ID), s.other)
	s.settle()
	s.want(1, `select count(*) from person where title = 'ab' and bio_html like '%ab%'`)

	// Ids are not mended: another server may take them for different ones.
	before := s.snapshot()
	for _, d := range []fedtest.Doc{
		{"id": s.home.URL("/l/\x00"), "type": "Like", "actor": s.ann.ID, "object": object(post)},
		{"id": s.home.URL("/l/1"), "type": "Like", "actor": s.ann.ID + "\x00", "object": object(post)},
	} {
		checkAnswer(t, s.post(d, s.home, fedtest.SignAs{Actor: s.ann}), 400, "malformed")
	}
	s.unchanged(before)
	vote := fedtest.Doc{"id": s.home.URL("/l/1"), "type": "Like", "actor": s.bob.ID, "object": object(post) + "\x00"}
	s.send(vote, s.home)
	s.settle()
	s.refused(vote, "a vote on nothing")
}

func TestOddTimes(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for i, when := range []any{
		"yesterday", "", 17, nil, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-02-30T00:00:00Z", "-0044-03-15T00:00:00Z",
		"2026-01-01T00:00:00+99:99", "12026-01-01T00:00:00Z", []any{"2026-01-01T00:00:00Z"}, "1969-12-31T23:59:59Z", strings.Repeat("1", 5000),
	} {
		post := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"}), func(create, o fedtest.Doc) {
			o["published"], o["updated"], create["published"] = when, when, when
		})
		s.send(post, s.home)
		reply := rework(s.other, answering(s.eve, object(post), "x"), func(_, o fedtest.Doc) { o["published"] = when })
		s.send(reply, s.other)
		vote := s.eve.Like(object(post), s.community)
		vote["published"] = when
		s.send(vote, s.other)
		s.settle()
		s.want(i+1, `select count(*) from post where submitted_at <= now()`)
		s.want(i+1, `select count(*) from comment`)
		s.score(object(post), 2, 0)
	}
	s.want(13, `select count(*) from post_rank where hot > '-Infinity' and hot < 'Infinity'`)
}

func TestGiantFields(t *testing.T) {
	t.Parallel()
	s := meet(t)
	giant := strings.Repeat("ä", 20_000)
	post := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community}), func(_, o fedtest.Doc) {
		o["type"], o["name"], o["summary"], o["sensitive"] = "Page", giant, giant, true
		o["content"], o["language"] = "<p>"+giant+"</p>", giant
		delete(o, "contentMap")
		attachments := make([]any, 60)
		for i := range attachments {
			attachments[i] = fedtest.Doc{"type": "Link", "href": fmt.Sprintf("https://x.example/%d", i), "name": giant[:8000]}
		}
		o["attachment"] = attachments
		mentions := make([]any, 2000)
		for i := range mentions {
			mentions[i] = fedtest.Doc{"type": "Mention", "href": fmt.Sprintf("https://x.example/%d", i), "name": "@x"}
		}
		o["tag"] = mentions
	})
	s.send(post, s.home)
	s.settle()
	s.applied(post)
	s.want(1, `select count(*) from post where length(title) = 200 and length(warning) <= 501 and language = '' and length(html) < 60000`)

	// Names that fill an index row, in letters that grow when they are folded.
	kim := s.other.Person("kim")
	kim.Extra = fedtest.Doc{"preferredUsername": strings.Repeat("İ", 900)}
	follow := kim.Follow(s.community.ID)
	s.send(follow, s.other)
	s.settle()
	s.refused(follow, "bad-name")

	long := s.other.Person("lee")
	long.Extra = fedtest.Doc{"preferredUsername": strings.Repeat("İ", 127), "name": giant, "summary": giant}
	s.send(long.Follow(s.community.ID), s.other)
	s.settle()
	s.want(1, `select count(*) from person where name = $1 and length(title) = 200`, strings.Repeat("İ", 127))

	// Ids as long as ids may be.
	deep := s.other.URL("/" + strings.Repeat("a", 2040-len(s.other.URL("/"))))
	vote := fedtest.Doc{"id": deep, "type": "Like", "actor": s.eve.ID, "object": object(post)}
	s.send(vote, s.other)
	s.settle()
	s.score(object(post), 2, 0)
	tooLong := fedtest.Doc{"id": deep + strings.Repeat("a", 20), "type": "Like", "actor": s.eve.ID, "object": object(post)}
	checkAnswer(t, s.post(tooLong, s.other, fedtest.SignAs{}), 400, "malformed")
}

// A row that breaks whatever touches it is set aside, and those beside it are not.
func TestPoisonIsSetAside(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	if _, err := s.db.Pool().Exec(s.ctx, `create function poisonous() returns trigger language plpgsql as
		$$ begin if new.html like '%poison%' then raise exception 'poisoned'; end if; return new; end $$`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Pool().Exec(s.ctx, `create trigger poisonous before insert on comment for each row execute function poisonous()`); err != nil {
		t.Fatal(err)
	}
	var good []fedtest.Doc
	var bad fedtest.Doc
	for i := range 20 {
		a := answering(s.eve, root, fmt.Sprint("good ", i))
		if i == 10 {
			a = answering(s.eve, root, "poison")
			bad = a
		} else {
			good = append(good, a)
		}
		s.send(a, s.other)
	}
	s.settle()
	for _, a := range good {
		s.applied(a)
	}
	s.want(1, `select count(*) from received where activity = $1 and state = 5 and reason like '%poisoned%'`, bad["id"])
	s.want(19, `select count(*) from comment`)
	// It may come again when what ailed it is cured.
	if _, err := s.db.Pool().Exec(s.ctx, `drop trigger poisonous on comment`); err != nil {
		t.Fatal(err)
	}
	s.send(bad, s.other)
	s.settle()
	s.want(20, `select count(*) from comment`)
}

// fragile is a Publisher that panics over some words.
type fragile struct{ *outbox.Publisher }

func (f fragile) Publish(ctx context.Context, e *forum.Event) (forum.Rendering, error) {
	if e.Comment != nil && strings.Contains(e.Comment.Text.HTML, "panic") {
		panic("as told")
	}
	return f.Publisher.Publish(ctx, e)
}

// A panic is one row's error like any other.
func TestPanicIsSetAside(t *testing.T) {
	t.Parallel()
	n := start(t, func(o *Options) {
		o.Forum = forum.New(fragile{outbox.NewPublisher(o.BaseURL, o.Clock)}, o.Clock)
	})
	c := n.found("go")
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	create := ann.Create(fedtest.Post{Community: c, HTML: "<p>x</p>"})
	bad, fine := answering(ann, object(create), "panic"), answering(ann, object(create), "fine")
	for _, a := range []fedtest.Doc{create, bad, fine} {
		n.send(a, p)
	}
	n.settle()
	n.applied(fine)
	n.want(1, `select count(*) from received where activity = $1 and state = 5 and reason = 'panic: as told'`, bad["id"])
}

// Two programs on one database share the work and do nothing twice.
func TestTwoInboxesOnOneDatabase(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	c := n.found("go")
	base, err := url.Parse(n.url)
	if err != nil {
		t.Fatal(err)
	}
	twin := &node{t: t, ctx: n.ctx, dsn: n.dsn, url: n.url}
	twin.open(base, nil)
	twin.work()

	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	create := ann.Create(fedtest.Post{Community: c, HTML: "<p>x</p>"})
	n.send(create, p)
	parents := []string{object(create)}
	for i := range 60 {
		by := p.Person(fmt.Sprintf("p%d", i%6))
		reply := answering(by, parents[i/3], fmt.Sprint(i))
		parents = append(parents, object(reply))
		n.send(reply, p)
		n.send(by.Like(object(create), c), p)
		n.send(by.Like(object(reply), c), p) // one's own
	}
	n.settle()
	n.want(60, `select count(*) from comment`)
	n.want(60, `select comments from post`)
	n.score(object(create), 7, 0)
	n.want(60, `select count(*) from comment where up = 1`)
	n.want(60, `select count(*) from log where verb = 'reply'`)
	n.want(1, `select count(*) from log where verb = 'submit'`)
	n.want(6, `select count(*) from log where verb = 'vote'`)
	n.want(0, `select count(*) from received where state <> 3`)
}

// Acts of one actor on one object are done in the order in which they came,
// whoever does them and however many at once.
func TestOrderPerActorAndObject(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	var voters []*fedtest.Actor
	for i := range 4 {
		v := s.other.Person(fmt.Sprintf("v%d", i))
		s.send(v.Follow(s.community.ID), s.other)
		voters = append(voters, v)
	}
	s.settle()
	for round := range 12 {
		for i, v := range voters {
			if (round+i)%2 == 0 {
				s.send(v.Like(post, s.community), s.other)
			} else {
				s.send(v.Dislike(post, s.community), s.other)
			}
		}
	}
	s.settle()
	// The last round was the eleventh: even voters down, odd ones up.
	s.score(post, 3, 2)
}

func TestRepeatedAtWill(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	reply := answering(s.eve, object(create), "y")
	like := s.eve.Like(object(create), s.community)
	undo := s.eve.Undo(like, s.community)
	for range 2 {
		s.send(create, s.home)
		s.send(reply, s.other)
		s.send(like, s.other)
		s.settle()
	}
	s.score(object(create), 2, 0)
	for range 2 {
		s.send(undo, s.other)
		s.send(like, s.other)
		s.settle()
	}
	s.score(object(create), 1, 0)
	s.want(1, `select count(*) from comment`)
	s.want(1, `select count(*) from post`)
	s.want(4, `select count(*) from log where verb <> 'accept'`)
}

// A repeat is one also when the first came before its key was known, and whoever
// did not sign it cannot use up its id.
func TestAnIDIsNotUsedUpByStrangers(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	checkAnswer(t, s.post(create, s.home, fedtest.SignAs{Key: keys.RSA("mallory")}), 202, "")
	s.settle()
	s.want(0, `select count(*) from post`)
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post`)
	s.send(create, s.home)
	s.settle()
	s.want(2, `select count(*) from received where activity = $1`, create["id"])
}

func TestKeyThatCannotBeHadYet(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>x</p>"})
	s.home.PutAnswer("/users/zoe", fedtest.Answer{Status: 503})
	s.send(create, s.home)
	// A row may be leased long before its key is asked for.
	asked := func(r fedtest.Received) bool { return strings.HasPrefix(r.Target, "/users/zoe") }
	if _, err := s.home.WaitFetch(s.ctx, asked); err != nil {
		t.Fatal(err)
	}
	s.until(1, `select count(*) from received where activity = $1 and state = 0 and tries > 0`, create["id"])
	s.home.Remove("/users/zoe")
	s.until(1, `select count(*) from received where state = 0 and next_at > now()`)
	if _, err := s.db.Pool().Exec(s.ctx, `update received set next_at = now() where state = 0`); err != nil {
		t.Fatal(err)
	}
	ring(s.in.keys)
	s.settle()
	s.want(1, `select count(*) from post`)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"ann": true, "Ann.Lee-1_x": true, "由紀": true, "": false, "a@b": false, "a/b": false, "a b": false, "a\tb": false,
		"a\x00b": false, "a\u0085b": false, "a\u202eb": false, "a\u2066b": false, "a\ufffdb": false,
		"a?b": false, "a#b": false, "a%2f": false, `a\b`: false, strings.Repeat("a", 256): false, strings.Repeat("a", 255): true,
	} {
		if got := isName(name); got != want {
			t.Errorf("isName(%q) = %v", name, got)
		}
	}
	if got := oneLine(" a\x01b\n\tc\u0085 "); got != "ab c" || !utf8.ValidString(got) {
		t.Errorf("oneLine gives %q", got)
	}
}
