package view

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"stoa/federation/forum"
	"stoa/web/words"
)

// SearchPage is the search with what it found.
type SearchPage struct {
	Frame
	Query    string
	Search   forum.Search
	Found    forum.Found
	Paged    bool
	Excerpts []string // plain text of each post or comment found; as long as they are
	// Unknown is an address or handle that was looked for and is not known here.
	Unknown string
	// Looked is how looking for it at its server has gone; LookBusy is true when too
	// much is looked for to begin with it.
	Looked   forum.LookedUp
	LookBusy bool
}

func (SearchPage) template() string { return "search" }

// Hit is a post or comment that was found.
type Hit struct {
	T         *words.Words
	Href      string
	Title     []Piece
	Lang      string
	Text      []Piece
	Veil      string // shown in place of title and text
	Community Who
	Author    Who
	At        Moment
	Comments  string
}

// Piece is a stretch of text, marked where it is what was looked for.
type Piece struct {
	Text string
	On   bool
}

func (p SearchPage) address(kind forum.SearchKind, sort forum.SearchSort, after string) string {
	q := url.Values{}
	if p.Query != "" {
		q.Set("q", p.Query)
	}
	if kind != forum.FindPosts {
		q.Set("kind", string(kind))
	}
	if sort == forum.ByNewest {
		q.Set("sort", string(sort))
	}
	if after != "" {
		q.Set("after", after)
	}
	return at("/search", q)
}

// Kinds choose what is looked for.
func (p SearchPage) Kinds() []Choice {
	t := &p.T.Search
	var out []Choice
	for _, c := range []struct {
		kind  forum.SearchKind
		label string
	}{{forum.FindPosts, t.Posts}, {forum.FindComments, t.Comments}, {forum.FindCommunities, t.Communities}, {forum.FindPeople, t.People}} {
		out = append(out, Choice{Label: c.label, Href: p.address(c.kind, p.Search.Sort, ""), On: c.kind == p.Search.Kind})
	}
	return out
}

// Kind is what is looked for, where the address must say it.
func (p SearchPage) Kind() string {
	if p.Search.Kind == forum.FindPosts {
		return ""
	}
	return string(p.Search.Kind)
}

// Sorts choose the order of posts and comments; names have but one.
func (p SearchPage) Sorts() []Choice {
	if p.Query == "" || p.Search.Kind == forum.FindCommunities || p.Search.Kind == forum.FindPeople {
		return nil
	}
	t, k := &p.T.Search, p.Search.Kind
	return []Choice{
		{Label: t.Relevance, Href: p.address(k, forum.ByRelevance, ""), On: p.Search.Sort != forum.ByNewest},
		{Label: t.Newest, Href: p.address(k, forum.ByNewest, ""), On: p.Search.Sort == forum.ByNewest},
	}
}

// Count says how many are on this page, and whether there are more.
func (p SearchPage) Count() string {
	n := len(p.Found.Posts) + len(p.Found.Comments) + len(p.Found.Communities) + len(p.Found.People)
	switch {
	case n == 0:
		return ""
	case p.Found.Next != "" || p.Paged:
		return p.T.Search.FoundMore.Of(n)
	}
	return p.T.Search.Found.Of(n)
}

// More and First are the next page and the first one.
func (p SearchPage) More() string {
	if p.Found.Next == "" {
		return ""
	}
	return p.address(p.Search.Kind, p.Search.Sort, p.Found.Next)
}

// First is the first page; empty on it.
func (p SearchPage) First() string {
	if !p.Paged {
		return ""
	}
	return p.address(p.Search.Kind, p.Search.Sort, "")
}

// UnknownText says what may be done about something unknown.
func (p SearchPage) UnknownText() string {
	if strings.Contains(p.Unknown, "/") {
		return p.T.Search.UnknownText
	}
	return p.T.Search.UnknownName
}

// Original is where an unknown address leads, and the server of an unknown handle.
func (p SearchPage) Original() string {
	if _, host, ok := strings.Cut(strings.TrimLeft(p.Unknown, "@!"), "@"); ok && !strings.Contains(p.Unknown, "/") {
		return WebURL("https://" + host)
	}
	return WebURL(p.Unknown)
}

// Operator is a condition that a search can have, with what it does.
type Operator struct{ Example, Text string }

// Operators explain the conditions.
func (p SearchPage) Operators() []Operator {
	t := &p.T.Search
	return []Operator{
		{`"…"`, t.Phrase}, {"-…", t.Not}, {"author:name@host", t.Author}, {"in:community@host", t.In},
		{"after:2026-01 before:2026-02-15", t.Before}, {"has:link", t.Link},
	}
}

// Hits are the posts or comments of this page.
func (p SearchPage) Hits() []Hit {
	known, terms := langs{}, p.Search.Terms()
	var out []Hit
	for i := range p.Found.Posts {
		c := p.card(&p.Found.Posts[i], known)
		h := Hit{T: p.T, Href: c.Href, Title: marked(c.Title, terms), Lang: c.Lang, Community: c.Community, Author: c.Author, At: c.At, Comments: c.Comments}
		h.Veil = c.Veil
		if !c.Sensitive && c.Warning == "" && i < len(p.Excerpts) {
			h.Text = marked(around(p.Excerpts[i], terms), terms)
		}
		out = append(out, h)
	}
	for i := range p.Found.Comments {
		it := &p.Found.Comments[i]
		m := &it.Comment
		h := Hit{
			T: p.T, Href: CommentPath(m.ID), Title: []Piece{{Text: it.PostTitle}}, Lang: known.of(m.Language),
			Community: p.community(it.Community), Author: p.person(m.Author), At: p.Moment(m.Published.Time),
		}
		if it.PostTitle == "" {
			h.Title[0].Text = p.T.Untitled
		}
		if h.Veil = p.veil(m.Sensitive, m.Warning); h.Veil == "" && i < len(p.Excerpts) {
			h.Text = marked(around(p.Excerpts[i], terms), terms)
		}
		out = append(out, h)
	}
	return out
}

// Communities are those of this page.
func (p SearchPage) Communities() []CommunityFacts {
	out := make([]CommunityFacts, len(p.Found.Communities))
	for i := range out {
		out[i] = p.facts(p.Found.Communities[i])
	}
	return out
}

// People are those of this page.
func (p SearchPage) People() []Who {
	out := make([]Who, len(p.Found.People))
	for i := range out {
		out[i] = p.person(p.Found.People[i])
	}
	return out
}

// excerpt is how many runes of a text stand below a title.
const excerpt = 240

// around is the stretch of a text where the first term stands; the beginning where
// none does.
func around(text string, terms []forum.Term) string {
	runes := []rune(text)
	if len(runes) <= excerpt {
		return text
	}
	start := 0
	if spans := matches(runes, terms); len(spans) > 0 {
		start = max(0, spans[0][0]-excerpt/4)
	}
	if start > 0 {
		for i := start; i < min(start+30, len(runes)); i++ { // begin with a whole word
			if unicode.IsSpace(runes[i]) {
				start = i + 1
				break
			}
		}
	}
	end := min(len(runes), start+excerpt)
	out := strings.TrimSpace(string(runes[start:end]))
	if start > 0 {
		out = "… " + out
	}
	if end < len(runes) {
		out += " …"
	}
	return out
}

// marked parts a text into what was looked for and the rest.
func marked(text string, terms []forum.Term) []Piece {
	runes := []rune(text)
	var out []Piece
	done := 0
	for _, s := range matches(runes, terms) {
		if s[0] > done {
			out = append(out, Piece{Text: string(runes[done:s[0]])})
		}
		out = append(out, Piece{string(runes[s[0]:s[1]]), true})
		done = s[1]
	}
	if done < len(runes) {
		out = append(out, Piece{Text: string(runes[done:])})
	}
	return out
}

// matches finds where terms stand as whole words, without regard to case and
// accents, in order and apart from each other.
func matches(text []rune, terms []forum.Term) [][2]int {
	folded := fold(text)
	var wanted [][]rune
	for _, t := range terms {
		if !t.Not {
			wanted = append(wanted, fold([]rune(strings.Join(strings.Fields(t.Words), " "))))
		}
	}
	var out [][2]int
	for i := 0; i < len(folded); i++ {
		for _, w := range wanted {
			if end := i + len(w); len(w) > 0 && end <= len(folded) && string(folded[i:end]) == string(w) && apart(folded, i) && apart(folded, end) {
				out = append(out, [2]int{i, end})
				i = end - 1
				break
			}
		}
	}
	return out
}

// apart reports whether a word may begin or end at i. Scripts without blanks have
// no words that could be told apart here.
func apart(text []rune, i int) bool {
	if i == 0 || i == len(text) {
		return true
	}
	a, b := text[i-1], text[i]
	return !letter(a) || !letter(b) || a >= 0x2E80 || b >= 0x2E80
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// fold takes case and accents off, rune by rune.
func fold(text []rune) []rune {
	out := make([]rune, len(text))
	for i, r := range text {
		if r >= 0x80 {
			if base := []rune(norm.NFD.String(string(r))); len(base) > 0 && (r < 0xAC00 || r >= 0xD7A4) { // Hangul is put together, not accented
				r = base[0]
			}
		}
		out[i] = unicode.ToLower(r)
	}
	return out
}

// PlacePath is the page of a place.
func PlacePath(p forum.Place) string {
	switch p.Kind {
	case forum.AtPost:
		return PostPath(p.ID)
	case forum.AtComment:
		return "/comment/" + itoa(p.ID)
	case forum.AtCommunity:
		return "/c/" + handlePath(p.Handle)
	default:
		return "/u/" + handlePath(p.Handle)
	}
}
