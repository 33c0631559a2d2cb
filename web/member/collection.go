package member

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

const collectionPath = "/collections/{id:[1-9][0-9]{0,8}}"

// refusal tells a refusal from an error.
func refusal(err error) *forum.Refusal {
	no, _ := errors.AsType[*forum.Refusal](err)
	return no
}

// collections lists somebody's own, with the way to make another.
func (m *Members) collections(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	return m.sendCollections(w, r, http.StatusOK, v, nil)
}

func (m *Members) sendCollections(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, no *forum.Refusal) error {
	list, err := m.own.Collections(r.Context(), v.Person.ID, 0)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Collection
	p := m.page(r, c.Title)
	p.Lead = []string{c.Lead}
	if len(list) == 0 {
		p.Lead = append(p.Lead, c.None)
	}
	for _, k := range list {
		p.Rows = append(p.Rows, view.Row{Title: k.Name, Href: view.CollectionPath(k.ID), Facts: []string{c.Communities.Of(k.Communities)}})
	}
	name, feed := fault(t, no), ""
	if no == errNoFeed {
		name, feed = feed, name
	}
	p.Forms = []view.Form{{Heading: c.New, Action: "/collections", Button: c.Make, Fields: []view.Field{
		{Kind: view.FieldLine, Name: "name", Label: c.Name, Value: r.PostForm.Get("name"), Fault: name, Required: true, Max: account.MaxCollection},
		{Kind: view.FieldText, Name: "feed", Label: t.OfFeed.Address, Hint: t.OfFeed.AddressHint, Value: r.PostForm.Get("feed"), Fault: feed, Max: maxFeed},
		{Kind: view.FieldHidden, Name: "community", Value: r.PostForm.Get("community")}, {Kind: view.FieldHidden, Name: "back", Value: r.PostForm.Get("back")},
	}}}
	return m.send(w, r, status, p)
}

// collect makes a collection, and puts a community into it if one is named.
func (m *Members) collect(w http.ResponseWriter, r *http.Request) error {
	v, err := m.Site.Self(r)
	if err != nil {
		return err
	}
	name, no := account.CheckCollection(r.PostForm.Get("name"))
	if no != nil {
		return m.sendCollections(w, r, http.StatusBadRequest, v, no)
	}
	community, err := number(r.PostForm.Get("community"))
	if err != nil {
		return err
	}
	feed := strings.TrimSpace(r.PostForm.Get("feed"))
	if feed != "" && (!forum.WebAddress(feed) || len(feed) > maxFeed) {
		return m.sendCollections(w, r, http.StatusBadRequest, v, errNoFeed)
	}
	var id int64
	err = m.DB.InTx(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		own := private.In(tx)
		if id, err = own.Collect(ctx, v.Person.ID, name, m.now()); err == nil && community != 0 {
			err = own.Put(ctx, v.Person.ID, id, community, m.now())
		}
		if err == nil && feed != "" {
			if err = own.Feed(ctx, v.Person.ID, id, feed); err == nil {
				err = tx.AskFeed(ctx, feed)
			}
		}
		return err
	})
	if no := refusal(err); no != nil {
		return m.sendCollections(w, r, no.Kind.Status(), v, no)
	}
	if err != nil {
		return err
	}
	if community != 0 {
		return web.SeeOther(w, web.Here(r.PostForm.Get("back")))
	}
	return web.SeeOther(w, view.CollectionPath(id))
}

// maxFeed is how long the address of a list elsewhere may be.
const maxFeed = 500

var errNoFeed = &forum.Refusal{Kind: forum.Invalid, Reason: "no-feed", Text: "That is not the address of a list of communities."}

var errNoNumber = forum.Refuse(forum.NotFound, "no-such-thing", "There is nothing here with that name.")

// number reads a database id; 0 for an empty one.
func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(s, 10, 32)
	if err != nil || id < 1 {
		return 0, errNoNumber
	}
	return id, nil
}

// mine finds the viewer's collection that an address names.
func (m *Members) mine(r *http.Request) (*web.Viewer, forum.Collection, error) {
	v, err := m.Site.Self(r)
	if err != nil {
		return nil, forum.Collection{}, err
	}
	list, err := m.own.Collections(r.Context(), v.Person.ID, 0)
	if err != nil {
		return nil, forum.Collection{}, err
	}
	id, err := number(mux.Vars(r)["id"])
	i := slices.IndexFunc(list, func(k forum.Collection) bool { return k.ID == id })
	if err != nil || i < 0 {
		return nil, forum.Collection{}, errNoNumber
	}
	return v, list[i], nil
}

func (m *Members) collection(w http.ResponseWriter, r *http.Request) error {
	v, k, err := m.mine(r)
	if err != nil {
		return err
	}
	return m.sendCollection(w, r, http.StatusOK, v, k, nil)
}

// sendCollection shows what is in a collection, to be taken out of it.
func (m *Members) sendCollection(w http.ResponseWriter, r *http.Request, status int, v *web.Viewer, k forum.Collection, no *forum.Refusal) error {
	list, err := m.own.Collected(r.Context(), v.Person.ID, k.ID)
	if err != nil {
		return err
	}
	t := m.Site.Words(r)
	c := &t.Collection
	path := view.CollectionPath(k.ID)
	p := m.page(r, k.Name)
	if len(list) == 0 {
		p.Lead = []string{c.NoCommunities}
	}
	if k.Feed != "" {
		p.Lead = append(p.Lead, m.ofFeed(t, &k))
	}
	p.Forms = []view.Form{{Action: path, Button: c.Add, Fields: []view.Field{
		{Kind: view.FieldText, Name: "add", Label: c.AddLabel, Hint: c.AddHint, Value: r.PostForm.Get("add"), Fault: fault(t, no), Required: true, Max: 1000},
	}}}
	for i := range list {
		x := &list[i]
		row := view.Row{Title: cmp.Or(x.Title, x.Name), Facts: []string{"!" + x.Handle()}, Action: path, Name: "take", Value: strconv.FormatInt(x.ID, 10), Back: path, Button: c.Remove}
		if !x.Removed {
			row.Href = view.CommunityPath(*x)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Links = []view.Choice{
		{Label: c.Read, Href: "/?" + url.Values{"feed": {string(view.FeedOf(k.ID))}}.Encode()}, {Label: c.Arrange, Href: path + "/edit"}, {Label: c.Title, Href: "/collections"},
	}
	return m.send(w, r, status, p)
}

// ofFeed says where what is in a collection is from.
func (m *Members) ofFeed(t *words.Words, k *forum.Collection) string {
	switch k.State {
	case forum.FeedAsked:
		return t.OfFeed.Asked.With(k.Feed)
	case forum.FeedFailed:
		return t.OfFeed.Failed.With(k.Feed)
	}
	return t.OfFeed.Of.With(k.Feed)
}

func (m *Members) askCollection(w http.ResponseWriter, r *http.Request) error {
	_, k, err := m.mine(r)
	if err != nil {
		return err
	}
	return m.sendArrange(w, r, http.StatusOK, k, k.Name, nil)
}

// sendArrange asks how a collection is to be called, or whether it is to go.
func (m *Members) sendArrange(w http.ResponseWriter, r *http.Request, status int, k forum.Collection, name string, no *forum.Refusal) error {
	t := m.Site.Words(r)
	c := &t.Collection
	path := view.CollectionPath(k.ID)
	p := m.page(r, k.Name)
	p.Forms = []view.Form{
		{Heading: c.Rename, Action: path, Button: c.Rename, Fields: []view.Field{
			{Kind: view.FieldLine, Name: "name", Label: c.Name, Value: name, Fault: fault(t, no), Required: true, Max: account.MaxCollection},
		}},
		{Heading: c.Delete, Text: []string{c.DeleteText}, Action: path, Button: c.Delete, Danger: true, Fields: []view.Field{{Kind: view.FieldHidden, Name: "drop", Value: "1"}}},
	}
	p.Links = []view.Choice{{Label: k.Name, Href: path}}
	return m.send(w, r, status, p)
}

// arrangeCollection puts a community into a collection or takes it out, gives the
// collection another name, or takes it away.
func (m *Members) arrangeCollection(w http.ResponseWriter, r *http.Request) error {
	v, k, err := m.mine(r)
	if err != nil {
		return err
	}
	f, ctx, path := r.PostForm, r.Context(), view.CollectionPath(k.ID)
	switch {
	case f.Has("drop"):
		if err := m.own.DropCollection(ctx, v.Person.ID, k.ID); err != nil {
			return err
		}
		return web.SeeOther(w, "/collections")
	case f.Has("name"):
		name, no := account.CheckCollection(f.Get("name"))
		if no == nil {
			err = m.own.RenameCollection(ctx, v.Person.ID, k.ID, name)
			no = refusal(err)
		}
		if no != nil {
			return m.sendArrange(w, r, no.Kind.Status(), k, f.Get("name"), no)
		}
		if err != nil {
			return err
		}
		return web.SeeOther(w, path)
	case f.Has("take"):
		id, err := number(f.Get("take"))
		if err != nil {
			return err
		}
		if err := m.own.Take(ctx, v.Person.ID, k.ID, id); err != nil {
			return err
		}
		return web.SeeOther(w, web.Here(f.Get("back")))
	case f.Has("put"):
		id, err := number(f.Get("put"))
		if err != nil {
			return err
		}
		if err := m.put(ctx, v, k.ID, id); err != nil {
			return err
		}
		return web.SeeOther(w, web.Here(f.Get("back")))
	}
	text := strings.TrimSpace(f.Get("add"))
	if host := m.Site.BaseURL.Host; text != "" && !strings.ContainsAny(text, "@/") {
		text = "!" + strings.TrimPrefix(text, "!") + "@" + host
	}
	place, err := m.DB.Reader().Lookup(ctx, text)
	if errors.Is(err, storage.ErrNotFound) || err == nil && place.Kind != forum.AtCommunity {
		err = &forum.Refusal{Kind: forum.NotFound, Reason: "no-such-community", Text: "No community of that name is known here."}
	}
	if err == nil {
		err = m.put(ctx, v, k.ID, place.ID)
	}
	if no := refusal(err); no != nil {
		return m.sendCollection(w, r, no.Kind.Status(), v, k, no)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, path)
}

func (m *Members) put(ctx context.Context, v *web.Viewer, collection, community int64) error {
	return m.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return private.In(tx).Put(ctx, v.Person.ID, collection, community, m.now())
	})
}
