package forum

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of the polls that are made here.
const (
	MinChoices   = 2
	MaxChoices   = 10
	MaxChoice    = 100 // runes
	MinPollTime  = time.Hour
	MaxPollTime  = 30 * 24 * time.Hour
	maxVoters    = 1000             // inboxes that are told of totals although they follow nothing here
	tallyRest    = 3 * time.Minute  // between a vote and the news of the totals: Mastodon waits as long
	closingGrace = 10 * time.Second // after the end, for votes that are on their way through the node
)

// Poll is a question with its answers so far. Where it was made counts its votes;
// everybody else has what was last heard from there, and the votes of their own
// people since.
type Poll struct {
	Options  []PollOption
	Multiple bool      // several may be chosen
	Closes   time.Time // zero when not said
	Voters   int       // 0 when not said
	Said     time.Time // when whoever counts said how it stands; zero when that is not known
}

// PollOption is one answer of a Poll.
type PollOption struct {
	Name  string
	Votes int
}

// Closed reports whether nobody can vote any more.
func (p *Poll) Closed(now time.Time) bool { return !p.Closes.IsZero() && !p.Closes.After(now) }

// asksSame reports whether two put the same question, however many have answered.
func (p *Poll) asksSame(x *Poll) bool {
	if p == nil || x == nil {
		return p == x
	}
	return p.Closes.Equal(x.Closes) && p.offersSame(x)
}

// offersSame reports whether two leave the same choice, so that an answer to the one
// is an answer to the other.
func (p *Poll) offersSame(x *Poll) bool {
	if p == nil || x == nil {
		return p == x
	}
	return p.Multiple == x.Multiple && slices.EqualFunc(p.Options, x.Options, func(a, b PollOption) bool { return a.Name == b.Name })
}

func (p *Poll) stands(x *Poll) bool {
	if p == nil || x == nil {
		return p == x
	}
	return p.Voters == x.Voters && slices.Equal(p.Options, x.Options)
}

// As is the poll as it was said to stand at a moment; none stays none.
func (p *Poll) As(at time.Time) *Poll {
	if p == nil {
		return nil
	}
	out := *p
	out.Said = at
	return &out
}

func (p *Poll) choice(name string) int {
	return slices.IndexFunc(p.Options, func(o PollOption) bool { return o.Name == name })
}

// with is the poll after one more voter, or one who was counted already, chose these.
func (p *Poll) with(choices []int, again bool) *Poll {
	out := *p
	out.Options = slices.Clone(p.Options)
	for _, c := range choices {
		out.Options[c].Votes++
	}
	// Where the number of voters was never said, the sum of the votes stands for it.
	if !again && (p.Voters > 0 || !slices.ContainsFunc(p.Options, func(o PollOption) bool { return o.Votes > 0 })) {
		out.Voters++
	}
	return &out
}

// judgePoll says whether a poll can be made here that is open for so long.
func judgePoll(p *Poll, open time.Duration) *Refusal {
	no := func(reason, text string) *Refusal { return &Refusal{Kind: Invalid, Reason: reason, Text: text} }
	seen := map[string]bool{}
	for _, o := range p.Options {
		name := strings.TrimSpace(o.Name)
		switch {
		case name == "" || name != o.Name:
			return no("poll-choices", "A poll has 2 to 10 choices.")
		case utf8.RuneCountInString(name) > MaxChoice:
			return no("choice-too-long", "A choice has at most 100 characters.")
		case seen[name]: // votes name what they are for
			return no("choices-alike", "Two choices of the poll are the same.")
		}
		seen[name] = true
	}
	switch {
	case len(p.Options) < MinChoices || len(p.Options) > MaxChoices:
		return no("poll-choices", "A poll has 2 to 10 choices.")
	case open < MinPollTime || open > MaxPollTime:
		return no("poll-time", "A poll is open for an hour to 30 days.")
	}
	return nil
}

// Choose answers a poll. A person answers once: what they chose is told to the server
// of the poll, and no software there is takes such a thing back.
type Choose struct {
	Voter   Person
	Object  string    // id of the poll
	Choices []string  // by name. From elsewhere each of several may come by itself
	At      time.Time // when it reached us; zero means now
	Origin  Origin
}

// PollFacts is what the rule needs to judge a Choose.
type PollFacts struct {
	Post      Post  // with its poll; zero ID when it is unknown; else its row is locked
	Held      []int // what the voter has chosen so far, by index, ascending
	Tombstone bool
	Blocked   bool // the voter's server
	VoterGone bool
	Banned    bool // the voter may not take part in the poll's community
	Barred    bool // nor in anything here
}

// Chosen is somebody's answer to be written.
type Chosen struct {
	PostID, PersonID int64
	Choice           int // index
	At               time.Time
}

// Counted is a poll with its new totals.
type Counted struct {
	PostID int64
	Poll   *Poll
	// TellAt is when others are told of them, unless they are to be anyway before;
	// zero for polls that are counted elsewhere.
	TellAt time.Time
}

// PollTx is what the verbs need for polls.
type PollTx interface {
	// PollFacts answers for each act at its index and locks the posts in ascending
	// order.
	PollFacts(ctx context.Context, acts []Choose) ([]PollFacts, error)
	// SaveChoices writes answers; what is there already is left alone.
	SaveChoices(ctx context.Context, chosen []Chosen) error
	// SavePolls writes totals.
	SavePolls(ctx context.Context, polls []Counted) error
	// TellPolls has Tally called for posts, once for each however often it is asked
	// for before; final apart from the others, for when a poll ends.
	TellPolls(ctx context.Context, posts []int64, at []time.Time, final bool) error
	// PollVoters are the inboxes of people elsewhere who have voted in a poll, a shared one
	// where there is one, at most n.
	PollVoters(ctx context.Context, post int64, n int) ([]string, error)
	// WrittenPost is Written of a post by its number, for whoever wrote it.
	WrittenPost(ctx context.Context, id int64) (Written, error)
}

func judgeChoose(a *Choose, f *PollFacts, now time.Time) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case a.Origin.Via != 0:
		return no(Forbidden, "announced-choice", "What somebody chooses in a poll is said by themselves.")
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the voter's server.")
	case f.VoterGone:
		return no(Gone, "author-gone", "The voter's account no longer exists.")
	case f.Tombstone:
		return no(Gone, "deleted", "What this vote is on has been deleted.")
	case f.Post.ID == 0:
		return needs(a.Object).Refused
	case f.Post.State == Purged || f.Post.State != Live && a.Voter.Local:
		// As with votes: it may come back, and the voter's server has counted this already.
		return no(Gone, "deleted", "What this vote is on has been deleted.")
	case judgeMoved(&a.Voter) != nil:
		return judgeMoved(&a.Voter)
	case f.Post.Community.Removed || f.Post.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case f.Post.Poll == nil:
		return no(Invalid, "no-poll", "This is no poll.")
	case !a.Voter.Local && !f.Post.Local:
		return no(Forbidden, "not-its-poll", "The votes of a poll are counted where it was made.")
	case a.Voter.Bot:
		return no(Forbidden, "bot-vote", "Bots do not vote.")
	case f.Post.Poll.Closed(now):
		return no(Forbidden, "poll-closed", "This poll has ended.")
	}
	if r := judgeBan(f.Banned, f.Barred, a.Origin); r != nil {
		return r
	}
	return judgeChoices(a, f)
}

func judgeChoices(a *Choose, f *PollFacts) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	p := f.Post.Poll
	if len(a.Choices) == 0 {
		return no(Invalid, "no-choice", "Nothing was chosen.")
	}
	var fresh []int
	for _, name := range a.Choices {
		i := p.choice(name)
		if i < 0 {
			return no(Invalid, "no-such-choice", "There is no such choice in this poll.")
		}
		if slices.Contains(f.Held, i) || slices.Contains(fresh, i) {
			continue
		}
		fresh = append(fresh, i)
	}
	switch {
	case len(fresh) == 0, len(f.Held) > 0 && (!p.Multiple || a.Voter.Local):
		return no(Conflict, "voted-already", "You have voted in this poll already.")
	case len(fresh) > 1 && !p.Multiple:
		return no(Invalid, "one-choice", "Only one may be chosen in this poll.")
	}
	return nil
}

// Choose counts answers to polls. Those of people here to polls of other servers go
// to these, one event for each choice. An act whose poll is not known here is
// refused with Needs set.
func (f *Forum) Choose(ctx context.Context, tx Tx, acts []Choose) ([]Outcome, error) {
	facts, err := tx.PollFacts(ctx, acts)
	if err != nil {
		return nil, err
	}
	type key struct{ post, person int64 }
	now := f.Now()
	held, polls := map[key][]int{}, map[int64]*Poll{}
	out := make([]Outcome, len(acts))
	var chosen []Chosen
	var counted []Counted
	var events []*Event
	for i := range acts {
		a, fact := &acts[i], &facts[i]
		id := fact.Post.ID
		// Several of a batch may be on one poll, and several of one person.
		k := key{id, a.Voter.ID}
		if before, again := held[k]; again {
			fact.Held = before
		}
		if p := polls[id]; p != nil {
			fact.Post.Poll = p
		}
		at := now
		if !a.At.IsZero() && a.At.Before(now) {
			at = a.At // it waited here
		}
		if r := judgeChoose(a, fact, at); r != nil {
			out[i].Refused = r
			continue
		}
		var choices []int
		for _, name := range a.Choices {
			if c := fact.Post.Poll.choice(name); !slices.Contains(fact.Held, c) && !slices.Contains(choices, c) {
				choices = append(choices, c)
				chosen = append(chosen, Chosen{PostID: id, PersonID: a.Voter.ID, Choice: c, At: at})
			}
		}
		polls[id] = fact.Post.Poll.with(choices, len(fact.Held) > 0)
		held[k] = append(slices.Clone(fact.Held), choices...)
		c := Counted{PostID: id, Poll: polls[id]}
		if fact.Post.Local {
			c.TellAt = now.Add(f.TallyRest)
		}
		counted = append(counted, c)
		out[i] = Outcome{Fresh: true, ID: id}
		events = append(events, f.chooseEvents(a, fact, choices, at)...)
	}
	if len(counted) == 0 {
		return out, nil
	}
	if err := tx.SaveChoices(ctx, chosen); err != nil {
		return nil, err
	}
	if err := tx.SavePolls(ctx, last(counted)); err != nil {
		return nil, err
	}
	return out, f.publish(ctx, tx, events)
}

// last keeps the newest totals of each poll.
func last(all []Counted) []Counted {
	at := map[int64]int{}
	var out []Counted
	for _, c := range all {
		if n, again := at[c.PostID]; again {
			out[n] = c
			continue
		}
		at[c.PostID] = len(out)
		out = append(out, c)
	}
	return out
}

// chooseEvents tell the server of a poll what somebody here has chosen. Nobody else
// hears of it.
func (f *Forum) chooseEvents(a *Choose, fact *PollFacts, choices []int, at time.Time) []*Event {
	author := &fact.Post.Author
	if !a.Voter.Local || fact.Post.Local || author.Inbox == "" {
		return nil
	}
	var events []*Event
	for _, c := range choices {
		post := fact.Post
		events = append(events, &Event{
			Verb: VerbChoose, At: at, Actor: a.Voter, Community: post.Community, Post: &post, Choice: post.Poll.Options[c].Name,
			Origin: Origin{Activity: f.publisher.NewActivity()}, Direct: []string{author.DeliverTo()},
		})
	}
	return events
}

// Tally tells everybody who has a poll how it stands, and whoever voted in it from
// elsewhere: the Update of its author where the poll was made here, else what their
// server is to be asked for. A post that is no poll any more says nothing.
func (f *Forum) Tally(ctx context.Context, tx Tx, post int64) error {
	w, err := tx.WrittenPost(ctx, post)
	if err != nil {
		return err
	}
	if w.Post.ID == 0 || w.Post.State != Live || w.Post.Poll == nil {
		return nil
	}
	o := Origin{Fetched: true}
	if w.Post.Local {
		if w.Post.Author.Gone {
			return nil
		}
		o = Origin{Activity: f.publisher.NewActivity()}
	}
	events := w.events(VerbTally, f.Now(), o)
	if w.Post.Local && len(events) > 0 {
		voters, err := tx.PollVoters(ctx, post, maxVoters)
		if err != nil {
			return err
		}
		if e := events[0]; e.Announce {
			e.Echo = append(e.Echo, voters...) // unless they are told anyway
		} else {
			for _, inbox := range voters {
				e.Direct = appendNew(e.Direct, inbox)
			}
		}
	}
	return f.publish(ctx, tx, events)
}

// tallied has polls told of: of a batch of edits those of other servers in communities of
// ours, which stand otherwise now, and those that are back.
func (f *Forum) tallied(ctx context.Context, tx Tx, posts []int64) error {
	if len(posts) == 0 {
		return nil
	}
	slices.Sort(posts)
	posts = slices.Compact(posts) // one job for each, though a batch has several Updates of it
	at := make([]time.Time, len(posts))
	for i := range at {
		at[i] = f.Now().Add(f.TallyRest)
	}
	return tx.TellPolls(ctx, posts, at, false)
}

// tallyOfBack has others told how a poll stands that is there again: while it was not,
// votes were counted, and nobody was told.
func (f *Forum) tallyOfBack(ctx context.Context, tx Tx, w *Written) error {
	if w.Comment != nil || w.Post.Poll == nil || w.State() != Live {
		return nil
	}
	return f.tallied(ctx, tx, []int64{w.Post.ID})
}

// closings have the polls among new posts told of once more when they end.
func closings(ctx context.Context, tx Tx, news []NewPost, inserted []int) error {
	var posts []int64
	var at []time.Time
	for _, n := range inserted {
		if p := &news[n].Post; p.Local && p.Poll != nil {
			posts, at = append(posts, p.ID), append(at, p.Poll.Closes.Add(closingGrace))
		}
	}
	if len(posts) == 0 {
		return nil
	}
	return tx.TellPolls(ctx, posts, at, true)
}
