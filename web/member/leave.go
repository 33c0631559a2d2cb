package member

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

// export sends all that belongs to somebody, and all that they wrote, as one file: a
// ZIP of a JSON document and of the pictures that they have sent.
func (m *Members) export(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	pictures, err := m.own.UploadsOf(r.Context(), v.Person.ID)
	if err != nil {
		return err
	}
	name := v.Person.Name + "-" + m.now().UTC().Format("2006-01-02")
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.zip"`, name))
	h.Set("Cache-Control", "no-store")
	z := zip.NewWriter(w)
	err = m.pack(r.Context(), z, v.Person.ID, name, pictures)
	if err := errors.Join(err, z.Close()); err != nil {
		// Half of it has gone already: what reads it must not take it for the whole.
		m.Site.Log.ErrorContext(r.Context(), "export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (m *Members) pack(ctx context.Context, z *zip.Writer, person int64, name string, pictures []string) error {
	into := func(name string, method uint16) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: m.now().UTC()})
	}
	out, err := into(name+"/account.json", zip.Deflate)
	if err == nil {
		err = m.document(ctx, out, person)
	}
	for _, picture := range pictures {
		if err != nil || m.Site.Pictures == nil {
			break
		}
		err = m.packPicture(ctx, into, name+"/pictures/"+picture, picture)
	}
	return err
}

func (m *Members) packPicture(ctx context.Context, into func(string, uint16) (io.Writer, error), as, picture string) error {
	f, err := m.Site.Pictures.Files.Open(ctx, picture, media.Whole)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // taken away meanwhile
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	out, err := into(as, zip.Store)
	if err == nil {
		_, err = io.Copy(out, f)
	}
	return err
}

// document writes the parts as one JSON object of arrays.
func (m *Members) document(ctx context.Context, out io.Writer, person int64) error {
	begun, rows := false, 0
	say := func(s string) error {
		begun = true
		_, err := io.WriteString(out, s)
		return err
	}
	err := m.own.Export(ctx, person, func(name string) error {
		begin := "{\n"
		if begun {
			begin = "\n],\n"
		}
		rows = 0
		return say(begin + `"` + name + "\": [\n")
	}, func(row json.RawMessage) error {
		if rows++; rows > 1 {
			if err := say(",\n"); err != nil {
				return err
			}
		}
		return say(string(row))
	})
	if err == nil {
		err = say("\n]\n}\n")
	}
	return err
}

func (m *Members) askLeave(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	return m.send(w, r, http.StatusOK, m.leavePage(r, v, nil))
}

func (m *Members) leavePage(r *http.Request, v *web.Viewer, f account.Faults) view.FormPage {
	t := m.Site.Words(r)
	c := &t.Leave
	p := m.settingsPage(r, c.Heading, "/settings/account")
	p.Lead = []string{c.What, c.Elsewhere, c.Final}
	p.Links = []view.Choice{{Label: c.Export, Href: "/settings/export"}}
	p.Forms = []view.Form{{Action: "/settings/leave", Button: c.Do, Danger: true, Fields: []view.Field{
		{Kind: view.FieldOwner, Name: "username", Value: v.Person.Name},
		{Kind: view.FieldText, Name: "name", Label: c.Name.With(v.Person.Name), Value: r.PostForm.Get("name"), Fault: fault(t, f["name"]), Required: true, Max: 20, Autocomplete: "off"},
		{Kind: view.FieldPassword, Name: "leave-present", Label: t.Account.OldPassword, Fault: fault(t, f["leave-present"]), Autocomplete: "current-password", Required: true},
	}}}
	return p
}

// leave deletes an account, with all that its owner wrote, here and, as far as they
// obey, on other servers.
func (m *Members) leave(w http.ResponseWriter, r *http.Request) error {
	v, f, err := m.proven(r, "leave")
	if err != nil {
		return err
	}
	if r.PostForm.Get("name") != v.Person.Name {
		f = f.With("name", &forum.Refusal{Kind: forum.Invalid, Reason: "not-your-name", Text: "Write your name as it is."})
	}
	if f != nil {
		return m.send(w, r, http.StatusBadRequest, m.leavePage(r, v, f))
	}
	var activity string
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, id, err := m.Forum.Depart(ctx, tx, v.Person.URI)
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		if err != nil {
			return err
		}
		activity = id
		return private.In(tx).Close(ctx, v.Person.ID)
	})
	if err != nil {
		return err
	}
	m.Site.SetSession(w, "")
	return web.SeeOther(w, "/farewell/"+activity[len(activity)-36:])
}

// farewell shows whoever has deleted their account how other servers took that.
// Whoever knows the address may see it: there is nobody left to sign in.
func (m *Members) farewell(w http.ResponseWriter, r *http.Request) error {
	id := m.Site.BaseURL.JoinPath("activities", mux.Vars(r)["id"]).String()
	trace, err := m.DB.Reader().Trace(r.Context(), id, func([]byte) []string { return nil })
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Leave
	p := m.page(r, c.Gone)
	p.Lead = []string{c.GoneText}
	for i := range trace.Rows {
		row := &trace.Rows[i]
		if row.Verb != string(forum.VerbDepart) {
			return forum.Refuse(forum.NotFound, "no-such-page", "There is nothing at this address.")
		}
		for _, s := range row.Servers {
			p.Rows = append(p.Rows, view.Row{Title: s.Host, Facts: []string{answered(c, s.State)}})
			if s.State != "finished" && s.State != "skipped" {
				// It may take days, so the page does not look again by itself.
				p.Links = []view.Choice{{Label: c.Again, Href: r.URL.Path}}
			}
		}
	}
	p.RowsOf = c.Servers
	if len(p.Rows) == 0 {
		p.Lead = append(p.Lead, c.Nobody)
	}
	return m.send(w, r, http.StatusOK, p)
}

func answered(c *words.LeaveWords, state string) string {
	switch state {
	case "finished":
		return c.Acknowledged
	case "skipped":
		return c.Unreachable
	}
	return c.Waiting
}
