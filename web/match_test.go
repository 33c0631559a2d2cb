package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// find returns the elements that a selector names: compounds of tag, #id,
// .class and [attribute] or [attribute=value], joined by spaces for descent.
func find(t testing.TB, root *html.Node, selector string) []*html.Node {
	t.Helper()
	found := []*html.Node{root}
	for part := range strings.FieldsSeq(selector) {
		var next []*html.Node
		seen := map[*html.Node]bool{}
		for _, n := range found {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && !seen[d] && fits(d, part) {
					seen[d] = true
					next = append(next, d)
				}
			}
		}
		found = next
	}
	return found
}

// fits reports whether an element has all that a compound asks for.
func fits(n *html.Node, compound string) bool {
	for compound != "" {
		end := strings.IndexAny(compound[1:], "#.[") + 1
		if compound[0] == '[' {
			end = strings.IndexByte(compound, ']') + 1
		} else if end == 0 {
			end = len(compound)
		}
		one := compound[:end]
		compound = compound[end:]
		switch one[0] {
		case '#':
			if attribute(n, "id") != one[1:] {
				return false
			}
		case '.':
			if !strings.Contains(" "+attribute(n, "class")+" ", " "+one[1:]+" ") {
				return false
			}
		case '[':
			key, value, exact := strings.Cut(one[1:len(one)-1], "=")
			if !has(n, key) || exact && attribute(n, key) != value {
				return false
			}
		default:
			if n.Data != one {
				return false
			}
		}
	}
	return true
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// wordsIn is the text of an element, with runs of space as one.
func wordsIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestFind(t *testing.T) {
	root, err := html.Parse(strings.NewReader(`<div id=a class="x y"><p class=x>1</p><p lang=de>2</p></div><p class=x>3</p>`))
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]string{
		"p": "123", "#a p": "12", ".x p": "12", "p.x": "13", "p[lang=de]": "2", "[lang]": "2", "div.x.y": "12", "div p div": "", "p[lang=en]": "",
	} {
		got := ""
		for _, n := range find(t, root, selector) {
			got += wordsIn(n)
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", selector, got, want)
		}
	}
}
