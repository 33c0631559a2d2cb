package view

import (
	"testing"
	"time"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		-time.Hour:                    "just now",
		59 * time.Second:              "just now",
		time.Minute:                   "1 minute ago",
		59 * time.Minute:              "59 minutes ago",
		14*time.Hour + 59*time.Minute: "14 hours ago",
		24 * time.Hour:                "1 day ago",
		29 * 24 * time.Hour:           "29 days ago",
		30 * 24 * time.Hour:           "1 month ago",
		364 * 24 * time.Hour:          "12 months ago",
		365 * 24 * time.Hour:          "1 year ago",
		3 * 366 * 24 * time.Hour:      "3 years ago",
	} {
		if got := English.Ago(now.Add(-d), now); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12345: "-12,345"} {
		if got := English.Number(n); got != want {
			t.Errorf("%d = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 comments", 1: "1 comment", 2: "2 comments", 4321: "4,321 comments"} {
		if got := English.Comments.Of(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := Phrase("a %s b").With("%s"); got != "a %s b" {
		t.Errorf("a name with a verb in it: %q", got)
	}
}
