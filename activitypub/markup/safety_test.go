package markup

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// This file says once more, apart from the code, what may come out.

var allowedAttributes = map[string]string{
	"p": "", "br": "", "hr": "", "strong": "", "em": "", "del": "", "s": "", "u": "", "sup": "id", "sub": "",
	"code": "class", "kbd": "", "abbr": "title", "dfn": "title", "mark": "", "ruby": "", "rb": "", "rt": "", "rp": "",
	"pre": "", "blockquote": "", "ul": "", "ol": "start", "li": "id",
	"h2": "", "h3": "", "h4": "", "h5": "", "h6": "",
	"table": "", "caption": "", "thead": "", "tbody": "", "tfoot": "", "tr": "", "td": "align colspan rowspan",
	"th": "align colspan rowspan", "details": "", "summary": "", "section": "class", "a": "href class id title rel",
}

var allowedClasses = map[string]string{
	"a":       "hashtag mention community picture-link media-link footnote-ref footnote-backref",
	"section": "footnotes",
}

var local = Options{LocalURL: "https://stoa.test", Base: "https://far.test/post/1", IDPrefix: "c1"}

// unsafe returns what is wrong with output, or "".
func unsafe(out string, o Options) string {
	if len(out) > 6*MaxOutput {
		return "too long"
	}
	if strings.ContainsFunc(out, dropped) {
		return "control characters"
	}
	nodes, err := html.ParseFragment(strings.NewReader(out), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return err.Error()
	}
	var again strings.Builder
	for _, n := range nodes {
		if complaint := inspect(n, o); complaint != "" {
			return complaint
		}
		rewrite(&again, n)
	}
	if again.String() != out {
		return "a parser reads another tree: " + again.String()
	}
	return ""
}

func inspect(n *html.Node, o Options) string {
	switch n.Type {
	case html.TextNode:
		return ""
	case html.ElementNode:
	default:
		return "neither element nor text"
	}
	allowed, ok := allowedAttributes[n.Data]
	if !ok || n.Namespace != "" {
		return "element " + n.Namespace + " " + n.Data
	}
	rel := ""
	for _, a := range n.Attr {
		if !among(a.Key, allowed) || a.Namespace != "" {
			return "attribute " + a.Key + " on " + n.Data
		}
		switch a.Key {
		case "class":
			if !among(a.Val, allowedClasses[n.Data]) && (n.Data != "code" || !strings.HasPrefix(a.Val, "language-")) {
				return "class " + a.Val
			}
		case "id":
			if !strings.HasPrefix(a.Val, "fn-") {
				return "id " + a.Val
			}
		case "rel":
			rel = a.Val
		}
	}
	for _, a := range n.Attr {
		if a.Key != "href" {
			continue
		}
		u, err := url.Parse(a.Val)
		if err != nil {
			return err.Error()
		}
		inner := strings.HasPrefix(a.Val, "#fn-")
		if !inner && !among(u.Scheme, "http https mailto gemini xmpp") {
			return "link to " + a.Val
		}
		if foreign := !inner && !strings.HasPrefix(a.Val+"/", o.LocalURL+"/"); foreign && rel != foreignRel {
			return "rel missing on " + a.Val
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if complaint := inspect(c, o); complaint != "" {
			return complaint
		}
	}
	return ""
}

// rewrite serialises what the parser made of the output.
func rewrite(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(html.EscapeString(n.Data))
		return
	}
	b.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		b.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
	}
	b.WriteString(">")
	if n.Data == "br" || n.Data == "hr" {
		return
	}
	if n.Data == "pre" && n.FirstChild != nil && n.FirstChild.Type == html.TextNode && strings.HasPrefix(n.FirstChild.Data, "\n") {
		b.WriteString("\n")
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		rewrite(b, c)
	}
	b.WriteString("</" + n.Data + ">")
}

// mustAgree fails where the builder let through what the second sanitiser stopped,
// which would also show honest text without its markup.
func mustAgree(t *testing.T, in string, o Options) {
	t.Helper()
	if _, err := sanitise(in, o, false); errors.Is(err, errDoubt) {
		root, _ := build(in, o, false)
		t.Fatalf("the sanitisers disagree\n in: %.2000q\none: %.2000s\ntwo: %.2000s", in, root.html(), policy.Sanitize(root.html()))
	}
}

// mustBeSafe checks output and that a second pass changes nothing.
func mustBeSafe(t *testing.T, in, out string, o Options) {
	t.Helper()
	if complaint := unsafe(out, o); complaint != "" {
		t.Fatalf("%s\n in: %.2000q\nout: %.2000s", complaint, in, out)
	}
	if again := FromHTML(out, o); again != out {
		t.Fatalf("a second pass changes it\n   in: %.2000q\n  out: %.2000s\nagain: %.2000s", in, out, again)
	}
}
