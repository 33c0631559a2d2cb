package member

import (
	"strings"
	"sync"
	"time"
)

// limit bounds how often something is done by one account or from one network. It is
// kept in memory: what a restart forgets is the count of one stretch of time.
type limit struct {
	most   int
	within time.Duration

	mu    sync.Mutex
	since time.Time
	count map[string]int
	last  map[string]int // of the stretch before
}

// limitNames bounds the memory that made-up names take.
const limitNames = 50_000

// full reports whether no more is let through. Empty names are not counted.
func (l *limit) full(name string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	name = strings.ToLower(name)
	return name != "" && l.count[name]+l.last[name] >= l.most
}

// add counts one.
func (l *limit) add(name string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	if name != "" && len(l.count) < limitNames {
		l.count[strings.ToLower(name)]++
	}
}

// take counts one before it is known whether it was wrong, so that many at the same
// moment are no more than one after the other; false when no more is let through. What
// was right is given back.
func (l *limit) take(name string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	name = strings.ToLower(name)
	if name != "" && l.count[name]+l.last[name] >= l.most {
		return false
	}
	if name != "" && (len(l.count) < limitNames || l.count[name] > 0) {
		l.count[name]++
	}
	return true
}

// give takes one back that take has counted.
func (l *limit) give(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if name = strings.ToLower(name); l.count[name] > 0 {
		l.count[name]--
	}
}

// forget lets an account try anew after it got in.
func (l *limit) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.count, strings.ToLower(name))
	delete(l.last, strings.ToLower(name))
}

// turn begins another stretch.
func (l *limit) turn(now time.Time) {
	switch past := now.Sub(l.since); {
	case past < l.within && l.count != nil:
		return
	case past < 2*l.within:
		l.last = l.count
	default:
		l.last = nil
	}
	l.since, l.count = now, map[string]int{}
}
