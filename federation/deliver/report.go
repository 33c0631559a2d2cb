package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// saidLimit is how much of an answer is logged and kept, in bytes.
const saidLimit = 300

func statusText(status int) string {
	return fmt.Sprintf("HTTP %d %s", status, http.StatusText(status))
}

// report tells the log and the metrics how units fared.
func (w *walk) report(r result, o Outcome, now time.Time) {
	for _, u := range r.units {
		w.d.stats.count(o)
		w.d.o.Observe(Delivery{
			Host: w.server.Host, Lane: u.Lane, Outcome: o, Status: r.status,
			Took: now.Sub(r.started), Age: now.Sub(u.At),
		})
	}
	level := slog.LevelDebug
	switch o {
	case Refused, Failed:
		level = slog.LevelInfo
	case Skipped, Dropped:
		level = slog.LevelWarn
	case Delivered:
	}
	if !w.d.o.Log.Enabled(context.Background(), level) {
		return
	}
	u := r.units[0]
	attrs := []slog.Attr{
		slog.String("host", w.server.Host), slog.String("inbox", u.InboxURL), slog.String("verb", string(u.Verb)),
		slog.String("subject", u.Subject), slog.String("outcome", string(o)), slog.Int("status", r.status),
		slog.Duration("took", now.Sub(r.started)),
	}
	if n := len(r.units); n > 1 {
		attrs = append(attrs, slog.Int("together", n))
	}
	if o != Delivered {
		attrs = append(attrs, slog.String("said", clip(r.said)), slog.Int("failures", u.all))
	}
	w.d.o.Log.LogAttrs(context.Background(), level, "delivery", attrs...)
}

// record keeps what the admin may ask about later, and of posts, of which their
// authors do, whatever else than a delivery ended the matter.
func (w *walk) record(r result, o Outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), markTime)
	defer cancel()
	var err error
	u := r.units[0]
	if o == Skipped || o == Dropped && r.verdict == impossible || o == Refused && r.verdict == doubted ||
		(o == Refused || o == Dropped) && u.Verb == forum.VerbSubmit {
		for _, u := range r.units {
			err = errors.Join(err, w.d.o.DB.Skipped(ctx, storage.Skip{
				Server: w.server.ID, Unit: &u.Unit, Tries: max(u.all, 1), Status: r.status, Reason: clip(r.said),
			}))
		}
	}
	if r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed || r.status == http.StatusGone {
		err = errors.Join(err, w.d.o.DB.InboxRefused(ctx, u.Inbox, r.status, u.Actor))
	}
	if err != nil {
		w.d.o.Log.Warn("the end of a delivery could not be recorded", "host", w.server.Host, "err", err)
	}
}

// clip shortens text for a log line; Postgres takes no NUL.
func clip(s string) string {
	out := make([]rune, 0, min(len(s), saidLimit))
	for _, c := range s {
		if c == 0 {
			continue
		}
		if len(out) == saidLimit {
			return string(append(out, '…'))
		}
		out = append(out, c)
	}
	return string(out)
}
