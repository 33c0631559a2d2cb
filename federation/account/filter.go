package account

import (
	"html"
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

	words   map[string]bool // keywords that are one word each
	longest int             // of these, in bytes
	phrases []string        // all others
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
	if k := f.keyword(p); k != "" {
		return WhyKeyword, k
	}
	if _, read := f.Marks.Read[p.ID]; read && f.Settings.Read == "hide" {
		return WhyRead, ""
	}
	return "", ""
}

// keyword is one that stands in a post's title or text; empty for none.
func (f *Filter) keyword(p *forum.Post) string {
	if len(f.Settings.Keywords) == 0 {
		return ""
	}
	if f.words == nil {
		f.words = map[string]bool{}
		for _, k := range f.Settings.Keywords {
			if strings.ContainsFunc(k, func(r rune) bool { return !joined(r) }) {
				f.phrases = append(f.phrases, k)
			} else {
				f.words[k], f.longest = true, max(f.longest, len(k))
			}
		}
	}
	if k := f.saidIn(p.Title); k != "" {
		return k
	}
	return f.saidIn(letters(p.Text.HTML))
}

// lookedAt is how many bytes of the HTML of a text filters look at, so that nobody's long
// post makes the pages of others late: some thousand words.
const lookedAt = 8000

// letters is the beginning of a text without its marks. The text is sanitised, so that a
// "<" begins a mark wherever it stands.
func letters(text string) string {
	if len(text) > lookedAt {
		text = strings.ToValidUTF8(text[:lookedAt], "")
	}
	var b strings.Builder
	for {
		said, rest, more := strings.Cut(text, "<")
		b.WriteString(said)
		if !more {
			break
		}
		mark, after, _ := strings.Cut(rest, ">")
		name, _, _ := strings.Cut(strings.TrimPrefix(mark, "/"), " ")
		if !withinWords[name] {
			b.WriteByte(' ')
		}
		text = after
	}
	return html.UnescapeString(b.String())
}

// withinWords are marks that do not end a word.
var withinWords = map[string]bool{"a": true, "b": true, "i": true, "em": true, "strong": true, "code": true, "s": true, "del": true, "span": true, "sub": true, "sup": true}

// saidIn is a keyword that stands in a text; empty for none. Those that are one word are
// looked up by the words of the text, of which there are fewer than letters times
// keywords.
func (f *Filter) saidIn(text string) string {
	text = strings.ToLower(text)
	if len(f.words) > 0 {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !joined(r) }) {
			if len(word) <= f.longest && f.words[word] {
				return word
			}
		}
	}
	for _, k := range f.phrases {
		if says(text, k) {
			return k
		}
	}
	return ""
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
func joined(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
