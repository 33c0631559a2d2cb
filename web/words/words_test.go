package words

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
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

// The rule of each language is CLDR's for whole numbers.
func TestPluralsFollowCLDR(t *testing.T) {
	for _, w := range Languages {
		tag := language.MustParse(w.Tag)
		for n := range 2000 {
			form := plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0)
			if got := w.Comments.form(n); (got == w.Comments.form(1)) != (form == plural.One) {
				t.Fatalf("%s: %d is %v, and says %q", w.Tag, n, form, got)
			}
		}
	}
}

func TestGermanIsWrittenAsGermanIs(t *testing.T) {
	for got, want := range map[string]string{
		German.Number(1234567):                    "1.234.567",
		German.Comments.Of(4321):                  "4.321 Kommentare",
		German.Comments.Of(1):                     "1 Kommentar",
		German.Bytes(1536 << 10):                  "1,5 MiB",
		German.Ago(noon.Add(-49*time.Hour), noon): "vor 2 Tagen",
		German.Date(noon):                         "20.11.2026",
		German.Exact(noon.Add(-time.Hour)):        "20.11.2026, 11:00 UTC",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestFor(t *testing.T) {
	for accept, want := range map[string]*Words{
		"": English, "*": English, "de": German, "de-AT,de;q=0.9,en;q=0.8": German, "en-GB,de;q=0.5": English, "ja, de;q=0.3": German,
		"ja": English, "de;q=0, en;q=0.1": English, "de;q=0": English, "gsw": German, "\x00;;;q=": English, strings.Repeat("de,", 5000): German,
	} {
		if got := For(accept); got != want {
			t.Errorf("%.40q: %s", accept, got.Tag)
		}
	}
}
