package compose

import (
	"encoding/json"
	"net/http"

	"stoa/federation/account"
	"stoa/web"
	"stoa/web/view"
)

// again shows a form once more, and keeps what is in it: whoever leaves the page then
// finds it when they come back.
func (d *Desk) again(w http.ResponseWriter, r *http.Request, v *web.Viewer, k *task, status int, p view.FormPage, a account.Draft) error {
	if !a.Empty() || r.PostForm.Has("draft") {
		if err := d.own.SaveDraft(r.Context(), v.Person.ID, k.place, a, d.Site.Now()); err != nil {
			return err
		}
	}
	return d.send(w, r, status, p)
}

// links tells where a link was posted already, for the script of the page on which it
// is typed.
func (d *Desk) links(w http.ResponseWriter, r *http.Request) error {
	if _, err := d.Site.Self(r); err != nil {
		return err
	}
	found, err := d.posted(r, r.URL.Query().Get("url"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	type post struct {
		Title string `json:"title"`
		Href  string `json:"href"`
	}
	out := make([]post, len(found))
	for i, c := range found {
		out[i] = post{c.Label, c.Href}
	}
	return json.NewEncoder(w).Encode(out)
}

// posted lists where a link was posted already.
func (d *Desk) posted(r *http.Request, link string) ([]view.Choice, error) {
	found := []view.Choice{}
	if link == "" || len(link) > maxLink {
		return found, nil
	}
	list, err := d.Site.Reader.PostsOf(r.Context(), link)
	for i := range list {
		p := &list[i].Post
		found = append(found, view.Choice{Label: p.Title + " · !" + p.Community.Handle(), Href: view.PostPath(p.ID)})
	}
	return found, err
}

// maxLink is how long a link may be.
const maxLink = 2000
