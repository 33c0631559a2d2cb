package storage_test

import (
	"strings"
	"testing"
	"time"

	"stoa/storage"
)

// grows says how a row of a day gets into each table that is cut by day.
var grows = map[string]string{
	"log":           `insert into log (at, xid, seq, verb, lane, actor, subject) values ($1::date + time '12:00', 1, 1, 'submit', 2, '', '')`,
	"outbox_direct": `insert into outbox_direct (server_id, inbox_id, lane, form, at, xid, seq) values (1, 1, 1, 1, $1::date + time '12:00', 1, 1)`,
	"delivery_skip": `insert into delivery_skip (server_id, inbox_id, lane, form, at, xid, seq, tries, status, reason, skipped_at)
		values (1, 1, 1, 1, now(), 1, 1, 8, 500, '', $1::date + time '12:00')`,
	"received":     `insert into received (at, state, host, actor, activity, family, shard, key, body) values ($1::date + time '12:00', 3, '', '', '', 1, 1, 1, '')`,
	"seen":         `insert into seen (hash, day) values ('x', $1::date)`,
	"early_delete": `insert into early_delete (day, uri, by, at, undone) values ($1::date, '', '', now(), false)`,
}

func retention(n *node) []storage.Kept {
	n.Helper()
	kept, err := n.db.Retention(n.Context())
	if err != nil {
		n.Fatal(err)
	}
	return kept
}

// Sweep makes the days ahead and drops those that are over, with what hangs on
// them, and nothing else.
func TestSweep(t *testing.T) {
	n := newNode(t)
	n.exec(`drop table received_` + time.Now().UTC().AddDate(0, 0, 1).Format("20060102"))
	day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format(time.DateOnly) }
	kept := retention(n)
	for _, k := range kept {
		if grows[k.Table] == "" {
			t.Fatalf("say here how %s grows", k.Table)
		}
		for _, ago := range []int{k.Days - 1, k.Days, k.Days + 1, 100} {
			from, to := day(ago), day(ago-1)
			n.exec(`create table if not exists ` + k.Table + `_` + strings.ReplaceAll(from, "-", "") + ` partition of ` + k.Table + ` for values from ('` + from + `') to ('` + to + `')`)
			n.exec(grows[k.Table], from)
		}
	}
	for range 2 {
		if err := n.db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range kept {
		check(n, "rows of "+k.Table, n.number(`select count(*) from `+k.Table), 2)
	}
	check(n, "days of received from today on", n.number(`select count(*) from pg_inherits where inhparent = 'received'::regclass
		and inhrelid::regclass::text >= 'received_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')`), 4)
}

// What is kept can be looked up: how many days of each table, what they take, and
// what a day adds.
func TestRetention(t *testing.T) {
	n := newNode(t)
	before := map[string]storage.Kept{}
	for _, k := range retention(n) {
		before[k.Table] = k
	}
	check(n, "tables", len(before), len(grows))
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	for table, sql := range grows {
		check(n, "days of "+table, before[table].Have, 3)
		n.exec(sql, yesterday)
	}
	for _, k := range retention(n) {
		was := before[k.Table]
		if k.Days < 4 || k.Bytes <= was.Bytes || k.LastDay <= was.LastDay || k.Bytes-was.Bytes != k.LastDay-was.LastDay {
			t.Errorf("%s: %+v, before a row of yesterday %+v", k.Table, k, was)
		}
		check(n, "budget of "+k.Table, k.Budget(), int64(k.Days)*k.LastDay)
	}
}

// A backup that reads for hours must not make the sweep, and everybody behind it,
// wait as long.
func TestSweepGivesWay(t *testing.T) {
	n := newNode(t)
	n.exec(`drop table log_` + time.Now().UTC().AddDate(0, 0, 1).Format("20060102"))
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
