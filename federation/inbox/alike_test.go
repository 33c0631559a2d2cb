package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// What the runs of TestTogether found, each by itself: a is the home of the thread, b
// and c follow.
type trio struct {
	*together
	a, b, c *member
}

func newTrio(t *testing.T) *trio {
	t.Helper()
	t.Parallel()
	w := newTogether(t, same, 0, 1, 1, 1)
	w.calm = true
	return &trio{w, w.nodes[0], w.nodes[1], w.nodes[2]}
}

// posts has somebody post in the community of a; answers has somebody answer.
func (w *trio) posts(m *member, who int, poll bool) string {
	w.t.Helper()
	p := forum.Post{Author: m.person(m.people[who]), Title: w.words(), TitleGiven: true, Text: said("text")}
	var err error
	if p.Community, err = m.processes[0].db.Reader().CommunityByURI(w.ctx, w.a.community); err != nil {
		w.t.Fatal(err)
	}
	open := time.Duration(0)
	if poll {
		p.Shape, p.Poll, open = forum.Asks, &forum.Poll{Options: []forum.PollOption{{Name: "yes"}, {Name: "no"}}}, time.Hour
	}
	m.does(func(ctx context.Context, tx *storage.Tx, f *process) (forum.Outcome, error) {
		return one(f.forum.Submit(ctx, tx, []forum.Submit{{Post: p, Open: open}}))
	})
	return m.lines(`select uri from post where local order by id desc limit 1`)[0]
}

func (m *member) answers(by, to string) string {
	m.t.Helper()
	who := m.person(by)
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: who, InReplyTo: to, Text: said(m.words())}}}))
	})
	return m.lines(`select uri from comment where local order by id desc limit 1`)[0]
}

func (m *member) does(do func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error)) {
	m.t.Helper()
	p := m.processes[0]
	m.must(p, func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) { return do(ctx, tx, p) })
	m.post()
}

func (m *member) acts(verb forum.Verb, object string) {
	m.t.Helper()
	m.measures(verb, object, false)
}

func (m *member) measures(verb forum.Verb, object string, along bool) {
	m.t.Helper()
	a := forum.Moderation{Verb: verb, By: m.person(m.people[0]), Object: object, Reason: "so", Along: along}
	switch verb {
	case forum.VerbBan, forum.VerbUnban, forum.VerbAppoint, forum.VerbDismiss:
		a.Community = m.nodes[0].community
	}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Moderate(ctx, tx, []forum.Moderation{a}))
	})
}

func (m *member) deletes(who int, object string)   { m.takes(who, object, false) }
func (m *member) undeletes(who int, object string) { m.takes(who, object, true) }

// takes back what somebody wrote, or gives it back.
func (m *member) takes(who int, object string, undo bool) {
	m.t.Helper()
	a := forum.Delete{Object: object, By: m.person(m.people[who]), Undo: undo}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Delete(ctx, tx, []forum.Delete{a}))
	})
}

// held takes what is on its way to a node, so that the test brings it.
func (w *trio) held(to *member) (letters []*parcel) {
	w.flight = slices.DeleteFunc(w.flight, func(l *parcel) bool {
		if l.to == to {
			letters = append(letters, l)
		}
		return l.to == to
	})
	return letters
}

// bring has letters arrive one by one, each applied before the next.
func (w *trio) bring(letters ...*parcel) {
	w.t.Helper()
	for _, l := range letters {
		if _, err := l.to.processes[0].db.Receive(w.ctx, []storage.Arrival{w.arrival(l)}); err != nil {
			w.t.Fatal(err)
		}
		for l.to.work() {
		}
	}
}

// ends lets everything come to an end, and wants the same on all nodes.
func (w *trio) ends() {
	w.t.Helper()
	w.finish()
	w.agree()
}

// shows fails unless all nodes have so many of something.
func (w *trio) shows(want int, sql string, args ...any) {
	w.t.Helper()
	for _, m := range w.nodes {
		if have := m.number(sql, args...); have != want {
			w.t.Errorf("%s: %s %v = %d, want %d", m.name, sql, args, have, want)
		}
	}
}

// Of two acts of moderators the later wins, whichever comes first.
func TestLaterModerationWins(t *testing.T) {
	w := newTrio(t)
	post := w.posts(w.a, 0, false)
	comment := w.a.answers(w.a.people[1], post)
	w.ends()
	for _, c := range []struct {
		does, undoes forum.Verb
		on           string
	}{
		{forum.VerbLock, forum.VerbUnlock, post}, {forum.VerbLock, forum.VerbUnlock, comment}, {forum.VerbPin, forum.VerbUnpin, post},
		{forum.VerbRemove, forum.VerbRestore, post}, {forum.VerbRemove, forum.VerbRestore, comment},
		{forum.VerbBan, forum.VerbUnban, w.b.people[2]}, {forum.VerbAppoint, forum.VerbDismiss, w.b.people[2]},
	} {
		w.a.acts(c.does, c.on)
		w.a.acts(c.undoes, c.on)
		late := append(w.held(w.b), w.held(w.c)...)
		slices.Reverse(late)
		w.bring(late...)
		w.ends()
		w.a.acts(c.does, c.on)
		w.ends()
		w.a.acts(c.undoes, c.on)
		w.ends()
	}
	// What is below two comments that were closed and opened is as the later of both said.
	below := w.a.answers(w.a.people[1], comment)
	w.ends()
	w.a.acts(forum.VerbLock, comment)
	w.a.acts(forum.VerbUnlock, below)
	late := append(w.held(w.b), w.held(w.c)...)
	slices.Reverse(late)
	w.bring(late...)
	w.ends()
	w.shows(1, `select count(*) from comment where locked`)
	w.a.acts(forum.VerbUnlock, comment)
	w.ends()
	// A moderator elsewhere acts before that of the home, and is heard after.
	w.b.acts2(forum.VerbLock, post)
	late = w.held(w.a)
	w.a.acts(forum.VerbLock, post)
	w.a.acts(forum.VerbUnlock, post)
	w.bring(late...)
	w.ends()
	w.shows(0, `select count(*) from post where locked`)
}

// acts2 is acts of the second of b, who moderates the community of a.
func (m *member) acts2(verb forum.Verb, object string) {
	m.t.Helper()
	a := forum.Moderation{Verb: verb, By: m.person(m.people[1]), Object: object, Reason: "so"}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Moderate(ctx, tx, []forum.Moderation{a}))
	})
}

// What its author deleted and a moderator removed is removed, whichever came first.
func TestDeletedAndRemovedAtOnce(t *testing.T) {
	w := newTrio(t)
	post := w.posts(w.b, 0, false)
	w.ends()
	w.b.deletes(0, post)
	late := w.held(w.a)
	w.a.acts(forum.VerbRemove, post)
	w.bring(late...)
	w.ends()
	other := w.posts(w.a, 1, false)
	w.ends()
	w.a.deletes(1, other)
	w.b.acts2(forum.VerbRemove, other)
	w.ends()
	w.shows(2, `select count(*) from post where state = 2`)
	third := mustKnow(w, w.posts(w.b, 0, false))
	w.a.acts(forum.VerbRemove, third)
	w.finish()
	w.b.deletes(0, third)
	w.ends()
	w.a.acts(forum.VerbRestore, third)
	w.ends()
	w.shows(0, `select count(*) from post where state = 0`)
}

// What its home took before a thread was removed is there when the thread is back, and
// so are votes on what was removed and edits of it.
func TestRemovedThreadComesBackWhole(t *testing.T) {
	w := newTrio(t)
	post := w.posts(w.a, 0, false)
	comment := w.c.answers(w.c.people[0], mustKnow(w, post))
	w.ends()
	w.a.answers(w.a.people[1], post)
	late := w.held(w.b)
	w.a.acts(forum.VerbRemove, post)
	w.bring(w.held(w.b)...)
	w.bring(late...)
	w.a.acts(forum.VerbRemove, comment)
	later := w.held(w.c) // which does not know
	by := w.c.person(w.c.people[0])
	w.c.edits(by.URI, comment)
	w.c.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Vote(ctx, tx, []forum.Vote{{Voter: by, Object: comment, Dir: -1}}))
	})
	w.bring(later...)
	w.finish()
	w.a.acts(forum.VerbRestore, post)
	w.a.acts(forum.VerbRestore, comment)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and html = '<p>edited</p>' and down = 1 and state = 0`, comment)
	w.shows(2, `select count(*) from comment where state = 0`)
}

// mustKnow lets everybody hear of something.
func mustKnow(w *trio, uri string) string {
	w.t.Helper()
	w.finish()
	return uri
}

// What is read where it is from while it is removed there looks deleted, until it is
// given back; and a vote that came before does not hold it up.
func TestGivenBackIsLookedAtAgain(t *testing.T) {
	w := newTrio(t)
	post := w.posts(w.b, 0, false)
	w.bring(w.held(w.a)...)
	w.a.post()
	create := w.held(w.c)
	w.a.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Vote(ctx, tx, []forum.Vote{{Voter: w.a.person(w.a.people[1]), Object: post, Dir: 1}}))
	})
	vote := w.held(w.c)
	w.a.acts(forum.VerbRemove, post)
	removal := w.held(w.c)
	w.bring(w.held(w.b)...)
	w.bring(slices.Concat(vote, create, removal)...)
	w.ends()
	w.shows(1, `select count(*) from post where state = 2`)
	w.a.acts(forum.VerbRestore, post)
	w.ends()
	w.shows(1, `select count(*) from post where state = 0 and up = 2 and html <> ''`)
}

// Also where somebody gave it back who moderates from there.
func TestGivenBackFromElsewhereIsLookedAtAgain(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.c, 0, false))
	w.b.acts2(forum.VerbRemove, post)
	w.finish()
	w.b.acts2(forum.VerbRestore, post)
	// Something has b look at it before c has heard.
	if _, err := w.b.processes[0].in.Refresh(w.ctx, post, w.a.community); err != nil {
		t.Fatal(err)
	}
	w.ends()
	w.shows(1, `select count(*) from post where uri = $1 and state = 0`, post)
}

// Somebody's account ends before others hear what they wrote: the place is there, for
// what answers it, and everybody hears of the end.
func TestDepartedKeepTheirPlace(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.a, 0, false))
	guest := w.b.guests[0]
	comment := w.b.answers(guest, post)
	w.bring(w.held(w.a)...)
	w.a.post()
	create := w.held(w.c)
	w.b.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		out, _, err := p.forum.Depart(ctx, tx, guest)
		return out, err
	})
	w.bring(w.held(w.c)...)
	answer := w.a.answers(w.a.people[0], comment)
	w.bring(create...)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 1`, comment)
	w.shows(1, `select count(*) from comment where uri = $1 and state = 0`, answer)
	w.shows(1, `select count(*) from person where uri = $1 and gone`, guest)

	// Of somebody of the home itself nobody is asked.
	guest = w.a.guests[0]
	comment = w.a.answers(guest, post)
	create = w.held(w.c)
	w.a.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		out, _, err := p.forum.Depart(ctx, tx, guest)
		return out, err
	})
	w.bring(append(w.held(w.c), create...)...)
	if w.c.number(`select count(*) from comment where uri = $1 and state = 1 and html = ''`, comment) != 1 {
		t.Errorf("%s is to be a place without words", comment)
	}
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 1`, comment)
}

// What is deleted before it is delivered leaves its place, for what answers it.
func TestDeletedBeforeItIsDelivered(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.b, 0, false)) // which a and c have, c without the Create it came with
	for _, m := range w.nodes {
		by, other := m.person(m.people[0]), m.person(m.people[1])
		m.must(m.processes[0], func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			f := m.processes[0].forum
			out, err := one(f.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: by, InReplyTo: post, Text: said("secret")}}}))
			if err != nil || out.Refused != nil {
				return out, err
			}
			uri := m.processes[0].publish.CommentURI(out.ID)
			if out, err = one(f.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: other, InReplyTo: uri, Text: said("answer")}}})); err != nil || out.Refused != nil {
				return out, err
			}
			return one(f.Delete(ctx, tx, []forum.Delete{{Object: uri, By: by}}))
		})
	}
	w.ends()
	w.shows(3, `select count(*) from comment where state = 1`)
	w.shows(3, `select count(*) from comment where state = 0 and html = '<p>answer</p>'`)
	w.shows(0, `select count(*) from received where position('secret'::bytea in body) > 0`)
}

// A poll is told of although its maker is banned, and although the home counted a vote
// of its own before it heard.
func TestPollOfTheBannedIsToldOf(t *testing.T) {
	w := newTrio(t)
	poll := mustKnow(w, w.posts(w.b, 2, true))
	w.a.acts(forum.VerbBan, w.b.people[2])
	w.finish()
	w.a.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Choose(ctx, tx, []forum.Choose{{Voter: w.a.person(w.a.people[1]), Object: poll, Choices: []string{"yes"}}}))
	})
	w.ends()
	w.shows(1, `select count(*) from post where poll->'options'->0->>'votes' = '1'`)
}

// An edit that comes before what was removed is given back is there afterwards, although
// the place was taken without words.
func TestEditOfPlaceWithoutWords(t *testing.T) {
	w := newTrio(t)
	post := w.posts(w.a, 0, false)
	first := w.held(w.c)
	comment := w.a.answers(w.a.people[1], post)
	create := w.held(w.c)
	w.a.acts(forum.VerbRemove, comment)
	removal := w.held(w.c)
	w.bringAtOnce(create[0], removal[0]) // both wait
	if !w.c.ask(true, comment) {         // which is gone, as long as it is removed
		t.Fatal("nobody asks for what was removed")
	}
	w.bring(first...)
	w.finish()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 2`, comment)
	w.a.acts(forum.VerbRestore, comment)
	w.a.edits(w.a.people[1], comment)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 0 and html = '<p>edited</p>'`, comment)
}

// What answers something that was deleted before it was read has a place in the thread as
// well, also where it is deleted between two looks at it.
func TestPlaceOfWhatWentBetweenTwoLooks(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.a, 0, false))
	above := w.b.answers(w.b.people[1], post)
	below := w.b.answers(w.b.people[1], above)
	w.bring(w.held(w.a)...)
	w.a.post()
	announced := w.held(w.c) // of what b wrote, so that b is asked
	w.b.deletes(1, above)
	w.bringAtOnce(announced[1])
	if !w.c.ask(true, below) { // which answers what is gone
		t.Fatal("nobody asks for the answer")
	}
	w.bringAtOnce(announced[0])
	if !w.c.ask(true, above) {
		t.Fatal("nobody asks for what it answers")
	}
	for w.c.work() {
	}
	w.b.deletes(1, below)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 1`, above)
	w.shows(1, `select count(*) from comment where uri = $1 and state = 1`, below)
}

// Nor does an edit count that came together with the place.
func TestEditThatCameWithPlaceWithoutWords(t *testing.T) {
	w := newTrio(t)
	comment := w.b.answers(w.b.people[1], mustKnow(w, w.posts(w.a, 0, false)))
	w.b.edits(w.b.people[1], comment)
	w.bring(w.held(w.a)...)
	w.a.post()
	w.a.acts(forum.VerbRemove, comment)
	late := w.held(w.c) // of third parties, so that b is asked
	w.bring(w.held(w.b)...)
	w.bringAtOnce(late...)
	if !w.c.ask(true, comment) {
		t.Fatal("nobody asks for what was removed")
	}
	w.finish()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 2`, comment)
	w.a.acts(forum.VerbRestore, comment)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 0 and html = '<p>edited</p>'`, comment)
}

// Of two edits that come together, and before what is changed can have a place, the later
// counts.
func TestEditsTogetherBeforeThePlace(t *testing.T) {
	w := newTrio(t)
	above := w.b.answers(w.b.people[1], mustKnow(w, w.posts(w.a, 0, false)))
	below := w.b.answers(w.b.people[1], above)
	w.b.rewords(w.b.people[1], below, "changed")
	w.b.rewords(w.b.people[1], below, "changed again")
	letters := w.held(w.a)
	early := slices.DeleteFunc(slices.Clone(letters), func(l *parcel) bool { return strings.Contains(string(l.body), below) })
	w.bringAtOnce(slices.DeleteFunc(letters, func(l *parcel) bool { return slices.Contains(early, l) })...)
	w.bring(early...)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and html = '<p>changed again</p>'`, below)
}

// edits has somebody change what they answered.
func (m *member) edits(by, object string) {
	m.t.Helper()
	m.rewords(by, object, "edited")
}

func (m *member) rewords(by, object, text string) {
	m.t.Helper()
	e := forum.Edit{Object: object, By: m.person(by), Reply: true, Words: forum.Words{Text: said(text)}}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Edit(ctx, tx, []forum.Edit{e}))
	})
}

// bringAtOnce has letters to one node arrive before any is applied, and be applied together.
func (w *trio) bringAtOnce(letters ...*parcel) {
	w.t.Helper()
	var arrivals []storage.Arrival
	for _, l := range letters {
		arrivals = append(arrivals, w.arrival(l))
	}
	if _, err := letters[0].to.processes[0].db.Receive(w.ctx, arrivals); err != nil {
		w.t.Fatal(err)
	}
	for letters[0].to.workUpTo(len(letters)) {
	}
}

// What a thread is removed with goes with it on every node: also what its author deleted
// before, and what is heard of after the removal; all of it comes back together.
func TestRemovedWithAllBelow(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.a, 0, false))
	deleted := mustKnow(w, w.a.answers(w.a.people[1], post))
	below := w.a.answers(w.a.people[0], w.a.answers(w.a.people[0], post))
	late := append(w.held(w.b), w.held(w.c)...)
	w.a.deletes(1, deleted)
	deletion := w.held(w.c) // of which b hears in time
	w.bring(w.held(w.b)...)
	w.a.quoted(below)
	w.a.measures(forum.VerbRemove, post, true)
	w.shows(0, `select count(*) from quote_grant where revoked_at is null`)
	w.bring(append(w.held(w.b), w.held(w.c)...)...)
	w.bring(slices.Concat(late, deletion)...)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 2`, below)
	w.shows(3, `select count(*) from comment where state = 2`)
	w.a.measures(forum.VerbRestore, post, true)
	w.ends()
	w.shows(2, `select count(*) from comment where state = 0`)
	w.shows(1, `select count(*) from comment where uri = $1 and state = 1`, deleted)
	w.shows(1, `select count(*) from post where comments = 2`)
}

// Likewise what somebody wrote with a ban.
func TestBannedWithAllTheyWrote(t *testing.T) {
	w := newTrio(t)
	comment := mustKnow(w, w.b.answers(w.b.people[2], mustKnow(w, w.posts(w.b, 2, false))))
	w.b.deletes(2, comment)
	w.bring(w.held(w.a)...)
	w.a.post()
	late := w.held(w.c)
	w.a.measures(forum.VerbBan, w.b.people[2], true)
	w.bring(append(w.held(w.c), late...)...)
	w.ends()
	w.shows(1, `select count(*) from comment where state = 2`)
	w.shows(1, `select count(*) from post where state = 2`)
	w.a.measures(forum.VerbUnban, w.b.people[2], true)
	w.ends()
	w.shows(1, `select count(*) from comment where state = 1`)
	w.shows(1, `select count(*) from post where state = 0 and comments = 0`)
}

// Of two totals of a poll the later stands, whichever comes first.
func TestLaterTotalsStand(t *testing.T) {
	w := newTrio(t)
	poll := mustKnow(w, w.posts(w.b, 0, true))
	for _, by := range w.b.people[:2] {
		w.b.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
			return one(p.forum.Choose(ctx, tx, []forum.Choose{{Voter: w.b.person(by), Object: poll, Choices: []string{"yes"}}}))
		})
		w.b.tally()
		w.b.post()
	}
	totals := w.held(w.a)
	slices.Reverse(totals)
	w.bring(totals...)
	w.ends()
	w.shows(1, `select count(*) from post where poll->'options'->0->>'votes' = '2'`)
}

// quoted has somebody elsewhere be granted to quote what was written here.
func (m *member) quoted(objects ...string) {
	m.t.Helper()
	by := m.person(m.nodes[1].people[0])
	for i, uri := range objects {
		m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
			return one(p.forum.Quote(ctx, tx, []forum.QuoteRequest{{By: by, Object: uri, Quoting: fmt.Sprintf("%s/notes/%d", m.nodes[1].url, i)}}))
		})
	}
}

// What answers a comment and was written after that was removed with all below it stays,
// whichever is heard of first.
func TestWrittenAfterAllBelowWasRemoved(t *testing.T) {
	w := newTrio(t)
	comment := mustKnow(w, w.a.answers(w.a.people[0], mustKnow(w, w.posts(w.a, 0, false))))
	w.a.measures(forum.VerbRemove, comment, true)
	late := w.held(w.c)
	answer := w.c.answers(w.c.people[0], comment)
	w.bring(w.held(w.a)...)
	w.bring(late...)
	w.ends()
	w.shows(1, `select count(*) from comment where uri = $1 and state = 0`, answer)
}

// Of a ban from a server and its end the later counts, whichever comes first.
func TestLaterServerBanWins(t *testing.T) {
	w := newTrio(t)
	who := w.a.people[2]
	for _, verb := range []forum.Verb{forum.VerbBanish, forum.VerbReadmit} {
		w.a.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
			return one(p.forum.Moderate(ctx, tx, []forum.Moderation{{Verb: verb, By: w.a.person(w.a.people[0]), Admin: true, Object: who, Reason: "so"}}))
		})
	}
	late := append(w.held(w.b), w.held(w.c)...)
	slices.Reverse(late)
	w.bring(late...)
	w.ends()
	w.shows(0, `select count(*) from server_ban`)
}
