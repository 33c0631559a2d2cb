package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"stoa/storage"
	"stoa/web/view"
)

func serverHref(host string) string { return "/federation/server/" + url.PathEscape(host) }

func parcelHref(id int64) string { return "/federation/received/" + strconv.FormatInt(id, 10) }

func traceHref(id string) string { return "/federation/activity?" + url.Values{"id": {id}}.Encode() }

// orNone is a text, or what is said where there is none.
func orNone(s, none string) view.Cell {
	if s == "" {
		return view.Cell{Text: none}
	}
	return view.Text(s)
}

// state is the cell of a word that machines use; those that ask for attention
// are marked.
func state(f view.Frame, s string) view.Cell {
	c := view.Number(view.Visible(f.T.Admin.Name(s), 100))
	switch s {
	case "open", "paused", "blocked", "failed", "skipped", "tried":
		c.Alert = true
	}
	return c
}

func whole(f view.Frame, n int) view.Cell { return view.Number(f.T.Number(n)) }

func orStatus(f view.Frame, status int) view.Cell {
	if status == 0 {
		return view.Cell{Text: f.T.Admin.NoAnswer}
	}
	return view.Number(strconv.Itoa(status))
}

// perLane writes one figure for each of a server's lanes.
func perLane(p *storage.Peer, of func(storage.PeerLane) string) string {
	parts := make([]string, len(p.Lanes))
	for i, l := range p.Lanes {
		parts[i] = of(l)
	}
	return strings.Join(parts, " / ")
}

func laneRows(l storage.PeerLane) string {
	if l.More {
		return strconv.Itoa(l.Rows) + "+"
	}
	return strconv.Itoa(l.Rows)
}

func laneWindow(l storage.PeerLane) string { return strconv.FormatFloat(l.Window, 'f', 0, 64) }

func answered(f view.Frame, p *storage.Peer) view.Cell {
	if p.LastAt.IsZero() {
		return view.Cell{Text: f.T.Admin.Never}
	}
	c := view.Text(p.LastSaid)
	if p.LastStatus != 0 {
		c = view.Text(strings.TrimSpace(strconv.Itoa(p.LastStatus) + " " + p.LastSaid))
	} else if p.LastSaid == "" {
		c.Text = f.T.Admin.NoAnswer
		if p.LastAt.Equal(p.LastOK) {
			c.Text = f.T.Admin.LastOK
		}
	}
	c.Note = f.T.Ago(p.LastAt, f.Now)
	return c
}

func breaker(f view.Frame, p *storage.Peer) view.Cell {
	c := state(f, p.Breaker)
	if p.Failures > 0 {
		c.Note = f.T.Admin.Failures.Of(p.Failures)
	}
	return c
}

func serverGrid(f view.Frame, peers []storage.Peer) view.Grid {
	a := &f.T.Admin
	g := view.Grid{
		Caption: a.Furthest, None: a.NoServers,
		Heads: []string{a.Host, a.Software, a.Dialect, a.Breaker, a.NextTry, a.Lag, a.RowsEach, a.Windows, a.LastAnswer, a.Jumped},
	}
	for i := range peers {
		p := &peers[i]
		rows := view.Number(perLane(p, laneRows))
		if p.Skipped > 0 {
			rows.Note = a.SkippedMany.Of(p.Skipped)
		}
		jumped := f.When(p.JumpedAt)
		if p.JumpedRows > 0 {
			jumped.Note = f.T.Number(int(p.JumpedRows))
		}
		lag := view.Number("")
		if p.Behind {
			lag.Text = a.Seconds.Of(p.Lag)
		}
		g.Add(view.Link(p.Host, serverHref(p.Host)), orNone(strings.TrimSpace(p.Software+" "+p.Version), a.Unknown),
			dialect(f, p), breaker(f, p), clock(f, p.NextTry), lag, rows, view.Number(perLane(p, laneWindow)), answered(f, p), jumped)
	}
	return g
}

func dialect(f view.Frame, p *storage.Peer) view.Cell {
	if p.Dialect == "" {
		return view.Text(f.T.Admin.Unknown)
	}
	return view.Number(view.Visible(f.T.Admin.Name(p.Dialect), 100))
}

func serverPage(f view.Frame, d *storage.PeerDetail) view.ServerPage {
	a := &f.T.Admin
	p := view.ServerPage{Frame: f, Host: view.Visible(d.Host, 255), Refused: "/federation/refused?" + url.Values{"host": {d.Host}}.Encode()}
	fact := func(name string, c view.Cell) { p.Facts = append(p.Facts, view.Fact{Name: name, Cell: c}) }
	fact(a.Software, orNone(strings.TrimSpace(d.Software+" "+d.Version), a.Unknown))
	if !d.ProbedAt.IsZero() {
		fact(a.Probed, f.When(d.ProbedAt))
	}
	fact(a.Dialect, dialect(f, &d.Peer))
	fact(a.Breaker, breaker(f, &d.Peer))
	if !d.NextTry.IsZero() {
		fact(a.NextTry, exactly(f, d.NextTry))
	}
	if d.Behind {
		fact(a.Lag, view.Number(a.Seconds.Of(d.Lag)))
	}
	fact(a.LastAnswer, answered(f, &d.Peer))
	if !d.LastOK.IsZero() {
		fact(a.LastOK, f.When(d.LastOK))
	}
	if !d.JumpedAt.IsZero() {
		fact(a.Jumped, f.When(d.JumpedAt))
		fact(a.JumpedRows, whole(f, int(d.JumpedRows)))
	}
	p.Lanes = view.Grid{Caption: a.Lanes, Heads: []string{a.Lane, a.Lag, a.Rows, a.Tried, a.Window}}
	for _, l := range d.Lanes {
		p.Lanes.Add(state(f, l.Lane), view.Number(a.Seconds.Of(l.Lag)), view.Number(laneRows(l)), whole(f, l.Tried), view.Number(laneWindow(l)))
	}
	p.Inboxes = view.Grid{Caption: a.Inboxes, Heads: []string{a.Inbox, a.ToldOf, a.Refuses, a.Since}}
	for _, in := range d.Inboxes {
		refuses := view.Number("")
		if in.Refused != 0 {
			refuses = view.Cell{Text: strconv.Itoa(in.Refused), Alert: true}
		}
		p.Inboxes.Add(view.Code(in.URL), whole(f, in.Follows), refuses, f.When(in.RefusedAt))
	}
	p.Skipped = view.Grid{Caption: a.SkippedRows, None: a.NoneSkipped, Heads: []string{a.Skipped, a.Act, a.Verb, a.Subject, a.Tries, a.Status, a.Reason, a.Activity}}
	for _, s := range d.Skips {
		activity := view.Text("")
		if s.Activity != "" {
			activity = view.Link(s.Activity, traceHref(s.Activity))
		}
		p.Skipped.Add(f.When(s.Skipped), f.When(s.At), view.Text(s.Verb), view.Code(s.Subject), whole(f, s.Tries), orStatus(f, s.Status), view.Text(s.Reason), activity)
	}
	return p
}

func refusedGrid(f view.Frame, parcels []storage.Parcel) view.Grid {
	a := &f.T.Admin
	g := view.Grid{Caption: a.Newest, None: a.NoRefused, Heads: []string{a.Number, a.Received, a.Host, a.Type, a.State, a.Reason, a.Bytes, a.Activity, a.Replay}}
	for i := range parcels {
		p := &parcels[i]
		replay := view.Cell{}
		if p.Bytes > 0 {
			replay = view.Cell{Text: a.Replay, Post: parcelHref(p.ID) + "/replay"}
		}
		activity := view.Link(p.Activity, traceHref(p.Activity))
		activity.Note = view.Visible(p.Actor, 100)
		g.Add(view.Link(strconv.FormatInt(p.ID, 10), parcelHref(p.ID)), f.When(p.At), view.Link(p.Host, serverHref(p.Host)), view.Text(p.Type),
			state(f, p.State), view.Text(p.Reason), whole(f, p.Bytes), activity, replay)
	}
	return g
}

func parcelFacts(f view.Frame, p *storage.Parcel) []view.Fact {
	a := &f.T.Admin
	facts := []view.Fact{
		{Name: a.Activity, Cell: view.Code(p.Activity)}, {Name: a.Type, Cell: view.Text(p.Type)}, {Name: a.Actor, Cell: view.Code(p.Actor)},
		{Name: a.Received, Cell: exactly(f, p.At)}, {Name: a.State, Cell: state(f, p.State)},
	}
	add := func(name string, c view.Cell) { facts = append(facts, view.Fact{Name: name, Cell: c}) }
	if p.Reason != "" {
		add(a.Reason, view.Text(p.Reason))
	}
	if p.Needs != "" {
		add(a.Needs, view.Code(p.Needs))
	}
	if !p.NextAt.IsZero() {
		add(a.NextLook, exactly(f, p.NextAt))
	}
	if !p.DoneAt.IsZero() {
		add(a.Judged, exactly(f, p.DoneAt))
	}
	add(a.Tries, whole(f, p.Tries))
	add(a.Bytes, whole(f, p.Bytes))
	return facts
}

// bodyShown is how much of a document the page itself shows.
const bodyShown = 16 << 10

func parcelPage(f view.Frame, p *storage.Parcel, body []byte) view.ParcelPage {
	out := view.ParcelPage{Frame: f, Number: strconv.FormatInt(p.ID, 10), Facts: parcelFacts(f, p), Trace: traceHref(p.Activity)}
	if len(body) == 0 {
		return out
	}
	out.Raw = parcelHref(p.ID) + "/bytes"
	if p.State == "refused" || p.State == "failed" {
		out.Replay = parcelHref(p.ID) + "/replay"
	}
	if out.BodyCut = len(body) > bodyShown; out.BodyCut {
		body = body[:bodyShown]
	}
	out.Body = view.Visible(string(body), 0)
	return out
}

// steps are the places an activity came by, as far as it got.
func steps(f view.Frame, t *storage.Trace) []view.TraceStep {
	a := &f.T.Admin
	var out []view.TraceStep
	for i := range t.Parcels {
		p := &t.Parcels[i]
		step := view.TraceStep{Name: a.StepReceived.With(strconv.FormatInt(p.ID, 10)), Facts: parcelFacts(f, &p.Parcel)}
		step.Facts = append([]view.Fact{{Name: a.Number, Cell: view.Link(strconv.FormatInt(p.ID, 10), parcelHref(p.ID))}}, step.Facts...)
		if len(p.Fetches) > 0 {
			g := view.Grid{Caption: a.FetchesOf, Heads: []string{a.Fetch, a.State, a.Attempts, a.NextTry, a.Reason}}
			for _, job := range p.Fetches {
				g.Add(view.Code(job.IRI), state(f, job.State), view.Number(strconv.Itoa(job.Attempt)+"/"+strconv.Itoa(job.Most)), clock(f, job.Next), view.Text(job.Error))
			}
			step.Grids = append(step.Grids, g)
		}
		out = append(out, step)
	}
	if len(t.Parcels) == 0 {
		out = append(out, view.TraceStep{Name: a.Received, Note: a.NoneReceived})
	}
	for i := range t.Rows {
		out = append(out, logStep(f, &t.Rows[i]))
	}
	if len(t.Rows) == 0 {
		out = append(out, view.TraceStep{Name: a.StepLog.With("—"), Note: a.NoneLogged})
	}
	return out
}

func logStep(f view.Frame, r *storage.TraceRow) view.TraceStep {
	a := &f.T.Admin
	step := view.TraceStep{Name: a.StepLog.With(view.Visible(r.Verb, 40)), Facts: []view.Fact{
		{Name: a.At, Cell: exactly(f, r.At)},
		{Name: a.Position, Cell: view.Number(strconv.FormatInt(r.XID, 10) + "." + strconv.FormatInt(r.Seq, 10))},
		{Name: a.Lane, Cell: state(f, r.Lane)},
		{Name: a.Actor, Cell: view.Code(r.Actor)}, {Name: a.Subject, Cell: view.Code(r.Subject)},
	}}
	for _, id := range []struct{ name, id string }{{a.Community, r.Community}, {a.ToForums, r.Forum}, {a.ToMicroblogs, r.Micro}, {a.ItsAct, r.Direct}} {
		if id.id != "" {
			step.Facts = append(step.Facts, view.Fact{Name: id.name, Cell: view.Code(id.id)})
		}
	}
	var told []string
	for _, s := range []string{"skipped", "tried", "waiting", "finished", "nothing-to-say"} {
		if n := r.Told[s]; n > 0 {
			told = append(told, f.T.Number(n)+" "+a.Name(s))
		}
	}
	if len(told) == 0 {
		step.Note = a.NoneTold
		return step
	}
	step.Facts = append(step.Facts, view.Fact{Name: a.Told, Cell: view.Cell{Text: strings.Join(told, ", ")}})
	g := view.Grid{Caption: a.ToldServers, Heads: []string{a.Host, a.State, a.Form, a.Tries, a.NextTry, a.Status, a.Reason, a.Inbox}}
	for _, s := range r.Servers {
		status := view.Number("")
		if s.Status != 0 {
			status.Text = strconv.Itoa(s.Status)
		}
		g.Add(view.Link(s.Host, serverHref(s.Host)), state(f, s.State), state(f, s.Form), whole(f, s.Tries), clock(f, s.Next), status, view.Text(s.Reason), view.Code(s.Inbox))
	}
	step.Grids = append(step.Grids, g)
	if len(r.Servers) < r.Told["skipped"]+r.Told["tried"]+r.Told["waiting"]+r.Told["finished"]+r.Told["nothing-to-say"] {
		step.Note = a.FirstOfTold
	}
	return step
}

func budgetGrid(f view.Frame, tables []storage.TableBudget) view.Grid {
	a := &f.T.Admin
	g := view.Grid{Caption: a.ByTable, Heads: []string{a.Table, a.Kept, a.Now, a.DayRows, a.DayBytes, a.Expected}}
	var sum storage.TableBudget
	var expected int64
	for _, t := range tables {
		g.Add(view.Code(t.Table), whole(f, t.DaysKept), view.Number(f.T.Bytes(t.Bytes)), whole(f, int(t.DayRows)), view.Number(f.T.Bytes(t.DayBytes)), view.Number(f.T.Bytes(t.Expected())))
		sum.Bytes, sum.DayRows, sum.DayBytes = sum.Bytes+t.Bytes, sum.DayRows+t.DayRows, sum.DayBytes+t.DayBytes
		expected += t.Expected()
	}
	g.Add(view.Text(a.Together), view.Number(""), view.Number(f.T.Bytes(sum.Bytes)), whole(f, int(sum.DayRows)), view.Number(f.T.Bytes(sum.DayBytes)), view.Number(f.T.Bytes(expected)))
	return g
}

// exactly is a moment to the second, with how long ago it was.
func exactly(f view.Frame, t time.Time) view.Cell {
	if t.IsZero() {
		return view.Cell{}
	}
	c := view.Number(t.UTC().Format("2006-01-02 15:04:05"))
	if !t.After(f.Now) {
		c.Note = f.T.Ago(t, f.Now)
	}
	return c
}

// clock is a time of the coming hours, or a day that is further off.
func clock(f view.Frame, t time.Time) view.Cell {
	if t.IsZero() || t.Sub(f.Now) > 12*time.Hour {
		return exactly(f, t)
	}
	c := view.Number(t.UTC().Format("15:04:05"))
	c.Note = f.T.Admin.UTC
	return c
}
