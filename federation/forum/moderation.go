package forum

import (
	"context"
	"time"
)

// ModerationTx is what the verbs of an admin need.
type ModerationTx interface {
	// FindSubject looks for a post or comment by its id, or by the address its
	// page has here, and locks it. A nil post means there is none.
	FindSubject(ctx context.Context, uri string) (*Post, *Comment, error)
	// SetState takes a post or comment out of Live or puts it back, in lists and
	// counts too. Purging destroys title, link, text and history.
	SetState(ctx context.Context, s Subject, state State, reason string, at time.Time) error
	// BlankDocuments destroys what the log and the received activities still
	// hold of that object.
	BlankDocuments(ctx context.Context, uri string) error
	// Bury makes sure that nothing with this id is ever taken in again.
	Bury(ctx context.Context, uri string, at time.Time) error
	// PersonByURI finds an actor, and PurgePerson destroys their profile; their
	// posts and comments are listed so that each can be purged.
	PersonByURI(ctx context.Context, uri string) (Person, bool, error)
	PurgePerson(ctx context.Context, id int64, at time.Time) (posts, comments []string, err error)
	// SetCommunityRemoved takes a community of any server away here.
	CommunityByURI(ctx context.Context, uri string) (Community, bool, error)
	SetCommunityRemoved(ctx context.Context, id int64, removed bool, reason string) error
	// BlockHost and UnblockHost change the list of servers nothing is taken from
	// and nothing is sent to; subdomains of a blocked host are blocked too.
	BlockHost(ctx context.Context, host, reason string, at time.Time) (fresh bool, err error)
	UnblockHost(ctx context.Context, host string) (was bool, err error)
	// RecordAction keeps an admin's act for the moderation log.
	RecordAction(ctx context.Context, a Action) error
}

// Action is a line of the moderation log.
type Action struct {
	At     time.Time
	Verb   string // remove, restore, purge, block, unblock
	Target string
	Reason string
}

// Remove takes a post, a comment or a community away from readers here, with a
// reason that is shown in its place. It can be undone with Restore.
func (f *Forum) Remove(ctx context.Context, tx Tx, uri, reason string) (Outcome, error) {
	return f.setRemoved(ctx, tx, uri, reason, true)
}

// Restore undoes Remove. What was deleted by its author or purged stays so.
func (f *Forum) Restore(ctx context.Context, tx Tx, uri, reason string) (Outcome, error) {
	return f.setRemoved(ctx, tx, uri, reason, false)
}

func (f *Forum) setRemoved(ctx context.Context, tx Tx, uri, reason string, removed bool) (Outcome, error) {
	verb, from, to := "remove", Live, Removed
	if !removed {
		verb, from, to = "restore", Removed, Live
	}
	act := Action{At: f.Now(), Verb: verb, Target: uri, Reason: reason}
	post, comment, err := tx.FindSubject(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if post == nil {
		return f.setCommunityRemoved(ctx, tx, uri, reason, removed, act)
	}
	s, state := Subject{OnPost, post.ID}, post.State
	if comment != nil {
		s, state = Subject{OnComment, comment.ID}, comment.State
	}
	switch state {
	case to:
		return Outcome{ID: s.ID}, nil
	case from:
	default:
		return refuse(Gone, "gone", "It has been deleted or purged already."), nil
	}
	if err := tx.SetState(ctx, s, to, reason, act.At); err != nil {
		return Outcome{}, err
	}
	return Outcome{Fresh: true, ID: s.ID}, tx.RecordAction(ctx, act)
}

func (f *Forum) setCommunityRemoved(ctx context.Context, tx Tx, uri, reason string, removed bool, act Action) (Outcome, error) {
	c, ok, err := tx.CommunityByURI(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if !ok {
		return refuse(NotFound, "no-such-thing", "Nothing here has the address "+uri+"."), nil
	}
	if c.Removed == removed {
		return Outcome{ID: c.ID}, nil
	}
	if err := tx.SetCommunityRemoved(ctx, c.ID, removed, reason); err != nil {
		return Outcome{}, err
	}
	return Outcome{Fresh: true, ID: c.ID}, tx.RecordAction(ctx, act)
}

// Purge destroys the content of a post, a comment, or everything a person wrote,
// here and in every copy this node keeps. It cannot be undone, and what was
// purged is never taken in again.
func (f *Forum) Purge(ctx context.Context, tx Tx, uri, reason string) (Outcome, error) {
	now := f.Now()
	done := Outcome{Fresh: true}
	post, comment, err := tx.FindSubject(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if post != nil {
		if err := f.purgeSubject(ctx, tx, post, comment, reason, now); err != nil {
			return Outcome{}, err
		}
		return done, tx.RecordAction(ctx, Action{At: now, Verb: "purge", Target: uri, Reason: reason})
	}
	person, ok, err := tx.PersonByURI(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if !ok {
		return refuse(NotFound, "no-such-thing", "No post, comment or person here has the address "+uri+"."), nil
	}
	posts, comments, err := tx.PurgePerson(ctx, person.ID, now)
	if err != nil {
		return Outcome{}, err
	}
	for _, subject := range append(posts, comments...) {
		p, c, err := tx.FindSubject(ctx, subject)
		if err != nil {
			return Outcome{}, err
		}
		if p == nil {
			continue
		}
		if err := f.purgeSubject(ctx, tx, p, c, reason, now); err != nil {
			return Outcome{}, err
		}
	}
	return done, tx.RecordAction(ctx, Action{At: now, Verb: "purge", Target: uri, Reason: reason})
}

func (f *Forum) purgeSubject(ctx context.Context, tx Tx, p *Post, c *Comment, reason string, at time.Time) error {
	s, uri := Subject{OnPost, p.ID}, p.URI
	if c != nil {
		s, uri = Subject{OnComment, c.ID}, c.URI
	}
	if err := tx.SetState(ctx, s, Purged, reason, at); err != nil {
		return err
	}
	if err := tx.BlankDocuments(ctx, uri); err != nil {
		return err
	}
	return tx.Bury(ctx, uri, at)
}

// Block refuses a server, and its subdomains, from now on: nothing is taken
// from it, fetched from it or sent to it. What it wrote before stays.
func (f *Forum) Block(ctx context.Context, tx Tx, host, reason string) (Outcome, error) {
	now := f.Now()
	fresh, err := tx.BlockHost(ctx, host, reason, now)
	if err != nil || !fresh {
		return Outcome{}, err
	}
	return Outcome{Fresh: true}, tx.RecordAction(ctx, Action{At: now, Verb: "block", Target: host, Reason: reason})
}

// Unblock undoes Block.
func (f *Forum) Unblock(ctx context.Context, tx Tx, host, reason string) (Outcome, error) {
	was, err := tx.UnblockHost(ctx, host)
	if err != nil {
		return Outcome{}, err
	}
	if !was {
		return refuse(NotFound, "not-blocked", host+" is not blocked."), nil
	}
	return Outcome{Fresh: true}, tx.RecordAction(ctx, Action{At: f.Now(), Verb: "unblock", Target: host, Reason: reason})
}
