package markup

import (
	"slices"
	"strings"
)

// text takes text, entities already resolved.
func (b *builder) text(s string) {
	if b.skip != "" {
		if b.tex && b.formula.Len() < 4096 {
			b.formula.WriteString(s)
		}
		return
	}
	s = legible(s)
	if b.bare {
		b.bare = false
		s = strings.TrimPrefix(s, "\n")
	}
	if link := b.link(); link != nil {
		if slices.Contains(b.spans[min(link.marks, len(b.spans)):], "invisible") {
			link.hidden = true
			return
		}
	}
	b.write(s)
}

// link is the link that is open, or nil.
func (b *builder) link() *format {
	for _, f := range b.active {
		if f.tag == "a" {
			return f
		}
	}
	return nil
}

// open takes the start of an inline element.
func (b *builder) open(tag string, g given) {
	f := &format{tag: tag, depth: len(b.stack), marks: len(b.spans)}
	switch tag {
	case "a":
		b.close("a")
		var ok bool
		if f.href, ok = b.target(g); !ok {
			return
		}
		f.attrs = b.linkAttrs(f.href, g)
	case "rb", "rt", "rp":
		if !b.isActive("ruby") {
			return
		}
		b.remove("rb")
		b.remove("rt")
		b.remove("rp")
	case "code":
		for _, c := range g.classes() {
			if languagePattern.MatchString(c) {
				f.attrs = []attr{{"class", c}}
				break
			}
		}
	case "abbr", "dfn":
		if t, ok := g.title(); ok {
			f.attrs = []attr{t}
		}
	case "sup":
		if id, ok := b.id(g["id"]); ok {
			f.attrs = []attr{{"id", id}}
		}
	}
	for _, open := range b.active {
		if open.tag == tag {
			open.again++
			return
		}
	}
	b.active = append(b.active, f)
}

// target is where a link leads: out, or to a footnote of the same text.
func (b *builder) target(g given) (string, bool) {
	raw := strings.TrimSpace(g["href"])
	if fragment, ok := strings.CutPrefix(raw, "#"); ok {
		id, ok := b.id(fragment)
		return "#" + id, ok
	}
	return b.href(raw)
}

// linkAttrs writes attributes in alphabetical order: parsers put those of some
// elements into it.
func (b *builder) linkAttrs(href string, g given) []attr {
	var as []attr
	if c := g.linkClass(); c != "" {
		as = append(as, attr{"class", c})
	}
	as = append(as, attr{"href", href})
	if id, ok := b.id(g["id"]); ok {
		as = append(as, attr{"id", id})
	}
	if !strings.HasPrefix(href, "#") && !b.isLocal(href) {
		as = append(as, attr{"rel", foreignRel})
	}
	if t, ok := g.title(); ok {
		as = append(as, t)
	}
	return as
}

// close takes the end of an inline element.
func (b *builder) close(tag string) {
	for _, f := range slices.Backward(b.active) {
		if f.tag != tag {
			continue
		}
		if f.again > 0 {
			f.again--
			return
		}
		if tag == "a" {
			for len(b.spans) > f.marks {
				b.endSpan()
			}
			if f.hidden && !f.seen {
				b.write(label(f.href))
			}
		}
		b.remove(tag)
		if tag == "ruby" {
			b.remove("rb")
			b.remove("rt")
			b.remove("rp")
		}
		return
	}
}

func (b *builder) isActive(tag string) bool {
	for _, f := range b.active {
		if f.tag == tag {
			return true
		}
	}
	return false
}

func (b *builder) remove(tag string) {
	for i, f := range b.active {
		if f.tag == tag {
			b.active = append(b.active[:i:i], b.active[i+1:]...)
			return
		}
	}
}

// startSpan notes how Mastodon shortens long links: the scheme and the tail in
// spans of class "invisible", the middle in one of class "ellipsis". Outside of
// links these classes mean nothing here.
func (b *builder) startSpan(g given) {
	if len(b.spans) >= 100 {
		return
	}
	kind := ""
	if b.link() != nil {
		switch {
		case g.has("invisible"):
			kind = "invisible"
		case g.has("ellipsis"):
			kind = "ellipsis"
		}
	}
	b.spans = append(b.spans, kind)
}

func (b *builder) endSpan() {
	if len(b.spans) == 0 {
		return
	}
	kind := b.spans[len(b.spans)-1]
	b.spans = b.spans[:len(b.spans)-1]
	if kind == "ellipsis" && b.link() != nil {
		b.text("…")
	}
}

func (b *builder) lineBreak() {
	n := b.top()
	switch {
	case n.tag == "pre":
		b.write("\n")
	case !n.isPhrasing() || len(n.kids) == 0:
		// nothing before it to break off from
	default:
		b.inlineNode().add(&node{tag: "br"})
		b.elements++
	}
}

// picture puts a link where a picture was: pages load nothing from strangers.
func (b *builder) picture(g given) {
	alt := calm(legible(fold(g["alt"])))
	alt, _ = cut(alt, 1500)
	for _, c := range g.classes() {
		if strings.Contains(c, "emoji") && !isBlank(alt) {
			b.text(alt) // a drawn emoji has its name or character as description
			return
		}
	}
	if tiny(g["width"]) || tiny(g["height"]) {
		return // counts readers
	}
	src, ok := b.href(g["src"])
	if ok && !strings.HasPrefix(src, "http") {
		ok = false
	}
	if isBlank(alt) && ok {
		alt = pictureLabel(src)
	}
	if !ok || b.link() != nil {
		if !isBlank(alt) {
			b.text(alt)
		}
		return
	}
	b.insertLink(src, alt, "picture-link", g["title"])
}

func tiny(size string) bool { return size == "0" || size == "1" }

// player puts a link where a film or a sound was.
func (b *builder) player(tag string, g given) {
	src, ok := b.href(g["src"])
	if !ok || !strings.HasPrefix(src, "http") || b.link() != nil || tag == "source" && b.top().hasLinkTo(src) {
		return
	}
	b.insertLink(src, label(src), "media-link", "")
	b.space()
}

func (b *builder) insertLink(href, text, class, title string) {
	g := given{"class": class, "title": title}
	b.active = append(b.active, &format{
		tag: "a", attrs: b.linkAttrs(href, g), href: href, depth: len(b.stack), marks: len(b.spans),
	})
	b.text(text)
	b.remove("a")
}

func (n *node) hasLinkTo(href string) bool {
	for _, k := range n.kids {
		if k.attr("href") == href {
			return true
		}
	}
	return false
}

// checkbox shows the state of a list of tasks.
func (b *builder) checkbox(g given) {
	if g["type"] != "checkbox" {
		return
	}
	if _, done := g["checked"]; done {
		b.text("☑ ")
		return
	}
	b.text("☐ ")
}
