package private

import (
	"context"
	"errors"
	"time"

	"stoa/federation/account"
	"stoa/storage"
)

// Begin keeps a session that somebody has just signed in with.
func (s Store) Begin(ctx context.Context, person int64, in account.Session) error {
	_, err := s.do(ctx, "Begin", `insert into session (token, person_id, made_at, seen_at, address, agent) values ($1, $2, $3, $3, $4, $5)`,
		in.Token, person, in.Made, in.Address, in.Agent)
	return err
}

// Session finds the account that a browser is signed in to; false when the session
// was ended, was not used for account.KeepSession, or its owner is gone. It notes,
// to the hour, that the session is used. notices and messages are how many they have
// not seen, each up to 100; of messages, from those whom they want to hear from.
func (s Store) Session(ctx context.Context, token []byte, now time.Time) (u account.Account, notices, messages int, ok bool, err error) {
	var seen time.Time
	err = s.one(ctx, "Session", `select `+accountColumns+`, s.seen_at,
			(select count(*) from (select 1 from notice n where n.person_id = s.person_id and not n.seen limit 100) x),
			(select count(*) from (select 1 from message m join conversation v on v.person_id = m.to_id and v.with_id = m.author_id and v.state = 2
				where m.to_id = s.person_id and not m.seen limit 100) x)
		from session s join account u on u.person_id = s.person_id join person a on a.id = s.person_id
		where s.token = $1 and s.seen_at > $2 and not a.gone`, append(accountFields(&u), &seen, &notices, &messages), token, now.Add(-account.KeepSession))
	if errors.Is(err, storage.ErrNotFound) {
		return u, 0, 0, false, nil
	}
	if err == nil && now.Sub(seen) > time.Hour {
		_, err = s.do(ctx, "Session", `update session set seen_at = $2 where token = $1`, token, now)
	}
	return u, notices, messages, err == nil, err
}

// Sessions lists where somebody is signed in, the last used first.
func (s Store) Sessions(ctx context.Context, person int64) ([]account.Session, error) {
	var in account.Session
	var list []account.Session
	err := s.each(ctx, "Sessions", []any{&in.Token, &in.Made, &in.Seen, &in.Address, &in.Agent}, func() {
		list = append(list, in)
		in.Token = nil // the next row gets bytes of its own
	}, `select token, made_at, seen_at, address, agent from session where person_id = $1 order by seen_at desc, made_at desc limit 100`, person)
	return list, err
}

// End ends one session of somebody; false when they have none such.
func (s Store) End(ctx context.Context, person int64, token []byte) (bool, error) {
	n, err := s.do(ctx, "End", `delete from session where person_id = $1 and token = $2`, person, token)
	return n > 0, err
}

// EndOthers ends all sessions of somebody but one.
func (s Store) EndOthers(ctx context.Context, person int64, keep []byte) (int, error) {
	return s.do(ctx, "EndOthers", `delete from session where person_id = $1 and token is distinct from $2`, person, keep)
}

// Sweep drops sessions, links and reports of messages that have run out, and forgets where from and with
// what somebody signed in a week ago.
func (s Store) Sweep(ctx context.Context, now time.Time) error {
	_, err := s.do(ctx, "Sweep", `delete from session where seen_at < $1`, now.Add(-account.KeepSession))
	if err == nil {
		_, err = s.do(ctx, "Sweep", `update session set address = '', agent = '' where made_at < $1 and (address <> '' or agent <> '')`, now.Add(-account.KeepAddresses))
	}
	if err == nil {
		_, err = s.do(ctx, "Sweep", `delete from one_time_link where expires_at < $1`, now)
	}
	if err == nil {
		_, err = s.do(ctx, "Sweep", `delete from message_report where at < $1`, now.Add(-keepReports))
	}
	return err
}

// Send keeps what a link is for.
func (s Store) Send(ctx context.Context, token []byte, l account.Link) error {
	_, err := s.do(ctx, "Send", `insert into one_time_link (token, purpose, person_id, name, email, password, expires_at) values ($1, $2, nullif($3, 0), $4, $5, $6, $7)`,
		token, l.Purpose, l.Person, l.Name, l.Email, l.Password, l.Expires)
	return err
}

// Link finds what a link is for, without using it up; storage.ErrNotFound when it
// was used or has run out.
func (s Store) Link(ctx context.Context, token []byte, now time.Time) (account.Link, error) {
	return s.link(ctx, `select purpose, coalesce(person_id, 0), name, email, password, expires_at from one_time_link where token = $1 and expires_at > $2`, token, now)
}

// TakeLink finds what a link is for and uses it up.
func (s Store) TakeLink(ctx context.Context, token []byte, now time.Time) (account.Link, error) {
	return s.link(ctx, `delete from one_time_link where token = $1 and expires_at > $2 returning purpose, coalesce(person_id, 0), name, email, password, expires_at`, token, now)
}

func (s Store) link(ctx context.Context, sql string, token []byte, now time.Time) (account.Link, error) {
	var l account.Link
	err := s.one(ctx, "Link", sql, []any{&l.Purpose, &l.Person, &l.Name, &l.Email, &l.Password, &l.Expires}, token, now)
	return l, err
}

// DropLinks takes back the links of one purpose: those of a person, or of nobody
// where person is 0.
func (s Store) DropLinks(ctx context.Context, purpose account.Purpose, person int64) error {
	_, err := s.do(ctx, "DropLinks", `delete from one_time_link where purpose = $1 and coalesce(person_id, 0) = $2`, purpose, person)
	return err
}
