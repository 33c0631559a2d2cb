package deliver

import "testing"

func fill(g *gate, p *pass, doubtful bool) {
	for g.take(p, doubtful) {
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
	for range 200 {
		p := newPass()
		g.take(p, true)
		doubtful = append(doubtful, p)
	}
	if g.taken != 30 || g.doubtful != 30 {
		t.Errorf("servers that may be away hold %d", g.taken)
	}
	healthy := newPass()
	if !g.take(healthy, false) {
		t.Error("a healthy server found no place")
	}
	waiting := doubtful[100]
	g.give(doubtful[0], true)
	select {
	case <-waiting.free:
	default:
		t.Error("who waits was not told of a free place")
	}
	if !g.take(waiting, true) {
		t.Error("and did not get it")
	}
}
