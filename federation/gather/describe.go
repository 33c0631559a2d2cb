package gather

import (
	"bytes"
	"io"
	"mime"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"stoa/federation/fetch"
	"stoa/federation/forum"
)

// What is kept of a page, in runes.
const (
	maxTitle       = 300
	maxDescription = 500
	maxSite        = 80
	maxURL         = 2048 // bytes
)

// describe reads what a page says of itself: Open Graph (ogp.me) first, then what
// was made for cards elsewhere, then its title and description. A link straight to
// a picture is its own.
func describe(page *fetch.Page) forum.Preview {
	kind, _, err := mime.ParseMediaType(page.Type)
	switch {
	case err == nil && strings.HasPrefix(kind, "image/"):
		return forum.Preview{Picture: page.URL}
	case err != nil, kind != "text/html" && kind != "application/xhtml+xml":
		return forum.Preview{}
	}
	text, err := charset.NewReader(bytes.NewReader(page.Body), page.Type)
	if err != nil {
		text = bytes.NewReader(page.Body)
	}
	says := readHead(text)
	first := func(names ...string) string {
		for _, name := range names {
			if v := says[name]; v != "" {
				return v
			}
		}
		return ""
	}
	p := forum.Preview{
		Title:       cut(first("og:title", "twitter:title", "title"), maxTitle),
		Description: cut(first("og:description", "twitter:description", "description"), maxDescription),
		Site:        cut(first("og:site_name", "application-name"), maxSite),
		Picture:     resolve(page.URL, says["base"], first("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")),
	}
	if p.Picture != "" {
		p.PictureAlt = cut(first("og:image:alt", "twitter:image:alt"), maxDescription)
	}
	return p
}

// readHead gathers the title and the named values in the head of a page. Of several
// the first counts.
func readHead(r io.Reader) map[string]string {
	says := map[string]string{}
	put := func(name, value string) {
		if _, ok := says[name]; !ok && strings.TrimSpace(value) != "" {
			says[name] = value
		}
	}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(64 << 10) // one token; more ends the reading
	inTitle := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return says
		case html.TextToken:
			if inTitle {
				put("title", string(z.Text()))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Title:
				inTitle = false
			case atom.Head:
				return says
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.DataAtom {
			case atom.Body:
				return says
			case atom.Title:
				inTitle = true
			case atom.Base:
				put("base", attribute(&t, "href"))
			case atom.Meta:
				put(strings.ToLower(attribute(&t, "property")), attribute(&t, "content"))
				put(strings.ToLower(attribute(&t, "name")), attribute(&t, "content"))
			}
		}
	}
}

func attribute(t *html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// resolve is the address of a picture that a page names, relative or not; empty for
// what is none.
func resolve(page, base, picture string) string {
	if picture == "" {
		return ""
	}
	from, err := url.Parse(page)
	if err != nil {
		return ""
	}
	if b, err := from.Parse(strings.TrimSpace(base)); err == nil && base != "" {
		from = b
	}
	to, err := from.Parse(strings.TrimSpace(picture))
	if err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" || len(to.String()) > maxURL {
		return ""
	}
	to.User, to.Fragment = nil, ""
	return to.String()
}

// cut makes one line of a stranger's text, without what cannot be seen or turns its
// direction, of so many runes at most.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == '\u200d' || r == '\u200c': // join and part letters in several scripts
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return s
}
