package markup

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const maxMarkdownDepth = 100

// markdown reads the dialect that forums of the fediverse share: CommonMark
// without raw HTML (a < is a <, so "List<String>" survives), tables, ~~struck~~,
// ~low~, ^high^, bare links, footnotes, "::: spoiler", @user@host, !name@host, #hashtag.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(spoilerParser{}, 750),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(extension.NewFootnoteBlockParser(), 999),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(extension.NewFootnoteParser(), 101),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(raisedParser{}, 400),
			util.Prioritized(strikeParser{}, 450),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(actorParser{}, 600),
			util.Prioritized(hashtagParser{}, 650),
			util.Prioritized(bareLinks{extension.NewLinkifyParser()}, 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(boundedTables{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithASTTransformers(
			util.Prioritized(extension.NewTableASTTransformer(), 0),
			util.Prioritized(extension.NewFootnoteASTTransformer(), 999),
		),
	)),
	goldmark.WithRenderer(renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(html.NewRenderer(), 1000),
		util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
		util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
		util.Prioritized(extension.NewFootnoteHTMLRenderer(), 500),
		util.Prioritized(ownRenderer{}, 500),
	))),
)

// optionsKey carries the caller's Options to the inline parsers.
var optionsKey = parser.NewContextKey()

// FromMarkdown renders what people write. The result is in the dialect of
// FromHTML, at most MaxOutput long. A *LimitError says that the source is larger
// than MaxMarkdown, nested too deep, or built to be expensive; then callers show
// Escape of it.
func FromMarkdown(src string, o Options) (string, error) {
	o.LocalURL = strings.TrimRight(o.LocalURL, "/")
	if len(src) > MaxMarkdown {
		return "", &LimitError{TooLarge, fmt.Sprintf("%d bytes of Markdown", len(src))}
	}
	source := []byte(legible(src))
	if err := weigh(source); err != nil {
		return "", err
	}
	pc := parser.NewContext()
	pc.Set(optionsKey, o)
	doc := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(pc))
	if err := weighTree(doc, len(source)); err != nil {
		return "", err
	}
	var w bounded
	if err := markdown.Renderer().Render(&w, source, doc); err != nil {
		if errors.Is(err, errFull) {
			err = &LimitError{TooExpensive, "output"}
		}
		return "", fmt.Errorf("markup.FromMarkdown: %w", err)
	}
	out, err := sanitise(w.text.String(), o, false)
	if err != nil {
		return "", &LimitError{TooExpensive, err.Error()}
	}
	return out, nil
}

// bounded is a buffer that refuses to grow beyond MaxOutput.
type bounded struct{ text bytes.Buffer }

var errFull = errors.New("markup: output is full")

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > MaxOutput {
		return 0, errFull
	}
	return b.text.Write(p)
}

// weighTree refuses what would render out of proportion. One long link
// reference used by many short links makes 6 MB out of 10 KB.
func weighTree(doc ast.Node, size int) error {
	links, depth := 0, 0
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		if depth++; depth > maxMarkdownDepth {
			return ast.WalkStop, &LimitError{TooDeep, "elements inside each other"}
		}
		switch n := n.(type) {
		case *ast.Link:
			links += len(n.Destination) + len(n.Title)
		case *ast.Image:
			links += len(n.Destination) + len(n.Title)
		}
		if links > 2*size+1024 {
			return ast.WalkStop, &LimitError{TooExpensive, "link destinations"}
		}
		return ast.WalkContinue, nil
	})
	return err
}

// boundedTables leaves a table alone whose header has many columns and whose
// rows are short: every row is filled up with empty cells, which made 20 MB out
// of 10 KB.
type boundedTables struct{ parser.ParagraphTransformer }

const maxCells = 5000

func (t boundedTables) Transform(p *ast.Paragraph, r text.Reader, pc parser.Context) {
	lines := p.Lines()
	columns := 1
	for i := range min(2, lines.Len()) {
		columns += bytes.Count(r.Value(lines.At(i)), []byte{'|'})
	}
	if columns*lines.Len() > maxCells {
		return
	}
	t.ParagraphTransformer.Transform(p, r, pc)
}

// bareLinks turns URLs into links, but leaves !name@host to actorParser: taken
// for an e-mail address it would lead nowhere.
type bareLinks struct{ parser.InlineParser }

func (l bareLinks) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if len(line) > 0 && bytes.IndexByte(l.Trigger(), line[0]) >= 0 {
		line = line[1:]
	}
	if len(line) > 0 && (line[0] == '!' || line[0] == '@') {
		return nil
	}
	return l.InlineParser.Parse(parent, block, pc)
}
