package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// spoiler is text that shows only its title until it is opened.
//
//	::: spoiler The title
//	The text.
//	:::
type spoiler struct {
	ast.BaseBlock
	title  string
	colons int
}

var kindSpoiler = ast.NewNodeKind("Spoiler")

func (n *spoiler) Kind() ast.NodeKind { return kindSpoiler }

func (n *spoiler) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"Title": n.title}, nil)
}

type spoilerParser struct{}

func (spoilerParser) Trigger() []byte { return []byte{':'} }

// maxSpoilers may stand inside each other. Every line asks all that are open
// whether it ends them: 100 KB of openings took 10 s.
const maxSpoilers = 8

func (spoilerParser) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, _ := r.PeekLine()
	pos := pc.BlockOffset()
	if pos < 0 {
		return nil, parser.NoChildren
	}
	colons := countColons(line[pos:])
	if colons < 3 {
		return nil, parser.NoChildren
	}
	rest := strings.TrimSpace(string(line[pos+colons:]))
	title, ok := strings.CutPrefix(rest, "spoiler")
	if !ok || title != "" && title[0] != ' ' && title[0] != '\t' {
		return nil, parser.NoChildren
	}
	outer := 0
	for p := parent; p != nil; p = p.Parent() {
		if p.Kind() == kindSpoiler {
			outer++
		}
	}
	if outer >= maxSpoilers {
		return nil, parser.NoChildren
	}
	r.AdvanceToEOL()
	return &spoiler{title: strings.TrimSpace(title), colons: colons}, parser.HasChildren
}

func (spoilerParser) Continue(n ast.Node, r text.Reader, _ parser.Context) parser.State {
	line, _ := r.PeekLine()
	trimmed := bytes.TrimSpace(line)
	s, ok := n.(*spoiler)
	if ok && len(trimmed) > 0 && countColons(trimmed) == len(trimmed) && len(trimmed) >= s.colons {
		r.AdvanceToEOL()
		return parser.Close
	}
	return parser.Continue | parser.HasChildren
}

func (spoilerParser) Close(ast.Node, text.Reader, parser.Context) {}
func (spoilerParser) CanInterruptParagraph() bool                 { return true }
func (spoilerParser) CanAcceptIndentedLine() bool                 { return false }

func countColons(line []byte) int {
	n := 0
	for n < len(line) && line[n] == ':' {
		n++
	}
	return n
}

// ownRenderer writes the nodes of this package.
type ownRenderer struct{}

func (ownRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindSpoiler, renderSpoiler)
	reg.Register(kindRaised, renderRaised)
	reg.Register(kindActor, renderActor)
}

func renderSpoiler(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, err := w.WriteString("</details>")
		return ast.WalkContinue, err
	}
	title := ""
	if s, ok := n.(*spoiler); ok {
		title = s.title
	}
	_, err := w.WriteString("<details><summary>" + html.EscapeString(title) + "</summary>")
	return ast.WalkContinue, err
}
