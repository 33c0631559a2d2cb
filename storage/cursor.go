package storage

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"stoa/federation/forum"
)

// cursor is the key of the last row of a page, as Postgres compares it: what the
// list is sorted by, and an id.
type cursor struct {
	key any // time.Time, int32 or float64, by the keyKind of the list
	id  int64
}

// keyKind says what a list is sorted by.
type keyKind int

const (
	moments keyKind = iota // written in microseconds, which is all that Postgres keeps
	counts
	ranks
)

// parseCursor reads "KEY~ID"; nil for the first page. A cursor that makes no
// sense is a refusal, not an empty page: it was not made here.
func parseCursor(s string, kind keyKind) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	text, idText, ok := strings.Cut(s, "~")
	id, err := strconv.ParseInt(idText, 10, 32)
	key, good := parseKey(text, kind)
	if err != nil || !ok || !good {
		return nil, forum.Refuse(forum.Invalid, "bad-cursor", "The address of this page is not complete.")
	}
	return &cursor{key, id}, nil
}

func parseKey(s string, kind keyKind) (key any, ok bool) {
	switch kind {
	case moments:
		micros, err := strconv.ParseInt(s, 10, 64)
		return time.UnixMicro(micros).UTC(), err == nil && micros < 1<<53 && micros > -1<<53 // some years Postgres cannot write
	case counts:
		n, err := strconv.ParseInt(s, 10, 32)
		return int32(n), err == nil
	default:
		rank, err := strconv.ParseFloat(s, 64)
		return rank, err == nil && !math.IsNaN(rank) && !math.IsInf(rank, 0)
	}
}

func (c cursor) String() string {
	id := "~" + strconv.FormatInt(c.id, 10)
	switch key := c.key.(type) {
	case time.Time:
		return strconv.FormatInt(key.UnixMicro(), 10) + id
	case float64:
		return strconv.FormatFloat(key, 'f', -1, 64) + id
	default:
		return fmt.Sprint(key) + id
	}
}

func clampLimit(n int) int {
	switch {
	case n <= 0:
		return 20
	case n > 50:
		return 50
	}
	return n
}
