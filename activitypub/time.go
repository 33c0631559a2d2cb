package activitypub

import (
	"errors"
	"strings"
	"time"
)

// A Time is a moment as a document says it. GoToSocial refuses an object for ever when its published comes back with
// other digits than it first had, so the text that was read is what is written.
type Time struct {
	Text  string    // as it was read or will be written
	Time  time.Time // UTC, cut to microseconds; zero when not Valid
	Valid bool      // whether Text could be read as a moment
}

// NewTime returns t as we write it: UTC, cut to microseconds.
func NewTime(t time.Time) Time {
	t = t.UTC().Truncate(time.Microsecond)
	return Time{Text: FormatTime(t), Time: t, Valid: true}
}

// IsZero reports whether there is no moment to write.
func (t Time) IsZero() bool { return !t.Valid }

// MarshalJSON writes the text that was read, or the moment by [FormatTime] when there is none.
func (t Time) MarshalJSON() ([]byte, error) {
	if !t.Valid {
		return nil, errors.New("activitypub: write of an invalid time")
	}
	text := t.Text
	if text == "" {
		text = FormatTime(t.Time)
	}
	return encodeBare(text)
}

// FormatTime writes t as RFC 3339 in UTC, cut to microseconds, with exactly 0, 3 or 6 fractional digits.
func FormatTime(t time.Time) string {
	t = t.UTC()
	switch micro := t.Nanosecond() / 1000; {
	case micro == 0:
		return t.Format("2006-01-02T15:04:05Z")
	case micro%1000 == 0:
		return t.Format("2006-01-02T15:04:05.000Z")
	default:
		return t.Format("2006-01-02T15:04:05.000000Z")
	}
}

// ErrTime is returned for a text that is no moment.
var ErrTime = errors.New("activitypub: not an RFC 3339 date and time")

var timeLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", // no zone: UTC
}

// ParseTime reads RFC 3339 with any number of fractional digits; a missing zone means UTC, and lower-case t and z and
// a blank in place of T pass. The result is in UTC, cut to microseconds, of the years 1 to 9999. The error is
// [ErrTime].
func ParseTime(s string) (time.Time, error) {
	if len(s) < len("2006-01-02T15:04:05") || len(s) > MaxTimeText || !isASCII(s) {
		return time.Time{}, ErrTime
	}
	s = strings.ToUpper(s)
	if s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t = t.UTC().Truncate(time.Microsecond)
		if t.Year() < 1 || t.Year() > 9999 {
			return time.Time{}, ErrTime
		}
		return t, nil
	}
	return time.Time{}, ErrTime
}

func readTime(raw []byte) Time {
	text, ok := readString(raw)
	if !ok || text == "" || len(text) > MaxTimeText {
		return Time{}
	}
	t, err := ParseTime(text)
	if err != nil {
		return Time{Text: text}
	}
	return Time{Text: text, Time: t, Valid: true}
}
