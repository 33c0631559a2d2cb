package forum

import (
	"slices"
	"testing"
	"time"
)

func TestLemmyTrap22BotsDoNotVote(t *testing.T) {
	t.Parallel()
	for _, voter := range []Person{ada, bob} {
		voter.Bot = true
		facts := VoteFacts{Subject: Subject{OnPost, 1}, Post: Post{ID: 1, Community: home}}
		wants(t, "up", judgeVote(&Vote{Voter: voter, Dir: 1}, &facts), "bot-vote")
		facts.Post.Community = away // which would refuse it, and show another count
		wants(t, "up, elsewhere", judgeVote(&Vote{Voter: voter, Dir: 1}, &facts), "bot-vote")
	}
}

func TestLemmyTrap28AuthorsServersHearTheirOwn(t *testing.T) {
	t.Parallel()
	post := Post{ID: 1, URI: "https://there.test/post/1", Author: bob, Community: home}
	comment := Comment{URI: "https://there.test/comment/1", InReplyTo: "https://here.test/post/1", Author: bob}
	posted := submitEvents(&post, &SubmitFacts{Community: home}, Origin{})
	answered := replyEvents(&comment, &ReplyFacts{Post: Post{ID: 1, Community: home}, ParentAuthor: ada}, Origin{})
	for _, events := range [][]*Event{posted, answered} {
		if len(events) != 1 || !events[0].Announce || !slices.Equal(events[0].Echo, []string{bob.SharedInbox}) {
			t.Errorf("%+v", events)
		}
	}
}

func TestPeerTrap19NamesAreInSmallLetters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Porch", "porCh", "PORCH", "ﬁ"} {
		wants(t, name, CheckName(name), "bad-name")
	}
	wants(t, "porch", CheckName("porch_1"), "")
}

func TestPeerTrap55FollowsAreAcceptedAtOnce(t *testing.T) {
	t.Parallel()
	a := Follow{Person: bob, Community: home.URI, Origin: Origin{Activity: "https://there.test/follow/1"}}
	held := a.on(HeldFollow{}, home, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	e := followEvent(&a, &FollowFacts{Community: home}, held)
	if e == nil || e.Verb != VerbAccept || !slices.Equal(e.Direct, []string{bob.Inbox}) {
		t.Errorf("%+v, answered by %+v", held, e)
	}
}
