package member

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web"
	"stoa/web/view"
)

// maxPicks is how many communities somebody joins in one step: each of them is another
// server's work, and of this one.
const maxPicks = 20

var errPicks = forum.Refuse(forum.Invalid, "too-many-picked", "At most 20 communities can be joined in one step.")

// joinPicked has somebody join communities by their handles. Those that are known here
// are asked at once; the others are looked for at their servers, by jobs.
func (m *Members) joinPicked(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	picks := r.PostForm["pick"]
	if len(picks) > maxPicks {
		return errPicks
	}
	var known []forum.Community
	var wanted []forum.Listed
	for _, pick := range picks {
		name, host, ok := strings.Cut(strings.TrimPrefix(pick, "!"), "@")
		if !ok || name == "" || len(pick) > 600 || strings.ContainsAny(name, "/ ?#%\x00") || !m.isHost(host) {
			return errNoNumber
		}
		c, err := m.DB.Reader().Community(r.Context(), name, host)
		switch {
		case err == nil:
			known = append(known, c)
		case errors.Is(err, storage.ErrNotFound) && host != m.Site.BaseURL.Host:
			wanted = append(wanted, forum.Listed{Name: name, Host: host})
		default:
			return err
		}
	}
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		if err := m.follow(ctx, tx, v, known); err != nil {
			return err
		}
		for _, l := range wanted {
			full, err := tx.Want(ctx, v.Person.ID, l.Host, l.Name)
			if err == nil && full {
				err = forum.Refuse(forum.Unavailable, "too-many-wanted", "Enough is being looked for already. Try again in some minutes.")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.SeeOther(w, web.Here(r.PostForm.Get("back")))
}

// follow has somebody follow communities that are known here. Of several, one that
// refuses does not keep the others from being joined.
func (m *Members) follow(ctx context.Context, tx *storage.Tx, v *web.Viewer, known []forum.Community) error {
	if len(known) == 0 {
		return nil
	}
	acts := make([]forum.Follow, len(known))
	for i := range known {
		acts[i] = forum.Follow{Person: v.Person, Community: known[i].URI}
	}
	all, err := m.Forum.Follow(ctx, tx, acts)
	if err != nil {
		return err
	}
	for i, out := range all {
		switch {
		case out.Refused == nil:
			if _, err := tx.BeginBackfill(ctx, known[i].ID); err != nil {
				return err
			}
		case len(all) == 1:
			return out.Refused
		}
	}
	return nil
}

// isHost reports whether a text can be the name of a server, as handles have it. On a
// test bed one with a port is one too.
func (m *Members) isHost(host string) bool {
	if host == "" || len(host) > 253 || host != strings.ToLower(host) || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.:") != "" {
		return false
	}
	if m.Site.Dev {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(strings.Trim(host, "."), ".") && !strings.Contains(host, ":")
}

// hostIn is the host that somebody typed, by its name or an address on it; empty when
// it is none.
func (m *Members) hostIn(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = text[i+1:]
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	if host = strings.ToLower(host); !m.isHost(host) {
		return ""
	}
	return host
}

var errAdmins = forum.Refuse(forum.Forbidden, "admins-only", "Only admins can do that.")

// surveys refuses all but admins: what a list says, and in which order, is its server's
// word, and everybody here sees it.
func (m *Members) surveys(r *http.Request) error {
	v, err := m.Site.Self(r)
	if err == nil && !v.Admin {
		err = errAdmins
	}
	return err
}

func (m *Members) askServers(w http.ResponseWriter, r *http.Request) error {
	if err := m.surveys(r); err != nil {
		return err
	}
	return m.sendServers(w, r, http.StatusOK, nil)
}

// sendServers lists the servers whose lists were read, are being read, or may be.
func (m *Members) sendServers(w http.ResponseWriter, r *http.Request, status int, no *forum.Refusal) error {
	list, err := m.DB.Reader().Catalogues(r.Context())
	if err != nil {
		return err
	}
	const path = "/communities/servers"
	t := m.Site.Words(r)
	c := &t.Directory
	p := m.page(r, c.Servers)
	p.Section = view.SectionCommunities
	p.Lead = []string{c.ServersLead}
	typed := r.PostForm.Get("host")
	p.Forms = []view.Form{{Action: path, Button: c.LookAt, Fields: []view.Field{
		{Kind: view.FieldText, Name: "host", Label: c.Host, Hint: c.HostHint, Value: typed, Fault: fault(t, no), Required: true, Max: 253, Mode: "url"},
	}}}
	known := map[string]bool{}
	for i := range list {
		k := &list[i]
		known[k.Host] = true
		row := view.Row{Title: k.Host, At: p.Moment(k.AskedAt), Facts: []string{p.CatalogueText(k)}, Action: path, Name: "forget", Value: k.Host, Back: path, Button: c.Forget}
		if !k.ReadAt.IsZero() {
			row.Href = "/communities?" + url.Values{"server": {k.Host}}.Encode()
		}
		if p.CatalogueReads(k) {
			p.Refresh, p.Writes = readsAgain, true
		}
		p.Rows = append(p.Rows, row)
	}
	for _, host := range m.Site.Suggest {
		if !known[host] {
			p.Rows = append(p.Rows, view.Row{Title: host, Action: path, Name: "host", Value: host, Back: path, Button: c.LookAt})
		}
	}
	if len(list) == 0 {
		p.Lead = append(p.Lead, c.NoServers)
	}
	p.Links = []view.Choice{{Label: t.Communities, Href: "/communities"}}
	return m.send(w, r, status, p)
}

// readsAgain is after how many seconds a page loads itself again that shows how far a
// list has been read.
const readsAgain = 2

// servers has the list of a server read, in the background, or forgets one.
func (m *Members) servers(w http.ResponseWriter, r *http.Request) error {
	if err := m.surveys(r); err != nil {
		return err
	}
	back := r.PostForm.Get("back")
	if back == "" {
		back = "/communities/servers"
	}
	if host := r.PostForm.Get("forget"); host != "" {
		if err := m.DB.ForgetCatalogue(r.Context(), host); err != nil {
			return err
		}
		return web.SeeOther(w, web.Here(back))
	}
	no, err := m.survey(r)
	if err != nil {
		return err
	}
	if no != nil {
		return m.sendServers(w, r, no.Kind.Status(), no)
	}
	return web.SeeOther(w, web.Here(back))
}

func (m *Members) survey(r *http.Request) (*forum.Refusal, error) {
	host := m.hostIn(r.PostForm.Get("host"))
	if host == "" || host == m.Site.BaseURL.Host {
		return &forum.Refusal{Kind: forum.Invalid, Reason: "bad-host", Text: "That is not the name of another server."}, nil
	}
	blocked, err := m.DB.Blocked(r.Context(), host)
	if err != nil {
		return nil, err
	}
	if blocked {
		return &forum.Refusal{Kind: forum.Forbidden, Reason: "server-blocked", Text: "This server does not speak with that one."}, nil
	}
	full, err := m.DB.AskCatalogue(r.Context(), host)
	if err == nil && full {
		return &forum.Refusal{Kind: forum.Conflict, Reason: "too-many-servers", Text: "The lists of 200 servers are kept. Forget one first."}, nil
	}
	return nil, err
}
