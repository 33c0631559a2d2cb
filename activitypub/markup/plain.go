package markup

import (
	"strings"
	"unicode"
)

// Plain returns the words of HTML on one line: white space folded, at most limit
// runes, ending in … where something was left out. limit 0 or less: all of it.
func Plain(html string, limit int) string {
	var s string
	if root := read(html); root != nil {
		s = root.plain()
	} else {
		s = plainTokens(html)
	}
	s = fold(s)
	if limit > 0 {
		s, _ = cut(s, limit)
	}
	return s
}

// read reads HTML, ours or foreign, or returns nil where there is too much of it.
func read(src string) *node {
	if len(src) > MaxHTML {
		return nil
	}
	root, err := build(src, Options{}, true)
	if err != nil {
		return nil
	}
	return root
}

// plain is the text below n, blocks and cells kept apart by blanks.
func (n *node) plain() string {
	var b strings.Builder
	var visit func(*node)
	visit = func(n *node) {
		switch {
		case n.tag == "" && n.kids == nil:
			b.WriteString(n.text)
		case n.tag == "br", n.tag == "hr":
			b.WriteByte('\n')
		case n.tag == "rt":
			b.WriteByte('(')
		case n.tag == "rp":
			return // brackets around rt, written above
		case n.hasClass("footnote-backref"):
			return
		}
		for _, k := range n.kids {
			visit(k)
		}
		switch {
		case n.tag == "rt":
			b.WriteByte(')')
		case n.isPhrasing(), n.isFlow() && n.kids != nil:
			b.WriteByte('\n')
		}
	}
	visit(n)
	return b.String()
}

// Opening makes a title for a text that has none: its first heading if that
// comes first, else the first line of its first block, at most limit runes. whole
// is true when that is all there is: nothing follows, nothing was left out, and
// no link but those of mentions and hashtags would be lost by showing the title
// alone.
func Opening(html string, limit int) (title string, whole bool) {
	root := read(html)
	if root == nil {
		return Plain(html, limit), false
	}
	first, rest := firstRun(root)
	if first == nil {
		return "", false
	}
	line, more := firstLine(first)
	title, uncut := cut(fold(line), limit)
	return title, uncut && !more && !rest && plainEnough(first)
}

// firstRun finds the first run of inline text that has words, and whether
// anything stands beside it.
func firstRun(root *node) (first *node, rest bool) {
	root.walk(func(n *node) bool {
		switch {
		case n.tag == "hr", n.tag == "table" && first == nil:
			rest = true
		case n.isPhrasing() && first == nil && fold(n.plain()) != "":
			first = n
			rest = rest || n.parent != root
			return false
		case n.isPhrasing():
			rest = true
			return false
		}
		return true
	})
	return first, rest
}

func firstLine(n *node) (line string, more bool) {
	lines := strings.SplitSeq(n.plain(), "\n")
	if n.tag != "pre" {
		lines = strings.SplitSeq(breaksOnly(n), "\x00")
	}
	for l := range lines {
		switch l = fold(l); {
		case isBlank(l):
		case line == "":
			line = l
		default:
			return line, true
		}
	}
	return line, false
}

// breaksOnly is the text of n with its line breaks, and nothing else, as NUL.
func breaksOnly(n *node) string {
	var b strings.Builder
	n.walk(func(k *node) bool {
		if k.tag == "br" {
			b.WriteByte(0)
		} else if k.tag == "" && k.kids == nil {
			b.WriteString(k.text)
		}
		return true
	})
	return b.String()
}

func plainEnough(n *node) bool {
	ok := n.tag != "pre" && n.tag != "summary"
	n.walk(func(k *node) bool {
		if k.tag == "a" && !k.hasClass("mention") && !k.hasClass("hashtag") && !k.hasClass("community") {
			ok = false
		}
		return ok
	})
	return ok
}

// WordCount counts the words of HTML. Scripts written without blanks count one
// word for two characters.
func WordCount(html string) int {
	words, solid := 0, 0
	in := false
	for _, r := range Plain(html, 0) {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			solid++
			in = false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if !in {
				words++
			}
			in = true
		case unicode.IsSpace(r) || r == '—' || r == '–' || r == '/':
			in = false
		}
	}
	return words + (solid+1)/2
}
