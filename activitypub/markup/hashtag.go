package markup

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const (
	maxHashtag  = 100 // runes of its name
	maxHashtags = 50  // that are made links of in one text
)

// hashtagPattern is a name without its sign. It begins with a letter or a digit; that
// not all of it are digits is judged apart.
var hashtagPattern = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_·\x{200c}]*`)

// hashtagParser makes links of #words. A # with a blank behind it, which begins a
// heading, is none, nor is one within a word or an address.
type hashtagParser struct{}

func (hashtagParser) Trigger() []byte { return []byte{'#'} }

func (hashtagParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	o, ok := pc.Get(optionsKey).(Options)
	if !ok || o.LocalURL == "" || pc.IsInLinkLabel() {
		return nil
	}
	before := block.PrecendingCharacter()
	if unicode.IsLetter(before) || unicode.IsDigit(before) || strings.ContainsRune("/@!_&=#", before) {
		return nil
	}
	line, _ := block.PeekLine()
	name := hashtagPattern.Find(line[1:min(len(line), 4*maxHashtag)])
	href, ok := o.hashtagURL(string(name))
	if rest := line[1+len(name):]; !ok || len(rest) > 0 && (rest[0] == '#' || rest[0] == '/' || rest[0] == '@') {
		return nil
	}
	written := "#" + string(name)
	block.Advance(len(written))
	return &actor{written: written, href: href, class: "hashtag"}
}

// hashtagURL is where this node lists what has a hashtag; false for what is none.
func (o Options) hashtagURL(name string) (string, bool) {
	name = strings.ToLower(name)
	if utf8.RuneCountInString(name) > maxHashtag || hashtagPattern.FindString(name) != name || strings.IndexFunc(name, unicode.IsLetter) < 0 {
		return "", false
	}
	return o.LocalURL + "/tag/" + url.PathEscape(name), true
}

// hashtags leads links that are hashtags elsewhere to what this node has of them.
func (b *builder) hashtags() {
	if b.LocalURL == "" {
		return
	}
	b.root.walk(func(n *node) bool {
		if n.tag != "a" || !n.hasClass("hashtag") {
			return true
		}
		if name, is := strings.CutPrefix(strings.TrimSpace(n.plain()), "#"); is {
			if href, ok := b.hashtagURL(strings.TrimSpace(name)); ok {
				n.attrs = []attr{{"class", "hashtag"}, {"href", href}}
			}
		}
		return false
	})
}

// Hashtags lists the names of the hashtags that a text links, without their sign, as
// they are written, in order, at most 50.
func Hashtags(html string) []string {
	root := read(html)
	if root == nil || !strings.Contains(html, `class="hashtag"`) {
		return nil
	}
	var names []string
	root.walk(func(n *node) bool {
		if n.tag == "a" && n.hasClass("hashtag") && len(names) < maxHashtags {
			if name, is := strings.CutPrefix(strings.TrimSpace(n.plain()), "#"); is {
				names = append(names, strings.TrimSpace(name))
			}
		}
		return n.tag != "a"
	})
	return names
}

// Shortcodes lists the words between colons in a text that may stand for pictures, in order
// and each once, at most 50. What stands in code or in a link is none.
func Shortcodes(html string) (names []string) {
	root := read(html)
	if root == nil || !strings.Contains(html, ":") {
		return nil
	}
	root.walk(func(n *node) bool {
		if n.tag == "" && n.kids == nil {
			names = shortcodesIn(n.text, names)
		}
		return n.tag != "a" && n.tag != "code" && n.tag != "pre" && n.tag != "kbd"
	})
	return names
}

// shortcodesIn adds those of a piece of text. A colon ends one word and begins the next.
func shortcodesIn(text string, names []string) []string {
	_, rest, found := strings.Cut(text, ":")
	for found && len(names) < maxHashtags {
		var name string
		if name, rest, found = strings.Cut(rest, ":"); found && len(name) <= maxHashtag && shortcodePattern.MatchString(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

var shortcodePattern = regexp.MustCompile(`^[a-zA-Z0-9_]{2,}$`)

// Mentions lists whom a text names by an account of some server, as name@host, in order
// and each once, at most 50.
func Mentions(html string) (accounts []string) {
	root := read(html)
	if root == nil || !strings.Contains(html, `class="mention"`) {
		return nil
	}
	root.walk(func(n *node) bool {
		if n.tag == "a" && n.hasClass("mention") && len(accounts) < maxHashtags {
			written, name, host, ok := actorIn([]byte(strings.TrimSpace(n.plain())))
			if account := name + "@" + host; ok && written[0] == '@' && !slices.Contains(accounts, account) {
				accounts = append(accounts, account)
			}
		}
		return n.tag != "a"
	})
	return accounts
}

// StripQuote takes off the line "RE: address" that stands in a text for those who cannot
// show what it quotes: a paragraph of its own, the first or the last, or the end of the
// last. It reports whether there was one, and gives safe HTML for any input.
func StripQuote(html string) (_ string, found bool) {
	root := read(html)
	if root == nil {
		return FromHTML(html, Options{}), false
	}
	for _, i := range []int{len(root.kids) - 1, 0} {
		if i < 0 || i >= len(root.kids) || root.kids[i].tag != "p" {
			continue
		}
		p := root.kids[i]
		if !p.stripQuote() {
			continue
		}
		if p.empty() {
			root.kids = append(root.kids[:i:i], root.kids[i+1:]...)
		}
		if out, err := checked(root); err == nil {
			return out, true
		}
	}
	return html, false
}

// stripQuote takes the line off the end of a paragraph.
func (n *node) stripQuote() bool {
	k := len(n.kids) - 1
	if k < 1 || n.kids[k].tag != "a" {
		return false
	}
	lead := n.kids[k-1]
	if lead.tag != "" || lead.kids != nil || !strings.EqualFold(strings.TrimSpace(lead.text), "re:") {
		return false
	}
	k--
	for k > 0 && n.kids[k-1].tag == "br" {
		k--
	}
	if k > 0 && n.kids[k].tag != "br" {
		return false // within a line
	}
	n.kids = n.kids[:k]
	return true
}
