package storage_test

import (
	"context"
	"testing"

	"stoa/storage"
)

// An act holds back later ones of its actor on the same object, and nobody
// else's, whatever their keys are.
func TestOnlyOnesOwnActsHoldBack(t *testing.T) {
	n := newNode(t)
	n.exec(`insert into received (state, host, actor, activity, family, shard, key, body, needs) values
		(2, 'h', 'mallory', 'waits', 3, 1, 42, '', 'x'), (1, 'h', 'mallory', 'behind', 3, 1, 42, '', ''), (1, 'h', 'ann', 'free', 3, 1, 42, '', '')`)
	rows, _, err := n.db.Work(n.Context(), storage.Votes, 10, func(_ context.Context, _ *storage.Tx, rows []storage.Received) ([]storage.Verdict, error) {
		verdicts := make([]storage.Verdict, len(rows))
		for i := range verdicts {
			verdicts[i].State = storage.StateApplied
		}
		return verdicts, nil
	})
	if err != nil || len(rows) != 1 || rows[0].Activity != "free" {
		t.Errorf("worked on %v, %v", rows, err)
	}
}
