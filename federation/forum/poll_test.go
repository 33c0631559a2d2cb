package forum

import (
	"strings"
	"testing"
	"time"
)

func poll(multiple bool, names ...string) *Poll {
	p := &Poll{Multiple: multiple, Closes: noon.Add(time.Hour)}
	for _, name := range names {
		p.Options = append(p.Options, PollOption{Name: name})
	}
	return p
}

// Who may vote in a poll, when, and for what.
func TestJudgeChoose(t *testing.T) {
	ours := Post{ID: 1, URI: "https://here.test/post/1", Local: true, Community: home, Author: ada, Poll: poll(false, "a", "b")}
	theirs := Post{ID: 2, URI: "https://there.test/q", Community: home, Author: bob, Poll: poll(false, "a", "b")}
	several := ours
	several.Poll = poll(true, "a", "b")
	closed := ours
	closed.Poll = &Poll{Options: ours.Poll.Options, Closes: noon}
	bot := bob
	bot.Bot = true
	with := func(p Post, change func(*Post)) PollFacts { change(&p); return PollFacts{Post: p} }
	for _, c := range []struct {
		name   string
		act    Choose
		facts  PollFacts
		reason string
	}{
		{"here, in ours", Choose{Voter: ada, Choices: []string{"a"}}, PollFacts{Post: ours}, ""},
		{"there, in ours", Choose{Voter: bob, Choices: []string{"b"}}, PollFacts{Post: ours}, ""},
		{"here, in theirs", Choose{Voter: ada, Choices: []string{"a"}}, PollFacts{Post: theirs}, ""},
		{"there, in theirs", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: theirs}, "not-its-poll"},
		{"in one that lives elsewhere", Choose{Voter: bob, Choices: []string{"a"}}, with(ours, func(p *Post) { p.Community = away }), ""},
		{"announced", Choose{Voter: bob, Choices: []string{"a"}, Origin: Origin{Via: away.ID}}, PollFacts{Post: ours}, "announced-choice"},
		{"blocked", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: ours, Blocked: true}, "server-blocked"},
		{"gone", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: ours, VoterGone: true}, "author-gone"},
		{"banned", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: ours, Banned: true}, "banned"},
		{"a bot", Choose{Voter: bot, Choices: []string{"a"}}, PollFacts{Post: ours}, "bot-vote"},
		{"unknown", Choose{Voter: bob, Object: "https://here.test/post/9", Choices: []string{"a"}}, PollFacts{}, "needs-object"},
		{"buried", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Tombstone: true}, "deleted"},
		{"deleted, and perhaps back later", Choose{Voter: bob, Choices: []string{"a"}}, with(ours, func(p *Post) { p.State = Deleted }), ""},
		{"deleted, by somebody who sees that", Choose{Voter: ada, Choices: []string{"a"}}, with(ours, func(p *Post) { p.State = Deleted }), "deleted"},
		{"of a community that is gone", Choose{Voter: bob, Choices: []string{"a"}}, with(ours, func(p *Post) { p.Community = removed(home) }), "community-removed"},
		{"no poll", Choose{Voter: bob, Choices: []string{"a"}}, with(ours, func(p *Post) { p.Poll = nil }), "no-poll"},
		{"closed", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: closed}, "poll-closed"},
		{"closed, ours", Choose{Voter: ada, Choices: []string{"a"}}, PollFacts{Post: closed}, "poll-closed"},
		{"nothing", Choose{Voter: ada}, PollFacts{Post: ours}, "no-choice"},
		{"what is not there", Choose{Voter: bob, Choices: []string{"A"}}, PollFacts{Post: ours}, "no-such-choice"},
		{"two of one", Choose{Voter: bob, Choices: []string{"a", "b"}}, PollFacts{Post: ours}, "one-choice"},
		{"the same twice over", Choose{Voter: bob, Choices: []string{"a", "a"}}, PollFacts{Post: ours}, ""},
		{"two of several", Choose{Voter: bob, Choices: []string{"a", "b"}}, PollFacts{Post: several}, ""},
		{"again", Choose{Voter: bob, Choices: []string{"b"}}, PollFacts{Post: ours, Held: []int{0}}, "voted-already"},
		{"the same again", Choose{Voter: bob, Choices: []string{"a"}}, PollFacts{Post: several, Held: []int{0}}, "voted-already"},
		{"one more of several, from elsewhere", Choose{Voter: bob, Choices: []string{"b"}}, PollFacts{Post: several, Held: []int{0}}, ""},
		{"one more of several, from here", Choose{Voter: ada, Choices: []string{"b"}}, PollFacts{Post: several, Held: []int{0}}, "voted-already"},
	} {
		wants(t, c.name, judgeChoose(&c.act, &c.facts, noon), c.reason)
	}
}

func TestJudgePoll(t *testing.T) {
	many := strings.Split(strings.Repeat("x,", 10), ",")[:10]
	for i := range many {
		many[i] += string(rune('a' + i))
	}
	for _, c := range []struct {
		name   string
		poll   *Poll
		open   time.Duration
		reason string
	}{
		{"two", poll(false, "a", "b"), time.Hour, ""},
		{"ten for a month", poll(true, many...), 30 * 24 * time.Hour, ""},
		{"one", poll(false, "a"), time.Hour, "poll-choices"},
		{"eleven", poll(false, append(many, "more")...), time.Hour, "poll-choices"},
		{"an empty one", poll(false, "a", "b", ""), time.Hour, "poll-choices"},
		{"a blank one", poll(false, "a", " b"), time.Hour, "poll-choices"},
		{"twins", poll(false, "a", "b", "a"), time.Hour, "choices-alike"},
		{"a long one", poll(false, "a", strings.Repeat("ü", 101)), time.Hour, "choice-too-long"},
		{"100 letters", poll(false, "a", strings.Repeat("ü", 100)), time.Hour, ""},
		{"too short", poll(false, "a", "b"), time.Hour - 1, "poll-time"},
		{"too long", poll(false, "a", "b"), 30*24*time.Hour + 1, "poll-time"},
	} {
		wants(t, c.name, judgePoll(c.poll, c.open), c.reason)
	}
}

// What was never said is not made up: the voters of a poll whose server counts votes
// alone.
func TestPollWith(t *testing.T) {
	p := poll(true, "a", "b")
	one := p.with([]int{0, 1}, false)
	two := one.with([]int{1}, false).with([]int{0}, true)
	if one.Voters != 1 || two.Voters != 2 || two.Options[0].Votes != 2 || two.Options[1].Votes != 2 || p.Options[0].Votes != 0 {
		t.Errorf("%+v %+v %+v", p, one, two)
	}
	p.Options[0].Votes = 5
	if got := p.with([]int{0}, false); got.Voters != 0 || got.Options[0].Votes != 6 {
		t.Errorf("%+v", got)
	}
}
