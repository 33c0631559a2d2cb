package markup

import (
	"bytes"
	"strconv"
	"strings"
)

// ToMarkdown writes HTML, foreign or ours, as Markdown that FromMarkdown reads
// back to the same words: for editing, quoting and client programs. Text for
// which that is too much comes back plain.
func ToMarkdown(html string) string {
	root := read(html)
	if root == nil {
		return plainTokens(html)
	}
	w := &scribe{}
	w.footnotes(root)
	w.blocks(root, "", true)
	if w.out.Len() > MaxOutput {
		return root.plain()
	}
	return strings.Trim(w.out.String(), "\n")
}

// scribe writes a tree as Markdown.
type scribe struct {
	out   bytes.Buffer
	notes map[string]string // label of a footnote by the id that links to it name
}

// blocks writes the blocks in n. Every line but the first begins with indent;
// loose puts blank lines between blocks.
func (w *scribe) blocks(n *node, indent string, loose bool) {
	first := true
	for i, k := range n.kids {
		if w.out.Len() > MaxOutput {
			return
		}
		if !first {
			w.line(indent)
			if loose || !follows(n.kids[i-1], k) {
				w.line(indent)
			}
		}
		first = false
		w.block(k, indent, i > 0 && n.kids[i-1].tag == k.tag && k.attr("start") == "")
	}
}

// follows reports whether k may stand right below a block without a blank line.
func follows(above, k *node) bool {
	switch above.tag {
	case anonymous, "p", "pre":
	default:
		return above.isHeading()
	}
	switch k.tag {
	case "ul", "blockquote", "pre", "hr", "details":
		return true
	case "ol":
		return k.attr("start") == ""
	}
	return k.isHeading()
}

// line ends a line and begins the next.
func (w *scribe) line(indent string) {
	w.trimBlanks()
	w.out.WriteByte('\n')
	w.out.WriteString(indent)
}

// trimBlanks takes blanks off the end: two of them would be a line break.
func (w *scribe) trimBlanks() {
	b := w.out.Bytes()
	w.out.Truncate(len(bytes.TrimRight(b, " ")))
}

// block writes one block. again: the block before it is of the same kind, so a
// list takes another mark, lest the two become one.
func (w *scribe) block(n *node, indent string, again bool) {
	switch n.tag {
	case "h2", "h3", "h4", "h5", "h6":
		w.out.WriteString(strings.Repeat("#", int(n.tag[1]-'0')) + " ")
		w.out.WriteString(oneLine(w.inline(n)))
	case "p", anonymous, "caption", "summary":
		w.paragraph(n, indent)
	case "hr":
		w.out.WriteString("***")
	case "pre":
		w.code(n, indent)
	case "blockquote":
		w.out.WriteString("> ")
		w.blocks(n, indent+"> ", true)
	case "ul", "ol":
		w.list(n, indent, again)
	case "table":
		w.table(n, indent)
	case "details":
		w.details(n, indent)
	case "section":
		w.section(n, indent)
	}
}

func (w *scribe) paragraph(n *node, indent string) {
	for i, line := range strings.Split(w.inline(n), "\n") {
		if i > 0 {
			w.out.WriteByte('\n')
			w.out.WriteString(indent)
		}
		w.out.WriteString(guardStart(strings.TrimLeft(line, " \t")))
	}
}

func (w *scribe) list(n *node, indent string, again bool) {
	number, _ := strconv.Atoi(n.attr("start"))
	if n.tag == "ol" && n.attr("start") == "" {
		number = 1
	}
	loose := false
	for _, item := range n.kids {
		for _, k := range item.kids {
			loose = loose || k.tag == "p"
		}
	}
	for i, item := range n.kids {
		if i > 0 {
			w.line(indent)
			if loose {
				w.line(indent)
			}
		}
		mark := "- "
		switch {
		case n.tag == "ol" && again:
			mark = strconv.Itoa(max(number, 0)+i) + ") "
		case n.tag == "ol":
			mark = strconv.Itoa(max(number, 0)+i) + ". "
		case again:
			mark = "+ "
		}
		w.out.WriteString(mark)
		w.blocks(item, indent+strings.Repeat(" ", len(mark)), loose)
	}
}

func (w *scribe) code(n *node, indent string) {
	text, language := n.plainCode()
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	w.out.WriteString(fence + language)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		w.out.WriteString("\n" + indent + line)
	}
	w.out.WriteString("\n" + indent + fence)
}

// plainCode is the text of a <pre>, and the name of its language.
func (n *node) plainCode() (text, language string) {
	var b strings.Builder
	n.walk(func(k *node) bool {
		if k.tag == "" && k.kids == nil {
			b.WriteString(k.text)
		}
		if l, ok := strings.CutPrefix(k.attr("class"), "language-"); ok {
			language = l
		}
		return true
	})
	return b.String(), language
}

func (w *scribe) details(n *node, indent string) {
	title, body := "", &node{tag: n.tag, kids: n.kids}
	if len(n.kids) > 0 && n.kids[0].tag == "summary" {
		title = fold(n.kids[0].plain())
		body.kids = n.kids[1:]
	}
	fence := ":::"
	n.walk(func(k *node) bool {
		if k.tag == "details" && k != n {
			fence += ":" // the outer needs more colons than the inner
		}
		return true
	})
	w.out.WriteString(strings.TrimRight(fence+" spoiler "+title, " "))
	w.line(indent)
	w.blocks(body, indent, true)
	w.line(indent)
	w.out.WriteString(fence)
}

// section writes the notes at the end of a text.
func (w *scribe) section(n *node, indent string) {
	for _, list := range n.kids {
		if list.tag != "ol" && list.tag != "ul" {
			if list.tag != "hr" {
				w.block(list, indent, false)
			}
			continue
		}
		for i, item := range list.kids {
			if i > 0 {
				w.line(indent)
			}
			name := w.notes[item.attr("id")]
			if name == "" {
				name = strconv.Itoa(i + 1)
			}
			w.out.WriteString("[^" + name + "]: ")
			w.blocks(item, indent+"    ", true)
		}
	}
}

// footnotes finds the names under which notes are referred to.
func (w *scribe) footnotes(root *node) {
	w.notes = map[string]string{}
	root.walk(func(n *node) bool {
		if id, ok := strings.CutPrefix(n.attr("href"), "#"); ok && n.hasClass("footnote-ref") {
			if name := strings.Map(wordOnly, n.plain()); name != "" {
				w.notes[id] = name
			}
		}
		return true
	})
}

func wordOnly(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

// table writes a table; one without a head gets an empty one, since Markdown has
// no other.
func (w *scribe) table(n *node, indent string) {
	var rows []*node
	var align []string
	n.walk(func(k *node) bool {
		if k.tag == "tr" {
			rows = append(rows, k)
			if len(align) < len(k.kids) {
				align = make([]string, len(k.kids))
			}
		}
		return k.tag != "td" && k.tag != "th"
	})
	if len(n.kids) > 0 && n.kids[0].tag == "caption" {
		w.paragraph(n.kids[0], indent)
		w.line(indent)
		w.line(indent)
	}
	if len(rows) == 0 {
		return
	}
	if len(rows)*len(align) > maxCells/2 {
		w.out.WriteString(guardStart(escapeMarkdown(fold(n.plain()))))
		return
	}
	for i, c := range rows[0].kids {
		align[i] = c.attr("align")
	}
	if len(rows[0].kids) > 0 && rows[0].kids[0].tag == "th" {
		w.row(rows[0], len(align))
		rows = rows[1:]
	} else {
		w.row(&node{}, len(align))
	}
	w.out.WriteString("\n" + indent + "|")
	for _, a := range align {
		w.out.WriteString(map[string]string{"left": ":---|", "center": ":--:|", "right": "---:|", "": "---|"}[a])
	}
	for _, r := range rows {
		w.out.WriteString("\n" + indent)
		w.row(r, len(align))
	}
}

func (w *scribe) row(r *node, columns int) {
	w.out.WriteByte('|')
	for i := range columns {
		cell := ""
		if i < len(r.kids) {
			var parts []string
			r.kids[i].walk(func(k *node) bool {
				if k.isPhrasing() {
					parts = append(parts, oneLine(w.inline(k)))
					return false
				}
				return true
			})
			cell = strings.ReplaceAll(strings.Join(parts, " "), "|", `\|`)
		}
		w.out.WriteString(" " + cell + " |")
	}
}

// oneLine joins the lines of inline Markdown.
func oneLine(s string) string {
	return fold(strings.ReplaceAll(s, "\\\n", " "))
}
