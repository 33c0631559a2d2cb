package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

type blockCommand struct {
	Host   string `arg:"" help:"Host of the server, such as spam.example; its subdomains are blocked too."`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run blocks a server.
func (b blockCommand) Run(a *app) error {
	host, err := hostArgument(b.Host)
	if err != nil {
		return err
	}
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Block(ctx, tx, host, b.Reason)
	})
	return a.tell(out, err, host+" is blocked. What it wrote before stays; take it away with stoa remove or stoa purge.", host+" was blocked already.")
}

type unblockCommand struct {
	Host   string `arg:"" help:"Host of the server."`
	Reason string `help:"Why, for the moderation log." placeholder:"TEXT"`
}

// Run unblocks a server.
func (b unblockCommand) Run(a *app) error {
	host, err := hostArgument(b.Host)
	if err != nil {
		return err
	}
	out, err := a.withForum(func(ctx context.Context, f *forum.Forum, tx *storage.Tx) (forum.Outcome, error) {
		return f.Unblock(ctx, tx, host, b.Reason)
	})
	return a.tell(out, err, host+" is no longer blocked.", "")
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
