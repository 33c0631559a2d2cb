package compose

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
	"stoa/storage/private"
	"stoa/web"
	"stoa/web/view"
	"stoa/web/words"
)

var (
	errBadPicture = forum.Refuse(forum.Invalid, "bad-picture", "That is no picture that can be shown.")
	errTooMany    = forum.Refuse(forum.Invalid, "too-many-pictures", "A post has at most ten pictures.")
)

// pictures reads which pictures a form holds, and their descriptions.
func pictures(f url.Values) []account.Picture {
	var all []account.Picture
	for _, name := range f["picture"] {
		if media.IsUpload(name) && !f.Has("drop-"+name) && len(all) < account.MaxPictures {
			alt := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(f.Get("alt-"+name), "\x00", ""), "\uFFFD")), " "))
			all = append(all, account.Picture{Name: name, Alt: string(alt[:min(len(alt), forum.MaxAlt)])})
		}
	}
	return all
}

// pictureFields are those of the pictures that were sent, and of further ones.
func (d *Desk) pictureFields(t *words.Words, list []account.Picture, fault string) []view.Field {
	c := &t.Write
	var fields []view.Field
	for i, p := range list {
		f := view.Field{Kind: view.FieldPicture, Name: p.Name, Label: c.Alt, Value: p.Alt, Src: web.PicturePrefix + p.Name + "?size=thumb", Drop: c.DropPicture, Max: forum.MaxAlt}
		if i == 0 {
			f.Hint = c.AltHint
		}
		fields = append(fields, f)
	}
	return append(fields, view.Field{Kind: view.FieldFile, Name: "file", Label: c.Pictures, Hint: c.PicturesHint, Fault: fault, Accept: "image/jpeg,image/png,image/gif,image/webp"})
}

// take keeps the pictures that came with a form, and adds them to what is written. no
// is why one of them was not taken.
func (d *Desk) take(r *http.Request, v *web.Viewer, a *account.Draft) (came int, no *forum.Refusal, err error) {
	if r.MultipartForm == nil || d.Site.Pictures == nil {
		return 0, nil, nil
	}
	for i, header := range r.MultipartForm.File["file"] {
		if i >= web.MaxFiles || len(a.Pictures) >= account.MaxPictures {
			return came, refused(errTooMany), nil
		}
		u, no, err := d.Site.TakePicture(r.Context(), v.Person.ID, header)
		if err != nil || no != nil {
			return came, no, err
		}
		a.Pictures = append(a.Pictures, account.Picture{Name: u.Name})
		came++
	}
	return came, nil, nil
}

// attach makes the attachments of a post out of the pictures that its author has put
// there, after which stands what it had that is none of these. names are those that are
// kept here.
func (d *Desk) attach(ctx context.Context, tx *storage.Tx, author int64, list []account.Picture, had []forum.Attachment) (all []forum.Attachment, names []string, err error) {
	for _, p := range list {
		names = append(names, p.Name)
	}
	mine := map[string]account.Upload{}
	if len(names) > 0 {
		if mine, err = private.In(tx).Uploads(ctx, author, names); err != nil {
			return nil, nil, err
		}
	}
	names = names[:0]
	for _, p := range list {
		u, ok := mine[p.Name]
		a := forum.Attachment{Medium: forum.Picture, URL: d.Site.PictureURL(p.Name), Type: u.Type, Width: u.Width, Height: u.Height}
		if i := slices.IndexFunc(had, func(h forum.Attachment) bool { return h.URL == a.URL }); i >= 0 {
			a = had[i]
		} else if !ok {
			return nil, nil, errBadPicture // of somebody else, or gone meanwhile
		}
		if ok {
			names = append(names, p.Name)
		}
		a.Alt = p.Alt
		all = append(all, a)
	}
	for _, h := range had {
		if _, own := d.sentAs(h); !own {
			all = append(all, h)
		}
	}
	return all, names, nil
}

// sentAs is the name of an attachment that was sent to this node.
func (d *Desk) sentAs(a forum.Attachment) (name string, ok bool) {
	name, ok = strings.CutPrefix(a.URL, d.Site.PictureURL(""))
	return name, ok && a.Medium == forum.Picture && media.IsUpload(name)
}

// picturesOf are those of a post, as its form has them.
func (d *Desk) picturesOf(list []forum.Attachment) (out []account.Picture) {
	for _, a := range list {
		if name, ok := d.sentAs(a); ok {
			out = append(out, account.Picture{Name: name, Alt: a.Alt})
		}
	}
	return out
}

// use says which pictures of its author a post has.
func use(ctx context.Context, tx *storage.Tx, author int64, names []string, post int64) error {
	err := private.In(tx).UseUploads(ctx, author, names, post)
	if errors.Is(err, storage.ErrNotFound) {
		err = errBadPicture // it was dropped meanwhile
	}
	return err
}
