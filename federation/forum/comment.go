package forum

import (
	"context"
	"time"
)

// Comment is a reply to a post or to another comment.
type Comment struct {
	ID       int64
	URI      string
	Local    bool
	PostID   int64
	ParentID int64 // 0 when it answers the post itself
	Depth    int   // 1 for an answer to the post
	Author   Person

	// InReplyTo is the id of the object it answers, and PostURI that of its
	// thread; CommunityURI that of the thread's home.
	InReplyTo, PostURI, CommunityURI string

	// Answered is who wrote what this answers: id, name and host only.
	Answered Person

	Text      Text
	Language  string
	Sensitive bool
	Warning   string

	Attachments   []Attachment
	Distinguished bool // its author speaks as a moderator
	Tags          Tags
	Reactions     Reactions
	ByModerator   bool // its author moderates the thread's community
	Locked        bool // nobody but moderators answers it, or what is below it

	URL       string
	Published Stamp
	Updated   Stamp

	Create   string
	Announce string // id of the Announce by the home community, when that is ours

	Up, Down int
	State    State
	Reason   string
	StateAt  time.Time
}

// Score is upvotes less downvotes.
func (c Comment) Score() int { return c.Up - c.Down }

// OthersVoted reports whether anybody but the author has voted.
func (c Comment) OthersVoted() bool { return c.Up+c.Down > 1 }

// ReplyAnswer is what the author of something elsewhere says to an answer by somebody here.
type ReplyAnswer struct {
	By       Person
	Reply    string // id of the answer
	Agrees   bool
	Approval string // id of what allows it; may be empty
}

// Permit takes what somebody elsewhere says to an answer to what they wrote. What they gave
// out for it goes along from then on, and whoever has the answer is told; where they do not
// want it, its author alone sees that.
func (f *Forum) Permit(ctx context.Context, tx Tx, a ReplyAnswer) (Outcome, error) {
	all, err := tx.Written(ctx, []string{a.Reply}, []Person{a.By})
	if err != nil {
		return Outcome{}, err
	}
	w := &all[0]
	c := w.Comment
	if c == nil || !c.Author.Local {
		return refuse(NotFound, "not-asked", "Nobody asked that."), nil
	}
	wrote, err := tx.WroteIt(ctx, a.By.URI, c.InReplyTo)
	if err != nil {
		return Outcome{}, err
	}
	if !wrote {
		return refuse(Forbidden, "not-asked", "Nobody asked that."), nil
	}
	words := c.Words()
	before := words.Tags.Leave
	if words.Tags.Leave = (Leave{Declined: !a.Agrees}); a.Agrees {
		words.Tags.Leave.Approval = a.Approval
	}
	if words.Tags.Leave == before {
		return Outcome{ID: c.ID}, nil
	}
	// It is no edit: the words are the same, and so is their time.
	if err := tx.SaveWords(ctx, []Edited{{Subject: w.Subject(), Object: c.URI, Words: words, Updated: c.Updated, At: w.EditedAt, By: w.EditedBy}}); err != nil {
		return Outcome{}, err
	}
	*c = c.With(words)
	out := Outcome{Fresh: true, ID: c.ID}
	if c.State != Live || before.Approval == words.Tags.Leave.Approval {
		return out, nil
	}
	return out, f.publish(ctx, tx, w.events(VerbEdit, f.Now(), Origin{Activity: f.publisher.NewActivity()}))
}
