package storage_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"stoa/federation/forum"
)

// seedVariable repeats a run that failed.
const seedVariable = "STOA_TEST_SEED"

// seeded returns dice whose seed is told when the test fails.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to see it again: %s=%d", seedVariable, seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// act is something one actor did, in any of the verbs that other servers send.
type act struct {
	post   *forum.Submit
	reply  *forum.Reply
	vote   *forum.Vote
	follow *forum.Follow
	edit   *forum.Edit
	delete *forum.Delete
	needs  []int  // acts without which this one cannot be judged: it waits for them
	stream string // acts of one stream keep their order
}

func (a *act) String() string {
	switch {
	case a.post != nil:
		return "post " + a.post.Post.URI
	case a.reply != nil:
		return "reply " + a.reply.Comment.URI + " to " + a.reply.Comment.InReplyTo
	case a.edit != nil:
		return fmt.Sprintf("edit %s of %s at %v to %q", a.edit.Origin.Activity, a.edit.Object, a.edit.At, a.edit.Words.Text.Source)
	case a.delete != nil:
		return fmt.Sprintf("delete %s of %s at %v, undo %v %q", a.delete.Origin.Activity, a.delete.Object, a.delete.At, a.delete.Undo, a.delete.Undoes)
	case a.vote != nil:
		return fmt.Sprintf("vote %+d %s at %v by %s undoing %q", a.vote.Dir, a.vote.Origin.Activity, a.vote.At, a.vote.Voter.Name, a.vote.Undoes)
	}
	return fmt.Sprintf("follow %s at %v by %s, undo %v %q", a.follow.Origin.Activity, a.follow.At, a.follow.Person.Name, a.follow.Undo, a.follow.Undoes)
}

// do has the verb judge the act. What waits for something is refused with the id
// of that, and must be so.
func (n *node) do(a *act) {
	n.Helper()
	var o forum.Outcome
	switch {
	case a.post != nil:
		o = n.try(*a.post)
	case a.reply != nil:
		o = n.tryReply(*a.reply)
	case a.vote != nil:
		o = n.vote(*a.vote)[0]
	case a.edit != nil:
		o = n.edit(*a.edit)[0]
	case a.delete != nil:
		o = n.delete(*a.delete)[0]
	default:
		o = n.follow(*a.follow)[0]
	}
	if o.Refused != nil {
		n.Fatalf("%v: %v", a, o.Refused)
	}
}

// world is everything that readers and other servers can tell apart, without
// the numbers and moments that come of the order of arrival.
func (n *node) world() string {
	n.Helper()
	n.sound()
	return n.text(`
		select 'post ' || p.uri || ' ' || p.state || ' ' || p.title || ' ' || p.html || ' ' || p.up || ' ' || p.down || ' ' || p.comments || ' '
			|| coalesce(r.score::text || ' ' || r.hot || ' ' || r.contention || ' ' || u.comments || ' ' || u.active, '') || ' ' || coalesce(p.last_comment_at::text, '')
			from post p left join post_rank r on r.post_id = p.id left join post_pulse u on u.post_id = r.post_id and u.community_id = r.community_id
		union all select 'comment ' || m.state || ' ' || m.uri || ' ' || p.uri || ' ' || coalesce(a.uri, '') || ' ' || m.depth || ' ' || m.up || ' ' || m.down || ' ' || m.html
			from comment m join post p on p.id = m.post_id left join comment a on a.id = m.parent_id
		union all select 'vote ' || coalesce(p.uri, m.uri) || ' ' || a.name || ' ' || v.dir
			from vote v join person a on a.id = v.person_id left join post p on v.subject_kind = 1 and p.id = v.subject_id
			left join comment m on v.subject_kind = 2 and m.id = v.subject_id where v.dir <> 0
		union all select 'follow ' || a.name || ' ' || c.name from follow f join person a on a.id = f.person_id join community c on c.id = f.community_id where f.state = 2
		union all select 'told ' || c.name || ' ' || i.url from audience u join community c on c.id = u.community_id join server_inbox i on i.id = u.inbox_id where until_xid is null
		union all select 'person ' || name || ' ' || posts || ' ' || comments from person
		union all select 'community ' || name || ' ' || followers || ' ' || posts || ' ' || comments from community
		order by 1`)
}

// forget leaves a node with its people and communities and nothing they did.
func (n *node) forget() {
	n.Helper()
	n.exec(`truncate post, comment, vote, follow, audience, placement, post_rank, post_pulse, post_words, comment_words, log, outbox_direct, revision, early_delete, thread_check, backfill_thread, unconfirmed cascade`) // and what people were told and sent, which names them
	n.exec(`update person set posts = 0, comments = 0`)
	n.exec(`update community set posts = 0, comments = 0, followers = 0`)
}

// scene is what four people of two servers do in a community of ours. With times
// stated, no act depends on its order of arrival; without, those of one actor on
// one object do.
func (n *node) scene(dice *rand.Rand, timed bool) []act {
	n.Helper()
	place := must(n.db.Reader().Community(n.Context(), "place", ""))
	var people []forum.Person
	for _, name := range []string{"ann", "bob", "cid", "dot"} {
		people = append(people, must(n.db.Reader().PersonByURI(n.Context(), "https://"+hostOf[name]+"/users/"+name)))
	}
	var acts []act
	minted := 0
	mint := func(by forum.Person) string {
		minted++
		return fmt.Sprintf("https://%s/%d", by.Host, minted)
	}
	began := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	moment := func() time.Time { // few, so that some are equal
		if !timed {
			return time.Time{}
		}
		return began.Add(time.Duration(1+dice.IntN(8)) * time.Second)
	}
	type thing struct {
		uri string
		act int
	}
	var things []thing
	for i := range 4 {
		by := people[dice.IntN(4)]
		uri := mint(by)
		a := act{stream: uri}
		if i == 0 {
			s := said(by, place, "A post")
			s.Post.URI, s.Origin.Activity, s.Post.Published.Time, s.Received = uri, uri+"/create", began, began
			a.post = &s
		} else {
			to := things[dice.IntN(len(things))]
			r := answer(by, to.uri, "text of "+uri)
			r.Comment.URI, r.Origin.Activity, r.Comment.Published.Time, r.Received = uri, uri+"/create", began, began.Add(time.Duration(i)*time.Second)
			a.reply, a.needs = &r, []int{to.act}
		}
		things = append(things, thing{uri, len(acts)})
		acts = append(acts, a)
	}
	for range 4 + dice.IntN(3) {
		by := people[dice.IntN(4)]
		on := things[dice.IntN(len(things))]
		stream := by.Name + " on " + on.uri
		cast := like(by, on.uri, 1-2*dice.IntN(2), moment(), fmt.Sprint("vote/", minted))
		minted++
		acts = append(acts, act{vote: &cast, needs: []int{on.act}, stream: stream})
		if dice.IntN(2) == 0 {
			back := like(by, on.uri, 0, moment(), fmt.Sprint("vote/", minted))
			if timed {
				back.At = cast.At.Add(time.Second)
			}
			if dice.IntN(2) == 0 { // some name what they take back
				back.Undoes = cast.Origin.Activity
			}
			minted++
			acts = append(acts, act{vote: &back, needs: []int{on.act}, stream: stream})
		}
	}
	for i, on := range things {
		by := authorOf(&acts[on.act])
		title := ""
		if acts[on.act].post != nil {
			title = "A post, edited"
		}
		for e := range dice.IntN(3) {
			edit := reworded(by, on.uri, title, fmt.Sprintf("edit %d of %s", e, on.uri))
			edit.At, edit.Origin.Activity = moment(), fmt.Sprint(on.uri, "/edit/", e)
			edit.Updated.Time = edit.At
			acts = append(acts, act{edit: &edit, needs: []int{on.act}, stream: on.uri})
		}
		for d := range dice.IntN(3) {
			gone := forum.Delete{Object: on.uri, By: by, At: moment(), Origin: forum.Origin{Activity: fmt.Sprint(on.uri, "/delete/", d)}}
			acts = append(acts, act{delete: &gone, stream: on.uri})
			if dice.IntN(2) == 0 {
				back := forum.Delete{Object: on.uri, By: by, Undo: true, At: moment(), Origin: forum.Origin{Activity: fmt.Sprint(on.uri, "/undelete/", d)}}
				if timed {
					back.At = gone.At.Add(time.Second)
				}
				if i%2 == 0 {
					back.Undoes = gone.Origin.Activity
				}
				acts = append(acts, act{delete: &back, stream: on.uri})
			}
		}
	}
	for i := range 3 {
		by := people[dice.IntN(4)]
		f := ask(by, place, fmt.Sprint(i))
		f.At = moment()
		acts = append(acts, act{follow: &f, stream: by.Name + " in place"})
		if dice.IntN(2) == 0 {
			l := leave(by, place, fmt.Sprint(i, "/undo"), fmt.Sprint(i))
			if l.At = moment(); timed {
				l.At = f.At.Add(time.Second)
			}
			acts = append(acts, act{follow: &l, stream: by.Name + " in place"})
		}
	}
	return acts
}

func authorOf(a *act) forum.Person {
	if a.post != nil {
		return a.post.Post.Author
	}
	return a.reply.Comment.Author
}

var hostOf = map[string]string{"ann": "one.test", "bob": "one.test", "cid": "two.test", "dot": "two.test"}

func newStage(t *testing.T) *node {
	t.Helper()
	n := newNode(t)
	n.place()
	for name, host := range hostOf {
		n.stranger(name, host)
	}
	return n
}

// perform has the acts arrive in that order, each once its needs are met: what
// must wait for an object waits, and with it the later acts of its stream.
func (n *node) perform(acts []act, order []int) {
	n.Helper()
	done := map[int]bool{}
	for waiting := order; len(waiting) > 0; {
		var later []int
		held := map[string]bool{}
		for _, i := range waiting {
			a := &acts[i]
			ready := !held[a.stream]
			for _, need := range a.needs {
				ready = ready && done[need]
			}
			if !ready {
				held[a.stream] = true
				later = append(later, i)
				continue
			}
			n.do(a)
			done[i] = true
		}
		if len(later) == len(waiting) {
			n.Fatal("acts wait for each other")
		}
		waiting = later
	}
}

// What other servers say, without times, ends the same in every order that keeps
// the acts of one actor on one object in theirs. A repeat never comes this far:
// the table of what was seen stops it.
func TestConvergeUntimed(t *testing.T) {
	n := newStage(t)
	dice := seeded(t)
	for range 4 {
		acts := n.scene(dice, false)
		order := make([]int, len(acts))
		for i := range order {
			order[i] = i
		}
		n.converge(acts, 10, func() []int { return interleave(dice, acts) }, order)
	}
}

// What Stoa says carries times, and ends the same in any order and however often
// it is repeated.
func TestConvergeTimed(t *testing.T) {
	n := newStage(t)
	dice := seeded(t)
	for range 4 {
		acts := n.scene(dice, true)
		for i := range acts { // time is all that orders them
			acts[i].stream = fmt.Sprint(i)
		}
		order := make([]int, len(acts))
		for i := range order {
			order[i] = i
		}
		n.converge(acts, 10, func() []int {
			twice := append(append([]int{}, order...), order...)
			dice.Shuffle(len(twice), func(i, k int) { twice[i], twice[k] = twice[k], twice[i] })
			return twice
		}, order)
	}
}

func (n *node) converge(acts []act, times int, next func() []int, first []int) {
	n.Helper()
	n.forget()
	n.perform(acts, first)
	want := n.world()
	for range times {
		order := next()
		n.forget()
		n.perform(acts, order)
		if got := n.world(); got != want {
			n.Errorf("in the order %v the world is\n%s\nand in the order %v\n%s", first, want, order, got)
			for i := range acts {
				n.Logf("%d: %v", i, &acts[i])
			}
			n.FailNow()
		}
	}
}

// interleave mixes streams at random, each in its own order.
func interleave(dice *rand.Rand, acts []act) []int {
	streams := map[string][]int{}
	var names []string
	for i := range acts {
		name := acts[i].stream
		if streams[name] == nil {
			names = append(names, name)
		}
		streams[name] = append(streams[name], i)
	}
	var order []int
	for len(order) < len(acts) {
		name := names[dice.IntN(len(names))]
		if left := streams[name]; len(left) > 0 {
			order, streams[name] = append(order, left[0]), left[1:]
		}
	}
	return order
}
