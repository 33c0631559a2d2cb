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
	return order + epochs(submitted)
}

func epochs(at time.Time) float64 { return at.Sub(rankEpoch).Seconds() / tenfold }

// Scaled is Hot for a list of all communities: a score counts by how it compares
// with the size of its community, as that was when the post was last voted on.
func Scaled(hot float64, home *Community) float64 {
	return hot - math.Log10(1+float64(max(home.Followers, 0)+max(home.Posts, 0))/10)
}

// MostScaled is more than Hot can be above Scaled: the counts of a community have 32
// bits.
const MostScaled = 9

// VoteRanks are what votes change of the places of a post in lists.
type VoteRanks struct{ Hot, Scaled, Contention float64 }

// RanksOf ranks a post by its votes.
func RanksOf(up, down int, submitted time.Time, home *Community) VoteRanks {
	hot := Hot(up-down, submitted)
	return VoteRanks{Hot: hot, Scaled: Scaled(hot, home), Contention: Contention(up, down)}
}

// liveliest is how long after its submission a comment still lifts a post: without
// an end, old posts would be kept on top by a word a day.
const liveliest = 48 * time.Hour

// Active ranks a post as Hot does, by its comments instead of its votes and by the
// moment of the last one instead of its own.
func Active(comments int, last, submitted time.Time) float64 {
	if end := submitted.Add(liveliest); last.After(end) {
		last = end
	}
	if last.Before(submitted) {
		last = submitted
	}
	return math.Log10(math.Max(float64(comments), 1)) + epochs(last)
}

// Contention ranks a post by how many voted and how evenly, the vote it got from
// its author left out. It is 0 where all are of one mind.
func Contention(up, down int) float64 {
	less, more := min(up-1, down), max(up-1, down)
	if less <= 0 {
		return 0
	}
	return math.Pow(float64(less+more), float64(less)/float64(more))
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
