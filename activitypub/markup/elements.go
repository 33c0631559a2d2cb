package markup

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// inline maps the inline elements taken to the ones written.
var inline = map[string]string{
	"a": "a", "strong": "strong", "b": "strong", "em": "em", "i": "em", "cite": "em", "var": "em",
	"del": "del", "s": "s", "strike": "s", "u": "u", "ins": "u", "sup": "sup", "sub": "sub",
	"code": "code", "tt": "code", "samp": "code", "kbd": "kbd", "abbr": "abbr", "acronym": "abbr",
	"dfn": "dfn", "mark": "mark", "ruby": "ruby", "rb": "rb", "rt": "rt", "rp": "rp",
}

// breaks are elements that stand for themselves no longer, but end a paragraph.
var breaks = map[string]bool{
	"div": true, "article": true, "header": true, "footer": true, "main": true, "aside": true, "nav": true,
	"address": true, "center": true, "fieldset": true, "legend": true, "figure": true, "figcaption": true,
	"form": true, "dl": true, "dt": true, "dd": true, "section": true, "hgroup": true, "body": true,
	"html": true, "dir": true, "menu": true, "listing": true, "optgroup": true, "option": true,
}

// skipped elements go with all that is in them.
var skipped = map[string]bool{
	"script": true, "style": true, "title": true, "noscript": true, "noembed": true, "noframes": true,
	"template": true, "svg": true, "math": true, "textarea": true, "xmp": true, "plaintext": true,
	"frameset": true, "iframe": true,
}

// players point at something to see or hear; a link takes their place.
var players = map[string]bool{"iframe": true, "video": true, "audio": true, "embed": true, "source": true}

const maxSpan = 20 // columns or rows one cell may cover

var (
	idPattern       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_:.-]{0,63}$`)
	ourIDPattern    = regexp.MustCompile(`^fn-[A-Za-z0-9-]{1,40}-[A-Za-z0-9_:.-]{1,64}$`)
	languagePattern = regexp.MustCompile(`^language-[A-Za-z0-9_+#.-]{1,32}$`)
)

// given are the attributes of a start tag that matter here, as they came.
type given map[string]string

func (g given) classes() []string { return strings.Fields(g["class"]) }

func (g given) has(class string) bool { return slices.Contains(g.classes(), class) }

// wanted are the attributes worth reading at all.
var wanted = map[string]bool{
	"href": true, "src": true, "alt": true, "class": true, "title": true, "id": true, "start": true,
	"colspan": true, "rowspan": true, "align": true, "style": true, "width": true, "height": true,
	"type": true, "checked": true, "encoding": true,
}

// linkClasses are the classes of links that our stylesheet knows.
var linkClasses = []string{"hashtag", "mention", "community", "picture-link", "media-link", "footnote-ref", "footnote-backref"}

func (g given) linkClass() string {
	for _, c := range linkClasses {
		if g.has(c) {
			return c
		}
	}
	return ""
}

// number reads an attribute that must be a whole number within bounds.
func (g given) number(key string, low, high int) (string, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(g[key]))
	if err != nil || n < low || n > high {
		return "", false
	}
	return strconv.Itoa(n), true
}

// cell returns the attributes kept on a cell of a table.
func (g given) cell() []attr {
	var as []attr
	align := strings.ToLower(strings.TrimSpace(g["align"]))
	if style := strings.ToLower(g["style"]); align == "" && strings.HasPrefix(style, "text-align:") {
		align = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(style, "text-align:"), ";"))
	}
	if align == "left" || align == "center" || align == "right" {
		as = append(as, attr{"align", align})
	}
	for _, key := range []string{"colspan", "rowspan"} {
		if n, ok := g.number(key, 2, maxSpan); ok {
			as = append(as, attr{key, n})
		}
	}
	return as
}

// title returns a tooltip, cleaned.
func (g given) title() (attr, bool) {
	t := calm(legible(fold(g["title"])))
	t, _ = cut(t, maxTitle)
	return attr{"title", t}, !isBlank(t)
}

// id returns the id as it may stand on our page. Footnotes point at each other
// with ids; everything of the kind gets the prefix of its text.
func (b *builder) id(raw string) (string, bool) {
	if b.keepIDs {
		return raw, ourIDPattern.MatchString(raw)
	}
	if b.prefix == "" || !idPattern.MatchString(raw) {
		return "", false
	}
	if strings.HasPrefix(raw, b.prefix) {
		return raw, true
	}
	id := b.prefix + strings.ReplaceAll(raw, ":", "-")
	return id, len(id) <= 64
}

// prefixed makes the prefix of a text's ids from what the caller gave.
func (o Options) prefixed() string {
	p := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, o.IDPrefix)
	if p == "" || len(p) > 32 {
		return ""
	}
	return "fn-" + p + "-"
}
