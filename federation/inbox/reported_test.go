package inbox

import (
	"context"
	"fmt"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// reported has somebody report something, or take that back.
func (m *member) reported(who int, object, reason string, withdraw bool) {
	m.t.Helper()
	r := forum.Report{By: m.person(m.people[who]), Object: object, Reason: reason, Withdraw: withdraw}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Report(ctx, tx, []forum.Report{r}))
	})
}

func (m *member) dealtWith(who int, object string) {
	m.t.Helper()
	r := forum.Resolve{By: m.person(m.people[who]), Object: object}
	m.does(func(ctx context.Context, tx *storage.Tx, p *process) (forum.Outcome, error) {
		return one(p.forum.Resolve(ctx, tx, []forum.Resolve{r}))
	})
}

// orders are all orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, o := range orders(n - 1) {
		for at := range n {
			all = append(all, append(append(append([]int{}, o[:at]...), n-1), o[at:]...))
		}
	}
	return all
}

// Of reports of one person of one thing, of what takes them back and of what says that they
// have been dealt with the latest counts, in whatever order they come.
func TestLaterReportCounts(t *testing.T) {
	w := newTrio(t)
	post := mustKnow(w, w.posts(w.a, 0, false))
	for i, by := range []func(string){
		func(on string) { w.b.reported(1, on, "", true) }, // they take it back
		func(on string) { w.b.dealtWith(1, on) },          // who moderates, too
	} {
		for k, order := range orders(3) {
			comment := mustKnow(w, w.a.answers(w.a.people[1], post))
			again := fmt.Sprintf("%d after %d", i, k)
			w.b.reported(1, comment, "first", false)
			by(comment)
			w.b.reported(1, comment, again, false)
			letters := w.held(w.a)
			for _, n := range order {
				w.bring(letters[n])
			}
			w.finish()
			for _, m := range []*member{w.a, w.b} {
				if open := m.lines(`select reason from report where closed_at is null`); len(open) != 1 || open[0] != again {
					t.Errorf("%v: %s has %q, want %q", order, m.name, open, again)
				}
			}
			by(comment)
			w.ends()
		}
	}
	// What ends one is heard of before it.
	for _, ends := range []func(string){func(on string) { w.b.reported(1, on, "", true) }, func(on string) { w.b.dealtWith(1, on) }} {
		comment := mustKnow(w, w.a.answers(w.a.people[1], post))
		w.b.reported(1, comment, "first", false)
		ends(comment)
		letters := w.held(w.a)
		w.bring(letters[1], letters[0])
		w.ends()
	}
	// Its home has dealt with one, and they report it anew before they hear.
	comment := mustKnow(w, w.a.answers(w.a.people[1], post))
	w.c.reported(0, comment, "first", false)
	w.bring(w.held(w.a)...)
	w.a.dealtWith(0, comment)
	late := w.held(w.c)
	w.c.reported(0, comment, "", true)
	w.c.reported(0, comment, "again", false)
	w.bring(late...)
	w.ends()
	for _, m := range []*member{w.a, w.c} {
		if open := m.lines(`select reason from report where closed_at is null`); len(open) != 1 || open[0] != "again" {
			t.Errorf("%s has %q", m.name, open)
		}
	}
}
