package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// ruling is what all commands say that put a server on a list.
type ruling struct {
	Host   string `arg:"" optional:"" help:"Host of the server, such as spam.example; it holds for its subdomains too. Without one, the list is shown."`
	Reason string `help:"Why; it is public." placeholder:"TEXT"`
	Until  string `help:"Until when: a day such as 2026-12-31, a moment as in RFC 3339, or a time from now such as 12h or 30d." placeholder:"WHEN"`
	Import string `help:"Put on it what a file lists in the format of Mastodon, or one host a line; - reads what is typed." placeholder:"FILE" type:"path"`
	Export bool   `help:"Write the list in the format of Mastodon."`
	asJSON
}

type blockCommand struct {
	ruling
	Quiet bool `help:"Say nothing of it in public: neither on the page about the node nor in the log of moderation."`
}

// Run blocks a server, or many.
func (b blockCommand) Run(a *app) error {
	switch {
	case b.Import != "":
		fresh, all, mild, err := b.take(a, forum.ListBlocked, b.Quiet)
		return a.tell(forum.Outcome{Fresh: true}, err, fmt.Sprintf("%d of %d servers are newly blocked, or otherwise than before. %d that the list only limits were left alone.", fresh, all, mild), "")
	case b.Export:
		return a.serverRules(forum.ListBlocked, func(rules []forum.ServerRule, _ bool) error { return writeBlocks(a.out, rules) })
	case b.Host == "":
		return b.list(a, forum.ListBlocked)
	}
	host, out, err := b.rule(a, forum.ListBlocked, b.Quiet)
	return a.tell(out, err, host+" is blocked. What it wrote before stays; take it away with stoa remove or stoa purge.", host+" was blocked already.")
}

// take puts what a file lists on a list: all of it, or with a wrong line nothing. mild
// counts what was left alone, since a list of blocks only limits it.
func (r ruling) take(a *app, list forum.ServerList, quiet bool) (fresh, all, mild int, err error) {
	until, err := readUntil(r.Until, time.Now())
	if err != nil {
		return 0, 0, 0, err
	}
	in := io.Reader(os.Stdin)
	if r.Import != "-" {
		f, err := os.Open(r.Import)
		if err != nil {
			return 0, 0, 0, err
		}
		defer func() { _ = f.Close() }() // it was only read
		in = f
	}
	rules, mild, err := readBlocks(in)
	if err != nil {
		return 0, 0, 0, err
	}
	for i := range rules {
		rules[i].Until, rules[i].Quiet = until, list == forum.ListBlocked && (rules[i].Quiet || quiet)
		if rules[i].Reason == "" {
			rules[i].Reason = r.Reason
		}
		if rules[i].Host == a.cfg.URL.Host {
			return 0, 0, 0, errors.New("the list names this node itself")
		}
	}
	_, err = a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		fresh = 0
		outs, err := f.RuleServers(ctx, tx, list, rules)
		for i := range outs {
			if outs[i].Refused != nil {
				return forum.Outcome{}, fmt.Errorf("%s: %s", rules[i].Host, outs[i].Refused.Text)
			}
			if outs[i].Fresh {
				fresh++
			}
		}
		return forum.Outcome{Fresh: true}, err
	})
	return fresh, len(rules), mild, err
}

// rule puts a server on a list.
func (r ruling) rule(a *app, list forum.ServerList, quiet bool) (host string, out forum.Outcome, err error) {
	if host, err = hostArgument(r.Host); err != nil {
		return host, out, err
	}
	if host == a.cfg.URL.Host {
		return host, out, errors.New(host + " is this node itself")
	}
	until, err := readUntil(r.Until, time.Now())
	if err != nil {
		return host, out, err
	}
	out, err = a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		all, err := f.RuleServers(ctx, tx, list, []forum.ServerRule{{Host: host, Reason: r.Reason, Until: until, Quiet: quiet}})
		if err != nil {
			return forum.Outcome{}, err
		}
		return all[0], nil
	})
	return host, out, err
}

// list prints a list.
func (r ruling) list(a *app, list forum.ServerList) error {
	type line struct {
		Host   string    `json:"host"`
		Reason string    `json:"reason"`
		Since  time.Time `json:"since"`
		Until  time.Time `json:"until,omitzero"`
		By     string    `json:"by"` // empty for a command
		Quiet  bool      `json:"quiet"`
		Over   bool      `json:"over"` // holds no more
	}
	return a.serverRules(list, func(rules []forum.ServerRule, only bool) error {
		lines := make([]line, len(rules))
		for i, r := range rules {
			lines[i] = line{r.Host, r.Reason, r.At, r.Until, r.By.Name, r.Quiet, !r.Until.IsZero() && !r.Until.After(time.Now())}
		}
		return r.print(a.out, lines, func(t *table) {
			if list == forum.ListAllowed && !only {
				t.linef("All servers are spoken with that are not blocked. To speak with none but these: stoa allow --only on")
			}
			t.row("HOST", "SINCE", "UNTIL", "BY", "SHOWN", "REASON")
			for _, l := range lines {
				shown := map[bool]string{true: "no", false: "yes"}[l.Quiet]
				if l.Over {
					shown = "over"
				}
				t.row(l.Host, l.Since, l.Until, l.By, shown, l.Reason)
			}
		})
	})
}

// serverRules reads a whole list.
func (a *app) serverRules(list forum.ServerList, do func(rules []forum.ServerRule, only bool) error) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		var all []forum.ServerRule
		for after := ""; ; after = all[len(all)-1].Host {
			page, only, err := db.Reader().ServerRules(ctx, list, false, after, 1000)
			if err != nil {
				return err
			}
			if all = append(all, page...); len(page) < 1000 {
				return do(all, only)
			}
		}
	})
}

// readUntil reads when something is to end; the zero time for never.
func readUntil(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-12-31, 2026-12-31T18:00:00Z, 12h or 30d", text)
}

// Columns of a list of blocks as Mastodon writes and reads it.
var blockColumns = []string{"#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate"}

// maxBlocks bounds a list that is read: the longest that are shared have some thousands.
const maxBlocks = 100_000

// readBlocks reads a list of blocks: Mastodon's, with its columns named in the first
// line, or one host a line. mild counts the servers that it does not suspend; those
// are left alone, since there is no milder measure here.
func readBlocks(in io.Reader) (rules []forum.ServerRule, mild int, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	at := map[string]int{"domain": 0}
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rules, mild, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("the list: %w", err)
		}
		line, _ := r.FieldPos(0)
		field := func(name string) string {
			if i, ok := at[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if first {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			names := map[string]int{}
			for i, cell := range row {
				names[strings.ToLower(strings.TrimPrefix(strings.TrimSpace(cell), "#"))] = i
			}
			if _, ok := names["domain"]; ok {
				at = names
				continue
			}
		}
		name := strings.TrimPrefix(field("domain"), "*.")
		switch severity := field("severity"); {
		case name == "" || strings.HasPrefix(name, "#"):
			continue
		case severity == "silence" || severity == "noop":
			mild++
			continue
		case severity != "" && severity != "suspend":
			return nil, 0, fmt.Errorf("line %d of the list: %q is no severity: suspend, silence or noop", line, severity)
		}
		host, err := hostArgument(name)
		if err == nil && !strings.Contains(host, ".") {
			err = fmt.Errorf("%q would block all that ends so", name)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("line %d of the list: %w", line, err)
		}
		if len(rules) == maxBlocks {
			return nil, 0, fmt.Errorf("the list has more than %d servers", maxBlocks)
		}
		rules = append(rules, forum.ServerRule{Host: host, Reason: field("public_comment"), Quiet: strings.EqualFold(field("obfuscate"), "true")})
	}
}

// writeBlocks writes what holds as Mastodon reads it.
func writeBlocks(out io.Writer, rules []forum.ServerRule) error {
	return writeRules(out, blockColumns, rules, func(r forum.ServerRule) []string {
		return []string{r.Host, "suspend", "true", "true", r.Reason, strconv.FormatBool(r.Quiet)}
	})
}

// writeAllowed does the same with those that may be spoken with, of which it knows the
// name alone.
func writeAllowed(out io.Writer, rules []forum.ServerRule) error {
	return writeRules(out, blockColumns[:1], rules, func(r forum.ServerRule) []string { return []string{r.Host} })
}

func writeRules(out io.Writer, columns []string, rules []forum.ServerRule, row func(forum.ServerRule) []string) error {
	w := csv.NewWriter(out)
	err := w.Write(columns)
	for _, r := range rules {
		if err == nil && (r.Until.IsZero() || r.Until.After(time.Now())) {
			err = w.Write(row(r))
		}
	}
	if err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

type unblockCommand struct {
	Host   string `arg:"" help:"Host of the server."`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run unblocks a server.
func (b unblockCommand) Run(a *app) error {
	return a.unrule(forum.ListBlocked, b.Host, b.Reason, "%s is no longer blocked.")
}

type allowCommand struct {
	ruling
	Only string `help:"on speaks with no servers but those on the list, from now on; off with all that are not blocked." placeholder:"on|off" enum:",on,off" default:""`
}

// Run allows a server, or turns the list on and off.
func (c allowCommand) Run(a *app) error {
	switch {
	case c.Import != "":
		fresh, all, _, err := c.take(a, forum.ListAllowed, false)
		if err := a.tell(forum.Outcome{Fresh: true}, err, fmt.Sprintf("%d of %d servers are newly on the list, or otherwise than before.", fresh, all), ""); err != nil || c.Only == "" {
			return err
		}
	case c.Export:
		return a.serverRules(forum.ListAllowed, func(rules []forum.ServerRule, _ bool) error { return writeAllowed(a.out, rules) })
	case c.Host != "":
		host, out, err := c.rule(a, forum.ListAllowed, false)
		if err := a.tell(out, err, host+" is on the list of servers that may be spoken with.", host+" was on the list already."); err != nil || c.Only == "" {
			return err
		}
	case c.Only == "":
		return c.list(a, forum.ListAllowed)
	}
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.AllowOnly(ctx, tx, c.Only == "on", c.Reason)
	})
	done := "All servers are spoken with that are not blocked."
	if c.Only == "on" {
		done = "None are spoken with but those on the list, from now on."
	}
	return a.tell(out, err, done, "It was so already.")
}

type disallowCommand struct {
	Host   string `arg:"" help:"Host of the server."`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run takes a server off the list of those that may be spoken with.
func (d disallowCommand) Run(a *app) error {
	return a.unrule(forum.ListAllowed, d.Host, d.Reason, "%s is no longer on the list.")
}

func (a *app) unrule(list forum.ServerList, name, reason, done string) error {
	host, err := hostArgument(name)
	if err != nil {
		return err
	}
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.UnruleServer(ctx, tx, list, host, reason)
	})
	return a.tell(out, err, fmt.Sprintf(done, host), "")
}

// hostArgument takes a host, or a URL in which it stands, and writes it as hosts
// are compared: lower case, ASCII, without a port that says nothing. What is no
// host is refused: a block of something else than was meant is worse than none.
func hostArgument(text string) (string, error) {
	address := "https://" + text
	if strings.Contains(text, "://") {
		address = text
	}
	host := ap.Host(address)
	if host == "" || strings.ContainsAny(host, "*:") && !strings.Contains(host, "localhost:") {
		return "", fmt.Errorf("%q is not the name of a host, such as spam.example", text)
	}
	return host, nil
}

type removeCommand struct {
	URL    string `arg:"" help:"Address of the post, comment or community, here or at its own server." name:"url"`
	Reason string `required:"" help:"Why; it is shown in its place." placeholder:"TEXT"`
}

// Run removes something.
func (r removeCommand) Run(a *app) error {
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Remove(ctx, tx, r.URL, r.Reason)
	})
	return a.tell(out, err, "Removed. Undo it with: stoa restore "+r.URL, "It was removed already.")
}

type restoreCommand struct {
	URL    string `arg:"" help:"Address of what was removed." name:"url"`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run restores something.
func (r restoreCommand) Run(a *app) error {
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Restore(ctx, tx, r.URL, r.Reason)
	})
	return a.tell(out, err, "Restored.", "It was not removed.")
}

type purgeCommand struct {
	URL    string `arg:"" help:"Address of the post, comment or person." name:"url"`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run purges something.
func (p purgeCommand) Run(a *app) error {
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		out, err := f.Purge(ctx, tx, p.URL, p.Reason)
		if err != nil || out.ID == 0 {
			return out, err
		}
		own := private.In(tx)
		if err := own.ForgetMessages(ctx, out.ID); err != nil {
			return out, err
		}
		return out, own.Close(ctx, out.ID)
	})
	return a.tell(out, err, "Purged: the content is destroyed here and will not be taken in again.", "There was nothing left to purge.")
}

type banCommand struct {
	Person string        `arg:"" help:"Name of the person, name@host for one of another server, or an id."`
	Reason string        `required:"" help:"Why; everybody can read it in the log of moderation." placeholder:"TEXT"`
	For    time.Duration `help:"How long, such as 720h; without it for good." placeholder:"DURATION"`
	All    bool          `help:"Remove all that they wrote here as well; unban --all gives it back."`
}

// Run bans somebody from the whole node.
func (b banCommand) Run(a *app) error {
	if b.For < 0 {
		return errors.New("a ban cannot end before it begins")
	}
	m := forum.Moderation{Verb: forum.VerbBanish, Reason: b.Reason, Along: b.All}
	if b.For > 0 {
		m.Until = time.Now().Add(b.For)
	}
	return a.banish(m, b.Person, b.Person+" is banned from this server; others are told. Undo it with: stoa unban "+b.Person, "That was so already.")
}

type unbanCommand struct {
	Person string `arg:"" help:"Name of the person, name@host for one of another server, or an id."`
	Reason string `help:"Why, for the log of moderation." placeholder:"TEXT"`
	All    bool   `help:"Give back what was removed with the ban."`
}

// Run ends a ban from the whole node.
func (u unbanCommand) Run(a *app) error {
	m := forum.Moderation{Verb: forum.VerbReadmit, Reason: u.Reason, Along: u.All}
	return a.banish(m, u.Person, u.Person+" is no longer banned from this server; others are told.", "They were not banned from this server.")
}

// banish does so in the name of whoever follows for the node: others take it from nobody
// but a person of this server.
func (a *app) banish(m forum.Moderation, person, done, already string) error {
	m.Object, m.Admin = personID(person, a.cfg), true
	var out forum.Outcome
	err := a.withReach(func(ctx context.Context, n *node, reader forum.Person) error {
		m.By = reader
		return n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			all, err := n.forum.Moderate(ctx, tx, []forum.Moderation{m})
			if err == nil {
				out = all[0]
			}
			return all, err
		})
	})
	return a.tell(out, err, done, already)
}

// tell prints what became of a command.
func (a *app) tell(out forum.Outcome, err error, done, already string) error {
	if err != nil {
		return err
	}
	if !out.Fresh {
		done = already
	}
	_, err = fmt.Fprintln(a.out, done)
	return err
}
