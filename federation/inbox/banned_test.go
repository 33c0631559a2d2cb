package inbox

import (
	"context"
	"slices"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// relocates has somebody who moderates both move a post between the communities of a.
func (w *trio) relocates(post, from, to string) {
	w.t.Helper()
	w.a.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Relocate(ctx, tx, []forum.Relocation{{By: w.a.person(w.a.people[0]), Object: post, From: from, To: to}}))
	})
}

// What somebody wrote goes with their ban if they wrote it before, in what was that community
// at that time, and as long as the ban holds: in whatever order what they wrote, the ban, and
// what is done to the thread are heard of. Two orders of each are played, which are the wrongest.
func TestGoneWithABanWhateverComesFirst(t *testing.T) {
	w := newTrio(t)
	w.openOthers()
	w.finish()
	who := w.b.people[2]
	var post, comment string
	writes := func() { comment = w.b.answers(who, post); w.bring(w.held(w.a)...); w.a.post() }
	ban := func() { w.a.measures(forum.VerbBan, who, true) }
	unban := func() { w.a.measures(forum.VerbUnban, who, true) }
	end := func() { w.a.measures(forum.VerbUnban, who, false) }
	remove := func() { w.a.measures(forum.VerbRemove, post, true) }
	restore := func() { w.a.measures(forum.VerbRestore, post, true) }
	alone := func() { w.a.measures(forum.VerbRestore, comment, false) }
	away := func() { w.relocates(post, w.a.community, w.a.other) }
	home := func() { w.relocates(post, w.a.other, w.a.community) }
	for _, c := range []struct {
		name  string
		steps []func()
		state int
		also  []int // another order
	}{
		{"banned", []func(){writes, ban}, 2, nil},
		{"banned no more, without what they wrote", []func(){writes, ban, end}, 2, nil},
		{"banned no more", []func(){writes, ban, unban}, 0, nil},
		{"written after a ban", []func(){ban, unban, writes}, 0, nil},
		{"written after a ban that is over", []func(){ban, end, writes}, 0, nil},
		{"in a removed thread that is back", []func(){writes, remove, ban, restore}, 2, nil},
		{"in a removed thread, and banned no more", []func(){writes, remove, ban, unban}, 2, nil},
		{"given back by itself", []func(){writes, ban, alone}, 0, nil},
		{"given back by itself, and banned after", []func(){writes, remove, alone, ban}, 2, nil},
		{"in a thread that had left", []func(){writes, away, ban}, 0, nil},
		{"in a thread that left later", []func(){writes, ban, away}, 2, nil},
		{"in a thread that came later", []func(){away, writes, ban, home}, 0, nil},
		{"in a thread that left, and came back", []func(){writes, away, ban, home}, 0, nil},
		{"in a thread that left, and came back in between", []func(){writes, away, ban, home, away}, 0, []int{0, 4, 2, 1, 3}},
		{"in a thread that came back before", []func(){writes, away, home, ban}, 2, nil},
	} {
		last := len(c.steps) - 1
		backwards, firstFirst := make([]int, 0, last+1), []int{0}
		for i := range c.steps {
			if backwards = append(backwards, last-i); i < last {
				firstFirst = append(firstFirst, last-i)
			}
		}
		all := [][]int{backwards, firstFirst}[:min(last, 2)]
		if c.also != nil {
			all = append(all, c.also)
		}
		for _, order := range all {
			post = mustKnow(w, w.posts(w.a, 0, false))
			w.finish()
			var letters [][]*parcel
			for _, step := range c.steps {
				step()
				letters = append(letters, w.held(w.c))
			}
			for _, n := range order {
				w.bring(letters[n]...)
			}
			w.finish()
			for _, m := range w.nodes {
				if have := m.number(`select state from comment where uri = $1`, comment); have != c.state {
					t.Errorf("%s, in the order %v: %s has it in state %d, want %d", c.name, order, m.name, have, c.state)
				}
			}
			w.a.measures(forum.VerbUnban, who, true)
			w.finish()
		}
	}
	w.agree()
}

// What was given back with all below it is there also where it comes last, though something
// further up had been removed with all below it before; whether or not what was given back
// had been removed by itself, and in whatever order others hear of it.
func TestLateBelowWhatWasGivenBack(t *testing.T) {
	w := newTrio(t)
	for _, removed := range []bool{true, false} {
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {0, 2, 1}} {
			post := mustKnow(w, w.posts(w.a, 0, false))
			above := mustKnow(w, w.a.answers(w.a.people[1], post))
			below := w.b.answers(w.b.people[1], above)
			w.bring(w.held(w.a)...)
			w.a.post()
			late := w.held(w.c)
			w.bring(w.held(w.b)...)
			w.a.measures(forum.VerbRemove, post, true)
			if removed {
				w.a.measures(forum.VerbRemove, above, true)
			}
			w.a.measures(forum.VerbRestore, above, true)
			w.a.post()
			toB, toC := w.held(w.b), append(w.held(w.c), late...)
			for _, n := range order {
				if n < len(toB) {
					w.bring(toB[n])
				}
			}
			slices.Reverse(toC)
			w.bring(toC...)
			w.ends()
			w.shows(1, `select count(*) from comment where uri = $1 and state = 0`, below)
		}
	}
}
