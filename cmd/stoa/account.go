package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/compose"
)

type accountCommand struct {
	List    listAccounts   `cmd:"" help:"List the accounts of this node, the newest first."`
	Admin   adminAccount   `cmd:"" help:"Make somebody an admin."`
	Unadmin unadminAccount `cmd:"" help:"Undo admin."`
	Release releaseAccount `cmd:"" help:"Let through what a new account posts, which waits until then."`
	Link    linkAccount    `cmd:"" help:"Print a link with which somebody chooses another password; it works for an hour."`
}

type listAccounts struct{}

// Run lists accounts.
func (listAccounts) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		list, err := private.Of(db).Members(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(a.out, "None yet. The first start of the node prints a link that makes the first admin.")
			return err
		}
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "NAME\tSINCE\tADDRESS\tSTATE") // the flush tells of errors
		for _, m := range list {
			var state []string
			if m.Admin {
				state = append(state, "admin")
			}
			if !m.Released {
				state = append(state, "posts wait for release")
			}
			if m.Person.Gone {
				state = append(state, "deleted")
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Person.Name, m.Made.UTC().Format(time.DateOnly), m.Email, strings.Join(state, ", "))
		}
		return w.Flush()
	})
}

// onAccount runs do with the account of somebody.
func (a *app) onAccount(name string, do func(ctx context.Context, own private.Store, u *account.Account) error) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		own := private.Of(db)
		u, err := login(ctx, own, name)
		if err != nil {
			return err
		}
		return do(ctx, own, &u)
	})
}

// login finds an account by name or address.
func login(ctx context.Context, own private.Store, name string) (account.Account, error) {
	u, err := own.Login(ctx, name)
	if errors.Is(err, storage.ErrNotFound) {
		err = fmt.Errorf("there is no account %q here; see stoa account list", name)
	}
	return u, err
}

type adminAccount struct {
	Name string `arg:"" help:"Name or address of the account."`
}

// Run makes an admin.
func (c adminAccount) Run(a *app) error { return a.setAdmin(c.Name, true, "is an admin now.") }

type unadminAccount struct {
	Name string `arg:"" help:"Name or address of the account."`
}

// Run makes an admin somebody like others.
func (c unadminAccount) Run(a *app) error { return a.setAdmin(c.Name, false, "is no admin any more.") }

func (a *app) setAdmin(name string, admin bool, said string) error {
	return a.onAccount(name, func(ctx context.Context, own private.Store, u *account.Account) error {
		if err := own.SetAdmin(ctx, u.Person.ID, admin); err != nil {
			return err
		}
		_, err := fmt.Fprintln(a.out, u.Person.Name, said)
		return err
	})
}

type releaseAccount struct {
	Name string `arg:"" help:"Name or address of the account."`
}

// Run releases an account, and what it wrote until now.
func (c releaseAccount) Run(a *app) error {
	return a.onDatabase(func(ctx context.Context, db *storage.DB) error {
		own := private.Of(db)
		u, err := login(ctx, own, c.Name)
		if err != nil {
			return err
		}
		was, err := own.Release(ctx, u.Person.ID)
		if err != nil {
			return err
		}
		publisher, err := newPublisher(ctx, a.cfg, db, nil)
		if err != nil {
			return err
		}
		desk := compose.New(compose.Options{
			Site: &web.Site{Options: web.Options{Reader: db.Reader(), BaseURL: a.cfg.URL}}, DB: db,
			Forum:  forum.New(publisher, nil),
			Render: func(source string) (forum.Text, error) { return markdown(source, a.cfg) },
		})
		released, dropped, err := desk.Release(ctx, u.Person)
		if err != nil {
			return err
		}
		said := u.Person.Name + " posts freely from now on."
		if !was {
			said = u.Person.Name + " did already."
		}
		_, err = fmt.Fprintf(a.out, "%s %d of theirs published, %d refused meanwhile.\n", said, released, dropped)
		return err
	})
}

type linkAccount struct {
	Name string `arg:"" help:"Name or address of the account."`
}

// Run prints a link.
func (c linkAccount) Run(a *app) error {
	return a.onAccount(c.Name, func(ctx context.Context, own private.Store, u *account.Account) error {
		token, kept := account.NewToken()
		err := own.Send(ctx, kept, account.Link{Purpose: account.ForPassword, Person: u.Person.ID, Expires: time.Now().Add(account.KeepReset)})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, a.cfg.URL.JoinPath("link", token))
		return err
	})
}

// firstAdmin makes the link that makes the first admin; empty when there is one. A
// link of an earlier start works no more.
func (n *node) firstAdmin(ctx context.Context) (string, error) {
	own := private.Of(n.db)
	has, err := own.HasAdmin(ctx)
	if err != nil || has {
		return "", err
	}
	token, kept := account.NewToken()
	if err := own.DropLinks(ctx, account.ForFirstAdmin, 0); err != nil {
		return "", err
	}
	err = own.Send(ctx, kept, account.Link{Purpose: account.ForFirstAdmin, Expires: time.Now().Add(account.KeepLink)})
	return n.cfg.URL.JoinPath("link", token).String(), err
}
