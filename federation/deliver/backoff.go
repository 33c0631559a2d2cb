package deliver

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait after the n-th failure in a row, from 1: twice as
// long each time up to the limit, a quarter more or less, so that servers that
// failed together do not come back together.
func (d *Deliverer) backoff(n int) time.Duration {
	wait := d.o.MaxBackoff
	if shift := n - 1; shift < 32 {
		if w := d.o.Backoff << max(shift, 0); w > 0 && w < wait {
			wait = w
		}
	}
	return time.Duration(float64(wait) * (0.75 + rand.Float64()/2)) //nolint:gosec // nobody gains by knowing it
}
