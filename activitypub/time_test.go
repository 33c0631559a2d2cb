package activitypub

import (
	"strings"
	"testing"
	"time"
)

func TestFormatTime(t *testing.T) {
	at := func(ns int) time.Time {
		return time.Date(2026, 1, 2, 4, 4, 5, ns, time.FixedZone("", 3600))
	}
	tests := []struct {
		ns   int
		want string
	}{
		{0, "2026-01-02T03:04:05Z"},
		{999, "2026-01-02T03:04:05Z"},
		{120_000_000, "2026-01-02T03:04:05.120Z"},
		{120_000_999, "2026-01-02T03:04:05.120Z"},
		{120_001_000, "2026-01-02T03:04:05.120001Z"},
		{120_100_000, "2026-01-02T03:04:05.120100Z"},
		{1_000, "2026-01-02T03:04:05.000001Z"},
	}
	for _, tt := range tests {
		if got := FormatTime(at(tt.ns)); got != tt.want {
			t.Errorf("%d ns: got %s, want %s", tt.ns, got, tt.want)
		}
		back, err := ParseTime(FormatTime(at(tt.ns)))
		if err != nil || !back.Equal(at(tt.ns).Truncate(time.Microsecond)) {
			t.Errorf("%d ns: read back as %v, %v", tt.ns, back, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	tests := []struct {
		text, want string // want as FormatTime writes it, "" for an error
	}{
		{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"},
		{"2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"},
		{"2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100Z"},
		{"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"},
		{"2026-01-02T03:04:05.5+0200", "2026-01-02T01:04:05.500Z"},
		{"2026-01-02T03:04:05", "2026-01-02T03:04:05Z"},
		{"2026-01-02T03:04:05.678", "2026-01-02T03:04:05.678Z"},
		{"2026-01-02 03:04:05z", "2026-01-02T03:04:05Z"},
		{"2026-01-02", ""},
		{"yesterday, at three o'clock", ""},
		{"2026-13-02T03:04:05Z", ""},
		{"0000-01-01T00:00:00Z", ""},
		{strings.Repeat("ı", 15), ""}, // its upper case is shorter
		{"2026-01-02T03:04:05." + strings.Repeat("1", 100) + "Z", ""},
	}
	for _, tt := range tests {
		got, err := ParseTime(tt.text)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: read as %v, want an error", tt.text, got)
			}
			continue
		}
		if err != nil || FormatTime(got) != tt.want || got.Location() != time.UTC {
			t.Errorf("%q: got %v, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestForeignTimeIsWrittenAsRead(t *testing.T) {
	for _, text := range []string{"2026-01-02T03:04:05.1200000Z", "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05"} {
		read := readTime([]byte(`"` + text + `"`))
		if got, err := EncodeBare(Page{Published: read}); err != nil || !strings.Contains(string(got), `"published":"`+text+`"`) {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	bad := readTime([]byte(`"soon"`))
	if bad.Valid || bad.Text != "soon" {
		t.Errorf("got %+v", bad)
	}
	if got, err := EncodeBare(Page{Published: bad}); err != nil || strings.Contains(string(got), "published") {
		t.Errorf("an invalid time was written: %s, %v", got, err)
	}
}
