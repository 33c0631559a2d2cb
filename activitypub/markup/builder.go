package markup

import (
	"errors"
	"strings"

	"golang.org/x/net/html"
)

var (
	errTooMuch = errors.New("markup: more elements than one text may have")
	errDoubt   = errors.New("markup: the sanitisers disagree")
)

// format is an inline element that has been opened and not yet closed. It takes
// form in the tree only when text arrives inside it, so crossed tags sort
// themselves out and empty ones never appear.
type format struct {
	tag    string
	attrs  []attr
	depth  int  // of the block it was opened in: it ends with that block
	again  int  // the same tag opened inside itself, to be closed as often
	seen   bool // has taken form
	hidden bool // some of its text was left out
	href   string
	marks  int // length of builder.spans when it was opened
}

// builder puts a tree together from tags in any order. What it builds always
// keeps to the content model described in the package comment.
type builder struct {
	Options
	prefix   string
	keepIDs  bool // read back our own output: ids stay as they are
	root     *node
	stack    []*node   // open blocks, outermost first
	active   []*format // open inline elements, outermost first
	cursor   *node     // innermost inline node that text goes into, nil: none
	spans    []string  // open spans: "invisible", "ellipsis" or ""
	elements int
	skip     string // the element being skipped, with all that is in it
	skipped  int    // how often it is open
	tex      bool   // inside the source text of a formula
	formula  strings.Builder
	bare     bool   // just after <pre>: a newline does not count
	tail     *node  // the text node being written to
	tailText []byte // what has been written to it; joined once, when it is needed
}

func newBuilder(o Options) *builder {
	root := &node{}
	root.kids = []*node{}
	o.LocalURL = strings.TrimRight(o.LocalURL, "/")
	return &builder{Options: o, prefix: o.prefixed(), root: root, stack: []*node{root}}
}

// build reads HTML into a tree. It fails only when there are too many elements.
func build(src string, o Options, keepIDs bool) (*node, error) {
	b := newBuilder(o)
	b.keepIDs = keepIDs
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		if b.elements > maxElements {
			return nil, errTooMuch
		}
		switch tt {
		case html.TextToken:
			b.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			g := given{}
			for i := 0; more && i < 200; i++ {
				var key, val []byte
				key, val, more = z.TagAttr()
				if k := string(key); wanted[k] {
					if _, twice := g[k]; !twice {
						g[k] = strings.ToValidUTF8(string(val), "\uFFFD")
					}
				}
			}
			b.start(tag, g, tt == html.SelfClosingTagToken)
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		default: // comments and doctypes are nobody's text
		}
	}
	b.closeTo(1)
	b.finish()
	return b.root, nil
}

func (b *builder) top() *node { return b.stack[len(b.stack)-1] }

func (b *builder) push(tag string, attrs ...attr) *node {
	n := &node{tag: tag, attrs: attrs}
	b.top().add(n)
	b.stack = append(b.stack, n)
	b.elements++
	b.cursor = nil
	return n
}

// closeTo closes blocks until only depth are open. Inline elements opened in a
// closed block end with it.
func (b *builder) closeTo(depth int) {
	for len(b.stack) > depth {
		b.drop()
	}
	for i, f := range b.active {
		if f.depth > depth {
			b.active = b.active[:i]
			break
		}
	}
}

// drop closes the innermost block and tidies it.
func (b *builder) drop() {
	b.flush()
	n := b.top()
	b.stack = b.stack[:len(b.stack)-1]
	b.cursor = nil
	if n.isPhrasing() && n.tag != "pre" {
		trimEnd(n)
	}
	keep := !n.empty()
	switch n.tag {
	case "td", "th":
		keep = true
	}
	if !keep {
		p := b.top()
		p.kids = p.kids[:len(p.kids)-1]
	}
}

// trimEnd takes white space and line breaks off the end of n.
func trimEnd(n *node) {
	for k := n.last(); k != nil; k = n.last() {
		switch {
		case k.tag == "br":
		case k.tag == "" && k.kids == nil:
			if k.text = strings.TrimRightFunc(k.text, isASCIISpace); k.text != "" {
				return
			}
		default:
			trimEnd(k)
			if len(k.kids) > 0 {
				return
			}
		}
		n.kids = n.kids[:len(n.kids)-1]
	}
}

// toFlow closes whatever inline run is open, so that a block may follow. What
// was opened in a paragraph that ends by itself goes on in the next.
func (b *builder) toFlow() {
	if n := b.top(); n.isPhrasing() {
		depth := len(b.stack) - 1
		for _, f := range b.active {
			if n.tag == "p" || n.tag == anonymous {
				f.depth = min(f.depth, depth)
			}
		}
		b.closeTo(depth)
	}
	b.toContent()
}

// toContent makes sure that the innermost block may hold paragraphs: inside a
// list that is an item, inside a table a cell.
func (b *builder) toContent() {
	switch n := b.top(); n.tag {
	case "ul", "ol":
		if n.auto {
			b.closeTo(len(b.stack) - 1)
			b.toContent()
			return
		}
		if last := n.last(); last != nil {
			b.stack = append(b.stack, last) // a list right inside a list belongs to the item before it
			b.cursor = nil
			return
		}
		b.push("li")
	case "table":
		b.push("tbody")
		b.push("tr")
		b.push("td")
	case "thead", "tbody", "tfoot":
		b.push("tr")
		b.push("td")
	case "tr":
		b.push("td")
	}
}

// toPhrasing makes sure that text may be written.
func (b *builder) toPhrasing() {
	if b.top().isPhrasing() {
		return
	}
	b.toContent()
	switch b.top().tag {
	case "li", "td", "th":
		b.push(anonymous).auto = true
	default:
		b.push("p").auto = true
	}
}

// find returns the depth of the innermost open block that has one of the tags,
// not looking beyond a block that has one of the fences. 0: none.
func (b *builder) find(tags, fences string) int {
	for i := len(b.stack) - 1; i > 0; i-- {
		if among(b.stack[i].tag, tags) {
			return i
		}
		if among(b.stack[i].tag, fences) {
			return 0
		}
	}
	return 0
}

func among(tag, list string) bool {
	for t := range strings.SplitSeq(list, " ") {
		if t == tag {
			return true
		}
	}
	return false
}

// space separates words that a dropped element kept apart.
func (b *builder) space() {
	if n := b.top(); n.isPhrasing() && len(n.kids) > 0 {
		if n.tag == "pre" {
			b.write("\n")
			return
		}
		b.write(" ")
	}
}

// inlineNode brings the open inline elements into the tree, sharing what is
// already open there, and returns the node that text goes into.
func (b *builder) inlineNode() *node {
	b.toPhrasing()
	block := b.top()
	var chain []*node // what is open in the tree, outermost first
	for n := b.cursor; n != nil && n != block; n = n.parent {
		chain = append([]*node{n}, chain...)
	}
	at, shared := block, true
	i := 0
	for _, f := range b.active {
		if block.tag == "pre" && f.tag != "code" && f.tag != "a" {
			continue
		}
		if shared && i < len(chain) && chain[i].span == f {
			at = chain[i]
			i++
			continue
		}
		shared = false
		k := &node{tag: f.tag, attrs: f.attrs, span: f}
		if f.seen {
			k.attrs = without(f.attrs, "id") // an id stands once
		}
		f.seen = true
		at.add(k)
		b.elements++
		at = k
	}
	b.cursor = at
	return at
}

func without(as []attr, key string) []attr {
	var out []attr
	for _, a := range as {
		if a.key != key {
			out = append(out, a)
		}
	}
	return out
}

// write adds text where the builder stands.
func (b *builder) write(s string) {
	if s == "" {
		return
	}
	blank := strings.TrimLeftFunc(s, isASCIISpace) == ""
	switch n := b.top(); {
	case n.tag == "pre":
	case !n.isPhrasing():
		if blank {
			return
		}
		s = strings.TrimLeftFunc(s, isASCIISpace)
	case len(n.kids) == 0:
		if s = strings.TrimLeftFunc(s, isASCIISpace); s == "" {
			return
		}
	}
	at := b.inlineNode()
	if last := at.last(); last == nil || last != b.tail {
		b.flush()
		b.tail = &node{}
		at.add(b.tail)
	}
	b.tailText = append(b.tailText, s...)
}

// flush gives the text node being written to its text.
func (b *builder) flush() {
	if b.tail != nil {
		b.tail.text = string(b.tailText)
		b.tail, b.tailText = nil, b.tailText[:0]
	}
}
