package storage_test

import (
	"strings"
	"testing"
	"time"

	"stoa/storage"
)

// Sweep makes the days ahead and drops those that are over, with what hangs on
// them, and nothing else.
func TestSweep(t *testing.T) {
	n := newNode(t)
	n.exec(`drop table received_` + time.Now().UTC().AddDate(0, 0, 7).Format("20060102"))
	day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format(time.DateOnly) }
	for table, keep := range map[string]int{"log": storage.LogRetention, "received": 14, "seen": 4} {
		for _, ago := range []int{keep - 1, keep, keep + 1, 100} {
			from, to := day(ago), day(ago-1)
			n.exec(`create table if not exists ` + table + `_` + strings.ReplaceAll(from, "-", "") + ` partition of ` + table + ` for values from ('` + from + `') to ('` + to + `')`)
			switch table {
			case "log":
				n.exec(`insert into log (at, xid, seq, verb, lane, actor, subject) values ($1::date + time '12:00', 1, $2, 'submit', 2, '', '')`, from, ago)
			case "received":
				n.exec(`insert into received (at, state, host, actor, activity, family, shard, key, body) values ($1::date + time '12:00', 3, '', '', '', 1, 1, 1, '')`, from)
			default:
				n.exec(`insert into seen (hash, day) values ('x', $1::date)`, from)
			}
		}
	}
	n.exec(`with s as (insert into server (host) values ('a.test') returning id), i as (insert into server_inbox (server_id, url) select id, 'https://a.test/inbox' from s returning *)
		insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq)
		select server_id, id, 1, 1, now() - d * interval '1 day', 1, d from i, unnest(array[1, 100]) d`)
	for range 2 {
		if err := n.db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check(n, "rows of the log", n.number(`select count(*) from log`), 2)
	check(n, "rows received", n.number(`select count(*) from received`), 2)
	check(n, "rows seen", n.number(`select count(*) from seen`), 2)
	check(n, "direct rows", n.number(`select count(*) from outbox_direct`), 1)
	check(n, "days of received from today on", n.number(`select count(*) from pg_inherits where inhparent = 'received'::regclass
		and inhrelid::regclass::text >= 'received_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')`), 8)
}

// A backup that reads for hours must not make the sweep, and everybody behind it,
// wait as long.
func TestSweepGivesWay(t *testing.T) {
	n := newNode(t)
	n.exec(`drop table log_` + time.Now().UTC().AddDate(0, 0, 7).Format("20060102"))
	backup, err := n.db.Pool().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Exec(t.Context(), `lock table log in access share mode`); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Sweep(t.Context()); err == nil {
		t.Error("the sweep went past a reader of the table")
	}
	if err := backup.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.db.Sweep(t.Context()); err != nil {
		t.Errorf("once the reader is gone: %v", err)
	}
	check(n, "connections that still hurry", n.text(`show lock_timeout`), "0")
}
