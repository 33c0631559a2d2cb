package markup

import "strings"

// start takes a start tag.
func (b *builder) start(tag string, g given, selfClosing bool) {
	if b.skip != "" {
		if tag == b.skip && !selfClosing {
			b.skipped++
		}
		if tag == "annotation" && strings.Contains(g["encoding"], "tex") {
			b.tex = true
		}
		return
	}
	b.bare = false
	if players[tag] {
		b.player(tag, g)
	}
	if skipped[tag] {
		if !selfClosing || tag != "svg" && tag != "math" {
			b.skip, b.skipped = tag, 1
		}
		return
	}
	if to, ok := inline[tag]; ok {
		b.open(to, g)
		return
	}
	switch tag {
	case "br":
		b.lineBreak()
	case "img", "image":
		b.picture(g)
	case "input":
		b.checkbox(g)
	case "q":
		b.text("“")
	case "span":
		b.startSpan(g)
	case "li":
		b.startItem(g)
	case "caption", "thead", "tbody", "tfoot", "tr", "td", "th":
		b.startTablePart(tag, g)
	default:
		b.startBlock(tag, g)
	}
}

// blockAllowed closes the inline run that is open; false where a block cannot
// stand and only separates words: in <pre> and <caption>, and in a heading or
// summary that has no words yet.
func (b *builder) blockAllowed() bool {
	n := b.top()
	switch {
	case n.tag == "pre", n.tag == "caption", (n.isHeading() || n.tag == "summary") && len(n.kids) == 0:
		b.space()
		return false
	}
	b.toFlow()
	return true
}

func (b *builder) startBlock(tag string, g given) {
	heading := len(tag) == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6'
	footnotes := (tag == "section" || tag == "div") && g.has("footnotes")
	switch {
	case heading, footnotes, breaks[tag]:
	default:
		switch tag {
		case "p", "hr", "pre", "blockquote", "ul", "ol", "table", "details", "summary":
		default:
			return // unknown elements leave their content
		}
	}
	if tag == "summary" && b.top().tag == "details" && len(b.top().kids) == 0 {
		b.push("summary")
		return
	}
	if !b.blockAllowed() {
		return
	}
	deep := len(b.stack) >= maxDepth
	switch {
	case footnotes:
		if !deep {
			b.push("section", attr{"class", "footnotes"})
		}
	case heading:
		b.push("h2").level = int(tag[1] - '0')
	case tag == "p":
		b.push("p")
	case tag == "hr":
		b.push("hr")
		b.closeTo(len(b.stack) - 1)
	case tag == "pre":
		b.push("pre")
		b.bare = true
	case tag == "ol" && !deep:
		if n, ok := g.number("start", -999_999_999, 999_999_999); ok && n != "1" {
			b.push("ol", attr{"start", n})
			return
		}
		b.push("ol")
	case deep, breaks[tag], tag == "summary":
	default:
		b.push(tag)
	}
}

func (b *builder) startItem(g given) {
	if n := b.top(); n.tag == "pre" || n.tag == "caption" {
		b.space()
		return
	}
	if i := b.find("ul ol", "td th blockquote details section"); i > 0 {
		b.closeTo(i + 1)
	} else {
		b.toFlow()
		if len(b.stack) >= maxDepth {
			return
		}
		b.push("ul").auto = true
	}
	if id, ok := b.id(g["id"]); ok {
		b.push("li", attr{"id", id})
		return
	}
	b.push("li")
}

func (b *builder) startTablePart(tag string, g given) {
	table := b.find("table", "")
	if table == 0 || b.top().tag == "pre" {
		if b.blockAllowed() {
			b.toFlow()
		}
		return
	}
	section := b.find("thead tbody tfoot", "table")
	row := b.find("tr", "table")
	switch tag {
	case "caption":
		if len(b.stack) == table+1 && len(b.top().kids) == 0 {
			b.push("caption")
		}
	case "thead", "tbody", "tfoot":
		b.closeTo(table + 1)
		b.push(tag)
	case "tr":
		if section == 0 {
			b.closeTo(table + 1)
			b.push("tbody")
		} else {
			b.closeTo(section + 1)
		}
		b.push("tr")
	case "td", "th":
		switch {
		case row > 0:
			b.closeTo(row + 1)
		case section > 0:
			b.closeTo(section + 1)
			b.push("tr")
		default:
			b.closeTo(table + 1)
			b.push("tbody")
			b.push("tr")
		}
		b.push(tag, g.cell()...)
	}
}

// end takes an end tag.
func (b *builder) end(tag string) {
	if b.skip != "" {
		b.endSkipped(tag)
		return
	}
	b.bare = false
	if to, ok := inline[tag]; ok {
		b.close(to)
		return
	}
	switch tag {
	case "br":
		b.lineBreak()
	case "q":
		b.text("”")
	case "span":
		b.endSpan()
	case "p":
		if t := b.top().tag; t == "p" || t == anonymous {
			b.closeTo(len(b.stack) - 1)
		} else {
			b.space()
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if b.top().isHeading() {
			b.closeTo(len(b.stack) - 1)
		}
	case "pre", "summary", "caption":
		if b.top().tag == tag {
			b.closeTo(len(b.stack) - 1)
		}
	case "li":
		b.closeBlock("li", "ul ol td th blockquote details section")
	case "ul", "ol", "blockquote", "details":
		b.closeBlock(tag, "td th")
	case "td", "th", "tr", "thead", "tbody", "tfoot":
		b.closeBlock(tag, "table")
	case "table":
		b.closeBlock(tag, "")
	case "section", "div":
		if b.closeBlock("section", "blockquote li td th details") {
			return
		}
		b.endBreak()
	default:
		if breaks[tag] {
			b.endBreak()
		}
	}
}

func (b *builder) closeBlock(tag, fences string) bool {
	i := b.find(tag, fences)
	if i > 0 {
		b.closeTo(i)
	}
	return i > 0
}

func (b *builder) endBreak() {
	switch n := b.top(); {
	case n.tag == "p", n.tag == anonymous:
		b.toFlow()
	case n.isPhrasing():
		b.space()
	}
}

// endSkipped waits for the end of an element that is left out. Of a formula its
// TeX source is shown (FEP-dc88 asks for it as the annotation).
func (b *builder) endSkipped(tag string) {
	if tag == "annotation" {
		b.tex = false
	}
	if tag != b.skip {
		return
	}
	if b.skipped--; b.skipped > 0 {
		return
	}
	b.skip, b.tex = "", false
	if tex := fold(b.formula.String()); tex != "" {
		b.open("code", given{})
		b.text(tex)
		b.close("code")
	}
	b.formula.Reset()
}
