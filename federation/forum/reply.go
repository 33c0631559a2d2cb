package forum

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Reply answers a post or a comment.
type Reply struct {
	// Comment holds what was written. Author and InReplyTo must be set; URI,
	// when empty, is minted.
	Comment  Comment
	Received time.Time // when it reached us; zero means now
	Origin   Origin
}

// ReplyFacts is what the rule needs to judge a Reply.
type ReplyFacts struct {
	Existing   int64 // id of the comment with that URI
	Tombstone  bool
	Early      Life // what its author said of its deletion before it came
	AuthorGone bool
	Blocked    bool
	Banned     bool // the author may not take part in the thread's community
	Barred     bool // nor in anything here
	Moderator  bool // the author moderates it; asked for where the thread is locked
	Closed     bool // the comment that is answered is locked

	Post         Post // the thread, its row locked; zero ID when the parent is unknown
	ParentID     int64
	ParentDepth  int
	Grandparent  int64 // what the parent comment answers
	ParentAuthor Person
	ParentState  State
	Answers      Allowed     // who may answer the parent
	Places       []Community // further communities of ours that list the post
}

// CommentTx is what the verbs need for comments.
type CommentTx interface {
	// ReplyFacts answers for each act at its index and locks the posts
	// concerned in ascending order.
	ReplyFacts(ctx context.Context, acts []Reply) ([]ReplyFacts, error)
	// NewCommentIDs reserves n ids in ascending order.
	NewCommentIDs(ctx context.Context, n int) ([]int64, error)
	// Moderating tells which communities these people, by id, moderate.
	Moderating(ctx context.Context, people []string) (map[Moderates]bool, error)
	// InsertComments writes comments, their authors' own votes, and the counters
	// of their posts and communities. A comment whose URI exists already is left
	// alone and its index missing from the answer.
	InsertComments(ctx context.Context, comments []NewComment) (inserted []int, err error)
}

// Moderates is somebody, by id, who moderates a community.
type Moderates struct {
	Person    string
	Community int64
}

// NewComment is a comment to be written.
type NewComment struct {
	Comment   Comment
	Submitted time.Time // when it counts from, for its author's vote and for its thread
	Received  time.Time
}

func judgeReply(a *Reply, f *ReplyFacts) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	c := &a.Comment
	switch {
	case f.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case f.AuthorGone && a.Origin.Via == 0:
		return no(Gone, "author-gone", "The author's account no longer exists.")
	case f.Tombstone:
		return no(Gone, "deleted", "This comment has been deleted.")
	case f.Post.ID == 0:
		return needs(c.InReplyTo).Refused
	case f.Post.Community.Removed || f.Post.Community.Gone:
		return no(Gone, "community-removed", "This community has been taken away.")
	case f.Post.State == Purged || f.Post.State == Removed && a.Origin.Via == 0:
		// What its home announces it took before, and may give the thread back.
		return no(Gone, "thread-removed", "The post this answers has been removed.")
	}
	if r := judgeAuthority(&c.Author, &f.Post.Community, a.Origin.within(&f.Post.Community)); r != nil {
		return r
	}
	if r := judgeBan(f.Banned, f.Barred, a.Origin); r != nil {
		return r
	}
	if (f.Post.Locked || f.Closed) && !f.Moderator && a.Origin.Via == 0 {
		return no(Forbidden, "locked", "The moderators have closed this thread.")
	}
	if !c.Author.Local {
		return nil
	}
	if r := judgeMoved(&c.Author); r != nil {
		return r
	}
	switch {
	case f.Answers.Of(c.Author.URI) == Withheld:
		return no(Forbidden, "no-answers", "Its author takes no answers to this.")
	case strings.TrimSpace(c.Text.Source) == "":
		return no(Invalid, "empty", "A comment needs a text.")
	case len(c.Text.Source) > MaxCommentSource:
		return no(Invalid, "text-too-long", "A comment has at most 10,000 bytes of text.")
	case f.Post.State != Live || f.ParentState != Live:
		return no(Gone, "parent-deleted", "What this answers has been deleted.")
	}
	return nil
}

// Reply adds comments to threads, at any depth. An act whose parent is not known
// here is refused with Needs set. All parents must be known before the call: a
// chain of replies is several calls.
func (f *Forum) Reply(ctx context.Context, tx Tx, acts []Reply) ([]Outcome, error) {
	facts, err := tx.ReplyFacts(ctx, acts)
	if err != nil {
		return nil, err
	}
	if err := f.mayAnswer(ctx, tx, acts, facts); err != nil {
		return nil, err
	}
	for i := range facts {
		if facts[i].AuthorGone {
			facts[i].Early = f.departed()
		}
	}
	in := newIntake(len(acts))
	for i := range acts {
		in.sort(i, acts[i].Comment.URI, facts[i].Existing, judgeReply(&acts[i], &facts[i]))
	}
	if len(in.todo) == 0 {
		return in.out, nil
	}
	ids, err := tx.NewCommentIDs(ctx, len(in.todo))
	if err != nil {
		return nil, err
	}
	var claims []string
	news := make([]NewComment, len(in.todo))
	for n, i := range in.todo {
		news[n] = f.newComment(&acts[i], &facts[i], ids[n])
		if facts[i].AuthorGone {
			news[n].Comment = news[n].Comment.bare()
		}
		if c := &news[n].Comment; c.Distinguished {
			claims = append(claims, c.Author.URI)
		}
	}
	if len(claims) > 0 {
		moderate, err := tx.Moderating(ctx, claims)
		if err != nil {
			return nil, err
		}
		for n, i := range in.todo {
			c := &news[n].Comment
			c.Distinguished = c.Distinguished && moderate[Moderates{c.Author.URI, facts[i].Post.Community.ID}]
		}
	}
	inserted, err := tx.InsertComments(ctx, news)
	if err != nil {
		return nil, err
	}
	var events []*Event
	var early []Delete
	var late []int64
	for _, n := range inserted {
		i := in.todo[n]
		in.written(i, news[n].Comment.ID)
		if facts[i].ParentState == Removed || !news[n].Comment.Author.Local {
			late = append(late, news[n].Comment.ID)
		}
		in.out[i].Gone = facts[i].Early.Gone
		origin := facts[i].Early.told(func() { news[n].Comment = news[n].Comment.bare() }, acts[i].Origin)
		events = append(events, replyEvents(&news[n].Comment, &facts[i], origin)...)
		early = facts[i].Early.after(early, acts[i].Comment.URI, acts[i].Comment.Author)
	}
	if len(late) > 0 {
		if err := tx.SweepLate(ctx, nil, late); err != nil {
			return nil, err
		}
	}
	return in.out, f.publishNew(ctx, tx, events, early)
}

// mayAnswer finds out who moderates the threads that are locked.
func (f *Forum) mayAnswer(ctx context.Context, tx Tx, acts []Reply, facts []ReplyFacts) error {
	var people []string
	for i := range acts {
		if facts[i].Post.Locked || facts[i].Closed {
			people = append(people, acts[i].Comment.Author.URI)
		}
	}
	if len(people) == 0 {
		return nil
	}
	moderate, err := tx.Moderating(ctx, people)
	for i := range acts {
		facts[i].Moderator = moderate[Moderates{acts[i].Comment.Author.URI, facts[i].Post.Community.ID}]
	}
	return err
}

func (f *Forum) newComment(a *Reply, fact *ReplyFacts, id int64) NewComment {
	c := a.Comment
	c.ID, c.PostID, c.Up = id, fact.Post.ID, 1
	c.PostURI, c.CommunityURI = fact.Post.URI, fact.Post.Community.URI
	c.Answered = fact.ParentAuthor
	c.Tags.Leave = Leave{Asked: c.Author.Local && fact.Answers.Of(c.Author.URI) == Asked}
	if c.Author.Local && a.Origin.Activity == "" {
		a.Origin.Activity = f.publisher.NewActivity()
	}
	if c.Create == "" && !a.Origin.Fetched {
		c.Create = a.Origin.Activity
	}
	c.ParentID, c.Depth, c.Locked = fact.ParentID, fact.ParentDepth+1, fact.Closed
	if c.Depth > MaxDepth {
		c.ParentID, c.Depth = fact.Grandparent, MaxDepth
	}
	if c.URI == "" {
		c.URI, c.Local = f.publisher.CommentURI(id), true
	}
	now := f.Now()
	if a.Received.IsZero() {
		a.Received = now
	}
	if c.Published.IsZero() {
		c.Published = Stamp{Time: now}
	}
	return NewComment{Comment: c, Submitted: Submitted(c.Published.Time, a.Received), Received: a.Received}
}

func replyEvents(c *Comment, fact *ReplyFacts, o Origin) []*Event {
	var events []*Event
	post := fact.Post
	for n, place := range append([]Community{post.Community}, fact.Places...) {
		e := &Event{
			Verb: VerbReply, At: c.Published.Time, Actor: c.Author,
			Community: place, Post: &post, Comment: c, Origin: o,
		}
		address(e)
		// Whoever is answered hears of it from the author's server even where
		// nobody follows the community; microblogs show nothing otherwise.
		if n == 0 && c.Author.Local && !fact.ParentAuthor.Local && fact.ParentAuthor.Inbox != "" {
			e.Direct = appendNew(e.Direct, fact.ParentAuthor.Inbox)
		}
		if n == 0 {
			e.tellNamed(c.Tags.Mentions)
		}
		if e.Announce || len(e.Direct) > 0 {
			events = append(events, e)
		}
	}
	return events
}

// QuoteRequest asks whether something may be quoted (FEP-044f).
type QuoteRequest struct {
	By      Person
	Object  string // id of the post or comment
	Quoting string // id of what quotes it
	Origin  Origin // Raw is the request
}

// Grant says that something may quote a post or comment of this node.
type Grant struct {
	ID      string // where it can be asked for
	Subject Subject
	Object  string // id of the subject
	Author  Person // of it: id alone
	By      Person // who quotes it: ids and inboxes alone
	Quoting string
	Ended   bool // it was taken back
}

// Bounds of what is kept of quotes of one post or comment, and of all that are granted to
// one server, with the others of its registrable domain.
const (
	MaxQuotes         = 1000
	MaxQuotesBy       = 50  // of one person
	MaxQuotesOfServer = 500 // of one server
	MaxQuotesADay     = 2000
)

// QuoteTx is what quotes need.
type QuoteTx interface {
	// Shunned tells whether one person has blocked another, or the other's server; and
	// whether nothing is taken from that server here.
	Shunned(ctx context.Context, by, person Person) (shunned, blocked bool, err error)
	// SaveGrant keeps a grant. What is there already for the same object and what quotes
	// it stays, and is what is returned. room is false where there are too many.
	SaveGrant(ctx context.Context, g Grant, at time.Time) (held Grant, room bool, err error)
	// EndGrants takes back all grants of subjects, or what one person was granted by
	// another or, with no id, everybody of the person's Host; it returns those that
	// were in force.
	EndGrants(ctx context.Context, of []Subject, at time.Time) ([]Grant, error)
	EndGrantsOf(ctx context.Context, author int64, by Person, at time.Time) ([]Grant, error)
	// WroteIt tells whether a person, by id, wrote the post or comment with that id.
	WroteIt(ctx context.Context, person, object string) (bool, error)
}

func judgeQuote(p *Post, c *Comment, shunned, blocked bool) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	switch {
	case blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case shunned:
		return no(Forbidden, "not-allowed-to-quote", "Its author does not want to be quoted by this account.")
	case c == nil && !p.Local, c != nil && !c.Local:
		return no(Forbidden, "not-ours", "Its author's server says who may quote it.")
	case unreadable(p, c):
		return no(Gone, "gone", "It has been deleted or purged already.")
	}
	return nil
}

// unreadable reports whether nobody can read a post, or a comment on it, any more: also
// what somebody wrote whose account has ended, though it is deleted step by step.
func unreadable(p *Post, c *Comment) bool {
	if c != nil {
		return p.Community.Removed || c.State != Live || c.Author.Gone || p.State == Removed || p.State == Purged
	}
	return p.Community.Removed || p.State != Live || p.Author.Gone
}

// Quote grants everybody whom its author has not blocked to quote what was written here,
// and tells them. It can be asked for again, and then is told again.
func (f *Forum) Quote(ctx context.Context, tx Tx, acts []QuoteRequest) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		p, c, err := tx.FindSubject(ctx, a.Object)
		if err != nil {
			return nil, err
		}
		if p == nil {
			out[i] = needs(a.Object)
			continue
		}
		s, id := subjectOf(p, c)
		g := Grant{ID: f.publisher.NewQuote(), Subject: s, Object: id, Author: p.Author, By: a.By, Quoting: a.Quoting}
		if c != nil {
			g.Author = c.Author
		}
		shunned, blocked, err := tx.Shunned(ctx, g.Author, a.By)
		if err != nil {
			return nil, err
		}
		if r := judgeQuote(p, c, shunned, blocked); r != nil {
			out[i].Refused = r
			continue
		}
		held, room, err := tx.SaveGrant(ctx, g, f.Now())
		switch {
		case err != nil:
			return nil, err
		case !room:
			out[i] = refuse(Unavailable, "too-many-quotes", "This is quoted too often already.")
			continue
		case held.Ended:
			out[i] = refuse(Forbidden, "not-allowed-to-quote", "That this may be quoted was taken back.")
			continue
		}
		out[i] = Outcome{Fresh: held.ID == g.ID, ID: s.ID}
		g.ID = held.ID
		events = append(events, &Event{Verb: VerbQuote, At: f.Now(), Actor: g.Author, Grant: &g, Direct: []string{a.By.Inbox}, Origin: a.Origin})
	}
	return out, f.publish(ctx, tx, events)
}

// Unquote takes back what somebody, who has blocked a person or, with no id, the person's
// server, had granted them, and tells them.
func (f *Forum) Unquote(ctx context.Context, tx Tx, author Person, whom Person) error {
	all, err := tx.EndGrantsOf(ctx, author.ID, whom, f.Now())
	if err != nil {
		return err
	}
	return f.unquoted(ctx, tx, all)
}

// unquote takes back all that was granted of what can be read no more.
func (f *Forum) unquote(ctx context.Context, tx Tx, gone ...*Written) error {
	var of []Subject
	for _, w := range gone {
		if w.author().Local {
			of = append(of, w.Subject())
		}
	}
	if len(of) == 0 {
		return nil
	}
	all, err := tx.EndGrants(ctx, of, f.Now())
	if err != nil {
		return err
	}
	return f.unquoted(ctx, tx, all)
}

func (f *Forum) unquoted(ctx context.Context, tx Tx, all []Grant) error {
	var events []*Event
	for i := range all {
		g := &all[i]
		if g.By.Inbox != "" && g.By.Host != f.publisher.Host() { // here it is looked at whenever a page is made
			events = append(events, &Event{Verb: VerbUnquote, At: f.Now(), Actor: g.Author, Grant: g, Direct: []string{g.By.Inbox}, Origin: Origin{Activity: f.publisher.NewActivity()}})
		}
	}
	return f.publish(ctx, tx, events)
}

// quoted is what somebody here quotes in what they write.
type quoted struct {
	Grant
	quotable Quotable
}

const quoteAsked = "/quote-request"

// QuotingIn is the post in which somebody asks to quote something, by the id of that
// request, which is made of the post's, since a post quotes one thing; empty for other ids.
func QuotingIn(request string) string {
	quoting, ok := strings.CutSuffix(request, quoteAsked)
	if !ok {
		return ""
	}
	return quoting
}

var notToBeQuoted = &Refusal{Kind: Forbidden, Reason: "not-allowed-to-quote", Text: "Its author does not want to be quoted by this account."}

// quotes judges what somebody here quotes; nil where it is nothing.
func (f *Forum) quotes(ctx context.Context, tx Tx, by *Person, q *Quote) (*quoted, *Refusal, error) {
	uri := q.URI
	if !by.Local || uri == "" {
		return nil, nil, nil
	}
	*q = Quote{URI: uri}
	p, c, err := tx.FindSubject(ctx, uri)
	if err != nil {
		return nil, nil, err
	}
	if p == nil {
		return nil, &Refusal{Kind: NotFound, Reason: "no-such-thing", Text: "There is nothing here with that name."}, nil
	}
	s, id := subjectOf(p, c)
	out := &quoted{Grant: Grant{Subject: s, Object: id, Author: p.Author, By: *by}, quotable: p.Tags.Quotable}
	if c != nil {
		out.Author, out.quotable = c.Author, c.Tags.Quotable
	}
	shunned, _, err := tx.Shunned(ctx, out.Author, *by)
	switch {
	case err != nil:
		return nil, nil, err
	case unreadable(p, c):
		return nil, &Refusal{Kind: Gone, Reason: "gone", Text: "It has been deleted or purged already."}, nil
	case out.Author.ID != by.ID && (shunned || out.quotable == QuotableNot):
		return nil, notToBeQuoted, nil
	}
	return out, nil, nil
}

// asked has a post quote what somebody elsewhere wrote once they agree, and what somebody
// here wrote at once. It returns what is told to whoever is quoted; nil for nothing.
func (f *Forum) asked(ctx context.Context, tx Tx, p *Post, on *quoted) (*Event, Outcome, error) {
	q := &p.Tags.Quote
	q.URI = on.Object
	g := on.Grant
	g.Quoting = p.URI
	switch {
	case g.Author.ID == p.Author.ID:
		q.Agreed = true
	case g.Author.Local:
		g.ID = f.publisher.NewQuote()
		held, room, err := tx.SaveGrant(ctx, g, f.Now())
		if err != nil {
			return nil, Outcome{}, err
		}
		if !room {
			return nil, refuse(Unavailable, "too-many-quotes", "This is quoted too often already."), nil
		}
		q.Agreed, q.Approval = true, held.ID
	case on.quotable == QuotableAsked && g.Author.Inbox != "":
		g.ID = p.URI + quoteAsked
		return &Event{Verb: VerbAsk, At: p.Published.Time, Actor: p.Author, Post: p, Grant: &g, Direct: []string{g.Author.Inbox}, Origin: Origin{Activity: g.ID}}, Outcome{}, nil
	}
	return nil, Outcome{}, nil
}

// QuoteAnswer is what the author of something says to somebody here who asked to quote it.
type QuoteAnswer struct {
	By       Person
	Quoting  string // id of what quotes it
	Approval string // id of what allows it; empty when they do not want it
}

// Agree takes what somebody elsewhere answers. Where they agree, whoever has the post is
// told of it; where not, it leads to what it quotes and does not show it.
func (f *Forum) Agree(ctx context.Context, tx Tx, a QuoteAnswer) (Outcome, error) {
	all, err := tx.Written(ctx, []string{a.Quoting}, []Person{a.By})
	if err != nil {
		return Outcome{}, err
	}
	w := &all[0]
	words := w.words()
	q := &words.Tags.Quote
	if w.Post.ID == 0 || !w.author().Local || q.URI == "" {
		return refuse(NotFound, "not-asked", "Nobody asked that."), nil
	}
	wrote, err := tx.WroteIt(ctx, a.By.URI, q.URI)
	if err != nil {
		return Outcome{}, err
	}
	if !wrote {
		return refuse(Forbidden, "not-asked", "Nobody asked that."), nil
	}
	before := *q
	q.Agreed, q.Approval, q.Declined = a.Approval != "", a.Approval, a.Approval == ""
	if *q == before {
		return Outcome{ID: w.Subject().ID}, nil
	}
	// It is no edit: the words are the same, and so is their time.
	edit := Edited{Subject: w.Subject(), Words: words, Updated: w.updated(), At: w.EditedAt, By: w.EditedBy}
	if err := tx.SaveWords(ctx, []Edited{edit}); err != nil {
		return Outcome{}, err
	}
	if w.Comment != nil {
		*w.Comment = w.Comment.With(words)
	} else {
		w.Post = w.Post.With(words)
	}
	out := Outcome{Fresh: true, ID: w.Subject().ID}
	if w.State() != Live || before.Approval == q.Approval {
		return out, nil
	}
	return out, f.publish(ctx, tx, w.events(VerbEdit, f.Now(), Origin{Activity: f.publisher.NewActivity()}))
}

func (w *Written) updated() Stamp {
	if w.Comment != nil {
		return w.Comment.Updated
	}
	return w.Post.Updated
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
