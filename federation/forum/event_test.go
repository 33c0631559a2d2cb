package forum

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Who hears of an act: the followers of a community of ours, and the author's
// own server; the community, where it is another's.
func TestReplyEvents(t *testing.T) {
	second := home
	second.ID, second.URI = 7, "https://here.test/c/second"
	eve := Person{ID: 3, Host: "third.test", Inbox: "https://third.test/users/eve/inbox", SharedInbox: "https://third.test/inbox"}
	for _, c := range []struct {
		name     string
		by       Person
		in       Community
		places   []Community
		answered Person
		want     []Event
	}{
		{"there, in ours", bob, home, nil, ada, []Event{{Community: home, Announce: true, Echo: []string{bob.SharedInbox}}}},
		{"here, in ours", ada, home, nil, ada, []Event{{Community: home, Announce: true}}},
		{"here, in ours, to somebody elsewhere", ada, home, nil, eve, []Event{{Community: home, Announce: true, Direct: []string{eve.Inbox}}}},
		{"here, elsewhere", ada, away, nil, ada, []Event{{Community: away, Direct: []string{away.Inbox}}}},
		{"here, elsewhere, to somebody", ada, away, nil, eve, []Event{{Community: away, Direct: []string{away.Inbox, eve.Inbox}}}},
		{"there, elsewhere", bob, away, nil, ada, nil},
		{"in two places", bob, home, []Community{second}, ada, []Event{
			{Community: home, Announce: true, Echo: []string{bob.SharedInbox}}, {Community: second, Announce: true, Echo: []string{bob.SharedInbox}},
		}},
		{"there, elsewhere, listed in ours", bob, away, []Community{second}, ada, []Event{{Community: second, Announce: true, Echo: []string{bob.SharedInbox}}}},
	} {
		comment := Comment{URI: "https://x.test/1", InReplyTo: "https://x.test/0", Author: c.by}
		got := replyEvents(&comment, &ReplyFacts{Post: Post{ID: 1, Community: c.in}, Places: c.places, ParentAuthor: c.answered}, Origin{})
		if len(got) != len(c.want) {
			t.Errorf("%s: %d events, want %d", c.name, len(got), len(c.want))
			continue
		}
		for i, e := range got {
			w := c.want[i]
			if e.Community.URI != w.Community.URI || e.Announce != w.Announce || !slices.Equal(e.Direct, w.Direct) || !slices.Equal(e.Echo, w.Echo) {
				t.Errorf("%s: event %d is %+v, want %+v", c.name, i, e, w)
			}
			if e.Verb != VerbReply || e.Subject() != comment.URI || e.Parent() != comment.InReplyTo || e.Verb.Lane() != LaneContent {
				t.Errorf("%s: event %d tells of %s of %s to %s", c.name, i, e.Verb, e.Subject(), e.Parent())
			}
		}
	}
}

// An Undo names the vote that it takes back, also when that was cast within the
// same batch.
func TestVoteEvents(t *testing.T) {
	facts := VoteFacts{Subject: Subject{OnPost, 1}, Up: 1, Post: Post{ID: 1, URI: "https://x.test/1", Community: home}}
	b := voteBatch{held: map[heldKey]CastVote{}, tally: map[Subject]*Tally{}}
	var last *Event
	for _, a := range []Vote{
		{Voter: bob, Dir: -1, Origin: Origin{Activity: "down"}},
		{Voter: bob, Dir: 0, Origin: Origin{Activity: "undo"}},
	} {
		was, now := b.apply(&a, &facts, noon)
		events := voteEvents(&a, &facts, was, now)
		if len(events) != 1 || !events[0].Announce || events[0].Echo != nil || events[0].Verb.Lane() != LaneVotes {
			t.Fatalf("%+v", events)
		}
		last = events[0]
	}
	if last.Dir != 0 || last.WasDir != -1 || last.Undoes != "down" || !last.At.After(noon) {
		t.Errorf("%+v", last)
	}
	if y := b.tally[facts.Subject]; y.Up != 1 || y.Down != 0 || y.Ranks != RanksOf(1, 0, facts.Submitted, &facts.Post.Community) {
		t.Errorf("counted %+v", y)
	}

	// Of an emoji hears whoever wrote what it is on, wherever they are; of a vote not.
	facts.Author = Person{ID: 9, URI: "https://m.test/u/eve", Inbox: "https://m.test/u/eve/inbox"}
	for emoji, inboxes := range map[[2]string]int{{"", ""}: 0, {"🙂", ""}: 1, {"", "🙂"}: 1} {
		facts.Emoji = emoji[1]
		events := voteEvents(&Vote{Voter: ada, Emoji: emoji[0]}, &facts, CastVote{}, CastVote{})
		if len(events) != 1 || len(events[0].Direct) != inboxes || events[0].Emoji != emoji[0] || events[0].WasEmoji != emoji[1] {
			t.Errorf("%q: %+v", emoji, events)
		}
	}
}

func TestEmojiAreCounted(t *testing.T) {
	for text, want := range map[string]int{
		"🙂": 1, "❤": 1, "❤️": 1, "👍🏿": 1, "👨‍👩‍👧‍👦": 1, "🏳️‍🌈": 1, "🇵🇹": 1, "🏴󠁧󠁢󠁥󠁮󠁧󠁿": 1, "1️⃣": 1, "#️⃣": 1, "‼️": 1, "↔️": 1, "◻️": 1,
		"🙂🙂": 2, "🇵🇹🇩🇪": 2, "1🙂": 2, "🙂🇵🇹": 2,
		"": 0, "12": 0, "#": 0, "a": 0, "🙂a": 0, "<": 0, "🙂<": 0, ":blob:": 0, "🙂 🙂": 0, "\u200d": 0,
	} {
		if got := signs(text); got != want || IsEmoji(text) != (want > 0) {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	if IsEmoji(strings.Repeat("🙂", 11)) {
		t.Error("a line of them is one")
	}
}

func TestFollowEvents(t *testing.T) {
	for _, c := range []struct {
		name  string
		act   Follow
		in    Community
		state FollowState
		want  Verb
		to    string
	}{
		{"accepted", Follow{Person: bob}, home, Following, VerbAccept, bob.Inbox},
		{"not accepted", Follow{Person: bob}, home, NotFollowing, "", ""},
		{"left", Follow{Person: bob, Undo: true}, home, NotFollowing, "", ""},
		{"ours in ours", Follow{Person: ada}, home, Following, "", ""},
		{"asked", Follow{Person: ada}, away, Pending, VerbFollow, away.Inbox},
		{"taken back", Follow{Person: ada, Undo: true}, away, NotFollowing, VerbUnfollow, away.Inbox},
	} {
		e := followEvent(&c.act, &FollowFacts{Community: c.in, Held: HeldFollow{Activity: "asked"}}, HeldFollow{State: c.state, At: noon})
		switch {
		case c.want == "":
			if e != nil {
				t.Errorf("%s: %+v, want nothing", c.name, e)
			}
		case e == nil || e.Verb != c.want || !slices.Equal(e.Direct, []string{c.to}) || e.Announce || e.Subject() != c.in.URI || e.At != noon:
			t.Errorf("%s: %+v, want %s to %s", c.name, e, c.want, c.to)
		case c.act.Undo && e.Undoes != "asked":
			t.Errorf("%s: undoes %q", c.name, e.Undoes)
		}
	}
}

func TestCrossposts(t *testing.T) {
	var ours []Community
	for i := range 8 {
		c := home
		c.ID = int64(10 + i)
		ours = append(ours, c)
	}
	got := crossposts(&Submit{Post: Post{Author: bob}}, &SubmitFacts{Community: home, Crossposts: append([]Community{home, away, removed(ours[7]), ours[0], ours[0]}, ours[1:]...)})
	if len(got) != MaxCrossposts || got[0].ID != 10 || got[4].ID != 14 {
		t.Errorf("%v", got)
	}
	if got := crossposts(&Submit{Post: Post{Author: bob}, Origin: Origin{Via: away.ID}}, &SubmitFacts{Community: away, Crossposts: ours}); got != nil {
		t.Errorf("another's announce put a post into ours: %v", got)
	}
}

func TestHot(t *testing.T) {
	if tenfold := Hot(10, noon) - Hot(1, noon.Add(12*time.Hour+30*time.Minute)); tenfold > 1e-9 || tenfold < -1e-9 {
		t.Errorf("ten times the score and 12.5 hours differ by %v", tenfold)
	}
	last := Hot(-1000, noon)
	for score := -999; score < 1000; score++ {
		if h := Hot(score, noon); h < last {
			t.Fatalf("score %d ranks below %d", score, score-1)
		} else {
			last = h
		}
	}
	if Hot(1, noon.Add(time.Microsecond)) <= Hot(1, noon) {
		t.Error("a microsecond newer ranks no higher")
	}
}

func TestSubmitted(t *testing.T) {
	for _, c := range []struct{ published, received, want time.Time }{
		{noon, noon.Add(time.Hour), noon}, {noon.Add(time.Hour), noon, noon}, {time.Time{}, noon, noon},
	} {
		if got := Submitted(c.published, c.received); !got.Equal(c.want) {
			t.Errorf("Submitted(%v, %v) = %v", c.published, c.received, got)
		}
	}
}

// Emoji of this node are told from those of others, which are theirs to tell of.
func TestEmojiOfThisNode(t *testing.T) {
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	own := Emoji{"party", "https://stoa.test/pictures/1.png", at}
	all := Emojis("").With("cat", "https://far.test/cat.png").WithOwn(own).WithOwn(Emoji{"party", "https://stoa.test/pictures/2.png", at})
	if got := all.Own(); len(got) != 1 || got[0] != own {
		t.Errorf("own are %v", got)
	}
	if all.URL("party") != own.URL || all.URL("cat") != "https://far.test/cat.png" || all.All()["party"] != own.URL || len(all.All()) != 2 {
		t.Errorf("%q has %v", all, all.All())
	}
	for name, good := range map[string]bool{"party": true, "Cat_2": true, "x": false, "a-b": false, "käse": false, "": false, strings.Repeat("a", 65): false} {
		if no := CheckEmoji(name); (no == nil) != good {
			t.Errorf("%q: %v", name, no)
		}
	}
}
