package view

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
