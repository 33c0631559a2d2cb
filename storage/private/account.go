package private

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/federation/account"
	"stoa/federation/forum"
)

// What is read of the person that an account belongs to: what pages show of them and
// what the rules judge them by.
const accountColumns = `a.id, a.uri, a.name, a.host, a.local, a.bot, a.title, a.bio_source, a.bio_html, a.avatar_url, a.inbox, a.shared_inbox, a.gone,
	a.discoverable, a.indexable, a.also_known_as, a.moved_to, u.email, u.password, u.admin, u.released, u.totp, u.totp_step, u.recovery, u.settings, u.made_at`

func accountFields(u *account.Account) []any {
	a := &u.Person
	return []any{&a.ID, &a.URI, &a.Name, &a.Host, &a.Local, &a.Bot, &a.Title, &a.BioSource, &a.BioHTML, &a.AvatarURL, &a.Inbox, &a.SharedInbox, &a.Gone,
		&a.Discoverable, &a.Indexable, &a.AlsoKnownAs, &a.MovedTo, &u.Email, &u.Password, &u.Admin, &u.Released, &u.TOTP, &u.TOTPStep, &u.Recovery, &u.Settings, &u.Made}
}

// Open makes an account for a person of this node. The address is taken already
// where the answer is false.
func (s Store) Open(ctx context.Context, person int64, u account.Account, at time.Time) (bool, error) {
	_, err := s.do(ctx, "Open", `insert into account (person_id, email, password, admin, released, made_at, changed_at) values ($1, $2, $3, $4, $5, $6, $6)`,
		person, u.Email, u.Password, u.Admin, u.Released, at)
	return taken(err)
}

// taken tells an address that somebody else has from an error.
func taken(err error) (bool, error) {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" && pg.ConstraintName == "account_email" {
		return false, nil
	}
	return err == nil, err
}

// Account finds the account of a person; storage.ErrNotFound when they have none.
func (s Store) Account(ctx context.Context, person int64) (account.Account, error) {
	var u account.Account
	err := s.one(ctx, "Account", `select `+accountColumns+` from account u join person a on a.id = u.person_id where u.person_id = $1`, accountFields(&u), person)
	return u, err
}

// Login finds an account by the name or the address that somebody signs in with.
func (s Store) Login(ctx context.Context, name string) (account.Account, error) {
	var u account.Account
	err := s.one(ctx, "Login", `select `+accountColumns+` from account u join person a on a.id = u.person_id
		where not a.gone and ((a.local and a.name = lower($1)) or (u.email <> '' and lower(u.email) = lower($1))) limit 1`, accountFields(&u), name)
	return u, err
}

// HasAdmin reports whether anybody is an admin of this node.
func (s Store) HasAdmin(ctx context.Context) (bool, error) {
	var has bool
	err := s.one(ctx, "HasAdmin", `select exists (select 1 from account u join person a on a.id = u.person_id where u.admin and not a.gone)`, []any{&has})
	return has, err
}

// EmailTaken reports whether an address belongs to an account.
func (s Store) EmailTaken(ctx context.Context, email string) (bool, error) {
	var has bool
	err := s.one(ctx, "EmailTaken", `select exists (select 1 from account where email <> '' and lower(email) = lower($1))`, []any{&has}, email)
	return has, err
}

// NameFree reports whether nobody here has or had a name.
func (s Store) NameFree(ctx context.Context, name string) (bool, error) {
	var free bool
	err := s.one(ctx, "NameFree", `select not exists (select 1 from local_name where name = lower($1))`, []any{&free}, name)
	return free, err
}

// SetPassword changes a password and ends every session but the one that is kept,
// which may be nil.
func (s Store) SetPassword(ctx context.Context, person int64, hash string, keep []byte, at time.Time) error {
	_, err := s.do(ctx, "SetPassword", `with changed as (update account set password = $2, changed_at = $4 where person_id = $1)
		delete from session where person_id = $1 and token is distinct from $3`, person, hash, keep, at)
	return err
}

// SetEmail changes an address; false when somebody else has it.
func (s Store) SetEmail(ctx context.Context, person int64, email string) (bool, error) {
	_, err := s.do(ctx, "SetEmail", `update account set email = $2 where person_id = $1`, person, email)
	return taken(err)
}

// SetSettings keeps how somebody wants to read.
func (s Store) SetSettings(ctx context.Context, person int64, settings account.Settings) error {
	_, err := s.do(ctx, "SetSettings", `update account set settings = $2 where person_id = $1`, person, settings)
	return err
}

// SetTOTP sets or, with an empty secret, ends the second factor.
func (s Store) SetTOTP(ctx context.Context, person int64, secret string, recovery []string) error {
	if recovery == nil {
		recovery = []string{}
	}
	_, err := s.do(ctx, "SetTOTP", `update account set totp = $2, totp_step = 0, recovery = $3 where person_id = $1`, person, secret, recovery)
	return err
}

// TakeStep marks a code of TOTP as used; false when it was, by a request at the same
// moment.
func (s Store) TakeStep(ctx context.Context, person, step int64) (bool, error) {
	n, err := s.do(ctx, "TakeStep", `update account set totp_step = $2 where person_id = $1 and totp_step < $2`, person, step)
	return n == 1, err
}

// TakeRecovery marks a recovery code as used; false when it was meanwhile.
func (s Store) TakeRecovery(ctx context.Context, person int64, was, left []string) (bool, error) {
	n, err := s.do(ctx, "TakeRecovery", `update account set recovery = $3 where person_id = $1 and recovery = $2`, person, was, left)
	return n == 1, err
}

// SetAdmin makes somebody an admin or undoes that.
func (s Store) SetAdmin(ctx context.Context, person int64, admin bool) error {
	_, err := s.do(ctx, "SetAdmin", `update account set admin = $2 where person_id = $1`, person, admin)
	return err
}

// Release lets what somebody posts through from now on; false when it was already.
func (s Store) Release(ctx context.Context, person int64) (bool, error) {
	n, err := s.do(ctx, "Release", `update account set released = true where person_id = $1 and not released`, person)
	return n == 1, err
}

// Member is an account as the admin sees it in a list.
type Member struct {
	Person   forum.Person
	Email    string
	Admin    bool
	Released bool
	Made     time.Time
}

// Members lists accounts, the newest first.
func (s Store) Members(ctx context.Context) ([]Member, error) {
	var u account.Account
	var list []Member
	err := s.each(ctx, "Members", accountFields(&u), func() {
		list = append(list, Member{u.Person, u.Email, u.Admin, u.Released, u.Made})
	}, `select `+accountColumns+` from account u join person a on a.id = u.person_id order by u.made_at desc limit 1000`)
	return list, err
}
