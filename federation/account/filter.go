package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/federation/forum"
)

// Why says why a post is left out of somebody's lists.
type Why string

// The reasons. The zero value means that it is not.
const (
	WhyHidden    Why = "hidden" // by themselves
	WhyPerson    Why = "person" // of somebody whom they blocked
	WhyCommunity Why = "community"
	WhyServer    Why = "server"
	WhyKeyword   Why = "keyword"
	WhyLanguage  Why = "language"
	WhySensitive Why = "sensitive"
	WhyRead      Why = "read"
)

// Filter is what one person wants left out of their lists.
type Filter struct {
	Person   int64 // whose own posts are always shown
	Settings *Settings
	Marks    *forum.Marks
	Shuns    *forum.Shuns
	// Within is the community whose own list it is; 0 for others. Who opens it wants
	// to see it, blocked or not.
	Within int64
}

// Hides says why a post is left out, and, of a keyword or a server, which it is; zero
// for one that is shown.
func (f *Filter) Hides(p *forum.Post) (why Why, which string) {
	switch s := f.Settings; {
	case p.Author.ID == f.Person:
		return "", ""
	case f.Marks.Hidden[p.ID]:
		return WhyHidden, ""
	case f.Shuns.People[p.Author.ID]:
		return WhyPerson, ""
	case !p.Author.Local && f.Shuns.Hosts[p.Author.Host]:
		return WhyServer, p.Author.Host
	case f.Within != p.Community.ID && f.Shuns.Communities[p.Community.ID]:
		return WhyCommunity, ""
	case f.Within != p.Community.ID && !p.Community.Local && f.Shuns.Hosts[p.Community.Host]:
		return WhyServer, p.Community.Host
	case s.Sensitive == "hide" && (p.Sensitive || p.Warning != ""):
		return WhySensitive, ""
	case !s.speaks(p.Language):
		return WhyLanguage, p.Language
	}
	title := strings.ToLower(p.Title)
	for _, k := range f.Settings.Keywords {
		if says(title, k) {
			return WhyKeyword, k
		}
	}
	if _, read := f.Marks.Read[p.ID]; read && f.Settings.Read == "hide" {
		return WhyRead, ""
	}
	return "", ""
}

// speaks reports whether posts in a language are wanted. What says none is.
func (s Settings) speaks(language string) bool {
	if len(s.Languages) == 0 || language == "" {
		return true
	}
	main, _, _ := strings.Cut(strings.ToLower(language), "-")
	for _, l := range s.Languages {
		if l == main || strings.EqualFold(l, language) {
			return true
		}
	}
	return false
}

// says reports whether a keyword stands in a text, both in small letters: as words of
// their own, where a script parts words by blanks.
func says(text, keyword string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], keyword)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(keyword)
		before, _ := utf8.DecodeLastRuneInString(text[:begin])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if !joined(before) && !joined(after) {
			return true
		}
		from = begin + 1
		for from < len(text) && !utf8.RuneStart(text[from]) {
			from++
		}
	}
}

// joined reports whether a letter belongs to the word beside it: in scripts that part
// words by blanks. Those from U+2E80 on mostly do not.
func joined(r rune) bool { return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
