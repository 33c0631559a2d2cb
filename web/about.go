package web

import (
	"bytes"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/web/view"
)

// rulesShown is how many servers of a list the page about the node names.
const rulesShown = 500

func (s *Site) about(w http.ResponseWriter, r *http.Request) error {
	counts, err := s.Reader.Counts(r.Context())
	if err != nil {
		return err
	}
	p := view.AboutPage{
		Frame: s.Frame(r, s.Words(r).About), Summary: s.NodeSummary,
		Contact: s.Contact, ContactHref: contactHref(s.Contact), Counts: counts,
	}
	if p.Lists, err = s.lists(r, p.Frame); err != nil {
		return err
	}
	if p.Made, err = s.Reader.OwnEmoji(r.Context()); err != nil {
		return err
	}
	p.About, p.Section, p.Canonical = s.NodeSummary, view.SectionAbout, s.base+"/about"
	return s.HTML(w, r, http.StatusOK, p)
}

// lists are with whom this node does not speak, as far as readers are told, and with
// whom alone it does where that is so.
func (s *Site) lists(r *http.Request, f view.Frame) ([]view.ServerList, error) {
	var out []view.ServerList
	t := &f.T.Lists
	blocked, only, err := s.Reader.ServerRules(r.Context(), forum.ListBlocked, true, "", rulesShown+1)
	if err == nil && only {
		var allowed []forum.ServerRule
		allowed, _, err = s.Reader.ServerRules(r.Context(), forum.ListAllowed, true, "", rulesShown+1)
		out = append(out, f.Listed(t.Allowed, t.AllowedText, allowed, rulesShown))
	}
	if len(blocked) > 0 {
		out = append(out, f.Listed(t.Blocked, t.BlockedText, blocked, rulesShown))
	}
	return out, err
}

// contactHref makes a link of what the admin gave as contact, where it is one.
func contactHref(contact string) string {
	if strings.HasPrefix(contact, "https://") || strings.HasPrefix(contact, "http://") {
		return contact
	}
	if a, err := mail.ParseAddress(strings.TrimPrefix(contact, "mailto:")); err == nil {
		return (&url.URL{Scheme: "mailto", Opaque: a.Address}).String()
	}
	return ""
}

// robots keeps crawlers off the many orders of the same lists.
func (s *Site) robots(w http.ResponseWriter, r *http.Request) error {
	text := "User-agent: *\nDisallow: /*?sort=\nDisallow: /*?t=\nDisallow: /*?view=\nDisallow: /*?after=\nDisallow: /search\nDisallow: /open\nDisallow: /follow\nDisallow: /activities/\nDisallow: /feeds/\nDisallow: /*/history\nAllow: /\nSitemap: " + s.base + "/sitemap.xml\n"
	return send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

// favicon answers those who ask at the old address without reading the page.
func (s *Site) favicon(w http.ResponseWriter, r *http.Request) error {
	a := s.view.Assets()["icon.svg"]
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	return send(w, r, http.StatusOK, a.Type, a.Content)
}

// asset serves a file under the address that its content gave it: what is there
// never changes.
func (s *Site) asset(w http.ResponseWriter, r *http.Request) error {
	a, ok := s.view.Assets().At(view.AssetPrefix + mux.Vars(r)["file"])
	if !ok {
		return errNoPage
	}
	h := w.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Add("Vary", "Accept-Encoding")
	if z := s.packed[a.Address]; z != nil && takesGzip(r) && r.Header.Get("Range") == "" {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(len(z))) // ServeContent leaves it out of what is encoded
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(z))
		return nil
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Content))
	return nil
}
