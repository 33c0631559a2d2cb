package inbox

import (
	"context"
	"slices"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// What goes along with an act, or is given back with it, is as the latest act says that had
// something go along, whatever else was done to the same thing, and in whatever order it is
// heard of.
func TestAlongWhateverComesFirst(t *testing.T) {
	w := newTrio(t)
	type act struct {
		verb  forum.Verb
		along bool
	}
	for _, c := range []struct {
		name string
		acts []act
		gone bool // what is below, or what they wrote
	}{
		{"a removal, and its end by itself", []act{{forum.VerbRemove, true}, {forum.VerbRestore, false}}, true},
		{"a removal, its end, and another by itself", []act{{forum.VerbRemove, true}, {forum.VerbRestore, true}, {forum.VerbRemove, false}}, false},
		{"a removal by itself, and another", []act{{forum.VerbRemove, false}, {forum.VerbRestore, false}, {forum.VerbRemove, true}}, true},
		{"a ban, and its end by itself", []act{{forum.VerbBan, true}, {forum.VerbUnban, false}}, true},
		{"a ban, its end, and another by itself", []act{{forum.VerbBan, true}, {forum.VerbUnban, true}, {forum.VerbBan, false}}, false},
	} {
		for _, order := range orders(len(c.acts)) {
			post := mustKnow(w, w.posts(w.a, 0, false))
			comment := mustKnow(w, w.a.answers(w.a.people[1], post))
			below := mustKnow(w, w.b.answers(w.b.people[2], comment))
			on := comment
			if c.acts[0].verb == forum.VerbBan {
				on = w.b.people[2]
			}
			for _, a := range c.acts {
				w.a.measures(a.verb, on, a.along)
			}
			letters := w.held(w.c)
			for _, n := range order {
				w.bring(letters[n])
			}
			w.finish()
			state := 0
			if c.gone {
				state = 2
			}
			for _, m := range w.nodes {
				if have := m.number(`select state from comment where uri = $1`, below); have != state {
					t.Errorf("%s, in the order %v: %s has it in state %d, want %d", c.name, order, m.name, have, state)
				}
			}
			w.agree()
			w.a.measures(forum.VerbUnban, w.b.people[2], true)
			w.finish()
		}
	}
}

// What is given back by itself, of what went along with something, is there whichever is
// heard of first.
func TestGivenBackByItselfBeforeItWent(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.b, 2, false))
	comment := mustKnow(w, w.a.answers(w.a.people[1], post))
	below := mustKnow(w, w.b.answers(w.b.people[2], comment))
	for _, c := range []struct{ away, back func() }{
		{func() { w.a.measures(forum.VerbRemove, comment, true) }, func() { w.a.acts(forum.VerbRestore, below) }},
		{func() { w.a.measures(forum.VerbBan, w.b.people[2], true) }, func() { w.a.acts(forum.VerbRestore, below); w.a.acts(forum.VerbRestore, post) }},
	} {
		c.away()
		c.back()
		late := append(w.held(w.b), w.held(w.c)...)
		slices.Reverse(late)
		w.bring(late...)
		w.ends()
		w.shows(1, `select count(*) from comment where uri = $1 and state = 0`, below)
		w.a.measures(forum.VerbRestore, comment, true)
		w.a.measures(forum.VerbUnban, w.b.people[2], true)
		w.ends()
	}
}

// Of the acts of two moderators the home tells the later also where it changed nothing there:
// a third has heard of what came before it.
func TestHomeTellsWhatOutdoes(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.a, 0, false))
	w.a.acts(forum.VerbAppoint, w.c.people[0])
	w.finish()
	w.a.acts(forum.VerbRemove, post)
	unheard := w.held(w.b)
	w.bring(w.held(w.c)...)
	w.c.acts(forum.VerbRestore, post)
	late := w.held(w.a)
	w.b.acts2(forum.VerbRemove, post)
	w.bring(w.held(w.a)...)
	w.bring(late...)
	w.bring(unheard...)
	w.ends()
	w.shows(1, `select count(*) from post where state = 2`)
}

// What is given back goes with what is above it where that was removed with all below it
// later, whichever is heard of first.
func TestGivenBackBeforeAllAboveWent(t *testing.T) {
	w := newTrio(t)
	for _, above := range []bool{true, false} { // the thread, or what it answers
		post := mustKnow(w, w.posts(w.a, 0, false))
		over := mustKnow(w, w.a.answers(w.a.people[1], post))
		comment := mustKnow(w, w.a.answers(w.a.people[1], over))
		below := mustKnow(w, w.b.answers(w.b.people[0], comment))
		w.a.measures(forum.VerbRemove, comment, true)
		w.finish()
		w.b.restores(comment)
		late := w.held(w.a)
		if above {
			over = post
		}
		w.a.measures(forum.VerbRemove, over, true)
		w.bring(late...)
		w.ends()
		w.shows(2, `select count(*) from comment where uri in ($1, $2) and state = 2`, comment, below)
		w.a.measures(forum.VerbRestore, over, true)
		w.ends()
		w.shows(2, `select count(*) from comment where uri in ($1, $2) and state = 0`, comment, below)
	}
}

// restores gives back, with what went along, in the name of the second of b.
func (m *member) restores(object string) {
	m.t.Helper()
	a := forum.Moderation{Verb: forum.VerbRestore, By: m.person(m.people[1]), Object: object, Along: true}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Moderate(ctx, tx, []forum.Moderation{a}))
	})
}
