package deliver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage/fault"
)

// verdict is what an answer means for a unit and its server.
type verdict int

const (
	passed     verdict = iota // 2xx
	refused                   // an answer that ends the matter
	doubted                   // 401: perhaps a key kept for too long; tried a few times
	throttled                 // 429: the server is well and wants a pause
	failed                    // 3xx, 408, 5xx, or no answer
	impossible                // cannot be sent to that inbox, ever
	forbidden                 // the admin wants nothing sent there
	ours                      // the fault is on this side; says nothing of the server
)

// result is how sending a unit ended, or several in one document.
type result struct {
	units    []*unit
	l        *lane
	sent     int // documents that need not be sent again
	verdict  verdict
	status   int
	said     string // the beginning of the answer, or the error
	wait     time.Duration
	started  time.Time
	doubtful bool // as what it went through the gate
}

// send sends what a unit says, document after document, until one has to be
// tried again.
func (d *Deliverer) send(ctx context.Context, r result, documents []*forum.Document) result {
	best := impossible
	for _, doc := range documents[r.sent:] {
		fault.At("deliver.request.before")
		answer, err := d.o.Client.Post(ctx, r.units[0].InboxURL, doc.Body, func(req *http.Request, body []byte) error {
			give, err := d.turns.take(ctx, r.l.kind)
			if err != nil {
				return err
			}
			defer give()
			return d.o.Keys.Sign(ctx, req, body, doc.Signer)
		})
		fault.At("deliver.request.after")
		r.status, r.said, r.wait = answer.Status, answer.Body, answer.RetryAfter
		if err != nil {
			r.said = err.Error()
		}
		r.verdict = judge(answer.Status, err)
		if r.verdict == doubted && !d.shown(ctx) {
			r.verdict = ours
		}
		switch r.verdict {
		case passed, refused, impossible:
			r.sent++
			best = min(best, r.verdict)
		default:
			return r
		}
	}
	r.verdict = best
	return r
}

// shown reports whether a server that asks for our key gets it: while Postgres is away
// it is told to come back later, and many answer 401 then.
func (d *Deliverer) shown(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, markTime)
	defer cancel()
	return d.o.DB.Ping(ctx) == nil
}

// judge follows what the fediverse agrees on: a 4xx is the receiver's last word,
// but for a stale key, a slow moment and a full queue.
func judge(status int, err error) verdict {
	if err != nil {
		switch fetch.KindOf(err) {
		case fetch.BlockedHost:
			return forbidden
		case fetch.BadURL:
			return impossible
		case fetch.Cancelled, fetch.Unasked:
			return ours
		case fetch.Unsigned:
			if errors.Is(err, ErrNoKey) {
				return impossible
			}
			return ours
		}
		return failed
	}
	switch {
	case status >= 200 && status <= 299:
		return passed
	case status == http.StatusUnauthorized:
		return doubted
	case status == http.StatusTooManyRequests:
		return throttled
	case status >= 400 && status <= 499 && status != http.StatusRequestTimeout:
		return refused
	}
	return failed
}
