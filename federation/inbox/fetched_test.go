package inbox

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"stoa/federation/fetch"
	"stoa/storage"
)

// Whoever begins to wait for an object in the very moment in which it is found
// is told as well.
func TestNobodyIsForgottenWhenAFetchEnds(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{}) // before every request
	close(gate)
	var closed atomic.Pointer[chan struct{}]
	closed.Store(&gate)
	s := meetWith(t, func(o *Options) {
		o.Client = fetch.New(fetch.Options{
			BaseURL: o.BaseURL, Version: "test", Dev: true, Timeout: 30 * time.Second,
			Blocked: func(ctx context.Context, _ string) (bool, error) {
				select {
				case <-*closed.Load():
				case <-ctx.Done():
				}
				return false, nil
			},
		})
		t.Cleanup(o.Client.Close)
	})
	root := s.thread()
	parent := answering(s.zoe, root, "parent")
	first, second := answering(s.eve, object(parent), "first"), answering(s.bob, object(parent), "second")
	shut := make(chan struct{})
	closed.Store(&shut)

	// Transactions that make the second wait stand still at their commit, and
	// nothing is looked at again by itself.
	s.looksNoMore()
	release := s.standsStill(`update on received`, `new.state = 2 and new.activity = '`+second["id"].(string)+`'`)

	s.send(first, s.other)
	s.until(1, `select count(*) from river_job where state = 'running'`)
	s.until(1, `select count(*) from received where state = 2 and activity = $1`, first["id"])
	s.send(second, s.home)
	s.until(1, `select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`)

	close(shut)
	s.until(1, `select count(*) from comment where uri = $1`, object(parent))
	s.until(1, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
		and wait_event <> 'advisory' and query like '%river_job%'`)
	release()
	s.until(2, `select count(*) from comment where uri in ($1, $2)`, object(first), object(second))
}

func TestFetchesOfOneDomainAreBudgeted(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	for range perOrigin {
		if !n.in.fetches.spend("example.org") {
			t.Fatal("refused too early")
		}
	}
	job := &river.Job[storage.FetchObject]{Args: storage.FetchObject{IRI: "https://made-up.example.org/1"}}
	err := n.in.Fetcher().Work(n.ctx, job)
	if _, ok := err.(*river.JobSnoozeError); !ok { //nolint:errorlint // River compares it so as well
		t.Errorf("%v, want a snooze", err)
	}
	n.ahead.Add(int64(61 * time.Second))
	if !n.in.fetches.spend("example.org") {
		t.Error("a budget is never filled again")
	}
}

// What is gone where it is from, and comes from a community in that very moment, is found by
// those who wait for it.
func TestNobodyWaitsForWhatComesAsItIsFoundGone(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	parent := answering(s.zoe, root, "parent")
	between := answering(s.bob, object(parent), "between")
	s.home.Gone(object(parent))
	s.looksNoMore()
	release := s.standsStill(`insert on comment`, `new.uri = '`+object(parent)+`'`)
	s.send(parent, s.home)
	s.until(1, `select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`)
	answer := answering(s.eve, object(between), "answer")
	s.send(answer, s.other)
	for s.number(`select count(distinct shard) from received where activity in ($1, $2)`, parent["id"], answer["id"]) == 1 {
		// It is worked on by whoever stands still: the hash of one in sixteen is like that.
		answer = answering(s.eve, object(between), "answer")
		s.send(answer, s.other)
	}
	// Its fetch has been told that what stands between answers what is gone, and ends or
	// is about to.
	s.until(1, `select count(*) where exists (select 1 from river_job where state = 'completed' and args->>'iri' = $1) or
		2 = (select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'advisory')`, object(between))
	release()
	s.until(2, `select count(*) from comment where uri in ($1, $2)`, object(between), object(answer))
}

// What comes is not held back by what waits for it, whoever sent that first.
func TestAVoteDoesNotHoldBackWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	s := meet(t)
	root := s.thread()
	late := answering(s.zoe, root, "late")
	s.home.Gone(object(late))
	s.looksNoMore()
	s.send(s.zoe.Like(object(late), s.community), s.home)
	s.until(1, `select count(*) from river_job where state = 'completed' and args->>'iri' = $1`, object(late))
	s.until(1, `select count(*) from received where state = 2`)
	s.send(late, s.home)
	s.until(1, `select count(*) from comment where uri = $1`, object(late))
	s.until(0, `select count(*) from received where state < 3`)
}

// looksNoMore has nothing that waits looked at again by itself.
func (s *strangers) looksNoMore() {
	s.t.Helper()
	s.sql(`create function never() returns trigger language plpgsql as $$ begin new.next_at := 'infinity'; return new; end $$`,
		`create trigger never before update on received for each row when (new.state = 2) execute function never()`)
}

// standsStill keeps transactions that change such rows at their commit, until release.
func (s *strangers) standsStill(change, when string) (release func()) {
	s.t.Helper()
	s.sql(`create function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(42); return null; end $$`,
		`create constraint trigger hold after `+change+` deferrable initially deferred for each row when (`+when+`) execute function hold()`)
	lock, err := s.db.Pool().Acquire(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(lock.Release)
	ask := func(sql string) {
		s.t.Helper()
		if _, err := lock.Exec(s.ctx, sql); err != nil {
			s.t.Fatal(err)
		}
	}
	ask(`select pg_advisory_lock(42)`)
	return func() { ask(`select pg_advisory_unlock(42)`) }
}

func (s *strangers) sql(statements ...string) {
	s.t.Helper()
	for _, sql := range statements {
		if _, err := s.db.Pool().Exec(s.ctx, sql); err != nil {
			s.t.Fatal(err)
		}
	}
}
