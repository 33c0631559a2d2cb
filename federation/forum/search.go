package forum

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SearchKind says what is looked for.
type SearchKind string

// What can be looked for.
const (
	FindPosts       SearchKind = "posts"
	FindComments    SearchKind = "comments"
	FindCommunities SearchKind = "communities"
	FindPeople      SearchKind = "people"
)

// SearchSort is an order of what is found.
type SearchSort string

// The orders of what is found.
const (
	ByRelevance SearchSort = "relevance" // of the newest that match, those that match best
	ByNewest    SearchSort = "new"
)

// Search asks for what matches words and conditions. Communities and people are
// matched by their names and by nothing else.
type Search struct {
	Text      string // words, "quoted phrases" and -excluded words, as written
	Kind      SearchKind
	Author    string    // name, or name@host
	Community string    // name, or name@host
	Since     time.Time // not before this; zero means ever
	Before    time.Time // before this; zero means until now
	HasLink   bool      // posts with a link
	Sort      SearchSort
	After     string // Next of the page before
	Limit     int    // 1 to 50; 0 means 20
}

// Found is a page of what matches; only the slice of the kind asked for is filled.
type Found struct {
	Posts       []PostItem
	Comments    []CommentItem
	Communities []Community
	People      []Person
	Next        string
}

// Term is a word or a phrase to look for, or to leave out.
type Term struct {
	Words  string
	Phrase bool // written in quotes
	Not    bool
}

// MaxSearch is the longest search, in runes, and MaxTerms the most terms of one;
// what is beyond is left out.
const (
	MaxSearch = 300
	MaxTerms  = 12
)

// ParseSearch reads what people write into a search field: words, "phrases",
// -excluded words, and the conditions author:name@host, in:community@host,
// before:2026-01-31, after:2025-12 (a day, month or year; after includes it,
// before does not) and has:link. What it does not understand are words.
func ParseSearch(q string) Search {
	s := Search{Kind: FindPosts, Sort: ByRelevance}
	var text []string
	for _, token := range tokens(q) {
		if !s.condition(token) {
			text = append(text, token)
		}
	}
	s.Text = strings.Join(text, " ")
	return s
}

// condition takes a token that is one.
func (s *Search) condition(token string) bool {
	key, value, ok := strings.Cut(token, ":")
	if !ok || value == "" {
		return false
	}
	switch strings.ToLower(key) {
	case "author", "by":
		s.Author = strings.TrimPrefix(value, "@")
	case "in":
		s.Community = strings.TrimPrefix(value, "!")
	case "before":
		at, ok := day(value)
		if ok {
			s.Before = at
		}
		return ok
	case "after", "since":
		at, ok := day(value)
		if ok {
			s.Since = at
		}
		return ok
	case "has":
		s.HasLink = s.HasLink || strings.EqualFold(value, "link")
		return strings.EqualFold(value, "link")
	default:
		return false
	}
	return true
}

// day reads a day, or the first one of a month or year.
func day(s string) (time.Time, bool) {
	for _, form := range []string{"2006-01-02", "2006-01", "2006"} {
		if at, err := time.Parse(form, s); err == nil && at.Year() >= 1970 && at.Year() < 3000 {
			return at, true
		}
	}
	return time.Time{}, false
}

// Terms parts the text of a search.
func (s *Search) Terms() []Term {
	var out []Term
	for _, token := range tokens(s.Text) {
		var t Term
		t.Words, t.Not = strings.CutPrefix(token, "-")
		if inner, ok := strings.CutPrefix(t.Words, `"`); ok {
			t.Words, t.Phrase = strings.TrimSuffix(inner, `"`), true
		}
		if strings.ContainsFunc(t.Words, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			out = append(out, t)
		}
	}
	return out[:min(len(out), MaxTerms)]
}

// tokens parts a text at blanks outside of quotes. A quote that is not closed
// goes on to the end.
func tokens(q string) []string {
	q = strings.ToValidUTF8(q, "")
	if utf8.RuneCountInString(q) > MaxSearch {
		q = string([]rune(q)[:MaxSearch])
	}
	q = strings.Map(quote, q)
	var out []string
	begin, quoted := -1, false
	for i, r := range q {
		switch {
		case r == '"' && begin < 0:
			begin, quoted = i, true
		case r == '"' && quoted:
			out, begin, quoted = append(out, q[begin:i+1]), -1, false
		case r == '"' && (q[begin:i] == "-"):
			quoted = true
		case unicode.IsSpace(r) && begin >= 0 && !quoted:
			out, begin = append(out, q[begin:i]), -1
		case !unicode.IsSpace(r) && begin < 0:
			begin = i
		}
	}
	if begin >= 0 {
		out = append(out, q[begin:])
	}
	return out
}

// quote makes one of the quotation marks that keyboards put in by themselves, and
// a blank of what cannot be seen.
func quote(r rune) rune {
	switch {
	case strings.ContainsRune("“”„‟«»", r):
		return '"'
	case unicode.IsControl(r):
		return ' '
	}
	return r
}
