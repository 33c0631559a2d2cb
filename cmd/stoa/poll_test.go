package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// ask has somebody make a poll.
func (n *testNode) ask(person, community, title, source string, multiple bool, options ...string) string {
	n.t.Helper()
	p := forum.Post{Community: n.community(community), Author: n.person(person), Title: title, TitleGiven: true, Text: n.text(source), Poll: &forum.Poll{Multiple: multiple}}
	for _, o := range options {
		p.Poll.Options = append(p.Poll.Options, forum.PollOption{Name: o})
	}
	o := n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Submit(ctx, tx, []forum.Submit{{Post: p, Open: time.Hour}})
	})
	return n.publisher.PostURI(o.ID)
}

func (n *testNode) choose(person, poll string, choices ...string) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Choose(ctx, tx, []forum.Choose{{Voter: n.person(person), Object: poll, Choices: choices}})
	})
}

// stands is what a node shows of a poll.
func (n *testNode) stands(poll string) string {
	n.t.Helper()
	p, err := n.db.Reader().Post(n.t.Context(), n.numberOf(poll))
	if err != nil {
		n.t.Fatal(err)
	}
	if p.Poll == nil {
		return "no poll"
	}
	out := fmt.Sprintf("%q %q %d comments:", p.Title, p.Text.HTML, p.Comments)
	for _, o := range p.Poll.Options {
		out += fmt.Sprintf(" %s %d", o.Name, o.Votes)
	}
	return out + fmt.Sprintf(" of %d until %s", p.Poll.Voters, p.Poll.Closes.UTC().Format(time.RFC3339Nano))
}

// A poll made on one node is answered from all, wherever its community lives, and all
// of them show the same in the end.
func TestThreeNodesVoteInOnePoll(t *testing.T) {
	w := newWorld(t, nil)
	all := []*testNode{w.a, w.b, w.c}
	home := w.a.ask(w.ann, w.community, "Tea?", "", false, "green", "black")
	guest := w.b.ask(w.bob, w.community, "When?", "**Soon**, or", true, "morning", "noon", "night")
	for _, n := range all {
		n.knows(home)
		n.knows(guest)
	}
	if a, b := w.a.stands(home), w.c.stands(home); a != b {
		t.Errorf("what was asked:\n%s\n%s", a, b)
	}
	w.a.choose(w.ann, home, "green")
	w.b.choose(w.bob, home, "black")
	w.c.choose(w.carol, home, "black")
	w.a.choose(w.ann, guest, "noon", "night")
	w.b.choose(w.bob, guest, "noon")
	w.c.choose(w.carol, guest, "morning", "night")
	for poll, want := range map[string]string{
		home:  ` 0 comments: green 1 black 2 of 3 until `,
		guest: ` 0 comments: morning 1 noon 2 night 2 of 3 until `,
	} {
		var shown [3]string
		eventually(t, "all show the totals of "+poll, func() bool {
			for i, n := range all {
				shown[i] = n.stands(poll)
			}
			return shown[0] == shown[1] && shown[1] == shown[2] && strings.Contains(shown[0], want)
		})
	}
	// The end is told of too.
	before := countLog(t, w.a, "tally")
	if w.a.count(`select count(*) from river_job where kind = 'tell_poll' and state = 'scheduled' and args->>'final' = 'true' and scheduled_at > now() + interval '50 minutes'`) != 1 {
		t.Error("nobody waits for the end")
	}
	if _, err := w.a.db.Pool().Exec(t.Context(), `update river_job set scheduled_at = now() where kind = 'tell_poll' and state = 'scheduled'`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end is told of", func() bool { return countLog(t, w.a, "tally") > before })
	// Who chose what is known where they live and where the poll is, and nowhere else.
	for i, want := range []int{5, 6, 3} {
		if got := all[i].count(`select count(*) from poll_vote`); got != want {
			t.Errorf("node %d knows %d votes, want %d", i, got, want)
		}
	}
}
