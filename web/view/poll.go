package view

import (
	"net/url"
	"slices"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Poll is a question with its answers so far, and the form to give one.
type Poll struct {
	T        *words.Words
	Options  []PollBar
	Voters   string
	Closes   Moment
	Closed   bool
	Multiple bool
	Asked    bool   // nothing was answered yet, and nothing can be: a preview
	Ballot   *Form  // nil where whoever looks at it cannot vote
	Seen     string // who sees what they choose; empty where they cannot vote
	SignIn   string // address to sign in and vote; empty for none
	Original string // where others vote; empty for none
	Host     string
}

// PollBar is one answer and its part of the whole.
type PollBar struct {
	Name    string
	Percent int
	Votes   string
	Leads   bool
	Chosen  bool // by whoever looks at it
}

// poll shows how a poll stands; nil for none.
func (f Frame) poll(p *forum.Poll, original string) *Poll {
	if p == nil {
		return nil
	}
	out := &Poll{T: f.T, Closes: f.Moment(p.Closes), Multiple: p.Multiple, Closed: p.Closed(f.Now)}
	if f.Self == nil {
		out.Original, out.Host = original, hostOf(original)
	}
	total, most := 0, 0
	for _, o := range p.Options {
		total, most = total+max(o.Votes, 0), max(most, o.Votes)
	}
	whole := total
	if p.Multiple && p.Voters > 0 {
		whole = p.Voters
	}
	for _, o := range p.Options {
		bar := PollBar{Name: o.Name, Votes: f.T.Votes.Of(max(o.Votes, 0)), Leads: o.Votes == most && most > 0}
		if whole > 0 {
			bar.Percent = min(100, (200*max(o.Votes, 0)+whole)/(2*whole))
		}
		out.Options = append(out.Options, bar)
	}
	if p.Voters > 0 {
		out.Voters = f.T.Voters.Of(p.Voters)
	} else {
		out.Voters = f.T.Votes.Of(total)
	}
	return out
}

// PollOf is the poll of a post for whoever looks at the page: with the form while they
// can vote, with what they chose once they have. chosen are the numbers of that; banned
// says that they may not take part.
func (f Frame) PollOf(post *forum.Post, chosen []int, banned bool) *Poll {
	out := f.poll(post.Poll, original(post.Local, post.URL, post.URI))
	if out == nil {
		return nil
	}
	for _, c := range chosen {
		if c >= 0 && c < len(out.Options) {
			out.Options[c].Chosen = true
		}
	}
	switch {
	case out.Closed || post.State != forum.Live || post.Community.Removed || post.Community.Gone:
	case f.Self == nil && !f.Accounts && !post.Local:
	case f.Self == nil:
		out.SignIn = at("/sign-in", url.Values{"back": {PostPath(post.ID)}})
	case len(chosen) == 0 && !banned && !f.Self.Person.Bot:
		out.Ballot, out.Seen = f.Ballot(post, nil, ""), f.pollSeen(post)
	}
	return out
}

// Ballot is the form to vote in the poll of a post, with what was chosen there and what
// is wrong with that.
func (f Frame) Ballot(post *forum.Post, chosen []string, fault string) *Form {
	field := Field{Kind: FieldSet, Name: "choice", Label: f.T.Poll.Which, Many: post.Poll.Multiple, Fault: fault}
	for _, o := range post.Poll.Options {
		field.Choices = append(field.Choices, FieldOption{Value: o.Name, Label: o.Name, On: slices.Contains(chosen, o.Name)})
	}
	return &Form{T: f.T, Class: "ballot", Action: VotePath(post.ID), Button: f.T.Poll.Vote, Fields: []Field{field}}
}

func (f Frame) pollSeen(post *forum.Post) string {
	if post.Local {
		return f.T.Poll.SeenHere
	}
	return f.T.Poll.SeenThere
}

// VotePath is the address to vote in the poll of a post.
func VotePath(id int64) string { return "/vote/post-" + itoa(id) }

// Asks shows a poll as it will be asked.
func (f Frame) Asks(p *forum.Poll) *Poll {
	out := f.poll(p, "")
	out.Asked = true
	return out
}
