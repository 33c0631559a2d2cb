package forum

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Vote sets a person's vote on a post or comment.
type Vote struct {
	Voter  Person
	Object string    // id of the post or comment
	Dir    int       // 1 up, -1 down, 0 none
	At     time.Time // when it was cast; zero when nobody said: then it counts from its arrival
	Undoes string    // with Dir 0: id of the vote taken back, if it was named
	Emoji  string    // with Dir 1: with which it was given, see Reactions; empty for a plain vote
	Own    Emoji     // or the picture of this node with which it was; zero for none
	Origin Origin
}

// Reactions are the emoji with which people voted, one to a line: how many did, a blank,
// and the emoji, which is ":shortcode: address" where it is a picture.
type Reactions string

// MaxReactions is how many kinds are counted of one post or comment.
const MaxReactions = 20

// Reaction is one emoji with which people voted.
type Reaction struct {
	Emoji string // as it is written
	URL   string // of a picture
	Count int
}

// All are the reactions, most given first.
func (r Reactions) All() []Reaction {
	var out []Reaction
	for line := range strings.SplitSeq(string(r), "\n") {
		number, emoji, ok := strings.Cut(line, " ")
		if n, err := strconv.Atoi(number); ok && err == nil {
			emoji, address, _ := strings.Cut(emoji, " ")
			out = append(out, Reaction{emoji, address, n})
		}
	}
	return out
}

// Pictogram is how a reaction with a picture is kept.
func Pictogram(e Emoji) string { return ":" + e.Name + ": " + e.URL }

// IsEmoji reports whether a text is made of emoji of Unicode and nothing else. Families
// are written with several characters, and some software sends several emoji.
func IsEmoji(text string) bool {
	const most = 40 // bytes
	return signs(text) > 0 && len(text) <= most
}

// signs counts the emoji in a text; it is 0 where there is anything else.
func signs(text string) (n int) {
	digits, caps, flags, joined := 0, 0, 0, false
	for _, r := range text {
		switch {
		case r >= 0x1F1E6 && r <= 0x1F1FF: // a flag is two of these
			flags++
		case unicode.Is(unicode.So, r), r == '‼', r == '⁉', r == '〰', r == '〽', r == '↔', r >= '◻' && r <= '◾':
			if !joined {
				n++
			}
		case r == '\u20e3': // which makes keys of digits
			caps++
		case r == '#', r == '*', r >= '0' && r <= '9':
			digits++
		case unicode.IsMark(r), unicode.Is(unicode.Sk, r), r == '\u200d', r >= 0xE0020 && r <= 0xE007F:
		default:
			return 0
		}
		joined = r == '\u200d'
	}
	if n+caps+flags == 0 {
		return 0
	}
	return n + max(digits, caps) + (flags+1)/2
}

// Reacted is what somebody voted with; an empty Emoji where with none.
type Reacted struct {
	Subject  Subject
	PersonID int64
	Emoji    string
}

// Subject names a post or a comment by kind and database id.
type Subject struct {
	Kind SubjectKind
	ID   int64
}

// SubjectKind tells posts from comments.
type SubjectKind int8

// What can be voted on.
const (
	OnPost    SubjectKind = 1
	OnComment SubjectKind = 2
)

// CastVote is a person's vote as it is kept. A vote that was taken back is kept
// with Dir 0, so that an older one arriving late does not revive it.
type CastVote struct {
	Subject  Subject
	PersonID int64
	Dir      int
	At       time.Time
	Activity string // id of the activity that set it; breaks ties of At
	Undone   string // id of the last vote taken back
}

// VoteFacts is what the rule needs to judge a Vote.
type VoteFacts struct {
	Subject   Subject // zero ID when the object is unknown; else its row is locked
	State     State
	Submitted time.Time // of a post
	Up, Down  int
	Post      Post     // the post voted on, or that of the comment
	Comment   *Comment // nil for votes on posts
	Places    []Community
	Held      CastVote // the voter's vote so far; PersonID 0 when there was none
	Tombstone bool
	Blocked   bool
	VoterGone bool
	Banned    bool // the voter may not take part in the thread's community
	Reacted   bool // somebody has voted with an emoji
	Barred    bool // nor in anything here

	// Of voters of this node alone:
	Emoji     string // with which they voted so far
	Author    Person // of what is voted on: ids and inboxes alone
	Microblog bool   // the author's server hears of no vote that a community announces
}

// Tally is the new count of one subject.
type Tally struct {
	Subject  Subject
	Up, Down int
	Ranks    VoteRanks // of a post
}

// VoteTx is what the verbs need for votes.
type VoteTx interface {
	// VoteFacts answers for each act at its index and locks the subjects in
	// ascending order, posts before comments.
	VoteFacts(ctx context.Context, acts []Vote) ([]VoteFacts, error)
	// SaveVotes upserts votes, at most one per person and subject.
	SaveVotes(ctx context.Context, votes []CastVote) error
	// SaveTallies writes counts and ranks, once per subject.
	SaveTallies(ctx context.Context, tallies []Tally) error
	// SaveReactions writes with which emoji people voted, at most one per person and
	// subject, and counts those of each subject anew.
	SaveReactions(ctx context.Context, all []Reacted) error
}

func judgeVote(a *Vote, f *VoteFacts) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the voter's server.")
	case f.VoterGone && a.Origin.Via == 0: // what its home announces it counted before
		return no(Gone, "author-gone", "The voter's account no longer exists.")
	case f.Tombstone:
		return no(Gone, "deleted", "What this vote is on has been deleted.")
	case f.Subject.ID == 0:
		return needs(a.Object).Refused
	case f.State == Purged || f.State != Live && a.Voter.Local:
		// What was deleted or removed may come back, and every copy must count the same
		// votes then, in whichever order they came.
		return no(Gone, "deleted", "What this vote is on has been deleted.")
	case f.Post.State == Purged || f.Post.State == Removed && a.Voter.Local:
		return no(Gone, "thread-removed", "The thread of what this vote is on has been removed.")
	case f.Post.Community.Removed || f.Post.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case a.Dir != 0 && judgeMoved(&a.Voter) != nil:
		return judgeMoved(&a.Voter)
	case a.Voter.Bot && a.Dir != 0:
		return no(Forbidden, "bot-vote", "Bots do not vote.")
	case a.Dir < -1 || a.Dir > 1:
		return no(Invalid, "no-such-vote", "A vote is up, down or none.")
	case a.Voter.Local && a.Emoji != "" && (a.Dir != 1 || a.Own.Name == "" && (!IsEmoji(a.Emoji) || signs(a.Emoji) != 1)):
		return no(Invalid, "no-such-reaction", "A reaction is one emoji.")
	}
	if r := judgeAuthority(&a.Voter, &f.Post.Community, a.Origin.within(&f.Post.Community)); r != nil {
		return r
	}
	if a.Dir == 0 {
		return nil // taking a vote back is nothing new
	}
	return judgeBan(f.Banned, f.Barred, a.Origin)
}

// on returns the vote held after an act: the later wins, and of two at one moment
// the one with the greater id. An act without a time is later than whatever is
// held: all that is known of it is that it came last. A vote that was taken back
// by name stays so, also when it comes after its Undo.
func (a *Vote) on(held CastVote, now time.Time) CastVote {
	next := CastVote{PersonID: a.Voter.ID, Dir: a.Dir, At: a.At, Activity: a.Origin.Activity}
	if a.Dir == 0 {
		next.Undone = a.Undoes
	}
	if next.At.IsZero() {
		next.At = after(held.At, now)
	}
	if held.PersonID == 0 || replaces(next.At, next.Activity, held.At, held.Activity, held.Undone) {
		return next
	}
	return held
}

// after is now, or the first moment after held where that is not before now.
func after(held, now time.Time) time.Time {
	if now.After(held) {
		return now
	}
	return held.Add(time.Microsecond)
}

// replaces says whether an act takes the place of the one held: a repeat does
// not, nor what has been taken back by name, nor what came before.
func replaces(at time.Time, activity string, heldAt time.Time, heldActivity, heldUndone string) bool {
	if activity != "" && (activity == heldActivity || activity == heldUndone) {
		return false
	}
	return wins(at, activity, heldAt, heldActivity)
}

// wins compares two acts of one person on one thing. Of two at one moment some
// one must win on every node, and the ids are all that every node knows.
func wins(at time.Time, activity string, heldAt time.Time, heldActivity string) bool {
	if !at.Equal(heldAt) {
		return at.After(heldAt)
	}
	return activity > heldActivity
}

// Vote sets votes, adjusts the counts of what they are on and the ranks of the
// posts. A vote that changes nothing, or is older than the one held, is accepted
// without effect. An act whose object is not known here is refused with Needs set.
func (f *Forum) Vote(ctx context.Context, tx Tx, acts []Vote) ([]Outcome, error) {
	for i := range acts {
		if acts[i].Voter.Local && acts[i].Origin.Activity == "" {
			acts[i].Origin.Activity = f.publisher.NewActivity()
		}
		if acts[i].Own.Name != "" {
			acts[i].Emoji = Pictogram(acts[i].Own)
		}
	}
	facts, err := tx.VoteFacts(ctx, acts)
	if err != nil {
		return nil, err
	}
	b := voteBatch{held: map[heldKey]CastVote{}, reacted: map[heldKey]string{}, tally: map[Subject]*Tally{}}
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a, fact := &acts[i], &facts[i]
		if r := judgeVote(a, fact); r != nil {
			out[i].Refused = r
			continue
		}
		if a.Voter.Local && a.Dir == 1 && fact.Held.Dir == 1 && (a.Emoji == "" || a.Emoji == fact.Emoji) {
			continue // said already: a reaction is a vote up
		}
		was, now := b.apply(a, fact, f.Now())
		if was.Dir == now.Dir && (a.Emoji == "" || was == now) {
			continue
		}
		out[i] = Outcome{Fresh: true, ID: fact.Subject.ID}
		events = append(events, voteEvents(a, fact, was, now)...)
		if n := len(events); n > 0 && events[n-1].Origin.Activity == "" && a.Voter.Local {
			events[n-1].Origin.Activity = f.publisher.NewActivity()
		}
	}
	if err := b.save(ctx, tx); err != nil {
		return nil, err
	}
	return out, f.publish(ctx, tx, events)
}

type heldKey struct {
	subject Subject
	person  int64
}

// voteBatch carries votes and counts from act to act within one call, since
// several votes of a batch may be on one post and several of one person.
type voteBatch struct {
	held    map[heldKey]CastVote // of those who voted in this batch
	touched []heldKey            // whose vote differs from the one stored
	reacted map[heldKey]string   // with which emoji, where one was or is
	tally   map[Subject]*Tally
	changed []Subject
}

// apply moves the vote held and the tally; it returns the vote before and after.
func (b *voteBatch) apply(a *Vote, f *VoteFacts, at time.Time) (was, now CastVote) {
	key := heldKey{f.Subject, a.Voter.ID}
	was, again := b.held[key]
	if !again {
		was = f.Held
	}
	now = a.on(was, at)
	now.Subject = f.Subject
	if now == was {
		return was, was
	}
	b.held[key] = now
	if !again {
		b.touched = append(b.touched, key)
	}
	if _, one := b.reacted[key]; one || f.Reacted || a.Emoji != "" {
		b.reacted[key] = a.Emoji
	}
	if now.Dir == was.Dir {
		return was, now
	}
	t, ok := b.tally[f.Subject]
	if !ok {
		t = &Tally{Subject: f.Subject, Up: f.Up, Down: f.Down}
		b.tally[f.Subject] = t
		b.changed = append(b.changed, f.Subject)
	}
	t.Up += count(now.Dir, 1) - count(was.Dir, 1)
	t.Down += count(now.Dir, -1) - count(was.Dir, -1)
	t.Ranks = RanksOf(t.Up, t.Down, f.Submitted, &f.Post.Community)
	return was, now
}

func count(dir, which int) int {
	if dir == which {
		return 1
	}
	return 0
}

func (b *voteBatch) save(ctx context.Context, tx Tx) error {
	if len(b.touched) == 0 {
		return nil
	}
	votes := make([]CastVote, len(b.touched))
	for i, key := range b.touched {
		votes[i] = b.held[key]
	}
	if err := tx.SaveVotes(ctx, votes); err != nil {
		return err
	}
	if len(b.reacted) > 0 {
		var all []Reacted
		for _, key := range b.touched {
			if emoji, one := b.reacted[key]; one {
				all = append(all, Reacted{key.subject, key.person, emoji})
			}
		}
		if err := tx.SaveReactions(ctx, all); err != nil {
			return err
		}
	}
	if len(b.changed) == 0 {
		return nil
	}
	tallies := make([]Tally, len(b.changed))
	for i, s := range b.changed {
		tallies[i] = *b.tally[s]
	}
	return tx.SaveTallies(ctx, tallies)
}

func voteEvents(a *Vote, f *VoteFacts, was, now CastVote) []*Event {
	var events []*Event
	post := f.Post
	for n, place := range append([]Community{post.Community}, f.Places...) {
		e := &Event{
			Verb: VerbVote, At: now.At, Actor: a.Voter, Community: place, Post: &post,
			Comment: f.Comment, Dir: now.Dir, WasDir: was.Dir, Undoes: a.Undoes, Origin: a.Origin,
			Emoji: a.Emoji, WasEmoji: f.Emoji,
		}
		if e.Undoes == "" && a.Dir == 0 {
			e.Undoes = was.Activity
		}
		address(e)
		if n == 0 && e.tellsAuthor(f) {
			e.Direct = appendNew(e.Direct, f.Author.Inbox)
		}
		if e.Announce || len(e.Direct) > 0 {
			events = append(events, e)
		}
	}
	if was.Dir > 0 && now.Dir < 0 && f.Microblog {
		// Whoever has favourites alone understands of a vote against it that it ends one.
		end := &Event{
			Verb: VerbVote, At: now.At, Actor: a.Voter, Community: post.Community, Post: &post, Comment: f.Comment,
			WasDir: was.Dir, WasEmoji: f.Emoji, Undoes: was.Activity, Direct: []string{f.Author.Inbox},
		}
		if end.tellsAuthor(f) {
			events = append(events, end)
		}
	}
	return events
}

// tellsAuthor reports whether whoever wrote what a vote is on hears of it as well. Votes are
// counted by the community; a microblog takes those up alone, and no other way, and of
// reactions hears every author.
func (e *Event) tellsAuthor(f *VoteFacts) bool {
	switch {
	case f.Author.Local || f.Author.Inbox == "" || e.Dir < 0 && f.Microblog:
		return false
	case e.Emoji+e.WasEmoji != "":
		return true
	}
	return f.Microblog && (e.Dir > 0 || e.WasDir > 0) && serverOf(f.Author.URI) != serverOf(e.Community.URI)
}
