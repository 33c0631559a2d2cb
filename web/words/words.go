// Package words is the catalogue: every text that a page says of its own accord, in
// each language.
//
// A language is one value of Words. It brings its own plural rule (CLDR) and its own
// way of writing numbers and times; a test refuses a language that leaves a field
// empty. The package depends on nothing, so that whoever says something can use it.
package words

import (
	"strconv"
	"strings"
	"time"
)

// Words is the catalogue of one language: every text that a page says of its
// own accord. A language is one value of this type; a test refuses one that
// leaves a field empty. Text between markup is cut so that no sentence runs
// across an element, because word order differs between languages.
type Words struct {
	Tag    string // BCP 47
	Dir    string // "ltr" or "rtl"
	Itself string // the language's name in itself

	// The frame of every page.
	SkipToContent, Home, Communities, About string
	SiteNavigation, FooterNavigation        string
	Source, PoweredBy, Feed                 string
	LanguageLabel                           string

	// Lists.
	SortLabel, SortHot, SortNew, SortTop      string
	WindowLabel                               string
	Day, Week, Month, Year, Ever              string
	OlderPosts, MoreComments                  string
	MoreCommunities, FirstPage                string
	NothingYet, NothingYetHint                string
	NoComments, NoCommentsHint, NoCommunities string
	AllPosts                                  string

	// Posts.
	Comments, Points, WordsLong, Minutes      Plural
	AlsoIn                                    Plural
	Original, OriginalAt                      string
	Untitled, Sensitive, ContentWarning       string
	ReadWhole, FoldAway                       string
	Edited, Bot                               string
	DeletedPost, RemovedPost, PurgedPost      string
	DeletedByAuthor, RemovedByAdmin, PurgedBy string

	// Comments.
	Permalink, Parent    string
	OriginalPoster       string
	Replies, NotShown    Plural
	CommentBy, RepliesTo Phrase

	// Communities and people.
	Followers, Posts                     Plural
	FollowHeading, FollowHint, FollowAlt string
	Copy, Copied                         string
	GoneCommunity                        string
	Joined, TabPosts, TabComments        string
	PersonTabs                           string
	CommunitiesIntro                     string

	// About.
	AboutNode                       Phrase
	Software, Version, Contact      string
	AboutSoftware, SourceOfThis     string
	SourceOnRequest                 string
	NumbersHeading                  string
	People, LocalPosts, Active      Plural
	LocalComments, LocalCommunities Plural
	Servers                         Plural

	// Ages.
	JustNow                                            string
	MinutesAgo, HoursAgo, DaysAgo, MonthsAgo, YearsAgo Plural

	// Refusals.
	NotFound, NotFoundText       string
	Gone, GoneText               string
	BadRequest, BadRequestText   string
	Forbidden, ForbiddenText     string
	NotAllowed, NotAllowedText   string
	Failed, FailedText           string
	Unavailable, UnavailableText string
	TooMuch, TooMuchText         string
	Reference, BackHome          string
	// Refusals are the texts of what is refused, by forum.Refusal.Reason.
	Refusals map[string]string

	Account AccountWords
	Act     ActWords
	Write   WriteWords
	Poll    PollWords
	Notice  NoticeWords
	Message MessageWords
	Own     OwnWords
	Found   FoundWords
	Leave   LeaveWords
	History HistoryWords
	Filter  FilterWords
	// Moderate is about moderators and what they do.
	Moderate ModerateWords
	Report   ReportWords
	// Collection is about own collections of communities.
	Collection CollectionWords
	// Directory is about communities of all servers.
	Directory DirectoryWords
	Search    SearchWords
	Reach     ReachWords
	Admin     AdminWords
	ReadingWords

	thousands, decimal string
	dateTime, date     string // layouts of package time, of numbers alone
}

// Plural is a message about a number. The rule that picks the form is part of
// the value, since each language has its own (CLDR plural rules).
type Plural struct {
	form func(n int) string // picks the form for n; %d stands for the number
	sep  string             // between groups of three digits
}

// Of is the message for n.
func (p Plural) Of(n int) string {
	return strings.Replace(p.form(n), "%d", group(n, p.sep), 1)
}

// oneOther is the plural rule of English and German: one form for 1, one for
// every other number.
func oneOther(sep string) func(one, other string) Plural {
	return func(one, other string) Plural {
		return Plural{sep: sep, form: func(n int) string {
			if n == 1 {
				return one
			}
			return other
		}}
	}
}

// Refusal is what this language says of a refusal (forum.Refusal.Reason); text,
// where it has nothing of its own to say.
func (w *Words) Refusal(reason, text string) string {
	if own, ok := w.Refusals[reason]; ok {
		return own
	}
	return text
}

// Phrase is a message with one name in it, in place of %s.
type Phrase string

// With is the message with the name filled in.
func (p Phrase) With(name string) string { return strings.Replace(string(p), "%s", name, 1) }

// Number is n as this language writes it.
func (w *Words) Number(n int) string { return group(n, w.thousands) }

// Fraction is a number written with a point, as this language writes it.
func (w *Words) Fraction(s string) string { return strings.Replace(s, ".", w.decimal, 1) }

// Exact is t to the minute, in UTC.
func (w *Words) Exact(t time.Time) string { return t.UTC().Format(w.dateTime) }

// Date is the day of t.
func (w *Words) Date(t time.Time) string { return t.UTC().Format(w.date) }

// Ago says how long before now t was, in one unit, rounded down. What lies in
// the future counts as now: clocks differ between servers.
func (w *Words) Ago(t, now time.Time) string {
	const day = 24 * time.Hour
	switch d := now.Sub(t); {
	case d < time.Minute:
		return w.JustNow
	case d < time.Hour:
		return w.MinutesAgo.Of(int(d / time.Minute))
	case d < day:
		return w.HoursAgo.Of(int(d / time.Hour))
	case d < 30*day:
		return w.DaysAgo.Of(int(d / day))
	case d < 365*day:
		return w.MonthsAgo.Of(int(d / (30 * day)))
	default:
		return w.YearsAgo.Of(int(d / (365 * day)))
	}
}

func group(n int, sep string) string {
	digits := []byte{}
	minus := n < 0
	if minus {
		n = -n
	}
	for i := 0; n > 0 || i == 0; i++ {
		if i > 0 && i%3 == 0 {
			for j := len(sep) - 1; j >= 0; j-- {
				digits = append(digits, sep[j])
			}
		}
		digits = append(digits, byte('0'+n%10))
		n /= 10
	}
	if minus {
		digits = append(digits, '-')
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return string(digits)
}

// Bytes writes a number of bytes in the unit that people read.
func (w *Words) Bytes(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if v /= 1024; v < 1024 || unit == "TiB" {
			return w.Fraction(strconv.FormatFloat(v, 'f', 1, 64)) + " " + unit
		}
	}
	return ""
}
