package storage_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/storagetest"
)

func TestBind(t *testing.T) {
	db := open(t, storagetest.DSN(t, migrated))
	if url, err := db.URL(t.Context()); err != nil || url != "" {
		t.Fatalf("before the first start: %q, %v", url, err)
	}
	for _, same := range []string{base, base + "/", base} {
		if err := db.Bind(t.Context(), same); err != nil {
			t.Fatalf("%s: %v", same, err)
		}
	}
	var other *storage.ErrOtherURL
	if err := db.Bind(t.Context(), "https://elsewhere.test"); !errors.As(err, &other) || other.Have != base {
		t.Errorf("another url: got %v, want ErrOtherURL", err)
	}
	if url, err := db.URL(t.Context()); err != nil || url != base {
		t.Errorf("kept %q, %v", url, err)
	}
	since, err := db.Reader().Since(t.Context())
	if err != nil || time.Since(since) > time.Hour {
		t.Errorf("made %v, %v", since, err)
	}
}

// position of a new row of the log.
func (n *node) position() (xid, seq int64) {
	n.Helper()
	n.submit(said(n.author(), n.place(), "a row"))
	if err := n.db.Pool().QueryRow(n.Context(), `select xid, seq from log order by xid desc, seq desc limit 1`).Scan(&xid, &seq); err != nil {
		n.Fatal(err)
	}
	return xid, seq
}

// author and place are somebody and somewhere of ours, made when first asked for.
func (n *node) author() forum.Person {
	n.Helper()
	p, err := n.db.Reader().Person(n.Context(), "author", "")
	if err != nil {
		p = n.person("author")
	}
	return p
}

func (n *node) place() forum.Community {
	n.Helper()
	c, err := n.db.Reader().Community(n.Context(), "place", "")
	if err != nil {
		c = n.community("place")
	}
	return c
}

// A database restored into a cluster whose transaction ids begin anew goes on
// with positions above all that are kept, wherever they are kept.
func TestBindAfterRestore(t *testing.T) {
	const old = 7_000_000_000
	for where, sql := range map[string]string{
		"log": `insert into log (at, xid, seq, verb, lane, actor, subject) values (now(), %d, 1, 'submit', 2, '', '')`,
		"audience": `with s as (insert into server (host) values ('a.test') returning id), i as (insert into server_inbox (server_id, url)
			select id, 'https://a.test/inbox' from s returning id, server_id), c as (select id from community limit 1)
			insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) select c.id, i.id, i.server_id, %d, 1 from i, c`,
		"lane": `with s as (insert into server (host) values ('a.test') returning id)
			insert into delivery_lane (server_id, lane, low_xid, low_seq, low_at) select id, 2, %d, 1, now() from s`,
		"server": `insert into server (host, touched_xid) values ('a.test', %d)`,
		"reader": `update log_reader set xid = %d`,
	} {
		t.Run(where, func(t *testing.T) {
			n := newNode(t)
			n.position()
			n.exec(fmt.Sprintf(sql, old))
			for range 2 { // the second start changes nothing more
				if err := n.db.Bind(t.Context(), base); err != nil {
					t.Fatal(err)
				}
			}
			offset := n.number(`select xid_offset from node`)
			xid, _ := n.position()
			if xid <= old {
				t.Errorf("a new row is at %d, not above %d", xid, old)
			}
			if horizon := n.number(`select log_horizon()`); int64(horizon) <= xid {
				t.Errorf("the horizon %d hides the new row at %d", horizon, xid)
			}
			if err := n.db.Bind(t.Context(), base); err != nil {
				t.Fatal(err)
			}
			check(n, "offset after another start", n.number(`select xid_offset from node`), offset)
		})
	}
}

// One writer takes its number and sleeps, another takes a later one and commits:
// a reader that stops below the horizon does not pass the first.
func TestHorizon(t *testing.T) {
	n := newNode(t)
	author, place := n.author(), n.place()
	// read returns what a reader sees that has read up to after.
	read := func(after int64) (seqs []int64, horizon int64) {
		t.Helper()
		rows, err := n.db.Pool().Query(t.Context(), `select seq, log_horizon() from log where xid >= $1 and xid < log_horizon() order by xid, seq`, after)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var seq int64
			if err := rows.Scan(&seq, &horizon); err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, seq)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return seqs, horizon
	}
	first, _ := read(0)
	asleep, awake, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		done <- n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			out, err := n.forum.Submit(ctx, tx, []forum.Submit{said(author, place, "slow")})
			if err == nil {
				err = accepted(out[0], nil)
			}
			close(asleep)
			<-awake
			return err
		})
	}()
	<-asleep
	n.submit(said(n.person("quick"), n.community("quickly"), "quick")) // where nobody waits for the other
	if during, _ := read(0); len(during) != len(first) {
		t.Errorf("with a writer asleep a reader sees %d rows more", len(during)-len(first))
	}
	close(awake)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if after, _ := read(0); len(after) != len(first)+2 {
		t.Errorf("in the end a reader sees %d rows more, want 2", len(after)-len(first))
	}
}

func TestLocalKeys(t *testing.T) {
	n := newNode(t)
	c := n.community("gardening")
	key, ok, err := n.db.LocalKey(t.Context(), c.URI)
	if err != nil || !ok || key.PrivatePEM != "secret of gardening" || key.KeyID != c.URI+"#main-key" {
		t.Errorf("the community's key: %+v, %v, %v", key, ok, err)
	}
	if _, ok, err = n.db.LocalKey(t.Context(), base+"/"); ok || err != nil {
		t.Errorf("a key nobody made: %v, %v", ok, err)
	}
	mine := storage.LocalKey{Owner: base + "/", KeyID: base + "/#main-key", PrivatePEM: "first"}
	for _, pem := range []string{"first", "second"} {
		k := mine
		k.PrivatePEM = pem
		kept, err := n.db.AddLocalKey(t.Context(), k)
		if err != nil || kept != mine {
			t.Errorf("adding the %s: %+v, %v", pem, kept, err)
		}
	}
}

// A name is taken for ever and by one alone, whatever it names.
func TestNames(t *testing.T) {
	n := newNode(t)
	n.community("gardening")
	n.person("ada")
	found := func(name string, person bool) (out forum.Outcome) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			if person {
				out, err = n.forum.FoundPerson(ctx, tx, forum.NewActor{Name: name})
			} else {
				out, err = n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: name})
			}
			return err
		})
		return out
	}
	for _, name := range []string{"gardening", "ada"} {
		n.refusedFor(found(name, true), "name-taken")
		n.refusedFor(found(name, false), "name-taken")
	}
	n.exec(`delete from local_key; delete from person; delete from community`)
	n.refusedFor(found("ada", false), "name-taken")
	n.refusedFor(found("Ada", false), "bad-name")
	// A refusal, or a transaction that fails, takes no name.
	failed := errors.New("on purpose")
	err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if _, err := n.forum.FoundCommunity(ctx, tx, forum.NewActor{Name: "later"}); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if o := found("later", false); o.Refused != nil || !o.Fresh || o.ID == 0 {
		t.Errorf("after a rollback: %+v", o)
	}
}

func TestHostOf(t *testing.T) {
	for uri, want := range map[string]string{
		"https://Example.TEST/users/a": "example.test", "http://a.localhost:8501/x": "a.localhost:8501", "nonsense": "", "https://%": "",
	} {
		if got := storage.HostOf(uri); got != want {
			t.Errorf("HostOf(%q) = %q, want %q", uri, got, want)
		}
	}
}
