package view

import (
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"stoa/federation/forum"
)

// WebURL is a stranger's URL in the form html/template would write it, or empty
// unless it is http or https with a host. User names in it are dropped: they
// serve to make one host look like another.
func WebURL(raw string) string {
	if plain(raw) {
		return raw
	}
	return parsed(raw)
}

func parsed(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return ""
	}
	u.User = nil
	return normal(u.String())
}

// plain reports whether a URL needs no parsing to see that it is fine as it is,
// which is what most are. A thread of 1,000 comments has as many.
func plain(raw string) bool {
	rest, ok := strings.CutPrefix(raw, "https://")
	if !ok {
		return false
	}
	host, path, _ := strings.Cut(rest, "/")
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	for i := range len(path) {
		if c := path[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("/-_.~", c) < 0 {
			return false
		}
	}
	return host != ""
}

// normal percent-encodes every byte but those that html/template's own
// normaliser leaves alone, so that the comment writer and the template agree.
func normal(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("!#$&*+,/:;=?@[]-._~", c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// hostOf is the host of a URL as a reader needs to see it.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// CommunityPath is the page of a community.
// A wall is on its person's.
func CommunityPath(c forum.Community) string {
	if c.Wall {
		return "/u/" + handlePath(c.Handle())
	}
	return "/c/" + handlePath(c.Handle())
}

// PersonPath is the page of a person.
func PersonPath(p forum.Person) string { return "/u/" + handlePath(p.Handle()) }

// MessagesPath is the page of what is exchanged with a person.
func MessagesPath(p forum.Person) string { return "/messages/" + handlePath(p.Handle()) }

// handlePath escapes a handle as one segment of a path. A dot segment would
// lead elsewhere, so it is escaped whole.
func handlePath(handle string) string {
	if handle == "." || handle == ".." {
		return strings.ReplaceAll(handle, ".", "%2E")
	}
	return normal(url.PathEscape(handle))
}

// PostPath is the page of a post.
func PostPath(id int64) string { return "/post/" + itoa(id) }

// CommentPath leads to the page of a comment.
func CommentPath(id int64) string { return "/comment/" + itoa(id) }

// langs remembers what one page's language tags became: most texts of a page
// share theirs.
type langs map[string]string

// of is a tag fit for the lang attribute, or empty: what other servers write
// there is not always a language, and a wrong one makes screen readers mumble.
func (l langs) of(tag string) string {
	if tag == "" {
		return ""
	}
	if known, ok := l[tag]; ok {
		return known
	}
	out := ""
	if t, err := language.Parse(tag); err == nil {
		if base, _, _ := t.Raw(); base.String() != "und" {
			out = t.String()
		}
	}
	l[tag] = out
	return out
}
