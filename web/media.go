package web

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

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
		return s.Media.picture(url, size)
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
