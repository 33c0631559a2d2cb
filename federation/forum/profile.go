package forum

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// ProfileTx is what the verbs for actors need.
type ProfileTx interface {
	// SetCommunity writes title and summary of a community of ours and locks it.
	SetCommunity(ctx context.Context, c Community) error
	// SetGone marks a person of another server as gone, empties the profile and
	// ends the follows. It reports whether that changed anything. What the person
	// wrote is deleted afterwards, by EmptyGone.
	SetGone(ctx context.Context, p Person, at time.Time) (bool, error)
}

// Describe changes what a community of ours says of itself. Empty fields of what
// are left as they are.
type Describe struct {
	Community string // id, or the address of its page
	Title     string
	Summary   Text
}

// Describe changes a community's title and summary, and tells its followers.
func (f *Forum) Describe(ctx context.Context, tx Tx, a Describe) (Outcome, error) {
	c, ok, err := tx.CommunityByURI(ctx, a.Community)
	switch {
	case err != nil:
		return Outcome{}, err
	case !ok || !c.Local:
		return refuse(NotFound, "no-such-community", "There is no such community here."), nil
	case c.Removed:
		return refuse(Gone, "community-removed", "This community has been taken away."), nil
	case utf8.RuneCountInString(a.Title) > MaxCommunityTitle:
		return refuse(Invalid, "title-too-long", "The title of a community has at most 50 characters."), nil
	}
	before := c
	if title := strings.TrimSpace(a.Title); title != "" {
		c.Title = title
	}
	if a.Summary.Source != "" {
		c.SummarySource, c.SummaryHTML = a.Summary.Source, a.Summary.HTML
	}
	if c == before {
		return Outcome{ID: c.ID}, nil
	}
	c.Updated = f.Now()
	if err := tx.SetCommunity(ctx, c); err != nil {
		return Outcome{}, err
	}
	e := &Event{
		Verb: VerbProfile, At: c.Updated, Community: c, Announce: true,
		Origin: Origin{Activity: f.publisher.NewActivity()},
	}
	return Outcome{ID: c.ID, Fresh: true}, f.publish(ctx, tx, []*Event{e})
}

// Leave takes in that people deleted their accounts elsewhere: nobody hears from
// them any more, and what they wrote is deleted. Their own servers tell everybody
// who knows them, so nothing is announced.
func (f *Forum) Leave(ctx context.Context, tx Tx, people []Person, at time.Time) ([]Outcome, error) {
	out := make([]Outcome, len(people))
	for i, p := range people {
		if p.Local {
			out[i] = refuse(Forbidden, "local-actor", "This account lives here.")
			continue
		}
		changed, err := tx.SetGone(ctx, p, at)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{ID: p.ID, Fresh: changed}
	}
	return out, nil
}
