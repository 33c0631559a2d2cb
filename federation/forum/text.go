package forum

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Format says how a Text's source is written.
type Format int8

// The formats of what people write. What came in is kept as it came.
const (
	Markdown Format = 1
	HTML     Format = 2
	Plain    Format = 3
)

// Text is what somebody wrote, as they wrote it, with the HTML it was rendered
// to when it arrived. HTML is sanitised by the door that made the Text; the
// forum stores it and never renders.
type Text struct {
	Source        string
	Format        Format
	HTML          string
	RenderVersion int
}

// Stamp is a time that another server wrote: the moment, and its text as it
// came, because some peers refuse an object for ever when a time they know comes
// back in other digits. Text is empty for times of our own.
type Stamp struct {
	Time time.Time
	Text string
}

// IsZero reports whether there is no time.
func (s Stamp) IsZero() bool { return s.Time.IsZero() }

// State says whether a post or comment can be read.
type State int8

// The states of a post or comment. In all but Live its place in a thread is
// kept, and its id answers with a Tombstone.
const (
	Live    State = 0
	Deleted State = 1 // by its author
	Removed State = 2 // by a moderator or admin, with a reason
	Purged  State = 3 // by an admin, its content destroyed
)

// Bounds of whom and what texts name.
const (
	MaxMentions = 20  // people elsewhere whom one object tells that it names them
	MaxEmoji    = 50  // pictures of one object
	MaxOwnEmoji = 500 // of this node
	MaxHashtags = 20  // of one object
	MaxHashtag  = 100 // runes
	MaxPostTags = 50  // of one community
	MaxTagTitle = 50  // runes of what one is called
	TagColors   = 10  // as many as Lemmy has
)

// Tags are whom and what the texts of a post or comment name. They are lists in
// one line or several each, so that two can be compared.
type Tags struct {
	Emoji    Emojis
	Hashtags Hashtags
	Mentions Mentions // of what people here write: what comes from elsewhere was told by its server
	Flair    Flair    // tags of the community; of posts alone
	Quote    Quote
	Quotable Quotable // of what comes from elsewhere: here everybody may quote
	Answers  Allowed  // who may answer it; likewise
	Leave    Leave    // of a comment written here: what the author of what it answers said to it
}

// Emojis are pictures that stand for words, one to a line: the shortcode without its
// colons, a blank, and the address of the picture. Behind those of this node stands when
// they were made.
type Emojis string

// Emoji is one picture that stands for a word.
type Emoji struct {
	Name string // the shortcode
	URL  string
	Made time.Time // of those of this node; zero for others
}

// With adds one. What is no shortcode, or is there, or is one too many, is left out.
func (e Emojis) With(shortcode, url string) Emojis {
	if !IsShortcode(shortcode) || url == "" || strings.ContainsAny(url, " \n\r\t") || e.URL(shortcode) != "" || strings.Count(string(e), "\n") >= MaxEmoji {
		return e
	}
	return e + Emojis(shortcode+" "+url+"\n")
}

// WithOwn adds one of this node, likewise.
func (e Emojis) WithOwn(one Emoji) Emojis {
	with := e.With(one.Name, one.URL)
	if with == e {
		return e
	}
	return with[:len(with)-1] + Emojis(" "+strconv.FormatInt(one.Made.Unix(), 10)+"\n")
}

// Own are those of this node.
func (e Emojis) Own() (own []Emoji) {
	for line := range strings.Lines(string(e)) {
		if f := strings.Fields(line); len(f) == 3 {
			made, _ := strconv.ParseInt(f[2], 10, 64) // WithOwn wrote it
			own = append(own, Emoji{f[0], f[1], time.Unix(made, 0).UTC()})
		}
	}
	return own
}

// URL is the address of a picture; empty when there is none of that name.
func (e Emojis) URL(shortcode string) string {
	_, rest, ok := strings.Cut("\n"+string(e), "\n"+shortcode+" ")
	if !ok || shortcode == "" {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\n")
	url, _, _ := strings.Cut(line, " ")
	return url
}

// All are the addresses of the pictures by their shortcodes.
func (e Emojis) All() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(string(e)) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		all[name], _, _ = strings.Cut(rest, " ")
	}
	return all
}

// IsShortcode reports whether a word can be the name of an emoji, between two colons.
func IsShortcode(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-' && r != '+'
	}) < 0
}

// CheckEmoji says why a word cannot name an emoji of this node: others read no other
// characters in the names of theirs.
func CheckEmoji(name string) *Refusal {
	other := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_'
	}
	if len(name) < 2 || len(name) > 64 || strings.ContainsFunc(name, other) {
		return &Refusal{Kind: Invalid, Reason: "bad-shortcode", Text: "The name of an emoji has 2 to 64 letters of the Latin alphabet, digits and underscores."}
	}
	return nil
}

// Hashtags are names of hashtags in lower case, without their sign, with blanks
// between them.
type Hashtags string

// With adds one as it is written, with its sign or without. Of two that differ in
// capitals alone the first stays (FEP-eb48); what is none is left out.
func (h Hashtags) With(name string) Hashtags {
	name = Hashtag(name)
	if name == "" || h.Has(name) || len(h.All()) >= MaxHashtags {
		return h
	}
	return Hashtags(strings.TrimSpace(string(h) + " " + name))
}

// Has reports whether one is among them, by its name as they have it.
func (h Hashtags) Has(name string) bool { return slices.Contains(h.All(), name) }

// All are the names.
func (h Hashtags) All() []string { return strings.Fields(string(h)) }

// Hashtag is the name under which a hashtag is kept: in lower case, without its sign;
// empty for what is none. Digits alone are a number, and no topic. A letter with its mark
// beside it is the same as both in one.
func Hashtag(s string) string {
	s = norm.NFC.String(strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "#")))
	letters, runes := false, 0
	for _, r := range s {
		runes++
		switch {
		case unicode.IsLetter(r):
			letters = true
		case unicode.IsDigit(r), unicode.IsMark(r), r == '_', r == '·', r == '\u200c':
		default:
			return ""
		}
	}
	if !letters || runes > MaxHashtag {
		return ""
	}
	return s
}

// Mention is somebody elsewhere whom a text names. Where URI is empty it named them
// once: they are told what becomes of it all the same.
type Mention struct{ Inbox, URI, Name, Host string }

// Mentions are people elsewhere, one to a line.
type Mentions string

// With adds somebody; who is there, or is one too many, is left out.
func (m Mentions) With(one Mention) Mentions {
	line := strings.TrimRight(one.Inbox+" "+one.URI+" "+one.Name+" "+one.Host, " ")
	fields := strings.Fields(line)
	if n := len(fields); n != 1 && n != 4 || fields[0] != one.Inbox {
		return m
	}
	all := m.All()
	if len(all) >= MaxMentions || slices.ContainsFunc(all, func(o Mention) bool { return o.Inbox == one.Inbox && (o.URI == one.URI || one.URI == "") }) {
		return m
	}
	return Mentions(strings.TrimLeft(string(m)+"\n"+line, "\n"))
}

// After is whom a text names that named others before.
func (m Mentions) After(before Mentions) Mentions {
	for _, one := range before.All() {
		m = m.With(Mention{Inbox: one.Inbox})
	}
	return m
}

// All are they, those that are named no more too.
func (m Mentions) All() (all []Mention) {
	for line := range strings.Lines(string(m)) {
		switch fields := strings.Fields(line); len(fields) {
		case 1:
			all = append(all, Mention{Inbox: fields[0]})
		case 4:
			all = append(all, Mention{fields[0], fields[1], fields[2], fields[3]})
		}
	}
	return all
}

// Named are those that the text names now.
func (m Mentions) Named() []Mention {
	return slices.DeleteFunc(m.All(), func(one Mention) bool { return one.URI == "" })
}

// Flair are ids of tags of the community of a post, one to a line.
type Flair string

// With adds one; what is there, or one too many, is left out.
func (f Flair) With(id string) Flair {
	if id == "" || strings.ContainsAny(id, " \t\r\n") || slices.Contains(f.All(), id) || len(f.All()) >= MaxHashtags {
		return f
	}
	return Flair(strings.TrimSpace(string(f) + "\n" + id))
}

// All are the ids.
func (f Flair) All() []string { return strings.Fields(string(f)) }

// Quote is what a text quotes. Agreed says that whoever is quoted is said to have
// allowed it, or was never asked since the software of who quotes knows no such question:
// then it may be shown; else only where it is to be found.
type Quote struct {
	URI      string
	Agreed   bool
	Approval string // id of what is said to allow it; of others it counts once that was read there
	Declined bool   // of people here: its author was asked and does not want it
}

// Approval is what allows something to quote something else.
type Approval struct {
	ID      string
	Quoting string // ids
	Quoted  string
	By      string // who gave it: it counts only of who wrote Quoted
}

// MaxApprovals is how many of them are asked for at one time.
const MaxApprovals = 2000

// Quotable is what the author of something says of who may quote it.
type Quotable int8

// Where nothing is said nobody is asked: whoever wrote that would not understand.
const (
	QuotableUnsaid Quotable = iota
	QuotableAsked           // whoever asks and is allowed
	QuotableNot             // by nobody
)

// Allowed is whom the author of something elsewhere lets do one thing with it, one to a
// line: who may at once behind a "+", who may ask behind a "?", by their ids, or "*" for
// everybody. Where nothing is said everybody may at once.
type Allowed string

// MaxAllowed is how many are kept.
const MaxAllowed = 50

// Freely and Asking add somebody; who is one too many is left out.
func (a Allowed) Freely(who string) Allowed { return a.with("+" + who) }

// Asking likewise adds somebody who may ask.
func (a Allowed) Asking(who string) Allowed { return a.with("?" + who) }

func (a Allowed) with(line string) Allowed {
	if strings.ContainsAny(line, " \t\r\n") || a.has(line) || strings.Count(string(a), "\n") >= MaxAllowed {
		return a
	}
	return a + Allowed(line+"\n")
}

func (a Allowed) has(line string) bool {
	return strings.Contains("\n"+string(a), "\n"+line+"\n")
}

// Of is what somebody, by their id, is allowed. What names them counts before what is said
// of everybody.
func (a Allowed) Of(who string) Consent {
	for _, one := range []string{who, "*"} {
		switch {
		case a == "" || a.has("+"+one):
			return Given
		case a.has("?" + one):
			return Asked
		}
	}
	return Withheld
}

// Leave is what the author of something says to an answer to it. Approval is the id of what
// they gave out for it.
type Leave struct {
	Asked, Declined bool
	Approval        string
}

// PostTag is one with which posts of a community can be marked.
type PostTag struct {
	ID    string
	Name  string // in addresses
	Title string // what it is called; never empty
	Color int    // 1 to TagColors
}

// PostTags are those of a community, one to a line. One value can be compared with
// another.
type PostTags string

// With adds one; one too many, or of an id that is there, is left out.
func (t PostTags) With(p PostTag) PostTags {
	line := strings.Join([]string{p.ID, p.Name, p.Title, strconv.Itoa(p.Color)}, "\t")
	if p.ID == "" || p.Title == "" || strings.Count(line, "\t") != 3 || strings.Contains(line, "\n") || strings.Count(string(t), "\n") >= MaxPostTags {
		return t
	}
	if _, is := t.ByID(p.ID); is {
		return t
	}
	return t + PostTags(line+"\n")
}

// All are the tags in their order.
func (t PostTags) All() []PostTag {
	var out []PostTag
	for line := range strings.SplitSeq(string(t), "\n") {
		if f := strings.Split(line, "\t"); len(f) == 4 {
			color, _ := strconv.Atoi(f[3]) // 0 where it is none
			out = append(out, PostTag{f[0], f[1], f[2], color})
		}
	}
	return out
}

// ByID finds one by its id.
func (t PostTags) ByID(id string) (PostTag, bool) {
	return t.find(func(p PostTag) bool { return p.ID == id })
}

// ByName finds one by its name in addresses.
func (t PostTags) ByName(name string) (PostTag, bool) {
	return t.find(func(p PostTag) bool { return p.Name == name })
}

func (t PostTags) find(is func(PostTag) bool) (PostTag, bool) {
	all := t.All()
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return PostTag{}, false
}

// Of are those tags that a post has and its community knows.
func (t PostTags) Of(f Flair) []PostTag {
	var out []PostTag
	if f == "" || t == "" {
		return nil
	}
	for _, id := range f.All() {
		if p, ok := t.ByID(id); ok {
			out = append(out, p)
		}
	}
	return out
}
