package storage_test

import (
	"fmt"
	"testing"
	"time"

	"stoa/federation/forum"
)

// like is a vote from another server; an empty time is what most of them send.
func like(by forum.Person, object string, dir int, at time.Time, id string) forum.Vote {
	return forum.Vote{Voter: by, Object: object, Dir: dir, At: at, Origin: forum.Origin{Activity: "https://" + by.Host + "/" + id}}
}

// unlike takes a vote back by the name of the vote.
func unlike(by forum.Person, object string, at time.Time, id, undone string) forum.Vote {
	v := like(by, object, 0, at, id)
	v.Undoes = "https://" + by.Host + "/" + undone
	return v
}

func TestVote(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(ada, place, "A post"))
	m := n.reply(ada, p.URI, "A comment")
	score := func(wantPost, wantComment int) {
		t.Helper()
		check(n, "score of the post", n.post(p.ID).Score(), wantPost)
		check(n, "score of the comment", n.comment(m.ID).Score(), wantComment)
		check(n, "rank of the post", n.text(`select (hot = $1)::text from post_rank`, forum.Hot(wantPost, p.Published.Time)), "true")
		n.sound()
	}
	var none time.Time
	score(1, 1)
	check(n, "fresh", n.vote(like(bob, p.URI, 1, none, "1"), like(bob, m.URI, -1, none, "2"))[1].Fresh, true)
	score(2, 0)
	check(n, "a repeat", n.vote(like(bob, p.URI, 1, none, "1"))[0].Fresh, false)
	score(2, 0)
	n.vote(like(bob, p.URI, -1, none, "3"))
	score(0, 0)
	// Lemmy 0.19 takes a Dislike back as a Like, and mints a name for it.
	n.vote(unlike(bob, p.URI, none, "4", "5"), unlike(bob, m.URI, none, "6", "7"))
	score(1, 1)
	n.vote(like(bob, p.URI, 1, none, "5"))
	score(1, 1) // it was taken back by name before it came
	n.vote(like(bob, p.URI, 1, none, "8"))
	score(2, 1)
	n.vote(forum.Vote{Voter: ada, Object: p.URI}) // her own
	score(1, 1)
	check(n, "anybody else voted", n.post(p.ID).OthersVoted(), false)

	// Several of one voter, and on one object, in one batch.
	eve := n.stranger("eve", "lemmy.test")
	out := n.vote(like(eve, p.URI, 1, none, "1"), like(bob, p.URI, -1, none, "9"), like(eve, p.URI, -1, none, "2"), unlike(eve, p.URI, none, "3", "2"),
		like(eve, p.URI, 1, none, "4"), like(eve, "https://lemmy.test/unknown", 1, none, "5"), like(eve, m.URI, 2, none, "6"))
	check(n, "outcomes", [5]bool{out[0].Fresh, out[1].Fresh, out[2].Fresh, out[3].Fresh, out[4].Fresh}, [5]bool{true, true, true, true, true})
	n.refusedFor(out[5], "needs-object")
	n.refusedFor(out[6], "no-such-vote")
	score(0, 1)
	check(n, "votes in the log", n.number(`select count(*) from log where verb = 'vote' and lane = 3 and subject = $1`, p.URI), 10)
}

// Of votes with a time the latest counts, in whatever order they come.
func TestVoteTimes(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(ada, place, "A post"))
	at := func(s int) time.Time { return p.Published.Time.Add(time.Duration(s) * time.Second) }
	n.vote(like(bob, p.URI, -1, at(3), "3"))
	n.vote(like(bob, p.URI, 1, at(1), "1"))
	n.vote(unlike(bob, p.URI, at(2), "2", "1"))
	check(n, "the latest", n.post(p.ID).Score(), 0)
	n.vote(like(bob, p.URI, 1, at(3), "2"))
	check(n, "of two at one moment the greater id", n.post(p.ID).Score(), 0)
	n.vote(like(bob, p.URI, 1, at(3), "4"))
	check(n, "of two at one moment the greater id", n.post(p.ID).Score(), 2)
	n.vote(unlike(bob, p.URI, time.Time{}, "0", "9"))
	check(n, "one without a time is the latest", n.post(p.ID).Score(), 1)
	n.sound()
}

func TestVoteRefused(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(ada, place, "A post"))
	n.exec(`update post set state = 3 where id = $1`, p.ID)
	n.exec(`delete from post_rank`)
	n.refusedFor(n.vote(like(bob, p.URI, 1, time.Time{}, "1"))[0], "deleted")
	n.exec(`insert into tombstone (uri, at) values ('https://a.test/1', now())`)
	n.refusedFor(n.vote(like(bob, "https://a.test/1", 1, time.Time{}, "1"))[0], "deleted")
	q := n.submit(said(ada, n.elsewhere("away", "lemmy.test"), "Over there"))
	n.refusedFor(n.vote(like(bob, q.URI, 1, time.Time{}, "1"))[0], "not-announced")
	if o := n.vote(forum.Vote{Voter: ada, Object: q.URI, Dir: -1})[0]; o.Refused != nil {
		t.Error(o.Refused)
	}
	check(n, "a local vote elsewhere goes there, in the lane of votes",
		n.text(`select i.url || ' ' || d.lane from outbox_direct d join server_inbox i on i.id = d.inbox_id where lane = 3`), "https://lemmy.test/inbox 3")
	bot := bob
	bot.Bot = true
	n.refusedFor(n.vote(like(bot, p.URI, 1, time.Time{}, "2"))[0], "deleted")
	check(n, "votes", n.number(`select count(*) from vote where person_id = $1`, bob.ID), 0)
}

// Somebody here reacts with one emoji, which is a vote up and goes with it; said twice it
// is said once. Whoever wrote what they react to is told, wherever the community is.
func TestReactionsOfPeopleHere(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(bob, place, "A post"))
	m := n.reply(bob, p.URI, "A comment")
	logged := func() int { return n.number(`select count(*) from log where verb = 'vote'`) }
	for on, state := range map[string]func() (string, int){
		p.URI: func() (string, int) { q := n.post(p.ID); return string(q.Reactions), q.Up },
		m.URI: func() (string, int) { q := n.comment(m.ID); return string(q.Reactions), q.Up },
	} {
		react := func(dir int, emoji, wantReactions string, wantUp, told int) {
			t.Helper()
			before := logged()
			if out := n.vote(forum.Vote{Voter: ada, Object: on, Dir: dir, Emoji: emoji}); out[0].Refused != nil {
				t.Fatal(out[0].Refused)
			}
			reactions, up := state()
			if reactions != wantReactions || up != wantUp || logged() != before+told {
				t.Errorf("%s: after %d %q: %q, %d up, %d told", on, dir, emoji, reactions, up, logged()-before)
			}
		}
		react(1, "🙂", "1 🙂", 2, 1)
		react(1, "🙂", "1 🙂", 2, 0)
		react(1, "", "1 🙂", 2, 0)
		react(1, "🎉", "1 🎉", 2, 1)
		react(0, "", "", 1, 1)
		react(1, "", "", 2, 1)
		react(1, "🎉", "1 🎉", 2, 1)
		react(-1, "", "", 1, 1)
		n.sound()
		check(n, "told to its author", n.number(`select count(*) from log l join outbox_direct d on d.xid = l.xid and d.seq = l.seq where l.verb = 'vote' and l.subject = $1`, on), 5)
	}
	// Of votes without one the author hears on a microblog: of those up, and of their end.
	n.exec(`insert into server (host, microblog) values ('mastodon.test', true) on conflict (host) do update set microblog = true`)
	told := func() int {
		return n.number(`select count(*) from log l join outbox_direct d on d.xid = l.xid and d.seq = l.seq where l.verb = 'vote'`)
	}
	n.vote(forum.Vote{Voter: ada, Object: p.URI})
	for i, x := range []struct{ dir, told int }{{1, 1}, {1, 0}, {-1, 1}, {0, 0}, {-1, 0}, {1, 1}, {0, 1}} {
		before := told()
		n.vote(forum.Vote{Voter: ada, Object: p.URI, Dir: x.dir})
		check(n, fmt.Sprintf("told of vote %d, %d", i, x.dir), told()-before, x.told)
	}
	out := n.vote(forum.Vote{Voter: ada, Object: p.URI, Dir: 1, Emoji: "so"})
	n.refusedFor(out[0], "no-such-reaction")
}
