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
	// Asker is the domain on whose behalf it is asked for; who wants the same
	// later joins. Empty where nobody pays for it.
	Asker string `json:"asker,omitempty"`
	// Refresh asks for what is known already, since it is said to have changed.
	Refresh bool `json:"refresh,omitempty" river:"unique"`
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

// maxOpen is how many objects are asked for at one time on behalf of one asker.
const maxOpen = 100

// affordable counts what is asked for already on behalf of these askers, and
// returns which of the fetches may be asked for besides.
func (t *Tx) affordable(ctx context.Context, fetches []FetchObject) (map[FetchObject]bool, error) {
	may := map[FetchObject]bool{}
	var askers []string
	for _, f := range fetches {
		if f.Asker != "" {
			askers = append(askers, f.Asker)
		}
	}
	open := map[string]int{}
	if len(askers) > 0 {
		var asker string
		var n int
		err := each(ctx, t.tx, "storage: open fetches", []any{&asker, &n}, func() { open[asker] = n }, `select args->>'asker', count(*) from river_job
			where kind = $1 and state in ('available', 'pending', 'running', 'scheduled', 'retryable') and args->>'asker' = any($2) group by 1`,
			FetchObject{}.Kind(), askers)
		if err != nil {
			return nil, err
		}
	}
	for _, f := range fetches {
		if may[f] || f.Asker != "" && open[f.Asker] >= maxOpen {
			continue
		}
		may[f] = true
		open[f.Asker]++
	}
	return may, nil
}

// enqueueFetches asks for objects in the transaction that found them missing.
func (t *Tx) enqueueFetches(ctx context.Context, fetches []FetchObject) error {
	var jobs []river.InsertManyParams
	asked := map[FetchObject]bool{}
	for _, f := range fetches {
		same := FetchObject{IRI: f.IRI, Via: f.Via, Refresh: f.Refresh}
		if f.IRI != "" && !asked[same] {
			asked[same] = true
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

// AskAgain asks for an object, unless as many as may be are asked for on behalf
// of the asker, and reports whether it did.
func (t *Tx) AskAgain(ctx context.Context, f FetchObject) (bool, error) {
	may, err := t.affordable(ctx, []FetchObject{f})
	if err != nil || !may[f] {
		return false, err
	}
	return true, t.enqueueFetches(ctx, []FetchObject{f})
}

// EnqueueFetch is AskAgain in a transaction of its own: it is a hint, and nothing
// waits for it.
func (db *DB) EnqueueFetch(ctx context.Context, f FetchObject) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.AskAgain(ctx, f)
		return err
	})
}
