package inbox

import (
	"context"
	"fmt"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// How a poll stands is told once it is back: votes came while it was away, and nobody was
// told of them.
func TestTotalsOfWhatIsBack(t *testing.T) {
	w := newTrio(t)
	poll := mustKnow(w, w.posts(w.b, 2, true))
	votes := 0
	chooses := func(by string) {
		w.c.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
			return one(p.forum.Choose(ctx, tx, []forum.Choose{{Voter: w.c.person(by), Object: poll, Choices: []string{"yes"}}}))
		})
		votes++
	}
	for i, c := range []struct{ away, back func() }{
		{func() { w.a.acts(forum.VerbRemove, poll) }, func() { w.a.acts(forum.VerbRestore, poll) }},
		{func() { w.a.measures(forum.VerbBan, w.b.people[2], true) }, func() { w.a.measures(forum.VerbUnban, w.b.people[2], true) }},
		{func() { w.b.deletes(2, poll) }, func() { w.b.undeletes(2, poll) }},
	} {
		c.away()
		early := w.held(w.c) // who does not know yet
		chooses(w.c.people[i])
		w.bring(w.held(w.b)...)
		w.bring(early...)
		w.finish()
		c.back()
		w.ends()
		w.shows(1, `select count(*) from post where state = 0 and poll->'options'->0->>'votes' = $1`, fmt.Sprint(votes))
	}
}

// What went along with something and was read where it is from meanwhile, where it was
// removed too, is looked at again when it is given back with that.
func TestGivenBackAlongIsLookedAtAgain(t *testing.T) {
	w := newTrio(t)
	for _, along := range []struct{ away, back func(comment string) }{
		{
			func(comment string) { w.a.measures(forum.VerbRemove, comment, true) },
			func(comment string) { w.a.measures(forum.VerbRestore, comment, true) },
		}, {
			func(string) { w.a.measures(forum.VerbBan, w.b.people[2], true) },
			func(string) { w.a.measures(forum.VerbUnban, w.b.people[2], true) },
		},
	} {
		post := mustKnow(w, w.posts(w.a, 0, false))
		comment := mustKnow(w, w.a.answers(w.a.people[1], post))
		answer := w.b.answers(w.b.people[2], comment)
		w.bring(w.held(w.a)...)
		w.a.post()
		create := w.held(w.c)
		along.away(comment)
		removal := w.held(w.c)
		w.bring(w.held(w.b)...)
		w.bring(create...)
		if !w.c.ask(true, answer) { // which is gone, as long as it is removed
			t.Fatal("nobody asks for what was removed")
		}
		w.bring(removal...)
		w.finish()
		w.shows(1, `select count(*) from comment where uri = $1 and state = 2`, answer)
		along.back(comment)
		w.ends()
		w.shows(1, `select count(*) from comment where uri = $1 and state = 0 and html <> ''`, answer)
	}
}
