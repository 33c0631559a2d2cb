package storage

import (
	"context"
	"time"
)

// Since is when this node was made.
func (r *Reader) Since(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := r.one(ctx, "Since", `select created_at from node`, []any{orZero{&at}})
	return at, err
}
