package forum

import (
	"context"
	"strings"
	"time"
)

// Report is what somebody tells those who moderate a community, or run a node.
type Report struct {
	// By is who reports. Its ID is 0 for the actor of a whole server, which does not say
	// for whom it speaks, and for somebody whom only a community knows.
	By     Person
	Object string // id of a post, a comment, a person, a community, or of this node
	Reason string
	Server string    // host that sent it; empty for this one
	At     time.Time // when they said so; zero means now
	Origin Origin
	// Withdraw takes back what they reported of it before.
	Withdraw bool
	Undoes   string // id of the activity that is taken back, if it was named
}

// Resolve says that reports have been dealt with.
type Resolve struct {
	By       Person
	Object   string    // id of what was reported
	Reporter string    // id of whose report; empty for all of them
	Report   string    // id of the activity that reported, if it was named
	Server   string    // host that sent it; empty for this one
	At       time.Time // when they said so; zero means now
	Origin   Origin
}

// Ending ends reports of something: those that were made before it, and the one it names.
type Ending struct {
	Reporter string // id of whose; empty for all of them
	Report   string // id of the activity that reported, if it was named: it may be of a clock ahead of others
	// By is who dealt with them, and their reporters who live here are told so; nil has them
	// be taken back.
	By     *Person
	Server string // host that sent it; empty for this one
	At     time.Time
}

// MaxReported is how many objects one report may name; of more, the first are looked at.
const MaxReported = 20

// How many reports are taken within a day.
const (
	maxReportsOfPerson = 100
	MaxReportsOfServer = 500 // and all others of its registrable domain
)

// Reportable is what a report is about, as it is now; nothing is set where it is not known.
type Reportable struct {
	Post      *Post
	Comment   *Comment // in Post
	Person    *Person
	Community *Community
	Node      bool // this one

	Blocked   bool // the server of whoever reports, or that sent it
	Moderated bool // somebody here moderates the community of Post
	Today     int  // how many reports came of the same person here, or registrable domain
}

// author is who wrote it, where it is a post or comment.
func (on *Reportable) author() *Person {
	if on.Comment != nil {
		return &on.Comment.Author
	}
	return &on.Post.Author
}

func (on *Reportable) id() int64 {
	switch {
	case on.Comment != nil:
		return on.Comment.ID
	case on.Post != nil:
		return on.Post.ID
	case on.Person != nil:
		return on.Person.ID
	case on.Community != nil:
		return on.Community.ID
	}
	return 0
}

// ForAdmins reports whether it is for those who run this node: who lives here is
// theirs, and what is here.
func (on *Reportable) ForAdmins() bool {
	switch {
	case on.Post != nil:
		return on.Post.Community.Local || on.author().Local
	case on.Person != nil:
		return on.Person.Local
	case on.Community != nil:
		return on.Community.Local
	}
	return on.Node
}

// HeldReport is one that is open.
type HeldReport struct {
	Activity string // id of the activity that brought it
	By       Person // as in Report
	Reason   string
	At       time.Time
}

// ReportTx is what the verbs of reports need.
type ReportTx interface {
	// Reportable finds what a report is about, and locks it where that is a post or
	// comment.
	Reportable(ctx context.Context, r *Report) (Reportable, error)
	// ReportTimes tells when the newest open report of something was made, by one reporter, by
	// id, or anybody, and when one was ended last; zero where there is none.
	ReportTimes(ctx context.Context, on *Reportable, reporter string) (said, ended time.Time, err error)
	// SaveReport keeps a report and tells those here whom it is for. One who reports
	// the same thing again is told of to nobody; from elsewhere it counts as what they say.
	SaveReport(ctx context.Context, on *Reportable, r *Report, at time.Time) (fresh bool, err error)
	// CloseReports ends open reports of something. Whoever was told and has not looked is
	// told no more, but for admins who were told by people here of somebody elsewhere: that is
	// not over because the server of those says so. Of a reporter elsewhere of whom none is
	// open it keeps that, and the reports from before it are not taken when they come.
	CloseReports(ctx context.Context, on *Reportable, e Ending, at time.Time) ([]HeldReport, error)
	// ModeratorsElsewhere are those who moderate a community from other servers.
	ModeratorsElsewhere(ctx context.Context, communityID int64) ([]Person, error)
}

// Report tells those who moderate a community of something in it, at its own server when
// that is another; and those who run a server of a person or community of theirs. Of
// what is in a community of ours its moderators elsewhere are told as well, and the
// server of whoever wrote it.
func (f *Forum) Report(ctx context.Context, tx Tx, acts []Report) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		a.Reason = strings.TrimSpace(a.Reason)
		if a.By.Local && a.Origin.Activity == "" {
			a.Origin.Activity = f.publisher.NewActivity()
		}
		on, err := tx.Reportable(ctx, a)
		if err != nil {
			return nil, err
		}
		if r := judgeReport(a, &on); r != nil {
			out[i].Refused = r
			continue
		}
		said, ended, err := tx.ReportTimes(ctx, &on, a.By.URI)
		if err != nil {
			return nil, err
		}
		now := f.Now()
		if a.At.IsZero() {
			a.At = now
		}
		if a.By.Local { // what somebody here sees and changes comes after it
			a.At = after(said, after(ended, a.At))
		}
		e := &Event{Verb: VerbReport, At: a.At, Actor: a.By, Reason: a.Reason, Origin: a.Origin}
		var fresh bool
		switch {
		case a.Withdraw:
			var held []HeldReport
			if held, err = tx.CloseReports(ctx, &on, Ending{Reporter: a.By.URI, Report: a.Undoes, Server: a.Server, At: a.At}, now); len(held) > 0 {
				e.Verb, e.Undoes, e.Reason, fresh = VerbWithdraw, held[0].Activity, held[0].Reason, true
			}
		case a.At.After(ended): // else it was taken back or dealt with before it came
			fresh, err = tx.SaveReport(ctx, &on, a, now)
		}
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{Fresh: fresh, ID: on.id()}
		if !fresh {
			continue
		}
		if err := tellOf(ctx, tx, e, &on, nil); err != nil {
			return nil, err
		}
		events = among(events, e)
	}
	return out, f.publish(ctx, tx, events)
}

// among adds an event, unless another tells of the same activity: one report about
// several things is passed on once.
func among(events []*Event, e *Event) []*Event {
	if len(e.Echo) == 0 {
		return events
	}
	for _, o := range events {
		if o.Origin.Activity == e.Origin.Activity && o.Community.ID == e.Community.ID && o.Verb == e.Verb {
			for _, inbox := range e.Echo {
				o.Echo = appendNew(o.Echo, inbox)
			}
			return events
		}
	}
	return append(events, e)
}

// tellOf says who elsewhere hears of a report. The server of whoever acts knows
// already; that of a reporter hears of the end.
func tellOf(ctx context.Context, tx Tx, e *Event, on *Reportable, reporter *Person) error {
	e.Apart = true
	tell := func(p *Person) {
		if p != nil && !p.Local && p.Inbox != "" && p.Host != e.Actor.Host {
			e.Echo = appendNew(e.Echo, p.DeliverTo())
		}
	}
	switch {
	case on.Post != nil:
		e.Post, e.Comment, e.Community = on.Post, on.Comment, on.Post.Community
		if !e.Community.Local {
			break
		}
		moderators, err := tx.ModeratorsElsewhere(ctx, e.Community.ID)
		if err != nil {
			return err
		}
		for i := range moderators {
			tell(&moderators[i])
		}
		tell(on.author())
		tell(reporter)
		return nil
	case on.Person != nil:
		e.Target = on.Person
		if !e.Actor.Local {
			return nil
		}
		tell(reporter)
		if e.Verb != VerbResolve {
			tell(on.Person)
		}
		return nil
	case on.Community != nil:
		e.Community = *on.Community
	}
	switch {
	case !e.Actor.Local: // they tell it themselves
	case !e.Community.Local && e.Community.Inbox != "":
		e.Echo = []string{e.Community.DeliverTo()} // which passes it on
	default:
		tell(reporter)
	}
	return nil
}

func judgeReport(a *Report, on *Reportable) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	p, limit := on.Post, maxReportsOfPerson
	if a.Server != "" {
		limit = MaxReportsOfServer
	}
	switch {
	case on.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case p == nil && on.Person == nil && on.Community == nil && !on.Node:
		return needs(a.Object).Refused
	case a.Origin.Via != 0 && (p == nil || p.Community.Local || p.Community.ID != a.Origin.within(&p.Community).Via):
		return no(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case !a.By.Local && !on.ForAdmins() && (a.Origin.Via == 0 || !on.Moderated):
		return no(Forbidden, "not-our-community", "Reports go to the server of the community.")
	case a.Withdraw:
		return nil
	case a.By.Local && a.Reason == "":
		return no(Invalid, "no-reason", "Say what is wrong with it.")
	case a.By.Local && len([]rune(a.Reason)) > MaxReason:
		return no(Invalid, "reason-too-long", "A reason has at most 500 characters.")
	case on.Comment != nil && on.Comment.State != Live, p != nil && on.Comment == nil && p.State != Live,
		p != nil && p.Community.Removed, on.Person != nil && on.Person.Gone, on.Community != nil && on.Community.Removed:
		return no(Gone, "gone", "It has been deleted or purged already.")
	case on.Today >= limit:
		return no(Unavailable, "too-many-reports", "That is enough for today.")
	}
	return nil
}

// Resolve says that what was reported has been dealt with: by those who moderate the
// community, or run the node that it is about. Of what is elsewhere its home is believed,
// and whoever is of its home.
func (f *Forum) Resolve(ctx context.Context, tx Tx, acts []Resolve) ([]Outcome, error) {
	out := make([]Outcome, len(acts))
	var events []*Event
	for i := range acts {
		a := &acts[i]
		on, err := tx.Reportable(ctx, &Report{By: a.By, Object: a.Object, Server: a.Server})
		if err != nil {
			return nil, err
		}
		var community int64
		if on.Post != nil {
			community = on.Post.Community.ID
		}
		s, err := tx.Standing(ctx, a.By.URI, community)
		if err != nil {
			return nil, err
		}
		if r := judgeResolve(a, &on, s); r != nil {
			out[i].Refused = r
			continue
		}
		now := f.Now()
		if a.At.IsZero() {
			a.At = now
		}
		if a.By.Local {
			said, _, err := tx.ReportTimes(ctx, &on, a.Reporter)
			if err != nil {
				return nil, err
			}
			a.At = after(said, a.At)
		}
		held, err := tx.CloseReports(ctx, &on, Ending{Reporter: a.Reporter, Report: a.Report, By: &a.By, Server: a.Server, At: a.At}, now)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{Fresh: len(held) > 0, ID: on.id()}
		for n := range held {
			h := &held[n]
			e := &Event{Verb: VerbResolve, At: a.At, Actor: a.By, Undoes: h.Activity, Reporter: h.By.URI, Origin: a.Origin}
			if a.By.Local {
				e.Origin.Activity = f.publisher.NewActivity()
			}
			if err := tellOf(ctx, tx, e, &on, &h.By); err != nil {
				return nil, err
			}
			events = among(events, e)
		}
	}
	return out, f.publish(ctx, tx, events)
}

func judgeResolve(a *Resolve, on *Reportable, s Standing) *Refusal {
	no := func(k Kind, reason, text string) *Refusal { return &Refusal{Kind: k, Reason: reason, Text: text} }
	home := ""
	switch {
	case on.Post != nil:
		home = on.Post.Community.Host
	case on.Person != nil:
		home = on.Person.Host
	case on.Community != nil:
		home = on.Community.Host
	}
	switch {
	case on.Blocked:
		return no(Forbidden, "server-blocked", "This server does not take anything from the author's server.")
	case on.id() == 0 && !on.Node:
		return needs(a.Object).Refused
	case a.Origin.Via != 0 && (on.Post == nil || on.Post.Community.Local || on.Post.Community.ID != a.Origin.within(&on.Post.Community).Via):
		return no(Forbidden, "foreign-announce", "A community may announce only what happens in its own threads.")
	case a.Origin.Via != 0, on.Post != nil && s.Moderator, s.Admin && on.ForAdmins(),
		!a.By.Local && a.By.Host == home:
		return nil
	}
	return no(Forbidden, "not-moderator", "Only those who moderate this community can do that.")
}
