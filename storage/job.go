package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// FetchObject is the job of getting an object that something received refers to.
// There is one at a time for each id and way to it.
type FetchObject struct {
	IRI string `json:"iri" river:"unique"`
	// Via is the id of the community that announced what refers to it: the object
	// may then be part of that community's threads.
	Via string `json:"via,omitempty" river:"unique"`
}

// Kind implements river.JobArgs.
func (FetchObject) Kind() string { return "fetch_object" }

// InsertOpts implements river.JobArgsWithInsertOpts. Completed is left out of the
// states that block a second job: an object may be asked for again.
func (FetchObject) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 6,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateScheduled, rivertype.JobStateRetryable,
		}},
	}
}

// enqueueFetches asks for objects in the transaction that found them missing.
func (t *Tx) enqueueFetches(ctx context.Context, fetches []FetchObject) error {
	var jobs []river.InsertManyParams
	asked := map[FetchObject]bool{}
	for _, f := range fetches {
		if f.IRI != "" && !asked[f] {
			asked[f] = true
			jobs = append(jobs, river.InsertManyParams{Args: f})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	if _, err := t.jobs.InsertManyTx(ctx, t.tx, jobs); err != nil {
		return fmt.Errorf("storage: enqueue fetches: %w", err)
	}
	return nil
}

// EndFetch completes a job in the transaction of its last effect. It comes
// before Wake and GiveUp: whoever wants the same object meanwhile has been told
// that this job gets it, and holds the job's row until they are in the list of
// those waiting. So this waits for them, and nobody is forgotten.
func (t *Tx) EndFetch(ctx context.Context, job *river.Job[FetchObject]) error {
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, t.tx, job); err != nil {
		return fmt.Errorf("storage: complete fetch of %q: %w", job.Args.IRI, err)
	}
	return nil
}

func newInserter(db *DB) (*river.Client[pgx.Tx], error) {
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{})
	if err != nil {
		return nil, fmt.Errorf("storage: jobs: %w", err)
	}
	return client, nil
}

// EnqueueFetch asks for an object in a transaction of its own.
func (db *DB) EnqueueFetch(ctx context.Context, iri, via string) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.enqueueFetches(ctx, []FetchObject{{IRI: iri, Via: via}})
	})
}
