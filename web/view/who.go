package view

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/federation/forum"
)

// Who is a person or community as a line of text names it.
type Who struct {
	Href  string
	Label string // display name, or the handle of those who have none
	// Full is true when the handle stands beside the label. It does for all but
	// those of this node who are called by it: a display name proves nothing.
	Full     bool
	Local    string // the handle's name
	Host     string // empty for those of this node
	Monogram string // one letter
	Hue      string // class of the monogram's colour
	Icon     string // address on this node of its picture; empty for none
	Bot      bool
	Rich     template.HTML // Label with its emoji; empty where it has none
}

// Shown is Label as it is shown.
func (w Who) Shown() any {
	if w.Rich != "" {
		return w.Rich
	}
	return w.Label
}

// Handle is name or name@host.
func (w Who) Handle() string {
	if w.Host == "" {
		return w.Local
	}
	return w.Local + "@" + w.Host
}

func (f Frame) person(p forum.Person) Who {
	w := who(p.Title, p.Name, p.Host, p.Local)
	w.Href, w.Bot, w.Icon, w.Rich = PersonPath(p), p.Bot, f.picture(p.AvatarURL, Avatar), f.emoji(w.Label, p.Emoji)
	return w
}

func (f Frame) community(c forum.Community) Who {
	w := who(c.Title, c.Name, c.Host, c.Local)
	w.Href, w.Rich = CommunityPath(c), f.emoji(w.Label, c.Emoji)
	if !c.Sensitive {
		w.Icon = f.picture(c.IconURL, Avatar)
	}
	return w
}

func who(title, name, host string, local bool) Who {
	if local {
		host = ""
	}
	w := Who{Label: strings.TrimSpace(title), Local: name, Host: host}
	if w.Label == "" {
		w.Label = w.Handle()
	} else {
		w.Full = !local || !strings.EqualFold(w.Label, name)
	}
	w.Monogram = initial(w.Label)
	h := fnv.New32a()
	_, _ = h.Write([]byte(w.Handle())) // a hash takes everything
	w.Hue = "m" + strconv.Itoa(int(h.Sum32()%10))
	return w
}

// initial is the first letter or digit of a name, in capitals where the script
// has them.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "?"
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Visible shows a stranger's text as it is, on one line and harmless: what would
// move a cursor, turn the direction of what stands around it or not be seen at
// all is written as an escape. It is cut after so many characters; 0 cuts nothing.
func Visible(s string, limit int) string {
	var b strings.Builder
	n := 0
	for s != "" {
		if limit > 0 && n >= limit {
			b.WriteString("…")
			break
		}
		n++
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size <= 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80 && unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// hidden are characters that are not seen or move others. The joiners stay: emoji
// and several scripts are written with them, and they move nothing.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != nonJoiner && r != joiner &&
		(unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r))
}
