package forum

import (
	"context"
	"slices"
	"strings"
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
	// hold of these objects or of this person.
	BlankDocuments(ctx context.Context, uris []string) error
	// Bury makes sure that nothing with these ids is ever taken in again.
	Bury(ctx context.Context, uris []string, at time.Time) error
	// PersonByURI looks for a person by id, or by the address their page has here.
	PersonByURI(ctx context.Context, uri string) (Person, bool, error)
	// PurgePerson destroys a profile and lists the posts and comments, whatever
	// their state, so that each can be purged. It locks them all.
	PurgePerson(ctx context.Context, id int64) (posts, comments []string, err error)
	// CommunityByURI looks for a community by id, or by the address its page has here.
	CommunityByURI(ctx context.Context, uri string) (Community, bool, error)
	// SetCommunityRemoved takes a community of any server away here.
	SetCommunityRemoved(ctx context.Context, id int64, removed bool, reason string) error
	// SetModerator puts a person, by id, on the list of those who moderate a
	// community, or takes them off it. changed is false when it was so already.
	SetModerator(ctx context.Context, communityID int64, person string, moderates bool, at time.Time) (changed bool, err error)
	// SaveServerRules puts servers on one of the two lists, and says of each whether
	// that changed anything: one that stands there with the same words does not, nor
	// does an empty reason change the one that was given.
	SaveServerRules(ctx context.Context, list ServerList, rules []ServerRule) (changed []bool, err error)
	// DropServerRules takes servers off a list, and returns those that were on it.
	DropServerRules(ctx context.Context, list ServerList, hosts []string) ([]ServerRule, error)
	// SetAllowOnly says whether only those are spoken with that are on the list of
	// those that may be.
	SetAllowOnly(ctx context.Context, only bool) (changed bool, err error)
	// Standing tells what somebody, by id, is in a community.
	Standing(ctx context.Context, person string, communityID int64) (Standing, error)
	// SetLocked closes a thread, or a comment with all below it, for those who do not
	// moderate it, or opens it. The author of a thread is told if that is somebody
	// else's doing.
	SetLocked(ctx context.Context, s Subject, locked bool, byID int64, reason string, at time.Time) (changed bool, err error)
	// Newest tells when the newest of these verbs took effect on what an act is about, of
	// people in its community, and which that was; nothing when there was none. With Along
	// only those count that had it.
	Newest(ctx context.Context, a Action, verbs []Verb) (at time.Time, verb Verb, err error)
	// TakeAlong removes what is live of a sweep, and keeps with what it went; GiveBack
	// undoes that, but for what was removed by itself or deleted since. Both do some of it
	// at once, and have SweepOn called until nothing is left. They lock posts, then comments.
	TakeAlong(ctx context.Context, s Sweep, reason string, at time.Time) (Swept, error)
	GiveBack(ctx context.Context, s Sweep, at time.Time) (Swept, error)
	// SweepOn does the next piece of what is left of any sweep; found is false when there is
	// none, or none that is due.
	SweepOn(ctx context.Context) (done Swept, found bool, err error)
	// SweepLate has posts and comments that have just come go with what took along what was
	// written before it: a ban of their author, or the removal of something above them.
	SweepLate(ctx context.Context, posts, comments []int64) error
	// SweepAgain has something that was given back by itself go with such an act, where that
	// was later.
	SweepAgain(ctx context.Context, s Subject, at time.Time) error
	// SweepMoved looks again at what went with a ban in a thread that has moved: what counts is
	// where it was at the time of the ban.
	SweepMoved(ctx context.Context, postID int64) error
	// Detach has something that went with something else stay removed by itself; false
	// when it did not.
	Detach(ctx context.Context, s Subject, reason string, at time.Time) (changed bool, err error)
	// SetServerBan keeps somebody out of a whole server, by its host, or ends that. What
	// is held and is newer stays.
	SetServerBan(ctx context.Context, host string, b Ban, banned bool) (changed bool, err error)
	// TellOfWarning tells an author who lives here what a moderator thinks of something;
	// false where enough of it waits to be read.
	TellOfWarning(ctx context.Context, s Subject, author, by int64, reason string) (told bool, err error)
	// SetPinned has a post stand first in its community, or no more.
	SetPinned(ctx context.Context, postID int64, pinned bool, at time.Time) (changed bool, err error)
	// SetBan keeps somebody out of a community, or ends that, and tells them.
	SetBan(ctx context.Context, communityID int64, b Ban, banned bool) (changed bool, err error)
	// RecordAction keeps an admin's act for the moderation log.
	RecordAction(ctx context.Context, a Action) error
}

// Action is a line of the moderation log.
type Action struct {
	At     time.Time
	Verb   string // remove, restore, purge, block, unblock, and those of Moderation
	Target string
	Reason string

	By        int64 // 0 for the admin's commands
	Community int64 // 0 where none is concerned
	On        Subject
	Person    int64
	Until     time.Time // of a ban
	Server    string    // host of the server that bans, of bans from servers; empty for this one
	Along     bool      // as in Moderation
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
	act := Action{At: f.Now(), Verb: string(VerbRemove), Target: uri, Reason: reason}
	if !removed {
		act.Verb = string(VerbRestore)
	}
	post, comment, err := tx.FindSubject(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	if post == nil {
		return f.setCommunityRemoved(ctx, tx, uri, reason, removed, act)
	}
	s, id := subjectOf(post, comment)
	written, err := tx.Written(ctx, []string{id}, make([]Person, 1))
	if err != nil {
		return Outcome{}, err
	}
	changed, no, err := f.setHidden(ctx, tx, &written[0], removed, true, reason, act.At)
	if err != nil || no != nil || !changed {
		return Outcome{ID: s.ID, Refused: no}, err
	}
	act.On, act.Community = s, post.Community.ID
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
// purged is never taken in again. The ID of the outcome is that of the person; their
// messages and account, which the forum does not hold, are its caller's to end.
func (f *Forum) Purge(ctx context.Context, tx Tx, uri, reason string) (Outcome, error) {
	act := Action{At: f.Now(), Verb: "purge", Target: uri, Reason: reason}
	post, comment, err := tx.FindSubject(ctx, uri)
	if err != nil {
		return Outcome{}, err
	}
	var gone []string
	if post != nil {
		s, id := subjectOf(post, comment)
		gone, err = []string{id}, tx.SetState(ctx, s, Purged, reason, act.At)
	} else {
		gone, err = f.purgePerson(ctx, tx, &act)
	}
	if err != nil {
		return Outcome{}, err
	}
	if len(gone) == 0 {
		return refuse(NotFound, "no-such-thing", "No post, comment or person here has the address "+uri+"."), nil
	}
	if err := tx.BlankDocuments(ctx, gone); err != nil {
		return Outcome{}, err
	}
	if err := tx.Bury(ctx, gone, act.At); err != nil {
		return Outcome{}, err
	}
	return Outcome{Fresh: true, ID: act.Person}, tx.RecordAction(ctx, act)
}

// purgePerson destroys a profile and everything its owner wrote, and returns the
// ids of it all; nothing when there is nobody with that id.
func (f *Forum) purgePerson(ctx context.Context, tx Tx, act *Action) ([]string, error) {
	person, ok, err := tx.PersonByURI(ctx, act.Target)
	if err != nil || !ok {
		return nil, err
	}
	posts, comments, err := tx.PurgePerson(ctx, person.ID)
	if err != nil {
		return nil, err
	}
	act.Person = person.ID
	gone := slices.Concat(posts, comments)
	for _, uri := range gone {
		post, comment, err := tx.FindSubject(ctx, uri)
		if err != nil {
			return nil, err
		}
		s, _ := subjectOf(post, comment)
		if err := tx.SetState(ctx, s, Purged, act.Reason, act.At); err != nil {
			return nil, err
		}
	}
	return append(gone, person.URI), nil
}

// subjectOf names what FindSubject found.
func subjectOf(p *Post, c *Comment) (Subject, string) {
	if c != nil {
		return Subject{OnComment, c.ID}, c.URI
	}
	return Subject{OnPost, p.ID}, p.URI
}

// Appoint makes a person of any server a moderator of a community of this node.
func (f *Forum) Appoint(ctx context.Context, tx Tx, community, person, reason string) (Outcome, error) {
	return f.setModerator(ctx, tx, community, person, reason, true)
}

// Dismiss undoes Appoint.
func (f *Forum) Dismiss(ctx context.Context, tx Tx, community, person, reason string) (Outcome, error) {
	return f.setModerator(ctx, tx, community, person, reason, false)
}

func (f *Forum) setModerator(ctx context.Context, tx Tx, community, person, reason string, moderates bool) (Outcome, error) {
	c, ok, err := tx.CommunityByURI(ctx, community)
	switch {
	case err != nil:
		return Outcome{}, err
	case !ok || !c.Local:
		return refuse(NotFound, "no-such-community", "There is no community of this node at "+community+"."), nil
	}
	p, ok, err := tx.PersonByURI(ctx, person)
	switch {
	case err != nil:
		return Outcome{}, err
	case !ok:
		return refuse(NotFound, "no-such-person", "Nobody here is known as "+person+". People of other servers are known once they follow, write or vote here."), nil
	}
	act := Action{At: f.Now(), Verb: "appoint", Target: p.URI, Reason: strings.TrimSpace(reason), Community: c.ID, Person: p.ID}
	if !moderates {
		act.Verb = "dismiss"
	}
	changed, err := tx.SetModerator(ctx, c.ID, p.URI, moderates, act.At)
	if err != nil || !changed {
		return Outcome{ID: c.ID}, err
	}
	return Outcome{Fresh: true, ID: c.ID}, tx.RecordAction(ctx, act)
}

// ServerList is one of the two lists that say with whom this node speaks.
type ServerList string

// The lists. A server that stands on both is blocked.
const (
	ListBlocked ServerList = "block" // nothing is taken from these, fetched from them or sent to them
	ListAllowed ServerList = "allow" // when the node is set to it, these alone are spoken with
)

// ServerRule is a line of a list. It holds for a host and all domains below it.
type ServerRule struct {
	Host   string
	Reason string
	At     time.Time
	Until  time.Time // from then on the line holds no more, without anybody doing anything; zero means for good
	By     Person    // zero for a command of the admin
	Quiet  bool      // of blocks: readers are not told
}

// verb is the word for adding to a list in the log of moderation.
func (l ServerList) verb(add bool) string {
	switch {
	case l == ListBlocked && add:
		return "block"
	case l == ListBlocked:
		return "unblock"
	case add:
		return "allow"
	}
	return "disallow"
}

// RuleServers puts servers on a list, from now on and in every process within a
// second. One that stands there already gets the new reason, if there is one, and
// the new end. What a server wrote before it was blocked stays. A list is taken as a
// whole or, with one wrong line, not at all. Everything but what is quiet stands in
// the public log of moderation.
func (f *Forum) RuleServers(ctx context.Context, tx Tx, list ServerList, rules []ServerRule) ([]Outcome, error) {
	out := make([]Outcome, len(rules))
	now, wrong := f.Now(), false
	for i := range rules {
		rules[i].At, rules[i].Reason = now, strings.TrimSpace(rules[i].Reason)
		out[i].Refused = judgeServerRule(&rules[i], now)
		wrong = wrong || out[i].Refused != nil
	}
	if wrong || len(rules) == 0 {
		return out, nil
	}
	changed, err := tx.SaveServerRules(ctx, list, rules)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		r := &rules[i]
		if out[i].Fresh = changed[i]; !changed[i] || r.Quiet {
			continue
		}
		if err := tx.RecordAction(ctx, Action{At: now, Verb: list.verb(true), Target: r.Host, Reason: r.Reason, By: r.By.ID, Until: r.Until}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func judgeServerRule(r *ServerRule, now time.Time) *Refusal {
	switch {
	case strings.Trim(r.Host, ". ") == "":
		return &Refusal{Kind: Invalid, Reason: "no-host", Text: "Name the host of a server."}
	case len([]rune(r.Reason)) > MaxReason:
		return &Refusal{Kind: Invalid, Reason: "reason-too-long", Text: "A reason has at most 500 characters."}
	case !r.Until.IsZero() && !r.Until.After(now):
		return &Refusal{Kind: Invalid, Reason: "over", Text: "The end lies in the past."}
	}
	return nil
}

// UnruleServer takes a server off a list.
func (f *Forum) UnruleServer(ctx context.Context, tx Tx, list ServerList, host, reason string) (Outcome, error) {
	were, err := tx.DropServerRules(ctx, list, []string{host})
	if err != nil {
		return Outcome{}, err
	}
	if len(were) == 0 {
		if list == ListBlocked {
			return refuse(NotFound, "not-blocked", host+" is not blocked."), nil
		}
		return refuse(NotFound, "not-allowed", host+" is not on the list of those that may be spoken with."), nil
	}
	if were[0].Quiet {
		return Outcome{Fresh: true}, nil
	}
	return Outcome{Fresh: true}, tx.RecordAction(ctx, Action{At: f.Now(), Verb: list.verb(false), Target: host, Reason: reason})
}

// AllowOnly has the node speak with no servers but those on the list of those that
// may be, or with all that are not blocked.
func (f *Forum) AllowOnly(ctx context.Context, tx Tx, only bool, reason string) (Outcome, error) {
	changed, err := tx.SetAllowOnly(ctx, only)
	if err != nil || !changed {
		return Outcome{}, err
	}
	verb := "allow-all"
	if only {
		verb = "allow-only"
	}
	return Outcome{Fresh: true}, tx.RecordAction(ctx, Action{At: f.Now(), Verb: verb, Reason: reason})
}
