package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	ap "stoa/activitypub"
	"strings"
	"text/tabwriter"
	"time"

	"stoa/storage"
	"stoa/web/view"
	"stoa/web/words"
)

// federationCommand shows how this node gets on with others. All of it works
// beside a running node, on its database.
type federationCommand struct {
	Servers serversCommand `cmd:"" help:"List other servers, those that are furthest behind first."`
	Server  serverCommand  `cmd:"" help:"Show all that is known of one server."`
	Refused refusedCommand `cmd:"" help:"List activities that could not be applied, newest first."`
	Show    showCommand    `cmd:"" help:"Show one activity that came in, with its bytes."`
	Replay  replayCommand  `cmd:"" help:"Have an activity judged once more that was refused or failed."`
	Trace   traceCommand   `cmd:"" help:"Follow one activity through every step."`
	Budget  budgetCommand  `cmd:"" help:"Show what the tables take that grow with traffic."`
}

// asJSON is the flag of all that print.
type asJSON struct {
	JSON bool `help:"Print JSON, for machines." name:"json"`
}

// onDatabase opens the node's database for as long as do runs.
func (a *app) onDatabase(do func(ctx context.Context, db *storage.DB) error) error {
	db, err := openDatabase(a.ctx, a.cfg, false, newLog(a.err, a.cfg))
	if err != nil {
		return err
	}
	err = do(a.ctx, db.DB)
	if cerr := db.close(); err == nil && cerr != nil {
		err = fmt.Errorf("closing: %w", cerr)
	}
	return err
}

// print writes v as JSON, or calls text.
func (j asJSON) print(out io.Writer, v any, text func(*table)) error {
	if j.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	t := &table{w: tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)}
	text(t)
	return t.w.Flush()
}

// table is aligned text. What strangers wrote is shown so that it cannot do
// anything to a terminal.
type table struct{ w *tabwriter.Writer }

// cellLimit is how many characters of a text a cell shows.
const cellLimit = 120

func (t *table) row(cells ...any) {
	for i, c := range cells {
		if i > 0 {
			_, _ = io.WriteString(t.w, "\t") // the error comes again from Flush
		}
		var text string
		switch c := c.(type) {
		case time.Time:
			text = moment(c)
		case float64:
			text = fmt.Sprintf("%.0f", c)
		default:
			text = view.Visible(fmt.Sprint(c), cellLimit)
		}
		if text == "" {
			text = "-"
		}
		_, _ = io.WriteString(t.w, text)
	}
	_, _ = io.WriteString(t.w, "\n")
}

// linef writes a line of its own, outside the columns.
func (t *table) linef(format string, args ...any) {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = view.Visible(s, 0)
		}
	}
	_, _ = fmt.Fprintf(t.w, format+"\n", args...)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

type serversCommand struct {
	Behind bool `help:"Only servers that have not been told of everything."`
	asJSON
}

// Run lists servers.
func (c serversCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		all := []storage.Peer{}
		for q := (storage.PeerQuery{Behind: c.Behind}); ; {
			page, err := db.Reader().Peers(ctx, q)
			if err != nil {
				return err
			}
			all = append(all, page.Items...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		return c.print(a.out, all, func(t *table) {
			t.row("HOST", "SOFTWARE", "DIALECT", "BREAKER", "NEXT TRY", "LAG S", "ROWS D/C/V", "WINDOW D/C/V", "LAST ANSWER", "SAID", "AT", "JUMPED")
			for i := range all {
				p := &all[i]
				t.row(p.Host, strings.TrimSpace(p.Software+" "+p.Version), p.Dialect, p.Breaker, p.NextTry, p.Lag, lanes(p, rowsOf), lanes(p, windowOf),
					statusOf(p.LastStatus), p.LastSaid, p.LastAt, p.JumpedAt)
			}
		})
	})
}

func lanes(p *storage.Peer, of func(storage.PeerLane) string) string {
	parts := make([]string, len(p.Lanes))
	for i, l := range p.Lanes {
		parts[i] = of(l)
	}
	return strings.Join(parts, "/")
}

func rowsOf(l storage.PeerLane) string {
	if l.More {
		return fmt.Sprintf("%d+", l.Rows)
	}
	return fmt.Sprint(l.Rows)
}

func windowOf(l storage.PeerLane) string { return fmt.Sprintf("%.0f", l.Window) }

func statusOf(status int) string {
	if status == 0 {
		return ""
	}
	return fmt.Sprint(status)
}

type serverCommand struct {
	Host string `arg:"" help:"Host of the server."`
	asJSON
}

// Run shows a server.
func (c serverCommand) Run(a *app) error {
	host, err := hostArgument(c.Host)
	if err != nil {
		return err
	}
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		p, err := db.Reader().Peer(ctx, host)
		if err != nil {
			return err
		}
		return c.print(a.out, p, func(t *table) {
			t.row("host", p.Host)
			t.row("software", strings.TrimSpace(p.Software+" "+p.Version))
			t.row("asked for it", p.ProbedAt, fmt.Sprintf("%d failures since", p.ProbeFailures))
			t.row("dialect", p.Dialect)
			t.row("breaker", p.Breaker, fmt.Sprintf("%d failures in a row", p.Failures))
			t.row("next try", p.NextTry)
			t.row("last success", p.LastOK)
			t.row("last answer", statusOf(p.LastStatus), p.LastAt, p.LastSaid)
			t.row("jumped", p.JumpedAt, fmt.Sprintf("%d rows missed", p.JumpedRows))
			t.linef("")
			t.row("LANE", "LAG S", "ROWS", "TRIED", "WINDOW")
			for _, l := range p.Lanes {
				t.row(l.Lane, l.Lag, rowsOf(l), l.Tried, l.Window)
			}
			t.linef("")
			t.row("INBOX", "TOLD OF COMMUNITIES", "REFUSES", "SINCE")
			for _, in := range p.Inboxes {
				t.row(in.URL, in.Follows, statusOf(in.Refused), in.RefusedAt)
			}
			if len(p.Skips) == 0 {
				return
			}
			t.linef("")
			t.row("GIVEN UP", "ACT", "VERB", "SUBJECT", "TRIES", "STATUS", "REASON", "ACTIVITY")
			for _, s := range p.Skips {
				t.row(s.Skipped, s.At, s.Verb, s.Subject, s.Tries, statusOf(s.Status), s.Reason, s.Activity)
			}
		})
	})
}

type budgetCommand struct{ asJSON }

// Run shows the budget.
func (c budgetCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		all, err := db.Reader().Budget(ctx)
		if err != nil {
			return err
		}
		return c.print(a.out, all, func(t *table) {
			t.row("TABLE", "DAYS KEPT", "NOW", "ROWS LAST FULL DAY", "BYTES THAT DAY", "WILL COME TO")
			var sum storage.TableBudget
			var expected int64
			for _, b := range all {
				t.row(b.Table, b.DaysKept, words.English.Bytes(b.Bytes), b.DayRows, words.English.Bytes(b.DayBytes), words.English.Bytes(b.Expected()))
				sum.Bytes, sum.DayRows, sum.DayBytes = sum.Bytes+b.Bytes, sum.DayRows+b.DayRows, sum.DayBytes+b.DayBytes
				expected += b.Expected()
			}
			t.row("together", "", words.English.Bytes(sum.Bytes), sum.DayRows, words.English.Bytes(sum.DayBytes), words.English.Bytes(expected))
		})
	})
}

// namesIn lists the ids that an activity says: its own, and those of what it is
// about, three deep, as in the Announce of an Undo of a Like.
func namesIn(document []byte) []string {
	e, err := ap.ReadEnvelope(document)
	if err != nil {
		return nil
	}
	out := []string{e.ID}
	ref := e.Object
	for range 3 {
		if ref.ID != "" {
			out = append(out, ref.ID)
		}
		inner, err := ref.Activity()
		if err != nil {
			break
		}
		ref = inner.Object
	}
	return out
}
