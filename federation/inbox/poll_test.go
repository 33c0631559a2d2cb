package inbox

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// poll makes one of somebody here, and returns its id.
func (n *node) poll(by forum.Person, in fedtest.Community, multiple bool, names ...string) string {
	n.t.Helper()
	var id int64
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		places, err := tx.CommunitiesByURI(ctx, []string{in.ID})
		if err != nil {
			return err
		}
		p := forum.Post{Author: by, Community: places[in.ID], Title: "Which?", TitleGiven: true, Poll: &forum.Poll{Multiple: multiple}}
		for _, name := range names {
			p.Poll.Options = append(p.Poll.Options, forum.PollOption{Name: name})
		}
		out, err := n.forum.Submit(ctx, tx, []forum.Submit{{Post: p, Open: time.Hour}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		if err == nil {
			id = out[0].ID
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return fmt.Sprintf("%s/post/%d", n.url, id)
}

var ballots atomic.Int64

// chosen is the answer of somebody to a poll, as Mastodon says it.
func chosen(by *fedtest.Actor, poll, name string) fedtest.Doc {
	id := fmt.Sprintf("%s#votes/%d", by.ID, ballots.Add(1))
	return fedtest.Doc{
		"id": id + "/activity", "type": "Create", "actor": by.ID, "to": poll,
		"object": fedtest.Doc{"id": id, "type": "Note", "name": name, "attributedTo": by.ID, "inReplyTo": poll, "to": poll},
	}
}

// stands fails unless each choice of a poll got so many votes, of so many people.
func (n *node) stands(poll, want string) {
	n.t.Helper()
	got := n.text(`select (select string_agg(coalesce(o->>'votes', '0'), ' ' order by n) from jsonb_array_elements(poll->'options') with ordinality x(o, n))
		|| ' of ' || coalesce(poll->>'voters', '0') from post where uri = $1`, poll)
	if got != want {
		n.t.Errorf("the poll stands %s, want %s", got, want)
	}
}

// Votes in our polls are counted, each person once, and are no comments; whatever else
// looks like one is refused and changes nothing.
func TestVotesInAPoll(t *testing.T) {
	t.Parallel()
	s := meet(t)
	poll := s.poll(s.join("ada"), s.community, false, "tea", "coffee")
	yes := chosen(s.ann, poll, "tea")
	s.send(yes, s.home)
	s.send(chosen(s.eve, poll, "coffee"), s.other)
	s.settle()
	s.applied(yes)
	s.stands(poll, "1 1 of 2")
	s.want(0, `select count(*) from comment`)
	s.want(1, `select count(*) from river_job where kind = 'tell_poll' and not args ? 'final'`)

	before := s.snapshot("received")
	with := func(d fedtest.Doc, change func(d, o fedtest.Doc)) fedtest.Doc {
		change(d, d["object"].(fedtest.Doc))
		return d
	}
	for _, c := range []struct {
		name   string
		act    fedtest.Doc
		reason string
	}{
		{"again", chosen(s.ann, poll, "coffee"), "voted-already"},
		{"the same again", chosen(s.ann, poll, "tea"), "voted-already"},
		{"what is not there", chosen(s.bob, poll, "beer"), "no-such-choice"},
		{"another case", chosen(s.bob, poll, "Tea"), "no-such-choice"},
		{"a huge name", chosen(s.bob, poll, strings.Repeat("tea", 50_000)), "no-such-choice"},
		{"in a comment", chosen(s.bob, s.url+"/comment/1", "tea"), "no such object here"},
		{"in what is not here", chosen(s.bob, s.url+"/post/999", "tea"), "no such object here"},
		{"for somebody else", with(chosen(s.bob, poll, "tea"), func(_, o fedtest.Doc) { o["attributedTo"] = s.ann.ID }), "an object of somebody else"},
		{"by nobody", with(chosen(s.bob, poll, "tea"), func(_, o fedtest.Doc) { delete(o, "attributedTo") }), "an object of somebody else"},
		{"by an id of another server", with(chosen(s.bob, poll, "tea"), func(_, o fedtest.Doc) { o["id"] = s.other.URL("/x") }), "object and author belong to different servers"},
		{"a thousand at once", with(chosen(s.bob, poll, "tea"), func(d, o fedtest.Doc) {
			all := make([]any, 1000)
			for i := range all {
				all[i] = o
			}
			d["object"] = all
		}), "nothing was said"},
		{"both", with(chosen(s.bob, poll, "tea"), func(d, o fedtest.Doc) {
			d["object"] = []any{o, chosen(s.bob, poll, "coffee")["object"]}
		}), "one-choice"},
	} {
		t.Log(c.name)
		s.send(c.act, s.home)
		s.settle()
		s.refused(c.act, c.reason)
	}
	s.unchanged(before)
	s.stands(poll, "1 1 of 2")

	// A Note that has a name and words says something.
	note := with(chosen(s.bob, poll, "tea"), func(d, o fedtest.Doc) {
		o["id"] = s.home.URL("/note/1")
		o["content"], d["to"], o["to"], d["cc"], o["cc"] = "<p>Why not both?</p>", fedtest.Public, fedtest.Public, []any{s.community.ID}, []any{s.community.ID}
		s.home.Put(s.home.URL("/note/1"), o)
	})
	s.send(note, s.home)
	s.settle()
	s.want(1, `select count(*) from comment where html like '%both%'`)
	s.stands(poll, "1 1 of 2")

	// The hour is over.
	s.ahead.Add(int64(time.Hour + time.Minute))
	if _, err := s.db.Pool().Exec(s.ctx, `update post set poll = jsonb_set(poll, '{closes}', to_jsonb(now() - interval '1 minute')) where uri = $1`, poll); err != nil {
		t.Fatal(err)
	}
	late := chosen(s.bob, poll, "tea")
	s.send(late, s.home)
	s.settle()
	s.refused(late, "poll-closed")
	s.stands(poll, "1 1 of 2")
}

// Several may come in one, as from GoToSocial, or one by one, as from Mastodon; PieFed
// has a word of its own.
func TestVotesInAPollOfSeveral(t *testing.T) {
	t.Parallel()
	s := meet(t)
	poll := s.poll(s.join("ada"), s.community, true, "steps", "shade", "sun")
	both := chosen(s.ann, poll, "steps")
	both["object"] = []any{both["object"], chosen(s.ann, poll, "shade")["object"]}
	s.send(both, s.home)
	s.send(chosen(s.bob, poll, "sun"), s.home)
	s.send(chosen(s.bob, poll, "shade"), s.home)
	s.send(fedtest.Doc{"id": s.other.URL("/activities/pollvote/1"), "type": "PollVote", "actor": s.eve.ID, "object": poll, "choice_text": "sun"}, s.other)
	s.settle()
	s.stands(poll, "1 2 2 of 3")
	for _, d := range []fedtest.Doc{
		{"id": s.other.URL("/activities/pollvote/2"), "type": "PollVote", "actor": s.eve.ID, "object": poll, "choice_text": 7},
		{"id": s.other.URL("/activities/pollvote/3"), "type": "PollVote", "actor": s.eve.ID, "object": s.other.URL("/q/1"), "choice_text": "sun"},
	} {
		s.send(d, s.other)
		s.settle()
		s.refused(d, "not understood: PollVote")
	}
	s.stands(poll, "1 2 2 of 3")
}

// Nobody votes for others, nor where they are banned.
func TestVotesInAPollAreOnesOwn(t *testing.T) {
	t.Parallel()
	s := meet(t)
	poll := s.poll(s.join("ada"), s.community, false, "tea", "coffee")
	s.post(chosen(s.ann, poll, "tea"), s.other, fedtest.SignAs{Actor: s.eve})
	if r := s.post(chosen(s.ann, poll, "tea"), s.home, fedtest.SignAs{Body: []byte(`{}`)}); r.Status < 400 {
		t.Errorf("another body: %d", r.Status)
	}
	s.settle()
	s.stands(poll, "0 0 of 0")
	if _, err := s.db.Pool().Exec(s.ctx, `insert into ban (community_id, person_id, at) select p.community_id, a.id, now() from post p, person a where p.uri = $1 and a.uri = $2`, poll, s.ann.ID); err != nil {
		t.Fatal(err)
	}
	banned := chosen(s.ann, poll, "tea")
	s.send(banned, s.home)
	s.settle()
	s.refused(banned, "banned")
	s.stands(poll, "0 0 of 0")
}

// A poll of ours in a community elsewhere is counted here: by what people say themselves,
// not by what the community says of them.
func TestVotesInAPollElsewhere(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	poll := s.poll(s.me, s.there, false, "tea", "coffee")
	said := s.cats.Announce(chosen(s.ann, poll, "tea"))
	s.send(said, s.home)
	s.settle()
	s.refused(said, "announced-choice")
	s.stands(poll, "0 0 of 0")
	s.send(chosen(s.ann, poll, "tea"), s.home)
	s.settle()
	s.stands(poll, "1 0 of 1")
}
