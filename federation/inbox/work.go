package inbox

import (
	"context"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

const (
	workBatch = 256
	// workPause is the shortest time between two looks for work, unless there was
	// a full batch: a batch of three costs nearly as much as one of thirty.
	workPause = 30 * time.Millisecond
	// restMost is the longest that a worker rests because its last turn took long.
	restMost = 100 * time.Millisecond
	// lostPause is the same after others had all there was.
	lostPause = 50 * time.Millisecond
	sweepWait = 10 * time.Second
)

// workLoop applies what is ready, family by family: members before what they
// write, and that before the votes on it.
func (in *Inbox) workLoop(ctx context.Context) {
	single := 0 // after a batch that failed, so many rows one by one
	for ctx.Err() == nil {
		worked, looked := 0, time.Now()
		families, err := in.o.DB.ReadyFamilies(ctx)
		if err != nil {
			in.pause(ctx, "inbox: looking for work", err)
		}
		for _, family := range families {
			limit := workBatch
			if single > 0 {
				limit = 1
			}
			rows, verdicts, err := in.o.DB.Work(ctx, family, limit, in.apply)
			worked += len(rows)
			switch {
			case err == nil:
				single = max(0, single-len(rows))
				for i, row := range rows {
					in.report(row, verdicts[i])
				}
			case ctx.Err() != nil:
				return
			case storage.Down(err):
				in.pause(ctx, "inbox: storage is away", err)
			case storage.Retryable(err):
				in.pause(ctx, "inbox: others were in the way", err)
			case len(rows) == 1:
				in.setAside(ctx, rows[0], err)
				single = max(0, single-1)
			default:
				in.o.Log.Warn("inbox: a batch failed and is tried one by one", "rows", len(rows), "err", err)
				single = max(1, len(rows))
			}
		}
		if worked >= workBatch {
			continue
		}
		// At most half of the time is work: what comes while a worker rests is in its
		// next batch, which costs hardly more, and people find the processor free.
		took := time.Since(looked)
		wait := max(workPause-took, min(took, restMost))
		if worked == 0 && len(families) > 0 {
			wait = lostPause - took
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		if worked > 0 {
			continue
		}
		single = 0
		select {
		case <-ctx.Done():
		case <-in.ready:
		case <-time.After(idlePoll):
		}
	}
}

// report tells what became of a row, once it is in Postgres.
func (in *Inbox) report(row storage.Received, v storage.Verdict) {
	outcome := "applied"
	switch v.State {
	case storage.StateWaiting:
		outcome = "waiting"
	case storage.StateRefused:
		outcome = "refused"
	}
	in.counts.judged.WithLabelValues(outcome).Inc()
	switch outcome {
	case "applied":
		in.observe(Applied, 1)
	case "refused":
		in.observe(Refused, 1)
	}
	in.o.Log.Info("activity", "type", row.Type, "actor", row.Actor, "id", row.Activity,
		"outcome", outcome, "reason", v.Reason, "needs", v.Needs)
}

// setAside keeps one row that cannot be applied from holding up the others.
func (in *Inbox) setAside(ctx context.Context, row storage.Received, why error) {
	in.o.Log.Error("inbox: failed", "type", row.Type, "actor", row.Actor, "id", row.Activity, "err", why, "stack", stackOf(why))
	in.counts.judged.WithLabelValues("failed").Inc()
	in.observe(Refused, 1)
	err := in.o.DB.Judge(ctx, []storage.Received{row}, []storage.Verdict{{State: storage.StateFailed, Reason: why.Error(), Private: forFew(row)}})
	if err != nil {
		in.pause(ctx, "inbox: setting a row aside", err)
	}
}

// wakeLoop looks again at what has waited long enough.
func (in *Inbox) wakeLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepWait):
		}
		if err := in.tidy(ctx); err != nil {
			in.pause(ctx, "inbox: taking away what was deleted", err)
			continue
		}
		if err := in.lookAtCrowds(ctx); err != nil {
			in.pause(ctx, "inbox: looking at crowds", err)
			continue
		}
		n, err := in.o.DB.WakeDue(ctx)
		if err != nil {
			in.pause(ctx, "inbox: waking", err)
			continue
		}
		if n > 0 {
			ring(in.ready)
		}
	}
}

// tidySteps bounds how long others wait for one who wrote a hundred thousand
// comments: the rest follows the next time.
const tidySteps = 20

// sweepOn goes on with sweeps of moderators, and says how far they are.
func (in *Inbox) sweepOn(ctx context.Context) error {
	total := 0
	for more, steps := true, 0; more && steps < tidySteps; steps++ {
		var done forum.Swept
		err := in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
			done, more, err = in.o.Forum.SweepOn(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
		total += done.N
	}
	if total > 0 {
		in.o.Log.Info("inbox: swept along with acts of moderators", "posts and comments", total)
	}
	return nil
}

// tidy deletes what people wrote who are gone, in small steps, and destroys the
// words of what was deleted long ago.
func (in *Inbox) tidy(ctx context.Context) error {
	if err := in.sweepOn(ctx); err != nil {
		return err
	}
	for more, steps := true, 0; more && steps < tidySteps; steps++ {
		var err error
		if more, err = in.o.DB.EmptyGone(ctx); err != nil {
			return err
		}
	}
	_, err := in.o.DB.BlankDeleted(ctx)
	return err
}
