package markup

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// foreignRel is put on every link that leaves this node: no credit with search
// engines, no window handle, no referrer.
const foreignRel = "nofollow noopener noreferrer ugc"

// localPath matches the relative links people write to name an actor, as forums
// of the fediverse share them: /c/name@host, /m/name@host, /u/name@host.
var localPath = regexp.MustCompile(`^/(c|m|u)/([A-Za-z0-9_.-]+@[A-Za-z0-9.-]+(?::[0-9]+)?)$`)

// href returns the target of a link in the form it is stored, or false when the
// link must not be followed. Only http, https, mailto, gemini and xmpp pass;
// //host means https; user names and passwords in it are dropped, since they
// serve to make one host look like another.
func (o Options) href(raw string) (string, bool) {
	raw = strings.Map(func(r rune) rune {
		if dropped(r) || r == '\t' || r == '\n' {
			return -1
		}
		return r
	}, strings.TrimFunc(raw, isSpace))
	if raw == "" || len(raw) > maxHref {
		return "", false
	}
	// Browsers take \ for / in the first part of a URL.
	if strings.HasPrefix(strings.ReplaceAll(raw[:min(2, len(raw))], `\`, "/"), "//") {
		raw = "https://" + raw[2:]
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", false
	}
	if u.Scheme == "" {
		return o.relative(u)
	}
	switch u.Scheme {
	case "http", "https", "gemini":
		if u.Host == "" || u.Opaque != "" || u.Hostname() == "" {
			return "", false
		}
		u.User = nil
	case "mailto", "xmpp":
		if u.Opaque == "" {
			return "", false
		}
	default:
		return "", false
	}
	return stable(u)
}

func (o Options) relative(u *url.URL) (string, bool) {
	if m := localPath.FindStringSubmatch(u.Path); m != nil && o.LocalURL != "" && u.Host == "" {
		kind := m[1]
		if kind == "m" {
			kind = "c"
		}
		name, host, _ := strings.Cut(m[2], "@")
		return o.actorURL(kind, name, host), true
	}
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return "", false
	}
	u = base.ResolveReference(u)
	u.User = nil
	return stable(u)
}

// stable writes u so that parsing and writing it again changes nothing.
func stable(u *url.URL) (string, bool) {
	s := u.String()
	again, err := url.Parse(s)
	if err != nil || again.String() != s || again.Scheme != u.Scheme || again.Host != u.Host ||
		len(s) > 3*maxHref || strings.ContainsAny(s, " \t\n") {
		return "", false
	}
	return s, true
}

// isLocal reports whether a link stays on this node.
func (o Options) isLocal(href string) bool {
	return o.LocalURL != "" && (href == o.LocalURL || strings.HasPrefix(href, o.LocalURL+"/"))
}

// host is this node's own host, with its port if it has one.
func (o Options) host() string {
	u, err := url.Parse(o.LocalURL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// label is what to call a link that has no text of its own: the host and the
// path, shortened.
func label(href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return href
	}
	name := u.Host + strings.TrimRight(u.Path, "/")
	if u.Opaque != "" {
		name = u.Opaque
	}
	name, _ = cut(legible(name), 60)
	return name
}

// pictureLabel is what to call a picture without a description: the name of its
// file.
func pictureLabel(href string) string {
	if u, err := url.Parse(href); err == nil {
		if name := path.Base(u.Path); name != "." && name != "/" {
			if name, _ = cut(legible(fold(name)), 60); !isBlank(name) {
				return name
			}
		}
	}
	return label(href)
}
