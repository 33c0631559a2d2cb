package forum

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Submit puts a post into a community.
type Submit struct {
	// Post holds what was written. Community.ID and Author must be set; URI,
	// when empty, is minted. Title may be empty in a post from elsewhere.
	Post Post
	// Crossposts are further communities of ours that list the same object; those
	// of others list only what their home announces.
	Crossposts []int64
	Received   time.Time // when it reached us; zero means now
	// Consent is what the author of a post elsewhere wants to be asked first.
	Consent Consent
	// Open is how long a poll that is made here can be answered, from now.
	Open   time.Duration
	Origin Origin
}

// Consent says whether a community of ours may announce a post of somebody elsewhere.
type Consent int8

// The kinds of consent.
const (
	Given    Consent = 0
	Asked    Consent = 1 // its author says so in each case
	Withheld Consent = 2
)

// SubmitFacts is what the rule needs to judge a Submit.
type SubmitFacts struct {
	Community  Community   // zero ID when there is none such
	Crossposts []Community // those that there are, in the order given
	Existing   int64       // id of the post with that URI; 0 when there is none
	Tombstone  bool        // the URI was purged for good
	Early      Life        // what its author said of its deletion before it came
	AuthorGone bool
	Blocked    bool // the author's server is blocked
	Banned     bool // the author may not take part in Community
	Barred     bool // nor in anything here
	Moderator  bool // the author moderates it; asked for where others may not post
}

// PostTx is what the verbs need for posts.
type PostTx interface {
	// SubmitFacts answers for each act at its index.
	SubmitFacts(ctx context.Context, acts []Submit) ([]SubmitFacts, error)
	// NewPostIDs reserves n ids in ascending order.
	NewPostIDs(ctx context.Context, n int) ([]int64, error)
	// InsertPosts writes posts with their placements, their authors' own votes
	// and the counters of their communities. A post whose URI exists already is
	// left alone and its index missing from the answer.
	InsertPosts(ctx context.Context, posts []NewPost) (inserted []int, err error)
	// MovePost gives a live post, which is locked, another home: lists, counters and
	// open reports go along, and it is pinned no more. That it was told of in the first
	// community stays known. told is true where the second has told of it already.
	MovePost(ctx context.Context, postID, from, to int64, at time.Time) (told bool, err error)
	// Answer keeps what the author of a post said to the Announce that asked for it.
	Answer(ctx context.Context, postID int64, allowed bool, approval string) error
}

// NewPost is a post to be written.
type NewPost struct {
	Post       Post
	Asked      string // id of the Announce that its author is asked to allow
	Submitted  time.Time
	Ranks      VoteRanks
	Crossposts []int64
	Received   time.Time
}

// Announcement is the pair of ids under which a post was announced in a
// community, or a comment in its home.
type Announcement struct {
	PostID, CommentID, CommunityID int64
	Announce, Boost                string
	Again                          bool // a post that came back: only the Boost is new
}

func judgeSubmit(a *Submit, f *SubmitFacts) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	p := &a.Post
	switch {
	case f.Community.ID == 0:
		return no(NotFound, "no-such-community", "There is no such community here.")
	case f.Community.Removed || f.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case f.AuthorGone && a.Origin.Via == 0:
		return no(Gone, "author-gone", "The author's account no longer exists.")
	case f.Tombstone:
		return no(Gone, "deleted", "This post has been deleted.")
	case strings.TrimSpace(p.Title) == "" && strings.TrimSpace(p.Text.Source) == "" && p.Link == "":
		return no(Invalid, "empty", "A post needs a title, a text or a link.")
	}
	if r := judgeAuthority(&p.Author, &f.Community, a.Origin.within(&f.Community)); r != nil {
		return r
	}
	if r := judgeBan(f.Banned, f.Barred, a.Origin); r != nil {
		return r
	}
	if f.Community.Restricted && !f.Moderator && (f.Community.Local || p.Author.Local) {
		return no(Forbidden, "restricted", "Only its moderators post in this community.")
	}
	if !p.Author.Local {
		return nil
	}
	if r := judgeMoved(&p.Author); r != nil {
		return r
	}
	switch {
	case strings.TrimSpace(p.Title) == "" || !p.TitleGiven && !f.Community.Untitled:
		return no(Invalid, "no-title", "A post needs a title.")
	case utf8.RuneCountInString(p.Title) > MaxTitle:
		return no(Invalid, "title-too-long", "A title has at most 200 characters.")
	case len(p.Text.Source) > MaxPostSource:
		return no(Invalid, "text-too-long", "A post has at most 50,000 bytes of text.")
	case p.Poll != nil:
		return judgePoll(p.Poll, a.Open)
	}
	return nil
}

// judgeAuthority says whether what reached us this way may change a thread of
// that community. In our own communities anybody may speak for themselves, and on
// walls, which nobody announces; in others only what their home has announced, and
// what people here do.
func judgeAuthority(by *Person, c *Community, o Origin) *Refusal {
	switch {
	case c.Local && o.Via != 0 && o.Via != c.ID:
		return &Refusal{Kind: Forbidden, Reason: "foreign-announce", Text: "A community may announce only what happens in its own threads."}
	case c.Local, by.Local, o.Via == c.ID, c.Wall && o.Via == 0:
		return nil
	case o.Via != 0:
		return &Refusal{Kind: Forbidden, Reason: "foreign-announce", Text: "A community may announce only what happens in its own threads."}
	}
	return &Refusal{Kind: Forbidden, Reason: "not-announced", Text: "Its community has not announced it."}
}

// judgeBan says whether somebody may take part. What the home of a community
// announces, it has judged itself; whom this node has banned (barred) writes nothing
// that is read here, whoever announces it.
func judgeBan(banned, barred bool, o Origin) *Refusal {
	switch {
	case barred:
		return &Refusal{Kind: Forbidden, Reason: "barred", Text: "Those who run this server have banned you from it."}
	case banned && o.Via == 0:
		return &Refusal{Kind: Forbidden, Reason: "banned", Text: "The moderators of this community have banned you from it."}
	}
	return nil
}

// Submit puts posts into communities. Accepted posts get their author's own
// vote; a post that is already here is accepted without effect.
func (f *Forum) Submit(ctx context.Context, tx Tx, acts []Submit) ([]Outcome, error) {
	facts, err := tx.SubmitFacts(ctx, acts)
	if err != nil {
		return nil, err
	}
	if err := f.mayPost(ctx, tx, acts, facts); err != nil {
		return nil, err
	}
	in := newIntake(len(acts))
	quoting := make([]*quoted, len(acts))
	for i := range acts {
		if facts[i].AuthorGone {
			facts[i].Early = f.departed()
		}
		if acts[i].Post.Author.Local || !facts[i].Community.Local {
			acts[i].Consent = Given
		}
		facts[i].Crossposts = crossposts(&acts[i], &facts[i])
		// A community that is not for everybody's eyes has no post that is.
		acts[i].Post.Sensitive = acts[i].Post.Sensitive || facts[i].Community.Sensitive
		no := judgeSubmit(&acts[i], &facts[i])
		if no == nil {
			if quoting[i], no, err = f.quotes(ctx, tx, &acts[i].Post.Author, &acts[i].Post.Tags.Quote); err != nil {
				return nil, err
			}
		}
		in.sort(i, acts[i].Post.URI, facts[i].Existing, no)
	}
	if len(in.todo) == 0 {
		return in.out, nil
	}
	ids, err := tx.NewPostIDs(ctx, len(in.todo))
	if err != nil {
		return nil, err
	}
	news := make([]NewPost, len(in.todo))
	asks := make([]*Event, len(in.todo))
	for n, i := range in.todo {
		news[n] = f.newPost(&acts[i], &facts[i], ids[n])
		if quoting[i] != nil {
			if asks[n], in.out[i], err = f.asked(ctx, tx, &news[n].Post, quoting[i]); err != nil {
				return nil, err
			}
			if in.out[i].Refused != nil { // people here write one thing at a time
				return in.out, nil //nolint:nilerr // a refusal is an outcome
			}
		}
		if facts[i].AuthorGone {
			news[n].Post = news[n].Post.bare()
		}
	}
	inserted, err := tx.InsertPosts(ctx, news)
	if err != nil {
		return nil, err
	}
	if err := closings(ctx, tx, news, inserted); err != nil {
		return nil, err
	}
	var events []*Event
	var early []Delete
	var late []int64
	for _, n := range inserted {
		if !news[n].Post.Author.Local {
			late = append(late, news[n].Post.ID)
		}
		i := in.todo[n]
		in.written(i, news[n].Post.ID)
		in.out[i].Gone = facts[i].Early.Gone
		origin := facts[i].Early.told(func() { news[n].Post = news[n].Post.bare() }, acts[i].Origin)
		switch ask := &news[n]; {
		case ask.Asked != "" && !facts[i].Early.Gone:
			events = append(events, asking(ask))
		case !ask.Post.Withheld:
			events = append(events, submitEvents(&ask.Post, &facts[i], origin)...)
		}
		if asks[n] != nil {
			events = append(events, asks[n])
		}
		early = facts[i].Early.after(early, acts[i].Post.URI, acts[i].Post.Author)
	}
	if len(late) > 0 {
		if err := tx.SweepLate(ctx, late, nil); err != nil {
			return nil, err
		}
	}
	return in.out, f.publishNew(ctx, tx, events, early)
}

// mayPost finds out who moderates the communities in which nobody else posts.
func (f *Forum) mayPost(ctx context.Context, tx Tx, acts []Submit, facts []SubmitFacts) error {
	var people []string
	for i := range acts {
		if facts[i].Community.Restricted {
			people = append(people, acts[i].Post.Author.URI)
		}
	}
	if len(people) == 0 {
		return nil
	}
	moderate, err := tx.Moderating(ctx, people)
	for i := range acts {
		facts[i].Moderator = moderate[Moderates{acts[i].Post.Author.URI, facts[i].Community.ID}]
	}
	return err
}

func (f *Forum) newPost(a *Submit, fact *SubmitFacts, id int64) NewPost {
	p := a.Post
	p.ID = id
	p.Community = fact.Community
	p.Up, p.Withheld = 1, a.Consent != Given
	if p.URI == "" {
		p.URI, p.Local = f.publisher.PostURI(id), true
	}
	if p.Author.Local && a.Origin.Activity == "" {
		a.Origin.Activity = f.publisher.NewActivity()
	}
	if p.Create == "" && !a.Origin.Fetched {
		p.Create = a.Origin.Activity
	}
	now := f.Now()
	if a.Received.IsZero() {
		a.Received = now
	}
	if p.Published.IsZero() {
		p.Published = Stamp{Time: now}
	}
	if p.Local && p.Poll != nil {
		poll := *p.Poll
		poll.Closes = now.Add(a.Open)
		p.Poll, p.Shape = &poll, Asks
	}
	submitted := Submitted(p.Published.Time, a.Received)
	n := NewPost{Post: p, Submitted: submitted, Ranks: RanksOf(1, 0, submitted, &fact.Community), Received: a.Received}
	if a.Consent == Asked && p.Author.Inbox != "" {
		n.Asked = f.publisher.NewActivity()
	}
	for _, c := range fact.Crossposts {
		n.Crossposts = append(n.Crossposts, c.ID)
	}
	return n
}

// crossposts picks the communities that may list a post besides its home.
func crossposts(a *Submit, f *SubmitFacts) []Community {
	var out []Community
	taken := map[int64]bool{f.Community.ID: true}
	for _, c := range f.Crossposts {
		if a.Consent != Given {
			break // whose author wants to be asked stands in its home alone
		}
		if c.Local && !c.Removed && !taken[c.ID] && len(out) < MaxCrossposts && judgeAuthority(&a.Post.Author, &c, a.Origin) == nil {
			taken[c.ID] = true
			out = append(out, c)
		}
	}
	return out
}

// submitEvents makes one event per community of ours that lists the post, and
// one to the home when that is elsewhere.
func submitEvents(p *Post, fact *SubmitFacts, o Origin) []*Event {
	var events []*Event
	for n, c := range append([]Community{p.Community}, fact.Crossposts...) {
		e := &Event{
			Verb: VerbSubmit, At: p.Published.Time, Actor: p.Author,
			Community: c, Post: p, Origin: o,
		}
		address(e)
		if n == 0 {
			e.tellNamed(p.Tags.Mentions)
		}
		if e.Announce || len(e.Direct) > 0 {
			events = append(events, e)
		}
	}
	return events
}

// address decides who hears of an event. What happens in a community of ours is
// announced by it, back to the author's own server too; what a local person
// does elsewhere goes to the community it was done in.
func address(e *Event) {
	switch {
	case e.Community.Local && e.Post != nil && e.Post.Withheld:
		// Its author has not agreed that anything of it is announced.
	case e.Community.Local:
		e.Announce = true
		if e.Verb != VerbVote && e.Verb != VerbTally && !e.Actor.Local && e.Actor.Inbox != "" {
			e.Echo = append(e.Echo, e.Actor.DeliverTo())
		}
	case e.Actor.Local:
		e.Direct = append(e.Direct, e.Community.DeliverTo())
	}
	// What people write their readers get from themselves; of one act once, however many
	// communities list it.
	switch e.Verb {
	case VerbSubmit, VerbReply, VerbEdit, VerbTally, VerbDelete, VerbUndelete:
		e.Readers = e.Actor.Local && e.Post != nil && e.Community.ID == e.Post.Community.ID
	}
}

// tellNamed has those hear of what somebody here writes whom it names, wherever they live
// and whether or not anybody there follows the community.
func (e *Event) tellNamed(m Mentions) {
	if !e.Actor.Local {
		return
	}
	for _, one := range m.All() {
		e.Direct = appendNew(e.Direct, one.Inbox)
	}
}

// asking asks the author of a post whether its community may announce it, by the Announce
// that others would get.
func asking(n *NewPost) *Event {
	p := &n.Post
	return &Event{
		Verb: VerbRequest, At: n.Received, Actor: p.Author, Community: p.Community, Post: p, Direct: []string{p.Author.Inbox},
		Origin: Origin{Activity: n.Asked},
	}
}

// Consented is what the author of a post says to an Announce of it that they were asked for.
type Consented struct {
	Post, Announce string // ids
	By             Person
	Agrees         bool
	Approval       string // id of what they gave out for it; may be empty
}

// Consented takes in what the author of a post says to the Announce of it that a community
// of ours has asked for. If they agree it is announced to everybody, under the id that they
// know and with what they gave out for it; what was said in its thread before is not. Else
// nobody is told of anything there.
func (f *Forum) Consented(ctx context.Context, tx Tx, a Consented) (Outcome, error) {
	written, err := tx.Written(ctx, []string{a.Post}, []Person{a.By})
	if err != nil {
		return Outcome{}, err
	}
	w := &written[0]
	if out, no := refusedBy(judgeAuthor(w, &a.By)); no {
		return out, nil
	}
	if w.State() != Live || !w.Post.Withheld {
		return refuse(Gone, "gone", "It has been deleted or purged already."), nil
	}
	if err := tx.Answer(ctx, w.Post.ID, a.Agrees, a.Approval); err != nil {
		return Outcome{}, err
	}
	if out := (Outcome{ID: w.Post.ID, Fresh: true}); !a.Agrees {
		return out, nil
	}
	post := w.Post
	post.Withheld, post.Approval = false, a.Approval
	e := arrival(&post)
	e.Boost = a.Announce
	return Outcome{ID: post.ID, Fresh: true}, f.publish(ctx, tx, []*Event{e})
}

// arrival tells of a post that has moved here, as its author's Create told of it first.
func arrival(p *Post) *Event {
	e := &Event{Verb: VerbSubmit, At: p.Published.Time, Actor: p.Author, Community: p.Community, Post: p, Origin: Origin{Activity: p.Create, Fetched: true}}
	address(e)
	return e
}
