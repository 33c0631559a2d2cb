package web

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"stoa/activitypub/markup"
	"stoa/federation/forum"
	"stoa/web/view"
	"stoa/web/words"
)

// ownTexts renders the Markdown with which an admin replaces the default texts.
func (s *Site) ownTexts() error {
	s.own = map[string]template.HTML{}
	for name, source := range s.Texts {
		rendered, err := markup.FromMarkdown(source, markup.Options{LocalURL: s.base, IDPrefix: name})
		if err != nil {
			return fmt.Errorf("web.New: the text of %s: %w", name, err)
		}
		s.own[name] = template.HTML(rendered) //nolint:gosec // markup gives safe HTML
	}
	return nil
}

// legal answers with a page about the node itself.
func (s *Site) legal(w http.ResponseWriter, r *http.Request) error {
	name := mux.Vars(r)["name"]
	t := s.Words(r)
	p := view.LegalPage{Own: s.own[name]}
	title := t.Privacy
	switch name {
	case "privacy":
		p.Default = t.PrivacyText
	case "terms":
		title, p.Default = t.Terms, t.TermsText
	case "contact":
		title, p.Default = t.ContactPage, []words.Passage{{Text: t.ContactText}}
		p.Contact, p.ContactHref = s.Contact, contactHref(s.Contact)
		if s.Contact == "" {
			p.Default = []words.Passage{{Text: t.NoContact}}
		}
	}
	p.Frame = s.Frame(r, title)
	p.Section, p.Canonical = view.SectionAbout, s.base+"/"+name
	return s.HTML(w, r, http.StatusOK, p)
}

// manifest lets the site be put on a home screen (W3C Web Application Manifest).
func (s *Site) manifest(w http.ResponseWriter, r *http.Request) error {
	type icon struct {
		Src   string `json:"src"`
		Sizes string `json:"sizes"`
		Type  string `json:"type"`
	}
	a := s.view.Assets()["icon.svg"]
	body, err := json.Marshal(struct {
		Name       string `json:"name"`
		ID         string `json:"id"`
		Start      string `json:"start_url"`
		Display    string `json:"display"`
		Background string `json:"background_color"`
		Theme      string `json:"theme_color"`
		Icons      []icon `json:"icons"`
	}{s.NodeName, "/", "/", "minimal-ui", "#faf9f5", "#1034a6", []icon{{a.Address, "any", a.Type}}})
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, "application/manifest+json", body)
}

// Sitemaps (sitemaps.org). A sitemap holds what is worth telling of the posts
// after an id: their number is bounded, whatever the size of the node.
type sitemap struct {
	XMLName xml.Name      `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapItem `xml:"url"`
}

type sitemapIndex struct {
	XMLName xml.Name      `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Maps    []sitemapItem `xml:"sitemap"`
}

type sitemapItem struct {
	Location string `xml:"loc"`
	Changed  string `xml:"lastmod,omitempty"`
}

// sitePosts is how many posts one sitemap is taken from: ids are dealt out in
// order, so a sitemap's address and what may be in it stay.
const sitePosts = 20_000

func (s *Site) sitemaps(w http.ResponseWriter, r *http.Request) error {
	last, err := s.Reader.LastPost(r.Context())
	if err != nil {
		return err
	}
	index := sitemapIndex{Maps: []sitemapItem{{Location: s.base + "/sitemaps/communities.xml"}}}
	for after := int64(0); after < last; after += sitePosts {
		index.Maps = append(index.Maps, sitemapItem{Location: s.base + "/sitemaps/posts-" + strconv.FormatInt(after, 10) + ".xml"})
	}
	return sendXML(w, r, index)
}

func (s *Site) sitemapCommunities(w http.ResponseWriter, r *http.Request) error {
	found, err := s.Reader.SiteCommunities(r.Context())
	if err != nil {
		return err
	}
	out := sitemap{URLs: []sitemapItem{{Location: s.base + "/"}, {Location: s.base + "/communities"}}}
	for _, it := range found.Items {
		out.URLs = append(out.URLs, siteItem(s.base+"/c/"+it.Handle, it))
	}
	return sendXML(w, r, out)
}

func (s *Site) sitemapPosts(w http.ResponseWriter, r *http.Request) error {
	after, err := strconv.ParseInt(mux.Vars(r)["after"], 10, 64)
	if err != nil || after%sitePosts != 0 {
		return errNoPage
	}
	found, err := s.Reader.SitePosts(r.Context(), after, sitePosts)
	if err != nil {
		return err
	}
	var out sitemap
	for _, it := range found.Items {
		if it.ID > after+sitePosts {
			break // in the next one
		}
		out.URLs = append(out.URLs, siteItem(s.base+view.PostPath(it.ID), it))
	}
	return sendXML(w, r, out)
}

func siteItem(address string, it forum.SiteItem) sitemapItem {
	out := sitemapItem{Location: address}
	if !it.Changed.IsZero() {
		out.Changed = it.Changed.UTC().Format(time.RFC3339)
	}
	return out
}

func sendXML(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, "application/xml; charset=utf-8", append([]byte(xml.Header), body...))
}
