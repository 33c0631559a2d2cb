package view

import (
	"math"
	"net/url"

	"stoa/federation/forum"
)

// CommentSort is the order of comments that answer the same.
type CommentSort string

// The orders of comments. The zero value means the best first.
const (
	BestFirst     CommentSort = "best"
	NewFirst      CommentSort = "new"
	OldFirst      CommentSort = "old"
	DisputedFirst CommentSort = "controversial"
)

// Known reports whether there is such an order.
func (s CommentSort) Known() bool {
	return s == "" || s == BestFirst || s == NewFirst || s == OldFirst || s == DisputedFirst
}

// rank is where a comment stands: the highest first.
func (s CommentSort) rank(c *forum.Comment) float64 {
	switch s {
	case NewFirst:
		return float64(c.Published.Time.UnixMilli())
	case OldFirst:
		return -float64(c.Published.Time.UnixMilli())
	case DisputedFirst:
		// Many votes, and as many for as against.
		less, more := float64(min(c.Up, c.Down)), float64(max(c.Up, c.Down))
		if less <= 0 {
			return 0
		}
		return math.Pow(less+more, less/more)
	default:
		return float64(c.Score())
	}
}

// Sorts are the orders of the comments; none while there is nothing to order.
func (p ThreadPage) Sorts() []Choice {
	return p.sorts(PostPath(p.Thread.Post.ID), len(p.Thread.Comments))
}

func (p ThreadPage) sorts(path string, n int) []Choice {
	if n < 2 {
		return nil
	}
	t := p.T
	var out []Choice
	for _, s := range []struct {
		sort  CommentSort
		label string
	}{{BestFirst, t.SortBest}, {NewFirst, t.SortNew}, {OldFirst, t.SortOld}, {DisputedFirst, t.SortControversial}} {
		q := url.Values{}
		if s.sort != BestFirst {
			q.Set("sort", string(s.sort))
		}
		out = append(out, Choice{Label: s.label, Href: at(path, q), On: s.sort == p.Sort || p.Sort == "" && s.sort == BestFirst})
	}
	return out
}
