package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"stoa/federation/fedtest"
)

// A picture and a link that come by a signed activity are shown: the one by our own
// path, the other with what its page says. What the admin refuses is gone.
func TestPicturesOfOthersAreShown(t *testing.T) {
	d := newDesk(t)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".png") {
			p := image.NewRGBA(image.Rect(0, 0, 500, 250))
			for i := range p.Pix {
				p.Pix[i] = 200
			}
			p.Set(1, 1, color.Black)
			var b bytes.Buffer
			_ = png.Encode(&b, p)
			_, _ = w.Write(b.Bytes())
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>A page about bells</title><meta property="og:image" content="/bell.png">`))
	}))
	t.Cleanup(far.Close)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true})
	create := peer.Person("jo").Create(fedtest.Post{Community: fedtest.CommunityAt(d.community), Title: "Bells", Link: far.URL + "/bells"})
	if p := d.send(peer, create); p.State != "applied" {
		t.Fatal(p.State, p.Reason)
	}
	src := regexp.MustCompile(`/media/thumb/[\w-]+/[\w-]+`)
	var at string
	eventually(t, "the page behind the link is described", func() bool {
		body := d.get("/post/1", "text/html").Body.String()
		at = src.FindString(body)
		return at != "" && strings.Contains(body, "A page about bells")
	})
	if w := d.get(at, "image/*"); w.Code != http.StatusAccepted {
		t.Errorf("at first: %d", w.Code)
	}
	eventually(t, "the picture comes", func() bool {
		w := d.get(at, "image/*")
		c, _, err := image.DecodeConfig(w.Body)
		return w.Code == http.StatusOK && err == nil && c.Width == 320 && c.Height == 160
	})

	command := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		all := append([]string{"--database-url", d.dsn, "--url", d.cfg.URL.String(), "--data", d.cfg.Data}, args...)
		if status := run(t.Context(), all, &out, &errs, func(string) string { return "" }); status != 0 {
			t.Fatalf("%v: %d: %s", args, status, errs.String())
		}
		return out.String()
	}
	command("media", "refuse", d.cfg.URL.String()+at)
	if w := d.get(at, "image/*"); w.Code != http.StatusNotFound {
		t.Errorf("refused: %d", w.Code)
	}
	command("media", "forget", far.URL+"/bell.png")
	eventually(t, "it comes again", func() bool { return d.get(at, "image/*").Code == http.StatusOK })
}
