package private_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/storage/storagetest"
)

// migrated leaves the schema in an empty database.
func migrated(ctx context.Context, dsn string) error {
	db, err := storage.Open(ctx, dsn, storage.Options{})
	if err == nil {
		db.Close()
	}
	return err
}

// noon is when everything here happens.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// node is a database with two people in it.
type node struct {
	*testing.T
	db       *storage.DB
	own      private.Store
	ann, bob int64
}

func newNode(t *testing.T) *node {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.DSN(t, migrated), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	n := &node{T: t, db: db, own: private.Of(db)}
	n.ann, n.bob = n.person("ann"), n.person("bob")
	return n
}

func (n *node) person(name string) (id int64) {
	n.Helper()
	err := n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
		id, err = tx.InsertPerson(ctx, forum.Person{URI: "https://node.test/u/" + name, Name: name, Host: "node.test", KeyID: name, Published: noon}, "key")
		return err
	})
	if err != nil {
		n.Fatal(err)
	}
	return id
}

func (n *node) open(person int64, email string) {
	n.Helper()
	if ok, err := n.own.Open(n.Context(), person, account.Account{Email: email, Password: "hash", Released: true}, noon); !ok || err != nil {
		n.Fatal(ok, err)
	}
}

func (n *node) must(err error) {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "Ann@Mail.test")
	n.open(n.bob, "")
	for name, want := range map[string]int64{"ann": n.ann, "ANN": n.ann, "ann@mail.test": n.ann, "bob": n.bob, "": 0, "nobody": 0, "ann@": 0} {
		u, err := n.own.Login(t.Context(), name)
		if want == 0 {
			if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%q: %v", name, err)
			}
			continue
		}
		n.must(err)
		if u.Person.ID != want {
			t.Errorf("%q is %d, want %d", name, u.Person.ID, want)
		}
	}
	if ok, err := n.own.SetEmail(t.Context(), n.bob, "ann@MAIL.test"); ok || err != nil {
		t.Errorf("two have one address: %v %v", ok, err)
	}
	n.must(n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.SQL().Exec(ctx, `update person set gone = true where id = $1`, n.ann)
		return err
	}))
	if _, err := n.own.Login(t.Context(), "ann"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("somebody who is gone signs in: %v", err)
	}
}

func TestSessions(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	n.open(n.bob, "")
	token, kept := account.NewToken()
	_, other := account.NewToken()
	n.must(n.own.Begin(t.Context(), n.ann, account.Session{Token: kept, Made: noon, Address: "192.0.2.1", Agent: "Browser"}))
	n.must(n.own.Begin(t.Context(), n.ann, account.Session{Token: other, Made: noon.Add(time.Minute)}))

	u, _, _, ok, err := n.own.Session(t.Context(), account.Digest(token), noon.Add(2*time.Hour))
	if err != nil || !ok || u.Person.ID != n.ann {
		t.Fatal(u.Person.ID, ok, err)
	}
	list, err := n.own.Sessions(t.Context(), n.ann)
	n.must(err)
	if len(list) != 2 || !slices.Equal(list[0].Token, kept) || !list[0].Seen.Equal(noon.Add(2*time.Hour)) || list[0].Agent != "Browser" {
		t.Errorf("%+v", list)
	}
	if ok, err := n.own.End(t.Context(), n.bob, kept); ok || err != nil {
		t.Errorf("somebody ends the session of another: %v %v", ok, err)
	}
	if _, _, _, ok, _ := n.own.Session(t.Context(), kept, noon.Add(2*time.Hour+account.KeepSession)); ok {
		t.Error("a session lasts for ever")
	}
	n.must(n.own.Sweep(t.Context(), noon.Add(account.KeepAddresses+time.Hour)))
	list, err = n.own.Sessions(t.Context(), n.ann)
	n.must(err)
	if len(list) != 2 || list[0].Address != "" || list[0].Agent != "" {
		t.Errorf("after a week: %+v", list)
	}
	n.must(n.own.SetPassword(t.Context(), n.ann, "another", other, noon))
	if _, _, _, ok, err := n.own.Session(t.Context(), kept, noon); ok || err != nil {
		t.Errorf("a session outlives its password: %v", err)
	}
	if u, _, _, ok, err := n.own.Session(t.Context(), other, noon); !ok || err != nil || u.Password != "another" {
		t.Errorf("whoever changed it is out: %v", err)
	}
}

func TestLinksWorkOnce(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	token, kept := account.NewToken()
	n.must(n.own.Send(t.Context(), kept, account.Link{Purpose: account.ForPassword, Person: n.ann, Expires: noon.Add(time.Hour)}))
	if l, err := n.own.Link(t.Context(), account.Digest(token), noon); err != nil || l.Person != n.ann || l.Purpose != account.ForPassword {
		t.Fatal(l, err)
	}
	if _, err := n.own.TakeLink(t.Context(), kept, noon.Add(2*time.Hour)); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a link lasts too long: %v", err)
	}
	if _, err := n.own.TakeLink(t.Context(), kept, noon); err != nil {
		t.Error(err)
	}
	if _, err := n.own.TakeLink(t.Context(), kept, noon); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a link works twice: %v", err)
	}
}

func TestSettingsAndFactors(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	want := account.Settings{Theme: "dark", Keywords: []string{"spoilers"}}
	n.must(n.own.SetSettings(t.Context(), n.ann, want))
	_, kept := account.NewRecovery()
	n.must(n.own.SetTOTP(t.Context(), n.ann, "SECRET", kept))
	u, err := n.own.Account(t.Context(), n.ann)
	n.must(err)
	if u.Settings.Theme != "dark" || !slices.Equal(u.Settings.Keywords, want.Keywords) || u.TOTP != "SECRET" || len(u.Recovery) != len(kept) {
		t.Errorf("%+v", u)
	}
	for i, want := range []bool{true, false} {
		if ok, err := n.own.TakeStep(t.Context(), n.ann, 7); ok != want || err != nil {
			t.Errorf("use %d of one code: %v %v", i+1, ok, err)
		}
		if ok, err := n.own.TakeRecovery(t.Context(), n.ann, kept, kept[1:]); ok != want || err != nil {
			t.Errorf("use %d of one recovery code: %v %v", i+1, ok, err)
		}
	}
	has, err := n.own.HasAdmin(t.Context())
	n.must(err)
	n.must(n.own.SetAdmin(t.Context(), n.ann, true))
	had, err := n.own.HasAdmin(t.Context())
	n.must(err)
	if has || !had {
		t.Errorf("an admin: before %v, after %v", has, had)
	}
	list, err := n.own.Members(t.Context())
	n.must(err)
	if len(list) != 1 || list[0].Person.Name != "ann" || !list[0].Admin {
		t.Errorf("%+v", list)
	}
}

// What somebody is in a community: a moderator, an admin of the node, banned until a
// ban has run out.
func TestStanding(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	var c int64
	n.must(n.db.Pool().QueryRow(t.Context(), `insert into community (uri, name, host, local, inbox, followers_url, key_id, published_at)
		values ('https://node.test/c/go', 'go', 'node.test', true, 'i', 'f', 'k', now()) returning id`).Scan(&c))
	ann := forum.Person{ID: n.ann, URI: "https://node.test/u/ann"}
	is := func(want forum.Standing) {
		t.Helper()
		if have, err := n.own.Standing(t.Context(), ann, c); err != nil || have != want {
			t.Errorf("%+v, %v; want %+v", have, err, want)
		}
	}
	do := func(sql string, args ...any) {
		t.Helper()
		_, err := n.db.Pool().Exec(t.Context(), sql, args...)
		n.must(err)
	}
	is(forum.Standing{})
	do(`insert into moderator (community_id, person_uri) values ($1, $2)`, c, ann.URI)
	is(forum.Standing{Moderator: true})
	do(`update account set admin = true where person_id = $1`, ann.ID)
	is(forum.Standing{Moderator: true, Admin: true})
	do(`insert into ban (community_id, person_id, at, until) values ($1, $2, now(), now() - interval '1 second')`, c, ann.ID)
	is(forum.Standing{Moderator: true, Admin: true})
	do(`update ban set until = null`)
	is(forum.Standing{Moderator: true, Admin: true, Banned: true})
}
