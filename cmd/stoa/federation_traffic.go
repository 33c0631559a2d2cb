package main

import (
	"context"
	"sync/atomic"
	"time"

	"stoa/federation/deliver"
	"stoa/federation/inbox"
	"stoa/storage"
)

// trafficEvery is how often counts are written. What was counted since is lost
// with a process that is killed: at most so long of a statistic.
const trafficEvery = 10 * time.Second

// traffic counts what comes in and goes out of this process until it is written
// down, so that nobody has to count rows to draw a day.
type traffic struct {
	counts [storage.FlowGivenUp + 1]atomic.Int64 // by storage.Flow
}

func (t *traffic) came(p inbox.Passage, n int) {
	switch p {
	case inbox.Applied:
		t.counts[storage.FlowApplied].Add(int64(n))
	case inbox.Refused:
		t.counts[storage.FlowRefused].Add(int64(n))
	case inbox.Repeated:
		t.counts[storage.FlowRepeated].Add(int64(n))
	case inbox.Deferred:
		t.counts[storage.FlowDeferred].Add(int64(n))
	}
}

func (t *traffic) went(o deliver.Outcome) {
	switch o {
	case deliver.Delivered:
		t.counts[storage.FlowDelivered].Add(1)
	case deliver.Refused:
		t.counts[storage.FlowAnswered].Add(1)
	case deliver.Failed:
		t.counts[storage.FlowFailed].Add(1)
	case deliver.Skipped, deliver.Dropped:
		t.counts[storage.FlowGivenUp].Add(1)
	}
}

// write adds what was counted to the database, and writes nothing when that is
// nothing. After a failure the counts stay for the next time.
func (t *traffic) write(ctx context.Context, db *storage.DB) error {
	counts := map[storage.Flow]int64{}
	for i := range t.counts {
		if n := t.counts[i].Swap(0); n > 0 {
			counts[storage.Flow(i)] = n
		}
	}
	if len(counts) == 0 {
		return nil
	}
	err := db.AddTraffic(ctx, time.Now(), counts)
	if err != nil {
		for flow, n := range counts {
			t.counts[flow].Add(n)
		}
	}
	return err
}

// run writes counts every so often until ctx ends, and then once more.
func (t *traffic) run(ctx context.Context, db *storage.DB, failed func(error)) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(trafficEvery):
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		if err := t.write(last, db); err != nil {
			failed(err)
		}
		cancel()
	}
}
