package markup

import (
	"strings"

	"golang.org/x/net/html"
)

// node is an element, or a text when tag is empty. tag "-" is a run of inline
// text that stands in a list item or a cell without a paragraph of its own.
type node struct {
	tag    string
	attrs  []attr
	kids   []*node
	text   string
	parent *node
	span   *format // the inline element this node stands for, while building
	auto   bool    // opened by the builder, not by the author
	level  int     // of a heading, as the author wrote it
}

type attr struct{ key, val string }

const anonymous = "-"

func (n *node) attr(key string) string {
	for _, a := range n.attrs {
		if a.key == key {
			return a.val
		}
	}
	return ""
}

func (n *node) hasClass(class string) bool {
	return n.attr("class") == class
}

func (n *node) add(k *node) {
	k.parent = n
	n.kids = append(n.kids, k)
}

func (n *node) last() *node {
	if len(n.kids) == 0 {
		return nil
	}
	return n.kids[len(n.kids)-1]
}

// isFlow: holds blocks.
func (n *node) isFlow() bool {
	switch n.tag {
	case "", "blockquote", "li", "td", "th", "details", "section":
		return true
	}
	return false
}

// isPhrasing: holds one run of inline text.
func (n *node) isPhrasing() bool {
	switch n.tag {
	case anonymous, "p", "h2", "h3", "h4", "h5", "h6", "summary", "caption", "pre":
		return true
	}
	return false
}

func (n *node) isHeading() bool { return len(n.tag) == 2 && n.tag[0] == 'h' && n.tag != "hr" }

// isBlank reports whether a reader would see nothing of s.
func isBlank(s string) bool {
	for _, r := range s {
		if !isSpace(r) && !isInvisible(r) {
			return false
		}
	}
	return true
}

// empty reports whether nothing in n would be seen.
func (n *node) empty() bool {
	if n.tag == "hr" {
		return false
	}
	if n.tag == "" && n.kids == nil {
		return isBlank(n.text)
	}
	for _, k := range n.kids {
		if !k.empty() {
			return false
		}
	}
	return true
}

// write serialises n's children. The form is the one an HTML parser reads back
// into the same tree: text and attributes escaped, no omitted end tags, and the
// newline after <pre> doubled, since a parser drops the first.
func (n *node) write(b *strings.Builder) {
	for i, k := range n.kids {
		switch {
		case k.tag == "" && k.kids == nil:
			if i == 0 && n.tag == "pre" && strings.HasPrefix(k.text, "\n") {
				b.WriteByte('\n')
			}
			b.WriteString(html.EscapeString(k.text))
		case k.tag == anonymous && !bareInside(n, i):
			b.WriteString("<p>")
			k.write(b)
			b.WriteString("</p>")
		case k.tag == anonymous:
			k.write(b)
		default:
			b.WriteByte('<')
			b.WriteString(k.tag)
			for _, a := range k.attrs {
				b.WriteByte(' ')
				b.WriteString(a.key)
				b.WriteString(`="`)
				b.WriteString(html.EscapeString(a.val))
				b.WriteByte('"')
			}
			b.WriteByte('>')
			if k.tag == "br" || k.tag == "hr" {
				continue
			}
			k.write(b)
			b.WriteString("</")
			b.WriteString(k.tag)
			b.WriteByte('>')
		}
	}
}

// bareInside: an anonymous run may stand without <p> unless it follows another
// run, with which it would flow together.
func bareInside(parent *node, i int) bool {
	switch parent.tag {
	case "li", "td", "th":
	default:
		return false
	}
	if i == 0 {
		return true
	}
	prev := parent.kids[i-1]
	return prev.tag != anonymous && prev.tag != "p"
}

func (n *node) html() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

// walk calls f for n and all below it, parents first; where f returns false the
// children are left out.
func (n *node) walk(f func(*node) bool) {
	if !f(n) {
		return
	}
	for _, k := range n.kids {
		k.walk(f)
	}
}
