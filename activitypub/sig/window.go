package sig

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// checkWindow refuses a moment that lies outside what the policy allows.
func (p Policy) checkWindow(name string, t time.Time) error {
	if t.After(p.Now.Add(p.MaxSkew)) {
		return refuse(InFuture, "%s is %s", name, t.UTC().Format(time.RFC3339))
	}
	if t.Before(p.Now.Add(-p.MaxAge)) {
		return refuse(Expired, "%s is %s", name, t.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkExpiry refuses a signature that outlived its own limit. Clocks differ,
// so the limit is stretched by the skew; MaxAge holds regardless.
func (p Policy) checkExpiry(expires time.Time) error {
	if expires.Before(p.Now.Add(-p.MaxSkew)) {
		return refuse(Expired, "expired at %s", expires.UTC().Format(time.RFC3339))
	}
	return nil
}

// checkTimes is for both forms: of the covered creation time and Date, each
// that is there must lie in the window, and one must be there.
func (s *Signature) checkTimes(m Message, p Policy, created time.Time) error {
	if !created.IsZero() {
		s.Created = created
		if err := p.checkWindow("created", created); err != nil {
			return err
		}
	}
	if s.covers("date") {
		date, err := parseDate(m.Header.Values("Date"))
		if err != nil {
			return err
		}
		if err := p.checkWindow("date", date); err != nil {
			return err
		}
		if s.Created.IsZero() {
			s.Created = date
		}
	}
	if s.Created.IsZero() {
		return refuse(NotCovered, "date or (created)")
	}
	if !s.Expires.IsZero() {
		if s.Expires.Before(s.Created) {
			return refuse(Malformed, "expires before it is created")
		}
		return p.checkExpiry(s.Expires)
	}
	return nil
}

func parseDate(values []string) (time.Time, error) {
	if len(values) != 1 {
		return time.Time{}, refuse(Malformed, "%d Date headers", len(values))
	}
	for _, layout := range []string{http.TimeFormat, time.RFC1123Z} {
		if t, err := time.Parse(layout, values[0]); err == nil {
			return t, nil
		}
	}
	return time.Time{}, refuse(Malformed, "date %.60q", values[0])
}

// maxUnix keeps times within four-digit years; arithmetic on more overflows.
const maxUnix = 253402300799

// parseUnix reads seconds since 1970. A fraction, which draft-cavage allows
// for expires, is dropped.
func parseUnix(name, text string) (time.Time, error) {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || n == 0 || n > maxUnix || hasFraction && !allDigits(fraction) {
		return time.Time{}, refuse(Malformed, "%s %.40q", name, text)
	}
	return time.Unix(int64(n), 0).UTC(), nil
}

func allDigits(s string) bool {
	return s != "" && len(s) <= 9 && !strings.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}
