package storage_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// asked is a poll of somebody here.
func asked(by forum.Person, in forum.Community, multiple bool, options ...string) forum.Submit {
	s := said(by, in, "Which?")
	s.Post.Poll = &forum.Poll{Multiple: multiple}
	for _, o := range options {
		s.Post.Poll.Options = append(s.Post.Poll.Options, forum.PollOption{Name: o})
	}
	s.Open = time.Hour
	return s
}

func (n *node) choose(acts ...forum.Choose) []forum.Outcome {
	n.Helper()
	var out []forum.Outcome
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Choose(ctx, tx, acts)
		return err
	})
	return out
}

// stands is how a poll stands: what each choice got, and how many voted.
func (n *node) stands(id int64) string {
	n.Helper()
	p := n.post(id).Poll
	out := ""
	for _, o := range p.Options {
		out += fmt.Sprint(o.Votes, " ")
	}
	counted := n.number(`select count(*) from poll_vote where post_id = $1`, id)
	total := 0
	for _, o := range p.Options {
		total += o.Votes
	}
	if n.post(id).Local {
		check(n, "what is counted is what is kept", counted, total)
	}
	return out + fmt.Sprint("of ", p.Voters)
}

func TestPoll(t *testing.T) {
	n := newNode(t)
	ada, bob, eve, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.person("eve"), n.community("place")
	p := n.submit(asked(ada, place, false, "tea", "coffee"))
	check(n, "it asks", p.Shape, forum.Asks)
	check(n, "for as long as it was to", p.Poll.Closes.Sub(p.Published.Time), time.Hour)
	check(n, "its end is told of", n.number(`select count(*) from river_job where kind = 'tell_poll' and args->>'final' = 'true' and scheduled_at > now() + interval '59 minutes'`), 1)
	for i, o := range n.choose(
		forum.Choose{Voter: ada, Object: p.URI, Choices: []string{"tea"}},
		forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"coffee"}, Origin: forum.Origin{Activity: "https://mastodon.test/1"}},
		forum.Choose{Voter: eve, Object: p.URI, Choices: []string{"coffee"}},
	) {
		if o.Refused != nil || !o.Fresh {
			t.Errorf("%d: %+v", i, o)
		}
	}
	check(n, "stands", n.stands(p.ID), "1 2 of 3")
	check(n, "the totals are told of once", n.number(`select count(*) from river_job where kind = 'tell_poll' and not args ? 'final'`), 1)
	check(n, "nobody is told who", n.number(`select count(*) from log where verb = 'choose'`), 0)
	n.refusedFor(n.choose(forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"tea"}})[0], "voted-already")
	n.refusedFor(n.choose(forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"coffee"}})[0], "voted-already")
	check(n, "still", n.stands(p.ID), "1 2 of 3")
	chosen, err := n.db.Reader().Chosen(t.Context(), eve.ID, p.ID)
	if err != nil || fmt.Sprint(chosen) != "[1]" {
		t.Error(chosen, err)
	}
	// The words change, the choice does not, and no vote is lost.
	e := forum.Edit{Object: p.URI, By: ada, Words: p.Words()}
	e.Words.Title, e.Words.Poll = "What?", &forum.Poll{Options: []forum.PollOption{{Name: "beer"}, {Name: "wine"}}}
	n.edit(e)
	check(n, "after an edit", n.post(p.ID).Title+" "+n.stands(p.ID), "What? 1 2 of 3")
	n.tx(func(ctx context.Context, tx *storage.Tx) error { return n.forum.Tally(ctx, tx, p.ID) })
	check(n, "and who voted hears of it", n.text(`select i.url || ' ' || d.form || ' ' || d.lane from outbox_direct d join log g using (at, xid, seq) join server_inbox i on i.id = d.inbox_id where g.verb = 'tally'`), bob.DeliverTo()+" 2 2")
	check(n, "told", n.text(`select verb || ' ' || actor || ' ' || (forum_doc is not null) from log order by seq desc limit 1`), "tally "+ada.URI+" true")
	n.exec(`insert into ban (community_id, person_id, at) values ($1, $2, now())`, place.ID, n.stranger("max", "mastodon.test").ID)
	n.refusedFor(n.choose(forum.Choose{Voter: n.stranger("max", "mastodon.test"), Object: p.URI, Choices: []string{"tea"}})[0], "banned")
}

// Several may be chosen: by form at once, and from elsewhere one after the other.
func TestPollOfSeveral(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.community("place")
	p := n.submit(asked(ada, place, true, "a", "b", "c"))
	n.choose(forum.Choose{Voter: ada, Object: p.URI, Choices: []string{"a", "c"}}, forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"a"}})
	check(n, "stands", n.stands(p.ID), "2 0 1 of 2")
	n.choose(forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"b"}})
	check(n, "and the second of one from elsewhere", n.stands(p.ID), "2 1 1 of 2")
	n.refusedFor(n.choose(forum.Choose{Voter: ada, Object: p.URI, Choices: []string{"b"}})[0], "voted-already")
	n.refusedFor(n.choose(forum.Choose{Voter: bob, Object: p.URI, Choices: []string{"b"}})[0], "voted-already")
}

// Who votes at several doors at once votes once.
func TestPollAtOnce(t *testing.T) {
	n := newNode(t)
	ada, place := n.person("ada"), n.community("place")
	p := n.submit(asked(ada, place, false, "a", "b"))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
				_, err := n.forum.Choose(ctx, tx, []forum.Choose{{Voter: ada, Object: p.URI, Choices: []string{[]string{"a", "b"}[i%2]}}})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	check(n, "votes", n.number(`select count(*) from poll_vote`), 1)
	check(n, "voters", n.post(p.ID).Poll.Voters, 1)
}

// The vote of somebody here in a poll of another server goes to its author alone, one
// activity for each choice, and what the server says of the totals holds.
func TestPollElsewhere(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.community("place")
	s := from(asked(bob, place, true, "a", "b", "c"), "/q")
	s.Post.Poll.Options[0].Votes, s.Post.Poll.Voters = 7, 7
	p := n.submit(s)
	if o := n.choose(forum.Choose{Voter: ada, Object: p.URI, Choices: []string{"c", "a"}})[0]; o.Refused != nil {
		t.Fatal(o.Refused)
	}
	check(n, "seen here at once", n.stands(p.ID), "8 0 1 of 8")
	check(n, "told", n.number(`select count(*) from outbox_direct d join log g using (at, xid, seq) join server_inbox i on i.id = d.inbox_id
		where g.verb = 'choose' and i.url like 'https://mastodon.test/%' and d.lane = 3`), 2)
	check(n, "and to nobody else", n.number(`select count(*) from log where verb = 'choose' and (forum_doc is not null or micro_doc is not null)`), 0)
	n.refusedFor(n.choose(forum.Choose{Voter: n.stranger("eve", "third.test"), Object: p.URI, Choices: []string{"a"}})[0], "not-its-poll")

	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		reached, err := tx.Reached(ctx, ada.ID)
		check(n, "who hears when the voter goes", fmt.Sprint(reached), "["+bob.DeliverTo()+"]")
		return err
	})
	e := forum.Edit{Object: p.URI, By: bob, Words: n.post(p.ID).Words()}
	e.Words.Poll = &forum.Poll{Multiple: true, Closes: p.Poll.Closes, Voters: 9, Options: []forum.PollOption{{Name: "a", Votes: 9}, {Name: "b"}, {Name: "c", Votes: 1}}}
	n.edit(e)
	check(n, "totals", n.stands(p.ID), "9 0 1 of 9")
	check(n, "others who follow here are told", n.number(`select count(*) from river_job where kind = 'tell_poll'`), 1)
	n.tx(func(ctx context.Context, tx *storage.Tx) error { return n.forum.Tally(ctx, tx, p.ID) })
	check(n, "in its author's name", n.text(`select verb || ' ' || actor from log order by seq desc limit 1`), "tally "+bob.URI)

	// Another choice is another question.
	e.Words.Poll = &forum.Poll{Multiple: true, Options: []forum.PollOption{{Name: "d"}, {Name: "e"}}}
	e.At = n.tick()
	n.edit(e)
	check(n, "votes in what was asked before", n.number(`select count(*) from poll_vote`), 0)
}

// What is asked for while a poll is told of is asked for again.
func TestPollToldOnceAtATime(t *testing.T) {
	n := newNode(t)
	ada, place := n.person("ada"), n.community("place")
	p := n.submit(asked(ada, place, false, "a", "b"))
	for range 3 {
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			return tx.TellPolls(ctx, []int64{p.ID}, []time.Time{time.Now()}, false)
		})
	}
	check(n, "asked for thrice", n.number(`select count(*) from river_job where kind = 'tell_poll' and not args ? 'final'`), 1)
	n.exec(`update river_job set state = 'completed', finalized_at = now() where kind = 'tell_poll'`)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return tx.TellPolls(ctx, []int64{p.ID}, []time.Time{time.Now()}, false)
	})
	check(n, "and once more when that was done", n.number(`select count(*) from river_job where kind = 'tell_poll' and state <> 'completed'`), 1)
}
