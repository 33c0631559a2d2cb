package inbox

import (
	"context"
	"fmt"
	"testing"

	"stoa/storage"
)

// An act that waits holds back the later acts of its actor on its object, and
// nothing else of its shard.
func TestWaitingHoldsBackWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	var arrivals []storage.Arrival
	for i := range 40 {
		about := "https://a.example/1"
		if i > 1 {
			about = fmt.Sprintf("https://a.example/%d", i) // some share its shard
		}
		arrivals = append(arrivals, storage.Arrival{
			Verified: true, Type: "Create", Actor: "https://a.example/u", Activity: fmt.Sprintf("https://a.example/a/%d", i),
			About: about, Family: storage.Content, Body: []byte("{}"),
		})
	}
	if _, err := n.db.Receive(n.ctx, arrivals); err != nil {
		t.Fatal(err)
	}
	missing := "https://a.example/missing"
	// The first waits; all others are done as soon as they are given out.
	var done []string
	drain := func() {
		t.Helper()
		for {
			rows, _, err := n.db.Work(n.ctx, storage.Content, 1, func(_ context.Context, _ *storage.Tx, rows []storage.Received) ([]storage.Verdict, error) {
				v := storage.Verdict{State: storage.StateApplied}
				if rows[0].Activity == arrivals[0].Activity && missing != "" {
					v = storage.Verdict{State: storage.StateWaiting, Needs: missing}
				}
				return []storage.Verdict{v}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				return
			}
			if rows[0].Activity != arrivals[0].Activity || missing == "" {
				done = append(done, rows[0].Activity)
			}
		}
	}
	drain()
	if len(done) != 38 {
		t.Errorf("%d done while one waits, want 38", len(done))
	}
	n.want(1, `select count(*) from received where state = 2`)
	n.want(1, `select count(*) from received where state = 1 and activity = $1`, arrivals[1].Activity)

	if err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.Wake(ctx, missing) }); err != nil {
		t.Fatal(err)
	}
	missing = ""
	drain()
	if len(done) != 40 || done[38] != arrivals[0].Activity || done[39] != arrivals[1].Activity {
		t.Errorf("at last %v, want the first and then the second", done[38:])
	}
}
