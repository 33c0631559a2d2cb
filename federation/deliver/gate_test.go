package deliver

import (
	"context"
	"testing"
	"time"

	"stoa/federation/forum"
)

func fill(g *gate, p *pass, doubtful bool) {
	for range 2 * g.limit {
		g.take(p, doubtful)
	}
}

func TestGateLeavesRoomForNewcomers(t *testing.T) {
	g := &gate{limit: 60}
	first, second, third := newPass(), newPass(), newPass()
	fill(g, first, false)
	if first.held != 30 {
		t.Errorf("alone it holds %d", first.held)
	}
	fill(g, second, false)
	fill(g, third, false)
	if second.held < 10 || third.held < 5 || g.taken != first.held+second.held+third.held {
		t.Errorf("they hold %d, %d, %d of %d", first.held, second.held, third.held, g.taken)
	}
}

func TestGateBoundsTheDoubtful(t *testing.T) {
	g := &gate{limit: 60}
	var doubtful []*pass
	var places []*place
	for range 200 {
		p := newPass()
		places = append(places, g.take(p, true))
		doubtful = append(doubtful, p)
	}
	if g.taken != 30 || g.doubtful != 30 {
		t.Errorf("servers that may be away hold %d", g.taken)
	}
	healthy := newPass()
	if g.take(healthy, false) == nil {
		t.Error("a healthy server found no place")
	}
	waiting := doubtful[100]
	g.give(places[0])
	select {
	case <-waiting.free:
	default:
		t.Error("who waits was not told of a free place")
	}
	if g.take(waiting, true) == nil {
		t.Error("and did not get it")
	}
}

// Servers that are slow, but well, take the places of others for a moment only, and there
// is an end to how many hang at a time.
func TestGateForgetsTheLate(t *testing.T) {
	g := &gate{limit: 20}
	var places []*place
	slow := func() *place {
		p := g.take(newPass(), false)
		if p != nil {
			places = append(places, p)
		}
		return p
	}
	for range 30 {
		slow()
	}
	waiting := newPass()
	if len(places) != 20 || g.take(waiting, false) != nil {
		t.Fatalf("%d have a place", len(places))
	}
	g.tardy(places[0])
	select {
	case <-waiting.free:
	default:
		t.Error("who waits was not told that a request is late")
	}
	if g.taken != 19 || g.take(waiting, false) == nil || g.take(newPass(), false) != nil {
		t.Errorf("%d hold places", g.taken)
	}
	for p := places[1]; p != nil; p = slow() {
		g.tardy(p)
	}
	if g.late != lateShare*20 || g.taken != 20 {
		t.Errorf("%d are late, %d hold places", g.late, g.taken)
	}
	for _, p := range places {
		g.tardy(p)
		g.give(p)
	}
	if g.late != 0 || g.taken != 1 || waiting.held != 1 {
		t.Errorf("%d are late, %d hold places when all but one have ended", g.late, g.taken)
	}
}

// However many votes wait to be signed, something else has a turn at once; and all
// turns come back.
func TestVotesLeaveTurnsToOthers(t *testing.T) {
	turns := newTurns(4)
	var gives []func()
	take := func(lane forum.Lane, n int) {
		t.Helper()
		for range n {
			give, err := turns.take(t.Context(), lane)
			if err != nil {
				t.Fatal(err)
			}
			gives = append(gives, give)
		}
	}
	inVain := func(lane forum.Lane) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := turns.take(ctx, lane); err == nil {
			t.Errorf("something of lane %d has a turn too many", lane)
		}
	}
	take(forum.LaneVotes, 2)
	inVain(forum.LaneVotes)
	take(forum.LaneContent, 2)
	inVain(forum.LaneContent)
	gives[0]()
	gives[0] = func() {}
	take(forum.LaneDirect, 1)
	inVain(forum.LaneVotes) // has one of its own, and none of all
	for _, give := range gives {
		give()
	}
	if len(turns.all)+len(turns.votes) != 0 {
		t.Error("turns are lost")
	}
}
