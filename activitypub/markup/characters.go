package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func isSpace(r rune) bool { return unicode.IsSpace(r) || r == '\u2800' }

// isASCIISpace: the white space that HTML folds.
func isASCIISpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

// isInvisible: takes no room by itself. Joiners and selectors are needed inside
// emoji and several scripts, so they are counted, not dropped.
func isInvisible(r rune) bool {
	switch {
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5,
		r >= 0x180B && r <= 0x180F, r >= 0x200B && r <= 0x200F, r >= 0x2060 && r <= 0x2065,
		r >= 0x206A && r <= 0x206F, r == 0x3164, r >= 0xFE00 && r <= 0xFE0F, r == 0xFEFF, r == 0xFFA0,
		r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

// dropped: never wanted. Control characters, and the bidirectional embeddings,
// overrides and isolates, with which text can be made to read as something
// other than it is ("Trojan Source"). The plain marks U+200E, U+200F and U+061C
// stay.
func dropped(r rune) bool {
	switch {
	case r == '\t', r == '\n':
		return false
	case r < 0x20, r >= 0x7F && r <= 0x9F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069,
		r == 0xFFFE, r == 0xFFFF:
		return true
	}
	return false
}

// legible drops what is never wanted from a text.
func legible(s string) string {
	clean := true
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < 0x20 && c != '\n' && c != '\t' {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.Map(func(r rune) rune {
		if dropped(r) {
			return -1
		}
		if r == '\u2028' || r == '\u2029' {
			return '\n'
		}
		return r
	}, s)
}

// Longest runs let through. No script stacks more than a handful of marks on
// one letter; a flag emoji has seven tag characters.
const (
	maxInvisibleRun = 8
	maxMarkRun      = 8
)

// calm cuts floods of invisible characters and of stacked marks.
func calm(s string) string {
	invisible, marks := 0, 0
	flood := false
	for _, r := range s {
		if r < 0xAD {
			invisible, marks = 0, 0
			continue
		}
		if invisible, marks = count(r, invisible, marks); invisible > maxInvisibleRun || marks > maxMarkRun {
			flood = true
			break
		}
	}
	if !flood {
		return s
	}
	invisible, marks = 0, 0
	return strings.Map(func(r rune) rune {
		i, m := count(r, invisible, marks)
		if i > maxInvisibleRun || m > maxMarkRun {
			return -1
		}
		invisible, marks = i, m
		return r
	}, s)
}

func count(r rune, invisible, marks int) (int, int) {
	switch {
	case isInvisible(r):
		return invisible + 1, marks
	case unicode.In(r, unicode.Mn, unicode.Me):
		return invisible, marks + 1
	}
	return 0, 0
}

// fold makes every run of white space one blank and trims both ends.
func fold(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut shortens s to at most limit runes, the … at its end included: at the end of
// a word where one ends in the second half, else between two whole characters.
func cut(s string, limit int) (short string, whole bool) {
	if limit <= 0 {
		return "", s == ""
	}
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s, true
	}
	end, n := 0, 0
	for end < len(s) && n < limit-1 {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
		n++
	}
	if space := strings.LastIndexByte(s[:end+1], ' '); space > end/2 {
		end = space
	} else {
		end = characterEdge(s, end)
	}
	return strings.TrimRight(s[:end], " ,;:–—-(") + "…", false
}

// characterEdge moves i back to where a character as readers see it begins, so
// that no accent, emoji sequence or flag is cut in two. It goes back 32 runes
// at most.
func characterEdge(s string, i int) int {
	for range 32 {
		if i <= 0 || i >= len(s) {
			return i
		}
		next, _ := utf8.DecodeRuneInString(s[i:])
		before, size := utf8.DecodeLastRuneInString(s[:i])
		joined := unicode.In(next, unicode.Mn, unicode.Me, unicode.Mc) || isInvisible(next) ||
			before == 0x200D || next >= 0x1F3FB && next <= 0x1F3FF
		if !joined && regional(next) && regional(before) {
			flags := 0
			for j := i; j > 0; {
				r, n := utf8.DecodeLastRuneInString(s[:j])
				if !regional(r) {
					break
				}
				j -= n
				flags++
			}
			joined = flags%2 == 1
		}
		if !joined {
			return i
		}
		i -= size
	}
	return i
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
