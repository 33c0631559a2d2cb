package account

import (
	"strings"
	"time"

	"stoa/federation/forum"
)

// Draft is something being written: a post, an answer, or a change to either.
type Draft struct {
	To        string `json:"to,omitempty"` // of a post, the handle of its community; of the rest, "post-12" or "comment-34"
	Title     string `json:"title,omitempty"`
	Link      string `json:"link,omitempty"`
	Text      string `json:"text,omitempty"`
	Language  string `json:"language,omitempty"`
	Warning   string `json:"warning,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`

	Pictures []Picture `json:"pictures,omitempty"` // of a post
}

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

// Bounds of what people send.
const (
	MaxPictures = 10        // of one post
	MaxUploads  = 200 << 20 // bytes of one account
)

// Kept is a draft as it is kept: where it belongs, and since when.
type Kept struct {
	ID    int64
	Place string // "post", "reply post-12", "edit comment-34"
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
	for _, s := range []*string{&d.To, &d.Title, &d.Link, &d.Text, &d.Language, &d.Warning} {
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
	return d.Title == "" && d.Link == "" && d.Text == "" && len(d.Pictures) == 0
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
	return f
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
	}
	return ""
}
