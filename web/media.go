package web

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/media"
	"stoa/web/view"
)

// Media is the path on which pictures of other servers are shown.
type Media struct {
	Signer *media.Signer
	Store  *media.Store
	// Ask asks for a picture that is not here. coming says whether it is on its way.
	Ask func(ctx context.Context, url string, size media.Size) (coming bool, err error)
}

// mediaPath is the pattern of the addresses that media.Signer makes.
const mediaPath = media.Prefix + `{size:[a-z]{1,8}}/{mac:[\w-]{1,43}}/{url:[\w-]+}`

// placeholder stands where a picture is on its way. It has no shape of its own, so
// nothing moves when the picture comes.
const placeholder = `<svg xmlns="http://www.w3.org/2000/svg"/>`

// mediaPolicy is for what is looked at by itself: nothing in it does anything.
const mediaPolicy = "default-src 'none'; sandbox"

// picture is the address on this node of a stranger's picture.
func (m *Media) picture(url string, size view.PictureSize) string {
	return m.Signer.Address(url, media.Size(size))
}

// picture is the address on this node of a picture, of whoever has sent it.
func (s *Site) picture(url string, size view.PictureSize) string {
	name, ours := strings.CutPrefix(url, s.base+PicturePrefix)
	switch {
	case !ours || !media.IsUpload(name):
		if s.Media == nil {
			return ""
		}
		return s.Media.picture(url, size)
	case s.Pictures == nil:
		return ""
	case size == view.Whole:
		return PicturePrefix + name
	}
	return PicturePrefix + name + "?size=thumb"
}

// media shows a picture that is kept. Else it asks for it and answers 202 with a
// placeholder; 404 when it cannot be had, so that browsers show its description.
func (s *Site) media(w http.ResponseWriter, r *http.Request) error {
	v := mux.Vars(r)
	size := media.Size(v["size"])
	url, ok := s.Media.Signer.Read(size, v["mac"], v["url"])
	if !ok {
		return errNoPage
	}
	h := w.Header()
	h.Set("Content-Security-Policy", mediaPolicy)
	f, err := s.Media.Store.Open(url, size)
	if err == nil {
		defer func() { _ = f.Close() }() // only read
		h.Set("Content-Type", f.Type)
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("ETag", strconv.Quote(f.Tag))
		http.ServeContent(w, r, "", time.Time{}, f) // its tag says when it changes
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	coming, err := s.Media.Ask(r.Context(), url, size)
	if err != nil {
		// The page around it is complete without it.
		s.Log.LogAttrs(r.Context(), slog.LevelWarn, "a picture could not be asked for", slog.String("url", url), slog.Any("error", err))
	}
	h.Set("Cache-Control", "no-store")
	if !coming {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Length", strconv.Itoa(len(placeholder)))
	w.WriteHeader(http.StatusAccepted)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(placeholder)) // the reader has gone; nobody is left to tell
	}
	return nil
}

// Pictures are what people of this node have sent.
type Pictures struct {
	Files *media.Uploads
	// Add notes whose a picture is, unless there is no more room for it.
	Add func(ctx context.Context, person int64, u media.Upload) (account.Room, error)
	// Look tells whether a picture must be refused, before anybody sees it. raw is the file
	// as it came, address where it would be. An error means that nobody knows. Nil for
	// whoever refuses none.
	Look func(ctx context.Context, address string, raw []byte) (refused bool, err error)
}

// PicturePrefix begins the paths of pictures that people of this node have sent.
const PicturePrefix = "/pictures/"

const picturePath = PicturePrefix + `{name:[0-9a-f]{40}\.(?:jpg|png)}`

// MaxFiles is how many files may come with a form.
const MaxFiles = 4

var (
	tooLarge   = &forum.Refusal{Kind: forum.Invalid, Reason: "picture-too-large", Text: "A picture has at most 16 MiB and 40 megapixels."}
	badPicture = &forum.Refusal{Kind: forum.Invalid, Reason: "bad-picture", Text: "That is no picture that can be shown."}
	noRoom     = &forum.Refusal{Kind: forum.Unavailable, Reason: "no-room", Text: "There is no more room for pictures."}
	shareFull  = &forum.Refusal{Kind: forum.Unavailable, Reason: "share-full", Text: "Your pictures take up the 200 MiB that each account has."}
	refusedOne = &forum.Refusal{Kind: forum.Forbidden, Reason: "picture-refused", Text: "This picture is not allowed here."}
	unseen     = &forum.Refusal{Kind: forum.Unavailable, Reason: "picture-unseen", Text: "Pictures cannot be checked at the moment, so none are taken. Try again later."}
	unkept     = &forum.Refusal{Kind: forum.Unavailable, Reason: "picture-unkept", Text: "Pictures cannot be kept at the moment. Try again later."}
)

// TakePicture keeps a picture that somebody sent with a form. no is why it was not taken.
// Its row is written before its file, so that a file without a row is nobody's.
func (s *Site) TakePicture(ctx context.Context, person int64, h *multipart.FileHeader) (u media.Upload, no *forum.Refusal, err error) {
	f, err := h.Open()
	if err != nil {
		return u, nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, media.MaxBytes+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return u, nil, err
	}
	made, err := s.Pictures.Files.Make(ctx, raw)
	if unfit, ok := errors.AsType[*media.Error](err); ok {
		if unfit.Kind == media.TooLarge {
			return u, tooLarge, nil
		}
		return u, badPicture, nil
	}
	if err != nil {
		return u, nil, err
	}
	if s.Pictures.Look != nil {
		bad, err := s.Pictures.Look(ctx, s.PictureURL(made.Name), raw)
		switch {
		case err != nil && ctx.Err() == nil:
			s.Log.LogAttrs(ctx, slog.LevelWarn, "a picture that was sent could not be checked", slog.Any("error", err))
			return u, unseen, nil
		case err != nil || bad:
			return u, refusedOne, err
		}
	}
	full, err := s.Pictures.Add(ctx, person, made.Upload)
	switch {
	case err != nil:
		return u, nil, err
	case full.Share:
		return u, shareFull, nil
	case full.Node:
		return u, noRoom, nil
	}
	if err := s.Pictures.Files.Keep(ctx, made); errors.Is(err, media.ErrUnkept) {
		s.Log.LogAttrs(ctx, slog.LevelError, "a picture that was sent could not be kept", slog.Any("error", err))
		return u, unkept, nil
	} else if err != nil {
		return u, nil, err
	}
	return made.Upload, nil, nil
}

// PictureURL is the address of a picture, as other servers see it.
func (s *Site) PictureURL(name string) string {
	return s.BaseURL.Scheme + "://" + s.BaseURL.Host + PicturePrefix + name
}

// sent shows a picture that somebody of this node has sent. It says what it is, and
// nothing else: no server takes it for a document (RFC 9110 §8.3), no browser for a page.
func (s *Site) sent(w http.ResponseWriter, r *http.Request) error {
	size := media.Whole
	if r.URL.Query().Get("size") == string(media.Thumb) {
		size = media.Thumb
	}
	f, err := s.Pictures.Files.Open(r.Context(), mux.Vars(r)["name"], size)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	h := w.Header()
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Content-Type", f.Type)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", strconv.Quote(f.Tag))
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// The fields of forms for pictures of a profile or community: its own, which is shown
// small, and the wide one above its page.
const (
	PictureField = "file"
	BannerField  = "banner"
)

// OwnPicture reads what a form says in a field of the picture of a profile or community
// that is now at an address: another one, none, or the same.
func (s *Site) OwnPicture(r *http.Request, field string, person int64, now string) (url string, no *forum.Refusal, err error) {
	if r.PostForm.Get("no-"+field) != "" {
		now = ""
	}
	if s.Pictures == nil || r.MultipartForm == nil || len(r.MultipartForm.File[field]) == 0 {
		return now, nil, nil
	}
	u, no, err := s.TakePicture(r.Context(), person, r.MultipartForm.File[field][0])
	if err != nil || no != nil {
		return now, no, err
	}
	return s.PictureURL(u.Name), nil, nil
}

// PictureFields are those of a form for a picture of a profile or community.
func (s *Site) PictureFields(r *http.Request, field, now, fault string) []view.Field {
	if s.Pictures == nil {
		return nil
	}
	c := &s.Words(r).Write
	label, hint, none := c.Picture, c.PictureHint, c.NoPicture
	if field == BannerField {
		label, hint, none = c.Banner, c.BannerHint, c.NoBanner
	}
	fields := []view.Field{{Kind: view.FieldFile, Name: field, Label: label, Hint: hint, Fault: fault, Accept: "image/jpeg,image/png,image/gif,image/webp", Single: true}}
	if now != "" || r.PostForm.Has("no-"+field) {
		fields = append(fields, view.Field{Kind: view.FieldCheck, Name: "no-" + field, Label: none, On: r.PostForm.Has("no-" + field)})
	}
	return fields
}
