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
// There is one at a time for each id.
type FetchObject struct {
	IRI string `json:"iri" river:"unique"`
	// Via is the id of the community that announced what refers to it: the object
	// may then be part of that community's threads.
	Via string `json:"via,omitempty"`
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

// enqueueFetch asks for an object in the transaction that found it missing.
func (t *Tx) enqueueFetch(ctx context.Context, iri, via string) error {
	if iri == "" {
		return nil
	}
	if _, err := t.jobs.InsertTx(ctx, t.tx, FetchObject{IRI: iri, Via: via}, nil); err != nil {
		return fmt.Errorf("storage: enqueue fetch of %q: %w", iri, err)
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
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.enqueueFetch(ctx, iri, via) })
}
