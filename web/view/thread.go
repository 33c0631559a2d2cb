package view

import (
	"bytes"
	"cmp"
	"html/template"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stoa/federation/forum"
	"stoa/web/words"
)

// FoldWords is the length from which a post's text is folded, and wordsAMinute
// how fast it is taken to be read.
const (
	FoldWords    = 1200
	wordsAMinute = 230
)

// ThreadPage is a post with all that was said to it.
type ThreadPage struct {
	Frame
	Thread forum.Thread
	State  forum.ThreadState
	Words  int // of the post's text
	Sort   CommentSort
	Chosen []int                   // in its poll, by whoever looks at it
	Quoted map[string]forum.Quoted // what is quoted and is here, by id
	Begun  string                  // of an answer to the post, by them
	Spread forum.Spread            // of a post of whoever looks at it

	above int           // depth of what the first of the comments answers
	out   *bytes.Buffer // see into
}

func (ThreadPage) template() string { return "thread" }

func (p ThreadPage) into(b *bytes.Buffer) Page {
	p.out = b
	return p
}

// Head is the post above its comments.
type Head struct {
	Card
	// HeadingHidden is true when the title is the whole text, or the warning
	// before it: it names the page for those who cannot see it and is not shown
	// twice.
	HeadingHidden bool
	Text          template.HTML
	TextVeil      string // not empty when the text is shown only when asked for
	Fold          string // not empty when the text is long: how long
	Original      string // its page at its own server; empty for local ones
	OriginalHost  string
	Preview       *Preview
	Poll          *Poll
	Media         Media
	MediaFirst    bool // the picture of an article stands above it
	Moderator     bool
	Reached       []string // how far it has come, for its author
	Topics        []Topic  // hashtags
	Reactions     []Reaction
	Quoted        *Quoted
}

// Post is the head of the thread.
func (p ThreadPage) Post() *Head {
	post := &p.Thread.Post
	h := &Head{Card: p.card(&p.Thread.PostItem, langs{})}
	if post.State != forum.Live {
		return h
	}
	h.Text = p.prose(post.Text.HTML, post.Tags.Emoji)
	h.Acts.reacts(post.Tags.Quotable)
	h.Reactions = p.reactions(post.Reactions, h.Acts, p.Marks.Reacted[forum.Subject{Kind: forum.OnPost, ID: post.ID}])
	h.Quoted = p.Quoting(post.Tags.Quote, &post.Author, p.Quoted)
	if h.Acts != nil {
		h.Acts.Again = again(post)
		h.Acts.Thread, h.Acts.Watched, h.Acts.Muted = true, p.Marks.Watched[post.ID], p.Marks.Muted[post.ID]
	}
	h.HeadingHidden = !post.TitleGiven && post.TitleWhole || h.Veil != ""
	h.TextVeil = p.veil(post.Sensitive, post.Warning)
	if h.Veil != "" {
		h.Title, h.Rich = h.Veil, ""
	}
	if p.Words > FoldWords {
		h.Fold = p.T.WordsLong.Of((p.Words+50)/100*100) + " · " + p.T.Minutes.Of(max(1, (p.Words+wordsAMinute/2)/wordsAMinute))
	}
	shown := ""
	if h.Fold == "" && h.TextVeil == "" {
		shown = post.Text.HTML
	}
	h.Topics = hashtags(post.Tags, post.Community.Name, shown)
	h.Original = original(post.Local, post.URL, post.URI)
	h.OriginalHost = hostOf(h.Original)
	h.Preview, h.Poll, h.Media = p.preview(&post.Preview, h.Link), p.PollOf(post, p.Chosen, p.Standing.Banned), p.media(post.Attachments)
	h.MediaFirst = post.Shape == forum.Article && len(h.Media.Figures) == 1
	h.Moderator = post.ByModerator
	h.Reached = p.reached(&p.Spread)
	return h
}

// reached says on how many other servers a post is, and where it is not.
func (p ThreadPage) reached(s *forum.Spread) []string {
	if s.Of == 0 {
		return nil
	}
	t := &p.T.Lists
	out := []string{words.Phrase(t.Seen.Of(s.Of)).With(p.T.Number(s.Seen))}
	names := func(say words.Phrase, hosts []string, all int) {
		if all == 0 {
			return
		}
		list := strings.Join(hosts, ", ")
		if more := all - len(hosts); more > 0 {
			list += " " + t.Others.Of(more)
		}
		out = append(out, say.With(list))
	}
	names(t.Waiting, s.Waiting, s.Waits)
	names(t.Declined, s.Declined, s.Declines)
	return out
}

// again is the address at which a post is posted to another community: with the same
// link, by which both are known to belong together, or with a link to it.
func again(p *forum.Post) string {
	q := url.Values{"title": {p.Title}, "url": {p.Link}}
	if p.Link == "" {
		q.Set("url", p.URI)
	}
	return at("/submit", q)
}

// Content reports whether there is anything below the title.
func (h *Head) Content() bool {
	return h.Text != "" || h.Quoted != nil || h.Poll != nil || h.Preview != nil || len(h.Media.Figures)+len(h.Media.Recordings) > 0
}

// original is where something can be read at its author's server.
func original(local bool, page, uri string) string {
	if local {
		return ""
	}
	if href := WebURL(page); href != "" {
		return href
	}
	return WebURL(uri)
}

// Facts describe the community beside the thread.
func (p ThreadPage) Facts() CommunityFacts { return p.facts(p.Thread.Post.Community) }

// CommentsHeading says how many comments there are.
func (p ThreadPage) CommentsHeading() string {
	if p.Empty() {
		return p.T.NoComments
	}
	return p.T.Comments.Of(p.Thread.Post.Comments)
}

// Empty reports whether nothing was said yet.
func (p ThreadPage) Empty() bool { return len(p.Thread.Comments) == 0 }

// MissingHint says how many comments are left out of a thread too large to show.
func (p ThreadPage) MissingHint() string {
	if p.Thread.Missing == 0 {
		return ""
	}
	return p.T.NotShown.Of(p.Thread.Missing)
}

// Form shows visitors the way to the post on their own server; nil where nobody can
// answer any more.
func (p ThreadPage) Form() *FollowForm {
	if p.Thread.Post.State != forum.Live {
		return nil
	}
	return p.followForm(p.Thread.Post.URI)
}

// Tree writes all comments as nested lists to where the page goes; the template
// has nothing left to write.
func (p ThreadPage) Tree() template.HTML {
	writeTree(p.out, p.tree())
	return ""
}

// Node is a comment in its place.
type Node struct {
	T        *words.Words
	ID       string
	Anchor   string // comment-ID
	ParentID string // empty for answers to the post
	Depth    string // class of its depth
	Author   Who
	OP       bool // written by whoever began the thread
	// Moderator says that the author moderates the community, or speaks here for
	// those who do; empty for everybody else.
	Moderator string
	At        Moment
	Edited    Moment
	Points    string
	Text      template.HTML
	Lang      string
	Veil      string
	State     string // what became of it; empty while it can be read
	Reason    string
	Original  string
	Label     string // names the comment for those who do not see it
	Replies   string // how many answers hang below, at any depth
	ListName  string // names the list of answers
	Children  []*Node
	Media     Media
	Closed    string // said where nobody but moderators answers it, nor what is below
	Leave     string // what whoever is answered says to it, for its author
	Acts      *Acts  // of whoever is signed in
	New       string // said of what has come since they were here; empty for the rest
	Topics    []Topic
	Reactions []Reaction
	Quoted    *Quoted
	Continue  string // not empty when what hangs below stands on the comment's own page

	rank   float64 // the highest stands first
	below  int
	level  int // 1 for the first
	closed bool
}

// deepest is the last depth that is shown: what hangs below would be a narrow strip,
// and stands on the page of its comment.
const deepest = 12

// tree hangs every comment under what it answers. Among those with one parent
// the order is that of the page, and among equals the oldest stands first.
func (p ThreadPage) tree() []*Node {
	known := langs{}
	comments := p.Thread.Comments
	nodes := make(map[int64]*Node, len(comments))
	store := make([]Node, len(comments))
	var roots []*Node
	for i := range comments {
		c := &comments[i]
		n := &store[i]
		p.fill(n, c, known)
		nodes[c.ID] = n
		if parent := nodes[c.ParentID]; parent != nil && c.ParentID != 0 {
			n.ParentID = itoa(c.ParentID)
			parent.Children = append(parent.Children, n)
			if parent.closed {
				n.Closed = "" // it is said above
			}
		} else {
			roots = append(roots, n)
			if p.above > 0 {
				n.ParentID = itoa(c.ParentID) // it stands above the tree
			}
		}
	}
	arrange(roots, p.T)
	return roots
}

// arrange sorts and counts; children first, so that counts are ready.
func arrange(nodes []*Node, t *words.Words) (count int) {
	slices.SortStableFunc(nodes, func(a, b *Node) int { return cmp.Compare(b.rank, a.rank) })
	for _, n := range nodes {
		n.below = arrange(n.Children, t)
		switch {
		case n.below > 0 && n.level >= deepest:
			n.Continue, n.Children = t.ContinueThread.Of(n.below), nil
		case n.below > 0:
			n.Replies = t.Replies.Of(n.below)
			n.ListName = t.RepliesTo.With(n.label())
			n.Label = t.CommentBy.With(n.label())
		}
		count += 1 + n.below
	}
	return count
}

func (n *Node) label() string {
	if n.State != "" {
		return n.State
	}
	return n.Author.Handle()
}

func (p ThreadPage) fill(n *Node, c *forum.Comment, known langs) {
	n.T, n.ID = p.T, itoa(c.ID)
	n.Anchor = "comment-" + n.ID
	n.level = max(c.Depth-p.above, 1)
	n.Depth = "d" + strconv.Itoa(min(n.level, deepest))
	n.At = p.Moment(c.Published.Time)
	n.rank = p.Sort.rank(c)
	n.Acts = p.acts(forum.Subject{Kind: forum.OnComment, ID: c.ID}, c.Author.ID, c.State)
	if c.State != forum.Live {
		_, n.State = p.postState(c.State)
		n.Reason = c.Reason
		return
	}
	if p.Shuns.Of(&c.Author) {
		n.State, n.Acts = p.T.Filter.Shunned, nil
		return
	}
	if n.closed = c.Locked; n.closed && !p.Thread.Post.Locked {
		n.Closed = p.T.Moderate.Locked
	}
	n.Acts.reacts(c.Tags.Quotable)
	if n.Acts != nil {
		if (!n.closed || p.Standing.Moderator) && c.Tags.Answers.Of(p.Self.Person.URI) != forum.Withheld {
			n.Acts.Reply = "/reply/" + n.Anchor
		}
		if mark, ok := p.Marks.Read[c.PostID]; ok && c.ID > mark.Last && c.Author.ID != p.Self.Person.ID {
			n.New = p.T.Act.NewComment
		}
	}
	if l := c.Tags.Leave; n.Acts != nil && c.Author.ID == p.Self.Person.ID {
		switch {
		case l.Asked:
			n.Leave = p.T.Topic.AnswerWaits
		case l.Declined:
			n.Leave = p.T.Topic.AnswerDeclined
		}
	}
	n.Author = p.person(c.Author)
	n.OP = c.Author.ID == p.Thread.Post.Author.ID && p.Thread.Post.State == forum.Live
	switch {
	case c.Distinguished && c.ByModerator:
		n.Moderator = p.T.AsModerator
	case c.ByModerator:
		n.Moderator = p.T.Moderator
	}
	n.Edited = p.edited(c.Published, c.Updated)
	n.Text = p.prose(c.Text.HTML, c.Tags.Emoji)
	n.Veil = p.veil(c.Sensitive, c.Warning)
	if c.Tags != (forum.Tags{}) {
		shown := c.Text.HTML
		if n.Veil != "" {
			shown = ""
		}
		n.Topics, n.Quoted = hashtags(c.Tags, "", shown), p.Quoting(c.Tags.Quote, &c.Author, p.Quoted)
	}
	n.Reactions = p.reactions(c.Reactions, n.Acts, p.Marks.Reacted[forum.Subject{Kind: forum.OnComment, ID: c.ID}])
	n.Lang = known.of(c.Language)
	if c.OthersVoted() {
		n.Points = p.T.Points.Of(c.Score())
	}
	n.Original = original(c.Local, c.URL, c.URI)
	if len(c.Attachments) > 0 {
		n.Media = p.media(c.Attachments)
	}
}

// CommentSort is the order of comments that answer the same.
type CommentSort string

// The orders of comments. The zero value means the best first.
const (
	BestFirst     CommentSort = "best"
	NewFirst      CommentSort = "new"
	OldFirst      CommentSort = "old"
	DisputedFirst CommentSort = "controversial"
)

// Known reports whether there is such an order.
func (s CommentSort) Known() bool {
	return s == "" || s == BestFirst || s == NewFirst || s == OldFirst || s == DisputedFirst
}

// rank is where a comment stands: the highest first.
func (s CommentSort) rank(c *forum.Comment) float64 {
	switch s {
	case NewFirst:
		return float64(c.Published.Time.UnixMilli())
	case OldFirst:
		return -float64(c.Published.Time.UnixMilli())
	case DisputedFirst:
		// Many votes, and as many for as against.
		less, more := float64(min(c.Up, c.Down)), float64(max(c.Up, c.Down))
		if less <= 0 {
			return 0
		}
		return math.Pow(less+more, less/more)
	default:
		return float64(c.Score())
	}
}

// Sorts are the orders of the comments; none while there is nothing to order.
func (p ThreadPage) Sorts() []Choice {
	return p.sorts(PostPath(p.Thread.Post.ID), len(p.Thread.Comments))
}

func (p ThreadPage) sorts(path string, n int) []Choice {
	if n < 2 {
		return nil
	}
	t := p.T
	var out []Choice
	for _, s := range []struct {
		sort  CommentSort
		label string
	}{{BestFirst, t.SortBest}, {NewFirst, t.SortNew}, {OldFirst, t.SortOld}, {DisputedFirst, t.SortControversial}} {
		q := url.Values{}
		if s.sort != BestFirst {
			q.Set("sort", string(s.sort))
		}
		out = append(out, Choice{Label: s.label, Href: at(path, q), On: s.sort == p.Sort || p.Sort == "" && s.sort == BestFirst})
	}
	return out
}
