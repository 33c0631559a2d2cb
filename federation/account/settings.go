package account

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"stoa/federation/forum"
)

// Settings are how somebody wants to read. The zero value is what a new account has.
type Settings struct {
	Theme    string `json:"theme,omitempty"`    // light or dark; empty follows the device
	Layout   string `json:"layout,omitempty"`   // compact; empty means cards
	TextSize string `json:"text,omitempty"`     // small or large; empty is between
	Language string `json:"language,omitempty"` // of the pages; empty follows the browser

	Feed string `json:"feed,omitempty"` // local, all or one of a collection; empty means what is subscribed to
	Sort string `json:"sort,omitempty"` // of lists; empty means hot

	Sensitive string `json:"sensitive,omitempty"` // show or hide what is sensitive; empty blurs it
	Read      string `json:"read,omitempty"`      // show or hide posts that were read; empty greys them

	Messages string `json:"messages,omitempty"` // who may write to them: follows or nobody (forum.TakesFollowed, TakesNone); empty means everybody

	Languages []string `json:"languages,omitempty"` // of posts; empty means all, and what says none is always shown
	Keywords  []string `json:"keywords,omitempty"`  // posts with one of these in the title or at the beginning of the text are hidden
}

// Bounds of filters.
const (
	MaxKeywords = 200
	maxKeyword  = 100 // runes
)

// choices are what each setting may be; the first is the default.
var choices = map[string][]string{
	"theme":     {"", "light", "dark"},
	"layout":    {"", "compact"},
	"text":      {"", "small", "large"},
	"feed":      {"", "local", "all"},
	"sensitive": {"", "show", "hide"},
	"read":      {"", "show", "hide"},
	"messages":  {forum.TakesAll, forum.TakesFollowed, forum.TakesNone},
}

// ofCollection is the feed of a collection, by number. Whether it is theirs is asked
// when it is read: it may be taken away later.
var ofCollection = regexp.MustCompile(`^collection-[1-9][0-9]{0,8}$`)

// Choices are what a setting may be; the first is the default.
func Choices(setting string) []string { return choices[setting] }

// Tidy puts settings that came from a form into order: what is no choice becomes the
// default, lists lose repeats, blanks and what is beyond their bounds.
func (s Settings) Tidy() Settings {
	for name, field := range map[string]*string{
		"theme": &s.Theme, "layout": &s.Layout, "text": &s.TextSize, "feed": &s.Feed, "sensitive": &s.Sensitive, "read": &s.Read, "messages": &s.Messages,
	} {
		if !slices.Contains(choices[name], *field) && (name != "feed" || !ofCollection.MatchString(*field)) {
			*field = choices[name][0]
		}
	}
	s.Keywords = tidy(s.Keywords, func(k string) string {
		k = strings.ToLower(strings.Join(strings.Fields(k), " "))
		if utf8.RuneCountInString(k) > maxKeyword {
			return ""
		}
		return k
	})
	s.Languages = tidy(s.Languages, func(l string) string { return strings.ToLower(strings.TrimSpace(l)) })
	return s
}

func tidy(list []string, each func(string) string) []string {
	var out []string
	for _, item := range list {
		if item = each(item); item != "" && !slices.Contains(out, item) && len(out) < MaxKeywords {
			out = append(out, item)
		}
	}
	return out
}
