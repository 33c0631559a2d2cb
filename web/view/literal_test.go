package view

import (
	"io/fs"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"golang.org/x/net/html"
)

// spoken are attributes that a reader is shown or told.
var spoken = map[string]bool{"title": true, "alt": true, "aria-label": true, "placeholder": true, "content": true, "value": true}

// silent are meta elements whose content speaks to machines.
var silent = map[string]bool{"viewport": true, "color-scheme": true, "robots": true}

// literals are the words that a template says by itself instead of taking them
// from the catalogue.
func literals(text string) []string {
	var found []string
	// To the tokenizer what is in a noscript is text, as to a browser with scripts.
	z := html.NewTokenizer(strings.NewReader(strings.ReplaceAll(text, "noscript>", "div>")))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return found
		case html.TextToken:
			if s := strings.TrimSpace(string(z.Text())); strings.ContainsFunc(s, unicode.IsLetter) {
				found = append(found, s)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			name := ""
			for _, a := range t.Attr {
				if a.Key == "name" {
					name = a.Val
				}
			}
			for _, a := range t.Attr {
				if spoken[a.Key] && !silent[name] && strings.ContainsFunc(a.Val, unicode.IsLetter) {
					found = append(found, a.Key+"="+a.Val)
				}
			}
		}
	}
}

// withoutActions is the text of a template with its actions taken out.
func withoutActions(n parse.Node) string {
	var b strings.Builder
	var walk func(parse.Node)
	branch := func(n *parse.BranchNode) {
		walk(n.List)
		if n.ElseList != nil {
			walk(n.ElseList)
		}
	}
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ListNode:
			for _, c := range n.Nodes {
				walk(c)
			}
		case *parse.TextNode:
			b.Write(n.Text)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		}
	}
	walk(n)
	return b.String()
}

func TestTemplatesHoldNoWords(t *testing.T) {
	names, err := fs.Glob(embeddedTemplates, "templates/*.html")
	if err != nil || len(names) < len(pages) {
		t.Fatalf("%d templates: %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(embeddedTemplates, name)
		if err != nil {
			t.Fatal(err)
		}
		trees := map[string]*parse.Tree{}
		top := parse.New(name)
		top.Mode = parse.SkipFuncCheck
		if _, err := top.Parse(string(text), "", "", trees); err != nil {
			t.Fatal(err)
		}
		for define, tree := range trees {
			for _, l := range literals(withoutActions(tree.Root)) {
				t.Errorf("%s, %s: %q is not from the catalogue", name, define, l)
			}
		}
	}
}

func TestLiteralsAreSeen(t *testing.T) {
	for text, want := range map[string]bool{
		`<p>Hello</p>`:                                        true,
		`<p title="Hello">·</p>`:                              true,
		`<p class="hello" id="x"> · 12 </p>`:                  false,
		`<noscript><p>Hello</p></noscript>`:                   true,
		`<noscript><p class="hello"></p></noscript>`:          false,
		`<meta name="viewport" content="width=device-width">`: false,
		`<meta name="description" content="A node">`:          true,
	} {
		if got := len(literals(text)) > 0; got != want {
			t.Errorf("%s: seen %v, want %v", text, got, want)
		}
	}
}
