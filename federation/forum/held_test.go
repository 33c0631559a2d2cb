package forum

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

// at is some seconds after noon; nothing for 0, as most servers send no time.
func at(s int) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return noon.Add(time.Duration(s) * time.Second)
}

func TestVoteOn(t *testing.T) {
	vote := func(dir, s int, id, undoes string) Vote {
		return Vote{Voter: bob, Dir: dir, At: at(s), Undoes: undoes, Origin: Origin{Activity: id}}
	}
	for _, c := range []struct {
		name string
		acts []Vote
		want int
	}{
		{"one", []Vote{vote(1, 0, "1", "")}, 1},
		{"the later of two", []Vote{vote(1, 0, "1", ""), vote(-1, 0, "2", "")}, -1},
		{"the later of two, by time", []Vote{vote(1, 5, "1", ""), vote(-1, 4, "2", "")}, 1},
		{"at one moment the greater id", []Vote{vote(1, 5, "2", ""), vote(-1, 5, "1", "")}, 1},
		{"at one moment the greater id", []Vote{vote(1, 5, "1", ""), vote(-1, 5, "2", "")}, -1},
		{"taken back", []Vote{vote(1, 0, "1", ""), vote(0, 0, "2", "1")}, 0},
		{"taken back under another name", []Vote{vote(1, 0, "1", ""), vote(0, 0, "2", "7")}, 0},
		{"taken back before it came", []Vote{vote(0, 0, "2", "1"), vote(1, 0, "1", "")}, 0},
		{"taken back, and another cast", []Vote{vote(0, 0, "2", "1"), vote(1, 0, "3", "")}, 1},
		{"repeated", []Vote{vote(1, 0, "1", ""), vote(1, 0, "1", "")}, 1},
		{"without a time after one of the future", []Vote{vote(1, 90, "1", ""), vote(0, 0, "2", "")}, 0},
		{"without a time, many at one moment", []Vote{vote(1, 0, "3", ""), vote(-1, 0, "2", ""), vote(0, 0, "1", "")}, 0},
		{"taken back earlier than cast", []Vote{vote(1, 5, "1", ""), vote(0, 4, "2", "")}, 1},
		{"after the author's own", []Vote{vote(1, 1, "", ""), vote(0, 0, "2", "")}, 0},
	} {
		var held CastVote
		for _, a := range c.acts {
			held = a.on(held, noon)
		}
		if held.Dir != c.want || held.PersonID != bob.ID {
			t.Errorf("%s: %+v, want %d", c.name, held, c.want)
		}
	}
}

func TestFollowOn(t *testing.T) {
	follow := func(undo bool, s int, id, undoes string) Follow {
		return Follow{Person: bob, Undo: undo, At: at(s), Undoes: undoes, Origin: Origin{Activity: id}}
	}
	for _, c := range []struct {
		name string
		in   Community
		acts []Follow
		want FollowState
	}{
		{"ours", home, []Follow{follow(false, 0, "1", "")}, Following},
		{"theirs", away, []Follow{follow(false, 0, "1", "")}, Pending},
		{"left", home, []Follow{follow(false, 0, "1", ""), follow(true, 0, "2", "1")}, NotFollowing},
		{"left before asking", home, []Follow{follow(true, 0, "2", "1"), follow(false, 0, "1", "")}, NotFollowing},
		{"left, and asked again", home, []Follow{follow(true, 0, "2", "1"), follow(false, 0, "3", "")}, Following},
		{"left earlier", home, []Follow{follow(false, 5, "1", ""), follow(true, 4, "2", "")}, Following},
		{"repeated", home, []Follow{follow(false, 0, "1", ""), follow(false, 0, "1", "")}, Following},
	} {
		var held HeldFollow
		for _, a := range c.acts {
			held = a.on(held, c.in, noon)
		}
		if held.State != c.want || held.PersonID != bob.ID || held.CommunityID != c.in.ID {
			t.Errorf("%s: %+v, want %d", c.name, held, c.want)
		}
	}
	// Asking again does not make one who has been accepted wait.
	if h := (&Follow{Person: ada, Origin: Origin{Activity: "2"}}).on(HeldFollow{PersonID: 1, CommunityID: 2, State: Following, At: noon}, away, noon); h.State != Following {
		t.Errorf("asked again: %+v", h)
	}
}

// Acts with times leave the same row in each of their orders, repeated or not.
func TestOrdersOfTimedActs(t *testing.T) {
	votes := []Vote{
		{Voter: bob, Dir: 1, At: at(1), Origin: Origin{Activity: "a"}},
		{Voter: bob, Dir: 0, At: at(2), Undoes: "a", Origin: Origin{Activity: "b"}},
		{Voter: bob, Dir: -1, At: at(2), Origin: Origin{Activity: "c"}},
		{Voter: bob, Dir: 1, At: at(3), Origin: Origin{Activity: "d"}},
		{Voter: bob, Dir: 0, At: at(4), Undoes: "d", Origin: Origin{Activity: "e"}},
	}
	follows := make([]Follow, len(votes))
	for i, v := range votes {
		follows[i] = Follow{Person: bob, Undo: v.Dir == 0, At: v.At, Undoes: v.Undoes, Origin: v.Origin}
	}
	orders := 0
	for _, of := range [][]int{{0, 1, 2, 3, 4}, {0, 1, 2}, {0, 2, 3}, {1, 2, 1}, {0, 1, 0, 3, 3}} {
		ends := map[string][]int{}
		permute(of, func(order []int) {
			orders++
			var v CastVote
			var f HeldFollow
			for _, i := range order {
				v, f = votes[i].on(v, noon), follows[i].on(f, home, noon)
			}
			ends[fmt.Sprint(v, f)] = append([]int{}, order...)
		})
		if len(ends) != 1 {
			t.Errorf("the acts %v end in %d ways: %v", of, len(ends), ends)
		}
	}
	if orders < 120+120 {
		t.Errorf("only %d orders were tried", orders)
	}
}

func permute(of []int, do func([]int)) {
	var walk func(int)
	walk = func(k int) {
		if k == len(of) {
			do(of)
			return
		}
		for i := k; i < len(of); i++ {
			of[k], of[i] = of[i], of[k]
			walk(k + 1)
			of[k], of[i] = of[i], of[k]
		}
	}
	walk(0)
}
