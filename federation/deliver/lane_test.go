package deliver

import (
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// The window grows by one for each answer until the first failure, then by one
// for each windowful, and halves once for all that failed together.
func TestWindowGrowsAndHalves(t *testing.T) {
	t.Parallel()
	const most = 96
	l := newLane(forum.LaneVotes, storage.Horizon{})
	is := func(when string, from, to float64) {
		t.Helper()
		if l.window < from || l.window > to {
			t.Errorf("%s the window is %v, want %v to %v", when, l.window, from, to)
		}
	}
	l.grow(most)
	is("when it was not the limit", 1, 1)
	l.limited = true
	for range 31 {
		l.grow(most)
	}
	is("after 31 answers", 32, 32)
	for range 100 {
		l.grow(most)
	}
	is("after many", most, most)
	sent := time.Now()
	l.shrink(sent)
	is("after a failure", 48, 48)
	l.shrink(sent)
	is("after another of those under way", 48, 48)
	for range 48 {
		l.grow(most)
	}
	is("after as many answers as it is wide", 48.5, 49)
	for range 20 {
		l.shrink(time.Now())
	}
	is("after many failures", 1, 1)
}

// Of a stretch of the log that another process has read, or of which the answer was lost,
// nobody here knows the lanes: all are looked at.
func TestNewsWithAGap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to int64
		all      bool
	}{"what follows": {20, 30, false}, "after a gap": {25, 30, true}} {
		w := &walk{to: storage.Horizon{XID: 10}, news: news{poke: make(chan struct{}, 1)}}
		for _, kind := range []forum.Lane{forum.LaneDirect, forum.LaneContent, forum.LaneVotes} {
			l := newLane(kind, w.to)
			l.complete = true
			w.lanes = append(w.lanes, l)
		}
		w.news.add(10, storage.Horizon{XID: 20}, []forum.Lane{forum.LaneDirect})
		w.news.add(c.from, storage.Horizon{XID: c.to}, []forum.Lane{forum.LaneVotes})
		w.extend()
		if w.lanes[0].complete || w.lanes[2].complete || w.lanes[1].complete == c.all || w.to.XID != c.to {
			t.Errorf("%s: direct %t, content %t, votes %t, to %d", name, w.lanes[0].complete, w.lanes[1].complete, w.lanes[2].complete, w.to.XID)
		}
	}
}

// Servers that failed together do not come back together.
func TestBackoffDoublesWithJitter(t *testing.T) {
	t.Parallel()
	d := New(Options{Backoff: time.Second, MaxBackoff: time.Hour})
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 12: 2048 * time.Second, 13: time.Hour, 1000: time.Hour} {
		seen := map[time.Duration]bool{}
		for range 100 {
			got := d.backoff(n)
			seen[got] = true
			if got < want*3/4 || got > want*5/4 {
				t.Fatalf("after %d failures it waits %v, want about %v", n, got, want)
			}
		}
		if len(seen) < 50 {
			t.Errorf("after %d failures there are only %d different waits", n, len(seen))
		}
	}
}

// Between two bursts of votes a walk stays, so that those of the next one wait for more.
func TestWalkStaysWhileVotesMayCome(t *testing.T) {
	now := time.Now()
	l := &lane{kind: forum.LaneVotes}
	w := &walk{d: &Deliverer{o: Options{Linger: time.Second}}, lanes: []*lane{{kind: forum.LaneContent}, l}}
	if end := w.lingerEnd(); !end.IsZero() {
		t.Errorf("a walk that has told nothing stays until %v", end)
	}
	w.answeredAt = now
	if end := w.lingerEnd(); !end.Equal(now.Add(time.Second)) {
		t.Errorf("without votes it stays %v", end.Sub(now))
	}
	l.rest, l.restsUntil = 2*time.Second, now.Add(2*time.Second)
	if end := w.lingerEnd(); !end.Equal(now.Add(6 * time.Second)) {
		t.Errorf("with votes it stays %v", end.Sub(now))
	}
}
