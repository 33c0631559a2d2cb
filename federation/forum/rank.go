package forum

import (
	"math"
	"time"
)

// rankEpoch only keeps the numbers small.
var rankEpoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// tenfold is how many seconds newer a post must be to equal ten times the score.
const tenfold = 12.5 * 3600

// Hot ranks a post by its score and the moment it was submitted. It grows with
// both and never changes by itself, so it is stored and only sorted by: a post
// with ten times the score stands level with one 12.5 hours newer.
func Hot(score int, submitted time.Time) float64 {
	order := math.Log10(math.Max(math.Abs(float64(score)), 1))
	if score < 0 {
		order = -order
	}
	return order + submitted.Sub(rankEpoch).Seconds()/tenfold
}

// Submitted is the moment a post counts from in lists: when it says it was
// published, but never later than it reached us, so that a post dated next year
// does not stay on top until then.
func Submitted(published, received time.Time) time.Time {
	if published.IsZero() || published.After(received) {
		return received
	}
	return published
}
