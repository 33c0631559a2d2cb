package account

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stoa/federation/forum"
)

// Draft is something being written: a post, an answer, or a change to either; or what
// somebody says of themselves, or of a community.
type Draft struct {
	To        string `json:"to,omitempty"` // of a post, the handle of its community; of the rest, "post-12" or "comment-34"
	Title     string `json:"title,omitempty"`
	Link      string `json:"link,omitempty"`
	Text      string `json:"text,omitempty"`
	Language  string `json:"language,omitempty"`
	Warning   string `json:"warning,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`

	Rules string `json:"rules,omitempty"` // of a community, whose description is Text

	Pictures []Picture `json:"pictures,omitempty"` // of a post
	Flair    []string  `json:"flair,omitempty"`    // names of tags of the community, of a post
	Pictured bool      `json:"pictured,omitempty"` // of a change: Pictures are all that the post is to have
	Poll     *Poll     `json:"poll,omitempty"`     // of a post; nil where its form has none
	Quote    string    `json:"quote,omitempty"`    // what a post quotes: "post-12" or "comment-34"
}

// Poll is one that is being made, as it stands in its form.
type Poll struct {
	Choices  []string `json:"choices"` // empty ones too, as long as somebody writes
	Multiple bool     `json:"multiple,omitempty"`
	Hours    int      `json:"hours,omitempty"` // how long it is open
}

// PollHours are how long a poll may be open, and PollUsual is how long one is of which
// nothing was said.
var PollHours = []int{1, 6, 12, 24, 3 * 24, 7 * 24, 14 * 24, 30 * 24}

// PollUsual is one of PollHours.
const PollUsual = 3 * 24

// Asked are the choices that say something; none where there is no poll.
func (p *Poll) Asked() []string {
	var out []string
	if p != nil {
		for _, c := range p.Choices {
			if c != "" {
				out = append(out, c)
			}
		}
	}
	return out
}

// Open is how long the poll can be answered.
func (p *Poll) Open() time.Duration { return time.Duration(p.Hours) * time.Hour }

// check finds what is wrong with the choices, each beside its own field: what the forum
// would say of all of them.
func (p *Poll) check(f Faults) Faults {
	asked := p.Asked()
	if len(asked) == 0 {
		return f
	}
	seen := map[string]bool{}
	for i, c := range p.Choices {
		field := ChoiceField(i)
		switch {
		case utf8.RuneCountInString(c) > forum.MaxChoice:
			f = f.With(field, invalid("choice-too-long", "A choice has at most 100 characters."))
		case seen[c] && c != "":
			f = f.With(field, invalid("choices-alike", "This choice stands there already."))
		case c == "" && len(asked) < forum.MinChoices:
			f = f.With(field, invalid("poll-choices", "A poll has two to ten choices."))
		}
		seen[c] = true
	}
	switch {
	case len(asked) > forum.MaxChoices:
		f = f.With(ChoiceField(forum.MaxChoices), invalid("poll-choices", "A poll has two to ten choices."))
	case len(f) == 0 && len(asked) < forum.MinChoices:
		f = f.With(ChoiceField(len(p.Choices)), invalid("poll-choices", "A poll has two to ten choices."))
	}
	if !slices.Contains(PollHours, p.Hours) {
		f = f.With("hours", invalid("poll-time", "A poll is open for an hour to 30 days."))
	}
	return f
}

// ChoiceField names the field of a choice, of which the first is 0.
func ChoiceField(i int) string { return "choice-" + strconv.Itoa(i+1) }

// Picture is one that belongs to what is being written.
type Picture struct {
	Name string `json:"name"` // of the upload
	Alt  string `json:"alt,omitempty"`
}

// Upload is a picture that somebody has sent, as it is kept.
type Upload struct {
	Name          string
	Type          string // media type
	Width, Height int
	Bytes         int64
}

// Room says where there is none for one more picture; the zero value where there is.
type Room struct {
	Share bool // that of its sender is used up
	Node  bool // so is the budget of the node
}

// Bounds of what people send.
const (
	MaxPictures = 10        // of one post
	MaxUploads  = 200 << 20 // bytes of one account
)

// Kept is a draft as it is kept: where it belongs, and since when.
type Kept struct {
	ID    int64
	Place string // "post", "reply post-12", "edit comment-34", "message person-5", "profile", "community", "community cats"
	Draft Draft
	At    time.Time
}

// MaxDrafts is how many drafts somebody may have; the oldest goes when there is one
// more.
const MaxDrafts = 50

// Tidy takes out of what a form sent what no text of people has: carriage returns,
// NULs, space at the ends.
func (d Draft) Tidy() Draft {
	clean := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "")
	for _, s := range []*string{&d.To, &d.Title, &d.Link, &d.Text, &d.Rules, &d.Language, &d.Warning} {
		*s = strings.TrimSpace(strings.ToValidUTF8(clean.Replace(*s), "\uFFFD"))
	}
	d.Title = strings.Join(strings.Fields(d.Title), " ")
	if d.Link != "" && !strings.Contains(d.Link, "://") {
		d.Link = "https://" + d.Link
	}
	if d.Warning != "" {
		d.Sensitive = true
	}
	return d
}

// Empty reports whether nothing worth keeping is in it.
func (d Draft) Empty() bool {
	return d.Title == "" && d.Link == "" && d.Text == "" && d.Rules == "" && len(d.Pictures) == 0 && len(d.Poll.Asked()) == 0
}

// MaxWarning is how long a content warning may be, in bytes.
const MaxWarning = 300

// Check judges what the verbs do not: what can only be wrong in a form.
func (d Draft) Check() Faults {
	var f Faults
	if d.Link != "" && !forum.WebAddress(d.Link) {
		f = f.With("link", invalid("bad-link", "That is no address of a web page."))
	}
	if len(d.Warning) > MaxWarning {
		f = f.With("warning", invalid("text-too-long", "The text is too long."))
	}
	return d.Poll.check(f)
}

// Field is the field of a form that a refusal of the forum is about.
func Field(r *forum.Refusal) string {
	switch r.Reason {
	case "no-title", "title-too-long":
		return "title"
	case "text-too-long", "empty":
		return "text"
	case "no-such-community", "community-removed", "restricted":
		return "to"
	case "bad-picture":
		return "file"
	case "poll-choices", "choice-too-long", "choices-alike":
		return ChoiceField(0)
	case "poll-time":
		return "hours"
	}
	return ""
}
