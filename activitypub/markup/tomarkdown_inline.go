package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// inline writes a run of inline text.
func (w *scribe) inline(n *node) string {
	var b strings.Builder
	w.runs(&b, n)
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.Trim(l, " \t"); l != "" { // an empty one would end the paragraph
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

func (w *scribe) runs(b *strings.Builder, n *node) {
	for i, k := range n.kids {
		switch k.tag {
		case "":
			text := foldLines(k.text)
			if i+1 < len(n.kids) && n.kids[i+1].hasClass("footnote-backref") {
				text = strings.TrimRightFunc(text, unicode.IsSpace)
			}
			b.WriteString(escapeMarkdown(text))
		case "br":
			b.WriteString("\\\n")
		case "strong":
			w.wrap(b, k, "**")
		case "em":
			w.wrap(b, k, "*")
		case "del", "s":
			w.wrap(b, k, "~~")
		case "sup", "sub":
			w.raised(b, k)
		case "code", "kbd":
			b.WriteString(codeSpan(foldLines(k.plain())))
		case "a":
			w.link(b, k)
		case "rt":
			b.WriteByte('(')
			w.runs(b, k)
			b.WriteByte(')')
		case "rp":
		default:
			w.runs(b, k)
		}
	}
}

// wrap puts marks around the words of n, blanks outside of them: "** a**" is not
// bold.
func (w *scribe) wrap(b *strings.Builder, n *node, mark string) {
	var in strings.Builder
	w.runs(&in, n)
	s := in.String()
	words := strings.TrimFunc(s, unicode.IsSpace)
	words = strings.TrimSuffix(words, `\`) // of a line break
	if words == "" {
		b.WriteString(s)
		return
	}
	lead, tail, _ := strings.Cut(s, words)
	b.WriteString(lead)
	if flanked(words) {
		words = mark + words + mark
	}
	b.WriteString(words)
	b.WriteString(tail)
}

// flanked reports whether marks around s would be read as marks: CommonMark asks
// for a letter or digit inside them when one stands outside, so a word that begins
// or ends in punctuation goes without.
func flanked(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return first != '~' && last != '~' && first != '*' && last != '*' && last != '\\'
}

func (w *scribe) raised(b *strings.Builder, n *node) {
	if len(n.kids) == 1 && n.kids[0].hasClass("footnote-ref") {
		w.link(b, n.kids[0])
		return
	}
	words := n.plain()
	mark := "^"
	if n.tag == "sub" {
		mark = "~"
	}
	if words != "" && len(words) < 100 && !strings.ContainsAny(words, " \t\n\\`<[]^~") && len(n.kids) == 1 && n.kids[0].tag == "" {
		b.WriteString(mark + words + mark)
		return
	}
	w.runs(b, n)
}

func (w *scribe) link(b *strings.Builder, n *node) {
	href := n.attr("href")
	if id, ok := strings.CutPrefix(href, "#"); ok {
		switch {
		case n.hasClass("footnote-backref"):
		case n.hasClass("footnote-ref") && w.notes[id] != "":
			b.WriteString("[^" + w.notes[id] + "]")
		default:
			w.runs(b, n)
		}
		return
	}
	words := n.plain()
	switch {
	case n.hasClass("mention") || n.hasClass("community"):
		if written, _, _, ok := actorIn([]byte(words)); ok && written == words {
			b.WriteString(words)
			return
		}
	case words == href && !strings.ContainsAny(href, "<> "):
		b.WriteString("<" + href + ">")
		return
	case n.hasClass("picture-link"):
		b.WriteByte('!')
	}
	var in strings.Builder
	w.runs(&in, n)
	b.WriteString("[" + strings.ReplaceAll(foldLines(in.String()), "\\\n", " ") + "](" + target(href))
	if t := n.attr("title"); t != "" {
		b.WriteString(` "` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(t) + `"`)
	}
	b.WriteByte(')')
}

// target writes the target of a link so that nothing in it ends it too soon.
func target(href string) string {
	open, balanced := 0, true
	for _, r := range href {
		switch r {
		case '(':
			open++
		case ')':
			open--
		}
		balanced = balanced && open >= 0 && open < 30
	}
	if !balanced || open != 0 {
		href = strings.NewReplacer("(", "%28", ")", "%29").Replace(href)
	}
	return strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", " ", "%20", "&", "&amp;").Replace(href)
}

// codeSpan puts as many backticks around code as it needs.
func codeSpan(code string) string {
	if strings.TrimSpace(code) == "" {
		return code
	}
	run, longest := 0, 0
	for _, r := range code {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	ticks := strings.Repeat("`", longest+1)
	if strings.HasPrefix(code, "`") || strings.HasSuffix(code, "`") || longest > 0 {
		return ticks + " " + code + " " + ticks
	}
	return ticks + code + ticks
}

// foldLines folds blanks and keeps line ends, as one each.
func foldLines(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank, line := false, false
	for _, r := range s {
		switch r {
		case ' ', '\t', '\f', '\r':
			blank = true
			continue
		case '\n':
			blank, line = true, true
			continue
		}
		if line {
			b.WriteByte('\n')
		} else if blank {
			b.WriteByte(' ')
		}
		blank, line = false, false
		b.WriteRune(r)
	}
	if line {
		b.WriteByte('\n')
	} else if blank {
		b.WriteByte(' ')
	}
	return b.String()
}

// escapeMarkdown marks what would otherwise be read as a sign, and no more, so
// that the text stays pleasant to edit. What matters only at the start of a line
// is guardStart's.
func escapeMarkdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_[]<~^|&!:@") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		c := s[i]
		switch c {
		case '\\', '`', '*', '[', ']', '<', '~', '^':
			b.WriteByte('\\')
		case '_':
			// inside a word it means nothing, and URLs are full of it
			if i == 0 || i == len(s)-1 || !wordByte(s[i-1]) || !wordByte(s[i+1]) {
				b.WriteByte('\\')
			}
		case '&':
			if i+1 < len(s) && (s[i+1] == '#' || wordByte(s[i+1])) {
				b.WriteByte('\\')
			}
		case '!':
			if i == len(s)-1 { // a link may follow
				b.WriteByte('\\')
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// guardStart escapes what would make a block of a line of text.
func guardStart(line string) string {
	if line == "" {
		return line
	}
	switch c := line[0]; c {
	case '#', '>', '+', '-', '=', '|', ':':
		return `\` + line
	default:
		i := 0
		for i < len(line) && line[i] >= '0' && line[i] <= '9' {
			i++
		}
		if i > 0 && i < len(line) && (line[i] == '.' || line[i] == ')') {
			return line[:i] + `\` + line[i:]
		}
	}
	return line
}
