package markup

import (
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// policy is the second opinion: the dialect of this package in the words of a
// sanitiser that shares no code with the builder.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "s", "u", "sup", "sub", "code", "kbd", "abbr", "dfn",
		"mark", "ruby", "rb", "rt", "rp", "pre", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "details", "summary", "section")
	p.AllowNoAttrs().OnElements("rb") // alone of these is not on the library's list of what needs none
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile("^" + foreignRel + "$")).OnElements("a")
	p.AllowAttrs("class").Matching(regexp.MustCompile("^(?:" + strings.Join(linkClasses, "|") + ")$")).OnElements("a")
	p.AllowAttrs("class").Matching(languagePattern).OnElements("code")
	p.AllowAttrs("class").Matching(regexp.MustCompile("^footnotes$")).OnElements("section")
	p.AllowAttrs("id").Matching(regexp.MustCompile("^fn-[A-Za-z0-9_.-]{1,64}$")).OnElements("a", "li", "sup")
	p.AllowAttrs("title").OnElements("a", "abbr", "dfn")
	p.AllowAttrs("align").Matching(regexp.MustCompile("^(?:left|center|right)$")).OnElements("td", "th")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile("^[0-9]{1,2}$")).OnElements("td", "th")
	p.AllowAttrs("start").Matching(regexp.MustCompile("^-?[0-9]{1,9}$")).OnElements("ol")
	p.AllowURLSchemes("http", "https", "mailto", "gemini", "xmpp")
	p.AllowRelativeURLs(true)
	return p
}()

// FromHTML makes foreign HTML safe: balanced, of allowed elements only, the same
// again when it is put through a second time with the same options. It never
// fails: what is too long, too rich in elements, or doubted by the second
// sanitiser is shown as plain text, cut after 100 KiB.
func FromHTML(src string, o Options) string {
	if len(src) <= MaxHTML {
		if out, err := sanitise(src, o, false); err == nil {
			return out
		}
	}
	return Escape(plainTokens(src))
}

func sanitise(src string, o Options, keepIDs bool) (string, error) {
	root, err := build(src, o, keepIDs)
	if err != nil {
		return "", err
	}
	return checked(root)
}

// checked writes a tree and asks for the second opinion.
func checked(root *node) (string, error) {
	out := root.html()
	if len(out) > MaxOutput {
		return "", &LimitError{TooLarge, "output"}
	}
	if policy.Sanitize(out) != out {
		return "", errDoubt
	}
	return out, nil
}

// plainTokens is the text of HTML without any tree: the way out when there is
// too much of it.
func plainTokens(src string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	skip := ""
	for b.Len() < maxFallback {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		switch tt {
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			tag := string(name)
			switch {
			case skip == "" && tt == html.StartTagToken && skipped[tag]:
				skip = tag
			case skip != "" && tt == html.EndTagToken && skip == tag:
				skip = ""
			case tag == "br":
				b.WriteString("\n")
			case inline[tag] == "" && tag != "span" && tag != "img":
				b.WriteString("\n\n")
			}
		default: // not text
		}
	}
	s := b.String()
	if len(s) > maxFallback {
		s = s[:maxFallback]
	}
	return s
}

// Escape shows plain text as it is: paragraphs where it has blank lines, line
// breaks where it has line ends, nothing else.
func Escape(src string) string {
	if len(src) > MaxHTML {
		src = src[:MaxHTML]
	}
	var b strings.Builder
	open := false
	for line := range strings.SplitSeq(legible(strings.ToValidUTF8(src, "")), "\n") {
		line = strings.TrimFunc(line, isASCIISpace)
		if isBlank(line) {
			if open {
				b.WriteString("</p>")
				open = false
			}
			continue
		}
		if open {
			b.WriteString("<br>")
		} else {
			b.WriteString("<p>")
			open = true
		}
		b.WriteString(html.EscapeString(calm(line)))
	}
	if open {
		b.WriteString("</p>")
	}
	return b.String()
}
