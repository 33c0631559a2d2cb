package storage

import "time"

// Position is a place in the log. Sequence numbers alone commit out of order, so
// a position leads with the transaction's id, and a reader that stops below
// log_horizon() never meets a row that sorts before one it has passed.
type Position struct {
	XID, Seq int64
	At       time.Time // of the row; only narrows which days of the log are read
}

// Before orders positions.
func (p Position) Before(q Position) bool {
	return p.XID < q.XID || p.XID == q.XID && p.Seq < q.Seq
}
