package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// StripLeadingMentions takes off the run of mentions with which a microblog post
// addresses its readers: links to one of hrefs (those of the object's Mention
// tags), links of class "mention", and plain @user@host, with what separates
// them. Only what comes before the first other word goes; a post of nothing but
// mentions becomes empty. It is meant for the output of FromHTML, and gives safe
// HTML for any input.
func StripLeadingMentions(html string, hrefs []string) string {
	root := read(html)
	if root == nil {
		return FromHTML(html, Options{})
	}
	named := make(map[string]bool, len(hrefs))
	for _, h := range hrefs {
		if clean, ok := (Options{}).href(h); ok {
			named[clean] = true
		}
	}
	for len(root.kids) > 0 {
		first := root.kids[0]
		if first.tag != "p" {
			break
		}
		stripped := first.stripMentions(named)
		if stripped && first.empty() {
			root.kids = root.kids[1:]
			continue
		}
		break
	}
	out, err := checked(root)
	if err != nil {
		return FromHTML(html, Options{})
	}
	return out
}

// stripMentions takes the leading mentions off a paragraph and reports whether
// there were any.
func (n *node) stripMentions(named map[string]bool) bool {
	stripped := false
	for len(n.kids) > 0 {
		k := n.kids[0]
		switch {
		case k.tag == "" && k.kids == nil:
			rest, found := stripNames(k.text)
			rest = trimSeparators(rest, stripped || found)
			stripped = stripped || found
			// "@" or "!" before the link that it belongs to
			if t := strings.TrimSpace(rest); (t == "@" || t == "!") && len(n.kids) > 1 && n.kids[1].mentions(named, false) {
				n.kids = n.kids[2:]
				stripped = true
				continue
			}
			if rest != "" {
				k.text = rest
				return stripped
			}
		case k.tag == "br":
			if !stripped {
				return stripped
			}
		case k.mentions(named, true):
			stripped = true
		default:
			return stripped
		}
		n.kids = n.kids[1:]
	}
	return stripped
}

// mentions reports whether n is a link that names somebody.
func (n *node) mentions(named map[string]bool, sign bool) bool {
	if n.tag != "a" || !n.hasClass("mention") && !n.hasClass("community") && !named[n.attr("href")] || n.hasClass("hashtag") {
		return false
	}
	t := strings.TrimSpace(n.plain())
	return !sign || strings.HasPrefix(t, "@") || strings.HasPrefix(t, "!")
}

// stripNames takes @user@host off the start of s, as often as it stands there.
func stripNames(s string) (rest string, found bool) {
	for {
		t := strings.TrimLeftFunc(s, unicode.IsSpace)
		written, _, host, ok := actorIn([]byte(t[:min(len(t), 400)]))
		if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
			return s, found
		}
		after := t[len(written):]
		next, _ := utf8.DecodeRuneInString(after)
		if after != "" && !strings.ContainsRune(",:;", next) && !unicode.IsSpace(next) {
			return s, found
		}
		s, found = trimSeparators(after, true), true
	}
}

// trimSeparators takes off what stands between a mention and the text.
func trimSeparators(s string, afterMention bool) string {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) && r != 0x200F && r != 0x200E })
	if afterMention && s != "" && strings.ContainsAny(s[:1], ",:;") && (len(s) == 1 || unicode.IsSpace(rune(s[1]))) {
		return strings.TrimLeftFunc(s[1:], unicode.IsSpace)
	}
	return s
}

// LeadingLinks lists the targets of the links with which a text begins, as they
// stand there, up to the first other word.
func LeadingLinks(html string) []string {
	var hrefs []string
	root := read(html)
	if root == nil {
		return nil
	}
	for _, block := range root.kids {
		if block.tag != "p" {
			return hrefs
		}
		for _, k := range block.kids {
			switch {
			case k.tag == "a":
				hrefs = append(hrefs, k.attr("href"))
			case k.tag == "br":
			case k.tag == "" && k.kids == nil && strings.Trim(k.text, " @!,:;\u00a0\n") == "":
			default:
				return hrefs
			}
		}
	}
	return hrefs
}
