package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"stoa/federation/forum"
	"stoa/federation/reach"
	"stoa/storage"
	"stoa/web/view"
)

// readerName is who follows for the node as long as no account of somebody does. It
// is a bot, so that others know that nobody reads over its shoulder; Lemmy takes no
// follow from the actor of a server.
const readerName = "reader"

type followCommand struct {
	Targets []string `arg:"" name:"community" help:"!name@host, or the address of a community; also @name@host, a channel or a blog."`
}

// Run follows communities.
func (f followCommand) Run(a *app) error {
	return a.withReach(func(ctx context.Context, n *node, reader forum.Person) error {
		return followAll(ctx, a, n, reader, f.Targets)
	})
}

// followAll follows one after the other; one that fails does not keep the others
// from being followed.
func followAll(ctx context.Context, a *app, n *node, reader forum.Person, targets []string) error {
	failed := 0
	for _, target := range targets {
		uri, out, err := n.reach.Follow(ctx, reader, target)
		var said string
		switch {
		case err != nil:
			return err
		case out.Refused != nil:
			failed++
			said = "not followed: " + out.Refused.Text
		case !out.Fresh:
			said = target + " is followed already; it was asked again."
		default:
			said = "Asked " + target + " (" + uri + ")."
		}
		if _, err := fmt.Fprintln(a.out, said); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d were not followed", failed, len(targets))
	}
	_, err := fmt.Fprintln(a.out, "See how it goes with: stoa following")
	return err
}

type unfollowCommand struct {
	Target string `arg:"" name:"community" help:"!name@host, or the id of a community."`
}

// Run ends a follow.
func (u unfollowCommand) Run(a *app) error {
	return a.withReach(func(ctx context.Context, n *node, reader forum.Person) error {
		uri := u.Target
		if place, err := n.db.Reader().Lookup(ctx, u.Target); err == nil {
			if uri, err = n.db.ActorURI(ctx, place); err != nil {
				return err
			}
		}
		var out forum.Outcome
		err := n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			all, err := n.forum.Follow(ctx, tx, []forum.Follow{{Person: reader, Community: uri, Undo: true}})
			if err == nil {
				out = all[0]
			}
			return all, err
		})
		return a.tell(out, err, u.Target+" is no longer followed; its server is told. What is here stays.", u.Target+" was not followed.")
	})
}

type followingCommand struct{}

// Run lists what is followed.
func (followingCommand) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		list, err := db.Following(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(a.out, "Nothing yet. Find communities with: stoa discover HOST")
			return err
		}
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "COMMUNITY\tFOLLOW\tPOSTS\tCOMMENTS\tPAST\tDENIED") // the flush tells of errors
		for _, f := range list {
			state := "accepted"
			if f.State == forum.Pending {
				state = fmt.Sprintf("not answered since %s, asked %d times", f.AskedAt.UTC().Format("2 Jan 15:04"), f.Asks)
			}
			_, _ = fmt.Fprintf(w, "%s%s\t%s\t%d\t%d\t%s\t%d\n", sign(f.Community), f.Community.Handle(), state, f.Community.Posts, f.Community.Comments, past(&f.Backfill), f.Denials)
		}
		return w.Flush()
	})
}

// sign is what stands before a handle: ! for a community, @ for somebody.
func sign(c forum.Community) string {
	if c.Wall {
		return "@"
	}
	return "!"
}

// past says how far a backfill has come.
func past(b *forum.Backfill) string {
	said := ""
	switch b.State {
	case forum.BackfillNone:
		return "not read"
	case forum.BackfillUnder:
		said = fmt.Sprintf("being read: %d posts, %d comments", b.Posts, b.Comments)
		if b.Left > 0 {
			said += fmt.Sprintf(", %d threads to go", b.Left)
		}
	case forum.BackfillDone:
		said = fmt.Sprintf("read: %d posts, %d comments", b.Posts, b.Comments)
	case forum.BackfillBroken:
		said = fmt.Sprintf("given up: %d posts, %d comments", b.Posts, b.Comments)
	}
	if b.Failed > 0 {
		said += fmt.Sprintf(", %d not to be had", b.Failed)
	}
	if len(b.Notes) > 0 {
		said += " (" + strings.Join(b.Notes, ", ") + ")"
	}
	return said
}

type discoverCommand struct {
	Host   string `arg:"" help:"Host of the server, such as lemmy.example."`
	Follow int    `help:"Follow the first so many of the list, at most 50." placeholder:"N"`
}

// discoverMost is how many communities of a server are shown.
const discoverMost = 50

// Run lists the communities of a server.
func (d discoverCommand) Run(a *app) error {
	host, err := hostArgument(d.Host)
	if err != nil {
		return err
	}
	return a.withReach(func(ctx context.Context, n *node, reader forum.Person) error {
		var list []forum.Listed
		software, err := n.reach.Discover(ctx, host, discoverMost, func(page []forum.Listed) error {
			list = append(list, page...)
			return nil
		})
		switch {
		case errors.Is(err, reach.ErrNoList):
			return fmt.Errorf("%s runs %s, of which no list of communities is known; follow one by its name: stoa follow !name@%s", host, software, host)
		case err != nil:
			return fmt.Errorf("%s does not list its communities: %w", host, err)
		case len(list) == 0:
			_, err := fmt.Fprintf(a.out, "%s (%s) lists no communities.\n", host, software)
			return err
		}
		if d.Follow > 0 {
			var targets []string
			for _, l := range list[:min(d.Follow, len(list))] {
				targets = append(targets, l.Handle())
			}
			return followAll(ctx, a, n, reader, targets)
		}
		if err := show(a, list); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "Follow one with: stoa follow %s, or the first twenty with: stoa discover %s --follow 20\n", list[0].Handle(), host)
		return err
	})
}

func show(a *app, list []forum.Listed) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "COMMUNITY\tFOLLOWERS\tPOSTS\tTITLE") // the flush tells of errors
	for _, l := range list {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", l.Handle(), l.Followers, l.Posts, view.Visible(l.Title, 60))
	}
	return w.Flush()
}

// withReach runs do with a node that does not serve, beside one that may, and with
// who follows for the node.
func (a *app) withReach(do func(ctx context.Context, n *node, reader forum.Person) error) error {
	log := newLog(a.err, a.cfg)
	db, err := openDatabase(a.ctx, a.cfg, false, log)
	if err != nil {
		return err
	}
	n, err := newNode(a.ctx, a.cfg, db.DB, log, nil)
	if err == nil {
		var reader forum.Person
		if reader, err = n.reader(a.ctx); err == nil {
			err = do(a.ctx, n, reader)
		}
		n.client.Close()
	}
	if cerr := db.close(); err == nil && cerr != nil {
		err = fmt.Errorf("closing: %w", cerr)
	}
	return err
}

// reader finds who follows for the node, or makes it. Names are never used twice, so
// where somebody else has this one it gets a number.
func (n *node) reader(ctx context.Context) (forum.Person, error) {
	for i := 1; i < 10; i++ {
		name := readerName
		if i > 1 {
			name = fmt.Sprintf("%s_%d", readerName, i)
		}
		p, err := n.db.Reader().Person(ctx, name, "")
		if err == nil && p.Bot {
			return p, nil
		}
		if err == nil || !errors.Is(err, storage.ErrNotFound) {
			if err != nil {
				return p, err
			}
			continue
		}
		about, err := markdown("Follows communities of other servers, so that they can be read here.", n.cfg)
		if err != nil {
			return p, err
		}
		actor, err := newActor(name, "Reader of "+n.cfg.Name, about)
		if err != nil {
			return p, err
		}
		actor.Bot = true
		err = n.say(ctx, func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
			out, err := n.forum.FoundPerson(ctx, tx, actor)
			return []forum.Outcome{out}, err
		})
		if refusal, ok := errors.AsType[*forum.Refusal](err); ok && refusal.Kind == forum.Conflict {
			continue
		}
		if err != nil {
			return p, err
		}
		return n.db.Reader().Person(ctx, name, "")
	}
	return forum.Person{}, errors.New("nobody can follow for this node: all names for that are taken")
}
