package member

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// blocks lists whom somebody does not want to read.
func (m *Members) blocks(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	list, err := m.own.Shunned(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	t := &m.Site.Words(r).Filter
	p := m.settingsPage(r, t.Tab, "/settings/blocks")
	p.Lead = []string{t.Intro}
	for i := range list {
		x := &list[i]
		row := view.Row{At: p.Moment(x.At), Action: "/act", Name: "do", Back: "/settings/blocks", Button: t.Unblock}
		switch x.Kind {
		case private.ShunPerson:
			row.Title, row.Href, row.Value = "@"+x.Person.Handle(), view.PersonPath(x.Person), "unblock person-"+strconv.FormatInt(x.Target, 10)
		case private.ShunCommunity:
			row.Title, row.Href, row.Value = "!"+x.Community.Handle(), view.CommunityPath(x.Community), "unblock community-"+strconv.FormatInt(x.Target, 10)
		case private.ShunHost:
			row.Title, row.Facts, row.Action, row.Name, row.Value = x.Host, []string{t.Server}, "/settings/blocks", "host", x.Host
		}
		p.Rows = append(p.Rows, row)
	}
	if len(list) == 0 {
		p.Lead = append(p.Lead, t.None)
	}
	return m.send(w, r, http.StatusOK, p)
}

// unblock ends the block of a server.
func (m *Members) unblock(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	if err := m.own.Shun(r.Context(), v.Person.ID, private.ShunHost, 0, r.PostForm.Get("host"), false, m.now()); err != nil {
		return err
	}
	return web.SeeOther(w, "/settings/blocks")
}

// savedOnPage is how much that somebody saved a page lists.
const savedOnPage = 50

// saved lists what somebody kept for later, the last saved first.
func (m *Members) saved(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	skip := 0
	if q := r.URL.Query().Get("after"); q != "" {
		if skip, err = strconv.Atoi(q); err != nil || skip < 0 || skip > 1_000_000 {
			return forum.Refuse(forum.Invalid, "bad-cursor", "That is no place in this list.")
		}
	}
	list, err := m.own.Saved(r.Context(), v.Person.ID, skip, savedOnPage+1)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	p := m.page(r, t.Own.Saved)
	more := len(list) > savedOnPage
	for i := range list[:min(len(list), savedOnPage)] {
		x := &list[i]
		row := view.Row{
			Title: x.Title, Href: view.PostPath(x.Post), At: p.Moment(x.At), Facts: []string{x.Author.Handle()},
			Action: "/act", Name: "do", Value: "unsave post-" + strconv.FormatInt(x.Post, 10), Back: "/saved", Button: t.Own.Forget,
		}
		if row.Title == "" {
			row.Title = t.Untitled
		}
		if x.On.Kind == forum.OnComment {
			id := strconv.FormatInt(x.On.ID, 10)
			row.Href, row.Value = view.CommentPath(x.On.ID), "unsave comment-"+id
			row.Mark = t.Own.Comment
		}
		p.Rows = append(p.Rows, row)
	}
	if len(p.Rows) == 0 {
		p.Lead = []string{t.Own.NoSaved}
	}
	if more {
		p.Links = []view.Choice{{Label: t.Own.More, Href: "/saved?after=" + strconv.Itoa(skip+savedOnPage)}}
	}
	return m.send(w, r, http.StatusOK, p)
}

// drafts lists what somebody has begun to write.
func (m *Members) drafts(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	list, err := m.own.Drafts(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	p := m.page(r, t.Own.Drafts)
	for i := range list {
		p.Rows = append(p.Rows, draftRow(&p, &list[i], t))
	}
	if len(list) == 0 {
		p.Lead = []string{t.Own.NoDrafts}
	}
	return m.send(w, r, http.StatusOK, p)
}

// draftRow shows a draft by what is in it, with the way to go on.
func draftRow(p *view.FormPage, k *account.Kept, t *words.Words) view.Row {
	row := view.Row{Title: k.Draft.Title, At: p.Moment(k.At), Action: "/drafts", Name: "place", Value: k.Place, Button: t.Own.Discard, Href: "/submit"}
	if row.Title == "" {
		row.Title = strings.TrimSpace(brief(k.Draft.Text))
	}
	if row.Title == "" {
		row.Title = t.Write.NewPost
	}
	switch kind, on, ok := strings.Cut(k.Place, " "); {
	case kind == profileDraft:
		row.Title, row.Href = t.Own.Profile, "/settings/profile"
	case kind == "community" && ok:
		row.Title, row.Href = "!"+on, "/c/"+url.PathEscape(on)+"/edit"
	case kind == "community":
		row.Title, row.Href = t.Found.New, "/communities/new"
	case ok:
		row.Href = "/" + kind + "/" + on
	}
	return row
}

// brief is the beginning of a text.
func brief(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(line); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return line
}

func (m *Members) dropDraft(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	if err := m.own.DropDraft(r.Context(), v.Person.ID, r.PostForm.Get("place")); err != nil {
		return err
	}
	return web.SeeOther(w, "/drafts")
}
