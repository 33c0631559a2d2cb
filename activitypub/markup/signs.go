package markup

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// raised is H~2~O or x^2^: no blanks inside, as other forum software reads it.
type raised struct {
	ast.BaseInline
	tag, words string
}

var kindRaised = ast.NewNodeKind("Raised")

func (n *raised) Kind() ast.NodeKind { return kindRaised }

func (n *raised) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

type raisedParser struct{}

func (raisedParser) Trigger() []byte { return []byte{'^', '~'} }

func (raisedParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	mark := line[0]
	if len(line) > 200 {
		line = line[:200] // nothing that long is an index; keeps floods of marks linear
	}
	if len(line) < 3 || line[1] == mark || block.PrecendingCharacter() == rune(mark) {
		return nil
	}
	end := bytes.IndexByte(line[1:], mark)
	if end < 1 || bytes.ContainsAny(line[1:end+1], " \t\n\\`<[]") {
		return nil
	}
	if next := end + 2; next < len(line) && line[next] == mark {
		return nil
	}
	tag := "sub"
	if mark == '^' {
		tag = "sup"
	}
	n := &raised{tag: tag, words: string(line[1 : end+1])}
	block.Advance(end + 2)
	return n
}

func renderRaised(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	r, ok := n.(*raised)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.WriteString("<" + r.tag + ">" + html.EscapeString(html.UnescapeString(r.words)) + "</" + r.tag + ">")
	return ast.WalkContinue, err
}

// strikeParser reads ~~struck~~. A single ~ is raisedParser's.
type strikeParser struct{}

type strikes struct{}

func (strikes) IsDelimiter(b byte) bool                   { return b == '~' }
func (strikes) CanOpenCloser(o, c *parser.Delimiter) bool { return o.Char == c.Char }
func (strikes) OnMatch(int) ast.Node                      { return extast.NewStrikethrough() }
func (strikeParser) Trigger() []byte                      { return []byte{'~'} }

func (strikeParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 2, strikes{})
	if d == nil || d.OriginalLength != 2 || before == '~' {
		return nil
	}
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

// actor is somebody named in a text: @user@host or !community@host.
type actor struct {
	ast.BaseInline
	written, href, class string
}

var kindActor = ast.NewNodeKind("Actor")

func (n *actor) Kind() ast.NodeKind { return kindActor }

func (n *actor) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

type actorParser struct{}

func (actorParser) Trigger() []byte { return []byte{'@', '!'} }

const (
	actorName = `[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]{0,98}[\p{L}\p{N}_])?`
	actorHost = `[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,251}[\p{L}\p{N}])?(?::[0-9]{1,5})?`
)

var (
	actorPattern = regexp.MustCompile(`^([@!])(` + actorName + `)@(` + actorHost + `)`)
	hostPattern  = regexp.MustCompile(`^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?::[0-9]{1,5})?$`)
)

func (actorParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	o, ok := pc.Get(optionsKey).(Options)
	if !ok || o.LocalURL == "" || pc.IsInLinkLabel() {
		return nil
	}
	if before := block.PrecendingCharacter(); unicode.IsLetter(before) || unicode.IsDigit(before) ||
		strings.ContainsRune("/@!_.-=&#", before) {
		return nil
	}
	line, _ := block.PeekLine()
	if len(line) > 400 {
		line = line[:400]
	}
	written, name, host, ok := actorIn(line)
	if !ok || !strings.Contains(host, ".") && !strings.Contains(host, ":") && host != o.host() && host != "localhost" {
		return nil
	}
	n := &actor{written: written, class: "mention", href: o.actorURL("u", name, host)}
	if written[0] == '!' {
		n.class, n.href = "community", o.actorURL("c", name, host)
	}
	block.Advance(len(written))
	return n
}

// actorIn reads @name@host or !name@host at the start of line.
func actorIn(line []byte) (written, name, host string, ok bool) {
	m := actorPattern.FindSubmatch(line)
	if len(m) == 0 || !hostPattern.Match(m[3]) {
		return "", "", "", false
	}
	if rest := line[len(m[0]):]; len(rest) > 0 && (rest[0] == '@' || rest[0] == '/' || rest[0] == '_') {
		return "", "", "", false
	}
	return string(m[0]), string(m[2]), strings.ToLower(string(m[3])), true
}

// actorURL is where this node shows an actor: without the host when it is ours.
func (o Options) actorURL(kind, name, host string) string {
	path := "/" + kind + "/" + url.PathEscape(strings.ToLower(name))
	if strings.EqualFold(host, o.host()) {
		return o.LocalURL + path
	}
	return o.LocalURL + path + "@" + strings.ReplaceAll(url.PathEscape(host), "%3A", ":")
}

func renderActor(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	a, ok := n.(*actor)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.WriteString(`<a href="` + html.EscapeString(a.href) + `" class="` + a.class + `">` + html.EscapeString(a.written) + `</a>`)
	return ast.WalkContinue, err
}
