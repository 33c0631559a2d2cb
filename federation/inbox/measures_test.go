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

// with is an activity with more fields.
func with(d fedtest.Doc, fields ...any) fedtest.Doc {
	for i := 0; i < len(fields); i += 2 {
		d[fields[i].(string)] = fields[i+1]
	}
	return d
}

// states are those of posts and comments, by id, in the order asked for.
func (n *node) states(uris ...string) (out string) {
	n.t.Helper()
	for _, uri := range uris {
		var state int
		err := n.db.Pool().QueryRow(n.ctx, `select state from post where uri = $1 union all select state from comment where uri = $1`, uri).Scan(&state)
		if err != nil {
			n.t.Fatalf("%s: %v", uri, err)
		}
		out += fmt.Sprint(state)
	}
	return out
}

func (n *node) are(want string, uris ...string) {
	n.t.Helper()
	if have := n.states(uris...); have != want {
		n.t.Errorf("states are %s, want %s", have, want)
	}
}

// counted holds the counters of threads, people and communities to what is live.
func (n *node) counted() {
	n.t.Helper()
	n.want(0, `select count(*) from post p where p.comments <> (select count(*) from comment m where m.post_id = p.id and m.state = 0)`)
	n.want(0, `select count(*) from post_pulse u join post p on p.id = u.post_id where u.comments <> p.comments`)
	n.want(0, `select count(*) from person a where a.comments <> (select count(*) from comment m where m.author_id = a.id and m.state = 0)
		or a.posts <> (select count(*) from post p where p.author_id = a.id and p.state = 0)`)
	n.want(0, `select count(*) from community c where c.comments <> (select count(*) from comment m join post p on p.id = m.post_id where p.community_id = c.id and m.state = 0)
		or c.posts <> (select count(*) from post p where p.community_id = c.id and p.state = 0)`)
	n.want(0, `select count(*) from post_rank r join post p on p.id = r.post_id where p.state <> 0`)
	n.want(0, `select count(*) from post p where p.state = 0 and not exists (select 1 from post_rank r where r.post_id = p.id)`)
}

// board is a community of ours with people of one other server.
type board struct {
	*node
	c        fedtest.Community
	p        *fedtest.Peer
	mod, eve *fedtest.Actor
}

func newBoard(t *testing.T, software fedtest.Software) *board {
	t.Helper()
	n := start(t, nil)
	b := &board{node: n, c: n.found("go"), p: peer(t, fedtest.Options{Software: software})}
	b.mod, b.eve = b.p.Person("mod"), b.p.Person("eve")
	return b
}

// takes sends something that is to have an effect.
func (b *board) takes(what fedtest.Doc) fedtest.Doc {
	b.t.Helper()
	b.send(what, b.p)
	b.settle()
	b.applied(what)
	return what
}

func (b *board) refuses(what fedtest.Doc, reason string) {
	b.t.Helper()
	b.send(what, b.p)
	b.settle()
	b.refused(what, reason)
}

func (b *board) posts(by *fedtest.Actor, title string) string {
	b.t.Helper()
	return object(b.takes(by.Create(fedtest.Post{Community: b.c, Title: title, HTML: "<p>" + title + "</p>"})))
}

func (b *board) replies(by *fedtest.Actor, to, text string) string {
	b.t.Helper()
	return object(b.takes(by.Create(fedtest.Post{Community: b.c, InReplyTo: to, HTML: "<p>" + text + "</p>"})))
}

// A removal with replies takes along what is live below, and an Undo of it gives back
// exactly that: neither what was removed by itself, before or since, nor what its author
// has deleted meanwhile. What was written before and comes later goes the same way.
func TestRemovalsWithReplies(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	post := b.posts(b.eve, "One")
	top := b.replies(b.eve, post, "top")
	kept := b.replies(b.eve, post, "beside")
	early := b.replies(b.eve, top, "removed before")
	deep := b.replies(b.eve, early, "below that")
	since := b.replies(b.eve, top, "removed since")
	gone := b.replies(b.eve, top, "deleted since")
	late := b.eve.Create(fedtest.Post{Community: b.c, InReplyTo: deep, HTML: "<p>late</p>"})
	all := []string{post, top, kept, early, deep, since, gone}
	b.takes(b.mod.Like(post, b.c))
	b.appoint(b.c.ID, b.mod.ID)
	b.takes(b.mod.Remove(early, "rude", b.c))
	b.are("0002000", all...)
	removal := b.takes(with(b.mod.Remove(top, "all of it", b.c), "withReplies", true))
	b.are("0202222", all...)
	b.counted()
	b.want(1, `select count(*) from log where verb = 'remove' and position(convert_to('withReplies":true', 'UTF8') in forum_doc) > 0`)
	b.takes(late)
	newer := b.replies(b.eve, deep, "after all that")
	b.are("20", object(late), newer)
	b.takes(b.mod.Remove(since, "this one too", b.c))
	b.takes(b.eve.Delete(gone, b.c))
	b.are("0202222", all...)
	b.takes(b.mod.Undo(removal, b.c))
	b.are("0002021", all...)
	b.are("00", object(late), newer)
	b.counted()
	b.want(1, `select count(*) from comment where uri = $1 and reason = 'this one too'`, since)
	b.want(0, `select count(*) from swept`)

	// An inner removal keeps what is below it, whichever came first.
	outer := b.takes(with(b.mod.Remove(top, "", b.c), "withReplies", true))
	inner := b.takes(with(b.mod.Remove(deep, "", b.c), "withReplies", true))
	b.are("0202222", all...) // what its author deleted goes too, and comes back as deleted
	b.takes(b.mod.Undo(outer, b.c))
	b.are("0002221", all...)
	b.are("22", object(late), newer)
	b.takes(b.mod.Undo(inner, b.c))
	b.are("0002021", all...)
	b.are("00", object(late), newer)

	// Of a post all comments go.
	whole := b.takes(with(b.mod.Remove(post, "no", b.c), "withReplies", true))
	b.are("2222222", all...)
	b.counted()
	b.takes(b.mod.Undo(whole, b.c))
	b.are("0002021", all...)
	b.counted()
	b.refuses(with(b.eve.Remove(top, "mine", b.c), "withReplies", true), "not-moderator")
}

// A ban that removes data takes what its person wrote in that community, and an Undo
// that restores data gives it back; without that word it stays removed.
func TestBansWithData(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	other := b.found("other")
	post, mine := b.posts(b.eve, "One"), b.posts(b.mod, "Two")
	reply, answered := b.replies(b.eve, mine, "hers"), b.replies(b.mod, post, "mine")
	elsewhere := object(b.takes(b.eve.Create(fedtest.Post{Community: other, Title: "There", HTML: "<p>x</p>"})))
	removed := b.posts(b.eve, "Three")
	all := []string{post, reply, mine, answered, elsewhere, removed}
	b.appoint(b.c.ID, b.mod.ID)
	b.takes(b.mod.Remove(removed, "by itself", b.c))
	ban := b.takes(with(b.mod.Ban(b.eve.ID, "spam", b.c), "removeData", true))
	b.are("220002", all...)
	b.counted()
	b.takes(b.mod.Undo(ban, b.c))
	b.are("220002", all...)
	b.takes(with(b.mod.Undo(ban, b.c), "restoreData", true))
	b.are("000002", all...)
	b.counted()
}

// Of somebody who has taken back all they wrote that goes too, and comes back as deleted.
func TestBansOfThoseWhoTookAllBack(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	post := b.posts(b.eve, "One")
	b.takes(b.mod.Like(post, b.c))
	b.appoint(b.c.ID, b.mod.ID)
	b.takes(b.eve.Delete(post, b.c))
	b.are("1", post)
	ban := b.takes(with(b.mod.Ban(b.eve.ID, "spam", b.c), "removeData", true))
	b.are("2", post)
	b.takes(with(b.mod.Undo(ban, b.c), "restoreData", true))
	b.are("1", post)
	b.counted()
}

// A Lock of a comment closes what is below it to all but moderators, and its Undo opens
// that again.
func TestLocksOfComments(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	me := b.join("me")
	post := b.posts(b.eve, "One")
	top := b.replies(b.eve, post, "top")
	below := b.replies(b.eve, top, "below")
	b.takes(b.mod.Like(post, b.c))
	b.appoint(b.c.ID, b.mod.ID)
	b.refuses(b.eve.Lock(top, b.c), "not-moderator")
	lock := b.takes(b.mod.Lock(top, b.c))
	b.want(1, `select count(*) from log where verb = 'lock' and subject = $1 and position(convert_to($2, 'UTF8') in forum_doc) > 0`, top, lock["id"])
	b.want(1, `select count(*) from moderation where verb = 'lock' and target = $1`, top)
	for _, on := range []string{top, below} {
		b.refuses(b.eve.Create(fedtest.Post{Community: b.c, InReplyTo: on, HTML: "<p>no</p>"}), "locked")
		if r := b.answer(me, on, "No?"); r == nil || r.Reason != "locked" {
			t.Errorf("an answer below a closed comment: %v", r)
		}
	}
	b.replies(b.eve, post, "beside")
	inherits := b.replies(b.mod, below, "a word of ours")
	b.refuses(b.eve.Create(fedtest.Post{Community: b.c, InReplyTo: inherits, HTML: "<p>no</p>"}), "locked")
	b.takes(b.mod.Undo(lock, b.c))
	b.replies(b.eve, below, "again")
	b.replies(b.eve, inherits, "and again")
	b.want(0, `select count(*) from comment where locked`)
}

// siteBan is a Block whose target is a whole server.
func siteBan(by *fedtest.Actor, whom, root string) fedtest.Doc {
	return with(by.Ban(whom, "spam", fedtest.Community{}), "target", root, "to", []any{fedtest.Public}, "cc", []any{})
}

// A ban from a server holds everywhere when that is the home of whoever is banned, and
// else in its communities alone, until it ends or is taken back. Nobody says so for
// another server, nor through a community.
func TestBansFromServers(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	other := peer(t, fedtest.Options{Software: fedtest.PieFed, Host: "far.localhost"})
	far := other.Person("far")
	post := b.posts(b.eve, "One")
	b.takes(b.mod.Like(post, b.c)) // so that they are known
	like := far.Like(post, b.c)
	b.send(like, other)
	b.settle()
	root := b.p.Site().ID
	b.refuses(siteBan(b.mod, b.eve.ID, other.Site().ID), "not-admin")
	b.refuses(siteBan(b.mod, b.eve.ID, b.url+"/"), "not-admin")
	b.refuses(siteBan(b.mod, b.p.Person("nobody").ID, root), "no-such-person")
	b.want(0, `select count(*) from server_ban`)

	// Of somebody of another server: nothing but that server's communities is closed.
	b.takes(siteBan(b.mod, far.ID, root))
	note := far.Create(fedtest.Post{Community: b.c, Title: "Mine", HTML: "<p>Mine.</p>"})
	b.send(note, other)
	b.settle()
	b.applied(note)

	ban := b.takes(with(siteBan(b.mod, b.eve.ID, root), "removeData", true))
	b.are("20", post, object(note))
	b.counted()
	b.refuses(b.eve.Create(fedtest.Post{Community: b.c, Title: "No", HTML: "<p>No.</p>"}), "banned")
	b.refuses(b.eve.Like(object(note), b.c), "banned")
	b.want(1, `select count(*) from moderation m join person a on a.id = m.actor_id where m.verb = 'banish' and m.target = $1 and a.uri = $2`, b.eve.ID, b.mod.ID)
	b.takes(with(b.mod.Undo(ban, fedtest.Community{}), "to", []any{fedtest.Public}, "restoreData", true))
	b.are("00", post, object(note))
	b.posts(b.eve, "Two")

	// One with an end ends by itself.
	b.takes(with(siteBan(b.mod, b.eve.ID, root), "endTime", time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "expires", nil))
	b.refuses(b.eve.Create(fedtest.Post{Community: b.c, Title: "No", HTML: "<p>No.</p>"}), "banned")
	if _, err := b.db.Pool().Exec(b.ctx, `update server_ban set until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	b.posts(b.eve, "Three")
}

// Whom this node has banned writes nothing that is read here, and its admins alone can
// ban; their followers' servers are told.
func TestBansFromThisNode(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	me, boss := b.join("me"), b.join("boss")
	post := b.posts(b.eve, "One")
	if _, err := b.db.Pool().Exec(b.ctx, `insert into account (person_id, password, admin, made_at, changed_at) values ($1, '', true, now(), now())`, boss.ID); err != nil {
		t.Fatal(err)
	}
	b.takes(b.mod.Follow(b.c.ID))
	does := func(m forum.Moderation) (no *forum.Refusal) {
		t.Helper()
		err := b.db.InTx(b.ctx, func(ctx context.Context, tx *storage.Tx) error {
			out, err := b.forum.Moderate(ctx, tx, []forum.Moderation{m})
			if err == nil {
				no = out[0].Refused
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return no
	}
	ban := forum.Moderation{Verb: forum.VerbBanish, By: me, Object: b.eve.ID, Reason: "spam", Along: true}
	if r := does(ban); r == nil || r.Reason != "not-admin" {
		t.Errorf("anybody bans from this node: %v", r)
	}
	ban.By = boss
	if r := does(ban); r != nil {
		t.Fatal(r)
	}
	b.are("2", post)
	b.refuses(b.eve.Create(fedtest.Post{Community: b.c, Title: "No", HTML: "<p>No.</p>"}), "barred")
	b.want(1, `select count(*) from log g join outbox_direct o on o.at = g.at and o.xid = g.xid and o.seq = g.seq where g.verb = 'banish' and g.subject = $1`, b.eve.ID)
	ban.Verb = forum.VerbReadmit
	if r := does(ban); r != nil {
		t.Fatal(r)
	}
	b.are("0", post)
	b.posts(b.eve, "Two")
	b.want(1, `select count(*) from log where verb = 'readmit'`)

	// Of somebody here, and by the admin's command.
	out := forum.Moderation{Verb: forum.VerbBanish, By: boss, Object: me.URI, Reason: "rude", Admin: true}
	if r := does(out); r != nil {
		t.Fatal(r)
	}
	if r := b.answer(me, post, "May I?"); r == nil || r.Reason != "barred" {
		t.Errorf("somebody who is banned answers: %v", r)
	}
	b.want(1, `select count(*) from moderation where verb = 'banish' and target = $1 and actor_id is null`, me.URI)
}

// That somebody of another server blocks a person here is nobody's business: it has no
// effect, and is not kept.
func TestBlocksBetweenPeople(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	p := peer(t, fedtest.Options{Software: fedtest.Mastodon})
	me, eve := n.join("me"), p.Person("eve")
	block := with(eve.Ban(me.URI, "", fedtest.Community{}))
	delete(block, "target")
	delete(block, "summary")
	n.send(block, p)
	n.settle()
	n.applied(block)
	n.want(0, `select count(*) from received where position(convert_to($1, 'UTF8') in body) > 0`, me.URI)
	undo := eve.Undo(block, fedtest.Community{})
	n.send(undo, p)
	n.settle()
	n.applied(undo)
	n.want(0, `select count(*) from ban`)
	n.want(0, `select count(*) from moderation`)
}

// Who deletes an account together with its data is gone with all words at once.
func TestDeletedAccountsWithData(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	keeps := b.p.Person("keeps")
	post, kept := b.posts(b.eve, "One"), b.posts(keeps, "Two")
	b.takes(with(b.eve.DeleteSelf(), "removeData", true))
	b.takes(keeps.DeleteSelf())
	for range 8 {
		if err := b.in.tidy(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	b.are("11", post, kept)
	b.want(1, `select count(*) from post where uri = $1 and blanked and title = '' and html = ''`, post)
	b.want(1, `select count(*) from post where uri = $1 and not blanked and title <> ''`, kept)
}

// Who is banned from a community follows it no more, and is told so; a Warn reaches
// whoever lives here, from a moderator alone.
func TestFollowsOfTheBannedAndWarnings(t *testing.T) {
	t.Parallel()
	b := newBoard(t, fedtest.Lemmy)
	me := b.join("me")
	if _, err := b.db.Pool().Exec(b.ctx, `insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now())`, me.ID); err != nil {
		t.Fatal(err)
	}
	post := b.posts(b.mod, "One")
	b.takes(b.eve.Follow(b.c.ID))
	b.appoint(b.c.ID, b.mod.ID)
	b.takes(b.mod.Ban(b.eve.ID, "rude", b.c))
	b.refuses(b.eve.Follow(b.c.ID), "banned")
	b.want(0, `select count(*) from follow f join person a on a.id = f.person_id where a.uri = $1 and f.state > 0`, b.eve.ID)
	b.want(1, `select count(*) from log where verb = 'reject' and position(convert_to('"Reject"', 'UTF8') in direct_doc) > 0`)

	if r := b.answer(me, post, "Mine."); r != nil {
		t.Fatal(r)
	}
	var mine string
	if err := b.db.Pool().QueryRow(b.ctx, `select uri from comment where author_id = $1`, me.ID).Scan(&mine); err != nil {
		t.Fatal(err)
	}
	warn := func(by *fedtest.Actor, what string) fedtest.Doc {
		d := by.Remove(what, "mind your words", b.c)
		return with(d, "type", "Warn", "id", fmt.Sprint(d["id"])+"warn", "to", []any{me.URI})
	}
	b.refuses(warn(b.eve, mine), "not-moderator")
	b.takes(warn(b.mod, mine))
	b.want(1, `select count(*) from notice where person_id = $1 and kind = 13 and reason = 'mind your words'`, me.ID)
	b.refuses(warn(b.mod, post), "nobody-here")
}

// A community elsewhere can say something of somebody here as often as it likes, under
// new ids: what they have not read yet of it does not pile up.
func TestNoticesOfModerationDoNotPileUp(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	s.account(s.me, false)
	mine := s.writes(s.me, s.page(), "Mine.")
	said := 0
	says := func(d fedtest.Doc) {
		t.Helper()
		said++
		s.send(s.cats.Announce(with(d, "id", s.home.URL(fmt.Sprint("/said/", said)))), s.home)
	}
	for i := range 5 {
		says(s.ann.Ban(s.me.URI, fmt.Sprint("out ", i), s.there))
		s.settle()
		says(s.ann.Undo(s.ann.Ban(s.me.URI, fmt.Sprint("out ", i), s.there), s.there))
		says(with(s.ann.Remove(mine, fmt.Sprint("rude ", i), s.there), "withReplies", i%2 == 0))
		s.settle()
		says(s.ann.Undo(s.ann.Remove(mine, fmt.Sprint("rude ", i), s.there), s.there))
		s.settle()
	}
	for i := range 5 {
		for _, by := range []string{"ann", "bob", "kim", "sam"} {
			warn := s.home.Person(by).Remove(mine, fmt.Sprint("mind ", i), s.there)
			s.send(with(warn, "type", "Warn", "id", s.home.URL(fmt.Sprintf("/warn/%d/%s", i, by)), "to", []any{s.me.URI}), s.home)
			s.settle()
		}
	}
	for kind, most := range map[int]int{4: 1, 5: 1, 9: 1, 10: 1, 13: 3} {
		if have := s.number(`select count(*) from notice where person_id = $1 and kind = $2`, s.me.ID, kind); have == 0 || have > most {
			t.Errorf("%d notices of kind %d, want 1 to %d\n%s", have, kind, most, s.verdicts())
		}
	}
	if have := s.told(s.me, 9); have != "out 4 of " && have != "out 4" {
		t.Errorf("the last ban is told as %q", have)
	}
}
