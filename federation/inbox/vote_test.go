package inbox

import (
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// score fails unless a post or comment has these counts.
func (n *node) score(uri string, up, down int) {
	n.t.Helper()
	n.want(1, `select count(*) from (select uri, up, down from post union all select uri, up, down from comment) x
		where uri = $1 and up = $2 and down = $3`, uri, up, down)
}

func TestVotes(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	comment := answering(s.ann, post, "words")
	s.send(comment, s.home)
	s.settle()
	for _, on := range []string{post, object(comment)} {
		like := s.eve.Like(on, s.community)
		if like["to"] != nil || like["cc"] != nil {
			t.Fatal("this vote is addressed")
		}
		s.send(like, s.other)
		s.settle()
		s.score(on, 2, 0)
		s.send(s.eve.Like(on, s.community), s.other) // under another id
		s.settle()
		s.score(on, 2, 0)
		s.send(s.eve.Dislike(on, s.community), s.other)
		s.settle()
		s.score(on, 1, 1)
		s.send(s.bob.Like(on, s.community), s.home)
		s.settle()
		s.score(on, 2, 1)
	}
	s.want(1, `select count(*) from post_rank where score = 1`)
	s.want(6, `select count(*) from log where verb = 'vote' and lane = 3`)
}

func TestReactionCountsAsAVote(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	react := fedtest.Doc{"id": s.other.URL("/r/1"), "type": "EmojiReact", "actor": s.eve.ID, "object": post, "content": "🏛"}
	s.send(react, s.other)
	s.settle()
	s.score(post, 2, 0)
}

// Lemmy mints an id for the vote inside an Undo, and 0.19 says Like whatever it was.
func TestUndoClearsWhateverVoteThereIs(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]string{"1.0": "1.0.0", "0.19": "0.19.20"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := meet(t)
			post := s.thread()
			p := peer(t, fedtest.Options{Software: fedtest.Lemmy, Version: version})
			kim := p.Person("kim")
			for _, cast := range []func(string, fedtest.Community) fedtest.Doc{kim.Like, kim.Dislike} {
				vote := cast(post, s.community)
				s.send(vote, p)
				s.settle()
				undo := kim.Undo(vote, s.community)
				inner := undo["object"].(fedtest.Doc)
				inner["id"] = p.URL("/activities/like/never-sent-before/" + inner["id"].(string)[len(p.URL("/")):])
				s.send(undo, p)
				s.settle()
				s.score(post, 1, 0)
			}
		})
	}
}

func TestUndoBeforeTheVote(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	like := s.eve.Like(post, s.community)
	s.send(s.eve.Undo(like, s.community), s.other)
	s.settle()
	s.send(like, s.other)
	s.settle()
	s.score(post, 1, 0)
	s.send(s.eve.Like(post, s.community), s.other) // meant anew
	s.settle()
	s.score(post, 2, 0)
}

// Of two votes with times the later counts, whichever comes first.
func TestLaterVoteWins(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	now := time.Now().UTC()
	at := func(vote fedtest.Doc, ago time.Duration) fedtest.Doc {
		vote["published"] = now.Add(-ago).Format(time.RFC3339Nano)
		return vote
	}
	s.send(at(s.eve.Dislike(post, s.community), time.Minute), s.other)
	s.settle()
	s.send(at(s.eve.Like(post, s.community), 2*time.Minute), s.other)
	s.settle()
	s.score(post, 1, 1)
	// Nobody has the last word by dating it next year.
	s.send(at(s.eve.Like(post, s.community), -365*24*time.Hour), s.other)
	s.settle()
	s.score(post, 2, 0)
	s.send(s.eve.Dislike(post, s.community), s.other)
	s.settle()
	s.score(post, 1, 1)
}

func TestWrongVotes(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	s.send(s.bob.Like(post, s.community), s.home)
	robot := s.other.Person("robot")
	robot.Type = "Service"
	s.send(robot.Follow(s.community.ID), s.other)
	s.settle()
	for _, c := range []struct {
		name, reason string
		from         *fedtest.Peer
		activity     fedtest.Doc
	}{
		{"a bot's", "bot-vote", s.other, robot.Like(post, s.community)},
		{"an Undo of somebody else's", "undoes somebody else's vote", s.other, fedtest.Doc{
			"id": s.other.URL("/u/1"), "type": "Undo", "actor": s.eve.ID,
			"object": fedtest.Doc{"id": s.home.URL("/l/1"), "type": "Like", "actor": s.bob.ID, "object": post},
		}},
		{"on nothing", "a vote on nothing", s.other, fedtest.Doc{"id": s.other.URL("/l/2"), "type": "Like", "actor": s.eve.ID}},
		{"on two things", "a vote on nothing", s.other, fedtest.Doc{
			"id": s.other.URL("/l/3"), "type": "Like", "actor": s.eve.ID, "object": []any{post, s.url + "/post/2"},
		}},
		{"on a thing of ours that is not", "no such object here", s.other, s.eve.Like(s.url+"/post/99", s.community)},
		{"on a person", "not-found", s.other, s.eve.Like(s.home.URL("/users/nobody"), s.community)},
		{"on the community", "no such object here", s.other, s.eve.Like(s.community.ID, s.community)},
		{"on something addressed to nobody here", "addressed to no community here", s.other,
			s.eve.Like(object(s.zoe.Create(fedtest.Post{HTML: "<p>far away</p>"})), s.community)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			before := s.snapshot("received", "person", "actor_key")
			s.send(c.activity, c.from)
			s.settle()
			s.refused(c.activity, c.reason)
			s.unchanged(before)
		})
	}
}

func TestVoteOnSomethingNotHereYet(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.zoe.Create(fedtest.Post{Community: s.community, HTML: "<p>Lost on the way</p>"})
	s.send(s.eve.Like(object(post), s.community), s.other)
	s.settle()
	s.score(object(post), 2, 0)
}
