package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stoa/storage"
	"stoa/web/view"
)

type refusedCommand struct {
	Limit int    `help:"At most so many." default:"50" placeholder:"N"`
	Host  string `help:"Only those of one server." placeholder:"HOST"`
	asJSON
}

// Run lists refused activities.
func (c refusedCommand) Run(a *app) error {
	host := c.Host
	if host != "" {
		var err error
		if host, err = hostArgument(host); err != nil {
			return err
		}
	}
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		all, err := db.Reader().Refused(ctx, host, 0, c.Limit)
		if err != nil {
			return err
		}
		if all == nil {
			all = []storage.Parcel{}
		}
		return c.print(a.out, all, func(t *table) {
			t.row("ID", "AT", "HOST", "TYPE", "STATE", "BYTES", "REASON", "ACTOR", "ACTIVITY")
			for _, p := range all {
				t.row(p.ID, p.At, p.Host, p.Type, p.State, p.Bytes, p.Reason, p.Actor, p.Activity)
			}
		})
	})
}

type showCommand struct {
	ID  int64 `arg:"" help:"Number of the activity, as refused lists it." name:"id"`
	Raw bool  `help:"Print its bytes and nothing else, exactly as they came."`
}

// Run shows an activity.
func (c showCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		p, body, err := db.Reader().Parcel(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.Raw {
			_, err = a.out.Write(body)
			return err
		}
		return asJSON{}.print(a.out, nil, func(t *table) {
			parcel(t, &p)
			t.linef("")
			if len(body) == 0 {
				t.linef("Its body is not kept: nobody vouched for it, or its content was deleted.")
			}
			for line := range strings.Lines(string(body)) {
				// Characters that would do something to a terminal are shown as escapes.
				t.linef("%s", strings.TrimSuffix(line, "\n"))
			}
		})
	})
}

func parcel(t *table, p *storage.Parcel) {
	t.row("number", p.ID)
	t.row("activity", p.Activity)
	t.row("type", p.Type)
	t.row("actor", p.Actor)
	t.row("received", p.At)
	t.row("state", p.State)
	if p.Reason != "" {
		t.row("reason", p.Reason)
	}
	if p.Needs != "" {
		t.row("waits for", p.Needs)
	}
	if !p.NextAt.IsZero() {
		t.row("next look", p.NextAt)
	}
	if !p.DoneAt.IsZero() {
		t.row("judged", p.DoneAt)
	}
	t.row("tries", p.Tries)
	t.row("bytes", p.Bytes)
}

type replayCommand struct {
	ID   int64         `arg:"" help:"Number of the activity, as refused lists it." name:"id"`
	Wait time.Duration `help:"How long to wait for the outcome." default:"10s" placeholder:"TIME"`
	asJSON
}

// replayed is what came of a replay.
type replayed struct {
	ID      int64  `json:"id"`
	Outcome string `json:"outcome"` // a state, or pending
	Reason  string `json:"reason"`
	Needs   string `json:"needs,omitempty"`
	Running bool   `json:"node_runs"`
}

// Run replays an activity. Workers of the node look for what is ready every
// second, so nothing need be told to them.
func (c replayCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		if err := db.Replay(ctx, c.ID); err != nil {
			return err
		}
		out := replayed{ID: c.ID, Outcome: "pending"}
		for end := time.Now().Add(c.Wait); ; {
			p, _, err := db.Reader().Parcel(ctx, c.ID)
			if err != nil {
				return err
			}
			if p.State != "ready" {
				out.Outcome, out.Reason, out.Needs = p.State, p.Reason, p.Needs
			}
			if p.State != "ready" && p.State != "waiting" || !time.Now().Before(end) {
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
		var err error
		if out.Running, err = db.Reader().NodeRuns(ctx); err != nil {
			return err
		}
		return c.print(a.out, out, func(t *table) { t.linef("%s", out.sentence()) })
	})
}

func (r replayed) sentence() string {
	because := ""
	if r.Reason != "" {
		because = " (" + view.Visible(r.Reason, 0) + ")"
	}
	switch {
	case r.Outcome == "pending" && !r.Running:
		return fmt.Sprintf("Activity %d will be judged once more when the node runs. It does not run now.", r.ID)
	case r.Outcome == "pending":
		return fmt.Sprintf("Activity %d is ready and has not been judged yet. See what becomes of it with: stoa federation show %d", r.ID, r.ID)
	case r.Outcome == "waiting":
		return fmt.Sprintf("Activity %d waits for %s, which is being fetched.", r.ID, r.Needs)
	}
	return fmt.Sprintf("Activity %d was judged once more: %s%s.", r.ID, r.Outcome, because)
}

type traceCommand struct {
	URL string `arg:"" help:"Id of the activity, of an announcement of it, or of its object." name:"url"`
	asJSON
}

// Run follows an activity.
func (c traceCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		trace, err := db.Reader().Trace(ctx, c.URL, namesIn)
		if err != nil {
			return err
		}
		return c.print(a.out, trace, func(t *table) {
			for i := range trace.Parcels {
				t.linef("RECEIVED")
				p := &trace.Parcels[i]
				parcel(t, &p.Parcel)
				for _, f := range p.Fetches {
					t.row("fetch", f.IRI, f.State, fmt.Sprintf("attempt %d of %d", f.Attempt, f.Most), f.Next, f.Error)
				}
				t.linef("")
			}
			if len(trace.Parcels) == 0 {
				t.linef("Nothing of it was received, or that is no longer kept.\n")
			}
			for i := range trace.Rows {
				logRow(t, &trace.Rows[i])
			}
			if len(trace.Rows) == 0 {
				t.linef("It led to no row of the log: other servers are told nothing of it.")
			}
		})
	})
}

func logRow(t *table, r *storage.TraceRow) {
	t.linef("LOG")
	t.row("position", fmt.Sprintf("%d.%d", r.XID, r.Seq))
	t.row("at", r.At)
	t.row("verb", r.Verb)
	t.row("lane", r.Lane)
	t.row("actor", r.Actor)
	t.row("subject", r.Subject)
	for _, d := range [][2]string{{"community", r.Community}, {"to forums", r.Forum}, {"to microblogs", r.Micro}, {"the act itself", r.Direct}} {
		if d[1] != "" {
			t.row(d[0], d[1])
		}
	}
	total := 0
	for _, n := range r.Told {
		total += n
	}
	t.row("inboxes", total, fmt.Sprintf("%d finished, %d waiting, %d tried, %d given up, %d with nothing to say to",
		r.Told["finished"], r.Told["waiting"], r.Told["tried"], r.Told["skipped"], r.Told["nothing-to-say"]))
	if len(r.Servers) > 0 {
		t.linef("")
		t.row("HOST", "FORM", "STATE", "TRIES", "NEXT", "STATUS", "REASON", "INBOX")
		for _, s := range r.Servers {
			t.row(s.Host, s.Form, s.State, s.Tries, s.Next, statusOf(s.Status), s.Reason, s.Inbox)
		}
	}
	t.linef("")
}
