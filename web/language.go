package web

import (
	"net/http"
	"net/url"
	"strings"

	"stoa/federation/forum"
	"stoa/web/words"
)

// languageCookie holds the language that a reader chose. It is the only cookie,
// and only who chooses a language gets it.
const languageCookie = "lang"

// Words is the catalogue of the language in which a request is answered: the one
// that was chosen here, else the one that the browser asks for.
func (s *Site) Words(r *http.Request) *words.Words {
	if v := s.Viewer(r); v != nil {
		if w := words.Of(v.Settings.Language); w != nil {
			return w
		}
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if w := words.Of(c.Value); w != nil {
			return w
		}
	}
	return words.For(r.Header.Get("Accept-Language"))
}

// language keeps a language for a year, and leads back to the page.
func (s *Site) language(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	to := words.Of(q.Get("to"))
	if to == nil {
		return forum.Refuse(forum.Invalid, "bad-language", "This server does not speak that language.")
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // a node on localhost without https has it too
		Name: languageCookie, Value: to.Tag, Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: s.BaseURL.Scheme == "https", SameSite: http.SameSiteLaxMode,
	})
	return SeeOther(w, Here(q.Get("back")))
}

// Here is a path and query on this node, written anew; the front page for
// anything that could lead elsewhere.
func Here(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil {
		return "/"
	}
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}).String()
}
